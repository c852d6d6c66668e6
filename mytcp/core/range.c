// SPDX-License-Identifier: GPL-2.0
#include "range.h"

#include "seq.h"

/**
 * mytcp_ranges_insert() - put a range in its place
 * @set: the set
 * @range: the range; one with the same first octet as another goes behind it
 *
 * Connection locked. O(log n).
 */
void mytcp_ranges_insert(struct mytcp_ranges *set, struct mytcp_range *range)
{
	struct rb_node **link = &set->root.rb_root.rb_node;
	struct rb_node *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (seq_lt(range->seq, mytcp_range_of(parent)->seq)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&range->node, parent, link);
	rb_insert_color_cached(&range->node, &set->root, leftmost);
	set->count++;
}

/**
 * mytcp_ranges_remove() - take a range out
 * @set: the set
 * @range: a range in it
 *
 * Connection locked. O(log n).
 */
void mytcp_ranges_remove(struct mytcp_ranges *set, struct mytcp_range *range)
{
	rb_erase_cached(&range->node, &set->root);
	set->count--;
}

/**
 * mytcp_ranges_find() - the first range that ends after a sequence number
 * @set: the set; its ranges end in the order in which they begin
 * @seq: the sequence number
 *
 * Connection locked. O(log n).
 *
 * Return: the range that holds @seq, or the next one behind it, or NULL.
 */
struct mytcp_range *mytcp_ranges_find(const struct mytcp_ranges *set, u32 seq)
{
	struct rb_node *node = set->root.rb_root.rb_node;
	struct mytcp_range *found = NULL;

	while (node) {
		struct mytcp_range *range = mytcp_range_of(node);

		if (seq_gt(range->end_seq, seq)) {
			found = range;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

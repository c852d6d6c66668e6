/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ranges: the core's record of octets that are in flight, waiting to be sent,
 * or received out of order. The host embeds the record in whatever carries the
 * octets; the core never sees them. Finding one by sequence number is
 * O(log n), so that a peer who makes many of them gains nothing (CVE-2018-5390).
 */
#ifndef MYTCP_CORE_RANGE_H
#define MYTCP_CORE_RANGE_H

#include "types.h"

#define MYTCP_RANGE_LOST	0x01	/* gone from the network: send again */

/**
 * struct mytcp_range - octets @seq up to, not including, @end_seq
 * @node: place in its struct mytcp_ranges
 * @seq: first octet the carrier holds. It may lie before what is still
 *	wanted: both sides skip by sequence number, nothing is cut off in front.
 * @end_seq: the octet after the last one wanted; the carrier may hold more
 * @sent_us: when it was last sent, microseconds of mytcp_host_now()
 * @chain: of a range received, see reassembly.c
 * @transmits: times it was sent, saturating
 * @flags: MYTCP_PSH to be set when the last octet is sent
 * @marks: MYTCP_RANGE_LOST
 */
struct mytcp_range {
	struct rb_node node;
	u32 seq;
	u32 end_seq;
	union {
		u64 sent_us;
		struct mytcp_range *chain;
	};
	u8 transmits;
	u8 flags;
	u8 marks;
};

/**
 * struct mytcp_ranges - ranges in the order of their first octet
 * @root: the tree
 * @count: how many
 */
struct mytcp_ranges {
	struct rb_root_cached root;
	u32 count;
};

static inline void mytcp_ranges_init(struct mytcp_ranges *set)
{
	set->root = RB_ROOT_CACHED;
	set->count = 0;
}

static inline bool mytcp_ranges_empty(const struct mytcp_ranges *set)
{
	return !set->count;
}

static inline struct mytcp_range *mytcp_range_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct mytcp_range, node) : NULL;
}

static inline struct mytcp_range *
mytcp_ranges_first(const struct mytcp_ranges *set)
{
	return mytcp_range_of(rb_first_cached(&set->root));
}

static inline struct mytcp_range *
mytcp_ranges_last(const struct mytcp_ranges *set)
{
	return mytcp_range_of(rb_last(&set->root.rb_root));
}

static inline struct mytcp_range *mytcp_range_next(struct mytcp_range *range)
{
	return mytcp_range_of(rb_next(&range->node));
}

static inline struct mytcp_range *mytcp_range_prev(struct mytcp_range *range)
{
	return mytcp_range_of(rb_prev(&range->node));
}

static inline u32 mytcp_range_len(const struct mytcp_range *range)
{
	return range->end_seq - range->seq;
}

void mytcp_ranges_insert(struct mytcp_ranges *set, struct mytcp_range *range);
void mytcp_ranges_remove(struct mytcp_ranges *set, struct mytcp_range *range);
struct mytcp_range *mytcp_ranges_find(const struct mytcp_ranges *set, u32 seq);

#endif /* MYTCP_CORE_RANGE_H */

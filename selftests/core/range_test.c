// SPDX-License-Identifier: GPL-2.0
/* Ranges: their order, finding one, and what a hundred thousand cost. */
#include <kselftest_harness.h>

#include "range.h"
#include "seq.h"

#define MANY	100000

FIXTURE(ranges)
{
	struct mytcp_ranges set;
	struct mytcp_range *range;
};

FIXTURE_SETUP(ranges)
{
	self->range = calloc(MANY, sizeof(*self->range));
	ASSERT_NE(NULL, self->range);
	mytcp_ranges_init(&self->set);
}

FIXTURE_TEARDOWN(ranges)
{
	free(self->range);
}

static struct mytcp_range *add(struct mytcp_ranges *set,
			       struct mytcp_range *range, u32 seq, u32 len)
{
	range->seq = seq;
	range->end_seq = seq + len;
	mytcp_ranges_insert(set, range);
	return range;
}

/* How many nodes lie on the longest way down. */
static unsigned int depth(const struct rb_node *node)
{
	unsigned int left, right;

	if (!node)
		return 0;
	left = depth(node->rb_left);
	right = depth(node->rb_right);
	return 1 + (left > right ? left : right);
}

TEST_F(ranges, an_empty_set_has_no_first_and_finds_nothing)
{
	EXPECT_TRUE(mytcp_ranges_empty(&self->set));
	EXPECT_EQ(NULL, mytcp_ranges_first(&self->set));
	EXPECT_EQ(NULL, mytcp_ranges_last(&self->set));
	EXPECT_EQ(NULL, mytcp_ranges_find(&self->set, 0));
}

TEST_F(ranges, order_is_that_of_first_octets_across_the_wrap)
{
	struct mytcp_range *c = add(&self->set, &self->range[0], 50, 10);
	struct mytcp_range *a = add(&self->set, &self->range[1], -100, 10);
	struct mytcp_range *b = add(&self->set, &self->range[2], -5, 10);

	EXPECT_EQ(3, self->set.count);
	EXPECT_EQ(a, mytcp_ranges_first(&self->set));
	EXPECT_EQ(b, mytcp_range_next(a));
	EXPECT_EQ(c, mytcp_range_next(b));
	EXPECT_EQ(NULL, mytcp_range_next(c));
	EXPECT_EQ(c, mytcp_ranges_last(&self->set));
	EXPECT_EQ(b, mytcp_range_prev(c));
	EXPECT_EQ(NULL, mytcp_range_prev(a));
	EXPECT_EQ(10, mytcp_range_len(b));
}

TEST_F(ranges, of_two_with_the_same_first_octet_the_later_goes_behind)
{
	struct mytcp_range *a = add(&self->set, &self->range[0], 7, 1);
	struct mytcp_range *b = add(&self->set, &self->range[1], 7, 3);

	EXPECT_EQ(a, mytcp_ranges_first(&self->set));
	EXPECT_EQ(b, mytcp_ranges_last(&self->set));
}

TEST_F(ranges, find_gives_the_holder_or_the_next_one_behind)
{
	struct mytcp_range *a = add(&self->set, &self->range[0], -10, 10);
	struct mytcp_range *b = add(&self->set, &self->range[1], 0, 10);
	struct mytcp_range *c = add(&self->set, &self->range[2], 20, 10);

	EXPECT_EQ(a, mytcp_ranges_find(&self->set, -11));
	EXPECT_EQ(a, mytcp_ranges_find(&self->set, -10));
	EXPECT_EQ(a, mytcp_ranges_find(&self->set, -1));
	EXPECT_EQ(b, mytcp_ranges_find(&self->set, 0));
	EXPECT_EQ(b, mytcp_ranges_find(&self->set, 9));
	EXPECT_EQ(c, mytcp_ranges_find(&self->set, 10));
	EXPECT_EQ(c, mytcp_ranges_find(&self->set, 29));
	EXPECT_EQ(NULL, mytcp_ranges_find(&self->set, 30));
}

TEST_F(ranges, a_removed_range_is_found_no_more)
{
	struct mytcp_range *a = add(&self->set, &self->range[0], 0, 10);
	struct mytcp_range *b = add(&self->set, &self->range[1], 10, 10);

	mytcp_ranges_remove(&self->set, a);
	EXPECT_EQ(b, mytcp_ranges_first(&self->set));
	EXPECT_EQ(b, mytcp_ranges_find(&self->set, 0));
	EXPECT_EQ(1, self->set.count);
	mytcp_ranges_remove(&self->set, b);
	EXPECT_TRUE(mytcp_ranges_empty(&self->set));
	EXPECT_EQ(NULL, mytcp_ranges_first(&self->set));
}

/* CVE-2018-5390: one-octet ranges with gaps, in the order hardest on a list. */
TEST_F(ranges, a_hundred_thousand_of_them_stay_in_order_and_shallow)
{
	struct mytcp_range *range;
	u32 prev = 0;
	int i;

	for (i = MANY - 1; i >= 0; i--)
		add(&self->set, &self->range[i], 2 * i, 1);

	ASSERT_EQ(MANY, self->set.count);
	/* 2 log2(n + 1) is the bound of a red-black tree: 33.2 here. */
	EXPECT_GE(33, depth(self->set.root.rb_root.rb_node));

	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(&self->range[i],
			  mytcp_ranges_find(&self->set, 2 * i));
		if (i)
			ASSERT_EQ(&self->range[i],
				  mytcp_ranges_find(&self->set, 2 * i - 1));
	}

	i = 0;
	for (range = mytcp_ranges_first(&self->set); range;
	     range = mytcp_range_next(range)) {
		if (i++)
			ASSERT_TRUE(seq_lt(prev, range->seq));
		prev = range->seq;
	}
	EXPECT_EQ(MANY, i);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* Sequence numbers, compared where they wrap and where they do not. */
#include <kselftest_harness.h>

#include "seq.h"

static const u32 bases[] = {
	0, 1, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
	0x12345678,
};

static const u32 steps[] = { 1, 2, 1460, 65535, 1 << 30, 0x7fffffff };

TEST(what_is_sent_later_is_greater_wherever_the_numbers_wrap)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		for (j = 0; j < ARRAY_SIZE(steps); j++) {
			u32 early = bases[i];
			u32 late = early + steps[j];

			EXPECT_TRUE(seq_lt(early, late));
			EXPECT_FALSE(seq_lt(late, early));
			EXPECT_TRUE(seq_leq(early, late));
			EXPECT_FALSE(seq_leq(late, early));
			EXPECT_TRUE(seq_gt(late, early));
			EXPECT_FALSE(seq_gt(early, late));
			EXPECT_TRUE(seq_geq(late, early));
			EXPECT_FALSE(seq_geq(early, late));
			EXPECT_EQ(late, seq_max(early, late));
			EXPECT_EQ(late, seq_max(late, early));
			EXPECT_EQ(early, seq_min(early, late));
			EXPECT_EQ(early, seq_min(late, early));
		}
	}
}

TEST(a_number_is_neither_before_nor_after_itself)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		EXPECT_FALSE(seq_lt(bases[i], bases[i]));
		EXPECT_FALSE(seq_gt(bases[i], bases[i]));
		EXPECT_TRUE(seq_leq(bases[i], bases[i]));
		EXPECT_TRUE(seq_geq(bases[i], bases[i]));
		EXPECT_EQ(bases[i], seq_max(bases[i], bases[i]));
		EXPECT_EQ(bases[i], seq_min(bases[i], bases[i]));
	}
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* Segments: which flags may stand together, and the reset that answers one. */
#include <kselftest_harness.h>

#include "segment.h"

#define F	MYTCP_FIN
#define S	MYTCP_SYN
#define R	MYTCP_RST
#define P	MYTCP_PSH
#define A	MYTCP_ACK
#define U	MYTCP_URG

/* Everything else is impossible; PSH and URG may come with any of these. */
static const u8 possible[] = { S, S | A, A, F | A, R, R | A };

TEST(C13_of_all_64_sets_of_flags_only_the_possible_pass)
{
	unsigned int flags, i;

	for (flags = 0; flags < 64; flags++) {
		bool expected = false;

		for (i = 0; i < ARRAY_SIZE(possible); i++)
			if ((flags & ~(P | U)) == possible[i])
				expected = true;
		EXPECT_EQ(expected, mytcp_segment_flags_ok(flags))
			TH_LOG("flags 0x%02x", flags);
	}
}

TEST(C13_the_known_impossible_flags_are_refused)
{
	EXPECT_FALSE(mytcp_segment_flags_ok(0));
	EXPECT_FALSE(mytcp_segment_flags_ok(F));
	EXPECT_FALSE(mytcp_segment_flags_ok(S | F));
	EXPECT_FALSE(mytcp_segment_flags_ok(S | F | P));
	EXPECT_FALSE(mytcp_segment_flags_ok(S | F | R));
	EXPECT_FALSE(mytcp_segment_flags_ok(S | F | R | P));
	EXPECT_FALSE(mytcp_segment_flags_ok(F | S | R | P | A | U));
}

TEST(C13_each_impossible_set_of_flags_has_its_kind)
{
	static const struct {
		u8 flags;
		enum mytcp_count kind;
	} want[] = {
		{ F | S | R | P | A | U, MYTCP_COUNT_RX_FLAGS_ALL },
		{ 0, MYTCP_COUNT_RX_FLAGS_NONE },
		{ S | F | R | P, MYTCP_COUNT_RX_FLAGS_SYN_FIN_RST_PSH },
		{ S | F | R | P | A, MYTCP_COUNT_RX_FLAGS_SYN_FIN_RST_PSH },
		{ S | F | R, MYTCP_COUNT_RX_FLAGS_SYN_FIN_RST },
		{ S | F | R | A, MYTCP_COUNT_RX_FLAGS_SYN_FIN_RST },
		{ S | F | P, MYTCP_COUNT_RX_FLAGS_SYN_FIN_PSH },
		{ S | F, MYTCP_COUNT_RX_FLAGS_SYN_FIN },
		{ S | F | A, MYTCP_COUNT_RX_FLAGS_SYN_FIN },
		{ S | R, MYTCP_COUNT_RX_FLAGS_SYN_RST },
		{ S | R | A | P, MYTCP_COUNT_RX_FLAGS_SYN_RST },
		{ F | R, MYTCP_COUNT_RX_FLAGS_FIN_RST },
		{ F | R | A, MYTCP_COUNT_RX_FLAGS_FIN_RST },
		{ F, MYTCP_COUNT_RX_FLAGS_FIN },
		{ F | P | U, MYTCP_COUNT_RX_FLAGS_FIN },
		{ P, MYTCP_COUNT_RX_FLAGS_NO_ACK },
		{ U, MYTCP_COUNT_RX_FLAGS_NO_ACK },
		{ P | U, MYTCP_COUNT_RX_FLAGS_NO_ACK },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++)
		EXPECT_EQ(want[i].kind, mytcp_segment_flags_kind(want[i].flags))
			TH_LOG("flags 0x%02x", want[i].flags);
}

TEST(syn_and_fin_each_take_a_sequence_number)
{
	struct mytcp_segment seg = { .seq = -2, .len = 10 };

	EXPECT_EQ(8, mytcp_segment_end(&seg));
	seg.flags = S;
	EXPECT_EQ(9, mytcp_segment_end(&seg));
	seg.flags = F | A;
	EXPECT_EQ(9, mytcp_segment_end(&seg));
	seg.flags = S | F;
	EXPECT_EQ(10, mytcp_segment_end(&seg));
	seg.flags = R | P | A | U;
	EXPECT_EQ(8, mytcp_segment_end(&seg));
}

TEST(with_an_ack_the_reset_takes_its_number_from_there)
{
	struct mytcp_segment seg = {
		.seq = 1000, .ack = 77, .len = 5, .wnd = 9, .flags = A | F,
	};
	struct mytcp_segment reply;

	ASSERT_TRUE(mytcp_segment_reset(&seg, &reply));
	EXPECT_EQ(R, reply.flags);
	EXPECT_EQ(77, reply.seq);
	EXPECT_EQ(0, reply.len);
	EXPECT_EQ(0, reply.opt.mss);
}

TEST(without_an_ack_the_reset_acknowledges_all_there_was)
{
	struct mytcp_segment seg = { .seq = 1000, .len = 5, .flags = S };
	struct mytcp_segment reply;

	ASSERT_TRUE(mytcp_segment_reset(&seg, &reply));
	EXPECT_EQ(R | A, reply.flags);
	EXPECT_EQ(0, reply.seq);
	EXPECT_EQ(1006, reply.ack);
}

TEST(a_reset_is_never_answered_with_a_reset)
{
	struct mytcp_segment seg = { .seq = 1000, .flags = R };
	struct mytcp_segment reply;

	EXPECT_FALSE(mytcp_segment_reset(&seg, &reply));
	seg.flags = R | A;
	EXPECT_FALSE(mytcp_segment_reset(&seg, &reply));
}

TEST_HARNESS_MAIN

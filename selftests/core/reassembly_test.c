// SPDX-License-Identifier: GPL-2.0
/*
 * What the peer is told of octets out of order and of octets come twice:
 * the rules and examples of RFC 2018 and RFC 2883.
 */
#include <kselftest_harness.h>
#include <time.h>

#include "reassembly.h"
#include "rig.h"

/*
 * The examples count from 5000, or 3000 and 500, in segments of 500 octets. Here
 * the first octet the peer sends is number 1.
 */
#define AT(n)	PEER(1 + (n))

FIXTURE(reassembly)
{
	int unused;
};

FIXTURE_SETUP(reassembly)
{
	rig_init();
	rig.offer.has = MYTCP_OPT_SACK_OK;
	rig_established();
}

FIXTURE_TEARDOWN(reassembly)
{
	rig_done();
}

static void come(u32 at, u32 len)
{
	rig_input(A, AT(at), US(1), len);
}

struct block {
	u32 from, to;
};

/* The next segment sent is a bare ACK of @ack with these blocks. */
#define EXPECT_BLOCKS(_ack, ...)					\
do {									\
	static const struct block _b[] = { __VA_ARGS__ };		\
	const struct mytcp_segment *_s = rig_next();			\
	unsigned int _i;						\
									\
	ASSERT_NE(NULL, _s) TH_LOG("nothing was sent");			\
	EXPECT_EQ(A, _s->flags);					\
	EXPECT_EQ(0, _s->len);						\
	EXPECT_EQ(AT(_ack), _s->ack);					\
	ASSERT_EQ(ARRAY_SIZE(_b), _s->opt.nr_sack);			\
	for (_i = 0; _i < ARRAY_SIZE(_b); _i++) {			\
		EXPECT_EQ(AT(_b[_i].from), _s->opt.sack[_i].seq);	\
		EXPECT_EQ(AT(_b[_i].to), _s->opt.sack[_i].end_seq);	\
	}								\
} while (0)

#define EXPECT_NO_BLOCKS(_ack)						\
do {									\
	const struct mytcp_segment *_s = rig_next();			\
									\
	ASSERT_NE(NULL, _s) TH_LOG("nothing was sent");			\
	EXPECT_EQ(AT(_ack), _s->ack);					\
	EXPECT_EQ(0, _s->opt.nr_sack);					\
} while (0)

TEST_F(reassembly, RFC2018_case_1_what_comes_in_order_is_not_reported)
{
	u32 i;

	for (i = 0; i < 4; i++)
		come(500 * i, 500);
	EXPECT_NO_BLOCKS(1000);
	EXPECT_NO_BLOCKS(2000);
	EXPECT_SILENCE();
}

TEST_F(reassembly, RFC2018_case_2_the_first_of_eight_is_lost)
{
	come(500, 500);
	EXPECT_BLOCKS(0, { 500, 1000 });
	come(1000, 500);
	EXPECT_BLOCKS(0, { 500, 1500 });
	come(1500, 500);
	EXPECT_BLOCKS(0, { 500, 2000 });
	come(2000, 500);
	come(2500, 500);
	come(3000, 500);
	rig_forget();
	come(3500, 500);
	EXPECT_BLOCKS(0, { 500, 4000 });
	come(0, 500);
	EXPECT_NO_BLOCKS(4000);
}

TEST_F(reassembly, RFC2018_case_3_every_second_of_eight_is_lost)
{
	come(0, 500);
	come(1000, 500);
	EXPECT_BLOCKS(500, { 1000, 1500 });
	come(2000, 500);
	EXPECT_BLOCKS(500, { 2000, 2500 }, { 1000, 1500 });
	come(3000, 500);
	EXPECT_BLOCKS(500, { 3000, 3500 }, { 2000, 2500 }, { 1000, 1500 });
	/* The fourth comes late, then the second. */
	come(1500, 500);
	EXPECT_BLOCKS(500, { 1000, 2500 }, { 3000, 3500 });
	come(500, 500);
	EXPECT_BLOCKS(2500, { 3000, 3500 });
}

TEST_F(reassembly, a_segment_that_widens_a_block_brings_it_to_the_front)
{
	come(1000, 100);
	come(2000, 100);
	rig_forget();
	come(1100, 100);
	EXPECT_BLOCKS(0, { 1000, 1200 }, { 2000, 2100 });
	come(1900, 100);
	EXPECT_BLOCKS(0, { 1900, 2100 }, { 1000, 1200 });
	/* One that is there already tells of itself as a duplicate. */
	come(950, 50);
	EXPECT_BLOCKS(0, { 950, 1200 }, { 1900, 2100 });
}

TEST_F(reassembly, a_block_that_was_delivered_does_not_change_the_order)
{
	come(2000, 100);
	come(3000, 100);
	come(500, 100);
	rig_forget();
	come(0, 500);
	EXPECT_BLOCKS(600, { 3000, 3100 }, { 2000, 2100 });
}

TEST_F(reassembly, four_blocks_are_the_most_and_the_latest_are_reported)
{
	u32 i;

	for (i = 1; i <= 6; i++)
		come(1000 * i, 100);
	rig.sent_seen = rig.sent_count - 1;
	EXPECT_BLOCKS(0, { 6000, 6100 }, { 5000, 5100 }, { 4000, 4100 },
		      { 3000, 3100 });
}

TEST_F(reassembly, a_block_not_heard_of_lately_takes_a_place_that_is_free)
{
	u32 i;

	for (i = 1; i <= 5; i++)
		come(1000 * i, 100);
	rig_forget();
	/* Three become one: two places are free, and the first block has one. */
	come(3100, 900);
	EXPECT_BLOCKS(0, { 3000, 4100 }, { 5000, 5100 }, { 2000, 2100 },
		      { 1000, 1100 });
}

TEST_F(reassembly, a_block_is_whole_whatever_it_was_made_of)
{
	/* Overlapping, contained, bridging, from both ends. */
	come(2000, 100);
	come(1950, 100);
	come(2300, 50);
	come(2340, 100);
	come(2380, 20);
	rig_forget();
	come(2050, 300);
	EXPECT_EQ(AT(1950), rig.sent[rig.sent_count - 1].opt.sack[1].seq);
	EXPECT_EQ(AT(2440), rig.sent[rig.sent_count - 1].opt.sack[1].end_seq);
	rig_forget();
	come(0, 1950);
	EXPECT_NO_BLOCKS(2440);
	EXPECT_EQ(2440, rig.delivered);
}

TEST_F(reassembly, a_segment_that_covers_others_replaces_them)
{
	u32 i;

	for (i = 0; i < 50; i++)
		come(1000 + 20 * i, 10);
	EXPECT_EQ(50, rig.tcb.oooq.count);
	come(990, 1010);
	EXPECT_EQ(1, rig.tcb.oooq.count);
	EXPECT_EQ(1, rig.ranges);
}

TEST_F(reassembly, nothing_is_reported_to_a_peer_that_did_not_offer)
{
	rig_done();
	rig_init();
	rig_established();
	come(500, 500);
	EXPECT_NO_BLOCKS(0);
	come(500, 500);
	EXPECT_NO_BLOCKS(0);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_TX_DUPLICATE_SACKS]);
}

TEST_F(reassembly, the_syn_offers_sack_and_no_other_segment_does)
{
	EXPECT_EQ(MYTCP_OPT_SACK_OK, rig.sent[0].opt.has & MYTCP_OPT_SACK_OK);
	EXPECT_EQ(0, rig.sent[1].opt.has & MYTCP_OPT_SACK_OK);
}

TEST_F(reassembly, what_is_switched_off_is_neither_offered_nor_used)
{
	rig_done();
	rig_init();
	rig.cfg.sack = 0;
	rig.offer.has = MYTCP_OPT_SACK_OK;
	rig_established();
	EXPECT_EQ(0, rig.sent[0].opt.has & MYTCP_OPT_SACK_OK);
	come(500, 500);
	EXPECT_NO_BLOCKS(0);
}

/* RFC 2883 section 4. */

TEST_F(reassembly, RFC2883_a_segment_come_twice_is_reported_once)
{
	come(0, 500);
	come(500, 500);
	EXPECT_NO_BLOCKS(1000);
	come(0, 500);
	EXPECT_BLOCKS(1000, { 0, 500 });
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_TX_DUPLICATE_SACKS]);
	rig_input(S, AT(1000), 0, 0);
	EXPECT_NO_BLOCKS(1000);
	come(500, 500);
	EXPECT_BLOCKS(1000, { 500, 1000 });
}

TEST_F(reassembly, RFC2883_a_duplicate_goes_before_what_is_out_of_order)
{
	come(0, 500);
	come(1500, 500);
	rig_forget();
	come(0, 500);
	EXPECT_BLOCKS(500, { 0, 500 }, { 1500, 2000 });
}

TEST_F(reassembly, RFC2883_a_duplicate_out_of_order_is_followed_by_its_block)
{
	come(1000, 500);
	come(1500, 500);
	come(3000, 500);
	rig_forget();
	come(1500, 500);
	EXPECT_BLOCKS(0, { 1500, 2000 }, { 1000, 2000 }, { 3000, 3500 });
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_RX_OLD_DUPLICATE]);
	/* Even where it is all of the block. */
	come(3000, 500);
	EXPECT_BLOCKS(0, { 3000, 3500 }, { 3000, 3500 }, { 1000, 2000 });
}

TEST_F(reassembly, RFC2883_of_a_segment_that_is_partly_new_the_rest_is_reported)
{
	come(0, 500);
	come(0, 1000);
	EXPECT_BLOCKS(1000, { 0, 500 });
	/* Out of order, old in front and old behind. */
	come(2000, 500);
	rig_forget();
	come(2000, 1000);
	EXPECT_BLOCKS(1000, { 2000, 2500 }, { 2000, 3000 });
	come(1500, 600);
	EXPECT_BLOCKS(1000, { 2000, 2100 }, { 1500, 3000 });
}

TEST_F(reassembly, RFC2883_of_two_runs_of_duplicates_the_first_is_reported)
{
	come(1000, 500);
	come(2000, 500);
	rig_forget();
	come(500, 2000);
	EXPECT_BLOCKS(0, { 1000, 1500 }, { 500, 2500 });
	/* And where the acknowledgment moves over both. */
	come(0, 3000);
	EXPECT_BLOCKS(3000, { 500, 2500 });
}

TEST_F(reassembly, an_old_duplicate_by_its_timestamp_is_reported_too)
{
	rig_done();
	rig_init();
	rig.offer.has = MYTCP_OPT_SACK_OK | MYTCP_OPT_TS;
	rig.tsval = 10;
	rig_established();
	come(0, 500);
	rig.tsval = 9;
	come(0, 500);
	EXPECT_BLOCKS(500, { 0, 500 });
}

/* Which segments carry blocks. */

TEST_F(reassembly, beside_a_timestamp_three_blocks_are_written)
{
	struct mytcp_segment seg;
	u8 bytes[MYTCP_OPTIONS_MAX];
	u32 i;

	rig_done();
	rig_init();
	rig.offer.has = MYTCP_OPT_SACK_OK | MYTCP_OPT_TS;
	rig_established();
	for (i = 1; i <= 5; i++)
		come(1000 * i, 100);
	i = mytcp_option_write(bytes, &rig.sent[rig.sent_count - 1].opt);
	EXPECT_EQ(40, i);
	ASSERT_EQ(0, mytcp_option_parse(bytes, i, &seg.opt));
	EXPECT_EQ(3, seg.opt.nr_sack);
	EXPECT_EQ(AT(5000), seg.opt.sack[0].seq);
}

/* MUST-16 */
TEST_F(reassembly, a_full_segment_has_no_blocks_and_an_acknowledgement_follows_it)
{
	const struct mytcp_segment *seg;

	come(500, 500);
	rig_forget();
	rig_write(RIG_MSS - 12);
	seg = rig_next();
	EXPECT_EQ(RIG_MSS - 12, seg->len);
	EXPECT_EQ(1, seg->opt.nr_sack);
	EXPECT_SILENCE();

	rig_write(RIG_MSS - 11);
	seg = rig_next();
	EXPECT_EQ(RIG_MSS - 11, seg->len);
	EXPECT_EQ(0, seg->opt.nr_sack);
	EXPECT_SILENCE();

	/* A write is cut, not a block: with one owed a bare ACK brings it. */
	rig_write(RIG_MSS);
	rig_forget();
	rig.tcb.cc.cwnd = RIG_MSS;
	mytcp_send_queue(&rig.tcb, rig_range(), RIG_MSS);
	rig_input(A, AT(1500), US(1 + 3 * RIG_MSS - 23), 500);
	seg = rig_next();
	EXPECT_EQ(RIG_MSS, seg->len);
	EXPECT_EQ(0, seg->opt.nr_sack);
	EXPECT_BLOCKS(0, { 1500, 2000 }, { 500, 1000 });
	EXPECT_SILENCE();
}

/* How long a run of segments takes, each making a hole. */
static u64 punch(u32 from, u32 count)
{
	struct timespec a, b;
	u32 i;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (i = from; i < from + count; i++) {
		come(2 * i + 1, 1);
		rig.sent_count = 0;
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return (b.tv_sec - a.tv_sec) * 1000000000ULL + b.tv_nsec - a.tv_nsec;
}

/* CVE-2018-5390. A walk along them all would take a hundred times as long. */
TEST_F(reassembly, a_hundred_thousand_holes_do_not_slow_down_the_next_segment)
{
	u64 few, many;

	rig_done();
	rig_init();
	rig.size = 1 << 20;
	rig.tcb.rcv_wscale = 5;
	rig.offer.has = MYTCP_OPT_SACK_OK | MYTCP_OPT_WSCALE;
	rig_established();
	rig.unchecked = true;
	punch(0, 1000);
	few = punch(1000, 2000);
	punch(3000, 97000);
	EXPECT_EQ(100000, rig.tcb.oooq.count);
	many = punch(100000, 2000);
	EXPECT_GT(20 * few, many);
	/* Nor does one island of as many ranges. */
	come(0, 200001);
	rig.sent_count = 0;
	rig.sent_seen = 0;
	rig.unchecked = false;
	rig_check();
}

TEST_HARNESS_MAIN

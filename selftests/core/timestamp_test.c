// SPDX-License-Identifier: GPL-2.0
/* Timestamps, to the millisecond: RFC 7323 sections 3 to 5. */
#include <kselftest_harness.h>

#include "rig.h"
#include "timestamp.h"

#define OFFSET	(-1500U)	/* so that our clock passes 0 early on */
#define THEIRS	5000U		/* the peer's clock when it opens */

/* Our timestamp at a time in milliseconds; the rig begins at 1000. */
#define OURS(ms)	((u32)(ms) + OFFSET)

FIXTURE(timestamp)
{
	int unused;
};

FIXTURE_SETUP(timestamp)
{
	rig_init();
	rig.offer.has = MYTCP_OPT_TS;
	rig.tcb.ts_offset = OFFSET;
	rig.tsval = THEIRS;
	rig.tsecr = OURS(1000);
}

FIXTURE_TEARDOWN(timestamp)
{
	rig_done();
}

#define EXPECT_STAMP(_tsval, _tsecr)					\
do {									\
	const struct mytcp_segment *_s = rig_next();			\
									\
	ASSERT_NE(NULL, _s) TH_LOG("nothing was sent");			\
	EXPECT_EQ(MYTCP_OPT_TS, _s->opt.has & MYTCP_OPT_TS);		\
	EXPECT_EQ((u32)(_tsval), _s->opt.tsval);			\
	EXPECT_EQ((u32)(_tsecr), _s->opt.tsecr);			\
} while (0)

/* Data from the peer with a timestamp. */
static bool data(u32 seq, u32 len, u32 tsval)
{
	rig.tsval = tsval;
	return rig_input(A, seq, US(1), len);
}

TEST_F(timestamp, the_syn_has_our_clock_and_echoes_nothing)
{
	mytcp_open_active(&rig.tcb, RIG_ISS);
	EXPECT_STAMP(OURS(1000), 0);
	rig.now += 123456;
	rig_fire();
	EXPECT_STAMP(OURS(2000), 0);
}

TEST_F(timestamp, the_third_ack_echoes_the_syn_ack)
{
	rig_syn_sent();
	rig_input(S | A, PEER(0), US(1), 0);
	EXPECT_STAMP(OURS(1000), THEIRS);
}

TEST_F(timestamp, the_syn_ack_of_a_simultaneous_open_echoes_the_syn)
{
	rig_syn_sent();
	rig_input(S, PEER(0), 0, 0);
	EXPECT_STAMP(OURS(1000), THEIRS);
}

TEST_F(timestamp, once_agreed_on_every_segment_has_one)
{
	rig_established();
	rig_write(100);
	EXPECT_STAMP(OURS(1100), THEIRS);
	/* It passes 0. */
	rig.now += 399 * MS;
	data(PEER(500), 1, THEIRS);
	EXPECT_STAMP(-1, THEIRS);
	rig.now += 1 * MS;
	data(PEER(500), 1, THEIRS);
	EXPECT_STAMP(0, THEIRS);
	/* A challenge ACK, a FIN, a RST. */
	rig_input(S, PEER(1), 0, 0);
	EXPECT_STAMP(0, THEIRS);
	mytcp_shutdown(&rig.tcb);
	EXPECT_STAMP(0, THEIRS);
	mytcp_abort(&rig.tcb, 0);
	EXPECT_STAMP(0, THEIRS);
	EXPECT_SILENCE();
}

TEST_F(timestamp, a_window_probe_has_one)
{
	rig.wnd = 0;
	rig_established();
	rig_write(10);
	EXPECT_EQ(300 * MS, rig_fire());
	EXPECT_STAMP(OURS(1400), THEIRS);
}

TEST_F(timestamp, what_the_peer_does_not_offer_is_not_used)
{
	rig.offer.has = 0;
	rig_established();
	rig_write(RIG_MSS);
	EXPECT_EQ(0, rig_next()->opt.has);
	EXPECT_TRUE(rig_input(A, PEER(1), US(1), 10));
}

TEST_F(timestamp, what_is_switched_off_is_neither_offered_nor_agreed_to)
{
	rig.cfg.timestamps = 0;
	mytcp_open_active(&rig.tcb, RIG_ISS);
	EXPECT_EQ(0, rig_next()->opt.has & MYTCP_OPT_TS);
	rig_input(S | A, PEER(0), US(1), 0);
	EXPECT_EQ(0, rig_next()->opt.has & MYTCP_OPT_TS);
}

/* MUST-16 */
TEST_F(timestamp, a_full_segment_leaves_room_for_it)
{
	rig_established();
	rig.tcb.cc.cwnd = 10 * RIG_MSS;
	rig_write(2 * RIG_MSS);
	EXPECT_EQ(RIG_MSS - 12, rig_next()->len);
	EXPECT_EQ(RIG_MSS - 12, rig_next()->len);
}

TEST_F(timestamp, a_segment_without_one_is_dropped_in_silence)
{
	struct mytcp_segment seg = {
		.seq = PEER(1), .ack = US(1), .len = 10, .wnd = RIG_WND,
		.flags = A,
	};

	rig_established();
	EXPECT_FALSE(rig_segment(&seg));
	EXPECT_SILENCE();
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_RX_NO_TIMESTAMP]);
	EXPECT_STATE(ESTABLISHED);
	seg.flags = R;
	seg.len = 0;
	rig_segment(&seg);
	EXPECT_STATE(CLOSED);
}

TEST_F(timestamp, a_third_ack_without_one_does_not_open)
{
	struct mytcp_segment seg = {
		.seq = PEER(1), .ack = US(1), .wnd = RIG_WND, .flags = A,
	};

	rig_syn_recv_passive();
	rig_segment(&seg);
	EXPECT_STATE(SYN_RECV);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_RX_NO_TIMESTAMP]);
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_STATE(ESTABLISHED);
}

/* Protection against wrapped sequence numbers. */

TEST_F(timestamp, an_old_duplicate_is_acknowledged_and_dropped)
{
	rig_established();
	EXPECT_FALSE(data(PEER(1), 10, THEIRS - 1));
	EXPECT_SENT(A, US(1), PEER(1), 0);
	EXPECT_FALSE(data(PEER(1), 10, THEIRS - 0x7fffffff));
	EXPECT_EQ(2, rig.counts[MYTCP_COUNT_RX_OLD_TIMESTAMP]);
	EXPECT_EQ(0, rig.delivered);
	EXPECT_TRUE(data(PEER(1), 10, THEIRS));
	EXPECT_TRUE(data(PEER(11), 10, THEIRS + 0x7fffffff));
	EXPECT_EQ(20, rig.delivered);
}

TEST_F(timestamp, an_old_acknowledgement_acknowledges_nothing)
{
	rig_established();
	rig_write(10);
	rig.tsval = THEIRS - 1;
	rig_input(A, PEER(1), US(11), 0);
	EXPECT_EQ(US(1), rig.tcb.snd_una);
}

TEST_F(timestamp, a_reset_is_never_too_old)
{
	rig_established();
	rig.tsval = THEIRS - 1;
	rig_input(R, PEER(1), 0, 0);
	EXPECT_STATE(CLOSED);
}

TEST_F(timestamp, after_24_days_without_one_an_older_one_is_taken)
{
	const u64 days = 24ULL * 24 * 3600 * SEC;

	rig_established();
	rig.now += days;
	EXPECT_FALSE(data(PEER(1), 10, THEIRS - 1));
	rig.now += 1;
	EXPECT_TRUE(data(PEER(1), 10, THEIRS - 1));
	rig_forget();
	rig_fire();
	EXPECT_STAMP(OURS(1100 + days / MS + 40), THEIRS - 1);
	/* And from there on it counts again. */
	EXPECT_FALSE(data(PEER(11), 10, THEIRS - 2));
}

/* What is echoed: RFC 7323 section 4.3. */

TEST_F(timestamp, the_oldest_segment_not_acknowledged_is_echoed)
{
	rig_established();
	data(PEER(1), 10, THEIRS + 1);
	EXPECT_SILENCE();
	data(PEER(11), 10, THEIRS + 2);
	EXPECT_STAMP(OURS(1100), THEIRS + 1);
	data(PEER(21), 10, THEIRS + 4);
	data(PEER(31), 10, THEIRS + 5);
	EXPECT_STAMP(OURS(1100), THEIRS + 4);
}

TEST_F(timestamp, what_comes_out_of_order_is_not_echoed_before_the_hole_is_filled)
{
	rig_established();
	data(PEER(1), 10, THEIRS + 1);
	data(PEER(21), 10, THEIRS + 3);
	EXPECT_STAMP(OURS(1100), THEIRS + 1);
	data(PEER(31), 10, THEIRS + 4);
	EXPECT_STAMP(OURS(1100), THEIRS + 1);
	data(PEER(11), 10, THEIRS + 2);
	EXPECT_STAMP(OURS(1100), THEIRS + 2);
	/* A retransmission that fills one is. */
	data(PEER(51), 10, THEIRS + 5);
	EXPECT_STAMP(OURS(1100), THEIRS + 2);
	data(PEER(41), 10, THEIRS + 9);
	EXPECT_STAMP(OURS(1100), THEIRS + 9);
}

/* Round trips. */

TEST_F(timestamp, the_first_round_trip_is_that_of_the_syn_the_peer_echoes)
{
	static const struct { u32 echo; u32 us; } of[] = {
		{ OURS(1000), 1400 * MS }, { OURS(2000), 400 * MS },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(of); i++) {
		rig_done();
		rig_init();
		rig.tcb.ts_offset = OFFSET;
		rig.offer.has = MYTCP_OPT_TS;
		rig_syn_sent();
		rig_fire();
		rig.now += 400 * MS;
		rig.tsecr = of[i].echo;
		rig_input(S | A, PEER(0), US(1), 0);
		EXPECT_EQ(of[i].us, rig.tcb.rtt.srtt_us);
		EXPECT_EQ(3 * of[i].us, rig.tcb.rtt.rto_us);
	}
}

TEST_F(timestamp, the_server_measures_its_repeated_syn_ack)
{
	rig_syn_recv_passive();
	rig.tcb.syn_repeated = true;
	rig.now += 1300 * MS;
	rig.tsecr = OURS(2000);
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_EQ(300 * MS, rig.tcb.rtt.srtt_us);
}

TEST_F(timestamp, a_round_trip_is_measured_of_what_was_sent_twice)
{
	rig_established();
	EXPECT_EQ(100 * MS, rig.tcb.rtt.srtt_us);
	rig_write(10);
	EXPECT_EQ(300 * MS, rig_fire());
	rig.now += 20 * MS;
	rig.tsecr = OURS(1400);
	rig_input(A, PEER(1), US(11), 0);
	/* 7/8 * 100 + 1/8 * 20 */
	EXPECT_EQ(90 * MS, rig.tcb.rtt.srtt_us);
	EXPECT_EQ(0, rig.tcb.rtt.backoff);
}

TEST_F(timestamp, a_delayed_acknowledgement_is_measured_from_the_first_segment)
{
	rig_established();
	rig_write(10);
	rig.now += 60 * MS;
	rig_write(10);
	rig.now += 120 * MS;
	rig.tsecr = OURS(1100);
	rig_input(A, PEER(1), US(21), 0);
	/* 7/8 * 100 + 1/8 * 180 */
	EXPECT_EQ(110 * MS, rig.tcb.rtt.srtt_us);
}

TEST_F(timestamp, an_echo_of_the_newest_segment_is_exact_to_the_microsecond)
{
	rig_established();
	rig.now += 900;
	rig_write(10);
	rig.now += 8;
	rig.tsecr = OURS(1100);
	rig_input(A, PEER(1), US(11), 0);
	/* 100000 - (100000 - 8) / 8 */
	EXPECT_EQ(100000 - 12499, rig.tcb.rtt.srtt_us);
}

TEST_F(timestamp, an_echo_of_what_was_never_sent_says_nothing)
{
	static const u32 echo[] = { OURS(999), OURS(1421), 0, OURS(1) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(echo); i++) {
		rig_done();
		rig_init();
		rig.tcb.ts_offset = OFFSET;
		rig.offer.has = MYTCP_OPT_TS;
		rig.tsecr = OURS(1000);
		rig_established();
		rig_write(10);
		rig_fire();
		rig.now += 20 * MS;
		rig.tsecr = echo[i];
		rig_input(A, PEER(1), US(11), 0);
		EXPECT_EQ(US(11), rig.tcb.snd_una);
		EXPECT_EQ(100 * MS, rig.tcb.rtt.srtt_us);
	}
}

TEST_F(timestamp, an_acknowledgement_of_nothing_new_is_not_measured)
{
	rig_established();
	rig_write(10);
	rig.now += 50 * MS;
	rig.tsecr = OURS(1100);
	rig_input(A, PEER(1), US(1), 0);
	rig_input(A, PEER(1), US(1), 10);
	EXPECT_EQ(100 * MS, rig.tcb.rtt.srtt_us);
}

/* RFC 7323 appendix G: eight segments in flight bring four samples. */
TEST_F(timestamp, many_samples_of_a_window_share_the_weight_of_one)
{
	rig_established();
	rig.tcb.cc.cwnd = 10 * RIG_MSS;
	rig_write(8 * (RIG_MSS - 12));
	EXPECT_EQ(US(1 + 8 * (RIG_MSS - 12)), rig.tcb.snd_nxt);
	rig.now += 164 * MS;
	rig.tsecr = OURS(1100);
	rig_input(A, PEER(1), US(1 + 2 * (RIG_MSS - 12)), 0);
	/* 100 + (164 - 100) / (8 * 4) */
	EXPECT_EQ(102 * MS, rig.tcb.rtt.srtt_us);
}

TEST_HARNESS_MAIN

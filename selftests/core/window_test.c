// SPDX-License-Identifier: GPL-2.0
/* Window scaling: RFC 7323 section 2. */
#include <kselftest_harness.h>

#include "rig.h"
#include "seq.h"

FIXTURE(window)
{
	int unused;
};

FIXTURE_SETUP(window)
{
	rig_init();
}

FIXTURE_TEARDOWN(window)
{
	rig_done();
}

/* From the beginning: a buffer of @size, our shift, and the peer's. */
static void open_scaled(u32 size, u8 ours, u8 theirs)
{
	rig_done();
	rig_init();
	rig.size = size;
	rig.tcb.rcv_wscale = ours;
	rig.offer.has = MYTCP_OPT_WSCALE;
	rig.offer.wscale = theirs;
	rig_established();
}

static const struct mytcp_segment *last_sent(void)
{
	return &rig.sent[rig.sent_count - 1];
}

TEST_F(window, every_shift_is_offered_in_the_syn_whose_own_window_has_none)
{
	u8 shift;

	for (shift = 0; shift <= MYTCP_WSCALE_MAX; shift++) {
		open_scaled(1U << 30, shift, 0);
		EXPECT_EQ(MYTCP_OPT_WSCALE, rig.sent[0].opt.has & MYTCP_OPT_WSCALE);
		EXPECT_EQ(shift, rig.sent[0].opt.wscale);
		EXPECT_EQ(U16_MAX, rig.sent[0].wnd);
		EXPECT_EQ(0, rig.sent[1].opt.has & MYTCP_OPT_WSCALE);
		EXPECT_EQ(U16_MAX, rig.sent[1].wnd);
		EXPECT_EQ((u32)U16_MAX << shift,
			  rig.tcb.rcv_adv - rig.tcb.rcv_nxt);
	}
}

TEST_F(window, every_shift_of_the_peer_is_applied_but_not_to_its_syn_ack)
{
	u8 shift;

	for (shift = 0; shift <= MYTCP_WSCALE_MAX; shift++) {
		open_scaled(RIG_SIZE, 0, shift);
		EXPECT_EQ(RIG_WND, rig.tcb.snd_wnd);
		rig.wnd = U16_MAX;
		rig_input(A, PEER(1), US(1), 0);
		EXPECT_EQ((u32)U16_MAX << shift, rig.tcb.snd_wnd);
		EXPECT_EQ(0, rig.counts[MYTCP_COUNT_RX_BAD_WSCALE]);
	}
}

TEST_F(window, a_shift_above_14_is_taken_for_14_and_counted)
{
	static const u8 shifts[] = { 15, 100, 255 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		open_scaled(RIG_SIZE, 0, shifts[i]);
		rig.wnd = 2;
		rig_input(A, PEER(1), US(1), 0);
		EXPECT_EQ(2 << 14, rig.tcb.snd_wnd);
		EXPECT_EQ(1, rig.counts[MYTCP_COUNT_RX_BAD_WSCALE]);
	}
}

TEST_F(window, where_the_peer_does_not_offer_neither_side_scales)
{
	rig.size = 1 << 20;
	rig.tcb.rcv_wscale = 7;
	rig.offer.wscale = 9;
	rig_established();
	EXPECT_EQ(U16_MAX, rig.tcb.rcv_adv - rig.tcb.rcv_nxt);
	EXPECT_EQ(U16_MAX, last_sent()->wnd);
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_EQ(RIG_WND, rig.tcb.snd_wnd);
}

TEST_F(window, what_is_switched_off_is_neither_offered_nor_agreed_to)
{
	rig.cfg.window_scaling = 0;
	rig.tcb.rcv_wscale = 7;
	rig.offer.has = MYTCP_OPT_WSCALE;
	rig.offer.wscale = 9;
	rig.size = 1 << 20;
	rig_established();
	EXPECT_EQ(0, rig.sent[0].opt.has & MYTCP_OPT_WSCALE);
	EXPECT_EQ(U16_MAX, last_sent()->wnd);
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_EQ(RIG_WND, rig.tcb.snd_wnd);
}

TEST_F(window, the_window_of_the_third_ack_is_scaled_and_that_of_the_syn_was_not)
{
	rig.tcb.rcv_wscale = 3;
	rig.offer.has = MYTCP_OPT_WSCALE;
	rig.offer.wscale = 5;
	rig_syn_recv_passive();
	EXPECT_EQ(RIG_WND, rig.tcb.snd_wnd);
	EXPECT_EQ(RIG_SIZE, rig.tcb.rcv_adv - rig.tcb.rcv_nxt);
	rig.wnd = 1000;
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_EQ(32000, rig.tcb.snd_wnd);
	rig_input(A, PEER(1), US(1), 10);
	mytcp_output_ack(&rig.tcb);
	EXPECT_EQ((RIG_SIZE - 10) >> 3, last_sent()->wnd);
}

TEST_F(window, a_simultaneous_open_scales_as_well)
{
	rig.offer.has = MYTCP_OPT_WSCALE;
	rig.offer.wscale = 2;
	rig.tcb.rcv_wscale = 3;
	rig_syn_recv();
	EXPECT_EQ(3, last_sent()->opt.wscale);
	EXPECT_EQ(RIG_SIZE, last_sent()->wnd);
	rig_input(S | A, PEER(0), US(1), 0);
	EXPECT_STATE(ESTABLISHED);
	EXPECT_EQ(RIG_WND, rig.tcb.snd_wnd);
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_EQ(4 * RIG_WND, rig.tcb.snd_wnd);
}

TEST_F(window, more_than_65535_octets_are_in_flight)
{
	u32 i;

	open_scaled(RIG_SIZE, 0, 14);
	rig.wnd = U16_MAX;
	rig_input(A, PEER(1), US(1), 0);
	rig.tcb.cc.cwnd = 1 << 30;
	for (i = 0; i < 500; i++)
		rig_write(RIG_MSS);
	EXPECT_EQ(500 * RIG_MSS, rig.tcb.snd_nxt - rig.tcb.snd_una);
	rig_input(A, PEER(1), US(1 + 500 * RIG_MSS), 0);
	EXPECT_EQ(US(1 + 500 * RIG_MSS), rig.tcb.snd_una);
}

TEST_F(window, more_than_65535_octets_ahead_are_taken)
{
	u32 most = U16_MAX << 14;

	open_scaled(1U << 30, 14, 0);
	EXPECT_TRUE(rig_input(A, PEER(1 + most - 10), US(1), 20));
	EXPECT_EQ(PEER(1 + most), mytcp_ranges_first(&rig.tcb.oooq)->end_seq);
	EXPECT_FALSE(rig_input(A, PEER(1 + most), US(1), 20));
}

/* The right edge. */

TEST_F(window, the_edge_does_not_move_left_by_rounding_while_there_is_room)
{
	u32 edge, i;

	open_scaled(100000, 7, 0);
	edge = rig.tcb.rcv_adv;
	for (i = 0; i < 200; i++) {
		rig_input(A, rig.tcb.rcv_nxt, US(1), 77);
		rig_read(77);
		mytcp_output_ack(&rig.tcb);
		edge = seq_max(edge, last_sent()->ack + ((u32)last_sent()->wnd << 7));
		ASSERT_EQ(edge, last_sent()->ack + ((u32)last_sent()->wnd << 7));
	}
}

/* Nobody reads: the field says less than the buffer has. */
TEST_F(window, what_the_field_rounds_off_is_taken_all_the_same)
{
	open_scaled(1024, 7, 0);
	EXPECT_EQ(1024, rig.tcb.rcv_adv - rig.tcb.rcv_nxt);
	rig_input(A, PEER(1), US(1), 500);
	mytcp_output_ack(&rig.tcb);
	EXPECT_EQ(524 >> 7, last_sent()->wnd);
	EXPECT_EQ(PEER(1025), rig.tcb.rcv_adv);
	rig_input(A, PEER(501), US(1), 524);
	EXPECT_EQ(1024, rig.delivered);
	mytcp_output_ack(&rig.tcb);
	EXPECT_EQ(0, last_sent()->wnd);
	EXPECT_FALSE(rig_input(A, PEER(1025), US(1), 1));
}

TEST_F(window, a_buffer_below_the_unit_of_the_field_is_offered_as_one)
{
	open_scaled(5000, 14, 0);
	mytcp_output_ack(&rig.tcb);
	EXPECT_EQ(1, last_sent()->wnd);
	rig_input(A, PEER(1), US(1), 1000);
	rig_read(1000);
	mytcp_output_ack(&rig.tcb);
	EXPECT_EQ(1, last_sent()->wnd);
}

/* MUST-39: a step worth sending into, whatever the field counts in. */
TEST_F(window, a_closed_window_opens_by_a_segment_or_half_the_buffer)
{
	u32 i;

	open_scaled(64000, 7, 0);
	for (i = 0; i < 64; i++)
		rig_input(A, PEER(1 + 1000 * i), US(1), 1000);
	mytcp_output_ack(&rig.tcb);
	EXPECT_EQ(0, last_sent()->wnd);
	rig_forget();
	rig_read(RIG_MSS - 1);
	EXPECT_SILENCE();
	/* 1024 is the first number the field can say that is no less. */
	rig_read(1024 - RIG_MSS);
	EXPECT_SILENCE();
	rig_read(1);
	EXPECT_SENT(A, US(1), PEER(64001), 0);
	EXPECT_EQ(8, last_sent()->wnd);
}

/* The peer sees none of the 3000 octets that are left. */
TEST_F(window, a_window_rounded_to_nothing_is_opened_as_soon_as_it_can_be_said)
{
	open_scaled(8192, 12, 0);
	rig_input(A, PEER(1), US(1), 1000);
	rig_input(A, PEER(1001), US(1), 4192);
	mytcp_output_ack(&rig.tcb);
	EXPECT_EQ(0, last_sent()->wnd);
	rig.tcb.rcv_mss = RIG_MSS;
	rig_forget();
	rig_read(1095);
	EXPECT_SILENCE();
	rig_read(1);
	EXPECT_SENT(A, US(1), PEER(5193), 0);
	EXPECT_EQ(1, last_sent()->wnd);
}

/* Both sides' windows shrink to nothing by rounding; ACKs still get through. */
TEST_F(window, an_ack_keeps_its_number_when_the_peers_window_was_only_rounded)
{
	open_scaled(RIG_SIZE, 0, 10);
	rig.wnd = 2;
	rig_input(A, PEER(1), US(1), 0);
	rig.tcb.cc.cwnd = 10 * RIG_MSS;
	rig_write(2000);
	rig_forget();
	rig.wnd = 0;
	rig_input(A, PEER(1), US(1001), 10);
	rig_input(A, PEER(11), US(1001), 10);
	EXPECT_EQ(US(2001), last_sent()->seq);
	/* By a whole unit it was taken back. */
	open_scaled(RIG_SIZE, 0, 9);
	rig.wnd = 4;
	rig_input(A, PEER(1), US(1), 0);
	rig.tcb.cc.cwnd = 10 * RIG_MSS;
	rig_write(2000);
	rig_forget();
	rig.wnd = 0;
	rig_input(A, PEER(1), US(1001), 10);
	rig_input(A, PEER(11), US(1001), 10);
	EXPECT_EQ(US(1001), last_sent()->seq);
}

TEST_F(window, duplicate_acknowledgements_are_told_by_their_scaled_window)
{
	u32 i;

	open_scaled(RIG_SIZE, 0, 4);
	rig_input(A, PEER(1), US(1), 0);
	rig.tcb.cc.cwnd = 10 * RIG_MSS;
	for (i = 0; i < 5; i++)
		rig_write(RIG_MSS);
	for (i = 0; i < 3; i++)
		rig_input(A, PEER(1), US(1), 0);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_FAST_RETRANSMITS]);
}

TEST_F(window, a_syn_ack_repeated_after_a_scaled_offer_has_the_largest_of_its_own)
{
	rig_done();
	rig_init();
	rig.size = 1 << 18;
	rig.tcb.rcv_wscale = 10;
	rig.offer.has = MYTCP_OPT_WSCALE;
	rig_syn_recv();
	rig_input(A, PEER(0), US(1), 0);	/* draws an ACK */
	EXPECT_EQ(1 << 8, last_sent()->wnd);
	rig_fire();
	EXPECT_EQ(S | A, last_sent()->flags);
	EXPECT_EQ(U16_MAX, last_sent()->wnd);
}

TEST_HARNESS_MAIN

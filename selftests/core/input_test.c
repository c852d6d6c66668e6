// SPDX-License-Identifier: GPL-2.0
/*
 * A segment arrives: RFC 9293 section 3.10.7, state by state and step by step.
 * Numbers: US(n) and PEER(n) count from the SYNs, so 1 is the first octet. All
 * of it happens close to where sequence numbers wrap.
 */
#include <kselftest_harness.h>

#include "rig.h"

FIXTURE(input)
{
	int unused;
};

FIXTURE_SETUP(input)
{
	rig_init();
}

FIXTURE_TEARDOWN(input)
{
	rig_done();
}

/* The states of section 3.10.7.4 that a connection of its own can be in. */
static const u8 synchronized[] = {
	MYTCP_ESTABLISHED, MYTCP_FIN_WAIT1, MYTCP_FIN_WAIT2,
	MYTCP_CLOSE_WAIT, MYTCP_CLOSING, MYTCP_LAST_ACK,
};

#define EXPECT_CHALLENGE()						\
	EXPECT_SENT(A, rig.tcb.snd_nxt, rig.tcb.rcv_nxt, 0)

/* CLOSED: section 3.10.7.1; the reset is the host's to send. */

TEST_F(input, a_closed_connection_answers_nothing_and_counts_it)
{
	rig_input(A, PEER(1), US(1), 10);
	rig_input(S, PEER(0), 0, 0);
	EXPECT_SILENCE();
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(2, rig.counts[MYTCP_COUNT_RX_AFTER_CLOSE]);
}

/* SYN_SENT: section 3.10.7.3. */

TEST_F(input, syn_sent_resets_an_ack_of_what_was_not_sent)
{
	static const u32 ack[] = { US(0), US(2), US(-1), US(0x80000000) };
	unsigned int i;

	rig_syn_sent();
	for (i = 0; i < ARRAY_SIZE(ack); i++) {
		rig_input(A, PEER(5), ack[i], 0);
		EXPECT_SENT(R, ack[i], 0, 0);
		rig_input(S | A, PEER(0), ack[i], 0);
		EXPECT_SENT(R, ack[i], 0, 0);
	}
	EXPECT_STATE(SYN_SENT);
}

TEST_F(input, syn_sent_drops_a_reset_that_acknowledges_something_else)
{
	rig_syn_sent();
	rig_input(R | A, 0, US(0), 0);
	rig_input(R | A, 0, US(2), 0);
	EXPECT_SILENCE();
	EXPECT_STATE(SYN_SENT);
}

TEST_F(input, syn_sent_drops_a_reset_without_acknowledgment)
{
	rig_syn_sent();
	rig_input(R, 0, 0, 0);
	rig_input(R, PEER(1), US(1), 0);
	EXPECT_SILENCE();
	EXPECT_STATE(SYN_SENT);
}

TEST_F(input, O15_a_reset_of_our_syn_refuses_the_connection)
{
	rig_syn_sent();
	rig_input(R | A, 0, US(1), 0);
	EXPECT_SILENCE();
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(ECONNREFUSED, rig.tcb.err);
}

TEST_F(input, O1_the_syn_ack_establishes_and_is_acknowledged)
{
	rig_syn_sent();
	rig_input(S | A, PEER(0), US(1), 0);
	EXPECT_SENT(A, US(1), PEER(1), 0);
	EXPECT_SILENCE();
	EXPECT_STATE(ESTABLISHED);
	EXPECT_EQ(1, rig.writable);
	EXPECT_EQ(0, rig.tcb.deadline[MYTCP_TIMER_SENT]);
}

TEST_F(input, O2_payload_of_a_syn_ack_is_neither_kept_nor_acknowledged)
{
	rig_syn_sent();
	EXPECT_FALSE(rig_input(S | A, PEER(0), US(1), 100));
	EXPECT_SENT(A, US(1), PEER(1), 0);
	EXPECT_EQ(0, rig.delivered);
	EXPECT_EQ(0, rig.ranges);
}

TEST_F(input, MUST_10_a_syn_alone_is_answered_by_syn_ack)
{
	rig_syn_sent();
	rig_input(S, PEER(0), 0, 0);
	EXPECT_SENT(S | A, US(0), PEER(1), 0);
	EXPECT_STATE(SYN_RECV);
}

TEST_F(input, syn_sent_drops_what_carries_neither_syn_nor_reset)
{
	rig_syn_sent();
	rig_input(A, PEER(1), US(1), 0);
	rig_input(A | P, PEER(1), US(1), 100);
	rig_input(F | A, PEER(1), US(1), 0);
	EXPECT_SILENCE();
	EXPECT_STATE(SYN_SENT);
	EXPECT_EQ(0, rig.delivered);
	EXPECT_EQ(3, rig.counts[MYTCP_COUNT_RX_NO_SYN]);
}

static u32 mss_after(u16 peer_mss, u16 path_mss)
{
	struct mytcp_segment seg = {
		.seq = PEER(0), .ack = US(1), .wnd = 65535, .flags = S | A,
		.opt.mss = peer_mss,
	};

	rig_init();
	mytcp_tcb_path(&rig.tcb, path_mss);
	rig_syn_sent();
	rig_segment(&seg);
	return mytcp_output_mss(&rig.tcb);
}

TEST_F(input, MUST_15_without_an_mss_option_the_default_is_sent)
{
	EXPECT_EQ(536, mss_after(0, 1460));
}

TEST_F(input, MUST_16_the_smaller_of_peer_and_path_limits_a_segment)
{
	EXPECT_EQ(1000, mss_after(1000, 1460));
	EXPECT_EQ(1400, mss_after(65535, 1400));
	EXPECT_EQ(1460, mss_after(1460, 1460));
}

TEST_F(input, CVE_2019_11479_a_tiny_mss_is_taken_as_48)
{
	EXPECT_EQ(48, mss_after(1, 1460));
	EXPECT_EQ(48, mss_after(47, 1460));
	EXPECT_EQ(48, mss_after(48, 1460));
	EXPECT_EQ(49, mss_after(49, 1460));
}

/* SYN_RECV: section 3.10.7.4. */

TEST_F(input, O10_the_ack_of_our_syn_completes_a_simultaneous_open)
{
	rig_syn_recv();
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_STATE(ESTABLISHED);
	EXPECT_SILENCE();
}

TEST_F(input, O10_so_does_the_syn_ack_of_a_peer_that_opened_too)
{
	rig_syn_recv();
	rig_input(S | A, PEER(0), US(1), 0);
	EXPECT_STATE(ESTABLISHED);
	EXPECT_EQ(PEER(1), rig.tcb.rcv_nxt);
}

TEST_F(input, O2_data_and_fin_may_come_with_the_ack_of_our_syn)
{
	rig_syn_recv_passive();
	rig_input(A | F, PEER(1), US(1), 30);
	EXPECT_STATE(CLOSE_WAIT);
	EXPECT_EQ(30, rig.delivered);
	EXPECT_EQ(MYTCP_ESTABLISHED, rig.states[0]);
	rig_wait(40 * MS);
	EXPECT_SENT(A, US(1), PEER(32), 0);
}

TEST_F(input, O1_in_syn_recv_a_wrong_acknowledgment_draws_a_reset)
{
	rig_syn_recv_passive();
	rig_input(A, PEER(1), US(0), 0);
	EXPECT_SENT(R, US(0), 0, 0);
	rig_input(A, PEER(1), US(2), 0);
	EXPECT_SENT(R, US(2), 0, 0);
	EXPECT_STATE(SYN_RECV);
}

TEST_F(input, MUST_11_a_reset_refuses_an_active_open_alone)
{
	rig_syn_recv();
	rig_input(R, PEER(1), 0, 0);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(ECONNREFUSED, rig.tcb.err);

	rig_init();
	rig_syn_recv_passive();
	rig_input(R, PEER(1), 0, 0);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(ECONNRESET, rig.tcb.err);
}

TEST_F(input, RFC5961_in_syn_recv_too_only_the_exact_reset_counts)
{
	rig_syn_recv();
	rig_input(R, PEER(2), 0, 0);
	EXPECT_CHALLENGE();
	rig_input(R, PEER(0), 0, 0);
	EXPECT_SILENCE();
	EXPECT_STATE(SYN_RECV);
}

TEST_F(input, O7_in_syn_recv_a_repeated_syn_draws_the_syn_ack_again)
{
	rig_syn_recv();
	rig_input(S, PEER(0), 0, 0);
	EXPECT_SENT(S | A, US(0), PEER(1), 0);
	EXPECT_STATE(SYN_RECV);
}

TEST_F(input, a_close_in_syn_recv_takes_effect_once_established)
{
	rig_syn_recv();
	mytcp_shutdown(&rig.tcb);
	EXPECT_STATE(SYN_RECV);
	EXPECT_SILENCE();
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_STATE(FIN_WAIT1);
	EXPECT_SENT(F | A, US(1), PEER(1), 0);
}

/* First step: the sequence number. */

static const struct {
	int seq;		/* from RCV.NXT on */
	u32 len;
	u32 wnd;
	bool ok;
} places[] = {
	/* no octets, no window */
	{ 0, 0, 0, true }, { 1, 0, 0, false }, { -1, 0, 0, false },
	/* no octets, a window of 100 */
	{ 0, 0, 100, true }, { 99, 0, 100, true }, { 100, 0, 100, false },
	{ -1, 0, 100, false },
	/* octets, no window: RST and ACK are looked at in the exact place */
	{ 1, 10, 0, false }, { -10, 10, 0, false },
	/* octets, a window of 100 */
	{ 0, 10, 100, true }, { 99, 10, 100, true }, { 100, 10, 100, false },
	{ -10, 10, 100, false }, { -9, 10, 100, true },
	{ -1, 200, 100, true }, { 0x7fffffff, 1, 100, false },
};

TEST_F(input, the_four_cases_of_acceptability)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		rig_init();
		rig.size = places[i].wnd;
		rig_established();
		ASSERT_EQ(places[i].wnd, rig.tcb.rcv_adv - rig.tcb.rcv_nxt);
		rig_input(A, PEER(1) + places[i].seq, US(1), places[i].len);
		EXPECT_EQ(!places[i].ok,
			  rig.counts[MYTCP_COUNT_RX_OUTSIDE_WINDOW])
			TH_LOG("seq %d, len %u, wnd %u", places[i].seq,
			       places[i].len, places[i].wnd);
		mytcp_abort(&rig.tcb, 0);
	}
}

TEST_F(input, what_is_not_acceptable_is_acknowledged_and_dropped)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		u32 rcv;

		rig_in(synchronized[i]);
		rcv = rig.tcb.rcv_nxt;
		rig_input(A, rcv - 20, US(1), 10);
		EXPECT_CHALLENGE();
		rig_input(A, rcv + 0x40000000, rig.tcb.snd_nxt, 10);
		EXPECT_CHALLENGE();
		EXPECT_EQ(0, rig.delivered);
		EXPECT_EQ(synchronized[i], rig.tcb.state);
	}
}

TEST_F(input, MUST_66_ack_and_reset_count_at_zero_window)
{
	rig.size = 0;
	rig_established();
	rig_write(10);
	rig_input(A, PEER(1), US(11), 10);
	EXPECT_EQ(US(11), rig.tcb.snd_una);
	EXPECT_EQ(0, rig.delivered);
	rig_input(R, PEER(1), 0, 0);
	EXPECT_STATE(CLOSED);
}

TEST_F(input, D1_an_old_duplicate_is_acknowledged_and_not_delivered_again)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 100);
	rig_input(A, PEER(1), US(1), 100);
	EXPECT_EQ(100, rig.delivered);
	EXPECT_SENT(A, US(1), PEER(101), 0);
}

TEST_F(input, of_an_overlap_only_what_is_new_is_delivered)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 100);
	rig_input(A, PEER(51), US(1), 100);
	EXPECT_EQ(150, rig.delivered);
	EXPECT_EQ(PEER(151), rig.tcb.rcv_nxt);
}

TEST_F(input, what_lies_beyond_the_window_is_cut_off)
{
	rig.size = 50;
	rig_established();
	rig_input(A, PEER(1), US(1), 100);
	EXPECT_EQ(50, rig.delivered);
	rig_fire();
	EXPECT_SENT(A, US(1), PEER(51), 0);
	EXPECT_EQ(0, rig.sent[rig.sent_seen - 1].wnd);
}

/* Second step: the RST bit. */

TEST_F(input, RFC5961_the_exact_reset_ends_every_state)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		rig_in(synchronized[i]);
		rig_input(R, rig.tcb.rcv_nxt, 0, 0);
		EXPECT_SILENCE();
		EXPECT_STATE(CLOSED);
		EXPECT_EQ(synchronized[i] == MYTCP_CLOSE_WAIT ? EPIPE :
			  ECONNRESET, rig.tcb.err);
	}
}

TEST_F(input, RFC5961_a_reset_elsewhere_in_the_window_is_challenged)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		rig_in(synchronized[i]);
		rig_input(R, rig.tcb.rcv_nxt + 1, 0, 0);
		EXPECT_CHALLENGE();
		rig_input(R | A, rig.tcb.rcv_adv - 1, rig.tcb.snd_nxt, 0);
		EXPECT_CHALLENGE();
		EXPECT_EQ(synchronized[i], rig.tcb.state);
	}
}

TEST_F(input, RFC5961_a_reset_outside_the_window_is_dropped)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		rig_in(synchronized[i]);
		rig_input(R, rig.tcb.rcv_nxt - 1, 0, 0);
		rig_input(R, rig.tcb.rcv_adv, 0, 0);
		rig_input(R, rig.tcb.rcv_nxt + 0x80000000, 0, 0);
		EXPECT_SILENCE();
		EXPECT_EQ(synchronized[i], rig.tcb.state);
	}
}

TEST_F(input, SHLD_2_a_reset_may_carry_data)
{
	rig_established();
	rig_input(R, PEER(1), 0, 20);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(0, rig.delivered);
}

/* Fourth step: the SYN bit. */

TEST_F(input, RFC5961_a_syn_is_challenged_wherever_it_lies)
{
	static const u32 at[] = { 0, 1, 500, -1, 0x80000000, 0x12345678 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		rig_in(synchronized[i]);
		for (j = 0; j < ARRAY_SIZE(at); j++) {
			rig_input(S, rig.tcb.rcv_nxt + at[j], 0, 0);
			EXPECT_CHALLENGE();
			EXPECT_EQ(synchronized[i], rig.tcb.state);
		}
		EXPECT_SILENCE();
	}
}

TEST_F(input, RFC5961_no_more_than_ten_challenges_in_five_seconds)
{
	int i;

	rig_established();
	for (i = 0; i < 100; i++)
		rig_input(S, PEER(7), 0, 0);
	for (i = 0; i < 10; i++)
		EXPECT_CHALLENGE();
	EXPECT_SILENCE();
	rig_wait(5 * SEC + 1);
	rig_input(S, PEER(7), 0, 0);
	EXPECT_CHALLENGE();
}

/* Fifth step: the ACK field. */

TEST_F(input, a_segment_without_ack_is_dropped)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		rig_in(synchronized[i]);
		rig_input(F | P, rig.tcb.rcv_nxt, US(1), 10);
		EXPECT_SILENCE();
		EXPECT_EQ(0, rig.delivered);
		EXPECT_EQ(synchronized[i], rig.tcb.state);
		EXPECT_EQ(1, rig.counts[MYTCP_COUNT_RX_NO_ACK]);
	}
}

TEST_F(input, an_ack_of_what_was_never_sent_is_challenged_and_dropped)
{
	rig_established();
	rig_write(100);
	rig_forget();
	rig.wnd = 1;
	rig_input(A, PEER(1), US(102), 10);
	EXPECT_CHALLENGE();
	EXPECT_EQ(US(1), rig.tcb.snd_una);
	EXPECT_EQ(RIG_WND, rig.tcb.snd_wnd);
	EXPECT_EQ(0, rig.delivered);
}

TEST_F(input, RFC5961_an_ack_older_than_any_window_is_challenged)
{
	rig_established();
	rig_input(A, PEER(1), US(1) - RIG_WND, 10);
	EXPECT_EQ(10, rig.delivered);
	rig_forget();
	rig_input(A, PEER(11), US(1) - RIG_WND - 1, 10);
	EXPECT_CHALLENGE();
	EXPECT_EQ(10, rig.delivered);
}

TEST_F(input, an_ack_frees_what_it_covers_and_wakes_the_writer)
{
	rig_established();
	rig_write(500);
	rig_write(500);
	EXPECT_EQ(2, rig.ranges);
	rig.writable = 0;
	rig_input(A, PEER(1), US(501), 0);
	EXPECT_EQ(1, rig.ranges);
	EXPECT_EQ(1, rig.writable);
	rig_input(A, PEER(1), US(700), 0);
	EXPECT_EQ(1, rig.ranges);
	rig_input(A, PEER(1), US(1001), 0);
	EXPECT_EQ(0, rig.ranges);
	EXPECT_EQ(0, rig.tcb.deadline[MYTCP_TIMER_SENT]);
}

TEST_F(input, a_newer_segment_sets_the_window_and_an_older_does_not)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 10);
	rig.wnd = 5000;
	rig_input(A, PEER(11), US(1), 0);
	EXPECT_EQ(5000, rig.tcb.snd_wnd);
	rig.wnd = 9000;
	rig_input(A, PEER(5), US(1), 20);
	EXPECT_EQ(5000, rig.tcb.snd_wnd);
}

TEST_F(input, an_ack_of_something_new_brings_its_window_along)
{
	rig_established();
	rig_write(1000);
	rig_write(1000);
	rig_input(A, PEER(1), US(1), 10);
	rig.wnd = RIG_WND - 1000;
	rig_input(A, PEER(1), US(1001), 20);
	EXPECT_EQ(US(1001) + RIG_WND - 1000,
		  rig.tcb.snd_una + rig.tcb.snd_wnd);
}

TEST_F(input, MUST_18_karn_what_was_sent_twice_is_no_round_trip)
{
	rig_established();
	rig_write(100);
	rig_fire();
	rig.now += 50 * MS;
	rig_input(A, PEER(1), US(101), 0);
	EXPECT_EQ(100 * MS, rig.tcb.rtt.srtt_us);
	rig_write(100);
	rig.now += 900 * MS;
	rig_input(A, PEER(1), US(201), 0);
	EXPECT_EQ(200 * MS, rig.tcb.rtt.srtt_us);
}

TEST_F(input, C1_the_ack_of_our_fin_leads_to_fin_wait2)
{
	rig_fin_wait1();
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_STATE(FIN_WAIT1);
	rig_input(A, PEER(1), US(2), 0);
	EXPECT_STATE(FIN_WAIT2);
	EXPECT_SILENCE();
}

TEST_F(input, C4_the_ack_of_our_fin_ends_closing_in_time_wait)
{
	rig_closing();
	rig_input(A, PEER(2), US(1), 0);
	EXPECT_STATE(CLOSING);
	rig_input(A, PEER(2), US(2), 0);
	EXPECT_EQ(MYTCP_TIME_WAIT, rig.states[rig.state_count - 2]);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(0, rig.tcb.err);
	EXPECT_EQ(US(2), rig.tw.snd_nxt);
	EXPECT_EQ(PEER(2), rig.tw.rcv_nxt);
}

TEST_F(input, C1_the_ack_of_our_fin_ends_last_ack)
{
	rig_last_ack();
	rig_input(A, PEER(2), US(1), 0);
	EXPECT_STATE(LAST_ACK);
	rig_input(A, PEER(2), US(2), 0);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(0, rig.tcb.err);
	EXPECT_SILENCE();
}

/* Seventh step: the text. */

TEST_F(input, octets_in_order_are_delivered_and_wake_the_reader)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		bool takes;

		rig_in(synchronized[i]);
		takes = mytcp_tcb_can_receive(&rig.tcb);
		rig.readable = 0;
		rig_input(A | P, rig.tcb.rcv_nxt, rig.tcb.snd_una, 77);
		EXPECT_EQ(takes ? 77 : 0, rig.delivered);
		EXPECT_EQ(takes, rig.readable);
	}
}

TEST_F(input, after_its_fin_a_peer_s_octets_are_dropped)
{
	rig_close_wait();
	EXPECT_FALSE(rig_input(A, PEER(2), US(1), 10));
	EXPECT_SENT(A, US(1), PEER(2), 0);
	EXPECT_EQ(0, rig.delivered);
}

TEST_F(input, SHLD_31_what_is_ahead_is_kept_and_MAY_13_acknowledged_at_once)
{
	rig_established();
	EXPECT_TRUE(rig_input(A, PEER(101), US(1), 100));
	EXPECT_SENT(A, US(1), PEER(1), 0);
	EXPECT_EQ(0, rig.delivered);
	rig_input(A, PEER(1), US(1), 100);
	EXPECT_SENT(A, US(1), PEER(201), 0);
	EXPECT_EQ(200, rig.delivered);
	EXPECT_EQ(0, rig.ranges);
}

TEST_F(input, the_same_octets_ahead_of_time_are_kept_once)
{
	rig_established();
	EXPECT_TRUE(rig_input(A, PEER(101), US(1), 100));
	EXPECT_FALSE(rig_input(A, PEER(101), US(1), 100));
	EXPECT_FALSE(rig_input(A, PEER(120), US(1), 10));
	EXPECT_EQ(1, rig.ranges);
	EXPECT_TRUE(rig_input(A, PEER(91), US(1), 200));
	EXPECT_EQ(1, rig.ranges);
}

/* Any pieces in any order, overlapping as they like, make the stream. */
TEST_F(input, D1_pieces_in_any_order_make_the_stream)
{
	u32 random = 1;
	int round, i;

	for (round = 0; round < 300; round++) {
		rig_init();
		rig.size = 2000;
		rig_established();
		for (i = 0; i < 400 && rig.delivered < 1000; i++) {
			u32 at, len;

			random = random * 1103515245 + 12345;
			at = (random >> 8) % 1000;
			len = 1 + (random >> 20) % 150;
			if (at + len > 1000)
				len = 1000 - at;
			rig_input(A, PEER(1 + at), US(1), len);
			ASSERT_GE(1000, rig.delivered);
		}
		rig_input(A, PEER(1), US(1), 1000);
		ASSERT_EQ(1000, rig.delivered);
		ASSERT_EQ(0, rig.ranges);
		mytcp_abort(&rig.tcb, 0);
	}
}

TEST_F(input, without_memory_octets_are_lost_as_if_by_the_network)
{
	rig_established();
	rig.no_memory = true;
	EXPECT_FALSE(rig_input(A, PEER(1), US(1), 100));
	EXPECT_SENT(A, US(1), PEER(1), 0);
	EXPECT_FALSE(rig_input(A, PEER(201), US(1), 100));
	EXPECT_SENT(A, US(1), PEER(1), 0);
	rig.no_memory = false;
	EXPECT_TRUE(rig_input(A, PEER(1), US(1), 300));
	EXPECT_EQ(300, rig.delivered);
}

TEST_F(input, SHLD_3_octets_that_nobody_will_read_draw_a_reset)
{
	rig_established();
	rig_close();
	rig_forget();
	EXPECT_STATE(FIN_WAIT1);
	/* It acknowledges the FIN, too. */
	rig_input(A, PEER(1), US(2), 1);
	EXPECT_SENT(R | A, US(2), PEER(1), 0);
	EXPECT_STATE(CLOSED);
}

TEST_F(input, C3_after_shutdown_alone_octets_still_arrive)
{
	rig_fin_wait2();
	rig_input(A, PEER(1), US(2), 100);
	EXPECT_EQ(100, rig.delivered);
	EXPECT_STATE(FIN_WAIT2);
}

/* Acknowledging what came. */

TEST_F(input, SHLD_18_one_segment_is_acknowledged_after_the_delay)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 100);
	EXPECT_SILENCE();
	rig_wait(40 * MS - 1);
	EXPECT_SILENCE();
	rig_wait(1);
	EXPECT_SENT(A, US(1), PEER(101), 0);
	EXPECT_EQ(0, rig_fire());
}

/* However large the peer's segments once were: the path may have changed. */
TEST_F(input, MUST_40_a_second_segment_of_any_size_ends_the_delay)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 9000);
	rig_wait(40 * MS);
	rig_forget();
	rig_input(A, PEER(9001), US(1), 100);
	EXPECT_SILENCE();
	rig_input(A, PEER(9101), US(1), 20);
	EXPECT_SENT(A, US(1), PEER(9121), 0);
	EXPECT_EQ(0, rig_fire());
}

TEST_F(input, SHLD_19_two_full_segments_are_acknowledged_at_once)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 1000);
	EXPECT_SILENCE();
	rig_input(A, PEER(1001), US(1), 1000);
	EXPECT_SENT(A, US(1), PEER(2001), 0);
	EXPECT_EQ(0, rig.tcb.deadline[MYTCP_TIMER_RECEIVED]);
}

/* The sender is in recovery and waits for just this (RFC 5681 section 4.2). */
TEST_F(input, what_fills_a_part_of_a_gap_is_acknowledged_at_once)
{
	rig_established();
	rig_input(A, PEER(2001), US(1), 1000);
	rig_forget();
	rig_input(A, PEER(1), US(1), 1000);
	EXPECT_SENT(A, US(1), PEER(1001), 0);
	rig_input(A, PEER(1001), US(1), 1000);
	EXPECT_SENT(A, US(1), PEER(3001), 0);
}

TEST_F(input, what_comes_before_a_fin_that_waits_is_acknowledged_at_once)
{
	rig_established();
	rig_input(F | A, PEER(2001), US(1), 0);
	rig_forget();
	rig_input(A, PEER(1), US(1), 1000);
	EXPECT_SENT(A, US(1), PEER(1001), 0);
}

TEST_F(input, MUST_58_data_of_ours_takes_the_acknowledgment_along)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 100);
	rig_write(50);
	EXPECT_SENT(A | P, US(1), PEER(101), 50);
	EXPECT_EQ(0, rig.tcb.deadline[MYTCP_TIMER_RECEIVED]);
}

/* Eighth step: the FIN bit. */

TEST_F(input, C1_a_fin_tells_the_reader_and_is_acknowledged_after_the_delay)
{
	rig_established();
	rig_input(F | A, PEER(1), US(1), 0);
	EXPECT_STATE(CLOSE_WAIT);
	EXPECT_EQ(1, rig.readable);
	EXPECT_SILENCE();
	EXPECT_EQ(40 * MS, rig_fire());
	EXPECT_SENT(A, US(1), PEER(2), 0);
}

TEST_F(input, a_fin_counts_behind_the_octets_of_its_segment)
{
	rig_established();
	rig_input(F | A, PEER(1), US(1), 100);
	EXPECT_EQ(100, rig.delivered);
	EXPECT_STATE(CLOSE_WAIT);
	EXPECT_EQ(40 * MS, rig_fire());
	EXPECT_SENT(A, US(1), PEER(102), 0);
}

TEST_F(input, C4_a_fin_that_crosses_ours_leads_to_closing)
{
	rig_fin_wait1();
	rig_input(F | A, PEER(1), US(1), 0);
	EXPECT_SENT(A, US(2), PEER(2), 0);
	EXPECT_STATE(CLOSING);
}

TEST_F(input, C2_fin_and_ack_of_ours_in_one_lead_to_time_wait)
{
	rig_fin_wait1();
	rig_input(F | A, PEER(1), US(2), 0);
	EXPECT_SENT(A, US(2), PEER(2), 0);
	EXPECT_EQ(MYTCP_TIME_WAIT, rig.states[rig.state_count - 2]);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(US(2), rig.tw.snd_nxt);
	EXPECT_EQ(PEER(2), rig.tw.rcv_nxt);
}

TEST_F(input, C1_a_fin_in_fin_wait2_leads_to_time_wait)
{
	rig_fin_wait2();
	rig_input(F | A, PEER(1), US(2), 0);
	EXPECT_SENT(A, US(2), PEER(2), 0);
	EXPECT_EQ(MYTCP_TIME_WAIT, rig.states[rig.state_count - 2]);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(0, rig.tcb.err);
}

TEST_F(input, C5_a_repeated_fin_is_acknowledged_again_and_changes_nothing)
{
	static const u8 after[] = {
		MYTCP_CLOSE_WAIT, MYTCP_CLOSING, MYTCP_LAST_ACK,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(after); i++) {
		rig_in(after[i]);
		rig_input(F | A, PEER(1), US(1), 0);
		EXPECT_SENT(A, rig.tcb.snd_nxt, PEER(2), 0);
		EXPECT_EQ(after[i], rig.tcb.state);
	}
}

TEST_F(input, a_fin_ahead_of_data_waits_for_it)
{
	rig_established();
	rig_input(F | A, PEER(101), US(1), 100);
	EXPECT_SENT(A, US(1), PEER(1), 0);
	EXPECT_STATE(ESTABLISHED);
	rig_input(A, PEER(1), US(1), 100);
	EXPECT_SENT(A, US(1), PEER(202), 0);
	EXPECT_STATE(CLOSE_WAIT);
	EXPECT_EQ(200, rig.delivered);
}

TEST_F(input, a_bare_fin_ahead_of_data_waits_for_it)
{
	rig_established();
	rig_input(F | A, PEER(101), US(1), 0);
	EXPECT_STATE(ESTABLISHED);
	rig_input(A, PEER(1), US(1), 100);
	EXPECT_STATE(CLOSE_WAIT);
}

TEST_F(input, nothing_beyond_the_fin_is_delivered)
{
	rig_established();
	rig_input(F | A, PEER(51), US(1), 0);
	rig_input(A, PEER(1), US(1), 200);
	EXPECT_EQ(50, rig.delivered);
	EXPECT_STATE(CLOSE_WAIT);
}

TEST_F(input, octets_beyond_a_fin_that_waits_are_not_kept)
{
	rig_established();
	rig_input(F | A, PEER(51), US(1), 0);
	EXPECT_FALSE(rig_input(A, PEER(52), US(1), 100));
	EXPECT_FALSE(rig_input(A, PEER(51), US(1), 100));
	EXPECT_TRUE(rig_input(A, PEER(41), US(1), 100));
	EXPECT_EQ(1, rig.ranges);
	rig_input(A, PEER(1), US(1), 40);
	EXPECT_EQ(50, rig.delivered);
	EXPECT_STATE(CLOSE_WAIT);
}

TEST_F(input, octets_beyond_a_fin_go_when_it_comes)
{
	rig_established();
	EXPECT_TRUE(rig_input(A, PEER(10), US(1), 100));
	rig_input(F | A, PEER(1), US(1), 4);
	EXPECT_STATE(CLOSE_WAIT);
	EXPECT_EQ(4, rig.delivered);
	EXPECT_EQ(0, rig.ranges);
}

TEST_F(input, a_fin_within_octets_that_wait_is_the_end)
{
	rig_established();
	rig_input(A, PEER(101), US(1), 100);
	rig_input(F | A, PEER(151), US(1), 0);
	rig_input(A, PEER(1), US(1), 100);
	EXPECT_STATE(CLOSE_WAIT);
	EXPECT_EQ(150, rig.delivered);
	EXPECT_EQ(0, rig.ranges);
}

TEST_F(input, a_fin_beyond_the_window_does_not_count)
{
	rig.size = 50;
	rig_established();
	rig_input(F | A, PEER(1), US(1), 60);
	EXPECT_STATE(ESTABLISHED);
	EXPECT_EQ(50, rig.delivered);
	EXPECT_SENT(A, US(1), PEER(51), 0);
}

TEST_F(input, a_bare_fin_counts_at_zero_window)
{
	rig.size = 50;
	rig_established();
	rig_input(A, PEER(1), US(1), 50);
	rig_input(F | A, PEER(51), US(1), 0);
	EXPECT_STATE(CLOSE_WAIT);
	EXPECT_EQ(PEER(52), rig.tcb.rcv_nxt);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * What is sent, and when: windows, Nagle's algorithm, silly windows, probes,
 * and every time-out to the microsecond on virtual time.
 */
#include <kselftest_harness.h>

#include "rig.h"

FIXTURE(output)
{
	int unused;
};

FIXTURE_SETUP(output)
{
	rig_init();
}

FIXTURE_TEARDOWN(output)
{
	rig_done();
}

/* The round trip of rig_established() is 100 ms: 100 + 4 * 50. */
#define RTO	(300 * MS)

/* Opening. */

TEST_F(output, SHLD_5_the_syn_names_our_mss_and_window)
{
	mytcp_open_active(&rig.tcb, RIG_ISS);
	EXPECT_SENT(S, US(0), 0, 0);
	EXPECT_EQ(RIG_MSS, rig.sent[0].opt.mss);
	EXPECT_EQ(RIG_SIZE, rig.sent[0].wnd);
	EXPECT_STATE(SYN_SENT);
}

TEST_F(output, O6_the_syn_is_repeated_after_1_2_4_8_seconds)
{
	static const u64 seconds[] = { 1, 2, 4, 8, 16, 32, 64 };
	unsigned int i;

	rig_syn_sent();
	for (i = 0; i < ARRAY_SIZE(seconds); i++) {
		EXPECT_EQ(seconds[i] * SEC, rig_fire());
		EXPECT_SENT(S, US(0), 0, 0);
		EXPECT_EQ(RIG_MSS, rig.sent[rig.sent_seen - 1].opt.mss);
	}
	EXPECT_SILENCE();
}

TEST_F(output, MUST_23_a_syn_is_given_at_least_three_minutes)
{
	u64 passed = 0;

	rig_syn_sent();
	while (rig.tcb.state == MYTCP_SYN_SENT)
		passed += rig_fire();
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
	EXPECT_LE(180 * SEC, passed);
}

TEST_F(output, O6_syn_retries_of_the_socket_go_before_those_of_the_system)
{
	int i;

	rig.tcb.syn_retries = 2;
	rig_syn_sent();
	for (i = 0; i < 3; i++)
		rig_fire();
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
	EXPECT_EQ(3, rig.sent_count);
}

TEST_F(output, MUST_22_at_the_third_syn_another_route_is_asked_for)
{
	rig_syn_sent();
	rig_fire();
	rig_fire();
	EXPECT_EQ(0, rig.advised);
	rig_fire();
	rig_fire();
	EXPECT_EQ(1, rig.advised);
}

TEST_F(output, O10_the_syn_ack_of_a_simultaneous_open_is_repeated)
{
	rig_syn_recv();
	EXPECT_EQ(1 * SEC, rig_fire());
	EXPECT_SENT(S | A, US(0), PEER(1), 0);
	EXPECT_EQ(2 * SEC, rig_fire());
	EXPECT_SENT(S | A, US(0), PEER(1), 0);
}

TEST_F(output, RFC6298_after_a_lost_syn_the_time_out_starts_at_3_seconds)
{
	rig_syn_sent();
	rig_fire();
	rig.now += 500 * MS;
	rig_input(S | A, PEER(0), US(1), 0);
	rig_write(10);
	EXPECT_EQ(3 * SEC, rig_fire());
	EXPECT_EQ(RIG_MSS, rig.tcb.cc.cwnd);
}

TEST_F(output, nothing_is_sent_before_the_connection_is_established)
{
	rig_syn_sent();
	rig_write(100);
	EXPECT_SILENCE();
	rig_input(S | A, PEER(0), US(1), 0);
	EXPECT_SENT(A | P, US(1), PEER(1), 100);
	EXPECT_SILENCE();
}

/* How much goes into a segment. */

TEST_F(output, SHLD_28_segments_are_as_large_as_the_peer_takes_them)
{
	rig_established();
	rig_write(2500);
	EXPECT_SENT(A, US(1), PEER(1), 1000);
	EXPECT_SENT(A, US(1001), PEER(1), 1000);
	EXPECT_SENT(A | P, US(2001), PEER(1), 500);
	EXPECT_SILENCE();
}

TEST_F(output, MUST_65_no_segment_but_a_syn_names_an_mss)
{
	u32 i;

	rig_syn_recv();
	rig_input(A, PEER(1), US(1), 0);
	rig_write(100);
	rig_input(A, PEER(1), US(101), 10);
	rig_close();
	rig_fire();
	for (i = 0; i < rig.sent_count; i++)
		EXPECT_EQ(!!(rig.sent[i].flags & S), !!rig.sent[i].opt.mss);
}

TEST_F(output, MUST_61_the_last_octet_queued_carries_psh)
{
	rig_established();
	rig_write(1000);
	EXPECT_SENT(A | P, US(1), PEER(1), 1000);
	rig_write(1001);
	EXPECT_SENT(A, US(1001), PEER(1), 1000);
	EXPECT_SENT(A | P, US(2001), PEER(1), 1);
}

TEST_F(output, D7_a_smaller_path_cuts_up_what_was_too_large)
{
	rig_established();
	rig_write(1000);
	rig_forget();
	mytcp_tcb_path(&rig.tcb, 400);
	EXPECT_SENT(A, US(1), PEER(1), 400);
	EXPECT_SENT(A, US(401), PEER(1), 400);
	EXPECT_SENT(A | P, US(801), PEER(1), 200);
}

TEST_F(output, RFC6928_the_first_flight_is_ten_segments)
{
	int i;

	rig_established();
	rig_write(15000);
	for (i = 0; i < 10; i++)
		EXPECT_SENT(A, US(1 + 1000 * i), PEER(1), 1000);
	EXPECT_SILENCE();
}

TEST_F(output, MUST_19_in_slow_start_each_ack_lets_two_segments_go)
{
	rig_established();
	rig_write(15000);
	rig_forget();
	rig_input(A, PEER(1), US(1001), 0);
	EXPECT_SENT(A, US(10001), PEER(1), 1000);
	EXPECT_SENT(A, US(11001), PEER(1), 1000);
	EXPECT_SILENCE();
}

TEST_F(output, RFC5681_after_idling_only_the_initial_window_goes)
{
	int i;

	rig_established();
	rig.tcb.cc.cwnd = 18000;
	rig_write(100);
	rig_input(A, PEER(1), US(101), 0);
	rig_wait(2 * RTO);
	rig_forget();
	rig_write(18000);
	for (i = 0; i < 10; i++)
		EXPECT_SENT(A, US(101 + 1000 * i), PEER(1), 1000);
	EXPECT_SILENCE();
}

TEST_F(output, without_memory_to_split_it_tries_again_later)
{
	rig_established();
	rig.no_memory = true;
	rig_write(1500);
	EXPECT_SILENCE();
	rig.no_memory = false;
	rig_fire();
	EXPECT_SENT(A, US(1), PEER(1), 1000);
	EXPECT_SENT(A | P, US(1001), PEER(1), 500);
}

/* The peer's window. */

TEST_F(output, D2_nothing_goes_beyond_the_peers_window)
{
	rig.wnd = 2500;
	rig_established();
	rig_write(5000);
	EXPECT_SENT(A, US(1), PEER(1), 1000);
	EXPECT_SENT(A, US(1001), PEER(1), 1000);
	EXPECT_SILENCE();
	rig.wnd = 500;
	rig_input(A, PEER(1), US(2001), 0);
	EXPECT_SILENCE();
	rig_fire();
	EXPECT_SENT(A, US(2001), PEER(1), 500);
	EXPECT_SILENCE();
}

TEST_F(output, MUST_34_a_window_taken_back_stops_what_is_new)
{
	rig_established();
	rig_write(5000);
	rig_forget();
	rig.wnd = 1000;
	rig_input(A, PEER(1), US(2001), 0);
	rig_write(1000);
	EXPECT_SILENCE();
	EXPECT_STATE(ESTABLISHED);
}

TEST_F(output, SHLD_16_what_a_smaller_window_still_holds_is_sent_again)
{
	rig_established();
	rig_write(5000);
	rig.wnd = 1500;
	rig_input(A, PEER(1), US(1001), 0);
	rig_forget();
	rig_fire();
	EXPECT_SENT(A, US(1001), PEER(1), 1000);
	rig_input(A, PEER(1), US(2001), 0);
	EXPECT_SENT(A, US(2001), PEER(1), 1000);
	EXPECT_SENT(A, US(3001), PEER(1), 500);
	EXPECT_SILENCE();
}

TEST_F(output, SHLD_17_nothing_beyond_the_right_edge_times_out)
{
	int i;

	rig_established();
	rig_write(1000);
	rig_forget();
	rig.wnd = 0;
	rig_input(A, PEER(1), US(1), 5);
	for (i = 0; i < 100; i++) {
		rig_fire();
		rig_input(A, PEER(6), US(1), 0);
	}
	EXPECT_STATE(ESTABLISHED);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_TIMEOUTS]);
	rig_forget();
	rig.wnd = RIG_WND;
	rig_input(A, PEER(6), US(1), 0);
	EXPECT_SENT(A | P, US(1), PEER(6), 1000);
}

TEST_F(output, a_window_that_opens_again_restarts_the_time_out)
{
	int i;

	rig_established();
	rig_write(1000);
	rig.wnd = 0;
	rig_input(A, PEER(1), US(1), 5);
	for (i = 0; i < 12; i++) {
		rig_fire();
		rig_input(A, PEER(6), US(1), 0);
	}
	rig.wnd = RIG_WND;
	rig_input(A, PEER(6), US(1), 0);
	rig_forget();
	EXPECT_EQ(RTO, rig_fire());
	EXPECT_SENT(A | P, US(1), PEER(6), 1000);
}

TEST_F(output, C5_a_fin_that_a_closed_window_threw_away_is_sent_again)
{
	rig_established();
	rig_write(1000);
	rig_close();
	rig.wnd = 0;
	rig_input(A, PEER(1), US(1001), 0);
	rig_fire();
	rig_forget();
	rig.wnd = RIG_WND;
	rig_input(A, PEER(1), US(1001), 0);
	EXPECT_SENT(F | A, US(1001), PEER(1), 0);
}

/* The FIN in flight must not keep the one segment cwnd holds from going. */
TEST_F(output, C5_so_are_the_octets_before_it_with_the_smallest_cwnd)
{
	rig_syn_sent();
	rig_fire();
	rig_input(S | A, PEER(0), US(1), 0);
	rig_write(1000);
	rig_close();
	rig.wnd = 0;
	rig_input(A, PEER(1), US(1), 0);
	rig_fire();
	rig_forget();
	rig.wnd = RIG_WND;
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_SENT(F | A | P, US(1), PEER(1), 1000);
}

/* Else duplicates of old windows would draw the whole flight each time. */
TEST_F(output, a_window_closed_for_less_than_a_time_out_has_nothing_sent_again)
{
	rig_established();
	rig_write(1000);
	rig.wnd = 0;
	rig_input(A, PEER(1), US(1), 0);
	rig_forget();
	rig.wnd = RIG_WND;
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_SILENCE();
	EXPECT_EQ(RTO, rig_fire());
	EXPECT_SENT(A | P, US(1), PEER(1), 1000);
}

/*
 * A peer that took its window back takes nothing beyond the new edge: neither
 * our acknowledgment nor our reset.
 */
TEST_F(output, MUST_34_acknowledgments_stay_within_a_window_taken_back)
{
	rig_established();
	rig_write(3000);
	rig_forget();
	rig.wnd = 500;
	rig_input(A, PEER(1), US(1), 0);
	rig_input(A, PEER(1), US(1), 100);
	rig_fire();
	EXPECT_SENT(A, US(501), PEER(101), 0);
	mytcp_abort(&rig.tcb, 0);
	EXPECT_SENT(R | A, US(501), PEER(101), 0);
}

TEST_F(output, the_answers_to_probes_are_no_duplicates)
{
	int i;

	rig_established();
	rig_write(5000);
	rig.wnd = 0;
	for (i = 0; i < 8; i++)
		rig_input(A, PEER(1), US(1), 0);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_FAST_RETRANSMITS]);
	EXPECT_FALSE(!!rig.tcb.in_recovery);
}

TEST_F(output, MUST_38_a_sliver_of_window_is_not_used)
{
	rig.wnd = 3000;
	rig_established();
	rig_write(4000);
	rig_forget();
	rig.wnd = 999;
	rig_input(A, PEER(1), US(3001), 0);
	EXPECT_SILENCE();
	rig.wnd = 1000;
	rig_input(A, PEER(1), US(3001), 0);
	EXPECT_SENT(A | P, US(3001), PEER(1), 1000);
}

TEST_F(output, MUST_38_half_of_the_largest_window_is_worth_using)
{
	rig.wnd = 1200;
	rig_established();
	rig_write(1700);
	EXPECT_SENT(A, US(1), PEER(1), 600);
	EXPECT_SENT(A, US(601), PEER(1), 600);
	EXPECT_SILENCE();
}

TEST_F(output, MUST_38_a_sliver_is_used_when_nothing_better_comes)
{
	rig.wnd = 3000;
	rig_established();
	rig_write(4000);
	rig.wnd = 10;
	rig_input(A, PEER(1), US(3001), 0);
	rig_forget();
	rig_fire();
	EXPECT_SENT(A, US(3001), PEER(1), 10);
	EXPECT_SILENCE();
}

TEST_F(output, MUST_38_a_sliver_does_not_wait_for_the_next_probe)
{
	int i;

	rig.wnd = 3000;
	rig_established();
	rig_write(4000);
	rig.wnd = 0;
	rig_input(A, PEER(1), US(3001), 0);
	for (i = 0; i < 12; i++) {
		rig_fire();
		rig_input(A, PEER(1), US(3001), 0);
	}
	rig.wnd = 10;
	rig_input(A, PEER(1), US(3001), 0);
	rig_forget();
	EXPECT_GE(1 * SEC, rig_fire());
	EXPECT_SENT(A, US(3001), PEER(1), 10);
}

/* The override time-out is 0.1 to 1 s (RFC 9293 section 3.8.6.2.1). */
TEST_F(output, MUST_38_a_sliver_does_not_wait_for_a_long_time_out)
{
	int i;

	rig.wnd = 3000;
	rig_established();
	rig_write(4000);
	for (i = 0; i < 6; i++)
		rig_fire();
	rig.wnd = 10;
	rig_input(A, PEER(1), US(3001), 0);
	rig_forget();
	EXPECT_GE(1 * SEC, rig_fire());
	EXPECT_SENT(A, US(3001), PEER(1), 10);
}

/* Our window. */

TEST_F(output, MUST_39_our_window_opens_by_worthwhile_steps)
{
	rig.size = 4000;
	rig_established();
	rig_input(A, PEER(1), US(1), 2000);
	rig_input(A, PEER(2001), US(1), 2000);
	EXPECT_SENT(A, US(1), PEER(4001), 0);
	EXPECT_EQ(0, rig.sent[rig.sent_seen - 1].wnd);
	rig_read(500);
	rig_read(499);
	EXPECT_SILENCE();
	EXPECT_EQ(0, mytcp_output_window(&rig.tcb));
	rig_read(1);
	EXPECT_SENT(A, US(1), PEER(4001), 0);
	EXPECT_EQ(1000, rig.sent[rig.sent_seen - 1].wnd);
}

TEST_F(output, MUST_39_of_a_small_buffer_half_is_a_worthwhile_step)
{
	rig.size = 100;
	rig_established();
	rig_input(A, PEER(1), US(1), 100);
	rig_fire();
	rig_forget();
	rig_read(49);
	EXPECT_SILENCE();
	rig_read(1);
	EXPECT_SENT(A, US(1), PEER(101), 0);
	EXPECT_EQ(50, rig.sent[rig.sent_seen - 1].wnd);
}

TEST_F(output, SHLD_14_the_right_edge_never_moves_left)
{
	u32 edge;

	rig_established();
	edge = rig.tcb.rcv_adv;
	rig.size = 100;
	rig_input(A, PEER(1), US(1), 1000);
	rig_fire();
	rig_input(A, PEER(1001), US(1), 1000);
	rig_fire();
	EXPECT_EQ(edge, rig.tcb.rcv_adv);
	rig_next();
	EXPECT_EQ(edge, rig.sent[rig.sent_seen - 1].ack +
		  rig.sent[rig.sent_seen - 1].wnd);
}

TEST_F(output, reading_tells_the_peer_only_when_it_is_worth_a_segment)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 1000);
	rig_input(A, PEER(1001), US(1), 1000);
	rig_forget();
	rig_read(1000);
	EXPECT_SILENCE();
	rig_read(1000);
	EXPECT_SENT(A, US(1), PEER(2001), 0);
	EXPECT_EQ(RIG_SIZE, rig.sent[rig.sent_seen - 1].wnd);
}

/* A peer would not use the 900 it has, they are less than half of it all. */
TEST_F(output, reading_half_of_a_small_buffer_tells_the_peer)
{
	rig.size = 1900;
	rig_established();
	rig_input(A, PEER(1), US(1), 500);
	rig_input(A, PEER(501), US(1), 500);
	rig_forget();
	rig_read(1000);
	EXPECT_SENT(A, US(1), PEER(1001), 0);
	EXPECT_EQ(1900, rig.sent[rig.sent_seen - 1].wnd);
}

TEST_F(output, MUST_1_a_large_buffer_offers_no_more_than_the_field_holds)
{
	rig.size = 1 << 20;
	rig_established();
	EXPECT_EQ(65535, mytcp_output_window(&rig.tcb));
	EXPECT_EQ(65535, rig.sent[0].wnd);
}

/* Nagle's algorithm. */

TEST_F(output, SHLD_7_a_small_segment_waits_for_the_one_in_flight)
{
	rig_established();
	rig.tcb.nodelay = false;
	rig_write(10);
	EXPECT_SENT(A | P, US(1), PEER(1), 10);
	rig_write(10);
	EXPECT_SILENCE();
	rig_input(A, PEER(1), US(11), 0);
	EXPECT_SENT(A | P, US(11), PEER(1), 10);
}

TEST_F(output, SHLD_7_a_full_segment_does_not_wait)
{
	rig_established();
	rig.tcb.nodelay = false;
	rig_write(10);
	rig_forget();
	rig_write(1500);
	EXPECT_SENT(A, US(11), PEER(1), 1000);
	EXPECT_SILENCE();
}

TEST_F(output, SHLD_7_octets_that_wait_are_added_to)
{
	struct mytcp_range *tail;

	rig_established();
	rig.tcb.nodelay = false;
	rig_write(10);
	EXPECT_EQ(NULL, mytcp_send_tail(&rig.tcb));
	rig_write(10);
	rig_forget();
	tail = mytcp_send_tail(&rig.tcb);
	ASSERT_NE(NULL, tail);
	mytcp_send_extend(&rig.tcb, tail, 20);
	mytcp_output(&rig.tcb);
	EXPECT_SILENCE();
	rig_input(A, PEER(1), US(11), 0);
	EXPECT_SENT(A | P, US(11), PEER(1), 30);
}

TEST_F(output, MUST_17_nagle_can_be_switched_off)
{
	rig_established();
	rig.tcb.nodelay = true;
	rig_write(10);
	rig_write(10);
	EXPECT_SENT(A | P, US(1), PEER(1), 10);
	EXPECT_SENT(A | P, US(11), PEER(1), 10);
}

TEST_F(output, a_fin_makes_small_octets_go_at_once)
{
	rig_established();
	rig.tcb.nodelay = false;
	rig_write(10);
	rig_write(10);
	rig_forget();
	mytcp_shutdown(&rig.tcb);
	EXPECT_SENT(F | A | P, US(11), PEER(1), 10);
}

TEST_F(output, a_cork_holds_what_does_not_fill_a_segment)
{
	rig_established();
	rig.tcb.cork = true;
	rig_write(1500);
	EXPECT_SENT(A, US(1), PEER(1), 1000);
	rig_input(A, PEER(1), US(1001), 0);
	EXPECT_SILENCE();
	rig.tcb.cork = false;
	mytcp_output(&rig.tcb);
	EXPECT_SENT(A | P, US(1001), PEER(1), 500);
}

TEST_F(output, MUST_60_a_cork_holds_nothing_for_ever)
{
	rig_established();
	rig.tcb.cork = true;
	rig_write(10);
	rig_wait(200 * MS - 1);
	EXPECT_SILENCE();
	rig_wait(1);
	EXPECT_SENT(A | P, US(1), PEER(1), 10);
}

/* Zero windows. */

static void closed_window(void)
{
	rig.wnd = 0;
	rig_established();
	rig_write(100);
}

TEST_F(output, SHLD_29_the_first_probe_goes_after_one_time_out)
{
	closed_window();
	EXPECT_SILENCE();
	EXPECT_EQ(RTO, rig_fire());
	EXPECT_SENT(A, US(0), PEER(1), 0);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_WINDOW_PROBES]);
}

TEST_F(output, SHLD_30_probes_double_their_distance_up_to_the_ceiling)
{
	u64 expected = 2 * RTO;
	int i;

	closed_window();
	rig_fire();
	for (i = 0; i < 12; i++) {
		EXPECT_EQ(expected, rig_fire());
		expected = min_t(u64, 2 * expected, 120 * SEC);
	}
	EXPECT_EQ(120 * SEC, expected);
}

TEST_F(output, MUST_35_a_window_closed_later_is_probed_too)
{
	rig_established();
	rig_write(100);
	rig.wnd = 0;
	rig_input(A, PEER(1), US(101), 0);
	rig_write(100);
	rig_forget();
	rig_fire();
	EXPECT_SENT(A, US(100), PEER(1), 0);
}

TEST_F(output, MUST_37_a_peer_that_answers_is_probed_for_a_day)
{
	u64 passed = 0;

	closed_window();
	while (passed < 86400 * SEC) {
		passed += rig_fire();
		rig_input(A, PEER(1), US(1), 0);
		ASSERT_EQ(MYTCP_ESTABLISHED, rig.tcb.state);
	}
	EXPECT_GE(2000, rig.counts[MYTCP_COUNT_WINDOW_PROBES]);
	rig_forget();
	rig.wnd = 1000;
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_SENT(A | P, US(1), PEER(1), 100);
}

TEST_F(output, a_peer_that_answers_no_probe_is_given_up)
{
	int i;

	rig.cfg.retries2 = 5;
	closed_window();
	for (i = 0; i < 5; i++)
		rig_fire();
	EXPECT_STATE(ESTABLISHED);
	rig_fire();
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
}

/* The peer looks at nothing in a probe but its place. */
TEST_F(output, a_probe_takes_no_acknowledgment_along)
{
	closed_window();
	rig_wait(RTO - 20 * MS);
	rig_input(A, PEER(1), US(1), 10);
	EXPECT_EQ(20 * MS, rig_fire());
	EXPECT_SENT(A, US(0), PEER(11), 0);
	EXPECT_EQ(20 * MS, rig_fire());
	EXPECT_SENT(A, US(1), PEER(11), 0);
}

TEST_F(output, a_probe_of_the_peer_is_answered_with_our_window)
{
	rig_established();
	rig_input(A, PEER(0), US(1), 0);
	EXPECT_SENT(A, US(1), PEER(1), 0);
	EXPECT_EQ(RIG_SIZE, rig.sent[rig.sent_seen - 1].wnd);
}

TEST_F(output, MUST_37_probes_are_answered_however_many_challenges_went)
{
	int i;

	rig_established();
	for (i = 0; i < 20; i++)
		rig_input(S, PEER(7), 0, 0);
	for (i = 0; i < 20; i++) {
		rig_forget();
		rig_wait(100 * MS);
		rig_input(A, PEER(0), US(1), 0);
		EXPECT_SENT(A, US(1), PEER(1), 0);
	}
}

/* Two confused peers must not take each other's answers for probes at speed. */
TEST_F(output, probes_are_not_answered_faster_than_probes_go)
{
	int i;

	rig_established();
	for (i = 0; i < 1000; i++)
		rig_input(A, PEER(0), US(1), 0);
	EXPECT_GE(20, rig.sent_count - rig.sent_seen);
}

TEST_F(output, a_probe_with_an_octet_is_answered_too)
{
	rig.size = 100;
	rig_established();
	rig_input(A, PEER(1), US(1), 100);
	rig_forget();
	rig_input(A, PEER(101), US(1), 1);
	EXPECT_SENT(A, US(1), PEER(101), 0);
	EXPECT_EQ(100, rig.delivered);
}

/* Time-outs. */

TEST_F(output, MUST_19_retransmissions_back_off_to_the_tick)
{
	u64 expected = RTO;
	int i;

	rig_established();
	rig_write(100);
	rig_forget();
	for (i = 0; i < 12; i++) {
		EXPECT_EQ(expected, rig_fire());
		EXPECT_SENT(A | P, US(1), PEER(1), 100);
		expected = min_t(u64, 2 * expected, 120 * SEC);
	}
	EXPECT_EQ(120 * SEC, expected);
}

TEST_F(output, MUST_20_after_retries2_the_connection_ends)
{
	int i;

	rig_established();
	rig_write(100);
	for (i = 0; i < 15; i++) {
		rig_fire();
		EXPECT_STATE(ESTABLISHED);
	}
	rig_fire();
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
	/* the first, and 15 more */
	EXPECT_EQ(15, rig.counts[MYTCP_COUNT_RETRANSMITS]);
}

TEST_F(output, SHLD_11_that_takes_more_than_100_seconds)
{
	u64 passed = 0;

	/* the smallest time-out there is */
	rig_established();
	rig.tcb.rtt.rto_us = 200 * MS;
	rig_write(100);
	while (rig.tcb.state == MYTCP_ESTABLISHED)
		passed += rig_fire();
	EXPECT_LT(100 * SEC, passed);
}

TEST_F(output, SHLD_10_at_the_third_retransmission_another_route_is_asked_for)
{
	rig_established();
	rig_write(100);
	rig_fire();
	rig_fire();
	EXPECT_EQ(0, rig.advised);
	rig_fire();
	EXPECT_EQ(1, rig.advised);
	rig_fire();
	EXPECT_EQ(1, rig.advised);
}

TEST_F(output, progress_starts_the_count_of_retries_anew)
{
	int i;

	rig_established();
	rig_write(200);
	for (i = 0; i < 15; i++)
		rig_fire();
	rig_input(A, PEER(1), US(101), 0);
	for (i = 0; i < 15; i++)
		rig_fire();
	EXPECT_STATE(ESTABLISHED);
}

TEST_F(output, C15_nobodys_connection_is_given_up_sooner)
{
	int i;

	rig_established();
	rig_write(100);
	rig_close();
	for (i = 0; i < 8; i++)
		rig_fire();
	EXPECT_STATE(FIN_WAIT1);
	rig_fire();
	EXPECT_STATE(CLOSED);
}

TEST_F(output, RFC6298_an_ack_of_something_new_restarts_the_timer)
{
	rig_established();
	rig_write(1000);
	rig_write(1000);
	rig_forget();
	rig.now += 100 * MS;
	rig_input(A, PEER(1), US(1001), 0);
	/* 100 + 4 * 37.5 */
	EXPECT_EQ(250 * MS, rig_fire());
	EXPECT_SENT(A | P, US(1001), PEER(1), 1000);
}

TEST_F(output, after_a_time_out_the_rest_follows_in_slow_start)
{
	rig_established();
	rig_write(5000);
	rig_forget();
	rig_fire();
	EXPECT_SENT(A, US(1), PEER(1), 1000);
	EXPECT_SILENCE();
	rig_input(A, PEER(1), US(1001), 0);
	EXPECT_SENT(A, US(1001), PEER(1), 1000);
	EXPECT_SENT(A, US(2001), PEER(1), 1000);
	EXPECT_SILENCE();
	rig_input(A, PEER(1), US(5001), 0);
	EXPECT_SILENCE();
	EXPECT_EQ(0, rig.tcb.lost);
}

/* Fast retransmit. */

static void flight(u32 segments)
{
	rig_established();
	rig_write(1000 * segments);
	rig_forget();
}

static void duplicates(u32 ack, int n)
{
	while (n--)
		rig_input(A, PEER(1), ack, 0);
}

TEST_F(output, RFC5681_the_third_duplicate_ack_retransmits_at_once)
{
	flight(5);
	duplicates(US(1), 2);
	EXPECT_SILENCE();
	duplicates(US(1), 1);
	EXPECT_SENT(A, US(1), PEER(1), 1000);
	EXPECT_SILENCE();
	EXPECT_EQ(2500, rig.tcb.cc.ssthresh);
	duplicates(US(1), 1);
	EXPECT_SILENCE();
}

TEST_F(output, RFC3042_the_first_two_duplicates_let_new_segments_go)
{
	rig_established();
	rig_write(14000);
	rig_forget();
	duplicates(US(1), 1);
	EXPECT_SENT(A, US(10001), PEER(1), 1000);
	duplicates(US(1), 1);
	EXPECT_SENT(A, US(11001), PEER(1), 1000);
	EXPECT_SILENCE();
}

TEST_F(output, what_carries_data_or_moves_the_window_is_no_duplicate)
{
	flight(5);
	rig_input(A, PEER(1), US(1), 10);
	rig_input(A, PEER(11), US(1), 10);
	rig.wnd++;
	rig_input(A, PEER(21), US(1), 0);
	rig.wnd++;
	rig_input(A, PEER(21), US(1), 0);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_DUPLICATE_ACKS]);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_FAST_RETRANSMITS]);
}

TEST_F(output, without_anything_in_flight_no_ack_is_a_duplicate)
{
	rig_established();
	duplicates(US(1), 5);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_DUPLICATE_ACKS]);
	EXPECT_SILENCE();
}

TEST_F(output, RFC5681_what_limited_transmit_added_is_not_halved)
{
	rig_established();
	rig_write(14000);
	duplicates(US(1), 3);
	EXPECT_EQ(5000, rig.tcb.cc.ssthresh);
}

TEST_F(output, RFC6582_a_partial_ack_retransmits_the_next_hole)
{
	flight(6);
	duplicates(US(1), 3);
	EXPECT_SENT(A, US(1), PEER(1), 1000);
	rig_input(A, PEER(1), US(3001), 0);
	EXPECT_SENT(A, US(3001), PEER(1), 1000);
	EXPECT_SILENCE();
	EXPECT_TRUE(!!rig.tcb.in_recovery);
	rig_input(A, PEER(1), US(6001), 0);
	EXPECT_FALSE(!!rig.tcb.in_recovery);
	EXPECT_GE(rig.tcb.cc.ssthresh, rig.tcb.cc.cwnd);
}

TEST_F(output, RFC6582_after_a_time_out_old_duplicates_retransmit_nothing)
{
	flight(5);
	rig_fire();
	rig_forget();
	duplicates(US(1), 4);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_FAST_RETRANSMITS]);
}

/* All had arrived, and what was sent again draws duplicates of the last ACK. */
TEST_F(output, RFC6582_nor_do_the_duplicates_of_what_was_sent_again)
{
	flight(5);
	rig_fire();
	rig_input(A, PEER(1), US(1001), 0);
	rig_input(A, PEER(1), US(5001), 0);
	rig_write(5000);
	duplicates(US(5001), 4);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_FAST_RETRANSMITS]);
	rig_input(A, PEER(1), US(6001), 0);
	duplicates(US(6001), 3);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_FAST_RETRANSMITS]);
}

TEST_F(output, a_peer_whose_window_grows_in_recovery_bursts_nothing)
{
	rig.wnd = 96;
	rig_established();
	rig_write(96);
	duplicates(US(1), 3);
	rig_write(5000);
	rig_forget();
	rig.wnd = RIG_WND;
	rig_input(A, PEER(1), US(49), 0);
	EXPECT_GE(20000, rig.tcb.cc.cwnd);
}

/* 2 GiB later every number that is kept looks like one of the future. */
TEST_F(output, fast_retransmit_works_after_two_gigabytes_without_loss)
{
	u32 at = US(1);
	int i;

	mytcp_tcb_path(&rig.tcb, 65495);
	rig.wnd = 65535;
	rig_established();
	rig.tcb.snd_mss = 65495;
	rig.tcb.cc.cwnd = 1 << 20;
	for (i = 0; i < 40000; i++) {
		rig_write(60000);
		rig_wait(MS);
		at += 60000;
		rig_input(A, PEER(1), at, 0);
		rig.sent_count = 0;
		rig.sent_seen = 0;
	}
	ASSERT_EQ(at, rig.tcb.snd_una);
	rig_write(20000);
	rig_write(20000);
	duplicates(at, 3);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_FAST_RETRANSMITS]);
}

/* Closing. */

TEST_F(output, C1_the_fin_follows_all_that_is_queued)
{
	rig_established();
	rig_write(1500);
	rig_forget();
	mytcp_shutdown(&rig.tcb);
	EXPECT_STATE(FIN_WAIT1);
	EXPECT_SENT(F | A, US(1501), PEER(1), 0);
	EXPECT_SILENCE();
}

TEST_F(output, the_fin_rides_on_the_last_octets_that_wait)
{
	rig.wnd = 1000;
	rig_established();
	rig_write(1000);
	rig_write(300);
	mytcp_shutdown(&rig.tcb);
	rig_forget();
	rig_input(A, PEER(1), US(1001), 0);
	EXPECT_SENT(F | A | P, US(1001), PEER(1), 300);
}

TEST_F(output, a_fin_needs_room_in_the_window)
{
	rig.wnd = 100;
	rig_established();
	rig_write(100);
	rig_forget();
	mytcp_shutdown(&rig.tcb);
	EXPECT_SILENCE();
	rig_input(A, PEER(1), US(101), 0);
	EXPECT_SENT(F | A, US(101), PEER(1), 0);
}

TEST_F(output, C5_a_lost_fin_is_repeated_with_back_off)
{
	rig_fin_wait1();
	EXPECT_EQ(RTO, rig_fire());
	EXPECT_SENT(F | A, US(1), PEER(1), 0);
	EXPECT_EQ(2 * RTO, rig_fire());
	EXPECT_SENT(F | A, US(1), PEER(1), 0);
	EXPECT_EQ(4 * RTO, rig_fire());
	EXPECT_SENT(F | A, US(1), PEER(1), 0);
}

TEST_F(output, C5_lost_octets_and_their_fin_are_repeated_together)
{
	rig_established();
	rig_write(100);
	mytcp_shutdown(&rig.tcb);
	rig_forget();
	rig_fire();
	EXPECT_SENT(F | A | P, US(1), PEER(1), 100);
}

TEST_F(output, nothing_can_be_queued_after_shutdown)
{
	rig_fin_wait1();
	EXPECT_FALSE(mytcp_tcb_can_send(&rig.tcb));
	mytcp_shutdown(&rig.tcb);
	EXPECT_SILENCE();
}

TEST_F(output, C3_octets_go_out_after_the_peers_fin)
{
	rig_close_wait();
	rig_write(3000);
	EXPECT_SENT(A, US(1), PEER(2), 1000);
	EXPECT_SENT(A, US(1001), PEER(2), 1000);
	EXPECT_SENT(A | P, US(2001), PEER(2), 1000);
}

TEST_F(output, C10_close_wait_of_a_held_socket_stays)
{
	rig_close_wait();
	rig_wait(86400 * SEC);
	EXPECT_STATE(CLOSE_WAIT);
	EXPECT_SILENCE();
}

TEST_F(output, closing_an_unanswered_connect_ends_it)
{
	rig_syn_sent();
	mytcp_shutdown(&rig.tcb);
	EXPECT_STATE(CLOSED);
	EXPECT_SILENCE();
}

TEST_F(output, a_timer_that_fires_early_or_stopped_does_nothing)
{
	enum mytcp_timer timer;

	rig_established();
	rig_write(100);
	rig_input(A, PEER(1), US(1), 10);
	rig_forget();
	for (timer = 0; timer < MYTCP_TIMERS; timer++)
		mytcp_timer_fire(&rig.tcb, timer);
	EXPECT_SILENCE();
	EXPECT_NE(0, rig.tcb.deadline[MYTCP_TIMER_SENT]);
	EXPECT_STATE(ESTABLISHED);
}

/* The time-out of a lost SYN counts threefold, but not round the clock. */
TEST_F(output, a_lost_syn_of_an_hours_time_out_does_not_wrap_it)
{
	rig.cfg.rto_init = 3600 * 1000;
	rig.cfg.rto_max = 3600 * 1000;
	rig_closed();
	rig_syn_sent();
	EXPECT_EQ(3600 * SEC, rig_fire());
	rig_input(S | A, PEER(0), US(1), 0);
	rig_write(10);
	EXPECT_EQ(3600 * SEC, rig_fire());
}

TEST_F(output, RFC5961_challenges_have_a_limit_of_the_administrators)
{
	u32 i;

	rig_established();
	rig.cfg.challenge_ack_limit = 3;
	for (i = 0; i < 5; i++)
		rig_input(S, PEER(1), 0, 0);
	EXPECT_EQ(3, rig.counts[MYTCP_COUNT_TX_CHALLENGE_ACKS]);
	rig.now += 5 * SEC + 1;
	rig.cfg.challenge_ack_limit = 0;
	rig_input(S, PEER(1), 0, 0);
	EXPECT_EQ(3, rig.counts[MYTCP_COUNT_TX_CHALLENGE_ACKS]);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* The ways a connection ends, from the first FIN to the last timer. */
#include <kselftest_harness.h>

#include "rig.h"

#define DELACK	(40 * MS)
#define MANY	(4 << 20)	/* octets of a long answer */

FIXTURE(closing)
{
	char unused;
};

FIXTURE_SETUP(closing)
{
	rig_init();
}

FIXTURE_TEARDOWN(closing)
{
	rig_done();
}

/* The peer's FIN reaches a connection on which nothing else has come. */
static void peer_closes(void)
{
	rig_input(F | A, PEER(1), rig.tcb.snd_nxt, 0);
}

static u8 state_before_last(void)
{
	return rig.states[rig.state_count - 2];
}

/* The passive side: one segment or two. */

TEST_F(closing, C2_a_close_within_the_delay_sends_ack_and_fin_in_one)
{
	rig_established();
	peer_closes();
	rig_wait(DELACK - 1);
	rig_close();
	EXPECT_SENT(F | A, US(1), PEER(2), 0);
	EXPECT_STATE(LAST_ACK);
	EXPECT_EQ(0, rig.tcb.deadline[MYTCP_TIMER_RECEIVED]);
	rig_input(A, PEER(2), US(2), 0);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(0, rig.tcb.err);
	EXPECT_SILENCE();
}

TEST_F(closing, C1_a_close_after_the_delay_follows_the_ack)
{
	rig_established();
	peer_closes();
	rig_wait(DELACK);
	EXPECT_SENT(A, US(1), PEER(2), 0);
	rig_close();
	EXPECT_SENT(F | A, US(1), PEER(2), 0);
	EXPECT_SILENCE();
}

TEST_F(closing, C2_what_is_queued_and_the_fin_take_the_ack_along)
{
	rig_established();
	peer_closes();
	mytcp_send_queue(&rig.tcb, rig_range(), 100);
	rig_close();
	EXPECT_SENT(F | A | P, US(1), PEER(2), 100);
	EXPECT_SILENCE();
}

TEST_F(closing, the_ack_of_a_fin_waits_no_longer_than_that_of_octets_before_it)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 10);
	rig_wait(DELACK / 2);
	rig_input(F | A, PEER(11), US(1), 0);
	EXPECT_SILENCE();
	EXPECT_EQ(DELACK / 2, rig_fire());
	EXPECT_SENT(A, US(1), PEER(12), 0);
}

TEST_F(closing, SHLD_19_a_second_segment_of_octets_is_acknowledged_though_it_is_the_last)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 10);
	rig_input(F | A, PEER(11), US(1), 10);
	EXPECT_SENT(A, US(1), PEER(22), 0);
	EXPECT_SILENCE();
	EXPECT_STATE(CLOSE_WAIT);
}

TEST_F(closing, a_repeated_fin_does_not_wait_to_be_acknowledged)
{
	rig_established();
	peer_closes();
	EXPECT_SILENCE();
	peer_closes();
	EXPECT_SENT(A, US(1), PEER(2), 0);
	EXPECT_EQ(0, rig.tcb.deadline[MYTCP_TIMER_RECEIVED]);
}

TEST_F(closing, the_ack_of_a_fin_does_not_wait_for_a_window)
{
	rig.wnd = 100;
	rig_established();
	rig_write(100);
	rig_forget();
	rig_input(F | A, PEER(1), US(1), 0);
	rig_close();
	EXPECT_SILENCE();
	rig_wait(DELACK);
	EXPECT_SENT(A, US(101), PEER(2), 0);
}

/* The active side, in every order of what comes back. */

TEST_F(closing, C1_four_segments_pass_through_every_state_of_the_active_side)
{
	static const u8 states[] = {
		MYTCP_FIN_WAIT1, MYTCP_FIN_WAIT2, MYTCP_TIME_WAIT, MYTCP_CLOSED,
	};
	u32 first;

	rig_established();
	first = rig.state_count;
	mytcp_shutdown(&rig.tcb);
	EXPECT_SENT(F | A, US(1), PEER(1), 0);
	rig_input(A, PEER(1), US(2), 0);
	EXPECT_SILENCE();
	rig_input(F | A, PEER(1), US(2), 0);
	EXPECT_SENT(A, US(2), PEER(2), 0);
	ASSERT_EQ(first + ARRAY_SIZE(states), rig.state_count);
	EXPECT_EQ(0, memcmp(states, rig.states + first, sizeof(states)));
}

TEST_F(closing, C4_fins_that_cross_end_in_time_wait)
{
	rig_established();
	rig_close();
	EXPECT_SENT(F | A, US(1), PEER(1), 0);
	rig_input(F | A, PEER(1), US(1), 0);
	EXPECT_SENT(A, US(2), PEER(2), 0);
	EXPECT_STATE(CLOSING);
	rig_input(A, PEER(2), US(2), 0);
	EXPECT_EQ(MYTCP_TIME_WAIT, state_before_last());
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(0, rig.tcb.err);
	EXPECT_SILENCE();
}

TEST_F(closing, a_fin_is_not_acknowledged_by_an_ack_of_what_came_before_it)
{
	rig_established();
	rig_write(100);
	mytcp_shutdown(&rig.tcb);
	rig_input(A, PEER(1), US(101), 0);
	EXPECT_STATE(FIN_WAIT1);
	rig_input(A, PEER(1), US(102), 0);
	EXPECT_STATE(FIN_WAIT2);
}

TEST_F(closing, the_last_octets_the_fin_and_the_ack_of_ours_may_come_in_one)
{
	rig_fin_wait1();
	rig_input(F | A, PEER(1), US(2), 100);
	EXPECT_SENT(A, US(2), PEER(102), 0);
	EXPECT_EQ(100, rig.delivered);
	EXPECT_EQ(MYTCP_TIME_WAIT, state_before_last());
}

TEST_F(closing, a_fin_ahead_of_octets_waits_for_them_in_fin_wait_too)
{
	static const u8 before[] = { MYTCP_FIN_WAIT1, MYTCP_FIN_WAIT2 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(before); i++) {
		rig_in(before[i]);
		rig_input(F | A, PEER(101), US(2), 50);
		EXPECT_SENT(A, US(2), PEER(1), 0);
		EXPECT_STATE(FIN_WAIT2);
		rig_input(A, PEER(1), US(2), 100);
		EXPECT_SENT(A, US(2), PEER(152), 0);
		EXPECT_EQ(150, rig.delivered);
		EXPECT_EQ(MYTCP_TIME_WAIT, state_before_last());
	}
}

TEST_F(closing, once_the_end_is_known_no_wider_window_is_offered)
{
	rig_established();
	rig_input(A, PEER(1), US(1), 10000);
	rig_input(F | A, PEER(12001), US(1), 0);
	rig_forget();
	rig_read(10000);
	EXPECT_SILENCE();
	rig_input(A, PEER(10001), US(1), 2000);
	EXPECT_STATE(CLOSE_WAIT);
}

/* Half-close. */

TEST_F(closing, C3_after_our_fin_megabytes_arrive)
{
	u32 len;

	rig.unchecked = true;
	rig_fin_wait2();
	for (len = 0; len < MANY; len += 1000) {
		rig_input(A, PEER(1 + len), US(2), 1000);
		rig_read(1000);
		rig_wait(DELACK);
		rig.sent_count = 0;
		rig.sent_seen = 0;
	}
	EXPECT_EQ(len, rig.delivered);
	EXPECT_STATE(FIN_WAIT2);
	rig_input(F | A, PEER(1 + len), US(2), 0);
	EXPECT_SENT(A, US(2), PEER(2 + len), 0);
	EXPECT_EQ(MYTCP_TIME_WAIT, state_before_last());
}

TEST_F(closing, C3_after_the_peers_fin_megabytes_leave)
{
	u32 len;

	rig.unchecked = true;
	rig_close_wait();
	for (len = 0; len < MANY; len += 1000) {
		rig_write(1000);
		EXPECT_SENT(A | P, US(1 + len), PEER(2), 1000);
		rig_input(A, PEER(2), US(1001 + len), 0);
		rig.sent_count = 0;
		rig.sent_seen = 0;
	}
	rig_close();
	EXPECT_SENT(F | A, US(1 + len), PEER(2), 0);
	rig_input(A, PEER(2), US(2 + len), 0);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(0, rig.tcb.err);
}

/* What the network loses. */

/* The states in which our FIN waits for its ACK, and what acknowledges it. */
static const struct waiting {
	u8 state;
	u8 next;
	u32 seq;
} waiting[] = {
	{ MYTCP_FIN_WAIT1, MYTCP_FIN_WAIT2, 1 },
	{ MYTCP_CLOSING, MYTCP_CLOSED, 2 },
	{ MYTCP_LAST_ACK, MYTCP_CLOSED, 2 },
};

TEST_F(closing, C5_a_fin_lost_any_number_of_times_arrives_at_last)
{
	unsigned int i, n, lost;

	for (i = 0; i < ARRAY_SIZE(waiting); i++) {
		const struct waiting *w = &waiting[i];

		for (lost = 1; lost <= 15; lost++) {
			rig_in(w->state);
			for (n = 0; n < lost; n++) {
				EXPECT_NE(0, rig_fire());
				EXPECT_SENT(F | A, US(1), rig.tcb.rcv_nxt, 0);
			}
			EXPECT_EQ(w->state, rig.tcb.state);
			rig_input(A, PEER(w->seq), US(2), 0);
			EXPECT_EQ(w->next, rig.tcb.state);
			EXPECT_EQ(0, rig.tcb.err);
			EXPECT_SILENCE();
		}
	}
}

TEST_F(closing, C5_a_fin_lost_more_often_than_the_limit_ends_in_a_time_out)
{
	unsigned int i, limit, fins;

	for (i = 0; i < 2 * ARRAY_SIZE(waiting); i++) {
		rig_in(waiting[i / 2].state);
		limit = 15;
		if (i % 2) {
			mytcp_detach(&rig.tcb);
			limit = 8;
		}
		for (fins = 0; rig_fire() && rig_next(); fins++)
			;
		EXPECT_EQ(limit, fins);
		EXPECT_STATE(CLOSED);
		EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
		EXPECT_EQ(1, rig.counts[MYTCP_COUNT_ABORT_ON_TIMEOUT]);
	}
}

TEST_F(closing, C5_a_lost_ack_of_a_fin_is_not_repeated_but_drawn_again)
{
	unsigned int i;

	rig_close_wait();
	rig_wait(3600 * SEC);
	EXPECT_SILENCE();
	for (i = 0; i < 5; i++) {
		peer_closes();
		EXPECT_SENT(A, US(1), PEER(2), 0);
		EXPECT_SILENCE();
	}
	EXPECT_STATE(CLOSE_WAIT);
}

TEST_F(closing, C5_a_lost_fin_and_a_lost_ack_of_the_next_are_both_made_up_for)
{
	rig_established();
	peer_closes();
	rig_close();
	EXPECT_SENT(F | A, US(1), PEER(2), 0);
	/* It was lost and acknowledges nothing: both sides repeat their FIN. */
	peer_closes();
	EXPECT_SENT(A, US(2), PEER(2), 0);
	EXPECT_NE(0, rig_fire());
	EXPECT_SENT(F | A, US(1), PEER(2), 0);
	/* That one arrived, its ACK did not. */
	EXPECT_NE(0, rig_fire());
	EXPECT_SENT(F | A, US(1), PEER(2), 0);
	rig_input(A, PEER(2), US(2), 0);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(0, rig.tcb.err);
}

TEST_F(closing, C5_in_closing_the_ack_of_our_repeated_fin_ends_the_wait)
{
	rig_closing();
	/* The peer repeats its FIN and has ours, but the segment is no new one. */
	rig_input(F | A, PEER(1), US(2), 0);
	EXPECT_SENT(A, US(2), PEER(2), 0);
	EXPECT_STATE(CLOSING);
	rig_fire();
	EXPECT_SENT(F | A, US(1), PEER(2), 0);
	rig_input(A, PEER(2), US(2), 0);
	EXPECT_EQ(MYTCP_TIME_WAIT, state_before_last());
}

TEST_F(closing, octets_lost_before_the_fin_are_sent_again_and_the_fin_with_the_last)
{
	rig_established();
	rig_write(2000);
	rig_close();
	rig_forget();
	rig_fire();
	EXPECT_SENT(A, US(1), PEER(1), 1000);
	EXPECT_SILENCE();
	rig_input(A, PEER(1), US(1001), 0);
	EXPECT_SENT(F | A | P, US(1001), PEER(1), 1000);
	rig_input(A, PEER(1), US(2002), 0);
	EXPECT_TRUE(!!rig.tcb.shrunk);
}

/* What the user does. */

TEST_F(closing, shutdown_does_in_each_state_what_close_of_the_rfc_does)
{
	static const struct {
		u8 from;
		u8 to;
		bool fin;
	} calls[] = {
		{ MYTCP_CLOSED, MYTCP_CLOSED, false },
		{ MYTCP_SYN_SENT, MYTCP_CLOSED, false },
		{ MYTCP_SYN_RECV, MYTCP_SYN_RECV, false },
		{ MYTCP_ESTABLISHED, MYTCP_FIN_WAIT1, true },
		{ MYTCP_FIN_WAIT1, MYTCP_FIN_WAIT1, false },
		{ MYTCP_FIN_WAIT2, MYTCP_FIN_WAIT2, false },
		{ MYTCP_CLOSE_WAIT, MYTCP_LAST_ACK, true },
		{ MYTCP_CLOSING, MYTCP_CLOSING, false },
		{ MYTCP_LAST_ACK, MYTCP_LAST_ACK, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		rig_in(calls[i].from);
		mytcp_shutdown(&rig.tcb);
		EXPECT_EQ(calls[i].to, rig.tcb.state);
		if (calls[i].fin)
			EXPECT_SENT(F | A, US(1), rig.tcb.rcv_nxt, 0);
		EXPECT_SILENCE();
		EXPECT_EQ(0, rig.tcb.err);
	}
}

TEST_F(closing, C11_what_a_process_left_behind_arrives_before_the_fin)
{
	rig.wnd = 2000;
	rig_established();
	rig_write(4000);
	rig_forget();
	rig_close();
	EXPECT_SILENCE();
	/* The window holds the last octets, but not the FIN behind them. */
	rig_input(A, PEER(1), US(2001), 0);
	EXPECT_SENT(A, US(2001), PEER(1), 1000);
	EXPECT_SENT(A | P, US(3001), PEER(1), 1000);
	EXPECT_SILENCE();
	rig_input(A, PEER(1), US(4001), 0);
	EXPECT_SENT(F | A, US(4001), PEER(1), 0);
	rig_input(A, PEER(1), US(4002), 0);
	EXPECT_TRUE(!!rig.tcb.shrunk);
}

TEST_F(closing, SHLD_3_octets_for_a_process_that_is_gone_draw_a_reset_at_any_time)
{
	rig_fin_wait1();
	rig.tcb.rcv_shut = true;
	mytcp_detach(&rig.tcb);
	rig_input(A, PEER(1), US(1), 10);
	EXPECT_SENT(R | A, US(2), PEER(1), 0);
	EXPECT_SILENCE();
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_ABORT_ON_DATA]);
}

TEST_HARNESS_MAIN

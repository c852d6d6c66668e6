// SPDX-License-Identifier: GPL-2.0
/*
 * How long a peer that says nothing is waited for: retries, the user's time-out,
 * keepalive, probes of a closed window, orphans. To the microsecond, on virtual
 * time.
 */
#include <kselftest_harness.h>

#include "rig.h"

FIXTURE(liveness)
{
	int unused;
};

FIXTURE_SETUP(liveness)
{
	rig_init();
}

FIXTURE_TEARDOWN(liveness)
{
	rig_done();
}

/* The round trip of rig_established() is 100 ms: 100 + 4 * 50. */
#define RTO	(300 * MS)
#define HOUR	(3600 * SEC)

static void patient(u32 user_timeout_ms)
{
	rig.tcb.patience.user_timeout = user_timeout_ms;
	mytcp_timer_patience(&rig.tcb);
}

static void keepalive(bool on)
{
	rig.tcb.patience.keepalive = on;
	mytcp_timer_patience(&rig.tcb);
}

/* Until the connection is over; how long that took. */
static u64 wait_closed(void)
{
	u64 passed = 0, step;

	while (rig.tcb.state != MYTCP_CLOSED && (step = rig_fire()))
		passed += step;
	return passed;
}

/* What the peer does with a probe, as long as it lives. */
static void answer(void)
{
	rig_input(A, PEER(1), rig.tcb.snd_nxt, 0);
}

/* R1 and R2. */

TEST_F(liveness, MUST_20_fifteen_retries_to_the_tick)
{
	/* 0.3 * (1 + 2 + ... + 2^8) s, then seven times 120 s */
	u64 expected = RTO * 511 + 7 * 120 * SEC;

	rig_established();
	rig_write(100);
	EXPECT_EQ(expected, wait_closed());
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
	EXPECT_LE(900 * SEC, expected);
	EXPECT_EQ(15, rig.counts[MYTCP_COUNT_RETRANSMITS]);
}

TEST_F(liveness, MUST_20_at_retries1_another_route_is_asked_for_once)
{
	int i;

	rig.cfg.retries1 = 5;
	rig_established();
	rig_write(100);
	for (i = 0; i < 4; i++)
		rig_fire();
	EXPECT_EQ(0, rig.advised);
	rig_fire();
	EXPECT_EQ(1, rig.advised);
	wait_closed();
	EXPECT_EQ(1, rig.advised);
}

TEST_F(liveness, MUST_22_retries1_counts_syns_too)
{
	rig.cfg.retries1 = 1;
	rig_syn_sent();
	EXPECT_EQ(0, rig.advised);
	rig_fire();
	EXPECT_EQ(1, rig.advised);
}

/* The user's time-out. */

TEST_F(liveness, MUST_21_the_users_time_out_ends_a_connection_to_the_tick)
{
	patient(7654);
	rig_established();
	rig_write(100);
	EXPECT_EQ(7654 * MS, wait_closed());
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_ABORT_ON_TIMEOUT]);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_TX_RESETS]);
}

TEST_F(liveness, MUST_21_so_it_does_in_every_state_with_something_to_acknowledge)
{
	static const enum mytcp_state states[] = {
		MYTCP_SYN_SENT, MYTCP_SYN_RECV, MYTCP_ESTABLISHED,
		MYTCP_CLOSE_WAIT, MYTCP_FIN_WAIT1, MYTCP_CLOSING,
		MYTCP_LAST_ACK,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		u64 began;

		rig_init();
		patient(5000);
		rig_enter(states[i]);
		if (mytcp_tcb_can_send(&rig.tcb))
			rig_write(10);
		began = rig.tcb.stalled_us;
		EXPECT_NE(0, began) TH_LOG("state %d", states[i]);
		wait_closed();
		EXPECT_EQ(ETIMEDOUT, rig.tcb.err) TH_LOG("state %d", states[i]);
		EXPECT_EQ(began + 5000 * MS, rig.now)
			TH_LOG("state %d", states[i]);
	}
}

TEST_F(liveness, an_idle_connection_tries_nobodys_patience)
{
	patient(1000);
	rig_established();
	rig_wait(24 * HOUR);
	EXPECT_STATE(ESTABLISHED);
	EXPECT_SILENCE();
}

TEST_F(liveness, MUST_21_a_longer_time_out_than_that_of_the_retries_holds)
{
	rig.cfg.retries2 = 3;
	patient(10 * HOUR / MS);
	rig_established();
	rig_write(100);
	EXPECT_EQ(10 * HOUR, wait_closed());
	/* 9 until the interval is 120 s, which then stays */
	EXPECT_EQ(9 + (10 * HOUR - RTO * 511) / (120 * SEC),
		  rig.counts[MYTCP_COUNT_TIMEOUTS]);
	EXPECT_LT(255, rig.counts[MYTCP_COUNT_TIMEOUTS]);
	EXPECT_EQ(1, rig.advised);
}

TEST_F(liveness, progress_starts_the_time_out_anew)
{
	patient(2000);
	rig_established();
	rig_write(100);
	rig_write(100);
	rig_wait(1900 * MS);
	rig_input(A, PEER(1), US(101), 0);
	rig_wait(1999 * MS);
	EXPECT_STATE(ESTABLISHED);
	rig_wait(1 * MS);
	EXPECT_STATE(CLOSED);
}

TEST_F(liveness, an_acknowledgment_of_nothing_new_is_no_progress)
{
	patient(2000);
	rig_established();
	rig_write(100);
	rig_wait(1900 * MS);
	rig_input(A, PEER(1), US(1), 0);
	rig_wait(100 * MS);
	EXPECT_STATE(CLOSED);
}

TEST_F(liveness, silence_before_a_write_does_not_count)
{
	patient(2000);
	rig_established();
	rig_write(100);
	rig_input(A, PEER(1), US(101), 0);
	rig_wait(HOUR);
	rig_write(100);
	EXPECT_EQ(2000 * MS, wait_closed());
}

TEST_F(liveness, a_time_out_set_late_counts_from_when_the_peer_fell_silent)
{
	rig_established();
	rig_write(100);
	rig_wait(700 * MS);
	patient(1000);
	EXPECT_EQ(200 * MS, rig_fire());
	EXPECT_EQ(100 * MS, rig_fire());
	EXPECT_STATE(CLOSED);
}

TEST_F(liveness, a_time_out_that_is_over_when_set_ends_it_at_once)
{
	rig_established();
	rig_write(100);
	rig_wait(10 * SEC);
	patient(1000);
	rig_fire();
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(11 * SEC + 100 * MS, rig.now);
}

static void closed_window(void)
{
	rig_established();
	rig.wnd = 0;
	rig_input(A, PEER(1), US(1), 0);
	rig_write(100);
}

TEST_F(liveness, a_closed_window_tries_the_users_patience_though_probes_are_answered)
{
	u64 passed = 0;

	patient(60000);
	closed_window();
	while (rig.tcb.state == MYTCP_ESTABLISHED) {
		passed += rig_fire();
		if (rig.tcb.state == MYTCP_ESTABLISHED)
			answer();
	}
	EXPECT_EQ(60 * SEC, passed);
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
}

TEST_F(liveness, a_window_that_opened_begins_it_anew)
{
	patient(10000);
	closed_window();
	rig_wait(9 * SEC);
	rig.wnd = 50;
	rig_input(A, PEER(1), US(1), 0);
	rig_fire();
	rig.wnd = 0;
	rig_input(A, PEER(1), US(51), 0);
	rig_wait(9 * SEC);
	EXPECT_STATE(ESTABLISHED);
	rig_wait(1 * SEC);
	EXPECT_STATE(CLOSED);
}

TEST_F(liveness, what_a_cork_holds_back_the_peer_does_not_owe)
{
	patient(50);
	rig_established();
	rig.tcb.cork = true;
	rig_write(100);
	rig_wait(199 * MS);
	EXPECT_STATE(ESTABLISHED);
	EXPECT_SILENCE();
	rig_wait(1 * MS);
	EXPECT_SENT(A | P, US(1), PEER(1), 100);
}

TEST_F(liveness, a_window_that_closes_on_it_tries_the_patience_from_the_first_probe)
{
	patient(1000);
	rig_established();
	rig_wait(HOUR);
	rig.tcb.cork = true;
	rig_write(100);
	rig.wnd = 0;
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_EQ(200 * MS, rig_fire());
	EXPECT_SENT(A, US(0), PEER(1), 0);
	EXPECT_EQ(1000 * MS, wait_closed());
}

TEST_F(liveness, nor_does_it_owe_what_we_have_no_memory_to_send)
{
	patient(1000);
	rig_established();
	rig_wait(HOUR);
	rig.wnd = 50;
	rig_input(A, PEER(1), US(1), 0);
	rig_write(100);
	rig.no_memory = true;
	rig_fire();
	EXPECT_STATE(ESTABLISHED);
	rig.no_memory = false;
	rig_forget();
	rig_fire();
	EXPECT_SENT(A, US(1), PEER(1), 50);
}

TEST_F(liveness, a_time_out_set_late_counts_from_when_the_window_closed)
{
	u64 passed = 0;

	closed_window();
	while (passed < 5 * SEC)
		passed += rig_fire();
	patient(passed / MS + 100);
	EXPECT_EQ(100 * MS, wait_closed());
}

/* Keepalive. */

TEST_F(liveness, MUST_25_keepalive_is_off_by_default)
{
	rig_established();
	rig_wait(100 * HOUR);
	EXPECT_SILENCE();
	EXPECT_STATE(ESTABLISHED);
}

TEST_F(liveness, MUST_28_the_first_keepalive_goes_after_two_hours)
{
	keepalive(true);
	rig_established();
	EXPECT_EQ(2 * HOUR, rig_fire());
	/* SHLD-12: without data, and such that it must be answered */
	EXPECT_SENT(A, US(0), PEER(1), 0);
	EXPECT_SILENCE();
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_KEEPALIVES]);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_WINDOW_PROBES]);
}

TEST_F(liveness, D5_a_dead_peer_is_given_up_after_nine_probes_to_the_tick)
{
	int i;

	keepalive(true);
	rig_established();
	EXPECT_EQ(2 * HOUR, rig_fire());
	for (i = 1; i < 9; i++) {
		EXPECT_EQ(75 * SEC, rig_fire());
		EXPECT_SENT(A, US(0), PEER(1), 0);
		EXPECT_STATE(ESTABLISHED);
	}
	EXPECT_EQ(9, rig.tcb.probes);
	rig_forget();
	EXPECT_EQ(75 * SEC, rig_fire());
	EXPECT_SENT(R | A, US(1), PEER(1), 0);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_ABORT_ON_TIMEOUT]);
}

TEST_F(liveness, MUST_29_a_lost_answer_is_no_death)
{
	u32 *asked = &rig.counts[MYTCP_COUNT_KEEPALIVES];
	u32 i;

	keepalive(true);
	rig_established();
	for (i = 1; i <= 100; i++) {
		while (*asked < 8 * i)
			rig_fire();
		answer();
		ASSERT_EQ(MYTCP_ESTABLISHED, rig.tcb.state);
		EXPECT_EQ(0, rig.tcb.probes);
	}
}

TEST_F(liveness, an_answer_gives_the_peer_the_whole_idle_time_again)
{
	keepalive(true);
	rig_established();
	rig_fire();
	rig_wait(30 * SEC);
	answer();
	rig_wait(2 * HOUR - 1);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_KEEPALIVES]);
	rig_wait(1);
	EXPECT_EQ(2, rig.counts[MYTCP_COUNT_KEEPALIVES]);
}

TEST_F(liveness, MUST_26_what_is_heard_puts_it_off)
{
	keepalive(true);
	rig_established();
	rig_wait(HOUR);
	rig_input(A, PEER(1), US(1), 10);
	rig_wait(2 * HOUR - 1);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_KEEPALIVES]);
	rig_wait(1);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_KEEPALIVES]);
}

TEST_F(liveness, MUST_26_nothing_is_asked_while_an_acknowledgment_is_awaited)
{
	rig.cfg.retries2 = 127;
	rig.tcb.patience.keep_idle = 1000;
	keepalive(true);
	rig_established();
	rig_write(100);
	rig_wait(HOUR);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_KEEPALIVES]);
	EXPECT_STATE(ESTABLISHED);
}

TEST_F(liveness, MUST_26_nor_while_a_closed_window_is_probed)
{
	rig.tcb.patience.keep_idle = 1000;
	keepalive(true);
	closed_window();
	while (rig.now < HOUR) {
		rig_fire();
		answer();
	}
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_KEEPALIVES]);
}

TEST_F(liveness, MUST_27_idle_time_interval_and_count_are_the_users)
{
	rig.tcb.patience.keep_idle = 10000;
	rig.tcb.patience.keep_intvl = 3000;
	rig.tcb.patience.keep_probes = 2;
	keepalive(true);
	rig_established();
	EXPECT_EQ(10 * SEC, rig_fire());
	EXPECT_EQ(3 * SEC, rig_fire());
	EXPECT_STATE(ESTABLISHED);
	EXPECT_EQ(3 * SEC, rig_fire());
	EXPECT_STATE(CLOSED);
}

TEST_F(liveness, MUST_27_or_the_systems)
{
	rig.cfg.keepalive_time = 20000;
	rig.cfg.keepalive_intvl = 2000;
	rig.cfg.keepalive_probes = 1;
	keepalive(true);
	rig_established();
	EXPECT_EQ(20 * SEC, rig_fire());
	EXPECT_EQ(2 * SEC, rig_fire());
	EXPECT_STATE(CLOSED);
}

TEST_F(liveness, MUST_24_it_can_be_switched_on_and_off_at_any_time)
{
	rig_established();
	rig_wait(HOUR);
	keepalive(true);
	rig_wait(HOUR);
	keepalive(false);
	rig_wait(10 * HOUR);
	EXPECT_SILENCE();
	keepalive(true);
	EXPECT_EQ(2 * HOUR, rig_fire());
	EXPECT_SENT(A, US(0), PEER(1), 0);
}

TEST_F(liveness, an_idle_time_set_late_counts_from_what_was_heard_last)
{
	keepalive(true);
	rig_established();
	rig_wait(60 * SEC);
	rig.tcb.patience.keep_idle = 100000;
	mytcp_timer_patience(&rig.tcb);
	EXPECT_EQ(40 * SEC, rig_fire());
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_KEEPALIVES]);
}

TEST_F(liveness, an_idle_time_that_is_over_when_set_asks_at_once)
{
	keepalive(true);
	rig_established();
	rig_wait(60 * SEC);
	rig.tcb.patience.keep_idle = 1000;
	mytcp_timer_patience(&rig.tcb);
	rig_fire();
	EXPECT_EQ(61 * SEC + 100 * MS, rig.now);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_KEEPALIVES]);
}

TEST_F(liveness, what_is_set_while_probes_go_does_not_hurry_them)
{
	keepalive(true);
	rig_established();
	rig_fire();
	rig_wait(30 * SEC);
	rig.tcb.patience.keep_probes = 3;
	mytcp_timer_patience(&rig.tcb);
	EXPECT_EQ(45 * SEC, rig_fire());
	EXPECT_EQ(2, rig.counts[MYTCP_COUNT_KEEPALIVES]);
}

TEST_F(liveness, a_half_closed_connection_is_kept_alive_too)
{
	keepalive(true);
	rig_fin_wait2();
	EXPECT_EQ(2 * HOUR, rig_fire());
	EXPECT_SENT(A, US(1), PEER(1), 0);
	EXPECT_EQ(9 * 75 * SEC, wait_closed());
}

TEST_F(liveness, so_is_one_whose_program_never_closes)
{
	keepalive(true);
	rig_close_wait();
	rig_wait(1 * SEC);
	rig_forget();
	rig_fire();
	EXPECT_EQ(rig.tcb.heard_us + 2 * HOUR, rig.now);
	EXPECT_SENT(A, US(0), PEER(2), 0);
	EXPECT_EQ(9 * 75 * SEC, wait_closed());
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
}

TEST_F(liveness, no_connection_in_the_making_is_kept_alive)
{
	rig.tcb.patience.keep_idle = 1000;
	keepalive(true);
	rig_syn_sent();
	keepalive(true);
	EXPECT_EQ(0, rig.tcb.deadline[MYTCP_TIMER_HEARD]);
}

/* As in Linux: the time-out decides, probes go as before. */
TEST_F(liveness, the_users_time_out_decides_when_keepalive_gives_up)
{
	rig.tcb.patience.keep_idle = 10000;
	rig.tcb.patience.keep_intvl = 10000;
	rig.tcb.patience.keep_probes = 1;
	patient(35000);
	keepalive(true);
	rig_established();
	EXPECT_EQ(40 * SEC, wait_closed());
	EXPECT_EQ(3, rig.counts[MYTCP_COUNT_KEEPALIVES]);
}

TEST_F(liveness, when_it_is_over_as_a_probe_is_due_none_goes)
{
	rig.tcb.patience.keep_idle = 1000;
	rig.tcb.patience.keep_intvl = 1000;
	patient(257000);
	keepalive(true);
	rig_established();
	EXPECT_EQ(257 * SEC, wait_closed());
	EXPECT_EQ(256, rig.counts[MYTCP_COUNT_KEEPALIVES]);
}

TEST_F(liveness, MUST_29_however_short_it_is_one_probe_goes_first)
{
	rig.tcb.patience.keep_idle = 10000;
	rig.tcb.patience.keep_intvl = 3000;
	patient(1);
	keepalive(true);
	rig_established();
	EXPECT_EQ(13 * SEC, wait_closed());
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_KEEPALIVES]);
}

/* Closed windows. */

TEST_F(liveness, a_dead_peer_with_a_closed_window_is_given_up_to_the_tick)
{
	/* 15 probes, the last after 120 s, and 120 s for its answer */
	u64 expected = RTO * 511 + 7 * 120 * SEC;

	closed_window();
	EXPECT_EQ(expected, wait_closed());
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
	EXPECT_EQ(15, rig.counts[MYTCP_COUNT_WINDOW_PROBES]);
}

TEST_F(liveness, a_fin_that_finds_the_window_closed_is_probed_for_like_octets)
{
	rig_established();
	rig.wnd = 0;
	rig_input(A, PEER(1), US(1), 0);
	mytcp_shutdown(&rig.tcb);
	EXPECT_SILENCE();
	EXPECT_EQ(RTO, rig_fire());
	EXPECT_SENT(A, US(0), PEER(1), 0);
	EXPECT_EQ(2 * RTO, rig_fire());
	EXPECT_SENT(A, US(0), PEER(1), 0);
	rig.wnd = 1;
	answer();
	EXPECT_SENT(F | A, US(1), PEER(1), 0);
}

TEST_F(liveness, hundreds_of_probes_without_an_answer_are_not_forgotten)
{
	patient(20 * HOUR / MS);
	closed_window();
	while (rig.counts[MYTCP_COUNT_WINDOW_PROBES] < 256)
		rig_fire();
	patient(0);
	rig_fire();
	EXPECT_STATE(CLOSED);
}

/* Orphans. */

TEST_F(liveness, C15_nobody_waits_for_a_window_that_stays_closed)
{
	int probes = 0;

	rig.cfg.orphan_retries = 4;
	closed_window();
	rig_fire();
	answer();
	rig_close();
	rig_forget();
	while (rig.tcb.state == MYTCP_FIN_WAIT1 && probes < 100) {
		rig_fire();
		if (rig.tcb.state == MYTCP_FIN_WAIT1) {
			EXPECT_SENT(A, US(0), PEER(1), 0);
			answer();
			probes++;
		}
	}
	/* the peer lives, and is told */
	EXPECT_SENT(R | A, US(1), PEER(1), 0);
	EXPECT_EQ(4, probes);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_ABORT_ON_TIMEOUT]);
}

TEST_F(liveness, C15_in_last_ack_the_peer_is_told_as_well)
{
	rig.cfg.orphan_retries = 0;
	rig_close_wait();
	rig.wnd = 0;
	rig_input(A, PEER(2), US(1), 0);
	rig_write(100);
	rig_close();
	EXPECT_STATE(LAST_ACK);
	rig_forget();
	rig_fire();
	EXPECT_SENT(R | A, US(1), PEER(2), 0);
	EXPECT_STATE(CLOSED);
}

TEST_F(liveness, C15_a_window_that_opens_now_and_then_is_waited_for)
{
	int i;

	rig.cfg.orphan_retries = 4;
	closed_window();
	rig_close();
	for (i = 0; i < 20; i++) {
		rig.wnd = 0;
		rig_fire();
		rig_fire();
		rig_fire();
		rig.wnd = 2;
		rig_input(A, PEER(1), rig.tcb.snd_una, 0);
		rig_fire();
		rig.wnd = 0;
		rig_input(A, PEER(1), rig.tcb.snd_nxt, 0);
		ASSERT_EQ(MYTCP_FIN_WAIT1, rig.tcb.state);
	}
}

TEST_F(liveness, C15_a_users_time_out_does_not_make_orphans_live_longer)
{
	rig.cfg.orphan_retries = 3;
	patient(10 * HOUR / MS);
	rig_established();
	rig_write(100);
	rig_close();
	EXPECT_EQ(RTO * 15, wait_closed());
}

TEST_F(liveness, C15_nor_do_the_retries_of_others_make_them_live_shorter)
{
	rig.cfg.retries2 = 2;
	rig.cfg.orphan_retries = 5;
	rig_established();
	rig_write(100);
	rig_close();
	EXPECT_EQ(RTO * 63, wait_closed());
}

TEST_F(liveness, C15_but_shorter)
{
	patient(1000);
	rig_established();
	rig_write(100);
	rig_close();
	EXPECT_EQ(1000 * MS, wait_closed());
}

/* FIN_WAIT2. */

TEST_F(liveness, C6_without_any_linger_the_peer_is_reset)
{
	rig.tcb.patience.linger2 = -1;
	rig_fin_wait2();
	mytcp_detach(&rig.tcb);
	EXPECT_SENT(R | A, US(2), PEER(1), 0);
	EXPECT_STATE(CLOSED);
}

TEST_HARNESS_MAIN

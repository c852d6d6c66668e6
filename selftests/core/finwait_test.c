// SPDX-License-Identifier: GPL-2.0
/* FIN_WAIT2 that nobody holds: a small entry waits for the peer's FIN. */
#include <kselftest_harness.h>

#include "rig.h"

FIXTURE(finwait)
{
	struct mytcp_segment reply;
	enum mytcp_count why;
};

FIXTURE_SETUP(finwait)
{
	rig_init();
}

FIXTURE_TEARDOWN(finwait)
{
	rig_done();
}

/* Closed, and the FIN acknowledged: what is left is rig.tw. */
static void shrink(void)
{
	rig_established();
	rig_close();
	rig_input(A, PEER(1), US(2), 0);
	rig_forget();
}

static enum mytcp_verdict arrives(u8 flags, u32 seq, u32 ack, u32 len,
				  struct mytcp_segment *reply,
				  enum mytcp_count *why)
{
	struct mytcp_segment seg = {
		.seq = seq, .ack = ack, .len = len, .flags = flags,
		.opt.has = rig.tw.timestamps ? MYTCP_OPT_TS : 0,
		.opt.tsval = rig.tsval,
	};

	return mytcp_timewait_input(&rig.tw, &rig.cfg, &seg, reply, why);
}

#define ARRIVES(flags, seq, ack, len)					\
	arrives(flags, seq, ack, len, &self->reply, &self->why)

#define EXPECT_REPLY(_flags, _seq, _ack)				\
do {									\
	EXPECT_EQ(_flags, self->reply.flags);				\
	EXPECT_EQ((u32)(_seq), self->reply.seq);			\
	EXPECT_EQ((u32)(_ack), self->reply.ack);			\
	EXPECT_EQ(0, self->reply.len);					\
} while (0)

TEST_F(finwait, C6_a_closed_connection_shrinks_when_its_fin_is_acknowledged)
{
	shrink();
	EXPECT_STATE(CLOSED);
	EXPECT_TRUE(!!rig.tcb.shrunk);
	EXPECT_TRUE(!!rig.tw.fin_wait2);
	EXPECT_EQ(0, rig.tcb.err);
	EXPECT_SILENCE();
}

TEST_F(finwait, C6_so_it_does_when_the_close_comes_in_fin_wait2)
{
	rig_fin_wait2();
	rig_wait(600 * SEC);
	EXPECT_STATE(FIN_WAIT2);
	mytcp_detach(&rig.tcb);
	EXPECT_STATE(CLOSED);
	EXPECT_TRUE(!!rig.tw.fin_wait2);
	EXPECT_SILENCE();
}

TEST_F(finwait, what_somebody_holds_does_not_shrink)
{
	rig_fin_wait2();
	rig_input(A, PEER(1), US(2), 10);
	EXPECT_STATE(FIN_WAIT2);
	EXPECT_EQ(10, rig.delivered);
}

TEST_F(finwait, C1_a_fin_that_comes_with_the_acknowledgment_needs_no_entry)
{
	rig_established();
	rig_close();
	rig_input(F | A, PEER(1), US(2), 0);
	EXPECT_FALSE(!!rig.tcb.shrunk);
	EXPECT_EQ(MYTCP_TIME_WAIT, rig.states[rig.state_count - 2]);
	EXPECT_FALSE(!!rig.tw.fin_wait2);
}

TEST_F(finwait, an_acknowledgment_that_is_owed_goes_before)
{
	rig_fin_wait2();
	rig_input(A, PEER(1), US(2), 10);
	EXPECT_SILENCE();
	mytcp_detach(&rig.tcb);
	EXPECT_SENT(A, US(2), PEER(11), 0);
	EXPECT_STATE(CLOSED);
}

TEST_F(finwait, without_memory_for_an_entry_the_connection_is_over)
{
	rig_fin_wait2();
	rig.no_memory = true;
	mytcp_detach(&rig.tcb);
	EXPECT_STATE(CLOSED);
	EXPECT_FALSE(!!rig.tcb.shrunk);
}

TEST_F(finwait, C1_the_fin_is_acknowledged_and_time_wait_begins)
{
	struct mytcp_segment fin = { .flags = F | A };

	shrink();
	EXPECT_EQ(MYTCP_FINISH, ARRIVES(F | A, PEER(1), US(2), 0));
	EXPECT_REPLY(A, US(2), PEER(2));
	mytcp_timewait_begin(&rig.tw, &fin);
	EXPECT_EQ(MYTCP_RESTART, ARRIVES(F | A, PEER(1), US(2), 0));
	EXPECT_REPLY(A, US(2), PEER(2));
	EXPECT_DROP(MYTCP_COUNT_TIME_WAIT_RESET_IGNORED, ARRIVES(R | A, PEER(2), US(2), 0));
}

TEST_F(finwait, SHLD_3_octets_that_nobody_will_read_draw_a_reset)
{
	shrink();
	EXPECT_EQ(MYTCP_REFUSE, ARRIVES(A, PEER(1), US(2), 1));
	EXPECT_REPLY(R | A, US(2), PEER(1));
	EXPECT_EQ(MYTCP_REFUSE, ARRIVES(F | A, PEER(1), US(2), 10));
	EXPECT_EQ(MYTCP_REFUSE, ARRIVES(A, PEER(100), US(2), 10));
}

TEST_F(finwait, a_fin_behind_octets_that_are_missing_draws_one_too)
{
	shrink();
	EXPECT_EQ(MYTCP_REFUSE, ARRIVES(F | A, PEER(11), US(2), 0));
}

TEST_F(finwait, an_acknowledgment_of_nothing_new_is_not_answered)
{
	shrink();
	EXPECT_DROP(MYTCP_COUNTS, ARRIVES(A, PEER(1), US(2), 0));
	EXPECT_DROP(MYTCP_COUNTS, ARRIVES(A, PEER(1), US(1), 0));
	EXPECT_DROP(MYTCP_COUNTS, ARRIVES(A, PEER(5), US(2), 0));
	EXPECT_DROP(MYTCP_COUNT_RX_NO_ACK, ARRIVES(P, PEER(1), 0, 0));
}

TEST_F(finwait, D5_a_keepalive_of_the_peers_is_answered)
{
	shrink();
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(A, PEER(0), US(2), 0));
	EXPECT_REPLY(A, US(2), PEER(1));
	EXPECT_EQ(RIG_SIZE, self->reply.wnd);
}

TEST_F(finwait, octets_that_were_read_long_ago_are_acknowledged_again)
{
	rig_fin_wait2();
	rig_input(A, PEER(1), US(2), 10);
	mytcp_detach(&rig.tcb);
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(A, PEER(1), US(2), 10));
	EXPECT_REPLY(A, US(2), PEER(11));
}

TEST_F(finwait, what_lies_outside_the_window_is_acknowledged)
{
	shrink();
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(A, PEER(1 + RIG_SIZE), US(2), 10));
	EXPECT_EQ(MYTCP_REFUSE, ARRIVES(A, PEER(RIG_SIZE), US(2), 10));
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(F | A, PEER(-5), US(2), 0));
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(F | A, PEER(0), US(2), 0));
}

TEST_F(finwait, the_window_counts_as_its_scale_says)
{
	rig.tcb.rcv_wscale = 4;
	rig.size = 640000;
	rig.offer.has = MYTCP_OPT_WSCALE;
	shrink();
	EXPECT_EQ(4, (int)rig.tw.rcv_wscale);
	EXPECT_EQ(MYTCP_REFUSE, ARRIVES(A, PEER(600000), US(2), 10));
}

TEST_F(finwait, RFC5961_the_exact_reset_ends_it_and_no_other)
{
	shrink();
	EXPECT_EQ(MYTCP_RESET, ARRIVES(R, PEER(1), 0, 0));
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(R, PEER(2), 0, 0));
	EXPECT_REPLY(A, US(2), PEER(1));
	EXPECT_DROP(MYTCP_COUNT_TIME_WAIT_RESET_IGNORED, ARRIVES(R, PEER(0), 0, 0));
	EXPECT_DROP(MYTCP_COUNT_TIME_WAIT_RESET_IGNORED, ARRIVES(R, PEER(1 + RIG_SIZE), 0, 0));
}

TEST_F(finwait, RFC5961_a_syn_is_challenged)
{
	shrink();
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(S, PEER(1), 0, 0));
	EXPECT_REPLY(A, US(2), PEER(1));
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(S, PEER(100000), 0, 0));
}

TEST_F(finwait, RFC5961_an_acknowledgment_of_other_than_the_fin_changes_nothing)
{
	shrink();
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(F | A, PEER(1), US(3), 0));
	EXPECT_REPLY(A, US(2), PEER(1));
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(F | A, PEER(1), US(1), 0));
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(A, PEER(1), US(1), 10));
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(A, PEER(1), US(3), 0));
}

static void shrink_with_timestamps(void)
{
	rig.offer.has = MYTCP_OPT_TS;
	rig.tsval = 1000;
	shrink();
}

TEST_F(finwait, RFC7323_an_old_duplicate_is_no_fin)
{
	shrink_with_timestamps();
	rig.tsval = 999;
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(F | A, PEER(1), US(2), 0));
	EXPECT_EQ(MYTCP_OPT_TS, self->reply.opt.has);
	EXPECT_EQ(1000, self->reply.opt.tsecr);
	rig.tsval = 1000;
	EXPECT_EQ(MYTCP_FINISH, ARRIVES(F | A, PEER(1), US(2), 0));
}

TEST_F(finwait, RFC7323_without_its_timestamp_nothing_but_a_reset_counts)
{
	struct mytcp_segment seg = {
		.seq = PEER(1), .ack = US(2), .flags = F | A,
	};

	shrink_with_timestamps();
	EXPECT_DROP(MYTCP_COUNT_RX_NO_TIMESTAMP,
		    mytcp_timewait_input(&rig.tw, &rig.cfg, &seg, &self->reply, &self->why));
	seg.flags = R;
	EXPECT_EQ(MYTCP_RESET, mytcp_timewait_input(&rig.tw, &rig.cfg, &seg,
						    &self->reply, &self->why));
}

TEST_F(finwait, RFC7323_the_timestamp_of_the_fin_is_the_one_to_echo)
{
	struct mytcp_segment fin = { .flags = F | A, .opt.tsval = 1234 };

	shrink_with_timestamps();
	mytcp_timewait_begin(&rig.tw, &fin);
	EXPECT_EQ(1234, rig.tw.ts_recent);
}

TEST_F(finwait, C9_no_connection_takes_its_place)
{
	shrink_with_timestamps();
	EXPECT_FALSE(mytcp_timewait_may_follow(&rig.tw, &rig.cfg));
}

TEST_F(finwait, C14_who_ends_it_tells_the_peer)
{
	shrink_with_timestamps();
	mytcp_timewait_reset(&rig.tw, &self->reply);
	EXPECT_REPLY(R | A, US(2), PEER(1));
	EXPECT_EQ(MYTCP_OPT_TS, self->reply.opt.has);
	EXPECT_EQ(rig.tw.ts_recent, self->reply.opt.tsecr);
}

TEST_F(finwait, C6_the_sockets_own_linger_goes_before_the_systems)
{
	rig.cfg.fin_timeout = 7000;
	shrink();
	EXPECT_EQ(7000, mytcp_timewait_life(&rig.tw, &rig.cfg));

	rig_init();
	rig.tcb.patience.linger2 = 5;
	shrink();
	EXPECT_EQ(5000, mytcp_timewait_life(&rig.tw, &rig.cfg));
}

TEST_F(finwait, C6_its_time_wait_lasts_as_long_as_any)
{
	struct mytcp_segment fin = { .flags = F | A };

	rig.tcb.patience.linger2 = 5;
	shrink();
	mytcp_timewait_begin(&rig.tw, &fin);
	EXPECT_EQ(2 * rig.cfg.msl, mytcp_timewait_life(&rig.tw, &rig.cfg));
}

TEST_F(finwait, C6_what_came_of_a_cookie_keeps_it_out_once_it_is_over)
{
	rig_fin_wait2();
	rig.tcb.of_cookie = true;
	mytcp_detach(&rig.tcb);
	EXPECT_STATE(CLOSED);
	EXPECT_TRUE(!!rig.tw.of_cookie);
	EXPECT_DROP(MYTCP_COUNTS, ARRIVES(A, PEER(1), US(1), 0));

	mytcp_timewait_over(&rig.tw);
	EXPECT_EQ(2 * rig.cfg.msl, mytcp_timewait_life(&rig.tw, &rig.cfg));
	EXPECT_EQ(MYTCP_REPLY, ARRIVES(A, PEER(1), US(1), 10));
	EXPECT_REPLY(R, US(1), 0);
	EXPECT_EQ(MYTCP_OPEN, ARRIVES(S, PEER(-1000), 0, 0));
}

TEST_HARNESS_MAIN

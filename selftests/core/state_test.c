// SPDX-License-Identifier: GPL-2.0
/* States: their names, and which may follow which. */
#include <kselftest_harness.h>

#include "rig.h"

struct change {
	enum mytcp_state from;
	enum mytcp_state to;
};

/* Arrow by arrow from figure 5 of RFC 9293 and the calls of section 3.10. */
static const struct change arrows[] = {
	{ MYTCP_CLOSED, MYTCP_LISTEN },		/* passive open */
	{ MYTCP_CLOSED, MYTCP_SYN_SENT },	/* active open */
	{ MYTCP_LISTEN, MYTCP_SYN_RECV },	/* SYN */
	{ MYTCP_LISTEN, MYTCP_CLOSED },		/* close */
	{ MYTCP_SYN_SENT, MYTCP_SYN_RECV },	/* SYN */
	{ MYTCP_SYN_SENT, MYTCP_ESTABLISHED },	/* SYN+ACK */
	{ MYTCP_SYN_SENT, MYTCP_CLOSED },	/* close */
	{ MYTCP_SYN_RECV, MYTCP_ESTABLISHED },	/* ACK of SYN */
	{ MYTCP_ESTABLISHED, MYTCP_FIN_WAIT1 },	/* close */
	{ MYTCP_ESTABLISHED, MYTCP_CLOSE_WAIT },	/* FIN */
	{ MYTCP_FIN_WAIT1, MYTCP_FIN_WAIT2 },	/* ACK of FIN */
	{ MYTCP_FIN_WAIT1, MYTCP_CLOSING },	/* FIN */
	{ MYTCP_FIN_WAIT2, MYTCP_TIME_WAIT },	/* FIN */
	{ MYTCP_CLOSING, MYTCP_TIME_WAIT },	/* ACK of FIN */
	{ MYTCP_TIME_WAIT, MYTCP_CLOSED },	/* 2 MSL */
	{ MYTCP_CLOSE_WAIT, MYTCP_LAST_ACK },	/* close */
	{ MYTCP_LAST_ACK, MYTCP_CLOSED },	/* ACK of FIN */
	/* reset, abort and time-out */
	{ MYTCP_SYN_RECV, MYTCP_CLOSED },
	{ MYTCP_ESTABLISHED, MYTCP_CLOSED },
	{ MYTCP_FIN_WAIT1, MYTCP_CLOSED },
	{ MYTCP_FIN_WAIT2, MYTCP_CLOSED },
	{ MYTCP_CLOSING, MYTCP_CLOSED },
	{ MYTCP_CLOSE_WAIT, MYTCP_CLOSED },
};

TEST(exactly_the_arrows_of_the_rfc_are_legal)
{
	unsigned int from, to, i;

	for (from = 1; from < MYTCP_STATES; from++) {
		for (to = 1; to < MYTCP_STATES; to++) {
			bool arrow = false;

			for (i = 0; i < ARRAY_SIZE(arrows); i++)
				if (arrows[i].from == from &&
				    arrows[i].to == to)
					arrow = true;
			EXPECT_EQ(arrow, mytcp_state_legal(from, to))
				TH_LOG("%s -> %s", mytcp_state_name(from),
				       mytcp_state_name(to));
		}
	}
}

TEST(what_is_no_state_is_never_legal)
{
	unsigned int state;

	for (state = 0; state <= MYTCP_STATES; state++) {
		EXPECT_FALSE(mytcp_state_legal(0, state));
		EXPECT_FALSE(mytcp_state_legal(state, 0));
		EXPECT_FALSE(mytcp_state_legal(MYTCP_STATES, state));
		EXPECT_FALSE(mytcp_state_legal(state, MYTCP_STATES));
	}
}

TEST(O4_names_are_those_of_netstat)
{
	EXPECT_STREQ("ESTABLISHED", mytcp_state_name(MYTCP_ESTABLISHED));
	EXPECT_STREQ("SYN_SENT", mytcp_state_name(MYTCP_SYN_SENT));
	EXPECT_STREQ("SYN_RECV", mytcp_state_name(MYTCP_SYN_RECV));
	EXPECT_STREQ("FIN_WAIT1", mytcp_state_name(MYTCP_FIN_WAIT1));
	EXPECT_STREQ("FIN_WAIT2", mytcp_state_name(MYTCP_FIN_WAIT2));
	EXPECT_STREQ("TIME_WAIT", mytcp_state_name(MYTCP_TIME_WAIT));
	EXPECT_STREQ("CLOSE", mytcp_state_name(MYTCP_CLOSED));
	EXPECT_STREQ("CLOSE_WAIT", mytcp_state_name(MYTCP_CLOSE_WAIT));
	EXPECT_STREQ("LAST_ACK", mytcp_state_name(MYTCP_LAST_ACK));
	EXPECT_STREQ("LISTEN", mytcp_state_name(MYTCP_LISTEN));
	EXPECT_STREQ("CLOSING", mytcp_state_name(MYTCP_CLOSING));
	EXPECT_STREQ("?", mytcp_state_name(0));
	EXPECT_STREQ("?", mytcp_state_name(MYTCP_STATES));
}

TEST(an_illegal_change_is_counted_and_a_legal_one_is_not)
{
	rig_init();
	mytcp_state_set(&rig.tcb, MYTCP_SYN_SENT);
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_ILLEGAL_STATE_CHANGES]);
	mytcp_state_set(&rig.tcb, MYTCP_LAST_ACK);
	EXPECT_EQ(1, rig.counts[MYTCP_COUNT_ILLEGAL_STATE_CHANGES]);
	EXPECT_STATE(LAST_ACK);
}

static const u8 with_connection[] = {
	MYTCP_SYN_SENT, MYTCP_SYN_RECV, MYTCP_ESTABLISHED, MYTCP_FIN_WAIT1,
	MYTCP_FIN_WAIT2, MYTCP_CLOSE_WAIT, MYTCP_CLOSING, MYTCP_LAST_ACK,
};

TEST(closing_stops_every_timer_frees_every_range_and_tells_why)
{
	unsigned int i, timer;

	for (i = 0; i < ARRAY_SIZE(with_connection); i++) {
		rig_in(with_connection[i]);
		if (mytcp_tcb_can_send(&rig.tcb))
			rig_write(5000);
		if (mytcp_tcb_can_receive(&rig.tcb))
			rig_input(A, PEER(100), rig.tcb.snd_nxt, 10);
		mytcp_state_close(&rig.tcb, ECONNRESET);

		EXPECT_STATE(CLOSED);
		EXPECT_EQ(ECONNRESET, rig.tcb.err);
		EXPECT_EQ(0, rig.ranges);
		for (timer = 0; timer < MYTCP_TIMERS; timer++)
			EXPECT_EQ(0, rig.tcb.deadline[timer]);
	}
}

TEST(MUST_12_the_first_reason_to_end_is_the_one_the_user_gets)
{
	rig_in(MYTCP_ESTABLISHED);
	mytcp_abort(&rig.tcb, ECONNABORTED);
	mytcp_abort(&rig.tcb, ETIMEDOUT);
	EXPECT_EQ(ECONNABORTED, rig.tcb.err);
}

TEST(C12_an_abort_sends_a_reset_where_the_rfc_has_one)
{
	static const u16 reset = 1 << MYTCP_SYN_RECV |
		1 << MYTCP_ESTABLISHED | 1 << MYTCP_FIN_WAIT1 |
		1 << MYTCP_FIN_WAIT2 | 1 << MYTCP_CLOSE_WAIT;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(with_connection); i++) {
		u8 state = with_connection[i];
		u32 nxt, rcv;

		rig_in(state);
		nxt = rig.tcb.snd_nxt;
		rcv = rig.tcb.rcv_nxt;
		mytcp_abort(&rig.tcb, ECONNABORTED);
		EXPECT_STATE(CLOSED);
		EXPECT_EQ(ECONNABORTED, rig.tcb.err) TH_LOG("state %d", state);
		if (reset & 1 << state)
			EXPECT_SENT(R | A, nxt, rcv, 0);
		EXPECT_SILENCE();
	}
}

TEST_HARNESS_MAIN

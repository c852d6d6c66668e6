// SPDX-License-Identifier: GPL-2.0
/* TIME_WAIT without a connection: what it answers, and what it lets pass. */
#include <kselftest_harness.h>

#include "rig.h"
#include "seq.h"

#define SND	1000U		/* our next number, behind our FIN */
#define RCV	8000U		/* the peer's, behind its FIN */
#define WND	3000
#define TSVAL	7000

FIXTURE(timewait)
{
	struct mytcp_timewait tw;
	struct mytcp_segment reply;
	enum mytcp_count why;
};

FIXTURE_SETUP(timewait)
{
	struct mytcp_tcb tcb = {
		.snd_nxt = SND, .rcv_nxt = RCV, .rcv_adv = RCV + WND,
	};

	rig_init();
	mytcp_timewait_init(&self->tw, &tcb);
	memset(&self->reply, 0xa5, sizeof(self->reply));
}

FIXTURE_TEARDOWN(timewait)
{
	rig_done();
}

static enum mytcp_verdict input(struct mytcp_timewait *tw, u8 flags, u32 seq,
				u32 ack, u32 len, struct mytcp_segment *reply,
				enum mytcp_count *why)
{
	struct mytcp_segment seg = {
		.seq = seq, .ack = ack, .len = len, .wnd = 100, .flags = flags,
	};

	return mytcp_timewait_input(tw, &rig.cfg, &seg, reply, why);
}

#define INPUT(flags, seq, ack, len)					\
	input(&self->tw, flags, seq, ack, len, &self->reply, &self->why)

#define EXPECT_ACK()							\
do {									\
	EXPECT_EQ(A, self->reply.flags);				\
	EXPECT_EQ(SND, self->reply.seq);				\
	EXPECT_EQ(RCV, self->reply.ack);				\
	EXPECT_EQ(WND, self->reply.wnd);				\
	EXPECT_EQ(0, self->reply.len);					\
	EXPECT_EQ(0, self->reply.opt.has);				\
} while (0)

TEST_F(timewait, the_entry_offers_the_window_as_its_scale_says_it)
{
	struct mytcp_tcb tcb = {
		.rcv_nxt = RCV, .rcv_adv = RCV + (U16_MAX << 3),
		.rcv_wscale = 3,
	};

	mytcp_timewait_init(&self->tw, &tcb);
	EXPECT_EQ(U16_MAX, self->tw.rcv_wnd);
}

TEST_F(timewait, C7_a_repeated_fin_is_acknowledged_and_restarts_the_wait)
{
	EXPECT_EQ(MYTCP_RESTART, INPUT(F | A, RCV - 1, SND, 0));
	EXPECT_ACK();
	EXPECT_EQ(MYTCP_RESTART, INPUT(F | A, RCV - 101, SND, 100));
	EXPECT_ACK();
}

TEST_F(timewait, a_fin_with_another_number_does_not_restart_the_wait)
{
	EXPECT_EQ(MYTCP_REPLY, INPUT(F | A, RCV - 2, SND, 0));
	EXPECT_EQ(MYTCP_REPLY, INPUT(F | A, RCV, SND, 0));
	EXPECT_EQ(MYTCP_REPLY, INPUT(F | A, RCV + 50, SND, 0));
}

TEST_F(timewait, RFC1337_no_reset_ends_the_wait)
{
	EXPECT_DROP(MYTCP_COUNT_TIME_WAIT_RESET_IGNORED, INPUT(R, RCV, 0, 0));
	EXPECT_DROP(MYTCP_COUNT_TIME_WAIT_RESET_IGNORED, INPUT(R | A, RCV, SND, 0));
	EXPECT_DROP(MYTCP_COUNT_TIME_WAIT_RESET_IGNORED, INPUT(R, RCV + 1, 0, 0));
}

TEST_F(timewait, an_old_segment_is_acknowledged_and_restarts_nothing)
{
	EXPECT_EQ(MYTCP_REPLY, INPUT(A, RCV - 500, SND, 100));
	EXPECT_ACK();
	EXPECT_EQ(MYTCP_REPLY, INPUT(A, RCV - 1, SND - 1, 0));
	EXPECT_ACK();
	EXPECT_EQ(MYTCP_REPLY, INPUT(A, RCV - 100, SND, 100));
	EXPECT_ACK();
	EXPECT_EQ(MYTCP_REPLY, INPUT(A, RCV, SND, 100));
	EXPECT_ACK();
}

TEST_F(timewait, an_ack_of_nothing_new_is_not_answered_with_another)
{
	EXPECT_DROP(MYTCP_COUNTS, INPUT(A, RCV, SND, 0));
	EXPECT_DROP(MYTCP_COUNTS, INPUT(A, RCV, SND - 10, 0));
}

TEST_F(timewait, MAY_2_a_syn_beyond_the_old_connection_opens_a_new_one)
{
	EXPECT_EQ(MYTCP_OPEN, INPUT(S, RCV + 1, 0, 0));
	EXPECT_EQ(MYTCP_OPEN, INPUT(S, RCV + 0x7fffffff, 0, 0));
}

TEST_F(timewait, an_old_syn_is_acknowledged_and_opens_nothing)
{
	EXPECT_EQ(MYTCP_REPLY, INPUT(S, RCV, 0, 0));
	EXPECT_ACK();
	EXPECT_EQ(MYTCP_REPLY, INPUT(S, RCV - 1000, 0, 0));
	EXPECT_ACK();
	EXPECT_EQ(MYTCP_REPLY, INPUT(S | A, RCV + 1, SND, 0));
	EXPECT_ACK();
}

TEST_F(timewait, the_next_initial_number_lies_above_all_the_old_one_sent)
{
	static const u32 iss[] = {
		0, SND - 1, SND, SND + 1, SND + U16_MAX, 0x80000000 + SND,
		0xfffffff0,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(iss); i++)
		EXPECT_TRUE(seq_gt(mytcp_timewait_iss(&self->tw, iss[i]),
				   SND + U16_MAX))
			TH_LOG("proposed %u", iss[i]);
}

TEST_F(timewait, a_proposed_number_that_is_high_enough_is_taken)
{
	EXPECT_EQ(SND + 500000, mytcp_timewait_iss(&self->tw, SND + 500000));
}

/* RFC 6191 section 2: what opens, by the timestamps of old, new and sequence. */
TEST_F(timewait, RFC6191_a_syn_opens_by_its_timestamp_or_its_number)
{
	enum { NONE, LOWER, SAME, HIGHER };
	static const struct {
		bool had;
		u8 stamp;
		bool beyond;
		bool opens;
	} rows[] = {
		{ true, HIGHER, false, true },	{ true, HIGHER, true, true },
		{ true, SAME, false, false },	{ true, SAME, true, true },
		{ true, LOWER, false, false },	{ true, LOWER, true, false },
		{ true, NONE, false, false },	{ true, NONE, true, true },
		{ false, HIGHER, false, true },	{ false, LOWER, false, true },
		{ false, NONE, false, false },	{ false, NONE, true, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mytcp_segment syn = {
			.seq = rows[i].beyond ? RCV + 1 : RCV - 1000,
			.flags = S,
			.opt = {
				.has = rows[i].stamp ? MYTCP_OPT_TS : 0,
				.tsval = TSVAL + rows[i].stamp - SAME,
			},
		};

		self->tw.timestamps = rows[i].had;
		self->tw.ts_recent = TSVAL;
		EXPECT_EQ(rows[i].opens ? MYTCP_OPEN : MYTCP_REPLY,
			  mytcp_timewait_input(&self->tw, &rig.cfg, &syn,
					       &self->reply, &self->why))
			TH_LOG("row %u", i);
	}
}

TEST_F(timewait, RFC6191_a_timestamp_rises_beyond_0)
{
	struct mytcp_segment syn = {
		.seq = RCV - 1000, .flags = S,
		.opt = { .has = MYTCP_OPT_TS, .tsval = 5 },
	};

	self->tw.timestamps = true;
	self->tw.ts_recent = -5;
	EXPECT_EQ(MYTCP_OPEN, mytcp_timewait_input(&self->tw, &rig.cfg, &syn,
						   &self->reply, &self->why));
	self->tw.ts_recent = 5;
	syn.opt.tsval = -5;
	EXPECT_EQ(MYTCP_REPLY, mytcp_timewait_input(&self->tw, &rig.cfg, &syn,
						    &self->reply, &self->why));
}

/* The new connection would not have them: the number alone counts. */
TEST_F(timewait, RFC6191_a_timestamp_says_nothing_where_they_are_switched_off)
{
	struct mytcp_segment syn = {
		.seq = RCV - 1000, .flags = S,
		.opt = { .has = MYTCP_OPT_TS, .tsval = TSVAL + 1 },
	};

	rig.cfg.timestamps = 0;
	self->tw.timestamps = true;
	self->tw.ts_recent = TSVAL;
	EXPECT_EQ(MYTCP_REPLY, mytcp_timewait_input(&self->tw, &rig.cfg, &syn,
						    &self->reply, &self->why));
}

TEST_F(timewait, its_acknowledgement_has_the_timestamp_agreed_on)
{
	struct mytcp_tcb tcb = {
		.rcv_nxt = RCV, .rcv_adv = RCV, .has = MYTCP_OPT_TS,
		.ts_offset = 5000, .ts_recent = TSVAL,
	};
	struct mytcp_segment fin = {
		.seq = RCV - 1, .flags = F | A,
		.opt = { .has = MYTCP_OPT_TS, .tsval = TSVAL },
	};

	mytcp_timewait_init(&self->tw, &tcb);
	rig.now = 3 * SEC;
	EXPECT_EQ(MYTCP_RESTART, mytcp_timewait_input(&self->tw, &rig.cfg, &fin,
						      &self->reply, &self->why));
	EXPECT_EQ(MYTCP_OPT_TS, self->reply.opt.has);
	EXPECT_EQ(8000, self->reply.opt.tsval);
	EXPECT_EQ(TSVAL, self->reply.opt.tsecr);
}

TEST_F(timewait, an_old_duplicate_of_the_fin_does_not_restart_the_wait)
{
	struct mytcp_segment fin = {
		.seq = RCV - 1, .flags = F | A,
		.opt = { .has = MYTCP_OPT_TS, .tsval = TSVAL - 1 },
	};

	self->tw.timestamps = true;
	self->tw.ts_recent = TSVAL;
	EXPECT_EQ(MYTCP_REPLY, mytcp_timewait_input(&self->tw, &rig.cfg, &fin,
						    &self->reply, &self->why));
	fin.opt.has = 0;
	EXPECT_DROP(MYTCP_COUNT_RX_NO_TIMESTAMP,
		    mytcp_timewait_input(&self->tw, &rig.cfg, &fin, &self->reply, &self->why));
}

/* What came of a cookie, and ended as the side that does not wait. */
TEST_F(timewait, where_there_is_no_wait_a_syn_opens_and_all_else_is_reset)
{
	static const u8 flags[] = { A, F | A, P | A, S | A };
	struct mytcp_tcb tcb = { .snd_nxt = SND, .rcv_nxt = RCV };
	unsigned int i;

	mytcp_state_born(&tcb, MYTCP_CLOSED);
	mytcp_timewait_init(&self->tw, &tcb);
	EXPECT_EQ(MYTCP_OPEN, INPUT(S, RCV - 1000, 0, 0));
	EXPECT_EQ(MYTCP_OPEN, INPUT(S, RCV + 1, 0, 0));
	EXPECT_DROP(MYTCP_COUNT_TIME_WAIT_RESET_IGNORED, INPUT(R, RCV, 0, 0));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(MYTCP_REPLY, INPUT(flags[i], RCV - 1, SND, 0));
		EXPECT_EQ(R, self->reply.flags);
		EXPECT_EQ(SND, self->reply.seq);
	}
	EXPECT_TRUE(seq_gt(mytcp_timewait_iss(&self->tw, SND), SND));
}

TEST_F(timewait, a_syn_that_nobody_listens_for_is_acknowledged_or_reset)
{
	struct mytcp_segment syn = { .seq = RCV + 1, .flags = S };

	EXPECT_TRUE(mytcp_timewait_refuse(&self->tw, &syn, &self->reply));
	EXPECT_ACK();
	self->tw.over = true;
	EXPECT_TRUE(mytcp_timewait_refuse(&self->tw, &syn, &self->reply));
	EXPECT_EQ(R | A, self->reply.flags);
	EXPECT_EQ(RCV + 2, self->reply.ack);
}

TEST_F(timewait, an_active_open_may_follow_where_both_have_timestamps)
{
	EXPECT_FALSE(mytcp_timewait_may_follow(&self->tw, &rig.cfg));
	self->tw.timestamps = true;
	EXPECT_TRUE(mytcp_timewait_may_follow(&self->tw, &rig.cfg));
	rig.cfg.timestamps = 0;
	EXPECT_FALSE(mytcp_timewait_may_follow(&self->tw, &rig.cfg));
}

/* Though the clock on the wall was set back, or round the circle. */
TEST_F(timewait, the_next_timestamps_lie_above_all_the_old_connection_sent)
{
	static const u32 offsets[] = {
		0, 4999, 5000, 5001, 0x7fffffff, 0x80000000 + 5000, 0xffffffff,
	};
	unsigned int i;
	u32 next;

	self->tw.timestamps = true;
	self->tw.ts_offset = 5000;
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		next = mytcp_timewait_ts_offset(&self->tw, offsets[i]);
		EXPECT_TRUE(seq_geq(next, 5000)) TH_LOG("%u", offsets[i]);
		if (seq_gt(offsets[i], 5000))
			EXPECT_EQ(offsets[i], next);
	}
	self->tw.timestamps = false;
	EXPECT_EQ(17, mytcp_timewait_ts_offset(&self->tw, 17));
}

TEST_HARNESS_MAIN

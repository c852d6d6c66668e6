// SPDX-License-Identifier: GPL-2.0
/* A client that keeps a cookie for its server, and how both get rid of it. */
#include <kselftest_harness.h>

#include "rig.h"
#include "seq.h"

FIXTURE(echo)
{
	struct mytcp_segment synack;
};

/* A server's SYN+ACK with a cookie is on its way to us. */
FIXTURE_SETUP(echo)
{
	unsigned int i;

	self->synack = (struct mytcp_segment){
		.seq = PEER(0), .ack = US(1), .wnd = RIG_WND, .flags = S | A,
		.opt = { .mss = RIG_MSS, .has = MYTCP_OPT_COOKIE },
	};
	for (i = 0; i < MYTCP_COOKIE_LEN; i++)
		self->synack.opt.cookie[i] = 0x40 + i;
	rig_init();
}

FIXTURE_TEARDOWN(echo)
{
	rig_done();
}

static bool brings(const struct mytcp_segment *seg,
		   const struct mytcp_segment *synack)
{
	return seg && seg->opt.has & MYTCP_OPT_COOKIE &&
	       !memcmp(seg->opt.cookie, synack->opt.cookie, MYTCP_COOKIE_LEN);
}

static bool plain(const struct mytcp_segment *seg)
{
	return seg && !(seg->opt.has & MYTCP_OPT_COOKIE);
}

/* Connected for us, while the server has but its cookie; in 100 ms. */
static void keep(const struct mytcp_segment *synack)
{
	rig_syn_sent();
	rig.now += 100 * MS;
	rig_segment(synack);
	rig_forget();
}

#define EXPECT_BROUGHT(_flags, _seq, _ack, _len)			\
do {									\
	EXPECT_SENT(_flags, _seq, _ack, _len);				\
	EXPECT_TRUE(brings(&rig.sent[rig.sent_seen - 1],		\
			   &self->synack));				\
} while (0)

#define EXPECT_PLAIN(_flags, _seq, _ack, _len)				\
do {									\
	EXPECT_SENT(_flags, _seq, _ack, _len);				\
	EXPECT_TRUE(plain(&rig.sent[rig.sent_seen - 1]));		\
} while (0)

TEST_F(echo, our_syn_has_an_empty_cookie_each_time_it_is_sent)
{
	static const u8 empty[MYTCP_COOKIE_LEN];
	const struct mytcp_segment *syn;
	unsigned int i;

	mytcp_open_active(&rig.tcb, RIG_ISS);
	rig_fire();
	rig_fire();
	for (i = 0; i < 3; i++) {
		syn = rig_next();
		ASSERT_NE(NULL, syn);
		EXPECT_EQ(S, syn->flags);
		EXPECT_TRUE(syn->opt.has & MYTCP_OPT_COOKIE);
		EXPECT_EQ(0, memcmp(empty, syn->opt.cookie, sizeof(empty)));
	}
}

TEST_F(echo, our_syn_has_none_if_that_is_switched_off)
{
	rig.cfg.cookie_option = 0;
	mytcp_open_active(&rig.tcb, RIG_ISS);
	EXPECT_TRUE(plain(rig_next()));
}

TEST_F(echo, a_server_that_remembers_us_gets_nothing_back)
{
	self->synack.opt.has = 0;
	keep(&self->synack);
	rig_write(10);
	EXPECT_PLAIN(P | A, US(1), PEER(1), 10);
}

TEST_F(echo, a_cookie_that_was_not_asked_for_is_not_brought_back)
{
	rig.cfg.cookie_option = 0;
	keep(&self->synack);
	rig_write(10);
	EXPECT_PLAIN(P | A, US(1), PEER(1), 10);
	EXPECT_EQ(0, rig.tcb.has & MYTCP_OPT_COOKIE);
}

TEST_F(echo, a_syn_that_crosses_ours_brings_no_cookie)
{
	self->synack.flags = S;
	rig_syn_sent();
	rig_segment(&self->synack);
	EXPECT_STATE(SYN_RECV);
	EXPECT_PLAIN(S | A, US(0), PEER(1), 0);

	self->synack.flags = S | A;
	rig_segment(&self->synack);
	EXPECT_STATE(ESTABLISHED);
	rig_forget();
	rig_write(10);
	EXPECT_PLAIN(P | A, US(1), PEER(1), 10);
}

TEST_F(echo, every_segment_brings_the_cookie_until_the_server_confirms)
{
	rig_syn_sent();
	rig_segment(&self->synack);
	EXPECT_BROUGHT(A, US(1), PEER(1), 0);
	rig_write(10);
	EXPECT_BROUGHT(P | A, US(1), PEER(1), 10);
	rig_write(10);
	EXPECT_BROUGHT(P | A, US(11), PEER(1), 10);
	mytcp_shutdown(&rig.tcb);
	EXPECT_BROUGHT(F | A, US(21), PEER(1), 0);

	rig_input(A, PEER(1), US(11), 0);
	rig_fire();
	EXPECT_PLAIN(F | P | A, US(11), PEER(1), 10);
}

TEST_F(echo, data_and_fin_need_not_wait_for_the_server)
{
	rig_syn_sent();
	rig_segment(&self->synack);
	rig_forget();
	mytcp_send_queue(&rig.tcb, rig_range(), 7);
	rig_close();
	EXPECT_BROUGHT(F | P | A, US(1), PEER(1), 7);
	EXPECT_STATE(FIN_WAIT1);
}

/* What of the server's tells that it has made a connection. */
static const struct {
	u8 flags;
	s16 seq;
	s16 ack;
	u16 len;
	bool confirms;
} heard[] = {
	{ A, 1, 1, 0, true },
	{ P | A, 1, 1, 20, true },
	{ A, 100, 1, 20, true },	/* out of order */
	{ F | A, 1, 1, 0, true },
	{ A, 1, 11, 0, true },
	{ S | A, 0, 1, 0, false },	/* the SYN+ACK again */
	{ A, 0, 1, 0, false },		/* outside the window */
	{ A, -1000, 1, 10, false },
	{ A, 1, 12, 0, false },		/* of what was not sent */
	{ R, 2, 0, 0, false },		/* not exact */
};

TEST_F(echo, whatever_the_server_sends_confirms_if_it_is_acceptable)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(heard); i++) {
		rig_init();
		keep(&self->synack);
		rig_write(10);
		rig_input(heard[i].flags, PEER(heard[i].seq),
			  US(heard[i].ack), heard[i].len);
		rig_forget();
		rig_write(10);
		EXPECT_EQ(heard[i].confirms, plain(rig_next()))
			TH_LOG("segment %u of the list", i);
		rig_done();
	}
	rig_init();
}

TEST_F(echo, the_third_ack_is_repeated_with_back_off_until_it_is_confirmed)
{
	u64 first, passed;

	keep(&self->synack);
	first = rig.tcb.rtt.rto_us;
	passed = rig_fire();
	EXPECT_EQ(first, passed);
	EXPECT_BROUGHT(A, US(1), PEER(1), 0);
	passed = rig_fire();
	EXPECT_EQ(2 * first, passed);
	EXPECT_BROUGHT(A, US(1), PEER(1), 0);
	passed = rig_fire();
	EXPECT_EQ(4 * first, passed);
	EXPECT_BROUGHT(A, US(1), PEER(1), 0);
	EXPECT_EQ(3, rig.counts[MYTCP_COUNT_COOKIE_REPEATS]);

	rig_input(A, PEER(1), US(1), 0);
	EXPECT_EQ(0, rig_fire());
	EXPECT_SILENCE();

	/* The path was not found to be slow. */
	rig_write(10);
	passed = rig_fire();
	EXPECT_EQ(first, passed);
}

TEST_F(echo, a_server_that_speaks_first_is_heard_after_a_lost_third_ack)
{
	keep(&self->synack);
	rig_fire();
	EXPECT_BROUGHT(A, US(1), PEER(1), 0);
	rig_input(P | A, PEER(1), US(1), 100);
	EXPECT_EQ(100, rig.unread);
	rig_wait(SEC);
	EXPECT_PLAIN(A, US(1), PEER(101), 0);
	EXPECT_SILENCE();
}

TEST_F(echo, data_is_repeated_in_place_of_the_third_ack)
{
	keep(&self->synack);
	rig_write(10);
	EXPECT_BROUGHT(P | A, US(1), PEER(1), 10);
	rig_fire();
	EXPECT_BROUGHT(P | A, US(1), PEER(1), 10);
	EXPECT_SILENCE();
	EXPECT_EQ(0, rig.counts[MYTCP_COUNT_COOKIE_REPEATS]);
}

TEST_F(echo, a_server_that_never_confirms_is_given_up)
{
	unsigned int repeats = 0;

	rig.cfg.retries2 = 6;
	keep(&self->synack);
	while (rig_fire())
		repeats += brings(rig_next(), &self->synack);
	EXPECT_EQ(6, repeats);
	EXPECT_STATE(CLOSED);
	EXPECT_EQ(ETIMEDOUT, rig.tcb.err);
}

TEST_F(echo, what_was_repeated_before_is_not_held_against_data)
{
	unsigned int i, sent = 0;

	rig.cfg.retries2 = 6;
	keep(&self->synack);
	for (i = 0; i < 5; i++)
		rig_fire();
	rig_input(A, PEER(1), US(1), 0);
	rig_forget();
	rig_write(10);
	while (rig_fire())
		;
	while (rig_next())
		sent++;
	EXPECT_EQ(7, sent);
}

TEST_F(echo, a_full_segment_leaves_room_for_the_cookie)
{
	keep(&self->synack);
	rig_write(RIG_MSS - MYTCP_COOKIE_ROOM + 1);
	EXPECT_BROUGHT(A, US(1), PEER(1), RIG_MSS - MYTCP_COOKIE_ROOM);
	rig_input(A, PEER(1), US(RIG_MSS - MYTCP_COOKIE_ROOM + 2), 0);
	rig_forget();
	rig_write(RIG_MSS + 1);
	EXPECT_PLAIN(A, rig.tcb.snd_una, PEER(1), RIG_MSS);
}

/* One outside the window, as a probe is, would not find a connection. */
TEST_F(echo, the_cookie_goes_in_place_of_a_window_probe)
{
	self->synack.wnd = 0;
	keep(&self->synack);
	rig_write(10);
	EXPECT_SILENCE();
	rig_fire();
	EXPECT_BROUGHT(A, US(1), PEER(1), 0);
	rig_input(A, PEER(1), US(1), 0);
	EXPECT_PLAIN(P | A, US(1), PEER(1), 10);
}

TEST_F(echo, the_cookie_is_repeated_where_no_window_was_offered_too)
{
	self->synack.wnd = 0;
	keep(&self->synack);
	rig_fire();
	EXPECT_BROUGHT(A, US(1), PEER(1), 0);
}

TEST_F(echo, a_reset_brings_no_cookie)
{
	keep(&self->synack);
	mytcp_abort(&rig.tcb, 0);
	EXPECT_PLAIN(R | A, US(1), PEER(1), 0);
}

static void cookie_from_peer(u8 flags, u32 seq, u32 len)
{
	struct mytcp_segment seg = {
		.seq = seq, .ack = US(1), .wnd = RIG_WND, .len = len,
		.flags = flags, .opt.has = MYTCP_OPT_COOKIE,
	};

	rig_segment(&seg);
}

TEST_F(echo, a_server_acknowledges_at_once_whatever_brings_a_cookie)
{
	rig_established();
	cookie_from_peer(A, PEER(1), 0);
	EXPECT_PLAIN(A, US(1), PEER(1), 0);
	cookie_from_peer(P | A, PEER(1), 10);
	EXPECT_PLAIN(A, US(1), PEER(11), 0);
	EXPECT_SILENCE();
	rig_input(P | A, PEER(11), US(1), 10);
	EXPECT_SILENCE();	/* this one may wait for company */
}

TEST_F(echo, a_connection_made_of_a_cookie_acknowledges_at_once)
{
	rig_syn_recv_passive();
	cookie_from_peer(A, PEER(1), 0);
	EXPECT_STATE(ESTABLISHED);
	EXPECT_PLAIN(A, US(1), PEER(1), 0);
	rig_write(10);
	EXPECT_PLAIN(P | A, US(1), PEER(1), 10);
}

TEST_F(echo, a_segment_that_is_not_acceptable_draws_no_more_with_a_cookie)
{
	unsigned int i, answers = 0;

	rig_established();
	for (i = 0; i < 100; i++)
		cookie_from_peer(A, PEER(30000), 0);
	while (rig_next())
		answers++;
	EXPECT_EQ(rig.cfg.challenge_ack_limit, answers);
}

TEST_HARNESS_MAIN

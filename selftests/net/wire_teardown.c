// SPDX-License-Identifier: GPL-2.0
/* Closing a connection, as the peer on the wire sees it. RFC 9293 section 3.6. */
#include "wire_test.h"

#define RTO_MS	200

/* To FIN_WAIT1: the stack closes first. */
static void stack_closes(struct wire *w)
{
	shutdown(w->fd, SHUT_WR);
	wire_expect_now(w, FIN | ACK, .seq = 1, .ack = 1);
}

/* To CLOSE_WAIT: the peer closes first. */
static void peer_closes(struct wire *w)
{
	wire_send(w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_acked(w, 1, 2);
}

/* To TIME_WAIT, nothing sent but the two FINs. */
static void both_close(struct wire *w)
{
	stack_closes(w);
	wire_send(w, ACK, .seq = 1, .ack = 2);
	wire_send(w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(w, ACK, .seq = 2, .ack = 2);
}

TEST_F(wire, four_segments_close_when_the_stack_begins)
{
	wire_open(self->w);
	stack_closes(self->w);
	EXPECT_STREQ("FIN_WAIT1", wire_state(self->w));
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	wire_silent(self->w);
	EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
	EXPECT_TRUE(app_at_end(self->w));
}

TEST_F(wire, four_segments_close_when_the_peer_begins)
{
	wire_open(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_acked(self->w, 1, 2);
	EXPECT_STREQ("CLOSE_WAIT", wire_state(self->w));
	EXPECT_TRUE(app_at_end(self->w));
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("LAST_ACK", wire_state(self->w));
	wire_send(self->w, ACK, .seq = 2, .ack = 2);
	wire_silent(self->w);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, three_segments_close_when_the_acknowledgment_carries_the_fin)
{
	wire_open(self->w);
	stack_closes(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
}

TEST_F(wire, three_segments_close_when_the_application_answers_the_fin_at_once)
{
	struct segment seg;

	if (is_mytcp(self->w))
		wire_set(self->w, "delack", 400);
	wire_open(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	close(self->w->fd);
	seg = wire_any(self->w);
	/* On a slow machine TCP's 40 ms may be over. */
	if (!is_mytcp(self->w) && seg.flags == ACK)
		seg = wire_any(self->w);
	EXPECT_EQ(FIN | ACK, seg.flags);
	EXPECT_EQ(1, seg.seq);
	EXPECT_EQ(2, seg.ack);
	EXPECT_STREQ("LAST_ACK", wire_state(self->w));
	wire_send(self->w, ACK, .seq = 2, .ack = 2);
	wire_silent(self->w);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, the_ack_of_a_fin_waits_no_longer_than_that_of_data)
{
	long long begin;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's delay cannot be set");
	wire_set(self->w, "delack", 200);
	wire_open(self->w);
	begin = now_ms();
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_silent(self->w);
	wire_expect(self->w, ACK, .seq = 1, .ack = 2);
	EXPECT_GE(now_ms() - begin, 200);
	EXPECT_STREQ("CLOSE_WAIT", wire_state(self->w));
}

TEST_F(wire, fins_that_cross_pass_through_closing)
{
	wire_open(self->w);
	stack_closes(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("CLOSING", wire_state(self->w));
	wire_send(self->w, ACK, .seq = 2, .ack = 2);
	wire_silent(self->w);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
}

TEST_F(wire, after_shutdown_the_peer_still_sends)
{
	int i;

	wire_open(self->w);
	stack_closes(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	for (i = 0; i < 3; i++) {
		wire_send(self->w, ACK, .seq = 1 + i * 1000, .ack = 2, .len = 1000);
		wire_expect_acked(self->w, 2, 1001 + i * 1000);
		EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
	}
	app_recv(self->w, 3000);
	wire_send(self->w, FIN | ACK, .seq = 3001, .ack = 2);
	wire_expect_acked(self->w, 2, 3002);
	EXPECT_TRUE(app_at_end(self->w));
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
}

TEST_F(wire, data_is_taken_in_fin_wait1_as_well)
{
	wire_open(self->w);
	stack_closes(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(self->w, 2, 101);
	app_recv(self->w, 100);
	EXPECT_STREQ("FIN_WAIT1", wire_state(self->w));
}

TEST_F(wire, after_the_peers_fin_the_stack_still_sends)
{
	int i;

	wire_open(self->w);
	peer_closes(self->w);
	for (i = 0; i < 3; i++) {
		app_send(self->w, 1000);
		wire_expect(self->w, ACK, .seq = 1 + i * 1000, .ack = 2, .len = 1000);
		wire_send(self->w, ACK, .seq = 2, .ack = 1001 + i * 1000);
		EXPECT_STREQ("CLOSE_WAIT", wire_state(self->w));
	}
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 3001, .ack = 2);
	wire_send(self->w, ACK, .seq = 2, .ack = 3002);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, a_fin_may_carry_data)
{
	wire_open(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(self->w, 1, 102);
	app_recv(self->w, 100);
	EXPECT_TRUE(app_at_end(self->w));
}

TEST_F(wire, data_that_waits_leaves_with_the_fin)
{
	wire_open(self->w);
	app_send(self->w, 10);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1, .len = 10);
	app_send(self->w, 10);
	wire_silent(self->w);
	shutdown(self->w->fd, SHUT_WR);
	wire_expect_now(self->w, FIN | ACK, .seq = 11, .ack = 1, .len = 10);
	wire_send(self->w, ACK, .seq = 1, .ack = 22);
	EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
}

TEST_F(wire, a_fin_ahead_of_missing_data_waits_for_it)
{
	wire_open(self->w);
	wire_send(self->w, FIN | ACK, .seq = 101, .ack = 1, .len = 50);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(self->w, 1, 152);
	EXPECT_STREQ("CLOSE_WAIT", wire_state(self->w));
	app_recv(self->w, 150);
	EXPECT_TRUE(app_at_end(self->w));
}

TEST_F(wire, a_repeated_fin_is_acknowledged_again)
{
	wire_open(self->w);
	peer_closes(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("CLOSE_WAIT", wire_state(self->w));
}

TEST_F(wire, what_follows_the_fin_is_ignored)
{
	struct segment seg;

	wire_open(self->w);
	peer_closes(self->w);
	wire_send(self->w, ACK, .seq = 2, .ack = 1, .len = 10);
	while (wire_poll(self->w, &seg)) {
		EXPECT_EQ(ACK, seg.flags);
		EXPECT_EQ(2, seg.ack);
	}
	EXPECT_TRUE(app_at_end(self->w));
	EXPECT_STREQ("CLOSE_WAIT", wire_state(self->w));
}

TEST_F(wire, a_fin_that_is_not_acknowledged_is_repeated_with_growing_pauses)
{
	struct segment fin[4];
	long long begin;
	int i;

	wire_rto_min(self->w, RTO_MS);
	wire_open(self->w);
	begin = now_ms();
	shutdown(self->w->fd, SHUT_WR);
	for (i = 0; i < 4; i++)
		fin[i] = wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 1);
	EXPECT_TRUE(wire_pauses_double(begin, fin + 1, 3, RTO_MS));
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
}

TEST_F(wire, a_fin_is_repeated_in_closing_and_in_last_ack_too)
{
	wire_rto_min(self->w, RTO_MS);
	wire_open(self->w);
	stack_closes(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("CLOSING", wire_state(self->w));
	wire_send(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));

	wire_anew(self->w);
	/* Until then it may have been repeated once more. */
	self->w->skip_others = true;
	wire_open(self->w);
	peer_closes(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("LAST_ACK", wire_state(self->w));
	wire_send(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, a_fin_and_the_ack_of_the_next_may_both_be_lost)
{
	wire_rto_min(self->w, RTO_MS);
	wire_open(self->w);
	peer_closes(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 2);
	/* Lost, as was the ACK of the peer's, which comes again. */
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 2);
	/* Arrived, but its ACK did not. */
	wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_send(self->w, ACK, .seq = 2, .ack = 2);
	wire_silent(self->w);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, an_orphan_whose_fin_stays_unanswered_is_given_up)
{
	wire_rto_min(self->w, 100);
	wire_set(self->w, "orphan_retries", 2);
	wire_open(self->w);
	peer_closes(self->w);
	close(self->w->fd);
	wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("LAST_ACK", wire_state(self->w));
	EXPECT_TRUE(wait_for(!wire_entries(self->w, NULL)));
	/* Whatever else was sent meanwhile. */
	self->w->skip_repeats = true;
	wire_send(self->w, ACK, .seq = 2, .ack = 2);
	wire_expect(self->w, RST, .seq = 2);
}

TEST_F(wire, fin_wait2_of_a_closed_socket_ends_after_fin_timeout)
{
	/* TCP's lasts 3.5 of the latter at the least. */
	wire_set(self->w, "fin_timeout", is_mytcp(self->w) ? 300 : 1);
	wire_rto_min(self->w, RTO_MS);
	wire_open(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
	EXPECT_TRUE(wait_for(!wire_entries(self->w, NULL)));
	wire_silent(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(self->w, RST, .seq = 2);
}

TEST_F(wire, in_time_wait_a_repeated_fin_is_acknowledged_again)
{
	int i;

	wire_open(self->w);
	both_close(self->w);
	for (i = 0; i < 2; i++) {
		wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
		wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	}
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
}

/* RFC 1337; TCP does so with tcp_rfc1337. */
TEST_F(wire, in_time_wait_a_reset_is_ignored)
{
	wire_open(self->w);
	both_close(self->w);
	wire_send(self->w, RST, .seq = 2);
	wire_send(self->w, RST | ACK, .seq = 2, .ack = 2);
	wire_silent(self->w);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
}

TEST_F(wire, in_time_wait_an_old_syn_opens_nothing)
{
	wire_open(self->w);
	both_close(self->w);
	wire_send(self->w, SYN, .seq = -1000, .mss = 1460);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
}

TEST_F(wire, in_time_wait_a_syn_above_the_old_numbers_opens_anew_above_the_old)
{
	__u32 old;

	wire_open(self->w);
	both_close(self->w);
	old = self->w->isn;
	self->w->isn_seen = false;
	wire_send(self->w, SYN, .seq = 1000, .mss = 1460);
	wire_expect_now(self->w, SYN | ACK, .seq = 0, .ack = 1001);
	EXPECT_GT((int)(self->w->isn - old), 2);
	wire_send(self->w, ACK, .seq = 1001, .ack = 1);
	app_accept(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	EXPECT_EQ(1, wire_entries(self->w, NULL));
}

TEST_F(wire, time_wait_ends_after_twice_the_lifetime_of_a_segment)
{
	long long begin;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's lifetime of a segment cannot be set");
	wire_set(self->w, "msl", 300);
	wire_open(self->w);
	begin = now_ms();
	both_close(self->w);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
	EXPECT_TRUE(wait_for(!wire_entries(self->w, NULL)));
	EXPECT_GE(now_ms() - begin, 600);
	wire_silent(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(self->w, RST, .seq = 2);
}

TEST_F(wire, data_after_close_draws_a_reset)
{
	wire_open(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	wire_send(self->w, ACK, .seq = 1, .ack = 2, .len = 10);
	wire_expect_reset(self->w, 2);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, close_with_unread_data_sends_a_reset)
{
	wire_open(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(self->w, 1, 101);
	close(self->w->fd);
	wire_expect_reset(self->w, 1);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
	wire_silent(self->w);
}

TEST_F(wire, close_with_linger_of_no_time_sends_a_reset)
{
	struct linger linger = { .l_onoff = 1 };

	wire_open(self->w);
	setsockopt(self->w->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(self->w->fd);
	wire_expect_reset(self->w, 1);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
	wire_silent(self->w);
}

TEST_F(wire, a_reset_ends_the_connection_with_econnreset)
{
	wire_open(self->w);
	wire_send(self->w, RST, .seq = 1);
	EXPECT_EQ(ECONNRESET, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
	wire_silent(self->w);
}

TEST_F(wire, a_reset_after_the_peers_fin_gives_epipe)
{
	wire_open(self->w);
	peer_closes(self->w);
	wire_send(self->w, RST, .seq = 2);
	EXPECT_EQ(EPIPE, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, a_reset_ends_each_state_of_closing)
{
	wire_open(self->w);
	stack_closes(self->w);
	wire_send(self->w, RST, .seq = 1);
	EXPECT_STREQ("CLOSED", wire_state(self->w));

	wire_anew(self->w);
	wire_open(self->w);
	stack_closes(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	wire_send(self->w, RST, .seq = 1);
	EXPECT_STREQ("CLOSED", wire_state(self->w));

	wire_anew(self->w);
	wire_open(self->w);
	peer_closes(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_send(self->w, RST, .seq = 2);
	EXPECT_STREQ("CLOSED", wire_state(self->w));

	wire_anew(self->w);
	wire_open(self->w);
	stack_closes(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("CLOSING", wire_state(self->w));
	wire_send(self->w, RST, .seq = 2);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
	wire_silent(self->w);
}

/* Shows that the connection has come to no harm. */
static void still_works(struct wire *w)
{
	wire_send(w, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(w, 1, 101);
	app_recv(w, 100);
	app_send(w, 100);
	wire_expect(w, ACK, .seq = 1, .ack = 101, .len = 100);
}

/* RFC 5961 section 3.2 */
TEST_F(wire, a_reset_in_the_window_that_is_not_exact_draws_a_challenge_ack)
{
	wire_open(self->w);
	wire_send(self->w, RST, .seq = 2);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	wire_send(self->w, RST | ACK, .seq = 60000, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	still_works(self->w);
}

TEST_F(wire, a_reset_outside_the_window_is_ignored)
{
	wire_open(self->w);
	wire_send(self->w, RST, .seq = 200000);
	wire_send(self->w, RST, .seq = 0);
	wire_send(self->w, RST | ACK, .seq = -1000, .ack = 1);
	wire_silent(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	still_works(self->w);
}

/* RFC 5961 section 4.2: whatever its number */
TEST_F(wire, a_syn_in_a_connection_draws_a_challenge_ack)
{
	static const __u32 seq[] = { 0, 1, 100, 200000 };
	int i;

	wire_open(self->w);
	for (i = 0; i < 4; i++) {
		wire_send(self->w, SYN, .seq = seq[i], .mss = 1460);
		wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	}
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	still_works(self->w);
}

TEST_F(wire, a_peer_that_has_restarted_resets_by_answering_the_challenge_ack)
{
	struct segment challenge;

	wire_open(self->w);
	wire_send(self->w, SYN, .seq = 5000, .mss = 1460);
	challenge = wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	wire_send(self->w, RST, .seq = challenge.ack);
	EXPECT_EQ(ECONNRESET, app_error(self->w));
}

TEST_F(wire, an_ack_of_what_was_never_sent_is_ignored_with_its_data)
{
	struct segment seg;

	wire_open(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 100, .len = 10);
	/* The RFC wants an acknowledgment; TCP sends one on newer kernels only. */
	if (is_mytcp(self->w))
		wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	else
		wire_poll(self->w, &seg);
	EXPECT_EQ(0, poll_now(self->w->fd, POLLIN));
	still_works(self->w);
}

/* RFC 5961 section 5.2 */
TEST_F(wire, an_ack_older_than_the_largest_window_draws_an_ack_and_is_ignored)
{
	wire_open(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 1 - 65535 - 100, .len = 10);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(0, poll_now(self->w->fd, POLLIN));
	still_works(self->w);
}

TEST_F(wire, an_old_ack_does_not_matter_and_its_data_is_taken)
{
	wire_open(self->w);
	app_send(self->w, 100);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_send(self->w, ACK, .seq = 1, .ack = 101);
	wire_send(self->w, ACK, .seq = 1, .ack = 51, .len = 10);
	wire_expect_acked(self->w, 101, 11);
	app_recv(self->w, 10);
}

TEST_F(wire, a_segment_outside_the_window_draws_an_ack)
{
	wire_open(self->w);
	wire_send(self->w, ACK, .seq = 200000, .ack = 1, .len = 10);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	wire_send(self->w, FIN | ACK, .seq = 200000, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	wire_send(self->w, ACK, .seq = 0, .ack = 1, .len = 1);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	still_works(self->w);
}

TEST_HARNESS_MAIN

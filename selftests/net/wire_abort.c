// SPDX-License-Identifier: GPL-2.0
/*
 * A connection that an administrator ends, in each state, as its peer on the wire sees it.
 */
#include "wire_test.h"

/* Ends the connection between the stack and the peer: 0 or an errno. */
static int abort_it(const struct wire *w)
{
	struct addr local = addr_text(w->f, "192.0.2.1", "2001:db8::1", w->port);
	struct addr remote = addr_text(w->f, "192.0.2.2", "2001:db8::2", w->peer_port);

	return sock_destroy(w->f, &local, &remote, NULL);
}

/* Nothing is left, and nobody else is told. */
static void all_gone(struct __test_metadata *_metadata, struct wire *w)
{
	EXPECT_STREQ("CLOSED", wire_state(w));
	wire_silent(w);
	/* TCP would take the listener for what is meant. */
	if (is_mytcp(w))
		EXPECT_EQ(ENOENT, abort_it(w));
}

TEST_F(wire, in_syn_sent_connect_fails_and_the_peer_hears_nothing)
{
	app_connect(self->w);
	wire_expect_now(self->w, SYN);
	EXPECT_EQ(0, abort_it(self->w));
	EXPECT_EQ(ECONNABORTED, app_error(self->w));
	all_gone(_metadata, self->w);
}

TEST_F(wire, in_syn_recv_the_entry_goes_and_the_client_is_reset)
{
	app_listen(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, SYN | ACK, .ack = 1);
	EXPECT_EQ(0, abort_it(self->w));
	/* TCP leaves its client to its time-outs. */
	if (is_mytcp(self->w))
		wire_expect_now(self->w, RST | ACK, .seq = 1, .ack = 1);
	all_gone(_metadata, self->w);
	/* The listener is none the worse for it. */
	wire_anew(self->w);
	wire_open(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
}

TEST_F(wire, in_established_the_peer_is_reset_and_the_owner_told)
{
	wire_open(self->w);
	EXPECT_EQ(0, abort_it(self->w));
	wire_expect_reset(self->w, 1);
	EXPECT_EQ(ECONNABORTED, app_error(self->w));
	all_gone(_metadata, self->w);
}

TEST_F(wire, before_accept_the_peer_is_reset_and_accept_gives_what_is_left)
{
	char byte;

	app_listen(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(0, abort_it(self->w));
	wire_expect_reset(self->w, 1);
	all_gone(_metadata, self->w);
	app_accept(self->w);
	EXPECT_ERRNO(ECONNABORTED, recv(self->w->fd, &byte, 1, 0));
}

TEST_F(wire, in_fin_wait1_the_peer_is_reset)
{
	wire_open(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	EXPECT_STREQ("FIN_WAIT1", wire_state(self->w));
	EXPECT_EQ(0, abort_it(self->w));
	wire_expect_reset(self->w, 2);
	all_gone(_metadata, self->w);
}

TEST_F(wire, in_fin_wait2_the_peer_is_reset_and_the_owner_told)
{
	wire_open(self->w);
	shutdown(self->w->fd, SHUT_WR);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
	EXPECT_EQ(0, abort_it(self->w));
	wire_expect_reset(self->w, 2);
	EXPECT_EQ(ECONNABORTED, app_error(self->w));
	all_gone(_metadata, self->w);
}

TEST_F(wire, in_fin_wait2_of_a_closed_socket_the_peer_is_reset_too)
{
	wire_open(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
	EXPECT_EQ(0, abort_it(self->w));
	/* TCP takes it for TIME_WAIT. */
	if (is_mytcp(self->w))
		wire_expect_now(self->w, RST | ACK, .seq = 2, .ack = 1);
	all_gone(_metadata, self->w);
}

TEST_F(wire, in_close_wait_the_peer_is_reset_and_the_owner_told)
{
	wire_open(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_acked(self->w, 1, 2);
	EXPECT_STREQ("CLOSE_WAIT", wire_state(self->w));
	EXPECT_EQ(0, abort_it(self->w));
	wire_expect_reset(self->w, 1);
	EXPECT_EQ(ECONNABORTED, app_error(self->w));
	all_gone(_metadata, self->w);
}

/* RFC 9293 section 3.10.5 has no RST for this state and the next. */
TEST_F(wire, in_closing_it_ends)
{
	wire_open(self->w);
	shutdown(self->w->fd, SHUT_WR);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("CLOSING", wire_state(self->w));
	EXPECT_EQ(0, abort_it(self->w));
	all_gone(_metadata, self->w);
}

TEST_F(wire, in_last_ack_it_ends)
{
	wire_open(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_acked(self->w, 1, 2);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("LAST_ACK", wire_state(self->w));
	EXPECT_EQ(0, abort_it(self->w));
	all_gone(_metadata, self->w);
}

TEST_F(wire, in_time_wait_the_entry_goes_and_nobody_hears_of_it)
{
	wire_open(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
	EXPECT_EQ(0, abort_it(self->w));
	all_gone(_metadata, self->w);
}

TEST_F(wire, what_is_ended_is_counted)
{
	if (!is_mytcp(self->w))
		SKIP(return, "TCP does not count it");
	wire_open(self->w);
	EXPECT_EQ(0, abort_it(self->w));
	EXPECT_EQ(ENOENT, abort_it(self->w));
	EXPECT_EQ(1, wire_counter(self->w, "AbortByAdmin"));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* Opening a connection, as the peer on the wire sees it. RFC 9293 section 3.5. */
#include "wire_test.h"

/* More than a clock of any kind moves while one test runs. */
#define ISN_APART	0x1000000

static void syn_arrives(struct wire *w)
{
	app_listen(w);
	wire_send(w, SYN, .mss = 1460);
	wire_expect(w, SYN | ACK, .ack = 1);
}

TEST_F(wire, a_syn_draws_a_syn_ack_with_the_mss_of_the_path)
{
	app_listen(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, SYN | ACK, .ack = 1, .mss = WIRE_MSS_MAX(self->w));
	EXPECT_STREQ("SYN_RECV", wire_state(self->w));
	EXPECT_FALSE(app_can_accept(self->w));
}

TEST_F(wire, the_third_ack_makes_a_connection_to_accept)
{
	struct addr peer;

	syn_arrives(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_silent(self->w);
	app_accept(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	peer = addr_peer(self->w->fd);
	EXPECT_EQ(self->w->peer_port, addr_port(&peer));
}

TEST_F(wire, data_is_delivered_that_comes_with_the_third_ack_or_instead_of_it)
{
	syn_arrives(self->w);
	wire_send(self->w, ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(self->w, 1, 101);
	app_accept(self->w);
	app_recv(self->w, 100);
}

TEST_F(wire, a_fin_with_the_third_ack_is_taken_too)
{
	syn_arrives(self->w);
	wire_send(self->w, ACK | FIN, .seq = 1, .ack = 1, .len = 10);
	wire_expect_acked(self->w, 1, 12);
	EXPECT_STREQ("CLOSE_WAIT", wire_state(self->w));
	app_accept(self->w);
	app_recv(self->w, 10);
	EXPECT_TRUE(app_at_end(self->w));
}

TEST_F(wire, a_wrong_third_ack_draws_a_reset_and_the_right_one_still_connects)
{
	syn_arrives(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	wire_expect_now(self->w, RST, .seq = 2);
	wire_send(self->w, ACK, .seq = 1, .ack = 0, .len = 10);
	wire_expect_now(self->w, RST, .seq = 0);
	EXPECT_STREQ("SYN_RECV", wire_state(self->w));
	EXPECT_FALSE(app_can_accept(self->w));

	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
}

TEST_F(wire, a_third_ack_outside_the_window_draws_an_ack_and_no_connection)
{
	syn_arrives(self->w);
	wire_send(self->w, ACK, .seq = 200000, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_STREQ("SYN_RECV", wire_state(self->w));
}

TEST_F(wire, the_payload_of_a_syn_is_neither_acknowledged_nor_delivered)
{
	app_listen(self->w);
	wire_send(self->w, SYN, .mss = 1460, .len = 10);
	wire_expect_now(self->w, SYN | ACK, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	EXPECT_EQ(0, poll_now(self->w->fd, POLLIN));

	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 30);
	wire_expect_acked(self->w, 1, 31);
	app_recv(self->w, 30);
}

TEST_F(wire, a_repeated_syn_is_answered_at_once_and_makes_no_second_entry)
{
	int i;

	syn_arrives(self->w);
	for (i = 0; i < 3; i++) {
		wire_send(self->w, SYN, .mss = 1460);
		wire_expect_now(self->w, SYN | ACK, .ack = 1);
	}
	EXPECT_EQ(1, wire_entries(self->w, NULL));

	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	EXPECT_FALSE(app_can_accept(self->w));
}

TEST_F(wire, a_syn_ack_that_is_not_acknowledged_is_repeated_with_the_same_numbers)
{
	wire_quick_syn(self->w);
	syn_arrives(self->w);
	wire_expect(self->w, SYN | ACK, .ack = 1, .mss = WIRE_MSS_MAX(self->w));
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
}

TEST_F(wire, after_synack_retries_the_entry_is_gone)
{
	wire_quick_syn(self->w);
	wire_set(self->w, "synack_retries", 1);
	syn_arrives(self->w);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	EXPECT_TRUE(wait_for(!wire_entries(self->w, NULL)));
	wire_silent(self->w);

	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, RST, .seq = 1);
}

TEST_F(wire, in_syn_recv_a_reset_removes_the_entry)
{
	syn_arrives(self->w);
	wire_send(self->w, RST, .seq = 1);
	wire_silent(self->w);
	EXPECT_STREQ("CLOSED", wire_state(self->w));

	wire_anew(self->w);
	wire_open(self->w);
}

/* How an old duplicate of a SYN ends: the peer knows nothing of it. */
TEST_F(wire, an_old_duplicate_of_a_syn_comes_to_nothing)
{
	struct segment synack;

	app_listen(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	synack = wire_expect_now(self->w, SYN | ACK, .ack = 1);
	wire_send(self->w, RST, .seq = synack.ack);
	wire_silent(self->w);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
	EXPECT_FALSE(app_can_accept(self->w));
}

TEST_F(wire, in_syn_recv_a_reset_outside_the_window_is_ignored)
{
	syn_arrives(self->w);
	wire_send(self->w, RST, .seq = 200000);
	wire_send(self->w, RST, .seq = 0);
	wire_silent(self->w);
	EXPECT_STREQ("SYN_RECV", wire_state(self->w));
}

TEST_F(wire, in_syn_recv_a_reset_in_the_window_that_is_not_exact_draws_an_ack)
{
	if (!is_mytcp(self->w))
		SKIP(return, "RFC 5961 in SYN_RECV came to TCP only lately");
	syn_arrives(self->w);
	wire_send(self->w, RST, .seq = 2);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_STREQ("SYN_RECV", wire_state(self->w));
}

TEST_F(wire, closing_the_listener_ends_the_entry)
{
	syn_arrives(self->w);
	close(self->w->listener);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, RST, .seq = 1);
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, a_listener_answers_an_ack_with_a_reset_and_ignores_a_reset)
{
	app_listen(self->w);
	wire_send(self->w, ACK, .seq = 5, .ack = 9);
	wire_expect_now(self->w, RST, .seq = 9);
	wire_send(self->w, SYN | ACK, .seq = 5, .ack = 9);
	wire_expect_now(self->w, RST, .seq = 9);
	wire_send(self->w, RST, .seq = 5);
	wire_send(self->w, RST | ACK, .seq = 5, .ack = 9);
	wire_silent(self->w);
}

TEST_F(wire, connections_with_other_endpoints_have_unrelated_initial_numbers)
{
	__u32 isn[8];
	int i, apart = 0;

	app_listen(self->w);
	for (i = 0; i < 8; i++) {
		wire_send(self->w, SYN, .mss = 1460);
		wire_expect(self->w, SYN | ACK, .ack = 1);
		isn[i] = self->w->isn;
		wire_anew(self->w);
	}
	for (i = 1; i < 8; i++)
		apart += isn[i] - isn[i - 1] + ISN_APART > 2 * ISN_APART;
	/* Each of the seven is near its predecessor by chance once in 128 times. */
	EXPECT_GE(apart, 4);
}

TEST_F(wire, connections_with_the_same_endpoints_have_rising_initial_numbers)
{
	__u32 first, rise;

	syn_arrives(self->w);
	first = self->w->isn;
	wire_send(self->w, RST, .seq = 1);
	self->w->isn_seen = false;
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	rise = self->w->isn - first;
	EXPECT_GT(rise, 0);
	EXPECT_LT(rise, 1U << 30);
}

TEST_F(wire, connect_sends_a_syn_with_the_mss_and_acknowledges_the_answer)
{
	app_connect(self->w);
	wire_expect_now(self->w, SYN, .mss = WIRE_MSS_MAX(self->w));
	EXPECT_STREQ("SYN_SENT", wire_state(self->w));
	wire_send(self->w, SYN | ACK, .ack = 1, .mss = 1460);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	EXPECT_EQ(POLLOUT, poll_now(self->w->fd, POLLOUT | POLLERR));
	EXPECT_EQ(0, sock_error(self->w->fd));
}

static __u16 number_of_packet(struct wire *w)
{
	struct segment seg;

	app_send(w, 1);
	seg = wire_expect(w, ACK | PSH, .seq = 1, .ack = 1, .len = 1);
	wire_send(w, ACK, .seq = 1, .ack = 2);
	wire_anew(w);
	return seg.ip_id;
}

/* Or fragments of two of them could be taken for one packet's (RFC 6864 section 4). */
TEST_F(wire, packets_of_different_connections_are_not_numbered_alike)
{
	__u16 number[8];
	int i, alike = 0;

	if (self->w->f->af != AF_INET)
		SKIP(return, "packets of IPv6 have no number");
	for (i = 0; i < 4; i++) {
		wire_open(self->w);
		number[i] = number_of_packet(self->w);
	}
	for (; i < 8; i++) {
		wire_open_active(self->w);
		number[i] = number_of_packet(self->w);
	}
	for (i = 1; i < 8; i++)
		alike += number[i] == number[i - 1];
	EXPECT_LE(alike, 2);
}

TEST_F(wire, a_syn_is_repeated_with_the_same_number_and_growing_pauses)
{
	struct segment syn[3];
	long long begin;
	int i;

	wire_quick_syn(self->w);
	begin = now_ms();
	app_connect(self->w);
	for (i = 0; i < 3; i++)
		syn[i] = wire_expect(self->w, SYN, .mss = WIRE_MSS_MAX(self->w));
	EXPECT_TRUE(wire_pauses_double(begin, syn + 1, 2, is_mytcp(self->w) ? 100 : 1000));
	wire_send(self->w, SYN | ACK, .ack = 1, .mss = 1460);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1);
}

TEST_F(wire, after_the_retries_connect_ends_with_etimedout)
{
	wire_quick_syn(self->w);
	self->w->fd = sock_new(self->w->f);
	opt_set(self->w->fd, SOL_TCP, TCP_SYNCNT, 1);
	app_connect(self->w);
	wire_expect(self->w, SYN);
	wire_expect(self->w, SYN);
	EXPECT_EQ(ETIMEDOUT, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
	wire_silent(self->w);
}

TEST_F(wire, a_syn_ack_with_a_wrong_acknowledgment_draws_a_reset_and_no_connection)
{
	app_connect(self->w);
	wire_expect(self->w, SYN);
	/* TCP takes it for a reason to repeat its SYN soon. */
	self->w->skip_repeats = true;
	wire_send(self->w, SYN | ACK, .ack = 2, .mss = 1460);
	wire_expect(self->w, RST, .seq = 2);
	wire_send(self->w, SYN | ACK, .ack = 0, .mss = 1460);
	wire_expect(self->w, RST, .seq = 0);
	EXPECT_STREQ("SYN_SENT", wire_state(self->w));

	wire_send(self->w, SYN | ACK, .ack = 1, .mss = 1460);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
}

TEST_F(wire, the_payload_of_a_syn_ack_is_neither_acknowledged_nor_delivered)
{
	app_connect(self->w);
	wire_expect(self->w, SYN);
	wire_send(self->w, SYN | ACK, .ack = 1, .mss = 1460, .len = 10);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(0, poll_now(self->w->fd, POLLIN));

	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 30);
	wire_expect_acked(self->w, 1, 31);
	app_recv(self->w, 30);
}

TEST_F(wire, a_reset_that_acknowledges_the_syn_refuses)
{
	app_connect(self->w);
	wire_expect(self->w, SYN);
	wire_send(self->w, RST | ACK, .ack = 1);
	EXPECT_EQ(ECONNREFUSED, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
	wire_silent(self->w);
}

TEST_F(wire, in_syn_sent_a_reset_that_does_not_acknowledge_the_syn_is_ignored)
{
	app_connect(self->w);
	wire_expect(self->w, SYN);
	self->w->skip_repeats = true;
	wire_send(self->w, RST, .seq = 0);
	wire_send(self->w, RST | ACK, .ack = 0);
	wire_send(self->w, RST | ACK, .ack = 2);
	wire_silent(self->w);
	EXPECT_STREQ("SYN_SENT", wire_state(self->w));
}

TEST_F(wire, in_syn_sent_an_ack_of_what_was_not_sent_draws_a_reset)
{
	app_connect(self->w);
	wire_expect(self->w, SYN);
	self->w->skip_repeats = true;
	wire_send(self->w, ACK, .seq = 1, .ack = 5);
	wire_expect(self->w, RST, .seq = 5);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_silent(self->w);
	EXPECT_STREQ("SYN_SENT", wire_state(self->w));
}

static void syns_cross(struct wire *w)
{
	app_connect(w);
	wire_expect(w, SYN);
	wire_send(w, SYN, .mss = 1460);
	wire_expect_now(w, SYN | ACK, .ack = 1);
}

TEST_F(wire, syns_that_cross_make_one_connection)
{
	syns_cross(self->w);
	EXPECT_STREQ("SYN_RECV", wire_state(self->w));
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_silent(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	EXPECT_EQ(0, sock_error(self->w->fd));

	app_send(self->w, 10);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1, .len = 10);
	wire_send(self->w, ACK, .seq = 1, .ack = 11, .len = 20);
	app_recv(self->w, 20);
}

/* The peer is a stack like ours, which answers the SYN with a SYN+ACK as well. */
TEST_F(wire, syn_acks_that_cross_make_one_connection)
{
	syns_cross(self->w);
	wire_send(self->w, SYN | ACK, .ack = 1, .mss = 1460);
	/* A stack may take that for the acknowledgment, or ask for one. */
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));

	app_send(self->w, 10);
	EXPECT_EQ(1, wire_any_data(self->w).seq);
	wire_send(self->w, ACK, .seq = 1, .ack = 11, .len = 20);
	app_recv(self->w, 20);
}

TEST_F(wire, syns_that_cross_still_end_with_a_reset)
{
	syns_cross(self->w);
	wire_send(self->w, RST, .seq = 1);
	/* By the RFC it is refused; TCP says that in SYN_SENT alone. */
	EXPECT_EQ(is_mytcp(self->w) ? ECONNREFUSED : ECONNRESET, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, a_syn_to_a_closed_port_draws_a_reset_that_acknowledges_it)
{
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, RST | ACK, .seq = 0, .ack = 1);
	wire_send(self->w, SYN, .seq = 50, .len = 10);
	wire_expect_now(self->w, RST | ACK, .seq = 0, .ack = 61);
}

TEST_F(wire, an_ack_to_a_closed_port_draws_a_reset_with_its_number)
{
	wire_send(self->w, ACK, .seq = 5, .ack = 77);
	wire_expect_now(self->w, RST, .seq = 77);
	wire_send(self->w, ACK | FIN, .seq = 5, .ack = 78, .len = 10);
	wire_expect_now(self->w, RST, .seq = 78);
	wire_send(self->w, SYN | ACK, .seq = 5, .ack = 79);
	wire_expect_now(self->w, RST, .seq = 79);
}

TEST_F(wire, a_reset_to_a_closed_port_is_never_answered)
{
	wire_send(self->w, RST, .seq = 5);
	wire_send(self->w, RST | ACK, .seq = 5, .ack = 5);
	wire_silent(self->w);
}

TEST_HARNESS_MAIN

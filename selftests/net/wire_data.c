// SPDX-License-Identifier: GPL-2.0
/* Carrying data, as the peer on the wire sees it. RFC 9293 sections 3.7 and 3.8. */
#include "wire_test.h"

#define RTO_MS	200

/* The handshake with this window from the third ACK on. */
static void open_with_window(struct wire *w, int mss, int wnd)
{
	app_listen(w);
	wire_send(w, SYN, .mss = mss);
	wire_expect(w, SYN | ACK, .ack = 1);
	w->wnd = wnd;
	wire_send(w, ACK, .seq = 1, .ack = 1);
	app_accept(w);
}

/* Payload from the peer, whose other direction is idle. */
static void peer_sends(struct wire *w, __u32 seq, size_t len)
{
	wire_send(w, ACK, .seq = seq, .ack = 1, .len = len);
}

TEST_F(wire, segments_in_order_are_delivered_and_acknowledged)
{
	int i;

	wire_open(self->w);
	for (i = 0; i < 3; i++)
		peer_sends(self->w, 1 + i * 500, 500);
	wire_expect_acked(self->w, 1, 1501);
	app_recv(self->w, 1500);
}

TEST_F(wire, segments_in_any_order_are_delivered_in_order)
{
	int a, b, c, d, base = 1;

	wire_open(self->w);
	for (a = 0; a < 4; a++)
		for (b = 0; b < 4; b++)
			for (c = 0; c < 4; c++) {
				if (a == b || a == c || b == c)
					continue;
				d = 6 - a - b - c;
				peer_sends(self->w, base + a * 100, 100);
				peer_sends(self->w, base + b * 100, 100);
				peer_sends(self->w, base + c * 100, 100);
				peer_sends(self->w, base + d * 100, 100);
				base += 400;
				wire_expect_acked(self->w, 1, base);
				app_recv(self->w, 400);
			}
	EXPECT_EQ(1 + 24 * 400, base);
}

TEST_F(wire, a_duplicate_is_acknowledged_at_once_and_not_delivered)
{
	wire_open(self->w);
	peer_sends(self->w, 1, 100);
	wire_expect_acked(self->w, 1, 101);
	peer_sends(self->w, 1, 100);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 101);
	app_recv(self->w, 100);
	EXPECT_EQ(0, poll_now(self->w->fd, POLLIN));
}

TEST_F(wire, overlapping_segments_are_delivered_once)
{
	/* Over the left and the right edge of one another, within, and around. */
	static const int part[][2] = {
		{ 201, 100 }, { 151, 100 }, { 251, 100 }, { 220, 10 }, { 401, 50 },
		{ 381, 100 }, { 140, 230 }, { 1, 100 }, { 51, 100 }, { 1, 500 },
	};
	int i;

	wire_open(self->w);
	for (i = 0; i < 10; i++)
		peer_sends(self->w, part[i][0], part[i][1]);
	wire_expect_acked(self->w, 1, 501);
	app_recv(self->w, 500);
	EXPECT_EQ(0, poll_now(self->w->fd, POLLIN));
}

TEST_F(wire, a_segment_ahead_of_its_turn_and_the_missing_one_are_acknowledged_at_once)
{
	wire_open(self->w);
	peer_sends(self->w, 101, 100);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(0, poll_now(self->w->fd, POLLIN));
	peer_sends(self->w, 1, 100);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 201);
	app_recv(self->w, 200);
}

TEST_F(wire, an_ack_never_waits_half_a_second)
{
	struct segment ack;
	long long begin;
	int i;

	wire_open(self->w);
	for (i = 0; i < 3; i++) {
		begin = now_ms();
		peer_sends(self->w, 1 + i * 10, 10);
		ack = wire_expect_acked(self->w, 1, 11 + i * 10);
		EXPECT_LT(ack.at_ms - begin, 500);
	}
}

TEST_F(wire, an_ack_waits_for_data_to_go_with)
{
	if (!is_mytcp(self->w))
		SKIP(return, "TCP does not wait at the begin of a connection");
	wire_set(self->w, "delack", 400);
	wire_open(self->w);
	peer_sends(self->w, 1, 100);
	wire_silent(self->w);
	app_send(self->w, 10);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 101, .len = 10);
}

TEST_F(wire, at_least_every_second_full_segment_is_acknowledged)
{
	int mss = WIRE_MSS_MAX(self->w), i;
	struct segment seg = { .ack = 1 };
	__u32 acked;

	wire_open(self->w);
	for (i = 0; i < 10; i++)
		peer_sends(self->w, 1 + i * mss, mss);
	do {
		acked = seg.ack;
		seg = wire_any(self->w);
		ASSERT_EQ(ACK, seg.flags);
		EXPECT_LE(seg.ack - acked, 2 * mss);
	} while (seg.ack != 1 + 10 * mss);
	app_recv(self->w, 10 * mss);
}

/* What is urgent is part of the stream, wherever the pointer points. */
TEST_F(wire, urgent_data_stays_in_the_stream)
{
	wire_open(self->w);
	opt_set(self->w->fd, SOL_SOCKET, SO_OOBINLINE, 1);
	wire_send(self->w, ACK | URG, .seq = 1, .ack = 1, .len = 10, .urg = 5);
	wire_send(self->w, ACK | URG, .seq = 11, .ack = 1, .len = 10, .urg = 0);
	wire_send(self->w, ACK | URG, .seq = 21, .ack = 1, .len = 10, .urg = 65535);
	wire_expect_acked(self->w, 1, 31);
	app_recv(self->w, 30);
}

/* Opens with a receive buffer that is soon full; returns the window's right edge. */
static __u32 open_small(struct wire *w)
{
	struct segment synack;

	app_socket(w);
	opt_set(w->listener, SOL_SOCKET, SO_RCVBUF, 16384);
	app_listen(w);
	wire_send(w, SYN, .mss = 1460);
	synack = wire_expect(w, SYN | ACK, .ack = 1);
	wire_send(w, ACK, .seq = 1, .ack = 1);
	app_accept(w);
	return 1 + synack.wnd;
}

/*
 * Sends until the window is closed; returns the next number. TCP may close it over
 * the last few bytes that it has offered room for.
 */
static __u32 fill_window(struct wire *w, __u32 edge)
{
	struct segment ack = { .ack = 1 };
	int limit = 100;
	size_t len;

	do {
		if (!limit--)
			wire_die("the window does not close");
		len = edge - ack.ack < 1000 ? edge - ack.ack : 1000;
		peer_sends(w, ack.ack, len);
		ack = wire_any(w);
		if (is_mytcp(w) && (int)(ack.ack + ack.wnd - edge) < 0)
			wire_die("the right edge of the window moved left");
		edge = ack.ack + ack.wnd;
	} while (ack.wnd);
	return ack.ack;
}

TEST_F(wire, the_receive_window_closes_when_nobody_reads_and_opens_by_a_good_step)
{
	struct segment update;
	__u32 seq;

	seq = fill_window(self->w, open_small(self->w));
	app_recv(self->w, 1);
	wire_silent(self->w);

	app_recv(self->w, seq - 2);
	update = wire_any(self->w);
	EXPECT_EQ(ACK, update.flags);
	EXPECT_EQ(seq, update.ack);
	EXPECT_GE(update.wnd, WIRE_MSS_MAX(self->w));

	peer_sends(self->w, seq, 1000);
	wire_expect_acked(self->w, 1, seq + 1000);
	app_recv(self->w, 1000);
}

TEST_F(wire, a_probe_of_the_closed_receive_window_is_answered_at_once)
{
	struct segment answer;
	__u32 seq;
	int i;

	seq = fill_window(self->w, open_small(self->w));
	for (i = 0; i < 3; i++) {
		peer_sends(self->w, seq, 1);
		answer = wire_expect_now(self->w, ACK, .seq = 1, .ack = seq);
		EXPECT_EQ(0, answer.wnd);
		peer_sends(self->w, seq - 1, 0);
		answer = wire_expect_now(self->w, ACK, .seq = 1, .ack = seq);
		EXPECT_EQ(0, answer.wnd);
	}
	app_recv(self->w, seq - 1);
}

/* MUST-66 */
TEST_F(wire, a_reset_counts_when_the_receive_window_is_closed)
{
	__u32 seq = fill_window(self->w, open_small(self->w));

	wire_send(self->w, RST, .seq = seq);
	EXPECT_EQ(ECONNRESET, app_error(self->w));
}

TEST_F(wire, an_ack_counts_when_the_receive_window_is_closed)
{
	__u32 seq = fill_window(self->w, open_small(self->w));

	app_send(self->w, 10);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = seq, .len = 10);
	app_send(self->w, 10);
	wire_silent(self->w);
	wire_send(self->w, ACK, .seq = seq, .ack = 11);
	wire_expect_now(self->w, ACK, .seq = 11, .ack = seq, .len = 10);
}

TEST_F(wire, nothing_beyond_the_receive_window_is_taken)
{
	__u32 edge = open_small(self->w);
	struct segment ack = { .ack = 1 };
	int limit = 100;
	size_t len;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP may take what crosses the edge if there is memory");
	peer_sends(self->w, edge - 50, 100);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	peer_sends(self->w, edge, 100);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
	do {
		if (!limit--)
			wire_die("what is in the window is not taken");
		len = edge - ack.ack < 1050 ? edge - 50 - ack.ack : 1000;
		peer_sends(self->w, ack.ack, len);
		ack = wire_any(self->w);
	} while (ack.ack != edge);
	app_recv(self->w, edge - 1);
	EXPECT_EQ(0, poll_now(self->w->fd, POLLIN));
}

/* SHLD-28, MUST-61 */
TEST_F(wire, a_write_leaves_in_full_segments_and_the_last_has_psh)
{
	wire_open_mss(self->w, 1000);
	opt_set(self->w->fd, SOL_TCP, TCP_NODELAY, 1);
	app_send(self->w, 2500);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1, .len = 1000);
	wire_expect(self->w, ACK, .seq = 1001, .ack = 1, .len = 1000);
	wire_expect(self->w, ACK | PSH, .seq = 2001, .ack = 1, .len = 500);
}

TEST_F(wire, a_small_write_waits_while_another_is_on_its_way)
{
	wire_open(self->w);
	app_send(self->w, 10);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1, .len = 10);
	app_send(self->w, 10);
	app_send(self->w, 10);
	wire_silent(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 11);
	wire_expect_now(self->w, ACK, .seq = 11, .ack = 1, .len = 20);
}

TEST_F(wire, a_small_write_does_not_wait_with_nodelay)
{
	wire_open(self->w);
	opt_set(self->w->fd, SOL_TCP, TCP_NODELAY, 1);
	app_send(self->w, 10);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1, .len = 10);
	app_send(self->w, 10);
	wire_expect_now(self->w, ACK, .seq = 11, .ack = 1, .len = 10);
}

/* RFC 6928, RFC 5681 section 3.1 */
TEST_F(wire, sending_starts_with_at_most_ten_segments_and_grows_with_acks)
{
	struct segment seg;
	__u32 first = 1, second;

	wire_open_mss(self->w, 1000);
	app_send(self->w, 40000);
	while (wire_poll(self->w, &seg))
		first = seg.seq + seg.len;
	EXPECT_GE(first, 1 + 2000);
	EXPECT_LE(first, 1 + 10000);

	wire_send(self->w, ACK, .seq = 1, .ack = first);
	for (second = first; wire_poll(self->w, &seg); )
		second = seg.seq + seg.len;
	EXPECT_GT(second - first, first - 1);
	EXPECT_LE(second - first, 2 * (first - 1));
}

TEST_F(wire, the_send_window_is_never_exceeded)
{
	__u32 next = 1, edge = 1 + 1000;
	struct segment seg;

	open_with_window(self->w, 300, 1000);
	app_send(self->w, 5000);
	while (next < 5001) {
		seg = wire_any_data(self->w);
		do {
			ASSERT_EQ(next, seg.seq);
			next += seg.len;
			ASSERT_LE(next, edge);
		} while (wire_poll(self->w, &seg));
		wire_send(self->w, ACK, .seq = 1, .ack = next);
		edge = next + 1000;
	}
}

/* MUST-38 */
TEST_F(wire, a_small_step_of_the_send_window_draws_no_small_segment)
{
	open_with_window(self->w, 500, 1000);
	app_send(self->w, 3000);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1, .len = 500);
	wire_expect(self->w, ACK, .seq = 501, .ack = 1, .len = 500);
	self->w->wnd = 50;
	wire_send(self->w, ACK, .seq = 1, .ack = 1001);
	wire_silent(self->w);
	self->w->wnd = 499;
	wire_send(self->w, ACK, .seq = 1, .ack = 1001);
	wire_silent(self->w);
	self->w->wnd = 500;
	wire_send(self->w, ACK, .seq = 1, .ack = 1001);
	wire_expect_now(self->w, ACK, .seq = 1001, .ack = 1, .len = 500);
}

/* MUST-34, SHLD-15 */
TEST_F(wire, nothing_new_is_sent_when_the_send_window_has_shrunk)
{
	int i;

	open_with_window(self->w, 500, 2000);
	app_send(self->w, 3000);
	for (i = 0; i < 4; i++)
		wire_expect(self->w, ACK, .seq = 1 + i * 500, .ack = 1, .len = 500);
	self->w->wnd = 500;
	wire_send(self->w, ACK, .seq = 1, .ack = 501);
	wire_silent(self->w);
	self->w->wnd = 2000;
	wire_send(self->w, ACK, .seq = 1, .ack = 2001);
	wire_expect(self->w, ACK, .seq = 2001, .ack = 1, .len = 500);
	wire_expect(self->w, ACK, .seq = 2501, .ack = 1, .len = 500);
}

TEST_F(wire, a_late_segment_does_not_change_the_send_window)
{
	wire_open(self->w);
	peer_sends(self->w, 1, 100);
	peer_sends(self->w, 101, 100);
	wire_expect_acked(self->w, 1, 201);
	self->w->wnd = 0;
	wire_send(self->w, ACK, .seq = 101, .ack = 1, .len = 50);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 201);
	app_send(self->w, 10);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 201, .len = 10);
}

/* MUST-36, MUST-37, SHLD-29, SHLD-30 */
TEST_F(wire, a_closed_send_window_is_probed_with_growing_pauses_while_the_peer_answers)
{
	struct segment probe[4];
	long long begin;
	int i;

	wire_rto_min(self->w, RTO_MS);
	wire_set(self->w, "retries2", 3);
	open_with_window(self->w, 1000, 0);
	begin = now_ms();
	app_send(self->w, 100);
	wire_silent(self->w);
	for (i = 0; i < 4; i++) {
		probe[i] = wire_expect(self->w, ACK, .seq = 0, .ack = 1);
		wire_send(self->w, ACK, .seq = 1, .ack = 1);
	}
	EXPECT_TRUE(wire_pauses_double(begin, probe, 4, RTO_MS));
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));

	self->w->wnd = 65535;
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
}

TEST_F(wire, window_probes_without_an_answer_end_the_connection)
{
	wire_rto_min(self->w, RTO_MS);
	wire_set(self->w, "retries2", 2);
	open_with_window(self->w, 1000, 0);
	app_send(self->w, 100);
	wire_expect(self->w, ACK, .seq = 0, .ack = 1);
	wire_expect(self->w, ACK, .seq = 0, .ack = 1);
	EXPECT_EQ(ETIMEDOUT, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, what_is_not_acknowledged_is_sent_again_with_growing_pauses)
{
	struct segment seg[4];
	long long begin;
	int i;

	wire_rto_min(self->w, RTO_MS);
	wire_open(self->w);
	begin = now_ms();
	app_send(self->w, 100);
	for (i = 0; i < 4; i++)
		seg[i] = wire_expect(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	EXPECT_TRUE(wire_pauses_double(begin, seg + 1, 3, RTO_MS));

	wire_send(self->w, ACK, .seq = 1, .ack = 101);
	app_send(self->w, 100);
	wire_expect_now(self->w, ACK, .seq = 101, .ack = 1, .len = 100);
}

TEST_F(wire, what_is_acknowledged_in_part_is_sent_again_without_that_part)
{
	wire_rto_min(self->w, RTO_MS);
	wire_open(self->w);
	app_send(self->w, 100);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_send(self->w, ACK, .seq = 1, .ack = 51);
	wire_expect(self->w, ACK, .seq = 51, .ack = 1, .len = 50);
}

TEST_F(wire, after_retries2_the_connection_ends_with_etimedout)
{
	struct segment seg;
	int sent = 0;

	wire_rto_min(self->w, RTO_MS);
	wire_set(self->w, "retries2", 2);
	wire_open(self->w);
	app_send(self->w, 100);
	EXPECT_EQ(ETIMEDOUT, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
	for (; wire_poll(self->w, &seg) && seg.len; sent++)
		EXPECT_EQ(1, seg.seq);
	EXPECT_GE(sent, 3);
}

/* Five segments are sent; so many of the peer's ACKs say the first is missing. */
static void send_five(struct wire *w, int duplicates)
{
	int i;

	wire_open_mss(w, 500);
	app_send(w, 2500);
	for (i = 0; i < 5; i++)
		wire_expect(w, ACK, .seq = 1 + i * 500, .ack = 1, .len = 500);
	for (i = 0; i < duplicates; i++)
		wire_send(w, ACK, .seq = 1, .ack = 1);
}

/* RFC 5681 section 3.2 */
TEST_F(wire, three_duplicate_acks_draw_the_missing_segment_at_once)
{
	send_five(self->w, 2);
	wire_silent(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1, .len = 500);
	wire_send(self->w, ACK, .seq = 1, .ack = 2501);
	wire_silent(self->w);
}

/* RFC 6582 */
TEST_F(wire, a_partial_ack_in_recovery_draws_the_next_missing_segment)
{
	send_five(self->w, 3);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1, .len = 500);
	wire_send(self->w, ACK, .seq = 1, .ack = 501);
	wire_expect_now(self->w, ACK, .seq = 501, .ack = 1, .len = 500);
	wire_send(self->w, ACK, .seq = 1, .ack = 2501);
	wire_silent(self->w);
}

TEST_F(wire, data_and_window_updates_are_no_duplicate_acks)
{
	int i;

	send_five(self->w, 0);
	for (i = 0; i < 4; i++) {
		self->w->wnd -= 100;
		wire_send(self->w, ACK, .seq = 1 + i * 10, .ack = 1, .len = 10);
	}
	wire_expect_acked(self->w, 2501, 41);
	wire_silent(self->w);
	app_recv(self->w, 40);
}

TEST_HARNESS_MAIN

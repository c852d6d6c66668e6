// SPDX-License-Identifier: GPL-2.0
/* Options in a segment's header, and what the two agree on by them. */
#include <netinet/tcp.h>

#include "wire_test.h"

/* Opens with these options in the SYN; returns the payload of a full segment. */
static size_t full_segment(struct wire *w, const char *opt, size_t optlen)
{
	struct segment first, second;

	if (w->listener < 0)
		app_listen(w);
	wire_send(w, SYN, .opt = opt, .optlen = optlen);
	wire_expect(w, SYN | ACK, .ack = 1);
	wire_send(w, ACK, .seq = 1, .ack = 1);
	app_accept(w);
	app_send(w, 2 * WIRE_MTU);
	first = wire_any_data(w);
	second = wire_any_data(w);
	if (second.seq != 1 + first.len || second.len > first.len)
		wire_die("two segments are not what they should be");
	/* It has more to send, which shall not disturb the next one. */
	wire_send(w, RST, .seq = 1);
	while (wire_poll(w, &first))
		;
	wire_anew(w);
	return first.len > second.len ? first.len : second.len;
}

static size_t default_mss(const struct wire *w)
{
	return w->f->af == AF_INET ? 536 : 1220;
}

TEST_F(wire, segments_keep_to_the_mss_the_peer_names)
{
	EXPECT_EQ(64, full_segment(self->w, "\x02\x04\x00\x40", 4));
	EXPECT_EQ(536, full_segment(self->w, "\x02\x04\x02\x18", 4));
	EXPECT_EQ(1000, full_segment(self->w, "\x02\x04\x03\xe8", 4));
	EXPECT_EQ(WIRE_MSS_MAX(self->w), full_segment(self->w, "\x02\x04\xff\xff", 4));
}

/* Smaller than 48 would be an attack on our memory and time. */
TEST_F(wire, a_tiny_mss_is_taken_for_48)
{
	EXPECT_EQ(48, full_segment(self->w, "\x02\x04\x00\x01", 4));
	EXPECT_EQ(48, full_segment(self->w, "\x02\x04\x00\x2f", 4));
	EXPECT_EQ(48, full_segment(self->w, "\x02\x04\x00\x30", 4));
}

/* MUST-15 */
TEST_F(wire, without_an_mss_segments_keep_to_the_default)
{
	EXPECT_EQ(default_mss(self->w), full_segment(self->w, "", 0));
	EXPECT_EQ(default_mss(self->w), full_segment(self->w, "\x02\x04\x00\x00", 4));
}

/* MUST-64 */
TEST_F(wire, options_may_stand_anywhere)
{
	EXPECT_EQ(1000, full_segment(self->w, "\x01\x02\x04\x03\xe8\x01\x01\x01", 8));
	EXPECT_EQ(1000, full_segment(self->w, "\x01\x01\x01\x02\x04\x03\xe8\x00", 8));
	EXPECT_EQ(1000, full_segment(self->w, "\x01\x01\x02\x04\x03\xe8\x00\x00", 8));
}

/* MUST-6. 253 and 254 are for experiments (RFC 4727). */
TEST_F(wire, unknown_options_are_skipped)
{
	static const char long_one[40] = {
		[0] = 200, [1] = 36, [36] = 2, [37] = 4, [38] = '\x03', [39] = '\xe8',
	};

	EXPECT_EQ(1000, full_segment(self->w, "\xfd\x04zz\x02\x04\x03\xe8", 8));
	EXPECT_EQ(1000, full_segment(self->w, "\xff\x02\xfe\x02\x02\x04\x03\xe8", 8));
	EXPECT_EQ(1000, full_segment(self->w, long_one, 40));
}

TEST_F(wire, what_follows_the_end_of_the_options_is_not_read)
{
	size_t mss = default_mss(self->w);

	EXPECT_EQ(mss, full_segment(self->w, "\x00\x02\x04\x03\xe8\x00\x00\x00", 8));
	EXPECT_EQ(1000, full_segment(self->w, "\x02\x04\x03\xe8\x00\x02\x00\x01", 8));
}

TEST_F(wire, an_mss_of_another_length_is_no_mss)
{
	size_t mss = default_mss(self->w);

	EXPECT_EQ(mss, full_segment(self->w, "\x02\x03\x03\x01", 4));
	EXPECT_EQ(mss, full_segment(self->w, "\x02\x06\x03\xe8\x00\x00\x00\x00", 8));
	EXPECT_EQ(mss, full_segment(self->w, "\x02\x02\x01\x01", 4));
}

/* MUST-5 */
TEST_F(wire, any_segment_may_carry_options)
{
	wire_open(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 10, .opt = "\x01\x01\x01\x01",
		  .optlen = 4);
	wire_send(self->w, ACK, .seq = 11, .ack = 1, .len = 10, .opt = "\xfd\x08zzzzzz",
		  .optlen = 8);
	wire_send(self->w, ACK, .seq = 21, .ack = 1, .len = 10, .opt = "\x00\x00\x00\x00",
		  .optlen = 4);
	wire_send(self->w, ACK | FIN, .seq = 31, .ack = 1, .len = 10, .mss = 100);
	wire_expect_acked(self->w, 1, 42);
	app_recv(self->w, 40);
	EXPECT_TRUE(app_at_end(self->w));
}

/* MUST-65 */
TEST_F(wire, the_mss_stands_in_a_syn_alone)
{
	struct segment seg;

	wire_open(self->w);
	app_send(self->w, 10);
	seg = wire_expect(self->w, ACK, .seq = 1, .ack = 1, .len = 10);
	EXPECT_EQ(0, seg.mss);
	wire_send(self->w, ACK | FIN, .seq = 1, .ack = 11);
	seg = wire_expect(self->w, ACK, .seq = 11, .ack = 2);
	EXPECT_EQ(0, seg.mss);
	close(self->w->fd);
	seg = wire_expect(self->w, ACK | FIN, .seq = 11, .ack = 2);
	EXPECT_EQ(0, seg.mss);
}

/* What the handshake agrees on: RFC 7323, RFC 2018, RFC 2883, RFC 6191. */

#define THEIRS		1000	/* the peer's clock when it opens */

/*
 * Opens with these options in the SYN, the peer's clock at THEIRS in both of its
 * segments. Returns the SYN+ACK.
 */
#define open_with(w, ...) \
	open_like(w, &(struct segment){ .flags = SYN, .mss = 1460, __VA_ARGS__ })

/* A test on the wire begins without them where they can be switched off for all. */
static void switch_on(const struct wire *w)
{
	wire_set(w, "window_scaling", 1);
	wire_set(w, "timestamps", 1);
	wire_set(w, "sack", 1);
}

static struct segment open_like(struct wire *w, struct segment *syn)
{
	struct segment seg;

	if (w->listener < 0)
		app_listen(w);
	syn->tsval = THEIRS;
	wire_put(w, syn);
	seg = wire_expect(w, SYN | ACK, .ack = 1);
	wire_send(w, ACK, .seq = 1, .ack = 1, .ts = seg.ts, .tsval = THEIRS,
		  .tsecr = seg.tsval);
	app_accept(w);
	return seg;
}

#define AGREED	(TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE)

TEST_F(wire, O3_agreed_is_what_the_client_offers)
{
	struct segment seg;
	int with;

	switch_on(self->w);
	for (with = 0; with < 8; with++) {
		bool sack = with & 1, ts = with & 2, scale = with & 4;

		seg = open_with(self->w, .sack_ok = sack, .ts = ts, .wscale = scale ? 6 : 0);
		EXPECT_EQ(sack, seg.sack_ok);
		EXPECT_EQ(ts, seg.ts);
		EXPECT_EQ(scale, !!seg.wscale);
		EXPECT_GE(1 + 14, seg.wscale);
		EXPECT_EQ(ts ? THEIRS : 0, seg.tsecr);
		EXPECT_EQ((ts ? TCPI_OPT_TIMESTAMPS : 0) | (sack ? TCPI_OPT_SACK : 0) |
			  (scale ? TCPI_OPT_WSCALE : 0),
			  sock_info(self->w->fd).tcpi_options & AGREED);
		EXPECT_EQ(scale ? 5 : 0, (int)sock_info(self->w->fd).tcpi_snd_wscale);
		EXPECT_EQ(scale ? seg.wscale - 1 : 0, (int)sock_info(self->w->fd).tcpi_rcv_wscale);
		wire_anew(self->w);
	}
}

TEST_F(wire, O3_a_syn_offers_everything_and_uses_what_the_server_agrees_to)
{
	struct segment syn;

	switch_on(self->w);
	app_connect(self->w);
	syn = wire_expect(self->w, SYN);
	EXPECT_TRUE(syn.sack_ok);
	EXPECT_TRUE(syn.ts);
	EXPECT_EQ(0, syn.tsecr);
	EXPECT_NE(0, syn.wscale);
	wire_send(self->w, SYN | ACK, .ack = 1, .mss = 1460, .ts = true, .tsval = THEIRS,
		  .tsecr = syn.tsval);
	syn = wire_expect(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_TRUE(syn.ts);
	EXPECT_EQ(THEIRS, syn.tsecr);
	EXPECT_EQ(TCPI_OPT_TIMESTAMPS, sock_info(self->w->fd).tcpi_options & AGREED);
	EXPECT_EQ(0, (int)sock_info(self->w->fd).tcpi_rcv_wscale);
}

TEST_F(wire, what_is_switched_off_is_neither_offered_nor_agreed_to)
{
	static const char *const names[] = { "window_scaling", "timestamps", "sack" };
	struct segment seg;
	int i;

	switch_on(self->w);
	for (i = 0; i < 3; i++) {
		wire_set(self->w, names[i], 0);
		seg = open_with(self->w, .sack_ok = true, .ts = true, .wscale = 6);
		EXPECT_EQ(i != 0, !!seg.wscale);
		EXPECT_EQ(i != 1, seg.ts);
		EXPECT_EQ(i != 2, seg.sack_ok);
		wire_anew(self->w);
		wire_set(self->w, names[i], 1);
	}
	for (i = 0; i < 3; i++) {
		wire_set(self->w, names[i], 0);
		app_connect(self->w);
		seg = wire_expect(self->w, SYN);
		EXPECT_EQ(i != 0, !!seg.wscale);
		EXPECT_EQ(i != 1, seg.ts);
		EXPECT_EQ(i != 2, seg.sack_ok);
		wire_send(self->w, RST | ACK, .ack = 1);
		wire_anew(self->w);
		wire_set(self->w, names[i], 1);
	}
}

/* Without scale, 8 octets of window are no reason to send 8 KiB. */
TEST_F(wire, the_peers_windows_are_scaled_after_its_syn)
{
	struct segment seg;
	size_t len = 0;

	switch_on(self->w);
	open_with(self->w, .wscale = 1 + 10);
	self->w->wnd = 8;
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 1);
	wire_expect_acked(self->w, 1, 2);
	app_send(self->w, 20000);
	while (len < 5U * WIRE_MSS_MAX(self->w)) {
		seg = wire_any_data(self->w);
		ASSERT_EQ(1 + len, seg.seq);
		len += seg.len;
	}
	EXPECT_GE(8192, len);
}

TEST_F(wire, a_scale_above_14_is_taken_for_14)
{
	switch_on(self->w);
	open_with(self->w, .wscale = 1 + 200);
	EXPECT_EQ(14, (int)sock_info(self->w->fd).tcpi_snd_wscale);
}

TEST_F(wire, our_windows_are_scaled_after_the_syn_ack)
{
	struct segment first, next;
	unsigned int shift;

	switch_on(self->w);
	first = open_with(self->w, .wscale = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	next = wire_expect_acked(self->w, 1, 101);
	shift = first.wscale - 1;
	EXPECT_LT(0, shift);
	/* The right edge does not move left by more than the field rounds off. */
	EXPECT_GE(100 + (next.wnd << shift), first.wnd - (1 << shift) + 1);
	EXPECT_LT(next.wnd, first.wnd);
}

/* RFC 7323 section 4.3 */
TEST_F(wire, timestamps_echo_the_oldest_segment_not_acknowledged)
{
	struct segment seg;
	__u32 last;

	switch_on(self->w);
	seg = open_with(self->w, .ts = true);
	last = seg.tsval;
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 10, .ts = true, .tsval = THEIRS + 1);
	seg = wire_expect_acked(self->w, 1, 11);
	EXPECT_EQ(THEIRS + 1, seg.tsecr);
	EXPECT_LE(0, (int)(seg.tsval - last));
	/* A hole, and what fills it. */
	wire_send(self->w, ACK, .seq = 21, .ack = 1, .len = 10, .ts = true, .tsval = THEIRS + 3);
	seg = wire_expect_now(self->w, ACK, .seq = 1, .ack = 11);
	EXPECT_EQ(THEIRS + 1, seg.tsecr);
	wire_send(self->w, ACK, .seq = 11, .ack = 1, .len = 10, .ts = true, .tsval = THEIRS + 2);
	seg = wire_expect_acked(self->w, 1, 31);
	EXPECT_EQ(THEIRS + 2, seg.tsecr);
	app_send(self->w, 10);
	seg = wire_expect(self->w, ACK, .seq = 1, .ack = 31, .len = 10);
	EXPECT_TRUE(seg.ts);
}

/* MUST-16 */
TEST_F(wire, a_full_segment_leaves_room_for_its_timestamp)
{
	struct segment seg;

	switch_on(self->w);
	open_with(self->w, .ts = true);
	app_send(self->w, 2 * WIRE_MTU);
	seg = wire_any_data(self->w);
	EXPECT_EQ(WIRE_MSS_MAX(self->w) - 12, seg.len);
	EXPECT_EQ(seg.len, sock_info(self->w->fd).tcpi_snd_mss);
}

/* RFC 7323 section 5.3 */
TEST_F(wire, an_old_duplicate_by_its_timestamp_is_acknowledged_and_dropped)
{
	switch_on(self->w);
	open_with(self->w, .ts = true);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 10, .ts = true, .tsval = THEIRS + 9);
	wire_expect_acked(self->w, 1, 11);
	wire_send(self->w, ACK, .seq = 11, .ack = 1, .len = 10, .ts = true, .tsval = THEIRS + 2);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 11);
	wire_send(self->w, ACK, .seq = 11, .ack = 1, .len = 20, .ts = true, .tsval = THEIRS + 9);
	wire_expect_acked(self->w, 1, 31);
	app_recv(self->w, 30);
	/* A RST is never too old. */
	wire_send(self->w, RST, .seq = 31, .ts = true, .tsval = THEIRS);
	EXPECT_EQ(ECONNRESET, app_error(self->w));
}

/* RFC 7323 section 3.2, which kernel TCP does not follow here. */
TEST_F(wire, a_segment_without_the_timestamp_agreed_on_is_dropped)
{
	if (!is_mytcp(self->w))
		SKIP(return, "kernel TCP takes it");
	open_with(self->w, .ts = true);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 10);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 20, .ts = true, .tsval = THEIRS);
	wire_expect_acked(self->w, 1, 21);
	EXPECT_EQ(1, wire_counter(self->w, "RxNoTimestamp"));
}

static bool block_is(const struct segment *seg, int i, __u32 seq, __u32 end)
{
	return seg->sack[i].seq == seq && seg->sack[i].end == end;
}

static struct segment out_of_order(struct wire *w, __u32 seq, size_t len)
{
	wire_send(w, ACK, .seq = seq, .ack = 1, .len = len);
	return wire_any(w);
}

/* The third example of RFC 2018, section 8. */
TEST_F(wire, what_came_last_is_reported_first)
{
	struct segment seg;

	switch_on(self->w);
	open_with(self->w, .sack_ok = true);
	out_of_order(self->w, 1, 500);
	seg = out_of_order(self->w, 1001, 500);
	ASSERT_EQ(1, seg.nr_sack);
	EXPECT_TRUE(block_is(&seg, 0, 1001, 1501));
	seg = out_of_order(self->w, 2001, 500);
	ASSERT_EQ(2, seg.nr_sack);
	EXPECT_TRUE(block_is(&seg, 0, 2001, 2501));
	EXPECT_TRUE(block_is(&seg, 1, 1001, 1501));
	seg = out_of_order(self->w, 3001, 500);
	ASSERT_EQ(3, seg.nr_sack);
	EXPECT_TRUE(block_is(&seg, 0, 3001, 3501));
	EXPECT_TRUE(block_is(&seg, 1, 2001, 2501));
	EXPECT_TRUE(block_is(&seg, 2, 1001, 1501));
	seg = out_of_order(self->w, 1501, 500);
	ASSERT_EQ(2, seg.nr_sack);
	EXPECT_TRUE(block_is(&seg, 0, 1001, 2501));
	EXPECT_TRUE(block_is(&seg, 1, 3001, 3501));
	seg = out_of_order(self->w, 501, 500);
	EXPECT_EQ(2501, seg.ack);
	ASSERT_EQ(1, seg.nr_sack);
	EXPECT_TRUE(block_is(&seg, 0, 3001, 3501));
}

/* RFC 2883 */
TEST_F(wire, what_came_twice_is_reported_before_all)
{
	struct segment seg;

	switch_on(self->w);
	open_with(self->w, .sack_ok = true);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 500);
	wire_expect_acked(self->w, 1, 501);
	seg = out_of_order(self->w, 1, 500);
	EXPECT_EQ(501, seg.ack);
	ASSERT_EQ(1, seg.nr_sack);
	EXPECT_TRUE(block_is(&seg, 0, 1, 501));
	out_of_order(self->w, 1001, 1000);
	seg = out_of_order(self->w, 1001, 500);
	ASSERT_EQ(2, seg.nr_sack);
	EXPECT_TRUE(block_is(&seg, 0, 1001, 1501));
	EXPECT_TRUE(block_is(&seg, 1, 1001, 2001));
}

/* RFC 6191: below the old connection's numbers, but later. */
TEST_F(wire, a_syn_reopens_TIME_WAIT_by_its_timestamp)
{
	switch_on(self->w);
	open_with(self->w, .ts = true);
	close(self->w->fd);
	wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2, .ts = true, .tsval = THEIRS + 5);
	wire_expect(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
	/* Not by an older one. */
	wire_send(self->w, SYN, .seq = -1000, .mss = 1460, .ts = true, .tsval = THEIRS + 4);
	wire_expect(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
	self->w->peer_isn -= 1000;
	self->w->isn_seen = false;
	wire_send(self->w, SYN, .mss = 1460, .ts = true, .tsval = THEIRS + 6);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	EXPECT_STREQ("SYN_RECV", wire_state(self->w));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* Options in a segment's header. RFC 9293 sections 3.2 and 3.7.1. */
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

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* What ICMP errors do to a connection. RFC 9293 section 3.9.2.2, RFC 5927. */
#include "wire_test.h"

struct error {
	int type;
	int code;
};

#define HOST_UNREACHABLE(w)	((w)->f->af == AF_INET ? (struct error){ 3, 1 } : \
							 (struct error){ 1, 3 })
#define PORT_UNREACHABLE(w)	((w)->f->af == AF_INET ? (struct error){ 3, 3 } : \
							 (struct error){ 1, 4 })
#define TIME_EXCEEDED(w)	((w)->f->af == AF_INET ? (struct error){ 11, 0 } : \
							 (struct error){ 3, 0 })

/* An error about the segment with this number. */
static void comes(struct wire *w, struct error what, __u32 seq)
{
	wire_icmp(w, what.type, what.code, seq);
}

/* A connection with a segment on its way, which all this is about. */
static void open_and_send(struct wire *w)
{
	wire_open(w);
	app_send(w, 100);
	wire_expect(w, ACK, .seq = 1, .ack = 1, .len = 100);
}

static void still_works(struct wire *w)
{
	wire_send(w, ACK, .seq = 1, .ack = 101, .len = 10);
	wire_expect_acked(w, 101, 11);
	app_recv(w, 10);
}

TEST_F(wire, connect_reports_that_the_host_is_unreachable)
{
	app_connect(self->w);
	wire_expect(self->w, SYN);
	comes(self->w, HOST_UNREACHABLE(self->w), 0);
	EXPECT_EQ(EHOSTUNREACH, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, connect_is_refused_by_an_unreachable_port)
{
	app_connect(self->w);
	wire_expect(self->w, SYN);
	comes(self->w, PORT_UNREACHABLE(self->w), 0);
	EXPECT_EQ(ECONNREFUSED, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, connect_ignores_an_error_about_what_it_did_not_send)
{
	app_connect(self->w);
	wire_expect(self->w, SYN);
	comes(self->w, PORT_UNREACHABLE(self->w), 5);
	comes(self->w, HOST_UNREACHABLE(self->w), -5);
	EXPECT_STREQ("SYN_SENT", wire_state(self->w));
	wire_send(self->w, SYN | ACK, .ack = 1, .mss = 1460);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(0, sock_error(self->w->fd));
}

/* MUST-56, MUST-47 */
TEST_F(wire, a_soft_error_does_not_end_a_connection_but_is_told_to_who_asks)
{
	open_and_send(self->w);
	comes(self->w, HOST_UNREACHABLE(self->w), 1);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	EXPECT_EQ(EHOSTUNREACH, sock_error(self->w->fd));
	comes(self->w, TIME_EXCEEDED(self->w), 1);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	still_works(self->w);
}

/* RFC 5927: else anybody could end it who knows the ports. */
TEST_F(wire, an_error_about_what_is_not_on_its_way_is_ignored)
{
	open_and_send(self->w);
	comes(self->w, PORT_UNREACHABLE(self->w), 0);
	comes(self->w, PORT_UNREACHABLE(self->w), 200);
	comes(self->w, PORT_UNREACHABLE(self->w), -100000);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	EXPECT_EQ(0, sock_error(self->w->fd));
	still_works(self->w);
}

/* MUST-55 */
TEST_F(wire, source_quench_is_ignored)
{
	if (self->w->f->af != AF_INET)
		SKIP(return, "IPv6 has none");
	open_and_send(self->w);
	wire_icmp(self->w, 4, 0, 1);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	EXPECT_EQ(0, sock_error(self->w->fd));
	still_works(self->w);
}

TEST_HARNESS_MAIN

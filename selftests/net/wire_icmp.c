// SPDX-License-Identifier: GPL-2.0
/* What ICMP errors do to a connection. RFC 9293 section 3.9.2.2, RFC 5927. */
#include <time.h>
#include <linux/errqueue.h>

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

static void ask_for_errors(struct wire *w)
{
	if (w->f->af == AF_INET)
		opt_set(w->fd, SOL_IP, IP_RECVERR, 1);
	else
		opt_set(w->fd, SOL_IPV6, IPV6_RECVERR, 1);
}

struct report {
	struct sock_extended_err ee;
	struct addr offender;
	struct addr to;
	unsigned char quoted[100];
	ssize_t len;
};

/* What is in the error queue; len is -1 if nothing is. */
static struct report next_report(struct wire *w)
{
	struct report r = { .len = -1 };
	struct iovec iov = { r.quoted, sizeof(r.quoted) };
	char control[200];
	struct msghdr msg = {
		.msg_name = &r.to.storage, .msg_namelen = sizeof(r.to.storage),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;

	r.len = recvmsg(w->fd, &msg, MSG_ERRQUEUE);
	if (r.len < 0)
		return r;
	r.to.len = msg.msg_namelen;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || !(msg.msg_flags & MSG_ERRQUEUE) ||
	    cmsg->cmsg_type != (w->f->af == AF_INET ? IP_RECVERR : IPV6_RECVERR))
		die("an error without a report");
	memcpy(&r.ee, CMSG_DATA(cmsg), sizeof(r.ee));
	memcpy(&r.offender.storage, SO_EE_OFFENDER((struct sock_extended_err *)CMSG_DATA(cmsg)),
	       w->f->af == AF_INET ? sizeof(r.offender.in) : sizeof(r.offender.in6));
	return r;
}

static bool same_host(const struct addr *a, const struct addr *b)
{
	if (b->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return !memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr));
}

TEST_F(wire, who_asks_for_errors_finds_that_of_a_connect_in_the_error_queue)
{
	struct addr peer = addr_text(self->w->f, "192.0.2.2", "2001:db8::2",
				     self->w->peer_port);
	bool four = self->w->f->af == AF_INET;
	struct report r;

	self->w->fd = sock_new(self->w->f);
	ask_for_errors(self->w);
	app_connect(self->w);
	wire_expect(self->w, SYN);
	comes(self->w, HOST_UNREACHABLE(self->w), 0);
	r = next_report(self->w);
	ASSERT_EQ(20, r.len);
	EXPECT_EQ(EHOSTUNREACH, (int)r.ee.ee_errno);
	EXPECT_EQ(four ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6, r.ee.ee_origin);
	EXPECT_EQ(HOST_UNREACHABLE(self->w).type, r.ee.ee_type);
	EXPECT_EQ(HOST_UNREACHABLE(self->w).code, r.ee.ee_code);
	EXPECT_TRUE(same_host(&r.offender, &peer));
	EXPECT_TRUE(same_host(&r.to, &peer));
	EXPECT_EQ(self->w->peer_port, addr_port(&r.to));
	/* The segment's own ports come first. */
	EXPECT_EQ(self->w->port, r.quoted[0] << 8 | r.quoted[1]);
	EXPECT_EQ(-1, next_report(self->w).len);
	/* Told once is enough. */
	EXPECT_EQ(0, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, who_does_not_ask_finds_nothing_there)
{
	if (!is_mytcp(self->w) && self->w->f->af == AF_INET)
		SKIP(return, "TCP over IPv4 tells it unasked");
	app_connect(self->w);
	wire_expect(self->w, SYN);
	comes(self->w, HOST_UNREACHABLE(self->w), 0);
	EXPECT_EQ(-1, next_report(self->w).len);
	EXPECT_EQ(EHOSTUNREACH, app_error(self->w));
}

TEST_F(wire, who_asks_hears_of_a_soft_error_at_once_and_the_connection_stands)
{
	open_and_send(self->w);
	ask_for_errors(self->w);
	comes(self->w, HOST_UNREACHABLE(self->w), 1);
	EXPECT_EQ(EHOSTUNREACH, app_error(self->w));
	EXPECT_EQ(-1, next_report(self->w).len);
	comes(self->w, PORT_UNREACHABLE(self->w), 1);
	EXPECT_EQ(ECONNREFUSED, app_error(self->w));
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	still_works(self->w);
}

/* RFC 1191, RFC 8201 */
TEST_F(wire, a_message_that_the_path_is_narrower_cuts_up_what_is_on_its_way)
{
	int len = WIRE_MSS_MAX(self->w) - 200;

	wire_open_mss(self->w, WIRE_MSS_MAX(self->w));
	app_send(self->w, WIRE_MSS_MAX(self->w));
	wire_expect(self->w, ACK, .seq = 1, .ack = 1, .len = WIRE_MSS_MAX(self->w));
	wire_icmp_mtu(self->w, WIRE_MTU - 200, 1);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1, .len = len);
	wire_send(self->w, ACK, .seq = 1, .ack = 1 + len);
	wire_expect(self->w, ACK, .seq = 1 + len, .ack = 1, .len = 200);
}

/* RFC 5927 section 7: nor may who does not see the connection make it slow. */
TEST_F(wire, such_a_message_about_what_is_not_on_its_way_is_ignored)
{
	wire_open_mss(self->w, WIRE_MSS_MAX(self->w));
	app_send(self->w, 100);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_icmp_mtu(self->w, WIRE_MTU - 200, 5000);
	wire_icmp_mtu(self->w, WIRE_MTU - 200, -5000);
	wire_send(self->w, ACK, .seq = 1, .ack = 101);
	app_send(self->w, WIRE_MSS_MAX(self->w));
	wire_expect(self->w, ACK, .seq = 101, .ack = 1, .len = WIRE_MSS_MAX(self->w));
}

TEST_F(wire, what_is_ignored_is_counted)
{
	long before;

	if (!is_mytcp(self->w))
		SKIP(return, "MyTCP's counters");
	open_and_send(self->w);
	before = wire_counter(self->w, "RxIcmpIgnored");
	comes(self->w, PORT_UNREACHABLE(self->w), 200);
	wire_icmp_mtu(self->w, WIRE_MTU - 200, 200);
	EXPECT_EQ(before + 2, wire_counter(self->w, "RxIcmpIgnored"));
	comes(self->w, PORT_UNREACHABLE(self->w), 1);
	EXPECT_EQ(before + 2, wire_counter(self->w, "RxIcmpIgnored"));
}

TEST_HARNESS_MAIN

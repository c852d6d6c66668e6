// SPDX-License-Identifier: GPL-2.0
/*
 * TIME_WAIT under load, as the peer on the wire sees it: how it is cut short, and what
 * takes its place. What it answers is in wire_teardown.c.
 */
#include <sched.h>

#include "wire_test.h"

#define THEIRS	5000	/* the peer's timestamps */

/* To TIME_WAIT from ESTABLISHED. */
static void stack_closes_first(struct wire *w)
{
	close(w->fd);
	wire_expect_now(w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(w, ACK, .seq = 2, .ack = 2);
	if (strcmp(wire_state(w), "TIME_WAIT"))
		wire_die("no TIME_WAIT");
}

TEST_F(wire, a_shorter_lifetime_of_a_segment_holds_for_those_that_wait_already)
{
	if (!is_mytcp(self->w))
		SKIP(return, "TCP's lifetime of a segment cannot be set");
	wire_set(self->w, "msl", 1000000);
	wire_open(self->w);
	stack_closes_first(self->w);
	wire_set(self->w, "msl", 10);
	EXPECT_TRUE(wait_for(!wire_entries(self->w, NULL)));
}

TEST_F(wire, a_longer_lifetime_of_a_segment_holds_for_those_that_wait_already)
{
	long long begin;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's lifetime of a segment cannot be set");
	wire_set(self->w, "msl", 100);
	wire_open(self->w);
	begin = now_ms();
	stack_closes_first(self->w);
	wire_set(self->w, "msl", 300);
	EXPECT_TRUE(wait_for(!wire_entries(self->w, NULL)));
	EXPECT_GE(now_ms() - begin, 600);
}

/* On one processor or the other, and in a millisecond of its own. */
static void one_in_time_wait(struct wire *w, int n)
{
	long long then = now_ms();
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(n & 1, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	wire_anew(w);
	wire_open(w);
	stack_closes_first(w);
	wait_for(now_ms() > then + 1);
}

/* Whichever processors they were made on. */
TEST_F(wire, over_the_cap_the_oldest_goes)
{
	int i, port = self->w->peer_port, overflow;

	if (!is_mytcp(self->w))
		SKIP(return, "with TCP the newest goes");
	wire_set(self->w, "max_tw_buckets", 3);
	for (i = 0; i < 9; i++) {
		one_in_time_wait(self->w, i / 3);
		EXPECT_EQ(i < 3 ? i + 1 : 3, wire_counter(self->w, "TimeWait"));
	}
	overflow = wire_counter(self->w, "TimeWaitOverflow");
	EXPECT_EQ(6, overflow);
	for (i = 0; i < 9; i++) {
		self->w->peer_port = port + 1 + i;
		EXPECT_EQ(i >= 6, wire_entries(self->w, "TIME_WAIT")) TH_LOG("entry %d", i);
	}
}

/* None that waits is younger for its peer than the one that comes. */
TEST_F(wire, over_the_cap_no_fin_wait2_is_kept)
{
	int i;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's has no cap");
	wire_set(self->w, "max_tw_buckets", 2);
	for (i = 0; i < 3; i++) {
		wire_anew(self->w);
		wire_open(self->w);
		close(self->w->fd);
		wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
		wire_send(self->w, ACK, .seq = 1, .ack = 2);
		EXPECT_STREQ(i < 2 ? "FIN_WAIT2" : "CLOSED", wire_state(self->w));
	}
	EXPECT_EQ(2, wire_counter(self->w, "FinWait2"));
	EXPECT_EQ(1, wire_counter(self->w, "TimeWaitOverflow"));
}

/* It stands behind those that came after it: over the cap they go first. */
TEST_F(wire, C7_a_repeated_fin_makes_the_wait_start_anew)
{
	struct wire first;
	int i;

	if (!is_mytcp(self->w))
		SKIP(return, "with TCP the newest goes");
	wire_set(self->w, "max_tw_buckets", 3);
	one_in_time_wait(self->w, 0);
	first = *self->w;
	for (i = 0; i < 2; i++)
		one_in_time_wait(self->w, 0);
	wire_send(&first, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(&first, ACK, .seq = 2, .ack = 2);
	for (i = 0; i < 2; i++)
		one_in_time_wait(self->w, 0);
	EXPECT_STREQ("TIME_WAIT", wire_state(&first));
	EXPECT_EQ(3, wire_counter(self->w, "TimeWait"));
}

TEST_F(wire, a_lower_cap_is_reached_step_by_step)
{
	static const int left[] = { 5, 4, 3, 2, 2 };
	int i;

	if (!is_mytcp(self->w))
		SKIP(return, "with TCP the newest goes");
	for (i = 0; i < 6; i++)
		one_in_time_wait(self->w, i);
	wire_set(self->w, "max_tw_buckets", 2);
	for (i = 0; i < 5; i++) {
		one_in_time_wait(self->w, i);
		EXPECT_EQ(left[i], wire_counter(self->w, "TimeWait"));
	}
}

/* connect() has one port to choose from; where it is bound, the user names it. */
#define ONLY_PORT	4321

static void one_port(const struct wire *w)
{
	sysctl_set(w->f, "ip_local_port_range", "%d %d", ONLY_PORT, ONLY_PORT);
}

/* The next connection has the endpoints of the last. */
static void connect_begins(struct wire *w, bool bound)
{
	struct addr from = addr_any(w->f, ONLY_PORT);

	w->isn_seen = false;
	w->high = 0;
	w->fd = sock_new(w->f);
	opt_set(w->fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bound && try_bind(w->fd, &from))
		wire_die("bind");
}

/* EINPROGRESS if it is under way. */
static int connect_error(struct wire *w, bool bound)
{
	struct addr peer = addr_text(w->f, "192.0.2.2", "2001:db8::2", w->peer_port);
	int err = 0;

	connect_begins(w, bound);
	set_nonblock(w->fd, true);
	if (try_connect(w->fd, &peer))
		err = errno;
	if (err != EINPROGRESS)
		close(w->fd);
	return err;
}

/* Leaves a connection in TIME_WAIT; returns the last timestamp that was sent in it. */
static __u32 connect_and_close(struct wire *w, bool bound, bool stamped)
{
	struct segment seg;

	one_port(w);
	wire_set(w, "timestamps", stamped);
	connect_begins(w, bound);
	app_connect(w);
	wire_expect(w, SYN);
	wire_send(w, SYN | ACK, .ack = 1, .mss = 1460, .ts = stamped, .tsval = THEIRS);
	wire_expect(w, ACK, .seq = 1, .ack = 1);
	close(w->fd);
	wire_expect(w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(w, FIN | ACK, .seq = 1, .ack = 2, .ts = stamped, .tsval = THEIRS + 1);
	wire_expect(w, ACK, .seq = 2, .ack = 2);
	wire_send(w, FIN | ACK, .seq = 1, .ack = 2, .ts = stamped, .tsval = THEIRS + 1);
	seg = wire_expect(w, ACK, .seq = 2, .ack = 2);
	if (strcmp(wire_state(w), "TIME_WAIT"))
		wire_die("no TIME_WAIT");
	return seg.tsval;
}

/* The SYN lies above all of the old connection, and what that has left does no harm. */
static void connects_above(struct wire *w, __u32 old, __u32 tsval)
{
	struct segment syn = wire_expect(w, SYN);

	if ((int)(w->isn - old) <= 2 || (int)(syn.tsval - tsval) <= 0)
		wire_die("a SYN like one of the old connection");
	wire_send(w, SYN | ACK, .ack = 1, .mss = 1460, .ts = true, .tsval = THEIRS + 2);
	wire_expect(w, ACK, .seq = 1, .ack = 1);
	if (strcmp(wire_state(w), "ESTABLISHED") || wire_entries(w, NULL) != 1)
		wire_die("there is another connection");
	wire_send(w, ACK, .seq = 1, .ack = 1, .len = 5, .ts = true, .tsval = THEIRS);
	wire_expect(w, ACK, .seq = 1, .ack = 1);
	wire_send(w, ACK, .seq = 1, .ack = 1, .len = 9, .ts = true, .tsval = THEIRS + 3);
	wire_expect_acked(w, 1, 10);
}

TEST_F(wire, connect_takes_the_place_of_time_wait_where_the_user_names_the_port)
{
	__u32 old, tsval = connect_and_close(self->w, true, true);

	old = self->w->isn;
	wire_set(self->w, "tw_reuse", 0);
	EXPECT_EQ(EINPROGRESS, connect_error(self->w, true));
	connects_above(self->w, old, tsval);
}

TEST_F(wire, connect_takes_a_port_in_time_wait_if_tw_reuse_allows_it)
{
	__u32 old, tsval = connect_and_close(self->w, false, true);

	old = self->w->isn;
	wire_set(self->w, "tw_reuse", 1);
	/* TCP waits for a second. */
	EXPECT_TRUE(wait_for(connect_error(self->w, false) == EINPROGRESS));
	connects_above(self->w, old, tsval);
}

/* A wire is no loopback, which is what 2 is about. */
TEST_F(wire, connect_leaves_a_port_in_time_wait_alone_if_tw_reuse_does_not_allow_it)
{
	connect_and_close(self->w, false, true);
	wire_set(self->w, "tw_reuse", 0);
	EXPECT_EQ(EADDRNOTAVAIL, connect_error(self->w, false));
	wire_set(self->w, "tw_reuse", 2);
	EXPECT_EQ(EADDRNOTAVAIL, connect_error(self->w, false));
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
}

TEST_F(wire, connect_leaves_time_wait_alone_without_timestamps)
{
	connect_and_close(self->w, false, false);
	wire_set(self->w, "tw_reuse", 1);
	EXPECT_EQ(EADDRNOTAVAIL, connect_error(self->w, false));
	wire_set(self->w, "timestamps", 1);
	EXPECT_EQ(EADDRNOTAVAIL, connect_error(self->w, false));
	EXPECT_EQ(EADDRNOTAVAIL, connect_error(self->w, true));
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
}

/* The last ACK was lost: the peer is still in LAST_ACK, and hears of it by a RST. */
TEST_F(wire, a_peer_that_still_waits_for_the_last_ack_does_not_keep_connect_from_its_port)
{
	__u32 end, tsval = connect_and_close(self->w, true, true);

	end = self->w->isn + 2;
	wire_quick_syn(self->w);
	EXPECT_EQ(EINPROGRESS, connect_error(self->w, true));
	wire_expect(self->w, SYN);
	wire_send(self->w, ACK, .seq = 2, .ack = end - self->w->isn, .ts = true,
		  .tsval = THEIRS + 2);
	wire_expect(self->w, RST, .seq = end - self->w->isn);
	connects_above(self->w, end, tsval);
}

/* Cookies */

#define GET	100	/* octets that a client sends with the cookie */

static void open_by_cookie(struct wire *w)
{
	wire_set(w, "syncookies", 2);
	if (w->listener < 0)
		app_listen(w);
	wire_send(w, SYN, .mss = 1460);
	wire_expect_now(w, SYN | ACK, .ack = 1);
	wire_send(w, ACK, .seq = 1, .ack = 1, .len = GET);
	wire_expect_acked(w, 1, 1 + GET);
	app_accept(w);
	app_recv(w, GET);
}

/* The peer closes first, so the stack does not wait. */
static void peer_closes_first(struct wire *w)
{
	wire_send(w, FIN | ACK, .seq = 1 + GET, .ack = 1);
	wire_expect_acked(w, 1, 2 + GET);
	close(w->fd);
	wire_expect_now(w, FIN | ACK, .seq = 1, .ack = 2 + GET);
	wire_send(w, ACK, .seq = 2 + GET, .ack = 2);
}

static void duplicate_is_reset(struct wire *w)
{
	wire_send(w, ACK, .seq = 1, .ack = 1, .len = GET);
	wire_expect_now(w, RST, .seq = 1);
	if (app_can_accept(w))
		wire_die("the old connection is there again");
}

TEST_F(wire, what_opened_a_connection_by_a_cookie_does_not_open_it_once_more)
{
	if (!is_mytcp(self->w))
		SKIP(return, "it does with TCP");
	open_by_cookie(self->w);
	peer_closes_first(self->w);
	EXPECT_EQ(1, wire_counter(self->w, "CookieEnds"));
	duplicate_is_reset(self->w);

	/* Nor after a reset, of either side. */
	wire_anew(self->w);
	open_by_cookie(self->w);
	wire_send(self->w, RST, .seq = 1 + GET);
	duplicate_is_reset(self->w);

	wire_anew(self->w);
	open_by_cookie(self->w);
	wire_send(self->w, ACK, .seq = 1 + GET, .ack = 1, .len = GET);
	wire_expect_acked(self->w, 1, 1 + 2 * GET);
	close(self->w->fd);
	wire_expect_reset(self->w, 1);
	duplicate_is_reset(self->w);
	EXPECT_EQ(3, wire_counter(self->w, "CookieEnds"));
	EXPECT_EQ(0, wire_counter(self->w, "TimeWaits"));
}

/* FIN_WAIT2 of a connection that a cookie has opened and nobody holds. */
static void cookie_to_fin_wait2(struct wire *w)
{
	open_by_cookie(w);
	close(w->fd);
	wire_expect_now(w, FIN | ACK, .seq = 1, .ack = 1 + GET);
	wire_send(w, ACK, .seq = 1 + GET, .ack = 2);
	if (strcmp(wire_state(w), "FIN_WAIT2"))
		wire_die("no FIN_WAIT2");
}

TEST_F(wire, a_cookie_opens_nothing_twice_after_fin_wait2_that_saw_no_fin)
{
	struct addr a = addr_any(self->w->f, self->w->port);
	int fd;

	if (!is_mytcp(self->w))
		SKIP(return, "it does with TCP");
	cookie_to_fin_wait2(self->w);
	EXPECT_EQ(1, wire_counter(self->w, "FinWait2"));
	EXPECT_EQ(0, wire_counter(self->w, "Sockets"));
	wire_send(self->w, RST, .seq = 1 + GET);
	EXPECT_STREQ("CLOSE", wire_state(self->w));
	duplicate_is_reset(self->w);

	wire_anew(self->w);
	cookie_to_fin_wait2(self->w);
	wire_set(self->w, "fin_timeout", 10);
	EXPECT_TRUE(wait_for(!wire_counter(self->w, "FinWait2")));
	EXPECT_STREQ("CLOSE", wire_state(self->w));
	duplicate_is_reset(self->w);
	EXPECT_EQ(2, wire_counter(self->w, "CookieEnds"));
	EXPECT_EQ(2, wire_counter(self->w, "TimeWait"));

	/* Neither keeps the port busy. */
	close(self->w->listener);
	fd = sock_new(self->w->f);
	EXPECT_EQ(0, try_bind(fd, &a));
}

TEST_F(wire, a_fin_in_fin_wait2_begins_time_wait_after_a_cookie_too)
{
	if (!is_mytcp(self->w))
		SKIP(return, "it does with TCP");
	cookie_to_fin_wait2(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1 + GET, .ack = 2);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2 + GET);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
	EXPECT_EQ(0, wire_counter(self->w, "CookieEnds"));
}

TEST_F(wire, the_end_of_a_connection_by_a_cookie_keeps_nobody_from_the_next)
{
	struct addr a = addr_any(self->w->f, self->w->port);
	__u32 old;
	int fd;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP does not remember it");
	open_by_cookie(self->w);
	peer_closes_first(self->w);
	EXPECT_STREQ("CLOSE", wire_state(self->w));

	/* A SYN below the old numbers, without a timestamp. */
	old = self->w->isn;
	self->w->isn_seen = false;
	self->w->peer_isn -= 1000;
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, SYN | ACK, .ack = 1);
	EXPECT_LT(2, (int)(self->w->isn - old));
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	EXPECT_EQ(1, wire_entries(self->w, NULL));
	wire_send(self->w, RST, .seq = 1);

	/* Another server on the port, without SO_REUSEADDR. */
	wire_anew(self->w);
	open_by_cookie(self->w);
	peer_closes_first(self->w);
	close(self->w->fd);
	close(self->w->listener);
	fd = sock_new(self->w->f);
	EXPECT_EQ(0, try_bind(fd, &a));
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, RST | ACK, .seq = -self->w->isn, .ack = 1);
}

TEST_F(wire, connect_goes_where_a_cookie_is_kept_out_and_asks_no_timestamps)
{
	struct addr a = addr_any(self->w->f, self->w->port);

	if (!is_mytcp(self->w))
		SKIP(return, "TCP does not remember it");
	open_by_cookie(self->w);
	peer_closes_first(self->w);
	close(self->w->fd);
	close(self->w->listener);
	self->w->listener = -1;
	EXPECT_EQ(1, wire_entries(self->w, "CLOSE"));

	wire_set(self->w, "timestamps", 0);
	self->w->fd = sock_new(self->w->f);
	self->w->isn_seen = false;
	ASSERT_EQ(0, try_bind(self->w->fd, &a));
	app_connect(self->w);
	wire_expect_now(self->w, SYN);
	EXPECT_STREQ("SYN_SENT", wire_state(self->w));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies, as clients on the wire see them: nothing is kept of a SYN, and nothing that
 * the handshake agreed on is lost.
 */
#include "wire_test.h"
#include "wire_client.h"

/* Peers that are never heard of again, far from PEER_PORT. */
#define FLOOD		1000
#define FLOOD_PORT	1024

TEST_F(wire, a_syn_is_answered_and_nothing_kept_and_its_ack_connects)
{
	listen_with_cookies(self->w);
	cookie_comes(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	wire_send(self->w, ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(self->w, 1, 101);
	app_recv(self->w, 100);
	app_send(self->w, 50);
	wire_expect(self->w, ACK, .seq = 1, .ack = 101, .len = 50);
}

TEST_F(wire, what_was_agreed_on_survives)
{
	struct options echo;
	size_t i;

	set_options(self->w, true);
	listen_with_cookies(self->w);
	for (i = 0; i < ARRAY_SIZE(clients); i++) {
		const struct client *c = &clients[i];

		/* TCP's cookies have no room for these. */
		if (!is_mytcp(self->w) && (c->cookie || (!c->ts && (c->sack || c->wscale >= 0))))
			continue;
		echo = client_syn(self->w, c);
		EXPECT_EQ(0, kept(self->w));
		client_ack(self->w, c, &echo);
		EXPECT_TRUE(client_has_all(self->w, c));
		client_talk(self->w, &echo);
		wire_silent(self->w);
		wire_anew(self->w);
	}
}

TEST_F(wire, no_client_is_sent_more_than_its_mss)
{
	static const int sizes[] = { 48, 64, 255, 256, 535, 536, 1219, 1220, 1380, 1459, 1460 };
	size_t i;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's cookies know no MSS below 536");
	self->w->skip_others = true;
	listen_with_cookies(self->w);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		wire_open_mss(self->w, sizes[i]);
		app_send(self->w, sizes[i] + 1);
		EXPECT_LE(wire_any_data(self->w).len, sizes[i]);
		wire_send(self->w, RST, .seq = 1);
		wire_anew(self->w);
	}
}

TEST_F(wire, the_syn_ack_is_never_longer_than_the_syn)
{
	static const struct client bare[] = {
		{ "nothing", .wscale = -1 },
		{ "wscale", .wscale = 2 },
		{ "sack", .wscale = -1, .sack = true, .syn = "\4\2\1\1", .syn_len = 4 },
		{ "packed", 1460, 7, .sack = true,
		  .syn = "\2\4\5\xb4\3\3\7\4\2\0\0\0", .syn_len = 12 },
		{ "ts", .wscale = -1, .ts = true },
	};
	size_t i;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's may be");
	set_options(self->w, true);
	listen_with_cookies(self->w);
	for (i = 0; i < ARRAY_SIZE(bare); i++, wire_anew(self->w))
		client_syn(self->w, &bare[i]);
	for (i = 0; i < ARRAY_SIZE(clients); i++, wire_anew(self->w))
		client_syn(self->w, &clients[i]);
}

TEST_F(wire, data_and_fin_that_come_with_the_cookie_are_taken)
{
	listen_with_cookies(self->w);
	cookie_comes(self->w);
	wire_send(self->w, ACK | FIN, .seq = 1, .ack = 1, .len = 10);
	wire_expect_acked(self->w, 1, 12);
	app_accept(self->w);
	app_recv(self->w, 10);
	EXPECT_TRUE(app_at_end(self->w));
}

TEST_F(wire, a_cookie_with_rst_or_syn_makes_no_connection)
{
	listen_with_cookies(self->w);
	cookie_comes(self->w);
	wire_send(self->w, RST | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, RST, .seq = 1, .ack = 1);
	wire_silent(self->w);
	wire_send(self->w, SYN | ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, RST, .seq = 1);
	EXPECT_FALSE(app_can_accept(self->w));
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
}

TEST_F(wire, a_number_that_is_changed_in_one_bit_is_no_cookie)
{
	int i;

	if (!is_mytcp(self->w))
		SKIP(return, "a bit of TCP's may be a bit of the MSS");
	listen_with_cookies(self->w);
	cookie_comes(self->w);
	for (i = 0; i < 32; i++) {
		__u32 ack = (self->w->isn + 1) ^ 1U << i;

		wire_send(self->w, ACK, .seq = 1, .ack = ack - self->w->isn);
		wire_expect_now(self->w, RST, .seq = ack - self->w->isn);
		wire_send(self->w, ACK, .seq = 1 + (1U << i), .ack = 1);
		wire_expect_now(self->w, RST, .seq = 1);
	}
	EXPECT_FALSE(app_can_accept(self->w));
	EXPECT_EQ(64, wire_counter(self->w, "CookiesBadMac"));
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
}

TEST_F(wire, an_option_that_is_changed_in_one_bit_is_no_cookie)
{
	struct options echo, bad;
	int i;

	if (!is_mytcp(self->w))
		SKIP(return, "the option is MyTCP's");
	set_options(self->w, true);
	listen_with_cookies(self->w);
	echo = client_syn(self->w, &clients[COOKIE_ALL]);
	for (i = 0; i < COOKIE_LEN * 8; i++) {
		bad = echo;
		bad.bytes[echo.len - COOKIE_LEN + i / 8] ^= 1 << i % 8;
		client_send(self->w, &bad, ACK, .seq = 1, .ack = 1);
		wire_expect_now(self->w, RST, .seq = 1);
	}
	EXPECT_FALSE(app_can_accept(self->w));
	EXPECT_EQ(COOKIE_LEN * 8, wire_counter(self->w, "CookiesBadMac") +
				  wire_counter(self->w, "CookiesUnknownKey"));
	client_send(self->w, &echo, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	EXPECT_EQ(1, wire_counter(self->w, "CookiesValid"));
	EXPECT_EQ(1, wire_counter(self->w, "CookieOptionsSent"));
}

TEST_F(wire, a_cookie_is_good_for_its_own_endpoints_alone)
{
	listen_with_cookies(self->w);
	cookie_comes(self->w);
	self->w->peer_port++;
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, RST, .seq = 1);
	EXPECT_FALSE(app_can_accept(self->w));
}

TEST_F(wire, what_is_no_cookie_draws_the_same_answer_whatever_the_setting)
{
	struct segment reset, first = { 0 };
	int setting;

	app_listen(self->w);
	for (setting = 0; setting <= 2; setting++) {
		wire_set(self->w, "syncookies", setting);
		wire_send(self->w, ACK, .seq = 5, .ack = 9, .len = 3);
		reset = wire_expect_now(self->w, RST, .seq = 9);
		if (!setting)
			first = reset;
		EXPECT_EQ(first.wnd, reset.wnd);
		EXPECT_EQ(first.ack, reset.ack);
		EXPECT_EQ(first.options_len, reset.options_len);
	}
}

/* From the one whose number it is: what is sent on overflow starts with the overflow. */
TEST_F(wire, cookies_are_sent_never_on_overflow_or_always)
{
	static const int backlog;
	struct wire peer[3];
	int i;

	wire_set(self->w, "syncookies", 1);
	app_listen(self->w);
	if (listen(self->w->listener, backlog))
		die("listen");
	for (i = 0; i < 3; i++) {
		peer[i] = *self->w;
		peer[i].peer_port += i;
	}
	wire_send(&peer[0], SYN, .mss = 1460);
	wire_expect_now(&peer[0], SYN | ACK, .ack = 1);
	EXPECT_EQ(1, kept(&peer[0]));
	/* TCP asks for more before it calls its queue full. */
	if (is_mytcp(self->w)) {
		wire_send(&peer[1], SYN, .mss = 1460);
		wire_expect_now(&peer[1], SYN | ACK, .ack = 1);
		EXPECT_EQ(1, kept(self->w));
		EXPECT_EQ(1, wire_counter(self->w, "CookiesSent"));

		wire_set(self->w, "syncookies", 0);
		wire_send(&peer[2], SYN, .mss = 1460);
		wire_silent(&peer[2]);
		EXPECT_EQ(1, wire_counter(self->w, "SynQueueFull"));
		wire_set(self->w, "syncookies", 1);

		wire_send(&peer[1], ACK, .seq = 1, .ack = 1);
		app_accept(self->w);
	}
	wire_send(&peer[0], ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
}

/* Peers that will never answer. */
static void flood(struct wire *w, int n)
{
	struct wire peer = *w;
	unsigned char buf[2048];
	char from[64];

	set_nonblock(w->tun, true);
	while (n--) {
		peer.peer_port = FLOOD_PORT + random() % 30000;
		peer.peer_isn = random();
		snprintf(from, sizeof(from), w->f->af == AF_INET ? "192.0.2.%d" : "2001:db8::%x",
			 3 + (int)(random() % 200));
		wire_send(&peer, SYN, .mss = 1460, .from = from);
		while (read(w->tun, buf, sizeof(buf)) > 0)
			;
	}
	set_nonblock(w->tun, false);
}

TEST_F(wire, in_a_flood_every_client_connects_and_loses_nothing)
{
	struct options echo;
	size_t i;

	self->w->skip_others = true;
	set_options(self->w, true);
	wire_set(self->w, "syncookies", 1);
	app_listen(self->w);
	if (listen(self->w->listener, 1))
		die("listen");
	for (i = 0; i < ARRAY_SIZE(clients); i++) {
		const struct client *c = &clients[i];

		if (!is_mytcp(self->w) && (c->cookie || (!c->ts && (c->sack || c->wscale >= 0))))
			continue;
		flood(self->w, FLOOD / ARRAY_SIZE(clients));
		echo = client_syn(self->w, c);
		flood(self->w, FLOOD / ARRAY_SIZE(clients));
		client_ack(self->w, c, &echo);
		EXPECT_TRUE(client_has_all(self->w, c));
		client_talk(self->w, &echo);
		wire_anew(self->w);
	}
	if (is_mytcp(self->w))
		EXPECT_LE(kept(self->w), 2);
}

TEST_F(wire, a_cookie_whose_ack_is_lost_opens_with_what_comes_next)
{
	struct options echo;
	size_t i;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's cookies are for the first octet alone");
	listen_with_cookies(self->w);
	/* The first segment is lost, and so is the ACK before it. */
	for (i = 0; i < ARRAY_SIZE(clients); i++) {
		if (!clients[i].cookie || clients[i].ts)
			continue;
		echo = client_syn(self->w, &clients[i]);
		client_send(self->w, &echo, ACK, .seq = 101, .ack = 1, .len = 100);
		wire_expect(self->w, ACK, .seq = 1, .ack = 1);
		app_accept(self->w);
		client_send(self->w, &echo, ACK, .seq = 1, .ack = 1, .len = 100);
		wire_expect_acked(self->w, 1, 201);
		app_recv(self->w, 200);
		wire_anew(self->w);
	}
}

TEST_F(wire, a_listener_that_is_another_takes_the_cookie)
{
	if (!is_mytcp(self->w))
		SKIP(return, "TCP's takes none if it has sent none");
	listen_with_cookies(self->w);
	cookie_comes(self->w);
	close(self->w->listener);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, RST, .seq = 1);
	self->w->listener = -1;
	app_listen(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
}

/* A SYN that was answered by a cookie comes again when there is room. */
TEST_F(wire, the_first_syn_acks_number_opens_though_an_entry_has_another)
{
	if (!is_mytcp(self->w))
		SKIP(return, "TCP answers it with a reset");
	listen_with_cookies(self->w);
	cookie_comes(self->w);
	wire_set(self->w, "syncookies", 1);
	wire_send(self->w, SYN, .mss = 1460);
	if (wire_any(self->w).flags != (SYN | ACK))
		wire_die("no SYN+ACK");
	EXPECT_EQ(1, kept(self->w));
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	EXPECT_EQ(0, kept(self->w));
}

TEST_F(wire, when_the_accept_queue_is_full_all_are_served_later)
{
	struct wire peer[4];
	int i;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP drops the ACK and leaves it to the client");
	wire_quick_syn(self->w);
	listen_with_cookies(self->w);
	if (listen(self->w->listener, 1))
		die("listen");
	for (i = 0; i < 4; i++) {
		peer[i] = *self->w;
		peer[i].peer_port += i;
		peer[i].skip_others = true;
		wire_send(&peer[i], SYN, .mss = 1460);
		wire_expect(&peer[i], SYN | ACK, .ack = 1);
		wire_send(&peer[i], ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	}
	/* Two are connections, two are complete and wait. */
	EXPECT_EQ(2, kept(self->w));
	for (i = 0; i < 4; i++) {
		app_accept(self->w);
		self->w->received = 0;
		/* The SYN+ACK is repeated, and the client answers. */
		if (i < 2) {
			peer[i + 2].skip_repeats = false;
			do
				;
			while (wire_any(&peer[i + 2]).flags != (SYN | ACK));
			wire_send(&peer[i + 2], ACK | PSH, .seq = 1, .ack = 1, .len = 10);
		}
		app_recv(self->w, 10);
	}
	EXPECT_EQ(0, kept(self->w));
}

TEST_F(wire, a_syn_takes_the_place_of_time_wait_by_a_cookie)
{
	struct wire *w = self->w;

	if (!is_mytcp(w))
		SKIP(return, "TCP's half-open queue is not full then");
	wire_set(w, "syncookies", 1);
	wire_open(w);
	close(w->fd);
	wire_expect(w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect(w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("TIME_WAIT", wire_state(w));

	/* No room for an entry. */
	if (listen(w->listener, 0))
		die("listen");
	w->peer_port++;
	w->isn_seen = false;
	wire_send(w, SYN, .mss = 1460);
	wire_expect(w, SYN | ACK, .ack = 1);
	w->peer_port--;
	w->isn_seen = false;
	w->peer_isn += 1000;
	w->high = 0;
	wire_send(w, SYN, .mss = 1460);
	wire_expect_now(w, SYN | ACK, .ack = 1);
	EXPECT_STREQ("CLOSED", wire_state(w));
	wire_send(w, ACK, .seq = 1, .ack = 1);
	app_accept(w);
	EXPECT_STREQ("ESTABLISHED", wire_state(w));
}

/*
 * The SYN+ACK of an entry, which is gone then, and that of a cookie, for the same SYN.
 * Returns the number of the first.
 */
static __u32 both_answers(struct wire *w, const struct options *syn, struct segment *entry,
			  struct segment *cookie)
{
	__u32 isn;

	set_options(w, true);
	wire_set(w, "syncookies", 1);
	app_listen(w);
	client_send(w, syn, SYN);
	*entry = wire_expect_now(w, SYN | ACK, .ack = 1);
	isn = w->isn;
	wire_send(w, RST, .seq = 1);
	wire_silent(w);

	w->isn_seen = false;
	wire_set(w, "syncookies", 2);
	client_send(w, syn, SYN);
	*cookie = wire_expect_now(w, SYN | ACK, .ack = 1);
	if (kept(w))
		wire_die("an entry");
	return isn;
}

TEST_F(wire, an_option_asks_for_the_window_scale_that_an_entry_asks_for)
{
	struct options syn = client_options(&clients[COOKIE_ALL]);
	struct segment entry, cookie;

	if (!is_mytcp(self->w))
		SKIP(return, "the option is MyTCP's");
	both_answers(self->w, &syn, &entry, &cookie);
	/* One more than the shift. */
	EXPECT_LT(1, entry.wscale);
	EXPECT_EQ(entry.wscale, cookie.wscale);
}

/* TSval less the time: what an observer sees of the offset, to some milliseconds. */
static __u32 offset_of(const struct segment *synack)
{
	const unsigned char *ts = option_of(synack, 8);

	if (!ts)
		wire_die("no timestamp");
	return option_number(ts + 2) - (__u32)synack->at_ms;
}

/* CVE-2026-23247: neither offset nor number tells whether cookies are being sent. */
TEST_F(wire, timestamps_and_numbers_do_not_tell_whether_cookies_are_sent)
{
	struct options syn = client_options(&clients[ALL]);
	struct options asking = client_options(&clients[COOKIE_ALL]);
	struct segment entry, cookie;
	__u32 isn, rise;
	int apart;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's do");
	isn = both_answers(self->w, &syn, &entry, &cookie);
	apart = offset_of(&cookie) - offset_of(&entry);
	EXPECT_LE(apart, 1000);
	EXPECT_GE(apart, -1000);

	/* In the option's form the number rises as if an entry were made. */
	self->w->isn_seen = false;
	client_send(self->w, &asking, SYN);
	wire_expect_now(self->w, SYN | ACK, .ack = 1);
	rise = self->w->isn - isn;
	EXPECT_GT(rise, 0);
	EXPECT_LT(rise, 1U << 30);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies, as clients on the wire see them: nothing is kept of a SYN, and nothing that
 * the handshake agreed on is lost.
 */
#include "wire_test.h"

/* Peers that are never heard of again, far from PEER_PORT. */
#define FLOOD		1000
#define FLOOD_PORT	1024

#define COOKIE_LEN	16
#define COOKIE_ID	0x4d79
#define TSVAL		0x01020304

/* What a client has to offer. */
struct client {
	const char *name;
	int mss;
	int wscale;		/* -1: none */
	bool sack;
	bool ts;
	bool cookie;
	const char *syn;	/* the options of its SYN, if they are laid out otherwise */
	int syn_len;
};

static const struct client clients[] = {
	{ "mss", 1460, -1 },
	{ "cookie", 1357, -1, .cookie = true },
	{ "wscale", 1460, 9 },
	{ "sack", 536, -1, .sack = true },
	{ "sack and wscale", 1460, 14, .sack = true },
	{ "ts", 1460, -1, .ts = true },
	{ "all", 1460, 7, .sack = true, .ts = true },
	{ "wscale 0", 1460, 0, .sack = true, .ts = true },
	{ "cookie, all", 1357, 11, .sack = true, .ts = true, .cookie = true },
};

/* Of @clients. */
enum { MSS, COOKIE, ALL = 6, COOKIE_ALL = 8 };

/* Options as they stand in a header. */
struct options {
	unsigned char bytes[40];
	size_t len;
};

static void add(struct options *o, __u32 value, int octets)
{
	while (octets--)
		o->bytes[o->len++] = value >> 8 * octets;
}

static void add_ts(struct options *o, __u32 tsval, __u32 tsecr)
{
	add(o, 8 << 8 | 10, 2);
	add(o, tsval, 4);
	add(o, tsecr, 4);
}

static struct options syn_options(const struct client *c)
{
	struct options o = { .len = c->syn_len };

	if (c->syn) {
		memcpy(o.bytes, c->syn, c->syn_len);
		return o;
	}
	if (c->mss)
		add(&o, 2 << 24 | 4 << 16 | c->mss, 4);
	if (c->sack || c->ts)
		add(&o, c->sack ? 4 << 8 | 2 : 1 << 8 | 1, 2);
	if (c->ts)
		add_ts(&o, TSVAL, 0);
	else if (c->sack)
		add(&o, 1 << 8 | 1, 2);
	if (c->wscale >= 0)
		add(&o, 1 << 24 | 3 << 16 | 3 << 8 | c->wscale, 4);
	if (c->cookie) {
		add(&o, 253U << 24 | (4 + COOKIE_LEN) << 16 | COOKIE_ID, 4);
		o.len += COOKIE_LEN;
	}
	return o;
}

static const unsigned char *option(const struct segment *seg, int kind)
{
	const unsigned char *p = seg->options, *end = p + seg->options_len;

	while (p < end && *p) {
		if (*p == kind)
			return p;
		p += *p == 1 ? 1 : p[1];
	}
	return NULL;
}

static bool is_cookie(const unsigned char *opt)
{
	return opt && opt[1] == 4 + COOKIE_LEN && (opt[2] << 8 | opt[3]) == COOKIE_ID;
}

static __u32 number(const unsigned char *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void set_options(const struct wire *w, bool on)
{
	wire_set(w, "timestamps", on);
	wire_set(w, "sack", on);
	wire_set(w, "window_scaling", on);
}

/* A cookie is all that SYNs are answered with, unless otherwise said. */
static void listen_with(struct wire *w, int syncookies)
{
	wire_set(w, "syncookies", syncookies);
	app_listen(w);
}

static void listen_with_cookies(struct wire *w)
{
	listen_with(w, 2);
}

static int kept(const struct wire *w)
{
	return is_mytcp(w) ? wire_counter(w, "HalfOpen") : wire_entries(w, "SYN_RECV");
}

static struct segment cookie_comes(struct wire *w)
{
	struct segment synack;

	wire_send(w, SYN, .mss = 1460);
	synack = wire_expect_now(w, SYN | ACK, .ack = 1);
	if (kept(w))
		wire_die("an entry was made");
	return synack;
}

/* What goes with each of the client's segments after this SYN+ACK. */
static struct options echo_of(const struct client *c, const struct segment *synack)
{
	const unsigned char *ts = option(synack, 8), *cookie = option(synack, 253);
	struct options echo = { .len = 0 };

	if (c->ts) {
		if (!ts)
			wire_die("no timestamp in the SYN+ACK");
		add(&echo, 1 << 8 | 1, 2);
		add_ts(&echo, TSVAL + 1, number(ts + 2));
	}
	if (c->cookie) {
		if (!is_cookie(cookie))
			wire_die("no cookie option in the SYN+ACK");
		memcpy(echo.bytes + echo.len, cookie, cookie[1]);
		echo.len += cookie[1];
	}
	return echo;
}

static void client_put(struct wire *w, const struct options *o, struct segment seg)
{
	seg.opt = (const char *)o->bytes;
	seg.optlen = o->len;
	wire_put(w, &seg);
}

#define client_send(w, o, f, ...) \
	client_put(w, o, (struct segment){ .flags = (f), __VA_ARGS__ })

static struct options client_syn(struct wire *w, const struct client *c)
{
	struct options syn = syn_options(c);
	struct segment synack;

	client_send(w, &syn, SYN);
	synack = wire_expect_now(w, SYN | ACK, .ack = 1);
	if (synack.options_len > syn.len)
		wire_die("the SYN+ACK is longer than the SYN");
	return echo_of(c, &synack);
}

/* The third ACK. A client that has been confirmed does not bring its cookie any more. */
static void client_ack(struct wire *w, const struct client *c, struct options *echo)
{
	client_send(w, echo, ACK, .seq = 1, .ack = 1);
	app_accept(w);
	if (!c->cookie)
		return;
	wire_expect(w, ACK, .seq = 1, .ack = 1);
	echo->len -= 4 + COOKIE_LEN;
}

/* All that was agreed on, as the socket tells it. */
static bool has_all(struct wire *w, const struct client *c)
{
	int agreed = (c->ts ? TCPI_OPT_TIMESTAMPS : 0) | (c->sack ? TCPI_OPT_SACK : 0) |
		     (c->wscale >= 0 ? TCPI_OPT_WSCALE : 0);
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	int mss;

	if (getsockopt(w->fd, SOL_TCP, TCP_INFO, &info, &len))
		wire_die("TCP_INFO");
	mss = c->mss < WIRE_MSS_MAX(w) ? c->mss : WIRE_MSS_MAX(w);
	mss -= c->ts ? 12 : 0;
	if ((info.tcpi_options & 7) == agreed && (int)info.tcpi_snd_mss == mss &&
	    (c->wscale < 0 || info.tcpi_snd_wscale == c->wscale))
		return true;
	fprintf(stderr, "# %s: options %#x, mss %u, wscale %u, rather than %#x, %d, %d\n",
		c->name, info.tcpi_options, info.tcpi_snd_mss, info.tcpi_snd_wscale, agreed, mss,
		c->wscale);
	return false;
}

/* Octets in both directions. */
static void talk(struct wire *w, struct options *echo)
{
	client_send(w, echo, ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	app_recv(w, 100);
	app_send(w, 50);
	if (wire_any_data(w).len != 50)
		wire_die("other octets than were sent");
	client_send(w, echo, ACK, .seq = 101, .ack = 51);
}

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
		EXPECT_TRUE(has_all(self->w, c));
		talk(self->w, &echo);
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
		EXPECT_TRUE(has_all(self->w, c));
		talk(self->w, &echo);
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

/* A key is 32 times one digit; more than one have commas between. */
static const char *keys_text(const char *digits)
{
	static char text[256];
	char *at = text;

	for (; *digits; digits++) {
		memset(at, *digits, 32);
		at += 32;
		*at++ = ',';
	}
	at[-1] = 0;
	return text;
}

static void set_keys(const char *digits)
{
	run("echo %s >/proc/sys/net/mytcp/syncookie_keys", keys_text(digits));
}

static void set_secret(const char *digit)
{
	run("echo %s >/proc/sys/net/mytcp/syncookie_secret", keys_text(digit));
}

static bool refused(const char *name, const char *digits)
{
	const char *text = keys_text(digits);
	char path[128];
	int fd;
	bool bad;

	snprintf(path, sizeof(path), "/proc/sys/net/mytcp/%s", name);
	fd = open(path, O_WRONLY);
	bad = write(fd, text, strlen(text)) < 0 && errno == EINVAL;
	close(fd);
	return bad;
}

/* As whoever moves the keys on does it. */
TEST_F(wire, a_cookie_is_good_while_its_key_is_one_of_the_three)
{
	static const struct client *const c[] = { &clients[MSS], &clients[COOKIE] };
	struct options echo;
	size_t i;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's keys cannot be set");
	listen_with_cookies(self->w);
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		set_keys("abc");
		echo = client_syn(self->w, c[i]);
		set_keys("bcd");
		client_ack(self->w, c[i], &echo);
		wire_anew(self->w);

		/* Another server is ahead. */
		echo = client_syn(self->w, c[i]);
		set_keys("abc");
		client_ack(self->w, c[i], &echo);
		wire_anew(self->w);

		echo = client_syn(self->w, c[i]);
		EXPECT_TRUE(refused("syncookie_keys", "deg"));
		EXPECT_TRUE(refused("syncookie_secret", "dd"));
		client_ack(self->w, c[i], &echo);
		wire_anew(self->w);

		echo = client_syn(self->w, c[i]);
		set_keys("cde");
		client_send(self->w, &echo, ACK, .seq = 1, .ack = 1);
		wire_expect_now(self->w, RST, .seq = 1);
		wire_anew(self->w);
	}
	EXPECT_EQ(1, wire_counter(self->w, "CookiesUnknownKey"));
	EXPECT_EQ(1, wire_counter(self->w, "CookiesBadMac"));
}

TEST_F(wire, a_new_secret_makes_old_cookies_void)
{
	if (!is_mytcp(self->w))
		SKIP(return, "TCP's secret cannot be set");
	listen_with_cookies(self->w);
	set_secret("a");
	cookie_comes(self->w);
	set_secret("b");
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, RST, .seq = 1);
	set_secret("a");
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
}

/*
 * Two servers have one address and one secret, in a namespace each; the client's route
 * changes between SYN+ACK and ACK.
 */
TEST_F(wire, the_ack_may_go_to_another_server_with_the_same_secret)
{
	struct wire a = *self->w, b;
	struct options echo[ARRAY_SIZE(clients)];
	__u32 isn[ARRAY_SIZE(clients)];
	size_t i;

	if (!is_mytcp(&a))
		SKIP(return, "TCP's listener takes none if it has sent none");
	set_secret("5");
	set_options(&a, true);
	listen_with_cookies(&a);
	for (i = 0; i < ARRAY_SIZE(clients); i++, wire_anew(&a)) {
		echo[i] = client_syn(&a, &clients[i]);
		isn[i] = a.isn;
	}

	wire_new(&b, a.f);
	set_secret("5");
	set_options(&b, true);
	listen_with_cookies(&b);
	for (i = 0; i < ARRAY_SIZE(clients); i++, wire_anew(&b)) {
		b.isn = isn[i];
		b.isn_seen = true;
		client_ack(&b, &clients[i], &echo[i]);
		EXPECT_TRUE(has_all(&b, &clients[i]));
		talk(&b, &echo[i]);
	}
}

TEST_F(wire, another_server_with_a_secret_of_its_own_refuses_the_cookie)
{
	struct wire a = *self->w, b;

	if (!is_mytcp(&a))
		SKIP(return, "TCP has one secret for all namespaces");
	listen_with_cookies(&a);
	cookie_comes(&a);
	wire_new(&b, a.f);
	listen_with_cookies(&b);
	b.isn = a.isn;
	b.isn_seen = true;
	wire_send(&b, ACK, .seq = 1, .ack = 1);
	wire_expect_now(&b, RST, .seq = 1);
}

/* TSval less the time: what an observer sees of the offset, to some milliseconds. */
static __u32 offset_of(const struct segment *synack)
{
	const unsigned char *ts = option(synack, 8);

	if (!ts)
		wire_die("no timestamp");
	return number(ts + 2) - (__u32)synack->at_ms;
}

/* CVE-2026-23247: neither offset nor number tells whether cookies are being sent. */
TEST_F(wire, timestamps_and_numbers_do_not_tell_whether_cookies_are_sent)
{
	struct options all = syn_options(&clients[ALL]);
	struct options cookie = syn_options(&clients[COOKIE_ALL]);
	struct segment kept_synack, cookie_synack;
	__u32 isn, rise;
	int apart;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's do");
	set_options(self->w, true);
	listen_with(self->w, 1);
	client_send(self->w, &all, SYN);
	kept_synack = wire_expect_now(self->w, SYN | ACK, .ack = 1);
	wire_send(self->w, RST, .seq = 1);
	wire_silent(self->w);
	EXPECT_EQ(0, kept(self->w));
	isn = self->w->isn;

	self->w->isn_seen = false;
	wire_set(self->w, "syncookies", 2);
	client_send(self->w, &all, SYN);
	cookie_synack = wire_expect_now(self->w, SYN | ACK, .ack = 1);
	apart = offset_of(&cookie_synack) - offset_of(&kept_synack);
	EXPECT_LE(apart, 1000);
	EXPECT_GE(apart, -1000);

	/* In the option's form the number rises as if an entry were made. */
	self->w->isn_seen = false;
	client_send(self->w, &cookie, SYN);
	wire_expect_now(self->w, SYN | ACK, .ack = 1);
	rise = self->w->isn - isn;
	EXPECT_GT(rise, 0);
	EXPECT_LT(rise, 1U << 30);
}

/* What earlier tests have left behind has to end first. */
TEST_F_TIMEOUT(wire, a_cookie_outlives_the_module, 120)
{
	const char *ko = getenv("MYTCP_KO");
	long long end = now_ms() + 100000;

	if (!is_mytcp(self->w) || self->w->f->af != AF_INET || !ko)
		SKIP(return, "once is enough, and only where MYTCP_KO is the module");
	set_secret("7");
	listen_with_cookies(self->w);
	cookie_comes(self->w);
	close(self->w->listener);
	self->w->listener = -1;
	while (system("rmmod mytcp 2>/dev/null")) {
		if (now_ms() > end)
			die("rmmod");
		usleep(100000);
	}
	run("insmod %s", ko);
	set_secret("7");
	listen_with_cookies(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	wire_send(self->w, ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(self->w, 1, 101);
	app_recv(self->w, 100);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
#include "wire_client.h"

#define COOKIE_ID	0x4d79
#define TSVAL		0x01020304

const struct client clients[] = {
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

struct options client_options(const struct client *c)
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

const unsigned char *option_of(const struct segment *seg, int kind)
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

__u32 option_number(const unsigned char *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

void set_options(const struct wire *w, bool on)
{
	wire_set(w, "timestamps", on);
	wire_set(w, "sack", on);
	wire_set(w, "window_scaling", on);
}

void listen_with_cookies(struct wire *w)
{
	wire_set(w, "syncookies", 2);
	app_listen(w);
}

int kept(const struct wire *w)
{
	return is_mytcp(w) ? wire_counter(w, "HalfOpen") : wire_entries(w, "SYN_RECV");
}

struct segment cookie_comes(struct wire *w)
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
	const unsigned char *ts = option_of(synack, 8), *cookie = option_of(synack, 253);
	struct options echo = { .len = 0 };

	if (c->ts) {
		if (!ts)
			wire_die("no timestamp in the SYN+ACK");
		add(&echo, 1 << 8 | 1, 2);
		add_ts(&echo, TSVAL + 1, option_number(ts + 2));
	}
	if (c->cookie) {
		if (!is_cookie(cookie))
			wire_die("no cookie option in the SYN+ACK");
		memcpy(echo.bytes + echo.len, cookie, cookie[1]);
		echo.len += cookie[1];
	}
	return echo;
}

void client_put(struct wire *w, const struct options *o, struct segment seg)
{
	seg.opt = (const char *)o->bytes;
	seg.optlen = o->len;
	wire_put(w, &seg);
}

struct options client_syn(struct wire *w, const struct client *c)
{
	struct options syn = client_options(c);
	struct segment synack;

	client_send(w, &syn, SYN);
	synack = wire_expect_now(w, SYN | ACK, .ack = 1);
	if (synack.options_len > syn.len)
		wire_die("the SYN+ACK is longer than the SYN");
	return echo_of(c, &synack);
}

/* The third ACK. A client that has been confirmed does not bring its cookie any more. */
void client_ack(struct wire *w, const struct client *c, struct options *echo)
{
	client_send(w, echo, ACK, .seq = 1, .ack = 1);
	app_accept(w);
	if (!c->cookie)
		return;
	wire_expect(w, ACK, .seq = 1, .ack = 1);
	echo->len -= 4 + COOKIE_LEN;
}

/* All that was agreed on, as the socket tells it. */
bool client_has_all(struct wire *w, const struct client *c)
{
	int agreed = (c->ts ? TCPI_OPT_TIMESTAMPS : 0) | (c->sack ? TCPI_OPT_SACK : 0) |
		     (c->wscale >= 0 ? TCPI_OPT_WSCALE : 0);
	struct tcp_info info = sock_info(w->fd);
	int mss;

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
void client_talk(struct wire *w, struct options *echo)
{
	client_send(w, echo, ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	app_recv(w, 100);
	app_send(w, 50);
	if (wire_any_data(w).len != 50)
		wire_die("other octets than were sent");
	client_send(w, echo, ACK, .seq = 101, .ack = 51);
}

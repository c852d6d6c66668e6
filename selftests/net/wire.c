// SPDX-License-Identifier: GPL-2.0
/* The peer host of the wire tests; wire.h says what it is for. */
#include <arpa/inet.h>
#include <endian.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <stdarg.h>

#include "kselftest.h"
#include "wire.h"

#define STACK4	"192.0.2.1"
#define PEER4	"192.0.2.2"
#define STACK6	"2001:db8::1"
#define PEER6	"2001:db8::2"

/* Nobody uses these: what the fence is sent from and to. */
#define FENCE_PORT	9
#define FENCE_PEER_PORT	7
#define FENCE_NUMBER	0x0fe1ce00
#define READY_MS	200

#define TCP_HEADER	20
#define LOG_LINES	60

struct pseudo {
	unsigned char addr[32];
	__u32 len;
	__u32 proto;
};

static char conversation[LOG_LINES][160];
static unsigned int spoken;
static long long start_ms;

void wire_print(void)
{
	unsigned int i = spoken > LOG_LINES ? spoken - LOG_LINES : 0;

	for (; i < spoken; i++)
		fprintf(stderr, "#   %s\n", conversation[i % LOG_LINES]);
}

/* As die(), with the conversation so far. */
void wire_die(const char *what)
{
	wire_print();
	die(what);
}

static noreturn __printf(2, 3) void fail(int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "# line %d: ", line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n# the conversation, > sent by the peer, < by the stack:\n");
	wire_print();
	_exit(KSFT_FAIL);
}

static const char *segment_text(const struct segment *seg)
{
	static char text[100];
	char flags[8], *at = flags;
	int i;

	for (i = 0; i < 6; i++)
		if (seg->flags & 1 << i)
			*at++ = "FSRPAU"[i];
	*at = 0;
	i = snprintf(text, sizeof(text), "%-4s seq %d", flags, (int)seg->seq);
	if (seg->flags & ACK)
		i += snprintf(text + i, sizeof(text) - i, " ack %d", (int)seg->ack);
	i += snprintf(text + i, sizeof(text) - i, " len %zu", seg->len);
	if (seg->mss)
		snprintf(text + i, sizeof(text) - i, " mss %d", seg->mss);
	return text;
}

static void note(char direction, const struct segment *seg, int wnd, int peer_port)
{
	char *line = conversation[spoken++ % LOG_LINES];

	snprintf(line, sizeof(conversation[0]), "%6lld ms %c %s wnd %d, peer's port %d",
		 now_ms() - start_ms, direction, segment_text(seg), wnd, peer_port);
}

bool is_mytcp(const struct wire *w)
{
	return w->f->wire != IPPROTO_TCP;
}

/* Addresses and checksums */

static void put_addr(const struct wire *w, void *to, const char *text, const char *v4,
		     const char *v6)
{
	if (!text)
		text = w->f->af == AF_INET ? v4 : v6;
	if (inet_pton(w->f->af, text, to) != 1)
		die(text);
}

static __u32 sum(__u32 acc, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (; len > 1; len -= 2, p += 2)
		acc += p[0] << 8 | p[1];
	if (len)
		acc += p[0] << 8;
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return acc;
}

/* Checksum of what follows the IP header, 0 if the one in it holds. */
static __u16 transport_sum(const unsigned char *ip, const void *data, size_t len, int proto)
{
	struct pseudo p = { .len = htonl(len), .proto = htonl(proto) };

	if (ip[0] >> 4 == 4)
		memcpy(p.addr, ip + 12, 8);
	else
		memcpy(p.addr, ip + 8, 32);
	return ~sum(sum(0, &p, sizeof(p)), data, len);
}

static size_t put_ip(const struct wire *w, unsigned char *buf, const char *from, const char *to,
		     size_t len, int proto)
{
	struct ip *ip4 = (struct ip *)buf;
	struct ip6_hdr *ip6 = (struct ip6_hdr *)buf;

	if (w->f->af == AF_INET) {
		*ip4 = (struct ip){
			.ip_v = 4, .ip_hl = 5, .ip_ttl = 64, .ip_p = proto,
			.ip_len = htons(sizeof(*ip4) + len), .ip_off = htons(IP_DF),
		};
		put_addr(w, &ip4->ip_src, from, PEER4, NULL);
		put_addr(w, &ip4->ip_dst, to, STACK4, NULL);
		ip4->ip_sum = htons(~sum(0, ip4, sizeof(*ip4)));
		return sizeof(*ip4);
	}
	*ip6 = (struct ip6_hdr){
		.ip6_flow = htonl(6 << 28), .ip6_plen = htons(len), .ip6_nxt = proto,
		.ip6_hlim = 64,
	};
	put_addr(w, &ip6->ip6_src, from, NULL, PEER6);
	put_addr(w, &ip6->ip6_dst, to, NULL, STACK6);
	return sizeof(*ip6);
}

/* What a segment wants of IPv4. Returns the length of the header. */
static size_t special_ip(struct ip *ip4, const struct segment *seg)
{
	if (seg->ip_options) {
		memset(ip4 + 1, IPOPT_NOP, 4);
		ip4->ip_hl++;
		ip4->ip_len = htons(ntohs(ip4->ip_len) + 4);
	}
	if (seg->fragment)
		ip4->ip_off = htons(IP_MF);
	ip4->ip_sum = 0;
	ip4->ip_sum = htons(~sum(0, ip4, ip4->ip_hl * 4));
	return ip4->ip_hl * 4;
}

static void put_wire(const struct wire *w, const void *buf, size_t len)
{
	if (write(w->tun, buf, len) != (ssize_t)len)
		die("write to the wire");
}

static void put16(unsigned char *p, __u16 value)
{
	value = htons(value);
	memcpy(p, &value, sizeof(value));
}

static void put32(unsigned char *p, __u32 value)
{
	value = htonl(value);
	memcpy(p, &value, sizeof(value));
}

static __u16 get16(const unsigned char *p)
{
	return p[0] << 8 | p[1];
}

static __u32 get32(const unsigned char *p)
{
	return (__u32)get16(p) << 16 | get16(p + 2);
}

/* Each filled up to four bytes. */
static size_t make_options(unsigned char *opt, const struct segment *seg)
{
	unsigned char *at = opt;

	if (seg->mss) {
		put16(at, 2 << 8 | 4);
		put16(at + 2, seg->mss);
		at += 4;
	}
	if (seg->wscale) {
		put32(at, 1 << 24 | 3 << 16 | 3 << 8 | (seg->wscale - 1));
		at += 4;
	}
	if (seg->sack_ok) {
		put32(at, 1 << 24 | 1 << 16 | 4 << 8 | 2);
		at += 4;
	}
	if (seg->ts) {
		put32(at, 1 << 24 | 1 << 16 | 8 << 8 | 10);
		put32(at + 4, seg->tsval);
		put32(at + 8, seg->tsecr);
		at += 12;
	}
	return at - opt;
}

/* Sends the segment as the peer. */
void wire_put(struct wire *w, const struct segment *seg)
{
	unsigned char buf[WIRE_MTU], tcp[WIRE_MTU] = { 0 };
	unsigned char opt[40];
	size_t optlen = seg->opt ? seg->optlen : make_options(opt, seg);
	size_t header = TCP_HEADER + optlen, len = header + seg->len, ip;
	int wnd = seg->wnd_set ? seg->wnd : w->wnd;

	put16(tcp, seg->from_port_0 ? 0 : w->peer_port);
	put16(tcp + 2, seg->to_port_0 ? 0 : w->port);
	put32(tcp + 4, w->peer_isn + seg->seq);
	if (seg->flags & ACK)
		put32(tcp + 8, w->isn + seg->ack);
	tcp[12] = (seg->doff_set ? seg->doff : (int)header / 4) << 4;
	tcp[13] = seg->flags;
	put16(tcp + 14, wnd);
	put16(tcp + 18, seg->urg);
	memcpy(tcp + TCP_HEADER, seg->opt ? (const void *)seg->opt : opt, optlen);
	/* The first byte of the stream has number 1. */
	pattern_fill(tcp + header, seg->len, seg->seq - !(seg->flags & SYN));
	if (seg->cut)
		len = seg->cut;

	ip = put_ip(w, buf, seg->from, seg->to, len, w->f->wire);
	put16(tcp + 16, transport_sum(buf, tcp, len, w->f->wire));
	tcp[17] ^= seg->bad_sum;
	if (w->f->af == AF_INET)
		ip = special_ip((struct ip *)buf, seg);
	memcpy(buf + ip, tcp, len);
	note('>', seg, wnd, w->peer_port);
	put_wire(w, buf, ip + len);
}

/*
 * An ICMP error about a segment the stack has sent. IPv6 has types and codes of its
 * own; the caller passes those of the family under test.
 */
static void put_icmp(struct wire *w, int type, int code, __u32 rest, __u32 seq)
{
	unsigned char buf[200] = { 0 }, icmp[100] = { type, code }, *tcp;
	bool four = w->f->af == AF_INET;
	size_t ip, len;

	put32(icmp + 4, rest);
	/* The quoted segment went the other way. */
	ip = put_ip(w, icmp + 8, four ? STACK4 : STACK6, four ? PEER4 : PEER6, TCP_HEADER,
		    w->f->wire);
	tcp = icmp + 8 + ip;
	put16(tcp, w->port);
	put16(tcp + 2, w->peer_port);
	put32(tcp + 4, w->isn + seq);
	tcp[12] = 5 << 4;
	len = 8 + ip + TCP_HEADER;

	ip = put_ip(w, buf, NULL, NULL, len, four ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	put16(icmp + 2, four ? ~sum(0, icmp, len) :
			       transport_sum(buf, icmp, len, IPPROTO_ICMPV6));
	memcpy(buf + ip, icmp, len);
	put_wire(w, buf, ip + len);
}

/* An ICMP error about the segment with this number. */
void wire_icmp(struct wire *w, int type, int code, __u32 seq)
{
	put_icmp(w, type, code, 0, seq);
}

/* One that says how long packets may be. */
void wire_icmp_mtu(struct wire *w, int mtu, __u32 seq)
{
	if (w->f->af == AF_INET)
		put_icmp(w, 3, 4, mtu, seq);
	else
		put_icmp(w, 2, 0, mtu, seq);
}

/* Receiving */

/* Blocks of what the peer has sent, counted from its SYN. */
static void parse_sack(const unsigned char *p, int blocks, __u32 peer_isn, struct segment *seg)
{
	for (seg->nr_sack = 0; seg->nr_sack < blocks && seg->nr_sack < 4; p += 8) {
		seg->sack[seg->nr_sack].seq = get32(p) - peer_isn;
		seg->sack[seg->nr_sack++].end = get32(p + 4) - peer_isn;
	}
}

static void parse_options(const unsigned char *p, const unsigned char *end, __u32 peer_isn,
			  struct segment *seg)
{
	while (p < end && *p) {
		if (*p == 1) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			fail(0, "the stack sent options that do not parse");
		if (p[0] == 2 && p[1] == 4)
			seg->mss = get16(p + 2);
		if (p[0] == 3 && p[1] == 3)
			seg->wscale = 1 + p[2];
		if (p[0] == 4 && p[1] == 2)
			seg->sack_ok = true;
		if (p[0] == 5)
			parse_sack(p + 2, (p[1] - 2) / 8, peer_isn, seg);
		if (p[0] == 8 && p[1] == 10) {
			seg->ts = true;
			seg->tsval = get32(p + 2);
			seg->tsecr = get32(p + 6);
		}
		p += p[1];
	}
}

struct frame {
	struct segment seg;
	__u16 port;
	__u16 peer_port;
};

/* One packet. False if it is none of the protocol under test. */
static bool parse(struct wire *w, unsigned char *buf, size_t len, struct frame *frame)
{
	bool four = buf[0] >> 4 == 4;
	size_t ip = four ? (buf[0] & 15) * 4 : 40, header;
	struct segment *seg = &frame->seg;
	unsigned char *tcp = buf + ip;
	unsigned char peer[16];

	if (buf[0] >> 4 != (w->f->af == AF_INET ? 4 : 6) || buf[four ? 9 : 6] != w->f->wire)
		return false;
	len = (four ? get16(buf + 2) : get16(buf + 4) + 40) - ip;
	header = (tcp[12] >> 4) * 4;
	if (four && (__u16)~sum(0, buf, ip))
		fail(0, "the stack sent a wrong checksum of the IP header");
	if (len < TCP_HEADER || header < TCP_HEADER || header > len)
		fail(0, "the stack sent a segment that is cut");
	if (transport_sum(buf, tcp, len, w->f->wire))
		fail(0, "the stack sent a wrong checksum");
	put_addr(w, peer, NULL, PEER4, PEER6);
	if (memcmp(buf + (four ? 16 : 24), peer, four ? 4 : 16)) {
		if (w->skip_others)
			return false;
		fail(0, "the stack sent a segment to somebody else");
	}

	frame->port = get16(tcp);
	frame->peer_port = get16(tcp + 2);
	*seg = (struct segment){
		.seq = get32(tcp + 4), .ack = get32(tcp + 8), .flags = tcp[13] & 0x3f,
		.wnd = get16(tcp + 14), .urg = get16(tcp + 18), .len = len - header,
		.at_ms = now_ms(), .ttl = buf[four ? 8 : 7],
		.tos = four ? buf[1] : get16(buf) >> 4, .ip_id = four ? get16(buf + 4) : 0,
	};
	seg->options_len = header - TCP_HEADER;
	memcpy(seg->options, tcp + TCP_HEADER, seg->options_len);
	parse_options(tcp + TCP_HEADER, tcp + header, w->peer_isn, seg);

	if (frame->port != w->port || frame->peer_port != w->peer_port)
		return true;
	if (seg->flags & SYN && !w->isn_seen) {
		w->isn = seg->seq;
		w->isn_seen = true;
	}
	seg->seq -= w->isn;
	seg->ack -= w->peer_isn;
	if (seg->len && !pattern_holds(tcp + header, seg->len, seg->seq - 1))
		fail(0, "the stack sent other bytes than the application (seq %u, len %zu)",
		     seg->seq, seg->len);
	return true;
}

static bool is_repeat(struct wire *w, const struct segment *seg)
{
	__u32 end = seg->seq + seg->len + !!(seg->flags & SYN) + !!(seg->flags & FIN);
	bool repeat = end != seg->seq && (int)(end - w->high) <= 0;

	if ((int)(end - w->high) > 0 && !(seg->flags & RST))
		w->high = end;
	return repeat && w->skip_repeats;
}

/* Whatever comes next within the limit. */
static bool next_frame(struct wire *w, struct frame *frame, int limit_ms)
{
	long long end = now_ms() + limit_ms;
	unsigned char buf[65536];
	struct pollfd p = { .fd = w->tun, .events = POLLIN };
	ssize_t len;

	for (;;) {
		if (poll(&p, 1, end > now_ms() ? end - now_ms() : 0) != 1)
			return false;
		len = read(w->tun, buf, sizeof(buf));
		if (len < 0)
			die("read from the wire");
		if (!parse(w, buf, len, frame))
			continue;
		if (w->skip_others && frame->peer_port != w->peer_port &&
		    frame->peer_port != FENCE_PEER_PORT)
			continue;
		note('<', &frame->seg, frame->seg.wnd, frame->peer_port);
		if (frame->peer_port != w->peer_port || !is_repeat(w, &frame->seg))
			return true;
	}
}

/* The next segment of this connection; there must be one within the limit. */
struct segment wire_any(struct wire *w)
{
	struct frame frame;

	if (!next_frame(w, &frame, LIMIT_MS))
		fail(0, "the stack stays silent");
	if (frame.port != w->port || frame.peer_port != w->peer_port)
		fail(0, "a segment of another connection came");
	return frame.seg;
}

/* The next one with payload. */
struct segment wire_any_data(struct wire *w)
{
	struct segment seg;

	do
		seg = wire_any(w);
	while (!seg.len);
	return seg;
}

/* A segment that has come already. */
bool wire_poll(struct wire *w, struct segment *seg)
{
	struct frame frame;

	if (!next_frame(w, &frame, 0))
		return false;
	*seg = frame.seg;
	return true;
}

/*
 * Is each of the pauses that end with these n segments twice the one before? Counted from
 * what began the first, for whoever reads them may be late: so they may be longer, and a
 * little shorter, for a timer is not that exact.
 */
bool wire_pauses_double(long long begin, const struct segment *seg, int n, int first_ms)
{
	int i, least = 0;

	for (i = 0; i < n; i++, first_ms *= 2) {
		least += first_ms;
		if (seg[i].at_ms - begin < least * 3 / 4) {
			fprintf(stderr, "# pause %d is over after %lld ms, less than %d\n", i,
				seg[i].at_ms - begin, least);
			return false;
		}
	}
	return true;
}

/* PSH counts only where it is asked for. */
static bool matches(const struct segment *want, const struct segment *seg)
{
	return (seg->flags & ~PSH) == (want->flags & ~PSH) &&
	       !(want->flags & PSH & ~seg->flags) &&
	       seg->seq == want->seq && seg->len == want->len &&
	       (!(seg->flags & ACK) || seg->ack == want->ack) &&
	       (!want->mss || seg->mss == want->mss);
}

struct segment wire_get(struct wire *w, int line, const struct segment *want)
{
	struct frame frame;

	if (!next_frame(w, &frame, LIMIT_MS))
		fail(line, "nothing came instead of %s", segment_text(want));
	if (frame.port != w->port || frame.peer_port != w->peer_port ||
	    !matches(want, &frame.seg))
		fail(line, "not what was expected: %s", segment_text(want));
	return frame.seg;
}

static void fence_put(struct wire *w, __u32 number)
{
	struct wire fence = { .f = w->f, .tun = w->tun,
			      .port = FENCE_PORT, .peer_port = FENCE_PEER_PORT };

	wire_send(&fence, ACK, .seq = number, .ack = number);
}

static void fence_send(struct wire *w)
{
	fence_put(w, FENCE_NUMBER);
}

/* IPv6 is deaf for a moment after the device came up: knock until it answers. */
void wire_ready(struct wire *w)
{
	struct frame frame;
	int tries;

	for (tries = 1; tries <= LIMIT_MS / READY_MS; tries++) {
		fence_put(w, FENCE_NUMBER + tries);
		while (next_frame(w, &frame, READY_MS))
			if (frame.seg.seq == FENCE_NUMBER + tries)
				return;
	}
	fail(0, "the stack answers nothing at all");
}

static void fence_await(struct wire *w, int line)
{
	struct frame frame;

	if (!next_frame(w, &frame, LIMIT_MS))
		fail(line, "a segment to a closed port was not answered");
	if (frame.peer_port != FENCE_PEER_PORT || frame.seg.seq != FENCE_NUMBER ||
	    frame.seg.flags != RST)
		fail(line, "the stack should have stayed silent");
}

void wire_get_nothing(struct wire *w, int line)
{
	fence_send(w);
	fence_await(w, line);
}

struct segment wire_get_now(struct wire *w, int line, const struct segment *want)
{
	struct segment seg;

	fence_send(w);
	seg = wire_get(w, line, want);
	fence_await(w, line);
	return seg;
}

/* With or without an acknowledgment, which means nothing to the receiver. */
struct segment wire_get_reset(struct wire *w, int line, __u32 seq)
{
	struct segment seg = wire_any(w);

	if ((seg.flags & ~ACK) != RST || seg.seq != seq || seg.len)
		fail(line, "expected a reset with seq %d", (int)seq);
	return seg;
}

/* Bare acknowledgments up to this one, which may be delayed. */
struct segment wire_get_acked(struct wire *w, int line, __u32 seq, __u32 ack)
{
	struct segment seg;

	do {
		seg = wire_any(w);
		if ((seg.flags & ~PSH) != ACK || seg.len || seg.seq != seq ||
		    (int)(seg.ack - ack) > 0)
			fail(line, "expected bare acknowledgments up to %d, with seq %d",
			     (int)ack, (int)seq);
	} while (seg.ack != ack);
	return seg;
}

/* Both at once */

void wire_open_mss(struct wire *w, int mss)
{
	if (w->listener < 0)
		app_listen(w);
	wire_send(w, SYN, .mss = mss);
	wire_expect(w, SYN | ACK, .ack = 1);
	wire_send(w, ACK, .seq = 1, .ack = 1);
	app_accept(w);
}

void wire_open(struct wire *w)
{
	wire_open_mss(w, 1460);
}

void wire_open_active(struct wire *w)
{
	app_connect(w);
	wire_expect(w, SYN);
	wire_send(w, SYN | ACK, .ack = 1, .mss = 1460);
	wire_expect(w, ACK, .seq = 1, .ack = 1);
}

/* The next connection comes from another port; the last one is left as it is. */
void wire_anew(struct wire *w)
{
	w->peer_port++;
	w->isn = 0;
	w->isn_seen = false;
	w->high = 0;
	w->sent = 0;
	w->received = 0;
	w->fd = -1;
}

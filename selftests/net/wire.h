/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The peer host, played by the test segment by segment over a tun device:
 *
 *	the stack under test				the test, as the peer
 *	192.0.2.1, 2001:db8::1  ---- device "wire" ----  192.0.2.2, 2001:db8::2
 *
 *	wire_send(w, SYN, .mss = 1460);
 *	wire_expect(w, SYN | ACK, .ack = 1);
 *	wire_send(w, ACK, .seq = 1, .ack = 1);
 *
 * Sequence numbers count from the SYN of whoever sends them, which is 0. Payload
 * is the pattern of net.h: which byte it is follows from its sequence number,
 * and is checked wherever payload arrives.
 *
 * A segment is answered before wire_send() returns unless a timer is to answer it.
 * So silence is shown without waiting: wire_silent() sends a segment that must be
 * answered, and nothing may come before that answer.
 *
 * Whatever comes unexpected ends the test and prints the conversation.
 */
#ifndef WIRE_H
#define WIRE_H

#include <linux/types.h>

#include "net.h"

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define PSH	0x08
#define ACK	0x10
#define URG	0x20

#define NO_FLAGS	0

/* On the wire, and what a tun device of 1500 bytes leaves a segment. */
#define WIRE_MTU	1500
#define WIRE_MSS_MAX(w)	((w)->f->af == AF_INET ? 1460 : 1440)

/**
 * struct segment - a segment to send, to expect, or that came
 * @seq: sequence number, counted from the sender's SYN
 * @ack: acknowledgment number, counted from the receiver's SYN
 * @flags: FIN to URG
 * @mss: the MSS option, 0 for none
 * @len: bytes of payload
 * @wnd: the window; when sending, that of struct wire unless @wnd_set
 * @wnd_set: send @wnd
 * @urg: urgent pointer
 * @wscale: the window scale option, as it is + 1; 0 for none
 * @sack_ok: the option that permits SACK
 * @ts: timestamps follow
 * @tsval: of a segment sent: as it is; of one that came: likewise
 * @tsecr: the same
 * @nr_sack: SACK blocks of one that came
 * @sack: their edges, in the peer's numbers
 * @at_ms: when it came
 * @options: its options, as they came
 * @options_len: their length
 * @ttl: its time to live, or hop limit
 * @tos: its type of service, or traffic class
 * @ip_id: the number of its IPv4 packet
 *
 * How a sent segment may be wrong:
 * @opt: options as they are, instead of those above
 * @optlen: their length
 * @doff: data offset in words, if @doff_set
 * @doff_set: send @doff
 * @cut: only so many bytes are sent, unless 0
 * @bad_sum: the checksum does not hold
 * @from: another source address
 * @to: another destination address
 * @from_port_0: source port 0
 * @to_port_0: destination port 0
 *
 * How its IPv4 header may be out of the usual:
 * @ip_options: it has some, of no effect
 * @fragment: it says that there are more of them
 */
struct segment {
	__u32 seq;
	__u32 ack;
	__u8 flags;
	int mss;
	size_t len;
	__u16 wnd;
	bool wnd_set;
	__u16 urg;
	int wscale;
	bool sack_ok;
	bool ts;
	__u32 tsval;
	__u32 tsecr;
	int nr_sack;
	struct {
		__u32 seq;
		__u32 end;
	} sack[4];
	long long at_ms;
	unsigned char options[40];
	size_t options_len;
	__u8 ttl;
	__u8 tos;
	__u16 ip_id;

	const char *opt;
	size_t optlen;
	int doff;
	bool doff_set;
	size_t cut;
	bool bad_sum;
	const char *from;
	const char *to;
	bool from_port_0;
	bool to_port_0;
	bool ip_options;
	bool fragment;
};

/**
 * struct wire - the device, and one connection over it
 * @f: the family under test
 * @tun: the device
 * @listener: listening socket, or -1
 * @fd: the connection, or -1
 * @port: the stack's port
 * @peer_port: the peer's
 * @isn: the stack's initial sequence number, once a SYN of it was seen
 * @isn_seen: whether it was
 * @peer_isn: the peer's: near the end, so that numbers wrap in every test
 * @wnd: the window the peer offers
 * @high: the number after the highest the stack has sent
 * @skip_repeats: pass over what the stack has sent before
 * @skip_others: pass over what goes to other hosts and ports
 * @sent: bytes the application has sent
 * @received: bytes it has received
 */
struct wire {
	const struct family *f;
	int tun;
	int listener;
	int fd;
	__u16 port;
	__u16 peer_port;
	__u32 isn;
	bool isn_seen;
	__u32 peer_isn;
	__u16 wnd;
	__u32 high;
	bool skip_repeats;
	bool skip_others;
	size_t sent;
	size_t received;
};

/* Segments. The arguments after the flags are members of struct segment. */
#define wire_send(w, f, ...) \
	wire_put(w, &(struct segment){ .flags = (f), __VA_ARGS__ })
#define wire_expect(w, f, ...) \
	wire_get(w, __LINE__, &(struct segment){ .flags = (f), __VA_ARGS__ })
/* The answer must not wait for a timer. */
#define wire_expect_now(w, f, ...) \
	wire_get_now(w, __LINE__, &(struct segment){ .flags = (f), __VA_ARGS__ })
#define wire_expect_reset(w, s)	wire_get_reset(w, __LINE__, s)
#define wire_expect_acked(w, s, a)	wire_get_acked(w, __LINE__, s, a)
#define wire_silent(w)	wire_get_nothing(w, __LINE__)

void wire_new(struct wire *w, const struct family *f);
void wire_put(struct wire *w, const struct segment *seg);
void wire_ready(struct wire *w);
struct segment wire_get(struct wire *w, int line, const struct segment *want);
struct segment wire_get_now(struct wire *w, int line, const struct segment *want);
struct segment wire_get_reset(struct wire *w, int line, __u32 seq);
struct segment wire_get_acked(struct wire *w, int line, __u32 seq, __u32 ack);
void wire_get_nothing(struct wire *w, int line);
struct segment wire_any(struct wire *w);
struct segment wire_any_data(struct wire *w);
bool wire_poll(struct wire *w, struct segment *seg);
bool wire_pauses_double(long long begin, const struct segment *seg, int n, int first_ms);
void wire_icmp(struct wire *w, int type, int code, __u32 seq);
void wire_icmp_mtu(struct wire *w, int mtu, __u32 seq);
void wire_print(void);
noreturn void wire_die(const char *what);

/* The stack's settings and what it shows of itself */
bool is_mytcp(const struct wire *w);
void wire_set(const struct wire *w, const char *name, long value);
void wire_quick_syn(const struct wire *w);
void wire_rto_min(const struct wire *w, int ms);
const char *wire_state(const struct wire *w);
int wire_entries(const struct wire *w, const char *state);
long wire_counter(const struct wire *w, const char *name);

/* The application on the stack under test */
void app_socket(struct wire *w);
void app_listen(struct wire *w);
void app_accept(struct wire *w);
bool app_can_accept(const struct wire *w);
void app_connect(struct wire *w);
void app_send(struct wire *w, size_t len);
void app_recv(struct wire *w, size_t len);
bool app_at_end(struct wire *w);
int app_error(const struct wire *w);

/* Both at once: from nothing to ESTABLISHED, with sequence numbers 1 and 1 */
void wire_open(struct wire *w);
void wire_open_mss(struct wire *w, int mss);
void wire_open_active(struct wire *w);
void wire_anew(struct wire *w);

#endif

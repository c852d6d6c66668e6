/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A half-open entry: what a listener remembers between its SYN+ACK and the
 * ACK that makes it a connection. Small, for there may be a million of them.
 */
#ifndef MYTCP_CORE_HALF_H
#define MYTCP_CORE_HALF_H

#include "config.h"
#include "count.h"
#include "segment.h"
#include "types.h"

/**
 * struct mytcp_half - SYN_RECV before there is a connection
 * @irs: the client's initial sequence number
 * @iss: ours
 * @syn_sent_ms: when the SYN+ACK went out first, low 32 bits of milliseconds
 * @ts_recent: the client's timestamp
 * @ts_offset: what is added to our clock of milliseconds in timestamps
 * @wnd: receive window offered in the SYN+ACK
 * @peer_wnd: the window in the client's SYN
 * @peer_mss: the client's MSS option, or the default
 * @adv_mss: the MSS option of our SYN+ACK
 * @has: MYTCP_OPT_WSCALE, MYTCP_OPT_SACK_OK, MYTCP_OPT_TS: what is agreed on;
 *	MYTCP_OPT_COOKIE: the client kept it, in a cookie. Its SYN+ACK, if that
 *	is repeated, is an ordinary one
 * @snd_wscale: shift of the windows the client sends
 * @rcv_wscale: shift of those it gets
 * @repeats: times the SYN+ACK was repeated by time-out
 * @answers: segments that were answered with a challenge ACK
 * @resent: the SYN came again, and so did the SYN+ACK
 */
struct mytcp_half {
	u32 irs;
	u32 iss;
	u32 syn_sent_ms;
	u32 ts_recent;
	u32 ts_offset;
	u16 wnd;
	u16 peer_wnd;
	u16 peer_mss;
	u16 adv_mss;
	u8 has;
	u8 snd_wscale : 4;
	u8 rcv_wscale : 4;
	u8 repeats;
	u8 answers : 7;
	u8 resent : 1;
};

/* What is to be done with a segment for a half-open entry or a listener. */
enum mytcp_verdict {
	MYTCP_DROP,		/* nothing */
	MYTCP_REPLY,		/* send the reply */
	MYTCP_REPEAT,		/* a repeated SYN: send the reply, a SYN+ACK */
	MYTCP_RESET,		/* the entry goes, nothing is sent */
	MYTCP_OPEN,		/* make the half-open entry, or the connection */
	MYTCP_RESTART,		/* TIME_WAIT: send the reply, wait 2 MSL anew */
	MYTCP_FINISH,		/* FIN_WAIT2: send the reply, begin TIME_WAIT */
	MYTCP_REFUSE,		/* FIN_WAIT2: send the reply, the entry goes */
};

/**
 * mytcp_listen_input() - a segment for a listener
 * @seg: the segment, its flags checked
 * @reply: filled if the verdict is MYTCP_REPLY
 *
 * RFC 9293 section 3.10.7.2. Any context.
 *
 * Return: MYTCP_DROP, MYTCP_REPLY with a RST, or MYTCP_OPEN for a SYN.
 */
static inline enum mytcp_verdict
mytcp_listen_input(const struct mytcp_segment *seg, struct mytcp_segment *reply)
{
	if (seg->flags & MYTCP_RST)
		return MYTCP_DROP;
	if (seg->flags & MYTCP_ACK) {
		mytcp_segment_reset(seg, reply);
		return MYTCP_REPLY;
	}
	return seg->flags & MYTCP_SYN ? MYTCP_OPEN : MYTCP_DROP;
}

/**
 * mytcp_half_synack() - the SYN+ACK of an entry, first or repeated
 * @half: the entry
 * @now_ms: mytcp_host_now_ms()
 * @seg: filled
 *
 * Its window is never scaled (RFC 7323 section 2.2). Any context.
 */
static inline void mytcp_half_synack(const struct mytcp_half *half, u32 now_ms,
				     struct mytcp_segment *seg)
{
	seg->seq = half->iss;
	seg->ack = half->irs + 1;
	seg->len = 0;
	seg->wnd = half->wnd;
	seg->up = 0;
	seg->flags = MYTCP_SYN | MYTCP_ACK;
	seg->opt.mss = half->adv_mss;
	seg->opt.has = half->has & ~MYTCP_OPT_COOKIE;
	seg->opt.wscale = half->rcv_wscale;
	seg->opt.nr_sack = 0;
	seg->opt.tsval = now_ms + half->ts_offset;
	seg->opt.tsecr = half->ts_recent;
}

void mytcp_half_init(struct mytcp_half *half, const struct mytcp_segment *syn,
		     const struct mytcp_config *cfg, u32 now_ms, u32 iss,
		     u16 default_mss);
void mytcp_half_abort(const struct mytcp_half *half,
		      struct mytcp_segment *seg);
enum mytcp_verdict mytcp_half_input(struct mytcp_half *half,
				    const struct mytcp_config *cfg,
				    const struct mytcp_segment *seg,
				    struct mytcp_segment *reply,
				    enum mytcp_count *why);
u64 mytcp_half_sent_us(const struct mytcp_half *half, u64 now);
u64 mytcp_half_timeout(const struct mytcp_half *half,
		       const struct mytcp_config *cfg);

#endif /* MYTCP_CORE_HALF_H */

// SPDX-License-Identifier: GPL-2.0
#include "half.h"

#include "seq.h"
#include "tcb.h"

/*
 * Segments outside the window that one entry answers: a TIME_WAIT entry, or a
 * second half-open one, could answer each answer for ever.
 */
#define ANSWERS	10

/**
 * mytcp_listen_input() - a segment for a listener
 * @seg: the segment, its flags checked
 * @reply: filled if the verdict is MYTCP_REPLY
 *
 * RFC 9293 section 3.10.7.2. Any context.
 *
 * Return: MYTCP_DROP, MYTCP_REPLY with a RST, or MYTCP_OPEN for a SYN.
 */
enum mytcp_verdict mytcp_listen_input(const struct mytcp_segment *seg,
				      struct mytcp_segment *reply)
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
 * mytcp_half_init() - a SYN becomes a half-open entry
 * @half: the entry; the host has set wnd and adv_mss
 * @syn: the SYN; its payload, if any, is ignored, and the client sends it again
 * @iss: initial send sequence number
 * @default_mss: what to send to a client that names no MSS
 * @now_us: microseconds of mytcp_host_now()
 */
void mytcp_half_init(struct mytcp_half *half, const struct mytcp_segment *syn,
		     u32 iss, u16 default_mss, u64 now_us)
{
	half->irs = syn->seq;
	half->iss = iss;
	half->syn_sent_ms = div_u64(now_us, MYTCP_MSEC);
	half->peer_wnd = syn->wnd;
	half->peer_mss = syn->opt.mss ?: default_mss;
	half->repeats = 0;
	half->answers = 0;
}

/**
 * mytcp_half_synack() - the SYN+ACK of an entry, first or repeated
 * @half: the entry
 * @seg: filled
 */
void mytcp_half_synack(const struct mytcp_half *half,
		       struct mytcp_segment *seg)
{
	*seg = (struct mytcp_segment){
		.seq = half->iss,
		.ack = half->irs + 1,
		.wnd = half->wnd,
		.flags = MYTCP_SYN | MYTCP_ACK,
		.opt.mss = half->adv_mss,
	};
}

/**
 * mytcp_half_timeout() - when to repeat the SYN+ACK
 * @half: the entry
 * @cfg: settings
 *
 * Return: microseconds after the SYN+ACK sent last: 1, 2, 4, 8 s ...
 */
u64 mytcp_half_timeout(const struct mytcp_half *half,
		       const struct mytcp_config *cfg)
{
	return min_t(u64, (u64)cfg->rto_init << min_t(u8, half->repeats, 31),
		     cfg->rto_max) * MYTCP_MSEC;
}

/**
 * mytcp_half_sent_us() - when the first SYN+ACK went out
 * @half: the entry
 * @now_us: microseconds of mytcp_host_now()
 *
 * Return: microseconds of the same clock, a millisecond exact.
 */
u64 mytcp_half_sent_us(const struct mytcp_half *half, u64 now_us)
{
	u32 now_ms = div_u64(now_us, MYTCP_MSEC);

	return now_us - (u32)(now_ms - half->syn_sent_ms) * MYTCP_MSEC;
}

/* RFC 9293 section 3.10.7.4, first: the four cases of acceptability. */
static bool in_window(const struct mytcp_half *half,
		      const struct mytcp_segment *seg)
{
	u32 rcv_nxt = half->irs + 1;
	u32 end = mytcp_segment_end(seg);

	if (!half->wnd)
		return seg->seq == rcv_nxt && end == seg->seq;
	if (end == seg->seq)
		return seq_geq(seg->seq, rcv_nxt) &&
		       seq_lt(seg->seq, rcv_nxt + half->wnd);
	return seq_lt(seg->seq, rcv_nxt + half->wnd) && seq_gt(end, rcv_nxt);
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
static enum mytcp_verdict answer(const struct mytcp_half *half,
				 struct mytcp_segment *reply)
{
	*reply = (struct mytcp_segment){
		.seq = half->iss + 1,
		.ack = half->irs + 1,
		.wnd = half->wnd,
		.flags = MYTCP_ACK,
	};
	return MYTCP_REPLY;
}

/**
 * mytcp_half_input() - a segment for a half-open entry
 * @half: the entry
 * @seg: the segment, its flags checked
 * @reply: filled if the verdict says so
 *
 * SYN_RECV by RFC 9293 section 3.10.7.4 with the reset rules of RFC 5961.
 * A SYN+ACK that comes back (both sides listen, or an attacker) and every
 * other SYN within the window leaves the entry alone.
 *
 * Return: MYTCP_OPEN if the handshake is complete: the host makes the
 * connection with mytcp_open_passive() and gives it the same segment.
 */
enum mytcp_verdict mytcp_half_input(struct mytcp_half *half,
				    const struct mytcp_segment *seg,
				    struct mytcp_segment *reply)
{
	if ((seg->flags & (MYTCP_SYN | MYTCP_ACK)) == MYTCP_SYN &&
	    seg->seq == half->irs) {
		mytcp_half_synack(half, reply);
		return MYTCP_REPEAT;
	}

	if (!in_window(half, seg)) {
		if (seg->flags & MYTCP_RST || half->answers >= ANSWERS)
			return MYTCP_DROP;
		half->answers++;
		return answer(half, reply);
	}

	if (seg->flags & MYTCP_RST)
		return seg->seq == half->irs + 1 ? MYTCP_RESET :
						   answer(half, reply);

	if (seg->flags & MYTCP_SYN)
		return answer(half, reply);

	if (!(seg->flags & MYTCP_ACK))
		return MYTCP_DROP;

	if (seg->ack != half->iss + 1) {
		mytcp_segment_reset(seg, reply);
		return MYTCP_REPLY;
	}
	return MYTCP_OPEN;
}

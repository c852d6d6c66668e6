// SPDX-License-Identifier: GPL-2.0
#include "half.h"

#include "host.h"
#include "seq.h"

#define ANSWERS_MAX	127	/* what half->answers can count */

/**
 * mytcp_half_init() - a SYN becomes a half-open entry
 * @half: the entry; the host has set wnd, adv_mss, ts_offset, and rcv_wscale
 *	to what it would like
 * @syn: the SYN; its payload, if any, is ignored, and the client sends it again
 * @cfg: settings
 * @now_ms: mytcp_host_now_ms()
 * @iss: initial send sequence number
 * @default_mss: what to send to a client that names no MSS
 *
 * Agreed is what the SYN offers and the settings allow. Any context.
 */
void mytcp_half_init(struct mytcp_half *half, const struct mytcp_segment *syn,
		     const struct mytcp_config *cfg, u32 now_ms, u32 iss,
		     u16 default_mss)
{
	half->irs = syn->seq;
	half->iss = iss;
	half->syn_sent_ms = now_ms;
	half->ts_recent = syn->opt.tsval;
	half->peer_wnd = syn->wnd;
	half->peer_mss = syn->opt.mss ?: default_mss;
	half->has = syn->opt.has & mytcp_config_options(cfg);
	half->snd_wscale = min_t(u8, syn->opt.wscale, MYTCP_WSCALE_MAX);
	if (!(half->has & MYTCP_OPT_WSCALE)) {
		half->snd_wscale = 0;
		half->rcv_wscale = 0;
	}
	half->repeats = 0;
	half->answers = 0;
	half->resent = 0;
}

/**
 * mytcp_half_abort() - the RST that tells a client its entry is gone
 * @half: the entry
 * @seg: filled
 *
 * ABORT in SYN_RECV, RFC 9293 section 3.10.5. Any context.
 */
void mytcp_half_abort(const struct mytcp_half *half, struct mytcp_segment *seg)
{
	*seg = (struct mytcp_segment){
		.seq = half->iss + 1,
		.ack = half->irs + 1,
		.flags = MYTCP_RST | MYTCP_ACK,
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
 * @now: mytcp_host_now()
 *
 * Return: microseconds of mytcp_host_now(), a millisecond exact.
 */
u64 mytcp_half_sent_us(const struct mytcp_half *half, u64 now)
{
	u32 age_ms = (u32)div_u64(now, MYTCP_MSEC) - half->syn_sent_ms;

	return now - age_ms * MYTCP_MSEC;
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

/*
 * <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, a limited number of times: a TIME_WAIT
 * entry, or a second half-open one, could answer each answer for ever.
 */
static enum mytcp_verdict challenge(struct mytcp_half *half,
				    const struct mytcp_config *cfg,
				    struct mytcp_segment *reply)
{
	if (half->answers >= min_t(u32, cfg->challenge_ack_limit, ANSWERS_MAX))
		return MYTCP_DROP;
	half->answers++;
	*reply = (struct mytcp_segment){
		.seq = half->iss + 1,
		.ack = half->irs + 1,
		.wnd = half->wnd >> half->rcv_wscale,
		.flags = MYTCP_ACK,
		.opt = {
			.has = half->has & MYTCP_OPT_TS,
			.tsval = mytcp_host_now_ms() + half->ts_offset,
			.tsecr = half->ts_recent,
		},
	};
	return MYTCP_REPLY;
}

/*
 * RFC 7323 section 3.2: once timestamps are agreed on, a segment without one is
 * nobody's. Section 5.3, R1: one older than the SYN is an old duplicate.
 */
static bool timestamp_missing(const struct mytcp_half *half,
			      const struct mytcp_segment *seg)
{
	return half->has & MYTCP_OPT_TS && !(seg->opt.has & MYTCP_OPT_TS);
}

static bool timestamp_old(const struct mytcp_half *half,
			  const struct mytcp_segment *seg)
{
	return half->has & seg->opt.has & MYTCP_OPT_TS &&
	       seq_lt(seg->opt.tsval, half->ts_recent);
}

/*
 * What is wrong with a segment, by the steps of RFC 9293 section 3.10.7.4;
 * MYTCP_COUNTS if nothing is.
 */
static enum mytcp_count flaw(const struct mytcp_half *half,
			     const struct mytcp_segment *seg)
{
	if (seg->flags & MYTCP_RST)
		return in_window(half, seg) && seg->seq == half->irs + 1 ?
		       MYTCP_COUNTS : MYTCP_COUNT_RX_RESET_IGNORED;
	if (timestamp_old(half, seg))
		return MYTCP_COUNT_RX_OLD_TIMESTAMP;
	if (!in_window(half, seg))
		return MYTCP_COUNT_RX_OUTSIDE_WINDOW;
	if (seg->flags & MYTCP_SYN)
		return MYTCP_COUNT_RX_UNEXPECTED_SYN;
	if (!(seg->flags & MYTCP_ACK))
		return MYTCP_COUNT_RX_NO_ACK;
	if (seg->ack != half->iss + 1)
		return MYTCP_COUNT_RX_BAD_ACK;
	return timestamp_missing(half, seg) ? MYTCP_COUNT_RX_NO_TIMESTAMP :
					      MYTCP_COUNTS;
}

/**
 * mytcp_half_input() - a segment for a half-open entry
 * @half: the entry
 * @cfg: settings
 * @seg: the segment, its flags checked
 * @reply: filled if the verdict says so
 * @why: filled if the verdict is MYTCP_DROP or MYTCP_REPLY: the counter of what
 *	is wrong with the segment
 *
 * SYN_RECV by RFC 9293 section 3.10.7.4 with the reset rules of RFC 5961 and
 * the timestamps of RFC 7323. A SYN+ACK that comes back (both sides listen, or
 * an attacker) and every other SYN within the window leaves the entry alone.
 *
 * Return: MYTCP_OPEN if the handshake is complete: the host makes the
 * connection with mytcp_open_passive() and gives it the same segment.
 */
enum mytcp_verdict mytcp_half_input(struct mytcp_half *half,
				    const struct mytcp_config *cfg,
				    const struct mytcp_segment *seg,
				    struct mytcp_segment *reply,
				    enum mytcp_count *why)
{
	if ((seg->flags & (MYTCP_SYN | MYTCP_ACK)) == MYTCP_SYN &&
	    seg->seq == half->irs) {
		half->resent = true;
		if (seg->opt.has & half->has & MYTCP_OPT_TS)
			half->ts_recent = seq_max(half->ts_recent,
						  seg->opt.tsval);
		mytcp_half_synack(half, mytcp_host_now_ms(), reply);
		return MYTCP_REPEAT;
	}

	*why = flaw(half, seg);
	switch (*why) {
	case MYTCP_COUNTS:
		return seg->flags & MYTCP_RST ? MYTCP_RESET : MYTCP_OPEN;
	case MYTCP_COUNT_RX_NO_ACK:
	case MYTCP_COUNT_RX_NO_TIMESTAMP:
		return MYTCP_DROP;
	case MYTCP_COUNT_RX_BAD_ACK:
		mytcp_segment_reset(seg, reply);
		return MYTCP_REPLY;
	default:
		if (seg->flags & MYTCP_RST && !in_window(half, seg))
			return MYTCP_DROP;
		return challenge(half, cfg, reply);
	}
}

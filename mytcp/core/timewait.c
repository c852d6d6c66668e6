// SPDX-License-Identifier: GPL-2.0
#include "timewait.h"

#include "host.h"
#include "seq.h"

/**
 * mytcp_timewait_init() - remember a connection that has ended
 * @tw: filled
 * @tcb: the connection, in TIME_WAIT, FIN_WAIT2 or CLOSED
 */
void mytcp_timewait_init(struct mytcp_timewait *tw,
			 const struct mytcp_tcb *tcb)
{
	tw->snd_nxt = tcb->snd_nxt;
	tw->rcv_nxt = tcb->rcv_nxt;
	tw->rcv_wnd = (tcb->rcv_adv - tcb->rcv_nxt) >> tcb->rcv_wscale;
	tw->timestamps = !!(tcb->has & MYTCP_OPT_TS);
	tw->rcv_wscale = tcb->rcv_wscale;
	tw->of_cookie = tcb->of_cookie;
	tw->fin_wait2 = tcb->state == MYTCP_FIN_WAIT2;
	tw->over = tcb->state == MYTCP_CLOSED;
	tw->linger2 = max_t(s8, tcb->patience.linger2, 0);
	tw->ts_offset = tcb->ts_offset;
	tw->ts_recent = tcb->ts_recent;
}

/*
 * May a SYN open a new connection? RFC 6191 section 2, with MAY-2 of RFC 9293
 * for SYNs without a timestamp. Where the old connection had none, an old
 * duplicate of it has none either, and the new one would not take it.
 */
static bool may_reopen(const struct mytcp_timewait *tw,
		       const struct mytcp_config *cfg,
		       const struct mytcp_segment *syn)
{
	bool beyond = seq_gt(syn->seq, tw->rcv_nxt);

	if (tw->over)
		return true;
	if (!(syn->opt.has & mytcp_config_options(cfg) & MYTCP_OPT_TS))
		return beyond;
	if (!tw->timestamps)
		return true;
	if (syn->opt.tsval == tw->ts_recent)
		return beyond;
	return seq_gt(syn->opt.tsval, tw->ts_recent);
}

static void acknowledge(const struct mytcp_timewait *tw,
			struct mytcp_segment *reply)
{
	*reply = (struct mytcp_segment){
		.seq = tw->snd_nxt,
		.ack = tw->rcv_nxt,
		.wnd = tw->rcv_wnd,
		.flags = MYTCP_ACK,
		.opt = {
			.has = tw->timestamps ? MYTCP_OPT_TS : 0,
			.tsval = mytcp_host_now_ms() + tw->ts_offset,
			.tsecr = tw->ts_recent,
		},
	};
}

/**
 * mytcp_timewait_refuse() - what a segment gets that opens nothing
 * @tw: the entry
 * @seg: the segment, no RST
 * @reply: filled
 *
 * Return: false if it gets no answer.
 */
bool mytcp_timewait_refuse(const struct mytcp_timewait *tw,
			   const struct mytcp_segment *seg,
			   struct mytcp_segment *reply)
{
	if (tw->over)
		return mytcp_segment_reset(seg, reply);
	acknowledge(tw, reply);
	return true;
}

/**
 * mytcp_timewait_reset() - what tells the peer that FIN_WAIT2 is no more
 * @tw: the entry
 * @reset: filled
 *
 * ABORT, RFC 9293 section 3.10.5. Any context.
 */
void mytcp_timewait_reset(const struct mytcp_timewait *tw,
			  struct mytcp_segment *reset)
{
	acknowledge(tw, reset);
	reset->flags |= MYTCP_RST;
}

static bool in_window(const struct mytcp_timewait *tw,
		      const struct mytcp_segment *seg)
{
	u32 edge = tw->rcv_nxt + ((u32)tw->rcv_wnd << tw->rcv_wscale);

	if (seg->seq == tw->rcv_nxt)
		return true;
	return seq_lt(seg->seq, edge) &&
	       seq_gt(mytcp_segment_end(seg), tw->rcv_nxt);
}

/*
 * FIN_WAIT2, the steps of section 3.10.7.4 in their order. All of ours is
 * acknowledged, so only an ACK of just that belongs to the peer's present; what
 * it sends but a FIN nobody will read (SHLD-3).
 */
static enum mytcp_verdict fin_wait2(const struct mytcp_timewait *tw,
				    const struct mytcp_segment *seg,
				    struct mytcp_segment *reply,
				    enum mytcp_count *why)
{
	bool stamped = seg->opt.has & MYTCP_OPT_TS;
	bool reset = seg->flags & MYTCP_RST;
	u32 end = seg->seq + seg->len;

	*why = MYTCP_COUNT_RX_NO_TIMESTAMP;
	if (tw->timestamps && !stamped && !reset)
		return MYTCP_DROP;
	*why = MYTCP_COUNT_TIME_WAIT_RESET_IGNORED;
	if (reset && !in_window(tw, seg))
		return MYTCP_DROP;
	if (reset && seg->seq == tw->rcv_nxt)
		return MYTCP_RESET;
	acknowledge(tw, reply);
	if (reset || !in_window(tw, seg) || seg->flags & MYTCP_SYN ||
	    (tw->timestamps && seq_lt(seg->opt.tsval, tw->ts_recent)))
		return MYTCP_REPLY;
	*why = MYTCP_COUNT_RX_NO_ACK;
	if (!(seg->flags & MYTCP_ACK))
		return MYTCP_DROP;
	if (seq_gt(seg->ack, tw->snd_nxt))
		return MYTCP_REPLY;

	*why = MYTCP_COUNTS;
	if (!seg->len && !(seg->flags & MYTCP_FIN))
		return MYTCP_DROP;
	if (seg->ack != tw->snd_nxt)
		return MYTCP_REPLY;
	if (seq_gt(end, tw->rcv_nxt)) {
		mytcp_timewait_reset(tw, reply);
		return MYTCP_REFUSE;
	}
	/* In the window and without octets: the FIN is the next we wait for. */
	reply->ack = tw->rcv_nxt + 1;
	return MYTCP_FINISH;
}

/**
 * mytcp_timewait_begin() - the peer's FIN has come: FIN_WAIT2 becomes TIME_WAIT
 * @tw: the entry, locked against others who would change it
 * @fin: the segment for which the verdict was MYTCP_FINISH
 */
void mytcp_timewait_begin(struct mytcp_timewait *tw,
			  const struct mytcp_segment *fin)
{
	tw->rcv_nxt++;
	if (tw->timestamps)
		tw->ts_recent = fin->opt.tsval;
	tw->fin_wait2 = false;
}

/**
 * mytcp_timewait_over() - FIN_WAIT2 ends without a FIN
 * @tw: the entry, @of_cookie, locked against others who would change it
 *
 * What is left keeps the cookie out, as long as TIME_WAIT would last.
 */
void mytcp_timewait_over(struct mytcp_timewait *tw)
{
	tw->fin_wait2 = false;
	tw->over = true;
}

/**
 * mytcp_timewait_life() - how long an entry lives, unless something comes
 * @tw: the entry
 * @cfg: settings
 *
 * Return: milliseconds from when it was made, or became what it is.
 */
u32 mytcp_timewait_life(const struct mytcp_timewait *tw,
			const struct mytcp_config *cfg)
{
	if (!tw->fin_wait2)
		return 2 * cfg->msl;
	if (tw->linger2)
		return tw->linger2 * 1000U;
	return cfg->fin_timeout;
}

/**
 * mytcp_timewait_input() - a segment for a pair of endpoints in TIME_WAIT
 * @tw: the entry
 * @cfg: settings
 * @seg: the segment, its flags checked
 * @reply: filled if the verdict says so
 * @why: filled if the verdict is MYTCP_DROP: the counter of what is wrong with
 *	the segment, MYTCP_COUNTS if it has nothing to say
 *
 * RFC 9293 section 3.10.7.4. A RST is ignored whatever its number (RFC 1337).
 * A SYN that cannot be an old duplicate may open a new connection (RFC 6191);
 * the host then passes it to a listener, if there is one, with an initial
 * sequence number from mytcp_timewait_iss(). Only a FIN makes the wait start
 * anew: an old duplicate must not. Where there is no TIME_WAIT at all, only a
 * SYN fares otherwise than with a listener: whatever else comes is reset.
 *
 * FIN_WAIT2 that nobody holds waits for a FIN, which mytcp_timewait_begin() then
 * has to be told of.
 *
 * Return: MYTCP_DROP, MYTCP_REPLY, MYTCP_RESTART or MYTCP_OPEN; in FIN_WAIT2
 * MYTCP_DROP, MYTCP_REPLY, MYTCP_RESET, MYTCP_REFUSE or MYTCP_FINISH.
 */
enum mytcp_verdict mytcp_timewait_input(const struct mytcp_timewait *tw,
					const struct mytcp_config *cfg,
					const struct mytcp_segment *seg,
					struct mytcp_segment *reply,
					enum mytcp_count *why)
{
	bool stamped = seg->opt.has & MYTCP_OPT_TS;

	if (tw->fin_wait2)
		return fin_wait2(tw, seg, reply, why);
	*why = MYTCP_COUNT_TIME_WAIT_RESET_IGNORED;
	if (seg->flags & MYTCP_RST)
		return MYTCP_DROP;
	if ((seg->flags & (MYTCP_SYN | MYTCP_ACK)) == MYTCP_SYN &&
	    may_reopen(tw, cfg, seg))
		return MYTCP_OPEN;

	if (tw->over) {
		mytcp_segment_reset(seg, reply);
		return MYTCP_REPLY;
	}
	/* RFC 7323 section 3.2, but for a SYN, which may be another peer's. */
	*why = MYTCP_COUNT_RX_NO_TIMESTAMP;
	if (tw->timestamps && !stamped && !(seg->flags & MYTCP_SYN))
		return MYTCP_DROP;
	/* An ACK of nothing new would draw an ACK for ever. */
	*why = MYTCP_COUNTS;
	if (seg->seq == tw->rcv_nxt &&
	    mytcp_segment_end(seg) == seg->seq)
		return MYTCP_DROP;

	acknowledge(tw, reply);
	if (seg->flags & MYTCP_FIN && mytcp_segment_end(seg) == tw->rcv_nxt &&
	    !(tw->timestamps && seq_lt(seg->opt.tsval, tw->ts_recent)))
		return MYTCP_RESTART;
	return MYTCP_REPLY;
}

/**
 * mytcp_timewait_iss() - an initial sequence number for the next connection
 * @tw: the entry of the one before
 * @iss: what RFC 6528 proposes
 *
 * Return: @iss, or, where that does not lie above all the old connection sent,
 * the first number that does by a whole window (RFC 9293 section 3.6.1).
 */
u32 mytcp_timewait_iss(const struct mytcp_timewait *tw, u32 iss)
{
	u32 floor = tw->snd_nxt + U16_MAX + 1;

	return seq_gt(iss, floor) ? iss : floor;
}

/**
 * mytcp_timewait_may_follow() - may we open a connection where one has ended?
 * @tw: the entry of that one
 * @cfg: settings
 *
 * For an active open, where RFC 6191 is about the passive one. With timestamps
 * that begin above the last of the old connection, and numbers that do, either
 * side tells one's segments from the other's: no delay is needed.
 *
 * Return: true if so; mytcp_timewait_iss() and mytcp_timewait_ts_offset() say
 * how.
 */
bool mytcp_timewait_may_follow(const struct mytcp_timewait *tw,
			       const struct mytcp_config *cfg)
{
	return tw->timestamps && cfg->timestamps && !tw->fin_wait2;
}

/**
 * mytcp_timewait_ts_offset() - what the next connection's timestamps count from
 * @tw: the entry of the one before
 * @offset: what the clock on the wall proposes, which may have been set back
 *
 * Return: @offset, or more, so that every timestamp of the next connection lies
 * above all the old one sent in an earlier millisecond.
 */
u32 mytcp_timewait_ts_offset(const struct mytcp_timewait *tw, u32 offset)
{
	if (!tw->timestamps || seq_gt(offset, tw->ts_offset))
		return offset;
	return tw->ts_offset;
}

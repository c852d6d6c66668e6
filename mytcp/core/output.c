// SPDX-License-Identifier: GPL-2.0
/* What may be sent now, and sending it. */
#include "host.h"
#include "reassembly.h"
#include "seq.h"
#include "timestamp.h"

/* Good manners hold nothing back for ever: MUST-60, and section 3.8.6.2.1. */
#define CORK_LIMIT	(200 * MYTCP_MSEC)
#define SLIVER_LIMIT	(1 * MYTCP_SEC)

/**
 * mytcp_output_mss() - octets of payload in a full segment
 * @tcb: the connection, locked
 *
 * What a packet can carry less the options that every segment has (RFC 9293
 * section 3.7.1, MUST-16). Two fit into the largest window the peer ever
 * offered, so that its acknowledgments keep coming.
 *
 * Return: octets, more than 0.
 */
u32 mytcp_output_mss(const struct mytcp_tcb *tcb)
{
	u32 half = max_t(u32, tcb->max_snd_wnd / 2, MYTCP_MSS_MIN);
	u32 options = tcb->has & MYTCP_OPT_TS ? MYTCP_TS_ROOM : 0;

	if (tcb->has & MYTCP_OPT_COOKIE)
		options += MYTCP_COOKIE_ROOM;
	return min(tcb->snd_mss - options, half);
}

/*
 * What can be offered, @half of it when the reader has read all. A buffer that
 * is no multiple of what a window field counts in is taken for the next larger
 * one, or a small one could never be offered at all.
 */
static u32 room(struct mytcp_tcb *tcb, u8 shift, u32 *half)
{
	u32 most = (u32)U16_MAX << shift;
	u32 size;
	u32 free = mytcp_host_room(tcb, &size);
	u32 spare = -size & ((1U << shift) - 1);

	*half = min(size + spare, most) / 2;
	return min(free + spare, most);
}

/*
 * The right edge never moves left (SHLD-14) and moves right only by a step
 * worth sending into (MUST-39, RFC 9293 section 3.8.6.2.2). Where it lies between
 * two numbers that the field can say, the upper is offered as long as there is
 * room for it, then the lower; what lies between is taken all the same (RFC 7323
 * section 2.4).
 */
static u32 window(struct mytcp_tcb *tcb, u8 shift)
{
	u32 offered = tcb->rcv_adv - tcb->rcv_nxt;
	u32 mask = (1U << shift) - 1;
	u32 half;
	u32 free = room(tcb, shift, &half);
	u32 wnd = free & ~mask;

	if (wnd >= offered + min_t(u32, half, tcb->adv_mss))
		return wnd;
	wnd = (offered + mask) & ~mask;
	return wnd <= max(free, offered) ? wnd : offered & ~mask;
}

/**
 * mytcp_output_window() - the window to offer now
 * @tcb: the connection, locked
 *
 * Return: octets from rcv_nxt on, a number that a window field can say.
 */
u32 mytcp_output_window(struct mytcp_tcb *tcb)
{
	return window(tcb, tcb->rcv_wscale);
}

/*
 * SACK blocks, as long as there is anything to tell. A segment that is full
 * without them does not carry them: an acknowledgment follows it that does.
 */
static void put_sack(struct mytcp_tcb *tcb, struct mytcp_segment *seg)
{
	mytcp_reassembly_report(tcb, seg);
	if (seg->len && seg->opt.nr_sack &&
	    seg->len + mytcp_option_len(&seg->opt) > tcb->snd_mss) {
		seg->opt.nr_sack = 0;
		return;
	}
	tcb->ack_now = false;
	if (tcb->duplicate.seq == tcb->duplicate.end_seq)
		return;
	mytcp_host_count(tcb, MYTCP_COUNT_TX_DUPLICATE_SACKS);
	tcb->duplicate.end_seq = tcb->duplicate.seq;
}

static void transmit(struct mytcp_tcb *tcb, struct mytcp_segment *seg,
		     struct mytcp_range *range)
{
	u8 shift = seg->flags & MYTCP_SYN ? 0 : tcb->rcv_wscale;
	u32 wnd = window(tcb, shift);

	seg->flags |= MYTCP_ACK;
	seg->ack = tcb->rcv_nxt;
	/* A SYN+ACK that is repeated cannot say what was offered since. */
	seg->wnd = min_t(u32, wnd >> shift, U16_MAX);
	tcb->rcv_adv = seq_max(tcb->rcv_adv, tcb->rcv_nxt + wnd);
	tcb->last_ack = tcb->rcv_nxt;
	mytcp_timestamp_put(tcb, seg);
	if (tcb->has & MYTCP_OPT_COOKIE) {
		seg->opt.has |= MYTCP_OPT_COOKIE;
		memcpy(seg->opt.cookie, tcb->cookie, sizeof(tcb->cookie));
	}
	put_sack(tcb, seg);
	mytcp_timer_stop(tcb, MYTCP_TIMER_RECEIVED);
	mytcp_host_transmit(tcb, seg, range);
}

/**
 * mytcp_output_syn() - send the SYN, or in SYN_RECV the SYN+ACK
 * @tcb: the connection, locked
 *
 * The first as well as each repetition, with the same sequence number.
 */
void mytcp_output_syn(struct mytcp_tcb *tcb)
{
	struct mytcp_segment seg = {
		.seq = tcb->iss,
		.flags = MYTCP_SYN,
		.opt = {
			.mss = tcb->adv_mss,
			.has = tcb->has,
			.wscale = tcb->rcv_wscale,
		},
	};

	mytcp_timer_arm(tcb, MYTCP_TIMER_SENT,
			mytcp_rtt_rto(&tcb->rtt, tcb->cfg));
	if (tcb->state == MYTCP_SYN_RECV) {
		transmit(tcb, &seg, NULL);
		return;
	}
	seg.wnd = window(tcb, 0);
	tcb->rcv_adv = seg.wnd;
	mytcp_timestamp_put(tcb, &seg);
	mytcp_host_transmit(tcb, &seg, NULL);
}

/*
 * Where a segment without payload stands: SND.NXT, unless the peer has taken
 * its window back and would drop what lies beyond. What its window field had to
 * round off it has not taken back (RFC 7323 section 2.4).
 */
static u32 empty_seq(const struct mytcp_tcb *tcb)
{
	u32 edge = tcb->snd_una + tcb->snd_wnd;

	if (!mytcp_tcb_synchronized(tcb) ||
	    seq_lt(tcb->snd_nxt, edge + (1U << tcb->snd_wscale)))
		return tcb->snd_nxt;
	return edge;
}

/**
 * mytcp_output_ack() - send an acknowledgment and nothing else
 * @tcb: the connection, locked
 */
void mytcp_output_ack(struct mytcp_tcb *tcb)
{
	struct mytcp_segment seg = { .seq = empty_seq(tcb) };

	transmit(tcb, &seg, NULL);
}

/**
 * mytcp_output_challenge() - answer a segment that may be an attacker's
 * @tcb: the connection, locked
 *
 * RFC 5961. At most challenge_ack_limit in five seconds (its section 7), counted
 * for each connection by itself: a common count can be read from outside
 * (CVE-2016-5696).
 */
void mytcp_output_challenge(struct mytcp_tcb *tcb)
{
	u64 now = mytcp_moment(tcb);

	if (!tcb->challenge_us || now - tcb->challenge_us > 5 * MYTCP_SEC) {
		tcb->challenge_us = now;
		tcb->challenges = 0;
	}
	if (tcb->challenges >= tcb->cfg->challenge_ack_limit)
		return;
	tcb->challenges++;
	mytcp_host_count(tcb, MYTCP_COUNT_TX_CHALLENGE_ACKS);
	mytcp_output_ack(tcb);
}

/**
 * mytcp_output_reset() - tell the peer that the connection is no more
 * @tcb: the connection, locked
 */
void mytcp_output_reset(struct mytcp_tcb *tcb)
{
	struct mytcp_segment seg = {
		.seq = empty_seq(tcb),
		.ack = tcb->rcv_nxt,
		.flags = MYTCP_RST | MYTCP_ACK,
	};

	mytcp_timestamp_put(tcb, &seg);
	mytcp_host_count(tcb, MYTCP_COUNT_TX_RESETS);
	mytcp_host_transmit(tcb, &seg, NULL);
}

/**
 * mytcp_output_probe() - ask for the peer's window, or for a sign of life
 * @tcb: the connection, locked
 *
 * An octet that was acknowledged before, without carrying it: outside the
 * window whatever the peer does, so it answers (RFC 9293 section 3.10.7.4,
 * first), and nothing is ever sent that it has no room for. It looks at nothing
 * else in the segment: what is owed or offered has still to be said. A server
 * that may have but a cookie of us wants that, and answers it.
 */
void mytcp_output_probe(struct mytcp_tcb *tcb)
{
	struct mytcp_segment seg = {
		.seq = tcb->snd_una - 1,
		.ack = tcb->rcv_nxt,
		.wnd = (tcb->rcv_adv - tcb->rcv_nxt) >> tcb->rcv_wscale,
		.flags = MYTCP_ACK,
	};

	if (tcb->has & MYTCP_OPT_COOKIE) {
		mytcp_output_ack(tcb);
		return;
	}
	tcb->last_ack = tcb->rcv_nxt;
	mytcp_timestamp_put(tcb, &seg);
	mytcp_host_transmit(tcb, &seg, NULL);
}

/**
 * mytcp_output_update() - tell the peer of a wider window, if it is worth it
 * @tcb: the connection, locked
 *
 * Worth it is two segments or half of what there can be, and less if the peer
 * cannot send a full segment now.
 */
void mytcp_output_update(struct mytcp_tcb *tcb)
{
	u32 offered = tcb->rcv_adv - tcb->rcv_nxt;
	u32 wnd = mytcp_output_window(tcb);
	u32 half;

	if (wnd <= offered)
		return;
	room(tcb, tcb->rcv_wscale, &half);
	if (wnd - offered >= min_t(u32, 2 * tcb->adv_mss, half) ||
	    offered >> tcb->rcv_wscale << tcb->rcv_wscale <
	    max_t(u32, tcb->rcv_mss, 1))
		mytcp_output_ack(tcb);
}

/* Is this the last octet there is to send, as far as the user said? */
static bool ends_stream(const struct mytcp_tcb *tcb, u32 end)
{
	return end == tcb->write_seq;
}

static void send_range(struct mytcp_tcb *tcb, struct mytcp_range *range,
		       bool fin)
{
	struct mytcp_segment seg = {
		.seq = seq_max(range->seq, tcb->snd_una),
		.flags = range->flags,
	};

	seg.len = range->end_seq - seg.seq;
	if (ends_stream(tcb, range->end_seq))
		seg.flags |= MYTCP_PSH;
	if (fin)
		seg.flags |= MYTCP_FIN;
	range->sent_us = mytcp_moment(tcb);
	range->transmits += range->transmits < U8_MAX;
	tcb->data_sent_us = range->sent_us;
	transmit(tcb, &seg, range);
}

static void send_fin(struct mytcp_tcb *tcb)
{
	struct mytcp_segment seg = {
		.seq = tcb->write_seq,
		.flags = MYTCP_FIN,
	};

	transmit(tcb, &seg, NULL);
}

static bool cut(struct mytcp_tcb *tcb, struct mytcp_range *range, u32 len)
{
	struct mytcp_range *rest = mytcp_host_split(tcb, range, len);

	if (!rest)
		return false;
	rest->flags = range->flags;
	range->flags &= ~MYTCP_PSH;
	rest->marks = range->marks;
	rest->sent_us = range->sent_us;
	rest->transmits = range->transmits;
	mytcp_ranges_insert(&tcb->sndq, rest);
	return true;
}

/* Octets of the peer's window that are left beyond @seq. */
static u32 usable(const struct mytcp_tcb *tcb, u32 seq)
{
	u32 edge = tcb->snd_una + tcb->snd_wnd;

	return seq_gt(edge, seq) ? edge - seq : 0;
}

static struct mytcp_range *next_lost(struct mytcp_tcb *tcb)
{
	struct mytcp_range *range;

	if (!tcb->lost)
		return NULL;
	for (range = mytcp_ranges_find(&tcb->sndq, tcb->rexmit_nxt);
	     range && range != tcb->send_head;
	     range = mytcp_range_next(range))
		if (range->marks & MYTCP_RANGE_LOST)
			return range;
	return NULL;
}

/* Send a range again, cut to a segment; as much as the window still holds. */
static bool resend(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	u32 seq = seq_max(range->seq, tcb->snd_una);
	u32 fit = min(usable(tcb, seq), mytcp_output_mss(tcb));

	if (!fit)
		return false;
	if (range->end_seq - seq > fit &&
	    !cut(tcb, range, seq + fit - range->seq))
		return false;

	if (range->marks & MYTCP_RANGE_LOST) {
		range->marks &= ~MYTCP_RANGE_LOST;
		tcb->lost -= range->end_seq - seq;
	}
	tcb->rexmit_nxt = range->end_seq;
	mytcp_host_count(tcb, MYTCP_COUNT_RETRANSMITS);
	send_range(tcb, range, tcb->fin_sent &&
		   ends_stream(tcb, range->end_seq) &&
		   usable(tcb, range->end_seq));
	return true;
}

/**
 * mytcp_output_retransmit() - send the oldest lost range now, or the FIN
 * @tcb: the connection, locked
 *
 * Whatever the congestion window says: RFC 5681 and RFC 6298 send the one
 * segment that is known to be missing at once.
 */
void mytcp_output_retransmit(struct mytcp_tcb *tcb)
{
	struct mytcp_range *range = next_lost(tcb);

	if (range) {
		resend(tcb, range);
	} else if (tcb->fin_sent && tcb->snd_una == tcb->write_seq) {
		mytcp_host_count(tcb, MYTCP_COUNT_RETRANSMITS);
		send_fin(tcb);
	}
}

/* The congestion window's share; at the least one segment is on its way. */
static bool cwnd_allows(const struct mytcp_tcb *tcb, u32 len)
{
	u32 pipe = mytcp_tcb_pipe(tcb);
	u32 cwnd = tcb->cc.cwnd;

	/* Limited transmit, RFC 3042. */
	if (!tcb->in_recovery)
		cwnd += min_t(u32, tcb->dupacks, 2) * mytcp_output_mss(tcb);
	return !pipe || pipe + len <= cwnd;
}

/*
 * How much of the first unsent range goes now: all, as much as the window has
 * room for, or nothing. Nagle's algorithm (RFC 9293 section 3.7.4) and silly-
 * window avoidance (section 3.8.6.2.1, MUST-38).
 */
static u32 sendable(const struct mytcp_tcb *tcb,
		    const struct mytcp_range *range, bool force)
{
	u32 mss = mytcp_output_mss(tcb);
	u32 len = min(mytcp_range_len(range), mss);
	u32 wnd = usable(tcb, range->seq);

	if (!cwnd_allows(tcb, len))
		return 0;
	if (wnd < len)
		return force || wnd >= max_t(u32, tcb->max_snd_wnd / 2, 1) ?
			wnd : 0;
	if (len == mss || force || tcb->fin_queued ||
	    !ends_stream(tcb, range->end_seq))
		return len;
	if (tcb->cork)
		return 0;
	return tcb->nodelay || tcb->snd_una == tcb->snd_nxt ? len : 0;
}

static bool send_new(struct mytcp_tcb *tcb, bool force)
{
	struct mytcp_range *range = tcb->send_head;
	bool fin;
	u32 len;

	if (tcb->snd_una == tcb->snd_nxt && tcb->data_sent_us &&
	    mytcp_moment(tcb) - tcb->data_sent_us > tcb->rtt.rto_us)
		mytcp_cc_idle(&tcb->cc, mytcp_output_mss(tcb));

	len = sendable(tcb, range, force);
	if (!len)
		return false;
	if (len < mytcp_range_len(range) && !cut(tcb, range, len))
		return false;

	fin = tcb->fin_queued && ends_stream(tcb, range->end_seq) &&
	      usable(tcb, range->end_seq);
	tcb->send_head = mytcp_range_next(range);
	tcb->snd_nxt = range->end_seq + fin;
	tcb->fin_sent |= fin;
	send_range(tcb, range, fin);
	return true;
}

/*
 * A timer runs while something is in flight, or held back, or the server has
 * not confirmed our cookie.
 */
static void watch(struct mytcp_tcb *tcb)
{
	bool waiting = tcb->send_head || (tcb->fin_queued && !tcb->fin_sent);
	u64 wait = mytcp_rtt_rto(&tcb->rtt, tcb->cfg);

	if (tcb->snd_una != tcb->snd_nxt) {
		mytcp_timer_stop(tcb, MYTCP_TIMER_BLOCKED);
		if (!tcb->deadline[MYTCP_TIMER_SENT])
			mytcp_timer_arm(tcb, MYTCP_TIMER_SENT, wait);
		return;
	}
	if (!waiting) {
		mytcp_timer_stop(tcb, MYTCP_TIMER_BLOCKED);
		if (!(tcb->has & MYTCP_OPT_COOKIE)) {
			tcb->stalled_us = 0;
			mytcp_timer_stop(tcb, MYTCP_TIMER_SENT);
		} else if (!tcb->deadline[MYTCP_TIMER_SENT]) {
			mytcp_timer_arm(tcb, MYTCP_TIMER_SENT, wait);
		}
		return;
	}
	mytcp_timer_stop(tcb, MYTCP_TIMER_SENT);
	if (tcb->deadline[MYTCP_TIMER_BLOCKED])
		return;
	if (usable(tcb, tcb->snd_nxt))
		wait = min_t(u64, wait, tcb->cork ? CORK_LIMIT : SLIVER_LIMIT);
	mytcp_timer_arm(tcb, MYTCP_TIMER_BLOCKED, wait);
}

static void output(struct mytcp_tcb *tcb, bool force)
{
	struct mytcp_range *lost;

	if (!mytcp_tcb_synchronized(tcb))
		return;

	while ((lost = next_lost(tcb)) &&
	       cwnd_allows(tcb, min(mytcp_range_len(lost),
				    mytcp_output_mss(tcb))))
		if (!resend(tcb, lost))
			break;

	while (!lost && tcb->send_head && send_new(tcb, force))
		force = false;

	if (tcb->fin_queued && !tcb->fin_sent && !tcb->send_head &&
	    usable(tcb, tcb->write_seq)) {
		tcb->fin_sent = true;
		tcb->snd_nxt = tcb->write_seq + 1;
		send_fin(tcb);
	}

	if (tcb->ack_now)
		mytcp_output_ack(tcb);
	watch(tcb);
}

/**
 * mytcp_output() - send what may be sent now
 * @tcb: the connection, locked, in any state
 *
 * What is lost goes before what is new, data before a bare acknowledgment.
 * Leaves exactly one of the timers SENT and BLOCKED armed while anything is in
 * flight or waits or a cookie is not confirmed.
 */
void mytcp_output(struct mytcp_tcb *tcb)
{
	output(tcb, false);
}

/**
 * mytcp_output_force() - send one segment that good manners held back
 * @tcb: the connection, locked
 *
 * Nagle's algorithm, a cork and silly-window avoidance are passed over; the
 * peer's window is not.
 */
void mytcp_output_force(struct mytcp_tcb *tcb)
{
	output(tcb, true);
}

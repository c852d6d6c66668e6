// SPDX-License-Identifier: GPL-2.0
/*
 * A segment arrives: RFC 9293 section 3.10.7, a function a numbered step, in
 * the RFC's order. A step returns false when the segment goes no further. The
 * third step, security, has nothing to check here.
 */
#include "host.h"
#include "reassembly.h"
#include "seq.h"
#include "timestamp.h"

#define PROBE_INTERVAL	(10 * MYTCP_MSEC)

static void reply_reset(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	struct mytcp_segment reset;

	if (!mytcp_segment_reset(seg, &reset))
		return;
	mytcp_host_count(tcb, MYTCP_COUNT_TX_RESETS);
	mytcp_host_transmit(tcb, &reset, NULL);
}

/* RFC 7323 section 2.2: the window of a SYN is never scaled. */
static u32 window_of(const struct mytcp_tcb *tcb,
		     const struct mytcp_segment *seg)
{
	return (u32)seg->wnd << (seg->flags & MYTCP_SYN ? 0 : tcb->snd_wscale);
}

static void take_window(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	tcb->snd_wnd = window_of(tcb, seg);
	if (tcb->snd_wnd) {
		tcb->probe_backoff = 0;
		tcb->orphan_probes = 0;
	}
	tcb->max_snd_wnd = max(tcb->max_snd_wnd, tcb->snd_wnd);
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = seg->ack;
}

/* Agreed on is what both have offered. */
static void take_options(struct mytcp_tcb *tcb, const struct mytcp_options *opt)
{
	tcb->has &= opt->has;
	memcpy(tcb->cookie, opt->cookie, sizeof(tcb->cookie));
	if (opt->mss)
		tcb->peer_mss = opt->mss;
	if (tcb->has & MYTCP_OPT_WSCALE) {
		if (opt->wscale > MYTCP_WSCALE_MAX)
			mytcp_host_count(tcb, MYTCP_COUNT_RX_BAD_WSCALE);
		tcb->snd_wscale = min_t(u8, opt->wscale, MYTCP_WSCALE_MAX);
	} else {
		tcb->rcv_wscale = 0;
	}
	mytcp_timestamp_begin(tcb, opt->tsval);
}

static void take_syn(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	tcb->irs = seg->seq;
	tcb->rcv_nxt = seg->seq + 1;
	tcb->rcv_adv += tcb->rcv_nxt;
	take_options(tcb, &seg->opt);
	mytcp_tcb_path(tcb, tcb->path_mss);
}

/*
 * A round trip, from the echo of a timestamp, or from when the newest of what is
 * acknowledged was sent, 0 if any of that was sent twice (Karn).
 */
static bool measure(struct mytcp_tcb *tcb, const struct mytcp_segment *seg,
		    u64 sent_us, bool ambiguous, u32 samples)
{
	u64 us = mytcp_timestamp_rtt(tcb, seg, sent_us);

	if (!us && sent_us && !ambiguous)
		us = mytcp_moment(tcb) - sent_us ?: 1;
	if (us)
		mytcp_rtt_sample(&tcb->rtt, tcb->cfg, us, samples);
	return us;
}

/* Our SYN is acknowledged: the first round trip, the first window. */
static void established(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	tcb->snd_una = tcb->iss + 1;
	tcb->retries = 0;
	tcb->stalled_us = 0;
	mytcp_timer_stop(tcb, MYTCP_TIMER_SENT);
	mytcp_rtt_init(&tcb->rtt, tcb->cfg);
	if (!tcb->syn_sent_us)
		tcb->syn_sent_us = mytcp_moment(tcb);
	else if (!measure(tcb, seg, tcb->syn_sent_us, tcb->syn_repeated, 1))
		/* RFC 6298 section 5.7, for a first time-out of 1 s. */
		tcb->rtt.rto_us = min_t(u64, 3ULL * tcb->rtt.rto_us,
					tcb->cfg->rto_max * MYTCP_MSEC);
	mytcp_cc_init(&tcb->cc, mytcp_output_mss(tcb), tcb->syn_repeated);
	mytcp_state_set(tcb, MYTCP_ESTABLISHED);
	mytcp_timer_patience(tcb);
	mytcp_host_writable(tcb);
	if (tcb->fin_queued)
		mytcp_state_set(tcb, MYTCP_FIN_WAIT1);
}

/* Section 3.10.7.3. */
static void syn_sent(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	/* First: the ACK bit. */
	if (seg->flags & MYTCP_ACK && seg->ack != tcb->snd_nxt) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_BAD_ACK);
		reply_reset(tcb, seg);
		return;
	}

	/* Second: the RST bit. */
	if (seg->flags & MYTCP_RST) {
		if (!(seg->flags & MYTCP_ACK)) {
			mytcp_host_count(tcb, MYTCP_COUNT_RX_RESET_IGNORED);
			return;
		}
		mytcp_host_count(tcb, MYTCP_COUNT_RX_RESETS);
		mytcp_host_count(tcb, MYTCP_COUNT_OPEN_FAILS);
		mytcp_state_close(tcb, ECONNREFUSED);
		return;
	}

	/* Fourth: the SYN bit. Payload is not kept: the peer sends it again. */
	if (!(seg->flags & MYTCP_SYN)) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_NO_SYN);
		return;
	}
	take_syn(tcb, seg);
	take_window(tcb, seg);
	if (seg->flags & MYTCP_ACK) {
		established(tcb, seg);
		tcb->ack_now = true;
		mytcp_output(tcb);
	} else {
		/* What came asks for a cookie, as our SYN did. */
		tcb->has &= ~MYTCP_OPT_COOKIE;
		mytcp_state_set(tcb, MYTCP_SYN_RECV);
		mytcp_output_syn(tcb);
	}
}

/*
 * A window probe or a keepalive, which the peer lives by. Two confused peers
 * could take each other's answers for probes: not more often than a probe can
 * sensibly come.
 */
static bool answer_probe(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	u64 now = mytcp_moment(tcb);

	if (seg->seq != tcb->rcv_nxt - 1 || seg->flags & MYTCP_SYN ||
	    now - tcb->probed_us < PROBE_INTERVAL)
		return false;
	tcb->probed_us = now;
	mytcp_output_ack(tcb);
	return true;
}

/*
 * What is not acceptable is answered by an acknowledgment; a segment without
 * payload at a limited rate, for two confused peers would answer each other for
 * ever.
 */
static void unacceptable(struct mytcp_tcb *tcb,
			 const struct mytcp_segment *seg)
{
	if (seg->flags & MYTCP_RST) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_RESET_IGNORED);
	} else if (seg->len || seg->flags & MYTCP_FIN) {
		if (mytcp_tcb_synchronized(tcb))
			mytcp_reassembly_duplicate(tcb, seg->seq,
						   seg->seq + seg->len);
		mytcp_output_ack(tcb);
	} else if (tcb->state == MYTCP_SYN_RECV && seg->flags & MYTCP_SYN &&
		   seg->seq == tcb->irs) {
		mytcp_output_syn(tcb);
	} else if (!answer_probe(tcb, seg)) {
		mytcp_output_challenge(tcb);
	}
}

static bool check_timestamp_there(struct mytcp_tcb *tcb,
				  const struct mytcp_segment *seg)
{
	if (!mytcp_timestamp_missing(tcb, seg))
		return true;
	mytcp_host_count(tcb, MYTCP_COUNT_RX_NO_TIMESTAMP);
	return false;
}

/* Before all else the timestamp: RFC 7323 section 5.3, R1. */
static bool check_timestamp(struct mytcp_tcb *tcb,
			    const struct mytcp_segment *seg)
{
	if (mytcp_tcb_synchronized(tcb) && !check_timestamp_there(tcb, seg))
		return false;
	if (mytcp_timestamp_old(tcb, seg)) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_OLD_TIMESTAMP);
		unacceptable(tcb, seg);
		return false;
	}
	return true;
}

static bool in_window(const struct mytcp_tcb *tcb,
		      const struct mytcp_segment *seg)
{
	u32 end = mytcp_segment_end(seg);

	/* With a closed window ACK, RST and URG still count (MUST-66). */
	if (seg->seq == tcb->rcv_nxt)
		return true;
	if (!seq_lt(seg->seq, tcb->rcv_adv))
		return false;
	return end == seg->seq ? seq_gt(seg->seq, tcb->rcv_nxt) :
				 seq_gt(end, tcb->rcv_nxt);
}

/* First: the sequence number. */
static bool check_sequence(struct mytcp_tcb *tcb,
			   const struct mytcp_segment *seg)
{
	if (!in_window(tcb, seg)) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_OUTSIDE_WINDOW);
		unacceptable(tcb, seg);
		return false;
	}
	mytcp_timestamp_take(tcb, seg);
	return true;
}

/* Second: the RST bit (RFC 5961 section 3.2). */
static bool check_reset(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	int err;

	if (!(seg->flags & MYTCP_RST))
		return true;
	if (seg->seq != tcb->rcv_nxt) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_RESET_IGNORED);
		mytcp_output_challenge(tcb);
		return false;
	}

	switch (tcb->state) {
	case MYTCP_SYN_RECV:
		err = tcb->passive ? ECONNRESET : ECONNREFUSED;
		break;
	case MYTCP_CLOSE_WAIT:
		err = EPIPE;
		break;
	default:
		err = ECONNRESET;
		break;
	}
	mytcp_host_count(tcb, MYTCP_COUNT_RX_RESETS);
	mytcp_state_close(tcb, err);
	return false;
}

/* Fourth: the SYN bit (RFC 5961 section 4.2). */
static bool check_syn(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	if (!(seg->flags & MYTCP_SYN))
		return true;
	mytcp_host_count(tcb, MYTCP_COUNT_RX_UNEXPECTED_SYN);
	mytcp_output_challenge(tcb);
	return false;
}

/*
 * Drop from the send queue what is acknowledged. Returns when the newest of it
 * was sent, and whether any was sent twice.
 */
static u64 forget_acked(struct mytcp_tcb *tcb, u32 ack, bool *ambiguous)
{
	u64 sent_us = 0;
	struct mytcp_range *range;

	*ambiguous = false;
	while ((range = mytcp_ranges_first(&tcb->sndq)) &&
	       range != tcb->send_head && seq_lt(range->seq, ack)) {
		if (range->marks & MYTCP_RANGE_LOST)
			tcb->lost -= seq_min(range->end_seq, ack) -
				     seq_max(range->seq, tcb->snd_una);
		if (seq_gt(range->end_seq, ack))
			break;
		*ambiguous |= range->transmits > 1;
		sent_us = range->sent_us;
		mytcp_ranges_remove(&tcb->sndq, range);
		mytcp_host_free(tcb, range);
	}
	return sent_us;
}

static void advance(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	u32 flight = tcb->snd_nxt - tcb->snd_una;
	u32 ack = seg->ack, acked = ack - tcb->snd_una;
	bool ambiguous;
	u64 sent_us;

	sent_us = forget_acked(tcb, ack, &ambiguous);
	/* An acknowledgment comes for every second segment. */
	measure(tcb, seg, sent_us, ambiguous,
		DIV_ROUND_UP(flight, 2 * mytcp_output_mss(tcb)));
	tcb->snd_una = ack;
	tcb->retries = 0;
	tcb->stalled_us = 0;
	/* Marks of old stay near, or they would come round again. */
	tcb->rexmit_nxt = seq_max(tcb->rexmit_nxt, ack);
	if (!tcb->in_recovery)
		tcb->recover = seq_max(tcb->recover, ack - 1);
	if (ack == tcb->snd_nxt)
		mytcp_timer_stop(tcb, MYTCP_TIMER_SENT);
	else
		mytcp_timer_arm(tcb, MYTCP_TIMER_SENT,
				mytcp_rtt_rto(&tcb->rtt, tcb->cfg));
	mytcp_recovery_acked(tcb, acked, flight);
	mytcp_host_writable(tcb);
}

/*
 * The window counts from SND.UNA: one that came with an acknowledgment of
 * something new is taken even from a segment that is older than the last
 * update, or the right edge would move by what was acknowledged.
 */
static void update_window(struct mytcp_tcb *tcb,
			  const struct mytcp_segment *seg, bool advanced)
{
	bool probed = tcb->probe_backoff;
	u32 old = tcb->snd_wnd;

	if (!advanced && !seq_lt(tcb->snd_wl1, seg->seq) &&
	    !(tcb->snd_wl1 == seg->seq && seq_leq(tcb->snd_wl2, seg->ack)))
		return;
	take_window(tcb, seg);

	if (old || !tcb->snd_wnd)
		return;
	tcb->stalled_us = tcb->snd_una == tcb->snd_nxt ? 0 : mytcp_moment(tcb);
	mytcp_timer_stop(tcb, MYTCP_TIMER_BLOCKED);
	/* Closed for less than a time-out, or by rounding: nothing is lost. */
	if (!probed)
		return;
	/* The long intervals between probes are over. */
	mytcp_timer_stop(tcb, MYTCP_TIMER_SENT);
	/* What was in flight when the window closed was thrown away. */
	if (tcb->snd_una != tcb->snd_nxt)
		mytcp_recovery_resend(tcb);
}

/*
 * As long as a client keeps a cookie its server may not know it. Then anything
 * that fits tells that it does, and the server says so at once.
 */
static void confirm(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	if (seg->opt.has & MYTCP_OPT_COOKIE)
		tcb->ack_now = true;
	if (tcb->has & MYTCP_OPT_COOKIE) {
		tcb->has &= ~MYTCP_OPT_COOKIE;
		tcb->retries = 0;
		tcb->rtt.backoff = 0;
	}
}

/* Fifth: the ACK field. */
static bool check_ack(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	bool advanced;

	if (!(seg->flags & MYTCP_ACK)) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_NO_ACK);
		return false;
	}

	if (tcb->state == MYTCP_SYN_RECV) {
		if (seg->ack != tcb->iss + 1) {
			mytcp_host_count(tcb, MYTCP_COUNT_RX_BAD_ACK);
			reply_reset(tcb, seg);
			return false;
		}
		if (!check_timestamp_there(tcb, seg))
			return false;
		take_window(tcb, seg);
		established(tcb, seg);
	}

	/* RFC 5961 section 5.2. */
	if (seq_gt(seg->ack, tcb->snd_nxt) ||
	    seq_lt(seg->ack, tcb->snd_una - tcb->max_snd_wnd)) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_BAD_ACK);
		mytcp_output_challenge(tcb);
		return false;
	}

	confirm(tcb, seg);
	mytcp_timer_heard(tcb);
	advanced = seq_gt(seg->ack, tcb->snd_una);
	if (advanced)
		advance(tcb, seg);
	else if (seg->ack == tcb->snd_una && tcb->snd_una != tcb->snd_nxt &&
		 !seg->len && !(seg->flags & MYTCP_FIN) &&
		 seg->wnd && window_of(tcb, seg) == tcb->snd_wnd)
		mytcp_recovery_duplicate(tcb);
	if (seq_geq(seg->ack, tcb->snd_una))
		update_window(tcb, seg, advanced);

	if (!mytcp_tcb_fin_acked(tcb))
		return true;
	switch (tcb->state) {
	case MYTCP_FIN_WAIT1:
		mytcp_state_set(tcb, MYTCP_FIN_WAIT2);
		return true;
	case MYTCP_CLOSING:
		mytcp_state_set(tcb, MYTCP_TIME_WAIT);
		mytcp_state_close(tcb, 0);
		return false;
	case MYTCP_LAST_ACK:
		mytcp_state_close(tcb, 0);
		return false;
	default:
		return true;
	}
}

/*
 * Two segments, full or not, are acknowledged at once, one soon (SHLD-18,
 * SHLD-19). With a gap ahead the peer is recovering and waits (RFC 5681 section
 * 4.2).
 */
static void owe_ack(struct mytcp_tcb *tcb)
{
	if (tcb->deadline[MYTCP_TIMER_RECEIVED] ||
	    !mytcp_ranges_empty(&tcb->oooq) || tcb->fin_seen)
		tcb->ack_now = true;
	else
		mytcp_timer_arm(tcb, MYTCP_TIMER_RECEIVED,
				tcb->cfg->delack * MYTCP_MSEC);
}

/* Seventh: the segment text. Returns true if @range was kept. */
static bool take_text(struct mytcp_tcb *tcb, const struct mytcp_segment *seg,
		      struct mytcp_range *range)
{
	u32 end_seq = seq_min(seg->seq + seg->len, tcb->rcv_adv);

	if (tcb->fin_seen)
		end_seq = seq_min(end_seq, tcb->rcv_fin);
	*range = (struct mytcp_range){ .seq = seg->seq, .end_seq = end_seq };
	if (seq_leq(end_seq, seq_max(range->seq, tcb->rcv_nxt))) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_OLD_DUPLICATE);
		tcb->ack_now = true;
		return false;
	}

	tcb->rcv_mss = max(tcb->rcv_mss, seg->len);
	mytcp_reassembly_duplicate(tcb, range->seq, range->end_seq);
	if (seq_gt(range->seq, tcb->rcv_nxt)) {
		tcb->ack_now = true;
		return mytcp_reassembly_keep(tcb, range);
	}

	if (!mytcp_host_admit(tcb, range)) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_NO_MEMORY);
		tcb->ack_now = true;
		return false;
	}
	mytcp_host_deliver(tcb, range);
	tcb->rcv_nxt = end_seq;
	tcb->ack_now |= mytcp_reassembly_deliver(tcb);
	owe_ack(tcb);
	mytcp_host_readable(tcb);
	return true;
}

/*
 * Who is told of the end often closes at once: for as long as any other
 * acknowledgment may wait, that of the FIN waits to go with ours (section 3.8.6.3).
 */
static void owe_ack_of_fin(struct mytcp_tcb *tcb)
{
	if (!tcb->deadline[MYTCP_TIMER_RECEIVED])
		mytcp_timer_arm(tcb, MYTCP_TIMER_RECEIVED,
				tcb->cfg->delack * MYTCP_MSEC);
}

/*
 * Eighth: the FIN bit, remembered if it came ahead of its turn. Returns false
 * if the connection is no more.
 */
static bool take_fin(struct mytcp_tcb *tcb, const struct mytcp_segment *seg)
{
	u32 fin = seg->seq + seg->len;

	if (seg->flags & MYTCP_FIN && !tcb->fin_seen &&
	    seq_geq(fin, tcb->rcv_nxt) &&
	    (seq_lt(fin, tcb->rcv_adv) || fin == tcb->rcv_nxt)) {
		tcb->fin_seen = true;
		tcb->rcv_fin = fin;
	}
	if (!tcb->fin_seen || tcb->rcv_nxt != tcb->rcv_fin ||
	    !mytcp_tcb_can_receive(tcb)) {
		tcb->ack_now |= !!(seg->flags & MYTCP_FIN);
		return true;
	}

	/* What somebody sent from beyond the end is nobody's. */
	mytcp_reassembly_purge(tcb);
	if (tcb->rcv_adv == tcb->rcv_nxt)
		tcb->rcv_adv++;
	tcb->rcv_nxt++;
	switch (tcb->state) {
	case MYTCP_ESTABLISHED:
		owe_ack_of_fin(tcb);
		mytcp_state_set(tcb, MYTCP_CLOSE_WAIT);
		break;
	case MYTCP_FIN_WAIT1:
		tcb->ack_now = true;
		mytcp_state_set(tcb, MYTCP_CLOSING);
		break;
	default:
		mytcp_output_ack(tcb);
		mytcp_state_set(tcb, MYTCP_TIME_WAIT);
		mytcp_host_readable(tcb);
		mytcp_state_close(tcb, 0);
		return false;
	}
	mytcp_host_readable(tcb);
	return true;
}

/*
 * In SYN_RECV the peer's SYN may come again with the acknowledgment we wait
 * for, when both sides opened at once: what counts is what follows the SYN. Its
 * window is not scaled, and loses what the scale cannot say.
 */
static void skip_syn(const struct mytcp_tcb *tcb, struct mytcp_segment *seg)
{
	if (!tcb->passive &&
	    (seg->flags & (MYTCP_SYN | MYTCP_ACK)) ==
	    (MYTCP_SYN | MYTCP_ACK) &&
	    seg->seq == tcb->irs && seg->ack == tcb->iss + 1) {
		seg->seq++;
		seg->len = 0;
		seg->wnd >>= tcb->snd_wscale;
		seg->flags &= ~MYTCP_SYN;
	}
}

/* Section 3.10.7.4. Returns true if @range was kept. */
static bool synchronized(struct mytcp_tcb *tcb, const struct mytcp_segment *seg,
			 struct mytcp_range *range)
{
	bool kept = false;

	if (!check_timestamp(tcb, seg) || !check_sequence(tcb, seg) ||
	    !check_reset(tcb, seg) || !check_syn(tcb, seg) ||
	    !check_ack(tcb, seg))
		return false;

	if (seg->len && mytcp_tcb_can_receive(tcb)) {
		/* Nobody will read it: say so (SHLD-3). */
		if ((tcb->orphan || tcb->rcv_shut) && tcb->fin_queued &&
		    seq_gt(seg->seq + seg->len, tcb->rcv_nxt)) {
			mytcp_host_count(tcb, MYTCP_COUNT_ABORT_ON_DATA);
			mytcp_abort(tcb, ECONNRESET);
			return false;
		}
		kept = take_text(tcb, seg, range);
	} else if (seg->len) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_AFTER_CLOSE);
		tcb->ack_now = true;
	}
	if (take_fin(tcb, seg)) {
		mytcp_output(tcb);
		mytcp_linger(tcb);
	}
	return kept;
}

static bool syn_received(struct mytcp_tcb *tcb, const struct mytcp_segment *seg,
			 struct mytcp_range *range)
{
	struct mytcp_segment rest = *seg;

	skip_syn(tcb, &rest);
	return synchronized(tcb, &rest, range);
}

static bool input(struct mytcp_tcb *tcb, const struct mytcp_segment *seg,
		  struct mytcp_range *range)
{
	switch (tcb->state) {
	case MYTCP_CLOSED:
		mytcp_host_count(tcb, MYTCP_COUNT_RX_AFTER_CLOSE);
		return false;
	case MYTCP_SYN_SENT:
		syn_sent(tcb, seg);
		return false;
	case MYTCP_SYN_RECV:
		return syn_received(tcb, seg, range);
	default:
		return synchronized(tcb, seg, range);
	}
}

/**
 * mytcp_input() - a segment for a connection
 * @tcb: the connection, locked, neither LISTEN nor TIME_WAIT
 * @seg: the segment, its checksum, flags and options checked
 * @range: carries its payload; to be filled in. Anything without payload.
 *
 * RFC 9293 section 3.10.7. The connection may be CLOSED afterwards.
 *
 * Return: true if @range was kept and is no longer the caller's.
 */
bool mytcp_input(struct mytcp_tcb *tcb, const struct mytcp_segment *seg,
		 struct mytcp_range *range)
{
	bool kept;

	mytcp_moment_begin(tcb);
	kept = input(tcb, seg, range);
	mytcp_moment_end(tcb);
	return kept;
}

// SPDX-License-Identifier: GPL-2.0
/* Loss recovery without SACK: fast retransmit and NewReno (RFC 6582). */
#include "host.h"
#include "seq.h"

#define DUP_THRESH	3	/* RFC 5681 section 3.2 */

static void mark_lost(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	if (range->marks & MYTCP_RANGE_LOST)
		return;
	range->marks |= MYTCP_RANGE_LOST;
	tcb->lost += range->end_seq - seq_max(range->seq, tcb->snd_una);
	tcb->rexmit_nxt = seq_min(tcb->rexmit_nxt, range->seq);
}

static void mark_all_lost(struct mytcp_tcb *tcb)
{
	struct mytcp_range *range;

	tcb->rexmit_nxt = tcb->snd_una;
	for (range = mytcp_ranges_first(&tcb->sndq);
	     range && range != tcb->send_head;
	     range = mytcp_range_next(range))
		mark_lost(tcb, range);
}

static void resend_head(struct mytcp_tcb *tcb)
{
	struct mytcp_range *range = mytcp_ranges_first(&tcb->sndq);

	if (range && range != tcb->send_head) {
		tcb->rexmit_nxt = seq_max(tcb->rexmit_nxt, tcb->snd_una);
		mark_lost(tcb, range);
	}
	mytcp_output_retransmit(tcb);
}

/**
 * mytcp_recovery_acked() - new octets were acknowledged
 * @tcb: the connection, locked, snd_una advanced
 * @acked: how many
 * @flight: octets in flight before
 *
 * RFC 6582 section 3.2, step 3.
 */
void mytcp_recovery_acked(struct mytcp_tcb *tcb, u32 acked, u32 flight)
{
	u32 mss = mytcp_output_mss(tcb);
	struct mytcp_cc *cc = &tcb->cc;

	tcb->dupacks = 0;
	if (!tcb->in_recovery) {
		mytcp_cc_acked(cc, mss, acked, flight + mss >
			       (cc->cwnd < cc->ssthresh ? cc->cwnd / 2 :
							  cc->cwnd));
		return;
	}

	if (seq_geq(tcb->snd_una, tcb->recover)) {
		mytcp_cc_recovered(cc, mss, mytcp_tcb_pipe(tcb));
		tcb->in_recovery = false;
		return;
	}

	/* A partial acknowledgment: the next hole begins at snd_una. */
	mytcp_cc_partial(cc, mss, acked);
	resend_head(tcb);
}

/**
 * mytcp_recovery_duplicate() - a duplicate acknowledgment
 * @tcb: the connection, locked
 *
 * RFC 5681 section 3.2 and RFC 6582 section 3.2, step 1: no second fast
 * retransmit for what was in flight when the first one, or a time-out, came,
 * and none for an ACK of just that: what was sent twice draws duplicates.
 */
void mytcp_recovery_duplicate(struct mytcp_tcb *tcb)
{
	u32 mss = mytcp_output_mss(tcb);

	mytcp_host_count(tcb, MYTCP_COUNT_DUPLICATE_ACKS);
	tcb->dupacks++;
	if (tcb->in_recovery) {
		mytcp_cc_duplicate(&tcb->cc, mss);
		return;
	}
	if (tcb->dupacks != DUP_THRESH ||
	    seq_leq(tcb->snd_una, tcb->recover))
		return;

	mytcp_host_count(tcb, MYTCP_COUNT_FAST_RETRANSMITS);
	/* What limited transmit sent beyond the window does not count. */
	mytcp_cc_loss(&tcb->cc, mss,
		      min(tcb->snd_nxt - tcb->snd_una, tcb->cc.cwnd));
	tcb->recover = tcb->snd_nxt;
	tcb->in_recovery = true;
	resend_head(tcb);
}

/**
 * mytcp_recovery_timeout() - the retransmission timer fired
 * @tcb: the connection, locked
 *
 * All that is in flight is taken for lost; the oldest goes now (RFC 6298
 * section 5.4), the rest as the window of slow start lets it.
 */
void mytcp_recovery_timeout(struct mytcp_tcb *tcb)
{
	mytcp_cc_timeout(&tcb->cc, mytcp_output_mss(tcb),
			 tcb->snd_nxt - tcb->snd_una, tcb->retries > 1);
	tcb->recover = tcb->snd_nxt;
	tcb->in_recovery = false;
	tcb->dupacks = 0;
	mark_all_lost(tcb);
	mytcp_output_retransmit(tcb);
}

/**
 * mytcp_recovery_resend() - what is in flight will not arrive
 * @tcb: the connection, locked
 *
 * Not for congestion: the peer had closed its window, or the segments were too
 * large for the path.
 */
void mytcp_recovery_resend(struct mytcp_tcb *tcb)
{
	mark_all_lost(tcb);
	mytcp_output_retransmit(tcb);
	mytcp_output(tcb);
}

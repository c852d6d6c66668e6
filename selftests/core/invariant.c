// SPDX-License-Identifier: GPL-2.0
#include "invariant.h"
#include "seq.h"

static const char *leftovers(const struct mytcp_tcb *tcb)
{
	int i;

	for (i = 0; i < MYTCP_TIMERS; i++)
		if (tcb->deadline[i])
			return "closed, and a timer runs";
	if (!mytcp_ranges_empty(&tcb->sndq) ||
	    !mytcp_ranges_empty(&tcb->oooq))
		return "closed, and octets are kept";
	return NULL;
}

static const char *send_queue(const struct mytcp_tcb *tcb)
{
	struct mytcp_range *range = mytcp_ranges_first(&tcb->sndq);
	bool sent = true;
	u32 lost = 0;
	u32 at;

	if (!range)
		return tcb->send_head || tcb->lost ?
		       "what is not queued is counted" : NULL;
	if (mytcp_tcb_synchronized(tcb) &&
	    (seq_gt(range->seq, tcb->snd_una) ||
	     seq_leq(range->end_seq, tcb->snd_una)))
		return "the send queue does not begin at snd_una";
	at = range->seq;
	for (; range; range = mytcp_range_next(range)) {
		if (range->seq != at || seq_leq(range->end_seq, range->seq))
			return "a hole in the send queue";
		at = range->end_seq;
		if (range == tcb->send_head)
			sent = false;
		if (sent != seq_leq(range->end_seq, tcb->snd_nxt))
			return "send_head is not at snd_nxt";
		if (range->marks & MYTCP_RANGE_LOST)
			lost += range->end_seq -
				seq_max(range->seq, tcb->snd_una);
	}
	if (at != tcb->write_seq)
		return "the send queue does not end at write_seq";
	if (lost != tcb->lost)
		return "lost octets are miscounted";
	return NULL;
}

static const char *receive_queue(const struct mytcp_tcb *tcb)
{
	struct mytcp_range *first, *range;
	u32 end = tcb->rcv_nxt;

	for (first = mytcp_ranges_first(&tcb->oooq); first;
	     first = mytcp_range_next(first)) {
		if (seq_leq(first->seq, end))
			return "octets are kept that are not out of order";
		end = first->end_seq;
		range = first->chain ? first->chain->chain : NULL;
		for (; range; range = range->chain) {
			if (seq_gt(range->seq, end))
				return "an island has a gap";
			end = seq_max(end, range->end_seq);
			if (range == first->chain)
				break;
		}
		if (first->chain && first->chain->end_seq != end)
			return "an island does not end with its last range";
		if (seq_gt(end, tcb->rcv_adv))
			return "octets outside the window are kept";
	}
	return NULL;
}

static const char *numbers(const struct mytcp_tcb *tcb)
{
	if (seq_gt(tcb->snd_una, tcb->snd_nxt) ||
	    seq_gt(tcb->snd_nxt, tcb->write_seq + 1))
		return "snd_una, snd_nxt and write_seq are out of order";
	if (mytcp_tcb_pipe(tcb) > tcb->snd_nxt - tcb->snd_una)
		return "more is lost than was sent";
	if (tcb->rcv_adv - tcb->rcv_nxt > (u32)U16_MAX << tcb->rcv_wscale)
		return "the window offered is no window";
	if (!mytcp_tcb_synchronized(tcb))
		return NULL;
	if (!tcb->cc.cwnd || tcb->cc.cwnd > 1U << 30)
		return "the congestion window has run away";
	if (!mytcp_output_mss(tcb))
		return "a full segment is empty";
	return NULL;
}

/* Without a timer, a connection with something to do would stand still. */
static const char *progress(const struct mytcp_tcb *tcb)
{
	bool flight = tcb->snd_una != tcb->snd_nxt;
	bool waits = tcb->send_head || (tcb->fin_queued && !tcb->fin_sent);

	if (flight && !tcb->deadline[MYTCP_TIMER_SENT] && !tcb->passive)
		return "waits for an ACK without a timer";
	if (flight && tcb->deadline[MYTCP_TIMER_BLOCKED])
		return "runs both timers";
	if (!mytcp_tcb_synchronized(tcb))
		return NULL;
	if (flight && !tcb->deadline[MYTCP_TIMER_SENT])
		return "waits for an ACK without a timer";
	if (waits && !flight && !tcb->deadline[MYTCP_TIMER_BLOCKED])
		return "waits to send without a timer";
	if (tcb->state == MYTCP_FIN_WAIT2 && tcb->orphan)
		return "FIN_WAIT2 that nobody holds is no small entry";
	if (tcb->has & MYTCP_OPT_COOKIE &&
	    !tcb->deadline[MYTCP_TIMER_SENT] &&
	    !tcb->deadline[MYTCP_TIMER_BLOCKED])
		return "keeps a cookie without a timer";
	if (tcb->ack_now)
		return "an ACK is owed and was not sent";
	return NULL;
}

/**
 * invariant_broken() - look for what cannot be
 * @tcb: a connection the core is not at work on
 *
 * Return: what is wrong with it, or NULL.
 */
const char *invariant_broken(const struct mytcp_tcb *tcb)
{
	const char *broken;

	if (tcb->state == MYTCP_CLOSED)
		return leftovers(tcb);
	broken = send_queue(tcb);
	broken = broken ?: receive_queue(tcb);
	broken = broken ?: numbers(tcb);
	return broken ?: progress(tcb);
}

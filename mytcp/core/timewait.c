// SPDX-License-Identifier: GPL-2.0
#include "timewait.h"

#include "seq.h"

/**
 * mytcp_timewait_init() - remember a connection that has entered TIME_WAIT
 * @tw: filled
 * @tcb: the connection
 */
void mytcp_timewait_init(struct mytcp_timewait *tw,
			 const struct mytcp_tcb *tcb)
{
	tw->snd_nxt = tcb->snd_nxt;
	tw->rcv_nxt = tcb->rcv_nxt;
	tw->rcv_wnd = min_t(u32, tcb->rcv_adv - tcb->rcv_nxt, U16_MAX);
}

/**
 * mytcp_timewait_input() - a segment for a pair of endpoints in TIME_WAIT
 * @tw: the entry
 * @seg: the segment, its flags checked
 * @reply: filled if the verdict says so
 *
 * RFC 9293 section 3.10.7.4. A RST is ignored whatever its number (RFC 1337).
 * A SYN beyond all the old connection received may open a new one (MAY-2);
 * the host then passes it to a listener, if there is one, with an initial
 * sequence number from mytcp_timewait_iss(). Only a FIN makes the wait start
 * anew: an old duplicate must not.
 *
 * Return: MYTCP_DROP, MYTCP_REPLY, MYTCP_RESTART or MYTCP_OPEN.
 */
enum mytcp_verdict mytcp_timewait_input(const struct mytcp_timewait *tw,
					const struct mytcp_segment *seg,
					struct mytcp_segment *reply)
{
	if (seg->flags & MYTCP_RST)
		return MYTCP_DROP;
	if ((seg->flags & (MYTCP_SYN | MYTCP_ACK)) == MYTCP_SYN &&
	    seq_gt(seg->seq, tw->rcv_nxt))
		return MYTCP_OPEN;

	/* An ACK of nothing new would draw an ACK for ever. */
	if (seg->seq == tw->rcv_nxt &&
	    mytcp_segment_end(seg) == seg->seq)
		return MYTCP_DROP;

	*reply = (struct mytcp_segment){
		.seq = tw->snd_nxt,
		.ack = tw->rcv_nxt,
		.wnd = tw->rcv_wnd,
		.flags = MYTCP_ACK,
	};
	if (seg->flags & MYTCP_FIN && mytcp_segment_end(seg) == tw->rcv_nxt)
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

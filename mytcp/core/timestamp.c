// SPDX-License-Identifier: GPL-2.0
#include "timestamp.h"

#include "host.h"
#include "seq.h"

/* RFC 7323 section 5.5: then the peer's clock may have gone half round. */
#define IDLE_LIMIT	(24ULL * 24 * 3600 * MYTCP_SEC)

static bool agreed(const struct mytcp_tcb *tcb)
{
	return tcb->has & MYTCP_OPT_TS;
}

/* Our clock at a moment, as the peer sees it. */
static u32 clock_at(const struct mytcp_tcb *tcb, u64 us)
{
	return (u32)div_u64(us, MYTCP_MSEC) + tcb->ts_offset;
}

/**
 * mytcp_timestamp_put() - give a segment its timestamp
 * @tcb: the connection, locked
 * @seg: a segment about to be sent; left alone if there is to be none
 */
void mytcp_timestamp_put(const struct mytcp_tcb *tcb,
			 struct mytcp_segment *seg)
{
	if (!agreed(tcb))
		return;
	seg->opt.has |= MYTCP_OPT_TS;
	seg->opt.tsval = clock_at(tcb, mytcp_moment(tcb));
	seg->opt.tsecr = seg->flags & MYTCP_ACK ? tcb->ts_recent : 0;
}

/**
 * mytcp_timestamp_missing() - is this a segment of another connection?
 * @tcb: the connection, locked
 * @seg: a segment received
 *
 * RFC 7323 section 3.2: once timestamps are agreed on every segment has one, but
 * perhaps a RST.
 *
 * Return: true if it is to be dropped without an answer.
 */
bool mytcp_timestamp_missing(const struct mytcp_tcb *tcb,
			     const struct mytcp_segment *seg)
{
	return agreed(tcb) && !(seg->opt.has & MYTCP_OPT_TS) &&
	       !(seg->flags & MYTCP_RST);
}

static bool comparable(const struct mytcp_tcb *tcb,
		       const struct mytcp_segment *seg)
{
	return tcb->has & seg->opt.has & MYTCP_OPT_TS;
}

static bool recent_valid(const struct mytcp_tcb *tcb)
{
	return mytcp_moment(tcb) - tcb->ts_recent_us <= IDLE_LIMIT;
}

/**
 * mytcp_timestamp_old() - is this an old duplicate?
 * @tcb: the connection, locked
 * @seg: a segment received
 *
 * Protection against wrapped sequence numbers, RFC 7323 section 5.3, R1. It does
 * not hold for a RST.
 *
 * Return: true if the segment is not acceptable.
 */
bool mytcp_timestamp_old(const struct mytcp_tcb *tcb,
			 const struct mytcp_segment *seg)
{
	return comparable(tcb, seg) && !(seg->flags & MYTCP_RST) &&
	       seq_lt(seg->opt.tsval, tcb->ts_recent) && recent_valid(tcb);
}

/**
 * mytcp_timestamp_begin() - the peer's SYN has come
 * @tcb: the connection, locked
 * @tsval: the timestamp in it
 */
void mytcp_timestamp_begin(struct mytcp_tcb *tcb, u32 tsval)
{
	tcb->ts_recent = tsval;
	tcb->ts_recent_us = mytcp_moment(tcb);
}

/**
 * mytcp_timestamp_take() - what is to be echoed from now on
 * @tcb: the connection, locked
 * @seg: a segment received, acceptable
 *
 * RFC 7323 section 4.3: the timestamp of the oldest segment that is not
 * acknowledged, so that the peer measures what our delaying costs as well.
 */
void mytcp_timestamp_take(struct mytcp_tcb *tcb,
			  const struct mytcp_segment *seg)
{
	if (comparable(tcb, seg) && !(seg->flags & MYTCP_RST) &&
	    seq_leq(seg->seq, tcb->last_ack))
		mytcp_timestamp_begin(tcb, seg->opt.tsval);
}

/**
 * mytcp_timestamp_rtt() - the round trip that an acknowledgment tells of
 * @tcb: the connection, locked
 * @seg: a segment that acknowledges something new
 * @sent_us: when the newest of that was sent last, 0 if it is not known
 *
 * RFC 7323 section 4.1. It holds for what was sent twice too. An echo of
 * something we cannot have sent says nothing.
 *
 * Return: microseconds, to a millisecond, or exact if the echo is of @sent_us;
 * 0 if there is nothing to learn.
 */
u64 mytcp_timestamp_rtt(const struct mytcp_tcb *tcb,
			const struct mytcp_segment *seg, u64 sent_us)
{
	u32 first = clock_at(tcb, tcb->syn_sent_us);
	u64 now = mytcp_moment(tcb);
	u32 age = clock_at(tcb, now) - seg->opt.tsecr;

	if (!comparable(tcb, seg) || age > clock_at(tcb, now) - first)
		return 0;
	if (sent_us && clock_at(tcb, sent_us) == seg->opt.tsecr)
		return now - sent_us ?: 1;
	return age * MYTCP_MSEC ?: 1;
}

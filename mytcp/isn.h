/* SPDX-License-Identifier: GPL-2.0 */
/* What sequence numbers and timestamps begin with. */
#ifndef MYTCP_ISN_H
#define MYTCP_ISN_H

#include <linux/timekeeping.h>
#include <linux/types.h>

struct mytcp_node;

/**
 * mytcp_isn_of() - an initial sequence number
 * @hash: of mytcp_isn_hash()
 * @now: mytcp_host_now()
 *
 * RFC 6528: a clock of 4 microseconds plus a keyed hash of the endpoints. For
 * one pair of endpoints the numbers rise; they say nothing of another's.
 * Any context.
 *
 * Return: the number.
 */
static inline u32 mytcp_isn_of(u64 hash, u64 now)
{
	return (u32)(now >> 2) + (u32)hash;
}

/**
 * mytcp_isn_ts_offset() - what a connection's timestamps count from
 * @hash: of mytcp_isn_hash()
 *
 * RFC 7323 section 5.4 wants it random: it tells nothing of the time since boot
 * or of another connection's. The clock timestamps follow is that of the wall,
 * so that for one pair of endpoints they rise across connections (RFC 6191) and
 * across servers. Any context.
 *
 * Return: milliseconds to add to mytcp_host_now_ms().
 */
static inline u32 mytcp_isn_ts_offset(u64 hash)
{
	u64 ahead = ktime_to_ns(ktime_mono_to_real(0)) / NSEC_PER_MSEC;

	return (u32)ahead + (u32)(hash >> 32);
}

u64 mytcp_isn_hash(struct mytcp_node *node);

#endif /* MYTCP_ISN_H */

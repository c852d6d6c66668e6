/* SPDX-License-Identifier: GPL-2.0 */
/* What sequence numbers and timestamps begin with. */
#ifndef MYTCP_ISN_H
#define MYTCP_ISN_H

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

u64 mytcp_isn_hash(struct mytcp_node *node);
u32 mytcp_isn_ts_offset(u64 hash);

#endif /* MYTCP_ISN_H */

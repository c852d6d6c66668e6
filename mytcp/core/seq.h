/* SPDX-License-Identifier: GPL-2.0 */
/* Sequence numbers: 32 bits, compared modulo 2^32 (RFC 9293 section 3.4). */
#ifndef MYTCP_CORE_SEQ_H
#define MYTCP_CORE_SEQ_H

#include "types.h"

static inline bool seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool seq_leq(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}

static inline bool seq_gt(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

static inline bool seq_geq(u32 a, u32 b)
{
	return (s32)(a - b) >= 0;
}

static inline u32 seq_max(u32 a, u32 b)
{
	return seq_gt(a, b) ? a : b;
}

static inline u32 seq_min(u32 a, u32 b)
{
	return seq_lt(a, b) ? a : b;
}

#endif /* MYTCP_CORE_SEQ_H */

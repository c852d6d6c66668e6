/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one file of the core that knows whether it is compiled into the module
 * or into an ordinary program. The program takes the same names from the
 * kernel's own tools/include and tools/lib/rbtree.c, and what those lack from
 * here.
 */
#ifndef MYTCP_CORE_TYPES_H
#define MYTCP_CORE_TYPES_H

#include <asm/byteorder.h>
#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/rbtree.h>

#ifdef __KERNEL__
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <string.h>

#define U8_MAX	((u8)~0U)
#define U16_MAX	((u16)~0U)
#define U32_MAX	((u32)~0U)
#define U64_MAX	((u64)~0ULL)

/* Those of tools/include cast the first term of an expression alone. */
#undef min_t
#undef max_t
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define max_t(type, x, y)	max((type)(x), (type)(y))
#define clamp_t(type, x, lo, hi)	min_t(type, max_t(type, x, lo), hi)

#define __uninitialized

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}
#endif

#endif /* MYTCP_CORE_TYPES_H */

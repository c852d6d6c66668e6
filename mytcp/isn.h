/* SPDX-License-Identifier: GPL-2.0 */
/* What sequence numbers and timestamps begin with. */
#ifndef MYTCP_ISN_H
#define MYTCP_ISN_H

#include <linux/types.h>

struct mytcp_node;

u64 mytcp_isn_hash(struct mytcp_node *node);
u32 mytcp_isn_of(u64 hash);
u32 mytcp_isn_ts_offset(u64 hash);

#endif /* MYTCP_ISN_H */

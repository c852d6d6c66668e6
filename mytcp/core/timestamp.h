/* SPDX-License-Identifier: GPL-2.0 */
/* Timestamps: round trips and old duplicates (RFC 7323 sections 3 to 5). */
#ifndef MYTCP_CORE_TIMESTAMP_H
#define MYTCP_CORE_TIMESTAMP_H

#include "tcb.h"

void mytcp_timestamp_put(const struct mytcp_tcb *tcb,
			 struct mytcp_segment *seg);
bool mytcp_timestamp_missing(const struct mytcp_tcb *tcb,
			     const struct mytcp_segment *seg);
bool mytcp_timestamp_old(const struct mytcp_tcb *tcb,
			 const struct mytcp_segment *seg);
void mytcp_timestamp_begin(struct mytcp_tcb *tcb, u32 tsval);
void mytcp_timestamp_take(struct mytcp_tcb *tcb,
			  const struct mytcp_segment *seg);
u64 mytcp_timestamp_rtt(const struct mytcp_tcb *tcb,
			const struct mytcp_segment *seg, u64 sent_us);

#endif /* MYTCP_CORE_TIMESTAMP_H */

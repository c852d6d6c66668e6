/* SPDX-License-Identifier: GPL-2.0 */
/* What was received ahead of its turn, and what the peer is told of it. */
#ifndef MYTCP_CORE_REASSEMBLY_H
#define MYTCP_CORE_REASSEMBLY_H

#include "tcb.h"

bool mytcp_reassembly_keep(struct mytcp_tcb *tcb, struct mytcp_range *range);
bool mytcp_reassembly_deliver(struct mytcp_tcb *tcb);
void mytcp_reassembly_purge(struct mytcp_tcb *tcb);
void mytcp_reassembly_duplicate(struct mytcp_tcb *tcb, u32 seq, u32 end_seq);
void mytcp_reassembly_report(const struct mytcp_tcb *tcb,
			     struct mytcp_segment *seg);

#endif /* MYTCP_CORE_REASSEMBLY_H */

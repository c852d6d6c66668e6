/* SPDX-License-Identifier: GPL-2.0 */
/* TIME_WAIT entries: what makes them, what ends them, and what they answer. */
#ifndef MYTCP_TIMEWAIT_H
#define MYTCP_TIMEWAIT_H

#include "core/tcb.h"
#include "table.h"

struct mytcp_key;
struct mytcp_segment;
struct mytcp_timewait;
struct sk_buff;
struct sock;

int mytcp_timewait_cache_init(void);
void mytcp_timewait_cache_exit(void);

bool mytcp_timewait_enter(struct sock *sk);
int mytcp_timewait_rcv(struct mytcp_key *key, struct mytcp_node *node,
		       struct sk_buff *skb, const struct mytcp_segment *seg);
bool mytcp_timewait_replace(struct mytcp_node *node, struct mytcp_node *by);
int mytcp_timewait_reuse(struct sock *sk, bool named,
			 struct mytcp_timewait *before,
			 struct mytcp_node **gone);
void mytcp_timewait_end(struct mytcp_node *node);
int mytcp_timewait_abort(struct mytcp_node *node);
u32 mytcp_timewait_next_iss(const struct mytcp_node *node, u32 iss);

/* For mytcp_node_put() and /proc. */
void mytcp_timewait_free(struct mytcp_node *node);
enum mytcp_state mytcp_timewait_state(const struct mytcp_node *node);

#endif /* MYTCP_TIMEWAIT_H */

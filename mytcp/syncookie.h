/* SPDX-License-Identifier: GPL-2.0 */
/* SYN cookies: a listener answers SYNs of which it keeps nothing. */
#ifndef MYTCP_SYNCOOKIE_H
#define MYTCP_SYNCOOKIE_H

#include <linux/types.h>

struct mytcp_backlog;
struct mytcp_half;
struct mytcp_key;
struct mytcp_node;
struct mytcp_segment;
struct sk_buff;
struct sock;

void mytcp_syncookie_answer(struct mytcp_backlog *backlog,
			    struct mytcp_key *own,
			    struct sk_buff *skb,
			    const struct mytcp_segment *syn,
			    struct mytcp_half *offer);
int mytcp_syncookie_rcv(struct sock *sk, struct mytcp_key *key,
			struct sk_buff *skb, const struct mytcp_segment *seg);
bool mytcp_syncookie_valid(struct sock *sk, struct mytcp_node *node,
			   const struct mytcp_segment *seg);

#endif /* MYTCP_SYNCOOKIE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Passive open: what a listener does with a SYN, and with what follows it. */
#ifndef MYTCP_PASSIVE_H
#define MYTCP_PASSIVE_H

struct mytcp_backlog;
struct mytcp_half;
struct mytcp_key;
struct mytcp_node;
struct mytcp_segment;
struct sk_buff;
struct sock;

/* From demux.c and timewait.c, in softirq. */
int mytcp_passive_syn(struct sock *sk, struct mytcp_key *key,
		      struct sk_buff *skb, const struct mytcp_segment *seg,
		      struct mytcp_node *timewait);
int mytcp_passive_rcv(struct mytcp_node *node, struct sk_buff *skb,
		      const struct mytcp_segment *seg);
int mytcp_passive_cookie(struct mytcp_backlog *backlog, struct mytcp_key *own,
			 struct sk_buff *skb, const struct mytcp_segment *seg,
			 const struct mytcp_half *core);

/* From diag.c. */
int mytcp_passive_abort(struct mytcp_node *node);

#endif /* MYTCP_PASSIVE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A listener's backlog: half-open entries that wait for the third ACK, and
 * connections that wait for accept().
 */
#ifndef MYTCP_BACKLOG_H
#define MYTCP_BACKLOG_H

#include "table.h"

struct mytcp_segment;
struct sk_buff;
struct sock;

int mytcp_backlog_start(struct sock *sk);
void mytcp_backlog_stop(struct sock *sk);
struct sock *mytcp_backlog_accept(struct sock *sk);
bool mytcp_backlog_ready(const struct sock *sk);

/* From demux.c, in softirq. */
void mytcp_backlog_syn(struct sock *sk, struct mytcp_key *key,
		       struct sk_buff *skb, const struct mytcp_segment *seg,
		       struct mytcp_node *timewait);
int mytcp_backlog_rcv(struct mytcp_node *node, struct sk_buff *skb,
		      const struct mytcp_segment *seg);

#endif /* MYTCP_BACKLOG_H */

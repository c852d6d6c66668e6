/* SPDX-License-Identifier: GPL-2.0 */
/* Segments on their way in. */
#ifndef MYTCP_RX_H
#define MYTCP_RX_H

#include "core/count.h"
#include "table.h"

struct mytcp_af;
struct mytcp_segment;
struct sk_buff;

void mytcp_rx(const struct mytcp_af *af, struct mytcp_key *key,
	      struct sk_buff *skb);
bool mytcp_rx_filter(struct sock *sk, struct sk_buff *skb);
void mytcp_rx_again(struct sk_buff *skb, struct mytcp_segment *seg);
void mytcp_rx_drop(struct mytcp_node *node, enum mytcp_count why);

#endif /* MYTCP_RX_H */

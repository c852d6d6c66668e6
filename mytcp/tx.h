/* SPDX-License-Identifier: GPL-2.0 */
/* Segments on their way out. */
#ifndef MYTCP_TX_H
#define MYTCP_TX_H

#include <linux/netdevice.h>

#include "core/range.h"
#include "core/segment.h"
#include "node.h"

struct sk_buff;
struct sock;

/* Bytes in front of the payload for MyTCP, IP and the device. */
#define MYTCP_HEADROOM	ALIGN(MAX_HEADER + 128, 16)

void mytcp_tx_segment(struct sock *sk, const struct mytcp_segment *seg,
		      struct mytcp_range *range);
void mytcp_tx_reply(struct mytcp_node *node, const struct sk_buff *in,
		    const struct mytcp_segment *seg);
void mytcp_tx_mini(struct sock *sk, struct mytcp_node *node,
		   const struct mytcp_segment *seg);
void mytcp_tx_answer(struct sock *sk, struct mytcp_node *node,
		     struct sk_buff *skb, const struct mytcp_segment *seg);

#endif /* MYTCP_TX_H */

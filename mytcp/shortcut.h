/* SPDX-License-Identifier: GPL-2.0 */
/* A segment's way through IPv4, where nobody but the routing table has a say. */
#ifndef MYTCP_SHORTCUT_H
#define MYTCP_SHORTCUT_H

#include <linux/types.h>

struct flowi4;
struct mytcp_node;
struct net;
struct rtable;
struct sk_buff;
struct sock;

void mytcp_shortcut_init(u8 ipproto);
void mytcp_shortcut_start(struct net *net);
void mytcp_shortcut_stop(struct net *net);

struct rtable *mytcp_shortcut_route(struct net *net, struct flowi4 *fl4);
bool mytcp_shortcut_send(struct sock *sk, struct mytcp_node *node,
			 struct sk_buff *skb);

#endif /* MYTCP_SHORTCUT_H */

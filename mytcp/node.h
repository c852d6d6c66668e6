/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A node: what a pair of endpoints is found by, whoever owns it, a socket, a
 * half-open entry or a TIME_WAIT entry.
 */
#ifndef MYTCP_NODE_H
#define MYTCP_NODE_H

#include <linux/in6.h>
#include <linux/list_nulls.h>
#include <linux/types.h>
#include <net/net_namespace.h>

enum mytcp_kind {
	MYTCP_KIND_HALF,
	MYTCP_KIND_SOCK,
	MYTCP_KIND_TIMEWAIT,
	MYTCP_KINDS
};

/**
 * struct mytcp_node - key and place in the table
 * @link: place in a chain
 * @net: namespace
 * @hash: over all of the key
 * @bound_dev_if: interface of the connection if it is bound to one, else 0
 * @laddr: local IPv4 address
 * @raddr: remote IPv4 address
 * @lport: local port
 * @rport: remote port
 * @family: AF_INET or AF_INET6: that of the addresses, not of the socket
 * @ipproto: protocol number on the wire
 * @kind: enum mytcp_kind: what the node is embedded in
 * @spare: for the owner
 *
 * For IPv6 a struct mytcp_addr6 stands directly in front of the node, so that
 * an IPv4 entry does not pay for it.
 */
struct mytcp_node {
	struct hlist_nulls_node link;
	possible_net_t net;
	u32 hash;
	int bound_dev_if;
	__be32 laddr;
	__be32 raddr;
	__be16 lport;
	__be16 rport;
	u8 family;
	u8 ipproto;
	u8 kind;
	u8 spare;
};

struct mytcp_addr6 {
	struct in6_addr laddr;
	struct in6_addr raddr;
};

static inline struct mytcp_addr6 *mytcp_node_addr6(struct mytcp_node *node)
{
	return (struct mytcp_addr6 *)node - 1;
}

#endif /* MYTCP_NODE_H */

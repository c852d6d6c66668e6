// SPDX-License-Identifier: GPL-2.0
#include "isn.h"

#include <linux/siphash.h>

#include "core/host.h"
#include "net.h"
#include "secret.h"
#include "sock.h"

/**
 * mytcp_isn_hash() - the keyed hash that a connection's numbers begin with
 * @node: the endpoints
 *
 * Under a secret of the namespace. The low half is F of RFC 6528, the high half
 * is the offset of timestamps (RFC 7323 section 5.4). Under RCU.
 *
 * Return: the hash.
 */
u64 mytcp_isn_hash(struct mytcp_node *node)
{
	u32 ports = (__force u32)node->lport << 16 | (__force u32)node->rport;
	const struct mytcp_secret *secret;

	secret = rcu_dereference(mytcp_net_rcu(read_pnet(&node->net))->secret);
	if (node->family == AF_INET6) {
		const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);
		struct {
			struct mytcp_addr6 addr6;
			u32 ports;
			u32 ipproto;
		} all __aligned(SIPHASH_ALIGNMENT) = {
			*addr6, ports, node->ipproto
		};

		return siphash(&all, sizeof(all), &secret->ends);
	}
	return siphash_4u32((__force u32)node->laddr,
			    (__force u32)node->raddr, ports, node->ipproto,
			    &secret->ends);
}

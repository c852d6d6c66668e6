// SPDX-License-Identifier: GPL-2.0
#include "isn.h"

#include <linux/once.h>
#include <linux/siphash.h>
#include <net/netns/hash.h>

#include "core/host.h"
#include "sock.h"

static siphash_aligned_key_t secret;

/**
 * mytcp_node_isn() - an initial sequence number
 * @node: the endpoints
 *
 * RFC 6528: a clock of 4 microseconds plus a keyed hash of the endpoints. For
 * one pair of endpoints the numbers rise; they say nothing of another's.
 * Any context.
 *
 * Return: the number.
 */
u32 mytcp_node_isn(struct mytcp_node *node)
{
	u32 ports = (__force u32)node->lport << 16 | (__force u32)node->rport;
	u32 clock = mytcp_host_now() >> 2;
	u32 rest = net_hash_mix(read_pnet(&node->net)) ^
		   (u32)node->ipproto << 24;

	net_get_random_once(&secret, sizeof(secret));
	if (node->family == AF_INET6) {
		const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);
		struct {
			struct mytcp_addr6 addr6;
			u32 ports;
			u32 rest;
		} all __aligned(SIPHASH_ALIGNMENT) = { *addr6, ports, rest };

		return clock + (u32)siphash(&all, sizeof(all), &secret);
	}
	return clock + (u32)siphash_4u32((__force u32)node->laddr,
					 (__force u32)node->raddr,
					 ports, rest, &secret);
}

/**
 * mytcp_sock_isn() - an initial sequence number for connect()
 * @sk: the socket, locked, its endpoints complete
 *
 * Return: as mytcp_node_isn().
 */
u32 mytcp_sock_isn(struct sock *sk)
{
	return mytcp_node_isn(&mytcp_sk(sk)->node);
}

// SPDX-License-Identifier: GPL-2.0
#include "isn.h"

#include <linux/once.h>
#include <linux/siphash.h>
#include <linux/timekeeping.h>
#include <net/netns/hash.h>

#include "core/host.h"
#include "sock.h"

static siphash_aligned_key_t isn_secret;
static siphash_aligned_key_t ts_secret;

/* A keyed hash of the endpoints. */
static u32 hash(struct mytcp_node *node, const siphash_key_t *key)
{
	u32 ports = (__force u32)node->lport << 16 | (__force u32)node->rport;
	u32 rest = net_hash_mix(read_pnet(&node->net)) ^
		   (u32)node->ipproto << 24;

	if (node->family == AF_INET6) {
		const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);
		struct {
			struct mytcp_addr6 addr6;
			u32 ports;
			u32 rest;
		} all __aligned(SIPHASH_ALIGNMENT) = { *addr6, ports, rest };

		return siphash(&all, sizeof(all), key);
	}
	return siphash_4u32((__force u32)node->laddr,
			    (__force u32)node->raddr, ports, rest, key);
}

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
	net_get_random_once(&isn_secret, sizeof(isn_secret));
	return (u32)(mytcp_host_now() >> 2) + hash(node, &isn_secret);
}

/**
 * mytcp_node_ts_offset() - what a connection's timestamps count from
 * @node: the endpoints
 *
 * RFC 7323 section 5.4 wants it random: a hash of the endpoints, so that they
 * tell nothing of the time since boot or of another connection's. The clock
 * they follow is that of the wall, so that for one pair of endpoints they rise
 * across connections (RFC 6191) and across servers. Any context.
 *
 * Return: milliseconds to add to mytcp_host_now().
 */
u32 mytcp_node_ts_offset(struct mytcp_node *node)
{
	u64 ahead = ktime_get_real_ns() / NSEC_PER_MSEC - mytcp_host_now_ms();

	net_get_random_once(&ts_secret, sizeof(ts_secret));
	return (u32)ahead + hash(node, &ts_secret);
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

// SPDX-License-Identifier: GPL-2.0
#include "halfopen.h"

#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>

#include "af.h"
#include "core/host.h"
#include "isn.h"
#include "net.h"
#include "rcvq.h"
#include "sock.h"
#include "timewait.h"
#include "trace.h"
#include "tx.h"

/* There may be a million of them. */
static_assert(sizeof(struct mytcp_halfopen) <= 128);
static_assert(sizeof(struct mytcp_halfopen) + sizeof(struct mytcp_addr6) <=
	      160);

static struct kmem_cache *cache4;
static struct kmem_cache *cache6;

/**
 * mytcp_halfopen_init() - make the memory caches
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_halfopen_init(void)
{
	cache4 = kmem_cache_create("mytcp_half4", sizeof(struct mytcp_halfopen), 0,
				   SLAB_TYPESAFE_BY_RCU, NULL);
	if (!cache4)
		return -ENOMEM;
	cache6 = kmem_cache_create("mytcp_half6",
				   sizeof(struct mytcp_addr6) +
				   sizeof(struct mytcp_halfopen), 0,
				   SLAB_TYPESAFE_BY_RCU, NULL);
	if (!cache6) {
		kmem_cache_destroy(cache4);
		return -ENOMEM;
	}
	return 0;
}

/**
 * mytcp_halfopen_exit() - undo mytcp_halfopen_init()
 */
void mytcp_halfopen_exit(void)
{
	kmem_cache_destroy(cache6);
	kmem_cache_destroy(cache4);
}

static struct mytcp_halfopen *entry_alloc(u8 family)
{
	struct mytcp_halfopen *half;
	void *mem;

	if (family == AF_INET6) {
		mem = kmem_cache_alloc(cache6, GFP_ATOMIC);
		half = mem ? mem + sizeof(struct mytcp_addr6) : NULL;
	} else {
		half = kmem_cache_alloc(cache4, GFP_ATOMIC);
	}
	if (half)
		half->mini.node.link.pprev = NULL;
	return half;
}

/**
 * mytcp_halfopen_free() - the last reference is gone
 * @node: the entry's
 */
void mytcp_halfopen_free(struct mytcp_node *node)
{
	if (node->family == AF_INET6)
		kmem_cache_free(cache6, mytcp_node_addr6(node));
	else
		kmem_cache_free(cache4, mytcp_halfopen(node));
}

static const struct mytcp_af *af_of(const struct mytcp_halfopen *half)
{
	return mytcp_af_find(half->listener->sk_family,
			     half->mini.node.family);
}

/**
 * mytcp_halfopen_new() - make an entry of a SYN
 * @sk: the listener, not locked
 * @key: endpoints
 * @syn: the SYN
 * @timewait: entry of an earlier connection with the same endpoints, or NULL
 * @why: set to the counter of what is wrong, if NULL is returned
 *
 * Softirq, under RCU.
 *
 * Return: an entry with two references, the table's and the caller's, not in
 * the table yet; or NULL.
 */
struct mytcp_halfopen *mytcp_halfopen_new(struct sock *sk,
					  struct mytcp_key *key,
					  const struct mytcp_segment *syn,
					  struct mytcp_node *timewait,
					  enum mytcp_count *why)
{
	u16 mss, user_mss = mytcp_sk(sk)->user.mss;
	struct mytcp_halfopen *half;
	u32 room, size, iss;
	u64 hash;

	*why = MYTCP_COUNT_SYN_NO_MEMORY;
	half = entry_alloc(key->node.family);
	if (!half)
		return NULL;
	mytcp_node_copy(&half->mini.node, &key->node);
	half->mini.node.kind = MYTCP_KIND_HALF;
	half->mini.node.bound_dev_if = sk->sk_bound_dev_if;
	if (key->node.family == AF_INET6 &&
	    ipv6_addr_type(&key->addr6.raddr) & IPV6_ADDR_LINKLOCAL)
		half->mini.node.bound_dev_if = key->node.bound_dev_if;
	half->listener = sk;
	half->lacks = MYTCP_LACK_ACK;
	half->complete = false;

	mss = af_of(half)->synack_mss(sk, &half->mini.node);
	if (!mss) {
		*why = MYTCP_COUNT_SYN_NO_ROUTE;
		mytcp_halfopen_free(&half->mini.node);
		return NULL;
	}
	room = mytcp_rcvq_room(sk, &size);
	hash = mytcp_isn_hash(&half->mini.node);
	iss = mytcp_isn_of(hash);
	if (timewait)
		iss = mytcp_timewait_next_iss(timewait, iss);
	half->half.wnd = min_t(u32, room, U16_MAX);
	half->half.adv_mss = user_mss ? min(mss, user_mss) : mss;
	half->half.rcv_wscale = mytcp_rcvq_wscale(sk);
	half->half.ts_offset = mytcp_isn_ts_offset(hash);
	if (syn->opt.wscale > MYTCP_WSCALE_MAX)
		mytcp_count(sock_net(sk), MYTCP_COUNT_RX_BAD_WSCALE);
	mytcp_half_init(&half->half, syn, &mytcp_net(sock_net(sk))->cfg, iss,
			af_of(half)->default_mss);
	smp_wmb(); /* with smp_rmb() in node_get(): the key before the count */
	refcount_set(&half->mini.ref, 2);
	return half;
}

/**
 * mytcp_halfopen_synack() - send the SYN+ACK
 * @half: the entry
 * @again: it was sent before
 *
 * Bottom halves off; the listener is there.
 */
void mytcp_halfopen_synack(struct mytcp_halfopen *half, bool again)
{
	struct mytcp_segment seg;

	mytcp_half_synack(&half->half, &seg);
	if (again)
		trace_retransmit(&half->mini.node, &seg);
	mytcp_tx_half(READ_ONCE(half->listener), &half->mini.node, &seg);
}

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

/**
 * mytcp_halfopen_offer() - what a SYN is answered with
 * @sk: the listener, not locked
 * @own: the connection's key
 * @skb: the SYN; gets the route of the answer
 * @syn: its header
 * @timewait: entry of an earlier connection with the same endpoints, or NULL
 * @half: filled, but for what mytcp_halfopen_scale() sets
 *
 * Softirq, under RCU.
 *
 * Return: 0, or a negative errno without a way to the client.
 */
int mytcp_halfopen_offer(struct sock *sk, struct mytcp_key *own,
			 struct sk_buff *skb, const struct mytcp_segment *syn,
			 struct mytcp_node *timewait, struct mytcp_half *half)
{
	const struct mytcp_net *mn = mytcp_sk_net(sk);
	u64 hash = mytcp_isn_hash(&own->node), now = mytcp_host_now();
	u32 iss = mytcp_isn_of(hash, now);
	int err;

	err = mytcp_halfopen_route(sk, own, skb, half);
	if (err)
		return err;
	if (timewait)
		iss = mytcp_timewait_next_iss(timewait, iss);
	half->wnd = mytcp_halfopen_window(sk);
	half->rcv_wscale = 0;
	half->ts_offset = 0;
	if (syn->opt.has & MYTCP_OPT_TS)
		half->ts_offset = mytcp_isn_ts_offset(hash);
	if (syn->opt.wscale > MYTCP_WSCALE_MAX)
		mytcp_sk_count(sk, MYTCP_COUNT_RX_BAD_WSCALE);
	mytcp_half_init(half, syn, &mn->cfg, div_u64(now, MYTCP_MSEC), iss,
			mytcp_af_find(sk->sk_family,
				      own->node.family)->default_mss);
	return 0;
}

/**
 * mytcp_halfopen_new() - make an entry
 * @sk: the listener, not locked
 * @own: the connection's key
 * @core: what the core keeps
 *
 * Softirq, under RCU.
 *
 * Return: an entry with two references, the table's and the caller's, not in
 * the table yet; or NULL without memory.
 */
struct mytcp_halfopen *mytcp_halfopen_new(struct sock *sk,
					  struct mytcp_key *own,
					  const struct mytcp_half *core)
{
	struct mytcp_halfopen *half = entry_alloc(own->node.family);

	if (!half)
		return NULL;
	mytcp_node_copy(&half->mini.node, &own->node);
	half->mini.node.kind = MYTCP_KIND_HALF;
	half->half = *core;
	half->listener = sk;
	half->lacks = MYTCP_LACK_ACK;
	half->complete = false;
	smp_wmb(); /* with smp_rmb() in node_get(): the key before the count */
	refcount_set(&half->mini.ref, 2);
	return half;
}

/**
 * mytcp_halfopen_repeat() - send the SYN+ACK once more
 * @half: the entry
 *
 * Bottom halves off, under RCU; the listener is there.
 */
void mytcp_halfopen_repeat(struct mytcp_halfopen *half)
{
	struct mytcp_segment seg;

	mytcp_half_synack(&half->half, mytcp_host_now_ms(), &seg);
	trace_retransmit(&half->mini.node, &seg);
	mytcp_tx_mini(READ_ONCE(half->listener), &half->mini.node, &seg);
}

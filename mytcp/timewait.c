// SPDX-License-Identifier: GPL-2.0
#include "timewait.h"

#include <linux/in.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "core/host.h"
#include "core/timewait.h"
#include "demux.h"
#include "listener.h"
#include "passive.h"
#include "port.h"
#include "rx.h"
#include "sock.h"
#include "table.h"
#include "trace.h"
#include "tx.h"
#include "waitq.h"

static struct kmem_cache *cache4;
static struct kmem_cache *cache6;

/**
 * mytcp_timewait_cache_init() - make the memory caches
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_timewait_cache_init(void)
{
	cache4 = kmem_cache_create("mytcp_timewait4", sizeof(struct mytcp_wait),
				   0, SLAB_TYPESAFE_BY_RCU, NULL);
	if (!cache4)
		return -ENOMEM;
	cache6 = kmem_cache_create("mytcp_timewait6",
				   sizeof(struct mytcp_addr6) +
				   sizeof(struct mytcp_wait), 0,
				   SLAB_TYPESAFE_BY_RCU, NULL);
	if (!cache6) {
		kmem_cache_destroy(cache4);
		return -ENOMEM;
	}
	return 0;
}

/**
 * mytcp_timewait_cache_exit() - undo mytcp_timewait_cache_init()
 */
void mytcp_timewait_cache_exit(void)
{
	kmem_cache_destroy(cache6);
	kmem_cache_destroy(cache4);
}

static struct mytcp_wait *entry_alloc(u8 family)
{
	struct mytcp_wait *wait;
	void *mem;

	if (family == AF_INET6) {
		mem = kmem_cache_alloc(cache6, GFP_ATOMIC);
		wait = mem ? mem + sizeof(struct mytcp_addr6) : NULL;
	} else {
		wait = kmem_cache_alloc(cache4, GFP_ATOMIC);
	}
	if (wait)
		wait->mini.node.link.pprev = NULL;
	return wait;
}

/**
 * mytcp_timewait_free() - the last reference is gone
 * @node: the entry's
 */
void mytcp_timewait_free(struct mytcp_node *node)
{
	if (node->family == AF_INET6)
		kmem_cache_free(cache6, mytcp_node_addr6(node));
	else
		kmem_cache_free(cache4, mytcp_wait(node));
}

/**
 * mytcp_timewait_end() - a wait has been cut short
 * @node: the entry's, as mytcp_timewait_reuse() has it
 */
void mytcp_timewait_end(struct mytcp_node *node)
{
	mytcp_waitq_end(mytcp_wait(node));
}

static struct mytcp_wait *entry_new(struct sock *sk)
{
	struct mytcp_node *node = &mytcp_sk(sk)->node;
	struct mytcp_wait *wait = entry_alloc(node->family);

	if (!wait)
		return NULL;
	mytcp_node_copy(&wait->mini.node, node);
	wait->mini.node.kind = MYTCP_KIND_TIMEWAIT;
	wait->mini.cpu = raw_smp_processor_id();
	mytcp_timewait_init(&wait->tw, &mytcp_sk(sk)->tcb);
	smp_wmb(); /* with smp_rmb() in node_get(): the key before the count */
	refcount_set(&wait->mini.ref, 1);
	return wait;
}

static enum mytcp_count count_of(const struct mytcp_wait *wait)
{
	if (wait->tw.fin_wait2)
		return MYTCP_COUNT_FIN_WAIT2_ENTRIES;
	return wait->tw.over ? MYTCP_COUNT_COOKIE_ENDS : MYTCP_COUNT_TIME_WAITS;
}

/* In FIN_WAIT2 none is younger for the peer: over the cap none is made. */
static bool has_room(const struct mytcp_net *mn, const struct mytcp_wait *wait)
{
	return !wait->tw.fin_wait2 ||
	       atomic_read(&mn->gauges[MYTCP_GAUGE_FIN_WAIT2]) <
	       (int)READ_ONCE(mn->max_tw_buckets);
}

/**
 * mytcp_timewait_enter() - a connection has ended and is to be remembered
 * @sk: the socket, locked, in TIME_WAIT, in FIN_WAIT2 and nobody's, or CLOSED
 *	and of a cookie
 *
 * An entry takes the socket's place in the table and, unless CLOSED, keeps its
 * port busy. If there is no memory for it, the wait is left out.
 *
 * Return: is there an entry?
 */
bool mytcp_timewait_enter(struct sock *sk)
{
	struct net *net = sock_net(sk);
	struct mytcp_net *mn = mytcp_net(net);
	struct mytcp_wait *wait = entry_new(sk);
	enum mytcp_count what;
	bool over;

	if (!wait)
		goto overflow;
	over = wait->tw.over;
	what = count_of(wait);
	if (!has_room(mn, wait) ||
	    (!over && mytcp_port_wait(sk, &wait->mini.node)))
		goto put;
	if (!mytcp_waitq_join(wait, &mytcp_sk(sk)->node))
		goto unwait;

	mytcp_count(net, what);
	mytcp_gauge(net, MYTCP_GAUGE_IN_TABLE, -1);
	sock_put(sk);
	mytcp_waitq_shorten(mn);
	return true;

unwait:
	if (!over)
		mytcp_port_unwait(&wait->mini.node);
put:
	mytcp_node_put(&wait->mini.node);
overflow:
	mytcp_count(net, MYTCP_COUNT_TIME_WAIT_OVERFLOW);
	return false;
}

static bool replace(struct mytcp_wait *wait, struct mytcp_node *by)
{
	if (!mytcp_waitq_leave(wait, by))
		return false;
	mytcp_count(read_pnet(&wait->mini.node.net),
		    MYTCP_COUNT_TIME_WAIT_REUSES);
	return true;
}

static void reset_peer(struct mytcp_node *node,
		       const struct mytcp_segment *reset)
{
	struct net *net = read_pnet(&node->net);
	const struct mytcp_net *mn = mytcp_net(net);

	local_bh_disable();
	rcu_read_lock();
	mytcp_count(net, MYTCP_COUNT_TX_RESETS);
	mytcp_tx_mini(node->family == AF_INET6 ? mn->ctl6 : mn->ctl4, node,
		      reset);
	rcu_read_unlock();
	local_bh_enable();
}

/**
 * mytcp_timewait_abort() - an entry ends before its time
 * @node: the entry's, with a reference of the caller's
 *
 * In FIN_WAIT2 the peer hears of it; in TIME_WAIT RFC 9293 section 3.10.5 sends
 * nothing. Process context.
 *
 * Return: 0, -ENOENT if it is of a connection that is over, -EAGAIN if it has
 * gone meanwhile.
 */
int mytcp_timewait_abort(struct mytcp_node *node)
{
	struct mytcp_wait *wait = mytcp_wait(node);
	struct mytcp_segment reset;

	if (wait->tw.over)
		return -ENOENT;
	if (!mytcp_waitq_cut(wait))
		return -EAGAIN;
	/* Until then a FIN may have come. */
	if (wait->tw.fin_wait2 || wait->tw.over) {
		mytcp_timewait_reset(&wait->tw, &reset);
		reset_peer(node, &reset);
	}
	return 0;
}

/* FIN_WAIT2 ends before its time. */
static void cut_short(struct mytcp_wait *wait, enum mytcp_count why)
{
	mytcp_count(read_pnet(&wait->mini.node.net), why);
	mytcp_waitq_cut(wait);
}

/**
 * mytcp_timewait_replace() - a new connection takes an entry's place
 * @node: the entry's, with a reference of the caller's
 * @by: the node to come, hashed; the table takes over a reference of it. NULL
 *	if there is but a cookie.
 *
 * Softirq.
 *
 * Return: false, nothing changed, if the entry has ended meanwhile.
 */
bool mytcp_timewait_replace(struct mytcp_node *node, struct mytcp_node *by)
{
	if (!replace(mytcp_wait(node), by))
		return false;
	mytcp_waitq_end(mytcp_wait(node));
	return true;
}

static bool on_loopback(struct mytcp_node *node)
{
	const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);

	if (node->family == AF_INET6)
		return ipv6_addr_loopback(&addr6->laddr) ||
		       ipv6_addr_loopback(&addr6->raddr);
	return ipv4_is_loopback(node->laddr) || ipv4_is_loopback(node->raddr);
}

static bool may_reuse(struct mytcp_net *mn, struct mytcp_node *node, bool named)
{
	u32 reuse = READ_ONCE(mn->reuse_time_wait);

	if (node->kind != MYTCP_KIND_TIMEWAIT)
		return false;
	if (mytcp_wait(node)->tw.over)
		return true;
	return (named || reuse == 1 || (reuse == 2 && on_loopback(node))) &&
	       mytcp_timewait_may_follow(&mytcp_wait(node)->tw, &mn->cfg);
}

/**
 * mytcp_timewait_reuse() - connect() finds its endpoints taken
 * @sk: the socket, locked, mytcp_node_fill() done, in no table
 * @named: the user has chosen the port, and so this connection's place
 * @before: filled if a connection in TIME_WAIT has given way
 * @gone: its entry, for mytcp_timewait_end() once no lock is held, or NULL
 *
 * Puts the socket into the table all the same, if timestamps prove it safe and,
 * unless the port is @named, ``tw_reuse`` allows it.
 *
 * Return: 0, 1 if @before and @gone are filled, or -EADDRNOTAVAIL.
 */
int mytcp_timewait_reuse(struct sock *sk, bool named,
			 struct mytcp_timewait *before,
			 struct mytcp_node **gone)
{
	struct mytcp_node *own = &mytcp_sk(sk)->node;
	struct net *net = sock_net(sk);
	struct mytcp_node *node = mytcp_table_rival(own);
	bool reused;

	if (node && !may_reuse(mytcp_net(net), node, named)) {
		mytcp_node_put(node);
		return -EADDRNOTAVAIL;
	}
	sock_hold(sk);
	reused = node && replace(mytcp_wait(node), own);
	if (reused) {
		mytcp_gauge(net, MYTCP_GAUGE_IN_TABLE, 1);
		*before = mytcp_wait(node)->tw;
		/* A timestamp that both have would tell one from the other no more. */
		before->ts_offset += mytcp_wait(node)->since_ms ==
				     mytcp_host_now_ms();
		*gone = node;
	} else {
		sock_put(sk);
	}
	if (node)
		mytcp_node_put(node);
	/* Or it has just ended by itself. */
	return reused ? 1 : mytcp_table_insert_sock(sk);
}

static void answer(struct mytcp_key *key, struct sk_buff *skb,
		   const struct mytcp_segment *reply)
{
	mytcp_count(read_pnet(&key->node.net), reply->flags & MYTCP_RST ?
		    MYTCP_COUNT_RX_NO_SOCKET : MYTCP_COUNT_TIME_WAIT_ACKS);
	mytcp_tx_reply(&key->node, skb, reply);
}

/* A SYN that may open a new connection where somebody listens. */
static int reopen(struct mytcp_key *key, struct mytcp_node *node,
		  struct sk_buff *skb, const struct mytcp_segment *seg)
{
	struct sock *listener = mytcp_listener_find(key);
	struct mytcp_segment reply;

	if (listener)
		return mytcp_passive_syn(listener, key, skb, seg, node);
	mytcp_timewait_refuse(&mytcp_wait(node)->tw, seg, &reply);
	answer(key, skb, &reply);
	return 0;
}

/**
 * mytcp_timewait_rcv() - a segment for a pair of endpoints in TIME_WAIT
 * @key: its endpoints
 * @node: the entry's, with a reference of the caller's
 * @skb: the segment
 * @seg: its header
 *
 * Softirq, under RCU.
 *
 * Return: 0 if the skb stays the caller's; as mytcp_passive_syn() for a SYN that
 * opens a new connection.
 */
int mytcp_timewait_rcv(struct mytcp_key *key, struct mytcp_node *node,
		       struct sk_buff *skb, const struct mytcp_segment *seg)
{
	struct net *net = read_pnet(&node->net);
	struct mytcp_wait *wait = mytcp_wait(node);
	struct mytcp_segment reply;
	enum mytcp_count why;

	switch (mytcp_timewait_input(&wait->tw, &mytcp_net(net)->cfg, seg,
				     &reply, &why)) {
	case MYTCP_OPEN:
		return reopen(key, node, skb, seg);
	case MYTCP_RESTART:
		mytcp_waitq_restart(wait);
		break;
	case MYTCP_FINISH:
		mytcp_waitq_finish(wait, seg);
		break;
	case MYTCP_REFUSE:
		cut_short(wait, MYTCP_COUNT_ABORT_ON_DATA);
		break;
	case MYTCP_RESET:
		cut_short(wait, MYTCP_COUNT_RX_RESETS);
		return 0;
	case MYTCP_REPLY:
		break;
	default:
		if (why != MYTCP_COUNTS)
			mytcp_rx_drop(node, why);
		return 0;
	}
	answer(key, skb, &reply);
	return 0;
}

/**
 * mytcp_timewait_next_iss() - where the next connection's numbers begin
 * @node: the entry's
 * @iss: what RFC 6528 proposes
 *
 * Return: as mytcp_timewait_iss().
 */
u32 mytcp_timewait_next_iss(const struct mytcp_node *node, u32 iss)
{
	return mytcp_timewait_iss(&mytcp_wait(node)->tw, iss);
}

/**
 * mytcp_timewait_state() - what an entry stands for
 * @node: the entry's
 *
 * Return: TIME_WAIT, FIN_WAIT2, or CLOSED if it but keeps a cookie out.
 */
enum mytcp_state mytcp_timewait_state(const struct mytcp_node *node)
{
	const struct mytcp_timewait *tw = &mytcp_wait(node)->tw;

	if (tw->over)
		return MYTCP_CLOSED;
	return tw->fin_wait2 ? MYTCP_FIN_WAIT2 : MYTCP_TIME_WAIT;
}

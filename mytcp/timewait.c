// SPDX-License-Identifier: GPL-2.0
#include "timewait.h"

#include <linux/slab.h>

#include "core/host.h"
#include "core/timewait.h"
#include "demux.h"
#include "listener.h"
#include "passive.h"
#include "port.h"
#include "sock.h"
#include "table.h"
#include "trace.h"
#include "tx.h"

/**
 * struct entry - a pair of endpoints in TIME_WAIT
 * @mini: endpoints, place in the table, references
 * @tw: what the core keeps
 * @ends_ms: low 32 bits of the millisecond in which it ends
 * @queue: place in the namespace's queue; belongs to its lock like @ends_ms
 */
struct entry {
	struct mytcp_mini mini;
	struct mytcp_timewait tw;
	u32 ends_ms;
	struct list_head queue;
};

/* A million of them is no burden. */
static_assert(sizeof(struct entry) <= 96);
static_assert(sizeof(struct entry) + sizeof(struct mytcp_addr6) <= 128);

/* Ended at once, then the lock is given up for a moment. */
#define BATCH	64

static struct kmem_cache *cache4;
static struct kmem_cache *cache6;

static struct entry *entry_of(const struct mytcp_node *node)
{
	return container_of((struct mytcp_node *)node, struct entry, mini.node);
}

static struct mytcp_net *net_of(const struct mytcp_node *node)
{
	return mytcp_net(read_pnet(&node->net));
}

static u32 now_ms(void)
{
	return div_u64(mytcp_host_now(), MYTCP_MSEC);
}

/**
 * mytcp_timewait_cache_init() - make the memory caches
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_timewait_cache_init(void)
{
	cache4 = kmem_cache_create("mytcp_timewait4", sizeof(struct entry), 0,
				   SLAB_TYPESAFE_BY_RCU, NULL);
	if (!cache4)
		return -ENOMEM;
	cache6 = kmem_cache_create("mytcp_timewait6",
				   sizeof(struct mytcp_addr6) +
				   sizeof(struct entry), 0,
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

static struct entry *entry_alloc(u8 family)
{
	struct entry *tw;
	void *mem;

	if (family == AF_INET6) {
		mem = kmem_cache_alloc(cache6, GFP_ATOMIC);
		tw = mem ? mem + sizeof(struct mytcp_addr6) : NULL;
	} else {
		tw = kmem_cache_alloc(cache4, GFP_ATOMIC);
	}
	if (tw)
		tw->mini.node.link.pprev = NULL;
	return tw;
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
		kmem_cache_free(cache4, entry_of(node));
}

/* A deadline that lies in the past is one more than half the circle ahead. */
static bool ended(const struct entry *tw)
{
	return (s32)(tw->ends_ms - now_ms()) <= 0;
}

static void arm(struct mytcp_timewaits *tws)
{
	const struct entry *first;
	s32 left;

	if (list_empty(&tws->queue))
		return;
	first = list_first_entry(&tws->queue, struct entry, queue);
	left = first->ends_ms - now_ms();
	mod_timer(&tws->timer, jiffies + msecs_to_jiffies(max(left, 0)) + 1);
}

/* Queue lock held; the entry stands in queue and table. */
static void enqueue(struct mytcp_net *mn, struct entry *tw)
{
	tw->ends_ms = now_ms() + 2 * READ_ONCE(mn->cfg.msl);
	list_add_tail(&tw->queue, &mn->timewaits.queue);
	if (list_is_first(&tw->queue, &mn->timewaits.queue))
		arm(&mn->timewaits);
}

/*
 * Queue lock held; the entry leaves the queue, the table has let go of it. What
 * is left is for release(), without the lock.
 */
static void dequeue(struct mytcp_net *mn, struct entry *tw,
		    struct list_head *gone)
{
	list_move(&tw->queue, gone);
	mn->timewaits.count--;
}

static void release(struct list_head *gone)
{
	struct entry *tw, *next;

	list_for_each_entry_safe(tw, next, gone, queue) {
		struct mytcp_node *node = &tw->mini.node;
		struct net *net = read_pnet(&node->net);

		trace_state(node, MYTCP_TIME_WAIT, MYTCP_CLOSED);
		mytcp_port_unwait(node);
		mytcp_gauge(net, MYTCP_GAUGE_TIME_WAIT, -1);
		mytcp_count(net, MYTCP_COUNT_TIME_WAIT_ENDS);
		mytcp_node_put(node);
	}
}

/* Ends up to BATCH entries from the front. Returns true if there may be more. */
static bool expire(struct mytcp_net *mn, bool all)
{
	struct mytcp_timewaits *tws = &mn->timewaits;
	LIST_HEAD(gone);
	struct entry *tw;
	int n = 0;

	spin_lock_bh(&tws->lock);
	while (n < BATCH && !list_empty(&tws->queue)) {
		tw = list_first_entry(&tws->queue, struct entry, queue);
		if (!all && !ended(tw))
			break;
		mytcp_table_remove(&tw->mini.node);
		dequeue(mn, tw, &gone);
		n++;
	}
	arm(tws);
	spin_unlock_bh(&tws->lock);
	release(&gone);
	return n == BATCH;
}

static void expire_timer(struct timer_list *timer)
{
	struct mytcp_net *mn = container_of(timer, struct mytcp_net,
					    timewaits.timer);

	while (expire(mn, false))
		;
}

/**
 * mytcp_timewait_net_init() - a namespace begins
 * @mn: the namespace
 */
void mytcp_timewait_net_init(struct mytcp_net *mn)
{
	spin_lock_init(&mn->timewaits.lock);
	INIT_LIST_HEAD(&mn->timewaits.queue);
	timer_setup(&mn->timewaits.timer, expire_timer, 0);
}

/**
 * mytcp_timewait_net_exit() - a namespace ends
 * @mn: the namespace, where no socket is left
 *
 * Its entries end now. Process context.
 */
void mytcp_timewait_net_exit(struct mytcp_net *mn)
{
	while (expire(mn, true))
		cond_resched();
	timer_delete_sync(&mn->timewaits.timer);
}

/* Over the cap the oldest goes, for it has waited longest. */
static void make_room(struct mytcp_net *mn, struct list_head *gone)
{
	struct mytcp_timewaits *tws = &mn->timewaits;
	struct entry *tw;

	while (tws->count > READ_ONCE(mn->max_tw_buckets)) {
		tw = list_first_entry(&tws->queue, struct entry, queue);
		mytcp_table_remove(&tw->mini.node);
		dequeue(mn, tw, gone);
		mytcp_count(read_pnet(&tw->mini.node.net),
			    MYTCP_COUNT_TIME_WAIT_OVERFLOW);
	}
}

/**
 * mytcp_timewait_enter() - a connection has entered TIME_WAIT
 * @sk: the socket, locked
 *
 * An entry takes the socket's place in the table and keeps its port busy. If
 * there is no memory for it, the wait is left out.
 */
void mytcp_timewait_enter(struct sock *sk)
{
	struct mytcp_node *node = &mytcp_sk(sk)->node;
	struct net *net = sock_net(sk);
	struct mytcp_net *mn = mytcp_net(net);
	LIST_HEAD(gone);
	struct entry *tw;
	bool in;

	tw = entry_alloc(node->family);
	if (!tw)
		goto overflow;
	mytcp_node_copy(&tw->mini.node, node);
	tw->mini.node.kind = MYTCP_KIND_TIMEWAIT;
	mytcp_timewait_init(&tw->tw, &mytcp_sk(sk)->tcb);
	smp_wmb(); /* with smp_rmb() in node_get(): the key before the count */
	refcount_set(&tw->mini.ref, 1);
	if (mytcp_port_wait(sk, &tw->mini.node))
		goto put;

	spin_lock_bh(&mn->timewaits.lock);
	in = mytcp_table_replace(node, &tw->mini.node);
	if (in) {
		enqueue(mn, tw);
		mn->timewaits.count++;
		make_room(mn, &gone);
	}
	spin_unlock_bh(&mn->timewaits.lock);
	if (!in)
		goto unwait;

	mytcp_count(net, MYTCP_COUNT_TIME_WAITS);
	mytcp_gauge(net, MYTCP_GAUGE_TIME_WAIT, 1);
	mytcp_gauge(net, MYTCP_GAUGE_IN_TABLE, -1);
	sock_put(sk);
	release(&gone);
	return;

unwait:
	mytcp_port_unwait(&tw->mini.node);
put:
	mytcp_node_put(&tw->mini.node);
overflow:
	mytcp_count(net, MYTCP_COUNT_TIME_WAIT_OVERFLOW);
}

/* A repeated FIN makes the wait start anew (C7). */
static void restart(struct entry *tw)
{
	struct mytcp_net *mn = net_of(&tw->mini.node);

	spin_lock_bh(&mn->timewaits.lock);
	if (!hlist_nulls_unhashed(&tw->mini.node.link)) {
		list_del(&tw->queue);
		enqueue(mn, tw);
	}
	spin_unlock_bh(&mn->timewaits.lock);
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
	struct mytcp_net *mn = net_of(node);
	LIST_HEAD(gone);
	bool in;

	spin_lock_bh(&mn->timewaits.lock);
	in = by ? mytcp_table_replace(node, by) : mytcp_table_remove(node);
	if (in)
		dequeue(mn, entry_of(node), &gone);
	spin_unlock_bh(&mn->timewaits.lock);
	if (in)
		mytcp_count(read_pnet(&node->net),
			    MYTCP_COUNT_TIME_WAIT_REUSES);
	release(&gone);
	return in;
}

/* A SYN that may open a new connection where somebody listens. */
static int reopen(struct mytcp_key *key, struct mytcp_node *node,
		  struct sk_buff *skb, const struct mytcp_segment *seg)
{
	struct sock *listener = mytcp_listener_find(key);
	struct mytcp_segment reply;
	int taken;

	if (listener) {
		taken = mytcp_passive_syn(listener, key, skb, seg, node);
		sock_put(listener);
		return taken;
	}
	mytcp_count(read_pnet(&node->net), MYTCP_COUNT_TIME_WAIT_ACKS);
	mytcp_timewait_ack(&entry_of(node)->tw, &reply);
	mytcp_tx_reply(&key->node, skb, &reply);
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
	struct entry *tw = entry_of(node);
	struct mytcp_segment reply;

	switch (mytcp_timewait_input(&tw->tw, &mytcp_net(net)->cfg, seg, &reply)) {
	case MYTCP_OPEN:
		return reopen(key, node, skb, seg);
	case MYTCP_RESTART:
		restart(tw);
		break;
	case MYTCP_REPLY:
		break;
	default:
		if (seg->flags & MYTCP_RST)
			mytcp_count(net, MYTCP_COUNT_TIME_WAIT_RESET_IGNORED);
		return 0;
	}
	mytcp_count(net, MYTCP_COUNT_TIME_WAIT_ACKS);
	mytcp_tx_reply(&key->node, skb, &reply);
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
	return mytcp_timewait_iss(&entry_of(node)->tw, iss);
}

/**
 * mytcp_timewait_left() - how long an entry still has
 * @node: the entry's
 *
 * Return: milliseconds.
 */
u32 mytcp_timewait_left(const struct mytcp_node *node)
{
	s32 left = READ_ONCE(entry_of(node)->ends_ms) - now_ms();

	return max(left, 0);
}

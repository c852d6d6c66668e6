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
#include "sock.h"
#include "table.h"
#include "trace.h"
#include "tx.h"

/**
 * struct entry - a pair of endpoints in TIME_WAIT, or FIN_WAIT2 that nobody holds
 * @mini: endpoints, place in the table, references; the processor whose queue
 *	it stands in
 * @tw: what the core keeps
 * @since_ms: low 32 bits of the millisecond in which the wait began
 * @link: place in the queue, whose lock it and @since_ms belong to
 */
struct entry {
	struct mytcp_mini mini;
	struct mytcp_timewait tw;
	u32 since_ms;
	struct list_head link;
};

/* A million of them is no burden. */
static_assert(sizeof(struct entry) <= 96);
static_assert(sizeof(struct entry) + sizeof(struct mytcp_addr6) <= 128);

/* Ended at once, then the lock is given up for a moment. */
#define BATCH	64
#define BATCHES	8	/* in a run of the timer, a jiffy */

/* Over the cap an entry that comes sends this many away. */
#define EVICTIONS	2

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

static struct mytcp_timewaits *queue_of(const struct entry *tw)
{
	const struct mytcp_net *mn = net_of(&tw->mini.node);

	return per_cpu_ptr(tw->tw.fin_wait2 ? mn->finwaits : mn->timewaits,
			   tw->mini.cpu);
}

/* An entry changes its queue once, under the lock of the old one. */
static struct mytcp_timewaits *lock_queue(const struct entry *tw)
	__acquires(&queue_of(tw)->lock)
{
	struct mytcp_timewaits *tws;

	for (;;) {
		tws = queue_of(tw);
		spin_lock_bh(&tws->lock);
		if (tws == queue_of(tw))
			return tws;
		spin_unlock_bh(&tws->lock);
	}
}

static struct entry *first_of(struct mytcp_timewaits *tws)
{
	return list_first_entry_or_null(&tws->queue, struct entry, link);
}

/*
 * What is left to wait; less than 0 if it is over. The length of life is looked
 * up now, so that it is the same for all of a queue, whatever it was.
 */
static s32 left_ms(const struct mytcp_net *mn, const struct entry *tw)
{
	u32 life = tw->tw.fin_wait2 ? READ_ONCE(mn->cfg.fin_timeout) :
				      2 * READ_ONCE(mn->cfg.msl);

	return READ_ONCE(tw->since_ms) + life - now_ms();
}

/* Queue lock held. */
static void arm(struct mytcp_timewaits *tws)
{
	const struct entry *first = first_of(tws);
	s32 left;

	if (!first)
		return;
	left = max(left_ms(tws->mn, first), 0);
	mod_timer(&tws->timer, jiffies + msecs_to_jiffies(left) + 1);
}

/* Queue lock held, the queue has changed. A timer that comes early does no harm. */
static void look_at_first(struct mytcp_timewaits *tws)
{
	const struct entry *first = first_of(tws);

	if (first)
		WRITE_ONCE(tws->first_ms, first->since_ms);
	if (first && !timer_pending(&tws->timer))
		arm(tws);
}

/* Queue lock held; the entry stands in the table, and in no queue. */
static void enqueue(struct mytcp_timewaits *tws, struct entry *tw)
{
	WRITE_ONCE(tw->since_ms, now_ms());
	list_add_tail(&tw->link, &tws->queue);
	look_at_first(tws);
}

/*
 * Queue lock held; the entry leaves the queue, the table has let go of it. What
 * is left is for end(), without the lock.
 */
static void dequeue(struct mytcp_timewaits *tws, struct entry *tw,
		    struct list_head *gone)
{
	list_move(&tw->link, gone);
	look_at_first(tws);
}

static enum mytcp_gauge gauge_of(const struct entry *tw)
{
	return tw->tw.fin_wait2 ? MYTCP_GAUGE_FIN_WAIT2 :
				  MYTCP_GAUGE_TIME_WAIT;
}

static void end(struct entry *tw)
{
	struct mytcp_node *node = &tw->mini.node;
	struct net *net = read_pnet(&node->net);

	if (!tw->tw.over) {
		trace_state(node, mytcp_timewait_state(node), MYTCP_CLOSED);
		mytcp_port_unwait(node);
	}
	if (!tw->tw.over && !tw->tw.fin_wait2)
		mytcp_count(net, MYTCP_COUNT_TIME_WAIT_ENDS);
	mytcp_gauge(net, gauge_of(tw), -1);
	mytcp_node_put(node);
}

static void end_all(struct list_head *gone)
{
	struct entry *tw, *next;

	list_for_each_entry_safe(tw, next, gone, link)
		end(tw);
}

/**
 * mytcp_timewait_end() - a wait has been cut short
 * @node: the entry's, as mytcp_timewait_reuse() has it
 */
void mytcp_timewait_end(struct mytcp_node *node)
{
	end(entry_of(node));
}

/* Ends up to BATCH entries from the front. Returns true if there may be more. */
static bool expire(struct mytcp_timewaits *tws, bool all)
{
	struct entry *tw;
	LIST_HEAD(gone);
	int n = 0;

	spin_lock_bh(&tws->lock);
	while (n < BATCH && (tw = first_of(tws)) &&
	       (all || left_ms(tws->mn, tw) <= 0)) {
		mytcp_table_remove(&tw->mini.node);
		dequeue(tws, tw, &gone);
		if (tw->tw.fin_wait2)
			mytcp_count(tws->mn->net,
				    MYTCP_COUNT_FIN_WAIT2_TIMEOUTS);
		n++;
	}
	spin_unlock_bh(&tws->lock);
	end_all(&gone);
	return n == BATCH;
}

/* Whoever else runs on this processor waits: what is left has the next jiffy. */
static void expire_timer(struct timer_list *timer)
{
	struct mytcp_timewaits *tws = from_timer(tws, timer, timer);
	int i;

	for (i = 0; i < BATCHES && expire(tws, false); i++)
		;
	spin_lock(&tws->lock);
	arm(tws);
	spin_unlock(&tws->lock);
}

static struct mytcp_timewaits __percpu *queues_new(struct mytcp_net *mn)
{
	struct mytcp_timewaits __percpu *queues;
	struct mytcp_timewaits *tws;
	int cpu;

	queues = alloc_percpu(struct mytcp_timewaits);
	if (!queues)
		return NULL;
	for_each_possible_cpu(cpu) {
		tws = per_cpu_ptr(queues, cpu);
		spin_lock_init(&tws->lock);
		INIT_LIST_HEAD(&tws->queue);
		timer_setup(&tws->timer, expire_timer, 0);
		tws->mn = mn;
	}
	return queues;
}

static void queues_end(struct mytcp_timewaits __percpu *queues)
{
	struct mytcp_timewaits *tws;
	int cpu;

	for_each_possible_cpu(cpu) {
		tws = per_cpu_ptr(queues, cpu);
		while (expire(tws, true))
			cond_resched();
		timer_delete_sync(&tws->timer);
	}
	free_percpu(queues);
}

static void queues_rearm(struct mytcp_timewaits __percpu *queues)
{
	struct mytcp_timewaits *tws;
	int cpu;

	for_each_possible_cpu(cpu) {
		tws = per_cpu_ptr(queues, cpu);
		spin_lock_bh(&tws->lock);
		arm(tws);
		spin_unlock_bh(&tws->lock);
	}
}

/**
 * mytcp_timewait_net_init() - a namespace begins
 * @mn: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_timewait_net_init(struct mytcp_net *mn)
{
	mn->timewaits = queues_new(mn);
	if (!mn->timewaits)
		return -ENOMEM;
	mn->finwaits = queues_new(mn);
	if (mn->finwaits)
		return 0;
	queues_end(mn->timewaits);
	return -ENOMEM;
}

/**
 * mytcp_timewait_net_exit() - a namespace ends
 * @mn: the namespace, where no socket is left
 *
 * Its entries end now. Process context.
 */
void mytcp_timewait_net_exit(struct mytcp_net *mn)
{
	queues_end(mn->finwaits);
	queues_end(mn->timewaits);
}

/**
 * mytcp_timewait_rearm() - a length of life has changed
 * @mn: the namespace
 */
void mytcp_timewait_rearm(struct mytcp_net *mn)
{
	queues_rearm(mn->finwaits);
	queues_rearm(mn->timewaits);
}

/* The queue whose first entry began before those of all others. */
static struct mytcp_timewaits *oldest(const struct mytcp_net *mn)
{
	struct mytcp_timewaits *tws, *best = NULL;
	int cpu;

	for_each_possible_cpu(cpu) {
		tws = per_cpu_ptr(mn->timewaits, cpu);
		if (!list_empty(&tws->queue) &&
		    (!best || (s32)(READ_ONCE(tws->first_ms) -
				    READ_ONCE(best->first_ms)) < 0))
			best = tws;
	}
	return best;
}

/*
 * Over the cap the oldest goes, for it has waited longest; more than one for
 * each that comes, so that a lower cap is reached, but never many at once.
 */
static void make_room(struct mytcp_net *mn)
{
	const atomic_t *gauge = &mn->gauges[MYTCP_GAUGE_TIME_WAIT];
	struct mytcp_timewaits *tws;
	struct entry *tw;
	LIST_HEAD(gone);
	int i;

	for (i = 0; i < EVICTIONS &&
	     atomic_read(gauge) - i > (int)READ_ONCE(mn->max_tw_buckets); i++) {
		tws = oldest(mn);
		if (!tws)
			break;
		spin_lock_bh(&tws->lock);
		tw = first_of(tws);
		if (tw) {
			mytcp_table_remove(&tw->mini.node);
			dequeue(tws, tw, &gone);
			mytcp_count(mn->net, MYTCP_COUNT_TIME_WAIT_OVERFLOW);
		}
		spin_unlock_bh(&tws->lock);
	}
	end_all(&gone);
}

static struct entry *entry_new(struct sock *sk)
{
	struct mytcp_node *node = &mytcp_sk(sk)->node;
	struct entry *tw = entry_alloc(node->family);

	if (!tw)
		return NULL;
	mytcp_node_copy(&tw->mini.node, node);
	tw->mini.node.kind = MYTCP_KIND_TIMEWAIT;
	tw->mini.cpu = raw_smp_processor_id();
	mytcp_timewait_init(&tw->tw, &mytcp_sk(sk)->tcb);
	smp_wmb(); /* with smp_rmb() in node_get(): the key before the count */
	refcount_set(&tw->mini.ref, 1);
	return tw;
}

/* The entry takes the socket's place, if that has one. */
static bool publish(struct entry *tw, struct sock *sk)
{
	struct mytcp_timewaits *tws = queue_of(tw);
	bool in;

	spin_lock_bh(&tws->lock);
	in = mytcp_table_replace(&mytcp_sk(sk)->node, &tw->mini.node);
	if (in)
		enqueue(tws, tw);
	spin_unlock_bh(&tws->lock);
	return in;
}

static enum mytcp_count count_of(const struct entry *tw)
{
	if (tw->tw.fin_wait2)
		return MYTCP_COUNT_FIN_WAIT2_ENTRIES;
	return tw->tw.over ? MYTCP_COUNT_COOKIE_ENDS : MYTCP_COUNT_TIME_WAITS;
}

/* In FIN_WAIT2 none is younger for the peer: over the cap none is made. */
static bool has_room(const struct mytcp_net *mn, const struct entry *tw)
{
	return !tw->tw.fin_wait2 ||
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
	struct entry *tw = entry_new(sk);
	enum mytcp_count what;
	bool over;

	if (!tw)
		goto overflow;
	over = tw->tw.over;
	what = count_of(tw);
	if (!has_room(mn, tw) ||
	    (!over && mytcp_port_wait(sk, &tw->mini.node)))
		goto put;
	mytcp_gauge(net, gauge_of(tw), 1);
	if (!publish(tw, sk))
		goto unwait;

	mytcp_count(net, what);
	mytcp_gauge(net, MYTCP_GAUGE_IN_TABLE, -1);
	sock_put(sk);
	make_room(mn);
	return true;

unwait:
	mytcp_gauge(net, gauge_of(tw), -1);
	if (!over)
		mytcp_port_unwait(&tw->mini.node);
put:
	mytcp_node_put(&tw->mini.node);
overflow:
	mytcp_count(net, MYTCP_COUNT_TIME_WAIT_OVERFLOW);
	return false;
}

/* A repeated FIN makes the wait start anew (C7). */
static void restart(struct entry *tw)
{
	struct mytcp_timewaits *tws = lock_queue(tw);

	if (!hlist_nulls_unhashed(&tw->mini.node.link)) {
		list_del(&tw->link);
		enqueue(tws, tw);
	}
	spin_unlock_bh(&tws->lock);
}

/* FIN_WAIT2 has got its FIN: from the one queue to the other. */
static void finish(struct entry *tw, const struct mytcp_segment *fin)
{
	struct mytcp_timewaits *tws = lock_queue(tw);
	struct mytcp_node *node = &tw->mini.node;
	struct net *net = read_pnet(&node->net);
	bool first = tw->tw.fin_wait2 && !hlist_nulls_unhashed(&node->link);

	if (first) {
		list_del_init(&tw->link);
		look_at_first(tws);
		mytcp_gauge(net, MYTCP_GAUGE_FIN_WAIT2, -1);
		mytcp_gauge(net, MYTCP_GAUGE_TIME_WAIT, 1);
		mytcp_timewait_begin(&tw->tw, fin);
	}
	spin_unlock_bh(&tws->lock);
	if (!first)
		return;
	trace_state(node, MYTCP_FIN_WAIT2, MYTCP_TIME_WAIT);
	mytcp_count(net, MYTCP_COUNT_TIME_WAITS);
	restart(tw);
	make_room(mytcp_net(net));
}

/* The entry goes; @by comes, if anything. What is left is for end(). */
static bool leave(struct entry *tw, struct mytcp_node *by)
{
	struct mytcp_timewaits *tws = lock_queue(tw);
	struct mytcp_node *node = &tw->mini.node;
	LIST_HEAD(gone);
	bool in;

	in = by ? mytcp_table_replace(node, by) : mytcp_table_remove(node);
	if (in)
		dequeue(tws, tw, &gone);
	spin_unlock_bh(&tws->lock);
	return in;
}

static bool replace(struct entry *tw, struct mytcp_node *by)
{
	if (!leave(tw, by))
		return false;
	mytcp_count(read_pnet(&tw->mini.node.net),
		    MYTCP_COUNT_TIME_WAIT_REUSES);
	return true;
}

/**
 * mytcp_timewait_abort() - an entry ends before its time
 * @node: the entry's, with a reference of the caller's
 *
 * Process context.
 *
 * Return: 0, -ENOENT if it is of a connection that is over, -EAGAIN if it has
 * gone meanwhile.
 */
int mytcp_timewait_abort(struct mytcp_node *node)
{
	struct entry *tw = entry_of(node);

	if (tw->tw.over)
		return -ENOENT;
	if (!leave(tw, NULL))
		return -EAGAIN;
	end(tw);
	return 0;
}

/* FIN_WAIT2 ends before its time. */
static void cut_short(struct entry *tw, enum mytcp_count why)
{
	mytcp_count(read_pnet(&tw->mini.node.net), why);
	if (leave(tw, NULL))
		end(tw);
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
	if (!replace(entry_of(node), by))
		return false;
	end(entry_of(node));
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
	if (entry_of(node)->tw.over)
		return true;
	return (named || reuse == 1 || (reuse == 2 && on_loopback(node))) &&
	       mytcp_timewait_may_follow(&entry_of(node)->tw, &mn->cfg);
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
	reused = node && replace(entry_of(node), own);
	if (reused) {
		mytcp_gauge(net, MYTCP_GAUGE_IN_TABLE, 1);
		*before = entry_of(node)->tw;
		/* A timestamp that both have would tell one from the other no more. */
		before->ts_offset += entry_of(node)->since_ms == now_ms();
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
	mytcp_timewait_refuse(&entry_of(node)->tw, seg, &reply);
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
	struct entry *tw = entry_of(node);
	struct mytcp_segment reply;

	switch (mytcp_timewait_input(&tw->tw, &mytcp_net(net)->cfg, seg, &reply)) {
	case MYTCP_OPEN:
		return reopen(key, node, skb, seg);
	case MYTCP_RESTART:
		restart(tw);
		break;
	case MYTCP_FINISH:
		finish(tw, seg);
		break;
	case MYTCP_REFUSE:
		cut_short(tw, MYTCP_COUNT_ABORT_ON_DATA);
		break;
	case MYTCP_RESET:
		cut_short(tw, MYTCP_COUNT_RX_RESETS);
		return 0;
	case MYTCP_REPLY:
		break;
	default:
		if (seg->flags & MYTCP_RST)
			mytcp_count(net, MYTCP_COUNT_TIME_WAIT_RESET_IGNORED);
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
	return max(left_ms(net_of(node), entry_of(node)), 0);
}

/**
 * mytcp_timewait_state() - what an entry stands for
 * @node: the entry's
 *
 * Return: TIME_WAIT, FIN_WAIT2, or CLOSED if it but keeps a cookie out.
 */
enum mytcp_state mytcp_timewait_state(const struct mytcp_node *node)
{
	const struct mytcp_timewait *tw = &entry_of(node)->tw;

	if (tw->over)
		return MYTCP_CLOSED;
	return tw->fin_wait2 ? MYTCP_FIN_WAIT2 : MYTCP_TIME_WAIT;
}

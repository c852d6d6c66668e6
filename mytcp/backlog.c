// SPDX-License-Identifier: GPL-2.0
#include "backlog.h"

#include <linux/rculist_nulls.h>
#include <linux/slab.h>
#include <net/inet_sock.h>

#include "core/host.h"
#include "halfopen.h"
#include "net.h"
#include "port.h"
#include "rx.h"
#include "sock.h"
#include "timewait.h"
#include "trace.h"
#include "tx.h"

/* From this many repeats on the pause is rto_max, whatever rto_init is. */
#define REPEATS	32
#define ACKED	REPEATS		/* the level of entries the client has acked */
#define LEVELS	(REPEATS + 1)

/**
 * struct mytcp_backlog - what a listener has
 * @lock: all but @timer; an entry enters and leaves levels and table under it,
 *	so that it stands in both or in neither
 * @sk: the listener
 * @stopped: it listens no more
 * @half_open: entries in @levels
 * @levels: entries by how often their SYN+ACK was repeated. Those of a level
 *	wait equally long, so each stands in order and none needs a timer.
 * @accept: children whose handshake is complete
 * @timer: runs when the first entry of a level is due
 * @rcu: freed after a grace period
 */
struct mytcp_backlog {
	spinlock_t lock;	/* see above */
	struct sock *sk;
	bool stopped;
	u32 half_open;
	struct list_head levels[LEVELS];
	struct list_head accept;
	struct timer_list timer;
	struct rcu_head rcu;
};

static u32 now_ms(void)
{
	return div_u64(mytcp_host_now(), MYTCP_MSEC);
}

/* As Linux has it: a backlog of n holds n + 1, in either queue. */
static bool half_full(const struct mytcp_backlog *backlog)
{
	u32 max = READ_ONCE(mytcp_net(sock_net(backlog->sk))->max_syn_backlog);

	return READ_ONCE(backlog->half_open) >=
	       min(READ_ONCE(backlog->sk->sk_max_ack_backlog) + 1, max);
}

/* Lock held. The timer, if an entry is due before it runs. */
static void arm(struct mytcp_backlog *backlog)
{
	unsigned long expires = 0, each;
	const struct mytcp_halfopen *first;
	bool any = false;
	s32 left;
	int i;

	for (i = 0; i < LEVELS; i++) {
		if (list_empty(&backlog->levels[i]))
			continue;
		first = list_first_entry(&backlog->levels[i], struct mytcp_halfopen,
					 level);
		left = first->due_ms - now_ms();
		each = jiffies + msecs_to_jiffies(max(left, 0)) + 1;
		if (!any || time_before(each, expires))
			expires = each;
		any = true;
	}
	if (any && (!timer_pending(&backlog->timer) ||
		    time_before(expires, backlog->timer.expires)))
		mod_timer(&backlog->timer, expires);
}

/* Lock held; the entry is in no level. */
static void enqueue(struct mytcp_backlog *backlog, struct mytcp_halfopen *half)
{
	const struct mytcp_net *mn = mytcp_net(sock_net(backlog->sk));
	int i = min_t(int, half->half.repeats, REPEATS - 1);

	if (half->acked) {
		half->half.repeats = 1;
		i = ACKED;
	}
	half->due_ms = now_ms() + div_u64(mytcp_half_timeout(&half->half,
							     &mn->cfg),
					  MYTCP_MSEC);
	list_add_tail(&half->level, &backlog->levels[i]);
}

/* Lock held; the table has let go of the entry, its reference is ours. */
static void dequeue(struct mytcp_backlog *backlog, struct mytcp_halfopen *half)
{
	list_del(&half->level);
	WRITE_ONCE(backlog->half_open, backlog->half_open - 1);
	mytcp_gauge(sock_net(backlog->sk), MYTCP_GAUGE_HALF_OPEN, -1);
}

/* The same, and the entry did not become a connection. */
static void forget(struct mytcp_backlog *backlog, struct mytcp_halfopen *half)
{
	dequeue(backlog, half);
	mytcp_count(sock_net(backlog->sk), MYTCP_COUNT_HALF_REMOVED);
	trace_state(&half->mini.node, MYTCP_SYN_RECV, MYTCP_CLOSED);
	mytcp_node_put(&half->mini.node);
}

/*
 * Lock held. The entry is due: it goes, or its SYN+ACK is to be repeated, with
 * a reference for that.
 */
static bool due(struct mytcp_backlog *backlog, struct mytcp_halfopen *half)
{
	const struct net *net = sock_net(backlog->sk);

	if (!half->acked &&
	    half->half.repeats >= mytcp_net(net)->cfg.synack_retries) {
		mytcp_table_remove(&half->mini.node);
		mytcp_count(net, MYTCP_COUNT_HALF_TIMEOUTS);
		forget(backlog, half);
		return false;
	}
	list_del(&half->level);
	half->acked = false;
	if (half->half.repeats < U8_MAX)
		half->half.repeats++;
	enqueue(backlog, half);
	refcount_inc(&half->mini.ref);
	return true;
}

/* Lock held; given up for each SYN+ACK sent. */
static void run_level(struct mytcp_backlog *backlog, struct list_head *level)
{
	struct mytcp_halfopen *half;

	while (!list_empty(level) && !backlog->stopped) {
		half = list_first_entry(level, struct mytcp_halfopen, level);
		if ((s32)(half->due_ms - now_ms()) > 0)
			return;
		if (!due(backlog, half))
			continue;
		spin_unlock(&backlog->lock);
		mytcp_halfopen_synack(half, true);
		mytcp_node_put(&half->mini.node);
		spin_lock(&backlog->lock);
	}
}

static void run_timer(struct timer_list *timer)
{
	struct mytcp_backlog *backlog = container_of(timer, typeof(*backlog),
						     timer);
	int i;

	rcu_read_lock();
	spin_lock(&backlog->lock);
	/* From the last on, so that no entry is met twice. */
	for (i = LEVELS - 1; i >= 0; i--)
		run_level(backlog, &backlog->levels[i]);
	if (!backlog->stopped)
		arm(backlog);
	spin_unlock(&backlog->lock);
	rcu_read_unlock();
}

/**
 * mytcp_backlog_start() - a socket begins to listen
 * @sk: the socket, locked, sk_max_ack_backlog set
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_backlog_start(struct sock *sk)
{
	struct mytcp_backlog *backlog = kzalloc(sizeof(*backlog), GFP_KERNEL);
	int i;

	if (!backlog)
		return -ENOMEM;
	spin_lock_init(&backlog->lock);
	backlog->sk = sk;
	for (i = 0; i < LEVELS; i++)
		INIT_LIST_HEAD(&backlog->levels[i]);
	INIT_LIST_HEAD(&backlog->accept);
	timer_setup(&backlog->timer, run_timer, 0);
	sk->sk_ack_backlog = 0;
	rcu_assign_pointer(mytcp_sk(sk)->backlog, backlog);
	return 0;
}

/**
 * mytcp_backlog_stop() - a socket listens no more
 * @sk: the listener, locked, no longer in the table of listeners
 *
 * Half-open entries go in silence; connections nobody accepted are reset.
 * Process context.
 */
void mytcp_backlog_stop(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk), *child, *next_child;
	struct mytcp_backlog *backlog;
	struct mytcp_halfopen *half, *next;
	LIST_HEAD(children);
	int i;

	backlog = rcu_dereference_protected(msk->backlog,
					    lockdep_sock_is_held(sk));
	if (!backlog)
		return;

	spin_lock_bh(&backlog->lock);
	backlog->stopped = true;
	for (i = 0; i < LEVELS; i++)
		list_for_each_entry_safe(half, next, &backlog->levels[i],
					 level) {
			mytcp_table_remove(&half->mini.node);
			forget(backlog, half);
		}
	list_splice_init(&backlog->accept, &children);
	sk->sk_ack_backlog = 0;
	spin_unlock_bh(&backlog->lock);
	RCU_INIT_POINTER(msk->backlog, NULL);
	timer_delete_sync(&backlog->timer);

	list_for_each_entry_safe(child, next_child, &children, accept_link) {
		struct sock *csk = (struct sock *)child;

		list_del_init(&child->accept_link);
		sock_hold(csk);
		local_bh_disable();
		bh_lock_sock_nested(csk);
		mytcp_sock_discard(csk, true);
		bh_unlock_sock(csk);
		local_bh_enable();
		sock_put(csk);
	}
	kfree_rcu(backlog, rcu);
}

/**
 * mytcp_backlog_accept() - take a connection out of the accept queue
 * @sk: the listener, locked
 *
 * The place it leaves is offered to an entry that waits for one: its SYN+ACK,
 * repeated, draws the ACK that completes the handshake once more.
 *
 * Return: the connection with its user's reference, or NULL.
 */
struct sock *mytcp_backlog_accept(struct sock *sk)
{
	struct mytcp_backlog *backlog;
	struct mytcp_sock *child;
	struct mytcp_halfopen *half;

	backlog = rcu_dereference_protected(mytcp_sk(sk)->backlog,
					    lockdep_sock_is_held(sk));
	if (!backlog)
		return NULL;

	local_bh_disable();
	spin_lock(&backlog->lock);
	child = list_first_entry_or_null(&backlog->accept, struct mytcp_sock,
					 accept_link);
	half = NULL;
	if (child) {
		list_del_init(&child->accept_link);
		sk_acceptq_removed(sk);
		half = list_first_entry_or_null(&backlog->levels[ACKED],
						struct mytcp_halfopen, level);
	}
	if (half) {
		list_del(&half->level);
		enqueue(backlog, half);
		refcount_inc(&half->mini.ref);
	}
	spin_unlock(&backlog->lock);
	if (half) {
		mytcp_halfopen_synack(half, true);
		mytcp_node_put(&half->mini.node);
	}
	local_bh_enable();
	return (struct sock *)child;
}

/**
 * mytcp_backlog_ready() - is there a connection to accept?
 * @sk: the listener, perhaps not locked
 *
 * Return: true if so.
 */
bool mytcp_backlog_ready(const struct sock *sk)
{
	const struct mytcp_backlog *backlog;
	bool ready;

	rcu_read_lock();
	backlog = rcu_dereference(mytcp_sk(sk)->backlog);
	ready = backlog && !list_empty_careful(&backlog->accept);
	rcu_read_unlock();
	return ready;
}

/* In queue, timer and table; one of the two references is theirs. */
static enum mytcp_count publish(struct mytcp_backlog *backlog,
				struct mytcp_halfopen *half, struct mytcp_node *timewait)
{
	struct mytcp_node *node = &half->mini.node;
	enum mytcp_count why = MYTCP_COUNTS;

	spin_lock(&backlog->lock);
	if (backlog->stopped)
		why = MYTCP_COUNT_RX_NO_SOCKET;
	else if (half_full(backlog))
		why = MYTCP_COUNT_SYN_QUEUE_FULL;
	else if (timewait ? !mytcp_timewait_replace(timewait, node) :
			    mytcp_table_insert(node))
		why = MYTCP_COUNT_SYN_DUPLICATES;
	if (why == MYTCP_COUNTS) {
		WRITE_ONCE(backlog->half_open, backlog->half_open + 1);
		enqueue(backlog, half);
		arm(backlog);
		mytcp_gauge(sock_net(backlog->sk), MYTCP_GAUGE_HALF_OPEN, 1);
	}
	spin_unlock(&backlog->lock);
	return why;
}

/**
 * mytcp_backlog_syn() - a SYN for a listener
 * @sk: the listener, with a reference of the caller's
 * @key: its endpoints
 * @skb: the SYN; stays the caller's
 * @seg: its header
 * @timewait: entry of an earlier connection with the same endpoints, or NULL
 *
 * Makes a half-open entry, if there is room, and answers with a SYN+ACK.
 * Softirq, under RCU.
 */
void mytcp_backlog_syn(struct sock *sk, struct mytcp_key *key,
		       struct sk_buff *skb, const struct mytcp_segment *seg,
		       struct mytcp_node *timewait)
{
	enum mytcp_count why = MYTCP_COUNT_RX_NO_SOCKET;
	struct net *net = sock_net(sk);
	struct mytcp_backlog *backlog;
	struct mytcp_halfopen *half;

	backlog = rcu_dereference(mytcp_sk(sk)->backlog);
	if (!backlog)
		goto drop;
	why = MYTCP_COUNT_ACCEPT_QUEUE_FULL;
	if (sk_acceptq_is_full(sk))
		goto drop;
	why = MYTCP_COUNT_SYN_QUEUE_FULL;
	if (half_full(backlog))
		goto drop;
	half = mytcp_halfopen_new(sk, key, seg, timewait, &why);
	if (!half)
		goto drop;
	why = publish(backlog, half, timewait);
	if (why != MYTCP_COUNTS) {
		/* Who held the memory's last entry may hold this one too. */
		mytcp_node_put(&half->mini.node);
		mytcp_node_put(&half->mini.node);
		goto drop;
	}

	mytcp_count(net, MYTCP_COUNT_HALF_OPENED);
	trace_state(&half->mini.node, MYTCP_LISTEN, MYTCP_SYN_RECV);
	mytcp_halfopen_synack(half, false);
	mytcp_node_put(&half->mini.node);
	return;

drop:
	mytcp_rx_drop(&key->node, why);
}

/* The entry goes, and why. Returns false if it was gone. */
static bool cut(struct mytcp_backlog *backlog, struct mytcp_halfopen *half,
		enum mytcp_count why)
{
	bool there;

	spin_lock(&backlog->lock);
	there = mytcp_table_remove(&half->mini.node);
	if (there) {
		mytcp_count(sock_net(backlog->sk), why);
		forget(backlog, half);
	}
	spin_unlock(&backlog->lock);
	return there;
}

/*
 * A place in the accept queue, taken before there is a child, so that two
 * processors never overshoot. Without one the entry is kept. Returns 0, -EAGAIN
 * if the entry is gone, -ENOBUFS if there is no place.
 */
static int reserve(struct mytcp_backlog *backlog, struct mytcp_halfopen *half)
{
	int err = 0;

	spin_lock(&backlog->lock);
	if (hlist_nulls_unhashed(&half->mini.node.link)) {
		err = -EAGAIN;
	} else if (!sk_acceptq_is_full(backlog->sk)) {
		sk_acceptq_added(backlog->sk);
	} else {
		err = -ENOBUFS;
		list_del(&half->level);
		half->acked = true;
		enqueue(backlog, half);
		arm(backlog);
	}
	spin_unlock(&backlog->lock);
	return err;
}

static void unreserve(struct mytcp_backlog *backlog)
{
	spin_lock(&backlog->lock);
	if (!backlog->stopped)
		sk_acceptq_removed(backlog->sk);
	spin_unlock(&backlog->lock);
}

/* The child takes the entry's place. False if another has been faster. */
static bool promote(struct mytcp_backlog *backlog, struct mytcp_halfopen *half,
		    struct sock *child)
{
	struct mytcp_node *node = &mytcp_sk(child)->node;
	bool done;

	sock_hold(child);
	spin_lock(&backlog->lock);
	done = mytcp_table_replace(&half->mini.node, node);
	if (done) {
		dequeue(backlog, half);
		list_add_tail(&mytcp_sk(child)->accept_link, &backlog->accept);
	}
	spin_unlock(&backlog->lock);
	if (!done) {
		sock_put(child);
		return false;
	}
	mytcp_gauge(sock_net(child), MYTCP_GAUGE_IN_TABLE, 1);
	mytcp_node_put(&half->mini.node);
	return true;
}

static int complete_handshake(struct mytcp_backlog *backlog,
			      struct mytcp_halfopen *half, struct sk_buff *skb,
			      const struct mytcp_segment *seg)
{
	struct sock *sk = backlog->sk, *child;
	struct net *net = sock_net(sk);
	int err;

	child = mytcp_sock_child(sk, &half->half, &half->mini.node, skb);
	if (!child) {
		unreserve(backlog);
		mytcp_rx_drop(&half->mini.node, MYTCP_COUNT_RX_NO_MEMORY);
		return 0;
	}
	mytcp_node_copy(&mytcp_sk(child)->node, &half->mini.node);
	mytcp_sk(child)->node.kind = MYTCP_KIND_SOCK;

	bh_lock_sock_nested(child);
	err = mytcp_port_inherit(child, sk);
	if (!err && !promote(backlog, half, child))
		err = -EAGAIN;
	if (err) {
		unreserve(backlog);
		mytcp_sock_discard(child, false);
	} else {
		mytcp_count(net, MYTCP_COUNT_HALF_ESTABLISHED);
		mytcp_count(net, MYTCP_COUNT_PASSIVE_OPENS);
		mytcp_sock_process(child, skb, seg);
		sk->sk_data_ready(sk);
	}
	bh_unlock_sock(child);
	sock_put(child);
	return err ?: 1;
}

/* The third ACK. */
static int take_ack(struct mytcp_backlog *backlog, struct mytcp_halfopen *half,
		    struct sk_buff *skb, const struct mytcp_segment *seg)
{
	struct mytcp_net *mn = mytcp_net(sock_net(backlog->sk));
	struct mytcp_segment reset;
	int err;

	err = reserve(backlog, half);
	if (!err)
		return complete_handshake(backlog, half, skb, seg);
	if (err == -EAGAIN)
		return err;

	mytcp_rx_drop(&half->mini.node, MYTCP_COUNT_ACCEPT_QUEUE_FULL);
	if (!READ_ONCE(mn->abort_on_overflow))
		return 0;
	mytcp_segment_reset(seg, &reset);
	mytcp_tx_reply(&half->mini.node, skb, &reset);
	cut(backlog, half, MYTCP_COUNT_HALF_RESETS);
	return 0;
}

/**
 * mytcp_backlog_rcv() - a segment for a half-open entry
 * @node: the entry's, with a reference of the caller's
 * @skb: the segment
 * @seg: its header
 *
 * Softirq, under RCU.
 *
 * Return: 1 if the entry has become a connection that took the skb, -EAGAIN if
 * the entry was gone: look again; else the skb stays the caller's.
 */
int mytcp_backlog_rcv(struct mytcp_node *node, struct sk_buff *skb,
		      const struct mytcp_segment *seg)
{
	struct mytcp_halfopen *half = mytcp_halfopen(node);
	struct net *net = read_pnet(&node->net);
	struct mytcp_backlog *backlog;
	struct mytcp_segment reply;

	backlog = rcu_dereference(mytcp_sk(half->listener)->backlog);
	if (!backlog)
		return -EAGAIN;

	switch (mytcp_half_input(&half->half, &mytcp_net(net)->cfg, seg,
				 &reply)) {
	case MYTCP_OPEN:
		return take_ack(backlog, half, skb, seg);
	case MYTCP_REPEAT:
		mytcp_count(net, MYTCP_COUNT_SYN_DUPLICATES);
		mytcp_tx_half(half->listener, node, &reply);
		return 0;
	case MYTCP_REPLY:
		mytcp_tx_reply(node, skb, &reply);
		return 0;
	case MYTCP_RESET:
		return cut(backlog, half, MYTCP_COUNT_HALF_RESETS) ? 0 :
								     -EAGAIN;
	default:
		if (seg->flags & MYTCP_RST)
			mytcp_count(net, MYTCP_COUNT_RX_RESET_IGNORED);
		return 0;
	}
}

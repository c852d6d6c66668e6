// SPDX-License-Identifier: GPL-2.0
#include "backlog.h"

#include <linux/net.h>
#include <linux/percpu.h>
#include <linux/rculist_nulls.h>
#include <linux/slab.h>
#include <net/inet_sock.h>

#include "core/host.h"
#include "halfopen.h"
#include "listener.h"
#include "net.h"
#include "sock.h"
#include "timewait.h"
#include "trace.h"

/* Entries dealt with at once, then others get their turn. */
#define BATCH	512

static u32 now_ms(void)
{
	return div_u64(mytcp_host_now(), MYTCP_MSEC);
}

/**
 * mytcp_backlog_counted() - how often something happened at a listener
 * @backlog: the listener's
 * @what: the counter
 *
 * Return: the sum over all processors.
 */
u64 mytcp_backlog_counted(const struct mytcp_backlog *backlog,
			  enum mytcp_count what)
{
	int cpu, i = what - MYTCP_COUNT_LISTENER_FIRST;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(backlog->counts, cpu)->value[i];
	return sum;
}

/**
 * mytcp_backlog_log() - what mytcp_backlog_tell() writes
 * @backlog: the listener's
 * @told: when it did so last
 * @what: what becomes of SYNs
 *
 * Nothing, if another processor is faster. Softirq.
 */
void mytcp_backlog_log(struct mytcp_backlog *backlog, unsigned long told,
		       const char *what)
{
	struct mytcp_node *node = &mytcp_sk(backlog->sk)->node;
	u16 port = ntohs(node->lport);

	if (cmpxchg(&backlog->told, told, jiffies ?: 1) != told)
		return;
	if (node->family == AF_INET6)
		net_notice_ratelimited("mytcp: half-open queue of [%pI6c]:%u is full, %s\n",
				       &mytcp_node_addr6(node)->laddr, port,
				       what);
	else
		net_notice_ratelimited("mytcp: half-open queue of %pI4:%u is full, %s\n",
				       &node->laddr, port, what);
}

/* Lock held. The timer runs when the first entry of the level is due. */
static void arm(struct mytcp_backlog *backlog, struct list_head *level, u32 now)
{
	const struct mytcp_halfopen *first =
		list_first_entry(level, struct mytcp_halfopen, level);
	s32 left = first->due_ms - now;

	timer_reduce(&backlog->timer,
		     jiffies + msecs_to_jiffies(max(left, 0)) + 1);
}

/* Lock held; the entry is in no level. */
static void enqueue(struct mytcp_backlog *backlog, struct mytcp_halfopen *half)
{
	const struct mytcp_net *mn = mytcp_sk_net(backlog->sk);
	int i = min_t(int, half->half.repeats, MYTCP_BACKLOG_REPEATS - 1);
	u32 now = now_ms();

	if (half->lacks == MYTCP_LACK_ROOM) {
		half->half.repeats = 1;
		i = MYTCP_BACKLOG_COMPLETE;
	}
	half->due_ms = now + div_u64(mytcp_half_timeout(&half->half, &mn->cfg),
				     MYTCP_MSEC);
	list_add_tail(&half->level, &backlog->levels[i]);
	if (list_is_first(&half->level, &backlog->levels[i]))
		arm(backlog, &backlog->levels[i], now);
}

/* Lock held. */
static void add_half_open(struct mytcp_backlog *backlog)
{
	WRITE_ONCE(backlog->half_open, backlog->half_open + 1);
	backlog->half_open_peak = max(backlog->half_open_peak,
				      backlog->half_open);
}

/* Lock held. One more in the accept queue, or on its way there. */
static void add_waiting(struct mytcp_backlog *backlog)
{
	sk_acceptq_added(backlog->sk);
	backlog->accept_peak = max(backlog->accept_peak,
				   backlog->sk->sk_ack_backlog);
}

/* Lock held; the table has let go of the entry, its reference is ours. */
static void dequeue(struct mytcp_backlog *backlog, struct mytcp_halfopen *half)
{
	list_del(&half->level);
	WRITE_ONCE(backlog->half_open, backlog->half_open - 1);
	mytcp_sk_gauge(backlog->sk, MYTCP_GAUGE_HALF_OPEN, -1);
}

/* The same, and the entry did not become a connection. */
static void forget(struct mytcp_backlog *backlog, struct mytcp_halfopen *half)
{
	dequeue(backlog, half);
	mytcp_backlog_count(backlog, MYTCP_COUNT_HALF_REMOVED);
	trace_state(&half->mini.node, MYTCP_SYN_RECV, MYTCP_CLOSED);
	mytcp_node_put(&half->mini.node);
}

/*
 * Lock held. Is the entry still in this backlog? It may have gone, or have
 * passed to another listener; one that is left when its listener has stopped
 * goes now.
 */
static bool stands(struct mytcp_backlog *backlog, struct mytcp_halfopen *half)
{
	if (hlist_nulls_unhashed(&half->mini.node.link) ||
	    half->listener != backlog->sk)
		return false;
	if (!backlog->stopped)
		return true;
	mytcp_table_remove(&half->mini.node);
	forget(backlog, half);
	return false;
}

/* How many pauses long a client that sends nothing is waited for. */
static u8 defer_of(const struct mytcp_backlog *backlog)
{
	return READ_ONCE(mytcp_sk(backlog->sk)->user.defer_accept);
}

/* Lock held. Was the SYN+ACK repeated as often as may be? */
static bool exhausted(const struct mytcp_backlog *backlog,
		      const struct mytcp_halfopen *half)
{
	const struct mytcp_tcb *tcb = &mytcp_sk(backlog->sk)->tcb;
	u32 retries = READ_ONCE(tcb->syn_retries) ?:
		      READ_ONCE(tcb->cfg->synack_retries);

	if (half->lacks == MYTCP_LACK_ROOM ||
	    (half->lacks == MYTCP_LACK_DATA &&
	     half->half.repeats < defer_of(backlog)))
		return false;
	return half->half.repeats >= retries;
}

/*
 * Lock held. The entry is due: it goes, or its SYN+ACK is to be repeated, with
 * a reference for that. A client that is to send its first octet has its last
 * pause begin with a SYN+ACK: what answers it is taken even without octets.
 */
static bool due(struct mytcp_backlog *backlog, struct mytcp_halfopen *half)
{
	bool repeat = half->lacks != MYTCP_LACK_DATA ||
		      half->half.repeats + 1 >= defer_of(backlog);

	if (exhausted(backlog, half)) {
		mytcp_table_remove(&half->mini.node);
		mytcp_backlog_count(backlog, MYTCP_COUNT_HALF_TIMEOUTS);
		forget(backlog, half);
		return false;
	}
	list_del(&half->level);
	if (half->lacks == MYTCP_LACK_ROOM)
		half->lacks = MYTCP_LACK_ACK;
	if (half->half.repeats < U8_MAX)
		half->half.repeats++;
	enqueue(backlog, half);
	if (repeat)
		refcount_inc(&half->mini.ref);
	return repeat;
}

/* Gives the caller's reference back. */
static void repeat_synack(struct mytcp_backlog *backlog,
			  struct mytcp_halfopen *half)
{
	mytcp_backlog_count(backlog, MYTCP_COUNT_SYNACK_REPEATS);
	mytcp_halfopen_repeat(half);
	mytcp_node_put(&half->mini.node);
}

/*
 * Lock held; given up for each SYN+ACK sent. Returns how much of the budget is
 * left.
 */
static int run_level(struct mytcp_backlog *backlog, struct list_head *level,
		     int budget)
{
	struct mytcp_halfopen *half;

	for (; budget && !list_empty(level) && !backlog->stopped; budget--) {
		half = list_first_entry(level, struct mytcp_halfopen, level);
		if ((s32)(half->due_ms - now_ms()) > 0)
			break;
		if (!due(backlog, half))
			continue;
		spin_unlock(&backlog->lock);
		repeat_synack(backlog, half);
		spin_lock(&backlog->lock);
	}
	return budget;
}

/* What is due but exceeds the budget has its turn in the next jiffy. */
static void run_timer(struct timer_list *timer)
{
	struct mytcp_backlog *backlog = container_of(timer, typeof(*backlog),
						     timer);
	int i, budget = BATCH;

	rcu_read_lock();
	spin_lock(&backlog->lock);
	/* From the last on, so that no entry is met twice. */
	for (i = MYTCP_BACKLOG_LEVELS - 1; i >= 0; i--)
		budget = run_level(backlog, &backlog->levels[i], budget);
	for (i = 0; i < MYTCP_BACKLOG_LEVELS && !backlog->stopped; i++)
		if (!list_empty(&backlog->levels[i]))
			arm(backlog, &backlog->levels[i], now_ms());
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
	backlog->counts = alloc_percpu(struct mytcp_backlog_counts);
	if (!backlog->counts) {
		kfree(backlog);
		return -ENOMEM;
	}
	spin_lock_init(&backlog->lock);
	backlog->sk = sk;
	for (i = 0; i < MYTCP_BACKLOG_LEVELS; i++)
		INIT_LIST_HEAD(&backlog->levels[i]);
	INIT_LIST_HEAD(&backlog->accept);
	timer_setup(&backlog->timer, run_timer, 0);
	sk->sk_ack_backlog = 0;
	rcu_assign_pointer(mytcp_sk(sk)->backlog, backlog);
	return 0;
}

/* Forgets up to BATCH entries. Returns true if there may be more. */
static bool forget_some(struct mytcp_backlog *backlog)
{
	struct mytcp_halfopen *half;
	int i, n = 0;

	spin_lock_bh(&backlog->lock);
	for (i = 0; i < MYTCP_BACKLOG_LEVELS && n < BATCH; i++)
		while (n < BATCH && !list_empty(&backlog->levels[i])) {
			half = list_first_entry(&backlog->levels[i],
						struct mytcp_halfopen, level);
			mytcp_table_remove(&half->mini.node);
			forget(backlog, half);
			n++;
		}
	spin_unlock_bh(&backlog->lock);
	return n == BATCH;
}

/*
 * Who waits longest, a child or else an entry, with a reference. When there is
 * nobody the backlog has stopped.
 */
static struct mytcp_node *first_waiting(struct mytcp_backlog *backlog)
{
	struct mytcp_halfopen *half;
	struct mytcp_sock *child;
	struct mytcp_node *node = NULL;
	int i;

	spin_lock_bh(&backlog->lock);
	child = list_first_entry_or_null(&backlog->accept, struct mytcp_sock,
					 accept_link);
	if (child) {
		sock_hold((struct sock *)child);
		node = &child->node;
	}
	for (i = 0; i < MYTCP_BACKLOG_LEVELS && !node; i++) {
		half = list_first_entry_or_null(&backlog->levels[i],
						struct mytcp_halfopen, level);
		if (!half)
			continue;
		refcount_inc(&half->mini.ref);
		node = &half->mini.node;
	}
	backlog->stopped = !node;
	spin_unlock_bh(&backlog->lock);
	return node;
}

/*
 * To the backlog of another listener, whose bounds do not hold for what comes
 * this way. An entry's pause begins anew. Returns false if that one has stopped.
 */
static bool move(struct mytcp_backlog *from, struct mytcp_backlog *to,
		 struct mytcp_node *node)
{
	struct mytcp_backlog *one = min(from, to), *other = max(from, to);
	struct mytcp_halfopen *half = mytcp_halfopen(node);
	bool stopped;

	/* In the order of their addresses: two may close at once. */
	spin_lock_bh(&one->lock);
	spin_lock_nested(&other->lock, SINGLE_DEPTH_NESTING);
	stopped = to->stopped;
	if (!stopped && node->kind == MYTCP_KIND_SOCK) {
		list_move_tail(&mytcp_sk(mytcp_node_sk(node))->accept_link,
			       &to->accept);
		sk_acceptq_removed(from->sk);
		add_waiting(to);
	} else if (!stopped && stands(from, half)) {
		list_del(&half->level);
		WRITE_ONCE(from->half_open, from->half_open - 1);
		WRITE_ONCE(half->listener, to->sk);
		add_half_open(to);
		enqueue(to, half);
	}
	spin_unlock(&other->lock);
	spin_unlock_bh(&one->lock);
	return !stopped;
}

/* Returns false if nobody is there to take over. */
static bool hand_over(struct mytcp_backlog *from, struct mytcp_node *node)
{
	struct mytcp_backlog *to;
	struct sock *heir;
	bool moved = false;

	while (!moved) {
		heir = mytcp_listener_heir(from->sk, node);
		if (!heir)
			return false;
		rcu_read_lock();
		to = rcu_dereference(mytcp_sk(heir)->backlog);
		moved = to && move(from, to, node);
		rcu_read_unlock();
		if (moved && node->kind == MYTCP_KIND_SOCK)
			heir->sk_data_ready(heir);
		sock_put(heir);
	}
	return true;
}

static void hand_over_all(struct mytcp_backlog *backlog)
{
	struct mytcp_node *node;
	bool moved = true;

	while (moved && (node = first_waiting(backlog))) {
		moved = hand_over(backlog, node);
		mytcp_node_put(node);
		cond_resched();
	}
}

static void reset_children(struct list_head *children)
{
	struct mytcp_sock *child, *next;

	list_for_each_entry_safe(child, next, children, accept_link) {
		struct sock *csk = (struct sock *)child;

		list_del_init(&child->accept_link);
		sock_hold(csk);
		local_bh_disable();
		bh_lock_sock_nested(csk);
		mytcp_sock_discard(csk, true);
		bh_unlock_sock(csk);
		local_bh_enable();
		sock_put(csk);
		cond_resched();
	}
}

static void free_backlog(struct rcu_head *rcu)
{
	struct mytcp_backlog *backlog = container_of(rcu, typeof(*backlog),
						     rcu);

	free_percpu(backlog->counts);
	kfree(backlog);
}

/**
 * mytcp_backlog_stop() - a socket listens no more
 * @sk: the listener, locked, no longer in the table of listeners
 *
 * What waits in its queues passes to others of its SO_REUSEPORT group. Without
 * one half-open entries go in silence, and connections nobody accepted are
 * reset. Process context.
 */
void mytcp_backlog_stop(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	struct mytcp_backlog *backlog;
	LIST_HEAD(children);

	backlog = rcu_dereference_protected(msk->backlog,
					    lockdep_sock_is_held(sk));
	if (!backlog)
		return;

	hand_over_all(backlog);
	spin_lock_bh(&backlog->lock);
	backlog->stopped = true;
	list_splice_init(&backlog->accept, &children);
	sk->sk_ack_backlog = 0;
	spin_unlock_bh(&backlog->lock);
	while (forget_some(backlog))
		cond_resched();
	RCU_INIT_POINTER(msk->backlog, NULL);
	timer_delete_sync(&backlog->timer);
	reset_children(&children);
	call_rcu(&backlog->rcu, free_backlog);
}

static void note_wait(struct mytcp_backlog *backlog, u64 us)
{
	backlog->waits[min(fls64(us), MYTCP_BACKLOG_WAITS - 1)]++;
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
	struct list_head *complete;

	backlog = rcu_dereference_protected(mytcp_sk(sk)->backlog,
					    lockdep_sock_is_held(sk));
	if (!backlog)
		return NULL;
	complete = &backlog->levels[MYTCP_BACKLOG_COMPLETE];

	local_bh_disable();
	rcu_read_lock();
	spin_lock(&backlog->lock);
	child = list_first_entry_or_null(&backlog->accept, struct mytcp_sock,
					 accept_link);
	half = NULL;
	if (child) {
		list_del_init(&child->accept_link);
		sk_acceptq_removed(sk);
		note_wait(backlog, mytcp_host_now() - child->ready_us);
		half = list_first_entry_or_null(complete, struct mytcp_halfopen,
						level);
	}
	if (half) {
		list_del(&half->level);
		enqueue(backlog, half);
		refcount_inc(&half->mini.ref);
	}
	spin_unlock(&backlog->lock);
	if (half)
		repeat_synack(backlog, half);
	rcu_read_unlock();
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

/**
 * mytcp_backlog_publish() - a new entry gets into queue, timer and table
 * @backlog: its listener's
 * @half: the entry; one of its two references passes to queue and table
 * @timewait: entry of an earlier connection with the same endpoints, or NULL
 *
 * Softirq, under RCU.
 *
 * Return: MYTCP_COUNTS, or the counter of what is against it;
 * MYTCP_COUNT_RX_NO_SOCKET if the listener listens no more.
 */
enum mytcp_count mytcp_backlog_publish(struct mytcp_backlog *backlog,
				       struct mytcp_halfopen *half,
				       struct mytcp_node *timewait)
{
	struct mytcp_node *node = &half->mini.node;
	enum mytcp_count why = MYTCP_COUNTS;

	spin_lock(&backlog->lock);
	if (backlog->stopped)
		why = MYTCP_COUNT_RX_NO_SOCKET;
	else if (mytcp_backlog_full(backlog,
				    mytcp_sk_net(backlog->sk)))
		why = MYTCP_COUNT_SYN_QUEUE_FULL;
	else if (timewait ? !mytcp_timewait_replace(timewait, node) :
			    mytcp_table_insert(node))
		why = MYTCP_COUNT_SYN_DUPLICATES;
	if (why == MYTCP_COUNTS) {
		add_half_open(backlog);
		enqueue(backlog, half);
		mytcp_sk_gauge(backlog->sk, MYTCP_GAUGE_HALF_OPEN, 1);
	}
	spin_unlock(&backlog->lock);
	return why;
}

/**
 * mytcp_backlog_cut() - an entry goes
 * @backlog: its listener's
 * @half: the entry, with a reference of the caller's
 * @why: counted if it was there
 *
 * Softirq, under RCU.
 *
 * Return: false if it was gone.
 */
bool mytcp_backlog_cut(struct mytcp_backlog *backlog,
		       struct mytcp_halfopen *half, enum mytcp_count why)
{
	bool there;

	spin_lock(&backlog->lock);
	there = stands(backlog, half);
	if (there) {
		mytcp_table_remove(&half->mini.node);
		mytcp_backlog_count(backlog, why);
		forget(backlog, half);
	}
	spin_unlock(&backlog->lock);
	return there;
}

/**
 * mytcp_backlog_defer() - a third ACK without octets
 * @backlog: the listener's
 * @half: the entry, with a reference of the caller's
 *
 * Under TCP_DEFER_ACCEPT an entry waits for its client's first octet, but not
 * for ever. Softirq, under RCU.
 *
 * Return: true if it has to wait.
 */
bool mytcp_backlog_defer(struct mytcp_backlog *backlog,
			 struct mytcp_halfopen *half)
{
	u8 defer = defer_of(backlog);
	bool wait;

	if (!defer)
		return false;
	spin_lock(&backlog->lock);
	wait = stands(backlog, half) && !half->complete &&
	       half->half.repeats < defer;
	if (wait)
		half->lacks = MYTCP_LACK_DATA;
	spin_unlock(&backlog->lock);
	return wait;
}

/**
 * mytcp_backlog_reserve() - a place in the accept queue
 * @backlog: the listener's
 * @half: the entry that is to become a connection, or NULL if there is none,
 *	but a cookie
 *
 * Taken before there is a child, so that two processors never overshoot.
 * Without a place the entry is kept. Softirq, under RCU.
 *
 * Return: 0, -EAGAIN if the entry is gone, -ENOBUFS if there is no place.
 */
int mytcp_backlog_reserve(struct mytcp_backlog *backlog,
			  struct mytcp_halfopen *half)
{
	int err = 0;

	spin_lock(&backlog->lock);
	if (half ? !stands(backlog, half) : backlog->stopped) {
		err = -EAGAIN;
	} else if (!sk_acceptq_is_full(backlog->sk)) {
		add_waiting(backlog);
	} else if (!half) {
		err = -ENOBUFS;
	} else {
		err = -ENOBUFS;
		list_del(&half->level);
		half->lacks = MYTCP_LACK_ROOM;
		half->complete = true;
		enqueue(backlog, half);
	}
	spin_unlock(&backlog->lock);
	return err;
}

/**
 * mytcp_backlog_unreserve() - undo mytcp_backlog_reserve()
 * @backlog: the listener's
 */
void mytcp_backlog_unreserve(struct mytcp_backlog *backlog)
{
	spin_lock(&backlog->lock);
	if (!backlog->stopped)
		sk_acceptq_removed(backlog->sk);
	spin_unlock(&backlog->lock);
}

/**
 * mytcp_backlog_promote() - a child takes its entry's place
 * @backlog: the listener's, a place in it reserved
 * @half: the entry, with a reference of the caller's, or NULL if there is none
 * @child: the child, its spinlock held, its key set
 *
 * Softirq, under RCU.
 *
 * Return: false, nothing changed, if another has been faster.
 */
bool mytcp_backlog_promote(struct mytcp_backlog *backlog,
			   struct mytcp_halfopen *half, struct sock *child)
{
	struct mytcp_node *node = &mytcp_sk(child)->node;
	bool done;

	sock_hold(child);
	mytcp_sk(child)->ready_us = mytcp_host_now();
	spin_lock(&backlog->lock);
	if (half)
		done = stands(backlog, half) &&
		       mytcp_table_replace(&half->mini.node, node);
	else
		done = !backlog->stopped && !mytcp_table_insert(node);
	if (done) {
		if (half)
			dequeue(backlog, half);
		list_add_tail(&mytcp_sk(child)->accept_link, &backlog->accept);
	}
	spin_unlock(&backlog->lock);
	if (!done) {
		sock_put(child);
		return false;
	}
	mytcp_sk_gauge(child, MYTCP_GAUGE_IN_TABLE, 1);
	if (half)
		mytcp_node_put(&half->mini.node);
	return true;
}

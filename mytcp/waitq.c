// SPDX-License-Identifier: GPL-2.0
#include "waitq.h"

#include <linux/percpu.h>

#include "core/host.h"
#include "port.h"
#include "timewait.h"
#include "trace.h"

/* Ended at once, then the lock is given up for a moment. */
#define BATCH	64
#define BATCHES	8	/* in a run of the timer, a jiffy */

/* Over the cap an entry that comes sends this many away. */
#define EVICTIONS	2

static struct mytcp_net *net_of(const struct mytcp_wait *wait)
{
	return mytcp_net(read_pnet(&wait->mini.node.net));
}

static struct mytcp_waitq *queue_of(const struct mytcp_wait *wait)
{
	const struct mytcp_net *mn = net_of(wait);

	return per_cpu_ptr(wait->tw.fin_wait2 ?
			   READ_ONCE(mn->finwaits[wait->tw.linger2]) :
			   mn->timewaits, wait->mini.cpu);
}

/* An entry changes its queue once, under the locks of both. */
static struct mytcp_waitq *lock_queue(const struct mytcp_wait *wait)
	__acquires(&queue_of(wait)->lock)
{
	struct mytcp_waitq *queue;

	for (;;) {
		queue = queue_of(wait);
		spin_lock_bh(&queue->lock);
		if (queue == queue_of(wait))
			return queue;
		spin_unlock_bh(&queue->lock);
	}
}

static struct mytcp_wait *first_of(struct mytcp_waitq *queue)
{
	return list_first_entry_or_null(&queue->waits, struct mytcp_wait, link);
}

/*
 * What is left to wait; less than 0 if it is over. The length of life is looked
 * up now, so that it is the same for all of a queue, whatever it was.
 */
static s32 left_ms(const struct mytcp_wait *wait)
{
	u32 life = mytcp_timewait_life(&wait->tw, &net_of(wait)->cfg);

	return READ_ONCE(wait->since_ms) + life - mytcp_host_now_ms();
}

/**
 * mytcp_waitq_left() - how long an entry still has
 * @wait: the entry
 *
 * Return: milliseconds.
 */
u32 mytcp_waitq_left(const struct mytcp_wait *wait)
{
	return max(left_ms(wait), 0);
}

/* Queue lock held. */
static void arm(struct mytcp_waitq *queue)
{
	const struct mytcp_wait *first = first_of(queue);

	if (first)
		mod_timer(&queue->timer,
			  jiffies + msecs_to_jiffies(mytcp_waitq_left(first)) +
			  1);
}

/* Queue lock held, the queue has changed. A timer that comes early does no harm. */
static void look_at_first(struct mytcp_waitq *queue)
{
	const struct mytcp_wait *first = first_of(queue);

	if (first)
		WRITE_ONCE(queue->first_ms, first->since_ms);
	if (first && !timer_pending(&queue->timer))
		arm(queue);
}

/* Queue lock held; the entry stands in the table, and in no queue. */
static void enqueue(struct mytcp_waitq *queue, struct mytcp_wait *wait)
{
	WRITE_ONCE(wait->since_ms, mytcp_host_now_ms());
	list_add_tail(&wait->link, &queue->waits);
	look_at_first(queue);
}

/*
 * Queue lock held; the entry leaves the queue, the table has let go of it. What
 * is left is for mytcp_waitq_end(), without the lock.
 */
static void dequeue(struct mytcp_waitq *queue, struct mytcp_wait *wait,
		    struct list_head *gone)
{
	list_move(&wait->link, gone);
	look_at_first(queue);
}

static enum mytcp_gauge gauge_of(const struct mytcp_wait *wait)
{
	return wait->tw.fin_wait2 ? MYTCP_GAUGE_FIN_WAIT2 :
				    MYTCP_GAUGE_TIME_WAIT;
}

/**
 * mytcp_waitq_end() - an entry is over
 * @wait: in no queue and no table any more; the table's reference is given back
 *
 * No lock of ports or queues held.
 */
void mytcp_waitq_end(struct mytcp_wait *wait)
{
	struct mytcp_node *node = &wait->mini.node;
	struct net *net = read_pnet(&node->net);

	if (!wait->tw.over) {
		trace_state(node, mytcp_timewait_state(node), MYTCP_CLOSED);
		mytcp_port_unwait(node);
	}
	if (!wait->tw.over && !wait->tw.fin_wait2)
		mytcp_count(net, MYTCP_COUNT_TIME_WAIT_ENDS);
	mytcp_gauge(net, gauge_of(wait), -1);
	mytcp_node_put(node);
}

static void end_all(struct list_head *gone)
{
	struct mytcp_wait *wait, *next;

	list_for_each_entry_safe(wait, next, gone, link)
		mytcp_waitq_end(wait);
}

/*
 * Lock of @from held. FIN_WAIT2 ends with a FIN, or without, NULL, and what is to
 * be remembered then begins to wait. It stays where it is in the table.
 */
static void pass(struct mytcp_waitq *from, struct mytcp_wait *wait,
		 const struct mytcp_segment *fin)
{
	struct mytcp_waitq *to = per_cpu_ptr(from->mn->timewaits,
					     wait->mini.cpu);

	spin_lock_nested(&to->lock, SINGLE_DEPTH_NESTING);
	mytcp_gauge(from->mn->net, MYTCP_GAUGE_FIN_WAIT2, -1);
	mytcp_gauge(from->mn->net, MYTCP_GAUGE_TIME_WAIT, 1);
	if (fin)
		mytcp_timewait_begin(&wait->tw, fin);
	else
		mytcp_timewait_over(&wait->tw);
	list_del(&wait->link);
	enqueue(to, wait);
	spin_unlock(&to->lock);
	look_at_first(from);
}

/* What follows, without the lock. */
static void passed(struct mytcp_wait *wait)
{
	struct mytcp_node *node = &wait->mini.node;
	struct mytcp_net *mn = net_of(wait);

	trace_state(node, MYTCP_FIN_WAIT2, mytcp_timewait_state(node));
	if (wait->tw.over) {
		mytcp_port_unwait(node);
		mytcp_count(mn->net, MYTCP_COUNT_COOKIE_ENDS);
	} else {
		mytcp_count(mn->net, MYTCP_COUNT_TIME_WAITS);
	}
	mytcp_waitq_shorten(mn);
}

/* Ends up to BATCH entries from the front. Returns true if there may be more. */
static bool expire(struct mytcp_waitq *queue, bool all)
{
	struct mytcp_wait *wait;
	LIST_HEAD(gone);
	int n = 0;

	spin_lock_bh(&queue->lock);
	while (n < BATCH && (wait = first_of(queue)) &&
	       (all || left_ms(wait) <= 0)) {
		n++;
		if (wait->tw.fin_wait2)
			mytcp_count(queue->mn->net,
				    MYTCP_COUNT_FIN_WAIT2_TIMEOUTS);
		if (wait->tw.fin_wait2 && wait->tw.of_cookie && !all) {
			refcount_inc(&wait->mini.ref);
			pass(queue, wait, NULL);
			spin_unlock_bh(&queue->lock);
			passed(wait);
			mytcp_node_put(&wait->mini.node);
			spin_lock_bh(&queue->lock);
			continue;
		}
		mytcp_table_remove(&wait->mini.node);
		dequeue(queue, wait, &gone);
	}
	spin_unlock_bh(&queue->lock);
	end_all(&gone);
	return n == BATCH;
}

/* Whoever else runs on this processor waits: what is left has the next jiffy. */
static void expire_timer(struct timer_list *timer)
{
	struct mytcp_waitq *queue = from_timer(queue, timer, timer);
	int i;

	for (i = 0; i < BATCHES && expire(queue, false); i++)
		;
	spin_lock(&queue->lock);
	arm(queue);
	spin_unlock(&queue->lock);
}

static struct mytcp_waitq __percpu *queues_new(struct mytcp_net *mn)
{
	struct mytcp_waitq __percpu *queues;
	struct mytcp_waitq *queue;
	int cpu;

	queues = alloc_percpu(struct mytcp_waitq);
	if (!queues)
		return NULL;
	for_each_possible_cpu(cpu) {
		queue = per_cpu_ptr(queues, cpu);
		spin_lock_init(&queue->lock);
		INIT_LIST_HEAD(&queue->waits);
		timer_setup(&queue->timer, expire_timer, 0);
		queue->mn = mn;
	}
	return queues;
}

static void queues_end(struct mytcp_waitq __percpu *queues)
{
	struct mytcp_waitq *queue;
	int cpu;

	for_each_possible_cpu(cpu) {
		queue = per_cpu_ptr(queues, cpu);
		while (expire(queue, true))
			cond_resched();
		timer_delete_sync(&queue->timer);
	}
	free_percpu(queues);
}

static void queues_rearm(struct mytcp_waitq __percpu *queues)
{
	struct mytcp_waitq *queue;
	int cpu;

	for_each_possible_cpu(cpu) {
		queue = per_cpu_ptr(queues, cpu);
		spin_lock_bh(&queue->lock);
		arm(queue);
		spin_unlock_bh(&queue->lock);
	}
}

/**
 * mytcp_waitq_init() - a namespace begins
 * @mn: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_waitq_init(struct mytcp_net *mn)
{
	mn->timewaits = queues_new(mn);
	if (!mn->timewaits)
		return -ENOMEM;
	mn->finwaits[0] = queues_new(mn);
	if (mn->finwaits[0])
		return 0;
	queues_end(mn->timewaits);
	return -ENOMEM;
}

/**
 * mytcp_waitq_exit() - a namespace ends
 * @mn: the namespace, where no socket is left
 *
 * Its entries end now. Process context.
 */
void mytcp_waitq_exit(struct mytcp_net *mn)
{
	int i;

	for (i = 0; i <= MYTCP_LINGER2_MAX; i++)
		if (mn->finwaits[i])
			queues_end(mn->finwaits[i]);
	queues_end(mn->timewaits);
}

/**
 * mytcp_waitq_linger() - sockets may have a FIN_WAIT2 of their own length
 * @mn: the namespace
 * @seconds: how long
 *
 * Process context.
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_waitq_linger(struct mytcp_net *mn, u8 seconds)
{
	struct mytcp_waitq __percpu **at = &mn->finwaits[seconds];
	struct mytcp_waitq __percpu *queues;

	if (READ_ONCE(*at))
		return 0;
	queues = queues_new(mn);
	if (!queues)
		return -ENOMEM;
	if (cmpxchg(at, NULL, queues))
		queues_end(queues);
	return 0;
}

/**
 * mytcp_waitq_rearm() - a length of life has changed
 * @mn: the namespace
 */
void mytcp_waitq_rearm(struct mytcp_net *mn)
{
	queues_rearm(mn->finwaits[0]);
	queues_rearm(mn->timewaits);
}

/* The queue whose first entry began before those of all others. */
static struct mytcp_waitq *oldest(const struct mytcp_net *mn)
{
	struct mytcp_waitq *queue, *best = NULL;
	int cpu;

	for_each_possible_cpu(cpu) {
		queue = per_cpu_ptr(mn->timewaits, cpu);
		if (!list_empty(&queue->waits) &&
		    (!best || (s32)(READ_ONCE(queue->first_ms) -
				    READ_ONCE(best->first_ms)) < 0))
			best = queue;
	}
	return best;
}

/**
 * mytcp_waitq_shorten() - one more is in TIME_WAIT
 * @mn: the namespace
 *
 * Over the cap the oldest goes, for it has waited longest; more than one for
 * each that comes, so that a lower cap is reached, but never many at once.
 */
void mytcp_waitq_shorten(struct mytcp_net *mn)
{
	const atomic_t *gauge = &mn->gauges[MYTCP_GAUGE_TIME_WAIT];
	struct mytcp_waitq *queue;
	struct mytcp_wait *wait;
	LIST_HEAD(gone);
	int i;

	for (i = 0; i < EVICTIONS &&
	     atomic_read(gauge) - i > (int)READ_ONCE(mn->max_tw_buckets); i++) {
		queue = oldest(mn);
		if (!queue)
			break;
		spin_lock_bh(&queue->lock);
		wait = first_of(queue);
		if (wait) {
			mytcp_table_remove(&wait->mini.node);
			dequeue(queue, wait, &gone);
			mytcp_count(mn->net, MYTCP_COUNT_TIME_WAIT_OVERFLOW);
		}
		spin_unlock_bh(&queue->lock);
	}
	end_all(&gone);
}

/**
 * mytcp_waitq_join() - an entry begins to wait
 * @wait: complete; the table takes over its reference
 * @before: whose place in the table it takes
 *
 * Return: false, nothing changed, if that one has no place any more.
 */
bool mytcp_waitq_join(struct mytcp_wait *wait, struct mytcp_node *before)
{
	struct mytcp_waitq *queue = queue_of(wait);
	bool in;

	spin_lock_bh(&queue->lock);
	in = mytcp_table_replace(before, &wait->mini.node);
	if (in) {
		mytcp_gauge(queue->mn->net, gauge_of(wait), 1);
		enqueue(queue, wait);
	}
	spin_unlock_bh(&queue->lock);
	return in;
}

/**
 * mytcp_waitq_restart() - a repeated FIN makes the wait start anew (C7)
 * @wait: the entry, with a reference of the caller's
 */
void mytcp_waitq_restart(struct mytcp_wait *wait)
{
	struct mytcp_waitq *queue = lock_queue(wait);

	if (!hlist_nulls_unhashed(&wait->mini.node.link)) {
		list_del(&wait->link);
		enqueue(queue, wait);
	}
	spin_unlock_bh(&queue->lock);
}

/**
 * mytcp_waitq_leave() - an entry goes before its time
 * @wait: the entry, with a reference of the caller's
 * @by: what comes into its place in the table, or NULL
 *
 * Return: true if mytcp_waitq_end() is to follow, once no lock is held; false,
 * nothing changed, if the entry has gone already.
 */
bool mytcp_waitq_leave(struct mytcp_wait *wait, struct mytcp_node *by)
{
	struct mytcp_waitq *queue = lock_queue(wait);
	struct mytcp_node *node = &wait->mini.node;
	LIST_HEAD(gone);
	bool in;

	in = by ? mytcp_table_replace(node, by) : mytcp_table_remove(node);
	if (in)
		dequeue(queue, wait, &gone);
	spin_unlock_bh(&queue->lock);
	return in;
}

/* From FIN_WAIT2; false if it is no more in it. */
static bool go_on(struct mytcp_wait *wait, const struct mytcp_segment *fin)
{
	struct mytcp_waitq *queue = lock_queue(wait);
	bool first = wait->tw.fin_wait2 &&
		     !hlist_nulls_unhashed(&wait->mini.node.link);

	if (first)
		pass(queue, wait, fin);
	spin_unlock_bh(&queue->lock);
	if (first)
		passed(wait);
	return first;
}

/**
 * mytcp_waitq_finish() - FIN_WAIT2 has got its FIN
 * @wait: the entry, with a reference of the caller's
 * @fin: the header
 */
void mytcp_waitq_finish(struct mytcp_wait *wait,
			const struct mytcp_segment *fin)
{
	go_on(wait, fin);
}

/**
 * mytcp_waitq_cut() - a wait is cut short
 * @wait: the entry, with a reference of the caller's
 *
 * Of FIN_WAIT2 remains what has to keep a cookie out.
 *
 * Return: false if it has ended already.
 */
bool mytcp_waitq_cut(struct mytcp_wait *wait)
{
	if (wait->tw.of_cookie && go_on(wait, NULL))
		return true;
	if (wait->tw.over || !mytcp_waitq_leave(wait, NULL))
		return false;
	mytcp_waitq_end(wait);
	return true;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A listener's backlog: half-open entries that wait for the third ACK, and
 * connections that wait for accept().
 */
#ifndef MYTCP_BACKLOG_H
#define MYTCP_BACKLOG_H

#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <net/sock.h>

#include "sock.h"
#include "table.h"

struct mytcp_halfopen;

/* From this many repeats on the pause is rto_max, whatever rto_init is. */
#define MYTCP_BACKLOG_REPEATS	32
/* One level more: entries that are complete and wait for room. */
#define MYTCP_BACKLOG_COMPLETE	MYTCP_BACKLOG_REPEATS
#define MYTCP_BACKLOG_LEVELS	(MYTCP_BACKLOG_REPEATS + 1)

/* The last one holds all that waited longer, two minutes and more. */
#define MYTCP_BACKLOG_WAITS	28

/**
 * struct mytcp_backlog_counts - what one processor has counted for a listener
 * @value: by enum mytcp_count, from MYTCP_COUNT_LISTENER_FIRST on
 */
struct mytcp_backlog_counts {
	u64 value[MYTCP_COUNT_LISTENER_LAST - MYTCP_COUNT_LISTENER_FIRST + 1];
};

/**
 * struct mytcp_backlog - what a listener has
 * @lock: all but @timer, @counts and @told; an entry enters and leaves levels
 *	and table under it, so that it stands in both or in neither
 * @sk: the listener
 * @stopped: it listens no more
 * @half_open: entries in @levels
 * @levels: entries by how often their SYN+ACK was repeated. Those of a level
 *	wait equally long, so each stands in order and none needs a timer.
 * @accept: children whose handshake is complete
 * @timer: runs when the first entry of a level is due
 * @counts: counters
 * @half_open_peak: most that @half_open has been
 * @accept_peak: most that were in @accept
 * @waits: how many children waited for accept() 0 us, 1, 2 to 3, 4 to 7 us ...
 * @told: jiffies when the log was last told of an overflow, 0 for never
 * @rcu: freed after a grace period
 */
struct mytcp_backlog {
	spinlock_t lock;	/* see above */
	struct sock *sk;
	bool stopped;
	u32 half_open;
	struct list_head levels[MYTCP_BACKLOG_LEVELS];
	struct list_head accept;
	struct timer_list timer;
	struct mytcp_backlog_counts __percpu *counts;
	u32 half_open_peak;
	u32 accept_peak;
	u64 waits[MYTCP_BACKLOG_WAITS];
	unsigned long told;
	struct rcu_head rcu;
};

/* One of those a listener counts for itself, and for its namespace. */
static inline void mytcp_backlog_count(const struct mytcp_backlog *backlog,
				       enum mytcp_count what)
{
	mytcp_sk_count(backlog->sk, what);
	this_cpu_inc(backlog->counts->value[what - MYTCP_COUNT_LISTENER_FIRST]);
}

/**
 * mytcp_backlog_full() - is there no room for another half-open entry?
 * @backlog: of a listener
 * @mn: its namespace
 *
 * As Linux has it: a backlog of n holds n + 1, in either queue.
 *
 * Return: true if so.
 */
static inline bool mytcp_backlog_full(const struct mytcp_backlog *backlog,
				      const struct mytcp_net *mn)
{
	u32 max = READ_ONCE(mn->max_syn_backlog);

	return READ_ONCE(backlog->half_open) >=
	       min(READ_ONCE(backlog->sk->sk_max_ack_backlog) + 1, max);
}

void mytcp_backlog_log(struct mytcp_backlog *backlog, unsigned long told,
		       const char *what);

/**
 * mytcp_backlog_tell() - a line in the log: the half-open queue is full
 * @backlog: the listener's
 * @what: what becomes of SYNs
 *
 * Once a minute for each listener. Softirq.
 */
static inline void mytcp_backlog_tell(struct mytcp_backlog *backlog,
				      const char *what)
{
	unsigned long told = READ_ONCE(backlog->told);

	if (!told || time_after_eq(jiffies, told + 60 * HZ))
		mytcp_backlog_log(backlog, told, what);
}

u64 mytcp_backlog_counted(const struct mytcp_backlog *backlog,
			  enum mytcp_count what);
int mytcp_backlog_start(struct sock *sk);
void mytcp_backlog_stop(struct sock *sk);
struct sock *mytcp_backlog_accept(struct sock *sk);
bool mytcp_backlog_ready(const struct sock *sk);

/* For passive.c, in softirq. */
enum mytcp_count mytcp_backlog_publish(struct mytcp_backlog *backlog,
				       struct mytcp_halfopen *half,
				       struct mytcp_node *timewait);
bool mytcp_backlog_cut(struct mytcp_backlog *backlog,
		       struct mytcp_halfopen *half, enum mytcp_count why);
bool mytcp_backlog_defer(struct mytcp_backlog *backlog,
			 struct mytcp_halfopen *half);
int mytcp_backlog_reserve(struct mytcp_backlog *backlog,
			  struct mytcp_halfopen *half);
void mytcp_backlog_unreserve(struct mytcp_backlog *backlog);
bool mytcp_backlog_promote(struct mytcp_backlog *backlog,
			   struct mytcp_halfopen *half, struct sock *child);

#endif /* MYTCP_BACKLOG_H */

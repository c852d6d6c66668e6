/* SPDX-License-Identifier: GPL-2.0 */
/* What waits in TIME_WAIT or FIN_WAIT2, in which queue, and for how long. */
#ifndef MYTCP_WAITQ_H
#define MYTCP_WAITQ_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "core/timewait.h"
#include "net.h"
#include "table.h"

/**
 * struct mytcp_wait - a pair of endpoints in TIME_WAIT, or FIN_WAIT2 that nobody
 *	holds
 * @mini: endpoints, place in the table, references; the processor whose queue
 *	it stands in
 * @tw: what the core keeps
 * @since_ms: low 32 bits of the millisecond in which the wait began
 * @link: place in the queue, whose lock it and @since_ms belong to
 */
struct mytcp_wait {
	struct mytcp_mini mini;
	struct mytcp_timewait tw;
	u32 since_ms;
	struct list_head link;
};

/* A million of them is no burden. */
static_assert(sizeof(struct mytcp_wait) <= 96);
static_assert(sizeof(struct mytcp_wait) + sizeof(struct mytcp_addr6) <= 128);

/**
 * struct mytcp_waitq - those of one length of life that one processor of a
 *	namespace made
 * @lock: guards the rest
 * @waits: in the order in which they began, and so will end
 * @first_ms: when the first began; others look at it without the lock
 * @timer: runs at the end of the first
 * @mn: the namespace
 */
struct mytcp_waitq {
	spinlock_t lock;	/* see above */
	struct list_head waits;
	u32 first_ms;
	struct timer_list timer;
	struct mytcp_net *mn;
};

static inline struct mytcp_wait *mytcp_wait(const struct mytcp_node *node)
{
	return container_of((struct mytcp_node *)node, struct mytcp_wait,
			    mini.node);
}

int mytcp_waitq_init(struct mytcp_net *mn);
void mytcp_waitq_exit(struct mytcp_net *mn);
int mytcp_waitq_linger(struct mytcp_net *mn, u8 seconds);
void mytcp_waitq_rearm(struct mytcp_net *mn);

bool mytcp_waitq_join(struct mytcp_wait *wait, struct mytcp_node *before);
void mytcp_waitq_restart(struct mytcp_wait *wait);
void mytcp_waitq_finish(struct mytcp_wait *wait,
			const struct mytcp_segment *fin);
bool mytcp_waitq_leave(struct mytcp_wait *wait, struct mytcp_node *by);
bool mytcp_waitq_cut(struct mytcp_wait *wait);
void mytcp_waitq_end(struct mytcp_wait *wait);
void mytcp_waitq_shorten(struct mytcp_net *mn);
u32 mytcp_waitq_left(const struct mytcp_wait *wait);

#endif /* MYTCP_WAITQ_H */

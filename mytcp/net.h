/* SPDX-License-Identifier: GPL-2.0 */
/* A namespace: its settings, counters, queues of TIME_WAIT, control sockets. */
#ifndef MYTCP_NET_H
#define MYTCP_NET_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "core/config.h"
#include "core/count.h"

struct mytcp_secret;
struct mytcp_waitq;

/* What there is now, as opposed to what has happened. */
enum mytcp_gauge {
	MYTCP_GAUGE_HALF_OPEN,
	MYTCP_GAUGE_TIME_WAIT,
	MYTCP_GAUGE_FIN_WAIT2,		/* entries, not sockets */
	MYTCP_GAUGE_IN_TABLE,		/* sockets in the table */
	MYTCP_GAUGE_LISTENERS,
	MYTCP_GAUGE_ORPHANS,		/* connections that nobody holds */
	MYTCP_GAUGES
};

/**
 * struct mytcp_counts - one processor's counters
 * @value: by enum mytcp_count
 */
struct mytcp_counts {
	u64 value[MYTCP_COUNTS];
};

/**
 * struct mytcp_net - a namespace
 * @cfg: the settings the core obeys
 * @max_syn_backlog: half-open entries a listener may have
 * @somaxconn: ceiling of listen()'s backlog
 * @abort_on_overflow: a full accept queue answers with a RST
 * @syncookies: 0 never, 1 when a half-open queue is full, 2 always
 * @max_tw_buckets: TIME_WAIT entries
 * @reuse_time_wait: connect() may end TIME_WAIT: 0 never, 1 always, 2 on the
 *	loopback
 * @max_orphans: connections that nobody holds
 * @ports: lowest and highest port chosen for connect() and bind()
 * @rmem: smallest, first and largest receive buffer, bytes
 * @wmem: the same of the send buffer
 * @syncookie_rotation: seconds for which a key makes cookies
 * @net: the namespace itself
 * @secret: what its numbers and cookies are made with
 * @secret_lock: guards the change of @secret
 * @counts: counters
 * @gauges: by enum mytcp_gauge
 * @timewaits: TIME_WAIT
 * @finwaits: FIN_WAIT2 that nobody holds, by seconds of TCP_LINGER2, where any
 *	socket has set that; the first for fin_timeout
 * @ctl4: sends what belongs to no socket, IPv4
 * @ctl6: the same for IPv6, NULL where there is none
 * @sysctl: net.mytcp
 * @shortcut: it has had a listener, and SYNs may take the shortcut
 */
struct mytcp_net {
	struct mytcp_config cfg;
	u32 max_syn_backlog;
	u32 somaxconn;
	u32 abort_on_overflow;
	u32 syncookies;
	u32 max_tw_buckets;
	u32 reuse_time_wait;
	u32 max_orphans;
	int ports[2];
	int rmem[3];
	int wmem[3];
	u32 syncookie_rotation;
	struct net *net;
	struct mytcp_secret __rcu *secret;
	spinlock_t secret_lock;		/* see above */
	struct mytcp_counts __percpu *counts;
	atomic_t gauges[MYTCP_GAUGES];
	struct mytcp_waitq __percpu *timewaits;
	struct mytcp_waitq __percpu *finwaits[MYTCP_LINGER2_MAX + 1];
	struct sock *ctl4;
	struct sock *ctl6;
	struct ctl_table_header *sysctl;
	bool shortcut;
};

extern unsigned int mytcp_net_id;

static inline struct mytcp_net *mytcp_net(const struct net *net)
{
	return net_generic(net, mytcp_net_id);
}

/* The same by two loads, under RCU or in softirq: on the way of a segment. */
static inline struct mytcp_net *mytcp_net_rcu(const struct net *net)
{
	const struct net_generic *gen =
		rcu_dereference_check(net->gen, rcu_read_lock_any_held());

	return gen->ptr[mytcp_net_id];
}

static inline void mytcp_count(const struct net *net, enum mytcp_count what)
{
	this_cpu_inc(mytcp_net(net)->counts->value[what]);
}

static inline void mytcp_count_rcu(const struct net *net,
				   enum mytcp_count what)
{
	this_cpu_inc(mytcp_net_rcu(net)->counts->value[what]);
}

static inline void mytcp_gauge(const struct net *net, enum mytcp_gauge what,
			       int by)
{
	atomic_add(by, &mytcp_net(net)->gauges[what]);
}

u64 mytcp_net_counted(const struct net *net, enum mytcp_count what);

int mytcp_net_init(u8 ipproto);
void mytcp_net_exit(void);

#endif /* MYTCP_NET_H */

// SPDX-License-Identifier: GPL-2.0
#include "sysctl.h"

#include <linux/capability.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <net/net_namespace.h>

#include "net.h"
#include "secret.h"
#include "waitq.h"

static unsigned int one = 1;
static unsigned int hour_ms = 3600 * 1000;
static unsigned int day_ms = 86400 * 1000;
static unsigned int keep_max_ms = 32767U * 1000;	/* that of TCP_KEEPIDLE */
static unsigned int half_second_ms = 450;	/* MUST-40 */
static unsigned int max_challenges = 10000;
static unsigned int max_retries = 127;
static unsigned int max_backlog = 1 << 20;
static unsigned int max_waits = 1 << 24;
static unsigned int min_rotation = MYTCP_ROTATION_MIN;
static unsigned int max_rotation = MYTCP_ROTATION_MAX;
static int min_memory = 2048;
static int min_port = 1;
static int max_port = 65535;

/* Two or three numbers that must not fall. */
static int rising(mytcp_ctl_table *table, int write, void *buffer, size_t *len,
		  loff_t *pos)
{
	int n = table->maxlen / sizeof(int), values[3], *live = table->data;
	struct ctl_table tmp = *table;
	int i, err;

	memcpy(values, live, table->maxlen);
	tmp.data = values;
	err = proc_dointvec_minmax(&tmp, write, buffer, len, pos);
	if (err || !write)
		return err;
	for (i = 1; i < n; i++)
		if (values[i] < values[i - 1])
			return -EINVAL;
	for (i = 0; i < n; i++)
		WRITE_ONCE(live[i], values[i]);
	return 0;
}

/* Those that wait already wait as long as the others: the timers hear of it. */
static int msl_write(mytcp_ctl_table *table, int write, void *buffer,
		     size_t *len, loff_t *pos)
{
	int err = proc_douintvec_minmax(table, write, buffer, len, pos);

	if (!err && write)
		mytcp_waitq_rearm(container_of((u32 *)table->data,
					       struct mytcp_net, cfg.msl));
	return err;
}

static int fin_timeout_write(mytcp_ctl_table *table, int write, void *buffer,
			     size_t *len, loff_t *pos)
{
	int err = proc_douintvec_minmax(table, write, buffer, len, pos);

	if (!err && write)
		mytcp_waitq_rearm(container_of((u32 *)table->data,
					       struct mytcp_net,
					       cfg.fin_timeout));
	return err;
}

/*
 * Written, never read, by the administrator of the namespace alone; and nothing
 * of it stays in memory that is about to be freed.
 */
static int key_write(struct mytcp_net *mn, int write, char *buffer, size_t len,
		     loff_t pos, int (*set)(struct mytcp_net *, const char *))
{
	int err;

	if (!write || !ns_capable(mn->net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	err = pos ? -EINVAL : set(mn, strim(buffer));
	memzero_explicit(buffer, len);
	return err;
}

static int secret_write(mytcp_ctl_table *table, int write, void *buffer,
			size_t *len, loff_t *pos)
{
	return key_write(table->data, write, buffer, *len, *pos,
			 mytcp_secret_set);
}

static int keys_write(mytcp_ctl_table *table, int write, void *buffer,
		      size_t *len, loff_t *pos)
{
	return key_write(table->data, write, buffer, *len, *pos,
			 mytcp_secret_set_keys);
}

#define LIFE(file, field, low, high, handler)				\
	{								\
		.procname = #file,					\
		.data = (void *)offsetof(struct mytcp_net, field),	\
		.maxlen = sizeof(unsigned int),				\
		.mode = 0644,						\
		.proc_handler = handler,				\
		.extra1 = low,						\
		.extra2 = high,						\
	}

#define NUMBER(file, field, low, high)					\
		LIFE(file, field, low, high, proc_douintvec_minmax)

#define RISING(file, field, n, low, high)				\
	{								\
		.procname = #file,					\
		.data = (void *)offsetof(struct mytcp_net, field),	\
		.maxlen = (n) * sizeof(int),				\
		.mode = 0644,						\
		.proc_handler = rising,					\
		.extra1 = low,						\
		.extra2 = high,						\
	}

#define KEY(file, handler)						\
	{								\
		.procname = #file,					\
		.mode = 0200,						\
		.proc_handler = handler,				\
	}

/* Of a namespace each has a copy, with @data no longer an offset. */
static const struct ctl_table settings[] = {
	LIFE(msl, cfg.msl, &one, &hour_ms, msl_write),
	LIFE(fin_timeout, cfg.fin_timeout, &one, &day_ms, fin_timeout_write),
	NUMBER(syn_retries, cfg.syn_retries, &one, &max_retries),
	NUMBER(synack_retries, cfg.synack_retries, SYSCTL_ZERO, &max_retries),
	NUMBER(retries1, cfg.retries1, &one, &max_retries),
	NUMBER(retries2, cfg.retries2, &one, &max_retries),
	NUMBER(orphan_retries, cfg.orphan_retries, SYSCTL_ZERO, &max_retries),
	NUMBER(max_orphans, max_orphans, SYSCTL_ZERO, &max_waits),
	NUMBER(keepalive_time, cfg.keepalive_time, &one, &keep_max_ms),
	NUMBER(keepalive_intvl, cfg.keepalive_intvl, &one, &keep_max_ms),
	NUMBER(keepalive_probes, cfg.keepalive_probes, &one, &max_retries),
	NUMBER(rto_init, cfg.rto_init, &one, &hour_ms),
	NUMBER(rto_min, cfg.rto_min, &one, &hour_ms),
	NUMBER(rto_max, cfg.rto_max, &one, &hour_ms),
	NUMBER(delack, cfg.delack, &one, &half_second_ms),
	NUMBER(window_scaling, cfg.window_scaling, SYSCTL_ZERO, &one),
	NUMBER(timestamps, cfg.timestamps, SYSCTL_ZERO, &one),
	NUMBER(sack, cfg.sack, SYSCTL_ZERO, &one),
	NUMBER(cookie_option, cfg.cookie_option, SYSCTL_ZERO, &one),
	NUMBER(challenge_ack_limit, cfg.challenge_ack_limit, SYSCTL_ZERO,
	       &max_challenges),
	NUMBER(max_syn_backlog, max_syn_backlog, &one, &max_backlog),
	NUMBER(somaxconn, somaxconn, &one, &max_backlog),
	NUMBER(abort_on_overflow, abort_on_overflow, SYSCTL_ZERO, &one),
	NUMBER(syncookies, syncookies, SYSCTL_ZERO, SYSCTL_TWO),
	NUMBER(max_tw_buckets, max_tw_buckets, SYSCTL_ZERO, &max_waits),
	NUMBER(tw_reuse, reuse_time_wait, SYSCTL_ZERO, SYSCTL_TWO),
	NUMBER(syncookie_rotation, syncookie_rotation, &min_rotation,
	       &max_rotation),
	KEY(syncookie_secret, secret_write),
	KEY(syncookie_keys, keys_write),
	RISING(ip_local_port_range, ports, 2, &min_port, &max_port),
	RISING(rmem, rmem, 3, &min_memory, SYSCTL_INT_MAX),
	RISING(wmem, wmem, 3, &min_memory, SYSCTL_INT_MAX),
	{ }
};

/**
 * mytcp_sysctl_register() - make net.mytcp of a namespace
 * @net: the namespace
 * @mn: where its settings are
 *
 * Return: the header, or NULL without memory.
 */
struct ctl_table_header *mytcp_sysctl_register(struct net *net,
					       struct mytcp_net *mn)
{
	struct ctl_table_header *header;
	struct ctl_table *table;
	size_t n = ARRAY_SIZE(settings) - 1;
	size_t i;

	table = kmemdup(settings, sizeof(settings), GFP_KERNEL);
	if (!table)
		return NULL;
	for (i = 0; i < n; i++)
		table[i].data = (void *)mn + (size_t)table[i].data;
	header = register_net_sysctl_sz(net, "net/mytcp", table, n);
	if (!header)
		kfree(table);
	return header;
}

/**
 * mytcp_sysctl_unregister() - undo mytcp_sysctl_register()
 * @header: what it returned
 */
void mytcp_sysctl_unregister(struct ctl_table_header *header)
{
	const struct ctl_table *table = header->ctl_table_arg;

	unregister_net_sysctl_table(header);
	kfree(table);
}

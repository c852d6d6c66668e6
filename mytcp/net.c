// SPDX-License-Identifier: GPL-2.0
#include "net.h"

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <net/inet_common.h>
#include <net/ipv6.h>

#include "proc.h"
#include "secret.h"
#include "shortcut.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "waitq.h"

unsigned int mytcp_net_id;
static u8 net_ipproto;

/**
 * mytcp_net_counted() - how often something happened
 * @net: the namespace
 * @what: the counter
 *
 * Return: the sum over all processors.
 */
u64 mytcp_net_counted(const struct net *net, enum mytcp_count what)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(mytcp_net(net)->counts, cpu)->value[what];
	return sum;
}

static void defaults(struct mytcp_net *mn)
{
	mytcp_config_init(&mn->cfg);
	mn->max_syn_backlog = 4096;
	mn->somaxconn = 4096;
	mn->syncookies = 1;
	mn->max_tw_buckets = 262144;
	mn->reuse_time_wait = 2;
	mn->max_orphans = 16384;
	mn->ports[0] = 32768;
	mn->ports[1] = 60999;
	mn->rmem[0] = 4096;
	mn->rmem[1] = 131072;
	mn->rmem[2] = 6291456;
	mn->wmem[0] = 4096;
	mn->wmem[1] = 131072;
	mn->wmem[2] = 4194304;
	mn->syncookie_rotation = MYTCP_ROTATION;
}

/* For segments that belong to no socket: RSTs, and what TIME_WAIT answers. */
static int ctl_socks(struct net *net, struct mytcp_net *mn)
{
	int err;

	err = inet_ctl_sock_create(&mn->ctl4, AF_INET, SOCK_RAW, net_ipproto,
				   net);
	if (err)
		return err;
	/* Without IPv6 (ipv6.disable=1) there is nobody to answer. */
	if (!IS_ENABLED(CONFIG_IPV6) || !ipv6_mod_enabled())
		return 0;
	err = inet_ctl_sock_create(&mn->ctl6, AF_INET6, SOCK_RAW, net_ipproto,
				   net);
	if (err)
		inet_ctl_sock_destroy(mn->ctl4);
	return err;
}

static int __net_init net_init(struct net *net)
{
	struct mytcp_net *mn = mytcp_net(net);
	int err;

	defaults(mn);
	mn->net = net;
	err = mytcp_waitq_init(mn);
	if (err)
		return err;
	err = -ENOMEM;
	mn->counts = alloc_percpu(struct mytcp_counts);
	if (!mn->counts)
		goto exit_waitq;
	err = mytcp_secret_start(mn);
	if (err)
		goto free_counts;
	err = ctl_socks(net, mn);
	if (err)
		goto stop_secret;
	mn->sysctl = mytcp_sysctl_register(net, mn);
	if (!mn->sysctl) {
		err = -ENOMEM;
		goto destroy_socks;
	}
	err = mytcp_proc_init(net);
	if (err)
		goto unregister_sysctl;
	return 0;

unregister_sysctl:
	mytcp_sysctl_unregister(mn->sysctl);
destroy_socks:
	inet_ctl_sock_destroy(mn->ctl6);
	inet_ctl_sock_destroy(mn->ctl4);
stop_secret:
	mytcp_secret_stop(mn);
free_counts:
	free_percpu(mn->counts);
exit_waitq:
	mytcp_waitq_exit(mn);
	return err;
}

/*
 * What stands in the table has no user, for he would keep the namespace. The
 * devices are there yet, and the peers hear of it; what runs now in softirq is
 * over before net_exit().
 */
static void __net_exit net_pre_exit(struct net *net)
{
	const atomic_t *left = &mytcp_net(net)->gauges[MYTCP_GAUGE_IN_TABLE];
	unsigned long place = 0;
	struct sock *sk;

	mytcp_shortcut_stop(net);
	while (atomic_read(left)) {
		sk = mytcp_table_next_sock(net, &place);
		if (!sk)
			break;
		mytcp_sock_abort(sk, ECONNABORTED);
		sock_put(sk);
	}
}

/* No socket of the namespace is left, and no device. */
static void __net_exit net_exit(struct net *net)
{
	struct mytcp_net *mn = mytcp_net(net);
	int i;

	mytcp_proc_exit(net);
	mytcp_sysctl_unregister(mn->sysctl);
	mytcp_waitq_exit(mn);
	inet_ctl_sock_destroy(mn->ctl6);
	inet_ctl_sock_destroy(mn->ctl4);
	for (i = 0; i < MYTCP_GAUGES; i++)
		WARN_ONCE(atomic_read(&mn->gauges[i]),
			  "mytcp: %d objects of kind %d stay behind\n",
			  atomic_read(&mn->gauges[i]), i);
	mytcp_secret_stop(mn);
	free_percpu(mn->counts);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit = net_exit,
	.id = &mytcp_net_id,
	.size = sizeof(struct mytcp_net),
};

/**
 * mytcp_net_init() - make what each namespace has
 * @ipproto: protocol number in the IP header
 *
 * Return: 0 or a negative errno.
 */
int mytcp_net_init(u8 ipproto)
{
	int err;

	net_ipproto = ipproto;
	err = register_pernet_subsys(&net_ops);
	if (err)
		rcu_barrier(); /* as in mytcp_net_exit() */
	return err;
}

/**
 * mytcp_net_exit() - undo mytcp_net_init()
 *
 * A secret that was replaced may still wait to be wiped.
 */
void mytcp_net_exit(void)
{
	unregister_pernet_subsys(&net_ops);
	rcu_barrier();
}

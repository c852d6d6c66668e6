/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels MyTCP runs on. Included in front of every
 * file of the module; nothing else asks for a version.
 */
#ifndef MYTCP_COMPAT_H
#define MYTCP_COMPAT_H

#include <linux/version.h>

#define MYTCP_SERIES	(LINUX_VERSION_CODE >> 8)

#if MYTCP_SERIES != KERNEL_VERSION(6, 1, 0) >> 8 && \
	MYTCP_SERIES != KERNEL_VERSION(6, 12, 0) >> 8
#error "MyTCP supports the kernels 6.1 and 6.12"
#endif

#if defined(__KERNEL__) && !defined(CONFIG_NETFILTER)
#error "MyTCP needs a kernel with CONFIG_NETFILTER"
#endif

#define MYTCP_OLD	(MYTCP_SERIES == KERNEL_VERSION(6, 1, 0) >> 8)

#ifdef __KERNEL__
#ifndef __ASSEMBLY__

#include <linux/sysctl.h>

#if MYTCP_OLD

#include <net/net_namespace.h>

/* A handler's table was not const, and an empty entry ended it. */
#define mytcp_ctl_table	struct ctl_table
#define register_net_sysctl_sz(net, path, table, size) \
	register_net_sysctl(net, path, table)

/* IPv6 flow labels stood among what is IPv6's alone. */
#define mytcp_fl_list(sk)	(inet_sk(sk)->pinet6->ipv6_fl_list)

/* IP_RECVERR and IPV6_RECVERR. */
#define mytcp_recverr4(sk)	(inet_sk(sk)->recverr)
#define mytcp_recverr6(sk)	(inet6_sk(sk)->recverr)

/* A socket that does not keep its namespace did not keep its memory either. */
#define mytcp_net_keep_memory(sk)	do { } while (0)

/* A packet asked for was not told from one that went out. */
#define mytcp_ip_count_sent(in, len) \
	IP_UPD_PO_STATS(in, IPSTATS_MIB_OUT, len)

/* What accept() is asked came one by one. */
struct proto_accept_arg {
	int flags;
	int err;
	int is_empty;
	bool kern;
};

#define MYTCP_PROTO_ACCEPT(name, call)					\
static struct sock *name(struct sock *sk, int flags, int *err, bool kern) \
{									\
	struct proto_accept_arg arg = { .flags = flags, .kern = kern };	\
	struct sock *child = call(sk, &arg);				\
									\
	*err = arg.err;							\
	return child;							\
}

#else

#define mytcp_ctl_table	const struct ctl_table
#define mytcp_fl_list(sk)	(inet_sk(sk)->ipv6_fl_list)
#define mytcp_recverr4(sk)	inet_test_bit(RECVERR, sk)
#define mytcp_recverr6(sk)	inet6_test_bit(RECVERR6, sk)

#define mytcp_ip_count_sent(in, len)					\
do {									\
	struct net *_net = (in);					\
									\
	IP_INC_STATS(_net, IPSTATS_MIB_OUTREQUESTS);			\
	IP_UPD_PO_STATS(_net, IPSTATS_MIB_OUT, len);			\
} while (0)

#define mytcp_net_keep_memory(sk)					\
do {									\
	struct sock *_sk = (sk);					\
									\
	net_passive_inc(sock_net(_sk));					\
	__netns_tracker_alloc(sock_net(_sk), &_sk->ns_tracker, false,	\
			      GFP_KERNEL);				\
} while (0)

#define MYTCP_PROTO_ACCEPT(name, call)					\
static struct sock *name(struct sock *sk, struct proto_accept_arg *arg)	\
{									\
	return call(sk, arg);						\
}

#endif /* MYTCP_OLD */

#endif /* __ASSEMBLY__ */
#endif /* __KERNEL__ */

#endif /* MYTCP_COMPAT_H */

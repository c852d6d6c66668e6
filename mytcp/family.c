// SPDX-License-Identifier: GPL-2.0
/* The address family: what socket(AF_MYTCP, SOCK_STREAM, ...) makes. */
#include "family.h"

#include <linux/in.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/percpu_counter.h>
#include <linux/swap.h>
#include <net/inet_common.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>

#include "port.h"
#include "rcvq.h"
#include "sndq.h"
#include "sock.h"
#include "sockopt.h"
#include "timer.h"
#include "tx.h"
#include "uapi/mytcp.h"

static atomic_long_t memory_allocated;
static DEFINE_PER_CPU(int, memory_reserve);
static struct percpu_counter sockets_allocated;
static unsigned long memory_pressure;

/* Pages: no pressure below, pressure above, never more. */
static long memory_limits[3];

/* The least a socket has for its queues; see net.mytcp.rmem and wmem. */
static int queue_min[] = { PAGE_SIZE, PAGE_SIZE, PAGE_SIZE };

static u8 wire_protocol;

static void enter_memory_pressure(struct sock *sk)
{
	WRITE_ONCE(memory_pressure, 1);
}

/* Tables are joined and left by name, in table.c and port.c. */
static void no_unhash(struct sock *sk)
{
}

MYTCP_PROTO_ACCEPT(accept, mytcp_sock_accept)

/*
 * sk_prot_alloc() zeroes a new socket itself, and only caches of this kind are
 * not zeroed once more before. Nothing relies on it, and KASAN sees less with it.
 */
#define SLAB_FLAGS	(IS_ENABLED(CONFIG_KASAN) ? 0 : SLAB_TYPESAFE_BY_RCU)

#define PROTO_COMMON						\
	.owner			= THIS_MODULE,			\
	.close			= mytcp_sock_close,		\
	.connect		= mytcp_sock_connect,		\
	.disconnect		= mytcp_sock_disconnect,	\
	.accept			= accept,			\
	.init			= mytcp_sock_init,		\
	.shutdown		= mytcp_sock_shutdown,		\
	.setsockopt		= mytcp_sockopt_set,		\
	.getsockopt		= mytcp_sockopt_get,		\
	.keepalive		= mytcp_sockopt_keepalive,	\
	.sendmsg		= mytcp_sndq_sendmsg,		\
	.recvmsg		= mytcp_rcvq_recvmsg,		\
	.backlog_rcv		= mytcp_sock_backlog_rcv,	\
	.release_cb		= mytcp_timer_deferred,		\
	.unhash			= no_unhash,			\
	.get_port		= mytcp_port_get,		\
	.enter_memory_pressure	= enter_memory_pressure,	\
	.memory_allocated	= &memory_allocated,		\
	.per_cpu_fw_alloc	= &memory_reserve,		\
	.sockets_allocated	= &sockets_allocated,		\
	.memory_pressure	= &memory_pressure,		\
	.sysctl_mem		= memory_limits,		\
	.sysctl_wmem		= queue_min,			\
	.sysctl_rmem		= queue_min,			\
	.max_header		= MYTCP_HEADROOM,		\
	.slab_flags		= SLAB_FLAGS,			\
	.no_autobind		= true

static struct proto proto4 = {
	PROTO_COMMON,
	.name		= "MYTCP",
	.obj_size	= sizeof(struct mytcp_sock),
};

static struct proto proto6 = {
	PROTO_COMMON,
	.name		= "MYTCPv6",
	.obj_size	= sizeof(struct mytcp6_sock),
};

#define OPS_COMMON						\
	.family		= PF_MYTCP,				\
	.owner		= THIS_MODULE,				\
	.connect	= inet_stream_connect,			\
	.socketpair	= sock_no_socketpair,			\
	.accept		= inet_accept,				\
	.poll		= mytcp_sock_poll,			\
	.ioctl		= mytcp_sock_ioctl,			\
	.gettstamp	= sock_gettstamp,			\
	.listen		= mytcp_sock_listen,			\
	.shutdown	= inet_shutdown,			\
	.setsockopt	= sock_common_setsockopt,		\
	.getsockopt	= sock_common_getsockopt,		\
	.sendmsg	= inet_sendmsg,				\
	.recvmsg	= inet_recvmsg,				\
	.mmap		= sock_no_mmap,				\
	.set_rcvlowat	= mytcp_rcvq_set_lowat

static const struct proto_ops ops4 = {
	OPS_COMMON,
	.release	= inet_release,
	.bind		= inet_bind,
	.getname	= inet_getname,
};

static const struct proto_ops ops6 = {
	OPS_COMMON,
	.release	= inet6_release,
	.bind		= inet6_bind,
	.getname	= inet6_getname,
};

static void init_ip4(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->uc_ttl = -1;
	inet->mc_ttl = 1;
	inet->pmtudisc = READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_no_pmtu_disc) ?
			 IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
}

static void init_ip6(struct sock *sk)
{
	struct ipv6_pinfo *np = &((struct mytcp6_sock *)sk)->inet6;

	inet_sk(sk)->pinet6 = np;
	np->hop_limit = -1;
	np->mcast_hops = IPV6_DEFAULT_MCASTHOPS;
	np->pmtudisc = IPV6_PMTUDISC_WANT;
	sk->sk_ipv6only = READ_ONCE(sock_net(sk)->ipv6.sysctl.bindv6only);
}

static int create(struct net *net, struct socket *sock, int protocol, int kern)
{
	bool ip6 = protocol == MYTCP_PROTO_IP6;
	struct sock *sk;

	if (sock->type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (!ip6 && protocol != MYTCP_PROTO_IP4)
		return -EPROTONOSUPPORT;
	if (ip6 && !ipv6_mod_enabled())
		return -EAFNOSUPPORT;

	sk = sk_alloc(net, ip6 ? PF_INET6 : PF_INET, GFP_KERNEL,
		      ip6 ? &proto6 : &proto4, kern);
	if (!sk)
		return -ENOBUFS;
	sock->state = SS_UNCONNECTED;
	sock->ops = ip6 ? &ops6 : &ops4;
	sock_init_data(sock, sk);
	sk->sk_protocol = wire_protocol;
	sk->sk_backlog_rcv = sk->sk_prot->backlog_rcv;
	sk->sk_destruct = ip6 ? inet6_sock_destruct : inet_sock_destruct;
	sk->sk_txrehash = READ_ONCE(net->core.sysctl_txrehash);
	init_ip4(sk);
	if (ip6)
		init_ip6(sk);
	return sk->sk_prot->init(sk);
}

static struct net_proto_family family_ops = {
	.owner	= THIS_MODULE,
	.create	= create,
};

/* As TCP has it: up to a sixteenth of memory, and half as much again at most. */
static void set_memory_limits(void)
{
	long limit = max(nr_free_buffer_pages() / 16, 128UL);

	memory_limits[0] = limit / 4 * 3;
	memory_limits[1] = limit;
	memory_limits[2] = memory_limits[0] * 2;
}

/**
 * mytcp_family_init() - let programs make sockets
 * @family: AF_MYTCP
 * @ipproto: protocol number of what they send
 *
 * The last step of loading: all that a socket needs stands already.
 *
 * Return: 0, -ENOMEM, -ENOBUFS for a family number that cannot be, -EEXIST for
 * one that is taken.
 */
int mytcp_family_init(int family, u8 ipproto)
{
	int err;

	wire_protocol = ipproto;
	family_ops.family = family;
	set_memory_limits();

	err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);
	if (err)
		return err;
	err = proto_register(&proto4, 1);
	if (err)
		goto undo_counter;
	err = proto_register(&proto6, 1);
	if (err)
		goto undo_proto4;
	err = sock_register(&family_ops);
	if (err)
		goto undo_proto6;
	return 0;

undo_proto6:
	proto_unregister(&proto6);
undo_proto4:
	proto_unregister(&proto4);
undo_counter:
	percpu_counter_destroy(&sockets_allocated);
	return err;
}

/**
 * mytcp_family_exit() - no more sockets
 *
 * There is none left, for each holds the module; but the memory of the last
 * may still wait for a grace period.
 */
void mytcp_family_exit(void)
{
	sock_unregister(family_ops.family);
	rcu_barrier();
	proto_unregister(&proto6);
	proto_unregister(&proto4);
	percpu_counter_destroy(&sockets_allocated);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket, and the rules everybody keeps.
 *
 * Locks, outermost first:
 *
 *   socket lock            lock_sock() in process context; in softirq
 *                          bh_lock_sock() and, if a process owns the socket,
 *                          the socket's backlog. Everything in the tcb, and
 *                          every call into the core.
 *   backlog->lock          a listener's half-open entries and accept queue.
 *                          Taken without the listener's socket lock on the
 *                          way of a segment.
 *   port bucket lock       who is bound to a port (port.c)
 *   waitq lock             one processor's queue of TIME_WAIT or FIN_WAIT2
 *                          (waitq.c); the latter's outside the former's
 *   table bucket lock      one bucket: its three chains (table.c)
 *
 * All but the first are spinlocks taken with bottom halves off. A child's
 * socket lock nests in its listener's, never the other way round.
 *
 * References:
 *
 *   a namespace            one for each socket that a user holds or may accept;
 *			    none for one that close() has left to itself: the
 *			    end of the namespace ends it
 *   a socket               one for the user (given up by close() when the
 *                          connection is over), one for standing in the table,
 *                          one for a pending timer, one for each child in
 *                          the accept queue (its user's, until accept())
 *   a half-open entry      one for standing in the table and its listener's
 *                          queue together; readers take one of their own
 *   a TIME_WAIT entry      one for standing in the table and the queue;
 *                          readers take one of their own
 *
 * RCU: the table is read under rcu_read_lock() alone. Half-open and TIME_WAIT
 * entries come from SLAB_TYPESAFE_BY_RCU caches: take a reference with
 * inc-not-zero only, then compare the key and the place in the table again, for
 * the memory may be another object by then. A socket is freed after a grace
 * period (SOCK_RCU_FREE), because sk_alloc() and sk_clone_lock() would overwrite
 * the links of its node under a reader; it may still change its key.
 *
 * Publish last: fields, references, then timer, then table. A half-open entry
 * becomes a socket becomes a TIME_WAIT entry by inserting the new one before
 * the old one is removed, under one bucket lock; readers look in the order
 * half-open, socket, TIME_WAIT and therefore never miss it.
 */
#ifndef MYTCP_SOCK_H
#define MYTCP_SOCK_H

#include <linux/errqueue.h>
#include <linux/ipv6.h>
#include <linux/random.h>
#include <linux/skbuff.h>
#include <net/inet_sock.h>

#include "core/tcb.h"
#include "net.h"
#include "node.h"

struct mytcp_af;
struct mytcp_backlog;
struct mytcp_port;

/**
 * struct mytcp_user - options a user has set that the core does not keep
 * @defer_accept: TCP_DEFER_ACCEPT in pauses of a SYN+ACK, 0 for none
 * @window_clamp: TCP_WINDOW_CLAMP in octets, 0 for none
 * @mss: TCP_MAXSEG, 0 for the route's
 * @slowack: TCP_QUICKACK is off
 */
struct mytcp_user {
	u8 defer_accept;
	u32 window_clamp;
	u16 mss;
	bool slowack;
};

/**
 * struct mytcp_sock - a MyTCP socket
 * @inet: first, as the kernel wants it
 * @mn: the namespace; never changes
 * @af: IPv4 or IPv6, as the remote address is
 * @addr6: stands in front of @node
 * @node: place in the table; keyed once connected
 * @tcb: the core's view
 * @deferred: the timer came while a process owned the socket
 * @spare: a segment without payload, while the core deals with it: what answers
 *	it may take its skb
 * @copied_seq: next octet the user reads
 * @queued_seq: the octet after the last one in the receive queue
 * @port: bucket of the local port, NULL if unbound
 * @bind_link: place in @port
 * @listen_link: place in the listeners' table
 * @backlog: half-open entries and accept queue of a listener, else NULL
 * @accept_link: place in the listener's accept queue
 * @ready_us: since when, microseconds of mytcp_host_now()
 * @user: what the user has set
 */
struct mytcp_sock {
	struct inet_sock inet;
	struct mytcp_net *mn;
	const struct mytcp_af *af;
	struct mytcp_addr6 addr6;
	struct mytcp_node node;
	struct mytcp_tcb tcb;
	bool deferred;
	struct sk_buff *spare;
	u32 copied_seq;
	u32 queued_seq;
	struct mytcp_port *port;
	struct hlist_node bind_link;
	struct hlist_nulls_node listen_link;
	struct mytcp_backlog __rcu *backlog;
	struct list_head accept_link;
	u64 ready_us;
	struct mytcp_user user;
};

struct mytcp6_sock {
	struct mytcp_sock mytcp;
	struct ipv6_pinfo inet6;
};

static inline struct mytcp_sock *mytcp_sk(const struct sock *sk)
{
	return (struct mytcp_sock *)sk;
}

static inline struct sock *mytcp_tcb_sk(const struct mytcp_tcb *tcb)
{
	return (struct sock *)container_of(tcb, struct mytcp_sock, tcb);
}

/* Without a lock as well: the same as mytcp_net(sock_net(sk)), but at hand. */
static inline struct mytcp_net *mytcp_sk_net(const struct sock *sk)
{
	return mytcp_sk(sk)->mn;
}

static inline void mytcp_sk_count(const struct sock *sk, enum mytcp_count what)
{
	this_cpu_inc(mytcp_sk_net(sk)->counts->value[what]);
}

static inline void mytcp_sk_gauge(const struct sock *sk, enum mytcp_gauge what,
				  int by)
{
	atomic_add(by, &mytcp_sk_net(sk)->gauges[what]);
}

/* Where the numbers of its IPv4 packets begin, so that two are not numbered alike. */
static inline void mytcp_sock_number(struct sock *sk)
{
	atomic_set(&inet_sk(sk)->inet_id, get_random_u16());
}

/* The core's record of the payload, which it keeps in skb->cb. */
static inline struct mytcp_range *mytcp_skb_range(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct mytcp_range) > sizeof(skb->cb));
	return (struct mytcp_range *)skb->cb;
}

static inline struct sk_buff *mytcp_range_skb(const struct mytcp_range *range)
{
	return container_of((void *)range, struct sk_buff, cb);
}

/**
 * struct mytcp_icmp - an ICMP error
 * @ee: as recvmsg(MSG_ERRQUEUE) tells it; ee_errno is what it means
 * @daddr: in the packet, the address that we had sent to
 * @port: the port there
 * @quoted: octets from skb->data to the header of the segment it quotes
 * @asked: the user has asked for it (IP_RECVERR, IPV6_RECVERR)
 */
struct mytcp_icmp {
	struct sock_extended_err ee;
	const void *daddr;
	__be16 port;
	unsigned int quoted;
	bool asked;
};

struct mytcp_half;

/* In sock.c. */
int mytcp_sock_init(struct sock *sk);
int mytcp_sock_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len);
int mytcp_sock_disconnect(struct sock *sk, int flags);
int mytcp_sock_listen(struct socket *sock, int backlog);
struct sock *mytcp_sock_accept(struct sock *sk, struct proto_accept_arg *arg);
void mytcp_sock_shutdown(struct sock *sk, int how);
void mytcp_sock_close(struct sock *sk, long timeout);
void mytcp_sock_over(struct sock *sk);
bool mytcp_sock_abort(struct sock *sk, int err);
int mytcp_sock_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
__poll_t mytcp_sock_poll(struct file *file, struct socket *sock,
			 struct poll_table_struct *wait);

/* In arrival.c: what the packet side brings. */
void mytcp_sock_rcv(struct sock *sk, struct sk_buff *skb,
		    const struct mytcp_segment *seg);
void mytcp_sock_process(struct sock *sk, struct sk_buff *skb,
			const struct mytcp_segment *seg);
int mytcp_sock_backlog_rcv(struct sock *sk, struct sk_buff *skb);
void mytcp_sock_error(struct sock *sk, struct sk_buff *skb,
		      const struct mytcp_icmp *icmp);
struct sock *mytcp_sock_child(struct sock *listener,
			      const struct mytcp_half *half,
			      struct mytcp_node *node, struct sk_buff *skb);
void mytcp_sock_discard(struct sock *child, bool reset);

#endif /* MYTCP_SOCK_H */

// SPDX-License-Identifier: GPL-2.0
/* A socket's life, as the user's calls shape it. */
#include "sock.h"

#include <asm/ioctls.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/sockios.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/xfrm.h>

#include "af.h"
#include "backlog.h"
#include "core/host.h"
#include "core/timewait.h"
#include "isn.h"
#include "listener.h"
#include "net.h"
#include "port.h"
#include "rcvq.h"
#include "shortcut.h"
#include "sndq.h"
#include "table.h"
#include "timer.h"
#include "timewait.h"

static void tcb_init(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);

	mytcp_tcb_init(&msk->tcb, &msk->mn->cfg, msk->af->default_mss);
	mytcp_rcvq_begin(sk, 0);
}

/**
 * mytcp_sock_init() - a new socket in CLOSED
 * @sk: zeroed but for what sock_init_data() and the family have set
 *
 * Process context; nobody else knows @sk yet. proto.init.
 *
 * Return: 0.
 */
int mytcp_sock_init(struct sock *sk)
{
	struct mytcp_net *mnet = mytcp_net(sock_net(sk));
	struct mytcp_sock *msk = mytcp_sk(sk);

	msk->mn = mnet;
	msk->af = mytcp_af_find(sk->sk_family, sk->sk_family);
	mytcp_timer_setup(sk);
	INIT_HLIST_NODE(&msk->bind_link);
	INIT_LIST_HEAD(&msk->accept_link);
	tcb_init(sk);
	mytcp_sock_number(sk);

	sk->sk_write_space = mytcp_sndq_write_space;
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	sock_set_flag(sk, SOCK_RCU_FREE);
	WRITE_ONCE(sk->sk_sndbuf, mnet->wmem[1]);
	WRITE_ONCE(sk->sk_rcvbuf, mnet->rmem[1]);
	sk_sockets_allocated_inc(sk);
	return 0;
}

/* The connection is over and so is the user: what they shared goes. */
static void destroy(struct sock *sk)
{
	mytcp_port_put(sk);
	sk_stream_kill_queues(sk);
	xfrm_sk_free_policy(sk);
	sk_sockets_allocated_dec(sk);
	sock_put(sk);
}

/**
 * mytcp_sock_over() - the connection, or the listener, has entered CLOSED
 * @sk: the socket, locked; the caller holds a reference of its own
 *
 * Takes the socket out of everybody's
 * sight and tells the user, or, if there is none, gives up his reference.
 */
void mytcp_sock_over(struct sock *sk)
{
	mytcp_timer_cancel(sk);
	if (mytcp_sk(sk)->tcb.of_cookie && mytcp_table_has_sock(sk))
		mytcp_timewait_enter(sk);
	mytcp_table_remove_sock(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		mytcp_port_put(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);

	if (mytcp_sk(sk)->tcb.orphan)
		mytcp_sk_gauge(sk, MYTCP_GAUGE_ORPHANS, -1);
	if (sock_flag(sk, SOCK_DEAD)) {
		destroy(sk);
		return;
	}
	sk->sk_state_change(sk);
	if (mytcp_sk(sk)->tcb.err)
		sk_error_report(sk);
}

/* What the path and TCP_MAXSEG allow. */
static void set_mss(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	u16 mss = msk->af->path_mss(sk);

	if (msk->user.mss)
		mss = min(mss, msk->user.mss);
	msk->tcb.path_mss = mss;
	msk->tcb.adv_mss = mss;
}

/**
 * mytcp_sock_connect() - send a SYN
 * @sk: the socket, locked, CLOSED
 * @uaddr: the peer
 * @addr_len: bytes of @uaddr
 *
 * proto.connect; the waiting is inet_stream_connect()'s.
 *
 * Return: 0 in SYN_SENT, or -EINVAL, -EAFNOSUPPORT, -EADDRNOTAVAIL, -ENOBUFS
 * or what routing says.
 */
int mytcp_sock_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	struct mytcp_timewait before;
	u32 iss;
	u64 hash;
	int err;

	msk->af = mytcp_af_find(sk->sk_family, sk->sk_family);
	err = msk->af->connect(sk, uaddr, addr_len);
	if (err)
		return err;
	tcb_init(sk);
	WRITE_ONCE(sk->sk_err, 0);
	WRITE_ONCE(sk->sk_err_soft, 0);
	err = mytcp_port_connect(sk, &before);
	if (err < 0) {
		inet_sk(sk)->inet_dport = 0;
		__sk_dst_reset(sk);
		sk->sk_route_caps = 0;
		return err;
	}
	sk_set_txhash(sk);
	set_mss(sk);
	rcu_read_lock();
	hash = mytcp_isn_hash(&msk->node);
	rcu_read_unlock();
	msk->tcb.rcv_wscale = mytcp_rcvq_wscale(sk, mytcp_sk_net(sk));
	msk->tcb.ts_offset = mytcp_isn_ts_offset(hash);
	iss = mytcp_isn_of(hash, mytcp_host_now());
	if (err) {
		iss = mytcp_timewait_iss(&before, iss);
		msk->tcb.ts_offset =
			mytcp_timewait_ts_offset(&before, msk->tcb.ts_offset);
	}
	mytcp_open_active(&msk->tcb, iss);
	return 0;
}

static void unlisten(struct sock *sk)
{
	mytcp_listener_remove(sk);
	mytcp_backlog_stop(sk);
	mytcp_state_set(&mytcp_sk(sk)->tcb, MYTCP_CLOSED);
}

/**
 * mytcp_sock_disconnect() - make a socket as it was before connect() or listen()
 * @sk: the socket, locked, in any state
 * @flags: not used
 *
 * What bind() set stays. proto.disconnect.
 *
 * Return: 0.
 */
int mytcp_sock_disconnect(struct sock *sk, int flags)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);

	if (sk->sk_state == TCP_LISTEN) {
		unlisten(sk);
		if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
			mytcp_port_put(sk);
	} else {
		mytcp_abort(&msk->tcb, ECONNRESET);
	}

	mytcp_rcvq_purge(sk);
	inet->inet_dport = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet_reset_saddr(sk);
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	tcb_init(sk);
	__sk_dst_reset(sk);
	sk_error_report(sk);
	return 0;
}

/**
 * mytcp_sock_abort() - somebody who does not hold the socket ends it
 * @sk: the socket, not locked, in any state; the caller holds a reference
 * @err: positive errno for its user
 *
 * The peer hears of it by a RST. Process context.
 *
 * Return: false if there was nothing to end.
 */
bool mytcp_sock_abort(struct sock *sk, int err)
{
	bool there;

	lock_sock(sk);
	there = sk->sk_state != TCP_CLOSE;
	if (sk->sk_state == TCP_LISTEN) {
		WRITE_ONCE(sk->sk_err, err);
		unlisten(sk);
		mytcp_sock_over(sk);
		sk_error_report(sk);
	} else {
		mytcp_abort(&mytcp_sk(sk)->tcb, err);
	}
	release_sock(sk);
	return there;
}

static int start_listening(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	int err;

	if (!inet->inet_num && mytcp_port_get(sk, 0))
		return -EADDRINUSE;
	err = mytcp_backlog_start(sk);
	if (err)
		return err;

	/* A rival sees the state from here on, and one of us fails. */
	mytcp_node_fill(sk);
	mytcp_state_set(&msk->tcb, MYTCP_LISTEN);
	err = mytcp_port_get(sk, inet->inet_num);
	if (err) {
		mytcp_backlog_stop(sk);
		mytcp_state_set(&msk->tcb, MYTCP_CLOSED);
		return -EADDRINUSE;
	}
	WRITE_ONCE(sk->sk_ack_backlog, 0);
	sk_dst_reset(sk);
	mytcp_listener_add(sk);
	mytcp_shortcut_start(sock_net(sk));
	return 0;
}

/**
 * mytcp_sock_listen() - listen(), or a new backlog for a listener
 * @sock: the socket
 * @backlog: connections that may wait for accept()
 *
 * proto_ops.listen.
 *
 * Return: 0, -EINVAL in a state that cannot listen, -EADDRINUSE or -ENOMEM.
 */
int mytcp_sock_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED)
		goto out;
	if (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN)
		goto out;

	WRITE_ONCE(sk->sk_max_ack_backlog,
		   min_t(u32, backlog,
			 READ_ONCE(mytcp_sk_net(sk)->somaxconn)));
	err = 0;
	if (sk->sk_state == TCP_CLOSE)
		err = start_listening(sk);
out:
	release_sock(sk);
	return err;
}

/* One waiter wakes for each child. */
static int wait_for_child(struct sock *sk, long timeo)
{
	DEFINE_WAIT(wait);
	int err;

	for (;;) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait,
					  TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (!mytcp_backlog_ready(sk))
			timeo = schedule_timeout(timeo);
		sched_annotate_sleep();
		lock_sock(sk);
		err = -EINVAL;
		if (sk->sk_state != TCP_LISTEN)
			break;
		err = 0;
		if (mytcp_backlog_ready(sk))
			break;
		err = sock_intr_errno(timeo);
		if (signal_pending(current))
			break;
		err = -EAGAIN;
		if (!timeo)
			break;
	}
	finish_wait(sk_sleep(sk), &wait);
	return err;
}

/**
 * mytcp_sock_accept() - take a connection out of the accept queue
 * @sk: the listener
 * @arg: flags in, error out
 *
 * Process context. proto.accept.
 *
 * Return: the connection with its user's reference, or NULL with -EINVAL,
 * -EAGAIN, -EINTR or -ERESTARTSYS in @arg.
 */
struct sock *mytcp_sock_accept(struct sock *sk, struct proto_accept_arg *arg)
{
	struct sock *child = NULL;
	int err = -EINVAL;
	long timeo;

	lock_sock(sk);
	if (sk->sk_state != TCP_LISTEN)
		goto out;
	timeo = sock_rcvtimeo(sk, arg->flags & O_NONBLOCK);
	while (!(child = mytcp_backlog_accept(sk))) {
		err = timeo ? wait_for_child(sk, timeo) : -EAGAIN;
		if (err)
			break;
	}
out:
	release_sock(sk);
	arg->err = child ? 0 : err;
	return child;
}

/**
 * mytcp_sock_shutdown() - half of a connection ends
 * @sk: the socket, locked, in a connected state
 * @how: RCV_SHUTDOWN, SEND_SHUTDOWN or both
 *
 * proto.shutdown; inet_shutdown() has dealt with the other states.
 */
void mytcp_sock_shutdown(struct sock *sk, int how)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;

	if (how & RCV_SHUTDOWN)
		tcb->rcv_shut = true;
	if (how & SEND_SHUTDOWN)
		mytcp_shutdown(tcb);
}

/* CLOSE of RFC 9293 section 3.10.4, or ABORT (its 3.10.5). */
static void close_connection(struct sock *sk)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;

	if (mytcp_rcvq_purge(sk) && tcb->state != MYTCP_CLOSED) {
		/* What was not read is lost, and the peer is told: SHLD-3. */
		mytcp_sk_count(sk, MYTCP_COUNT_ABORT_ON_CLOSE);
		mytcp_abort(tcb, 0);
	} else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime) {
		mytcp_abort(tcb, 0);
	} else {
		mytcp_shutdown(tcb);
	}
}

/* The connection goes on without a user, if there are not too many of such. */
static void abandon(struct sock *sk)
{
	const struct mytcp_net *mnet = mytcp_sk_net(sk);
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;

	if (atomic_read(&mnet->gauges[MYTCP_GAUGE_ORPHANS]) >=
	    READ_ONCE(mnet->max_orphans)) {
		mytcp_sk_count(sk, MYTCP_COUNT_ABORT_ON_ORPHANS);
		mytcp_reset(tcb, 0);
		return;
	}
	mytcp_sk_gauge(sk, MYTCP_GAUGE_ORPHANS, 1);
	mytcp_detach(tcb);
}

/*
 * A connection that nobody holds does not keep its namespace, which may end and
 * then ends it (net.c). The caller has a reference to the namespace.
 */
static void leave_net(struct sock *sk, struct net *net)
{
	put_net_track(net, &sk->ns_tracker);
	sock_inuse_add(net, -1);
	sk->sk_net_refcnt = 0;
	mytcp_net_keep_memory(sk);
}

/**
 * mytcp_sock_close() - the user lets go of the socket
 * @sk: the socket
 * @timeout: jiffies to wait for the end of the connection (SO_LINGER)
 *
 * Process context. proto.close. The backlog that release_sock() works off at
 * the end sees a socket without a user.
 */
void mytcp_sock_close(struct sock *sk, long timeout)
{
	struct net *net = get_net(sock_net(sk));

	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	mytcp_sk(sk)->tcb.rcv_shut = true;
	if (sk->sk_state == TCP_LISTEN)
		unlisten(sk);
	else
		close_connection(sk);
	sk_stream_wait_close(sk, timeout);

	sock_hold(sk);
	sock_orphan(sk);
	if (sk->sk_state == TCP_CLOSE)
		destroy(sk);
	else
		abandon(sk);
	if (sk->sk_state != TCP_CLOSE && sk->sk_net_refcnt)
		leave_net(sk, net);
	release_sock(sk);
	sock_put(sk);
	put_net(net);
}

static __poll_t writable(struct sock *sk)
{
	if (__sk_stream_is_writeable(sk, 1))
		return EPOLLOUT | EPOLLWRNORM;

	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);

	smp_mb__after_atomic(); /* room made before the bit wakes nobody */
	return __sk_stream_is_writeable(sk, 1) ? EPOLLOUT | EPOLLWRNORM : 0;
}

/**
 * mytcp_sock_poll() - what a user could do without waiting
 * @file: its file
 * @sock: the socket
 * @wait: poll's table
 *
 * Process context, without the socket lock. proto_ops.poll.
 *
 * Return: EPOLL bits, those TCP gives in the same state.
 */
__poll_t mytcp_sock_poll(struct file *file, struct socket *sock,
			 struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	sock_poll_wait(file, sock, wait);
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return mytcp_backlog_ready(sk) ? EPOLLIN | EPOLLRDNORM : 0;

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;

	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV) {
		if (mytcp_rcvq_readable(sk))
			mask |= EPOLLIN | EPOLLRDNORM;
		if (shutdown & SEND_SHUTDOWN)
			mask |= EPOLLOUT | EPOLLWRNORM;
		else
			mask |= writable(sk);
	}

	smp_rmb(); /* with set_error() in host.c: the error before the state */
	if (READ_ONCE(sk->sk_err) ||
	    !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}

/* Octets the user has written, from a sequence number on; a FIN counts. */
static int written_since(const struct sock *sk, u32 from)
{
	const struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;

	if ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_CLOSE))
		return 0;
	return READ_ONCE(tcb->write_seq) + tcb->fin_queued - from;
}

/**
 * mytcp_sock_ioctl() - SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK
 * @sock: the socket
 * @cmd: which; what is no business of ours goes to IP
 * @arg: user pointer to an int
 *
 * Process context. proto_ops.ioctl.
 *
 * Return: 0, -EINVAL for a listener, -EFAULT or what IP says.
 */
int mytcp_sock_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;
	bool listens = sk->sk_state == TCP_LISTEN;
	int answer;

	switch (cmd) {
	case SIOCINQ:
		answer = mytcp_rcvq_len(sk);
		break;
	case SIOCATMARK:
		listens = false;
		answer = 0;
		break;
	case SIOCOUTQ:
		answer = written_since(sk, READ_ONCE(tcb->snd_una));
		break;
	case SIOCOUTQNSD:
		answer = written_since(sk, READ_ONCE(tcb->snd_nxt));
		break;
	default:
		if (sk->sk_family == AF_INET6)
			return inet6_ioctl(sock, cmd, arg);
		return inet_ioctl(sock, cmd, arg);
	}
	if (listens)
		return -EINVAL;
	return put_user(answer, (int __user *)arg);
}

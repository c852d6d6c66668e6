// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel timer behind a connection's deadlines: sk_timer, which runs at or
 * before the first of them.
 *
 * It is lazy: a deadline that moves later, or away, leaves a pending timer
 * alone, for most deadlines move with every segment and few are ever reached.
 * The timer that finds nothing to do yet waits for the rest.
 */
#include "timer.h"

#include "af.h"
#include "core/host.h"
#include "sock.h"

/* At or after the deadline: jiffies may be one tick behind. */
static unsigned long expires(u64 deadline, u64 now)
{
	u64 us = deadline > now ? deadline - now : 0;

	return jiffies + 1 + usecs_to_jiffies(min_t(u64, us, INT_MAX));
}

/* See core/host.h. */
void mytcp_host_timer(struct mytcp_tcb *tcb, enum mytcp_timer which)
{
	struct sock *sk = mytcp_tcb_sk(tcb);
	struct timer_list *timer = &sk->sk_timer;
	unsigned long at;

	if (!tcb->deadline[which])
		return;
	at = expires(tcb->deadline[which], mytcp_moment(tcb));
	if (timer_pending(timer) && time_before_eq(timer->expires, at))
		return;
	sk_reset_timer(sk, timer, at);
}

/*
 * A device's MTU may have fallen, or options in front of ours grown, and IPv6
 * drops what is too long without telling us.
 */
static void refresh_path(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	u16 mss;

	if (!__sk_dst_get(sk))
		return;
	mss = msk->af->path_mss(sk);
	if (mss < msk->tcb.path_mss)
		mytcp_tcb_path(&msk->tcb, mss);
}

/* What is due fires, what is not is waited for. */
static void come(struct sock *sk)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;
	enum mytcp_timer which;

	mytcp_moment_begin(tcb);
	for (which = 0; which < MYTCP_TIMERS; which++) {
		if (!tcb->deadline[which])
			continue;
		if (mytcp_moment(tcb) < tcb->deadline[which]) {
			mytcp_host_timer(tcb, which);
			continue;
		}
		if (which == MYTCP_TIMER_SENT)
			refresh_path(sk);
		mytcp_timer_fire(tcb, which);
	}
	mytcp_moment_end(tcb);
}

/* Softirq. Gives up the reference the pending timer held. */
static void expire(struct timer_list *timer)
{
	struct sock *sk = container_of(timer, struct sock, sk_timer);
	struct mytcp_sock *msk = mytcp_sk(sk);
	bool defer;

	bh_lock_sock(sk);
	defer = sock_owned_by_user(sk) && !msk->deferred;
	if (defer)
		msk->deferred = true; /* the reference goes with it */
	else if (!sock_owned_by_user(sk))
		come(sk);
	bh_unlock_sock(sk);
	if (!defer)
		sock_put(sk);
}

/**
 * mytcp_timer_setup() - make the timer of a new socket
 * @sk: the socket, known to nobody else yet
 */
void mytcp_timer_setup(struct sock *sk)
{
	timer_setup(&sk->sk_timer, expire, 0);
	mytcp_sk(sk)->deferred = false;
}

/**
 * mytcp_timer_cancel() - let go of what a pending timer holds
 * @sk: the socket, locked, its connection over
 *
 * A timer that runs at this moment keeps its reference and finds no deadline.
 * The caller holds a reference of its own.
 */
void mytcp_timer_cancel(struct sock *sk)
{
	sk_stop_timer(sk, &sk->sk_timer);
}

/**
 * mytcp_timer_deferred() - a timer that came while a process owned the socket
 * @sk: the socket, at the end of release_sock(): its spinlock held, owned
 *
 * proto.release_cb.
 */
void mytcp_timer_deferred(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);

	if (!msk->deferred)
		return;
	msk->deferred = false;
	come(sk);
	__sock_put(sk);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel timers behind the core's deadlines, each with its own function so that
 * a profile names the event that armed it.
 *
 * They are lazy: a deadline that moves later, or away, leaves a pending timer
 * alone, for most deadlines move with every segment and few are ever reached.
 * The timer that finds nothing to do yet waits for the rest.
 */
#include "timer.h"

#include "af.h"
#include "core/host.h"
#include "sock.h"

/* At or after the deadline: jiffies may be one tick behind. */
static unsigned long expires(u64 deadline)
{
	u64 now = mytcp_host_now();
	u64 us = deadline > now ? deadline - now : 0;

	return jiffies + 1 + usecs_to_jiffies(min_t(u64, us, INT_MAX));
}

/* See core/host.h. */
void mytcp_host_timer(struct mytcp_tcb *tcb, enum mytcp_timer which)
{
	struct sock *sk = mytcp_tcb_sk(tcb);
	struct timer_list *timer = &mytcp_sk(sk)->timers[which];
	unsigned long at;

	if (!tcb->deadline[which])
		return;
	at = expires(tcb->deadline[which]);
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

static void come(struct sock *sk, enum mytcp_timer which)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;
	u64 deadline = tcb->deadline[which];

	if (!deadline)
		return;
	if (mytcp_host_now() < deadline) {
		mytcp_host_timer(tcb, which);
		return;
	}
	if (which == MYTCP_TIMER_SENT)
		refresh_path(sk);
	mytcp_timer_fire(tcb, which);
}

/* Softirq. Gives up the reference the pending timer held. */
static void expire(struct timer_list *timer, enum mytcp_timer which)
{
	struct mytcp_sock *msk = container_of(timer - which, struct mytcp_sock,
					      timers[0]);
	struct sock *sk = (struct sock *)msk;

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk)) {
		come(sk, which);
	} else if (!test_and_set_bit(which, &msk->deferred)) {
		/* The reference goes to the bit. */
		bh_unlock_sock(sk);
		return;
	}
	bh_unlock_sock(sk);
	sock_put(sk);
}

static void sent_expired(struct timer_list *timer)
{
	expire(timer, MYTCP_TIMER_SENT);
}

static void blocked_expired(struct timer_list *timer)
{
	expire(timer, MYTCP_TIMER_BLOCKED);
}

static void received_expired(struct timer_list *timer)
{
	expire(timer, MYTCP_TIMER_RECEIVED);
}

static void fin_acked_expired(struct timer_list *timer)
{
	expire(timer, MYTCP_TIMER_FIN_ACKED);
}

/**
 * mytcp_timer_setup() - make the timers of a new socket
 * @sk: the socket, known to nobody else yet
 */
void mytcp_timer_setup(struct sock *sk)
{
	struct timer_list *timers = mytcp_sk(sk)->timers;

	BUILD_BUG_ON(MYTCP_TIMERS != 4);
	timer_setup(&timers[MYTCP_TIMER_SENT], sent_expired, 0);
	timer_setup(&timers[MYTCP_TIMER_BLOCKED], blocked_expired, 0);
	timer_setup(&timers[MYTCP_TIMER_RECEIVED], received_expired, 0);
	timer_setup(&timers[MYTCP_TIMER_FIN_ACKED], fin_acked_expired, 0);
	mytcp_sk(sk)->deferred = 0;
}

/**
 * mytcp_timer_cancel() - let go of what pending timers hold
 * @sk: the socket, locked, its connection over
 *
 * A timer that runs at this moment keeps its reference and finds no deadline.
 * The caller holds a reference of its own.
 */
void mytcp_timer_cancel(struct sock *sk)
{
	enum mytcp_timer which;

	for (which = 0; which < MYTCP_TIMERS; which++)
		sk_stop_timer(sk, &mytcp_sk(sk)->timers[which]);
}

/**
 * mytcp_timer_deferred() - timers that came while a process owned the socket
 * @sk: the socket, at the end of release_sock(): its spinlock held, owned
 *
 * proto.release_cb.
 */
void mytcp_timer_deferred(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	enum mytcp_timer which;

	if (!READ_ONCE(msk->deferred))
		return;
	for (which = 0; which < MYTCP_TIMERS; which++) {
		if (!test_and_clear_bit(which, &msk->deferred))
			continue;
		come(sk, which);
		__sock_put(sk);
	}
}

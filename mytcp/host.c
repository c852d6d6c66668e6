// SPDX-License-Identifier: GPL-2.0
/*
 * What the core asks of its surroundings (core/host.h), where it is not the
 * business of one file alone: mytcp_host_timer() stands in timer.c.
 */
#include "core/host.h"

#include <linux/siphash.h>
#include <linux/timekeeping.h>
#include <net/dst.h>

#include "rcvq.h"
#include "rx.h"
#include "sndq.h"
#include "sock.h"
#include "timewait.h"
#include "trace.h"
#include "tx.h"

/* See core/host.h for all of these. */

u64 mytcp_host_now(void)
{
	return ktime_get_ns() / NSEC_PER_USEC + 1;
}

u64 mytcp_host_hash(const void *data, size_t len, const u64 key[2])
{
	const siphash_key_t *sipkey = (const siphash_key_t *)key;
	const __le64 *word = data;

	if (len == 3 * sizeof(*word))
		return siphash_3u64(le64_to_cpu(word[0]), le64_to_cpu(word[1]),
				    le64_to_cpu(word[2]), sipkey);
	return siphash(data, len, sipkey);
}

void mytcp_host_transmit(struct mytcp_tcb *tcb,
			 const struct mytcp_segment *seg,
			 struct mytcp_range *range)
{
	mytcp_tx_segment(mytcp_tcb_sk(tcb), seg, range);
}

struct mytcp_range *mytcp_host_split(struct mytcp_tcb *tcb,
				     struct mytcp_range *range, u32 len)
{
	return mytcp_sndq_split(mytcp_tcb_sk(tcb), range, len);
}

/* Only what was received has an owner; see mytcp_rcvq_admit(). */
void mytcp_host_free(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	struct sk_buff *skb = mytcp_range_skb(range);

	if (skb->sk)
		kfree_skb(skb);
	else
		mytcp_sndq_free(mytcp_tcb_sk(tcb), skb);
}

void mytcp_host_deliver(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	mytcp_rcvq_deliver(mytcp_tcb_sk(tcb), mytcp_range_skb(range));
}

bool mytcp_host_admit(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	return mytcp_rcvq_admit(mytcp_tcb_sk(tcb), mytcp_range_skb(range));
}

u32 mytcp_host_room(struct mytcp_tcb *tcb, u32 *size)
{
	return mytcp_rcvq_room(mytcp_tcb_sk(tcb), size);
}

void mytcp_host_readable(struct mytcp_tcb *tcb)
{
	struct sock *sk = mytcp_tcb_sk(tcb);

	if (!sock_flag(sk, SOCK_DEAD) && mytcp_rcvq_readable(sk))
		sk->sk_data_ready(sk);
}

void mytcp_host_writable(struct mytcp_tcb *tcb)
{
	struct sock *sk = mytcp_tcb_sk(tcb);

	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		sk->sk_write_space(sk);
}

void mytcp_host_count(struct mytcp_tcb *tcb, enum mytcp_count what)
{
	struct sock *sk = mytcp_tcb_sk(tcb);

	if (what >= MYTCP_COUNT_DROPPED_FIRST &&
	    what <= MYTCP_COUNT_DROPPED_LAST)
		mytcp_rx_drop(&mytcp_sk(sk)->node, what);
	else
		mytcp_sk_count(sk, what);
}

void mytcp_host_advise(struct mytcp_tcb *tcb)
{
	struct sock *sk = mytcp_tcb_sk(tcb);

	dst_negative_advice(sk);
	sk_rethink_txhash(sk);
}

/* The peer will send nothing more. */
static void peer_done(struct sock *sk)
{
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);
}

static void wake(struct sock *sk, int how, int band)
{
	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	sk_wake_async(sk, how, band);
}

/* An ICMP error seen meanwhile tells more than that nobody answered. */
static void set_error(struct sock *sk, int err)
{
	if (err == ETIMEDOUT && sk->sk_err_soft)
		err = sk->sk_err_soft;
	WRITE_ONCE(sk->sk_err, err);
	smp_wmb(); /* with mytcp_sock_poll(), which reads the state first */
}

bool mytcp_host_shrink(struct mytcp_tcb *tcb)
{
	return mytcp_timewait_enter(mytcp_tcb_sk(tcb));
}

/*
 * The kernel takes a socket in TIME_WAIT for a minisock, so that state is
 * passed over; no one but the table sees it.
 */
void mytcp_host_state(struct mytcp_tcb *tcb, enum mytcp_state old)
{
	struct sock *sk = mytcp_tcb_sk(tcb);

	if (old != MYTCP_TIME_WAIT && !tcb->shrunk)
		trace_state(&mytcp_sk(sk)->node, old, tcb->state);
	if (tcb->err)
		set_error(sk, tcb->err);
	if (old == MYTCP_SYN_SENT)
		mytcp_rcvq_begin(sk, tcb->rcv_nxt);
	if (tcb->state != MYTCP_TIME_WAIT)
		inet_sk_set_state(sk, tcb->state);

	switch (tcb->state) {
	case MYTCP_ESTABLISHED:
		wake(sk, SOCK_WAKE_IO, POLL_OUT);
		break;
	case MYTCP_FIN_WAIT2:
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
		sk_dst_confirm(sk);
		wake(sk, SOCK_WAKE_WAITD, POLL_IN);
		break;
	case MYTCP_CLOSE_WAIT:
	case MYTCP_CLOSING:
		peer_done(sk);
		wake(sk, SOCK_WAKE_WAITD, sk->sk_shutdown == SHUTDOWN_MASK ?
					  POLL_HUP : POLL_IN);
		break;
	case MYTCP_TIME_WAIT:
		peer_done(sk);
		mytcp_timewait_enter(sk);
		break;
	case MYTCP_CLOSED:
		if (old != MYTCP_LISTEN)
			mytcp_sock_over(sk);
		break;
	default:
		break;
	}
}

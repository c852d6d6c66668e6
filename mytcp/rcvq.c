// SPDX-License-Identifier: GPL-2.0
/*
 * The receive queue: sk_receive_queue, in order and without a hole. What an skb
 * holds for the reader is said by its record, range->seq to range->end_seq;
 * octets before copied_seq, and such as lie beyond end_seq, are skipped.
 */
#include "rcvq.h"

#include <net/inet_common.h>

#include "core/seq.h"
#include "core/tcb.h"
#include "sock.h"

/**
 * mytcp_rcvq_admit() - charge a received skb to the socket
 * @sk: the socket, locked
 * @skb: within the window, in order or not
 *
 * What was offered is taken, though a peer that sends many small segments makes
 * it cost a multiple of the buffer; not any multiple. What comes next always
 * comes in while the reader waits for it, or a buffer filled from behind a hole
 * would never be drained.
 *
 * Return: false if the buffer or the memory of the protocol is full.
 */
bool mytcp_rcvq_admit(struct sock *sk, struct sk_buff *skb)
{
	const struct mytcp_range *range = mytcp_skb_range(skb);
	bool in_order = seq_leq(range->seq, mytcp_sk(sk)->tcb.rcv_nxt);
	s64 limit = (s64)READ_ONCE(sk->sk_rcvbuf) * (in_order ? 4 : 2);

	if (atomic_read(&sk->sk_rmem_alloc) > limit &&
	    !(in_order && skb_queue_empty(&sk->sk_receive_queue)))
		return false;
	if (!sk_rmem_schedule(sk, skb, skb->truesize))
		return false;
	skb_set_owner_r(skb, sk);
	return true;
}

/**
 * mytcp_rcvq_begin() - where the stream begins
 * @sk: the socket, locked, its queue empty
 * @seq: sequence number of the first octet
 */
void mytcp_rcvq_begin(struct sock *sk, u32 seq)
{
	WRITE_ONCE(mytcp_sk(sk)->queued_seq, seq);
	WRITE_ONCE(mytcp_sk(sk)->copied_seq, seq);
}

static bool whole(const struct sk_buff *skb, const struct mytcp_range *range)
{
	return skb->len == range->end_seq - range->seq;
}

/* Many small segments become one skb. Returns true if @skb is gone. */
static bool coalesce(struct sock *sk, struct sk_buff *skb)
{
	const struct mytcp_range *range = mytcp_skb_range(skb);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	u32 end_seq = range->end_seq;
	struct mytcp_range *last;
	bool stolen;
	int delta;

	if (!tail)
		return false;
	last = mytcp_skb_range(tail);
	if (last->end_seq != range->seq || !whole(tail, last) ||
	    !whole(skb, range) || !skb_try_coalesce(tail, skb, &stolen, &delta))
		return false;

	last->end_seq = end_seq;
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	kfree_skb_partial(skb, stolen);
	return true;
}

/**
 * mytcp_rcvq_deliver() - queue octets for the reader
 * @sk: the socket, locked
 * @skb: admitted; its record begins at or before what the reader has got so far
 */
void mytcp_rcvq_deliver(struct sock *sk, struct sk_buff *skb)
{
	u32 end_seq = mytcp_skb_range(skb)->end_seq;

	if (!coalesce(sk, skb))
		__skb_queue_tail(&sk->sk_receive_queue, skb);
	WRITE_ONCE(mytcp_sk(sk)->queued_seq, end_seq);
}

/**
 * mytcp_rcvq_len() - octets a reader could have now
 * @sk: the socket
 *
 * Any context, without the lock: what it returns may be old.
 *
 * Return: octets.
 */
u32 mytcp_rcvq_len(const struct sock *sk)
{
	const struct mytcp_sock *msk = mytcp_sk(sk);

	return READ_ONCE(msk->queued_seq) - READ_ONCE(msk->copied_seq);
}

/**
 * mytcp_rcvq_readable() - is there as much as the reader waits for?
 * @sk: the socket
 *
 * Any context, without the lock. A full buffer is enough, whatever SO_RCVLOWAT
 * says, for more will not come.
 *
 * Return: true if so, or if the stream has ended.
 */
bool mytcp_rcvq_readable(const struct sock *sk)
{
	u32 len = mytcp_rcvq_len(sk);
	u32 size;

	if (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		return true;
	if (!len)
		return false;
	return len >= sock_rcvlowat(sk, 0, INT_MAX) ||
	       mytcp_rcvq_room(sk, &size) < size / 8;
}

/**
 * mytcp_rcvq_set_lowat() - SO_RCVLOWAT
 * @sk: the socket, locked
 * @val: octets
 *
 * The buffer grows to hold them. proto_ops.set_rcvlowat.
 *
 * Return: 0.
 */
int mytcp_rcvq_set_lowat(struct sock *sk, int val)
{
	int max = READ_ONCE(mytcp_sk_net(sk)->rmem[2]);

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		max = sk->sk_rcvbuf;
	val = min(val, max / 2);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);
	if (mytcp_rcvq_readable(sk))
		sk->sk_data_ready(sk);

	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK) && val > sk->sk_rcvbuf / 2) {
		WRITE_ONCE(sk->sk_rcvbuf, val * 2);
		mytcp_receive(&mytcp_sk(sk)->tcb);
	}
	return 0;
}

/**
 * mytcp_rcvq_purge() - throw away what was not read
 * @sk: the socket, locked
 *
 * Return: true if there were octets the user had not read.
 */
bool mytcp_rcvq_purge(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	bool unread = mytcp_rcvq_len(sk);

	__skb_queue_purge(&sk->sk_receive_queue);
	WRITE_ONCE(msk->copied_seq, msk->queued_seq);
	return unread;
}

/* The skb that holds @seq, if it has arrived and nobody has read it. */
static struct sk_buff *find(struct sock *sk, u32 seq)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb)
		if (seq_lt(seq, mytcp_skb_range(skb)->end_seq))
			return seq_geq(seq, mytcp_skb_range(skb)->seq) ? skb :
									 NULL;
	return NULL;
}

/*
 * Copy from the queue what there is, up to @len octets from *@seq on. Returns how
 * many, or -EFAULT if not even the first.
 */
static int copy_queued(struct sock *sk, struct msghdr *msg, size_t len,
		       int flags, u32 *seq)
{
	struct sk_buff *skb;
	int copied = 0;

	while (len && (skb = find(sk, *seq))) {
		const struct mytcp_range *range = mytcp_skb_range(skb);
		size_t used = min_t(size_t, range->end_seq - *seq, len);

		if (!(flags & MSG_TRUNC) &&
		    skb_copy_datagram_msg(skb, *seq - range->seq, msg, used))
			return copied ?: -EFAULT;
		WRITE_ONCE(*seq, *seq + used);
		copied += used;
		len -= used;
		if (!(flags & MSG_PEEK) && *seq == range->end_seq)
			sk_eat_skb(sk, skb);
	}
	return copied;
}

/*
 * Nothing is queued. Returns 1 to go and wait, 0 at the end of the stream, or
 * the error that ends the call.
 */
static int why_not_wait(struct sock *sk, long timeo)
{
	if (sock_flag(sk, SOCK_DONE))
		return 0;
	if (sk->sk_err)
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	if (!timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	return 1;
}

static bool enough(struct sock *sk, long timeo)
{
	return sk->sk_err || sk->sk_state == TCP_CLOSE || !timeo ||
	       sk->sk_shutdown & RCV_SHUTDOWN || signal_pending(current);
}

static int recv(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	int target = sock_rcvlowat(sk, flags & MSG_WAITALL, len);
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	struct mytcp_sock *msk = mytcp_sk(sk);
	u32 begin = msk->copied_seq, peek_seq = begin;
	u32 *seq = flags & MSG_PEEK ? &peek_seq : &msk->copied_seq;
	int copied = 0;
	int got;

	if (!len && !skb_queue_empty(&sk->sk_receive_queue))
		return 0;
	do {
		/* While this one slept another reader took what was peeked. */
		if (msk->copied_seq != begin) {
			begin = msk->copied_seq;
			peek_seq = begin;
		}
		got = copy_queued(sk, msg, len - copied, flags, seq);
		if (got < 0)
			return copied ?: got;
		copied += got;
		if (got && !(flags & MSG_PEEK))
			mytcp_receive(&msk->tcb);

		if (copied >= target) {
			/* Another segment may be waiting at the door. */
			if (copied == len || !READ_ONCE(sk->sk_backlog.tail))
				break;
			release_sock(sk);
			lock_sock(sk);
			if (!find(sk, *seq))
				break;
			continue;
		}
		if (copied && enough(sk, timeo))
			break;
		if (!copied) {
			int why = why_not_wait(sk, timeo);

			if (why <= 0)
				return why;
		}
		got = sk_wait_data(sk, &timeo,
				   skb_peek_tail(&sk->sk_receive_queue));
		if (got < 0)
			return copied ?: got;
	} while (copied < len);

	return copied;
}

/**
 * mytcp_rcvq_recvmsg() - read
 * @sk: the socket
 * @msg: where to
 * @size: octets at most
 * @flags: MSG_PEEK, MSG_WAITALL, MSG_TRUNC, MSG_DONTWAIT, MSG_ERRQUEUE
 * @addr_len: not written: a stream's messages have no sender
 *
 * Process context. proto.recvmsg.
 *
 * Return: octets read, 0 at the end of the stream or for @size 0, or -EAGAIN,
 * -ENOTCONN, -EFAULT, -EINVAL (MSG_OOB), -EINTR, -ERESTARTSYS or the
 * connection's error.
 */
int mytcp_rcvq_recvmsg(struct sock *sk, struct msghdr *msg, size_t size,
		       int flags, int *addr_len)
{
	int ret;

	if (flags & MSG_ERRQUEUE)
		return inet_recv_error(sk, msg, size, addr_len);

	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN)
		ret = -ENOTCONN;
	else if (flags & MSG_OOB)
		ret = -EINVAL;
	else
		ret = recv(sk, msg, size, flags);
	release_sock(sk);
	return ret;
}

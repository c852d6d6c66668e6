// SPDX-License-Identifier: GPL-2.0
/*
 * The send queue. An skb carries the octets of one range of the core's sndq in
 * page fragments; what goes out is a clone. An skb without skb->sk is of this
 * queue; its memory counts in sk_wmem_queued.
 */
#include "sndq.h"

#include <linux/skbuff.h>

#include "core/tcb.h"
#include "sock.h"
#include "tx.h"

/**
 * mytcp_sndq_free() - an skb of the send queue goes
 * @sk: the socket, locked
 * @skb: acknowledged, or never to be sent
 */
void mytcp_sndq_free(struct sock *sk, struct sk_buff *skb)
{
	sk_wmem_queued_add(sk, -skb->truesize);
	sk_mem_uncharge(sk, skb->truesize);
	__kfree_skb(skb);
}

static struct sk_buff *alloc(struct sock *sk, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb_fclone(MYTCP_HEADROOM, gfp);

	if (!skb)
		return NULL;
	if (!sk_wmem_schedule(sk, skb->truesize)) {
		__kfree_skb(skb);
		return NULL;
	}
	skb_reserve(skb, MYTCP_HEADROOM);
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	return skb;
}

/**
 * mytcp_sndq_split() - cut an skb of the send queue in two
 * @sk: the socket, locked
 * @range: its record, which keeps the first @len octets
 * @len: more than 0, less than the range holds
 *
 * Return: the record of a new skb with the rest, or NULL without memory.
 */
struct mytcp_range *mytcp_sndq_split(struct sock *sk,
				     struct mytcp_range *range, u32 len)
{
	struct sk_buff *skb = mytcp_range_skb(range);
	struct mytcp_range *rest_range;
	struct sk_buff *rest;
	int moved, grown;

	/* A clone may be on its way: leave it the fragments it has. */
	grown = -skb->truesize;
	if (skb_unclone(skb, GFP_ATOMIC))
		return NULL;
	grown += skb->truesize;
	sk_wmem_queued_add(sk, grown);
	sk_mem_charge(sk, grown);

	rest = alloc(sk, GFP_ATOMIC);
	if (!rest)
		return NULL;
	moved = skb->len - len;
	skb_split(skb, rest, len);
	skb->truesize -= moved;
	rest->truesize += moved;

	rest_range = mytcp_skb_range(rest);
	*rest_range = (struct mytcp_range){
		.seq = range->seq + len,
		.end_seq = range->end_seq,
	};
	range->end_seq = range->seq + len;
	return rest_range;
}

/**
 * mytcp_sndq_write_space() - memory was freed: wake who waits for it
 * @sk: the socket, locked
 *
 * sk->sk_write_space.
 */
void mytcp_sndq_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	if (!sock || !sk_stream_is_writeable(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM |
						      EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}

/*
 * Octets of the user into an skb. Returns how many, 0 if it takes no more,
 * -ENOBUFS if the socket has no memory, -EFAULT.
 */
static int fill(struct sock *sk, struct sk_buff *skb, struct msghdr *msg,
		u32 goal)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags;
	bool merge;
	int copy;
	int err;

	if (skb->len >= goal)
		return 0;
	if (!sk_page_frag_refill(sk, pfrag))
		return -ENOBUFS;
	merge = skb_can_coalesce(skb, i, pfrag->page, pfrag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return 0;

	copy = min_t(size_t, msg_data_left(msg), goal - skb->len);
	copy = min_t(int, copy, pfrag->size - pfrag->offset);
	if (!sk_wmem_schedule(sk, copy))
		return -ENOBUFS;
	err = skb_copy_to_page_nocache(sk, &msg->msg_iter, skb, pfrag->page,
				       pfrag->offset, copy);
	if (err)
		return err;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], copy);
	} else {
		skb_fill_page_desc(skb, i, pfrag->page, pfrag->offset, copy);
		get_page(pfrag->page);
	}
	pfrag->offset += copy;
	return copy;
}

/* As fill(), into the last skb of the queue. */
static int extend(struct sock *sk, struct msghdr *msg, u32 goal)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;
	struct mytcp_range *range = mytcp_send_tail(tcb);
	int copied;

	if (!range)
		return 0;
	copied = fill(sk, mytcp_range_skb(range), msg, goal);
	if (copied > 0)
		mytcp_send_extend(tcb, range, copied);
	return copied;
}

/* As fill(), into a new skb. */
static int append(struct sock *sk, struct msghdr *msg, u32 goal)
{
	struct sk_buff *skb;
	int copied;

	if (!sk_stream_memory_free(sk))
		return -ENOBUFS;
	skb = alloc(sk, sk->sk_allocation);
	if (!skb)
		return -ENOBUFS;
	copied = fill(sk, skb, msg, goal);
	if (copied > 0)
		mytcp_send_queue(&mytcp_sk(sk)->tcb, mytcp_skb_range(skb),
				 copied);
	else
		mytcp_sndq_free(sk, skb);
	return copied;
}

/* The end of what the user has written for now, or room is wanted: send. */
static void push(struct sock *sk, bool more)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;
	struct mytcp_range *tail = mytcp_send_tail(tcb);
	bool cork = tcb->cork;

	if (tail && !more)
		tail->flags |= MYTCP_PSH;
	tcb->cork |= more;
	mytcp_output(tcb);
	tcb->cork = cork;
}

static int send(struct sock *sk, struct msghdr *msg, int flags, long *timeo)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;
	int copied = 0;
	int err = 0;

	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	do {
		u32 goal = mytcp_output_mss(tcb);
		int added;

		err = -EPIPE;
		if (sk->sk_err || sk->sk_shutdown & SEND_SHUTDOWN)
			break;
		err = 0;
		if (!msg_data_left(msg))
			break;

		added = extend(sk, msg, goal);
		if (!added) {
			/* The last one is full. */
			if (tcb->send_head)
				mytcp_output(tcb);
			added = append(sk, msg, goal);
		}
		if (added >= 0) {
			copied += added;
			continue;
		}
		err = added;
		if (err != -ENOBUFS)
			break;

		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		push(sk, false);
		err = sk_stream_wait_memory(sk, timeo);
	} while (!err);

	if (copied)
		push(sk, flags & MSG_MORE);
	return copied ?: err;
}

/**
 * mytcp_sndq_sendmsg() - write
 * @sk: the socket
 * @msg: what
 * @size: octets
 *
 * Process context. proto.sendmsg. MSG_DONTWAIT, MSG_MORE, MSG_NOSIGNAL and
 * MSG_EOR mean what they mean for TCP.
 *
 * Return: octets queued, which may be fewer than @size without waiting, or
 * -EAGAIN, -EPIPE (with SIGPIPE), -EFAULT, -EOPNOTSUPP (MSG_OOB), -EINTR,
 * -ERESTARTSYS or the connection's error.
 */
int mytcp_sndq_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	int flags = msg->msg_flags;
	long timeo;
	int ret;

	if (flags & (MSG_OOB | MSG_FASTOPEN))
		return -EOPNOTSUPP;

	lock_sock(sk);
	timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	ret = 0;
	if (!((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)))
		ret = sk_stream_wait_connect(sk, &timeo);
	if (!ret)
		ret = send(sk, msg, flags, &timeo);
	if (ret < 0) {
		ret = sk_stream_error(sk, flags, ret);
		/* Edge-triggered epoll is told again once there is room. */
		if (ret == -EAGAIN && mytcp_ranges_empty(&mytcp_sk(sk)->tcb.sndq))
			sk->sk_write_space(sk);
	}
	release_sock(sk);
	return ret;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* The receive queue: octets in order that the user has not read. */
#ifndef MYTCP_RCVQ_H
#define MYTCP_RCVQ_H

#include <linux/bitops.h>
#include <net/sock.h>

#include "net.h"
#include "sock.h"

/* Half of the buffer is taken for what skbs cost beside their payload. */
static inline u32 mytcp_rcvq_payload(int space)
{
	return space > 0 ? space / 2 : 0;
}

/**
 * mytcp_rcvq_room() - what the buffer has left
 * @sk: the socket, locked
 * @size: set to what it holds when empty, octets
 *
 * Return: octets.
 */
static inline u32 mytcp_rcvq_room(const struct sock *sk, u32 *size)
{
	int rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	u32 clamp = mytcp_sk(sk)->user.window_clamp ?: U32_MAX;

	*size = min(mytcp_rcvq_payload(rcvbuf), clamp);
	rcvbuf -= READ_ONCE(sk->sk_backlog.len) +
		  atomic_read(&sk->sk_rmem_alloc);
	return min(mytcp_rcvq_payload(rcvbuf), clamp);
}

/**
 * mytcp_rcvq_wscale() - the window scale to ask for
 * @sk: the socket, or a listener for its children; locked or not
 * @mn: its namespace
 *
 * The handshake is the only time to say it, and the buffer may grow later, by
 * SO_RCVBUF or SO_RCVLOWAT: the largest it can get counts.
 *
 * Return: the smallest shift that lets a window field say all of it.
 */
static inline u8 mytcp_rcvq_wscale(const struct sock *sk,
				   const struct mytcp_net *mn)
{
	int space = max3(READ_ONCE(mn->rmem[2]),
			 READ_ONCE(sk->sk_rcvbuf),
			 (int)READ_ONCE(sysctl_rmem_max));
	u32 clamp = mytcp_sk(sk)->user.window_clamp ?: U32_MAX;
	u32 wnd = min(mytcp_rcvq_payload(space), clamp);

	if (!wnd)
		return 0;
	return min(fls((wnd - 1) / U16_MAX), MYTCP_WSCALE_MAX);
}

int mytcp_rcvq_recvmsg(struct sock *sk, struct msghdr *msg, size_t size,
		       int flags, int *addr_len);
int mytcp_rcvq_set_lowat(struct sock *sk, int val);
void mytcp_rcvq_begin(struct sock *sk, u32 seq);
bool mytcp_rcvq_admit(struct sock *sk, struct sk_buff *skb);
void mytcp_rcvq_deliver(struct sock *sk, struct sk_buff *skb);
bool mytcp_rcvq_readable(const struct sock *sk);
u32 mytcp_rcvq_len(const struct sock *sk);
bool mytcp_rcvq_purge(struct sock *sk);

#endif /* MYTCP_RCVQ_H */

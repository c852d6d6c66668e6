/* SPDX-License-Identifier: GPL-2.0 */
/* The receive queue: octets in order that the user has not read. */
#ifndef MYTCP_RCVQ_H
#define MYTCP_RCVQ_H

#include <net/sock.h>

int mytcp_rcvq_recvmsg(struct sock *sk, struct msghdr *msg, size_t size,
		       int flags, int *addr_len);
int mytcp_rcvq_set_lowat(struct sock *sk, int val);
void mytcp_rcvq_begin(struct sock *sk, u32 seq);
u32 mytcp_rcvq_room(const struct sock *sk, u32 *size);
u8 mytcp_rcvq_wscale(const struct sock *sk);
bool mytcp_rcvq_admit(struct sock *sk, struct sk_buff *skb);
void mytcp_rcvq_deliver(struct sock *sk, struct sk_buff *skb);
bool mytcp_rcvq_readable(const struct sock *sk);
u32 mytcp_rcvq_len(const struct sock *sk);
bool mytcp_rcvq_purge(struct sock *sk);

#endif /* MYTCP_RCVQ_H */

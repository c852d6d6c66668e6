/* SPDX-License-Identifier: GPL-2.0 */
/* The send queue: octets the user has written and the peer has not confirmed. */
#ifndef MYTCP_SNDQ_H
#define MYTCP_SNDQ_H

#include <net/sock.h>

struct mytcp_range;

int mytcp_sndq_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
struct mytcp_range *mytcp_sndq_split(struct sock *sk,
				     struct mytcp_range *range, u32 len);
void mytcp_sndq_free(struct sock *sk, struct sk_buff *skb);
void mytcp_sndq_write_space(struct sock *sk);

#endif /* MYTCP_SNDQ_H */

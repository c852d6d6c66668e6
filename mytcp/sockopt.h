/* SPDX-License-Identifier: GPL-2.0 */
/* Socket options: those of SOL_TCP here, those of IP by the kernel. */
#ifndef MYTCP_SOCKOPT_H
#define MYTCP_SOCKOPT_H

#include <net/sock.h>

int mytcp_sockopt_set(struct sock *sk, int level, int optname,
		      sockptr_t optval, unsigned int optlen);
int mytcp_sockopt_get(struct sock *sk, int level, int optname,
		      char __user *optval, int __user *optlen);
void mytcp_sockopt_keepalive(struct sock *sk, int on);

#endif /* MYTCP_SOCKOPT_H */

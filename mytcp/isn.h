/* SPDX-License-Identifier: GPL-2.0 */
/* Initial sequence numbers (RFC 6528). */
#ifndef MYTCP_ISN_H
#define MYTCP_ISN_H

#include <linux/types.h>

struct mytcp_node;
struct sock;

u32 mytcp_node_isn(struct mytcp_node *node);
u32 mytcp_sock_isn(struct sock *sk);

#endif /* MYTCP_ISN_H */

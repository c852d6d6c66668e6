/* SPDX-License-Identifier: GPL-2.0 */
/* Where numbers begin: sequences (RFC 6528) and timestamps (RFC 7323). */
#ifndef MYTCP_ISN_H
#define MYTCP_ISN_H

#include <linux/types.h>

struct mytcp_node;
struct sock;

u32 mytcp_node_isn(struct mytcp_node *node);
u32 mytcp_node_ts_offset(struct mytcp_node *node);
u32 mytcp_sock_isn(struct sock *sk);

#endif /* MYTCP_ISN_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Local ports: who is bound to them, and which one connect() takes. */
#ifndef MYTCP_PORT_H
#define MYTCP_PORT_H

#include <linux/types.h>

struct mytcp_node;
struct mytcp_port;
struct mytcp_timewait;
struct sock;

int mytcp_port_init(void);
void mytcp_port_exit(void);

int mytcp_port_get(struct sock *sk, unsigned short snum);
int mytcp_port_connect(struct sock *sk, struct mytcp_timewait *before);
int mytcp_port_inherit(struct sock *child, struct sock *listener);
void mytcp_port_put(struct sock *sk);

/* A TIME_WAIT entry keeps its port busy. */
int mytcp_port_wait(struct sock *sk, struct mytcp_node *node);
void mytcp_port_unwait(struct mytcp_node *node);

#endif /* MYTCP_PORT_H */

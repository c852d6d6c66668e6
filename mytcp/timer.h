/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel timer behind a connection's deadlines. */
#ifndef MYTCP_TIMER_H
#define MYTCP_TIMER_H

#include <net/sock.h>

void mytcp_timer_setup(struct sock *sk);
void mytcp_timer_cancel(struct sock *sk);
void mytcp_timer_deferred(struct sock *sk);

#endif /* MYTCP_TIMER_H */

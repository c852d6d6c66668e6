/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/net/mytcp and /proc/net/mytcp_stat. */
#ifndef MYTCP_PROC_H
#define MYTCP_PROC_H

struct net;

int mytcp_proc_init(struct net *net);
void mytcp_proc_exit(struct net *net);

#endif /* MYTCP_PROC_H */

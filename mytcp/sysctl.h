/* SPDX-License-Identifier: GPL-2.0 */
/* net.mytcp.*: a namespace's settings. */
#ifndef MYTCP_SYSCTL_H
#define MYTCP_SYSCTL_H

struct ctl_table_header;
struct mytcp_net;
struct net;

struct ctl_table_header *mytcp_sysctl_register(struct net *net,
					       struct mytcp_net *mn);
void mytcp_sysctl_unregister(struct ctl_table_header *header);

#endif /* MYTCP_SYSCTL_H */

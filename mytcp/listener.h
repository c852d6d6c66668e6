/* SPDX-License-Identifier: GPL-2.0 */
/* Who listens, and who of several that share a port by SO_REUSEPORT. */
#ifndef MYTCP_LISTENER_H
#define MYTCP_LISTENER_H

#include <linux/types.h>

struct mytcp_key;
struct mytcp_node;
struct seq_file;
struct sock;

void mytcp_listener_init(void);
void mytcp_listener_add(struct sock *sk);
void mytcp_listener_remove(struct sock *sk);
struct sock *mytcp_listener_find(struct mytcp_key *key);
struct sock *mytcp_listener_chosen(struct mytcp_key *key,
				   const u32 cookie[2]);
struct sock *mytcp_listener_heir(struct sock *sk,
				 const struct mytcp_node *node);

/* For /proc, as those of table.h. */
unsigned long mytcp_listener_places(void);
bool mytcp_listener_place_empty(unsigned long place);
void mytcp_listener_show(unsigned long place, struct seq_file *seq,
			 void (*show)(struct seq_file *, struct sock *));

#endif /* MYTCP_LISTENER_H */

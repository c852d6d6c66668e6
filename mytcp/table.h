/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who owns a pair of endpoints.
 *
 * A bucket has a lock and three chains, one for each kind of node. Readers walk
 * them under RCU in the order in which an entry moves, half-open, socket,
 * TIME_WAIT; writers insert the new before they remove the old, and so nobody
 * misses an entry on its way.
 */
#ifndef MYTCP_TABLE_H
#define MYTCP_TABLE_H

#include <linux/refcount.h>

#include "node.h"

struct dst_entry;
struct seq_file;
struct sock;

/**
 * struct mytcp_key - the endpoints of a segment, from the receiver's side
 * @addr6: of an IPv6 one
 * @node: the rest, as a node; what bound_dev_if is to be, the listener says
 * @iif: the device it came by
 * @sdif: the device enslaved to that one, 0 without a VRF
 * @back: the way back to the sender, if it was looked up already; under RCU
 */
struct mytcp_key {
	struct mytcp_addr6 addr6;
	struct mytcp_node node;
	int iif;
	int sdif;
	struct dst_entry *back;
};

/* Did the segment come by the device that somebody is bound to, if any? */
static inline bool mytcp_key_by_device(const struct mytcp_key *key, int bound)
{
	return !bound || bound == key->iif ||
	       (key->sdif && bound == key->sdif);
}

/**
 * struct mytcp_mini - begin of a half-open and of a TIME_WAIT entry
 * @node: endpoints and place in the table
 * @ref: references
 * @cpu: for the owner
 */
struct mytcp_mini {
	struct mytcp_node node;
	refcount_t ref;
	u16 cpu;
};

int mytcp_table_init(void);
void mytcp_table_exit(void);

void mytcp_node_hash(struct mytcp_node *node);
void mytcp_node_fill(struct sock *sk);
void mytcp_node_copy(struct mytcp_node *to, struct mytcp_node *from);
struct sock *mytcp_node_sk(struct mytcp_node *node);
void mytcp_node_put(struct mytcp_node *node);

struct mytcp_node *mytcp_table_lookup(struct mytcp_key *key);
int mytcp_table_insert(struct mytcp_node *node);
bool mytcp_table_remove(struct mytcp_node *node);
bool mytcp_table_replace(struct mytcp_node *old, struct mytcp_node *new);
struct mytcp_node *mytcp_table_rival(struct mytcp_node *node);

int mytcp_table_insert_sock(struct sock *sk);
void mytcp_table_remove_sock(struct sock *sk);
struct sock *mytcp_table_next_sock(const struct net *net, unsigned long *place);
bool mytcp_table_has_sock(const struct sock *sk);

/* For /proc: one place after the other, each shown under its lock. */
unsigned long mytcp_table_places(void);
bool mytcp_table_place_empty(unsigned long place);
void mytcp_table_show(unsigned long place, struct seq_file *seq,
		      void (*show)(struct seq_file *, struct mytcp_node *));

#endif /* MYTCP_TABLE_H */

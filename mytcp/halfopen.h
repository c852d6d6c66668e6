/* SPDX-License-Identifier: GPL-2.0 */
/* A half-open connection: what stands in the table between SYN and third ACK. */
#ifndef MYTCP_HALFOPEN_H
#define MYTCP_HALFOPEN_H

#include <net/ipv6.h>

#include "af.h"
#include "core/count.h"
#include "core/half.h"
#include "rcvq.h"
#include "table.h"

/* What a half-open connection lacks to become one. */
enum mytcp_lack {
	MYTCP_LACK_ACK,		/* the third ACK */
	MYTCP_LACK_DATA,	/* TCP_DEFER_ACCEPT: the client's first octet */
	MYTCP_LACK_ROOM,	/* a place in the accept queue */
};

/**
 * struct mytcp_halfopen - a half-open connection
 * @mini: endpoints, place in the table, references
 * @half: what the core keeps
 * @listener: no reference: an entry in the table has a listener, and who finds
 *	one under RCU may use it until the end of the grace period
 * @due_ms: low 32 bits of the millisecond in which the SYN+ACK is repeated
 * @lacks: enum mytcp_lack. What lacks room stays as long as its client answers
 *	repeated SYN+ACKs.
 * @complete: nothing but room has ever been lacking since; the client need not
 *	send its first octet again
 * @level: place in a queue of the backlog, whose lock it and the four before
 *	belong to
 */
struct mytcp_halfopen {
	struct mytcp_mini mini;
	struct mytcp_half half;
	struct sock *listener;
	u32 due_ms;
	u8 lacks;
	bool complete;
	struct list_head level;
};

static inline struct mytcp_halfopen *mytcp_halfopen(struct mytcp_node *node)
{
	return container_of(node, struct mytcp_halfopen, mini.node);
}

/**
 * mytcp_halfopen_own() - a segment's key becomes that of a connection
 * @sk: the listener, not locked
 * @key: the segment's
 */
static inline void mytcp_halfopen_own(const struct sock *sk,
				      struct mytcp_key *key)
{
	key->node.bound_dev_if = sk->sk_bound_dev_if;
	if (key->node.family == AF_INET6 &&
	    ipv6_addr_type(&key->addr6.raddr) & IPV6_ADDR_LINKLOCAL)
		key->node.bound_dev_if = key->iif;
}

/**
 * mytcp_halfopen_window() - the window a SYN+ACK offers
 * @sk: the listener, not locked
 *
 * Return: octets.
 */
static inline u16 mytcp_halfopen_window(const struct sock *sk)
{
	u32 size;

	return min_t(u32, mytcp_rcvq_room(sk, &size), U16_MAX);
}

/**
 * mytcp_halfopen_scale() - the window scale a SYN+ACK asks for
 * @sk: the listener, not locked
 * @half: from mytcp_halfopen_offer(), to be an entry or a cookie in an option;
 *	one of 32 bits has a scale of its own
 *
 * Softirq.
 */
static inline void mytcp_halfopen_scale(const struct sock *sk,
					struct mytcp_half *half)
{
	if (half->has & MYTCP_OPT_WSCALE)
		half->rcv_wscale = mytcp_rcvq_wscale(sk, mytcp_sk_net(sk));
}

/**
 * mytcp_halfopen_route() - the way to a client
 * @sk: the listener, not locked
 * @own: the connection's key
 * @skb: gets the route
 * @half: its adv_mss is set
 *
 * Softirq, under RCU.
 *
 * Return: 0, or a negative errno without a way to the client.
 */
static inline int mytcp_halfopen_route(struct sock *sk, struct mytcp_key *own,
				       struct sk_buff *skb,
				       struct mytcp_half *half)
{
	const struct mytcp_af *af = mytcp_af_find(sk->sk_family,
						  own->node.family);
	u16 user_mss = mytcp_sk(sk)->user.mss;
	int mss = af->route_back(sk, &own->node, skb, own->back);

	if (mss <= 0)
		return mss ?: -EMSGSIZE;
	half->adv_mss = user_mss ? min_t(int, mss, user_mss) : mss;
	return 0;
}

int mytcp_halfopen_init(void);
void mytcp_halfopen_exit(void);

int mytcp_halfopen_offer(struct sock *sk, struct mytcp_key *own,
			 struct sk_buff *skb, const struct mytcp_segment *syn,
			 struct mytcp_node *timewait, struct mytcp_half *half);
struct mytcp_halfopen *mytcp_halfopen_new(struct sock *sk,
					  struct mytcp_key *own,
					  const struct mytcp_half *core);
void mytcp_halfopen_free(struct mytcp_node *node);
void mytcp_halfopen_repeat(struct mytcp_halfopen *half);

#endif /* MYTCP_HALFOPEN_H */

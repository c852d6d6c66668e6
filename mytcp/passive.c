// SPDX-License-Identifier: GPL-2.0
#include "passive.h"

#include <net/inet_sock.h>

#include "backlog.h"
#include "halfopen.h"
#include "net.h"
#include "port.h"
#include "rx.h"
#include "sock.h"
#include "trace.h"
#include "tx.h"

/*
 * Why no entry is made of a SYN, MYTCP_COUNTS if nothing speaks against it. A
 * full accept queue does not while the half-open queue has room, for there may
 * be room when the handshake is complete; but without cookies there soon would
 * be no answer for anybody.
 */
static enum mytcp_count refusal(const struct mytcp_backlog *backlog)
{
	const struct mytcp_net *mn = mytcp_net(sock_net(backlog->sk));

	if (!READ_ONCE(mn->syncookies) && sk_acceptq_is_full(backlog->sk))
		return MYTCP_COUNT_ACCEPT_QUEUE_FULL;
	if (mytcp_backlog_full(backlog))
		return MYTCP_COUNT_SYN_QUEUE_FULL;
	return MYTCP_COUNTS;
}

static void drop(const struct mytcp_backlog *backlog, struct mytcp_node *node,
		 enum mytcp_count why)
{
	mytcp_backlog_count(backlog, why);
	trace_drop(node, why);
}

/**
 * mytcp_passive_syn() - a SYN for a listener
 * @sk: the listener, with a reference of the caller's
 * @key: its endpoints
 * @skb: the SYN; stays the caller's
 * @seg: its header
 * @timewait: entry of an earlier connection with the same endpoints, or NULL
 *
 * Makes a half-open entry, if there is room, and answers with a SYN+ACK.
 * Softirq, under RCU.
 *
 * Return: 0, or -EAGAIN if the listener has just been closed: look again.
 */
int mytcp_passive_syn(struct sock *sk, struct mytcp_key *key,
		      struct sk_buff *skb, const struct mytcp_segment *seg,
		      struct mytcp_node *timewait)
{
	struct mytcp_backlog *backlog;
	struct mytcp_halfopen *half;
	enum mytcp_count why;

	backlog = rcu_dereference(mytcp_sk(sk)->backlog);
	if (!backlog)
		return -EAGAIN;
	if (!mytcp_rx_filter(sk, skb)) {
		why = MYTCP_COUNT_RX_FILTERED;
		goto drop;
	}
	why = refusal(backlog);
	if (why == MYTCP_COUNT_SYN_QUEUE_FULL)
		mytcp_backlog_tell(backlog, "SYNs are dropped");
	if (why != MYTCP_COUNTS)
		goto drop;
	half = mytcp_halfopen_new(sk, key, seg, timewait, &why);
	if (!half)
		goto drop;
	why = mytcp_backlog_publish(backlog, half, timewait);
	if (why != MYTCP_COUNTS) {
		/* Who held the memory's last entry may hold this one too. */
		mytcp_node_put(&half->mini.node);
		mytcp_node_put(&half->mini.node);
		if (why == MYTCP_COUNT_RX_NO_SOCKET)
			return -EAGAIN;
		goto drop;
	}

	mytcp_backlog_count(backlog, MYTCP_COUNT_HALF_OPENED);
	trace_state(&half->mini.node, MYTCP_LISTEN, MYTCP_SYN_RECV);
	mytcp_halfopen_synack(half, false);
	mytcp_node_put(&half->mini.node);
	return 0;

drop:
	drop(backlog, &key->node, why);
	return 0;
}

static int complete_handshake(struct mytcp_backlog *backlog,
			      struct mytcp_halfopen *half, struct sk_buff *skb,
			      const struct mytcp_segment *seg)
{
	struct sock *sk = backlog->sk, *child;
	struct net *net = sock_net(sk);
	int err;

	child = mytcp_sock_child(sk, &half->half, &half->mini.node, skb);
	if (!child) {
		mytcp_backlog_unreserve(backlog);
		drop(backlog, &half->mini.node, MYTCP_COUNT_SYN_NO_MEMORY);
		return 0;
	}
	mytcp_node_copy(&mytcp_sk(child)->node, &half->mini.node);
	mytcp_sk(child)->node.kind = MYTCP_KIND_SOCK;

	bh_lock_sock_nested(child);
	err = mytcp_port_inherit(child, sk);
	if (!err && !mytcp_backlog_promote(backlog, half, child))
		err = -EAGAIN;
	if (err) {
		mytcp_backlog_unreserve(backlog);
		mytcp_sock_discard(child, false);
	} else {
		mytcp_backlog_count(backlog, MYTCP_COUNT_HALF_ESTABLISHED);
		mytcp_count(net, MYTCP_COUNT_PASSIVE_OPENS);
		mytcp_sock_process(child, skb, seg);
		sk->sk_data_ready(sk);
	}
	bh_unlock_sock(child);
	sock_put(child);
	return err ?: 1;
}

/* Is all that the segment has to say that the SYN+ACK has come? */
static bool bare_ack(const struct mytcp_half *half,
		     const struct mytcp_segment *seg)
{
	return mytcp_segment_end(seg) == half->irs + 1;
}

/* The third ACK. */
static int take_ack(struct mytcp_backlog *backlog, struct mytcp_halfopen *half,
		    struct sk_buff *skb, const struct mytcp_segment *seg)
{
	struct mytcp_net *mn = mytcp_net(sock_net(backlog->sk));
	struct mytcp_segment reset;
	int err;

	if (bare_ack(&half->half, seg) && mytcp_backlog_defer(backlog, half)) {
		mytcp_backlog_count(backlog, MYTCP_COUNT_ACCEPT_DEFERRED);
		return 0;
	}
	err = mytcp_backlog_reserve(backlog, half);
	if (!err)
		return complete_handshake(backlog, half, skb, seg);
	if (err == -EAGAIN)
		return err;

	drop(backlog, &half->mini.node, MYTCP_COUNT_ACCEPT_QUEUE_FULL);
	if (!READ_ONCE(mn->abort_on_overflow))
		return 0;
	mytcp_segment_reset(seg, &reset);
	mytcp_tx_reply(&half->mini.node, skb, &reset);
	mytcp_backlog_cut(backlog, half, MYTCP_COUNT_HALF_RESETS);
	return 0;
}

/**
 * mytcp_passive_rcv() - a segment for a half-open entry
 * @node: the entry's, with a reference of the caller's
 * @skb: the segment
 * @seg: its header
 *
 * Softirq, under RCU.
 *
 * Return: 1 if the entry has become a connection that took the skb, -EAGAIN if
 * the entry was gone: look again; else the skb stays the caller's.
 */
int mytcp_passive_rcv(struct mytcp_node *node, struct sk_buff *skb,
		      const struct mytcp_segment *seg)
{
	struct mytcp_halfopen *half = mytcp_halfopen(node);
	struct net *net = read_pnet(&node->net);
	struct sock *listener = READ_ONCE(half->listener);
	struct mytcp_backlog *backlog;
	struct mytcp_segment reply;

	backlog = rcu_dereference(mytcp_sk(listener)->backlog);
	if (!backlog)
		return -EAGAIN;
	if (!mytcp_rx_filter(listener, skb)) {
		drop(backlog, node, MYTCP_COUNT_RX_FILTERED);
		return 0;
	}

	switch (mytcp_half_input(&half->half, &mytcp_net(net)->cfg, seg,
				 &reply)) {
	case MYTCP_OPEN:
		return take_ack(backlog, half, skb, seg);
	case MYTCP_REPEAT:
		mytcp_backlog_count(backlog, MYTCP_COUNT_SYN_DUPLICATES);
		mytcp_tx_half(listener, node, &reply);
		return 0;
	case MYTCP_REPLY:
		mytcp_tx_reply(node, skb, &reply);
		return 0;
	case MYTCP_RESET:
		return mytcp_backlog_cut(backlog, half,
					 MYTCP_COUNT_HALF_RESETS) ? 0 : -EAGAIN;
	default:
		if (seg->flags & MYTCP_RST)
			mytcp_count(net, MYTCP_COUNT_RX_RESET_IGNORED);
		return 0;
	}
}

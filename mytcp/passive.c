// SPDX-License-Identifier: GPL-2.0
#include "passive.h"

#include <net/inet_sock.h>

#include "backlog.h"
#include "halfopen.h"
#include "net.h"
#include "port.h"
#include "rx.h"
#include "sock.h"
#include "syncookie.h"
#include "timewait.h"
#include "trace.h"
#include "tx.h"

/*
 * Why no entry is made of a SYN, MYTCP_COUNTS if nothing speaks against it. A
 * full accept queue does not while the half-open queue has room, for there may
 * be room when the handshake is complete; but without cookies there soon would
 * be no answer for anybody.
 */
static enum mytcp_count refusal(const struct mytcp_backlog *backlog,
				const struct mytcp_net *mn)
{
	if (!READ_ONCE(mn->syncookies) && sk_acceptq_is_full(backlog->sk))
		return MYTCP_COUNT_ACCEPT_QUEUE_FULL;
	if (mytcp_backlog_full(backlog, mn))
		return MYTCP_COUNT_SYN_QUEUE_FULL;
	return MYTCP_COUNTS;
}

static void drop(const struct mytcp_backlog *backlog, struct mytcp_node *node,
		 enum mytcp_count why)
{
	mytcp_backlog_count(backlog, why);
	trace_drop(node, why);
}

/*
 * An entry is made, and the SYN answered, which consumes it. Returns the counter
 * of what is against it, MYTCP_COUNTS if nothing is.
 */
static enum mytcp_count keep(struct mytcp_backlog *backlog,
			     struct mytcp_key *own, struct sk_buff *skb,
			     const struct mytcp_half *offer,
			     struct mytcp_node *timewait)
{
	struct sock *sk = backlog->sk;
	struct mytcp_halfopen *half;
	struct mytcp_segment synack __uninitialized;
	enum mytcp_count why;

	half = mytcp_halfopen_new(sk, own, offer);
	if (!half)
		return MYTCP_COUNT_SYN_NO_MEMORY;
	why = mytcp_backlog_publish(backlog, half, timewait);
	if (why != MYTCP_COUNTS) {
		/* Who held the memory's last entry may hold this one too. */
		mytcp_node_put(&half->mini.node);
		mytcp_node_put(&half->mini.node);
		return why;
	}
	mytcp_backlog_count(backlog, MYTCP_COUNT_HALF_OPENED);
	trace_state(&half->mini.node, MYTCP_LISTEN, MYTCP_SYN_RECV);
	mytcp_half_synack(offer, offer->syn_sent_ms, &synack);
	mytcp_tx_answer(sk, &half->mini.node, skb, &synack);
	mytcp_node_put(&half->mini.node);
	return MYTCP_COUNTS;
}

/* Can a cookie do where no entry was made? */
static bool cookie_helps(enum mytcp_count why)
{
	return why == MYTCP_COUNT_SYN_QUEUE_FULL ||
	       why == MYTCP_COUNT_ACCEPT_QUEUE_FULL ||
	       why == MYTCP_COUNT_SYN_NO_MEMORY;
}

/**
 * mytcp_passive_syn() - a SYN for a listener
 * @sk: the listener, not locked
 * @key: its endpoints
 * @skb: the SYN
 * @seg: its header
 * @timewait: entry of an earlier connection with the same endpoints, or NULL
 *
 * Makes a half-open entry, if there is room, and answers with a SYN+ACK; else
 * answers with a cookie. An entry that takes another's place in the table is
 * made even where cookies are always sent: it costs nothing more, and its
 * sequence number can be kept above the old connection's. Softirq, under RCU.
 *
 * Return: 1 if the skb is taken, 0 if it stays the caller's, -EAGAIN if the
 * listener has just been closed: look again.
 */
int mytcp_passive_syn(struct sock *sk, struct mytcp_key *key,
		      struct sk_buff *skb, const struct mytcp_segment *seg,
		      struct mytcp_node *timewait)
{
	const struct mytcp_net *mn = mytcp_sk_net(sk);
	u32 cookies = READ_ONCE(mn->syncookies);
	struct mytcp_backlog *backlog;
	struct mytcp_half offer __uninitialized;
	enum mytcp_count why;
	bool keeps;

	backlog = rcu_dereference(mytcp_sk(sk)->backlog);
	if (!backlog)
		return -EAGAIN;
	if (!mytcp_rx_filter(sk, skb)) {
		why = MYTCP_COUNT_RX_FILTERED;
		goto drop;
	}
	why = refusal(backlog, mn);
	if (why == MYTCP_COUNT_SYN_QUEUE_FULL)
		mytcp_backlog_tell(backlog, cookies ? "SYNs get cookies" :
						      "SYNs are dropped");
	if (why != MYTCP_COUNTS && !cookies)
		goto drop;
	keeps = why == MYTCP_COUNTS && (cookies < 2 || timewait);

	mytcp_halfopen_own(sk, key);
	if (mytcp_halfopen_offer(sk, key, skb, seg, timewait, &offer)) {
		why = MYTCP_COUNT_SYN_NO_ROUTE;
		goto drop;
	}
	if (keeps || seg->opt.has & MYTCP_OPT_COOKIE)
		mytcp_halfopen_scale(sk, &offer);
	if (keeps) {
		why = keep(backlog, key, skb, &offer, timewait);
		if (why == MYTCP_COUNTS)
			return 1;
	}
	if (cookies && (!keeps || cookie_helps(why))) {
		if (timewait)
			mytcp_timewait_replace(timewait, NULL);
		mytcp_syncookie_answer(backlog, key, skb, seg, &offer);
		return 1;
	}
	skb_dst_drop(skb);
	if (why == MYTCP_COUNT_RX_NO_SOCKET)
		return -EAGAIN;
drop:
	drop(backlog, &key->node, why);
	return 0;
}

/*
 * A place in the accept queue is reserved: @half, or a cookie alone if there is
 * none, becomes a connection, from @core.
 */
static int complete_handshake(struct mytcp_backlog *backlog,
			      struct mytcp_halfopen *half,
			      const struct mytcp_half *core,
			      struct mytcp_node *node, struct sk_buff *skb,
			      const struct mytcp_segment *seg)
{
	struct sock *sk = backlog->sk, *child;
	int err;

	child = mytcp_sock_child(sk, core, node, skb);
	if (!child) {
		mytcp_backlog_unreserve(backlog);
		drop(backlog, node, MYTCP_COUNT_SYN_NO_MEMORY);
		return 0;
	}
	mytcp_node_copy(&mytcp_sk(child)->node, node);
	mytcp_sk(child)->node.kind = MYTCP_KIND_SOCK;

	bh_lock_sock_nested(child);
	err = mytcp_port_inherit(child, sk);
	if (!err && !mytcp_backlog_promote(backlog, half, child))
		err = -EAGAIN;
	if (err) {
		mytcp_backlog_unreserve(backlog);
		mytcp_sock_discard(child, false);
	} else {
		if (half)
			mytcp_backlog_count(backlog,
					    MYTCP_COUNT_HALF_ESTABLISHED);
		mytcp_sk_count(sk, MYTCP_COUNT_PASSIVE_OPENS);
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
	struct mytcp_net *mn = mytcp_sk_net(backlog->sk);
	struct mytcp_segment reset;
	int err;

	if (bare_ack(&half->half, seg) && mytcp_backlog_defer(backlog, half)) {
		drop(backlog, &half->mini.node, MYTCP_COUNT_ACCEPT_DEFERRED);
		return 0;
	}
	err = mytcp_backlog_reserve(backlog, half);
	if (!err)
		return complete_handshake(backlog, half, &half->half,
					  &half->mini.node, skb, seg);
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

/* There is no room, or the client's first octet is waited for: an entry waits. */
static int wait_for_room(struct mytcp_backlog *backlog, struct mytcp_key *own,
			 struct sk_buff *skb, const struct mytcp_segment *seg,
			 const struct mytcp_half *core)
{
	struct mytcp_halfopen *half = mytcp_halfopen_new(backlog->sk, own,
							 core);
	enum mytcp_count why = MYTCP_COUNT_SYN_NO_MEMORY;
	int err;

	if (!half)
		goto drop;
	why = mytcp_backlog_publish(backlog, half, NULL);
	if (why == MYTCP_COUNTS) {
		mytcp_backlog_count(backlog, MYTCP_COUNT_HALF_OPENED);
		trace_state(&half->mini.node, MYTCP_LISTEN, MYTCP_SYN_RECV);
		err = take_ack(backlog, half, skb, seg);
		mytcp_node_put(&half->mini.node);
		return err;
	}
	mytcp_node_put(&half->mini.node);
	mytcp_node_put(&half->mini.node);
	if (why == MYTCP_COUNT_RX_NO_SOCKET ||
	    why == MYTCP_COUNT_SYN_DUPLICATES)
		return -EAGAIN;
drop:
	drop(backlog, &own->node, why);
	return 0;
}

/**
 * mytcp_passive_cookie() - an ACK with a valid cookie
 * @backlog: the listener's
 * @own: the connection's key
 * @skb: the segment
 * @seg: its header
 * @core: what the cookie says
 *
 * Makes the connection. Without room in the accept queue an entry waits for it;
 * without room for that, the client's repetition has to be waited for. Softirq,
 * under RCU.
 *
 * Return: as mytcp_passive_rcv().
 */
int mytcp_passive_cookie(struct mytcp_backlog *backlog, struct mytcp_key *own,
			 struct sk_buff *skb, const struct mytcp_segment *seg,
			 const struct mytcp_half *core)
{
	const struct mytcp_user *user = &mytcp_sk(backlog->sk)->user;
	int err = -ENOBUFS;

	if (!mytcp_rx_filter(backlog->sk, skb)) {
		drop(backlog, &own->node, MYTCP_COUNT_RX_FILTERED);
		return 0;
	}
	if (!bare_ack(core, seg) || !READ_ONCE(user->defer_accept))
		err = mytcp_backlog_reserve(backlog, NULL);
	if (!err)
		return complete_handshake(backlog, NULL, core, &own->node, skb,
					  seg);
	if (err == -EAGAIN)
		return err;
	return wait_for_room(backlog, own, skb, seg, core);
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
	enum mytcp_count why;

	backlog = rcu_dereference(mytcp_sk(listener)->backlog);
	if (!backlog)
		return -EAGAIN;
	if (!mytcp_rx_filter(listener, skb)) {
		drop(backlog, node, MYTCP_COUNT_RX_FILTERED);
		return 0;
	}

	switch (mytcp_half_input(&half->half, &mytcp_net(net)->cfg, seg,
				 &reply, &why)) {
	case MYTCP_OPEN:
		return take_ack(backlog, half, skb, seg);
	case MYTCP_REPEAT:
		mytcp_backlog_count(backlog, MYTCP_COUNT_SYN_DUPLICATES);
		mytcp_tx_mini(listener, node, &reply);
		return 0;
	case MYTCP_REPLY:
		/* The SYN was answered by a cookie first, and then kept. */
		if (reply.flags & MYTCP_RST &&
		    mytcp_syncookie_valid(listener, node, seg)) {
			mytcp_backlog_cut(backlog, half,
					  MYTCP_COUNT_SYN_DUPLICATES);
			return -EAGAIN;
		}
		mytcp_rx_drop(node, why);
		if (!(reply.flags & MYTCP_RST))
			mytcp_count(net, MYTCP_COUNT_TX_CHALLENGE_ACKS);
		mytcp_tx_reply(node, skb, &reply);
		return 0;
	case MYTCP_RESET:
		return mytcp_backlog_cut(backlog, half,
					 MYTCP_COUNT_HALF_RESETS) ? 0 : -EAGAIN;
	default:
		mytcp_rx_drop(node, why);
		return 0;
	}
}

/**
 * mytcp_passive_abort() - a half-open entry goes, and its client is told
 * @node: the entry's, with a reference of the caller's
 *
 * Process context, under RCU since the entry was looked up: it has no reference
 * to its listener.
 *
 * Return: 0, or -EAGAIN if the entry was gone: look again.
 */
int mytcp_passive_abort(struct mytcp_node *node)
{
	struct mytcp_halfopen *half = mytcp_halfopen(node);
	struct mytcp_backlog *backlog;
	struct mytcp_segment reset;
	struct sock *listener;
	int err = -EAGAIN;

	local_bh_disable();
	listener = READ_ONCE(half->listener);
	backlog = rcu_dereference(mytcp_sk(listener)->backlog);
	if (backlog && mytcp_backlog_cut(backlog, half,
					 MYTCP_COUNT_HALF_RESETS)) {
		mytcp_half_abort(&half->half, &reset);
		mytcp_count(read_pnet(&node->net), MYTCP_COUNT_TX_RESETS);
		mytcp_tx_mini(listener, node, &reset);
		err = 0;
	}
	local_bh_enable();
	return err;
}

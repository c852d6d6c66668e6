// SPDX-License-Identifier: GPL-2.0
#include "demux.h"

#include <linux/skbuff.h>

#include "core/half.h"
#include "core/seq.h"
#include "listener.h"
#include "net.h"
#include "passive.h"
#include "rx.h"
#include "sock.h"
#include "syncookie.h"
#include "timewait.h"
#include "tx.h"

/* An entry may move while we hold it, but not again and again. */
#define TRIES	4

static noinline void reset_sender(struct mytcp_key *key, struct sk_buff *skb,
				  const struct mytcp_segment *seg)
{
	struct mytcp_segment reset;

	mytcp_rx_drop(&key->node, MYTCP_COUNT_RX_NO_SOCKET);
	if (mytcp_segment_reset(seg, &reset))
		mytcp_tx_reply(&key->node, skb, &reset);
}

/*
 * Returns 1 if the skb is somebody else's now, -EAGAIN if the listener has just
 * been closed: look again.
 */
static int to_listener(struct mytcp_key *key, struct sk_buff *skb,
		       const struct mytcp_segment *seg)
{
	struct sock *listener = mytcp_listener_find(key);
	struct mytcp_segment reply __uninitialized;
	int err;

	if (!listener) {
		reset_sender(key, skb, seg);
		return 0;
	}
	switch (mytcp_listen_input(seg, &reply)) {
	case MYTCP_OPEN:
		return mytcp_passive_syn(listener, key, skb, seg, NULL);
	case MYTCP_REPLY:
		err = mytcp_syncookie_rcv(listener, key, skb, seg);
		if (err != -ENOENT)
			return err;
		mytcp_rx_drop(&key->node, MYTCP_COUNT_RX_NO_SOCKET);
		mytcp_tx_reply(&key->node, skb, &reply);
		return 0;
	default:
		mytcp_rx_drop(&key->node, MYTCP_COUNT_RX_NO_SOCKET);
		return 0;
	}
}

/* Returns false if the skb is somebody else's now. */
static bool dispatch(struct mytcp_key *key, struct sk_buff *skb,
		     const struct mytcp_segment *seg)
{
	struct mytcp_node *node;
	int tries, taken = -EAGAIN;

	for (tries = 0; tries < TRIES && taken == -EAGAIN; tries++) {
		node = mytcp_table_lookup(key);
		if (!node) {
			taken = to_listener(key, skb, seg);
			continue;
		}
		switch (node->kind) {
		case MYTCP_KIND_HALF:
			taken = mytcp_passive_rcv(node, skb, seg);
			break;
		case MYTCP_KIND_SOCK:
			mytcp_sock_rcv(mytcp_node_sk(node), skb, seg);
			taken = 1;
			break;
		default:
			taken = mytcp_timewait_rcv(key, node, skb, seg);
			break;
		}
		mytcp_node_put(node);
	}
	if (taken == -EAGAIN)
		mytcp_rx_drop(&key->node, MYTCP_COUNT_RX_MOVED);
	return taken != 1;
}

/**
 * mytcp_demux() - give a segment to who owns its endpoints
 * @key: the endpoints
 * @skb: the segment, its payload from skb->data on; consumed
 * @seg: its header
 *
 * A half-open entry, a socket, a TIME_WAIT entry, else a listener, else
 * nobody: the sender is told by a RST (RFC 9293 section 3.10.7.1). Softirq,
 * under RCU.
 */
void mytcp_demux(struct mytcp_key *key, struct sk_buff *skb,
		 const struct mytcp_segment *seg)
{
	if (dispatch(key, skb, seg))
		kfree_skb(skb);
}

/**
 * mytcp_demux_error() - the connection an ICMP error speaks of
 * @key: the endpoints it quotes, ours the local one
 *
 * Softirq, under RCU.
 *
 * Return: the socket, with a reference, or NULL.
 */
struct sock *mytcp_demux_error(struct mytcp_key *key)
{
	struct net *net = read_pnet(&key->node.net);
	struct mytcp_node *node;

	mytcp_count(net, MYTCP_COUNT_RX_ICMP_ERRORS);
	mytcp_node_hash(&key->node);
	node = mytcp_table_lookup(key);
	if (node && node->kind == MYTCP_KIND_SOCK)
		return mytcp_node_sk(node);
	if (node)
		mytcp_node_put(node);
	mytcp_count(net, MYTCP_COUNT_RX_ICMP_IGNORED);
	return NULL;
}

/**
 * mytcp_demux_in_flight() - does an ICMP error quote what was sent?
 * @sk: the socket, its spinlock held
 * @seq: the sequence number it quotes
 *
 * Whoever invents an error must know a number that is in flight (RFC 5927
 * section 4.1).
 *
 * Return: true if the number is one of those not yet acknowledged.
 */
bool mytcp_demux_in_flight(struct sock *sk, u32 seq)
{
	const struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;

	if (tcb->state != MYTCP_CLOSED && seq_geq(seq, tcb->snd_una) &&
	    seq_leq(seq, tcb->snd_nxt))
		return true;
	mytcp_sk_count(sk, MYTCP_COUNT_RX_ICMP_IGNORED);
	return false;
}

// SPDX-License-Identifier: GPL-2.0
/* What the packet side brings to a socket: segments, errors, and new sockets. */
#include "af.h"
#include "core/half.h"
#include "net.h"
#include "rcvq.h"
#include "rx.h"
#include "sock.h"
#include "timer.h"

/**
 * mytcp_sock_process() - give one segment to the core
 * @sk: the socket, locked; the caller holds a reference
 * @skb: the segment, its payload from skb->data on; consumed
 * @seg: its header
 */
void mytcp_sock_process(struct sock *sk, struct sk_buff *skb,
			const struct mytcp_segment *seg)
{
	struct mytcp_sock *msk = mytcp_sk(sk);

	/* Looked up before the socket became a listener. */
	if (sk->sk_state == TCP_LISTEN) {
		kfree_skb(skb);
		return;
	}
	if (seg->flags & MYTCP_ACK)
		WRITE_ONCE(sk->sk_err_soft, 0);
	if (seg->len) {
		if (!mytcp_input(&msk->tcb, seg, mytcp_skb_range(skb)))
			kfree_skb(skb);
		return;
	}
	msk->spare = skb;
	mytcp_input(&msk->tcb, seg, mytcp_skb_range(skb));
	consume_skb(msk->spare);
	msk->spare = NULL;
}

/**
 * mytcp_sock_backlog_rcv() - a segment that came while a process had the socket
 * @sk: the socket, locked
 * @skb: the segment, its payload from skb->data on; consumed
 *
 * proto.backlog_rcv.
 *
 * Return: 0.
 */
int mytcp_sock_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct mytcp_segment seg;

	mytcp_rx_again(skb, &seg);
	mytcp_sock_process(sk, skb, &seg);
	return 0;
}

/**
 * mytcp_sock_rcv() - a segment for a connected socket
 * @sk: the socket; the caller holds a reference during the call
 * @skb: the segment, its payload from skb->data on; consumed
 * @seg: its header
 *
 * Softirq, under RCU.
 */
void mytcp_sock_rcv(struct sock *sk, struct sk_buff *skb,
		    const struct mytcp_segment *seg)
{
	u32 limit = READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf);

	if (!mytcp_rx_filter(sk, skb)) {
		mytcp_rx_drop(&mytcp_sk(sk)->node, MYTCP_COUNT_RX_FILTERED);
		kfree_skb(skb);
		return;
	}
	bh_lock_sock_nested(sk);
	if (!sock_owned_by_user(sk)) {
		mytcp_sock_process(sk, skb, seg);
	} else if (sk_add_backlog(sk, skb, limit)) {
		mytcp_rx_drop(&mytcp_sk(sk)->node, MYTCP_COUNT_RX_BACKLOG_FULL);
		kfree_skb(skb);
	}
	bh_unlock_sock(sk);
}

/* The message goes to the error queue, its payload being what it quotes. */
static void queue_error(struct sock *sk, struct sk_buff *skb,
			const struct mytcp_icmp *icmp)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);
	struct sock_exterr_skb *serr;

	if (!copy)
		return;
	serr = SKB_EXT_ERR(copy);
	serr->ee = icmp->ee;
	serr->addr_offset = (u8 *)icmp->daddr - skb_network_header(skb);
	serr->port = icmp->port;
	serr->opt_stats = 0;
	if (!skb_pull(copy, icmp->quoted) || sock_queue_err_skb(sk, copy))
		kfree_skb(copy);
}

/**
 * mytcp_sock_error() - an ICMP error for a connection
 * @sk: the socket, its spinlock held
 * @skb: the message, its data from the IP header that it quotes on
 * @icmp: what it says
 *
 * A connection that stands does not end by what anybody on the way may say (RFC
 * 5927); one that is being opened does. Who has asked for errors gets one of the
 * latter in the error queue and the others by SO_ERROR: all as Linux TCP has it.
 */
void mytcp_sock_error(struct sock *sk, struct sk_buff *skb,
		      const struct mytcp_icmp *icmp)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;
	bool opening = tcb->state == MYTCP_SYN_SENT ||
		       tcb->state == MYTCP_SYN_RECV;
	int err = icmp->ee.ee_errno;

	if (opening && icmp->asked)
		queue_error(sk, skb, icmp);

	if (sock_owned_by_user(sk) || (!opening && !icmp->asked)) {
		WRITE_ONCE(sk->sk_err_soft, err);
	} else if (opening) {
		mytcp_sk_count(sk, MYTCP_COUNT_OPEN_FAILS);
		mytcp_state_close(tcb, err);
	} else {
		WRITE_ONCE(sk->sk_err, err);
		sk_error_report(sk);
	}
}

/*
 * What a clone shares with its original would be freed twice: the listener's
 * IP options, multicast memberships and IPv6 part.
 */
static void disown(struct sock *child)
{
	struct inet_sock *inet = inet_sk(child);
#if IS_ENABLED(CONFIG_IPV6)
	struct ipv6_pinfo *np = &((struct mytcp6_sock *)child)->inet6;

	if (child->sk_family == AF_INET6) {
		inet->pinet6 = np;
		np->ipv6_mc_list = NULL;
		np->ipv6_ac_list = NULL;
		np->pktoptions = NULL;
		np->rxpmtu = NULL;
		RCU_INIT_POINTER(np->opt, NULL);
		RCU_INIT_POINTER(mytcp_fl_list(child), NULL);
	}
#endif
	RCU_INIT_POINTER(inet->inet_opt, NULL);
	inet->mc_list = NULL;
}

/* A copy of the listener's, what belongs to the listener alone taken away. */
static void child_init(struct sock *child)
{
	struct mytcp_sock *msk = mytcp_sk(child);

	child->sk_ack_backlog = 0;
	child->sk_max_ack_backlog = 0;
	child->sk_err_soft = 0;
	/* A listener that closes is shut down before its children pass on. */
	child->sk_shutdown = 0;
	disown(child);
	mytcp_sock_number(child);
	msk->port = NULL;
	RCU_INIT_POINTER(msk->backlog, NULL);
	INIT_HLIST_NODE(&msk->bind_link);
	INIT_LIST_HEAD(&msk->accept_link);
	memset(&msk->listen_link, 0, sizeof(msk->listen_link));
	memset(&msk->node, 0, sizeof(msk->node));
	mytcp_timer_setup(child);
}

/**
 * mytcp_sock_child() - a half-open entry becomes a socket
 * @listener: the listener it belongs to; not locked
 * @half: the entry
 * @node: its key
 * @skb: the segment that completed the handshake: addresses, route
 *
 * Softirq, under RCU. The child stands in SYN_RECV and has two references: its
 * user's and the caller's. It is in no table yet.
 *
 * Return: the child, not locked, or NULL without memory.
 */
struct sock *mytcp_sock_child(struct sock *listener,
			      const struct mytcp_half *half,
			      struct mytcp_node *node, struct sk_buff *skb)
{
	struct sock *child = sk_clone_lock(listener, GFP_ATOMIC);
	struct mytcp_sock *msk;
	u16 mss;

	if (!child)
		return NULL;
	msk = mytcp_sk(child);
	child_init(child);

	msk->af = mytcp_af_find(child->sk_family, node->family);
	mytcp_tcb_init(&msk->tcb, &mytcp_net(sock_net(child))->cfg,
		       half->peer_mss);
	msk->af->child(child, listener, node, skb);

	mss = msk->af->path_mss(child);
	msk->tcb.path_mss = msk->user.mss ? min(mss, msk->user.mss) : mss;
	mytcp_open_passive(&msk->tcb, half);
	inet_sk_set_state(child, TCP_SYN_RECV);
	sk_set_txhash(child);
	mytcp_rcvq_begin(child, msk->tcb.rcv_nxt);

	/* sk_clone_lock() has locked it, which sparse does not see. */
	__acquire(&child->sk_lock.slock);
	bh_unlock_sock(child);
	return child;
}

/**
 * mytcp_sock_discard() - a child that no user has ever held goes
 * @child: the child, its spinlock held; the caller holds a reference
 * @reset: tell the peer
 *
 * Bottom halves off. Gives up its user's reference.
 */
void mytcp_sock_discard(struct sock *child, bool reset)
{
	struct mytcp_tcb *tcb = &mytcp_sk(child)->tcb;

	sock_orphan(child);
	if (tcb->state == MYTCP_CLOSED)
		mytcp_sock_over(child);
	else if (reset)
		mytcp_abort(tcb, 0);
	else
		mytcp_state_close(tcb, 0);
}

// SPDX-License-Identifier: GPL-2.0
#include "tx.h"

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/dst.h>
#include <net/sock.h>

#include "af.h"
#include "net.h"
#include "rx.h"
#include "sock.h"
#include "trace.h"

/*
 * What is called for a connection's segments and for those of none is inline, for
 * every SYN of a flood comes by here, and to save registers costs more than this.
 */

static struct sk_buff *empty_skb(gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb(MYTCP_HEADROOM, gfp);

	if (skb)
		skb_reserve(skb, MYTCP_HEADROOM);
	return skb;
}

/*
 * The octets of a segment, in an skb whose headers are our own to write. The
 * fragments are shared with the send queue. The core sends ranges to their end;
 * in front, what was acknowledged already is left out.
 */
static struct sk_buff *payload_skb(const struct mytcp_segment *seg,
				   const struct mytcp_range *range, gfp_t gfp)
{
	struct sk_buff *skb;

	skb = __pskb_copy(mytcp_range_skb(range), MYTCP_HEADROOM, gfp);
	if (!skb)
		return NULL;
	if (!pskb_pull(skb, seg->seq - range->seq) ||
	    pskb_trim(skb, seg->len)) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

static unsigned int header_len(const struct mytcp_segment *seg)
{
	return MYTCP_HEADER_LEN + mytcp_option_len(&seg->opt);
}

/*
 * Can the skb of a segment carry the answer, with @len octets in its place, and
 * headers of IP and the device in front?
 */
static __always_inline bool turns(struct sk_buff *skb,
				  const struct dst_entry *dst, u8 family,
				  unsigned int len)
{
	unsigned int ip = family == AF_INET6 ? sizeof(struct ipv6hdr) :
					       sizeof(struct iphdr);
	const unsigned char *at = skb_transport_header(skb);

	return !skb_cloned(skb) && !skb_shared(skb) &&
	       !skb_is_nonlinear(skb) && !skb_is_gso(skb) && !skb_zcopy(skb) &&
	       at - skb->head >= ip + dst->header_len +
				 LL_RESERVED_SPACE(dst->dev) &&
	       skb_end_pointer(skb) - at >= len;
}

/* Nothing is left of what came but its memory and the route. */
static void turn(struct sk_buff *skb, unsigned int len)
{
	unsigned long refdst = skb->_skb_refdst;

	skb->_skb_refdst = 0;
	skb_scrub_packet(skb, true);
	skb->_skb_refdst = refdst;
	__vlan_hwaccel_clear_tag(skb);
	skb_clear_hash(skb);
	skb_metadata_clear(skb);
	skb->csum_valid = 0;
	skb->csum_level = 0;
	skb->csum_complete_sw = 0;
	skb->encapsulation = 0;

	skb->data = skb_transport_header(skb);
	skb->len = 0;
	skb_reset_tail_pointer(skb);
	skb_reserve(skb, len);
}

/*
 * The skb of the segment that @sk deals with, if it can carry an answer of @len
 * octets. IPv4's options would take room that turns() does not count, nor IP look
 * for.
 */
static struct sk_buff *spare_skb(struct sock *sk, unsigned int len)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	const struct dst_entry *dst = __sk_dst_get(sk);
	struct sk_buff *skb = msk->spare;

	if (!skb || !dst || rcu_access_pointer(inet_sk(sk)->inet_opt) ||
	    !turns(skb, dst, msk->af->family, len))
		return NULL;
	msk->spare = NULL;
	turn(skb, len);
	return skb;
}

/* There is room for the @len octets of the header, and for those below it. */
static struct tcphdr *push_header(struct sk_buff *skb,
				  const struct mytcp_node *node,
				  const struct mytcp_segment *seg,
				  unsigned int len)
{
	struct tcphdr *th = __skb_push(skb, len);

	skb_reset_transport_header(skb);
	th->source = node->lport;
	th->dest = node->rport;
	th->seq = htonl(seg->seq);
	th->ack_seq = htonl(seg->flags & MYTCP_ACK ? seg->ack : 0);
	((u8 *)th)[12] = len / 4 << 4;
	((u8 *)th)[13] = seg->flags;
	th->window = htons(seg->wnd);
	th->check = 0;
	th->urg_ptr = htons(seg->up);
	mytcp_option_write((u8 *)(th + 1), &seg->opt);
	return th;
}

static void checksum_now(const struct mytcp_af *af, struct mytcp_node *node,
			 struct sk_buff *skb, struct tcphdr *th)
{
	__wsum sum = skb_is_nonlinear(skb) ? skb_checksum(skb, 0, skb->len, 0) :
					     csum_partial(th, skb->len, 0);

	skb->ip_summed = CHECKSUM_NONE;
	af->check(node, skb->len, sum, &th->check);
}

/*
 * A device may finish the sum if it can do so for any protocol. One that knows
 * TCP alone would find our checksum by its place and get it wrong by the
 * protocol number in the pseudo-header.
 */
static void checksum_by_device(const struct mytcp_af *af,
			       struct mytcp_node *node, struct sk_buff *skb,
			       struct tcphdr *th)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	af->check(node, skb->len, 0, &th->check);
	th->check = ~th->check;
}

/* What goes before the IP layer gets it, and its memory of others. */
static __always_inline void announce(struct mytcp_node *node,
				     struct sk_buff *skb,
				     const struct mytcp_segment *seg)
{
	memset(skb->cb, 0, sizeof(skb->cb));
	trace_send(node, seg);
}

/**
 * mytcp_tx_segment() - send a segment of a connection
 * @sk: the socket, locked
 * @seg: the header
 * @range: carries the payload and stays the caller's; NULL without payload
 *
 * A segment there is no memory for is as good as lost in the network.
 */
void mytcp_tx_segment(struct sock *sk, const struct mytcp_segment *seg,
		      struct mytcp_range *range)
{
	const struct mytcp_af *af = mytcp_sk(sk)->af;
	struct mytcp_node *node = &mytcp_sk(sk)->node;
	gfp_t gfp = sk_gfp_mask(sk, GFP_ATOMIC);
	unsigned int len = header_len(seg);
	const struct dst_entry *dst;
	struct sk_buff *skb;
	struct tcphdr *th;

	if (seg->len)
		skb = payload_skb(seg, range, gfp);
	else
		skb = spare_skb(sk, len) ?: empty_skb(gfp);
	if (!skb) {
		mytcp_rx_drop(node, MYTCP_COUNT_TX_NO_MEMORY);
		return;
	}
	if (seg->len && range->transmits > 1)
		trace_retransmit(node, seg);
	th = push_header(skb, node, seg, len);
	dst = __sk_dst_get(sk);
	if (dst && dst->dev->features & NETIF_F_HW_CSUM)
		checksum_by_device(af, node, skb, th);
	else
		checksum_now(af, node, skb, th);
	skb_set_owner_w(skb, sk);
	skb_set_hash_from_sk(skb, sk);
	mytcp_sk_count(sk, MYTCP_COUNT_TX_SEGMENTS);
	announce(node, skb, seg);
	/* IP leaves with the socket what route it finds. */
	if (af->xmit(sk, skb) < 0 && !__sk_dst_get(sk))
		mytcp_rx_drop(node, MYTCP_COUNT_TX_NO_ROUTE);
}

/*
 * A segment without payload, of no socket, into an empty skb that has room for
 * its @len octets.
 */
static __always_inline void fill(struct sk_buff *skb,
				 const struct mytcp_af *af,
				 struct mytcp_node *node,
				 const struct mytcp_segment *seg,
				 unsigned int len)
{
	struct tcphdr *th = push_header(skb, node, seg, len);

	skb->ip_summed = CHECKSUM_NONE;
	af->check(node, len, csum_partial(th, len, 0), &th->check);
	mytcp_count_rcu(read_pnet(&node->net), MYTCP_COUNT_TX_SEGMENTS);
	announce(node, skb, seg);
}

static struct sk_buff *bare_skb(const struct mytcp_af *af,
				struct mytcp_node *node,
				const struct mytcp_segment *seg)
{
	struct sk_buff *skb = empty_skb(GFP_ATOMIC);

	if (skb)
		fill(skb, af, node, seg, header_len(seg));
	else
		mytcp_rx_drop(node, MYTCP_COUNT_TX_NO_MEMORY);
	return skb;
}

/**
 * mytcp_tx_reply() - answer a segment that belongs to no socket
 * @node: the endpoints, from our side
 * @in: the segment
 * @seg: the answer, without payload
 *
 * Softirq, under RCU.
 */
void mytcp_tx_reply(struct mytcp_node *node, const struct sk_buff *in,
		    const struct mytcp_segment *seg)
{
	const struct mytcp_af *af = mytcp_af_find(node->family, node->family);
	struct sk_buff *skb = bare_skb(af, node, seg);

	if (!skb)
		return;
	if (seg->flags & MYTCP_RST)
		mytcp_count(read_pnet(&node->net), MYTCP_COUNT_TX_RESETS);
	af->reply(node, skb, in);
}

/**
 * mytcp_tx_mini() - send a segment of a small entry, unasked
 * @sk: its listener, or a control socket of the namespace; not locked
 * @node: its endpoints
 * @seg: the segment
 *
 * Bottom halves off, under RCU.
 */
void mytcp_tx_mini(struct sock *sk, struct mytcp_node *node,
		   const struct mytcp_segment *seg)
{
	const struct mytcp_af *af = mytcp_af_find(sk->sk_family, node->family);
	struct sk_buff *skb = bare_skb(af, node, seg);

	if (!skb)
		return;
	if (af->route_back(sk, node, skb, NULL) < 0) {
		mytcp_rx_drop(node, MYTCP_COUNT_TX_NO_ROUTE);
		kfree_skb(skb);
	} else {
		af->synack(sk, node, skb);
	}
}

/**
 * mytcp_tx_answer() - answer a SYN
 * @sk: the listener, not locked
 * @node: the endpoints
 * @skb: the SYN, which has the route of the answer; consumed
 * @seg: the SYN+ACK
 *
 * The SYN's own skb carries it, if nobody else looks at that and it has the
 * room. Softirq, under RCU.
 */
void mytcp_tx_answer(struct sock *sk, struct mytcp_node *node,
		     struct sk_buff *skb, const struct mytcp_segment *seg)
{
	const struct mytcp_af *af = mytcp_af_find(sk->sk_family, node->family);
	unsigned int len = header_len(seg);
	struct sk_buff *in = skb;

	if (turns(skb, skb_dst(skb), node->family, len)) {
		turn(skb, len);
		fill(skb, af, node, seg, len);
	} else {
		skb = bare_skb(af, node, seg);
		if (skb)
			skb_dst_copy(skb, in);
		consume_skb(in);
	}
	if (skb)
		af->synack(sk, node, skb);
}

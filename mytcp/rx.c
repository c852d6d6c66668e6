// SPDX-License-Identifier: GPL-2.0
#include "rx.h"

#include <linux/bpf-cgroup.h>
#include <linux/filter.h>
#include <linux/security.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/dst.h>
#include <net/xfrm.h>

#include "af.h"
#include "demux.h"
#include "net.h"
#include "sock.h"
#include "trace.h"

/**
 * mytcp_rx_drop() - count and trace that a segment goes no further
 * @node: its endpoints, as far as they are known
 * @why: the counter
 */
void mytcp_rx_drop(struct mytcp_node *node, enum mytcp_count why)
{
	mytcp_count(read_pnet(&node->net), why);
	trace_drop(node, why);
}

/* From header to segment, whose payload is @len octets. 0 or -EINVAL. */
static int read_header(const struct tcphdr *th, unsigned int len,
		       struct mytcp_segment *seg)
{
	const u8 *bytes = (const u8 *)th;

	seg->seq = ntohl(th->seq);
	seg->ack = ntohl(th->ack_seq);
	seg->len = len;
	seg->wnd = ntohs(th->window);
	seg->up = ntohs(th->urg_ptr);
	seg->flags = bytes[13] & (MYTCP_FIN | MYTCP_SYN | MYTCP_RST |
				  MYTCP_PSH | MYTCP_ACK | MYTCP_URG);
	return mytcp_option_parse(bytes + MYTCP_HEADER_LEN,
				  th->doff * 4 - MYTCP_HEADER_LEN, &seg->opt);
}

/*
 * Check and read the header; the payload is what is left at skb->data. Returns
 * the counter of what is wrong, MYTCP_COUNTS if nothing is.
 */
static enum mytcp_count parse(const struct mytcp_af *af, struct mytcp_key *key,
			      struct sk_buff *skb, struct mytcp_segment *seg)
{
	struct tcphdr *th;
	unsigned int len;
	int err;

	if (!pskb_may_pull(skb, MYTCP_HEADER_LEN))
		return MYTCP_COUNT_RX_TRUNCATED;
	th = (struct tcphdr *)skb->data;
	key->node.lport = th->dest;
	key->node.rport = th->source;
	mytcp_node_hash(&key->node);

	len = th->doff * 4;
	if (len < MYTCP_HEADER_LEN || len > skb->len)
		return MYTCP_COUNT_RX_BAD_OFFSET;
	if (!pskb_may_pull(skb, len))
		return MYTCP_COUNT_RX_TRUNCATED;
	if (!af->check_ok(skb, key->node.ipproto))
		return MYTCP_COUNT_RX_BAD_CHECKSUM;

	err = read_header((struct tcphdr *)skb->data, skb->len - len, seg);
	if (!mytcp_segment_flags_ok(seg->flags))
		return mytcp_segment_flags_kind(seg->flags);
	if (err)
		return MYTCP_COUNT_RX_BAD_OPTIONS;

	__skb_pull(skb, len);
	return MYTCP_COUNTS;
}

/**
 * mytcp_rx_again() - read the header of a segment that has waited in a queue
 * @skb: the segment, its payload from skb->data on
 * @seg: filled
 *
 * mytcp_rx() has found nothing wrong with it. Any context.
 */
void mytcp_rx_again(struct sk_buff *skb, struct mytcp_segment *seg)
{
	read_header((struct tcphdr *)skb_transport_header(skb), skb->len, seg);
}

/* Is there more to ask than the security module? */
static bool filters_apply(const struct sock *sk, const struct sk_buff *skb)
{
	return rcu_access_pointer(sk->sk_filter) || skb_pfmemalloc(skb) ||
	       cgroup_bpf_enabled(CGROUP_INET_INGRESS);
}

/**
 * mytcp_rx_filter() - may a segment reach a socket?
 * @sk: the socket or listener, not locked
 * @skb: the segment, its payload from skb->data on
 *
 * Asks the filters of SO_ATTACH_FILTER and of the socket's control group, which
 * see the segment from its header on. They take it whole or not at all, for a
 * stream with octets cut out of it is no stream. Softirq, under RCU.
 *
 * Return: false if it is to be dropped.
 */
bool mytcp_rx_filter(struct sock *sk, struct sk_buff *skb)
{
	unsigned int header = -skb_transport_offset(skb);
	int err;

	__skb_push(skb, header);
	if (filters_apply(sk, skb))
		err = sk_filter_trim_cap(sk, skb, skb->len);
	else
		err = security_sock_rcv_skb(sk, skb);
	__skb_pull(skb, header);
	return !err;
}

/**
 * mytcp_rx() - a segment has arrived
 * @af: the protocol below
 * @key: the addresses and the device, filled in
 * @skb: the segment from its header on; consumed
 *
 * Softirq, under RCU.
 */
void mytcp_rx(const struct mytcp_af *af, struct mytcp_key *key,
	      struct sk_buff *skb)
{
	struct mytcp_segment seg __uninitialized;
	enum mytcp_count wrong;

	mytcp_count_rcu(read_pnet(&key->node.net), MYTCP_COUNT_RX_SEGMENTS);
	wrong = parse(af, key, skb, &seg);
	if (wrong != MYTCP_COUNTS) {
		mytcp_rx_drop(&key->node, wrong);
		kfree_skb(skb);
		return;
	}
	trace_receive(&key->node, &seg);

	/* It may lie in a queue for long: it holds on to nothing but memory. */
	skb_dst_drop(skb);
	skb_orphan(skb);
	nf_reset_ct(skb);
	secpath_reset(skb);
	mytcp_demux(key, skb, &seg);
}

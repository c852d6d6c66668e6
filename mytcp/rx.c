// SPDX-License-Identifier: GPL-2.0
#include "rx.h"

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

/*
 * From header to struct mytcp_segment; the payload is what is left at
 * skb->data. Returns the counter of what is wrong, MYTCP_COUNTS if nothing is.
 */
static enum mytcp_count parse(const struct mytcp_af *af, struct mytcp_key *key,
			      struct sk_buff *skb)
{
	struct mytcp_segment seg = { 0 };
	struct tcphdr *th;
	unsigned int len;
	const u8 *bytes;

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

	bytes = skb->data;
	th = (struct tcphdr *)skb->data;
	seg.seq = ntohl(th->seq);
	seg.ack = ntohl(th->ack_seq);
	seg.len = skb->len - len;
	seg.wnd = ntohs(th->window);
	seg.up = ntohs(th->urg_ptr);
	seg.flags = bytes[13] & (MYTCP_FIN | MYTCP_SYN | MYTCP_RST | MYTCP_PSH |
				 MYTCP_ACK | MYTCP_URG);
	if (!mytcp_segment_flags_ok(seg.flags))
		return MYTCP_COUNT_RX_BAD_FLAGS;
	if (mytcp_option_parse(bytes + MYTCP_HEADER_LEN, len - MYTCP_HEADER_LEN,
			       &seg.opt))
		return MYTCP_COUNT_RX_BAD_OPTIONS;

	__skb_pull(skb, len);
	*mytcp_skb_segment(skb) = seg;
	return MYTCP_COUNTS;
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
	enum mytcp_count wrong;

	mytcp_count(read_pnet(&key->node.net), MYTCP_COUNT_RX_SEGMENTS);
	wrong = parse(af, key, skb);
	if (wrong != MYTCP_COUNTS) {
		mytcp_rx_drop(&key->node, wrong);
		kfree_skb(skb);
		return;
	}
	trace_receive(&key->node, mytcp_skb_segment(skb));

	/* It may lie in a queue for long: it holds on to nothing but memory. */
	skb_dst_drop(skb);
	skb_orphan(skb);
	nf_reset_ct(skb);
	secpath_reset(skb);
	mytcp_demux(key, skb);
}

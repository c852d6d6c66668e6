// SPDX-License-Identifier: GPL-2.0
/* MyTCP over IPv6. */
#include <linux/icmpv6.h>
#include <linux/tcp.h>
#include <net/dsfield.h>
#include <net/inet6_connection_sock.h>
#include <net/inet_hashtables.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/protocol.h>
#include <net/transp_v6.h>

#include "af.h"
#include "demux.h"
#include "net.h"
#include "rx.h"
#include "sock.h"

#define HEADERS	(sizeof(struct ipv6hdr) + MYTCP_HEADER_LEN)

static u16 mss_of(const struct dst_entry *dst, unsigned int options)
{
	unsigned int headers = HEADERS + options;
	unsigned int mtu = dst_mtu(dst);

	return mtu > headers ? min_t(unsigned int, mtu - headers, U16_MAX) : 0;
}

/* A link-local address means nothing without a device. */
static int bind_to_link(struct sock *sk, const struct sockaddr_in6 *in6,
			int addr_len)
{
	if (addr_len >= sizeof(*in6) && in6->sin6_scope_id) {
		if (!sk_dev_equal_l3scope(sk, in6->sin6_scope_id))
			return -EINVAL;
		sk->sk_bound_dev_if = in6->sin6_scope_id;
	}
	return sk->sk_bound_dev_if ? 0 : -EINVAL;
}

static int connect_mapped(struct sock *sk, const struct in6_addr *daddr,
			  __be16 dport)
{
	int err;

	if (ipv6_only_sock(sk))
		return -ENETUNREACH;
	err = mytcp_ip4_connect_to(sk, daddr->s6_addr32[3], dport);
	if (err)
		return err;
	mytcp_sk(sk)->af = &mytcp_ip4_mapped;
	inet6_sk(sk)->saddr = sk->sk_v6_rcv_saddr;
	return 0;
}

/* The local address, if the user has not chosen one. */
static int choose_saddr(struct sock *sk)
{
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct in6_addr *final_p, final;
	struct ipv6_txoptions *opt;
	struct dst_entry *dst;
	struct flowi6 fl6 = { 0 };

	fl6.flowi6_proto = sk->sk_protocol;
	fl6.daddr = sk->sk_v6_daddr;
	fl6.saddr = ipv6_addr_any(&sk->sk_v6_rcv_saddr) ? np->saddr :
							  sk->sk_v6_rcv_saddr;
	fl6.flowlabel = ip6_make_flowinfo(np->tclass, np->flow_label);
	fl6.flowi6_oif = sk->sk_bound_dev_if;
	fl6.flowi6_mark = READ_ONCE(sk->sk_mark);
	fl6.fl6_dport = inet->inet_dport;
	fl6.fl6_sport = inet->inet_sport;
	fl6.flowi6_uid = sk->sk_uid;
	security_sk_classify_flow(sk, flowi6_to_flowi_common(&fl6));

	opt = rcu_dereference_protected(np->opt, lockdep_sock_is_held(sk));
	final_p = fl6_update_dst(&fl6, opt, &final);
	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, final_p);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	dst_release(dst);

	sk->sk_v6_rcv_saddr = fl6.saddr;
	np->saddr = fl6.saddr;
	inet->inet_rcv_saddr = LOOPBACK4_IPV6;
	return 0;
}

static int ip6_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)uaddr;
	struct in6_addr daddr;
	int type, err;

	if (addr_len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (in6->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;

	/* No address is this host. */
	daddr = in6->sin6_addr;
	if (ipv6_addr_any(&daddr)) {
		if (ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
			ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), &daddr);
		else
			daddr = in6addr_loopback;
	}
	type = ipv6_addr_type(&daddr);
	if (type & IPV6_ADDR_MULTICAST)
		return -ENETUNREACH;
	if (type & IPV6_ADDR_MAPPED)
		return connect_mapped(sk, &daddr, in6->sin6_port);
	if (type & IPV6_ADDR_LINKLOCAL) {
		err = bind_to_link(sk, in6, addr_len);
		if (err)
			return err;
	}

	sk->sk_v6_daddr = daddr;
	inet6_sk(sk)->flow_label = 0;
	inet_sk(sk)->inet_dport = in6->sin6_port;
	return choose_saddr(sk);
}

static int ip6_route(struct sock *sk)
{
	__sk_dst_reset(sk);
	return inet6_sk_rebuild_header(sk);
}

static u16 ip6_path_mss(struct sock *sk)
{
	const struct ipv6_txoptions *opt;
	const struct dst_entry *dst;
	u16 mss;

	rcu_read_lock();
	dst = __sk_dst_get(sk);
	opt = rcu_dereference(inet6_sk(sk)->opt);
	mss = dst ? mss_of(dst, opt ? opt->opt_flen + opt->opt_nflen : 0) :
		    MYTCP_MSS_DEFAULT_IP6;
	rcu_read_unlock();
	return mss;
}

static void ip6_child(struct sock *child, const struct sock *listener,
		      struct mytcp_node *node, struct sk_buff *skb)
{
	const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);
	struct ipv6_pinfo *np = inet6_sk(child);
	struct inet_sock *inet = inet_sk(child);

	child->sk_v6_daddr = addr6->raddr;
	child->sk_v6_rcv_saddr = addr6->laddr;
	np->saddr = addr6->laddr;
	np->flow_label = 0;
	inet->inet_daddr = LOOPBACK4_IPV6;
	inet->inet_saddr = LOOPBACK4_IPV6;
	inet->inet_rcv_saddr = LOOPBACK4_IPV6;
	inet->inet_num = ntohs(node->lport);
	inet->inet_sport = node->lport;
	inet->inet_dport = node->rport;
	child->sk_bound_dev_if = node->bound_dev_if;
	/* Without a route now there may be one when it sends. */
	ip6_route(child);
}

static int ip6_send(struct sock *sk, struct sk_buff *skb)
{
	return inet6_csk_xmit(sk, skb, NULL);
}

static void ip6_check(struct mytcp_node *node, unsigned int len, __wsum sum,
		      __sum16 *check)
{
	const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);

	*check = csum_ipv6_magic(&addr6->laddr, &addr6->raddr, len,
				 node->ipproto, sum);
}

static bool ip6_check_ok(struct sk_buff *skb, u8 ipproto)
{
	__wsum pseudo = ip6_compute_pseudo(skb, ipproto);

	/* In one piece, and no device has looked at it: the shortest way. */
	if (skb->ip_summed == CHECKSUM_NONE && !skb_is_nonlinear(skb))
		return !csum_fold(csum_partial(skb->data, skb->len, pseudo));
	return !skb_checksum_validate(skb, ipproto, ip6_compute_pseudo);
}

static void flow_to(const struct sock *sk, struct mytcp_node *node,
		    struct flowi6 *fl6, int oif, u32 mark)
{
	const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);

	*fl6 = (struct flowi6){
		.flowi6_proto = node->ipproto,
		.daddr = addr6->raddr,
		.saddr = addr6->laddr,
		.flowi6_oif = oif,
		.flowi6_mark = mark,
		.fl6_dport = node->rport,
		.fl6_sport = node->lport,
		.flowi6_uid = sock_net_uid(sock_net(sk), sk),
	};
	security_sk_classify_flow((struct sock *)sk,
				  flowi6_to_flowi_common(fl6));
}

static void send_to(const struct sock *sk, struct mytcp_node *node,
		    struct sk_buff *skb, u8 tclass, int oif, u32 mark)
{
	struct dst_entry *dst;
	struct flowi6 fl6;

	flow_to(sk, node, &fl6, oif, mark);
	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, NULL);
	if (IS_ERR(dst)) {
		mytcp_rx_drop(node, MYTCP_COUNT_TX_NO_ROUTE);
		kfree_skb(skb);
		return;
	}
	skb_dst_set(skb, dst);
	ip6_xmit(sk, skb, &fl6, mark, NULL, tclass, READ_ONCE(sk->sk_priority));
}

static void ip6_reply(struct mytcp_node *node, struct sk_buff *skb,
		      const struct sk_buff *in)
{
	const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);
	struct net *net = read_pnet(&node->net);
	int oif = 0;

	if (ipv6_addr_type(&addr6->raddr) & IPV6_ADDR_LINKLOCAL ||
	    netif_index_is_l3_master(net, in->skb_iif))
		oif = in->skb_iif;
	send_to(mytcp_net(net)->ctl6, node, skb, ipv6_get_dsfield(ipv6_hdr(in)),
		oif, IP6_REPLY_MARK(net, in->mark));
}

static int ip6_route_back(struct sock *sk, struct mytcp_node *node,
			  struct sk_buff *skb, struct dst_entry *known)
{
	struct dst_entry *dst;
	struct flowi6 fl6;

	flow_to(sk, node, &fl6, node->bound_dev_if, READ_ONCE(sk->sk_mark));
	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, NULL);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	skb_dst_set(skb, dst);
	return mss_of(dst, 0);
}

static void ip6_synack(struct sock *sk, struct mytcp_node *node,
		       struct sk_buff *skb)
{
	u32 mark = READ_ONCE(sk->sk_mark);
	struct flowi6 fl6;

	flow_to(sk, node, &fl6, node->bound_dev_if, mark);
	ip6_xmit(sk, skb, &fl6, mark, NULL, inet6_sk(sk)->tclass,
		 READ_ONCE(sk->sk_priority));
}

const struct mytcp_af mytcp_ip6 = {
	.family = AF_INET6,
	.default_mss = MYTCP_MSS_DEFAULT_IP6,
	.connect = ip6_connect,
	.route = ip6_route,
	.path_mss = ip6_path_mss,
	.child = ip6_child,
	.xmit = ip6_send,
	.check = ip6_check,
	.check_ok = ip6_check_ok,
	.reply = ip6_reply,
	.route_back = ip6_route_back,
	.synack = ip6_synack,
};

static u8 ip6_ipproto;

static void fill_key(struct mytcp_key *key, struct sk_buff *skb,
		     const struct in6_addr *laddr, const struct in6_addr *raddr)
{
	*key = (struct mytcp_key){
		.addr6.laddr = *laddr,
		.addr6.raddr = *raddr,
		.iif = inet6_iif(skb),
		.sdif = inet6_sdif(skb),
	};
	write_pnet(&key->node.net, dev_net(skb->dev));
	key->node.family = AF_INET6;
	key->node.ipproto = ip6_ipproto;
}

static bool from_outside(const struct net_device *dev)
{
	return !(dev->flags & IFF_LOOPBACK) && !netif_is_l3_master(dev);
}

/*
 * To and from one host alone (MUST-57, MUST-63), no IPv4 in disguise, and not
 * from this host if it came by a wire, which IPv4 looks after by itself.
 */
static bool unicast(struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);

	if (from_outside(skb->dev) &&
	    ipv6_chk_addr(dev_net(skb->dev), &ip6h->saddr, skb->dev, 0))
		return false;
	return skb->pkt_type == PACKET_HOST &&
	       ipv6_unicast_destination(skb) &&
	       ipv6_addr_type(&ip6h->saddr) & IPV6_ADDR_UNICAST &&
	       !ipv6_addr_v4mapped(&ip6h->saddr);
}

static int ip6_rcv(struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct mytcp_key key;

	fill_key(&key, skb, &ip6h->daddr, &ip6h->saddr);
	if (unicast(skb)) {
		mytcp_rx(&mytcp_ip6, &key, skb);
	} else {
		mytcp_rx_drop(&key.node, MYTCP_COUNT_RX_BAD_ADDRESS);
		kfree_skb(skb);
	}
	return 0;
}

/* Packets are to be no longer than @mtu (RFC 8201). */
static void too_big(struct sock *sk, u32 mtu)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	u16 mss;

	if (sock_owned_by_user(sk) || !ip6_sk_accept_pmtu(sk) ||
	    !inet6_csk_update_pmtu(sk, mtu))
		return;
	mss = ip6_path_mss(sk);
	if (mss < msk->tcb.path_mss)
		mytcp_tcb_path(&msk->tcb, mss);
}

static void redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst;

	if (sock_owned_by_user(sk))
		return;
	dst = __sk_dst_check(sk, inet6_sk(sk)->dst_cookie);
	if (dst)
		dst->ops->redirect(dst, sk, skb);
}

static void report(struct sock *sk, struct sk_buff *skb, u8 type, u8 code,
		   int offset, u32 info)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct tcphdr *th = (void *)skb->data + offset;
	struct mytcp_icmp icmp = {
		.ee = {
			.ee_origin = SO_EE_ORIGIN_ICMP6,
			.ee_type = type,
			.ee_code = code,
			.ee_info = info,
		},
		.daddr = &ip6h->daddr,
		.port = th->dest,
		.quoted = offset,
		.asked = mytcp_recverr6(sk),
	};
	int err;

	icmpv6_err_convert(type, code, &err);
	icmp.ee.ee_errno = err;
	mytcp_sock_error(sk, skb, &icmp);
}

static void take_error(struct sock *sk, struct sk_buff *skb, u8 type, u8 code,
		       int offset, u32 info)
{
	if (type == NDISC_REDIRECT)
		redirect(sk, skb);
	else if (type == ICMPV6_PKT_TOOBIG)
		too_big(sk, info);
	else
		report(sk, skb, type, code, offset, info);
}

static int ip6_err(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
		   u8 code, int offset, __be32 info)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct tcphdr *th = (void *)skb->data + offset;
	struct mytcp_key key;
	struct sock *sk;

	fill_key(&key, skb, &ip6h->saddr, &ip6h->daddr);
	key.node.lport = th->source;
	key.node.rport = th->dest;
	sk = mytcp_demux_error(&key);
	if (!sk)
		return 0;

	bh_lock_sock(sk);
	if (mytcp_demux_in_flight(sk, ntohl(th->seq)))
		take_error(sk, skb, type, code, offset, ntohl(info));
	bh_unlock_sock(sk);
	sock_put(sk);
	return 0;
}

static struct inet6_protocol protocol = {
	.handler = ip6_rcv,
	.err_handler = ip6_err,
	.flags = INET6_PROTO_FINAL,
};

/**
 * mytcp_ip6_init() - segments begin to arrive
 * @ipproto: protocol number in the IP header
 *
 * Return: 0, or -EBUSY if the number is taken.
 */
int mytcp_ip6_init(u8 ipproto)
{
	ip6_ipproto = ipproto;
	return inet6_add_protocol(&protocol, ipproto) ? -EBUSY : 0;
}

/**
 * mytcp_ip6_exit() - no segment arrives any more
 * @ipproto: protocol number in the IP header
 */
void mytcp_ip6_exit(u8 ipproto)
{
	inet6_del_protocol(&protocol, ipproto);
}

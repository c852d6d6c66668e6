// SPDX-License-Identifier: GPL-2.0
/* MyTCP over IPv4. */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/icmp.h>
#include <net/inet_common.h>
#include <net/inet_hashtables.h>
#include <net/inet_connection_sock.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/nexthop.h>
#include <net/protocol.h>
#include <net/route.h>

#include "af.h"
#include "demux.h"
#include "net.h"
#include "rx.h"
#include "shortcut.h"
#include "sock.h"

#define HEADERS	(sizeof(struct iphdr) + MYTCP_HEADER_LEN)

static u16 mss_within(unsigned int mtu, unsigned int options)
{
	unsigned int headers = HEADERS + options;

	return mtu > headers ? min_t(unsigned int, mtu - headers, U16_MAX) : 0;
}

static u16 mss_of(const struct dst_entry *dst, unsigned int options)
{
	return mss_within(dst_mtu(dst), options);
}

/**
 * mytcp_ip4_connect_to() - the addresses of a connection to an IPv4 peer
 * @sk: the socket, AF_INET or AF_INET6, locked
 * @daddr: the peer's address; 0.0.0.0 is this host
 * @dport: the peer's port
 *
 * Return: 0, -ENETUNREACH for a broadcast or multicast address (MUST-46), or
 * what routing says.
 */
int mytcp_ip4_connect_to(struct sock *sk, __be32 daddr, __be16 dport)
{
	struct inet_sock *inet = inet_sk(sk);
	const struct ip_options_rcu *opt;
	__be32 hop = daddr;
	struct rtable *rt;
	struct flowi4 fl4;
	unsigned int flags;

	opt = rcu_dereference_protected(inet->inet_opt,
					lockdep_sock_is_held(sk));
	if (opt && opt->opt.srr && daddr)
		hop = opt->opt.faddr;
	/* The socket's own route has to wait for its port. */
	ip_route_connect_init(&fl4, hop, inet->inet_saddr, sk->sk_bound_dev_if,
			      sk->sk_protocol, inet->inet_sport, dport, sk);
	rt = __ip_route_output_key(sock_net(sk), &fl4);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	flags = rt->rt_flags;
	ip_rt_put(rt);
	if (flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return -ENETUNREACH;

	if (!opt || !opt->opt.srr)
		daddr = fl4.daddr;
	if (!inet->inet_saddr)
		inet->inet_saddr = fl4.saddr;
	sk_rcv_saddr_set(sk, inet->inet_saddr);
	sk_daddr_set(sk, daddr);
	inet->inet_dport = dport;
	return 0;
}

static int ip4_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *in = (struct sockaddr_in *)uaddr;

	if (addr_len < sizeof(*in))
		return -EINVAL;
	if (in->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	return mytcp_ip4_connect_to(sk, in->sin_addr.s_addr, in->sin_port);
}

static bool policies_apply(const struct sock *sk)
{
#ifdef CONFIG_XFRM
	const struct netns_xfrm *xfrm = &sock_net(sk)->xfrm;

	return xfrm->policy_count[XFRM_POLICY_OUT] ||
	       xfrm->policy_default[XFRM_POLICY_OUT] ==
		       XFRM_USERPOLICY_BLOCK ||
	       rcu_access_pointer(sk->sk_policy[XFRM_POLICY_OUT]);
#else
	return false;
#endif
}

/* Does nothing but the endpoints decide on the route? */
static bool plain(const struct sock *sk)
{
	return !sk->sk_bound_dev_if && !sock_flag(sk, SOCK_LOCALROUTE) &&
	       !policies_apply(sk);
}

/* The usual lookup's result where the case is plain; without a reference. */
static struct rtable *route_at_hand(const struct sock *sk, struct flowi4 *fl4,
				    __be32 daddr, __be32 saddr, __be16 dport,
				    __be16 sport)
{
	struct net *net = sock_net(sk);

	if (!plain(sk))
		return NULL;
	flowi4_init_output(fl4, 0, READ_ONCE(sk->sk_mark), ip_sock_rt_tos(sk),
			   RT_SCOPE_UNIVERSE, sk->sk_protocol, 0, daddr, saddr,
			   dport, sport, sock_net_uid(net, sk));
	return mytcp_shortcut_route(net, fl4);
}

static int ip4_route(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct rtable *rt = NULL;
	bool found;

	__sk_dst_reset(sk);
	rcu_read_lock();
	if (!rcu_access_pointer(inet->inet_opt))
		rt = route_at_hand(sk, &inet->cork.fl.u.ip4, inet->inet_daddr,
				   inet->inet_saddr, inet->inet_dport,
				   inet->inet_sport);
	found = rt && dst_hold_safe(&rt->dst);
	rcu_read_unlock();
	if (!found)
		return inet_sk_rebuild_header(sk);
	sk_setup_caps(sk, &rt->dst);
	return 0;
}

static u16 ip4_path_mss(struct sock *sk)
{
	const struct ip_options_rcu *opt;
	const struct dst_entry *dst;
	u16 mss;

	rcu_read_lock();
	dst = __sk_dst_get(sk);
	opt = rcu_dereference(inet_sk(sk)->inet_opt);
	mss = dst ? mss_of(dst, opt ? opt->opt.optlen : 0) :
		    MYTCP_MSS_DEFAULT_IP4;
	rcu_read_unlock();
	return mss;
}

static void ip4_child(struct sock *child, const struct sock *listener,
		      struct mytcp_node *node, struct sk_buff *skb)
{
	struct inet_sock *inet = inet_sk(child);

	sk_daddr_set(child, node->raddr);
	sk_rcv_saddr_set(child, node->laddr);
#if IS_ENABLED(CONFIG_IPV6)
	if (child->sk_family == AF_INET6)
		inet6_sk(child)->saddr = child->sk_v6_rcv_saddr;
#endif
	inet->inet_saddr = node->laddr;
	inet->inet_num = ntohs(node->lport);
	inet->inet_sport = node->lport;
	inet->inet_dport = node->rport;
	child->sk_bound_dev_if = node->bound_dev_if;
	/* Without a route now there may be one when it sends. */
	ip4_route(child);
}

static int ip4_xmit(struct sock *sk, struct sk_buff *skb)
{
	return ip_queue_xmit(sk, skb, &inet_sk(sk)->cork.fl);
}

static void ip4_check(struct mytcp_node *node, unsigned int len, __wsum sum,
		      __sum16 *check)
{
	*check = csum_tcpudp_magic(node->laddr, node->raddr, len, node->ipproto,
				   sum);
}

static bool ip4_check_ok(struct sk_buff *skb, u8 ipproto)
{
	__wsum pseudo = inet_compute_pseudo(skb, ipproto);

	/* In one piece, and no device has looked at it: the shortest way. */
	if (skb->ip_summed == CHECKSUM_NONE && !skb_is_nonlinear(skb))
		return !csum_fold(csum_partial(skb->data, skb->len, pseudo));
	return !skb_checksum_validate(skb, ipproto, inet_compute_pseudo);
}

/* Nobody is answered who is many: a network's broadcast address (MUST-63). */
static struct rtable *route_to(const struct sock *sk, struct mytcp_node *node,
			       struct flowi4 *fl4, u8 tos, int oif)
{
	struct rtable *rt;

	rt = ip_route_output_ports(read_pnet(&node->net), fl4,
				   (struct sock *)sk, node->raddr, node->laddr,
				   node->rport, node->lport, node->ipproto, tos,
				   oif);
	if (!IS_ERR(rt) && rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	return rt;
}

static void send_to(const struct sock *sk, struct mytcp_node *node,
		    struct sk_buff *skb, u8 tos, int oif)
{
	struct flowi4 fl4;
	struct rtable *rt = route_to(sk, node, &fl4, RT_TOS(tos), oif);

	if (IS_ERR(rt)) {
		mytcp_rx_drop(node, MYTCP_COUNT_TX_NO_ROUTE);
		kfree_skb(skb);
		return;
	}
	skb_dst_set(skb, &rt->dst);
	ip_build_and_send_pkt(skb, sk, fl4.saddr, fl4.daddr, NULL, tos);
}

static void ip4_reply(struct mytcp_node *node, struct sk_buff *skb,
		      const struct sk_buff *in)
{
	struct net *net = read_pnet(&node->net);
	int oif = 0;

	if (netif_index_is_l3_master(net, in->skb_iif))
		oif = in->skb_iif;
	skb->mark = IP4_REPLY_MARK(net, in->mark);
	send_to(mytcp_net(net)->ctl4, node, skb, ip_hdr(in)->tos, oif);
}

static noinline int look_up_route_back(struct sock *sk, struct mytcp_node *node,
				       struct sk_buff *skb)
{
	struct flowi4 fl4 __uninitialized;
	struct rtable *rt = NULL;

	if (!node->bound_dev_if)
		rt = route_at_hand(sk, &fl4, node->raddr, node->laddr,
				   node->rport, node->lport);
	if (rt) {
		skb_dst_set_noref(skb, &rt->dst);
		return mss_of(&rt->dst, 0);
	}
	rt = route_to(sk, node, &fl4, RT_TOS(inet_sk(sk)->tos),
		      node->bound_dev_if);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	skb_dst_set(skb, &rt->dst);
	return mss_of(&rt->dst, 0);
}

static int ip4_route_back(struct sock *sk, struct mytcp_node *node,
			  struct sk_buff *skb, struct dst_entry *known)
{
	if (!known || !plain(sk) || ip_sock_rt_tos(sk))
		return look_up_route_back(sk, node, skb);
	skb_dst_set_noref(skb, known);
	return mss_within(READ_ONCE(known->dev->mtu), 0);
}

static void ip4_synack(struct sock *sk, struct mytcp_node *node,
		       struct sk_buff *skb)
{
	if (mytcp_shortcut_send(sk, node, skb))
		return;
	ip_build_and_send_pkt(skb, sk, node->laddr, node->raddr, NULL,
			      inet_sk(sk)->tos);
}

const struct mytcp_af mytcp_ip4 = {
	.family = AF_INET,
	.default_mss = MYTCP_MSS_DEFAULT_IP4,
	.connect = ip4_connect,
	.route = ip4_route,
	.path_mss = ip4_path_mss,
	.child = ip4_child,
	.xmit = ip4_xmit,
	.check = ip4_check,
	.check_ok = ip4_check_ok,
	.reply = ip4_reply,
	.route_back = ip4_route_back,
	.synack = ip4_synack,
};

/* connect() on such a socket begins in ip6.c. */
const struct mytcp_af mytcp_ip4_mapped = {
	.family = AF_INET,
	.default_mss = MYTCP_MSS_DEFAULT_IP4,
	.route = ip4_route,
	.path_mss = ip4_path_mss,
	.child = ip4_child,
	.xmit = ip4_xmit,
	.check = ip4_check,
	.check_ok = ip4_check_ok,
	.reply = ip4_reply,
	.route_back = ip4_route_back,
	.synack = ip4_synack,
};

static u8 ip4_ipproto;

static inline void fill_key(struct mytcp_key *key, struct sk_buff *skb,
			    __be32 laddr, __be32 raddr)
{
	key->back = NULL;
	key->iif = inet_iif(skb);
	key->sdif = inet_sdif(skb);
	write_pnet(&key->node.net, dev_net(skb->dev));
	key->node.bound_dev_if = 0;
	key->node.lport = 0;
	key->node.rport = 0;
	key->node.laddr = laddr;
	key->node.raddr = raddr;
	key->node.family = AF_INET;
	key->node.ipproto = ip4_ipproto;
}

/* To or from one host alone (MUST-57, MUST-63). */
static bool unicast(const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);
	__be32 saddr = ip_hdr(skb)->saddr;

	return skb->pkt_type == PACKET_HOST &&
	       !(rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) &&
	       saddr && !ipv4_is_multicast(saddr) && !ipv4_is_lbcast(saddr);
}

/**
 * mytcp_ip4_rcv() - a segment has arrived
 * @skb: the segment from its header on; consumed
 * @back: the way back to its sender, without a reference, if that is known
 *	already, and thereby that it is one host; else NULL
 *
 * Softirq, under RCU.
 */
void mytcp_ip4_rcv(struct sk_buff *skb, struct dst_entry *back)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct mytcp_key key __uninitialized;

	fill_key(&key, skb, iph->daddr, iph->saddr);
	key.back = back;
	if (back || unicast(skb)) {
		mytcp_rx(&mytcp_ip4, &key, skb);
	} else {
		mytcp_rx_drop(&key.node, MYTCP_COUNT_RX_BAD_ADDRESS);
		kfree_skb(skb);
	}
}

static int ip4_rcv(struct sk_buff *skb)
{
	mytcp_ip4_rcv(skb, NULL);
	return 0;
}

/* Packets are to be no longer than @mtu (RFC 1191). */
static void too_big(struct sock *sk, u32 mtu)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	u16 mss;

	if (sock_owned_by_user(sk) || !ip_sk_accept_pmtu(sk) ||
	    !inet_csk_update_pmtu(sk, mtu))
		return;
	mss = ip4_path_mss(sk);
	if (mss < msk->tcb.path_mss)
		mytcp_tcb_path(&msk->tcb, mss);
}

static void redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst;

	if (sock_owned_by_user(sk))
		return;
	dst = __sk_dst_check(sk, 0);
	if (dst)
		dst->ops->redirect(dst, sk, skb);
}

static void report(struct sock *sk, struct sk_buff *skb, int err, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct tcphdr *th = (void *)iph + iph->ihl * 4;
	struct mytcp_icmp icmp = {
		.ee = {
			.ee_errno = err,
			.ee_origin = SO_EE_ORIGIN_ICMP,
			.ee_type = icmp_hdr(skb)->type,
			.ee_code = icmp_hdr(skb)->code,
			.ee_info = info,
		},
		.daddr = &iph->daddr,
		.port = th->dest,
		.quoted = iph->ihl * 4,
		.asked = mytcp_recverr4(sk),
	};

	mytcp_sock_error(sk, skb, &icmp);
}

/* Source Quench is discarded (MUST-55). */
static void take_error(struct sock *sk, struct sk_buff *skb, u32 info)
{
	u8 type = icmp_hdr(skb)->type, code = icmp_hdr(skb)->code;

	if (type == ICMP_REDIRECT)
		redirect(sk, skb);
	else if (type == ICMP_PARAMETERPROB)
		report(sk, skb, EPROTO, info);
	else if (type == ICMP_TIME_EXCEEDED)
		report(sk, skb, EHOSTUNREACH, info);
	else if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		too_big(sk, info);
	else if (type == ICMP_DEST_UNREACH && code <= NR_ICMP_UNREACH)
		report(sk, skb, icmp_err_convert[code].errno, info);
}

static int ip4_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct tcphdr *th = (void *)iph + iph->ihl * 4;
	struct mytcp_key key;
	struct sock *sk;

	fill_key(&key, skb, iph->saddr, iph->daddr);
	key.node.lport = th->source;
	key.node.rport = th->dest;
	sk = mytcp_demux_error(&key);
	if (!sk)
		return 0;

	bh_lock_sock(sk);
	if (mytcp_demux_in_flight(sk, ntohl(th->seq)))
		take_error(sk, skb, info);
	bh_unlock_sock(sk);
	sock_put(sk);
	return 0;
}

static struct net_protocol protocol = {
	.handler = ip4_rcv,
	.err_handler = ip4_err,
};

/**
 * mytcp_ip4_init() - segments begin to arrive
 * @ipproto: protocol number in the IP header
 *
 * Return: 0, or -EBUSY if the number is taken.
 */
int mytcp_ip4_init(u8 ipproto)
{
	ip4_ipproto = ipproto;
	mytcp_shortcut_init(ipproto);
	return inet_add_protocol(&protocol, ipproto) ? -EBUSY : 0;
}

/**
 * mytcp_ip4_exit() - no segment arrives any more
 * @ipproto: protocol number in the IP header
 */
void mytcp_ip4_exit(u8 ipproto)
{
	inet_del_protocol(&protocol, ipproto);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A flood of SYNs costs most in what IP does with every packet, whoever it is
 * for: a lookup of where it goes to, one of where it may have come from, and on
 * the way back hooks, MTU and fragments. Where the answer is known beforehand the
 * question is not asked:
 *
 *   in	 A SYN for an address of this host, whose answer goes out where the SYN
 *	 came in, by the route that everybody behind that next hop has. That route
 *	 says of the sender all that the input route would: it is no address of
 *	 ours, no broadcast, and it lives there (RFC 3704). The hook is the last
 *	 of PRE_ROUTING; where somebody waits behind it the SYN goes the long way.
 *	 Also whatever this host sends to itself, which has its route.
 *   out The answer, where no hook but a security module's waits for it.
 *
 * Everything else goes the long way, and nobody can tell by which it came.
 */
#include "shortcut.h"

#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/tcp.h>
#include <net/dst_metadata.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/neighbour.h>
#include <net/nexthop.h>
#include <net/raw.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "af.h"
#include "net.h"
#include "node.h"

#define HEADERS		(sizeof(struct iphdr) + sizeof(struct tcphdr))
#define LONGEST		128	/* more than any answer to a SYN */

static u8 shortcut_ipproto;

/* Does everybody behind the next hop have the same route? */
static bool one_for_all(const struct fib_result *res)
{
	return (res->type == RTN_UNICAST || res->type == RTN_LOCAL) &&
	       fib_info_num_path(res->fi) == 1 &&
	       (res->prefixlen || res->table->tb_num_default <= 1) &&
	       !rcu_access_pointer(res->nhc->nhc_exceptions);
}

/**
 * mytcp_shortcut_route() - the route that the next hop keeps for all behind it
 * @net: the namespace
 * @fl4: what the usual lookup would be asked; the source address is ours
 *
 * Under RCU.
 *
 * Return: what the usual lookup would find, without a reference; NULL where
 * there is more to look at.
 */
struct rtable *mytcp_shortcut_route(struct net *net, struct flowi4 *fl4)
{
	struct fib_result res __uninitialized;
	struct rtable *rt;

	fl4->flowi4_iif = LOOPBACK_IFINDEX;
	if (fib_lookup(net, fl4, &res, 0) || !one_for_all(&res))
		return NULL;
	rt = rcu_dereference(*raw_cpu_ptr(res.nhc->nhc_pcpu_rth_output));
	if (!rt || rt->dst.obsolete != DST_OBSOLETE_FORCE_CHK ||
	    rt->rt_genid != rt_genid_ipv4(net) ||
	    (ipv4_is_loopback(fl4->saddr) &&
	     !(rt->dst.dev->flags & IFF_LOOPBACK)))
		return NULL;
	return rt;
}

static bool policies_apply(const struct net *net)
{
#ifdef CONFIG_XFRM
	return net->xfrm.policy_count[XFRM_POLICY_IN] ||
	       net->xfrm.policy_default[XFRM_POLICY_IN] ==
		       XFRM_USERPOLICY_BLOCK;
#else
	return false;
#endif
}

static bool rules_apply(const struct net *net)
{
#ifdef CONFIG_IP_MULTIPLE_TABLES
	return net->ipv4.fib_has_custom_rules;
#else
	return false;
#endif
}

/* Does nobody see what comes in but for its route? */
static bool nobody_waits(const struct net *net)
{
	return !rcu_access_pointer(net->nf.hooks_ipv4[NF_INET_LOCAL_IN]) &&
	       !rules_apply(net) && !policies_apply(net) &&
	       hlist_empty(&raw_v4_hashinfo.ht[raw_hashfunc(net,
							    shortcut_ipproto)]);
}

/*
 * For this host alone, in one piece, nothing about it out of the usual: no socket
 * chosen for it, not decrypted, not on its way through a bridge.
 */
static bool plain(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	return iph->ihl == sizeof(*iph) / 4 && !ip_is_fragment(iph) &&
	       skb->pkt_type == PACKET_HOST && !skb->sk &&
	       !skb_has_extensions(skb);
}

/* From this host to itself. */
static bool has_come_home(const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);

	return skb_valid_dst(skb) &&
	       (rt->rt_flags & (RTCF_LOCAL | RTCF_BROADCAST | RTCF_MULTICAST)) ==
	       RTCF_LOCAL;
}

static bool is_syn(struct sk_buff *skb)
{
	if (!pskb_may_pull(skb, HEADERS))
		return false;
	return (tcp_flag_word(tcp_hdr(skb)) &
		(TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST | TCP_FLAG_FIN)) ==
	       TCP_FLAG_SYN;
}

static bool of_vrf(const struct net_device *dev)
{
	return netif_is_l3_master(dev) || netif_is_l3_slave(dev);
}

static bool mtu_of_device(const struct rtable *rt)
{
	return !rt->rt_pmtu && !dst_metric_raw(&rt->dst, RTAX_MTU);
}

/* Addresses that send nothing, though a default route may lead to them. */
static bool nobody(__be32 addr)
{
	return ipv4_is_zeronet(addr) || ipv4_is_multicast(addr) ||
	       ipv4_is_lbcast(addr) || ipv4_is_loopback(addr);
}

/* The way back, if what it tells of the sender makes the input route needless. */
static struct rtable *way_back(struct net *net, const struct net_device *dev,
			       const struct iphdr *iph)
{
	struct flowi4 fl4 __uninitialized;
	struct rtable *rt;

	if (nobody(iph->saddr) || ipv4_is_loopback(iph->daddr) || of_vrf(dev) ||
	    !__ip_dev_find(net, iph->daddr, false))
		return NULL;
	flowi4_init_output(&fl4, 0, 0, 0, RT_SCOPE_UNIVERSE, shortcut_ipproto,
			   0, iph->saddr, iph->daddr, 0, 0, GLOBAL_ROOT_UID);
	rt = mytcp_shortcut_route(net, &fl4);
	if (!rt || rt->rt_flags & RTCF_LOCAL || rt->dst.dev != dev ||
	    !mtu_of_device(rt))
		return NULL;
	return rt;
}

/* Who was kept by another hook may come back in process context. */
static noinline unsigned int take(struct net *net, struct sk_buff *skb)
{
	struct dst_entry *back = NULL;
	struct rtable *rt;

	if (!in_softirq() || !nobody_waits(net) || !plain(skb))
		return NF_ACCEPT;
	if (!has_come_home(skb)) {
		if (skb_dst(skb) || !is_syn(skb))
			return NF_ACCEPT;
		rt = way_back(net, skb->dev, ip_hdr(skb));
		if (!rt)
			return NF_ACCEPT;
		back = &rt->dst;
	}
	__IP_INC_STATS(net, IPSTATS_MIB_INDELIVERS);
	mytcp_count_rcu(net, MYTCP_COUNT_RX_SHORTCUTS);
	__skb_pull(skb, sizeof(struct iphdr));
	mytcp_ip4_rcv(skb, back);
	return NF_STOLEN;
}

static unsigned int enter(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	if (ip_hdr(skb)->protocol != shortcut_ipproto)
		return NF_ACCEPT;
	return take(state->net, skb);
}

static const struct nf_hook_ops hook = {
	.hook = enter,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_PRE_ROUTING,
	.priority = NF_IP_PRI_LAST,
};

/* A security module lets pass or drops, and keeps nothing for later. */
static bool security_alone(const struct nf_hook_entries *hooks)
{
	int priority;

	if (!hooks)
		return true;
	priority = nf_hook_entries_get_hook_ops(hooks)[0]->priority;
	return hooks->num_hook_entries == 1 &&
	       (priority == NF_IP_PRI_SELINUX_FIRST ||
		priority == NF_IP_PRI_SELINUX_LAST);
}

/* False if the skb is gone. */
static bool let_pass(const struct nf_hook_entries *hooks, struct net *net,
		     struct sock *sk, struct sk_buff *skb)
{
	struct nf_hook_state state;

	nf_hook_state_init(&state, NF_INET_POST_ROUTING, NFPROTO_IPV4, NULL,
			   skb->dev, sk, net, NULL);
	return nf_hook_slow(skb, &state, hooks, 0) == 1;
}

/* Nothing that stretches the packet, hands it on or finds it too long. */
static bool plain_route(const struct rtable *rt)
{
	const struct net_device *dev = rt->dst.dev;

	return rt->dst.output == ip_output && !rt->dst.lwtstate &&
	       !of_vrf(dev) && mtu_of_device(rt) &&
	       READ_ONCE(dev->mtu) >= LONGEST;
}

static u8 ttl_of(const struct sock *sk, const struct dst_entry *dst)
{
	int ttl = READ_ONCE(inet_sk(sk)->uc_ttl);

	if (ttl >= 0)
		return ttl;
	return dst_metric_raw(dst, RTAX_HOPLIMIT) ?:
	       READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_default_ttl);
}

static void push_header(struct sk_buff *skb, const struct sock *sk,
			const struct mytcp_node *node,
			const struct dst_entry *dst)
{
	struct iphdr *iph = __skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = inet_sk(sk)->tos;
	iph->tot_len = htons(skb->len);
	iph->id = 0;
	iph->frag_off = htons(IP_DF);
	iph->ttl = ttl_of(sk, dst);
	iph->protocol = node->ipproto;
	iph->saddr = node->laddr;
	iph->daddr = node->raddr;
	iph->check = 0;
	iph->check = ip_fast_csum(iph, sizeof(*iph) / 4);
}

/**
 * mytcp_shortcut_send() - send the answer to a SYN
 * @sk: the listener, not locked
 * @node: the endpoints
 * @skb: the answer, header and all, and its route; consumed if true is returned
 *
 * Bottom halves off, under RCU.
 *
 * Return: false, nothing changed, if it has to go the long way.
 */
bool mytcp_shortcut_send(struct sock *sk, struct mytcp_node *node,
			 struct sk_buff *skb)
{
	struct net *net = sock_net(sk);
	struct rtable *rt = skb_rtable(skb);
	struct net_device *dev = rt->dst.dev;
	const struct nf_hook_entries *hooks;
	struct neighbour *neigh;
	bool is_v6gw = false;

	hooks = rcu_dereference(net->nf.hooks_ipv4[NF_INET_POST_ROUTING]);
	if (rcu_access_pointer(net->nf.hooks_ipv4[NF_INET_LOCAL_OUT]) ||
	    !security_alone(hooks) || !plain_route(rt) ||
	    !ip_dont_fragment(sk, &rt->dst) ||
	    skb_headroom(skb) < sizeof(struct iphdr) + LL_RESERVED_SPACE(dev))
		return false;

	push_header(skb, sk, node, &rt->dst);
	skb->protocol = htons(ETH_P_IP);
	skb->dev = dev;
	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = READ_ONCE(sk->sk_mark);
	mytcp_ip_count_sent(net, skb->len);
	mytcp_count_rcu(net, MYTCP_COUNT_TX_SHORTCUTS);
	if (hooks && !let_pass(hooks, net, sk, skb))
		return true;
	neigh = ip_neigh_for_gw(rt, skb, &is_v6gw);
	if (IS_ERR(neigh))
		kfree_skb(skb);
	else
		neigh_output(neigh, skb, is_v6gw);
	return true;
}

/**
 * mytcp_shortcut_start() - a namespace has a listener
 * @net: the namespace
 *
 * Without memory for the hook all goes the long way. Process context.
 */
void mytcp_shortcut_start(struct net *net)
{
	struct mytcp_net *mn = mytcp_net(net);

	if (READ_ONCE(mn->shortcut) || xchg(&mn->shortcut, true))
		return;
	if (nf_register_net_hook(net, &hook))
		WRITE_ONCE(mn->shortcut, false);
}

/**
 * mytcp_shortcut_stop() - undo mytcp_shortcut_start()
 * @net: the namespace, which ends: there are no listeners
 */
void mytcp_shortcut_stop(struct net *net)
{
	if (mytcp_net(net)->shortcut)
		nf_unregister_net_hook(net, &hook);
}

/**
 * mytcp_shortcut_init() - know whose segments these are
 * @ipproto: protocol number in the IP header
 */
void mytcp_shortcut_init(u8 ipproto)
{
	shortcut_ipproto = ipproto;
}

// SPDX-License-Identifier: GPL-2.0
#include "diag.h"

#include <linux/inet_diag.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "listener.h"
#include "net.h"
#include "passive.h"
#include "sock.h"
#include "table.h"
#include "timewait.h"
#include "trace.h"
#include "uapi/mytcp.h"

static u8 wire_protocol;

static int fill_ends(struct mytcp_key *key, const struct inet_diag_req_v2 *req)
{
	const struct in6_addr *src = (const void *)req->id.idiag_src;
	const struct in6_addr *dst = (const void *)req->id.idiag_dst;
	struct mytcp_node *node = &key->node;

	node->family = AF_INET;
	switch (req->sdiag_protocol) {
	case MYTCP_PROTO_IP4:
		node->laddr = req->id.idiag_src[0];
		node->raddr = req->id.idiag_dst[0];
		return 0;
	case MYTCP_PROTO_IP6:
		if (ipv6_addr_v4mapped(src)) {
			node->laddr = req->id.idiag_src[3];
			node->raddr = req->id.idiag_dst[3];
			return 0;
		}
		node->family = AF_INET6;
		key->addr6.laddr = *src;
		key->addr6.raddr = *dst;
		return 0;
	default:
		return -EPROTONOSUPPORT;
	}
}

static int fill_key(struct mytcp_key *key, struct net *net,
		    const struct inet_diag_req_v2 *req)
{
	struct mytcp_node *node = &key->node;
	int err;

	memset(key, 0, sizeof(*key));
	err = fill_ends(key, req);
	if (err)
		return err;
	write_pnet(&node->net, net);
	key->iif = req->id.idiag_if;
	node->lport = req->id.idiag_sport;
	node->rport = req->id.idiag_dport;
	node->ipproto = wire_protocol;
	mytcp_node_hash(node);
	return 0;
}

/* Entries have no cookie: who names one does not mean them. */
static bool any_cookie(const u32 cookie[2])
{
	return cookie[0] == INET_DIAG_NOCOOKIE &&
	       cookie[1] == INET_DIAG_NOCOOKIE;
}

static int abort_listener(struct mytcp_key *key, const u32 cookie[2])
{
	struct sock *sk = mytcp_listener_chosen(key, cookie);
	int err = 0;

	if (!sk)
		return -ENOENT;
	if (!mytcp_sock_abort(sk, ECONNABORTED))
		err = -ENOENT;
	sock_put(sk);
	return err;
}

/* Under RCU. Returns -EAGAIN if it has become something else meanwhile. */
static int abort_entry(struct mytcp_node *node, const u32 cookie[2])
{
	if (!any_cookie(cookie))
		return -ENOENT;
	if (node->kind == MYTCP_KIND_HALF)
		return mytcp_passive_abort(node);
	return mytcp_timewait_abort(node);
}

/* Returns as abort_entry(). */
static int abort_sock(struct sock *sk, const u32 cookie[2])
{
	if (sock_diag_check_cookie(sk, cookie))
		return -ENOENT;
	return mytcp_sock_abort(sk, ECONNABORTED) ? 0 : -EAGAIN;
}

static int abort_connection(struct mytcp_key *key, const u32 cookie[2])
{
	struct mytcp_node *node;
	struct sock *sk;
	int err;

	do {
		sk = NULL;
		err = -ENOENT;
		rcu_read_lock();
		node = mytcp_table_lookup(key);
		if (node && node->kind == MYTCP_KIND_SOCK)
			sk = mytcp_node_sk(node);
		else if (node)
			err = abort_entry(node, cookie);
		rcu_read_unlock();
		if (sk)
			err = abort_sock(sk, cookie);
		if (node)
			mytcp_node_put(node);
	} while (err == -EAGAIN);
	return err;
}

/*
 * SOCK_DESTROY, as the kernel's TCP has it: a struct inet_diag_req_v2 whose
 * sdiag_protocol is the third argument of socket(). Without a remote port it
 * means a listener.
 */
static int destroy(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	const struct inet_diag_req_v2 *req = nlmsg_data(nlh);
	struct net *net = sock_net(skb->sk);
	struct mytcp_key key;
	int err;

	if (nlmsg_len(nlh) < sizeof(*req))
		return -EINVAL;
	if (!netlink_net_capable(skb, CAP_NET_ADMIN))
		return -EPERM;
	err = fill_key(&key, net, req);
	if (err)
		return err;
	err = req->id.idiag_dport ?
	      abort_connection(&key, req->id.idiag_cookie) :
	      abort_listener(&key, req->id.idiag_cookie);
	if (err)
		return err;
	mytcp_count(net, MYTCP_COUNT_ABORT_BY_ADMIN);
	trace_abort(&key.node, MYTCP_COUNT_ABORT_BY_ADMIN);
	return 0;
}

/* What there is to see stands in /proc/net/mytcp. */
static int dump(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	return -EOPNOTSUPP;
}

static struct sock_diag_handler handler = {
	.owner		= THIS_MODULE,
	.dump		= dump,
	.destroy	= destroy,
};

/**
 * mytcp_diag_init() - answer requests about our sockets
 * @family: AF_MYTCP
 * @ipproto: protocol number in the IP header
 *
 * Return: 0, -EINVAL for a family number that cannot be, -EBUSY for one that is
 * taken.
 */
int mytcp_diag_init(int family, u8 ipproto)
{
	if (family < 0 || family >= AF_MAX)
		return -EINVAL;
	wire_protocol = ipproto;
	handler.family = family;
	return sock_diag_register(&handler);
}

/**
 * mytcp_diag_exit() - undo mytcp_diag_init()
 */
void mytcp_diag_exit(void)
{
	sock_diag_unregister(&handler);
}

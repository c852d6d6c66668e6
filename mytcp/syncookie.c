// SPDX-License-Identifier: GPL-2.0
#include "syncookie.h"

#include <linux/skbuff.h>
#include <linux/timekeeping.h>

#include "backlog.h"
#include "core/cookie.h"
#include "halfopen.h"
#include "passive.h"
#include "secret.h"
#include "sock.h"
#include "trace.h"
#include "tx.h"

/* The same on every server, so nothing of this host but its address. */
static __always_inline void fill_ends(struct mytcp_cookie_ends *ends, struct mytcp_node *node)
{
	u8 *at = ends->octet;

	if (node->family == AF_INET6) {
		const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);

		memcpy(at, addr6, sizeof(*addr6));
		at += sizeof(*addr6);
	} else {
		memcpy(at, &node->laddr, sizeof(node->laddr));
		memcpy(at + 4, &node->raddr, sizeof(node->raddr));
		at += 8;
	}
	memcpy(at, &node->lport, sizeof(node->lport));
	memcpy(at + 2, &node->rport, sizeof(node->rport));
	ends->len = at + 4 - ends->octet;
}

static __always_inline void count(const struct mytcp_backlog *backlog,
				  struct mytcp_node *node,
				  enum mytcp_count what)
{
	mytcp_backlog_count(backlog, what);
	trace_cookie(node, what);
}

/**
 * mytcp_syncookie_answer() - answer a SYN with a cookie
 * @backlog: the listener's
 * @own: the connection's key
 * @skb: the SYN, which has the route of the answer; consumed
 * @syn: its header
 * @offer: what mytcp_halfopen_offer() has made of it
 *
 * Nothing is kept, and as a rule nothing allocated. Softirq, under RCU.
 */
void mytcp_syncookie_answer(struct mytcp_backlog *backlog,
			    struct mytcp_key *own,
			    struct sk_buff *skb,
			    const struct mytcp_segment *syn,
			    struct mytcp_half *offer)
{
	u32 now = ktime_get_real_seconds();
	struct sock *sk = backlog->sk;
	struct mytcp_cookie_ends ends __uninitialized;
	struct mytcp_segment synack __uninitialized;

	fill_ends(&ends, &own->node);
	mytcp_cookie_make(mytcp_secret_keys(mytcp_sk_net(sk), now),
			  now, &ends, syn, offer, &synack);
	count(backlog, &own->node, synack.opt.has & MYTCP_OPT_COOKIE ?
			  MYTCP_COUNT_COOKIE_OPTIONS_SENT :
			  MYTCP_COUNT_COOKIES_SENT);
	mytcp_tx_answer(sk, &own->node, skb, &synack);
}

static enum mytcp_cookie_verdict check(struct sock *sk, struct mytcp_node *node,
				       const struct mytcp_segment *seg,
				       struct mytcp_half *half)
{
	u32 now = ktime_get_real_seconds();
	struct mytcp_cookie_ends ends;

	fill_ends(&ends, node);
	half->wnd = mytcp_halfopen_window(sk);
	return mytcp_cookie_check(mytcp_secret_keys(mytcp_sk_net(sk),
						    now),
				  now, &ends, seg, half);
}

/* Can the segment be what a client answers a SYN+ACK with? */
static bool may_open(const struct sock *sk, const struct mytcp_segment *seg)
{
	return (seg->flags & (MYTCP_ACK | MYTCP_SYN | MYTCP_RST)) ==
		       MYTCP_ACK &&
	       READ_ONCE(mytcp_sk_net(sk)->syncookies);
}

/**
 * mytcp_syncookie_rcv() - an ACK for a listener, of no connection
 * @sk: the listener, not locked
 * @key: its endpoints
 * @skb: the segment
 * @seg: its header
 *
 * Whether cookies are being sent makes no difference, only whether they may be.
 * One that comes too early is dropped: what lies before it is on its way.
 * Softirq, under RCU.
 *
 * Return: -ENOENT if it has no valid cookie; else as mytcp_passive_rcv().
 */
int mytcp_syncookie_rcv(struct sock *sk, struct mytcp_key *key,
			struct sk_buff *skb, const struct mytcp_segment *seg)
{
	static const u8 counts[] = {
		[MYTCP_COOKIE_VALID] = MYTCP_COUNT_COOKIES_VALID,
		[MYTCP_COOKIE_EARLY] = MYTCP_COUNT_COOKIES_EARLY,
		[MYTCP_COOKIE_EXPIRED] = MYTCP_COUNT_COOKIES_EXPIRED,
		[MYTCP_COOKIE_BAD_MAC] = MYTCP_COUNT_COOKIES_BAD_MAC,
		[MYTCP_COOKIE_UNKNOWN_KEY] = MYTCP_COUNT_COOKIES_UNKNOWN_KEY,
	};
	enum mytcp_cookie_verdict verdict;
	struct mytcp_backlog *backlog;
	struct mytcp_half half;
	int err;

	if (!may_open(sk, seg))
		return -ENOENT;
	backlog = rcu_dereference(mytcp_sk(sk)->backlog);
	if (!backlog)
		return -EAGAIN;
	verdict = check(sk, &key->node, seg, &half);
	count(backlog, &key->node, counts[verdict]);
	if (verdict == MYTCP_COOKIE_EARLY)
		return 0;
	if (verdict != MYTCP_COOKIE_VALID)
		return -ENOENT;

	mytcp_halfopen_own(sk, key);
	err = mytcp_halfopen_route(sk, key, skb, &half);
	skb_dst_drop(skb);
	if (err) {
		mytcp_backlog_count(backlog, MYTCP_COUNT_SYN_NO_ROUTE);
		trace_drop(&key->node, MYTCP_COUNT_SYN_NO_ROUTE);
		return 0;
	}
	return mytcp_passive_cookie(backlog, key, skb, seg, &half);
}

/**
 * mytcp_syncookie_valid() - has a segment a valid cookie?
 * @sk: the listener
 * @node: its endpoints
 * @seg: its header
 *
 * Softirq, under RCU.
 *
 * Return: true if so.
 */
bool mytcp_syncookie_valid(struct sock *sk, struct mytcp_node *node,
			   const struct mytcp_segment *seg)
{
	struct mytcp_half half;

	return may_open(sk, seg) &&
	       check(sk, node, seg, &half) == MYTCP_COOKIE_VALID;
}

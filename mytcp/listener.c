// SPDX-License-Identifier: GPL-2.0
#include "listener.h"

#include <linux/jhash.h>
#include <linux/rculist_nulls.h>
#include <linux/sock_diag.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/netns/hash.h>

#include "sock.h"
#include "table.h"

#define BUCKETS	1024U

/* Points for the very address. */
#define EQUAL	8

struct bucket {
	spinlock_t lock;	/* the chain */
	struct hlist_nulls_head chain;
};

static struct bucket buckets[BUCKETS];

/**
 * mytcp_listener_init() - nobody listens
 */
void mytcp_listener_init(void)
{
	unsigned long i;

	for (i = 0; i < BUCKETS; i++) {
		spin_lock_init(&buckets[i].lock);
		INIT_HLIST_NULLS_HEAD(&buckets[i].chain, i);
	}
}

static u32 slot_of(const struct net *net, __be16 port)
{
	return (ntohs(port) + net_hash_mix(net)) % BUCKETS;
}

/**
 * mytcp_listener_add() - a listener is to be found
 * @sk: the listener, locked, its backlog started
 */
void mytcp_listener_add(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	struct bucket *bucket;

	mytcp_node_fill(sk);
	bucket = &buckets[slot_of(sock_net(sk), msk->node.lport)];
	sock_hold(sk);
	spin_lock_bh(&bucket->lock);
	hlist_nulls_add_head_rcu(&msk->listen_link, &bucket->chain);
	spin_unlock_bh(&bucket->lock);
	mytcp_sk_gauge(sk, MYTCP_GAUGE_LISTENERS, 1);
}

/**
 * mytcp_listener_remove() - a listener is to be found no more
 * @sk: the listener, locked, perhaps not in the table
 */
void mytcp_listener_remove(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	struct bucket *bucket;

	if (hlist_nulls_unhashed(&msk->listen_link))
		return;
	bucket = &buckets[slot_of(sock_net(sk), msk->node.lport)];
	spin_lock_bh(&bucket->lock);
	hlist_nulls_del_init_rcu(&msk->listen_link);
	spin_unlock_bh(&bucket->lock);
	mytcp_sk_gauge(sk, MYTCP_GAUGE_LISTENERS, -1);
	sock_put(sk);
}

#if IS_ENABLED(CONFIG_IPV6)
/* The address a segment goes to, as a socket of IPv6 sees it. */
static noinline int fit6(const struct sock *sk, const struct mytcp_key *key)
{
	struct in6_addr addr;

	if (key->node.family == AF_INET6)
		addr = key->addr6.laddr;
	else if (!ipv6_only_sock(sk))
		ipv6_addr_set_v4mapped(key->node.laddr, &addr);
	else
		return 0;
	return ipv6_addr_equal(&sk->sk_v6_rcv_saddr, &addr) ? EQUAL :
	       ipv6_addr_any(&sk->sk_v6_rcv_saddr);
}
#endif

static int fit4(const struct sock *sk, const struct mytcp_key *key)
{
	__be32 addr = inet_sk(sk)->inet_rcv_saddr;

	if (key->node.family != AF_INET)
		return 0;
	if (addr == key->node.laddr)
		return 2 + EQUAL;
	return addr ? 0 : 2 + 1;
}

/*
 * How closely does a listener fit? 0: not at all. EQUAL for the address, 4 for
 * the device, 2 for the family. Inline, as it is asked for every SYN of a flood.
 */
static __always_inline int score(const struct sock *sk,
				 const struct mytcp_key *key)
{
	const struct mytcp_node *node = &key->node;
	int points;

	if (mytcp_sk(sk)->node.lport != node->lport ||
	    !net_eq(sock_net(sk), read_pnet(&node->net)) ||
	    READ_ONCE(sk->sk_state) != TCP_LISTEN ||
	    sk->sk_protocol != node->ipproto ||
	    !mytcp_key_by_device(key, sk->sk_bound_dev_if))
		return 0;

#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		points = fit6(sk, key);
	else
#endif
		points = fit4(sk, key);
	return points && sk->sk_bound_dev_if ? points + 4 : points;
}

/*
 * Of several that fit equally, the one with the largest number: so each keeps
 * its share when another comes or goes. The node's hash is keyed, and with it
 * the choice.
 */
static u32 share(const struct sock *sk, const struct mytcp_node *node)
{
	unsigned long who = (unsigned long)sk >> L1_CACHE_SHIFT;

	return jhash_2words(node->hash, (u32)who, 0);
}

/**
 * mytcp_listener_find() - find who listens
 * @key: the endpoints of a segment, hashed
 *
 * Under RCU. The closest fit: the address, the device, the family; of a group
 * one by the hash of the endpoints.
 *
 * Return: the listener, good until the end of the grace period, though it may
 * close meanwhile; or NULL.
 */
struct sock *mytcp_listener_find(struct mytcp_key *key)
{
	u32 slot = slot_of(read_pnet(&key->node.net), key->node.lport);
	u32 mine, largest;
	struct hlist_nulls_node *at;
	struct mytcp_sock *msk;
	struct sock *sk, *best;
	int high, points;

again:
	best = NULL;
	high = 0;
	largest = 0;
	hlist_nulls_for_each_entry_rcu(msk, at, &buckets[slot].chain,
				       listen_link) {
		sk = (struct sock *)msk;
		points = score(sk, key);
		if (!points || points < high)
			continue;
		mine = sk->sk_reuseport ? share(sk, &key->node) : 0;
		if (points == high && mine <= largest)
			continue;
		high = points;
		largest = mine;
		best = sk;
	}
	if (get_nulls_value(at) != slot)
		goto again;
	return best;
}

/**
 * mytcp_listener_chosen() - find one listener and no other
 * @key: its address, port and device, hashed; an address of all zeros is its own
 * @cookie: SO_COOKIE of the one that is meant, or INET_DIAG_NOCOOKIE twice
 *
 * Process context.
 *
 * Return: the listener, with a reference, or NULL.
 */
struct sock *mytcp_listener_chosen(struct mytcp_key *key, const u32 cookie[2])
{
	u32 slot = slot_of(read_pnet(&key->node.net), key->node.lport);
	struct bucket *bucket = &buckets[slot];
	struct sock *sk, *chosen = NULL;
	struct hlist_nulls_node *at;
	struct mytcp_sock *msk;

	spin_lock_bh(&bucket->lock);
	hlist_nulls_for_each_entry(msk, at, &bucket->chain, listen_link) {
		sk = (struct sock *)msk;
		if (score(sk, key) < EQUAL ||
		    sock_diag_check_cookie(sk, cookie))
			continue;
		sock_hold(sk);
		chosen = sk;
		break;
	}
	spin_unlock_bh(&bucket->lock);
	return chosen;
}

static bool same_address(const struct sock *a, const struct sock *b)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (a->sk_family == AF_INET6)
		return ipv6_addr_equal(&a->sk_v6_rcv_saddr,
				       &b->sk_v6_rcv_saddr) &&
		       ipv6_only_sock(a) == ipv6_only_sock(b);
#endif
	return inet_sk(a)->inet_rcv_saddr == inet_sk(b)->inet_rcv_saddr;
}

/* May @other take what @sk leaves? */
static bool same_group(const struct sock *sk, const struct sock *other)
{
	return other != sk && READ_ONCE(other->sk_state) == TCP_LISTEN &&
	       net_eq(sock_net(sk), sock_net(other)) &&
	       mytcp_sk(sk)->node.lport == mytcp_sk(other)->node.lport &&
	       sk->sk_protocol == other->sk_protocol &&
	       sk->sk_family == other->sk_family &&
	       sk->sk_bound_dev_if == other->sk_bound_dev_if &&
	       sk->sk_reuseport && other->sk_reuseport &&
	       uid_eq(sk->sk_uid, other->sk_uid) && same_address(sk, other);
}

/**
 * mytcp_listener_heir() - who takes a connection of a listener that closes
 * @sk: the listener, locked, in the table no more
 * @node: the connection's endpoints
 *
 * Any context.
 *
 * Return: another of its SO_REUSEPORT group, with a reference, or NULL.
 */
struct sock *mytcp_listener_heir(struct sock *sk, const struct mytcp_node *node)
{
	struct bucket *bucket = &buckets[slot_of(sock_net(sk), node->lport)];
	struct sock *other, *best = NULL;
	struct hlist_nulls_node *at;
	struct mytcp_sock *msk;

	spin_lock_bh(&bucket->lock);
	hlist_nulls_for_each_entry(msk, at, &bucket->chain, listen_link) {
		other = (struct sock *)msk;
		if (same_group(sk, other) &&
		    (!best || share(other, node) > share(best, node)))
			best = other;
	}
	if (best)
		sock_hold(best);
	spin_unlock_bh(&bucket->lock);
	return best;
}

/**
 * mytcp_listener_places() - how many places mytcp_listener_show() has
 *
 * Return: one for each chain.
 */
unsigned long mytcp_listener_places(void)
{
	return BUCKETS;
}

/**
 * mytcp_listener_place_empty() - is there nothing to show?
 * @place: less than mytcp_listener_places()
 *
 * Return: true if nothing stands there at this moment.
 */
bool mytcp_listener_place_empty(unsigned long place)
{
	return hlist_nulls_empty(&buckets[place].chain);
}

/**
 * mytcp_listener_show() - show all that listen in one place
 * @place: less than mytcp_listener_places()
 * @seq: passed on
 * @show: called for each listener, under the chain's lock
 */
void mytcp_listener_show(unsigned long place, struct seq_file *seq,
			 void (*show)(struct seq_file *, struct sock *))
{
	struct hlist_nulls_node *at;
	struct mytcp_sock *msk;

	spin_lock_bh(&buckets[place].lock);
	hlist_nulls_for_each_entry(msk, at, &buckets[place].chain, listen_link)
		show(seq, (struct sock *)msk);
	spin_unlock_bh(&buckets[place].lock);
}

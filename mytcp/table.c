// SPDX-License-Identifier: GPL-2.0
#include "table.h"

#include <linux/mm.h>
#include <linux/rculist_nulls.h>
#include <linux/siphash.h>
#include <linux/vmalloc.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/netns/hash.h>

#include "halfopen.h"
#include "sock.h"
#include "timewait.h"

#define MIN_BUCKETS	1024UL
#define MAX_BUCKETS	524288UL

struct bucket {
	spinlock_t lock;	/* the three chains */
	struct hlist_nulls_head chain[MYTCP_KINDS];
};

static hsiphash_key_t secret;
static struct bucket *buckets;
static unsigned long nr_buckets;

/* mytcp_node_addr6() counts on it. */
static_assert(offsetof(struct mytcp_key, node) ==
	      offsetof(struct mytcp_key, addr6) + sizeof(struct mytcp_addr6));
static_assert(offsetof(struct mytcp_sock, node) ==
	      offsetof(struct mytcp_sock, addr6) + sizeof(struct mytcp_addr6));

/* The nulls at a chain's end tell which chain a reader has come out of. */
static unsigned long nulls_of(u32 hash, unsigned int kind)
{
	return (hash & (nr_buckets - 1)) * MYTCP_KINDS + kind;
}

static struct bucket *bucket_of(u32 hash)
{
	return &buckets[hash & (nr_buckets - 1)];
}

/**
 * mytcp_table_init() - make the tables
 *
 * The secret under which endpoints are hashed is this boot's own: a peer who
 * chooses its endpoints cannot choose their bucket (CVE-2023-1206). Nobody is
 * ever told a hash, so the short SipHash does.
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_table_init(void)
{
	unsigned long i;
	unsigned int kind;

	nr_buckets = roundup_pow_of_two(totalram_pages() / 8);
	nr_buckets = clamp(nr_buckets, MIN_BUCKETS, MAX_BUCKETS);
	buckets = kvmalloc_array(nr_buckets, sizeof(*buckets), GFP_KERNEL);
	if (!buckets)
		return -ENOMEM;

	get_random_bytes(&secret, sizeof(secret));
	for (i = 0; i < nr_buckets; i++) {
		spin_lock_init(&buckets[i].lock);
		for (kind = 0; kind < MYTCP_KINDS; kind++)
			INIT_HLIST_NULLS_HEAD(&buckets[i].chain[kind],
					      nulls_of(i, kind));
	}
	return 0;
}

/**
 * mytcp_table_exit() - give the tables back
 *
 * Nothing may stand in them any more, and no reader be left.
 */
void mytcp_table_exit(void)
{
	kvfree(buckets);
}

/**
 * mytcp_node_hash() - hash a node's endpoints
 * @node: complete but for the hash
 *
 * The device is not in it, for a segment does not tell whether the connection
 * it belongs to is bound to one.
 */
void mytcp_node_hash(struct mytcp_node *node)
{
	u32 ports = (__force u32)node->lport << 16 | (__force u32)node->rport;
	u32 rest = net_hash_mix(read_pnet(&node->net)) ^
		   (u32)node->ipproto << 24;

	if (node->family == AF_INET6) {
		const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);
		struct {
			struct mytcp_addr6 addr6;
			u32 ports;
			u32 rest;
		} all __aligned(HSIPHASH_ALIGNMENT) = { *addr6, ports, rest };

		node->hash = hsiphash(&all, sizeof(all), &secret);
	} else {
		node->hash = hsiphash_4u32((__force u32)node->laddr,
					   (__force u32)node->raddr,
					   ports, rest, &secret);
	}
}

/**
 * mytcp_node_copy() - copy a key
 * @to: a node of the same family, in no table
 * @from: the key
 */
void mytcp_node_copy(struct mytcp_node *to, struct mytcp_node *from)
{
	to->net = from->net;
	to->hash = from->hash;
	to->bound_dev_if = from->bound_dev_if;
	to->laddr = from->laddr;
	to->raddr = from->raddr;
	to->lport = from->lport;
	to->rport = from->rport;
	to->family = from->family;
	to->ipproto = from->ipproto;
	if (from->family == AF_INET6)
		*mytcp_node_addr6(to) = *mytcp_node_addr6(from);
}

/**
 * mytcp_node_fill() - make a socket's key from its addresses and ports
 * @sk: the socket, locked or not yet visible; in no table
 */
void mytcp_node_fill(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	const struct inet_sock *inet = inet_sk(sk);
	struct mytcp_node *node = &msk->node;
	bool ip6 = false;

#if IS_ENABLED(CONFIG_IPV6)
	ip6 = sk->sk_family == AF_INET6 &&
	      !ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr);
	if (ip6) {
		msk->addr6.laddr = sk->sk_v6_rcv_saddr;
		msk->addr6.raddr = sk->sk_v6_daddr;
	}
#endif
	write_pnet(&node->net, sock_net(sk));
	node->bound_dev_if = sk->sk_bound_dev_if;
	node->laddr = ip6 ? 0 : inet->inet_rcv_saddr;
	node->raddr = ip6 ? 0 : inet->inet_daddr;
	node->lport = htons(inet->inet_num);
	node->rport = inet->inet_dport;
	node->family = ip6 ? AF_INET6 : AF_INET;
	node->ipproto = sk->sk_protocol;
	node->kind = MYTCP_KIND_SOCK;
	mytcp_node_hash(node);
}

/**
 * mytcp_node_sk() - the socket a node is embedded in
 * @node: of kind MYTCP_KIND_SOCK
 *
 * Return: the socket.
 */
struct sock *mytcp_node_sk(struct mytcp_node *node)
{
	return (struct sock *)container_of(node, struct mytcp_sock, node);
}

static struct mytcp_mini *mini_of(struct mytcp_node *node)
{
	return container_of(node, struct mytcp_mini, node);
}

static bool node_get(struct mytcp_node *node)
{
	refcount_t *ref = node->kind == MYTCP_KIND_SOCK ?
			  &mytcp_node_sk(node)->sk_refcnt : &mini_of(node)->ref;

	if (!refcount_inc_not_zero(ref))
		return false;
	smp_rmb(); /* with smp_wmb() before the count is set: read the key now */
	return true;
}

/**
 * mytcp_node_put() - give a reference back
 * @node: of any kind
 */
void mytcp_node_put(struct mytcp_node *node)
{
	if (node->kind == MYTCP_KIND_SOCK)
		sock_put(mytcp_node_sk(node));
	else if (!refcount_dec_and_test(&mini_of(node)->ref))
		return;
	else if (node->kind == MYTCP_KIND_HALF)
		mytcp_halfopen_free(node);
	else
		mytcp_timewait_free(node);
}

/* The same endpoints, whatever the device. */
static bool same_ends(struct mytcp_node *a, struct mytcp_node *b)
{
	if (a->hash != b->hash || a->lport != b->lport ||
	    a->rport != b->rport || a->family != b->family ||
	    a->ipproto != b->ipproto ||
	    !net_eq(read_pnet(&a->net), read_pnet(&b->net)))
		return false;
	if (a->family == AF_INET6) {
		const struct mytcp_addr6 *a6 = mytcp_node_addr6(a);
		const struct mytcp_addr6 *b6 = mytcp_node_addr6(b);

		return ipv6_addr_equal(&a6->laddr, &b6->laddr) &&
		       ipv6_addr_equal(&a6->raddr, &b6->raddr);
	}
	return a->laddr == b->laddr && a->raddr == b->raddr;
}

static bool matches(struct mytcp_node *node, struct mytcp_key *key)
{
	return same_ends(node, &key->node) &&
	       mytcp_key_by_device(key, node->bound_dev_if);
}

static struct mytcp_node *find(struct mytcp_key *key, unsigned int kind)
{
	struct bucket *bucket = bucket_of(key->node.hash);
	struct hlist_nulls_node *at;
	struct mytcp_node *node;

again:
	hlist_nulls_for_each_entry_rcu(node, at, &bucket->chain[kind], link) {
		if (!matches(node, key))
			continue;
		/* Gone at this moment: its memory may be another's next. */
		if (!node_get(node))
			goto again;
		if (matches(node, key) &&
		    !hlist_nulls_unhashed_lockless(&node->link))
			return node;
		mytcp_node_put(node);
		goto again;
	}
	/* Carried off to another chain on a node that moved: start anew. */
	if (get_nulls_value(at) != nulls_of(key->node.hash, kind))
		goto again;
	return NULL;
}

/* A chain without a node is one walked to its end. */
static bool empty(const struct bucket *bucket, unsigned int kind)
{
	return is_a_nulls(READ_ONCE(bucket->chain[kind].first));
}

/**
 * mytcp_table_lookup() - find who owns a pair of endpoints
 * @key: the endpoints, hashed
 *
 * Under RCU, any context. Any kind of node, but no listener. The half-open ones
 * come last once more: TIME_WAIT may have become one behind the reader's back.
 *
 * Return: the node, with a reference, or NULL.
 */
struct mytcp_node *mytcp_table_lookup(struct mytcp_key *key)
{
	const struct bucket *bucket = bucket_of(key->node.hash);
	struct mytcp_node *node = NULL;
	unsigned int kind;

	for (kind = 0; kind < MYTCP_KINDS && !node; kind++) {
		if (!empty(bucket, kind))
			node = find(key, kind);
		smp_rmb(); /* with smp_wmb() in mytcp_table_replace() */
	}
	if (!node && !empty(bucket, MYTCP_KIND_HALF))
		node = find(key, MYTCP_KIND_HALF);
	return node;
}

static struct mytcp_node *rival(struct bucket *bucket, struct mytcp_node *node,
				const struct mytcp_node *except)
{
	struct hlist_nulls_node *at;
	struct mytcp_node *other;
	unsigned int kind;

	for (kind = 0; kind < MYTCP_KINDS; kind++)
		hlist_nulls_for_each_entry(other, at, &bucket->chain[kind],
					   link)
			if (other != except && same_ends(other, node) &&
			    (!other->bound_dev_if || !node->bound_dev_if ||
			     other->bound_dev_if == node->bound_dev_if))
				return other;
	return NULL;
}

static void link_node(struct bucket *bucket, struct mytcp_node *node)
{
	hlist_nulls_add_head_rcu(&node->link, &bucket->chain[node->kind]);
}

/**
 * mytcp_table_insert() - put a node where readers find it
 * @node: complete, hashed; the table takes over a reference of the caller's
 *
 * Any context.
 *
 * Return: 0, or -EEXIST if the endpoints are taken.
 */
int mytcp_table_insert(struct mytcp_node *node)
{
	struct bucket *bucket = bucket_of(node->hash);
	int err = 0;

	spin_lock_bh(&bucket->lock);
	if (rival(bucket, node, NULL))
		err = -EEXIST;
	else
		link_node(bucket, node);
	spin_unlock_bh(&bucket->lock);
	return err;
}

/**
 * mytcp_table_remove() - take a node out
 * @node: perhaps taken out before
 *
 * Any context.
 *
 * Return: true if it stood there: the table's reference is the caller's now.
 */
bool mytcp_table_remove(struct mytcp_node *node)
{
	struct bucket *bucket = bucket_of(node->hash);
	bool there;

	spin_lock_bh(&bucket->lock);
	there = !hlist_nulls_unhashed(&node->link);
	if (there)
		hlist_nulls_del_init_rcu(&node->link);
	spin_unlock_bh(&bucket->lock);
	return there;
}

/**
 * mytcp_table_replace() - a node becomes another of the same endpoints
 * @old: the node to go, perhaps gone already
 * @new: the node to come, hashed; the table takes over a reference of it
 *
 * Any context. Readers find one of the two at every moment.
 *
 * Return: false, nothing changed, if @old did not stand in the table. If true,
 * the table's reference of @old is the caller's now.
 */
bool mytcp_table_replace(struct mytcp_node *old, struct mytcp_node *new)
{
	struct bucket *bucket = bucket_of(new->hash);
	bool there;

	spin_lock_bh(&bucket->lock);
	there = !hlist_nulls_unhashed(&old->link) &&
		!rival(bucket, new, old);
	if (there) {
		link_node(bucket, new);
		smp_wmb(); /* with smp_rmb() in mytcp_table_lookup() */
		hlist_nulls_del_init_rcu(&old->link);
	}
	spin_unlock_bh(&bucket->lock);
	return there;
}

/**
 * mytcp_table_rival() - who has a node's endpoints?
 * @node: complete, hashed, in no table
 *
 * Any context.
 *
 * Return: the other node, with a reference, or NULL.
 */
struct mytcp_node *mytcp_table_rival(struct mytcp_node *node)
{
	struct bucket *bucket = bucket_of(node->hash);
	struct mytcp_node *other;

	spin_lock_bh(&bucket->lock);
	other = rival(bucket, node, NULL);
	if (other && !node_get(other))
		other = NULL;
	spin_unlock_bh(&bucket->lock);
	return other;
}

/**
 * mytcp_table_insert_sock() - put a socket into the table
 * @sk: the socket, locked, mytcp_node_fill() done
 *
 * Return: 0, or -EADDRNOTAVAIL if its endpoints are taken.
 */
int mytcp_table_insert_sock(struct sock *sk)
{
	sock_hold(sk);
	if (mytcp_table_insert(&mytcp_sk(sk)->node)) {
		sock_put(sk);
		return -EADDRNOTAVAIL;
	}
	mytcp_sk_gauge(sk, MYTCP_GAUGE_IN_TABLE, 1);
	return 0;
}

/**
 * mytcp_table_has_sock() - does a socket stand in the table?
 * @sk: the socket, locked
 *
 * Return: true if so.
 */
bool mytcp_table_has_sock(const struct sock *sk)
{
	return !hlist_nulls_unhashed(&mytcp_sk(sk)->node.link);
}

/**
 * mytcp_table_remove_sock() - take a socket out of the table
 * @sk: the socket, locked, perhaps not in the table
 */
void mytcp_table_remove_sock(struct sock *sk)
{
	if (!mytcp_table_has_sock(sk) ||
	    !mytcp_table_remove(&mytcp_sk(sk)->node))
		return;
	mytcp_sk_gauge(sk, MYTCP_GAUGE_IN_TABLE, -1);
	sock_put(sk);
}

static struct sock *first_sock(struct bucket *bucket, const struct net *net)
{
	struct hlist_nulls_node *at;
	struct mytcp_node *node;
	struct sock *sk = NULL;

	spin_lock_bh(&bucket->lock);
	hlist_nulls_for_each_entry(node, at, &bucket->chain[MYTCP_KIND_SOCK],
				   link) {
		if (!net_eq(read_pnet(&node->net), net))
			continue;
		sk = mytcp_node_sk(node);
		sock_hold(sk);
		break;
	}
	spin_unlock_bh(&bucket->lock);
	return sk;
}

/**
 * mytcp_table_next_sock() - a socket that stands in the table
 * @net: its namespace
 * @place: where to look from, 0 at first; left where the socket stands
 *
 * Process context. Who asks again gets the same one, unless it has left.
 *
 * Return: the socket, with a reference, or NULL if there is none from there on.
 */
struct sock *mytcp_table_next_sock(const struct net *net, unsigned long *place)
{
	struct sock *sk;

	for (; *place < nr_buckets; ++*place) {
		if (hlist_nulls_empty(&buckets[*place].chain[MYTCP_KIND_SOCK]))
			continue;
		sk = first_sock(&buckets[*place], net);
		if (sk)
			return sk;
		cond_resched();
	}
	return NULL;
}

/**
 * mytcp_table_places() - how many places mytcp_table_show() has
 *
 * Return: one for each bucket.
 */
unsigned long mytcp_table_places(void)
{
	return nr_buckets;
}

/**
 * mytcp_table_place_empty() - is there nothing to show?
 * @place: less than mytcp_table_places()
 *
 * Return: true if nothing stands there at this moment.
 */
bool mytcp_table_place_empty(unsigned long place)
{
	const struct bucket *bucket = &buckets[place];
	unsigned int kind;

	for (kind = 0; kind < MYTCP_KINDS; kind++)
		if (!hlist_nulls_empty(&bucket->chain[kind]))
			return false;
	return true;
}

/**
 * mytcp_table_show() - show all that stands in one place
 * @place: less than mytcp_table_places()
 * @seq: passed on
 * @show: called for each node, under the bucket's lock
 */
void mytcp_table_show(unsigned long place, struct seq_file *seq,
		      void (*show)(struct seq_file *, struct mytcp_node *))
{
	struct bucket *bucket = &buckets[place];
	struct hlist_nulls_node *at;
	struct mytcp_node *node;
	unsigned int kind;

	spin_lock_bh(&bucket->lock);
	for (kind = 0; kind < MYTCP_KINDS; kind++)
		hlist_nulls_for_each_entry(node, at, &bucket->chain[kind], link)
			show(seq, node);
	spin_unlock_bh(&bucket->lock);
}

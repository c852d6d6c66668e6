// SPDX-License-Identifier: GPL-2.0
#include "port.h"

#include <linux/mm.h>
#include <linux/siphash.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/netns/hash.h>

#include "af.h"
#include "net.h"
#include "sock.h"
#include "table.h"
#include "timewait.h"

#define PORT_BUCKETS	4096U	/* a power of two */
#define COUNTERS	65536U	/* RFC 6056 algorithm 4; CVE-2022-1012 */
#define STEP		8	/* largest step of a counter, RFC 6056 3.3.5 */

/* What addresses a binding covers. */
struct span {
	bool ip4;
	bool ip6;
	__be32 addr4;
	struct in6_addr addr6;
};

/*
 * Those TIME_WAIT entries of a port that a bind() sees alike, counted. Each by
 * itself would cost a link in an entry of which there may be a million.
 */
struct waits {
	struct hlist_node link;
	struct span span;
	int dev;
	u8 reuse;
	u32 count;
};

/* What a socket has set, as a TIME_WAIT entry's spare octet remembers it. */
#define REUSE_ADDR	0x1
#define REUSE_PORT	0x2

/**
 * struct mytcp_port - a local port in use
 * @link: place in its bucket
 * @net: namespace
 * @num: the port
 * @shared: only connect() chose it so far, so connect() may choose it again
 *	for another peer
 * @owners: sockets bound to it
 * @waits: TIME_WAIT entries
 * @rcu: freed after a grace period, for mytcp_port_inherit()
 */
struct mytcp_port {
	struct hlist_node link;
	possible_net_t net;
	u16 num;
	bool shared;
	struct hlist_head owners;
	struct hlist_head waits;
	struct rcu_head rcu;
};

struct bucket {
	spinlock_t lock;	/* the ports and all that hangs on them */
	struct hlist_head ports;
};

static struct bucket buckets[PORT_BUCKETS];
static siphash_aligned_key_t secret;
static u32 *counters;

/**
 * mytcp_port_init() - nobody is bound
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_port_init(void)
{
	unsigned int i;

	counters = kvmalloc_array(COUNTERS, sizeof(*counters), GFP_KERNEL);
	if (!counters)
		return -ENOMEM;
	get_random_bytes(counters, COUNTERS * sizeof(*counters));
	get_random_bytes(&secret, sizeof(secret));
	for (i = 0; i < PORT_BUCKETS; i++) {
		spin_lock_init(&buckets[i].lock);
		INIT_HLIST_HEAD(&buckets[i].ports);
	}
	return 0;
}

/**
 * mytcp_port_exit() - undo mytcp_port_init()
 */
void mytcp_port_exit(void)
{
	kvfree(counters);
}

static struct bucket *bucket_of(const struct net *net, u16 num)
{
	return &buckets[(num + net_hash_mix(net)) & (PORT_BUCKETS - 1)];
}

static struct mytcp_port *port_find(const struct bucket *bucket,
				    const struct net *net, u16 num)
{
	struct mytcp_port *port;

	hlist_for_each_entry(port, &bucket->ports, link)
		if (port->num == num && net_eq(read_pnet(&port->net), net))
			return port;
	return NULL;
}

static struct mytcp_port *port_new(struct bucket *bucket, struct net *net,
				   u16 num)
{
	struct mytcp_port *port = kzalloc(sizeof(*port), GFP_ATOMIC);

	if (!port)
		return NULL;
	write_pnet(&port->net, net);
	port->num = num;
	port->shared = true;
	hlist_add_head(&port->link, &bucket->ports);
	return port;
}

static void port_free_unused(struct mytcp_port *port)
{
	if (!hlist_empty(&port->owners) || !hlist_empty(&port->waits))
		return;
	hlist_del(&port->link);
	kfree_rcu(port, rcu);
}

static void own(struct sock *sk, struct mytcp_port *port)
{
	struct mytcp_sock *msk = mytcp_sk(sk);

	hlist_add_head(&msk->bind_link, &port->owners);
	msk->port = port;
	inet_sk(sk)->inet_num = port->num;
	inet_sk(sk)->inet_sport = htons(port->num);
}

static struct span span_of(const struct sock *sk)
{
	struct span span = { 0 };

#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		const struct in6_addr *addr = &sk->sk_v6_rcv_saddr;

		if (ipv6_addr_v4mapped(addr)) {
			span.ip4 = true;
			span.addr4 = addr->s6_addr32[3];
			return span;
		}
		span.ip6 = true;
		span.ip4 = ipv6_addr_any(addr) && !ipv6_only_sock(sk);
		span.addr6 = *addr;
		return span;
	}
#endif
	span.ip4 = true;
	span.addr4 = inet_sk(sk)->inet_rcv_saddr;
	return span;
}

static struct span span_of_node(struct mytcp_node *node)
{
	struct span span = { 0 };

	span.ip4 = node->family == AF_INET;
	span.ip6 = !span.ip4;
	if (span.ip4)
		span.addr4 = node->laddr;
	else
		span.addr6 = mytcp_node_addr6(node)->laddr;
	return span;
}

static bool overlap(const struct span *a, const struct span *b)
{
	if (a->ip4 && b->ip4 &&
	    (!a->addr4 || !b->addr4 || a->addr4 == b->addr4))
		return true;
	return a->ip6 && b->ip6 &&
	       (ipv6_addr_any(&a->addr6) || ipv6_addr_any(&b->addr6) ||
		ipv6_addr_equal(&a->addr6, &b->addr6));
}

static bool devices_apart(int a, int b)
{
	return a && b && a != b;
}

static u8 reuse_of(const struct sock *sk)
{
	return (sk->sk_reuse ? REUSE_ADDR : 0) |
	       (sk->sk_reuseport ? REUSE_PORT : 0);
}

/* May the owner of another socket share its port with @sk? */
static bool may_share(const struct sock *sk, const struct sock *other, u8 both)
{
	if (both & REUSE_ADDR && READ_ONCE(other->sk_state) != TCP_LISTEN)
		return true;
	return both & REUSE_PORT && uid_eq(sk->sk_uid, other->sk_uid);
}

/*
 * May @sk not be bound to @port? Two sockets may share a port if their
 * addresses or devices differ, or, where the user @named the port, if both
 * have SO_REUSEADDR and the other does not listen, or both have SO_REUSEPORT
 * and one owner: what TCP's bind() allows.
 */
static bool conflict(struct sock *sk, const struct mytcp_port *port, bool named)
{
	struct span span = span_of(sk), theirs;
	u8 reuse = named ? reuse_of(sk) : 0;
	struct mytcp_sock *other;
	struct waits *waits;

	hlist_for_each_entry(other, &port->owners, bind_link) {
		struct sock *osk = (struct sock *)other;

		if (osk == sk ||
		    devices_apart(sk->sk_bound_dev_if, osk->sk_bound_dev_if) ||
		    may_share(sk, osk, reuse & reuse_of(osk)))
			continue;
		theirs = span_of(osk);
		if (overlap(&span, &theirs))
			return true;
	}
	hlist_for_each_entry(waits, &port->waits, link)
		if (!devices_apart(sk->sk_bound_dev_if, waits->dev) &&
		    !(reuse & waits->reuse) && overlap(&span, &waits->span))
			return true;
	return false;
}

static int bind_to(struct sock *sk, u16 num, bool named)
{
	struct net *net = sock_net(sk);
	struct bucket *bucket = bucket_of(net, num);
	struct mytcp_port *port;
	int err = 0;

	spin_lock_bh(&bucket->lock);
	port = port_find(bucket, net, num);
	if (port && conflict(sk, port, named)) {
		err = -EADDRINUSE;
		goto out;
	}
	if (mytcp_sk(sk)->port)
		goto out;
	if (!port)
		port = port_new(bucket, net, num);
	if (!port) {
		err = -ENOBUFS;
		goto out;
	}
	port->shared = false;
	own(sk, port);
out:
	spin_unlock_bh(&bucket->lock);
	return err;
}

static void range_of(const struct net *net, u32 *low, u32 *count)
{
	int lo = READ_ONCE(mytcp_net(net)->ports[0]);
	int hi = READ_ONCE(mytcp_net(net)->ports[1]);

	*low = lo;
	*count = hi >= lo ? hi - lo + 1 : 1;
}

/**
 * mytcp_port_get() - bind to a port
 * @sk: the socket, locked, its address set
 * @snum: the port, 0 for any that is free
 *
 * proto.get_port. For a socket that has the port already, as in listen(), only
 * look whether it may keep it.
 *
 * Return: 0, -EADDRINUSE or -ENOBUFS.
 */
int mytcp_port_get(struct sock *sk, unsigned short snum)
{
	struct net *net = sock_net(sk);
	u32 low, count, start, i;
	int err = -EADDRINUSE;

	if (snum)
		return bind_to(sk, snum, true);

	range_of(net, &low, &count);
	start = get_random_u32_below(count);
	for (i = 0; i < count; i++) {
		u16 num = low + (start + i) % count;

		if (inet_is_local_reserved_port(net, num))
			continue;
		err = bind_to(sk, num, false);
		if (err != -EADDRINUSE)
			break;
		cond_resched();
	}
	return err;
}

/* Into the table, where the endpoints are free or may be had all the same. */
static int insert(struct sock *sk, bool named, struct mytcp_timewait *before,
		  struct mytcp_node **gone)
{
	int err;

	mytcp_node_fill(sk);
	err = mytcp_table_insert_sock(sk);
	return err ? mytcp_timewait_reuse(sk, named, before, gone) : 0;
}

/* The port, if it is free or connect()'s own, and the endpoints if free too. */
static int connect_from(struct sock *sk, u16 num, struct mytcp_timewait *before,
			struct mytcp_node **gone)
{
	struct net *net = sock_net(sk);
	struct bucket *bucket = bucket_of(net, num);
	struct mytcp_port *port;
	int err = -EADDRNOTAVAIL;

	spin_lock_bh(&bucket->lock);
	port = port_find(bucket, net, num);
	if (port && !port->shared)
		goto out;
	if (!port)
		port = port_new(bucket, net, num);
	if (!port) {
		err = -ENOBUFS;
		goto out;
	}
	own(sk, port);
	err = insert(sk, false, before, gone);
	if (err < 0) {
		hlist_del_init(&mytcp_sk(sk)->bind_link);
		mytcp_sk(sk)->port = NULL;
		inet_sk(sk)->inet_num = 0;
		inet_sk(sk)->inet_sport = 0;
		port_free_unused(port);
	}
out:
	spin_unlock_bh(&bucket->lock);
	return err;
}

/*
 * RFC 6056, the double hash of algorithm 4 with the random steps of
 * algorithm 5: where to begin depends on the peer, and how far we went with
 * this peer cannot be read from what another sees.
 */
static int connect_from_any(struct sock *sk, struct mytcp_timewait *before,
			    struct mytcp_node **gone)
{
	struct net *net = sock_net(sk);
	u32 low, count, offset, i;
	int err = -EADDRNOTAVAIL;
	u32 *counter;
	u64 hash;

	mytcp_node_fill(sk);
	hash = siphash_1u64(mytcp_sk(sk)->node.hash, &secret);
	counter = &counters[(hash >> 32) % COUNTERS];
	range_of(net, &low, &count);
	offset = (u32)hash + READ_ONCE(*counter);
	for (i = 0; i < count; i++) {
		u16 num = low + (offset + i) % count;

		if (inet_is_local_reserved_port(net, num))
			continue;
		err = connect_from(sk, num, before, gone);
		if (err != -EADDRNOTAVAIL)
			break;
		cond_resched();
	}
	if (err >= 0)
		WRITE_ONCE(*counter, READ_ONCE(*counter) + i + 1 +
				     get_random_u32_below(STEP));
	return err;
}

/**
 * mytcp_port_connect() - choose the local port of an active open
 * @sk: the socket, locked, its addresses set
 * @before: filled with the connection in TIME_WAIT that has given way, if any
 *
 * Unless it is bound already. Then puts the socket into the table and routes
 * it with both ports.
 *
 * Return: 0, 1 if @before is filled, -EADDRNOTAVAIL if no port leaves the
 * endpoints free, -ENOBUFS, or what routing returned; the socket is in no table
 * then, and bound as before.
 */
int mytcp_port_connect(struct sock *sk, struct mytcp_timewait *before)
{
	bool bound = inet_sk(sk)->inet_num;
	struct mytcp_node *gone = NULL;
	int err, reused;

	reused = bound ? insert(sk, true, before, &gone) :
			 connect_from_any(sk, before, &gone);
	if (reused < 0)
		return reused;
	/* Now that the socket holds the port and no lock of it is held. */
	if (gone)
		mytcp_timewait_end(gone);

	err = mytcp_sk(sk)->af->route(sk);
	if (err) {
		mytcp_table_remove_sock(sk);
		if (!bound)
			mytcp_port_put(sk);
	}
	return err ?: reused;
}

/**
 * mytcp_port_inherit() - a child shares its listener's port
 * @child: not yet visible, spinlock held
 * @listener: the listener, not locked: it may be bound elsewhere by now
 *
 * Under RCU.
 *
 * Return: 0, or -EAGAIN if the listener has lost the port, and with it what was
 * to become the child: look again.
 */
int mytcp_port_inherit(struct sock *child, struct sock *listener)
{
	struct net *net = sock_net(listener);
	u16 num = ntohs(mytcp_sk(listener)->node.lport);
	struct bucket *bucket = bucket_of(net, num);
	struct mytcp_port *port;

	spin_lock_bh(&bucket->lock);
	port = READ_ONCE(mytcp_sk(listener)->port);
	if (port && port->num == num)
		own(child, port);
	else
		port = NULL;
	spin_unlock_bh(&bucket->lock);
	return port ? 0 : -EAGAIN;
}

/**
 * mytcp_port_put() - a socket is bound no more
 * @sk: the socket, locked, perhaps not bound
 */
void mytcp_port_put(struct sock *sk)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	struct mytcp_port *port = msk->port;
	struct bucket *bucket;

	if (!port)
		return;
	bucket = bucket_of(sock_net(sk), port->num);
	spin_lock_bh(&bucket->lock);
	hlist_del_init(&msk->bind_link);
	msk->port = NULL;
	inet_sk(sk)->inet_num = 0;
	port_free_unused(port);
	spin_unlock_bh(&bucket->lock);
}

static struct waits *waits_find(const struct mytcp_port *port,
				struct mytcp_node *node)
{
	struct span span = span_of_node(node);
	struct waits *waits;

	hlist_for_each_entry(waits, &port->waits, link)
		if (waits->dev == node->bound_dev_if &&
		    waits->reuse == node->spare &&
		    waits->span.ip4 == span.ip4 &&
		    overlap(&waits->span, &span))
			return waits;
	return NULL;
}

/**
 * mytcp_port_wait() - a connection enters TIME_WAIT and keeps its port busy
 * @sk: the socket, locked, bound
 * @node: the entry's key; remembers what is to be reused in its spare octet
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_port_wait(struct sock *sk, struct mytcp_node *node)
{
	struct mytcp_port *port = mytcp_sk(sk)->port;
	struct bucket *bucket = bucket_of(sock_net(sk), port->num);
	struct waits *waits;

	node->spare = reuse_of(sk);
	spin_lock_bh(&bucket->lock);
	waits = waits_find(port, node);
	if (!waits) {
		waits = kzalloc(sizeof(*waits), GFP_ATOMIC);
		if (waits) {
			waits->span = span_of_node(node);
			waits->dev = node->bound_dev_if;
			waits->reuse = node->spare;
			hlist_add_head(&waits->link, &port->waits);
		}
	}
	if (waits)
		waits->count++;
	spin_unlock_bh(&bucket->lock);
	return waits ? 0 : -ENOMEM;
}

/**
 * mytcp_port_unwait() - undo mytcp_port_wait()
 * @node: the entry's key
 */
void mytcp_port_unwait(struct mytcp_node *node)
{
	const struct net *net = read_pnet(&node->net);
	u16 num = ntohs(node->lport);
	struct bucket *bucket = bucket_of(net, num);
	struct mytcp_port *port;
	struct waits *waits;

	spin_lock_bh(&bucket->lock);
	port = port_find(bucket, net, num);
	waits = port ? waits_find(port, node) : NULL;
	if (!WARN_ON_ONCE(!waits) && !--waits->count) {
		hlist_del(&waits->link);
		kfree(waits);
		port_free_unused(port);
	}
	spin_unlock_bh(&bucket->lock);
}

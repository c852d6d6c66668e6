/* SPDX-License-Identifier: GPL-2.0 */
/* All that differs between IPv4 and IPv6. */
#ifndef MYTCP_AF_H
#define MYTCP_AF_H

#include <linux/socket.h>
#include <linux/types.h>

struct dst_entry;
struct mytcp_node;
struct sk_buff;
struct sock;
struct sockaddr;

/**
 * struct mytcp_af - what the protocol below does for a socket or a segment
 * @family: AF_INET or AF_INET6: of the packets, not of the socket
 * @default_mss: what to send to a peer that names no MSS (MUST-15)
 * @connect: check the peer's address, choose a local one, fill in both.
 *	Process context, socket locked. Returns 0 or a negative errno.
 * @route: find and keep the route of a socket whose endpoints are complete.
 *	Socket locked or not yet visible. Returns 0 or a negative errno.
 * @path_mss: octets of payload the route kept has room for
 * @child: give a child its endpoints and a route; @listener is not locked
 * @xmit: send a segment, header and all. Socket locked. Returns what became of
 *	it; if that is below 0 and no route is kept, there was none.
 * @check: set the checksum over the pseudo-header and the @len octets of the
 *	rest, which have the sum @sum
 * @check_ok: is a received segment's checksum right?
 * @reply: send a segment back to where @in came from
 * @route_back: give @skb the route from listener @sk, not locked, to who opens
 *	a connection to it: @known, if that is not NULL and nothing but the
 *	endpoints decides; its MTU is the device's. Under RCU. Returns the octets
 *	of payload that it has room for, or a negative errno.
 * @synack: send a segment to who opens a connection to listener @sk, not
 *	locked, by the route @skb has
 */
struct mytcp_af {
	int family;
	u16 default_mss;
	int (*connect)(struct sock *sk, struct sockaddr *uaddr, int addr_len);
	int (*route)(struct sock *sk);
	u16 (*path_mss)(struct sock *sk);
	void (*child)(struct sock *child, const struct sock *listener,
		      struct mytcp_node *node, struct sk_buff *skb);
	int (*xmit)(struct sock *sk, struct sk_buff *skb);
	void (*check)(struct mytcp_node *node, unsigned int len, __wsum sum,
		      __sum16 *check);
	bool (*check_ok)(struct sk_buff *skb, u8 ipproto);
	void (*reply)(struct mytcp_node *node, struct sk_buff *skb,
		      const struct sk_buff *in);
	int (*route_back)(struct sock *sk, struct mytcp_node *node,
			  struct sk_buff *skb, struct dst_entry *known);
	void (*synack)(struct sock *sk, struct mytcp_node *node,
		       struct sk_buff *skb);
};

extern const struct mytcp_af mytcp_ip4;
extern const struct mytcp_af mytcp_ip4_mapped;	/* on an AF_INET6 socket */
extern const struct mytcp_af mytcp_ip6;

/* The socket's family and that of its packets. */
static inline const struct mytcp_af *mytcp_af_find(int socket, int packets)
{
	if (packets == AF_INET6)
		return &mytcp_ip6;
	return socket == AF_INET6 ? &mytcp_ip4_mapped : &mytcp_ip4;
}

/* In ip4.c, for ip6.c: an IPv4 address on an AF_INET6 socket. */
int mytcp_ip4_connect_to(struct sock *sk, __be32 daddr, __be16 dport);

/* In ip4.c, for shortcut.c. */
void mytcp_ip4_rcv(struct sk_buff *skb, struct dst_entry *back);

int mytcp_ip4_init(u8 ipproto);
void mytcp_ip4_exit(u8 ipproto);
int mytcp_ip6_init(u8 ipproto);
void mytcp_ip6_exit(u8 ipproto);

#endif /* MYTCP_AF_H */

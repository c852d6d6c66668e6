// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/trace_seq.h>
#include <net/net_namespace.h>

#define CREATE_TRACE_POINTS
#include "trace.h"

static void set_end(u8 *to, u8 family, __be32 addr,
		    const struct in6_addr *addr6, __be16 port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *in = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*in6));
	if (family == AF_INET6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_addr = *addr6;
		in6->sin6_port = port;
	} else {
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = addr;
		in->sin_port = port;
	}
}

/**
 * mytcp_trace_ends() - endpoints in the form %pISpc prints
 * @ends: filled
 * @node: the endpoints
 */
void mytcp_trace_ends(struct mytcp_ends *ends, struct mytcp_node *node)
{
	const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);
	bool ip6 = node->family == AF_INET6;

	set_end(ends->local, node->family, node->laddr,
		ip6 ? &addr6->laddr : NULL, node->lport);
	set_end(ends->remote, node->family, node->raddr,
		ip6 ? &addr6->raddr : NULL, node->rport);
}

/**
 * mytcp_trace_net() - which namespace
 * @node: the endpoints
 *
 * Return: the inode number lsns and /proc/PID/ns/net show.
 */
unsigned int mytcp_trace_net(struct mytcp_node *node)
{
	return read_pnet(&node->net)->ns.inum;
}

/**
 * mytcp_trace_flags() - flags as letters
 * @p: where the line is put together
 * @flags: MYTCP_FIN to MYTCP_URG
 *
 * Return: "SA" and the like, "-" for none.
 */
const char *mytcp_trace_flags(struct trace_seq *p, u8 flags)
{
	const char *text = trace_seq_buffer_ptr(p);
	int i;

	for (i = 0; i < 6; i++)
		if (flags & (1 << i))
			trace_seq_putc(p, "FSRPAU"[i]);
	if (!(flags & 0x3f))
		trace_seq_putc(p, '-');
	trace_seq_putc(p, 0);
	return text;
}

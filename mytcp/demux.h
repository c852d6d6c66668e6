/* SPDX-License-Identifier: GPL-2.0 */
/* Whose segment is it? */
#ifndef MYTCP_DEMUX_H
#define MYTCP_DEMUX_H

#include "table.h"

struct mytcp_segment;
struct sk_buff;

void mytcp_demux(struct mytcp_key *key, struct sk_buff *skb,
		 const struct mytcp_segment *seg);
struct sock *mytcp_demux_error(struct mytcp_key *key);
bool mytcp_demux_in_flight(struct sock *sk, u32 seq);

#endif /* MYTCP_DEMUX_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: each state change, each segment in and out, each retransmission,
 * each drop, each cookie sent or checked and each abort from outside, with the
 * name of the counter that counts it. One line is "key=value" pairs, so that a script can draw a
 * connection's life from it.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mytcp

#if !defined(MYTCP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MYTCP_TRACE_H

#include <linux/in6.h>
#include <linux/trace_seq.h>
#include <linux/tracepoint.h>

#include "core/count.h"
#include "core/segment.h"
#include "core/tcb.h"
#include "node.h"

#ifndef MYTCP_TRACE_TEXT
#define MYTCP_TRACE_TEXT
struct mytcp_ends {
	u8 local[sizeof(struct sockaddr_in6)];
	u8 remote[sizeof(struct sockaddr_in6)];
};

void mytcp_trace_ends(struct mytcp_ends *ends, struct mytcp_node *node);
unsigned int mytcp_trace_net(struct mytcp_node *node);
const char *mytcp_trace_flags(struct trace_seq *p, u8 flags);
#endif

TRACE_EVENT(state,
	TP_PROTO(struct mytcp_node *node, u8 old, u8 new),
	TP_ARGS(node, old, new),
	TP_STRUCT__entry(
		__field(unsigned int, net)
		__field_struct(struct mytcp_ends, ends)
		__field(u8, old)
		__field(u8, new)
	),
	TP_fast_assign(
		__entry->net = mytcp_trace_net(node);
		mytcp_trace_ends(&__entry->ends, node);
		__entry->old = old;
		__entry->new = new;
	),
	TP_printk("net=%u local=%pISpc remote=%pISpc old=%s new=%s",
		  __entry->net, &__entry->ends.local, &__entry->ends.remote,
		  mytcp_state_name(__entry->old),
		  mytcp_state_name(__entry->new))
);

DECLARE_EVENT_CLASS(mytcp_segment_class,
	TP_PROTO(struct mytcp_node *node, const struct mytcp_segment *seg),
	TP_ARGS(node, seg),
	TP_STRUCT__entry(
		__field(unsigned int, net)
		__field_struct(struct mytcp_ends, ends)
		__field(u32, seq)
		__field(u32, ack)
		__field(u32, len)
		__field(u16, wnd)
		__field(u8, flags)
	),
	TP_fast_assign(
		__entry->net = mytcp_trace_net(node);
		mytcp_trace_ends(&__entry->ends, node);
		__entry->seq = seg->seq;
		__entry->ack = seg->flags & MYTCP_ACK ? seg->ack : 0;
		__entry->len = seg->len;
		__entry->wnd = seg->wnd;
		__entry->flags = seg->flags;
	),
	TP_printk("net=%u local=%pISpc remote=%pISpc flags=%s seq=%u ack=%u len=%u wnd=%u",
		  __entry->net, &__entry->ends.local, &__entry->ends.remote,
		  mytcp_trace_flags(p, __entry->flags), __entry->seq,
		  __entry->ack, __entry->len, __entry->wnd)
);

DEFINE_EVENT(mytcp_segment_class, send,
	TP_PROTO(struct mytcp_node *node, const struct mytcp_segment *seg),
	TP_ARGS(node, seg)
);

DEFINE_EVENT(mytcp_segment_class, receive,
	TP_PROTO(struct mytcp_node *node, const struct mytcp_segment *seg),
	TP_ARGS(node, seg)
);

DEFINE_EVENT(mytcp_segment_class, retransmit,
	TP_PROTO(struct mytcp_node *node, const struct mytcp_segment *seg),
	TP_ARGS(node, seg)
);

DECLARE_EVENT_CLASS(mytcp_reason_class,
	TP_PROTO(struct mytcp_node *node, u8 why),
	TP_ARGS(node, why),
	TP_STRUCT__entry(
		__field(unsigned int, net)
		__field_struct(struct mytcp_ends, ends)
		__field(u8, why)
	),
	TP_fast_assign(
		__entry->net = mytcp_trace_net(node);
		mytcp_trace_ends(&__entry->ends, node);
		__entry->why = why;
	),
	TP_printk("net=%u local=%pISpc remote=%pISpc reason=%s",
		  __entry->net, &__entry->ends.local, &__entry->ends.remote,
		  mytcp_count_name(__entry->why))
);

DEFINE_EVENT(mytcp_reason_class, drop,
	TP_PROTO(struct mytcp_node *node, u8 why),
	TP_ARGS(node, why)
);

DEFINE_EVENT(mytcp_reason_class, cookie,
	TP_PROTO(struct mytcp_node *node, u8 why),
	TP_ARGS(node, why)
);

DEFINE_EVENT(mytcp_reason_class, abort,
	TP_PROTO(struct mytcp_node *node, u8 why),
	TP_ARGS(node, why)
);

#endif /* MYTCP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

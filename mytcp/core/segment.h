/* SPDX-License-Identifier: GPL-2.0 */
/* A segment: what the header of RFC 9293 section 3.1 says, in host order. */
#ifndef MYTCP_CORE_SEGMENT_H
#define MYTCP_CORE_SEGMENT_H

#include "count.h"
#include "option.h"
#include "types.h"

#define MYTCP_FIN	0x01
#define MYTCP_SYN	0x02
#define MYTCP_RST	0x04
#define MYTCP_PSH	0x08
#define MYTCP_ACK	0x10
#define MYTCP_URG	0x20

#define MYTCP_HEADER_LEN	20	/* bytes, without options */

/**
 * struct mytcp_segment - one segment, received or about to be sent
 * @seq: sequence number of the first octet (of the SYN, where there is one)
 * @ack: acknowledgment number; means nothing without MYTCP_ACK
 * @len: octets of payload; SYN and FIN are not in it
 * @wnd: the window field as on the wire, never scaled
 * @up: the urgent pointer as on the wire
 * @flags: MYTCP_FIN to MYTCP_URG
 * @opt: the options
 */
struct mytcp_segment {
	u32 seq;
	u32 ack;
	u32 len;
	u16 wnd;
	u16 up;
	u8 flags;
	struct mytcp_options opt;
};

/**
 * mytcp_segment_end() - the sequence number after the segment
 * @seg: the segment
 *
 * Return: SEG.SEQ + SEG.LEN, SYN and FIN each counted as one (RFC 9293
 * section 3.4).
 */
static inline u32 mytcp_segment_end(const struct mytcp_segment *seg)
{
	return seg->seq + seg->len + !!(seg->flags & MYTCP_SYN) +
	       !!(seg->flags & MYTCP_FIN);
}

/**
 * mytcp_segment_flags_ok() - can a sane peer have sent these flags?
 * @flags: flags of a received segment
 *
 * A SYN never comes with FIN or RST, and every segment but a bare SYN or RST
 * carries ACK (RFC 9293 section 3.10.7: such a segment is dropped in every
 * state). What is left over is what host fingerprinting and CVE-2002-2438
 * are made of.
 *
 * Return: false for a combination that no state gives a meaning.
 */
static inline bool mytcp_segment_flags_ok(u8 flags)
{
	if (flags & MYTCP_SYN)
		return !(flags & (MYTCP_FIN | MYTCP_RST));
	if (flags & MYTCP_RST)
		return !(flags & MYTCP_FIN);
	return flags & MYTCP_ACK;
}

enum mytcp_count mytcp_segment_flags_kind(u8 flags);
bool mytcp_segment_reset(const struct mytcp_segment *seg,
			 struct mytcp_segment *reply);

#endif /* MYTCP_CORE_SEGMENT_H */

// SPDX-License-Identifier: GPL-2.0
#include "segment.h"

#define SF	(MYTCP_SYN | MYTCP_FIN)
#define SFR	(SF | MYTCP_RST)
#define ALL	(SFR | MYTCP_PSH | MYTCP_ACK | MYTCP_URG)

/**
 * mytcp_segment_flags_kind() - what is impossible about these flags?
 * @flags: flags that mytcp_segment_flags_ok() refuses
 *
 * Return: the counter of their kind.
 */
enum mytcp_count mytcp_segment_flags_kind(u8 flags)
{
	static const struct {
		u8 of;
		u8 set;
		enum mytcp_count kind;
	} kinds[] = {
		{ ALL, ALL, MYTCP_COUNT_RX_FLAGS_ALL },
		{ ALL, 0, MYTCP_COUNT_RX_FLAGS_NONE },
		{ SFR | MYTCP_PSH, SFR | MYTCP_PSH,
		  MYTCP_COUNT_RX_FLAGS_SYN_FIN_RST_PSH },
		{ SFR, SFR, MYTCP_COUNT_RX_FLAGS_SYN_FIN_RST },
		{ SF | MYTCP_PSH, SF | MYTCP_PSH,
		  MYTCP_COUNT_RX_FLAGS_SYN_FIN_PSH },
		{ SF, SF, MYTCP_COUNT_RX_FLAGS_SYN_FIN },
		{ MYTCP_SYN, MYTCP_SYN, MYTCP_COUNT_RX_FLAGS_SYN_RST },
		{ MYTCP_RST, MYTCP_RST, MYTCP_COUNT_RX_FLAGS_FIN_RST },
		{ MYTCP_FIN, MYTCP_FIN, MYTCP_COUNT_RX_FLAGS_FIN },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if ((flags & kinds[i].of) == kinds[i].set)
			return kinds[i].kind;
	return MYTCP_COUNT_RX_FLAGS_NO_ACK;
}

/**
 * mytcp_segment_reset() - the RST that answers a segment nobody owns
 * @seg: the received segment
 * @reply: filled with the RST
 *
 * RFC 9293 section 3.10.7.1; the same reset answers an unacceptable
 * acknowledgment in LISTEN, SYN_SENT and SYN_RECV.
 *
 * Return: false if @seg is itself a RST, which is never answered.
 */
bool mytcp_segment_reset(const struct mytcp_segment *seg,
			 struct mytcp_segment *reply)
{
	if (seg->flags & MYTCP_RST)
		return false;

	*reply = (struct mytcp_segment){ .flags = MYTCP_RST };
	if (seg->flags & MYTCP_ACK) {
		reply->seq = seg->ack;
	} else {
		reply->flags |= MYTCP_ACK;
		reply->ack = mytcp_segment_end(seg);
	}
	return true;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Congestion control: how much may be in the network (RFC 5681). */
#ifndef MYTCP_CORE_CC_H
#define MYTCP_CORE_CC_H

#include "types.h"

/**
 * struct mytcp_cc - congestion control of one connection
 * @cwnd: congestion window, octets
 * @ssthresh: slow start threshold, octets
 * @counted: octets acknowledged towards the next growth
 */
struct mytcp_cc {
	u32 cwnd;
	u32 ssthresh;
	u32 counted;
};

void mytcp_cc_init(struct mytcp_cc *cc, u32 mss, bool syn_lost);
void mytcp_cc_acked(struct mytcp_cc *cc, u32 mss, u32 acked, bool limited);
void mytcp_cc_loss(struct mytcp_cc *cc, u32 mss, u32 flight);
void mytcp_cc_duplicate(struct mytcp_cc *cc, u32 mss);
void mytcp_cc_partial(struct mytcp_cc *cc, u32 mss, u32 acked);
void mytcp_cc_recovered(struct mytcp_cc *cc, u32 mss, u32 pipe);
void mytcp_cc_timeout(struct mytcp_cc *cc, u32 mss, u32 flight, bool again);
void mytcp_cc_idle(struct mytcp_cc *cc, u32 mss);

#endif /* MYTCP_CORE_CC_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Round-trip time and the retransmission time-out made of it (RFC 6298). */
#ifndef MYTCP_CORE_RTT_H
#define MYTCP_CORE_RTT_H

#include "config.h"
#include "types.h"

/**
 * struct mytcp_rtt - the estimate
 * @srtt_us: smoothed round-trip time, microseconds; 0 before the first sample
 * @rttvar_us: its mean deviation
 * @rto_us: the time-out without back-off
 * @backoff: how often it is doubled now
 */
struct mytcp_rtt {
	u32 srtt_us;
	u32 rttvar_us;
	u32 rto_us;
	u8 backoff;
};

void mytcp_rtt_init(struct mytcp_rtt *rtt, const struct mytcp_config *cfg);
void mytcp_rtt_sample(struct mytcp_rtt *rtt, const struct mytcp_config *cfg,
		      u64 sample_us, u32 samples);
u64 mytcp_rtt_rto(const struct mytcp_rtt *rtt, const struct mytcp_config *cfg);

#endif /* MYTCP_CORE_RTT_H */

// SPDX-License-Identifier: GPL-2.0
#include "rtt.h"

#define CLOCK_GRANULARITY_US	(4 * MYTCP_MSEC)	/* a tick at HZ=250 */

/**
 * mytcp_rtt_init() - before the first sample
 * @rtt: the estimate
 * @cfg: settings
 *
 * RFC 6298 section 2.1.
 */
void mytcp_rtt_init(struct mytcp_rtt *rtt, const struct mytcp_config *cfg)
{
	*rtt = (struct mytcp_rtt){ .rto_us = cfg->rto_init * MYTCP_MSEC };
}

/**
 * mytcp_rtt_sample() - a round trip was measured
 * @rtt: the estimate
 * @cfg: settings
 * @sample_us: microseconds from sending to acknowledgment, of a segment sent
 *	once (Karn: the caller leaves out what was sent again)
 *
 * RFC 6298 sections 2.2 to 2.5; a sample also ends the back-off (5.7 and
 * Karn).
 */
void mytcp_rtt_sample(struct mytcp_rtt *rtt, const struct mytcp_config *cfg,
		      u64 sample_us)
{
	u32 r = clamp_t(u64, sample_us, 1, cfg->rto_max * MYTCP_MSEC);
	u32 off;

	if (!rtt->srtt_us) {
		rtt->srtt_us = r;
		rtt->rttvar_us = r / 2;
	} else {
		off = rtt->srtt_us > r ? rtt->srtt_us - r : r - rtt->srtt_us;
		rtt->rttvar_us = rtt->rttvar_us - rtt->rttvar_us / 4 + off / 4;
		rtt->srtt_us = rtt->srtt_us - rtt->srtt_us / 8 + r / 8;
		rtt->srtt_us = max_t(u32, rtt->srtt_us, 1);
	}
	rtt->rto_us = clamp_t(u64, rtt->srtt_us +
			      max_t(u64, CLOCK_GRANULARITY_US,
				    4ULL * rtt->rttvar_us),
			      cfg->rto_min * MYTCP_MSEC,
			      cfg->rto_max * MYTCP_MSEC);
	rtt->backoff = 0;
}

/**
 * mytcp_rtt_rto() - the time-out to arm now
 * @rtt: the estimate
 * @cfg: settings
 *
 * Return: microseconds, doubled for each back-off (RFC 6298 section 5.5), at
 * most rto_max.
 */
u64 mytcp_rtt_rto(const struct mytcp_rtt *rtt, const struct mytcp_config *cfg)
{
	return min_t(u64, (u64)rtt->rto_us << min_t(u8, rtt->backoff, 31),
		     cfg->rto_max * MYTCP_MSEC);
}

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

/* Part of the way from a mean to a sample, a microsecond at the least. */
static u32 approach(u32 mean, u32 sample, u32 parts)
{
	if (sample > mean)
		return mean + div_u64((u64)sample - mean + parts - 1, parts);
	return mean - div_u64((u64)mean - sample + parts - 1, parts);
}

/**
 * mytcp_rtt_sample() - a round trip was measured
 * @rtt: the estimate
 * @cfg: settings
 * @sample_us: microseconds from sending to acknowledgment (Karn: the caller
 *	leaves out what it cannot tell for having been sent again)
 * @samples: how many of them a round trip brings, at least 1
 *
 * RFC 6298 sections 2.2 to 2.5, each of many samples with a share of the weight
 * that one would have (RFC 7323 appendix G); a sample also ends the back-off
 * (5.7 and Karn).
 */
void mytcp_rtt_sample(struct mytcp_rtt *rtt, const struct mytcp_config *cfg,
		      u64 sample_us, u32 samples)
{
	u32 r = clamp_t(u64, sample_us, 1, cfg->rto_max * MYTCP_MSEC);
	u32 off;

	if (!rtt->srtt_us) {
		rtt->srtt_us = r;
		rtt->rttvar_us = r / 2;
	} else {
		off = r > rtt->srtt_us ? r - rtt->srtt_us : rtt->srtt_us - r;
		rtt->rttvar_us = approach(rtt->rttvar_us, off, 4 * samples);
		rtt->srtt_us = approach(rtt->srtt_us, r, 8 * samples);
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

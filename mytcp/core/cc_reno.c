// SPDX-License-Identifier: GPL-2.0
/* Reno: RFC 5681, with the initial window of RFC 6928. */
#include "cc.h"

#define CWND_MAX	0x40000000U	/* the largest window there can be */

static u32 initial_window(u32 mss)
{
	return min(10 * mss, max_t(u32, 2 * mss, 14600));
}

/**
 * mytcp_cc_init() - a connection becomes established
 * @cc: congestion control
 * @mss: octets of payload in a full segment
 * @syn_lost: the SYN or SYN+ACK had to be repeated: start with one segment
 *
 * RFC 5681 section 3.1, RFC 6928 section 2.
 */
void mytcp_cc_init(struct mytcp_cc *cc, u32 mss, bool syn_lost)
{
	cc->cwnd = syn_lost ? mss : initial_window(mss);
	cc->ssthresh = CWND_MAX;
	cc->counted = 0;
}

/**
 * mytcp_cc_acked() - octets were acknowledged and nothing is amiss
 * @cc: congestion control
 * @mss: octets of payload in a full segment
 * @acked: how many
 * @limited: the window had been in use; one that was not does not grow
 *
 * RFC 5681 section 3.1.
 */
void mytcp_cc_acked(struct mytcp_cc *cc, u32 mss, u32 acked, bool limited)
{
	if (!limited)
		return;
	if (cc->cwnd < cc->ssthresh) {
		cc->cwnd = min(cc->cwnd + min(acked, mss), CWND_MAX);
		return;
	}
	cc->counted += acked;
	if (cc->counted >= cc->cwnd) {
		cc->counted -= cc->cwnd;
		cc->cwnd = min(cc->cwnd + mss, CWND_MAX);
	}
}

/**
 * mytcp_cc_loss() - duplicate acknowledgments tell of a loss
 * @cc: congestion control
 * @mss: octets of payload in a full segment
 * @flight: octets in flight
 *
 * RFC 5681 section 3.2, steps 2 and 3: the three segments that drew the
 * duplicates have left the network.
 */
void mytcp_cc_loss(struct mytcp_cc *cc, u32 mss, u32 flight)
{
	cc->ssthresh = max(flight / 2, 2 * mss);
	cc->cwnd = cc->ssthresh + 3 * mss;
	cc->counted = 0;
}

/**
 * mytcp_cc_duplicate() - one more duplicate acknowledgment during recovery
 * @cc: congestion control
 * @mss: octets of payload in a full segment
 *
 * RFC 5681 section 3.2, step 4: one more segment has left the network.
 */
void mytcp_cc_duplicate(struct mytcp_cc *cc, u32 mss)
{
	cc->cwnd = min(cc->cwnd + mss, CWND_MAX);
}

/**
 * mytcp_cc_partial() - a part of what recovery is for was acknowledged
 * @cc: congestion control
 * @mss: octets of payload in a full segment
 * @acked: how much
 *
 * RFC 6582 section 3.2, step 3: take back the inflation for what has left the
 * network, but let one segment go.
 */
void mytcp_cc_partial(struct mytcp_cc *cc, u32 mss, u32 acked)
{
	cc->cwnd = cc->cwnd > acked + mss ? cc->cwnd - acked : mss;
	if (acked >= mss)
		cc->cwnd += mss;
}

/**
 * mytcp_cc_recovered() - recovery is complete
 * @cc: congestion control
 * @mss: octets of payload in a full segment
 * @pipe: octets in flight now
 *
 * RFC 6582 section 3.2, step 3: the cautious of its two ways, no burst.
 */
void mytcp_cc_recovered(struct mytcp_cc *cc, u32 mss, u32 pipe)
{
	cc->cwnd = min(cc->ssthresh, max(pipe, mss) + mss);
}

/**
 * mytcp_cc_timeout() - the retransmission timer fired
 * @cc: congestion control
 * @mss: octets of payload in a full segment
 * @flight: octets in flight
 * @again: not for the first time for the same octets; ssthresh stays
 *
 * RFC 5681 section 3.1, equation 4 and the loss window.
 */
void mytcp_cc_timeout(struct mytcp_cc *cc, u32 mss, u32 flight, bool again)
{
	if (!again)
		cc->ssthresh = max(flight / 2, 2 * mss);
	cc->cwnd = mss;
	cc->counted = 0;
}

/**
 * mytcp_cc_idle() - nothing was sent for longer than a time-out
 * @cc: congestion control
 * @mss: octets of payload in a full segment
 *
 * RFC 5681 section 4.1: the restart window.
 */
void mytcp_cc_idle(struct mytcp_cc *cc, u32 mss)
{
	cc->cwnd = min(cc->cwnd, initial_window(mss));
	cc->counted = 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an administrator sets: in the module one of these a namespace, behind
 * the sysctls of the same names. Times are in milliseconds.
 */
#ifndef MYTCP_CORE_CONFIG_H
#define MYTCP_CORE_CONFIG_H

#include "option.h"
#include "types.h"

#define MYTCP_MSEC	1000ULL		/* microseconds */
#define MYTCP_SEC	1000000ULL

#define MYTCP_LINGER2_MAX	120	/* seconds of TCP_LINGER2 */

/**
 * struct mytcp_config - the settings the protocol itself obeys
 * @msl: maximum segment lifetime; TIME_WAIT lasts twice that
 * @rto_init: retransmission time-out before there is a round-trip time
 * @rto_min: its floor
 * @rto_max: its ceiling, with all back-off
 * @delack: how long an acknowledgment may wait for company
 * @fin_timeout: how long FIN_WAIT2 lasts when nobody holds the socket
 * @syn_retries: SYNs repeated before connect() gives up
 * @synack_retries: SYN+ACKs repeated before a half-open entry goes
 * @retries1: retransmissions before another route is asked for (R1 of RFC 9293
 *	section 3.8.3)
 * @retries2: retransmissions before an established connection is given up
 *	(R2 of RFC 9293 section 3.8.3)
 * @orphan_retries: the same once nobody holds the socket
 * @keepalive_time: silence before the peer is asked whether it is there, where
 *	the user wants that
 * @keepalive_intvl: from one such probe to the next
 * @keepalive_probes: how many may stay without an answer
 * @challenge_ack_limit: challenge ACKs of one connection in five seconds, and
 *	of a half-open entry in its life (RFC 5961 section 7)
 * @window_scaling: offer and accept window scaling (RFC 7323)
 * @timestamps: offer and accept timestamps (RFC 7323)
 * @sack: offer and accept selective acknowledgments (RFC 2018)
 * @cookie_option: offer in a SYN to keep a cookie for the server
 */
struct mytcp_config {
	u32 msl;
	u32 rto_init;
	u32 rto_min;
	u32 rto_max;
	u32 delack;
	u32 fin_timeout;
	u32 syn_retries;
	u32 synack_retries;
	u32 retries1;
	u32 retries2;
	u32 orphan_retries;
	u32 keepalive_time;
	u32 keepalive_intvl;
	u32 keepalive_probes;
	u32 challenge_ack_limit;
	u32 window_scaling;
	u32 timestamps;
	u32 sack;
	u32 cookie_option;
};

/**
 * mytcp_config_options() - the options a handshake may agree on
 * @cfg: settings
 *
 * Return: MYTCP_OPT_WSCALE, MYTCP_OPT_SACK_OK and MYTCP_OPT_TS, as far as they
 * are switched on.
 */
static inline u8 mytcp_config_options(const struct mytcp_config *cfg)
{
	return (cfg->window_scaling ? MYTCP_OPT_WSCALE : 0) |
	       (cfg->sack ? MYTCP_OPT_SACK_OK : 0) |
	       (cfg->timestamps ? MYTCP_OPT_TS : 0);
}

void mytcp_config_init(struct mytcp_config *cfg);

#endif /* MYTCP_CORE_CONFIG_H */

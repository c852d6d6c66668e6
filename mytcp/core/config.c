// SPDX-License-Identifier: GPL-2.0
#include "config.h"

/**
 * mytcp_config_init() - the values a new namespace starts with
 * @cfg: filled
 *
 * rto_min is Linux's 200 ms rather than the 1 s of RFC 6298 section 2.4,
 * which was written for clocks of 500 ms. syn_retries 7 gives the three
 * minutes of MUST-23: 1 + 2 + 4 + ... + 120 s. retries2 of 15 is more than
 * the 100 s of SHLD-11 at any round-trip time. Two hours of keepalive_time are
 * MUST-28.
 */
void mytcp_config_init(struct mytcp_config *cfg)
{
	*cfg = (struct mytcp_config){
		.msl = 30000,
		.rto_init = 1000,
		.rto_min = 200,
		.rto_max = 120000,
		.delack = 40,
		.fin_timeout = 60000,
		.syn_retries = 7,
		.synack_retries = 5,
		.retries1 = 3,
		.retries2 = 15,
		.orphan_retries = 8,
		.keepalive_time = 7200000,
		.keepalive_intvl = 75000,
		.keepalive_probes = 9,
		.challenge_ack_limit = 10,
		.window_scaling = 1,
		.timestamps = 1,
		.sack = 1,
		.cookie_option = 1,
	};
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Options: what stands between the fixed header and the payload. */
#ifndef MYTCP_CORE_OPTION_H
#define MYTCP_CORE_OPTION_H

#include "types.h"

#define MYTCP_OPTIONS_MAX	40	/* bytes a data offset of 15 leaves */
#define MYTCP_SACK_BLOCKS	4	/* what fits beside nothing else */
#define MYTCP_COOKIE_LEN	16	/* octets a cookie option carries */
#define MYTCP_COOKIE_ROOM	20	/* octets it takes */
#define MYTCP_WSCALE_MAX	14	/* RFC 7323 section 2.3 */
#define MYTCP_TS_ROOM		12	/* octets a timestamp takes, padded */

/* struct mytcp_options, @has */
#define MYTCP_OPT_WSCALE	0x01
#define MYTCP_OPT_SACK_OK	0x02
#define MYTCP_OPT_TS		0x04
#define MYTCP_OPT_COOKIE	0x08

/**
 * struct mytcp_sack - octets received out of order
 * @seq: the first
 * @end_seq: the one after the last
 */
struct mytcp_sack {
	u32 seq;
	u32 end_seq;
};

/**
 * struct mytcp_options - the options of one segment
 * @mss: maximum segment size, 0 if the option is absent
 * @has: MYTCP_OPT_WSCALE to MYTCP_OPT_COOKIE: which of the others are there
 * @wscale: shift of the sender's windows, as on the wire
 * @nr_sack: blocks in @sack
 * @tsval: the sender's clock (RFC 7323)
 * @tsecr: what it has seen of the other's; means nothing without ACK
 * @sack: what the sender has received out of order (RFC 2018, RFC 2883)
 * @cookie: of the cookie option
 */
struct mytcp_options {
	u16 mss;
	u8 has;
	u8 wscale;
	u8 nr_sack;
	u32 tsval;
	u32 tsecr;
	struct mytcp_sack sack[MYTCP_SACK_BLOCKS];
	u8 cookie[MYTCP_COOKIE_LEN];
};

int mytcp_option_parse(const u8 *opt, unsigned int len,
		       struct mytcp_options *out);
unsigned int mytcp_option_len(const struct mytcp_options *in);
unsigned int mytcp_option_write(u8 *opt, const struct mytcp_options *in);

#endif /* MYTCP_CORE_OPTION_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Options: what stands between the fixed header and the payload. */
#ifndef MYTCP_CORE_OPTION_H
#define MYTCP_CORE_OPTION_H

#include "types.h"

#define MYTCP_OPTIONS_MAX	40	/* bytes a data offset of 15 leaves */

/**
 * struct mytcp_options - the options of one segment
 * @mss: maximum segment size, 0 if the option is absent
 */
struct mytcp_options {
	u16 mss;
};

int mytcp_option_parse(const u8 *opt, unsigned int len,
		       struct mytcp_options *out);
unsigned int mytcp_option_write(u8 *opt, const struct mytcp_options *in);

#endif /* MYTCP_CORE_OPTION_H */

// SPDX-License-Identifier: GPL-2.0
/* Whatever stands where options stand is read safely, and read back. */
#include <stdint.h>
#include <stdlib.h>

#include "option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Blocks that were not written: there was no room for one more. */
static void leave_out(struct mytcp_options *opt, u8 written, unsigned int len)
{
	if (len + 8 + (written ? 0 : 4) <= MYTCP_OPTIONS_MAX)
		abort();
	memset(opt->sack + written, 0,
	       (MYTCP_SACK_BLOCKS - written) * sizeof(*opt->sack));
	opt->nr_sack = written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mytcp_options first = { 0 }, again = { 0 };
	u8 bytes[MYTCP_OPTIONS_MAX];
	unsigned int len;

	if (size > MYTCP_OPTIONS_MAX)
		return 0;
	if (mytcp_option_parse(data, size, &first))
		return 0;
	len = mytcp_option_write(bytes, &first);
	if (len > MYTCP_OPTIONS_MAX || len % 4 ||
	    len != mytcp_option_len(&first) ||
	    mytcp_option_parse(bytes, len, &again))
		abort();
	if (again.nr_sack < first.nr_sack)
		leave_out(&first, again.nr_sack, len);
	if (memcmp(&first, &again, sizeof(first)))
		abort();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* Whatever stands where options stand is read safely, and read back. */
#include <stdint.h>
#include <stdlib.h>

#include "option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mytcp_options first, again;
	u8 bytes[MYTCP_OPTIONS_MAX];
	unsigned int len;

	if (size > MYTCP_OPTIONS_MAX)
		return 0;
	if (mytcp_option_parse(data, size, &first))
		return 0;
	len = mytcp_option_write(bytes, &first);
	if (len > MYTCP_OPTIONS_MAX || len % 4 ||
	    mytcp_option_parse(bytes, len, &again) ||
	    memcmp(&first, &again, sizeof(first)))
		abort();
	return 0;
}

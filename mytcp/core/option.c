// SPDX-License-Identifier: GPL-2.0
#include "option.h"

/* Kinds (RFC 9293 section 3.2). */
#define OPT_EOL		0
#define OPT_NOP		1
#define OPT_MSS		2

#define OPT_MSS_LEN	4

/**
 * mytcp_option_parse() - read the options of a header
 * @opt: first octet after the fixed header
 * @len: octets of options, 0 to MYTCP_OPTIONS_MAX
 * @out: filled; an option that is absent is 0
 *
 * Options stand at any alignment (MUST-64), unknown ones are skipped by their
 * length (MUST-6), nothing after EOL is read. A known option whose length is
 * not its own is skipped like an unknown one. Where an option is given twice
 * the first counts. Any context.
 *
 * Return: 0, or -EINVAL if a length is below 2 or reaches past @len (MUST-7);
 * the segment is then to be dropped.
 */
int mytcp_option_parse(const u8 *opt, unsigned int len,
		       struct mytcp_options *out)
{
	unsigned int at = 0;

	*out = (struct mytcp_options){ 0 };

	while (at < len) {
		u8 kind = opt[at];
		u8 size;

		if (kind == OPT_EOL)
			break;
		if (kind == OPT_NOP) {
			at++;
			continue;
		}
		if (at + 1 == len)
			return -EINVAL;
		size = opt[at + 1];
		if (size < 2 || size > len - at)
			return -EINVAL;
		if (kind == OPT_MSS && size == OPT_MSS_LEN && !out->mss)
			out->mss = opt[at + 2] << 8 | opt[at + 3];
		at += size;
	}
	return 0;
}

/**
 * mytcp_option_write() - write the options of a header
 * @opt: room for MYTCP_OPTIONS_MAX octets
 * @in: the options
 *
 * Return: octets written, a multiple of 4, padding being zero (MUST-69).
 */
unsigned int mytcp_option_write(u8 *opt, const struct mytcp_options *in)
{
	unsigned int at = 0;

	if (in->mss) {
		opt[at++] = OPT_MSS;
		opt[at++] = OPT_MSS_LEN;
		opt[at++] = in->mss >> 8;
		opt[at++] = in->mss & 0xff;
	}
	while (at % 4)
		opt[at++] = OPT_EOL;
	return at;
}

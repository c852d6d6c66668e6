// SPDX-License-Identifier: GPL-2.0
#include "option.h"

/*
 * Kinds: RFC 9293 section 3.2, RFC 7323, RFC 2018. The cookie option is one of
 * the experimental kind, told from others by the number that follows its length
 * (RFC 6994).
 */
#define OPT_EOL		0
#define OPT_NOP		1
#define OPT_MSS		2
#define OPT_WSCALE	3
#define OPT_SACK_OK	4
#define OPT_SACK	5
#define OPT_TS		8
#define OPT_EXPERIMENT	253

#define OPT_MSS_LEN	4
#define OPT_WSCALE_LEN	3
#define OPT_SACK_OK_LEN	2
#define OPT_SACK_LEN	2	/* and 8 for each block */
#define OPT_TS_LEN	10
#define OPT_COOKIE_LEN	MYTCP_COOKIE_ROOM

#define COOKIE_ID	0x4d79

static u32 get(const u8 *at, unsigned int octets)
{
	u32 value = 0;

	while (octets--)
		value = value << 8 | *at++;
	return value;
}

static u8 *put(u8 *at, u32 value, unsigned int octets)
{
	while (octets--)
		*at++ = value >> 8 * octets;
	return at;
}

static void parse_sack(const u8 *opt, u8 size, struct mytcp_options *out)
{
	unsigned int blocks = (size - OPT_SACK_LEN) / 8;
	const u8 *at = opt + OPT_SACK_LEN;

	if (out->nr_sack || size != OPT_SACK_LEN + 8 * blocks ||
	    blocks > MYTCP_SACK_BLOCKS)
		return;
	for (; out->nr_sack < blocks; at += 8)
		out->sack[out->nr_sack++] = (struct mytcp_sack){
			.seq = get(at, 4),
			.end_seq = get(at + 4, 4),
		};
}

/* One option with a length that stays within the header. */
static void parse_one(const u8 *opt, u8 size, struct mytcp_options *out)
{
	switch (opt[0]) {
	case OPT_MSS:
		if (size == OPT_MSS_LEN && !out->mss)
			out->mss = get(opt + 2, 2);
		break;
	case OPT_WSCALE:
		if (size != OPT_WSCALE_LEN || out->has & MYTCP_OPT_WSCALE)
			break;
		out->has |= MYTCP_OPT_WSCALE;
		out->wscale = opt[2];
		break;
	case OPT_SACK_OK:
		if (size == OPT_SACK_OK_LEN)
			out->has |= MYTCP_OPT_SACK_OK;
		break;
	case OPT_SACK:
		parse_sack(opt, size, out);
		break;
	case OPT_TS:
		if (size != OPT_TS_LEN || out->has & MYTCP_OPT_TS)
			break;
		out->has |= MYTCP_OPT_TS;
		out->tsval = get(opt + 2, 4);
		out->tsecr = get(opt + 6, 4);
		break;
	case OPT_EXPERIMENT:
		if (size != OPT_COOKIE_LEN || get(opt + 2, 2) != COOKIE_ID ||
		    out->has & MYTCP_OPT_COOKIE)
			break;
		out->has |= MYTCP_OPT_COOKIE;
		memcpy(out->cookie, opt + 4, MYTCP_COOKIE_LEN);
		break;
	}
}

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
		parse_one(opt + at, size, out);
		at += size;
	}
	return 0;
}

/* Blocks there is room for behind @at octets. */
static unsigned int sack_fit(const struct mytcp_options *in, unsigned int at)
{
	unsigned int room = MYTCP_OPTIONS_MAX - at;

	if (room < 2 + OPT_SACK_LEN)
		return 0;
	return min_t(unsigned int, in->nr_sack, (room - 2 - OPT_SACK_LEN) / 8);
}

/* All but SACK blocks. */
static unsigned int plain_len(const struct mytcp_options *in)
{
	unsigned int len = 0;

	if (in->mss)
		len += OPT_MSS_LEN;
	if (in->has & MYTCP_OPT_TS)
		len += 2 + OPT_TS_LEN;
	else if (in->has & MYTCP_OPT_SACK_OK)
		len += 2 + OPT_SACK_OK_LEN;
	if (in->has & MYTCP_OPT_WSCALE)
		len += 1 + OPT_WSCALE_LEN;
	if (in->has & MYTCP_OPT_COOKIE)
		len += OPT_COOKIE_LEN;
	return len;
}

/**
 * mytcp_option_len() - what mytcp_option_write() will write
 * @in: the options
 *
 * Return: octets, a multiple of 4.
 */
unsigned int mytcp_option_len(const struct mytcp_options *in)
{
	unsigned int len = plain_len(in);
	unsigned int blocks = sack_fit(in, len);

	return blocks ? len + 2 + OPT_SACK_LEN + 8 * blocks : len;
}

/**
 * mytcp_option_write() - write the options of a header
 * @opt: room for MYTCP_OPTIONS_MAX octets
 * @in: the options
 *
 * Each begins where the kernel's TCP would have it, so that numbers are
 * aligned. SACK blocks come last, as many as there is room for.
 *
 * Return: octets written, a multiple of 4.
 */
unsigned int mytcp_option_write(u8 *opt, const struct mytcp_options *in)
{
	unsigned int i, blocks = sack_fit(in, plain_len(in));
	bool sack_ok = in->has & MYTCP_OPT_SACK_OK;
	u8 *at = opt;

	if (in->mss) {
		at = put(at, OPT_MSS << 8 | OPT_MSS_LEN, 2);
		at = put(at, in->mss, 2);
	}
	if (in->has & MYTCP_OPT_TS || sack_ok)
		at = put(at, sack_ok ? OPT_SACK_OK << 8 | OPT_SACK_OK_LEN :
				       OPT_NOP << 8 | OPT_NOP, 2);
	if (in->has & MYTCP_OPT_TS) {
		at = put(at, OPT_TS << 8 | OPT_TS_LEN, 2);
		at = put(at, in->tsval, 4);
		at = put(at, in->tsecr, 4);
	} else if (sack_ok) {
		at = put(at, OPT_NOP << 8 | OPT_NOP, 2);
	}
	if (in->has & MYTCP_OPT_WSCALE)
		at = put(at, OPT_NOP << 24 | OPT_WSCALE << 16 |
			     OPT_WSCALE_LEN << 8 | in->wscale, 4);
	if (in->has & MYTCP_OPT_COOKIE) {
		at = put(at, (u32)OPT_EXPERIMENT << 24 | OPT_COOKIE_LEN << 16 |
			     COOKIE_ID, 4);
		memcpy(at, in->cookie, MYTCP_COOKIE_LEN);
		at += MYTCP_COOKIE_LEN;
	}
	if (blocks)
		at = put(at, OPT_NOP << 24 | OPT_NOP << 16 | OPT_SACK << 8 |
			     (OPT_SACK_LEN + 8 * blocks), 4);
	for (i = 0; i < blocks; i++) {
		at = put(at, in->sack[i].seq, 4);
		at = put(at, in->sack[i].end_seq, 4);
	}
	return at - opt;
}

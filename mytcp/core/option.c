// SPDX-License-Identifier: GPL-2.0
#include "option.h"

#include "octet.h"

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

/* What stands in front of a timestamp where numbers are to be aligned. */
#define NOP_NOP_TS	(OPT_NOP << 24 | OPT_NOP << 16 | \
			 OPT_TS << 8 | OPT_TS_LEN)
#define SACK_OK_TS	(OPT_SACK_OK << 24 | OPT_SACK_OK_LEN << 16 | \
			 OPT_TS << 8 | OPT_TS_LEN)

static void parse_sack(const u8 *opt, u8 size, struct mytcp_options *out)
{
	unsigned int blocks = (size - OPT_SACK_LEN) / 8;
	const u8 *at = opt + OPT_SACK_LEN;

	if (out->nr_sack || size != OPT_SACK_LEN + 8 * blocks ||
	    blocks > MYTCP_SACK_BLOCKS)
		return;
	for (; out->nr_sack < blocks; at += 8)
		out->sack[out->nr_sack++] = (struct mytcp_sack){
			.seq = octet_get32(at),
			.end_seq = octet_get32(at + 4),
		};
}

static void parse_ts(const u8 *opt, struct mytcp_options *out)
{
	if (out->has & MYTCP_OPT_TS)
		return;
	out->has |= MYTCP_OPT_TS;
	out->tsval = octet_get32(opt + 2);
	out->tsecr = octet_get32(opt + 6);
}

/* One option with a length that stays within the header. */
static void parse_one(const u8 *opt, u8 size, struct mytcp_options *out)
{
	switch (opt[0]) {
	case OPT_MSS:
		if (size == OPT_MSS_LEN && !out->mss)
			out->mss = octet_get16(opt + 2);
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
		if (size == OPT_TS_LEN)
			parse_ts(opt, out);
		break;
	case OPT_EXPERIMENT:
		if (size != OPT_COOKIE_LEN || octet_get16(opt + 2) != COOKIE_ID ||
		    out->has & MYTCP_OPT_COOKIE)
			break;
		out->has |= MYTCP_OPT_COOKIE;
		memcpy(out->cookie, opt + 4, MYTCP_COOKIE_LEN);
		break;
	}
}

/*
 * The 12 octets that almost every segment has. Returns false if it is something
 * else.
 */
static bool parse_usual(const u8 *opt, unsigned int len,
			struct mytcp_options *out)
{
	if (len != 2 + OPT_TS_LEN || octet_get32(opt) != NOP_NOP_TS)
		return false;

	out->mss = 0;
	out->has = MYTCP_OPT_TS;
	out->wscale = 0;
	out->nr_sack = 0;
	out->tsval = octet_get32(opt + 4);
	out->tsecr = octet_get32(opt + 8);
	return true;
}

/* The same for a SYN and its 20: MSS, SACK, timestamp, window scale. */
static bool parse_usual_syn(const u8 *opt, unsigned int len,
			    struct mytcp_options *out)
{
	u32 mss, wscale;

	if (len != 20)
		return false;
	mss = octet_get32(opt);
	wscale = octet_get32(opt + 16);
	if (mss >> 16 != (OPT_MSS << 8 | OPT_MSS_LEN) ||
	    octet_get32(opt + 4) != SACK_OK_TS ||
	    wscale >> 8 != (OPT_NOP << 16 | OPT_WSCALE << 8 | OPT_WSCALE_LEN))
		return false;

	out->mss = mss;
	out->has = MYTCP_OPT_WSCALE | MYTCP_OPT_SACK_OK | MYTCP_OPT_TS;
	out->wscale = wscale;
	out->nr_sack = 0;
	out->tsval = octet_get32(opt + 8);
	out->tsecr = octet_get32(opt + 12);
	return true;
}

/**
 * mytcp_option_parse() - read the options of a header
 * @opt: first octet after the fixed header
 * @len: octets of options, 0 to MYTCP_OPTIONS_MAX
 * @out: filled; an option that is absent is 0, but for @sack and @cookie
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

	if (parse_usual(opt, len, out) || parse_usual_syn(opt, len, out))
		return 0;

	out->mss = 0;
	out->has = 0;
	out->wscale = 0;
	out->nr_sack = 0;
	out->tsval = 0;
	out->tsecr = 0;

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

	if (!in->nr_sack || room < 2 + OPT_SACK_LEN)
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
	bool sack_ok = in->has & MYTCP_OPT_SACK_OK;
	unsigned int i, blocks;
	u8 *at = opt;

	if (in->mss)
		at = octet_put32(at, OPT_MSS << 24 | OPT_MSS_LEN << 16 |
				     in->mss);
	if (in->has & MYTCP_OPT_TS) {
		at = octet_put32(at, sack_ok ? SACK_OK_TS : NOP_NOP_TS);
		at = octet_put32(at, in->tsval);
		at = octet_put32(at, in->tsecr);
	} else if (sack_ok) {
		at = octet_put32(at, OPT_SACK_OK << 24 | OPT_SACK_OK_LEN << 16 |
				     OPT_NOP << 8 | OPT_NOP);
	}
	if (in->has & MYTCP_OPT_WSCALE)
		at = octet_put32(at, OPT_NOP << 24 | OPT_WSCALE << 16 |
				     OPT_WSCALE_LEN << 8 | in->wscale);
	if (in->has & MYTCP_OPT_COOKIE) {
		at = octet_put32(at, (u32)OPT_EXPERIMENT << 24 |
				     OPT_COOKIE_LEN << 16 | COOKIE_ID);
		memcpy(at, in->cookie, MYTCP_COOKIE_LEN);
		at += MYTCP_COOKIE_LEN;
	}
	blocks = sack_fit(in, at - opt);
	if (blocks)
		at = octet_put32(at, OPT_NOP << 24 | OPT_NOP << 16 |
				     OPT_SACK << 8 |
				     (OPT_SACK_LEN + 8 * blocks));
	for (i = 0; i < blocks; i++) {
		at = octet_put32(at, in->sack[i].seq);
		at = octet_put32(at, in->sack[i].end_seq);
	}
	return at - opt;
}

// SPDX-License-Identifier: GPL-2.0
#include "cookie.h"

#include "host.h"
#include "octet.h"
#include "seq.h"

/* The cookie option, see cookie.h. */
#define MSS_AT		0
#define WSCALE_AT	2
#define HAS_AT		3
#define KEY_AT		4
#define TIME_AT		5
#define IRS_AT		6
#define MAC_AT		8

#define AGREED		(MYTCP_OPT_WSCALE | MYTCP_OPT_SACK_OK | MYTCP_OPT_TS)
#define INPUT_WORDS	7	/* of 64 bits: the longest that is hashed */

#define WSCALE_NONE	15	/* in the state of a 32-bit cookie */
#define STATES		256	/* 8 MSS, 16 shifts, SACK or not */
#define STATES_TS	512	/* 16 MSS */
#define TAG_BITS	6	/* of a timestamp */
#define TAG_MASK	((1U << TAG_BITS) - 1)

/*
 * What clients name: the least there is, the defaults of IPv4 and IPv6, what
 * tunnels leave of 1500, jumbo frames. Where there is room for 8 alone it is
 * every other one.
 */
static const u16 mss_table[] = {
	48, 256, 536, 1024, 1220, 1300, 1360, 1380,
	1400, 1420, 1440, 1452, 1460, 4036, 8940, 8960,
};

/* Units of time whose cookies are taken: up to @newest, from @oldest on. */
static u32 newest(u32 seconds)
{
	return mytcp_cookie_unit(seconds) +
	       (seconds % MYTCP_COOKIE_UNIT >=
		MYTCP_COOKIE_UNIT - MYTCP_COOKIE_SKEW);
}

static u32 oldest(u32 seconds)
{
	return mytcp_cookie_unit(seconds) - 1;
}

/* Neither length nor use is that of a cookie's hash. */
static u64 hash_two(u32 first, u32 second, const u64 key[2])
{
	u64 in;

	octet_put32(octet_put32((u8 *)&in, first), second);
	return mytcp_host_hash(&in, sizeof(in), key);
}

static void take_key(struct mytcp_cookie_key *key,
		     const u8 secret[MYTCP_COOKIE_KEY_LEN])
{
	key->k[0] = octet_get64(secret);
	key->k[1] = octet_get64(secret + 8);
}

/**
 * mytcp_cookie_key_set() - a key that an administrator gives
 * @key: filled; it makes cookies at any time
 * @secret: the same on all servers
 *
 * Any context.
 */
void mytcp_cookie_key_set(struct mytcp_cookie_key *key,
			  const u8 secret[MYTCP_COOKIE_KEY_LEN])
{
	take_key(key, secret);
	key->from = 0;
	key->until = U32_MAX;
	key->id = hash_two(0, 0, key->k);
}

/**
 * mytcp_cookie_derive() - keys that change with time
 * @keys: filled
 * @master: the secret they come from, the same on all servers
 * @seconds: wall-clock time
 * @lifetime: seconds a key makes cookies, the same on all servers; rounded up
 *	to a multiple of MYTCP_COOKIE_UNIT
 *
 * To be called anew when mytcp_cookie_stale() says so. Any context.
 */
void mytcp_cookie_derive(struct mytcp_cookie_keys *keys,
			 const u8 master[MYTCP_COOKIE_KEY_LEN], u32 seconds,
			 u32 lifetime)
{
	static const s8 epochs[MYTCP_COOKIE_KEYS] = {
		[MYTCP_COOKIE_PREVIOUS] = -1,
		[MYTCP_COOKIE_NEXT] = 1,
	};
	u32 units = max_t(u32, DIV_ROUND_UP(lifetime, MYTCP_COOKIE_UNIT), 1);
	struct mytcp_cookie_key from;
	int i;

	take_key(&from, master);
	for (i = 0; i < MYTCP_COOKIE_KEYS; i++) {
		struct mytcp_cookie_key *key = &keys->key[i];
		u32 epoch = mytcp_cookie_unit(seconds) / units + epochs[i];

		key->k[0] = hash_two(epoch, 1, from.k);
		key->k[1] = hash_two(epoch, 2, from.k);
		key->from = epoch * units;
		key->until = key->from + units;
		key->id = hash_two(0, 0, key->k);
	}
}

/* What both kinds of hash begin with: @len octets of ends, and the SYN's number. */
static __always_inline u8 *put_ends(u64 *in,
				    const struct mytcp_cookie_ends *ends,
				    unsigned int len, u32 irs)
{
	u8 *at = (u8 *)in;

	memcpy(at, ends->octet, len);
	return octet_put32(at + len, irs);
}

/* Over the whole option but the MAC itself, and what is not in it. */
static u64 option_mac(const struct mytcp_cookie_key *key, u32 unit,
		      const struct mytcp_cookie_ends *ends,
		      const struct mytcp_half *half, const u8 *cookie)
{
	u64 in[INPUT_WORDS] __uninitialized;
	u8 *at = put_ends(in, ends, ends->len, half->irs);

	at = octet_put32(octet_put32(at, half->iss), unit);
	memcpy(at, cookie, MAC_AT);
	at += MAC_AT;
	return mytcp_host_hash(in, at - (u8 *)in, key->k);
}

static __always_inline u64
number_hash_of(const struct mytcp_cookie_key *key, u32 unit,
	       const struct mytcp_cookie_ends *ends, unsigned int len, u32 irs,
	       bool stamped)
{
	u64 in[INPUT_WORDS] __uninitialized;
	u8 *at = put_ends(in, ends, len, irs);

	at = octet_put32(octet_put32(at, unit), stamped);
	return mytcp_host_hash(in, at - (u8 *)in, key->k);
}

/* Of a length the compiler knows, for this is done for every SYN of a flood. */
static __always_inline u64
number_hash(const struct mytcp_cookie_key *key, u32 unit,
	    const struct mytcp_cookie_ends *ends, u32 irs, bool stamped)
{
	if (ends->len == MYTCP_COOKIE_ENDS_IP4)
		return number_hash_of(key, unit, ends, MYTCP_COOKIE_ENDS_IP4,
				      irs, stamped);
	return number_hash_of(key, unit, ends, MYTCP_COOKIE_ENDS_IP6, irs,
			      stamped);
}

static void make_option(const struct mytcp_cookie_key *key, u32 unit,
			const struct mytcp_cookie_ends *ends,
			const struct mytcp_half *half, u8 *cookie)
{
	u8 *at = octet_put16(cookie, half->peer_mss);
	u64 mac;

	*at++ = half->snd_wscale << 4 | half->rcv_wscale;
	*at++ = half->has & AGREED;
	*at++ = key->id;
	*at++ = unit;
	at = octet_put16(at, half->irs);
	mac = option_mac(key, unit, ends, half, cookie);
	octet_put32(octet_put32(at, mac >> 32), mac);
}

/*
 * The number is an affine map of the state, modulo 2^32, and the hash gives
 * both terms of it: it looks like any number, and of those that somebody makes
 * up as few mean anything as there are states.
 */
static u32 seal(u64 hash, u32 state)
{
	return (u32)hash + state * ((u32)(hash >> 32) | 1);
}

/* The other way; the inverse of an odd number by Newton's iteration. */
static u32 unseal(u64 hash, u32 number)
{
	u32 factor = (u32)(hash >> 32) | 1;
	u32 inverse = factor;	/* right in 3 bits, then 6, 12, 24, 48 */
	int i;

	for (i = 0; i < 4; i++)
		inverse *= 2 - factor * inverse;
	return (number - (u32)hash) * inverse;
}

static u32 tag_of(u64 hash)
{
	return hash >> (64 - TAG_BITS);
}

static u32 number_state(const struct mytcp_half *half, bool stamped)
{
	u32 i = ARRAY_SIZE(mss_table) - 1;

	while (i && mss_table[i] > half->peer_mss)
		i--;
	return (stamped ? i : i / 2) << 5 |
	       !!(half->has & MYTCP_OPT_SACK_OK) << 4 |
	       (half->has & MYTCP_OPT_WSCALE ? half->snd_wscale : WSCALE_NONE);
}

/* The latest time that is not after the clock and ends in the tag. */
static u32 stamp(u32 tsval, u32 tag)
{
	return tsval - ((tsval - tag) & TAG_MASK);
}

static void make_number(const struct mytcp_cookie_key *key, u32 unit,
			const struct mytcp_cookie_ends *ends,
			struct mytcp_half *half, struct mytcp_segment *synack)
{
	bool stamped = half->has & MYTCP_OPT_TS;
	u64 hash = number_hash(key, unit, ends, half->irs, stamped);

	if (half->has & MYTCP_OPT_WSCALE)
		half->rcv_wscale = MYTCP_COOKIE_WSCALE;
	half->iss = seal(hash, number_state(half, stamped));
	mytcp_half_synack(half, half->syn_sent_ms, synack);
	if (stamped)
		synack->opt.tsval = stamp(synack->opt.tsval, tag_of(hash));
}

/**
 * mytcp_cookie_make() - answer a SYN and forget it
 * @keys: one of them makes cookies now
 * @seconds: wall-clock time
 * @ends: whose handshake it is
 * @syn: the SYN
 * @half: from mytcp_half_init() of @syn; of what is agreed, a cookie of 32 bits
 *	changes iss and rcv_wscale
 * @synack: filled, and as an IP packet not longer than @syn
 *
 * One hash. Any context.
 */
void mytcp_cookie_make(const struct mytcp_cookie_keys *keys, u32 seconds,
		       const struct mytcp_cookie_ends *ends,
		       const struct mytcp_segment *syn,
		       struct mytcp_half *half, struct mytcp_segment *synack)
{
	const struct mytcp_cookie_key *key = keys->key;
	u32 unit = mytcp_cookie_unit(seconds);

	if (!mytcp_cookie_makes(key, unit) &&
	    mytcp_cookie_makes(&keys->key[MYTCP_COOKIE_NEXT], unit))
		key = &keys->key[MYTCP_COOKIE_NEXT];

	if (syn->opt.has & MYTCP_OPT_COOKIE) {
		mytcp_half_synack(half, half->syn_sent_ms, synack);
		synack->opt.has |= MYTCP_OPT_COOKIE;
		make_option(key, unit, ends, half, synack->opt.cookie);
	} else {
		make_number(key, unit, ends, half, synack);
	}
	if (!syn->opt.mss)
		synack->opt.mss = 0;
}

/* A known key, a genuine MAC, a time that has not passed: in that order. */
static enum mytcp_cookie_verdict
check_option(const struct mytcp_cookie_keys *keys, u32 seconds,
	     const struct mytcp_cookie_ends *ends,
	     const struct mytcp_segment *ack, struct mytcp_half *half)
{
	enum mytcp_cookie_verdict verdict = MYTCP_COOKIE_UNKNOWN_KEY;
	const u8 *cookie = ack->opt.cookie;
	u32 unit = newest(seconds);
	u32 ahead;
	int i;

	/* The newest that ends in the 8 bits told. */
	unit -= (u8)(unit - cookie[TIME_AT]);
	/* No more than a window lies between the SYN and @ack: 16 bits tell. */
	ahead = (u16)(ack->seq - 1 - octet_get16(cookie + IRS_AT));
	half->irs = ack->seq - 1 - ahead;

	for (i = 0; i < MYTCP_COOKIE_KEYS; i++) {
		const struct mytcp_cookie_key *key = &keys->key[i];

		if (key->id != cookie[KEY_AT] || !mytcp_cookie_makes(key, unit))
			continue;
		if (option_mac(key, unit, ends, half, cookie) ==
		    octet_get64(cookie + MAC_AT))
			verdict = MYTCP_COOKIE_VALID;
		else if (verdict == MYTCP_COOKIE_UNKNOWN_KEY)
			verdict = MYTCP_COOKIE_BAD_MAC;
	}
	if (verdict != MYTCP_COOKIE_VALID)
		return verdict;
	if (seq_lt(unit, oldest(seconds)))
		return MYTCP_COOKIE_EXPIRED;
	/* It has filled the window, and what it filled it with may yet come. */
	if (ahead >= max_t(u32, half->wnd, 1))
		return MYTCP_COOKIE_EARLY;

	half->peer_mss = octet_get16(cookie + MSS_AT);
	half->snd_wscale = cookie[WSCALE_AT] >> 4;
	half->rcv_wscale = cookie[WSCALE_AT] & 0xf;
	half->has = cookie[HAS_AT] & AGREED;
	return MYTCP_COOKIE_VALID;
}

static bool open_number(const struct mytcp_cookie_key *key, u32 unit,
			const struct mytcp_cookie_ends *ends,
			const struct mytcp_segment *ack,
			struct mytcp_half *half)
{
	bool stamped = ack->opt.has & MYTCP_OPT_TS;
	u64 hash = number_hash(key, unit, ends, half->irs, stamped);
	u32 state = unseal(hash, half->iss);

	if (state >= (stamped ? STATES_TS : STATES) ||
	    (stamped && (ack->opt.tsecr & TAG_MASK) != tag_of(hash)))
		return false;

	half->peer_mss = mss_table[(state >> 5) * (stamped ? 1 : 2)];
	half->has = stamped ? MYTCP_OPT_TS : 0;
	half->snd_wscale = 0;
	half->rcv_wscale = 0;
	if (state & 1 << 4)
		half->has |= MYTCP_OPT_SACK_OK;
	if ((state & 0xf) != WSCALE_NONE) {
		half->has |= MYTCP_OPT_WSCALE;
		half->snd_wscale = state & 0xf;
		half->rcv_wscale = MYTCP_COOKIE_WSCALE;
	}
	return true;
}

/* Time and key are not told: what was made with neither looks like any number. */
static enum mytcp_cookie_verdict
check_number(const struct mytcp_cookie_keys *keys, u32 seconds,
	     const struct mytcp_cookie_ends *ends,
	     const struct mytcp_segment *ack, struct mytcp_half *half)
{
	u32 unit;
	int i;

	half->irs = ack->seq - 1;
	for (unit = newest(seconds); unit != oldest(seconds) - 1; unit--)
		for (i = 0; i < MYTCP_COOKIE_KEYS; i++)
			if (mytcp_cookie_makes(&keys->key[i], unit) &&
			    open_number(&keys->key[i], unit, ends, ack, half))
				return MYTCP_COOKIE_VALID;
	return MYTCP_COOKIE_BAD_MAC;
}

/**
 * mytcp_cookie_check() - does a segment bring a cookie back?
 * @keys: the keys; those of another server do
 * @seconds: wall-clock time
 * @ends: the segment's, as the SYN's were
 * @ack: a segment that belongs to no connection and no half-open entry
 * @half: filled if so; the host has set wnd and adv_mss as before the SYN+ACK
 *
 * An ACK that is neither SYN nor RST, with or without payload or FIN: a client
 * may have sent all it has to say by the time its first segment gets through.
 * The other server's clock is not ours, so our timestamps go on from the one
 * that came back.
 *
 * A cookie of 32 bits that has expired gives MYTCP_COOKIE_BAD_MAC. Up to one
 * hash a key and unit of time. Any context.
 *
 * Return: MYTCP_COOKIE_VALID if the host is to make a connection of @half with
 * mytcp_open_passive() and give it the same segment; MYTCP_COOKIE_EARLY if it
 * is to drop it without an answer; else it is answered like any that belongs to
 * no connection.
 */
enum mytcp_cookie_verdict
mytcp_cookie_check(const struct mytcp_cookie_keys *keys, u32 seconds,
		   const struct mytcp_cookie_ends *ends,
		   const struct mytcp_segment *ack, struct mytcp_half *half)
{
	enum mytcp_cookie_verdict verdict;

	if ((ack->flags & (MYTCP_SYN | MYTCP_RST | MYTCP_ACK)) != MYTCP_ACK)
		return MYTCP_COOKIE_BAD_MAC;

	half->iss = ack->ack - 1;
	verdict = ack->opt.has & MYTCP_OPT_COOKIE ?
		  check_option(keys, seconds, ends, ack, half) :
		  check_number(keys, seconds, ends, ack, half);
	if (verdict != MYTCP_COOKIE_VALID)
		return verdict;
	/* RFC 7323 section 3.2: what comes without is not the client's. */
	if (half->has & ~ack->opt.has & MYTCP_OPT_TS)
		return MYTCP_COOKIE_BAD_MAC;

	half->has |= MYTCP_OPT_COOKIE;
	half->peer_wnd = ack->wnd;
	half->syn_sent_ms = 0;
	half->ts_recent = ack->opt.tsval;
	half->ts_offset = ack->opt.tsecr - mytcp_host_now_ms();
	half->repeats = 0;
	half->answers = 0;
	half->resent = 0;
	return MYTCP_COOKIE_VALID;
}

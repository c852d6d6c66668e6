/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SYN cookies: what a half-open entry holds, kept by the client instead of the
 * server. A cookie is a struct mytcp_half in transit.
 *
 * A client that sends a cookie option in its SYN gets all of it back in one:
 *
 *	octet  0	the client's MSS
 *	       2	shifts of the windows the client sends, and gets
 *	       3	what is agreed: MYTCP_OPT_WSCALE, _SACK_OK, _TS
 *	       4	which key
 *	       5	unit of time, its low 8 bits
 *	       6	the client's initial sequence number, its low 16 bits
 *	       8	64 bits of MAC
 *
 * For any other client it is our initial sequence number: the state, scrambled
 * by a hash of all it belongs to, so that few of all 2^32 numbers mean
 * anything. Where timestamps are agreed on six bits more stand in ours.
 */
#ifndef MYTCP_CORE_COOKIE_H
#define MYTCP_CORE_COOKIE_H

#include "half.h"
#include "segment.h"
#include "types.h"

#define MYTCP_COOKIE_UNIT	64	/* seconds a unit of time lasts */
#define MYTCP_COOKIE_SKEW	8	/* that servers' clocks may differ by */
#define MYTCP_COOKIE_WSCALE	7	/* ours, in a cookie of 32 bits */
#define MYTCP_COOKIE_KEY_LEN	16	/* octets */

#define MYTCP_COOKIE_ENDS_IP4	12	/* octets of endpoints */
#define MYTCP_COOKIE_ENDS_IP6	36

/**
 * struct mytcp_cookie_key - a key, and when it is used
 * @k: the key
 * @from: first unit of time in which it makes cookies
 * @until: the first in which it no longer does; @from for no key at all
 * @id: told in cookies, so that the right key is found; a hash of @k
 */
struct mytcp_cookie_key {
	u64 k[2];
	u32 from;
	u32 until;
	u8 id;
};

/* In the order in which they are tried. */
enum mytcp_cookie_age {
	MYTCP_COOKIE_CURRENT,
	MYTCP_COOKIE_PREVIOUS,
	MYTCP_COOKIE_NEXT,
	MYTCP_COOKIE_KEYS
};

/* Zeroed, it has no keys. */
struct mytcp_cookie_keys {
	struct mytcp_cookie_key key[MYTCP_COOKIE_KEYS];
};

/**
 * struct mytcp_cookie_ends - the endpoints a cookie is for
 * @octet: addresses and ports in an order that client and server agree on with
 *	every other server; nothing that is this host's alone
 * @len: MYTCP_COOKIE_ENDS_IP4 or MYTCP_COOKIE_ENDS_IP6
 */
struct mytcp_cookie_ends {
	u8 octet[MYTCP_COOKIE_ENDS_IP6];
	u8 len;
};

enum mytcp_cookie_verdict {
	MYTCP_COOKIE_VALID,
	MYTCP_COOKIE_EXPIRED,		/* was valid */
	MYTCP_COOKIE_BAD_MAC,		/* never was, as far as one can tell */
	MYTCP_COOKIE_UNKNOWN_KEY,
	MYTCP_COOKIE_EARLY,		/* valid, on a segment that opens nothing */
};

/* The unit of time a moment lies in. */
static inline u32 mytcp_cookie_unit(u32 seconds)
{
	return seconds / MYTCP_COOKIE_UNIT;
}

/* Does a key make cookies then? */
static inline bool mytcp_cookie_makes(const struct mytcp_cookie_key *key,
				      u32 unit)
{
	return unit - key->from < key->until - key->from;
}

/**
 * mytcp_cookie_stale() - is the current key's time over?
 * @keys: the keys
 * @seconds: wall-clock time
 *
 * Nothing is lost as long as they are derived anew before the next key's time
 * is over, too. Any context.
 *
 * Return: true if so, or if the clock was set back to before it.
 */
static inline bool mytcp_cookie_stale(const struct mytcp_cookie_keys *keys,
				      u32 seconds)
{
	return !mytcp_cookie_makes(&keys->key[MYTCP_COOKIE_CURRENT],
				   mytcp_cookie_unit(seconds));
}

void mytcp_cookie_key_set(struct mytcp_cookie_key *key,
			  const u8 secret[MYTCP_COOKIE_KEY_LEN]);
void mytcp_cookie_derive(struct mytcp_cookie_keys *keys,
			 const u8 master[MYTCP_COOKIE_KEY_LEN], u32 seconds,
			 u32 lifetime);
void mytcp_cookie_make(const struct mytcp_cookie_keys *keys, u32 seconds,
		       const struct mytcp_cookie_ends *ends,
		       const struct mytcp_segment *syn,
		       struct mytcp_half *half, struct mytcp_segment *synack);
enum mytcp_cookie_verdict
mytcp_cookie_check(const struct mytcp_cookie_keys *keys, u32 seconds,
		   const struct mytcp_cookie_ends *ends,
		   const struct mytcp_segment *ack, struct mytcp_half *half);

#endif /* MYTCP_CORE_COOKIE_H */

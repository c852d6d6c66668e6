/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SYN cookies: what a half-open entry holds, kept by the client instead of the
 * server. A cookie is a struct mytcp_half in transit.
 */
#ifndef MYTCP_CORE_COOKIE_H
#define MYTCP_CORE_COOKIE_H

#include "types.h"

#define MYTCP_COOKIE_UNIT	64	/* seconds a unit of time lasts */
#define MYTCP_COOKIE_KEY_LEN	16	/* octets */

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

void mytcp_cookie_key_set(struct mytcp_cookie_key *key,
			  const u8 secret[MYTCP_COOKIE_KEY_LEN]);
void mytcp_cookie_derive(struct mytcp_cookie_keys *keys,
			 const u8 master[MYTCP_COOKIE_KEY_LEN], u32 seconds,
			 u32 lifetime);
bool mytcp_cookie_stale(const struct mytcp_cookie_keys *keys, u32 seconds);

#endif /* MYTCP_CORE_COOKIE_H */

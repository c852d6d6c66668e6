// SPDX-License-Identifier: GPL-2.0
#include "cookie.h"

#include "host.h"

static u8 *put32(u8 *at, u32 value)
{
	*at++ = value >> 24;
	*at++ = value >> 16;
	*at++ = value >> 8;
	*at++ = value;
	return at;
}

static u32 get32(const u8 *at)
{
	return (u32)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static u64 get64(const u8 *at)
{
	return (u64)get32(at) << 32 | get32(at + 4);
}

static u32 unit_of(u32 seconds)
{
	return seconds / MYTCP_COOKIE_UNIT;
}

static bool makes(const struct mytcp_cookie_key *key, u32 unit)
{
	return unit - key->from < key->until - key->from;
}

/* Neither length nor use is that of a cookie's hash. */
static u64 hash_two(u32 first, u32 second, const u64 key[2])
{
	u64 in;

	put32(put32((u8 *)&in, first), second);
	return mytcp_host_hash(&in, sizeof(in), key);
}

static void take_key(struct mytcp_cookie_key *key,
		     const u8 secret[MYTCP_COOKIE_KEY_LEN])
{
	key->k[0] = get64(secret);
	key->k[1] = get64(secret + 8);
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
		u32 epoch = unit_of(seconds) / units + epochs[i];

		key->k[0] = hash_two(epoch, 1, from.k);
		key->k[1] = hash_two(epoch, 2, from.k);
		key->from = epoch * units;
		key->until = key->from + units;
		key->id = hash_two(0, 0, key->k);
	}
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
bool mytcp_cookie_stale(const struct mytcp_cookie_keys *keys, u32 seconds)
{
	return !makes(&keys->key[MYTCP_COOKIE_CURRENT], unit_of(seconds));
}

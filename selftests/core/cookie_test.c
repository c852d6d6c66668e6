// SPDX-License-Identifier: GPL-2.0
/* SYN cookies: their keys, and the hash beneath. */
#include <kselftest_harness.h>

#include "cookie.h"
#include "host.h"

#define UNIT	MYTCP_COOKIE_UNIT
#define NOW	(1000000 * UNIT)	/* the first second of a unit */

static const u8 master[MYTCP_COOKIE_KEY_LEN] = {
	7, 7, 7, 7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
};

/* The values its authors publish, for the lengths that are whole words. */
TEST(the_hash_is_siphash_2_4)
{
	static const u64 wanted[] = {
		0x726fdb47dd0e0e31ULL, 0x93f5f5799a932462ULL,
		0x3f2acc7f57c29bdbULL, 0xb8ad50c6f649af94ULL,
		0x7127512f72f27cceULL,
	};
	u64 key[2] = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };
	u64 words[ARRAY_SIZE(wanted)];
	u8 *octets = (u8 *)words;
	unsigned int i;

	for (i = 0; i < sizeof(words); i++)
		octets[i] = i;
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		EXPECT_EQ(wanted[i], mytcp_host_hash(words, 8 * i, key));
}

static bool same_key(const struct mytcp_cookie_key *a,
		     const struct mytcp_cookie_key *b)
{
	return a->k[0] == b->k[0] && a->k[1] == b->k[1] && a->id == b->id &&
	       a->from == b->from && a->until == b->until;
}

TEST(keys_derived_from_one_secret_move_on_with_the_epoch)
{
	struct mytcp_cookie_keys now, later;

	mytcp_cookie_derive(&now, master, NOW, 4 * UNIT);
	mytcp_cookie_derive(&later, master, NOW + 4 * UNIT, 4 * UNIT);
	EXPECT_TRUE(same_key(&now.key[MYTCP_COOKIE_NEXT],
			     &later.key[MYTCP_COOKIE_CURRENT]));
	EXPECT_TRUE(same_key(&now.key[MYTCP_COOKIE_CURRENT],
			     &later.key[MYTCP_COOKIE_PREVIOUS]));
	EXPECT_NE(now.key[MYTCP_COOKIE_CURRENT].k[0],
		  later.key[MYTCP_COOKIE_CURRENT].k[0]);
	EXPECT_NE(now.key[MYTCP_COOKIE_CURRENT].k[1],
		  later.key[MYTCP_COOKIE_CURRENT].k[1]);
}

TEST(a_derived_key_is_current_for_its_lifetime_to_the_second)
{
	struct mytcp_cookie_keys keys;

	mytcp_cookie_derive(&keys, master, NOW + 100, 4 * UNIT);
	EXPECT_FALSE(mytcp_cookie_stale(&keys, NOW));
	EXPECT_TRUE(mytcp_cookie_stale(&keys, NOW - 1));
	EXPECT_FALSE(mytcp_cookie_stale(&keys, NOW + 4 * UNIT - 1));
	EXPECT_TRUE(mytcp_cookie_stale(&keys, NOW + 4 * UNIT));
}

TEST(a_lifetime_is_rounded_up_to_a_unit)
{
	static const u32 lifetimes[] = { 0, 1, UNIT };
	struct mytcp_cookie_keys keys;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lifetimes); i++) {
		mytcp_cookie_derive(&keys, master, NOW, lifetimes[i]);
		EXPECT_FALSE(mytcp_cookie_stale(&keys, NOW + UNIT - 1));
		EXPECT_TRUE(mytcp_cookie_stale(&keys, NOW + UNIT));
	}
	mytcp_cookie_derive(&keys, master, NOW, UNIT + 1);
	EXPECT_FALSE(mytcp_cookie_stale(&keys, NOW + 2 * UNIT - 1));
}

TEST(another_secret_gives_other_keys)
{
	struct mytcp_cookie_keys keys, other;
	u8 secret[MYTCP_COOKIE_KEY_LEN];
	unsigned int bit;

	mytcp_cookie_derive(&keys, master, NOW, UNIT);
	for (bit = 0; bit < 8 * sizeof(secret); bit++) {
		memcpy(secret, master, sizeof(secret));
		secret[bit / 8] ^= 1 << bit % 8;
		mytcp_cookie_derive(&other, secret, NOW, UNIT);
		EXPECT_NE(keys.key[0].k[0], other.key[0].k[0]);
		EXPECT_NE(keys.key[0].k[1], other.key[0].k[1]);
	}
}

TEST(no_keys_are_stale_and_one_that_is_given_never_is)
{
	struct mytcp_cookie_keys keys = { 0 };

	EXPECT_TRUE(mytcp_cookie_stale(&keys, NOW));
	mytcp_cookie_key_set(&keys.key[MYTCP_COOKIE_CURRENT], master);
	EXPECT_FALSE(mytcp_cookie_stale(&keys, NOW));
	EXPECT_FALSE(mytcp_cookie_stale(&keys, 0));
	EXPECT_FALSE(mytcp_cookie_stale(&keys, U32_MAX));
}

TEST_HARNESS_MAIN

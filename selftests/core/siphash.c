// SPDX-License-Identifier: GPL-2.0
/* SipHash-2-4 (Aumasson, Bernstein, 2012) of whole words, for the core. */
#include "host.h"

static u64 rotate(u64 word, int by)
{
	return word << by | word >> (64 - by);
}

static void rounds(u64 v[4], int count)
{
	while (count--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static void compress(u64 v[4], u64 word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

u64 mytcp_host_hash(const void *data, size_t len, const u64 key[2])
{
	u64 v[4] = {
		key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
		key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL,
	};
	const u8 *octet = data;
	size_t at, i;

	for (at = 0; at < len; at += 8) {
		u64 word = 0;

		for (i = 8; i--;)
			word = word << 8 | octet[at + i];
		compress(v, word);
	}
	compress(v, (u64)len << 56);
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An input of the fuzzer read as a program: a few octets an instruction. Where
 * it ends there are zeros.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "types.h"

struct program {
	const uint8_t *at;
	size_t left;
};

static inline u8 next_octet(struct program *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static inline u16 next_word(struct program *in)
{
	u16 high = next_octet(in);

	return high << 8 | next_octet(in);
}

static inline u32 next_long(struct program *in)
{
	u32 high = next_word(in);

	return high << 16 | next_word(in);
}

static inline void next_octets(struct program *in, u8 *octets, size_t count)
{
	while (count--)
		*octets++ = next_octet(in);
}

#endif /* PROGRAM_H */

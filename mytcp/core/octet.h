/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers in the order of the network, at any alignment. */
#ifndef MYTCP_CORE_OCTET_H
#define MYTCP_CORE_OCTET_H

#include "types.h"

static inline u16 octet_get16(const u8 *at)
{
	__be16 value;

	memcpy(&value, at, sizeof(value));
	return __be16_to_cpu(value);
}

static inline u32 octet_get32(const u8 *at)
{
	__be32 value;

	memcpy(&value, at, sizeof(value));
	return __be32_to_cpu(value);
}

static inline u64 octet_get64(const u8 *at)
{
	__be64 value;

	memcpy(&value, at, sizeof(value));
	return __be64_to_cpu(value);
}

/* These return what comes after. */
static inline u8 *octet_put16(u8 *at, u16 number)
{
	__be16 value = __cpu_to_be16(number);

	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static inline u8 *octet_put32(u8 *at, u32 number)
{
	__be32 value = __cpu_to_be32(number);

	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

#endif /* MYTCP_CORE_OCTET_H */

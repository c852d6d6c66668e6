/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the api_*.c programs: every TEST_F(api, ...) runs on the kernel's TCP
 * and on MyTCP, over IPv4 and over IPv6, each time in a new namespace.
 */
#ifndef API_H
#define API_H

#include "kselftest_harness.h"
#include "net.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	(30 * patience())

FIXTURE(api) {
	const struct family *f;
};

FIXTURE_VARIANT(api) {
	struct family family;
};

FIXTURE_VARIANT_ADD(api, tcp4) { .family = FAMILY_TCP4 };
FIXTURE_VARIANT_ADD(api, tcp6) { .family = FAMILY_TCP6 };
FIXTURE_VARIANT_ADD(api, mytcp4) { .family = FAMILY_MYTCP4 };
FIXTURE_VARIANT_ADD(api, mytcp6) { .family = FAMILY_MYTCP6 };

FIXTURE_SETUP(api)
{
	self->f = &variant->family;
	netns_new();
	lo_delay();
}

FIXTURE_TEARDOWN(api)
{
}

#endif

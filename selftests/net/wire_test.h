/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the wire_*.c programs: every TEST_F(wire, ...) runs on the kernel's TCP
 * and on MyTCP, over IPv4 and over IPv6, each time in a new namespace with self->w.
 */
#ifndef WIRE_TEST_H
#define WIRE_TEST_H

#include "kselftest_harness.h"
#include "wire.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	(30 * patience())

FIXTURE(wire) {
	struct wire *w;
};

FIXTURE_VARIANT(wire) {
	struct family family;
};

FIXTURE_VARIANT_ADD(wire, tcp4) { .family = FAMILY_TCP4 };
FIXTURE_VARIANT_ADD(wire, tcp6) { .family = FAMILY_TCP6 };
FIXTURE_VARIANT_ADD(wire, mytcp4) { .family = FAMILY_MYTCP4 };
FIXTURE_VARIANT_ADD(wire, mytcp6) { .family = FAMILY_MYTCP6 };

FIXTURE_SETUP(wire)
{
	static struct wire wire;

	self->w = &wire;
	wire_new(self->w, &variant->family);
}

FIXTURE_TEARDOWN(wire)
{
	if (_metadata->exit_code == KSFT_FAIL)
		wire_print();
	/* The peer is gone: what is left over need not wait for it. */
	if (is_mytcp(self->w)) {
		wire_set(self->w, "orphan_retries", 0);
		wire_set(self->w, "fin_timeout", 100);
	}
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* The address family: what socket(AF_MYTCP, SOCK_STREAM, ...) makes. */
#ifndef MYTCP_FAMILY_H
#define MYTCP_FAMILY_H

#include <linux/types.h>

int mytcp_family_init(int family, u8 ipproto);
void mytcp_family_exit(void);

#endif /* MYTCP_FAMILY_H */

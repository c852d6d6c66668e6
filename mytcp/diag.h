/* SPDX-License-Identifier: GPL-2.0 */
/* sock_diag: connections ended from outside. */
#ifndef MYTCP_DIAG_H
#define MYTCP_DIAG_H

#include <linux/types.h>

int mytcp_diag_init(int family, u8 ipproto);
void mytcp_diag_exit(void);

#endif /* MYTCP_DIAG_H */

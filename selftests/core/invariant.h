/* SPDX-License-Identifier: GPL-2.0 */
/* What is true of every connection whenever the core has returned. */
#ifndef INVARIANT_H
#define INVARIANT_H

#include "tcb.h"

const char *invariant_broken(const struct mytcp_tcb *tcb);

#endif /* INVARIANT_H */

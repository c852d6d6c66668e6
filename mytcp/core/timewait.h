/* SPDX-License-Identifier: GPL-2.0 */
/* TIME_WAIT: what is left of a connection for twice the segment lifetime. */
#ifndef MYTCP_CORE_TIMEWAIT_H
#define MYTCP_CORE_TIMEWAIT_H

#include "half.h"
#include "tcb.h"
#include "types.h"

/**
 * struct mytcp_timewait - TIME_WAIT without a connection
 * @snd_nxt: our next sequence number, behind our FIN
 * @rcv_nxt: the peer's, behind its FIN
 * @rcv_wnd: the window last offered, as on the wire
 * @timestamps: they were agreed on
 * @ts_offset: what is added to our clock of milliseconds in timestamps
 * @ts_recent: the last timestamp of the peer
 */
struct mytcp_timewait {
	u32 snd_nxt;
	u32 rcv_nxt;
	u16 rcv_wnd;
	bool timestamps;
	u32 ts_offset;
	u32 ts_recent;
};

void mytcp_timewait_init(struct mytcp_timewait *tw,
			 const struct mytcp_tcb *tcb);
void mytcp_timewait_ack(const struct mytcp_timewait *tw,
			struct mytcp_segment *reply);
enum mytcp_verdict mytcp_timewait_input(const struct mytcp_timewait *tw,
					const struct mytcp_config *cfg,
					const struct mytcp_segment *seg,
					struct mytcp_segment *reply);
u32 mytcp_timewait_iss(const struct mytcp_timewait *tw, u32 iss);

#endif /* MYTCP_CORE_TIMEWAIT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is left of a connection for twice the segment lifetime, or until the
 * peer's FIN comes to one that nobody holds.
 */
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
 * @rcv_wscale: its shift
 * @timestamps: they were agreed on
 * @of_cookie: it came of a cookie, which must not open it once more
 * @fin_wait2: FIN_WAIT2 of a socket that nobody holds; no FIN has come yet
 * @over: no TIME_WAIT. It ended as that of the side that closes last, or by a
 *	reset, or without a FIN, and is remembered for the cookie alone
 * @linger2: seconds of FIN_WAIT2, 0 for fin_timeout
 * @ts_offset: what is added to our clock of milliseconds in timestamps
 * @ts_recent: the last timestamp of the peer
 */
struct mytcp_timewait {
	u32 snd_nxt;
	u32 rcv_nxt;
	u16 rcv_wnd;
	u8 rcv_wscale : 4;
	u8 timestamps : 1;
	u8 of_cookie : 1;
	u8 fin_wait2 : 1;
	u8 over : 1;
	u8 linger2;
	u32 ts_offset;
	u32 ts_recent;
};

void mytcp_timewait_init(struct mytcp_timewait *tw,
			 const struct mytcp_tcb *tcb);
bool mytcp_timewait_refuse(const struct mytcp_timewait *tw,
			   const struct mytcp_segment *seg,
			   struct mytcp_segment *reply);
enum mytcp_verdict mytcp_timewait_input(const struct mytcp_timewait *tw,
					const struct mytcp_config *cfg,
					const struct mytcp_segment *seg,
					struct mytcp_segment *reply,
					enum mytcp_count *why);
void mytcp_timewait_begin(struct mytcp_timewait *tw,
			  const struct mytcp_segment *fin);
void mytcp_timewait_over(struct mytcp_timewait *tw);
void mytcp_timewait_reset(const struct mytcp_timewait *tw,
			  struct mytcp_segment *reset);
u32 mytcp_timewait_life(const struct mytcp_timewait *tw,
			const struct mytcp_config *cfg);
u32 mytcp_timewait_iss(const struct mytcp_timewait *tw, u32 iss);
bool mytcp_timewait_may_follow(const struct mytcp_timewait *tw,
			       const struct mytcp_config *cfg);
u32 mytcp_timewait_ts_offset(const struct mytcp_timewait *tw, u32 offset);

#endif /* MYTCP_CORE_TIMEWAIT_H */

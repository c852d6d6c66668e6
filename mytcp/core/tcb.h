/* SPDX-License-Identifier: GPL-2.0 */
/* The transmission control block: all the protocol knows of a connection. */
#ifndef MYTCP_CORE_TCB_H
#define MYTCP_CORE_TCB_H

#include "cc.h"
#include "config.h"
#include "range.h"
#include "rtt.h"
#include "segment.h"
#include "types.h"

/* The states of RFC 9293 section 3.3.2, numbered as Linux numbers them. */
enum mytcp_state {
	MYTCP_ESTABLISHED = 1,
	MYTCP_SYN_SENT,
	MYTCP_SYN_RECV,
	MYTCP_FIN_WAIT1,
	MYTCP_FIN_WAIT2,
	MYTCP_TIME_WAIT,
	MYTCP_CLOSED,
	MYTCP_CLOSE_WAIT,
	MYTCP_LAST_ACK,
	MYTCP_LISTEN,
	MYTCP_CLOSING,
	MYTCP_STATES		/* not a state: one more than the last */
};

/* Each timer is named by the event that arms it. */
enum mytcp_timer {
	MYTCP_TIMER_SENT,	/* something that asks for an ACK was sent */
	MYTCP_TIMER_BLOCKED,	/* the peer's window does not let data go */
	MYTCP_TIMER_RECEIVED,	/* an ACK is owed and may wait for company */
	MYTCP_TIMER_HEARD,	/* the peer was heard, or asked to be: keepalive */
	MYTCP_TIMERS
};

#define MYTCP_MSS_DEFAULT_IP4	536	/* RFC 9293 section 3.7.1 */
#define MYTCP_MSS_DEFAULT_IP6	1220
#define MYTCP_MSS_MIN		48	/* a smaller one is taken as this */

/**
 * struct mytcp_patience - how long the user of a connection waits for its peer
 * @user_timeout: milliseconds for which octets may be without acknowledgment, or
 *	wait for a closed window; 0 for as many as the namespace's retries take
 * @keep_idle: milliseconds of silence before the first keepalive probe
 * @keep_intvl: from one to the next, milliseconds
 * @keep_probes: how many may stay without an answer
 * @linger2: seconds of FIN_WAIT2 once nobody holds the connection, up to
 *	MYTCP_LINGER2_MAX, -1 for none at all
 * @keepalive: send such probes
 *
 * 0 is the namespace's value for all numbers.
 */
struct mytcp_patience {
	u32 user_timeout;
	u32 keep_idle;
	u32 keep_intvl;
	u8 keep_probes;
	s8 linger2;
	bool keepalive;
};

/**
 * struct mytcp_tcb - a connection
 * @cfg: settings of its namespace
 *
 * @iss: initial send sequence number
 * @snd_una: oldest octet not acknowledged
 * @snd_nxt: next octet never sent so far; a retransmission does not move it
 * @snd_wnd: send window, octets from @snd_una
 * @snd_wl1: SEG.SEQ of the last window update
 * @snd_wl2: SEG.ACK of the last window update
 * @max_snd_wnd: largest window the peer has ever offered
 * @write_seq: octet after the last one queued by the user
 * @peer_mss: what the peer's MSS option said, or the default without one
 * @path_mss: what the path can carry, from the host
 * @adv_mss: what our SYN or SYN+ACK tells the peer
 * @snd_mss: octets of payload and options a segment may carry: the smaller of
 *	the first two
 * @sndq: what is in flight and what waits to be sent, in one line
 * @send_head: first range in @sndq that was never sent, NULL if none
 *
 * @irs: initial receive sequence number
 * @rcv_nxt: next octet expected
 * @rcv_adv: right edge of the widest window offered; it never moves left
 * @rcv_mss: largest payload seen from the peer
 * @rcv_fin: sequence number of the peer's FIN, when @fin_seen
 * @oooq: received ahead of @rcv_nxt; see reassembly.c
 * @last_ack: the acknowledgment number we sent last
 * @duplicate: octets received twice, for the next acknowledgment; empty if both
 *	numbers are the same
 * @heard: an octet of each island of @oooq that a segment added to lately, the
 *	latest first
 * @heard_count: how many
 *
 * @has: MYTCP_OPT_WSCALE, MYTCP_OPT_SACK_OK, MYTCP_OPT_TS: what is agreed on, in
 *	SYN_SENT what we offer; MYTCP_OPT_COOKIE: every segment carries @cookie,
 *	for the server may know nothing of us but that
 * @cookie: what its SYN+ACK brought
 * @snd_wscale: shift of the windows the peer sends
 * @rcv_wscale: shift of those it gets; the host sets what it would like
 * @ts_offset: what is added to our clock of milliseconds in timestamps, from the
 *	host
 * @ts_recent: the timestamp to echo (TS.Recent of RFC 7323)
 * @ts_recent_us: when it came
 *
 * @rtt: round-trip time
 * @cc: congestion control
 * @recover: highest octet sent when recovery began (RFC 6582)
 * @rexmit_nxt: no range that ends before this octet is marked lost
 * @lost: octets marked lost and not yet sent again
 * @dupacks: duplicate acknowledgments in a row
 * @retries: time-outs in a row without progress
 * @probes: probes in a row that the peer did not answer, of its window or of
 *	its life
 * @probe_backoff: times the interval between probes has doubled since the
 *	window closed, whether they were answered or not (SHLD-30)
 * @orphan_probes: probes of a closed window since nobody holds the connection,
 *	whether they were answered or not
 *
 * @deadline: microseconds at which each timer fires, 0 when it is stopped
 * @moment_us: see mytcp_moment_begin(), else 0
 * @stalled_us: since when the peer has acknowledged nothing of what was sent, or
 *	kept its window closed to what waits; 0 if it owes nothing
 * @heard_us: when it was heard last, as far as keepalive wants to know
 * @data_sent_us: when payload was last sent, for the restart after idling
 * @syn_sent_us: when the SYN or SYN+ACK went out, for the first round trip; 0
 *	if nobody knows
 * @probed_us: when a probe of the peer's was answered last
 * @challenge_us: begin of the five seconds in which @challenges are counted
 * @challenges: challenge ACKs sent in them (RFC 5961 section 7)
 *
 * @patience: the user's
 * @state: enum mytcp_state; only core/state.c writes it
 * @syn_retries: SYNs to repeat, 0 for the namespace's (TCP_SYNCNT)
 * @err: errno for the user, positive; set once
 * @passive: opened by a listener (MUST-11)
 * @of_cookie: and that of a cookie
 * @fin_queued: the user will send nothing more
 * @fin_sent: the FIN has been sent at least once
 * @fin_seen: the peer's FIN was received, perhaps out of order
 * @in_recovery: between fast retransmit and the acknowledgment of @recover
 * @ack_now: an acknowledgment is owed and does not wait
 * @syn_repeated: the SYN timed out (RFC 6298 section 5.7)
 * @orphan: no user holds the connection
 * @shrunk: in FIN_WAIT2; a small entry of the host's lives on
 * @rcv_shut: the user reads no more; the host sets it
 * @nodelay: Nagle's algorithm is off
 * @cork: the user holds back what does not fill a segment
 */
struct mytcp_tcb {
	const struct mytcp_config *cfg;

	u32 iss;
	u32 snd_una;
	u32 snd_nxt;
	u32 snd_wnd;
	u32 snd_wl1;
	u32 snd_wl2;
	u32 max_snd_wnd;
	u32 write_seq;
	u16 peer_mss;
	u16 path_mss;
	u16 adv_mss;
	u16 snd_mss;
	struct mytcp_ranges sndq;
	struct mytcp_range *send_head;

	u32 irs;
	u32 rcv_nxt;
	u32 rcv_adv;
	u32 rcv_mss;
	u32 rcv_fin;
	struct mytcp_ranges oooq;
	u32 last_ack;
	struct mytcp_sack duplicate;
	u32 heard[MYTCP_SACK_BLOCKS];
	u8 heard_count;

	u8 has;
	u8 cookie[MYTCP_COOKIE_LEN];
	u8 snd_wscale;
	u8 rcv_wscale;
	u32 ts_offset;
	u32 ts_recent;
	u64 ts_recent_us;

	struct mytcp_rtt rtt;
	struct mytcp_cc cc;
	u32 recover;
	u32 rexmit_nxt;
	u32 lost;
	u32 dupacks;
	u8 retries;
	u8 probes;
	u8 probe_backoff;
	u8 orphan_probes;

	u64 deadline[MYTCP_TIMERS];
	u64 moment_us;
	u64 stalled_us;
	u64 heard_us;
	u64 data_sent_us;
	u64 syn_sent_us;
	u64 probed_us;
	u64 challenge_us;
	u32 challenges;

	struct mytcp_patience patience;
	u8 state;
	u8 syn_retries;
	int err;
	bool passive : 1;
	bool of_cookie : 1;
	bool fin_queued : 1;
	bool fin_sent : 1;
	bool fin_seen : 1;
	bool in_recovery : 1;
	bool ack_now : 1;
	bool syn_repeated : 1;
	bool orphan : 1;
	bool shrunk : 1;
	bool rcv_shut : 1;
	bool nodelay : 1;
	bool cork : 1;
};

struct mytcp_half;

static inline bool mytcp_tcb_synchronized(const struct mytcp_tcb *tcb)
{
	return tcb->state != MYTCP_CLOSED && tcb->state != MYTCP_LISTEN &&
	       tcb->state != MYTCP_SYN_SENT && tcb->state != MYTCP_SYN_RECV;
}

/* May the user still add octets? */
static inline bool mytcp_tcb_can_send(const struct mytcp_tcb *tcb)
{
	return (tcb->state == MYTCP_ESTABLISHED ||
		tcb->state == MYTCP_CLOSE_WAIT) && !tcb->fin_queued;
}

/* Can octets still arrive? */
static inline bool mytcp_tcb_can_receive(const struct mytcp_tcb *tcb)
{
	return tcb->state == MYTCP_ESTABLISHED ||
	       tcb->state == MYTCP_FIN_WAIT1 || tcb->state == MYTCP_FIN_WAIT2;
}

/* Our FIN stands at write_seq. */
static inline bool mytcp_tcb_fin_acked(const struct mytcp_tcb *tcb)
{
	return tcb->fin_sent && tcb->snd_una == tcb->write_seq + 1;
}

/* Octets (a FIN counts) believed to be in the network (RFC 6675 "pipe"). */
static inline u32 mytcp_tcb_pipe(const struct mytcp_tcb *tcb)
{
	return tcb->snd_nxt - tcb->snd_una - tcb->lost;
}

void mytcp_tcb_init(struct mytcp_tcb *tcb, const struct mytcp_config *cfg,
		    u16 default_mss);
void mytcp_tcb_purge(struct mytcp_tcb *tcb);
void mytcp_tcb_path(struct mytcp_tcb *tcb, u16 path_mss);

/* What the user asks for: RFC 9293 section 3.10.1 to 3.10.6. In user.c. */
void mytcp_open_active(struct mytcp_tcb *tcb, u32 iss);
void mytcp_open_passive(struct mytcp_tcb *tcb, const struct mytcp_half *half);
struct mytcp_range *mytcp_send_tail(struct mytcp_tcb *tcb);
void mytcp_send_extend(struct mytcp_tcb *tcb, struct mytcp_range *range,
		       u32 len);
void mytcp_send_queue(struct mytcp_tcb *tcb, struct mytcp_range *range,
		      u32 len);
void mytcp_receive(struct mytcp_tcb *tcb);
void mytcp_shutdown(struct mytcp_tcb *tcb);
void mytcp_detach(struct mytcp_tcb *tcb);
void mytcp_linger(struct mytcp_tcb *tcb);
void mytcp_reset(struct mytcp_tcb *tcb, int err);
void mytcp_abort(struct mytcp_tcb *tcb, int err);

/* What arrives, and what time brings. */
bool mytcp_input(struct mytcp_tcb *tcb, const struct mytcp_segment *seg,
		 struct mytcp_range *range);
void mytcp_timer_fire(struct mytcp_tcb *tcb, enum mytcp_timer timer);

/* In state.c: the one place where @state changes. */
void mytcp_state_born(struct mytcp_tcb *tcb, enum mytcp_state state);
void mytcp_state_set(struct mytcp_tcb *tcb, enum mytcp_state next);
void mytcp_state_close(struct mytcp_tcb *tcb, int err);
bool mytcp_state_legal(enum mytcp_state from, enum mytcp_state to);
const char *mytcp_state_name(enum mytcp_state state);

/* In output.c. */
void mytcp_output(struct mytcp_tcb *tcb);
void mytcp_output_syn(struct mytcp_tcb *tcb);
void mytcp_output_ack(struct mytcp_tcb *tcb);
void mytcp_output_challenge(struct mytcp_tcb *tcb);
void mytcp_output_reset(struct mytcp_tcb *tcb);
void mytcp_output_probe(struct mytcp_tcb *tcb);
void mytcp_output_force(struct mytcp_tcb *tcb);
void mytcp_output_retransmit(struct mytcp_tcb *tcb);
void mytcp_output_update(struct mytcp_tcb *tcb);
u32 mytcp_output_mss(const struct mytcp_tcb *tcb);
u32 mytcp_output_window(struct mytcp_tcb *tcb);

/* In recovery.c: what acknowledgments and time-outs say of loss. */
void mytcp_recovery_acked(struct mytcp_tcb *tcb, u32 acked, u32 flight);
void mytcp_recovery_duplicate(struct mytcp_tcb *tcb);
void mytcp_recovery_timeout(struct mytcp_tcb *tcb);
void mytcp_recovery_resend(struct mytcp_tcb *tcb);

/* In timer.c. */
void mytcp_timer_arm(struct mytcp_tcb *tcb, enum mytcp_timer timer, u64 us);
void mytcp_timer_stop(struct mytcp_tcb *tcb, enum mytcp_timer timer);
void mytcp_timer_stop_all(struct mytcp_tcb *tcb);
void mytcp_timer_heard(struct mytcp_tcb *tcb);
void mytcp_timer_patience(struct mytcp_tcb *tcb);

#endif /* MYTCP_CORE_TCB_H */

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "invariant.h"
#include "rig.h"
#include "seq.h"

struct rig rig;

/**
 * rig_init() - a connection in CLOSED, the settings' defaults, one second
 */
void rig_init(void)
{
	memset(&rig, 0, offsetof(struct rig, sent));
	mytcp_config_init(&rig.cfg);
	rig.now = SEC;
	rig.wnd = RIG_WND;
	rig.size = RIG_SIZE;
	rig_closed();
}

/**
 * rig_done() - end the connection, whatever state it is in
 *
 * Aborts the program if it kept a range.
 */
void rig_done(void)
{
	mytcp_abort(&rig.tcb, 0);
	if (rig.ranges || rig.counts[MYTCP_COUNT_ILLEGAL_STATE_CHANGES])
		abort();
}

u64 mytcp_host_now(void)
{
	return rig.now;
}

void mytcp_host_transmit(struct mytcp_tcb *tcb,
			 const struct mytcp_segment *seg,
			 struct mytcp_range *range)
{
	(void)tcb;
	if (seg->len && (!range || seq_lt(seg->seq, range->seq) ||
			 seq_gt(seg->seq + seg->len, range->end_seq)))
		abort();
	if (rig.sent_count == RIG_SENT)
		abort();
	rig.sent[rig.sent_count++] = *seg;
}

/**
 * rig_range() - a range to queue
 *
 * Return: the range.
 */
struct mytcp_range *rig_range(void)
{
	struct mytcp_range *range = calloc(1, sizeof(*range));

	if (!range)
		abort();
	rig.ranges++;
	return range;
}

static void range_free(struct mytcp_range *range)
{
	rig.ranges--;
	free(range);
}

struct mytcp_range *mytcp_host_split(struct mytcp_tcb *tcb,
				     struct mytcp_range *range, u32 len)
{
	struct mytcp_range *rest;

	(void)tcb;
	if (!len || len >= mytcp_range_len(range))
		abort();
	if (rig.no_memory)
		return NULL;
	rest = rig_range();
	rest->seq = range->seq + len;
	rest->end_seq = range->end_seq;
	range->end_seq = rest->seq;
	return rest;
}

void mytcp_host_free(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	(void)tcb;
	range_free(range);
}

void mytcp_host_deliver(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	u32 fresh = range->end_seq - tcb->rcv_nxt;

	if (seq_gt(range->seq, tcb->rcv_nxt) || !fresh || fresh > 1 << 30)
		abort();
	rig.delivered += fresh;
	rig.unread += fresh;
	range_free(range);
}

bool mytcp_host_admit(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	(void)tcb;
	(void)range;
	return !rig.no_memory;
}

u32 mytcp_host_room(struct mytcp_tcb *tcb, u32 *size)
{
	(void)tcb;
	*size = rig.size;
	return rig.size > rig.unread ? rig.size - rig.unread : 0;
}

void mytcp_host_readable(struct mytcp_tcb *tcb)
{
	(void)tcb;
	rig.readable++;
}

void mytcp_host_writable(struct mytcp_tcb *tcb)
{
	(void)tcb;
	rig.writable++;
}

void mytcp_host_state(struct mytcp_tcb *tcb, enum mytcp_state old)
{
	(void)old;
	if (tcb->state == MYTCP_TIME_WAIT)
		mytcp_timewait_init(&rig.tw, tcb);
	if (rig.state_count < ARRAY_SIZE(rig.states))
		rig.states[rig.state_count++] = tcb->state;
}

bool mytcp_host_shrink(struct mytcp_tcb *tcb)
{
	if (rig.no_memory)
		return false;
	mytcp_timewait_init(&rig.tw, tcb);
	return true;
}

void mytcp_host_timer(struct mytcp_tcb *tcb, enum mytcp_timer timer)
{
	(void)tcb;
	(void)timer;
}

void mytcp_host_advise(struct mytcp_tcb *tcb)
{
	(void)tcb;
	rig.advised++;
}

void mytcp_host_count(struct mytcp_tcb *tcb, enum mytcp_count what)
{
	(void)tcb;
	rig.counts[what]++;
}

/**
 * rig_check() - abort if the connection is not as it must be
 */
void rig_check(void)
{
	const char *broken;

	if (rig.unchecked)
		return;
	broken = invariant_broken(&rig.tcb);
	if (!broken && rig.counts[MYTCP_COUNT_ILLEGAL_STATE_CHANGES])
		broken = "an illegal change of state";
	if (!broken)
		return;
	fprintf(stderr, "# in %s: %s\n", mytcp_state_name(rig.tcb.state),
		broken);
	abort();
}

/**
 * rig_segment() - a segment arrives
 * @seg: the segment
 *
 * Return: did the core keep its payload?
 */
bool rig_segment(const struct mytcp_segment *seg)
{
	struct mytcp_range *range = seg->len ? rig_range() : NULL;
	bool kept = mytcp_input(&rig.tcb, seg, range);

	if (range && !kept)
		range_free(range);
	rig_check();
	return kept;
}

/**
 * rig_input() - a segment arrives, with the window the peer offers now
 * @flags: its flags
 * @seq: its sequence number
 * @ack: its acknowledgment number
 * @len: octets of payload
 *
 * Return: did the core keep its payload?
 */
bool rig_input(u8 flags, u32 seq, u32 ack, u32 len)
{
	struct mytcp_segment seg = {
		.seq = seq, .ack = ack, .len = len, .wnd = rig.wnd,
		.flags = flags,
	};

	if (flags & S) {
		seg.opt = rig.offer;
		seg.opt.mss = RIG_MSS;
	} else {
		seg.opt.has = rig.tcb.has & MYTCP_OPT_TS;
	}
	seg.opt.tsval = rig.tsval;
	seg.opt.tsecr = rig.tsecr;
	return rig_segment(&seg);
}

/**
 * rig_next() - the next segment sent that the test has not looked at
 *
 * Return: the segment, or NULL.
 */
const struct mytcp_segment *rig_next(void)
{
	return rig.sent_seen < rig.sent_count ? &rig.sent[rig.sent_seen++] :
						NULL;
}

/**
 * rig_forget() - what was sent so far is of no interest
 */
void rig_forget(void)
{
	rig.sent_seen = rig.sent_count;
}

/**
 * rig_write() - the user writes
 * @len: octets, as one range
 */
void rig_write(u32 len)
{
	mytcp_send_queue(&rig.tcb, rig_range(), len);
	mytcp_output(&rig.tcb);
	rig_check();
}

/**
 * rig_read() - the user reads
 * @len: octets, at most what there is
 */
void rig_read(u32 len)
{
	rig.unread -= len;
	mytcp_receive(&rig.tcb);
}

/**
 * rig_close() - the user closes: nobody holds the connection any more
 */
void rig_close(void)
{
	rig.tcb.rcv_shut = true;
	mytcp_shutdown(&rig.tcb);
	mytcp_detach(&rig.tcb);
}

static u64 next_deadline(enum mytcp_timer *timer)
{
	u64 first = 0;
	int i;

	for (i = 0; i < MYTCP_TIMERS; i++) {
		u64 at = rig.tcb.deadline[i];

		if (at && (!first || at < first)) {
			first = at;
			*timer = i;
		}
	}
	return first;
}

/**
 * rig_fire() - let time pass up to the next deadline, and its timer fire
 *
 * Return: microseconds passed; 0 if no timer runs.
 */
u64 rig_fire(void)
{
	enum mytcp_timer timer;
	u64 at = next_deadline(&timer);
	u64 passed = at - rig.now;

	if (!at)
		return 0;
	rig.now = at;
	mytcp_timer_fire(&rig.tcb, timer);
	rig_check();
	return passed;
}

/**
 * rig_wait() - let time pass, and timers fire
 * @us: microseconds
 */
void rig_wait(u64 us)
{
	u64 end = rig.now + us;
	enum mytcp_timer timer;
	u64 at;

	while ((at = next_deadline(&timer)) && at <= end) {
		rig.now = at;
		mytcp_timer_fire(&rig.tcb, timer);
	}
	rig.now = end;
}

/**
 * rig_closed() - before anything has happened
 */
void rig_closed(void)
{
	mytcp_tcb_init(&rig.tcb, &rig.cfg, MYTCP_MSS_DEFAULT_IP4);
	mytcp_tcb_path(&rig.tcb, RIG_MSS);
	rig.tcb.adv_mss = RIG_MSS;
	rig.tcb.nodelay = true;
}

/**
 * rig_syn_sent() - our SYN is out
 */
void rig_syn_sent(void)
{
	mytcp_open_active(&rig.tcb, RIG_ISS);
	rig_forget();
}

/**
 * rig_syn_recv() - our SYN has crossed the peer's
 */
void rig_syn_recv(void)
{
	rig_syn_sent();
	rig_input(S, PEER(0), 0, 0);
	rig_forget();
}

/**
 * rig_syn_recv_passive() - made of a half-open entry, before its ACK
 */
void rig_syn_recv_passive(void)
{
	struct mytcp_half half = {
		.wnd = RIG_SIZE, .adv_mss = RIG_MSS,
		.rcv_wscale = rig.tcb.rcv_wscale,
		.ts_offset = rig.tcb.ts_offset,
	};
	struct mytcp_segment syn = {
		.seq = PEER(0), .wnd = rig.wnd, .flags = S, .opt = rig.offer,
	};

	syn.opt.mss = RIG_MSS;
	syn.opt.tsval = rig.tsval;

	mytcp_half_init(&half, &syn, &rig.cfg, mytcp_host_now_ms(), RIG_ISS,
			MYTCP_MSS_DEFAULT_IP4);
	mytcp_open_passive(&rig.tcb, &half);
}

/**
 * rig_established() - the handshake is complete, in 100 ms
 */
void rig_established(void)
{
	rig_syn_sent();
	rig.now += 100 * MS;
	rig_input(S | A, PEER(0), US(1), 0);
	rig_forget();
}

/**
 * rig_close_wait() - the peer's FIN has come and is acknowledged
 */
void rig_close_wait(void)
{
	rig_established();
	rig_input(F | A, PEER(1), US(1), 0);
	rig_wait(rig.cfg.delack * MS);
	rig_forget();
}

/**
 * rig_last_ack() - and ours went after it
 */
void rig_last_ack(void)
{
	rig_close_wait();
	mytcp_shutdown(&rig.tcb);
	rig_forget();
}

/**
 * rig_fin_wait1() - our FIN is out
 */
void rig_fin_wait1(void)
{
	rig_established();
	mytcp_shutdown(&rig.tcb);
	rig_forget();
}

/**
 * rig_fin_wait2() - and acknowledged
 */
void rig_fin_wait2(void)
{
	rig_fin_wait1();
	rig_input(A, PEER(1), US(2), 0);
	rig_forget();
}

/**
 * rig_closing() - our FIN has crossed the peer's
 */
void rig_closing(void)
{
	rig_fin_wait1();
	rig_input(F | A, PEER(1), US(1), 0);
	rig_forget();
}

/**
 * rig_enter() - the same by name, from CLOSED
 * @state: one that has a connection of its own
 */
void rig_enter(enum mytcp_state state)
{
	static void (*const enter[MYTCP_STATES])(void) = {
		[MYTCP_CLOSED] = rig_closed,
		[MYTCP_SYN_SENT] = rig_syn_sent,
		[MYTCP_SYN_RECV] = rig_syn_recv,
		[MYTCP_ESTABLISHED] = rig_established,
		[MYTCP_CLOSE_WAIT] = rig_close_wait,
		[MYTCP_LAST_ACK] = rig_last_ack,
		[MYTCP_FIN_WAIT1] = rig_fin_wait1,
		[MYTCP_FIN_WAIT2] = rig_fin_wait2,
		[MYTCP_CLOSING] = rig_closing,
	};

	enter[state]();
	if (rig.tcb.state != state)
		abort();
}

/**
 * rig_in() - the same after rig_init()
 * @state: likewise
 */
void rig_in(enum mytcp_state state)
{
	rig_init();
	rig_enter(state);
}

// SPDX-License-Identifier: GPL-2.0
/* What the user asks of a connection: RFC 9293 sections 3.10.1 to 3.10.6. */
#include "half.h"
#include "host.h"
#include "reassembly.h"
#include "timestamp.h"

/**
 * mytcp_tcb_init() - a connection in CLOSED
 * @tcb: zeroed or left over from an earlier connection, its queues empty
 * @cfg: settings of its namespace; outlives @tcb
 * @default_mss: what to send a peer that names no MSS (MUST-15)
 *
 * nodelay, cork, syn_retries and patience are the user's and stay.
 */
void mytcp_tcb_init(struct mytcp_tcb *tcb, const struct mytcp_config *cfg,
		    u16 default_mss)
{
	struct mytcp_patience patience = tcb->patience;
	u8 syn_retries = tcb->syn_retries;
	bool nodelay = tcb->nodelay;
	bool cork = tcb->cork;

	*tcb = (struct mytcp_tcb){
		.cfg = cfg,
		.peer_mss = default_mss,
		.path_mss = default_mss,
		.adv_mss = default_mss,
		.snd_mss = default_mss,
		.nodelay = nodelay,
		.cork = cork,
		.syn_retries = syn_retries,
		.patience = patience,
	};
	mytcp_ranges_init(&tcb->sndq);
	mytcp_ranges_init(&tcb->oooq);
	mytcp_rtt_init(&tcb->rtt, cfg);
	mytcp_state_born(tcb, MYTCP_CLOSED);
}

/**
 * mytcp_tcb_purge() - give back all that is queued
 * @tcb: the connection, locked, about to be CLOSED
 */
void mytcp_tcb_purge(struct mytcp_tcb *tcb)
{
	struct mytcp_range *range;

	tcb->send_head = NULL;
	tcb->lost = 0;
	while ((range = mytcp_ranges_first(&tcb->sndq))) {
		mytcp_ranges_remove(&tcb->sndq, range);
		mytcp_host_free(tcb, range);
	}
	mytcp_reassembly_purge(tcb);
}

/**
 * mytcp_tcb_path() - the path can carry segments of this size
 * @tcb: the connection, locked
 * @path_mss: octets of payload a packet has room for
 *
 * Segments in flight that are too large now are sent again, cut up.
 */
void mytcp_tcb_path(struct mytcp_tcb *tcb, u16 path_mss)
{
	u16 old = tcb->snd_mss;

	tcb->path_mss = path_mss;
	tcb->snd_mss = max_t(u16, min(tcb->peer_mss, path_mss),
			     MYTCP_MSS_MIN);
	if (tcb->snd_mss < old && mytcp_tcb_synchronized(tcb) &&
	    tcb->snd_una != tcb->snd_nxt)
		mytcp_recovery_resend(tcb);
}

static void first_octet(struct mytcp_tcb *tcb, u32 iss)
{
	tcb->iss = iss;
	tcb->snd_una = iss;
	tcb->snd_nxt = iss + 1;
	tcb->write_seq = iss + 1;
	tcb->recover = iss;
	tcb->rexmit_nxt = iss + 1;
}

/**
 * mytcp_open_active() - connect
 * @tcb: the connection, locked, CLOSED, adv_mss, path_mss, rcv_wscale and
 *	ts_offset set
 * @iss: initial send sequence number (RFC 6528)
 *
 * Sends the SYN and enters SYN_SENT.
 */
void mytcp_open_active(struct mytcp_tcb *tcb, u32 iss)
{
	mytcp_moment_begin(tcb);
	first_octet(tcb, iss);
	tcb->rcv_nxt = 0;
	tcb->rcv_adv = 0;
	tcb->has = mytcp_config_options(tcb->cfg);
	if (tcb->cfg->cookie_option)
		tcb->has |= MYTCP_OPT_COOKIE;
	mytcp_host_count(tcb, MYTCP_COUNT_ACTIVE_OPENS);
	mytcp_state_set(tcb, MYTCP_SYN_SENT);
	tcb->syn_sent_us = mytcp_moment(tcb);
	mytcp_output_syn(tcb);
	mytcp_moment_end(tcb);
}

/**
 * mytcp_open_passive() - a half-open entry becomes a connection
 * @tcb: the connection, locked, initialised, path_mss set
 * @half: the entry
 *
 * Leaves it in SYN_RECV; mytcp_input() of the segment that completed the
 * handshake takes it to ESTABLISHED.
 */
void mytcp_open_passive(struct mytcp_tcb *tcb, const struct mytcp_half *half)
{
	mytcp_moment_begin(tcb);
	first_octet(tcb, half->iss);
	tcb->passive = true;
	tcb->irs = half->irs;
	tcb->rcv_nxt = half->irs + 1;
	tcb->rcv_adv = tcb->rcv_nxt + half->wnd;
	tcb->last_ack = tcb->rcv_nxt;
	tcb->has = half->has & ~MYTCP_OPT_COOKIE;
	tcb->snd_wscale = half->snd_wscale;
	tcb->rcv_wscale = half->rcv_wscale;
	tcb->ts_offset = half->ts_offset;
	mytcp_timestamp_begin(tcb, half->ts_recent);
	tcb->adv_mss = half->adv_mss;
	tcb->peer_mss = half->peer_mss;
	tcb->snd_wnd = half->peer_wnd;
	tcb->max_snd_wnd = half->peer_wnd;
	tcb->snd_wl1 = half->irs;
	tcb->snd_wl2 = half->iss;
	tcb->syn_repeated = half->repeats || half->resent;
	tcb->of_cookie = half->has & MYTCP_OPT_COOKIE;
	if (!tcb->of_cookie)
		tcb->syn_sent_us = mytcp_half_sent_us(half, mytcp_moment(tcb));
	mytcp_tcb_path(tcb, tcb->path_mss);
	mytcp_state_born(tcb, MYTCP_SYN_RECV);
	mytcp_moment_end(tcb);
}

/**
 * mytcp_send_tail() - the range more octets may be added to
 * @tcb: the connection, locked
 *
 * Return: the last range that was never sent, or NULL.
 */
struct mytcp_range *mytcp_send_tail(struct mytcp_tcb *tcb)
{
	return tcb->send_head ? mytcp_ranges_last(&tcb->sndq) : NULL;
}

/**
 * mytcp_send_extend() - octets were added to the tail
 * @tcb: the connection, locked
 * @range: what mytcp_send_tail() returned
 * @len: how many
 *
 * Nothing is sent before mytcp_output().
 */
void mytcp_send_extend(struct mytcp_tcb *tcb, struct mytcp_range *range,
		       u32 len)
{
	range->end_seq += len;
	tcb->write_seq += len;
}

/**
 * mytcp_send_queue() - queue a new range
 * @tcb: the connection, locked, mytcp_tcb_can_send()
 * @range: to be filled in and queued; the core's from now on
 * @len: octets it carries
 *
 * Nothing is sent before mytcp_output().
 */
void mytcp_send_queue(struct mytcp_tcb *tcb, struct mytcp_range *range,
		      u32 len)
{
	*range = (struct mytcp_range){
		.seq = tcb->write_seq,
		.end_seq = tcb->write_seq + len,
	};
	mytcp_ranges_insert(&tcb->sndq, range);
	tcb->write_seq += len;
	if (!tcb->send_head)
		tcb->send_head = range;
}

/**
 * mytcp_receive() - the user has read, the buffer has room again
 * @tcb: the connection, locked
 *
 * Tells the peer when that is worth a segment.
 */
void mytcp_receive(struct mytcp_tcb *tcb)
{
	if (mytcp_tcb_can_receive(tcb) && !tcb->fin_seen)
		mytcp_output_update(tcb);
}

/**
 * mytcp_shutdown() - the user will send nothing more
 * @tcb: the connection, locked
 *
 * The FIN follows what is queued. CLOSE of RFC 9293 section 3.10.4: a
 * connection that never was one just ends.
 */
void mytcp_shutdown(struct mytcp_tcb *tcb)
{
	switch (tcb->state) {
	case MYTCP_SYN_SENT:
		mytcp_state_close(tcb, 0);
		return;
	case MYTCP_SYN_RECV:
		tcb->fin_queued = true;
		return;
	case MYTCP_ESTABLISHED:
		tcb->fin_queued = true;
		mytcp_state_set(tcb, MYTCP_FIN_WAIT1);
		break;
	case MYTCP_CLOSE_WAIT:
		tcb->fin_queued = true;
		mytcp_state_set(tcb, MYTCP_LAST_ACK);
		break;
	default:
		return;
	}
	mytcp_moment_begin(tcb);
	mytcp_output(tcb);
	mytcp_moment_end(tcb);
}

/**
 * mytcp_detach() - no user holds the connection any more
 * @tcb: the connection, locked, shut down before
 *
 * It ends by itself: by its peer's FIN, a time-out, or in FIN_WAIT2, where a
 * small entry takes its place. It may be CLOSED afterwards.
 */
void mytcp_detach(struct mytcp_tcb *tcb)
{
	tcb->orphan = true;
	mytcp_linger(tcb);
}

/**
 * mytcp_linger() - FIN_WAIT2 that nobody holds has begun, perhaps
 * @tcb: the connection, locked
 *
 * A small entry waits for the peer's FIN.
 */
void mytcp_linger(struct mytcp_tcb *tcb)
{
	if (tcb->state != MYTCP_FIN_WAIT2 || !tcb->orphan)
		return;
	if (tcb->patience.linger2 < 0) {
		mytcp_reset(tcb, 0);
		return;
	}
	if (tcb->deadline[MYTCP_TIMER_RECEIVED])
		mytcp_output_ack(tcb);
	tcb->shrunk = mytcp_host_shrink(tcb);
	mytcp_state_close(tcb, 0);
}

/**
 * mytcp_reset() - end the connection now, and tell the peer in any state
 * @tcb: the connection, locked, not CLOSED
 * @err: positive errno for the user, 0 for none
 */
void mytcp_reset(struct mytcp_tcb *tcb, int err)
{
	mytcp_output_reset(tcb);
	mytcp_state_close(tcb, err);
}

/**
 * mytcp_abort() - end the connection now
 * @tcb: the connection, locked
 * @err: positive errno for the user, 0 for none
 *
 * The peer hears of it by a RST, where RFC 9293 section 3.10.5 sends one.
 */
void mytcp_abort(struct mytcp_tcb *tcb, int err)
{
	switch (tcb->state) {
	case MYTCP_CLOSED:
		return;
	case MYTCP_SYN_RECV:
	case MYTCP_ESTABLISHED:
	case MYTCP_FIN_WAIT1:
	case MYTCP_FIN_WAIT2:
	case MYTCP_CLOSE_WAIT:
		mytcp_reset(tcb, err);
		return;
	default:
		mytcp_state_close(tcb, err);
		return;
	}
}

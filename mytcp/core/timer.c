// SPDX-License-Identifier: GPL-2.0
#include "host.h"

#define R1	3	/* RFC 9293 section 3.8.3: retransmissions, SHLD-10 */

/**
 * mytcp_timer_arm() - let a timer fire
 * @tcb: the connection, locked
 * @timer: which; one that is armed already is moved
 * @us: microseconds from now
 */
void mytcp_timer_arm(struct mytcp_tcb *tcb, enum mytcp_timer timer, u64 us)
{
	tcb->deadline[timer] = mytcp_host_now() + us;
	mytcp_host_timer(tcb, timer);
}

/**
 * mytcp_timer_stop() - do not let a timer fire
 * @tcb: the connection, locked
 * @timer: which; one that is stopped already stays so
 */
void mytcp_timer_stop(struct mytcp_tcb *tcb, enum mytcp_timer timer)
{
	if (!tcb->deadline[timer])
		return;
	tcb->deadline[timer] = 0;
	mytcp_host_timer(tcb, timer);
}

/**
 * mytcp_timer_stop_all() - stop every timer
 * @tcb: the connection, locked
 */
void mytcp_timer_stop_all(struct mytcp_tcb *tcb)
{
	enum mytcp_timer timer;

	for (timer = 0; timer < MYTCP_TIMERS; timer++)
		mytcp_timer_stop(tcb, timer);
}

static void give_up(struct mytcp_tcb *tcb)
{
	mytcp_host_count(tcb, MYTCP_COUNT_ABORT_ON_TIMEOUT);
	mytcp_state_close(tcb, ETIMEDOUT);
}

static void syn_unanswered(struct mytcp_tcb *tcb)
{
	u32 limit = tcb->syn_retries ?: tcb->cfg->syn_retries;

	if (tcb->retries >= limit) {
		mytcp_host_count(tcb, MYTCP_COUNT_OPEN_FAILS);
		mytcp_state_close(tcb, ETIMEDOUT);
		return;
	}
	if (++tcb->retries == R1)
		mytcp_host_advise(tcb);
	tcb->rtt.backoff++;
	tcb->syn_repeated = true;
	mytcp_host_count(tcb, MYTCP_COUNT_SYN_REPEATS);
	mytcp_output_syn(tcb);
}

static u32 retry_limit(const struct mytcp_tcb *tcb)
{
	return tcb->orphan ? tcb->cfg->orphan_retries : tcb->cfg->retries2;
}

/* Ask for the peer's window; forever, as long as it answers (MUST-37). */
static bool probe(struct mytcp_tcb *tcb)
{
	if (tcb->probes >= retry_limit(tcb)) {
		give_up(tcb);
		return false;
	}
	tcb->probes++;
	tcb->probe_backoff += tcb->probe_backoff < 31;
	mytcp_output_probe(tcb);
	return true;
}

static u64 probe_interval(const struct mytcp_tcb *tcb)
{
	return min_t(u64, (u64)tcb->rtt.rto_us << tcb->probe_backoff,
		     tcb->cfg->rto_max * MYTCP_MSEC);
}

/*
 * RFC 6298 section 5.4 to 5.6. Our ACK of a cookie is all the server has of the
 * connection, so it times out as well.
 */
static void not_acknowledged(struct mytcp_tcb *tcb)
{
	bool flight = tcb->snd_una != tcb->snd_nxt;

	if (!flight && !(tcb->has & MYTCP_OPT_COOKIE))
		return;

	/*
	 * The peer took its window back with octets in flight: what lies beyond
	 * the right edge does not time out (SHLD-17), its window is asked for.
	 */
	if (!tcb->snd_wnd) {
		if (probe(tcb))
			mytcp_timer_arm(tcb, MYTCP_TIMER_SENT,
					probe_interval(tcb));
		return;
	}

	if (tcb->retries >= retry_limit(tcb)) {
		give_up(tcb);
		return;
	}
	if (++tcb->retries == R1)
		mytcp_host_advise(tcb);
	tcb->rtt.backoff += tcb->rtt.backoff < 31;
	if (flight) {
		mytcp_host_count(tcb, MYTCP_COUNT_TIMEOUTS);
		mytcp_recovery_timeout(tcb);
	} else {
		mytcp_host_count(tcb, MYTCP_COUNT_COOKIE_REPEATS);
		mytcp_output_ack(tcb);
	}
	mytcp_timer_arm(tcb, MYTCP_TIMER_SENT,
			mytcp_rtt_rto(&tcb->rtt, tcb->cfg));
}

/*
 * The window is still too small for a decent segment. If it is not closed what
 * fits goes now, the override of silly-window avoidance (RFC 9293 section
 * 3.8.6.2.1); else the peer is asked, at growing intervals (SHLD-29, SHLD-30).
 */
static void still_blocked(struct mytcp_tcb *tcb)
{
	mytcp_output_force(tcb);
	if (tcb->snd_una != tcb->snd_nxt)
		return;
	if (tcb->send_head || (tcb->fin_queued && !tcb->fin_sent)) {
		if (probe(tcb))
			mytcp_timer_arm(tcb, MYTCP_TIMER_BLOCKED,
					probe_interval(tcb));
	}
}

/**
 * mytcp_timer_fire() - a deadline has come
 * @tcb: the connection, locked
 * @timer: whose
 *
 * Does nothing if the timer was stopped or moved meanwhile. The connection may
 * be CLOSED afterwards.
 */
void mytcp_timer_fire(struct mytcp_tcb *tcb, enum mytcp_timer timer)
{
	if (!tcb->deadline[timer] || mytcp_host_now() < tcb->deadline[timer])
		return;
	tcb->deadline[timer] = 0;

	switch (timer) {
	case MYTCP_TIMER_SENT:
		if (tcb->state == MYTCP_SYN_SENT ||
		    tcb->state == MYTCP_SYN_RECV)
			syn_unanswered(tcb);
		else
			not_acknowledged(tcb);
		break;
	case MYTCP_TIMER_BLOCKED:
		still_blocked(tcb);
		break;
	case MYTCP_TIMER_RECEIVED:
		mytcp_host_count(tcb, MYTCP_COUNT_DELAYED_ACKS);
		mytcp_output_ack(tcb);
		break;
	case MYTCP_TIMER_FIN_ACKED:
		mytcp_host_count(tcb, MYTCP_COUNT_FIN_WAIT2_TIMEOUTS);
		mytcp_state_close(tcb, 0);
		break;
	case MYTCP_TIMERS:
		break;
	}
}

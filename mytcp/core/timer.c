// SPDX-License-Identifier: GPL-2.0
#include "host.h"

/* When the user's patience ends, as long as the peer owes something. */
static u64 patience_ends(const struct mytcp_tcb *tcb)
{
	if (!tcb->stalled_us || !tcb->patience.user_timeout)
		return U64_MAX;
	return tcb->stalled_us + tcb->patience.user_timeout * MYTCP_MSEC;
}

/* Does it wait for the peer, rather than for ourselves to be less polite? */
static bool peer_owes(const struct mytcp_tcb *tcb, enum mytcp_timer timer)
{
	return timer == MYTCP_TIMER_SENT ||
	       (timer == MYTCP_TIMER_BLOCKED && !tcb->snd_wnd);
}

/**
 * mytcp_timer_arm() - let a timer fire
 * @tcb: the connection, locked
 * @timer: which; one that is armed already is moved
 * @us: microseconds from now; less if the user's patience ends before
 */
void mytcp_timer_arm(struct mytcp_tcb *tcb, enum mytcp_timer timer, u64 us)
{
	u64 now = mytcp_moment(tcb);
	u64 at = now + us;

	if (peer_owes(tcb, timer)) {
		if (!tcb->stalled_us)
			tcb->stalled_us = now;
		at = max(min(at, patience_ends(tcb)), now);
	}
	tcb->deadline[timer] = at;
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

static void count_retry(struct mytcp_tcb *tcb)
{
	tcb->retries += tcb->retries < U8_MAX;
	if (tcb->retries == tcb->cfg->retries1)
		mytcp_host_advise(tcb);
}

static void syn_unanswered(struct mytcp_tcb *tcb)
{
	u32 limit = tcb->syn_retries ?: tcb->cfg->syn_retries;

	if (tcb->retries >= limit ||
	    mytcp_moment(tcb) >= patience_ends(tcb)) {
		mytcp_host_count(tcb, MYTCP_COUNT_OPEN_FAILS);
		mytcp_state_close(tcb, ETIMEDOUT);
		return;
	}
	count_retry(tcb);
	tcb->rtt.backoff++;
	tcb->syn_repeated = true;
	mytcp_host_count(tcb, MYTCP_COUNT_SYN_REPEATS);
	mytcp_output_syn(tcb);
}

/*
 * R2 of RFC 9293 section 3.8.3 (MUST-20): the user's time-out where there is one
 * (MUST-21), else the namespace's count. Nobody's connection has another count,
 * whatever its user has said.
 */
static bool hopeless(const struct mytcp_tcb *tcb, u32 tries)
{
	if (tcb->orphan && tries >= tcb->cfg->orphan_retries)
		return true;
	if (tcb->patience.user_timeout)
		return mytcp_moment(tcb) >= patience_ends(tcb);
	return !tcb->orphan && tries >= tcb->cfg->retries2;
}

/*
 * Ask for the peer's window; forever, as long as it answers (MUST-37) and
 * somebody waits. What nobody holds could be kept for ever by a peer that never
 * reads, so it is not (section 3.8.6.1).
 */
static bool probe(struct mytcp_tcb *tcb)
{
	if (tcb->orphan && tcb->orphan_probes >= tcb->cfg->orphan_retries) {
		mytcp_host_count(tcb, MYTCP_COUNT_ABORT_ON_TIMEOUT);
		mytcp_reset(tcb, ETIMEDOUT);
		return false;
	}
	if (hopeless(tcb, tcb->probes)) {
		give_up(tcb);
		return false;
	}
	tcb->orphan_probes += tcb->orphan;
	tcb->probes += tcb->probes < U8_MAX;
	tcb->probe_backoff += tcb->probe_backoff < 31;
	mytcp_host_count(tcb, MYTCP_COUNT_WINDOW_PROBES);
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

	if (hopeless(tcb, tcb->retries)) {
		give_up(tcb);
		return;
	}
	count_retry(tcb);
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

static u64 keep_idle(const struct mytcp_tcb *tcb)
{
	return (tcb->patience.keep_idle ?: tcb->cfg->keepalive_time) *
	       MYTCP_MSEC;
}

/* RFC 5482 leaves open which goes first; the user's time-out does, as in Linux. */
static bool dead(const struct mytcp_tcb *tcb, u64 silence)
{
	u32 limit = tcb->patience.keep_probes ?: tcb->cfg->keepalive_probes;

	if (tcb->patience.user_timeout)
		return tcb->probes &&
		       silence >= tcb->patience.user_timeout * MYTCP_MSEC;
	return tcb->probes >= limit;
}

/*
 * RFC 9293 section 3.8.4: an idle connection alone asks whether the peer is
 * there (MUST-26); whatever it owes us asks by itself. One that is silent for
 * long is not dead before it has left probes without an answer (MUST-29).
 */
static void not_heard(struct mytcp_tcb *tcb)
{
	u64 silence = mytcp_moment(tcb) - tcb->heard_us;
	u64 idle = keep_idle(tcb);

	if (tcb->deadline[MYTCP_TIMER_SENT] ||
	    tcb->deadline[MYTCP_TIMER_BLOCKED]) {
		mytcp_timer_arm(tcb, MYTCP_TIMER_HEARD, idle);
		return;
	}
	if (silence < idle) {
		mytcp_timer_arm(tcb, MYTCP_TIMER_HEARD, idle - silence);
		return;
	}
	if (dead(tcb, silence)) {
		mytcp_host_count(tcb, MYTCP_COUNT_ABORT_ON_TIMEOUT);
		mytcp_reset(tcb, ETIMEDOUT);
		return;
	}
	tcb->probes += tcb->probes < U8_MAX;
	mytcp_host_count(tcb, MYTCP_COUNT_KEEPALIVES);
	mytcp_output_probe(tcb);
	mytcp_timer_arm(tcb, MYTCP_TIMER_HEARD,
			(tcb->patience.keep_intvl ?:
			 tcb->cfg->keepalive_intvl) * MYTCP_MSEC);
}

/**
 * mytcp_timer_heard() - the peer has acknowledged something acceptable
 * @tcb: the connection, locked
 *
 * The keepalive timer stays where it is; it looks when it fires.
 */
void mytcp_timer_heard(struct mytcp_tcb *tcb)
{
	tcb->probes = 0;
	if (tcb->patience.keepalive)
		tcb->heard_us = mytcp_moment(tcb);
}

/**
 * mytcp_timer_patience() - tcb->patience has changed, or begins to count
 * @tcb: the connection, locked, in any state
 */
void mytcp_timer_patience(struct mytcp_tcb *tcb)
{
	u64 now = mytcp_moment(tcb);
	enum mytcp_timer timer;
	u64 at;

	for (timer = MYTCP_TIMER_SENT; timer <= MYTCP_TIMER_BLOCKED; timer++)
		if (tcb->deadline[timer] > now)
			mytcp_timer_arm(tcb, timer,
					tcb->deadline[timer] - now);

	if (!tcb->patience.keepalive || !mytcp_tcb_synchronized(tcb)) {
		mytcp_timer_stop(tcb, MYTCP_TIMER_HEARD);
		return;
	}
	if (!tcb->deadline[MYTCP_TIMER_HEARD])
		tcb->heard_us = now;
	else if (tcb->probes)
		return;
	at = max(tcb->heard_us + keep_idle(tcb), now);
	mytcp_timer_arm(tcb, MYTCP_TIMER_HEARD, at - now);
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
	if (!tcb->deadline[timer] || mytcp_moment(tcb) < tcb->deadline[timer])
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
	case MYTCP_TIMER_HEARD:
		not_heard(tcb);
		break;
	case MYTCP_TIMERS:
		break;
	}
}

// SPDX-License-Identifier: GPL-2.0
/* How long a silent peer may be waited for, and must be. */
#include "sim.h"

/* Does the peer owe an acknowledgment or a window? */
static bool owes(const struct mytcp_tcb *tcb)
{
	u32 end = tcb->write_seq + tcb->fin_queued;

	if (!mytcp_tcb_synchronized(tcb) || tcb->has & MYTCP_OPT_COOKIE)
		return tcb->state != MYTCP_CLOSED;
	return tcb->snd_una != tcb->snd_nxt ||
	       (end != tcb->snd_nxt && !tcb->snd_wnd);
}

/**
 * sim_liveness_plan() - how patient a program is
 * @conn: its connection
 */
void sim_liveness_plan(struct sim_conn *conn)
{
	struct mytcp_patience *patience = &conn->tcb.patience;

	if (sim_chance(16384))
		*patience = (struct mytcp_patience){
			.keepalive = true,
			.keep_idle = SIM_ONE_OF(1000, 20000, 200000),
			.keep_intvl = SIM_ONE_OF(5000, 20000, 75000),
			.keep_probes = 1 + sim_random(9),
		};
	if (sim_chance(13000))
		patience->user_timeout = SIM_ONE_OF(2000, 30000, 300000);
	if (sim_chance(13000))
		patience->linger2 = SIM_ONE_OF(-1, 1, 20);
	conn->heard_at = sim->now;
	mytcp_timer_patience(&conn->tcb);
}

/* The longest a peer may be silent that owes nothing. */
static u64 longest_silence(const struct mytcp_patience *patience)
{
	u32 late = (patience->keep_probes + 2) * sim->late;
	u32 asked = patience->keep_probes * patience->keep_intvl;

	if (patience->user_timeout)
		asked = patience->user_timeout + patience->keep_intvl;
	return (u64)(patience->keep_idle + asked) * SIM_MSEC + late;
}

/**
 * sim_liveness_check() - something has happened to a connection
 * @conn: the connection
 *
 * A forged window may close what the peer has opened, and nobody notices before
 * it is to be used: then a second more is allowed.
 */
void sim_liveness_check(struct sim_conn *conn)
{
	const struct mytcp_tcb *tcb = &conn->tcb;
	const struct mytcp_patience *patience = &tcb->patience;
	bool owed = owes(tcb);

	if (!owed || !conn->owed || tcb->snd_una != conn->owed_una ||
	    (tcb->snd_wnd && !conn->owed_wnd && mytcp_tcb_synchronized(tcb)))
		conn->owed_at = sim->now;
	conn->owed = owed;
	conn->owed_una = tcb->snd_una;
	conn->owed_wnd = tcb->snd_wnd;

	if (owed && patience->user_timeout &&
	    sim->now > conn->owed_at + patience->user_timeout * SIM_MSEC +
		       sim->late + SIM_SEC)
		sim_broken("%u waits longer than its user", conn->lport);
	if (!owed && patience->keepalive && mytcp_tcb_synchronized(tcb) &&
	    sim->now > (conn->heard_at > conn->owed_at ? conn->heard_at :
			conn->owed_at) + longest_silence(patience))
		sim_broken("%u is kept alive, but not by its peer",
			   conn->lport);
}

static u32 give_up_limit(const struct sim_conn *conn, enum mytcp_state old)
{
	if (old == MYTCP_SYN_SENT || old == MYTCP_SYN_RECV)
		return sim->cfg.syn_retries;
	return conn->tcb.orphan ? sim->cfg.orphan_retries : sim->cfg.retries2;
}

/**
 * sim_liveness_gave_up() - was a peer given up too early?
 * @conn: the connection, which has ended with ETIMEDOUT
 * @old: in this state
 *
 * Return: true if it was.
 */
bool sim_liveness_gave_up(const struct sim_conn *conn, enum mytcp_state old)
{
	const struct mytcp_patience *patience = &conn->tcb.patience;
	u64 silence = sim->now - conn->owed_at;

	if (!conn->owed)
		return !patience->keepalive ||
		       conn->unanswered < (patience->user_timeout ? 1 :
					   patience->keep_probes);
	if (patience->user_timeout &&
	    silence >= patience->user_timeout * SIM_MSEC)
		return false;
	/* It is alive, but nobody waits for it any more. */
	if (conn->tcb.orphan && !conn->tcb.snd_wnd)
		return false;
	return conn->unanswered < give_up_limit(conn, old);
}

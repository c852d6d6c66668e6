// SPDX-License-Identifier: GPL-2.0
/* The programs on top: they connect, write, read, dawdle, and part. */
#include "sim.h"

/* The module's release(): unread octets make the end a reset (SHLD-3). */
static void app_close(struct sim_conn *conn)
{
	conn->held = false;
	if (conn->tcb.state == MYTCP_CLOSED)
		return;
	if (conn->unread || conn->tcb.state == MYTCP_SYN_SENT) {
		conn->aborted = true;
		mytcp_abort(&conn->tcb, 0);
		return;
	}
	conn->tcb.rcv_shut = true;
	mytcp_shutdown(&conn->tcb);
	mytcp_detach(&conn->tcb);
}

static void app_abort(struct sim_conn *conn)
{
	if (sim->ladder)
		sim_ladder_note(conn->host, "%u: abort", conn->lport);
	conn->aborted = true;
	mytcp_abort(&conn->tcb, ECONNABORTED);
}

static bool app_write(struct sim_conn *conn)
{
	struct sim_app *app = &conn->app;
	struct mytcp_tcb *tcb = &conn->tcb;
	u32 queued = tcb->write_seq - tcb->snd_una;
	struct sim_carrier *carrier;
	struct mytcp_range *tail;
	u32 len;

	if (!mytcp_tcb_can_send(tcb) || conn->written == app->total)
		return false;
	if (queued >= conn->sndbuf)
		return false;
	len = min(min(app->chunk, app->total - conn->written),
		  conn->sndbuf - queued);
	if (app->corks)
		tcb->cork = sim_chance(32768) &&
			    conn->written + len < app->total;

	tail = mytcp_send_tail(tcb);
	if (tail && mytcp_range_len(tail) + len <= 2 * sim->unit) {
		mytcp_send_extend(tcb, tail, len);
	} else {
		carrier = sim_carrier_new(conn->id, conn->written);
		mytcp_send_queue(tcb, &carrier->range, len);
	}
	conn->written += len;
	mytcp_output(tcb);
	return true;
}

static bool stalled(const struct sim_app *app)
{
	return sim->now >= app->stall_at && sim->now < app->stall_end;
}

static bool app_read(struct sim_conn *conn)
{
	u32 len = min(conn->unread, conn->app.read_chunk);

	if (!len || stalled(&conn->app))
		return false;
	conn->unread -= len;
	mytcp_receive(&conn->tcb);
	return true;
}

static bool at_end(const struct sim_conn *conn)
{
	switch (conn->tcb.state) {
	case MYTCP_CLOSE_WAIT:
	case MYTCP_LAST_ACK:
	case MYTCP_CLOSING:
	case MYTCP_TIME_WAIT:
	case MYTCP_CLOSED:
		return !conn->unread;
	default:
		return false;
	}
}

static bool app_end(struct sim_conn *conn)
{
	struct sim_app *app = &conn->app;
	bool written = conn->written == app->total ||
		       !mytcp_tcb_can_send(&conn->tcb);

	if (conn->tcb.state == MYTCP_SYN_SENT ||
	    conn->tcb.state == MYTCP_SYN_RECV)
		return false;
	if (written && at_end(conn)) {
		app_close(conn);
		return true;
	}
	if (app->end == SIM_WAIT || conn->written != app->total ||
	    conn->tcb.fin_queued)
		return false;
	if (app->end == SIM_CLOSE && !conn->unread) {
		app_close(conn);
		return true;
	}
	mytcp_shutdown(&conn->tcb);
	return false;
}

static void step_at(struct sim_conn *conn, u64 at)
{
	if (conn->app.step_at && conn->app.step_at <= at)
		return;
	conn->app.step_at = at;
	sim_at(at, SIM_APP, conn, 0);
}

/**
 * sim_app_wake() - there may be something for the program to do
 * @conn: its connection
 */
void sim_app_wake(struct sim_conn *conn)
{
	if (conn->held && !conn->queue)
		step_at(conn, sim->now + 1 + conn->app.think);
}

/* When a program has to act though nothing wakes it. */
static u64 next_alarm(const struct sim_app *app)
{
	u64 at = app->give_up;

	if (app->abort_at > sim->now && app->abort_at < at)
		at = app->abort_at;
	if (app->stall_end > sim->now && app->stall_end < at)
		at = app->stall_end;
	return at;
}

/**
 * sim_app_step() - the program's next step
 * @conn: its connection
 */
void sim_app_step(struct sim_conn *conn)
{
	struct sim_app *app = &conn->app;
	bool busy = false;

	if (sim->now < app->step_at || !app->step_at)
		return;
	app->step_at = 0;
	if (!conn->held)
		return;

	if (sim->now >= app->give_up) {
		if (conn->tcb.has & MYTCP_OPT_COOKIE &&
		    conn->unanswered < sim->cfg.retries2)
			sim_broken("%u keeps its cookie for ever", conn->lport);
		conn->unread = 0;
		conn->aborted = true;
		app_close(conn);
	} else if (app->abort_at && sim->now >= app->abort_at) {
		app->abort_at = 0;
		app_abort(conn);
		conn->unread = 0;
		app_close(conn);
	} else {
		bool mute = app->listens && !conn->delivered && !at_end(conn);

		busy = !mute && app_write(conn);
		busy |= app_read(conn);
		if (!mute)
			app_end(conn);
	}
	sim_check_conn(conn);
	sim_conn_done(conn);
	if (conn->held)
		step_at(conn, busy ? sim->now + 1 + app->think :
				     next_alarm(app));
}

/* Free for a new connection: not even a TIME_WAIT entry is left here. */
static bool ports_free(const struct sim_script *script)
{
	return !sim_conn_find(script->host, script->lport, script->rport) &&
	       !sim_timewait_find(script->host, script->lport, script->rport);
}

/**
 * sim_app_start() - a program connects, perhaps once more
 * @script: what it is to do
 */
void sim_app_start(struct sim_script *script)
{
	struct sim_conn *conn;

	if (!ports_free(script)) {
		if (script->again)
			sim_at(sim->now + SIM_SEC, SIM_SCRIPT, script, 0);
		return;
	}
	conn = sim_conn_new(script->host, script->lport, script->rport);
	if (!conn)
		return;
	sim_plan_app(conn, true);
	mytcp_open_active(&conn->tcb,
			  sim_host_iss(conn->host, conn->lport, conn->rport));
	sim_check_conn(conn);
	step_at(conn, next_alarm(&conn->app));

	if (script->again) {
		script->again--;
		sim_at(sim->now + SIM_MSEC + sim_random_time(4 * SIM_SEC),
		       SIM_SCRIPT, script, 0);
	}
}

static bool awaited(const struct sim_listener *listener)
{
	u32 i;

	if (listener->count)
		return true;
	for (i = 0; i < sim->halves; i++)
		if (sim->half[i].used && sim->half[i].listener == listener)
			return true;
	for (i = 0; i < sim->conns; i++)
		if (sim->conn[i].open)
			return true;
	for (i = 0; i < sim->scripts; i++)
		if (sim->script[i].again ||
		    sim->now <= sim->script[i].start + SIM_SEC)
			return true;
	return false;
}

/**
 * sim_app_listen() - the listener accepts, or closes
 * @listener: the listener
 */
void sim_app_listen(struct sim_listener *listener)
{
	struct sim_conn *conn;
	u32 i;

	if (!listener->open)
		return;
	if ((listener->close_at && sim->now >= listener->close_at) ||
	    !awaited(listener)) {
		sim_listen_close(listener);
		return;
	}
	if (listener->count) {
		conn = listener->ready[0];
		listener->count--;
		for (i = 0; i < listener->count; i++)
			listener->ready[i] = listener->ready[i + 1];
		conn->queue = NULL;
		sim_plan_app(conn, false);
		step_at(conn, sim->now + 1);
	}
	/* One that nobody troubles looks again ever less often. */
	sim_at(sim->now + listener->accept_every +
	       (listener->count ? 0 : sim->now / 32), SIM_LISTEN, listener, 0);
}

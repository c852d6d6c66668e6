// SPDX-License-Identifier: GPL-2.0
/* A host around the core: core/host.h, and who gets a segment. */
#include <stdlib.h>

#include "seq.h"
#include "sim.h"

/**
 * sim_conn_of() - the connection around a control block
 * @tcb: the control block
 *
 * Return: the connection.
 */
struct sim_conn *sim_conn_of(struct mytcp_tcb *tcb)
{
	return container_of(tcb, struct sim_conn, tcb);
}

static struct sim_carrier *carrier_of(struct mytcp_range *range)
{
	return container_of(range, struct sim_carrier, range);
}

/**
 * sim_conn_find() - look for a connection
 * @host: the host it is on
 * @lport: its port there
 * @rport: its port on the other host
 *
 * Return: the connection, or NULL.
 */
struct sim_conn *sim_conn_find(u8 host, u16 lport, u16 rport)
{
	u32 i;

	for (i = 0; i < sim->conns; i++) {
		struct sim_conn *conn = &sim->conn[i];

		if (conn->open && conn->host == host &&
		    conn->lport == lport && conn->rport == rport)
			return conn;
	}
	return NULL;
}

/**
 * sim_timewait_find() - look for a TIME_WAIT entry
 * @host: the host it is on
 * @lport: its port there
 * @rport: its port on the other host
 *
 * Return: the entry, or NULL.
 */
struct sim_timewait *sim_timewait_find(u8 host, u16 lport, u16 rport)
{
	u32 i;

	for (i = 0; i < sim->timewaits; i++) {
		struct sim_timewait *tw = &sim->timewait[i];

		if (tw->used && tw->host == host &&
		    tw->lport == lport && tw->rport == rport)
			return tw;
	}
	return NULL;
}

/**
 * sim_timewait_reopened() - has a SYN ended what kept a cookie out?
 * @host: the host it was on
 * @lport: its port there
 * @rport: its port on the other host
 *
 * Return: true if so, or if there was no room for it.
 */
bool sim_timewait_reopened(u8 host, u16 lport, u16 rport)
{
	u32 i;

	for (i = 0; i < sim->timewaits; i++) {
		struct sim_timewait *tw = &sim->timewait[i];

		if (tw->reopened && tw->host == host && tw->lport == lport &&
		    tw->rport == rport)
			return true;
	}
	return sim->timewaits == SIM_ENTRIES;
}

/*
 * Room for what follows the highest number these endpoints have used. The
 * clock of RFC 6528 gives it in life, where nobody connects again within a
 * millisecond of virtual time.
 */
static u32 *iss_floor(u8 host, u16 lport, u16 rport)
{
	u32 i;

	for (i = 0; i < sim->scripts; i++)
		if (sim->script[i].lport == (sim->script[i].host == host ?
					     lport : rport))
			return &sim->iss_floor[host][i];
	return &sim->iss_floor[host][SIM_SCRIPTS];
}

/**
 * sim_host_iss() - an initial sequence number
 * @host: the host
 * @lport: its port
 * @rport: the other host's
 *
 * RFC 6528: a clock of 4 microseconds, and a hash of endpoints and secret.
 *
 * Return: the number.
 */
u32 sim_host_iss(u8 host, u16 lport, u16 rport)
{
	u32 hash = sim->seed * 2654435761U + lport * 40503U + rport * 9973U;
	u32 iss = sim->now / 4 + (hash ^ hash >> 15) * 2246822519U + host;
	u32 *floor = iss_floor(host, lport, rport);

	if (*floor && seq_lt(iss, *floor))
		iss = *floor;
	return iss;
}

/**
 * sim_host_ts_offset() - what the timestamps of a connection count from
 * @lport: its port
 * @rport: the other host's
 *
 * Return: milliseconds, for the same endpoints always the same.
 */
u32 sim_host_ts_offset(u16 lport, u16 rport)
{
	return sim->ts_begin + lport * 40503U + rport * 9973U;
}

/**
 * sim_conn_new() - a connection with endpoints and nothing else
 * @host: the host it is on
 * @lport: its port there
 * @rport: its port on the other host
 *
 * Return: the connection, or NULL if the run has had enough.
 */
struct sim_conn *sim_conn_new(u8 host, u16 lport, u16 rport)
{
	struct sim_conn *conn;

	if (sim->conns == SIM_CONNS)
		return NULL;
	conn = &sim->conn[sim->conns++];
	conn->used = true;
	conn->open = true;
	conn->held = true;
	conn->host = host;
	conn->lport = lport;
	conn->rport = rport;
	conn->id = sim->conns;
	conn->rcvbuf = sim->unit * SIM_ONE_OF(1, 2, 4, 8, 16, 200);
	conn->sndbuf = sim->unit * SIM_ONE_OF(1, 2, 4, 8, 16);
	if (sim_chance(3000))
		conn->rcvbuf = 1 + sim->unit / 16 + sim_random(sim->unit);

	mytcp_tcb_init(&conn->tcb, &sim->host_cfg[host],
		       MYTCP_MSS_DEFAULT_IP4);
	mytcp_tcb_path(&conn->tcb, sim->path_mss[host]);
	conn->tcb.adv_mss = sim->adv_mss[host];
	conn->tcb.rcv_wscale = sim->wscale[host];
	conn->tcb.ts_offset = sim_host_ts_offset(lport, rport);
	conn->tcb.nodelay = sim_chance(32768);
	conn->last_state = MYTCP_CLOSED;
	return conn;
}

/**
 * sim_conn_done() - free a connection that is over and that nobody holds
 * @conn: the connection
 */
void sim_conn_done(struct sim_conn *conn)
{
	if (!conn->used || conn->held || conn->tcb.state != MYTCP_CLOSED)
		return;
	conn->used = false;
}

/**
 * sim_carrier_new() - something that carries octets
 * @stream: the stream they are of
 * @offset: of the first of them
 *
 * Return: the carrier.
 */
struct sim_carrier *sim_carrier_new(u8 stream, u32 offset)
{
	struct sim_carrier *carrier = calloc(1, sizeof(*carrier));

	if (!carrier)
		abort();
	carrier->stream = stream;
	carrier->offset = offset;
	sim->carriers++;
	return carrier;
}

/**
 * sim_carrier_free() - the carrier is needed no more
 * @carrier: the carrier
 */
void sim_carrier_free(struct sim_carrier *carrier)
{
	sim->carriers--;
	free(carrier);
}

u64 mytcp_host_now(void)
{
	return sim->now;
}

void mytcp_host_transmit(struct mytcp_tcb *tcb,
			 const struct mytcp_segment *seg,
			 struct mytcp_range *range)
{
	struct sim_conn *conn = sim_conn_of(tcb);
	struct sim_carrier *payload = range ? carrier_of(range) : NULL;

	sim_check_sent(conn, seg, payload);
	sim_net_send(conn->host, conn->lport, conn->rport, seg, payload);
}

struct mytcp_range *mytcp_host_split(struct mytcp_tcb *tcb,
				     struct mytcp_range *range, u32 len)
{
	struct sim_carrier *carrier = carrier_of(range);
	struct sim_carrier *rest;

	if (!len || len >= mytcp_range_len(range))
		sim_broken("%u of %u octets split off", len,
			   mytcp_range_len(range));
	if (sim_chance(sim->no_memory))
		return NULL;
	rest = sim_carrier_new(sim_conn_of(tcb)->id, carrier->offset + len);
	rest->range.seq = range->seq + len;
	rest->range.end_seq = range->end_seq;
	range->end_seq = rest->range.seq;
	return &rest->range;
}

void mytcp_host_free(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	sim_app_wake(sim_conn_of(tcb));
	sim_carrier_free(carrier_of(range));
}

void mytcp_host_deliver(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	struct sim_conn *conn = sim_conn_of(tcb);
	struct sim_carrier *carrier = carrier_of(range);
	u32 fresh = range->end_seq - tcb->rcv_nxt;

	sim_check_delivered(conn, carrier, fresh);
	conn->delivered += fresh;
	if (conn->held)
		conn->unread += fresh;
	sim_carrier_free(carrier);
}

bool mytcp_host_admit(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	(void)tcb;
	(void)range;
	return !sim_chance(sim->no_memory);
}

u32 mytcp_host_room(struct mytcp_tcb *tcb, u32 *size)
{
	struct sim_conn *conn = sim_conn_of(tcb);

	*size = conn->rcvbuf;
	return conn->rcvbuf > conn->unread ? conn->rcvbuf - conn->unread : 0;
}

void mytcp_host_readable(struct mytcp_tcb *tcb)
{
	sim_app_wake(sim_conn_of(tcb));
}

void mytcp_host_writable(struct mytcp_tcb *tcb)
{
	sim_app_wake(sim_conn_of(tcb));
}

static void timewait_lives(struct sim_timewait *tw)
{
	tw->due = sim->now + mytcp_timewait_life(&tw->tw, &sim->cfg) * SIM_MSEC;
	sim_at(tw->due, SIM_TIME_WAIT, tw, 0);
}

static bool timewait_new(struct sim_conn *conn)
{
	struct sim_timewait *tw;

	if (sim->timewaits == SIM_ENTRIES)
		return false;
	tw = &sim->timewait[sim->timewaits++];
	mytcp_timewait_init(&tw->tw, &conn->tcb);
	tw->host = conn->host;
	tw->lport = conn->lport;
	tw->rport = conn->rport;
	tw->used = true;
	tw->last_fin = sim->now;
	tw->conn = conn;
	timewait_lives(tw);
	return true;
}

bool mytcp_host_shrink(struct mytcp_tcb *tcb)
{
	return !sim_chance(sim->no_memory) && timewait_new(sim_conn_of(tcb));
}

void mytcp_host_state(struct mytcp_tcb *tcb, enum mytcp_state old)
{
	struct sim_conn *conn = sim_conn_of(tcb);

	sim_check_state(conn, old);
	if (sim->ladder)
		sim_ladder_state(conn, old);
	if (tcb->state == MYTCP_TIME_WAIT) {
		conn->open = false;
		timewait_new(conn);
	}
	if (tcb->state == MYTCP_CLOSED) {
		u32 *floor = iss_floor(conn->host, conn->lport, conn->rport);

		*floor = tcb->snd_nxt + 2 * U16_MAX;
		conn->open = false;
		if (tcb->of_cookie && old != MYTCP_TIME_WAIT && !tcb->shrunk)
			timewait_new(conn);
	}
	sim_app_wake(conn);
}

void mytcp_host_timer(struct mytcp_tcb *tcb, enum mytcp_timer timer)
{
	struct sim_conn *conn = sim_conn_of(tcb);
	u64 at = tcb->deadline[timer];

	if (!at || (conn->timer_at[timer] && conn->timer_at[timer] <= at))
		return;
	at += sim_random_time(sim->late);
	conn->timer_at[timer] = at;
	sim_at(at, SIM_TIMER, conn, timer);
}

void mytcp_host_advise(struct mytcp_tcb *tcb)
{
	(void)tcb;
}

void mytcp_host_count(struct mytcp_tcb *tcb, enum mytcp_count what)
{
	(void)tcb;
	sim->counts[what]++;
	if (what == MYTCP_COUNT_ILLEGAL_STATE_CHANGES)
		sim_broken("the core counted an illegal state change");
}

/**
 * sim_host_timer() - a connection's timer may be due
 * @conn: the connection
 * @timer: which of its timers
 *
 * One event per timer counts, the others were overtaken; if the deadline has
 * moved on since, another takes its place.
 */
void sim_host_timer(struct sim_conn *conn, enum mytcp_timer timer)
{
	u64 deadline = conn->tcb.deadline[timer];

	if (!conn->used || sim->now != conn->timer_at[timer])
		return;
	conn->timer_at[timer] = 0;
	if (deadline > sim->now) {
		mytcp_host_timer(&conn->tcb, timer);
		if (!sim_chance(1000))
			return;
		/* Too early, which must do no harm. */
	}
	if (deadline && deadline <= sim->now && sim->ladder)
		sim_ladder_timer(conn, timer);
	mytcp_timer_fire(&conn->tcb, timer);
	sim_check_conn(conn);
	sim_conn_done(conn);
}

/* No FIN has come; what the peer still sends finds no one. */
static void finwait_over(struct sim_timewait *tw)
{
	sim_check_taken(MYTCP_FIN_WAIT2, MYTCP_CLOSED);
	tw->conn->aborted = true;
	tw->used = tw->tw.of_cookie;
	if (!tw->used)
		return;
	mytcp_timewait_over(&tw->tw);
	tw->last_fin = sim->now;
	timewait_lives(tw);
}

/**
 * sim_host_timewait() - TIME_WAIT may be over
 * @tw: the entry
 */
void sim_host_timewait(struct sim_timewait *tw)
{
	if (!tw->used || sim->now < tw->due)
		return;
	if (tw->tw.fin_wait2) {
		finwait_over(tw);
		return;
	}
	if (sim->now != tw->last_fin + 2 * sim->cfg.msl * SIM_MSEC)
		sim_broken("TIME_WAIT ended %llu us after the last FIN",
			   (unsigned long long)(sim->now - tw->last_fin));
	tw->used = false;
	if (sim->ladder)
		sim_ladder_note(tw->host, "%u: TIME_WAIT is over", tw->lport);
}

/**
 * sim_host_conn_input() - a segment for a connection
 * @conn: the connection
 * @seg: the segment
 * @payload: carries its payload, NULL without any; used up
 */
void sim_host_conn_input(struct sim_conn *conn,
			 const struct mytcp_segment *seg,
			 struct sim_carrier *payload)
{
	sim_check_heard(conn, seg);
	conn->heard_at = sim->now;
	if (!mytcp_input(&conn->tcb, seg, payload ? &payload->range : NULL) &&
	    payload)
		sim_carrier_free(payload);
	sim_check_conn(conn);
	sim_conn_done(conn);
}

static void timewait_send(struct sim_timewait *tw,
			  const struct mytcp_segment *reply)
{
	if (reply->opt.has & MYTCP_OPT_TS)
		tw->conn->sent_tsval = reply->opt.tsval;
	sim_net_send(tw->host, tw->lport, tw->rport, reply, NULL);
}

static void input_timewait(struct sim_timewait *tw,
			   const struct mytcp_segment *seg)
{
	struct mytcp_segment reply;
	enum mytcp_count why;
	u32 iss;

	if (!tw->tw.fin_wait2 && !tw->tw.over &&
	    seg->flags & MYTCP_FIN && !(seg->flags & MYTCP_RST) &&
	    mytcp_segment_end(seg) == tw->tw.rcv_nxt &&
	    !(tw->tw.timestamps && (!(seg->opt.has & MYTCP_OPT_TS) ||
	      seq_lt(seg->opt.tsval, tw->tw.ts_recent))))
		tw->last_fin = sim->now;

	switch (mytcp_timewait_input(&tw->tw, &sim->host_cfg[tw->host], seg,
				     &reply, &why)) {
	case MYTCP_OPEN:
		if (!sim_listen_find(tw->host, tw->lport)) {
			sim_check_unanswered(!tw->host, tw->rport, tw->lport);
			break;
		}
		tw->used = false;
		tw->reopened = true;
		iss = sim_host_iss(tw->host, tw->lport, tw->rport);
		iss = mytcp_timewait_iss(&tw->tw, iss);
		sim_listen_input(tw->host, tw->lport, tw->rport, seg, NULL,
				 iss, true);
		break;
	case MYTCP_RESTART:
		timewait_lives(tw);
		timewait_send(tw, &reply);
		break;
	case MYTCP_FINISH:
		sim_check_taken(MYTCP_FIN_WAIT2, MYTCP_TIME_WAIT);
		mytcp_timewait_begin(&tw->tw, seg);
		tw->last_fin = sim->now;
		timewait_lives(tw);
		timewait_send(tw, &reply);
		break;
	case MYTCP_RESET:
		finwait_over(tw);
		break;
	case MYTCP_REFUSE:
		finwait_over(tw);
		fallthrough;
	case MYTCP_REPLY:
		timewait_send(tw, &reply);
		break;
	default:
		if (tw->tw.fin_wait2)
			sim_check_unanswered(!tw->host, tw->rport, tw->lport);
		break;
	}
}

/**
 * sim_host_input() - a segment has arrived: find out whose it is
 * @host: the host it has reached
 * @lport: its port there
 * @rport: the port it came from
 * @seg: the segment
 * @payload: carries its payload, NULL without any; used up
 *
 * The order of the module's demux.c.
 */
void sim_host_input(u8 host, u16 lport, u16 rport, struct mytcp_segment *seg,
		    struct sim_carrier *payload)
{
	struct sim_conn *conn = sim_conn_find(host, lport, rport);
	struct sim_half *half;
	struct sim_timewait *tw;

	if (conn) {
		sim_host_conn_input(conn, seg, payload);
		return;
	}
	half = sim_half_find(host, lport, rport);
	if (half) {
		if (sim_half_input(half, seg, payload))
			return;
	} else {
		tw = sim_timewait_find(host, lport, rport);
		if (tw)
			input_timewait(tw, seg);
		else if (sim_listen_input(host, lport, rport, seg, payload,
					  sim_host_iss(host, lport, rport),
					  false))
			return;
	}
	if (payload)
		sim_carrier_free(payload);
}

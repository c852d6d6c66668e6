// SPDX-License-Identifier: GPL-2.0
/* Listeners of a host: half-open entries, cookies, the accept queue. */
#include "sim.h"

/**
 * sim_half_find() - look for a half-open entry
 * @host: the host it is on
 * @lport: its port there
 * @rport: its port on the other host
 *
 * Return: the entry, or NULL.
 */
struct sim_half *sim_half_find(u8 host, u16 lport, u16 rport)
{
	u32 i;

	for (i = 0; i < sim->halves; i++) {
		struct sim_half *half = &sim->half[i];

		if (half->used && half->host == host &&
		    half->lport == lport && half->rport == rport)
			return half;
	}
	return NULL;
}

static void half_send(struct sim_half *half)
{
	struct mytcp_segment seg;

	mytcp_half_synack(&half->half, mytcp_host_now_ms(), &seg);
	sim_net_send(half->host, half->lport, half->rport, &seg, NULL);
}

static void half_arm(struct sim_half *half)
{
	half->due = sim->now + mytcp_half_timeout(&half->half, &sim->cfg);
	sim_at(half->due, SIM_HALF, half, 0);
}

/**
 * sim_half_timer() - a half-open entry repeats its SYN+ACK, or goes
 * @half: the entry
 */
void sim_half_timer(struct sim_half *half)
{
	if (!half->used || sim->now < half->due)
		return;
	if (half->half.repeats >= sim->cfg.synack_retries) {
		half->used = false;
		sim_check_taken(MYTCP_SYN_RECV, MYTCP_CLOSED);
		return;
	}
	half->half.repeats++;
	half_send(half);
	half_arm(half);
}

static void reset(u8 host, u16 lport, u16 rport,
		  const struct mytcp_segment *seg)
{
	struct mytcp_segment reply;

	if (mytcp_segment_reset(seg, &reply))
		sim_net_send(host, lport, rport, &reply, NULL);
}

/**
 * sim_listen_find() - look for a listener
 * @host: the host it is on
 * @port: its port
 *
 * Return: the listener, or NULL.
 */
struct sim_listener *sim_listen_find(u8 host, u16 port)
{
	struct sim_listener *listener = &sim->listener[host];

	return listener->open && listener->port == port ? listener : NULL;
}

static u32 halves_of(const struct sim_listener *listener)
{
	u32 i, count = 0;

	for (i = 0; i < sim->halves; i++)
		count += sim->half[i].used &&
			 sim->half[i].listener == listener;
	return count;
}

static void half_new(struct sim_listener *listener, u16 rport,
		     const struct mytcp_half *from)
{
	struct sim_half *half = sim->half;

	while (half < sim->half + sim->halves && half->used)
		half++;
	if (half == sim->half + SIM_ENTRIES)
		return;
	if (half == sim->half + sim->halves)
		sim->halves++;
	*half = (struct sim_half){
		.half = *from,
		.listener = listener,
		.host = listener->host,
		.lport = listener->port,
		.rport = rport,
		.used = true,
	};
	sim_check_taken(MYTCP_LISTEN, MYTCP_SYN_RECV);
	half_send(half);
	half_arm(half);
}

/* What the host says in a SYN+ACK, and knows without the client. */
static struct mytcp_half half_begin(const struct sim_listener *listener,
				    u16 rport)
{
	return (struct mytcp_half){
		.wnd = min_t(u32, sim->unit, U16_MAX),
		.adv_mss = sim->adv_mss[listener->host],
		.rcv_wscale = sim->wscale[listener->host],
		.ts_offset = sim_host_ts_offset(listener->port, rport),
	};
}

/*
 * A SYN. One that ends a TIME_WAIT has its number from there, which no cookie
 * of 32 bits can keep.
 */
static void answer_syn(struct sim_listener *listener, u16 rport,
		       const struct mytcp_segment *syn, u32 iss, bool reused)
{
	struct mytcp_half half = half_begin(listener, rport);
	u32 halves = halves_of(listener);

	mytcp_half_init(&half, syn, &sim->host_cfg[listener->host],
			mytcp_host_now_ms(), iss, MYTCP_MSS_DEFAULT_IP4);
	if (sim_cookie_wanted(halves) &&
	    (!reused || syn->opt.has & MYTCP_OPT_COOKIE))
		sim_cookie_answer(listener, rport, syn, &half);
	else if (halves < sim->cookie.half_max)
		half_new(listener, rport, &half);
	else
		sim_check_unanswered(!listener->host, rport, listener->port);
}

/* The handshake is complete: a connection takes the entry's place. */
static struct sim_conn *child_new(struct sim_listener *listener, u16 rport,
				  const struct mytcp_half *half)
{
	struct sim_conn *conn;

	conn = sim_conn_new(listener->host, listener->port, rport);
	if (!conn)
		return NULL;
	conn->rcvbuf = max_t(u32, conn->rcvbuf, half->wnd);
	conn->sent_edge = half->irs + 1 + half->wnd;
	conn->sent_ack = half->irs + 1;
	conn->sent_acks = true;
	conn->sent_any = true;
	conn->sent_end = half->iss + 1;
	conn->heard_edge = true;
	conn->peer_edge = half->iss + 1 + half->peer_wnd;
	mytcp_open_passive(&conn->tcb, half);
	conn->last_state = conn->tcb.state;
	conn->queue = listener;
	listener->ready[listener->count++] = conn;
	return conn;
}

static struct sim_conn *half_open(struct sim_half *half)
{
	if (half->listener->count == half->listener->backlog)
		return NULL;
	half->used = false;
	return child_new(half->listener, half->rport, &half->half);
}

/* Returns true if a cookie has opened a connection, and @payload is used up. */
static bool cookie_open(struct sim_listener *listener, u16 rport,
			const struct mytcp_segment *seg,
			struct sim_carrier *payload)
{
	struct mytcp_half half = half_begin(listener, rport);
	enum mytcp_cookie_verdict verdict;
	struct sim_conn *conn;

	verdict = sim_cookie_check(listener, rport, seg, &half);
	if (verdict != MYTCP_COOKIE_VALID && verdict != MYTCP_COOKIE_EARLY)
		return false;
	if (verdict == MYTCP_COOKIE_EARLY ||
	    listener->count == listener->backlog) {
		sim_check_unanswered(!listener->host, rport, listener->port);
		if (payload)
			sim_carrier_free(payload);
		return true;
	}
	sim_check_taken(MYTCP_LISTEN, MYTCP_SYN_RECV);
	conn = child_new(listener, rport, &half);
	if (conn)
		sim_host_conn_input(conn, seg, payload);
	else if (payload)
		sim_carrier_free(payload);
	return true;
}

/**
 * sim_listen_input() - a segment for a listener, or for nobody
 * @host: the host it has reached
 * @lport: its port there
 * @rport: the port it came from
 * @seg: the segment
 * @payload: carries its payload, NULL without any
 * @iss: for a SYN, an initial sequence number
 * @reused: the SYN has ended a TIME_WAIT, where @iss comes from
 *
 * Return: true if @payload is used up.
 */
bool sim_listen_input(u8 host, u16 lport, u16 rport,
		      const struct mytcp_segment *seg,
		      struct sim_carrier *payload, u32 iss, bool reused)
{
	struct sim_listener *listener = sim_listen_find(host, lport);
	struct mytcp_segment reply;

	if (!listener) {
		reset(host, lport, rport, seg);
		return false;
	}
	switch (mytcp_listen_input(seg, &reply)) {
	case MYTCP_OPEN:
		answer_syn(listener, rport, seg, iss, reused);
		return false;
	case MYTCP_REPLY:
		if (cookie_open(listener, rport, seg, payload))
			return true;
		sim_net_send(host, lport, rport, &reply, NULL);
		return false;
	default:
		return false;
	}
}

/**
 * sim_half_input() - a segment for a half-open entry
 * @half: the entry
 * @seg: the segment
 * @payload: carries its payload, NULL without any
 *
 * Return: true if @payload is used up.
 */
bool sim_half_input(struct sim_half *half, const struct mytcp_segment *seg,
		    struct sim_carrier *payload)
{
	struct mytcp_segment reply;
	struct sim_conn *conn;
	enum mytcp_count why;

	switch (mytcp_half_input(&half->half, &sim->host_cfg[half->host], seg,
				 &reply, &why)) {
	case MYTCP_OPEN:
		conn = half_open(half);
		if (!conn)
			return false;
		sim_host_conn_input(conn, seg, payload);
		return true;
	case MYTCP_REPLY:
		/* Its SYN was answered twice, by a cookie before. */
		if (reply.flags & MYTCP_RST &&
		    cookie_open(half->listener, half->rport, seg, payload)) {
			half->used = false;
			sim_check_taken(MYTCP_SYN_RECV, MYTCP_CLOSED);
			return true;
		}
		fallthrough;
	case MYTCP_REPEAT:
		sim_net_send(half->host, half->lport, half->rport, &reply,
			     NULL);
		break;
	case MYTCP_RESET:
		half->used = false;
		sim_check_taken(MYTCP_SYN_RECV, MYTCP_CLOSED);
		break;
	default:
		break;
	}
	return false;
}

/**
 * sim_listen_close() - close a listener and all that waits in it
 * @listener: the listener
 */
void sim_listen_close(struct sim_listener *listener)
{
	u32 i;

	listener->open = false;
	sim_check_taken(MYTCP_LISTEN, MYTCP_CLOSED);
	for (i = 0; i < sim->halves; i++) {
		if (!sim->half[i].used || sim->half[i].listener != listener)
			continue;
		sim->half[i].used = false;
		sim_check_taken(MYTCP_SYN_RECV, MYTCP_CLOSED);
	}
	while (listener->count) {
		struct sim_conn *conn = listener->ready[--listener->count];

		conn->queue = NULL;
		conn->aborted = true;
		conn->held = false;
		mytcp_abort(&conn->tcb, ECONNABORTED);
		sim_check_conn(conn);
		sim_conn_done(conn);
	}
}

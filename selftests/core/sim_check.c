// SPDX-License-Identifier: GPL-2.0
/* What must be true, whatever the network and the programs do. */
#include <stdarg.h>
#include <stdio.h>

#include "invariant.h"
#include "seq.h"
#include "sim.h"

#define TO(state) (1 << MYTCP_##state)

/*
 * Written down from RFC 9293 figure 5 and section 3.10, not from the core: an
 * event, and where it leads. CLOSED from everywhere is a reset, an abort or a
 * time-out.
 */
static const u16 legal[MYTCP_STATES] = {
	/* passive and active open */
	[MYTCP_CLOSED] = TO(LISTEN) | TO(SYN_SENT),
	/* a SYN */
	[MYTCP_LISTEN] = TO(SYN_RECV) | TO(CLOSED),
	/* a SYN alone, a SYN+ACK */
	[MYTCP_SYN_SENT] = TO(SYN_RECV) | TO(ESTABLISHED) | TO(CLOSED),
	/* the ACK of our SYN */
	[MYTCP_SYN_RECV] = TO(ESTABLISHED) | TO(CLOSED),
	/* close, a FIN */
	[MYTCP_ESTABLISHED] = TO(FIN_WAIT1) | TO(CLOSE_WAIT) | TO(CLOSED),
	/* the ACK of our FIN, a FIN */
	[MYTCP_FIN_WAIT1] = TO(FIN_WAIT2) | TO(CLOSING) | TO(CLOSED),
	/* a FIN */
	[MYTCP_FIN_WAIT2] = TO(TIME_WAIT) | TO(CLOSED),
	/* the ACK of our FIN */
	[MYTCP_CLOSING] = TO(TIME_WAIT) | TO(CLOSED),
	/* 2 MSL */
	[MYTCP_TIME_WAIT] = TO(CLOSED),
	/* close */
	[MYTCP_CLOSE_WAIT] = TO(LAST_ACK) | TO(CLOSED),
	/* the ACK of our FIN */
	[MYTCP_LAST_ACK] = TO(CLOSED),
};

/**
 * sim_check_legal() - does the RFC have this change?
 * @from: the state left
 * @to: the state entered
 *
 * Return: does it?
 */
bool sim_check_legal(enum mytcp_state from, enum mytcp_state to)
{
	return legal[from] & (1 << to);
}

/**
 * sim_broken() - something that must be true is not
 * @fmt: as for printf(); the first time counts
 */
void sim_broken(const char *fmt, ...)
{
	va_list args;

	if (sim->failed)
		return;
	sim->failed = true;
	va_start(args, fmt);
	vsnprintf(sim->broken, sizeof(sim->broken), fmt, args);
	va_end(args);
	if (sim->ladder)
		sim_ladder_note(0, "*** %s", sim->broken);
}

/* The connection whose SYN this one has answered, or that answered ours. */
static struct sim_conn *find_peer(const struct sim_conn *conn)
{
	u32 i;

	for (i = sim->conns; i--; ) {
		struct sim_conn *peer = &sim->conn[i];

		if (peer->host != conn->host && peer->lport == conn->rport &&
		    peer->rport == conn->lport &&
		    peer->tcb.iss == conn->tcb.irs)
			return peer;
	}
	return NULL;
}

/* A client is ESTABLISHED before its server: only the half-open entry is. */
static void meet(struct sim_conn *conn)
{
	struct sim_conn *peer = find_peer(conn);

	if (!peer)
		return;
	conn->peer = peer;
	if (!peer->peer)
		peer->peer = conn;
}

/**
 * sim_check_taken() - a change of state that no control block makes
 * @from: the state left
 * @to: the state entered
 *
 * Of listeners, half-open entries and TIME_WAIT entries.
 */
void sim_check_taken(enum mytcp_state from, enum mytcp_state to)
{
	if (!sim_check_legal(from, to) || !mytcp_state_legal(from, to))
		sim_broken("%s -> %s", mytcp_state_name(from),
			   mytcp_state_name(to));
	if (sim->taken)
		sim->taken[from][to]++;
}

/*
 * A late SYN, and then a late segment with a cookie, have made a second
 * connection of a client whose first is over: design.rst. Then they share
 * numbers, and may mix.
 */
static bool revived(const struct sim_conn *conn)
{
	return conn->revived || (conn->peer && conn->peer->revived);
}

/**
 * sim_check_unanswered() - a segment came to nothing
 * @host: the host it was sent from
 * @lport: its port
 * @rport: the other host's
 *
 * Lost, late or ignored: a reason to give up later, on either side.
 */
void sim_check_unanswered(u8 host, u16 lport, u16 rport)
{
	struct sim_conn *conn;

	conn = sim_conn_find(host, lport, rport);
	if (conn)
		conn->unanswered++;
	conn = sim_conn_find(!host, rport, lport);
	if (conn)
		conn->unanswered++;
}

/* An earlier connection between the same endpoints may be in the way. */
static bool had_forerunner(const struct sim_conn *conn)
{
	u32 i;

	for (i = 0; &sim->conn[i] != conn; i++)
		if (sim->conn[i].host == conn->host &&
		    sim->conn[i].lport == conn->lport &&
		    sim->conn[i].rport == conn->rport)
			return true;
	return false;
}

static void check_agreed(const struct mytcp_tcb *a, const struct mytcp_tcb *b)
{
	u8 has = a->has & ~MYTCP_OPT_COOKIE;

	if (has != (b->has & ~MYTCP_OPT_COOKIE) || a->rcv_wscale != b->snd_wscale ||
	    a->snd_wscale != b->rcv_wscale)
		sim_broken("the two have agreed on different options");
	if (has & ~mytcp_config_options(a->cfg) ||
	    has != (mytcp_config_options(a->cfg) &
		       mytcp_config_options(b->cfg)))
		sim_broken("the two have agreed on what one of them has not");
}

/**
 * sim_check_state() - the core says that a connection has changed its state
 * @conn: the connection
 * @old: the state it left, as the core says
 */
void sim_check_state(struct sim_conn *conn, enum mytcp_state old)
{
	enum mytcp_state state = conn->tcb.state;

	/* It goes on as an entry, whose states sim_host.c tells. */
	if (conn->tcb.shrunk) {
		conn->last_state = state;
		return;
	}
	if (old != conn->last_state)
		sim_broken("%u left %s, but was in %s", conn->lport,
			   mytcp_state_name(old),
			   mytcp_state_name(conn->last_state));
	conn->last_state = state;
	sim_check_taken(old, state);

	if (state == MYTCP_ESTABLISHED) {
		conn->was_open = true;
		meet(conn);
		if (!conn->peer && conn->tcb.passive)
			sim_broken("%u is connected to nobody", conn->lport);
		if (conn->peer && conn->peer->was_open)
			check_agreed(&conn->tcb, &conn->peer->tcb);
	}
	/* Nobody held it; what the peer still sends finds no one. */
	if (old == MYTCP_FIN_WAIT2 && state == MYTCP_CLOSED)
		conn->aborted = true;
	if (state == MYTCP_CLOSED && conn->tcb.err == ETIMEDOUT &&
	    !had_forerunner(conn) && !revived(conn) && !sim->no_memory &&
	    sim_liveness_gave_up(conn, old))
		sim_broken("%u gave up after %u silences in %s", conn->lport,
			   conn->unanswered, mytcp_state_name(old));
}

/**
 * sim_check_delivered() - octets reach the reader
 * @conn: the connection they come from
 * @carrier: carries them
 * @fresh: how many are new, says the core
 */
void sim_check_delivered(struct sim_conn *conn,
			 const struct sim_carrier *carrier, u32 fresh)
{
	u32 at = carrier->offset + conn->tcb.rcv_nxt - carrier->range.seq;

	if (!conn->peer)
		meet(conn);
	if (revived(conn))
		return;
	if (!conn->peer || carrier->stream != conn->peer->id)
		sim_broken("%u reads octets of stream %u", conn->lport,
			   carrier->stream);
	else if (at != conn->delivered)
		sim_broken("%u reads octet %u after %u", conn->lport, at,
			   conn->delivered);
	else if (!fresh || conn->delivered + fresh > conn->peer->written)
		sim_broken("%u reads %u octets of %u", conn->lport,
			   conn->delivered + fresh, conn->peer->written);
}

static u32 mss_limit(const struct sim_conn *conn)
{
	u32 mss = sim->adv_mss[!conn->host];

	/* With a cookie, who names none is told none. */
	if (!mss || !sim->adv_mss[conn->host])
		mss = max_t(u32, mss, MYTCP_MSS_DEFAULT_IP4);
	mss = min_t(u32, mss, sim->path_mss[conn->host]);
	return max_t(u32, mss, MYTCP_MSS_MIN);
}

static void check_payload(struct sim_conn *conn,
			  const struct mytcp_segment *seg,
			  const struct sim_carrier *payload)
{
	u32 end = seg->seq + seg->len;

	if (!payload || seq_lt(seg->seq, payload->range.seq) ||
	    seq_gt(end, payload->range.end_seq))
		sim_broken("%u sends octets its carrier does not have",
			   conn->lport);
	if (seg->len + mytcp_option_len(&seg->opt) > mss_limit(conn))
		sim_broken("%u sends %u octets and %u of options, MSS is %u",
			   conn->lport, seg->len, mytcp_option_len(&seg->opt),
			   mss_limit(conn));
	if (seg->flags & (MYTCP_SYN | MYTCP_RST))
		sim_broken("%u sends payload with flags 0x%x", conn->lport,
			   seg->flags);
}

/* On every segment or on none, never falling, and the echo was sent to us. */
static void check_timestamp(struct sim_conn *conn,
			    const struct mytcp_segment *seg)
{
	bool there = seg->opt.has & MYTCP_OPT_TS;

	if (there != !!(conn->tcb.has & MYTCP_OPT_TS))
		sim_broken("%u sends a timestamp or none, and it was agreed otherwise",
			   conn->lport);
	if (!there)
		return;
	if (conn->sent_stamps && seq_lt(seg->opt.tsval, conn->sent_tsval))
		sim_broken("%u turns its clock back", conn->lport);
	if (seg->flags & MYTCP_ACK && !revived(conn) &&
	    conn->peer && conn->peer->sent_stamps &&
	    seq_gt(seg->opt.tsecr, conn->peer->sent_tsval))
		sim_broken("%u echoes what was not sent yet", conn->lport);
	conn->sent_tsval = seg->opt.tsval;
	conn->sent_stamps = true;
}

static bool is_island(const struct sim_conn *conn, const struct mytcp_sack *block,
		      bool whole)
{
	const struct mytcp_range *first;

	for (first = mytcp_ranges_first(&conn->tcb.oooq); first;
	     first = mytcp_range_next((struct mytcp_range *)first)) {
		u32 end = first->chain ? first->chain->end_seq : first->end_seq;

		if (whole ? block->seq == first->seq && block->end_seq == end :
			    seq_geq(block->seq, first->seq) &&
			    seq_leq(block->end_seq, end))
			return true;
	}
	return false;
}

/*
 * What is reported is held: islands as a whole, each once; only the first block
 * may be a duplicate, of what was acknowledged or of a part of the second.
 */
static void check_sack(const struct sim_conn *conn,
		       const struct mytcp_segment *seg)
{
	const struct mytcp_sack *sack = seg->opt.sack;
	bool agreed = conn->tcb.has & MYTCP_OPT_SACK_OK;
	u32 i, j, blocks = seg->opt.nr_sack;

	if (blocks && !agreed)
		sim_broken("%u reports, and nobody asked", conn->lport);
	if (!blocks && agreed && !seg->len &&
	    !mytcp_ranges_empty(&conn->tcb.oooq) && seg->flags == MYTCP_ACK &&
	    seg->seq != conn->tcb.snd_una - 1)
		sim_broken("%u does not report what it has", conn->lport);
	for (i = 0; i < blocks; i++) {
		bool copy = !i && (seq_leq(sack[i].end_seq, seg->ack) ||
				   (is_island(conn, &sack[i], false) &&
				    blocks > 1 &&
				    seq_geq(sack[0].seq, sack[1].seq) &&
				    seq_leq(sack[0].end_seq, sack[1].end_seq)));

		if (seq_geq(sack[i].seq, sack[i].end_seq) ||
		    (!copy && !is_island(conn, &sack[i], true)))
			sim_broken("%u reports octets it does not have",
				   conn->lport);
		for (j = 1; !copy && j < i; j++)
			if (sack[j].seq == sack[i].seq)
				sim_broken("%u reports an island twice",
					   conn->lport);
	}
}

/**
 * sim_check_sent() - a connection sends a segment
 * @conn: the connection
 * @seg: the segment
 * @payload: carries its payload, NULL without any
 */
void sim_check_sent(struct sim_conn *conn, const struct mytcp_segment *seg,
		    const struct sim_carrier *payload)
{
	u8 shift = seg->flags & MYTCP_SYN ? 0 : conn->tcb.rcv_wscale;
	u32 edge = seg->ack + ((u32)seg->wnd << shift);
	u32 end = mytcp_segment_end(seg);

	if (!mytcp_segment_flags_ok(seg->flags))
		sim_broken("%u sends flags 0x%x", conn->lport, seg->flags);
	if (!(seg->flags & MYTCP_SYN) &&
	    (seg->opt.mss ||
	     seg->opt.has & (MYTCP_OPT_WSCALE | MYTCP_OPT_SACK_OK)))
		sim_broken("%u agrees on options without a SYN", conn->lport);
	if (seg->flags & MYTCP_RST)
		return;
	check_timestamp(conn, seg);
	check_sack(conn, seg);
	if (seg->len)
		check_payload(conn, seg, payload);

	if (end != seg->seq && !(seg->flags & MYTCP_SYN) &&
	    (!conn->heard_edge || seq_gt(end, conn->peer_edge)))
		sim_broken("%u sends %u octets beyond the window",
			   conn->lport, end - conn->peer_edge);
	if (!conn->sent_any || seq_gt(end, conn->sent_end))
		conn->sent_end = end;
	conn->sent_any = true;

	if (!(seg->flags & MYTCP_ACK))
		return;
	if (seg->ack != conn->tcb.rcv_nxt)
		sim_broken("%u acknowledges what it does not expect",
			   conn->lport);
	if (conn->sent_acks && seq_lt(seg->ack, conn->sent_ack))
		sim_broken("%u takes an acknowledgment back", conn->lport);
	/* What a window field cannot say does not count. */
	if (conn->sent_acks &&
	    !(seg->flags & MYTCP_SYN && seg->wnd == U16_MAX) &&
	    seq_leq(edge + (1U << shift), conn->sent_edge))
		sim_broken("%u takes %u octets of window back", conn->lport,
			   conn->sent_edge - edge);
	if (conn->peer && !revived(conn) && conn->peer->sent_any &&
	    seq_gt(seg->ack, conn->peer->sent_end))
		sim_broken("%u acknowledges what was never sent",
			   conn->lport);
	conn->sent_edge = conn->sent_acks ? seq_max(edge, conn->sent_edge) :
					    edge;
	conn->sent_acks = true;
	conn->sent_ack = seg->ack;
}

/**
 * sim_check_heard() - a segment reaches a connection
 * @conn: the connection
 * @seg: the segment
 *
 * Keeps the furthest right edge the peer has offered. An acknowledgment the
 * core would not take (forged, or of an earlier connection) does not count.
 */
void sim_check_heard(struct sim_conn *conn, const struct mytcp_segment *seg)
{
	u32 ack = seg->ack;
	u32 edge;

	if (seg->flags & MYTCP_RST || !conn->sent_any)
		return;
	if (!(seg->flags & MYTCP_ACK)) {
		if (conn->tcb.state != MYTCP_SYN_SENT)
			return;
		ack = conn->tcb.iss + 1;
	}
	if (seq_gt(ack, conn->sent_end) ||
	    seq_lt(ack, conn->tcb.iss) ||
	    seq_lt(ack, conn->tcb.snd_una - conn->tcb.max_snd_wnd))
		return;
	edge = ack + ((u32)seg->wnd << (seg->flags & MYTCP_SYN ?
					0 : conn->tcb.snd_wscale));
	if (!conn->heard_edge || seq_gt(edge, conn->peer_edge))
		conn->peer_edge = edge;
	conn->heard_edge = true;
}

/**
 * sim_check_conn() - a connection after something has happened to it
 * @conn: the connection
 */
void sim_check_conn(struct sim_conn *conn)
{
	const char *broken = invariant_broken(&conn->tcb);

	if (conn->tcb.state != conn->last_state)
		sim_broken("%u is in %s and nobody was told", conn->lport,
			   mytcp_state_name(conn->tcb.state));
	if (broken)
		sim_broken("%u: %s", conn->lport, broken);
	sim_liveness_check(conn);
	if (conn->unread > conn->rcvbuf + (1U << conn->tcb.rcv_wscale) - 1)
		sim_broken("%u has %u octets in a buffer of %u", conn->lport,
			   conn->unread, conn->rcvbuf);
}

static bool ended_well(const struct sim_conn *conn)
{
	return conn->was_open && !conn->aborted && !conn->tcb.err &&
	       !revived(conn);
}

/* A flood keeps nobody out whose segments arrive. */
static void check_admitted(const struct sim_conn *conn)
{
	if (sim->quiet && sim->cookie.mode && conn->rport == SIM_PORT &&
	    !conn->was_open && !conn->unanswered &&
	    conn->tcb.err == ETIMEDOUT)
		sim_broken("%u never got in", conn->lport);
}

static void check_pair(const struct sim_conn *conn)
{
	const struct sim_conn *peer = conn->peer;

	if (!peer || peer->peer != conn ||
	    !ended_well(conn) || !ended_well(peer))
		return;
	if (conn->delivered != peer->written)
		sim_broken("%u read %u octets of %u to the end", conn->lport,
			   conn->delivered, peer->written);
}

/**
 * sim_check_end() - nothing will ever happen again
 */
void sim_check_end(void)
{
	u32 i;

	for (i = 0; i < sim->conns; i++) {
		const struct sim_conn *conn = &sim->conn[i];

		if (conn->used)
			sim_broken("%u stays in %s", conn->lport,
				   mytcp_state_name(conn->tcb.state));
		check_pair(conn);
		check_admitted(conn);
		if (conn->tcb.err && sim->quiet && !conn->aborted &&
		    conn->peer && ended_well(conn->peer))
			sim_broken("%u: error %d, and nothing was amiss",
				   conn->lport, conn->tcb.err);
	}
	for (i = 0; i < sim->halves; i++)
		if (sim->half[i].used)
			sim_broken("a half-open entry stays");
	for (i = 0; i < sim->timewaits; i++)
		if (sim->timewait[i].used)
			sim_broken("a TIME_WAIT entry stays");
	if (sim->carriers)
		sim_broken("%u carriers are not freed", sim->carriers);
	if (sim->packets)
		sim_broken("%u packets are not freed", sim->packets);
}

// SPDX-License-Identifier: GPL-2.0
#include "host.h"

#define TO(state) (1 << MYTCP_##state)

/*
 * RFC 9293 section 3.3.2, figure 5, and CLOSED from everywhere, for a reset or
 * a time-out. Two arrows of the figure are not taken: LISTEN to SYN_SENT
 * (a listener stays one) and SYN_RECV to FIN_WAIT1 (a close waits for
 * ESTABLISHED, as section 3.10.4 allows).
 */
static const u16 legal[MYTCP_STATES] = {
	[MYTCP_CLOSED]		= TO(LISTEN) | TO(SYN_SENT),
	[MYTCP_LISTEN]		= TO(SYN_RECV) | TO(CLOSED),
	[MYTCP_SYN_SENT]	= TO(SYN_RECV) | TO(ESTABLISHED) | TO(CLOSED),
	[MYTCP_SYN_RECV]	= TO(ESTABLISHED) | TO(CLOSED),
	[MYTCP_ESTABLISHED]	= TO(FIN_WAIT1) | TO(CLOSE_WAIT) | TO(CLOSED),
	[MYTCP_FIN_WAIT1]	= TO(FIN_WAIT2) | TO(CLOSING) | TO(CLOSED),
	[MYTCP_FIN_WAIT2]	= TO(TIME_WAIT) | TO(CLOSED),
	[MYTCP_CLOSING]		= TO(TIME_WAIT) | TO(CLOSED),
	[MYTCP_TIME_WAIT]	= TO(CLOSED),
	[MYTCP_CLOSE_WAIT]	= TO(LAST_ACK) | TO(CLOSED),
	[MYTCP_LAST_ACK]	= TO(CLOSED),
};

/* As netstat prints them. */
static const char * const names[MYTCP_STATES] = {
	[MYTCP_ESTABLISHED]	= "ESTABLISHED",
	[MYTCP_SYN_SENT]	= "SYN_SENT",
	[MYTCP_SYN_RECV]	= "SYN_RECV",
	[MYTCP_FIN_WAIT1]	= "FIN_WAIT1",
	[MYTCP_FIN_WAIT2]	= "FIN_WAIT2",
	[MYTCP_TIME_WAIT]	= "TIME_WAIT",
	[MYTCP_CLOSED]		= "CLOSE",
	[MYTCP_CLOSE_WAIT]	= "CLOSE_WAIT",
	[MYTCP_LAST_ACK]	= "LAST_ACK",
	[MYTCP_LISTEN]		= "LISTEN",
	[MYTCP_CLOSING]		= "CLOSING",
};

/**
 * mytcp_state_name() - a state in words
 * @state: the state
 *
 * Return: the name netstat prints, or "?".
 */
const char *mytcp_state_name(enum mytcp_state state)
{
	return state < MYTCP_STATES && names[state] ? names[state] : "?";
}

/**
 * mytcp_state_legal() - may one state follow another?
 * @from: the state left
 * @to: the state entered
 *
 * Return: true if RFC 9293 has that arrow and MyTCP takes it.
 */
bool mytcp_state_legal(enum mytcp_state from, enum mytcp_state to)
{
	return from < MYTCP_STATES && to < MYTCP_STATES &&
	       legal[from] & (1 << to);
}

/**
 * mytcp_state_born() - the state a connection starts in
 * @tcb: a connection the host knows nothing of yet
 * @state: CLOSED, or SYN_RECV for one that a half-open entry becomes
 */
void mytcp_state_born(struct mytcp_tcb *tcb, enum mytcp_state state)
{
	tcb->state = state;
}

/**
 * mytcp_state_set() - enter a state
 * @tcb: the connection, locked
 * @next: the state to enter
 *
 * A change RFC 9293 does not know is made all the same, for half a connection
 * helps nobody, but counted, and tests fail if that counter is not 0.
 */
void mytcp_state_set(struct mytcp_tcb *tcb, enum mytcp_state next)
{
	enum mytcp_state old = tcb->state;

	if (!mytcp_state_legal(old, next))
		mytcp_host_count(tcb, MYTCP_COUNT_ILLEGAL_STATE_CHANGES);
	tcb->state = next;
	mytcp_host_state(tcb, old);
}

/**
 * mytcp_state_close() - the connection is over
 * @tcb: the connection, locked, not CLOSED
 * @err: positive errno for the user, 0 if it ended as it should
 *
 * Stops every timer and gives back what was queued to be sent; what the reader
 * has not read yet is the host's and stays. Tells a normal end from an abort
 * (MUST-12) by tcb->err.
 */
void mytcp_state_close(struct mytcp_tcb *tcb, int err)
{
	tcb->err = err;
	mytcp_timer_stop_all(tcb);
	mytcp_tcb_purge(tcb);
	mytcp_state_set(tcb, MYTCP_CLOSED);
}

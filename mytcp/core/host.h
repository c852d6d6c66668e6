/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All the core asks of its surroundings. The module answers with sockets,
 * sk_buffs and timers, the simulator with a virtual clock and a network that
 * loses, repeats and reorders. Resolved when linked: no table of pointers.
 *
 * Everything here is called with the connection locked and must not call back
 * into the core, unless it says otherwise.
 */
#ifndef MYTCP_CORE_HOST_H
#define MYTCP_CORE_HOST_H

#include "count.h"
#include "tcb.h"

/**
 * mytcp_host_now() - a clock that never goes back
 *
 * Return: microseconds since some fixed time, never 0.
 */
u64 mytcp_host_now(void);

/* The same in milliseconds, its low 32 bits: the clock behind timestamps. */
static inline u32 mytcp_host_now_ms(void)
{
	return div_u64(mytcp_host_now(), MYTCP_MSEC);
}

/*
 * What a segment or a call of the user's brings about happens at one moment:
 * reading the clock costs as much as all that is done with it.
 */
static inline void mytcp_moment_begin(struct mytcp_tcb *tcb)
{
	tcb->moment_us = mytcp_host_now();
}

static inline void mytcp_moment_end(struct mytcp_tcb *tcb)
{
	tcb->moment_us = 0;
}

/* The moment's time, else the clock's. */
static inline u64 mytcp_moment(const struct mytcp_tcb *tcb)
{
	return tcb->moment_us ?: mytcp_host_now();
}

/**
 * mytcp_host_hash() - SipHash-2-4
 * @data: what to hash, aligned to 8 octets
 * @len: how many octets, a multiple of 8
 * @key: the key
 *
 * Called with nothing locked. Any context.
 *
 * Return: the hash, the same on every machine.
 */
u64 mytcp_host_hash(const void *data, size_t len, const u64 key[2]);

/**
 * mytcp_host_transmit() - send one segment
 * @tcb: the connection
 * @seg: its header; seg->len octets of payload from seg->seq on
 * @range: carries that payload, stays the core's; NULL without payload
 *
 * The core has given up nothing if the host cannot send now: what asks for an
 * acknowledgment is sent again by time-out.
 */
void mytcp_host_transmit(struct mytcp_tcb *tcb,
			 const struct mytcp_segment *seg,
			 struct mytcp_range *range);

/**
 * mytcp_host_split() - cut a range of the send queue in two
 * @tcb: the connection
 * @range: keeps its first @len octets
 * @len: more than 0, less than the range's length
 *
 * The host moves the octets and sets seq and end_seq of both parts; the core
 * puts the new range into its queue.
 *
 * Return: the range with the rest, or NULL without memory, nothing changed.
 */
struct mytcp_range *mytcp_host_split(struct mytcp_tcb *tcb,
				     struct mytcp_range *range, u32 len);

/**
 * mytcp_host_free() - a range is needed no more
 * @tcb: the connection
 * @range: from the send queue (acknowledged, or the connection is over) or
 *	from the out-of-order queue
 */
void mytcp_host_free(struct mytcp_tcb *tcb, struct mytcp_range *range);

/**
 * mytcp_host_deliver() - octets are in order: give them to the reader
 * @tcb: the connection
 * @range: passes to the host. Octets before tcb->rcv_nxt were delivered
 *	before; the new ones end at range->end_seq. The core adds to rcv_nxt
 *	after the call.
 */
void mytcp_host_deliver(struct mytcp_tcb *tcb, struct mytcp_range *range);

/**
 * mytcp_host_admit() - is there memory for this range?
 * @tcb: the connection
 * @range: in order or not, within the window
 *
 * Return: false to have it dropped as if the network had lost it.
 */
bool mytcp_host_admit(struct mytcp_tcb *tcb, struct mytcp_range *range);

/**
 * mytcp_host_room() - what the reader's buffer has left
 * @tcb: the connection
 * @size: set to what it holds when empty
 *
 * Return: octets.
 */
u32 mytcp_host_room(struct mytcp_tcb *tcb, u32 *size);

/**
 * mytcp_host_readable() - octets, the end of the stream or an error to read
 * @tcb: the connection
 */
void mytcp_host_readable(struct mytcp_tcb *tcb);

/**
 * mytcp_host_writable() - octets were acknowledged and their memory freed
 * @tcb: the connection
 */
void mytcp_host_writable(struct mytcp_tcb *tcb);

/**
 * mytcp_host_state() - the state has changed
 * @tcb: the connection, in the new state
 * @old: the one it left
 *
 * TIME_WAIT is the moment to make the small entry that lives on in the
 * connection's place (timewait.h): the core closes @tcb right after the call.
 * In CLOSED the connection is over, for the reason in tcb->err.
 */
void mytcp_host_state(struct mytcp_tcb *tcb, enum mytcp_state old);

/**
 * mytcp_host_shrink() - nobody holds the connection, which waits for a FIN
 * @tcb: the connection, in FIN_WAIT2
 *
 * The moment to make the small entry that waits in the connection's place
 * (timewait.h), for as long as mytcp_timewait_life() says: the core closes @tcb
 * right after the call.
 *
 * Return: false if there is none, so that the connection is over.
 */
bool mytcp_host_shrink(struct mytcp_tcb *tcb);

/**
 * mytcp_host_timer() - a deadline has changed
 * @tcb: the connection
 * @timer: whose tcb->deadline[] was set, or cleared to 0
 *
 * At the deadline, or later, the host calls mytcp_timer_fire(). One that comes
 * early, or for a stopped timer, does no harm.
 */
void mytcp_host_timer(struct mytcp_tcb *tcb, enum mytcp_timer timer);

/**
 * mytcp_host_advise() - the path seems broken: ask for another route
 * @tcb: the connection
 *
 * At R1 (RFC 9293 section 3.8.3).
 */
void mytcp_host_advise(struct mytcp_tcb *tcb);

/**
 * mytcp_host_count() - something worth counting happened
 * @tcb: the connection
 * @what: the counter
 */
void mytcp_host_count(struct mytcp_tcb *tcb, enum mytcp_count what);

#endif /* MYTCP_CORE_HOST_H */

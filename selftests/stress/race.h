/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Races, run a million times. Two threads, the sides, on a processor each. Each side
 * plays any number of peers over a tun device of its own:
 *
 *	the stack				the peers of a side
 *	10.1.0.1, fd01::1 -- device "race0" --	10.1.x.y, fd01::x:y	side 0
 *	10.2.0.1, fd02::1 -- device "race1" --	10.2.x.y, fd02::x:y	side 1
 *
 * What a side writes to its device the stack has worked off, on that side's processor,
 * when the write returns; so the two meet where a race wants them to meet. Every second
 * peer speaks IPv6.
 *
 * A race goes in batches. Each side opens some flows, that is, sends a SYN and reads the
 * SYN+ACK. Then one goes through its flows and does to each what the race is about, and
 * the other is always where it is; then the other way round. A flow is one attempt.
 */
#ifndef RACE_H
#define RACE_H

#include <linux/types.h>
#include <stdatomic.h>

#include "../net/net.h"

#define SIDES		2
#define BATCH_MAX	64
#define SEGMENT		100	/* octets of payload */
#define LISTEN_PORT	80

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define ACK	0x10

/**
 * struct flow - a peer's half of a connection
 * @side: number of the side it belongs to
 * @six: IPv6
 * @host: the peer's address, last 16 bits
 * @port: the peer's port
 * @irs: its initial sequence number
 * @iss: the stack's
 * @open: a SYN+ACK has come
 * @stop: the race is over for this flow
 */
struct flow {
	int side;
	bool six;
	__u16 host;
	__u16 port;
	__u32 irs;
	__u32 iss;
	bool open;
	atomic_bool stop;
};

/**
 * struct side - a thread, its processor and its device
 * @number: 0 or 1, the processor too
 * @tun: the device
 * @random: state of its generator
 * @opened: flows that were ever made: endpoints come again after millions
 * @attempts: flows that were raced with
 * @together: those that the other side was at, too, when this one came
 * @opening_ms: how long it took to open the flows of this batch
 * @resets: RSTs the stack has sent to its peers
 * @flow: those of this batch
 */
struct side {
	int number;
	int tun;
	__u32 random;
	__u32 opened;
	unsigned long attempts;
	unsigned long together;
	int opening_ms;
	unsigned long resets;
	struct flow flow[BATCH_MAX];
};

/* A segment that the stack has sent to a peer. */
struct answer {
	bool six;
	__u16 host;
	__u16 port;
	int flags;
	__u32 seq;
	__u32 ack;
	size_t len;
};

/**
 * struct race - one of them
 * @name: as a sentence
 * @batch: flows a side opens at a time
 * @same: a batch has the endpoints of the one before
 * @apart: each side goes through its own flows alone
 * @settings: before all
 * @begin: before a batch, one side alone; NULL to open the listener
 * @fire: called for each flow, by both sides or, if @apart, by its own
 * @end: after a batch, one side alone; NULL to close the listener
 * @over: after all, before it is seen whether anything is left
 * @run: called by both sides, once, instead of all that
 * @moved: counters of /proc/net/mytcp_stat that show that it was a race at all
 * @next: in the list of all
 */
struct race {
	const char *name;
	int batch;
	bool same;
	bool apart;
	void (*settings)(void);
	void (*begin)(void);
	void (*fire)(struct side *me, struct flow *flow);
	void (*end)(void);
	void (*over)(void);
	void (*run)(struct side *me);
	const char *moved[6];
	struct race *next;
};

void race_add(struct race *race, const char *name);

/* RACE(a_sentence) = { .batch = ... }; */
#define RACE(which)							\
	static struct race race_##which;				\
	static void __attribute__((constructor)) add_##which(void)	\
	{								\
		race_add(&race_##which, #which);			\
	}								\
	static struct race race_##which

extern struct side sides[SIDES];
extern const struct family family;
extern unsigned long wanted;		/* attempts */
extern bool faults;			/* allocations of both sides fail now and then */
extern atomic_bool finished;		/* side 0 has run to its end */

noreturn void __printf(1, 2) wrong(const char *format, ...);

/* The stack's settings, and what it counts */
void setting(const char *name, long value);
void expect_no_half_open(void);

/* The listener, on every address of both families */
extern int listener;
void listener_open(int backlog);
void listener_open_lingering(void);
void listener_share(int backlog);
void listener_close(void);
int listener_accept(void);
void listener_accept_all(size_t len);

/* Chance and order */
__u32 chance(struct side *me);
void meet(void);
bool another(struct side *me);
void alive(void);
void device_new(struct side *me);

/* Segments */
static inline bool mine(const struct side *me, const struct flow *flow)
{
	return flow->side == me->number;
}

void flow_new(struct side *me, struct flow *flow);
bool flow_open(struct side *me, struct flow *flow);
void flow_to_fin_wait2(struct side *me, struct flow *flow);
void flow_to_time_wait(struct side *me, struct flow *flow);
int flow_destroy(const struct flow *flow);
int flows_opened(void);
void no_resets(void);
void put(struct side *me, const struct flow *flow, int flags, __u32 seq, __u32 ack, size_t len);
bool get(struct side *me, struct answer *answer);
bool is_of(const struct answer *answer, const struct flow *flow);

static inline void put_ack(struct side *me, const struct flow *flow)
{
	put(me, flow, ACK, flow->irs + 1, flow->iss + 1, 0);
}

/* After the stack's own. */
static inline void put_fin(struct side *me, const struct flow *flow)
{
	put(me, flow, ACK | FIN, flow->irs + 1, flow->iss + 2, 0);
}

static inline void put_reset(struct side *me, const struct flow *flow)
{
	put(me, flow, RST, flow->irs + 1, 0, 0);
}

#endif

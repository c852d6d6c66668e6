/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The simulator: two hosts on MyTCP's core, joined by a network that loses,
 * repeats, reorders, delays and corrupts, on a virtual clock. A run is decided
 * by one number, its seed.
 *
 *	sim.c		the clock, the events and the run
 *	sim_plan.c	what a seed decides: settings, network, who connects when
 *	sim_net.c	the wire: segments as bytes, and what happens to them
 *	sim_host.c	core/host.h, and what the module does around the core
 *	sim_listen.c	its listeners
 *	sim_cookie.c	SYN cookies, and floods
 *	sim_app.c	the programs on top
 *	sim_check.c	what must be true after every event
 *	sim_liveness.c	how long peers are waited for
 *	sim_ladder.c	a run as a picture
 *
 * What a stream carries is decided by the stream and the offset in it, so that
 * no octet is stored: a carrier knows its stream and the offset of its first.
 */
#ifndef SIM_H
#define SIM_H

#include <stdio.h>

#include "cookie.h"
#include "half.h"
#include "host.h"
#include "tcb.h"
#include "timewait.h"

#define SIM_HOSTS	2
#define SIM_CONNS	48	/* connections of one run, never used again */
#define SIM_ENTRIES	96	/* half-open and TIME_WAIT entries likewise */
#define SIM_HALVES	64	/* entries a listener may have */
#define SIM_SCRIPTS	6
#define SIM_PORT	80	/* that the listeners have */
#define SIM_EVENTS_MAX	150000	/* more than any run that works needs */

#define SIM_MSEC	MYTCP_MSEC
#define SIM_SEC		MYTCP_SEC

enum sim_event_kind {
	SIM_ARRIVE,		/* a packet is there */
	SIM_TIMER,		/* of a connection */
	SIM_HALF,		/* a half-open entry repeats its SYN+ACK */
	SIM_TIME_WAIT,		/* is over */
	SIM_APP,		/* a program does its next step */
	SIM_SCRIPT,		/* a program starts */
	SIM_LISTEN,		/* a listener opens, accepts or closes */
	SIM_FORGE,		/* an attacker sends something */
	SIM_FLOOD,		/* an attacker sends a great deal */
	SIM_ROTATE,		/* an administrator sets a key */
};

struct sim_event {
	u64 at;
	u64 order;		/* of two at the same time, the elder first */
	void *object;
	u8 kind;
	u8 which;
};

/* What carries octets: of the send queue, on their way up, or out of order. */
struct sim_carrier {
	struct mytcp_range range;
	u32 offset;		/* in the stream, of the octet range.seq */
	u8 stream;		/* the connection that wrote it */
};

struct sim_packet {
	struct sim_packet *next;
	u32 number;
	u32 len;		/* octets of payload */
	u32 offset;		/* in the stream, of the first of them */
	u16 sport;
	u16 dport;
	u8 stream;
	u8 from;		/* the host */
	u8 header_len;
	u8 header[MYTCP_HEADER_LEN + MYTCP_OPTIONS_MAX];
};

/* How a program ends its side. */
enum sim_end {
	SIM_SHUTDOWN,		/* shutdown(), read to the end, close() */
	SIM_CLOSE,		/* close() after the last write() */
	SIM_WAIT,		/* close() after the peer's end of stream */
};

struct sim_app {
	u64 step_at;		/* the step that is queued, 0 if none is */
	u64 abort_at;		/* abort then, 0 never */
	u64 stall_at;		/* read nothing from then */
	u64 stall_end;		/* until then */
	u64 give_up;		/* whatever happens, close then */
	u32 total;		/* octets to write */
	u32 chunk;		/* of one write() */
	u32 read_chunk;		/* of one read() */
	u32 think;		/* microseconds between steps */
	u8 end;			/* enum sim_end */
	bool corks;
	bool listens;		/* says nothing before it has heard something */
};

struct sim_listener;

struct sim_conn {
	struct mytcp_tcb tcb;
	struct sim_app app;
	struct sim_conn *peer;
	struct sim_listener *queue;	/* the accept queue it stands in */

	u64 timer_at[MYTCP_TIMERS];	/* the event that is queued */
	u32 written;			/* octets queued by the program */
	u32 delivered;			/* octets in order */
	u32 unread;			/* of these, octets not yet read */
	u32 rcvbuf;
	u32 sndbuf;

	/* What the wire has seen of it, for sim_check.c. */
	u32 sent_end;			/* behind the highest octet sent */
	u32 sent_ack;			/* last acknowledgment */
	u32 sent_edge;			/* furthest right edge offered */
	u32 sent_tsval;			/* last timestamp */
	u32 peer_edge;			/* the furthest one it has heard of */
	u32 unanswered;			/* segments that came to nothing */

	/* What the peer owes, for sim_liveness.c. */
	u64 owed_at;			/* since when */
	u64 heard_at;			/* when anything came */
	u32 owed_una;			/* the oldest octet of it */
	u32 owed_wnd;
	bool owed;

	bool sent_any;
	bool sent_acks;
	bool sent_stamps;
	bool heard_edge;

	u16 lport;
	u16 rport;
	u8 host;
	u8 id;				/* of the stream it writes; not 0 */
	u8 last_state;			/* that mytcp_host_state() told */
	bool used;
	bool open;			/* found by its endpoints */
	bool held;			/* by a program or an accept queue */
	bool aborted;			/* so the stream may end anywhere */
	bool was_open;			/* has been ESTABLISHED */
	bool revived;			/* a late cookie made another peer */
};

struct sim_half {
	struct mytcp_half half;
	struct sim_listener *listener;
	u64 due;
	u16 lport;
	u16 rport;
	u8 host;
	bool used;
};

struct sim_timewait {
	struct mytcp_timewait tw;
	u64 due;
	u64 last_fin;			/* by the network's account */
	struct sim_conn *conn;		/* what it is left of */
	u16 lport;
	u16 rport;
	u8 host;
	bool used;
	bool reopened;			/* by a SYN */
};

struct sim_listener {
	struct sim_conn *ready[8];	/* the accept queue */
	u64 accept_every;		/* microseconds */
	u64 close_at;			/* 0 when the run ends */
	u16 port;
	u8 host;
	u8 count;			/* in the accept queue */
	u8 backlog;
	bool open;
};

/* One program that connects. */
struct sim_script {
	u64 start;
	u16 lport;
	u16 rport;
	u8 host;
	u8 again;			/* times to connect anew from there */
};

/* Everything is out of 65536. */
struct sim_net {
	u32 loss;
	u32 duplicate;
	u32 reorder;
	u32 corrupt;
	u32 stale;			/* held back for up to an MSL */
	u64 delay;			/* microseconds */
	u64 jitter;
	u64 dead_from;			/* nothing arrives any more, 0 never */
	bool dead_host[SIM_HOSTS];	/* sent from there */
};

/* What listeners do about a flood. */
struct sim_cookie {
	struct mytcp_cookie_keys keys[2];	/* each server's */
	struct mytcp_segment stray;	/* SYN+ACK that went to nobody */
	u16 stray_port;			/* there */
	u8 secret[MYTCP_COOKIE_KEY_LEN];
	u32 lifetime;			/* of a key, seconds */
	u32 clock;			/* seconds of wall-clock time */
	u32 skew;			/* by which the second server is ahead */
	u32 half_max;			/* entries of a listener */
	u32 flood;			/* segments to come */
	u8 mode;			/* as the sysctl: never, when full, always */
	bool given;			/* keys are, they are not derived */
};

struct sim {
	u64 seed;
	u64 random;
	u64 now;
	u64 order;
	struct sim_event *heap;
	u32 heap_len;
	u32 heap_room;
	u32 events;
	u32 segments;
	u32 packets;			/* on the wire */
	u32 carriers;			/* allocated */
	struct sim_packet *spare;

	struct mytcp_config cfg;
	struct mytcp_config host_cfg[SIM_HOSTS];	/* with its own options */
	struct sim_net net;
	u32 no_memory;			/* allocations that fail, of 65536 */
	u32 late;			/* microseconds timers may be late */
	u32 unit;			/* octets: what programs move is near it */
	u16 path_mss[SIM_HOSTS];
	u16 adv_mss[SIM_HOSTS];
	u8 wscale[SIM_HOSTS];		/* that they ask for */
	u32 ts_begin;			/* where timestamps begin */
	bool quiet;			/* the network does nothing bad */
	u32 forged;			/* segments an attacker may still send */
	struct sim_cookie cookie;

	struct sim_conn conn[SIM_CONNS];
	struct sim_half half[SIM_ENTRIES];
	struct sim_timewait timewait[SIM_ENTRIES];
	struct sim_listener listener[SIM_HOSTS];
	struct sim_script script[SIM_SCRIPTS];
	u32 conns;
	u32 halves;
	u32 timewaits;
	u32 scripts;
	u32 iss_floor[SIM_HOSTS][SIM_SCRIPTS + 1];

	bool ladder;			/* print the run */
	bool failed;
	char broken[200];
	u32 counts[MYTCP_COUNTS];
	u32 (*taken)[MYTCP_STATES];	/* transitions, by from and to */
};

extern struct sim *sim;			/* the run at hand */

/* sim.c */
bool sim_run(struct sim *run, u64 seed);
void sim_at(u64 at, enum sim_event_kind kind, void *object, u8 which);
u32 sim_random(u32 below);
u64 sim_random_time(u64 below);
bool sim_chance(u32 of_65536);
u32 sim_one_of(const u32 *values, u32 count);
#define SIM_ONE_OF(...) ({						\
	static const u32 _values[] = { __VA_ARGS__ };			\
	sim_one_of(_values, ARRAY_SIZE(_values));			\
})

/* sim_plan.c */
void sim_plan(void);
void sim_plan_app(struct sim_conn *conn, bool client);

/* sim_net.c */
void sim_net_send(u8 from, u16 sport, u16 dport,
		  const struct mytcp_segment *seg,
		  const struct sim_carrier *payload);
void sim_net_arrive(struct sim_packet *packet);
void sim_net_forge(void);
void sim_net_init(void);
void sim_net_done(void);

/* sim_host.c */
struct sim_conn *sim_conn_of(struct mytcp_tcb *tcb);
struct sim_conn *sim_conn_find(u8 host, u16 lport, u16 rport);
struct sim_timewait *sim_timewait_find(u8 host, u16 lport, u16 rport);
bool sim_timewait_reopened(u8 host, u16 lport, u16 rport);
struct sim_conn *sim_conn_new(u8 host, u16 lport, u16 rport);
void sim_conn_done(struct sim_conn *conn);
struct sim_carrier *sim_carrier_new(u8 stream, u32 offset);
void sim_carrier_free(struct sim_carrier *carrier);
u32 sim_host_iss(u8 host, u16 lport, u16 rport);
u32 sim_host_ts_offset(u16 lport, u16 rport);
void sim_host_input(u8 host, u16 lport, u16 rport, struct mytcp_segment *seg,
		    struct sim_carrier *payload);
void sim_host_timer(struct sim_conn *conn, enum mytcp_timer timer);
void sim_host_timewait(struct sim_timewait *tw);
void sim_host_conn_input(struct sim_conn *conn,
			 const struct mytcp_segment *seg,
			 struct sim_carrier *payload);

/* sim_listen.c */
struct sim_half *sim_half_find(u8 host, u16 lport, u16 rport);
void sim_half_timer(struct sim_half *half);
bool sim_half_input(struct sim_half *half, const struct mytcp_segment *seg,
		    struct sim_carrier *payload);
struct sim_listener *sim_listen_find(u8 host, u16 port);
bool sim_listen_input(u8 host, u16 lport, u16 rport,
		      const struct mytcp_segment *seg,
		      struct sim_carrier *payload, u32 iss, bool reused);
void sim_listen_close(struct sim_listener *listener);

/* sim_cookie.c */
void sim_cookie_plan(void);
bool sim_cookie_wanted(u32 halves);
void sim_cookie_answer(const struct sim_listener *listener, u16 rport,
		       const struct mytcp_segment *syn, struct mytcp_half *half);
enum mytcp_cookie_verdict
sim_cookie_check(const struct sim_listener *listener, u16 rport,
		 const struct mytcp_segment *ack, struct mytcp_half *half);
bool sim_cookie_nobody(u16 port);
void sim_cookie_flood(void);
void sim_cookie_rotate(u8 step);

/* sim_app.c */
void sim_app_start(struct sim_script *script);
void sim_app_step(struct sim_conn *conn);
void sim_app_wake(struct sim_conn *conn);
void sim_app_listen(struct sim_listener *listener);

/* sim_check.c */
void sim_broken(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void sim_check_conn(struct sim_conn *conn);
void sim_check_sent(struct sim_conn *conn, const struct mytcp_segment *seg,
		    const struct sim_carrier *payload);
void sim_check_heard(struct sim_conn *conn, const struct mytcp_segment *seg);
void sim_check_state(struct sim_conn *conn, enum mytcp_state old);
void sim_check_unanswered(u8 host, u16 lport, u16 rport);
void sim_check_taken(enum mytcp_state from, enum mytcp_state to);
void sim_check_delivered(struct sim_conn *conn,
			 const struct sim_carrier *carrier, u32 fresh);
void sim_check_end(void);
bool sim_check_legal(enum mytcp_state from, enum mytcp_state to);

/* sim_liveness.c */
void sim_liveness_plan(struct sim_conn *conn);
void sim_liveness_check(struct sim_conn *conn);
bool sim_liveness_gave_up(const struct sim_conn *conn, enum mytcp_state old);

/* sim_ladder.c */
void sim_ladder_begin(void);
void sim_ladder_sent(const struct sim_packet *packet, const char *fate);
void sim_ladder_heard(const struct sim_packet *packet, const char *what);
void sim_ladder_state(const struct sim_conn *conn, enum mytcp_state old);
void sim_ladder_timer(const struct sim_conn *conn, enum mytcp_timer timer);
void sim_ladder_note(u8 host, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* SIM_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One connection in a rig: the test is its host, its user and its peer, and
 * moves its clock. There is one constructor for each state, and each gets
 * there the way a connection does.
 */
#ifndef RIG_H
#define RIG_H

#include "half.h"
#include "host.h"
#include "tcb.h"
#include "timewait.h"

/* Initial sequence numbers close below the wrap. */
#define RIG_ISS		(-100U)
#define RIG_IRS		(-50U)

/* The nth octet of our stream and of the peer's; 0 is the SYN. */
#define US(n)		(RIG_ISS + (n))
#define PEER(n)		(RIG_IRS + (n))

#define RIG_WND		20000	/* the peer's window, unless a test says more */
#define RIG_SIZE	20000	/* the reader's buffer */
#define RIG_MSS		1000
#define RIG_SENT	4096	/* segments remembered */

#define F	MYTCP_FIN
#define S	MYTCP_SYN
#define R	MYTCP_RST
#define P	MYTCP_PSH
#define A	MYTCP_ACK
#define U	MYTCP_URG

#define MS	MYTCP_MSEC
#define SEC	MYTCP_SEC

struct rig {
	struct mytcp_config cfg;
	struct mytcp_tcb tcb;
	struct mytcp_timewait tw;	/* made when a small entry was asked for */
	u64 now;
	u32 sent_count;
	u32 sent_seen;		/* those the test has looked at */
	u32 wnd;		/* what the peer offers from now on */
	struct mytcp_options offer;	/* that the peer's SYN makes */
	u32 tsval;		/* the peer's timestamp, */
	u32 tsecr;		/* and what it echoes, once agreed on */
	u32 size;		/* the reader's buffer */
	u32 unread;
	u32 delivered;
	u32 ranges;		/* allocated */
	u32 readable;		/* times the user was woken */
	u32 writable;
	u32 advised;
	u32 counts[MYTCP_COUNTS];
	u8 states[16];		/* all entered, in order */
	u32 state_count;
	bool no_memory;
	bool unchecked;		/* there is too much to look at each time */
	struct mytcp_segment sent[RIG_SENT];	/* the last: long */
};

extern struct rig rig;

void rig_init(void);
void rig_done(void);

void rig_closed(void);
void rig_syn_sent(void);
void rig_syn_recv(void);	/* both sides have opened */
void rig_syn_recv_passive(void);
void rig_established(void);
void rig_close_wait(void);
void rig_last_ack(void);
void rig_fin_wait1(void);
void rig_fin_wait2(void);
void rig_closing(void);
void rig_in(enum mytcp_state state);
void rig_enter(enum mytcp_state state);

void rig_check(void);
bool rig_input(u8 flags, u32 seq, u32 ack, u32 len);
bool rig_segment(const struct mytcp_segment *seg);
struct mytcp_range *rig_range(void);
void rig_write(u32 len);
void rig_read(u32 len);
void rig_close(void);
void rig_wait(u64 us);
u64 rig_fire(void);
const struct mytcp_segment *rig_next(void);
void rig_forget(void);

/* The next segment sent is this one. */
#define EXPECT_SENT(_flags, _seq, _ack, _len)				\
do {									\
	const struct mytcp_segment *_s = rig_next();			\
									\
	ASSERT_NE(NULL, _s) TH_LOG("nothing was sent");			\
	EXPECT_EQ(_flags, _s->flags);					\
	EXPECT_EQ((u32)(_seq), _s->seq);				\
	EXPECT_EQ((u32)(_ack), _s->ack);				\
	EXPECT_EQ(_len, _s->len);					\
} while (0)

#define EXPECT_SILENCE()						\
do {									\
	const struct mytcp_segment *_s = rig_next();			\
									\
	EXPECT_EQ(NULL, _s)						\
		TH_LOG("sent: flags 0x%x, %u octets", _s->flags, _s->len); \
} while (0)

/* A small entry drops it, and tells the test, in its fixture, why. */
#define EXPECT_DROP(_why, call)						\
do {									\
	EXPECT_EQ(MYTCP_DROP, call);					\
	EXPECT_EQ(_why, self->why);					\
} while (0)

#define EXPECT_STATE(_state) EXPECT_EQ(MYTCP_##_state, rig.tcb.state)

#endif /* RIG_H */

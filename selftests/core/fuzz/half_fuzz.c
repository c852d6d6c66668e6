// SPDX-License-Identifier: GPL-2.0
/*
 * One pair of endpoints and a listener: SYNs are answered by half-open entries
 * or by cookies, and anything that comes makes a connection, an answer, or
 * nothing. The input is a program; it knows the numbers that count.
 */
#include <stdlib.h>

#include "cookie.h"
#include "program.h"
#include "rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct mytcp_cookie_ends ends = { .len = MYTCP_COOKIE_ENDS_IP4 };

static struct mytcp_cookie_keys keys;
static struct mytcp_segment given;	/* the last SYN+ACK */
static struct mytcp_half half;
static bool half_open;
static u32 seconds;
static u32 challenges;			/* of the entry */

static u32 near(struct program *in, u32 first, u32 second)
{
	u8 which = next_octet(in);

	if (which & 0x80)
		return next_long(in);
	return (which & 1 ? first : second) + (s8)next_octet(in);
}

static void read_segment(struct program *in, struct mytcp_segment *seg)
{
	u8 what = next_octet(in);

	*seg = (struct mytcp_segment){
		.flags = next_octet(in) & 0x3f,
		.wnd = next_word(in),
		.opt.has = next_octet(in) & 0xf,
	};
	seg->seq = near(in, given.ack, given.ack + half.wnd);
	seg->ack = near(in, given.seq + 1, given.seq + 1);
	if (what & 1)
		seg->len = next_word(in);
	if (what & 2)
		seg->opt.mss = next_word(in);
	seg->opt.wscale = what >> 4;
	seg->opt.tsval = near(in, half.ts_recent, 0);
	seg->opt.tsecr = given.opt.tsval ^ (what & 4 ? next_octet(in) : 0);
	memcpy(seg->opt.cookie, given.opt.cookie, MYTCP_COOKIE_LEN);
	if (what & 8)
		seg->opt.cookie[next_octet(in) % MYTCP_COOKIE_LEN] ^= 1;
}

/* What a listener sends is a SYN+ACK, a RST, or acknowledges the SYN again. */
static void check_reply(const struct mytcp_segment *seg,
			const struct mytcp_segment *reply)
{
	if (reply->len || (reply->flags & R && seg->flags & R) ||
	    mytcp_option_len(&reply->opt) > MYTCP_OPTIONS_MAX)
		abort();
	switch (reply->flags) {
	case R:
		if (reply->seq != seg->ack)
			abort();
		break;
	case R | A:
		if (seg->flags & A)
			abort();
		break;
	case A:
		if (!half_open || reply->seq != half.iss + 1 ||
		    reply->ack != half.irs + 1 ||
		    ++challenges > rig.cfg.challenge_ack_limit)
			abort();
		break;
	case S | A:
		if (reply->ack != seg->seq + 1)
			abort();
		break;
	default:
		abort();
	}
}

/* Whatever opens a connection completes its handshake. */
static void open_connection(const struct mytcp_half *from,
			    const struct mytcp_segment *seg)
{
	if ((seg->flags & (S | R | A)) != A || seg->ack != from->iss + 1)
		abort();
	rig_closed();
	mytcp_open_passive(&rig.tcb, from);
	rig_segment(seg);
	if (rig.tcb.state == MYTCP_SYN_RECV || rig.tcb.iss != from->iss ||
	    rig.tcb.irs != from->irs)
		abort();
	while (rig.tcb.state != MYTCP_CLOSED && rig.tcb.deadline[0] &&
	       rig.sent_count < 20)
		rig_fire();
	mytcp_abort(&rig.tcb, 0);
	rig_check();
	rig.sent_count = 0;
	rig.unread = 0;
	half_open = false;
}

static bool try_cookie(const struct mytcp_segment *seg)
{
	struct mytcp_half from = { .wnd = half.wnd, .adv_mss = RIG_MSS };

	if (mytcp_cookie_check(&keys, seconds, &ends, seg, &from))
		return false;
	open_connection(&from, seg);
	return true;
}

static void answer_syn(struct program *in, const struct mytcp_segment *seg)
{
	u8 how = next_octet(in);

	half = (struct mytcp_half){
		.wnd = how & 2 ? next_word(in) : RIG_WND,
		.adv_mss = RIG_MSS, .rcv_wscale = how >> 4,
		.ts_offset = how * 0x01010101U,
	};
	mytcp_half_init(&half, seg, &rig.cfg, mytcp_host_now_ms(), RIG_ISS + how,
			MYTCP_MSS_DEFAULT_IP4);
	half_open = how & 1;
	challenges = 0;
	if (half_open)
		mytcp_half_synack(&half, mytcp_host_now_ms(), &given);
	else
		mytcp_cookie_make(&keys, seconds, &ends, seg, &half, &given);
	check_reply(seg, &given);
}

static void arrive(struct program *in)
{
	enum mytcp_count why = MYTCP_COUNTS;
	struct mytcp_segment seg, reply;
	enum mytcp_verdict verdict;

	read_segment(in, &seg);
	if (!mytcp_segment_flags_ok(seg.flags))
		return;
	verdict = half_open ? mytcp_half_input(&half, &rig.cfg, &seg, &reply, &why) :
			      mytcp_listen_input(&seg, &reply);
	if (half_open && (verdict == MYTCP_DROP || verdict == MYTCP_REPLY) &&
	    (why < MYTCP_COUNT_DROPPED_FIRST || why > MYTCP_COUNT_DROPPED_LAST))
		abort();
	switch (verdict) {
	case MYTCP_OPEN:
		if (half_open)
			open_connection(&half, &seg);
		else
			answer_syn(in, &seg);
		break;
	case MYTCP_REPEAT:
		if (seg.seq != half.irs || reply.flags != (S | A))
			abort();
		check_reply(&seg, &reply);
		break;
	case MYTCP_REPLY:
		if (!(reply.flags & R) || !try_cookie(&seg))
			check_reply(&seg, &reply);
		break;
	case MYTCP_RESET:
		if (!(seg.flags & R) || seg.seq != half.irs + 1)
			abort();
		half_open = false;
		break;
	case MYTCP_DROP:
		break;
	default:
		abort();
	}
}

static void pass(struct program *in)
{
	u64 wait = mytcp_half_timeout(&half, &rig.cfg);

	if (wait > rig.cfg.rto_max * MS || wait < rig.cfg.rto_init * MS)
		abort();
	half.repeats += half_open;
	if (half.repeats > rig.cfg.synack_retries)
		half_open = false;
	rig.now += wait;
	seconds += next_octet(in);
	if (mytcp_cookie_stale(&keys, seconds))
		mytcp_cookie_derive(&keys, (const u8 *)"a secret of ours", seconds,
				    MYTCP_COOKIE_UNIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program in = { data, size };
	u8 settings = next_octet(&in);

	rig_init();
	rig.cfg.window_scaling = settings & 1;
	rig.cfg.timestamps = settings >> 1 & 1;
	rig.cfg.sack = settings >> 2 & 1;
	rig.cfg.challenge_ack_limit = settings >> 3;
	half = (struct mytcp_half){ 0 };
	given = (struct mytcp_segment){ 0 };
	half_open = false;
	challenges = 0;
	seconds = 1000 * MYTCP_COOKIE_UNIT;
	keys = (struct mytcp_cookie_keys){ 0 };
	pass(&in);
	while (in.left) {
		if (next_octet(&in) % 8)
			arrive(&in);
		else
			pass(&in);
	}
	rig_done();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A connection in any state meets any segments, and its user and its clock do
 * anything in between. The input is a program: the first octet is the state, each
 * instruction after it a few octets. Numbers are taken near to where they
 * matter: a blind guess in 32 bits would never get past the first step.
 */
#include <stdint.h>
#include <stdlib.h>

#include "program.h"
#include "rig.h"
#include "seq.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Something near one of the places that count, or far from all of them. */
static u32 near(struct program *in, const u32 *places, unsigned int count)
{
	u8 which = next_octet(in);

	if (which & 0x80)
		return next_long(in);
	return places[which % count] + (s8)next_octet(in);
}

/* Mostly what was agreed on, with a timestamp near to what counts. */
static void options(struct program *in, struct mytcp_options *opt)
{
	const u32 stamps[] = { rig.tcb.ts_recent, rig.tcb.ts_recent + 1000 };
	const u32 echoes[] = { rig.now / MS + rig.tcb.ts_offset };
	u8 how = next_octet(in);

	opt->has = how & 1 ? how >> 4 : rig.tcb.has;
	opt->wscale = how & 1 ? next_octet(in) : 0;
	opt->tsval = rig.tcb.ts_recent;
	opt->tsecr = echoes[0];
	if (how & 2)
		opt->tsval = near(in, stamps, ARRAY_SIZE(stamps));
	if (how & 4)
		opt->tsecr = near(in, echoes, ARRAY_SIZE(echoes));
}

static void segment(struct program *in)
{
	const u32 seqs[] = {
		rig.tcb.rcv_nxt, rig.tcb.rcv_nxt, rig.tcb.rcv_adv,
		rig.tcb.irs, rig.tcb.rcv_nxt + RIG_MSS,
	};
	const u32 acks[] = {
		rig.tcb.snd_nxt, rig.tcb.snd_una, rig.tcb.iss,
		rig.tcb.snd_una + RIG_MSS,
		rig.tcb.snd_una - rig.tcb.max_snd_wnd,
	};
	struct mytcp_segment seg = {
		.flags = next_octet(in) & 0x3f,
		.wnd = next_word(in),
		.up = 0,
	};

	seg.seq = near(in, seqs, ARRAY_SIZE(seqs));
	seg.ack = near(in, acks, ARRAY_SIZE(acks));
	if (next_octet(in) & 1)
		seg.len = next_word(in);
	options(in, &seg.opt);
	if (seg.flags & S)
		seg.opt.mss = next_word(in);
	if (mytcp_segment_flags_ok(seg.flags))
		rig_segment(&seg);
}

static void user(struct program *in)
{
	u16 len = next_word(in);

	switch (next_octet(in) % 8) {
	case 0:
	case 1:
		if (len && mytcp_tcb_can_send(&rig.tcb))
			rig_write(len);
		break;
	case 2:
		rig_read(min_t(u32, len, rig.unread));
		break;
	case 3:
		mytcp_shutdown(&rig.tcb);
		break;
	case 4:
		rig_close();
		break;
	case 5:
		mytcp_tcb_path(&rig.tcb, len);
		break;
	case 6:
		rig.size = (u32)len << rig.tcb.rcv_wscale;
		rig.tcb.cork = len & 1;
		rig.tcb.nodelay = len & 2;
		mytcp_output(&rig.tcb);
		break;
	case 7:
		mytcp_abort(&rig.tcb, ECONNABORTED);
		break;
	}
}

/*
 * Nothing new may be sent that the peer's window, as last heard, has no room
 * for; what is sent again may lie beyond one that has shrunk (MAY-7).
 */
static void check_sent(u32 edge, u32 nxt)
{
	const struct mytcp_segment *seg;

	while ((seg = rig_next())) {
		u32 end = seg->seq + seg->len;

		if (!mytcp_segment_flags_ok(seg->flags))
			abort();
		if (!(seg->flags & R) && (seg->opt.has ^ rig.tcb.has) &
		    MYTCP_OPT_TS && rig.tcb.state != MYTCP_CLOSED)
			abort();
		if (seg->len && seg->len + mytcp_option_len(&seg->opt) >
				rig.tcb.snd_mss)
			abort();
		if (seg->len && seq_gt(end, nxt) && seq_gt(end, edge) &&
		    seq_gt(end, rig.tcb.snd_una + rig.tcb.snd_wnd))
			abort();
	}
	rig.sent_count = 0;
	rig.sent_seen = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const u8 states[] = {
		MYTCP_SYN_SENT, MYTCP_SYN_RECV, MYTCP_ESTABLISHED,
		MYTCP_FIN_WAIT1, MYTCP_FIN_WAIT2, MYTCP_CLOSE_WAIT,
		MYTCP_CLOSING, MYTCP_LAST_ACK,
	};
	struct program in = { data, size };
	u8 scales, first = next_octet(&in);

	rig_init();
	rig.offer.has = first >> 4 & (MYTCP_OPT_WSCALE | MYTCP_OPT_SACK_OK |
				      MYTCP_OPT_TS);
	if (first & 8)
		rig.offer.has |= MYTCP_OPT_COOKIE;
	if (first & 0x80) {
		scales = next_octet(&in);
		rig.offer.wscale = scales >> 4;
		rig.tcb.rcv_wscale = min(scales & 15, MYTCP_WSCALE_MAX);
		rig.size <<= scales & 15;
	}
	rig_enter(states[(first & 15) % ARRAY_SIZE(states)]);
	while (in.left && rig.tcb.state != MYTCP_CLOSED) {
		u32 edge = rig.tcb.snd_una + rig.tcb.snd_wnd;
		u32 nxt = rig.tcb.snd_nxt;
		u8 what = next_octet(&in);

		if (what & 0x10)
			rig.no_memory = what & 0x20;
		if (what % 8 < 5)
			segment(&in);
		else if (what % 8 < 7)
			user(&in);
		else
			rig_fire();
		rig_check();
		check_sent(edge, nxt);
	}
	rig_done();
	return 0;
}

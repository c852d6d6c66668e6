// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever comes back, at whatever time and to whatever keys: what is taken for
 * a cookie is one that would be made, bit for bit. The input says what SYN is
 * answered, and what is then changed in the ACK.
 */
#include <stdlib.h>

#include "cookie.h"
#include "program.h"
#include "rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mytcp_config cfg;

static void read_keys(struct program *in, struct mytcp_cookie_keys *keys,
		      u32 seconds)
{
	u8 secret[MYTCP_COOKIE_KEY_LEN] = { 0 };
	u8 how = next_octet(in);

	*keys = (struct mytcp_cookie_keys){ 0 };
	secret[how % 16] = how;
	if (how & 1) {
		mytcp_cookie_derive(keys, secret, seconds, next_word(in));
		return;
	}
	for (how = 0; how < MYTCP_COOKIE_KEYS; how++) {
		secret[0] = next_octet(in);
		if (secret[0])
			mytcp_cookie_key_set(&keys->key[how], secret);
	}
}

static void answer(const struct mytcp_cookie_keys *keys, u32 seconds,
		   const struct mytcp_cookie_ends *ends,
		   const struct mytcp_segment *syn, struct mytcp_half *half,
		   struct mytcp_segment *synack)
{
	mytcp_half_init(half, syn, &cfg, mytcp_host_now_ms(), half->iss,
			MYTCP_MSS_DEFAULT_IP4);
	mytcp_cookie_make(keys, seconds, ends, syn, half, synack);
	if (mytcp_option_len(&synack->opt) > mytcp_option_len(&syn->opt) ||
	    synack->flags != (S | A) || synack->len ||
	    synack->ack != syn->seq + 1)
		abort();
}

static bool same(const struct mytcp_segment *synack,
		 const struct mytcp_segment *ack)
{
	if (synack->seq + 1 != ack->ack)
		return false;
	if (ack->opt.has & MYTCP_OPT_COOKIE)
		return !memcmp(synack->opt.cookie, ack->opt.cookie,
			       MYTCP_COOKIE_LEN);
	return !(synack->opt.has & MYTCP_OPT_TS) ||
	       !((synack->opt.tsval ^ ack->opt.tsecr) & 0x3f);
}

/* Is there a SYN, a key and a time for which this is the cookie? */
static bool would_be_made(const struct mytcp_cookie_keys *keys, u32 seconds,
			  const struct mytcp_cookie_ends *ends,
			  const struct mytcp_segment *ack,
			  const struct mytcp_half *back)
{
	const u32 when[] = {
		seconds, seconds - MYTCP_COOKIE_UNIT,
		seconds + MYTCP_COOKIE_SKEW,
	};
	struct mytcp_segment syn = {
		.seq = back->irs, .flags = S,
		.opt = {
			.mss = back->peer_mss,
			.has = (back->has & ~MYTCP_OPT_COOKIE) |
			       (ack->opt.has & MYTCP_OPT_COOKIE),
			.wscale = back->snd_wscale,
		},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(when) * MYTCP_COOKIE_KEYS; i++) {
		struct mytcp_cookie_keys one = {
			.key[0] = keys->key[i % MYTCP_COOKIE_KEYS]
		};
		struct mytcp_half half = *back;
		struct mytcp_segment synack;

		answer(&one, when[i / MYTCP_COOKIE_KEYS], ends, &syn, &half,
		       &synack);
		if (same(&synack, ack) && half.has ==
		    (back->has & ~MYTCP_OPT_COOKIE) &&
		    half.snd_wscale == back->snd_wscale &&
		    half.rcv_wscale == back->rcv_wscale)
			return true;
	}
	return false;
}

static void change(struct program *in, void *octets, size_t size)
{
	u16 bit = next_word(in) % (8 * size);

	((u8 *)octets)[bit / 8] ^= 1 << bit % 8;
}

static void tamper(struct program *in, struct mytcp_segment *ack,
		   struct mytcp_cookie_ends *ends, u32 *seconds,
		   struct mytcp_cookie_keys *keys)
{
	switch (next_octet(in) % 10) {
	case 0:
		change(in, ack->opt.cookie, MYTCP_COOKIE_LEN);
		break;
	case 1:
		change(in, &ack->ack, 4);
		break;
	case 2:
		ack->seq += next_word(in);
		break;
	case 3:
		change(in, ends->octet, ends->len);
		break;
	case 4:
		*seconds += (s16)next_word(in);
		break;
	case 5:
		read_keys(in, keys, *seconds);
		break;
	case 6:
		ack->flags = next_octet(in) & 0x3f;
		break;
	case 7:
		ack->opt.has ^= next_octet(in) & 0xf;
		break;
	case 8:
		ack->opt.tsecr ^= next_octet(in);
		break;
	case 9:
		next_octets(in, ack->opt.cookie, MYTCP_COOKIE_LEN);
		ack->ack = next_long(in);
		ack->seq = next_long(in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program in = { data, size };
	struct mytcp_half half = { .adv_mss = RIG_MSS, .wnd = RIG_WND };
	struct mytcp_half back = half;
	struct mytcp_cookie_ends ends = { 0 };
	struct mytcp_segment synack, ack, syn = { .flags = S };
	enum mytcp_cookie_verdict verdict;
	struct mytcp_cookie_keys keys;
	u32 seconds;

	rig.now = SEC;
	mytcp_config_init(&cfg);
	seconds = 1 << 20 | next_long(&in) >> 2;
	read_keys(&in, &keys, seconds);
	ends.len = next_octet(&in) & 1 ? MYTCP_COOKIE_ENDS_IP4 :
					 MYTCP_COOKIE_ENDS_IP6;
	syn.seq = next_long(&in);
	syn.opt.has = next_octet(&in) & 0xf;
	syn.opt.mss = next_word(&in);
	syn.opt.wscale = next_octet(&in);
	half.iss = next_long(&in);
	half.rcv_wscale = next_octet(&in);
	answer(&keys, seconds, &ends, &syn, &half, &synack);

	ack = (struct mytcp_segment){
		.seq = syn.seq + 1, .ack = synack.seq + 1, .flags = A,
		.opt = {
			.has = synack.opt.has &
			       (MYTCP_OPT_TS | MYTCP_OPT_COOKIE),
			.tsecr = synack.opt.tsval,
		},
	};
	memcpy(ack.opt.cookie, synack.opt.cookie, MYTCP_COOKIE_LEN);
	do {
		verdict = mytcp_cookie_check(&keys, seconds, &ends, &ack,
					     &back);
		if (verdict == MYTCP_COOKIE_VALID &&
		    ((ack.flags & (S | R | A)) != A ||
		     !would_be_made(&keys, seconds, &ends, &ack, &back)))
			abort();
		tamper(&in, &ack, &ends, &seconds, &keys);
	} while (in.left);
	return 0;
}

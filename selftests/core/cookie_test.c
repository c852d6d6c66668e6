// SPDX-License-Identifier: GPL-2.0
/* SYN cookies: keys, what a cookie keeps, and what is no cookie. */
#include <kselftest_harness.h>

#include "cookie.h"
#include "rig.h"

#define UNIT	MYTCP_COOKIE_UNIT
#define NOW	(1000000 * UNIT)	/* the first second of a unit */

static const u8 master[MYTCP_COOKIE_KEY_LEN] = {
	7, 7, 7, 7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
};

/* The values its authors publish, for the lengths that are whole words. */
TEST(the_hash_is_siphash_2_4)
{
	static const u64 wanted[] = {
		0x726fdb47dd0e0e31ULL, 0x93f5f5799a932462ULL,
		0x3f2acc7f57c29bdbULL, 0xb8ad50c6f649af94ULL,
		0x7127512f72f27cceULL,
	};
	u64 key[2] = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };
	u64 words[ARRAY_SIZE(wanted)];
	u8 *octets = (u8 *)words;
	unsigned int i;

	for (i = 0; i < sizeof(words); i++)
		octets[i] = i;
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		EXPECT_EQ(wanted[i], mytcp_host_hash(words, 8 * i, key));
}

static bool same_key(const struct mytcp_cookie_key *a,
		     const struct mytcp_cookie_key *b)
{
	return a->k[0] == b->k[0] && a->k[1] == b->k[1] && a->id == b->id &&
	       a->from == b->from && a->until == b->until;
}

TEST(keys_derived_from_one_secret_move_on_with_the_epoch)
{
	struct mytcp_cookie_keys now, later;

	mytcp_cookie_derive(&now, master, NOW, 4 * UNIT);
	mytcp_cookie_derive(&later, master, NOW + 4 * UNIT, 4 * UNIT);
	EXPECT_TRUE(same_key(&now.key[MYTCP_COOKIE_NEXT],
			     &later.key[MYTCP_COOKIE_CURRENT]));
	EXPECT_TRUE(same_key(&now.key[MYTCP_COOKIE_CURRENT],
			     &later.key[MYTCP_COOKIE_PREVIOUS]));
	EXPECT_NE(now.key[MYTCP_COOKIE_CURRENT].k[0],
		  now.key[MYTCP_COOKIE_CURRENT].k[1]);
	EXPECT_NE(now.key[MYTCP_COOKIE_CURRENT].k[0],
		  later.key[MYTCP_COOKIE_CURRENT].k[0]);
	EXPECT_NE(now.key[MYTCP_COOKIE_CURRENT].k[1],
		  later.key[MYTCP_COOKIE_CURRENT].k[1]);
}

TEST(a_derived_key_is_current_for_its_lifetime_to_the_second)
{
	struct mytcp_cookie_keys keys;

	mytcp_cookie_derive(&keys, master, NOW + 100, 4 * UNIT);
	EXPECT_FALSE(mytcp_cookie_stale(&keys, NOW));
	EXPECT_TRUE(mytcp_cookie_stale(&keys, NOW - 1));
	EXPECT_FALSE(mytcp_cookie_stale(&keys, NOW + 4 * UNIT - 1));
	EXPECT_TRUE(mytcp_cookie_stale(&keys, NOW + 4 * UNIT));
}

TEST(a_lifetime_is_rounded_up_to_a_unit)
{
	static const u32 lifetimes[] = { 0, 1, UNIT };
	struct mytcp_cookie_keys keys;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lifetimes); i++) {
		mytcp_cookie_derive(&keys, master, NOW, lifetimes[i]);
		EXPECT_FALSE(mytcp_cookie_stale(&keys, NOW + UNIT - 1));
		EXPECT_TRUE(mytcp_cookie_stale(&keys, NOW + UNIT));
	}
	mytcp_cookie_derive(&keys, master, NOW, UNIT + 1);
	EXPECT_FALSE(mytcp_cookie_stale(&keys, NOW + 2 * UNIT - 1));
}

TEST(another_secret_gives_other_keys)
{
	struct mytcp_cookie_keys keys, other;
	u8 secret[MYTCP_COOKIE_KEY_LEN];
	unsigned int bit;

	mytcp_cookie_derive(&keys, master, NOW, UNIT);
	for (bit = 0; bit < 8 * sizeof(secret); bit++) {
		memcpy(secret, master, sizeof(secret));
		secret[bit / 8] ^= 1 << bit % 8;
		mytcp_cookie_derive(&other, secret, NOW, UNIT);
		EXPECT_NE(keys.key[0].k[0], other.key[0].k[0]);
		EXPECT_NE(keys.key[0].k[1], other.key[0].k[1]);
	}
}

TEST(no_keys_are_stale_and_one_that_is_given_never_is)
{
	struct mytcp_cookie_keys keys = { 0 };

	EXPECT_TRUE(mytcp_cookie_stale(&keys, NOW));
	mytcp_cookie_key_set(&keys.key[MYTCP_COOKIE_CURRENT], master);
	EXPECT_FALSE(mytcp_cookie_stale(&keys, NOW));
	EXPECT_FALSE(mytcp_cookie_stale(&keys, 0));
	EXPECT_FALSE(mytcp_cookie_stale(&keys, U32_MAX));
}

/* One handshake that the server forgets in between. */
FIXTURE(cookie)
{
	struct mytcp_config cfg;
	struct mytcp_cookie_keys keys;
	struct mytcp_cookie_ends ends;
	struct mytcp_segment syn;
	struct mytcp_segment synack;
	struct mytcp_segment ack;
	struct mytcp_half half;		/* before */
	struct mytcp_half back;		/* and after */
};

FIXTURE_SETUP(cookie)
{
	unsigned int i;

	rig_init();
	rig.now = 12345678 * MS + 99;
	mytcp_config_init(&self->cfg);
	self->cfg.window_scaling = 1;
	self->cfg.timestamps = 1;
	self->cfg.sack = 1;
	mytcp_cookie_derive(&self->keys, master, NOW, 4 * UNIT);
	self->ends.len = MYTCP_COOKIE_ENDS_IP4;
	for (i = 0; i < sizeof(self->ends.octet); i++)
		self->ends.octet[i] = 3 * i;
	self->syn = (struct mytcp_segment){
		.seq = PEER(0), .wnd = 40000, .flags = S,
		.opt = {
			.mss = 1400,
			.has = MYTCP_OPT_WSCALE | MYTCP_OPT_SACK_OK |
			       MYTCP_OPT_TS | MYTCP_OPT_COOKIE,
			.wscale = 5,
			.tsval = 4711,
		},
	};
}

FIXTURE_TEARDOWN(cookie)
{
}

static void answer_syn(struct _test_data_cookie *self, u32 seconds)
{
	self->half = (struct mytcp_half){
		.wnd = 30000, .adv_mss = 1460, .rcv_wscale = 9,
		.ts_offset = 0xabcdef01,
	};
	mytcp_half_init(&self->half, &self->syn, &self->cfg,
			mytcp_host_now_ms(), RIG_ISS, MYTCP_MSS_DEFAULT_IP4);
	mytcp_cookie_make(&self->keys, seconds, &self->ends, &self->syn,
			  &self->half, &self->synack);
}

/* What the client makes of it. */
static void third_ack(struct _test_data_cookie *self)
{
	self->ack = (struct mytcp_segment){
		.seq = self->syn.seq + 1,
		.ack = self->synack.seq + 1,
		.wnd = 555,
		.flags = A,
		.opt = {
			.has = self->synack.opt.has &
			       (MYTCP_OPT_TS | MYTCP_OPT_COOKIE),
			.tsval = self->syn.opt.tsval + 20,
			.tsecr = self->synack.opt.tsval,
		},
	};
	memcpy(self->ack.opt.cookie, self->synack.opt.cookie,
	       MYTCP_COOKIE_LEN);
}

static enum mytcp_cookie_verdict check(struct _test_data_cookie *self,
				       u32 seconds)
{
	self->back = (struct mytcp_half){ .wnd = 30000, .adv_mss = 1460 };
	return mytcp_cookie_check(&self->keys, seconds, &self->ends,
				  &self->ack, &self->back);
}

static enum mytcp_cookie_verdict go(struct _test_data_cookie *self,
				    u32 made, u32 checked)
{
	answer_syn(self, made);
	third_ack(self);
	return check(self, checked);
}

/* All but the MSS, of which a number keeps less. */
static bool kept(const struct _test_data_cookie *self)
{
	const struct mytcp_half *half = &self->half, *back = &self->back;

	return back->irs == half->irs && back->iss == half->iss &&
	       back->wnd == half->wnd && back->adv_mss == half->adv_mss &&
	       back->has == (half->has | MYTCP_OPT_COOKIE) &&
	       back->snd_wscale == half->snd_wscale &&
	       back->rcv_wscale == half->rcv_wscale;
}

static const u8 agreements[] = {
	0,
	MYTCP_OPT_WSCALE,
	MYTCP_OPT_SACK_OK,
	MYTCP_OPT_SACK_OK | MYTCP_OPT_WSCALE,
	MYTCP_OPT_TS,
	MYTCP_OPT_TS | MYTCP_OPT_WSCALE,
	MYTCP_OPT_TS | MYTCP_OPT_SACK_OK,
	MYTCP_OPT_TS | MYTCP_OPT_SACK_OK | MYTCP_OPT_WSCALE,
};

TEST_F(cookie, the_option_keeps_all_that_was_agreed)
{
	unsigned int i, snd, rcv;

	for (i = 0; i < ARRAY_SIZE(agreements); i++) {
		self->syn.opt.has = agreements[i] | MYTCP_OPT_COOKIE;
		for (snd = 0; snd <= MYTCP_WSCALE_MAX; snd++) {
			self->syn.opt.wscale = snd;
			ASSERT_EQ(MYTCP_COOKIE_VALID, go(self, NOW, NOW));
			ASSERT_TRUE(kept(self));
			ASSERT_EQ(1400, self->back.peer_mss);
		}
	}
	for (rcv = 0; rcv <= MYTCP_WSCALE_MAX; rcv++) {
		answer_syn(self, NOW);
		self->half.rcv_wscale = rcv;
		mytcp_cookie_make(&self->keys, NOW, &self->ends, &self->syn,
				  &self->half, &self->synack);
		ASSERT_EQ(rcv, self->synack.opt.wscale);
		third_ack(self);
		ASSERT_EQ(MYTCP_COOKIE_VALID, check(self, NOW));
		ASSERT_TRUE(kept(self));
	}
}

TEST_F(cookie, the_option_keeps_every_mss_exactly)
{
	u32 mss;

	for (mss = 1; mss <= U16_MAX; mss++) {
		self->syn.opt.mss = mss;
		ASSERT_EQ(MYTCP_COOKIE_VALID, go(self, NOW, NOW));
		ASSERT_EQ(mss, self->back.peer_mss);
	}
	self->syn.opt.mss = 0;
	EXPECT_EQ(MYTCP_COOKIE_VALID, go(self, NOW, NOW));
	EXPECT_EQ(MYTCP_MSS_DEFAULT_IP4, self->back.peer_mss);
}

TEST_F(cookie, a_number_keeps_window_scales_and_sack)
{
	unsigned int i, snd;

	for (i = 0; i < ARRAY_SIZE(agreements); i++) {
		self->syn.opt.has = agreements[i];
		for (snd = 0; snd <= MYTCP_WSCALE_MAX; snd++) {
			self->syn.opt.wscale = snd;
			ASSERT_EQ(MYTCP_COOKIE_VALID, go(self, NOW, NOW));
			ASSERT_TRUE(kept(self));
			ASSERT_EQ(0, self->synack.opt.has & MYTCP_OPT_COOKIE);
			if (agreements[i] & MYTCP_OPT_WSCALE)
				ASSERT_EQ(MYTCP_COOKIE_WSCALE,
					  self->synack.opt.wscale);
		}
	}
}

/* How many MSS a number tells apart; -1 if it ever says more than the client. */
static int count_mss(struct _test_data_cookie *self)
{
	u32 mss, last = 0;
	int count = 0;

	for (mss = 1; mss <= U16_MAX; mss++) {
		self->syn.opt.mss = mss;
		if (go(self, NOW, NOW) ||
		    self->back.peer_mss > max_t(u32, mss, MYTCP_MSS_MIN) ||
		    self->back.peer_mss < last)
			return -1;
		count += self->back.peer_mss != last;
		last = self->back.peer_mss;
	}
	return count;
}

TEST_F(cookie, a_number_keeps_one_of_8_mss_alone_and_of_16_with_a_timestamp)
{
	self->syn.opt.has = MYTCP_OPT_TS;
	EXPECT_EQ(16, count_mss(self));
	self->syn.opt.has = 0;
	EXPECT_EQ(8, count_mss(self));
}

TEST_F(cookie, the_commonest_mss_are_kept_exactly_in_a_number)
{
	static const u16 common[] = { 536, 1220, 1360, 1400, 1440, 1460, 8940 };
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(common); i++) {
		self->syn.opt.has = i % 2 ? MYTCP_OPT_TS : 0;
		self->syn.opt.mss = common[i / 2];
		EXPECT_EQ(MYTCP_COOKIE_VALID, go(self, NOW, NOW));
		EXPECT_EQ(common[i / 2], self->back.peer_mss);
	}
}

/* Every age, in seconds, at which a cookie made at second @made is taken. */
static void ages(struct _test_data_cookie *self, u32 made, int *first,
		 int *last, int *holes)
{
	int age;

	*first = 1000;
	*last = -1000;
	*holes = 0;
	for (age = -200; age < 400; age++) {
		if (go(self, made, made + age))
			continue;
		if (*first == 1000)
			*first = age;
		else
			*holes += age != *last + 1;
		*last = age;
	}
}

TEST_F(cookie, lives_to_the_end_of_the_unit_after_its_own)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(agreements); i++) {
		int first, last, holes;

		self->syn.opt.has = agreements[i];
		ages(self, NOW + 10, &first, &last, &holes);
		EXPECT_EQ(-10 - MYTCP_COOKIE_SKEW, first);
		EXPECT_EQ(2 * UNIT - 11, last);
		EXPECT_EQ(0, holes);

		self->syn.opt.has |= MYTCP_OPT_COOKIE;
		ages(self, NOW + UNIT - 1, &first, &last, &holes);
		EXPECT_EQ(1 - UNIT - MYTCP_COOKIE_SKEW, first);
		EXPECT_EQ(UNIT, last);
		EXPECT_EQ(0, holes);
	}
}

TEST_F(cookie, that_has_expired_is_told_from_a_forged_one)
{
	EXPECT_EQ(MYTCP_COOKIE_EXPIRED, go(self, NOW, NOW + 2 * UNIT));
	EXPECT_EQ(MYTCP_COOKIE_EXPIRED, go(self, NOW, NOW + 7 * UNIT));
	self->ack.opt.cookie[9] ^= 1;
	EXPECT_EQ(MYTCP_COOKIE_BAD_MAC, check(self, NOW + 2 * UNIT));
	EXPECT_EQ(MYTCP_COOKIE_BAD_MAC, check(self, NOW));
	self->ack.opt.cookie[4] ^= 1;
	EXPECT_EQ(MYTCP_COOKIE_UNKNOWN_KEY, check(self, NOW));
}

TEST_F(cookie, crosses_the_change_of_keys_in_both_directions)
{
	struct mytcp_cookie_keys before = self->keys, after;
	u32 change = NOW + 4 * UNIT;
	unsigned int i;

	mytcp_cookie_derive(&after, master, change, 4 * UNIT);
	for (i = 0; i < 2 * ARRAY_SIZE(agreements); i++) {
		self->syn.opt.has = agreements[i / 2] |
				    (i % 2 ? MYTCP_OPT_COOKIE : 0);
		self->keys = before;
		answer_syn(self, change - 1);
		third_ack(self);
		self->keys = after;
		EXPECT_EQ(MYTCP_COOKIE_VALID, check(self, change));
		EXPECT_EQ(MYTCP_COOKIE_VALID, check(self, change + UNIT - 1));
		EXPECT_NE(MYTCP_COOKIE_VALID, check(self, change + UNIT));

		/* The other server's clock goes ahead. */
		answer_syn(self, change);
		third_ack(self);
		self->keys = before;
		EXPECT_EQ(MYTCP_COOKIE_VALID, check(self, change));
		EXPECT_EQ(MYTCP_COOKIE_VALID,
			  check(self, change - MYTCP_COOKIE_SKEW));
		EXPECT_NE(MYTCP_COOKIE_VALID,
			  check(self, change - MYTCP_COOKIE_SKEW - 1));

		/* Keys that nobody has derived anew, yet. */
		EXPECT_EQ(MYTCP_COOKIE_VALID, go(self, change, change));
	}
}

TEST_F(cookie, of_a_key_two_epochs_back_is_unknown)
{
	struct mytcp_cookie_keys old = self->keys;

	answer_syn(self, NOW);
	third_ack(self);
	mytcp_cookie_derive(&self->keys, master, NOW + 8 * UNIT, 4 * UNIT);
	EXPECT_EQ(MYTCP_COOKIE_UNKNOWN_KEY, check(self, NOW));
	self->keys = old;
	EXPECT_EQ(MYTCP_COOKIE_VALID, check(self, NOW));
}

TEST_F(cookie, of_any_key_an_administrator_gave_is_taken)
{
	static const u8 secrets[4][MYTCP_COOKIE_KEY_LEN] = {
		{ 1 }, { 2 }, { 3 }, { 4 }
	};
	struct mytcp_cookie_keys all = { 0 };
	unsigned int i, form;

	for (i = 0; i < MYTCP_COOKIE_KEYS; i++)
		mytcp_cookie_key_set(&all.key[i], secrets[i]);
	for (i = 0; i < 4; i++) {
		for (form = 0; form < 2; form++) {
			self->syn.opt.has = form ? MYTCP_OPT_COOKIE : 0;
			self->keys = (struct mytcp_cookie_keys){ 0 };
			mytcp_cookie_key_set(&self->keys.key[0], secrets[i]);
			answer_syn(self, NOW);
			third_ack(self);
			self->keys = all;
			EXPECT_EQ(i < 3, !check(self, NOW));
		}
	}
}

TEST_F(cookie, of_one_server_is_good_for_another_that_has_the_secret)
{
	static const u8 stranger[MYTCP_COOKIE_KEY_LEN];
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(agreements); i++) {
		self->syn.opt.has = agreements[i / 2] |
				    (i % 2 ? MYTCP_OPT_COOKIE : 0);
		mytcp_cookie_derive(&self->keys, master, NOW, 4 * UNIT);
		answer_syn(self, NOW);
		third_ack(self);

		/* Booted at another time: so goes its clock. */
		rig.now += 987654321 * MS;
		memset(&self->keys, 0xff, sizeof(self->keys));
		mytcp_cookie_derive(&self->keys, master, NOW + 3, 4 * UNIT);
		EXPECT_EQ(MYTCP_COOKIE_VALID, check(self, NOW + 3));
		EXPECT_TRUE(kept(self));

		mytcp_cookie_derive(&self->keys, stranger, NOW, 4 * UNIT);
		EXPECT_NE(MYTCP_COOKIE_VALID, check(self, NOW));
	}
}

/* Cookies that become valid ones when one bit is another. */
static unsigned int flips(struct _test_data_cookie *self, u8 *octets,
			  unsigned int len)
{
	unsigned int bit, taken = 0;

	for (bit = 0; bit < 8 * len; bit++) {
		octets[bit / 8] ^= 1 << bit % 8;
		taken += !check(self, NOW);
		octets[bit / 8] ^= 1 << bit % 8;
	}
	return taken;
}

TEST_F(cookie, with_any_bit_changed_is_none)
{
	struct mytcp_segment *ack = &self->ack;
	unsigned int i, snd, mss;

	for (i = 0; i < 2 * ARRAY_SIZE(agreements); i++) {
		bool option = i % 2;

		self->syn.opt.has = agreements[i / 2] |
				    (option ? MYTCP_OPT_COOKIE : 0);
		self->ends.len = i & 2 ? MYTCP_COOKIE_ENDS_IP6 :
					 MYTCP_COOKIE_ENDS_IP4;
		for (snd = 0; snd < MYTCP_WSCALE_MAX; snd += 3)
			for (mss = 0; mss < 1500; mss += 300) {
				self->syn.seq += 99999;
				self->syn.opt.wscale = snd;
				self->syn.opt.mss = mss;
				ASSERT_EQ(MYTCP_COOKIE_VALID,
					  go(self, NOW, NOW));
				EXPECT_EQ(0, flips(self, (u8 *)&ack->ack, 4));
				EXPECT_EQ(0, flips(self, self->ends.octet,
						   self->ends.len));
				if (option) {
					EXPECT_EQ(0, flips(self,
							   ack->opt.cookie,
							   MYTCP_COOKIE_LEN));
				} else {
					EXPECT_EQ(0, flips(self,
							   (u8 *)&ack->seq, 4));
				}
			}
	}
}

TEST_F(cookie, in_a_number_is_lost_with_any_of_six_bits_of_the_timestamp)
{
	unsigned int bit;

	self->syn.opt.has = MYTCP_OPT_TS;
	ASSERT_EQ(MYTCP_COOKIE_VALID, go(self, NOW, NOW));
	for (bit = 0; bit < 6; bit++) {
		self->ack.opt.tsecr ^= 1 << bit;
		EXPECT_EQ(MYTCP_COOKIE_BAD_MAC, check(self, NOW));
		self->ack.opt.tsecr ^= 1 << bit;
	}
}

/* Whatever is in the segment, the option belongs to one initial number. */
TEST_F(cookie, in_an_option_opens_with_later_data_within_the_window)
{
	u32 ahead;

	answer_syn(self, NOW);
	third_ack(self);
	for (ahead = 0; ahead < 30000; ahead += 37) {
		self->ack.seq = PEER(1) + ahead;
		ASSERT_EQ(MYTCP_COOKIE_VALID, check(self, NOW));
		ASSERT_EQ(PEER(0), self->back.irs);
	}
	self->ack.seq = PEER(1) + 29999;
	EXPECT_EQ(MYTCP_COOKIE_VALID, check(self, NOW));
	self->ack.seq = PEER(1) + 30000;
	EXPECT_EQ(MYTCP_COOKIE_EARLY, check(self, NOW));
	self->ack.seq = PEER(1) + 65535;
	EXPECT_EQ(MYTCP_COOKIE_EARLY, check(self, NOW));
	self->ack.seq = PEER(1) + 65536;
	EXPECT_EQ(MYTCP_COOKIE_BAD_MAC, check(self, NOW));
	self->ack.seq = PEER(0);
	EXPECT_EQ(MYTCP_COOKIE_BAD_MAC, check(self, NOW));
}

TEST_F(cookie, opens_where_no_window_was_offered_too)
{
	answer_syn(self, NOW);
	third_ack(self);
	self->back.wnd = 0;
	EXPECT_EQ(MYTCP_COOKIE_VALID,
		  mytcp_cookie_check(&self->keys, NOW, &self->ends, &self->ack,
				     &self->back));
	self->ack.seq++;
	EXPECT_EQ(MYTCP_COOKIE_EARLY,
		  mytcp_cookie_check(&self->keys, NOW, &self->ends, &self->ack,
				     &self->back));
}

TEST_F(cookie, comes_with_an_ack_and_never_with_a_syn_or_a_reset)
{
	unsigned int flags, form;

	for (form = 0; form < 2; form++) {
		self->syn.opt.has = form ? MYTCP_OPT_COOKIE : 0;
		answer_syn(self, NOW);
		third_ack(self);
		for (flags = 0; flags < 64; flags++) {
			self->ack.flags = flags;
			EXPECT_EQ((flags & (A | S | R)) == A,
				  !check(self, NOW));
		}
	}
}

TEST_F(cookie, answers_no_syn_with_more_than_it_has)
{
	unsigned int has;

	for (has = 0; has < 32; has++) {
		self->syn.opt.has = has & 15;
		self->syn.opt.mss = has & 16 ? 1400 : 0;
		answer_syn(self, NOW);
		EXPECT_LE(mytcp_option_len(&self->synack.opt),
			  mytcp_option_len(&self->syn.opt));
		EXPECT_EQ(0, self->synack.len);
		EXPECT_EQ(S | A, self->synack.flags);
	}
}

TEST_F(cookie, makes_a_synack_like_any_other)
{
	struct mytcp_segment plain;
	unsigned int form;

	for (form = 0; form < 2; form++) {
		self->syn.opt.has = agreements[7] |
				    (form ? MYTCP_OPT_COOKIE : 0);
		answer_syn(self, NOW);
		mytcp_half_synack(&self->half, mytcp_host_now_ms(), &plain);
		EXPECT_EQ(PEER(1), self->synack.ack);
		EXPECT_EQ(plain.wnd, self->synack.wnd);
		EXPECT_EQ(plain.opt.mss, self->synack.opt.mss);
		EXPECT_EQ(plain.opt.wscale, self->synack.opt.wscale);
		EXPECT_EQ(plain.opt.tsecr, self->synack.opt.tsecr);
		EXPECT_EQ(self->syn.opt.has, self->synack.opt.has);
	}
	/* An initial number of its own, and a timestamp, has the option form. */
	EXPECT_EQ(RIG_ISS, self->synack.seq);
	EXPECT_EQ(plain.opt.tsval, self->synack.opt.tsval);
}

TEST_F(cookie, puts_our_clock_back_by_less_than_64_ms_and_never_forward)
{
	unsigned int i;

	self->syn.opt.has = MYTCP_OPT_TS;
	for (i = 0; i < 1000; i++) {
		struct mytcp_segment plain;

		rig.now += 7 * MS;
		self->syn.seq++;
		answer_syn(self, NOW);
		mytcp_half_synack(&self->half, mytcp_host_now_ms(), &plain);
		ASSERT_GT(64, plain.opt.tsval - self->synack.opt.tsval);
	}
}

TEST_F(cookie, lets_our_timestamps_go_on_from_the_one_that_came_back)
{
	unsigned int form;

	for (form = 0; form < 2; form++) {
		self->syn.opt.has = agreements[7] |
				    (form ? MYTCP_OPT_COOKIE : 0);
		answer_syn(self, NOW);
		third_ack(self);
		rig.now = 77 * SEC + 5;		/* another server's */
		ASSERT_EQ(MYTCP_COOKIE_VALID, check(self, NOW));
		EXPECT_EQ(self->synack.opt.tsval,
			  77000 + self->back.ts_offset);
		EXPECT_EQ(self->ack.opt.tsval, self->back.ts_recent);
		EXPECT_EQ(555, self->back.peer_wnd);
	}
}

TEST_F(cookie, wants_the_timestamp_that_was_agreed_on)
{
	ASSERT_EQ(MYTCP_COOKIE_VALID, go(self, NOW, NOW));
	self->ack.opt.has &= ~MYTCP_OPT_TS;
	EXPECT_EQ(MYTCP_COOKIE_BAD_MAC, check(self, NOW));

	self->syn.opt.has = MYTCP_OPT_TS;
	ASSERT_EQ(MYTCP_COOKIE_VALID, go(self, NOW, NOW));
	self->ack.opt.has &= ~MYTCP_OPT_TS;
	EXPECT_EQ(MYTCP_COOKIE_BAD_MAC, check(self, NOW));
}

#define SAMPLES	20000

/* Bits that are not set half of the time, as far as chance allows: 5 sigma. */
static unsigned int biased(const unsigned int *ones, unsigned int bits)
{
	unsigned int i, count = 0;

	for (i = 0; i < bits; i++)
		count += ones[i] < SAMPLES / 2 - 354 ||
			 ones[i] > SAMPLES / 2 + 354;
	return count;
}

TEST_F(cookie, looks_like_any_number)
{
	unsigned int ones[32] = { 0 }, tag[6] = { 0 }, turned[32] = { 0 };
	unsigned int i, bit;
	u32 last = 0;

	self->syn.opt.has = agreements[7];
	for (i = 0; i < SAMPLES; i++) {
		self->syn.seq++;	/* the only thing that changes */
		answer_syn(self, NOW);
		for (bit = 0; bit < 32; bit++) {
			ones[bit] += self->synack.seq >> bit & 1;
			turned[bit] += (self->synack.seq ^ last) >> bit & 1;
		}
		for (bit = 0; bit < 6; bit++)
			tag[bit] += self->synack.opt.tsval >> bit & 1;
		last = self->synack.seq;
	}
	EXPECT_EQ(0, biased(ones, 32));
	EXPECT_EQ(0, biased(turned, 32));
	EXPECT_EQ(0, biased(tag, 6));
}

/*
 * Of numbers out of the air 512 in 2^32, with a timestamp one in 64 of those,
 * is good for one key and unit of time.
 */
TEST_F(cookie, is_not_guessed)
{
	unsigned int i, form, taken[2] = { 0 };

	for (form = 0; form < 2; form++) {
		self->syn.opt.has = form ? MYTCP_OPT_TS : 0;
		answer_syn(self, NOW);
		third_ack(self);
		for (i = 0; i < 200000; i++) {
			self->ack.ack = i * 2654435761U;
			self->ack.opt.tsecr = i * 40503U;
			taken[form] += !check(self, NOW);
		}
	}
	EXPECT_GE(1, taken[0]);
	EXPECT_EQ(0, taken[1]);
}

/* From what two states are made into, the client can tell what the others are. */
TEST_F(cookie, has_no_more_states_than_there_are_agreements)
{
	unsigned int form, state, states;
	u32 first, step;

	for (form = 0; form < 2; form++) {
		self->syn.opt.has = MYTCP_OPT_WSCALE |
				    (form ? MYTCP_OPT_TS : 0);
		self->syn.opt.mss = 1;
		self->syn.opt.wscale = 1;
		answer_syn(self, NOW);
		step = self->synack.seq;
		self->syn.opt.wscale = 0;
		answer_syn(self, NOW);
		third_ack(self);
		first = self->synack.seq;
		step -= first;
		states = form ? 512 : 256;
		for (state = 0; state < 4 * states; state++) {
			self->ack.ack = first + state * step + 1;
			ASSERT_EQ(state < states, !check(self, NOW));
		}
	}
}

TEST_F(cookie, takes_no_round_trip_from_a_synack_nobody_remembers)
{
	unsigned int form;

	for (form = 0; form < 2; form++) {
		self->syn.opt.has = agreements[7] |
				    (form ? MYTCP_OPT_COOKIE : 0);
		rig_closed();
		ASSERT_EQ(MYTCP_COOKIE_VALID, go(self, NOW, NOW));
		mytcp_open_passive(&rig.tcb, &self->back);
		EXPECT_EQ(agreements[7], rig.tcb.has);
		rig_segment(&self->ack);
		EXPECT_STATE(ESTABLISHED);
		EXPECT_EQ(0, rig.tcb.rtt.srtt_us);
		EXPECT_EQ(rig.cfg.rto_init * MS, rig.tcb.rtt.rto_us);
		mytcp_abort(&rig.tcb, 0);
	}
}

TEST_HARNESS_MAIN

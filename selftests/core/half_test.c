// SPDX-License-Identifier: GPL-2.0
/* LISTEN, and SYN_RECV as the half-open entry a listener keeps. */
#include <kselftest_harness.h>

#include "rig.h"

#define IRS	5000
#define ISS	9000
#define WND	1000

FIXTURE(half)
{
	struct mytcp_half half;
	struct mytcp_segment reply;
	enum mytcp_count why;
};

FIXTURE_SETUP(half)
{
	struct mytcp_segment syn = {
		.seq = IRS, .wnd = 4321, .flags = S, .opt.mss = 1400,
	};

	rig_init();
	rig.now = 7 * SEC;
	self->half.wnd = WND;
	self->half.adv_mss = 1460;
	mytcp_half_init(&self->half, &syn, &rig.cfg,
			mytcp_host_now_ms(), ISS, 536);
	memset(&self->reply, 0xa5, sizeof(self->reply));
}

FIXTURE_TEARDOWN(half)
{
	rig_done();
}

static enum mytcp_verdict input(struct mytcp_half *half, u8 flags, u32 seq,
				u32 ack, u32 len, struct mytcp_segment *reply,
				enum mytcp_count *why)
{
	struct mytcp_segment seg = {
		.seq = seq, .ack = ack, .len = len, .wnd = 100, .flags = flags,
	};

	return mytcp_half_input(half, &rig.cfg, &seg, reply, why);
}

#define INPUT(flags, seq, ack, len)					\
	input(&self->half, flags, seq, ack, len, &self->reply, &self->why)

#define EXPECT_CHALLENGE()						\
do {									\
	EXPECT_EQ(A, self->reply.flags);				\
	EXPECT_EQ(ISS + 1, self->reply.seq);				\
	EXPECT_EQ(IRS + 1, self->reply.ack);				\
	EXPECT_EQ(WND, self->reply.wnd);				\
	EXPECT_EQ(0, self->reply.len);					\
	EXPECT_EQ(0, self->reply.opt.mss);				\
} while (0)

static enum mytcp_verdict listen_input(u8 flags, struct mytcp_segment *reply)
{
	struct mytcp_segment seg = { .seq = 10, .ack = 20, .flags = flags };

	return mytcp_listen_input(&seg, reply);
}

TEST_F(half, a_listener_ignores_a_reset)
{
	EXPECT_EQ(MYTCP_DROP, listen_input(R, &self->reply));
	EXPECT_EQ(MYTCP_DROP, listen_input(R | A, &self->reply));
}

TEST_F(half, a_listener_resets_whatever_acknowledges_something)
{
	static const u8 flags[] = { A, S | A, F | A, P | A };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(MYTCP_REPLY, listen_input(flags[i], &self->reply));
		EXPECT_EQ(R, self->reply.flags);
		EXPECT_EQ(20, self->reply.seq);
	}
}

TEST_F(half, a_listener_opens_for_a_syn)
{
	EXPECT_EQ(MYTCP_OPEN, listen_input(S, &self->reply));
	EXPECT_EQ(MYTCP_OPEN, listen_input(S | P, &self->reply));
}

TEST_F(half, O2_a_listener_opens_for_a_syn_with_payload)
{
	struct mytcp_segment syn = { .seq = 10, .len = 500, .flags = S };

	EXPECT_EQ(MYTCP_OPEN, mytcp_listen_input(&syn, &self->reply));
	mytcp_half_init(&self->half, &syn, &rig.cfg,
			mytcp_host_now_ms(), ISS, 536);
	mytcp_half_synack(&self->half, mytcp_host_now_ms(), &self->reply);
	EXPECT_EQ(11, self->reply.ack);
}

TEST_F(half, O1_the_syn_ack_acknowledges_the_syn_and_names_our_mss)
{
	mytcp_half_synack(&self->half, mytcp_host_now_ms(), &self->reply);
	EXPECT_EQ(S | A, self->reply.flags);
	EXPECT_EQ(ISS, self->reply.seq);
	EXPECT_EQ(IRS + 1, self->reply.ack);
	EXPECT_EQ(WND, self->reply.wnd);
	EXPECT_EQ(0, self->reply.len);
	EXPECT_EQ(1460, self->reply.opt.mss);
}

TEST_F(half, the_entry_remembers_what_the_syn_said)
{
	EXPECT_EQ(IRS, self->half.irs);
	EXPECT_EQ(ISS, self->half.iss);
	EXPECT_EQ(7000, self->half.syn_sent_ms);
	EXPECT_EQ(4321, self->half.peer_wnd);
	EXPECT_EQ(1400, self->half.peer_mss);
	EXPECT_EQ(0, self->half.repeats);
}

TEST_F(half, MUST_15_a_syn_without_mss_means_the_default)
{
	struct mytcp_segment syn = { .seq = IRS, .flags = S };

	mytcp_half_init(&self->half, &syn, &rig.cfg, mytcp_host_now_ms(), ISS,
			MYTCP_MSS_DEFAULT_IP4);
	EXPECT_EQ(536, self->half.peer_mss);
	mytcp_half_init(&self->half, &syn, &rig.cfg, mytcp_host_now_ms(), ISS,
			MYTCP_MSS_DEFAULT_IP6);
	EXPECT_EQ(1220, self->half.peer_mss);
}

TEST_F(half, O7_the_syn_ack_is_repeated_after_1_2_4_8_seconds)
{
	static const u64 seconds[] = { 1, 2, 4, 8, 16, 32, 64, 120, 120 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seconds); i++) {
		self->half.repeats = i;
		EXPECT_EQ(seconds[i] * MYTCP_SEC,
			  mytcp_half_timeout(&self->half, &rig.cfg));
	}
	self->half.repeats = U8_MAX;
	EXPECT_EQ(120 * MYTCP_SEC,
		  mytcp_half_timeout(&self->half, &rig.cfg));
}

TEST_F(half, O7_a_repeated_syn_is_answered_with_the_same_syn_ack)
{
	EXPECT_EQ(MYTCP_REPEAT, INPUT(S, IRS, 0, 0));
	EXPECT_EQ(S | A, self->reply.flags);
	EXPECT_EQ(ISS, self->reply.seq);
	EXPECT_EQ(IRS + 1, self->reply.ack);
	EXPECT_EQ(1460, self->reply.opt.mss);
}

TEST_F(half, O1_the_right_ack_completes_the_handshake)
{
	EXPECT_EQ(MYTCP_OPEN, INPUT(A, IRS + 1, ISS + 1, 0));
}

TEST_F(half, O2_the_third_ack_may_carry_data_or_fin)
{
	EXPECT_EQ(MYTCP_OPEN, INPUT(A | P, IRS + 1, ISS + 1, 500));
	EXPECT_EQ(MYTCP_OPEN, INPUT(A | F, IRS + 1, ISS + 1, 0));
}

TEST_F(half, O8_data_within_the_window_completes_the_handshake_out_of_order)
{
	EXPECT_EQ(MYTCP_OPEN, INPUT(A, IRS + 1 + WND - 1, ISS + 1, 500));
}

TEST_F(half, O1_a_wrong_acknowledgement_number_draws_a_reset)
{
	static const u32 ack[] = { ISS, ISS + 2, ISS - 1, 0, ISS + 0x80000000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ack); i++) {
		EXPECT_EQ(MYTCP_REPLY, INPUT(A, IRS + 1, ack[i], 0));
		EXPECT_EQ(R, self->reply.flags);
		EXPECT_EQ(ack[i], self->reply.seq);
	}
}

TEST_F(half, O9_the_reset_of_a_client_that_never_asked_removes_the_entry)
{
	EXPECT_EQ(MYTCP_RESET, INPUT(R, IRS + 1, 0, 0));
	EXPECT_EQ(MYTCP_RESET, INPUT(R | A, IRS + 1, ISS + 1, 0));
}

TEST_F(half, RFC5961_a_reset_elsewhere_in_the_window_draws_a_challenge)
{
	EXPECT_EQ(MYTCP_REPLY, INPUT(R, IRS + 2, 0, 0));
	EXPECT_CHALLENGE();
	EXPECT_EQ(MYTCP_REPLY, INPUT(R, IRS + WND, 0, 0));
	EXPECT_CHALLENGE();
}

TEST_F(half, RFC5961_a_reset_outside_the_window_is_dropped)
{
	EXPECT_EQ(MYTCP_DROP, INPUT(R, IRS, 0, 0));
	EXPECT_EQ(MYTCP_DROP, INPUT(R, IRS + 1 + WND, 0, 0));
	EXPECT_EQ(MYTCP_DROP, INPUT(R, IRS + 0x80000000, 0, 0));
}

TEST_F(half, a_segment_outside_the_window_is_acknowledged_and_dropped)
{
	EXPECT_EQ(MYTCP_REPLY, INPUT(A, IRS + 1 + WND, ISS + 1, 10));
	EXPECT_CHALLENGE();
	EXPECT_EQ(MYTCP_REPLY, INPUT(A, IRS - 9, ISS + 1, 10));
	EXPECT_CHALLENGE();
}

/* Two entries of different connections would answer each other for ever. */
TEST_F(half, ten_segments_outside_the_window_are_answered_and_no_more)
{
	int i;

	for (i = 0; i < 10; i++) {
		EXPECT_EQ(MYTCP_REPLY, INPUT(A, IRS + 1 + WND, ISS + 1, 0));
		EXPECT_CHALLENGE();
	}
	EXPECT_EQ(MYTCP_DROP, INPUT(A, IRS, ISS + 1, 0));
	EXPECT_EQ(MYTCP_DROP, INPUT(A, IRS + 1 + WND, ISS + 1, 10));
	EXPECT_EQ(MYTCP_OPEN, INPUT(A, IRS + 1, ISS + 1, 0));
}

TEST_F(half, MUST_66_a_reset_counts_at_zero_window)
{
	self->half.wnd = 0;
	EXPECT_EQ(MYTCP_RESET, INPUT(R, IRS + 1, 0, 0));
	EXPECT_EQ(MYTCP_DROP, INPUT(R, IRS + 2, 0, 0));
}

TEST_F(half, at_zero_window_the_bare_ack_completes_the_handshake)
{
	self->half.wnd = 0;
	EXPECT_EQ(MYTCP_OPEN, INPUT(A, IRS + 1, ISS + 1, 0));
}

TEST_F(half, RFC5961_another_syn_in_the_window_draws_a_challenge)
{
	EXPECT_EQ(MYTCP_REPLY, INPUT(S, IRS + 5, 0, 0));
	EXPECT_CHALLENGE();
	EXPECT_EQ(MYTCP_REPLY, INPUT(S | A, IRS + 1, ISS + 1, 0));
	EXPECT_CHALLENGE();
}

TEST_F(half, a_syn_outside_the_window_draws_an_acknowledgement)
{
	EXPECT_EQ(MYTCP_REPLY, INPUT(S, IRS + 0x10000000, 0, 0));
	EXPECT_CHALLENGE();
}

TEST_F(half, nothing_completes_a_handshake_but_an_ack_without_syn_or_reset)
{
	unsigned int flags;

	for (flags = 0; flags < 64; flags++) {
		enum mytcp_verdict verdict;

		if (!mytcp_segment_flags_ok(flags))
			continue;
		verdict = INPUT(flags, IRS + 1, ISS + 1, 0);
		EXPECT_EQ((flags & (A | S | R)) == A, verdict == MYTCP_OPEN)
			TH_LOG("flags 0x%02x: verdict %d", flags, verdict);
	}
}

TEST_F(half, O3_agreed_is_what_the_client_offers_and_the_settings_allow)
{
	struct mytcp_segment syn = {
		.seq = IRS, .flags = S,
		.opt = { .mss = 1400, .wscale = 5, .tsval = 77 },
	};
	u8 offered, allowed;

	for (offered = 0; offered < 8; offered++) {
		for (allowed = 0; allowed < 8; allowed++) {
			syn.opt.has = offered | MYTCP_OPT_COOKIE;
			rig.cfg.window_scaling = allowed & MYTCP_OPT_WSCALE;
			rig.cfg.sack = allowed & MYTCP_OPT_SACK_OK;
			rig.cfg.timestamps = allowed & MYTCP_OPT_TS;
			self->half.rcv_wscale = 9;
			mytcp_half_init(&self->half, &syn, &rig.cfg,
					mytcp_host_now_ms(), ISS, 536);
			mytcp_half_synack(&self->half, mytcp_host_now_ms(),
					  &self->reply);
			EXPECT_EQ(offered & allowed, self->reply.opt.has);
			EXPECT_EQ(offered & allowed & MYTCP_OPT_WSCALE ? 5 : 0,
				  (int)self->half.snd_wscale);
			EXPECT_EQ(offered & allowed & MYTCP_OPT_WSCALE ? 9 : 0,
				  (int)self->half.rcv_wscale);
		}
	}
}

static void offer_all(struct mytcp_half *half)
{
	struct mytcp_segment syn = {
		.seq = IRS, .flags = S, .wnd = 4321,
		.opt = {
			.mss = 1400, .wscale = 200, .tsval = 77,
			.has = MYTCP_OPT_WSCALE | MYTCP_OPT_SACK_OK |
			       MYTCP_OPT_TS,
		},
	};

	half->rcv_wscale = 3;
	half->ts_offset = 10000;
	mytcp_half_init(half, &syn, &rig.cfg, mytcp_host_now_ms(), ISS,
			536);
}

TEST_F(half, the_syn_ack_has_our_clock_and_echo_and_a_window_without_scale)
{
	offer_all(&self->half);
	rig.now += 2500;
	mytcp_half_synack(&self->half, mytcp_host_now_ms(), &self->reply);
	EXPECT_EQ(17002, self->reply.opt.tsval);
	EXPECT_EQ(77, self->reply.opt.tsecr);
	EXPECT_EQ(3, self->reply.opt.wscale);
	EXPECT_EQ(WND, self->reply.wnd);
	EXPECT_EQ(14, (int)self->half.snd_wscale);
}

TEST_F(half, a_repeated_syn_is_echoed_if_it_is_newer)
{
	struct mytcp_segment syn = {
		.seq = IRS, .flags = S,
		.opt = { .has = MYTCP_OPT_TS, .tsval = 1077 },
	};

	offer_all(&self->half);
	EXPECT_EQ(MYTCP_REPEAT, mytcp_half_input(&self->half, &rig.cfg, &syn,
						 &self->reply, &self->why));
	EXPECT_EQ(1077, self->reply.opt.tsecr);
	syn.opt.tsval = 1000;
	mytcp_half_input(&self->half, &rig.cfg, &syn, &self->reply, &self->why);
	EXPECT_EQ(1077, self->reply.opt.tsecr);
}

TEST_F(half, a_challenge_has_a_timestamp_and_a_scaled_window)
{
	offer_all(&self->half);
	EXPECT_EQ(MYTCP_REPLY, INPUT(S, IRS + 5, 0, 0));
	EXPECT_EQ(A, self->reply.flags);
	EXPECT_EQ(MYTCP_OPT_TS, self->reply.opt.has);
	EXPECT_EQ(17000, self->reply.opt.tsval);
	EXPECT_EQ(77, self->reply.opt.tsecr);
	EXPECT_EQ(WND >> 3, self->reply.wnd);
}

TEST_F(half, an_ack_older_than_the_syn_does_not_complete_the_handshake)
{
	struct mytcp_segment ack = {
		.seq = IRS + 1, .ack = ISS + 1, .flags = A,
		.opt = { .has = MYTCP_OPT_TS, .tsval = 76 },
	};

	offer_all(&self->half);
	EXPECT_EQ(MYTCP_REPLY, mytcp_half_input(&self->half, &rig.cfg, &ack,
						&self->reply, &self->why));
	EXPECT_EQ(A, self->reply.flags);
	ack.opt.tsval = 77;
	EXPECT_EQ(MYTCP_OPEN, mytcp_half_input(&self->half, &rig.cfg, &ack,
					       &self->reply, &self->why));
}

TEST_F(half, an_ack_without_the_timestamp_agreed_on_is_dropped)
{
	offer_all(&self->half);
	EXPECT_EQ(MYTCP_DROP, INPUT(A, IRS + 1, ISS + 1, 0));
	/* One of another connection is told so. */
	EXPECT_EQ(MYTCP_REPLY, INPUT(A, IRS + 1, ISS + 2, 0));
	EXPECT_EQ(R, self->reply.flags);
	EXPECT_EQ(MYTCP_RESET, INPUT(R, IRS + 1, 0, 0));
}

TEST_F(half, RFC5961_an_entry_challenges_no_more_often_than_the_limit)
{
	u32 i, limit;

	for (limit = 0; limit <= 12; limit += 3) {
		rig.cfg.challenge_ack_limit = limit;
		offer_all(&self->half);
		for (i = 0; i < limit; i++)
			EXPECT_EQ(MYTCP_REPLY,
				  i % 2 ? INPUT(R, IRS + 2, 0, 0) :
					  INPUT(S, IRS + 5, 0, 0));
		EXPECT_EQ(MYTCP_DROP, INPUT(R, IRS + 2, 0, 0));
		EXPECT_EQ(MYTCP_DROP, INPUT(S, IRS + 5, 0, 0));
		EXPECT_EQ(MYTCP_REPEAT, INPUT(S, IRS, 0, 0));
	}
}

/* Karn: which of the two SYN+ACKs does the ACK answer? */
TEST_F(half, a_syn_ack_sent_twice_for_a_repeated_syn_is_no_round_trip)
{
	INPUT(S, IRS, 0, 0);
	rig.now += 200 * MS;
	mytcp_open_passive(&rig.tcb, &self->half);
	rig_input(A, IRS + 1, ISS + 1, 0);
	EXPECT_STATE(ESTABLISHED);
	EXPECT_EQ(0, rig.tcb.rtt.srtt_us);
	EXPECT_EQ(3 * SEC, rig.tcb.rtt.rto_us);
}

#define STAMP(value)	.opt = { .has = MYTCP_OPT_TS, .tsval = (value) }

TEST_F(half, what_is_wrong_with_a_segment_has_a_counter_the_first_of_several)
{
	static const struct {
		struct mytcp_segment seg;
		enum mytcp_count why;
	} rows[] = {
		{ { .seq = IRS, .flags = R }, MYTCP_COUNT_RX_RESET_IGNORED },
		{ { .seq = IRS + 2, .flags = R }, MYTCP_COUNT_RX_RESET_IGNORED },
		{ { .seq = IRS + 1, .flags = R }, MYTCP_COUNTS },
		{ { .seq = IRS, .flags = A, STAMP(76) }, MYTCP_COUNT_RX_OLD_TIMESTAMP },
		{ { .seq = IRS, .flags = A, STAMP(77) }, MYTCP_COUNT_RX_OUTSIDE_WINDOW },
		{ { .seq = IRS + 1, .flags = S | A, STAMP(77) }, MYTCP_COUNT_RX_UNEXPECTED_SYN },
		{ { .seq = IRS + 1, STAMP(77) }, MYTCP_COUNT_RX_NO_ACK },
		{ { .seq = IRS + 1, .ack = ISS, .flags = A }, MYTCP_COUNT_RX_BAD_ACK },
		{ { .seq = IRS + 1, .ack = ISS + 1, .flags = A }, MYTCP_COUNT_RX_NO_TIMESTAMP },
		{ { .seq = IRS + 1, .ack = ISS + 1, .flags = A, STAMP(77) }, MYTCP_COUNTS },
	};
	unsigned int i;

	offer_all(&self->half);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		mytcp_half_input(&self->half, &rig.cfg, &rows[i].seg, &self->reply,
				 &self->why);
		EXPECT_EQ(rows[i].why, self->why) TH_LOG("row %u", i);
	}
}

/* Nobody knows when the SYN+ACK with the cookie went out, perhaps from elsewhere. */
TEST_F(half, an_entry_that_came_of_a_cookie_has_none_and_no_round_trip)
{
	self->half.has |= MYTCP_OPT_COOKIE;
	self->half.syn_sent_ms = 0;
	mytcp_half_synack(&self->half, mytcp_host_now_ms(), &self->reply);
	EXPECT_EQ(0, self->reply.opt.has & MYTCP_OPT_COOKIE);
	mytcp_open_passive(&rig.tcb, &self->half);
	EXPECT_TRUE(!!rig.tcb.of_cookie);
	rig_input(A, IRS + 1, ISS + 1, 0);
	EXPECT_STATE(ESTABLISHED);
	EXPECT_EQ(0, rig.tcb.rtt.srtt_us);
}

TEST(C14_an_abort_resets_with_the_number_the_client_expects)
{
	struct mytcp_segment syn = { .seq = PEER(0), .flags = S }, reset;
	struct mytcp_half half = { .wnd = RIG_SIZE };
	struct mytcp_config cfg;

	mytcp_config_init(&cfg);
	mytcp_half_init(&half, &syn, &cfg, mytcp_host_now_ms(), RIG_ISS,
			MYTCP_MSS_DEFAULT_IP4);
	mytcp_half_abort(&half, &reset);
	EXPECT_EQ(R | A, reset.flags);
	EXPECT_EQ(US(1), reset.seq);
	EXPECT_EQ(PEER(1), reset.ack);
}

TEST_HARNESS_MAIN

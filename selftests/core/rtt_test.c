// SPDX-License-Identifier: GPL-2.0
/*
 * Round-trip time and time-out. Every expected figure was worked out by hand
 * from the formulas of RFC 6298 section 2.
 */
#include <kselftest_harness.h>

#include "rtt.h"

#define MS	MYTCP_MSEC

FIXTURE(rtt)
{
	struct mytcp_config cfg;
	struct mytcp_rtt rtt;
};

FIXTURE_SETUP(rtt)
{
	mytcp_config_init(&self->cfg);
	mytcp_rtt_init(&self->rtt, &self->cfg);
}

FIXTURE_TEARDOWN(rtt)
{
}

TEST_F(rtt, before_a_sample_the_time_out_is_one_second)
{
	EXPECT_EQ(1000 * MS, mytcp_rtt_rto(&self->rtt, &self->cfg));
	EXPECT_EQ(0, self->rtt.srtt_us);
}

TEST_F(rtt, the_first_sample_sets_the_mean_and_half_of_it_as_deviation)
{
	mytcp_rtt_sample(&self->rtt, &self->cfg, 400 * MS, 1);
	EXPECT_EQ(400 * MS, self->rtt.srtt_us);
	EXPECT_EQ(200 * MS, self->rtt.rttvar_us);
	/* 400 + 4 * 200 */
	EXPECT_EQ(1200 * MS, mytcp_rtt_rto(&self->rtt, &self->cfg));
}

TEST_F(rtt, later_samples_weigh_an_eighth_and_a_quarter)
{
	mytcp_rtt_sample(&self->rtt, &self->cfg, 400 * MS, 1);
	mytcp_rtt_sample(&self->rtt, &self->cfg, 800 * MS, 1);
	/* 3/4 * 200 + 1/4 * |400 - 800|: the deviation uses the old mean */
	EXPECT_EQ(250 * MS, self->rtt.rttvar_us);
	/* 7/8 * 400 + 1/8 * 800 */
	EXPECT_EQ(450 * MS, self->rtt.srtt_us);
	EXPECT_EQ(1450 * MS, mytcp_rtt_rto(&self->rtt, &self->cfg));

	mytcp_rtt_sample(&self->rtt, &self->cfg, 50 * MS, 1);
	/* 3/4 * 250 + 1/4 * 400 = 287.5; 7/8 * 450 + 1/8 * 50 = 400 */
	EXPECT_EQ(287500, self->rtt.rttvar_us);
	EXPECT_EQ(400 * MS, self->rtt.srtt_us);
	EXPECT_EQ(1550 * MS, mytcp_rtt_rto(&self->rtt, &self->cfg));
}

TEST_F(rtt, a_steady_path_shrinks_the_time_out_to_its_floor)
{
	int i;

	for (i = 0; i < 100; i++)
		mytcp_rtt_sample(&self->rtt, &self->cfg, 10 * MS, 1);
	EXPECT_EQ(10 * MS, self->rtt.srtt_us);
	EXPECT_EQ(200 * MS, mytcp_rtt_rto(&self->rtt, &self->cfg));
}

TEST_F(rtt, above_the_floor_the_clock_granularity_is_the_least_added)
{
	int i;

	for (i = 0; i < 200; i++)
		mytcp_rtt_sample(&self->rtt, &self->cfg, 500 * MS, 1);
	/* deviation is next to nothing: 500 ms + G of 4 ms */
	EXPECT_EQ(504 * MS, mytcp_rtt_rto(&self->rtt, &self->cfg));
}

TEST_F(rtt, the_time_out_has_a_ceiling)
{
	mytcp_rtt_sample(&self->rtt, &self->cfg, 100 * MYTCP_SEC, 1);
	EXPECT_EQ(120 * MYTCP_SEC, mytcp_rtt_rto(&self->rtt, &self->cfg));
}

TEST_F(rtt, back_off_doubles_up_to_the_ceiling)
{
	static const u64 seconds[] = { 1, 2, 4, 8, 16, 32, 64, 120, 120 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seconds); i++) {
		self->rtt.backoff = i;
		EXPECT_EQ(seconds[i] * MYTCP_SEC,
			  mytcp_rtt_rto(&self->rtt, &self->cfg));
	}
	self->rtt.backoff = U8_MAX;
	EXPECT_EQ(120 * MYTCP_SEC, mytcp_rtt_rto(&self->rtt, &self->cfg));
}

TEST_F(rtt, a_sample_ends_the_back_off)
{
	self->rtt.backoff = 5;
	mytcp_rtt_sample(&self->rtt, &self->cfg, 400 * MS, 1);
	EXPECT_EQ(1200 * MS, mytcp_rtt_rto(&self->rtt, &self->cfg));
}

TEST_F(rtt, a_sample_of_nothing_or_of_eternity_does_no_harm)
{
	mytcp_rtt_sample(&self->rtt, &self->cfg, 0, 1);
	EXPECT_NE(0, self->rtt.srtt_us);
	EXPECT_EQ(200 * MS, mytcp_rtt_rto(&self->rtt, &self->cfg));
	mytcp_rtt_sample(&self->rtt, &self->cfg, ~0ULL, 1);
	EXPECT_EQ(120 * MYTCP_SEC, mytcp_rtt_rto(&self->rtt, &self->cfg));
	/* 1/8 of the ceiling: a longer one counted as that */
	EXPECT_GE(1, self->rtt.srtt_us - 15 * MYTCP_SEC);
}

TEST_F(rtt, an_estimate_never_returns_to_having_no_sample)
{
	int i;

	for (i = 0; i < 100; i++)
		mytcp_rtt_sample(&self->rtt, &self->cfg, 1, 1);
	EXPECT_NE(0, self->rtt.srtt_us);
}

/* RFC 7323 appendix G. */
TEST_F(rtt, of_many_samples_a_round_trip_each_has_its_share_of_the_weight)
{
	mytcp_rtt_sample(&self->rtt, &self->cfg, 400 * MS, 1);
	mytcp_rtt_sample(&self->rtt, &self->cfg, 800 * MS, 10);
	/* 200 + (400 - 200) / 40, 400 + 400 / 80 */
	EXPECT_EQ(205 * MS, self->rtt.rttvar_us);
	EXPECT_EQ(405 * MS, self->rtt.srtt_us);
}

TEST_F(rtt, however_small_its_share_a_sample_is_not_lost)
{
	int i;

	mytcp_rtt_sample(&self->rtt, &self->cfg, 1000, 1);
	for (i = 0; i < 1000; i++)
		mytcp_rtt_sample(&self->rtt, &self->cfg, 2000, 1000000);
	EXPECT_EQ(2000, self->rtt.srtt_us);
	for (i = 0; i < 1500; i++)
		mytcp_rtt_sample(&self->rtt, &self->cfg, 500, 1000000);
	EXPECT_EQ(500, self->rtt.srtt_us);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* Congestion control by itself: the figures of RFC 5681 and RFC 6928. */
#include <kselftest_harness.h>

#include "cc.h"

#define MSS	1000

FIXTURE(cc)
{
	struct mytcp_cc cc;
};

FIXTURE_SETUP(cc)
{
	mytcp_cc_init(&self->cc, MSS, false);
}

FIXTURE_TEARDOWN(cc)
{
}

TEST_F(cc, RFC6928_the_initial_window_is_ten_segments_or_14600_octets)
{
	EXPECT_EQ(10000, self->cc.cwnd);
	mytcp_cc_init(&self->cc, 1460, false);
	EXPECT_EQ(14600, self->cc.cwnd);
	mytcp_cc_init(&self->cc, 2000, false);
	EXPECT_EQ(14600, self->cc.cwnd);
	mytcp_cc_init(&self->cc, 9000, false);
	EXPECT_EQ(18000, self->cc.cwnd);
	mytcp_cc_init(&self->cc, 48, false);
	EXPECT_EQ(480, self->cc.cwnd);
}

TEST_F(cc, RFC5681_after_a_lost_syn_it_is_one_segment)
{
	mytcp_cc_init(&self->cc, MSS, true);
	EXPECT_EQ(MSS, self->cc.cwnd);
}

TEST_F(cc, slow_start_grows_by_what_was_acknowledged)
{
	mytcp_cc_acked(&self->cc, MSS, 400, true);
	EXPECT_EQ(10400, self->cc.cwnd);
}

TEST_F(cc, slow_start_grows_by_a_segment_for_an_ack_at_most)
{
	mytcp_cc_acked(&self->cc, MSS, 5000, true);
	EXPECT_EQ(11000, self->cc.cwnd);
}

TEST_F(cc, a_window_that_is_not_in_use_does_not_grow)
{
	mytcp_cc_acked(&self->cc, MSS, 1000, false);
	EXPECT_EQ(10000, self->cc.cwnd);
	self->cc.ssthresh = 5000;
	mytcp_cc_acked(&self->cc, MSS, 20000, false);
	EXPECT_EQ(10000, self->cc.cwnd);
}

TEST_F(cc, avoidance_grows_by_a_segment_for_a_window_acknowledged)
{
	int i;

	self->cc.ssthresh = 10000;
	for (i = 0; i < 9; i++)
		mytcp_cc_acked(&self->cc, MSS, MSS, true);
	EXPECT_EQ(10000, self->cc.cwnd);
	mytcp_cc_acked(&self->cc, MSS, MSS, true);
	EXPECT_EQ(11000, self->cc.cwnd);
	for (i = 0; i < 10; i++)
		mytcp_cc_acked(&self->cc, MSS, MSS, true);
	EXPECT_EQ(11000, self->cc.cwnd);
	mytcp_cc_acked(&self->cc, MSS, MSS, true);
	EXPECT_EQ(12000, self->cc.cwnd);
}

TEST_F(cc, fast_retransmit_halves_what_is_in_flight_and_adds_three)
{
	mytcp_cc_loss(&self->cc, MSS, 20000);
	EXPECT_EQ(10000, self->cc.ssthresh);
	EXPECT_EQ(13000, self->cc.cwnd);
}

TEST_F(cc, RFC6582_a_partial_ack_deflates_but_lets_one_segment_go)
{
	self->cc.cwnd = 13000;
	mytcp_cc_partial(&self->cc, MSS, 4000);
	EXPECT_EQ(10000, self->cc.cwnd);
	mytcp_cc_partial(&self->cc, MSS, 500);
	EXPECT_EQ(9500, self->cc.cwnd);
	mytcp_cc_partial(&self->cc, MSS, 1 << 30);
	EXPECT_EQ(2000, self->cc.cwnd);
}

TEST_F(cc, RFC6582_recovery_ends_at_the_threshold_without_a_burst)
{
	self->cc.cwnd = 30000;
	self->cc.ssthresh = 10000;
	mytcp_cc_recovered(&self->cc, MSS, 20000);
	EXPECT_EQ(10000, self->cc.cwnd);
	mytcp_cc_recovered(&self->cc, MSS, 3000);
	EXPECT_EQ(4000, self->cc.cwnd);
	mytcp_cc_recovered(&self->cc, MSS, 0);
	EXPECT_EQ(2000, self->cc.cwnd);
}

TEST_F(cc, the_threshold_is_never_below_two_segments)
{
	mytcp_cc_loss(&self->cc, MSS, 1000);
	EXPECT_EQ(2000, self->cc.ssthresh);
	mytcp_cc_timeout(&self->cc, MSS, 0, false);
	EXPECT_EQ(2000, self->cc.ssthresh);
}

TEST_F(cc, a_time_out_leaves_one_segment_and_half_of_the_flight)
{
	mytcp_cc_timeout(&self->cc, MSS, 20000, false);
	EXPECT_EQ(MSS, self->cc.cwnd);
	EXPECT_EQ(10000, self->cc.ssthresh);
}

TEST_F(cc, a_second_time_out_for_the_same_octets_keeps_the_threshold)
{
	mytcp_cc_timeout(&self->cc, MSS, 20000, false);
	mytcp_cc_timeout(&self->cc, MSS, 1000, true);
	EXPECT_EQ(MSS, self->cc.cwnd);
	EXPECT_EQ(10000, self->cc.ssthresh);
}

TEST_F(cc, after_idling_it_restarts_from_the_initial_window)
{
	self->cc.cwnd = 50000;
	mytcp_cc_idle(&self->cc, MSS);
	EXPECT_EQ(10000, self->cc.cwnd);
	self->cc.cwnd = 3000;
	mytcp_cc_idle(&self->cc, MSS);
	EXPECT_EQ(3000, self->cc.cwnd);
}

TEST_F(cc, it_never_grows_beyond_the_largest_window)
{
	self->cc.cwnd = 1 << 30;
	self->cc.ssthresh = 1U << 31;
	mytcp_cc_acked(&self->cc, MSS, MSS, true);
	EXPECT_EQ(1 << 30, self->cc.cwnd);
	self->cc.ssthresh = 1;
	mytcp_cc_acked(&self->cc, MSS, 1U << 30, true);
	EXPECT_EQ(1 << 30, self->cc.cwnd);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * How long a silent peer is waited for: keepalive, user time-outs, orphans. Times to
 * the tick stand in selftests/core/liveness_test.c.
 */
#include <sys/stat.h>

#include "wire_test.h"

#define RTO_MS	100

/* Room for a timer that comes late; never for one that comes early. */
static bool took(long long since, int ms)
{
	long long passed = now_ms() - since;

	return passed >= ms - 5 && passed < 5 * ms + LIMIT_MS;
}

/* D5 */
TEST_F(wire, a_peer_that_answers_keepalives_is_kept_and_one_that_does_not_is_reset)
{
	long long began;

	wire_open(self->w);
	opt_set(self->w->fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	opt_set(self->w->fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	opt_set(self->w->fd, IPPROTO_TCP, TCP_KEEPCNT, 1);
	began = now_ms();
	opt_set(self->w->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	wire_expect(self->w, ACK, .seq = 0, .ack = 1);
	EXPECT_TRUE(took(began, 1000));
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	began = now_ms();
	wire_expect(self->w, ACK, .seq = 0, .ack = 1);
	EXPECT_TRUE(took(began, 1000));
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	wire_expect_reset(self->w, 1);
	EXPECT_TRUE(took(began, 2000));
	EXPECT_EQ(ETIMEDOUT, app_error(self->w));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, keepalive_goes_by_the_settings_and_the_listeners_options)
{
	int i;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's settings are seconds");
	wire_set(self->w, "keepalive_time", 300);
	wire_set(self->w, "keepalive_intvl", 100);
	wire_set(self->w, "keepalive_probes", 3);
	app_socket(self->w);
	opt_set(self->w->listener, SOL_SOCKET, SO_KEEPALIVE, 1);
	app_listen(self->w);
	wire_open(self->w);
	for (i = 0; i < 3; i++)
		wire_expect(self->w, ACK, .seq = 0, .ack = 1);
	EXPECT_EQ(3, wire_counter(self->w, "Keepalives"));
	wire_expect_reset(self->w, 1);
	EXPECT_EQ(ETIMEDOUT, app_error(self->w));
	EXPECT_EQ(1, wire_counter(self->w, "AbortOnTimeout"));
}

/* Not while a younger connection, which was asked to, probes its peer to the end. */
TEST_F(wire, nothing_is_sent_to_an_idle_peer_unasked)
{
	struct wire younger;
	int i;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's settings are seconds");
	wire_set(self->w, "keepalive_time", 1);
	wire_set(self->w, "keepalive_intvl", 1);
	wire_set(self->w, "keepalive_probes", 3);
	wire_open(self->w);
	younger = *self->w;
	wire_anew(&younger);
	wire_open(&younger);
	opt_set(younger.fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	for (i = 0; i < 3; i++)
		wire_expect(&younger, ACK, .seq = 0, .ack = 1);
	wire_expect_reset(&younger, 1);
	wire_silent(self->w);
}

/* MUST-21 */
TEST_F(wire, the_users_time_out_ends_a_connection_whose_octets_stay_unacknowledged)
{
	long long began;

	wire_rto_min(self->w, RTO_MS);
	wire_open(self->w);
	self->w->skip_repeats = true;
	opt_set(self->w->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 700);
	began = now_ms();
	app_send(self->w, 100);
	EXPECT_EQ(ETIMEDOUT, app_error(self->w));
	EXPECT_TRUE(took(began, 700));
	EXPECT_STREQ("CLOSED", wire_state(self->w));
}

TEST_F(wire, so_it_does_where_a_window_stays_closed_though_probes_are_answered)
{
	long long began;
	struct segment seg;

	wire_rto_min(self->w, RTO_MS);
	wire_open(self->w);
	opt_set(self->w->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 700);
	self->w->wnd = 0;
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	began = now_ms();
	app_send(self->w, 100);
	while (!(poll_now(self->w->fd, 0) & (POLLERR | POLLHUP)) &&
	       now_ms() < began + LIMIT_MS)
		if (wire_poll(self->w, &seg))
			wire_send(self->w, ACK, .seq = 1, .ack = 1);
		else
			usleep(1000);
	EXPECT_EQ(ETIMEDOUT, app_error(self->w));
	EXPECT_TRUE(took(began, 700));
}

TEST_F(wire, so_it_does_where_connect_gets_no_answer)
{
	long long began;

	wire_quick_syn(self->w);
	self->w->fd = sock_new(self->w->f);
	self->w->skip_repeats = true;
	opt_set(self->w->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1200);
	began = now_ms();
	app_connect(self->w);
	EXPECT_EQ(ETIMEDOUT, app_error(self->w));
	EXPECT_TRUE(took(began, 1200));
}

/* C15 */
TEST_F(wire, an_orphan_whose_window_stays_closed_is_given_up_though_probes_are_answered)
{
	struct segment seg;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP tells the peer nothing");
	wire_set(self->w, "orphan_retries", 2);
	wire_rto_min(self->w, RTO_MS);
	wire_open(self->w);
	self->w->wnd = 0;
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_send(self->w, 100);
	close(self->w->fd);
	while ((seg = wire_any(self->w)).flags == ACK)
		wire_send(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(RST | ACK, seg.flags);
	EXPECT_EQ(1, seg.seq);
	EXPECT_EQ(0, wire_entries(self->w, NULL));
	EXPECT_EQ(0, wire_counter(self->w, "Orphans"));
}

TEST_F(wire, above_max_orphans_close_resets)
{
	if (!is_mytcp(self->w))
		SKIP(return, "TCP's limit is the machine's");
	wire_set(self->w, "max_orphans", 1);
	wire_open(self->w);
	close(self->w->fd);
	wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(1, wire_counter(self->w, "Orphans"));
	EXPECT_EQ(0, wire_counter(self->w, "AbortOnOrphans"));

	wire_anew(self->w);
	self->w->skip_others = true;
	wire_open(self->w);
	close(self->w->fd);
	wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_reset(self->w, 2);
	EXPECT_EQ(1, wire_counter(self->w, "Orphans"));
	EXPECT_EQ(1, wire_counter(self->w, "AbortOnOrphans"));
}

/* C6 */
TEST_F(wire, fin_wait2_of_a_closed_socket_is_an_entry_and_no_socket)
{
	if (!is_mytcp(self->w))
		SKIP(return, "MyTCP's gauges");
	wire_open(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(1, wire_counter(self->w, "Orphans"));
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
	EXPECT_EQ(1, wire_counter(self->w, "FinWait2"));
	EXPECT_EQ(0, wire_counter(self->w, "Sockets"));
	EXPECT_EQ(0, wire_counter(self->w, "Orphans"));

	wire_send(self->w, ACK, .seq = 0, .ack = 2);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 1);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_STREQ("TIME_WAIT", wire_state(self->w));
	EXPECT_EQ(0, wire_counter(self->w, "FinWait2"));
	EXPECT_EQ(1, wire_counter(self->w, "TimeWait"));
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
}

TEST_F(wire, a_reset_ends_fin_wait2_of_a_closed_socket)
{
	wire_open(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
	wire_send(self->w, RST, .seq = 1);
	EXPECT_EQ(0, wire_entries(self->w, NULL));
	if (is_mytcp(self->w))
		EXPECT_EQ(0, wire_counter(self->w, "TimeWaitEnds"));
}

TEST_F(wire, fin_wait2_of_a_closed_socket_lasts_as_long_as_linger2_says)
{
	long long began;

	wire_open(self->w);
	opt_set(self->w->fd, IPPROTO_TCP, TCP_LINGER2, 1);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	began = now_ms();
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
	EXPECT_TRUE(wait_for(!wire_entries(self->w, NULL)));
	EXPECT_TRUE(took(began, 1000));
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(self->w, RST, .seq = 2);
}

TEST_F(wire, a_short_linger2_does_not_wait_for_a_longer)
{
	int seconds[] = { 0, 120, 1 };
	long long began;
	size_t i;

	if (!is_mytcp(self->w))
		SKIP(return, "MyTCP's gauges");
	wire_set(self->w, "fin_timeout", 60000);
	for (i = 0; i < ARRAY_SIZE(seconds); i++) {
		wire_anew(self->w);
		wire_open(self->w);
		opt_set(self->w->fd, IPPROTO_TCP, TCP_LINGER2, seconds[i]);
		close(self->w->fd);
		wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
		began = now_ms();
		wire_send(self->w, ACK, .seq = 1, .ack = 2);
		EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
	}
	EXPECT_EQ(3, wire_counter(self->w, "FinWait2"));
	EXPECT_EQ(0, wire_counter(self->w, "Sockets"));
	EXPECT_TRUE(wait_for(!wire_entries(self->w, NULL)));
	EXPECT_TRUE(took(began, 1000));
	EXPECT_EQ(2, wire_counter(self->w, "FinWait2"));
}

TEST_F(wire, with_linger2_below_0_close_in_fin_wait2_resets)
{
	wire_open(self->w);
	opt_set(self->w->fd, IPPROTO_TCP, TCP_LINGER2, -1);
	shutdown(self->w->fd, SHUT_WR);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	EXPECT_STREQ("FIN_WAIT2", wire_state(self->w));
	close(self->w->fd);
	wire_expect_reset(self->w, 2);
	EXPECT_EQ(0, wire_entries(self->w, NULL));
}

/* C10 */
TEST_F(wire, close_wait_of_a_process_that_never_closes_shows_its_owner)
{
	char line[256], want[64];
	bool found = false;
	struct stat st;
	FILE *file;

	if (!is_mytcp(self->w))
		SKIP(return, "MyTCP's table");
	app_listen(self->w);
	if (seteuid(1234))
		die("seteuid");
	wire_open(self->w);
	if (seteuid(0))
		die("seteuid");
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect(self->w, ACK, .seq = 1, .ack = 2);
	ASSERT_EQ(0, fstat(self->w->fd, &st));
	snprintf(want, sizeof(want), " %5u %lu\n", 1234, st.st_ino);
	file = fopen("/proc/net/mytcp", "r");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file))
		found |= strstr(line, " CLOSE_WAIT ") && strstr(line, want);
	fclose(file);
	EXPECT_TRUE(found) TH_LOG("no CLOSE_WAIT with%s", want);
}

TEST_HARNESS_MAIN

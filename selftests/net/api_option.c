// SPDX-License-Identifier: GPL-2.0
/* setsockopt() and getsockopt(): values, extremes, lengths, what a child inherits, TCP_INFO. */
#include "api.h"

static int try_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

TEST_F(api, a_socket_tells_what_it_is)
{
	int fd = sock_new(self->f), listener = sock_listening(self->f, 1);

	EXPECT_EQ(SOCK_STREAM, opt_get(fd, SOL_SOCKET, SO_TYPE));
	EXPECT_EQ(self->f->af, opt_get(fd, SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(self->f->wire, opt_get(fd, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(0, opt_get(fd, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(1, opt_get(listener, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_ERRNO(ENOPROTOOPT, try_set(fd, SOL_SOCKET, SO_TYPE, 1));
	EXPECT_ERRNO(ENOPROTOOPT, try_set(fd, SOL_SOCKET, SO_ERROR, 1));
}

struct range {
	const char *name;
	int level, option, by_default, low, high;
};

/* low and high are taken and told again; one beyond either is EINVAL. */
static const struct range ranges[] = {
	{ "TCP_MAXSEG", SOL_TCP, TCP_MAXSEG, -1, 88, 32767 },
	{ "TCP_SYNCNT", SOL_TCP, TCP_SYNCNT, -1, 1, 127 },
	{ "TCP_KEEPIDLE", SOL_TCP, TCP_KEEPIDLE, 7200, 1, 32767 },
	{ "TCP_KEEPINTVL", SOL_TCP, TCP_KEEPINTVL, 75, 1, 32767 },
	{ "TCP_KEEPCNT", SOL_TCP, TCP_KEEPCNT, 9, 1, 127 },
};

TEST_F(api, numbers_are_taken_within_their_range_and_refused_beyond)
{
	const struct range *r;
	int fd = sock_new(self->f), before;

	for (r = ranges; r < ranges + ARRAY_SIZE(ranges); r++) {
		before = opt_get(fd, r->level, r->option);
		if (r->by_default >= 0)
			EXPECT_EQ(r->by_default, before) TH_LOG("%s", r->name);
		EXPECT_ERRNO(EINVAL, try_set(fd, r->level, r->option, r->low - 1));
		EXPECT_ERRNO(EINVAL, try_set(fd, r->level, r->option, r->high + 1));
		EXPECT_ERRNO(EINVAL, try_set(fd, r->level, r->option, -1));
		EXPECT_EQ(before, opt_get(fd, r->level, r->option)) TH_LOG("%s", r->name);
		EXPECT_EQ(0, try_set(fd, r->level, r->option, r->low)) TH_LOG("%s", r->name);
		if (r->option != TCP_MAXSEG)
			EXPECT_EQ(r->low, opt_get(fd, r->level, r->option)) TH_LOG("%s", r->name);
		EXPECT_EQ(0, try_set(fd, r->level, r->option, r->high)) TH_LOG("%s", r->name);
		if (r->option != TCP_MAXSEG)
			EXPECT_EQ(r->high, opt_get(fd, r->level, r->option)) TH_LOG("%s", r->name);
	}
}

struct flag {
	const char *name;
	int level, option, by_default;
};

static const struct flag flags[] = {
	{ "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 0 },
	{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 0 },
	{ "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 0 },
	{ "TCP_NODELAY", SOL_TCP, TCP_NODELAY, 0 },
	{ "TCP_CORK", SOL_TCP, TCP_CORK, 0 },
};

TEST_F(api, flags_are_off_turn_on_with_any_number_and_off_again)
{
	const struct flag *o;
	int fd = sock_new(self->f);

	for (o = flags; o < flags + ARRAY_SIZE(flags); o++) {
		EXPECT_EQ(o->by_default, opt_get(fd, o->level, o->option)) TH_LOG("%s", o->name);
		EXPECT_EQ(0, try_set(fd, o->level, o->option, 1)) TH_LOG("%s", o->name);
		EXPECT_NE(0, opt_get(fd, o->level, o->option)) TH_LOG("%s", o->name);
		EXPECT_EQ(0, try_set(fd, o->level, o->option, 0)) TH_LOG("%s", o->name);
		EXPECT_EQ(0, opt_get(fd, o->level, o->option)) TH_LOG("%s", o->name);
		EXPECT_EQ(0, try_set(fd, o->level, o->option, -77)) TH_LOG("%s", o->name);
		EXPECT_NE(0, opt_get(fd, o->level, o->option)) TH_LOG("%s", o->name);
	}
}

TEST_F(api, buffers_are_doubled_and_kept_within_their_bounds)
{
	int fd = sock_new(self->f);

	opt_set(fd, SOL_SOCKET, SO_SNDBUF, 50000);
	EXPECT_EQ(100000, opt_get(fd, SOL_SOCKET, SO_SNDBUF));
	opt_set(fd, SOL_SOCKET, SO_RCVBUF, 50000);
	EXPECT_EQ(100000, opt_get(fd, SOL_SOCKET, SO_RCVBUF));
	opt_set(fd, SOL_SOCKET, SO_SNDBUF, 0);
	EXPECT_LE(4096, opt_get(fd, SOL_SOCKET, SO_SNDBUF));
	opt_set(fd, SOL_SOCKET, SO_RCVBUF, 0);
	EXPECT_LE(2048, opt_get(fd, SOL_SOCKET, SO_RCVBUF));
	opt_set(fd, SOL_SOCKET, SO_SNDBUF, 0x7fffffff);
	EXPECT_GE(64 << 20, opt_get(fd, SOL_SOCKET, SO_SNDBUF));
	opt_set(fd, SOL_SOCKET, SO_RCVBUF, -1);
	EXPECT_GE(64 << 20, opt_get(fd, SOL_SOCKET, SO_RCVBUF));
}

TEST_F(api, buffers_begin_as_the_settings_say)
{
	int fd = sock_new(self->f);
	const char *prefix = self->f->domain == AF_MYTCP ? "" : "tcp_";
	char name[32];

	snprintf(name, sizeof(name), "%swmem", prefix);
	EXPECT_EQ(sysctl_get(self->f, name, 1), opt_get(fd, SOL_SOCKET, SO_SNDBUF));
	snprintf(name, sizeof(name), "%srmem", prefix);
	EXPECT_EQ(sysctl_get(self->f, name, 1), opt_get(fd, SOL_SOCKET, SO_RCVBUF));
}

TEST_F(api, linger_is_told_as_it_was_set)
{
	struct linger set = { 1, 77 }, seen = { -1, -1 };
	socklen_t len = sizeof(seen);
	int fd = sock_new(self->f);

	EXPECT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_LINGER, &seen, &len));
	EXPECT_EQ(0, seen.l_onoff);
	EXPECT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_LINGER, &set, sizeof(set)));
	EXPECT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_LINGER, &seen, &len));
	EXPECT_EQ(1, seen.l_onoff);
	EXPECT_EQ(77, seen.l_linger);
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_SOCKET, SO_LINGER, &set, sizeof(set) - 1));
}

TEST_F(api, times_out_of_their_range_are_refused)
{
	struct timeval tv = { 0, 1000000 }, seen;
	socklen_t len = sizeof(seen);
	int fd = sock_new(self->f);

	EXPECT_ERRNO(EDOM, setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_ERRNO(EDOM, setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	opt_set_timeout(fd, SO_RCVTIMEO, 12000);
	EXPECT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &seen, &len));
	EXPECT_EQ(12, seen.tv_sec);
}

TEST_F(api, user_timeout_is_milliseconds_and_not_negative)
{
	int fd = sock_new(self->f);

	EXPECT_EQ(0, opt_get(fd, SOL_TCP, TCP_USER_TIMEOUT));
	EXPECT_EQ(0, try_set(fd, SOL_TCP, TCP_USER_TIMEOUT, 0x7fffffff));
	EXPECT_EQ(0x7fffffff, opt_get(fd, SOL_TCP, TCP_USER_TIMEOUT));
	EXPECT_ERRNO(EINVAL, try_set(fd, SOL_TCP, TCP_USER_TIMEOUT, -1));
	EXPECT_EQ(0, try_set(fd, SOL_TCP, TCP_USER_TIMEOUT, 0));
}

TEST_F(api, linger2_is_seconds_capped_and_negative_means_none)
{
	int fd = sock_new(self->f);

	EXPECT_EQ(60, opt_get(fd, SOL_TCP, TCP_LINGER2));
	EXPECT_EQ(0, try_set(fd, SOL_TCP, TCP_LINGER2, 7));
	EXPECT_EQ(7, opt_get(fd, SOL_TCP, TCP_LINGER2));
	EXPECT_EQ(0, try_set(fd, SOL_TCP, TCP_LINGER2, 100000));
	EXPECT_EQ(120, opt_get(fd, SOL_TCP, TCP_LINGER2));
	EXPECT_EQ(0, try_set(fd, SOL_TCP, TCP_LINGER2, -5));
	EXPECT_EQ(-1, opt_get(fd, SOL_TCP, TCP_LINGER2));
}

TEST_F(api, quickack_and_defer_accept_are_taken)
{
	int fd = sock_new(self->f);

	EXPECT_EQ(0, try_set(fd, SOL_TCP, TCP_QUICKACK, 1));
	EXPECT_EQ(1, opt_get(fd, SOL_TCP, TCP_QUICKACK));
	EXPECT_EQ(0, try_set(fd, SOL_TCP, TCP_QUICKACK, 0));
	EXPECT_EQ(0, opt_get(fd, SOL_TCP, TCP_QUICKACK));
	EXPECT_EQ(0, opt_get(fd, SOL_TCP, TCP_DEFER_ACCEPT));
	EXPECT_EQ(0, try_set(fd, SOL_TCP, TCP_DEFER_ACCEPT, 1));
	EXPECT_EQ(1, opt_get(fd, SOL_TCP, TCP_DEFER_ACCEPT));
}

TEST_F(api, maxseg_bounds_the_segments_sent_and_asked_for)
{
	int fd[2], listener = sock_listening(self->f, 1);
	struct addr a = addr_local(listener);

	fd[0] = sock_new(self->f);
	opt_set(fd[0], SOL_TCP, TCP_MAXSEG, 600);
	ASSERT_EQ(0, try_connect(fd[0], &a));
	fd[1] = accept(listener, NULL, NULL);
	/* Options that each segment carries take their part of it. */
	EXPECT_GE(600, sock_info(fd[0]).tcpi_snd_mss);
	EXPECT_GE(600, sock_info(fd[1]).tcpi_snd_mss);
	EXPECT_LE(560, sock_info(fd[0]).tcpi_snd_mss);
	EXPECT_LE(560, sock_info(fd[1]).tcpi_snd_mss);
	send_pattern(fd[0], 20000);
	recv_pattern(fd[1], 20000);
}

TEST_F(api, type_of_service_and_time_to_live_can_be_set)
{
	int fd = sock_new(self->f);

	if (self->f->af == AF_INET) {
		EXPECT_EQ(0, try_set(fd, SOL_IP, IP_TOS, 0x10));
		EXPECT_EQ(0x10, opt_get(fd, SOL_IP, IP_TOS));
		EXPECT_EQ(0, try_set(fd, SOL_IP, IP_TTL, 1));
		EXPECT_EQ(1, opt_get(fd, SOL_IP, IP_TTL));
		EXPECT_EQ(0, try_set(fd, SOL_IP, IP_TTL, 255));
		EXPECT_ERRNO(EINVAL, try_set(fd, SOL_IP, IP_TTL, 0));
		EXPECT_ERRNO(EINVAL, try_set(fd, SOL_IP, IP_TTL, 256));
	} else {
		EXPECT_EQ(0, try_set(fd, SOL_IPV6, IPV6_TCLASS, 0x10));
		EXPECT_EQ(0x10, opt_get(fd, SOL_IPV6, IPV6_TCLASS));
		EXPECT_EQ(0, try_set(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 1));
		EXPECT_EQ(1, opt_get(fd, SOL_IPV6, IPV6_UNICAST_HOPS));
		EXPECT_EQ(0, try_set(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 255));
		EXPECT_ERRNO(EINVAL, try_set(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 256));
	}
}

TEST_F(api, v6only_belongs_to_ipv6_before_bind)
{
	struct addr a = addr_loopback(self->f, 4321);
	int fd = sock_new(self->f);

	if (self->f->af == AF_INET) {
		EXPECT_ERRNO(ENOPROTOOPT, try_set(fd, SOL_IPV6, IPV6_V6ONLY, 1));
		return;
	}
	EXPECT_EQ(0, opt_get(fd, SOL_IPV6, IPV6_V6ONLY));
	EXPECT_EQ(0, try_set(fd, SOL_IPV6, IPV6_V6ONLY, 1));
	EXPECT_EQ(1, opt_get(fd, SOL_IPV6, IPV6_V6ONLY));
	ASSERT_EQ(0, try_bind(fd, &a));
	EXPECT_ERRNO(EINVAL, try_set(fd, SOL_IPV6, IPV6_V6ONLY, 0));
}

TEST_F(api, unknown_options_and_levels_are_refused)
{
	int fd = sock_new(self->f), value = 1;
	socklen_t len = sizeof(value);

	EXPECT_ERRNO(ENOPROTOOPT, try_set(fd, SOL_TCP, 9999, 1));
	EXPECT_ERRNO(ENOPROTOOPT, getsockopt(fd, SOL_TCP, 9999, &value, &len));
	EXPECT_ERRNO(ENOPROTOOPT, try_set(fd, SOL_SOCKET, 9999, 1));
	EXPECT_ERRNO(ENOPROTOOPT, getsockopt(fd, SOL_SOCKET, 9999, &value, &len));
	EXPECT_ERRNO(ENOPROTOOPT, try_set(fd, 9999, 1, 1));
	EXPECT_ERRNO(self->f->af == AF_INET ? EOPNOTSUPP : ENOPROTOOPT,
		     getsockopt(fd, 9999, 1, &value, &len));
}

TEST_F(api, a_value_too_short_or_out_of_reach_is_refused)
{
	int fd = sock_new(self->f), one = 1;

	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, 3));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, 0));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, 3));
	EXPECT_ERRNO(EFAULT, setsockopt(fd, SOL_TCP, TCP_NODELAY, (void *)8, 4));
	EXPECT_ERRNO(EFAULT, setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, (void *)8, 4));
	EXPECT_EQ(0, opt_get(fd, SOL_TCP, TCP_NODELAY));
	EXPECT_EQ(0, opt_get(fd, SOL_SOCKET, SO_KEEPALIVE));
	/* Longer than needed is taken. */
	EXPECT_EQ(0, setsockopt(fd, SOL_TCP, TCP_NODELAY, (int[]){ 1, 0 }, 8));
	EXPECT_EQ(1, opt_get(fd, SOL_TCP, TCP_NODELAY));
}

TEST_F(api, getsockopt_cuts_the_value_to_the_room_given)
{
	unsigned char room[8] = { 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa };
	int fd = sock_new(self->f);
	socklen_t len = 2;

	opt_set(fd, SOL_TCP, TCP_USER_TIMEOUT, 0x01020304);
	EXPECT_EQ(0, getsockopt(fd, SOL_TCP, TCP_USER_TIMEOUT, room, &len));
	EXPECT_EQ(2, len);
	EXPECT_EQ(0xaa, room[2]);
	len = 8;
	EXPECT_EQ(0, getsockopt(fd, SOL_TCP, TCP_USER_TIMEOUT, room, &len));
	EXPECT_EQ(4, len);
	EXPECT_EQ(0xaa, room[4]);
	len = -1;
	EXPECT_ERRNO(EINVAL, getsockopt(fd, SOL_TCP, TCP_USER_TIMEOUT, room, &len));
	len = 8;
	EXPECT_ERRNO(EFAULT, getsockopt(fd, SOL_TCP, TCP_USER_TIMEOUT, (void *)8, &len));
	EXPECT_ERRNO(EFAULT, getsockopt(fd, SOL_TCP, TCP_USER_TIMEOUT, room, (void *)8));
}

TEST_F(api, an_accepted_socket_inherits_from_its_listener)
{
	int listener = sock_new(self->f), fd;
	struct addr a = addr_loopback(self->f, 0);

	opt_set(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
	opt_set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
	opt_set(listener, SOL_SOCKET, SO_RCVBUF, 30000);
	opt_set(listener, SOL_SOCKET, SO_SNDBUF, 40000);
	opt_set(listener, SOL_TCP, TCP_NODELAY, 1);
	opt_set(listener, SOL_TCP, TCP_KEEPIDLE, 111);
	opt_set(listener, SOL_TCP, TCP_USER_TIMEOUT, 222);
	ASSERT_EQ(0, try_bind(listener, &a));
	ASSERT_EQ(0, listen(listener, 1));
	sock_connected(self->f, listener);
	fd = accept(listener, NULL, NULL);
	EXPECT_EQ(1, opt_get(fd, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_EQ(1, opt_get(fd, SOL_SOCKET, SO_REUSEADDR));
	EXPECT_EQ(60000, opt_get(fd, SOL_SOCKET, SO_RCVBUF));
	EXPECT_EQ(80000, opt_get(fd, SOL_SOCKET, SO_SNDBUF));
	EXPECT_EQ(1, opt_get(fd, SOL_TCP, TCP_NODELAY));
	EXPECT_EQ(111, opt_get(fd, SOL_TCP, TCP_KEEPIDLE));
	EXPECT_EQ(222, opt_get(fd, SOL_TCP, TCP_USER_TIMEOUT));
	EXPECT_EQ(0, opt_get(fd, SOL_SOCKET, SO_ACCEPTCONN));
}

TEST_F(api, binding_to_a_device_is_obeyed)
{
	int listener = sock_new(self->f), fd = sock_new(self->f);
	struct addr a = addr_loopback(self->f, 0);

	ASSERT_EQ(0, setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	EXPECT_ERRNO(ENODEV, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "none", 5));
	ASSERT_EQ(0, try_bind(listener, &a));
	ASSERT_EQ(0, listen(listener, 1));
	sock_connected(self->f, listener);
	EXPECT_LE(0, accept(listener, NULL, NULL));
}

TEST_F(api, tcp_info_follows_the_state)
{
	int listener = sock_listening(self->f, 1), fd[2];

	EXPECT_EQ(TCP_LISTEN, sock_info(listener).tcpi_state);
	EXPECT_EQ(TCP_CLOSE, sock_info(sock_new(self->f)).tcpi_state);
	fd[0] = sock_connected(self->f, listener);
	fd[1] = accept(listener, NULL, NULL);
	EXPECT_EQ(TCP_ESTABLISHED, sock_info(fd[0]).tcpi_state);
	EXPECT_EQ(TCP_ESTABLISHED, sock_info(fd[1]).tcpi_state);
	shutdown(fd[0], SHUT_WR);
	EXPECT_TRUE(wait_for(sock_info(fd[0]).tcpi_state == TCP_FIN_WAIT2));
	EXPECT_EQ(TCP_CLOSE_WAIT, sock_info(fd[1]).tcpi_state);
}

TEST_F(api, tcp_info_tells_segment_sizes_windows_and_times)
{
	struct tcp_info info;
	int fd[2];

	sock_pair(self->f, fd);
	send_pattern(fd[0], 5000);
	recv_pattern(fd[1], 5000);
	ASSERT_TRUE(wait_for(!queued_out(fd[0])));
	info = sock_info(fd[0]);
	/* Loopback carries 65536 bytes at once; 16-bit fields and options take some. */
	EXPECT_LE(30000, info.tcpi_snd_mss);
	EXPECT_GE(65535, info.tcpi_snd_mss);
	EXPECT_LE(536, info.tcpi_rcv_mss);
	EXPECT_EQ(0, info.tcpi_unacked);
	EXPECT_EQ(0, info.tcpi_retransmits);
	EXPECT_LE(1, info.tcpi_snd_cwnd);
	EXPECT_LE(1, info.tcpi_rtt);
	EXPECT_LE(200000, info.tcpi_rto);
	EXPECT_GE(120000000, info.tcpi_rto);
	EXPECT_LE(1, info.tcpi_pmtu);
}

TEST_F(api, tcp_info_fills_what_room_there_is)
{
	unsigned char room[16];
	socklen_t len = 1;
	int fd[2];

	sock_pair(self->f, fd);
	memset(room, 0xaa, sizeof(room));
	EXPECT_EQ(0, getsockopt(fd[0], SOL_TCP, TCP_INFO, room, &len));
	EXPECT_EQ(1, len);
	EXPECT_EQ(TCP_ESTABLISHED, room[0]);
	EXPECT_EQ(0xaa, room[1]);
}

TEST_HARNESS_MAIN

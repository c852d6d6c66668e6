// SPDX-License-Identifier: GPL-2.0
/* bind(): addresses, ports, who may have them and when. */
#include "api.h"

/* RFC 2133's sockaddr_in6, which ends before sin6_scope_id. */
#define SIN6_LEN_RFC2133	24

static bool port_in_range(const struct family *f, int port)
{
	return port >= sysctl_get(f, "ip_local_port_range", 0) &&
	       port <= sysctl_get(f, "ip_local_port_range", 1);
}

/* Binds a new socket with or without SO_REUSEADDR; 0 or the errno. */
static int bind_error(const struct family *f, const struct addr *a, int reuse)
{
	int fd = sock_new(f);
	int err = 0;

	opt_set(fd, SOL_SOCKET, SO_REUSEADDR, reuse);
	if (try_bind(fd, a))
		err = errno;
	close(fd);
	return err;
}

TEST_F(api, a_given_address_and_port_are_what_getsockname_tells)
{
	struct addr a = addr_loopback(self->f, 4321), seen;
	int fd = sock_bound(self->f, &a);

	seen = addr_local(fd);
	EXPECT_TRUE(addr_equal(&a, &seen));
}

TEST_F(api, the_any_address_keeps_its_port)
{
	struct addr a = addr_any(self->f, 4321), seen;
	int fd = sock_bound(self->f, &a);

	seen = addr_local(fd);
	EXPECT_TRUE(addr_equal(&a, &seen));
}

TEST_F(api, an_unbound_socket_has_the_any_address_and_no_port)
{
	struct addr a = addr_any(self->f, 0), seen;
	int fd = sock_new(self->f);

	seen = addr_local(fd);
	EXPECT_TRUE(addr_equal(&a, &seen));
}

TEST_F(api, port_zero_gives_a_free_port_within_the_range)
{
	struct addr a = addr_loopback(self->f, 0), seen;
	int ports[50], i, j;

	for (i = 0; i < 50; i++) {
		seen = addr_local(sock_bound(self->f, &a));
		ports[i] = addr_port(&seen);
		EXPECT_TRUE(port_in_range(self->f, ports[i])) TH_LOG("port %d", ports[i]);
		for (j = 0; j < i; j++)
			EXPECT_NE(ports[j], ports[i]);
	}
}

TEST_F(api, ports_given_for_port_zero_do_not_follow_one_another)
{
	struct addr a = addr_loopback(self->f, 0), seen;
	int last = 0, port, i, neighbours = 0;

	for (i = 0; i < 20; i++) {
		seen = addr_local(sock_bound(self->f, &a));
		port = addr_port(&seen);
		if (abs(port - last) <= 2)
			neighbours++;
		last = port;
	}
	EXPECT_GT(5, neighbours);
}

TEST_F(api, port_zero_fails_when_the_whole_range_is_taken)
{
	struct addr a = addr_loopback(self->f, 0);
	int i, fd;

	sysctl_set(self->f, "ip_local_port_range", "5000 5007");
	for (i = 0; i < 8; i++)
		sock_bound(self->f, &a);
	fd = sock_new(self->f);
	EXPECT_ERRNO(EADDRINUSE, try_bind(fd, &a));
}

TEST_F(api, connect_without_bind_takes_a_port_within_the_range)
{
	struct addr seen, peer;
	int fd[2];

	sock_pair(self->f, fd);
	seen = addr_local(fd[0]);
	peer = addr_peer(fd[1]);
	EXPECT_TRUE(port_in_range(self->f, addr_port(&seen)));
	EXPECT_TRUE(addr_equal(&seen, &peer));
}

TEST_F(api, listen_without_bind_takes_a_port_within_the_range)
{
	struct addr seen, any;
	int fd = sock_new(self->f);

	ASSERT_EQ(0, listen(fd, 1));
	seen = addr_local(fd);
	any = addr_any(self->f, addr_port(&seen));
	EXPECT_TRUE(port_in_range(self->f, addr_port(&seen)));
	EXPECT_TRUE(addr_equal(&any, &seen));
}

TEST_F(api, a_bound_port_is_the_one_connect_uses)
{
	int listener = sock_listening(self->f, 1);
	struct addr a = addr_loopback(self->f, 4321), to = addr_local(listener), peer;
	int fd = sock_bound(self->f, &a);

	ASSERT_EQ(0, try_connect(fd, &to));
	peer = addr_peer(accept(listener, NULL, NULL));
	EXPECT_TRUE(addr_equal(&a, &peer));
}

TEST_F(api, a_port_in_use_is_refused)
{
	struct addr a = addr_loopback(self->f, 4321);

	sock_bound(self->f, &a);
	EXPECT_EQ(EADDRINUSE, bind_error(self->f, &a, 0));
}

TEST_F(api, a_port_is_free_again_after_close)
{
	struct addr a = addr_loopback(self->f, 4321);

	close(sock_bound(self->f, &a));
	EXPECT_EQ(0, bind_error(self->f, &a, 0));
}

TEST_F(api, the_any_address_and_a_given_one_exclude_each_other)
{
	struct addr any = addr_any(self->f, 4321);
	struct addr given = addr_loopback(self->f, 4321);
	int fd = sock_bound(self->f, &given);

	EXPECT_EQ(EADDRINUSE, bind_error(self->f, &any, 0));
	close(fd);
	sock_bound(self->f, &any);
	EXPECT_EQ(EADDRINUSE, bind_error(self->f, &given, 0));
}

TEST_F(api, two_addresses_may_have_the_same_port)
{
	struct addr one = addr_loopback(self->f, 4321);
	struct addr two = addr_text(self->f, "127.0.0.2", "::ffff:127.0.0.2", 4321);

	sock_bound(self->f, &one);
	EXPECT_EQ(0, bind_error(self->f, &two, 0));
}

TEST_F(api, a_foreign_address_is_not_available)
{
	struct addr a = addr_text(self->f, "192.0.2.1", "2001:db8::1", 4321);

	EXPECT_EQ(EADDRNOTAVAIL, bind_error(self->f, &a, 0));
}

TEST_F(api, a_refused_bind_leaves_the_socket_unbound)
{
	struct addr bad = addr_text(self->f, "192.0.2.1", "2001:db8::1", 4321);
	struct addr good = addr_loopback(self->f, 4321), seen;
	int fd = sock_new(self->f);

	EXPECT_ERRNO(EADDRNOTAVAIL, try_bind(fd, &bad));
	seen = addr_local(fd);
	EXPECT_EQ(0, addr_port(&seen));
	EXPECT_EQ(0, try_bind(fd, &good));
}

TEST_F(api, another_address_family_is_refused)
{
	struct addr a = addr_loopback(self->f, 4321);
	int fd = sock_new(self->f);

	a.sa.sa_family = AF_UNIX;
	EXPECT_ERRNO(EAFNOSUPPORT, try_bind(fd, &a));
	a.sa.sa_family = self->f->af == AF_INET ? AF_INET6 : AF_INET;
	EXPECT_ERRNO(EAFNOSUPPORT, try_bind(fd, &a));
}

TEST_F(api, a_short_address_is_refused)
{
	struct addr a = addr_loopback(self->f, 4321);
	int shortest = self->f->af == AF_INET ? sizeof(a.in) : SIN6_LEN_RFC2133;
	int fd = sock_new(self->f);
	socklen_t len;

	for (len = 0; len < shortest; len++)
		EXPECT_ERRNO(EINVAL, bind(fd, &a.sa, len));
	EXPECT_ERRNO(EINVAL, bind(fd, &a.sa, sizeof(a.storage) + 1));
	EXPECT_EQ(0, bind(fd, &a.sa, shortest));
}

TEST_F(api, an_address_out_of_reach_is_a_fault)
{
	struct addr a = addr_loopback(self->f, 4321);
	int fd = sock_new(self->f);

	EXPECT_ERRNO(EFAULT, bind(fd, (void *)8, a.len));
	EXPECT_EQ(0, try_bind(fd, &a));
}

TEST_F(api, a_bound_socket_cannot_be_bound_again)
{
	struct addr a = addr_loopback(self->f, 4321), b = addr_loopback(self->f, 4322);
	int fd = sock_bound(self->f, &a);

	EXPECT_ERRNO(EINVAL, try_bind(fd, &b));
	EXPECT_ERRNO(EINVAL, try_bind(fd, &a));
}

TEST_F(api, a_connected_socket_cannot_be_bound)
{
	struct addr a = addr_loopback(self->f, 4321);
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_ERRNO(EINVAL, try_bind(fd[0], &a));
	EXPECT_ERRNO(EINVAL, try_bind(fd[1], &a));
}

TEST_F(api, a_privileged_port_needs_the_capability)
{
	struct addr low = addr_loopback(self->f, 1023);
	struct addr free = addr_loopback(self->f, 1024);

	EXPECT_EQ(0, bind_error(self->f, &low, 0));
	ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	EXPECT_EQ(EACCES, bind_error(self->f, &low, 0));
	EXPECT_EQ(0, bind_error(self->f, &free, 0));
}

TEST_F(api, reuseaddr_on_both_shares_a_port_that_nobody_listens_on)
{
	struct addr a = addr_loopback(self->f, 4321);
	int one = sock_new(self->f), two = sock_new(self->f);

	opt_set(one, SOL_SOCKET, SO_REUSEADDR, 1);
	opt_set(two, SOL_SOCKET, SO_REUSEADDR, 1);
	EXPECT_EQ(0, try_bind(one, &a));
	EXPECT_EQ(0, try_bind(two, &a));
	EXPECT_EQ(0, listen(one, 1));
	EXPECT_ERRNO(EADDRINUSE, listen(two, 1));
	close(one);
	EXPECT_EQ(0, listen(two, 1));
}

TEST_F(api, reuseaddr_on_one_side_alone_shares_nothing)
{
	struct addr a = addr_loopback(self->f, 4321);
	int fd = sock_bound(self->f, &a);

	EXPECT_EQ(EADDRINUSE, bind_error(self->f, &a, 1));
	close(fd);

	fd = sock_new(self->f);
	opt_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	ASSERT_EQ(0, try_bind(fd, &a));
	EXPECT_EQ(EADDRINUSE, bind_error(self->f, &a, 0));
}

TEST_F(api, reuseaddr_does_not_share_a_listening_port)
{
	struct addr a = addr_loopback(self->f, 4321);
	int fd = sock_new(self->f);

	opt_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	ASSERT_EQ(0, try_bind(fd, &a));
	ASSERT_EQ(0, listen(fd, 1));
	EXPECT_EQ(EADDRINUSE, bind_error(self->f, &a, 1));
}

/* Leaves a server's connection in TIME_WAIT on port 4321. */
static void leave_time_wait(const struct family *f)
{
	struct addr a = addr_loopback(f, 4321);
	int listener = sock_new(f), client, server;
	char byte;

	opt_set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
	if (try_bind(listener, &a) || listen(listener, 1))
		die("listen");
	client = sock_connected(f, listener);
	server = accept(listener, NULL, NULL);
	close(listener);
	close(server);
	poll_until(client, POLLIN);
	if (recv(client, &byte, 1, 0))
		die("end of stream");
	close(client);
}

TEST_F(api, a_port_in_time_wait_is_refused_without_reuseaddr)
{
	struct addr a = addr_loopback(self->f, 4321);

	leave_time_wait(self->f);
	EXPECT_EQ(EADDRINUSE, bind_error(self->f, &a, 0));
}

TEST_F(api, a_server_starts_again_on_its_port_in_time_wait_with_reuseaddr)
{
	struct addr a = addr_loopback(self->f, 4321);
	int listener = sock_new(self->f);

	leave_time_wait(self->f);
	opt_set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
	ASSERT_EQ(0, try_bind(listener, &a));
	ASSERT_EQ(0, listen(listener, 1));
	sock_connected(self->f, listener);
	EXPECT_LE(0, accept(listener, NULL, NULL));
}

TEST_F(api, a_port_with_a_connection_on_it_is_refused)
{
	struct addr a;
	int fd[2];

	sock_pair(self->f, fd);
	a = addr_local(fd[1]);
	EXPECT_EQ(EADDRINUSE, bind_error(self->f, &a, 0));
	a = addr_local(fd[0]);
	EXPECT_EQ(EADDRINUSE, bind_error(self->f, &a, 0));
}

TEST_F(api, the_unspecified_family_means_ipv4_any_and_nothing_else)
{
	struct addr a = addr_any(self->f, 4321), b = addr_loopback(self->f, 4322);
	int expected = self->f->af == AF_INET ? 0 : EAFNOSUPPORT;

	a.sa.sa_family = AF_UNSPEC;
	b.sa.sa_family = AF_UNSPEC;
	EXPECT_EQ(EAFNOSUPPORT, bind_error(self->f, &b, 0));
	EXPECT_EQ(expected, bind_error(self->f, &a, 0));
}

/* The same protocol's IPv4 and IPv6 together. */
FIXTURE(dual) {
	const struct family *four, *six;
};

FIXTURE_VARIANT(dual) {
	struct family four, six;
};

FIXTURE_VARIANT_ADD(dual, tcp) { FAMILY_TCP4, FAMILY_TCP6 };
FIXTURE_VARIANT_ADD(dual, mytcp) { FAMILY_MYTCP4, FAMILY_MYTCP6 };

FIXTURE_SETUP(dual)
{
	self->four = &variant->four;
	self->six = &variant->six;
	netns_new();
}

FIXTURE_TEARDOWN(dual)
{
}

TEST_F(dual, an_ipv6_any_listener_accepts_ipv4_as_a_mapped_address)
{
	struct addr any = addr_any(self->six, 4321), to = addr_loopback(self->four, 4321);
	struct addr from, want, seen;
	int listener = sock_bound(self->six, &any);
	int fd = sock_new(self->four), server;

	ASSERT_EQ(0, listen(listener, 1));
	ASSERT_EQ(0, try_connect(fd, &to));
	server = accept(listener, NULL, NULL);
	ASSERT_LE(0, server);

	from = addr_local(fd);
	want = addr_mapped("127.0.0.1", addr_port(&from));
	seen = addr_peer(server);
	EXPECT_TRUE(addr_equal(&want, &seen));
	want = addr_mapped("127.0.0.1", 4321);
	seen = addr_local(server);
	EXPECT_TRUE(addr_equal(&want, &seen));
	send_pattern(fd, 1000);
	recv_pattern(server, 1000);
	send_pattern(server, 1000);
	recv_pattern(fd, 1000);
}

TEST_F(dual, an_ipv6_socket_connects_to_a_mapped_address)
{
	struct addr any = addr_any(self->four, 4321), to = addr_mapped("127.0.0.1", 4321);
	struct addr from, want, seen;
	int listener = sock_bound(self->four, &any);
	int fd = sock_new(self->six), server;

	ASSERT_EQ(0, listen(listener, 1));
	ASSERT_EQ(0, try_connect(fd, &to));
	server = accept(listener, NULL, NULL);
	ASSERT_LE(0, server);

	seen = addr_peer(fd);
	EXPECT_TRUE(addr_equal(&to, &seen));
	from = addr_local(fd);
	want = addr_text(self->four, "127.0.0.1", NULL, addr_port(&from));
	seen = addr_peer(server);
	EXPECT_TRUE(addr_equal(&want, &seen));
	send_pattern(fd, 1000);
	recv_pattern(server, 1000);
}

TEST_F(dual, an_ipv6_any_port_is_taken_for_ipv4_too)
{
	struct addr six = addr_any(self->six, 4321), four = addr_any(self->four, 4321);
	int fd = sock_bound(self->six, &six);

	EXPECT_EQ(EADDRINUSE, bind_error(self->four, &four, 0));
	close(fd);
	sock_bound(self->four, &four);
	EXPECT_EQ(EADDRINUSE, bind_error(self->six, &six, 0));
}

TEST_F(dual, v6only_leaves_the_port_to_ipv4)
{
	struct addr six = addr_any(self->six, 4321), four = addr_any(self->four, 4321);
	struct addr to = addr_loopback(self->four, 4321);
	int listener = sock_new(self->six), fd = sock_new(self->four);

	opt_set(listener, SOL_IPV6, IPV6_V6ONLY, 1);
	ASSERT_EQ(0, try_bind(listener, &six));
	ASSERT_EQ(0, listen(listener, 1));
	EXPECT_ERRNO(ECONNREFUSED, try_connect(fd, &to));
	EXPECT_EQ(0, bind_error(self->four, &four, 0));
}

TEST_F(dual, v6only_refuses_mapped_addresses)
{
	struct addr a = addr_mapped("127.0.0.1", 4321);
	int listener = sock_listening(self->four, 1), fd = sock_new(self->six);
	struct addr to = addr_local(listener);

	to = addr_mapped("127.0.0.1", addr_port(&to));
	opt_set(fd, SOL_IPV6, IPV6_V6ONLY, 1);
	EXPECT_ERRNO(EINVAL, try_bind(fd, &a));
	EXPECT_ERRNO(ENETUNREACH, try_connect(fd, &to));
}

TEST_F(dual, an_ipv6_multicast_address_is_refused)
{
	struct addr a = addr_text(self->six, NULL, "ff02::1", 4321);

	EXPECT_EQ(EINVAL, bind_error(self->six, &a, 0));
}

TEST_HARNESS_MAIN

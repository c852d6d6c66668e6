// SPDX-License-Identifier: GPL-2.0
/* TIME_WAIT as programs meet it: ports that do not run out, bind(), namespaces. */
#include <sched.h>

#include "api.h"

/* Environment: how many short connections. */
#define COUNT	1000

static bool is_mytcp(const struct family *f)
{
	return f->domain == AF_MYTCP;
}

/* Connects, says which one it is, and parts, one end before the other. */
static void short_connection(const struct family *f, int listener, const struct addr *to,
			     unsigned int n, bool client_first)
{
	int client = sock_new(f), server, first, second;
	unsigned int got = -1;

	if (try_connect(client, to))
		die("connect");
	server = accept(listener, NULL, NULL);
	if (server < 0)
		die("accept");
	if (send(client, &n, sizeof(n), 0) != sizeof(n))
		die("send");
	if (recv(server, &got, sizeof(got), MSG_WAITALL) != sizeof(got) || got != n) {
		fprintf(stderr, "# connection %u received %u\n", n, got);
		_exit(KSFT_FAIL);
	}
	first = client_first ? client : server;
	second = client_first ? server : client;
	close(first);
	if (recv(second, &got, 1, 0))
		die("end of stream");
	close(second);
}

/*
 * More than there are ports, of which MyTCP gets very few: most connections take the
 * place of one in TIME_WAIT, at the client or at the server. TCP would wait for a second.
 */
TEST_F_TIMEOUT(api, short_connections_one_after_another_do_not_run_out_of_ports, 600)
{
	const char *times = getenv("COUNT");
	unsigned int i, count = times ? atoi(times) : COUNT;
	int listener = sock_listening(self->f, 16);
	struct addr to = addr_local(listener);
	long long begin = now_ms();

	if (is_mytcp(self->f))
		sysctl_set(self->f, "ip_local_port_range", "40000 40063");
	for (i = 0; i < count; i++)
		short_connection(self->f, listener, &to, i, i & 1);
	TH_LOG("%u connections in %lld ms", count, now_ms() - begin);
	if (!is_mytcp(self->f))
		return;
	EXPECT_EQ(count, counter("TimeWaits"));
	EXPECT_GE(128, counter("TimeWait"));
	EXPECT_LE(count - 128, counter("TimeWaitReuses"));
}

TEST_F(api, without_reuse_the_ports_of_a_client_that_closes_first_run_out)
{
	struct addr to;
	int listener, i, fd;

	if (!is_mytcp(self->f))
		SKIP(return, "the kernel's TCP is not under test");
	sysctl_set(self->f, "ip_local_port_range", "40000 40007");
	sysctl_set(self->f, "tw_reuse", "0");
	listener = sock_listening(self->f, 16);
	to = addr_local(listener);
	/* The listener may have one of them. */
	sysctl_set(self->f, "ip_local_port_range", "41000 41007");
	for (i = 0; i < 8; i++)
		short_connection(self->f, listener, &to, i, true);
	fd = sock_new(self->f);
	EXPECT_ERRNO(EADDRNOTAVAIL, try_connect(fd, &to));
	sysctl_set(self->f, "tw_reuse", "2");
	EXPECT_EQ(0, try_connect(fd, &to));
}

static int new_bound(const struct family *f, const struct addr *a, bool reuse)
{
	int fd = sock_new(f);

	opt_set(fd, SOL_SOCKET, SO_REUSEADDR, reuse);
	if (try_bind(fd, a)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Leaves a port in TIME_WAIT, of a server or a client that had SO_REUSEADDR, or not. */
static void leave_time_wait(const struct family *f, int port, bool server, bool reuse)
{
	struct addr a = addr_loopback(f, port);
	int bound = new_bound(f, &a, reuse), fd[2], listener;

	if (bound < 0)
		die("bind");
	listener = server ? bound : sock_listening(f, 1);
	if (server && listen(listener, 1))
		die("listen");
	a = addr_local(listener);
	fd[0] = server ? sock_new(f) : bound;
	if (try_connect(fd[0], &a))
		die("connect");
	fd[1] = accept(listener, NULL, NULL);
	close(listener);
	close(fd[server]);
	poll_until(fd[!server], POLLIN);
	close(fd[!server]);
}

TEST_F(api, bind_shares_a_port_in_time_wait_if_both_had_reuseaddr)
{
	int i, fd, port = 5000;
	struct addr a[3];
	bool old, new, server, other;

	for (i = 0; i < 8; i++) {
		old = i & 1;
		new = i & 2;
		server = i & 4;
		leave_time_wait(self->f, ++port, server, old);
		a[0] = addr_loopback(self->f, port);
		a[1] = addr_any(self->f, port);
		a[2] = addr_text(self->f, "127.0.0.2", "::ffff:127.0.0.2", port);
		for (other = false;; other = true) {
			fd = new_bound(self->f, &a[other], new);
			EXPECT_EQ(old && new, fd >= 0)
				TH_LOG("old %d new %d server %d any %d", old, new, server, other);
			if (fd >= 0)
				close(fd);
			if (other)
				break;
		}
		fd = new_bound(self->f, &a[2], new);
		EXPECT_LE(0, fd);
		close(fd);
	}
}

static void on_device(int fd, const char *name)
{
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name)))
		die("SO_BINDTODEVICE");
}

TEST_F(api, time_wait_on_one_device_leaves_its_port_to_another)
{
	struct addr a = addr_loopback(self->f, 5000), any = addr_any(self->f, 5000), to;
	int listener = sock_listening(self->f, 1), fd = sock_new(self->f), server;

	ip_batch("link add other type dummy\n");
	to = addr_local(listener);
	on_device(fd, "lo");
	ASSERT_EQ(0, try_bind(fd, &a));
	ASSERT_EQ(0, try_connect(fd, &to));
	server = accept(listener, NULL, NULL);
	close(fd);
	poll_until(server, POLLIN);
	close(server);

	fd = sock_new(self->f);
	EXPECT_ERRNO(EADDRINUSE, try_bind(fd, &any));
	on_device(fd, "lo");
	EXPECT_ERRNO(EADDRINUSE, try_bind(fd, &any));
	on_device(fd, "other");
	EXPECT_EQ(0, try_bind(fd, &any));
}

/* The port is shared, the pair of endpoints is not. */
TEST_F(api, a_server_on_a_port_in_time_wait_is_reached_from_other_ports_and_the_old_one)
{
	struct addr a = addr_loopback(self->f, 4321), from;
	int listener = new_bound(self->f, &a, true), fd, server, i;
	char byte;

	ASSERT_EQ(0, listen(listener, 8));
	fd = sock_connected(self->f, listener);
	from = addr_local(fd);
	server = accept(listener, NULL, NULL);
	close(server);
	close(listener);
	poll_until(fd, POLLIN);
	EXPECT_EQ(0, recv(fd, &byte, 1, 0));
	close(fd);

	listener = new_bound(self->f, &a, true);
	ASSERT_LE(0, listener);
	ASSERT_EQ(0, listen(listener, 8));
	for (i = 0; i < 2; i++) {
		fd = i ? new_bound(self->f, &from, false) : sock_new(self->f);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, try_connect(fd, &a)) TH_LOG("%s", strerror(errno));
		server = accept(listener, NULL, NULL);
		ASSERT_LE(0, server);
		send_pattern(fd, 1000);
		recv_pattern(server, 1000);
	}
}

static long attribute(const char *cache, const char *name)
{
	char path[128];
	FILE *file;
	long value;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/%s", cache, name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%ld", &value) != 1)
		die(path);
	fclose(file);
	return value;
}

/* Does the kernel keep more with an object, for debugging? */
static bool slabs_are_watched(void)
{
	return attribute("kmalloc-64", "slab_size") > attribute("kmalloc-64", "object_size");
}

FIXTURE(mytcp) {
	const struct family *f;
};

FIXTURE_VARIANT(mytcp) {
	struct family family;
	const char *cache;
	int bytes;
};

FIXTURE_VARIANT_ADD(mytcp, ip4) { FAMILY_MYTCP4, "mytcp_timewait4", 96 };
FIXTURE_VARIANT_ADD(mytcp, ip6) { FAMILY_MYTCP6, "mytcp_timewait6", 128 };

FIXTURE_SETUP(mytcp)
{
	self->f = &variant->family;
	netns_new();
}

FIXTURE_TEARDOWN(mytcp)
{
}

static void make_time_waits(const struct family *f, unsigned int n)
{
	int listener = sock_listening(f, 16);
	struct addr to = addr_local(listener);
	unsigned int i;

	for (i = 0; i < n; i++)
		short_connection(f, listener, &to, i, false);
	close(listener);
}

/* Its share of a page, too. */
TEST_F(mytcp, a_connection_in_time_wait_takes_no_more_than_its_entry)
{
	make_time_waits(self->f, 100);
	EXPECT_EQ(100, counter("TimeWait"));
	EXPECT_EQ(0, counter("Sockets"));
	EXPECT_GE(variant->bytes, attribute(variant->cache, "object_size"));
	if (!slabs_are_watched())
		EXPECT_GE(variant->bytes + 8, attribute(variant->cache, "slab_size"));
}

TEST_F(mytcp, a_flood_in_one_namespace_takes_nothing_from_another)
{
	int home = open("/proc/self/ns/net", O_RDONLY), other;

	sysctl_set(self->f, "max_tw_buckets", "10");
	make_time_waits(self->f, 10);

	netns_new();
	other = open("/proc/self/ns/net", O_RDONLY);
	sysctl_set(self->f, "max_tw_buckets", "20");
	make_time_waits(self->f, 500);
	EXPECT_EQ(20, counter("TimeWait"));
	EXPECT_EQ(480, counter("TimeWaitOverflow"));

	ASSERT_EQ(0, setns(home, CLONE_NEWNET));
	EXPECT_EQ(10, counter("TimeWait"));
	EXPECT_EQ(0, counter("TimeWaitEnds"));
	make_time_waits(self->f, 1);
	EXPECT_EQ(10, counter("TimeWait"));
	EXPECT_EQ(1, counter("TimeWaitOverflow"));

	ASSERT_EQ(0, setns(other, CLONE_NEWNET));
	EXPECT_EQ(20, counter("TimeWait"));
	EXPECT_EQ(480, counter("TimeWaitOverflow"));
}

TEST_HARNESS_MAIN

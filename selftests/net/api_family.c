// SPDX-License-Identifier: GPL-2.0
/* What is MyTCP's own: its family number, namespaces, neighbours, /proc and the module. */
#include <net/if.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "net.h"

FIXTURE(family) {
	const struct family *f;
};

FIXTURE_VARIANT(family) {
	struct family family, tcp;
};

FIXTURE_VARIANT_ADD(family, mytcp4) { FAMILY_MYTCP4, FAMILY_TCP4 };
FIXTURE_VARIANT_ADD(family, mytcp6) { FAMILY_MYTCP6, FAMILY_TCP6 };

FIXTURE_SETUP(family)
{
	self->f = &variant->family;
	netns_new();
	lo_delay();
}

FIXTURE_TEARDOWN(family)
{
}

static long read_number(const char *path)
{
	FILE *file = fopen(path, "r");
	long n;

	if (!file || fscanf(file, "%ld", &n) != 1)
		die(path);
	fclose(file);
	return n;
}

/* A socket of an earlier test may take a moment to go: wait for 0 before. */
static long module_users(void)
{
	return read_number("/sys/module/mytcp/refcnt");
}

/* Whether /proc/net/mytcp has a line with all of these words in it. */
static bool table_has(const char *local, const char *remote, const char *state)
{
	FILE *file = fopen("/proc/net/mytcp", "r");
	char line[512];
	bool found = false;

	if (!file || !fgets(line, sizeof(line), file))
		die("/proc/net/mytcp");
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, local) && strstr(line, remote) && strstr(line, state);
	fclose(file);
	return found;
}

TEST(the_module_has_the_family_and_the_protocol_of_the_header)
{
	EXPECT_EQ(AF_MYTCP, read_number("/sys/module/mytcp/parameters/family"));
	EXPECT_EQ(IPPROTO_MYTCP, read_number("/sys/module/mytcp/parameters/ipproto"));
}

TEST(only_streams_are_offered)
{
	EXPECT_ERRNO(ESOCKTNOSUPPORT, socket(AF_MYTCP, SOCK_DGRAM, 0));
	EXPECT_ERRNO(ESOCKTNOSUPPORT, socket(AF_MYTCP, SOCK_SEQPACKET, 0));
	EXPECT_ERRNO(ESOCKTNOSUPPORT, socket(AF_MYTCP, SOCK_RAW, 0));
	EXPECT_ERRNO(EINVAL, socket(AF_MYTCP, 99, 0));
}

TEST(only_protocols_0_and_1_are_offered)
{
	EXPECT_ERRNO(EPROTONOSUPPORT, socket(AF_MYTCP, SOCK_STREAM, 2));
	EXPECT_ERRNO(EPROTONOSUPPORT, socket(AF_MYTCP, SOCK_STREAM, IPPROTO_TCP));
	EXPECT_ERRNO(EPROTONOSUPPORT, socket(AF_MYTCP, SOCK_STREAM, IPPROTO_MYTCP));
	EXPECT_ERRNO(EPROTONOSUPPORT, socket(AF_MYTCP, SOCK_STREAM, -1));
}

TEST(there_are_no_socket_pairs)
{
	int fd[2];

	EXPECT_ERRNO(EOPNOTSUPP, socketpair(AF_MYTCP, SOCK_STREAM, 0, fd));
}

TEST(refused_sockets_leave_the_module_unused)
{
	int i;

	ASSERT_TRUE(wait_for(!module_users()));
	for (i = 0; i < 100; i++) {
		EXPECT_ERRNO(ESOCKTNOSUPPORT, socket(AF_MYTCP, SOCK_DGRAM, 0));
		EXPECT_ERRNO(EPROTONOSUPPORT, socket(AF_MYTCP, SOCK_STREAM, 7));
	}
	EXPECT_EQ(0, module_users());
}

TEST_F(family, flags_of_socket_are_obeyed)
{
	int fd = socket(self->f->domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			self->f->protocol);

	ASSERT_LE(0, fd);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
}

TEST_F(family, an_open_socket_keeps_the_module_in_use)
{
	int fd;

	ASSERT_TRUE(wait_for(!module_users()));
	fd = sock_new(self->f);
	EXPECT_LT(0, module_users());
	close(fd);
	EXPECT_TRUE(wait_for(!module_users()));
}

TEST_F(family, a_socket_needs_no_privilege)
{
	ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	EXPECT_LE(0, socket(self->f->domain, SOCK_STREAM, self->f->protocol));
}

TEST_F(family, ports_are_apart_from_those_of_tcp)
{
	struct addr a = addr_loopback(self->f, 4321);
	int mine = sock_bound(self->f, &a), theirs = sock_bound(&variant->tcp, &a);

	EXPECT_EQ(0, listen(mine, 1));
	EXPECT_EQ(0, listen(theirs, 1));
}

TEST_F(family, tcp_does_not_reach_a_listener_nor_the_other_way_round)
{
	struct addr a = addr_loopback(self->f, 4321), b = addr_loopback(self->f, 4322);
	int mine = sock_bound(self->f, &a), theirs = sock_bound(&variant->tcp, &b);

	ASSERT_EQ(0, listen(mine, 1));
	ASSERT_EQ(0, listen(theirs, 1));
	EXPECT_ERRNO(ECONNREFUSED, try_connect(sock_new(&variant->tcp), &a));
	EXPECT_ERRNO(ECONNREFUSED, try_connect(sock_new(self->f), &b));
}

TEST_F(family, another_namespace_has_ports_of_its_own)
{
	struct addr a = addr_loopback(self->f, 4321);
	int here = sock_bound(self->f, &a), there;

	ASSERT_EQ(0, listen(here, 1));
	netns_new();
	EXPECT_ERRNO(ECONNREFUSED, try_connect(sock_new(self->f), &a));
	there = sock_bound(self->f, &a);
	EXPECT_EQ(0, listen(there, 1));
	EXPECT_EQ(0, try_connect(sock_new(self->f), &a));
	set_nonblock(here, true);
	EXPECT_ERRNO(EAGAIN, accept(here, NULL, NULL));
	EXPECT_LE(0, accept(there, NULL, NULL));
}

static int leave_every_state_behind(void *arg)
{
	const struct family *f = arg;
	struct linger hard = { .l_onoff = 1 };
	int fd[2], listener;

	netns_new();
	/* LISTEN, with a connection that nobody accepts. */
	listener = sock_listening(f, 4);
	sock_connected(f, listener);
	/* ESTABLISHED, with full queues. */
	sock_pair(f, fd);
	fill_send_queue(fd[0]);
	/* FIN_WAIT2 and CLOSE_WAIT, then TIME_WAIT. */
	sock_pair(f, fd);
	shutdown(fd[0], SHUT_WR);
	sock_pair(f, fd);
	close(fd[0]);
	poll_until(fd[1], POLLIN);
	close(fd[1]);
	/* Reset. */
	sock_pair(f, fd);
	setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd[0]);
	return 0;
}

TEST_F(family, a_namespace_goes_away_with_connections_in_every_state)
{
	ASSERT_TRUE(wait_for(!module_users()));
	EXPECT_EQ(0, child_exit(child_new(leave_every_state_behind, (void *)self->f)));
	EXPECT_TRUE(wait_for(!module_users()));
}

#define ORPHANS		20
#define TIME_WAITS	1000

static void lo_down(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("lo down");
	close(fd);
}

/* One end of a pair of devices that comes and goes with a namespace. */
struct stay {
	const struct family *f;
	int come, go;
};

static int leave_much_behind(void *arg)
{
	struct stay *stay = arg;
	const struct family *f = stay->f;
	int fd[ORPHANS][2], half[2], listener, i;

	netns_new();
	message(stay->come);
	await_message(stay->go);
	if (!f)
		return 0;

	/* The client of each goes first. */
	listener = sock_listening(f, 4);
	for (i = 0; i < TIME_WAITS; i++) {
		half[0] = sock_connected(f, listener);
		half[1] = accept(listener, NULL, NULL);
		close(half[0]);
		close(half[1]);
	}
	for (i = 0; i < ORPHANS; i++)
		sock_pair(f, fd[i]);
	/* Half-open: the third ACK alone does not suffice. */
	opt_set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 100);
	for (i = 0; i < 4; i++)
		sock_connected(f, listener);
	/* From here on nobody answers: FIN_WAIT1, with and without octets. */
	lo_down();
	for (i = 0; i < ORPHANS; i++) {
		if (i % 2)
			fill_send_queue(fd[i][0]);
		close(fd[i][0]);
	}
	return 0;
}

/* Milliseconds from the end of its last process to the end of the namespace; -1: too many. */
static long long namespace_ends_after(const struct family *f)
{
	int come[2], go[2];
	struct stay stay;
	long long begin;
	pid_t pid;

	if (pipe(come) || pipe(go))
		die("pipe");
	stay = (struct stay){ f, come[1], go[0] };
	pid = child_new(leave_much_behind, &stay);
	await_message(come[0]);
	ip_batch("link add out type veth peer name in netns %d\n", pid);
	message(go[1]);
	if (child_exit(pid))
		die("a child");
	begin = now_ms();
	return wait_for(!if_nametoindex("out")) ? now_ms() - begin : -1;
}

TEST_F_TIMEOUT(family, a_namespace_ends_at_once_whatever_its_peers_still_owe, 240)
{
	long long empty = namespace_ends_after(NULL), full;

	ASSERT_LE(0, empty);
	full = namespace_ends_after(self->f);
	TH_LOG("empty: %lld ms, full: %lld ms", empty, full);
	/* Its orphans would repeat their FINs for minutes. */
	EXPECT_LE(0, full);
	EXPECT_TRUE(wait_for(!module_users()));
}

TEST_F(family, the_table_lists_listeners_and_both_ends_by_state)
{
	struct addr a = addr_loopback(self->f, 4321), b = addr_loopback(self->f, 4322);
	int listener = sock_bound(self->f, &a), client = sock_bound(self->f, &b), server;

	ASSERT_EQ(0, listen(listener, 1));
	EXPECT_TRUE(table_has(":4321", "", "LISTEN"));
	ASSERT_EQ(0, try_connect(client, &a));
	server = accept(listener, NULL, NULL);
	EXPECT_TRUE(table_has(":4321", ":4322", "ESTABLISHED"));
	close(listener);
	EXPECT_FALSE(table_has(":4321", "", "LISTEN"));
	shutdown(client, SHUT_WR);
	EXPECT_TRUE(wait_for(table_has(":4321", ":4322", "FIN_WAIT2")));
	EXPECT_TRUE(wait_for(table_has(":4321", ":4322", "CLOSE_WAIT")));
	close(server);
	close(client);
	EXPECT_TRUE(wait_for(table_has(":4321", ":4322", "TIME_WAIT")));
	EXPECT_FALSE(table_has(":4321", ":4322", "CLOSE_WAIT"));
}

/* As many ports as there are chains of listeners, so that there is one in each. */
#define CHAINS		1024

TEST_F_TIMEOUT(family, the_table_lists_listeners_wherever_they_are_hashed_to, 120)
{
	struct rlimit limit = { 2 * CHAINS, 2 * CHAINS };
	int i, fd, headers = 0, listeners = 0;
	char line[512];
	struct addr a;
	FILE *file;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	for (i = 0; i < CHAINS; i++) {
		a = addr_any(self->f, 10000 + i);
		fd = sock_bound(self->f, &a);
		ASSERT_EQ(0, listen(fd, 1));
	}
	file = fopen("/proc/net/mytcp", "r");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file)) {
		headers += !strncmp(line, "proto ", 6);
		listeners += !!strstr(line, " LISTEN ");
	}
	fclose(file);
	EXPECT_EQ(1, headers);
	EXPECT_EQ(CHAINS, listeners);
}

TEST_F(family, the_table_shows_this_namespace_alone)
{
	struct addr a = addr_loopback(self->f, 4321);
	int listener = sock_bound(self->f, &a);

	ASSERT_EQ(0, listen(listener, 1));
	EXPECT_TRUE(table_has(":4321", "", "LISTEN"));
	netns_new();
	EXPECT_FALSE(table_has(":4321", "", "LISTEN"));
}

TEST_F(family, every_counter_has_a_name_and_a_number)
{
	FILE *file = fopen("/proc/net/mytcp_stat", "r");
	char name[64], rest[64], line[256];
	unsigned long long value;
	int lines = 0, words;

	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file)) {
		words = sscanf(line, "%63s %llu %63s", name, &value, rest);
		EXPECT_EQ(2, words);
		lines++;
	}
	EXPECT_LT(10, lines);
	fclose(file);
}

TEST_HARNESS_MAIN

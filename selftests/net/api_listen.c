// SPDX-License-Identifier: GPL-2.0
/* listen() and accept(): the queue and its bound, waiting, and the listener's end. */
#include <signal.h>
#include <sys/sysinfo.h>

#include "api.h"

/* Accepts whatever is ready; returns how many that were. */
static int accept_ready(int listener)
{
	int n = 0;

	set_nonblock(listener, true);
	while (accept(listener, NULL, NULL) >= 0)
		n++;
	if (errno != EAGAIN)
		die("accept");
	return n;
}

static int connect_nonblock(const struct family *f, int listener)
{
	struct addr a = addr_local(listener);
	int fd = sock_new_nonblock(f);

	if (!try_connect(fd, &a) || errno != EINPROGRESS)
		die("connect");
	return fd;
}

static int accept_one(void *arg)
{
	return accept(*(int *)arg, NULL, NULL) >= 0 ? 0 : errno;
}

TEST_F(api, a_listener_accepts_and_both_ends_know_each_other)
{
	int listener = sock_listening(self->f, 1);
	int client = sock_connected(self->f, listener), server;
	struct addr a = { .len = sizeof(a.storage) }, b;

	server = accept(listener, &a.sa, &a.len);
	ASSERT_LE(0, server);
	b = addr_local(client);
	EXPECT_TRUE(addr_equal(&a, &b));
	a = addr_local(server);
	b = addr_peer(client);
	EXPECT_TRUE(addr_equal(&a, &b));
	EXPECT_EQ(TCP_ESTABLISHED, sock_state(client));
	EXPECT_EQ(TCP_ESTABLISHED, sock_state(server));
	EXPECT_EQ(TCP_LISTEN, sock_state(listener));
}

TEST_F(api, connections_are_accepted_in_the_order_they_were_made)
{
	int listener = sock_listening(self->f, 8), client[8], i;
	struct addr a, b;

	for (i = 0; i < 8; i++)
		client[i] = sock_connected(self->f, listener);
	for (i = 0; i < 8; i++) {
		a = addr_local(client[i]);
		b = addr_peer(accept(listener, NULL, NULL));
		EXPECT_TRUE(addr_equal(&a, &b));
	}
}

/*
 * Segments so far that the accept queue had no room for. TCP's number stands in the
 * line below its name.
 */
static long refused(const struct family *f)
{
	char names[8192], values[8192], *name, *value, *rest[2];
	FILE *file;

	if (f->domain == AF_MYTCP)
		return counter("AcceptQueueFull");
	file = fopen("/proc/net/netstat", "r");
	if (!file || !fgets(names, sizeof(names), file) || !fgets(values, sizeof(values), file))
		die("/proc/net/netstat");
	fclose(file);
	name = strtok_r(names, "\n ", &rest[0]);
	value = strtok_r(values, "\n ", &rest[1]);
	while (name && value && strcmp(name, "ListenOverflows")) {
		name = strtok_r(NULL, "\n ", &rest[0]);
		value = strtok_r(NULL, "\n ", &rest[1]);
	}
	if (!name || !value)
		die("ListenOverflows");
	return atol(value);
}

/*
 * A backlog of n holds n + 1 connections. One more does not get in until there is
 * room, and then it does by itself.
 */
static void check_bound(struct __test_metadata *_metadata, const struct family *f,
			int listener, int backlog)
{
	long before = refused(f);
	int i, late;

	for (i = 0; i < backlog + 1; i++)
		sock_queued(f, listener);
	EXPECT_EQ(before, refused(f));
	late = connect_nonblock(f, listener);
	EXPECT_TRUE(wait_for(refused(f) > before));
	EXPECT_EQ(backlog + 1, queue_length(listener));
	for (i = 0; i < backlog + 2; i++) {
		EXPECT_EQ(POLLIN, poll_until(listener, POLLIN));
		EXPECT_LE(0, accept(listener, NULL, NULL));
	}
	EXPECT_EQ(0, accept_ready(listener));
	set_nonblock(listener, false);
	EXPECT_EQ(POLLOUT, poll_until(late, POLLOUT));
	EXPECT_EQ(0, sock_error(late));
}

TEST_F(api, backlog_zero_holds_one_connection)
{
	check_bound(_metadata, self->f, sock_listening(self->f, 0), 0);
}

TEST_F(api, backlog_one_holds_two_connections)
{
	check_bound(_metadata, self->f, sock_listening(self->f, 1), 1);
}

TEST_F(api, backlog_five_holds_six_connections)
{
	check_bound(_metadata, self->f, sock_listening(self->f, 5), 5);
}

TEST_F(api, listening_again_changes_the_backlog)
{
	int listener = sock_listening(self->f, 0);

	ASSERT_EQ(0, listen(listener, 3));
	check_bound(_metadata, self->f, listener, 3);
	ASSERT_EQ(0, listen(listener, 1));
	check_bound(_metadata, self->f, listener, 1);
}

static void somaxconn_set(const struct family *f, int value)
{
	run("echo %d >/proc/sys/net/%s/somaxconn", value,
	    f->wire == IPPROTO_TCP ? "core" : "mytcp");
}

TEST_F(api, somaxconn_is_the_ceiling_of_the_backlog)
{
	somaxconn_set(self->f, 3);
	check_bound(_metadata, self->f, sock_listening(self->f, 1000), 3);
	check_bound(_metadata, self->f, sock_listening(self->f, -1), 3);
}

#define CROWD	3
#define CROWD_EACH	3
#define CROWD_BYTES	20000

/* Connects without waiting for anybody, then sends, and waits for the end. */
static int connect_and_send(void *arg)
{
	struct family f = *(struct family *)arg;
	struct addr a = addr_loopback(&f, 4321);
	int fd[CROWD_EACH], i;
	char byte;

	for (i = 0; i < CROWD_EACH; i++) {
		fd[i] = sock_new_nonblock(&f);
		if (!try_connect(fd[i], &a) || errno != EINPROGRESS)
			die("connect");
	}
	for (i = 0; i < CROWD_EACH; i++) {
		if (!(poll_until(fd[i], POLLOUT) & POLLOUT) || sock_error(fd[i]))
			die("no connection");
		set_nonblock(fd[i], false);
		send_pattern(fd[i], CROWD_BYTES);
		shutdown(fd[i], SHUT_WR);
	}
	for (i = 0; i < CROWD_EACH; i++)
		if (recv(fd[i], &byte, 1, 0))
			die("no end of the stream");
	return 0;
}

TEST_F(api, clients_that_find_the_accept_queue_full_are_all_served_with_all_they_sent)
{
	struct addr a = addr_loopback(self->f, 4321);
	/* TCP looks at the bound and then takes the place, each processor for itself. */
	const int most = self->f->domain == AF_MYTCP ? 5 : 4 + get_nprocs();
	int listener = sock_bound(self->f, &a), i, fd;
	pid_t pid[CROWD];

	/* TCP may refuse the cookies that it sent, where the accept queue was full meanwhile. */
	if (self->f->wire == IPPROTO_TCP)
		run("echo 0 >/proc/sys/net/ipv4/tcp_syncookies");
	ASSERT_EQ(0, listen(listener, 4));
	for (i = 0; i < CROWD; i++)
		pid[i] = child_new(connect_and_send, (void *)self->f);
	EXPECT_TRUE(wait_for(refused(self->f) >= CROWD * CROWD_EACH - 5));
	EXPECT_LE(5, queue_length(listener));
	for (i = 0; i < CROWD * CROWD_EACH; i++) {
		ASSERT_EQ(POLLIN, poll_until(listener, POLLIN));
		EXPECT_GE(most, queue_length(listener));
		fd = accept(listener, NULL, NULL);
		ASSERT_LE(0, fd);
		recv_pattern(fd, CROWD_BYTES);
		close(fd);
	}
	for (i = 0; i < CROWD; i++)
		EXPECT_EQ(0, child_exit(pid[i]));
}

TEST_F(api, a_negative_backlog_means_as_many_as_allowed)
{
	int listener = sock_listening(self->f, -1), i;

	for (i = 0; i < 20; i++)
		sock_queued(self->f, listener);
	EXPECT_EQ(20, accept_ready(listener));
}

TEST_F(api, tcp_info_of_a_listener_tells_queue_and_bound)
{
	int listener = sock_listening(self->f, 7);

	sock_queued(self->f, listener);
	sock_queued(self->f, listener);
	EXPECT_EQ(2, sock_info(listener).tcpi_unacked);
	EXPECT_EQ(7, sock_info(listener).tcpi_sacked);
}

struct crowd {
	struct family f;
	struct addr a;
	int each;
};

static int connect_many(void *arg)
{
	struct crowd *c = arg;
	char byte;
	int i, fd;

	for (i = 0; i < c->each; i++) {
		fd = sock_new(&c->f);
		if (try_connect(fd, &c->a))
			return errno;
		/* The server closes first. */
		if (recv(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0))
			return KSFT_FAIL;
		close(fd);
	}
	return 0;
}

TEST_F(api, clients_that_come_at_once_are_all_served)
{
	struct crowd c = { .f = *self->f, .each = 25 };
	int listener = sock_listening(self->f, 100), i, fd;
	pid_t pid[4];

	c.a = addr_local(listener);
	for (i = 0; i < 4; i++)
		pid[i] = child_new(connect_many, &c);
	for (i = 0; i < 4 * c.each; i++) {
		ASSERT_EQ(POLLIN, poll_until(listener, POLLIN));
		fd = accept(listener, NULL, NULL);
		ASSERT_LE(0, fd);
		ASSERT_EQ(1, send(fd, "x", 1, MSG_NOSIGNAL));
		close(fd);
	}
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, child_exit(pid[i]));
}

TEST_F(api, a_connected_socket_cannot_listen)
{
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_ERRNO(EINVAL, listen(fd[0], 1));
	EXPECT_ERRNO(EINVAL, listen(fd[1], 1));
	send_pattern(fd[0], 1000);
	recv_pattern(fd[1], 1000);
}

TEST_F(api, accept_needs_a_listener)
{
	int fd[2];

	EXPECT_ERRNO(EINVAL, accept(sock_new(self->f), NULL, NULL));
	sock_pair(self->f, fd);
	EXPECT_ERRNO(EINVAL, accept(fd[0], NULL, NULL));
	EXPECT_ERRNO(EINVAL, accept(fd[1], NULL, NULL));
}

TEST_F(api, a_listener_neither_sends_nor_receives)
{
	int listener = sock_listening(self->f, 1);
	struct addr a = { .len = sizeof(a.storage) };
	char byte = 0;
	int n;

	EXPECT_ERRNO(EPIPE, send(listener, &byte, 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(ENOTCONN, recv(listener, &byte, 1, 0));
	EXPECT_ERRNO(ENOTCONN, getpeername(listener, &a.sa, &a.len));
	EXPECT_ERRNO(EINVAL, ioctl(listener, FIONREAD, &n));
}

TEST_F(api, accept_on_an_empty_queue_does_not_wait_when_told_so)
{
	int listener = sock_listening(self->f, 1);

	set_nonblock(listener, true);
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
}

TEST_F(api, accept4_sets_the_flags_it_is_given_and_no_others)
{
	int listener = sock_listening(self->f, 4), fd, i;

	for (i = 0; i < 3; i++)
		sock_queued(self->f, listener);
	set_nonblock(listener, true);

	fd = accept4(listener, NULL, NULL, 0);
	EXPECT_EQ(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_ERRNO(EINVAL, accept4(listener, NULL, NULL, 1));
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	EXPECT_EQ(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
}

TEST_F(api, accept_cuts_the_address_to_the_room_given)
{
	int listener = sock_listening(self->f, 1);
	struct addr whole = addr_local(sock_connected(self->f, listener));
	char cut[64];
	socklen_t len = 4;

	memset(cut, 0x55, sizeof(cut));
	ASSERT_LE(0, accept(listener, (struct sockaddr *)cut, &len));
	EXPECT_EQ(whole.len, len);
	EXPECT_EQ(0, memcmp(cut, &whole.sa, 4));
	EXPECT_EQ(0x55, cut[4]);
}

TEST_F(api, a_waiting_accept_is_woken_by_a_connection)
{
	int listener = sock_listening(self->f, 1);
	pid_t pid = child_new(accept_one, &listener);

	child_wait_blocked(pid);
	sock_connected(self->f, listener);
	EXPECT_EQ(0, child_exit(pid));
}

TEST_F(api, one_connection_wakes_one_of_two_waiting_accepts)
{
	int listener = sock_listening(self->f, 1);
	pid_t one = child_new(accept_one, &listener);
	pid_t two = child_new(accept_one, &listener);

	child_wait_blocked(one);
	child_wait_blocked(two);
	sock_connected(self->f, listener);
	sock_connected(self->f, listener);
	EXPECT_EQ(0, child_exit(one));
	EXPECT_EQ(0, child_exit(two));
}

static void nothing(int sig)
{
}

static int accept_interruptible(void *arg)
{
	struct sigaction sa = { .sa_handler = nothing };

	sigaction(SIGUSR1, &sa, NULL);
	return accept_one(arg);
}

TEST_F(api, a_signal_interrupts_a_waiting_accept)
{
	int listener = sock_listening(self->f, 1);
	pid_t pid = child_new(accept_interruptible, &listener);

	child_wait_blocked(pid);
	kill(pid, SIGUSR1);
	EXPECT_EQ(EINTR, child_exit(pid));
	sock_queued(self->f, listener);
	EXPECT_EQ(1, accept_ready(listener));
}

TEST_F(api, accept_waits_no_longer_than_the_receive_timeout)
{
	int listener = sock_listening(self->f, 1);
	long long start = now_ms();

	opt_set_timeout(listener, SO_RCVTIMEO, 100);
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
	EXPECT_LE(50, now_ms() - start);
}

TEST_F(api, closing_a_listener_resets_the_connections_in_its_queue)
{
	int listener = sock_listening(self->f, 4), client[3], i;
	char byte;

	for (i = 0; i < 3; i++)
		client[i] = sock_queued(self->f, listener);
	close(listener);
	for (i = 0; i < 3; i++)
		EXPECT_ERRNO(ECONNRESET, recv(client[i], &byte, 1, 0));
}

TEST_F(api, closing_a_listener_leaves_accepted_connections_alone)
{
	int listener = sock_listening(self->f, 4);
	int client = sock_connected(self->f, listener);
	int server = accept(listener, NULL, NULL);
	struct addr a = addr_local(listener);

	close(listener);
	send_pattern(client, 1000);
	recv_pattern(server, 1000);
	send_pattern(server, 1000);
	recv_pattern(client, 1000);
	EXPECT_ERRNO(ECONNREFUSED, try_connect(sock_new(self->f), &a));
}

TEST_F(api, shutdown_wakes_a_waiting_accept_and_ends_listening)
{
	int listener = sock_listening(self->f, 1);
	struct addr a = addr_local(listener);
	pid_t pid = child_new(accept_one, &listener);

	child_wait_blocked(pid);
	ASSERT_EQ(0, shutdown(listener, SHUT_RD));
	EXPECT_EQ(EINVAL, child_exit(pid));
	EXPECT_EQ(TCP_CLOSE, sock_state(listener));
	EXPECT_ERRNO(ECONNREFUSED, try_connect(sock_new(self->f), &a));
}

TEST_F(api, a_listener_that_was_shut_down_can_listen_again)
{
	struct addr a = addr_loopback(self->f, 4321), after;
	int listener = sock_bound(self->f, &a);

	ASSERT_EQ(0, listen(listener, 1));
	ASSERT_EQ(0, shutdown(listener, SHUT_RDWR));
	ASSERT_EQ(0, listen(listener, 1));
	after = addr_local(listener);
	EXPECT_TRUE(addr_equal(&a, &after));
	sock_queued(self->f, listener);
	EXPECT_EQ(1, accept_ready(listener));
}

/* Nor does one that closes pass on such connections to its SO_REUSEPORT group. */
TEST_F(api, shutdown_of_a_socket_that_listens_later_shuts_no_connection_down)
{
	struct addr a = addr_loopback(self->f, 0);
	int listener = sock_bound(self->f, &a);
	int client, server;

	if (self->f->domain != AF_MYTCP)
		SKIP(return, "TCP's connections are shut down like their listener");
	ASSERT_EQ(-1, shutdown(listener, SHUT_RDWR));
	ASSERT_EQ(0, listen(listener, 1));
	client = sock_connected(self->f, listener);
	server = accept(listener, NULL, NULL);
	ASSERT_LE(0, server);
	send_pattern(client, 1000);
	recv_pattern(server, 1000);
	send_pattern(server, 1000);
	recv_pattern(client, 1000);
}

TEST_F(api, data_and_end_sent_before_accept_are_there_after_it)
{
	int listener = sock_listening(self->f, 1);
	int client = sock_connected(self->f, listener), server;
	char byte;

	send_pattern(client, 20000);
	close(client);
	server = accept(listener, NULL, NULL);
	ASSERT_LE(0, server);
	recv_pattern(server, 20000);
	EXPECT_EQ(0, recv(server, &byte, 1, 0));
}

TEST_F(api, a_connection_reset_in_the_queue_is_accepted_and_tells_so)
{
	struct linger hard = { .l_onoff = 1 };
	int listener = sock_listening(self->f, 1);
	int client = sock_connected(self->f, listener), server;
	char byte;

	setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(client);
	server = accept(listener, NULL, NULL);
	ASSERT_LE(0, server);
	EXPECT_ERRNO(ECONNRESET, recv(server, &byte, 1, 0));
	EXPECT_EQ(0, recv(server, &byte, 1, 0));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* SO_REUSEPORT: who may share a port, how listeners share what comes, what one leaves. */
#include "api.h"

#define PORT	4321
#define GROUP	3
#define CLIENTS	24
#define BYTES	5000

static int sharing(const struct family *f)
{
	int fd = sock_new(f);

	opt_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return fd;
}

static int sharing_listener(const struct family *f)
{
	struct addr a = addr_loopback(f, PORT);
	int fd = sharing(f);

	if (try_bind(fd, &a) || listen(fd, 100))
		die("a listener of a group");
	return fd;
}

static void group(const struct family *f, int listener[GROUP])
{
	int i;

	/* TCP leaves what a listener had to the others only if told so. */
	if (f->wire == IPPROTO_TCP)
		run("echo 1 >/proc/sys/net/ipv4/tcp_migrate_req");
	for (i = 0; i < GROUP; i++)
		listener[i] = sharing_listener(f);
}

static int queue_lengths(const int listener[], int n)
{
	int sum = 0;

	while (n--)
		sum += queue_length(listener[n]);
	return sum;
}

/* Until one of the connections waits in the queue of the first of two listeners. */
static void connect_to_first(const struct family *f, const int listener[2])
{
	int n = 0;

	do {
		sock_connected(f, listener[0]);
		n++;
		if (!wait_for(queue_lengths(listener, 2) == n))
			die("a connection is in no queue");
	} while (!queue_length(listener[0]));
}

TEST_F(api, sockets_that_all_set_it_share_a_port)
{
	int listener[GROUP], i;

	group(self->f, listener);
	for (i = 0; i < GROUP; i++)
		EXPECT_EQ(TCP_LISTEN, sock_state(listener[i]));
}

TEST_F(api, who_did_not_set_it_shares_no_port_with_who_did)
{
	struct addr a = addr_loopback(self->f, PORT);
	int first = sock_bound(self->f, &a), second = sharing(self->f);

	EXPECT_ERRNO(EADDRINUSE, try_bind(second, &a));
	close(first);
	EXPECT_EQ(0, try_bind(second, &a));
	EXPECT_ERRNO(EADDRINUSE, try_bind(sock_new(self->f), &a));
}

TEST_F(api, listening_without_it_ends_the_sharing_of_addresses)
{
	struct addr a = addr_loopback(self->f, PORT);
	int first = sharing(self->f), second = sharing(self->f);

	EXPECT_EQ(0, try_bind(first, &a));
	EXPECT_EQ(0, try_bind(second, &a));
	opt_set(second, SOL_SOCKET, SO_REUSEPORT, 0);
	EXPECT_ERRNO(EADDRINUSE, listen(second, 1));
}

static int bind_as_another(void *arg)
{
	const struct family *f = arg;
	struct addr a = addr_loopback(f, PORT);

	if (setuid(12345))
		die("setuid");
	return try_bind(sharing(f), &a) ? errno : 0;
}

TEST_F(api, a_port_is_not_shared_with_another_user)
{
	int listener = sharing_listener(self->f);

	EXPECT_EQ(EADDRINUSE, child_exit(child_new(bind_as_another, (void *)self->f)));
	close(listener);
	EXPECT_EQ(0, child_exit(child_new(bind_as_another, (void *)self->f)));
}

TEST_F(api, a_port_in_time_wait_is_shared_with_who_set_it_too)
{
	struct addr a = addr_loopback(self->f, PORT);
	int listener = sharing_listener(self->f), client, server;
	char byte;

	client = sock_connected(self->f, listener);
	server = accept(listener, NULL, NULL);
	close(server);
	EXPECT_EQ(0, recv(client, &byte, 1, 0));
	close(client);
	close(listener);
	EXPECT_ERRNO(EADDRINUSE, try_bind(sock_new(self->f), &a));
	EXPECT_EQ(0, try_bind(sharing(self->f), &a));
}

/* Each of three would be left out once in 2^37 times. */
TEST_F(api, listeners_of_a_group_share_what_comes)
{
	int listener[GROUP], i;

	group(self->f, listener);
	for (i = 0; i < 64; i++)
		sock_connected(self->f, listener[0]);
	EXPECT_TRUE(wait_for(queue_lengths(listener, GROUP) == 64));
	for (i = 0; i < GROUP; i++)
		EXPECT_LT(0, queue_length(listener[i]));
}

TEST_F(api, what_waits_for_accept_at_a_listener_that_closes_is_accepted_by_another)
{
	int listener[GROUP], client[CLIENTS], i, server;
	char byte;

	group(self->f, listener);
	for (i = 0; i < CLIENTS; i++) {
		client[i] = sock_connected(self->f, listener[0]);
		send_pattern(client[i], BYTES);
		shutdown(client[i], SHUT_WR);
	}
	ASSERT_TRUE(wait_for(queue_lengths(listener, GROUP) == CLIENTS));
	close(listener[0]);
	close(listener[1]);
	EXPECT_EQ(CLIENTS, queue_length(listener[2]));
	EXPECT_EQ(POLLIN, poll_now(listener[2], POLLIN));
	for (i = 0; i < CLIENTS; i++) {
		ASSERT_EQ(POLLIN, poll_now(listener[2], POLLIN));
		server = accept(listener[2], NULL, NULL);
		ASSERT_LE(0, server);
		recv_pattern(server, BYTES);
		EXPECT_EQ(0, recv(server, &byte, 1, 0));
		close(server);
	}
	EXPECT_EQ(0, queue_length(listener[2]));
	for (i = 0; i < CLIENTS; i++)
		EXPECT_EQ(0, recv(client[i], &byte, 1, 0));
}

TEST_F(api, the_last_listener_of_a_group_resets_what_waits)
{
	int listener[GROUP], client[CLIENTS], i;
	char byte;

	group(self->f, listener);
	for (i = 0; i < CLIENTS; i++)
		client[i] = sock_connected(self->f, listener[0]);
	ASSERT_TRUE(wait_for(queue_lengths(listener, GROUP) == CLIENTS));
	for (i = 0; i < GROUP; i++)
		close(listener[i]);
	for (i = 0; i < CLIENTS; i++)
		EXPECT_ERRNO(ECONNRESET, recv(client[i], &byte, 1, 0));
}

static int accept_one(void *arg)
{
	return accept(*(int *)arg, NULL, NULL) >= 0 ? 0 : errno;
}

static int poll_one(void *arg)
{
	return poll_until(*(int *)arg, POLLIN) == POLLIN ? 0 : KSFT_FAIL;
}

static void woken(struct __test_metadata *_metadata, const struct family *f,
		  int (*fn)(void *arg))
{
	int listener[GROUP];
	pid_t pid;

	if (f->wire == IPPROTO_TCP)
		SKIP(return, "TCP does not wake who waits at the other listener");
	group(f, listener);
	close(listener[2]);
	connect_to_first(f, listener);
	set_nonblock(listener[1], true);
	while (accept(listener[1], NULL, NULL) >= 0)
		;
	set_nonblock(listener[1], false);
	pid = child_new(fn, &listener[1]);
	child_wait_blocked(pid);
	/* Not close(): the child has a copy of it. */
	shutdown(listener[0], SHUT_RDWR);
	EXPECT_EQ(0, child_exit(pid));
}

TEST_F(api, a_waiting_accept_is_woken_by_what_another_listener_leaves)
{
	woken(_metadata, self->f, accept_one);
}

TEST_F(api, poll_is_woken_by_what_another_listener_leaves)
{
	woken(_metadata, self->f, poll_one);
}

TEST_F(api, connections_do_not_notice_that_listeners_come_and_go)
{
	int listener[GROUP], i, n = 60, fd;

	group(self->f, listener);
	for (i = 0; i < n; i++) {
		sock_connected(self->f, listener[i % GROUP]);
		close(listener[i % GROUP]);
		listener[i % GROUP] = sharing_listener(self->f);
	}
	ASSERT_TRUE(wait_for(queue_lengths(listener, GROUP) == n));
	for (i = 0; i < GROUP; i++) {
		set_nonblock(listener[i], true);
		while ((fd = accept(listener[i], NULL, NULL)) >= 0) {
			EXPECT_EQ(TCP_ESTABLISHED, sock_state(fd));
			n--;
		}
	}
	EXPECT_EQ(0, n);
}

TEST_HARNESS_MAIN

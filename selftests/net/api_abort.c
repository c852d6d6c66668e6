// SPDX-License-Identifier: GPL-2.0
/* Connections and listeners that an administrator ends, as their owners see it. */
#include <grp.h>
#include <net/if.h>
#include <sched.h>

#include "api.h"

static int abort_pair(const struct family *f, int fd)
{
	struct addr local = addr_local(fd), remote = addr_peer(fd);

	return sock_destroy(f, &local, &remote, NULL);
}

static int abort_listener(const struct family *f, int fd, const __u64 *cookie)
{
	struct addr local = addr_local(fd);

	return sock_destroy(f, &local, NULL, cookie);
}

static __u64 cookie_of(int fd)
{
	__u64 cookie;
	socklen_t len = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len))
		die("SO_COOKIE");
	return cookie;
}

TEST_F(api, a_connection_that_is_ended_tells_both_sides)
{
	char byte = 0;
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_EQ(0, abort_pair(self->f, fd[0]));
	EXPECT_EQ(TCP_CLOSE, sock_state(fd[0]));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP,
		  poll_now(fd[0], POLLIN | POLLOUT | POLLRDHUP));
	EXPECT_EQ(ECONNABORTED, sock_error(fd[0]));
	EXPECT_EQ(0, sock_error(fd[0]));
	EXPECT_ERRNO(EPIPE, send(fd[0], &byte, 1, MSG_NOSIGNAL));
	EXPECT_TRUE(wait_for(sock_state(fd[1]) == TCP_CLOSE));
	EXPECT_EQ(ECONNRESET, sock_error(fd[1]));
}

static int error_of_recv(void *arg)
{
	char byte;

	return recv(*(int *)arg, &byte, 1, 0) < 0 ? errno : 0;
}

static int error_of_send(void *arg)
{
	static char octets[65536];
	int fd = *(int *)arg;

	set_nonblock(fd, false);
	while (send(fd, octets, sizeof(octets), MSG_NOSIGNAL) > 0)
		;
	return errno;
}

static int error_of_poll(void *arg)
{
	int fd = *(int *)arg;
	int came = poll_until(fd, POLLPRI);

	return came == (POLLERR | POLLHUP) ? sock_error(fd) : 0;
}

TEST_F(api, whoever_waits_for_it_is_woken_with_econnaborted)
{
	static int (*const wait[])(void *arg) = { error_of_recv, error_of_send, error_of_poll };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		int fd[2];
		pid_t pid;

		sock_pair(self->f, fd);
		pid = child_new(wait[i], &fd[0]);
		child_wait_blocked(pid);
		EXPECT_EQ(0, abort_pair(self->f, fd[0]));
		EXPECT_EQ(ECONNABORTED, child_exit(pid)) TH_LOG("%u", i);
	}
}

TEST_F(api, what_had_come_can_still_be_read)
{
	char byte;
	int fd[2];

	sock_pair(self->f, fd);
	send_pattern(fd[1], 1000);
	ASSERT_TRUE(wait_for(queued_in(fd[0]) == 1000));
	EXPECT_EQ(0, abort_pair(self->f, fd[0]));
	recv_pattern(fd[0], 1000);
	EXPECT_ERRNO(ECONNABORTED, recv(fd[0], &byte, 1, 0));
}

static int error_of_accept(void *arg)
{
	return accept(*(int *)arg, NULL, NULL) < 0 ? errno : 0;
}

TEST_F(api, a_listener_that_is_ended_lets_go_of_all_who_wait)
{
	int listener = sock_listening(self->f, 2);
	struct addr a = addr_local(listener);
	int again = sock_new(self->f);
	pid_t pid;
	int fd;

	pid = child_new(error_of_accept, &listener);
	child_wait_blocked(pid);
	EXPECT_EQ(0, abort_listener(self->f, listener, NULL));
	EXPECT_EQ(EINVAL, child_exit(pid));
	EXPECT_EQ(TCP_CLOSE, sock_state(listener));
	EXPECT_EQ(ECONNABORTED, sock_error(listener));
	EXPECT_ERRNO(ECONNREFUSED, try_connect(again, &a));

	listener = sock_listening(self->f, 2);
	fd = sock_connected(self->f, listener);
	EXPECT_EQ(0, abort_listener(self->f, listener, NULL));
	EXPECT_TRUE(wait_for(sock_state(fd) == TCP_CLOSE));
	EXPECT_EQ(ECONNRESET, sock_error(fd));
	EXPECT_ERRNO(EINVAL, accept(listener, NULL, NULL));
}

TEST_F(api, of_several_listeners_the_one_with_the_cookie_is_ended)
{
	struct addr a = addr_loopback(self->f, 0);
	int fd[3], i;
	__u64 cookie;

	for (i = 0; i < 3; i++) {
		fd[i] = sock_new(self->f);
		opt_set(fd[i], SOL_SOCKET, SO_REUSEPORT, 1);
		ASSERT_EQ(0, try_bind(fd[i], &a));
		a = addr_local(fd[i]);
		ASSERT_EQ(0, listen(fd[i], 1));
	}
	if (self->f->domain != AF_MYTCP)
		SKIP(return, "TCP looks at the cookie of one of them only");
	cookie = cookie_of(fd[1]);
	EXPECT_EQ(0, abort_listener(self->f, fd[1], &cookie));
	EXPECT_EQ(ENOENT, abort_listener(self->f, fd[0], &cookie));
	EXPECT_EQ(TCP_LISTEN, sock_state(fd[0]));
	EXPECT_EQ(TCP_CLOSE, sock_state(fd[1]));
	EXPECT_EQ(TCP_LISTEN, sock_state(fd[2]));
}

TEST_F(api, what_is_not_there_cannot_be_ended)
{
	struct addr local, remote, other = addr_loopback(self->f, 4321);
	int fd[2];
	__u64 cookie;

	sock_pair(self->f, fd);
	local = addr_local(fd[0]);
	remote = addr_peer(fd[0]);
	EXPECT_EQ(ENOENT, sock_destroy(self->f, &other, &remote, NULL));
	EXPECT_EQ(ENOENT, sock_destroy(self->f, &local, &other, NULL));
	EXPECT_EQ(ENOENT, sock_destroy(self->f, &other, NULL, NULL));
	cookie = cookie_of(fd[1]);
	EXPECT_EQ(ENOENT, sock_destroy(self->f, &local, &remote, &cookie));
	cookie = cookie_of(fd[0]);
	EXPECT_EQ(0, sock_destroy(self->f, &local, &remote, &cookie));
	EXPECT_EQ(ENOENT, sock_destroy(self->f, &local, &remote, NULL));
	EXPECT_EQ(ECONNABORTED, sock_error(fd[0]));
}

TEST_F(api, a_request_that_is_too_short_is_einval)
{
	struct inet_diag_req_v2 req;
	struct addr local, remote;
	int fd[2];

	sock_pair(self->f, fd);
	local = addr_local(fd[0]);
	remote = addr_peer(fd[0]);
	req = diag_request(self->f, &local, &remote);
	EXPECT_EQ(EINVAL, diag_destroy(&req, sizeof(req) - sizeof(req.id.idiag_cookie)));
	send_pattern(fd[0], 1000);
	recv_pattern(fd[1], 1000);
}

TEST_F(api, what_is_bound_to_a_device_is_ended_by_who_names_that_device)
{
	struct addr local = addr_loopback(self->f, 0), remote;
	int listener = sock_bound(self->f, &local), fd;
	struct inet_diag_req_v2 req;

	ASSERT_EQ(0, setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	ASSERT_EQ(0, listen(listener, 1));
	sock_connected(self->f, listener);
	fd = accept(listener, NULL, NULL);
	local = addr_local(fd);
	remote = addr_peer(fd);
	req = diag_request(self->f, &local, &remote);
	EXPECT_EQ(ENOENT, diag_destroy(&req, sizeof(req)));
	req.id.idiag_if = if_nametoindex("lo") + 1;
	EXPECT_EQ(ENOENT, diag_destroy(&req, sizeof(req)));
	req.id.idiag_if = if_nametoindex("lo");
	EXPECT_EQ(0, diag_destroy(&req, sizeof(req)));
	EXPECT_EQ(ECONNABORTED, sock_error(fd));
}

struct attempt {
	const struct family *f;
	int fd;
};

static int abort_as_nobody(void *arg)
{
	struct attempt *try = arg;

	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		die("setuid");
	return abort_pair(try->f, try->fd);
}

/* All capabilities, but not where the namespace belongs. */
static int abort_as_another_root(void *arg)
{
	struct attempt *try = arg;

	if (unshare(CLONE_NEWUSER))
		die("unshare");
	return abort_pair(try->f, try->fd);
}

static int abort_where_one_is_root(void *arg)
{
	struct attempt *try = arg;
	int fd[2];

	if (unshare(CLONE_NEWUSER))
		die("unshare");
	netns_new();
	sock_pair(try->f, fd);
	return abort_pair(try->f, fd[0]) ?: sock_error(fd[0]);
}

TEST_F(api, only_who_administers_the_namespace_may_end_its_connections)
{
	struct attempt try = { .f = self->f };
	int fd[2];

	sock_pair(self->f, fd);
	try.fd = fd[0];
	EXPECT_EQ(EPERM, child_exit(child_new(abort_as_nobody, &try)));
	EXPECT_EQ(EPERM, child_exit(child_new(abort_as_another_root, &try)));
	EXPECT_EQ(ECONNABORTED, child_exit(child_new(abort_where_one_is_root, &try)));
	/* They are somewhere else, or nowhere, for another namespace. */
	send_pattern(fd[0], 1000);
	recv_pattern(fd[1], 1000);
}

static int abort_from_another_namespace(void *arg)
{
	struct attempt *try = arg;

	netns_new();
	return abort_pair(try->f, try->fd);
}

TEST_F(api, a_namespace_ends_its_own_connections_alone)
{
	struct attempt try = { .f = self->f };
	int fd[2];

	sock_pair(self->f, fd);
	try.fd = fd[0];
	EXPECT_EQ(ENOENT, child_exit(child_new(abort_from_another_namespace, &try)));
	send_pattern(fd[0], 1000);
	recv_pattern(fd[1], 1000);
}

TEST_F(api, a_mapped_address_means_the_ipv4_connection_of_an_ipv6_socket)
{
	struct addr local, remote;
	int listener, fd;

	if (self->f->af != AF_INET6)
		SKIP(return, "IPv4 has no mapped addresses");
	local = addr_mapped("127.0.0.1", 0);
	listener = sock_bound(self->f, &local);
	ASSERT_EQ(0, listen(listener, 1));
	fd = sock_connected(self->f, listener);
	local = addr_local(fd);
	remote = addr_peer(fd);
	EXPECT_EQ(0, sock_destroy(self->f, &local, &remote, NULL));
	EXPECT_EQ(ECONNABORTED, sock_error(fd));
	EXPECT_EQ(0, abort_listener(self->f, listener, NULL));
	EXPECT_EQ(ECONNABORTED, sock_error(listener));
}

TEST_HARNESS_MAIN

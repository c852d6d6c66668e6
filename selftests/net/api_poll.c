// SPDX-License-Identifier: GPL-2.0
/* poll(), select() and epoll: what each tells, and when a waiter is woken. */
#include <sys/epoll.h>
#include <sys/select.h>

#include "api.h"

#define EVERYTHING	(POLLIN | POLLOUT | POLLPRI | POLLRDHUP)

static int epoll_on(int fd, unsigned int events)
{
	struct epoll_event e = { .events = events };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e))
		die("epoll");
	return ep;
}

static void epoll_rearm(int ep, int fd, unsigned int events)
{
	struct epoll_event e = { .events = events };

	if (epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e))
		die("epoll_ctl");
}

/* The events told within ms, 0 if none. */
static unsigned int epoll_events(int ep, int ms)
{
	struct epoll_event e = { .events = 0 };

	if (epoll_wait(ep, &e, 1, ms) < 0)
		die("epoll_wait");
	return e.events;
}

static void reset_peer_of(int fd)
{
	struct linger hard = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

TEST_F(api, an_unconnected_socket_is_writable_and_hung_up)
{
	struct addr a = addr_loopback(self->f, 4321);
	int fd = sock_new(self->f);

	EXPECT_EQ(POLLOUT | POLLHUP, poll_now(fd, EVERYTHING));
	ASSERT_EQ(0, try_bind(fd, &a));
	EXPECT_EQ(POLLOUT | POLLHUP, poll_now(fd, EVERYTHING));
}

TEST_F(api, a_listener_is_readable_while_connections_wait)
{
	int listener = sock_listening(self->f, 4);

	EXPECT_EQ(0, poll_now(listener, EVERYTHING));
	sock_queued(self->f, listener);
	sock_queued(self->f, listener);
	EXPECT_EQ(POLLIN, poll_now(listener, EVERYTHING));
	accept(listener, NULL, NULL);
	EXPECT_EQ(POLLIN, poll_now(listener, EVERYTHING));
	accept(listener, NULL, NULL);
	EXPECT_EQ(0, poll_now(listener, EVERYTHING));
}

TEST_F(api, a_fresh_connection_is_writable_alone)
{
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_EQ(POLLOUT, poll_now(fd[0], EVERYTHING));
	EXPECT_EQ(POLLOUT, poll_now(fd[1], EVERYTHING));
}

TEST_F(api, data_makes_readable_until_it_is_read)
{
	char buf[2];
	int fd[2];

	sock_pair(self->f, fd);
	send(fd[0], "ab", 2, 0);
	EXPECT_EQ(POLLIN, poll_until(fd[1], POLLIN));
	EXPECT_EQ(POLLIN | POLLOUT, poll_now(fd[1], EVERYTHING));
	recv(fd[1], buf, 1, 0);
	EXPECT_EQ(POLLIN, poll_now(fd[1], POLLIN));
	recv(fd[1], buf, 1, 0);
	EXPECT_EQ(POLLOUT, poll_now(fd[1], EVERYTHING));
}

TEST_F(api, the_peers_half_close_is_rdhup_and_readable)
{
	int fd[2];

	sock_pair(self->f, fd);
	shutdown(fd[0], SHUT_WR);
	EXPECT_EQ(POLLIN | POLLRDHUP, poll_until(fd[1], POLLRDHUP | POLLIN));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP, poll_now(fd[1], EVERYTHING));
	EXPECT_EQ(POLLOUT, poll_now(fd[0], EVERYTHING));
}

TEST_F(api, both_half_closes_are_hup)
{
	int fd[2];

	sock_pair(self->f, fd);
	shutdown(fd[0], SHUT_WR);
	shutdown(fd[1], SHUT_WR);
	ASSERT_TRUE(wait_for(poll_now(fd[0], 0) == POLLHUP));
	ASSERT_TRUE(wait_for(poll_now(fd[1], 0) == POLLHUP));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, poll_now(fd[0], EVERYTHING));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, poll_now(fd[1], EVERYTHING));
}

TEST_F(api, a_reset_is_an_error_and_hup)
{
	int fd[2];

	sock_pair(self->f, fd);
	reset_peer_of(fd[1]);
	ASSERT_TRUE(wait_for(poll_now(fd[0], 0)));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP, poll_now(fd[0], EVERYTHING));
	EXPECT_EQ(ECONNRESET, sock_error(fd[0]));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, poll_now(fd[0], EVERYTHING));
}

/* Until no more goes in, and nothing is on its way that would make room when it is there. */
static size_t fill_for_good(const int fd[2])
{
	size_t sent = 0, more;

	do {
		more = fill_send_queue(fd[0]);
		sent += more;
		if (!wait_for(queued_in(fd[1]) + queued_out(fd[0]) == sent))
			die("octets stay on their way");
	} while (more);
	return sent;
}

static void recv_all(int fd, size_t len)
{
	char buf[16384];
	ssize_t n;

	for (; len; len -= n) {
		n = recv(fd, buf, len < sizeof(buf) ? len : sizeof(buf), 0);
		if (n <= 0)
			die("recv");
	}
}

TEST_F(api, a_full_send_queue_is_not_writable_until_drained)
{
	size_t sent;
	int fd[2];

	sock_pair(self->f, fd);
	sent = fill_for_good(fd);
	EXPECT_EQ(0, poll_now(fd[0], EVERYTHING));
	recv_all(fd[1], sent);
	EXPECT_EQ(POLLOUT, poll_until(fd[0], POLLOUT));
}

TEST_F(api, select_tells_the_same)
{
	struct timeval now = { 0, 0 }, limit = { LIMIT_MS / 1000, 0 };
	fd_set readable, writable;
	int fd[2], listener = sock_listening(self->f, 1);

	fd[0] = sock_connected(self->f, listener);
	FD_ZERO(&readable);
	FD_SET(listener, &readable);
	EXPECT_EQ(1, select(listener + 1, &readable, NULL, NULL, &limit));
	fd[1] = accept(listener, NULL, NULL);

	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_SET(fd[1], &readable);
	FD_SET(fd[1], &writable);
	EXPECT_EQ(1, select(fd[1] + 1, &readable, &writable, NULL, &now));
	EXPECT_FALSE(FD_ISSET(fd[1], &readable));
	EXPECT_TRUE(FD_ISSET(fd[1], &writable));

	send(fd[0], "x", 1, 0);
	FD_ZERO(&readable);
	FD_SET(fd[1], &readable);
	EXPECT_EQ(1, select(fd[1] + 1, &readable, NULL, NULL, &limit));
}

struct waiting {
	int fd, events;
};

static int poll_blocking(void *arg)
{
	struct waiting *w = arg;

	return poll_until(w->fd, w->events) & 0xff;
}

TEST_F(api, a_waiting_poll_is_woken_by_a_connection)
{
	struct waiting w = { sock_listening(self->f, 1), POLLIN };
	pid_t pid = child_new(poll_blocking, &w);

	child_wait_blocked(pid);
	sock_connected(self->f, w.fd);
	EXPECT_EQ(POLLIN, child_exit(pid));
}

TEST_F(api, a_waiting_poll_is_woken_by_data)
{
	struct waiting w = { .events = POLLIN };
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	w.fd = fd[1];
	pid = child_new(poll_blocking, &w);
	child_wait_blocked(pid);
	send(fd[0], "x", 1, 0);
	EXPECT_EQ(POLLIN, child_exit(pid));
}

TEST_F(api, a_waiting_poll_is_woken_by_a_reset)
{
	struct waiting w = { .events = 0 };
	int fd[2], listener = sock_listening(self->f, 1);
	pid_t pid;

	w.fd = sock_connected(self->f, listener);
	pid = child_new(poll_blocking, &w);
	child_wait_blocked(pid);
	fd[1] = accept(listener, NULL, NULL);
	reset_peer_of(fd[1]);
	EXPECT_EQ(POLLERR | POLLHUP, child_exit(pid));
}

TEST_F(api, a_waiting_poll_is_woken_by_space)
{
	struct waiting w = { .events = POLLOUT };
	size_t sent;
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	sent = fill_send_queue(fd[0]);
	w.fd = fd[0];
	pid = child_new(poll_blocking, &w);
	child_wait_blocked(pid);
	recv_pattern(fd[1], sent);
	EXPECT_EQ(POLLOUT, child_exit(pid));
}

TEST_F(api, level_triggered_epoll_tells_until_the_data_is_read)
{
	char byte;
	int fd[2], ep;

	sock_pair(self->f, fd);
	ep = epoll_on(fd[1], EPOLLIN);
	EXPECT_EQ(0, epoll_events(ep, 0));
	send(fd[0], "x", 1, 0);
	EXPECT_EQ(EPOLLIN, epoll_events(ep, LIMIT_MS));
	EXPECT_EQ(EPOLLIN, epoll_events(ep, 0));
	recv(fd[1], &byte, 1, 0);
	EXPECT_EQ(0, epoll_events(ep, 0));
}

TEST_F(api, edge_triggered_epoll_tells_each_arrival_once)
{
	int fd[2], ep;

	sock_pair(self->f, fd);
	ep = epoll_on(fd[1], EPOLLIN | EPOLLET);
	EXPECT_EQ(0, epoll_events(ep, 0));
	send(fd[0], "x", 1, 0);
	EXPECT_EQ(EPOLLIN, epoll_events(ep, LIMIT_MS));
	EXPECT_EQ(0, epoll_events(ep, PAUSE_MS));
	send(fd[0], "y", 1, 0);
	EXPECT_EQ(EPOLLIN, epoll_events(ep, LIMIT_MS));
	EXPECT_EQ(0, epoll_events(ep, PAUSE_MS));
}

TEST_F(api, edge_triggered_epoll_tells_the_end_of_an_attempt)
{
	int listener = sock_listening(self->f, 1), fd = sock_new_nonblock(self->f), ep;
	struct addr a = addr_local(listener);

	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &a));
	ep = epoll_on(fd, EPOLLOUT | EPOLLET);
	EXPECT_EQ(EPOLLOUT, epoll_events(ep, LIMIT_MS));
	EXPECT_EQ(0, epoll_events(ep, PAUSE_MS));
}

TEST_F(api, edge_triggered_epoll_tells_connections_on_a_listener)
{
	int listener = sock_listening(self->f, 4);
	int ep = epoll_on(listener, EPOLLIN | EPOLLET);

	sock_connected(self->f, listener);
	EXPECT_EQ(EPOLLIN, epoll_events(ep, LIMIT_MS));
	EXPECT_EQ(0, epoll_events(ep, PAUSE_MS));
	sock_connected(self->f, listener);
	EXPECT_EQ(EPOLLIN, epoll_events(ep, LIMIT_MS));
}

TEST_F(api, edge_triggered_epoll_tells_space_once_after_a_full_queue)
{
	size_t sent;
	int fd[2], ep;

	sock_pair(self->f, fd);
	ep = epoll_on(fd[0], EPOLLOUT | EPOLLET);
	EXPECT_EQ(EPOLLOUT, epoll_events(ep, 0));
	sent = fill_for_good(fd);
	/* Space that came and went while the queue filled. */
	epoll_events(ep, 0);
	EXPECT_EQ(0, epoll_events(ep, PAUSE_MS));
	recv_all(fd[1], sent);
	EXPECT_EQ(EPOLLOUT, epoll_events(ep, LIMIT_MS));
}

TEST_F(api, epoll_tells_rdhup_when_asked)
{
	int fd[2], ep;

	sock_pair(self->f, fd);
	ep = epoll_on(fd[1], EPOLLRDHUP | EPOLLET);
	EXPECT_EQ(0, epoll_events(ep, 0));
	shutdown(fd[0], SHUT_WR);
	EXPECT_EQ(EPOLLRDHUP, epoll_events(ep, LIMIT_MS));
	EXPECT_EQ(0, epoll_events(ep, PAUSE_MS));
}

TEST_F(api, epoll_tells_hup_and_error_unasked)
{
	int fd[2], ep;

	sock_pair(self->f, fd);
	ep = epoll_on(fd[0], 0);
	EXPECT_EQ(0, epoll_events(ep, 0));
	reset_peer_of(fd[1]);
	EXPECT_EQ(EPOLLERR | EPOLLHUP, epoll_events(ep, LIMIT_MS));
}

TEST_F(api, epoll_tells_a_refused_attempt)
{
	struct addr a = addr_loopback(self->f, 4321);
	int fd = sock_new_nonblock(self->f), ep;

	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &a));
	ep = epoll_on(fd, EPOLLIN | EPOLLOUT);
	EXPECT_EQ(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP, epoll_events(ep, LIMIT_MS));
}

TEST_F(api, a_oneshot_watch_tells_once_until_it_is_armed_again)
{
	int fd[2], ep;

	sock_pair(self->f, fd);
	ep = epoll_on(fd[1], EPOLLIN | EPOLLONESHOT);
	send(fd[0], "x", 1, 0);
	EXPECT_EQ(EPOLLIN, epoll_events(ep, LIMIT_MS));
	send(fd[0], "y", 1, 0);
	EXPECT_EQ(0, epoll_events(ep, PAUSE_MS));
	epoll_rearm(ep, fd[1], EPOLLIN | EPOLLONESHOT);
	EXPECT_EQ(EPOLLIN, epoll_events(ep, LIMIT_MS));
}

static int epoll_and_accept(void *arg)
{
	int listener = *(int *)arg;
	int ep = epoll_on(listener, EPOLLIN | EPOLLEXCLUSIVE);

	set_nonblock(listener, true);
	while (epoll_events(ep, LIMIT_MS))
		if (accept(listener, NULL, NULL) >= 0)
			return 0;
	return KSFT_FAIL;
}

TEST_F(api, exclusive_watchers_of_a_listener_share_its_connections)
{
	int listener = sock_listening(self->f, 4), i;
	pid_t pid[3];

	for (i = 0; i < 3; i++)
		pid[i] = child_new(epoll_and_accept, &listener);
	for (i = 0; i < 3; i++)
		child_wait_blocked(pid[i]);
	for (i = 0; i < 3; i++)
		sock_connected(self->f, listener);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, child_exit(pid[i]));
}

TEST_F(api, a_closed_socket_leaves_its_epoll)
{
	int fd[2], ep;

	sock_pair(self->f, fd);
	ep = epoll_on(fd[1], EPOLLIN);
	close(fd[1]);
	EXPECT_EQ(0, epoll_events(ep, PAUSE_MS));
}

TEST_HARNESS_MAIN

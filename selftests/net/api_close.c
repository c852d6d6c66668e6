// SPDX-License-Identifier: GPL-2.0
/* shutdown(), close(), linger, the end of a stream, resets, and calls on what is not connected. */
#include <signal.h>

#include "api.h"

#define HALF_CLOSE_BYTES	(4 << 20)

static void set_linger(int fd, int seconds)
{
	struct linger linger = { .l_onoff = 1, .l_linger = seconds };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		die("SO_LINGER");
}

/* Receives until the stream ends; the pattern must fill it. */
static size_t recv_to_end(int fd)
{
	char buf[16384];
	size_t done = 0;
	ssize_t got;

	while (poll_until(fd, POLLIN)) {
		got = recv(fd, buf, sizeof(buf), 0);
		if (got < 0)
			die("recv");
		if (!got)
			return done;
		if (!pattern_holds(buf, got, done))
			die("another byte than was sent");
		done += got;
	}
	die("the stream does not end");
}

TEST_F(api, close_ends_the_stream_after_the_data)
{
	char byte;
	int fd[2];

	sock_pair(self->f, fd);
	send_pattern(fd[0], 50000);
	close(fd[0]);
	EXPECT_EQ(50000, recv_to_end(fd[1]));
	EXPECT_EQ(0, recv(fd[1], &byte, 1, 0));
	EXPECT_EQ(TCP_CLOSE_WAIT, sock_state(fd[1]));
}

TEST_F(api, states_pass_as_the_ends_part_in_turn)
{
	int fd[2];

	sock_pair(self->f, fd);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_TRUE(wait_for(sock_state(fd[0]) == TCP_FIN_WAIT2));
	EXPECT_EQ(TCP_CLOSE_WAIT, sock_state(fd[1]));
	ASSERT_EQ(0, shutdown(fd[1], SHUT_WR));
	EXPECT_TRUE(wait_for(sock_state(fd[1]) == TCP_CLOSE));
	EXPECT_TRUE(wait_for(sock_state(fd[0]) == TCP_CLOSE));
	EXPECT_EQ(0, sock_error(fd[0]));
	EXPECT_EQ(0, sock_error(fd[1]));
}

TEST_F(api, the_ports_of_a_finished_connection_cannot_meet_again_at_once)
{
	struct addr client, server;
	int fd[2], again;

	sock_pair(self->f, fd);
	client = addr_local(fd[0]);
	server = addr_local(fd[1]);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	ASSERT_TRUE(wait_for(sock_state(fd[0]) == TCP_FIN_WAIT2));
	close(fd[0]);
	close(fd[1]);
	again = sock_new(self->f);
	opt_set(again, SOL_SOCKET, SO_REUSEADDR, 1);
	/* The client went first, so that its end stands in TIME_WAIT. */
	EXPECT_TRUE(try_bind(again, &client) || try_connect(again, &server));
	EXPECT_TRUE(errno == EADDRINUSE || errno == EADDRNOTAVAIL) TH_LOG("%s", strerror(errno));
}

static int send_after_eof(void *arg)
{
	int fd = *(int *)arg;
	char byte;

	if (recv(fd, &byte, 1, 0))
		return KSFT_FAIL;
	send_pattern(fd, HALF_CLOSE_BYTES);
	close(fd);
	return 0;
}

TEST_F(api, a_half_closed_connection_carries_megabytes_the_other_way)
{
	char byte = 0;
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	pid = child_new(send_after_eof, &fd[1]);
	close(fd[1]);
	EXPECT_ERRNO(EPIPE, send(fd[0], &byte, 1, MSG_NOSIGNAL));
	EXPECT_EQ(HALF_CLOSE_BYTES, recv_to_end(fd[0]));
	EXPECT_EQ(0, child_exit(pid));
}

TEST_F(api, both_ends_may_shut_down_at_once)
{
	int fd[2], i;
	char byte;

	sock_pair(self->f, fd);
	send_pattern(fd[0], 1000);
	send_pattern(fd[1], 1000);
	EXPECT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, shutdown(fd[1], SHUT_WR));
	for (i = 0; i < 2; i++) {
		recv_pattern(fd[i], 1000);
		EXPECT_EQ(0, recv(fd[i], &byte, 1, 0));
		EXPECT_TRUE(wait_for(sock_state(fd[i]) == TCP_CLOSE));
	}
}

TEST_F(api, shutdown_for_reading_ends_reading_here_alone)
{
	char byte;
	int fd[2];

	sock_pair(self->f, fd);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_RD));
	EXPECT_EQ(0, recv(fd[0], &byte, 1, 0));
	EXPECT_EQ(POLLIN | POLLRDHUP, poll_now(fd[0], POLLIN | POLLRDHUP));
	EXPECT_EQ(0, poll_now(fd[1], POLLIN | POLLRDHUP));
	send_pattern(fd[0], 1000);
	recv_pattern(fd[1], 1000);
}

TEST_F(api, data_that_waits_can_be_read_after_shutdown_for_reading)
{
	char byte;
	int fd[2];

	sock_pair(self->f, fd);
	send_pattern(fd[1], 1000);
	ASSERT_TRUE(wait_for(queued_in(fd[0]) == 1000));
	ASSERT_EQ(0, shutdown(fd[0], SHUT_RD));
	recv_pattern(fd[0], 1000);
	EXPECT_EQ(0, recv(fd[0], &byte, 1, 0));
}

TEST_F(api, shutdown_both_ways_ends_both)
{
	char byte = 0;
	int fd[2];

	sock_pair(self->f, fd);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_RDWR));
	EXPECT_EQ(0, recv(fd[0], &byte, 1, 0));
	EXPECT_ERRNO(EPIPE, send(fd[0], &byte, 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, recv(fd[1], &byte, 1, 0));
}

TEST_F(api, shutdown_twice_is_harmless)
{
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, recv_to_end(fd[1]));
	send_pattern(fd[1], 1000);
	recv_pattern(fd[0], 1000);
}

TEST_F(api, shutdown_of_a_finished_connection_is_enotconn)
{
	int fd[2];

	sock_pair(self->f, fd);
	shutdown(fd[0], SHUT_WR);
	shutdown(fd[1], SHUT_WR);
	ASSERT_TRUE(wait_for(sock_state(fd[0]) == TCP_CLOSE));
	EXPECT_ERRNO(ENOTCONN, shutdown(fd[0], SHUT_RDWR));
}

TEST_F(api, shutdown_knows_three_ways)
{
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_ERRNO(EINVAL, shutdown(fd[0], 3));
	EXPECT_ERRNO(EINVAL, shutdown(fd[0], -1));
	send_pattern(fd[0], 1000);
	recv_pattern(fd[1], 1000);
}

static int recv_blocking(void *arg)
{
	char byte;

	return recv(*(int *)arg, &byte, 1, 0) < 0 ? errno : 0;
}

TEST_F(api, the_peers_close_wakes_a_waiting_recv)
{
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	pid = child_new(recv_blocking, &fd[1]);
	child_wait_blocked(pid);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, child_exit(pid));
}

TEST_F(api, shutdown_wakes_a_recv_that_waits_on_the_same_socket)
{
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	pid = child_new(recv_blocking, &fd[1]);
	child_wait_blocked(pid);
	ASSERT_EQ(0, shutdown(fd[1], SHUT_RD));
	EXPECT_EQ(0, child_exit(pid));
}

TEST_F(api, a_reset_wakes_a_waiting_recv)
{
	int fd[2], listener = sock_listening(self->f, 1);
	pid_t pid;

	fd[0] = sock_connected(self->f, listener);
	fd[1] = accept(listener, NULL, NULL);
	pid = child_new(recv_blocking, &fd[1]);
	child_wait_blocked(pid);
	/* A disconnect resets although the child holds the socket too. */
	ASSERT_EQ(0, connect(fd[0], &(struct sockaddr){ .sa_family = AF_UNSPEC },
			     sizeof(struct sockaddr)));
	EXPECT_EQ(ECONNRESET, child_exit(pid));
}

static int send_after_shutdown(void *arg)
{
	int fd = *(int *)arg;
	char byte = 0;

	signal(SIGPIPE, SIG_DFL);
	shutdown(fd, SHUT_WR);
	send(fd, &byte, 1, 0);
	return KSFT_FAIL;
}

static int send_ignoring_sigpipe(void *arg)
{
	int fd = *(int *)arg;
	char byte = 0;

	signal(SIGPIPE, SIG_IGN);
	return send(fd, &byte, 1, 0) < 0 ? errno : 0;
}

TEST_F(api, sending_after_shutdown_is_sigpipe_and_epipe)
{
	char byte = 0;
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_EQ(-SIGPIPE, child_exit(child_new(send_after_shutdown, &fd[0])));
	EXPECT_EQ(EPIPE, child_exit(child_new(send_ignoring_sigpipe, &fd[0])));
	EXPECT_ERRNO(EPIPE, send(fd[0], &byte, 1, MSG_NOSIGNAL));
}

TEST_F(api, sending_to_a_peer_that_closed_ends_in_epipe)
{
	char byte = 0;
	int fd[2];

	sock_pair(self->f, fd);
	close(fd[1]);
	EXPECT_EQ(0, recv(fd[0], &byte, 1, 0));
	/* The first one is taken, and answered by a reset. */
	EXPECT_EQ(1, send(fd[0], &byte, 1, MSG_NOSIGNAL));
	EXPECT_TRUE(wait_for(sock_state(fd[0]) == TCP_CLOSE));
	EXPECT_ERRNO(EPIPE, send(fd[0], &byte, 1, MSG_NOSIGNAL));
}

TEST_F(api, closing_with_unread_data_resets_the_peer)
{
	char byte = 0;
	int fd[2];

	sock_pair(self->f, fd);
	send_pattern(fd[0], 1000);
	ASSERT_TRUE(wait_for(queued_in(fd[1]) == 1000));
	close(fd[1]);
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], &byte, 1, 0));
	EXPECT_EQ(0, recv(fd[0], &byte, 1, 0));
	EXPECT_ERRNO(EPIPE, send(fd[0], &byte, 1, MSG_NOSIGNAL));
	EXPECT_EQ(TCP_CLOSE, sock_state(fd[0]));
}

TEST_F(api, a_reset_is_told_once_by_so_error)
{
	int fd[2];

	sock_pair(self->f, fd);
	set_linger(fd[1], 0);
	close(fd[1]);
	EXPECT_TRUE(wait_for(poll_now(fd[0], POLLIN | POLLOUT | POLLRDHUP) ==
			     (POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP)));
	EXPECT_EQ(ECONNRESET, sock_error(fd[0]));
	EXPECT_EQ(0, sock_error(fd[0]));
}

TEST_F(api, data_that_came_before_a_reset_can_still_be_read)
{
	char buf[100];
	int fd[2];

	sock_pair(self->f, fd);
	send_pattern(fd[1], 100);
	ASSERT_TRUE(wait_for(queued_in(fd[0]) == 100));
	set_linger(fd[1], 0);
	close(fd[1]);
	ASSERT_TRUE(wait_for(sock_state(fd[0]) == TCP_CLOSE));
	EXPECT_EQ(100, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], buf, sizeof(buf), 0));
}

TEST_F(api, linger_zero_leaves_nothing_behind)
{
	struct addr a;
	int fd[2];

	sock_pair(self->f, fd);
	a = addr_local(fd[0]);
	set_linger(fd[0], 0);
	close(fd[0]);
	/* No TIME_WAIT: the port can be had at once, without SO_REUSEADDR. */
	close(sock_bound(self->f, &a));
}

struct closing {
	int fd, hear;
};

static int close_last(void *arg)
{
	struct closing *c = arg;

	await_message(c->hear);
	return close(c->fd);
}

TEST_F(api, linger_waits_until_all_is_acknowledged)
{
	int fd[2], go[2];
	struct closing c;
	size_t sent;
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	sock_pair(self->f, fd);
	opt_set(fd[0], SOL_SOCKET, SO_SNDBUF, 32768);
	sent = fill_send_queue(fd[0]);
	set_nonblock(fd[0], false);
	set_linger(fd[0], 60);
	c = (struct closing){ fd[0], go[0] };
	pid = child_new(close_last, &c);
	close(fd[0]);
	message(go[1]);
	child_wait_blocked(pid);
	EXPECT_EQ(sent, recv_to_end(fd[1]));
	EXPECT_EQ(0, child_exit(pid));
}

TEST_F(api, linger_waits_no_longer_than_its_time_and_the_data_still_goes)
{
	long long start;
	size_t sent;
	int fd[2];

	sock_pair(self->f, fd);
	opt_set(fd[0], SOL_SOCKET, SO_SNDBUF, 32768);
	sent = fill_send_queue(fd[0]);
	set_nonblock(fd[0], false);
	set_linger(fd[0], 1);
	start = now_ms();
	EXPECT_EQ(0, close(fd[0]));
	EXPECT_LE(950, now_ms() - start);
	EXPECT_EQ(sent, recv_to_end(fd[1]));
}

TEST_F(api, close_does_not_wait_and_the_data_still_goes)
{
	size_t sent;
	int fd[2];

	sock_pair(self->f, fd);
	sent = fill_send_queue(fd[0]);
	EXPECT_EQ(0, close(fd[0]));
	EXPECT_EQ(sent, recv_to_end(fd[1]));
}

static int hold_until_killed(void *arg)
{
	pause();
	return KSFT_FAIL;
}

/* From now on only a process that waits to be killed holds fd. */
static pid_t hand_over(int fd)
{
	pid_t pid = child_new(hold_until_killed, NULL);

	close(fd);
	return pid;
}

static int killed(pid_t pid)
{
	kill(pid, SIGKILL);
	return child_exit(pid);
}

TEST_F(api, a_killed_process_ends_its_connections)
{
	char byte;
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	pid = hand_over(fd[1]);
	EXPECT_EQ(0, poll_now(fd[0], POLLIN | POLLRDHUP));
	EXPECT_EQ(-SIGKILL, killed(pid));
	EXPECT_EQ(0, recv(fd[0], &byte, 1, 0));
}

TEST_F(api, a_killed_process_resets_what_it_did_not_read)
{
	char byte;
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	send_pattern(fd[0], 1000);
	ASSERT_TRUE(wait_for(queued_in(fd[1]) == 1000));
	pid = hand_over(fd[1]);
	EXPECT_EQ(0, poll_now(fd[0], POLLIN | POLLRDHUP));
	EXPECT_EQ(-SIGKILL, killed(pid));
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], &byte, 1, 0));
}

TEST_F(api, what_a_killed_process_wrote_still_arrives)
{
	size_t sent;
	int fd[2];

	sock_pair(self->f, fd);
	sent = fill_send_queue(fd[1]);
	EXPECT_EQ(-SIGKILL, killed(hand_over(fd[1])));
	EXPECT_EQ(sent, recv_to_end(fd[0]));
	/* Nobody is there to read. */
	send_pattern(fd[0], 1);
	EXPECT_TRUE(wait_for(sock_state(fd[0]) == TCP_CLOSE));
	EXPECT_EQ(EPIPE, sock_error(fd[0]));
}

TEST_F(api, a_process_killed_with_both_queues_full_resets)
{
	char byte;
	int fd[2];

	sock_pair(self->f, fd);
	fill_send_queue(fd[0]);
	fill_send_queue(fd[1]);
	EXPECT_EQ(-SIGKILL, killed(hand_over(fd[1])));
	EXPECT_TRUE(wait_for(sock_state(fd[0]) == TCP_CLOSE));
	EXPECT_EQ(ECONNRESET, sock_error(fd[0]));
	/* What came before the reset is there. */
	EXPECT_EQ(1, recv(fd[0], &byte, 1, 0));
}

static int die_in_send(void *arg)
{
	int fd = *(int *)arg;

	set_nonblock(fd, false);
	send_pattern(fd, HALF_CLOSE_BYTES);
	return KSFT_FAIL;
}

TEST_F(api, a_process_killed_while_it_sends_ends_the_stream_where_it_was)
{
	size_t sent;
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	pid = child_new(die_in_send, &fd[1]);
	child_wait_blocked(pid);
	EXPECT_EQ(-SIGKILL, killed(pid));
	close(fd[1]);
	sent = recv_to_end(fd[0]);
	EXPECT_LT(0, sent);
	EXPECT_GT(HALF_CLOSE_BYTES, sent);
}

TEST_F(api, shutdown_of_a_connect_that_waits_ends_it)
{
	static const int how[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };
	struct addr a = addr_text(self->f, "192.0.2.2", "2001:db8::2", 4321);
	unsigned int i;

	/* A device that swallows whatever it is given. */
	ip_batch("link add sink type dummy\n"
		 "link set sink up\n"
		 "addr add 192.0.2.1/24 dev sink\n"
		 "addr add 2001:db8::1/64 dev sink nodad\n"
		 "neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev sink\n"
		 "neigh add 2001:db8::2 lladdr 02:00:00:00:00:02 dev sink\n");
	for (i = 0; i < 3; i++) {
		int fd = sock_new_nonblock(self->f);

		EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &a));
		EXPECT_EQ(TCP_SYN_SENT, sock_state(fd));
		EXPECT_EQ(0, shutdown(fd, how[i]));
		EXPECT_EQ(TCP_CLOSE, sock_state(fd));
	}
}

TEST_F(api, shutdown_after_the_peers_end_of_stream_ends_the_connection)
{
	char byte;
	int fd[2];

	sock_pair(self->f, fd);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, recv(fd[1], &byte, 1, 0));
	EXPECT_EQ(TCP_CLOSE_WAIT, sock_state(fd[1]));
	/* The end of reading is nothing new. */
	EXPECT_EQ(0, shutdown(fd[1], SHUT_RD));
	EXPECT_EQ(TCP_CLOSE_WAIT, sock_state(fd[1]));
	EXPECT_EQ(0, shutdown(fd[1], SHUT_WR));
	EXPECT_TRUE(wait_for(sock_state(fd[1]) == TCP_CLOSE));
	EXPECT_TRUE(wait_for(sock_state(fd[0]) == TCP_CLOSE));
}

TEST_F(api, shutdown_for_writing_in_fin_wait_changes_nothing)
{
	int fd[2];

	sock_pair(self->f, fd);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_TRUE(wait_for(sock_state(fd[0]) == TCP_FIN_WAIT2));
	EXPECT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, shutdown(fd[0], SHUT_RDWR));
	EXPECT_EQ(TCP_FIN_WAIT2, sock_state(fd[0]));
	close(fd[1]);
	EXPECT_TRUE(wait_for(sock_state(fd[0]) == TCP_CLOSE));
	EXPECT_EQ(0, sock_error(fd[0]));
}

static void check_not_connected(struct __test_metadata *_metadata, int fd)
{
	struct addr a = { .len = sizeof(a.storage) };
	char byte = 0;

	EXPECT_ERRNO(EPIPE, send(fd, &byte, 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(ENOTCONN, recv(fd, &byte, 1, 0));
	EXPECT_ERRNO(ENOTCONN, recv(fd, &byte, 1, MSG_PEEK));
	EXPECT_ERRNO(ENOTCONN, shutdown(fd, SHUT_RD));
	EXPECT_ERRNO(ENOTCONN, shutdown(fd, SHUT_WR));
	EXPECT_ERRNO(ENOTCONN, shutdown(fd, SHUT_RDWR));
	EXPECT_ERRNO(ENOTCONN, getpeername(fd, &a.sa, &a.len));
	EXPECT_EQ(0, queued_in(fd));
}

TEST_F(api, nothing_goes_through_a_socket_that_was_never_connected)
{
	check_not_connected(_metadata, sock_new(self->f));
}

TEST_F(api, nothing_goes_through_a_socket_that_is_only_bound)
{
	struct addr a = addr_loopback(self->f, 4321);
	int fd = sock_bound(self->f, &a);

	check_not_connected(_metadata, fd);
	EXPECT_EQ(0, listen(fd, 1));
}

TEST_F(api, nothing_goes_through_a_socket_whose_connect_was_refused)
{
	struct addr a = addr_loopback(self->f, 4321);
	int fd = sock_new(self->f);

	EXPECT_ERRNO(ECONNREFUSED, try_connect(fd, &a));
	check_not_connected(_metadata, fd);
}

TEST_F(api, a_finished_socket_has_no_peer)
{
	struct addr a = { .len = sizeof(a.storage) };
	int fd[2];

	sock_pair(self->f, fd);
	set_linger(fd[1], 0);
	close(fd[1]);
	ASSERT_TRUE(wait_for(sock_state(fd[0]) == TCP_CLOSE));
	EXPECT_ERRNO(ENOTCONN, getpeername(fd[0], &a.sa, &a.len));
	EXPECT_EQ(0, getsockname(fd[0], &a.sa, &a.len));
}

TEST_HARNESS_MAIN

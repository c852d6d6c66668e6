// SPDX-License-Identifier: GPL-2.0
/* Sending and receiving: every call, every flag, full and empty queues. */
#include <linux/sockios.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "api.h"

/* Waits until at least so many bytes can be read. */
static bool has_arrived(int fd, int bytes)
{
	return wait_for(queued_in(fd) >= bytes);
}

static void nothing(int sig)
{
}

TEST_F(api, bytes_arrive_whole_and_in_order_both_ways)
{
	int fd[2];

	sock_pair(self->f, fd);
	send_pattern(fd[0], 100000);
	recv_pattern(fd[1], 100000);
	send_pattern(fd[1], 100000);
	recv_pattern(fd[0], 100000);
}

TEST_F(api, write_and_read_do_as_send_and_recv)
{
	char buf[8];
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_EQ(5, write(fd[0], "hello", 5));
	EXPECT_EQ(5, read(fd[1], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_ERRNO(ESPIPE, lseek(fd[0], 0, SEEK_SET));
}

TEST_F(api, vectors_are_gathered_and_scattered)
{
	struct iovec out[3] = { { "ab", 2 }, { "", 0 }, { "cdefg", 5 } };
	char one[3], two[8];
	struct iovec in[2] = { { one, 3 }, { two, 8 } };
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_EQ(7, writev(fd[0], out, 3));
	ASSERT_TRUE(has_arrived(fd[1], 7));
	EXPECT_EQ(7, readv(fd[1], in, 2));
	EXPECT_EQ(0, memcmp(one, "abc", 3));
	EXPECT_EQ(0, memcmp(two, "defg", 4));
}

TEST_F(api, sendmsg_and_recvmsg_carry_bytes_and_no_address)
{
	char buf[8], name[64];
	struct iovec iov = { "hello", 5 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_EQ(5, sendmsg(fd[0], &msg, 0));
	iov = (struct iovec){ buf, sizeof(buf) };
	msg.msg_name = name;
	msg.msg_namelen = sizeof(name);
	msg.msg_flags = -1;
	EXPECT_EQ(5, recvmsg(fd[1], &msg, 0));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_EQ(0, msg.msg_namelen);
	EXPECT_EQ(0, msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC | MSG_EOR | MSG_OOB));
}

TEST_F(api, many_messages_go_in_one_call)
{
	struct iovec out[3] = { { "a", 1 }, { "bc", 2 }, { "def", 3 } };
	struct mmsghdr many[3] = { };
	char buf[6];
	int fd[2], i;

	sock_pair(self->f, fd);
	for (i = 0; i < 3; i++) {
		many[i].msg_hdr.msg_iov = &out[i];
		many[i].msg_hdr.msg_iovlen = 1;
	}
	EXPECT_EQ(3, sendmmsg(fd[0], many, 3, 0));
	EXPECT_EQ(6, recv(fd[1], buf, 6, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcdef", 6));
}

TEST_F(api, an_address_given_to_sendto_is_ignored_once_connected)
{
	struct addr a = addr_loopback(self->f, 1);
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_EQ(1, sendto(fd[0], "x", 1, 0, &a.sa, a.len));
	EXPECT_TRUE(has_arrived(fd[1], 1));
}

TEST_F(api, peeking_leaves_the_bytes)
{
	char buf[8];
	int fd[2];

	sock_pair(self->f, fd);
	send(fd[0], "hello", 5, 0);
	EXPECT_EQ(3, recv(fd[1], buf, 3, MSG_PEEK));
	ASSERT_TRUE(has_arrived(fd[1], 5));
	EXPECT_EQ(5, recv(fd[1], buf, sizeof(buf), MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_EQ(5, queued_in(fd[1]));
	EXPECT_EQ(5, recv(fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], buf, 1, MSG_PEEK | MSG_DONTWAIT));
}

TEST_F(api, peeking_sees_across_segments)
{
	char buf[8];
	int fd[2];

	sock_pair(self->f, fd);
	opt_set(fd[0], SOL_TCP, TCP_NODELAY, 1);
	send(fd[0], "ab", 2, 0);
	ASSERT_TRUE(has_arrived(fd[1], 2));
	send(fd[0], "cd", 2, 0);
	EXPECT_EQ(4, recv(fd[1], buf, 4, MSG_PEEK | MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
	EXPECT_EQ(4, queued_in(fd[1]));
}

static int peek_fives_then_threes(void *arg)
{
	char buf[2000];
	int i;

	if (recv(*(int *)arg, buf, sizeof(buf), MSG_PEEK | MSG_WAITALL) != sizeof(buf))
		return 1;
	for (i = 0; i < (int)sizeof(buf); i++)
		if (buf[i] != (i < 5 ? '5' : '3'))
			return 2;
	return 0;
}

/* SO_RCVLOWAT lets the one who peeks sleep while another takes what he has not seen. */
TEST_F(api, one_who_peeks_goes_on_where_another_has_read_to)
{
	char buf[3000];
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	opt_set(fd[0], SOL_TCP, TCP_NODELAY, 1);
	opt_set(fd[1], SOL_SOCKET, SO_RCVLOWAT, 1000);
	send(fd[0], "55555", 5, 0);
	ASSERT_TRUE(has_arrived(fd[1], 5));
	pid = child_new(peek_fives_then_threes, &fd[1]);
	child_wait_blocked(pid);

	memset(buf, '1', 100);
	send(fd[0], buf, 100, 0);
	ASSERT_TRUE(has_arrived(fd[1], 105));
	EXPECT_EQ(105, recv(fd[1], buf, 105, MSG_DONTWAIT));
	memset(buf, '3', sizeof(buf));
	send(fd[0], buf, sizeof(buf), 0);
	EXPECT_EQ(0, child_exit(pid));
}

/* What is in flight is too long for the device all at once, and IPv6 says so to nobody. */
TEST_F(api, a_connection_outlives_a_falling_mtu)
{
	int fd[2];

	sock_pair(self->f, fd);
	ip_batch("link set dev lo mtu 1500\n");
	send_pattern(fd[0], 20000);
	recv_pattern(fd[1], 20000);
}

TEST_F(api, an_empty_queue_is_eagain_when_told_not_to_wait)
{
	char byte;
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &byte, 1, MSG_DONTWAIT));
	set_nonblock(fd[0], true);
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &byte, 1, 0));
	EXPECT_ERRNO(EAGAIN, read(fd[0], &byte, 1));
}

/* The next when the parent has taken the last, and waits for more. */
static int send_in_pieces(void *arg)
{
	int *fd = arg, i;

	for (i = 0; i < 4; i++) {
		if (!wait_for(!queued_in(fd[1])))
			die("a piece is not taken");
		child_wait_blocked(getppid());
		if (send(fd[0], "abcd" + i, 1, 0) != 1)
			return 1;
	}
	return 0;
}

TEST_F(api, waitall_waits_for_every_byte)
{
	char buf[4];
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	pid = child_new(send_in_pieces, fd);
	EXPECT_EQ(4, recv(fd[1], buf, 4, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
	EXPECT_EQ(0, child_exit(pid));
}

TEST_F(api, waitall_ends_early_at_the_end_of_the_stream)
{
	char buf[8];
	int fd[2];

	sock_pair(self->f, fd);
	send(fd[0], "abc", 3, 0);
	close(fd[0]);
	EXPECT_EQ(3, recv(fd[1], buf, 8, MSG_WAITALL));
	EXPECT_EQ(0, recv(fd[1], buf, 8, MSG_WAITALL));
}

TEST_F(api, trunc_throws_bytes_away_without_a_buffer)
{
	char buf[8];
	int fd[2];

	sock_pair(self->f, fd);
	send(fd[0], "abcdef", 6, 0);
	ASSERT_TRUE(has_arrived(fd[1], 6));
	EXPECT_EQ(4, recv(fd[1], NULL, 4, MSG_TRUNC));
	EXPECT_EQ(2, recv(fd[1], buf, 8, 0));
	EXPECT_EQ(0, memcmp(buf, "ef", 2));
}

TEST_F(api, sending_nothing_sends_nothing)
{
	char byte;
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_EQ(0, send(fd[0], "", 0, 0));
	EXPECT_EQ(0, write(fd[0], "", 0));
	EXPECT_EQ(0, poll_now(fd[1], POLLIN));
	send(fd[0], "x", 1, 0);
	EXPECT_EQ(1, recv(fd[1], &byte, 1, 0));
	EXPECT_EQ('x', byte);
}

TEST_F(api, receiving_into_no_room_takes_nothing)
{
	char byte;
	int fd[2];

	sock_pair(self->f, fd);
	send(fd[0], "x", 1, 0);
	ASSERT_TRUE(has_arrived(fd[1], 1));
	EXPECT_EQ(0, recv(fd[1], &byte, 0, 0));
	EXPECT_EQ(1, recv(fd[1], &byte, 1, 0));
}

TEST_F(api, a_receive_timeout_ends_the_wait)
{
	char buf[2];
	long long start;
	int fd[2];

	sock_pair(self->f, fd);
	opt_set_timeout(fd[1], SO_RCVTIMEO, 100);
	start = now_ms();
	EXPECT_ERRNO(EAGAIN, recv(fd[1], buf, 1, 0));
	EXPECT_LE(50, now_ms() - start);
	send(fd[0], "x", 1, 0);
	/* What came before the time ran out is not lost. */
	EXPECT_EQ(1, recv(fd[1], buf, 2, MSG_WAITALL));
}

TEST_F(api, a_send_timeout_ends_the_wait)
{
	long long start;
	char byte = 0;
	int fd[2];

	sock_pair(self->f, fd);
	opt_set(fd[0], SOL_SOCKET, SO_SNDBUF, 8192);
	fill_send_queue(fd[0]);
	set_nonblock(fd[0], false);
	opt_set_timeout(fd[0], SO_SNDTIMEO, 100);
	start = now_ms();
	/* A byte or two may still fit beside what is queued. */
	while (send(fd[0], &byte, 1, 0) == 1)
		start = now_ms();
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_LE(50, now_ms() - start);
}

TEST_F(api, a_full_send_queue_is_eagain_and_writable_again_after_draining)
{
	static char big[1 << 20];
	size_t sent;
	int fd[2];

	sock_pair(self->f, fd);
	opt_set(fd[0], SOL_SOCKET, SO_SNDBUF, 16384);
	sent = fill_send_queue(fd[0]);
	EXPECT_EQ(0, poll_now(fd[0], POLLOUT));
	while (send(fd[0], big, sizeof(big), 0) > 0)
		;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_LT(0, queued_out(fd[0]));
	recv_pattern(fd[1], sent);
	EXPECT_EQ(POLLOUT, poll_until(fd[0], POLLOUT));
	EXPECT_LT(0, send(fd[0], big, 1000, 0));
}

TEST_F(api, siocinq_counts_what_can_be_read)
{
	char buf[300];
	int fd[2], n = -1;

	sock_pair(self->f, fd);
	EXPECT_EQ(0, queued_in(fd[1]));
	send_pattern(fd[0], 1000);
	EXPECT_TRUE(has_arrived(fd[1], 1000));
	recv(fd[1], buf, 300, 0);
	EXPECT_EQ(700, queued_in(fd[1]));
	EXPECT_EQ(0, ioctl(fd[1], FIONREAD, &n));
	EXPECT_EQ(700, n);
	close(fd[0]);
	EXPECT_TRUE(wait_for(poll_now(fd[1], POLLRDHUP)));
	EXPECT_EQ(700, queued_in(fd[1]));
	EXPECT_ERRNO(EFAULT, ioctl(fd[1], FIONREAD, 8));
}

TEST_F(api, siocoutq_counts_what_is_not_acknowledged)
{
	size_t sent;
	int fd[2], unsent = -1;

	sock_pair(self->f, fd);
	EXPECT_EQ(0, queued_out(fd[0]));
	sent = fill_send_queue(fd[0]);
	EXPECT_LT(0, queued_out(fd[0]));
	EXPECT_TRUE(wait_for(queued_in(fd[1]) + queued_out(fd[0]) == sent));
	EXPECT_EQ(0, ioctl(fd[0], SIOCOUTQNSD, &unsent));
	EXPECT_GE(queued_out(fd[0]), unsent);
	recv_pattern(fd[1], sent);
	EXPECT_TRUE(wait_for(!queued_out(fd[0])));
}

TEST_F(api, an_unknown_ioctl_is_refused)
{
	int fd[2], n;

	sock_pair(self->f, fd);
	EXPECT_ERRNO(ENOTTY, ioctl(fd[0], 0x5b5b, &n));
}

TEST_F(api, rcvlowat_sets_how_much_makes_readable)
{
	char buf[16];
	int fd[2];

	sock_pair(self->f, fd);
	opt_set(fd[1], SOL_SOCKET, SO_RCVLOWAT, 4);
	EXPECT_EQ(4, opt_get(fd[1], SOL_SOCKET, SO_RCVLOWAT));
	send(fd[0], "abc", 3, 0);
	ASSERT_TRUE(has_arrived(fd[1], 3));
	EXPECT_EQ(0, poll_now(fd[1], POLLIN));
	send(fd[0], "d", 1, 0);
	EXPECT_EQ(POLLIN, poll_until(fd[1], POLLIN));
	EXPECT_EQ(4, recv(fd[1], buf, sizeof(buf), 0));
}

static int recv_pattern_slowly(void *arg)
{
	recv_pattern(*(int *)arg, 300000);
	return 0;
}

TEST_F(api, one_large_write_passes_small_buffers)
{
	static char big[300000];
	int fd[2], listener = sock_listening(self->f, 1);
	pid_t pid;

	opt_set(listener, SOL_SOCKET, SO_RCVBUF, 4096);
	fd[0] = sock_connected(self->f, listener);
	fd[1] = accept(listener, NULL, NULL);
	opt_set(fd[0], SOL_SOCKET, SO_SNDBUF, 4096);
	pattern_fill(big, sizeof(big), 0);
	pid = child_new(recv_pattern_slowly, &fd[1]);
	EXPECT_EQ(sizeof(big), send(fd[0], big, sizeof(big), 0));
	EXPECT_EQ(0, child_exit(pid));
}

TEST_F(api, a_bad_pointer_is_a_fault_and_loses_nothing)
{
	struct iovec bad = { (void *)8, 100 };
	struct msghdr msg = { .msg_iov = &bad, .msg_iovlen = 1 };
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_ERRNO(EFAULT, send(fd[0], (void *)8, 100, 0));
	EXPECT_ERRNO(EFAULT, sendmsg(fd[0], &msg, 0));
	EXPECT_ERRNO(EFAULT, sendmsg(fd[0], (void *)8, 0));
	send_pattern(fd[0], 1000);
	ASSERT_TRUE(has_arrived(fd[1], 1000));
	EXPECT_ERRNO(EFAULT, recv(fd[1], (void *)8, 100, 0));
	EXPECT_ERRNO(EFAULT, recvmsg(fd[1], &msg, 0));
	EXPECT_ERRNO(EFAULT, recvmsg(fd[1], (void *)8, 0));
	recv_pattern(fd[1], 1000);
}

TEST_F(api, a_buffer_that_ends_in_a_hole_loses_nothing_of_the_stream)
{
	long page = sysconf(_SC_PAGESIZE);
	char *buf = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	ssize_t sent, got;
	int fd[2];

	ASSERT_NE(MAP_FAILED, buf);
	munmap(buf + page, page);
	sock_pair(self->f, fd);

	/* What was sent of it, if anything, is its beginning. */
	pattern_fill(buf, page, 0);
	sent = send(fd[0], buf, 2 * page, 0);
	EXPECT_GE(page, sent);
	if (sent > 0)
		recv_pattern(fd[1], sent);

	send_pattern(fd[0], 2 * page);
	ASSERT_TRUE(has_arrived(fd[1], 2 * page));
	got = recv(fd[1], buf, 2 * page, 0);
	EXPECT_GE(page, got);
	if (got > 0)
		EXPECT_TRUE(pattern_holds(buf, got, 0));
	EXPECT_EQ(2 * page - (got > 0 ? got : 0), queued_in(fd[1]));
}

TEST_F(api, corked_and_announced_bytes_all_arrive)
{
	int fd[2];

	sock_pair(self->f, fd);
	opt_set(fd[0], SOL_TCP, TCP_CORK, 1);
	EXPECT_EQ(1, opt_get(fd[0], SOL_TCP, TCP_CORK));
	send(fd[0], "abc", 3, 0);
	send(fd[0], "def", 3, 0);
	opt_set(fd[0], SOL_TCP, TCP_CORK, 0);
	EXPECT_TRUE(has_arrived(fd[1], 6));
	EXPECT_EQ(3, send(fd[0], "ghi", 3, MSG_MORE));
	EXPECT_EQ(3, send(fd[0], "jkl", 3, 0));
	EXPECT_TRUE(has_arrived(fd[1], 12));
	/* And where nothing follows the announcement. */
	EXPECT_EQ(3, send(fd[0], "mno", 3, MSG_MORE));
	EXPECT_TRUE(has_arrived(fd[1], 15));
}

TEST_F(api, small_writes_arrive_without_further_ado)
{
	int fd[2], i, nodelay;
	char buf[200];

	for (nodelay = 0; nodelay < 2; nodelay++) {
		sock_pair(self->f, fd);
		opt_set(fd[0], SOL_TCP, TCP_NODELAY, nodelay);
		pattern_fill(buf, sizeof(buf), 0);
		for (i = 0; i < sizeof(buf); i++)
			EXPECT_EQ(1, send(fd[0], buf + i, 1, 0));
		recv_pattern(fd[1], sizeof(buf));
	}
}

TEST_F(api, a_copied_descriptor_keeps_the_connection_open)
{
	int fd[2], copy;
	char byte;

	sock_pair(self->f, fd);
	copy = dup(fd[0]);
	close(fd[0]);
	EXPECT_EQ(0, poll_now(fd[1], POLLIN | POLLRDHUP));
	send_pattern(copy, 1000);
	recv_pattern(fd[1], 1000);
	close(copy);
	EXPECT_EQ(POLLIN, poll_until(fd[1], POLLIN));
	EXPECT_EQ(0, recv(fd[1], &byte, 1, 0));
}

static int send_inherited(void *arg)
{
	send_pattern(*(int *)arg, 50000);
	return 0;
}

TEST_F(api, a_child_uses_the_socket_it_inherits)
{
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	pid = child_new(send_inherited, &fd[0]);
	recv_pattern(fd[1], 50000);
	EXPECT_EQ(0, child_exit(pid));
	EXPECT_EQ(0, poll_now(fd[1], POLLIN | POLLRDHUP));
	send_pattern(fd[0], 1000);
	recv_pattern(fd[1], 1000);
}

TEST_F(api, sendfile_sends_a_file)
{
	FILE *file = tmpfile();
	char buf[100000];
	off_t offset = 0;
	int fd[2];
	ssize_t n;

	ASSERT_NE(NULL, file);
	pattern_fill(buf, sizeof(buf), 0);
	ASSERT_EQ(sizeof(buf), write(fileno(file), buf, sizeof(buf)));
	sock_pair(self->f, fd);
	while (offset < sizeof(buf)) {
		n = sendfile(fd[0], fileno(file), &offset, sizeof(buf) - offset);
		ASSERT_LT(0, n);
	}
	recv_pattern(fd[1], sizeof(buf));
}

TEST_F(api, splice_moves_between_pipe_and_socket)
{
	int fd[2], in[2], out[2];
	char buf[4000];

	sock_pair(self->f, fd);
	ASSERT_EQ(0, pipe(in));
	ASSERT_EQ(0, pipe(out));
	pattern_fill(buf, sizeof(buf), 0);
	ASSERT_EQ(sizeof(buf), write(in[1], buf, sizeof(buf)));
	EXPECT_EQ(sizeof(buf), splice(in[0], NULL, fd[0], NULL, sizeof(buf), 0));
	ASSERT_TRUE(has_arrived(fd[1], sizeof(buf)));
	EXPECT_EQ(sizeof(buf), splice(fd[1], NULL, out[1], NULL, sizeof(buf), 0));
	memset(buf, 0, sizeof(buf));
	EXPECT_EQ(sizeof(buf), read(out[0], buf, sizeof(buf)));
	EXPECT_TRUE(pattern_holds(buf, sizeof(buf), 0));
	set_nonblock(fd[1], true);
	EXPECT_ERRNO(EAGAIN, splice(fd[1], NULL, out[1], NULL, 1, SPLICE_F_NONBLOCK));
}

static int recv_one(void *arg)
{
	struct sigaction sa = { .sa_handler = nothing };
	char byte;

	sigaction(SIGUSR1, &sa, NULL);
	return recv(*(int *)arg, &byte, 1, 0) < 0 ? errno : 0;
}

TEST_F(api, a_waiting_recv_is_woken_by_data)
{
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	pid = child_new(recv_one, &fd[1]);
	child_wait_blocked(pid);
	send(fd[0], "x", 1, 0);
	EXPECT_EQ(0, child_exit(pid));
}

TEST_F(api, a_signal_interrupts_a_waiting_recv)
{
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	pid = child_new(recv_one, &fd[1]);
	child_wait_blocked(pid);
	kill(pid, SIGUSR1);
	EXPECT_EQ(EINTR, child_exit(pid));
	send_pattern(fd[0], 1000);
	recv_pattern(fd[1], 1000);
}

static int send_one(void *arg)
{
	struct sigaction sa = { .sa_handler = nothing };
	char byte = 0;

	sigaction(SIGUSR1, &sa, NULL);
	set_nonblock(*(int *)arg, false);
	while (send(*(int *)arg, &byte, 1, 0) == 1)
		;
	return errno;
}

TEST_F(api, a_signal_interrupts_a_waiting_send)
{
	int fd[2];
	pid_t pid;

	sock_pair(self->f, fd);
	opt_set(fd[0], SOL_SOCKET, SO_SNDBUF, 16384);
	fill_send_queue(fd[0]);
	pid = child_new(send_one, &fd[0]);
	child_wait_blocked(pid);
	kill(pid, SIGUSR1);
	EXPECT_EQ(EINTR, child_exit(pid));
}

#define BOTH_WAYS	(8 << 20)

struct stream {
	size_t sent, received;
};

static void move(int fd, struct stream *s)
{
	static char buf[65536];
	ssize_t n;

	n = recv(fd, buf, sizeof(buf), 0);
	if (n > 0) {
		if (!pattern_holds(buf, n, s->received))
			die("another byte than was sent");
		s->received += n;
	} else if (!n || errno != EAGAIN) {
		die("recv");
	}
	n = BOTH_WAYS - s->sent < sizeof(buf) ? BOTH_WAYS - s->sent : sizeof(buf);
	if (!n)
		return;
	pattern_fill(buf, n, s->sent);
	n = send(fd, buf, n, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		die("send");
	s->sent += n > 0 ? n : 0;
}

TEST_F(api, eight_mebibytes_go_both_ways_at_once)
{
	struct stream s[2] = { };
	struct pollfd p[2];
	int fd[2], i;

	sock_pair(self->f, fd);
	for (i = 0; i < 2; i++) {
		set_nonblock(fd[i], true);
		p[i].fd = fd[i];
	}
	while (s[0].received < BOTH_WAYS || s[1].received < BOTH_WAYS) {
		for (i = 0; i < 2; i++)
			p[i].events = POLLIN | (s[i].sent < BOTH_WAYS ? POLLOUT : 0);
		ASSERT_LT(0, poll(p, 2, LIMIT_MS));
		for (i = 0; i < 2; i++)
			if (p[i].revents)
				move(fd[i], &s[i]);
	}
	EXPECT_EQ(0, queued_in(fd[0]));
	EXPECT_EQ(0, queued_in(fd[1]));
}

TEST_HARNESS_MAIN

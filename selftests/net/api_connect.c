// SPDX-License-Identifier: GPL-2.0
/* connect(): waiting for it or not, refusal, silence, and starting anew. */
#include <sched.h>
#include <signal.h>

#include "api.h"

/*
 *   this namespace                       another, or this one too
 *   near 192.0.2.1, 2001:db8::1 -------- far 192.0.2.2, 2001:db8::2
 *
 * Until road_open() frames from near carry a MAC address that far does not have, so
 * that what is sent there is lost.
 */
#define NEAR_MAC	"02:00:00:00:00:01"
#define FAR_MAC		"02:00:00:00:00:02"
#define NOBODYS_MAC	"02:00:00:00:00:0f"

static void silent_road_to(pid_t pid)
{
	ip_batch("link add near address " NEAR_MAC
		 " type veth peer name far address " FAR_MAC " netns %d\n"
		 "addr add 192.0.2.1/24 dev near\n"
		 "addr add 2001:db8::1/64 dev near nodad\n"
		 "link set near up\n"
		 "neigh add 192.0.2.2 lladdr " NOBODYS_MAC " dev near\n"
		 "neigh add 2001:db8::2 lladdr " NOBODYS_MAC " dev near\n", pid);
}

static void road_from_far(void)
{
	ip_batch("addr add 192.0.2.2/24 dev far\n"
		 "addr add 2001:db8::2/64 dev far nodad\n"
		 "link set far up\n"
		 "neigh add 192.0.2.1 lladdr " NEAR_MAC " dev far\n"
		 "neigh add 2001:db8::1 lladdr " NEAR_MAC " dev far\n");
}

static void road_open(void)
{
	ip_batch("neigh replace 192.0.2.2 lladdr " FAR_MAC " dev near\n"
		 "neigh replace 2001:db8::2 lladdr " FAR_MAC " dev near\n");
}

/* IPv6 has a route only some time after both ends are up. */
static void await_route(const char *to)
{
	char command[80];

	snprintf(command, sizeof(command), "ip route get %s >/dev/null 2>&1", to);
	if (!wait_for(!system(command)))
		die("no route");
}

static void silent_road(const struct family *f)
{
	silent_road_to(getpid());
	ip_batch("link set far up\n");
	if (f->af == AF_INET6)
		await_route("2001:db8::2");
}

static struct addr addr_silent(const struct family *f)
{
	return addr_text(f, "192.0.2.2", "2001:db8::2", 80);
}

/* A loopback port on which nobody listens. */
static struct addr addr_closed(const struct family *f)
{
	struct addr any = addr_loopback(f, 0), a;
	int fd = sock_bound(f, &any);

	a = addr_local(fd);
	close(fd);
	return a;
}

static void nothing(int sig)
{
}

TEST_F(api, a_blocking_connect_returns_when_established)
{
	int listener = sock_listening(self->f, 1);
	struct addr a = addr_local(listener);
	int fd = sock_new(self->f);

	EXPECT_EQ(TCP_CLOSE, sock_state(fd));
	EXPECT_EQ(0, try_connect(fd, &a));
	EXPECT_EQ(TCP_ESTABLISHED, sock_state(fd));
}

TEST_F(api, a_nonblocking_connect_is_in_progress_and_then_writable)
{
	int listener = sock_listening(self->f, 1);
	struct addr a = addr_local(listener);
	int fd = sock_new_nonblock(self->f);

	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &a));
	EXPECT_EQ(POLLOUT, poll_until(fd, POLLOUT));
	EXPECT_EQ(0, sock_error(fd));
	EXPECT_EQ(TCP_ESTABLISHED, sock_state(fd));
}

TEST_F(api, connecting_again_reports_the_finish_once_and_then_eisconn)
{
	int listener = sock_listening(self->f, 1);
	struct addr a = addr_local(listener);
	int fd = sock_new_nonblock(self->f);

	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &a));
	EXPECT_EQ(POLLOUT, poll_until(fd, POLLOUT));
	EXPECT_EQ(0, try_connect(fd, &a));
	EXPECT_ERRNO(EISCONN, try_connect(fd, &a));
}

TEST_F(api, a_connected_socket_cannot_connect)
{
	int listener = sock_listening(self->f, 1);
	struct addr a = addr_local(listener);
	int fd[2];

	sock_pair(self->f, fd);
	EXPECT_ERRNO(EISCONN, try_connect(fd[0], &a));
	EXPECT_ERRNO(EISCONN, try_connect(fd[1], &a));
	send_pattern(fd[0], 1000);
	recv_pattern(fd[1], 1000);
}

TEST_F(api, a_listener_cannot_connect)
{
	int listener = sock_listening(self->f, 1), other = sock_listening(self->f, 1);
	struct addr a = addr_local(other);

	EXPECT_ERRNO(EISCONN, try_connect(listener, &a));
	sock_connected(self->f, listener);
}

TEST_F(api, a_closed_port_refuses)
{
	struct addr a = addr_closed(self->f);
	int fd = sock_new(self->f);

	EXPECT_ERRNO(ECONNREFUSED, try_connect(fd, &a));
	EXPECT_EQ(TCP_CLOSE, sock_state(fd));
	EXPECT_EQ(0, sock_error(fd));
}

TEST_F(api, a_refusal_of_a_nonblocking_connect_is_so_error_once)
{
	struct addr a = addr_closed(self->f);
	int fd = sock_new_nonblock(self->f);

	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &a));
	EXPECT_EQ(POLLOUT | POLLERR | POLLHUP, poll_until(fd, POLLOUT));
	EXPECT_EQ(ECONNREFUSED, sock_error(fd));
	EXPECT_EQ(0, sock_error(fd));
}

TEST_F(api, a_refusal_of_a_nonblocking_connect_is_told_by_connect_too)
{
	struct addr a = addr_closed(self->f);
	int fd = sock_new_nonblock(self->f);

	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &a));
	poll_until(fd, POLLOUT);
	EXPECT_ERRNO(ECONNREFUSED, try_connect(fd, &a));
}

TEST_F(api, a_refused_socket_can_connect_elsewhere)
{
	struct addr closed = addr_closed(self->f), a;
	int listener = sock_listening(self->f, 1);
	int fd = sock_new(self->f);

	a = addr_local(listener);
	EXPECT_ERRNO(ECONNREFUSED, try_connect(fd, &closed));
	EXPECT_EQ(0, try_connect(fd, &a));
	send_pattern(fd, 1000);
	recv_pattern(accept(listener, NULL, NULL), 1000);
}

TEST_F(api, the_any_address_means_this_host)
{
	int listener = sock_listening(self->f, 1);
	struct addr a = addr_local(listener), want = a, seen;
	int fd = sock_new(self->f);

	a = addr_any(self->f, addr_port(&a));
	EXPECT_EQ(0, try_connect(fd, &a));
	seen = addr_peer(fd);
	EXPECT_TRUE(addr_equal(&want, &seen));
}

TEST_F(api, another_address_family_is_refused)
{
	int listener = sock_listening(self->f, 1);
	struct addr a = addr_local(listener), b = a;
	int fd = sock_new(self->f);

	a.sa.sa_family = AF_UNIX;
	EXPECT_ERRNO(EAFNOSUPPORT, try_connect(fd, &a));
	a.sa.sa_family = AF_MYTCP;
	EXPECT_ERRNO(EAFNOSUPPORT, try_connect(fd, &a));
	EXPECT_EQ(0, try_connect(fd, &b));
}

TEST_F(api, a_short_address_is_refused)
{
	int listener = sock_listening(self->f, 1);
	struct addr a = addr_local(listener);
	int fd = sock_new(self->f);
	socklen_t len;

	for (len = 0; len < 16; len++)
		EXPECT_ERRNO(EINVAL, connect(fd, &a.sa, len));
	EXPECT_EQ(0, try_connect(fd, &a));
}

TEST_F(api, an_address_out_of_reach_is_a_fault)
{
	EXPECT_ERRNO(EFAULT, connect(sock_new(self->f), (void *)8, 16));
}

TEST_F(api, an_address_without_a_route_is_unreachable)
{
	struct addr a = addr_text(self->f, "192.0.2.2", "2001:db8::2", 80);

	EXPECT_ERRNO(ENETUNREACH, try_connect(sock_new(self->f), &a));
}

TEST_F(api, a_broadcast_or_multicast_destination_is_refused)
{
	struct addr a = addr_text(self->f, "127.255.255.255", "::ffff:127.255.255.255", 80);
	struct addr b = addr_text(self->f, "224.0.0.1", "ff02::1", 80);
	struct addr c = addr_text(self->f, "255.255.255.255", "ff0e::1", 80);

	silent_road(self->f);
	ip_batch("route add default dev near\n");
	EXPECT_ERRNO(ENETUNREACH, try_connect(sock_new(self->f), &a));
	EXPECT_ERRNO(ENETUNREACH, try_connect(sock_new(self->f), &b));
	EXPECT_ERRNO(ENETUNREACH, try_connect(sock_new(self->f), &c));
}

TEST_F(api, an_unspecified_family_disconnects_and_the_socket_connects_again)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	int listener = sock_listening(self->f, 2), server;
	struct addr a = addr_local(listener), peer = { .len = sizeof(peer.storage) };
	int fd = sock_connected(self->f, listener);
	char byte;

	server = accept(listener, NULL, NULL);
	EXPECT_EQ(0, connect(fd, &unspec, sizeof(unspec)));
	EXPECT_EQ(TCP_CLOSE, sock_state(fd));
	EXPECT_ERRNO(ENOTCONN, getpeername(fd, &peer.sa, &peer.len));
	EXPECT_ERRNO(ECONNRESET, recv(server, &byte, 1, 0));

	EXPECT_EQ(0, try_connect(fd, &a));
	server = accept(listener, NULL, NULL);
	send_pattern(fd, 1000);
	recv_pattern(server, 1000);
}

TEST_F(api, an_unspecified_family_ends_an_attempt)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	struct addr silent = addr_silent(self->f), a;
	int listener = sock_listening(self->f, 1);
	int fd = sock_new_nonblock(self->f);

	silent_road(self->f);
	a = addr_local(listener);
	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &silent));
	EXPECT_EQ(TCP_SYN_SENT, sock_state(fd));
	EXPECT_EQ(0, connect(fd, &unspec, sizeof(unspec)));
	EXPECT_EQ(TCP_CLOSE, sock_state(fd));
	set_nonblock(fd, false);
	EXPECT_EQ(0, try_connect(fd, &a));
}

TEST_F(api, an_attempt_that_is_under_way_says_so)
{
	struct addr silent = addr_silent(self->f);
	struct addr peer = { .len = sizeof(peer.storage) };
	int fd = sock_new_nonblock(self->f);
	char byte = 0;

	silent_road(self->f);
	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &silent));
	EXPECT_ERRNO(EALREADY, try_connect(fd, &silent));
	EXPECT_EQ(0, poll_now(fd, POLLIN | POLLOUT | POLLRDHUP));
	EXPECT_ERRNO(EAGAIN, send(fd, &byte, 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EAGAIN, recv(fd, &byte, 1, 0));
	EXPECT_ERRNO(EINVAL, listen(fd, 1));
	EXPECT_ERRNO(ENOTCONN, getpeername(fd, &peer.sa, &peer.len));
	EXPECT_EQ(TCP_SYN_SENT, sock_state(fd));
}

TEST_F(api, an_attempt_can_be_closed)
{
	struct addr silent = addr_silent(self->f), a;
	int fd = sock_new_nonblock(self->f);

	silent_road(self->f);
	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &silent));
	a = addr_local(fd);
	close(fd);
	/* Its port is free at once: nothing of it is left. */
	close(sock_bound(self->f, &a));
}

TEST_F(api, connect_waits_no_longer_than_the_send_timeout)
{
	struct addr silent = addr_silent(self->f);
	int fd = sock_new(self->f);
	long long start;

	silent_road(self->f);
	opt_set_timeout(fd, SO_SNDTIMEO, 100);
	start = now_ms();
	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &silent));
	EXPECT_LE(50, now_ms() - start);
	EXPECT_EQ(TCP_SYN_SENT, sock_state(fd));
}

TEST_F(api, a_silent_destination_times_out)
{
	struct addr silent = addr_silent(self->f);
	int fd = sock_new(self->f);

	silent_road(self->f);
	opt_set(fd, SOL_TCP, TCP_SYNCNT, 1);
	EXPECT_ERRNO(ETIMEDOUT, try_connect(fd, &silent));
	EXPECT_EQ(TCP_CLOSE, sock_state(fd));
}

struct attempt {
	int fd;
	struct addr a;
};

static int connect_interruptible(void *arg)
{
	struct sigaction sa = { .sa_handler = nothing };
	struct attempt *to = arg;

	sigaction(SIGUSR1, &sa, NULL);
	return try_connect(to->fd, &to->a) ? errno : 0;
}

TEST_F(api, a_signal_interrupts_connect_and_the_attempt_goes_on)
{
	struct attempt to = { sock_new(self->f), addr_silent(self->f) };
	pid_t pid;

	silent_road(self->f);
	pid = child_new(connect_interruptible, &to);
	child_wait_blocked(pid);
	kill(pid, SIGUSR1);
	EXPECT_EQ(EINTR, child_exit(pid));
	EXPECT_EQ(TCP_SYN_SENT, sock_state(to.fd));
	set_nonblock(to.fd, true);
	EXPECT_ERRNO(EALREADY, try_connect(to.fd, &to.a));
}

TEST_F(api, a_socket_connects_to_itself)
{
	struct addr a = addr_loopback(self->f, 4321), seen;
	int fd = sock_bound(self->f, &a);

	ASSERT_EQ(0, try_connect(fd, &a));
	EXPECT_EQ(TCP_ESTABLISHED, sock_state(fd));
	seen = addr_peer(fd);
	EXPECT_TRUE(addr_equal(&a, &seen));
	send_pattern(fd, 30000);
	recv_pattern(fd, 30000);
}

struct other_host {
	struct family f;
	int hear[2], tell[2];
};

static int connect_back(void *arg)
{
	struct other_host *h = arg;
	struct addr here = addr_text(&h->f, "192.0.2.1", "2001:db8::1", 4321);
	struct addr there = addr_text(&h->f, "192.0.2.2", "2001:db8::2", 4322);
	int fd;

	netns_new();
	message(h->tell[1]);
	await_message(h->hear[0]);
	road_from_far();
	await_route("2001:db8::1");
	message(h->tell[1]);
	await_message(h->hear[0]);

	fd = sock_bound(&h->f, &there);
	opt_set_timeout(fd, SO_SNDTIMEO, LIMIT_MS);
	if (try_connect(fd, &here))
		return errno;
	send_pattern(fd, 5000);
	recv_pattern(fd, 5000);
	/* MyTCP's namespace ends with its last process, and what is on the way with it. */
	await_message(h->hear[0]);
	return 0;
}

TEST_F(api, two_sockets_that_connect_to_each_other_make_one_connection)
{
	struct other_host h = { .f = *self->f };
	struct addr here = addr_text(self->f, "192.0.2.1", "2001:db8::1", 4321);
	struct addr there = addr_text(self->f, "192.0.2.2", "2001:db8::2", 4322);
	pid_t pid;
	int fd;

	ASSERT_EQ(0, pipe(h.hear));
	ASSERT_EQ(0, pipe(h.tell));
	pid = child_new(connect_back, &h);
	await_message(h.tell[0]);
	silent_road_to(pid);
	message(h.hear[1]);
	await_message(h.tell[0]);
	await_route("2001:db8::2");

	fd = sock_bound(self->f, &here);
	set_nonblock(fd, true);
	EXPECT_ERRNO(EINPROGRESS, try_connect(fd, &there));
	EXPECT_EQ(TCP_SYN_SENT, sock_state(fd));
	message(h.hear[1]);
	EXPECT_TRUE(wait_for(sock_state(fd) == TCP_SYN_RECV));
	EXPECT_EQ(0, poll_now(fd, POLLIN | POLLOUT));
	road_open();
	EXPECT_EQ(POLLOUT, poll_until(fd, POLLOUT));
	EXPECT_EQ(0, sock_error(fd));
	EXPECT_EQ(TCP_ESTABLISHED, sock_state(fd));
	set_nonblock(fd, false);
	send_pattern(fd, 5000);
	recv_pattern(fd, 5000);
	message(h.hear[1]);
	EXPECT_EQ(0, child_exit(pid));
}

#define DESTINATIONS	40
#define PORT		5000
#define ELSEWHERE	60	/* connections to one destination between two to another */

static void destinations(const struct family *f)
{
	struct addr a;
	int i;

	for (i = 0; i < DESTINATIONS; i++) {
		a = addr_loopback(f, PORT + i);
		if (listen(sock_bound(f, &a), 1000))
			die("listen");
	}
}

/* The local port of a new connection, which stays. */
static int port_towards(const struct family *f, int destination)
{
	struct addr a = addr_loopback(f, PORT + destination), local;
	int fd = sock_new(f);

	if (try_connect(fd, &a))
		die("connect");
	local = addr_local(fd);
	return addr_port(&local);
}

/* RFC 6056: by chance one of 39 is that near once in six times, four once in 20,000. */
TEST_F(api, ports_chosen_for_other_destinations_do_not_follow_one_another)
{
	int i, port, last, near = 0;

	destinations(self->f);
	last = port_towards(self->f, 0);
	for (i = 1; i < DESTINATIONS; i++, last = port) {
		port = port_towards(self->f, i);
		near += abs(port - last) <= 64;
	}
	EXPECT_GT(4, near);
}

TEST_F(api, a_destination_does_not_learn_how_many_connections_others_have)
{
	int first = sysctl_get(self->f, "ip_local_port_range", 0);
	int range = sysctl_get(self->f, "ip_local_port_range", 1) - first + 1;
	int i, round, port, last, far = 0;

	destinations(self->f);
	last = port_towards(self->f, 0);
	for (round = 0; round < 5; round++, last = port) {
		for (i = 0; i < ELSEWHERE; i++)
			port_towards(self->f, 1);
		port = port_towards(self->f, 0);
		far += (port - last + range) % range >= ELSEWHERE;
	}
	/* Ports that the other has taken are left out, where the two meet. */
	EXPECT_GT(3, far);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * A listener's two queues, as peers on the wire see them: what bounds them, what
 * happens when one is full, and that every way out of them is one.
 */
#include <linux/filter.h>

#include "wire_test.h"

#define PEERS	8

/* More than a busy guest needs for a test. */
#define NO_REPEAT_MS	8000

/* Nothing is repeated meanwhile where that can be set; else be quick. */
static void listen_for(struct wire *w, int backlog)
{
	if (is_mytcp(w))
		wire_set(w, "rto_init", NO_REPEAT_MS);
	app_listen(w);
	if (listen(w->listener, backlog))
		wire_die("listen");
}

/* Peers with a port each. What one of them is to hear must be all that is said. */
static void peers_of(struct wire *w, struct wire peer[PEERS])
{
	int i;

	for (i = 0; i < PEERS; i++) {
		peer[i] = *w;
		peer[i].peer_port += i;
	}
}

static void syn(struct wire *peer)
{
	wire_send(peer, SYN, .mss = 1460);
	wire_expect(peer, SYN | ACK, .ack = 1);
}

static void connects(struct wire *peer)
{
	syn(peer);
	wire_send(peer, ACK, .seq = 1, .ack = 1);
	wire_silent(peer);
}

/* Half-open entries in the namespace. */
static int half_open(const struct wire *w)
{
	struct wire peer = *w;
	int i, sum = 0;

	if (is_mytcp(w))
		return wire_counter(w, "HalfOpen");
	for (i = 0; i < PEERS; i++, peer.peer_port++)
		sum += wire_entries(&peer, "SYN_RECV");
	return sum;
}

TEST_F(wire, tcp_syncnt_of_a_listener_bounds_the_repeats_of_its_syn_acks)
{
	wire_quick_syn(self->w);
	wire_set(self->w, "synack_retries", 4);
	app_socket(self->w);
	opt_set(self->w->listener, SOL_TCP, TCP_SYNCNT, 1);
	app_listen(self->w);
	syn(self->w);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	EXPECT_TRUE(wait_for(!half_open(self->w)));
	wire_silent(self->w);
}

TEST_F(wire, every_way_out_of_the_half_open_queue_counts)
{
	struct wire peer[PEERS];

	listen_for(self->w, 16);
	peers_of(self->w, peer);
	syn(&peer[0]);
	syn(&peer[1]);
	syn(&peer[2]);
	EXPECT_EQ(3, half_open(self->w));

	wire_send(&peer[0], ACK, .seq = 1, .ack = 1);
	wire_silent(&peer[0]);
	EXPECT_EQ(2, half_open(self->w));
	wire_send(&peer[1], RST, .seq = 1);
	wire_silent(&peer[1]);
	EXPECT_EQ(1, half_open(self->w));
	close(self->w->listener);
	/* TCP leaves it to a timer. */
	if (is_mytcp(self->w))
		EXPECT_EQ(0, half_open(self->w));
}

TEST_F(wire, what_ran_out_of_time_leaves_the_half_open_queue)
{
	wire_quick_syn(self->w);
	wire_set(self->w, "synack_retries", 1);
	app_listen(self->w);
	syn(self->w);
	EXPECT_EQ(1, half_open(self->w));
	wire_expect(self->w, SYN | ACK, .ack = 1);
	EXPECT_TRUE(wait_for(!half_open(self->w)));
	/* There is room again. */
	wire_anew(self->w);
	wire_open(self->w);
}

static void half_open_bound(struct __test_metadata *_metadata, struct wire *w, int backlog)
{
	struct wire peer[PEERS];
	int i;

	listen_for(w, backlog);
	peers_of(w, peer);
	for (i = 0; i <= backlog; i++)
		syn(&peer[i]);
	wire_send(&peer[i], SYN, .mss = 1460);
	wire_silent(&peer[i]);
	EXPECT_EQ(backlog + 1, half_open(w));

	/* One goes, one comes. */
	wire_send(&peer[0], RST, .seq = 1);
	wire_silent(&peer[0]);
	syn(&peer[i]);
	EXPECT_EQ(backlog + 1, half_open(w));
}

static void no_cookies(const struct wire *w)
{
	wire_set(w, "syncookies", 0);
}

TEST_F(wire, backlog_zero_holds_one_half_open_entry)
{
	no_cookies(self->w);
	half_open_bound(_metadata, self->w, 0);
}

TEST_F(wire, backlog_one_holds_two_half_open_entries)
{
	no_cookies(self->w);
	half_open_bound(_metadata, self->w, 1);
}

TEST_F(wire, backlog_six_holds_seven_half_open_entries)
{
	no_cookies(self->w);
	half_open_bound(_metadata, self->w, 6);
}

TEST_F(wire, max_syn_backlog_bounds_the_half_open_queue_whatever_the_backlog)
{
	struct wire peer[PEERS];
	int i;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP leaves a quarter of it to peers that it knows");
	no_cookies(self->w);
	wire_set(self->w, "max_syn_backlog", 3);
	listen_for(self->w, 100);
	peers_of(self->w, peer);
	for (i = 0; i < 3; i++)
		syn(&peer[i]);
	for (; i < PEERS; i++) {
		wire_send(&peer[i], SYN, .mss = 1460);
		wire_silent(&peer[i]);
	}
	EXPECT_EQ(3, half_open(self->w));
	EXPECT_EQ(PEERS - 3, wire_counter(self->w, "SynQueueFull"));
}

/* Two connections wait for accept(), and a third peer's handshake is open. */
static void fill(struct wire *w, struct wire peer[PEERS])
{
	listen_for(w, 1);
	peers_of(w, peer);
	connects(&peer[0]);
	syn(&peer[1]);
	syn(&peer[2]);
	wire_send(&peer[1], ACK, .seq = 1, .ack = 1);
	wire_silent(&peer[1]);
}

TEST_F(wire, with_abort_on_overflow_a_third_ack_without_room_draws_a_reset)
{
	struct wire peer[PEERS];

	wire_set(self->w, "abort_on_overflow", 1);
	fill(self->w, peer);
	wire_send(&peer[2], ACK, .seq = 1, .ack = 1);
	wire_expect_reset(&peer[2], 1);
	EXPECT_STREQ("CLOSED", wire_state(&peer[2]));
	EXPECT_EQ(0, half_open(self->w));
	EXPECT_EQ(2, queue_length(self->w->listener));
}

TEST_F(wire, a_handshake_completed_without_room_is_completed_later)
{
	struct wire peer[PEERS], *late = &peer[2];

	fill(self->w, peer);
	wire_send(late, ACK, .seq = 1, .ack = 1);
	wire_send(late, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_silent(late);
	EXPECT_STREQ("SYN_RECV", wire_state(late));
	EXPECT_EQ(2, queue_length(self->w->listener));
	EXPECT_EQ(1, half_open(self->w));

	app_accept(self->w);
	wire_expect(late, SYN | ACK, .ack = 1);
	wire_send(late, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(late, 1, 101);
	EXPECT_EQ(0, half_open(self->w));
	EXPECT_EQ(2, queue_length(self->w->listener));
	app_accept(self->w);
	app_accept(self->w);
	app_recv(self->w, 100);
}

TEST_F(wire, room_is_offered_at_once_to_who_waits_for_it)
{
	struct wire peer[PEERS], *late = &peer[2];

	if (!is_mytcp(self->w))
		SKIP(return, "TCP repeats its SYN+ACK by time");
	fill(self->w, peer);
	wire_send(late, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_silent(late);
	app_accept(self->w);
	wire_expect_now(late, SYN | ACK, .ack = 1);
	wire_send(late, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(late, 1, 101);
	app_accept(self->w);
	app_accept(self->w);
	app_recv(self->w, 100);
}

TEST_F(wire, without_cookies_a_full_accept_queue_refuses_syns)
{
	struct wire peer[PEERS];

	no_cookies(self->w);
	listen_for(self->w, 1);
	peers_of(self->w, peer);
	connects(&peer[0]);
	connects(&peer[1]);
	wire_send(&peer[2], SYN, .mss = 1460);
	wire_silent(&peer[2]);
	EXPECT_EQ(0, half_open(self->w));
}

TEST_F(wire, with_cookies_a_full_accept_queue_refuses_no_syn)
{
	struct wire peer[PEERS];

	if (!is_mytcp(self->w))
		SKIP(return, "TCP drops them in any case");
	wire_set(self->w, "syncookies", 1);
	listen_for(self->w, 1);
	peers_of(self->w, peer);
	connects(&peer[0]);
	connects(&peer[1]);
	syn(&peer[2]);
	EXPECT_EQ(1, half_open(self->w));
	EXPECT_EQ(2, queue_length(self->w->listener));
}

static void defer(struct wire *w, int seconds)
{
	app_socket(w);
	opt_set(w->listener, SOL_TCP, TCP_DEFER_ACCEPT, seconds);
	app_listen(w);
	syn(w);
	wire_send(w, ACK, .seq = 1, .ack = 1);
	wire_silent(w);
	if (app_can_accept(w))
		wire_die("a connection to accept, though nothing was sent");
}

TEST_F(wire, with_tcp_defer_accept_a_connection_waits_for_its_first_data)
{
	defer(self->w, 30);
	EXPECT_STREQ("SYN_RECV", wire_state(self->w));
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(self->w, 1, 101);
	app_accept(self->w);
	app_recv(self->w, 100);
	EXPECT_EQ(0, half_open(self->w));
}

TEST_F(wire, with_tcp_defer_accept_a_fin_is_as_good_as_data)
{
	defer(self->w, 30);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_acked(self->w, 1, 2);
	app_accept(self->w);
	EXPECT_TRUE(app_at_end(self->w));
}

/* No SYN+ACK meanwhile: the client has seen it, and only has nothing to say. */
TEST_F(wire, at_the_end_of_tcp_defer_accept_the_ack_of_one_more_syn_ack_connects)
{
	long long start = now_ms();

	wire_quick_syn(self->w);
	defer(self->w, 1);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	/* Of pauses that double, from 100 ms or 1 s on, the last but one has passed. */
	EXPECT_LE(is_mytcp(self->w) ? 600 : 900, now_ms() - start);
	EXPECT_FALSE(app_can_accept(self->w));
	/* TCP counts a SYN+ACK when it is gone: an answer may come too early for it. */
	if (is_mytcp(self->w))
		wire_send(self->w, ACK, .seq = 1, .ack = 1);
	else
		EXPECT_TRUE(wait_for((wire_send(self->w, ACK, .seq = 1, .ack = 1),
				      app_can_accept(self->w))));
	app_accept(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
}

TEST_F(wire, at_the_end_of_tcp_defer_accept_a_silent_client_is_forgotten)
{
	wire_quick_syn(self->w);
	wire_set(self->w, "synack_retries", 1);
	defer(self->w, 1);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	EXPECT_TRUE(wait_for(!half_open(self->w)));
	wire_silent(self->w);
}

TEST_F(wire, without_the_third_ack_tcp_defer_accept_changes_no_repeat)
{
	wire_quick_syn(self->w);
	wire_set(self->w, "synack_retries", 2);
	app_socket(self->w);
	opt_set(self->w->listener, SOL_TCP, TCP_DEFER_ACCEPT, 100);
	app_listen(self->w);
	syn(self->w);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	EXPECT_TRUE(wait_for(!half_open(self->w)));
	wire_silent(self->w);
}

TEST_F(wire, half_open_entries_of_a_listener_that_closes_pass_to_its_group)
{
	struct wire peer[PEERS], other;
	int i;

	if (is_mytcp(self->w))
		wire_set(self->w, "rto_init", NO_REPEAT_MS);
	else
		wire_set(self->w, "migrate_req", 1);
	other = *self->w;
	app_socket(self->w);
	opt_set(self->w->listener, SOL_SOCKET, SO_REUSEPORT, 1);
	app_listen(self->w);
	app_socket(&other);
	opt_set(other.listener, SOL_SOCKET, SO_REUSEPORT, 1);
	app_listen(&other);
	peers_of(self->w, peer);
	for (i = 0; i < PEERS; i++)
		syn(&peer[i]);
	close(self->w->listener);
	EXPECT_EQ(PEERS, half_open(self->w));
	for (i = 0; i < PEERS; i++) {
		wire_send(&peer[i], ACK, .seq = 1, .ack = 1);
		wire_silent(&peer[i]);
	}
	EXPECT_EQ(0, half_open(self->w));
	EXPECT_EQ(PEERS, queue_length(other.listener));

	for (i = 0; i < PEERS; i++) {
		wire_anew(&peer[i]);
		peer[i].peer_port += PEERS;
		syn(&peer[i]);
	}
	close(other.listener);
	if (is_mytcp(self->w))
		EXPECT_EQ(0, half_open(self->w));
}

/* What /proc/net/mytcp_listen says of the listener on this port. */
static const char *listen_text(const struct wire *w, const char *name)
{
	FILE *file = fopen("/proc/net/mytcp_listen", "r");
	char port[16], want[64];
	static char line[4096];
	char *at;

	if (!file)
		die("/proc/net/mytcp_listen");
	snprintf(port, sizeof(port), ":%d ", w->port);
	snprintf(want, sizeof(want), " %s=", name);
	while (fgets(line, sizeof(line), file)) {
		at = strstr(line, want);
		if (strncmp(line, "local=", 6) || !strstr(line, port) || !at)
			continue;
		fclose(file);
		return at + strlen(want);
	}
	die(name);
}

static long listen_value(const struct wire *w, const char *name)
{
	return atol(listen_text(w, name));
}

static long sum_of_waits(const struct wire *w)
{
	const char *at = listen_text(w, "accept_wait_us");
	long sum = atol(at);

	while ((at = strchr(at, ',')))
		sum += atol(++at);
	return sum;
}

TEST_F(wire, what_a_listener_counts_is_told_for_each)
{
	struct wire peer[PEERS], other;

	if (!is_mytcp(self->w))
		SKIP(return, "a file of MyTCP's");
	no_cookies(self->w);
	listen_for(self->w, 1);
	other = *self->w;
	other.listener = -1;
	other.port++;
	app_listen(&other);
	peers_of(self->w, peer);
	syn(&peer[0]);
	syn(&peer[1]);
	wire_send(&peer[2], SYN, .mss = 1460);
	wire_silent(&peer[2]);
	EXPECT_EQ(2, listen_value(self->w, "half_open"));
	wire_send(&peer[0], RST, .seq = 1);
	wire_send(&peer[1], ACK, .seq = 1, .ack = 1);
	wire_silent(&peer[1]);

	EXPECT_EQ(1, listen_value(self->w, "backlog"));
	EXPECT_EQ(0, listen_value(self->w, "half_open"));
	EXPECT_EQ(2, listen_value(self->w, "half_open_peak"));
	EXPECT_EQ(1, listen_value(self->w, "accept"));
	EXPECT_EQ(0, sum_of_waits(self->w));
	app_accept(self->w);
	EXPECT_EQ(0, listen_value(self->w, "accept"));
	EXPECT_EQ(1, listen_value(self->w, "accept_peak"));
	EXPECT_EQ(1, sum_of_waits(self->w));
	EXPECT_EQ(2, listen_value(self->w, "HalfOpened"));
	EXPECT_EQ(1, listen_value(self->w, "HalfResets"));
	EXPECT_EQ(1, listen_value(self->w, "HalfEstablished"));
	EXPECT_EQ(1, listen_value(self->w, "SynQueueFull"));
	EXPECT_EQ(0, listen_value(self->w, "AcceptQueueFull"));
	EXPECT_EQ(0, listen_value(&other, "HalfOpened"));
	EXPECT_EQ(0, listen_value(&other, "SynQueueFull"));
	EXPECT_EQ(0, listen_value(&other, "half_open_peak"));
}

TEST_F(wire, time_in_the_accept_queue_is_told_in_powers_of_two)
{
	const char *at;
	int i;

	if (!is_mytcp(self->w))
		SKIP(return, "a file of MyTCP's");
	app_listen(self->w);
	connects(self->w);
	usleep(PAUSE_MS * 1000);
	app_accept(self->w);
	ASSERT_EQ(1, sum_of_waits(self->w));
	at = listen_text(self->w, "accept_wait_us");
	for (i = 0; !atol(at); i++)
		at = strchr(at, ',') + 1;
	/* At least 50 ms; 2^15 us are 33 ms, and 2^24 are 17 s. */
	EXPECT_LE(16, i);
	EXPECT_GE(25, i);
}

/* Lines in the kernel's log that say so, from here on. */
static int told(int kmsg, int port)
{
	char line[1024], want[32];
	int n = 0;
	ssize_t len;

	snprintf(want, sizeof(want), ":%d is full", port);
	while ((len = read(kmsg, line, sizeof(line) - 1)) > 0) {
		line[len] = 0;
		n += strstr(line, "mytcp: half-open queue of ") && strstr(line, want);
	}
	return n;
}

static void overflow(struct wire *w)
{
	struct wire peer[PEERS];
	int i;

	w->port++;
	w->listener = -1;
	listen_for(w, 0);
	peers_of(w, peer);
	syn(&peer[0]);
	for (i = 1; i < PEERS; i++) {
		wire_send(&peer[i], SYN, .mss = 1460);
		wire_silent(&peer[i]);
	}
}

TEST_F(wire, an_overflow_is_told_in_the_log_once)
{
	int kmsg;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP says it once for each boot");
	no_cookies(self->w);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0)
		die("/dev/kmsg");
	self->w->port = 7000 + getpid() % 1000;
	/* So many lines of all listeners together are suppressed. */
	EXPECT_TRUE(wait_for(({
		overflow(self->w);
		told(kmsg, self->w->port) == 1;
	})));
}

/* Drops what comes from this port, or all if it is 0. */
static void filter(int fd, int port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, port ? 0xffffffff : 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		die("SO_ATTACH_FILTER");
}

TEST_F(wire, a_filter_on_a_listener_sees_headers_and_drops_syns_and_third_acks)
{
	struct wire peer[PEERS];

	listen_for(self->w, 16);
	peers_of(self->w, peer);
	filter(self->w->listener, peer[1].peer_port);
	syn(&peer[0]);
	wire_send(&peer[1], SYN, .mss = 1460);
	wire_silent(&peer[1]);
	EXPECT_EQ(1, half_open(self->w));

	filter(self->w->listener, peer[0].peer_port);
	wire_send(&peer[0], ACK, .seq = 1, .ack = 1);
	wire_silent(&peer[0]);
	EXPECT_STREQ("SYN_RECV", wire_state(&peer[0]));
	EXPECT_FALSE(app_can_accept(self->w));
	if (is_mytcp(self->w)) {
		EXPECT_EQ(2, wire_counter(self->w, "RxFiltered"));
		EXPECT_EQ(2, listen_value(self->w, "RxFiltered"));
	}
	opt_set(self->w->listener, SOL_SOCKET, SO_DETACH_FILTER, 0);
	wire_send(&peer[0], ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	syn(&peer[1]);
}

TEST_F(wire, a_filter_on_a_connection_drops_what_comes_until_it_is_detached)
{
	wire_open(self->w);
	filter(self->w->fd, 0);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_send(self->w, RST, .seq = 1);
	wire_silent(self->w);
	EXPECT_STREQ("ESTABLISHED", wire_state(self->w));
	EXPECT_EQ(0, poll_now(self->w->fd, POLLIN));
	filter(self->w->fd, 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(self->w, 1, 101);
	app_recv(self->w, 100);
}

TEST_HARNESS_MAIN

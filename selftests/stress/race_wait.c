// SPDX-License-Identifier: GPL-2.0
/*
 * Races for an entry in TIME_WAIT or FIN_WAIT2: it ends, something takes its place, or the
 * peer's FIN comes.
 */
#include "race.h"

/* One that the other side has left in TIME_WAIT, or is about to. */
static struct flow *one_of_the_last(struct side *me, struct flow *flow)
{
	struct flow *first = sides[flow->side].flow;

	return flow - chance(me) % (flow - first + 1);
}

static void short_lives(void)
{
	setting("msl", 3);
}

/* One side leaves its flows in TIME_WAIT, the other sends some of the last a segment. */
static void die_or_send(struct side *me, struct flow *flow, int flags)
{
	struct flow *old;
	__u32 seq;
	int i;

	if (mine(me, flow)) {
		flow_to_time_wait(me, flow);
		return;
	}
	for (i = 0; i < 4; i++) {
		old = one_of_the_last(me, flow);
		seq = old->irs + (flags & SYN ? 100 + (chance(me) & 1) : 1);
		if (old->open)
			put(me, old, flags, seq, old->iss + 2, 0);
	}
}

/* Before, after or while its time runs out on the other processor. */
static void die_or_open_anew(struct side *me, struct flow *flow)
{
	die_or_send(me, flow, SYN);
}

RACE(a_syn_opens_time_wait_anew_while_it_expires) = {
	.batch = 64,
	.settings = short_lives,
	.fire = die_or_open_anew,
	.moved = { "TimeWaits", "TimeWaitReuses", "HalfRemoved" },
};

static void few_places(void)
{
	setting("msl", 5000);
	setting("max_tw_buckets", 8);
}

/* A repeated FIN finds the entry and makes it wait anew, or finds nobody. */
static void die_or_repeat_the_fin(struct side *me, struct flow *flow)
{
	die_or_send(me, flow, ACK | FIN);
}

static void no_more_than_places(void)
{
	if (counter("TimeWait") > 8)
		wrong("%ld wait", counter("TimeWait"));
	setting("max_tw_buckets", 8);
	listener_close();
}

static void a_moment_is_enough(void)
{
	setting("msl", 10);
}

RACE(the_cap_sends_time_wait_away_while_it_is_looked_up) = {
	.batch = 64,
	.settings = few_places,
	.fire = die_or_repeat_the_fin,
	.end = no_more_than_places,
	.over = a_moment_is_enough,
	.moved = { "TimeWaits", "TimeWaitOverflow", "TimeWaitAcks", "RxNoSocket" },
};

static void wait_long(void)
{
	setting("msl", 60000);
	setting("fin_timeout", 60000);
}

/* Both come when the entry is there. */
static void meet_in_fin_wait2(struct side *me, struct flow *flow)
{
	if (mine(me, flow))
		flow_to_fin_wait2(me, flow);
	else
		while (!atomic_load(&flow->stop))
			;
}

/* The peer's FIN and its repetition, at once. */
static void finish_together(struct side *me, struct flow *flow)
{
	meet_in_fin_wait2(me, flow);
	put_fin(me, flow);
}

static void each_has_finished_once(void)
{
	no_resets();
	if (counter("TimeWaitAcks") != 2 * counter("FinWait2Entries"))
		wrong("%ld FINs of %ld were acknowledged", counter("TimeWaitAcks"),
		      2 * counter("FinWait2Entries"));
	if (counter("FinWait2") || counter("TimeWaits") != counter("FinWait2Entries"))
		wrong("of %ld in FIN_WAIT2 %ld have gone to TIME_WAIT, and %ld are left",
		      counter("FinWait2Entries"), counter("TimeWaits"), counter("FinWait2"));
	listener_close();
}

RACE(two_fins_meet_at_one_entry_in_fin_wait2) = {
	.batch = 64,
	.settings = wait_long,
	.fire = finish_together,
	.end = each_has_finished_once,
	.over = a_moment_is_enough,
	.moved = { "FinWait2Entries", "TimeWaits", "TimeWaitAcks" },
};

static void finish_or_reset(struct side *me, struct flow *flow)
{
	meet_in_fin_wait2(me, flow);
	mine(me, flow) ? put_fin(me, flow) : put_reset(me, flow);
}

static void none_is_left_in_fin_wait2(void)
{
	long most = counter("FinWait2Entries");

	if (counter("FinWait2") || counter("TimeWaits") > most || counter("RxResets") > most)
		wrong("of %ld in FIN_WAIT2 %ld went to TIME_WAIT, %ld were reset, %ld are left",
		      most, counter("TimeWaits"), counter("RxResets"), counter("FinWait2"));
	listener_close();
}

RACE(a_reset_meets_the_fin_in_fin_wait2) = {
	.batch = 64,
	.settings = wait_long,
	.fire = finish_or_reset,
	.end = none_is_left_in_fin_wait2,
	.over = a_moment_is_enough,
	.moved = { "TimeWaits", "TimeWaitResetIgnored", "RxResets", "RxNoSocket" },
};

static void finish_or_be_ended(struct side *me, struct flow *flow)
{
	int err = 0;

	meet_in_fin_wait2(me, flow);
	if (mine(me, flow))
		put_fin(me, flow);
	else
		err = flow_destroy(flow);
	if (err)
		wrong("what ends a connection is answered with %s", strerror(err));
}

/* The peer is reset, or its FIN acknowledged. A FIN that comes later meets nobody. */
static void each_was_ended_or_has_finished(void)
{
	long ended = counter("TxResets") - counter("RxNoSocket");

	if (counter("AbortByAdmin") != counter("FinWait2Entries"))
		wrong("of %ld in FIN_WAIT2 %ld were ended", counter("FinWait2Entries"),
		      counter("AbortByAdmin"));
	if (ended + counter("TimeWaits") != counter("FinWait2Entries"))
		wrong("of %ld in FIN_WAIT2 %ld were reset and %ld went to TIME_WAIT",
		      counter("FinWait2Entries"), ended, counter("TimeWaits"));
	listener_close();
}

RACE(an_administrator_ends_fin_wait2_while_its_fin_comes) = {
	.batch = 64,
	.settings = wait_long,
	.fire = finish_or_be_ended,
	.end = each_was_ended_or_has_finished,
	.moved = { "TimeWaits", "RxNoSocket", "AbortByAdmin" },
};

static void short_lives_without_a_fin(void)
{
	setting("msl", 10);
	setting("fin_timeout", 4);
}

/* Before, after or while its time runs out on the other processor. */
static void time_out_or_finish(struct side *me, struct flow *flow)
{
	struct flow *old;
	int i;

	if (mine(me, flow)) {
		flow_to_fin_wait2(me, flow);
		return;
	}
	for (i = 0; i < 4; i++) {
		old = one_of_the_last(me, flow);
		if (old->open && atomic_load(&old->stop))
			put_fin(me, old);
	}
}

static void each_has_ended_or_finished(void)
{
	if (!wait_for(!counter("FinWait2")))
		wrong("%ld are left in FIN_WAIT2", counter("FinWait2"));
	if (counter("FinWait2Timeouts") + counter("TimeWaits") != counter("FinWait2Entries"))
		wrong("of %ld in FIN_WAIT2 %ld have ended and %ld have gone to TIME_WAIT",
		      counter("FinWait2Entries"), counter("FinWait2Timeouts"),
		      counter("TimeWaits"));
	listener_close();
}

RACE(a_fin_comes_for_fin_wait2_while_it_expires) = {
	.batch = 64,
	.settings = short_lives_without_a_fin,
	.fire = time_out_or_finish,
	.end = each_has_ended_or_finished,
	.moved = { "FinWait2Timeouts", "TimeWaits", "RxNoSocket" },
};

static void short_lives_without_a_fin_by_cookies(void)
{
	short_lives_without_a_fin();
	setting("syncookies", 2);
}

/* What has ended without a FIN goes on, to keep the cookie out. */
static void each_goes_on_or_has_finished(void)
{
	each_has_ended_or_finished();
	if (!wait_for(counter("CookieEnds") == counter("FinWait2Timeouts")))
		wrong("%ld of a cookie have timed out, %ld keep it out",
		      counter("FinWait2Timeouts"), counter("CookieEnds"));
}

RACE(a_fin_comes_for_fin_wait2_of_a_cookie_while_it_expires) = {
	.batch = 64,
	.settings = short_lives_without_a_fin_by_cookies,
	.fire = time_out_or_finish,
	.end = each_goes_on_or_has_finished,
	.moved = { "FinWait2Timeouts", "TimeWaits", "CookieEnds", "RxNoSocket" },
};

/* Ports that all connections of a side go through. */
#define PORTS	4

static void reuse_of_few_ports(void)
{
	sysctl_set(&family, "ip_local_port_range", "%d %d", 40000, 40000 + PORTS * SIDES - 1);
	setting("msl", 2);
	setting("tw_reuse", 1);
	listener_open(1024);
}

static struct addr listener_of(const struct side *me)
{
	static const struct family four = FAMILY_MYTCP4, six = FAMILY_MYTCP6;

	return addr_loopback(me->attempts & 1 ? &six : &four, LISTEN_PORT);
}

/* Either side may accept what the other has opened; what it says must be whole. */
static void serve_one(bool first)
{
	__u32 words[2] = { 0, 0 };
	int fd;

	do {
		fd = accept(listener, NULL, NULL);
	} while (fd < 0 && errno == EAGAIN && poll_until(listener, POLLIN));
	if (fd < 0)
		die("accept");
	if (first)
		shutdown(fd, SHUT_WR);
	if (recv(fd, words, sizeof(words), MSG_WAITALL) != sizeof(words) || words[0] != ~words[1])
		wrong("a connection began with %x %x", words[0], words[1]);
	close(fd);
}

static void connect_and_close(struct side *me)
{
	static const struct family four = FAMILY_MYTCP4, six = FAMILY_MYTCP6;
	__u32 word = chance(me), words[2] = { word, ~word };
	bool server_first = chance(me) & 1;
	struct addr to = listener_of(me);
	int fd;

	fd = sock_new(me->attempts & 1 ? &six : &four);
	if (try_connect(fd, &to)) {
		/* What the other side is at has the ports. */
		if (errno != EADDRNOTAVAIL)
			die("connect");
		close(fd);
		return;
	}
	if (send(fd, words, sizeof(words), MSG_NOSIGNAL) != sizeof(words))
		die("send");
	if (!server_first)
		shutdown(fd, SHUT_WR);
	serve_one(server_first);
	close(fd);
	me->opened++;
	if (!(chance(me) & 7))
		usleep(chance(me) % 10000);
}

static void connect_again_and_again(struct side *me)
{
	while (me->attempts < wanted / SIDES) {
		connect_and_close(me);
		me->attempts++;
		alive();
	}
	meet();
	if (me->number)
		return;
	listener_close();
	if (sides[0].opened + sides[1].opened < wanted / 2)
		wrong("%u connections of %lu", sides[0].opened + sides[1].opened, wanted);
	if (counter("TimeWaitReuses") >= counter("TimeWaits"))
		wrong("none has expired: this was no race");
}

RACE(connect_takes_the_place_of_time_wait_while_it_expires) = {
	.settings = reuse_of_few_ports,
	.run = connect_again_and_again,
	.moved = { "TimeWaits", "TimeWaitReuses" },
};

#define BOUND_PORT	40100

static int bound(bool reuse)
{
	static const struct family four = FAMILY_MYTCP4;
	struct addr a = addr_loopback(&four, BOUND_PORT);
	int fd = sock_new(&four);

	opt_set(fd, SOL_SOCKET, SO_REUSEADDR, reuse);
	if (!try_bind(fd, &a))
		return fd;
	if (errno != EADDRINUSE)
		die("bind");
	close(fd);
	return -1;
}

static bool is_free(void)
{
	int fd = bound(false);

	return fd >= 0 && !close(fd);
}

static void leave_time_wait(struct side *me)
{
	static const struct family four = FAMILY_MYTCP4;
	struct addr to = addr_loopback(&four, LISTEN_PORT);
	__u32 words[2] = { 1, ~1 };
	int fd = bound(true);

	if (fd < 0)
		return;
	if (!try_connect(fd, &to)) {
		if (send(fd, words, sizeof(words), MSG_NOSIGNAL) != sizeof(words))
			die("send");
		shutdown(fd, SHUT_WR);
		serve_one(false);
		me->opened++;
	} else if (errno != EADDRNOTAVAIL) {
		die("connect");
	}
	close(fd);
}

static void bind_or_wait(struct side *me)
{
	unsigned long shared = 0, refused = 0;
	int fd;

	while (!me->number && another(me))
		leave_time_wait(me);
	if (!me->number) {
		listener_close();
		return;
	}
	while (!atomic_load(&finished)) {
		fd = bound(chance(me) & 1);
		shared += fd >= 0;
		refused += fd < 0;
		if (fd >= 0)
			close(fd);
	}
	if (!shared || !refused)
		wrong("bound %lu times, refused %lu times: this was no race", shared, refused);
	/* Nothing holds the port when nobody waits there. */
	if (!wait_for(is_free()))
		wrong("the port is never free again");
}

static void short_lives_and_a_listener(void)
{
	setting("msl", 1);
	listener_open(1024);
}

RACE(bind_meets_time_wait_on_its_port) = {
	.settings = short_lives_and_a_listener,
	.run = bind_or_wait,
	.moved = { "TimeWaits", "TimeWaitEnds" },
};

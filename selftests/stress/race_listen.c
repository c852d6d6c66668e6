// SPDX-License-Identifier: GPL-2.0
/* Races for a listener: it closes, listens again, goes with its namespace. */
#include <sched.h>

#include "race.h"

static int closer, victim;

static void quick_timers(void)
{
	setting("rto_init", 1);
	setting("synack_retries", 3);
}

static void choose_victim(void)
{
	closer = chance(&sides[0]) % SIDES;
	victim = chance(&sides[0]) % 4;
	listener_open(1024);
}

/* Of one of the flows the listener closes; the other side's go on meanwhile. */
static void ack_or_close(struct side *me, struct flow *flow)
{
	if (me->number == closer && flow == &me->flow[victim])
		listener_close();
	else
		put_ack(me, flow);
}

static void close_at_last(void)
{
	if (listener >= 0)
		listener_close();
	expect_no_half_open();
}

RACE(a_listener_closes_between_the_final_ack_and_the_timer_of_the_syn_ack) = {
	.batch = 4,
	.apart = true,
	.settings = quick_timers,
	.begin = choose_victim,
	.fire = ack_or_close,
	.end = close_at_last,
	.moved = { "HalfEstablished", "HalfRemoved", "SynAckRepeats" },
};

/* The one ends them all, and the other comes to each by an ACK or a RST, or closes. */
static void destroy_or_ack_or_close(struct side *me, struct flow *flow)
{
	int err = 0;

	if (mine(me, flow))
		err = flow_destroy(flow);
	else if (me->number == closer && flow == &sides[flow->side].flow[victim])
		listener_close();
	else
		chance(me) & 1 ? put_ack(me, flow) : put_reset(me, flow);
	if (err && err != ENOENT)
		wrong("what ends a connection is answered with %s", strerror(err));
}

RACE(an_administrator_ends_an_entry_while_its_client_or_its_listener_does) = {
	.batch = 4,
	.begin = choose_victim,
	.fire = destroy_or_ack_or_close,
	.end = close_at_last,
	.moved = { "AbortByAdmin", "HalfEstablished", "HalfResets", "HalfRemoved" },
};

/* As quick_timers(), and no entry runs out. */
static void quick_and_patient_timers(void)
{
	setting("rto_init", 1);
	setting("rto_max", 4);
	setting("synack_retries", 127);
}

#define GROUP	4

static int group[GROUP];

static void open_group(void)
{
	int i;

	closer = chance(&sides[0]) % SIDES;
	victim = chance(&sides[0]) % 16;
	for (i = 0; i < GROUP; i++) {
		listener_share(1024);
		group[i] = listener;
	}
}

/* Before one of the flows a listener closes; it is any of the group that owns the flow. */
static void ack_or_leave_group(struct side *me, struct flow *flow)
{
	if (me->number == closer && flow == &me->flow[victim])
		close(group[0]);
	put_ack(me, flow);
}

/* Whoever had connected is there, with one of those that are left, and can be talked to. */
static void none_was_lost(void)
{
	int i, fd, n = 0;
	char octet = 0;

	expect_no_half_open();
	for (i = 1; i < GROUP; i++) {
		listener = group[i];
		for (; (fd = listener_accept()) >= 0; n++) {
			if (recv(fd, &octet, 1, 0) >= 0 || errno != EAGAIN ||
			    send(fd, &octet, 1, MSG_NOSIGNAL) != 1)
				wrong("a connection is shut down that nobody has shut down");
			close(fd);
		}
		if (poll_now(listener, POLLIN))
			wrong("a connection is announced that is not there");
		listener_close();
	}
	if (n != flows_opened())
		wrong("%d of %d connections have come", n, flows_opened());
}

RACE(one_of_several_listeners_closes_and_no_connection_is_lost) = {
	.batch = 16,
	.apart = true,
	.settings = quick_and_patient_timers,
	.begin = open_group,
	.fire = ack_or_leave_group,
	.end = none_was_lost,
	.moved = { "HalfEstablished", "SynAckRepeats" },
};

static void listen_again_and_again(struct side *me)
{
	listener_open(16);
	while (another(me))
		if (shutdown(listener, SHUT_RDWR) || listen(listener, 16))
			die("listen again");
	listener_close();
}

static void connect_all_the_time(struct side *me)
{
	struct flow *flow = me->flow;
	struct answer answer;

	while (!atomic_load(&finished)) {
		flow_new(me, flow);
		if (flow_open(me, flow))
			put_ack(me, flow);
		while (get(me, &answer))
			;
	}
}

static void listen_or_connect(struct side *me)
{
	me->number ? connect_all_the_time(me) : listen_again_and_again(me);
}

RACE(a_socket_listens_and_shuts_down_and_listens_again_while_peers_connect) = {
	.run = listen_or_connect,
	.moved = { "HalfOpened", "HalfEstablished", "HalfRemoved" },
};

#define PENDING		250
#define NAMESPACES	"/proc/sys/user/max_net_namespaces"
#define AT_ONCE		8

static long namespaces_at_most(long most)
{
	FILE *file = fopen(NAMESPACES, "r+");
	long before;

	if (!file || fscanf(file, "%ld", &before) != 1)
		die(NAMESPACES);
	rewind(file);
	fprintf(file, "%ld\n", most);
	if (fclose(file))
		die(NAMESPACES);
	return before;
}

/* The peer says no more; whatever the stack still waits for ends with the namespace. */
static int leave_all_behind(void *arg)
{
	struct side *me = arg;
	struct flow *flow = me->flow;
	int i, fd;

	if (!wait_for(!unshare(CLONE_NEWNET)))
		die("namespaces do not go");
	device_new(me);
	setting("rto_init", 1 + chance(me) % 8);
	setting("rto_min", 1 + chance(me) % 8);
	setting("msl", 1 + chance(me) % 64);
	listener_open(PENDING);
	for (i = 0; i < PENDING; i++) {
		flow_new(me, flow);
		if (!flow_open(me, flow) || i % 7)
			continue;
		put_ack(me, flow);
		fd = listener_accept();
		/* The entry has run out, where this side was kept from running. */
		if (fd < 0)
			continue;
		/* Data that is never acknowledged, or one more in TIME_WAIT. */
		if (i % 14 && send(fd, me, 100, 0) != 100)
			die("send");
		close(fd);
		if (!(i % 14))
			put(me, flow, ACK | FIN, flow->irs + 1, flow->iss + 2, 0);
	}
	return KSFT_PASS;
}

static void delete_namespaces(struct side *me)
{
	static long limit;

	if (!me->number)
		limit = namespaces_at_most(AT_ONCE);
	meet();
	while (me->attempts < wanted / SIDES) {
		chance(me);
		if (child_exit(child_new(leave_all_behind, me)))
			wrong("a namespace was not filled");
		me->attempts += PENDING;
		alive();
	}
	meet();
	if (!me->number)
		namespaces_at_most(limit);
}

RACE(a_namespace_is_deleted_with_entries_and_timers_pending) = {
	.run = delete_namespaces,
};

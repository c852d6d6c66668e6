// SPDX-License-Identifier: GPL-2.0
/* Races for a half-open entry: segments, its timer, readers of the tables. */
#include "race.h"

/* Each in an order of its own. */
static void syn_ack_and_reset(struct side *me, struct flow *flow)
{
	int i, first = chance(me) % 3;

	if (!(chance(me) & 31))
		setting("syncookies", chance(me) % 3);
	for (i = 0; i < 3; i++)
		switch ((first + i) % 3) {
		case 0:
			put(me, flow, SYN, flow->irs + (chance(me) & 1), 0, 0);
			break;
		case 1:
			put_ack(me, flow);
			break;
		default:
			put_reset(me, flow);
		}
}

static void close_and_count(void)
{
	listener_close();
	expect_no_half_open();
}

RACE(syns_acks_and_resets_meet_on_the_same_endpoints_while_the_cookie_mode_flips) = {
	.batch = 64,
	.same = true,
	.fire = syn_ack_and_reset,
	.end = close_and_count,
	.moved = { "HalfEstablished", "HalfResets", "SynDuplicates" },
};

/* Of the entries of a batch some are to run out while it is opened, and some after. */
static void open_with_short_lives(void)
{
	setting("rto_init", sides[0].opening_ms / 2 + 1);
	setting("synack_retries", 1);
	listener_open(1024);
}

static void ack_at_some_time(struct side *me, struct flow *flow)
{
	if (flow == me->flow)
		usleep(1000 * (chance(me) % (me->opening_ms + 8)));
	put_ack(me, flow);
}

RACE(the_final_ack_meets_the_timer_of_the_syn_ack) = {
	.batch = 64,
	.apart = true,
	.begin = open_with_short_lives,
	.fire = ack_at_some_time,
	.end = close_and_count,
	.moved = { "HalfEstablished", "SynAckRepeats", "HalfTimeouts" },
};

static void ack_and_data(struct side *me, struct flow *flow)
{
	if (mine(me, flow))
		put_ack(me, flow);
	else
		put(me, flow, ACK, flow->irs + 1, flow->iss + 1, SEGMENT);
}

static void data_has_come(void)
{
	listener_accept_all(SEGMENT);
}

RACE(data_comes_right_behind_the_final_ack_on_another_processor) = {
	.batch = 64,
	.begin = listener_open_lingering,
	.fire = ack_and_data,
	.end = data_has_come,
	.moved = { "HalfEstablished" },
};

static void ack_and_syn(struct side *me, struct flow *flow)
{
	if (mine(me, flow))
		put_ack(me, flow);
	else
		put(me, flow, SYN, flow->irs, 0, 0);
}

static void nothing_has_come(void)
{
	listener_accept_all(0);
}

RACE(a_repeated_syn_meets_the_final_ack) = {
	.batch = 64,
	.begin = listener_open_lingering,
	.fire = ack_and_syn,
	.end = nothing_has_come,
	.moved = { "HalfEstablished", "SynDuplicates" },
};

/* Nothing ends by itself, however long a side is kept from running. */
static void long_waits(void)
{
	setting("msl", 5000);
	setting("max_tw_buckets", 1000);
	setting("rto_min", 30000);
	setting("rto_init", 30000);
	setting("orphan_retries", 8);
	setting("fin_timeout", 60000);
}

/* The other asks all the time; an old number draws an ACK from whoever is there. */
static void live_or_look(struct side *me, struct flow *flow)
{
	if (mine(me, flow))
		flow_to_time_wait(me, flow);
	else
		while (!atomic_load(&flow->stop))
			put(me, flow, ACK, flow->irs, flow->iss + 1, 0);
}

static void none_was_refused(void)
{
	no_resets();
	expect_no_half_open();
	listener_close();
}

RACE(a_lookup_finds_an_entry_that_becomes_a_connection_that_becomes_time_wait) = {
	.batch = 64,
	.settings = long_waits,
	.fire = live_or_look,
	.end = none_was_refused,
	.moved = { "HalfEstablished", "TimeWaits", "TimeWaitAcks" },
};

/* How the entries of a batch come to their end, whatever became of them before. */
static enum { BY_RESET, BY_TIME, BY_OVERFLOW, BY_CLOSE, WAYS } way;

static void choose_way(void)
{
	struct side *me = &sides[0];

	way = chance(me) % WAYS;
	setting("rto_init", way == BY_TIME ? 1 : 1000);
	setting("synack_retries", way == BY_TIME ? 0 : 5);
	setting("abort_on_overflow", chance(me) & 1);
	listener_open(1024);
}

static void any_segment(struct side *me, struct flow *flow)
{
	if (way == BY_OVERFLOW && mine(me, flow) && flow == me->flow)
		listen(listener, chance(me) % 32);
	switch (chance(me) % 6) {
	case 0:
		put_ack(me, flow);
		break;
	case 1:
		put_reset(me, flow);
		break;
	case 2:
		put(me, flow, SYN, flow->irs, 0, 0);
		break;
	case 3:
		put(me, flow, ACK, flow->irs + 1, flow->iss + 2, 0);
		break;
	case 4:
		put(me, flow, ACK | FIN, flow->irs + 1, flow->iss + 1, SEGMENT);
		break;
	}
}

static void time_out(void)
{
	wait_for(!counter("HalfOpen"));
	expect_no_half_open();
}

static void no_entry_is_left(void)
{
	int i, s;

	/* One whose SYN+ACK found no memory has an entry all the same. */
	if (way == BY_RESET)
		for (s = 0; s < SIDES; s++)
			for (i = 0; i < BATCH_MAX; i++)
				put_reset(&sides[s], &sides[s].flow[i]);
	if (way == BY_TIME)
		time_out();
	if (way == BY_OVERFLOW || way == BY_CLOSE)
		listener_close();
	expect_no_half_open();
	if (listener >= 0)
		listener_close();
}

RACE(every_way_out_of_syn_recv_brings_the_count_back_to_0) = {
	.batch = 64,
	.begin = choose_way,
	.fire = any_segment,
	.end = no_entry_is_left,
	.moved = { "HalfEstablished", "HalfResets", "HalfTimeouts", "AcceptQueueFull" },
};

static void retries_soon(void)
{
	setting("rto_init", 50);
	setting("synack_retries", 1);
}

/*
 * Some complete their handshake, some give up, most never existed. Of a thousand the
 * listener is closed before they time out, now and then after.
 */
static void flood(struct side *me)
{
	struct flow *flow = me->flow;
	struct answer answer;

	listener_open(1024);
	while (another(me)) {
		flow_new(me, flow);
		switch (chance(me) & 7) {
		case 0:
			if (flow_open(me, flow))
				put_ack(me, flow);
			break;
		case 1:
			flow_open(me, flow);
			put_reset(me, flow);
			break;
		default:
			put(me, flow, SYN, chance(me), 0, 0);
		}
		if (me->attempts & 1023)
			continue;
		if (!(chance(me) & 7))
			time_out();
		listener_close();
		listener_open(1024);
		while (get(me, &answer))
			;
	}
	time_out();
	listener_close();
}

static void read_tables(void)
{
	unsigned long ends = 0, entries = 0;
	int fd = open("/proc/net/mytcp", O_RDONLY);
	char text[4097], *at;
	ssize_t got;

	while (!atomic_load(&finished)) {
		got = read(fd, text, sizeof(text) - 1);
		if (got < 0)
			die("/proc/net/mytcp");
		text[got] = 0;
		for (at = text; (at = strstr(at, "SYN_RECV")); at++)
			entries++;
		if (!got) {
			lseek(fd, 0, SEEK_SET);
			ends++;
		}
	}
	close(fd);
	printf("# read %lu times to the end, %lu entries in SYN_RECV\n", ends, entries);
	if (!entries)
		wrong("no entry was seen");
}

static void flood_or_dump(struct side *me)
{
	me->number ? read_tables() : flood(me);
}

RACE(the_tables_are_read_during_a_flood) = {
	.settings = retries_soon,
	.run = flood_or_dump,
	.moved = { "HalfEstablished", "HalfResets", "HalfTimeouts" },
};

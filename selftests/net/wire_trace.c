// SPDX-License-Identifier: GPL-2.0
/* Tracepoints: what a host decides is told as it happens, by the names of its counters. */
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "wire.h"

static char instance[64];

FIXTURE(trace) {
	struct wire *w;
	long received, sent, without_socket;
};

FIXTURE_VARIANT(trace) {
	struct family family;
};

FIXTURE_VARIANT_ADD(trace, mytcp4) { .family = FAMILY_MYTCP4 };
FIXTURE_VARIANT_ADD(trace, mytcp6) { .family = FAMILY_MYTCP6 };

#define TRACING	"/sys/kernel/tracing"

/*
 * A buffer of the test's own, for others may be tracing, and without the names of processes,
 * for which the scheduler would be traced as well: see testing.rst. That it has from the
 * whole machine, when it is made.
 */
static void instance_new(void)
{
	static const char option[] = TRACING "/options/record-cmd";

	snprintf(instance, sizeof(instance), TRACING "/instances/wire_trace.%d", getpid());
	run("was=$(cat %s) && echo 0 >%s && { mkdir %s; err=$?; echo $was >%s; exit $err; }",
	    option, option, instance, option);
	run("echo 1 >%s/events/mytcp/enable", instance);
}

FIXTURE_SETUP(trace)
{
	static struct wire wire;

	self->w = &wire;
	wire_new(self->w, &variant->family);
	instance_new();
	/* What showed that the device was there. */
	self->received = wire_counter(self->w, "RxSegments");
	self->sent = wire_counter(self->w, "TxSegments");
	self->without_socket = wire_counter(self->w, "RxNoSocket");
}

FIXTURE_TEARDOWN(trace)
{
	if (_metadata->exit_code == KSFT_FAIL)
		wire_print();
	run("rmdir %s", instance);
}

static unsigned long namespace(void)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st))
		die("/proc/self/ns/net");
	return st.st_ino;
}

/*
 * Calls @see for every event @name of this namespace with what the line says. Returns how
 * many there are.
 */
static long events(const char *name, void (*see)(char *line, void *arg), void *arg)
{
	char path[sizeof(instance) + 8], line[512], head[64], *at;
	long n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/trace", instance);
	snprintf(head, sizeof(head), ": %s: net=%lu ", name, namespace());
	file = fopen(path, "r");
	if (!file)
		die(path);
	while (fgets(line, sizeof(line), file)) {
		at = strstr(line, head);
		if (!at)
			continue;
		n++;
		at[strcspn(at, "\n")] = 0;
		if (see)
			see(at, arg);
	}
	fclose(file);
	return n;
}

struct wanted {
	const char *text;
	long n;
};

static void count_if_ends(char *line, void *arg)
{
	struct wanted *wanted = arg;
	size_t len = strlen(line), tail = strlen(wanted->text);

	wanted->n += len >= tail && !strcmp(line + len - tail, wanted->text);
}

static long with_reason(const char *name, const char *reason)
{
	char text[64];
	struct wanted wanted = { .text = text };

	snprintf(text, sizeof(text), " reason=%s", reason);
	events(name, count_if_ends, &wanted);
	return wanted.n;
}

static const char *peer_text(const struct wire *w)
{
	static char text[64];

	snprintf(text, sizeof(text), w->f->af == AF_INET ? "remote=192.0.2.2:%u " :
							   "remote=[2001:db8::2]:%u ",
		 w->peer_port);
	return text;
}

struct path {
	const struct wire *w;
	char text[512];
};

/* The new state is added, if the line is of the connection; a step that is missing shows. */
static void add_step(char *line, void *arg)
{
	struct path *path = arg;
	char old[16], new[16], *at = strstr(line, " old="), *last = strrchr(path->text, ' ');
	size_t len = strlen(path->text);

	if (!strstr(line, peer_text(path->w)))
		return;
	if (!at || sscanf(at, " old=%15s new=%15s", old, new) != 2)
		wire_die(line);
	if (last && !strcmp(last + 1, old))
		snprintf(path->text + len, sizeof(path->text) - len, " %s", new);
	else
		snprintf(path->text + len, sizeof(path->text) - len, " ... %s %s", old, new);
}

static void expect_path(struct __test_metadata *_metadata, const struct wire *w,
			const char *text)
{
	struct path path = { .w = w };

	events("state", add_step, &path);
	EXPECT_STREQ(text, path.text);
}

TEST_F(trace, each_change_of_state_is_told_where_the_peer_closes_first)
{
	wire_open(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_acked(self->w, 1, 2);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_send(self->w, ACK, .seq = 2, .ack = 2);
	expect_path(_metadata, self->w,
		    " ... LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE");
}

TEST_F(trace, each_change_of_state_is_told_where_the_host_closes_first)
{
	wire_set(self->w, "msl", 1);
	wire_open_active(self->w);
	close(self->w->fd);
	wire_expect_now(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect_now(self->w, ACK, .seq = 2, .ack = 2);
	EXPECT_TRUE(wait_for(wire_counter(self->w, "TimeWaitEnds") == 1));
	expect_path(_metadata, self->w,
		    " ... CLOSE SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE");
}

TEST_F(trace, a_half_open_entry_that_ends_is_told)
{
	app_listen(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, SYN | ACK, .ack = 1);
	wire_send(self->w, RST, .seq = 1);
	expect_path(_metadata, self->w, " ... LISTEN SYN_RECV CLOSE");
}

TEST_F(trace, each_segment_is_told_and_apart_from_that_each_that_goes_again)
{
	wire_quick_syn(self->w);
	wire_rto_min(self->w, 50);
	self->w->skip_repeats = true;
	app_listen(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	EXPECT_TRUE(wait_for(wire_counter(self->w, "SynAckRepeats") >= 2));
	wire_expect(self->w, SYN | ACK, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	app_send(self->w, 100);
	EXPECT_TRUE(wait_for(wire_counter(self->w, "Retransmits") >= 2));
	wire_any_data(self->w);
	wire_send(self->w, RST, .seq = 1);

	EXPECT_EQ(wire_counter(self->w, "TxSegments") - self->sent,
		  events("send", NULL, NULL));
	EXPECT_EQ(3, wire_counter(self->w, "RxSegments") - self->received);
	EXPECT_EQ(3, events("receive", NULL, NULL));
	EXPECT_EQ(wire_counter(self->w, "SynAckRepeats") + wire_counter(self->w, "Retransmits"),
		  events("retransmit", NULL, NULL));
}

/* One of each kind, in each kind of place. */
static void draw_drops(struct wire *w)
{
	/* nobody's */
	wire_send(w, ACK, .seq = 1, .ack = 1, .bad_sum = true);
	wire_send(w, NO_FLAGS, .seq = 1);
	wire_send(w, RST, .seq = 1);
	app_listen(w);

	/* a half-open entry's */
	wire_send(w, SYN, .mss = 1460, .ts = true, .tsval = 1000);
	wire_expect(w, SYN | ACK, .ack = 1);
	wire_send(w, ACK, .seq = 1, .ack = 1);
	wire_send(w, ACK, .seq = 1, .ack = 1, .ts = true, .tsval = 999);
	wire_expect(w, ACK, .seq = 1, .ack = 1);
	wire_send(w, RST, .seq = 70000);
	wire_send(w, SYN, .seq = 2, .ts = true, .tsval = 1000);
	wire_expect(w, ACK, .seq = 1, .ack = 1);
	wire_send(w, ACK, .seq = 70000, .ack = 1, .ts = true, .tsval = 1000);
	wire_expect(w, ACK, .seq = 1, .ack = 1);
	wire_send(w, ACK, .seq = 1, .ack = 2, .ts = true, .tsval = 1000);
	wire_expect(w, RST, .seq = 2);

	/* a connection's */
	wire_send(w, ACK, .seq = 1, .ack = 1, .ts = true, .tsval = 1000);
	app_accept(w);
	wire_send(w, ACK, .seq = 1, .ack = 1);
	wire_send(w, RST, .seq = 70000, .ts = true, .tsval = 1000);
	wire_send(w, ACK, .seq = 1, .ack = 70000, .ts = true, .tsval = 1000);
	wire_expect(w, ACK, .seq = 1, .ack = 1);

	/* and TIME_WAIT's */
	close(w->fd);
	wire_expect(w, FIN | ACK, .seq = 1, .ack = 1);
	wire_send(w, FIN | ACK, .seq = 1, .ack = 2, .ts = true, .tsval = 1000);
	wire_expect(w, ACK, .seq = 2, .ack = 2);
	wire_send(w, ACK, .seq = 1, .ack = 2);
	wire_send(w, RST, .seq = 2, .ts = true, .tsval = 1000);
}

TEST_F(trace, each_segment_that_is_dropped_is_told_with_the_counter_that_counts_it)
{
	static const struct wanted drops[] = {
		{ "RxBadChecksum", 1 }, { "RxFlagsNone", 1 }, { "RxNoSocket", 1 },
		{ "RxOldTimestamp", 1 }, { "RxUnexpectedSyn", 1 }, { "RxOutsideWindow", 2 },
		{ "RxBadAck", 2 }, { "RxNoTimestamp", 3 }, { "RxResetIgnored", 2 },
		{ "TimeWaitResetIgnored", 1 },
	};
	long sum = 0, counted;
	size_t i;

	self->w->skip_repeats = true;
	draw_drops(self->w);
	for (i = 0; i < ARRAY_SIZE(drops); i++) {
		counted = wire_counter(self->w, drops[i].text);
		if (!strcmp(drops[i].text, "RxNoSocket"))
			counted -= self->without_socket;
		EXPECT_EQ(drops[i].n, counted) TH_LOG("%s", drops[i].text);
		EXPECT_EQ(drops[i].n, with_reason("drop", drops[i].text))
			TH_LOG("%s", drops[i].text);
		sum += drops[i].n;
	}
	EXPECT_EQ(sum, events("drop", NULL, NULL));
	/* Those that were answered. */
	EXPECT_EQ(4, wire_counter(self->w, "TxChallengeAcks"));
}

static void route_back(const struct wire *w, bool there)
{
	run("ip route %s unreachable %s", there ? "del" : "add",
	    w->f->af == AF_INET ? "192.0.2.2" : "2001:db8::2");
}

TEST_F(trace, a_segment_that_there_is_no_route_for_is_told)
{
	long n;

	wire_quick_syn(self->w);
	wire_rto_min(self->w, 50);
	self->w->skip_repeats = true;

	/* nobody's */
	route_back(self->w, false);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_TRUE(wait_for(wire_counter(self->w, "TxNoRoute") == 1));

	/* a half-open entry's */
	route_back(self->w, true);
	app_listen(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	route_back(self->w, false);
	EXPECT_TRUE(wait_for(wire_counter(self->w, "TxNoRoute") >= 2));

	/* and a connection's, which sends it again */
	route_back(self->w, true);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	route_back(self->w, false);
	n = wire_counter(self->w, "TxNoRoute");
	app_send(self->w, 100);
	EXPECT_TRUE(wait_for(wire_counter(self->w, "TxNoRoute") > n));
	route_back(self->w, true);
	wire_expect(self->w, PSH | ACK, .seq = 1, .ack = 1, .len = 100);
	wire_send(self->w, ACK, .seq = 1, .ack = 101);

	EXPECT_EQ(wire_counter(self->w, "TxNoRoute"), with_reason("drop", "TxNoRoute"));
}

TEST_F(trace, each_cookie_is_told_that_is_sent_or_looked_at)
{
	wire_set(self->w, "syncookies", 2);
	app_listen(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, SYN | ACK, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 100);
	wire_expect_now(self->w, RST, .seq = 100);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	EXPECT_EQ(1, with_reason("cookie", "CookiesSent"));
	EXPECT_EQ(1, with_reason("cookie", "CookiesBadMac"));
	EXPECT_EQ(1, with_reason("cookie", "CookiesValid"));
	EXPECT_EQ(3, events("cookie", NULL, NULL));
}

TEST_F(trace, what_an_administrator_ends_is_told)
{
	struct addr local, remote;

	wire_open(self->w);
	local = addr_local(self->w->fd);
	remote = addr_peer(self->w->fd);
	EXPECT_EQ(0, sock_destroy(self->w->f, &local, &remote, NULL));
	EXPECT_EQ(1, with_reason("abort", "AbortByAdmin"));
}

TEST_HARNESS_MAIN

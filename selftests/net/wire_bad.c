// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that no sane peer sends: in every state they are dropped without an
 * answer, counted by their reason, and the connection takes no notice.
 */
#include "wire_test.h"

static const char *const drops[] = {
	"RxTruncated", "RxBadOffset", "RxBadChecksum", "RxBadOptions", "RxBadAddress",
	"RxFlagsAll", "RxFlagsNone", "RxFlagsSynFinRstPsh", "RxFlagsSynFinRst",
	"RxFlagsSynFinPsh", "RxFlagsSynFin", "RxFlagsSynRst", "RxFlagsFinRst", "RxFlagsFin",
	"RxFlagsNoAck",
};

/**
 * struct flaw - what is wrong with a segment that is proper otherwise
 * @counter: under which name it is counted
 * @tcp: the kernel's TCP drops it in silence too; in most cases it takes what is good
 *	in it, or answers
 * @spoilt: the parts that are wrong
 * @flags: its flags are among them
 */
struct flaw {
	const char *counter;
	bool tcp;
	struct segment spoilt;
	bool flags;
};

#define FLAW(name, is_tcp, ...) { .counter = (name), .tcp = (is_tcp), .spoilt = { __VA_ARGS__ } }
#define CUT(len)	FLAW("RxTruncated", true, .cut = (len))
#define OFFSET(words)	FLAW("RxBadOffset", true, .doff_set = true, .doff = (words))
#define OPTIONS(text)	FLAW("RxBadOptions", false, .opt = (text), .optlen = sizeof(text) - 1)
#define FLAGS(kind, value, is_tcp) \
	{ .counter = "RxFlags" kind, .tcp = (is_tcp), .spoilt.flags = (value), .flags = true }

static const struct flaw flaws[] = {
	CUT(1), CUT(8), CUT(19),
	OFFSET(0), OFFSET(4), OFFSET(15),
	FLAW("RxBadChecksum", true, .bad_sum = true),
	/* a length of 0, of 1, past the header, and none at all */
	OPTIONS("\xfd\x00\x00\x00"), OPTIONS("\x02\x00\x05\xb4"),
	OPTIONS("\xfd\x01\x00\x00"), OPTIONS("\x02\x05\x05\xb4"),
	OPTIONS("\x01\x01\xfd\x03"), OPTIONS("\x01\x01\x01\x02"),
	OPTIONS("\x02\x04\x05\xb4\x01\x01\x01\xfd"),
	FLAGS("None", NO_FLAGS, true), FLAGS("Fin", FIN, true), FLAGS("NoAck", PSH, true),
	FLAGS("NoAck", URG, true), FLAGS("Fin", FIN | PSH | URG, true),
	FLAGS("SynFin", SYN | FIN, false), FLAGS("SynFinPsh", SYN | FIN | PSH, false),
	FLAGS("SynFin", SYN | FIN | ACK, false), FLAGS("SynFinRst", SYN | FIN | RST, false),
	FLAGS("SynFinRstPsh", SYN | FIN | RST | PSH, false), FLAGS("SynRst", SYN | RST, false),
	FLAGS("SynRst", SYN | RST | ACK, false), FLAGS("FinRst", FIN | RST, false),
	FLAGS("All", SYN | FIN | RST | PSH | ACK | URG, false),
};

static void spoil(struct segment *seg, const struct flaw *flaw)
{
	const struct segment *from = &flaw->spoilt;

	if (flaw->flags)
		seg->flags = from->flags;
	if (from->opt) {
		seg->opt = from->opt;
		seg->optlen = from->optlen;
	}
	seg->cut = from->cut;
	seg->doff = from->doff;
	seg->doff_set = from->doff_set;
	seg->bad_sum = from->bad_sum;
}

static long count_drops(const struct wire *w, const char *name)
{
	long sum = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(drops); i++)
		if (!name || !strcmp(name, drops[i]))
			sum += wire_counter(w, drops[i]);
	return sum;
}

/*
 * Sends the segment with each flaw, and then as it should be. The flawless one
 * changes the state, so that one which was not dropped would show.
 */
static void spoilt_and_proper(struct __test_metadata *_metadata, struct wire *w,
			      const struct segment *proper, const char *next)
{
	bool time_wait = !strcmp(wire_state(w), "TIME_WAIT");
	long all = 0, of_kind = 0;
	char state[16];
	size_t i;

	snprintf(state, sizeof(state), "%s", wire_state(w));
	for (i = 0; i < ARRAY_SIZE(flaws); i++) {
		const struct flaw *flaw = &flaws[i];
		struct segment seg = *proper;

		/* TCP looks at few flags in TIME_WAIT. */
		if (!is_mytcp(w) && (!flaw->tcp || (flaw->flags && time_wait)))
			continue;
		if (is_mytcp(w)) {
			all = count_drops(w, NULL);
			of_kind = count_drops(w, flaw->counter);
		}
		spoil(&seg, flaw);
		wire_put(w, &seg);
		wire_silent(w);
		EXPECT_STREQ(state, wire_state(w)) TH_LOG("flaw %zu, %s", i, flaw->counter);
		if (is_mytcp(w)) {
			EXPECT_EQ(all + 1, count_drops(w, NULL))
				TH_LOG("flaw %zu, %s", i, flaw->counter);
			EXPECT_EQ(of_kind + 1, count_drops(w, flaw->counter))
				TH_LOG("flaw %zu, %s", i, flaw->counter);
		}
	}
	wire_put(w, proper);
	EXPECT_STREQ(next, wire_state(w));
}

#define spoilt_then_proper(w, next, f, ...) \
	spoilt_and_proper(_metadata, w, \
			  &(struct segment){ .flags = (f), __VA_ARGS__ }, next)

TEST_F(wire, in_listen_bad_segments_change_nothing)
{
	app_listen(self->w);
	spoilt_then_proper(self->w, "SYN_RECV", SYN, .mss = 1460);
	wire_expect(self->w, SYN | ACK, .ack = 1);
}

TEST_F(wire, in_syn_sent_bad_segments_change_nothing)
{
	app_connect(self->w);
	wire_expect(self->w, SYN);
	/* It takes its time under emulation. */
	self->w->skip_repeats = true;
	spoilt_then_proper(self->w, "ESTABLISHED", SYN | ACK, .ack = 1, .mss = 1460);
	wire_expect(self->w, ACK, .seq = 1, .ack = 1);
}

TEST_F(wire, in_syn_recv_bad_segments_change_nothing)
{
	app_listen(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect(self->w, SYN | ACK, .ack = 1);
	self->w->skip_repeats = true;
	spoilt_then_proper(self->w, "ESTABLISHED", ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
}

TEST_F(wire, in_established_bad_segments_change_nothing)
{
	wire_open(self->w);
	spoilt_then_proper(self->w, "CLOSE_WAIT", FIN | ACK, .seq = 1, .ack = 1, .len = 10);
	app_recv(self->w, 10);
	EXPECT_TRUE(app_at_end(self->w));
}

static void to_fin_wait1(struct wire *w)
{
	wire_open(w);
	shutdown(w->fd, SHUT_WR);
	wire_expect(w, FIN | ACK, .seq = 1, .ack = 1);
}

TEST_F(wire, in_fin_wait1_bad_segments_change_nothing)
{
	to_fin_wait1(self->w);
	spoilt_then_proper(self->w, "FIN_WAIT2", ACK, .seq = 1, .ack = 2);
}

TEST_F(wire, in_fin_wait2_bad_segments_change_nothing)
{
	to_fin_wait1(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 2);
	spoilt_then_proper(self->w, "TIME_WAIT", FIN | ACK, .seq = 1, .ack = 2);
}

TEST_F(wire, in_closing_bad_segments_change_nothing)
{
	to_fin_wait1(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect(self->w, ACK, .seq = 2, .ack = 2);
	spoilt_then_proper(self->w, "TIME_WAIT", ACK, .seq = 2, .ack = 2);
}

TEST_F(wire, in_time_wait_bad_segments_change_nothing)
{
	to_fin_wait1(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 2);
	wire_expect(self->w, ACK, .seq = 2, .ack = 2);
	spoilt_then_proper(self->w, "SYN_RECV", SYN, .seq = 1000, .mss = 1460);
}

TEST_F(wire, in_close_wait_bad_segments_change_nothing)
{
	wire_open(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_acked(self->w, 1, 2);
	spoilt_then_proper(self->w, "CLOSED", RST, .seq = 2);
}

TEST_F(wire, in_last_ack_bad_segments_change_nothing)
{
	wire_open(self->w);
	wire_send(self->w, FIN | ACK, .seq = 1, .ack = 1);
	wire_expect_acked(self->w, 1, 2);
	close(self->w->fd);
	wire_expect(self->w, FIN | ACK, .seq = 1, .ack = 2);
	spoilt_then_proper(self->w, "CLOSED", ACK, .seq = 2, .ack = 2);
}

TEST_F(wire, bad_segments_to_a_closed_port_draw_no_answer)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flaws); i++) {
		struct segment seg = { .flags = ACK, .seq = 1, .ack = 1, .len = 10 };

		/* TCP has no connection by which to judge flags. */
		if (!is_mytcp(self->w) && (!flaws[i].tcp || flaws[i].flags))
			continue;
		spoil(&seg, &flaws[i]);
		wire_put(self->w, &seg);
		wire_silent(self->w);
	}
}

TEST_F(wire, bad_segments_do_not_disturb_a_stream)
{
	int i, flaw;

	wire_open(self->w);
	for (i = 0; i < 5; i++) {
		wire_send(self->w, ACK, .seq = 1 + i * 100, .ack = 1 + i * 100, .len = 100);
		wire_expect_acked(self->w, 1 + i * 100, 101 + i * 100);
		app_recv(self->w, 100);
		app_send(self->w, 100);
		wire_expect(self->w, ACK, .seq = 1 + i * 100, .ack = 101 + i * 100, .len = 100);
		for (flaw = 0; flaw < ARRAY_SIZE(flaws); flaw++) {
			struct segment seg = {
				.flags = ACK, .seq = 101 + i * 100, .ack = 101 + i * 100, .len = 10,
			};

			if (!is_mytcp(self->w) && !flaws[flaw].tcp)
				continue;
			spoil(&seg, &flaws[flaw]);
			wire_put(self->w, &seg);
		}
		wire_silent(self->w);
	}
}

/* A SYN that must not be answered, nor make an entry. */
static void refused_syn(struct __test_metadata *_metadata, struct wire *w, const char *counter,
			const struct segment *syn)
{
	long before = is_mytcp(w) && counter ? wire_counter(w, counter) : 0;

	wire_put(w, syn);
	wire_silent(w);
	EXPECT_EQ(0, wire_entries(w, NULL));
	if (is_mytcp(w) && counter)
		EXPECT_EQ(before + 1, wire_counter(w, counter));
}

#define refuses_syn(w, counter, ...) \
	refused_syn(_metadata, w, counter, &(struct segment){ .flags = SYN, __VA_ARGS__ })

/* MUST-57 */
TEST_F(wire, a_syn_to_many_is_dropped)
{
	app_listen(self->w);
	if (self->w->f->af == AF_INET) {
		refuses_syn(self->w, "RxBadAddress", .mss = 1460, .to = "192.0.2.255");
		refuses_syn(self->w, "RxBadAddress", .mss = 1460, .to = "255.255.255.255");
		refuses_syn(self->w, "RxBadAddress", .mss = 1460, .to = "224.0.0.1");
	} else {
		refuses_syn(self->w, "RxBadAddress", .mss = 1460, .to = "ff02::1");
	}
}

/* MUST-63. IP drops most of them before anybody could count. */
TEST_F(wire, a_syn_from_nobody_is_dropped)
{
	static const char *const four[] = {
		"255.255.255.255", "224.0.0.1", "127.0.0.1", "192.0.2.1", "0.0.0.0",
	};
	static const char *const six[] = { "ff02::1", "::1", "::" };
	size_t i;

	app_listen(self->w);
	if (self->w->f->af == AF_INET)
		for (i = 0; i < ARRAY_SIZE(four); i++)
			refuses_syn(self->w, NULL, .mss = 1460, .from = four[i]);
	else
		for (i = 0; i < ARRAY_SIZE(six); i++)
			refuses_syn(self->w, NULL, .mss = 1460, .from = six[i]);
	wire_open(self->w);
}

TEST_F(wire, a_syn_to_the_loopback_address_does_not_come_by_a_wire)
{
	app_listen(self->w);
	refuses_syn(self->w, NULL, .mss = 1460,
		    .to = self->w->f->af == AF_INET ? "127.0.0.1" : "::1");
}

/* IPv4 lets none of them through. */
TEST_F(wire, a_syn_from_our_own_address_does_not_come_by_a_wire)
{
	if (!is_mytcp(self->w) && self->w->f->af == AF_INET6)
		SKIP(return, "TCP answers itself");
	app_listen(self->w);
	if (self->w->f->af == AF_INET6)
		refuses_syn(self->w, "RxBadAddress", .mss = 1460, .from = "2001:db8::1");
	else
		refuses_syn(self->w, NULL, .mss = 1460, .from = "192.0.2.1");
	/* And from the listener's own port, so that it would answer itself. */
	self->w->peer_port = self->w->port;
	refuses_syn(self->w, NULL, .mss = 1460,
		    .from = self->w->f->af == AF_INET ? "192.0.2.1" : "2001:db8::1");
}

TEST_F(wire, a_syn_from_the_broadcast_address_of_a_network_is_dropped)
{
	if (!is_mytcp(self->w) || self->w->f->af != AF_INET)
		SKIP(return, "TCP answers it, and IPv6 has no such address");
	app_listen(self->w);
	refuses_syn(self->w, "SynNoRoute", .mss = 1460, .from = "192.0.2.255");
}

TEST_F(wire, what_goes_to_many_draws_no_reset)
{
	const char *to = self->w->f->af == AF_INET ? "192.0.2.255" : "ff02::1";

	wire_send(self->w, SYN, .mss = 1460, .to = to);
	wire_send(self->w, ACK, .seq = 1, .ack = 1, .to = to);
	wire_silent(self->w);
}

TEST_F(wire, a_reset_for_port_0_harms_nobody)
{
	app_listen(self->w);
	wire_send(self->w, RST, .to_port_0 = true);
	wire_send(self->w, RST, .from_port_0 = true);
	wire_silent(self->w);
	wire_open(self->w);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * A SYN may pass by the input route, and its answer by IP's output, where nobody has a say
 * there. Whoever has one is heard: these tests put one of each kind in the way. The
 * kernel's TCP knows no shortcut, and must come to the same end.
 */
#include <netinet/ip.h>
#include <sched.h>

#include "wire_test.h"

/* The octet of the flags, and what a SYN and its answer have there. */
#define SYN_ALONE	"@th,104,8 & 0x3f == 0x02"
#define SYN_AND_ACK	"@th,104,8 & 0x3f == 0x12"

static bool four(const struct wire *w)
{
	return w->f->af == AF_INET;
}

static const char *peer_of(const struct wire *w)
{
	return four(w) ? "192.0.2.2" : "2001:db8::2";
}

static const char *third(const struct wire *w)
{
	return four(w) ? "192.0.2.3" : "2001:db8::3";
}

/* How many have taken it, in that direction; none where there is none. */
static long shortcuts(const struct wire *w, const char *counter)
{
	return is_mytcp(w) && four(w) ? wire_counter(w, counter) : 0;
}

/* What a SYN is answered with. Nothing stays of it. */
static struct segment answer(struct wire *w)
{
	struct segment seg;

	wire_anew(w);
	wire_send(w, SYN, .mss = 1460);
	seg = wire_expect_now(w, SYN | ACK, .ack = 1);
	wire_send(w, RST, .seq = 1);
	return seg;
}

/* Does a SYN come, and its answer go, by the shortcut? */
static void expect_way(struct __test_metadata *_metadata, struct wire *w, bool in, bool out)
{
	const bool knows_one = is_mytcp(w) && four(w);
	long came = shortcuts(w, "RxShortcuts"), went = shortcuts(w, "TxShortcuts");

	answer(w);
	EXPECT_EQ(in && knows_one, shortcuts(w, "RxShortcuts") - came);
	EXPECT_EQ(out && knows_one, shortcuts(w, "TxShortcuts") - went);
}

/* A route is at hand, on this processor, once an answer has looked for it. */
static void listen_here(struct wire *w)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity");
	app_listen(w);
	answer(w);
}

/* Nothing answers this one, nor shall its answer be repeated. */
static void expect_none(struct wire *w)
{
	wire_anew(w);
	wire_send(w, SYN, .mss = 1460);
	wire_send(w, RST, .seq = 1);
}

TEST_F(wire, a_syn_takes_the_shortcut_and_so_does_its_answer)
{
	long came;

	listen_here(self->w);
	expect_way(_metadata, self->w, true, true);
	wire_anew(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, SYN | ACK, .ack = 1);
	/* What is no SYN needs no way back. */
	came = shortcuts(self->w, "RxShortcuts");
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(came, shortcuts(self->w, "RxShortcuts"));
	app_accept(self->w);
	app_send(self->w, 100);
	wire_expect_now(self->w, ACK | PSH, .seq = 1, .ack = 1, .len = 100);
}

TEST_F(wire, so_they_do_where_a_cookie_is_the_answer)
{
	wire_set(self->w, "syncookies", 2);
	listen_here(self->w);
	expect_way(_metadata, self->w, true, true);
}

TEST_F(wire, a_syn_for_a_port_where_nobody_listens_is_reset)
{
	listen_here(self->w);
	close(self->w->listener);
	self->w->listener = -1;
	wire_anew(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, RST | ACK, .ack = 1);
}

TEST_F(wire, a_repeated_syn_is_answered_anew_and_one_within_a_connection_challenged)
{
	listen_here(self->w);
	wire_anew(self->w);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, SYN | ACK, .ack = 1);
	wire_send(self->w, SYN, .mss = 1460);
	wire_expect_now(self->w, SYN | ACK, .ack = 1);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	wire_send(self->w, SYN, .seq = 1000, .mss = 1460);
	wire_expect_now(self->w, ACK, .seq = 1, .ack = 1);
}

/* A chain of netfilter with one rule, which takes the segments that fit away. */
static void drop_at(const char *hook, const char *fits)
{
	run("nft 'add table inet t; add chain inet t c { type filter hook %s priority 0; };"
	    " add rule inet t c %s drop'", hook, fits);
}

static void drop_no_more(void)
{
	run("nft delete table inet t");
}

/* It drops what fits; one that lets it pass makes it come, or go, the long way. */
static void rule_is_heard(struct __test_metadata *_metadata, struct wire *w, const char *hook,
			  const char *fits, bool in, bool out)
{
	listen_here(w);
	drop_at(hook, fits);
	expect_none(w);
	wire_silent(w);
	drop_no_more();

	drop_at(hook, "@th,0,16 1");
	expect_way(_metadata, w, in, out);
	drop_no_more();
	expect_way(_metadata, w, true, true);
}

TEST_F(wire, a_rule_in_front_of_the_routing_is_heard)
{
	rule_is_heard(_metadata, self->w, "prerouting", SYN_ALONE, true, true);
}

TEST_F(wire, a_rule_for_what_comes_in_is_heard)
{
	rule_is_heard(_metadata, self->w, "input", SYN_ALONE, false, true);
}

TEST_F(wire, a_rule_for_what_goes_out_is_heard)
{
	rule_is_heard(_metadata, self->w, "output", SYN_AND_ACK, true, false);
}

TEST_F(wire, a_rule_behind_the_routing_is_heard)
{
	rule_is_heard(_metadata, self->w, "postrouting", SYN_AND_ACK, true, false);
}

TEST_F(wire, what_the_host_sends_to_itself_takes_it_unless_a_rule_waits)
{
	const int segments = is_mytcp(self->w) && four(self->w) ? 4 : 0;
	long came = shortcuts(self->w, "RxShortcuts");
	char byte = 0;
	int fd[2];

	sock_pair(self->w->f, fd);
	send_pattern(fd[0], 1);
	recv_pattern(fd[1], 1);
	/* SYN, SYN+ACK, ACK, the octet. */
	EXPECT_LE(came + segments, shortcuts(self->w, "RxShortcuts"));

	drop_at("input", "iif lo");
	EXPECT_EQ(1, send(fd[0], &byte, 1, 0));
	EXPECT_FALSE(wait_for_ms(PAUSE_MS, queued_in(fd[1])));
	drop_no_more();
}

TEST_F(wire, a_raw_socket_sees_each_syn)
{
	unsigned char packet[200];
	int raw;

	listen_here(self->w);
	raw = socket(self->w->f->af, SOCK_RAW, self->w->f->wire);
	if (raw < 0)
		die("raw socket");
	expect_way(_metadata, self->w, false, true);
	EXPECT_LT(0, recv(raw, packet, sizeof(packet), MSG_DONTWAIT));
	close(raw);
	expect_way(_metadata, self->w, true, true);
}

/*
 * A SYN from a third host, of which somebody thinks ill, gets no answer. The peer's
 * handshake puts at hand the route that the third host has, too: what was at hand before
 * is forgotten whenever rules or policies change.
 */
static void expect_none_from_third(struct __test_metadata *_metadata, struct wire *w)
{
	expect_way(_metadata, w, false, true);
	wire_anew(w);
	w->skip_others = true;
	wire_send(w, SYN, .mss = 1460, .from = third(w));
	wire_silent(w);
	EXPECT_EQ(0, wire_entries(w, "SYN_RECV"));
	w->skip_others = false;
}

TEST_F(wire, a_rule_of_routing_is_heard)
{
	const char *family = four(self->w) ? "-4" : "-6";

	listen_here(self->w);
	/* In front of the table that says which addresses are ours. */
	run("ip %s rule add pref 2 table local && ip %s rule del pref 0", family, family);
	run("ip %s rule add pref 1 from %s prohibit", family, third(self->w));
	expect_none_from_third(_metadata, self->w);
}

TEST_F(wire, a_policy_of_ipsec_is_heard)
{
	const char *from = third(self->w), *here = four(self->w) ? "192.0.2.1" : "2001:db8::1";

	listen_here(self->w);
	run("ip xfrm policy add dir in src %s dst %s action block", from, here);
	expect_none_from_third(_metadata, self->w);
	run("ip xfrm policy del dir in src %s dst %s", from, here);
	answer(self->w);
	expect_way(_metadata, self->w, true, true);

	run("ip xfrm policy add dir out src %s dst %s action block", here, from);
	wire_anew(self->w);
	wire_send(self->w, SYN, .mss = 1460, .from = from);
	wire_silent(self->w);
}

TEST_F(wire, a_syn_with_options_of_ip_goes_the_long_way)
{
	long came;

	if (!four(self->w))
		SKIP(return, "the shortcut is IPv4's");
	listen_here(self->w);
	came = shortcuts(self->w, "RxShortcuts");
	wire_anew(self->w);
	wire_send(self->w, SYN, .mss = 1460, .ip_options = true);
	wire_expect_now(self->w, SYN | ACK, .ack = 1, .mss = 1460);
	EXPECT_EQ(came, shortcuts(self->w, "RxShortcuts"));
}

TEST_F(wire, a_piece_of_a_syn_is_not_answered)
{
	if (!four(self->w))
		SKIP(return, "the shortcut is IPv4's");
	listen_here(self->w);
	wire_anew(self->w);
	wire_send(self->w, SYN, .mss = 1460, .fragment = true);
	wire_silent(self->w);
}

TEST_F(wire, a_syn_for_another_host_is_not_answered)
{
	listen_here(self->w);
	wire_anew(self->w);
	wire_send(self->w, SYN, .mss = 1460, .to = third(self->w));
	wire_silent(self->w);
}

TEST_F(wire, in_a_vrf_a_listener_answers_what_comes_by_its_devices)
{
	run("ip link add red type vrf table 10");
	ip_batch("link set red up\nlink set wire master red\n");
	run("ip addr replace 2001:db8::1/64 dev wire nodad");
	app_socket(self->w);
	if (setsockopt(self->w->listener, SOL_SOCKET, SO_BINDTODEVICE, "red", 4))
		wire_die("SO_BINDTODEVICE");
	listen_here(self->w);
	expect_way(_metadata, self->w, false, false);
}

/* RFC 3704: who lives behind another device has not sent it. */
TEST_F(wire, a_syn_by_the_wrong_device_is_dropped_where_the_path_is_checked)
{
	if (!four(self->w))
		SKIP(return, "IPv6 has no such check");
	listen_here(self->w);
	run("ip link add other type dummy");
	ip_batch("addr add 198.51.100.1/24 dev other\nlink set other up\n");
	/* Where it is not, the answer goes by the other device, and has a route then. */
	wire_anew(self->w);
	wire_send(self->w, SYN, .mss = 1460, .from = "198.51.100.2");
	EXPECT_TRUE(wait_for(wire_entries(self->w, "SYN_RECV") == 1));
	wire_send(self->w, RST, .seq = 1, .from = "198.51.100.2");
	EXPECT_TRUE(wait_for(!wire_entries(self->w, "SYN_RECV")));

	run("echo 1 >/proc/sys/net/ipv4/conf/wire/rp_filter");
	wire_anew(self->w);
	wire_send(self->w, SYN, .mss = 1460, .from = "198.51.100.2");
	wire_silent(self->w);
	EXPECT_EQ(0, wire_entries(self->w, "SYN_RECV"));
	expect_way(_metadata, self->w, true, true);
}

/* Whoever has a way to all has one to these, too. */
TEST_F(wire, a_syn_from_nobody_is_dropped_where_there_is_a_default_route)
{
	static const char *const nobody[] = {
		"0.0.0.0", "224.0.0.1", "255.255.255.255", "127.0.0.1", "192.0.2.1",
		"192.0.2.255",
	};
	size_t i;

	if (!four(self->w))
		SKIP(return, "the shortcut is IPv4's");
	/* Not even the loopback's addresses have one of their own. */
	run("ip addr del 127.0.0.1/8 dev lo && ip route add default dev wire");
	listen_here(self->w);
	self->w->skip_others = true;
	wire_anew(self->w);
	wire_send(self->w, SYN, .mss = 1460, .from = "203.0.113.1");
	EXPECT_TRUE(wait_for(wire_entries(self->w, "SYN_RECV") == 1));
	for (i = 0; i < ARRAY_SIZE(nobody); i++) {
		/* The kernel's TCP answers the network's broadcast address. */
		if (!is_mytcp(self->w) && i == ARRAY_SIZE(nobody) - 1)
			break;
		wire_anew(self->w);
		wire_send(self->w, SYN, .mss = 1460, .from = nobody[i]);
		wire_silent(self->w);
		EXPECT_EQ(0, wire_entries(self->w, "SYN_RECV")) TH_LOG("%s", nobody[i]);
	}
	expect_way(_metadata, self->w, true, true);
}

TEST_F(wire, the_answer_has_the_listeners_time_to_live_and_type_of_service)
{
	struct segment seg;

	listen_here(self->w);
	if (four(self->w))
		opt_set(self->w->listener, IPPROTO_IP, IP_TTL, 77);
	else
		opt_set(self->w->listener, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 77);
	expect_way(_metadata, self->w, true, true);
	if (four(self->w))
		opt_set(self->w->listener, IPPROTO_IP, IP_TOS, IPTOS_LOWDELAY);
	else
		opt_set(self->w->listener, IPPROTO_IPV6, IPV6_TCLASS, IPTOS_LOWDELAY);
	seg = answer(self->w);
	EXPECT_EQ(77, seg.ttl);
	EXPECT_EQ(IPTOS_LOWDELAY, seg.tos);
}

TEST_F(wire, the_answer_has_the_time_to_live_of_the_route_and_of_the_host)
{
	if (!four(self->w))
		SKIP(return, "the shortcut is IPv4's");
	run("echo 99 >/proc/sys/net/ipv4/ip_default_ttl");
	listen_here(self->w);
	EXPECT_EQ(99, answer(self->w).ttl);
	run("ip route add 192.0.2.2 dev wire hoplimit 33");
	expect_way(_metadata, self->w, false, true);
	EXPECT_EQ(33, answer(self->w).ttl);
}

TEST_F(wire, the_answer_offers_the_mss_of_the_route_and_of_the_device)
{
	const int headers = four(self->w) ? 40 : 60;

	listen_here(self->w);
	run("ip link set wire mtu 1400");
	EXPECT_EQ(1400 - headers, answer(self->w).mss);
	expect_way(_metadata, self->w, true, true);
	run("ip route add %s dev wire mtu 1300", peer_of(self->w));
	/* The route is a new one, and at hand the second time. */
	expect_way(_metadata, self->w, false, false);
	EXPECT_EQ(1300 - headers, answer(self->w).mss);
	expect_way(_metadata, self->w, false, false);
}

TEST_F(wire, a_route_for_the_listeners_type_of_service_is_taken)
{
	if (!four(self->w))
		SKIP(return, "routes of IPv6 have none");
	run("ip route add 192.0.2.0/24 tos 0x10 dev wire mtu 1300");
	listen_here(self->w);
	opt_set(self->w->listener, IPPROTO_IP, IP_TOS, IPTOS_LOWDELAY);
	EXPECT_EQ(1260, answer(self->w).mss);
}

TEST_F(wire, an_answer_that_may_be_fragmented_goes_the_long_way)
{
	if (!four(self->w))
		SKIP(return, "the shortcut is IPv4's");
	listen_here(self->w);
	opt_set(self->w->listener, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	expect_way(_metadata, self->w, true, false);
}

TEST_HARNESS_MAIN

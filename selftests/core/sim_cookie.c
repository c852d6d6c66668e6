// SPDX-License-Identifier: GPL-2.0
/*
 * Cookies, the floods they are for, and keys that change meanwhile. A listener
 * is two servers behind one address: whatever arrives gets to one of them. They
 * have nothing in common but the secrets.
 */
#include "cookie.h"
#include "seq.h"
#include "sim.h"

#define PER_CENT(n)	((n) * 65536 / 100)

#define NOBODY		50000	/* ports from here on are made up */
#define WALL_CLOCK	1700000000
/* By then a cookie may have expired, by the clock that is ahead. */
#define GOOD_FOR	((MYTCP_COOKIE_UNIT - MYTCP_COOKIE_SKEW) * SIM_SEC)

static void random_octets(u8 *octets, u32 count)
{
	while (count--)
		*octets++ = sim_random(256);
}

/**
 * sim_cookie_plan() - what the seed says of cookies and floods
 */
void sim_cookie_plan(void)
{
	struct sim_cookie *cookie = &sim->cookie;

	cookie->mode = SIM_ONE_OF(0, 1, 1, 2);
	cookie->half_max = SIM_ONE_OF(0, 1, 2, SIM_HALVES);
	if (!cookie->mode)
		cookie->half_max = SIM_HALVES;
	cookie->skew = sim_random(MYTCP_COOKIE_SKEW + 1);
	cookie->clock = sim_random(3 * MYTCP_COOKIE_UNIT);
	cookie->lifetime = 1 + sim_random(300);
	cookie->given = sim_chance(PER_CENT(30));
	random_octets(cookie->secret, sizeof(cookie->secret));
	if (cookie->given) {
		mytcp_cookie_key_set(&cookie->keys[0].key[0], cookie->secret);
		cookie->keys[1] = cookie->keys[0];
		sim_at(sim->now + sim_random_time(60 * SIM_SEC), SIM_ROTATE,
		       NULL, 0);
	}
	if (sim_chance(PER_CENT(10))) {
		cookie->flood = 20 + sim_random(100);
		sim_at(sim->now, SIM_FLOOD, NULL, 0);
	}
}

static u32 wall_clock(u8 server)
{
	return WALL_CLOCK + sim->cookie.clock + sim->now / SIM_SEC +
	       (server ? sim->cookie.skew : 0);
}

/* The keys of a server, as it has them now. */
static const struct mytcp_cookie_keys *keys_of(u8 server)
{
	struct mytcp_cookie_keys *keys = &sim->cookie.keys[server];

	if (!sim->cookie.given && mytcp_cookie_stale(keys, wall_clock(server)))
		mytcp_cookie_derive(keys, sim->cookie.secret,
				    wall_clock(server), sim->cookie.lifetime);
	return keys;
}

/**
 * sim_cookie_rotate() - an administrator gives the servers a new key
 * @step: both know it as the next one; then one uses it; then both do
 *
 * And not another as long as cookies of the last but one may be about.
 */
void sim_cookie_rotate(u8 step)
{
	struct mytcp_cookie_keys *keys = sim->cookie.keys;
	u64 wait = sim_random_time(10 * SIM_SEC);

	if (!sim->listener[0].open && !sim->listener[1].open)
		return;
	if (!step) {
		random_octets(sim->cookie.secret, sizeof(sim->cookie.secret));
		mytcp_cookie_key_set(&keys[0].key[MYTCP_COOKIE_NEXT],
				     sim->cookie.secret);
		keys[1].key[MYTCP_COOKIE_NEXT] = keys[0].key[MYTCP_COOKIE_NEXT];
	} else {
		keys = &keys[step - 1];
		keys->key[MYTCP_COOKIE_PREVIOUS] =
			keys->key[MYTCP_COOKIE_CURRENT];
		keys->key[MYTCP_COOKIE_CURRENT] = keys->key[MYTCP_COOKIE_NEXT];
		keys->key[MYTCP_COOKIE_NEXT] = (struct mytcp_cookie_key){ 0 };
	}
	if (step == 2)
		wait += GOOD_FOR;
	sim_at(sim->now + wait, SIM_ROTATE, NULL, (step + 1) % 3);
}

static struct mytcp_cookie_ends ends_of(u8 host, u16 lport, u16 rport)
{
	return (struct mytcp_cookie_ends){
		.octet = { host, lport >> 8, lport, rport >> 8, rport },
		.len = MYTCP_COOKIE_ENDS_IP4,
	};
}

/**
 * sim_cookie_wanted() - is a SYN to be answered by a cookie?
 * @halves: entries its listener has
 *
 * Return: yes or no.
 */
bool sim_cookie_wanted(u32 halves)
{
	return sim->cookie.mode == 2 ||
	       (sim->cookie.mode == 1 && halves >= sim->cookie.half_max);
}

/**
 * sim_cookie_answer() - answer a SYN by a cookie
 * @listener: whose
 * @rport: the client's port
 * @syn: the SYN
 * @half: made of it; forgotten
 */
void sim_cookie_answer(const struct sim_listener *listener, u16 rport,
		       const struct mytcp_segment *syn, struct mytcp_half *half)
{
	struct mytcp_cookie_ends ends = ends_of(listener->host, listener->port,
						rport);
	u8 server = sim_random(2);
	struct mytcp_segment synack;

	mytcp_cookie_make(keys_of(server), wall_clock(server), &ends, syn, half,
			  &synack);
	if (mytcp_option_len(&synack.opt) > mytcp_option_len(&syn->opt))
		sim_broken("%u octets of options answer %u",
			   mytcp_option_len(&synack.opt),
			   mytcp_option_len(&syn->opt));
	if (rport >= NOBODY) {
		sim->cookie.stray = synack;
		sim->cookie.stray_port = rport;
	}
	sim_net_send(listener->host, listener->port, rport, &synack, NULL);
}

/* The connection that was given the cookie @ack brings, if it was. */
static struct sim_conn *owner(const struct sim_listener *listener, u16 rport,
			      const struct mytcp_segment *ack)
{
	u32 i;

	for (i = 0; i < sim->conns; i++) {
		struct sim_conn *conn = &sim->conn[i];

		if (conn->host != listener->host && conn->lport == rport &&
		    conn->rport == listener->port && conn->was_open &&
		    conn->tcb.irs == ack->ack - 1 &&
		    ack->seq - conn->tcb.iss - 1 <= U16_MAX)
			return conn;
	}
	return NULL;
}

static bool must_be_good(const struct sim_conn *client,
			 const struct mytcp_segment *ack)
{
	return client && sim->now - client->tcb.syn_sent_us < GOOD_FOR &&
	       ack->opt.has & MYTCP_OPT_COOKIE &&
	       !memcmp(client->tcb.cookie, ack->opt.cookie, MYTCP_COOKIE_LEN);
}

/**
 * sim_cookie_check() - does a segment open a connection?
 * @listener: it is for this one
 * @rport: the port it came from
 * @ack: the segment
 * @half: wnd and adv_mss are set; filled if so
 *
 * Return: what the core says.
 */
enum mytcp_cookie_verdict
sim_cookie_check(const struct sim_listener *listener, u16 rport,
		 const struct mytcp_segment *ack, struct mytcp_half *half)
{
	struct mytcp_cookie_ends ends = ends_of(listener->host, listener->port,
						rport);
	struct sim_conn *client = owner(listener, rport, ack);
	u8 server = sim_random(2);
	enum mytcp_cookie_verdict verdict;

	verdict = mytcp_cookie_check(keys_of(server), wall_clock(server), &ends,
				     ack, half);
	if (verdict == MYTCP_COOKIE_EARLY)
		return verdict;
	if (verdict != MYTCP_COOKIE_VALID) {
		if (must_be_good(client, ack) && !(ack->flags & MYTCP_RST))
			sim_broken("%u: a good cookie was refused: %u", rport,
				   verdict);
		return verdict;
	}
	if (client && client->peer) {
		if (!sim_timewait_reopened(listener->host, listener->port,
					   rport))
			sim_broken("%u: a cookie opens what is over", rport);
		client->revived = true;
	}
	if (!client)
		sim_broken("%u: a cookie nobody was given is good", rport);
	else if (ack->opt.has & MYTCP_OPT_COOKIE &&
		 half->peer_mss != (sim->adv_mss[client->host] ?:
				    MYTCP_MSS_DEFAULT_IP4))
		sim_broken("%u: its MSS became %u", rport, half->peer_mss);
	return verdict;
}

/**
 * sim_cookie_nobody() - is this the address of nobody?
 * @port: a port of the other host's
 *
 * Return: true if what is sent there is never heard of again.
 */
bool sim_cookie_nobody(u16 port)
{
	return port >= NOBODY;
}

/* A SYN of a host that is not there, or an ACK that never had one. */
static void spoof(const struct sim_listener *listener, u16 port)
{
	struct mytcp_segment seg = {
		.seq = sim_random(-1U),
		.wnd = sim_random(65536),
		.flags = MYTCP_SYN,
		.opt = {
			.mss = sim_random(2) ? sim_random(65536) : 0,
			.has = sim_random(16),
			.wscale = sim_random(16),
			.tsval = sim_random(-1U),
		},
	};

	switch (sim_random(4)) {
	case 0:
		seg.flags = MYTCP_ACK | (sim_random(2) ? MYTCP_FIN : 0);
		seg.ack = sim_random(-1U);
		seg.opt.mss = 0;
		seg.opt.has &= ~(MYTCP_OPT_SACK_OK | MYTCP_OPT_WSCALE);
		random_octets(seg.opt.cookie, MYTCP_COOKIE_LEN);
		break;
	case 1:
		if (port == sim->cookie.stray_port)
			return;
		/* With what was given to somebody else. */
		seg.flags = MYTCP_ACK;
		seg.seq = sim->cookie.stray.ack;
		seg.ack = sim->cookie.stray.seq + 1;
		seg.opt = sim->cookie.stray.opt;
		seg.opt.tsecr = sim->cookie.stray.opt.tsval;
		break;
	}
	sim_net_send(!listener->host, port, listener->port, &seg, NULL);
}

/**
 * sim_cookie_flood() - some more of a flood
 */
void sim_cookie_flood(void)
{
	const struct sim_listener *listener = &sim->listener[1];
	u32 count = min_t(u32, 1 + sim_random(20), sim->cookie.flood);

	if (!listener->open)
		return;
	sim->cookie.flood -= count;
	while (count--)
		spoof(listener, NOBODY + sim_random(65536 - NOBODY));
	if (sim->cookie.flood)
		sim_at(sim->now + sim_random_time(SIM_SEC / 2), SIM_FLOOD, NULL,
		       0);
}

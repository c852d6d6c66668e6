// SPDX-License-Identifier: GPL-2.0
/* Races for what comes of a cookie: two processors, a listener that closes, new keys. */
#include "race.h"

static int closer, victim;

static void cookies_always(void)
{
	setting("syncookies", 2);
}

/* Each brings the cookie; one makes the connection, with what either had to say. */
static void bring_the_cookie(struct side *me, struct flow *flow)
{
	put(me, flow, ACK, flow->irs + 1, flow->iss + 1, SEGMENT);
}

static void each_came_once(void)
{
	listener_accept_all(SEGMENT);
}

RACE(a_cookie_comes_back_on_two_processors_at_once) = {
	.batch = 64,
	.settings = cookies_always,
	.begin = listener_open_lingering,
	.fire = bring_the_cookie,
	.end = each_came_once,
	.moved = { "CookiesValid", "CookieEnds" },
};

static void choose_victim(void)
{
	closer = chance(&sides[0]) % SIDES;
	victim = chance(&sides[0]) % 32;
}

static void begin(void)
{
	choose_victim();
	listener_open(1024);
}

static void bring_the_cookie_or_close(struct side *me, struct flow *flow)
{
	if (me->number == closer && flow == &me->flow[victim])
		listener_close();
	else
		bring_the_cookie(me, flow);
}

static void close_at_last(void)
{
	if (listener >= 0)
		listener_close();
	expect_no_half_open();
}

RACE(a_cookie_comes_back_on_two_processors_while_the_listener_closes) = {
	.batch = 32,
	.settings = cookies_always,
	.begin = begin,
	.fire = bring_the_cookie_or_close,
	.end = close_at_last,
	.moved = { "CookiesValid", "CookieEnds", "RxNoSocket" },
};

static unsigned int key;

/* The previous, the current and the next: each is each for a time. */
static void turn_keys(void)
{
	sysctl_set(&family, "syncookie_keys", "%032x,%032x,%032x", key, key + 1, key + 2);
	key++;
}

static void begin_lingering(void)
{
	choose_victim();
	listener_open_lingering();
}

/* Once while the cookies of a batch are on their way: none is lost. */
static void bring_the_cookie_or_turn(struct side *me, struct flow *flow)
{
	if (me->number == closer && flow == &sides[closer].flow[victim])
		turn_keys();
	bring_the_cookie(me, flow);
}

static void cookies_always_by_keys(void)
{
	cookies_always();
	turn_keys();
}

RACE(keys_change_while_cookies_come_back) = {
	.batch = 32,
	.settings = cookies_always_by_keys,
	.begin = begin_lingering,
	.fire = bring_the_cookie_or_turn,
	.end = each_came_once,
	.moved = { "CookiesValid", "CookieEnds" },
};

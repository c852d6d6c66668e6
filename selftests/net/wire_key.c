// SPDX-License-Identifier: GPL-2.0
/*
 * The keys of SYN cookies: how long they are good, and who shares them.
 */
#include "wire_test.h"
#include "wire_client.h"

/* A key is 32 times one digit; more than one have commas between. */
static const char *keys_text(const char *digits)
{
	static char text[256];
	char *at = text;

	for (; *digits; digits++) {
		memset(at, *digits, 32);
		at += 32;
		*at++ = ',';
	}
	at[-1] = 0;
	return text;
}

static void set_keys(const char *digits)
{
	run("echo %s >/proc/sys/net/mytcp/syncookie_keys", keys_text(digits));
}

static void set_secret(const char *digit)
{
	run("echo %s >/proc/sys/net/mytcp/syncookie_secret", keys_text(digit));
}

static bool refused(const char *name, const char *digits)
{
	const char *text = keys_text(digits);
	char path[128];
	int fd;
	bool bad;

	snprintf(path, sizeof(path), "/proc/sys/net/mytcp/%s", name);
	fd = open(path, O_WRONLY);
	bad = write(fd, text, strlen(text)) < 0 && errno == EINVAL;
	close(fd);
	return bad;
}

/* As whoever moves the keys on does it. */
TEST_F(wire, a_cookie_is_good_while_its_key_is_one_of_the_three)
{
	static const struct client *const c[] = { &clients[MSS], &clients[COOKIE] };
	struct options echo;
	size_t i;

	if (!is_mytcp(self->w))
		SKIP(return, "TCP's keys cannot be set");
	listen_with_cookies(self->w);
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		set_keys("abc");
		echo = client_syn(self->w, c[i]);
		set_keys("bcd");
		client_ack(self->w, c[i], &echo);
		wire_anew(self->w);

		/* Another server is ahead. */
		echo = client_syn(self->w, c[i]);
		set_keys("abc");
		client_ack(self->w, c[i], &echo);
		wire_anew(self->w);

		echo = client_syn(self->w, c[i]);
		EXPECT_TRUE(refused("syncookie_keys", "deg"));
		EXPECT_TRUE(refused("syncookie_secret", "dd"));
		client_ack(self->w, c[i], &echo);
		wire_anew(self->w);

		echo = client_syn(self->w, c[i]);
		set_keys("cde");
		client_send(self->w, &echo, ACK, .seq = 1, .ack = 1);
		wire_expect_now(self->w, RST, .seq = 1);
		wire_anew(self->w);
	}
	EXPECT_EQ(1, wire_counter(self->w, "CookiesUnknownKey"));
	EXPECT_EQ(1, wire_counter(self->w, "CookiesBadMac"));
}

TEST_F(wire, a_new_secret_makes_old_cookies_void)
{
	if (!is_mytcp(self->w))
		SKIP(return, "TCP's secret cannot be set");
	listen_with_cookies(self->w);
	set_secret("a");
	cookie_comes(self->w);
	set_secret("b");
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	wire_expect_now(self->w, RST, .seq = 1);
	set_secret("a");
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
}

/*
 * Two servers have one address and one secret, in a namespace each; the client's route
 * changes between SYN+ACK and ACK.
 */
TEST_F(wire, the_ack_may_go_to_another_server_with_the_same_secret)
{
	struct wire a = *self->w, b;
	struct options echo[ARRAY_SIZE(clients)];
	__u32 isn[ARRAY_SIZE(clients)];
	size_t i;

	if (!is_mytcp(&a))
		SKIP(return, "TCP's listener takes none if it has sent none");
	set_secret("5");
	set_options(&a, true);
	listen_with_cookies(&a);
	for (i = 0; i < ARRAY_SIZE(clients); i++, wire_anew(&a)) {
		echo[i] = client_syn(&a, &clients[i]);
		isn[i] = a.isn;
	}

	wire_new(&b, a.f);
	set_secret("5");
	set_options(&b, true);
	listen_with_cookies(&b);
	for (i = 0; i < ARRAY_SIZE(clients); i++, wire_anew(&b)) {
		b.isn = isn[i];
		b.isn_seen = true;
		client_ack(&b, &clients[i], &echo[i]);
		EXPECT_TRUE(client_has_all(&b, &clients[i]));
		client_talk(&b, &echo[i]);
	}
}

TEST_F(wire, another_server_with_a_secret_of_its_own_refuses_the_cookie)
{
	struct wire a = *self->w, b;

	if (!is_mytcp(&a))
		SKIP(return, "TCP has one secret for all namespaces");
	listen_with_cookies(&a);
	cookie_comes(&a);
	wire_new(&b, a.f);
	listen_with_cookies(&b);
	b.isn = a.isn;
	b.isn_seen = true;
	wire_send(&b, ACK, .seq = 1, .ack = 1);
	wire_expect_now(&b, RST, .seq = 1);
}

TEST_F_TIMEOUT(wire, a_cookie_outlives_the_module, 120)
{
	const char *ko = getenv("MYTCP_KO");

	if (!is_mytcp(self->w) || self->w->f->af != AF_INET || !ko)
		SKIP(return, "once is enough, and only where MYTCP_KO is the module");
	set_secret("7");
	listen_with_cookies(self->w);
	cookie_comes(self->w);
	close(self->w->listener);
	self->w->listener = -1;
	/* What earlier tests have left behind has to end first. */
	ASSERT_TRUE(wait_for_ms(100000, !system("rmmod mytcp 2>/dev/null")));
	run("insmod %s", ko);
	set_secret("7");
	listen_with_cookies(self->w);
	wire_send(self->w, ACK, .seq = 1, .ack = 1);
	app_accept(self->w);
	wire_send(self->w, ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	wire_expect_acked(self->w, 1, 101);
	app_recv(self->w, 100);
}

TEST_HARNESS_MAIN

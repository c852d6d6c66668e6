// SPDX-License-Identifier: GPL-2.0
/*
 * A million initial sequence numbers, for which a million SYNs are sent: what one pair of
 * endpoints is given says nothing of another's, and grows for the same pair (RFC 6528).
 * They all stand half-open at the end, so this is a test of that queue too.
 */
#include <time.h>

#include "wire_test.h"

#define NUMBERS		1000000
#define PORTS		1000	/* a thousand ports of each address */
#define RISES		10000
#define BUCKETS		256

#define IP_LEN	20
#define LEN	(IP_LEN + 20)

static __u32 ones_sum(__u32 acc, const unsigned char *p, size_t len)
{
	for (; len; len -= 2, p += 2)
		acc += p[0] << 8 | p[1];
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return acc;
}

static void put(unsigned char *p, __u32 value, int bytes)
{
	while (bytes--) {
		p[bytes] = value;
		value >>= 8;
	}
}

static __u32 get(const unsigned char *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* A bare segment from one of many clients, 10.0.0.0 and so on, to port 80 of the stack. */
static void segment_from(const struct wire *w, __u32 client, int port, int flags, __u32 seq)
{
	unsigned char buf[LEN] = { 0x45, 0, 0, LEN, 0, 0, 0x40, 0, 64, w->f->wire }, *tcp;

	put(buf + 12, 10 << 24 | client, 4);
	put(buf + 16, 192 << 24 | 2 << 8 | 1, 4);
	put(buf + 10, ~ones_sum(0, buf, IP_LEN), 2);
	tcp = buf + IP_LEN;
	put(tcp, port, 2);
	put(tcp + 2, w->port, 2);
	put(tcp + 4, seq, 4);
	tcp[12] = 5 << 4;
	tcp[13] = flags;
	put(tcp + 14, 65535, 2);
	put(tcp + 16, ~ones_sum(w->f->wire + LEN - IP_LEN, buf + 12, LEN - 12), 2);
	if (write(w->tun, buf, LEN) != LEN)
		die("write to the wire");
}

/* The number of the SYN+ACK that answers a SYN. */
static __u32 number_for(const struct wire *w, __u32 client, int port)
{
	struct pollfd p = { .fd = w->tun, .events = POLLIN };
	unsigned char buf[2048];

	segment_from(w, client, port, SYN, 1000);
	for (;;) {
		if (poll(&p, 1, LIMIT_MS) != 1)
			die("a SYN without an answer");
		if (read(w->tun, buf, sizeof(buf)) < LEN)
			die("read from the wire");
		/* Others may have been repeated. */
		if (buf[0] == 0x45 && buf[IP_LEN + 13] == (SYN | ACK) &&
		    get(buf + 16) == (10 << 24 | client) &&
		    (buf[IP_LEN + 2] << 8 | buf[IP_LEN + 3]) == port)
			return get(buf + IP_LEN + 4);
	}
}

/* How far from even are so many counts? About the number of buckets if they are chance's. */
static double unevenness(const int *bucket, int n, int samples)
{
	double want = (double)samples / n, sum = 0;
	int i;

	for (i = 0; i < n; i++)
		sum += (bucket[i] - want) * (bucket[i] - want) / want;
	return sum;
}

/*
 * By how much the numbers of neighbours differ, who have one port or one address less, in
 * each of its four octets. Chance exceeds the bound once in a billion times.
 */
static void neighbours_differ_by_chance(struct __test_metadata *_metadata, const __u32 *isn,
					int numbers, int step)
{
	static int bucket[BUCKETS];
	int i, shift;

	for (shift = 0; shift < 32; shift += 8) {
		memset(bucket, 0, sizeof(bucket));
		for (i = step; i < numbers; i++)
			bucket[(isn[i] - isn[i - step]) >> shift & (BUCKETS - 1)]++;
		EXPECT_GT(BUCKETS + 7 * 23, unevenness(bucket, BUCKETS, numbers - step))
			TH_LOG("neighbours %d apart, bits from %d on", step, shift);
	}
}

static int by_value(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a, y = *(const __u32 *)b;

	return x < y ? -1 : x > y;
}

static void to_listener(struct wire *w)
{
	if (!is_mytcp(w) || w->f->af != AF_INET)
		return;
	run("ip route add 10.0.0.0/8 dev wire");
	run("echo 2000000 >/proc/sys/net/core/somaxconn");
	wire_set(w, "somaxconn", 1 << 20);
	wire_set(w, "max_syn_backlog", 1 << 20);
	wire_set(w, "rto_init", 3600 * 1000);
	wire_set(w, "rto_max", 3600 * 1000);
	app_listen(w);
	if (listen(w->listener, 1 << 20))
		die("listen");
}

TEST_F_TIMEOUT(wire, a_million_numbers_tell_nothing_of_one_another, 900)
{
	/* A kernel that checks every access takes a day for all. */
	int numbers = patience() > 1 ? NUMBERS / 20 : NUMBERS;
	int by_chance = (__u64)numbers * numbers / 2 >> 32;
	__u32 *isn = calloc(numbers, sizeof(*isn));
	long long start;
	int i, same = 0;

	if (!is_mytcp(self->w) || self->w->f->af != AF_INET)
		SKIP(return, "one family is enough for so many");
	to_listener(self->w);
	for (i = 0; i < numbers; i++)
		isn[i] = number_for(self->w, i / PORTS, 1024 + i % PORTS);
	EXPECT_EQ(numbers, wire_counter(self->w, "HalfOpen"));

	neighbours_differ_by_chance(_metadata, isn, numbers, 1);
	neighbours_differ_by_chance(_metadata, isn, numbers, PORTS);
	/* Of a million out of 2^32, 116 are there already, give or take 11. */
	qsort(isn, numbers, sizeof(*isn), by_value);
	for (i = 1; i < numbers; i++)
		same += isn[i] == isn[i - 1];
	EXPECT_LE(by_chance / 3, same);
	EXPECT_GT(2 * by_chance + 20, same);

	start = now_ms();
	close(self->w->listener);
	TH_LOG("closing the listener took %lld ms", now_ms() - start);
	EXPECT_EQ(0, wire_counter(self->w, "HalfOpen"));
}

static long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

TEST_F_TIMEOUT(wire, numbers_of_one_pair_of_endpoints_rise_with_a_clock_of_4_us, 300)
{
	long long before, after, sent;
	__u32 first, isn, old;
	int i;

	if (!is_mytcp(self->w) || self->w->f->af != AF_INET)
		SKIP(return, "one family is enough for so many");
	to_listener(self->w);
	before = now_us();
	first = number_for(self->w, 1, 1024);
	after = now_us();
	old = first;
	for (i = 0; i < RISES; i++) {
		segment_from(self->w, 1, 1024, RST, 1001);
		sent = now_us();
		isn = number_for(self->w, 1, 1024);
		ASSERT_LT(0, (int)(isn - old));
		ASSERT_LE((sent - after) / 4 - 1, isn - first);
		ASSERT_GE((now_us() - before) / 4 + 1, isn - first);
		old = isn;
	}
}

TEST_HARNESS_MAIN

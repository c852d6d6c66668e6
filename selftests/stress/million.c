// SPDX-License-Identifier: GPL-2.0
/*
 * A million connections in TIME_WAIT, made by two processes: they take no more memory
 * than they may, keep nobody from connecting, and end when their time is up.
 */
#include <sched.h>
#include <sys/mman.h>

#include "../net/net.h"

#define MILLION		1000000
#define LIMIT_BYTES	(128L << 20)
#define MAKERS		2
#define FEW		2000
#define LISTEN_PORT	80
#define PORT_MIN	1024
#define PORT_MAX	65535
#define CACHE		"mytcp_timewait4"

static const struct family family = FAMILY_MYTCP4;
static unsigned long wanted = MILLION;
static int listener;

/* Pages of the cache, in bytes. */
static long slab_bytes(void)
{
	long pages, slabs, bytes = -1;
	char line[512], word[64];
	FILE *file = fopen("/proc/slabinfo", "r");

	if (!file)
		die("/proc/slabinfo");
	while (bytes < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %*d %*d %*d %*d %ld : %*[^:]: slabdata %*d %ld",
			   word, &pages, &slabs) == 3 &&
		    !strcmp(word, CACHE))
			bytes = slabs * pages * sysconf(_SC_PAGESIZE);
	fclose(file);
	if (bytes < 0)
		die("no " CACHE " in /proc/slabinfo");
	return bytes;
}

static long attribute(const char *name)
{
	char path[128];
	FILE *file;
	long value;

	snprintf(path, sizeof(path), "/sys/kernel/slab/" CACHE "/%s", name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%ld", &value) != 1)
		die(path);
	fclose(file);
	return value;
}

/* The server's end closes first. Each pair of endpoints comes once. */
static void leave_one(const struct addr *to, const struct addr *from)
{
	int client = sock_new(&family), server;
	char byte;

	if (try_bind(client, from))
		die("bind");
	if (try_connect(client, to))
		die("connect");
	server = accept(listener, NULL, NULL);
	if (server < 0)
		die("accept");
	close(server);
	if (recv(client, &byte, 1, 0))
		die("end of stream");
	close(client);
}

/* A process of its own: on a processor of its own, with a listener and addresses. */
static int make(void *arg)
{
	int number = *(int *)arg, port = PORT_MIN, host = 1;
	unsigned long left = wanted / MAKERS;
	struct addr to, from;
	char text[32];
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(number, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	snprintf(text, sizeof(text), "127.%d.1.1", number);
	from = addr_text(&family, text, NULL, 0);
	for (; left--; port++) {
		if (port == PORT_MIN) {
			snprintf(text, sizeof(text), "127.%d.2.%d", number, host++);
			to = addr_text(&family, text, NULL, LISTEN_PORT);
			listener = sock_bound(&family, &to);
			if (listen(listener, 16))
				die("listen");
		}
		from.in.sin_port = htons(port);
		leave_one(&to, &from);
		if (port == PORT_MAX) {
			close(listener);
			port = PORT_MIN - 1;
		}
	}
	return 0;
}

static long long made_in_ms(void)
{
	long long begin = now_ms();
	int number[MAKERS], i, status;
	pid_t pid[MAKERS];

	for (i = 0; i < MAKERS; i++) {
		number[i] = i;
		pid[i] = child_new(make, &number[i]);
	}
	for (i = 0; i < MAKERS; i++)
		if (waitpid(pid[i], &status, 0) != pid[i] || status)
			die("a process that makes connections");
	return now_ms() - begin;
}

static bool takes_little(void)
{
	long before = slab_bytes(), bytes, each;

	printf("# %ld ms\n", (long)made_in_ms());
	bytes = slab_bytes() - before;
	each = bytes / wanted;
	printf("# %ld connections in TIME_WAIT take %ld bytes, %ld each\n", counter("TimeWait"),
	       bytes, each);
	if (counter("TimeWait") != (long)(wanted / MAKERS * MAKERS) || counter("TimeWaitOverflow"))
		return false;
	return attribute("red_zone") || attribute("store_user") ||
	       each <= LIMIT_BYTES / MILLION;
}

/* The others are in nobody's way. */
static bool lets_others_connect(void)
{
	int fd[2];

	sock_pair(&family, fd);
	send_pattern(fd[0], 1000);
	recv_pattern(fd[1], 1000);
	close(fd[0]);
	close(fd[1]);
	return true;
}

/* Nobody waits long for a processor meanwhile: a run of the timer is short. */
static bool ends(void)
{
	long long begin = now_ms(), end = begin + 20 * LIMIT_MS, last = begin, now, longest = 0;

	sysctl_set(&family, "msl", "%d", 1);
	while (counter("TimeWait") && last < end) {
		now = now_ms();
		if (now - last > longest)
			longest = now - last;
		last = now;
	}
	printf("# they ended in %lld ms, the longest pause of a process was %lld ms\n",
	       now_ms() - begin, longest);
	return !counter("TimeWait");
}

/* What a cache counts, with what processors hold ready for the next. */
static bool few_objects(void)
{
	return attribute("objects") < FEW;
}

static bool with_its_namespace(void)
{
	long long begin;

	/* Only the makers, who are gone, and this process were in it. */
	wanted = wanted / 10 + 2 * FEW;
	sysctl_set(&family, "msl", "%d", 3600000);
	made_in_ms();
	if (few_objects())
		return false;
	netns_new();
	begin = now_ms();
	if (!wait_for(few_objects()))
		return false;
	printf("# %lu ended with their namespace, seen after %lld ms\n", wanted, now_ms() - begin);
	return true;
}

int main(void)
{
	const char *count = getenv("COUNT");

	ksft_print_header();
	ksft_set_plan(4);
	if (count)
		wanted = strtoul(count, NULL, 0);
	if (sysconf(_SC_NPROCESSORS_ONLN) < MAKERS)
		ksft_exit_skip("two processors are needed\n");
	netns_new();
	sysctl_set(&family, "msl", "%d", 3600000);
	sysctl_set(&family, "max_tw_buckets", "%d", 2 * MILLION);
	ksft_test_result(takes_little(), "million.in_TIME_WAIT_takes_less_than_128_MiB\n");
	ksft_test_result(lets_others_connect(), "million.in_TIME_WAIT_lets_others_connect\n");
	ksft_test_result(ends(), "million.in_TIME_WAIT_ends_when_its_time_is_up\n");
	ksft_test_result(with_its_namespace(), "million.in_TIME_WAIT_ends_with_its_namespace\n");
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * One listener and one client of it, in one process: connect, accept, close,
 * again and again. Reads how often from standard input and says how long it
 * took and what each handshake had agreed on.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AGREEMENTS	8
/*
 * Connections to one address. Ports are chosen with steps of 9 on average, among half
 * of 28,000: one that stands in TIME_WAIT would be taken again before long.
 */
#define PORTS		3000
/* So many failures are enough. */
#define FAILURES	10

/* What a handshake can agree on, and how many did. */
struct agreement {
	char text[96];
	unsigned int count;
};

static struct agreement agreements[AGREEMENTS];

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(uint64_t *)a, y = *(uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void note(int client, int server)
{
	struct tcp_info c = { 0 }, s = { 0 };
	socklen_t len = sizeof(c);
	char text[sizeof(agreements->text)];
	int i;

	if (getsockopt(client, IPPROTO_TCP, TCP_INFO, &c, &len))
		err(1, "TCP_INFO");
	len = sizeof(s);
	if (getsockopt(server, IPPROTO_TCP, TCP_INFO, &s, &len))
		err(1, "TCP_INFO");
	snprintf(text, sizeof(text), "mss %u/%u options %x/%x wscale %u,%u/%u,%u",
		 c.tcpi_snd_mss, s.tcpi_snd_mss, c.tcpi_options, s.tcpi_options,
		 c.tcpi_snd_wscale, c.tcpi_rcv_wscale, s.tcpi_snd_wscale, s.tcpi_rcv_wscale);
	for (i = 0; i < AGREEMENTS; i++)
		if (!agreements[i].count || !strcmp(agreements[i].text, text)) {
			memcpy(agreements[i].text, text, sizeof(text));
			agreements[i].count++;
			return;
		}
}

static void report(uint64_t *whole, uint64_t *opening, unsigned int n, unsigned int failed)
{
	double sum = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		sum += whole[i];
	qsort(whole, n, sizeof(*whole), compare);
	qsort(opening, n, sizeof(*opening), compare);
	printf("{\"connections\": %u, \"failed\": %u", n, failed);
	if (n)
		printf(", \"mean\": %.0f, \"median\": %.0f, \"connect_median\": %.0f",
		       sum / n, (double)whole[n / 2], (double)opening[n / 2]);
	printf(", \"agreed\": {");
	for (i = 0; i < AGREEMENTS && agreements[i].count; i++)
		printf("%s\"%s\": %u", i ? ", " : "", agreements[i].text, agreements[i].count);
	puts("}}");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_in any = { .sin_family = AF_INET }, to;
	struct timeval patience = { .tv_sec = 5 };
	unsigned int n, i, made = 0, failed, done;
	int opt, family, listener, noting = 0;
	uint64_t *whole, *opening;
	char *netns = NULL;
	char line[32];

	while ((opt = getopt(argc, argv, "c:o")) != -1) {
		if (opt == 'c')
			netns = optarg;
		else if (opt == 'o')
			noting = 1;
		else
			optind = argc;
	}
	if (argc - optind != 4) {
		fputs("usage: cycle [-c NETNS_OF_CLIENT] [-o] FAMILY ADDRESS PORT BACKLOG\n",
		      stderr);
		return 2;
	}
	argv += optind;
	family = atoi(argv[0]);
	any.sin_port = htons(atoi(argv[2]));
	to = any;
	to.sin_addr.s_addr = inet_addr(argv[1]);

	listener = socket(family, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&any, sizeof(any)) ||
	    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    listen(listener, atoi(argv[3])))
		err(1, "listener");
	if (netns && setns(open(netns, O_RDONLY | O_CLOEXEC), CLONE_NEWNET))
		err(1, "%s", netns);
	puts("ready");
	fflush(stdout);

	while (fgets(line, sizeof(line), stdin)) {
		n = atoi(line);
		whole = calloc(n, sizeof(*whole));
		opening = calloc(n, sizeof(*opening));
		if (!whole || !opening)
			err(1, "memory");
		memset(agreements, 0, sizeof(agreements));
		for (i = done = failed = 0; i < n && failed < FAILURES; i++) {
			uint64_t start, connected, accepted, closing;
			int client, server;

			if (++made % PORTS == 0)
				to.sin_addr.s_addr = htonl(ntohl(to.sin_addr.s_addr) + !netns);
			start = now();
			client = socket(family, SOCK_STREAM, 0);
			if (client < 0)
				err(1, "socket");
			setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
			if (connect(client, (struct sockaddr *)&to, sizeof(to))) {
				warn("connect");
				failed++;
				close(client);
				continue;
			}
			connected = now();
			server = accept(listener, NULL, NULL);
			if (server < 0) {
				warn("accept");
				failed++;
				close(client);
				continue;
			}
			accepted = now();
			if (noting)
				note(client, server);
			closing = now();
			close(client);
			close(server);
			whole[done] = now() - closing + accepted - start;
			opening[done++] = connected - start;
		}
		report(whole, opening, done, failed);
		free(whole);
		free(opening);
	}
	return 0;
}

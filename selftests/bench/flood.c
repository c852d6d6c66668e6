// SPDX-License-Identifier: GPL-2.0
/*
 * SYNs from random addresses of 10.0.0.0/8, or from one after another from a
 * first one on, as fast as the device takes them. Says what was sent and how
 * long it took.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH	64
#define OPTIONS	20

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	struct tcphdr tcp;
	uint8_t options[OPTIONS];
} __attribute__((packed));

/* What a Linux client sends: MSS 1460, SACK, timestamps, window scale 7. */
static const uint8_t linux_options[OPTIONS] = {
	2, 4, 1460 >> 8, 1460 & 255, 4, 2, 8, 10, 0, 1, 2, 3, 0, 0, 0, 0, 1, 3, 3, 7
};

static uint32_t add(uint32_t sum, const void *from, size_t len)
{
	const uint8_t *byte = from;
	uint16_t word;

	for (; len; len -= 2, byte += 2) {
		memcpy(&word, byte, 2);
		sum += word;
	}
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Marsaglia's xorshift: every flood of a seed is the same. */
static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* What changes from SYN to SYN, and the sums. */
static void fill(struct frame *f, uint64_t nonce, uint32_t source)
{
	uint16_t len = htons(sizeof(*f) - sizeof(f->eth) - sizeof(f->ip));
	uint16_t proto = htons(f->ip.protocol);

	f->ip.saddr = htonl(10 << 24 | (source & 0xffffff));
	f->tcp.source = htons(1024 + (nonce >> 48) % 64000);
	f->tcp.seq = nonce;
	f->ip.check = 0;
	f->ip.check = fold(add(0, &f->ip, sizeof(f->ip)));
	f->tcp.check = 0;
	f->tcp.check = fold(add(add(0, &f->ip.saddr, 8), &f->tcp,
				sizeof(f->tcp) + OPTIONS) + len + proto);
}

int main(int argc, char **argv)
{
	static struct frame frames[BATCH];
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec parts[BATCH];
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
	uint64_t seed = 88172645463325252ULL, sent = 0, count, start;
	uint32_t source = 0;
	int fd, opt, i, n, one = 1, ordered = 0;

	while ((opt = getopt(argc, argv, "s:x:")) != -1) {
		switch (opt) {
		case 's':
			source = atoi(optarg);
			ordered = 1;
			break;
		case 'x':
			seed += strtoull(optarg, NULL, 0);
			break;
		default:
			optind = argc;
		}
	}
	if (argc - optind != 6) {
		fputs("usage: flood [-s FIRST_SOURCE] [-x SEED]\n"
		      "             DEVICE MAC ADDRESS PORT IPPROTO COUNT\n", stderr);
		return 2;
	}
	argv += optind;

	to.sll_ifindex = if_nametoindex(argv[0]);
	count = strtoull(argv[5], NULL, 0);
	for (i = 0; i < BATCH; i++) {
		struct frame *f = &frames[i];

		ether_aton_r(argv[1], (struct ether_addr *)f->eth.ether_dhost);
		f->eth.ether_shost[0] = 2;
		f->eth.ether_type = htons(ETHERTYPE_IP);
		f->ip.version = 4;
		f->ip.ihl = 5;
		f->ip.tot_len = htons(sizeof(*f) - sizeof(f->eth));
		f->ip.frag_off = htons(IP_DF);
		f->ip.ttl = 64;
		f->ip.protocol = atoi(argv[4]);
		f->ip.daddr = inet_addr(argv[2]);
		f->tcp.dest = htons(atoi(argv[3]));
		f->tcp.syn = 1;
		f->tcp.doff = (sizeof(f->tcp) + OPTIONS) / 4;
		f->tcp.window = htons(64240);
		memcpy(f->options, linux_options, OPTIONS);
		parts[i] = (struct iovec){ f, sizeof(*f) };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		messages[i].msg_hdr.msg_name = &to;
		messages[i].msg_hdr.msg_namelen = sizeof(to);
	}

	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		err(1, "socket");
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		err(1, "PACKET_QDISC_BYPASS");

	puts("sending");
	fflush(stdout);
	start = now();
	while (sent < count) {
		n = count - sent < BATCH ? count - sent : BATCH;
		for (i = 0; i < n; i++) {
			uint64_t nonce = next(&seed);

			fill(&frames[i], nonce, ordered ? source + sent + i : nonce >> 8);
		}
		n = sendmmsg(fd, messages, n, 0);
		if (n >= 0)
			sent += n;
		else if (errno == ENOBUFS)
			usleep(1000); /* the receiver's queue is full */
		else
			err(1, "sendmmsg");
	}
	printf("%llu %llu\n", (unsigned long long)sent, (unsigned long long)(now() - start));
	return 0;
}

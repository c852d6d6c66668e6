// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets that connect to themselves and close, each at endpoints of its own:
 * one TIME_WAIT entry each, with half of the segments and without accept().
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Below those that connect() chooses from. */
#define FIRST_PORT	1024
#define PORTS		31000

static void leave_one(int family, unsigned int number)
{
	struct sockaddr_in own = {
		.sin_family = AF_INET,
		.sin_port = htons(FIRST_PORT + number % PORTS),
		.sin_addr.s_addr = htonl((INADDR_LOOPBACK | 0x10000) + number / PORTS),
	};
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		err(1, "socket");
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)))
		err(1, "bind");
	if (connect(fd, (struct sockaddr *)&own, sizeof(own)))
		err(1, "connect");
	if (close(fd))
		err(1, "close");
}

int main(int argc, char **argv)
{
	unsigned int number, count;

	if (argc != 3) {
		fputs("usage: selfconn FAMILY COUNT\n", stderr);
		return 2;
	}
	count = strtoul(argv[2], NULL, 0);
	for (number = 0; number < count; number++)
		leave_one(atoi(argv[1]), number);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * xfer - send a file over MyTCP or TCP, and print the SHA-256 of what went through.
 *
 * The sender ends the stream and then waits for the receiver to end it too, so
 * that success on one side means success on both.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../mytcp/uapi/mytcp.h"

#define BUF_LEN		(256 << 10)
#define BAR_LEN		40

static const char usage[] =
"usage: xfer [options] send ADDRESS PORT [FILE]	connect, and send FILE\n"
"       xfer [options] recv ADDRESS PORT [FILE]	listen, and receive into FILE\n"
"\n"
"ADDRESS is an IPv4 or IPv6 address in digits, FILE standard input or output\n"
"when it is '-' or not given. Each side prints the SHA-256 of the bytes it moved, their\n"
"number, and FILE, on standard output (on standard error where that carries the file).\n"
"\n"
"  -f FAMILY   mytcp (the default), tcp, or the number that MyTCP was loaded with\n"
"  -w SECONDS  send: so long keep trying while nobody listens; recv: wait for a sender\n"
"  -p          show progress even where standard error is not a terminal\n"
"  -q          show no progress\n"
"  -h          this text\n"
"\n"
"Exit status: 0 all went through, 1 it did not, 2 wrong usage.\n";

struct xfer {
	bool sending, bar;
	int domain, protocol;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t addr_len;
	const char *name;
	int wait_s;
	int file, sock;
	long long total, done;	/* bytes; total is 0 where it is not known */
	double start;
	FILE *sum;
};

static noreturn void fail(const char *what)
{
	fprintf(stderr, "xfer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int parse_number(const char *text, int max, const char *what)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 0 || n > max) {
		fprintf(stderr, "xfer: %s is no %s\n", text, what);
		exit(2);
	}
	return n;
}

static void parse_address(struct xfer *x, const char *text, const char *port_text, int family)
{
	in_port_t port = htons(parse_number(port_text, 65535, "port"));

	memset(&x->in6, 0, sizeof(x->in6));
	if (inet_pton(AF_INET, text, &x->in.sin_addr) == 1) {
		x->sa.sa_family = AF_INET;
		x->in.sin_port = port;
		x->addr_len = sizeof(x->in);
	} else if (inet_pton(AF_INET6, text, &x->in6.sin6_addr) == 1) {
		x->sa.sa_family = AF_INET6;
		x->in6.sin6_port = port;
		x->addr_len = sizeof(x->in6);
	} else {
		fprintf(stderr, "xfer: %s is no IPv4 or IPv6 address\n", text);
		exit(2);
	}
	x->domain = family ? family : x->sa.sa_family;
	x->protocol = family ? x->sa.sa_family == AF_INET6 : 0;
}

static int open_socket(const struct xfer *x)
{
	int fd = socket(x->domain, SOCK_STREAM, x->protocol);

	if (fd < 0 && errno == EAFNOSUPPORT && x->domain != x->sa.sa_family)
		fprintf(stderr, "xfer: is the module loaded, with family %d?\n", x->domain);
	if (fd < 0)
		fail("socket");
	return fd;
}

static int connect_to_receiver(const struct xfer *x)
{
	double end = now_s() + x->wait_s;
	int fd;

	for (;;) {
		fd = open_socket(x);
		if (!connect(fd, &x->sa, x->addr_len))
			return fd;
		if (errno != ECONNREFUSED || now_s() >= end)
			fail("connect");
		close(fd);
		usleep(20000);
	}
}

static int accept_sender(const struct xfer *x)
{
	struct timeval wait = { .tv_sec = x->wait_s };
	int listener = open_socket(x), one = 1, fd;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (x->wait_s && setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)))
		fail("SO_RCVTIMEO");
	if (bind(listener, &x->sa, x->addr_len))
		fail("bind");
	if (listen(listener, 1))
		fail("listen");
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		fail("accept");
	close(listener);
	wait.tv_sec = 0;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return fd;
}

/* What is written to the returned pipe comes back from sum as sha256sum's line. */
static int start_sum(struct xfer *x)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		fail("pipe");
	fcntl(in[1], F_SETPIPE_SZ, 1 << 20);
	switch (fork()) {
	case -1:
		fail("fork");
	case 0:
		dup2(in[0], 0);
		dup2(out[1], 1);
		execlp("sha256sum", "sha256sum", NULL);
		fail("sha256sum");
	}
	close(in[0]);
	close(out[1]);
	x->sum = fdopen(out[0], "r");
	return in[1];
}

static void show_progress(const struct xfer *x, bool last)
{
	static double shown;
	double now = now_s(), mib = x->done / 1048576.0;
	double mbit_s = x->done * 8 / 1e6 / (now - x->start + 0.001);
	int filled;

	if (!last && now - shown < 0.1)
		return;
	shown = now;
	fprintf(stderr, "\r%s ", x->sending ? "sent" : "received");
	if (x->total) {
		filled = x->done * BAR_LEN / x->total;
		fprintf(stderr, "[%.*s%*s] %3d %% ", filled,
			"========================================", BAR_LEN - filled, "",
			(int)(x->done * 100 / x->total));
	}
	fprintf(stderr, "%.1f MiB, %.1f s, %.1f Mbit/s ", mib, now - x->start, mbit_s);
	if (last)
		fputc('\n', stderr);
}

static void write_whole(int fd, const char *buf, ssize_t len, const char *what)
{
	ssize_t n;

	for (; len; buf += n, len -= n) {
		n = write(fd, buf, len);
		if (n < 0)
			fail(what);
	}
}

static void move_bytes(struct xfer *x)
{
	static char buf[BUF_LEN];
	int from = x->sending ? x->file : x->sock;
	int to = x->sending ? x->sock : x->file;
	int sum = start_sum(x);
	ssize_t n;

	x->start = now_s();
	while ((n = read(from, buf, sizeof(buf))) > 0) {
		write_whole(to, buf, n, x->sending ? "send" : "write");
		write_whole(sum, buf, n, "sha256sum");
		x->done += n;
		if (x->bar)
			show_progress(x, false);
	}
	if (n < 0)
		fail(x->sending ? "read" : "receive");
	if (x->sending) {
		if (shutdown(x->sock, SHUT_WR))
			fail("shutdown");
		n = read(x->sock, buf, 1);
		if (n < 0)
			fail("waiting for the receiver to finish");
	}
	if (x->bar)
		show_progress(x, true);
	close(sum);
}

static void print_sum(const struct xfer *x)
{
	char line[128];
	int status;

	if (!fgets(line, sizeof(line), x->sum) || wait(&status) < 0 || status) {
		fprintf(stderr, "xfer: sha256sum failed\n");
		exit(1);
	}
	fprintf(!x->sending && x->file == STDOUT_FILENO ? stderr : stdout, "%.64s %lld %s\n",
		line, x->done, x->name);
}

int main(int argc, char **argv)
{
	struct xfer x = { .bar = isatty(STDERR_FILENO), .name = "-" };
	int family = AF_MYTCP, opt;
	struct stat st;

	while ((opt = getopt(argc, argv, "f:w:pqh")) != -1) {
		switch (opt) {
		case 'f':
			family = !strcmp(optarg, "tcp") ? 0 :
				 !strcmp(optarg, "mytcp") ? AF_MYTCP :
				 parse_number(optarg, 255, "family");
			break;
		case 'w':
			x.wait_s = parse_number(optarg, 86400, "number of seconds");
			break;
		case 'p':
		case 'q':
			x.bar = opt == 'p';
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc < 3 || argc > 4 || (strcmp(argv[0], "send") && strcmp(argv[0], "recv"))) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	x.sending = !strcmp(argv[0], "send");
	parse_address(&x, argv[1], argv[2], family);
	x.file = x.sending ? STDIN_FILENO : STDOUT_FILENO;
	if (argc == 4 && strcmp(argv[3], "-")) {
		x.name = argv[3];
		x.file = x.sending ? open(x.name, O_RDONLY) :
				     open(x.name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
		if (x.file < 0)
			fail(x.name);
	}
	if (x.sending && !fstat(x.file, &st) && S_ISREG(st.st_mode))
		x.total = st.st_size;

	x.sock = x.sending ? connect_to_receiver(&x) : accept_sender(&x);
	move_bytes(&x);
	if (close(x.file))
		fail(x.name);
	print_sum(&x);
	return 0;
}

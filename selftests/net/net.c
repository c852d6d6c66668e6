// SPDX-License-Identifier: GPL-2.0
/* Helpers of the socket API tests; net.h says what they are for. */
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <time.h>

#include "net.h"

/* A prime length, so that a shift by any power of two shows. */
#define PATTERN_LEN	65521

void die(const char *what)
{
	fprintf(stderr, "# %s: %s\n", what, strerror(errno));
	_exit(KSFT_FAIL);
}

void netns_new(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET))
		die("unshare (the tests need root)");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("lo up");
	close(fd);
}

/* With MYTCP_DELAY=20ms, a test that looks where it should wait fails. */
void lo_delay(void)
{
	const char *delay = getenv("MYTCP_DELAY");

	if (delay)
		run("tc qdisc add dev lo root netem delay %s limit 10000", delay);
}

void run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command)) {
		fprintf(stderr, "# failed: %s\n", command);
		_exit(KSFT_FAIL);
	}
}

/* Lines for ip -batch. */
void ip_batch(const char *format, ...)
{
	FILE *batch = popen("ip -batch -", "w");
	va_list args;

	if (!batch)
		die("ip -batch");
	va_start(args, format);
	vfprintf(batch, format, args);
	va_end(args);
	if (pclose(batch))
		die("ip -batch");
}

/* One word, counted from 0, of a setting. */
long sysctl_get(const struct family *f, const char *name, int word)
{
	char path[128], line[128], *at = line;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/%s%s", f->sysctl, name);
	file = fopen(path, "r");
	if (!file || !fgets(line, sizeof(line), file))
		die(path);
	fclose(file);
	while (word--)
		strtol(at, &at, 10);
	return strtol(at, NULL, 10);
}

/* The whole setting, or some words of it. */
void sysctl_set(const struct family *f, const char *name, const char *format, ...)
{
	char path[128], text[128];
	va_list args;
	int fd, len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(path, sizeof(path), "/proc/sys/net/%s%s", f->sysctl, name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, text, len) != len)
		die(path);
	close(fd);
}

/* MyTCP's, in the namespace. */
long counter(const char *name)
{
	char line[128], word[64];
	long value;
	FILE *file = fopen("/proc/net/mytcp_stat", "r");

	if (!file)
		die("/proc/net/mytcp_stat");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %ld", word, &value) == 2 && !strcmp(word, name)) {
			fclose(file);
			return value;
		}
	errno = ENOENT;
	die(name);
}

struct addr addr_text(const struct family *f, const char *v4, const char *v6, int port)
{
	struct addr a = { .len = 0 };
	int ok;

	a.sa.sa_family = f->af;
	if (f->af == AF_INET) {
		a.len = sizeof(a.in);
		a.in.sin_port = htons(port);
		ok = inet_pton(AF_INET, v4, &a.in.sin_addr);
	} else {
		a.len = sizeof(a.in6);
		a.in6.sin6_port = htons(port);
		ok = inet_pton(AF_INET6, v6, &a.in6.sin6_addr);
	}
	if (ok != 1)
		die("inet_pton");
	return a;
}

struct addr addr_any(const struct family *f, int port)
{
	return addr_text(f, "0.0.0.0", "::", port);
}

struct addr addr_loopback(const struct family *f, int port)
{
	return addr_text(f, "127.0.0.1", "::1", port);
}

/* An IPv4 address as an IPv6 socket writes it. */
struct addr addr_mapped(const char *v4, int port)
{
	static const struct family six = FAMILY_TCP6;
	char text[64];

	snprintf(text, sizeof(text), "::ffff:%s", v4);
	return addr_text(&six, NULL, text, port);
}

struct addr addr_local(int fd)
{
	struct addr a = { .len = sizeof(a.storage) };

	if (getsockname(fd, &a.sa, &a.len))
		die("getsockname");
	return a;
}

struct addr addr_peer(int fd)
{
	struct addr a = { .len = sizeof(a.storage) };

	if (getpeername(fd, &a.sa, &a.len))
		die("getpeername");
	return a;
}

int addr_port(const struct addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET ? a->in.sin_port : a->in6.sin6_port);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	if (a->len != b->len || a->sa.sa_family != b->sa.sa_family ||
	    addr_port(a) != addr_port(b))
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return !memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr));
}

int sock_new(const struct family *f)
{
	int fd = socket(f->domain, SOCK_STREAM, f->protocol);

	if (fd < 0)
		die("socket");
	return fd;
}

int sock_new_nonblock(const struct family *f)
{
	int fd = sock_new(f);

	set_nonblock(fd, true);
	return fd;
}

int try_bind(int fd, const struct addr *a)
{
	return bind(fd, &a->sa, a->len);
}

int try_connect(int fd, const struct addr *a)
{
	return connect(fd, &a->sa, a->len);
}

int sock_bound(const struct family *f, const struct addr *a)
{
	int fd = sock_new(f);

	if (try_bind(fd, a))
		die("bind");
	return fd;
}

/* Listens on a free port of the loopback address. */
int sock_listening(const struct family *f, int backlog)
{
	struct addr a = addr_loopback(f, 0);
	int fd = sock_bound(f, &a);

	if (listen(fd, backlog))
		die("listen");
	return fd;
}

/* Connects to the listener; the connection waits there to be accepted. */
int sock_connected(const struct family *f, int listener)
{
	struct addr a = addr_local(listener);
	int fd = sock_new(f);

	if (try_connect(fd, &a))
		die("connect");
	return fd;
}

/* The same, and the listener knows: connect() may return before its ACK has come there. */
int sock_queued(const struct family *f, int listener)
{
	int before = queue_length(listener);
	int fd = sock_connected(f, listener);

	if (!wait_for(queue_length(listener) == before + 1))
		die("a connection did not come into the accept queue");
	return fd;
}

/* fd[0] is the end that connected, fd[1] the end that was accepted. */
void sock_pair(const struct family *f, int fd[2])
{
	int listener = sock_listening(f, 1);

	fd[0] = sock_connected(f, listener);
	fd[1] = accept(listener, NULL, NULL);
	if (fd[1] < 0)
		die("accept");
	close(listener);
}

int opt_get(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, level, name, &value, &len))
		die("getsockopt");
	return value;
}

void opt_set(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		die("setsockopt");
}

void opt_set_timeout(int fd, int name, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv)))
		die("setsockopt of a time");
}

static void diag_end(const struct addr *a, __be16 *port, __be32 *address)
{
	if (a->sa.sa_family == AF_INET) {
		*port = a->in.sin_port;
		memcpy(address, &a->in.sin_addr, sizeof(a->in.sin_addr));
	} else {
		*port = a->in6.sin6_port;
		memcpy(address, &a->in6.sin6_addr, sizeof(a->in6.sin6_addr));
	}
}

struct inet_diag_req_v2 diag_request(const struct family *f, const struct addr *local,
				     const struct addr *remote)
{
	struct inet_diag_req_v2 req = {
		.sdiag_family = f->domain,
		.sdiag_protocol = f->domain == AF_MYTCP ? f->protocol : IPPROTO_TCP,
		.id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
	};

	diag_end(local, &req.id.idiag_sport, req.id.idiag_src);
	if (remote)
		diag_end(remote, &req.id.idiag_dport, req.id.idiag_dst);
	return req;
}

/* Sends the first @len octets of the request, and returns the error it is answered with. */
int diag_destroy(const struct inet_diag_req_v2 *req, size_t len)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} ask = {
		.head = {
			.nlmsg_len = NLMSG_LENGTH(len),
			.nlmsg_type = SOCK_DESTROY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.req = *req,
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0 || send(fd, &ask, ask.head.nlmsg_len, 0) != ask.head.nlmsg_len ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer) ||
	    answer.head.nlmsg_type != NLMSG_ERROR)
		die("sock_diag");
	close(fd);
	return -answer.err.error;
}

int sock_destroy(const struct family *f, const struct addr *local, const struct addr *remote,
		 const __u64 *cookie)
{
	struct inet_diag_req_v2 req = diag_request(f, local, remote);

	if (cookie)
		memcpy(req.id.idiag_cookie, cookie, sizeof(*cookie));
	return diag_destroy(&req, sizeof(req));
}

int sock_error(int fd)
{
	return opt_get(fd, SOL_SOCKET, SO_ERROR);
}

struct tcp_info sock_info(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len))
		die("TCP_INFO");
	return info;
}

int sock_state(int fd)
{
	return sock_info(fd).tcpi_state;
}

void set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	if (fcntl(fd, F_SETFL, flags))
		die("fcntl");
}

int queued_in(int fd)
{
	int bytes;

	if (ioctl(fd, SIOCINQ, &bytes))
		die("SIOCINQ");
	return bytes;
}

int queued_out(int fd)
{
	int bytes;

	if (ioctl(fd, SIOCOUTQ, &bytes))
		die("SIOCOUTQ");
	return bytes;
}

/* Connections that wait for accept(). */
int queue_length(int listener)
{
	return sock_info(listener).tcpi_unacked;
}

static const unsigned char *pattern(void)
{
	static unsigned char bytes[PATTERN_LEN];
	unsigned int x = 1;
	size_t i;

	if (!bytes[0])
		for (i = 0; i < PATTERN_LEN; i++) {
			x = x * 1103515245 + 12345;
			bytes[i] = x >> 16 | !i;
		}
	return bytes;
}

void pattern_fill(void *buf, size_t len, size_t offset)
{
	size_t at, n;

	for (; len; buf += n, len -= n, offset += n) {
		at = offset % PATTERN_LEN;
		n = len < PATTERN_LEN - at ? len : PATTERN_LEN - at;
		memcpy(buf, pattern() + at, n);
	}
}

bool pattern_holds(const void *buf, size_t len, size_t offset)
{
	size_t at, n;

	for (; len; buf += n, len -= n, offset += n) {
		at = offset % PATTERN_LEN;
		n = len < PATTERN_LEN - at ? len : PATTERN_LEN - at;
		if (memcmp(buf, pattern() + at, n))
			return false;
	}
	return true;
}

/* Sends the pattern's first len bytes; fd blocks. */
void send_pattern(int fd, size_t len)
{
	char buf[16384];
	size_t done, n;
	ssize_t sent;

	for (done = 0; done < len; done += sent) {
		n = len - done < sizeof(buf) ? len - done : sizeof(buf);
		pattern_fill(buf, n, done);
		sent = send(fd, buf, n, MSG_NOSIGNAL);
		if (sent < 0)
			die("send of the pattern");
	}
}

/* Receives the pattern's first len bytes, and nothing else, within the limit. */
void recv_pattern(int fd, size_t len)
{
	char buf[16384];
	size_t done, n;
	ssize_t got;

	for (done = 0; done < len; done += got) {
		if (!(poll_until(fd, POLLIN) & POLLIN))
			die("no more of the pattern came");
		n = len - done < sizeof(buf) ? len - done : sizeof(buf);
		got = recv(fd, buf, n, 0);
		if (got < 0)
			die("recv of the pattern");
		if (!got || !pattern_holds(buf, got, done)) {
			fprintf(stderr, "# %s at byte %zu\n",
				got ? "another byte than was sent" : "the stream ends", done);
			_exit(KSFT_FAIL);
		}
	}
}

#define OVERRIDE_MS	500

/*
 * Sends the pattern until the peer's window and the send queue are full, leaves
 * fd non-blocking and returns the bytes taken.
 */
size_t fill_send_queue(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	char buf[16384];
	size_t done = 0;
	ssize_t sent;

	set_nonblock(fd, true);
	/*
	 * Space may return while segments travel, and once more when the sender
	 * fills the last bit of a window after all (RFC 9293 section
	 * 3.8.6.2.1), so ask until it stays away.
	 */
	while (poll(&p, 1, OVERRIDE_MS) == 1) {
		pattern_fill(buf, sizeof(buf), done);
		sent = send(fd, buf, sizeof(buf), MSG_NOSIGNAL);
		if (sent < 0)
			die("send until full");
		done += sent;
	}
	return done;
}

long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int poll_now(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (poll(&p, 1, 0) < 0)
		die("poll");
	return p.revents;
}

/* What limits are multiplied by, where the kernel is slower than emulation makes it. */
int patience(void)
{
	const char *times = getenv("MYTCP_PATIENCE");

	return times && atoi(times) > 0 ? atoi(times) : 1;
}

/* The events that stand once any does, 0 when the limit has passed. */
int poll_until(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (poll(&p, 1, LIMIT_MS) < 0)
		die("poll");
	return p.revents;
}

pid_t child_new(int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(fn(arg));
}

/* The status a child exits with, or minus the signal that ended it. */
int child_exit(pid_t pid)
{
	long long end = now_ms() + LIMIT_MS;
	int status;
	pid_t done;

	while (!(done = waitpid(pid, &status, WNOHANG)) && now_ms() < end)
		usleep(1000);
	if (done != pid) {
		kill(pid, SIGKILL);
		die("a child did not end");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool blocked(pid_t pid)
{
	char path[64], line[256] = "", *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file || !fgets(line, sizeof(line), file))
		die(path);
	fclose(file);
	state = strrchr(line, ')');
	return state && state[2] == 'S';
}

/* Returns once the process sleeps in the call that is next, or all, it has to do. */
void child_wait_blocked(pid_t pid)
{
	if (!wait_for(blocked(pid)))
		die("a child did not block");
}

void message(int write_to)
{
	if (write(write_to, "!", 1) != 1)
		die("message");
}

void await_message(int read_from)
{
	char byte;

	if (read(read_from, &byte, 1) != 1)
		die("no message came");
}

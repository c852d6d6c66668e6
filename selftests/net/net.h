/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the socket API tests share: the families under test, addresses,
 * connections, waiting with a limit, and child processes that meet by messages.
 *
 * Each test runs once per family in a network namespace of its own. The kernel's
 * TCP is one of them, so an expectation that is wrong fails there first.
 *
 * A helper that cannot do its work prints why and ends the test as failed, so
 * none of them returns an error unless its comment says so.
 */
#ifndef NET_H
#define NET_H

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "../../mytcp/uapi/mytcp.h"

/* Generous: under emulation a step takes twenty times as long. */
#define LIMIT_MS	(15000 * patience())

/* Long enough to see that something which must not happen does not. */
#define PAUSE_MS	50

/**
 * struct family - what a test must know about the protocol it runs on
 * @domain:	first argument of socket()
 * @protocol:	third argument of socket()
 * @af:		the family inside its socket addresses
 * @wire:	the IP protocol number, as SO_PROTOCOL tells it
 * @sysctl:	where its settings stand under /proc/sys/net
 */
struct family {
	int domain;
	int protocol;
	int af;
	int wire;
	const char *sysctl;
};

#define FAMILY_TCP4	{ AF_INET, 0, AF_INET, IPPROTO_TCP, "ipv4/" }
#define FAMILY_TCP6	{ AF_INET6, 0, AF_INET6, IPPROTO_TCP, "ipv4/" }
#define FAMILY_MYTCP4	{ AF_MYTCP, 0, AF_INET, IPPROTO_MYTCP, "mytcp/" }
#define FAMILY_MYTCP6	{ AF_MYTCP, 1, AF_INET6, IPPROTO_MYTCP, "mytcp/" }

#define EXPECT_ERRNO(expected, call) do {				\
	long __ret = (call);						\
	int __err = __ret < 0 ? errno : 0;				\
									\
	EXPECT_EQ(-1, __ret) TH_LOG("%s", #call);			\
	EXPECT_EQ(expected, __err) TH_LOG("%s: %s", #call, strerror(__err)); \
} while (0)

/* Waits until the condition holds; false if it does not within the limit. */
#define wait_for_ms(limit, condition) ({				\
	long long __end = now_ms() + (limit);				\
	bool __holds;							\
									\
	while (!(__holds = (condition)) && now_ms() < __end)		\
		usleep(1000);						\
	__holds;							\
})

#define wait_for(condition)	wait_for_ms(LIMIT_MS, condition)

struct addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_storage storage;
	};
	socklen_t len;
};

/* Namespaces, settings and counters */
void netns_new(void);
void lo_delay(void);
__printf(1, 2) void run(const char *format, ...);
__printf(1, 2) void ip_batch(const char *format, ...);
long sysctl_get(const struct family *f, const char *name, int word);
__printf(3, 4) void sysctl_set(const struct family *f, const char *name, const char *format, ...);
long counter(const char *name);

/* Addresses */
struct addr addr_any(const struct family *f, int port);
struct addr addr_loopback(const struct family *f, int port);
struct addr addr_text(const struct family *f, const char *v4, const char *v6, int port);
struct addr addr_mapped(const char *v4, int port);
struct addr addr_local(int fd);
struct addr addr_peer(int fd);
int addr_port(const struct addr *a);
bool addr_equal(const struct addr *a, const struct addr *b);

/* Sockets */
int sock_new(const struct family *f);
int sock_new_nonblock(const struct family *f);
int sock_bound(const struct family *f, const struct addr *a);
int sock_listening(const struct family *f, int backlog);
int sock_connected(const struct family *f, int listener);
int sock_queued(const struct family *f, int listener);
void sock_pair(const struct family *f, int fd[2]);
int try_bind(int fd, const struct addr *a);
int try_connect(int fd, const struct addr *a);
int opt_get(int fd, int level, int name);
void opt_set(int fd, int level, int name, int value);
void opt_set_timeout(int fd, int name, int ms);
int sock_error(int fd);
struct tcp_info sock_info(int fd);
int sock_state(int fd);
void set_nonblock(int fd, bool on);
int queued_in(int fd);
int queued_out(int fd);
int queue_length(int listener);

/* Bytes whose place in the stream shows in their value */
void pattern_fill(void *buf, size_t len, size_t offset);
bool pattern_holds(const void *buf, size_t len, size_t offset);
void send_pattern(int fd, size_t len);
void recv_pattern(int fd, size_t len);
size_t fill_send_queue(int fd);

/* From outside, as ss -K does: 0 or an errno. A listener has no remote end. */
struct inet_diag_req_v2 diag_request(const struct family *f, const struct addr *local,
				     const struct addr *remote);
int diag_destroy(const struct inet_diag_req_v2 *req, size_t len);
int sock_destroy(const struct family *f, const struct addr *local, const struct addr *remote,
		 const __u64 *cookie);

/* Waiting */
int patience(void);
long long now_ms(void);
int poll_now(int fd, int events);
int poll_until(int fd, int events);

/* Children. A child's function returns its exit status. */
pid_t child_new(int (*fn)(void *arg), void *arg);
int child_exit(pid_t pid);
void child_wait_blocked(pid_t pid);

/* Processes meet by a byte in a pipe. */
void message(int write_to);
void await_message(int read_from);

noreturn void die(const char *what);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * The other end of the wire: the device and the settings of the stack under
 * test, what it shows of itself, and the application that runs on it.
 */
#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

#include "kselftest.h"
#include "wire.h"

#define DEVICE		"wire"
#define STACK_PORT	80
#define PEER_PORT	40000

/*
 * What the kernel's TCP does beyond RFC 9293 and would disturb a conversation. Not
 * every kernel has every one of them.
 */
static const struct {
	const char *name;
	long value;
} tcp_settings[] = {
	{ "timestamps", 0 },
	{ "sack", 0 },
	{ "window_scaling", 0 },
	{ "ecn", 0 },
	{ "fastopen", 0 },
	{ "syncookies", 0 },
	{ "early_retrans", 0 },
	{ "recovery", 0 },
	{ "frto", 0 },
	{ "autocorking", 0 },
	{ "moderate_rcvbuf", 0 },
	{ "no_metrics_save", 1 },
	{ "syn_linear_timeouts", 0 },
	/* By default repeated answers to bad segments are held back for 500 ms. */
	{ "invalid_ratelimit", 0 },
	{ "rfc1337", 1 },
};

static bool setting(const char *path, long value)
{
	FILE *file = fopen(path, "w");
	bool ok = file && fprintf(file, "%ld\n", value) > 0;

	return file && !fclose(file) && ok;
}

static void setting_path(const struct wire *w, char *path, size_t len, const char *name)
{
	snprintf(path, len, "/proc/sys/net/%s%s%s", w->f->sysctl, is_mytcp(w) ? "" : "tcp_", name);
}

/* A setting that both families have, TCP's with "tcp_" before its name. */
void wire_set(const struct wire *w, const char *name, long value)
{
	char path[128];

	setting_path(w, path, sizeof(path), name);
	if (!setting(path, value))
		die(path);
}

/* Makes the SYN's timers quick where that can be set; TCP's first one is 1 s. */
void wire_quick_syn(const struct wire *w)
{
	if (is_mytcp(w))
		wire_set(w, "rto_init", 100);
}

static void put_attr(struct nlmsghdr *nlh, int type, const void *data, size_t len)
{
	struct rtattr *attr = (void *)nlh + NLMSG_ALIGN(nlh->nlmsg_len);

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), data, len);
	nlh->nlmsg_len = NLMSG_ALIGN(nlh->nlmsg_len) + RTA_SPACE(len);
}

/* What "ip route replace NET dev wire rto_min MS" does, without a process. */
static void route_rto_min(const struct wire *w, int ms)
{
	bool four = w->f->af == AF_INET;
	struct addr net = addr_text(w->f, "192.0.2.0", "2001:db8::", 0);
	struct addr src = addr_text(w->f, "192.0.2.1", "2001:db8::1", 0);
	const void *dst = four ? (void *)&net.in.sin_addr : &net.in6.sin6_addr;
	const void *prefsrc = four ? (void *)&src.in.sin_addr : &src.in6.sin6_addr;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	/* TCP heeds this one only if it is locked. */
	struct {
		struct rtattr attr;
		__u32 value;
	} metrics[] = {
		{ { RTA_LENGTH(4), RTAX_LOCK }, 1 << RTAX_RTO_MIN },
		{ { RTA_LENGTH(4), RTAX_RTO_MIN }, ms },
	};
	__u32 index = if_nametoindex(DEVICE), priority = 256;
	char req[400] = { 0 }, answer[400];
	struct nlmsghdr *nlh = (void *)req;

	*nlh = (struct nlmsghdr){
		.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
		.nlmsg_type = RTM_NEWROUTE,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
	};
	*(struct rtmsg *)NLMSG_DATA(nlh) = (struct rtmsg){
		.rtm_family = w->f->af, .rtm_dst_len = four ? 24 : 64,
		.rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_KERNEL,
		.rtm_scope = four ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	put_attr(nlh, RTA_DST, dst, four ? 4 : 16);
	put_attr(nlh, RTA_OIF, &index, sizeof(index));
	put_attr(nlh, RTA_METRICS, metrics, sizeof(metrics));
	if (four)
		put_attr(nlh, RTA_PREFSRC, prefsrc, 4);
	else
		put_attr(nlh, RTA_PRIORITY, &priority, sizeof(priority));
	if (send(fd, req, nlh->nlmsg_len, 0) < 0 ||
	    recv(fd, answer, sizeof(answer), 0) < 0)
		die("netlink");
	errno = -((struct nlmsgerr *)NLMSG_DATA(answer))->error;
	if (errno)
		die("route with rto_min");
	close(fd);
}

/* The shortest time-out of a retransmission, for connections made after this. */
void wire_rto_min(const struct wire *w, int ms)
{
	if (is_mytcp(w))
		wire_set(w, "rto_min", ms);
	else if (!setting("/proc/sys/net/ipv4/tcp_rto_min_us", ms * 1000L))
		/* Older kernels have it only as a property of a route. */
		route_rto_min(w, ms);
}

static void device_addresses(void)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct in6_ifreq ifr6 = { .ifr6_prefixlen = 64 };
	struct ifreq ifr = { .ifr_name = DEVICE };
	int four = socket(AF_INET, SOCK_DGRAM, 0), six = socket(AF_INET6, SOCK_DGRAM, 0);

	/* Keeps the kernel from saying anything by itself. */
	setting("/proc/sys/net/ipv6/conf/" DEVICE "/router_solicitations", 0);
	setting("/proc/sys/net/ipv6/conf/" DEVICE "/addr_gen_mode", 1);

	inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
	memcpy(&ifr.ifr_addr, &in, sizeof(in));
	if (ioctl(four, SIOCSIFADDR, &ifr))
		die("IPv4 address of the wire");
	inet_pton(AF_INET, "255.255.255.0", &in.sin_addr);
	memcpy(&ifr.ifr_netmask, &in, sizeof(in));
	if (ioctl(four, SIOCSIFNETMASK, &ifr))
		die("netmask of the wire");
	ifr.ifr_flags = IFF_UP;
	if (ioctl(four, SIOCSIFFLAGS, &ifr))
		die("wire up");

	ifr6.ifr6_ifindex = if_nametoindex(DEVICE);
	inet_pton(AF_INET6, "2001:db8::1", &in6.sin6_addr);
	ifr6.ifr6_addr = in6.sin6_addr;
	if (ioctl(six, SIOCSIFADDR, &ifr6))
		die("IPv6 address of the wire");
	/* A worker of the kernel makes the address usable. */
	if (!wait_for(!bind(six, (struct sockaddr *)&in6, sizeof(in6))))
		die("IPv6 address of the wire stays tentative");
	close(four);
	close(six);
}

void wire_new(struct wire *w, const struct family *f)
{
	struct ifreq ifr = { .ifr_name = DEVICE, .ifr_flags = IFF_TUN | IFF_NO_PI };
	char path[128];
	size_t i;

	*w = (struct wire){
		.f = f, .listener = -1, .fd = -1, .port = STACK_PORT, .peer_port = PEER_PORT,
		.peer_isn = 0xffffff9c, .wnd = 65535,
	};
	netns_new();
	w->tun = open("/dev/net/tun", O_RDWR);
	if (w->tun < 0 || ioctl(w->tun, TUNSETIFF, &ifr))
		die("/dev/net/tun");
	device_addresses();
	if (!is_mytcp(w))
		for (i = 0; i < ARRAY_SIZE(tcp_settings); i++) {
			setting_path(w, path, sizeof(path), tcp_settings[i].name);
			setting(path, tcp_settings[i].value);
		}
	/* No retransmission shall disturb a test that is not about them. */
	wire_rto_min(w, 4000 * patience());
	wire_ready(w);
}

/* The tables of sockets */

static const char *const tcp_states[] = {
	"", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "SYN_RECV",
};

struct row {
	int port;
	int peer_port;
	char state[16];
};

/* "local remote state" stand in columns that the header line names. */
static bool parse_mytcp(char *line, const int column[3], struct row *row)
{
	char *word[16] = { NULL }, *at = NULL, *port, *peer_port;
	int n = 0;

	for (at = strtok(line, "\n "); at && n < 16; at = strtok(NULL, "\n "))
		word[n++] = at;
	if (n <= column[0] || n <= column[1] || n <= column[2])
		return false;
	port = strrchr(word[column[0]], ':');
	peer_port = strrchr(word[column[1]], ':');
	if (!port || !peer_port) {
		for (n = 0; n < 16 && word[n]; n++)
			fprintf(stderr, "# %s\n", word[n]);
		die("no line of /proc/net/mytcp");
	}
	row->port = atoi(port + 1);
	row->peer_port = atoi(peer_port + 1);
	snprintf(row->state, sizeof(row->state), "%s", word[column[2]]);
	return true;
}

static void parse_header(char *line, int column[3])
{
	static const char *const names[] = { "local", "remote", "state" };
	int n = 0, i, found = 0;
	char *at;

	for (at = strtok(line, "\n "); at; at = strtok(NULL, "\n "), n++)
		for (i = 0; i < 3; i++)
			if (!strcmp(at, names[i])) {
				column[i] = n;
				found++;
			}
	if (found != 3)
		die("the header line of /proc/net/mytcp");
}

static bool parse_tcp(const char *line, struct row *row)
{
	unsigned int port, peer_port, state;

	if (sscanf(line, "%*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %x", &port, &peer_port, &state) != 3)
		return false;
	row->port = port;
	row->peer_port = peer_port;
	snprintf(row->state, sizeof(row->state), "%s", tcp_states[state]);
	return true;
}

/* Counts the rows with these endpoints and, unless it is NULL, this state. */
static int rows(const struct wire *w, const char *state, struct row *found)
{
	const char *path = is_mytcp(w) ? "/proc/net/mytcp" :
			   w->f->af == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6";
	int column[3], count = 0;
	char line[512];
	struct row row;
	FILE *file;

	file = fopen(path, "r");
	if (!file || !fgets(line, sizeof(line), file))
		die(path);
	if (is_mytcp(w))
		parse_header(line, column);
	while (fgets(line, sizeof(line), file)) {
		if (!(is_mytcp(w) ? parse_mytcp(line, column, &row) : parse_tcp(line, &row)))
			continue;
		if (row.port != w->port || row.peer_port != w->peer_port ||
		    (state && strcmp(row.state, state)))
			continue;
		*found = row;
		count++;
	}
	fclose(file);
	return count;
}

int wire_entries(const struct wire *w, const char *state)
{
	struct row row;

	return rows(w, state, &row);
}

/* The connection's state by netstat's name, "CLOSED" if there is none. */
const char *wire_state(const struct wire *w)
{
	static struct row row;

	return rows(w, NULL, &row) ? row.state : "CLOSED";
}

long wire_counter(const struct wire *w, const char *name)
{
	return counter(name);
}

/* The application */

void app_socket(struct wire *w)
{
	w->listener = sock_new(w->f);
}

void app_listen(struct wire *w)
{
	struct addr a = addr_any(w->f, w->port);

	if (w->listener < 0)
		app_socket(w);
	if (try_bind(w->listener, &a) || listen(w->listener, 16))
		wire_die("listen");
}

bool app_can_accept(const struct wire *w)
{
	return poll_now(w->listener, POLLIN) & POLLIN;
}

void app_accept(struct wire *w)
{
	if (!(poll_until(w->listener, POLLIN) & POLLIN))
		wire_die("no connection to accept");
	w->fd = accept(w->listener, NULL, NULL);
	if (w->fd < 0)
		wire_die("accept");
}

/* Starts to connect, and does not wait. */
void app_connect(struct wire *w)
{
	struct addr peer = addr_text(w->f, "192.0.2.2", "2001:db8::2", w->peer_port), local;

	if (w->fd < 0)
		w->fd = sock_new(w->f);
	set_nonblock(w->fd, true);
	if (!try_connect(w->fd, &peer) || errno != EINPROGRESS)
		wire_die("connect");
	set_nonblock(w->fd, false);
	local = addr_local(w->fd);
	w->port = addr_port(&local);
}

void app_send(struct wire *w, size_t len)
{
	char buf[65536];

	pattern_fill(buf, len, w->sent);
	if (send(w->fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
		wire_die("send");
	w->sent += len;
}

/* So many bytes come, and they are the right ones. */
void app_recv(struct wire *w, size_t len)
{
	char buf[65536];
	ssize_t got;

	for (; len; len -= got, w->received += got) {
		if (!(poll_until(w->fd, POLLIN) & POLLIN))
			wire_die("nothing to receive");
		got = recv(w->fd, buf, len, MSG_DONTWAIT);
		if (got <= 0)
			wire_die("recv");
		if (!pattern_holds(buf, got, w->received)) {
			fprintf(stderr, "# wrong bytes behind byte %zu\n", w->received);
			wire_print();
			_exit(KSFT_FAIL);
		}
	}
}

/* The stream has ended; nothing is left to read. */
bool app_at_end(struct wire *w)
{
	char byte;

	return (poll_until(w->fd, POLLIN) & POLLIN) && !recv(w->fd, &byte, 1, MSG_DONTWAIT);
}

/* The error that ends the connection. */
int app_error(const struct wire *w)
{
	if (!(poll_until(w->fd, 0) & (POLLERR | POLLHUP)))
		wire_die("no error comes");
	return sock_error(w->fd);
}

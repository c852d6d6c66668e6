// SPDX-License-Identifier: GPL-2.0
/* The rig of the races; race.h says what it is. */
#include <getopt.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>

#include "race.h"

#define PORT_MIN	1024
#define PORTS		60000
#define TCP_HEADER	20
#define MSS_OPTION	0x020405b4	/* 1460 */
#define SPINS		20000

struct side sides[SIDES];
unsigned long wanted = 1000000;
bool faults;
atomic_bool finished;
int listener = -1;
const struct family family = FAMILY_MYTCP6;

static struct race *races;
static struct race *race;
static atomic_ulong met;
static atomic_int led;
static __u32 seed;

void race_add(struct race *new, const char *name)
{
	struct race **at = &races;

	new->name = name;
	while (*at)
		at = &(*at)->next;
	*at = new;
}

/* No race ends so unless the stack is at fault, or the test. */
void wrong(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "# %s: ", race->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "; %lu times, seed %u\n", sides[0].attempts + sides[1].attempts, seed);
	_exit(KSFT_FAIL);
}

void setting(const char *name, long value)
{
	sysctl_set(&family, name, "%ld", value);
}

void expect_no_half_open(void)
{
	long left = counter("HalfOpen");

	if (left)
		wrong("%ld half-open entries are left", left);
}

static void open_with(int option, int backlog)
{
	struct addr a = addr_any(&family, LISTEN_PORT);
	int fd = sock_new_nonblock(&family);

	opt_set(fd, SOL_SOCKET, option, 1);
	if (!wait_for(!try_bind(fd, &a) && !listen(fd, backlog)))
		die("listen");
	listener = fd;
}

void listener_open(int backlog)
{
	open_with(SO_REUSEADDR, backlog);
}

/* Its connections are reset when they are closed. */
void listener_open_lingering(void)
{
	struct linger linger = { .l_onoff = 1 };

	listener_open(1024);
	if (setsockopt(listener, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		die("SO_LINGER");
}

/* One more, with the others. */
void listener_share(int backlog)
{
	open_with(SO_REUSEPORT, backlog);
}

void listener_close(void)
{
	close(listener);
	listener = -1;
}

/* A connection, or -1 if none waits. */
int listener_accept(void)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0 && errno != EAGAIN)
		die("accept");
	return fd;
}

__u32 chance(struct side *me)
{
	me->random ^= me->random << 13;
	me->random ^= me->random >> 17;
	me->random ^= me->random << 5;
	return me->random;
}

/* A moment, and the processor is another's if it lasts: this one may be on its host. */
static void relax(int *spins)
{
	if (++*spins < SPINS)
		return;
	usleep(1);
	*spins = 0;
}

/* Both go on when both have come. */
void meet(void)
{
	unsigned long turn = atomic_fetch_add(&met, 1) / SIDES;
	int spins = 0;

	while (atomic_load(&met) / SIDES <= turn)
		relax(&spins);
}

/* Whoever comes this far in time is not stuck. */
void alive(void)
{
	alarm(LIMIT_MS / 1000);
}

/* For side 0 of a race with @run: is there to be one more? */
bool another(struct side *me)
{
	if (!(me->attempts & 255))
		alive();
	if (me->attempts++ < wanted)
		return true;
	me->attempts = wanted;
	return false;
}

void flow_new(struct side *me, struct flow *flow)
{
	__u32 n = me->opened++;

	flow->side = me->number;
	flow->six = n & 1;
	flow->port = PORT_MIN + n % PORTS;
	flow->host = 2 + n / PORTS;
}

/* Segments */

static __u32 sum(__u32 acc, const void *data, size_t len)
{
	const __u16 *p = data;

	for (; len > 1; len -= 2)
		acc += *p++;
	if (len)
		acc += *(const __u8 *)p;
	return acc;
}

static __u16 fold(__u32 acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return ~acc;
}

static size_t put_ip(unsigned char *buf, const struct flow *flow, size_t len)
{
	struct ip6_hdr *ip6 = (struct ip6_hdr *)buf;
	struct ip *ip4 = (struct ip *)buf;

	if (flow->six) {
		*ip6 = (struct ip6_hdr){
			.ip6_flow = htonl(6 << 28), .ip6_plen = htons(len),
			.ip6_nxt = IPPROTO_MYTCP, .ip6_hlim = 64,
		};
		ip6->ip6_src.s6_addr16[0] = htons(0xfd01 + flow->side);
		ip6->ip6_dst.s6_addr16[0] = ip6->ip6_src.s6_addr16[0];
		ip6->ip6_src.s6_addr16[7] = htons(flow->host);
		ip6->ip6_dst.s6_addr16[7] = htons(1);
		return sizeof(*ip6);
	}
	*ip4 = (struct ip){
		.ip_v = 4, .ip_hl = 5, .ip_ttl = 64, .ip_p = IPPROTO_MYTCP,
		.ip_len = htons(sizeof(*ip4) + len), .ip_off = htons(IP_DF),
		.ip_src.s_addr = htonl(0x0a010000 + (flow->side << 16) + flow->host),
		.ip_dst.s_addr = htonl(0x0a010001 + (flow->side << 16)),
	};
	ip4->ip_sum = fold(sum(0, ip4, sizeof(*ip4)));
	return sizeof(*ip4);
}

/* Sends a segment of the flow. It is on this side's processor that the stack sees it. */
void put(struct side *me, const struct flow *flow, int flags, __u32 seq, __u32 ack, size_t len)
{
	unsigned char buf[256] __attribute__((aligned(8))) = { 0 };
	size_t option = flags & SYN ? 4 : 0, tcp = TCP_HEADER + option;
	size_t ip = put_ip(buf, flow, tcp + len), addr = flow->six ? 8 : 12;
	__u32 mss = htonl(MSS_OPTION);
	struct tcphdr *th = (struct tcphdr *)(buf + ip);

	*th = (struct tcphdr){
		.source = htons(flow->port), .dest = htons(LISTEN_PORT),
		.seq = htonl(seq), .ack_seq = htonl(flags & ACK ? ack : 0),
		.doff = tcp / 4, .window = htons(65535),
	};
	buf[ip + 13] = flags;
	memcpy(th + 1, &mss, option);
	pattern_fill(buf + ip + tcp, len, 0);
	th->check = fold(sum(htons(tcp + len) + htons(IPPROTO_MYTCP), buf + addr,
			     ip - addr + tcp + len));
	if (write(me->tun, buf, ip + tcp + len) < 0 && !faults)
		die("write to the device");
}

/* What the stack has sent to a peer of this side; false if that was all. */
bool get(struct side *me, struct answer *answer)
{
	unsigned char buf[2048] __attribute__((aligned(8)));
	const struct tcphdr *th;
	ssize_t len;
	size_t ip;

	do {
		len = read(me->tun, buf, sizeof(buf));
		if (len < 0 && errno != EAGAIN && !faults)
			die("read from the device");
		if (len < 0)
			return false;
		answer->six = buf[0] >> 4 == 6;
		ip = answer->six ? 40 : 20;
	} while (buf[answer->six ? 6 : 9] != IPPROTO_MYTCP);

	th = (struct tcphdr *)(buf + ip);
	/* The destination is what an IP header ends with. */
	answer->host = buf[ip - 2] << 8 | buf[ip - 1];
	answer->port = ntohs(th->dest);
	answer->seq = ntohl(th->seq);
	answer->ack = ntohl(th->ack_seq);
	answer->flags = buf[ip + 13];
	answer->len = len - ip - th->doff * 4;
	me->resets += !!(answer->flags & RST);
	return true;
}

bool is_of(const struct answer *answer, const struct flow *flow)
{
	return answer->six == flow->six && answer->host == flow->host &&
	       answer->port == flow->port;
}

/* Sends a SYN and takes the SYN+ACK. */
bool flow_open(struct side *me, struct flow *flow)
{
	struct answer answer;

	flow->irs = chance(me);
	flow->open = false;
	atomic_store(&flow->stop, false);
	put(me, flow, SYN, flow->irs, 0, 0);
	while (!flow->open && get(me, &answer))
		if (is_of(&answer, flow) && (answer.flags & (SYN | ACK)) == (SYN | ACK) &&
		    answer.ack == flow->irs + 1) {
			flow->iss = answer.seq;
			flow->open = true;
		}
	return flow->open;
}

/* From SYN_RECV to FIN_WAIT1, and on by a segment that acknowledges the FIN. */
static void flow_close(struct side *me, struct flow *flow, int flags)
{
	int fd;

	put_ack(me, flow);
	fd = listener_accept();
	if (fd < 0)
		wrong("an ACK made no connection");
	close(fd);
	put(me, flow, flags, flow->irs + 1, flow->iss + 2, 0);
	atomic_store(&flow->stop, true);
}

/* The address that put_ip() gives a host of the flow's network. */
static struct addr end_of(const struct flow *flow, const struct family *f, int host, int port)
{
	char v4[INET6_ADDRSTRLEN], v6[INET6_ADDRSTRLEN];

	snprintf(v4, sizeof(v4), "10.%d.%d.%d", flow->side + 1, host >> 8, host & 255);
	snprintf(v6, sizeof(v6), "fd%02x::%x", flow->side + 1, host);
	return addr_text(f, v4, v6, port);
}

/* An administrator ends the stack's half. Returns the errno he is answered with. */
int flow_destroy(const struct flow *flow)
{
	static const struct family families[] = { FAMILY_MYTCP4, FAMILY_MYTCP6 };
	const struct family *f = &families[flow->six];
	struct addr local = end_of(flow, f, 1, LISTEN_PORT);
	struct addr remote = end_of(flow, f, flow->host, flow->port);

	return sock_destroy(f, &local, &remote, NULL);
}

/* What the stack says meanwhile is left unread. */
void flow_to_fin_wait2(struct side *me, struct flow *flow)
{
	flow_close(me, flow, ACK);
}

void flow_to_time_wait(struct side *me, struct flow *flow)
{
	flow_close(me, flow, ACK | FIN);
}

void no_resets(void)
{
	struct answer answer;
	int s;

	for (s = 0; s < SIDES; s++) {
		while (get(&sides[s], &answer))
			;
		if (sides[s].resets)
			wrong("the stack has sent a RST");
	}
}

/* Every flow is a connection, with the same octets to read in each. */
void listener_accept_all(size_t len)
{
	int fd, i, n = flows_opened();
	char buf[SEGMENT + 1];
	ssize_t got;

	no_resets();
	expect_no_half_open();
	for (i = 0; i < n; i++) {
		fd = listener_accept();
		if (fd < 0)
			wrong("%d of %d connections have come", i, n);
		got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (len ? got != (ssize_t)len || !pattern_holds(buf, len, 0) :
			  got >= 0 || errno != EAGAIN)
			wrong("%zd octets have come, not %zu, or others", got, len);
		close(fd);
	}
	if (listener_accept() >= 0)
		wrong("more than %d connections have come", n);
	listener_close();
}

/* Batches */

int flows_opened(void)
{
	int i, s, n = 0;

	for (s = 0; s < SIDES; s++)
		for (i = 0; i < race->batch; i++)
			n += sides[s].flow[i].open;
	return n;
}

static void jitter(struct side *me)
{
	int left = chance(me) & 255;

	while (left--)
		atomic_signal_fence(memory_order_seq_cst);
}

static void open_flows(struct side *me)
{
	struct flow *flow = me->flow;
	long long start = now_ms();
	int i;

	for (i = 0; i < race->batch; i++, flow++) {
		if (!race->same || !flow->port)
			flow_new(me, flow);
		me->attempts += flow_open(me, flow);
	}
	me->opening_ms = now_ms() - start;
}

static void fire(struct side *me, struct flow *flow)
{
	if (!flow->open)
		return;
	jitter(me);
	race->fire(me, flow);
}

static void lead(struct side *me)
{
	int i;

	for (i = 0; i < race->batch; i++) {
		atomic_store(&led, i);
		fire(me, &me->flow[i]);
	}
	atomic_store(&led, race->batch);
}

/*
 * Wherever the other is now; what it has left behind, because this side was kept from
 * running, comes last.
 */
static void follow(struct side *me, struct side *leader)
{
	bool done[BATCH_MAX] = { false };
	int i, spins = 0;

	while ((i = atomic_load(&led)) < race->batch) {
		if (done[i]) {
			relax(&spins);
			continue;
		}
		fire(me, &leader->flow[i]);
		done[i] = true;
		me->together += leader->flow[i].open;
	}
	for (i = 0; i < race->batch; i++)
		if (!done[i])
			fire(me, &leader->flow[i]);
}

static void fire_all(struct side *me)
{
	int i, s;

	if (race->apart) {
		for (i = 0; i < race->batch; i++)
			fire(me, &me->flow[i]);
		return;
	}
	for (s = 0; s < SIDES; s++) {
		meet();
		s == me->number ? lead(me) : follow(me, &sides[s]);
		meet();
		atomic_store(&led, 0);
	}
}

static void make_it_fail(bool on)
{
	int fd;

	if (!faults)
		return;
	fd = open("/proc/thread-self/make-it-fail", O_WRONLY);
	if (fd < 0 || write(fd, on ? "1" : "0", 1) != 1)
		die("make-it-fail: is there fault injection in this kernel?");
	close(fd);
}

static void batches(struct side *me)
{
	struct answer answer;

	while (!atomic_load(&finished)) {
		meet();
		if (!me->number) {
			alive();
			race->begin ? race->begin() : listener_open(1024);
		}
		meet();
		make_it_fail(true);
		open_flows(me);
		meet();
		fire_all(me);
		make_it_fail(false);
		meet();
		if (!me->number) {
			race->end ? race->end() : listener_close();
			atomic_store(&finished, sides[0].attempts + sides[1].attempts >= wanted);
		}
		meet();
		while (get(me, &answer))
			;
		me->resets = 0;
	}
}

static void *thread(void *arg)
{
	struct side *me = arg;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(me->number, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("two processors are needed");
	if (!race->run) {
		batches(me);
	} else {
		meet();
		race->run(me);
		if (!me->number)
			atomic_store(&finished, true);
	}
	return NULL;
}

void device_new(struct side *me)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int n = me->number;

	me->tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	snprintf(ifr.ifr_name, IFNAMSIZ, "race%d", n);
	if (me->tun < 0 || ioctl(me->tun, TUNSETIFF, &ifr))
		die("/dev/net/tun");
	ip_batch("link set race%d up\naddr add 10.%d.0.1/16 dev race%d\n"
		 "addr add fd%02x::1/64 dev race%d nodad\n", n, n + 1, n, n + 1, n);
}

/* IPv6 is deaf for a moment after the device came up. */
static bool answers(struct side *me)
{
	struct flow flow = { .side = me->number, .six = true, .host = 9, .port = 9 };
	unsigned long before = me->resets;
	struct answer answer;

	put(me, &flow, ACK, 1, 1, 0);
	while (get(me, &answer))
		;
	return me->resets > before;
}

static bool all_gone(void)
{
	return !counter("HalfOpen") && !counter("FinWait2") && !counter("TimeWait") &&
	       !counter("Sockets") && !counter("Listeners");
}

static int run_race(void)
{
	pthread_t threads[SIDES];
	long long start;
	int i, failed = 0;

	netns_new();
	for (i = 0; i < SIDES; i++) {
		sides[i].number = i;
		sides[i].random = seed * 2 + i ?: 1;
		device_new(&sides[i]);
		if (!wait_for(answers(&sides[i])))
			wrong("the stack answers nothing at all");
		sides[i].resets = 0;
	}
	/* The peers are gone when a race is over. */
	setting("orphan_retries", 0);
	setting("fin_timeout", 100);
	setting("msl", 10);
	if (race->settings)
		race->settings();

	start = now_ms();
	for (i = 0; i < SIDES; i++)
		if (pthread_create(&threads[i], NULL, thread, &sides[i]))
			die("pthread_create");
	for (i = 0; i < SIDES; i++)
		pthread_join(threads[i], NULL);
	alive();
	printf("# %s: %lu times in %lld s, seed %u\n#", race->name,
	       sides[0].attempts + sides[1].attempts, (now_ms() - start) / 1000, seed);
	if (sides[0].together)
		printf(" together %lu", sides[0].together + sides[1].together);
	for (i = 0; i < (int)ARRAY_SIZE(race->moved) && race->moved[i]; i++) {
		printf(" %s %ld", race->moved[i], counter(race->moved[i]));
		failed |= !counter(race->moved[i]);
	}
	printf("\n");
	if (failed)
		wrong("one side never won: this was no race");
	if (race->over)
		race->over();
	if (!wait_for(all_gone()))
		wrong("left: %ld half-open, %ld+%ld waiting, %ld sockets, %ld listeners",
		      counter("HalfOpen"), counter("FinWait2"), counter("TimeWait"),
		      counter("Sockets"), counter("Listeners"));
	return KSFT_PASS;
}

int main(int argc, char **argv)
{
	int opt;

	seed = time(NULL) ^ getpid() << 16;
	while ((opt = getopt(argc, argv, "ln:s:f")) != -1) {
		switch (opt) {
		case 'l':
			for (race = races; race; race = race->next)
				puts(race->name);
			return KSFT_PASS;
		case 'n':
			wanted = strtoul(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoul(optarg, NULL, 0);
			break;
		case 'f':
			faults = true;
			break;
		default:
			return KSFT_FAIL;
		}
	}
	for (race = races; race; race = race->next)
		if (argv[optind] && !strcmp(race->name, argv[optind]))
			return run_race();
	fprintf(stderr, "usage: race -l | race [-n TIMES] [-s SEED] [-f] NAME\n"
		"-f: allocations of both sides may fail, as /sys/kernel/debug/failslab says\n");
	return KSFT_FAIL;
}

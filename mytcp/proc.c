// SPDX-License-Identifier: GPL-2.0
#include "proc.h"

#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/inet_sock.h>
#include <net/net_namespace.h>

#include "backlog.h"
#include "core/host.h"
#include "halfopen.h"
#include "listener.h"
#include "net.h"
#include "rcvq.h"
#include "sock.h"
#include "table.h"
#include "timewait.h"
#include "waitq.h"

static const char * const gauges[MYTCP_GAUGES] = {
	[MYTCP_GAUGE_HALF_OPEN] = "HalfOpen",
	[MYTCP_GAUGE_TIME_WAIT] = "TimeWait",
	[MYTCP_GAUGE_FIN_WAIT2] = "FinWait2",
	[MYTCP_GAUGE_IN_TABLE] = "Sockets",
	[MYTCP_GAUGE_LISTENERS] = "Listeners",
	[MYTCP_GAUGE_ORPHANS] = "Orphans",
};

static const char * const timers[MYTCP_TIMERS] = {
	[MYTCP_TIMER_SENT] = "sent",
	[MYTCP_TIMER_BLOCKED] = "blocked",
	[MYTCP_TIMER_RECEIVED] = "received",
	[MYTCP_TIMER_HEARD] = "heard",
};

static int stat_show(struct seq_file *seq, void *v)
{
	struct net *net = seq->private;
	int i;

	for (i = 0; i < MYTCP_COUNTS; i++)
		seq_printf(seq, "%s %llu\n", mytcp_count_name(i),
			   mytcp_net_counted(net, i));
	for (i = 0; i < MYTCP_GAUGES; i++)
		seq_printf(seq, "%s %d\n", gauges[i],
			   atomic_read(&mytcp_net(net)->gauges[i]));
	return 0;
}

static void show_end(struct seq_file *seq, int width, u8 family, __be32 addr,
		     const struct in6_addr *addr6, __be16 port)
{
	char text[sizeof("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535")];

	if (family == AF_INET6)
		snprintf(text, sizeof(text), "[%pI6c]:%u", addr6, ntohs(port));
	else
		snprintf(text, sizeof(text), "%pI4:%u", &addr, ntohs(port));
	seq_printf(seq, "%-*s", width, text);
}

/* As wide as columns need: two of the longest are rare. */
static void show_ends(struct seq_file *seq, struct mytcp_node *node)
{
	const struct mytcp_addr6 *addr6 = mytcp_node_addr6(node);
	bool ip6 = node->family == AF_INET6;

	seq_putc(seq, ' ');
	show_end(seq, 23, node->family, node->laddr,
		 ip6 ? &addr6->laddr : NULL, node->lport);
	seq_putc(seq, ' ');
	show_end(seq, 23, node->family, node->raddr,
		 ip6 ? &addr6->raddr : NULL, node->rport);
}

/* The timer that fires next, and in how many milliseconds. */
static void show_timer(struct seq_file *seq, const struct mytcp_tcb *tcb)
{
	u64 now = mytcp_host_now(), first = 0, deadline;
	char text[32] = "-";
	int i;

	for (i = 0; i < MYTCP_TIMERS; i++) {
		deadline = READ_ONCE(tcb->deadline[i]);
		if (!deadline || (first && deadline >= first))
			continue;
		first = deadline;
		deadline = deadline > now ? deadline - now : 0;
		snprintf(text, sizeof(text), "%s:%llu", timers[i],
			 div_u64(deadline, MYTCP_MSEC));
	}
	seq_printf(seq, " %-15s", text);
}

static void show_owner(struct seq_file *seq, struct sock *sk)
{
	seq_printf(seq, " %5u %lu\n",
		   from_kuid_munged(seq_user_ns(seq), sock_i_uid(sk)),
		   sock_i_ino(sk));
}

static void show_start(struct seq_file *seq, u8 family, u32 recv, u32 send)
{
	seq_printf(seq, "%-5s %6u %6u", family == AF_INET6 ? "ip6" : "ip4",
		   recv, send);
}

static void show_listener(struct seq_file *seq, struct sock *sk)
{
	struct mytcp_node *node = &mytcp_sk(sk)->node;

	if (!net_eq(sock_net(sk), seq_file_net(seq)))
		return;
	show_start(seq, node->family, READ_ONCE(sk->sk_ack_backlog),
		   READ_ONCE(sk->sk_max_ack_backlog));
	show_ends(seq, node);
	seq_printf(seq, " %-11s %-15s", mytcp_state_name(MYTCP_LISTEN), "-");
	show_owner(seq, sk);
}

static void show_sock(struct seq_file *seq, struct mytcp_node *node)
{
	struct sock *sk = mytcp_node_sk(node);
	const struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;
	u32 recv = 0, send = 0;

	if (mytcp_tcb_synchronized(tcb)) {
		recv = mytcp_rcvq_len(sk);
		send = READ_ONCE(tcb->write_seq) - READ_ONCE(tcb->snd_una);
	}
	show_start(seq, node->family, recv, send);
	show_ends(seq, node);
	seq_printf(seq, " %-11s", mytcp_state_name(READ_ONCE(tcb->state)));
	show_timer(seq, tcb);
	show_owner(seq, sk);
}

static void show_mini(struct seq_file *seq, struct mytcp_node *node)
{
	enum mytcp_state state = MYTCP_SYN_RECV;
	char text[32];

	if (node->kind == MYTCP_KIND_HALF) {
		snprintf(text, sizeof(text), "repeats:%u",
			 READ_ONCE(mytcp_halfopen(node)->half.repeats));
	} else {
		state = mytcp_timewait_state(node);
		snprintf(text, sizeof(text), "%s:%u",
			 state == MYTCP_FIN_WAIT2 ? "finwait" : "timewait",
			 mytcp_waitq_left(mytcp_wait(node)));
	}
	show_start(seq, node->family, 0, 0);
	show_ends(seq, node);
	seq_printf(seq, " %-11s %-15s %5u %u\n",
		   mytcp_state_name(state), text, 0, 0);
}

static void show_node(struct seq_file *seq, struct mytcp_node *node)
{
	if (!net_eq(read_pnet(&node->net), seq_file_net(seq)))
		return;
	if (node->kind == MYTCP_KIND_SOCK)
		show_sock(seq, node);
	else
		show_mini(seq, node);
}

static bool place_empty(unsigned long place)
{
	unsigned long listeners = mytcp_listener_places();

	return place < listeners ? mytcp_listener_place_empty(place) :
				   mytcp_table_place_empty(place - listeners);
}

/* Position 0 is the header line; SEQ_START_TOKEN is no place's number. */
#define FIRST_PLACE	2

/* The place @pos stands for, the next one where something is. */
static void *place_at(loff_t *pos)
{
	unsigned long places = mytcp_listener_places() + mytcp_table_places();

	while (*pos <= places && place_empty(*pos - 1)) {
		++*pos;
		cond_resched();
	}
	if (*pos > places)
		return NULL;
	return (void *)((unsigned long)*pos - 1 + FIRST_PLACE);
}

static void *table_start(struct seq_file *seq, loff_t *pos)
{
	return *pos ? place_at(pos) : SEQ_START_TOKEN;
}

static void *table_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;
	cond_resched();
	return place_at(pos);
}

static void table_stop(struct seq_file *seq, void *v)
{
}

static int table_show(struct seq_file *seq, void *v)
{
	unsigned long place = (unsigned long)v - FIRST_PLACE;
	unsigned long listeners = mytcp_listener_places();

	if (v == SEQ_START_TOKEN)
		seq_printf(seq, "%-5s %6s %6s %-23s %-23s %-11s %-15s %5s %s\n",
			   "proto", "recv-q", "send-q", "local", "remote",
			   "state", "timer", "uid", "inode");
	else if (place < listeners)
		mytcp_listener_show(place, seq, show_listener);
	else
		mytcp_table_show(place - listeners, seq, show_node);
	return 0;
}

static const struct seq_operations table_ops = {
	.start = table_start,
	.next = table_next,
	.stop = table_stop,
	.show = table_show,
};

static void show_waits(struct seq_file *seq, const struct mytcp_backlog *backlog)
{
	int i;

	for (i = 0; i < MYTCP_BACKLOG_WAITS; i++)
		seq_printf(seq, "%s%llu", i ? "," : " accept_wait_us=",
			   READ_ONCE(backlog->waits[i]));
}

/* One line of name=value for each listener. */
static void show_backlog(struct seq_file *seq, struct sock *sk)
{
	struct mytcp_node *node = &mytcp_sk(sk)->node;
	const struct mytcp_backlog *backlog;
	int i;

	if (!net_eq(sock_net(sk), seq_file_single_net(seq)))
		return;
	rcu_read_lock();
	backlog = rcu_dereference(mytcp_sk(sk)->backlog);
	if (!backlog)
		goto out;
	seq_puts(seq, "local=");
	show_end(seq, 0, node->family, node->laddr,
		 node->family == AF_INET6 ? &mytcp_node_addr6(node)->laddr :
					    NULL, node->lport);
	seq_printf(seq, " uid=%u inode=%lu backlog=%u",
		   from_kuid_munged(seq_user_ns(seq), sock_i_uid(sk)),
		   sock_i_ino(sk), READ_ONCE(sk->sk_max_ack_backlog));
	seq_printf(seq, " half_open=%u half_open_peak=%u accept=%u accept_peak=%u",
		   READ_ONCE(backlog->half_open),
		   READ_ONCE(backlog->half_open_peak),
		   READ_ONCE(sk->sk_ack_backlog),
		   READ_ONCE(backlog->accept_peak));
	for (i = MYTCP_COUNT_LISTENER_FIRST; i <= MYTCP_COUNT_LISTENER_LAST; i++)
		seq_printf(seq, " %s=%llu", mytcp_count_name(i),
			   mytcp_backlog_counted(backlog, i));
	show_waits(seq, backlog);
	seq_putc(seq, '\n');
out:
	rcu_read_unlock();
}

static int listen_show(struct seq_file *seq, void *v)
{
	unsigned long place;

	for (place = 0; place < mytcp_listener_places(); place++)
		mytcp_listener_show(place, seq, show_backlog);
	return 0;
}

/**
 * mytcp_proc_init() - make a namespace's files
 * @net: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_proc_init(struct net *net)
{
	if (!proc_create_net_single("mytcp_stat", 0444, net->proc_net,
				    stat_show, NULL))
		return -ENOMEM;
	if (!proc_create_net_single("mytcp_listen", 0444, net->proc_net,
				    listen_show, NULL))
		goto remove_stat;
	if (!proc_create_net("mytcp", 0444, net->proc_net, &table_ops,
			     sizeof(struct seq_net_private)))
		goto remove_listen;
	return 0;

remove_listen:
	remove_proc_entry("mytcp_listen", net->proc_net);
remove_stat:
	remove_proc_entry("mytcp_stat", net->proc_net);
	return -ENOMEM;
}

/**
 * mytcp_proc_exit() - remove them
 * @net: the namespace
 */
void mytcp_proc_exit(struct net *net)
{
	remove_proc_entry("mytcp", net->proc_net);
	remove_proc_entry("mytcp_listen", net->proc_net);
	remove_proc_entry("mytcp_stat", net->proc_net);
}

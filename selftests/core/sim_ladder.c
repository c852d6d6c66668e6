// SPDX-License-Identifier: GPL-2.0
/*
 * A run as a picture: time goes down, a column for each host, an arrow for each
 * segment. Numbers are counted from each side's initial sequence number where
 * a connection is at hand.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define COLUMN	30		/* width of a host's column */

static const char * const timer_names[MYTCP_TIMERS] = {
	[MYTCP_TIMER_SENT] = "sent",
	[MYTCP_TIMER_BLOCKED] = "blocked",
	[MYTCP_TIMER_RECEIVED] = "received",
	[MYTCP_TIMER_HEARD] = "heard",
};

static void when(void)
{
	printf("%12.3f  ", (double)(sim->now - SIM_SEC) / SIM_MSEC);
}

/**
 * sim_ladder_begin() - what stands above the picture
 */
void sim_ladder_begin(void)
{
	const struct sim_net *net = &sim->net;

	printf("seed %llu\n", (unsigned long long)sim->seed);
	printf("network: delay %.3f ms + %.3f ms, per cent: ",
	       (double)net->delay / SIM_MSEC, (double)net->jitter / SIM_MSEC);
	printf("loss %.1f, twice %.1f, late %.1f, held back %.1f, corrupt %.1f\n",
	       net->loss / 655.36, net->duplicate / 655.36,
	       net->reorder / 655.36, net->stale / 655.36,
	       net->corrupt / 655.36);
	printf("settings: msl %u ms, retries %u, syn_retries %u, fin_timeout %u ms, delack %u ms\n",
	       sim->cfg.msl, sim->cfg.retries2, sim->cfg.syn_retries,
	       sim->cfg.fin_timeout, sim->cfg.delack);
	printf("%12s  %-*s %36s %s\n", "ms", COLUMN, "A", "", "B");
}

static const char *flag_names(u8 flags, char *buf)
{
	static const struct {
		u8 flag;
		const char *name;
	} names[] = {
		{ MYTCP_SYN, "SYN " }, { MYTCP_FIN, "FIN " },
		{ MYTCP_RST, "RST " }, { MYTCP_PSH, "PSH " },
		{ MYTCP_URG, "URG " }, { MYTCP_ACK, "ACK " },
	};
	unsigned int i;

	*buf = 0;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			strcat(buf, names[i].name);
	return buf;
}

static u32 field(const struct sim_packet *packet, int at)
{
	const u8 *b = packet->header + at;

	return (u32)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

static void options(const struct sim_packet *packet, char *buf, size_t size)
{
	struct mytcp_options opt;
	int len = 0;
	u32 i;

	*buf = '\0';
	if (mytcp_option_parse(packet->header + MYTCP_HEADER_LEN,
			       packet->header_len - MYTCP_HEADER_LEN, &opt))
		return;
	if (opt.mss)
		len += snprintf(buf + len, size - len, " mss %u", opt.mss);
	if (opt.has & MYTCP_OPT_WSCALE)
		len += snprintf(buf + len, size - len, " ws %u", opt.wscale);
	if (opt.has & MYTCP_OPT_SACK_OK)
		len += snprintf(buf + len, size - len, " sackOK");
	if (opt.has & MYTCP_OPT_TS)
		len += snprintf(buf + len, size - len, " ts %u/%u", opt.tsval,
				opt.tsecr);
	if (opt.has & MYTCP_OPT_COOKIE)
		len += snprintf(buf + len, size - len, " cookie");
	for (i = 0; i < opt.nr_sack; i++)
		len += snprintf(buf + len, size - len, " %c%u",
				i ? ',' : '+',
				opt.sack[i].end_seq - opt.sack[i].seq);
}

static void describe(const struct sim_packet *packet, char *buf, size_t size)
{
	struct sim_conn *from, *to;
	u32 iss = 0, irs = 0;
	char flags[32];
	int len;

	from = sim_conn_find(packet->from, packet->sport, packet->dport);
	to = sim_conn_find(!packet->from, packet->dport, packet->sport);
	if (from) {
		iss = from->tcb.iss;
		irs = from->tcb.irs;
	} else if (to) {
		iss = to->tcb.irs;
		irs = to->tcb.iss;
	}
	len = snprintf(buf, size, "#%u %sseq %u", packet->number,
		       flag_names(packet->header[13], flags),
		       field(packet, 4) - iss);
	if (packet->len)
		len += snprintf(buf + len, size - len, " len %u", packet->len);
	if (packet->header[13] & MYTCP_ACK)
		len += snprintf(buf + len, size - len, " ack %u",
				field(packet, 8) - irs);
	len += snprintf(buf + len, size - len, " wnd %u",
			field(packet, 12) & 0xffff);
	options(packet, buf + len, size - len);
}

static const char *state_of(u8 host, u16 lport, u16 rport)
{
	const struct sim_conn *conn = sim_conn_find(host, lport, rport);
	u32 i;

	if (conn)
		return mytcp_state_name(conn->tcb.state);
	for (i = 0; i < sim->halves; i++)
		if (sim->half[i].used && sim->half[i].host == host &&
		    sim->half[i].lport == lport && sim->half[i].rport == rport)
			return "(SYN_RECV)";
	for (i = 0; i < sim->timewaits; i++)
		if (sim->timewait[i].used && sim->timewait[i].host == host &&
		    sim->timewait[i].lport == lport &&
		    sim->timewait[i].rport == rport)
			return "(TIME_WAIT)";
	return "-";
}

/**
 * sim_ladder_sent() - a packet sets out
 * @packet: the packet
 * @fate: what will become of it, "" if nothing bad
 */
void sim_ladder_sent(const struct sim_packet *packet, const char *fate)
{
	char text[200], left[64];

	when();
	describe(packet, text, sizeof(text));
	if (packet->from) {
		printf("%-*s <-- %-52s %s:%u %s  %s\n", COLUMN, "", text, "B",
		       packet->sport,
		       state_of(1, packet->sport, packet->dport), fate);
	} else {
		snprintf(left, sizeof(left), "A:%u %s", packet->sport,
			 state_of(0, packet->sport, packet->dport));
		printf("%-*s --> %-52s %s\n", COLUMN, left, text, fate);
	}
}

/**
 * sim_ladder_heard() - a packet has arrived
 * @packet: the packet
 * @what: why it is dropped, "" if it is not
 */
void sim_ladder_heard(const struct sim_packet *packet, const char *what)
{
	char text[200], left[64];

	when();
	describe(packet, text, sizeof(text));
	if (packet->from) {
		snprintf(left, sizeof(left), "A:%u %s", packet->dport,
			 state_of(0, packet->dport, packet->sport));
		printf("%-*s <== %-52s %s\n", COLUMN, left, text, what);
	} else {
		printf("%-*s ==> %-52s %s:%u %s  %s\n", COLUMN, "", text, "B",
		       packet->dport,
		       state_of(1, packet->dport, packet->sport), what);
	}
}

/**
 * sim_ladder_state() - a connection has changed its state
 * @conn: the connection
 * @old: the state it left
 */
void sim_ladder_state(const struct sim_conn *conn, enum mytcp_state old)
{
	char text[64];

	if (conn->tcb.err)
		snprintf(text, sizeof(text), " (error %d)", conn->tcb.err);
	else
		text[0] = 0;
	sim_ladder_note(conn->host, "%u: %s -> %s%s", conn->lport,
			mytcp_state_name(old),
			mytcp_state_name(conn->tcb.state), text);
}

/**
 * sim_ladder_timer() - a timer is due
 * @conn: the connection
 * @timer: which of its timers
 */
void sim_ladder_timer(const struct sim_conn *conn, enum mytcp_timer timer)
{
	sim_ladder_note(conn->host, "%u: timer \"%s\"", conn->lport,
			timer_names[timer]);
}

/**
 * sim_ladder_note() - something else worth a line in a host's column
 * @host: whose
 * @fmt: as for printf()
 */
void sim_ladder_note(u8 host, const char *fmt, ...)
{
	va_list args;

	when();
	if (host)
		printf("%-*s %56s %s:", COLUMN, "", "", "B");
	else
		printf("A:");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

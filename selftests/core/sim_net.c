// SPDX-License-Identifier: GPL-2.0
/*
 * The wire: a segment becomes the octets of its header and back, under a
 * checksum, and on its way suffers what the seed has in store.
 */
#include <stdlib.h>

#include "seq.h"
#include "sim.h"

static void put16(u8 *at, u16 value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

static void put32(u8 *at, u32 value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static u16 get16(const u8 *at)
{
	return at[0] << 8 | at[1];
}

static u32 get32(const u8 *at)
{
	return (u32)get16(at) << 16 | get16(at + 2);
}

static u16 checksum(const struct sim_packet *packet)
{
	u32 sum = packet->len + packet->offset % 65535 + packet->stream;
	u8 i;

	for (i = 0; i < packet->header_len; i += 2)
		sum += get16(packet->header + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void encode(struct sim_packet *packet, const struct mytcp_segment *seg)
{
	u8 *header = packet->header;

	packet->header_len = MYTCP_HEADER_LEN +
		mytcp_option_write(header + MYTCP_HEADER_LEN, &seg->opt);
	put16(header, packet->sport);
	put16(header + 2, packet->dport);
	put32(header + 4, seg->seq);
	put32(header + 8, seg->ack);
	header[12] = packet->header_len / 4 << 4;
	header[13] = seg->flags;
	put16(header + 14, seg->wnd);
	put16(header + 16, 0);
	put16(header + 18, seg->up);
	put16(header + 16, checksum(packet));
}

static bool decode(const struct sim_packet *packet, struct mytcp_segment *seg)
{
	const u8 *header = packet->header;

	if (checksum(packet))
		return false;
	*seg = (struct mytcp_segment){
		.seq = get32(header + 4),
		.ack = get32(header + 8),
		.len = packet->len,
		.wnd = get16(header + 14),
		.up = get16(header + 18),
		.flags = header[13] & 0x3f,
	};
	return !mytcp_option_parse(header + MYTCP_HEADER_LEN,
				   packet->header_len - MYTCP_HEADER_LEN,
				   &seg->opt);
}

static struct sim_packet *packet_new(void)
{
	struct sim_packet *packet = sim->spare;

	if (packet)
		sim->spare = packet->next;
	else
		packet = malloc(sizeof(*packet));
	if (!packet)
		abort();
	sim->packets++;
	return packet;
}

static void packet_free(struct sim_packet *packet)
{
	packet->next = sim->spare;
	sim->spare = packet;
	sim->packets--;
}

/**
 * sim_net_init() - before a run
 */
void sim_net_init(void)
{
	sim->spare = NULL;
}

/**
 * sim_net_done() - after a run
 */
void sim_net_done(void)
{
	struct sim_packet *packet;

	while (sim->spare) {
		packet = sim->spare;
		sim->spare = packet->next;
		free(packet);
	}
}

static bool dead(u8 from)
{
	return sim->net.dead_from && sim->now >= sim->net.dead_from &&
	       sim->net.dead_host[from];
}

/* One of possibly two copies sets out. */
static void set_out(const struct sim_packet *original)
{
	const struct sim_net *net = &sim->net;
	struct sim_packet *packet = packet_new();
	u64 delay = net->delay + sim_random_time(net->jitter);
	const char *fate = "";

	*packet = *original;
	if (sim_chance(net->reorder)) {
		delay += sim_random_time(4 * net->delay + SIM_MSEC);
		fate = "late";
	}
	if (sim_chance(net->stale)) {
		delay += sim_random_time(sim->cfg.msl * SIM_MSEC - delay);
		sim_check_unanswered(packet->from, packet->sport,
				     packet->dport);
		fate = "held back";
	}
	if (sim_chance(net->corrupt)) {
		u32 bit = sim_random(8 * packet->header_len);

		packet->header[bit / 8] ^= 1 << bit % 8;
		fate = "corrupted";
	}
	if (sim->ladder)
		sim_ladder_sent(packet, fate);
	sim_at(sim->now + delay, SIM_ARRIVE, packet, 0);
}

/**
 * sim_net_send() - put a segment on the wire
 * @from: the host that sends
 * @sport: its port
 * @dport: the other host's
 * @seg: the header
 * @payload: carries the payload, NULL without any
 */
void sim_net_send(u8 from, u16 sport, u16 dport,
		  const struct mytcp_segment *seg,
		  const struct sim_carrier *payload)
{
	struct sim_packet packet = {
		.number = ++sim->segments, .len = seg->len,
		.sport = sport, .dport = dport, .from = from,
	};

	if (seg->len && payload) {
		packet.stream = payload->stream;
		packet.offset = payload->offset + seg->seq - payload->range.seq;
	}
	encode(&packet, seg);

	if (sim_cookie_nobody(dport))
		return;
	if (dead(from) || sim_chance(sim->net.loss)) {
		sim_check_unanswered(from, sport, dport);
		if (sim->ladder)
			sim_ladder_sent(&packet, "lost");
		return;
	}
	set_out(&packet);
	if (sim_chance(sim->net.duplicate))
		set_out(&packet);
}

/**
 * sim_net_arrive() - a packet has reached the other host
 * @packet: the packet; it is used up
 *
 * What the module's rx.c does before it looks for a connection.
 */
void sim_net_arrive(struct sim_packet *packet)
{
	struct sim_carrier *payload = NULL;
	struct mytcp_segment seg;
	u8 host = !packet->from;

	if (!decode(packet, &seg)) {
		sim_check_unanswered(packet->from, packet->sport,
				     packet->dport);
		if (sim->ladder)
			sim_ladder_heard(packet, "bad checksum");
	} else if (!mytcp_segment_flags_ok(seg.flags)) {
		if (sim->ladder)
			sim_ladder_heard(packet, "bad flags");
	} else {
		if (sim->ladder)
			sim_ladder_heard(packet, "");
		if (seg.len) {
			payload = sim_carrier_new(packet->stream,
						  packet->offset);
			payload->range.seq = seg.seq +
					     !!(seg.flags & MYTCP_SYN);
			payload->range.end_seq = payload->range.seq + seg.len;
			payload->range.flags = seg.flags & MYTCP_PSH;
		}
		sim_host_input(host, packet->dport, packet->sport, &seg,
			       payload);
	}
	packet_free(packet);
}

/**
 * sim_net_forge() - an attacker who sees nothing sends something
 *
 * Mostly towards endpoints that exist, with numbers out of the air.
 */
void sim_net_forge(void)
{
	const struct sim_script *script = &sim->script[sim_random(sim->scripts)];
	struct mytcp_segment seg = {
		.seq = sim_random(-1U),
		.ack = sim_random(-1U),
		.len = sim_chance(16384) ? 1 + sim_random(100) : 0,
		.wnd = sim_random(65536),
		.flags = sim_random(64),
	};
	u8 from = sim_random(SIM_HOSTS);
	u16 here = script->host == from ? script->lport : script->rport;
	u16 there = script->host == from ? script->rport : script->lport;

	if (sim_chance(8192))
		here = sim_random(65536);
	if (sim_chance(8192))
		seg.opt.mss = sim_random(65536);
	sim_net_send(from, here, there, &seg, NULL);
	if (--sim->forged)
		sim_at(sim->now + sim_random_time(SIM_SEC), SIM_FORGE, NULL, 0);
}

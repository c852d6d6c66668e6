// SPDX-License-Identifier: GPL-2.0
/* What a seed decides before the clock starts. */
#include "sim.h"

#define PER_CENT(n)	((n) * 65536 / 100)

static void plan_net(void)
{
	struct sim_net *net = &sim->net;

	net->delay = SIM_ONE_OF(10, 500, 5000, 20000, 100000, 300000);
	net->jitter = sim_random_time(net->delay);
	sim->late = SIM_ONE_OF(0, 0, 1000, 4000);

	switch (sim_random(8)) {
	case 0:
		net->jitter = 0;
		sim->quiet = true;
		return;
	case 1:
		net->loss = PER_CENT(5);
		return;
	case 2:
		net->reorder = PER_CENT(25);
		return;
	case 3:
		net->duplicate = PER_CENT(25);
		net->stale = PER_CENT(2);
		return;
	case 4:
		net->loss = PER_CENT(25);
		net->corrupt = PER_CENT(5);
		break;
	default:
		net->loss = sim_random(PER_CENT(12));
		net->corrupt = sim_random(PER_CENT(3));
		break;
	}
	net->duplicate = sim_random(PER_CENT(10));
	net->reorder = sim_random(PER_CENT(30));
	net->stale = sim_random(PER_CENT(2));
	sim->no_memory = sim_chance(16384) ? PER_CENT(2) : 0;
	if (sim_chance(PER_CENT(6))) {
		net->dead_from = sim->now + sim_random_time(20 * SIM_SEC);
		net->dead_host[0] = sim_chance(32768);
		net->dead_host[1] = sim_chance(32768);
	}
}

static void plan_settings(void)
{
	u8 host;

	mytcp_config_init(&sim->cfg);
	sim->cfg.msl = SIM_ONE_OF(1000, 5000, 30000);
	sim->cfg.delack = SIM_ONE_OF(1, 40, 40, 200);
	sim->cfg.fin_timeout = SIM_ONE_OF(500, 5000, 60000);
	if (sim_chance(16384)) {
		sim->cfg.syn_retries = 1 + sim_random(4);
		sim->cfg.synack_retries = 1 + sim_random(4);
		sim->cfg.retries2 = 3 + sim_random(12);
		sim->cfg.orphan_retries = 2 + sim_random(8);
		sim->cfg.rto_max = 2000 + sim_random(30000);
	}
	for (host = 0; host < SIM_HOSTS; host++) {
		struct mytcp_config *own = &sim->host_cfg[host];

		*own = sim->cfg;
		own->window_scaling = sim_chance(PER_CENT(80));
		own->timestamps = sim_chance(PER_CENT(80));
		own->sack = sim_chance(PER_CENT(80));
		own->cookie_option = sim_chance(PER_CENT(70));
		sim->wscale[host] = sim_random(MYTCP_WSCALE_MAX + 1);
		sim->path_mss[host] = SIM_ONE_OF(1460, 1440, 536, 100, 48);
		sim->adv_mss[host] = SIM_ONE_OF(1460, 1460, 536, 200, 0, 1);
	}
	/* As likely as not they pass 0. */
	sim->ts_begin = sim_chance(32768) ? sim_random(-1U) :
					    -sim_random(60000);
	sim->unit = min(sim->path_mss[0], sim->path_mss[1]);
}

static void plan_listener(u8 host)
{
	struct sim_listener *listener = &sim->listener[host];

	listener->host = host;
	listener->port = SIM_PORT;
	listener->backlog = SIM_ONE_OF(1, 2, 8);
	listener->accept_every = SIM_ONE_OF(100, 10000, 300000);
	listener->open = true;
	sim_check_taken(MYTCP_CLOSED, MYTCP_LISTEN);
	if (sim_chance(PER_CENT(10)))
		listener->close_at = sim->now + sim_random_time(3 * SIM_SEC);
	sim_at(sim->now, SIM_LISTEN, listener, 0);
}

static void plan_script(u8 host, u16 lport, u16 rport, u64 start)
{
	struct sim_script *script = &sim->script[sim->scripts++];

	script->host = host;
	script->lport = lport;
	script->rport = rport;
	script->start = start;
	script->again = sim_chance(PER_CENT(25)) ? 1 + sim_random(3) : 0;
	sim_at(start, SIM_SCRIPT, script, 0);
}

/**
 * sim_plan() - what the seed says of settings, network and programs
 */
void sim_plan(void)
{
	u32 clients = SIM_ONE_OF(1, 1, 1, 2, 3);
	u64 start = sim->now;

	plan_net();
	plan_settings();
	plan_listener(1);
	if (sim_chance(PER_CENT(20)))
		plan_listener(0);

	while (clients--) {
		u16 port = 40000 + sim->scripts;
		u8 host = sim->listener[0].open ? sim_random(2) : 0;

		if (sim_chance(PER_CENT(20))) {
			/* Both connect to each other. */
			u64 early = sim_random_time(2 * sim->net.delay);

			plan_script(0, port, port + 1000, start);
			plan_script(1, port + 1000, port, start + early);
		} else {
			u16 to = sim_chance(PER_CENT(4)) ? SIM_PORT + 1 :
							   SIM_PORT;

			plan_script(host, port, to, start);
		}
		start += sim_random_time(SIM_SEC);
	}
	sim_cookie_plan();
	if (sim_chance(PER_CENT(10))) {
		sim->forged = 1 + sim_random(30);
		sim_at(sim->now, SIM_FORGE, NULL, 0);
	}
}

/**
 * sim_plan_app() - what a program does with its connection
 * @conn: the connection
 * @client: it has connected; of a pair one must close by itself
 */
void sim_plan_app(struct sim_conn *conn, bool client)
{
	struct sim_app *app = &conn->app;
	u32 most = min(150 * sim->unit, 100000U);

	app->total = sim_chance(PER_CENT(10)) ? 0 : sim_random(most);
	app->chunk = 1 + sim_random(4 * sim->unit);
	if (sim_chance(PER_CENT(15)))
		app->chunk = 1 + sim_random(20);
	app->chunk = max(app->chunk, app->total / 60);
	app->read_chunk = 1 + sim_random(4 * sim->unit);
	if (sim_chance(PER_CENT(10)))
		app->read_chunk = 1 + sim_random(30);
	app->read_chunk = max(app->read_chunk, most / 100);
	app->think = sim_random(SIM_ONE_OF(10, 1000, 20000, 200000));
	app->give_up = sim->now + 1800 * SIM_SEC;
	app->corks = sim_chance(PER_CENT(10));
	app->end = client ? sim_random(2) : sim_random(3);
	app->listens = client && app->total % 16 == 0;
	sim_liveness_plan(conn);

	if (sim_chance(PER_CENT(8)))
		app->abort_at = sim->now + sim_random_time(SIM_SEC);
	if (sim_chance(PER_CENT(15))) {
		app->stall_at = sim->now + sim_random_time(SIM_SEC);
		app->stall_end = app->stall_at + sim_random_time(300 * SIM_SEC);
	}
}

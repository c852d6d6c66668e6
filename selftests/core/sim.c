// SPDX-License-Identifier: GPL-2.0
/* The clock, the events and the run. */
#include <stdlib.h>

#include "sim.h"

struct sim *sim;

/* splitmix64: every seed, small ones too, gives a run of its own. */
static u64 next_random(void)
{
	u64 z = sim->random += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/**
 * sim_random() - a number from the seed
 * @below: what it stays below; 0 gives 0
 *
 * Return: the number.
 */
u32 sim_random(u32 below)
{
	return (next_random() >> 32) * below >> 32;
}

/**
 * sim_random_time() - the same for microseconds
 * @below: what it stays below; 0 gives 0
 *
 * Return: the number.
 */
u64 sim_random_time(u64 below)
{
	u64 random = next_random();

	return below ? random % below : 0;
}

/**
 * sim_chance() - throw the dice
 * @of_65536: how often it is to happen
 *
 * Return: does it happen this time?
 */
bool sim_chance(u32 of_65536)
{
	return sim_random(65536) < of_65536;
}

/**
 * sim_one_of() - choose, see SIM_ONE_OF()
 * @values: what to choose from
 * @count: how many
 *
 * Return: one of them.
 */
u32 sim_one_of(const u32 *values, u32 count)
{
	return values[sim_random(count)];
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at < b->at || (a->at == b->at && a->order < b->order);
}

/**
 * sim_at() - let something happen later
 * @at: when, microseconds; the past means now
 * @kind: what
 * @object: to whom, by kind
 * @which: of a connection's timers
 */
void sim_at(u64 at, enum sim_event_kind kind, void *object, u8 which)
{
	struct sim_event event = {
		.at = at > sim->now ? at : sim->now, .order = sim->order++,
		.object = object, .kind = kind, .which = which,
	};
	u32 i;

	if (sim->heap_len == sim->heap_room) {
		sim->heap_room = sim->heap_room ? 2 * sim->heap_room : 1024;
		sim->heap = realloc(sim->heap,
				    sim->heap_room * sizeof(*sim->heap));
		if (!sim->heap)
			abort();
	}
	for (i = sim->heap_len++; i; i = (i - 1) / 2) {
		struct sim_event *parent = &sim->heap[(i - 1) / 2];

		if (!before(&event, parent))
			break;
		sim->heap[i] = *parent;
	}
	sim->heap[i] = event;
}

static struct sim_event pop(void)
{
	struct sim_event first = sim->heap[0];
	struct sim_event last = sim->heap[--sim->heap_len];
	u32 i = 0;

	for (;;) {
		u32 child = 2 * i + 1;

		if (child >= sim->heap_len)
			break;
		if (child + 1 < sim->heap_len &&
		    before(&sim->heap[child + 1], &sim->heap[child]))
			child++;
		if (!before(&sim->heap[child], &last))
			break;
		sim->heap[i] = sim->heap[child];
		i = child;
	}
	sim->heap[i] = last;
	return first;
}

static void happen(const struct sim_event *event)
{
	switch (event->kind) {
	case SIM_ARRIVE:
		sim_net_arrive(event->object);
		break;
	case SIM_TIMER:
		sim_host_timer(event->object, event->which);
		break;
	case SIM_HALF:
		sim_half_timer(event->object);
		break;
	case SIM_TIME_WAIT:
		sim_host_timewait(event->object);
		break;
	case SIM_APP:
		sim_app_step(event->object);
		break;
	case SIM_SCRIPT:
		sim_app_start(event->object);
		break;
	case SIM_LISTEN:
		sim_app_listen(event->object);
		break;
	case SIM_FORGE:
		sim_net_forge();
		break;
	case SIM_FLOOD:
		sim_cookie_flood();
		break;
	case SIM_ROTATE:
		sim_cookie_rotate(event->which);
		break;
	}
}

/**
 * sim_run() - one run, from its plan to the last event
 * @run: what a caller has set stays: ladder and taken
 * @seed: decides everything
 *
 * Return: false if something that must be true was not; @run->broken says what.
 */
bool sim_run(struct sim *run, u64 seed)
{
	sim = run;
	sim->seed = seed;
	sim->random = seed;
	sim->now = SIM_SEC;

	sim_net_init();
	sim_plan();
	if (sim->ladder)
		sim_ladder_begin();

	while (sim->heap_len && !sim->failed) {
		struct sim_event event = pop();

		sim->now = event.at;
		if (++sim->events > SIM_EVENTS_MAX) {
			sim_broken("%u events and no end", sim->events);
			break;
		}
		happen(&event);
	}
	if (!sim->failed)
		sim_check_end();
	sim_net_done();
	free(sim->heap);
	sim->heap = NULL;
	return !sim->failed;
}

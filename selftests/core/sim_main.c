// SPDX-License-Identifier: GPL-2.0
/*
 * Runs of the simulator: one as a picture, or many, on every CPU.
 *
 *	sim [--seeds FIRST-LAST] [--jobs N]
 *	sim --seed N [--ladder]
 *
 * Prints TAP, and for a run that fails the command that repeats it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

#define JOBS_MAX	64
#define REPORTS_MAX	5	/* failures described */

/*
 * Runs that once failed, with what they showed: run each time before all others.
 * A seed means another run once the simulator has changed; find it anew then.
 */
static const struct {
	u64 seed;
	const char *showed;
} regressions[] = {
	{ 6, "an ACK on an old segment widened the window by what it acknowledged" },
	{ 6760, "TIME_WAIT and a half-open entry answered each other for ever" },
	{ 20901, "window probes went unanswered after ten challenges" },
	{ 740, "a client that had filled the window was reset, cookie and all" },
};

/* What the jobs have in common. */
struct shared {
	u32 taken[JOBS_MAX][MYTCP_STATES][MYTCP_STATES];
	u64 segments[JOBS_MAX];
	u64 events[JOBS_MAX];
	u32 failed[JOBS_MAX];
};

static struct shared *shared;
static struct sim run;
static char program[4096];		/* where it lies */

static bool one(u64 seed, u32 job, bool ladder)
{
	bool ok;

	memset(&run, 0, sizeof(run));
	run.ladder = ladder;
	run.taken = shared->taken[job];
	ok = sim_run(&run, seed);
	shared->segments[job] += run.segments;
	shared->events[job] += run.events;
	if (ok)
		return true;
	if (++shared->failed[job] <= REPORTS_MAX && !ladder) {
		printf("# seed %llu, %.3f ms: %s\n", (unsigned long long)seed,
		       (double)(run.now - SIM_SEC) / SIM_MSEC, run.broken);
		printf("#   %s --seed %llu --ladder\n", program,
		       (unsigned long long)seed);
		fflush(stdout);
	}
	return false;
}

static void many(u64 first, u64 last, u32 jobs)
{
	u32 job;

	fflush(stdout);
	for (job = 0; job < jobs; job++) {
		u64 seed;

		if (fork())
			continue;
		for (seed = first + job; seed <= last; seed += jobs)
			one(seed, job, false);
		fflush(stdout);
		_exit(0);
	}
	for (job = 0; job < jobs; job++) {
		int status;

		wait(&status);
		if (!WIFEXITED(status) || WEXITSTATUS(status)) {
			printf("# a job died: status 0x%x\n", status);
			shared->failed[0]++;
		}
	}
}

static u64 sum(const u64 *of)
{
	u64 total = 0;
	u32 job;

	for (job = 0; job < JOBS_MAX; job++)
		total += of[job];
	return total;
}

/* A legal change that no run makes is a hole in the test. */
static u32 holes(void)
{
	u32 from, to, job, missing = 0;

	for (from = 0; from < MYTCP_STATES; from++) {
		for (to = 0; to < MYTCP_STATES; to++) {
			u64 times = 0;

			if (!mytcp_state_legal(from, to))
				continue;
			for (job = 0; job < JOBS_MAX; job++)
				times += shared->taken[job][from][to];
			printf("# %-11s -> %-11s %10llu times\n",
			       mytcp_state_name(from), mytcp_state_name(to),
			       (unsigned long long)times);
			missing += !times;
		}
	}
	return missing;
}

static void result(u32 number, bool ok, const char *name)
{
	printf("%sok %u %s\n", ok ? "" : "not ", number, name);
}

static int bad_usage(const char *name)
{
	fprintf(stderr,
		"usage: %s [--seeds FIRST-LAST] [--jobs N]\n"
		"       %s --seed N [--ladder]\n", name, name);
	return 2;
}

static int all(u64 first, u64 last, u32 jobs)
{
	u32 failed = 0, old = 0, missing, i;

	printf("TAP version 13\n1..3\n");
	for (i = 0; i < ARRAY_SIZE(regressions); i++) {
		if (one(regressions[i].seed, 0, false))
			continue;
		printf("# it once showed: %s\n", regressions[i].showed);
		old++;
	}
	result(1, !old, "runs_that_once_failed_stay_repaired");

	many(first, last, jobs);
	for (i = 0; i < jobs; i++)
		failed += shared->failed[i];
	failed -= old;
	printf("# seeds %llu to %llu: %llu segments, %llu events, %u failed\n",
	       (unsigned long long)first, (unsigned long long)last,
	       (unsigned long long)sum(shared->segments),
	       (unsigned long long)sum(shared->events), failed);
	result(2, !failed, "whatever_network_and_programs_do_all_stays_true");

	missing = holes();
	result(3, !missing, "every_legal_change_of_state_is_made_by_some_run");
	return failed || missing || old;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seeds", required_argument, NULL, 'm' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "ladder", no_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long long first = 1, last = 10000;
	bool ladder = false, single = false;
	u32 jobs = sysconf(_SC_NPROCESSORS_ONLN);
	int opt;

	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		snprintf(program, sizeof(program), "%s", argv[0]);
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 's':
			single = true;
			first = strtoull(optarg, NULL, 0);
			break;
		case 'm':
			if (sscanf(optarg, "%llu-%llu", &first, &last) != 2)
				return bad_usage(argv[0]);
			break;
		case 'j':
			jobs = strtoul(optarg, NULL, 0);
			break;
		case 'l':
			ladder = true;
			break;
		default:
			return bad_usage(argv[0]);
		}
	}
	if (optind != argc || !jobs)
		return bad_usage(argv[0]);
	jobs = min_t(u32, jobs, JOBS_MAX);

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	if (single)
		return !one(first, 0, ladder);
	return all(first, last, jobs);
}

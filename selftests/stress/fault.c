// SPDX-License-Identifier: GPL-2.0
/*
 * Inserts a module again and again; the first time its first allocation fails, then the
 * second, and so on until none is left. Where the module comes up all the same it is
 * removed.
 */
#include <sys/syscall.h>

#include "../net/net.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define LEFT_BEHIND	"/proc/sys/net/mytcp", "/proc/net/mytcp", "/proc/net/mytcp_stat",	\
			"/sys/module/mytcp"

static void fail_nth(int fd, int n)
{
	char text[12];
	int len = snprintf(text, sizeof(text), "%d", n);

	if (pwrite(fd, text, len, 0) != len)
		die(FAIL_NTH);
}

/* Has the allocation been reached that was to fail? */
static bool failed(int fd)
{
	char text[12] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		die(FAIL_NTH);
	return !atoi(text);
}

static void nothing_left(int n)
{
	static const char *const paths[] = { LEFT_BEHIND };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		if (!access(paths[i], F_OK)) {
			fprintf(stderr, "# allocation %d: %s stays behind\n", n, paths[i]);
			_exit(KSFT_FAIL);
		}
}

int main(int argc, char **argv)
{
	int fault = open(FAIL_NTH, O_RDWR), module = open(argv[argc - 1], O_RDONLY);
	int n, refused = 0, err;
	bool reached;

	if (fault < 0)
		die(FAIL_NTH);
	if (module < 0)
		die(argv[argc - 1]);
	for (n = 1;; n++) {
		fail_nth(fault, n);
		err = syscall(SYS_finit_module, module, "", 0) ? errno : 0;
		reached = failed(fault);
		fail_nth(fault, 0);
		refused += !!err;
		if (!err && !wait_for(!syscall(SYS_delete_module, "mytcp", O_NONBLOCK)))
			die("rmmod");
		nothing_left(n);
		if (!reached)
			break;
	}
	if (err) {
		fprintf(stderr, "# no allocation failed, and yet: %s\n", strerror(err));
		return KSFT_FAIL;
	}
	printf("# %d allocations, each failed once: refused %d times\n", n - 1, refused);
	return refused ? KSFT_PASS : KSFT_FAIL;
}

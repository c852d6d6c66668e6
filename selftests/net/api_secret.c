// SPDX-License-Identifier: GPL-2.0
/* The secret of a namespace, and the keys of its cookies: who may set them, and to what. */
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "net.h"

#define KEY	"00112233445566778899aabbccddeeff"
#define SECRET	"syncookie_secret"
#define KEYS	"syncookie_keys"
#define ROTATION "syncookie_rotation"

FIXTURE(secret) {
	const struct family *f;
};

FIXTURE_SETUP(secret)
{
	static const struct family mytcp = FAMILY_MYTCP4;

	self->f = &mytcp;
	netns_new();
}

FIXTURE_TEARDOWN(secret)
{
}

/* What a child exits with that could not even try. */
#define NOT_TRIED	1
#define TRIED(err)	((err) + 100)

/* Returns 0 or what is wrong. */
static int write_at(const char *name, const char *text, off_t pos)
{
	char path[128];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/mytcp/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return errno;
	if (pwrite(fd, text, strlen(text), pos) != (ssize_t)strlen(text))
		err = errno;
	close(fd);
	return err;
}

static int write_setting(const char *name, const char *text)
{
	return write_at(name, text, 0);
}

static int write_key(void *arg)
{
	int err = write_setting(SECRET, KEY);
	int err_keys = write_setting(KEYS, KEY "," KEY "," KEY);

	return err == err_keys ? TRIED(err) : NOT_TRIED;
}

TEST_F(secret, a_secret_has_32_hexadecimal_digits)
{
	EXPECT_EQ(0, write_setting(SECRET, KEY));
	EXPECT_EQ(0, write_setting(SECRET, KEY "\n"));
	EXPECT_EQ(0, write_setting(SECRET, "00112233445566778899AABBCCDDEEFF"));
	EXPECT_EQ(EINVAL, write_setting(SECRET, "\n"));
	EXPECT_EQ(EINVAL, write_setting(SECRET, "0"));
	EXPECT_EQ(EINVAL, write_setting(SECRET, KEY "0"));
	EXPECT_EQ(EINVAL, write_setting(SECRET, KEY "\n" KEY));
	EXPECT_EQ(EINVAL, write_setting(SECRET, KEY "," KEY "," KEY));
	EXPECT_EQ(EINVAL, write_setting(SECRET, "00112233445566778899aabbccddeef"));
	EXPECT_EQ(EINVAL, write_setting(SECRET, "00112233445566778899aabbccddeefg"));
	EXPECT_EQ(EINVAL, write_setting(SECRET, "0x112233445566778899aabbccddeeff"));
	EXPECT_EQ(EINVAL, write_at(SECRET, KEY, 1));
}

TEST_F(secret, keys_are_three_with_commas_between)
{
	EXPECT_EQ(0, write_setting(KEYS, KEY "," KEY "," KEY));
	EXPECT_EQ(0, write_setting(KEYS, KEY "," KEY "," KEY "\n"));
	EXPECT_EQ(EINVAL, write_setting(KEYS, "\n"));
	EXPECT_EQ(EINVAL, write_setting(KEYS, KEY));
	EXPECT_EQ(EINVAL, write_setting(KEYS, KEY "," KEY));
	EXPECT_EQ(EINVAL, write_setting(KEYS, KEY "," KEY ","));
	EXPECT_EQ(EINVAL, write_setting(KEYS, KEY "," KEY "," KEY ","));
	EXPECT_EQ(EINVAL, write_setting(KEYS, KEY "," KEY "," KEY "," KEY));
	EXPECT_EQ(EINVAL, write_setting(KEYS, KEY " " KEY " " KEY));
	EXPECT_EQ(EINVAL, write_setting(KEYS, KEY ", " KEY "," KEY));
	EXPECT_EQ(EINVAL, write_at(KEYS, KEY "," KEY "," KEY, 1));
}

TEST_F(secret, the_time_a_key_lasts_has_a_range)
{
	EXPECT_EQ(3600, sysctl_get(self->f, ROTATION, 0));
	EXPECT_EQ(0, write_setting(ROTATION, "256"));
	EXPECT_EQ(0, write_setting(ROTATION, "604800"));
	EXPECT_EQ(EINVAL, write_setting(ROTATION, "255"));
	EXPECT_EQ(EINVAL, write_setting(ROTATION, "604801"));
	EXPECT_EQ(604800, sysctl_get(self->f, ROTATION, 0));
}

TEST_F(secret, nobody_can_read_it)
{
	EXPECT_ERRNO(EACCES, open("/proc/sys/net/mytcp/" SECRET, O_RDONLY));
	EXPECT_ERRNO(EACCES, open("/proc/sys/net/mytcp/" KEYS, O_RDONLY));
	EXPECT_ERRNO(EACCES, open("/proc/sys/net/mytcp/" KEYS, O_RDWR));
}

static int as_nobody(void *arg)
{
	if (setgid(65534) || setuid(65534))
		die("setuid");
	return write_key(arg);
}

TEST_F(secret, an_ordinary_user_cannot_set_it)
{
	EXPECT_EQ(TRIED(EACCES), child_exit(child_new(as_nobody, NULL)));
}

/* All but CAP_NET_ADMIN. */
static int as_weak_root(void *arg)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		die("capget");
	data[0].effective &= ~(1U << CAP_NET_ADMIN);
	if (syscall(SYS_capset, &header, data))
		die("capset");
	return write_key(arg);
}

TEST_F(secret, root_without_cap_net_admin_cannot_set_it)
{
	EXPECT_EQ(TRIED(EPERM), child_exit(child_new(as_weak_root, NULL)));
}

static void map_root(int flags)
{
	FILE *file;

	if (unshare(flags))
		die("unshare");
	file = fopen("/proc/self/uid_map", "w");
	if (!file || fputs("0 0 1\n", file) < 0 || fclose(file))
		die("uid_map");
}

static int as_root_of_a_container(void *arg)
{
	map_root(CLONE_NEWUSER);
	return write_key(arg);
}

TEST_F(secret, root_of_another_user_namespace_cannot_set_it)
{
	EXPECT_EQ(TRIED(EPERM), child_exit(child_new(as_root_of_a_container, NULL)));
}

static int as_root_of_its_own(void *arg)
{
	map_root(CLONE_NEWUSER | CLONE_NEWNET);
	return write_key(arg);
}

TEST_F(secret, root_of_a_container_sets_that_of_the_containers_own_namespace)
{
	EXPECT_EQ(TRIED(0), child_exit(child_new(as_root_of_its_own, NULL)));
}

TEST_HARNESS_MAIN

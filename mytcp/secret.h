/* SPDX-License-Identifier: GPL-2.0 */
/* A namespace's secret, and the keys that come of it. */
#ifndef MYTCP_SECRET_H
#define MYTCP_SECRET_H

#include <linux/rcupdate.h>
#include <linux/siphash.h>

#include "core/cookie.h"
#include "net.h"

/* Seconds for which a key makes cookies, which live on in the next one's. */
#define MYTCP_ROTATION_MIN	256
#define MYTCP_ROTATION		3600
#define MYTCP_ROTATION_MAX	(7 * 86400)

/**
 * struct mytcp_secret - what is kept secret; never changed, but replaced whole
 * @ends: hashes endpoints for initial numbers and timestamp offsets
 * @keys: of cookies
 * @rotation: seconds for which each of @keys makes them; 0 if an administrator
 *	gave them, for ever
 * @master: all the others come of it, and of the time
 * @rcu: freed after a grace period
 */
struct mytcp_secret {
	siphash_key_t ends;
	struct mytcp_cookie_keys keys;
	u32 rotation;
	u8 master[MYTCP_COOKIE_KEY_LEN] __aligned(8);
	struct rcu_head rcu;
};

int mytcp_secret_start(struct mytcp_net *mn);
void mytcp_secret_stop(struct mytcp_net *mn);
int mytcp_secret_set(struct mytcp_net *mn, const char *text);
int mytcp_secret_set_keys(struct mytcp_net *mn, const char *text);
void mytcp_secret_renew(struct mytcp_net *mn, u32 now);

/* Do the keys want to be derived anew? */
static inline bool mytcp_secret_stale(const struct mytcp_secret *secret,
				      const struct mytcp_net *mn, u32 now)
{
	return secret->rotation &&
	       (mytcp_cookie_stale(&secret->keys, now) ||
		secret->rotation != READ_ONCE(mn->syncookie_rotation));
}

/**
 * mytcp_secret_keys() - the keys of cookies
 * @mn: the namespace
 * @now: seconds of real time
 *
 * Softirq, under RCU.
 *
 * Return: the keys, good until the end of the grace period.
 */
static inline const struct mytcp_cookie_keys *
mytcp_secret_keys(struct mytcp_net *mn, u32 now)
{
	const struct mytcp_secret *secret = rcu_dereference(mn->secret);

	if (unlikely(mytcp_secret_stale(secret, mn, now))) {
		mytcp_secret_renew(mn, now);
		secret = rcu_dereference(mn->secret);
	}
	return &secret->keys;
}

#endif /* MYTCP_SECRET_H */

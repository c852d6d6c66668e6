// SPDX-License-Identifier: GPL-2.0
#include "secret.h"

#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "net.h"

#define KEY_LEN		MYTCP_COOKIE_KEY_LEN
#define KEY_DIGITS	(2 * KEY_LEN)

static void derive_keys(struct mytcp_secret *secret, u32 rotation, u32 now)
{
	secret->rotation = rotation;
	mytcp_cookie_derive(&secret->keys, secret->master, now, rotation);
}

/* The text is of another length than any that keys of cookies come of. */
static void derive_ends(struct mytcp_secret *secret)
{
	const __le64 *words = (const __le64 *)secret->master;
	const siphash_key_t master = {
		{ le64_to_cpu(words[0]), le64_to_cpu(words[1]) }
	};

	secret->ends.key[0] = siphash_2u64(0, 0, &master);
	secret->ends.key[1] = siphash_2u64(0, 1, &master);
}

static void free_secret(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct mytcp_secret, rcu));
}

/* Lock held, or nobody else there yet. */
static void publish(struct mytcp_net *mn, struct mytcp_secret *secret)
{
	struct mytcp_secret *old = rcu_dereference_protected(mn->secret, true);

	rcu_assign_pointer(mn->secret, secret);
	if (old)
		call_rcu(&old->rcu, free_secret);
}

static struct mytcp_secret *secret_from(struct mytcp_net *mn,
					const u8 master[KEY_LEN])
{
	struct mytcp_secret *secret = kzalloc(sizeof(*secret), GFP_KERNEL);

	if (!secret)
		return NULL;
	memcpy(secret->master, master, sizeof(secret->master));
	derive_ends(secret);
	derive_keys(secret, READ_ONCE(mn->syncookie_rotation),
		    ktime_get_real_seconds());
	return secret;
}

/**
 * mytcp_secret_start() - give a namespace a secret of its own
 * @mn: the namespace, its settings made
 *
 * Return: 0 or -ENOMEM.
 */
int mytcp_secret_start(struct mytcp_net *mn)
{
	struct mytcp_secret *secret;
	u8 master[KEY_LEN];

	spin_lock_init(&mn->secret_lock);
	get_random_bytes(master, sizeof(master));
	secret = secret_from(mn, master);
	memzero_explicit(master, sizeof(master));
	if (!secret)
		return -ENOMEM;
	publish(mn, secret);
	return 0;
}

/**
 * mytcp_secret_stop() - undo mytcp_secret_start()
 * @mn: the namespace, in which nobody reads any more
 */
void mytcp_secret_stop(struct mytcp_net *mn)
{
	kfree_sensitive(rcu_dereference_protected(mn->secret, true));
}

/* A number of KEY_DIGITS digits and what ends it. */
static int read_key(const char *text, u8 bytes[KEY_LEN], char end)
{
	if (hex2bin(bytes, text, KEY_LEN) || text[KEY_DIGITS] != end)
		return -EINVAL;
	return 0;
}

/**
 * mytcp_secret_set() - an administrator's master secret
 * @mn: the namespace
 * @text: 32 hexadecimal digits
 *
 * Process context.
 *
 * Return: 0, -EINVAL or -ENOMEM, nothing changed.
 */
int mytcp_secret_set(struct mytcp_net *mn, const char *text)
{
	struct mytcp_secret *secret;
	u8 master[KEY_LEN];

	if (read_key(text, master, 0))
		return -EINVAL;
	secret = secret_from(mn, master);
	memzero_explicit(master, sizeof(master));
	if (!secret)
		return -ENOMEM;
	spin_lock_bh(&mn->secret_lock);
	publish(mn, secret);
	spin_unlock_bh(&mn->secret_lock);
	return 0;
}

/**
 * mytcp_secret_set_keys() - an administrator's keys for cookies
 * @mn: the namespace
 * @text: the previous, the current and the next, each 32 hexadecimal digits,
 *	with commas between
 *
 * From now on time does not change them. Process context.
 *
 * Return: 0, -EINVAL or -ENOMEM, nothing changed.
 */
int mytcp_secret_set_keys(struct mytcp_net *mn, const char *text)
{
	const char *each = text;
	struct mytcp_secret *secret;
	u8 bytes[3][KEY_LEN];
	int i;

	for (i = 0; i < 3; i++, each += KEY_DIGITS + 1)
		if (read_key(each, bytes[i], i < 2 ? ',' : 0))
			return -EINVAL;
	secret = kmalloc(sizeof(*secret), GFP_KERNEL);
	if (!secret)
		return -ENOMEM;

	spin_lock_bh(&mn->secret_lock);
	*secret = *rcu_dereference_protected(mn->secret, true);
	secret->rotation = 0;
	mytcp_cookie_key_set(&secret->keys.key[MYTCP_COOKIE_PREVIOUS], bytes[0]);
	mytcp_cookie_key_set(&secret->keys.key[MYTCP_COOKIE_CURRENT], bytes[1]);
	mytcp_cookie_key_set(&secret->keys.key[MYTCP_COOKIE_NEXT], bytes[2]);
	publish(mn, secret);
	spin_unlock_bh(&mn->secret_lock);
	memzero_explicit(bytes, sizeof(bytes));
	return 0;
}

/**
 * mytcp_secret_renew() - derive the keys of cookies anew
 * @mn: the namespace
 * @now: seconds of real time
 *
 * Who comes while another sees to it, or finds no memory, goes on with the old
 * keys, which other servers know as the previous ones. Softirq, under RCU.
 */
void mytcp_secret_renew(struct mytcp_net *mn, u32 now)
{
	struct mytcp_secret *secret, *old;

	if (!spin_trylock(&mn->secret_lock))
		return;
	old = rcu_dereference_protected(mn->secret, true);
	if (mytcp_secret_stale(old, mn, now)) {
		secret = kmemdup(old, sizeof(*old), GFP_ATOMIC);
		if (secret) {
			derive_keys(secret, READ_ONCE(mn->syncookie_rotation),
				    now);
			publish(mn, secret);
		}
	}
	spin_unlock(&mn->secret_lock);
}

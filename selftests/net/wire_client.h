/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clients of a listener that answers with cookies: what each offers, and what it does with
 * the SYN+ACK.
 */
#ifndef WIRE_CLIENT_H
#define WIRE_CLIENT_H

#include "wire.h"

#define COOKIE_LEN	16

/* What a client has to offer. */
struct client {
	const char *name;
	int mss;
	int wscale;		/* -1: none */
	bool sack;
	bool ts;
	bool cookie;
	const char *syn;	/* the options of its SYN, if they are laid out otherwise */
	int syn_len;
};

extern const struct client clients[9];

/* Of @clients. */
enum { MSS, COOKIE, ALL = 6, COOKIE_ALL = 8 };

/* Options as they stand in a header. */
struct options {
	unsigned char bytes[40];
	size_t len;
};

const unsigned char *option_of(const struct segment *seg, int kind);
__u32 option_number(const unsigned char *p);

/* The stack under test; listen_with_cookies(): whatever comes */
void set_options(const struct wire *w, bool on);
void listen_with_cookies(struct wire *w);
int kept(const struct wire *w);
struct segment cookie_comes(struct wire *w);

#define client_send(w, o, f, ...) \
	client_put(w, o, (struct segment){ .flags = (f), __VA_ARGS__ })

void client_put(struct wire *w, const struct options *o, struct segment seg);
struct options client_options(const struct client *c);
struct options client_syn(struct wire *w, const struct client *c);
void client_ack(struct wire *w, const struct client *c, struct options *echo);
bool client_has_all(struct wire *w, const struct client *c);
void client_talk(struct wire *w, struct options *echo);

#endif

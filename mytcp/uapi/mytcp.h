/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a program needs to speak MyTCP:
 *
 *	fd = socket(AF_MYTCP, SOCK_STREAM, MYTCP_PROTO_IP4);
 *
 * Addresses are struct sockaddr_in and sockaddr_in6; options, ioctls, flags
 * and errors are those of TCP.
 */
#ifndef _UAPI_MYTCP_H
#define _UAPI_MYTCP_H

/* A number below AF_MAX that nothing registers; module parameter "family". */
#ifndef AF_MYTCP
#define AF_MYTCP	19
#define PF_MYTCP	AF_MYTCP
#endif

/* The third argument of socket(): what the addresses are. */
#define MYTCP_PROTO_IP4	0
#define MYTCP_PROTO_IP6	1

/*
 * Protocol number in the IP header, one of those RFC 3692 keeps for
 * experiments; module parameter "ipproto".
 */
#ifndef IPPROTO_MYTCP
#define IPPROTO_MYTCP	253
#endif

#endif /* _UAPI_MYTCP_H */

// SPDX-License-Identifier: GPL-2.0
/* Options of SOL_TCP; what belongs to IP goes to the kernel's IP. */
#include "sockopt.h"

#include <linux/sockptr.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "core/host.h"
#include "net.h"
#include "sock.h"
#include "waitq.h"

/* The bounds Linux TCP has; seconds but for counts and MAXSEG. */
#define KEEP_IDLE_MAX	32767
#define KEEP_INTVL_MAX	32767
#define KEEP_CNT_MAX	127
#define SYNCNT_MAX	127
#define MAXSEG_MIN	88
#define MAXSEG_MAX	32767

static const char cc_name[16] = "reno";	/* TCP_CA_NAME_MAX */

/* How long so many pauses of a SYN+ACK last, in milliseconds. */
static u64 pauses_ms(int pauses, const struct mytcp_config *cfg)
{
	u64 pause = READ_ONCE(cfg->rto_init), sum = 0;

	for (; pauses > 0; pauses--) {
		sum += pause;
		pause = min_t(u64, 2 * pause, READ_ONCE(cfg->rto_max));
	}
	return sum;
}

/* As many whole pauses as reach @seconds. */
static int set_defer_accept(struct mytcp_user *user, int seconds,
			    const struct mytcp_config *cfg)
{
	u64 ms = max(seconds, 0) * (u64)MSEC_PER_SEC;
	int n = 0;

	while (n < U8_MAX && pauses_ms(n, cfg) < ms)
		n++;
	WRITE_ONCE(user->defer_accept, n);
	return 0;
}

static int set_cc(sockptr_t optval, unsigned int optlen)
{
	char name[sizeof(cc_name)];
	long len;

	if (optlen < 1)
		return -EINVAL;
	len = strncpy_from_sockptr(name, optval,
				   min_t(long, sizeof(name) - 1, optlen));
	if (len < 0)
		return -EFAULT;
	name[len] = '\0';
	return strcmp(name, cc_name) ? -ENOENT : 0;
}

static int set_linger2(struct sock *sk, int val)
{
	int seconds = clamp(val, -1, MYTCP_LINGER2_MAX);
	int err = 0;

	if (seconds > 0)
		err = mytcp_waitq_linger(mytcp_sk_net(sk), seconds);
	if (!err)
		mytcp_sk(sk)->tcb.patience.linger2 = seconds;
	return err;
}

/* Seconds, kept in milliseconds. */
static int set_seconds(u32 *to, int val, int most)
{
	if (val < 1 || val > most)
		return -EINVAL;
	*to = val * MSEC_PER_SEC;
	return 0;
}

static int set_keep_idle(struct mytcp_tcb *tcb, int val)
{
	int err = set_seconds(&tcb->patience.keep_idle, val, KEEP_IDLE_MAX);

	if (!err)
		mytcp_timer_patience(tcb);
	return err;
}

static int set_keep_cnt(struct mytcp_patience *patience, int val)
{
	if (val < 1 || val > KEEP_CNT_MAX)
		return -EINVAL;
	patience->keep_probes = val;
	return 0;
}

static int set_user_timeout(struct mytcp_tcb *tcb, int val)
{
	if (val < 0)
		return -EINVAL;
	tcb->patience.user_timeout = val;
	mytcp_timer_patience(tcb);
	return 0;
}

static int set_window_clamp(struct sock *sk, int val)
{
	struct mytcp_user *user = &mytcp_sk(sk)->user;

	if (!val && sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	user->window_clamp = val ? max_t(u32, val, SOCK_MIN_RCVBUF / 2) : 0;
	return 0;
}

static int set_quickack(struct sock *sk, int val)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;

	mytcp_sk(sk)->user.slowack = !val;
	if (val && tcb->deadline[MYTCP_TIMER_RECEIVED])
		mytcp_output_ack(tcb);
	return 0;
}

/* Nagle's algorithm and the cork: what they held back goes when they end. */
static int set_cork(struct sock *sk, int val)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;

	tcb->cork = val;
	if (!val)
		mytcp_output(tcb);
	return 0;
}

static int set_nodelay(struct sock *sk, int val)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;

	tcb->nodelay = val;
	if (val)
		mytcp_output(tcb);
	return 0;
}

static int set_maxseg(struct mytcp_user *user, int val)
{
	if (val && (val < MAXSEG_MIN || val > MAXSEG_MAX))
		return -EINVAL;
	user->mss = val;
	return 0;
}

static int set_locked(struct sock *sk, int optname, int val)
{
	struct mytcp_sock *msk = mytcp_sk(sk);
	struct mytcp_user *user = &msk->user;
	struct mytcp_tcb *tcb = &msk->tcb;

	switch (optname) {
	case TCP_NODELAY:
		return set_nodelay(sk, val);
	case TCP_CORK:
		return set_cork(sk, val);
	case TCP_MAXSEG:
		return set_maxseg(user, val);
	case TCP_SYNCNT:
		if (val < 1 || val > SYNCNT_MAX)
			return -EINVAL;
		WRITE_ONCE(tcb->syn_retries, val);
		return 0;
	case TCP_KEEPIDLE:
		return set_keep_idle(tcb, val);
	case TCP_KEEPINTVL:
		return set_seconds(&tcb->patience.keep_intvl, val,
				   KEEP_INTVL_MAX);
	case TCP_KEEPCNT:
		return set_keep_cnt(&tcb->patience, val);
	case TCP_USER_TIMEOUT:
		return set_user_timeout(tcb, val);
	case TCP_LINGER2:
		return set_linger2(sk, val);
	case TCP_DEFER_ACCEPT:
		return set_defer_accept(user, val, tcb->cfg);
	case TCP_WINDOW_CLAMP:
		return set_window_clamp(sk, val);
	case TCP_QUICKACK:
		return set_quickack(sk, val);
	default:
		return -ENOPROTOOPT;
	}
}

/**
 * mytcp_sockopt_keepalive() - SO_KEEPALIVE
 * @sk: the socket, locked
 * @on: whether the peer is asked, after long silence, if it is there
 *
 * proto.keepalive.
 */
void mytcp_sockopt_keepalive(struct sock *sk, int on)
{
	struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;

	tcb->patience.keepalive = on;
	mytcp_timer_patience(tcb);
}

/**
 * mytcp_sockopt_set() - setsockopt() below SOL_SOCKET
 * @sk: the socket
 * @level: SOL_TCP, SOL_IP or SOL_IPV6
 * @optname: which
 * @optval: an int, or a name
 * @optlen: bytes of it
 *
 * Process context. proto.setsockopt.
 *
 * Return: 0, -EINVAL, -EFAULT, -ENOPROTOOPT, -ENOENT for a congestion control
 * that there is not, or what IP says.
 */
int mytcp_sockopt_set(struct sock *sk, int level, int optname,
		      sockptr_t optval, unsigned int optlen)
{
	int err;
	int val;

	if (level != SOL_TCP) {
		/* A list of labels could not be shared with the children. */
		if (level == SOL_IPV6 && optname == IPV6_FLOWLABEL_MGR)
			return -ENOPROTOOPT;
		if (sk->sk_family == AF_INET6)
			return ipv6_setsockopt(sk, level, optname, optval,
					       optlen);
		return ip_setsockopt(sk, level, optname, optval, optlen);
	}

	if (optname == TCP_CONGESTION)
		return set_cc(optval, optlen);
	if (optlen < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;

	lock_sock(sk);
	err = set_locked(sk, optname, val);
	release_sock(sk);
	return err;
}

static u32 path_mtu(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);

	return dst ? dst_mtu(dst) : 0;
}

static u32 usecs_since(u64 then, u64 now)
{
	return then ? now - then : 0;
}

/* What a segment carries, before there is a window to look at as well. */
static u32 segment_octets(const struct mytcp_tcb *tcb)
{
	return tcb->max_snd_wnd ? mytcp_output_mss(tcb) : tcb->snd_mss;
}

static u8 info_options(u8 has)
{
	return (has & MYTCP_OPT_TS ? TCPI_OPT_TIMESTAMPS : 0) |
	       (has & MYTCP_OPT_SACK_OK ? TCPI_OPT_SACK : 0) |
	       (has & MYTCP_OPT_WSCALE ? TCPI_OPT_WSCALE : 0);
}

static void get_info(struct sock *sk, struct tcp_info *info)
{
	const struct mytcp_tcb *tcb = &mytcp_sk(sk)->tcb;
	u64 now = mytcp_host_now();
	u32 mss = max_t(u32, segment_octets(tcb), 1);

	memset(info, 0, sizeof(*info));
	info->tcpi_state = sk->sk_state;
	if (sk->sk_state == TCP_LISTEN) {
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}

	info->tcpi_ca_state = tcb->in_recovery ? TCP_CA_Recovery :
			      tcb->retries ? TCP_CA_Loss : TCP_CA_Open;
	info->tcpi_retransmits = tcb->retries;
	info->tcpi_probes = tcb->probes;
	info->tcpi_backoff = tcb->rtt.backoff;
	info->tcpi_rto = mytcp_rtt_rto(&tcb->rtt, tcb->cfg);
	info->tcpi_ato = tcb->cfg->delack * USEC_PER_MSEC;
	info->tcpi_options = info_options(tcb->has);
	info->tcpi_snd_wscale = tcb->snd_wscale;
	info->tcpi_rcv_wscale = tcb->rcv_wscale;
	info->tcpi_snd_mss = mss;
	info->tcpi_rcv_mss = max_t(u32, tcb->rcv_mss, MYTCP_MSS_DEFAULT_IP4);
	info->tcpi_advmss = tcb->adv_mss;
	info->tcpi_pmtu = path_mtu(sk);
	info->tcpi_unacked = DIV_ROUND_UP(tcb->snd_nxt - tcb->snd_una, mss);
	info->tcpi_lost = DIV_ROUND_UP(tcb->lost, mss);
	info->tcpi_notsent_bytes = max_t(s32, 0, tcb->write_seq - tcb->snd_nxt);
	info->tcpi_last_data_sent = usecs_since(tcb->data_sent_us, now) /
				    USEC_PER_MSEC;
	info->tcpi_rtt = tcb->rtt.srtt_us;
	info->tcpi_rttvar = tcb->rtt.rttvar_us;
	info->tcpi_snd_cwnd = tcb->cc.cwnd / mss;
	info->tcpi_snd_ssthresh = tcb->cc.ssthresh / mss;
	info->tcpi_snd_wnd = tcb->snd_wnd;
	info->tcpi_rcv_space = tcb->rcv_adv - tcb->rcv_nxt;
}

static int linger2_seconds(const struct mytcp_tcb *tcb)
{
	return tcb->patience.linger2 ?:
	       READ_ONCE(tcb->cfg->fin_timeout) / MSEC_PER_SEC;
}

/* Returns 0 or -ENOPROTOOPT. */
static int get_locked(struct sock *sk, int optname, int *val)
{
	const struct mytcp_net *mnet = mytcp_sk_net(sk);
	const struct mytcp_sock *msk = mytcp_sk(sk);
	const struct mytcp_user *user = &msk->user;
	const struct mytcp_tcb *tcb = &msk->tcb;

	switch (optname) {
	case TCP_NODELAY:
		*val = tcb->nodelay;
		return 0;
	case TCP_CORK:
		*val = tcb->cork;
		return 0;
	case TCP_MAXSEG:
		*val = segment_octets(tcb);
		if (user->mss &&
		    (1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
			*val = user->mss;
		return 0;
	case TCP_SYNCNT:
		*val = tcb->syn_retries ?: READ_ONCE(mnet->cfg.syn_retries);
		return 0;
	case TCP_KEEPIDLE:
		*val = (tcb->patience.keep_idle ?:
			READ_ONCE(mnet->cfg.keepalive_time)) / MSEC_PER_SEC;
		return 0;
	case TCP_KEEPINTVL:
		*val = (tcb->patience.keep_intvl ?:
			READ_ONCE(mnet->cfg.keepalive_intvl)) / MSEC_PER_SEC;
		return 0;
	case TCP_KEEPCNT:
		*val = tcb->patience.keep_probes ?:
		       READ_ONCE(mnet->cfg.keepalive_probes);
		return 0;
	case TCP_USER_TIMEOUT:
		*val = tcb->patience.user_timeout;
		return 0;
	case TCP_LINGER2:
		*val = linger2_seconds(tcb);
		return 0;
	case TCP_DEFER_ACCEPT:
		*val = div_u64(pauses_ms(user->defer_accept, tcb->cfg),
			       MSEC_PER_SEC);
		return 0;
	case TCP_WINDOW_CLAMP:
		*val = user->window_clamp;
		return 0;
	case TCP_QUICKACK:
		*val = !user->slowack;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int give(char __user *optval, int __user *optlen, const void *from,
		unsigned int size, int len)
{
	len = min_t(unsigned int, len, size);
	if (put_user(len, optlen) || copy_to_user(optval, from, len))
		return -EFAULT;
	return 0;
}

/**
 * mytcp_sockopt_get() - getsockopt() below SOL_SOCKET
 * @sk: the socket
 * @level: SOL_TCP, SOL_IP or SOL_IPV6
 * @optname: which
 * @optval: where to
 * @optlen: bytes there; set to how many were written
 *
 * Process context. proto.getsockopt.
 *
 * Return: 0, -EINVAL, -EFAULT, -ENOPROTOOPT or what IP says.
 */
int mytcp_sockopt_get(struct sock *sk, int level, int optname,
		      char __user *optval, int __user *optlen)
{
	struct tcp_info info;
	int val = 0;
	int err = 0;
	int len;

	if (level != SOL_TCP) {
		if (sk->sk_family == AF_INET6)
			return ipv6_getsockopt(sk, level, optname, optval,
					       optlen);
		return ip_getsockopt(sk, level, optname, optval, optlen);
	}

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (optname == TCP_CONGESTION)
		return give(optval, optlen, cc_name, sizeof(cc_name), len);

	lock_sock(sk);
	if (optname == TCP_INFO)
		get_info(sk, &info);
	else
		err = get_locked(sk, optname, &val);
	release_sock(sk);
	if (err)
		return err;
	if (optname == TCP_INFO)
		return give(optval, optlen, &info, sizeof(info), len);
	return give(optval, optlen, &val, sizeof(val), len);
}

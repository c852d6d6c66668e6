// SPDX-License-Identifier: GPL-2.0
/* The ladder up and the ladder down. */
#include <linux/module.h>

#include "af.h"
#include "diag.h"
#include "family.h"
#include "halfopen.h"
#include "listener.h"
#include "net.h"
#include "port.h"
#include "table.h"
#include "timewait.h"
#include "uapi/mytcp.h"

static int family = AF_MYTCP;
module_param(family, int, 0444);
MODULE_PARM_DESC(family, "address family, a number that nothing registers");

static u8 ipproto = IPPROTO_MYTCP;
module_param(ipproto, byte, 0444);
MODULE_PARM_DESC(ipproto, "protocol number in the IP header");

static int __init mytcp_init(void)
{
	int err;

	err = mytcp_table_init();
	if (err)
		return err;
	mytcp_listener_init();
	err = mytcp_port_init();
	if (err)
		goto table_exit;
	err = mytcp_halfopen_init();
	if (err)
		goto port_exit;
	err = mytcp_timewait_cache_init();
	if (err)
		goto halfopen_exit;
	err = mytcp_net_init(ipproto);
	if (err)
		goto timewait_exit;
	err = mytcp_ip4_init(ipproto);
	if (err) {
		pr_err("IP protocol %u is taken\n", ipproto);
		goto net_exit;
	}
	err = mytcp_ip6_init(ipproto);
	if (err) {
		pr_err("IPv6 protocol %u is taken\n", ipproto);
		goto ip4_exit;
	}
	err = mytcp_diag_init(family, ipproto);
	if (err) {
		pr_err("cannot register family %d for sock_diag: error %d\n",
		       family, err);
		goto ip6_exit;
	}
	/* Last: from here on there may be sockets, which nothing can undo. */
	err = mytcp_family_init(family, ipproto);
	if (err) {
		pr_err("cannot register family %d: error %d\n", family, err);
		goto diag_exit;
	}
	return 0;

diag_exit:
	mytcp_diag_exit();
ip6_exit:
	mytcp_ip6_exit(ipproto);
ip4_exit:
	mytcp_ip4_exit(ipproto);
net_exit:
	mytcp_net_exit();
timewait_exit:
	mytcp_timewait_cache_exit();
halfopen_exit:
	mytcp_halfopen_exit();
port_exit:
	mytcp_port_exit();
table_exit:
	mytcp_table_exit();
	return err;
}

static void __exit mytcp_exit(void)
{
	mytcp_family_exit();
	mytcp_diag_exit();
	mytcp_ip6_exit(ipproto);
	mytcp_ip4_exit(ipproto);
	mytcp_net_exit();
	mytcp_timewait_cache_exit();
	mytcp_halfopen_exit();
	mytcp_port_exit();
	mytcp_table_exit();
}

module_init(mytcp_init);
module_exit(mytcp_exit);

MODULE_DESCRIPTION("MyTCP, a second TCP");
MODULE_LICENSE("GPL");

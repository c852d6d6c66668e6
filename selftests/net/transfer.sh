#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Large transfers, over loopback and through a network that loses, repeats and reorders.
#
#   near                                        far
#   lo                                          lo
#   v  10.9.0.1, fd09::1 --- netem both ways --- v  10.9.0.2, fd09::2
#
# LOOPBACK_MIB, BAD_MIB: how much goes through each, in multiples of 4.

cd "$(dirname "$0")" && . ./lib.sh

LOOPBACK_MIB=${LOOPBACK_MIB:-1024}
BAD_MIB=${BAD_MIB:-64}

bad_network()
{
	local host

	for host in $near $far; do
		tc -n $host qdisc replace dev v root netem limit 10000 delay 1ms \
			loss 5% duplicate 5% reorder 25% || return 1
	done
}

# Packets that netem dropped on the way from a host.
dropped()
{
	tc -n "$1" -s qdisc show dev v | sed -n 's/.*dropped \([0-9]*\).*/\1/p'
}

move_through_bad_network()
{
	bad_network && move "$BAD_MIB" $near $far 10.9.0.2 || return 1
	echo "# lost on the way there $(dropped $near), on the way back $(dropped $far)"
	[ "$(dropped $near)" -gt 0 ] && [ "$(dropped $far)" -gt 0 ]
}

# The other direction and the other version of IP, with less.
move_back_over_ipv6()
{
	bad_network && move 4 $far $near fd09::1
}

ktap_print_header
ktap_set_plan 5
two_hosts || ktap_exit_fail_msg "no two hosts"
ktap_test_result "transfer.${LOOPBACK_MIB}_MiB_cross_loopback_unchanged" \
	move "$LOOPBACK_MIB" $near $near 127.0.0.1
ktap_test_result "transfer.64_MiB_cross_loopback_unchanged_over_ipv6" move 64 $near $near ::1
ktap_test_result "transfer.64_MiB_cross_a_good_network_unchanged" move 64 $near $far 10.9.0.2
ktap_test_result "transfer.${BAD_MIB}_MiB_cross_a_bad_network_unchanged" move_through_bad_network
ktap_test_result "transfer.a_bad_network_changes_nothing_over_ipv6_either" move_back_over_ipv6
ktap_finished

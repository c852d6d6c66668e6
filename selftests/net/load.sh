#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Loading and unloading: while in use, twice, with numbers that are taken, and a
# hundred times over with connections in between. Nothing may stay behind.
#
# MYTCP_KO: the module, if modinfo does not find it. CYCLES: how many times over.

# A namespace is entered once: under emulation a process costs more than what it does.
[ "${1:-}" = inside ] || exec unshare -n "$0" inside
cd "$(dirname "$0")" && . ./lib.sh

MYTCP_KO=${MYTCP_KO:-$(modinfo -n mytcp)}
CYCLES=${CYCLES:-100}
shopt -s nullglob

# Whatever stays when the module is gone: caches, protocols, files, settings.
left_behind()
{
	grep -hi '^mytcp' /proc/slabinfo /proc/net/protocols
	echo /proc/net/mytcp* /proc/1/net/mytcp* /proc/sys/net/mytcp* /sys/kernel/slab/*mytcp*
}

gone()
{
	! loaded && [ -z "$(left_behind)" ]
}

# rmmod_when_unused: what closed a moment ago may still hold it.
rmmod_when_unused()
{
	await rmmod mytcp && gone
}

# The client's end of a connection stands in TIME_WAIT for a minute.
unloads_over_time_wait()
{
	local begin=$SECONDS

	a_connection 127.0.0.1 && grep -q TIME_WAIT /proc/net/mytcp &&
		rmmod_when_unused && [ $((SECONDS - begin)) -lt 50 ] && insmod "$MYTCP_KO"
}

# a_connection ADDRESS [COMMAND...]: made with the command's help, if there is one.
a_connection()
{
	local address=$1 receiver

	shift
	"$@" ./xfer -q -w 60 recv "$address" 4321 /dev/null >/dev/null &
	receiver=$!
	"$@" ./xfer -q -w 60 send "$address" 4321 <"$tmp/zeros" >/dev/null && wait $receiver
}

listens()
{
	grep -q LISTEN /proc/net/mytcp
}

unload_refused_while_in_use()
{
	local user status

	./xfer -q -w 60 recv 127.0.0.1 4321 /dev/null >/dev/null 2>&1 &
	user=$!
	await listens && ! rmmod mytcp 2>"$tmp/log" && grep -q 'in use' "$tmp/log" && loaded
	status=$?
	kill $user
	wait $user
	return $status
}

second_load_refused()
{
	! insmod "$MYTCP_KO" 2>"$tmp/log" && grep -q 'File exists' "$tmp/log" &&
		a_connection 127.0.0.1
}

# load_refused PARAMETERS: and after that nothing is there, and a proper load works.
load_refused()
{
	! insmod "$MYTCP_KO" "$@" 2>"$tmp/log" || return 1
	sed 's/^/# /' "$tmp/log"
	gone && insmod "$MYTCP_KO" && a_connection 127.0.0.1 && rmmod_when_unused
}

other_numbers_work()
{
	insmod "$MYTCP_KO" family=22 ipproto=254 || return 1
	! a_connection 127.0.0.1 2>/dev/null || return 1
	./xfer -q -f 22 -w 60 recv ::1 4321 /dev/null >/dev/null &
	echo x | ./xfer -q -f 22 -w 60 send ::1 4321 >/dev/null &&
		wait $! && rmmod_when_unused
}

many_cycles()
{
	local i address=(127.0.0.1 ::1)

	for ((i = 0; i < CYCLES; i++)); do
		insmod "$MYTCP_KO" && a_connection "${address[i % 2]}" &&
			rmmod_when_unused || return 1
	done
	echo "# $CYCLES times, a connection each"
}

namespaces_come_and_go_while_loaded()
{
	local i

	insmod "$MYTCP_KO" || return 1
	for ((i = 0; i < 20; i++)); do
		ip netns add $near && ip -n $near link set lo up &&
			a_connection 127.0.0.1 ip netns exec $near && ip netns del $near ||
			return 1
	done
	rmmod_when_unused
}

loaded_again()
{
	insmod "$MYTCP_KO" && a_connection 127.0.0.1
}

ktap_print_header
ktap_set_plan 13
[ -r "$MYTCP_KO" ] || ktap_exit_fail_msg "no mytcp.ko; name it in MYTCP_KO"
ip link set lo up || ktap_exit_fail_msg "no loopback"
head -c 100000 /dev/zero >"$tmp/zeros"
# Ten of its megabytes are for a debugger, and would be read a hundred times.
strip --strip-debug -o "$tmp/mytcp.ko" "$MYTCP_KO" && MYTCP_KO=$tmp/mytcp.ko
watch_the_kernel
loaded || insmod "$MYTCP_KO" || ktap_exit_fail_msg "insmod failed"

ktap_test_result "load.unloading_is_refused_while_a_socket_is_open" unload_refused_while_in_use
ktap_test_result "load.loading_twice_is_refused_and_harmless" second_load_refused
ktap_test_result "load.unloading_does_not_wait_for_time_wait" unloads_over_time_wait
ktap_test_result "load.unloading_leaves_nothing_behind" rmmod_when_unused
ktap_test_result "load.a_family_that_is_taken_is_refused" load_refused family=2
ktap_test_result "load.a_family_out_of_range_is_refused" load_refused family=46
ktap_test_result "load.an_ip_protocol_that_is_taken_is_refused" load_refused ipproto=17
ktap_test_result "load.an_ip_protocol_out_of_range_is_refused" load_refused ipproto=256
ktap_test_result "load.other_numbers_can_be_chosen" other_numbers_work
ktap_test_result "load.namespaces_come_and_go_with_connections_in_them" \
	namespaces_come_and_go_while_loaded
ktap_test_result "load.${CYCLES}_times_over_with_connections_in_between" many_cycles
ktap_test_result "load.the_kernel_log_has_no_complaint" kernel_complains_not
ktap_test_result "load.the_module_is_loaded_again" loaded_again
ktap_finished

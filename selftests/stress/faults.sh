#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Allocations that fail: every one that the module asks for while it is inserted, in its
# turn, and one in twenty of those that are made for segments.
#
# MYTCP_KO: the module, if modinfo does not find it. COUNT: a hundred times as often as a
# race is run.

cd "$(dirname "$0")" && . ./lib.sh

MYTCP_KO=${MYTCP_KO:-$(modinfo -n mytcp)}
COUNT=${COUNT:-1000000}
FAULTS=/sys/kernel/debug

# A race, a hundredth of COUNT times.
race()
{
	./race -f ${SEED:+-s "$SEED"} -n $((COUNT / 100 + 1)) "$1"
}

# Where modules are, as the kernel's own way of loading one is not under test.
only_for_the_module()
{
	local kind

	for kind in failslab fail_page_alloc; do
		echo 0xffffffffa0000000 >$FAULTS/$kind/require-start
		echo 0xffffffffff000000 >$FAULTS/$kind/require-end
	done
}

# The kernel says who asked in vain for a cache. That is a warning, as if it were a fault
# of the module, so it stays in the log; faults are errors, which the console shows.
every_allocation_of_insmod_fails_in_its_turn()
{
	local printk status

	printk=$(</proc/sys/kernel/printk)
	await rmmod mytcp && only_for_the_module || return 1
	echo 4 >/proc/sys/kernel/printk
	./fault "$MYTCP_KO"
	status=$?
	echo "$printk" >/proc/sys/kernel/printk
	return $status
}

a_proper_load_works()
{
	insmod "$MYTCP_KO" && ./race -n 100 a_repeated_syn_meets_the_final_ack
}

ktap_print_header
[ -r "$MYTCP_KO" ] || ktap_exit_fail_msg "no mytcp.ko; name it in MYTCP_KO"
[ -d $FAULTS/failslab ] || ktap_skip_all "no fault injection in this kernel"
[ -d $FAULTS/failslab ] || exit "$KSFT_SKIP"

for kind in failslab fail_page_alloc; do
	echo 0 >$FAULTS/$kind/verbose
	echo N >$FAULTS/$kind/ignore-gfp-wait
done
ktap_set_plan 10
loaded || insmod "$MYTCP_KO"
# A namespace more than there must be, in which to fail.
ip netns add $near
watch_the_kernel
ktap_test_result "faults.every_allocation_of_insmod_fails_in_its_turn" \
	every_allocation_of_insmod_fails_in_its_turn
ktap_test_result "faults.the_kernel_has_found_no_fault_in_that" kernel_finds_no_fault
watch_the_kernel
ktap_test_result "faults.a_proper_load_works_after_that" a_proper_load_works

echo Y >$FAULTS/failslab/task-filter
echo -1 >$FAULTS/failslab/times
echo 5 >$FAULTS/failslab/probability
for name in \
	every_way_out_of_syn_recv_brings_the_count_back_to_0 \
	syns_acks_and_resets_meet_on_the_same_endpoints_while_the_cookie_mode_flips \
	an_administrator_ends_an_entry_while_its_client_or_its_listener_does \
	a_listener_closes_between_the_final_ack_and_the_timer_of_the_syn_ack; do
	ktap_test_result faults."${name}_without_memory" race "$name"
done
echo 0 >$FAULTS/failslab/probability
ktap_test_result "faults.nothing_is_leaked" nothing_is_leaked
ktap_test_result "faults.the_module_can_be_removed" await rmmod mytcp
ktap_test_result "faults.the_kernel_log_has_no_complaint" kernel_complains_not
insmod "$MYTCP_KO"
ktap_finished

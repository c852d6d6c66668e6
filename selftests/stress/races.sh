#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every race, each with the module inserted anew. Nothing may stay behind, neither while
# the module is there nor when it is gone, and the kernel may not complain.
#
# MYTCP_KO: the module, if modinfo does not find it. COUNT: how many times each race is
# run. SEED: of chance. RACES: their names, if it is not to be all.

cd "$(dirname "$0")" && . ./lib.sh

MYTCP_KO=${MYTCP_KO:-$(modinfo -n mytcp)}
COUNT=${COUNT:-1000000}
RACES=${RACES:-$(./race -l) the_module_is_removed_with_entries_and_timers_pending}

race()
{
	./race ${SEED:+-s "$SEED"} -n "$COUNT" "$1"
}

# Each time two thousand entries have just lost their namespace, or are about to.
the_module_is_removed_with_entries_and_timers_pending()
{
	local i cycles=$((COUNT / 20000 + 1))

	for ((i = 0; i < cycles; i++)); do
		{ loaded || insmod "$MYTCP_KO"; } &&
			COUNT=2000 race a_namespace_is_deleted_with_entries_and_timers_pending \
				>"$tmp/log" &&
			await rmmod mytcp || return 1
	done
	echo "# $cycles times, 2000 entries each"
}

ends_well()
{
	nothing_is_leaked && { ! loaded || await rmmod mytcp; } &&
		! grep '^mytcp' /proc/slabinfo && kernel_complains_not
}

ktap_print_header
[ -r "$MYTCP_KO" ] || ktap_exit_fail_msg "no mytcp.ko; name it in MYTCP_KO"
ktap_set_plan $((2 * $(wc -w <<<"$RACES")))
for name in $RACES; do
	loaded || insmod "$MYTCP_KO" || ktap_exit_fail_msg "insmod failed"
	watch_the_kernel
	case $(type -t "$name") in
	function) ktap_test_result race."$name" "$name" ;;
	*) ktap_test_result race."$name" race "$name" ;;
	esac
	ktap_test_result race."${name}_and_nothing_stays_behind" ends_well
done
loaded || insmod "$MYTCP_KO"
ktap_finished

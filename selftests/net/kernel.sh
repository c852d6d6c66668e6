# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the kernel has to say of the module: is it there, has it lost memory, was there a
# complaint.

loaded()
{
	[ -d /sys/module/mytcp ]
}

# What kmemleak holds for lost, if the kernel has it, and is of this module or of one that
# is gone. It leaves an object alone that is younger than 5 seconds. The name of a cache for
# which there was no memory in sysfs is lost by 6.12 itself.
nothing_is_leaked()
{
	local leaks=/sys/kernel/debug/kmemleak

	[ -w $leaks ] || return 0
	echo scan >$leaks
	read -rt 6 <> <(:)
	echo scan >$leaks
	! awk -v RS='unreferenced object' '/sysfs_slab_add/ { next }
		/mytcp|0xffffffff[a-f]/ { print "# leaked" $0; found = 1 }
		END { exit !found }' $leaks
}

# From here on.
watch_the_kernel()
{
	mark="mytcp test $$ $RANDOM"
	echo "$mark" >/dev/kmsg
}

faults='BUG|WARNING|Oops|Objects remaining|refcount|leak|UBSAN|INFO:'
# That there are leaks, of which nothing_is_leaked() says whose; that there was no memory to
# keep book of references.
no_faults='kmemleak: [0-9]+ new suspected|ref_tracker: memory allocation failure'

since_the_mark()
{
	dmesg | sed "1,/$mark/d" | grep -vE "$no_faults"
}

kernel_complains_not()
{
	! since_the_mark | grep -E "$faults|Call Trace"
}

# Nothing worse, that is, than who asked in vain for memory.
kernel_finds_no_fault()
{
	! since_the_mark | grep -E "$faults"
}

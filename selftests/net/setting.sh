#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The settings of a namespace have the defaults and the ranges that Documentation/sysctl.rst
# gives them.

# What is written here no other test is to meet.
[ "${1:-}" = inside ] || exec unshare -n "$0" inside
cd "$(dirname "$0")" && . ./lib.sh

[ "$FAMILY" = mytcp ] || exit "$KSFT_SKIP"
here=/proc/sys/net/mytcp
page=sysctl.rst
[ -r $page ] || page=../../Documentation/$page

# A line each: name, default, lowest, highest; "-" for several numbers or none.
documented()
{
	awk '/^[a-z_0-9]+$/ { name = $0 }
		name && /^  (Default|Written)/ {
			gsub(/[,.]/, "")
			range = $2 ~ /^[0-9]+$/ && $3 == "range" && $5 == "to"
			print name, range ? $2 " " $4 " " $6 : "- - -"
			name = ""
		}' $page
}

# takes NAME VALUE: and has it then.
takes()
{
	printf '%s' "$2" >$here/"$1" && [ "$(tr '\t' ' ' <$here/"$1")" = "$2" ] && return
	echo "# $1 does not take $2"
	return 1
}

# refuses NAME VALUE: with EINVAL, and keeps what it had.
refuses()
{
	local before after

	before=$(<$here/"$1")
	if LC_ALL=C printf '%s' "$2" 2>"$tmp/error" >$here/"$1" ||
	   ! grep -q 'Invalid argument' "$tmp/error"; then
		echo "# $1 does not refuse '$2': $(<"$tmp/error")"
		return 1
	fi
	after=$(<$here/"$1")
	[ "$before" = "$after" ] && return
	echo "# $1 refuses '$2', but was '$before' and is '$after'"
	return 1
}

# each COMMAND: for each setting of one number, with its name, default and range.
each()
{
	local name default low high status=0 count=0

	while read -r name default low high; do
		[ "$default" != - ] || continue
		"$1" "$name" "$default" "$low" "$high" || status=1
		count=$((count + 1))
	done < <(documented)
	echo "# $count settings"
	[ $count = "$(cat $here/* 2>/dev/null | awk 'NF == 1' | wc -l)" ] && return $status
}

ends_are_taken()
{
	takes "$1" "$3" && takes "$1" "$4"
}

beyond_is_refused()
{
	refuses "$1" $(($3 - 1)) && refuses "$1" $(($4 + 1)) && refuses "$1" 4294967296 &&
		refuses "$1" one
}

has_default()
{
	[ "$(ip netns exec $near cat $here/"$1")" = "$2" ] && return
	echo "# $1 does not begin with $2"
	return 1
}

a_new_namespace_has_defaults()
{
	ip netns add $near && each has_default
}

several_are_in_order()
{
	takes ip_local_port_range '1 65535' && takes ip_local_port_range '7 7' &&
		refuses ip_local_port_range '0 65535' &&
		refuses ip_local_port_range '1 65536' &&
		refuses ip_local_port_range '2000 1999' &&
		takes rmem '2048 2048 2147483647' && takes wmem '2048 4096 4096' &&
		refuses rmem '2047 4096 8192' && refuses wmem '4096 8192 8191' &&
		refuses rmem '8192 4096 16384'
}

ktap_print_header
ktap_set_plan 4
[ -r $page ] || ktap_exit_fail_msg "no sysctl.rst"
loaded || ktap_exit_fail_msg "the module is not loaded"
ktap_test_result "setting.both_ends_of_its_range_are_taken" each ends_are_taken
ktap_test_result "setting.what_lies_beyond_is_refused_and_changes_nothing" each beyond_is_refused
ktap_test_result "setting.several_numbers_lie_in_their_range_and_do_not_fall" several_are_in_order
ktap_test_result "setting.a_new_namespace_has_the_defaults_whatever_others_have_set" \
	a_new_namespace_has_defaults
ktap_finished

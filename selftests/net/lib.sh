# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scripts share: KTAP output, two hosts, moving bytes between them, and a
# cleanup that always runs. FAMILY=tcp runs a script on the kernel's TCP instead.

MYTCP_CACHE=${MYTCP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mytcp}
KSELFTEST=${KSELFTEST:-$MYTCP_CACHE/linux-source-6.12/tools/testing/selftests}
. "$KSELFTEST/kselftest/ktap_helpers.sh" && . ./kernel.sh || exit 1

FAMILY=${FAMILY:-mytcp}
tmp=$(mktemp -d)
near=mytcp-near-$$
far=mytcp-far-$$

cleanup()
{
	local pid

	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null
	done
	wait
	ip netns del $near 2>/dev/null
	ip netns del $far 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

#   near                              far
#   lo 127.0.0.1, ::1                 lo
#   v  10.9.0.1, fd09::1 ------------ v  10.9.0.2, fd09::2
two_hosts()
{
	local host number=1

	ip netns add $near && ip netns add $far &&
	ip link add v netns $near type veth peer name v netns $far || return 1
	for host in $near $far; do
		ip -n $host addr add 10.9.0.$number/24 dev v &&
		ip -n $host addr add fd09::$number/64 dev v nodad &&
		ip -n $host link set lo up &&
		ip -n $host link set v up || return 1
		number=2
	done
	# IPv6 has a route some time after both ends are up.
	await ip netns exec $near ip route get fd09::2
}

# await COMMAND...: repeats it until it succeeds; fails after 60 seconds.
await()
{
	local end=$((SECONDS + 60 * ${MYTCP_PATIENCE:-1}))

	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# Standard output: that many MiB, a multiple of 4, of the same random bytes repeated.
stream()
{
	[ -e "$tmp/block" ] || head -c 4M /dev/urandom >"$tmp/block"
	yes "$tmp/block" | head -n $(($1 / 4)) | xargs cat
}

# move MIB FROM TO ADDRESS: moves a stream between two hosts, and succeeds if every byte
# arrived as it was sent.
move()
{
	local mib=$1 from=$2 to=$3 address=$4 start=$SECONDS receiver status

	ip netns exec "$to" ./xfer -q -f "$FAMILY" -w 60 recv "$address" 4321 /dev/null \
		>"$tmp/received" 2>"$tmp/receive.log" &
	receiver=$!
	stream "$mib" |
		ip netns exec "$from" ./xfer -q -f "$FAMILY" -w 60 send "$address" 4321 \
		>"$tmp/sent" 2>"$tmp/send.log"
	status=$?
	wait $receiver || status=1
	sed 's/^/# /' "$tmp/send.log" "$tmp/receive.log"
	echo "# sent     $(cat "$tmp/sent")"
	echo "# received $(cat "$tmp/received")"
	echo "# $mib MiB in $((SECONDS - start)) s"
	[ $status = 0 ] && [ "$(cut -d' ' -f2 "$tmp/sent")" = $((mib << 20)) ] &&
		[ "$(cut -d' ' -f1,2 "$tmp/sent")" = "$(cut -d' ' -f1,2 "$tmp/received")" ]
}

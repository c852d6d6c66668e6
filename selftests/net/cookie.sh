#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two servers behind one address, which share a secret and nothing else. The client's
# route changes between the SYN+ACK of one and the ACK, which goes to the other.
#
#   near  lo 10.9.8.1
#         v  10.9.0.1 -- 10.9.0.2 v  far    lo 10.9.9.9
#         w  10.9.1.1 -- 10.9.1.2 w  other  lo 10.9.9.9

cd "$(dirname "$0")" && . ./lib.sh

other=mytcp-other-$$
secret=00112233445566778899aabbccddeeff
at=10.9.9.9

end()
{
	cleanup
	ip netns del $other 2>/dev/null
}
trap end EXIT

third_host()
{
	local host

	ip netns add $other &&
	ip link add w netns $near type veth peer name w netns $other &&
	ip -n $near addr add 10.9.1.1/24 dev w && ip -n $near link set w up &&
	ip -n $other addr add 10.9.1.2/24 dev w && ip -n $other link set w up &&
	ip -n $other link set lo up && ip -n $near addr add 10.9.8.1/32 dev lo &&
	ip -n $far route add 10.9.8.1 via 10.9.0.1 &&
	ip -n $other route add 10.9.8.1 via 10.9.1.1 || return 1
	for host in $far $other; do
		ip -n $host addr add $at/32 dev lo &&
		setting $host syncookies 2 && setting $host syncookie_secret $secret || return 1
	done
}

setting()
{
	ip netns exec "$1" sh -c 'echo "$2" >/proc/sys/net/mytcp/"$1"' sh "$2" "$3"
}

counter()
{
	ip netns exec "$1" awk -v name="$2" '$1 == name { print $2 }' /proc/net/mytcp_stat
}

listens()
{
	[ "$(counter "$1" Listeners)" = 1 ]
}

has_sent_a_cookie()
{
	[ "$(counter "$1" CookiesSent)" != 0 ] || [ "$(counter "$1" CookieOptionsSent)" != 0 ]
}

route_by()
{
	ip -n $near route replace $at via "$1" src 10.9.8.1
}

receive()
{
	exec ip netns exec "$1" ./xfer -q -f mytcp -w 60 recv $at 4321 /dev/null \
		>"$tmp/received.$1" 2>>"$tmp/log"
}

# neighbours HOST ADDRESS OF: so that nobody has to ask while everything is held back.
neighbours()
{
	ip -n $1 neigh replace $2 dev v nud permanent \
		lladdr "$(ip netns exec $3 cat /sys/class/net/v/address)"
}

# The SYN is not repeated, and its answer is held back until the route has changed.
change_servers()
{
	local receiver idle sender status=0

	: >"$tmp/log"
	setting $near rto_init 60000 &&
	neighbours $near 10.9.0.2 $far && neighbours $far 10.9.0.1 $near &&
	tc -n $far qdisc replace dev v root plug && route_by 10.9.0.2 || return 1
	receive $far &
	idle=$!
	receive $other &
	receiver=$!
	await listens $far && await listens $other || return 1
	stream 4 | ip netns exec $near ./xfer -q -f mytcp -w 60 send $at 4321 \
		>"$tmp/sent" 2>>"$tmp/log" &
	sender=$!
	await has_sent_a_cookie $far && route_by 10.9.1.2 &&
		tc -n $far qdisc change dev v root plug release_indefinite || status=1
	wait $sender && wait $receiver || status=1
	kill $idle
	wait $idle 2>/dev/null
	sed 's/^/# /' "$tmp/log"
	echo "# sent     $(cat "$tmp/sent")"
	echo "# received $(cat "$tmp/received.$other")"
	[ $status = 0 ] && ! has_sent_a_cookie $other &&
		[ "$(counter $other CookiesValid)" = 1 ] && [ "$(counter $far CookiesValid)" = 0 ] &&
		[ "$(counter $far HalfOpened)$(counter $other HalfOpened)" = 00 ] &&
		[ "$(cut -d' ' -f1,2 "$tmp/sent")" = "$(cut -d' ' -f1,2 "$tmp/received.$other")" ]
}

ktap_print_header
ktap_set_plan 2
two_hosts && third_host || ktap_exit_fail_msg "no three hosts"
ktap_test_result "cookie.a_server_takes_the_cookie_of_another_and_all_octets_arrive" change_servers
# Now the other way of telling: only the option is sent, to whoever asks for it.
ktap_test_result "cookie.it_was_sent_as_the_client_asked_for_it" \
	[ "$(counter $far CookieOptionsSent)" = 1 ]
ktap_finished

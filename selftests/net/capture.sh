#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tcpdump records one connection from handshake to teardown, and tshark, told that
# protocol 253 is TCP, must find it well formed and its checksums right.
#
#   near                           far
#   v  10.9.0.1, fd09::1 --------- v  10.9.0.2, fd09::2
#   tcpdump

cd "$(dirname "$0")" && . ./lib.sh

[ "$FAMILY" = tcp ] && protocol=6 || protocol=253
BYTES=5000

# tshark always counts 6 for the protocol in the pseudo-header; ours there is 253.
CHECKSUM_OFF=$((protocol - 6))

# Every segment recorded: flags, payload length, checksum as sent and as computed.
decode()
{
	tshark -r "$tmp/capture" -d ip.proto==$protocol,tcp -d tcp.port==4321,data \
		-o tcp.check_checksum:TRUE -T fields -e tcp.flags -e tcp.len -e tcp.checksum \
		-e tcp.checksum_calculated -e ip.dst -e ipv6.dst -e _ws.malformed \
		2>"$tmp/tshark.log" >"$tmp/segments"
}

# Both FINs and the acknowledgment of the second.
teardown_recorded()
{
	decode && [ "$(grep -c '^0x...[13579bdf]' "$tmp/segments")" = 2 ] &&
		[ "$(tail -n 1 "$tmp/segments" | cut -f1)" = 0x0010 ]
}

# record ADDRESS: one connection, into $tmp/segments.
record()
{
	local dump status

	: >"$tmp/dump.log"
	ip netns exec $near tcpdump -Z root -i v -U --immediate-mode -w "$tmp/capture" \
		"ip proto $protocol or ip6 proto $protocol" 2>"$tmp/dump.log" &
	dump=$!
	await grep -q 'listening on' "$tmp/dump.log" || return 1
	ip netns exec $far ./xfer -q -f "$FAMILY" -w 60 recv "$1" 4321 /dev/null >/dev/null &
	head -c $BYTES /dev/zero | tr '\0' x |
		ip netns exec $near ./xfer -q -f "$FAMILY" -w 60 send "$1" 4321 >/dev/null ||
		return 1
	await teardown_recorded
	status=$?
	kill -INT $dump
	wait $dump
	sed 's/^/# /' "$tmp/segments"
	return $status
}

# An attempt before the receiver listened is refused; the connection follows it.
connection()
{
	awk -F'\t' '$1 == "0x0002" { n = 0 } { line[n++] = $0 }
		END { for (i = 0; i < n; i++) print line[i] }' "$tmp/segments"
}

handshake_is_right()
{
	[ "$(connection | head -n 3 | cut -f1 | tr '\n' ' ')" = "0x0002 0x0012 0x0010 " ]
}

payload_is_right()
{
	[ "$(connection | awk -F'\t' '{ n += $2 } END { print n }')" = $BYTES ]
}

checksums_are_right()
{
	local stored computed n=0

	while IFS=$'\t' read -r _ _ stored computed _; do
		[ $(((computed - stored + 65535) % 65535)) = $CHECKSUM_OFF ] || return 1
		n=$((n + 1))
	done <"$tmp/segments"
	[ $n -gt 6 ]
}

nothing_is_malformed()
{
	[ -s "$tmp/segments" ] && ! cut -f7 "$tmp/segments" | grep -q .
}

ktap_print_header
ktap_set_plan 10
two_hosts || ktap_exit_fail_msg "no two hosts"
# So that checksums are complete where they are recorded.
ip netns exec $near ethtool -K v tx off gso off >/dev/null &&
ip netns exec $far ethtool -K v tx off gso off >/dev/null || ktap_exit_fail_msg "no ethtool"
for address in 10.9.0.2 fd09::2; do
	ktap_test_result "capture.a_connection_to_${address}_is_recorded_to_its_end" record $address
	ktap_test_result "capture.the_handshake_is_syn_syn_ack_ack" handshake_is_right
	ktap_test_result "capture.the_payload_is_all_there_once" payload_is_right
	ktap_test_result "capture.every_checksum_is_right" checksums_are_right
	ktap_test_result "capture.nothing_is_malformed" nothing_is_malformed
done
ktap_finished

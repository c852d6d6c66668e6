#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Where the instructions go between a SYN's arrival and its answer, or in a
cycle of connect, accept and close.

usage: where.py syn|cycle KALLSYMS TRACE

TRACE is QEMU's log ("log exec,nochain", one instruction a block) of a guest
that answers SYNs, or runs cycle.c. An instruction belongs to a SYN if it runs
under ROOT, which the driver's softirq calls for each packet, but not under SEND,
which is where the driver takes the answer. It belongs to a cycle if it is the
kernel's, from one socket() on until the next. Interrupts belong to neither.
"""
import bisect
import collections
import re
import sys

ROOT = "__netif_receive_skb_one_core"
SEND = "dev_hard_start_xmit"
CYCLE = "__x64_sys_socket"
ALIEN = re.compile(r"asm_sysvec|asm_common_interrupt|asm_exc")

# What a function does, and all it calls that is not named here itself.
PARTS = {
    "routing in": "ip_route_input_noref",
    "routing out": "ip_route_output_flow|ip_route_output_key_hash|inet_csk_route_req"
                   "|xfrm_lookup_route|ip_route_output_ports|ip4_route_back"
                   "|inet_sk_rebuild_header|mytcp_shortcut_route|way_back",
    "allocation": "__alloc_skb|kmem_cache_.*|k?free_skb.*|__kfree_skb|kfree|kmalloc.*|__kmalloc.*"
                  "|skb_release_.*|sk_skb_reason_drop|consume_skb|pskb_expand_head|memset.*"
                  "|inet_reqsk_alloc|sock_wmalloc|skb_clone|__slab_.*|call_rcu",
    "hashing": "siphash.*|.*siphash.*|jhash.*|inet_ehashfn|mytcp_node_hash|get_random_u32"
               "|cookie_hash|secure_tcp_.*|mytcp_host_hash|mytcp_isn_hash",
    "checksum": "csum_.*|__skb_checksum.*|skb_checksum.*|ip_send_check|ip_fast_csum"
                "|__tcp_v4_send_check|tcp_v4_send_check",
    "IP out, device": "ip_build_and_send_pkt|ip_local_out|__ip_local_out|ip_output|ip_send_skb"
                      "|ip_finish_output.*|__dev_queue_xmit|dst_output|mytcp_.*turn.*"
                      "|__ip_queue_xmit|mytcp_shortcut_send",
    "IP in": ROOT + "|ip_rcv.*|ip_local_deliver.*|ip_protocol_deliver_rcu|raw_local_deliver"
             "|tcp_v4_early_demux|__netif_receive_skb_core.*|do_softirq.*",
    "timers, clock": "mod_timer|timer_delete|timer_reduce|hrtimer_.*|ktime_get.*|mytcp_host_now",
    "TCP": "tcp_.*|ip4_rcv|mytcp_.*",
    "sockets, files": "entry_SYSCALL_64.*|do_syscall_64|__x64_sys_.*|inet_create|create|sk_alloc"
                      "|sk_clone_lock|sk_destruct",
}
PARTS = {part: re.compile("(?:" + names + r")(?:\.\w+)*(?:_noprof)?$")
         for part, names in PARTS.items()}


def part_of(stack):
    for name in reversed(stack):
        for part, names in PARTS.items():
            if names.match(name):
                return part
    return "other"


def read_symbols(path):
    symbols = []
    for line in open(path):
        address, kind, name = line.split()[:3]
        if kind in "tTwW":
            # What gcc puts apart as unlikely is the function still.
            symbols.append((int(address, 16), name.removesuffix(".cold")))
    symbols.sort()
    return [s[0] for s in symbols], [s[1] for s in symbols]


def executed(symbols, trace):
    """Of each instruction of the kernel the function, and whether it is its first."""
    starts, names = symbols
    for line in open(trace, errors="replace"):
        if not line.startswith("Trace"):
            continue
        pc = int(line.split("/")[1], 16)
        at = bisect.bisect_right(starts, pc) - 1
        if pc >> 63 and at >= 0:
            yield names[at], pc == starts[at]


def packets(symbols, trace):
    """A Counter of (part, function) for each packet of the trace that was answered."""
    stack, count, answered, parts = [], None, False, {}
    for name, first in executed(symbols, trace):
        if first:
            if name == ROOT:
                stack, count, answered = [], collections.Counter(), False
            answered |= name == SEND
            stack.append(name)
        elif not stack or stack[-1] != name:
            while stack and stack[-1] != name:
                stack.pop()
            if not stack and count is not None:
                if answered:
                    yield count
                count = None
        if count is None or SEND in stack or any(ALIEN.match(n) for n in stack):
            continue
        key = tuple(stack)
        if key not in parts:
            parts[key] = part_of(stack)
        count[parts[key], name] += 1


def cycles(symbols, trace):
    """The same for each cycle."""
    stack, count, parts = [], None, {}
    for name, first in executed(symbols, trace):
        if first:
            if name == CYCLE:
                if count:
                    yield count
                stack, count = [], collections.Counter()
            stack.append(name)
        else:
            while stack and stack[-1] != name:
                stack.pop()
            stack = stack or [name]
        if count is None or any(ALIEN.match(n) for n in stack):
            continue
        key = tuple(stack)
        if key not in parts:
            parts[key] = part_of(stack)
        count[parts[key], name] += 1


def middle(what, symbols, trace):
    """The SYN or cycle in the middle: others were interrupted, or found a page empty."""
    find = {"syn": packets, "cycle": cycles}[what]
    each = sorted(find(symbols, trace), key=lambda count: sum(count.values()))
    if not each:
        sys.exit(f"{trace}: no {what} from beginning to end")
    count = each[len(each) // 2]
    parts = collections.Counter()
    for (part, _), n in count.items():
        parts[part] += n
    return {"traced": len(each), "instructions": sum(count.values()),
            "parts": dict(parts.most_common()),
            "functions": [[part, name, n] for (part, name), n in count.most_common()]}


def main():
    found = middle(sys.argv[1], read_symbols(sys.argv[2]), sys.argv[3])
    print(found["instructions"])
    for part, n in found["parts"].items():
        print(f"{part:16} {n:5}  " + ", ".join(
            f"{name} {n}" for where, name, n in found["functions"] if where == part and n >= 20))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Measure MyTCP and the kernel's TCP side by side, in the guest.

usage: guest.py PROGRAMS MODULE count|wall|trace full|quick [ROW ...]

Two namespaces joined by veth: a floods and connects, b listens. Every result is
a line of JSON. Times are nanoseconds of the guest's clock; where instructions
are counted (scripts/vm -n) that is how many.
"""
import ctypes
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

STACKS = {"tcp": (2, 6), "mytcp": (19, 253)}
BACKLOG = 256
PORT = 80
MANY = 4000000
MILLION = 1000000
HOUR_MS = 3600000
CLONE_NEWNET = 0x40000000
MNT_DETACH = 2

# The packet of flood.c for trafgen. It knows the checksum of TCP only, and sums
# to the end of the frame: two octets behind the IP packet, which IP cuts off,
# make up for their own length and for the protocol's number.
TRAFGEN = """{{ {mac}, 2, 0, 0, 0, 0, 0, c16(0x0800),
 0x45, 0, c16(60), c16(0), c16(0x4000), 64, {proto}, csumip(14, 33),
 10, drnd(3), 192, 0, 2, 2,
 drnd(2), c16({port}), drnd(4), c32(0), 0xa0, 2, c16(64240), csumtcp(14, 34), c16(0),
 2, 4, c16(1460), 4, 2, 8, 10, c32(66051), c32(0), 1, 3, 3, 7, c16({trailer}) }}
"""


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def sysctl(netns, **values):
    for name, value in values.items():
        path = "/proc/sys/net/" + name.replace("__", "/")
        run("ip", "netns", "exec", netns, "sh", "-c", f"echo {value} > {path}")


row = None


def say(measure, **values):
    print(json.dumps({"row": row, "measure": measure, **values}), flush=True)


def await_that(condition):
    end = time.monotonic() + 600
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{row}: nothing comes of the flood")
        time.sleep(.01)


def end_now(netns):
    """Nanoseconds until nothing is left of namespaces that nobody else is in.

    Another can be made when they are counted no longer, which is the last step of
    their end. Who tries runs when nobody else wants to, so that no time is idle.
    """
    libc = ctypes.CDLL(None)
    limit = "/proc/sys/user/max_net_namespaces"
    others = len(os.listdir("/run/netns")) - len(netns)
    with open(limit) as file:
        usual = file.read()
    with open(limit, "w") as file:
        file.write(str(others + 1))
    out, into = os.pipe()
    child = os.fork()
    if not child:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        start = time.monotonic_ns()
        for name in netns:
            libc.umount2(f"/run/netns/{name}".encode(), MNT_DETACH)
        while libc.unshare(CLONE_NEWNET):
            pass
        os.write(into, str(time.monotonic_ns() - start).encode())
        os._exit(0)
    os.waitpid(child, 0)
    ns = int(os.read(out, 32))
    os.close(out)
    os.close(into)
    for name in netns:
        os.unlink(f"/run/netns/{name}")
    with open(limit, "w") as file:
        file.write(usual)
    return ns


class Lone:
    """b, and nobody else."""

    def __enter__(self):
        run("ip", "netns", "add", "b")
        run("ip", "-n", "b", "link", "set", "lo", "up")
        sysctl("b", ipv4__tcp_max_tw_buckets=MANY, mytcp__max_tw_buckets=MANY,
               mytcp__msl=HOUR_MS)
        return self

    def __exit__(self, *_):
        self.ended_in = end_now("b")


def drop(netns, *which):
    """What comes and fits, or nothing, ends where the driver hands it over."""
    run("tc", "-n", netns, "filter", "del", "dev", "v", "ingress")
    if which:
        run("tc", "-n", netns, "filter", "add", "dev", "v", "ingress", *which, "action", "drop")


class Hosts:
    """a and b; what b answers to the flood goes over the wire and ends there.

    New ones for each stack: a MyTCP listener leaves a hook, which others must pass.
    """

    def __enter__(self):
        for netns in "ab":
            run("ip", "netns", "add", netns)
        run("ip", "link", "add", "v", "netns", "a", "type", "veth", "peer", "name", "v",
            "netns", "b")
        for netns, number in ("a", 1), ("b", 2):
            run("ip", "-n", netns, "addr", "add", f"192.0.2.{number}/24", "dev", "v")
            run("ip", "-n", netns, "link", "set", "lo", "up")
            run("ip", "-n", netns, "link", "set", "v", "up")
            run("tc", "-n", netns, "qdisc", "add", "dev", "v", "clsact")
        self.mac = [json.loads(run("ip", "-n", netns, "-j", "link", "show", "v"))[0]["address"]
                    for netns in "ab"]
        run("ip", "-n", "b", "neigh", "replace", "192.0.2.1", "lladdr", self.mac[0], "dev", "v",
            "nud", "permanent")
        run("ip", "-n", "a", "neigh", "replace", "192.0.2.2", "lladdr", self.mac[1], "dev", "v",
            "nud", "permanent")
        run("ip", "-n", "b", "route", "add", "default", "via", "192.0.2.1")
        # An MSS that fits no table of a cookie's.
        run("ip", "-n", "a", "link", "set", "v", "mtu", "1450")
        drop("a", "protocol", "ip", "u32", "match", "ip", "dst", "10.0.0.0/8")
        self.door(cookies=1, backlog=BACKLOG)
        return self

    def __exit__(self, *_):
        end_now("ab")

    def door(self, cookies, backlog):
        sysctl("b", core__somaxconn=backlog, ipv4__tcp_max_syn_backlog=backlog,
               ipv4__tcp_syncookies=cookies,
               mytcp__somaxconn=min(backlog, 1048576),
               mytcp__max_syn_backlog=min(backlog, 1048576))
        if os.path.exists("/proc/sys/net/mytcp/syncookies"):
            sysctl("b", mytcp__syncookies=cookies)

    def dropping(self, on):
        """The sender's own cost: its packets end where the driver hands them over."""
        drop("b", *(["matchall"] if on else []))

    def answers(self):
        link = json.loads(run("ip", "-n", "a", "-j", "-s", "link", "show", "v"))[0]
        return link["stats64"]["rx"]["packets"]


class Cycle:
    """A process of cycle.c in b."""

    def __init__(self, stack, address, *options, backlog=BACKLOG):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", "b", "./cycle", *options, str(STACKS[stack][0]), address,
             str(PORT), str(backlog)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def __call__(self, n):
        self.process.stdin.write(f"{n}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


seed = 0


def flood_command(hosts, stack, by, n, *options):
    global seed
    proto = STACKS[stack][1]
    if by == "flood":
        seed += 1
        return ["ip", "netns", "exec", "a", "./flood", "-x", str(seed), *options, "v",
                hosts.mac[1], "192.0.2.2", str(PORT), str(proto), str(n)]
    with open("syn.cfg", "w") as config:
        config.write(TRAFGEN.format(
            mac=", ".join("0x" + x for x in hosts.mac[1].split(":")), proto=proto, port=PORT,
            trailer=(proto - 6 - 2) % 65535))
    # -t 0: by sendto(), for a ring's packets lie in pieces, as no device delivers a SYN.
    return ["ip", "netns", "exec", "a", "trafgen", "-P", "1", "-t", "0", "-n", str(n), "-o", "v",
            "-c", "syn.cfg"]


def flood(hosts, stack, by, n, *options):
    """Nanoseconds it took, as the sender says."""
    done = subprocess.run(flood_command(hosts, stack, by, n, *options), check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    if by == "flood":
        return int(done.split()[-1])
    seconds, micro = re.search(r"(\d+) sec, (\d+) usec on CPU", done).groups()
    return (int(seconds) * 1000000 + int(micro)) * 1000


class Attack:
    """A flood without end, and what it has forked."""

    def __init__(self, hosts, stack, by, stdout=subprocess.DEVNULL):
        self.process = subprocess.Popen(flood_command(hosts, stack, by, 10**9), stdout=stdout,
                                        stderr=subprocess.DEVNULL, start_new_session=True)

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def measure_flood(rounds, n):
    for by, _, stack in itertools.product(("flood", "trafgen"), range(rounds), STACKS):
        with Hosts() as hosts:
            door = Cycle(stack, "192.0.2.2")
            # Nobody else is there, and to choose among the answers costs as well.
            drop("a", "matchall")
            flood(hosts, stack, by, 1000)
            for dropped in True, False:
                hosts.dropping(dropped)
                before = hosts.answers()
                ns = flood(hosts, stack, by, n)
                say("flood", by=by, stack=stack, dropped=dropped, ns=ns / n,
                    answered=(hosts.answers() - before) / n)
            door.close()


def measure_connect(n):
    for stack in STACKS:
        with Hosts() as hosts:
            door = Cycle(stack, "192.0.2.2", "-c", "/run/netns/a", "-o")
            door(20)
            say("connect", stack=stack, by="none", **door(n))
            for by in "flood", "trafgen":
                before = hosts.answers()
                attack = Attack(hosts, stack, by)
                await_that(lambda: hosts.answers() - before >= 2000)
                before, start = hosts.answers(), time.monotonic_ns()
                result = door(n)
                seconds = (time.monotonic_ns() - start) / 1e9
                say("connect", stack=stack, by=by,
                    answers_a_second=(hosts.answers() - before) / seconds, **result)
                attack.end()
            door.close()


def measure_cycle(rounds, n):
    for _ in range(rounds):
        for stack in STACKS:
            with Hosts():
                door = Cycle(stack, "127.0.0.1")
                door(50)
                say("cycle", stack=stack, **door(n))
                door.close()


def slabs():
    """Of each cache what is in use, and its bytes."""
    caches = {}
    for line in open("/proc/slabinfo"):
        field = line.split()
        if len(field) == 16:
            caches[field[0]] = (int(field[1]),
                                int(field[14]) * int(field[5]) * os.sysconf("SC_PAGE_SIZE"))
    return caches


def in_b(*command):
    return run("ip", "netns", "exec", "b", *command)


def standing(stack, kind):
    """Entries in b."""
    if stack == "mytcp":
        name = {"half-open": "HalfOpen", "TIME_WAIT": "TimeWait"}[kind]
        return int(re.search(rf"\b{name} +(\d+)", in_b("cat", "/proc/net/mytcp_stat"))[1])
    if kind == "half-open":
        return slabs()["request_sock_TCP"][0]
    return int(re.search(r"\btw (\d+)", in_b("cat", "/proc/net/sockstat"))[1])


def say_standing(stack, kind, n, door, cycles):
    entries = standing(stack, kind)
    if entries < .99 * n:
        sys.exit(f"{stack}: {entries} {kind} instead of {n}")
    say("standing", kind=kind, stack=stack, n=n, **door(cycles))


def say_memory(stack, kind, before):
    grown = {name: size - before.get(name, (0, 0))[1] for name, (_, size) in slabs().items()}
    say("memory", stack=stack, kind=kind, bytes=sum(grown.values()),
        entries=standing(stack, kind),
        caches={name: size for name, size in grown.items() if size > 100000})


def measure_half_open(steps, n):
    # The kernel's TCP drops an entry if its SYN+ACK finds the queue of veth full.
    with open("/proc/sys/net/core/netdev_max_backlog", "w") as file:
        file.write(str(MANY))
    for stack in STACKS:
        with Hosts() as hosts:
            hosts.door(cookies=0, backlog=MANY)
            door = Cycle(stack, "127.0.0.1", backlog=MANY)
            door(100)
            made, empty = 0, slabs()
            for step in steps:
                flood(hosts, stack, "flood", step - made, "-s", str(made))
                made = step
                if step == 100000:
                    say_memory(stack, "half-open", empty)
                say_standing(stack, "half-open", step, door, n)
            door.close()


def measure_timewait(steps, n):
    """Of what connect, accept and close leave; also how it ends with its namespace."""
    for stack in list(STACKS) * 3:
        with Lone() as lone:
            Cycle(stack, "127.0.0.1").close()
        say("end", stack=stack, entries=0, ns=lone.ended_in)
    for stack in STACKS:
        with Lone() as lone:
            door = Cycle(stack, "127.0.0.1")
            door(100)
            made, empty = 100, slabs()
            for step in steps:
                door(max(step - made, 1))
                if step == steps[-1]:
                    say_memory(stack, "TIME_WAIT", empty)
                say_standing(stack, "TIME_WAIT", step, door, n)
                made = step + n
            door.close()
            entries = standing(stack, "TIME_WAIT")
        say("end", stack=stack, entries=entries, ns=lone.ended_in)


def measure_million(n):
    """In TIME_WAIT, the quickest way: the kernel's do not wait longer than a minute."""
    for stack in STACKS:
        with Lone():
            door = Cycle(stack, "127.0.0.1")
            door(100)
            in_b("./selfconn", str(STACKS[stack][0]), str(MILLION))
            say_standing(stack, "TIME_WAIT", MILLION, door, n)
            door.close()


def trace_syn(seen):
    for stack in STACKS:
        with Hosts() as hosts:
            door = Cycle(stack, "192.0.2.2")
            flood(hosts, stack, "flood", 1000)
            print("trace syn", stack, flush=True)
            attack = Attack(hosts, stack, "flood", stdout=None)
            await_that(lambda: seen("syn", stack))
            attack.end()
            door.close()


def trace_cycle(seen):
    for stack in STACKS:
        with Hosts():
            door = Cycle(stack, "127.0.0.1")
            door(50)
            print("trace cycle", stack, "\nsending", flush=True)
            while not seen("cycle", stack):
                door(50)
            door.close()


def trace(out):
    """SYNs and cycles for the host to look into, until it says it has seen them."""
    shutil.copy("/proc/kallsyms", out)

    def seen(what, stack):
        return os.path.exists(os.path.join(out, f"{what}.{stack}"))

    trace_syn(seen)
    trace_cycle(seen)


def main():
    global row
    programs, module, mode, full, *rows = sys.argv[1:]
    full = full == "full"
    for name in "veth", "sch_ingress", "cls_matchall", "cls_u32", "act_gact":
        subprocess.run(["modprobe", name], check=False)
    run("insmod", module)
    # What runs while something is measured comes from memory.
    work = tempfile.mkdtemp()
    for name in "flood", "cycle", "selfconn":
        shutil.copy(os.path.join(programs, name), work)
    os.chdir(work)
    if mode == "trace":
        trace(os.path.join(programs, "trace"))
        return
    if mode == "count":
        measures = {
            "flood": lambda: measure_flood(3, 20000 if full else 5000),
            "connect": lambda: measure_connect(1000 if full else 200),
            "cycle": lambda: measure_cycle(3, 1000 if full else 300),
            "half-open": lambda: measure_half_open([10, 1000, 100000] + [MILLION] * full, 500),
            "time-wait": lambda: measure_timewait([10, 1000, 100000], 500),
        }
        if full or "million" in rows:
            measures["million"] = lambda: measure_million(500)
    else:
        measures = {
            "flood": lambda: measure_flood(9 if full else 5, 20000),
            "connect": lambda: measure_connect(1000 if full else 300),
            "cycle": lambda: measure_cycle(9 if full else 5, 2000),
        }
    for row in rows or measures:
        measures[row]()


if __name__ == "__main__":
    main()

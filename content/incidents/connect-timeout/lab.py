#!/usr/bin/env python3
"""What does connect() do when the peer stays silent, refuses or is not there? Ask this machine's kernel.

Each case gets two network namespaces of its own, a client and a peer, joined by a veth pair; a program in
the first calls connect() to an address in the second, and a packet socket notes with kernel timestamps what
passes. Every time is in ms since the moment just before the (first) connect(). For some cases the second namespace
is a router with a firewall, and the address is in a third, behind it.

Needs Linux, Python 3.8 and iproute2 (`ip`, and `ss` for one of the first aids). Root is not needed where user
namespaces are allowed. `nft` or `iptables` makes the REJECT rules; without them the peer rejects as a router does, as
far as a router can say the same.
It cannot harm the machine: addresses, rules and sysctls exist only inside the namespaces, which vanish with
the processes, and nothing leaves the veth pairs. It writes no file unless given --out.
All cases take about five minutes, --short about one, a busy machine longer; in any case it stops after MAX_RUN_S.
"""
import errno
import json
import math
import os
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import time

from labkit.harness import Lab, run_lab
from labkit.namespaces import CLONE_NEWNET, enter_namespaces
from labkit.network import (check_network, inside, ip, lay_wire, new_namespace, packet_socket, read_sysctls, sysctl,
                            timestamp, wait_until_up)
from labkit.processes import Board, call, libc, spawn
from labkit.workers import Skip

PORT = 4242
CLIENT_MAC, PEER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
ROUTER_MAC, HOST_MAC = "02:00:00:00:00:03", "02:00:00:00:00:04"
MAX_RUN_S = 900
WATCH_AFTER_S = 1.5  # how long to go on watching the wire once connect() is over
PENDING = ("EINPROGRESS", "EALREADY")  # any other result of connect() is final
SHORT_S = 8
SYSCTLS = ("tcp_syn_retries", "tcp_syn_linear_timeouts")
# The parameters of a case; the simulation has the same names. None: leave the kernel's default.
DEFAULTS = {
    "family": "inet", "peer": "drops", "lose_first": 0, "rtt_ms": 0, "tcp_syn_retries": None, "tcp_syn_linear_timeouts": None,
    "so_sndtimeo_ms": 0, "tcp_user_timeout_ms": 0, "tcp_syncnt": 0, "nonblocking": False, "poll_timeout_ms": -1,
    "connects": 1, "first_aid": "none", "first_aid_at_ms": 20000, "heartbeat_s": 0,
}
PEERS = ("drops", "refuses", "listens", "rejects-reset", "rejects-port", "rejects-host", "rejects-net", "rejects-admin",
         "absent")
FIRST_AIDS = ("none", "ss-kill", "route-unreachable", "sysctl")
FIRST_AID_RETRIES = 3  # what first_aid=sysctl sets tcp_syn_retries to


class Family:
    """What depends on IPv4 or IPv6: addresses from RFC 5737 and RFC 3849, and words of nft, iptables and `ip route`."""

    def __init__(self, number, client, peer, target, bits, net_bits, nft, ip_option, icmp, rejects, codes, routes):
        self.number, self.client, self.peer, self.target = number, client, peer, target
        self.bits, self.net_bits = bits, net_bits  # of an address, of a network's prefix
        self.nft, self.ip_option, self.icmp = nft, ip_option, icmp  # "ip6 … reject with icmpv6 type …"
        self.rejects = rejects  # the peer -> nft's name for the code
        self.codes = codes  # code of a destination unreachable -> what the recording calls it
        self.routes = routes  # nft's name -> the route by which a router says the same; None: no route at all


FAMILIES = {
    "inet": Family(
        socket.AF_INET, "192.0.2.1", "192.0.2.2", "192.0.2.3", 32, 24, "ip", "", "icmp",
        {"rejects-port": "port-unreachable", "rejects-host": "host-unreachable", "rejects-net": "net-unreachable",
         "rejects-admin": "admin-prohibited"},
        {0: "ICMP net unreachable", 1: "ICMP host unreachable", 3: "ICMP port unreachable",
         9: "ICMP net prohibited", 10: "ICMP host prohibited", 13: "ICMP admin prohibited"},
        {"net-unreachable": None, "host-unreachable": "unreachable", "admin-prohibited": "prohibit"}),
    "inet6": Family(
        socket.AF_INET6, "2001:db8::1", "2001:db8::2", "2001:db8::3", 128, 64, "ip6", "-6 ", "icmpv6",
        {"rejects-port": "port-unreachable", "rejects-host": "addr-unreachable", "rejects-net": "no-route",
         "rejects-admin": "admin-prohibited"},
        {0: "ICMPv6 no route", 1: "ICMPv6 admin prohibited", 3: "ICMPv6 address unreachable",
         4: "ICMPv6 port unreachable", 5: "ICMPv6 policy fail", 6: "ICMPv6 reject route"},
        {"no-route": "unreachable", "admin-prohibited": "prohibit"}),
}

# The cases

def cases():
    """All cases, in the order of the recording: name, parameters and, for one variant, the ICMP message."""
    listed = []

    def case(name, n=None, linear=None, icmp=None, routed=False, **parameters):
        sysctls = {k: v for k, v in zip(SYSCTLS, (n, linear)) if v is not None}
        listed.append({"name": name, "icmp": icmp, "routed": routed,
                       "parameters": {"peer": "drops", **parameters, **sysctls}})

    case("the post: n=5, no linear timeouts", 5, 0)
    for linear in (0, 4):
        for n in range(1, 7):
            if (n, linear) != (5, 0):
                case(f"drops, n={n}, linear {linear}", n, linear)
    for linear in (1, 2):
        for n in range(1, 4):
            case(f"drops, n={n}, linear {linear}", n, linear)
    case("drops, n=0: below the least the sysctl takes", 0, 0)
    case("drops, n=2, linear 127: the most the sysctl takes", 2, 127)
    case("drops, n=7, linear 0: the longest timer is capped at 120 s", 7, 0)
    case("refuses", peer="refuses")
    case("refuses, first SYN lost", 6, 0, peer="refuses", lose_first=1)
    case("listens", peer="listens")
    for lost in (1, 2):
        case(f"listens, first {lost} lost", 6, 0, peer="listens", lose_first=lost)
    case("listens, first 3 lost, linear 4", 6, 4, peer="listens", lose_first=3)
    case("listens, first 3 lost, n=2: gives up", 2, 0, peer="listens", lose_first=3)
    case("listens, first 3 lost, n=3: the last SYN gets through", 3, 0, peer="listens", lose_first=3)
    rejects = FAMILIES["inet"].rejects
    for peer in rejects:
        case(f"{peer}, RTT 20", peer=peer, rtt_ms=20)
    case("rejects-admin, RTT 20, with host-prohibited", icmp="host-prohibited", peer="rejects-admin", rtt_ms=20)
    case("rejects-net, RTT 20, with net-prohibited", icmp="net-prohibited", peer="rejects-net", rtt_ms=20)
    case("refuses, behind a router", routed=True, peer="refuses")
    case("rejects-reset", peer="rejects-reset")
    case("rejects-reset, first SYN lost", 6, 0, peer="rejects-reset", lose_first=1)
    case("rejects-reset, RTT 20", peer="rejects-reset", rtt_ms=20)
    case("rejects-host, RTT 2500, n=1: RFC 6069 finds the time over", 1, 0, peer="rejects-host", rtt_ms=2500)
    case("rejects-host, RTT 2500, n=2: RFC 6069 sends one SYN more", 2, 0, peer="rejects-host", rtt_ms=2500)
    case("rejects-net, RTT 2500, n=1: RFC 6069 finds the time over", 1, 0, peer="rejects-net", rtt_ms=2500)
    case("rejects-port, RTT 2500, n=1: not for RFC 6069", 1, 0, peer="rejects-port", rtt_ms=2500)
    for peer in rejects:
        case(f"{peer}, no RTT: the ICMP comes while connect() still holds the socket", 6, 0, peer=peer)
    case("absent", 6, 4, peer="absent")
    case("absent, linear 0", 6, 0, peer="absent")
    for run in range(1, 6):
        case(f"absent, n=1, linear 0: SYN budget and ARP both end at 3 s, run {run}", 1, 0, peer="absent")
    for n, linear in ((2, 0), (3, 0), (1, 1), (1, 4), (2, 4)):
        case(f"absent, n={n}, linear {linear}", n, linear, peer="absent")
    case("absent, SO_SNDTIMEO 1000", 6, 4, peer="absent", so_sndtimeo_ms=1000)
    for ms in (2000, 3000):
        case(f"absent, TCP_USER_TIMEOUT {ms}", 6, 4, peer="absent", tcp_user_timeout_ms=ms)
    for ms in (500, 1000, 2500, 5000):
        case(f"SO_SNDTIMEO {ms}", 6, 0, so_sndtimeo_ms=ms)
    for connects in (2, 3):
        case(f"SO_SNDTIMEO 1000, connect() {connects} times", 6, 0, so_sndtimeo_ms=1000, connects=connects)
    case("SO_SNDTIMEO 1000, connect() 2 times, heartbeat 3 s: returns before the kill", 6, 0, so_sndtimeo_ms=1000,
         connects=2, heartbeat_s=3)
    case("SO_SNDTIMEO 700, connect() twice, first SYN lost: the second succeeds", 6, 0, peer="listens",
         lose_first=1, so_sndtimeo_ms=700, connects=2)
    case("SO_SNDTIMEO 5000, n=1: longer than the SYN budget", 1, 0, so_sndtimeo_ms=5000)
    for run in range(1, 6):
        case(f"SO_SNDTIMEO 3000, n=1: a tie, run {run}", 1, 0, so_sndtimeo_ms=3000)
    for linear in (0, 4):
        for ms in (300, 500, 1000, 1500, 2500, 5000, 10000):
            case(f"TCP_USER_TIMEOUT {ms}, linear {linear}", 6, linear, tcp_user_timeout_ms=ms)
    case("TCP_USER_TIMEOUT 2000, SO_SNDTIMEO 5000: the shorter one ends it", 6, 0, tcp_user_timeout_ms=2000,
         so_sndtimeo_ms=5000)
    for linear in (0, 4):
        for count in (1, 2, 3):
            case(f"TCP_SYNCNT {count}, linear {linear}", 6, linear, tcp_syncnt=count)
    poll = {"nonblocking": True, "poll_timeout_ms": 2000}
    case("non-blocking, poll 2000, drops", 6, 0, **poll)
    for peer in ("refuses", "rejects-host", "listens"):
        case(f"non-blocking, poll 2000, {peer}, RTT 20", peer=peer, rtt_ms=20, **poll)
    case("non-blocking, poll 2000, rejects-host, no RTT", 6, 0, peer="rejects-host", **poll)
    case("non-blocking, poll 1000, drops", 6, 0, nonblocking=True, poll_timeout_ms=1000)
    case("non-blocking, poll 500, connect() twice", 6, 0, nonblocking=True, poll_timeout_ms=500, connects=2)
    for peer in ("listens", "refuses", "rejects-host"):
        case(f"non-blocking, poll 0, {peer}, no RTT", 6, 0, peer=peer, nonblocking=True, poll_timeout_ms=0)
    case("non-blocking, poll 0, drops", 6, 0, nonblocking=True, poll_timeout_ms=0)
    case("non-blocking, poll for ever, n=1", 1, 0, nonblocking=True, poll_timeout_ms=-1)
    case("the supervisor: n=5, killed after 10 s", 5, 0, heartbeat_s=10)
    case("listens, RTT 200", peer="listens", rtt_ms=200)
    for linear in (0, 4):
        for peer in ("listens", "refuses"):
            case(f"{peer}, RTT 1500, linear {linear}", 6, linear, peer=peer, rtt_ms=1500)
    case("listens, RTT 1500, first SYN lost", 6, 0, peer="listens", rtt_ms=1500, lose_first=1)
    ipv6_cases(case)
    first_aid_cases(case)
    return listed


def ipv6_cases(case):
    """What differs over IPv6, and what might."""
    rejects = FAMILIES["inet6"].rejects
    case("IPv6, drops, n=1, linear 4", 1, 4, family="inet6")
    case("IPv6, drops, n=2, linear 0", 2, 0, family="inet6")
    case("IPv6, refuses", family="inet6", peer="refuses")
    case("IPv6, refuses, behind a router", routed=True, family="inet6", peer="refuses")
    case("IPv6, refuses, first SYN lost", 6, 0, family="inet6", peer="refuses", lose_first=1)
    case("IPv6, listens, RTT 20", family="inet6", peer="listens", rtt_ms=20)
    case("IPv6, rejects-reset", family="inet6", peer="rejects-reset")
    for peer in rejects:
        case(f"IPv6, {peer}, RTT 20", family="inet6", peer=peer, rtt_ms=20)
    for icmp in ("policy-fail", "reject-route"):
        case(f"IPv6, rejects-admin, RTT 20, with {icmp}", icmp=icmp, family="inet6", peer="rejects-admin", rtt_ms=20)
    for peer in rejects:
        case(f"IPv6, {peer}, no RTT", 6, 0, family="inet6", peer=peer)
    for peer in ("rejects-net", "rejects-host"):
        for n in (1, 2):
            case(f"IPv6, {peer}, RTT 2500, n={n}: no RFC 6069 in SYN_SENT", n, 0, family="inet6", peer=peer, rtt_ms=2500)
    case("IPv6, absent", 6, 4, family="inet6", peer="absent")
    case("IPv6, absent, n=2, linear 0", 2, 0, family="inet6", peer="absent")
    case("IPv6, SO_SNDTIMEO 1000", 6, 0, family="inet6", so_sndtimeo_ms=1000)
    case("IPv6, TCP_USER_TIMEOUT 1500, linear 4", 6, 4, family="inet6", tcp_user_timeout_ms=1500)
    case("IPv6, non-blocking, poll 2000, rejects-admin, RTT 20", family="inet6", peer="rejects-admin", rtt_ms=20,
         nonblocking=True, poll_timeout_ms=2000)


def first_aid_cases(case):
    """What root can do for one peer while calls hang, and for all."""
    for family, ipv in (("inet", ""), ("inet6", "IPv6, ")):
        kill, route = ({"family": family, "first_aid": aid} for aid in ("ss-kill", "route-unreachable"))
        case(f"{ipv}ss -K after 2600", first_aid_at_ms=2600, **kill)
        case(f"{ipv}route unreachable after 2600, n=2, linear 0", 2, 0, first_aid_at_ms=2600, **route)
        case(f"{ipv}route unreachable before connect()", first_aid_at_ms=0, **route)
    kill, route, retries = ({"first_aid": aid} for aid in FIRST_AIDS[1:])
    case("ss -K before connect(): nothing to destroy", 1, 0, first_aid_at_ms=0, **kill)
    case("ss -K after 600, non-blocking, poll 2000", nonblocking=True, poll_timeout_ms=2000, first_aid_at_ms=600, **kill)
    case("ss -K after 1600, second of two connect() calls", so_sndtimeo_ms=1000, connects=2, first_aid_at_ms=1600, **kill)
    case("ss -K after 600, absent", peer="absent", first_aid_at_ms=600, **kill)
    case("ss -K after 600, rejects-host, no RTT", 6, 0, peer="rejects-host", first_aid_at_ms=600, **kill)
    case("route unreachable after 2600, n=2, linear 4", 2, 4, first_aid_at_ms=2600, **route)
    case("route unreachable after 600, TCP_USER_TIMEOUT 2500", tcp_user_timeout_ms=2500, first_aid_at_ms=600, **route)
    case("route unreachable after 600, SO_SNDTIMEO 2500", so_sndtimeo_ms=2500, first_aid_at_ms=600, **route)
    case("route unreachable after 600, absent", peer="absent", first_aid_at_ms=600, **route)
    case("route unreachable after 600, non-blocking, poll 5000, n=1", 1, 0, nonblocking=True, poll_timeout_ms=5000,
         first_aid_at_ms=600, **route)
    for peer in ("refuses", "rejects-port", "rejects-host", "listens"):
        case(f"route unreachable after 600, {peer}, RTT 1500", peer=peer, rtt_ms=1500, first_aid_at_ms=600, **route)
    case("sysctl after 10600, within the new limit", first_aid_at_ms=10600, **retries)
    case("sysctl after 20600: the next try is the last", first_aid_at_ms=20600, **retries)
    case("sysctl before connect()", 6, 0, first_aid_at_ms=0, **retries)
    case("sysctl after 2600, n=6, linear 0", 6, 0, first_aid_at_ms=2600, **retries)
    case("sysctl after 600, TCP_SYNCNT 1: not for this socket", tcp_syncnt=1, first_aid_at_ms=600, **retries)


def random_cases(number, seed):
    """Cases that end within SHORT_S, their parameters drawn at random.

    The times to draw from lie so that no two things of a case come within 100 ms: then they come in the same order on a
    machine whose timers are late.
    """
    draw = random.Random(seed)
    cases = []
    while len(cases) < number:
        n, linear = draw.randint(1, 3), draw.choice((0, 1, 2, 4))
        p = {"family": draw.choice(tuple(FAMILIES)), "peer": draw.choice(PEERS), "rtt_ms": draw.choice((0, 0, 20, 1500, 2500)),
             "tcp_syn_retries": n, "tcp_syn_linear_timeouts": linear}
        if draw.random() < 0.3:
            p["lose_first"] = draw.randint(1, 2)
        if draw.random() < 0.3:
            p["tcp_syncnt"] = draw.randint(1, 3)
        bound = draw.choice(("none", "none", "so_sndtimeo_ms", "tcp_user_timeout_ms", "poll"))
        if bound == "poll":
            p.update(nonblocking=True, poll_timeout_ms=draw.choice((-1, 0, 700, 1700, 3300)))
        elif bound != "none":
            p[bound] = draw.choice((700, 1700, 3300))
        if draw.random() < 0.4:
            p.update(first_aid=draw.choice(FIRST_AIDS[1:]), first_aid_at_ms=draw.choice((0, 400, 1600, 2600, 4600)))
        if draw.random() < 0.15:
            p["connects"] = 2
        if p["peer"] == "absent":
            p["rtt_ms"], p["lose_first"] = 0, 0
        case = {"name": f"random {len(cases) + 1} of seed {seed}", "icmp": None, "routed": False, "parameters": p}
        if expected_s(p) <= SHORT_S:
            cases.append(case)
    return cases


def expected_s(parameters):
    """About how long connect() can take at most: for the order, for --short and for the case's own deadline."""
    p = {**DEFAULTS, **parameters}
    n = p["tcp_syncnt"] or p["tcp_syn_retries"] or 6
    linear = 4 if p["tcp_syn_linear_timeouts"] is None else p["tcp_syn_linear_timeouts"]
    limits = [sum(min(2 ** i, 120) for i in range(n + 1)) + min(linear, 2 ** n)]
    if p["tcp_user_timeout_ms"]:
        limits.append(1 + p["tcp_user_timeout_ms"] / 1000)
    if p["so_sndtimeo_ms"] and not p["nonblocking"]:
        limits.append(p["connects"] * p["so_sndtimeo_ms"] / 1000)
    if p["nonblocking"] and p["poll_timeout_ms"] >= 0:
        limits.append(p["connects"] * p["poll_timeout_ms"] / 1000)
    if p["heartbeat_s"]:
        limits.append(p["heartbeat_s"])
    if p["first_aid"] == "ss-kill":
        limits.append(p["first_aid_at_ms"] / 1000 if p["first_aid_at_ms"] else math.inf)
    if p["first_aid"] == "sysctl" and not p["tcp_syncnt"]:
        fewest = sum(2 ** i for i in range(FIRST_AID_RETRIES + 1)) + min(linear, 2 ** FIRST_AID_RETRIES)
        limits.append(max(fewest, 2 * p["first_aid_at_ms"] / 1000))
    if p["first_aid"] == "route-unreachable" and not p["first_aid_at_ms"]:
        limits.append(0)
    if p["peer"] == "absent":
        limits.append(3)
    elif p["peer"] != "drops" and p["lose_first"] <= n + linear:
        limits.append(2 ** p["lose_first"] - 1 + p["rtt_ms"] / 1000)
    return min(limits)


# The namespaces

def join(home, peer, case):
    """Lays the wire and the addresses. Nobody answers for the target yet: what comes for it is dropped."""
    p = {**DEFAULTS, **case["parameters"]}
    family = FAMILIES[p["family"]]
    lay_wire(("c0", CLIENT_MAC), ("p0", PEER_MAC), peer, rtt_ms=p["rtt_ms"])
    allow(family, "c0")
    ip("link set c0 up")
    add_address(family, f"{family.client}/{family.net_bits}", "c0")
    with inside(peer, home):
        allow(family, "p0")
        forward(family, 0)
        ip("link set p0 up")
        add_address(family, f"{family.peer}/{family.bits}", "p0")
        ip(f"{family.ip_option}route add {family.client} dev p0")
        ip(f"{family.ip_option}neighbour add {family.client} lladdr {CLIENT_MAC} dev p0 nud permanent")
        if is_routed(case):
            put_host_behind(family, peer)
        elif family.number == socket.AF_INET6:  # without a way to it an IPv6 host says so, a router or not
            ip(f"-6 route add blackhole {family.target}")
        wait_until_up()
    wait_until_up()
    if p["peer"] != "absent":
        ip(f"{family.ip_option}neighbour add {family.target} lladdr {PEER_MAC} dev c0 nud permanent")


def is_routed(case):
    """Whether the target is behind the peer, which then is a router."""
    return case["routed"] or case["parameters"]["peer"] == "rejects-reset"


def allow(family, device):
    """Lets a device have IPv6 addresses, which new_namespace() does not."""
    if family.number == socket.AF_INET6:
        sysctl(f"conf/{device}/disable_ipv6", 0, "ipv6")


def add_address(family, address, device):
    """Gives a device an address that it may use at once."""
    ip(f"address add {address} dev {device}{' nodad' if family.number == socket.AF_INET6 else ''}")


def forward(family, on):
    """Makes the namespace a router, or not."""
    if family.number == socket.AF_INET6:
        sysctl("conf/all/forwarding", on, "ipv6")
    else:
        sysctl("ip_forward", on)


def put_host_behind(family, peer):
    """A third namespace with the target, joined to the peer, from which this is called."""
    host = new_namespace()
    call(libc.setns, peer, CLONE_NEWNET)
    lay_wire(("q0", ROUTER_MAC), ("h0", HOST_MAC), host)
    allow(family, "q0")
    ip("link set q0 up")
    with inside(host, peer):
        allow(family, "h0")
        ip("link set h0 up")
        add_address(family, f"{family.target}/{family.bits}", "h0")
        for address in (family.peer, family.client):
            ip(f"{family.ip_option}route add {address} dev h0")
            ip(f"{family.ip_option}neighbour add {address} lladdr {ROUTER_MAC} dev h0 nud permanent")
    ip(f"{family.ip_option}route add {family.target} dev q0")
    ip(f"{family.ip_option}neighbour add {family.target} lladdr {HOST_MAC} dev q0 nud permanent")


# The peer's answer

def answer(case):
    """Makes somebody answer for the target from now on. Returns the listening socket, and what rejects."""
    peer, family = case["parameters"]["peer"], FAMILIES[case["parameters"].get("family", "inet")]
    if peer == "rejects-reset":
        return None, reject_on_the_way(family)
    if peer.startswith("rejects"):
        return None, reject(family, case["icmp"] or family.rejects[peer])
    if is_routed(case):
        forward(family, 1)
    elif peer in ("refuses", "listens"):
        add_address(family, family.target, "p0")
    if peer == "listens":
        listener = socket.socket(family.number)
        listener.bind((family.target, PORT))
        listener.listen(1)
        return listener, None
    return None, None


def add_rule(family, hook, verdict):
    """A rule for segments to PORT, by nft or iptables; returns which, or None. `verdict`: what each calls it."""
    rule = (f"table {family.nft} lab {{ chain only {{ type filter hook {hook} priority 0; "
            f"tcp dport {PORT} reject with {verdict['nft']}; }}; }}")
    chain = ["-A", hook.upper(), "-p", "tcp", "--dport", str(PORT), "-j", "REJECT", "--reject-with", verdict["iptables"]]
    tables = "ip6tables" if family.number == socket.AF_INET6 else "iptables"
    for tool, arguments in (("nft", [rule]), (tables, chain)):
        if shutil.which(tool) and subprocess.run([tool, *arguments], stderr=subprocess.DEVNULL).returncode == 0:
            return tool
    return None


def reject(family, icmp):
    """Rejects segments to the target with the ICMP message, by the first means that works; returns its name."""
    tables = icmp.replace("admin", "adm") if family.number == socket.AF_INET6 else icmp
    words = {"nft": f"{family.icmp} type {icmp}", "iptables": f"{'icmp6' if family.bits == 128 else 'icmp'}-{tables}"}
    tool = add_rule(family, "input", words)
    if tool:
        add_address(family, family.target, "p0")
        return tool
    if icmp not in family.routes:
        raise Skip("needs nft or iptables with REJECT")
    if family.number == socket.AF_INET6:
        ip(f"-6 route del blackhole {family.target}")
    if family.routes[icmp]:
        ip(f"{family.ip_option}route add {family.routes[icmp]} {family.target}")
    forward(family, 1)
    return "router"


def reject_on_the_way(family):
    """The router rejects segments to the host behind it with a reset; returns the means."""
    tool = add_rule(family, "forward", {"nft": "tcp reset", "iptables": "tcp-reset"})
    if not tool:
        raise Skip("needs nft or iptables with REJECT")
    forward(family, 1)
    return tool


# First aid

def give_first_aid(p):
    """What root does on the client. Raises Skip where `ss` or the kernel cannot."""
    family = FAMILIES[p["family"]]
    if p["first_aid"] == "sysctl":
        sysctl("tcp_syn_retries", FIRST_AID_RETRIES)
    elif p["first_aid"] == "route-unreachable":
        ip(f"{family.ip_option}route add unreachable {family.target}")
    elif p["first_aid"] == "ss-kill":
        if not shutil.which("ss"):
            raise Skip("needs ss (iproute2)")
        shown = f"[{family.target}]" if family.number == socket.AF_INET6 else family.target
        done = subprocess.run(["ss", "-tKH", "state", "syn-sent", "dst", shown], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True)
        if done.returncode:
            raise Skip(f"ss -K: {done.stderr.strip()}")  # a kernel without CONFIG_INET_DIAG_DESTROY says nothing
        return len(done.stdout.splitlines())
    return None


# The wire

def read_frame(wire, family):
    """Receives one frame: the kernel's timestamp in ns (CLOCK_REALTIME), what it is or None, and more of a reset."""
    frame, control, _, address = wire.recvmsg(65535, 64)
    return (timestamp(control), *classify(frame, address[2] == socket.PACKET_OUTGOING, family))


def classify(frame, outgoing, family):
    """Says what an Ethernet frame is, seen from the client: SYN, RST, SYN-ACK, ICMP …, "who has", or None.

    Of a reset, also what tells who has sent it: sequence number, window, and the hops that it had left.
    """
    ethertype = struct.unpack_from("!H", frame, 12)[0]
    if ethertype == 0x0806:
        return "who has" if outgoing and frame[21] == 1 else None, {}
    if ethertype == 0x0800:
        protocol, hops, payload = frame[23], frame[22], frame[14 + (frame[14] & 15) * 4:]
    elif ethertype == 0x86DD:
        protocol, hops, payload = frame[20], frame[21], frame[54:]
    else:
        return None, {}
    if protocol == socket.IPPROTO_TCP:
        syn, rst, ack = payload[13] & 2, payload[13] & 4, payload[13] & 16
        if outgoing:
            return "SYN" if syn and not ack else None, {}
        if rst:
            return "RST", {"seq": struct.unpack_from("!I", payload, 4)[0],
                           "win": struct.unpack_from("!H", payload, 14)[0], "ttl": hops}
        return "SYN-ACK" if syn and ack else None, {}
    if protocol == socket.IPPROTO_ICMPV6 and payload[0] == 135 and outgoing:
        asked = socket.inet_ntop(socket.AF_INET6, payload[8:24])
        return "who has" if asked == family.target else None, {}
    if protocol in (socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6) and not outgoing:
        if payload[0] == (3 if protocol == socket.IPPROTO_ICMP else 1):
            return family.codes.get(payload[1], f"unreachable, code {payload[1]}"), {}
    return None, {}


# The program under test

def client_socket(p):
    """The socket to connect, with the options that the parameters ask for."""
    client = socket.socket(FAMILIES[p["family"]].number)
    if p["so_sndtimeo_ms"]:
        seconds, ms = divmod(p["so_sndtimeo_ms"], 1000)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", seconds, ms * 1000))
    if p["tcp_user_timeout_ms"]:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, p["tcp_user_timeout_ms"])
    if p["tcp_syncnt"]:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, p["tcp_syncnt"])
    client.setblocking(not p["nonblocking"])
    return client


def program(client, p, board, report):
    """Calls connect() as the parameters say, until its result is final; reports each call and the result as JSON."""
    calls = []
    board["started"] = time.time_ns()
    for _ in range(p["connects"]):
        number = client.connect_ex((FAMILIES[p["family"]].target, PORT))
        result = {"errno": errno.errorcode.get(number), "returned_at": time.time_ns()}
        calls.append(result)
        if p["nonblocking"] and result["errno"] in PENDING:
            result = poll_connection(client, p["poll_timeout_ms"], result["errno"])
        if result["errno"] not in PENDING:
            break
    client.close()
    os.write(report, json.dumps({"connects": calls, **result}).encode())


def poll_connection(client, timeout_ms, pending):
    """Waits with poll() for a non-blocking connect(), then asks SO_ERROR how it went; until then it is pending."""
    poll = select.poll()
    poll.register(client, select.POLLOUT)
    events = poll.poll(timeout_ms)
    result = {"returned_at": time.time_ns(), "revents": [], "errno": pending}
    if events:
        result["revents"] = [name for name in ("POLLOUT", "POLLERR", "POLLHUP") if events[0][1] & getattr(select, name)]
        result["errno"] = errno.errorcode.get(client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    return result


# One case

def run_case(case, recorded):
    """Runs one case in namespaces of its own."""
    p = {**DEFAULTS, **case["parameters"]}
    enter_namespaces(as_root=True)
    peer = new_namespace()
    home = new_namespace()
    for name in SYSCTLS:
        if p[name] is not None:
            sysctl(name, p[name])
    recorded["sysctls"] = read_sysctls(SYSCTLS)
    join(home, peer, case)
    recorded["observed"] = observe(p, case, home, peer)


def observe(p, case, home, peer):
    """Starts the program and watches the wire until it is over and a little longer; returns what was seen."""
    wire, family = packet_socket("c0"), FAMILIES[p["family"]]
    board = Board(["started"])  # when the program calls connect(), in ns
    seen, result, listener, rejected_by = [], {}, None, None  # the listener listens while something refers to it
    aided, aid_at = None, math.inf
    if not p["lose_first"]:
        with inside(peer, home):
            listener, rejected_by = answer(case)
    if p["first_aid"] != "none" and not p["first_aid_at_ms"]:
        aided = {"killed": give_first_aid(p)}
    results, report = os.pipe()
    client = client_socket(p)
    pid = spawn(program, client, p, board, report)
    client.close()  # the program's copy must be the last one: closing that ends the SYNs
    os.close(report)
    start = over = 0
    answer_at = kill_at = math.inf
    while not over or time.time_ns() < over + WATCH_AFTER_S * 1e9:
        start = board["started"]
        if p["heartbeat_s"] and start and not over:
            kill_at = start + p["heartbeat_s"] * 10 ** 9
        if p["first_aid"] != "none" and start and not over and not aided:
            aid_at = start + p["first_aid_at_ms"] * 10 ** 6
        now = time.time_ns()
        wait_s = (min(answer_at, kill_at, aid_at, now + 10 ** 8) - now) / 1e9
        ready = select.select([wire] if over else [wire, results], [], [], max(0, wait_s))[0]
        if wire in ready:
            seen.append(read_frame(wire, family))
            if seen[-1][1] == "SYN" and sum(what == "SYN" for _, what, _ in seen) == p["lose_first"]:
                answer_at = lost_by(seen[-1][0], p)
        if results in ready:
            result = json.loads(os.read(results, 65536) or b"{}")
            over, kill_at = time.time_ns(), math.inf
        elif now >= kill_at:
            os.kill(pid, signal.SIGKILL)
            over = result["killed_at"] = time.time_ns()
            kill_at = math.inf
        if now >= answer_at:
            answer_at = math.inf
            with inside(peer, home):
                listener, rejected_by = answer(case)
        if now >= aid_at and not over:
            aided, aid_at = {"begun_at": now, "killed": give_first_aid(p), "done_at": time.time_ns()}, math.inf
    if "errno" not in result and "killed_at" not in result:
        raise RuntimeError("the program under test failed")
    observed = as_recorded(seen, result, start, aided)
    return {**observed, "rejected_by": rejected_by} if rejected_by else observed


def lost_by(sent_at, p):
    """When, in ns, a SYN has surely arrived and been lost. The next one comes no sooner than 1 s after it."""
    return sent_at + (p["rtt_ms"] // 2 + 20) * 10 ** 6


def as_recorded(seen, result, start, aided):
    """What was seen, with the clock's ns turned into ms since the start."""
    def ms(at):
        return None if at is None else round((at - start) / 1e6, 1)

    aid = {}
    if aided:
        aid["first_aid"] = {"begun_ms": ms(aided.get("begun_at")), "done_ms": ms(aided.get("done_at")),
                            "killed": aided["killed"]}
    return {
        "syn_times_ms": [ms(at) for at, what, _ in seen if what == "SYN"],
        "errno": result.get("errno"),
        "returned_at_ms": ms(result.get("returned_at")),
        "killed_at_ms": ms(result.get("killed_at")),
        "answers": [{"at_ms": ms(at), "what": what, **more} for at, what, more in seen
                    if what not in (None, "SYN", "who has")],
        "arp_times_ms": [ms(at) for at, what, _ in seen if what == "who has"],
        "connects": [{"errno": c["errno"], "returned_at_ms": ms(c["returned_at"])} for c in result.get("connects", [])],
        "revents": result.get("revents"),
        **aid,
    }


# The command line

def lines(case, _is_only_one):
    """What a case observed, as lines of text for people."""
    seen = case["observed"]
    calls = [f"{c['errno'] or 'success'} at {c['returned_at_ms']} ms" for c in seen["connects"]]
    if seen["revents"] is not None:
        calls.append(f"poll {'|'.join(seen['revents']) or 'nothing'} at {seen['returned_at_ms']} ms, "
                     f"{seen['errno'] or 'success'}")
    if seen["killed_at_ms"] is not None:
        calls.append(f"killed at {seen['killed_at_ms']} ms")
    yield f"connect(): {', '.join(calls)}"
    for label, times in (("SYN", seen["syn_times_ms"]), ("who has", seen["arp_times_ms"])):
        if times:
            yield f"{label} at {', '.join(map(str, times))}"
    for reply in seen["answers"]:
        more = "".join(f", {name} {reply[name]}" for name in ("seq", "win", "ttl") if name in reply)
        yield f"{reply['what']} at {reply['at_ms']}{more}"
    if "first_aid" in seen:
        aid = seen["first_aid"]
        what = "" if aid["killed"] is None else f", {aid['killed']} socket(s) destroyed"
        yield f"first aid from {aid['begun_ms'] or 'before connect()'} to {aid['done_ms'] or 'before connect()'}{what}"


def parse(name, text):
    """The value of --set name=text."""
    allowed = {"family": "|".join(FAMILIES), "peer": "|".join(PEERS), "first_aid": "|".join(FIRST_AIDS), "nonblocking": "true|false", "poll_timeout_ms": r"-1|0|[1-9]\d*",
               "connects": r"[1-9]\d*"}.get(name, r"0|[1-9]\d*")
    if name not in DEFAULTS or not re.fullmatch(allowed, text):
        raise ValueError(f"no such name or value; parameters are {', '.join(DEFAULTS)}; peers are {', '.join(PEERS)}")
    return text if name in ("family", "peer", "first_aid") else json.loads(text)


if __name__ == "__main__":
    run_lab(Lab(
        name="connect-timeout", about="connect() and its timeouts, on this machine's kernel", check=check_network,
        cases=cases, run=run_case, parse=parse, ad_hoc=lambda asked: {"icmp": None, "routed": False}, lines=lines,
        expected_s=lambda case: expected_s(case["parameters"]), max_run_s=MAX_RUN_S,
        is_short=lambda case: expected_s(case["parameters"]) <= SHORT_S, jobs=8, random_cases=random_cases,
    ))

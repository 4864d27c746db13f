#!/usr/bin/env python3
"""What does connect() do when the peer stays silent, refuses or is not there? Ask this machine's kernel.

Each case gets two network namespaces of its own, a client and a peer, joined by a veth pair; a program in
the first calls connect() to an address in the second, and a packet socket notes with kernel timestamps what
passes. Every time is in ms since the moment just before the (first) connect().

Needs Linux, Python 3.8 and iproute2 (`ip`). Root is not needed where user namespaces are allowed. `nft` or
`iptables` makes the REJECT rules; without them the peer rejects as a router does, all but rejects-port.
It cannot harm the machine: addresses, rules and sysctls exist only inside the namespaces, which vanish with
the processes, and nothing leaves the veth pairs. It writes no file unless given --out.
All cases take about five minutes, --short less than one, and in any case it stops after MAX_RUN_S.
"""
import errno
import json
import math
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import time

from labkit.harness import Lab, run_lab
from labkit.namespaces import enter_namespaces
from labkit.network import (check_network, inside, ip, lay_wire, new_namespace, packet_socket, read_sysctls, sysctl,
                            timestamp, wait_until_up)
from labkit.processes import Board, spawn
from labkit.workers import Skip

CLIENT, PEER, TARGET, PORT = "192.0.2.1", "192.0.2.2", "192.0.2.3", 4242  # RFC 5737 documentation addresses
CLIENT_MAC, PEER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
MAX_RUN_S = 900
WATCH_AFTER_S = 1.5  # how long to go on watching the wire once connect() is over
PENDING = ("EINPROGRESS", "EALREADY")  # any other result of connect() is final
SHORT_S = 8
SYSCTLS = ("tcp_syn_retries", "tcp_syn_linear_timeouts")
# The parameters of a case; the simulation has the same names. None: leave the kernel's default.
DEFAULTS = {
    "peer": "drops", "lose_first": 0, "rtt_ms": 0, "tcp_syn_retries": None, "tcp_syn_linear_timeouts": None,
    "so_sndtimeo_ms": 0, "tcp_user_timeout_ms": 0, "tcp_syncnt": 0, "nonblocking": False, "poll_timeout_ms": -1,
    "connects": 1, "heartbeat_s": 0,
}
PEERS = ("drops", "refuses", "listens", "rejects-port", "rejects-host", "rejects-net", "absent")
REJECTS = {"rejects-port": "port-unreachable", "rejects-host": "host-unreachable", "rejects-net": "net-unreachable"}
ICMP_CODES = {0: "ICMP net unreachable", 1: "ICMP host unreachable", 3: "ICMP port unreachable",
              13: "ICMP admin prohibited"}

# The cases

def cases():
    """All cases, in the order of the recording: name, parameters and, for one variant, the ICMP message."""
    listed = []

    def case(name, n=None, linear=None, icmp=None, **parameters):
        sysctls = {k: v for k, v in zip(SYSCTLS, (n, linear)) if v is not None}
        listed.append({"name": name, "icmp": icmp, "parameters": {"peer": "drops", **parameters, **sysctls}})

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
    for peer in REJECTS:
        case(f"{peer}, RTT 20", peer=peer, rtt_ms=20)
    case("rejects-host, RTT 20, with admin-prohibited", icmp="admin-prohibited", peer="rejects-host", rtt_ms=20)
    case("rejects-host, RTT 2500, n=1: RFC 6069 finds the time over", 1, 0, peer="rejects-host", rtt_ms=2500)
    case("rejects-host, RTT 2500, n=2: RFC 6069 sends one SYN more", 2, 0, peer="rejects-host", rtt_ms=2500)
    case("rejects-net, RTT 2500, n=1: RFC 6069 finds the time over", 1, 0, peer="rejects-net", rtt_ms=2500)
    case("rejects-port, RTT 2500, n=1: not for RFC 6069", 1, 0, peer="rejects-port", rtt_ms=2500)
    for peer in REJECTS:
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
    return listed


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
    if p["peer"] == "absent":
        limits.append(3)
    elif p["peer"] != "drops" and p["lose_first"] <= n + linear:
        limits.append(2 ** p["lose_first"] - 1 + p["rtt_ms"] / 1000)
    return min(limits)


# The two namespaces

def join(home, peer, p):
    """Lays the wire and the addresses. The peer does not own TARGET yet, so it drops what comes for it."""
    lay_wire(("c0", CLIENT_MAC), ("p0", PEER_MAC), peer, rtt_ms=p["rtt_ms"])
    ip("link set c0 up")
    ip(f"address add {CLIENT}/24 dev c0")
    with inside(peer, home):
        sysctl("ip_forward", 0)
        ip("link set p0 up")
        ip(f"address add {PEER} peer {CLIENT} dev p0")
        ip(f"neighbour add {CLIENT} lladdr {CLIENT_MAC} dev p0 nud permanent")
        wait_until_up()
    wait_until_up()
    if p["peer"] != "absent":
        ip(f"neighbour add {TARGET} lladdr {PEER_MAC} dev c0 nud permanent")


# The peer's answer

def answer(peer, icmp):
    """Makes the peer answer for TARGET from now on. Returns its listening socket, and what rejects."""
    if peer.startswith("rejects"):
        return None, reject(icmp or REJECTS[peer])
    if peer in ("refuses", "listens"):
        ip(f"address add {TARGET} dev p0")
    if peer == "listens":
        listener = socket.socket()
        listener.bind((TARGET, PORT))
        listener.listen(1)
        return listener, None
    return None, None


def reject(icmp):
    """Rejects segments to TARGET with the ICMP message, by the first means that works; returns its name."""
    rule = (f"table ip lab {{ chain in {{ type filter hook input priority 0; "
            f"tcp dport {PORT} reject with icmp type {icmp}; }}; }}")
    chain = ["-A", "INPUT", "-p", "tcp", "--dport", str(PORT), "-j", "REJECT", "--reject-with", f"icmp-{icmp}"]
    for tool, arguments in (("nft", [rule]), ("iptables", chain)):
        if shutil.which(tool) and subprocess.run([tool, *arguments], stderr=subprocess.DEVNULL).returncode == 0:
            ip(f"address add {TARGET} dev p0")
            return tool
    if icmp == "port-unreachable":
        raise Skip("needs nft or iptables with REJECT")
    if icmp != "net-unreachable":  # no route at all is "net unreachable"
        ip(f"route add {'prohibit' if icmp == 'admin-prohibited' else 'unreachable'} {TARGET}")
    sysctl("ip_forward", 1)
    return "router"


# The wire

def read_frame(wire):
    """Receives one frame: the kernel's timestamp in ns (CLOCK_REALTIME), and what it is or None."""
    frame, control, _, address = wire.recvmsg(65535, 64)
    return timestamp(control), classify(frame, address[2] == socket.PACKET_OUTGOING)


def classify(frame, outgoing):
    """Says what an Ethernet frame is, seen from the client: ARP, SYN, RST, SYN-ACK, ICMP …, or None."""
    ethertype = struct.unpack_from("!H", frame, 12)[0]
    if ethertype == 0x0806:
        return "ARP" if outgoing and frame[21] == 1 else None
    if ethertype != 0x0800:
        return None
    protocol, payload = frame[23], frame[14 + (frame[14] & 15) * 4:]
    if protocol == socket.IPPROTO_ICMP and payload[0] == 3 and not outgoing:
        return ICMP_CODES.get(payload[1], f"ICMP unreachable, code {payload[1]}")
    if protocol != socket.IPPROTO_TCP:
        return None
    syn, rst, ack = payload[13] & 2, payload[13] & 4, payload[13] & 16
    if outgoing:
        return "SYN" if syn and not ack else None
    return "RST" if rst else "SYN-ACK" if syn and ack else None


# The program under test

def client_socket(p):
    """The socket to connect, with the options that the parameters ask for."""
    client = socket.socket()
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
        number = client.connect_ex((TARGET, PORT))
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
    join(home, peer, p)
    recorded["observed"] = observe(p, case["icmp"], home, peer)


def observe(p, icmp, home, peer):
    """Starts the program and watches the wire until it is over and a little longer; returns what was seen."""
    wire = packet_socket("c0")
    board = Board(["started"])  # when the program calls connect(), in ns
    seen, result, listener, rejected_by = [], {}, None, None  # the listener listens while something refers to it
    if not p["lose_first"]:
        with inside(peer, home):
            listener, rejected_by = answer(p["peer"], icmp)
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
        now = time.time_ns()
        wait_s = (min(answer_at, kill_at, now + 10 ** 8) - now) / 1e9
        ready = select.select([wire] if over else [wire, results], [], [], max(0, wait_s))[0]
        if wire in ready:
            seen.append(read_frame(wire))
            if seen[-1][1] == "SYN" and sum(what == "SYN" for _, what in seen) == p["lose_first"]:
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
                listener, rejected_by = answer(p["peer"], icmp)
    if "errno" not in result and "killed_at" not in result:
        raise RuntimeError("the program under test failed")
    observed = as_recorded(seen, result, start)
    return {**observed, "rejected_by": rejected_by} if rejected_by else observed


def lost_by(sent_at, p):
    """When, in ns, a SYN has surely arrived and been lost. The next one comes no sooner than 1 s after it."""
    return sent_at + (p["rtt_ms"] // 2 + 20) * 10 ** 6


def as_recorded(seen, result, start):
    """What was seen, with the clock's ns turned into ms since the start."""
    def ms(at):
        return None if at is None else round((at - start) / 1e6, 1)

    return {
        "syn_times_ms": [ms(at) for at, what in seen if what == "SYN"],
        "errno": result.get("errno"),
        "returned_at_ms": ms(result.get("returned_at")),
        "killed_at_ms": ms(result.get("killed_at")),
        "answers": [{"at_ms": ms(at), "what": what} for at, what in seen if what not in (None, "SYN", "ARP")],
        "arp_times_ms": [ms(at) for at, what in seen if what == "ARP"],
        "connects": [{"errno": c["errno"], "returned_at_ms": ms(c["returned_at"])} for c in result.get("connects", [])],
        "revents": result.get("revents"),
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
    for label, times in (("SYN", seen["syn_times_ms"]), ("ARP", seen["arp_times_ms"])):
        if times:
            yield f"{label} at {', '.join(map(str, times))}"
    for reply in seen["answers"]:
        yield f"{reply['what']} at {reply['at_ms']}"


def parse(name, text):
    """The value of --set name=text."""
    allowed = {"peer": "|".join(PEERS), "nonblocking": "true|false", "poll_timeout_ms": r"-1|0|[1-9]\d*",
               "connects": r"[1-9]\d*"}.get(name, r"0|[1-9]\d*")
    if name not in DEFAULTS or not re.fullmatch(allowed, text):
        raise ValueError(f"no such name or value; parameters are {', '.join(DEFAULTS)}; peers are {', '.join(PEERS)}")
    return text if name == "peer" else json.loads(text)


if __name__ == "__main__":
    run_lab(Lab(
        name="connect-timeout", about="connect() and its timeouts, on this machine's kernel", check=check_network,
        cases=cases, run=run_case, parse=parse, ad_hoc=lambda asked: {"icmp": None}, lines=lines,
        expected_s=lambda case: expected_s(case["parameters"]), max_run_s=MAX_RUN_S,
        is_short=lambda case: expected_s(case["parameters"]) <= SHORT_S, jobs=8,
    ))

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
import argparse
import collections
import concurrent.futures
import contextlib
import ctypes
import datetime
import errno
import json
import math
import mmap
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

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
# Not in Python's socket module; values from <asm-generic/socket.h>, <linux/if_packet.h>, <linux/if_ether.h>, …
SO_TIMESTAMPNS, SOL_PACKET, PACKET_VNET_HDR, ETH_P_ALL = 35, 263, 15, 3
CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
libc = ctypes.CDLL(None, use_errno=True)


class Skip(Exception):
    """This machine cannot run the case; the message says why, and goes into the recording."""


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

def call(function, *arguments):
    """Calls a libc function and raises OSError if it fails."""
    if function(*arguments) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def new_namespace():
    """Enters a new network namespace, brings its loopback up (local ICMP needs it) and returns a handle."""
    call(libc.unshare, CLONE_NEWNET)
    ip("link set lo up")
    return os.open("/proc/self/ns/net", os.O_RDONLY)


@contextlib.contextmanager
def inside(namespace, home):
    """Runs the block in another namespace; sockets opened there stay there."""
    call(libc.setns, namespace, CLONE_NEWNET)
    try:
        yield
    finally:
        call(libc.setns, home, CLONE_NEWNET)


def ip(arguments):
    """Runs one `ip` command in the current namespace."""
    done = subprocess.run(["ip", *arguments.split()], stderr=subprocess.PIPE, universal_newlines=True)
    if done.returncode:
        raise Skip(f"ip {arguments}: {done.stderr.strip()}")


def sysctl(name, value):
    """Sets net.ipv4.<name> in the current namespace."""
    try:
        with open(f"/proc/sys/net/ipv4/{name}", "w") as file:
            file.write(str(value))
    except FileNotFoundError:
        if value:
            raise Skip(f"this kernel has no {name}")
    except OSError as error:
        raise Skip(f"{name} = {value}: {error.strerror}")


def read_sysctls():
    """The SYN sysctls in force in the current namespace; None where the kernel has none."""
    values = {}
    for name in SYSCTLS:
        with contextlib.suppress(FileNotFoundError), open(f"/proc/sys/net/ipv4/{name}") as file:
            values[name] = int(file.read())
    return {name: values.get(name) for name in SYSCTLS}


def join(home, peer, p):
    """Lays the wire and the addresses. The peer does not own TARGET yet, so it drops what comes for it."""
    far_end = f"peer name p0 address {PEER_MAC} netns /proc/{os.getpid()}/fd/{peer}"
    if p["rtt_ms"]:  # two wires, and between them a process that holds each frame for half the RTT
        ip(f"link add c0 address {CLIENT_MAC} type veth peer name w0")
        ip(f"link add w1 type veth {far_end}")
        for name in ("w0", "w1"):
            ip(f"link set {name} arp off up")
        spawn(relay, [packet_socket("w0", PACKET_VNET_HDR), packet_socket("w1", PACKET_VNET_HDR)], p["rtt_ms"] / 2000)
    else:
        ip(f"link add c0 address {CLIENT_MAC} type veth {far_end}")
    ip("link set c0 up")
    ip(f"address add {CLIENT}/24 dev c0")
    with inside(peer, home):
        sysctl("ip_forward", 0)
        ip("link set p0 up")
        ip(f"address add {PEER} peer {CLIENT} dev p0")
        ip(f"neighbour add {CLIENT} lladdr {CLIENT_MAC} dev p0 nud permanent")
        wait_until_up("p0")
    for name in ("c0", "w0", "w1") if p["rtt_ms"] else ("c0",):
        wait_until_up(name)
    if p["peer"] != "absent":
        ip(f"neighbour add {TARGET} lladdr {PEER_MAC} dev c0 nud permanent")


def wait_until_up(device):
    """Waits for the link: until the kernel has seen the carrier and given it a queue, it loses what is sent."""
    while b" noqueue state UP " not in subprocess.check_output(["ip", "-oneline", "link", "show", device]):
        time.sleep(0.01)


def relay(ends, delay_s):
    """Carries frames between two packet sockets, each delay_s late (netem does this too, where the kernel has it).

    Checksums are unfinished on a veth; PACKET_VNET_HDR carries that fact over with the frame.
    """
    waiting = collections.deque()
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for end in select.select(ends, [], [], timeout)[0]:
            frame, address = end.recvfrom(65535)
            if address[2] != socket.PACKET_OUTGOING:
                waiting.append((time.monotonic() + delay_s, ends[end is ends[0]], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, end, frame = waiting.popleft()
            end.send(frame)


def spawn(function, *arguments):
    """Runs the function in a child process that dies with this one; returns its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        function(*arguments)
    finally:
        os._exit(0)


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

def packet_socket(device, option):
    """A packet socket that sees every frame of the device, sent or received."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.setsockopt(socket.SOL_SOCKET if option == SO_TIMESTAMPNS else SOL_PACKET, option, 1)
    wire.bind((device, ETH_P_ALL))
    return wire


def read_frame(wire):
    """Receives one frame: the kernel's timestamp in ns (CLOCK_REALTIME), and what it is or None."""
    frame, control, _, address = wire.recvmsg(65535, 64)
    seconds, ns = struct.unpack("@ll", control[0][2])
    return seconds * 10 ** 9 + ns, classify(frame, address[2] == socket.PACKET_OUTGOING)


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


def program(client, p, started, report):
    """Calls connect() as the parameters say, until its result is final; reports each call and the result as JSON."""
    calls = []
    struct.pack_into("q", started, 0, time.time_ns())
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

def run_case(case):
    """Runs one case in namespaces of its own and returns the case as recorded."""
    recorded = {"name": case["name"], "parameters": case["parameters"]}
    p = {**DEFAULTS, **case["parameters"]}
    try:
        peer = new_namespace()
        home = new_namespace()
        for name in SYSCTLS:
            if p[name] is not None:
                sysctl(name, p[name])
        recorded["sysctls"] = read_sysctls()
        join(home, peer, p)
        recorded["observed"] = observe(p, case["icmp"], home, peer)
    except Skip as reason:
        recorded["skipped"] = str(reason)
    return recorded


def observe(p, icmp, home, peer):
    """Starts the program and watches the wire until it is over and a little longer; returns what was seen."""
    wire = packet_socket("c0", SO_TIMESTAMPNS)
    started = mmap.mmap(-1, 8)  # shared: the program writes here when it calls connect()
    seen, result, listener, rejected_by = [], {}, None, None  # the listener listens while something refers to it
    if not p["lose_first"]:
        with inside(peer, home):
            listener, rejected_by = answer(p["peer"], icmp)
    results, report = os.pipe()
    client = client_socket(p)
    pid = spawn(program, client, p, started, report)
    client.close()  # the program's copy must be the last one: closing that ends the SYNs
    os.close(report)
    start = over = 0
    answer_at = kill_at = math.inf
    while not over or time.time_ns() < over + WATCH_AFTER_S * 1e9:
        start = start or struct.unpack_from("q", started)[0]
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


def worker():
    """The process of one case: reads it as JSON from stdin, writes it as recorded to stdout."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    json.dump(run_case(json.load(sys.stdin)), sys.stdout)


# All cases

def run_in_worker(case, deadline):
    """Runs one case in a worker process, bounded by its own time and by what is left of the whole run's."""
    left_s = min(deadline - time.monotonic(), 30 + 1.2 * expected_s(case["parameters"]))
    failed = {"name": case["name"], "parameters": case["parameters"]}
    try:
        done = subprocess.run([sys.executable, __file__, "--worker"], input=json.dumps(case), timeout=max(0, left_s),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    except subprocess.TimeoutExpired:
        return {**failed, "skipped": "out of time"}
    if done.returncode:
        return {**failed, "skipped": "lab failed: " + (done.stderr.strip().splitlines() or ["killed"])[-1]}
    return json.loads(done.stdout)


def run_all(chosen, jobs):
    """Runs the cases in parallel, the longest first, and returns them in their own order."""
    deadline = time.monotonic() + MAX_RUN_S
    longest_first = sorted(range(len(chosen)), key=lambda i: -expected_s(chosen[i]["parameters"]))
    recorded = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(run_in_worker, chosen[i], deadline): i for i in longest_first}
        for future in concurrent.futures.as_completed(running):
            recorded[running[future]] = future.result()
            print(f"{len(recorded)} of {len(chosen)} cases", end="\r", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [recorded[i] for i in range(len(chosen))]


def recording(recorded):
    """The recording as text: JSON with one case per line, so that it can be read and diffed."""
    tick_s = time.clock_getres(6)  # CLOCK_MONOTONIC_COARSE advances once per timer tick
    head = {
        "lab": "connect-timeout", "format": 1, "recorded_on": datetime.date.today().isoformat(),
        "kernel": re.match(r"[\d.]+\d", os.uname().release).group(), "hz": round(1 / tick_s),
        "hz_from": "clock_getres(CLOCK_MONOTONIC_COARSE)", "arch": os.uname().machine,
    }
    lines = ",\n".join("    " + json.dumps(case) for case in recorded)
    return json.dumps(head, indent=2)[:-2] + f',\n  "cases": [\n{lines}\n  ]\n}}\n'


def table(recorded):
    """The cases as lines of text for people."""
    for case in recorded:
        yield case["name"]
        if "skipped" in case:
            yield f"    skipped: {case['skipped']}"
            continue
        seen = case["observed"]
        calls = [f"{c['errno'] or 'success'} at {c['returned_at_ms']} ms" for c in seen["connects"]]
        if seen["revents"] is not None:
            calls.append(f"poll {'|'.join(seen['revents']) or 'nothing'} at {seen['returned_at_ms']} ms, "
                         f"{seen['errno'] or 'success'}")
        if seen["killed_at_ms"] is not None:
            calls.append(f"killed at {seen['killed_at_ms']} ms")
        yield f"    connect(): {', '.join(calls)}"
        for label, times in (("SYN", seen["syn_times_ms"]), ("ARP", seen["arp_times_ms"])):
            if times:
                yield f"    {label} at {', '.join(map(str, times))}"
        for reply in seen["answers"]:
            yield f"    {reply['what']} at {reply['at_ms']}"


def refuse(reason):
    """Ends with exit code 2 and one line: the arguments make no sense."""
    print(reason, file=sys.stderr)
    sys.exit(2)


def ad_hoc(settings):
    """One case from --set name=value options."""
    parameters = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        allowed = {"peer": "|".join(PEERS), "nonblocking": "true|false", "poll_timeout_ms": r"-1|0|[1-9]\d*",
                   "connects": r"[1-9]\d*"}.get(name, r"0|[1-9]\d*")
        if name not in DEFAULTS or not re.fullmatch(allowed, value):
            refuse(f"{setting}: no such name or value; parameters are {', '.join(DEFAULTS)}; "
                   f"peers are {', '.join(PEERS)}")
        parameters[name] = value if name == "peer" else json.loads(value)
    return {"name": "ad hoc: " + ", ".join(settings), "icmp": None, "parameters": parameters}


def enter_own_namespace():
    """Starts this script again inside a network namespace, as its root, so that nothing can touch the machine's."""
    if "CONNECT_LAB" in os.environ:
        return
    if not (sys.platform == "linux" and shutil.which("unshare") and shutil.which("ip")):
        sys.exit("this lab needs Linux with unshare (util-linux) and ip (iproute2)")
    for flags in ("-n", "-rn") if os.geteuid() == 0 else ("-rn",):
        if subprocess.run(["unshare", flags, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            os.environ["CONNECT_LAB"] = "1"
            os.execvp("unshare", ["unshare", flags, sys.executable, *sys.argv])
    sys.exit("this machine does not let you make network namespaces; try as root, or in a virtual machine")


def main():
    """Reads the options, runs what they ask for, and shows it."""
    options = argparse.ArgumentParser(description="connect() and its timeouts, on this machine's kernel")
    options.add_argument("--case", action="append", metavar="SUBSTRING", help="only cases with this in the name")
    options.add_argument("--short", action="store_true", help=f"only cases that end within about {SHORT_S} s")
    options.add_argument("--set", action="append", metavar="NAME=VALUE", help="one ad-hoc case; may be repeated")
    options.add_argument("--list", action="store_true", help="list the cases and stop")
    options.add_argument("--jobs", type=int, default=8, help="cases at a time (default 8)")
    options.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options.add_argument("--out", metavar="FILE", help="write the JSON to this file too")
    options.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options.error = refuse  # argparse's own adds the usage
    asked = options.parse_args()
    if asked.worker:
        return worker()
    if asked.jobs < 1:
        refuse(f"--jobs {asked.jobs}: at least 1")
    chosen = [ad_hoc(asked.set)] if asked.set else [
        case for case in cases()
        if (not asked.case or any(part in case["name"] for part in asked.case))
        and (not asked.short or expected_s(case["parameters"]) <= SHORT_S)
    ]
    if not chosen:
        refuse("no case has that in its name; --list shows them")
    if asked.list:
        return print("\n".join(case["name"] for case in chosen))
    enter_own_namespace()
    recorded = run_all(chosen, asked.jobs)
    print(recording(recorded) if asked.json else "\n".join(table(recorded)))
    if asked.out:
        with open(asked.out, "w") as file:
            file.write(recording(recorded))
    return any(case.get("skipped", "").startswith("lab failed") for case in recorded)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        os._exit(130)

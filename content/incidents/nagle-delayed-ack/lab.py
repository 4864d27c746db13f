#!/usr/bin/env python3
"""Where do 40 ms per request come from on a connection that is kept open? Ask this machine's kernel.

Each case gets two network namespaces of its own, a client and a server, joined by a veth pair. The client sends
requests, the server answers each with a header and a body, as HTTP does, and a packet socket notes with kernel
timestamps what passes the client's end. Every time is in ms since the moment just before the (first) connect().

Needs Linux, Python 3.8 and iproute2 (`ip`). Root is not needed where user namespaces are allowed; real root gets
quieter figures, because then client, server and wire run with real-time priority.
It cannot harm the machine: addresses and sysctls exist only inside the namespaces, which vanish with the
processes, and nothing leaves the veth pairs. It writes no file unless given --out.
All cases take about three minutes, --short about twenty seconds, and in any case it stops after MAX_RUN_S.

The parameters (--list shows the cases, --set and --random make others):
  requests        how many the client sends, one after the other
  server_writes   two: write(header), write(body); one: both in one write; writev: both in one writev;
                  msg-more: send(header, MSG_MORE), send(body); cork: TCP_CORK on, two writes, TCP_CORK off;
                  cork-forever: TCP_CORK on after accept() and never off, two writes
  client_writes   1, or 2: the first half of the request (rounded down), then the rest; a request of one byte is
                  always one write
  header_bytes, body_bytes, request_bytes
  mss_bytes       the MSS option in the SYNs (the MTU less 40). Timestamps take 12 bytes of each segment, so a full
                  one carries mss_bytes - 12
  rtt_ms          the round trip; a process between two veth pairs holds each frame for half of it
  gap_ms          the client's pause between the last byte of a response and the next request
  server_nodelay, client_nodelay    TCP_NODELAY after accept(), before connect()
  client_quickack never; once: TCP_QUICKACK after connect(); always: before every recv() as well
  tcp_pingpong_thresh               the sysctl, at both ends; left alone unless given
  server_works_ms how long the server works between the last byte of a request and its first write
  client_tcp_rto_min_us             the sysctl tcp_rto_min_us at the client, which new sockets begin with; left alone
                  unless given
  client_rto_min_us, client_delack_max_us    TCP_RTO_MIN_US and TCP_DELACK_MAX_US before connect(); 0: not set
  client_route_rto_min_ms, client_route_quickack    what `ip route` says of the client's way to the server; 0, false:
                  nothing
  client_route_from_request         before this request the route gets them; 1: before connect()
  client_route_until_request        before this request the route loses them; 0: never
  server_closes_after_response      a connection for each request: the server closes after its last write, the client
                                    reads to the end of file, closes, and connects anew
A latency runs from just before the first write of the request (just before connect() where each request has its own
connection) until recv() has returned the last byte (end of file) of the response.

What a case in the recording observed, beside latencies_ms:
  segments        for each connection its segments at the client's end: [at_ms, "c" or "s" (who sent it), tcpdump's
                  flags, payload bytes, relative seq, relative ack]. Left out above MOST_SEGMENTS
  segments_sent   how many each end sent
  first_tick_ms   when the kernel's timer first ticked after the start; the others follow 1000 / hz ms apart. A delayed
                  ACK is sent at a tick
  counters        the kernel's own, for each end, if not 0; nstat shows them with the prefix TcpExt
  *_tcp_info      TCP_INFO of an end after each response
  wire_late_ms    the most that a frame was late because the machine was busy, where there is a round trip
  race            true if three or more segments may travel in one train. A reader that wakes in the middle of it sends
                  other ACKs than one that wakes after it, as here; so another order is possible
"""
import collections
import contextlib
import gc
import json
import math
import os
import random
import re
import select
import socket
import struct
import time

from labkit.harness import CLOCK_MONOTONIC_COARSE, Lab, run_lab
from labkit.namespaces import enter_namespaces
from labkit.network import (SOL_PACKET, check_network, inside, ip, lay_wire, new_namespace, packet_socket, read_sysctls,
                            sysctl, timestamp, wait_until_up)
from labkit.processes import libc, spawn
from labkit.workers import Skip

NETWORK, CLIENT, SERVER, PORT = "192.0.2.0/24", "192.0.2.1", "192.0.2.2", 4242  # RFC 5737 documentation addresses
CLIENT_MAC, SERVER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
MAX_RUN_S = 900
IDLE_S = 0.25  # the client stays this long after the last response, so that a delayed ACK can be seen; plus one RTT
MOST_SEGMENTS = 150  # a case with more than that is recorded without them
READ_BYTES = 65536
# Parameter: the default, and what is allowed. The simulation has the same names. None: leave the kernel's default.
PARAMETERS = {
    "requests": (10, range(1, 1001)),
    "server_writes": ("two", ("two", "one", "writev", "msg-more", "cork", "cork-forever")),
    "client_writes": (1, range(1, 3)),
    "header_bytes": (120, range(1, 1000001)),
    "body_bytes": (400, range(1, 1000001)),
    "request_bytes": (80, range(1, 1000001)),
    "mss_bytes": (1460, range(256, 8961)),
    "rtt_ms": (0, range(0, 901)),
    "gap_ms": (0, range(0, 60001)),
    "server_nodelay": (False, (False, True)),
    "client_nodelay": (False, (False, True)),
    "client_quickack": ("never", ("never", "once", "always")),
    "tcp_pingpong_thresh": (None, range(1, 256)),
    "server_works_ms": (0, range(0, 10001)),
    "client_tcp_rto_min_us": (None, range(1, 1000001)),
    "client_rto_min_us": (0, range(0, 200001)),
    "client_delack_max_us": (0, range(0, 200001)),
    "client_route_rto_min_ms": (0, range(0, 1001)),
    "client_route_quickack": (False, (False, True)),
    "client_route_from_request": (1, range(1, 1001)),
    "client_route_until_request": (0, range(0, 1001)),
    "server_closes_after_response": (False, (False, True)),
}
DEFAULTS = {name: default for name, (default, _) in PARAMETERS.items()}
SYSCTLS = ("tcp_pingpong_thresh", "tcp_autocorking", "tcp_timestamps", "tcp_congestion_control", "tcp_early_retrans",
           "tcp_recovery", "tcp_reordering")
COUNTERS = ("TCPAutoCorking", "DelayedACKs", "DelayedACKLocked", "DelayedACKLost", "TCPLossProbes", "TCPTimeouts",
            "TCPDSACKRecv")
FLAGS = ((1, "F"), (2, "S"), (4, "R"), (8, "P"), (16, "."))  # in tcpdump's order
PACKET_STATISTICS, PR_SET_TIMERSLACK = 6, 29  # <linux/if_packet.h>, <linux/prctl.h>; not in Python's modules
TCP_RTO_MIN_US, TCP_DELACK_MAX_US = 45, 46  # <linux/tcp.h> since 2025


# The cases

def cases():
    """All cases, in the order of the recording: name, parameters, whether --short runs it, whether chance decides."""
    listed = []

    def case(name, short=False, edge=False, **parameters):
        listed.append({"name": name, "short": short, "edge": edge, "parameters": parameters})

    few = {"requests": 4}
    case("two writes", short=True)
    # Remedies, and what only looks like one
    case("two writes, TCP_NODELAY on the server", short=True, server_nodelay=True)
    for how in ("one", "writev", "msg-more", "cork"):
        case(f"server_writes {how}", short=how == "writev", server_writes=how, **few)
    case("server_writes one, pause 100", server_writes="one", gap_ms=100, **few)
    case("two writes, TCP_NODELAY on the client", client_nodelay=True)
    case("TCP_QUICKACK once", client_quickack="once")
    case("TCP_QUICKACK once, pause 100", client_quickack="once", gap_ms=100, **few)
    case("TCP_QUICKACK before every recv()", short=True, client_quickack="always")
    case("TCP_QUICKACK before every recv(), RTT 50", client_quickack="always", rtt_ms=50, **few)
    case("two writes, TCP_NODELAY on the server, RTT 50", server_nodelay=True, rtt_ms=50, **few)
    case("two writes, TCP_NODELAY on the server, pause 100", server_nodelay=True, gap_ms=100, **few)
    # TCP_CORK never removed
    case("cork-forever", short=True, server_writes="cork-forever", **few)
    for rtt in (20, 100):
        case(f"cork-forever, RTT {rtt}", server_writes="cork-forever", rtt_ms=rtt, **few)
    case("cork-forever, TCP_NODELAY on the server", server_writes="cork-forever", server_nodelay=True, **few)
    case("cork-forever, body 2000", server_writes="cork-forever", body_bytes=2000, **few)
    case("cork-forever, body 2776: two full segments", server_writes="cork-forever", body_bytes=2776, **few)
    case("cork-forever, TCP_QUICKACK before every recv()", server_writes="cork-forever", client_quickack="always",
         **few)
    # write-write-read: now the client is the one whose second write waits
    for how in ("one", "two"):
        for nodelay in (False, True):
            case(f"write-write-read, server_writes {how}" + ", TCP_NODELAY on the client" * nodelay,
                 short=how == "one" and not nodelay, client_writes=2, server_writes=how, client_nodelay=nodelay, **few)
    case("write-write-read, server_writes one, RTT 20", client_writes=2, server_writes="one", rtt_ms=20, **few)
    case("write-write-read, server_writes two, RTT 20", client_writes=2, rtt_ms=20, **few)
    case("write-write-read, TCP_NODELAY on the server", client_writes=2, server_nodelay=True, **few)
    case("write-write-read, TCP_NODELAY on both", client_writes=2, client_nodelay=True, server_nodelay=True, **few)
    case("write-write-read, server_writes one, pause 100", client_writes=2, server_writes="one", gap_ms=100, **few)
    # The threshold of pingpong mode
    for threshold in (2, 3, 5):
        case(f"tcp_pingpong_thresh {threshold}", short=threshold == 3, tcp_pingpong_thresh=threshold, requests=14)
    case("tcp_pingpong_thresh 3, RTT 20", tcp_pingpong_thresh=3, rtt_ms=20)
    case("tcp_pingpong_thresh 3, pause 100", tcp_pingpong_thresh=3, gap_ms=100)
    case("tcp_pingpong_thresh 3, write-write-read, server_writes one", tcp_pingpong_thresh=3, client_writes=2,
         server_writes="one")
    case("tcp_pingpong_thresh 3, write-write-read, server_writes two", tcp_pingpong_thresh=3, client_writes=2)
    case("tcp_pingpong_thresh 255", tcp_pingpong_thresh=255)
    # The client's route, changed under an open connection and back
    under_way = {"client_route_from_request": 4, "client_route_until_request": 8}
    case("route quickack 1, from request 4 to 7", short=True, client_route_quickack=True, **under_way)
    case("route quickack 1, from request 4 to 7, RTT 20", client_route_quickack=True, rtt_ms=20, **under_way)
    case("route quickack 1", client_route_quickack=True, **few)
    case("route quickack 1, RTT 20", client_route_quickack=True, rtt_ms=20, **few)
    case("route rto_min 5, from request 4 to 7", short=True, client_route_rto_min_ms=5, **under_way)
    case("route rto_min 5, from request 4 to 7, RTT 20", client_route_rto_min_ms=5, rtt_ms=20, **under_way)
    case("short connections, route quickack 1 from request 2", client_route_quickack=True, client_route_from_request=2,
         server_closes_after_response=True, requests=3)
    # How long an ACK waits at most
    for ms in (5, 12, 20):
        case(f"route rto_min {ms}", client_route_rto_min_ms=ms, **few)
        case(f"tcp_rto_min_us {ms}000", short=ms == 5, client_tcp_rto_min_us=ms * 1000, **few)
        case(f"TCP_RTO_MIN_US {ms}000", client_rto_min_us=ms * 1000, **few)
        case(f"TCP_DELACK_MAX_US {ms}000", short=ms == 5, client_delack_max_us=ms * 1000, **few)
    for ms in (1, 4, 8, 9, 40, 44, 45, 100, 300):
        case(f"route rto_min {ms}", client_route_rto_min_ms=ms, **few)
    case("tcp_rto_min_us 1", client_tcp_rto_min_us=1, **few)
    for us in (4001, 8000, 8001, 40000, 40001, 100000):
        case(f"TCP_DELACK_MAX_US {us}", client_delack_max_us=us, **few)
    case("route rto_min 5, RTT 20", client_route_rto_min_ms=5, rtt_ms=20, **few)
    case("tcp_rto_min_us 5000, RTT 20", client_tcp_rto_min_us=5000, rtt_ms=20, **few)
    case("TCP_RTO_MIN_US 5000, RTT 20", client_rto_min_us=5000, rtt_ms=20, **few)
    case("TCP_DELACK_MAX_US 5000, RTT 20", client_delack_max_us=5000, rtt_ms=20, **few)
    case("route rto_min 20 before TCP_RTO_MIN_US 5000", client_route_rto_min_ms=20, client_rto_min_us=5000, **few)
    case("TCP_RTO_MIN_US 20000 before tcp_rto_min_us 5000", client_rto_min_us=20000, client_tcp_rto_min_us=5000, **few)
    case("TCP_DELACK_MAX_US 12000, route rto_min 5", client_delack_max_us=12000, client_route_rto_min_ms=5, **few)
    case("TCP_DELACK_MAX_US 5000, tcp_pingpong_thresh 3", client_delack_max_us=5000, tcp_pingpong_thresh=3)
    # What a small rto_min costs: the host's own tail loss probe comes before a peer's delayed ACK
    works = {"server_writes": "one", "server_works_ms": 30, **few}
    case("server works 30", short=True, **works)
    case("server works 30, RTT 20", rtt_ms=20, **works)
    for ms in (5, 12, 20, 40):
        case(f"server works 30, route rto_min {ms}", short=ms == 5, client_route_rto_min_ms=ms, **works)
    case("server works 30, tcp_rto_min_us 5000", client_tcp_rto_min_us=5000, **works)
    case("server works 30, TCP_RTO_MIN_US 5000", client_rto_min_us=5000, **works)
    case("server works 30, TCP_DELACK_MAX_US 5000", client_delack_max_us=5000, **works)
    for rtt in (0, 20):
        case("server works 60, route rto_min 5" + ", RTT 20" * (rtt > 0), client_route_rto_min_ms=5, rtt_ms=rtt,
             **{**works, "server_works_ms": 60})
    case("write-write-read, route rto_min 5", short=True, client_writes=2, server_writes="one",
         client_route_rto_min_ms=5, **few)
    case("write-write-read, route rto_min 5, RTT 5", client_writes=2, server_writes="one", client_route_rto_min_ms=5,
         rtt_ms=5, **few)
    case("write-write-read, TCP_NODELAY on the client, route rto_min 5", client_writes=2, server_writes="one",
         client_nodelay=True, client_route_rto_min_ms=5, **few)
    # About one full segment
    for size in (1447, 1448, 1449, 1460, 1461, 2896, 2897):
        case(f"body {size}", short=size in (1447, 1448), body_bytes=size, **few)
    for size in (1447, 1448, 1449, 1460, 2896, 2897):
        case(f"header {size}", header_bytes=size, **few)
    for size in (1327, 1328, 1329):
        case(f"server_writes one, body {size}", server_writes="one", body_bytes=size, **few)
    case("header 1448, body 1448", header_bytes=1448, body_bytes=1448, **few)
    case("header 1448, body 1448, RTT 20", header_bytes=1448, body_bytes=1448, rtt_ms=20, **few)
    for size in (523, 524, 525):
        case(f"MSS 536, body {size}", mss_bytes=536, body_bytes=size, **few)
    case("MSS 536, header 524", mss_bytes=536, header_bytes=524, **few)
    case("MSS 536, body 1000", mss_bytes=536, body_bytes=1000, **few)
    case("MSS 536, request 700", mss_bytes=536, request_bytes=700, **few)
    # What the receiver takes for a full segment: at first 536 bytes, then the largest so far
    for size in (536, 537, 700):
        case(f"header {size}", header_bytes=size, **few)
    case("header 300, body 300, TCP_NODELAY on the server, pause 100", header_bytes=300, body_bytes=300,
         server_nodelay=True, gap_ms=100, **few)
    case("header 600, body 2048: the estimate goes down again", header_bytes=600, body_bytes=2048, **few)
    # A pause between requests. Just below 40 ms a tick decides: the repetitions show both ways
    for gap in (1, 10, 20, 30, 35):
        case(f"pause {gap}", gap_ms=gap, **few)
    for gap in (37, 38, 39):
        for run in range(1, 4):
            case(f"pause {gap}: a tick decides, run {run}", edge=True, gap_ms=gap, **few)
    for gap in (40, 41, 45, 50, 60, 150):
        case(f"pause {gap}", short=gap == 60, gap_ms=gap, **few)
    case("pause 100", gap_ms=100)  # enough requests to use up the 16 quick ACKs of a new connection
    for gap in (250, 500):
        case(f"pause {gap}: longer than the RTO", gap_ms=gap, **few)
    case("pause 250, RTT 100: shorter than the RTO", gap_ms=250, rtt_ms=100, **few)
    # A network
    for rtt in (5, 20, 50, 100, 150, 250):
        case(f"RTT {rtt}", short=rtt == 20, rtt_ms=rtt, requests=6)
    case("RTT 20, server_writes one", rtt_ms=20, server_writes="one", **few)
    case("RTT 20, pause 30", rtt_ms=20, gap_ms=30, **few)
    case("RTT 20, pause 100", rtt_ms=20, gap_ms=100, **few)
    # A connection for each request
    each = {"server_closes_after_response": True, "requests": 3}
    case("short connections", short=True, **each)
    case("short connections, server_writes one", server_writes="one", **each)
    case("short connections, TCP_NODELAY on the server", server_nodelay=True, **each)
    case("short connections, cork-forever", server_writes="cork-forever", **each)
    case("short connections, write-write-read", client_writes=2, **each)
    case("short connections, body 2000", body_bytes=2000, **each)
    for rtt in (20, 50):
        case(f"short connections, RTT {rtt}", rtt_ms=rtt, **each)
    case("short connections, RTT 20, TCP_NODELAY on the server", rtt_ms=20, server_nodelay=True, **each)
    case("short connections, RTT 20, cork-forever", rtt_ms=20, server_writes="cork-forever", **each)
    case("short connections, RTT 20, write-write-read", rtt_ms=20, client_writes=2, **each)
    # Small, large, and both
    case("one byte each", header_bytes=1, body_bytes=1, request_bytes=1, **few)
    for size in (10000, 65536):
        case(f"body {size}", body_bytes=size, requests=3)
        case(f"body {size}, TCP_NODELAY on the server", body_bytes=size, server_nodelay=True, requests=3)
    case("body 10000, RTT 20", body_bytes=10000, rtt_ms=20, requests=3)
    for size in (1448, 1449, 3000):
        case(f"request {size}", request_bytes=size, **few)
    case("request 3000, write-write-read, server_writes one", request_bytes=3000, client_writes=2, server_writes="one",
         **few)
    case("request 3000, TCP_NODELAY on both", request_bytes=3000, client_nodelay=True, server_nodelay=True, **few)
    case("request 3000, body 10000, RTT 20", request_bytes=3000, body_bytes=10000, rtt_ms=20, requests=3)
    return listed


def random_cases(number, seed):
    """Parameter sets drawn at random, the interesting values more often; the same for the same seed.

    Those in which chance decides the order of segments (is_race) are not among them.
    """
    draw = random.Random(seed)

    def parameters():
        mss = draw.choice([1460, 1460, 1460, 536, 1000])
        sizes = [1, 60, 120, 400, 700, mss - 13, mss - 12, mss - 11, mss, mss + 1, 2 * (mss - 12), 2 * (mss - 12) + 1,
                 3000, 5000]
        drawn = {
            "requests": draw.randint(2, 10), "mss_bytes": mss,
            "server_writes": draw.choice(["two", "two", "two", *PARAMETERS["server_writes"][1]]),
            "client_writes": draw.choice([1, 1, 2]),
            "header_bytes": draw.choice([120, 120, *sizes]), "body_bytes": draw.choice([400, 400, *sizes]),
            "request_bytes": draw.choice([80, 80, 80, *sizes]),
            "rtt_ms": draw.choice([0, 0, 0, 5, 20, 50, 100]),
            "gap_ms": draw.choice([0, 0, 0, draw.randint(1, 60), 100, 250, 300]),
            "server_nodelay": draw.random() < 0.2, "client_nodelay": draw.random() < 0.2,
            "client_quickack": draw.choice(["never", "never", "never", "once", "always"]),
            "tcp_pingpong_thresh": draw.choice([None, None, 1, 2, 3, 5]),
            "server_works_ms": draw.choice([0, 0, 0, 0, draw.randint(1, 60)]),
            "client_tcp_rto_min_us": draw.choice([None] * 5 + [draw.randint(1, 60000)]),
            "client_rto_min_us": draw.choice([0] * 5 + [draw.randint(4001, 60000)]),
            "client_delack_max_us": draw.choice([0] * 4 + [draw.randint(4001, 60000)]),
            "client_route_rto_min_ms": draw.choice([0] * 5 + [draw.randint(1, 60)]),
            "client_route_quickack": draw.random() < 0.2,
            "client_route_from_request": draw.randint(1, 4), "client_route_until_request": draw.choice([0, 4, 5, 6]),
            "server_closes_after_response": draw.random() < 0.15,
        }
        return {name: value for name, value in drawn.items() if value != DEFAULTS[name]}

    sound = (drawn for drawn in iter(parameters, None) if not is_race({**DEFAULTS, **drawn}))
    return [{"name": f"random {i}, seed {seed}", "short": False, "parameters": next(sound)} for i in range(number)]


def expected_s(p):
    """About how long a case takes at most, for the order and for its own deadline."""
    p = {**DEFAULTS, **p}
    rtt_s = p["rtt_ms"] / 1000
    segments = (p["header_bytes"] + p["body_bytes"] + p["request_bytes"]) / (p["mss_bytes"] - 12)
    held_s = 0.25 + 2 * rtt_s if p["server_writes"] == "cork-forever" else 0.05
    exchange_s = held_s + (3 + math.log2(1 + segments / 10)) * rtt_s + p["gap_ms"] / 1000 + p["server_works_ms"] / 1000
    return 1 + p["requests"] * exchange_s


def is_race(p):
    """Whether three or more segments may travel in one train, so that the moment when the reader wakes matters."""
    def segments(*writes):
        return sum(-(-count // (p["mss_bytes"] - 12)) for count in writes)

    header, body, request = p["header_bytes"], p["body_bytes"], p["request_bytes"]
    half = request // 2 if p["client_writes"] == 2 else 0
    response = segments(header, body) if p["server_writes"] in ("two", "cork-forever") else segments(header + body)
    fin = p["server_closes_after_response"] and (p["server_nodelay"] or response > 2)
    return max(response + fin, segments(half, request - half)) > 2


# The two namespaces

def read_counters():
    """The TCP counters of the current namespace (those of `nstat`) that explain a latency; zeros are left out."""
    with open("/proc/net/netstat") as file:
        rows = [line.split() for line in file]
    values = dict(zip(rows[0], rows[1]))
    return {name: int(values[name]) for name in COUNTERS if int(values.get(name, 0))}


def choose_congestion_control():
    """Linux's own default, or Reno where a namespace may not have it: bbr would pace the segments."""
    try:
        sysctl("tcp_congestion_control", "cubic")
    except Skip:
        sysctl("tcp_congestion_control", "reno")


def join(home, server, p):
    """Lays the wire and the addresses; returns the Board on which the wire notes how late it was.

    With gso_max_segs 1 TCP hands over one segment at a time, so the capture shows what a wire would carry.
    """
    late = lay_wire(("c0", CLIENT_MAC), ("s0", SERVER_MAC), server, mtu_bytes=p["mss_bytes"] + 40, rtt_ms=p["rtt_ms"],
                    prepare=come_first)
    set_up("c0", CLIENT, SERVER, SERVER_MAC)
    with inside(server, home):
        set_up("s0", SERVER, CLIENT, CLIENT_MAC)
        wait_until_up()
    wait_until_up()
    return late


def set_up(device, address, other, other_mac):
    """Gives a device its address and its only neighbour."""
    ip(f"link set {device} gso_max_segs 1 up")
    ip(f"address add {address}/24 dev {device}")
    ip(f"neighbour add {other} lladdr {other_mac} dev {device} nud permanent")


def come_first():
    """Prepares a child of a case: all share one CPU, on which they come first if the machine allows it.

    So a reader wakes when the writer is done, not in between, and a figure does not depend on what else the machine
    does.
    """
    libc.prctl(PR_SET_TIMERSLACK, 1)
    gc.disable()
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpus[os.getppid() % len(cpus)]})  # the same for all children of a case
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


# The wire

Segment = collections.namedtuple("Segment", "at sender client_port flags length seq ack")


def read_segment(wire):
    """Receives one frame of the client's device; returns its segment, or None if it is not TCP."""
    frame, control, _, address = wire.recvmsg(128, 64)
    if frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_TCP:
        return None
    total, header = struct.unpack_from("!H", frame, 16)[0], (frame[14] & 15) * 4
    source, target, seq, ack, offset, flags = struct.unpack_from("!HHIIBB", frame, 14 + header)
    sender = "c" if address[2] == socket.PACKET_OUTGOING else "s"
    letters = "".join(letter for bit, letter in FLAGS if flags & bit)
    length = total - header - (offset >> 4) * 4
    return Segment(timestamp(control), sender, source if sender == "c" else target, letters, length, seq, ack)


# The programs under test

def pause_until(deadline_ns):
    """Sleeps until time.time_ns() says so: coarsely, then by watching the clock."""
    while (left_ns := deadline_ns - time.time_ns()) > 0:
        if left_ns > 300000:
            time.sleep((left_ns - 300000) / 1e9)


def read_exactly(connection, count, quickack=False):
    """Reads that many bytes, or up to the end of file; returns how many came."""
    have = 0
    while have < count:
        if quickack:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        got = len(connection.recv(READ_BYTES))
        if not got:
            break
        have += got
    return have


def tcp_info(connection):
    """What `ss -i` shows of a connection, as far as delayed ACKs go."""
    rto_us, ato_us, _, rcv_mss = struct.unpack(
        "8x4I", connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 24))
    return {"ato_ms": ato_us // 1000, "rto_ms": rto_us // 1000, "rcv_mss": rcv_mss}


def client_options(p):
    """The options of TCP that the client sets before connect(), with their values."""
    asked = ((socket.TCP_NODELAY, int(p["client_nodelay"])), (TCP_RTO_MIN_US, p["client_rto_min_us"]),
             (TCP_DELACK_MAX_US, p["client_delack_max_us"]))
    return [(option, value) for option, value in asked if value]


def change_route(p, request):
    """Gives the route to the server what the parameters say, or takes it back, if that is due before this request."""
    says = f" rto_min {p['client_route_rto_min_ms']}ms" if p["client_route_rto_min_ms"] else ""
    says += " quickack 1" if p["client_route_quickack"] else ""
    if says and request == p["client_route_until_request"]:
        ip(f"route change {NETWORK} dev c0 src {CLIENT}")
    elif says and request == p["client_route_from_request"]:
        ip(f"route change {NETWORK} dev c0 src {CLIENT}{says}")


def client(p, report):
    """Sends the requests and reads the responses, as the parameters say; reports the latencies as JSON."""
    half = p["request_bytes"] // 2 if p["client_writes"] == 2 else 0
    writes = [bytes(count) for count in (half, p["request_bytes"] - half) if count]
    response_bytes = p["header_bytes"] + p["body_bytes"]
    each_its_own = p["server_closes_after_response"]
    always = p["client_quickack"] == "always"
    latencies, infos, connection = [], [], None
    change_route(p, 1)
    ns_to_tick = next_tick()
    time.sleep(random.random() * time.clock_getres(CLOCK_MONOTONIC_COARSE))  # start at any moment between two ticks
    to_tick_ns = ns_to_tick(time.monotonic_ns())
    began = start = time.time_ns()
    for number in range(p["requests"]):
        if number:
            pause_until(over + p["gap_ms"] * 10 ** 6)
            change_route(p, number + 1)
            began = time.time_ns()
        if each_its_own or not number:
            connection = socket.socket()
            for option, value in client_options(p):
                connection.setsockopt(socket.IPPROTO_TCP, option, value)
            connection.connect((SERVER, PORT))
            if p["client_quickack"] != "never":
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            if not each_its_own:
                began = time.time_ns()
        for write in writes:
            connection.sendall(write)
        have = read_exactly(connection, math.inf if each_its_own else response_bytes, always)
        over = time.time_ns()
        if have != response_bytes:
            raise RuntimeError(f"a response of {have} bytes")
        latencies.append(over - began)
        infos.append(tcp_info(connection))
        if each_its_own:
            connection.close()
    pause_until(over + int(IDLE_S * 1e9) + p["rtt_ms"] * 10 ** 6)
    seen_until = time.time_ns()
    connection.close()
    tell(report, {"start": start, "to_tick": to_tick_ns, "latencies": latencies, "infos": infos, "until": seen_until})


def server(listener, p, report):
    """Answers the requests, as the parameters say; reports TCP_INFO after each as JSON."""
    header, body = bytes(p["header_bytes"]), bytes(p["body_bytes"])
    how, infos = p["server_writes"], []
    each_its_own = p["server_closes_after_response"]
    for _ in range(p["requests"] if each_its_own else 1):
        connection = listener.accept()[0]
        if p["server_nodelay"]:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if how == "cork-forever":
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        while read_exactly(connection, p["request_bytes"]):
            if p["server_works_ms"]:
                pause_until(time.time_ns() + p["server_works_ms"] * 10 ** 6)
            respond(connection, how, header, body)
            if each_its_own:
                break
            infos.append(tcp_info(connection))
        connection.close()
    time.sleep(IDLE_S)  # the client shares the CPU: let it read first
    tell(report, {"infos": infos})


def respond(connection, how, header, body):
    """Writes one response."""
    if how == "one":
        connection.sendall(header + body)
    elif how == "writev":
        if os.writev(connection.fileno(), [header, body]) != len(header) + len(body):
            raise RuntimeError("writev() did not write it all")
    else:
        if how == "cork":
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        connection.sendall(header, socket.MSG_MORE if how == "msg-more" else 0)
        connection.sendall(body)
        if how == "cork":
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


def next_tick():
    """Finds the phase of the timer tick; returns a function from time.monotonic_ns() to the ns until the next tick.

    The coarse clock goes on at each tick; of a few, the least delayed is the closest.
    """
    period_ns = round(time.clock_getres(CLOCK_MONOTONIC_COARSE) * 1e9)
    ticks = []
    while len(ticks) < 5:
        last = time.clock_gettime_ns(CLOCK_MONOTONIC_COARSE)
        while time.clock_gettime_ns(CLOCK_MONOTONIC_COARSE) == last:
            pass
        ticks.append(time.monotonic_ns())
    half_ns = period_ns // 2
    tick_ns = ticks[0] + min((tick - ticks[0] + half_ns) % period_ns - half_ns for tick in ticks)
    return lambda now_ns: (tick_ns - now_ns) % period_ns


def tell(report, what):
    """Writes what a program has to say to the pipe."""
    with open(report, "w") as pipe:
        json.dump(what, pipe)


# One case

def run_case(case, recorded):
    """Runs one case in namespaces of its own."""
    p = {**DEFAULTS, **case["parameters"]}
    if is_race(p):
        recorded["race"] = True
    enter_namespaces(as_root=True)
    peer = new_namespace()
    home = new_namespace()
    for namespace in (peer, home):
        with inside(namespace, home):
            choose_congestion_control()
            if p["tcp_pingpong_thresh"] is not None:
                sysctl("tcp_pingpong_thresh", p["tcp_pingpong_thresh"])
    if p["client_tcp_rto_min_us"] is not None:
        sysctl("tcp_rto_min_us", p["client_tcp_rto_min_us"])
    check_options(p)
    recorded["sysctls"] = read_sysctls(SYSCTLS)
    late = join(home, peer, p)
    recorded["observed"] = observe(p, home, peer)
    if p["rtt_ms"]:
        recorded["observed"]["wire_late_ms"] = round(late["late_ns"] / 1e6, 2)


def check_options(p):
    """Raises Skip where the kernel does not have an option that the client will set, or refuses the value."""
    with socket.socket() as probe:
        for option, value in client_options(p):
            try:
                probe.setsockopt(socket.IPPROTO_TCP, option, value)
            except OSError as error:
                raise Skip(f"TCP option {option} = {value}: {error.strerror}")


def observe(p, home, peer):
    """Starts the programs and watches the wire until they are done; returns what was seen."""
    wire = packet_socket("c0")
    with inside(peer, home):
        listener = socket.socket()
        listener.bind((SERVER, PORT))
        listener.listen(64)
        said_by_server = start(server, listener, p)
    listener.close()
    said_by_client = start(client, p)
    seen, texts = [], {said_by_client: b"", said_by_server: b""}
    silent = set(texts)
    while silent:
        for ready in select.select([wire, *silent], [], [])[0]:
            if ready is wire:
                seen.append(read_segment(wire))
                continue
            text = os.read(ready, 65536)
            texts[ready] += text
            if not text:
                silent.remove(ready)
    if not texts[said_by_client] or not texts[said_by_server]:
        raise RuntimeError("a program under test failed")
    if struct.unpack("II", wire.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]:
        raise RuntimeError("the capture has gaps")
    counters = {"client": read_counters()}
    with inside(peer, home):
        counters["server"] = read_counters()
    told = json.loads(texts[said_by_client])
    told["server_infos"] = json.loads(texts[said_by_server])["infos"]
    seen = sorted(segment for segment in seen if segment and segment.at < told["until"])
    return as_recorded(seen, told, counters)


def start(program, *arguments):
    """Starts a program under test and returns the pipe on which it reports."""
    result, report = os.pipe()
    spawn(program, *arguments, report, prepare=come_first)
    os.close(report)
    return result


def as_recorded(seen, told, counters):
    """What was seen, with the clock's ns turned into ms since the start."""
    connections = relative(seen, told["start"])
    observed = {
        "latencies_ms": [round(ns / 1e6, 2) for ns in told["latencies"]],
        "first_tick_ms": round(told["to_tick"] / 1e6, 2),
        "segments_sent": {name: sum(segment.sender == name[0] for segment in seen) for name in ("client", "server")},
        "counters": counters,
    }
    for name, infos in (("client", told["infos"]), ("server", told["server_infos"])):
        if infos:
            observed[name + "_tcp_info"] = {key: [info[key] for info in infos] for key in infos[0]}
    if len(seen) <= MOST_SEGMENTS:
        observed["segments"] = connections
    return observed


def relative(seen, start):
    """The segments of each connection: at_ms, sender, flags, payload bytes, seq and ack as tcpdump shows them."""
    connections, isn = {}, {}
    for segment in seen:
        port, sender = segment.client_port, segment.sender
        if "S" in segment.flags:
            isn.setdefault((port, sender), segment.seq)
        seq = (segment.seq - isn[port, sender]) % 2 ** 32
        ack = (segment.ack - isn[port, "s" if sender == "c" else "c"]) % 2 ** 32 if "." in segment.flags else 0
        at_ms = round((segment.at - start) / 1e6, 2)
        connections.setdefault(port, []).append([at_ms, sender, segment.flags, segment.length, seq, ack])
    return list(connections.values())


# The command line

def tries(case, asked):
    """How often to run a case. Where a tick decides whether there is a wait, to choose would be to choose a result."""
    return 1 if case.get("edge") else asked.tries


def quietest(runs):
    """Of the runs of a case the quietest: a busy machine can only add to a latency."""
    return min(runs, key=lambda run: sum(run["observed"]["latencies_ms"]) if "observed" in run else math.inf)


def lines(case, is_only_one):
    """What a case observed, as lines of text for people; with its segments if it is the only one."""
    seen = case["observed"]
    yield f"latencies: {', '.join(map(str, seen['latencies_ms']))} ms"
    for name, count in seen["segments_sent"].items():
        counters = [f"{counter} {value}" for counter, value in seen["counters"][name].items()]
        yield f"{name}: {', '.join([f'{count} segments', *counters])}"
    if is_only_one:
        for number, segments in enumerate(seen.get("segments", []), 1):
            yield f"connection {number}"
            for at, sender, flags, length, seq, ack in segments:
                names = "client > server" if sender == "c" else "server > client"
                yield f"{at:9.2f} ms  {names}: [{flags}] seq {seq}, ack {ack}, length {length}"


def parse(name, text):
    """The value of --set name=text."""
    if name not in PARAMETERS:
        raise ValueError(f"no such parameter; there are {', '.join(PARAMETERS)}")
    default, allowed = PARAMETERS[name]
    value = {"true": True, "false": False}.get(text, int(text) if re.fullmatch(r"\d{1,9}", text) else text)
    if value not in allowed or isinstance(value, bool) != isinstance(default, bool):
        values = [f"{allowed[0]} to {allowed[-1]}"] if isinstance(allowed, range) else map(str, allowed)
        raise ValueError(f"no such value; {name} is {'|'.join(values).lower()}")
    return value


def add_options(options):
    """The options that only this lab has."""
    options.add_argument("--only", action="append", dest="case", metavar="SUBSTRING", help="the same as --case")
    options.add_argument("--tries", type=int, default=1, help="run each case so often, keep the quietest (default 1)")


if __name__ == "__main__":
    run_lab(Lab(
        name="nagle-delayed-ack", about="Nagle's algorithm and delayed ACKs, on this machine's kernel",
        check=check_network, cases=cases, random_cases=random_cases, run=run_case, tries=tries, best=quietest,
        parse=parse, lines=lines, expected_s=lambda case: expected_s(case["parameters"]), max_run_s=MAX_RUN_S,
        is_short=lambda case: case["short"], jobs=1, jobs_note=", the quietest", options=add_options,
        head=lambda asked: {"tries": asked.tries}, separators=(",", ":"),
    ))

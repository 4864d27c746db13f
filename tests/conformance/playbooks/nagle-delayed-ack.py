"""The situations of this chapter's playbook: a client and a server on two hosts that talk while the commands run.

The hosts are network namespaces, each with eth0: the client 10.1.1.1, whose route to the server's 10.2.0.5 is the one that
the playbook has as its example, and the server behind it. The server's port is 4242.
"""
import contextlib
import json
import os
import shlex
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

from stage import need, run, stage

from labkit.namespaces import enter_namespaces
from labkit.network import check_network, inside, ip, lay_wire, new_namespace, wait_until_up
from labkit.processes import Board, spawn

PORT = 4242
CLIENT, GATEWAY, SERVER = "10.1.1.1", "10.1.1.2", "10.2.0.5"
REQUEST, HEADER, BODY, LONG = bytes(80), bytes(120), bytes(400), bytes(2000)
DOWNLOADS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../content/incidents/nagle-delayed-ack")


class Hosts:
    """Two hosts and the wire between them; `client` and `server` are their namespaces."""

    def __init__(self):
        check_network()
        need("ss", "tcpdump", "nstat", "strace", "nsenter")
        enter_namespaces(as_root=True)
        self.server = new_namespace()
        self.client = new_namespace()
        lay_wire(("eth0", "02:00:00:00:00:01"), ("eth0", "02:00:00:00:00:02"), self.server)
        ip(f"address add {CLIENT}/24 dev eth0")
        ip("link set eth0 up")
        with inside(self.server, self.client):
            ip(f"address add {GATEWAY}/24 dev eth0")
            ip(f"address add {SERVER}/32 dev eth0")
            ip("link set eth0 up")
            wait_until_up()
        wait_until_up()
        ip(f"route add 10.2.0.0/16 via {GATEWAY} dev eth0 mtu 1400")
        self.board = Board(["answered", "middle_us"])

    def at(self, host):
        """Runs the block on a host; this process is on the client otherwise."""
        return inside(self.server, self.client) if host == "server" else contextlib.nullcontext()


class Talk:
    """A client and a server that talk until the block ends. `respond(connection)` answers, `ask(connection)` asks.

    The client is on the host `client_at`.
    """

    def __init__(self, hosts, respond, ask=lambda connection: connection.sendall(REQUEST), pause_s=0.0,
                 response=len(HEADER) + len(BODY), prepare=lambda connection: None, client_at="client"):
        with hosts.at("server"):
            listener = socket.create_server((SERVER, PORT))
            self.server_pid = spawn(serve, listener, respond, prepare)
        with hosts.at(client_at):
            self.client_pid = spawn(talk, ask, pause_s, response, hosts.board)
        listener.close()
        time.sleep(0.5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in (self.client_pid, self.server_pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def serve(listener, respond, prepare):
    """The server: one connection, requests answered one after the other."""
    connection = listener.accept()[0]
    prepare(connection)
    while connection.recv(len(REQUEST), socket.MSG_WAITALL):
        respond(connection)


def talk(ask, pause_s, response, board):
    """The client: keeps its connection, counts what is answered, and notes the middle one of the last ten in µs: with
    tcp_pingpong_thresh=255 one request in 255 or so still waits.

    After every third response it rests.
    """
    connection = socket.create_connection((SERVER, PORT))
    last = []
    while True:
        began = time.monotonic_ns()
        ask(connection)
        connection.recv(response, socket.MSG_WAITALL)
        last = [*last, (time.monotonic_ns() - began) // 1000][-10:]
        board["middle_us"] = sorted(last)[len(last) // 2]
        board["answered"] = board["answered"] + 1
        if board["answered"] % 3 == 0:
            time.sleep(pause_s)


def in_two_writes(connection):
    """The header, then the body."""
    connection.sendall(HEADER)
    connection.sendall(BODY)


def fields_of(hosts):
    """What a reader fills in, seen from the server: the port, the peer and its port."""
    listed = subprocess.check_output(["ss", "-tnH", "state", "established"], universal_newlines=True)
    peer = next(word for line in listed.splitlines() for word in line.split() if word.startswith(SERVER))
    mine = next(word for line in listed.splitlines() for word in line.split() if word.startswith(CLIENT))
    assert peer.endswith(f":{PORT}"), listed
    return {"PORT": PORT, "PEER": CLIENT, "CLIENTPORT": mine.rsplit(":", 1)[1]}


def captured(commands, hosts, **talking):
    """A conversation and its capture, at the server; with ss while it goes on, if asked for."""
    with Talk(hosts, **talking) as conversation:
        fields = {**fields_of(hosts), "PID": conversation.server_pid}
        printed = {}
        with hosts.at("server"):
            for name, command in commands.items():
                printed[name] = run(command, fields, timeout_s=8, cwd=DOWNLOADS)
        return printed


def beside(commands):
    """A program and its sidecar: both on the server, so that they talk over lo."""
    hosts = Hosts()
    with Talk(hosts, in_two_writes, client_at="server"), hosts.at("server"):
        listed = subprocess.check_output(["ss", "-tnH", "state", "established", f"( dport = :{PORT} )"],
                                         universal_newlines=True)
        fields = {"PORT": PORT, "PEER": SERVER, "CLIENTPORT": listed.split()[2].rsplit(":", 1)[1]}
        return {name: run(command, fields, timeout_s=8) for name, command in commands.items()}


def stall(commands):
    """The incident itself, and every step of the playbook in it."""
    hosts = Hosts()
    printed = {}
    with Talk(hosts, in_two_writes) as conversation:
        fields = {**fields_of(hosts), "PID": conversation.server_pid}
        with hosts.at("server"):
            for name in ("sockets", "capture", "socket", "options", "writes"):
                printed[name] = run(commands[name], fields, timeout_s=2 if name == "writes" else 8, cwd=DOWNLOADS)
        # A shell reads what is typed into it.
        printed["shell"] = run(f"echo \"ss -tnH '( sport = :PORT )'; ip -br address\" | {commands['shell']}", fields)
        before = hosts.board["answered"]
        printed["count"] = run(commands["count"], fields)
        printed["count"]["requests"] = hosts.board["answered"] - before
        printed["probe"] = trace(commands["probe"], fields)
        aid(commands, printed, hosts)
    return printed


def trace(command, fields):
    """A bpftrace program, where the machine has tracepoints and lets it; None elsewhere."""
    if subprocess.run(["which", "bpftrace"], stdout=subprocess.DEVNULL).returncode:
        return None
    mounted = "mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing; "
    return run(f"unshare -m sh -c {shlex.quote(mounted + command)}", fields)


def aid(commands, printed, hosts):
    """First aid at the client, whose ACKs are late: the route looked at, changed, and changed back."""
    def middle_ms():
        time.sleep(1)
        return hosts.board["middle_us"] / 1000

    printed["route"] = run(commands["route"], {"PEER": SERVER})
    printed["route"]["before_ms"] = middle_ms()
    printed["quick"] = run(commands["quick"])
    printed["quick"]["then_ms"] = middle_ms()
    printed["quick"]["undo"] = run(commands["quick"].replace(" quickack 1", ""))
    printed["quick"]["undone_ms"] = middle_ms()
    for name in ("sysctl", "undo"):
        printed[name] = run(commands[name])
        printed[name]["then_ms"] = middle_ms()


def request_in_two_writes(connection):
    """A request as clients write it that make the same mistake."""
    connection.sendall(REQUEST[:40])
    connection.sendall(REQUEST[40:])


def whole(connection):
    """Header and body in one write."""
    connection.sendall(HEADER + BODY)


def slowly(connection):
    """A program that takes its time: long enough for the ACK of the request to go out first."""
    time.sleep(0.12)
    whole(connection)


def corked(connection):
    """TCP_CORK, set and never taken out."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)


def in_two_long_writes(connection):
    """The header, then a body that fills one segment and a part of the next."""
    connection.sendall(HEADER)
    connection.sendall(LONG)


def counted(commands):
    """What node_exporter counts of the incident at the client and at the server, in 5 s: by the chapter's flag."""
    need("prometheus-node-exporter")
    hosts = Hosts()
    told = {}
    with Talk(hosts, in_two_writes):
        for host in ("client", "server"):
            with hosts.at(host):
                first = scraped(commands["flag"])
                time.sleep(5)
                last = scraped(commands["flag"])
                told[host] = {name: last[name] - first[name] for name in last if name.startswith("node_netstat_Tcp")}
        told["default"] = sorted(scraped(""))
    return {"flag": {"stdout": json.dumps(told), "stderr": "", "status": 0}}


def scraped(flag):
    """The metrics of a node_exporter that runs here, by name; it runs for this alone."""
    address = "127.0.0.1:9100"
    exporter = subprocess.Popen(["bash", "-c", "exec prometheus-node-exporter --collector.disable-defaults "
                                 f"--collector.netstat --web.listen-address={address} {flag}"], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{address}/metrics") as answer:
                lines = answer.read().decode().splitlines()
                return {name: float(value) for name, value in (line.split() for line in lines if line[0] != "#"
                                                               and line.startswith("node_netstat"))}
            time.sleep(0.05)
        raise RuntimeError("node_exporter does not answer")
    finally:
        exporter.kill()
        exporter.wait()


def over_tls(commands):
    """The second and later requests of a TLS connection whose server writes once, and twice; the longest wait in ms."""
    hosts = Hosts()
    told = {}
    for name, writes in (("two", (HEADER, BODY)), ("one", (HEADER + BODY,))):
        with hosts.at("server"):
            listener = socket.create_server((SERVER, PORT))
            server = spawn(serve_tls, listener, writes)
        listener.close()
        with tls(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(socket.create_connection((SERVER, PORT))) as connection:
            waits = []
            for _ in range(6):
                began = time.monotonic()
                connection.sendall(REQUEST)
                left = len(HEADER) + len(BODY)
                while left:
                    left -= len(connection.recv(left))
                waits.append((time.monotonic() - began) * 1000)
        os.waitpid(server, 0)
        told[name] = waits
    return {"waits": {"stdout": json.dumps(told), "stderr": "", "status": 0}}


def tls(protocol):
    """TLS 1.2 without certificates, which nobody should use elsewhere."""
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH:@SECLEVEL=0")
    return context


def serve_tls(listener, writes):
    """The server over TLS: each write is a record."""
    connection = tls(ssl.PROTOCOL_TLS_SERVER).wrap_socket(listener.accept()[0], server_side=True)
    with contextlib.suppress(ssl.SSLError, OSError):
        while connection.recv(len(REQUEST)):
            for write in writes:
                connection.sendall(write)


stage({
    "a sidecar": beside,
    "node_exporter": counted,
    "TLS": over_tls,
    "stall": stall,
    "the client writes twice":
        lambda commands: captured(commands, Hosts(), respond=whole, ask=request_in_two_writes),
    "a cork": lambda commands: captured(commands, Hosts(), respond=in_two_writes, prepare=corked),
    "a cork and a long response":
        lambda commands: captured(commands, Hosts(), respond=in_two_long_writes, prepare=corked,
                                  response=len(HEADER) + len(LONG)),
    "a whole response": lambda commands: captured(commands, Hosts(), respond=whole, pause_s=0.1),
    "a slow program": lambda commands: captured(commands, Hosts(), respond=slowly),
})

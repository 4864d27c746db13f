"""The situations that are recorded. Each function makes one, and returns its moments."""
import contextlib
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from moment import NETSTAT, SS, SS_LIVE, Moment, files, text
from network import CLIENT, LOSSY, NOBODY, SERVER, UNHEARD, Ends, run

SITUATION_S = 60
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "calls.py")) as program:
    CALLS = program.read()
PYTHON = "/usr/bin/python3"  # its path is in what py-spy prints
# What chooses sockets by address and port.
FILTERS = [
    line.strip()
    for line in """
    -tan sport = :8080
    -tan dport = :8080
    -tan dport ge :1024
    -tan sport lt :1024
    -tan dport le 1024
    -tan sport gt 40003
    -tan sport neq :40000
    -tan dst 10.0.0.5
    -tan src 10.0.0.2
    -tan dst 10.0.0.5:80
    -tan dst 10.0.0.0/8
    -tan dst 10.0.0.4/31
    -tan ( sport = :8080 or sport = :80 ) and not dst 10.0.0.1
    -tan sport = :8080 or sport = :80 and dst 10.0.0.3
    -tan not dport = :8080 and ! dport = :80
    -tan sport != :8080
    -tan sport == :8080 | dport == :8080
    -tan sport = :8080 && dport >= :40004
    -tan dport > :40004 sport < :9000
    -tan sport eq 8080
    -tan sport = :80 or sport = :8080 dst 10.0.0.3
    -tan sport = :22 or not sport = :80 and dport < :40004
    -tan dst :40004
    -tan dst *:40004
    -tan dst != 10.0.0.1
    -tan src = 10.0.0.2:8080
""".strip().splitlines()
]

STATES = """established syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait close-wait last-ack closing
    listening closed connected synchronized bucket big all estab listen""".split()

# States and filters together, and words that ss does not understand.
WORDS = [
    line.strip()
    for line in """
    -tan state close-wait sport = :8080
    -tn exclude established
    -tn state established state close-wait
    -tn state close-wait ( sport = :8080 )
    -tln sport = :22
    -tnp state time-wait
    -tn state all exclude listening
    -ta state nosuch
    -tan sport = :http
    -tan dst nosuch
    -tan sport ~ 5
    -tan ( sport = :80
    -tan dst 10.0.0.300
    -t -Y
    --nosuch
    -tan sport
    -tan 5
    -tan foo = 5
    -ta
""".strip().splitlines()
]

OTHERS = [
    line.strip()
    for line in """
    netstat -s
    netstat -st
    netstat -tanY
    netstat --nosuch
    lsof -nP -i
    lsof -nP -iTCP -sTCP:CLOSE_WAIT,LISTEN
    lsof -nP -i@10.0.0.2:22
    nstat -az
    nstat -a
    nstat -as
    nstat -s
    nstat
    nstat -Y
    nstat -az TcpActiveOpens TcpExtTCPTimeouts
    nstat -a Tcp*
""".strip().splitlines()
]


def every_state(network):
    """A socket in each state, and each timer."""
    ends = Ends(network)
    ends.listen("0.0.0.0", 22, 128)
    ends.listen("127.0.0.1", 631, 4096)
    web = ends.listen(SERVER, 8080, 5)
    lossy = ends.listen(LOSSY, 80, 511)
    port = iter(range(40000, 41000))

    def connection(listener=web):
        return ends.pair(listener, listener.getsockname()[0], (CLIENT, next(port)))

    idle, idle_server = connection()
    idle.send(b"x" * 300)
    idle_server.recv(1000)
    idle_server.send(b"y" * 2000)
    idle.recv(4000)
    connection()[0].send(b"unread")
    keepalive, _ = connection()
    for name, value in (("TCP_KEEPIDLE", 70), ("TCP_KEEPINTVL", 20)):
        keepalive.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    keepalive.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    _, half_closed = connection()
    half_closed.shutdown(socket.SHUT_WR)  # FIN-WAIT-2 with an owner, CLOSE-WAIT with nothing to read
    _, gone = connection()
    gone.send(b"z" * 120)
    gone.close()  # FIN-WAIT-2 without an owner, CLOSE-WAIT with 120 bytes and the FIN
    early, late = connection()
    early.close()
    late.close()  # TIME-WAIT at the client
    early, late = connection()
    late.close()
    early.close()  # TIME-WAIT at the server
    full, _ = connection()  # the window closes
    full.setblocking(False)
    for _ in range(20):
        with contextlib.suppress(BlockingIOError):
            full.send(b"w" * 65536)
        time.sleep(0.01)
    deaf, _ = connection()
    deaf.shutdown(socket.SHUT_RD)
    lost = [connection(lossy) for _ in range(6)]
    for client, server in lost:  # a first sample of the round trip
        client.send(b"a")
        server.recv(1)
    time.sleep(0.1)
    network.lose()
    (nagle, _), (rto, _), (fin, _), (orphan, _), (closing, closing_server), (last, last_server) = lost
    nagle.send(b"n" * 100)
    nagle.send(b"m" * 200)
    rto.send(b"r" * 5000)
    fin.shutdown(socket.SHUT_WR)
    orphan.send(b"o" * 10)
    orphan.close()
    closing.shutdown(socket.SHUT_WR)
    closing_server.close()
    last_server.close()
    time.sleep(0.05)
    last.close()
    for n in (1, 2):  # in the accept queue, one with data
        ends.connect(SERVER, 8080, (CLIENT, 50000 + n)).send(b"hello" if n == 2 else b"")
    ends.connect(SERVER, 8080, (UNHEARD, 50003), wait=False)
    ends.connect(NOBODY, 10086, (CLIENT, 50004), wait=False)
    os.dup(idle.fileno())  # twice in the list of users
    subprocess.Popen(["sleep", str(SITUATION_S)], pass_fds=[idle.fileno(), web.fileno()])  # dies with the namespace
    bound = ends.socket("client")
    bound.bind((CLIENT, 50005))  # in CLOSE: ss says nothing of it
    time.sleep(1.7)
    moments = []
    for where in ("client", "server"):
        time.sleep(0.3)  # sockets that are closed go a little later
        moment = Moment(network, where)
        moment.facts["files"] = files(network, where, *(f"/proc/net/{name}" for name in ("tcp", "udp", "sockstat")))
        moment.ss(*SS)
        moment.ss(*FILTERS)
        moment.live(*[f"ss -tn state {state}" for state in STATES])
        moment.live(*[f"ss {flags}" for flags in WORDS], *SS_LIVE)
        moment.facts["files"].update(files(network, where, "/proc/net/snmp", "/proc/net/netstat"))
        moment.live(*[f"netstat {flags}" for flags in NETSTAT], *OTHERS)
        moments.append(moment.result())
    return moments


def nothing(network):
    """No sockets at all."""
    moment = Moment(network, "client")
    moment.ss("-tan", "-tanopiem")
    moment.live(
        "netstat -s",
        "ss -uan",
        "ss -tuan",
        "ss -tln",
        "netstat -tan",
        "netstat -tuanp",
        "ss -s",
        "ss -H -tan",
        "ss -tn state time-wait",
    )
    return [moment.result()]


def talk_to_oneself(network, address, port, size):
    """A connection of the server with itself, and its queues. Returns its moment."""
    with network.within("server"):
        run("ip", "address", "add", f"{address}/32", "dev", "lo")
        ends = Ends(network)
        ends.listen(address, port, 1)
        client = ends.socket("server")
        client.bind((address, port + 1))
        client.connect((address, port))
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while size > 0:
                size -= client.send(b"x" * min(size, 65536))
    time.sleep(0.3)
    moment = Moment(network, "server")
    moment.ss(*SS)
    moment.live(*SS_LIVE, "ss -tn state established", *[f"netstat {flags}" for flags in NETSTAT])
    return [moment.result()]


def narrow(network):
    """Short addresses, ports and queues."""
    return talk_to_oneself(network, "1.1.1.1", 1, 1)


def wide(network):
    """Long ones."""
    return talk_to_oneself(network, "192.168.100.200", 60999, 1_000_000)


def udp(network):
    """UDP: bound, with a queue, connected; and one TCP listener beside them."""
    ends = Ends(network)
    bound = ends.socket("server", socket.SOCK_DGRAM)
    bound.bind((SERVER, 53))
    anywhere = ends.socket("server", socket.SOCK_DGRAM)
    anywhere.bind(("0.0.0.0", 514))
    connected = ends.socket("server", socket.SOCK_DGRAM)
    connected.bind((SERVER, 5000))
    connected.connect((CLIENT, 6000))
    ends.listen(SERVER, 8080, 5)
    sender = ends.socket("client", socket.SOCK_DGRAM)
    sender.bind((CLIENT, 6001))
    while not select.select([bound], [], [], 0.1)[0]:  # until the link is up and the neighbours know each other
        sender.sendto(b"?", (SERVER, 53))
    while select.select([bound], [], [], 0.1)[0]:
        bound.recv(1)
    for _ in range(3):
        sender.sendto(b"q" * 100, (SERVER, 53))
    time.sleep(0.2)
    moment = Moment(network, "server")
    moment.facts["files"] = files(network, "server", "/proc/net/udp", "/proc/net/tcp", "/proc/net/sockstat")
    moment.live(
        *[
            f"ss {flags}"
            for flags in (
                "-uan",
                "-uanp",
                "-uln",
                "-un",
                "-uane",
                "-uanm",
                "-uanopiem",
                "-tuan",
                "-tulnp",
                "-uanH",
                "-uano",
            )
        ],
        "ss -uan sport = :53",
        "ss -uan state connected",
        "ss -s",
        "lsof -nP -i",
        "lsof -nP -iUDP:53",
        *[f"netstat {flags}" for flags in ("-uan", "-tuan", "-tulnp", "-tuanpo", "-uane")],
    )
    return [moment.result()]


SERVER_PY = """\
import os, queue, socket, sys, threading
work = queue.Queue()
def log(line):
    os.write(2, line)
def worker():
    while True:
        connection = work.get()
        connection.recv(1000)
        log(b"x" * 120)
def main():
    listener = socket.create_server(("10.0.0.2", 8080), backlog=5)
    threads = [threading.Thread(target=worker, name=f"worker {n}", daemon=True) for n in range(1, 4)]
    for thread in threads:
        thread.start()
    while True:
        work.put(listener.accept()[0])
main()
"""


FILES_PY = """\
import os, select, socket
closed = socket.socket()
bound = socket.socket()
bound.bind(("10.0.0.2", 9000))
unused = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
reader, writer = os.pipe()
os.dup(writer)
os.set_blocking(reader, False)
waited = select.epoll()
waited.register(reader)
waited.register(0)
waited.poll()
"""


# The lines of these two that do not tell of this machine.
WANTED = {
    "status": r"(Name|Umask|State|Tgid|Ngid|Pid|PPid|TracerPid|Uid|Gid|FDSize|Threads):",
    "limits": "Limit|Max open files",
}


def threads(network):
    """A threaded server whose standard error is a full pipe that a stopped program holds; who waits where."""
    folder = tempfile.mkdtemp()
    with open(f"{folder}/server.py", "w") as file:
        file.write(SERVER_PY)
    read_end, write_end = os.pipe()
    reader = subprocess.Popen(["sleep", "1000"], stdin=read_end, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(read_end)
    os.set_blocking(write_end, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write_end, b"x" * 120)
    os.set_blocking(write_end, True)
    server = subprocess.Popen(
        [PYTHON, "server.py"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=write_end,
        preexec_fn=lambda: network.enter("server"),
    )
    subprocess.Popen(["sleep", "1000"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=write_end)
    os.close(write_end)
    time.sleep(0.7)
    ends = Ends(network)
    for port in (40001, 40002):
        ends.connect(SERVER, 8080, (CLIENT, port)).send(b"GET /")
    with open(f"{folder}/files.py", "w") as file:
        file.write(FILES_PY)
    holder, other = os.pipe()
    various = subprocess.Popen(
        [PYTHON, "files.py"],
        cwd=folder,
        stdin=holder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: network.enter("server"),
    )
    os.close(holder)
    time.sleep(0.5)
    moment = Moment(network, "server")
    pid = str(server.pid)
    moment.facts["various"] = various.pid
    moment.facts["server"] = server.pid
    moment.facts["reader"] = reader.pid
    tids = os.listdir(f"/proc/{pid}/task")
    paths = [f"/proc/{pid}/{name}" for name in ("status", "wchan", "limits", "comm", "cmdline")]
    paths += [f"/proc/{pid}/task/{tid}/{name}" for tid in tids for name in ("wchan", "comm", "status")]
    paths += [f"/proc/{pid}/fdinfo/{fd}" for fd in (0, 1, 2, 3, 4)]
    moment.facts["files"] = {}
    for path in paths:
        only = WANTED.get(os.path.basename(path), "")
        moment.facts["files"][path] = "".join(line for line in text(path).splitlines(True) if re.match(only, line))
    for name in ("wchan", "comm", "cmdline", *(f"fdinfo/{fd}" for fd in range(8))):
        moment.facts["files"][f"/proc/{various.pid}/{name}"] = text(f"/proc/{various.pid}/{name}")
    for of, fds in ((pid, (0, 2, 3)), (various.pid, range(8))):
        for fd in fds:
            with contextlib.suppress(FileNotFoundError):
                moment.facts["files"][f"/proc/{of}/fd/{fd}"] = os.readlink(f"/proc/{of}/fd/{fd}")
    commands = f"""
        ls /proc/{pid}/fd
        ls /proc/{pid}/task
        ls /proc/{pid}/nosuch
        cat /proc/{pid}/comm
        cat /proc/{pid}/nosuch
        cat /proc/{pid}/wchan /proc/{pid}/comm
        cat /proc/{pid}/fd
        readlink /proc/{pid}/fd/2
        readlink /proc/{pid}/comm
        cat /proc/sys/net/ipv4/tcp_syn_retries
        lsof -nP -a -p {various.pid} -d 0-99
        lsof -nP +E -a -p {various.pid} -d 0-99
        lsof -nP -a -p {pid} -d 0-1048576
        lsof -nP -a -d 0-1048576 -p {pid}
        lsof -nP -a -p {pid} -d 2,3
        lsof -nP -a -p {pid} -i
        lsof -nP -i
        lsof -nP -iTCP
        lsof -nP -i :8080
        lsof -nP -iTCP:8080 -sTCP:LISTEN
        lsof -nP -i @10.0.0.1
        lsof -nP -iUDP
        lsof -nP +E -a -p {pid} -d 2
        lsof -nP -t -i :8080
        lsof -nP -a -p 99999 -d 0-9
        lsof -Y
        lsof -nP -a -p {pid},{reader.pid} -d 0-2
        ss -tanp
        ss -tlnp
        netstat -tanp
        py-spy dump --pid {pid}
        py-spy dump --locals --pid {pid}
        py-spy dump -p 99999
        py-spy dump
    """
    moment.live(*[line.strip() for line in commands.strip().splitlines()])
    moment.live(
        f"timeout 1 strace -f -s 0 -e trace=write,accept4 -p {pid}",
        f"timeout 1 strace -f -p {various.pid}",
        "strace -p 99999",
        "strace -Y",
        "strace",
    )
    moment.facts["stacks"] = [
        {
            "tid": thread["os_thread_id"],
            "name": thread["thread_name"],
            "active": thread["active"],
            "frames": [
                {"function": frame["name"], "file": frame["short_filename"], "line": frame["line"]}
                for frame in thread["frames"]
            ],
        }
        for thread in json.loads(run("py-spy", "dump", "--json", "--pid", pid))
    ]
    return [moment.result()]


def every_counter(network):
    """Every counter of the kernel, with a value of its own: what the tools call it."""
    moment = Moment(network, "client")
    values = iter(range(1001, 100000))

    def numbered(line):
        if not line[-1].isdigit() or line.startswith("MPTcp"):
            return line
        table, *zeros = line.split()
        return " ".join([table, *(str(next(values)) for _ in zeros)])

    made = {}
    for name, told in files(network, "client", "/proc/net/snmp", "/proc/net/netstat").items():
        # Each table is a line of names and a line of numbers. IPv6 and others would have files of their own.
        made[name] = "".join(numbered(line) + "\n" for line in told.splitlines())
    moment.facts["files"] = made
    folder = tempfile.mkdtemp()
    for name, told in made.items():
        with open(f"{folder}/{os.path.basename(name)}", "w") as file:
            file.write(told)
    env = {"PROC_NET_SNMP": f"{folder}/snmp", "PROC_NET_NETSTAT": f"{folder}/netstat", "PROC_NET_SNMP6": "/dev/null"}
    for flags in ("-az", "-a", "-asz", "-a TcpActiveOpens TcpExt*"):
        moment.command("nstat", *flags.split(), env=env)
    run("mount", "-t", "tmpfs", "tmpfs", "/proc")
    os.mkdir("/proc/net")
    for name in made:
        shutil.copy(f"{folder}/{os.path.basename(name)}", name)
    moment.live("netstat -s", "netstat -st", "netstat -su")
    return [moment.result()]


# Of the calls that calls.py makes; what Python itself does beside them is not recorded.
TRACED = """socket bind listen accept accept4 connect poll select epoll_create1 epoll_ctl epoll_wait read write writev
    sendto recvfrom setsockopt getsockopt shutdown close clock_nanosleep fcntl ioctl futex pipe2 pause""".split()


def trace(network, program, *flags, kill_after_s=None):
    """strace of a part of calls.py. Returns its words, what it printed, and what the program says that it did."""
    with network.within("client"):
        run("ip", "link", "set", "lo", "up")
    traced = subprocess.Popen(
        [sys.executable, "/tmp/calls.py", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: network.enter("client"),
    )
    time.sleep(0.3)
    # With two threads Python's lock would be in between everything.
    names = [name for name in TRACED if name != "futex" or program != "two_threads"]
    argv = ["strace", *flags, "-s", "0", "-v", "-e", f"trace={','.join(names)}", "-p", str(traced.pid)]
    tracer = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    traced.stdin.write(b"x")
    traced.stdin.flush()
    if kill_after_s:
        time.sleep(kill_after_s)
        traced.kill()
    told, _ = traced.communicate(timeout=20)
    output = tracer.communicate(timeout=20)[1]
    events = json.loads(told) if told else []
    lines = output.splitlines(True)
    # From the byte on standard input to the close(999) at the end.
    first = next(i for i, line in enumerate(lines) if re.search(r"read\(0, .*= 1", line)) + 1
    last = next((i for i, line in enumerate(lines) if "close(999)" in line), len(lines))
    # Python's own sleeps have an absolute time, and its locks a bitset.
    kept = [
        line
        for line in lines[first:last]
        if not re.search("TIMER_ABSTIME|clock_nanosleep resumed|BITSET|futex resumed", line)
    ]
    return {
        "argv": ["strace", *flags, "-s", "0", "-v", "-p", str(traced.pid)],
        "pid": traced.pid,
        "stdout": "".join(kept),
        "events": [event for event in events if event["args"].get("fd") != 999],
    }


def calls(network):
    """strace of system calls, in one thread and in two, and of one that is killed."""
    with open("/tmp/calls.py", "w") as file:  # on the tmpfs that hides this file
        file.write(CALLS)
    return [
        trace(network, "one_thread"),
        trace(network, "one_thread", "-tt", "-T"),
        trace(network, "one_thread", "-f", "-tt", "-T"),
        trace(network, "two_threads", "-f"),
        trace(network, "two_threads", "-f", "-tt", "-T"),
        trace(network, "killed", "-tt", "-T", kill_after_s=0.5),
        trace(network, "killed_reading", kill_after_s=0.5),
        trace(network, "waits", kill_after_s=0.5),
    ]


SITUATIONS = {
    "calls": calls,
    "every counter": every_counter,
    "every state": every_state,
    "nothing": nothing,
    "narrow": narrow,
    "wide": wide,
    "udp": udp,
    "threads": threads,
}

#!/usr/bin/env python3
"""A server logs to a stderr that is a full pipe: who blocks, where do the connections stay, who holds the other end?

Each case gets a network namespace of its own. Four experiments:

pile-up: a threaded server, its clients and whoever is at the other end of its stderr. One process plays the clients
and the clock: it carries out what is due (a client starts, a client gives up, the reader begins to drain or dies) in
the order of the due times, and only when everybody else sleeps. So the outcome does not depend on who is faster. As root
that is by SCHED_FIFO on one processor, where the clock comes last; without root it looks at every thread's state.
Only the kernel's own timers (a SYN that is sent again) and the server's pause after EMFILE are in real time.

ssh: a writer whose stderr goes back through sshd to an ssh client that is stopped, as after `ssh -fn host command`:
how many bytes does the chain take before write() blocks, and where are they? Does the writer go on when the client
does, and what does it get when sshd is killed? Its first lines are paced: each is written when the pipe is empty.

holders: a writer at a pipe that is read by a stopped process, by nobody, by nobody that /proc shows. Who is to be seen
at the pipe's ends, and does the writer block?

tls: a server that has read a request through TLS and does no more; its client says goodbye (close_notify) and closes.
What stands in Recv-Q then?

Needs Linux and Python 3.8; sshd, ssh and ssh-keygen for the cases that are about them, openssl for those with TLS. Root is not needed where user
namespaces are allowed. It cannot harm the machine: addresses, sockets and pipes exist in namespaces that vanish with
the processes, sshd listens on the loopback of such a namespace, and its keys are in a tmpfs that only it sees. It
writes no file unless given --out. All cases take about two and a half minutes, --short about 15 seconds, and in any
case it stops after MAX_RUN_S.

The parameters of pile-up (--list shows the cases, --set and --random make others):
  workers            threads that handle requests (pool)
  accepting          pool: the main thread accepts and queues, the workers take from the queue, in order;
                     inline: one thread accepts, handles, accepts
  backlog            of listen()
  nofile             RLIMIT_NOFILE of the server, which has 4 files open before the first connection. At EMFILE the
                     main thread writes a line to stderr too, sleeps 1 s and accepts again
  log_bytes          a line: one for each request, written to its end between the request and the response
  request_bytes      what a client sends at once; the server reads with one recv(). One request for each connection
  requests_per_s     client i starts at i / requests_per_s, while that is less than duration_s
  client_timeout_ms  from the client's connect() to its close()
  connect_timeout_ms how long it stays in connect()
  pipe_size_bytes    F_SETPIPE_SZ; 0: as the kernel makes it
  reader             draining; stalled: holds the read end and does not read; none; dies at reader_dies_at_ms, stalled
                     until then; stalled-ssh: sshd, whose client is stopped
  recovers_at_s      when a stalled reader begins to drain, or the stopped ssh goes on; 0: never
  sigpipe            ignored (as in Python), or default: it kills the server
  duration_s         the outcome is taken half a client's interval after that

What a case observed is named as in the outcome of the simulation. Beside that: established (the server's connections),
open_fds (of the server, 0 if it is dead), main_blocked (the main thread is inside write() to stderr), wchan (where a
blocked thread sleeps in the kernel; without root some machines do not tell).
"""
import array
import contextlib
import ctypes
import errno
import fcntl
import fractions
import heapq
import json
import os
import pwd
import queue
import random
import re
import resource
import select
import shlex
import shutil
import signal
import socket
import ssl
import stat
import struct
import subprocess
import sys
import termios
import threading
import time

from labkit.harness import Lab, run_lab
from labkit.namespaces import CLONE_NEWNS, CLONE_NEWPID, check_namespaces, enter_namespaces, in_child
from labkit.processes import Board, call, held_bytes, libc, read, sleeps_in, spawn, times_slept
from labkit.workers import Skip

HOST, PORT, SSH_PORT = "127.0.0.1", 8080, 4222
MAX_RUN_S = 1800
RESPONSE = b"HTTP/1.0 200 OK\r\n\r\n"
EMFILE_PAUSE_S = 1
FILES_BEFORE = 4  # of the server: stdin, stdout, stderr, the listener
QUIET_S = 0.3  # a writer that has not got on for so long, inside write(), is blocked
RUN = "/run"  # a tmpfs of its own lies here in the cases with sshd
# Parameter: the default, and what is allowed. The simulation has the same names.
PARAMETERS = {
    "workers": (10, range(1, 201)),
    "accepting": ("pool", ("pool", "inline")),
    "backlog": (5, range(0, 4097)),
    "nofile": (1024, range(5, 1048577)),
    "log_bytes": (120, range(1, 1048577)),
    "request_bytes": (300, range(1, 16385)),
    "requests_per_s": (10, (0.001, 1000.0)),
    "client_timeout_ms": (5000, range(1, 3600001)),
    "connect_timeout_ms": (60000, range(1, 3600001)),
    "pipe_size_bytes": (0, range(0, 1048577)),
    "reader": ("stalled", ("draining", "stalled", "none", "dies", "stalled-ssh")),
    "reader_dies_at_ms": (5000, range(0, 604800001)),
    "recovers_at_s": (0, (0.0, 604800.0)),
    "sigpipe": ("ignored", ("ignored", "default")),
    "duration_s": (120, range(1, 601)),
}
DEFAULTS = {name: default for name, (default, _) in PARAMETERS.items()}
TCP_STATES = {"01": "established", "02": "syn_sent", "03": "syn_recv", "04": "fin_wait1", "05": "fin_wait2",
              "06": "time_wait", "07": "close", "08": "close_wait", "09": "last_ack", "0A": "listen", "0B": "closing"}
ESTABLISHED, SYN_SENT = 1, 2  # as TCP_INFO has them
HANDSHAKE_S = 0.5  # a SYN is sent again after a second
F_SETPIPE_SZ = 1031  # in Python's fcntl from 3.10 on
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000
PR_SET_NAME = 15


# The cases

def cases():
    """All cases, in the order of the recording.

    At 250 clients a second one starts every 4 ms. A client_timeout_ms of 4n + 3 ends a quarter of that before a start,
    recovery and death come a quarter after one, the outcome at half. At 5 a second the interval is 200 ms: the kernel
    may be 40 ms late with a SYN that it sends again, a timeout comes 50 ms before a start, recovery and death at half.
    """
    listed = []

    def pile_up(name, short=False, **parameters):
        given = {"requests_per_s": 250, "client_timeout_ms": 803, "duration_s": 4, **parameters}
        listed.append({"name": name, "short": short, "experiment": "pile-up", "parameters": given})

    few = {"requests_per_s": 5, "client_timeout_ms": 1150, "duration_s": 7, "log_bytes": 4096,
           "pipe_size_bytes": 16384}
    full_soon = {"log_bytes": 1000, "duration_s": 2}  # 64 lines fit
    pile_up("the incident in small", short=True)
    for backlog in (0, 1, 128, 511):
        pile_up(f"pool, backlog {backlog}", backlog=backlog, **full_soon)
        pile_up(f"inline, backlog {backlog}", accepting="inline", backlog=backlog, **full_soon)
    pile_up("inline, backlog 5", short=True, accepting="inline", **full_soon)
    pile_up("inline, clients give up connecting", accepting="inline", connect_timeout_ms=403, **full_soon)
    pile_up("inline, clients connect with the third SYN", accepting="inline", recovers_at_s=2.7,
            connect_timeout_ms=3450, **few)
    for workers in (1, 2, 50, 200):
        pile_up(f"{workers} workers", workers=workers, **full_soon)
    pile_up("more workers than block", workers=200, log_bytes=1000, duration_s=1)
    pile_up("nobody times out", client_timeout_ms=5003, **full_soon)
    pile_up("everybody times out at once", client_timeout_ms=23, **full_soon)
    # EMFILE
    for nofile in (20, 64, 128):
        pile_up(f"nofile {nofile}", short=nofile == 64, nofile=nofile, **full_soon)
    pile_up("nofile 64, backlog 128", nofile=64, backlog=128, **full_soon)
    pile_up("nofile 64, clients give up connecting", nofile=64, connect_timeout_ms=403, **full_soon)
    pile_up("nofile 64, lines of 5000", nofile=64, **{**full_soon, "log_bytes": 5000})
    pile_up("nofile 64, a reader that drains", nofile=64, reader="draining", **full_soon)
    # The line
    for size in (300, 4095, 4096, 4097, 5000, 65536, 65537, 70000, 200000):
        pile_up(f"lines of {size}", log_bytes=size, duration_s=3 if size == 300 else 2)
    pile_up("lines of 1 in a pipe of a page", log_bytes=1, pipe_size_bytes=4096, requests_per_s=1000,
            client_timeout_ms=1200, duration_s=6)
    for size in (120, 5000):
        pile_up(f"lines of {size}, inline", log_bytes=size, accepting="inline")
    # The request
    for size in (1, 5000, 16384):
        pile_up(f"requests of {size}", request_bytes=size, **full_soon)
    pile_up("requests of 5000, inline", request_bytes=5000, accepting="inline", **full_soon)
    # The pipe
    for size in (4096, 8192, 5000, 1048576):
        pile_up(f"a pipe of {size}", pipe_size_bytes=size, log_bytes=4000 if size == 1048576 else 120, duration_s=2)
    # Who is at the other end
    for reader in ("draining", "none"):
        pile_up(f"reader {reader}", short=reader == "none", reader=reader, duration_s=1)
        pile_up(f"reader {reader}, inline", reader=reader, accepting="inline", duration_s=1)
    for size in (5000, 70000, 200000):
        pile_up(f"reader draining, lines of {size}", reader="draining", log_bytes=size, duration_s=1)
    pile_up("reader draining, lines of 70000, inline", reader="draining", log_bytes=70000, accepting="inline",
            duration_s=1)
    pile_up("reader draining, a pipe of a page, lines of 70000", reader="draining", log_bytes=70000, duration_s=1,
            pipe_size_bytes=4096)
    pile_up("the reader dies before the pipe is full", reader="dies", reader_dies_at_ms=1001, duration_s=2)
    pile_up("the reader dies, clients still wait", reader="dies", reader_dies_at_ms=1203, client_timeout_ms=5003,
            **full_soon)
    pile_up("the reader dies, most clients have gone", reader="dies", reader_dies_at_ms=1601, client_timeout_ms=203,
            **full_soon)
    pile_up("the reader dies, inline", reader="dies", reader_dies_at_ms=2700, accepting="inline", **few)
    pile_up("the reader dies, nofile 14", reader="dies", reader_dies_at_ms=4500, nofile=14, workers=2, backlog=3, **few)
    pile_up("no reader, SIGPIPE default", short=True, reader="none", sigpipe="default", duration_s=1)
    pile_up("no reader, SIGPIPE default, inline", reader="none", sigpipe="default", accepting="inline", duration_s=1)
    pile_up("the reader dies, SIGPIPE default", reader="dies", reader_dies_at_ms=1203, sigpipe="default", **full_soon)
    pile_up("the reader dies, SIGPIPE default, inline", reader="dies", reader_dies_at_ms=2700, sigpipe="default",
            accepting="inline", **few)
    # Recovery
    pile_up("recovery, clients still wait", short=True, recovers_at_s=1.201, client_timeout_ms=5003, **full_soon)
    pile_up("recovery, most clients have gone", recovers_at_s=1.601, client_timeout_ms=203, **full_soon)
    pile_up("recovery, lines of 5000", recovers_at_s=1.201, client_timeout_ms=403, log_bytes=5000, duration_s=2)
    pile_up("recovery, lines of 70000", recovers_at_s=1.201, client_timeout_ms=403, log_bytes=70000, duration_s=2)
    pile_up("recovery, inline", recovers_at_s=3.7, accepting="inline", **few)
    pile_up("recovery, inline, backlog 1", recovers_at_s=4.3, accepting="inline", backlog=1, **few)
    pile_up("recovery, inline, clients still wait", recovers_at_s=2.7, accepting="inline",
            **{**few, "client_timeout_ms": 6150})
    pile_up("recovery, nofile 14", recovers_at_s=4.5, nofile=14, workers=2, backlog=3, **few)
    pile_up("recovery, nofile 14, clients still wait", recovers_at_s=4.5, nofile=14, workers=2, backlog=3,
            **{**few, "client_timeout_ms": 6150})
    # ssh
    for size in (4096, 5000, 8000):
        pile_up(f"reader stalled-ssh, lines of {size}", reader="stalled-ssh", log_bytes=size)
    pile_up("reader stalled-ssh, inline", reader="stalled-ssh", log_bytes=8192, accepting="inline")
    pile_up("reader stalled-ssh, not yet full", reader="stalled-ssh", log_bytes=4096, duration_s=1)
    pile_up("reader stalled-ssh, the client goes on", reader="stalled-ssh", log_bytes=8192, client_timeout_ms=5003,
            recovers_at_s=3.001)

    for size in (120, 1000, 4096, 5000, 20000):
        listed.append({"name": f"ssh, lines of {size}", "short": size == 4096, "experiment": "ssh",
                       "parameters": {"log_bytes": size}})
    for size in (120, 4096):
        listed.append({"name": f"ssh, lines of {size}, small socket buffers", "short": False, "experiment": "ssh",
                       "parameters": {"log_bytes": size, "tcp_wmem_bytes": 16384, "tcp_rmem_bytes": 16384}})
    for holder in HOLDERS:
        listed.append({"name": f"holder: {holder}", "short": holder in ("none", "in flight"), "experiment": "holders",
                       "parameters": {"holder": holder}})
    for version in ("TLSv1.2", "TLSv1.3"):
        listed.append({"name": f"behind {version}", "short": version == "TLSv1.3", "experiment": "tls",
                       "parameters": {"tls": version}})
    return listed


HOLDERS = ("stalled", "none", "in flight", "other PID namespace", "sshd")


def random_cases(number, seed):
    """Sets of parameters for pile-up drawn by lot, each done in 6 s; the same for the same seed."""
    draw = random.Random(seed)

    def parameters():
        # The kernel is up to 40 ms late with a SYN. Where that matters, the interval is longer.
        resumes = draw.random() < 0.4
        accepting = draw.choice(["pool", "pool", "inline"])
        slow = resumes and draw.random() < 0.5
        rate = 5 if slow else draw.choice([25, 50, 125, 250])
        interval_ms = 1000 // rate
        duration_s = draw.randint(1, 5)
        p = {
            "requests_per_s": rate, "duration_s": duration_s,
            "accepting": accepting if slow or not resumes else "pool",
            "workers": draw.choice([1, 2, 3, 10, draw.randint(1, 60)]), "backlog": draw.choice([0, 1, 5, 128]),
            "log_bytes": draw.choice([120, 1000, draw.randint(1, 5000), 4096, 4097, draw.randint(4000, 100000)]),
            "request_bytes": draw.choice([300, draw.randint(1, 16384)]),
            "client_timeout_ms": interval_ms * draw.randint(2, 6000 // interval_ms) - interval_ms // 4,
            "pipe_size_bytes": draw.choice([0, 0, 4096, 16384, draw.randint(1, 200000)]),
            "reader": draw.choice(["stalled", "stalled", "draining", "none", "dies"]),
            "sigpipe": draw.choice(["ignored", "ignored", "ignored", "default"]),
        }
        # Where the pipe may resume, an accept queue that was full must not be: its clients would come back together.
        if slow or not resumes:
            p["nofile"] = draw.choice([1024, draw.randint(140 if p["backlog"] == 128 else 14, 150)])
            if draw.random() < 0.3:
                p["connect_timeout_ms"] = interval_ms * draw.randint(2, 40) - interval_ms // 4
        else:
            p["nofile"] = 4096
        moment_ms = interval_ms * draw.randint(1, 1000 * duration_s // interval_ms - 1)
        moment_ms += interval_ms // (2 if slow else 4)
        if p["reader"] == "dies":
            p["reader_dies_at_ms"] = moment_ms if resumes else 3600000
        if p["reader"] == "stalled" and resumes:
            p["recovers_at_s"] = moment_ms / 1000
        return {name: value for name, value in p.items() if value != DEFAULTS[name]}

    return [{"name": f"random {i}, seed {seed}", "short": False, "experiment": "pile-up", "parameters": parameters()}
            for i in range(number)]


def expected_s(case):
    """About how long a case takes, for the order and for its own deadline."""
    p = {**DEFAULTS, **case["parameters"]}
    if case["experiment"] != "pile-up":
        return {"ssh": 8, "holders": 2, "tls": 1}[case["experiment"]]
    return p["duration_s"] + (3 if p["reader"] == "stalled-ssh" else 1)


# The namespaces and processes of a case

def mount(source, target, kind, flags, data=None):
    """mount(2) with strings."""
    call(libc.mount, source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data and data.encode())


def as_first_process(function, *arguments):
    """Runs the function as process 1 of a PID namespace with a /proc of its own; returns what it returns.

    When that process ends, the kernel kills all others there, daemons too. unshare(CLONE_NEWPID) has been called.
    """
    def first_process():
        mount("none", "/", "", MS_REC | MS_PRIVATE)
        try:
            mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
            mount("tmpfs", RUN, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
        except OSError as error:
            raise Skip(f"no /proc for a PID namespace: {error.strerror}")
        return function(*arguments)

    return in_child(first_process)


def start(name, keep, function, *arguments):
    """Starts a child with stdin and stdout from /dev/null, and of the files only `keep`: {its number there: ours}."""
    def child():
        try:
            libc.prctl(PR_SET_NAME, name.encode())
            come_first(True)
            # Out of the way first, so that no file is overwritten before it is copied.
            high = {number: fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for number, fd in keep.items()}
            null = os.open("/dev/null", os.O_RDWR)
            for number in range(3):
                os.dup2(high.get(number, null), number)
            for number in high.keys() - {0, 1, 2}:
                os.dup2(high[number], number)
            kept = sorted({0, 1, 2, *high})
            for low, after in zip(kept, kept[1:] + [resource.getrlimit(resource.RLIMIT_NOFILE)[0]]):
                os.closerange(low + 1, after)
            function(*arguments)
        finally:
            os._exit(99)  # without a traceback: its stderr may be the pipe of the case

    return spawn(child)


def come_first(first):
    """Takes one processor with SCHED_FIFO, before or after the others there; returns whether that is allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(2 if first else 1))
    except OSError:
        return False
    return True


def settle(pids, every_thread=True):
    """Waits until all of these processes sleep, twice in a row without a switch in between."""
    deadline, before = time.monotonic() + 5, None
    while True:
        tasks = [(pid, task) for pid in pids for task in (tasks_of(pid) if every_thread else [pid])]
        found = [(task, times_slept(pid, task, at_rest="STZ")) for pid, task in tasks]
        if found == before and all(times is not None for _, times in found):
            return
        if time.monotonic() > deadline:
            raise RuntimeError("the processes do not come to rest")
        before = found


def tasks_of(pid):
    """The threads of a process, by number; none if it is dead."""
    try:
        return sorted(map(int, os.listdir(f"/proc/{pid}/task")))
    except OSError:
        return []


def sockets():
    """This namespace's TCP sockets as /proc/net/tcp has them: (local port, remote port, state, tx_queue, rx_queue)."""
    found = []
    for line in read("/proc/net/tcp").splitlines()[1:]:
        local, remote, state, queues = line.split()[1:5]
        tx, rx = queues.split(":")
        found.append((int(local[-4:], 16), int(remote[-4:], 16), TCP_STATES.get(state), int(tx, 16), int(rx, 16)))
    return found


def listen_drops():
    """How many SYNs this namespace's listeners have dropped; nstat shows it as TcpExtListenDrops."""
    names, values = read("/proc/net/netstat").splitlines()[:2]
    return int(values.split()[names.split().index("ListenDrops")])


# pile-up: the server

def server(p, board):
    """The server. Its stderr is the pipe, file 3 its listener."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (p["nofile"], max(p["nofile"], resource.getrlimit(
        resource.RLIMIT_NOFILE)[1])))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL if p["sigpipe"] == "default" else signal.SIG_IGN)
    listener = socket.socket(fileno=3)
    # To let a table of files grow that threads share, the kernel waits up to 0.1 s (synchronize_rcu): grow it first.
    os.close(os.dup2(0, p["most_files"] - 1))
    line = memoryview(b"x" * (p["log_bytes"] - 1) + b"\n")
    waiting = queue.Queue()
    board["main", "task"] = threading.get_native_id()

    def log(who):
        board[who, "in_write"] = 1
        left = line
        with contextlib.suppress(BrokenPipeError):
            while left:
                left = left[os.write(2, left):]
        board[who, "in_write"] = 0

    def handle(connection, who):
        with contextlib.suppress(ConnectionError):
            connection.recv(65536)
            log(who)
            connection.sendall(RESPONSE)
        connection.close()

    def work(who):
        board[who, "task"] = threading.get_native_id()
        while True:
            handle(waiting.get(), who)

    if p["accepting"] == "pool":
        for number in range(p["workers"]):
            threading.Thread(target=work, args=(number,), daemon=True).start()
    while True:
        try:
            connection = listener.accept()[0]
        except OSError as error:
            board["accept", "errno"] = error.errno
            log("main")
            time.sleep(EMFILE_PAUSE_S)
            continue
        if p["accepting"] == "inline":
            handle(connection, "main")
        else:
            waiting.put(connection)
        del connection


def pipe_reader(control, drains):
    """Holds the read end (stdin) and reads when told to, or at once."""
    if not drains:
        os.read(control, 1)
    while os.read(0, 65536):
        pass


# pile-up: the clients and the clock

class PileUp:
    """The processes of one case and what happens to them, in order."""

    def __init__(self, p):
        self.p = p
        threads = ["main", *range(p["workers"] if p["accepting"] == "pool" else 0)]
        self.board = Board([("accept", "errno"), *((who, what) for who in threads for what in ("in_write", "task"))])
        self.threads = threads
        self.due, self.sequence = [], 0
        self.poll, self.connecting, self.waiting = select.epoll(), {}, {}
        self.served, self.status, self.start_s = 0, None, 0.0
        self.resume = self.kill = None

    def go(self):
        """Runs the case and returns what was seen."""
        p = self.p
        interval_s = 1 / fractions.Fraction(str(p["requests_per_s"]))
        end_s = fractions.Fraction(str(p["duration_s"])) + interval_s / 2
        need = int(end_s / interval_s) + 100
        p["most_files"] = max(FILES_BEFORE + 1, min(need, p["nofile"]))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if max(need, p["nofile"]) > hard:
            raise Skip(f"one process may open only {hard} files here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, need), hard))
        self.start_processes()
        for number in range(int(p["duration_s"] / interval_s) + 1):
            if number * interval_s < fractions.Fraction(str(p["duration_s"])):
                self.later(number * interval_s, self.connect)
        if p["recovers_at_s"] and self.resume:
            self.later(fractions.Fraction(str(p["recovers_at_s"])), lambda _: (self.resume(), self.let_pass()))
        if p["reader"] == "dies":
            self.later(fractions.Fraction(p["reader_dies_at_ms"], 1000), lambda _: (self.kill(), self.let_pass()))
        self.start_s = time.monotonic() + 0.02
        while self.due and self.due[0][0] <= end_s:
            at_s, _, action = self.due[0]
            self.wait_until(at_s)
            if self.due[0][0] == at_s:  # a client that just connected may be due earlier
                action = heapq.heappop(self.due)[2]
                action(at_s)
        self.wait_until(end_s)
        self.let_pass()
        return self.outcome()

    def start_processes(self):
        """Starts the server and whoever is at the other end of its stderr."""
        p = self.p
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, PORT))
        listener.listen(p["backlog"])
        self.in_order = come_first(False)
        self.readers = []
        if p["reader"] == "stalled-ssh":
            ssh = Ssh()
            write_end = ssh.fetch_stderr()
            ssh.stop()
            self.resume, read_end = ssh.resume, None
        else:
            read_end, write_end = os.pipe()
        if p["pipe_size_bytes"]:
            fcntl.fcntl(write_end, F_SETPIPE_SZ, p["pipe_size_bytes"])
        if read_end is not None and p["reader"] != "none":
            control, told = os.pipe()
            pid = start("reader", {0: read_end, 3: control}, pipe_reader, 3, p["reader"] == "draining")
            self.readers.append(pid)
            if p["reader"] == "stalled":
                self.resume = lambda: os.write(told, b"g")
            self.kill = lambda: (os.kill(pid, signal.SIGKILL), os.waitpid(pid, 0))
            os.close(control)
        if read_end is not None:
            os.close(read_end)
        self.server = start("server", {2: write_end, 3: listener.fileno()}, server, p, self.board)
        os.close(write_end)
        listener.close()
        while not all(self.board[who, "task"] for who in self.threads):
            time.sleep(0.001)
        time.sleep(0.01)
        settle([self.server])

    def later(self, at_s, action):
        """Plans an action. Equal times go in the order of planning."""
        self.sequence += 1
        heapq.heappush(self.due, (at_s, self.sequence, action))

    def wait_until(self, at_s):
        """Lets the clients read until that moment of the case, and until all others sleep."""
        while True:
            left_s = self.start_s + float(at_s) - time.monotonic()
            events = self.poll.poll(max(0, left_s))
            for fd, _ in events:
                self.ready(fd)
            if events or left_s > 0:
                continue
            # With SCHED_FIFO only an uninterruptible sleep may still end by itself.
            settle(self.others(), every_thread=not self.in_order)
            if not self.poll.poll(0):
                return

    def others(self):
        """The processes that the clock waits for."""
        if self.p["reader"] == "stalled-ssh":
            return [pid for pid in processes() if pid != os.getpid()]
        return [pid for pid in (self.server, *self.readers) if tasks_of(pid)]

    def let_pass(self):
        """Waits until everything that was sent has arrived, and everybody has done what he can.

        A handshake or a FIN takes place within the call that began it, but a busy kernel may put it off.
        """
        while True:
            settle(self.others())
            events = self.poll.poll(0)
            for fd, _ in events:
                self.ready(fd)
            going = ("syn_recv", "fin_wait1", "last_ack", "closing")
            if not events and not any(PORT in s[:2] and s[2] in going for s in sockets()):
                return
            time.sleep(0.001)

    def connect(self, at_s):
        """A client starts."""
        client = socket.socket()
        client.setblocking(False)
        drops, deadline = listen_drops(), time.monotonic() + HANDSHAKE_S
        client.connect_ex((HOST, PORT))
        self.poll.register(client, select.EPOLLIN | select.EPOLLOUT)
        self.connecting[client.fileno()] = client
        while True:
            state = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
            if state != SYN_SENT or listen_drops() > drops or time.monotonic() > deadline:
                break
            time.sleep(0.0002)
        if state == ESTABLISHED:
            self.connected(client, at_s)
        else:
            at_most_s = at_s + fractions.Fraction(self.p["connect_timeout_ms"], 1000)
            self.later(at_most_s, lambda _: self.connecting.get(client.fileno()) is client and self.close(client))

    def connected(self, client, at_s):
        """connect() has returned: the client sends its request, and waits."""
        del self.connecting[client.fileno()]
        self.waiting[client.fileno()] = client
        client.send(b"x" * self.p["request_bytes"])
        deadline = time.monotonic() + 0.03
        while struct.unpack("i", fcntl.ioctl(client, termios.TIOCOUTQ, b"\0\0\0\0"))[0] and time.monotonic() < deadline:
            time.sleep(0.0002)
        self.poll.modify(client, select.EPOLLIN)
        at_most_s = at_s + fractions.Fraction(self.p["client_timeout_ms"], 1000)
        self.later(at_most_s, lambda _: self.waiting.get(client.fileno()) is client and self.close(client))

    def close(self, client):
        """A client is done, or gives up."""
        self.poll.unregister(client)
        self.connecting.pop(client.fileno(), None)
        self.waiting.pop(client.fileno(), None)
        client.close()

    def ready(self, fd):
        """Something has come for a client: the handshake's end, the response, the server's end."""
        if fd in self.connecting:
            client = self.connecting[fd]
            if client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                return self.close(client)
            return self.connected(client, fractions.Fraction(time.monotonic() - self.start_s))
        client = self.waiting[fd]
        try:
            got = client.recv(65536)
        except ConnectionError:
            got = b""
        self.served += got == RESPONSE
        return self.close(client)

    def is_dead(self):
        """Whether the server has died."""
        if self.status is None:
            pid, status = os.waitpid(self.server, os.WNOHANG)
            if pid:
                self.status = status
                if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGPIPE:
                    raise RuntimeError(f"the server failed: {status}")
        return self.status is not None

    def outcome(self):
        """What is to be seen at the end."""
        dead = self.is_dead()
        found = [s for s in sockets() if PORT in s[:2]]
        mine = {kind: [s for s in found if s[0] == PORT and s[2] == kind] for kind in TCP_STATES.values()}
        queues = [str(s[4]) for s in mine["close_wait"]]
        blocked = [] if dead else [who for who in self.threads if self.board[who, "in_write"]]
        wchans = [sleeps_in(self.server, self.board[who, "task"]) for who in blocked]
        if not dead:
            self.check(blocked)
        is_worker = (lambda who: True) if self.p["accepting"] == "inline" else lambda who: who != "main"
        failed = self.board["accept", "errno"]
        return {
            "served": self.served, "blocked_workers": sum(map(is_worker, blocked)), "close_wait": len(queues),
            "recv_q_bytes": {size: queues.count(size) for size in sorted(set(queues), key=int)},
            "accept_queue": sum(s[4] for s in mine["listen"]),
            "syn_sent_clients": sum(s[1] == PORT and s[2] == "syn_sent" for s in found),
            "accept_errno": errno.errorcode[failed] if failed else None, "ended_by": "SIGPIPE" if dead else "duration",
            "established": len(mine["established"]), "main_blocked": "main" in blocked,
            "open_fds": 0 if dead else len(os.listdir(f"/proc/{self.server}/fd")),
            "wchan": next((name for name in wchans if name), None),
        }

    def check(self, blocked):
        """Whether the kernel says of the same threads that they sleep in a pipe's write."""
        by_note = {self.board[who, "task"] for who in blocked}
        names = {task: sleeps_in(self.server, task) for task in tasks_of(self.server)}
        by_kernel = {task for task, name in names.items() if name and "pipe_write" in name}
        if any(names.values()) and by_note != by_kernel:
            raise RuntimeError(f"in write() by their own note {sorted(by_note)}, by wchan {sorted(by_kernel)}")


def observe_pile_up(p):
    """A pile-up case: see PileUp."""
    return PileUp({**DEFAULTS, **p}).go()


# ssh

class Ssh:
    """An sshd of its own, and `ssh -fn` that has it run something whose stderr goes back to ssh."""

    def __init__(self):
        programs = {name: shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
                    for name in ("sshd", "ssh", "ssh-keygen")}
        for name, path in programs.items():
            if not path:
                raise Skip(f"no {name} here")
        self.programs = programs
        self.user = pwd.getpwuid(os.getuid())
        if os.path.basename(self.user.pw_shell) in ("nologin", "false"):
            raise Skip(f"{self.user.pw_name} has no shell for sshd to run")
        os.makedirs(f"{RUN}/sshd", 0o755)  # sshd insists on it as root
        for key in ("host", "user"):
            self.check_call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{RUN}/{key}")
        self.daemon()

    def check_call(self, program, *arguments):
        """Runs one of the programs to its end."""
        subprocess.run([self.programs[program], *arguments], check=True, stdin=subprocess.DEVNULL)

    def daemon(self):
        """Starts sshd and waits until it listens."""
        options = [f"AuthorizedKeysFile={RUN}/user.pub", "UsePAM=no", "StrictModes=no", "PermitRootLogin=yes",
                   f"ListenAddress={HOST}", "PidFile=none", "PrintMotd=no", "PrintLastLog=no"]
        log = os.open(f"{RUN}/sshd.log", os.O_WRONLY | os.O_CREAT)
        command = [self.programs["sshd"], "-D", "-e", "-f", "/dev/null", "-h", f"{RUN}/host", "-p", str(SSH_PORT)]
        subprocess.Popen([*command, *(part for option in options for part in ("-o", option))], stdin=subprocess.DEVNULL,
                         stdout=log, stderr=log, preexec_fn=lambda: come_first(True))
        self.wait(lambda: any(s[0] == SSH_PORT and s[2] == "listen" for s in sockets()), "sshd does not listen")

    @staticmethod
    def wait(condition, problem, at_most_s=10):
        """Waits for something."""
        deadline = time.monotonic() + at_most_s
        while not condition():
            if time.monotonic() > deadline:
                log = read(f"{RUN}/sshd.log").strip().splitlines()
                raise Skip(f"{problem}: {log[-1] if log else 'sshd says nothing'}")
            time.sleep(0.005)

    def run(self, role):
        """ssh -fn … 'exec …': stdout is redirected there, stderr is not."""
        options = ["IdentitiesOnly=yes", f"IdentityFile={RUN}/user", "StrictHostKeyChecking=no", "LogLevel=ERROR",
                   f"UserKnownHostsFile={RUN}/known", "BatchMode=yes"]
        command = " ".join(map(shlex.quote, [sys.executable, os.path.abspath(__file__), "--remote", role]))
        with open(f"{RUN}/stderr", "wb") as file:
            done = subprocess.run([
                self.programs["ssh"], "-fn", "-F", "/dev/null", "-p", str(SSH_PORT),
                *(part for option in options for part in ("-o", option)),
                f"{self.user.pw_name}@{HOST}", f"exec {command} >> {RUN}/stdout",
            ], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=file, timeout=20,
                preexec_fn=lambda: come_first(True))
        if done.returncode:
            raise Skip("ssh: " + (read(f"{RUN}/stderr").strip().splitlines() or ["failed"])[-1])
        [self.client] = [pid for pid in processes() if comm(pid) == "ssh"]

    def fetch_stderr(self):
        """Has sshd run a program, and returns that program's stderr, which it keeps open too."""
        with socket.socket(socket.AF_UNIX) as meeting:
            meeting.bind(f"{RUN}/meeting")
            meeting.listen()
            meeting.settimeout(20)
            self.run("lender")
            with meeting.accept()[0] as lender:
                _, control, _, _ = lender.recvmsg(1, 64)
        return array.array("i", control[0][2][:4])[0]

    def stop(self):
        """Stops the ssh client."""
        os.kill(self.client, signal.SIGSTOP)
        self.wait(lambda: "\nState:\tT" in read(f"/proc/{self.client}/status"), "ssh does not stop")

    def resume(self):
        """Lets it go on."""
        os.kill(self.client, signal.SIGCONT)

    def version(self):
        """What `ssh -V` says."""
        said = subprocess.run([self.programs["ssh"], "-V"], stderr=subprocess.PIPE, universal_newlines=True).stderr
        return said.split(",")[0].split(" ")[0].strip()


# What the writer of the ssh and the holders experiments tells on its Board.
WRITER = ("task", "accepted_bytes", "in_write", "errno")


def remote(role):
    """What sshd runs. Its stderr is sshd's pipe. It outlives sshd; the PID namespace ends it."""
    if role == "lender":
        with socket.socket(socket.AF_UNIX) as meeting:
            meeting.connect(f"{RUN}/meeting")
            meeting.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [2]))])
        signal.pause()
    with open(f"{RUN}/board", "r+b") as file:
        board = Board(WRITER, file.fileno())
    with open(f"{RUN}/go") as go:  # waits for somebody who writes
        size = int(go.read())
    libc.prctl(PR_SET_NAME, b"writer")
    write_lines(board, size, paced=True)
    signal.pause()


def write_lines(board, size, paced=False):
    """Writes lines to stderr until that fails. A paced line waits until the one before was read, if somebody reads."""
    line = b"x" * (size - 1) + b"\n"
    board["task"] = os.getpid()
    while True:
        deadline = time.monotonic() + 1
        while paced and held_bytes(2):
            if time.monotonic() > deadline:
                paced = False
            time.sleep(0.00005)
        left = memoryview(line)
        while left:
            board["in_write"] = 1
            try:
                written = os.write(2, left)
            except OSError as error:
                board["errno"], board["in_write"] = error.errno, 0
                return
            board["in_write"] = 0
            board["accepted_bytes"] += written
            left = left[written:]


def wait_until_blocked(board):
    """Waits until the writer is inside a write() that does not return, or has failed."""
    before, since = -1, time.monotonic()
    deadline = since + 30
    while time.monotonic() - since < QUIET_S or not (board["in_write"] or board["errno"]):
        if time.monotonic() > deadline:
            raise RuntimeError("the writer neither blocks nor fails")
        if board["accepted_bytes"] != before:
            before, since = board["accepted_bytes"], time.monotonic()
        time.sleep(0.005)


def wait_for(condition, at_most_s=10):
    """Waits for something to be true; returns whether it was in time."""
    deadline = time.monotonic() + at_most_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def ssh_with_writer(size):
    """A writer that is blocked behind sshd and a stopped ssh client. Returns the Ssh and the writer's Board."""
    ssh = Ssh()
    with open(f"{RUN}/board", "wb") as file:
        file.truncate(8 * len(WRITER))
    with open(f"{RUN}/board", "r+b") as file:
        board = Board(WRITER, file.fileno())
    os.mkfifo(f"{RUN}/go")
    ssh.run("writer")
    with open(f"{RUN}/go", "w") as go:  # waits for the writer
        ssh.stop()
        go.write(str(size))
    wait_until_blocked(board)
    return ssh, board


def pipe_of(board):
    """The inode of the writer's stderr, and how many bytes wait in it. No reader is added by looking."""
    path = f"/proc/{board['task']}/fd/2"
    fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    found = os.fstat(fd).st_ino, held_bytes(fd)
    os.close(fd)
    return found


def set_socket_buffers(p):
    """Sets the sysctls that the parameters name: minimum, default and maximum."""
    for name in ("tcp_wmem", "tcp_rmem"):
        if p.get(f"{name}_bytes"):
            with open(f"/proc/sys/net/ipv4/{name}", "w") as file:
                file.write(f"4096 {p[name + '_bytes']} {p[name + '_bytes']}")


def observe_ssh(p):
    """How much a stopped ssh swallows, whether the writer goes on with it, and what it gets when sshd is killed."""
    set_socket_buffers(p)
    ssh, board = ssh_with_writer(p["log_bytes"])
    accepted, (inode, in_pipe) = board["accepted_bytes"], pipe_of(board)
    found = sockets()
    queues = {"sshd_send_q": sum(s[3] for s in found if s[0] == SSH_PORT and s[2] == "established"),
              "ssh_recv_q": sum(s[4] for s in found if s[1] == SSH_PORT)}  # they differ from run to run
    wchan = sleeps_in(board["task"], board["task"])
    seen = {"openssh": ssh.version(), "accepted_bytes": accepted, "pipe_bytes": in_pipe,
            "socket_queues_bytes": queues, "wchan": wchan}
    readers = holders(inode)["readers"]
    seen["readers"] = [comm(pid) for pid in readers]
    ssh.resume()
    seen["resumed"] = wait_for(lambda: board["accepted_bytes"] > accepted + 3 * 2 ** 20)
    ssh.stop()
    wait_until_blocked(board)
    seen["blocked_again"] = bool(board["in_write"])
    began = time.monotonic()
    for pid in readers:
        os.kill(pid, signal.SIGKILL)
    failed = wait_for(lambda: board["errno"])
    seen["killed_sshd_errno"] = errno.errorcode[board["errno"]] if failed else None
    seen["killed_sshd_at_once"] = failed and time.monotonic() - began < QUIET_S
    return seen


# holders

def processes():
    """The processes that this /proc shows."""
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def comm(pid):
    """The name of a process, or None if it is gone."""
    with contextlib.suppress(OSError):
        return read(f"/proc/{pid}/comm").strip()


def holders(inode):
    """Who has this pipe open, by /proc/*/fd and the access mode in fdinfo."""
    found = {"readers": [], "writers": []}
    for pid in processes():
        modes = set()
        with contextlib.suppress(OSError):
            for fd in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    at = os.stat(f"/proc/{pid}/fd/{fd}")
                    if stat.S_ISFIFO(at.st_mode) and at.st_ino == inode:
                        flags = re.search(r"^flags:\t(\d+)", read(f"/proc/{pid}/fdinfo/{fd}"), re.M).group(1)
                        modes.add(int(flags, 8) & os.O_ACCMODE)
        if modes & {os.O_RDONLY, os.O_RDWR}:
            found["readers"].append(pid)
        if modes & {os.O_WRONLY, os.O_RDWR}:
            found["writers"].append(pid)
    return found


def writer(board):
    """Writes lines of a page to its stderr."""
    write_lines(board, 4096)
    signal.pause()


def hold():
    """Keeps what it has open."""
    while True:
        signal.pause()


def put_in_flight(read_end):
    """A Unix socket with the read end in it, which nobody receives. Returns both its ends."""
    ends = socket.socketpair()
    ends[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [read_end]))])
    return ends


def observe_writer(write_end, inode):
    """Starts a writer at this write end, and looks at it and at both ends until it blocks or fails."""
    board = Board(WRITER)
    pid = start("writer", {2: write_end}, writer, board)
    os.close(write_end)
    wait_until_blocked(board)
    return seen_of(board, inode, pid)


def seen_of(board, inode, pid):
    """Who is to be seen at the ends of a pipe, and how its writer does."""
    found = holders(inode)
    seen = {
        **{f"visible_{kind}": [comm(pid) for pid in pids] for kind, pids in found.items()},
        "blocked": bool(board["in_write"]), "accepted_bytes": board["accepted_bytes"],
        "errno": errno.errorcode[board["errno"]] if board["errno"] else None,
        "wchan": sleeps_in(pid, pid) if board["in_write"] else None,
    }
    return {**seen, **(rescue(board, pid) if seen["blocked"] else {})}


def rescue(board, pid):
    """Reads the writer's pipe through /proc for a moment: does it go on, and block again afterwards?"""
    before = board["accepted_bytes"]
    with subprocess.Popen(["cat", f"/proc/{pid}/fd/2"], stdout=subprocess.DEVNULL) as cat:
        went_on = wait_for(lambda: board["accepted_bytes"] > before + 2 ** 20)
        cat.kill()
    wait_until_blocked(board)
    return {"rescued": went_on, "blocked_again": bool(board["in_write"])}


def observe_holders(p):
    """Who is seen at the ends of a pipe, and whether its writer blocks."""
    if p["holder"] == "sshd":
        _, board = ssh_with_writer(4096)
        return seen_of(board, pipe_of(board)[0], board["task"])
    read_end, write_end = os.pipe()
    inode = os.fstat(read_end).st_ino
    flight = None
    if p["holder"] == "in flight":
        flight = put_in_flight(read_end)
    elif p["holder"] != "none":
        start("reader", {0: read_end}, hold)
    os.close(read_end)
    if p["holder"] != "other PID namespace":
        seen = observe_writer(write_end, inode)
        del flight
        return seen
    try:
        call(libc.unshare, CLONE_NEWPID | CLONE_NEWNS)
    except OSError as error:
        raise Skip(f"no PID namespace: {error.strerror}")
    outside = [comm(pid) for pid in holders(inode)["readers"]]
    return {**as_first_process(observe_writer, write_end, inode), "readers_outside": outside}


# tls

def identity():
    """A server's context with a key and a certificate that nobody else has; they lie in memory."""
    program = shutil.which("openssl")
    if not program:
        raise Skip("no openssl here")
    key, certificate = (f"/proc/self/fd/{os.memfd_create(name, 0)}" for name in ("key", "certificate"))
    subprocess.run([program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=lab", "-keyout", key, "-out", certificate], check=True, stdin=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, close_fds=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def goodbye(context, request):
    """A client that sends its request, waits a moment for a response, says goodbye and closes."""
    with socket.create_connection((HOST, PORT), timeout=10) as plain:
        with context.wrap_socket(plain) as client:
            client.sendall(request)
            client.settimeout(QUIET_S)
            for step in (lambda: client.recv(1), client.unwrap):  # the server answers neither
                with contextlib.suppress(TimeoutError, socket.timeout):
                    step()


def observe_tls(p):
    """Recv-Q of a connection whose server has read the request, and has not come back to it."""
    version = ssl.TLSVersion[p["tls"].replace(".", "_")]
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    trusting.minimum_version = trusting.maximum_version = version
    trusting.set_ciphers("ECDHE+AESGCM")
    with socket.create_server((HOST, PORT)) as listener:
        context = identity()
        visitor = threading.Thread(target=goodbye, args=(trusting, b"x" * DEFAULTS["request_bytes"]))
        visitor.start()
        connection, _ = listener.accept()
        with context.wrap_socket(connection, server_side=True) as server_end:
            read_bytes = len(server_end.recv(65536))
            visitor.join()
            [recv_q] = [s[4] for s in sockets() if s[2] == "close_wait"]
            return {"cipher": server_end.cipher()[0], "read_bytes": read_bytes, "recv_q_bytes": recv_q}


EXPERIMENTS = {"pile-up": observe_pile_up, "ssh": observe_ssh, "holders": observe_holders, "tls": observe_tls}


# The command line

def run_case(case, recorded):
    """Runs one case in namespaces of its own."""
    p, experiment = case["parameters"], EXPERIMENTS[case["experiment"]]
    if case["experiment"] == "ssh" or "stalled-ssh" in p.values() or p.get("holder") == "sshd":
        enter_namespaces(CLONE_NEWPID | CLONE_NEWNS)
        recorded["observed"] = as_first_process(experiment, p)
    else:
        enter_namespaces()
        recorded["observed"] = experiment(p)


def parse(name, text):
    """The value of --set name=text, of a pile-up case."""
    if name not in PARAMETERS:
        raise ValueError(f"no such parameter; there are {', '.join(PARAMETERS)}")
    _, allowed = PARAMETERS[name]
    is_decimal = isinstance(allowed[0], float)
    if re.fullmatch(r"(0|[1-9]\d{0,8})" + r"(\.\d{1,3})?" * is_decimal, text):
        value = json.loads(text)
    else:
        value = text
    if isinstance(value, str) or not is_decimal:
        fits = value in allowed
    else:
        fits = allowed[0] <= value <= allowed[1]
    if not fits:
        values = "|".join(allowed) if isinstance(allowed[0], str) else f"{allowed[0]} to {allowed[-1]}"
        raise ValueError(f"no such value; {name} is {values}")
    return value


if __name__ == "__main__":
    if sys.argv[1:2] == ["--remote"]:
        remote(sys.argv[2])
    run_lab(Lab(
        name="close-wait-pipe", about="A server whose stderr is a full pipe, on this machine's kernel",
        check=check_namespaces, cases=cases, random_cases=random_cases, recorded=("name", "experiment", "parameters"),
        run=run_case, parse=parse, ad_hoc=lambda asked: {"experiment": "pile-up"}, expected_s=expected_s,
        max_run_s=MAX_RUN_S, is_short=lambda case: case["short"], jobs=2,
        jobs_note=", each on a processor of its own", pins=True,
    ))

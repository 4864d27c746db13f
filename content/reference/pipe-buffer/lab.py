#!/usr/bin/env python3
"""How much fits into a pipe, who sleeps when it is full, and what wakes him? Ask this machine's kernel.

Each case makes a pipe and lets processes of its own write to it and read from it, one step at a time: a step begins
when all that can run has run, so the outcome does not depend on who is faster. They share one processor and,
where that is allowed, SCHED_FIFO: who is woken runs when the one that runs sleeps. A case marked "stepped" does not
wait for the clock between its steps, and its times are those that the steps stand for. Without root the scheduler
decides which of several woken writers runs first, so a case with several may come out otherwise.

Needs Linux and Python 3.8. Root is not needed. As root, each case runs as a user of its own that has no privilege.
It cannot harm the machine: it touches no pipe but its own. The soft-limit cases use up a user's pages for pipes for
about a second; without root that is your own user. It writes no file unless given --out.
All cases take about half a minute, and in any case it stops after MAX_RUN_S.
"""
import contextlib
import errno
import fcntl
import heapq
import json
import os
import random
import re
import resource
import select
import signal
import socket
import time

from labkit.harness import Lab, run_lab
from labkit.processes import Board, call, die_with_parent, held_bytes, libc, sleeps_in, spawn, times_slept
from labkit.workers import Skip

MAX_RUN_S, MAX_CASE_S = 900, 60
F_SETPIPE_SZ, F_GETPIPE_SZ = 1031, 1032  # in Python's fcntl from 3.10 on
FIRST_UID = 100000  # of users that nobody is; the case's process id is added
NOFILE = 8192
QUIET_S = 0.2  # a writer that has not gone to sleep anew for so long is there to stay
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000


# The cases

# The parameters of a pipe case; the simulation has the same names.
PIPE = {
    "write_bytes": 120, "write_every_ms": 0, "writers": 1, "writes": 100000, "nonblocking": False,
    "sigpipe": "ignored", "pipe_size_bytes": 0, "past_user_soft_limit": False, "reader": "stalled",
    "read_bytes": 4096, "read_every_ms": 100, "reader_dies_at_ms": 5000, "duration_ms": 10000,
}
READERS, SIGPIPES = ("stalled", "draining", "dies", "none"), ("default", "ignored")
LAST = {"write_bytes": 2 ** 21, "read_bytes": 2 ** 21, "writers": 16, "pipe_size_bytes": 2 ** 32 - 1}
WRITE_SIZES = (1, 2, 100, 120, 300, 1000, 1024, 1365, 1366, 2048, 2049, 4000, 4095, 4096, 4097, 5000, 8192, 8193,
               10000, 65535, 65536, 65537, 100000)


def cases():
    """All cases, in the order of the recording."""
    listed = []

    def case(experiment, name, stepped=False, **parameters):
        listed.append({"name": name, "experiment": experiment, **({"stepped": True} if stepped else {}),
                       "parameters": parameters})

    def pipe(name, **parameters):
        case("pipe", name, **{"duration_ms": 100, **parameters})

    case("pipe", "the post: 120 bytes every 158 s, nobody reads", stepped=True, write_every_ms=158000,
         duration_ms=90000000)
    for size in WRITE_SIZES:
        case("pipe", f"capacity, writes of {size}", stepped=size < 100, write_bytes=size, duration_ms=100)
    for pages in (1, 2, 256):
        for size in (120, 4096, 4097):
            pipe(f"capacity of {pages} pages, writes of {size}", write_bytes=size, pipe_size_bytes=pages * 4096)
    for size in (1, 120, 1000, 4096, 4097, 5000, 65537):
        for read in (100, 4096, 5000):
            case("pipe", f"wake-up, writes of {size}, reads of {read}", stepped=True, write_bytes=size,
                 reader="draining", read_bytes=read, read_every_ms=10, duration_ms=600)
    case("pipe", "wake-up, writes of 1, reads of 1", stepped=True, write_bytes=1, reader="draining", read_bytes=1,
         read_every_ms=1, duration_ms=4200)
    pipe("wake-up in real time, writes of 120, reads of 1000", reader="draining", read_bytes=1000, read_every_ms=50,
         duration_ms=1000)
    pipe("a reader that keeps up", reader="draining", read_bytes=65536, read_every_ms=50, write_every_ms=20,
         duration_ms=500)
    for pages in (1, 2):
        case("pipe", f"wake-up, {pages} pages, writes of 120", stepped=True, pipe_size_bytes=pages * 4096,
             reader="draining", read_bytes=500, read_every_ms=10, duration_ms=500)
    for sigpipe in SIGPIPES:
        pipe(f"no reader, SIGPIPE {sigpipe}", reader="none", sigpipe=sigpipe)
        for size in (120, 10000):
            pipe(f"the reader dies under a sleeping writer, writes of {size}, SIGPIPE {sigpipe}", write_bytes=size,
                 reader="dies", reader_dies_at_ms=300, sigpipe=sigpipe, duration_ms=500)
        pipe(f"the reader dies under five sleeping writers, SIGPIPE {sigpipe}", writers=5, reader="dies",
             reader_dies_at_ms=300, sigpipe=sigpipe, duration_ms=500)
    pipe("the reader dies before the pipe is full", reader="dies", reader_dies_at_ms=300, write_every_ms=50,
         duration_ms=500)
    pipe("non-blocking, nobody reads", nonblocking=True)
    for size in (120, 4096, 5000):
        pipe(f"non-blocking, writes of {size}, reads of 1000", write_bytes=size, nonblocking=True, reader="draining",
             read_bytes=1000, read_every_ms=20, duration_ms=600)
    pipe("non-blocking, the reader dies while poll() waits", nonblocking=True, reader="dies", reader_dies_at_ms=200,
         duration_ms=400)
    for writers in (2, 10):
        for size in (120, 3000, 5000):
            case("pipe", f"{writers} writers, writes of {size}", stepped=True, writers=writers, write_bytes=size,
                 reader="draining", read_bytes=4096, read_every_ms=20, duration_ms=600)
        case("pipe", f"{writers} writers, one write each", stepped=True, writers=writers, write_bytes=10000, writes=1,
             reader="draining", read_bytes=2000, read_every_ms=20, duration_ms=1500)
        case("pipe", f"{writers} writers, two writes each, larger reads", stepped=True, writers=writers, writes=2,
             write_bytes=30000, reader="draining", read_bytes=20000, read_every_ms=20, duration_ms=1500)
    case("pipe", "10 writers, reads that free nothing", stepped=True, writers=10, reader="draining", read_bytes=700,
         read_every_ms=20, duration_ms=1500)
    for size in (1, 4096, 4097, 65536, 100000, 131072, 1048576, 1048577, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1):
        pipe(f"F_SETPIPE_SZ {size}", pipe_size_bytes=size, write_bytes=4096)
    pipe("past the soft limit", past_user_soft_limit=True)
    pipe("past the soft limit, writes of 4097", past_user_soft_limit=True, write_bytes=4097)
    for size in (4096, 8192, 8193, 65536):
        pipe(f"past the soft limit, F_SETPIPE_SZ {size}", past_user_soft_limit=True, pipe_size_bytes=size)
    for content, size in ((0, 4096), (1, 4096), (4096, 4096), (4097, 4096), (4097, 8192), (65536, 32768),
                          (30000, 32768), (30000, 16384), (65536, 131072)):
        case("resize", f"F_SETPIPE_SZ {size} with {content} bytes in the pipe", content_bytes=content, size_bytes=size)
    case("soft-limit", "an ordinary user opens pipes until he gets small ones")
    for size in (120, 4096, 4097, 5000, 20000, 100000):
        case("attach", f"a debugger attaches to a sleeping writer, writes of {size}", write_bytes=size)
    return listed


# A process at the pipe. What it does is in shared memory, so that it is known of the dead as well.

FIELDS = ("busy", "order", "finished", "calls", "returned", "polls", "errno", "in_write", "in_poll")
SHARED = ("orders", "full", "reads", "read_bytes", "asleep", "progress", "held", "writable")


def new_board(workers):
    """The Board of a case: the SHARED numbers by name, each worker's FIELDS by (name, worker)."""
    return Board([*SHARED, *((field, worker) for worker in range(workers) for field in FIELDS)])


def done(board, me, finished=False):
    """The worker has carried out its command."""
    board["orders"] += 1
    board["order", me] = board["orders"]
    board["finished", me] = int(finished)
    board["busy", me] = 0


def is_writable(fd):
    """Whether poll() says POLLOUT now."""
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return any(events & select.POLLOUT for _, events in poll.poll(0))


def writer(board, me, control, fd, p):
    """Writes when told to: one line, or with write_every_ms 0 all of them."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL if p["sigpipe"] == "default" else signal.SIG_IGN)
    line = memoryview(b"x" * p["write_bytes"])
    for number in range(1, p["writes"] + 1):
        if number == 1 or p["write_every_ms"]:
            control.recv(1)
        if not write_line(board, me, fd, line):
            break
        if p["write_every_ms"] and number < p["writes"]:
            board["full"] = int(not is_writable(fd))
            done(board, me)
    board["full"] = int(not is_writable(fd))
    os.close(fd)
    done(board, me, finished=True)
    control.recv(1)


def write_line(board, me, fd, line):
    """Writes one line to its end; returns whether that worked."""
    left = len(line)
    while left:
        try:
            board["in_write", me] = 1
            written = os.write(fd, line[:left])
            board["in_write", me] = 0
            board["calls", me] += 1
            board["returned", me] += written
            left -= written
        except OSError as error:
            board["in_write", me] = 0
            board["errno", me] = error.errno
            if error.errno != errno.EAGAIN:
                return False
            board["in_poll", me] = 1
            poll = select.poll()
            poll.register(fd, select.POLLOUT)
            poll.poll()
            board["in_poll", me] = 0
            board["polls", me] += 1
    return True


def reader(board, me, control, fd, p):
    """Reads (r), tells how much is in the pipe (q), or closes its end (c), when told to."""
    while True:
        command = control.recv(1)
        if command == b"q":
            board["held"] = held_bytes(fd)
            done(board, me)
        elif command == b"r" and read_once(board, me, fd, p):
            done(board, me)
        else:
            os.close(fd)
            done(board, me, finished=True)
            control.recv(1)


def read_once(board, me, fd, p):
    """One read(), and what it changed. Returns whether there was something to read."""
    was_writable, asleep, progress, held = probe(board, fd, p)
    data = os.read(fd, p["read_bytes"])
    if not data:
        return False
    is_writable_now, asleep_now, progress_now, held_now = probe(board, fd, p)
    if held == 0:  # it slept until somebody wrote
        asleep, progress, held = asleep_now, progress_now, held_now + len(data)
    was_full = asleep or board["full"] or not was_writable
    board["full"] = 0
    board["asleep"] = asleep
    board["progress"] = progress
    board["held"] = held - len(data)
    board["writable"] = int(bool(was_full and is_writable_now))
    board["read_bytes"] += len(data)
    board["reads"] += 1
    return True


def probe(board, fd, p):
    """Whether the pipe is writable, how many writers sleep and how far they are, and how many bytes wait."""
    write_end = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK)
    found = (is_writable(write_end), *sleepers(board, p), held_bytes(fd))
    os.close(write_end)
    return found


def sleepers(board, p):
    """How many writers are inside write() or poll(), and a number that grows when one of them gets on."""
    writers = range(1, p["writers"] + 1)
    asleep = sum(board["in_write", i] or board["in_poll", i] for i in writers)
    return asleep, sum(board["calls", i] + board["polls", i] + abs(board["errno", i]) for i in writers)


# A pipe case

class Run:
    """The processes of one pipe case, and the order of their steps."""

    def __init__(self, p, stepped):
        self.p, self.stepped = p, stepped
        self.board = new_board(p["writers"] + 1)
        self.now_ms, self.started, self.sequence, self.queue = 0, 0, 0, []
        self.pids, self.controls, self.status, self.switches = {}, {}, {}, {}
        self.seen = {"blocked_at_ms": None, "signal": None, "wakeups": [], "pollout_at_free_bytes": None}
        self.orders = self.reads = self.held = 0
        self.wchan = None
        self.reader_is_open = p["reader"] != "none"

    def go(self):
        """Runs the case; returns what was seen."""
        p = self.p
        crowd = crowd_of_pipes() if p["past_user_soft_limit"] else []
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, not p["nonblocking"])
        resized = set_size(write_end, p["pipe_size_bytes"]) if p["pipe_size_bytes"] else None
        size = fcntl.fcntl(write_end, F_GETPIPE_SZ)
        self.size = size
        if self.reader_is_open:
            self.spawn(0, reader, read_end, write_end)
        for i in range(1, p["writers"] + 1):
            self.spawn(i, writer, write_end, read_end)
        os.close(read_end)
        os.close(write_end)
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        self.settle()
        self.switches = {i: self.look(i) for i in self.pids}
        self.started = time.monotonic()
        if p["reader"] == "draining":
            self.later(p["read_every_ms"], 0, b"r")
        if p["reader"] == "dies":
            self.later(p["reader_dies_at_ms"], 0, b"c")
        for i in range(1, p["writers"] + 1):
            self.step(i, b"g")
        while self.queue and self.queue[0][0] <= p["duration_ms"]:
            self.now_ms, _, i, command = heapq.heappop(self.queue)
            if not self.stepped:
                time.sleep(max(0, self.started + self.now_ms / 1000 - time.monotonic()))
            if i not in self.status:
                self.step(i, command)
        del crowd
        return self.outcome(size, resized)

    def spawn(self, i, role, fd, other_fd):
        """Starts a process that has one end of the pipe only."""
        mine, control = socket.socketpair()  # no pipe: pipes count towards the user's limit

        def prepare():
            os.close(other_fd)
            mine.close()
            for inherited in self.controls.values():
                inherited.close()
            share_one_processor()

        self.pids[i] = spawn(role, self.board, i, control, fd, self.p, prepare=prepare)
        self.controls[i] = mine
        control.close()

    def later(self, delay_ms, i, command):
        """Plans a step. Equal times go in the order of planning."""
        self.sequence += 1
        heapq.heappush(self.queue, (self.now_ms + delay_ms, self.sequence, i, command))

    def time_ms(self):
        """The moment, as the case's clock has it."""
        return self.now_ms if self.stepped else round((time.monotonic() - self.started) * 1000, 1)

    def step(self, i, command):
        """Tells one process to go on, waits until nobody can do more, and notes what happened."""
        asleep, progress = sleepers(self.board, self.p)
        before = self.held
        self.command(i, command)
        at_ms = self.time_ms()
        if command == b"c":
            self.reader_is_open = False
            free = self.size - before
            if asleep and (sleepers(self.board, self.p)[1] > progress or self.status):
                self.seen["wakeups"].append({"at_ms": at_ms, "free_bytes": free})
        slept = any(self.slept(j) for j in range(1, self.p["writers"] + 1))
        if slept and self.seen["blocked_at_ms"] is None:
            self.seen["blocked_at_ms"] = at_ms
        read = None
        if self.board["reads"] > self.reads:
            self.reads = self.board["reads"]
            read = {name: self.board[name] for name in ("held", "asleep", "progress", "writable")}
        self.plan_next()
        if self.reader_is_open and 0 not in self.status:
            self.ask()
        if read:
            free = self.size - read["held"]
            if read["writable"] and self.seen["pollout_at_free_bytes"] is None:
                self.seen["pollout_at_free_bytes"] = free
            moved = sleepers(self.board, self.p)[1] > read["progress"] or self.held > read["held"]
            if read["asleep"] and moved:
                self.seen["wakeups"].append({"at_ms": at_ms, "free_bytes": free})

    def command(self, i, command):
        """Sends a command and waits until all is quiet."""
        self.board["busy", i] = 1
        self.controls[i].send(command)
        self.settle()

    def ask(self):
        """Asks the reader how much is in the pipe; a reader that sleeps in read() has found it empty."""
        if self.board["busy", 0]:
            self.held = 0
            return
        orders = self.board["orders"]
        self.command(0, b"q")
        self.held = self.board["held"]
        self.board["orders"] = orders  # asking is no step of the case
        self.board["order", 0] = 0

    def plan_next(self):
        """Plans the next steps of those that carried out a command, in the order in which they did."""
        board, p = self.board, self.p
        ready = sorted((board["order", i], i) for i in self.pids if board["order", i] > self.orders)
        self.orders = board["orders"]
        for _, i in ready:
            if board["finished", i]:
                self.status.setdefault(i, "finished")
            elif i == 0:
                self.later(p["read_every_ms"], 0, b"r")
            else:
                self.later(p["write_every_ms"], i, b"g")

    def settle(self):
        """Waits until every process sleeps or is dead, twice in a row without a switch in between."""
        deadline, before = time.monotonic() + MAX_CASE_S, None
        while True:
            found = [self.look(i) for i in self.pids]
            if None not in found and found == before:
                return
            if time.monotonic() > deadline:
                raise RuntimeError("the processes do not come to rest")
            if None in found:
                time.sleep(0.00005)
            before = found

    def look(self, i):
        """How often a process has gone to sleep, 'dead', or None while it runs."""
        if self.status.get(i, "finished") != "finished":
            return "dead"
        pid, status = os.waitpid(self.pids[i], os.WNOHANG)
        if pid:
            if os.WIFEXITED(status):
                raise RuntimeError(f"a process of the lab failed: {status}")
            self.status[i] = self.seen["signal"] = signal.Signals(os.WTERMSIG(status)).name
            return "dead"
        return times_slept(self.pids[i])

    def slept(self, i):
        """Whether a writer sleeps in write(), or has slept there since the last look."""
        switches = self.look(i)
        before, self.switches[i] = self.switches[i], switches
        if "dead" in (before, switches) or self.p["nonblocking"]:
            return False
        if i in self.status or not self.board["in_write", i]:
            return switches - before > 1  # one is the wait for the next command
        self.wchan = self.wchan or sleeps_in(self.pids[i])
        return True

    def outcome(self, size, resized):
        """What was seen, and how it stands at the end."""
        board, p = self.board, self.p
        writers = [{
            "returned_bytes": board["returned", i],
            "asleep": bool(i not in self.status and (board["in_write", i] or board["in_poll", i])),
        } for i in range(1, p["writers"] + 1)]
        failed = [board["errno", i] for i in range(1, p["writers"] + 1) if board["errno", i]]
        last = errno.EPIPE if errno.EPIPE in failed else failed[0] if failed else None
        observed = {
            "pipe_size_bytes": size, "setpipe_errno": resized,
            "accepted_bytes": board["read_bytes"] + self.held, **self.seen,
            "errno": errno.errorcode[last] if last else None, "read_bytes": board["read_bytes"],
            "reads": board["reads"], "writers": writers, "wchan": self.wchan,
        }
        for i in self.pids:
            if self.status.get(i, "finished") == "finished":
                os.kill(self.pids[i], signal.SIGKILL)
                os.waitpid(self.pids[i], 0)
        return observed


def set_size(fd, size):
    """F_SETPIPE_SZ; returns the name of the error, or None."""
    try:
        fcntl.fcntl(fd, F_SETPIPE_SZ, size)
    except OSError as error:
        return errno.errorcode[error.errno]
    return None


def crowd_of_pipes():
    """Pipes that fill the user's soft limit, so that the next one is small. They live as long as the list does."""
    with open("/proc/sys/fs/pipe-user-pages-soft") as file:
        soft = int(file.read())
    if soft == 0 or soft // 8 + 100 > resource.getrlimit(resource.RLIMIT_NOFILE)[0]:
        raise Skip(f"pipe-user-pages-soft is {soft}, and one process may open too few files to get there")
    crowd = []
    while not crowd or fcntl.fcntl(crowd[-1].fileno(), F_GETPIPE_SZ) > 8192:
        if len(crowd) > soft:
            raise Skip("this user has no soft limit")
        read_end, write_end = os.pipe()
        crowd += [os.fdopen(read_end, "rb", 0), os.fdopen(write_end, "wb", 0)]
    for _ in range(2):
        crowd.pop().close()
    return crowd


def share_one_processor():
    """Puts this process on one processor, where nobody who is woken cuts in. It may have SCHED_FIFO already."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if os.sched_getscheduler(0) != os.SCHED_FIFO:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def observe_pipe(case):
    """A pipe case: see Run."""
    return Run({**PIPE, **case["parameters"]}, case.get("stepped", False)).go()


def observe_resize(case):
    """F_SETPIPE_SZ on a pipe that holds something."""
    p = case["parameters"]
    read_end, write_end = os.pipe()
    if p["content_bytes"]:
        os.write(write_end, b"x" * p["content_bytes"])
    failed = set_size(write_end, p["size_bytes"])
    seen = {"errno": failed, "pipe_size_bytes": fcntl.fcntl(read_end, F_GETPIPE_SZ)}
    os.close(read_end)
    os.close(write_end)
    return seen


def observe_soft_limit(_case):
    """What a user gets who opens pipes until they are small, and what he may do with a small one."""
    crowd = crowd_of_pipes()
    ends = os.pipe()

    def size():
        return fcntl.fcntl(ends[0], F_GETPIPE_SZ)

    seen = {"large_pipes": len(crowd) // 2, "small_pipe_bytes": size(), "grow_errno": set_size(ends[0], 65536)}
    set_size(ends[0], 4096)
    seen["shrunk_bytes"] = size()
    seen["grow_back_errno"] = set_size(ends[0], 8192)
    for _ in range(4):
        crowd.pop().close()
    seen["grow_after_closing_two_errno"] = set_size(ends[0], 65536)
    seen["grown_bytes"] = size()
    return seen


def observe_attach(case):
    """What write() returns to a writer that sleeps in it when a debugger attaches, stops it and lets it go."""
    board = Board(("returned", "last", "calls"))
    read_end, write_end = os.pipe()
    line = memoryview(b"x" * case["parameters"]["write_bytes"])

    def write():
        while True:
            left = line
            while left:
                board["last"] = os.write(write_end, left)
                board["calls"] += 1
                board["returned"] += board["last"]
                left = left[board["last"]:]

    pid = spawn(write)
    wait_until_asleep(pid)
    before, calls = board["returned"], board["calls"]
    attach_and_let_go(pid)
    wait_until_asleep(pid)
    seen = {"returned_before_bytes": before, "calls_ended": board["calls"] - calls,
            "returned_bytes": board["last"] if board["calls"] > calls else None, "held_bytes": held_bytes(read_end),
            "wchan": sleeps_in(pid)}
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return seen


def wait_until_asleep(pid):
    """Waits until a process has not gone to sleep anew for a while, inside write()."""
    deadline, before, since = time.monotonic() + 10, None, 0
    while before is None or time.monotonic() - since < QUIET_S:
        found = times_slept(pid)
        if found is None or found != before:
            before, since = found, time.monotonic()
        if time.monotonic() > deadline:
            raise RuntimeError("the writer does not sleep")
        time.sleep(0.005)


def attach_and_let_go(pid):
    """What strace and gdb begin with: seize, stop, and let go."""
    for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
        call(libc.ptrace, request, pid, None, None)
    os.waitpid(pid, WALL)
    call(libc.ptrace, PTRACE_DETACH, pid, None, None)


# Another kind of case is another line here.
EXPERIMENTS = {"pipe": observe_pipe, "resize": observe_resize, "soft-limit": observe_soft_limit,
               "attach": observe_attach}


# All cases

def become_nobody():
    """As root: becomes a user of its own, without privilege, with SCHED_FIFO and many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if os.geteuid() != 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(NOFILE, hard)), hard))
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # for the processes at the pipe, which inherit it
    for uid in (FIRST_UID + os.getpid(), 65534):
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            break
        except OSError:
            continue
    die_with_parent()


def run_case(case, recorded):
    """Runs one case as a user without privilege."""
    become_nobody()
    recorded["observed"] = EXPERIMENTS[case["experiment"]](case)


def random_cases(number, seed):
    """Pipe cases with parameters drawn by lot, small enough to run in a fraction of a second."""
    lot = random.Random(seed)
    listed = []
    for n in range(number):
        size = lot.choice([1, 2, 3, lot.randint(1, 200), lot.randint(1, 5000), lot.randint(4000, 4200), 4096, 4097,
                           lot.randint(1, 70000), lot.randint(1, 20) * 4096, lot.randint(1, 20) * 4096 + 1, 2049])
        pages = lot.choice([0, 0, 0, 1, 2, 4, 8, 32])
        read = lot.choice([1, lot.randint(1, 200), lot.randint(1, 5000), 4096, lot.randint(1, 100000)])
        every = lot.choice([0, 0, 0, lot.randint(1, 30)])
        pause = lot.choice([5, 10, lot.randint(1, 50)])
        parameters = {
            "write_bytes": size, "writers": lot.choice([1, 1, 2, 3, lot.randint(1, 8)]),
            "writes": lot.choice([lot.randint(1, 5), lot.randint(1, 200), 70000]), "write_every_ms": every,
            "nonblocking": lot.random() < 0.2, "sigpipe": lot.choice(SIGPIPES),
            "pipe_size_bytes": lot.choice([pages * 4096, pages * 4096, lot.randint(1, 200000)]),
            "past_user_soft_limit": lot.random() < 0.03,
            "reader": lot.choice(["draining"] * 5 + list(READERS)), "read_bytes": read, "read_every_ms": pause,
            "reader_dies_at_ms": lot.randint(0, 300),
        }
        # A run of many small writes and large reads would write for minutes.
        steps = max(3, min(60, 400000 * size // read, 60))
        parameters["duration_ms"] = pause * steps if parameters["reader"] == "draining" else 400
        listed.append({"name": f"random {seed}.{n}", "experiment": "pipe", "stepped": True, "parameters": parameters})
    return listed


# The command line

def lines(case, _is_only_one):
    """What a case observed, as lines of text for people."""
    for name, value in case["observed"].items():
        if value in (None, []):
            continue
        if name == "wakeups":
            first = ", ".join(f"{w['at_ms']} ms ({w['free_bytes']} free)" for w in value[:3])
            value = f"{len(value)}: {first}{' …' if len(value) > 3 else ''}"
        yield f"{name}: {value if isinstance(value, (int, str)) else json.dumps(value)}"


def parse(name, text):
    """The value of --set name=text, of a pipe case."""
    words = {"reader": READERS, "sigpipe": SIGPIPES}.get(name)
    pattern = "|".join(words) if words else "true|false" if isinstance(PIPE.get(name), bool) else r"0|[1-9]\d*"
    if name not in PIPE or not re.fullmatch(pattern, text):
        raise ValueError(f"no such name or value; parameters are {', '.join(PIPE)}; readers are {', '.join(READERS)}")
    value = text if words else json.loads(text)
    if value == 0 and name in ("write_bytes", "writers", "writes", "read_bytes", "read_every_ms"):
        raise ValueError("at least 1")
    if name in LAST and value > LAST[name]:
        raise ValueError(f"at most {LAST[name]}")
    return value


def ad_hoc(asked):
    """What the case that --set makes is, beside its parameters."""
    return {"experiment": "pipe", **({"stepped": True} if asked.stepped else {})}


def add_options(options):
    """The option that only this lab has."""
    options.add_argument("--stepped", action="store_true", help="do not wait for the clock in the ad-hoc case")


if __name__ == "__main__":
    # One case at a time: side by side they would wait for each other's processor.
    run_lab(Lab(
        name="pipe-buffer", about="A pipe, its writers and its reader, on this machine's kernel", cases=cases,
        random_cases=random_cases, recorded=("name", "experiment", "stepped", "parameters"), run=run_case, parse=parse,
        ad_hoc=ad_hoc, lines=lines, at_most_s=lambda case: MAX_CASE_S, max_run_s=MAX_RUN_S, options=add_options,
    ))

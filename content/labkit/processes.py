"""Processes: child processes that end with their parent, what they tell each other, what /proc tells of them."""
import ctypes
import fcntl
import mmap
import os
import re
import signal
import struct
import termios
import time
import traceback

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4  # <linux/prctl.h>
libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    """Calls a function of libc that returns 0 on success. Raises OSError with its errno otherwise."""
    if function(*arguments) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def die_with_parent():
    """Has the kernel kill this process when the thread that started it ends, and lets it read its own /proc files.

    The kernel forgets both when the process changes its credentials (setuid, a new user namespace): call it again then.
    """
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(PR_SET_DUMPABLE, 1)


def spawn(function, *arguments, prepare=None):
    """Starts a child process that calls the function and ends; returns its pid. It dies with this process.

    The child calls `prepare` first: for its priority, its processor, its files. If one of the two raises, the child
    prints the traceback to stderr and ends with status 1. The caller waits for the child, or leaves it.
    """
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_parent()
        if prepare:
            prepare()
        function(*arguments)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


class Board:
    """Signed 64-bit numbers in shared memory, found by name: board[name] reads, board[name] = number writes.

    All start as 0. Every process that is forked after the Board was made sees them, and they stay when a process dies.
    A name is anything hashable, such as "orders" or ("calls", 3). With `file`, the descriptor of a file of at least
    8 bytes for each name, processes that are not related share them too. One number is never half written; two are
    not changed together. The memory goes with the last process that has it.
    """

    def __init__(self, names, file=-1):
        self.places = {name: 8 * place for place, name in enumerate(names)}
        self.memory = mmap.mmap(file, 8 * len(self.places))

    def __getitem__(self, name):
        return struct.unpack_from("q", self.memory, self.places[name])[0]

    def __setitem__(self, name, value):
        struct.pack_into("q", self.memory, self.places[name], value)


def read(path):
    """The text of a file. Raises OSError."""
    with open(path) as file:
        return file.read()


def times_slept(pid, task=None, at_rest="S"):
    """How often a thread (the first one, unless `task` names another) has gone to sleep by itself.

    None while it is in a state that is not in `at_rest` (letters of /proc/PID/status), "dead" if there is no such
    thread. Two equal answers, one after the other, mean that it has not run in between.
    """
    try:
        text = read(f"/proc/{pid}/task/{task or pid}/status")
    except OSError:
        return "dead"
    if not re.search(rf"^State:\t[{at_rest}]", text, re.M):
        return None
    return int(re.search(r"^voluntary_ctxt_switches:\t(\d+)", text, re.M).group(1))


def sleeps_in(pid, task=None):
    """The kernel function that a thread sleeps in (/proc/PID/wchan), or None where the machine does not tell.

    Looks for at most 20 ms. Raises OSError if there is no such thread.
    """
    for _ in range(20):  # the kernel says 0 while it cannot walk the stack
        name = read(f"/proc/{pid}/task/{task or pid}/wchan").strip()
        if name not in ("0", ""):
            return name
        time.sleep(0.001)
    return None


def held_bytes(fd):
    """FIONREAD: the bytes that wait in a pipe (at either end) or in a socket's receive queue."""
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"))[0]

#!/usr/bin/env python3
"""Are TCP_NODELAY and TCP_CORK set on another process's TCP sockets? Asks the sockets themselves, while they are open.

    python3 nodelay.py PID [FD]

pidfd_getfd() makes a copy of the process's descriptor here (Linux 5.6 or later), and getsockopt() asks it. The process
is not stopped and notices nothing; the copy is closed at once. It takes what ptrace takes: root, as a rule. Python's
standard library is enough.
"""
import ctypes
import os
import re
import socket
import sys

PIDFD_OPEN, PIDFD_GETFD = 434, 438  # the same on all architectures but alpha
libc = ctypes.CDLL(None, use_errno=True)


def syscall(*arguments):
    """A system call by its number; returns its result. Raises OSError if it fails."""
    result = libc.syscall(*map(ctypes.c_long, arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def socket_descriptors(pid):
    """The numbers of the process's descriptors that are sockets."""
    for name in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        try:
            if os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                yield int(name)
        except FileNotFoundError:
            pass  # closed meanwhile


def told(address):
    """An address and its port, as ss prints them."""
    host = re.sub(r"^::ffff:(?=\d+\.)", "", address[0])
    return f"[{host}]:{address[1]}" if ":" in host else f"{host}:{address[1]}"


def main(pid, only=None):
    """Prints a line for each connected TCP socket of the process."""
    pidfd = syscall(PIDFD_OPEN, pid, 0)
    for number in socket_descriptors(pid):
        if only is not None and number != only:
            continue
        with socket.socket(fileno=syscall(PIDFD_GETFD, pidfd, number, 0)) as copy:
            if copy.type != socket.SOCK_STREAM or copy.family not in (socket.AF_INET, socket.AF_INET6):
                continue
            try:
                peer = told(copy.getpeername())
            except OSError:
                continue  # it listens, or is not connected
            nodelay = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            cork = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_CORK)
            print(f"fd {number}  {told(copy.getsockname())} -> {peer}  TCP_NODELAY {nodelay}  TCP_CORK {cork}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not all(word.isdigit() for word in sys.argv[1:]):
        sys.exit("usage: nodelay.py PID [FD]")
    try:
        main(*map(int, sys.argv[1:]))
    except OSError as problem:
        sys.exit(f"nodelay.py: {problem.strerror}")

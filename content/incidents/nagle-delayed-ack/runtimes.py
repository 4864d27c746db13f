"""What TCP_NODELAY is when a program sets nothing: reads it from live sockets of each runtime, into runtimes.json.

    python3 content/incidents/nagle-delayed-ack/runtimes.py

Needs Linux 5.6 or newer, the tool chains, and the right to trace one's own children.
"""
import ctypes
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from labkit.recorded import write_runtimes  # noqa: E402
from labkit.toolchains import programs  # noqa: E402

SETTLES_s = 0.5  # a runtime sets its options after accept() and connect(), when the other end has returned
PIDFD_GETFD = 438  # the same number on every architecture

SOURCES = {
    "Go": ("net: newTCPConn", "https://github.com/golang/go/blob/go1.19.8/src/net/tcpsock.go#L206"),
    "Java": ("StandardSocketOptions.TCP_NODELAY", "https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/net/StandardSocketOptions.html#TCP_NODELAY"),
    "Python": ("socket: the kernel’s own", "https://docs.python.org/3/library/socket.html"),
    "Node": ("net: socket.setNoDelay()", "https://nodejs.org/api/net.html#socketsetnodelaynodelay"),
    "Rust": ("std: TcpStream::set_nodelay", "https://doc.rust-lang.org/std/net/struct.TcpStream.html#method.set_nodelay"),
    "C": ("tcp(7)", "https://man7.org/linux/man-pages/man7/tcp.7.html"),
}


def sockets_of(pid):
    """Copies of the TCP sockets of a process that are connected."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    for name in os.listdir(f"/proc/{pid}/fd"):
        if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
            continue
        fd = libc.syscall(PIDFD_GETFD, pidfd, int(name), 0)
        if fd == -1:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        copy = socket.socket(fileno=fd)
        try:
            copy.getpeername()
        except OSError:
            continue
        if copy.family in (socket.AF_INET, socket.AF_INET6):
            yield copy
    os.close(pidfd)


def measure(program):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = listener.getsockname()[1]
        process = subprocess.Popen(
            [*program.command, str(there)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True
        )
        with process:
            end, _ = listener.accept()
            port = int(process.stdout.readline())
            with end, socket.create_connection(("127.0.0.1", port)):
                time.sleep(SETTLES_s)
                seen = {}
                for copy in sockets_of(process.pid):
                    side = "client" if copy.getpeername()[1] == there else "server"
                    seen[side] = "on" if copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) else "off"
                process.stdin.close()
    return {"runtime": program.language, "version": program.version, **seen, "source": SOURCES[program.language]}


with tempfile.TemporaryDirectory() as into:
    write_runtimes(HERE, [measure(program) for program in programs(HERE / "runtimes", into)])

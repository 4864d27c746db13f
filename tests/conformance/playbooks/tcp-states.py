"""The situations of the page about the eleven states: sockets in the states and with the timers that it speaks of.

All in one network namespace, where the peer that is gone is an address to which packets are dropped.
"""
import contextlib
import socket
import subprocess
import threading
import time

from stage import need, run, stage

from labkit.namespaces import CLONE_NEWNS, enter_namespaces
from labkit.workers import Skip

HOST = "127.0.0.1"


def pair(port, backlog=5):
    """A listener, and both ends of a connection to it."""
    listener = socket.create_server((HOST, port), backlog=backlog)
    client = socket.create_connection((HOST, port))
    return listener, client, listener.accept()[0]


def drop(port):
    """From now on nothing from or to this port arrives."""
    for way in ("sport", "dport"):
        rule = ["nft", "add", "rule", "ip", "lab", "in", "tcp", way, str(port), "drop"]
        if subprocess.run(rule, stderr=subprocess.DEVNULL, check=False).returncode:
            raise Skip("nft does not work here")


def not_read(client):
    """Sends until the peer, which does not read, has no room left."""
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            client.send(b"x" * 65536)


def every_state(commands):
    """Sockets of each kind, by port; then each command."""
    need("ss", "nft", "nstat")
    enter_namespaces(as_root=True)
    setup = "add table ip lab; add chain ip lab in { type filter hook input priority 0; }"
    if subprocess.run(["nft", setup], stderr=subprocess.DEVNULL, check=False).returncode:
        raise Skip("nft does not work here")
    kept = []

    kept += (not_reading := pair(1001))
    not_read(not_reading[1])

    kept += (gone := pair(1002))
    drop(1002)
    gone[1].send(b"x" * 100)

    kept += (orphan := pair(1003))
    drop(1003)
    orphan[1].close()

    kept += (idle := pair(1004))
    idle[1].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    kept += (closed_first := pair(1005))
    closed_first[1].close()  # FIN-WAIT-2 without a program, and CLOSE-WAIT here
    kept += (over := pair(1006))
    over[1].close()
    time.sleep(0.05)
    over[2].close()  # TIME-WAIT at the other end

    kept.append(crowded := socket.create_server((HOST, 1007), backlog=5))
    for _ in range(8):
        kept.append(waiting := socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex((HOST, 1007))

    kept.append(bound := socket.socket())
    bound.bind((HOST, 1008))
    kept.append(half := pair(1009))
    half[1].shutdown(socket.SHUT_WR)

    time.sleep(1.5)
    return {name: run(command) for name, command in commands.items()}


def transitions(commands):
    """A connection that comes and goes while a command watches, which takes a while to begin."""
    need("bpftrace")
    enter_namespaces(CLONE_NEWNS)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    if subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=False).returncode:
        raise Skip("there is no tracefs here")

    def come_and_go():
        _, client, server = pair(1001)
        client.close()
        time.sleep(0.1)
        server.close()

    later = threading.Timer(5, come_and_go)
    later.start()
    printed = {name: run(command) for name, command in commands.items()}
    later.join()
    if any("@[" not in found["stdout"] for found in printed.values()):
        raise Skip(f"bpftrace: {printed}")
    return printed


if __name__ == "__main__":
    stage({"every state": every_state, "transitions": transitions})

"""The network: two or more hosts, each a network namespace, wires between them, and what passes on a wire.

The process that calls these functions is in one of the namespaces ("here"). Devices, addresses, rules and sysctls exist
only inside the namespaces; nothing leaves the wires.
"""
import collections
import contextlib
import os
import select
import shutil
import socket
import struct
import subprocess
import time

from labkit.namespaces import CLONE_NEWNET, check_namespaces, set_loopback_up
from labkit.processes import Board, call, libc, spawn
from labkit.workers import Skip

# Not in Python's socket module; values from <asm-generic/socket.h>, <linux/if_packet.h>, <linux/if_ether.h>, …
SO_RCVBUFFORCE, SO_TIMESTAMPNS, SOL_PACKET, PACKET_VNET_HDR, ETH_P_ALL = 33, 35, 263, 15, 3


def check_network():
    """Raises Skip if this machine has no `ip`, or does not allow network namespaces."""
    if not shutil.which("ip"):
        raise Skip("this lab needs ip (iproute2)")
    check_namespaces()


def new_namespace():
    """Enters a new network namespace, with lo up (local ICMP needs it), and returns a handle, for inside() and `ip`.

    IPv6 is off on all devices that are made there, so that nothing but the lab's own packets is on the wire. The
    namespace lives as long as a process, a socket or a handle refers to it. Call enter_namespaces(as_root=True) first.
    """
    call(libc.unshare, CLONE_NEWNET)
    with contextlib.suppress(FileNotFoundError), open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w") as file:
        file.write("1")
    set_loopback_up()
    return os.open("/proc/self/ns/net", os.O_RDONLY)


@contextlib.contextmanager
def inside(namespace, home):
    """Runs the block in another namespace, then comes back to `home`; sockets opened there stay there."""
    call(libc.setns, namespace, CLONE_NEWNET)
    try:
        yield
    finally:
        call(libc.setns, home, CLONE_NEWNET)


def ip(arguments):
    """Runs one `ip` command here, its arguments in one string. Raises Skip with what it says if it fails."""
    done = subprocess.run(["ip", *arguments.split()], stderr=subprocess.PIPE, universal_newlines=True)
    if done.returncode:
        raise Skip(f"ip {arguments}: {done.stderr.strip()}")


def sysctl(name, value, family="ipv4"):
    """Sets net.<family>.<name> here, / for . in it. Raises Skip if there is no such sysctl (unless value is 0) or it refuses."""
    try:
        with open(f"/proc/sys/net/{family}/{name}", "w") as file:
            file.write(str(value))
    except FileNotFoundError:
        if value:
            raise Skip(f"this kernel has no {name}")
    except OSError as error:
        raise Skip(f"{name} = {value}: {error.strerror}")


def read_sysctls(names):
    """net.ipv4.<name> as in force here, for each name: a number where it is one; None where the kernel has none."""
    values = {}
    for name in names:
        with contextlib.suppress(FileNotFoundError), open(f"/proc/sys/net/ipv4/{name}") as file:
            value = file.read().strip()
            values[name] = int(value) if value.isdigit() else value
    return {name: values.get(name) for name in names}


def lay_wire(near, far, there, mtu_bytes=1500, rtt_ms=0, prepare=None):
    """Lays a wire from here to the namespace `there`. An end, `near` or `far`, is (device, MAC); both are down yet.

    With rtt_ms there are two wires, joined here (w0, w1) by a child process that holds each frame for half the RTT;
    `prepare` as in spawn(). Returns the Board on which that process notes "late_ns", the most that a frame was late
    because the machine was busy. The devices go with the namespaces, the process with this one. Raises Skip.
    """
    late = Board(["late_ns"])
    first, last = (f"{device} address {mac} mtu {mtu_bytes}" for device, mac in (near, far))
    netns = f"netns /proc/{os.getpid()}/fd/{there}"
    if rtt_ms:
        ip(f"link add {first} type veth peer name w0 mtu {mtu_bytes}")
        ip(f"link add w1 mtu {mtu_bytes} type veth peer name {last} {netns}")
        for device in ("w0", "w1"):
            ip(f"link set {device} arp off up")
        ends = [packet_socket(device, PACKET_VNET_HDR) for device in ("w0", "w1")]
        spawn(relay, ends, rtt_ms * 500000, late, prepare=prepare)
    else:
        ip(f"link add {first} type veth peer name {last} {netns}")
    return late


def wait_until_up():
    """Waits until all wires that end here are up at both ends, which both ends must have been set.

    Until the kernel has seen the carrier and given it a queue, a device loses what is sent.
    """
    while True:
        devices = subprocess.check_output(["ip", "-oneline", "link", "show", "type", "veth"]).splitlines()
        if all(b" noqueue state UP " in device for device in devices):
            return
        time.sleep(0.01)


def relay(ends, delay_ns, late):
    """Carries frames between two packet sockets for ever, each delay_ns late (netem does this too, where there is one).

    The kernel's timestamp says when a frame came, so being late to read it does not count; the last moments before it
    goes out are spent polling, because sleep is coarse. Checksums are unfinished on a veth; PACKET_VNET_HDR carries
    that fact over with the frame.
    """
    polling_ns, send_ns, latest_ns = 300000, 20000, 0
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    waiting = collections.deque()
    while True:
        left_ns = waiting[0][0] - time.time_ns() if waiting else None
        if waiting and left_ns <= 0:
            _, end, frame = waiting.popleft()
            end.send(frame)
            if -left_ns > latest_ns:
                late["late_ns"] = latest_ns = -left_ns
            continue
        timeout = max(0, left_ns - polling_ns) / 1e9 if waiting else None
        for end in select.select(ends, [], [], timeout)[0]:
            frame, control, _, address = end.recvmsg(65536, 64)
            if address[2] != socket.PACKET_OUTGOING:
                waiting.append((timestamp(control) + delay_ns - send_ns, ends[end is ends[0]], frame))


def packet_socket(device, option=SO_TIMESTAMPNS):
    """A packet socket that sees every frame of a device here, sent or received, from now on.

    `option`: SO_TIMESTAMPNS, for timestamp(), or PACKET_VNET_HDR, for relay(). Its buffer is 8 MiB for root.
    """
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.setsockopt(socket.SOL_SOCKET if option == SO_TIMESTAMPNS else SOL_PACKET, option, 1)
    with contextlib.suppress(PermissionError):
        wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23)
    wire.bind((device, ETH_P_ALL))
    return wire


def timestamp(control):
    """The kernel's timestamp of a frame, ns of CLOCK_REALTIME, from the control messages that recvmsg() returned."""
    seconds, ns = next(struct.unpack("@ll", data) for level, kind, data in control
                       if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS))
    return seconds * 10 ** 9 + ns

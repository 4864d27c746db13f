#!/usr/bin/env python3
"""The kernel's side of a script: a TUN device in a network namespace of its own, and system calls in threads.

Reads one JSON request a line and writes one JSON answer a line. Times are microseconds since the first request.
Needs Linux, `ip`, and a namespace in which it may make a device: `unshare -n` (root) or `unshare -rn`.
"""
import ctypes
import errno
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
SIOCOUTQNSD = 0x894B
#: How long a call may take that is not expected to sleep, in seconds.
PROMPT_s = 0.02
#: `struct tcp_info` (include/uapi/linux/tcp.h), up to the fields that scripts ask for.
INFO_BYTES = ("state", "ca_state", "retransmits", "probes", "backoff", "options", "wscales", "flags")
INFO_WORDS = ("rto", "ato", "snd_mss", "rcv_mss", "unacked", "sacked", "lost", "retrans", "fackets",
              "last_data_sent", "last_ack_sent", "last_data_recv", "last_ack_recv", "pmtu", "rcv_ssthresh", "rtt",
              "rttvar", "snd_ssthresh", "snd_cwnd", "advmss", "reordering", "rcv_rtt", "rcv_space", "total_retrans")
#: Names that Python's socket module does not have on every version.
NUMBERS = {"SIOCINQ": termios.FIONREAD, "FIONREAD": termios.FIONREAD, "SIOCOUTQ": termios.TIOCOUTQ,
           "SIOCOUTQNSD": SIOCOUTQNSD, "TCP_NODELAY": 1, "TCP_USER_TIMEOUT": 18, "TCP_INFO": 11}

libc = ctypes.CDLL(None, use_errno=True)


def number(name):
    """The number of a constant that a script names, or the number that it wrote."""
    if not isinstance(name, str):
        return name
    for place in (socket, select, fcntl, os, errno):
        if hasattr(place, name):
            return int(getattr(place, name))
    if name in NUMBERS:
        return NUMBERS[name]
    raise ValueError(f"no constant is called {name} here")


def either(names):
    """Flags joined."""
    value = 0
    for name in names:
        value |= number(name)
    return value


def address(args):
    packed = struct.pack("=H", socket.AF_INET) + struct.pack("!H", args["port"]) + socket.inet_aton(args["address"])
    return packed + bytes(8), 16


def packed_option(value):
    """An option's value as setsockopt() takes it."""
    if not isinstance(value, dict):
        return struct.pack("=i", number(value))
    if "onoff" in value:
        return struct.pack("=ii", value["onoff"], value["linger"])
    return struct.pack("=qq", value["tv_sec"], value["tv_usec"])


def perform(name, a):
    """Makes a system call. Returns its value, its errno's name or None, and what it wrote."""
    fd = a.get("fd")
    out = {}
    ctypes.set_errno(0)
    if name == "socket":
        kind = socket.SOCK_STREAM | (socket.SOCK_NONBLOCK if a["nonblocking"] else 0)
        value = libc.socket(socket.AF_INET, kind, socket.IPPROTO_TCP)
    elif name in ("bind", "connect"):
        value = getattr(libc, name)(fd, *address(a))
    elif name == "listen":
        value = libc.listen(fd, a["backlog"])
    elif name == "accept":
        value = libc.accept(fd, None, None)
    elif name == "accept4":
        value = libc.accept4(fd, None, None, either(a["flags"]))
    elif name == "read":
        value = libc.read(fd, ctypes.create_string_buffer(max(a["bytes"], 1)), a["bytes"])
    elif name == "recv":
        value = libc.recv(fd, ctypes.create_string_buffer(max(a["bytes"], 1)), a["bytes"], either(a["flags"]))
    elif name == "write":
        value = libc.write(fd, bytes(a["bytes"]), a["bytes"])
    elif name == "send":
        value = libc.send(fd, bytes(a["bytes"]), a["bytes"], either(a["flags"]))
    elif name == "writev":
        try:
            value = os.writev(fd, [bytes(n) for n in a["buffers"]])
        except OSError as error:
            value, ctypes_errno = -1, error.errno
            ctypes.set_errno(ctypes_errno)
    elif name == "close":
        value = libc.close(fd)
    elif name == "shutdown":
        value = libc.shutdown(fd, number(a["how"]))
    elif name == "setsockopt":
        data = packed_option(a["value"])
        value = libc.setsockopt(fd, number(a["level"]), number(a["option"]), data, len(data))
    elif name == "getsockopt":
        buffer, length = ctypes.create_string_buffer(16), ctypes.c_uint(16)
        value = libc.getsockopt(fd, number(a["level"]), number(a["option"]), buffer, ctypes.byref(length))
        if a["option"] == "SO_LINGER":
            out["value"] = dict(zip(("onoff", "linger"), struct.unpack("=ii", buffer.raw[:8])))
        elif a["option"] in ("SO_RCVTIMEO", "SO_SNDTIMEO"):
            out["value"] = dict(zip(("tv_sec", "tv_usec"), struct.unpack("=qq", buffer.raw)))
        else:
            out["value"] = struct.unpack("=i", buffer.raw[:4])[0]
    elif name == "poll":
        entries = b"".join(struct.pack("=ihh", each["fd"], either(each["events"]), 0) for each in a["fds"])
        buffer = ctypes.create_string_buffer(entries, len(entries))
        value = libc.poll(buffer, len(a["fds"]), a["timeout_ms"])
        out["revents"] = [event_names(struct.unpack_from("=ihh", buffer, 8 * i)[2]) for i in range(len(a["fds"]))]
    elif name == "fcntl":
        value = libc.fcntl(fd, number(a["command"]), either(a["flags"]))
    elif name == "ioctl":
        buffer = ctypes.create_string_buffer(8)
        value = libc.ioctl(fd, number(a["request"]), buffer)
        out["value"] = struct.unpack("=i", buffer.raw[:4])[0]
    else:
        raise ValueError(f"no system call is called {name} here")
    return value, errno.errorcode[ctypes.get_errno()] if value == -1 else None, out


def event_names(bits):
    names = ("POLLIN", "POLLPRI", "POLLOUT", "POLLERR", "POLLHUP", "POLLNVAL", "POLLRDHUP")
    return sorted(name for name in names if bits & getattr(select, name))


class Device:
    """The TUN device, and a thread that notes what leaves through it and when."""

    def __init__(self, local, now):
        self.fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH", b"tun0", IFF_TUN | IFF_NO_PI) + bytes(22))
        # One segment at a time: a PSH then says what the sender meant, not where offload cut.
        for command in (f"addr add {local}/24 dev tun0", "link set tun0 gso_max_segs 1", "link set tun0 up"):
            subprocess.run(["ip", *command.split()], check=True)
        self.now = now
        self.sent = []
        self.news = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            packet = os.read(self.fd, 65536)
            at = self.now()
            # Version 4 and TCP: the rest (IPv6 looks for routers) is none of a script's.
            if packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_TCP:
                with self.news:
                    self.sent.append((at, packet))
                    self.news.notify()

    def next(self, until):
        with self.news:
            while not self.sent:
                left = until - self.now()
                if left <= 0:
                    return None
                self.news.wait(left / 1e6)
            # What came after `until` is for a later question.
            return self.sent.pop(0) if self.sent[0][0] <= until else None


class Call(threading.Thread):
    """A system call that may sleep."""

    def __init__(self, name, args, now):
        super().__init__(daemon=True)
        self.name_, self.args_, self.now = name, args, now
        self.began, self.answer, self.failed = None, None, None

    def run(self):
        self.began = self.now()
        try:
            value, error, out = perform(self.name_, self.args_)
            self.answer = {"at_us": self.now(), "value": value, "errno": error, "out": out}
        except Exception as error:  # Told to the player, which ends the script.
            self.failed = str(error)


class Machine:
    def __init__(self):
        self.start = None
        self.device = None
        self.calls = []

    def now(self):
        return int((time.monotonic() - self.start) * 1e6)

    def until(self, at):
        left = at - self.now()
        if left > 0:
            time.sleep(left / 1e6)

    def open(self, local, sysctls):
        self.start = time.monotonic()
        self.device = Device(local, self.now)
        self.set(sysctls)
        self.start = time.monotonic()
        return {"release": os.uname().release}

    def set(self, sysctls):
        for each in sysctls:
            with open(f"/proc/sys/net/ipv4/{each['name']}", "w") as file:
                file.write(each["value"])

    def wait(self, until_us):
        self.until(until_us)
        return {"at_us": self.now()}

    def inject(self, at_us, packet):
        self.until(at_us)
        at = self.now()
        os.write(self.device.fd, bytes.fromhex(packet))
        return {"at_us": at}

    def next(self, until_us):
        found = self.device.next(until_us)
        return found and {"at_us": found[0], "packet": found[1].hex()}

    def call(self, at_us, name, args):
        self.until(at_us)
        call = Call(name, args, self.now)
        self.calls.append(call)
        call.start()
        call.join(PROMPT_s)
        return {"id": len(self.calls) - 1, "began_us": call.began, "answer": self.ended(call)}

    def returned(self, id, until_us):
        call = self.calls[id]
        call.join(max(0, (until_us - self.now()) / 1e6))
        return self.ended(call)

    def ended(self, call):
        if call.failed:
            raise ValueError(call.failed)
        return call.answer

    def info(self, fd):
        buffer, length = ctypes.create_string_buffer(104), ctypes.c_uint(104)
        if libc.getsockopt(fd, socket.IPPROTO_TCP, NUMBERS["TCP_INFO"], buffer, ctypes.byref(length)):
            raise ValueError(f"TCP_INFO of {fd}: {os.strerror(ctypes.get_errno())}")
        values = struct.unpack("=8B24I", buffer.raw)
        return {f"tcpi_{name}": value for name, value in zip(INFO_BYTES + INFO_WORDS, values)}


def main():
    machine = Machine()
    try:
        # Times are compared in milliseconds: what else runs here must not stand in front.
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        pass
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"answer": getattr(machine, request.pop("do"))(**request)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    os._exit(0)


main()

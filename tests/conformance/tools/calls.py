"""System calls for strace to look at. Each is made as C would make it, and told as the simulation tells it.

It waits for a byte on standard input, makes the calls, and prints what it called and what came back. Needs a network
namespace of its own with a loopback.
"""
import ctypes
import errno
import json
import socket
import struct
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
FUTEX = 202
SELECT = 23  # glibc's own select() is pselect6(); the incident's program made the old call
NULL = None
told = []
lock = threading.Lock()
POLL = {"POLLIN": 1, "POLLOUT": 4, "POLLERR": 8, "POLLHUP": 16}
TCP = {"TCP_NODELAY": 1, "TCP_CORK": 3, "TCP_SYNCNT": 7, "TCP_QUICKACK": 12, "TCP_USER_TIMEOUT": 18}
SOL = {"SO_REUSEADDR": 2, "SO_SNDBUF": 7, "SO_RCVBUF": 8}
SOL_SOCKET = 1


def record(kind, name, args, **result):
    with lock:
        told.append({"kind": kind, "tid": threading.get_native_id(), "call": name, "args": args, **result})


def call(name, args, function, *given, out=lambda value: {}):
    """One call. args: its arguments as the simulation has them. given: as C has them."""
    record("syscall", name, args)
    ctypes.set_errno(0)
    value = function(*given)
    code = errno.errorcode[ctypes.get_errno()] if value == -1 else None
    record("syscall-return", name, args, value=value, errno=code, out={} if code else out(value))
    return value


def address(host, port):
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8)


def tcp(nonblocking=False):
    kind = socket.SOCK_STREAM | (socket.SOCK_NONBLOCK if nonblocking else 0)
    return call("socket", {"nonblocking": nonblocking}, libc.socket, socket.AF_INET, kind, 0)


def udp():
    return call(
        "socket", {"nonblocking": False, "type": "SOCK_DGRAM"}, libc.socket, socket.AF_INET, socket.SOCK_DGRAM, 0
    )


def bind(fd, host, port):
    call("bind", {"fd": fd, "address": host, "port": port}, libc.bind, fd, address(host, port), 16)


def connect(fd, host, port):
    call("connect", {"fd": fd, "address": host, "port": port}, libc.connect, fd, address(host, port), 16)


def listen(fd, backlog):
    call("listen", {"fd": fd, "backlog": backlog}, libc.listen, fd, backlog)


def accept(fd):
    return call("accept", {"fd": fd}, libc.accept, fd, NULL, NULL)


def accept4(fd, flags):
    return call("accept4", {"fd": fd, "flags": flags}, libc.accept4, fd, NULL, NULL, getattr(socket, flags))


def close(fd):
    call("close", {"fd": fd}, libc.close, fd)


def read(fd, count):
    call("read", {"fd": fd, "bytes": count}, libc.read, fd, ctypes.create_string_buffer(count), ctypes.c_size_t(count))


def write(fd, count):
    call("write", {"fd": fd, "bytes": count}, libc.write, fd, b"x" * count, ctypes.c_size_t(count))


def writev(fd, buffers):
    kept = [ctypes.create_string_buffer(b"x" * size, size) for size in buffers]
    vector = b"".join(struct.pack("=QQ", ctypes.addressof(buffer), size) for buffer, size in zip(kept, buffers))
    call("writev", {"fd": fd, "buffers": buffers}, libc.writev, fd, vector, len(buffers))


def send(fd, count, flags):
    call(
        "send",
        {"fd": fd, "bytes": count, "flags": flags},
        libc.send,
        fd,
        b"x" * count,
        ctypes.c_size_t(count),
        getattr(socket, flags) if flags else 0,
    )


def recv(fd, count):
    call(
        "recv", {"fd": fd, "bytes": count}, libc.recv, fd, ctypes.create_string_buffer(count), ctypes.c_size_t(count), 0
    )


def sendto(fd, count, host, port):
    call(
        "sendto",
        {"fd": fd, "bytes": count, "address": host, "port": port},
        libc.sendto,
        fd,
        b"x" * count,
        ctypes.c_size_t(count),
        0,
        address(host, port),
        16,
    )


def recvfrom(fd, count):
    call(
        "recvfrom",
        {"fd": fd, "bytes": count},
        libc.recvfrom,
        fd,
        ctypes.create_string_buffer(count),
        ctypes.c_size_t(count),
        0,
        NULL,
        NULL,
    )


def setsockopt(fd, option, value):
    level = 6 if option in TCP else SOL_SOCKET
    number = TCP.get(option) or SOL.get(option) or {"SO_LINGER": 13, "SO_RCVTIMEO": 20, "SO_SNDTIMEO": 21}[option]
    data = struct.pack("i", value)
    if option == "SO_LINGER":
        data = struct.pack("ii", value >= 0, max(value, 0))
    elif option.endswith("TIMEO"):
        data = struct.pack("qq", value // 1000, value % 1000 * 1000)
    call(
        "setsockopt", {"fd": fd, "option": option, "value": value}, libc.setsockopt, fd, level, number, data, len(data)
    )


def get_error(fd):
    error, size = ctypes.c_int(), ctypes.c_int(4)
    call(
        "getsockopt",
        {"fd": fd, "option": "SO_ERROR"},
        libc.getsockopt,
        fd,
        SOL_SOCKET,
        4,
        ctypes.byref(error),
        ctypes.byref(size),
        out=lambda _: {"error": errno.errorcode[error.value] if error.value else None},
    )


def names(bits):
    return [name for name, bit in POLL.items() if bits & bit]


def poll(entries, timeout_ms):
    array = ctypes.create_string_buffer(
        b"".join(struct.pack("ihh", fd, sum(POLL[event] for event in events), 0) for fd, events in entries)
    )
    call(
        "poll",
        {"fds": [{"fd": fd, "events": events} for fd, events in entries], "timeout_ms": timeout_ms},
        libc.poll,
        array,
        len(entries),
        timeout_ms,
        out=lambda _: {
            "revents": [names(revents) for _, _, revents in struct.iter_unpack("ihh", array.raw[: 8 * len(entries)])]
        },
    )


def select(sets, timeout_ms):
    def packed(fds):
        bits = bytearray(128)
        for fd in fds:
            bits[fd // 8] |= 1 << fd % 8
        return ctypes.create_string_buffer(bytes(bits), 128)

    def fds(bits):
        return [fd for fd in range(1024) if bits.raw[fd // 8] >> fd % 8 & 1]

    kept = {name: packed(sets[name]) if sets.get(name) else None for name in ("read", "write", "except")}
    timeout = ctypes.create_string_buffer(struct.pack("qq", timeout_ms // 1000, timeout_ms % 1000 * 1000), 16)
    count = 1 + max(fd for given in sets.values() for fd in given)
    call(
        "select",
        {**sets, "timeout_ms": timeout_ms},
        libc.syscall,
        SELECT,
        count,
        *kept.values(),
        timeout if timeout_ms >= 0 else None,
        out=lambda _: {name: fds(bits) if bits else [] for name, bits in kept.items()},
    )


def epoll(fd, sock):
    epfd = call("epoll_create1", {}, libc.epoll_create1, 0)
    for op, number in (("EPOLL_CTL_ADD", 1), ("EPOLL_CTL_MOD", 3)):
        event = struct.pack("=IQ", 1 | (4 if number == 3 else 0), sock)
        events = ["POLLIN"] + (["POLLOUT"] if number == 3 else [])
        call(
            "epoll_ctl",
            {"epfd": epfd, "op": op, "fd": sock, "events": events},
            libc.epoll_ctl,
            epfd,
            number,
            sock,
            event,
        )

    def wait(timeout_ms):
        found = ctypes.create_string_buffer(12 * 8)
        call(
            "epoll_wait",
            {"epfd": epfd, "maxevents": 8, "timeout_ms": timeout_ms},
            libc.epoll_wait,
            epfd,
            found,
            8,
            timeout_ms,
            out=lambda value: {
                "events": [
                    {"fd": data, "events": names(events)}
                    for events, data in struct.iter_unpack("=IQ", found.raw[: 12 * value])
                ]
            },
        )

    wait(0)
    call(
        "epoll_ctl",
        {"epfd": epfd, "op": "EPOLL_CTL_DEL", "fd": sock, "events": []},
        libc.epoll_ctl,
        epfd,
        2,
        sock,
        None,
    )
    wait(5)
    close(epfd)


def pipe2():
    ends = (ctypes.c_int * 2)()
    call("pipe2", {}, libc.pipe2, ends, 0, out=lambda _: {"pipefd": list(ends)})
    return tuple(ends)


def fcntl(fd, cmd, arg=None, number=0):
    commands = {"F_GETFD": 1, "F_SETFD": 2, "F_GETFL": 3, "F_SETFL": 4}
    args = {"fd": fd, "cmd": cmd, **({"arg": arg} if arg else {})}
    call("fcntl", args, libc.fcntl, fd, commands[cmd], number)


def nanosleep(ms):
    call(
        "nanosleep", {"ms": ms}, libc.clock_nanosleep, 0, 0, struct.pack("qq", ms // 1000, ms % 1000 * 1_000_000), NULL
    )


def shutdown(fd, how):
    call("shutdown", {"fd": fd, "how": how}, libc.shutdown, fd, getattr(socket, how))


def futex(op, number, value):
    word = ctypes.c_int(0)
    address = ctypes.addressof(word)
    call(
        "futex",
        {"uaddr": address, "op": op, **({"most": value} if "WAKE" in op else {})},
        libc.syscall,
        FUTEX,
        ctypes.c_void_p(address),
        number,
        value,
        None,
    )


def ioctl(fd, request, number):
    size = ctypes.c_int()
    call(
        "ioctl",
        {"fd": fd, "request": request},
        libc.ioctl,
        fd,
        number,
        ctypes.byref(size),
        out=lambda _: {"value": size.value},
    )


def one_thread():
    listener = tcp()
    setsockopt(listener, "SO_REUSEADDR", 1)
    bind(listener, "127.0.0.1", 8080)
    listen(listener, 5)
    client = tcp()
    for option, value in (
        ("TCP_NODELAY", 1),
        ("TCP_CORK", 0),
        ("TCP_SYNCNT", 3),
        ("TCP_USER_TIMEOUT", 2500),
        ("SO_SNDTIMEO", 1500),
        ("SO_RCVTIMEO", 200),
        ("SO_LINGER", 0),
        ("SO_SNDBUF", 4096),
    ):
        setsockopt(client, option, value)
    connect(client, "127.0.0.1", 8080)
    server = accept(listener)
    send(client, 100, "MSG_MORE")
    write(client, 5)
    writev(client, [100, 2000, 7])
    poll([(server, ["POLLIN"]), (listener, ["POLLIN", "POLLOUT"])], 1000)
    read(server, 4096)
    send(server, 50, "")
    recv(client, 4096)
    recv(client, 4096)  # SO_RCVTIMEO
    setsockopt(server, "TCP_QUICKACK", 1)
    shutdown(client, "SHUT_WR")
    read(server, 4096)
    read(server, 0)
    poll([(client, ["POLLIN"])], 7)
    select({"read": [client, server], "write": [server]}, 5000)
    select({"read": [client]}, 5)
    select({"read": [server], "write": [client, server]}, -1)
    epoll(3, server)
    fcntl(server, "F_GETFL")
    fcntl(server, "F_SETFL", "O_RDWR|O_NONBLOCK", 0o4002)
    fcntl(server, "F_SETFD", "FD_CLOEXEC", 1)
    fcntl(server, "F_GETFD")
    close(server)
    close(client)
    second = tcp(nonblocking=True)
    connect(second, "127.0.0.1", 9)
    poll([(second, ["POLLOUT"])], -1)
    get_error(second)
    get_error(second)
    close(second)
    second = tcp(nonblocking=True)
    connect(second, "127.0.0.1", 8080)
    third = accept4(listener, "SOCK_NONBLOCK")
    read(third, 100)
    close(third)
    close(second)
    shutdown(listener, "SHUT_RDWR")
    accept(listener)
    close(listener)
    near = udp()
    bind(near, "127.0.0.1", 53)
    far = udp()
    sendto(far, 30, "127.0.0.1", 53)
    recvfrom(near, 512)
    connect(far, "127.0.0.1", 53)
    send(far, 12, "")
    close(near)
    close(far)
    read_end, write_end = pipe2()
    write(write_end, 120)
    ioctl(read_end, "FIONREAD", 0x541B)
    futex("FUTEX_WAKE_PRIVATE", 129, 1)
    read(read_end, 65536)
    nanosleep(1)
    nanosleep(1200)
    close(read_end)
    write(write_end, 9)  # SIGPIPE is ignored
    close(write_end)
    close(999)


def two_threads():
    listener = tcp()
    setsockopt(listener, "SO_REUSEADDR", 1)
    bind(listener, "127.0.0.1", 8080)
    listen(listener, 5)
    done = threading.Event()

    def server():
        connection = accept(listener)
        read(connection, 100)
        time.sleep(0.05)
        write(connection, 10)
        close(connection)
        done.set()

    thread = threading.Thread(target=server)
    thread.start()
    time.sleep(0.05)
    client = tcp()
    connect(client, "127.0.0.1", 8080)
    time.sleep(0.05)
    write(client, 20)
    time.sleep(0.02)
    poll([(client, ["POLLIN"])], 500)
    done.wait()
    thread.join()
    read(client, 100)
    close(999)


def killed():
    fd = tcp()
    connect(fd, "10.0.0.9", 10086)


def killed_reading():
    read_end, _ = pipe2()
    read(read_end, 100)


def waits():
    call("pause", {}, libc.pause)


sys.stdin.buffer.raw.read(1)
try:
    globals()[sys.argv[1]]()
finally:
    print(json.dumps(told), flush=True)

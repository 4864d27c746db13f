"""Does one thing that fails, as a program would that catches nothing: client.py SITUATION [HOST PORT]."""
import asyncio
import os
import select
import signal
import socket
import sys
import time
import urllib.request

situation = sys.argv[1]
host, port = (sys.argv[2], int(sys.argv[3])) if len(sys.argv) > 3 else ("", 0)
url = f"http://{host}:{port}/orders?id=7"


def connect():
    return socket.create_connection((host, port))


def write_after_reset():
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\n")
    time.sleep(0.3)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    try:
        connection.sendall(b"Host: a\r\n")
    except ConnectionResetError:
        pass
    time.sleep(0.3)
    connection.sendall(b"\r\n")


def write_without_reader():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    read_end, write_end = os.pipe()
    os.close(read_end)
    os.write(write_end, b"line\n")


def send_timeout(calls):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, (1).to_bytes(8, "little") + bytes(8))
    for last in range(calls - 1):
        try:
            connection.connect((host, port))
        except BlockingIOError:
            pass
    connection.connect((host, port))


def many_connections():
    kept = []
    while True:
        kept.append(connect())


def accept_many():
    listener = socket.create_server(("127.0.0.1", 0))
    kept = [socket.socket() for _ in range(8)]
    for each in kept[:4]:
        each.connect(listener.getsockname())
    while True:
        kept.append(listener.accept()[0])
        kept.append(socket.create_connection(listener.getsockname()))


def bind_twice():
    first = socket.create_server(("127.0.0.1", 0))
    socket.create_server(first.getsockname())


def select_far():
    kept = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    select.select([kept[-1]], [], [], 5)


def full_pipe():
    _, write_end = os.pipe()
    os.set_blocking(write_end, False)
    while True:
        os.write(write_end, bytes(120))


def user_timeout():
    connection = connect()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1500)
    os.system("ip neigh replace %s lladdr 02:00:00:00:00:77 dev veth nud permanent" % host)
    connection.sendall(b"GET / HTTP/1.1\r\n")
    connection.recv(100)


def killed_by_ss():
    if os.fork() == 0:
        time.sleep(0.5)
        os.system("ss -tK state syn-sent dst %s >/dev/null" % host)
        os._exit(0)
    connect()


situations = {
    "connect": connect,
    "connect-own-timeout": lambda: socket.create_connection((host, port), timeout=1),
    "get": lambda: urllib.request.urlopen(url),
    "get-own-timeout": lambda: urllib.request.urlopen(url, timeout=1),
    "asyncio": lambda: asyncio.run(asyncio.wait_for(asyncio.open_connection(host, port), 30)),
    "asyncio-own-timeout": lambda: asyncio.run(asyncio.wait_for(asyncio.open_connection(host, port), 1)),
    "recv": lambda: connect().recv(100),
    "send-and-recv": lambda: [c := connect(), c.sendall(b"GET / HTTP/1.1\r\n\r\n"), c.recv(100)],
    "write-after-reset": write_after_reset,
    "write-without-reader": write_without_reader,
    "print-without-reader": lambda: [print("line", flush=True) for _ in range(100_000)],
    "send-timeout": lambda: send_timeout(1),
    "send-timeout-twice": lambda: send_timeout(2),
    "many-connections": many_connections,
    "accept-many": accept_many,
    "bind-twice": bind_twice,
    "bind-elsewhere": lambda: socket.create_server(("192.0.2.7", 8080)),
    "select-far": select_far,
    "full-pipe": full_pipe,
    "user-timeout": user_timeout,
    "killed-by-ss": killed_by_ss,
    "resolve": lambda: socket.create_connection(("orders.internal.example", 80)),
    "get-name": lambda: urllib.request.urlopen("http://orders.internal.example/"),
}
situations[situation]()

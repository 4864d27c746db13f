"""How long a connect() waits for a silent peer when a program sets nothing: measured for each runtime, into runtimes.json.

    python3 content/incidents/connect-timeout/runtimes.py

Takes as long as the kernel tries: over two minutes with its defaults. The silent peer is a listener on this machine whose
accept queue is full: Linux then drops each SYN.
"""
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from labkit.recorded import write_runtimes  # noqa: E402
from labkit.toolchains import programs  # noqa: E402

HTTP = {
    "Go": "net/http, http.Get()",
    "Java": "java.net.http, HttpClient.newHttpClient()",
    "Python": "urllib.request.urlopen()",
    "Node": "fetch()",
}
SOURCES = {
    "Go": ("net.Dialer, http.DefaultTransport", "https://pkg.go.dev/net/http#DefaultTransport"),
    "Java": ("Socket.connect(), HttpClient.Builder.connectTimeout()", "https://docs.oracle.com/en/java/javase/17/docs/api/java.net.http/java/net/http/HttpClient.Builder.html"),
    "Python": ("socket.create_connection()", "https://docs.python.org/3/library/socket.html#socket.create_connection"),
    "Node": ("undici, connectTimeout", "https://github.com/nodejs/undici/blob/main/docs/docs/api/Client.md"),
    "Rust": ("std: TcpStream::connect_timeout()", "https://doc.rust-lang.org/std/net/struct.TcpStream.html#method.connect_timeout"),
    "C": ("connect(2)", "https://man7.org/linux/man-pages/man2/connect.2.html"),
}


def silent_listener():
    """A listener that drops SYNs, and what fills its accept queue: keep both."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    return listener, socket.create_connection(listener.getsockname())  # a backlog of 0 has room for one


def tried(program, kind, peer, row):
    """Runs a program against the silent peer; puts what it said, and after how many seconds, into its row."""
    started = time.monotonic()
    run = subprocess.run(
        [*program.command, kind, peer[0], str(peer[1])],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
    )
    row[f"{kind}_s"] = round(time.monotonic() - started, 1)
    # Addresses are this run's own.
    row[f"{kind}_error"] = run.stdout.strip().replace(str(peer[1]), "PORT").replace(peer[0], "PEER")


def sysctl(name):
    return int(pathlib.Path("/proc/sys/net/ipv4", name).read_text())


with tempfile.TemporaryDirectory() as into:
    listener, filling = silent_listener()
    peer = listener.getsockname()
    rows, threads = [], []
    for program in programs(HERE / "runtimes", into):
        row = {"runtime": program.language, "version": program.version, "http": HTTP.get(program.language)}
        rows.append(row)
        for kind in ["socket"] + ["http"] * (program.language in HTTP):
            threads.append(threading.Thread(target=tried, args=(program, kind, peer, row)))
            threads[-1].start()
    for thread in threads:
        thread.join()
    for row in rows:
        row["source"] = SOURCES[row["runtime"]]
    write_runtimes(HERE, rows, {name: sysctl(name) for name in ("tcp_syn_retries", "tcp_syn_linear_timeouts")})

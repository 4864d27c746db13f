#!/usr/bin/env python3
"""Brings each client into each situation in network namespaces of its own, and writes down what it says.

python3 record.py [--out recording.json] [--only PROGRAM]; as root, on Linux, with the programs installed. It takes about
a minute. What it prints and records are the programs' own words, with their version.
"""
import argparse
import concurrent.futures
import datetime
import errno
import json
import os
import platform
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENT, SERVER = "errors-client", "errors-server"
HOST = "10.77.0.2"  # answers; what it does depends on the port
SILENT = "10.77.0.3"  # has a hardware address that nobody has: what is sent there vanishes
ABSENT = "10.77.0.9"  # has none
NO_ROUTE = "10.99.0.1"
UNREACHABLE = "10.78.1.1"  # its router says: host unreachable
PROHIBITED = "10.78.2.1"  # its router says: administratively prohibited
PROHIBITED6 = "fd78::1"
NXDOMAIN, SERVFAIL = "10.77.0.5", "10.77.0.6"  # name servers
CLOSED, MUTE, RESETS, HANGS_UP, FULL, CUTS = 8001, 8002, 8003, 8004, 8005, 8006
SYN_RETRIES = 3  # the kernel gives up after 15 s and not after 131; a missing neighbour is noticed after 3


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, capture_output=True, text=True)


def make_network():
    remove_network()
    sh(f"""
        ip netns add {CLIENT} && ip netns add {SERVER}
        ip link add veth netns {CLIENT} type veth peer name veth netns {SERVER}
        for n in {CLIENT} {SERVER}; do ip -n $n link set lo up; ip -n $n link set veth up; done
        ip -n {CLIENT} addr add 10.77.0.1/24 dev veth
        ip -n {CLIENT} addr add fd77::1/64 dev veth nodad
        for a in {HOST} {NXDOMAIN} {SERVFAIL}; do ip -n {SERVER} addr add $a/24 dev veth; done
        ip -n {SERVER} addr add fd77::2/64 dev veth nodad
        ip -n {CLIENT} neigh add {SILENT} lladdr 02:00:00:00:00:77 dev veth
        ip -n {CLIENT} route add 10.78.0.0/16 via {HOST}
        ip -n {CLIENT} -6 route add fd78::/64 via fd77::2
        ip -n {SERVER} route add unreachable 10.78.1.0/24
        ip -n {SERVER} route add prohibit 10.78.2.0/24
        ip -n {SERVER} -6 route add prohibit fd78::/64
        ip netns exec {SERVER} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
        ip netns exec {CLIENT} sysctl -qw net.ipv4.tcp_syn_retries={SYN_RETRIES} net.ipv4.tcp_syn_linear_timeouts=0
    """)
    time.sleep(1)


def remove_network():
    for name in (CLIENT, SERVER):
        sh(f"ip netns del {name}", check=False)


def serve():
    """The peer: one behaviour for each port, and name servers that answer with an error. Runs until it is ended."""
    def behave(port, act, backlog=1000):
        listener = socket.create_server(("0.0.0.0", port), backlog=backlog)
        kept = []

        def loop():
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=act, args=(connection, kept), daemon=True).start()
        threading.Thread(target=loop, daemon=True).start()

    def reset(connection, _):
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def hang_up(connection, _):
        connection.recv(4096)
        connection.close()

    def cut(connection, _):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100)
        time.sleep(0.2)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def names(address, code):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((address, 53))

        def loop():
            while True:
                query, sender = server.recvfrom(512)
                server.sendto(query[:2] + bytes((0x81, 0x80 | code)) + query[4:6] + bytes(6) + query[12:], sender)
        threading.Thread(target=loop, daemon=True).start()

    behave(MUTE, lambda connection, kept: kept.append(connection))
    behave(RESETS, reset)
    behave(HANGS_UP, hang_up)
    behave(CUTS, cut)
    names(NXDOMAIN, 3)
    names(SERVFAIL, 2)
    full = socket.create_server(("0.0.0.0", FULL), backlog=0)
    print("ready", flush=True)
    while True:
        time.sleep(60)
        full.fileno()


class Recorder:
    def __init__(self, directory):
        self.directory = directory
        self.cases = []
        self.lock = threading.Lock()

    def add(self, program, situation, text):
        text = text.strip().replace(self.directory, "/srv/app").replace(sys.base_prefix, "/usr")
        with self.lock:
            self.cases.append({"program": program, "situation": situation, "text": text})
        print(f"== {program}: {situation}\n{text}\n", file=sys.stderr, flush=True)

    def run(self, program, situation, command, name_server=None, limit=None, shell_after="", timeout=40):
        """Runs a command at the client. name_server: what its resolv.conf says. limit: of descriptors."""
        resolv = os.path.join(self.directory, f"resolv-{name_server}.conf")
        with open(resolv, "w") as file:
            file.write(f"nameserver {name_server or '127.0.0.1'}\noptions timeout:1 attempts:2\n")
        words = ["ip", "netns", "exec", CLIENT, "unshare", "-m", "sh", "-c",
                 f"mount --bind {resolv} /etc/resolv.conf; {f'ulimit -n {limit};' if limit else ''} \"$@\" {shell_after}", "sh", *command]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL,
                                  env={**os.environ, "LC_ALL": "C.UTF-8"}, cwd=self.directory)
            text = done.stderr + done.stdout
        except subprocess.TimeoutExpired as error:
            text = ((error.stderr or b"") + (error.stdout or b"")).decode() + "\n(no end)"
        self.add(program, situation, shorten(text))


def shorten(text):
    """A stack of a hundred frames is told by its ends."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("write(2, ") and not re.match(r"\) += \d", line)]
    return "\n".join(lines if len(lines) <= 24 else lines[:12] + ["…"] + lines[-11:])


def daemon(name, command, config_path, config, log_path=None):
    with open(config_path, "w") as file:
        file.write(config)
    log = open(log_path or os.devnull, "a")
    return subprocess.Popen(["ip", "netns", "exec", CLIENT, *command], stdout=log, stderr=log, preexec_fn=os.setpgrp)


TARGETS = (("silent", SILENT, 8001), ("closed port", HOST, CLOSED), ("absent host", ABSENT, 8001),
           ("no route", NO_ROUTE, 8001), ("host unreachable", UNREACHABLE, 8001), ("prohibited", PROHIBITED, 8001))
RESOLVERS = (("name servers silent", SILENT), ("NXDOMAIN", NXDOMAIN), ("SERVFAIL", SERVFAIL), ("name server's port closed", HOST))


def language(recorder, program, words, kinds):
    """The same situations for each language, by the names that its client has for them."""
    jobs = []

    def job(situation, kind, *address, **more):
        if kind in kinds:
            jobs.append((program, f"{situation}, {kind}", [*words, kind, *map(str, address)], more))
    for target, host, port in TARGETS:
        for kind in ("connect", "connect-channel", "get", "get-client", "fetch", "asyncio"):
            if kind == "connect" or target in ("silent", "closed port", "absent host"):
                job(target, kind, host, port)
    job("prohibited, IPv6", "connect", PROHIBITED6, 8001)
    for kind in ("connect-own-timeout", "connect-deadline", "get-own-timeout", "asyncio-own-timeout", "fetch-own-timeout",
                 "fetch", "get-client-connect-timeout", "get-client-own-timeout", "get-deadline", "send-timeout", "send-timeout-twice"):
        job("silent", kind, SILENT, 8001)
    for kind in ("get-own-timeout", "fetch-own-timeout", "get-client-own-timeout", "get-deadline", "get-header-timeout", "read-deadline",
                 "read-own-timeout"):
        job("no answer", kind, HOST, MUTE)
    for situation, port in (("reset", RESETS), ("hangs up", HANGS_UP), ("cuts", CUTS)):
        for kind in ("get", "fetch", "get-client", "read", "send-and-recv"):
            job(situation, kind, HOST, port)
    for situation, port in (("reset", RESETS), ("hangs up", HANGS_UP)):
        job(situation, "write-after-reset", HOST, port)
    job("no reader", "write-without-reader", shell_after="| head -1")
    job("no reader", "print-without-reader", shell_after="| head -1")
    job("bind twice", "bind-twice")
    job("bind to a foreign address", "bind-elsewhere")
    job("full pipe", "full-pipe")
    job("fd above 1023", "select-far", limit=4096)
    job("too many files", "many-files", limit=60)
    job("too many files", "accept-many", limit=40 if program != "java" else 60)
    for situation, server in RESOLVERS:
        for kind in ("resolve", "resolve-libc", "get-name", "get-client-name"):
            job(situation, kind, name_server=server)
    return jobs


def tools():
    name = "orders.internal.example"
    jobs = []
    for target, host, port in TARGETS:
        jobs += [("curl", f"{target}", ["curl", "-sS", f"http://{host}:{port}/"], {}),
                 ("curl", f"{target}, -v", ["curl", "-v", "--no-progress-meter", f"http://{host}:{port}/"], {}),
                 ("psql", target, ["psql", f"host={host} port={port} user=app dbname=orders", "-c", "select 1"], {}),
                 ("ssh", target, ["ssh", "-p", str(port), f"deploy@{host}", "true"], {}),
                 ("wget", target, ["wget", "-nv", "-t1", "-O-", f"http://{host}:{port}/"], {})]
    jobs += [
        ("curl", "silent, --connect-timeout 1", ["curl", "-sS", "--connect-timeout", "1", f"http://{SILENT}:8001/"], {}),
        ("curl", "silent, -m 1", ["curl", "-sS", "-m", "1", f"http://{SILENT}:8001/"], {}),
        ("curl", "no answer, -m 1", ["curl", "-sS", "-m", "1", f"http://{HOST}:{MUTE}/"], {}),
        ("curl", "reset", ["curl", "-sS", f"http://{HOST}:{RESETS}/"], {}),
        ("curl", "hangs up", ["curl", "-sS", f"http://{HOST}:{HANGS_UP}/"], {}),
        ("curl", "cuts", ["curl", "-sS", "-o/dev/null", f"http://{HOST}:{CUTS}/"], {}),
        ("curl", "no reader", ["curl", "-sS", f"file:///usr/bin/python3"], {"shell_after": "| head -c 1 >/dev/null"}),
        ("wget", "silent, -T 1", ["wget", "-nv", "-t1", "-T1", f"http://{SILENT}:8001/"], {}),
        ("wget", "no answer, -T 1", ["wget", "-nv", "-t1", "-T1", f"http://{HOST}:{MUTE}/"], {}),
        ("psql", "silent, connect_timeout=2", ["psql", f"host={SILENT} connect_timeout=2", "-c", "select 1"], {}),
        ("psql", "hangs up", ["psql", f"host={HOST} port={HANGS_UP} sslmode=disable", "-c", "select 1"], {}),
        ("psql", "reset", ["psql", f"host={HOST} port={RESETS} sslmode=disable", "-c", "select 1"], {}),
        ("psql", "no answer, connect_timeout=2", ["psql", f"host={HOST} port={MUTE} connect_timeout=2", "-c", "select 1"], {}),
        ("psql", "no socket file", ["psql", "-c", "select 1", "host=/run/nothing-here"], {}),
        ("ssh", "reset", ["ssh", "-p", str(RESETS), f"deploy@{HOST}", "true"], {}),
        ("ssh", "hangs up", ["ssh", "-p", str(HANGS_UP), f"deploy@{HOST}", "true"], {}),
        ("ssh", "silent, ConnectTimeout=1", ["ssh", "-o", "ConnectTimeout=1", f"deploy@{SILENT}", "true"], {}),
    ]
    jobs.append(("glibc", "fd above 1023, _FORTIFY_SOURCE", ["./select"], {}))
    for situation, server in RESOLVERS:
        for program, words in (("curl", ["curl", "-sS", f"http://{name}/"]), ("psql", ["psql", f"host={name}", "-c", "select 1"]),
                               ("ssh", ["ssh", f"deploy@{name}", "true"]), ("wget", ["wget", "-nv", "-t1", f"http://{name}/"])):
            jobs.append((program, situation, words, {"name_server": server}))
    jobs.append(("curl", "name servers silent, --connect-timeout 1", ["curl", "-sS", "--connect-timeout", "1", f"http://{name}/"],
                 {"name_server": SILENT}))
    python = ["python3", "client.py"]
    for kind, host in (("connect", SILENT), ("connect", HOST), ("connect-own-timeout", SILENT), ("send-timeout-twice", SILENT)):
        jobs.append(("strace", f"{kind} {host}", ["strace", "-f", "-e", "trace=connect,poll,getsockopt", *python, kind, host, "8001"], {}))
    jobs += [("strace", "no reader", ["strace", "-e", "trace=write", *python, "write-without-reader"], {}),
             ("strace", "no reader, SIGPIPE", ["strace", "-e", "trace=write", "yes"], {"shell_after": "| head -1 >/dev/null"}),
             ("strace", "too many files", ["strace", "-e", "trace=accept4,socket", *python, "accept-many"], {"limit": 30})]
    return jobs


def proxies(recorder):
    """nginx and HAProxy at the client, each with a backend for each situation. What they log is what is recorded."""
    d = recorder.directory
    backends = [("silent", SILENT, 8001), ("refused", HOST, CLOSED), ("absent", ABSENT, 8001), ("noroute", NO_ROUTE, 8001),
                ("mute", HOST, MUTE), ("resets", HOST, RESETS), ("hangsup", HOST, HANGS_UP), ("cuts", HOST, CUTS)]
    locations = "".join(f"location /{name} {{ proxy_pass http://{host}:{port}; }}\n" for name, host, port in backends)
    nginx = daemon("nginx", ["nginx", "-c", f"{d}/nginx.conf"], f"{d}/nginx.conf", f"""
daemon off; user root; pid {d}/nginx.pid; error_log {d}/nginx-error.log info; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log {d}/nginx-access.log;
  client_body_temp_path {d}/a; proxy_temp_path {d}/b; fastcgi_temp_path {d}/c; uwsgi_temp_path {d}/e; scgi_temp_path {d}/f;
  proxy_read_timeout 2s;
  upstream pool {{ server {HOST}:{CLOSED}; server {HOST}:8099; }}
  server {{
    listen 127.0.0.1:9000;
    {locations}
    location /shorter {{ proxy_connect_timeout 1s; proxy_pass http://{SILENT}:8001; }}
    location /pool {{ proxy_pass http://pool; }}
    location /named {{ resolver {SILENT} valid=1s; resolver_timeout 2s; set $b orders.internal.example; proxy_pass http://$b; }}
    location /nosuch {{ resolver {NXDOMAIN}; set $b orders.internal.example; proxy_pass http://$b; }}
  }}
}}
""", f"{d}/nginx-out.log")
    haproxy_backends = "".join(
        f"backend {name}\n  timeout connect {'5s' if name != 'short' else '1s'}\n  retries 0\n  server s1 {host}:{port}\n"
        for name, host, port in backends)
    checks = "".join(f"  server c-{name} {host}:{port} check inter 1s fall 1\n" for name, host, port in backends)
    rules = "".join(f"  use_backend {name} if {{ path /{name} }}\n" for name, _, _ in backends)
    haproxy = daemon("haproxy", ["haproxy", "-f", f"{d}/haproxy.cfg", "-db"], f"{d}/haproxy.cfg", f"""
global
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  timeout client 8s
  timeout server 2s
  timeout connect 2s
frontend web
  bind 127.0.0.1:9001
{rules}
{haproxy_backends}
backend checked
  timeout check 2s
  option httpchk
{checks}
""", f"{d}/haproxy.log")
    time.sleep(1)
    for name in [name for name, _, _ in backends] + ["shorter", "pool", "pool", "named", "nosuch"]:
        sh(f"ip netns exec {CLIENT} curl -sS -m 20 -o /dev/null http://127.0.0.1:9000/{name}", check=False)
    sh(f"ip netns exec {CLIENT} curl -sS -m 1 -o /dev/null http://127.0.0.1:9000/mute", check=False)
    for name, _, _ in backends:
        sh(f"ip netns exec {CLIENT} curl -sS -m 20 -o /dev/null http://127.0.0.1:9001/{name}", check=False)
    sh(f"ip netns exec {CLIENT} curl -sS -m 1 -o /dev/null http://127.0.0.1:9001/mute", check=False)
    # No port is left for another connection to the peer.
    sh(f"ip netns exec {CLIENT} sysctl -qw net.ipv4.ip_local_port_range='40000 40003'")
    holder = subprocess.Popen(["ip", "netns", "exec", CLIENT, "python3", "-c", f"""
import socket, time
kept = []
try:
    while True: kept.append(socket.create_connection(("{HOST}", {MUTE})))
except OSError: time.sleep(6)
"""])
    time.sleep(1)
    for port in (9000, 9001):
        sh(f"ip netns exec {CLIENT} sh -c 'exec 3<>/dev/null; python3 - <<END\nimport socket\ns = socket.socket(); s.bind((\"127.0.0.1\", 45000+{port}%10))\ns.connect((\"127.0.0.1\", {port})); s.sendall(b\"GET /mute HTTP/1.0\\r\\n\\r\\n\"); print(s.recv(999))\nEND'", check=False)
    holder.wait()
    sh(f"ip netns exec {CLIENT} sysctl -qw net.ipv4.ip_local_port_range='32768 60999'")
    # More clients than nginx has connections, and than it has descriptors.
    flood = "import socket, time\nkept = []\nfor i in range(100):\n  s = socket.create_connection(('127.0.0.1', {port})); s.sendall(b'GET /mute HTTP/1.0\\r\\n\\r\\n'); kept.append(s)\ntime.sleep(1)"
    subprocess.run(["ip", "netns", "exec", CLIENT, "python3", "-c", flood.format(port=9000)])
    for process in (nginx, haproxy):
        process.terminate()
    time.sleep(1)
    low = daemon("nginx", ["sh", "-c", f"ulimit -n 24; exec nginx -c {d}/low.conf"], f"{d}/low.conf", f"""
daemon off; user root; pid {d}/low.pid; error_log {d}/low-error.log info; worker_processes 1;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {d}/a; proxy_temp_path {d}/b; fastcgi_temp_path {d}/c; uwsgi_temp_path {d}/e; scgi_temp_path {d}/f;
  server {{ listen 127.0.0.1:9002; location / {{ proxy_pass http://{HOST}:{MUTE}; }} }} }}
""", f"{d}/low-out.log")
    time.sleep(0.5)
    subprocess.run(["ip", "netns", "exec", CLIENT, "python3", "-c", flood.format(port=9002)], stderr=subprocess.DEVNULL)
    idle = "import socket, time\nkept = [socket.create_connection(('127.0.0.1', 9002)) for _ in range(60)]\ntime.sleep(1)"
    subprocess.run(["ip", "netns", "exec", CLIENT, "python3", "-c", idle], stderr=subprocess.DEVNULL)
    with open(f"{d}/second.conf", "w") as file:
        file.write(open(f"{d}/low.conf").read().replace("low.pid", "second.pid").replace("low-error", "second-error"))
    second = subprocess.run(["ip", "netns", "exec", CLIENT, "nginx", "-c", f"{d}/second.conf"], capture_output=True, text=True)
    low.terminate()
    seen = set()
    for program, path in (("nginx", "nginx-error.log"), ("nginx", "low-error.log"), ("nginx access log", "nginx-access.log"), ("haproxy", "haproxy.log")):
        for line in open(os.path.join(d, path)):
            line = line.strip()
            shape = re.sub(r"[\d:./]+", "0", re.sub(r"/(\w+)", r"/\1", line))
            if shape in seen or re.search(r"\[notice\]|closed keepalive|exit|signal|Proxy .* started|\[info\] .* client closed connection while waiting", line):
                continue
            seen.add(shape)
            backend = re.search(r"GET /(\w+)|c-(\w+)|/s1", line)
            recorder.add(program, (backend and (backend[1] or backend[2])) or "without a request", line)
    recorder.add("nginx", "bind twice", next(line for line in second.stderr.splitlines() if "bind()" in line))


def few_ports(recorder, languages):
    """Four local ports: the fifth connection to one peer has none."""
    sh(f"ip netns exec {CLIENT} sysctl -qw net.ipv4.ip_local_port_range='40000 40003'")
    for program, words in languages:
        recorder.run(program, "no local port left, many-connections", [*words, "many-connections", HOST, str(MUTE)])
        time.sleep(0.5)
    hold = f"import socket, time\nkept = []\ntry:\n  while True: kept.append(socket.create_connection(('{HOST}', {MUTE})))\nexcept OSError: time.sleep(4)"
    holder = subprocess.Popen(["ip", "netns", "exec", CLIENT, "python3", "-c", hold])
    time.sleep(0.7)
    recorder.run("curl", "no local port left", ["curl", "-sS", f"http://{HOST}:{MUTE}/"])
    recorder.run("curl", "no local port left, -v", ["curl", "-v", "--no-progress-meter", f"http://{HOST}:{MUTE}/"])
    recorder.run("psql", "no local port left", ["psql", f"host={HOST} port={MUTE}", "-c", "select 1"])
    recorder.run("strace", "no local port left", ["strace", "-e", "trace=connect", "python3", "client.py", "connect", HOST, str(MUTE)])
    holder.wait()
    sh(f"ip netns exec {CLIENT} sysctl -qw net.ipv4.ip_local_port_range='32768 60999'")


def versions():
    """Of each program, its name and version."""
    found = {}
    for program, name, command in (
            ("python", "Python", "python3 --version"), ("node", "Node", "node --version"), ("java", "OpenJDK", "java -version"),
            ("go", "Go", "go version"), ("curl", "curl", "curl --version"), ("psql", "psql and libpq", "psql --version"),
            ("nginx", "nginx", "nginx -v"), ("haproxy", "HAProxy", "haproxy -v"), ("ssh", "OpenSSH", "ssh -V"),
            ("wget", "Wget", "wget --version"), ("strace", "strace", "strace --version"), ("glibc", "glibc", "getconf GNU_LIBC_VERSION")):
        done = sh(command, check=False)
        found[program] = f"{name} {re.search(r'[0-9]+[.][0-9.]+(?:p[0-9]+)?', done.stdout + done.stderr)[0]}"
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out")
    parser.add_argument("--only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="errors-") as directory:
        os.chmod(directory, 0o755)
        sh(f"cd {directory} && cp {HERE}/clients/* . && go build -o client-go client.go && javac Client.java && gcc -O2 -D_FORTIFY_SOURCE=2 -o select select.c")
        server = None
        recorder = Recorder(directory)
        try:
            make_network()
            server = subprocess.Popen(["ip", "netns", "exec", SERVER, sys.executable, os.path.abspath(__file__), "--serve"],
                                      stdout=subprocess.PIPE)
            server.stdout.readline()
            python, node = ["python3", f"{directory}/client.py"], ["node", f"{directory}/client.mjs"]
            go, java = [f"{directory}/client-go"], ["java", "-cp", directory, "Client"]
            kinds = {program: set(re.findall(pattern, open(f"{directory}/{file}").read())) for program, file, pattern in (
                ("python", "client.py", r'(?m)^    "([\w-]+)":'), ("node", "client.mjs", r"(?m)^  '?([\w-]+)'?: "),
                ("go", "client.go", r'case "([\w-]+)"'), ("java", "Client.java", r'case "([\w-]+)"'))}
            jobs = []
            for program, words in (("python", python), ("node", node), ("go", go), ("java", java)):
                jobs += language(recorder, program, words, kinds[program])
            jobs += tools()
            jobs = [("go", situation, ["env", "GODEBUG=netdns=cgo", *command] if "resolve-libc" in situation else command, more)
                    if program == "go" else (program, situation, command, more) for program, situation, command, more in jobs]
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                for job in [pool.submit(recorder.run, program, situation, command, **more) for program, situation, command, more in jobs
                            if options.only in (None, program)]:
                    job.result()
            if options.only is None:
                recorder.run("python", "silent, killed-by-ss", [*python, "killed-by-ss", SILENT, "8001"])
                few_ports(recorder, [("python", python), ("node", node), ("go", go), ("java", java)])
                proxies(recorder)
                recorder.run("python", "peer falls silent, user-timeout", [*python, "user-timeout", HOST, str(MUTE)])
            recorder.cases.sort(key=lambda case: (case["program"], case["situation"], case["text"]))
            recording = {"kernel": platform.release().split("-")[0], "arch": platform.machine(), "recorded_on": datetime.date.today().isoformat(),
                         "syn_retries": SYN_RETRIES,
                         "errno": {name: {"number": number, "text": os.strerror(number)}
                                   for name, number in sorted(vars(errno).items(), key=lambda pair: (str(pair[1]), pair[0]))
                                   if name.startswith("E")},
                         "versions": versions(), "cases": recorder.cases}
            if options.out:
                with open(options.out, "w") as file:
                    json.dump(recording, file, indent=1, ensure_ascii=False)
                    file.write("\n")
        finally:
            if server:
                server.terminate()
            remove_network()


if __name__ == "__main__":
    if "--serve" in sys.argv:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        serve()
    else:
        main()

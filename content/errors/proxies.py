"""nginx and HAProxy at the client, each with a backend for each situation. What they log is what is recorded."""
import os
import re
import subprocess
import time

from peer import ABSENT, CLIENT, CLOSED, CUTS, HANGS_UP, HOST, MUTE, NO_ROUTE, NXDOMAIN, RESETS, SILENT, NoPortsLeft, at_client

BACKENDS = {"silent": (SILENT, 8001), "refused": (HOST, CLOSED), "absent": (ABSENT, 8001), "noroute": (NO_ROUTE, 8001),
            "mute": (HOST, MUTE), "resets": (HOST, RESETS), "hangsup": (HOST, HANGS_UP), "cuts": (HOST, CUTS)}
NGINX, HAPROXY, LOW = 9000, 9001, 9002  # where each listens; LOW is an nginx with few descriptors

NGINX_COMMON = """
daemon off; user root; pid {d}/{name}.pid; error_log {d}/{name}-error.log info; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log {d}/{name}-access.log;
  client_body_temp_path {d}/t1; proxy_temp_path {d}/t2; fastcgi_temp_path {d}/t3; uwsgi_temp_path {d}/t4; scgi_temp_path {d}/t5;
  proxy_read_timeout 2s;
  {rest}
}}
"""
HAPROXY_CONFIG = """
global
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  retries 0
  timeout client 8s
  timeout server 2s
  timeout connect 5s
frontend web
  bind 127.0.0.1:{port}
{rules}
{backends}
backend checked
  timeout check 2s
  option httpchk
{checks}
"""

# A request from a local port of its own, for the proxy's ports are those that run out.
ASK = """if True:
    import socket, sys
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 45000 + int(sys.argv[1])))
        asking.connect(("127.0.0.1", int(sys.argv[1])))
        asking.sendall(b"GET /mute HTTP/1.0\\r\\n\\r\\n")
        asking.recv(999)
"""
# More clients than the proxy can have; they ask, or only connect.
FLOOD = """if True:
    import socket, sys, time
    kept = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(100)]
    for each in kept if sys.argv[2] == "ask" else []:
        each.sendall(b"GET /mute HTTP/1.0\\r\\n\\r\\n")
    time.sleep(1)
"""
# What says nothing about an error.
EMPTY = re.compile(r"\[notice\]|closed keepalive|exit|signal|Proxy .* started|client closed connection while waiting")


def nginx_config(directory, name, rest):
    path = f"{directory}/{name}.conf"
    with open(path, "w") as file:
        file.write(NGINX_COMMON.format(d=directory, name=name, rest=rest))
    return path


def daemon(words, log):
    return subprocess.Popen(["ip", "netns", "exec", CLIENT, *words], stdout=open(log, "a"), stderr=subprocess.STDOUT)


def start_nginx(directory):
    locations = "".join(f"location /{name} {{ proxy_pass http://{host}:{port}; }}\n" for name, (host, port) in BACKENDS.items())
    config = nginx_config(directory, "nginx", f"""
  upstream pool {{ server {HOST}:{CLOSED}; server {HOST}:8099; }}
  server {{
    listen 127.0.0.1:{NGINX};
    {locations}
    location /shorter {{ proxy_connect_timeout 1s; proxy_pass http://{SILENT}:8001; }}
    location /pool {{ proxy_pass http://pool; }}
    location /named {{ resolver {SILENT}; resolver_timeout 2s; set $b orders.internal.example; proxy_pass http://$b; }}
    location /nosuch {{ resolver {NXDOMAIN}; set $b orders.internal.example; proxy_pass http://$b; }}
  }}""")
    return daemon(["nginx", "-c", config], f"{directory}/nginx-out.log")


def start_haproxy(directory):
    lines = [(name, f"{host}:{port}") for name, (host, port) in BACKENDS.items()]
    with open(f"{directory}/haproxy.cfg", "w") as file:
        file.write(HAPROXY_CONFIG.format(
            port=HAPROXY,
            rules="\n".join(f"  use_backend {name} if {{ path /{name} }}" for name, _ in lines),
            backends="\n".join(f"backend {name}\n  server s1 {address}" for name, address in lines),
            checks="\n".join(f"  server c-{name} {address} check inter 1s fall 1" for name, address in lines)))
    return daemon(["haproxy", "-f", f"{directory}/haproxy.cfg", "-db"], f"{directory}/haproxy.log")


def ask(port, name, patience_s=20):
    at_client("curl", "-sS", "-m", str(patience_s), "-o", "/dev/null", f"http://127.0.0.1:{port}/{name}")


def record(recorder):
    d = recorder.directory
    both = [start_nginx(d), start_haproxy(d)]
    time.sleep(1)
    for name in [*BACKENDS, "shorter", "pool", "pool", "named", "nosuch"]:
        ask(NGINX, name)
    for name in BACKENDS:
        ask(HAPROXY, name)
    for port in (NGINX, HAPROXY):
        ask(port, "mute", patience_s=1)
    with NoPortsLeft():
        for port in (NGINX, HAPROXY):
            at_client("python3", "-c", ASK, str(port))
    at_client("python3", "-c", FLOOD, str(NGINX), "ask")
    for process in both:
        process.terminate()
        process.wait()
    record_low(recorder)
    for program, path in (("nginx", "nginx-error.log"), ("nginx", "low-error.log"), ("nginx access log", "nginx-access.log"),
                          ("haproxy", "haproxy.log")):
        add_lines(recorder, program, f"{d}/{path}")


def record_low(recorder):
    """An nginx that has few descriptors, and a second one on its port."""
    d = recorder.directory
    server = f"server {{ listen 127.0.0.1:{LOW}; location / {{ proxy_pass http://{HOST}:{MUTE}; }} }}"
    low = daemon(["sh", "-c", f"ulimit -n 24; exec nginx -c {nginx_config(d, 'low', server)}"], f"{d}/low-out.log")
    time.sleep(0.5)
    for kind in ("ask", "connect"):
        at_client("python3", "-c", FLOOD, str(LOW), kind)
    second = at_client("nginx", "-c", nginx_config(d, "second", server))
    recorder.add("nginx", "bind twice", next(line for line in second.stderr.splitlines() if "bind()" in line))
    low.terminate()
    low.wait()


def add_lines(recorder, program, path):
    """The lines of a log, each kind once; its situation is the backend that was asked for."""
    seen = set()
    for line in open(os.path.join(path)):
        kind = re.sub(r"\d[\d:./]*", "0", line)
        if kind in seen or EMPTY.search(line):
            continue
        seen.add(kind)
        backend = re.search(r"GET /(\w+)|/c-(\w+)", line)
        recorder.add(program, (backend and (backend[1] or backend[2])) or "without a request", line)

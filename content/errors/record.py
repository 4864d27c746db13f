#!/usr/bin/env python3
"""Brings each client into each situation in network namespaces of its own, and writes down what it says.

python3 record.py [--out recording.json]; as root, on Linux, with the programs installed. It takes about three
minutes. What it prints and records are the programs' own words, with their version.
"""
import argparse
import concurrent.futures
import datetime
import errno
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True  # this folder is read by the site, too

import peer
import proxies
from peer import (ABSENT, CLIENT, CLOSED, CUTS, HANGS_UP, HOST, MUTE, NO_ROUTE, NXDOMAIN, PROHIBITED, PROHIBITED6, RESETS, SERVFAIL,
                  SILENT, SYN_RETRIES, UNREACHABLE, NoPortsLeft, sh)

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "orders.internal.example"


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


TARGETS = (("silent", SILENT, 8001), ("closed port", HOST, CLOSED), ("absent host", ABSENT, 8001),
           ("no route", NO_ROUTE, 8001), ("host unreachable", UNREACHABLE, 8001), ("prohibited", PROHIBITED, 8001))
RESOLVERS = (("name servers silent", SILENT), ("NXDOMAIN", NXDOMAIN), ("SERVFAIL", SERVFAIL), ("name server's port closed", HOST))


def language(program, words, kinds):
    """The same situations for each language, by the names that its client has for them."""
    jobs = []

    def job(situation, kind, *address, **more):
        if kind in kinds:
            libc = ["env", "GODEBUG=netdns=cgo"] if kind == "resolve-libc" else []
            jobs.append((program, f"{situation}, {kind}", [*libc, *words, kind, *map(str, address)], more))
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
        ("curl", "no reader", ["curl", "-sS", "file:///usr/bin/strace"], {"shell_after": "| head -c 1 >/dev/null"}),
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
        for program, words in (("curl", ["curl", "-sS", f"http://{NAME}/"]), ("psql", ["psql", f"host={NAME}", "-c", "select 1"]),
                               ("ssh", ["ssh", f"deploy@{NAME}", "true"]), ("wget", ["wget", "-nv", "-t1", f"http://{NAME}/"])):
            jobs.append((program, situation, words, {"name_server": server}))
    jobs.append(("curl", "name servers silent, --connect-timeout 1", ["curl", "-sS", "--connect-timeout", "1", f"http://{NAME}/"],
                 {"name_server": SILENT}))
    python = ["python3", "client.py"]
    for kind, host in (("connect", SILENT), ("connect", HOST), ("connect-own-timeout", SILENT), ("send-timeout-twice", SILENT)):
        jobs.append(("strace", f"{kind} {host}", ["strace", "-f", "-e", "trace=connect,poll,getsockopt", *python, kind, host, "8001"], {}))
    jobs += [("strace", "no reader", ["strace", "-e", "trace=write", *python, "write-without-reader"], {}),
             ("strace", "no reader, SIGPIPE", ["strace", "-e", "trace=write", "yes"], {"shell_after": "| head -1 >/dev/null"}),
             ("strace", "too many files", ["strace", "-e", "trace=accept4,socket", *python, "accept-many"], {"limit": 30})]
    return jobs


def few_ports(recorder, languages):
    """Four local ports: the fifth connection to one peer has none."""
    for program, words in languages:
        with NoPortsLeft(held=False):
            recorder.run(program, "no local port left", [*words, "many-connections", HOST, str(MUTE)])
    with NoPortsLeft():
        recorder.run("curl", "no local port left", ["curl", "-sS", f"http://{HOST}:{MUTE}/"])
        recorder.run("curl", "no local port left, -v", ["curl", "-v", "--no-progress-meter", f"http://{HOST}:{MUTE}/"])
        recorder.run("psql", "no local port left", ["psql", f"host={HOST} port={MUTE}", "-c", "select 1"])
        recorder.run("strace", "no local port left",
                     ["strace", "-e", "trace=connect", "python3", "client.py", "connect", HOST, str(MUTE)])


def build(directory):
    """Copies the clients, and builds those that need it."""
    for name in os.listdir(f"{HERE}/clients"):
        shutil.copy(f"{HERE}/clients/{name}", directory)
    sh(f"cd {directory} && go build -o client-go client.go && javac Client.java && gcc -O2 -D_FORTIFY_SOURCE=2 -o select select.c")


def kinds_of(directory, file, pattern):
    """The situations that a client knows by name."""
    with open(f"{directory}/{file}") as text:
        return set(re.findall(pattern, text.read()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="errors-") as directory:
        os.chmod(directory, 0o755)
        build(directory)
        recorder = Recorder(directory)
        clients = {
            "python": (["python3", f"{directory}/client.py"], kinds_of(directory, "client.py", r'(?m)^    "([\w-]+)":')),
            "node": (["node", f"{directory}/client.mjs"], kinds_of(directory, "client.mjs", r"(?m)^  '?([\w-]+)'?: ")),
            "go": ([f"{directory}/client-go"], kinds_of(directory, "client.go", r'case "([\w-]+)"')),
            "java": (["java", "-cp", directory, "Client"], kinds_of(directory, "Client.java", r'case "([\w-]+)"')),
        }
        server = None
        try:
            peer.make_network()
            server = peer.start()
            jobs = [job for program, (words, kinds) in clients.items() for job in language(program, words, kinds)] + tools()
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                for job in [pool.submit(recorder.run, program, situation, command, **more)
                            for program, situation, command, more in jobs]:
                    job.result()
            recorder.run("python", "silent, killed-by-ss", [*clients["python"][0], "killed-by-ss", SILENT, "8001"])
            few_ports(recorder, [(program, words) for program, (words, _) in clients.items()])
            proxies.record(recorder)
            recorder.run("python", "peer falls silent, user-timeout", [*clients["python"][0], "user-timeout", HOST, str(MUTE)])
        finally:
            if server:
                server.terminate()
            peer.remove_network()
    recorder.cases.sort(key=lambda case: (case["program"], case["situation"], case["text"]))
    if options.out:
        with open(options.out, "w") as file:
            json.dump(recording(recorder.cases), file, indent=1, ensure_ascii=False)
            file.write("\n")


def recording(cases):
    numbers = {name: number for name, number in vars(errno).items() if name.startswith("E")}
    return {
        "kernel": platform.release().split("-")[0],
        "arch": platform.machine(),
        "recorded_on": datetime.date.today().isoformat(),
        "syn_retries": SYN_RETRIES,
        "errno": {name: {"number": number, "text": os.strerror(number)}
                  for name, number in sorted(numbers.items(), key=lambda pair: (pair[1], pair[0]))},
        "versions": versions(),
        "cases": cases,
    }


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


if __name__ == "__main__":
    main()

"""The situations of connect-timeout's playbook, made with its lab: a worker in connect(), and a peer that answers in one way.

Each is given the playbook's commands by name; PEER is the peer's address, PID the worker's.
"""
import ctypes
import errno
import functools
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

from stage import CANNOT_RUN_HERE, HERE, need, run, stage

sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "content", "incidents", "connect-timeout"))

import lab  # noqa: E402
from labkit.namespaces import CLONE_NEWNS, enter_namespaces  # noqa: E402
from labkit.network import inside, new_namespace, sysctl  # noqa: E402
from labkit.processes import call, libc, spawn  # noqa: E402
from labkit.workers import Skip  # noqa: E402

LOOK_S = 2.6  # longer than two tries: the second SYN goes out after 1 s
MS_REC, MS_PRIVATE = 0x4000, 0x40000


class Place:
    """The client's namespace, in which this process is then, and the peer's."""

    def __init__(self, peer="drops", icmp=None, routed=False, retries=6, linear=4, **parameters):
        case = {"parameters": {"peer": peer, **parameters}, "icmp": icmp, "routed": routed}
        self.family = lab.FAMILIES[case["parameters"].get("family", "inet")]
        enter_namespaces(as_root=True)
        self.peer = new_namespace()
        self.home = new_namespace()
        sysctl("tcp_syn_retries", retries)
        sysctl("tcp_syn_linear_timeouts", linear)
        lab.join(self.home, self.peer, case)
        with inside(self.peer, self.home):
            self.listener, _ = lab.answer(case)

    def run(self, command, worker=None, look_s=30):
        """Runs a command of the playbook; one that watches is ended after look_s."""
        fields = {"PEER": self.family.target, **({"PID": worker.pid} if worker else {})}
        return run(command, fields, timeout_s=look_s)

    def capture(self, command):
        """A capture, begun before a worker connects."""
        reading, writing = os.pipe()

        def look():
            os.write(writing, json.dumps(self.run(command, look_s=LOOK_S + 1)).encode())

        spawn(look)
        os.close(writing)
        time.sleep(1)
        worker = Worker(self.family)
        with os.fdopen(reading) as file:
            printed = json.loads(file.read())
        return {**printed, "errno": worker.result(0.1)["errno"]}


class Worker:
    """A process that calls connect() once. It dies with this one."""

    def __init__(self, family, sndtimeo_s=0):
        self.reading, writing = os.pipe()
        self.began = time.time()
        self.pid = spawn(self.connect, family, sndtimeo_s, writing)
        os.close(writing)

    def connect(self, family, sndtimeo_s, writing):
        with socket.socket(family.number) as client:
            if sndtimeo_s:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", sndtimeo_s, 0))
                number = interruptible(client, family)
            else:
                number = client.connect_ex((family.target, lab.PORT))
            os.write(writing, json.dumps({"errno": errno.errorcode.get(number), "at": time.time()}).encode())

    def result(self, most_s):
        """The errno and how long connect() took, or that it still sleeps after most_s more."""
        if not select.select([self.reading], [], [], most_s)[0]:
            return {"errno": "still asleep", "after_ms": None}
        said = json.loads(os.read(self.reading, 1000))
        return {"errno": said["errno"], "after_ms": round(1000 * (said["at"] - self.began))}


def interruptible(client, family):
    """connect() without Python, which makes the call again after EINTR. Returns the errno, over IPv4."""
    address = struct.pack("=HH4s8x", family.number, socket.htons(lab.PORT), socket.inet_aton(family.target))
    return 0 if libc.connect(client.fileno(), address, len(address)) == 0 else ctypes.get_errno()


def asleep(place, sndtimeo_s=0):
    """A worker whose SYN is out."""
    worker = Worker(place.family, sndtimeo_s)
    deadline = time.time() + 5
    while time.time() < deadline:
        if subprocess.run(["ss", "-Htn", "state", "syn-sent"], stdout=subprocess.PIPE).stdout.strip():
            return worker
        time.sleep(0.02)
    raise RuntimeError("no socket in SYN-SENT")


def silent(commands):
    """The peer drops everything: each step from the first to the aid, with workers that hang."""
    need("ss", "nsenter")
    place = Place()
    printed = {}
    first = asleep(place)
    for name in ("waiting", "asleep", "how_long", "conntrack"):
        printed[name] = place.run(commands[name], first)
    printed["shell"] = place.run(f"echo 'ss -tanop state syn-sent' | {commands['shell']}", first)
    printed["kill"] = {**place.run(commands["kill"]), **first.result(2)}
    printed["killed_again"] = place.run(commands["kill"])
    hanging = asleep(place)
    printed["block"] = place.run(commands["block"])
    printed["new"] = Worker(place.family).result(2)
    printed["hanging"] = hanging.result(1.5)
    printed["unblock"] = place.run(commands["unblock"])
    after = asleep(place)
    printed["after"] = {"errno": after.result(0.5)["errno"]}
    place.run(commands["kill"])
    return printed


def silent6(commands):
    """The same over IPv6, as far as a command differs."""
    need("ss")
    place = Place(family="inet6")
    first = asleep(place)
    printed = {"waiting": place.run(commands["waiting"], first)}
    printed["kill"] = {**place.run(commands["kill"]), **first.result(2)}
    printed["block"] = place.run(commands["block"])
    printed["new"] = Worker(place.family).result(2)
    printed["unblock"] = place.run(commands["unblock"])
    return printed


def blocked_to_the_end(commands):
    """A route that is taken away from a call that hangs: two tries, and the errno at its own time."""
    place = Place(retries=1, linear=0)
    worker = asleep(place)
    place.run(commands["block"])
    return {"worker": worker.result(6)}


def established(commands):
    """A connection that is up when its peer's route is taken away."""
    place = Place(peer="listens")
    client = socket.create_connection((place.family.target, lab.PORT))
    with inside(place.peer, place.home):
        server = place.listener.accept()[0]
    client.send(b"before")
    before = server.recv(100).decode()
    block = place.run(commands["block"])
    client.send(b"after")
    arrived = bool(select.select([server], [], [], 1)[0])
    unblock = place.run(commands["unblock"])
    again = bool(select.select([server], [], [], 5)[0])
    return {"before": before, "block": block, "arrived": arrived, "unblock": unblock, "arrived_then": again}


def lowered(commands):
    """The sysctl, while a worker waits for its third try: 6 retries without linear ones, then what the text says."""
    place = Place(retries=6, linear=0)
    worker = asleep(place)
    time.sleep(1.5)
    printed = place.run(commands["sysctl"].replace("=3", "=1"))  # 3 s in place of 15: the second timer is the last
    return {"sysctl": printed, "worker": worker.result(8), "as_written": place.run(commands["sysctl"])}


def interrupted(commands):
    """strace attaches to a connect() that has SO_SNDTIMEO."""
    need("strace")
    place = Place()
    worker = asleep(place, sndtimeo_s=10)
    return {"strace": place.run(commands["strace"], worker, look_s=1), **worker.result(2)}


def answers(commands, **case):
    """What the captures show of one kind of peer."""
    need("tcpdump")
    place = Place(**case)
    return {name: place.capture(command) for name, command in commands.items()}


def dropped_here(commands, hook, port):
    """A rule of this host drops what it sends, or what comes back."""
    need("tcpdump")
    place = Place(peer="listens")
    drop_here(hook, port)
    return {name: place.capture(command) for name, command in commands.items()}


def drop_here(hook, port, before=""):
    """A rule of this namespace that drops what has this port."""
    need("nft")
    table = f"table ip here {{ chain only {{ type filter hook {hook} priority 0; {before} tcp {port} {lab.PORT} drop; }}; }}"
    if subprocess.run(["nft", table]).returncode:
        raise Skip("nft makes no rules here")


def rules(commands):
    """The rule that drops here, what the table of connections then has, and the rule that rejects at the peer."""
    need("nft", "conntrack")
    place = Place(peer="listens")
    drop_here("input", "sport", before="ct state invalid accept;")
    asleep(place)
    printed = {"here": place.run(commands["rules"]), "fills": place.run(commands["fills"])}
    there = Place(peer="rejects-host")
    with inside(there.peer, there.home):
        printed["there"] = there.run(commands["rules"])
    return printed


def nameless(commands):
    """A worker's namespace whose name server is silent; and then a look while a program waits for it."""
    need("ss", "nsenter", "getent")
    place = Place()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    silent_server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent_server.bind(("127.0.0.1", 53))
    call(libc.unshare, CLONE_NEWNS)
    call(libc.mount, None, b"/", None, MS_REC | MS_PRIVATE, None)
    files = {"resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n", "nsswitch.conf": "hosts: files dns\n"}
    for file, text in files.items():
        with tempfile.NamedTemporaryFile("w") as ours:
            ours.write(text)
            ours.flush()
            os.chmod(ours.name, 0o644)
            subprocess.run(["mount", "--bind", ours.name, f"/etc/{file}"], check=True)
    worker = asleep(place)
    printed = {name: place.run(commands[name].replace("NAME", "peer.example"), worker) for name in ("lookup", "servers")}
    printed["known"] = place.run(commands["lookup"].replace("NAME", "localhost"), worker)
    with subprocess.Popen(["getent", "ahosts", "peer.example"]) as asking:
        time.sleep(0.5)
        printed["asking"] = place.run(commands["asking"], worker)
        asking.kill()
    return printed


def mute(commands):
    """A connection that is up, to a program that does not answer."""
    need("ss")
    place = Place(peer="listens")
    client = socket.create_connection((place.family.target, lab.PORT))
    client.send(b"request")
    printed = {"up": place.run(commands["up"]), "route": place.run(commands["route"])}
    with inside(place.peer, place.home):
        printed["listening"] = place.run(commands["listening"])
    return printed


def another_way(commands):
    """Answers come in by another interface than the one that this host would take, until rp_filter is loose."""
    need("nstat")
    place = Place(peer="listens")
    for rule in ("link add elsewhere type veth peer name nowhere", "link set elsewhere up", "link set nowhere up",
                 f"route add {place.family.target} dev elsewhere table 100",
                 "rule add oif c0 lookup main pref 10", "rule add lookup 100 pref 20"):
        subprocess.run(["ip", *rule.split()], check=True)
    sysctl("conf/all/rp_filter", 1)

    def comes_up():
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"c0")  # so it leaves by the wire
            client.settimeout(1.5)
            try:
                client.connect((place.family.target, lab.PORT))
            except (socket.timeout, TimeoutError):
                return False
            return True

    before = place.run(commands["dropped"])
    was_up = comes_up()
    printed = {name: place.run(commands[name]) for name in ("filters", "dropped", "loose")}
    return {**printed, "before": before, "was_up": was_up, "is_up": comes_up()}


def live(commands):
    """The tracepoints, while two attempts time out and the program gives a third up."""
    need("bpftrace")
    call(libc.unshare, CLONE_NEWNS)
    call(libc.mount, None, b"/", None, MS_REC | MS_PRIVATE, None)
    if not os.path.isdir("/sys/kernel/tracing/events") and libc.mount(b"trace", b"/sys/kernel/tracing", b"tracefs", 0, None):
        raise Skip("tracefs cannot be mounted here")
    printed, lab.PORT = {}, 20_000 + os.getpid() % 20_000  # a tracepoint sees the labs that run beside this, too
    for name, command in commands.items():
        reading, writing = os.pipe()

        def look(command=command, writing=writing):
            os.write(writing, json.dumps(run(f"ulimit -l unlimited; {command}", timeout_s=60)).encode())

        spawn(look)
        os.close(writing)
        printed[name] = reading
    time.sleep(5)
    place = Place(retries=1, linear=4)
    workers = [Worker(place.family), Worker(place.family), Worker(place.family, sndtimeo_s=1)]
    pids = [worker.pid for worker in workers]
    results = {name: json.loads(os.fdopen(reading).read()) for name, reading in printed.items()}
    return {**results, "port": lab.PORT, "pids": pids, "errno": [worker.result(3)["errno"] for worker in workers]}


def captured():
    """The situations of the capture: by the peer of the lab, over both protocols."""
    for family in lab.FAMILIES:
        for peer in lab.PEERS:
            yield f"{peer} {family}", functools.partial(answers, family=family, peer=peer, routed=peer == "refuses")
    yield "output drops", functools.partial(dropped_here, hook="output", port="dport")
    yield "input drops", functools.partial(dropped_here, hook="input", port="sport")


def captures(commands):
    """All of them at once, each in a process of its own, for they mostly wait. `commands` by protocol, as JSON."""
    running = {}
    for name in dict(captured()):
        of_family = json.loads(commands["inet6" if name.endswith("inet6") else "inet"])
        wanted = of_family if name.split()[0] in ("refuses", "rejects-reset") else {"capture": of_family["capture"]}
        process = subprocess.Popen([sys.executable, __file__, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, universal_newlines=True)
        process.stdin.write(json.dumps(wanted))
        process.stdin.close()
        running[name] = process
    printed = {}
    for name, process in running.items():
        told, errors = process.stdout.read(), process.stderr.read()
        if process.wait() == CANNOT_RUN_HERE:
            raise Skip(errors.strip())
        if process.returncode:
            raise RuntimeError(f"{name}: {errors}")
        printed[name] = json.loads(told)
    return printed


if __name__ == "__main__":
    stage({**{function.__name__: function for function in (
        silent, silent6, blocked_to_the_end, established, lowered, interrupted, captures, live, rules, nameless, mute,
        another_way)}, **dict(captured())})

"""The situations of close-wait-pipe's playbook: servers whose log does not get on, or that forget to close.

Each is in a network namespace of its own. The commands run as root, in the order in which they are given.
"""
import array
import contextlib
import json
import os
import queue
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

from stage import need, run, stage

from labkit.namespaces import CLONE_NEWNS, enter_namespaces
from labkit.processes import libc, sleeps_in, spawn
from labkit.workers import Skip

PORT, WORKERS, CLIENTS = 8080, 10, 40
REQUEST = b"x" * 300
LINE_bytes = 4096  # sixteen fill the pipe
PR_SET_NAME = 15
PROJECT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))


def wait(condition, at_most_s=10):
    """Waits for something to be true, and returns it."""
    deadline = time.monotonic() + at_most_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise RuntimeError("it does not come true")
        time.sleep(0.01)
    return found


def output_of(*command):
    """What a command prints."""
    return subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True, check=False).stdout


# Who reads the log, or does not

@contextlib.contextmanager
def log(reader):
    """The write end of a log. reader: stalled; in flight; nobody; socket: stalled, and no pipe."""
    if reader == "socket":
        read_end, write_end = socket.socketpair()
    else:
        read_end, write_end = (os.fdopen(fd, "rb", 0) for fd in os.pipe())
    flight = None
    if reader == "in flight":
        flight = socket.socketpair()
        flight[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [read_end.fileno()]))])
    elif reader != "nobody":
        spawn(hold, prepare=write_end.close)
    read_end.close()
    yield write_end
    write_end.close()
    del flight


def hold():
    """Has the read end, and does not read."""
    libc.prctl(PR_SET_NAME, b"reader")
    signal.pause()


# The server

def server(write_end, behaviour):
    """A threaded server: the main thread accepts, the workers handle what it queues. stderr is the log."""
    libc.prctl(PR_SET_NAME, b"server")
    os.dup2(write_end.fileno(), 2)
    write_end.close()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    work, lock = queue.Queue(), threading.Lock()
    with socket.create_server(("127.0.0.1", PORT), backlog=128) as listener:
        for _ in range(WORKERS):
            threading.Thread(target=worker, args=(work, lock, behaviour), daemon=True).start()
        while True:
            work.put(listener.accept()[0])


def worker(work, lock, behaviour):
    """Handles connections: reads the request, logs a line, answers, closes; or forgets them."""
    kept = []
    while True:
        connection = work.get()
        connection.recv(65536)
        while behaviour == "loops":
            pass
        if behaviour == "forgets":
            connection.recv(1)  # the end of the stream
            kept.append(connection)
            continue
        with lock if behaviour == "one lock" else contextlib.nullcontext():
            write_line()
        with contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        connection.close()


def write_line():
    """The line of code that a dump shall name."""
    with contextlib.suppress(BrokenPipeError):
        os.write(2, b"x" * (LINE_bytes - 1) + b"\n")


def visit(number):
    """Clients that send a request, wait a little, and give up."""
    for _ in range(number):
        with socket.create_connection(("127.0.0.1", PORT), timeout=5) as client:
            client.sendall(REQUEST)
            client.settimeout(0.01)
            with contextlib.suppress(TimeoutError, socket.timeout, ConnectionError):
                client.recv(100)
    time.sleep(0.3)


@contextlib.contextmanager
def incident(reader="stalled", behaviour="logs", visitors=CLIENTS):
    """A server in trouble, in a network namespace of its own with this process; yields its PID."""
    enter_namespaces()
    with log(reader) as write_end:
        pid = spawn(server, write_end, behaviour)
    wait(lambda: "LISTEN" in output_of("ss", "-tln"))
    visit(visitors)
    yield pid
    os.kill(pid, signal.SIGKILL)


def stuck_thread(pid):
    """A thread of the process that sleeps in a write() to a pipe."""
    for tid in os.listdir(f"/proc/{pid}/task"):
        if "pipe_write" in (sleeps_in(pid, tid) or ""):
            return tid
    return None


def on_a_terminal(command):
    """A command that wants a terminal, and does not end by itself."""
    return f"script -qefc {shlex.quote(command)} /dev/null"


def asking_nobody(command):
    """dlv is a prompt: without a terminal it is told what to do there."""
    if not command.startswith("dlv "):
        return command
    return f"printf 'goroutines -t\\nexit\\nn\\n' | {command} --allow-non-terminal-interactive=true"


def fields_of(pid):
    """What a reader fills in."""
    return {"PORT": PORT, "PID": pid, "TID": stuck_thread(pid) or pid}


def in_trouble(**kind):
    """A situation: a server in this kind of trouble, and each command run in it."""
    def play(commands):
        need("ss", "lsof")
        with incident(**kind) as pid:
            fields = fields_of(pid)
            return {name: run(on_a_terminal(command), fields, timeout_s=3) if command.startswith("top ")
                    else run(command, fields) for name, command in commands.items()}
    return play


def with_bpftrace(commands):
    """Each command watches while a server's log fills, from before its first line on."""
    need("bpftrace", "ss")
    enter_namespaces(CLONE_NEWNS)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    if subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=False).returncode:
        raise Skip("there is no tracefs here")
    printed = {}
    for name, command in commands.items():
        with incident(visitors=0) as pid:
            later = threading.Timer(4, visit, [CLIENTS])  # when bpftrace has attached
            later.start()
            printed[name] = run(command, {"PID": pid})
            later.join()
        if "ERROR: " in printed[name]["stderr"] + printed[name]["stdout"] and "@" not in printed[name]["stdout"]:
            raise Skip(f"bpftrace: {printed[name]['stderr']}")
    return printed


def in_a_container(commands):
    """The server and its clients are in another network namespace, and who looks is not."""
    need("ss", "lsof", "nsenter")
    ours, theirs = socket.socketpair()

    def inside():
        with incident() as pid:
            theirs.sendall(str(pid).encode())
            signal.pause()

    spawn(inside)
    fields = fields_of(int(ours.recv(100)))
    return {name: run(command, fields) for name, command in commands.items()}


# What a monitor sees

def exported():
    """What node_exporter says of the namespace of its own that this process is in, by metric."""
    exporter = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    with subprocess.Popen([exporter, "--web.listen-address=127.0.0.1:9100", "--collector.tcpstat"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        lines = wait(lambda: output_of("curl", "-s", "127.0.0.1:9100/metrics").splitlines(), 20)
        process.kill()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines) if name[:1] not in "#"}


def monitored(_commands):
    """node_exporter beside the server, and on the host, whose network namespace is another one."""
    need("curl", "ss")
    if not (shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")):
        raise Skip("node_exporter is not installed")
    ours, theirs = socket.socketpair()

    def inside():
        with incident():
            theirs.sendall(json.dumps([left_behind(), exported()]).encode())
            theirs.close()

    enter_namespaces()
    spawn(inside)
    theirs.close()
    close_wait, pod = json.loads(b"".join(iter(lambda: ours.recv(65536), b"")))
    return {"metrics": {"stdout": json.dumps({"close_wait": close_wait, "pod": pod, "host": exported()})}}


# First aid

def first_aid(commands):
    """`drain` is the reader for a while, until `stop`. Beside what they print: whether the pile went, and what was kept."""
    need("ss")
    with incident() as pid, tempfile.TemporaryDirectory() as home:
        drain = run(commands["drain"].replace("/root/", f"{home}/"), {"PID": pid})
        with contextlib.suppress(RuntimeError):
            wait(lambda: not left_behind(), 5)
        drain.update(left_behind=left_behind(), kept_bytes=os.path.getsize(f"{home}/stderr.{pid}"),
                     reader=" ".join(map(group_of, readers_of(pid))))
        printed = {"drain": drain}
        if "stop" in commands:
            printed["stop"] = {**run(commands["stop"], {"PID": pid}), "readers": len(readers_of(pid))}
        os.kill(pid, signal.SIGKILL)  # and so a cat ends
        return printed


def left_behind():
    """How many connections are in CLOSE-WAIT."""
    return output_of("ss", "-Htan", "state", "close-wait").count("\n")


def readers_of(pid):
    """Whoever runs `cat` on the process's standard error."""
    return output_of("pgrep", "-f", f"^cat /proc/{pid}/fd/2").split()


def group_of(pid):
    """The control group of a process."""
    with open(f"/proc/{pid}/cgroup") as file:
        return re.search(r"^0::(.*)", file.read(), re.M).group(1)


def broken(commands):
    """Nobody has the read end: what fails while clients come, who has the pipe, and what a cat in the reader's place gets."""
    need("ss", "lsof", "strace", "ps")
    with incident(reader="nobody", visitors=5) as pid, tempfile.TemporaryDirectory() as home:
        later = threading.Timer(3, visit, [5])  # when strace has attached
        later.start()
        calls = run(commands["calls"].replace("timeout 20", "timeout 6"), {"PID": pid})
        later.join()
        printed = {name: run(commands[name], {"PID": pid}) for name in ("holders", "started")}
        drain = run(commands["drain"].replace("/root/", f"{home}/"), {"PID": pid})
        wait(lambda: readers_of(pid))
        visit(5)
        drain["kept_bytes"] = os.path.getsize(f"{home}/stderr.{pid}")
        return {**printed, "calls": calls, "drain": drain, "parent": {"pid": os.getpid()}}


# Only the units that are written here: nothing of this machine is started a second time.
BOOT = """
    set -e
    units=/systemd/system
    mount --make-rprivate /
    mount -t tmpfs tmpfs "$1"; mkdir "$1/upper" "$1/work" "$1/root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"; cd "$1/root"
    mount -t proc proc proc; mount -t sysfs sysfs sys; mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs tmpfs run; mount -t tmpfs tmpfs tmp; mount --rbind /dev dev
    mkdir -p "./$2" "run$units"; mount --bind "$2" "./$2"
    for unit in lab sysinit basic shutdown; do
        printf '[Unit]\\nDefaultDependencies=no\\n' > "run$units/$unit.target"
    done
    exec chroot . env -i container=lab PATH="$PATH" SYSTEMD_UNIT_PATH="/run$units:/run/systemd/transient" \
        /lib/systemd/systemd --unit=lab.target --show-status=0
"""


def with_systemd(commands):
    """first_aid, on a machine of its own whose first process is systemd. Its files are a copy that nobody keeps."""
    need("systemd-run", "nsenter", "unshare")
    if not os.path.exists("/lib/systemd/systemd"):
        raise Skip("systemd is not installed")
    with tempfile.TemporaryDirectory() as root:
        machine = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--cgroup", "--uts", "--ipc", "--net", "bash", "-c",
             textwrap.dedent(BOOT), "boot", root, PROJECT], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            first = wait(lambda: output_of("pgrep", "-P", str(machine.pid)).strip())
            inside = ["nsenter", "-t", first, "-a", "-r", "-w"]
            try:
                wait(lambda: "running" in output_of(*inside, "systemctl", "is-system-running"), 20)
            except RuntimeError:
                raise Skip("systemd does not come up here") from None
            done = subprocess.run([*inside, sys.executable, os.path.abspath(__file__), "first aid"],
                                  input=json.dumps(commands), stdout=subprocess.PIPE, universal_newlines=True, check=True)
            return json.loads(done.stdout)
        finally:
            machine.kill()
            machine.wait()


# A container

DOCKER = """
    set -e
    mount --make-rprivate /
    mount -t proc proc /proc; mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /var/lib
    umount -l /sys/fs/cgroup || true; mount -t cgroup2 cgroup2 /sys/fs/cgroup
    ip link set lo up
    dockerd --iptables=false --bridge=none --storage-driver=vfs -H unix:///run/docker.sock &
    wait  # dockerd is not the first process, for that one cannot be stopped
"""


def in_docker(commands):
    """A container whose process writes to its standard error, and a dockerd that is stopped. Its files are in memory."""
    need("docker", "dockerd", "containerd-shim-runc-v2", "nsenter", "unshare", "lsof")
    with tempfile.TemporaryDirectory() as home:
        machine = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--cgroup", "--uts", "--ipc", "--net", "bash", "-c",
             textwrap.dedent(DOCKER)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            first = wait(lambda: output_of("pgrep", "-P", str(machine.pid)).strip())
            inside = ["nsenter", "-t", first, "-a"]
            try:
                wait(lambda: output_of(*inside, "docker", "version", "-f", "{{.Server.Version}}"), 30)
            except RuntimeError:
                raise Skip("dockerd does not come up here") from None
            done = subprocess.run([*inside, sys.executable, os.path.abspath(__file__), "dockerd runs"], cwd=home,
                                  input=json.dumps(commands), stdout=subprocess.PIPE, universal_newlines=True, check=True)
            return json.loads(done.stdout)
        finally:
            machine.kill()
            machine.wait()


CONTAINED = """
    import os, sys, time
    written = 0
    while True:
        try:
            written += os.write(2, b"x" * 4095 + b"\\n")
        except BrokenPipeError:
            written = -1
        with open(sys.argv[1], "r+") as file:
            file.write(f"{written:<12}")
        time.sleep(0.005)  # slow enough for dockerd
"""


def where_dockerd_runs(commands):
    """What in_docker() does beside the dockerd. The container's root is this machine's, so that it has a Python."""
    with tempfile.TemporaryDirectory() as home:
        progress, script = f"{home}/written", f"{home}/contained.py"
        with open(script, "w") as file:
            file.write(textwrap.dedent(CONTAINED))
        with open(progress, "w") as file:
            file.write("0")

        def written():
            with open(progress) as file:
                return int(file.read() or 0)

        def goes_on():
            before = written()
            with contextlib.suppress(RuntimeError):
                return wait(lambda: written() > before + 4 * 65536)
            return False

        os.mkdir(f"{home}/image")
        subprocess.run("tar -c image | docker import - empty", cwd=home, shell=True, check=True, stdout=subprocess.DEVNULL)
        mounts = [option for place in ("usr", "lib", "lib64", "root", home.strip("/")) if os.path.exists(f"/{place}")
                  for option in ("-v", f"/{place}:/{place}")]
        subprocess.run(["docker", "run", "-d", "--name", "web", "--network", "none", *mounts, "empty", sys.executable,
                        script, progress], check=True, stdout=subprocess.DEVNULL)
        wait(lambda: written() > 4 * 65536)
        pid_command = commands.pop("pid").replace("CONTAINER", "web")
        printed = {"pid": run(pid_command)}
        fields = {"PID": int(printed["pid"]["stdout"])}
        printed.update({name: run(command, fields) for name, command in commands.items()})
        dockerd = int(output_of("pgrep", "-x", "dockerd"))
        os.kill(dockerd, signal.SIGSTOP)
        before = written()
        time.sleep(3)
        seen = {"swallowed_bytes": written() - before, "slept": stuck_thread(fields["PID"]) is not None}
        with subprocess.Popen(["cat", f"/proc/{fields['PID']}/fd/2"], stdout=subprocess.DEVNULL) as cat:
            seen["went_on_with_cat"] = goes_on()
            cat.kill()
        os.kill(dockerd, signal.SIGCONT)
        seen["went_on_with_dockerd"] = goes_on()
        os.kill(int(output_of("pgrep", "-f", "^[^ ]*containerd-shim")), signal.SIGKILL)
        with contextlib.suppress(RuntimeError):
            seen["broken_without_shim"] = wait(lambda: written() == -1)
        return {**printed, "pid": {**printed["pid"], **seen}}


# Other languages: a program whose write to standard error does not come back

GO = """
    package main
    import ("net/http"; _ "net/http/pprof"; "os")
    func writeLine(line []byte) { os.Stderr.Write(line) }
    func main() {
        go http.ListenAndServe("127.0.0.1:6060", nil)
        for { writeLine(make([]byte, 4096)) }
    }
"""
JAVA = """
    class Log {
        public static void main(String[] words) { while (true) writeLine(new byte[4096]); }
        static void writeLine(byte[] line) { System.err.write(line, 0, line.length); }
    }
"""
C = """
    #include <unistd.h>
    static char line[4096];
    void write_line(void) { write(2, line, sizeof line); }
    int main(void) { for (;;) write_line(); }
"""


def program(text, name, build, argv):
    """A situation: a program of its own, built and started; its stderr is a pipe that nobody reads."""
    def play(commands):
        need(build[0])
        with tempfile.TemporaryDirectory() as home:
            with open(f"{home}/{name}", "w") as file:
                file.write(textwrap.dedent(text))
            if subprocess.run(build, cwd=home, stderr=subprocess.DEVNULL, check=False).returncode:
                raise Skip(f"{build[0]} does not build here")
            enter_namespaces()
            with log("stalled") as write_end:
                process = subprocess.Popen(argv, cwd=home, stderr=write_end, stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL)
            wait(lambda: stuck_thread(process.pid))
            try:
                return {name: run(asking_nobody(command), {"PID": process.pid}) for name, command in commands.items()}
            finally:
                process.kill()
    return play


if __name__ == "__main__":
    stage({
        "full pipe": in_trouble(),
        "one lock": in_trouble(behaviour="one lock"),
        "full socket": in_trouble(reader="socket", visitors=200),
        "in flight": in_trouble(reader="in flight"),
        "nobody reads": in_trouble(reader="nobody"),
        "nobody reads, and clients come": broken,
        "forgets": in_trouble(behaviour="forgets"),
        "loops": in_trouble(behaviour="loops", visitors=3),
        "container": in_a_container,
        "first aid": first_aid,
        "systemd": with_systemd,
        "docker": in_docker,
        "dockerd runs": where_dockerd_runs,
        "bpftrace": with_bpftrace,
        "node_exporter": monitored,
        "Go": program(GO, "main.go", ["go", "build", "-o", "log", "main.go"], ["./log"]),
        "Java": program(JAVA, "Log.java", ["javac", "Log.java"], ["java", "-cp", ".", "Log"]),
        "C": program(C, "log.c", ["cc", "-g", "-w", "-o", "log", "log.c"], ["./log"]),
    })

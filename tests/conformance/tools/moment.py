"""One moment: what the kernel says of its sockets and processes, and what the tools print."""
import contextlib
import os
import re
import socket
import subprocess
import tempfile
import time

import diag


def parents(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return int(stat.read().rpartition(")")[2].split()[1])


def text(path):
    with open(path, "rb") as file:
        return file.read().decode(errors="replace")


def process(pid):
    """A process as /proc knows it."""
    fds = {}
    for fd in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        with contextlib.suppress(OSError):  # that of this very listing
            link = os.readlink(f"/proc/{pid}/fd/{fd}")
            if link.startswith(("socket:", "pipe:", "/dev/", "anon_inode:[eventpoll]")):
                told = text(f"/proc/{pid}/fdinfo/{fd}")
                fds[fd] = {"link": link, **dict(re.findall(r"^(flags|ino):\t(\d+)", told, re.MULTILINE))}
                if link.startswith("socket:"):
                    fds[fd]["protocol"] = (
                        os.getxattr(f"/proc/{pid}/fd/{fd}", "system.sockprotoname").rstrip(b"\0").decode()
                    )
                if link.startswith("anon"):
                    fds[fd]["watches"] = sorted(
                        int(watched) for watched in re.findall(r"^tfd: +(\d+)", told, re.MULTILINE)
                    )
    threads = {
        tid: {name: text(f"/proc/{pid}/task/{tid}/{name}").strip() for name in ("comm", "wchan")}
        for tid in os.listdir(f"/proc/{pid}/task")
    }
    nofile = re.search(r"Max open files +(\d+) +(\d+)", text(f"/proc/{pid}/limits")).groups()
    is_own = pid == os.getpid()
    argv = ["python3", "record.py"] if is_own else text(f"/proc/{pid}/cmdline").split("\0")[:-1]
    return {
        "pid": pid,
        "ppid": parents(pid),
        "comm": text(f"/proc/{pid}/comm").strip(),
        "argv": argv,
        "uid": os.stat(f"/proc/{pid}").st_uid,
        "nofile": [int(limit) for limit in nofile],
        "fds": fds,
        "threads": threads,
    }


def processes():
    return [process(int(pid)) for pid in os.listdir("/proc") if pid.isdigit()]


SS = [
    "-tan",
    "-tano",
    "-tanp",
    "-tani",
    "-tanoi",
    "-tane",
    "-tanoe",
    "-tanm",
    "-tanopiem",
    "-tanopiemO",
    "-tanH",
    "-tanO",
]
SS_LIVE = [f"ss {flags}" for flags in ("-tn", "-tln", "-tlni", "-tlnp", "-n", "-tuan", "-tuln", "-tulnp", "-s")]
NETSTAT = ["-tan", "-tanp", "-tano", "-tanpo", "-tn", "-tln", "-tane", "-uan", "-tuan", "-tulnp", "-tuanp"]


class Moment:
    """All that is printed of a namespace at one moment."""

    def __init__(self, network, where):
        self.network, self.where = network, where
        self.facts = {"processes": processes()}
        self.outputs = []
        with network.within(where):
            self.messages = diag.dump()
            hidden = diag.dump(states=diag.BOUND_INACTIVE)
            self.facts["tcp"] = [diag.decode(message) for message in self.messages + hidden]
            self.facts["udp"] = [diag.decode(message) for message in diag.dump(socket.IPPROTO_UDP)]

    def command(self, *argv, env=None):
        if argv == ("ss", "-s"):
            time.sleep(0.3)  # it counts the netlink sockets of the runs before, which go a little later
        ran = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=20,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", **(env or {})},
            preexec_fn=lambda: self.network.enter(self.where),
        )
        kept = {"argv": list(argv), "stdout": ran.stdout}
        if ran.stderr:
            # What is wrong, without the page of usage that follows.
            kept["stderr"] = re.split(r"^ ?usage:", ran.stderr, maxsplit=1, flags=re.MULTILINE | re.IGNORECASE)[0]
        if ran.returncode:
            kept["exit"] = ran.returncode
        self.outputs.append(kept)

    def ss(self, *argvs):
        """ss of the moment that is kept in facts."""
        for argv in argvs:
            flags = argv.split()
            letters = "".join(flag for flag in flags if re.match("-[a-zA-Z]", flag))
            drop = [
                kind
                for letter, kinds in (("m", [diag.SKMEMINFO]), ("i", [diag.INFO, diag.CONG]))
                if letter not in letters
                for kind in kinds
            ]
            with tempfile.NamedTemporaryFile() as file:
                file.write(diag.without(self.messages, *drop))
                file.flush()
                self.command("ss", *flags, env={"TCPDIAG_FILE": file.name})

    def live(self, *argvs):
        """A tool that asks the kernel anew."""
        for argv in argvs:
            self.command(*argv.split())

    def result(self):
        return {"where": self.where, "facts": self.facts, "outputs": self.outputs}


def files(network, where, *paths):
    """Files of /proc that belong to a network namespace."""
    with network.within(where):
        # /proc/net is that of the thread group's leader, which this thread is.
        return {path: text(path) for path in paths}

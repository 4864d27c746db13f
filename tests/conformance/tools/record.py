#!/usr/bin/env python3
"""What the real tools print of situations that are made here, and what the kernel itself says of them.

Each situation has a process and a mount namespace and two network namespaces, client and server, joined by veth. The
addresses are always the same; PIDs, ports, inodes and cookies are as they came, and are kept with the output.

ss gets the kernel's answer from a file (TCPDIAG_FILE), so that all its runs show one moment, and that moment is kept
in words beside them. Packets are lost by a wrong address of the neighbour.

Needs Linux, root, Python 3.8, ip, ss, nstat, netstat, lsof, strace and py-spy. It writes no file unless given --out,
and is over after about a minute. Exit code 2: it cannot run here.
"""
import argparse
import datetime
import json
import os
import platform
import shutil
import signal
import subprocess
import sys

from network import Network, run
from situations import SITUATION_S, SITUATIONS

NEEDED = ("ip", "ss", "nstat", "netstat", "lsof", "strace", "py-spy", "unshare")


def lines(value, indent="\n"):
    """JSON in which what would fit in 200 characters, and what has nothing in it but values, is on one line."""
    short = json.dumps(value)
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    if len(short) <= 200 or not any(isinstance(part, (dict, list)) for part in within):
        return short
    inner = indent + " "
    if isinstance(value, list):
        return "[" + ",".join(inner + lines(part, inner) for part in value) + indent + "]"
    return (
        "{" + ",".join(f"{inner}{json.dumps(key)}: {lines(part, inner)}" for key, part in value.items()) + indent + "}"
    )


def inside(name):
    """In the namespaces that `unshare` made: makes the situation and prints it."""
    signal.alarm(SITUATION_S)
    run("mount", "-t", "tmpfs", "tmpfs", "/tmp")  # nstat keeps what it has seen there
    run("umount", "-R", "/sys")  # lsof and ss look for control groups, which are this machine's
    print(json.dumps(SITUATIONS[name](Network())))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", help="write the recording here; without it, to standard output")
    parser.add_argument("--situation", action="append", choices=SITUATIONS, help="only this; may be repeated")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        return inside(given.inside)
    missing = [name for name in NEEDED if not shutil.which(name)]
    if platform.system() != "Linux" or os.geteuid() or missing:
        print(f"needs Linux, root, and: {', '.join(missing) or 'nothing else'}", file=sys.stderr)
        return 2
    recording = {
        "recorded": datetime.date.today().isoformat(),
        "kernel": platform.release().split("-")[0],
        "versions": {
            "iproute2": run("ss", "-V").split("-")[-1].split(",")[0].strip(),
            "strace": run("strace", "-V").split()[3],
            "python": platform.python_version(),
        },
        "situations": {},
    }
    for name in given.situation or SITUATIONS:
        told = run(
            "unshare",
            "--net",
            "--pid",
            "--mount",
            "--fork",
            "--mount-proc",
            "--kill-child",
            sys.executable,
            os.path.abspath(__file__),
            "--inside",
            name,
            stdin=subprocess.DEVNULL,
            timeout=SITUATION_S + 20,
        )
        recording["situations"][name] = json.loads(told)
    written = lines(recording)
    if given.out:
        with open(given.out, "w") as file:
            file.write(written + "\n")
    else:
        print(written)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the situations of all playbooks share: the command line, and a command run as a reader would run it.

A `<slug>.py` beside this file says what its situations are: functions that get the commands by name, make the situation,
run the commands in it with `run()`, and return what each printed. It ends with `stage({name: function, ...})`.
"""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "content"))  # labkit: namespaces, wires, processes

from labkit.workers import Skip  # noqa: E402

CANNOT_RUN_HERE = 77  # tests/conformance/lab-outcome.ts has it too


def run(command, fields=None, timeout_s=60, **options):
    """Runs a command with bash, its placeholders filled (`{"PORT": 4242}`); returns what it printed and its exit code.

    One that is still running after timeout_s is interrupted, as Ctrl-C does; its status is null then.
    """
    for field, value in (fields or {}).items():
        command = re.sub(rf"\b{field}\b", str(value), command)
    process = subprocess.Popen(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, universal_newlines=True, start_new_session=True, **options)
    try:
        stdout, stderr = process.communicate(timeout=timeout_s)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 2)
        stdout, stderr = process.communicate()
        status = None
    return {"stdout": stdout, "stderr": stderr, "status": status}


def need(*tools):
    """Raises Skip if one of the tools is not installed."""
    for tool in tools:
        if subprocess.run(["which", tool], stdout=subprocess.DEVNULL).returncode:
            raise Skip(f"{tool} is not installed")


def stage(situations):
    """Plays the situation that the command line names, with the commands on standard input, and prints what came of it."""
    try:
        printed = situations[sys.argv[1]](json.load(sys.stdin))
    except Skip as reason:
        print(reason, file=sys.stderr)
        sys.exit(CANNOT_RUN_HERE)
    json.dump(printed, sys.stdout)

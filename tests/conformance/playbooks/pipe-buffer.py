"""The situation of the page about the pipe: a writer asleep at a pipe full of lines of 120 bytes, as in its figure."""
import os
import re
import signal
import time

from stage import need, run, stage

from labkit.processes import libc, sleeps_in, spawn

PR_SET_NAME = 15


def writer(write_end, read_end):
    """Writes lines to its standard output until it sleeps."""
    libc.prctl(PR_SET_NAME, b"writer")
    os.dup2(write_end, 1)
    os.close(write_end)
    os.close(read_end)
    while True:
        os.write(1, b"x" * 119 + b"\n")


def reader(read_end, write_end):
    """Has the read end as its standard input, and does not read."""
    libc.prctl(PR_SET_NAME, b"reader")
    os.dup2(read_end, 0)
    os.close(read_end)
    os.close(write_end)
    signal.pause()


def full_pipe(commands):
    """Each command at the full pipe; NUMBER is what the page says to fill in, the number of the pipe."""
    need("lsof")
    read_end, write_end = os.pipe()
    pid, holder = spawn(writer, write_end, read_end), spawn(reader, read_end, write_end)
    os.close(read_end)
    os.close(write_end)
    deadline = time.monotonic() + 10
    while "pipe_write" not in (sleeps_in(pid) or ""):
        if time.monotonic() > deadline:
            raise RuntimeError("the writer does not sleep")
    number = re.search(r"\d+", os.readlink(f"/proc/{pid}/fd/1")).group()
    printed = {name: run(command, {"PID": pid, "NUMBER": number}) for name, command in commands.items()}
    for process in (pid, holder):
        os.kill(process, signal.SIGKILL)
    return printed


if __name__ == "__main__":
    stage({"full pipe": full_pipe})

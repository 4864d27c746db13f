"""What a program does at a full pipe on standard output or standard error: measured for each runtime, into runtimes.json.

    python3 content/incidents/close-wait-pipe/runtimes.py

Each program prints 20,000 lines of 120 bytes, as its language does it, into a pipe that nobody reads. Needs root, for
/proc/PID/task/*/wchan.
"""
import fcntl
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import termios
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from labkit.recorded import write_runtimes  # noqa: E402
from labkit.toolchains import programs  # noqa: E402

REST_s = 1.0  # nothing more got into the pipe for so long: the program sleeps, or is done
AT_MOST_s = 30

SOURCES = {
    "Go": ("os: Stdout, a file as NewFile() makes it", "https://pkg.go.dev/os#NewFile"),
    "Java": ("System.out, a PrintStream", "https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/lang/System.html"),
    "Python": ("sys.stdout", "https://docs.python.org/3/library/sys.html#sys.stdout"),
    "Node": ("process, a note on I/O: pipes are asynchronous on POSIX", "https://nodejs.org/api/process.html#a-note-on-process-io"),
    "Rust": ("std::io::Stdout", "https://doc.rust-lang.org/std/io/struct.Stdout.html"),
    "C": ("stdout(3)", "https://man7.org/linux/man-pages/man3/stdout.3.html"),
}


def in_pipe(fd):
    """Bytes that wait in the pipe."""
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]


def memory_kb(pid):
    """Resident memory that is the program's own, kB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0


def sleeping(pid):
    """Where threads sleep that wait for room in the pipe."""
    found = {path.read_text() for path in pathlib.Path(f"/proc/{pid}/task").glob("*/wchan")}
    return sorted(name for name in found if "pipe_write" in name)


def observe(program, stream, into):
    """Starts a program with an unread pipe as one of its streams, and looks when nothing moves any more."""
    done = pathlib.Path(into, f"{program.language}-{stream}-done")
    read_end, write_end = os.pipe()
    process = subprocess.Popen([*program.command, stream, str(done)], **{stream: write_end})
    try:
        before, since, begun = -1, time.monotonic(), time.monotonic()
        while not done.exists() and time.monotonic() - since < REST_s:
            if time.monotonic() - begun > AT_MOST_s:
                raise SystemExit(f"{program.language}: out of time")
            now = in_pipe(read_end)
            if now != before or now == 0:  # a runtime takes its time to start
                before, since = now, time.monotonic()
            time.sleep(0.01)
        flags = int(pathlib.Path(f"/proc/{process.pid}/fdinfo/{1 if stream == 'stdout' else 2}").read_text().split()[3], 8)
        return {
            "prints_all": done.exists(),
            "sleeps_in": sleeping(process.pid),
            "in_pipe_bytes": in_pipe(read_end),
            "memory_kb": memory_kb(process.pid),
            "makes_pipe_nonblocking": bool(flags & os.O_NONBLOCK),
        }
    finally:
        process.kill()
        process.wait()
        os.close(read_end)
        os.close(write_end)


def measure(program, into):
    """Both streams of one runtime, in figures and in the words of the table."""
    row = {"runtime": program.language, "version": program.version}
    for stream in ("stdout", "stderr"):
        seen = observe(program, stream, into)
        row[stream] = seen
        row[f"{stream}_words"] = (
            f"waits, in {seen['sleeps_in'][0]}"
            if seen["sleeps_in"]
            else "goes on, and keeps the lines in memory" if seen["prints_all"] else "neither waits in write() nor goes on"
        )
    row["nonblocking_words"] = "yes" if row["stdout"]["makes_pipe_nonblocking"] else "no"
    return {**row, "source": SOURCES[program.language]}


with tempfile.TemporaryDirectory() as into:
    write_runtimes(HERE, [measure(program, into) for program in programs(HERE / "runtimes", into)])

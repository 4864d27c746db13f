"""The workers: each case runs in a process of its own, bounded in time.

So what a case changes of itself (namespaces, limits, user, priority) ends with it, and a case that hangs or dies is
one line in the recording.
"""
import collections
import json
import os
import select
import signal
import socket
import sys
import time

from labkit.processes import spawn

FAILED, OUT_OF_TIME = "lab failed: ", "out of time"  # how the reason begins when a case was given up, not skipped


class Skip(Exception):
    """This machine cannot run the case; the message says why, and goes into the recording."""


class Worker:
    """A child process that runs one case of a Lab. It starts at once, and dies with this process.

    `place` is a number that no other worker has now, from 0; `deadline`, of time.monotonic(), is the whole run's;
    `others` are the workers that run now.
    """

    def __init__(self, lab, case, place, deadline, others):
        self.lab, self.case, self.place = lab, case, place
        at_most_s = lab.at_most_s(case) if lab.at_most_s else 30 + 2 * lab.expected_s(case)
        self.deadline = min(deadline, time.monotonic() + at_most_s)
        self.said, theirs = socket.socketpair()  # no pipe: pipes count towards the user's limit
        self.text, self.has_ended, self.errors = b"", False, os.memfd_create("stderr")
        self.pid = spawn(self.work, theirs, others)
        theirs.close()

    def close(self):
        """Closes what belongs to the parent."""
        self.said.close()
        os.close(self.errors)

    def recorded(self):
        """The case, so far with those of its fields that go into the recording."""
        return {field: self.case[field] for field in self.lab.recorded if field in self.case}

    def work(self, theirs, others):
        """In the child: runs the case, tells how it is recorded, and ends, with whatever it started, threads too."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with open(os.devnull) as null:
            os.dup2(null.fileno(), 0)
        for number in (1, 2):
            os.dup2(self.errors, number)
        for worker in (self, *others):
            worker.close()
        if self.lab.pins:
            allowed = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, {allowed[self.place % len(allowed)]})
        recorded = self.recorded()
        try:
            self.lab.run(self.case, recorded)
        except Skip as reason:
            recorded["skipped"] = str(reason)
        theirs.sendall(json.dumps(recorded).encode())
        os._exit(0)

    def listen(self):
        """Takes what the child says, or notes that it has ended. Blocks while neither is so."""
        part = self.said.recv(65536)
        self.text += part
        self.has_ended = not part

    def end(self):
        """Ends the child if it still runs, and returns the case as recorded.

        Of one that failed, stderr is printed, with the traceback; its last line is the reason in the recording.
        """
        if not self.has_ended:
            os.kill(self.pid, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        errors = os.pread(self.errors, 1 << 20, 0).decode(errors="replace").strip()
        self.close()
        if not self.has_ended:
            return {**self.recorded(), "skipped": OUT_OF_TIME}
        if status == 0:
            return json.loads(self.text)
        print(f"{self.case['name']}:\n{errors}", file=sys.stderr)
        return {**self.recorded(), "skipped": FAILED + (errors.splitlines() or ["killed"])[-1]}


def run_all(lab, chosen, asked, jobs):
    """Runs the cases, so many at a time, the longest first; returns them as recorded, in their own order."""
    deadline = time.monotonic() + lab.max_run_s
    tries = [lab.tries(case, asked) for case in chosen]
    longest_first = sorted(range(len(chosen)), key=lambda i: -lab.expected_s(chosen[i]))
    waiting = collections.deque(i for i in longest_first for _ in range(tries[i]))
    runs, running, places = [[] for _ in chosen], {}, list(range(jobs))
    while waiting or running:
        while waiting and places:
            i = waiting.popleft()
            running[Worker(lab, chosen[i], places.pop(0), deadline, running)] = i
        left_s = max(0, min(worker.deadline for worker in running) - time.monotonic())
        ready = select.select([worker.said for worker in running], [], [], left_s)[0]
        for worker in list(running):
            if worker.said in ready:
                worker.listen()
            if worker.has_ended or time.monotonic() >= worker.deadline:
                runs[running.pop(worker)].append(worker.end())
                places.append(worker.place)
        done = sum(len(of_case) == number for of_case, number in zip(runs, tries))
        print(f"{done} of {len(chosen)} cases", end="\r", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [lab.best(of_case) for of_case in runs]

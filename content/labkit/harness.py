"""The harness: the command line of a lab, its recording, its exit code.

A case is a dict: "name", "parameters" (a dict), and what else the lab wants to know of it. Exit codes: 0; 1 if a case
failed; 2 if the arguments make no sense; 77 (CANNOT_RUN_HERE) if this machine cannot run the lab, or any of the cases
that were asked for; 130 after Ctrl-C.
"""
import argparse
import dataclasses
import datetime
import json
import os
import re
import signal
import sys
import time
import typing

from labkit.workers import FAILED, OUT_OF_TIME, Skip, run_all

CANNOT_RUN_HERE = 77  # the exit code by which a test says so to automake
CLOCK_MONOTONIC_COARSE = 6  # goes on once per timer tick


def refuse(reason):
    """Ends with exit code 2 and one line: the arguments make no sense."""
    print(reason, file=sys.stderr)
    sys.exit(2)


def observations(case, is_only_one):
    """A line for each figure that a case observed, as Lab.lines wants it."""
    for name, value in case["observed"].items():
        if value is not None:
            yield f"{name}: {value if isinstance(value, (int, str)) else json.dumps(value)}"


@dataclasses.dataclass
class Lab:
    """What makes a lab; run_lab() does the rest. What has a default may be left out.

    name            as the folder is called; stands in the recording
    about           one line for --help
    cases           () → all cases, in the order of the recording
    run             (case, recorded), in a process of its own (see workers.py): runs one case and puts what it saw into
                    recorded["observed"]; may raise Skip. All that it starts must end with that process, as the
                    children of spawn() do
    parse           (name, text) → the value of --set name=text. Raises ValueError that says what is allowed
    ad_hoc          (asked) → the fields, beside name and parameters, of the case that --set makes
    recorded        the fields of a case that go into the recording
    expected_s      (case) → about how long it takes: the longest starts first, the default of at_most_s
    at_most_s       (case) → then its process is killed, and the case recorded as out of time; 30 + 2 × expected_s
    max_run_s       the same for the whole run
    check           () → None; raises Skip if this machine cannot run any case
    jobs            cases at a time, for --jobs; None: one, and no such option
    jobs_note       more about that default, for --help
    pins            each of the cases that run has a processor of its own, as far as there are enough
    is_short        (case) → whether --short takes it; None: no such option
    random_cases    (number, seed) → cases, for --random and --seed; None: no such options
    options         (parser): adds options of the lab's own
    tries           (case, asked) → how often to run the case
    best            (a case's runs as recorded) → the one that goes into the recording
    head            (asked) → more fields for the recording's head
    separators      of the JSON of a case
    lines           (recorded case, is it the only one) → lines of text for people, of a case that was observed
    """

    name: str
    about: str
    cases: typing.Callable
    run: typing.Callable
    parse: typing.Callable
    ad_hoc: typing.Callable = lambda asked: {}
    recorded: tuple = ("name", "parameters")
    expected_s: typing.Callable = lambda case: 0
    at_most_s: typing.Optional[typing.Callable] = None
    max_run_s: float = 900
    check: typing.Callable = lambda: None
    jobs: typing.Optional[int] = None
    jobs_note: str = ""
    pins: bool = False
    is_short: typing.Optional[typing.Callable] = None
    random_cases: typing.Optional[typing.Callable] = None
    options: typing.Callable = lambda parser: None
    tries: typing.Callable = lambda case, asked: 1
    best: typing.Callable = lambda runs: runs[0]
    head: typing.Callable = lambda asked: {}
    separators: typing.Optional[tuple] = None
    lines: typing.Callable = observations


def run_lab(lab):
    """Does what the command line asks for, and ends the process with its exit code."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # the cases' processes die with this one
    asked = command_line(lab).parse_args()
    for name in ("jobs", "tries", "random"):
        if getattr(asked, name, None) is not None and getattr(asked, name) < 1:
            refuse(f"--{name} {getattr(asked, name)}: at least 1")
    chosen = choose(lab, asked)
    if asked.list:
        print("\n".join(case["name"] for case in chosen))
        sys.exit()
    try:
        if sys.platform != "linux":
            raise Skip("this lab needs Linux")
        lab.check()
    except Skip as reason:
        print(reason, file=sys.stderr)
        sys.exit(CANNOT_RUN_HERE)
    recorded = run_all(lab, chosen, asked, jobs_of(lab, asked))
    text = recording(lab, recorded, asked)
    print(text if asked.json else "\n".join(table(lab, recorded)))
    if asked.out:
        with open(asked.out, "w") as file:
            file.write(text)
    sys.exit(exit_code(recorded))


def command_line(lab):
    """The options that every lab has, and those that this one has."""
    options = argparse.ArgumentParser(description=lab.about)
    options.add_argument("--case", action="append", metavar="SUBSTRING", help="only cases with this in the name")
    if lab.is_short:
        options.add_argument("--short", action="store_true", help="only cases that end within seconds")
    options.add_argument("--set", action="append", metavar="NAME=VALUE", help="one ad-hoc case; may be repeated")
    if lab.random_cases:
        options.add_argument("--random", type=int, metavar="N", help="N cases with parameters drawn at random")
        options.add_argument("--seed", type=int, default=1, help="what --random draws from (default 1)")
    options.add_argument("--list", action="store_true", help="list the cases and stop")
    if lab.jobs:
        options.add_argument("--jobs", type=int, help=f"cases at a time (default {lab.jobs}{lab.jobs_note})")
    lab.options(options)
    options.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options.add_argument("--out", metavar="FILE", help="write the JSON to this file too")
    options.error = refuse  # argparse's own adds the usage
    return options


def choose(lab, asked):
    """The cases that the options ask for, at least one."""
    if asked.set:
        return [ad_hoc_case(lab, asked)]
    if lab.random_cases and asked.random:
        return lab.random_cases(asked.random, asked.seed)
    chosen = [
        case for case in lab.cases()
        if (not asked.case or any(part in case["name"] for part in asked.case))
        and (not lab.is_short or not asked.short or lab.is_short(case))
    ]
    return chosen or refuse("no case has that in its name; --list shows them")


def ad_hoc_case(lab, asked):
    """The case that the --set name=value options make."""
    parameters = {}
    for setting in asked.set:
        name, _, text = setting.partition("=")
        try:
            parameters[name] = lab.parse(name, text)
        except ValueError as error:
            refuse(f"{setting}: {error}")
    return {"name": "ad hoc: " + ", ".join(asked.set), "parameters": parameters, **lab.ad_hoc(asked)}


def jobs_of(lab, asked):
    """How many cases run at a time."""
    if lab.jobs and asked.jobs:
        return asked.jobs
    return min(lab.jobs, len(os.sched_getaffinity(0))) if lab.pins else lab.jobs or 1


def recording(lab, recorded, asked):
    """The recording as text: JSON with one case per line, so that it can be read and diffed."""
    head = {
        "lab": lab.name, "format": 1, "recorded_on": datetime.date.today().isoformat(), **lab.head(asked),
        "kernel": re.match(r"[\d.]+\d", os.uname().release).group(),
        "hz": round(1 / time.clock_getres(CLOCK_MONOTONIC_COARSE)),
        "hz_from": "clock_getres(CLOCK_MONOTONIC_COARSE)", "arch": os.uname().machine,
    }
    lines = ",\n".join("    " + json.dumps(case, separators=lab.separators) for case in recorded)
    return json.dumps(head, indent=2)[:-2] + f',\n  "cases": [\n{lines}\n  ]\n}}\n'


def table(lab, recorded):
    """The cases as lines of text for people."""
    for case in recorded:
        yield case["name"]
        shown = lab.lines(case, len(recorded) == 1) if "observed" in case else [f"skipped: {case['skipped']}"]
        for line in shown:
            yield f"    {line}"


def exit_code(recorded):
    """1 if a case failed; CANNOT_RUN_HERE, with the reason on stderr, if all were skipped; else 0."""
    reasons = [case.get("skipped") for case in recorded]
    if any(reason and reason.startswith(FAILED) for reason in reasons):
        return 1
    if all(reasons) and OUT_OF_TIME not in reasons:
        print(f"cannot run here: {reasons[0]}", file=sys.stderr)
        return CANNOT_RUN_HERE
    return 0

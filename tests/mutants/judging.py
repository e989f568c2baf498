"""Judges are the test cases, what each of them reaches, and how they judge a mutant."""

import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import queue
import resource
import shutil
import tempfile
import time

from places import JUDGES

AT_ONCE = 2
MOST_MUTANTS = 1 << 18  # as slo_mutants.hpp has it
# How many seconds of cases go into one process: little at first, as most mutants are noticed at once.
BATCHES = [0.5, 3, 15, 60]


@dataclasses.dataclass
class Case:
    program: str
    name: str  # "" for a program that isn't Boost.Test's
    seconds: float = 0
    reached: frozenset = frozenset()
    passes: bool = True


class Hand:
    """One of those that run processes side by side, with a temporary folder of its own."""

    def __init__(self, workshop):
        self.workshop = workshop
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slo-mutants-"))
        self.map = self.folder / "reached"

    def run(self, command, limit, log, environment):
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        try:
            return self.workshop.ends_well(command, limit, self.workshop.logs / f"{log}.txt", cwd=self.workshop.out,
                                           env={**os.environ, **environment, "TMPDIR": str(temporary)})
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def reached_by(self, command, log):
        """How long the command takes, whether it ends well, and the numbers of the mutants that it reaches."""
        self.map.write_bytes(bytes(MOST_MUTANTS))
        begun = time.monotonic()
        passes = self.run(command, 900, log, {"SLO_MUTANTS_REACHED": str(self.map)})
        seconds = time.monotonic() - begun
        octets = self.map.read_bytes()
        return seconds, passes, frozenset(i for i, octet in enumerate(octets) if octet)


class Judges:
    def __init__(self, workshop):
        self.workshop, self.cases = workshop, []
        workshop.logs.mkdir(parents=True, exist_ok=True)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self.hands = queue.SimpleQueue()
        for _ in range(AT_ONCE):
            self.hands.put(Hand(workshop))

    def close(self):
        while not self.hands.empty():
            shutil.rmtree(self.hands.get().folder, ignore_errors=True)

    def at_once(self, work, things):
        """work(hand, number, thing) of each; yields the results in the order of the things."""
        def one(numbered):
            hand = self.hands.get()
            try:
                return work(hand, *numbered)
            finally:
                self.hands.put(hand)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(one, enumerate(things))

    def command(self, program, names):
        if JUDGES[program] is not None:
            return [self.workshop.program(program), *JUDGES[program]]
        return [self.workshop.program(program), *(f"--run_test={name}" for name in names), "--log_level=error",
                "--report_level=no"]

    def cases_of(self, program):
        if JUDGES[program] is not None:
            return [Case(program, "")]
        names = self.workshop.listed(program)
        return [Case(program, name) for name, after in zip(names, [*names[1:], ""])
                if not after.startswith(name + "/")]

    def learn(self, record):
        """What each case reaches: of programs that haven't changed since, from the last time."""
        known = json.loads(record.read_text()) if record.is_file() else {}
        fixtures = digest_of(sorted((self.workshop.source / "tests/fixtures").rglob("*")))
        for program in JUDGES:
            state = digest_of([pathlib.Path(self.workshop.program(program))]) + fixtures
            if known.get(program, {}).get("state") != state:
                cases = self.at_once(self.look_at, self.cases_of(program))
                known[program] = {"state": state, "cases": [
                    [c.program, c.name, c.seconds, sorted(c.reached), c.passes] for c in cases]}
                record.write_text(json.dumps(known))
            self.cases += [Case(*case[:3], frozenset(case[3]), case[4]) for case in known[program]["cases"]]

    def look_at(self, hand, number, case):
        command = self.command(case.program, [case.name])
        seconds, passes, reached = hand.reached_by(command, f"{case.program}-{number}")
        return dataclasses.replace(case, seconds=seconds, passes=passes, reached=reached)

    def batches(self, number):
        """The cases that reach a mutant, the fast ones first, by program and in processes' worth."""
        for program in JUDGES:
            batch, worth, step = [], 0, 0
            for case in sorted(self.cases, key=lambda c: c.seconds):
                if case.program != program or not case.passes or number not in case.reached:
                    continue
                if batch and worth + case.seconds > BATCHES[min(step, len(BATCHES) - 1)]:
                    yield program, batch, worth
                    batch, worth, step = [], 0, step + 1
                batch.append(case.name)
                worth += case.seconds
            if batch:
                yield program, batch, worth

    def judge(self, hand, number, mutant):
        """What notices the mutant; "" if nothing does, None if nothing reaches it."""
        is_reached = False
        for program, names, seconds in self.batches(mutant.number):
            is_reached = True
            command = self.command(program, names)
            if not hand.run(command, 30 + 10 * seconds, f"mutant-{number}", {"SLO_MUTANT": str(mutant.number)}):
                return f"{program} {names[0]}" + (f" and {len(names) - 1} others" if len(names) > 1 else "")
        return "" if is_reached else None


def digest_of(paths):
    """Of all files among them."""
    state = hashlib.sha256()
    for path in paths:
        if path.is_file():
            state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()

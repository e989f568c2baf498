#!/usr/bin/env python3
"""Mutation control of the attack matrix: takes checks out of a copy of the sources, one after the other, and sees
whether the matrix's rows notice.

    run.py <build folder> [word]...    with words: only the mutants whose headline holds one of them

The *.txt beside this file say what is taken out and which rows must fail then, ../matrix.txt which test plays a row:

    == ROW ROW: which check is gone        begins a mutant; each of the rows must fail
    by PROGRAM FILTER                      another test must notice it, as the rows' own can't tell
    survives ROW: why                      it may survive after all
    file PATH                              where the following changes are made
    <<<< before ==== after >>>>            on lines of their own; `before` stands there exactly once
    by-construction ROW ROW: why           no code stands there that could be taken out
    run ROW PROGRAM FILTER                 plays the row where matrix.txt names something that isn't a test case

A mutant removes one check, or makes a mistake that other software has made; with several changes, a rule that is kept
in several places. The copy and its build are in <build folder>/source and /out, what a test said that failed in /logs.
Exit code 1: a row survived the loss of its check without an explanation, or no mutant names it.
"""

import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys
import time

from workshop import ROOT, Workshop, die

LISTS = sorted((ROOT / "tests/attacks/mutants").glob("*.txt"))
MATRIX = ROOT / "tests/attacks/matrix.txt"
ROW = re.compile(r"[A-Z]{3}-\d+")


@dataclasses.dataclass
class Change:
    file: str
    before: str = ""
    after: str = ""


@dataclasses.dataclass
class Mutant:
    rows: list
    words: str
    file: str = ""
    by: tuple = ()  # what notices it, where that isn't what plays its rows
    changes: list = dataclasses.field(default_factory=list)
    explained: dict = dataclasses.field(default_factory=dict)  # row -> why it may survive
    survivors: list = dataclasses.field(default_factory=list)

    def plays(self, rows):
        """Row -> how it is played."""
        return {row: self.by or rows[row] for row in self.rows}

    def headline(self):
        return f"{' '.join(self.rows)}: {self.words}"


def read_mutants(lists):
    """The mutants; the rows in whose way no code stands that could be taken out, each with its reason; and the rows
    that are played otherwise than matrix.txt says."""
    mutants, by_construction, runs, part, lines = [], {}, {}, None, []
    for place, line in ((f"{path.name}:{n}", line) for path in lists
                        for n, line in enumerate(path.read_text().splitlines(), 1)):
        if part:  # between <<<< and >>>>
            if line == {"before": "====", "after": ">>>>"}[part]:
                setattr(mutants[-1].changes[-1], part, "\n".join(lines))
                part, lines = "after" if part == "before" else None, []
            else:
                lines.append(line)
            continue
        word, _, rest = line.partition(" ")
        rows, _, reason = (piece.strip() for piece in rest.partition(":"))
        if word == "==":
            mutants.append(Mutant(rows.split(), reason))
        elif word == "file":
            mutants[-1].file = rest
        elif word == "by":
            mutants[-1].by = ("run", *rest.split())
        elif word == "survives":
            mutants[-1].explained.update(dict.fromkeys(rows.split(), reason))
        elif word == "by-construction":
            by_construction.update(dict.fromkeys(rows.split(), reason))
        elif word == "run":
            row, program, name = rest.split()
            runs[row] = ("run", program, name)
        elif word == "<<<<":
            mutants[-1].changes.append(Change(mutants[-1].file))
            part = "before"
        elif line and not line.startswith("#"):
            die(f"{place}: {line}")
    return mutants, by_construction, runs


def read_matrix(text):
    """Row -> (kind, file, name) of each row that is played."""
    rows = {}
    for line in text.splitlines():
        words = line.split()
        if words and ROW.fullmatch(words[0]) and words[1] != "out":
            rows[words[0]] = (words[1], *words[2:4]) if words[1] == "test" else ("attack", "", "")
    return rows


class Rows(Workshop):
    """The tests that play rows."""

    def __init__(self, folder):
        super().__init__(folder)
        self.contents = {}  # program -> the full names of its test cases and suites

    def named(self, program, name):
        """The full names under which a Boost.Test program has `name`."""
        if program not in self.contents:
            self.contents[program] = self.listed(program)
        found = [n for n in self.contents[program] if n.split("/")[-1] == name]
        return found or die(f"{program} has no test case {name}")

    def command(self, row, kind, file, name):
        """What plays the row."""
        if kind == "attack":
            return [self.program("attacks_test"), f"--run_test={row[:3]}/{row}_*"]
        program = program_of(kind, file, name)
        if kind == "run":
            return [self.program(program), f"--run_test={name}"]
        if file.startswith(("fuzz/", "misuse/")):
            test = program or name
            return ["ctest", "--test-dir", str(self.out), "--output-on-failure", "--no-tests=error", "-R", f"^{test}$"]
        return [self.program(program), *(f"--run_test={full}" for full in self.named(program, name))]


def program_of(kind, file, name):
    """The build's target that plays a row, "" where nothing needs to be built."""
    folder, _, base = file.rpartition("/")
    if kind == "attack":
        return "attacks_test"
    if kind == "run":
        return file
    if folder == "fuzz":
        return base.removesuffix(".cpp")
    if folder == "misuse":
        return ""
    text = (ROOT / "tests" / folder / "CMakeLists.txt").read_text()
    for program, sources in re.findall(r"slo_test\((\w+)(.*?)\)", text.replace("${PROJECT_SOURCE_DIR}", ""), re.DOTALL):
        if base in sources.split():
            return program
    return die(f"no test program has tests/{file}, where {name} should be")


def apply(mutant, workshop):
    """Writes the changed files into the copy and returns what they were."""
    originals = {}
    for change in mutant.changes:
        path = workshop.source / change.file
        if not path.is_file():
            die(f"{mutant.headline()}: there is no {change.file}")
        text = path.read_text()
        originals.setdefault(path, text)
        if text.count(change.before) != 1:
            die(f"{mutant.headline()}: doesn't apply: not once in {change.file}:\n{change.before}")
        path.write_text(text.replace(change.before, change.after))
    return originals


def try_out(mutant, number, workshop, rows):
    """Fills mutant.survivors."""
    originals = apply(mutant, workshop)
    try:
        plays = mutant.plays(rows)
        complaint = workshop.build({program_of(*how) for how in plays.values()})
        if complaint:
            die(f"{mutant.headline()}: doesn't build\n{complaint}")
        for row, how in plays.items():
            if workshop.run(workshop.command(row, *how), f"{number:03}-{row}"):
                mutant.survivors.append(row)
    finally:
        for path, text in originals.items():
            path.write_text(text)


def check_list(mutants, by_construction, rows):
    """Finds what is wrong with the list before an hour is spent on it."""
    for mutant in mutants:
        for row in mutant.rows + list(mutant.explained):
            if row not in rows:
                die(f"{mutant.headline()}: matrix.txt doesn't play {row}")
        if not mutant.changes or any(c.before == c.after for c in mutant.changes):
            die(f"{mutant.headline()}: changes nothing")
    for row, reason in by_construction.items():
        if row not in rows or not reason.endswith("."):
            die(f"by-construction {row}: not in matrix.txt, or no reason")


def play_unchanged(workshop, mutants, rows):
    """Without a mutant everything passes, or a failure would prove nothing."""
    plays = sorted({play for mutant in mutants for play in mutant.plays(rows).items()})
    complaint = workshop.build({program_of(*how) for _, how in plays})
    if complaint:
        die(f"the tests don't build\n{complaint}")
    for row, how in plays:
        if not workshop.run(workshop.command(row, *how), f"000-{row}"):
            die(f"{row} fails without any mutant: see {workshop.logs}/000-{row}.txt")


def fate_of(row, mutants):
    """"killed": each mutant that names the row was noticed by it."""
    survived = [m for m in mutants if row in m.survivors]
    if any(row not in m.explained for m in survived):
        return "survived"
    return "explained" if survived else "killed"


def summary(mutants, by_construction, rows):
    """Prints the table of rows and the survivors. Returns how many rows survived without an explanation."""
    fates = {row: "by construction" for row in by_construction}
    fates.update({row: fate_of(row, mutants) for m in mutants for row in m.rows})
    columns = ["killed", "survived", "explained", "by construction"]
    print(f"{'class':7}{'played':>8}{'named':>8}" + "".join(f"{c:>{len(c) + 3}}" for c in columns))
    for name in [*sorted({row[:3] for row in rows}), ""]:
        here = [fate for row, fate in fates.items() if row.startswith(name)]
        played = sum(row.startswith(name) for row in rows)
        counts = "".join(f"{here.count(c):{len(c) + 3}}" for c in columns)
        print(f"{name or 'all':7}{played:8}{len(here) - here.count('by construction'):8}{counts}")
    for mutant in mutants:
        for row in mutant.survivors:
            reason = mutant.explained.get(row)
            print(f"explained: {row}, {mutant.words}: {reason}" if reason else f"SURVIVED: {row}, {mutant.words}")
    for row, reason in by_construction.items():
        print(f"by construction: {row}: {reason}")
    return list(fates.values()).count("survived")


def main():
    if len(sys.argv) < 2:
        die(__doc__)
    words = sys.argv[2:]
    rows = read_matrix(MATRIX.read_text())
    mutants, by_construction, runs = read_mutants(LISTS)
    rows.update({row: how for row, how in runs.items() if row in rows})
    check_list(mutants, by_construction, rows)
    unnamed = [r for r in rows if r not in by_construction and not any(r in m.rows for m in mutants)]
    if words:
        mutants = [m for m in mutants if any(word in m.headline() for word in words)]
        by_construction, unnamed = {}, []
        rows = {r: rows[r] for m in mutants for r in m.rows}

    workshop = Rows(pathlib.Path(sys.argv[1]).resolve())
    shutil.rmtree(workshop.logs, ignore_errors=True)
    begun = time.monotonic()
    workshop.copy()
    workshop.configure()
    print(f"mutants: building and playing {len(rows)} rows unchanged, then {len(mutants)} mutants", flush=True)
    play_unchanged(workshop, mutants, rows)
    for number, mutant in enumerate(mutants, 1):
        start = time.monotonic()
        try_out(mutant, number, workshop, rows)
        fate = "survived by " + " ".join(mutant.survivors) if mutant.survivors else "killed"
        print(f"{number:3} {time.monotonic() - start:4.0f} s  {fate}  {mutant.headline()}", flush=True)

    unexplained = summary(mutants, by_construction, rows)
    for row in unnamed:
        print(f"no mutant names {row}")
    minutes = (time.monotonic() - begun) / 60
    print(f"mutants: {len(mutants)} in {minutes:.0f} minutes, {unexplained} rows survived without an explanation")
    sys.exit(1 if unexplained or unnamed else 0)


if __name__ == "__main__":
    main()

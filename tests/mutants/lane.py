#!/usr/bin/env python3
"""./dev mutants random: mutants of the stores and the logout core that a seed chooses, and whether a test notices each.

    lane.py <build folder> [seed [count [word]...]]    with words: only the mutants that hold one of them

The generator knows some thousand places: conditions that are forced to be true or false, operators that become their
neighbours, calls and assignments that are dropped, constants that are off by one; in the Lua and the SQL of the stores,
too. All of them are compiled into one copy of the sources (schemata), and an environment variable chooses the one that
is active. So a new seed builds nothing. Each test case tells which mutants it reaches; a mutant is judged by those that
reach it. Same seed, same sources: same mutants.

explained.txt has those that no test can notice, or needn't, with the reason: a line of the source, the mutant's words,
and the reason, as the summary prints them. What is reached by no test counts as survived.

The copy and its build are in <build folder>/source and /out, what the tests said in /logs. Exit code 1: of what isn't
explained, fewer than 97 % were noticed.
"""

import collections
import pathlib
import random
import secrets
import sys
import time

from copy_with_mutants import MutatedCopy
from judging import Judges

EXPLAINED = pathlib.Path(__file__).resolve().parent / "explained.txt"
COUNT = 150
WANTED = 97  # per cent


def read_explanations(text):
    """(source line, mutant's words) -> reason."""
    explained, line, words = {}, None, None
    for row in text.splitlines():
        if not row.strip() or row.startswith("#"):
            line, words = None, None
        elif not row.startswith(" "):
            line, words = row, None
        elif row.startswith("  because ") or row.startswith("   "):
            reason = row.strip().removeprefix("because ")
            explained[line, words] = (explained.get((line, words), "") + " " + reason).strip()
        else:
            words = row.strip()
    return explained


def chosen(mutants, seed, count, words):
    if words:
        mutants = [m for m in mutants if any(word in " ".join(m.key()) for word in words)]
    mutants = sorted(mutants, key=lambda m: m.key())
    return random.Random(seed).sample(mutants, min(count, len(mutants)))


def fate_of(mutant, by, explained):
    if by:
        return "killed"
    if mutant.key() in explained:
        return "explained"
    return "survived" if by is not None else "not reached"


def table(results, explained):
    """How each kind of mutant fared."""
    fates = ["killed", "survived", "not reached", "explained"]
    kinds = collections.defaultdict(collections.Counter)
    for mutant, by in results:
        kind = mutant.kind if not mutant.kind[0].isdigit() else "number off by one"
        kinds[kind][fate_of(mutant, by, explained)] += 1
    print(f"{'kind':32}" + "".join(f"{fate:>13}" for fate in fates))
    for kind, counts in sorted(kinds.items()):
        print(f"{kind:32}" + "".join(f"{counts[fate]:13}" for fate in fates))
    return sum(kinds.values(), collections.Counter())


def summary(results, explained, known):
    """Prints it. Returns how many per cent of what matters were noticed."""
    counts = table(results, explained)
    for mutant, by in results:
        line, words = mutant.key()
        fate = fate_of(mutant, by, explained)
        if fate in ("survived", "not reached"):
            print(f"{fate.upper()}:\n{line}\n  {words}")
        elif by and mutant.key() in explained:
            print(f"explained, but noticed by {by}:\n{line}\n  {words}")
    for key in explained.keys() - known:
        print(f"explained, but there is no such mutant:\n{key[0]}\n  {key[1]}")
    matter = counts["killed"] + counts["survived"] + counts["not reached"]
    print(f"mutants: {counts['killed']} killed, {counts['survived']} survived, {counts['not reached']} not reached, "
          f"{counts['explained']} explained")
    return 100 * counts["killed"] / matter if matter else 100


def judge_all(judges, mutants, explained):
    results = []
    for number, (mutant, by) in enumerate(zip(mutants, judges.at_once(judges.judge, mutants)), 1):
        results.append((mutant, by))
        line, words = mutant.key()
        fate = fate_of(mutant, by, explained)
        print(f"{number:4} {fate}: {line}: {words}" + (f" (by {by})" if by else ""), flush=True)
    return results


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(1_000_000)
    count = int(sys.argv[3]) if len(sys.argv) > 3 else COUNT
    explained = read_explanations(EXPLAINED.read_text())
    begun = time.monotonic()
    place = MutatedCopy(folder)
    place.copy()
    place.configure()
    print(f"mutants: seed {seed}; building {len(place.mutants())} mutants at once", flush=True)
    place.build_all()
    judges = Judges(place)
    try:
        print("mutants: looking what each test case reaches", flush=True)
        judges.learn(folder / "reached.json")
        for case in judges.cases:
            if not case.passes:
                print(f"mutants: {case.program} {case.name} fails without any mutant, and judges none")
        mutants = chosen(place.mutants(), seed, count, sys.argv[4:])
        known = {m.key() for found in place.files.values() for m in found}
        percent = summary(judge_all(judges, mutants, explained), explained, known)
    finally:
        judges.close()
    minutes = (time.monotonic() - begun) / 60
    print(f"mutants: {percent:.1f} % of those that matter were noticed, {WANTED} wanted; seed {seed}, "
          f"{len(mutants)} of {len(place.mutants())}, {minutes:.0f} minutes")
    sys.exit(0 if percent >= WANTED else 1)


if __name__ == "__main__":
    main()

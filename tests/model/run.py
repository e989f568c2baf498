#!/usr/bin/env python3
"""./dev model: has Spin search every state of the store's protocol, as it is and with each mended fault put back.

    run.py <build folder> [word]...    with words: only the variants whose line holds one of them

The protocol as it is must keep its promises; with a fault, the promise that the fault is listed with must be seen
broken. Exit code 1: it's otherwise, or a search wasn't exhaustive. How a promise was broken is told by Spin, in the
variant's folder <build folder>/<number>, with the variant's flags:

    spin -t -p -g -D<flag>... <model>.pml
"""

import concurrent.futures
import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SEARCHES_AT_ONCE = 2
MEMORY = 1900  # MiB for a search
DEPTH = 100_000  # steps
TIME_LIMIT = 900  # seconds for a search

# A word of the assertion, and the promise that it stands for.
PROMISES = {
    "success": "Success, and something lives",
    "named": "found alive while it is ending",
    "idp_told": "a kept request is forgotten",
    "known": "never completed",
    "logged_out": "alive after an acknowledged logout",
    "claimed": "two rounds with one session",
    "told": "a session that isn't found, or twice",
}


@dataclasses.dataclass
class Variant:
    model: str
    words: str
    flags: str = ""
    breaks: str = ""  # a word of PROMISES; none: it holds

    def defines(self):
        return [f"-D{flag}" for flag in self.flags.split()]


@dataclasses.dataclass
class Verdict:
    text: str
    is_right: bool
    states: int = 0
    seconds: float = 0


def logout(words, flags):
    return Variant("logout", words, flags)


def fault(breaks, words, flags, model="logout"):
    return Variant(model, f"FAULT: {words}", flags, breaks)


RIGHT = [
    logout("repeat, a lost answer", "CRASHES=0"),
    logout("repeat, two crashes, two failures", "LOST=0 CRASHES=2 FAILURES=2"),
    logout("repeat, applications in the process, two crashes, two failures", "IN_PROCESS LOST=0 CRASHES=2 FAILURES=2"),
    logout("repeat, applications in the process, a lost answer and a crash", "IN_PROCESS"),
    logout("repeat, clocks apart, a lost answer", "IN_PROCESS DEVIATION=1 CRASHES=0"),
    logout("repeat, clocks apart, a crash", "IN_PROCESS DEVIATION=1 LOST=0"),
    logout("repeat, clocks apart, an expired session", "IN_PROCESS DEVIATION=1 EXPIRY LOST=0"),
    logout("repeat, a login with the same ID", "SAME_ID LOST=0"),
    logout("repeat, nodes that stand still, two crashes, two failures", "STANDS_STILL LOST=0 CRASHES=2 FAILURES=2"),
    logout("two orders, a lost answer", "SECOND_ORDER CRASHES=0"),
    logout("two orders, applications in the process, a crash", "SECOND_ORDER IN_PROCESS LOST=0"),
    logout("late assertion, a lost answer and a crash", "LOGIN"),
    logout("late assertion, applications in the process, a lost answer and a crash", "LOGIN IN_PROCESS"),
    logout("a logout here, a lost answer, no failure", "STARTS_HERE CRASHES=0 FAILURES=0"),
    logout("a logout here, applications in the process, a crash", "STARTS_HERE IN_PROCESS LOST=0"),
    logout("a logout here, late assertion, a lost answer", "STARTS_HERE LOGIN CRASHES=0"),
    Variant("failover", "failover, 1 of 1 replica", "REPLICAS=1"),
    Variant("failover", "failover, 1 of 1 replica, and a new one", "REPLICAS=1 SPARE"),
    Variant("failover", "failover, 2 of 2 replicas", "REPLICAS=2"),
    Variant("admission", "admission in three steps"),
]

QUICK = "LOST=0 CRASHES=0"
FAULTS = [
    fault("success", "the first outcome counts, rounds at once", f"FAULT_FIRST_OUTCOME_WINS IN_PROCESS {QUICK}"),
    fault("known", "an outcome that isn't complete is kept", f"FAULT_FIRST_OUTCOME_IS_FINAL {QUICK}"),
    fault("success", "an outcome is what one round saw", f"FAULT_OUTCOME_OF_ONE_ROUND {QUICK}"),
    fault("success", "recovery takes what a live round has",
          f"FAULT_RECOVERY_BESIDE_A_LIVE_ROUND IN_PROCESS {QUICK}"),
    fault("success", "complete forgets what another round has",
          f"FAULT_FORGETS_WHAT_ANOTHER_ROUND_HAS STANDS_STILL {QUICK}"),
    fault("success", "a silent application's claim runs out", f"FAULT_LATE_ROUND_ISNT_RENEWED IN_PROCESS {QUICK}"),
    fault("success", "clocks apart, and no margin", f"FAULT_CLAIM_WITHOUT_MARGIN IN_PROCESS DEVIATION=1 {QUICK}"),
    fault("success", "a claim that comes late shortens it", "FAULT_LATE_CLAIM_SHORTENS IN_PROCESS CRASHES=0"),
    fault("success", "applications told after the claim ran out", f"FAULT_TELLS_AFTER_ITS_CLAIM IN_PROCESS {QUICK}"),
    fault("success", "an application says already gone too early", "FAULT_GONE_WHILE_A_CALL_IS_AT_WORK LOST=0"),
    fault("success", "an expired session isn't named",
          f"FAULT_EXPIRED_ISNT_NAMED EXPIRY DEVIATION=1 IN_PROCESS {QUICK}"),
    fault("success", "a logout puts up no barrier", f"FAULT_NO_BARRIER LOGIN {QUICK}"),
    fault("success", "an AuthnInstant in our future gets past a logout",
          f"FAULT_BARRIER_BY_OUR_CLOCK STARTS_HERE LOGIN {QUICK}"),
    fault("success", "begin in two steps, a login between them", f"FAULT_BEGIN_IN_TWO_STEPS LOGIN {QUICK}"),
    fault("success", "a login admitted before its application has it",
          f"FAULT_ADMITTED_BEFORE_THE_APPLICATION_HAS_IT LOGIN {QUICK}"),
    fault("success", "a login takes the ID of what is ending",
          f"FAULT_LOGIN_TAKES_THE_ID_OF_WHAT_IS_ENDING SAME_ID {QUICK}"),
    fault("named", "find doesn't look whether it is ending", f"FAULT_FIND_SEES_ENDING_AS_ALIVE {QUICK}"),
    fault("idp_told", "a lost answer of begin: the request is forgotten",
          "FAULT_LOST_BEGIN_IS_TAKEN_FOR_NOTHING STARTS_HERE CRASHES=0"),
    fault("logged_out", "failover, no lease", "FAULT_NO_LEASE REPLICAS=1 SPARE", "failover"),
    fault("logged_out", "failover, no settling", "FAULT_NOT_SETTLED REPLICAS=1 SPARE", "failover"),
    fault("logged_out", "failover, no WAIT", "FAULT_NO_WAIT WITHOUT_CLAIMS", "failover"),
    fault("logged_out", "failover, 1 of 2 replicas: too few for a promise",
          "REPLICAS=2 ASKED_FOR=1 WITHOUT_CLAIMS", "failover"),
    fault("logged_out", "failover, 1 of 2 replicas: one changes sides",
          "REPLICAS=2 ASKED_FOR=1 WITHOUT_CLAIMS AT_THE_NEW_MASTER_ONLY", "failover"),
    fault("claimed", "failover, a claim isn't waited for", "FAULT_CLAIM_ISNT_WAITED_FOR", "failover"),
    fault("told", "admission, the place isn't looked at again", "FAULT_PLACE_ISNT_CHECKED", "admission"),
    fault("told", "admission, another login's session is withdrawn",
          "FAULT_WITHDRAWS_WHAT_ANOTHER_FOUND", "admission"),
]


def run(command, folder, log):
    with open(folder / log, "w") as output:
        done = subprocess.run(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, timeout=TIME_LIMIT)
    return done.returncode


def judge(variant, output):
    """What the search's output says of the variant, as a Verdict without times."""
    stored = re.search(r"(\d+) states, stored", output)
    states = int(stored[1]) if stored else 0
    broken = re.search(r"pan:1: (?:assertion violated (.*)|invalid end state.*) \(at depth", output)
    if not broken:
        given_up = re.search("max search depth|Search not completed|MEMLIM bound", output)
        if given_up or "errors: 0" not in output:
            return Verdict("NOT EXHAUSTIVE", False, states)
        return Verdict("NOT FOUND" if variant.breaks else "holds", not variant.breaks, states)
    words = [word for word in PROMISES if re.search(rf"\b{word}\b", broken[1] or "")]
    promise = PROMISES[words[0]] if words else "a step that isn't possible"
    if variant.breaks in words:
        return Verdict(f"found: {promise}", True, states)
    return Verdict(f"{'FOUND ANOTHER' if variant.breaks else 'BROKEN'}: {promise}", False, states)


def search(number, variant, build):
    folder = build / str(number)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for source in HERE.glob("*.pml"):
        shutil.copy(source, folder)
    if run(["spin", "-a", *variant.defines(), f"{variant.model}.pml"], folder, "spin.log") != 0:
        return Verdict(f"spin -a failed, see {folder}/spin.log", False)
    optimisation = "-O1" if variant.breaks else "-O2"
    gcc = ["gcc", optimisation, "-w", "-DSAFETY", "-DVECTORSZ=512", f"-DMEMLIM={MEMORY}", "-o", "pan", "pan.c"]
    if run(gcc, folder, "gcc.log") != 0:
        return Verdict(f"gcc failed, see {folder}/gcc.log", False)
    begun = time.monotonic()
    try:
        run(["./pan", f"-m{DEPTH}", "-w23"], folder, "pan.log")
    except subprocess.TimeoutExpired:
        return Verdict(f"took longer than {TIME_LIMIT} s", False)
    verdict = judge(variant, (folder / "pan.log").read_text(errors="replace"))
    verdict.seconds = time.monotonic() - begun
    if verdict.is_right:
        for made in ["pan", *(path.name for path in folder.glob("pan.?"))]:
            (folder / made).unlink()
    return verdict


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build, words = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    wanted = [(n, v) for n, v in enumerate(RIGHT + FAULTS, 1)
              if not words or any(word in f"{v.model} {v.words} {v.flags}" for word in words)]
    width = max((len(v.words) for _, v in wanted), default=0)
    print(f"     {'variant':{width}}{'states':>12}{'seconds':>9}  verdict", flush=True)
    begun, wrong = time.monotonic(), 0
    with concurrent.futures.ThreadPoolExecutor(SEARCHES_AT_ONCE) as pool:
        for (number, variant), verdict in zip(wanted, pool.map(lambda one: search(*one, build), wanted)):
            wrong += not verdict.is_right
            row = f"{number:3}  {variant.words:{width}}{verdict.states:12}{verdict.seconds:9.1f}  {verdict.text}"
            print(row, flush=True)
    minutes = (time.monotonic() - begun) / 60
    print(f"model: {len(wanted)} searches in {minutes:.1f} minutes, {wrong} not as they must be")
    sys.exit(1 if wrong or not wanted else 0)


if __name__ == "__main__":
    main()

"""MutatedCopy is the copy of the sources with all mutants in it, without those that the compiler refuses."""

import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "attacks/mutants"))

import cpp_mutants
import schemata
import text_mutants
from mutant import count_twins
from places import HOOKS, JUDGES, TEXTS, is_mutated
from workshop import ROOT, Workshop, die

HERE = pathlib.Path(__file__).resolve().parent
NUMBERS_OF_A_FILE = 1024  # so that a change of one file doesn't number, and compile, the others anew
COMPLAINT = re.compile(r"/(sp/src/[\w/]+\.[ch]pp):(\d+):(\d+): (?:error|note|  required)|"
                       r"/(sp/src/[\w/]+\.[ch]pp):(\d+):(\d+):   required")


class MutatedCopy(Workshop):
    def __init__(self, folder):
        super().__init__(folder)
        self.refused_file = folder / "refused.json"
        self.refused = {tuple(key) for key in self.read_json(self.refused_file, [])}
        self.files = {}  # of the copy -> its mutants
        self.texts, self.outputs, self.places = {}, {}, {}
        files = (str(path.relative_to(ROOT)) for path in (ROOT / "sp/src").rglob("*"))
        for number, file in enumerate(sorted(filter(is_mutated, files))):
            self.read(file, 1 + number * NUMBERS_OF_A_FILE)
        for file in self.texts:
            self.write(file)

    @staticmethod
    def read_json(path, otherwise):
        return json.loads(path.read_text()) if path.is_file() else otherwise

    def read(self, file, first_number):
        # An offset is one of octets, as the compiler counts them.
        text = (ROOT / file).read_text(encoding="latin-1")
        if file in HOOKS:
            before, after = HOOKS[file]
            if text.count(before) != 1:
                die(f"{file} hasn't exactly once: {before}")
            text = text.replace(before, after)
        found = cpp_mutants.find(file, text)
        if file in TEXTS:
            found += text_mutants.find(file, text, TEXTS[file])
        found = count_twins(sorted(found, key=lambda m: (m.start, m.end)))
        if len(found) > NUMBERS_OF_A_FILE:
            die(f"{file} has {len(found)} mutants: make NUMBERS_OF_A_FILE larger")
        for number, mutant in enumerate(found, first_number):
            mutant.number = number
        crossing = schemata.pieces([m for m in found if m.form != "text"])[1]
        self.texts[file] = text
        self.files[file] = [m for m in found if m not in crossing]

    def mutants(self):
        return [m for file in sorted(self.files) for m in self.files[file] if m.key() not in self.refused]

    def write(self, file):
        alive = [m for m in self.files[file] if m.key() not in self.refused]
        output, self.places[file] = schemata.written(self.texts[file], alive, file in HOOKS)
        self.outputs[file] = output

    def octets(self, file):
        name = str(file)
        return self.outputs[name].encode("latin-1") if name in self.outputs else super().octets(file)

    def added(self):
        texts = [m for m in self.mutants() if m.form == "text"]
        return {"sp/include/slo_mutants.hpp": (HERE / "slo_mutants.hpp").read_bytes(),
                "sp/include/slo_mutant_texts.hpp": schemata.text_table(texts).encode("latin-1")}

    def build_all(self):
        """Until the compiler has nothing to complain about: refused mutants are left out, and named in refused.json."""
        for targets in ({"slo_sp"}, set(JUDGES)):
            for _ in range(12):
                complaint = self.compile(targets)
                if not complaint:
                    break
                if not self.refuse(complaint):
                    die("doesn't build\n" + complaint[-6000:])
                self.copy()
            else:
                die("the compiler refuses ever more mutants")

    def compile(self, targets):
        done = subprocess.run(["ninja", "-k", "0", "-C", self.out, "-j2", *sorted(targets)], capture_output=True,
                              text=True)
        return done.stdout if done.returncode != 0 else ""

    def refuse(self, complaint):
        """Leaves out the mutants that a compiler's messages point to. Returns how many these are."""
        guilty = set()
        for found in COMPLAINT.finditer(complaint):
            file, line, column = found.group(1) or found.group(4), found.group(2) or found.group(5), \
                found.group(3) or found.group(6)
            if file in self.outputs:
                guilty.update(m.key() for m in schemata.guilty(self.outputs[file], self.places[file], int(line),
                                                               int(column)))
        guilty -= self.refused
        self.refused |= guilty
        for file in {key[0].partition(":")[0] for key in guilty}:
            self.write(file)
        self.refused_file.parent.mkdir(parents=True, exist_ok=True)
        self.refused_file.write_text(json.dumps(sorted(self.refused), indent=0))
        print(f"mutants: the compiler refuses {len(guilty)} of them", flush=True)
        return len(guilty)

"""Mutant is one change that the generator can make."""

import dataclasses


@dataclasses.dataclass
class Mutant:
    file: str
    start: int  # octets of the file from here...
    end: int  # ...up to here, exclusive, are what changes
    kind: str  # what the change is, in words
    form: str  # true, false, declared, drop, either: see schemata.py; text: in a script or a statement of SQL
    text: str  # what stands there instead, or the name that a condition declares
    line: str  # that of the source where it begins
    twin: int = 0  # counts those with the same words in the same line
    number: int = 0  # in the schemata
    before: str = ""  # of a text: the whole literal

    def words(self):
        return self.kind + (f" ({self.twin + 1})" if self.twin else "")

    def key(self):
        """The same while neither the line nor the generator changes."""
        return f"{self.file}: {self.line}", self.words()


def count_twins(mutants):
    seen = {}
    for mutant in mutants:
        words = (mutant.file, mutant.line, mutant.kind)
        mutant.twin = seen.get(words, 0)
        seen[words] = mutant.twin + 1
    return mutants

"""Writes the sources with all mutants in them, each of which is active when its number is."""

import dataclasses

# Before the file's own lines; the file with the texts includes the other.
BEGINNING = '#include "slo_mutants.hpp"\n#line 1\n'
BEGINNING_WITH_TEXTS = '#include "slo_mutant_texts.hpp"\n#line 1\n'
LINES_BEFORE = 2


@dataclasses.dataclass
class Piece:
    """What is mutated at one place, and what lies within."""
    start: int
    end: int
    mutants: list = dataclasses.field(default_factory=list)
    inner: list = dataclasses.field(default_factory=list)


def pieces(mutants):
    """The places as a tree, outermost first; and the mutants that can't be in it, as they'd cross another."""
    root, crossing, path = Piece(-1, 1 << 60), [], []
    path.append(root)
    for mutant in sorted(mutants, key=lambda m: (m.start, -m.end, m.form != "drop")):
        while mutant.start >= path[-1].end and path[-1] is not root:
            path.pop()
        top = path[-1]
        if mutant.end > top.end:
            crossing.append(mutant)
        elif (mutant.start, mutant.end) == (top.start, top.end):
            top.mutants.append(mutant)
        else:
            path.append(Piece(mutant.start, mutant.end, [mutant]))
            top.inner.append(path[-1])
    return root.inner, crossing


class Writer:
    """Collects the text, and where in it each mutant stands."""

    def __init__(self, text):
        self.text, self.parts, self.length, self.places = text, [], 0, []

    def put(self, part):
        self.parts.append(part)
        self.length += len(part)

    def piece(self, piece):
        begin, forms = self.length, {form: [m for m in piece.mutants if m.form == form]
                                     for form in ("drop", "declared", "true", "false", "either")}
        for m in forms["declared"]:
            self.put(f"; slo_mutants::decide(0, {m.number}, {m.text})")
        for m in forms["drop"]:
            self.put(f"if (slo_mutants::is({m.number})) {{}} else ")
        closing = ""
        if forms["true"] or forms["false"]:
            number = {form: forms[form][0].number if forms[form] else 0 for form in ("true", "false")}
            self.put(f"slo_mutants::decide({number['true']}, {number['false']}, (")
            closing = "))"
        if forms["either"]:
            self.put("(")
            for m in forms["either"]:
                at = self.length
                self.put(f"slo_mutants::is({m.number}) ? ({m.text}) : ")
                self.places.append((at, self.length, [m]))
            self.put("(")
            closing = "))" + closing
        self.between(piece.start, piece.end, piece.inner)
        self.put(closing)
        self.places.append((begin, self.length, piece.mutants))

    def between(self, start, end, inner):
        for piece in inner:
            self.put(self.text[start:piece.start])
            self.piece(piece)
            start = piece.end
        self.put(self.text[start:end])


def written(text, mutants, has_texts=False):
    """The file with its mutants, on the same lines as before; and where they are: (begin, end, mutants) of offsets,
    from the innermost on."""
    inner, _ = pieces([m for m in mutants if m.form != "text"])
    writer = Writer(text)
    writer.put(BEGINNING_WITH_TEXTS if has_texts else BEGINNING)
    writer.between(0, len(text), inner)
    return "".join(writer.parts), sorted(writer.places, key=lambda p: p[1] - p[0])


def guilty(output, places, line, column):
    """The mutants which the compiler means with an error at a line and a column of `output`."""
    lines = output.split("\n")
    row = LINES_BEFORE + line - 1
    begin = sum(len(text) + 1 for text in lines[:row])
    offset = begin + column - 1
    for start, end, mutants in places:
        if start <= offset < end:
            return mutants
    end = begin + len(lines[row])
    return [m for start, stop, mutants in places if start < end and stop > begin for m in mutants]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def text_table(mutants):
    """The header that holds all texts, those in raw strings and those in plain ones alike."""
    rows = "".join(f"    {{{m.number}, {quoted(m.before)}, {quoted(m.text)}}},\n" for m in mutants)
    return ('#pragma once\n#include "slo_mutants.hpp"\nnamespace slo_mutants {\n'
            f"inline constexpr Text texts[] = {{\n{rows}}};\n"
            "inline std::string_view text(std::string_view whole) { return chosen(whole, texts); }\n"
            "inline const char* text(const char* whole) { return chosen(whole, texts).data(); }\n"
            "}  // namespace slo_mutants\n")

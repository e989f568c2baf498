#!/usr/bin/env python3
"""Finds the comments that clang-format tore: what went over the 120 columns stands on a line of its own.

    torn_comments.py <folder or file>...

clang-format breaks a comment that is too long, and asks no one to write it anew. Torn is
  - a comment behind code that goes on below: it fits on its line, or stands above the code;
  - a line of one or two words at the end of a block that needs a line less when it is filled;
  - a line of one or two words within a sentence, behind a full line.
Exit code 1: there are some; each is written as file:line.
"""

import dataclasses
import pathlib
import re
import sys
import textwrap

COLUMNS = 120  # ColumnLimit in .clang-format
FULL = 80  # a line with less is short on purpose
FRAGMENT_WORDS = 2
SKIPPED = {"build", "fixtures"}

# Quotes of a standard, `//=` and `//#`, are kept as they are (CommentPragmas in .clang-format).
COMMENT = re.compile(r"(?P<indent> *)(?P<mark>///?<?)(?: (?P<text>\S.*)| *)$")
LIST_ITEM = re.compile(r"(?:[-*]|\d+\.) ")
CODE_AND_COMMENT = re.compile(r'(?P<code>(?:"(?:\\.|[^"\\])*"|(?!//).)*\S.*?) +(?P<mark>///?<?) ')


@dataclasses.dataclass
class Line:
    number: int
    indent: int
    mark: str
    text: str

    @property
    def room(self):
        return COLUMNS - self.indent - len(self.mark) - 1

    @property
    def is_full(self):
        return self.indent + len(self.mark) + 1 + len(self.text) >= FULL

    @property
    def is_fragment(self):
        return len(self.text.split()) <= FRAGMENT_WORDS

    @property
    def ends_a_sentence(self):
        return self.text.endswith((".", ":", ";", "?", "!"))

    def goes_on_in(self, other):
        """Whether the break between both is the column limit's, and not the writer's."""
        if (self.indent, self.mark) != (other.indent, other.mark) or LIST_ITEM.match(other.text):
            return False
        had_room = len(self.text) + 1 + len(other.text.split()[0]) <= self.room
        return not (self.ends_a_sentence and had_room)


def comment_column(line):
    """Where the comment behind the code of a line begins."""
    if " //" not in line or line.lstrip().startswith("//"):
        return None
    match = CODE_AND_COMMENT.match(line)
    return match.start("mark") if match else None


def read(lines):
    """Yields blocks of comment lines, and the single lines that go on below the comment behind a line of code."""
    block, behind = [], None
    for number, text in enumerate(lines, 1):
        match = COMMENT.match(text)
        if match and behind is not None and len(match["indent"]) == behind:
            yield "behind", [Line(number, behind, match["mark"], match["text"] or "")]
            continue
        behind = comment_column(text)
        line = Line(number, len(match["indent"]), match["mark"], match["text"]) if match and match["text"] else None
        if block and not (line and block[-1].goes_on_in(line)):
            yield "block", block
            block = []
        if line:
            block = [*block, line]
    if block:
        yield "block", block


def needs_less(block):
    filled = textwrap.wrap(" ".join(line.text for line in block), block[0].room, break_long_words=False,
                           break_on_hyphens=False)
    return len(filled) < len(block)


def torn_lines(block):
    fragments = [(before, line) for before, line in zip(block, block[1:]) if line.is_fragment and before.is_full]
    if fragments and needs_less(block):
        return [line.number for _, line in fragments]
    return [line.number for _, line in fragments if line is not block[-1]]


def find(text):
    """The numbers of the lines that were torn off."""
    found = []
    for kind, lines in read(text.split("\n")):
        found += [line.number for line in lines] if kind == "behind" else torn_lines(lines)
    return found


def sources(place):
    if place.is_file():
        return [place]
    found = (file for pattern in ("*.cpp", "*.hpp") for file in place.rglob(pattern))
    return sorted(file for file in found if not SKIPPED.intersection(file.relative_to(place).parts))


def main(places):
    files = [file for place in places for file in sources(pathlib.Path(place))]
    if not files:
        sys.exit("no source below " + " ".join(places))
    torn = [f"{file}:{number}" for file in files for number in find(file.read_text(encoding="utf-8"))]
    for place in torn:
        print(f"{place}: clang-format tore this comment off: write it anew")
    print(f"{len(files)} files, {len(torn)} torn comments")
    sys.exit(1 if torn else 0)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Finds what can be mutated in the texts that the stores hand to Redis and to SQLite: Lua and SQL in string literals."""

import re

from cpp_tokens import read_tokens
from mutant import Mutant

LITERAL = re.compile(r'(?:R"(?P<mark>[^(]*)\((?P<raw>.*)\)(?P=mark)"|"(?P<plain>.*)")', re.DOTALL)

# What is found, what stands there instead, and what that is in words. The first that fits a place counts.
COMPARISONS = [
    (re.compile(r" <= "), " < ", "<= becomes <"), (re.compile(r" < "), " <= ", "< becomes <="),
    (re.compile(r" >= "), " > ", ">= becomes >"), (re.compile(r" > "), " >= ", "> becomes >="),
]
SUMS = [
    (re.compile(r" \+ "), " - ", "+ becomes -"), (re.compile(r" - "), " + ", "- becomes +"),
]
LUA = [
    (re.compile(r"\bif (?P<x>[^\n]+?) then\b"), "if ({x}) and false then", "condition never holds"),
    (re.compile(r"\bif (?P<x>[^\n]+?) then\b"), "if ({x}) or true then", "condition always holds"),
    *COMPARISONS,
    (re.compile(r" == "), " ~= ", "== becomes ~="), (re.compile(r" ~= "), " == ", "~= becomes =="),
    (re.compile(r" and "), " or ", "and becomes or"), (re.compile(r" or "), " and ", "or becomes and"),
    (re.compile(r"\bnot "), "", "not dropped"),
    *SUMS,
    (re.compile(r"\bmath\.max\b"), "math.min", "max becomes min"),
    (re.compile(r"\bmath\.min\b"), "math.max", "min becomes max"),
    (re.compile(r"\btrue\b"), "false", "true becomes false"), (re.compile(r"\bfalse\b"), "true", "false becomes true"),
    (re.compile(r"(?m:^) *(?P<x>(?:redis\.call|keep|pass_when_full)\([^\n]*\))(?m:$)"), "", "call dropped"),
    (re.compile(r"(?m:^) *(?P<x>(?!local\b|for\b|if\b|elseif\b)\w[\w.\[\]#+ ]* = [^\n]*)(?m:$)"), "", "assignment dropped"),
    (re.compile(r"(?<![\w.'])(?P<x>\d+)(?![\w.'])"), "+1", "{x} becomes {y}"),
]
SQL = [
    *COMPARISONS,
    (re.compile(r" <> "), " = ", "<> becomes ="),
    (re.compile(r" AND "), " OR ", "AND becomes OR"), (re.compile(r" OR (?!IGNORE)"), " AND ", "OR becomes AND"),
    (re.compile(r" IS NULL"), " IS NOT NULL", "IS NULL becomes IS NOT NULL"),
    (re.compile(r" IS NOT NULL"), " IS NULL", "IS NOT NULL becomes IS NULL"),
    (re.compile(r" OR IGNORE"), "", "OR IGNORE dropped"), (re.compile(r" UNIQUE\b"), "", "UNIQUE dropped"),
    (re.compile(r" NOT NULL(?= DEFAULT)"), "", "NOT NULL dropped"),
    (re.compile(r" ORDER BY [\w.]+"), "", "ORDER BY dropped"), (re.compile(r"\bDISTINCT "), "", "DISTINCT dropped"),
    *SUMS,
    (re.compile(r"\bmax\("), "min(", "max becomes min"), (re.compile(r"\bmin\("), "max(", "min becomes max"),
    (re.compile(r" BEGIN IMMEDIATE"), " BEGIN", "IMMEDIATE dropped"),
    (re.compile(r"(?<=WHERE )(?P<x>[\w.]+) = \?(?!\w)"), "{x} IS NOT NULL", "condition weakened"),
    (re.compile(r"(?<![\w.'?(])(?P<x>\d+)(?![\w.'])"), "+1", "{x} becomes {y}"),
]


def blanked(text):
    """The text with its comments and its strings made of blanks, so that nothing is found in them."""
    return re.sub(r"--[^\n]*|'[^'\n]*'", lambda found: "'" + " " * (len(found.group()) - 2) + "'", text)


def changes(text, rules):
    """Pairs: where a change begins and ends, what stands there instead, what that is in words."""
    quiet = blanked(text)
    for rule, instead, words in rules:
        for found in rule.finditer(quiet):
            group = "x" if "x" in found.groupdict() and instead in ("", "+1") else 0
            begin, end = found.span(group)
            inner = text[slice(*found.span("x"))] if "x" in found.groupdict() else text[begin:end]
            if instead == "+1":
                yield begin, end, str(int(inner) + 1), words.format(x=inner, y=int(inner) + 1)
            else:
                yield begin, end, instead.format(x=inner), words


def literals(text):
    """Pairs: where a literal's characters begin in the file, and the characters. Neighbours become one literal only in
    the compiler, so each of them is mutated by itself."""
    for token in read_tokens(text):
        found = LITERAL.fullmatch(token.text) if token.kind == "string" else None
        if found:
            group = "raw" if found.group("raw") is not None else "plain"
            yield token.start + found.start(group), found.group(group)


def find(file, text, language):
    """The mutants of one file; `text` of each is its whole literal, changed."""
    rules, found = LUA if language == "Lua" else SQL, []
    for offset, literal in literals(text):
        if "\\" in literal and language == "SQL" or len(literal) < 20:
            continue
        for begin, end, instead, words in changes(literal, rules):
            start = offset + begin
            line = text[text.rfind("\n", 0, start) + 1:text.find("\n", start)].strip()
            changed = literal[:begin] + instead + literal[end:]
            found.append(Mutant(file, start, offset + end, words, "text", changed, line, before=literal))
    return found

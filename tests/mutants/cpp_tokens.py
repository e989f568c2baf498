"""C++ source as tokens with their brackets matched. The sources are formatted by clang-format, which tells a binary
operator, with blanks on both sides, from a template's bracket or a reference, which have none."""

import dataclasses
import re

TOKEN = re.compile(r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<directive>(?m:^)[ \t]*\#(?:[^\n\\]|\\\n|\\.)*)
  | (?P<string>(?:u8|[uUL])?R"(?P<mark>[^()\s\\]*)\(.*?\)(?P=mark)"(?:sv|s)?|(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*"(?:sv|s)?)
  | (?P<char>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')
  | (?P<number>\.?\d(?:[eEpP][+-]|'[0-9a-fA-F]|[\w.])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<mark2><=>|->\*|<<=|>>=|\.\.\.|::|->|\+\+|--|<<|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|/=|%=|&=|\|=|\^=|[^\s\w])
""", re.VERBOSE | re.DOTALL)

PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclasses.dataclass
class Token:
    kind: str
    text: str
    start: int
    end: int
    other: int = -1  # of a bracket: where its counterpart stands in the list


def read_tokens(text):
    """All tokens but comments and directives."""
    tokens, open_ones = [], []
    for found in TOKEN.finditer(text):
        kind = found.lastgroup if found.lastgroup != "mark" else "string"
        if kind in ("comment", "directive"):
            continue
        token = Token(kind, found.group(), found.start(), found.end())
        if kind == "mark2":
            token.kind = "mark"
            if token.text in PAIRS:
                open_ones.append(len(tokens))
            elif token.text in PAIRS.values():
                if not open_ones or PAIRS[tokens[open_ones[-1]].text] != token.text:
                    raise ValueError(f"a bracket without its counterpart at offset {token.start}")
                token.other = open_ones.pop()
                tokens[token.other].other = len(tokens)
        tokens.append(token)
    if open_ones:
        raise ValueError("a bracket without its counterpart")
    return tokens


class Source:
    """One file: its text, its tokens, and questions about them. `i` is always a place in the list of tokens."""

    def __init__(self, text):
        self.text = text
        self.tokens = read_tokens(text)

    def word(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def is_binary(self, i):
        """Whether there are blanks on both sides."""
        token = self.tokens[i]
        return (0 < i < len(self.tokens) - 1 and self.text[token.start - 1].isspace()
                and self.text[token.end:token.end + 1].isspace())

    def flat(self, first, last):
        """The tokens from `first` to `last` in one line, without comments; None where that can't be."""
        parts = []
        for i in range(first, last + 1):
            if i > first and self.tokens[i].start > self.tokens[i - 1].end:
                parts.append(" ")
            parts.append(self.tokens[i].text)
        line = "".join(parts)
        return None if "\n" in line else line

    def line(self, offset):
        begin = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return self.text[begin:end if end >= 0 else len(self.text)].strip()


def closes_a_body(source, i):
    """Whether the brace at `i` opens what a lambda or a function does: it follows a parameter list."""
    back = i - 1
    while source.word(back) in ("noexcept", "const", "override", "final", "mutable", "&", "&&"):
        back -= 1
    return source.word(back) in (")", "]")


def is_lambda(source, i):
    """Whether the brace at `i` opens a lambda's body."""
    back, steps = i - 1, 0
    while source.word(back) not in (")", "]", ";", "{", "}", "") and steps < 12:  # over noexcept, mutable, -> Type
        back, steps = back - 1, steps + 1
    if source.word(back) == "]":
        return True
    return source.word(back) == ")" and source.word(source.tokens[back].other - 1) == "]"


def head_of(source, i):
    """The tokens before the brace at `i` that belong to it, at the level of a namespace or a class."""
    first = i
    while first > 0 and source.word(first - 1) not in (";", "{", "}"):
        first -= 1
        if source.tokens[first].text in (")", "]"):
            first = source.tokens[first].other
        elif source.tokens[first].text == ":" and source.word(first - 1) in ("public", "private", "protected"):
            return first + 1
    return first


@dataclasses.dataclass
class Body:
    first: int  # the brace that opens it
    last: int
    is_bool: bool  # what it returns


def bodies(source, first=0, last=None):
    """The bodies of functions, from the namespaces down."""
    last = len(source.tokens) if last is None else last
    found, i = [], first
    while i < last:
        if source.word(i) in ("(", "["):
            i = source.tokens[i].other + 1
            continue
        if source.word(i) != "{":
            i += 1
            continue
        head = [source.word(k) for k in range(head_of(source, i), i)]
        end = source.tokens[i].other
        if "namespace" in head or "extern" in head and "(" not in head:
            found += bodies(source, i + 1, end)
        elif "enum" in head or "consteval" in head or "concept" in head or is_for_the_compiler(source, head):
            pass
        elif "(" not in head and any(w in head for w in ("class", "struct", "union")):
            found += bodies(source, i + 1, end)
        elif "(" in head and is_initialiser(head):
            i = end + 1
            continue
        elif "(" in head:
            found.append(Body(i, end, returns_bool(head)))
        i = end + 1
    return found


def is_for_the_compiler(source, head):
    """A function that only constants and static assertions call: no test runs it."""
    if "constexpr" not in head or "(" not in head:
        return False
    name = head[head.index("(") - 1]
    lines = [line for line in source.text.splitlines() if re.search(rf"\b{re.escape(name)}\(", line)]
    return len(lines) > 1 and all("constexpr" in line or "static_assert" in line for line in lines)


def is_initialiser(head):
    """A variable's, or one of a constructor's members'."""
    level = 0
    for k, word in enumerate(head):
        level += (word in ("(", "[")) - (word in (")", "]"))
        if level == 0 and word == "=" and (k == 0 or head[k - 1] != "operator"):
            return True
    return False


def returns_bool(head):
    before = head[:head.index("(")]
    return "bool" in before and "<" not in before and "*" not in before and "operator" not in before[-1:]

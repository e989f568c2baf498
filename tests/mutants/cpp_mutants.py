"""Finds what can be mutated in C++ sources, and how."""

import re

from cpp_tokens import Source, bodies, is_lambda
from mutant import Mutant

# How tightly a binary operator binds; an operand ends at one that binds less.
BINDING = {"*": 10, "/": 10, "%": 10, "+": 9, "-": 9, "<<": 8, ">>": 8, "<=>": 7, "<": 6, "<=": 6, ">": 6, ">=": 6,
           "==": 5, "!=": 5, "&": 4, "^": 3, "|": 2, "&&": 1, "||": 0}
SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+"}
ASSIGNING = {"+=": "-=", "-=": "+="}
ENDS = {";", ",", "?", ":", "=", "+=", "-=", "*=", "/=", "|=", "&=", "^=", "<<=", ">>=", "return", "throw", "case",
        "else", "do", "co_return", "(", "[", "{", ""}
CONTROL = {"if", "while", "for", "switch", "catch"}
# Dropping these costs time or memory, never a promise.
ONLY_SPEED = {"reserve", "shrink_to_fit", "rehash"}
KEYWORDS = {"return", "throw", "if", "for", "while", "do", "switch", "case", "default", "break", "continue", "else",
            "using", "try", "catch", "const", "auto", "static", "constexpr", "goto", "delete", "new", "struct",
            "static_assert", "typename", "template", "enum", "class"}
CHAIN = re.compile(r"(?:\*|this->)?(?:::)?[A-Za-z_]\w*(?:<[\w:, *]+>)?"
                   r"(?:(?:::|\.|->)[A-Za-z_]\w*(?:<[\w:, *]+>)?|\(\)|\[\])*")


class Finder:
    def __init__(self, file, text):
        self.file, self.source, self.found = file, Source(text), []
        self.after_labels = set()
        self.forced = set()  # where what is forced to be true and to be false begins and ends

    def all(self):
        for body in bodies(self.source):
            self.look_through(body.first + 1, body.last, body.is_bool)
        return [m for m in self.found if not self.only_negates(m)]

    def only_negates(self, mutant):
        """Whether it negates what another two make true and false, which is harder to notice."""
        is_negation = mutant.kind in ("! dropped", "== becomes !=", "!= becomes ==")
        return is_negation and (mutant.start, mutant.end) in self.forced

    def add(self, first, last, kind, form, text=""):
        tokens = self.source.tokens
        if text is None or first > last:
            return
        self.found.append(Mutant(self.file, tokens[first].start, tokens[last].end, kind, form, text,
                                 self.source.line(tokens[first].start)))

    def look_through(self, first, last, is_bool):
        """The statements and expressions between two tokens."""
        source, i = self.source, first
        while i < last:
            word = source.word(i)
            if word in ("static_assert", "decltype", "sizeof", "noexcept", "requires") and source.word(i + 1) == "(":
                i = source.tokens[i + 1].other + 1
                continue
            if word in ("constexpr", "using", "case", "default"):
                is_label = word in ("case", "default")
                i = self.after_statement(i, ":" if is_label else ";")
                self.after_labels.update([i] if is_label else [])
                continue
            if word == "{" and is_lambda(source, i):
                self.look_through(i + 1, source.tokens[i].other, False)
                i = source.tokens[i].other + 1
                continue
            if self.begins_statement(i):
                self.statement(i, last, is_bool)
            self.token(i)
            i += 1

    def after_statement(self, i, end):
        """Past a constant, an alias or a label; `if constexpr (...)` only past its condition."""
        if self.source.word(i - 1) == "if":
            return self.source.tokens[i + 1].other + 1
        while self.source.word(i) not in (end, ""):
            i = self.source.tokens[i].other + 1 if self.source.word(i) in ("(", "{", "[") else i + 1
        return i + 1

    # -- statements

    def begins_statement(self, i):
        before = self.source.word(i - 1)
        if before in (";", "{", "}", "else", "do") or i in self.after_labels:
            return True
        return before == ")" and self.source.word(self.source.tokens[i - 1].other - 1) in ("if", "for", "while")

    def end_of_statement(self, i, last):
        """Where its semicolon stands, or None."""
        while i < last:
            if self.source.word(i) == ";":
                return i
            if self.source.tokens[i].other > i:
                i = self.source.tokens[i].other
            elif self.source.tokens[i].other >= 0:
                return None
            i += 1
        return None

    def statement(self, i, last, is_bool):
        word = self.source.word(i)
        end = self.end_of_statement(i, last)
        if end is None:
            return
        if word == "return" and is_bool and end > i + 1:
            self.returned(i + 1, end - 1)
        elif word in ("break", "continue") and self.source.word(i - 1) in (";", "}"):
            self.add(i, end, f"{word} dropped", "drop")
        elif word not in KEYWORDS and self.source.tokens[i].kind in ("word", "mark") and word not in ("{", "}", ";"):
            self.dropped(i, end)

    def returned(self, first, last):
        word = self.source.word(first)
        if first == last and word in ("true", "false"):
            return  # the token's own mutant
        self.force(first, last, "returns true", "returns false")

    def dropped(self, first, end):
        """A call or an assignment that a statement is."""
        tokens, outside, i, assigned, name = self.source.tokens, "", first, False, ""
        while i < end:
            word = tokens[i].text
            if word == "=":
                assigned = True
                break
            if i > first and tokens[i].kind == "word" and tokens[i - 1].kind == "word":
                return  # a declaration
            if word in ("(", "["):
                outside += "()" if word == "(" else "[]"
                name = tokens[i - 1].text if word == "(" and tokens[i - 1].kind == "word" else name
                i = tokens[i].other
            else:
                outside += word
            i += 1
        if not CHAIN.fullmatch(outside) or name in ONLY_SPEED:
            return
        if assigned:
            self.add(first, end, "assignment dropped", "drop")
        elif outside.endswith(")"):
            self.add(first, end, "call dropped", "drop")

    # -- expressions

    def token(self, i):
        token, word = self.source.tokens[i], self.source.word(i)
        if word in ("if", "while") and self.source.word(i + 1) == "(":
            self.condition(word, i + 1)
        elif word in BINDING and self.source.is_binary(i):
            self.binary(i, word)
        elif word in ASSIGNING and self.source.is_binary(i):
            self.assigning(i, word)
        elif word in ("++", "--"):
            self.counted(i, "--" if word == "++" else "++")
        elif word == "?" and self.source.is_binary(i):
            first = self.left(i, -1)
            self.force(first, i - 1, "?: always the first", "?: always the second")
        elif word == "!" and not self.source.is_binary(i):
            self.negation(i)
        elif word in ("true", "false") and self.source.word(i - 1) != "noexcept":
            other = "false" if word == "true" else "true"
            self.add(i, i, f"{word} becomes {other}", "either", other)
        elif word in ("min", "max") and self.source.word(i - 1) == "::" and self.source.word(i - 2) != ">":
            self.extreme(i, "max" if word == "min" else "min")
        elif token.kind == "number":
            self.number(i)

    def condition(self, word, opening):
        tokens, closing = self.source.tokens, self.source.tokens[opening].other
        first = opening + 1
        for k in range(opening + 1, closing):
            if self.source.word(k) == ";" and self.is_outermost(opening, k):
                first = k + 1
        guards = self.source.word(closing + 1) in ("return", "continue", "break", "throw")
        never = "guard deleted" if guards else "condition never holds"
        always = "guard always stops" if guards else "condition always holds"
        equals = [k for k in range(first, closing) if self.source.word(k) == "=" and self.is_outermost(opening, k)]
        if equals:
            name = self.source.word(equals[0] - 1)
            offset = tokens[closing].start
            self.found.append(Mutant(self.file, offset, offset, never, "declared", name, self.source.line(offset)))
            return
        if word == "if":
            self.force(first, closing - 1, always, never)
        else:
            self.add(first, closing - 1, "loop never entered", "false")

    def force(self, first, last, always, never):
        self.forced.add((self.source.tokens[first].start, self.source.tokens[last].end))
        self.add(first, last, always, "true")
        self.add(first, last, never, "false")

    def is_outermost(self, opening, k):
        """Whether `k` stands in the bracket at `opening`, and in none within."""
        i = opening + 1
        while i < k:
            i = self.source.tokens[i].other + 1 if self.source.tokens[i].other > i else i + 1
        return i == k

    def left(self, i, binding):
        """Where the left operand of the operator at `i` begins."""
        tokens = self.source.tokens
        k = i - 1
        while k >= 0:
            word = tokens[k].text
            if word in (")", "]"):
                if word == ")" and self.source.word(tokens[k].other - 1) in CONTROL:
                    return k + 1
                k = tokens[k].other
            elif word == "}":
                opening = tokens[k].other
                is_value = tokens[opening - 1].end == tokens[opening].start or is_lambda(self.source, opening)
                if not is_value:
                    return k + 1
                k = opening
            elif word in ENDS or word in BINDING and self.source.is_binary(k) and BINDING[word] < binding:
                return k + 1
            k -= 1
        return 0

    def right(self, i, binding):
        """Where the right operand of the operator at `i` ends."""
        tokens = self.source.tokens
        k = i + 1
        while k < len(tokens):
            word = tokens[k].text
            if word in ("(", "["):
                k = tokens[k].other
            elif word == "{" and tokens[k - 1].end == tokens[k].start:
                k = tokens[k].other
            elif word in ("?", ":") and binding == -2:
                pass  # an assignment binds less
            elif word in ENDS or word in (")", "]", "}", "{"):
                return k - 1
            elif word in BINDING and self.source.is_binary(k) and BINDING[word] <= binding:
                return k - 1
            k += 1
        return k - 1

    def binary(self, i, word):
        first, last = self.left(i, BINDING[word]), self.right(i, BINDING[word])
        left, right = self.source.flat(first, i - 1), self.source.flat(i + 1, last)
        if not left or not right:
            return
        if word in SWAPS:
            self.add(first, last, f"{word} becomes {SWAPS[word]}", "either", f"{left} {SWAPS[word]} {right}")
        elif word in ("&&", "||"):
            other = "||" if word == "&&" else "&&"
            self.add(first, last, f"{word} becomes {other}", "either", f"({left}) {other} ({right})")
            self.add(first, last, f"left of {word} dropped", "either", f"static_cast<bool>({right})")
            self.add(first, last, f"right of {word} dropped", "either", f"static_cast<bool>({left})")

    def assigning(self, i, word):
        first, last = self.left(i, -1), self.right(i, -2)
        left, right = self.source.flat(first, i - 1), self.source.flat(i + 1, last)
        if left and right:
            self.add(first, last, f"{word} becomes {ASSIGNING[word]}", "either", f"{left} {ASSIGNING[word]} {right}")

    def counted(self, i, other):
        """++x or x++, alone in its statement or its expression."""
        tokens, k = self.source.tokens, i + 1
        if tokens[k].kind != "word" and tokens[k].text != "*":
            return
        while True:
            if tokens[k].kind == "word" or tokens[k].text in (".", "->", "::", "*"):
                k += 1
            elif tokens[k].text in ("(", "["):
                k = tokens[k].other + 1
            else:
                break
        operand = self.source.flat(i + 1, k - 1)
        self.add(i, k - 1, f"{self.source.word(i)} becomes {other}", "either", operand and other + operand)

    def negation(self, i):
        last = self.right(i, 20)
        operand = self.source.flat(i + 1, last)
        self.add(i, last, "! dropped", "either", operand and f"static_cast<bool>({operand})")

    def extreme(self, i, other):
        first = i - 2
        while self.source.word(first - 1) == "::":
            first -= 2
        closing = i + 1
        while self.source.word(closing) not in ("(", ";", ""):
            closing += 1
        if self.source.word(closing) != "(":
            return
        closing = self.source.tokens[closing].other
        before, after = self.source.flat(first, i - 1), self.source.flat(i + 1, closing)
        self.add(first, closing, f"{self.source.word(i)} becomes {other}", "either",
                 before and after and before + other + after)

    def number(self, i):
        word = self.source.word(i)
        digits = re.fullmatch(r"(\d+)(\D\w*)?", word)
        if not digits or word.startswith("0x"):
            return
        value, unit = int(digits.group(1)), digits.group(2) or ""
        for other in ([1] if value == 0 else [value + 1] if value == 1 else [value + 1, value - 1]):
            self.add(i, i, f"{word} becomes {other}{unit}", "either", f"{other}{unit}")


def find(file, text):
    return Finder(file, text).all()

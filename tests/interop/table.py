"""What came out, case by case: a table for the terminal and for docs/interop.md."""
import contextlib
import time

BEGIN, END = "<!-- the table that ./dev interop writes -->\n", "<!-- end of the table -->\n"
HEADINGS = ("IdP", "version", "direction", "case", "result", "ms")
TO_SP, TO_IDP, LOGIN, SIGN_ON = "IdP to SP", "SP to IdP", "login", "sign-on"


class Mismatch(Exception):
    """A case ended otherwise than it should; the text says how."""


def expect(holds, otherwise):
    if not holds:
        raise Mismatch(otherwise)


class Stopwatch:
    """Counts what a case measures: everything, or from start() on, until stop() or its end."""

    def __init__(self):
        self.start()

    def start(self):
        self._begun, self._ended = time.monotonic(), None

    def stop(self):
        self._ended = time.monotonic()

    def milliseconds(self):
        return round(((self._ended or time.monotonic()) - self._begun) * 1000)


class Table:
    def __init__(self):
        self.rows = []

    @contextlib.contextmanager
    def case(self, idp, direction, title):
        """Runs one case. Whatever it raises is its result, and the next case goes on."""
        watch = Stopwatch()
        result = "ok"
        try:
            yield watch
        except Mismatch as problem:
            result = f"FAILED: {problem}"
        except Exception as problem:  # pylint: disable=broad-exception-caught
            result = f"FAILED: {type(problem).__name__}: {problem}"
        self._add(idp, direction, title, result, watch.milliseconds())

    def skip(self, idp, why):
        self._add(idp, "", "all", f"skipped: {why}", 0)

    def fail(self, idp, why):
        """It can't even be set up."""
        self._add(idp, "", "all", f"FAILED: {why}", 0)

    def _add(self, idp, direction, title, result, milliseconds):
        name, version = idp
        row = (name, version, direction, title, " ".join(result.split()), str(milliseconds))
        self.rows.append(row)
        print(f"{row[0]}: {row[2]}: {row[3]}: {row[4]} ({row[5]} ms)", flush=True)

    def failures(self):
        return [row for row in self.rows if row[4].startswith("FAILED")]

    def text(self):
        lines = [HEADINGS, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)

    def write_into(self, file):
        """Replaces what stands between the two marks."""
        before, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            raise RuntimeError(f"{file} has lost the marks around its table")
        lines = [HEADINGS, ("---",) * len(HEADINGS), *self.rows]
        table = "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
        file.write_text(before + BEGIN + "\n" + table + "\n" + END + after, encoding="utf-8")

#!/usr/bin/env python3
"""Tests the generator of ./dev mutants random: which mutants it finds in small sources, and how it writes them."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import cpp_mutants
import judging
import lane
import schemata
import text_mutants
from copy_with_mutants import NUMBERS_OF_A_FILE, ROOT
from mutant import Mutant, count_twins
from places import TEXTS, is_mutated

HERE = pathlib.Path(__file__).resolve().parent


def found(text):
    mutants = count_twins(cpp_mutants.find("a.cpp", text))
    for number, mutant in enumerate(mutants, 1):
        mutant.number = number
    return mutants


def words(text):
    return sorted(f"{text[m.start:m.end]} | {m.kind}" for m in found(text))


class Finding(unittest.TestCase):
    def test_a_guard_is_deleted_and_always_stops(self):
        self.assertEqual(words("void f() {\n    if (a(2U)) return;\n}\n"), [
            "2U | 2U becomes 1U", "2U | 2U becomes 3U", "a(2U) | guard always stops", "a(2U) | guard deleted"])

    def test_operands_end_where_an_operator_binds_less(self):
        self.assertEqual(words("bool f() {\n    const bool x = a + b < c && !d;\n}\n"), [
            "!d | ! dropped", "a + b < c && !d | && becomes ||", "a + b < c && !d | left of && dropped",
            "a + b < c && !d | right of && dropped", "a + b < c | < becomes <=", "a + b | + becomes -"])

    def test_an_assignment_takes_in_all_of_its_right_side(self):
        self.assertEqual(words("void f() {\n    x += a ? b : c;\n}\n"), [
            "a | ?: always the first", "a | ?: always the second", "x += a ? b : c | += becomes -="])

    def test_what_returns_a_bool_returns_both(self):
        self.assertEqual(words("bool S::f() const noexcept {\n    return a == b;\n}\n"), [
            "a == b | returns false", "a == b | returns true"])

    def test_a_condition_that_declares_is_held_off_behind_its_declaration(self):
        text = "void f() {\n    if (const auto* x = g()) h(x);\n}\n"
        self.assertIn("if (const auto* x = g(); slo_mutants::decide(0, 1, x)) if (slo_mutants::is(2)) {} else h(x);",
                      schemata.written(text, found(text))[0])

    def test_calls_and_assignments_are_dropped_but_no_declarations(self):
        self.assertEqual(words("void f() {\n    T x(y);\n    auto z = g();\n    a.b->c(d);\n    e[0].h = i;\n}\n"), [
            "0 | 0 becomes 1", "a.b->c(d); | call dropped", "e[0].h = i; | assignment dropped"])

    def test_smallest_and_largest_are_swapped_where_they_are_functions(self):
        self.assertEqual(words("void f() {\n    x += std::min(a, std::numeric_limits<int>::max());\n}\n"), [
            "std::min(a, std::numeric_limits<int>::max()) | min becomes max",
            "x += std::min(a, std::numeric_limits<int>::max()) | += becomes -="])

    def test_templates_references_and_comments_have_no_operators(self):
        self.assertEqual(words("// a < b\nvoid f(T&& t) {\n    std::vector<X> y = g<Z>(\"a < b\");  // c < d\n}\n"), [])

    def test_constants_types_and_labels_stay(self):
        self.assertEqual(words("constexpr int a = 1;\nenum E { one = 1 };\nstruct S {\n    int x = 1;\n};\nvoid f() {\n"
                               "    constexpr int b = 2;\n    switch (a) {\n        case 3:\n            g();\n    }\n"
                               "    static_assert(a < b);\n}\n"), ["g(); | call dropped"])

    def test_what_only_the_compiler_runs_stays(self):
        text = "constexpr bool f() {\n    return 1 < 2;\n}\nstatic_assert(f());\n"
        self.assertEqual(words(text), [])
        self.assertNotEqual(words(text.replace("static_assert", "const bool b = ")), [])

    def test_twins_in_a_line_have_words_of_their_own(self):
        self.assertEqual([m.words() for m in found("void f() {\n    x = a(true) ? b : c(true);\n}\n") if "true" in m.kind],
                         ["true becomes false", "true becomes false (2)"])


class Texts(unittest.TestCase):
    def found(self, text, language):
        return [(m.kind, m.text) for m in text_mutants.find("a.cpp", text, language)]

    def test_lua_is_mutated_outside_its_comments_and_strings(self):
        self.assertEqual(self.found("auto a = R\"lua(\n-- a < b\nreturn x <= 'y < z'\n)lua\";", "Lua"), [
            ("<= becomes <", "\n-- a < b\nreturn x < 'y < z'\n")])

    def test_sql_loses_its_conditions(self):
        kinds = dict(self.found('auto a = "DELETE FROM t WHERE x = ? AND y <= ?";', "SQL"))
        self.assertEqual(kinds["condition weakened"], "DELETE FROM t WHERE x IS NOT NULL AND y <= ?")
        self.assertEqual(kinds["AND becomes OR"], "DELETE FROM t WHERE x = ? OR y <= ?")


class Writing(unittest.TestCase):
    def test_lines_stay_where_they_are(self):
        text = "void f() {\n    if (a &&\n        b) {\n        g();\n    }\n}\n"
        output, _ = schemata.written(text, found(text))
        self.assertEqual(output.count("\n"), text.count("\n") + schemata.LINES_BEFORE)
        self.assertTrue(output.split("\n")[schemata.LINES_BEFORE + 3].strip().endswith("g();"))

    def test_mutants_that_cross_are_left_out(self):
        first, second = (Mutant("a", *span, "k", "either", "x", "l") for span in ((0, 4), (2, 6)))
        self.assertEqual(schemata.pieces([first, second])[1], [second])

    def test_an_error_of_the_compiler_leads_to_its_mutant(self):
        text = "void f() {\n    x = a + b;\n}\n"
        output, places = schemata.written(text, found(text))
        column = output.split("\n")[schemata.LINES_BEFORE + 1].index("(a - b)") + 1
        self.assertEqual([m.kind for m in schemata.guilty(output, places, 2, column)], ["+ becomes -"])

    @unittest.skipUnless(shutil.which("g++"), "no g++")
    def test_each_mutant_is_active_when_its_number_is(self):
        text = ("#include <cstdio>\nint f(int a, int b) {\n    if (a < b) return 1;\n    return 0;\n}\n"
                "int main() { std::printf(\"%d%d%d\", f(1, 2), f(2, 2), f(3, 2)); }\n")
        mutants = [m for m in found(text) if "f(" not in m.line or "return" in m.line]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "a.cpp").write_text(schemata.written(text, mutants)[0])
            subprocess.run(["g++", "-std=c++20", "-I", str(HERE), "-o", str(path / "a"), str(path / "a.cpp")], check=True)
            said = {m.kind: subprocess.run([path / "a"], env={"SLO_MUTANT": str(m.number)}, capture_output=True,
                                           text=True).stdout for m in mutants if "guard" in m.kind or "<" in m.kind}
            (path / "reached").write_bytes(bytes(judging.MOST_MUTANTS))
            none = subprocess.run([path / "a"], env={"SLO_MUTANTS_REACHED": str(path / "reached")},
                                  capture_output=True, text=True).stdout
            reached = {i for i, octet in enumerate((path / "reached").read_bytes()) if octet}
        self.assertEqual(none, "100")
        self.assertEqual(said, {"guard deleted": "000", "guard always stops": "111", "< becomes <=": "110"})
        self.assertEqual(reached, {m.number for m in mutants})


class Numbers(unittest.TestCase):
    def test_each_file_that_is_mutated_has_its_numbers(self):
        sources = [path.relative_to(ROOT).as_posix() for path in (ROOT / "sp/src").rglob("*")]
        files = sum(map(is_mutated, sources))
        self.assertLessEqual(1 + files * NUMBERS_OF_A_FILE, judging.MOST_MUTANTS)
        shift = re.search(r"most = 1 << (\d+);", (HERE / "slo_mutants.hpp").read_text()).group(1)
        self.assertEqual(1 << int(shift), judging.MOST_MUTANTS)

    def test_each_file_of_texts_is_there(self):
        for file in TEXTS:
            self.assertTrue((ROOT / file).is_file(), file)


class Lane(unittest.TestCase):
    def test_a_seed_always_chooses_the_same(self):
        mutants = [Mutant("a", i, i, str(i), "either", "", "l") for i in range(100)]
        self.assertEqual(lane.chosen(mutants, 7, 10, []), lane.chosen(list(reversed(mutants)), 7, 10, []))
        self.assertNotEqual(lane.chosen(mutants, 7, 10, []), lane.chosen(mutants, 8, 10, []))

    def test_reads_what_is_explained(self):
        text = "# words\n\na.cpp: if (x)\n  guard deleted\n  because one\n    and two\n  guard always stops\n  because 3\n"
        self.assertEqual(lane.read_explanations(text), {("a.cpp: if (x)", "guard deleted"): "one and two",
                                                        ("a.cpp: if (x)", "guard always stops"): "3"})

    def test_every_explanation_has_a_reason(self):
        for key, reason in lane.read_explanations(lane.EXPLAINED.read_text()).items():
            self.assertTrue(all(key) and reason, key)


if __name__ == "__main__":
    sys.exit(unittest.main())

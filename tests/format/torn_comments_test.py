#!/usr/bin/env python3
"""Tests torn_comments.py: which comments it finds in small sources, and which it leaves."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import torn_comments

HERE = pathlib.Path(__file__).resolve().parent
FULL = "/// " + "word " * 21 + "words"  # 114 columns
ROOM = "/// " + "word " * 18 + "words"  # 99 columns


def found(*lines):
    return torn_comments.find("\n".join(lines))


class Found(unittest.TestCase):
    def test_the_end_of_a_comment_behind_code(self):
        self.assertEqual(found("    one,  ///< first", "          ///< second", "    two,  ///< third"), [2])

    def test_each_line_on_which_a_comment_behind_code_goes_on(self):
        self.assertEqual(found("int a = 1;  // first,", "            // second", "            // and third"), [2, 3])

    def test_a_comment_behind_a_text_with_slashes(self):
        self.assertEqual(found('f("https://sp // x");  // first,', "                       // second"), [2])

    def test_a_word_that_had_room(self):
        self.assertEqual(found(ROOM, "/// torn."), [2])

    def test_a_word_that_has_room_when_an_earlier_line_is_filled(self):
        self.assertEqual(found(ROOM, FULL, "/// torn."), [3])

    def test_a_sentence_that_had_no_room_and_has_when_an_earlier_line_is_filled(self):
        self.assertEqual(found(ROOM, FULL + "ly.", "/// Torn off."), [3])

    def test_words_within_a_sentence_though_the_block_needs_all_its_lines(self):
        self.assertEqual(found(FULL + " word", "/// torn words", FULL + " word"), [2])

    def test_words_in_an_indented_comment(self):
        self.assertEqual(found("    // " + "word " * 21 + "w", "    // torn", "    // word word words"), [2])

    def test_what_clang_format_makes_of_a_comment_that_is_too_long(self):
        self.assertEqual(found("// " + "word " * 22 + "wordy", "// -> torn", "// " + "word " * 10 + "words."), [2])


class Left(unittest.TestCase):
    def test_one_comment_behind_each_line(self):
        self.assertEqual(found("    one,  ///< first", "    two,  ///< second"), [])

    def test_a_comment_below_code_and_not_in_the_column_of_the_one_behind_it(self):
        self.assertEqual(found("namespace a {  // first", "// word", "int b;"), [])

    def test_a_block_that_needs_all_its_lines(self):
        self.assertEqual(found(FULL, "/// last words"), [])

    def test_a_block_that_is_short_on_purpose(self):
        self.assertEqual(found("/// Some words", "/// two words"), [])

    def test_a_sentence_on_a_line_of_its_own(self):
        self.assertEqual(found(ROOM + ".", "/// Not thread-safe."), [])

    def test_the_end_of_a_sentence_in_front_of_another(self):
        self.assertEqual(found(FULL, "/// last words.", "/// Errors: " + "word " * 5 + "words"), [])

    def test_a_list(self):
        self.assertEqual(found(ROOM, "/// - item", "/// - item", "/// 1. item"), [])

    def test_another_block_behind_an_empty_line(self):
        self.assertEqual(found(ROOM, "///", "/// two words"), [])

    def test_what_is_indented_within_a_comment(self):
        self.assertEqual(found(ROOM, "///     a = b"), [])

    def test_a_quote_of_a_standard(self):
        self.assertEqual(found(ROOM.replace("///", "//#"), "//# quote"), [])

    def test_a_comment_of_another_kind_below(self):
        self.assertEqual(found(ROOM, "// why"), [])


class Program(unittest.TestCase):
    def run_on(self, text):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a.hpp").write_text(text, encoding="utf-8")
            (pathlib.Path(folder) / "build").mkdir()
            (pathlib.Path(folder) / "build" / "b.hpp").write_text(ROOM + "\n/// torn.\n", encoding="utf-8")
            return subprocess.run([sys.executable, "-B", HERE / "torn_comments.py", folder], capture_output=True,
                                  text=True, check=False)

    def test_it_fails_and_says_where(self):
        run = self.run_on(ROOM + "\n/// torn.\n")
        self.assertEqual(run.returncode, 1)
        self.assertIn("a.hpp:2: clang-format tore this comment off", run.stdout)

    def test_it_is_content_and_reads_nothing_below_build(self):
        run = self.run_on(FULL + "\n")
        self.assertEqual((run.returncode, run.stdout), (0, "1 files, 0 torn comments\n"))


if __name__ == "__main__":
    unittest.main()

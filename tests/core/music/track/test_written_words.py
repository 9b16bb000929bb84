"""Marks in comments and groupings: put in, read back, and nothing else changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.base.text import name_key
from map4.core.music.track.mark_words import as_mark, read_mark
from map4.core.music.track.written_words import comment_with, grouping_with, words_in_comment, words_in_grouping


def test_my_tags_are_written_into_a_comment_and_read_back() -> None:
    cases = [
        ("", False, "/* peak / vocal */"),
        ("bought in Leeds", False, "bought in Leeds /* peak / vocal */"),
        ("8A - 7 /* Vocal */ late", False, "8A - 7 /* Vocal / peak */ late"),
        ("a /* VOCAL / Peak */", False, "a /* VOCAL / Peak */"),
        ("a /*Peak / Vocal*/ b", True, "a /*Peak / Vocal*/ b"),  # it says all this already
        ("a /* Dark / peak */", False, "a /* Dark / peak / vocal */"),
        ("a /* Dark / peak */", True, "a /* peak / vocal */"),
        ("a /* Dark */ b /* peak */ c", False, "a /* Dark / peak / vocal */ b c"),
        ("see /* here", False, "see /* here /* peak / vocal */"),
        ("a */ b", False, "a */ b /* peak / vocal */"),
        ("a /* */", False, "a /* peak / vocal */"),
    ]
    for comment, replaces, expected in cases:
        assert comment_with(comment, ["peak", "vocal"], replaces=replaces) == expected
        assert comment_with(expected, ["peak", "vocal"], replaces=replaces) == expected
    assert comment_with("a /* Dark */ b", [], replaces=True) == "a b"
    assert comment_with("a /* Dark */ b", [], replaces=False) == "a /* Dark */ b"
    assert words_in_grouping("Warm-up; vocal / peak;;vocal") == ["Warm-up", "vocal", "peak"]
    assert grouping_with("Warm-up, late", ["peak"], replaces=False) == "Warm-up, late; peak"
    assert grouping_with("Warm-up / peak", ["PEAK"], replaces=False) == "Warm-up / peak"
    assert grouping_with("Warm-up / peak", ["PEAK"], replaces=True) == "peak"


@given(st.text(max_size=40), st.lists(st.text("aB/*; é,", min_size=1, max_size=8), max_size=4))
def test_marks_are_read_back_from_comments_and_groupings(comment: str, texts: list[str]) -> None:
    marks = list({name_key(mark): mark for text in texts if (mark := as_mark(text))}.values())
    assert [read_mark(mark) for mark in marks] == marks
    keys = {name_key(mark) for mark in marks}
    for replaces in (False, True):
        written = comment_with(comment, marks, replaces=replaces)
        found = {name_key(word) for word in words_in_comment(written)}
        assert found >= keys if not replaces else found == keys
        assert {name_key(word) for word in words_in_grouping(grouping_with("", marks, replaces=replaces))} == keys


def test_separators_are_refused_in_marks_and_replaced_in_names_of_programs() -> None:
    for text in ["a / b", "/", "a /", "/ a", "a /* b", "a; b", "a */"]:
        with pytest.raises(ValueError, match="separates marks"):
            read_mark(text)
    cases = [("Drum & Bass / Jungle", "Drum & Bass/Jungle"), ("AC/DC", "AC/DC"), ("a; b", "a, b"), (" / ", None),
             ("/*x*/", "*x*"), ("x" * 80, "x" * 60), ("one\ntwo", "one two"), ("", None),
             ("x" * 58 + " /y", "x" * 58)]  # fmt: skip
    assert [(text, as_mark(text)) for text, _ in cases] == cases

"""Labels: what is sent is cleaned, what is answered is checked, and what is stored comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.music.track.labels import (
    ERAS,
    FIELD_LENGTH,
    MOODS,
    MOST_TAGS,
    PROMPT_VERSION,
    UNKNOWN,
    Labels,
    checked_labels,
    clean_text,
    era_of_year,
    labels_from_data,
)

GOOD = {"genre": "Electronic", "subgenre": "Deep House", "mood": "dark", "era": "1990s", "tags": ["Vocal"],
        "confidence": 0.9, "notes": "a dub"}  # fmt: skip


def test_fields_are_cleaned() -> None:
    cases = [
        ("  Daft \t\n Punk ", "Daft Punk"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("left\u202eright\u2066", "leftright"),
        ("half \ud800 a letter", "half a letter"),
        ("Cafe\u0301", "Café"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u2028\u200b \ue000", None),
        ("", None),
        (None, None),
        (1998, None),
        ("x" * 5000, "x" * FIELD_LENGTH),
    ]
    assert [(text, clean_text(text)) for text, _ in cases] == cases


@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_whatever_is_sent_can_be_sent(text: str) -> None:
    clean = clean_text(text)
    assert clean is None or 0 < len(clean) <= FIELD_LENGTH
    assert (clean or "").encode("utf-8").decode("utf-8").isprintable() or "\u200c" in text or "\u200d" in text
    assert clean_text(clean) == clean


def test_an_answer_is_checked_against_the_choices() -> None:
    assert checked_labels(GOOD, source="claude", model="m") == Labels(
        genre="Electronic", family="Electronic", subgenre="Deep House", mood="dark", era="1990s", tags=("vocal",),
        confidence=0.9, source="claude", model="m", notes="a dub",
    )  # fmt: skip
    odd = {
        **GOOD,
        "genre": " electronic ",
        "mood": "grumpy",
        "era": "1830s",
        "subgenre": "",
        "confidence": 7,
        "notes": "n/a",
    }
    found = checked_labels(odd, source="claude", model="m")
    assert (found.genre, found.mood, found.era, found.subgenre, found.notes) == ("Electronic", None, None, None, None)
    assert found.confidence == 1.0


def test_an_answer_without_a_genre_or_confidence_is_none() -> None:
    cases = [
        {"genre": "Polka Metal"},
        {"genre": None},
        {"genre": ["Jazz"]},
        {"confidence": "high"},
        {"confidence": True},
        {"confidence": None},
        {"confidence": float("nan")},
        {"confidence": float("inf")},
    ]
    for change in cases:
        assert checked_labels({**GOOD, **change}, source="claude", model="m") is None


def test_unknown_has_no_family_and_no_confidence() -> None:
    found = checked_labels({**GOOD, "genre": UNKNOWN}, source="claude", model="m")
    assert (found.genre, found.family, found.confidence, found.era) == (UNKNOWN, None, 0.0, "1990s")


def test_tags_are_few_short_and_different() -> None:
    tags = ["Vocal", "vocal ", 3, None, "\x07", "x" * 500, *(f"tag {n}" for n in range(50))]
    found = checked_labels({**GOOD, "tags": tags}, source="claude", model="m")
    assert found.tags[:3] == ("vocal", "x" * 40, "tag 0")
    assert len(found.tags) == MOST_TAGS
    no_list = checked_labels({**GOOD, "tags": "vocal"}, source="claude", model="m")
    assert no_list.tags == ()


def test_what_is_stored_comes_back() -> None:
    labels = checked_labels(GOOD, source="claude", model="m")
    assert labels_from_data(labels.to_data()) == labels
    assert labels_from_data(Labels().to_data()) == Labels()
    assert Labels().to_record() == {
        "genre": "Unknown", "family": None, "subgenre": None, "mood": None, "era": None, "tags": [],
        "confidence": 0.0, "source": "keywords", "model": None, "prompt_version": PROMPT_VERSION,
    }  # fmt: skip


def test_stored_labels_that_are_none_are_refused() -> None:
    cases = [
        {"genre": 1},
        {"genre": ""},
        {"tags": "x"},
        {"mood": 3},
        {"confidence": 2},
        {"confidence": "x"},
        {"source": None},
    ]
    for change in cases:
        with pytest.raises((ValueError, TypeError)):
            labels_from_data({**Labels().to_data(), **change})
        with pytest.raises(KeyError):
            labels_from_data({})


def test_eras_are_decades() -> None:
    assert (ERAS[0], ERAS[-1], len(set(ERAS))) == ("1890s", "2020s", 14)
    assert [era_of_year(year) for year in (1989, 1990, 2026, 1685, 2031, None)] == [
        "1980s", "1990s", "2020s", None, None, None,
    ]  # fmt: skip
    assert sorted(MOODS) == list(MOODS)

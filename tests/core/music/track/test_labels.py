"""Labels: what is sent is cleaned, what is answered is checked, and what is stored comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.track.labels import Labels, clean_text


def test_label_fields_are_cleaned_and_eras_are_decades() -> None:
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
        ("x" * 5000, "x" * Labels.MOST_LETTERS),
    ]
    assert [(text, clean_text(text)) for text, _ in cases] == cases
    assert (Labels.ERAS[0], Labels.ERAS[-1], len(set(Labels.ERAS))) == ("1890s", "2020s", 14)
    assert sorted(Labels.MOODS) == list(Labels.MOODS)


@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_cleaned_text_is_printable_utf8(text: str) -> None:
    clean = clean_text(text)
    assert clean is None or 0 < len(clean) <= Labels.MOST_LETTERS
    assert (clean or "").encode("utf-8").decode("utf-8").isprintable() or "\u200c" in text or "\u200d" in text
    assert clean_text(clean) == clean


def test_stored_labels_are_read_back_unchanged() -> None:
    labels = Labels(
        genre="Electronic", family="Electronic", subgenre="Deep House", mood="dark", era="1990s", tags=("vocal",),
        confidence=0.9, source="claude", model="m", notes="a dub",
    )  # fmt: skip
    assert Labels.of_data(labels.to_data()) == labels
    assert Labels.of_data(Labels().to_data()) == Labels()
    assert Labels().to_record() == {
        "genre": "Unknown", "family": None, "subgenre": None, "mood": None, "era": None, "tags": [],
        "confidence": 0.0, "source": "keywords", "model": None, "prompt_version": Labels.PROMPT_VERSION,
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
            Labels.of_data({**Labels().to_data(), **change})
        with pytest.raises(KeyError):
            Labels.of_data({})

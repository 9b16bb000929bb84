"""Lists of wanted tracks: how they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.errors import UsageError
from map4.search.matching.matcher import WantedLine, read_wanted


def test_wanted_lines_are_read_from_lists_and_valid_csv() -> None:
    assert read_wanted("\ufeff# my list\n\nA - B - C\n  title only \n12:30 D\tE\n- F\n") == [
        WantedLine(line=3, text="A - B - C", artist="A", title="B - C"),
        WantedLine(line=4, text="title only", artist=None, title="title only"),
        WantedLine(line=5, text="12:30 D\tE", artist="D", title="E"),
        WantedLine(line=6, text="- F", artist=None, title="- F"),
    ]
    assert read_wanted("") == []
    for delimiter in (",", ";", "\t"):
        rows = [["no", "Title", '"Artist"'], ["1", '"B, or; not"', "A"], ["2", "", "nothing"], ["3", "C", ""]]
        text = "\r\n".join(delimiter.join(row) for row in rows)
        assert [(w.line, w.artist, w.title) for w in read_wanted(text)] == [(2, "A", "B, or; not"), (4, None, "C")]
    for part in [" ", "[", "1. ", "[a] ", "w/ "]:
        assert len(read_wanted(f"1. {part * 30_000}x")) == 1
    with pytest.raises(UsageError, match="NUL"):
        read_wanted("a\0b")
    with pytest.raises(UsageError, match="not valid CSV"):
        read_wanted("artist,title\n" + '"' + "x" * 200_000)


def test_a_pasted_track_list_has_times_numbers_and_labels() -> None:
    text = """
        01. Aurora Field - Northern Lights (Original Mix) [Warp]
        [00:12:30] Aurora Field – Salt Road [WARP 12]
        00:00 - Aurora Field - Copper [Rao Remix]
        4. [01:02:03] Aurora Field - Copper
        w/ Aurora Field - Paper Lanterns
    """
    assert [(wanted.artist, wanted.title) for wanted in read_wanted(text)] == [
        ("Aurora Field", "Northern Lights (Original Mix)"),
        ("Aurora Field", "Salt Road"),
        ("Aurora Field", "Copper [Rao Remix]"),
        ("Aurora Field", "Copper"),
        ("Aurora Field", "Paper Lanterns"),
    ]


def test_columns_of_purchase_lists_of_shops_are_recognised() -> None:
    text = """\n"Track Name","Mix Name","Artists","Label"
"Copper","Rao Remix","Aurora Field, Rao","Warp"
"Salt Road (Dub)","Dub","Aurora Field",
"Title","","Artist",
"""
    assert [(wanted.line, wanted.artist, wanted.title) for wanted in read_wanted(text)] == [
        (3, "Aurora Field, Rao", "Copper (Rao Remix)"),
        (4, "Aurora Field", "Salt Road (Dub)"),
        (5, "Artist", "Title"),
    ]


@given(st.text(max_size=60).filter(lambda text: "\0" not in text))
def test_every_line_is_read_or_skipped(text: str) -> None:
    count = len(text.removeprefix("\ufeff").splitlines())
    assert all(1 <= wanted.line <= count and wanted.title for wanted in read_wanted(text))

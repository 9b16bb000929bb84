"""What other programs say of a track: what of it a track can have."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from clocks import zone
from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from map4.core.base.text import MOST_LETTERS
from map4.core.music.analysis.inside import ROLES
from map4.core.music.plays import PlayCounts, PlayTime
from map4.core.music.track.cues import CuePoint, GridMark, ImportedPhrase, Span
from map4.core.music.track.imported import TEXT_NAMES, ImportedValues

__all__ = ["zone"]


def test_sensible_values_are_taken_and_a_loop_of_zero_length_is_a_cue() -> None:
    values = ImportedValues(
        bpm=128.0,
        rating=0.5,
        play_count=0,
        last_played="2026-01-31T22:15:00Z",
        date_added="2024-02-29",
        title="Velvet ",
        year=1000,
        track_number=1,
        disc_number=2,
        color="#FF007f",
        cues=(CuePoint(position_s=-0.02, number=0), CuePoint(position_s=1.0, kind="loop", length_s=0.001)),
        grid=(GridMark(position_s=-0.01, bpm=1.0, metre=4, beat=1),),
        structure=(ImportedPhrase(start_s=-0.01, end_s=8.0, bars=4, group="a", role="intro", name="Intro 1"),),
        vocals=(Span(start_s=1.0, end_s=2.0),),
    )
    found, lost = values.plausible()
    assert found is values
    assert lost == 0
    values = ImportedValues(cues=(CuePoint(position_s=1.0, kind="loop", length_s=0.0, number=2, name="in"),))
    assert values.plausible() == (ImportedValues(cues=(CuePoint(position_s=1.0, number=2, name="in"),)), 0)


def test_impossible_values_are_dropped_and_counted() -> None:
    cases = [
        {"bpm": 1e-320},
        {"bpm": math.nan},
        {"bpm": math.inf},
        {"rating": 5.5},
        {"rating": 0.0},
        {"play_count": -1},
        {"play_count": 1 << 60},
        {"last_played": "2026-1-31"},
        {"last_played": "999-01-31"},
        {"last_played": "2026-00-31"},
        {"last_played": "2026-01-31T24:00:00"},
        {"date_added": "0000-00-00"},
        {"date_added": "0000-01-01"},
        {"date_added": "2026-01-31 10:00:00"},
        {"year": 99_999_999},
        {"year": 0},
        {"track_number": 0},
        {"disc_number": -1},
        {"disc_number": 1 << 80},
        {"color": "red"},
        {"cues": (CuePoint(position_s=1e300),)},
        {"cues": (CuePoint(position_s=math.nan),)},
        {"cues": (CuePoint(position_s=1.0, kind="loop", length_s=math.inf),)},
        {"cues": (CuePoint(position_s=1.0, number=-1),)},
        {"cues": (CuePoint(position_s=1.0, color="0xff0000"),)},
        {"grid": (GridMark(position_s=0.0, bpm=1e-320),)},
        {"grid": (GridMark(position_s=-math.inf, bpm=120.0),)},
        {"grid": (GridMark(position_s=0.0, bpm=120.0, metre=0),)},
        {"structure": (ImportedPhrase(start_s=2.0, end_s=2.0),)},
        {"structure": (ImportedPhrase(start_s=0.0, end_s=math.inf),)},
        {"structure": (ImportedPhrase(start_s=0.0, end_s=1.0, group="ä"),)},
        {"structure": (ImportedPhrase(start_s=0.0, end_s=1.0, role="verse"),)},  # type: ignore[arg-type]
        {"structure": (ImportedPhrase(start_s=0.0, end_s=1.0, bars=-1),)},
        {"vocals": (Span(start_s=math.nan, end_s=1.0),)},
        {"vocals": (Span(start_s=3.0, end_s=1.0),)},
    ]
    for wrong in cases:
        assert ImportedValues(comment="kept", **wrong).plausible() == (ImportedValues(comment="kept"), 1)


@pytest.mark.parametrize("name", TEXT_NAMES)
def test_cleaned_imported_texts_do_not_count_as_lost(name: str) -> None:
    def checked_text(text: str) -> str | None:
        found, lost = ImportedValues(**{name: text}).plausible()  # type: ignore[arg-type]
        assert lost == 0
        found_text: str | None = getattr(found, name)
        return found_text

    assert checked_text("x" * 10_000_000) == "x" * MOST_LETTERS
    assert checked_text("a\x00b\nc\ud800") == "ab c\ufffd"
    assert checked_text(" Velvet  ") == " Velvet  "  # blanks at the ends are that program's business
    assert checked_text("") is None
    assert checked_text(" \t") is None
    assert checked_text("Ágætis".encode().decode("latin-1")) == "Ã␁gÃ¦tis"


def test_positions_are_moved_together() -> None:
    values = ImportedValues(
        title="Velvet",
        cues=(CuePoint(position_s=1.0),),
        grid=(GridMark(position_s=0.5, bpm=120.0),),
        structure=(ImportedPhrase(start_s=0.5, end_s=8.5, name="Verse 2"),),
        vocals=(Span(start_s=2.0, end_s=3.0),),
    )
    assert values.shifted(-0.25) == ImportedValues(
        title="Velvet",
        cues=(CuePoint(position_s=0.75),),
        grid=(GridMark(position_s=0.25, bpm=120.0),),
        structure=(ImportedPhrase(start_s=0.25, end_s=8.25, name="Verse 2"),),
        vocals=(Span(start_s=1.75, end_s=2.75),),
    )


def test_local_times_become_utc_days_stay_and_both_are_compared(zone: Callable[[str], None]) -> None:
    zone("America/New_York")
    values = ImportedValues(last_played="2026-01-31T22:15:00", date_added="2026-01-31")
    assert values.plausible() == (replace(values, last_played="2026-02-01T03:15:00Z"), 0)
    zone("Asia/Tokyo")  # the day begins at 15:00 in UTC
    day, before, after = "2026-02-01", "2026-01-31T14:00:00Z", "2026-01-31T20:00:00Z"
    assert [PlayCounts.last_played_of(day, PlayTime.seconds(moment)) for moment in (before, after)] == [day, after]
    for times, first in (((after, day), day), ((day, before), before)):
        assert ImportedValues.merged([ImportedValues(date_added=time) for time in times]).date_added == first
    assert PlayTime.local("0001-01-01") == "0001-01-01"


def test_imported_values_are_merged_with_spelling_and_phrases() -> None:
    first = ImportedValues(artist="Nadia", date_added="2024-05-01T10:00:00Z", year=2020)
    second = ImportedValues(artist="Vellum", date_added="2019-03-02", genre="House")
    assert ImportedValues.merged([first, second]) == ImportedValues(
        artist="Nadia", date_added="2019-03-02", year=2020, genre="House"
    )
    assert ImportedValues(title="Ã\x81").plausible()[0].written == ()
    first, _ = ImportedValues(title="A\nB").plausible()
    second, _ = ImportedValues(title="other\nname", comment="x\ny").plausible()
    merged = ImportedValues.merged([ImportedValues(title="plain"), second])
    assert (merged.title, merged.comment, merged.written) == ("plain", "x y", (("comment", "x\ny"),))
    assert ImportedValues.merged([first, second]).written == (("title", "A\nB"), ("comment", "x\ny"))
    assert ImportedValues().to_record()["structure"] is None
    values = ImportedValues(structure=(ImportedPhrase(start_s=0.0, end_s=8.0, role="intro", name="Intro"),))
    assert values.to_record()["structure"] == {
        "phrases": [
            {"start_s": 0.0, "end_s": 8.0, "bars": None, "group": None, "role": "intro", "name": "Intro"}
            | {"energy": None, "confidence": None}
        ],
        "confidence": None,
    }
    old = {"bpm": 128.0, "key": "8A", "last_played": "2026-01-31", "comment": "x", "cues": [{"position_s": 1.0}]}
    assert ImportedValues.from_data(old).title is None


_texts = st.sampled_from([None, "Velvet ", "Öl", '"<&>', "\U0001f3b5", "x" * MOST_LETTERS])
_seconds = st.floats(-10.0, 1e5).map(lambda value: round(value, 6))
_moments = (
    st.none()
    | st.dates(date(1990, 1, 1), date(2026, 1, 1)).map(date.isoformat)
    | st.integers(631_152_000, 1_767_225_600).map(PlayTime.utc)
)
_phrases = st.builds(
    lambda start_s, **more: ImportedPhrase(start_s=start_s, end_s=start_s + 1.0, **more),
    start_s=_seconds,
    bars=st.none() | st.integers(0, 64),
    group=st.none() | st.sampled_from("ABz"),
    role=st.none() | st.sampled_from(ROLES),
    name=_texts,
)


@settings(max_examples=examples(40))
@given(
    values=st.builds(
        ImportedValues,
        **dict.fromkeys(TEXT_NAMES, _texts),
        year=st.none() | st.integers(1000, 9999),
        track_number=st.none() | st.integers(1, 999),
        disc_number=st.none() | st.integers(1, 99),
        date_added=_moments,
        last_played=_moments,
        structure=st.lists(_phrases, max_size=3).map(tuple),
        vocals=st.lists(_seconds.map(lambda at_s: Span(start_s=at_s, end_s=at_s + 0.5)), max_size=3).map(tuple),
    )
)
def test_stored_values_are_read_back_unchanged(values: ImportedValues) -> None:
    assert values.plausible() == (values, 0)
    assert ImportedValues.from_data(json.loads(json.dumps(values.to_data()))) == values

"""What other programs say of a track: what of it a track can have."""

from __future__ import annotations

import math
from typing import Any

import pytest

from map4.domain.cues import CuePoint, GridMark
from map4.domain.imported import ImportedValues, sound_values


def test_sensible_values_are_taken_as_they_are() -> None:
    values = ImportedValues(
        bpm=128.0,
        rating=0.5,
        play_count=0,
        last_played="2026-01-31T22:15:00",
        color="#FF007f",
        cues=(CuePoint(position_s=-0.02, number=0), CuePoint(position_s=1.0, kind="loop", length_s=0.001)),
        grid=(GridMark(position_s=-0.01, bpm=1.0, metre=4, beat=1),),
    )
    found, lost = sound_values(values)
    assert found is values
    assert lost == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"bpm": 1e-320},
        {"bpm": math.nan},
        {"bpm": math.inf},
        {"rating": 5.5},
        {"rating": 0.0},
        {"play_count": -1},
        {"play_count": 1 << 60},
        {"last_played": "2026-1-31"},
        {"last_played": "999-01-31"},
        {"color": "red"},
        {"cues": (CuePoint(position_s=1e300),)},
        {"cues": (CuePoint(position_s=math.nan),)},
        {"cues": (CuePoint(position_s=1.0, kind="loop", length_s=math.inf),)},
        {"cues": (CuePoint(position_s=1.0, number=-1),)},
        {"cues": (CuePoint(position_s=1.0, color="0xff0000"),)},
        {"grid": (GridMark(position_s=0.0, bpm=1e-320),)},
        {"grid": (GridMark(position_s=-math.inf, bpm=120.0),)},
        {"grid": (GridMark(position_s=0.0, bpm=120.0, metre=0),)},
    ],
)
def test_what_no_track_can_have_is_left_out_and_counted(wrong: dict[str, Any]) -> None:
    assert sound_values(ImportedValues(comment="kept", **wrong)) == (ImportedValues(comment="kept"), 1)


def test_a_loop_of_no_length_is_a_cue() -> None:
    values = ImportedValues(cues=(CuePoint(position_s=1.0, kind="loop", length_s=0.0, number=2, name="in"),))
    assert sound_values(values) == (ImportedValues(cues=(CuePoint(position_s=1.0, number=2, name="in"),)), 0)

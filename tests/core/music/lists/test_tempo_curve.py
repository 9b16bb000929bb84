"""Tempo curves: how they are written, and where a list leaves one."""

from dataclasses import replace

import pytest
from made_tracks import made_track

from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.tempo_curve import TempoCurve
from map4.core.music.lists.tracklist import tempo_lines, tempo_misses
from map4.errors import UsageError


def test_curve_is_linear_between_points_and_missed_tenths_are_named() -> None:
    curve = TempoCurve.parse(" 5:100, 65.5:130.5 ")
    assert curve.text == "5:100,65.5:130.5"
    assert TempoCurve.parse(curve.text) == curve == TempoCurve.of_options({"tempo_curve": curve.text})
    assert [curve.at(60 * minute) for minute in (0, 5, 35.25, 65.5, 200)] == [100, 100, 115.25, 130.5, 130.5]
    assert _misses("0:100,20:120", 102, 106, 110, 114, 118) == ()
    assert _misses("0:100,20:120", 102, 106, 120, 114, None) == (
        "9:00: 109.0 BPM wanted, track 3 has 120.0: track 2 has it",
        "11:00: 111.0 BPM wanted, track 3 has 120.0: track 4 has it",
        "17:00: 117.0 BPM wanted, track 5 has unknown: track 3 has it",
        "19:00: 119.0 BPM wanted, track 5 has unknown: track 3 has it",
    )
    # The tenths' middles are met, but not where the list begins, nor where its first track and its last end.
    assert _misses("0:100,4:108,20:108", 104, 108, 108, 108, 108) == (
        "0:00: 100.0 BPM wanted, track 1 has 104.0: the curve moves on meanwhile",
        "4:00: 108.0 BPM wanted, track 1 has 104.0: the curve moves on meanwhile",
    )
    assert _misses("0:100,20:120", 102, 106, 110, 114, 116.3) == (
        "20:00: 120.0 BPM wanted, track 5 has 116.3: the curve moves on meanwhile",
    )
    assert tempo_lines(("where", "where")) == ["within 3 % of the tempo curve in 8 of 10 tenths", "where"]
    assert _misses("0:100,20:200", 110, 130, 150, 170, 190)[0].endswith("the curve moves on meanwhile")
    assert len(_misses("0:100,20:120", 51, 53, 110, 228, 118)) == 6
    assert _misses("0:100,20:120", 51, 53, 110, 228, 118, policy="creative") == ()
    assert _misses("0:140", 102)[0] == "0:12: 140.0 BPM wanted, track 1 has 102.0: no track of the list has it"
    assert tempo_misses(ListHeader(), (), ()) is None


@pytest.mark.parametrize(
    "text", ["", "100", "0:20", "0:331", "0:100,0:120", "9:100,5:90", "0:100,60", "0:nan", "-1:100"]
)
def test_texts_that_are_no_tempo_curve_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="tempo curve"):
        TempoCurve.parse(text)
    assert TempoCurve.of_options({"tempo_curve": text}) is None
    assert TempoCurve.of_options({}) is None


def _misses(curve: str, *tempi: float | None, policy: str = "flexible") -> tuple[str, ...]:
    """The misses of a list of tracks of four minutes."""
    made = [made_track(f"{place}.mp3", bpm) for place, bpm in enumerate(tempi)]
    tracks = [replace(track, analysis=track.analysis and replace(track.analysis, duration_s=240.0)) for track in made]
    header = ListHeader(options={"tempo_curve": curve, "policy": policy})
    misses = tempo_misses(header, tracks, [ListedPick()] * len(tracks))
    assert misses is not None
    return misses

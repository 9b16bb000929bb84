"""Places in a track: times, bars, and cue points by their kind or name."""

import pytest

from map4.core.music.analysis.analysis import Analysis
from map4.core.music.analysis.inside import Bars, DetectedCue, Metre
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.plays.part.listening import place_in_track

TRACK = Track(
    path="/a",
    state="ok",
    analysis=Analysis(
        duration_s=4000.0,
        bars=Bars(downbeats_s=(0.5, 2.5, 4.5), confidence=0.9, metre=Metre(beats_per_bar=4, confidence=0.9)),
        detected_cues=(
            DetectedCue(kind="mix_in", position_s=4.5, reason="", confidence=0.9),
            DetectedCue(kind="drop", position_s=60.0, reason="", confidence=0.9),
            DetectedCue(kind="drop", position_s=120.0, reason="", confidence=0.9),
        ),
    ),
    imported=ImportedValues(cues=(CuePoint(position_s=200.0, kind="cue", name="Vocal: los!"),)),
)
BARE = Track(path="/a", state="pending")


def test_places_are_resolved_to_seconds_or_refused() -> None:
    cases = [
        ("1:23", 83.0), ("1:02:03.5", 3723.5), ("83", 83.0), ("83.5s", 83.5), ("0", 0.0), ("bar 3", 4.5),
        ("BAR:1", 0.5), ("drop", 60.0), ("Drop 2", 120.0), ("mix-in", 4.5), ("mix_in", 4.5), ("vocal los", 200.0),
    ]  # fmt: skip
    assert [(place, place_in_track(TRACK, place)) for place, _ in cases] == cases
    cases = [
        (TRACK, "4000", "after the end", UsageError),
        (TRACK, "bar 4", "bars 1 to 3", NothingFoundError),
        (TRACK, "bar 0", "bars 1 to 3", NothingFoundError),
        (TRACK, "drap", "did you mean drop", NothingFoundError),
        (TRACK, "xyz", "there are mix in, drop, drop 2, vocal los", NothingFoundError),
        (BARE, "drop", "no cue points", NothingFoundError),
        (BARE, "bar 1", "bars of this track are not known", NothingFoundError),
    ]
    for track, place, message, kind in cases:
        with pytest.raises(kind, match=message):
            place_in_track(track, place)
    assert place_in_track(BARE, "1:23") == 83.0

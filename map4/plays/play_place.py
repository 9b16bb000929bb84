"""Where to begin to play a track: a time, a bar, or a cue point by its kind or name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from map4.core.base.near_names import did_you_mean
from map4.core.base.text import read_clock, words_of
from map4.core.music.track.track import Track
from map4.core.music.track.track_cues import meaning_of
from map4.errors import NothingFoundError, UsageError

PLACE_EXAMPLES = "drop, mix-in, 1:23, 90s or 'bar 33'"

_BAR = re.compile(r"bar[\s:]*(\d{1,6})", re.IGNORECASE)


def place_in_track(track: Track, place: str) -> float:
    """Where a place is, in seconds.

    track: with its bars, for a place by its bar
    place: "1:23", "1:02:03", "83", "83.5s"; "bar 33"; a kind of cue point ("drop", "mix-in", "break", "mix-out",
        "outro", "first-beat") or its name: the first of them
    """
    text = place.strip()
    if (seconds := read_clock(text)) is not None:
        return _checked_place(track, seconds, place)
    if bar := _BAR.fullmatch(text):
        return _bar(track, int(bar[1]))
    return _cue(track, text)


def _checked_place(track: Track, seconds: float, place: str) -> float:
    length_s = track.analysis.duration_s if track.analysis else None
    if length_s is not None and seconds >= length_s:
        raise UsageError(f"{place} is after the end of the track, which is {length_s:.1f} s long")
    return seconds


def _bar(track: Track, number: int) -> float:
    bars = track.analysis.bars if track.analysis else None
    if bars is None or not bars.downbeats_s:
        raise NothingFoundError(f"the bars of this track are not known; begin at a time: {PLACE_EXAMPLES}")
    if not 1 <= number <= len(bars.downbeats_s):
        raise NothingFoundError(f"there is no bar {number}; the track has bars 1 to {len(bars.downbeats_s)}")
    return bars.downbeats_s[number - 1]


def _cue(track: Track, text: str) -> float:
    names = dict(_cue_names(track))
    wanted = words_of(text)
    if wanted in names:
        return max(0.0, names[wanted])
    if not names:
        raise NothingFoundError(
            f"there is no '{text}': this track has no cue points; begin at a time, such as 1:23, or 'bar 33'"
        )
    shown = sorted(names, key=lambda name: names[name])
    raise NothingFoundError(f"this track has no '{text}'; {did_you_mean(wanted, shown)}")


def _cue_names(track: Track) -> Iterator[tuple[str, float]]:
    """Names of cue points, as words; of two with one name the first counts."""
    for cue in reversed(track.cues()):
        kinds = {cue.kind} if cue.kind else meaning_of(cue.point)
        for name in (cue.point.name or "", *(kind.replace("_", " ") for kind in sorted(kinds))):
            if words_of(name):
                yield words_of(name), cue.point.position_s

"""Segues: a track and the next of its album, if the sound goes on across the border."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from map4.core.music.album import Segue
from map4.core.music.mixing.mix_plan import MixPlace, MixPlan
from map4.core.music.track.track import Track
from map4.errors import FileError
from map4.transitions.planning.plan import CUT_S

if TYPE_CHECKING:
    from map4.core.dsp.sound.segue import TrackEnds

MOST_MEASURED = 100
"""Files of a list whose ends are decoded if a scan did not compare them, some 10 ms each."""


def segue_of(a: Track, b: Track) -> Segue | None:
    """How the sound of A goes on in B; None if it does not, or B is not the next track of the album.

    Pairs that the library does not know are compared here, and not stored.
    """
    place = a.album_place()
    if place is None or b.audio_id is None or b.album_place() != place.beside(1):
        return None
    if b.audio_id in a.segues:
        return a.segues[b.audio_id]
    try:
        return _compared(_file(a), _file(b))
    except FileError:
        return None


def segues_among(tracks: Sequence[Track]) -> dict[int, int]:
    """The tracks that go on in another track of a list: its place by the place of the first, both from 0."""
    places = {place: number for number, track in enumerate(tracks) if (place := track.album_place()) is not None}
    following, measured = dict[int, int](), 0
    for place, number in places.items():
        after = places.get(place.beside(1))
        if after is None:
            continue
        measured += tracks[after].audio_id not in tracks[number].segues
        if measured <= MOST_MEASURED and segue_of(tracks[number], tracks[after]) is not None:
            following[number] = after
    return following


def segue_plan(a: Track, b: Track) -> MixPlan | None:
    """The plan of a segue: B begins where A ends; None if the sound does not go on."""
    segue = segue_of(a, b)
    if segue is None:
        return None
    leave, enter = (
        MixPlace(at_s=at_s, until_s=at_s + CUT_S, beat=1, bar=None, why=SEGUE_REASON)
        for at_s in (segue.leave_s, segue.enter_s)
    )
    return MixPlan(
        leave=leave,
        enter=enter,
        beats=1,
        bars=None,
        bpm=a.bpm() or b.bpm() or _UNKNOWN_BPM,
        speed=1.0,
        folded=None,
        bass_swap_beat=1,
        bass_swap_at_s=leave.at_s,
        confidence=1.0,
        kind="segue",
    )


SEGUE_REASON = "the sound goes on"
_UNKNOWN_BPM = 60.0  # plans have a tempo

_File = tuple[str, str | None, float]


def _file(track: Track) -> _File:
    return track.path, track.audio_id, track.length_s or 0.0


@lru_cache(10_000)
def _compared(a: _File, b: _File) -> Segue | None:
    return _ends(a).segue_to(_ends(b))


@lru_cache(MOST_MEASURED)
def _ends(file: _File) -> TrackEnds:
    from map4.core.audio.ends import read_ends  # many lists have no neighbours, and need no decoder

    path, _, length_s = file
    return read_ends(path, length_s)

"""Segues: a track and the next of its album, if the sound goes on across the border."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from map4.core.base.text import counted
from map4.core.music.album import Segue
from map4.core.music.mixing.mix_plan import MixPlace, MixPlan
from map4.core.music.track.track import Track
from map4.errors import FileError

if TYPE_CHECKING:
    from map4.core.dsp.sound.segue import TrackEnds

MOST_COMPARED = 100
"""Pairs of a list whose ends are decoded if a scan did not compare them, some 20 ms each."""


class Segues:
    """The segues in a list.

    Pairs that the library does not know are compared at the first request, up to `MOST_COMPARED`, and not
    stored; the others count as no segues.
    """

    def __init__(self) -> None:
        self._compared: dict[tuple[_File, _File], Segue | None] = {}

    def between(self, a: Track, b: Track) -> Segue | None:
        """How the sound of A goes on in B; None if it does not, or B is not the next track of the album."""
        place = a.album_place()
        if place is None or b.audio_id is None or b.album_place() != place.beside(1):
            return None
        if b.audio_id in a.segues:
            return a.segues[b.audio_id]
        pair = _file(a), _file(b)
        if pair not in self._compared:
            is_next = len(self._compared) < MOST_COMPARED
            self._compared[pair] = _compared(*pair) if is_next else None
        return self._compared[pair]

    def among(self, tracks: Sequence[Track]) -> dict[int, int]:
        """The tracks that go on in another track of a list: its place by the place of the first, both from 0."""
        places = {place: number for number, track in enumerate(tracks) if (place := track.album_place()) is not None}
        nexts = ((number, places.get(place.beside(1))) for place, number in places.items())
        return {
            number: after
            for number, after in nexts
            if after is not None and self.between(tracks[number], tracks[after]) is not None
        }

    def plan(self, a: Track, b: Track) -> MixPlan | None:
        """The plan of a segue: B begins where A ends; None if the sound does not go on."""
        segue = self.between(a, b)
        return None if segue is None else _plan(a, b, segue)

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence on the pairs that were not compared, if there are any."""
        left = len(self._compared) - MOST_COMPARED
        text = f"{counted(left, 'more pair')} of neighbours may be segues; a new analysis compares them"
        return (text,) if left > 0 else ()


def _plan(a: Track, b: Track, segue: Segue) -> MixPlan:
    leave, enter = (
        MixPlace(at_s=at_s, until_s=at_s + MixPlan.CUT_S, beat=1, bar=None, why=SEGUE_REASON)
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
    try:
        return _ends(a).segue_to(_ends(b))
    except FileError:
        return None


@lru_cache(MOST_COMPARED)
def _ends(file: _File) -> TrackEnds:
    from map4.core.audio.ends import read_ends  # many lists have no neighbours, and need no decoder

    path, _, length_s = file
    return read_ends(path, length_s)

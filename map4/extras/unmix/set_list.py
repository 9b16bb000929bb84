"""Convert the track list of a set to a list of the library, with times and mixes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from map4.core.base.text import utc_text
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListedPick, ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import compare_mix, mix_traits
from map4.core.music.mixing.mix_plan import MixPlace, MixPlan
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.extras.unmix.records import Passage, Unmixed

UNMIX = "unmix"
"""Source format of such a list, as for lists of DJ programs."""
_PLAYED = "as it was played"
_BEATS_A_BAR = 4


def set_list(
    unmixed: Unmixed, tracks: Mapping[str, Track], *, name: str | None = None, began: datetime | None = None
) -> Tracklist:
    """Return the known tracks as a list.

    tracks: library tracks by path
    began: when the recording began; None omits the time of each track
    """
    known = unmixed.known()
    set_tracks = [_track(passage, tracks) for passage in known]
    picks = [ListedPick(played_at=_played_at(passage, began)) for passage in known]
    follows = {id(after): before for before, after in pairwise(unmixed.tracks) if before.track and after.track}
    for place, passage in enumerate(known):
        before = follows.get(id(passage))
        if before is None:  # the first track, or after an unknown passage
            continue
        a, b = (mix_traits(track) for track in set_tracks[place - 1 : place + 1])
        plan = _plan(before, passage, a.bpm)
        picks[place] = replace(picks[place], transition=compare_mix(a, b), plan=plan)
    imported = ImportedList(format=UNMIX, place=ImportedPlace(folders=(), name=name or ""), is_history=True)
    return Tracklist(tracks=set_tracks, name=name, picks=picks, header=ListHeader(imported=imported))


def _track(passage: Passage, tracks: Mapping[str, Track]) -> Track:
    played = passage.track
    assert played is not None
    gone = Tags(artist=played.artist, title=played.title)
    return tracks.get(played.path) or Track(path=played.path, state="missing", audio_id=played.audio_id, tags=gone)


def _played_at(passage: Passage, began: datetime | None) -> str | None:
    return None if began is None else utc_text((began + timedelta(seconds=passage.start_s)).astimezone(UTC))


def _plan(a: Passage, b: Passage, bpm: float | None) -> MixPlan | None:
    """How B was mixed into A, in the times of both; None for cuts or if the tempo of A is unknown."""
    overlap_s = a.end_s - b.start_s
    if bpm is None or a.mix is None or a.mix.kind == "cut" or overlap_s <= 0.0:
        return None
    if a.speed is None or b.speed is None or a.track_end_s is None or b.track_start_s is None:
        return None
    lasts_s = min(overlap_s * a.speed, a.track_end_s)
    leave_s, beats_a_s = a.track_end_s - lasts_s, bpm / 60.0
    beats = max(1, round(lasts_s * beats_a_s))
    swap_s = min(max((a.mix.at_s - b.start_s) * a.speed, 0.0), lasts_s)
    return MixPlan(
        leave=MixPlace(at_s=leave_s, until_s=a.track_end_s, beat=1 + round(leave_s * beats_a_s), bar=None, why=_PLAYED),
        enter=MixPlace(
            at_s=b.track_start_s,
            until_s=b.track_start_s + overlap_s * b.speed,
            beat=1 + round(b.track_start_s * beats_a_s * a.speed / b.speed),
            bar=None,
            why=_PLAYED,
        ),
        beats=beats,
        bars=max(1, round(beats / _BEATS_A_BAR)) if a.mix.bars else None,
        bpm=bpm,
        speed=b.speed / a.speed,
        folded=None,
        bass_swap_beat=max(1, round(swap_s * beats_a_s)),
        bass_swap_at_s=leave_s + swap_s,
        confidence=min(a.certainty or 0.0, b.certainty or 0.0),
    )

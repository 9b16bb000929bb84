"""Cue points for the other copies of a recording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.own_marks import marks_from_data, marks_to_data
from map4.core.music.track.track import Track
from map4.core.music.track.user_values import ValueChange
from map4.core.store.sql_store import Store
from map4.duplicates.store.copies import SqlCopies
from map4.imports import sound_of
from map4.values import plan_value

_COARSE = "its beats can't be aligned with those of the other copy; set its cue points by hand"


def cues_of_copies(
    store: Store, tracks: Sequence[Track], cues: Sequence[Mapping[str, Any]] | None
) -> Iterator[ValueChange]:
    """Plan to replace cue points of other copies: by those of the tracks, or `cues`, moved to where a copy begins."""
    planned = {track.audio_id for track in tracks}
    alike = store.part(SqlCopies).alike.pairs(at_once=True)
    # Files with the same audio share their cue points.
    for track in {track.audio_id: track for track in tracks}.values():
        marks: Any = track.set_cues() if cues is None else marks_from_data("cues", cues)
        if track.audio_id is None or not marks or (own := sound_of(store, track.audio_id)) is None:
            continue
        pairs = [(pair.first, pair.second) for pair in alike if track.audio_id in (pair.first, pair.second)]
        files = store.addresses.files_of({audio_id for pair in pairs for audio_id in pair} - planned)
        for copy in store.tracks.tracks_by_id([found[0][0] for found in files.values()]):
            other = sound_of(store, copy.audio_id or "")
            offset = own.offset(other) if other else None
            if offset is None:  # similar, but not the same recording
                continue
            planned.add(copy.audio_id)  # a copy of two tracks is planned once
            shifted = ImportedValues(cues=marks).shifted(offset.offset_s).cues
            if moved := [cue for cue in shifted if 0 <= cue.position_s <= copy.end_s()]:
                change = plan_value(copy, "cues", marks_to_data(moved))
                yield change if offset.is_fine else replace(change, problem=_COARSE)

"""Cue points in Serato's tags of the music: each on one of eight buttons."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from map4.core.base.path_maps import as_file_name
from map4.core.base.paths import display_path
from map4.core.music.track.cues import KIND_NAMES, CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.extras.move.source import ReadLibrary
from map4.tags import TagsPart

_BUTTONS = 8
Music = Mapping[str, ImportedValues]
"""Values in the tags of the music, by path."""


def write_cues(source: ReadLibrary, music: Music, tags: TagsPart, *, force: bool) -> tuple[str | None, list[str]]:
    """Write cue points into the tags of the music; returns the journal, and why files were skipped."""
    journal, refused = None, list[str]()
    for done in tags.write_serato(_wanted(source, music, force=force)):
        journal = done.journal or journal
        if done.problem is not None:
            refused.append(f"{display_path(done.path)} {done.problem}; its cue points were not written")
    return journal, refused


def tags_with_cues(source: ReadLibrary, music: Music, *, force: bool) -> Music:
    """Return the tags of the music as after `write_cues`."""
    after = dict(music)
    for path, cues in _wanted(source, music, force=force).items():
        if os.path.isfile(as_file_name(path)):
            taken = {cue.number for cue in cues}
            others = [cue for cue in music[path].cues if cue.kind == "loop" or cue.number not in taken]
            after[path] = replace(music[path], cues=(*others, *cues))
    return after


def _wanted(source: ReadLibrary, music: Music, *, force: bool) -> dict[str, list[CuePoint]]:
    """Return the cue points to write, by path.

    force: also on taken buttons
    """
    wanted = dict[str, list[CuePoint]]()
    for track in source.tracks:
        if track.path is not None:
            present = () if force else music[track.path].cues
            taken = {cue.number for cue in present if cue.kind != "loop"}
            if cues := [cue for cue in _place_on_buttons(track.values.cues) if cue.number not in taken]:
                wanted[track.path] = cues
    return wanted


def _place_on_buttons(cues: Sequence[CuePoint]) -> Iterator[CuePoint]:
    """Yield cue points on their buttons: hot cues keep theirs, others get free ones as far as there are."""
    points = [cue for cue in cues if cue.kind != "loop"]
    own = dict[int, CuePoint]()
    for cue in points:
        if cue.number is not None and cue.number < _BUTTONS:
            own.setdefault(cue.number, cue)
    free = iter([number for number in range(_BUTTONS) if number not in own])
    for cue in points:
        number = cue.number if cue.number is not None and own.get(cue.number) is cue else next(free, None)
        if number is not None:
            name = cue.name or KIND_NAMES.get(cue.kind)
            yield replace(cue, kind="cue", number=number, name=name, position_s=max(cue.position_s, 0.0))

"""The user's and detected cue points for Serato, which stores them in the music files."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from map4.core.audio.tags.changes import SlotValue, TagSlot
from map4.core.audio.tags.program_fields import read_program_fields
from map4.core.base.text import clock, counted
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track, UserValues
from map4.core.music.track.track_cues import TrackCue, cues_to_write
from map4.errors import FileError
from map4.formats import CUE_COLORS, UNREADABLE_MARKERS, BeatGrid, Family, values_of_tags, with_cues
from map4.tags.options import TagOptions
from map4.tags.tagging import FieldPlan

# By the names of `map4.core.audio.magic`; Serato stores nothing in other kinds of files.
_FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("", "mpeg", "wav", "aiff"), "id3"),
    **dict.fromkeys(("flac", "mp4"), "envelope"),
    "ogg": "ogg",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeratoPlan:
    """The plan for the cue points of a file, and the tags to write."""

    plan: FieldPlan
    slots: dict[TagSlot, SlotValue] = field(default_factory=dict)


def plan_serato_cues(track: Track, container: str, options: TagOptions) -> SeratoPlan:
    """Put cue points set in map4 on their buttons, and detected ones on the buttons that are then free in the file.

    Cue points in the file, and imports from other programs, belong to the user: none is set near them, nor one that
    marks the same.
    """
    family = _FAMILIES.get(container)
    if family is None or track.analysis is None:
        return SeratoPlan(plan=FieldPlan(name="serato_cues", state="unknown"))
    fields, left_out = read_program_fields(track.path, "serato"), Counter[str]()
    values = values_of_tags(track.path, fields, left_out)
    if left_out[UNREADABLE_MARKERS]:
        return _unreadable(options)
    old = counted(len(values.cues), "cue point", "cue points") if values.cues else None
    plan = FieldPlan(name="serato_cues", state="unknown", old=old)
    own = _own(track, values)
    if not track.analysis.detected_cues and not own:
        return SeratoPlan(plan=plan)
    cues = [*((cue, 1.0) for cue in own), *_detected(track, values, own)]
    sure = [cue for cue, confidence in cues if confidence >= options.least("serato_cues")]
    if not sure:
        return SeratoPlan(plan=replace(plan, state="unsure" if cues else "same", source="measured"))
    try:
        slots = with_cues(track.path, fields, sure, family)
    except ValueError:
        return _unreadable(options)
    return SeratoPlan(
        plan=replace(
            plan,
            state="write",
            new=", ".join(f"{cue.name} {clock(cue.position_s, 1)}" for cue in sure),
            source="user" if own else "measured",
            confidence=min(confidence for cue, confidence in cues if cue in sure),
        ),
        slots=slots,
    )


def slots_of_cues(path: str, container: str, cues: Sequence[CuePoint]) -> dict[TagSlot, SlotValue]:
    """Return the tags that put cue points on their buttons, replacing others there."""
    family = _FAMILIES.get(container)
    if family is None:
        raise FileError("unsupported", "is of a kind in which Serato keeps no cue points")
    fields, left_out = read_program_fields(path, "serato"), Counter[str]()
    values_of_tags(path, fields, left_out)
    with contextlib.suppress(ValueError):
        if not left_out[UNREADABLE_MARKERS]:
            return with_cues(path, fields, cues, family)
    raise FileError("corrupt", "has damaged cue points of Serato")


def _unreadable(options: TagOptions) -> SeratoPlan:
    if options.fields == ("serato_cues",):
        raise FileError("corrupt", "has Serato cue points that can't be read")
    return SeratoPlan(plan=FieldPlan(name="serato_cues", state="unknown", old="cue points that can't be read"))


def _own(track: Track, in_file: ImportedValues) -> list[CuePoint]:
    """Return the user's cue points that are not in the file yet, each with its button."""
    there = {cue.number: cue for cue in in_file.cues if cue.kind != "loop"}
    return [
        cue
        for cue in track.user.cues or ()
        if cue.kind != "loop" and cue.number is not None and cue.number < TrackCue.BUTTONS
        if not _is_same(cue, there.get(cue.number))
    ]


def _is_same(cue: CuePoint, other: CuePoint | None) -> bool:
    return other is not None and abs(cue.position_s - other.position_s) <= TrackCue.TWIN_S and cue.name == other.name


def _detected(track: Track, in_file: ImportedValues, own: list[CuePoint]) -> list[tuple[CuePoint, float]]:
    """Return the detected cue points, each on a button and a beat, with its confidence."""
    taken = {cue.number for cue in own}
    # Buttons of other programs are not Serato's.
    elsewhere = (replace(cue, number=None) for cue in track.set_cues() if cue not in own)
    theirs = (*own, *(cue for cue in in_file.cues if cue.kind == "loop" or cue.number not in taken), *elsewhere)
    cues = replace(track, user=UserValues(), imported=ImportedValues(cues=theirs)).cues()
    marks = in_file.grid or BeatGrid.in_force(track)
    new = cues_to_write(cues, "detected", None, CUE_COLORS)
    sure = {cue.point.position_s: cue.confidence or 0.0 for cue in cues}
    return [
        (replace(cue, position_s=BeatGrid.on_beat(cue.position_s, marks)), sure[cue.position_s])
        for cue in new
        if cue.number is not None
    ]

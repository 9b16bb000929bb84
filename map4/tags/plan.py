"""Plan a file's tags: the current values, and which of them to write; covers from its folder or album."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

from map4.core.audio.tags import read_file_tags
from map4.core.audio.tags.changes import SlotValue, SlotValues, TagSlot
from map4.core.audio.tags.pictures import EmbeddedPicture, embedded_cover, folder_picture
from map4.core.audio.tags.writing.entries import text_of
from map4.core.base.paths import display_path
from map4.core.base.text import name_key, size_text
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.key import Key
from map4.core.music.track.sources import FieldSource
from map4.core.music.track.track import Track
from map4.core.music.track.track_fields import track_fields
from map4.core.music.track.written_words import comment_with, grouping_with, words_in_comment, words_in_grouping
from map4.tags.options import TagOptions
from map4.tags.tagging import TAG_FIELDS, FieldPlan, FieldState, TagField

HOLD_COVERS = frozenset({"", "mpeg", "wav", "aiff", "dsf", "flac", "ogg", "mp4"})
"""Kinds of files that get a picture, by the names of `map4.core.audio.magic`."""
MOST_BYTES = 8_000_000
"""Maximum size of a picture to write, as each file of the album would contain it."""
_MOST_LOOKED_AT = 200
_IN_TAGS = "a picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverPlan:
    """The plan for a file's cover, and the tags to write for it."""

    plan: FieldPlan
    slots: dict[TagSlot, SlotValue] = field(default_factory=dict)


class Covers:
    """Looks up covers; each folder is searched once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[str, EmbeddedPicture] | None] = {}

    def plan(self, track: Track, container: str, *, has_picture: bool) -> CoverPlan:
        """Plan a cover; an existing picture stays, whatever it shows."""
        if has_picture:
            return CoverPlan(plan=FieldPlan(name="cover", state="same", old=_IN_TAGS, new=_IN_TAGS, source="tag"))
        cover = self._cover(track) if container in HOLD_COVERS else None
        if cover is None:
            return CoverPlan(plan=FieldPlan(name="cover", state="unknown"))
        of, picture = cover
        kind = picture.media_type.partition("/")[2].upper()
        description = f"the picture of {display_path(os.path.basename(of))} ({kind}, {size_text(len(picture.data))})"
        return CoverPlan(
            plan=FieldPlan(name="cover", state="write", new=description, source="tag"),
            slots={"cover": picture.data.decode("latin-1")},
        )

    def _cover(self, track: Track) -> tuple[str, EmbeddedPicture] | None:
        folder, album = os.path.dirname(track.path), name_key(track.album() or "")
        key = (folder, album)
        if key not in self._found:
            self._found[key] = self._looked_for(folder, album)
        return self._found[key]

    def _looked_for(self, folder: str, album: str) -> tuple[str, EmbeddedPicture] | None:
        beside = folder_picture(folder)
        if beside is not None and len(beside[1].data) <= MOST_BYTES:
            return beside
        if not album:  # tracks without an album share no picture
            return None
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            return None
        music = [name for name in names if os.path.splitext(name)[1].lower().lstrip(".") in AudioFormat.EXTENSIONS]
        for path in (os.path.join(folder, name) for name in music[:_MOST_LOOKED_AT]):
            tags = read_file_tags(path)
            if tags.has_picture and name_key(tags.album or "") == album:
                picture = embedded_cover(path)
                if picture is not None and len(picture.data) <= MOST_BYTES:
                    return path, picture
        return None


# The key that map4, Mixed In Key and others put before a comment: "8A - 7 - ", "8A - ".
_PREFIX = re.compile(r"(?:0?[1-9]|1[0-2])[ABdm](?: - (?:Energy )?(?:10|[1-9]))?(?: - |$)")
_SLOTS: dict[TagField, TagSlot] = {
    "comment_prefix": "comment", "comment_marks": "comment", "grouping_marks": "grouping"
}  # fmt: skip
_MARKS = {"comment_marks": (words_in_comment, comment_with), "grouping_marks": (words_in_grouping, grouping_with)}
_OF_THEIR_OWN: tuple[TagField, ...] = ("cover", "serato_cues")
_SOURCES_ABOVE_DOUBT = ("user", "imported", "provider")
# The precision of measured tempi and of written gains.
_SAME = {"bpm": 0.03, "gain": 0.01, "album_gain": 0.01}
_WHOLE_WITHIN_BPM = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class TagValue:
    """A current value.

    slots: tags to set for it; the first is the value itself
    source: None if it may be in the title only
    """

    slots: SlotValues
    source: FieldSource | None
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlan:
    """The plan for the fields of a file, and the tags to write."""

    fields: tuple[FieldPlan, ...]
    slots: dict[TagSlot, SlotValue]


def plan_file(
    track: Track,
    tags: SlotValues,
    options: TagOptions,
    container: str = "",
    cover: Callable[[], CoverPlan] | None = None,
) -> FilePlan:
    """Decide field by field.

    tags: the current tags
    container: of `map4.core.audio.magic`
    cover: returns the plan for the picture; None leaves it undecided
    """
    fields: list[FieldPlan] = []
    slots: dict[TagSlot, SlotValue] = {}
    # A comment comes before its prefix and marks.
    for name in sorted(options.fields, key=TAG_FIELDS.index):
        if name == "serato_cues":
            from map4.tags.serato_cues import plan_serato_cues  # Serato's folder can be deleted

            serato = plan_serato_cues(track, container, options)
            fields.append(serato.plan)
            slots |= serato.slots
            continue
        if name == "cover":
            if cover is not None:
                picture = cover()
                fields.append(picture.plan)
                slots |= picture.slots
            continue
        # Text around a comment goes around the comment to be written.
        now = {**tags, **slots}
        value = _marked(track, name, tags, now, options) if name in _MARKS else _value(track, name, now, options)
        fields.append(_field_plan(name, value, tags, options))
        if value is not None and fields[-1].state == "write":
            slots |= value.slots
        elif fields[-1].state in ("same", "differs") and _slot(name) in slots:
            slots[_slot(name)] = tags[_slot(name)]
    same = [slot for slot in set(_SLOTS.values()) & slots.keys() if slots[slot] == tags.get(slot)]
    for slot in same:  # including its prefix and marks, it equals the tag
        del slots[slot]
    return FilePlan(fields=tuple(_unwritten(field, same) for field in fields), slots=slots)


def _unwritten(field: FieldPlan, slots: list[TagSlot]) -> FieldPlan:
    is_same = field.state == "write" and field.name not in _OF_THEIR_OWN and _slot(field.name) in slots
    return replace(field, state="same", new=field.old) if is_same else field


def _field_plan(name: TagField, value: TagValue | None, tags: SlotValues, options: TagOptions) -> FieldPlan:
    slot = _slot(name)
    old = tags.get(slot)
    shown_old = None if old is None else shown(slot, old)
    if value is None:
        return FieldPlan(name=name, state="unknown", old=shown_old)
    if value.source == "tag":  # only the tag has it, or the tag is preferred
        return FieldPlan(name=name, state="same", old=shown_old, new=shown_old, source="tag")
    new = value.slots[slot]
    return FieldPlan(
        name=name,
        state=_state(name, value, old, new, options),
        old=shown_old,
        new=shown(slot, new),
        source=value.source,
        confidence=value.confidence,
    )


def _state(name: TagField, value: TagValue, old: SlotValue | None, new: SlotValue, options: TagOptions) -> FieldState:
    if old is not None and _is_same(name, old, new) and not (options.overwrite and _is_other_notation(name, old, new)):
        return "same"
    is_less = name in _MARKS and len(_MARKS[name][0](str(new))) < len(_MARKS[name][0](str(old or "")))
    is_always = name == "comment_prefix" or (value.source == "user" and not is_less)
    if old is not None and not (options.overwrite or is_always):
        return "differs"
    is_unsure = value.confidence is not None and value.confidence < options.least(name)
    return "unsure" if is_unsure else "write"


def _is_same(name: TagField, old: SlotValue, new: SlotValue) -> bool:
    if name == "key":
        return Key.readable(str(old)) == Key.readable(str(new))
    if isinstance(old, str) or isinstance(new, str):
        return old == new
    return abs(float(old) - float(new)) <= _SAME.get(name, 0)


def _is_other_notation(name: TagField, old: SlotValue, new: SlotValue) -> bool:
    """Return whether two spellings of a key are in different notations: 8A and Am are, C#m and Dbm are not."""
    return name == "key" and _notation(str(old)) != _notation(str(new))


def _notation(text: str) -> str:
    return text.strip()[-1:].lower() if text.strip()[:1].isdigit() else ""


def _slot(name: TagField) -> TagSlot:
    assert name not in _OF_THEIR_OWN, "has separate slots"
    return _SLOTS.get(name) or cast("TagSlot", name)


def _value(track: Track, name: TagField, tags: SlotValues, options: TagOptions) -> TagValue | None:
    if name == "comment_prefix":
        return _prefixed_comment(track, str(tags.get("comment", "")))
    if name == "advisory":
        advisory = track.tags.advisory
        return TagValue(slots={name: advisory}, source=None) if advisory in ("explicit", "clean") else None
    field = next(field for field in track_fields(track) if field.name == name)
    current, source = field.value, field.counts
    if current is None or source is None:
        return None
    confidence = None if source in _SOURCES_ABOVE_DOUBT else _confidence(track, name)
    value: SlotValue = current
    if isinstance(current, Key):  # spelled as the ID3 standard does
        value = current.in_notation(options.key_notation).replace("♭", "b").replace("♯", "#")
    if isinstance(value, str):
        value = value.strip()  # strip outer blanks of imported names
        if name == "genre" and (respelled := track.genre_names.respelled(value)) != value:
            value, source = respelled, "user" if source == "tag" else source  # the table is the user's
    if name == "bpm":
        value = _settled(float(value)) if source == "measured" else round(float(value), 2)
    slots: dict[TagSlot, SlotValue] = {_slot(name): value}
    if (peak_dbtp := _peak_beside(track, name)) is not None:
        slots["peak" if name == "gain" else "album_peak"] = round(10.0 ** (peak_dbtp / 20.0), 6)
    return TagValue(slots=slots, source=source, confidence=confidence)


def _peak_beside(track: Track, name: TagField) -> float | None:
    """Return the peak that is written with a gain; None if unknown, or for other fields."""
    if name == "gain":
        return track.analysis.loudness.true_peak_dbtp if track.analysis else None
    return track.album_level.peak_dbtp if name == "album_gain" and track.album_level else None


def _settled(bpm: float) -> float:
    """Round a measured tempo for writing: music is made at 132 BPM, and 131.99 is measurement error."""
    whole = round(bpm)
    return float(whole) if abs(bpm - whole) <= _WHOLE_WITHIN_BPM else round(bpm, 2)


def _confidence(track: Track, name: TagField) -> float | None:
    analysis = track.analysis
    if name == "bpm" and analysis is not None and analysis.tempo is not None:
        return analysis.tempo.confidence
    if name == "key" and analysis is not None and analysis.key is not None:
        return analysis.key.confidence
    return track.labels.confidence if name == "genre" and track.labels is not None else None


def _marked(track: Track, name: TagField, tags: SlotValues, now: SlotValues, options: TagOptions) -> TagValue | None:
    """Return the tag text with the writer's marks; other words of the tag stay unless `overwrite`."""
    slot, (words_in, text_with) = _slot(name), _MARKS[name]
    marks, old, text = track.user.marks or (), str(tags.get(slot, "")), str(now.get(slot, ""))
    if not marks and (options.overwrite or text == old or not words_in(old)):
        return None
    written = text_with(text, marks if options.overwrite else [*words_in(old), *marks], replaces=options.overwrite)
    if written == old:  # nothing to add: report the surplus words
        written = text_with(old, marks, replaces=True)
    return TagValue(slots={slot: written}, source="user")


def _prefixed_comment(track: Track, comment: str) -> TagValue | None:
    key, level = track.key(), track.energy_level()
    if key is None:
        return None
    prefix = key.camelot if level is None else f"{key.camelot} - {level}"
    rest = comment[match.end() :] if (match := _PREFIX.match(comment)) else comment
    # The confidence of the key, with which the prefix begins.
    confidence = _confidence(track, "key") if track.key_source() == "measured" else None
    text = f"{prefix} - {rest}" if rest else prefix
    return TagValue(slots={"comment": text}, source=track.key_source() or "measured", confidence=confidence)


def shown(slot: TagSlot, value: SlotValue) -> str:
    """Format a value for people."""
    if isinstance(value, str):
        return value
    if slot in ("gain", "album_gain"):
        return f"{value:+.2f} dB"
    return text_of(slot, value) if slot == "bpm" else f"{value:g}"

"""Compare the values of a track in the source and in the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from map4.extras.move.grids import ROUNDED_S, compare_grids
from map4.extras.move.grids import SAME_S as SAME_BEAT_S
from map4.extras.move.records import Kind
from map4.extras.move.source import MovedTrack
from map4.extras.move.tally import MoveTally
from map4.extras.move.targets import ANY_NUMBER, NAMES, Held, Target
from map4.formats import on_downbeats
from map4.music.track.cues import KIND_NAMES, CuePoint, GridMark
from map4.music.track.imported import ImportedValues

SAME_S = 0.001
"""Positions of cue points are equal within this: programs write whole milliseconds."""
_SAME_BPM = 0.005
"""Tempi are equal within this: programs show two decimals."""
_SAME_LENGTH_S = 0.002
NOTHING = ImportedValues()
_BEAT_MARKER = "Beat Marker"
"""Traktor's own name for a grid marker."""
_SCALARS: tuple[tuple[Kind, str, str], ...] = (
    ("keys", "key", "key"), ("ratings", "rating", "rating"), ("plays", "play_count", "number of plays"),
    ("dates", "last_played", "last play"), ("dates", "date_added", "date added"), ("colors", "color", "colour"),
    ("comments", "comment", "comment"),
)  # fmt: skip
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def compare_track(
    tally: MoveTally, source: MovedTrack, result: ImportedValues | None, had: ImportedValues = NOTHING
) -> None:
    """Compare all values of a track.

    result: its values in the target; None compares with what the target can hold, for a plan
    had: its values in the tags of the music before the move, which are no additions
    """
    target, values, name = tally.target, source.values, source.name
    path = source.path or ""
    if target.compares("names"):
        for text in NAMES:
            before, held = getattr(values, text), target.text(values, text, path)
            after = _after(target, "names", text, held.value, result, had)
            tally.value("names", text.replace("_", " "), before, held, after, track=name)
    else:
        known = [text.replace("_", " ") for text in NAMES if getattr(values, text) is not None]
        tally.not_held("names", len(known), ", ".join(known), track=name)
    limits: dict[str, Callable[[Any], Held]] = {
        "ratings": target.rating, "dates": target.moment, "colors": target.color, "comments": target.plain
    }  # fmt: skip
    for kind, field, item in _SCALARS:
        before = getattr(values, field)
        if not target.compares(kind):
            tally.not_held(kind, before is not None, item, track=name, before=None if before is None else _text(before))
            continue
        held = Held(before) if before is None else limits.get(kind, Held)(before)
        after = _after(target, kind, field, held.value, result, had)
        tally.value(kind, item, before, held, after, shown=_text, track=name)
    _tempo(tally, source, result, had)
    _grid(tally, source, result, had)
    _cues(tally, source, result, had.cues)
    tally.not_held("marks", len(source.track.my_tags), ", ".join(source.track.my_tags), track=name)
    _phrases(tally, source, result)
    tally.not_held("vocals", len(values.vocals), "vocal parts", track=name)


def _after(
    target: Target, kind: Kind, field: str, held: Any, result: ImportedValues | None, had: ImportedValues
) -> Any:
    """Return a value after the move: map4 writes none of the kinds that the program reads from the music."""
    if kind in target.in_music:
        return getattr(had, field)
    return held if result is None else getattr(result, field)


def _text(value: object) -> str:
    return str(getattr(value, "camelot", value))


# ---- tempo and grid ------------------------------------------------------------------------------


def _tempo(tally: MoveTally, source: MovedTrack, result: ImportedValues | None, had: ImportedValues) -> None:
    values, name = source.values, source.name
    if not tally.target.compares("tempi"):
        tally.not_held("tempi", values.bpm is not None, "tempo", track=name, before=values.bpm and f"{values.bpm:.3f}")
        return
    of_grid = {round(mark.bpm, 2) for mark in values.grid}
    after = _after(tally.target, "tempi", "bpm", values.bpm, result, had)
    held = Held(values.bpm)
    # Tempo and grid must not contradict each other in a program.
    if after is not None and round(after, 2) in of_grid:
        held = Held(after, "it is the tempo of the grid")
        if any(values.bpm == round(after, digits) for digits in range(2)):  # which the source shows rounded
            after = values.bpm
    tally.value(
        "tempi", "tempo", values.bpm, held, after, track=name,
        same=lambda one, other: abs(one - other) <= _SAME_BPM + 1e-9, shown=lambda bpm: f"{bpm:.3f}",
    )  # fmt: skip


def _grid(tally: MoveTally, source: MovedTrack, result: ImportedValues | None, had: ImportedValues) -> None:
    before, name, target = source.values.grid, source.name, tally.target
    if not target.compares("grids"):
        tally.not_held("grids", bool(before), "grid", track=name, before=_marks(before) if before else None)
        return
    after = _after(target, "grids", "grid", before, result, had)
    if not before:
        if after and "grids" in target.files_hold:
            tally.added("grids", "grid", track=name, after=_marks(after))
        return
    where: dict[str, Any] = {"track": name, "before": _marks(before), "after": _marks(after) if after else None}
    if not after:
        tally.lose("grids", "missing", "grid", target.misses("grids"), in_program=True, **where)
        return
    offset_s = target.offset_s(source.path or "")
    length_s, from_s = source.track.entry.duration_s, max(-offset_s, 0.0)
    off_s, same_bars = compare_grids(before, after, length_s=length_s, from_s=from_s)
    reasons = []
    if target.name != "traktor" and any(mark.name not in (None, _BEAT_MARKER) for mark in before):
        reasons.append(f"{target.title} has no names of grid markers")
    if target.name != "rekordbox" and (off_s > SAME_BEAT_S or not same_bars):
        held = [replace(mark, beat=None, metre=None) for mark in on_downbeats(before)]
        held_off_s, _ = compare_grids(held, after, length_s=length_s, from_s=from_s)
        if held_off_s <= ROUNDED_S and any((mark.beat or 1, mark.metre or 4) != (1, 4) for mark in before):
            reasons.append(f"{target.title} begins a bar of four at each marker; others move to the next bar")
            off_s, same_bars = held_off_s, True
    if off_s > ROUNDED_S or not same_bars:
        what = f"beats are up to {1000 * off_s:.0f} ms off" if off_s > ROUNDED_S else "bars begin on another beat"
        tally.lose("grids", "changed", "grid", what, in_program=True, **where)
    elif off_s > SAME_BEAT_S or reasons:
        if off_s > SAME_BEAT_S:
            reasons.append("tempi are rounded")
            where["after"] = f"{where['after']}; beats up to {1000 * off_s:.1f} ms off"
        tally.lose("grids", "changed", "grid", "; ".join(reasons), in_program=False, **where)
    else:
        tally.equal("grids")


def _marks(marks: Sequence[GridMark]) -> str:
    first = marks[0]
    more = f", and {len(marks) - 1} more" if len(marks) > 1 else ""
    return f"{first.bpm:.3f} BPM from {first.position_s:.3f} s{more}"


def _phrases(tally: MoveTally, source: MovedTrack, result: ImportedValues | None) -> None:
    """Compare phrases with those on a stick: map4's own, or those of the source if it measured none."""
    before, there = source.values.structure, () if result is None else result.structure
    known = [(phrase.start_s, phrase.role) for phrase in there]
    lost = sum(
        not any(abs(phrase.start_s - start_s) <= SAME_BEAT_S and phrase.role == role for start_s, role in known)
        for phrase in before
    )
    for _ in range(len(before) - lost):
        tally.equal("phrases")
    if there and lost:
        why = "the stick has map4's phrases"
        tally.lose("phrases", "changed", "phrases", why, in_program=False, count=lost, track=source.name)
    else:
        tally.not_held("phrases", lost, "phrases", track=source.name)


# ---- cue points ----------------------------------------------------------------------------------


def _cues(tally: MoveTally, source: MovedTrack, result: ImportedValues | None, had: Sequence[CuePoint]) -> None:
    target, name = tally.target, source.name
    pairs = list(target.cues(source.values, source.path or ""))
    kinds: tuple[Kind, ...] = ("hot_cues", "memory_cues", "loops")
    for kind in kinds:
        if not target.compares(kind):
            own = [cue for cue, _ in pairs if _kind(cue) == kind]
            item = ", ".join(_item(cue) for cue in own)
            tally.not_held(kind, len(own), item, track=name)
    pairs = [(cue, held) for cue, held in pairs if target.compares(_kind(cue))]
    if result is None:  # the target's part of the files is as planned, and that of the music as it is
        left = [held.value for cue, held in pairs if held.value is not None and _kind(cue) not in target.in_music]
        left += [cue for cue in had if _kind(cue) in target.in_music]
    else:
        left = list(result.cues)
    unmatched = []
    for cue, held in pairs:
        after = next((other for other in left if held.value and _is_same(held.value, other)), None)
        if after is not None:
            left.remove(after)
        elif held.value is not None:
            unmatched.append((cue, held.value))
            continue
        tally.value(_kind(cue), _item(cue), cue, held, after, same=_is_same, shown=_described, track=name)
    for cue, wanted in unmatched:
        alike = (other for other in left if _distance(wanted, other) < _OTHER_CUE)
        near = min(alike, key=lambda other: _distance(wanted, other), default=None)
        if near is not None:
            left.remove(near)
        reason = target.misses(_kind(cue)) if near is None else _difference(wanted, near)
        if near in had:
            reason = "the file has another cue point there; --force replaces it"
        tally.lose(
            _kind(cue), "missing" if near is None else "changed", _item(cue), reason, in_program=True, track=name,
            before=_described(cue), after=None if near is None else _described(near),
        )  # fmt: skip
    for cue in left:
        if cue not in had:
            tally.added(_kind(cue), _item(cue), track=name, after=_described(cue))


def _kind(cue: CuePoint) -> Kind:
    return "loops" if cue.kind == "loop" else "memory_cues" if cue.number is None else "hot_cues"


def _is_same(wanted: CuePoint, other: CuePoint) -> bool:
    return not _difference(wanted, other)


_OTHER_CUE = 10.0
_A_SECOND_OFF, _OTHER_NUMBER, _OTHER_NAME, _OTHER_KIND = 1.0, 2.0, 1.0, 4.0


def _distance(wanted: CuePoint, other: CuePoint) -> float:
    """Return how unlike two cue points are; from `_OTHER_CUE` on they are not the same."""
    return (
        min(5.0, abs(wanted.position_s - other.position_s) * _A_SECOND_OFF)
        + _OTHER_NUMBER * (wanted.number not in (other.number, ANY_NUMBER))
        + _OTHER_NAME * (wanted.name != other.name)
        + _OTHER_KIND * (wanted.kind != other.kind)
    )


def _difference(wanted: CuePoint, other: CuePoint) -> str:
    """Return what differs, as a sentence; empty if nothing does."""
    off_ms = 1000 * (other.position_s - wanted.position_s)
    differences = [f"moved by {off_ms:+.0f} ms"] if abs(off_ms) > 1000 * SAME_S + 1e-3 else []
    if wanted.number not in (other.number, ANY_NUMBER if other.number is not None else None):
        differences.append("another button")
    for field, what in (("kind", "another kind"), ("name", "another name")):
        if getattr(wanted, field) != getattr(other, field):
            differences.append(what)
    if abs((wanted.length_s or 0.0) - (other.length_s or 0.0)) > _SAME_LENGTH_S:
        differences.append("another length")
    # A program may give each cue point a colour.
    if wanted.color is not None and wanted.color.lower() != (other.color or "").lower():
        differences.append("another colour")
    return ", ".join(differences)


def _item(cue: CuePoint) -> str:
    """Return `hot cue B 'Drop'`."""
    kind = {"hot_cues": "hot cue", "memory_cues": "memory cue", "loops": "loop"}[_kind(cue)]
    button = "" if cue.number is None else f" {_button(cue.number)}"
    return f"{kind}{button}" + (f" '{cue.name}'" if cue.name else f" at {cue.position_s:.3f} s")


def _button(number: int) -> str:
    return _LETTERS[number] if number < len(_LETTERS) else str(number + 1)


def _described(cue: CuePoint) -> str:
    parts = [f"{cue.position_s:.3f} s"]
    if cue.length_s is not None:
        parts.append(f"{cue.length_s:.3f} s long")
    if cue.kind in KIND_NAMES:
        parts.append(KIND_NAMES[cue.kind].lower())
    if cue.number is not None:
        parts.append("a free button" if cue.number == ANY_NUMBER else f"button {_button(cue.number)}")
    parts += [text for text in (cue.name and f"'{cue.name}'", cue.color) if text]
    return ", ".join(parts)

"""Read the cue points of a track in Mixxx's library.

Kinds, units and colours are those of Mixxx's `src/track/cueinfo.h`, `src/audio/frame.h` and `res/schema.xml`; cue
points set by its analysis are in `src/analyzer/analyzersilence.cpp`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from map4.core.music.track.cues import CueKind, CuePoint
from map4.formats.fields import ProgramFields, then, unreadable
from map4.formats.sqlite_copy import SqlRow, text_of
from map4.formats.values import number_of

OTHER_CUES = "cue points of kinds that map4 does not store (jumps, and intros and outros without a beginning)"
LOST_CUES = "cue points of tracks whose sample rate Mixxx does not know"

# Positions count interleaved samples of two channels, also for mono files.
_SAMPLES_A_FRAME = 2
_NOWHERE = -1
# Weeks at any sample rate; larger numbers are invalid.
_MOST_SAMPLES = 1e12
_ANY_RATE_HZ = 44_100.0
_INVALID, _HOT_CUE, _MAIN_CUE, _LOOP, _INTRO, _OUTRO, _AUDIBLE_SOUND = 0, 1, 2, 4, 6, 7, 8
_KINDS: dict[int, CueKind] = {_HOT_CUE: "cue", _MAIN_CUE: "load", _LOOP: "loop", _INTRO: "fade_in", _OUTRO: "fade_out"}

# From this schema on colours are RGB; before, they were numbers of a palette, or RGB with an alpha channel in front.
_RGB_SINCE = 32
_PALETTE = (None, 0xC50A08, 0x32BE44, 0x0044FF, 0xF8D200, 0x42D4F4, 0xAF00CC, 0xFCA6D7, 0xF2F2FF)


def rgb_of(value: object, schema: int | None) -> object:
    """Return the number of a colour as the newest versions store it."""
    number = number_of(value)
    is_of_palette = schema is not None and schema < _RGB_SINCE and number is not None and 0 <= number < len(_PALETTE)
    return _PALETTE[int(number or 0)] if is_of_palette else value


def mixxx_color(value: object) -> str | None:
    """Return a colour of a cue or track as "#rrggbb", or None without a colour."""
    number = number_of(value)
    return None if number is None or number < 0 else f"#{int(number) & 0xFFFFFF:06x}"


def _samples(value: object) -> float | None:
    samples = number_of(value)
    return samples if samples is not None and samples != _NOWHERE and abs(samples) <= _MOST_SAMPLES else None


CUE = ProgramFields(
    "cues",
    (
        ("cues.kind", "type", then(number_of, int)), ("cues.position_s", "position", _samples),
        ("cues.length_s", "length", _samples), ("cues.number", "hotcue"), ("cues.name", "label", text_of),
        ("cues.color", "color", mixxx_color),
    ),
    needs=("kind",),
    lost=unreadable("cues.kind"),
)  # fmt: skip
"""Positions and lengths are samples."""


def mixxx_cues(
    rows: Iterable[SqlRow], main_cue: object, rate_hz: float | None, schema: int | None, left_out: Counter[str]
) -> tuple[CuePoint, ...]:
    """Read the cue points of a track.

    rows: of the table `cues`: the track, then the columns of `CUE`
    main_cue: `library.cuepoint`, where old versions store the main cue
    rate_hz: `library.samplerate`; None if unknown, and then no cue has a position
    left_out: counts what is not imported
    returns: By position, on Mixxx's time scale, without points that were not set by hand: an unset one, the range of
        audible sound, and a main cue, intro or outro that Mixxx's analysis put at an end of that range, or old versions
        at 0.
    """
    stored = [dict(zip(CUE.keys, row[1:], strict=True)) for row in rows]
    if main_cue is not None and not any(number_of(row["type"]) == _MAIN_CUE for row in stored):
        stored.append({"type": _MAIN_CUE, "position": main_cue})
    read = (CUE.read(row | {"color": rgb_of(row.get("color"), schema)}, left_out) for row in stored)
    places = [place for place in read if place]
    edges = {edge for place in places if place["kind"] == _AUDIBLE_SOUND for edge in _edges(place)}
    cues = [cue for place in places for cue in _cue(place, rate_hz or _ANY_RATE_HZ, edges, left_out)]
    if rate_hz is None:
        if cues:
            left_out[LOST_CUES] += len(cues)
        return ()
    return tuple(sorted(cues, key=lambda cue: cue.position_s))


def _edges(place: Mapping[str, Any]) -> tuple[int, int]:
    begin = place.get("position_s", 0.0)
    return _frame(begin), _frame(begin + place.get("length_s", 0.0))


def _frame(position: float) -> int:
    return round(position / _SAMPLES_A_FRAME)


def _cue(place: Mapping[str, Any], rate_hz: float, edges: set[int], left_out: Counter[str]) -> Iterator[CuePoint]:
    number, position, length = place["kind"], place.get("position_s"), place.get("length_s")
    kind = _KINDS.get(number)
    if number in (_INVALID, _AUDIBLE_SOUND):
        return
    if number == _OUTRO and position is None and length is not None and _frame(length) in edges:
        return  # the analysis sets only its end
    if kind is None or position is None:
        if kind is None or number in (_INTRO, _OUTRO):
            left_out[OTHER_CUES] += 1
        return
    if kind in ("load", "fade_in", "fade_out") and (_frame(position) in edges or (kind == "load" and position == 0)):
        return
    length_s = length / _SAMPLES_A_FRAME / rate_hz if kind == "loop" and length and length > 0 else None
    if kind == "loop" and length_s is None:
        kind = "cue"
    yield CuePoint(
        position_s=round(position / _SAMPLES_A_FRAME / rate_hz, 6),
        kind=kind,
        number=place.get("number"),
        name=place.get("name"),
        length_s=None if length_s is None else round(length_s, 6),
        # Other kinds have the colour of new hot cues, which Mixxx does not show.
        color=place.get("color") if "number" in place else None,
    )

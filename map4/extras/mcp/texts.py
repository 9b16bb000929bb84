"""Records as text, for hosts that pass no structured content to their model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from map4.core.base.text import bpm_text, clean, clock
from map4.core.music.track.track import Track

_SHORT = 44
"""Items up to this length share a line."""


def in_words(
    record: Mapping[str, Any], lines: Mapping[str, str], numbers: Mapping[str, int], counts_from: int = 1
) -> Iterator[str]:
    """A line for each non-empty member and each item; a track is one line.

    lines: lines of tracks, by path
    numbers: number of the first item, by member
    counts_from: number of the first item of other members
    """
    for name, value in record.items():
        if name in ("schema", "beta") or _is_empty(value):
            continue
        if not isinstance(value, list) or not any(isinstance(item, Mapping) for item in value):
            yield f"{name}: {_inline(value, lines)}"
            continue
        items = [_inline(item, lines) for item in value]
        if max(map(len, items)) <= _SHORT:
            yield f"{name}: {'; '.join(items)}"
        else:
            yield f"{name}:"
            yield from (f"{place}. {item}" for place, item in enumerate(items, start=numbers.get(name, counts_from)))


def track_line(track: Track) -> str:
    """A track on one line: name, main values and audio id."""
    if track.failure is not None:
        return f"{clean(track.shown_path)}: {track.failure.message} ({track.failure.kind})"
    bpm, key, energy, rating, year = track.bpm(), track.key(), track.energy_level(), track.rating(), track.year()
    length_s = None if track.analysis is None else track.analysis.duration_s
    named = ("album", track.album()), ("genre", track.genre()), ("label", track.label())
    parts = [
        clean(track.caption()),
        None if bpm is None else f"{bpm_text(bpm)} BPM",
        None if key is None else key.camelot,
        None if energy is None else f"energy {energy}",
        None if length_s is None else clock(length_s),
        *(f"{word} {clean(name)}" for word, name in named if name),
        None if year is None else str(year),
        None if rating is None else f"rating {rating:g}",
        track.audio_id or clean(track.shown_path),
    ]
    return " · ".join(part for part in parts if part)


def track_lines(tracks: Iterable[Track]) -> dict[str, str]:
    """Lines of tracks, by the path in their records."""
    return {track.shown_path: track_line(track) for track in tracks}


def _inline(value: Any, lines: Mapping[str, str]) -> str:
    if isinstance(value, Mapping):
        if value.get("schema") == "map4/track/1" and (line := lines.get(value["path"])) is not None:
            return line
        track = nested if isinstance(nested := value.get("track"), Mapping) else {}
        parts = [
            f"{name} ({_inline(item, lines)})" if isinstance(item, Mapping) else f"{name} {_inline(item, lines)}"
            for name, item in value.items()
            if name not in ("schema", "beta") and item is not track and not _is_empty(item)
        ]
        head = [_inline(track, lines)] if track else []
        return " — ".join([*head, *([", ".join(parts)] if parts else [])])
    if isinstance(value, list):
        return (" | " if any(isinstance(item, Mapping) for item in value) else ", ").join(
            _inline(item, lines) for item in value
        )
    if value is None or isinstance(value, bool):
        return {None: "unknown", True: "yes", False: "no"}[value]
    return clean(value) if isinstance(value, str) else str(value)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, Mapping)) and not value)

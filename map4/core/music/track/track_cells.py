"""Track cells of tables for display: name, tempo, key, energy level, length and genre."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from map4.core.base.text import bpm_text, clock
from map4.core.music.analysis.plausible import DOUBTFUL
from map4.core.music.track.track_columns import column_value

if TYPE_CHECKING:
    from map4.core.music.analysis.key import Notation
    from map4.core.music.track.track import Track

DOUBT_MARK, OWN_MARK = "?", "*"
NAME_HEAD = "artist – title"
_STATES = {"pending": "not analysed"}


def track_cells(track: Track, notation: Notation = "camelot") -> dict[str, str]:
    """The cells of a track, by column head; empty if unknown."""
    level, duration_s = column_value(track, "energy_level"), column_value(track, "duration_s")
    return {
        NAME_HEAD: track.caption() + state_text(track),
        "BPM": tempo_text(track, with_second=True),
        "key": key_text(track, notation),
        "E": str(level) if level else "",
        "time": clock(duration_s) if duration_s is not None else "",
        "genre": track.named_genre() or "",
    }


def numbered_cells(tracks: Iterable[Track], **more: Sequence[str]) -> list[Mapping[str, str]]:
    """The cells of tracks with their positions, from 1, and additional cells by column head."""
    rows: list[Mapping[str, str]] = []
    for place, track in enumerate(tracks):
        cells = track_cells(track)
        first = {"#": str(place + 1), NAME_HEAD: cells.pop(NAME_HEAD)}
        rows.append({**first, **{head: texts[place] for head, texts in more.items()}, **cells})
    return rows


def state_text(track: Track) -> str:
    """The state of a track in brackets, such as ` (missing)`; empty if it is ok."""
    return "" if track.state == "ok" else f" ({_STATES.get(track.state, track.state)})"


def tempo_text(track: Track, *, with_second: bool = False) -> str:
    """The tempo with a mark if it is uncertain or set by the user, else a blank; empty if unknown.

    with_second: also the second tempo, if it is probable enough: `87.0 or 174.0`
    """
    bpm, source = (column_value(track, name) for name in ("bpm", "bpm_source"))
    text = None if bpm is None else bpm_text(bpm, is_own=source == "user")
    if text and with_second and (tempo := track.measured_tempo()) is not None and tempo.second is not None:
        text += f" or {bpm_text(tempo.second.bpm)}"
    return _marked(text, source, track.tempo_confidence())


def key_text(track: Track, notation: Notation) -> str:
    """The key, marked like the tempo."""
    key = None if track.state == "failed" else track.key()
    return _marked(None if key is None else key.in_notation(notation), track.key_source(), track.key_confidence())


def _marked(text: str | None, source: str | None, confidence: float | None) -> str:
    if text is None:
        return ""
    is_doubtful = confidence is not None and confidence < DOUBTFUL
    return text + (OWN_MARK if source == "user" else DOUBT_MARK if is_doubtful else " ")

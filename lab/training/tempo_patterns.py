"""Styles that the tempo scorer learns from: what the drums, the bass and the chords play, and how fast.

They stand in `tempo_patterns.toml`, with the notation of their patterns.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KICK, RIM, SNARE, CLAP, PEDAL, HAT, OPEN_HAT, TOM, CRASH, RIDE = 36, 37, 38, 39, 44, 42, 46, 45, 49, 51
SHAKER = 70
DRUMS = {
    "kick": KICK, "rim": RIM, "snare": SNARE, "clap": CLAP, "pedal": PEDAL, "hat": HAT, "open_hat": OPEN_HAT,
    "tom": TOM, "crash": CRASH, "ride": RIDE, "shaker": SHAKER, "cowbell": 56, "conga_high": 62, "conga_low": 64,
    "claves": 75, "tambourine": 54,
}  # fmt: skip
"""Notes of General MIDI by the names in the file."""

Drums = dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoStyle:
    """One style.

    low_bpm, high_bpm: tempi are drawn between them, evenly on a logarithmic scale
    share: how often the style is drawn, relative to the others
    drums: patterns to choose from; without any the style has no drums
    bass, chords: patterns to choose from; an empty string plays nothing
    beats, steps: beats a bar, steps a beat
    song_beats: beats of this style that last as long as one of the song whose melody is played (2: half-time feel)
    electronic: played by a machine, without jitter and drift
    orchestra: played by strings and winds, whose notes swell instead of starting at once
    swing: largest delay of every second step, as a share of a step
    without_drums: share of clips that have none
    melody: "song" (POP909), "steps" (made up on the steps of the bar) or "piano" (POP909's piano part alone)
    """

    low_bpm: float
    high_bpm: float
    share: float
    drums: tuple[Drums, ...] = ()
    bass: tuple[str, ...] = ("",)
    chords: tuple[str, ...] = ("",)
    beats: int = 4
    steps: int = 4
    song_beats: int = 1
    electronic: bool = False
    orchestra: bool = False
    swing: float = 0.0
    without_drums: float = 0.0
    melody: str = "song"


def _style(drums: list[dict[str, str]] | None = None, **row: Any) -> TempoStyle:
    played = tuple({DRUMS[name]: pattern for name, pattern in each.items()} for each in drums or ())
    lists: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return TempoStyle(drums=played, **lists)


_TABLES: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
DEMO_TEMPI: dict[str, tuple[float, float]] = {name: (low, high) for name, (low, high) in _TABLES.pop("demo").items()}
STYLES, RECORD_STYLES, JAZZ, SONGS, HEAVY = (
    {name: _style(**row) for name, row in _TABLES[table].items()}
    for table in ("styles", "records", "jazz", "songs", "heavy")
)

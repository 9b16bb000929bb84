"""What the rule-made pieces of the key scorer play: harmony, scales and sounds by style, out of `key_styles.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Intervals = tuple[int, ...]

TABLES: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
QUALITIES: dict[str, Intervals] = {name: tuple(steps) for name, steps in TABLES["qualities"].items()}
SCALES: dict[str, Intervals] = {name: tuple(steps) for name, steps in TABLES["scales"].items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStyle:
    """One style in one mode.

    mode: of the label
    share: how often it is drawn, relative to the others
    grooves: names of styles of `tempo_patterns`, which give tempo, metre, drums, bass and comping
    progressions: to choose from; without any they are made up (`key_scores.wander`)
    scales: to choose from
    chords, leads, basses: General MIDI programs to choose from
    sung: chance that the melody is sung instead of played
    driven: chance that distorted guitars play the chords
    riff: chance that the bass plays a riff of one bar instead of the groove's pattern
    without: chances that chords, melody and bass are left out
    spoken: chance that somebody speaks over it
    imitating: chance that one or two voices imitate the melody
    agreeing: whether the melody takes on the altered notes of chords
    """

    mode: Literal["major", "minor"]
    share: float
    grooves: tuple[str, ...]
    progressions: tuple[str, ...] = ()
    scales: tuple[Intervals, ...] = ()
    chords: tuple[int, ...] = (0, 4, 16, 24, 25, 27)
    leads: tuple[int, ...] = (0, 11, 22, 27, 56, 65, 66, 73, 80)
    basses: tuple[int, ...] = (32, 33, 34, 35)
    sung: float = 0.5
    driven: float = 0.0
    riff: float = 0.15
    without: tuple[float, float, float] = (0.1, 0.15, 0.1)
    spoken: float = 0.0
    imitating: float = 0.0
    agreeing: bool = False


def book_of(name: str) -> dict[str, KeyStyle]:
    """The styles of a book, in the order of the file."""
    return {style: _style(**row) for style, row in TABLES[name].items()}


def _style(scales: Sequence[str] = (), **row: Any) -> KeyStyle:
    lists: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return KeyStyle(scales=tuple(SCALES[name] for name in scales), **lists)


def parse_progression(text: str) -> list[tuple[int, Intervals]]:
    """(degree in semitones, intervals) of each chord; a chord of several lengths stands there as often."""
    out = []
    for token in text.split():
        chord, _, lengths = token.partition("*")
        degree, _, quality = chord.partition(":")
        out += [(int(degree), QUALITIES[quality])] * int(lengths or 1)
    return out

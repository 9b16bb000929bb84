"""Styles of the demo music, from `styles.toml`: drum patterns, bass lines, chord rhythms, melodies and arrangements."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One pitched part.

    voice: an instrument of `sound.VOICES`
    pattern: see `styles.toml`
    gain: before mastering; the kick is at 1
    wet: share sent to the echoes
    """

    voice: str
    pattern: str
    gain: float = 0.4
    wet: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One style of music.

    drums: pattern of each drum
    intro_drums: the drums that play where a section says `k` instead of `d`
    sections: equal parts of the track, each naming what plays: k or d, b, c, l
    duck: how far the kick pushes the chords and the bass down, 0-1
    humanise_s: standard deviation of the timing of everything but the kick and the bar's first step
    """

    sections: tuple[str, ...]
    drums: dict[str, str] = field(default_factory=dict)
    intro_drums: tuple[str, ...] = ()
    bass: Part | None = None
    chords: Part | None = None
    lead: Part | None = None
    duck: float = 0.0
    humanise_s: float = 0.0


def _style(values: Mapping[str, Any]) -> Style:
    read: dict[str, Callable[[Any], Any]] = {"sections": lambda text: tuple(text.split()), "intro_drums": tuple}
    read |= dict.fromkeys(("bass", "chords", "lead"), lambda part: Part(**part))
    return Style(**{name: read[name](value) if name in read else value for name, value in values.items()})


_STYLES = tomllib.loads(files(__package__).joinpath("styles.toml").read_text("utf-8"))
STYLES: dict[str, Style] = {name: _style(values) for name, values in _STYLES.items()}

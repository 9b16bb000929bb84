"""Harmony that is made up chord by chord, tunes that give way to altered chords, and lines that imitate a tune.

`key_styles` names whole progressions. Music has more of them than anybody writes down, so the second book of pieces
also walks from chord to chord as listeners expect it to go on, and joins two
such loops as a verse and a chorus.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from key_styles import QUALITIES, TABLES
from midi_file import Note

Chord = tuple[int, tuple[int, ...]]
"""Degree in semitones above the tonic, intervals."""

STEPS: dict[str, dict[str, dict[str, float]]] = TABLES["steps"]
"""From which chord to which, and how often."""
TONIC = {"major": "0:M", "minor": "0:m"}
RELATIVE_TONIC = {"major": "9:m", "minor": "3:M"}
BEGINS_AT_HOME = 0.65
SEVENTHS = {"M": "M7", "m": "m7", "7": "7", "d": "h"}
NINTHS = {"M": "M9", "m": "m9", "7": "9", "d": "h"}
DOMINANTS = (7, 10)
"""Degrees whose major chord takes a minor seventh."""


def wander(rng: np.random.Generator, mode: Literal["major", "minor"]) -> list[Chord]:
    """A loop of four or eight chords in which the tonic sounds as often as its relative."""
    steps, home = STEPS[mode], TONIC[mode]
    length = int(rng.choice((4, 4, 4, 8, 8)))
    while True:
        loop = [home if rng.random() < BEGINS_AT_HOME else str(rng.choice(list(steps)))]
        while len(loop) < length:
            following = steps[loop[-1]]
            share = np.array(list(following.values()))
            loop.append(str(rng.choice(list(following), p=share / share.sum())))
        closes = loop[0] in steps[loop[-1]]
        if closes and loop.count(home) >= max(1, loop.count(RELATIVE_TONIC[mode])):
            return _coloured(loop, rng)


def _coloured(loop: list[str], rng: np.random.Generator) -> list[Chord]:
    """Triads, sevenths, ninths or fifths throughout."""
    table = (dict[str, str](), SEVENTHS, NINTHS)[int(rng.choice(3, p=(0.7, 0.2, 0.1)))]
    bare = rng.random() < 0.1
    out = []
    for name in loop:
        degree, quality = int(name.partition(":")[0]), name.partition(":")[2]
        colour = table.get("7" if quality == "M" and degree in DOMINANTS else quality, quality)
        out.append((degree, QUALITIES["5" if bare else colour]))
    return out


def joined(rng: np.random.Generator, loops: list[list[Chord]], count: int) -> list[Chord]:
    """At least `count` chords: each loop several times, in turn."""
    out: list[Chord] = []
    turn = 0
    while len(out) < count:
        out += loops[turn % len(loops)] * int(rng.choice((1, 2, 2, 4)))
        turn += 1
    return out


def agreeing(
    notes: tuple[Note, ...], chord_at: Callable[[float], Chord], tonic: int, scale: tuple[int, ...]
) -> tuple[Note, ...]:
    """The notes, moved by a semitone where the chord holds that note instead and the scale does not."""
    out = []
    for note in notes:
        root, intervals = chord_at(note.start)
        tones = {(root + step) % 12 for step in intervals}
        pitch = note.pitch
        if pitch % 12 not in tones:
            altered = [p for p in (pitch - 1, pitch + 1) if p % 12 in tones and (p - tonic) % 12 not in scale]
            pitch = altered[0] if altered else pitch
        out.append(Note(start=note.start, end=note.end, pitch=pitch, velocity=note.velocity))
    return tuple(out)


def imitated(tune: tuple[Note, ...], after: float, semitones: int, end: float) -> tuple[Note, ...]:
    """The tune in another voice, some beats later."""
    later = ((n, n.start + after) for n in tune)
    return tuple(
        Note(start=at, end=n.end + after, pitch=n.pitch + semitones, velocity=n.velocity) for n, at in later if at < end
    )

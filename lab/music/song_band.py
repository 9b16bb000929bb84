"""The band of the labelled songs: its hands, its grooves, and what it makes of chords."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from clip_parts import Song
from made_track import Samples
from midi_file import Note

KICK, RIM, SNARE, HAT, OPEN_HAT, TOM, CRASH, RIDE, TAMBOURINE = 36, 37, 38, 42, 46, 45, 49, 51, 54
LEADS = (0, 4, 11, 22, 24, 26, 40, 56, 65, 68, 71, 73, 75, 80)
KEYS = (0, 0, 0, 1, 2, 4, 5, 24, 25)
PADS = (48, 49, 50, 51, 52, 89, 91, 95)
BASSES = (32, 33, 34, 35, 38, 39)


# Grooves and basses of this benchmark alone; those that were learned from stand in training/.
GROOVES: dict[int, tuple[dict[int, str], ...]] = {
    3: (
        {KICK: "X.....", SNARE: "....x.", HAT: "x.x.x."},
        {KICK: "X....o", RIM: "..x.x.", RIDE: "x.xxx."},
        {KICK: "X...X.", SNARE: "..X...", TAMBOURINE: "xoxoxo"},
    ),
    4: (
        {KICK: "X.....o.X..o....", SNARE: "....X.......X...", HAT: "x.x.x.x.x.x.x.x."},
        {KICK: "X..X....X.......", SNARE: "....X.......X.o.", RIDE: "x...x.x.x...x.x."},
        {KICK: "X.......o.X.....", RIM: "....x.......x...", TAMBOURINE: "x.oxx.oxx.oxx.ox"},
        {KICK: "X...X...X...X...", SNARE: "....X.......X...", OPEN_HAT: "..x...x...x...x."},
    ),
    5: (
        {KICK: "X.....X...", SNARE: "....X...X.", HAT: "x.x.x.x.x."},
        {KICK: "X...X.....", SNARE: "..X.....X.", RIDE: "xox.xox.xo"},
        {KICK: "X..o..X...", RIM: "....x...x.", TAMBOURINE: "xoxoxoxoxo"},
    ),
    6: (
        {KICK: "X.....", SNARE: "...X..", HAT: "xooxoo"},
        {KICK: "X....o", RIM: "...x..", RIDE: "x.xx.x"},
        {KICK: "X.o...", SNARE: "...X.o", TAMBOURINE: "xxxxxx"},
    ),
    7: (
        {KICK: "X.....X.....X.", SNARE: "....X.....X...", HAT: "x.x.x.x.x.x.x."},
        {KICK: "X...X...X.....", SNARE: "..X...X.....X.", RIDE: "xoxoxoxoxoxoxo"},
        {KICK: "X.......X..o..", RIM: "....x.....x.x.", TAMBOURINE: "x.x.x.x.x.x.x."},
    ),
}
"""By beats a bar (6: eighths), one bar each."""
WALKS: dict[int, tuple[str, ...]] = {
    3: ("r.....", "r...f.", "r.rf.."), 4: ("r.....r.r...f...", "r...f...r...o...", "r......rr......."),
    5: ("r.....f...", "r.r...f.r."), 6: ("r..f..", "r....."), 7: ("r.......f.....", "r...f...r.f..."),
}  # fmt: skip


def clock(rng: np.random.Generator, n_beats: int, bpm: float) -> np.ndarray:
    """Seconds of beats that wander by a part of a percent, and some after the end."""
    walk = np.cumsum(rng.normal(0.0, 0.0012, n_beats + 16))
    walk -= np.linspace(0.0, walk[-1], walk.size)
    return float(rng.uniform(0.0, 1.5)) + np.concatenate([[0.0], np.cumsum(60.0 / bpm * np.exp(walk))])


class Hand:
    """Puts notes in beats onto the clock, as a person does: not quite in time, not quite evenly loud."""

    def __init__(self, rng: np.random.Generator, beats_s: np.ndarray, key: int) -> None:
        self.rng, self.key = rng, key
        self._beats_s, self._numbers = beats_s, np.arange(beats_s.size)
        self._jitter_s = float(rng.uniform(0.0, 0.006))

    def play(self, beat: float, length: float, pitch: int, velocity: float) -> Note:
        """One note."""
        start, end = np.interp([beat, beat + length], self._numbers, self._beats_s)
        start = max(0.0, float(start) + self.rng.normal(0.0, self._jitter_s))
        loud = int(np.clip(velocity * self.rng.uniform(0.9, 1.08), 1, 127))
        return Note(start=start, end=max(start + 0.04, float(end)), pitch=int(np.clip(pitch, 0, 127)), velocity=loud)

    def moved(self, notes: list[Note], gain: float) -> list[Note]:
        """Notes whose times are beats, transposed."""
        return [
            self.play(note.start, note.end - note.start, note.pitch + self.key, gain * note.velocity) for note in notes
        ]


def held_chords(hand: Hand, song: Song, start: int, end: int, low: int, velocity: float) -> list[Note]:
    """Chords held until the next one."""
    changes = [beat for beat, _ in song.chords if start < beat < end]
    found = []
    for beat, until in zip([start, *changes], [*changes, end], strict=True):
        root, intervals = chord_at(song, beat)
        for interval in intervals:
            pitch = low + (root + interval + hand.key - low) % 12
            found.append(hand.play(beat, until - beat - 0.05, pitch, velocity))
    return found


def bass_line(hand: Hand, song: Song, start: int, end: int, steps: str, metre: int) -> list[Note]:
    found, per_beat = [], len(steps) // metre
    for number in range((end - start) * per_beat):
        symbol, beat = steps[number % len(steps)], start + number / per_beat
        if symbol != ".":
            root, _ = chord_at(song, beat)
            pitch = 33 + (root + hand.key - 9) % 12 + {"r": 0, "f": 7, "o": 12}[symbol]
            found.append(hand.play(beat, 0.9 / per_beat, pitch, 92))
    return found


def chord_at(song: Song, beat: float) -> tuple[int, tuple[int, ...]]:
    """The chord that sounds at a beat: pitch class of the root, and intervals."""
    before = [chord for at, chord in song.chords if at <= beat]
    return before[-1] if before else song.chords[0][1]


def beaten(hand: Hand, groove: dict[int, str], start: int, end: int, metre: int, *, fill_from: int) -> list[Note]:
    """A groove from beat to beat, with a fill at its end."""
    found = []
    for drum, steps in groove.items():
        per_beat = len(steps) // metre
        for number in range((end - start) * per_beat):
            symbol, beat = steps[number % len(steps)], start + number / per_beat
            if symbol != "." and (beat < fill_from or drum in (HAT, RIDE)):
                found.append(hand.play(beat, 0.1, drum, {"X": 108, "x": 88, "o": 55}[symbol]))
    hits = [step for step in range(4 * (end - fill_from)) if hand.rng.random() < 0.75]
    return found + [
        hand.play(fill_from + step / 4, 0.1, int(hand.rng.choice((SNARE, TOM, 43, 47))), 96) for step in hits
    ]


def at_peak(y: Samples) -> Samples:
    return np.asarray(0.9 * y / max(1e-4, float(np.abs(y).max())), dtype=np.float32)

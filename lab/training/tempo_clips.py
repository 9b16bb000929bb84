"""Clips of known tempo, made from songs of POP909 and own patterns.

Those that a mixed band plays (`make_session`) are arranged as no machine would. The others keep to what is usual: each
style has its instruments, and its hi-hat says how fast it is. Here any instrument may play any part, the hi-hat counts
in other notes than the style's, parts come late and pause, chords are strummed, singers anticipate, several instruments
play at once, and each is a little early or late. What is left to tell the tempo is what tells it in music of every
kind: kick against snare, bass, harmony, and where phrases begin.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from clip_parts import Band, read_song, recorded_clip, song_names
from midi_file import DRUM_CHANNEL, Note
from studio import Clip
from tempo_patterns import HAT, OPEN_HAT, RECORD_STYLES, RIDE, SHAKER, STYLES, TempoStyle

Part = tuple[int, int, list[Note]]

LEADS = (*range(8), *range(11, 13), *range(16, 32), 40, 41, 42, *range(48, 88), 105, 106, 107, 109, 110)
"""General MIDI programs (from 0) that can carry a tune: keys, guitars, strings, voices, winds, brass, synths."""
CHORDS = (*range(8), *range(16, 32), 46, *range(48, 56), 61, 62, 63, *range(80, 96), 105)
PADS = (*range(16, 21), *range(48, 55), *range(88, 96))
BASSES = (*range(32, 40), 43, 58, 70)
KITS = (0, 0, 0, 8, 16, 24, 25, 32, 40)
TIME_KEEPERS = (HAT, OPEN_HAT, RIDE, SHAKER, 54)
"""54 is the tambourine."""
OFFSET_S = 0.006
"""Standard deviation of how early or late each player is throughout."""
MOST_STRUM_S = 0.035
ANTICIPATED = 0.4
"""Share of the notes on a beat that a singer takes half a beat early."""
PAUSE_BARS = (2, 6)


def make_session(archive: str, rng: np.random.Generator) -> Clip:
    """One clip: a style, its tempo, a song of POP909, and a band put together by chance."""
    styles = STYLES | RECORD_STYLES
    names = list(styles)
    # Flatter than the shares themselves: the rare styles are rare among the other clips already.
    share = np.sqrt([styles[name].share for name in names])
    name = str(rng.choice(names, p=share / share.sum()))
    song_name = str(rng.choice(song_names(archive)))
    return recorded_clip(_MixedBand(rng, styles[name], read_song(archive, song_name)), name, song_name)


class _MixedBand(Band):
    """Plays one clip."""

    def play(self) -> list[Part]:
        style, rng = self.style, self.rng
        if style.melody == "piano":
            return super().play()
        parts: list[tuple[int, list[Note]]] = []
        if rng.random() < 0.85:
            tune = self._made_up() if style.melody == "steps" or rng.random() < 0.15 else self._sung()
            parts.append((self._any(LEADS), self._loud(tune, 0.5, 1.1)))
            if rng.random() < 0.3:
                parts.append((self._any(LEADS), self._loud(tune, 0.3, 0.9)))
        if style.melody == "song":
            for name, chance in (("BRIDGE", 0.4), ("PIANO", 0.4)):
                if rng.random() < chance:
                    parts.append((self._any(CHORDS), self._loud(self._song(name), 0.3, 0.9)))
        for chance in (0.9, 0.4):
            pattern = str(rng.choice(self._usable("chords")))
            if pattern and rng.random() < chance:
                parts.append((self._any(CHORDS), self._strummed(self._loud(self._chords(pattern), 0.3, 0.9))))
        if rng.random() < 0.4:
            held = "x" + "." * (style.beats * style.steps - 1)
            parts.append((self._any(PADS), self._loud(self._chords(held), 0.3, 0.8)))
        if rng.random() < 0.9:
            parts.append((self._any(BASSES), self._loud(self._bass(str(rng.choice(self._usable("bass")))), 0.5, 1.1)))
        played = [
            (channel, program, self._placed(notes)) for channel, (program, notes) in enumerate(parts) if channel < 9
        ]
        if style.drums and rng.random() >= style.without_drums:
            played.append((DRUM_CHANNEL, self._any(KITS), self._placed(self._loud(self._other_drums(), 0.4, 1.1))))
        return played

    def _any(self, programs: tuple[int, ...]) -> int:
        return int(self.rng.choice(programs))

    def _usable(self, part: str) -> list[str]:
        """Patterns of this style, and of any other that has as many beats and steps."""
        every = [self.style, *(STYLES | RECORD_STYLES).values()] if self.rng.random() < 0.3 else [self.style]
        same = [s for s in every if (s.beats, s.steps, s.song_beats) == self._measure(self.style)]
        return [pattern for s in same for pattern in getattr(s, part)]

    @staticmethod
    def _measure(style: TempoStyle) -> tuple[int, int, int]:
        return style.beats, style.steps, style.song_beats

    def _sung(self) -> list[Note]:
        """The song's melody, some of it anticipated."""
        notes = self._song("MELODY")
        if self.rng.random() < 0.6:
            return notes
        early_s = 30.0 / self.bpm
        number = np.interp([note.start for note in notes], self.beat_s, np.arange(self.beat_s.size))
        on_beat = np.abs(number - np.rint(number)) < 0.06
        moved = on_beat & (self.rng.random(len(notes)) < ANTICIPATED)
        return [
            replace(note, start=max(0.0, note.start - early_s)) if early else note
            for note, early in zip(notes, moved, strict=True)
        ]

    def _strummed(self, notes: list[Note]) -> list[Note]:
        """Chords whose notes follow each other from below."""
        if self.style.electronic or self.rng.random() < 0.5:
            return notes
        spread = self.rng.uniform(0.0, MOST_STRUM_S)
        low = min((note.pitch for note in notes), default=0)
        return [replace(n, start=n.start + spread * (n.pitch - low) / 24, end=n.end + spread) for n in notes]

    def _loud(self, notes: list[Note], least: float, most: float) -> list[Note]:
        """At a level of its own, louder and softer in phrases, each note as the hand falls."""
        gain, depth = self.rng.uniform(least, most), self.rng.uniform(0.0, 0.35)
        turns, phase = self.rng.uniform(0.05, 0.3), self.rng.uniform(0.0, 6.3)
        hand = self.rng.uniform(0.0, 0.3)
        out = []
        for note in notes:
            swell = 1.0 + depth * np.sin(turns * note.start * 2.0 * np.pi + phase)
            loud = note.velocity * gain * swell * (1.0 + hand * self.rng.uniform(-1.0, 1.0))
            out.append(replace(note, velocity=int(np.clip(loud, 1, 127))))
        return out

    def _placed(self, notes: list[Note]) -> list[Note]:
        """A little early or late throughout, and silent for some bars."""
        late_s = 0.0 if self.style.electronic else float(self.rng.normal(0.0, OFFSET_S))
        bars = max(1, self.n_beats // self.style.beats)
        low, high = 0.0, 0.0
        if self.rng.random() < 0.4:
            first = int(self.rng.integers(0, bars)) if self.rng.random() < 0.5 else 0
            last = first + int(self.rng.integers(PAUSE_BARS[0], PAUSE_BARS[1] + 1))
            low, high = (float(self.beat_s[min(bar * self.style.beats, self.n_beats)]) for bar in (first, last))
        return [
            replace(n, start=max(0.0, n.start + late_s), end=max(0.05, n.end + late_s))
            for n in notes
            if not low <= n.start < high
        ]

    def _other_drums(self) -> list[Note]:
        """The style's drums with another hi-hat, or with none, perhaps with a tambourine or shaker beside it."""
        style, rng = self.style, self.rng
        pattern = dict(style.drums[int(rng.integers(len(style.drums)))])
        if rng.random() < 0.6:
            pattern = {drum: steps for drum, steps in pattern.items() if drum not in TIME_KEEPERS} or pattern
            for _ in range(int(rng.choice((0, 1, 1, 1, 2)))):
                pattern[int(rng.choice(TIME_KEEPERS))] = self._counted()
        changed: Any = replace(style, drums=(pattern,))
        self.style = changed
        notes = self._drums()
        self.style = style
        return notes

    def _counted(self) -> str:
        """One bar of even notes, on the beat or off it."""
        style, rng = self.style, self.rng
        every = int(rng.choice([n for n in (1, 2, 3, 4, 6) if style.steps % n == 0 or n == style.steps]))
        shift = int(rng.choice((0, 0, 0, every // 2)))
        return "".join("x" if step % every == shift else "." for step in range(style.beats * style.steps))


FIRST_RECORD = 10_000
"""Number of the first clip of the second round of styles."""
FIRST_SESSION = 20_000
"""Number of the first clip that a mixed band plays (`make_session`)."""


def make_clip(archive: str, seed: int) -> Clip:
    """Make one clip: draw a style, a tempo and a song, play, record, and treat it as studios and codecs do.

    Numbers below `FIRST_RECORD` draw from `STYLES`, the others from `RECORD_STYLES`, those from `FIRST_SESSION` on from
    both, as `make_session` plays them.
    """
    rng = np.random.default_rng(seed)
    if seed >= FIRST_SESSION:
        return make_session(archive, rng)
    styles = STYLES if seed < FIRST_RECORD else RECORD_STYLES
    names = list(styles)
    share = np.array([styles[name].share for name in names])
    name = str(rng.choice(names, p=share / share.sum()))
    song_name = str(rng.choice(song_names(archive)))
    return recorded_clip(Band(rng, styles[name], read_song(archive, song_name)), name, song_name)

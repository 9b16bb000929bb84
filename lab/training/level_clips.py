"""Clips whose drums contradict their level: half-time drums over fast music, busy hats over slow songs.

The same band plays, and the beat stays where bass, chords and tune have it: kick and snare take twice as long for their
pattern, or the hats run in sixteenths and shorter. What tells the level then is everything but the drums' rate.
"""

from __future__ import annotations

import numpy as np
from clip_parts import Band, read_song, recorded_clip, song_names
from midi_file import Note
from studio import Clip
from tempo_patterns import CLAP, HAT, KICK, OPEN_HAT, RECORD_STYLES, RIDE, RIM, SHAKER, SNARE, STYLES, TOM

FIRST_SEED = 70_000
FAST_BPM, SLOW_BPM = 118.0, 112.0
"""Half-time drums are for music that may be faster, busy hats for music that may be slower."""
BACKBONE = (KICK, SNARE, CLAP, RIM, TOM)
HATS = (HAT, OPEN_HAT, RIDE, SHAKER)
PLAIN = 0.25
"""Share of the clips that the drums do not contradict: only what they play says which are which."""


def make_level_clip(archive: str, number: int) -> Clip:
    """One clip, its style and song drawn by its number."""
    rng = np.random.default_rng(FIRST_SEED + number)
    styles = {name: style for name, style in (STYLES | RECORD_STYLES).items() if style.drums and style.beats == 4}
    slow = number % 2 == 0
    fitting = [n for n, s in styles.items() if (s.low_bpm < SLOW_BPM if slow else s.high_bpm > FAST_BPM)]
    name = str(rng.choice(fitting))
    song_name = str(rng.choice(song_names(archive)))
    band = (_BusyHats if slow else _HalfTime)(rng, styles[name], read_song(archive, song_name))
    return recorded_clip(band, f"{name}, {'busy hats' if slow else 'half-time drums'}", song_name)


class _HalfTime(Band):
    """Kick and snare take two bars for the pattern of one."""

    def _drums(self) -> list[Note]:
        rng, style = self.rng, self.style
        if rng.random() < PLAIN:
            return super()._drums()
        pattern, out = style.drums[int(rng.integers(len(style.drums)))], []
        for drum, steps in pattern.items():
            slow = 2 if drum in BACKBONE else 1
            gain = rng.uniform(0.6, 1.1) * (112 if drum in BACKBONE else 88)
            length = len(steps) / style.steps * slow
            for turn in range(int(self.n_beats / length) + 1):
                for step, symbol in enumerate(steps):
                    if symbol != ".":
                        at = turn * length + slow * step / style.steps
                        out.append(self._note(at, 0.1, drum, gain * {"X": 1.0, "x": 0.8, "o": 0.5}[symbol]))
        return out


class _BusyHats(Band):
    """Hats in four or eight a beat beside what the style plays."""

    def _drums(self) -> list[Note]:
        rng = self.rng
        out = super()._drums()
        if rng.random() < PLAIN:
            return out
        per_beat = 8 if self.bpm < 76.0 and rng.random() < 0.5 else 3 if self.style.steps % 3 == 0 else 4
        hat, gain = int(rng.choice(HATS)), rng.uniform(50.0, 100.0)
        accent = rng.uniform(0.5, 1.0, per_beat)
        out = [note for note in out if note.pitch not in HATS]
        for step in range(self.n_beats * per_beat):
            if rng.random() < 0.97:
                out.append(self._note(step / per_beat, 0.1, hat, gain * accent[step % per_beat]))
        return out

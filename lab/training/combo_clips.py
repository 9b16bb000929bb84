"""Clips of jazz combos, sung slow songs and heavy bands: where the surface runs at another rate than the beat.

A jazz drummer varies each bar, comping avoids the beat, a ballad's hi-hat counts in sixteenths, and heavy feet run
under a slow backbeat. Singers are sung (`key_voices`), guitars go through an amplifier, and some drums are one-shot
samples of Sonic Pi (CC0; Debian: sonic-pi-samples).
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import soundfile
import soxr
from clip_parts import Band, Song, read_song, song_names
from key_voices import drive_chords, glide_bass, sing
from midi_file import DRUM_CHANNEL, Note
from studio import SAMPLE_RATE_HZ, Clip, Samples, hall, old_record, recorded, treated
from tempo_patterns import CLAP, CRASH, HAT, HEAVY, JAZZ, KICK, OPEN_HAT, PEDAL, RIDE, RIM, SNARE, SONGS, TempoStyle

Part = tuple[int, int, list[Note]]

SAMPLES = "/usr/share/sonic-pi/samples"
ONE_SHOTS = {
    KICK: (
        "bd_haus",
        "bd_boom",
        "bd_gas",
        "bd_klub",
        "bd_fat",
        "drum_heavy_kick",
        "drum_bass_soft",
        "bd_ada",
        "bd_808",
    ),
    SNARE: ("drum_snare_hard", "drum_snare_soft", "sn_dub", "sn_generic", "elec_hi_snare", "elec_lo_snare", "sn_dolf"),
    RIM: ("elec_tick", "elec_wood", "drum_snare_soft", "perc_snap"),
    CLAP: ("perc_snap2", "sn_dub", "elec_filt_snare"),
    HAT: ("drum_cymbal_closed", "drum_cymbal_pedal", "elec_tick"),
    OPEN_HAT: ("drum_cymbal_open", "drum_cymbal_soft"),
    PEDAL: ("drum_cymbal_pedal",),
    RIDE: ("drum_cymbal_soft", "drum_cymbal_hard"),
    CRASH: ("drum_splash_hard", "drum_cymbal_hard"),
}
"""Samples for the drums of General MIDI; what is not here stays with the sound font."""
LONGEST_HIT_S = 1.2

RIDES = {
    4: ((0, 1, 1.5, 2, 3, 3.5), (0, 1, 2, 3), (0, 1, 1.5, 2, 3), (0, 1, 2, 3, 3.5), (0, 0.5, 1, 2, 3, 3.5), (0, 2, 3)),
    3: ((0, 1, 1.5, 2), (0, 1, 2), (0, 1, 2, 2.5), (0, 1.5, 2)),
}
"""Beats of a bar on which a ride cymbal is struck, by the beats of the bar; .5 is the second note of a swung pair."""
CHARLESTONS = (
    (0.0, 1.5), (1.5,), (0.5, 3.0), (1.5, 3.5), (3.5,), (0.5, 2.5), (1.0, 2.5), (0.0, 2.5), (), (1.5, 2.5),
    (0.5,), (1.0, 3.0), (2.5, 3.5),
)  # fmt: skip
"""Where somebody who comps plays chords within a bar."""

SOLOISTS = (64, 65, 66, 67, 56, 59, 71, 73, 11, 0, 26, 26, 0, 57)
COMPING = (0, 0, 26, 16, 4, 17, 11)
KEYS = (0, 0, 1, 4, 5, 24, 25, 27, 46, 48)
PADS = (48, 49, 50, 51, 52, 53, 89, 90, 91, 16)
SWING_SHARE = (0.54, 0.7)
"""Where the second note of a swung pair falls within the beat."""
MOST_LAID_BACK_S = 0.05
SLOW_BPM = 84.0


def make_combo(archive: str, rng: np.random.Generator) -> Clip:
    """One clip: a style, its tempo, a song of POP909 and the band that plays it."""
    styles = JAZZ | SONGS | HEAVY
    names = list(styles)
    share = np.array([styles[name].share for name in names])
    name = str(rng.choice(names, p=share / share.sum()))
    song_name = str(rng.choice(song_names(archive)))
    song = read_song(archive, song_name)
    band = (_JazzCombo if name in JAZZ else _HeavyBand if name in HEAVY else _Singers)(rng, styles[name], song)
    return Clip(y=band.record(), bpm=band.bpm, style=name, group=song_name, beats_s=band.beat_s, metre=band.style.beats)


class _Combo(Band):
    """A band some of whose players are no synthesiser; `layers` holds what they played."""

    def __init__(self, rng: np.random.Generator, style: TempoStyle, song: Song) -> None:
        super().__init__(rng, style, song)
        self.layers: list[Samples] = []
        self.n_samples = round(self.seconds * SAMPLE_RATE_HZ)

    def record(self) -> Samples:
        """Everything together, in a room."""
        rng, parts = self.rng, self.play()
        sampled = rng.random() < 0.35
        drums = [note for channel, _, notes in parts if channel == DRUM_CHANNEL for note in notes] if sampled else []
        if drums:
            parts = [(c, p, [n for n in notes if n.pitch not in ONE_SHOTS] if c == DRUM_CHANNEL else notes)
                     for c, p, notes in parts]  # fmt: skip
            self._layer(_one_shots(drums, rng, self.n_samples), 0.4, 1.2)
        y = _level(recorded(parts, rng, self.n_samples))
        for layer in self.layers:
            y = y + layer
        if rng.random() < 0.3:
            y = hall(y, rng)
        if rng.random() < 0.12:
            y = old_record(y, rng)
        return treated(y, rng, gently=True)

    def _layer(self, y: Samples, least: float, most: float) -> None:
        self.layers.append(_level(y) * np.float32(self.rng.uniform(least, most)))

    def _at(self, beat: float, length: float, pitch: int, velocity: float, late_s: float = 0.0) -> Note:
        """A note at any place within a beat."""
        note = self._note(beat, length, pitch, velocity)
        return replace(note, start=note.start + late_s, end=note.end + late_s)

    def _tones(self, beat: float) -> list[int]:
        root, intervals = self._chord_at(int(beat))
        return sorted(52 + (root + self.key + interval - 4) % 12 for interval in intervals)


class _JazzCombo(_Combo):
    """A soloist, somebody who comps, bass, and perhaps a drummer who never plays two bars alike."""

    def play(self) -> list[Part]:
        rng, style = self.rng, self.style
        self.second = float(rng.uniform(*SWING_SHARE))
        parts: list[Part] = []
        if rng.random() < 0.85:
            parts.append((0, int(rng.choice(SOLOISTS)), self._solo()))
        if rng.random() < 0.85:
            parts.append((1, int(rng.choice(COMPING)), self._comping()))
        if rng.random() < 0.93:
            parts.append((2, int(rng.choice((32, 32, 32, 35))), self._walking()))
        if rng.random() >= style.without_drums:
            parts.append((DRUM_CHANNEL, int(rng.choice((32, 32, 40, 40, 0))), self._varied_drums()))
        return parts or [(1, 0, self._comping())]

    def _solo(self) -> list[Note]:
        """Lines of quavers with rests, on or behind the beat; in ballads long notes and runs."""
        rng, out = self.rng, []
        late_s, pitch, beat = float(rng.uniform(0.0, MOST_LAID_BACK_S)), 70, 0.0
        slow = self.bpm < SLOW_BPM
        if rng.random() < 0.4:
            return [replace(n, start=n.start + late_s, end=n.end + late_s) for n in self._song("MELODY")]
        while beat < self.n_beats - 1:
            run = int(rng.integers(2, 9))
            doubled = slow and rng.random() < 0.5
            for _ in range(run):
                places = (0.0, 0.25, 0.5, 0.75) if doubled else (0.0, self.second)
                for index, place in enumerate(places):
                    until = places[index + 1] if index + 1 < len(places) else 1.0
                    pitch = int(np.clip(pitch + rng.choice((-3, -2, -1, 1, 2, 3, 5, -5)), 58, 86))
                    if rng.random() < 0.82:
                        loud = 92 if rng.random() < 0.3 else 78
                        out.append(self._at(beat + place, until - place, pitch, loud, late_s))
                beat += 1
            if rng.random() < 0.6:
                out.append(self._at(beat, float(rng.uniform(0.8, 2.5)), pitch, 88, late_s))
            beat += int(rng.integers(1, 4))
        return out

    def _comping(self) -> list[Note]:
        """Chords at places that change from bar to bar, most of them off the beat."""
        rng, out = self.rng, []
        gentle = self.bpm < SLOW_BPM and rng.random() < 0.5
        four = rng.random() < 0.12
        for start in range(0, self.n_beats, self.style.beats):
            places: tuple[float, ...] = CHARLESTONS[int(rng.integers(len(CHARLESTONS)))]
            if gentle:
                places = (0.0,) if rng.random() < 0.6 else (0.0, 2.0)
            if four:
                places = tuple(float(beat) for beat in range(self.style.beats))
            for place in places:
                if place >= self.style.beats:
                    continue
                beat = start + np.floor(place) + (self.second if place % 1.0 else 0.0)
                length = float(rng.choice((0.25, 0.5, 1.2))) if not gentle else 2.0
                loud = rng.uniform(55, 85)
                out += [self._at(beat, length, pitch, loud) for pitch in self._tones(beat)]
        return out

    def _walking(self) -> list[Note]:
        """A note a beat with skips between; in two, and in ballads, a note every other beat and a pickup."""
        rng, out = self.rng, []
        in_two = self.style.bass[0] == "two" or (self.bpm < SLOW_BPM and rng.random() < 0.7)
        step = 2 if in_two and self.style.beats != 3 else 3 if in_two else 1
        for beat in range(0, self.n_beats, step):
            root, intervals = self._chord_at(beat)
            low = 29 + (root + self.key - 5) % 12
            first = beat % self.style.beats == 0
            pitch = low if first else low + int(rng.choice((0, intervals[1], 7, 9, 10, -1, 2)))
            out.append(self._at(beat, 0.95 * step, pitch, 95))
            if rng.random() < 0.15:
                out.append(self._at(beat + step - 1 + self.second, 0.3, pitch + int(rng.choice((-1, 2, 0))), 80))
        return out

    def _varied_drums(self) -> list[Note]:
        rng, out, style = self.rng, [], self.style
        brushes, comps = rng.random() < 0.35 or self.bpm < 70, rng.uniform(0.0, 0.35)
        main = SNARE if brushes and rng.random() < 0.6 else RIDE if rng.random() < 0.85 else HAT
        pedal = rng.random() < 0.8
        for start in range(0, self.n_beats, style.beats):
            ride = RIDES[style.beats][int(rng.integers(len(RIDES[style.beats])))]
            for place in ride:
                at = start + np.floor(place) + (self.second if place % 1.0 else 0.0)
                out.append(self._at(at, 0.1, main, 60 if brushes else 80 - 12 * (place % 1.0 > 0)))
            for beat in range(style.beats):
                if pedal and beat % 2 == 1:
                    out.append(self._at(start + beat, 0.1, PEDAL, 75))
                for third in (0.0, 1 / 3, self.second):
                    if rng.random() < comps / 3:
                        drum = int(rng.choice((SNARE, SNARE, KICK, 47)))
                        out.append(self._at(start + beat + third, 0.1, drum, rng.uniform(40, 105)))
        return out


class _Singers(_Combo):
    """A slow song: keys or guitars in small notes, a pad, bass, drums, and a singer."""

    def play(self) -> list[Part]:
        rng, style = self.rng, self.style
        tune = self._song("MELODY") if style.melody == "song" else self._made_up()
        late_s = float(rng.uniform(0.0, MOST_LAID_BACK_S))
        tune = [replace(n, start=n.start + late_s, end=n.end + late_s + 0.05) for n in tune]
        if rng.random() < 0.7:
            self._layer(sing(_monophonic(tune), rng, self.n_samples), 0.5, 1.4)
            if rng.random() < 0.25:
                third = [replace(n, pitch=n.pitch + 4 - (n.pitch % 3 == 0)) for n in tune]
                self._layer(sing(_monophonic(third), rng, self.n_samples), 0.3, 0.7)
            tune = []
        parts: list[Part] = [(0, int(rng.choice(SOLOISTS)), tune)] if tune else []
        parts.append((1, int(rng.choice(KEYS)), self._chords(str(rng.choice(style.chords)))))
        if rng.random() < 0.4:
            parts.append((2, int(rng.choice(KEYS)), self._chords(str(rng.choice(style.chords)))))
        if rng.random() < 0.5:
            held = "x" + "." * (style.beats * style.steps - 1)
            parts.append((3, int(rng.choice(PADS)), self._chords(held)))
        if rng.random() < 0.3:
            parts.append((4, int(rng.choice(KEYS)), self._song("PIANO")))
        bass = self._bass(str(rng.choice(style.bass)))
        if rng.random() < 0.2:
            self._layer(glide_bass(_monophonic(bass), rng, self.n_samples), 0.3, 1.0)
        elif rng.random() < 0.9:
            parts.append((5, int(rng.choice((32, 33, 33, 34, 38))), bass))
        if rng.random() >= style.without_drums:
            parts.append((DRUM_CHANNEL, int(rng.choice((0, 0, 8, 16, 24, 40))), self._drums()))
        return [(channel, program, notes) for channel, program, notes in parts if notes]


class _HeavyBand(_Combo):
    """Distorted guitars, bass, drums, and perhaps somebody who sings or a lead guitar."""

    def play(self) -> list[Part]:
        rng, style = self.rng, self.style
        pattern = str(rng.choice(style.chords))
        power = [n for n in self._chords(pattern) if rng.random() < 0.97]
        self._layer(drive_chords(_power_chords(power), rng, self.n_samples), 0.6, 1.4)
        if rng.random() < 0.5:
            tune = self._song("MELODY")
            self._layer(sing(_monophonic(tune), rng, self.n_samples), 0.3, 1.0)
        parts: list[Part] = []
        if rng.random() < 0.9:
            parts.append((5, int(rng.choice((33, 34, 34, 36))), self._bass(str(rng.choice(style.bass)))))
        if rng.random() < 0.3:
            parts.append((1, int(rng.choice((29, 30))), self._chords(pattern)))
        if rng.random() < 0.2:
            parts.append((2, int(rng.choice(PADS)), self._chords("x" + "." * (style.beats * style.steps - 1))))
        parts.append((DRUM_CHANNEL, int(rng.choice((0, 8, 16, 16))), self._drums()))
        return parts


def _power_chords(notes: list[Note]) -> list[Note]:
    """Of each chord its lowest note an octave down, with the fifth above it."""
    lowest: dict[int, Note] = {}
    for note in notes:
        place = round(note.start / 0.04)
        if place not in lowest or note.pitch < lowest[place].pitch:
            lowest[place] = note
    low = [replace(note, pitch=note.pitch - 12) for note in lowest.values()]
    return [*low, *(replace(note, pitch=note.pitch + 7) for note in low)]


def _monophonic(notes: list[Note]) -> list[Note]:
    """Each note ends where the next one begins."""
    line = sorted(notes, key=lambda note: note.start)
    cut = [replace(a, end=min(a.end, b.start)) for a, b in pairwise(line)]
    return [*cut, *line[-1:]]


def _level(y: Samples) -> Samples:
    return np.asarray(y / (10.0 * np.sqrt(np.mean(np.square(y)) + 1e-12)), dtype=np.float32)


def _one_shots(notes: list[Note], rng: np.random.Generator, n_samples: int) -> Samples:
    """The drums, each with one sample that is tuned by chance."""
    kit = {drum: _sample(str(rng.choice(names)), float(rng.uniform(0.85, 1.2))) for drum, names in ONE_SHOTS.items()}
    y = np.zeros(n_samples + round(2 * LONGEST_HIT_S * SAMPLE_RATE_HZ), dtype=np.float32)
    for note in notes:
        start = round(note.start * SAMPLE_RATE_HZ)
        if note.pitch in kit and start < n_samples:
            hit = kit[note.pitch]
            y[start : start + hit.size] += hit * np.float32((note.velocity / 127.0) ** 1.5)
    return y[:n_samples]


def _sample(name: str, speed: float) -> Samples:
    wave, rate = _read_sample(name)
    hit: Any = soxr.resample(wave, rate * speed, SAMPLE_RATE_HZ)
    hit = hit[: round(LONGEST_HIT_S * SAMPLE_RATE_HZ)]
    return np.asarray(hit / (np.abs(hit).max() + 1e-9), dtype=np.float32)


@cache
def _read_sample(name: str) -> tuple[Samples, int]:
    wave, rate = soundfile.read(os.path.join(SAMPLES, f"{name}.flac"), dtype="float32", always_2d=True)
    return wave.mean(axis=1), rate

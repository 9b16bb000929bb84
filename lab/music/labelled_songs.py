"""Whole songs of POP909 with the phrases that two people heard, plain and arranged.

Needs POP909 (`pop909.zip`: MIDI, beats, chords), phrase labels of it (`pop909-phrases.zip`, Dsqvival's, MIT) and
FluidSynth with FluidR3. Songs below 300 whose number leaves 1 when divided by three are the benchmark's alone
(`is_benchmark_song`); the labels have no song whose number can be divided by three. The labels of 421 of 551 songs fit.

The labels count bars of four beats from the first bar of that data set's own melody file, which is not at hand. On
which beat bars begin is told by `bar_truth`; which bar is the first, by the melody (`first_bar`). A song is left out
where two beats of the bar are alike, or where the phrases said to have a melody and to have none do not agree with the
notes, by either person.
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from bar_truth import bars_begin
from clip_parts import Song, read_song, song_names
from made_track import Samples, TruePhrase, Truth
from midi_file import DRUM_CHANNEL, Note
from song_band import (
    BASSES,
    CRASH,
    GROOVES,
    KEYS,
    KICK,
    LEADS,
    PADS,
    SNARE,
    WALKS,
    Hand,
    at_peak,
    bass_line,
    beaten,
    clock,
    held_chords,
)
from sound_fonts import FLUID
from studio import SAMPLE_RATE_HZ, synthesised

Labels = tuple[tuple[str, int], ...]
"""(letter, bars) of each phrase; a capital letter has a melody."""

LEAST_AGREEMENT = 0.85
"""Share of the bars that tell, in which notes and labels agree."""
LEAST_MARGIN = 0.05
"""By which they agree better than with any other first bar."""
EARLIEST, LATEST = -14, 26
"""Beats beside the first chord at which the labels are tried."""
FIRST_SHARED = 300
"""Number from which on any song may teach; below it there are enough for the benchmark."""
TAIL_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSong:
    """One song whose labels fit it; places in beats of the song.

    name: its number in POP909
    song: notes and chords
    zero: beat at which the first labelled bar begins
    people: labels of both persons
    bpm: median
    """

    name: str
    song: Song
    zero: int
    people: tuple[Labels, Labels]
    bpm: float

    @property
    def n_beats(self) -> int:
        """To the end of the last note, in whole bars from `zero`."""
        last = max(note.end for notes in self.song.parts.values() for note in notes)
        return self.zero + 4 * int(np.ceil((last - self.zero) / 4))

    def starts(self, person: int) -> list[int]:
        """Beats at which one person's phrases begin, and at which the last one ends."""
        bars = np.cumsum([0, *(bars for _, bars in self.people[person])])
        return [int(self.zero + 4 * bar) for bar in bars]


def is_benchmark_song(name: str) -> bool:
    """Whether nothing is learned or chosen with this song."""
    return int(name) % 3 == 1 and int(name) < FIRST_SHARED


def read_labelled(pop909: str, phrases: str, among: Collection[str] | None = None) -> Iterator[LabelledSong | None]:
    """Each song, of all or of some, that two people labelled; None for one whose labels do not fit."""
    with zipfile.ZipFile(phrases) as labels:
        names = sorted({name.split("/")[1] for name in labels.namelist() if "human_label" in name})
        names = [name for name in names if among is None or name in among]
        texts = {
            name: [labels.read(f"pop909-phrases/{name}/human_label{person}.txt").decode() for person in (1, 2)]
            for name in names
        }
    for name, (first, second) in texts.items():
        song = read_song(pop909, name)
        people = (_parsed(first), _parsed(second))
        zero = first_bar(song, people)
        bpm = median_bpm(pop909, name)
        yield None if zero is None else LabelledSong(name=name, song=song, zero=zero, people=people, bpm=bpm)


def _parsed(text: str) -> Labels:
    return tuple((letter, int(bars)) for letter, bars in re.findall(r"([A-Za-z])(\d+)", text))


@cache
def median_bpm(pop909: str, name: str) -> float:
    """The tempo of a song."""
    with zipfile.ZipFile(pop909) as songs:
        lines = songs.read(f"pop909/{name}/beat_midi.txt").decode().splitlines()
    times = [float(line.split()[0]) for line in lines if line.strip()]
    return 60.0 / float(np.median(np.diff(times)))


def first_bar(song: Song, people: Collection[Labels]) -> int | None:
    """Beat of the first labelled bar: the melody plays where the labels say so, elsewhere less so; None if nowhere."""
    chord, phase = int(song.chords[0][0]), bars_begin(song)
    if phase is None:
        return None
    found = []
    for beat in (beat for beat in range(chord + EARLIEST, chord + LATEST) if beat % 4 == phase):
        told = [_agreement(song, beat, labels) for labels in people]
        agreement = [each for each in told if each is not None]
        if len(agreement) < len(told):
            return None
        found.append((float(np.mean(agreement)), -abs(beat - chord), beat, min(agreement)))
    (best, _, beat, least), (second, *_) = sorted(found)[:-3:-1]
    fits = beat >= 0 and least >= LEAST_AGREEMENT and best >= second + LEAST_MARGIN
    return beat if fits else None


def _agreement(song: Song, zero: int, labels: Labels) -> float | None:
    """Of bars without a melody, and of first bars with one, the share in which that is so; None without any."""
    sung = np.concatenate([[letter.isupper()] * bars for letter, bars in labels])
    onsets = np.array([note.start for note in song.parts.get("MELODY", [])])
    right = []
    for bar, is_sung in enumerate(sung):
        start = zero + 4 * bar - 0.1
        # The last beat of a bar may hold a pick-up to the next one.
        plays = bool(((onsets >= start) & (onsets < start + 3)).any())
        if not is_sung:
            right.append(not plays)
        elif bar and not sung[bar - 1]:
            right.append(plays)
    return float(np.mean(right)) if right else None


# ---- whole songs ---------------------------------------------------------------------------------


def perform(labelled: LabelledSong, *, is_arranged: bool) -> tuple[Samples, Truth]:
    """Play a whole song; the same performance each time.

    labelled: the song
    is_arranged: whether a band plays along whose parts change where the first person's phrases begin; else there are
        piano and melody alone, and only harmony and melody tell the phrases
    """
    rng = np.random.default_rng([909, int(labelled.name), int(is_arranged)])
    beats_s = clock(rng, labelled.n_beats, labelled.bpm * float(rng.uniform(0.92, 1.1)))
    hand = Hand(rng, beats_s, key=int(rng.integers(-4, 5)))
    song = labelled.song.parts
    parts = [
        (0, int(rng.choice(LEADS)), hand.moved(song.get("MELODY", []), 0.95)),
        (1, int(rng.choice(KEYS)), hand.moved(song.get("PIANO", []), 0.75)),
    ]
    energies = [0.5] * len(labelled.people[0])
    if is_arranged:
        levels = _levels(rng, labelled.people[0])
        energies = [0.2 + level / 6 for level in levels]
        parts += _band(hand, labelled, levels)
    else:
        parts.append((2, int(rng.choice(PADS)), hand.moved(song.get("BRIDGE", []), 0.6)))
    duration_s = float(beats_s[labelled.n_beats]) + TAIL_S
    y = synthesised(parts, font=FLUID, room=rng.random() < 0.6, gain=0.5)
    y = np.pad(y, (0, round(duration_s * SAMPLE_RATE_HZ)))[: round(duration_s * SAMPLE_RATE_HZ)]
    kind = "arranged" if is_arranged else "plain"
    return at_peak(y), _truth(labelled, beats_s, f"pop909-{labelled.name}-{kind}", kind, energies)


def _truth(labelled: LabelledSong, beats_s: np.ndarray, name: str, style: str, energies: list[float]) -> Truth:
    starts = [min(start, labelled.n_beats) for start in labelled.starts(0)]
    others = [min(start, labelled.n_beats) for start in labelled.starts(1)]
    bars = range(labelled.zero % 4, labelled.n_beats, 4)
    at = [round(float(time), 6) for time in beats_s]
    return Truth(
        name=name,
        style=style,
        bpm=60.0 / float(np.median(np.diff(beats_s))),
        metre=4,
        beats_s=tuple(at[: labelled.n_beats]),
        downbeats_s=tuple(at[beat] for beat in bars),
        phrases=tuple(
            TruePhrase(start_s=at[start], end_s=at[end], bars=(end - start) / 4, group=letter, role=ROLE_OF.get(letter),
                       energy=round(energy, 3))
            for (letter, _), start, end, energy in zip(labelled.people[0], starts, starts[1:], energies, strict=False)
            if end > start
        ),
        other_boundaries_s=tuple(at[beat] for beat in dict.fromkeys(others)),
    )  # fmt: skip


ROLE_OF = {"i": "intro", "o": "outro"}


def _levels(rng: np.random.Generator, labels: Labels) -> list[int]:
    """How full the band plays in each phrase, 0-5; never as in the one before."""
    wanted = {"i": int(rng.choice((0, 1, 2))), "o": int(rng.choice((0, 1, 2))), "x": 1, "X": 2, "b": 1}
    sung = [letter for letter, _ in labels if letter.isupper() and letter != "X"]
    for place, letter in enumerate(dict.fromkeys(sung)):
        wanted[letter] = int(rng.choice(((2, 3), (4, 5), (1, 5))[min(place, 2)]))
    levels: list[int] = []
    for letter, _ in labels:
        level = wanted.get(letter, int(rng.choice((1, 2))))
        if levels and level == levels[-1]:
            level += 1 if level < 5 and rng.random() < 0.7 else -1
        levels.append(max(0, level) if not levels or max(0, level) != levels[-1] else level + 1)
    return levels


def _band(hand: Hand, labelled: LabelledSong, levels: list[int]) -> list[tuple[int, int, list[Note]]]:
    """Pad from level 1 on, bass from 2, hats from 3, drums from 4, strings at 5."""
    rng = hand.rng
    groove, starts = GROOVES[4][int(rng.integers(len(GROOVES[4])))], labelled.starts(0)
    walk = int(rng.integers(len(WALKS[4])))
    pad, bass, drums, strings = [], [], [], []
    for number, level in enumerate(levels):
        start, end = starts[number], min(starts[number + 1], labelled.n_beats)
        if number and rng.random() < 0.5 and level >= 3:
            drums.append(hand.play(start, 0.5, CRASH, 88))
        if level >= 1:
            pad += held_chords(hand, labelled.song, start, end, 55, 62)
        if level >= 5:
            strings += held_chords(hand, labelled.song, start, end, 67, 58)
        if level >= 2:
            bass += bass_line(hand, labelled.song, start, end, WALKS[4][walk], 4)
        if level >= 3:
            kept = {drum: steps for drum, steps in groove.items() if level >= 4 or drum not in (KICK, SNARE)}
            is_filled = level >= 4 and rng.random() < 0.5
            drums += beaten(hand, kept, start, end, 4, fill_from=end - 2 if is_filled else end)
    return [(2, int(rng.choice(PADS)), pad), (3, int(rng.choice(BASSES)), bass), (4, int(rng.choice(PADS)), strings),
            (DRUM_CHANNEL, int(rng.choice((0, 8, 16, 25, 32))), drums)]  # fmt: skip


def benchmark_songs(pop909: str) -> list[str]:
    """Numbers of all songs that are the benchmark's alone."""
    return [name for name in song_names(pop909) if is_benchmark_song(name)]

"""Whole songs of POP909 with the phrases that two people heard, plain and arranged; and the same songs in other metres.

Needs POP909 (`pop909.zip`: MIDI, beats, chords), phrase labels of it (`pop909-phrases.zip`, Dsqvival's, MIT) and
FluidSynth with FluidR3. Songs whose number leaves 1 when divided by three are the benchmark's alone (`is_kept_apart`);
the labels have no song whose number can be divided by three. The labels of 306 of 551 songs fit.

The labels count bars of four beats from the first bar of that data set's own melody file. That bar is where the first
chord of `chord_midi.txt` begins. The bars of `beat_midi.txt` are not used: within most songs they jump by half a bar.
A song is left out where its chords mostly change on another beat, or where the phrases said to have a melody and to
have none do not agree with the notes, by either person.
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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

from clip_parts import Song, read_song, song_names
from made_track import Samples, TruePhrase, Truth
from midi_file import DRUM_CHANNEL, Note
from sound_fonts import FLUID
from studio import SAMPLE_RATE_HZ, synthesised

Labels = tuple[tuple[str, int], ...]
"""(letter, bars) of each phrase; a capital letter has a melody."""

LEAST_AGREEMENT = 0.85
"""Share of the bars that tell, in which notes and labels agree."""
LEAST_MARGIN = 0.05
"""By which they agree better than one or two bars before or after."""
TAIL_S = 2.0
KICK, RIM, SNARE, HAT, OPEN_HAT, TOM, CRASH, RIDE, TAMBOURINE = 36, 37, 38, 42, 46, 45, 49, 51, 54
LEADS = (0, 4, 11, 22, 24, 26, 40, 56, 65, 68, 71, 73, 75, 80)
KEYS = (0, 0, 0, 1, 2, 4, 5, 24, 25)
PADS = (48, 49, 50, 51, 52, 89, 91, 95)
BASSES = (32, 33, 34, 35, 38, 39)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSong:
    """One song whose labels fit it; places in beats of the song.

    Parameters
    ----------
    name : its number in POP909
    song : notes and chords
    zero : beat at which the first labelled bar begins
    people : labels of both persons
    bpm : median
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


def is_kept_apart(name: str) -> bool:
    """Whether nothing is learned or chosen with this song."""
    return int(name) % 3 == 1


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
        zero = int(song.chords[0][0])
        fits = chords_change_there(song, zero) and all(melody_fits(song, zero, labels) for labels in people)
        bpm = _median_bpm(pop909, name)
        yield LabelledSong(name=name, song=song, zero=zero, people=people, bpm=bpm) if fits else None


def _parsed(text: str) -> Labels:
    return tuple((letter, int(bars)) for letter, bars in re.findall(r"([A-Za-z])(\d+)", text))


@cache
def _median_bpm(pop909: str, name: str) -> float:
    with zipfile.ZipFile(pop909) as songs:
        lines = songs.read(f"pop909/{name}/beat_midi.txt").decode().splitlines()
    times = [float(line.split()[0]) for line in lines if line.strip()]
    return 60.0 / float(np.median(np.diff(times)))


def chords_change_there(song: Song, zero: int) -> bool:
    """Whether more chords begin with the bars from `zero` on than on any other beat of them."""
    beats = np.array([beat for beat, _ in song.chords])
    shares = [float(np.mean((beats - zero - late) % 4 == 0)) for late in range(4)]
    return shares[0] >= max(shares)


def melody_fits(song: Song, zero: int, labels: Labels) -> bool:
    """Whether the melody plays where the labels say so, and a bar or two earlier or later less so."""
    agreement = {late: _agreement(song, zero + late, labels) for late in (-8, -4, 0, 4, 8)}
    if None in agreement.values():
        return False
    others = max(value for late, value in agreement.items() if late and value is not None)
    return (agreement[0] or 0.0) >= max(LEAST_AGREEMENT, others + LEAST_MARGIN)


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

    Parameters
    ----------
    labelled : the song
    is_arranged : whether a band plays along whose parts change where the first person's phrases begin; else there are
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
    return _peak(y), _truth(labelled, beats_s, f"pop909-{labelled.name}-{kind}", kind, energies)


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
            pad += _held(hand, labelled.song, start, end, 55, 62)
        if level >= 5:
            strings += _held(hand, labelled.song, start, end, 67, 58)
        if level >= 2:
            bass += _bass(hand, labelled.song, start, end, WALKS[4][walk], 4)
        if level >= 3:
            kept = {drum: steps for drum, steps in groove.items() if level >= 4 or drum not in (KICK, SNARE)}
            is_filled = level >= 4 and rng.random() < 0.5
            drums += beaten(hand, kept, start, end, 4, fill_from=end - 2 if is_filled else end)
    return [(2, int(rng.choice(PADS)), pad), (3, int(rng.choice(BASSES)), bass), (4, int(rng.choice(PADS)), strings),
            (DRUM_CHANNEL, int(rng.choice((0, 8, 16, 25, 32))), drums)]  # fmt: skip


def _held(hand: Hand, song: Song, start: int, end: int, low: int, velocity: float) -> list[Note]:
    """Chords held until the next one."""
    changes = [beat for beat, _ in song.chords if start < beat < end]
    found = []
    for beat, until in zip([start, *changes], [*changes, end], strict=True):
        root, intervals = chord_at(song, beat)
        for interval in intervals:
            pitch = low + (root + interval + hand.key - low) % 12
            found.append(hand.play(beat, until - beat - 0.05, pitch, velocity))
    return found


def _bass(hand: Hand, song: Song, start: int, end: int, steps: str, metre: int) -> list[Note]:
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
    steps = [step for step in range(4 * (end - fill_from)) if hand.rng.random() < 0.75]
    return found + [
        hand.play(fill_from + step / 4, 0.1, int(hand.rng.choice((SNARE, TOM, 43, 47))), 96) for step in steps
    ]


def _peak(y: Samples) -> Samples:
    return np.asarray(0.9 * y / max(1e-4, float(np.abs(y).max())), dtype=np.float32)


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


# ---- other metres --------------------------------------------------------------------------------

KEPT: dict[int, tuple[float, ...]] = {
    3: (0.0, 1.0, 2.0),
    4: (0.0, 1.0, 2.0, 3.0),
    5: (0.0, 1.0, 2.0, 3.0, 1.0),
    6: (0.0, 0.5, 1.0, 2.0, 2.5, 3.0),
    7: (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
}
"""Which beats of a bar of four make a bar of the metre (6: which eighths; 7: of two bars, less the last beat)."""


def rebarred(pop909: str, name: str, metre: int, *, with_drums: bool, seconds: float = 75.0) -> tuple[Samples, Truth]:
    """A song in another metre, by leaving out or repeating beats of each bar; the same one each time.

    Parameters
    ----------
    pop909, name : archive, and number of a song
    metre : 3, 4, 5, 6 (eighths of six-eight time) or 7
    with_drums : whether a groove of the metre is played
    seconds : about how much of it

    Returns
    -------
    The sound and what is true of it; beats are eighths where the metre is 6.
    """
    rng = np.random.default_rng([metre, int(name), int(with_drums)])
    song = read_song(pop909, name)
    zero, unit = int(song.chords[0][0]), 0.5 if metre == 6 else 1.0
    source_bar = 8 if metre == 7 else 4
    bpm = float(np.clip(_median_bpm(pop909, name), 76, 150)) * float(rng.uniform(0.9, 1.15))
    if metre == 6:
        bpm = float(rng.uniform(150, 250))
    bars = min(int(seconds * bpm / 60 / metre), (int(song.chords[-1][0]) - zero) // source_bar)
    beats_s = clock(rng, bars * metre, bpm)
    hand = Hand(rng, beats_s, key=int(rng.integers(-4, 5)))
    pieces = [(bar * metre + at, zero + bar * source_bar + kept) for bar in range(bars)
              for at, kept in enumerate(KEPT[metre])]  # fmt: skip
    cut = {part: _cut(notes, pieces, unit) for part, notes in song.parts.items()}
    chords: list[tuple[float, tuple[int, tuple[int, ...]]]] = []
    for new, old in pieces:
        if not chords or chord_at(song, old) != chords[-1][1]:
            chords.append((new, chord_at(song, old)))
    new_song = Song(parts=cut, chords=chords, bars=[])
    last = bars * metre
    parts = [(0, int(rng.choice(LEADS)), hand.moved(cut.get("MELODY", []), 0.95)),
             (1, int(rng.choice(KEYS)), hand.moved(cut.get("PIANO", []), 0.7)),
             (3, int(rng.choice(BASSES)), _bass(hand, new_song, 0, last, str(rng.choice(WALKS[metre])), metre)),
             ]  # fmt: skip
    if with_drums:
        groove = GROOVES[metre][int(rng.integers(len(GROOVES[metre])))]
        drums = beaten(hand, groove, 0, last, metre, fill_from=last)
        parts.append((DRUM_CHANNEL, int(rng.choice((0, 8, 16, 32))), drums))
    y = synthesised(parts, font=FLUID, room=rng.random() < 0.6, gain=0.5)
    size = round((float(beats_s[last]) + 1.0) * SAMPLE_RATE_HZ)
    at = [round(float(time), 6) for time in beats_s[:last]]
    style = "drums" if with_drums else "bare"
    truth = Truth(name=f"metre-{metre}-{name}-{style}", style=style, bpm=bpm, metre=metre, beats_s=tuple(at),
                  downbeats_s=tuple(at[::metre]))  # fmt: skip
    return _peak(np.pad(y, (0, size))[:size]), truth


def _cut(notes: list[Note], pieces: list[tuple[int, float]], unit: float) -> list[Note]:
    """The notes that begin in the kept places, in beats of the new metre; none sounds into a place that was moved."""
    starts = np.array([note.start for note in notes])
    order = np.argsort(starts, kind="stable")
    found = []
    for number, (new, old) in enumerate(pieces):
        # What was played a little early belongs to its beat.
        first, last = np.searchsorted(starts[order], [old - 0.1 * unit, old + 0.9 * unit])
        whole = 1
        while number + whole < len(pieces) and abs(pieces[number + whole][1] - old - whole * unit) < 1e-6:
            whole += 1
        for index in order[first:last]:
            note = notes[int(index)]
            begin = new + (note.start - old) / unit
            length = min((note.end - note.start) / unit, new + whole - begin)
            found.append(Note(start=max(0.0, begin), end=max(0.0, begin) + max(0.1, length), pitch=note.pitch,
                              velocity=note.velocity))  # fmt: skip
    return found


def kept_apart_names(pop909: str) -> list[str]:
    """Numbers of all songs that are the benchmark's alone."""
    return [name for name in song_names(pop909) if is_kept_apart(name)]

"""Pieces of known key as notes: made by rule, or songs of POP909 moved to another key and another style."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, get_args

import numpy as np
from clip_parts import Song, read_song, song_names
from key_styles import QUALITIES, SCALES, TABLES, KeyStyle, book_of, parse_progression
from midi_file import Note
from tempo_patterns import RECORD_STYLES, TempoStyle
from tempo_patterns import STYLES as GROOVES

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


Mode = Literal["major", "minor"]
Book = Literal["first", "second", "plain"]
"""Which styles of `key_styles` pieces are made of."""
BOOKS: dict[Book, dict[str, KeyStyle]] = {name: book_of(name) for name in get_args(Book)}
ChordAt = tuple[float, int, tuple[int, ...]]

LONGEST_S = 32.0
CHORD_BARS = (0.5, 1.0, 1.0, 1.0, 2.0)
TWO_LOOPS = 0.4
"""Share of the second book's pieces that have a verse and a chorus."""
NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SONG_STYLE = book_of("songs")["song"]
LEAST_FIT = 0.6
"""A song's label counts where it correlates with the notes so well, and no other key does better but its relative."""
LABEL_PROFILES = {
    "major": (1, 0, 0.6, 0, 0.7, 0.5, 0, 0.9, 0, 0.5, 0, 0.4),
    "minor": (1, 0, 0.5, 0.7, 0, 0.5, 0, 0.9, 0.4, 0, 0.4, 0.2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What is to be played; times in beats from the first one on.

    tonic, mode: the label
    style, group: scores of one group never stand on both sides of a cross-validation
    sounds: which instruments may play
    groove, bpm, n_beats: metre, drums and patterns; speed; length
    chords: (beat, pitch class of the root, intervals), the first at beat 0
    melody, piano: notes of the song; the piano part only of songs
    riff: (beat in the bar, length, semitones above the tonic) of the bass, empty where the groove's pattern plays
    """

    tonic: int
    mode: Mode
    style: str
    group: str
    sounds: KeyStyle
    groove: TempoStyle
    bpm: float
    n_beats: int
    chords: tuple[ChordAt, ...]
    melody: tuple[Note, ...]
    piano: tuple[Note, ...] = ()
    riff: tuple[tuple[float, float, int], ...] = ()

    def chord_at(self, beat: float) -> tuple[int, tuple[int, ...]]:
        """The chord that sounds at a beat."""
        before = [chord for chord in self.chords if chord[0] <= beat + 1e-6]
        _, root, intervals = before[-1] if before else self.chords[0]
        return root, intervals


def compose(rng: np.random.Generator, seed: int, book: Book = "first") -> Score:
    """Make up a piece by the rules of one style."""
    styles = BOOKS[book]
    names = list(styles)
    share = np.array([styles[name].share for name in names])
    name = str(rng.choice(names, p=share / share.sum()))
    style = styles[name]
    groove, bpm, n_beats = _groove(rng, style.grooves)
    tonic = int(rng.integers(12))
    loop = _loop(rng, style)
    length = max(1.0, groove.beats * groove.song_beats * float(rng.choice(CHORD_BARS)))
    if book == "second" and rng.random() < TWO_LOOPS:
        loop = joined(rng, [loop, _loop(rng, style)], int(n_beats / length) + 1)
    chords = []
    for index in range(int(n_beats / length) + 1):
        degree, intervals = loop[index % len(loop)]
        chords.append((index * length, (tonic + degree) % 12, intervals))
    scale = style.scales[int(rng.integers(len(style.scales)))]
    score = Score(
        tonic=tonic,
        mode=style.mode,
        style=name,
        group=f"{book}{seed}",
        sounds=style,
        groove=groove,
        bpm=bpm,
        n_beats=n_beats,
        chords=tuple(chords),
        melody=(),
        riff=_riff(rng, scale, groove) if rng.random() < style.riff else (),
    )
    melody = _melody(rng, score, scale)
    if style.agreeing:
        melody = agreeing(melody, score.chord_at, tonic, scale)
    return replace(score, melody=melody, piano=_imitations(rng, score, melody))


def _loop(rng: np.random.Generator, style: KeyStyle) -> list[Chord]:
    """A progression of the style, which one time in four begins elsewhere than it was written."""
    if not style.progressions:
        return wander(rng, style.mode)
    loop = parse_progression(str(rng.choice(style.progressions)))
    if rng.random() < 0.25:
        turn = int(rng.integers(len(loop)))
        loop = loop[turn:] + loop[:turn]
    return loop


def _imitations(rng: np.random.Generator, score: Score, melody: tuple[Note, ...]) -> tuple[Note, ...]:
    """One or two voices that follow the melody by some bars in other octaves, a fifth off now and then."""
    if not score.sounds.imitating or rng.random() >= score.sounds.imitating:
        return ()
    bar = score.groove.beats * score.groove.song_beats
    out: tuple[Note, ...] = ()
    for voice in range(int(rng.choice((1, 1, 2)))):
        after, interval = bar * float(rng.choice((1, 2, 4))), int(rng.choice((-12, -12, -24, 12, -5, 7)))
        line = imitated(melody, after * (voice + 1), interval, float(score.n_beats))
        out += agreeing(line, score.chord_at, score.tonic, SCALES["major" if score.mode == "major" else "harmonic"])
    return melody + out


def arrange(rng: np.random.Generator, archive: str) -> Score | None:
    """Take a part of a song of POP909 to another key, tempo and style; None where its label is doubtful."""
    name = str(rng.choice(song_names(archive)))
    song, keys = _song(archive, name)
    usable = [key for key in keys if key[1] - key[0] >= 48]
    if not usable:
        return None
    begin, end, tonic, mode = usable[int(rng.integers(len(usable)))]
    if not _label_fits(song, begin, end, tonic, mode):
        return None
    groove, bpm, n_beats = _groove(rng, SONG_STYLE.grooves)
    n_beats = min(n_beats, int((end - begin) * groove.song_beats))
    bars = [bar for bar in song.bars if begin <= bar <= end - n_beats / groove.song_beats]
    origin = int(rng.choice(bars)) if bars else round(begin)
    move = int(rng.integers(-5, 7))
    stretch = groove.song_beats

    def part(title: str) -> tuple[Note, ...]:
        moved = ((n, (n.start - origin) * stretch) for n in song.parts.get(title, []))
        return tuple(
            Note(start=at, end=at + max(0.2, (n.end - n.start) * stretch), pitch=n.pitch + move, velocity=n.velocity)
            for n, at in moved
            if -0.1 <= at < n_beats
        )

    inside = [
        (max(0.0, (at - origin) * stretch), (root + move) % 12, steps)
        for at, (root, steps) in song.chords
        if origin - 4 <= at < origin + n_beats / stretch
    ]
    if not inside or not _keeps_to_key(inside, n_beats, (tonic + move) % 12, mode):
        return None
    return Score(
        tonic=(tonic + move) % 12,
        mode=mode,
        style=f"song {mode}",
        group=f"song{name}",
        sounds=SONG_STYLE,
        groove=groove,
        bpm=bpm,
        n_beats=n_beats,
        chords=tuple(inside),
        melody=part("MELODY") + part("BRIDGE"),
        piano=part("PIANO"),
    )


@cache
def _song(archive: str, name: str) -> tuple[Song, list[tuple[float, float, int, Mode]]]:
    """A song and its keys: (first beat, last beat, tonic, mode)."""
    with zipfile.ZipFile(archive) as songs:
        keys, beats = (songs.read(f"pop909/{name}/{file}").decode() for file in ("key_audio.txt", "beat_midi.txt"))
    times = np.array([float(line.split()[0]) for line in beats.splitlines() if line.strip()])
    out: list[tuple[float, float, int, Mode]] = []
    for line in keys.splitlines():
        if line.strip():
            begin_s, end_s, label = line.split()
            root, _, quality = label.partition(":")
            tonic = (NATURALS[root[0]] + sum({"#": 1, "b": -1}[sign] for sign in root[1:])) % 12
            begin, end = np.interp([float(begin_s), float(end_s)], times, np.arange(times.size))
            out.append((float(begin), float(end), tonic, "major" if quality == "maj" else "minor"))
    return read_song(archive, name), out


def _label_fits(song: Song, begin: float, end: float, tonic: int, mode: Mode) -> bool:
    """Whether the notes agree with a label: no other key fits better, except its relative by a little."""
    held = np.zeros(12)
    for notes in song.parts.values():
        for note in notes:
            if begin <= note.start < end:
                held[note.pitch % 12] += min(note.end - note.start, 2.0)
    for _, (root, _) in (chord for chord in song.chords if begin <= chord[0] < end):
        held[root] += 2.0
    fits = {
        (t, m): float(np.corrcoef(np.roll(LABEL_PROFILES[m], t), held + 1e-9 * np.arange(12))[0, 1])
        for t in range(12)
        for m in LABEL_PROFILES
    }
    relative = ((tonic + 9) % 12, "minor") if mode == "major" else ((tonic + 3) % 12, "major")
    others = max(fit for key, fit in fits.items() if key not in ((tonic, mode), relative))
    own = fits[tonic, mode]
    return own >= LEAST_FIT and own > others and own > fits[relative] - 0.05


def _keeps_to_key(chords: list[ChordAt], n_beats: int, tonic: int, mode: Mode) -> bool:
    """Whether the tonic's chord sounds as long as the relative key's: a verse may well be in the other one."""
    held = {"major": 0.0, "minor": 0.0}
    tonics = {mode: tonic, "minor" if mode == "major" else "major": (tonic + (9 if mode == "major" else 3)) % 12}
    for index, (beat, root, intervals) in enumerate(chords):
        until = chords[index + 1][0] if index + 1 < len(chords) else n_beats
        kind = "minor" if 3 in intervals else "major"
        if root == tonics[kind]:
            held[kind] += max(0.0, until - beat)
    own = held.pop(mode)
    return own >= held.popitem()[1]


def _groove(rng: np.random.Generator, names: tuple[str, ...]) -> tuple[TempoStyle, float, int]:
    groove = (GROOVES | RECORD_STYLES)[str(rng.choice(names))]
    bpm = float(np.exp(rng.uniform(np.log(groove.low_bpm), np.log(groove.high_bpm))))
    return groove, bpm, int(LONGEST_S * bpm / 60.0) + 1


def _riff(rng: np.random.Generator, scale: tuple[int, ...], groove: TempoStyle) -> tuple[tuple[float, float, int], ...]:
    """A bar or two that begin on the tonic and return to it more often than to any other note."""
    length = groove.beats * int(rng.choice((1, 1, 2)))
    places = [0.0, *(float(p) for p in np.arange(0.5, length, 0.5) if rng.random() < rng.choice((0.2, 0.35, 0.6)))]
    steps = [0, *(int(rng.choice((0, 0, 7, -2 if 10 in scale else 0, *scale[:5]))) for _ in places[1:])]
    ends = [*places[1:], float(length)]
    short = rng.uniform(0.4, 1.0)
    return tuple((p, short * (e - p), s) for p, e, s in zip(places, ends, steps, strict=True))


def _melody(rng: np.random.Generator, score: Score, scale: tuple[int, ...]) -> tuple[Note, ...]:
    """Phrases that come back: small steps, chord tones on strong beats, the tonic at their end."""
    beats = score.groove.beats * score.groove.song_beats
    bars = int(rng.choice((1, 2, 2, 4)))
    grid = 1 / 3 if score.groove.steps % 3 == 0 else float(rng.choice((0.25, 0.5, 0.5, 1.0))) * score.groove.song_beats
    density, loyal, home = rng.uniform(0.3, 0.85), rng.uniform(0.3, 0.9), rng.uniform(0.4, 0.95)
    ladder = [o + s for o in range(-12, 25, 12) for s in scale]
    phrases = [_phrase(rng, beats * bars, grid, density) for _ in range(2)]
    low = 60 + (score.tonic + 5) % 12 - 5 + int(rng.choice((-12, 0, 0, 0, 12)))
    out: list[Note] = []
    place = len(scale) + int(rng.integers(-2, 4))
    tunes: dict[int, list[int]] = {}
    for turn in range(score.n_beats // (beats * bars) + 1):
        which = (0, 0, 1, 0)[turn % 4]
        rhythm, begin = phrases[which], turn * beats * bars
        again = which in tunes and rng.random() < 0.6
        line = tunes[which] if again else []
        for index, (at, length) in enumerate(rhythm):
            if again:
                place = line[index]
            else:
                place = int(np.clip(place + rng.choice((-3, -2, -1, -1, -1, 0, 1, 1, 1, 2, 3)), 2, len(ladder) - 3))
                root, intervals = score.chord_at(begin + at)
                tones = {(root + step - score.tonic) % 12 for step in intervals}
                if at % 1.0 < 0.01 and rng.random() < loyal:
                    place = min(range(len(ladder)), key=lambda i: (ladder[i] % 12 not in tones, abs(i - place)))
                if index == len(rhythm) - 1 and rng.random() < home:
                    place = min(range(len(ladder)), key=lambda i: (ladder[i] % 12 != 0, abs(i - place)))
                line.append(place)
            loud = int(rng.integers(78, 112))
            out.append(Note(start=begin + at, end=begin + at + length, pitch=low + ladder[place], velocity=loud))
        tunes[which] = line
    return tuple(out)


def _phrase(rng: np.random.Generator, beats: int, grid: float, density: float) -> list[tuple[float, float]]:
    """(beat, length) of the notes of a phrase; it pauses before its end."""
    pause = beats * rng.uniform(0.0, 0.3)
    places = [p * grid for p in range(int((beats - pause) / grid)) if p == 0 or rng.random() < density]
    ends = [*places[1:], min(float(beats), places[-1] + max(grid, float(rng.uniform(1.0, 3.0))))]
    return [(p, 0.92 * (e - p)) for p, e in zip(places, ends, strict=True)]

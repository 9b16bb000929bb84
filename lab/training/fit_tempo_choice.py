"""Fit the decision between a tempo, its half and its double: judge it by maker and genre, then write the weights.

    python lab/training/fit_tempo_choice.py games own --music music [--out map4/core/dsp/weights/tempo_choice.npz]

FOLDERS are what `measure/games.py --rebuild` and `measure/own_games.py --part first --part open` make, MUSIC what the
script of `../shared/music-tempo` makes. Twelve numbers are fitted to the tempi of whole tracks, as the certainties are;
no network learns from them. Game songs and other music count the same in total, whatever their number; the styles of
the demo, rendered at 60 to 185 BPM, count a tenth. Each maker's game songs, each genre of other music and each style
are judged by a fit to the rest. A quarter of an hour of one core.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music"), str(LAB / "measure")]

from games import SHARED, read_tracks
from manifest import read_catalogue
from scoring import SURE, mean_interval, reliability, tempo_hits

from map4.core.audio.decode import open_audio
from map4.core.dsp.extract import Extractor
from map4.core.dsp.inside.certainty import Kind, kind_of
from map4.core.dsp.inside.tempo_choice import (
    FIRST,
    LEAST_SHARE,
    counted_at,
    first_numbers,
    octaves_of,
    slower_numbers,
    softmax,
)
from map4.core.dsp.rhythm.rhythm import estimate_rhythm
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.halving import Halving
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.spectrum.spectral_pass import Spectra, SpectralPass
from map4.extras.demo.music import render_track
from map4.extras.demo.tracks import SPECS, TrackSpec

FloatVector = npt.NDArray[np.float64]

OUT = LAB.parent / "map4" / "core" / "dsp" / "weights" / "tempo_choice.npz"
RIDGE = 10.0
GAMES, MUSIC, RENDERED = "games", "music", "rendered"
SHARES = {GAMES: 1.0, MUSIC: 1.0, RENDERED: 0.1}
"""How much the tracks of a kind count together. If each track counted the same, the many game songs would double slow
music."""
TABLE = LAB.parents[1] / "shared" / "music-tempo" / "incompetech_teach.tsv"
RENDERED_OF_STYLE = 7
SEED = 64
PARTS = 12
ROUNDS = 60
RANGES = ((0.0, 98.0), (98.0, 125.0), (125.0, 150.0), (150.0, 200.0), (200.0, 1000.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A track: shape (n, 7) numbers of its tempi, and which of them is right.

    group: tracks that are judged together, by a fit without them: a maker, a genre, a style
    """

    kind: str
    group: str
    bpm: float
    numbers: FloatVector
    right: npt.NDArray[np.bool_]


def spectra_of(path: Path) -> Spectra:
    """What the analysis hears of a file."""
    spectral_pass, last = SpectralPass(), np.zeros(0, dtype=np.float32)
    with open_audio(str(path)) as stream:
        rate_hz = stream.sample_rate_hz
        own_hz = ShortWindow.SAMPLE_RATE_HZ
        halving = rate_hz == 2 * own_hz
        resampler = Halving() if halving else soxr.ResampleStream(rate_hz, own_hz, 1, dtype="float32")
        for block in stream.blocks():
            spectral_pass.feed(resampler.resample_chunk(Extractor.mean_of_channels(block)))
    spectral_pass.feed(resampler.resample_chunk(last, last=True))
    return spectral_pass.finish()


def example_of(kind: str, group: str, true_bpm: float, spectra: Spectra) -> Example | None:
    """None where the tempo is not chosen among octaves."""
    notes, rhythm = Notes.of(spectra.pitch, spectra.tuning_semitones), estimate_rhythm(spectra)
    if rhythm.distribution is None or kind_of(spectra, rhythm) is not Kind.MACHINE:
        return None
    tempi = octaves_of(rhythm.distribution.bpm)
    ways = [counted_at(spectra, notes, rhythm, bpm) for bpm in tempi]
    told = [None if way.rhythm.tempo is None else way.rhythm.tempo.bpm for way in ways]
    return Example(
        kind=kind,
        group=f"{kind} {group}",
        bpm=true_bpm,
        numbers=np.column_stack(
            [first_numbers(spectra, rhythm, tempi), [way.bar_odds for way in ways], slower_numbers(spectra, tempi)]
        ),
        right=np.array([tempo_hits(true_bpm, bpm) for bpm in told]),
    )


def games(folder: Path, shared: Path) -> list[Example]:
    """The songs of a folder whose tempo stays."""
    table = folder / "songs.tsv"
    songs = [track.song for track in read_tracks(folder, table if table.exists() else shared / "songs.tsv")]
    examples = [
        example_of(GAMES, _maker(song.name), song.bpm, spectra_of(song.path)) for song in songs if song.bpm is not None
    ]
    return [example for example in examples if example is not None]


def _maker(name: str) -> str:
    return "+".join(name.split("+")[:2]) if name.count("+") > 1 else name.split("__")[0]


def music(folder: Path, table: Path) -> list[Example]:
    """The pieces of a folder whose label fits a reading."""
    songs = [song for song in read_catalogue(folder, table) if song.bpm is not None and song.is_level_certain]
    examples = [example_of(MUSIC, song.genre, song.bpm or 0.0, spectra_of(song.path)) for song in songs]
    return [example for example in examples if example is not None]


def rendered() -> list[Example]:
    """Tracks of each style of the demo with a beat, at other tempi and in other keys, every other one without swing."""
    rng = np.random.default_rng(SEED)
    examples = []
    styles: dict[str, TrackSpec] = {}
    for spec in SPECS:
        if spec.bpm is not None:
            styles.setdefault(spec.style, spec)
    for spec in styles.values():
        for number in range(RENDERED_OF_STYLE):
            bpm = round(float(np.clip((spec.bpm or 0.0) * rng.uniform(0.8, 1.15), 60.0, 185.0)), 1)
            key, seconds = f"{rng.integers(1, 13)}{spec.key[-1]}", float(rng.uniform(80.0, 140.0))
            names: dict[str, Any] = {"artist": f"{spec.artist} {number}", "title": f"{spec.title} {number}"}
            swing = spec.swing if number % 2 else 0.0
            drawn = replace(spec, bpm=bpm, key=key, seconds=seconds, swing=swing, lufs=-11.0, **names)
            spectral_pass, samples = SpectralPass(), np.asarray(render_track(drawn, ShortWindow.SAMPLE_RATE_HZ))
            spectral_pass.feed(samples.reshape(len(samples), -1).mean(axis=1).astype(np.float32))
            example = example_of(RENDERED, spec.style, bpm, spectral_pass.finish())
            if example is not None:
                examples.append(example)
    return examples


def fitted(examples: Sequence[Example]) -> tuple[FloatVector, FloatVector]:
    """Both weights."""
    of_kind = Counter(each.kind for each in examples)
    whole = len(examples) / sum(SHARES[kind] for kind in of_kind)
    counts = {kind: whole * SHARES[kind] / count for kind, count in of_kind.items()}
    known = [each for each in examples if each.right.any()]
    first = _softmax_weights([(each.numbers[:, :FIRST], each.right, counts[each.kind]) for each in known])
    short = [(each, _left(each, first)) for each in known]
    tables = [
        (each.numbers[left], each.right[left], counts[each.kind]) for each, left in short if each.right[left].any()
    ]
    return first, _softmax_weights(tables)


def judged(example: Example, weights: tuple[FloatVector, FloatVector]) -> tuple[bool, float]:
    """Whether the choice is right, and its confidence."""
    likely, left = softmax(example.numbers[:, :FIRST] @ weights[0]), _left(example, weights[0])
    shared = likely[left].sum() * softmax(example.numbers[left] @ weights[1])
    best = int(shared.argmax())
    return bool(example.right[left][best]), float(shared[best])


def by_group(examples: Sequence[Example]) -> list[tuple[bool, float]]:
    """Each example judged by a fit to those of other groups."""
    counts, sizes, part_of = Counter(each.group for each in examples), [0] * PARTS, {}
    for group, count in counts.most_common():
        part_of[group] = int(np.argmin(sizes))
        sizes[part_of[group]] += count
    fits = [fitted([each for each in examples if part_of[each.group] != part]) for part in range(PARTS)]
    return [judged(each, fits[part_of[each.group]]) for each in examples]


def _left(example: Example, first: FloatVector) -> npt.NDArray[np.intp]:
    likely = softmax(example.numbers[:, :FIRST] @ first)
    return np.flatnonzero(likely >= LEAST_SHARE * likely.max())


def _softmax_weights(tables: Sequence[tuple[FloatVector, npt.NDArray[np.bool_], float]]) -> FloatVector:
    """The likeliest weights of the right rows, by Newton's method, with a ridge on weights of scaled numbers."""
    scale = np.concatenate([numbers for numbers, _, _ in tables]).std(axis=0) + 1e-6
    scaled = [(numbers / scale, right, counts) for numbers, right, counts in tables]
    weights = np.zeros(scale.size)

    def loss(at: FloatVector) -> float:
        lost = sum(-counts * np.log(softmax(rows @ at)[right].sum()) for rows, right, counts in scaled)
        return float(lost + 0.5 * RIDGE * at @ at)

    for _ in range(ROUNDS):
        slope, curve = RIDGE * weights, RIDGE * np.eye(scale.size)
        for rows, right, counts in scaled:
            likely = softmax(rows @ weights)
            mean, wanted = likely @ rows, likely[right] @ rows[right] / likely[right].sum()
            slope = slope + counts * (mean - wanted)
            curve = curve + counts * ((rows - mean).T * likely) @ (rows - mean)
        step, size = np.linalg.solve(curve, slope), 1.0
        while size > 1e-4 and loss(weights - size * step) >= loss(weights):
            size *= 0.5
        if size <= 1e-4 or float(np.abs(size * step).max()) < 1e-9:
            break
        weights = weights - size * step
    return weights / scale


def show(title: str, examples: Sequence[Example], told: Sequence[tuple[bool, float]]) -> None:
    """How many are right by range, how many are sure, and how right these are."""
    parts = []
    for low, high in (*RANGES, (0.0, 125.0), (0.0, 1000.0)):
        hits = [right for each, (right, _) in zip(examples, told, strict=True) if low <= each.bpm < high]
        if hits:
            parts.append(f"{low:.0f}–{high:.0f}: {sum(hits)} of {len(hits)}, {np.mean(hits):.3f}")
    low, high = mean_interval([float(right) for right, _ in told]) or (0.0, 1.0)
    print(f"{title} [{low:.3f}, {high:.3f}]\n  " + "; ".join(parts))
    found = reliability([sure for _, sure in told], [right for right, _ in told])
    if found is not None:
        print(f"  from {SURE} on: {found.sure} of {len(told)}, right {found.sure_right}; ECE {found.ece:.3f}")


def main() -> None:
    """Read, judge, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--shared", type=Path, default=SHARED, metavar="DIR", help="default: ../shared/games")
    parser.add_argument("--music", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--table", type=Path, default=TABLE, metavar="FILE", help="tempo and genre of the music")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE")
    options = parser.parse_args()
    songs = [example for folder in options.folders for example in games(folder, options.shared)]
    write([*songs, *music(options.music, options.table), *rendered()], options.out)


def write(examples: Sequence[Example], out: Path) -> None:
    """Judge the examples of each kind, and write weights fitted to all."""
    told = by_group(examples)
    for kind in SHARES:
        part = [(each, answer) for each, answer in zip(examples, told, strict=True) if each.kind == kind]
        show(f"{kind}, by group", [each for each, _ in part], [answer for _, answer in part])
    first, every = fitted(examples)
    np.savez(out, first=first.astype(np.float32), all=every.astype(np.float32))
    print(f"{len(examples)} tracks; {out}")


if __name__ == "__main__":
    main()

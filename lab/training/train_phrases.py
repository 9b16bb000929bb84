"""Train the scorers of phrases on rendered songs with labelled phrases and generated dance tracks; write the weights.

    python lab/training/train_phrases.py POP909.zip PHRASES.zip FOLDER [--check]

The music is rendered into FOLDER, where it is not there: the songs of POP909 whose phrases two people labelled, but
those that are the benchmark's alone, plain and with a band (`lab/music/labelled_songs.py`), and the first 105 tracks
of `lab/music/dance_tracks.py`; what is heard of it is kept there, too. `--check` trains on two thirds of the songs and
tells what the third that was left out gives, three times; it writes no weights.

The scorers learn from the true bars whether a phrase begins with each (logistic loss, both people counting alike, each
track as much as any other), then how long phrases use to be, and how alike two phrases of one group are. The network
over the bars around learns from songs on map4's own bars as well, of half or twice the true length, too, where phrases
begin with these. Chance is seeded: two runs on one machine write the same file. It takes half an hour, most of it for
rendering and listening.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from scipy.optimize import minimize
from scipy.special import logsumexp

ROOT = str(Path(__file__).resolve().parents[2])
sys.path[:0] = [ROOT, os.path.join(ROOT, "lab", "music")]

import dance_tracks
import labelled_songs
from adam import Adam
from bar_pieces import DANCE_TRACKS
from clip_parts import song_names
from made_track import Samples, Truth, write_piece
from many import compute_once, make_missing
from phrase_context import Rows, learn, prior
from studio import SAMPLE_RATE_HZ

from map4.core.dsp.extract import settled
from map4.core.dsp.inside.bar_pictures import BarPictures, bar_edges, picture_bars
from map4.core.dsp.inside.boundary_scorer import (
    WEIGHTS_FILE,
    PhraseWeights,
    boundary_evidence,
    boundary_probabilities,
    boundary_scores,
    choose_boundaries,
    context_rows,
    where_it_returns,
)
from map4.core.dsp.inside.phrase_roles import KINDS as KINDS_OF_PHRASES
from map4.core.dsp.inside.phrase_roles import RoleWeights, phrase_numbers
from map4.core.dsp.inside.phrases import compared_phrases, likeness
from map4.core.dsp.rhythm.rhythm import estimate_rhythm
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.spectrum.spectral_pass import SpectralPass

Array = np.ndarray[Any, np.dtype[Any]]

VERSION = 2
UNITS = 16
STEPS = 150
LEARNING_RATE = 1e-2
DECAY = 3e-3
"""What the square of the weights counts: there are few songs for as many numbers."""
DANCE_WEIGHT = 5.8
"""What a dance track counts for the scorer of single bars: all of them nearly as much as all songs."""
LONGEST_BARS = 64
LENGTH_FLOOR = 0.002
"""Probability that any length has beside what was counted."""
TRUST = 1.25
"""Chosen on the songs left out; 1 to 1.5 give the same."""
LEAST_ROLE = 0.5
SONG_WEIGHT = 0.17
"""What the phrases of songs count beside those of dance tracks: people named only their intros and outros."""
ROLE_DECAY = 0.003
LEAST_ON_BARS = 0.8
"""Share of either person's boundaries that must lie within half a true beat of own bars, where a song teaches these."""
FOLDS = 3
KINDS = ("plain", "arranged", "dance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """The pictures of one track's bars, the bars with which each person hears phrases begin or end."""

    pictures: BarPictures
    heard: list[Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example(Barred):
    """One track on its true bars: letters and roles of the first person's phrases; `own`: on map4's bars."""

    kind: str
    group: str
    letters: list[str]
    roles: list[str | None]
    own: Barred | None


def read_example(path: str) -> Example:
    """Listen to one track; `path` is that of its labels."""
    with open(path, encoding="utf-8") as file:
        labels = json.load(file)
    y, rate_hz = soundfile.read(path.removesuffix(".json") + ".flac", dtype="float32", always_2d=True)
    mono = soxr.resample(y.mean(axis=1), rate_hz, ShortWindow.SAMPLE_RATE_HZ)
    spectral_pass = SpectralPass()
    spectral_pass.feed(mono)
    spectra = spectral_pass.finish()
    notes = Notes.of(spectra.pitch, spectra.tuning_semitones)
    rhythm, bars = settled(spectra, notes, estimate_rhythm(spectra))

    def pictured(edges_s: Array, beats_per_bar: int) -> BarPictures:
        return picture_bars(edges_s, beats_per_bar, spectra, rhythm.envelopes.bands, notes.peaks)

    phrases = labels["phrases"]
    people_s = [np.array([phrase["start_s"] for phrase in phrases] + [phrases[-1]["end_s"]])]
    if labels.get("other_boundaries_s"):
        people_s.append(np.array(labels["other_boundaries_s"]))
    edges_s, own = bar_edges(np.array(labels["downbeats_s"]), spectra.duration_s), None
    if bars is not None:
        own_s = bar_edges(np.array(bars.downbeats_s), spectra.duration_s)
        apart_s = np.diff(labels["beats_s"]).mean() / 2
        heard = [on_bars(own_s, times_s, apart_s) for times_s in people_s]
        if min(len(found) / len(times_s) for found, times_s in zip(heard, people_s, strict=True)) >= LEAST_ON_BARS:
            own = Barred(pictures=pictured(own_s, bars.metre.beats_per_bar), heard=heard)
    name = os.path.basename(path)
    kind = next((kind for kind in KINDS[:2] if kind in name), KINDS[2])
    return Example(
        kind=kind,
        group=name.split(".")[0] if kind == "dance" else name.split("-")[1],
        pictures=pictured(edges_s, labels["metre"]),
        heard=[np.searchsorted(edges_s, times_s - 0.06) for times_s in people_s],
        letters=[phrase["group"] for phrase in phrases],
        roles=[phrase["role"] for phrase in phrases],
        own=own,
    )


def on_bars(edges_s: Array, times_s: Array, apart_s: float) -> Array:
    """The bars that begin, or with which the last one ends, no further from a time than this."""
    bars = np.minimum(np.searchsorted(edges_s, times_s - apart_s), len(edges_s) - 1)
    return bars[np.abs(edges_s[bars] - times_s) <= apart_s]


def render(pop909: str, phrases: str, folder: str) -> list[str]:
    """Paths of the labels of all music that teaches; what is not there is played first."""
    names = [name for name in song_names(pop909) if not labelled_songs.is_benchmark_song(name)]
    songs = [song for song in labelled_songs.read_labelled(pop909, phrases, names) if song]
    makers: dict[str, Callable[[], tuple[Samples, Truth, int]]] = {
        f"pop909-{song.name}-{kind}": partial(_song, song, kind) for song in songs for kind in KINDS[:2]
    }
    makers |= {dance_tracks.draw_track(n).truth.name: partial(_dance, n) for n in range(DANCE_TRACKS)}
    paths = {os.path.join(folder, f"{name}.json"): maker for name, maker in makers.items()}
    make_missing(paths, _make)
    return sorted(paths)


def _make(maker: Callable[[], tuple[Samples, Truth, int]], path: str) -> None:
    y, truth, rate_hz = maker()
    write_piece(Path(path).parent, truth, y, rate_hz)


def _song(song: labelled_songs.LabelledSong, kind: str) -> tuple[Samples, Truth, int]:
    return (*labelled_songs.perform(song, is_arranged=kind == "arranged"), SAMPLE_RATE_HZ)


def _dance(number: int) -> tuple[Samples, Truth, int]:
    track = dance_tracks.draw_track(number)
    return dance_tracks.render(track), track.truth, dance_tracks.RATE_HZ


def rows_of(example: Barred) -> tuple[Array, Rows]:
    """Evidence of each bar, and what the whole track teaches; bars outside the labelled part count nothing."""
    evidence = boundary_evidence(example.pictures)
    n = len(evidence)
    share, weight = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.float32)
    for bars in example.heard:
        share[bars[bars < n]] += 1.0 / len(example.heard)
    first, last = example.heard[0][0] + 1, min(n, example.heard[0][-1])
    weight[first:last] = 1.0 / max(1, last - first)
    numbers = np.concatenate([evidence, context_rows(example.pictures)], axis=1)
    returns = where_it_returns(example.pictures)
    return evidence, Rows(numbers=numbers, returns=returns, share=share, weight=weight)


def fit(examples: list[Example]) -> PhraseWeights:
    """Learn all weights from these tracks."""
    evidence_of, tracks = zip(*(rows_of(example) for example in examples), strict=True)
    weight = np.concatenate(
        [
            track.weight * (DANCE_WEIGHT if one.kind == "dance" else 1.0)
            for track, one in zip(tracks, examples, strict=True)
        ]
    )
    counts = weight > 0.0
    evidence = np.concatenate(evidence_of)[counts]
    share, weight = np.concatenate([track.share for track in tracks])[counts], weight[counts]
    mean, scale = evidence.mean(axis=0), 1.0 / (evidence.std(axis=0) + 1e-3)
    scaled = np.clip((evidence - mean) * scale, -6.0, 6.0)
    hidden, hidden_bias, out, direct, bias = descend(scaled, share, weight / weight.sum())
    return PhraseWeights(
        version=VERSION,
        mean=mean.astype(np.float32),
        scale=scale.astype(np.float32),
        hidden=hidden.astype(np.float32),
        hidden_bias=hidden_bias.astype(np.float32),
        out=out.astype(np.float32),
        direct=direct.astype(np.float32),
        out_bias=float(bias) - prior(share, weight),
        # It counts in songs alone.
        context=learn(
            [track for track, one in zip(tracks, examples, strict=True) if one.kind != "dance"]
            + [rows_of(one.own)[1] for one in examples if one.kind != "dance" and one.own]
        ),
        lengths=count_lengths(examples),
        trust=TRUST,
        alike=fit_likeness(examples),
        roles=fit_roles(examples),
    )


def descend(x: Array, y: Array, weight: Array) -> tuple[Array, Array, Array, Array, float]:
    """Weights of a layer of rectified units beside a straight sum (Adam on all rows, logistic loss)."""
    rng = np.random.default_rng(0)
    k = x.shape[1]
    x, y, weight = (np.asarray(rows, dtype=np.float32) for rows in (x, y, weight))
    start = (rng.normal(0.0, k**-0.5, (k, UNITS)), np.zeros(UNITS), rng.normal(0.0, 0.1, UNITS), np.zeros(k), 0.0)
    values = [np.asarray(value, dtype=np.float32) for value in start]
    adam = Adam(dict(enumerate(values)))
    for step in range(1, STEPS + 1):
        hidden, hidden_bias, out, direct, bias = values
        raw = x @ hidden + hidden_bias
        units = np.where(raw > 0.0, raw, np.expm1(np.minimum(raw, 0.0)))
        score = units @ out + x @ direct + bias
        error = weight * (1.0 / (1.0 + np.exp(-score)) - y)
        back = np.outer(error, out) * np.where(raw > 0.0, 1.0, units + 1.0)
        slopes = [x.T @ back, back.sum(axis=0), units.T @ error, x.T @ error, error.sum()]
        rate = LEARNING_RATE * 0.5 * (1.0 + np.cos(np.pi * step / STEPS))
        for index in (0, 2, 3):
            slopes[index] = slopes[index] + DECAY * values[index]
        for index, move in adam.moves(dict(enumerate(slopes))).items():
            values[index] = values[index] - rate * move
    return tuple(values)  # type: ignore[return-value]


def count_lengths(examples: list[Example]) -> Array:
    """How probable each length in bars is, in songs and in dance tracks."""
    counted = np.zeros((2, LONGEST_BARS + 1))
    for example in examples:
        for bars in example.heard:
            for length in np.diff(bars):
                if 0 < length <= LONGEST_BARS:
                    counted[int(example.kind == "dance"), length] += 1.0 / len(example.heard)
    lengths = counted / np.maximum(counted.sum(axis=1, keepdims=True), 1.0) + LENGTH_FLOOR
    lengths[:, 0] = 0.0
    return np.asarray(lengths / lengths.sum(axis=1, keepdims=True))


def fit_likeness(examples: list[Example]) -> Array:
    """Weights that tell phrases of one letter from others (logistic regression by Newton's method)."""
    rows, same, weight = [], [], []
    for example in examples:
        starts = example.heard[0][:-1]
        usable = starts < len(example.pictures.levels)
        letters = [letter for letter, use in zip(example.letters, usable, strict=True) if use]
        compared = compared_phrases(example.pictures, starts[usable])
        for phrase in range(1, len(letters)):
            rows.append(likeness(compared, phrase))
            same += [letter == letters[phrase] for letter in letters[:phrase]]
            weight += [1.0 / len(letters) ** 2] * phrase
    x = np.concatenate(rows).astype(np.float64)
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    y, w = np.array(same, dtype=np.float64), np.array(weight) / np.sum(weight)
    found = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-x @ found))
        slope = x.T @ (w * (p - y)) + 1e-4 * found
        curve = (x * (w * p * (1.0 - p))[:, None]).T @ x + 1e-4 * np.eye(len(found))
        found = found - np.linalg.solve(curve, slope)
    return found.astype(np.float32)


def fit_roles(examples: list[Example]) -> RoleWeights:
    """Weights of what phrases are for (multinomial logistic regression)."""
    rows, kinds, weight = [], [], []
    for example in examples:
        starts = example.heard[0][:-1]
        usable = np.flatnonzero(np.diff(np.minimum(example.heard[0], len(example.pictures.levels))) > 0)
        numbers = phrase_numbers(cut_at_end(example), starts[usable])
        # A drop is a full phrase like others; it is told by what comes before it.
        names = [None if (role := example.roles[place]) == "drop" else role for place in usable]
        rows.append(numbers)
        kinds += [KINDS_OF_PHRASES.index(name) for name in names]
        weight += [1.0 if example.kind == "dance" else SONG_WEIGHT] * len(names)
    x, y, w = np.concatenate(rows), np.array(kinds), np.array(weight) / np.sum(weight)
    mean, scale = x.mean(axis=0), 1.0 / (x.std(axis=0) + 1e-3)
    z = (x - mean) * scale
    shape = (z.shape[1] + 1, len(KINDS_OF_PHRASES))

    def loss(flat: Array) -> tuple[float, Array]:
        found = flat.reshape(shape)
        scores = z @ found[:-1] + found[-1]
        scores = scores - logsumexp(scores, axis=1, keepdims=True)
        error = np.exp(scores)
        value = -float((w * scores[np.arange(len(y)), y]).sum()) + ROLE_DECAY * float(np.square(found[:-1]).sum())
        error[np.arange(len(y)), y] -= 1.0
        error *= w[:, None]
        slope = np.concatenate([z.T @ error + 2.0 * ROLE_DECAY * found[:-1], error.sum(axis=0)[None]])
        return value, slope.ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B").x.reshape(shape)
    return RoleWeights(
        mean=mean.astype(np.float32),
        scale=scale.astype(np.float32),
        weights=found[:-1].astype(np.float32),
        bias=found[-1].astype(np.float32),
        least=LEAST_ROLE,
    )


def cut_at_end(example: Example) -> BarPictures:
    """The pictures up to the end of the last phrase."""
    return example.pictures.part(0, min(len(example.pictures.levels), int(example.heard[0][-1])))


def boundary_f(found: Array, true: Array) -> float:
    """F of boundaries at the exact bar, without the first and the last."""
    found = found[(found > true[0]) & (found < true[-1])]
    hits = np.intersect1d(found, true[1:-1]).size
    return 2.0 * hits / max(1, found.size + true.size - 2)


def boundary_chances(example: Example, weights: PhraseWeights) -> Array:
    """Probability of a boundary at each bar."""
    return boundary_probabilities(boundary_scores(example.pictures, weights), weights)


def check(examples: list[Example]) -> None:
    """Print what songs that were left out give."""
    results: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    claims: dict[str, list[Array]] = {kind: [] for kind in KINDS}
    for fold in range(FOLDS):
        left_out = [example for example in examples if zlib.crc32(example.group.encode()) % FOLDS == fold]
        weights = fit([example for example in examples if zlib.crc32(example.group.encode()) % FOLDS != fold])
        for example in left_out:
            probability = boundary_chances(example, weights)
            found = choose_boundaries(probability)
            first, last = example.heard[0][0] + 1, min(len(probability), example.heard[0][-1])
            heard = np.isin(np.arange(len(probability)), example.heard[0])
            claims[example.kind].append(np.stack([probability, heard])[:, first:last])
            results[example.kind].append((boundary_f(found, example.heard[0]), boundary_f(found, example.heard[-1])))
    for kind, scores in results.items():
        if scores:
            one, other = np.mean(scores, axis=0)
            doubt = calibration_error(*np.concatenate(claims[kind], axis=1))
            print(
                f"{kind:9} {len(scores):4} tracks: F {one:.3f} against the first person, {other:.3f} the second; "
                f"calibration error {doubt:.3f}"
            )


def calibration_error(probability: Array, happened: Array) -> float:
    """Mean distance of what was claimed from what happened, in ten bins (ECE)."""
    place = np.minimum((10.0 * probability).astype(int), 9)
    parts = [place == index for index in range(10)]
    return float(sum(abs(probability[part].sum() - happened[part].sum()) for part in parts) / len(probability))


def write(weights: PhraseWeights, path: str) -> None:
    """Write the weights as plain arrays."""
    parts: dict[str, Any] = {"": weights, "role_": weights.roles, "context_": weights.context}
    arrays = {
        prefix + field.name: value.astype(np.float16) if prefix == "context_" else value
        for prefix, part in parts.items()
        for field in fields(part)
        if not is_dataclass(value := getattr(part, field.name))
    }
    with open(path, "wb") as file:
        np.savez(file, **arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pop909", help="archive of the songs")
    parser.add_argument("phrases", help="archive of their labels")
    parser.add_argument("folder", help="for what is rendered, 3 GB")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    paths = render(arguments.pop909, arguments.phrases, arguments.folder)
    examples = compute_once(paths, read_example, os.path.join(arguments.folder, "examples.pickle"))
    if arguments.check:
        check(examples)
        return
    weights = fit(examples)
    path = os.path.join(ROOT, "map4", "core", "dsp", WEIGHTS_FILE)
    write(weights, path)
    print(f"{len(examples)} tracks, {os.path.getsize(path)} bytes: {path}")


if __name__ == "__main__":
    main()

"""Fit the numbers of map4's tempo scorer (`map4/features/tempo.py`) and say how good they are.

    python training/fit_tempo_scorer.py POP909.zip [--audio-dev FOLDER] [--clips 1200] [--cache FOLDER]

The scorer adds up what the tempogram says at thirteen multiples of a candidate's rate, and a log-normal prior: 39
weights, a centre and a width. They are found by maximum likelihood: the probability of all candidates within 4 % of
the true tempo, over labelled clips, with a penalty that draws the weights to zero and the prior to the textbook's
120 BPM. Nothing is drawn at random but the clips, which follow from their numbers: two runs print the same.

What it learns from, all of it free to ship what was learned:

- clips of `tempo_clips.make_clip`: songs of POP909 (MIT), own patterns (`tempo_patterns.STYLES`), played by FluidSynth
  with the FluidR3 sound font (MIT);
- the demo's tracks (`examples/demo_music.py`, part of this project) at other tempi, keys, swings and with other chance;
- bare clicks, because a metronome is what people try first;
- with `--audio-dev`, the files of that folder that lie under `rendered/` with an MIT, BSD or CC0 licence, and its CC0
  loops. Every other file there is only measured (*validation*); no number here may be chosen by those figures.

It prints figures for held-out music, five-fold with all clips of a song (or demo style) on the same side, then with
each source left out as a whole, then what is to be written into `tempo.py`, rounded, with the figures after rounding.
Making the clips takes about half a second each, once; the rest a minute or two.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import csv
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import soxr
from scipy.optimize import minimize

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [ROOT, os.path.join(ROOT, "examples")]

from demo_music import SPECS, render_track  # noqa: E402
from tempo_clips import make_clip  # noqa: E402
from tempo_patterns import DEMO_TEMPI  # noqa: E402

from map4.features.onsets import onset_envelopes  # noqa: E402
from map4.features.rhythm import SCORE_TEMPERATURE  # noqa: E402
from map4.features.signal import ANALYSIS_RATE_HZ, SpectralPass  # noqa: E402
from map4.features.tempo import RATIOS, candidate_bpm, distribute, tempo_evidence  # noqa: E402
from map4.features.tempogram import compute_tempogram  # noqa: E402
from map4.infra.decode import open_audio  # noqa: E402

Vector = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Evidence = np.ndarray[Any, np.dtype[np.float32]]

TEXTBOOK_BPM, TEXTBOOK_OCTAVES = 120.0, 0.7
PENALTY = 0.001
"""Per squared weight against the mean log-likelihood; a tenth gives the same held-out figures, .003 two points less."""
PRIOR_PENALTY = 3.0
"""Relative to the weights."""
SOURCE_WEIGHT = {"clips": 1.0, "demo": 1.0, "clicks": 3.0, "permissive": 3.0}
"""The files of audio-dev are few and the least like the others."""
TOLERANCE = 0.04
FOLDS = 5
DEMO_ROUNDS = 12
CLICK_CLIPS = 60
CLICK_TEMPI = (55.0, 205.0)
DEMO_SECONDS = 30
DECIMALS = 2
FREE_LICENCES = ("MIT", "BSD", "CC0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Evidence of one clip, shape (39, K), and its truth; `octave` is False where only the octave is uncertain."""

    evidence: Evidence
    bpm: float
    source: str
    group: str
    octave: bool = True


def main() -> None:
    """Collect, fit, report."""
    arguments = _arguments()
    os.makedirs(arguments.cache, exist_ok=True)
    examples = [*_rendered(arguments), *_demo(arguments), *(_clicks(seed) for seed in range(CLICK_CLIPS))]
    if arguments.audio_dev:
        examples += _audio_dev(arguments)
    table = _Table(examples)
    train = table.source != "validation"
    print(f"{np.count_nonzero(train)} clips to learn from, {np.count_nonzero(~train)} for validation\n")
    _print_held_out(table, train)
    numbers = _rounded(table.fit(train))
    print("\nfor tempo.py:")
    for name, values in zip(("AUTOCORRELATION", "FOURIER", "CROSS"), numbers[2:].reshape(3, -1), strict=True):
        print(f"{name}_WEIGHTS = ({', '.join(f'{value:g}' for value in values)})")
    print(f"PRIOR_BPM, PRIOR_OCTAVES = {numbers[0]:g}, {numbers[1]:g}\n")
    scores = table.scores(_parameters(numbers))
    for source in dict.fromkeys(table.source):
        _print_figures(f"these numbers, {source}", table, scores, table.source == source)
    if arguments.audio_dev:
        of_audio_dev = np.isin(table.source, ("permissive", "validation"))
        _print_figures("these numbers, all of audio-dev", table, scores, of_audio_dev)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pop909", help="archive of the songs")
    parser.add_argument("--audio-dev", help="folder with manifest.tsv")
    parser.add_argument("--clips", type=int, default=1200)
    cache = os.path.join(tempfile.gettempdir(), "map4-tempo-clips")
    parser.add_argument("--cache", default=cache, help="folder that keeps what was computed")
    return parser.parse_args()


class _Table:
    """The examples as arrays, and the model over them."""

    def __init__(self, examples: list[Example]) -> None:
        self.evidence = np.stack([example.evidence for example in examples])
        self.bpm = np.array([example.bpm for example in examples])
        self.source = np.array([example.source for example in examples])
        self.group = np.array([example.group for example in examples])
        self.octave = np.array([example.octave for example in examples])
        # Two bins of 1.9 % on either side; a truth just outside the candidates still has its nearest one.
        self.true = np.abs(np.log2(candidate_bpm()[None, :] / self.bpm[:, None])) <= np.log2(1.0 + TOLERANCE)
        self.octaves = np.log2(candidate_bpm() / TEXTBOOK_BPM)

    def scores(self, parameters: Vector, chosen: Mask | slice = slice(None)) -> Vector:
        """Scores of all candidates; parameters are the prior's slope and curvature at 120 BPM, then the weights."""
        prior = parameters[0] * self.octaves - 0.5 * parameters[1] * np.square(self.octaves)
        return np.asarray(np.tensordot(self.evidence[chosen], parameters[2:], axes=(1, 0)) + prior)

    def fit(self, chosen: Mask) -> Vector:
        """Parameters of the largest penalised likelihood."""
        weight = np.array([SOURCE_WEIGHT[source] for source in self.source[chosen]])
        weight /= weight.sum()
        evidence, true = self.evidence[chosen], self.true[chosen]
        n, _, n_candidates = evidence.shape
        flat = np.ascontiguousarray(evidence.transpose(0, 2, 1)).reshape(n * n_candidates, -1)
        powers = np.stack([self.octaves, -0.5 * np.square(self.octaves)])
        centre = np.zeros(2 + flat.shape[1])
        centre[1] = TEXTBOOK_OCTAVES**-2
        penalty = PENALTY * np.concatenate([np.full(2, PRIOR_PENALTY), np.ones(flat.shape[1])])

        def loss(parameters: Vector) -> tuple[float, Vector]:
            scores = (flat @ parameters[2:].astype(np.float32)).reshape(n, n_candidates) + parameters[:2] @ powers
            share = np.exp(scores - scores.max(axis=1, keepdims=True))
            share /= share.sum(axis=1, keepdims=True)
            right = np.maximum((share * true).sum(axis=1), 1e-12)
            slope = (share - share * true / right[:, None]) * weight[:, None]
            gradient = np.concatenate([powers @ slope.sum(axis=0), slope.astype(np.float32).ravel() @ flat])
            away = parameters - centre
            return float(-np.log(right) @ weight + 0.5 * penalty @ away**2), gradient + penalty * away

        start = centre + np.concatenate([np.zeros(2), np.full(flat.shape[1], 0.3)])
        return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x)


def _print_held_out(table: _Table, train: Mask) -> None:
    names = sorted(set(table.group[train]))
    fold_of = dict(zip(names, np.random.default_rng(0).integers(0, FOLDS, len(names)), strict=True))
    fold = np.array([fold_of.get(group, -1) for group in table.group])
    scores = np.zeros(table.true.shape)
    for index in range(FOLDS):
        held = train & (fold == index)
        scores[held] = table.scores(table.fit(train & ~held), held)
    _print_figures("held-out songs, all", table, scores, train)
    for source in dict.fromkeys(table.source[train]):
        _print_figures(f"held-out songs, {source}", table, scores, table.source == source)
    for source in dict.fromkeys(table.source[train]):
        held = table.source == source
        without = table.scores(table.fit(train & ~held))
        _print_figures(f"never heard: {source}", table, without, held)


def _print_figures(title: str, table: _Table, scores: Vector, chosen: Mask) -> None:
    """Accuracy 1 and 2, and how often the tempo is right where the confidence is high."""
    found = [distribute(row.astype(np.float32), temperature=SCORE_TEMPERATURE) for row in scores[chosen]]
    ratio = np.array([distribution.bpm for distribution in found]) / table.bpm[chosen]
    sure = np.array([distribution.probability(distribution.bpm) for distribution in found])
    octave = table.octave[chosen]
    one = np.abs(ratio - 1.0) <= TOLERANCE
    two = np.any([np.abs(ratio / factor - 1.0) <= TOLERANCE for factor in (1 / 3, 1 / 2, 1, 2, 3)], axis=0)
    parts = [f"{title:32s} n {one.size:4d}  Acc1 {one[octave].mean():.3f}  Acc2 {two.mean():.3f}"]
    for least in (0.9, 0.7):
        high = (sure >= least) & octave
        share = one[high].mean() if high.any() else 0.0
        parts.append(f"confidence >= {least}: {np.count_nonzero(high)}, {share:.3f} right")
    print("  ".join(parts), flush=True)


def _rounded(parameters: Vector) -> Vector:
    """Prior's centre in BPM and its width in octaves, and the weights, as they stand in tempo.py."""
    centre = TEXTBOOK_BPM * 2.0 ** (parameters[0] / parameters[1])
    return np.concatenate([[round(centre), round(parameters[1] ** -0.5, DECIMALS)], parameters[2:].round(DECIMALS)])


def _parameters(numbers: Vector) -> Vector:
    """The reverse of `_rounded`."""
    curvature = numbers[1] ** -2
    return np.concatenate([[curvature * np.log2(numbers[0] / TEXTBOOK_BPM), curvature], numbers[2:]])


def _evidence(y: Evidence) -> Evidence:
    spectral_pass = SpectralPass()
    spectral_pass.feed(y)
    tempogram = compute_tempogram(onset_envelopes(spectral_pass.finish().mel_power))
    if tempogram is None:
        return np.zeros((3 * len(RATIOS), candidate_bpm().size), dtype=np.float32)
    return tempo_evidence(tempogram)


def _cached(folder: str, name: str, make: Callable[[], Example]) -> Example:
    path = os.path.join(folder, f"{name}.npz")
    if not os.path.exists(path):
        made = make()
        np.savez(path, evidence=made.evidence, bpm=made.bpm, source=made.source, group=made.group, octave=made.octave)
    with np.load(path) as kept:
        return Example(
            evidence=kept["evidence"],
            bpm=float(kept["bpm"]),
            source=str(kept["source"]),
            group=str(kept["group"]),
            octave=bool(kept["octave"]),
        )


def _rendered(arguments: argparse.Namespace) -> Iterator[Example]:
    for seed in range(arguments.clips):

        def make(seed: int = seed) -> Example:
            clip = make_clip(arguments.pop909, seed)
            return Example(evidence=_evidence(clip.y), bpm=clip.bpm, source="clips", group=f"song {clip.group}")

        yield _cached(arguments.cache, f"clip-{seed:05d}", make)


def _demo(arguments: argparse.Namespace) -> Iterator[Example]:
    for index, spec in enumerate(spec for spec in SPECS if spec.style in DEMO_TEMPI):
        for turn in range(DEMO_ROUNDS):

            def make(index: int = index, turn: int = turn, spec: Any = spec) -> Example:
                rng = np.random.default_rng([index, turn])
                low, high = DEMO_TEMPI[spec.style]
                bpm = float(np.exp(rng.uniform(np.log(low), np.log(high))))
                varied = replace(
                    spec,
                    title=f"{spec.title} {turn}",  # the seed of the players' timing
                    bpm=bpm,
                    key=f"{rng.integers(1, 13)}{spec.key[-1]}",
                    swing=float(rng.uniform(0.0, 2.0 * spec.swing)),
                    seconds=float(rng.uniform(25.0, 45.0)),
                )
                y = render_track(varied, ANALYSIS_RATE_HZ).mean(axis=1)
                start = int(rng.uniform(0.0, 0.3) * y.size)
                y = y[start : start + DEMO_SECONDS * ANALYSIS_RATE_HZ]
                return Example(evidence=_evidence(y), bpm=bpm, source="demo", group=f"demo {spec.style}")

            yield _cached(arguments.cache, f"demo-{index:02d}-{turn:02d}", make)


def _clicks(seed: int) -> Example:
    """A metronome: decaying tones or noise, some with an accent on the bar."""
    rng = np.random.default_rng([seed])
    bpm = float(np.exp(rng.uniform(*np.log(CLICK_TEMPI))))
    t = np.arange(round(rng.uniform(0.02, 0.2) * ANALYSIS_RATE_HZ)) / ANALYSIS_RATE_HZ
    tone = np.sin(2.0 * np.pi * np.exp(rng.uniform(np.log(150.0), np.log(4000.0))) * t)
    sound = (tone if rng.random() < 0.7 else rng.normal(0.0, 0.5, t.size)) * np.exp(-5.0 * t / t[-1])
    y = np.zeros(round(rng.uniform(12.0, 30.0) * ANALYSIS_RATE_HZ))
    bar = int(rng.choice((1, 1, 3, 4)))
    beats = np.arange(rng.uniform(0.0, 0.5), y.size / ANALYSIS_RATE_HZ - 0.3, 60.0 / bpm)
    for index, beat_s in enumerate(beats):
        start = round(beat_s * ANALYSIS_RATE_HZ)
        y[start : start + t.size] += sound * (1.0 if index % bar == 0 else 0.5)
    return Example(evidence=_evidence(y.astype(np.float32)), bpm=bpm, source="clicks", group=f"clicks {seed}")


def _audio_dev(arguments: argparse.Namespace) -> Iterator[Example]:
    with open(os.path.join(arguments.audio_dev, "manifest.tsv"), encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["truth_bpm"]]
    for row in rows:

        def make(row: dict[str, str] = row) -> Example:
            with open_audio(os.path.join(arguments.audio_dev, row["path"])) as stream:
                y = np.concatenate(list(stream.blocks())).mean(axis=1)
                rate = stream.sample_rate_hz
            return Example(
                evidence=_evidence(np.asarray(soxr.resample(y, rate, ANALYSIS_RATE_HZ), dtype=np.float32)),
                bpm=float(row["truth_bpm"]),
                source="permissive" if _may_teach(row) else "validation",
                # The number at the end of the name is the song's: arrangements of one song stay together.
                group=f"{row['source']} {re.sub(r'.*_', '', os.path.splitext(row['path'])[0])}",
                octave=row["octave"] != "0",
            )

        yield _cached(arguments.cache, f"dev-{row['sha1']}", make)


def _may_teach(row: dict[str, str]) -> bool:
    """Whether what is learned from a file may ship."""
    if row["path"].startswith("real/loops/"):
        return row["licence"].startswith("CC0")
    return row["path"].startswith("rendered/") and row["licence"].startswith(FREE_LICENCES)


if __name__ == "__main__":
    main()

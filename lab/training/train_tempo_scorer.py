"""Train the tempo scorer: make examples, take their tempograms, cross-validate, write the weights.

    python lab/training/train_tempo_scorer.py POP909.zip --audio-dev FOLDER [--cache FOLDER]

`tempo_examples` names the music; nothing else teaches. The scorer is a small network that rates each candidate tempo
by what the tempogram holds at multiples of it; it learns, for every clip, to give the true tempo the largest share
(listwise cross-entropy). It sees each clip as it is and in variants (`mel_treatments.varied`), and moved by up to a
third of an octave together with its label. The mean of a few such networks, each begun with other chance, is itself
one network, and that is what is written.

It prints figures for held-out music, five-fold with all clips of a song (or demo style) on the same side, then with
each source left out as a whole. The temperature is the most cautious one that keeps the former calibrated.
With `--audio-dev` it ends with the files of which nothing was learned (*validation*); nothing is chosen by those.

Chance is seeded: two runs on one machine write the same file. Making the clips takes about half a second each, once;
the rest ten minutes.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = str(Path(__file__).resolve().parents[2])
sys.path[:0] = [ROOT, os.path.join(ROOT, "examples")]

from adam import Adam
from mel_treatments import varied
from tempo_examples import ROUNDS, Example, add_music, collect, tempogram_rows

from map4.core.dsp.rhythm.tempo import candidate_bpm, distribute
from map4.core.dsp.rhythm.tempo_scorer import WEIGHTS_FILE, TempoWeights, tempo_evidence
from map4.core.dsp.rhythm.tempogram import BINS_PER_OCTAVE

Array = np.ndarray[Any, np.dtype[np.float32]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

VERSION = 2
UNITS = 32
SEEDS = range(3, 6)
"""Of the networks. By chance alone, sets of three differ: before the tempo choice, .775 (from 0), .790 and .778 (from
6) of 423 whole tracks are right."""
PASSES = 30
"""Over the examples; twice of what is best without variants."""
BATCH = 48
LEARNING_RATE = 2e-3
WARM_UP = 50
DECAY = 1e-2
INPUT_NOISE = 0.05
"""Of standardised inputs, one draw for all candidates of a clip."""
MOST_SHIFT = 12
TARGET_BINS = 0.9
"""Width of the bell curve around the true tempo."""
VARIANTS = 6
"""Of each clip, the first of them the clip itself ..."""
AS_IT_IS = 0.4
"""... which is drawn with this probability in any case."""
SOURCE_WEIGHT = {
    "clips": 1.0, "records": 1.0, "sessions": 1.0, "chamber": 1.0, "combos": 1.0, "demo": 1.0, "metronomes": 1.0,
    "permissive": 3.0,
}  # fmt: skip
"""The files of audio-dev are few and the least like the others."""
TOLERANCE = 0.04
FOLDS = 5
TEMPERATURES = np.arange(0.8, 2.01, 0.05)
MOST_ERROR = 0.03
"""Expected calibration error that may be spent on caution: other people's music is stranger than any held-out clip."""
RELIABILITY_BINS = 5


def main() -> None:
    """Collect, validate, train, write."""
    arguments = _arguments()
    examples = collect(arguments)
    table = Table(examples)
    teach = table.source != "validation"
    print(f"{np.count_nonzero(teach)} clips to learn from, {np.count_nonzero(~teach)} for validation\n")
    held, apart = held_out_scores(table, teach), left_out_scores(table, teach)
    temperature = find_temperature(table, held, teach & (table.source != "metronomes"))
    print(f"temperature {temperature:.2f}\n")
    for source in ("all", *dict.fromkeys(table.source[teach])):
        print_figures(f"held-out songs, {source}", table, held / temperature, teach & table.among(source))
    for source in dict.fromkeys(table.source[teach]):
        print_figures(f"never heard: {source}", table, apart / temperature, table.source == source)
    weights = mean_network([train(table, teach, seed=seed) for seed in SEEDS], temperature)
    if arguments.audio_dev:
        scores = scores_of(weights, table, ~teach) / weights.temperature
        whole = np.zeros((teach.size, scores.shape[1]), dtype=np.float32)
        whole[~teach] = scores
        for kind in ("all", *dict.fromkeys(table.kind[~teach])):
            print_figures(f"validation, {kind}", table, whole, ~teach & table.among(kind))
    write(weights, arguments.output)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_music(parser)
    parser.add_argument("--output", default=os.path.join(ROOT, "map4", "core", "dsp", WEIGHTS_FILE))
    return parser.parse_args()


class Table:
    """The examples as arrays; `rows` has shape (N, VARIANTS, 18, 217), files for validation stand there as they are."""

    def __init__(self, examples: list[Example]) -> None:
        self.bpm = np.array([example.bpm for example in examples])
        self.source, self.group, self.kind = (
            np.array([getattr(example, name) for example in examples]) for name in ("source", "group", "kind")
        )
        self.octave = np.array([example.octave for example in examples])
        # Two bins of 1.9 % on either side.
        self.true = np.abs(np.log2(candidate_bpm()[None, :] / self.bpm[:, None])) <= np.log2(1.0 + TOLERANCE)
        rng = np.random.default_rng(1)
        others = [example.mel_power for example in examples if example.source in ROUNDS]
        self.rows = np.stack([self._variants(example, others, rng) for example in examples]).swapaxes(2, 3)

    @staticmethod
    def _variants(example: Example, others: list[Array], rng: np.random.Generator) -> Array:
        rows = [tempogram_rows(example.mel_power).T]
        for _ in range(1, VARIANTS):
            if example.source == "validation":
                rows.append(rows[0])
                continue
            other = None if example.source == "metronomes" else others[int(rng.integers(len(others)))]
            rows.append(tempogram_rows(varied(example.mel_power, rng, other)).T)
        return np.stack(rows)

    def among(self, name: str) -> Mask:
        """Examples of a source or kind, or all."""
        return np.asarray((self.source == name) | (self.kind == name) | (name == "all"))


@dataclass(slots=True, kw_only=True)
class Network:
    """What is learned, over standardised evidence: hidden, hidden_bias, output (units, 1), direct (evidence, 1)."""

    mean: Array
    scale: Array
    parameters: list[Array]


def train(table: Table, chosen: Mask, *, seed: int) -> Network:
    """Train one network by Adam with a cosine schedule."""
    rng = np.random.default_rng(seed)
    examples = np.nonzero(chosen)[0]
    sample = tempo_evidence(table.rows[rng.permutation(examples)[:400], 0])
    network = _fresh(sample, rng)
    adam = Adam(dict(enumerate(network.parameters)))
    weight = np.array([SOURCE_WEIGHT.get(source, 0.0) for source in table.source])
    batches = examples.size // BATCH
    step, steps = 0, PASSES * batches
    for _ in range(PASSES):
        order = rng.permutation(examples)
        for start in range(0, batches * BATCH, BATCH):
            step += 1
            rate = LEARNING_RATE * min(step / WARM_UP, 0.5 * (1.0 + np.cos(np.pi * step / steps)))
            gradients = _gradients(network, table, order[start : start + BATCH], weight, rng)
            for index, move in adam.moves(dict(enumerate(gradients))).items():
                old = network.parameters[index]
                network.parameters[index] = old - np.float32(rate) * (move + np.float32(DECAY) * old)
    return network


def _fresh(sample: Array, rng: np.random.Generator) -> Network:
    evidence = sample.shape[-1]
    return Network(
        mean=sample.mean(axis=(0, 1)),
        scale=sample.std(axis=(0, 1)) + np.float32(0.01),
        parameters=[
            (rng.standard_normal((evidence, UNITS)) / np.sqrt(evidence)).astype(np.float32),
            np.zeros(UNITS, dtype=np.float32),
            (0.3 * rng.standard_normal((UNITS, 1)) / np.sqrt(UNITS)).astype(np.float32),
            (0.01 * rng.standard_normal((evidence, 1))).astype(np.float32),
        ],
    )


def _gradients(network: Network, table: Table, batch: Any, weight: Any, rng: np.random.Generator) -> list[Array]:
    """Slopes of the mean cross-entropy of a batch, moved by one random shift."""
    shift = int(rng.integers(-MOST_SHIFT, MOST_SHIFT + 1))
    as_it_is = rng.random(batch.size) < AS_IT_IS
    variant = np.where(as_it_is, 0, rng.integers(0, VARIANTS, batch.size))
    evidence = (tempo_evidence(table.rows[batch, variant], shift=shift) - network.mean) / network.scale
    noise = rng.standard_normal((batch.size, 1, evidence.shape[2]), dtype=np.float32)
    evidence += np.float32(INPUT_NOISE) * noise
    away = BINS_PER_OCTAVE * np.log2(candidate_bpm()[None, :] / table.bpm[batch, None]) + shift
    target = np.exp(-0.5 * np.square(away / TARGET_BINS))
    # Shifts may move the truth out of the candidates; such a clip teaches nothing this time.
    share = weight[batch] * (target.sum(axis=1) > 0.5)
    target /= target.sum(axis=1, keepdims=True) + 1e-9
    hidden, bias, output, direct = network.parameters
    before = evidence @ hidden + bias
    units = np.maximum(before, 0.0)
    slope = (_softmax((units @ output + evidence @ direct)[..., 0]) - target) * (share / max(share.sum(), 1e-9))[
        :, None
    ]
    flat, slopes = evidence.reshape(-1, evidence.shape[2]), slope.astype(np.float32).reshape(-1, 1)
    back = (slopes @ output.T) * (before.reshape(-1, UNITS) > 0.0)
    return [flat.T @ back, back.sum(axis=0), units.reshape(-1, UNITS).T @ slopes, flat.T @ slopes]


def _softmax(scores: Any) -> Any:
    share = np.exp(scores - scores.max(axis=1, keepdims=True))
    return share / share.sum(axis=1, keepdims=True)


def mean_network(networks: list[Network], temperature: float) -> TempoWeights:
    """The mean of networks as one network on plain evidence."""
    output = np.concatenate([n.parameters[2][:, 0] for n in networks])
    hidden = [n.parameters[0] / n.scale[:, None] for n in networks]
    bias = [n.parameters[1] - n.mean @ plain for n, plain in zip(networks, hidden, strict=True)]
    return TempoWeights(
        version=VERSION,
        hidden=np.concatenate(hidden, axis=1),
        hidden_bias=np.concatenate(bias),
        output=(output / len(networks)).astype(np.float32),
        direct=np.mean([n.parameters[3][:, 0] / n.scale for n in networks], axis=0, dtype=np.float32),
        temperature=temperature,
    )


def scores_of(weights: TempoWeights, table: Table, chosen: Mask) -> Array:
    """Scores before the temperature, shape (chosen, K)."""
    scores = []
    for rows in table.rows[chosen, 0]:
        evidence = tempo_evidence(rows)
        units = np.maximum(evidence @ weights.hidden + weights.hidden_bias, 0.0)
        scores.append(units @ weights.output + evidence @ weights.direct)
    return np.stack(scores)


def held_out_scores(table: Table, teach: Mask) -> Array:
    """Scores by networks that heard no clip of the same group."""
    names = sorted(set(table.group[teach]))
    fold_of = dict(zip(names, np.random.default_rng(0).integers(0, FOLDS, len(names)), strict=True))
    fold = np.array([fold_of.get(group, FOLDS) for group in table.group])
    return _scores_without(table, teach, [teach & (fold == index) for index in range(FOLDS)])


def left_out_scores(table: Table, teach: Mask) -> Array:
    """Scores by networks that heard nothing of the same source, nor any other arrangement of its songs."""
    return _scores_without(table, teach, [table.source == source for source in dict.fromkeys(table.source[teach])])


def _scores_without(table: Table, teach: Mask, parts: list[Mask]) -> Array:
    scores = np.zeros(table.true.shape, dtype=np.float32)
    for part in parts:
        # Without the songs of rendered clips nothing would be left of the files, and the other way round little.
        related = np.isin(table.group, table.group[part]) if np.count_nonzero(part) < teach.sum() / 2 else part
        networks = [train(table, teach & ~part & ~related, seed=seed) for seed in SEEDS]
        scores[part] = scores_of(mean_network(networks, 1.0), table, part)
    return scores


def find_temperature(table: Table, scores: Array, chosen: Mask) -> float:
    """The highest temperature at which the confidence of held-out music still is about right."""
    errors = [_figures(table, scores / np.float32(t), chosen)[-1] for t in TEMPERATURES]
    allowed = max(MOST_ERROR, min(errors))
    return float(max(t for t, error in zip(TEMPERATURES, errors, strict=True) if error <= allowed))


def print_figures(title: str, table: Table, scores: Array, chosen: Mask) -> None:
    """Accuracy 1 and 2, how often the tempo is right where confidence is high, and the calibration error."""
    one, two, sure, error = _figures(table, scores, chosen)
    octave = table.octave[chosen]
    if not octave.any():
        print(f"{title:34s} n {two.size:4d}  Acc1     -  Acc2 {two.mean():.3f}", flush=True)
        return
    parts = [f"{title:34s} n {two.size:4d}  Acc1 {one[octave].mean():.3f}  Acc2 {two.mean():.3f}"]
    for least in (0.9, 0.7):
        high = (sure >= least) & octave
        share = f"{one[high].mean():.3f}" if high.any() else "-"
        parts.append(f">= {least}: {np.count_nonzero(high)}, {share}")
    print("  ".join([*parts, f"ECE {error:.3f}"]), flush=True)


def _figures(table: Table, scores: Array, chosen: Mask) -> tuple[Mask, Mask, Any, float]:
    """Whether each tempo is right, and right but for the octave; its confidence; the expected calibration error."""
    found = [distribute(row) for row in scores[chosen]]
    ratio = np.array([distribution.bpm for distribution in found]) / table.bpm[chosen]
    sure = np.array([distribution.probability(distribution.bpm) for distribution in found])
    one = np.abs(ratio - 1.0) <= TOLERANCE
    two = np.any([np.abs(ratio / factor - 1.0) <= TOLERANCE for factor in (1 / 3, 1 / 2, 1, 2, 3)], axis=0)
    certain, right = sure[table.octave[chosen]], one[table.octave[chosen]]
    bins = np.array_split(np.argsort(certain), RELIABILITY_BINS)
    error = sum(abs(float(certain[b].sum() - right[b].sum())) for b in bins) / max(1, certain.size)
    return one, two, sure, error


def write(weights: TempoWeights, path: str) -> None:
    """Write the weights as plain float32 arrays."""
    arrays = {name: getattr(weights, name).astype(np.float32) for name in ("hidden", "hidden_bias", "output", "direct")}
    np.savez(path, version=np.int64(weights.version), temperature=np.float32(weights.temperature), **arrays)
    print(f"\n{path}: {sum(array.size for array in arrays.values())} numbers")


if __name__ == "__main__":
    main()

"""Train the bar scorer: render clips whose bars are known, hear them on map4's beats, teach, calibrate, write.

    python lab/training/train_bar_scorer.py POP909.zip GROOVE.zip [--cache FOLDER] [--clips N]

Music: songs of POP909 (MIT) that are not the benchmark's alone, human drummers of the Groove MIDI set's training split
(CC BY 4.0, Google), generated dance tracks (`lab/music/dance_tracks.py`, the first 84), own
pieces and patterns (`bar_clips`), the clips of the tempo scorer (`tempo_examples`), played with FluidR3 and
MuseScore_General (MIT), some drums of Sonic Pi (CC0). Nothing else teaches, nothing is chosen by recordings, and
nothing that `lab/measure/inside.py` measures with is among it.

A fifth of the songs, sessions, tracks and own pieces, the styles of `LEFT_OUT`, the drummers of `LEFT_OUT_DRUMMERS` and
the demo's tracks never teach: choice and confidences are fitted to them, each source counting alike. Six networks are
averaged, since sets of three differ by chance. Rendering takes half an hour on two cores, once, and learning twenty
minutes. The shipped weights come from this script with its defaults.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import tempfile
import zlib
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

ROOT = str(Path(__file__).resolve().parents[2])
sys.path[:0] = [ROOT, os.path.join(ROOT, "examples")]

from adam import Adam
from bar_examples import Heard, hear, hear_all, render

from map4.core.dsp.inside.bar_evidence import BANDS, CHANGES, EVIDENCE, NOVELTIES, ONSETS, RETURNS, RISES, SLOTS
from map4.core.dsp.inside.bar_scorer import ENTRY_TAPS, METRES, PLACES, TAPS, WEIGHTS_FILE, BarWeights, place_scores
from map4.core.dsp.inside.bars import SUSPECT, BarLayout, Counted, all_layouts, between, most_likely

Array = np.ndarray[Any, np.dtype[np.float32]]

HIDDEN = 16
NETWORKS, CHANNELS, LAYERS, STEPS = 6, 64, 5, 6000
BATCH, CROP = 16, 64
LEARNING_RATE, WARM_UP, DECAY = 3e-3, 50, 1e-2
AVERAGE = 0.995
NOISE = 0.4
TOLERANCE_S = 0.07
RIGHT = 0.6
CHOICE_RIDGE = 2.0
OUTPUTS = PLACES + 1
DRAWN = {2: 0.09, 3: 0.16, 4: 0.42, 5: 0.06, 6: 0.09, 7: 0.06, 0: 0.12}
"""How often examples of so many beats a bar are drawn; 0: of beats that lie between the true ones."""
NATURAL = {2: 0.05, 3: 0.1, 4: 0.8, 5: 0.008, 6: 0.03, 7: 0.008, 0: 0.04}
"""How often music has so many beats a bar, roughly."""
COLUMN_METRE = np.append(np.repeat(METRES, METRES), 0)


def elu(x: Array) -> Array:
    """As in `map4.core.dsp.network`, without writing into `x`."""
    return np.maximum(x, np.exp(np.minimum(x, 0.0)) - 1.0)


class Network:
    """One network and its slopes."""

    def __init__(self, rng: np.random.Generator, channels: int, layers: int) -> None:
        self.channels, self.layers = channels, layers
        c, e = channels, EVIDENCE

        def drawn(*shape: int, fan: int, gain: float = 1.0) -> Array:
            return (gain * rng.standard_normal(shape) / np.sqrt(fan)).astype(np.float32)

        self.p: dict[str, Array] = {
            "entry": drawn(ENTRY_TAPS * e, c, fan=ENTRY_TAPS * e),
            "entry_bias": np.zeros(c, np.float32),
            "dilated": drawn(layers, TAPS * c, c, fan=TAPS * c),
            "dilated_bias": np.zeros((layers, c), np.float32),
            "onward": drawn(layers, c, c, fan=c, gain=0.5),
            "onward_bias": np.zeros((layers, c), np.float32),
            "pooled": drawn(layers * c, HIDDEN, fan=layers * c),
            "pooled_bias": np.zeros(HIDDEN, np.float32),
            "whole": drawn(HIDDEN, OUTPUTS, fan=HIDDEN, gain=0.3),
            "exit": drawn(c, OUTPUTS, fan=c, gain=0.5),
            "exit_bias": np.zeros(OUTPUTS, np.float32),
        }

    def slopes(self, x: Array, mask: Array, target: Any, weight: Array) -> tuple[float, dict[str, Array]]:
        """Loss and slopes: x (B, T, E), mask (B, T), target (B, T) columns or -1, weight (B, T)."""
        p, m = self.p, mask[:, :, None]
        cols0 = _columns(x, ENTRY_TAPS, 1)
        z0 = cols0 @ p["entry"] + p["entry_bias"]
        h = elu(z0) * m
        streams, kept = [h], []
        length = mask.sum(axis=1)[:, None]
        means = []
        for layer in range(self.layers):
            cols = _columns(h, TAPS, 2**layer)
            z = cols @ p["dilated"][layer] + p["dilated_bias"][layer]
            u = elu(z) * m
            means.append(u.sum(axis=1) / length)
            h = (h + u @ p["onward"][layer] + p["onward_bias"][layer]) * m
            kept.append((cols, z, u))
            streams.append(h)
        pool = np.concatenate(means, axis=1)
        zp = pool @ p["pooled"] + p["pooled_bias"]
        hp = elu(zp)
        top = elu(h)
        logits = top @ p["exit"] + p["exit_bias"] + (hp @ p["whole"])[:, None]
        logits -= logits.max(axis=2, keepdims=True)
        share = np.exp(logits)
        share /= share.sum(axis=2, keepdims=True)
        b, t = np.nonzero(weight > 0)
        total = weight.sum()
        loss = float(-(weight[b, t] * np.log(share[b, t, target[b, t]] + 1e-9)).sum() / total)
        d = share.copy()
        d[b, t, target[b, t]] -= 1.0
        d *= (weight / total)[:, :, None]
        g: dict[str, Array] = {}
        flat = d.reshape(-1, OUTPUTS)
        g["exit"] = top.reshape(-1, self.channels).T @ flat
        g["exit_bias"] = flat.sum(axis=0)
        dsum = d.sum(axis=1)
        g["whole"] = hp.T @ dsum
        dzp = (dsum @ p["whole"].T) * _slope(zp)
        g["pooled"], g["pooled_bias"] = pool.T @ dzp, dzp.sum(axis=0)
        dpool = dzp @ p["pooled"].T
        dh = (d @ p["exit"].T) * _slope(h)
        g["dilated"], g["dilated_bias"] = np.zeros_like(p["dilated"]), np.zeros_like(p["dilated_bias"])
        g["onward"], g["onward_bias"] = np.zeros_like(p["onward"]), np.zeros_like(p["onward_bias"])
        for layer in range(self.layers - 1, -1, -1):
            cols, z, u = kept[layer]
            dh = dh * m
            g["onward"][layer] = u.reshape(-1, self.channels).T @ dh.reshape(-1, self.channels)
            g["onward_bias"][layer] = dh.sum(axis=(0, 1))
            du = dh @ p["onward"][layer].T
            du += (dpool[:, layer * self.channels : (layer + 1) * self.channels] / length)[:, None]
            dz = du * m * _slope(z)
            g["dilated"][layer] = cols.reshape(-1, cols.shape[2]).T @ dz.reshape(-1, self.channels)
            g["dilated_bias"][layer] = dz.sum(axis=(0, 1))
            dh = dh + _spread(dz @ p["dilated"][layer].T, TAPS, 2**layer, self.channels)
        dz0 = dh * m * _slope(z0)
        g["entry"] = cols0.reshape(-1, cols0.shape[2]).T @ dz0.reshape(-1, self.channels)
        g["entry_bias"] = dz0.sum(axis=(0, 1))
        return loss, g


def _slope(z: Array) -> Array:
    return np.where(z > 0.0, np.float32(1.0), np.exp(np.minimum(z, 0.0)))


def _columns(x: Array, taps: int, apart: int) -> Array:
    reach = taps // 2 * apart
    padded = np.pad(x, ((0, 0), (reach, reach), (0, 0)))
    return np.concatenate([padded[:, k * apart : k * apart + x.shape[1]] for k in range(taps)], axis=2)


def _spread(d: Array, taps: int, apart: int, width: int) -> Array:
    reach = taps // 2 * apart
    out = np.zeros((d.shape[0], d.shape[1] + 2 * reach, width), np.float32)
    for k in range(taps):
        out[:, k * apart : k * apart + d.shape[1]] += d[:, :, k * width : (k + 1) * width]
    return out[:, reach : reach + d.shape[1]]


_AFTER = np.cumsum([0, ONSETS, CHANGES // 2, CHANGES // 2, RISES, NOVELTIES, RETURNS // 2, RETURNS // 2])
GROUPS = [
    *(np.array([slot * BANDS + band for slot in range(SLOTS)]) for band in range(BANDS)),
    *(np.arange(first, after) for first, after in pairwise(_AFTER[1:])),
]
"""Numbers that are lost together."""
LOST = 0.2


def _crop(heard: Heard, rng: np.random.Generator) -> tuple[Array, Any]:
    x, target = heard.evidence.astype(np.float32), heard.target
    n = len(x)
    size = int(rng.integers(20, CROP + 1))
    start = int(rng.integers(0, max(1, n - size + 1)))
    x, target = x[start : start + size].copy(), target[start : start + size]
    if rng.random() < 0.08 and len(x) > 16:
        gone = int(rng.integers(4, len(x) - 4))
        x, target = np.delete(x, gone, axis=0), np.delete(target, gone)
    for group in GROUPS:
        if rng.random() < LOST:
            x[:, group] = 0.0
    x *= np.exp(rng.normal(0.0, 0.15, EVIDENCE)).astype(np.float32)
    x += np.float32(NOISE * rng.uniform(0.0, 2.0)) * rng.standard_normal(x.shape, dtype=np.float32)
    return x, target


def train(examples: list[Heard], *, seed: int, say: bool = True) -> dict[str, Array]:
    """Train one network by Adam; the running mean of its weights."""
    rng = np.random.default_rng(seed)
    network = Network(rng, CHANNELS, LAYERS)
    told = [h for h in examples if (h.target >= 0).sum() >= 8]
    share = _draw_shares(told)
    adam = Adam(network.p)
    mean = {n: v.copy() for n, v in network.p.items()}
    running = 0.0
    for step in range(1, STEPS + 1):
        batch = [_crop(told[i], rng) for i in rng.choice(len(told), BATCH, p=share)]
        longest = max(len(x) for x, _ in batch)
        x = np.zeros((BATCH, longest, EVIDENCE), np.float32)
        mask, target = np.zeros((BATCH, longest), np.float32), np.full((BATCH, longest), -1)
        for row, (one, t) in enumerate(batch):
            x[row, : len(one)], mask[row, : len(one)], target[row, : len(one)] = one, 1.0, t
        weight = (target >= 0).astype(np.float32)
        loss, slopes = network.slopes(x, mask, target, weight)
        size = np.sqrt(sum(float(np.square(s).sum()) for s in slopes.values()))
        rate = LEARNING_RATE * min(step / WARM_UP, max(0.02, 0.5 * (1.0 + np.cos(np.pi * step / STEPS))))
        held = np.float32(min(1.0, 1.0 / (size + 1e-9)))
        for n, move in adam.moves({n: held * s for n, s in slopes.items()}).items():
            old = network.p[n]
            network.p[n] = (old - np.float32(rate) * (move + np.float32(DECAY) * old)).astype(np.float32)
            keep = min(AVERAGE, step / (step + 10))
            mean[n] += np.float32(1 - keep) * (network.p[n] - mean[n])
        running += loss
        if say and step % 500 == 0:
            print(f"  step {step}: {running / 500:.4f}", flush=True)
            running = 0.0
    return mean


SOURCE_SHARE = {"bars": 1.0, "songs": 1.5, "drummers": 1.5, "dance": 0.4, "records": 1.2, "chamber": 0.8}


def _draw_shares(examples: list[Heard]) -> Any:
    """Metres alike enough that none is rare."""
    metre = np.array([_metre_of(h) for h in examples])
    source = np.array([SOURCE_SHARE.get(h.source, 1.0) for h in examples])
    share = np.zeros(len(examples))
    for m, w in DRAWN.items():
        of = metre == m
        if of.any():
            share[of] = w * source[of] / source[of].sum()
    return share / share.sum()


def _metre_of(heard: Heard) -> int:
    """Beats a bar of the beats that were found; 0 where most lie between the true ones, or none can be told."""
    told = heard.target[heard.target >= 0]
    return int(COLUMN_METRE[np.bincount(told).argmax()]) if told.size else 0


def stacked(networks: list[dict[str, Array]], **decisions: Any) -> BarWeights:
    """Several networks as one set of weights."""
    arrays = {name: np.stack([network[name] for network in networks]) for name in networks[0]}
    given = {"prior": _log_prior(), "choice": 0.0, "phase": (0.0, 1.0, 0.0), "metre": (0.0, 1.0, 0.0), **decisions}
    return BarWeights(**arrays, **{name: np.asarray(value, dtype=np.float32) for name, value in given.items()})


def _log_prior() -> Any:
    """What a metre's odds are multiplied by: it is drawn more or less often than it is met with."""
    return np.log([NATURAL[metre] / DRAWN[metre] for metre in (*METRES, 0)])


def f_measure(truth: Any, found: Any) -> float:
    """F of two ascending lists of times, 70 ms apart at most, each matched once."""
    i = j = hits = 0
    while i < len(truth) and j < len(found):
        if abs(truth[i] - found[j]) <= TOLERANCE_S:
            hits, i, j = hits + 1, i + 1, j + 1
        elif truth[i] < found[j]:
            i += 1
        else:
            j += 1
    return 2.0 * hits / max(1, len(truth) + len(found))


LEFT_OUT = {
    "reggae", "roots reggae", "funk", "bossa nova", "reggaeton", "two-step", "country", "drum & bass", "garage", "soul",
    "combo in two", "combo ballad", "concert waltz", "jig", "minuet", "polka", "concert march", "hip-hop", "trance",
}  # fmt: skip
LEFT_OUT_DRUMMERS = ("neworleans", "reggae", "country", "punk", "highlife")
"""Styles of which nothing teaches."""


def is_held_out(heard: Heard) -> bool:
    """A fifth of songs, sessions, tracks and own pieces; the styles left out, the doubtful songs, the demo's tracks."""
    if heard.source in ("demo", "doubtful") or heard.style in LEFT_OUT:
        return True
    if heard.style.endswith(tuple(f"groove {name}" for name in LEFT_OUT_DRUMMERS)):
        return True
    own = heard.group == "own" or heard.source == "chamber"
    return zlib.crc32((heard.name if own else heard.group).encode()) % 5 == 0


def fitted(odds: Any, size: Any, right: Any, weight: Any) -> Any:
    """Log odds of being right from those of the decision and the log of the beats: ridge logistic regression."""
    x = np.stack([np.ones(len(odds)), np.clip(odds, -8.0, 8.0), size], axis=1)
    ridge, centre = np.array([0.01, 1.0, 1.0]), np.array([0.0, 0.5, 0.0])

    def loss(w: Any) -> float:
        z = x @ w
        return float((weight * (np.logaddexp(0.0, z) - right * z)).sum() + 0.5 * (ridge * (w - centre) ** 2).sum())

    w = centre.copy()
    for _ in range(60):
        p = 1.0 / (1.0 + np.exp(-(x @ w)))
        slope = x.T @ (weight * (p - right)) + ridge * (w - centre)
        move = np.linalg.solve((x * (weight * p * (1.0 - p))[:, None]).T @ x + np.diag(ridge), slope)
        while loss(w - move) > loss(w) and np.abs(move).max() > 1e-9:
            move = 0.5 * move
        w = w - move
    return w


def calibrated(networks: list[dict[str, Array]], held: list[Heard], folder: str) -> BarWeights:
    """The networks with choice and confidences fitted to clips that did not teach; prints how right they are."""
    weights = stacked(networks)
    ways = [ways_of(each, weights, folder) for each in held]
    found = [all_layouts([way for way, _ in each], h.sound_from_s, weights) for h, each in zip(held, ways, strict=True)]
    right = [
        np.array([phase_right(h, each[one.is_later][0].beats_s[one.first]) for one in laid])
        for h, each, laid in zip(held, ways, found, strict=True)
    ]
    # Each source counts alike, and in it each metre as often as it is met with.
    kind = [(h.source, h.metre) for h in held]
    weight = np.array([NATURAL[m] / kind.count((source, m)) for source, m in kind])
    weight *= len(held) / weight.sum()
    choice = fitted_choice(found, right, weight, weights)
    chosen = [most_likely(laid, stacked(networks, choice=choice)) for laid in found]
    told = [each[course.is_later][1] for each, (course, _) in zip(ways, chosen, strict=True)]
    is_right = np.array([phase_right(h, h.beats_s[course.first]) for h, (course, _) in zip(told, chosen, strict=True)])
    metre = np.array([_metre_of(h) or h.metre for h in told])
    said = np.array([course.beats_per_bar for course, _ in chosen])
    size = np.log([len(h.beats_s) for h in told])
    phase = fitted(np.array([odds for _, odds in chosen]), size, is_right, weight)
    sure = fitted(np.array([course.metre_odds for course, _ in chosen]), size, said == metre, weight)
    for source in dict.fromkeys(h.source for h in held):
        of = np.array([h.source == source for h in held])
        print(f"{source:9s} n {of.sum():4d}  right {is_right[of].mean():.3f}  metre {(said == metre)[of].mean():.3f}")
    for m in dict.fromkeys(metre.tolist()):
        print(f"{m} beats a bar: {(said == m)[metre == m].mean():.3f} of {(metre == m).sum()}")
    return stacked(networks, choice=choice, phase=phase, metre=sure)


def ways_of(heard: Heard, weights: BarWeights, folder: str) -> list[tuple[Counted, Heard]]:
    """A clip on the beats that were found, and half a beat later where map4 would look at these."""
    told = [heard]
    scores = place_scores(heard.evidence.astype(np.float32), weights)
    if between(scores, weights) >= SUSPECT:
        told += hear(os.path.join(folder, heard.name), variants=0, later=True)
    found = [(h.evidence.astype(np.float32), h) for h in told]
    return [
        (Counted(beats_s=h.beats_s, scores=place_scores(evidence, weights), onsets=evidence[:, :ONSETS]), h)
        for evidence, h in found
    ]


def fitted_choice(found: list[list[BarLayout]], right: list[Any], weight: Any, nothing: BarWeights) -> float:
    """What the scores count, so that right courses are likely among those of a clip: conditional logistic.

    With `nothing`, they do not count yet.
    """
    of = [index for index, each in enumerate(right) if each.any()]
    begins = [np.array([course.begins for course in laid]) for laid in found]
    given = [np.array([course.odds(nothing) for course in laid]) for laid in found]
    spread = float(np.concatenate(begins).std())

    def loss(count: float) -> float:
        total = 0.5 * CHOICE_RIDGE * (count * spread) ** 2
        for index in of:
            odds = begins[index] * count + given[index]
            total -= weight[index] * float(logsumexp(odds[right[index]]) - logsumexp(odds))
        return total

    return float(minimize_scalar(loss, bracket=(0.0, 1.0)).x)


def phase_right(heard: Heard, found_s: Any) -> bool:
    """Whether the bars begin where they do, or every other one."""
    return f_measure(heard.downbeats_s, found_s) >= RIGHT


def main() -> None:
    """Render, hear, teach, calibrate, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pop909", help="archive of the songs")
    parser.add_argument("groove", help="archive of the drummers")
    parser.add_argument("--cache", default=os.path.join(tempfile.gettempdir(), "map4-bar-clips"))
    parser.add_argument("--clips", type=int, default=1680)
    parser.add_argument("--output", default=os.path.join(ROOT, "map4", "core", "dsp", WEIGHTS_FILE))
    arguments = parser.parse_args()
    render(arguments.pop909, arguments.groove, arguments.cache, arguments.clips)
    heard = hear_all(arguments.cache, os.path.join(arguments.cache, "heard.pickle"))
    teach = [example for example in heard if not is_held_out(example)]
    held = [example for example in heard if is_held_out(example) and example.as_found]
    print(f"{len(teach)} examples teach, {len(held)} clips are held out")
    networks = [train(teach, seed=10 + number) for number in range(NETWORKS)]
    weights = calibrated(networks, held, arguments.cache)
    arrays = {field.name: getattr(weights, field.name) for field in fields(BarWeights)}
    np.savez(
        arguments.output,
        **{name: value.astype(np.float16 if value.ndim > 1 else np.float32) for name, value in arrays.items()},
    )


if __name__ == "__main__":
    main()

"""Fit the key scorer: render clips, take their blocks, train, cross-validate, write the weights.

    python training/fit_key_scorer.py ../shared/midi/pop909.zip --clips 2200 --cache /tmp/key-clips

Only music rendered here teaches: rule-made pieces and songs of POP909 (MIT), played with the FluidR3 sound font (MIT).
`--validate MANIFEST` scores the result on labelled files, of which nothing is learned.

The scorer is a sum of small networks, each of which saw the same clips in another order. They learn from each clip as
it is and from variants of it: a part of it, moved by up to three semitones, with other levels of the registers and
with a changing floor of noise. Cross-validation is by song (no song on both sides) and by family of styles (no style
that is judged was heard); the weight of the published profile and the temperature come from the latter, because music
outside is new as well.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import soxr
from key_clips import make_key_clip
from key_network import log_softmax, train

from map4.domain.key import parse_key
from map4.features.filters import ANALYSIS_RATE_HZ, FloatArray
from map4.features.key_blocks import BLOCKS, key_blocks
from map4.features.key_profiles import BGATE, key_correlations
from map4.features.key_scorer import WEIGHTS_FILE, KeyWeights, key_scores, read_weights
from map4.features.semitones import SEMITONES, loud_semitones, standing_out
from map4.features.signal import SpectralPass
from map4.infra.decode import open_audio

VERSION = 2
VARIANTS = 6
"""Of each clip; six teach a little more than four."""
SHORTEST_SHARE = 0.4
SHORTEST_FRAMES = 40
MOST_SEMITONES = 3
REGISTER_DB = (1.0, 6.0)
REGISTER_LENGTH = 8.0
"""Semitones over which the changed levels of a variant are alike."""
FLOOR_DB = (-40.0, -14.0)
OVERTONES_SEMITONES = (12, 19, 24, 28, 31)
"""Where the second to the sixth partial lie."""
MOST_OVERTONE = 0.5
"""Largest share of a note that is added at each: richer sounds than the synthesiser's."""
MOST_LEAK = 0.25
"""Largest share of a note that is added a semitone above and below, as vibrato and choruses do."""
MOST_LINGER = 0.6
"""Largest share of a frame that is left in the next one, as in a large room."""

FOLDS = 5
FAMILIES = {"metal": "rock", "soul": "hip-hop", "folk": "country", "pop": "edm"}
"""Styles that are too alike to judge one by the other; all others are a family of their own."""
PROFILE_WEIGHTS = (0.0, 1.0, 2.0, 3.0, 5.0)
TEMPERATURES = np.geomspace(0.5, 2.5, 60)

Vector = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Blocks of clips, shape (n, blocks, 12), their keys 0-23, where they come from, and which clip they vary."""

    blocks: FloatArray
    keys: np.ndarray[Any, np.dtype[np.int64]]
    styles: list[str]
    groups: list[str]

    def without(self, out: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[FloatArray, Any]:
        """Blocks and keys of what is not `out`."""
        return self.blocks[~out], self.keys[~out]


def collect(archive: str, n_clips: int, cache: str) -> tuple[Examples, Examples]:
    """Clips as they are, and their variants; what is in `cache` is not rendered again."""
    rng = np.random.default_rng(0)
    plain: list[tuple[FloatArray, int, str, str]] = []
    varied: list[tuple[FloatArray, int, str, str]] = []
    os.makedirs(cache, exist_ok=True)
    for seed in range(n_clips):
        path = os.path.join(cache, f"{seed:05d}.npz")
        if not os.path.exists(path):
            _render(archive, seed, path)
        with np.load(path) as clip:
            if "pitch" not in clip:
                continue
            semitones = loud_semitones(clip["pitch"].astype(np.float32), float(clip["tuning"]))
            key = int(clip["tonic"]) + (12 if str(clip["mode"]) == "minor" else 0)
            source = str(clip["style"]), str(clip["group"])
        if semitones.shape[0] < SHORTEST_FRAMES // 2:
            continue
        plain.append((_blocks(semitones), key, *source))
        for _ in range(VARIANTS):
            variant, move = _varied(semitones, rng)
            varied.append((_blocks(variant), (key + move) % 12 + 12 * (key // 12), *source))
    return _examples(plain), _examples(varied)


def cross_validate(plain: Examples, varied: Examples, part: list[str]) -> Vector:
    """Scores of each clip by weights that have seen nothing of its part."""
    scores = np.zeros((len(part), 24))
    names, varied_part = np.array(part), np.repeat(part, VARIANTS)
    for name in np.unique(names):
        (blocks, keys), (more_blocks, more_keys) = plain.without(names == name), varied.without(varied_part == name)
        weights = train(np.concatenate([blocks, more_blocks]), np.concatenate([keys, more_keys]), version=VERSION)
        for index in np.flatnonzero(names == name):
            scores[index] = key_scores(plain.blocks[index], weights)
    return scores


def fit_profile(scores: Vector, plain: Examples) -> tuple[float, Vector]:
    """The weight of the profile with the best weighted score, and the scores with it."""
    wide = BLOCKS.index("wide")
    correlations = np.array([key_correlations(blocks[wide], BGATE) for blocks in plain.blocks])

    def right(weight: float) -> float:
        best = (scores + weight * correlations).argmax(axis=1)
        return float(np.mean([_weighted(int(k), int(b)) for k, b in zip(plain.keys, best, strict=True)]))

    weight = max(PROFILE_WEIGHTS, key=right)
    return weight, scores + weight * correlations


def fit_temperature(scores: Vector, keys: Any) -> float:
    """The temperature that makes the true keys most probable."""
    losses = [-np.mean(log_softmax(scores / t)[np.arange(len(keys)), keys]) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def report(title: str, scores: Vector, keys: Any) -> None:
    """Print weighted score, exact rate, top two, calibration error, and precision at a confidence of .9."""
    probability = np.exp(log_softmax(scores))
    best, confidence = probability.argmax(axis=1), probability.max(axis=1)
    right = best == keys
    weighted = np.mean([_weighted(int(k), int(b)) for k, b in zip(keys, best, strict=True)])
    two = np.mean([k in row for k, row in zip(keys, np.argsort(-scores, axis=1)[:, :2], strict=True)])
    bins = np.array_split(np.argsort(confidence), 5)
    error = sum(abs(confidence[b].mean() - right[b].mean()) * b.size for b in bins) / right.size
    sure = confidence >= 0.9
    print(
        f"{title:28s} n {right.size:4d}  weighted {weighted:.3f}  exact {right.mean():.3f}  first two {two:.3f}  "
        f"calibration {error:.3f}  at .9: {right[sure].mean() if sure.any() else float('nan'):.3f} of {sure.sum()}"
    )


def validate(manifest: str, weights: KeyWeights) -> None:
    """Report the weights on the files of a manifest with keys; nothing is learned here."""
    with open(manifest, encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["truth_key"]]
    scores, keys, sources = [], [], []
    for row in rows:
        key = parse_key(row["truth_key"])
        assert key is not None
        semitones = _heard(os.path.join(os.path.dirname(manifest), row["path"]))
        scores.append(key_scores(_blocks(semitones), weights))
        keys.append(key.tonic + (12 if key.mode == "minor" else 0))
        sources.append(row["source"])
    for title, chosen in (("all", None), ("gtzan", True), ("the rest", False)):
        rows_in = [i for i, s in enumerate(sources) if chosen is None or (s == "gtzan") == chosen]
        report(
            f"{os.path.basename(os.path.dirname(manifest))}, {title}",
            np.array(scores)[rows_in],
            np.array(keys)[rows_in],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", help="pop909.zip")
    parser.add_argument("--clips", type=int, default=2200)
    parser.add_argument("--cache", required=True, metavar="FOLDER", help="keeps what was rendered")
    parser.add_argument("--validate", metavar="MANIFEST")
    parser.add_argument(
        "--output", default=os.path.join(os.path.dirname(__file__), "..", "map4", "features", WEIGHTS_FILE)
    )
    arguments = parser.parse_args()
    plain, varied = collect(arguments.archive, arguments.clips, arguments.cache)
    print(f"{len(plain.styles)} clips, {len(varied.styles)} variants")
    folds = {group: str(index % FOLDS) for index, group in enumerate(_shuffled(set(plain.groups)))}
    by_song = cross_validate(plain, varied, [folds[group] for group in plain.groups])
    by_family = cross_validate(plain, varied, [_family(style) for style in plain.styles])
    report("by song, networks alone", by_song, plain.keys)
    report("by family, networks alone", by_family, plain.keys)
    profile, by_family = fit_profile(by_family, plain)
    temperature = fit_temperature(by_family, plain.keys)
    report(f"by family, profile {profile:g}, T {temperature:.2f}", by_family / temperature, plain.keys)
    raw = train(
        np.concatenate([plain.blocks, varied.blocks]), np.concatenate([plain.keys, varied.keys]), version=VERSION
    )
    values = {name: getattr(raw, name) for name in ("hidden", "hidden_bias", "modes", "direct", "modes_bias")}
    stored = {name: value.astype(np.float16) for name, value in values.items()}  # three digits are enough
    os.makedirs(os.path.dirname(arguments.output), exist_ok=True)
    numbers = {"version": VERSION, "profile": profile, "temperature": temperature}
    np.savez_compressed(arguments.output, blocks=np.array(BLOCKS), **numbers, **stored)
    print(f"{sum(v.size for v in values.values())} weights written to {os.path.normpath(arguments.output)}")
    if arguments.validate:
        validate(arguments.validate, read_weights(arguments.output))


def _render(archive: str, seed: int, path: str) -> None:
    clip = make_key_clip(archive, seed)
    if clip is None:
        np.savez(path)
        return
    spectral_pass = SpectralPass()
    spectral_pass.feed(clip.y)
    spectra = spectral_pass.finish()
    heard = {"pitch": spectra.pitch.astype(np.float16), "tuning": spectra.tuning_semitones}
    np.savez(path, **heard, tonic=clip.tonic, mode=clip.mode, style=clip.style, group=clip.group)


def _heard(path: str) -> FloatArray:
    """The semitones of a file, decoded as map4 does."""
    with open_audio(path) as stream:
        resampler = soxr.ResampleStream(stream.sample_rate_hz, ANALYSIS_RATE_HZ, 1, dtype="float32")
        spectral_pass = SpectralPass()
        for block in stream.blocks():
            spectral_pass.feed(resampler.resample_chunk(np.ascontiguousarray(block.mean(axis=1))))
        spectral_pass.feed(resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
    spectra = spectral_pass.finish()
    return loud_semitones(spectra.pitch, spectra.tuning_semitones)


def _blocks(semitones: FloatArray) -> FloatArray:
    return key_blocks(semitones, standing_out(semitones))


def _varied(semitones: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, int]:
    """A variant, and by how many semitones it was moved."""
    n = semitones.shape[0]
    length = max(int(n * rng.uniform(SHORTEST_SHARE, 1.0)), min(n, SHORTEST_FRAMES))
    first = int(rng.integers(0, n - length + 1))
    move = int(rng.integers(-MOST_SEMITONES, MOST_SEMITONES + 1))
    moved = np.zeros((length, SEMITONES), dtype=np.float32)
    moved[:, max(0, move) : SEMITONES + min(0, move)] = semitones[
        first : first + length, max(0, -move) : SEMITONES - max(0, move)
    ]
    if rng.random() < 0.5:
        moved = _coloured(moved, rng)
    moved *= _smooth_levels(rng, rng.uniform(*REGISTER_DB))
    if rng.random() < 0.5:
        level = 10.0 ** (rng.uniform(*FLOOR_DB) / 20.0) * moved.max(axis=1).mean()
        grain = (0.3 + np.abs(rng.normal(size=moved.shape))) * np.square(rng.random((length, 1)))
        moved += (level * grain * _smooth_levels(rng, REGISTER_DB[1])).astype(np.float32)
    return moved, move


def _coloured(semitones: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Other instruments in another room: more overtones, broader notes, longer decay."""
    out = semitones.copy()
    for above in OVERTONES_SEMITONES:
        out[:, above:] += np.float32(rng.uniform(0.0, MOST_OVERTONE)) * semitones[:, :-above]
    leak = np.float32(rng.uniform(0.0, MOST_LEAK))
    out[:, 1:], out[:, :-1] = out[:, 1:] + leak * out[:, :-1], out[:, :-1] + leak * out[:, 1:]
    linger = np.float32(rng.uniform(0.0, MOST_LINGER))
    for frame in range(1, out.shape[0]):
        out[frame] += linger * out[frame - 1]
    return out


def _smooth_levels(rng: np.random.Generator, spread_db: float) -> FloatArray:
    """Random factors that change slowly from semitone to semitone, shape (72,)."""
    distance = np.subtract.outer(np.arange(SEMITONES), np.arange(SEMITONES)) / REGISTER_LENGTH
    shape = np.linalg.cholesky(np.exp(-0.5 * np.square(distance)) + 1e-6 * np.eye(SEMITONES))
    return np.asarray(10.0 ** (spread_db * (shape @ rng.normal(size=SEMITONES)) / 20.0), dtype=np.float32)


def _weighted(truth: int, found: int) -> float:
    """MIREX: 1 exact, .5 the fifth above, .3 the relative, .2 the parallel key."""
    distance, same_mode = (found - truth) % 12, found // 12 == truth // 12
    if same_mode:
        return {0: 1.0, 7: 0.5}.get(distance, 0.0)
    return 0.2 if distance == 0 else 0.3 if distance == (9 if truth < 12 else 3) else 0.0


def _examples(rows: list[tuple[FloatArray, int, str, str]]) -> Examples:
    blocks, keys, styles, groups = zip(*rows, strict=True)
    return Examples(blocks=np.array(blocks), keys=np.array(keys), styles=list(styles), groups=list(groups))


def _family(style: str) -> str:
    word = style.split()[0]
    return FAMILIES.get(word, word)


def _shuffled(names: set[str]) -> list[str]:
    ordered = sorted(names)
    return [ordered[i] for i in np.random.default_rng(1).permutation(len(ordered))]


if __name__ == "__main__":
    sys.exit(main())

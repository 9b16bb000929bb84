"""Fit the key scorer and the key network: render clips, train, judge on styles left out, write the weights.

    python lab/training/fit_key_scorer.py ../shared/midi/pop909.zip --cache /tmp/key-clips

Only music rendered here teaches: rule-made pieces of three books of styles and songs of POP909 (MIT), played with sound
fonts that may be shipped (`sound_fonts`). `--validate MANIFEST` scores the result on labelled files, of which nothing
is learned. Needs PyTorch (`pip install --group training`).

The scorer's units learn from the blocks of each clip and of variants of it: a part of it, moved by up to six
semitones, with other levels of the registers and with a changing floor of noise. The network hears another variant of
each clip in each pass and learns what six others, trained for a short time, think of it on average. What it counts
beside the units, the weight of the published profile and the temperature are chosen on styles of which neither has
heard anything, because music outside is new as well. Chance is seeded. Rendering takes an hour and a quarter of one
core, all else half an hour.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import key_convolutions
import key_units
import numpy as np
import soxr
import torch
from key_examples import Clip, collect, mirex, moved_key, varied
from key_scores import Book

from map4.core.audio.decode import open_audio
from map4.core.dsp.spectrum.filters import FloatArray, ShortWindow
from map4.core.dsp.spectrum.semitones import Notes, prominent
from map4.core.dsp.spectrum.spectral_pass import SpectralPass
from map4.core.dsp.tonal import key_network, key_scorer
from map4.core.dsp.tonal.key_network import KeyNetworkWeights, judge, listen
from map4.core.dsp.tonal.key_scorer import BGATE, KeyWeights, key_correlations, key_scores
from map4.core.dsp.tonal.pitch_class_views import BLOCKS, summed_up, view_frames
from map4.core.music.analysis.key import Key

VERSION = 4
COUNTS: dict[Book, int] = {"first": 2200, "second": 3000, "plain": 250}
"""Clips of each book of styles."""
VARIANTS = 6
"""Of each clip, for the units; six teach a little more than four."""
JUDGES = 2
"""Networks asked about styles left out; three say the same."""
PARTS = (
    ("hip-hop", "classical", "latin"),
    ("rock", "jazz", "reggae"),
    ("edm", "country", "blues"),
    ("song", "free", "plain"),
)
"""Families of styles that are left out together."""
PROFILES = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0)
SHARES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
TEMPERATURES = np.geomspace(0.5, 10.0, 80)
PACKAGE = str(Path(__file__).resolve().parents[2] / "map4" / "core" / "dsp")

Vector = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Blocks of the clips, shape (n, blocks, 12), and their keys 0-23; the same of their variants, in order."""

    blocks: FloatArray
    keys: np.ndarray[Any, np.dtype[np.int64]]
    varied_blocks: FloatArray
    varied_keys: np.ndarray[Any, np.dtype[np.int64]]

    def fitted(self, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> KeyWeights:
        """Units that have heard the chosen clips and their variants."""
        more = np.repeat(chosen, VARIANTS)
        blocks = np.concatenate([self.blocks[chosen], self.varied_blocks[more]])
        return key_units.train(blocks, np.concatenate([self.keys[chosen], self.varied_keys[more]]), version=VERSION)


def described(clips: Sequence[Clip]) -> Examples:
    """The blocks of clips and of variants of them."""
    rng = np.random.default_rng(0)
    blocks, variants, keys = [], [], []
    for clip in clips:
        blocks.append(_blocks(clip.semitones))
        for _ in range(VARIANTS):
            semitones, move = varied(clip.semitones, rng)
            variants.append(_blocks(semitones))
            keys.append(moved_key(clip.key, move))
    return Examples(
        blocks=np.array(blocks),
        keys=np.array([clip.key for clip in clips]),
        varied_blocks=np.array(variants),
        varied_keys=np.array(keys),
    )


def part_of(clips: Sequence[Clip]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Which of `PARTS` each clip belongs to."""
    parts = {family: index for index, families in enumerate(PARTS) for family in families}
    return np.array([parts[clip.family] for clip in clips])


def judged_by_units(examples: Examples, parts: Any) -> Vector:
    """Scores of each clip by units that have heard nothing of its part."""
    scores = np.zeros((parts.size, 24))
    for part in np.unique(parts):
        weights = examples.fitted(parts != part)
        for index in np.flatnonzero(parts == part):
            scores[index] = key_scores(examples.blocks[index], weights)
    return scores


def judged_by_networks(clips: Sequence[Clip], parts: Any) -> Vector:
    """The same by networks whose mean is what the shipped one learns."""
    scores = np.zeros((parts.size, 24))
    for part in np.unique(parts):
        teachers = key_convolutions.teach([c for c, p in zip(clips, parts, strict=True) if p != part], JUDGES)
        networks = [key_convolutions.exported(teacher, 1.0 / JUDGES) for teacher in teachers]
        for index in map(int, np.flatnonzero(parts == part)):
            scores[index] = judge(listen(clips[index].semitones, networks), networks)
    return scores


def chosen(units: Vector, networks: Vector, correlations: Vector, keys: Any, songs: Any) -> tuple[float, float, float]:
    """The profile's weight, the networks' share and the temperature.

    The profile is that with which the units have the best weighted score. The share makes the keys of the songs most
    probable: of all clips, these are the most like music outside, since others than the authors of the rules composed
    them; it is the smallest within a standard error of the best. The temperature makes all keys most probable.
    """
    profile = max(PROFILES, key=lambda weight: mirex(keys, (units + weight * correlations).argmax(axis=1)).mean())

    def losses(share: float, temperature: float, some: Any) -> Vector:
        scores = (units[some] + profile * correlations[some] + share * networks[some]) / temperature
        return -key_units.log_softmax(scores)[np.arange(len(scores)), keys[some]]

    def warmth(share: float, some: Any) -> float:
        return float(min(TEMPERATURES, key=lambda temperature: losses(share, temperature, some).mean()))

    by_share = [losses(share, warmth(share, songs), songs) for share in SHARES]
    best = min(by_share, key=np.mean)
    behind = [loss - best for loss in by_share]
    share = next(s for s, b in zip(SHARES, behind, strict=True) if b.mean() <= b.std() / np.sqrt(b.size))
    return profile, share, warmth(share, np.ones(len(keys), dtype=bool))


def report(title: str, scores: Vector, keys: Any) -> None:
    """Print weighted score, exact rate, top two, calibration error, and precision at a confidence of .9."""
    probability = np.exp(key_units.log_softmax(scores))
    best, confidence = probability.argmax(axis=1), probability.max(axis=1)
    right = best == keys
    two = np.mean([k in row for k, row in zip(keys, np.argsort(-scores, axis=1)[:, :2], strict=True)])
    bins = np.array_split(np.argsort(confidence), 5)
    error = sum(abs(confidence[b].mean() - right[b].mean()) * b.size for b in bins) / right.size
    sure = confidence >= 0.9
    print(
        f"{title:34s} n {right.size:4d}  weighted {mirex(keys, best).mean():.3f}  exact {right.mean():.3f}  first two "
        f"{two:.3f}  calibration {error:.3f}  at .9: {right[sure].mean() if sure.any() else float('nan'):.3f} "
        f"of {sure.sum()}",
        flush=True,
    )


def validate(manifest: str, weights: KeyWeights, networks: Sequence[KeyNetworkWeights]) -> None:
    """Report the weights on the files of a manifest with keys; nothing is learned here."""
    with open(manifest, encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["truth_key"]]
    scores, keys, sources = [], [], []
    for row in rows:
        key = Key.parse(row["truth_key"])
        assert key is not None
        semitones = _semitones(os.path.join(os.path.dirname(manifest), row["path"]))
        opinion = judge(listen(semitones, networks), networks)
        scores.append(key_scores(_blocks(semitones), weights, second_opinion=opinion))
        keys.append(key.tonic + (12 if key.mode == "minor" else 0))
        sources.append(row["source"])
    for title, wanted in (("all", None), ("gtzan", True), ("the rest", False)):
        rows_in = [i for i, s in enumerate(sources) if wanted is None or (s == "gtzan") == wanted]
        name = os.path.basename(os.path.dirname(manifest))
        report(f"{name}, {title}", np.array(scores)[rows_in], np.array(keys)[rows_in])


def write(folder: str, weights: KeyWeights, networks: Sequence[KeyNetworkWeights]) -> None:
    """Write both files; three digits of a weight are enough."""
    units = asdict(weights)
    numbers = {name: units.pop(name) for name in ("version", "profile", "temperature")}
    halved: dict[str, Any] = {name: values.astype(np.float16) for name, values in units.items()}
    path = os.path.join(folder, key_scorer.WEIGHTS_FILE)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    np.savez_compressed(path, blocks=np.array(BLOCKS), **numbers, **halved)
    names = [field.name for field in fields(KeyNetworkWeights)]
    stacked: dict[str, Any] = {
        name: np.array([getattr(network, name) for network in networks], dtype=np.float16) for name in names
    }
    np.savez_compressed(os.path.join(folder, key_network.WEIGHTS_FILE), **stacked)
    for title, values in (("units", halved), ("networks", stacked)):
        print(f"{sum(v.size for v in values.values())} weights of the {title} written")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", help="pop909.zip")
    for book, count in COUNTS.items():
        parser.add_argument(f"--{book}", type=int, default=count, help="clips of this book (default: %(default)s)")
    parser.add_argument("--cache", required=True, metavar="FOLDER", help="keeps what was rendered")
    parser.add_argument("--validate", metavar="MANIFEST")
    parser.add_argument(
        "--output", default=PACKAGE, metavar="FOLDER", help="folder of the package (default: map4/core/dsp)"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    clips = collect(arguments.archive, {book: getattr(arguments, book) for book in COUNTS}, arguments.cache)
    print(f"{len(clips)} clips", flush=True)
    examples, parts = described(clips), part_of(clips)
    by_units = judged_by_units(examples, parts)
    report("styles left out, units", by_units, examples.keys)
    by_networks = judged_by_networks(clips, parts)
    report("styles left out, networks", by_networks, examples.keys)
    wide = BLOCKS.index("wide")
    correlations = np.array([key_correlations(blocks[wide], BGATE) for blocks in examples.blocks])
    songs = np.array([clip.family == "song" for clip in clips])
    profile, share, temperature = chosen(by_units, by_networks, correlations, examples.keys, songs)
    together = (by_units + profile * correlations + share * by_networks) / temperature
    report(f"profile {profile:g}, share {share:g}, T {temperature:.2f}", together, examples.keys)
    everything = np.ones(len(clips), dtype=bool)
    weights = replace(examples.fitted(everything), profile=profile, temperature=temperature)
    network = key_convolutions.learn(clips, key_convolutions.teach(clips))
    networks = (key_convolutions.exported(network, share),)
    write(arguments.output, weights, networks)
    if arguments.validate:
        folder = arguments.output
        stored = key_scorer.read_weights(os.path.join(folder, key_scorer.WEIGHTS_FILE))
        validate(arguments.validate, stored, key_network.read_weights(os.path.join(folder, key_network.WEIGHTS_FILE)))


def _semitones(path: str) -> FloatArray:
    """The semitones of a file, decoded as map4 does."""
    with open_audio(path) as stream:
        resampler = soxr.ResampleStream(stream.sample_rate_hz, ShortWindow.SAMPLE_RATE_HZ, 1, dtype="float32")
        spectral_pass = SpectralPass()
        for block in stream.blocks():
            spectral_pass.feed(resampler.resample_chunk(np.ascontiguousarray(block.mean(axis=1))))
        spectral_pass.feed(resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
    spectra = spectral_pass.finish()
    return Notes.of(spectra.pitch, spectra.tuning_semitones).loud.semitones


def _blocks(semitones: FloatArray) -> FloatArray:
    return summed_up(view_frames(semitones, prominent(semitones)))


if __name__ == "__main__":
    main()

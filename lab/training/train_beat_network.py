"""Train the beat network: crops of the tempo scorer's clips, altered in many ways; choose its share; write the weights.

    python lab/training/train_beat_network.py POP909.zip --audio-dev FOLDER [--cache FOLDER]

Needs PyTorch (`pip install --group training`). `tempo_examples` names the music; nothing else teaches. The network
learns to tell the beats of crops of 16 s (binary cross-entropy) and, from the means over time of what its convolutions
found, the tempo (listwise cross-entropy over the candidates). Each crop is played slower or faster and treated as
rooms, mixing desks and codecs would have (`mel_treatments.treated`).

What the tempo scores count beside those of the tempo scorer, and the temperature of the sum, are chosen on songs (demo
styles, sources) of which neither has heard anything. With `--audio-dev` it ends with the files of which nothing was
learned (*validation*); nothing is chosen by those.

It learns in four turns: where the beat is plain, then from everything, then from everything made less like what
synthesisers play (`mel_treatments.estranged` and `mastered`), and last its tempo head anew (`tempo_head`). With
`--start WEIGHTS` other weights stand for the first two turns, and what their tempo scores count and their temperature
are kept.

Chance is seeded: two runs on one machine write the same file. The network that chooses and the one that ships learn
side by side, an hour on two cores; with `--start` half an hour.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import copy
import math
import multiprocessing
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

ROOT = str(Path(__file__).resolve().parents[2])
sys.path[:0] = [ROOT, os.path.join(ROOT, "examples")]

import mel_treatments
import train_tempo_scorer as tempo_training
from beat_convolutions import Network, exported, imported
from mel_treatments import estranged, mastered, resampled, treated
from tempo_examples import ROUNDS, Example, add_music, collect
from tempo_head import refitted

from map4.core.dsp.rhythm import beat_network
from map4.core.dsp.rhythm.beat_network import BEAT_RATE_HZ, POOLED_FRAMES
from map4.core.dsp.rhythm.onsets import onset_envelopes
from map4.core.dsp.rhythm.tempo import candidate_bpm, distribute
from map4.core.dsp.rhythm.tempo_scorer import score_candidates, shipped_weights
from map4.core.dsp.rhythm.tempogram import BINS_PER_OCTAVE, compute_tempogram
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import Packed

Array = np.ndarray[Any, np.dtype[np.float32]]

CROP_FRAMES = 800
"""16 s."""
LEAD_FRAMES = 8
"""Frames at the start of a crop that seem to come after silence, and teach nothing."""
STRETCH = (-0.35, 0.35)
"""Octaves by which music is faster ..."""
STRANGE_STRETCH = (-0.35, 0.55)
"""... and in the strange turns and for the tempo head, as few clips are fast: without, beats from 180 BPM on are told
worse."""
BATCH = 16
STEPS = 4500
FURTHER_STEPS = 4000
ESTRANGED_STEPS = (4000, 2000, 2000)
LATE_ROUNDS = ("chamber", "combos")
"""Rounds that are heard in the further steps only, when it is known what a beat is where it is plain."""
LEARNING_RATE = 3e-3
FURTHER_LEARNING_RATE = 1.5e-3
ESTRANGED_LEARNING_RATES = (1e-3, 8e-4, 5e-4)
"""Each held throughout its steps: the running mean of the weights, from which the next steps go on, takes the place of
a rate that falls."""
WARM_UP = 50
DECAY = 1e-3
AVERAGE = 0.998
"""What is kept is a running mean of the weights, over about five hundred steps."""
BESIDE = 0.5
"""Target of the frames beside a beat's."""
TEMPO_BINS = 1.2
"""Width of the bell curve around the true tempo."""
TEMPO_SHARE = 0.03
"""What the tempo counts beside the beats."""
SOURCE_SHARE = {
    "clips": 1.0, "records": 1.0, "sessions": 1.5, "chamber": 1.3, "combos": 1.3, "demo": 0.7, "metronomes": 0.3,
    "permissive": 2.0,
}  # fmt: skip
"""How often an example is drawn. Metronomes are simple; audio-dev's files are few and the least like the others."""
ANOTHER_SHARE = 0.4
MASTERED_SHARE = 0.9
REPORT_STEPS = 500
SEED = 0
HELD_OUT_OF = 5
SHARES = np.arange(0.0, 1.51, 0.25)
TEMPERATURES = np.arange(0.6, 2.01, 0.1)
NEARLY = 0.02
"""Surprise that is no difference: about one standard error of its mean over the held-out examples."""


class Crops(Dataset[tuple[Array, Array, Array, Array]]):
    """Batches; number n of a seed is always the same."""

    def __init__(self, examples: list[Example], seed: int, count: int, *, strange: bool = False) -> None:
        self.examples, self.seed, self.count, self.strange = examples, seed, count, strange
        share = np.array([SOURCE_SHARE[example.source] for example in examples])
        self.share = share / share.sum()
        self.others = [example.mel_power for example in examples if example.source in ROUNDS]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> tuple[Array, Array, Array, Array]:
        """Numbers (B, 120, 800), beat targets and their weights (B, 800), tempo targets (B, K)."""
        rng = np.random.default_rng([self.seed, number])
        drawn = rng.choice(len(self.examples), BATCH, p=self.share)
        return tuple(np.stack(part) for part in zip(*(self._crop(self.examples[i], rng) for i in drawn), strict=True))  # type: ignore[return-value]

    def _crop(self, example: Example, rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
        stretch = 2.0 ** rng.uniform(*(STRANGE_STRETCH if self.strange else STRETCH))
        # More than 1: faster, so that a frame of the crop spans more of the clip.
        span = POOLED_FRAMES * stretch
        room = example.mel_power.shape[0] - math.ceil(CROP_FRAMES * span)
        start = int(rng.integers(0, room + 1)) if room > 0 and rng.random() < 0.9 else 0
        # Only what is needed: the sums over a whole clip would take longer than all the rest.
        power, known = resampled(
            example.mel_power[start : start + math.ceil(CROP_FRAMES * span) + 2], span, CROP_FRAMES
        )
        other = None
        if example.source != "metronomes" and rng.random() < ANOTHER_SHARE:
            other = self.others[int(rng.integers(len(self.others)))][: CROP_FRAMES * POOLED_FRAMES : POOLED_FRAMES]
        if self.strange:
            power = estranged(power, rng, frame_rate_hz=BEAT_RATE_HZ)
        power = treated(power, rng, other, frame_rate_hz=BEAT_RATE_HZ)
        if self.strange and rng.random() < MASTERED_SHARE:
            power = mastered(power, rng, frame_rate_hz=BEAT_RATE_HZ)
        level = beat_network.compressed_level(power, float(power.mean()))
        weight = np.zeros(CROP_FRAMES, dtype=np.float32)
        if example.beats_s.size:
            weight[LEAD_FRAMES if start else 0 : known] = 1.0
        target = _beat_target((example.beats_s * ShortWindow.RATE_HZ + 0.5 - start) / span - 0.5)
        tempo = _tempo_target(example.bpm * stretch) * (1.0 if example.octave else 0.0)
        return beat_network.frame_numbers(level, 0, CROP_FRAMES).T, target, weight, tempo.astype(np.float32)


def _beat_target(frames: Any) -> Array:
    target = np.zeros(CROP_FRAMES, dtype=np.float32)
    nearest = np.rint(frames).astype(int)
    for shift, value in ((-1, BESIDE), (1, BESIDE), (0, 1.0)):
        place = nearest + shift
        place = place[(place >= 0) & (place < CROP_FRAMES)]
        target[place] = np.maximum(target[place], value)
    return target


def _tempo_target(bpm: float) -> Any:
    curve = np.exp(-0.5 * np.square(BINS_PER_OCTAVE * np.log2(candidate_bpm() / bpm) / TEMPO_BINS))
    return curve / curve.sum() if curve.sum() > 1.0 else 0.0 * curve


def train(
    examples: list[Example],
    *,
    steps: int,
    seed: int,
    say: Callable[[str], None],
    start: Network | None = None,
    rate: float = LEARNING_RATE,
    strange: bool = False,
) -> Network:
    """Train one network, or go on with one; the batches are made by a process of their own.

    Strange examples (`mel_treatments.estranged`) teach at a rate that does not fall.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    network, mean = (Network() if start is None else copy.deepcopy(start)).train(), None
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=DECAY)
    losses = np.zeros(2)
    batches = DataLoader(
        Crops(examples, seed, steps, strange=strange),
        batch_size=None,
        num_workers=1,
        prefetch_factor=8,
        multiprocessing_context="fork",
    )
    for step, batch in enumerate(batches, start=1):
        fall = 1.0 if strange else max(0.01, 0.5 * (1 + math.cos(math.pi * step / steps)))
        for group in optimizer.param_groups:
            group["lr"] = rate * min(step / WARM_UP, fall)
        optimizer.zero_grad()
        beat, tempo = _losses(network, batch)
        (beat + TEMPO_SHARE * tempo).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        losses += (float(beat.detach()), float(tempo.detach()))
        now = {name: value.detach().clone() for name, value in network.state_dict().items()}
        keep = min(AVERAGE, step / (step + 20))
        mean = now if mean is None else {name: keep * mean[name] + (1.0 - keep) * now[name] for name in now}
        if step % REPORT_STEPS == 0:
            beat_loss, tempo_loss = losses / REPORT_STEPS
            say(f"  step {step} of {steps}: beats {beat_loss:.4f}, tempo {tempo_loss:.3f}")
            losses[:] = 0.0
    network.load_state_dict(mean or {})
    return network.eval()


def _losses(network: Network, batch: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    numbers, target, weight, tempo = batch
    odds, scores = network(numbers)
    beat = functional.binary_cross_entropy_with_logits(odds, target, weight, reduction="sum") / weight.sum()
    told = tempo.sum().clamp(min=1.0)
    return beat, -(functional.log_softmax(scores, 1) * tempo).sum() / told


def main() -> None:
    """Collect, choose the share and the temperature, train, write."""
    arguments = _arguments()
    examples = collect(arguments)
    teach = [example for example in examples if example.source != "validation"]
    held = [example for example in teach if is_held_out(example)]
    rest = [example for example in teach if not is_held_out(example)]
    print(f"{len(teach)} examples to learn from; the share and the temperature are chosen on {len(held)} of them")
    if arguments.start:
        kept = beat_network.read_weights(arguments.start)
        share, temperature = float(kept.tempo_share), float(kept.temperature)
        whole = taught(teach, seed=SEED + 1, arguments=arguments)
    else:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as beside:
            everything = beside.submit(taught, teach, seed=SEED + 1, arguments=arguments)
            network = exported(taught(rest, seed=SEED, arguments=arguments), tempo_share=1.0, temperature=1.0)
            share, temperature = choose(rest, held, network)
            whole = everything.result()
    weights = exported(whole, tempo_share=share, temperature=temperature)
    write(weights, arguments.output)
    print_validation([example for example in examples if example.source == "validation"], weights)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_music(parser)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--further-steps", type=int, default=FURTHER_STEPS, help="with all of the music")
    parser.add_argument("--start", metavar="WEIGHTS", help="go on from these in place of the first two turns")
    parser.add_argument("--output", default=os.path.join(ROOT, "map4", "core", "dsp", beat_network.WEIGHTS_FILE))
    return parser.parse_args()


def taught(examples: list[Example], *, seed: int, arguments: argparse.Namespace) -> Network:
    """Train a network: on what is plain, on everything, on everything made strange, and its tempo head.

    The cache keeps the network after each turn (`turn-*.pt`); training that was interrupted goes on from there. The
    names depend on the music, and on this script and what treats the crops.
    """
    plain = [example for example in examples if example.source not in LATE_ROUNDS]
    turns = [
        (f"plain, {len(plain)} clips", plain, arguments.steps, LEARNING_RATE, seed, False),
        (f"all {len(examples)} clips", examples, arguments.further_steps, FURTHER_LEARNING_RATE, seed, False),
        # Another seed each time, or the same crops would come again.
        *(
            ("all of it made strange", examples, steps, rate, seed + 10 * turn, True)
            for turn, (steps, rate) in enumerate(zip(ESTRANGED_STEPS, ESTRANGED_LEARNING_RATES, strict=True), start=1)
        ),
    ]
    network = None
    if arguments.start:
        network, turns = imported(beat_network.read_weights(arguments.start)), turns[2:]
    code = zlib.crc32(b"".join(Path(module).read_bytes() for module in (__file__, mel_treatments.__file__)))
    done = repr((arguments.start, code, [(e.kind, e.bpm, e.mel_power.shape) for e in examples]))
    for title, those, steps, rate, own_seed, strange in turns:
        print(f"now {title}")
        done = repr((zlib.crc32(done.encode()), steps, rate, own_seed))
        kept = os.path.join(arguments.cache, f"turn-{zlib.crc32(done.encode()):08x}.pt")
        if os.path.exists(kept):
            network = Network().eval()  # as after training: without dropout
            network.load_state_dict(torch.load(kept))
            continue
        network = train(those, steps=steps, seed=own_seed, say=print, start=network, rate=rate, strange=strange)
        torch.save(network.state_dict(), kept)
    print("now the tempo head, on whole clips")
    return with_another_head(network or Network(), examples, seed=seed)


def with_another_head(network: Network, examples: list[Example], *, seed: int) -> Network:
    """The network with a tempo head that has learned from whole clips (`tempo_head`)."""
    changed: Network = refitted(
        network, examples, share=SOURCE_SHARE, stretch=STRANGE_STRETCH, target=_tempo_target, seed=seed
    )
    return changed


def is_held_out(example: Example) -> bool:
    """A fifth of the songs and demo styles, all clips of each; and every file of audio-dev, the least like the rest."""
    return example.source == "permissive" or zlib.crc32(example.group.encode()) % HELD_OUT_OF == 0


def choose(rest: list[Example], held: list[Example], network: beat_network.BeatWeights) -> tuple[float, float]:
    """What the network's tempo scores count, and the temperature of the sum, where neither scorer heard the music.

    The share is the smallest one under which the true tempo is nearly as probable as under any, each at its best
    temperature, and all sources counting alike, since other people's music is like none of them; the temperature then
    is the most cautious one that keeps the confidence about right.
    """
    held = [example for example in held if example.source != "metronomes" and example.octave]
    table = tempo_training.Table([*rest, *held])
    heard = np.arange(table.bpm.size) < len(rest)
    networks = [tempo_training.train(table, heard, seed=seed) for seed in tempo_training.SEEDS]
    by_tempogram = tempo_training.scores_of(tempo_training.mean_network(networks, 1.0), table, ~heard)
    by_network = np.stack([beat_network.listen(Packed.of(example.mel_power), network).tempo_scores for example in held])
    # What ships is the tempo scorer with its own temperature in it.
    by_tempogram /= np.float32(shipped_weights().temperature)
    true = table.true[~heard]
    surprise = {}
    for share in SHARES:
        scores = by_tempogram + share * by_network
        loss, temperature = min((_surprise(scores / t, true, table.source[~heard]), t) for t in TEMPERATURES)
        print(f"share {share:.2f}: surprise {loss:.4f} at temperature {temperature:.2f}")
        surprise[float(share)] = loss
    share = min(share for share, loss in surprise.items() if loss <= min(surprise.values()) + NEARLY)
    scores = np.zeros(table.true.shape, dtype=np.float32)
    scores[~heard] = by_tempogram + share * by_network
    temperature = tempo_training.find_temperature(table, scores, ~heard)
    for name, those in (("scorer alone", by_tempogram), ("both", scores[~heard] / temperature)):
        whole = np.zeros_like(scores)
        whole[~heard] = those
        for source in ("all", *dict.fromkeys(example.source for example in held)):
            tempo_training.print_figures(f"{name}, {source}", table, whole, ~heard & table.among(source))
    print(f"share {share:.2f}, temperature {temperature:.2f}")
    return share, temperature


def _surprise(scores: Any, true: Any, source: Any) -> float:
    """Mean of -log of the probability given to the true tempo, each source counting as one."""
    chance = np.exp(scores - scores.max(axis=1, keepdims=True))
    surprise = -np.log((chance * true).sum(axis=1) / chance.sum(axis=1) + 1e-12)
    return float(np.mean([surprise[source == name].mean() for name in dict.fromkeys(source)]))


def print_validation(examples: list[Example], weights: beat_network.BeatWeights) -> None:
    """Accuracy 1 and 2 of the tempo, and the F-measure of the beats by the network alone at the true tempo's level."""
    for kind in ("all", *dict.fromkeys(example.kind for example in examples)):
        one, two = [], []
        for example in (e for e in examples if kind in ("all", e.kind)):
            tempogram = compute_tempogram(onset_envelopes(Packed.of(example.mel_power)))
            if tempogram is None:
                continue
            heard = beat_network.listen(Packed.of(example.mel_power), weights)
            bpm = distribute((score_candidates(tempogram) + heard.tempo_scores) / heard.temperature).bpm
            two.append(any(abs(bpm / example.bpm / f - 1) <= 0.04 for f in (1 / 3, 1 / 2, 1, 2, 3)))
            one += [abs(bpm / example.bpm - 1) <= 0.04] if example.octave else []
        if two:
            print(
                f"validation, {kind:22s} n {len(two):3d}  Acc1 {np.mean(one or [False]):.3f}  Acc2 {np.mean(two):.3f}"
            )


def write(weights: beat_network.BeatWeights, path: str) -> None:
    """Write the weights as plain float32 arrays."""
    arrays: dict[str, Any] = {
        field.name: np.asarray(getattr(weights, field.name), dtype=np.float32) for field in fields(weights)
    }
    np.savez(path, **arrays)
    print(f"\n{path}: {sum(array.size for array in arrays.values())} numbers")


if __name__ == "__main__":
    main()

"""Train the rhythm network: beats, first beats and tempo of altered crops of the lessons of `network_examples`.

    python lab/training/train_rhythm_network.py FOLDER CHECKPOINT [--steps N] [--held-out] [--export WEIGHTS]

Needs PyTorch (`pip install '.[training]'`). It learns on a GPU where there is one, else on one core, and says which.
Each crop is played up to half an octave slower or an octave faster with its label, so that tempo alone does not say at
which level people count, and treated as rooms, mixing desks and codecs would have (`mel_treatments`).

CHECKPOINT is written every `KEPT_STEPS` steps; a run that finds one goes on from it. FOLDER is read anew each time.
A new run begins with the smaller network of `--start` inside of the new one, so that beats need not be learned again.
Without `--held-out` a sixth of the songs is left out and measured at each checkpoint. `--export` writes the running
mean of the weights for numpy.
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

ROOT = str(Path(__file__).resolve().parents[2])
sys.path[:0] = [ROOT, os.path.join(ROOT, "examples")]

from beat_convolutions import Network, exported, imported
from mel_treatments import estranged, mastered, resampled, treated
from network_examples import UNKNOWN, Lesson, read_lessons
from train_beat_network import beat_target, write

from map4.dsp.rhythm import beat_network
from map4.dsp.rhythm.beat_network import BEAT_RATE_HZ, POOLED_FRAMES
from map4.dsp.rhythm.tempo import candidate_bpm
from map4.dsp.rhythm.tempogram import BINS_PER_OCTAVE
from map4.dsp.spectrum.filters import FRAME_RATE_HZ

Array = np.ndarray[Any, Any]

WIDTH, LAYERS, HIDDEN = 40, 10, 32
FASTEST_BPM, SLOWEST_BPM = 330.0, 39.0

CROP_FRAMES = 1200
"""24 s."""
LEAD_FRAMES = 8
"""Frames at the start of a crop that seem to come after silence, and teach nothing."""
NEAR_STRETCH, FAR_STRETCH = (-0.25, 0.35), (-0.5, 1.0)
"""Octaves by which music is faster."""
FAR_SHARE = 0.5
STRANGE_SHARE, MASTERED_SHARE, ANOTHER_SHARE = 0.5, 0.5, 0.3
BATCH = 8
LEARNING_RATE, WARM_UP, DECAY = 1.5e-3, 200, 1e-3
FALL = 0.3
"""Last share of the steps in which the rate falls."""
AVERAGE = 0.998
"""What is kept is a running mean of the weights, over about five hundred steps."""
TEMPO_BINS = 1.2
"""Width of the bell curve around the true tempo."""
BAR_SHARE, TEMPO_SHARE = 1.0, 0.1
"""What first beats and tempo count beside the beats."""
SOURCE_SHARE = {"metronomes": 0.3, "boxes": 0.3, "levels": 1.3, "chamber": 1.3, "bars": 1.0}
"""How often a lesson is drawn; others by their length in half minutes."""
KEPT_STEPS, REPORT_STEPS = 250, 50
HELD_OUT_CROPS = 20


class Crops(Dataset[tuple[Array, ...]]):
    """Batches; number n of a seed is always the same for the same lessons."""

    def __init__(self, lessons: list[Lesson], seed: int, first: int, count: int) -> None:
        self.lessons, self.seed, self.first, self.count = lessons, seed, first, count
        share = np.array([
            SOURCE_SHARE.get(lesson.source, len(lesson.power) / FRAME_RATE_HZ / 30.0) for lesson in lessons
        ])  # fmt: skip
        self.share = share / share.sum()

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> tuple[Array, ...]:
        """Numbers (B, 120, F), targets and their weights (B, 2, F), tempo targets (B, K)."""
        rng = np.random.default_rng([self.seed, self.first + number])
        drawn = rng.choice(len(self.lessons), BATCH, p=self.share)
        crops = [crop(self.lessons[i], rng, self.lessons[int(rng.integers(len(self.lessons)))]) for i in drawn]
        return tuple(np.stack(part) for part in zip(*crops, strict=True))


def crop(lesson: Lesson, rng: np.random.Generator, other: Lesson) -> tuple[Array, ...]:
    """One crop: numbers (120, F), targets and weights (2, F), tempo target (K,)."""
    octaves = rng.uniform(*(FAR_STRETCH if rng.random() < FAR_SHARE else NEAR_STRETCH))
    bpm = lesson.bpm
    octaves = float(np.clip(octaves, np.log2(SLOWEST_BPM / bpm), np.log2(FASTEST_BPM / bpm)))
    span = POOLED_FRAMES * 2.0**octaves
    needed = int(np.ceil(CROP_FRAMES * span)) + 2
    room = lesson.power.shape[0] - needed
    start = int(rng.integers(0, room + 1)) if room > 0 and rng.random() < 0.9 else 0
    power, known = resampled(lesson.power[start : start + needed].astype(np.float32), span, CROP_FRAMES)
    if rng.random() < STRANGE_SHARE:
        power = estranged(power, rng, frame_rate_hz=BEAT_RATE_HZ)
    beside = None
    if rng.random() < ANOTHER_SHARE:
        beside = other.power[: CROP_FRAMES * POOLED_FRAMES : POOLED_FRAMES].astype(np.float32)
    power = treated(power, rng, beside, frame_rate_hz=BEAT_RATE_HZ)
    if rng.random() < MASTERED_SHARE:
        power = mastered(power, rng, frame_rate_hz=BEAT_RATE_HZ)
    level = beat_network.compressed_level(power, float(power.mean()))
    frames = (lesson.beats_s * FRAME_RATE_HZ + 0.5 - start) / span - 0.5
    weight = np.zeros((2, CROP_FRAMES), dtype=np.float32)
    weight[:, LEAD_FRAMES if start else 0 : known] = 1.0
    if (lesson.places == UNKNOWN).any():
        weight[1] = 0.0
    target = np.stack([beat_target(each, CROP_FRAMES) for each in (frames, frames[lesson.places == 0])])
    return (
        beat_network.frame_numbers(level, 0, CROP_FRAMES).T.copy(),
        target,
        weight,
        tempo_target(bpm * 2.0**octaves) * np.float32(lesson.level),
    )


def tempo_target(bpm: float) -> Array:
    """Probability of each candidate at a tempo."""
    curve = np.exp(-0.5 * np.square(BINS_PER_OCTAVE * np.log2(candidate_bpm(FASTEST_BPM) / bpm) / TEMPO_BINS))
    return (curve / curve.sum()).astype(np.float32)


def losses(network: Network, batch: Any) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Of beats, first beats and tempo."""
    numbers, target, weight, tempo = batch
    odds, scores = network.all_odds(numbers)
    frames = functional.binary_cross_entropy_with_logits(odds, target, reduction="none") * weight
    beat, bar = (frames.sum((0, 2)) / weight.sum((0, 2)).clamp(min=1.0)).unbind()
    return beat, bar, -(functional.log_softmax(scores, 1) * tempo).sum() / tempo.sum().clamp(min=1.0)


def measure(network: Network, batches: list[Any], device: str) -> str:
    """Losses and tempo hits on crops of songs that teach nothing."""
    network.eval()
    sums, hits, told = np.zeros(3), 0, 0
    with torch.no_grad():
        for batch in batches:
            moved = [part.to(device) for part in batch]
            sums += [float(loss) for loss in losses(network, moved)]
            best, true = network(moved[0])[1].argmax(1), moved[3].argmax(1)
            known = moved[3].sum(1) > 0.5
            hits += int(((best - true).abs()[known] <= 2).sum())
            told += int(known.sum())
    network.train()
    beat, bar, tempo = sums / len(batches)
    return f"beats {beat:.4f}, first beats {bar:.4f}, tempo {tempo:.3f} ({hits / max(1, told):.3f} of {told} right)"


def main() -> None:
    """Train, and go on where an earlier run stopped."""
    options = _arguments()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(options.threads)
    print(f"on {torch.cuda.get_device_name() if device == 'cuda' else f'{options.threads} core(s)'}", flush=True)
    network = Network(HIDDEN, width=WIDTH, layers=LAYERS, outputs=2, fastest_bpm=FASTEST_BPM).to(device)
    print(f"{sum(value.numel() for value in network.parameters())} weights", flush=True)
    if options.start and not options.checkpoint.exists():
        widen(network, imported(beat_network.read_weights(options.start)))
    mean = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=DECAY)
    done = 0
    if options.checkpoint.exists():
        kept = torch.load(options.checkpoint, map_location=device)
        network.load_state_dict(kept["network"])
        mean.load_state_dict(kept["mean"])
        optimizer.load_state_dict(kept["optimizer"])
        done = kept["steps"]
        print(f"goes on after step {done}", flush=True)
    if options.export:
        write(exported(mean, tempo_share=1.0, temperature=1.0), options.export)
        return
    while done < options.steps:
        lessons = list(read_lessons(options.folder))
        teach = [lesson for lesson in lessons if options.held_out or not lesson.is_held_out]
        held = [lesson for lesson in lessons if lesson.is_held_out]
        hours = sum(len(lesson.power) for lesson in teach) / FRAME_RATE_HZ / 3600.0
        print(f"{len(teach)} lessons, {hours:.1f} hours; {len(held)} held out", flush=True)
        count = min(KEPT_STEPS, options.steps - done)
        learn(network, mean, optimizer, Crops(teach, options.seed, done, count), options, device)
        done += count
        part = options.checkpoint.with_suffix(".part")
        torch.save({"network": network.state_dict(), "mean": mean.state_dict(), "optimizer": optimizer.state_dict(),
                    "steps": done}, part)  # fmt: skip
        part.replace(options.checkpoint)
        if held:
            crops = Crops(held, 1, 0, HELD_OUT_CROPS)
            judged = [[torch.from_numpy(part) for part in crops[i]] for i in range(HELD_OUT_CROPS)]
            print(f"  kept; held out: {measure(mean, judged, device)}", flush=True)


def learn(
    network: Network, mean: Network, optimizer: torch.optim.Optimizer, crops: Crops, options: Any, device: str
) -> None:
    """Some steps; `mean` follows the network."""
    network.train()
    batches = DataLoader(crops, batch_size=None, num_workers=1, prefetch_factor=4, multiprocessing_context="fork")
    sums, began = np.zeros(3), time.monotonic()
    for step, batch in enumerate(batches, start=crops.first + 1):
        fall = min(1.0, (options.steps - step + 1) / max(1.0, FALL * options.steps))
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(step / WARM_UP, fall)
        optimizer.zero_grad()
        beat, bar, tempo = losses(network, [part.to(device) for part in batch])
        (beat + BAR_SHARE * bar + TEMPO_SHARE * tempo).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        sums += [float(loss.detach()) for loss in (beat, bar, tempo)]
        keep = min(AVERAGE, step / (step + 20))
        with torch.no_grad():
            for average, value in zip(mean.parameters(), network.parameters(), strict=True):
                average.mul_(keep).add_(value, alpha=1.0 - keep)
        if step % REPORT_STEPS == 0:
            now = " ".join(f"{loss:.4f}" for loss in sums / REPORT_STEPS)
            print(f"step {step}: {now}, {REPORT_STEPS / (time.monotonic() - began):.2f} steps/s", flush=True)
            sums[:], began = 0.0, time.monotonic()


def widen(network: Network, small: Network) -> None:
    """Put a smaller network into the first channels, which nothing of the rest reaches at first."""
    old = small.entry.out_channels
    with torch.no_grad():
        network.entry.weight[:old], network.entry.bias[:old] = small.entry.weight, small.entry.bias
        for index, (dilated, onward) in enumerate(zip(network.dilated, network.onward, strict=True)):
            dilated.weight[:old, old:] = 0.0
            onward.weight[:old], onward.bias[:old] = 0.0, 0.0
            if index < len(small.dilated):
                dilated.weight[:old, :old], dilated.bias[:old] = small.dilated[index].weight, small.dilated[index].bias
                onward.weight[:old, :old], onward.bias[:old] = small.onward[index].weight, small.onward[index].bias
        network.exit.weight[0] = 0.0
        network.exit.weight[0, :old], network.exit.bias[0] = small.exit.weight[0], small.exit.bias[0]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--steps", type=int, default=16_000)
    parser.add_argument("--rate", type=float, default=LEARNING_RATE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--start", metavar="WEIGHTS", help="of a smaller network, such as map4/dsp/weights/beats.npz")
    parser.add_argument("--held-out", action="store_true", help="learn from all songs")
    parser.add_argument("--export", type=Path, metavar="WEIGHTS", help="write the checkpoint for numpy, and stop")
    return parser.parse_args()


if __name__ == "__main__":
    main()

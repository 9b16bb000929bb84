"""The tempo head of the beat network, fitted anew on whole clips when the network has learned.

While the network learns, its head sees crops of 16 s; in use it sees whole tracks. Here the convolutions stay as they
are: what each found over a clip, as it is and in variants, is computed once, and a wider head learns from that in
minutes what it would need many more crops for.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from mel_treatments import Rng, estranged, resampled, treated
from tempo_examples import ROUNDS, Example
from torch import nn
from torch.nn import functional

from map4.core.dsp.rhythm.beat_network import BEAT_RATE_HZ, POOLED_FRAMES, compressed_level, frame_numbers
from map4.core.dsp.rhythm.tempo import candidate_bpm

Array = np.ndarray[Any, np.dtype[np.float32]]

VARIANTS = 4
"""Of each clip, the first of them the clip itself ..."""
STRANGE = 2
"""... and the last so many estranged: with them the head is surer of music that it has not heard, rendered or not."""
HEADS = 4
"""Their mean is one wider head: by chance alone, single ones differ by 2 of 392 whole tracks."""
HIDDEN = 64
"""Units of each."""
HEAD_SEEDS = 1000
"""From one head's seed to the next one's."""
STEPS = 12_000
BATCH = 96
LEARNING_RATE = 2e-3
DECAY = 1e-2
DROPOUT = 0.2
NOISE = 0.1
"""Of standardised means."""


def refitted(
    network: Any,
    examples: list[Example],
    *,
    share: dict[str, float],
    stretch: tuple[float, float],
    target: Callable[[float], Array],
    seed: int,
) -> Any:
    """The network with another head, the mean of `HEADS` that begin with other chance.

    network: `beat_convolutions.Network`
    examples: what to learn from
    share: how often an example of each source is drawn
    stretch: octaves by which variants are faster, from and to
    target: probability of each candidate at a tempo, shape (K,), or zeros
    seed: of the variants, and of the draws of the first head
    """
    found, bpm, source = _found(network, examples, stretch, seed)
    targets = np.stack([target(tempo) for tempo in bpm]).astype(np.float32)
    drawn = np.array([share[name] for name in source])
    middle, spread = found.mean(axis=0), found.std(axis=0) + np.float32(1e-3)
    inputs, drawn = (found - middle) / spread, drawn / drawn.sum()
    heads = [_fitted(inputs, targets, drawn, HEAD_SEEDS * turn + seed) for turn in range(HEADS)]
    changed = copy.deepcopy(network)
    changed.pooled = nn.Linear(inputs.shape[1], HEADS * HIDDEN)
    changed.tempo = nn.Linear(HEADS * HIDDEN, targets.shape[1])
    with torch.no_grad():
        changed.pooled.weight.copy_(torch.cat([head[1].weight for head in heads]))
        changed.pooled.bias.copy_(torch.cat([head[1].bias for head in heads]))
        changed.tempo.weight.copy_(torch.cat([head[4].weight for head in heads], dim=1) / HEADS)
        changed.tempo.bias.copy_(torch.stack([head[4].bias for head in heads]).mean(dim=0))
        # On plain values: what was standardised is part of the weights.
        changed.pooled.weight /= torch.from_numpy(spread)
        changed.pooled.bias -= changed.pooled.weight @ torch.from_numpy(middle)
    return changed.eval()


def _found(
    network: Any, examples: list[Example], octaves: tuple[float, float], seed: int
) -> tuple[Array, Any, list[str]]:
    """What the convolutions find, shape (N, 2 * layers * width), with tempo and source of each row."""
    rng = np.random.default_rng(seed)
    others = [example.mel_power for example in examples if example.source in ROUNDS]
    rows, bpm, source = [], [], []
    for example in examples:
        if not example.octave:
            continue
        for variant in range(VARIANTS):
            stretch = 2.0 ** rng.uniform(*octaves) if variant else 1.0
            span = POOLED_FRAMES * stretch
            power, _ = resampled(example.mel_power, span, int(example.mel_power.shape[0] / span))
            if variant >= VARIANTS - STRANGE:
                power = estranged(power, rng, frame_rate_hz=BEAT_RATE_HZ)
            if variant:
                power = _altered(power, example, others, rng)
            numbers = frame_numbers(compressed_level(power, float(power.mean())), 0, power.shape[0])
            with torch.no_grad():
                rows.append(network.found(torch.from_numpy(numbers.T[None].copy()))[0].numpy())
            bpm.append(example.bpm * stretch)
            source.append(example.source)
    return np.stack(rows), np.array(bpm), source


def _altered(power: Array, example: Example, others: list[Array], rng: Rng) -> Array:
    other = None
    if example.source != "metronomes" and rng.random() < 0.4:
        other = others[int(rng.integers(len(others)))][::POOLED_FRAMES]
    return treated(power, rng, other, frame_rate_hz=BEAT_RATE_HZ)


def _fitted(inputs: Array, targets: Array, share: Any, seed: int) -> nn.Sequential:
    """Adam with a cosine schedule on the listwise cross-entropy."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    head = nn.Sequential(
        nn.Dropout(DROPOUT),
        nn.Linear(inputs.shape[1], HIDDEN),
        nn.ELU(),
        nn.Dropout(DROPOUT),
        nn.Linear(HIDDEN, candidate_bpm().size),
    )
    optimizer = torch.optim.AdamW(head.parameters(), lr=LEARNING_RATE, weight_decay=DECAY)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * 0.5 * (1.0 + np.cos(np.pi * step / STEPS))
        batch = rng.choice(len(share), BATCH, p=share)
        noisy = torch.from_numpy(inputs[batch]) + NOISE * torch.randn(BATCH, inputs.shape[1])
        scores = functional.log_softmax(head(noisy), 1)
        loss = -(scores * torch.from_numpy(targets[batch])).sum() / BATCH
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return head.eval()

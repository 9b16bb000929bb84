"""The units of the key scorer and how they are trained, in plain numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from adam import Adam

from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.tonal.key_scorer import KeyWeights

UNITS = 12
NETWORKS = 3
PASSES = 12
BATCH = 64
LEARNING_RATE = 3e-3
DIRECT_DECAY = 0.02
"""Penalty on the squares of the weights without a unit between, on standardised inputs."""
UNIT_DECAY = 0.01
DROPPED_BLOCKS = 0.15
"""Share of blocks that a clip goes without in each step, so that no block is relied upon alone."""


def train(blocks: FloatArray, keys: Any, *, version: int) -> KeyWeights:
    """Fit `NETWORKS` networks and join them to one whose scores are their mean; no profile, temperature 1."""
    fitted = [_train_one(blocks, keys, seed) for seed in range(NETWORKS)]
    return KeyWeights(
        version=version,
        hidden=np.hstack([f["hidden"] for f in fitted]),
        hidden_bias=np.hstack([f["hidden_bias"] for f in fitted]),
        modes=np.vstack([f["modes"] for f in fitted]) / np.float32(NETWORKS),
        direct=np.mean([f["direct"] for f in fitted], axis=0),
        modes_bias=np.mean([f["modes_bias"] for f in fitted], axis=0),
        profile=0.0,
        temperature=1.0,
    )


def _train_one(blocks: FloatArray, keys: Any, seed: int) -> dict[str, FloatArray]:
    """One network, by Adam with a falling rate on the cross-entropy over the 24 keys."""
    rng = np.random.default_rng(seed)
    mean, spread = blocks.mean(axis=(0, 2)), blocks.std(axis=(0, 2))
    turns = (np.arange(12)[:, None] + np.arange(12)) % 12
    seen = ((blocks - mean[:, None]) / spread[:, None])[:, :, turns].transpose(0, 2, 1, 3).reshape(len(keys), 12, -1)
    size = seen.shape[2]
    p: dict[str, FloatArray] = {
        "hidden": (0.5 * rng.normal(size=(size, UNITS)) / np.sqrt(size)).astype(np.float32),
        "hidden_bias": np.zeros(UNITS, dtype=np.float32),
        "modes": (0.1 * rng.normal(size=(UNITS, 2))).astype(np.float32),
        "direct": np.zeros((size, 2), dtype=np.float32),
        "modes_bias": np.zeros(2, dtype=np.float32),
    }
    decay = {"hidden": UNIT_DECAY, "modes": UNIT_DECAY, "direct": DIRECT_DECAY}
    adam = Adam(p)
    n_batches = -(-len(keys) // BATCH)
    for step in range(PASSES * n_batches):
        if step % n_batches == 0:
            batches = np.array_split(rng.permutation(len(keys)), n_batches)
        chosen = batches[step % n_batches]
        kept = np.repeat(rng.random((chosen.size, 1, size // 12)) > DROPPED_BLOCKS, 12, axis=2)
        slopes = _slopes(p, (seen[chosen] * kept).reshape(-1, size), keys[chosen])
        rate = LEARNING_RATE * 0.5 * (1.0 + np.cos(np.pi * (step + 1) / (PASSES * n_batches)))
        held = {name: slopes[name] + 2.0 * decay.get(name, 0.0) * value for name, value in p.items()}
        for name, move in adam.moves(held).items():
            p[name] = p[name] - (rate * move).astype(np.float32)
    # What was standardised is put into the weights, which then take the blocks as they are.
    scale, shift = np.repeat(1.0 / spread, 12)[:, None], np.repeat(mean, 12)
    hidden, direct = p["hidden"] * scale, p["direct"] * scale
    biases = {"hidden_bias": p["hidden_bias"] - shift @ hidden, "modes_bias": p["modes_bias"] - shift @ direct}
    return {
        name: value.astype(np.float32) for name, value in {**p, "hidden": hidden, "direct": direct, **biases}.items()
    }


def _slopes(p: dict[str, FloatArray], degrees: FloatArray, keys: Any) -> dict[str, FloatArray]:
    """Derivatives of the mean cross-entropy; `degrees` holds twelve rows a clip."""
    before = degrees @ p["hidden"] + p["hidden_bias"]
    units = np.maximum(before, 0.0)
    scores = (units @ p["modes"] + degrees @ p["direct"] + p["modes_bias"]).reshape(-1, 12, 2)
    error = np.exp(log_softmax(scores.transpose(0, 2, 1).reshape(-1, 24)))
    error[np.arange(len(keys)), keys] -= 1.0
    error = (error / len(keys)).reshape(-1, 2, 12).transpose(0, 2, 1).reshape(-1, 2).astype(np.float32)
    through = (error @ p["modes"].T) * (before > 0.0)
    return {
        "hidden": degrees.T @ through,
        "hidden_bias": through.sum(axis=0),
        "modes": units.T @ error,
        "direct": degrees.T @ error,
        "modes_bias": error.sum(axis=0),
    }


def log_softmax(scores: Any) -> Any:
    """Logarithms of the softmax of each row."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

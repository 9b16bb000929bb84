"""How the network of `map4.core.dsp.inside.boundary_scorer` learns: its slopes in numpy, AdamW, dropout.

Tracks of a batch lie one after the other, with as many silent bars between as the convolutions reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from adam import Adam

from map4.core.dsp.inside.boundary_scorer import MOST, ContextWeights
from map4.core.dsp.network import convolved, elu

Array = np.ndarray[Any, np.dtype[np.float32]]

FEATURES = 48
NEAR_TAPS, FAR_TAPS = 5, 3
GAP = 2
EPOCHS = 40
BATCH = 48
LEARNING_RATE = 3e-3
DECAY = 1e-3
"""Share of each weight that is lost for each unit of the learning rate."""
WARM_UP = 0.15
DROPOUT, INPUT_DROPOUT = 0.4, 0.2
SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What one track teaches: numbers (n, k) and returns (n, n) as `score_in_context` has them; share of the people
    who hear a phrase begin with each bar, and what the bar counts, both (n,)."""

    numbers: Array
    returns: Array
    share: Array
    weight: Array


def prior(share: Array, weight: Array) -> float:
    """Log odds of a boundary. Scores leave them out: how often phrases begin is what the lengths say."""
    rate = float((share * weight).sum() / weight.sum())
    return float(np.log(rate / (1.0 - rate)))


def learn(tracks: Sequence[Rows]) -> ContextWeights:
    """The weights, with scores less the `prior`."""
    rng = np.random.default_rng(SEED)
    numbers = np.concatenate([track.numbers for track in tracks])
    mean, scale = numbers.mean(axis=0), 1.0 / (numbers.std(axis=0) + 1e-3)
    tracks = [
        Rows(numbers=np.clip((track.numbers - mean) * scale, -MOST, MOST), returns=track.returns, share=track.share,
             weight=track.weight) for track in tracks
    ]  # fmt: skip
    values: dict[str, Any] = _start(rng, numbers.shape[1])
    adam = Adam(values)
    steps = EPOCHS * -(-len(tracks) // BATCH)
    step = 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(tracks))
        for start in range(0, len(tracks), BATCH):
            step += 1
            slopes = _slopes([tracks[place] for place in order[start : start + BATCH]], values, rng)
            rate = LEARNING_RATE * _course(step / steps)
            for name, move in adam.moves(slopes).items():
                values[name] = values[name] * (1.0 - rate * DECAY) - rate * move
    share, weight = (np.concatenate([getattr(track, name) for track in tracks]) for name in ("share", "weight"))
    values["out_bias"] = values["out_bias"] - prior(share, weight)
    arrays = {name: value.astype(np.float32) for name, value in values.items()}
    return ContextWeights(mean=mean.astype(np.float32), scale=scale.astype(np.float32), **arrays)


def _course(done: float) -> float:
    """What the learning rate is of its largest value: it rises, and falls to nothing."""
    if done < WARM_UP:
        return 0.04 + 0.96 * 0.5 * (1.0 - float(np.cos(np.pi * done / WARM_UP)))
    return 0.5 * (1.0 + float(np.cos(np.pi * (done - WARM_UP) / (1.0 - WARM_UP))))


def _start(rng: np.random.Generator, k: int) -> dict[str, Array]:
    def drawn(inputs: int, *shape: int) -> Array:
        bound = inputs**-0.5
        return rng.uniform(-bound, bound, shape).astype(np.float32)

    h = FEATURES
    return {
        "entry": drawn(k, k, h), "entry_bias": drawn(k, h),
        "near": drawn(NEAR_TAPS * h, NEAR_TAPS, h, h), "near_bias": drawn(NEAR_TAPS * h, h),
        "far": drawn(FAR_TAPS * h, FAR_TAPS, h, h), "far_bias": drawn(FAR_TAPS * h, h),
        "back": drawn(h, h, h), "back_bias": drawn(h, h),
        "out": drawn(h, h), "out_bias": drawn(h, 1)[0],
    }  # fmt: skip


def _slopes(tracks: Sequence[Rows], values: dict[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """Slopes of the mean logistic loss of some tracks, with a part of all numbers left out by chance."""
    sizes = [len(track.share) for track in tracks]
    starts = np.cumsum([0, *(size + GAP for size in sizes)])[:-1]
    total = int(starts[-1] + sizes[-1])
    within = [slice(start, start + size) for start, size in zip(starts, sizes, strict=True)]
    x = np.zeros((total, tracks[0].numbers.shape[1]), dtype=np.float32)
    share, weight, is_bar = (np.zeros(total, dtype=np.float32) for _ in range(3))
    for track, part in zip(tracks, within, strict=True):
        x[part], share[part], weight[part], is_bar[part] = track.numbers, track.share, track.weight, 1.0
    bars = is_bar[:, None]

    def dropout_mask(shape: tuple[int, ...], dropout: float) -> Array:
        return (rng.random(shape, dtype=np.float32) >= dropout) * np.float32(1.0 / (1.0 - dropout))

    def returned(found: Array, *, is_back: bool = False) -> Array:
        out = np.zeros_like(found)
        for track, part in zip(tracks, within, strict=True):
            out[part] = (track.returns.T if is_back else track.returns) @ found[part]
        return out

    x *= dropout_mask(x.shape, INPUT_DROPOUT)
    drops = [bars * dropout_mask((total, FEATURES), DROPOUT) for _ in range(3)]
    entered = elu(x @ values["entry"] + values["entry_bias"])
    a = entered * drops[0]
    near = elu(convolved(a, values["near"], values["near_bias"]))
    b = near * drops[1]
    far = elu(convolved(b, values["far"], values["far_bias"], apart=2))
    c = (b + far) * bars
    joined = returned(c)
    back = elu(joined @ values["back"] + values["back_bias"])
    d = (c + back) * drops[2]
    score = d @ values["out"] + values["out_bias"]

    error = weight * (1.0 / (1.0 + np.exp(-score)) - share) / len(tracks)
    slopes = {"out": d.T @ error, "out_bias": error.sum()}
    up = np.outer(error, values["out"]) * drops[2]
    through = up * _steepness(back)
    slopes |= {"back": joined.T @ through, "back_bias": through.sum(axis=0)}
    up = (up + returned(through @ values["back"].T, is_back=True)) * bars
    through = up * _steepness(far)
    slopes |= {"far": _tap_slopes(b, through, FAR_TAPS, 2), "far_bias": through.sum(axis=0)}
    up = (up + _spread(through, values["far"], 2)) * drops[1]
    through = up * _steepness(near)
    slopes |= {"near": _tap_slopes(a, through, NEAR_TAPS, 1), "near_bias": through.sum(axis=0)}
    through = _spread(through, values["near"], 1) * drops[0] * _steepness(entered)
    return slopes | {"entry": x.T @ through, "entry_bias": through.sum(axis=0)}


def _steepness(found: Array) -> Array:
    """Slope of the units, given what they gave."""
    return np.where(found > 0.0, np.float32(1.0), found + np.float32(1.0))


def _tap_slopes(frames: Array, up: Array, count: int, apart: int) -> Array:
    """Slopes of the taps of `convolved`, given those of what it gave."""
    reach = count // 2 * apart
    padded = np.pad(frames, ((reach, reach), (0, 0)))
    return np.stack([padded[index * apart : index * apart + len(up)].T @ up for index in range(count)])


def _spread(up: Array, taps: Array, apart: int) -> Array:
    """Slopes of the frames of `convolved`, given those of what it gave."""
    turned = np.ascontiguousarray(taps[::-1].transpose(0, 2, 1))
    return np.asarray(convolved(up, turned, np.zeros(taps.shape[1], dtype=np.float32), apart=apart))

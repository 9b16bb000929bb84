"""The key network (`map4.core.dsp.tonal.key_network`) in PyTorch: layers, training, weights in numpy.

Several networks learn from the clips, for a short time each; what they think on average teaches the one that is
shipped. Their mean is right more often than any of them, as what one has learned by heart another has not, and a pupil
of the mean keeps most of that (Hinton, Vinyals & Dean, "Distilling the knowledge in a neural network", 2015).

Batch normalisation and dropout serve the training alone: what is exported has neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from key_examples import Clip, disturbed, moved_key, varied
from torch import Tensor, nn
from torch.nn import functional

from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.spectrum.semitones import SEMITONES
from map4.core.dsp.tonal import key_network
from map4.core.dsp.tonal.key_network import KeyNetworkWeights

FEATURES = 8
"""Of notes, each over 72 semitones."""
CLASSES = 16
"""Features of pitch classes."""
HIDDEN = 16
NOTE_TAPS, NOTE_REACH = 3, 25
"""Moments (0.56 s each) and semitones that the first convolution sees."""
COURSE_TAPS = 5
LAYERS = 1
DROPOUT = 0.2
TEACHERS = 6
TEACHER_EPOCHS = 12
EPOCHS = 30
BATCH = 32
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-3
WARM_UP = 0.15
MOST_SLOPE = 2.0
LEAST_SHARE, LEAST_FRAMES = 0.45, 40
"""A batch hears so much of its shortest clip at least, and as much of the others."""
ALIKE_FRAMES = 8.0
"""Clips of a batch have about the same length."""


class KeyNet(nn.Module):
    """The layers of `key_network.listen` and `judge`."""

    def __init__(self) -> None:
        super().__init__()
        registers = torch.from_numpy(key_network.register_matrix()).reshape(SEMITONES, -1, 12)
        self.register_buffer("registers", registers)
        folded, views = FEATURES * registers.shape[1], key_network.VIEWS * CLASSES
        self.notes = nn.Conv2d(1, FEATURES, (NOTE_TAPS, NOTE_REACH), padding=(NOTE_TAPS // 2, NOTE_REACH // 2))
        self.folded_norm = nn.BatchNorm2d(folded)
        self.classes = nn.Conv2d(folded, CLASSES, (1, 12))
        self.classes_norm = nn.BatchNorm2d(CLASSES)
        self.course = nn.ModuleList(
            nn.Conv2d(CLASSES, CLASSES, (COURSE_TAPS, 12), padding=(COURSE_TAPS // 2, 0)) for _ in range(LAYERS)
        )
        self.course_norms = nn.ModuleList(nn.BatchNorm2d(CLASSES) for _ in range(LAYERS))
        self.dropped_features, self.dropped = nn.Dropout2d(DROPOUT / 2), nn.Dropout(DROPOUT)
        self.hidden, self.direct = nn.Conv1d(views, HIDDEN, 12), nn.Conv1d(views, 2, 12, bias=False)
        self.modes = nn.Conv1d(HIDDEN, 2, 12)

    def forward(self, semitones: Tensor) -> Tensor:
        """Scores, shape (clips, 24), of semitones, shape (clips, frames, 72)."""
        count = semitones.shape[1] // key_network.POOLED_FRAMES
        frames = semitones[:, : count * key_network.POOLED_FRAMES].sqrt()
        moments = frames.reshape(len(frames), count, key_network.POOLED_FRAMES, SEMITONES).mean(2)
        moments = key_network.INPUT_LENGTH * functional.normalize(moments, dim=2, eps=1e-6)
        notes = functional.elu(self.notes(moments[:, None]))
        folded = self.folded_norm(torch.einsum("bcts,srp->bcrtp", notes, self.registers).flatten(1, 2))
        stream = self.dropped_features(functional.elu(self.classes_norm(self.classes(_around(folded)))))
        for layer, norm in zip(self.course, self.course_norms, strict=True):
            stream = self.dropped_features(stream + functional.elu(norm(layer(_around(stream)))))
        deviation = (stream.var(2, unbiased=False) + key_network.LEAST_VARIANCE).sqrt()
        leaning = torch.logsumexp(key_network.PEAKINESS * stream, 2) - np.log(count)
        views = _around(self.dropped(torch.cat([stream.mean(2), deviation, leaning / key_network.PEAKINESS], 1)))
        scores = self.modes(_around(functional.elu(self.hidden(views)))) + self.direct(views)
        return scores.flatten(1)


def teach(clips: Sequence[Clip], count: int = TEACHERS) -> list[KeyNet]:
    """Train networks that know the clips alike and err apart."""
    return [_train(clips, seed, TEACHER_EPOCHS, lambda _, keys: keys) for seed in range(count)]


def learn(clips: Sequence[Clip], teachers: Sequence[KeyNet]) -> KeyNet:
    """Train one network to think of each variant of the clips what the teachers do on average."""

    def thought(semitones: Tensor, _: Tensor) -> Tensor:
        with torch.no_grad():
            return functional.softmax(mean_scores(teachers, semitones), 1)

    return _train(clips, len(teachers), EPOCHS, thought)


def mean_scores(networks: Sequence[KeyNet], semitones: Tensor) -> Tensor:
    """Scores, shape (clips, 24), of semitones, shape (clips, frames, 72)."""
    return torch.stack([network(semitones) for network in networks]).mean(0)


def _train(clips: Sequence[Clip], seed: int, epochs: int, target: Callable[[Tensor, Tensor], Tensor]) -> KeyNet:
    """Train a network on what `target` makes of semitones and keys."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = KeyNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = epochs * -(-len(clips) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=WARM_UP)
    for _ in range(epochs):
        for batch in _batches(clips, rng):
            semitones, keys = _varied_batch(batch, clips, rng)
            loss = functional.cross_entropy(net(semitones), target(semitones, keys))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), MOST_SLOPE)
            optimizer.step()
            schedule.step()
    return net.eval()


def _batches(clips: Sequence[Clip], rng: np.random.Generator) -> list[list[Clip]]:
    """All clips once, about equally long ones together."""
    lengths = np.array([len(clip.semitones) for clip in clips]) + rng.uniform(0.0, ALIKE_FRAMES, len(clips))
    order = np.argsort(lengths)
    batches = [[clips[i] for i in order[start : start + BATCH]] for start in range(0, len(order), BATCH)]
    return [batches[i] for i in rng.permutation(len(batches))]


def _varied_batch(batch: Sequence[Clip], clips: Sequence[Clip], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Another variant of each clip of a batch, equally long, and the keys."""
    shortest = min(len(clip.semitones) for clip in batch)
    length = min(shortest, max(LEAST_FRAMES, int(shortest * rng.uniform(LEAST_SHARE, 1.0))))
    heard, keys = [], []
    for clip in batch:
        semitones, move = varied(clip.semitones, rng, length)
        heard.append(disturbed(semitones, rng, clips[int(rng.integers(len(clips)))].semitones))
        keys.append(moved_key(clip.key, move))
    return torch.from_numpy(np.stack(heard)), torch.tensor(keys)


def _around(features: Tensor) -> Tensor:
    """Pitch classes, the last axis, continued by eleven so that a convolution of twelve sees each from all."""
    return torch.cat([features, features[..., :11]], -1)


@torch.no_grad()
def exported(net: KeyNet, share: float) -> KeyNetworkWeights:
    """The weights by the names and shapes of the package, with the normalisations put into them."""
    scale, shift = _normalised(net.folded_norm)
    classes = net.classes.weight[:, :, 0] * scale[:, None]
    classes_bias = net.classes.bias + (net.classes.weight[:, :, 0].sum(2) @ shift)
    scale, shift = _normalised(net.classes_norm)
    classes, classes_bias = classes * scale[:, None, None], classes_bias * scale + shift
    course, course_bias = [], []
    for layer, norm in zip(net.course, net.course_norms, strict=True):
        scale, shift = _normalised(norm)
        course.append(_array((layer.weight * scale[:, None, None, None]).permute(2, 1, 3, 0)))
        course_bias.append(_array(layer.bias * scale + shift))
    return KeyNetworkWeights(
        notes=_array(net.notes.weight[:, 0].permute(1, 2, 0)),
        notes_bias=_array(net.notes.bias),
        classes=_array(classes.permute(1, 2, 0)),
        classes_bias=_array(classes_bias),
        course=np.array(course),
        course_bias=np.array(course_bias),
        hidden=_array(net.hidden.weight.permute(1, 2, 0)),
        hidden_bias=_array(net.hidden.bias),
        modes=_array(net.modes.weight.permute(1, 2, 0)),
        modes_bias=_array(net.modes.bias),
        direct=_array(net.direct.weight.permute(1, 2, 0)),
        share=np.array(share, dtype=np.float32),
    )


def _normalised(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """What a normalisation multiplies by and adds."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return scale, norm.bias - norm.running_mean * scale


def _array(values: Any) -> FloatArray:
    return np.ascontiguousarray(values.numpy(), dtype=np.float32)

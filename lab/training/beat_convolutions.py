"""The beat network (`map4.core.dsp.rhythm.beat_network`) in PyTorch: its layers, and how it is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from map4.core.dsp.rhythm import beat_network
from map4.core.dsp.rhythm.beat_network import NUMBERS, BeatWeights
from map4.core.dsp.rhythm.tempo import candidate_bpm

Array = np.ndarray[Any, np.dtype[np.float32]]

WIDTH = 20
LAYERS = 8
HIDDEN = 32
DROPOUT = 0.1
SMALL = 1e-6
"""Where a convolution always finds the same, the slope of the root would have no bound."""


class Network(nn.Module):
    """The network; a head of any width."""

    def __init__(self, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.entry = nn.Conv1d(NUMBERS, WIDTH, beat_network.ENTRY_TAPS, padding="same")
        self.dilated = nn.ModuleList(
            nn.Conv1d(WIDTH, WIDTH, beat_network.TAPS, dilation=2**layer, padding="same") for layer in range(LAYERS)
        )
        self.onward = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 1) for _ in range(LAYERS))
        self.exit = nn.Conv1d(WIDTH, 1, 1)
        self.pooled = nn.Linear(2 * LAYERS * WIDTH, hidden)
        self.tempo = nn.Linear(hidden, candidate_bpm().size)
        nn.init.constant_(self.exit.bias, -2.0)

    def forward(self, numbers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Log odds of a beat (batch, frames) and scores of the tempi (batch, K), of numbers (batch, 120, frames)."""
        stream, found = self._convolved(numbers)
        return self.exit(functional.elu(stream))[:, 0], self.tempo(functional.elu(self.pooled(found)))

    def found(self, numbers: torch.Tensor) -> torch.Tensor:
        """Mean and standard deviation over time of what each convolution found, shape (batch, 2 * layers * width)."""
        return self._convolved(numbers)[1]

    def _convolved(self, numbers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        stream, means, spreads = functional.elu(self.entry(numbers)), [], []
        for dilated, onward in zip(self.dilated, self.onward, strict=True):
            found = functional.dropout1d(functional.elu(dilated(stream)), DROPOUT, self.training)
            stream = stream + onward(found)
            means.append(found.mean(2))
            spreads.append(torch.sqrt(found.var(2, correction=0) + SMALL))
        return stream, torch.cat(means + spreads, 1)


def exported(network: Network, *, tempo_share: float, temperature: float) -> BeatWeights:
    """The weights in the form that numpy runs."""

    def taps(weight: torch.Tensor) -> Array:
        # (out, in, taps) to (taps * in, out).
        return np.ascontiguousarray(weight.detach().numpy().transpose(2, 1, 0).reshape(-1, weight.shape[0]))

    def plain(value: torch.Tensor) -> Array:
        return np.ascontiguousarray(value.detach().numpy())

    return BeatWeights(
        entry=taps(network.entry.weight),
        entry_bias=plain(network.entry.bias),
        dilated=np.stack([taps(layer.weight) for layer in network.dilated]),
        dilated_bias=np.stack([plain(layer.bias) for layer in network.dilated]),
        onward=np.stack([taps(layer.weight) for layer in network.onward]),
        onward_bias=np.stack([plain(layer.bias) for layer in network.onward]),
        exit=taps(network.exit.weight),
        exit_bias=plain(network.exit.bias),
        pooled=plain(network.pooled.weight.T),
        pooled_bias=plain(network.pooled.bias),
        tempo=plain(network.tempo.weight.T),
        tempo_bias=plain(network.tempo.bias),
        tempo_share=np.array(tempo_share, dtype=np.float32),
        temperature=np.array(temperature, dtype=np.float32),
    )


def imported(weights: BeatWeights) -> Network:
    """The network of some weights, to go on from."""
    network = Network(hidden=weights.pooled.shape[1])

    def fill(layer: nn.Module, weight: Array, bias: Array) -> None:
        if isinstance(layer, nn.Conv1d) and weight.shape[0] != layer.in_channels:
            weight = weight.reshape(-1, layer.in_channels, layer.out_channels).transpose(2, 1, 0)
        else:
            weight = weight.T.reshape(layer.weight.shape)
        layer.weight.copy_(torch.from_numpy(weight.copy()))
        layer.bias.copy_(torch.from_numpy(bias.copy()))

    with torch.no_grad():
        fill(network.entry, weights.entry, weights.entry_bias)
        for index in range(LAYERS):
            fill(network.dilated[index], weights.dilated[index], weights.dilated_bias[index])
            fill(network.onward[index], weights.onward[index], weights.onward_bias[index])
        fill(network.exit, weights.exit, weights.exit_bias)
        fill(network.pooled, weights.pooled, weights.pooled_bias)
        fill(network.tempo, weights.tempo, weights.tempo_bias)
    return network

"""Mix two excerpts: crossfade, bass from one track at a time, clicks, and the WAV file."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from map4.audio.mixdown.excerpt import Stereo

BASS_HZ = 180.0
"""Kick and bass are below; the crossover of a DJ mixer's low knob."""
_CROSSOVER_S = 0.05
"""Length of the filter that divides them: 180 Hz to within 60 Hz."""
SWAP_S = 0.12
"""The bass changes over within this time: no click, no gap."""
PEAK = 0.98
"""Maximum sample value."""
CLICK_HZ, BAR_CLICK_HZ = 1000.0, 1500.0
_CLICK_S = 0.03
_CLICK_LEVEL = 0.4

Click = tuple[float, bool]
"""Its time in seconds, and whether it starts a bar."""


def mix_down(
    a: Stereo, b: Stereo, *, begin_s: float, lasts_s: float, swap_s: float, clicks: Iterable[Click], rate_hz: int
) -> Stereo:
    """Mix two excerpts that begin at the same time and have the same length, padded with silence.

    begin_s, lasts_s: the overlap; before it only A is heard, after it only B
    swap_s: when the bass changes over
    """
    time_s = np.arange(a.shape[1]) / rate_hz
    # Equal power: keeps the loudness of uncorrelated signals.
    angle = 0.5 * np.pi * np.clip((time_s - begin_s) / lasts_s, 0.0, 1.0)
    swapped = 0.5 * np.pi * np.clip((time_s - (swap_s - SWAP_S)) / SWAP_S, 0.0, 1.0)
    mixed = _faded(a, np.cos(angle), np.cos(swapped), rate_hz)
    mixed += _faded(b, np.sin(angle), np.sin(swapped), rate_hz)
    _add_clicks(mixed, clicks, rate_hz)
    peak = float(np.abs(mixed).max(initial=0.0))
    return mixed * np.float32(PEAK / peak) if peak > PEAK else mixed


def wav_bytes(samples: Stereo, *, rate_hz: int) -> bytes:
    """Return a WAV file of 24 bits."""
    file = io.BytesIO()
    sf.write(file, samples.T, rate_hz, format="WAV", subtype="PCM_24")
    return file.getvalue()


def _faded(samples: Stereo, level: NDArray[np.float64], bass_level: NDArray[np.float64], rate_hz: int) -> Stereo:
    """Scale the samples with one level for the bass and another for the rest; both at 1 return them unchanged."""
    from scipy.signal import firwin, oaconvolve

    size = 2 * round(_CROSSOVER_S * rate_hz / 2) + 1
    bass = oaconvolve(samples, firwin(size, BASS_HZ, fs=rate_hz)[None], mode="same", axes=1)
    faded: Stereo = ((samples - bass) * level + bass * bass_level).astype(np.float32)
    return faded


def _add_clicks(mixed: Stereo, clicks: Iterable[Click], rate_hz: int) -> None:
    time_s = np.arange(round(_CLICK_S * rate_hz)) / rate_hz
    decay = _CLICK_LEVEL * np.exp(-8.0 * time_s / _CLICK_S)
    sounds = {kind: (decay * np.sin(2.0 * np.pi * hz * time_s)).astype(np.float32) for kind, hz in _PITCHES.items()}
    for at_s, is_one in clicks:
        begin = round(at_s * rate_hz)
        if 0 <= begin < mixed.shape[1]:
            sound = sounds[is_one][: mixed.shape[1] - begin]
            mixed[:, begin : begin + len(sound)] += sound


_PITCHES = {False: CLICK_HZ, True: BAR_CLICK_HZ}

"""Mix two excerpts: crossfade, bass from one track at a time, clicks, and the WAV file."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from map4.core.audio.mixdown.stretch import Stereo

_CROSSOVER_S = 0.05  # length of the filter that divides them: 180 Hz to within 60 Hz
_STEP_S = 5.0  # length that is filtered at once
SWAP_S = 0.12
"""The bass changes over within this time: no click, no gap."""
PEAK = 0.98
"""Maximum sample value."""
CLICK_HZ, BAR_CLICK_HZ = 1000.0, 1500.0
_CLICK_S = 0.03
_CLICK_LEVEL = 0.4

Click = tuple[float, bool]
"""Its time in seconds, and whether it starts a bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossFade:
    """A fade from A to B by equal power, which keeps the loudness of uncorrelated signals.

    begin_s, lasts_s: the overlap; before it only A is heard, after it only B
    swap_s: when the bass changes over; None fades it like the rest
    """

    BASS_HZ: ClassVar[float] = 180.0
    """Kick and bass are below; the crossover of a DJ mixer's low knob."""

    begin_s: float
    lasts_s: float
    swap_s: float | None
    rate_hz: int

    def mixed(self, a: Stereo, b: Stereo) -> Stereo:
        """Mix two excerpts that begin at the same time and have the same length."""
        time_s = np.arange(a.shape[1], dtype=np.float32) / np.float32(self.rate_hz)
        angle = np.float32(0.5 * np.pi) * np.clip((time_s - self.begin_s) / self.lasts_s, 0.0, 1.0)
        if self.swap_s is None:
            faded: Stereo = a * np.cos(angle) + b * np.sin(angle)
            return faded
        swapped = np.float32(0.5 * np.pi) * np.clip((time_s - (self.swap_s - SWAP_S)) / SWAP_S, 0.0, 1.0)
        mixed = _faded(a, np.cos(angle), np.cos(swapped), self.rate_hz)
        mixed += _faded(b, np.sin(angle), np.sin(swapped), self.rate_hz)
        return mixed


def mix_down(a: Stereo, b: Stereo, fade: CrossFade, *, clicks: Iterable[Click]) -> Stereo:
    """Mix two excerpts that begin at the same time and have the same length, padded with silence."""
    mixed = fade.mixed(a, b)
    rate_hz = fade.rate_hz
    time_s = np.arange(round(_CLICK_S * rate_hz)) / rate_hz
    decay = _CLICK_LEVEL * np.exp(-8.0 * time_s / _CLICK_S)
    sounds = {kind: (decay * np.sin(2.0 * np.pi * hz * time_s)).astype(np.float32) for kind, hz in _PITCHES.items()}
    for at_s, is_one in clicks:
        begin = round(at_s * rate_hz)
        if 0 <= begin < mixed.shape[1]:
            sound = sounds[is_one][: mixed.shape[1] - begin]
            mixed[:, begin : begin + len(sound)] += sound
    peak = float(np.abs(mixed).max(initial=0.0))
    return mixed * np.float32(PEAK / peak) if peak > PEAK else mixed


def wav_bytes(samples: Stereo, *, rate_hz: int) -> bytes:
    """Return a WAV file of 24 bits."""
    file = io.BytesIO()
    sf.write(file, samples.T, rate_hz, format="WAV", subtype="PCM_24")
    return file.getvalue()


def _faded(samples: Stereo, level: NDArray[np.float32], bass_level: NDArray[np.float32], rate_hz: int) -> Stereo:
    """Scale the samples with one level for the bass and another for the rest; both at 1 return them unchanged."""
    from scipy.signal import firwin, oaconvolve

    size = 2 * round(_CROSSOVER_S * rate_hz / 2) + 1
    taps = firwin(size, CrossFade.BASS_HZ, fs=rate_hz).astype(np.float32)[None]
    faded = np.empty_like(samples)
    step, beside = round(_STEP_S * rate_hz), size // 2
    for begin in range(0, samples.shape[1], step):  # a long mix takes no more memory than a short one
        here = slice(begin, min(begin + step, samples.shape[1]))
        around = slice(max(0, begin - beside), here.stop + beside)
        first = begin - around.start
        bass = oaconvolve(samples[:, around], taps, mode="same", axes=1)[:, first : first + here.stop - begin]
        faded[:, here] = (samples[:, here] - bass) * level[here] + bass * bass_level[here]
    return faded


_PITCHES = {False: CLICK_HZ, True: BAR_CLICK_HZ}

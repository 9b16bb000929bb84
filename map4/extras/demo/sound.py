"""Drum hits and notes for the demo music, in numpy."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

Samples = np.ndarray[Any, np.dtype[np.float32]]

TABLE_SIZE = 8192
"""Points of a wave: with nearest-point reading the error of the 20th partial stays about 40 dB below it."""
MAX_PARTIALS = 48
NYQUIST_SHARE = 0.45  # no partial above this share of the sample rate, so that nothing folds back
DECAYS = 6.0  # a sound that decays as exp(-t / tau) is cut after 6 tau, at -52 dB
FADE_S = 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How an instrument sounds.

    wave: "saw", "square", "organ", "sine", or "fm"
    bright_hz, dark_hz: low-pass corner at the start of a note and after `brightness_tau_s`
    attack_s, release_s: length of the rise, and of the fall after the note's end
    decay_tau_s: the level falls as exp(-t / tau); 0 holds it
    detune_cents: two more oscillators this far above and below; 0 for none
    drive: gain into a tanh; 0 for none
    fm_ratio, fm_index, fm_tau_s: the modulator's frequency over the carrier's, its depth, and that depth's decay
    vibrato_cents: depth of a 5.5 Hz vibrato
    """

    wave: str
    bright_hz: float = 3000.0
    dark_hz: float = 3000.0
    brightness_tau_s: float = 0.1
    attack_s: float = 0.004
    release_s: float = 0.08
    decay_tau_s: float = 0.0
    detune_cents: float = 0.0
    drive: float = 0.0
    fm_ratio: float = 1.0
    fm_index: float = 0.0
    fm_tau_s: float = 0.3
    vibrato_cents: float = 0.0


_VOICES = tomllib.loads(files(__package__).joinpath("voices.toml").read_text("utf-8"))
VOICES = {name: Voice(**values) for name, values in _VOICES.items()}


def _frozen(y: np.ndarray[Any, Any]) -> Samples:
    out = y.astype(np.float32)
    out.flags.writeable = False  # cached and shared: adding in place would change every later hit
    return out


def _times(tau_s: float, sr: int) -> np.ndarray[Any, Any]:
    return np.arange(int(DECAYS * tau_s * sr)) / sr


def _noise(n: int, seed: int, differences: int) -> np.ndarray[Any, Any]:
    """White noise, `differences` times differenced: each is a high-pass of 6 dB per octave."""
    y = np.random.Generator(np.random.PCG64(seed)).uniform(-1.0, 1.0, n + differences)
    y = np.diff(y, differences)
    return y / max(1e-9, float(np.abs(y).max()))


def _sweep(sr: int, *, base_hz: float, extra_hz: float, sweep_s: float, tau_s: float, click: float) -> Samples:
    """A falling sine with a click: kicks, toms, congas. The first sample is the onset."""
    t = _times(tau_s, sr)
    phase = 2 * np.pi * (base_hz * t + extra_hz * sweep_s * (1.0 - np.exp(-t / sweep_s)))
    return _frozen(np.sin(phase) * np.exp(-t / tau_s) + click * _noise(t.size, 1, 1) * np.exp(-t / 0.002))


def _burst(sr: int, *, tau_s: float, seed: int, differences: int, attack_s: float = 0.0) -> Samples:
    """Decaying noise: hats, shakers, cymbals, brushes."""
    t = _times(tau_s, sr)
    rise = np.minimum(1.0, t / attack_s) if attack_s else 1.0
    return _frozen(_noise(t.size, seed, differences) * np.exp(-t / tau_s) * rise)


def _snare(sr: int, *, tau_s: float, body: float) -> Samples:
    t = _times(tau_s, sr)
    tone = np.sin(2 * np.pi * 188 * t) + 0.6 * np.sin(2 * np.pi * 331 * t)
    return _frozen(body * tone * np.exp(-t / 0.06) + 0.8 * _noise(t.size, 3, 1) * np.exp(-t / tau_s))


def _clap(sr: int) -> Samples:
    """Several hands: the first burst is the onset, the others follow 11 ms apart."""
    t = _times(0.11, sr)
    noise = _noise(t.size, 4, 1)
    level = 0.6 * np.exp(-t / 0.11) * (t >= 0.022)
    for start_s in (0.0, 0.011, 0.022):
        level = np.maximum(level, np.where(t >= start_s, np.exp(-(t - start_s) / 0.006), 0.0))
    return _frozen(noise * level)


def _metal(sr: int, *, partials_hz: tuple[float, ...], tau_s: float, noise: float) -> Samples:
    t = _times(tau_s, sr)
    tone = sum(np.sign(np.sin(2 * np.pi * f * t)) for f in partials_hz if f < NYQUIST_SHARE * sr)
    y = tone / len(partials_hz) * np.exp(-t / tau_s) + noise * _noise(t.size, 5, 2) * np.exp(-t / (0.2 * tau_s))
    return _frozen(y)


RIDE_HZ = (3127.0, 4211.0, 5377.0, 6343.0, 7411.0, 8503.0)  # chosen without a common divisor, so that no pitch is heard


@lru_cache(maxsize=128)
def drum(name: str, sr: int) -> Samples:
    """One hit, shape=(n,), peak about 1, its onset at sample 0.

    KeyError
        If there is no such drum.
    """
    makers = {
        "kick": lambda: _sweep(sr, base_hz=49, extra_hz=210, sweep_s=0.03, tau_s=0.12, click=0.35),
        "hardkick": lambda: _frozen(np.tanh(2.0 * drum("kick", sr))),
        "softkick": lambda: _sweep(sr, base_hz=58, extra_hz=90, sweep_s=0.02, tau_s=0.1, click=0.12),
        "boom": lambda: _sweep(sr, base_hz=44, extra_hz=120, sweep_s=0.04, tau_s=0.28, click=0.3),
        "tom": lambda: _sweep(sr, base_hz=105, extra_hz=80, sweep_s=0.05, tau_s=0.14, click=0.2),
        "conga": lambda: _sweep(sr, base_hz=205, extra_hz=60, sweep_s=0.02, tau_s=0.08, click=0.2),
        "congahigh": lambda: _sweep(sr, base_hz=318, extra_hz=70, sweep_s=0.015, tau_s=0.06, click=0.2),
        "rim": lambda: _sweep(sr, base_hz=1690, extra_hz=400, sweep_s=0.004, tau_s=0.012, click=0.5),
        "snare": lambda: _snare(sr, tau_s=0.11, body=0.6),
        "bigsnare": lambda: _snare(sr, tau_s=0.2, body=0.8),
        "clap": lambda: _clap(sr),
        "hat": lambda: _burst(sr, tau_s=0.022, seed=6, differences=2),
        "openhat": lambda: _burst(sr, tau_s=0.13, seed=7, differences=2),
        "shaker": lambda: _burst(sr, tau_s=0.03, seed=8, differences=1, attack_s=0.006),
        "brush": lambda: _burst(sr, tau_s=0.07, seed=9, differences=1, attack_s=0.01),
        "crash": lambda: _burst(sr, tau_s=0.55, seed=10, differences=1),
        "ride": lambda: _metal(sr, partials_hz=RIDE_HZ, tau_s=0.22, noise=0.4),
        "cowbell": lambda: _metal(sr, partials_hz=(562.0, 845.0), tau_s=0.06, noise=0.0),
    }
    return makers[name]()


def _wave_table(wave: str, freq_hz: float, sr: int, corner_hz: float) -> np.ndarray[Any, Any]:
    """One period of a band-limited wave behind a low-pass of 24 dB per octave."""
    k = np.arange(1, max(2, min(MAX_PARTIALS, int(NYQUIST_SHARE * sr / freq_hz)) + 1))
    level = {
        "saw": 1.0 / k,
        "square": (k % 2) / k,
        "sine": (k == 1) * 1.0,
        "organ": np.isin(k, (1, 2, 3, 4, 6, 8)) * np.where(k == 1, 1.0, 0.5 / np.sqrt(k)),
    }[wave]
    level = level / np.sqrt(1.0 + (k * freq_hz / corner_hz) ** 8) ** 0.5
    spectrum = np.zeros(TABLE_SIZE // 2 + 1, dtype=complex)
    spectrum[1 : k.size + 1] = -0.5j * TABLE_SIZE * level / max(1e-9, np.sqrt(np.sum(level**2)))
    return np.fft.irfft(spectrum, TABLE_SIZE).astype(np.float32)


def _oscillate(table: np.ndarray[Any, Any], cycles: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return table[(cycles * TABLE_SIZE).astype(np.int64) & (TABLE_SIZE - 1)]


@lru_cache(maxsize=160)
def note(instrument: str, freq_hz: float, length_s: float, sr: int) -> Samples:
    """One note, shape=(n,), RMS about .5 while held; it ends `release_s` after `length_s`.

    KeyError
        If there is no such instrument.
    """
    voice = VOICES[instrument]
    n = int((length_s + voice.release_s) * sr)
    t = np.arange(n) / sr
    cycles = freq_hz * t
    if voice.vibrato_cents:
        depth = (2 ** (voice.vibrato_cents / 1200) - 1) * freq_hz / (2 * np.pi * 5.5)
        cycles = cycles + depth * np.minimum(1.0, t / 0.3) * np.sin(2 * np.pi * 5.5 * t)
    if voice.wave == "fm":
        modulator = np.sin(2 * np.pi * voice.fm_ratio * freq_hz * t) * voice.fm_index * np.exp(-t / voice.fm_tau_s)
        y = 0.7 * np.sin(2 * np.pi * cycles + modulator)
    else:
        y = _filtered(voice, freq_hz, sr, cycles, t)
    if voice.drive:
        y = np.tanh(voice.drive * y) / np.tanh(voice.drive)
    return _frozen(0.7 * y * _envelope(voice, t, length_s))


def _filtered(
    voice: Voice, freq_hz: float, sr: int, cycles: np.ndarray[Any, Any], t: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    dark = _wave_table(voice.wave, freq_hz, sr, voice.dark_hz)
    detune = 2 ** (voice.detune_cents / 1200)
    # Different phases, so that the three oscillators don't add up to a peak.
    streams = [(1.0, 0.0)] if detune == 1.0 else [(1.0, 0.0), (detune, 0.37), (1 / detune, 0.71)]
    y = np.sum([_oscillate(dark, cycles * ratio + phase) for ratio, phase in streams], axis=0)
    if voice.bright_hz != voice.dark_hz:
        bright = _wave_table(voice.wave, freq_hz, sr, voice.bright_hz)
        weight = np.exp(-t / voice.brightness_tau_s)
        y = y + weight * (np.sum([_oscillate(bright, cycles * ratio + phase) for ratio, phase in streams], axis=0) - y)
    return np.asarray(y) / np.sqrt(len(streams))


def _envelope(voice: Voice, t: np.ndarray[Any, Any], length_s: float) -> np.ndarray[Any, Any]:
    level = np.minimum(1.0, t / voice.attack_s) * np.clip(1.0 - (t - length_s) / voice.release_s, 0.0, 1.0)
    if voice.decay_tau_s:
        level = level * np.exp(-t / voice.decay_tau_s)
    return np.asarray(level)

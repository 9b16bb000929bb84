"""From measurements to energy and the twelve HAMMS numbers: the exact mapping of each, with its source.

All mappings are fixed straight lines between two anchors, clipped to [0, 1], so that a number means the same in every
library. The anchors are rounded percentiles (about the 2nd and the 98th) of 95 synthesised and rendered tracks with
suitable licences, from solo piano to hardcore; where their sound is too clean, of constructed signals. Cues were chosen
by how well they separate groups of genres, which is weak evidence: there was no listening test. Only energy depends on
the level; everything else stays the same when a track is turned down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.core.dsp.loudness.dynamics import measure_dynamics, weighted_power
from map4.core.dsp.rhythm.groove import Groove, even_beats, measure_groove
from map4.core.dsp.rhythm.onsets import FULL_BAND
from map4.core.dsp.rhythm.rhythm import Rhythm
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import PART_ROWS, Packed
from map4.core.dsp.spectrum.spectral_pass import FloatArray, Spectra
from map4.core.dsp.tonal.key import Tonality
from map4.core.music.analysis.analysis import Hamms, KeyEstimate, Spectrum, Tempo
from map4.core.music.track.hamms import HAMMS_NAMES, hamms_confidence

ACTIVE_BELOW_LOUD = 1e-4
"""Frames 40 dB below the loud frames (95th percentile) count as silent: they contain noise and reverberation."""
COMPRESSION = 100.0
"""log(1 + 100 x power / mean power), as for the onsets: power far below the mean does not count."""
LOW_BELOW_HZ = 450.0
"""Kick, bass and the body of the snare: here the 4-8 Hz modulation separates dance music best (findings)."""
HIGH_ABOVE_HZ = 2500.0
"""Hi-hats, cymbals, consonants."""
MODULATION_HZ = (4.0, 8.0)
"""Eighths at 120-240 and sixteenths at 60-120 BPM."""

_MODULATION_WINDOW_S = 6.0  # resolves .17 Hz, and is longer than drum breaks of a bar
_WINDOWS_AT_ONCE = 32  # amortises calls, without copying a long mix


@dataclass(frozen=True, slots=True, kw_only=True)
class Timbre:
    """Cues that don't depend on the level.

    sparsity: separation of partials in .4-3.2 kHz, 0-1; low in dense, distorted, noisy sound
    low_modulation, high_modulation: strength of the 4-8 Hz modulation of the compressed level below 450 Hz and above
        2.5 kHz (standard deviation of log(1 + 100 x power / mean power))
    centroid_hz, bandwidth_hz, rolloff_hz, flatness: means over the active frames
    """

    sparsity: float
    low_modulation: float
    high_modulation: float
    centroid_hz: float
    bandwidth_hz: float
    rolloff_hz: float
    flatness: float


def measure_timbre(spectra: Spectra, power: FloatArray) -> Timbre | None:
    """Average the spectral descriptors over the active frames, and measure the modulation of two bands.

    power: shape (n,), from `weighted_power`
    returns: None for silence.
    """
    active = active_frames(power)
    if not active.any():
        return None
    stride = round(spectra.frame_rate_hz / spectra.contrast_rate_hz)
    taken = active[::stride][: len(spectra.centroid_hz)]
    if not taken.any():  # the sound is too short for any described frame
        taken = np.ones_like(taken)
    groups = np.arange(0, active.size, round(spectra.frame_rate_hz / spectra.sparsity_rate_hz))
    sounding = np.logical_or.reduceat(active, groups)
    low, high = _levels(spectra.mel_power)
    return Timbre(
        sparsity=float(spectra.sparsity[sounding].mean(dtype=np.float64)),
        low_modulation=modulation(low),
        high_modulation=modulation(high),
        centroid_hz=float(spectra.centroid_hz[taken].mean(dtype=np.float64)),
        bandwidth_hz=float(spectra.bandwidth_hz[taken].mean(dtype=np.float64)),
        rolloff_hz=float(spectra.rolloff_hz[taken].mean(dtype=np.float64)),
        flatness=float(spectra.flatness[taken].mean(dtype=np.float64)),
    )


def active_frames(power: FloatArray) -> npt.NDArray[np.bool_]:
    """Which frames are active: within 40 dB of the loud frames; shape (n,), all False for silence."""
    return power > ACTIVE_BELOW_LOUD * np.percentile(power, 95.0)


def modulation(level: FloatArray) -> float:
    """Standard deviation of a level's modulation within `MODULATION_HZ`, including its lower end.

    level: shape (n,), at `ShortWindow.RATE_HZ`
    returns: In the level's unit; the root of the mean periodogram (Hann windows of 6 s, half overlapping) over the
        band. A sine of amplitude a in the middle of the band gives a / sqrt(2). 0 if nothing moves or the signal is
        shorter than two periods.
    """
    low_hz, high_hz = MODULATION_HZ
    length = min(round(_MODULATION_WINDOW_S * ShortWindow.RATE_HZ), level.size)
    if length < 2 * ShortWindow.RATE_HZ / low_hz:
        return 0.0
    window = np.hanning(length)
    windows = np.lib.stride_tricks.sliding_window_view(level, length)[:: length // 2]
    bins_hz = np.arange(length // 2 + 1) * ShortWindow.RATE_HZ / length
    inside = np.flatnonzero((bins_hz >= low_hz) & (bins_hz < high_hz))
    # For so few bins a product is faster than a transform.
    turns = 2.0 * np.pi / length * np.outer(np.arange(length), inside)
    waves = (window[:, None] * np.hstack([np.cos(turns), np.sin(turns)])).astype(np.float32)
    power = 0.0
    for start in range(0, len(windows), _WINDOWS_AT_ONCE):
        parts = windows[start : start + _WINDOWS_AT_ONCE]
        power += float(np.square((parts - parts.mean(axis=1, keepdims=True)) @ waves).sum())
    # Parseval: variance = 2 sum |X|^2 / (n sum w^2).
    scale = 2.0 / (len(windows) * length * float(np.square(window).sum()))
    return float(np.sqrt(power * scale))


def _levels(mel_power: Packed) -> FloatArray:
    """Mean compressed level of the low and the high bands, shape (2, n)."""
    centres = ShortWindow.mel_edges_hz()[1:-1]
    groups = np.stack([centres < LOW_BELOW_HZ, centres >= HIGH_ABOVE_HZ], axis=1).astype(np.float32)
    groups /= groups.sum(axis=0)
    levels = np.zeros((2, len(mel_power)), dtype=np.float32)
    if mel_power.mean > 0.0:
        for start in range(0, len(mel_power), PART_ROWS):
            part = mel_power[start : start + PART_ROWS]
            part *= np.float32(COMPRESSION / mel_power.mean)
            levels[:, start : start + PART_ROWS] = (np.log1p(part, out=part) @ groups).T
    return levels


# Anchors: the values mapped to 0 and 1.
CENTROID_RANGE_HZ = (200.0, 6000.0)
SPARSITY_RANGE = (0.72, 0.22)  # .72: a solo piano; .22: distorted guitars over cymbals
LOUDNESS_RANGE_LUFS = (-32.0, -8.0)  # 24 LU below a loud master; a loud master
FLUX_RANGE = (0.06, 0.30)
KICK_RANGE = (0.2, 1.2)
LOW_MODULATION_RANGE = (0.1, 0.8)
HIGH_MODULATION_RANGE = (0.02, 0.44)
REPETITION_RANGE = (0.1, 0.8)  # free rhythm stays below .2, programmed drums reach .8 and more
EVENNESS_RANGE = (0.4, 0.85)  # backbeats reach .6, as the snare's body is in the low band too
DOMINANCE_RANGE = (0.0, 0.5)
ENTROPY_RANGE = (0.77, 0.95)
CHANGE_RANGE = (0.1, 0.6)
TUNING_STRENGTH_RANGE = (0.0, 0.75)
RANGE_RANGE_LU = (0.0, 12.0)
PEAK_TO_LOUDNESS_RANGE_DB = (4.0, 17.0)  # 4: heavily limited; 17: an orchestra without compression


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Descriptors of a whole track; all None for silence."""

    energy: float | None
    hamms: Hamms | None
    spectrum: Spectrum | None


def describe(spectra: Spectra, rhythm: Rhythm, tonality: Tonality) -> Description:
    """Compute energy, HAMMS and the long-term spectrum.

    returns: Description; all None for silence, and for channels whose mean cancels out.
    """
    power = weighted_power(spectra.mel_power)
    timbre, dynamics = measure_timbre(spectra, power), measure_dynamics(power, spectra.peaks)
    if timbre is None or dynamics is None:
        return Description(energy=None, hamms=None, spectrum=None)
    tempo, key = rhythm.tempo, tonality.key
    kick = float(rhythm.envelopes.bands[0].mean())
    groove = None
    if tempo is not None:
        bands = rhythm.envelopes.bands
        beats_s = even_beats(rhythm.beats_s, rhythm.grid)
        groove = measure_groove(bands[0], bands[FULL_BAND], beats_s, tempo.bpm)
    energy = map_energy(timbre, mean_lufs=dynamics.mean_lufs, flux=rhythm.flux, kick=kick)
    values: dict[str, float | None] = {
        "bpm": map_bpm(tempo),
        "key": map_key(key),
        "energy": energy,
        "danceability": map_danceability(timbre, groove),
        "valence": map_valence(timbre, tempo, key, entropy=tonality.entropy),
        "acousticness": map_acousticness(timbre, entropy=tonality.entropy),
        "instrumentalness": map_instrumentalness(spectra.loud_tuning_strength),
        "rhythmic_pattern": map_rhythmic_pattern(groove),
        "spectral_centroid": map_spectral_centroid(timbre.centroid_hz),
        "tempo_stability": None if tempo is None else tempo.stability,
        "harmonic_complexity": map_harmonic_complexity(tonality),
        "dynamic_range": map_dynamic_range(dynamics.range_lu, dynamics.peak_to_loudness_db),
    }
    confidence = hamms_confidence(
        tempo_confidence=None if tempo is None else tempo.confidence,
        key_confidence=None if key is None else key.confidence,
        has_energy=True,
    )
    return Description(
        energy=energy,
        hamms=Hamms(vector=tuple(values[name] for name in HAMMS_NAMES), confidence=confidence),
        spectrum=Spectrum(
            centroid_hz=timbre.centroid_hz,
            bandwidth_hz=timbre.bandwidth_hz,
            rolloff_hz=timbre.rolloff_hz,
            flatness=timbre.flatness,
            flux=rhythm.flux,
            onset_rate_hz=rhythm.onset_rate_hz,
        ),
    )


def map_bpm(tempo: Tempo | None) -> float | None:
    """HAMMS 1: clip((BPM - 60) / 140); None without a tempo."""
    return None if tempo is None else _scale(tempo.bpm, Hamms.BPM)


def map_key(key: KeyEstimate | None) -> float | None:
    """HAMMS 2: (Camelot number - 1) / 24, + 0.5 for B; None without a key."""
    if key is None:
        return None
    return (key.key.camelot_number - 1) / 24 + (0.5 if key.key.mode == "major" else 0.0)


def map_energy(timbre: Timbre, *, mean_lufs: float, flux: float, kick: float) -> float:
    """HAMMS 3, perceived drive: .5 density + .1 loudness + .2 onsets + .1 brightness + .1 low-end punch.

    Density is low sparsity in .4-3.2 kHz, .72 -> .22, the best single cue (area under the ROC curve .95 between rock,
    metal, dance on one side and classical, folk, jazz, blues on the other). Loudness -32 -> -8 LUFS, of the mean of the
    channels; onsets: `flux` .06 -> .3, their number times their strength; brightness: `map_spectral_centroid`; punch:
    mean onset strength below 190 Hz, .2 -> 1.2. Only the loudness depends on the level: 6 dB less reduce energy by
    .025, so that the same music turned down keeps its number.
    """
    return (
        0.5 * _scale(timbre.sparsity, SPARSITY_RANGE)
        + 0.1 * _scale(mean_lufs, LOUDNESS_RANGE_LUFS)
        + 0.2 * _scale(flux, FLUX_RANGE)
        + 0.1 * map_spectral_centroid(timbre.centroid_hz)
        + 0.1 * _scale(kick, KICK_RANGE)
    )


def map_danceability(timbre: Timbre, groove: Groove | None) -> float:
    """HAMMS 4: .7 modulation at 4-8 Hz of the level below 450 Hz (.1 -> .8) + .3 repetition of the mean bar.

    The modulation separates house, techno, disco, hip-hop, reggae and pop from classical music, metal, rock, country
    and jazz with an area under the ROC curve of .95 (real recordings; pulse clarity .75, detrended fluctuation .74).
    Without a tempo, repetition is 0.
    """
    return 0.7 * _scale(timbre.low_modulation, LOW_MODULATION_RANGE) + 0.3 * _repetition(groove)


def map_valence(timbre: Timbre, tempo: Tempo | None, key: KeyEstimate | None, *, entropy: float) -> float:
    """HAMMS 5, an estimate: .5 +- .2 mode +- .15 tempo +- .08 register +- .07 consonance.

    Major raises and minor lowers it by the key's confidence; 60 -> 200 BPM, brightness and low chroma entropy raise it:
    the directions on which listening studies agree [1], with weights in their order. Unknown values have no effect. Not
    tested with listeners: read it as "tends to sound brighter", never as a mood.

    [1] Gabrielsson & Lindstroem, "The role of structure in the musical expression of emotions", in Juslin & Sloboda,
       Handbook of Music and Emotion, 2010.
    """
    value = 0.5
    if key is not None:
        value += 0.2 * (key.confidence if key.key.mode == "major" else -key.confidence)
    if tempo is not None:
        value += 0.15 * _centred(_scale(tempo.bpm, Hamms.BPM))
    value += 0.08 * _centred(map_spectral_centroid(timbre.centroid_hz))
    value -= 0.07 * _centred(_scale(entropy, ENTROPY_RANGE))
    return min(1.0, max(0.0, value))


def map_acousticness(timbre: Timbre, *, entropy: float) -> float:
    """HAMMS 6: .5 spectral sparsity (.22 -> .72) + .15 low chroma entropy (.95 -> .77) + .35 calm highs (.44 -> .02).

    A proxy: strings, pianos and voices have clear partials and no hi-hats. It is nearly the inverse of energy, and a
    clean synthesiser counts as acoustic. Classical, folk, jazz and country against rock and dance music: area .88 (.98
    on real recordings). Calm highs: little modulation at 4-8 Hz above 2.5 kHz.
    """
    return (
        0.5 * (1.0 - _scale(timbre.sparsity, SPARSITY_RANGE))
        + 0.15 * (1.0 - _scale(entropy, ENTROPY_RANGE))
        + 0.35 * (1.0 - _scale(timbre.high_modulation, HIGH_MODULATION_RANGE))
    )


def map_instrumentalness(tuning_strength: float) -> float:
    """HAMMS 7: only .4 to .6, as there is no valid cheap cue.

    Partials with a constant tuning indicate instruments, sliding ones a voice (tuning strength of the loud partials,
    0 -> .75), but drums slide too. Cues with better numbers (flatness, syllabic modulation) measure the style and not
    the voice, and change sign between collections; so the number stays near "unknown".
    """
    return 0.4 + 0.2 * _scale(tuning_strength, TUNING_STRENGTH_RANGE)


def map_rhythmic_pattern(groove: Groove | None) -> float:
    """HAMMS 8: pulse x (.5 + .5 x four-on-the-floor).

    Pulse is the share of the onsets that one mean bar explains (.1 -> .8), 0 without a tempo. Four-on-the-floor is a
    low-band hit on each beat (weakest over strongest .4 -> .85) times .5 + .5 x the beats' lead over the steps in
    between (0 -> .5; only half, as a bass on the off-beats is part of house). Breakbeats have a pulse and uneven kicks:
    .5.
    """
    if groove is None:
        return 0.0
    lead = 0.5 + 0.5 * _scale(groove.kick_dominance, DOMINANCE_RANGE)
    return _repetition(groove) * (0.5 + 0.5 * _scale(groove.kick_evenness, EVENNESS_RANGE) * lead)


def map_spectral_centroid(centroid_hz: float) -> float:
    """HAMMS 9: mean centroid of the power spectrum on a logarithmic scale, 200 Hz -> 0, 6 kHz -> 1."""
    if centroid_hz <= 0.0:
        return 0.0
    low, high = CENTROID_RANGE_HZ
    return _scale(math.log(centroid_hz), (math.log(low), math.log(high)))


def map_harmonic_complexity(tonality: Tonality) -> float | None:
    """HAMMS 11: half the chroma's entropy (.77 -> .95), half its change (.1 -> .6 per second); None without a key.

    Signals without a key (drums, noise) have no harmony, although their chroma is flat.
    """
    if tonality.key is None:
        return None
    return 0.5 * _scale(tonality.entropy, ENTROPY_RANGE) + 0.5 * _scale(tonality.change_rate, CHANGE_RANGE)


def map_dynamic_range(range_lu: float | None, peak_to_loudness_db: float | None) -> float | None:
    """HAMMS 12: .7 loudness range (0 -> 12 LU) + .3 peak-to-loudness ratio (4 -> 17 dB).

    Both are of the mean of the channels (`Dynamics`), which is nearly unaffected by codecs and unaffected by mono,
    unlike the true peak and the range of all channels. Below 3 s there is no loudness range and only the ratio counts;
    None for silence.
    """
    if peak_to_loudness_db is None:
        return None
    ratio = _scale(peak_to_loudness_db, PEAK_TO_LOUDNESS_RANGE_DB)
    return ratio if range_lu is None else 0.7 * _scale(range_lu, RANGE_RANGE_LU) + 0.3 * ratio


def _repetition(groove: Groove | None) -> float:
    return 0.0 if groove is None else _scale(groove.repetition, REPETITION_RANGE)


def _scale(value: float, anchors: tuple[float, float]) -> float:
    """0 at the first anchor, 1 at the second, linear in between, clipped; always a plain float."""
    zero, one = anchors
    return min(1.0, max(0.0, float((value - zero) / (one - zero))))


def _centred(fraction: float) -> float:
    return 2.0 * fraction - 1.0

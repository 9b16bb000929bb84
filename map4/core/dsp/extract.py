"""One pass from decoded samples to the `Analysis` of a track."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import soxr
from numpy.typing import NDArray

from map4.core.dsp.inside.bars import barred, find_bars, on_grid
from map4.core.dsp.inside.cue_points import suggest_cues
from map4.core.dsp.inside.drum_pattern import drum_pattern
from map4.core.dsp.inside.phrases import energy_course, estimate_structure
from map4.core.dsp.inside.strip import make_overview
from map4.core.dsp.inside.tempo_choice import choose_tempo
from map4.core.dsp.loudness.loudness import LoudnessMeter, LoudnessResult
from map4.core.dsp.rhythm.rhythm import Rhythm, estimate_rhythm
from map4.core.dsp.sound.descriptors import describe
from map4.core.dsp.sound.fingerprint import fingerprint
from map4.core.dsp.sound.segue import EndsCollector
from map4.core.dsp.sound.sound_vector import sound_vector
from map4.core.dsp.spectrum.cutoff import Cutoff, CutoffMeter
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.halving import Halving
from map4.core.dsp.spectrum.packed import NO_ROWS
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.spectrum.spectral_pass import Spectra, SpectralPass
from map4.core.dsp.tonal.key import estimate_key_map, estimate_tonality
from map4.core.music.analysis.analysis import Analysis, Spectrum
from map4.core.music.analysis.inside import Bars
from map4.errors import FileError

LEAST_DURATION_S = 0.4
"""One gating block; shorter files contain no music."""
SOUND_BELOW_PEAK_DB = -60.0
"""Sound begins and ends 60 dB below the file's peak, about where a fade becomes inaudible ..."""
LEAST_SOUND_DBFS = -72.0
"""... but not below this level of dither and converter noise."""
SILENT = "silent"
"""Flag of a file without any 400 ms above -70 LUFS."""

GATHERED_BYTES = 8 << 20
"""Blocks are processed together from this size on, 24 s of stereo at 44.1 kHz. Each switch between decoder and analysis
refills the CPU caches; switching at every block took 5 % of the time."""

Samples = NDArray[np.float32]


class Extractor:
    """Analyse one file from its decoded blocks.

    Loudness and spectral cutoff are measured at the file's own rate; everything else on the mean of the channels at
    22 050 Hz. Samples are not stored: memory grows with the frames of the spectra, in 16 bits per number (about 40 MB
    per hour, and the same again while they are processed).

    sr_hz, channels: int > 0, of the blocks
    gathered_bytes: int > 0, size from which blocks are processed together
    clock: returns seconds; with a clock, `seconds` has the time of each stage (benchmarks pass `time.process_time`)
    ends: both ends of the sound
    seconds: by stage: loudness, cutoff, resample, stft, rhythm, tonal, inside, sound, rest; empty without a clock

    Time zero is the first sample fed: the resampler's delay is removed and frames are centred.
    """

    def __init__(
        self,
        sr_hz: int,
        channels: int,
        *,
        gathered_bytes: int = GATHERED_BYTES,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._loudness = LoudnessMeter(sr_hz, channels)
        self._cutoff = CutoffMeter(sr_hz, channels)
        self._resampler: Halving | soxr.ResampleStream | None = None
        if sr_hz == 2 * ShortWindow.SAMPLE_RATE_HZ:
            self._resampler = Halving(1.0 / channels)
        elif sr_hz != ShortWindow.SAMPLE_RATE_HZ:
            self._resampler = soxr.ResampleStream(sr_hz, ShortWindow.SAMPLE_RATE_HZ, 1, dtype="float32")
        self._spectra = SpectralPass()
        self.ends = EndsCollector(sr_hz)
        self._sr_hz = sr_hz
        self._frames = 0
        self._waiting: list[Samples] = []
        self._waiting_bytes = 0
        self._gathered_bytes = gathered_bytes
        self._clock = clock
        self.seconds: dict[str, float] = {}

    @property
    def duration_s(self) -> float:
        """Duration fed so far."""
        return self._frames / self._sr_hz

    def feed(self, block: Samples) -> None:
        """Take the next samples.

        block: float32, shape=(frames, channels), finite, full scale 1; kept for a while, so it must not change
        """
        if len(block) == 0:
            return
        self._frames += len(block)
        self.ends.feed(block)
        self._waiting.append(block)
        self._waiting_bytes += block.nbytes
        if self._waiting_bytes >= self._gathered_bytes:
            self._take_waiting()

    def finish(self, decoder: str, flags: tuple[str, ...] = ()) -> Analysis:
        """Close the stream and complete the analysis.

        decoder: name and version of the decoder
        flags: remarks of the decoder, such as "damaged"; "silent" is added here
        returns: Analysis; without tempo, key, energy and cue points for silence.
        """
        duration_s = self.duration_s
        if duration_s < LEAST_DURATION_S:
            raise FileError("too_short", f"has {duration_s:.2f} s of audio; map4 needs at least {LEAST_DURATION_S} s")
        self._take_waiting()
        with self._stage("resample"):
            if self._resampler is not None:
                self._spectra.feed(self._resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
        with self._stage("stft"):
            spectra = self._spectra.finish()
        with self._stage("loudness"):
            measured = self._loudness.finish()
            loudness = measured.loudness
            cue_in_s, cue_out_s = find_sound(measured, duration_s)
            del measured
        if loudness.integrated_lufs is None:
            return Analysis(duration_s=duration_s, loudness=loudness, flags=(*flags, SILENT), decoder=decoder)
        with self._stage("cutoff"):
            cutoff = self._cutoff.finish()
        with self._stage("tonal"):
            notes = Notes.of(spectra.pitch, spectra.tuning_semitones)
            # Here and below: for a long mix, unused arrays take as much memory as the rest of the analysis.
            spectra = replace(spectra, pitch=NO_ROWS)
            tonality = estimate_tonality(spectra, notes)
            key_map = () if tonality.frames is None else estimate_key_map(tonality.frames, spectra.duration_s)
            tonality = replace(tonality, frames=None)
        with self._stage("sound"):
            sound = sound_vector(spectra, notes)
            words = fingerprint(spectra.mel_power)
            notes = notes.peaks_only()
        with self._stage("rhythm"):
            rhythm = estimate_rhythm(spectra)
        with self._stage("inside"):
            rhythm, bars = settled(spectra, notes, rhythm)
        with self._stage("rest"):
            description = describe(spectra, rhythm, tonality)
        with self._stage("inside"):
            drums = drum_pattern(rhythm.envelopes, rhythm.beats_s, bars)
            energy = energy_course(spectra.mel_power, description.energy or 0.0)
            structure = estimate_structure(spectra, notes, rhythm, bars, energy)
            cues = suggest_cues(structure, bars, rhythm, spectra, cue_in_s)
            overview = make_overview(spectra.mel_power, energy)
        return Analysis(
            duration_s=duration_s,
            tempo=rhythm.tempo,
            grid=barred(rhythm.grid, bars),
            key=tonality.key,
            energy=description.energy,
            loudness=loudness,
            spectrum=_with_cutoff(description.spectrum, cutoff),
            hamms=description.hamms,
            cue_in_s=cue_in_s,
            cue_out_s=cue_out_s,
            tempo_map=rhythm.tempo_map,
            key_map=key_map,
            beats_s=rhythm.beats_s,
            drums=drums,
            bars=bars,
            structure=structure,
            detected_cues=cues,
            overview=overview,
            sound=None if sound is None else tuple(sound.tolist()),
            fingerprint=words.astype("<u2").tobytes() if words.any() else None,
            flags=flags,
            decoder=decoder,
        )

    def _take_waiting(self) -> None:
        """Measure the gathered blocks, stage by stage."""
        blocks, self._waiting, self._waiting_bytes = self._waiting, [], 0
        with self._stage("loudness"):
            for block in blocks:
                self._loudness.feed(block)
        with self._stage("cutoff"):
            for block in blocks:
                self._cutoff.feed(block)
        with self._stage("resample"):
            resampled = [self._resampled(block) for block in blocks]
        blocks.clear()  # frees memory for the next stages
        with self._stage("stft"):
            for mono in resampled:
                self._spectra.feed(mono)

    def _resampled(self, block: Samples) -> Samples:
        """Mean of the channels at the analysis rate."""
        if isinstance(self._resampler, Halving):
            return self._resampler.resample_chunk(sum_of_channels(block, self._resampler.room(len(block))))
        mono = Extractor.mean_of_channels(block)
        return mono if self._resampler is None else self._resampler.resample_chunk(mono)

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        if self._clock is None:
            yield
            return
        start = self._clock()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + self._clock() - start

    @staticmethod
    def mean_of_channels(block: Samples) -> Samples:
        """Mean of the columns."""
        mono = sum_of_channels(block)
        mono *= np.float32(1.0 / block.shape[1])
        return mono


def settled(spectra: Spectra, notes: Notes, rhythm: Rhythm) -> tuple[Rhythm, Bars | None]:
    """The rhythm at the most probable octave of its tempo, and its bars, on its grid."""
    rhythm, counted = choose_tempo(spectra, notes, rhythm)
    rhythm, bars = find_bars(spectra, notes, rhythm, counted)
    return rhythm, on_grid(bars, rhythm.grid)


def sum_of_channels(block: Samples, out: Samples | None = None) -> Samples:
    """Sum of the columns, added one after the other: a product is 5 times slower, numpy's sum 100 times.

    out: receives the sum of several channels
    """
    channels = block.T
    mono = channels[0].copy() if len(channels) == 1 else np.add(channels[0], channels[1], out=out)
    for channel in channels[2:]:
        mono += channel
    return mono


def _with_cutoff(spectrum: Spectrum | None, cutoff: Cutoff | None) -> Spectrum | None:
    if spectrum is None or cutoff is None:
        return spectrum
    return replace(spectrum, cutoff_hz=cutoff.cutoff_hz, cutoff_drop_db=cutoff.drop_db)


def find_sound(measured: LoudnessResult, duration_s: float) -> tuple[float | None, float | None]:
    """First and last sound of a file, to 2.5 ms.

    Sound is a sample, in any channel and without the constant offset, above the larger of -60 dB below the file's peak
    and -72 dBFS.

    returns: cue_in_s, cue_out_s; None, None if no sample is as loud.
    """
    envelope = measured.envelope
    peak = float(envelope.max(initial=0.0))
    threshold = max(peak * 10.0 ** (SOUND_BELOW_PEAK_DB / 20.0), 10.0 ** (LEAST_SOUND_DBFS / 20.0))
    sounding = np.flatnonzero(envelope > threshold)
    if not sounding.size:
        return None, None
    cue_in_s = float(sounding[0]) * measured.envelope_s
    cue_out_s = float(sounding[-1] + 1) * measured.envelope_s
    return cue_in_s, min(cue_out_s, duration_s)

"""A track with which nothing is wrong, and the same with changes."""

from dataclasses import replace

from map4.core.music.analysis.analysis import (
    Analysis,
    KeyCandidate,
    KeyEstimate,
    Loudness,
    Spectrum,
    Tempo,
    TempoCandidate,
)
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.key import Key
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track

TEMPO = Tempo(
    bpm=87.0,
    confidence=0.9,
    alternatives=(TempoCandidate(bpm=174.0, confidence=0.05), TempoCandidate(bpm=43.5, confidence=0.01)),
)
KEY = KeyEstimate(
    key=Key.parse("8A"), confidence=0.9, runner_up=KeyCandidate(key=Key.parse("8B"), confidence=0.05)
)  # fmt: skip


def spectrum_until(cutoff_hz: float | None, drop_db: float | None) -> Spectrum:
    """A spectrum that ends there."""
    return Spectrum(
        centroid_hz=2000.0, bandwidth_hz=1500.0, rolloff_hz=4000.0, flatness=0.1, flux=0.2, onset_rate_hz=4.0,
        cutoff_hz=cutoff_hz, cutoff_drop_db=drop_db,
    )  # fmt: skip


ANALYSIS = Analysis(
    duration_s=200.0,
    tempo=TEMPO,
    key=KEY,
    loudness=Loudness(integrated_lufs=-9.0, range_lu=4.0, true_peak_dbtp=0.1, clipped_per_minute=2.0),
    spectrum=spectrum_until(20_155.0, 62.0),
    cue_in_s=0.1,
    cue_out_s=199.0,
)
SOUND = Track(
    path="/music/a track.mp3",
    state="ok",
    audio_id="a1-" + "0" * 32,
    format=AudioFormat(codec="mp3", sample_rate_hz=44_100, channels=2, bits=None, payload_bytes=200 * 320_000 // 8),
    tags=Tags(artist="A", title="T", genre="Rock"),
    analysis=ANALYSIS,
)


def with_analysis(**changes: object) -> Track:
    return replace(SOUND, analysis=replace(ANALYSIS, **changes))  # type: ignore[arg-type]


def with_tags(**changes: object) -> Track:
    return replace(SOUND, tags=replace(SOUND.tags, **changes))  # type: ignore[arg-type]

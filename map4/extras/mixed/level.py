"""The loudness of a set: one level for all tracks, without a limiter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from map4.extras.mixed.records import MixedSet, SetJoint, SetTrack
from map4.music.track.track import Track

LOUDEST_LUFS, QUIETEST_LUFS = -14.0, -23.0
"""What streaming services play at, and the level of broadcasts (EBU R 128)."""
PEAK_DBTP = -1.0
"""EBU R 128 and streaming services leave this to decoders of lossy formats."""


def level_of(tracks: Sequence[Track], joints: Sequence[SetJoint]) -> float:
    """The highest loudness at which every track and joint keeps `PEAK_DBTP`, within the limits.

    While two tracks fade by equal power, their peaks add up to at most the root of the sum of their squares.
    """
    above = [_peak_above(track) for track in tracks]
    highest = [LOUDEST_LUFS, *(PEAK_DBTP - peak for peak in above if peak is not None)]
    for joint in joints:
        both = [peak for peak in above[joint.of - 1 : joint.of + 1] if peak is not None]
        if joint.kind != "cut" and both:
            highest.append(PEAK_DBTP - 10.0 * math.log10(sum(10.0 ** (peak / 10.0) for peak in both)))
    return max(QUIETEST_LUFS, min(highest))


def level_tracks(planned: MixedSet, tracks: Sequence[Track]) -> MixedSet:
    """The set with the gain of each track."""
    levelled = [
        level_track(set_track, track, planned.level_lufs)
        for set_track, track in zip(planned.tracks, tracks, strict=True)
    ]
    return replace(planned, tracks=tuple(levelled))


def level_track(set_track: SetTrack, track: Track, level_lufs: float) -> SetTrack:
    """The track with its gain; a track whose peaks do not fit is played lower, and says so."""
    loudness = None if track.analysis is None else track.analysis.loudness
    if loudness is None or loudness.integrated_lufs is None:
        return set_track
    gain_db = level_lufs - loudness.integrated_lufs
    peak_db = _peak(track)
    if peak_db is None or peak_db + gain_db <= PEAK_DBTP + 1e-9:
        return replace(set_track, gain_db=gain_db)
    lower_db = peak_db + gain_db - PEAK_DBTP
    note = f"plays {lower_db:.1f} dB lower than the others, so that its peaks fit"
    return replace(set_track, gain_db=gain_db - lower_db, notes=(*set_track.notes, note))


def _peak(track: Track) -> float | None:
    return None if track.analysis is None else track.analysis.loudness.true_peak_dbtp


def _peak_above(track: Track) -> float | None:
    """The true peak relative to the loudness, in dB."""
    loudness_lufs = None if track.analysis is None else track.analysis.loudness.integrated_lufs
    peak_db = _peak(track)
    return None if loudness_lufs is None or peak_db is None else peak_db - loudness_lufs

"""The loudness of a set: one level for all tracks, without a limiter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from map4.core.audio.mixdown.stretch import SAME_SPEED, can_keep_pitch
from map4.core.music.analysis.audio import DUAL_LU, is_dual
from map4.core.music.track.track import Track
from map4.extras.list_mixes.records import SetJoint, SetTrack

LOUDEST_LUFS, QUIETEST_LUFS = -14.0, -23.0
"""What streaming services play at, and the level of broadcasts (EBU R 128)."""
PEAK_DBTP = -1.0
"""EBU R 128 and streaming services leave this to decoders of lossy formats."""

CODED_DB = 0.4
"""The most by which MP3 of 192 and 256 and Opus of 128 kbit/s raised the true peaks of 24 tracks."""
STRETCHED_DB, LIMITED_DB = 2.3, 13.7
"""The time stretch raised the true peaks of 121 tracks by at most 2.3 dB, or, where a limiter had lowered them, to at
most 13.7 dB above the loudness."""
TOGETHER_DB = 1.0
"""Peaks of 138 joints with a stretched track were at most this far above what the two files have."""


def level_of(set_tracks: Sequence[SetTrack], tracks: Sequence[Track], joints: Sequence[SetJoint]) -> float:
    """The highest loudness at which every track keeps `PEAK_DBTP`, and joints even if both tracks peak at once.

    While two tracks fade by equal power, their peaks add up to at most the root of the sum of their squares.
    """
    plain = [_peak_above(track) for track in tracks]
    stretched = [_is_stretched(set_track) for set_track in set_tracks]
    highest = [LOUDEST_LUFS]
    for above, is_stretched in zip(plain, stretched, strict=True):
        if above is not None:
            highest.append(PEAK_DBTP - _raised(above, is_stretched=is_stretched))
    for joint in joints:
        both = [above for above in plain[joint.of - 1 : joint.of + 1] if above is not None]
        if joint.kind != "cut" and both:
            room_db = CODED_DB + (TOGETHER_DB if any(stretched[joint.of - 1 : joint.of + 1]) else 0.0)
            highest.append(PEAK_DBTP - room_db - 10.0 * math.log10(sum(10.0 ** (peak / 10.0) for peak in both)))
    return max(QUIETEST_LUFS, min(highest))


def level_track(set_track: SetTrack, track: Track, level_lufs: float) -> SetTrack:
    """The track with its gain; a track whose peaks do not fit is played lower, and says so."""
    if (loudness_lufs := _loudness(track)) is None:
        return set_track
    gain_db = level_lufs - loudness_lufs
    above_db = _peak_above(track)
    if above_db is None:
        return replace(set_track, gain_db=gain_db)
    peak_db = level_lufs + _raised(above_db, is_stretched=_is_stretched(set_track))
    if peak_db <= PEAK_DBTP + 1e-9:
        return replace(set_track, gain_db=gain_db)
    lower_db = peak_db - PEAK_DBTP
    note = f"plays {lower_db:.1f} dB lower than the others, so that its peaks fit"
    return replace(set_track, gain_db=gain_db - lower_db, notes=(*set_track.notes, note))


def _is_stretched(set_track: SetTrack) -> bool:
    """Whether a track plays at another speed, by a time stretch."""
    return can_keep_pitch() and any(abs(step.speed - 1.0) > SAME_SPEED for step in set_track.speeds)


def _raised(above_db: float, *, is_stretched: bool) -> float:
    """The true peak of a track as a listener gets it, relative to the loudness, in dB."""
    return CODED_DB + (max(above_db + STRETCHED_DB, LIMITED_DB) if is_stretched else above_db)


def _peak_above(track: Track) -> float | None:
    """The true peak of the file relative to the loudness, in dB."""
    peak_dbtp = None if track.analysis is None else track.analysis.loudness.true_peak_dbtp
    loudness_lufs = _loudness(track)
    return None if peak_dbtp is None or loudness_lufs is None else peak_dbtp - loudness_lufs


def _loudness(track: Track) -> float | None:
    """The loudness of a file as a set plays it: sets lower mono files in both channels, so always as measured."""
    lufs = None if track.analysis is None else track.analysis.loudness.integrated_lufs
    is_raised = track.format is not None and is_dual(track.format.channels, track.mono)
    return lufs - DUAL_LU if lufs is not None and is_raised else lufs

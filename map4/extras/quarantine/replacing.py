"""A better file for another: whether their sound differs only by a constant offset, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from map4.core.base.paths import absolute_path, is_inside
from map4.core.music.sound.fingerprints import Fingerprint
from map4.core.store.sql_store import Store
from map4.duplicates import DuplicateGroup, DuplicateOptions, groups_of_copies
from map4.imports import sound_of

NO_SUCH_COPY = "no new file is the same recording"
_PARTS, _LEAST_PART_S = 4, 10.0
_SEARCHED_S = 1.0
_SAME_PART = 0.36
"""In 180 parts of copies as MP3 at 128 kbit/s, .305 of the bits differ at most; in 3,000 other pairs, .40 at least."""
_SAME_LAG_S = 0.2  # resolution of a fingerprint
# Measured on 14 recordings of a minute: copies of the same speed correlate by .38 at most, faster ones from .52 on.
_LEAST_BEATS, _LEAST_CORRELATION = 16, 0.45
_MOST_DRIFT_S = 0.02
"""The most that a copy of the same speed differs between beginning and end; flams are heard from .03 s on."""


def replacements(store: Store, wanted: DuplicateOptions) -> Iterator[DuplicateGroup]:
    """Yield groups whose kept file is new, with their old files only, also missing ones.

    wanted: `files` are the old, `keep` the new files or folders
    """
    olds, news = ([absolute_path(path) for path in paths] for paths in (wanted.files, wanted.keep))
    for group in groups_of_copies(store, wanted, with_gone=True):
        copies = [copy for copy in group.copies if _is_among(copy.track.path, olds)]
        copies = [copy for copy in copies if not _is_among(copy.track.path, news)]
        if copies and _is_among(group.kept.track.path, news):
            kind = group.kind if group.kind in DuplicateGroup.REMOVABLE else "same_recording"  # else it is refused
            yield replace(group, kind=kind, members=(group.kept, *copies))


def _is_among(path: str, names: Iterable[str]) -> bool:
    return any(is_inside(path, name) for name in names)


def warning_of(group: DuplicateGroup, path: str) -> str | None:
    """Return in what the kept file is worse than a copy; None if it is not."""
    kept, copy = group.kept, next(copy for copy in group.copies if copy.track.path == path)
    is_shorter = any(remark.endswith(" s longer") for remark in copy.remarks)
    drawbacks = {"shorter": is_shorter, "of lower quality": kept.quality < copy.quality}
    if not any(drawbacks.values()):
        return None
    worse = " and ".join(drawback for drawback, is_worse in drawbacks.items() if is_worse)
    return f"the new file is {worse} ({', '.join(kept.remarks)}; the old one {', '.join(copy.remarks)})"


def constant_offset(store: Store, old_id: str | None, new_id: str) -> tuple[float, bool] | None:
    """Return how much later new audio begins, if it is the same recording with one offset from beginning to end.

    returns: seconds, and whether they are right to milliseconds
    """
    old, new = sound_of(store, old_id or ""), sound_of(store, new_id)
    offset = None if old is None or new is None else old.offset(new)
    if old is None or new is None or offset is None:
        return None
    lag = round(offset.offset_s * Fingerprint.RATE_HZ)
    mine, other = Fingerprint.unpack(new.fingerprint)[max(0, lag) :], Fingerprint.unpack(old.fingerprint)
    other = other[max(0, -lag) :]
    size = min(mine.size, other.size)
    count = min(_PARTS, max(1, int(size / Fingerprint.RATE_HZ / _LEAST_PART_S)))
    lags_s = [0.0]
    for first, second in zip(np.array_split(mine[:size], count), np.array_split(other[:size], count), strict=True):
        alignment = Fingerprint.align(first, second, max_lag_s=_SEARCHED_S)
        if alignment is not None and alignment.error_rate < _SAME_PART:
            lags_s.append(alignment.lag_s)
        elif first.any() or second.any():
            return None
    if np.ptp(lags_s) > _SAME_LAG_S or _drift_s(old.beats_s + offset.offset_s, new.beats_s) > _MOST_DRIFT_S:
        return None
    return offset.offset_s, offset.is_fine


def is_other_recording(store: Store, audio_id: str, other_id: str) -> bool:
    """Return whether the sounds of both are known, and differ."""
    old, new = sound_of(store, audio_id), sound_of(store, other_id)
    return old is not None and new is not None and old.offset(new) is None


def _drift_s(expected_s: NDArray[np.float64], beats_s: NDArray[np.float64]) -> float:
    """Return by how much beats deviate more and more from where they are expected; 0 if they do not."""
    if min(expected_s.size, beats_s.size) < _LEAST_BEATS:
        return 0.0
    after = np.clip(np.searchsorted(beats_s, expected_s), 1, beats_s.size - 1)
    early_s, late_s = beats_s[after - 1] - expected_s, beats_s[after] - expected_s
    differences_s = np.where(np.abs(early_s) < np.abs(late_s), early_s, late_s)
    near = np.abs(differences_s) < _SAME_LAG_S
    x, y = expected_s[near], differences_s[near]
    if y.size < _LEAST_BEATS or not y.std() or abs(np.corrcoef(x, y)[0, 1]) < _LEAST_CORRELATION:
        return 0.0
    return float(abs(np.polyfit(x, y, 1)[0]) * (x[-1] - x[0]))

"""Compare the end of a file with the beginning of the next, to find out if the sound goes on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.core.music.album import Segue

Samples = npt.NDArray[np.float32]

COMPARED_S = 0.1
LONGEST_EDGE_S = 0.06
"""An MP3 without LAME's header has 1,105 samples before its sound, and up to two frames of 1,152 after it."""
ENDS_S = COMPARED_S + LONGEST_EDGE_S
USUAL_DELAY = 1105
"""Frames before the sound of an MP3 by LAME: 576 of the encoder, 529 of decoders. It may leak into the last of them."""
LEAST_DELAY, MOST_DELAY = 440, 1240
LEAST_SCORE = 0.5
_STEP_S = 0.001
_EDGE_DB = -30.0  # the sound before its beginning that an encoder leaks into its delay is at least this much quieter

QUIETEST_DBFS = -66.0
"""Quieter ends are the rest of a fade, or noise."""
MOST_LEVEL_DB = 12.0
"""Difference of the levels within `_LEVEL_S` of the border; it was up to 9 dB where a note begins there."""
MOST_DIP_DB = 8.0
"""How far the sound of both may sink at the border; linear fades sink by 14 dB."""
MOST_SPECTRUM_DB = 7.0
"""Mean difference of 16 bands within `_SPECTRUM_S` of the border: 114 of 120 pieces, cut and encoded in five formats,
had less, as did 6 of 287 other borders, at least 4 of them hard cuts between two pieces."""
_LEVEL_S, _SPECTRUM_S = 0.02, 0.025
_BANDS_HZ = np.geomspace(60.0, 12_000.0, 17)
_FLOOR_DB = -50.0  # of a band, below the loudest
_NEAREST = 0.35  # the exponent that moves the maximum of a window to an eighth of its length


@dataclass(frozen=True, slots=True, eq=False)
class TrackEnds:
    """Both ends of a file, which neighbours are compared by.

    first, last: shape=(n,), the channels' mean, `COMPARED_S` of the sound
    begins_s, ends_s: in the file: its whole length, or a little inside if it states no delay
    """

    sr_hz: int
    first: Samples
    last: Samples
    begins_s: float
    ends_s: float

    def segue_to(self, other: TrackEnds) -> Segue | None:
        """How the sound goes on in the other file; None if it does not."""
        if self.sr_hz != other.sr_hz or segue_score(self.last, other.first, self.sr_hz) < LEAST_SCORE:
            return None
        return Segue(leave_s=self.ends_s, enter_s=other.begins_s)


class EndsCollector:
    """Keeps the ends of a file while it is decoded.

    frames: so far
    """

    def __init__(self, sr_hz: int) -> None:
        self._sr_hz, self._count = sr_hz, round(ENDS_S * sr_hz)
        self._first = np.zeros(0, dtype=np.float32)
        self._tail: npt.NDArray[np.float32] | None = None  # the last block, or more if it is short
        self.frames = 0

    def feed(self, block: npt.NDArray[np.float32]) -> bool:
        """Take the next samples, shape=(n, channels); returns whether the beginning is complete."""
        self.frames += len(block)
        if (missing := self._count - len(self._first)) > 0:
            self._first = np.concatenate((self._first, block[:missing].mean(axis=1)))
        if self._tail is not None and len(block) < self._count:
            block = np.concatenate((self._tail, block))[-self._count :]
        self._tail = block
        return len(self._first) == self._count

    def ends(self, stated_s: float | None, *, states_delay: bool) -> TrackEnds:
        """The ends of the file, which was decoded to its end.

        stated_s: its length by its header
        states_delay: whether the decoder could take off the delay of the encoder
        """
        count, skip = round(COMPARED_S * self._sr_hz), 0
        last = np.zeros(0, dtype=np.float32) if self._tail is None else self._tail[-self._count :].mean(axis=1)
        # Decoders leave the padding of AAC to what the header says.
        padding = 0 if stated_s is None else self.frames - round(stated_s * self._sr_hz)
        if not 0 < padding <= LONGEST_EDGE_S * self._sr_hz:
            padding = 0
        if not states_delay:
            skip, padding = quiet_edge(self._first, self._sr_hz), quiet_edge(last[::-1], self._sr_hz)
            if LEAST_DELAY <= skip <= MOST_DELAY:
                skip = USUAL_DELAY
        stop = len(last) - padding
        return TrackEnds(
            sr_hz=self._sr_hz,
            first=self._first[skip : skip + count],
            last=last[max(0, stop - count) : stop],
            begins_s=skip / self._sr_hz,
            ends_s=(self.frames - padding) / self._sr_hz,
        )


def segue_score(last: Samples, first: Samples, sr_hz: int) -> float:
    """How surely the sound goes on across the border of two files, 0-1; a segue has at least `LEAST_SCORE`.

    last, first: shape=(n,), full scale 1: the end of a file and the beginning of another, `COMPARED_S` each,
        without the delay and the padding of their encoders
    returns: 0 where one of them is silent or the level jumps
    """
    ends = [samples.astype(np.float64) for samples in (last[::-1], first)]  # both from the border on
    count = round(_SPECTRUM_S * sr_hz)
    if min(map(len, ends)) < count:
        return 0.0
    levels = [_dbfs(end) for end in ends]
    if min(levels) < QUIETEST_DBFS:
        return 0.0
    before, after = (_dbfs(end[: round(_LEVEL_S * sr_hz)]) for end in ends)
    if abs(before - after) > MOST_LEVEL_DB or max(before - levels[0], after - levels[1]) < -MOST_DIP_DB:
        return 0.0
    powers = [_bands(end[:count], sr_hz) for end in ends]
    floor = max(power.max() for power in powers) * 10.0 ** (_FLOOR_DB / 10.0)
    levels_db = [10.0 * np.log10(power + floor) for power in powers]
    away_db = float(np.abs(levels_db[0] - levels_db[1]).mean())
    return max(0.0, 1.0 - 0.5 * away_db / MOST_SPECTRUM_DB)


def quiet_edge(samples: Samples, sr_hz: int) -> int:
    """The frames of near silence that a file begins with, if it does not state the delay of its encoder.

    samples: shape=(n,), the first `ENDS_S`, or the last reversed
    returns: at most `LONGEST_EDGE_S`
    """
    step, edge = round(_STEP_S * sr_hz), round(LONGEST_EDGE_S / _STEP_S)
    count = len(samples) // step
    power = np.square(samples[: count * step], dtype=np.float64).reshape(count, step).mean(axis=1)
    if count <= edge:
        return 0
    is_quiet = power[:edge] < power[edge:].mean() * 10.0 ** (_EDGE_DB / 10.0)
    return step * (edge if is_quiet.all() else int(np.argmin(is_quiet)))


def _dbfs(samples: npt.NDArray[np.float64]) -> float:
    return float(10.0 * np.log10(np.square(samples).mean() + 1e-12))


def _bands(samples: npt.NDArray[np.float64], sr_hz: int) -> npt.NDArray[np.float64]:
    """The power of each band, most of it from next to the border."""
    count = len(samples)
    window = np.sin(np.pi * ((np.arange(count) + 0.5) / count) ** _NEAREST) ** 2
    power = np.abs(np.fft.rfft(samples * window)) ** 2
    places = np.searchsorted(np.fft.rfftfreq(count, 1.0 / sr_hz), _BANDS_HZ)
    return np.array([power[low:high].sum() for low, high in itertools.pairwise(places)])

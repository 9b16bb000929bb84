"""Plausible ranges for numbers of a track from any source, and the levels of its energy."""

from __future__ import annotations

from bisect import bisect_right

MOST_SECONDS = 1e6  # no track is longer than twelve days; larger numbers are not times
LEAST_BPM, MOST_BPM = 1.0, 1e4  # slower than a beat per minute or faster than audible is not a tempo
DOUBTFUL = 0.5  # below an even chance, a measured tempo or key is uncertain
LEAST_SECOND = 0.2  # a second tempo that is this probable is shown beside the measured one
SURE_OF_TEMPO = 0.9
"""Below this confidence of the measured tempo, grids are not judged: the beats may have another tempo."""
CLIPPED_PER_MINUTE = 60.0
"""Clipping once a second sounds harsh; a few clipped peaks per minute, as in most loud masters, do not."""
USUAL_PITCH_PERCENT = 8.0  # the range of most pitch faders; most tracks sound altered beyond it
MOST_STORED = (1 << 63) - 1  # the largest integer that the library can store


class Energy:
    """The energy of a track, 0-1."""

    MOST_LEVEL = 10
    LEVELS = (0.0, *((level - 0.5) / 10 for level in range(2, 10 + 1)))
    """The minimum energy of each DJ level: clamp(floor(10 * energy + 0.5), 1, 10), so level 7 starts at .65."""

    @staticmethod
    def level(energy: float) -> int:
        """The DJ level 1-10 of an energy."""
        return max(1, bisect_right(Energy.LEVELS, energy))


def plausible_seconds(time_s: float | None) -> float | None:
    """The time, or None if no track can have it (such as NaN)."""
    return time_s if time_s is not None and abs(time_s) <= MOST_SECONDS else None


def plausible_bpm(bpm: float | None) -> float | None:
    """The tempo, or None if it is implausible."""
    return bpm if bpm is not None and LEAST_BPM <= bpm <= MOST_BPM else None

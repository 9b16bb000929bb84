"""How much audio the lost bytes of a file can have held, whatever headers say of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Between packets lie headers of Ogg pages: 27 bytes and up to 255 sizes, for at most 65,025 bytes.
_PAGE_HEADER_BYTES = 282
_PAGES_BYTES = 60_000
_SLACK = 2
"""Packets that were lost may have been smaller than the others: quiet passages are."""


class LostPackets:
    """Follows the packets of a file, and says how long those can have been that did not decode.

    A lying sample rate, time stamp or duration then lengthens nothing: where no byte is missing between two packets,
    nothing was lost. Containers may tell only some packets later what was missing, so that it is kept until then.
    """

    def __init__(self) -> None:
        self._page = self._end = -1
        self._lost_s = 0.0
        self._good_bytes = self._good_packets = 0
        self._longest_s = 0.0

    def reach(self, position: int, size: int) -> None:
        """A packet comes, at a position in the file; that of its page where several share one."""
        skipped = position - self._end
        if skipped > _PAGE_HEADER_BYTES and position > self._page and self._end >= 0:
            self._add(skipped - _PAGE_HEADER_BYTES * (1 + skipped // _PAGES_BYTES))
        if position != self._page:
            self._page = self._end = position
        # A packet that goes on in further pages has their headers within.
        self._end += size + _PAGE_HEADER_BYTES * (size // _PAGES_BYTES)

    def failed(self, size: int) -> None:
        """The packet did not decode."""
        self._add(max(1, size))

    def decoded(self, size: int, lengths_s: Sequence[float]) -> None:
        """The packet decoded, to frames of so many seconds each; damaged ones may be glued to those that are whole."""
        count = len(lengths_s)
        if size * self._good_packets > _SLACK * count * self._good_bytes:
            self._add(size - round(count * self._good_bytes / self._good_packets))
        self._good_bytes += size
        self._good_packets += count
        self._longest_s = max(self._longest_s, *lengths_s)

    def take(self, claimed_s: float) -> float:
        """Of the seconds that are claimed to be missing, those that can have been in what was lost until now."""
        taken_s = min(claimed_s, self._lost_s)
        self._lost_s -= taken_s
        return taken_s

    def _add(self, lost_bytes: int) -> None:
        if lost_bytes > 0 and self._good_packets:
            mean_bytes = max(1.0, self._good_bytes / self._good_packets)
            self._lost_s += math.ceil(_SLACK * lost_bytes / mean_bytes) * self._longest_s

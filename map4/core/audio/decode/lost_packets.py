"""Upper bound of the audio in the lost bytes of a file, regardless of its headers."""

from __future__ import annotations

import math

# Between packets are headers of Ogg pages: 27 bytes and up to 255 sizes, for at most 65,025 bytes.
_PAGE_HEADER_BYTES = 282
_PAGES_BYTES = 60_000
_SLACK = 2  # lost packets may have been smaller than the others, as in quiet passages
_MOST_NOTED = 1 << 15  # noted packets before an evaluation: at least ten minutes of music, in 5 MB


class LostPackets:
    """Tracks the packets of a file, and bounds the length of those that did not decode.

    So a wrong sample rate, time stamp or duration adds no silence: if no byte is missing between two packets, nothing
    was lost. Containers may report a gap some packets later, so lost time is kept until then.

    Packets are only noted until something is lost, as intact files need no evaluation.
    """

    def __init__(self) -> None:
        self._noted: list[tuple[int | None, int, int, float]] = []
        self._page = self._end = -1
        self._lost_s = 0.0
        self._good_bytes = self._good_packets = 0
        self._longest_s = 0.0

    def note(self, position: int | None, size: int, frames: int = 0, longest_s: float = 0.0) -> None:
        """Record a packet at a position in the file; packets of one page share its position.

        position: None if unknown
        frames, longest_s: decoded frames, and the length of the longest
        """
        self._noted.append((position, size, frames, longest_s))
        if len(self._noted) == _MOST_NOTED:
            self._go_over()

    def failed(self, size: int) -> None:
        """Record that the last noted packet did not decode."""
        self._go_over()
        self._add(max(1, size))

    def take(self, claimed_s: float) -> float:
        """Return how many of the seconds claimed as missing can have been in the bytes lost so far."""
        self._go_over()
        taken_s = min(claimed_s, self._lost_s)
        self._lost_s -= taken_s
        return taken_s

    def _go_over(self) -> None:
        noted, self._noted = self._noted, []
        for position, size, frames, longest_s in noted:
            if position is not None:
                skipped = position - self._end
                if skipped > _PAGE_HEADER_BYTES and position > self._page and self._end >= 0:
                    self._add(skipped - _PAGE_HEADER_BYTES * (1 + skipped // _PAGES_BYTES))
                if position != self._page:
                    self._page = self._end = position
                # A packet over several pages contains their headers.
                self._end += size + _PAGE_HEADER_BYTES * (size // _PAGES_BYTES)
            if frames:
                self._decoded(size, frames, longest_s)

    def _decoded(self, size: int, frames: int, longest_s: float) -> None:
        # Damaged packets may be joined to intact ones.
        if size * self._good_packets > _SLACK * frames * self._good_bytes:
            self._add(size - round(frames * self._good_bytes / self._good_packets))
        self._good_bytes += size
        self._good_packets += frames
        self._longest_s = max(self._longest_s, longest_s)

    def _add(self, lost_bytes: int) -> None:
        if lost_bytes > 0 and self._good_packets:
            mean_bytes = max(1.0, self._good_bytes / self._good_packets)
            self._lost_s += math.ceil(_SLACK * lost_bytes / mean_bytes) * self._longest_s

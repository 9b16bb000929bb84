"""The two ends of a file's sound, without the encoder's delay and padding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from map4.core.audio.decode import open_audio
from map4.core.audio.decode.headers import find_xing_frame
from map4.core.audio.identity import audio_start
from map4.core.audio.identity.mpeg_audio import gapless, parse_mpeg_header
from map4.core.audio.magic import container_of
from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_leading_tags
from map4.core.dsp.sound.segue import COMPARED_S, ENDS_S, LONGEST_EDGE_S, Samples, quiet_edge, segue_score
from map4.core.music.album import Segue

_HEAD_BYTES = 1 << 16
_BEFORE_END_S = 1.0
USUAL_DELAY = 1105
"""Frames before the sound of an MP3 by LAME: 576 of the encoder, 529 of decoders. It may leak into the last of them."""
LEAST_DELAY, MOST_DELAY = 440, 1240


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


class EndsCollector:
    """Keeps the ends of a file while it is decoded.

    frames: so far
    """

    def __init__(self, sr_hz: int) -> None:
        self._sr_hz, self._count = sr_hz, round(ENDS_S * sr_hz)
        self._first = self._last = np.zeros(0, dtype=np.float32)
        self.frames = 0

    def through(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the blocks, shape=(n, channels)."""
        for block in blocks:
            if (missing := self._count - len(self._first)) > 0:
                self._first = np.concatenate((self._first, block[:missing].mean(axis=1)))
            ending = block[-self._count :].mean(axis=1)
            self._last = np.concatenate((self._last, ending))[-self._count :]
            self.frames += len(block)
            yield block

    @property
    def has_first(self) -> bool:
        return len(self._first) == self._count

    def ends(self, path: str, stated_s: float | None) -> TrackEnds:
        """The ends of the file, which was decoded to its end. stated_s: its length by its header"""
        count, skip = round(COMPARED_S * self._sr_hz), 0
        # Decoders leave the padding of AAC to what the header says.
        padding = 0 if stated_s is None else self.frames - round(stated_s * self._sr_hz)
        if not 0 < padding <= LONGEST_EDGE_S * self._sr_hz:
            padding = 0
        if not states_delay(path):
            skip, padding = quiet_edge(self._first, self._sr_hz), quiet_edge(self._last[::-1], self._sr_hz)
            if LEAST_DELAY <= skip <= MOST_DELAY:
                skip = USUAL_DELAY
        stop = len(self._last) - padding
        return TrackEnds(
            sr_hz=self._sr_hz,
            first=self._first[skip : skip + count],
            last=self._last[max(0, stop - count) : stop],
            begins_s=skip / self._sr_hz,
            ends_s=(self.frames - padding) / self._sr_hz,
        )


def read_ends(path: str, length_s: float) -> TrackEnds:
    """Decode both ends of a file of this length, as measured; raises FileError."""
    with open_audio(path) as stream:
        collector = EndsCollector(stream.sample_rate_hz)
        next(block for block in collector.through(stream.blocks()) if collector.has_first)
    with open_audio(path, from_s=max(0.0, length_s - _BEFORE_END_S), length_s=length_s) as stream:
        collector.frames = stream.begins_at
        for _ in collector.through(stream.blocks()):
            pass
        return collector.ends(path, stream.duration_hint_s)


def segue_between(a: TrackEnds, b: TrackEnds) -> Segue | None:
    """How the sound of A goes on in B; None if it does not."""
    if a.sr_hz != b.sr_hz or segue_score(a.last, b.first, a.sr_hz) < 0.5:
        return None
    return Segue(leave_s=a.ends_s, enter_s=b.begins_s)


def states_delay(path: str) -> bool:
    """Whether decoders can take off the encoder's delay: an MPEG stream needs LAME's header for it."""
    with AudioSource(path) as source:
        start = audio_start(source, skip_leading_tags(source))
        head = source.read(start, _HEAD_BYTES)
        container = container_of(head)
        if container is not None and container.name != "mpeg":
            return True
        xing = find_xing_frame(start, head)
        head = b"" if xing is None else head[xing.at - start :]
        frame = parse_mpeg_header(head)
        header = None if frame is None else gapless(head, frame, audio_bytes=source.size - start)
        return header is not None and header.delays >= 0

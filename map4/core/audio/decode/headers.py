"""What headers say about length: the first frame of an MP3, the sizes of chunks in WAV and AIFF."""

from __future__ import annotations

import re
from dataclasses import dataclass

from map4.core.audio.chunks import FILE_HEADER_BYTES, byte_order, chunks
from map4.core.audio.identity import mpeg_audio
from map4.core.audio.magic import container_of

_LAYER_3_SYNC = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][^\xf0-\xff]", re.DOTALL)
_STREAMED_BYTES = 0x7FFF_0000
"""Sizes from here on (2 or 4 GiB) are placeholders of programs that could not seek back to set the size."""

_XING_HAS_FRAME_COUNT = 1
_MPEG_1 = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class XingFrame:
    """The first frame of an MP3 that carries a Xing or Info header.

    at: its position in the file
    duration_s: what all frames hold, encoder delay and padding included; None without a frame count
    states_delay: whether it has the encoder's delay, and decoders believe its writer
    """

    at: int
    duration_s: float | None
    states_delay: bool


def pcm_share_missing(start: int, head: bytes, file_bytes: int) -> float:
    """Share of the samples that a WAV or AIFF header promises and the file does not hold, 0-1.

    0 where the header makes no promise: a recorder that streams writes the largest size or none.

    start, head: position after the tags before the header, and the bytes from there on
    """
    if not head.startswith((b"RIFF", b"FORM")):
        return 0.0
    for chunk in chunks(lambda at, count: head[at : at + count], FILE_HEADER_BYTES, byte_order(head)):
        if chunk.name in (b"data", b"SSND"):
            present = file_bytes - start - chunk.start
            promised = 0 < chunk.size < _STREAMED_BYTES
            return max(0.0, 1.0 - present / chunk.size) if promised else 0.0
    return 0.0


def find_xing_frame(start: int, head: bytes) -> XingFrame | None:
    """Find the frame with the Xing or Info header, the only place where an MP3 states its delay and length.

    Searched for behind padding and foreign tags too, but not inside other containers.

    start, head: position after the tags before the music, and the bytes from there on
    """
    container = container_of(head)
    if container is not None and container.is_certain:
        # Only in its place: the header of a second, joined file describes only that file.
        first = _LAYER_3_SYNC.match(head)
        candidates = iter([first] if first else [])
    else:
        candidates = _LAYER_3_SYNC.finditer(head)
    for sync in candidates:
        at = sync.start()
        version, rate_index = head[at + 1] >> 3 & 3, head[at + 2] >> 2 & 3
        tag_at = mpeg_audio.xing_tag_at(head[at : at + mpeg_audio.XING_TAG_WITHIN_BYTES])
        if tag_at is None or rate_index >= len(mpeg_audio.MPEG1_RATES_HZ):
            continue
        tag = head[at + tag_at :][:12]
        duration_s = None
        if tag[7] & _XING_HAS_FRAME_COUNT and len(tag) == 12:
            rate_hz = mpeg_audio.MPEG1_RATES_HZ[rate_index] / mpeg_audio.RATE_DIVISOR[version]
            frame_samples = 1152 if version == _MPEG_1 else 576
            duration_s = int.from_bytes(tag[8:12], "big") * frame_samples / rate_hz
        frame = mpeg_audio.parse_mpeg_header(head[at:])
        header = None if frame is None else mpeg_audio.gapless(head[at:], frame, audio_bytes=0)
        states_delay = header is not None and header.delays >= 0
        return XingFrame(at=start + at, duration_s=duration_s, states_delay=states_delay)
    return None

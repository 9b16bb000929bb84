"""Decode MP3 files without gaps between frames: libav's decoder without PyAV's containers.

PyAV creates objects for each packet and each frame, which costs a third of the decoding time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import cache
from typing import Any

import av.codec.context
import numpy as np

from map4.core.audio.decode.blocks import BLOCK_FRAMES
from map4.core.audio.decode.headers import XingFrame
from map4.core.audio.identity.mpeg_audio import FRAMES_NEEDED, Frame, gapless, parse_mpeg_header
from map4.core.audio.source import PIECE_BYTES, AudioSource
from map4.core.audio.tag_boundaries import skip_trailing_tags
from map4.core.dsp.compiled import call, kernels

_KNOWN_VERSIONS = range(58, 63)  # versions of libavcodec whose packets and frames begin as in `mpeg_frames.c`
_DECODER = b"mp3float"
_LATE = 529  # samples of delay of the decoder itself; LAME's delay is added
_ALIKE = (0xFF, 0xFE, 0x0C, 0)  # header bits that are the same in a whole stream: sync, version, layer, sample rate
_LONGEST_FRAME_BYTES = 1441
_READ_BYTES = 1 << 17
_HEADER_BYTES, _VBRI_AT = 4, 36
_NO_END = 1 << 62


class Course(ctypes.Structure):
    """Progress of following or decoding a stream: `struct course` of `mpeg_frames.c`.

    sizes: bytes of a frame by bit rate index and padding, 0 for invalid combinations
    head, alike: header of a frame, and the bits of it that all others share
    most: magnitude beyond which a sample is damage
    skip, left: samples still to skip, and to return after these
    taken, filled: used samples of the last frame, and samples in the block
    at, count: offset of the next frame in the passed bytes; frames followed or decoded
    failed: 1 once something was not a frame of this stream, or did not decode
    """

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("send", "receive", "context", "packet", "frame")),
        ("sizes", ctypes.c_int32 * 32),
        ("head", ctypes.c_uint8 * 4),
        ("alike", ctypes.c_uint8 * 4),
        ("most", ctypes.c_float),
        *((name, ctypes.c_long) for name in ("channels", "skip", "left", "taken", "filled", "at", "count", "failed")),
    )


class MpegReader:
    """Blocks of an MP3, sample for sample those of `AvReader`, and without damage; made by `open_mpeg`.

    source: the file, closed by the caller
    frames: its bytes with consecutive frames
    most_frames: audio after this many frames is played, even if it should be skipped
    duration_s: length the file states, None if it states none
    failed: True once something did not decode; the blocks until then are good
    """

    def __init__(
        self,
        source: AudioSource,
        frames: range,
        frame: Frame,
        course: Course,
        *,
        most_frames: int,
        duration_s: float | None,
    ) -> None:
        self._source, self._frames, self._course, self._most_frames = source, frames, course, most_frames
        self.sample_rate_hz, self.channels, self.duration_s = frame.sample_rate_hz, frame.channels, duration_s
        self.begins_at = 0
        libraries = _decoder()
        assert libraries is not None
        libav, decoder = libraries
        self._made = (
            (libav.avcodec_free_context, ctypes.c_void_p(libav.avcodec_alloc_context3(decoder))),
            (libav.av_packet_free, ctypes.c_void_p(libav.av_packet_alloc())),
            (libav.av_frame_free, ctypes.c_void_p(libav.av_frame_alloc())),
        )
        course.context, course.packet, course.frame = (pointer.value for _, pointer in self._made)
        course.send = ctypes.cast(libav.avcodec_send_packet, ctypes.c_void_p)
        course.receive = ctypes.cast(libav.avcodec_receive_frame, ctypes.c_void_p)
        is_made = course.context and course.packet and course.frame
        course.failed = not is_made or libav.avcodec_open2(self._made[0][1], decoder, None) != 0

    @property
    def failed(self) -> bool:
        return bool(self._course.failed)

    def close(self) -> None:
        """Release libav's memory; can be repeated."""
        self._course.failed = 1
        for free, pointer in self._made:
            free(ctypes.byref(pointer))

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 arrays, shape=(n, channels), n = 65536 except for the last, contiguous by channel; once.

        After a failure the unfinished block is dropped, as libav may also lack the previous frame.
        """
        course, piece, library = self._course, b"", kernels()
        assert library is not None
        position = self._frames.start
        rows = np.empty((self.channels, BLOCK_FRAMES), dtype=np.float32)
        while not course.failed:
            call(library.map4_decode_mpeg, course, piece, len(piece), rows, BLOCK_FRAMES)
            if course.filled == BLOCK_FRAMES:
                yield rows.T
                rows, course.filled = np.empty_like(rows), 0
                continue
            course.failed |= bool(piece) and course.at == 0  # a frame longer than the rest
            position, course.at = position + course.at, 0
            if course.left == 0:
                _follow(self._source, range(position, self._frames.stop), course)
                course.failed |= course.count > self._most_frames
            if course.left == 0 or position == self._frames.stop:
                break
            piece = self._source.read(position, min(_READ_BYTES, self._frames.stop - position))
            # Otherwise the file was shortened meanwhile.
            course.failed |= len(piece) < min(_LONGEST_FRAME_BYTES, self._frames.stop - position)
        if course.filled and not course.failed:
            yield np.ascontiguousarray(rows[:, : course.filled]).T


def open_mpeg(source: AudioSource, *, tags_end: int, xing: XingFrame | None, most: float) -> MpegReader | None:
    """Open an MP3 with consecutive frames from first to last; None for all other files, and without kernels.

    tags_end, xing: as for `AvReader`
    most: magnitude beyond which a sample is damage
    """
    if _decoder() is None:
        return None
    at = tags_end if xing is None else xing.at
    head = source.read(at, _LONGEST_FRAME_BYTES)
    frame = parse_mpeg_header(head)
    if frame is None or frame.codec != "mp3" or head[_VBRI_AT:].startswith(b"VBRI"):
        return None
    header = gapless(head, frame, audio_bytes=source.size - at)
    begin = at
    if header is not None:
        if not (header.n_frames or header.n_bytes):  # libav plays it
            return None
        at += frame.size_bytes
        head = source.read(at, _HEADER_BYTES)
        frame = parse_mpeg_header(head)
        if frame is None:
            return None
    frames = range(at, skip_trailing_tags(source, at))
    course = Course(head=tuple(head[:_HEADER_BYTES]), alike=_ALIKE, most=most, channels=frame.channels, left=_NO_END)
    course.sizes = _frame_sizes(head)
    n_frames, n_bytes = (header.n_frames, header.n_bytes) if header is not None else (0, 0)
    # A file as long as stated needs no look-ahead.
    if n_frames <= FRAMES_NEEDED or n_bytes != frames.stop - begin:
        _follow(source, frames, course)
        if course.failed or course.count < FRAMES_NEEDED:
            return None
        course.count = 0
    if header is not None and header.delays >= 0:
        course.skip = (header.delays >> 12) + _LATE
        padding = (header.delays & 0xFFF) - _LATE
        if n_frames and padding > 0:
            course.left = max(0, n_frames * frame.samples - padding - course.skip)
    duration_s = None if xing is None else xing.duration_s
    return MpegReader(source, frames, frame, course, most_frames=n_frames, duration_s=duration_s)


def _follow(source: AudioSource, frames: range, course: Course) -> None:
    """Count consecutive frames; fails if they don't continue to the last byte."""
    library, position = kernels(), frames.start
    assert library is not None
    while position < frames.stop and not course.failed:
        piece = source.read(position, min(PIECE_BYTES, frames.stop - position))
        call(library.map4_follow_mpeg, course, piece, len(piece))
        course.failed |= course.at == 0
        position, course.at = position + course.at, 0


def _frame_sizes(head: bytes) -> tuple[int, ...]:
    """Return the bytes of a frame by bit rate index and padding, for a stream with a frame that begins with `head`."""
    kinds = (head[2] & 0x0C | index >> 1 << 4 | (index & 1) << 1 for index in range(32))
    frames = (parse_mpeg_header(bytes((*head[:2], kind, head[3]))) for kind in kinds)
    return tuple(0 if frame is None else frame.size_bytes for frame in frames)


@cache
def _decoder() -> tuple[Any, ctypes.c_void_p] | None:
    """Return functions of PyAV's libav, and its decoder; None if kernels or these are missing."""
    library = kernels()
    if library is None or not hasattr(library, "map4_decode_mpeg"):
        return None
    try:
        libav = ctypes.CDLL(av.codec.context.__file__)  # finds all libraries that it is linked with
        if libav.avcodec_version() >> 16 not in _KNOWN_VERSIONS:
            return None
        for name in ("avcodec_find_decoder_by_name", "avcodec_alloc_context3", "av_packet_alloc", "av_frame_alloc"):
            getattr(libav, name).restype = ctypes.c_void_p
        decoder = libav.avcodec_find_decoder_by_name(_DECODER)
    except (AttributeError, OSError):
        return None
    return (libav, ctypes.c_void_p(decoder)) if decoder else None

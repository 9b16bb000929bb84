"""MPEG audio (MP1, MP2, MP3) and AAC in ADTS: raw frames between tags."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from map4.core.audio.identity.payload import PayloadHash
from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_trailing_tags, skip_zeros
from map4.core.music.analysis.audio import Identity

# Junk between a tag and the first frame is a few kilobytes of padding, or a picture with a wrong size.
# Files without MPEG frames in this range are left to FFmpeg.
SEARCH_BYTES = 2 << 20
_FIRST_SEARCH_BYTES = 1 << 16  # nearly always enough; 2 MiB take a millisecond
# Two matching headers occur by chance once in a few megabytes of noise, five hardly ever; a known suffix or a tag
# before the frames replaces the other three.
FRAMES_NEEDED = 5
FRAMES_NEEDED_WHEN_NAMED = 2

_MPEG_HEADER_BYTES = 4
_XING_TAGS = (b"Xing", b"Info")
XING_TAG_WITHIN_BYTES = _MPEG_HEADER_BYTES + 32 + 8
"""Bytes of a frame within which the tag's name and flags are."""
_XING_WRITERS = (b"LAME", b"Lavf", b"Lavc")  # whose delays decoders believe
_ADTS_HEADER_BYTES = 7
# ISO/IEC 11172-3 and 13818-3, table of bit rates in kbit/s by (MPEG 1?, layer), index 1-14.
_BIT_RATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
MPEG1_RATES_HZ = (44100, 48000, 32000)
RATE_DIVISOR = {3: 1, 2: 2, 0: 4}  # version bits: MPEG 1, 2, 2.5
# ISO/IEC 14496-3, table 1.18; 13 and 14 are reserved, 15 is an escape that ADTS does not have.
AAC_RATES_HZ = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
# Channel configurations 0-7 of the same standard; 0: described inside the stream, in practice stereo.
AAC_CHANNELS = (2, 1, 2, 3, 4, 5, 6, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The content of a frame header; samples are per channel."""

    codec: str
    sample_rate_hz: int
    channels: int
    size_bytes: int
    samples: int

    def agrees(self, other: Frame) -> bool:
        """Return whether both can belong to one stream (the channel mode may change, as in joint stereo)."""
        return self.codec == other.codec and self.sample_rate_hz == other.sample_rate_hz


def parse_mpeg_header(head: bytes) -> Frame | None:
    """Parse a frame header of MPEG-1/2/2.5 audio; None if invalid (or "free format", which states no size)."""
    if len(head) < _MPEG_HEADER_BYTES or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bit_rate_index, rate_index = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or bit_rate_index in (0, 15) or rate_index == 3:
        return None
    mpeg1 = version == 3
    sample_rate_hz = MPEG1_RATES_HZ[rate_index] // RATE_DIVISOR[version]
    bit_rate = _BIT_RATES[mpeg1, layer][bit_rate_index - 1] * 1000
    padding = head[2] >> 1 & 1
    samples = 384 if layer == 1 else 576 if layer == 3 and not mpeg1 else 1152
    if layer == 1:
        size = (12 * bit_rate // sample_rate_hz + padding) * 4
    else:
        size = samples // 8 * bit_rate // sample_rate_hz + padding
    channels = 1 if head[3] >> 6 == 3 else 2
    return Frame(codec=f"mp{layer}", sample_rate_hz=sample_rate_hz, channels=channels, size_bytes=size, samples=samples)


def parse_adts_header(head: bytes) -> Frame | None:
    """Parse a frame header of AAC in ADTS; None if invalid."""
    if len(head) < _ADTS_HEADER_BYTES or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    rate_index = head[2] >> 2 & 15
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if rate_index >= len(AAC_RATES_HZ) or size < _ADTS_HEADER_BYTES:
        return None
    channels = AAC_CHANNELS[(head[2] & 1) << 2 | head[3] >> 6]
    return Frame(codec="aac", sample_rate_hz=AAC_RATES_HZ[rate_index], channels=channels, size_bytes=size, samples=1024)


def _lead(accept: Callable[[int], bool]) -> bytes:
    return b"[" + b"".join(b"\\x%02x" % byte for byte in range(256) if accept(byte)) + b"]"


# The first three bytes of either header, without impossible rates, so that runs of 0xFF cost nothing.
_SYNC = re.compile(
    b"(?=\xff(?:"
    + _lead(lambda b: b & 0xE0 == 0xE0 and b >> 3 & 3 != 1 and b >> 1 & 3 != 0)
    + _lead(lambda b: 0 < b >> 4 < 15 and b >> 2 & 3 != 3)
    + b"|[\xf0\xf1\xf8\xf9]"
    + _lead(lambda b: b >> 2 & 15 < 13)
    + b"))",
    re.DOTALL,
)


def identify_mpeg(source: AudioSource, start: int, *, named: bool) -> Identity | None:
    """Hash everything from the first frame to the tags at the end; None if there are no frames.

    Of a Xing or Info frame only the delay and length count, as they decide what is audible: programs that copy a stream
    rewrite that frame with other words around the same numbers. Without such a frame, version 1 of the rule applies.
    Junk before the first frame (padding after a tag that its size does not include) is left out, junk inside the stream
    is part of it.

    start: position after the tags at the beginning
    named: whether the file's name or a tag before the frames says that this is MPEG audio
    """
    stop = skip_trailing_tags(source, start)
    # The strict search always comes first: adding a tag to a file must not move the first frame.
    frames = find_frames(source, start, stop, needed=FRAMES_NEEDED)
    if frames is None and named:
        frames = find_frames(source, start, stop, needed=FRAMES_NEEDED_WHEN_NAMED)
    if frames is None:
        return None
    position, frame = frames
    head = source.read(position, min(frame.size_bytes, stop - position))
    header = gapless(head, frame, audio_bytes=stop - position)
    payload = PayloadHash(
        frame.codec,
        sample_rate_hz=frame.sample_rate_hz,
        channels=frame.channels,
        parameters=b"" if header is None else b"xing frames %d delays %d" % (header.n_frames, header.delays),
        rule=1 if header is None else 2,
    )
    payload.add_span(source, position if header is None else position + len(head), stop)
    return replace(payload.identity(), is_tag_broken=_is_tag_broken(source, tags_end=start, first_frame=position))


def _is_tag_broken(source: AudioSource, *, tags_end: int, first_frame: int) -> bool:
    """Return whether a tag does not end where its size says, or its size has high bits, which FFmpeg refuses."""
    head = source.read(0, 10)
    return (head[:3] == b"ID3" and max(head[6:]) >= 0x80) or skip_zeros(source, tags_end) < first_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Gapless:
    """The delay, padding and length in a Xing or Info frame, as far as decoders believe them.

    n_frames, n_bytes: of the stream, 0 if not stated
    delays: samples before the music (upper 12 bits) and after it (lower 12); -1 if decoders don't believe its writer
    """

    n_frames: int
    n_bytes: int
    delays: int


def xing_tag_at(head: bytes) -> int | None:
    """Return the offset of the Xing or Info tag in an MP3 frame that begins with `head`; None if there is none."""
    is_mpeg1, is_mono = head[1] >> 3 & 3 == 3, head[3:4] >= b"\xc0"
    at = _MPEG_HEADER_BYTES + ((17 if is_mono else 32) if is_mpeg1 else (9 if is_mono else 17))
    return at if head[at : at + 4] in _XING_TAGS and len(head) >= at + 8 else None


def gapless(head: bytes, frame: Frame, *, audio_bytes: int) -> Gapless | None:
    """Parse the frame that begins with `head`; None if it is not a Xing or Info frame.

    audio_bytes: from this frame to the tags at the end
    """
    tag_at = xing_tag_at(head) if frame.codec == "mp3" else None
    if tag_at is None:
        return None
    flags, at = head[tag_at + 7], tag_at + 8
    # Frames, bytes, table of contents and quality, each only if its bit is set.
    n_frames = n_bytes = 0
    if flags & 1:
        n_frames, at = int.from_bytes(head[at : at + 4], "big"), at + 4
    if flags & 2:
        n_bytes, at = int.from_bytes(head[at : at + 4], "big"), at + 4
    at += 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    # FFmpeg treats a file far longer than stated as several joined files, and plays it to its end.
    if n_bytes and audio_bytes - n_bytes > n_bytes >> 4:
        n_frames = 0
    delays = int.from_bytes(head[at + 21 : at + 24], "big") if head[at : at + 4] in _XING_WRITERS else -1
    return Gapless(n_frames=n_frames, n_bytes=n_bytes, delays=delays)


def find_frames(source: AudioSource, start: int, stop: int, *, needed: int) -> tuple[int, Frame] | None:
    """Return the first position with `needed` consecutive frames, or with fewer up to the end of the stream."""
    for search_bytes in (_FIRST_SEARCH_BYTES, SEARCH_BYTES):
        frames = _find_frames_within(source, start, stop, min(stop, start + search_bytes), needed)
        if frames is not None:
            return frames
    return None


def _find_frames_within(
    source: AudioSource, start: int, stop: int, limit: int, needed: int
) -> tuple[int, Frame] | None:
    # Beyond the limit, enough to follow the last candidate's chain (an ADTS frame has at most 8191 bytes).
    window = source.read(start, min(stop, limit + FRAMES_NEEDED * 8192) - start)
    for match in _SYNC.finditer(window, 0, limit - start):
        position = match.start()
        for parse in (parse_mpeg_header, parse_adts_header):
            frame = _chain(window, position, parse, needed, ends_here=start + len(window) >= stop)
            if frame is not None:
                return start + position, frame
    return None


def _chain(
    window: bytes, position: int, parse: Callable[[bytes], Frame | None], needed: int, *, ends_here: bool
) -> Frame | None:
    first = parse(window[position : position + _ADTS_HEADER_BYTES])
    frame, count = first, 0
    while frame is not None and first is not None and frame.agrees(first):
        count += 1
        position += frame.size_bytes
        # A file cut inside its last frame is still a stream, but a single header proves nothing.
        if count >= needed or (ends_here and count > 1 and position >= len(window)):
            return first
        if ends_here and count == 1 and position == len(window):
            return first
        frame = parse(window[position : position + _ADTS_HEADER_BYTES])
    return None

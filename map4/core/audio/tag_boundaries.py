"""Boundaries of tags before or after a stream: ID3v1, ID3v2, APEv1/v2, Lyrics3."""

from __future__ import annotations

from collections.abc import Iterator

from map4.core.audio.source import AudioSource
from map4.core.base.text import whole_number

_ID3V1_BYTES = 128
_ID3V1_EXTENDED_BYTES = 227
_ID3V2_HEADER_BYTES = 10
_APE_FOOTER_BYTES = 32
_APE_IS_HEADER = 1 << 29
_LYRICS3_V1_LIMIT_BYTES = 5100 + len(b"LYRICSBEGIN") + len(b"LYRICSEND")
_LYRICS3_V2_END_BYTES = 6 + len(b"LYRICS200")
# Maximum number of stacked tags; taggers stack only a few.
_MOST_TAGS = 64


def skip_leading_tags(source: AudioSource) -> int:
    """Return the position after all ID3v2 and APEv2 tags at the beginning, with zero padding between them.

    Padding after the last tag is left to `skip_zeros`, as a format may itself begin with zeros.
    """
    position = end = 0
    for _ in range(_MOST_TAGS):
        head = source.read(position, _APE_FOOTER_BYTES)
        size = _id3v2_size(head)
        if size == 0 and head[:8] == b"APETAGEX" and len(head) == _APE_FOOTER_BYTES:
            # The size counts items and footer; this is the header.
            size = _APE_FOOTER_BYTES + int.from_bytes(head[12:16], "little")
        if size == 0:
            break
        end = min(position + size, source.size)
        position = skip_zeros(source, end)
    return end


def skip_trailing_tags(source: AudioSource, start: int) -> int:
    """Return the position where the tags at the end begin, stacked in any order; never before `start`."""
    stop = source.size
    for tag_start, _ in trailing_tags(source, start):
        stop = tag_start
    return stop


def trailing_tags(source: AudioSource, start: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each tag at the end, the last one first; never before `start`."""
    stop = source.size
    for _ in range(_MOST_TAGS):
        size = _trailing_tag_size(source, start, stop)
        if size == 0:
            break
        yield stop - size, stop
        stop -= size


def skip_zeros(source: AudioSource, position: int) -> int:
    """Return the position of the first byte from `position` on that is not 0, or the file's size."""
    for piece in source.pieces(position, source.size):
        rest = piece.lstrip(b"\0")
        position += len(piece) - len(rest)
        if rest:
            break
    return position


def _id3v2_size(head: bytes) -> int:
    """Return the total size of the ID3v2 tag with this header (or footer), 0 if invalid."""
    if len(head) < _ID3V2_HEADER_BYTES or head[:3] not in (b"ID3", b"3DI") or head[3] == 0xFF or head[4] == 0xFF:
        return 0
    footer = _ID3V2_HEADER_BYTES if head[5] & 0x10 else 0
    return _ID3V2_HEADER_BYTES + of_syncsafe(head[6:10]) + footer


def of_syncsafe(field: bytes) -> int:
    """Parse a number of seven bits per byte; some writers put plain numbers there, whose high bits are ignored."""
    value = 0
    for byte in field:
        value = value << 7 | byte & 0x7F
    return value


def to_syncsafe(value: int) -> bytes:
    """Encode a number in four times seven bits."""
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def _trailing_tag_size(source: AudioSource, start: int, stop: int) -> int:
    tail = source.read(max(start, stop - _ID3V1_BYTES), min(_ID3V1_BYTES, stop - start))
    sizes = (_id3v1_size, _ape_size, _appended_id3v2_size, _lyrics3_size)
    for measure in sizes:
        size = measure(source, tail, start, stop)
        if 0 < size <= stop - start:
            return size
    return 0


def _id3v1_size(source: AudioSource, tail: bytes, start: int, stop: int) -> int:
    if len(tail) < _ID3V1_BYTES or not tail.startswith(b"TAG") or tail.startswith(b"TAGEX"):
        return 0  # "TAGEX" is the middle of an APE footer's "APETAGEX"
    extended = stop - _ID3V1_BYTES - _ID3V1_EXTENDED_BYTES
    if extended >= start and source.read(extended, 4) == b"TAG+":
        return _ID3V1_BYTES + _ID3V1_EXTENDED_BYTES
    return _ID3V1_BYTES


def _ape_size(source: AudioSource, tail: bytes, start: int, stop: int) -> int:
    footer = tail[-_APE_FOOTER_BYTES:]
    if len(footer) < _APE_FOOTER_BYTES or footer[:8] != b"APETAGEX":
        return 0
    size = max(int.from_bytes(footer[12:16], "little"), _APE_FOOTER_BYTES)
    header = stop - size - _APE_FOOTER_BYTES
    # Some writers claim a header and write none, others the reverse: the actual bytes decide, unless they are the
    # footer of another tag before this one.
    before = source.read(header, _APE_FOOTER_BYTES) if header >= start else b""
    if before[:8] == b"APETAGEX" and int.from_bytes(before[20:24], "little") & _APE_IS_HEADER:
        size += _APE_FOOTER_BYTES
    return size


def _appended_id3v2_size(source: AudioSource, tail: bytes, start: int, stop: int) -> int:
    footer = tail[-_ID3V2_HEADER_BYTES:]
    return _id3v2_size(footer) if footer[:3] == b"3DI" else 0


def _lyrics3_size(source: AudioSource, tail: bytes, start: int, stop: int) -> int:
    if tail.endswith(b"LYRICS200"):
        size = whole_number(tail[-_LYRICS3_V2_END_BYTES:-9].decode("latin-1"))
        return 0 if size is None else size + _LYRICS3_V2_END_BYTES
    if tail.endswith(b"LYRICSEND"):
        first = max(start, stop - _LYRICS3_V1_LIMIT_BYTES)
        begin = source.read(first, stop - first).rfind(b"LYRICSBEGIN")
        return stop - first - begin if begin >= 0 else 0
    return 0

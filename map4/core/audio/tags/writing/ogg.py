"""Ogg: the comment packet of the first audio stream, and its pages."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from map4.core.audio.identity.ogg import page_checksum, parse_first_packet
from map4.core.audio.source import AudioSource
from map4.core.audio.tags.changes import SlotValues, Splice
from map4.core.audio.tags.writing.comments import comment_entries, edited_comments
from map4.errors import FileError

_HEADER_BYTES = 27
_CONTINUED, _FIRST = 0x01, 0x02
_NO_GRANULE = -1
_MOST_LACING = 255
_LACED_BYTES = 255
_CHECKSUM_AT, _SEQUENCE_AT = 22, 18
_MOST_HEADER_PAGES = 10_000
# The bytes before the list of comments in its packet.
_BEFORE = {"vorbis": b"\x03vorbis", "opus": b"OpusTags", "speex": b""}
_FLAC_BLOCK_HEADER_BYTES = 4
_FLAC_COMMENTS = (b"\x04", b"\x84")  # the latter if it is the last block


# Unlike the pages of `identity.ogg`, which are searched after damage and hashed, these must be intact, since they are
# rewritten in place.
@dataclass(frozen=True, slots=True, kw_only=True)
class _WrittenPage:
    at: int
    flags: int
    granule: int
    serial: int
    sequence: int
    checksum: int
    lacing: bytes

    @property
    def body(self) -> int:
        return self.at + _HEADER_BYTES + len(self.lacing)

    @property
    def stop(self) -> int:
        return self.body + sum(self.lacing)

    def written(self, body: bytes) -> bytes:
        """Return the page with this content and its checksum."""
        head = struct.pack("<4sBBqIIIB", b"OggS", 0, self.flags, self.granule, self.serial, self.sequence, 0,
                           len(self.lacing))  # fmt: skip
        page = head + self.lacing + body
        checksum = page_checksum(page).to_bytes(4, "little")
        return page[:_CHECKSUM_AT] + checksum + page[_CHECKSUM_AT + 4 :]


@dataclass(frozen=True, slots=True, kw_only=True)
class _CommentPacket:
    """The packet, and its pages from start to end.

    behind: what follows it on its last page: lacing and bytes
    """

    codec: str
    packet: bytes
    pages: tuple[_WrittenPage, ...]
    behind: tuple[bytes, bytes]


def edit_ogg(source: AudioSource, start: int, values: SlotValues) -> list[Splice]:
    packet = _find(source, start)
    if any(page_checksum(source.read(page.at, page.stop - page.at)) != page.checksum for page in packet.pages):
        raise FileError("corrupt", "is damaged: its page of tags does not match its checksum")
    comments, before = _split(packet)
    edited = edited_comments(comments, values, is_opus=packet.codec == "opus")
    if edited is None:
        return []
    if packet.codec == "flac":
        before = before[:1] + len(edited).to_bytes(3, "big")
    pages = list(_laid_out(packet, before + edited))
    first, *others = packet.pages
    splices = [Splice(first.at, first.stop, b"".join(pages)), *(Splice(page.at, page.stop, b"") for page in others)]
    if len(pages) != len(packet.pages):
        last = packet.pages[-1]
        splices += _renumbered(source, last.stop, last.serial, len(pages) - len(packet.pages))
    return splices


def ogg_entries(source: AudioSource, start: int) -> list[tuple[str, bytes]]:
    comments, _ = _split(_find(source, start))
    return comment_entries(comments)


def ogg_codec(source: AudioSource, start: int) -> str:
    """Return the codec of the first audio stream."""
    return _find(source, start).codec


def _split(comments: _CommentPacket) -> tuple[bytes, bytes]:
    """Split the list of comments from the bytes before it in its packet."""
    size = _FLAC_BLOCK_HEADER_BYTES if comments.codec == "flac" else len(_BEFORE[comments.codec])
    return comments.packet[size:], comments.packet[:size]


def _find(source: AudioSource, start: int) -> _CommentPacket:
    codec, serial = "", -1
    held: list[_WrittenPage] = []
    packet = b""
    for page in _pages(source, start):
        if page.flags & _FIRST and not codec:
            head = parse_first_packet(source.read(page.body, page.stop - page.body))
            if head is not None:
                codec, serial = head.codec, page.serial
            continue
        if page.serial != serial:
            continue
        held.append(page)
        if len(held) > _MOST_HEADER_PAGES:
            break
        body = source.read(page.body, page.stop - page.body)
        end = next((number for number, size in enumerate(page.lacing) if size < _LACED_BYTES), None)
        if end is None:
            packet += body
            continue
        own = sum(page.lacing[: end + 1])
        packet += body[:own]
        is_comment = packet.startswith(_BEFORE[codec]) if codec in _BEFORE else packet[:1] in _FLAC_COMMENTS
        if not is_comment or held[0].flags & _CONTINUED:
            break
        behind = (page.lacing[end + 1 :], body[own:])
        return _CommentPacket(codec=codec, packet=packet, pages=tuple(held), behind=behind)
    raise FileError("corrupt", "has no list of tags at the place required in an Ogg file")


def _pages(source: AudioSource, position: int) -> Iterator[_WrittenPage]:
    """Yield consecutive pages; ends at a gap or a damaged page."""
    while position < source.size:
        head = source.read(position, _HEADER_BYTES)
        if len(head) < _HEADER_BYTES or head[:5] != b"OggS\0":
            break
        flags, granule, serial, sequence, checksum, count = struct.unpack("<5xBqIIIB", head)
        lacing = source.read(position + _HEADER_BYTES, count)
        page = _WrittenPage(
            at=position,
            flags=flags,
            granule=granule,
            serial=serial,
            sequence=sequence,
            checksum=checksum,
            lacing=lacing,
        )
        if page.stop > source.size:
            break
        yield page
        position = page.stop


def _laid_out(comments: _CommentPacket, packet: bytes) -> Iterator[bytes]:
    """Yield the packet, and what follows it on its last page, in the same number of pages if they suffice."""
    size = len(packet)
    own = bytes((_LACED_BYTES,)) * (size // _LACED_BYTES) + bytes((size % _LACED_BYTES,))
    lacing, body = own + comments.behind[0], packet + comments.behind[1]
    count = min(max(len(comments.pages), -(-len(lacing) // _MOST_LACING)), len(lacing))
    first, last = comments.pages[0], comments.pages[-1]
    at = 0
    for number in range(count):
        # Distributed over the pages, so that none is empty.
        share = lacing[len(lacing) * number // count : len(lacing) * (number + 1) // count]
        is_last = number == count - 1
        before = len(lacing) * number // count
        flags = first.flags if number == 0 else (_CONTINUED if lacing[before - 1] == _LACED_BYTES else 0)
        ends_packet = any(size < _LACED_BYTES for size in share)
        page = replace(
            first,
            flags=flags,
            granule=last.granule if is_last else 0 if ends_packet else _NO_GRANULE,
            sequence=first.sequence + number,
            lacing=share,
        )
        yield page.written(body[at : at + sum(share)])
        at += sum(share)


def _renumbered(source: AudioSource, position: int, serial: int, by: int) -> Iterator[Splice]:
    """Yield new numbers and checksums of all later pages of the stream."""
    for page in _pages(source, position):
        if page.serial != serial:
            continue
        if page.flags & _FIRST:  # another link of a chain, which restarts its numbers
            return
        data = source.read(page.at, page.stop - page.at)
        new = data[:_SEQUENCE_AT] + ((page.sequence + by) & 0xFFFFFFFF).to_bytes(4, "little") + data[_CHECKSUM_AT:]
        # A wrong checksum stays wrong: damage must not pass for sound data.
        checksum = (page.checksum ^ page_checksum(data) ^ page_checksum(new)).to_bytes(4, "little")
        yield Splice(page.at + _SEQUENCE_AT, page.at + _CHECKSUM_AT + 4, new[_SEQUENCE_AT:_CHECKSUM_AT] + checksum)

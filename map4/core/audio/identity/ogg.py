"""Ogg: the packets of the first audio stream, independent of their division into pages."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from map4.core.audio.identity.flac import parse_streaminfo
from map4.core.audio.identity.payload import PayloadHash
from map4.core.audio.source import PIECE_BYTES, AudioSource
from map4.core.music.analysis.audio import Identity
from map4.errors import FileError

_CAPTURE = b"OggS"
_PAGE_HEADER = struct.Struct("<4xBBqIII")  # version, flags, granule position, serial, sequence, checksum
_PAGE_HEADER_BYTES = 27
_LONGEST_PAGE_BYTES = _PAGE_HEADER_BYTES + 255 + 255 * 255
_CHECKSUM_AT = 22
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FLAG_FIRST, _FLAG_LAST = 0x02, 0x04
_NO_GRANULE = -1
_SPEEX_HEADER_BYTES = 80
_MOST_SPEEX_HEADERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _OggPage:
    at: int
    flags: int
    granule: int
    serial: int
    sequence: int
    lacing: bytes
    body: memoryview
    is_intact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _StreamHeader:
    """The content of a stream's first packet."""

    codec: str
    sample_rate_hz: int
    channels: int
    bits: int | None = None
    header_packets: int
    setup: bytes = b""


@dataclass(slots=True, kw_only=True)
class _Link:
    """One logical audio stream: the form of its packets, and the current position in them."""

    serial: int
    header: _StreamHeader
    packet: int = 0
    at_start: bool = True
    in_audio: bool = False
    sequence: int = -1
    last_granule: int = _NO_GRANULE
    lacing_values: int = 0


@dataclass(slots=True)
class _Collector:
    """Takes pages and hashes their packets."""

    payload: PayloadHash | None = None
    link: _Link | None = field(default=None)
    length_s: float = 0.0
    closed: set[int] = field(default_factory=set)
    damage: hashlib.blake2b = field(default_factory=partial(hashlib.blake2b, digest_size=16))
    is_damaged: bool = False
    is_gapped: bool = False

    def take(self, page: _OggPage) -> None:
        if page.flags & _FLAG_FIRST and (self.link is None or self.link.in_audio):
            # All streams of a group begin before any continues: a later beginning opens the next link of a chain.
            self._open(page)
        link = self.link
        if link is None and page.serial in self.closed:
            self.note_damage(page.lacing, page.body)  # some decoders play pages after the end
        if link is None or self.payload is None or page.serial != link.serial:
            return
        if not link.in_audio and page.sequence <= link.sequence:
            self.note_damage(page.lacing, page.body)  # a header page twice
        self.is_gapped |= link.in_audio and page.sequence != link.sequence + 1
        link.sequence = page.sequence
        if page.granule != _NO_GRANULE:
            link.last_granule = page.granule
        self._add(link, self.payload, page)
        if page.flags & _FLAG_LAST:
            self.close()

    def note_damage(self, lacing: bytes, data: bytes | memoryview) -> None:
        """Count a page that some decoders read though it is not payload, with its place in the payload."""
        place = 0 if self.payload is None else self.payload.payload_bytes
        self.damage.update(struct.pack(">QQQ", place, len(lacing), len(data)) + lacing)
        self.damage.update(data)
        self.is_damaged = True

    def close(self) -> None:
        """End the current link: its last granule position decides how much of the last packet is audible."""
        if self.link is not None and self.payload is not None:
            # Packets of FLAC and Speex are played whole, regardless of the position at the end.
            is_trimmed = self.link.header.codec in ("vorbis", "opus")
            last_granule = self.link.last_granule if is_trimmed else _NO_GRANULE
            # With the number of lacing values before it, so that the framing is unambiguous when read backwards.
            self.payload.frame(struct.pack(">qQ", last_granule, self.link.lacing_values))
            self.length_s += max(self.link.last_granule, 0) / max(self.link.header.sample_rate_hz, 1)
            self.closed.add(self.link.serial)
        self.link = None

    def _open(self, page: _OggPage) -> None:
        header = parse_first_packet(bytes(page.body[:_LONGEST_PAGE_BYTES]))
        if header is None:
            return
        self.close()
        if self.payload is None:
            self.payload = PayloadHash(
                header.codec,
                sample_rate_hz=header.sample_rate_hz,
                channels=header.channels,
                bits=header.bits,
                parameters=b"ogg" + header.setup,
                rule=2,
            )
        self.link = _Link(serial=page.serial, header=header)

    def _add(self, link: _Link, payload: PayloadHash, page: _OggPage) -> None:
        at = 0
        for index, size in enumerate(page.lacing):
            segment = page.body[at : at + size]
            if link.at_start and not link.in_audio:
                link.in_audio = _is_audio(link, segment)
            if link.in_audio:
                # The sequence of lacing values describes the packets, however they are split into pages.
                lacing = page.lacing[index:]
                if link.header.codec == "flac":
                    lacing = _without_empty_packets(lacing, at_start=link.at_start)
                payload.frame(lacing)
                link.lacing_values += len(lacing)
                payload.add(page.body[at:])
                link.at_start = page.lacing[-1] < 255
                return
            if link.header.codec != "flac" and link.packet != 1:  # packet 1 is the comment
                payload.frame(bytes((size,)))
                link.lacing_values += 1
                payload.add_setup(segment)
            at += size
            link.at_start = size < 255
            link.packet += link.at_start


def identify_ogg(source: AudioSource, start: int) -> Identity | None:
    """Hash the packets of the first audio stream without its comments; of every link of chained streams.

    Granule positions follow from the packets and are left out, except the last one of each link, which decides how much
    of the last packet of Vorbis and Opus is audible. Of FLAC's headers only the format counts (the rest is tags,
    pictures, padding and a checksum that taggers do not update), and empty packets are skipped; of the other codecs
    every header except the comment counts. Pages with a wrong checksum, repeated header pages and pages after the end
    of their stream are not payload, but change the id, as decoders disagree about them.

    returns: Identity, or None if the file has no stream of a codec known here (Theora, MIDI, Skeleton ...)
    """
    collector, lost = _collected(source, start)
    if collector.payload is not None:
        setup = b"damage " + collector.damage.digest() if collector.is_damaged else None
        return collector.payload.identity(setup=setup, length_s=collector.length_s or None)
    if lost is not None:
        raise FileError("corrupt", "is an Ogg file whose first page is damaged")
    return None


def has_damaged_pages(source: AudioSource, start: int) -> bool:
    """True if a page is damaged, repeated, missing, cut, in the wrong place or after the end of its stream."""
    collected, _ = _collected(source, start)
    return collected.is_damaged or collected.is_gapped


def next_link_at(source: AudioSource, position: int) -> int | None:
    """Return where the next link of chained streams begins; None behind the last.

    position: of a page of the current link
    """
    is_inside = False
    for page in _pages(source, position):
        if is_inside and page.flags & _FLAG_FIRST:
            return page.at
        is_inside |= not page.flags & _FLAG_FIRST
    return None


def _collected(source: AudioSource, start: int) -> tuple[_Collector, _StreamHeader | None]:
    """Return all pages, and the header in a damaged first page."""
    collector, lost = _Collector(), None
    for page in _pages(source, start):
        if page.is_intact:
            collector.take(page)
            continue
        if len(page.body) == sum(page.lacing):
            collector.note_damage(page.lacing, page.body)
        else:  # the file ends in it
            collector.is_gapped = True
        if page.flags & _FLAG_FIRST and lost is None:
            lost = parse_first_packet(bytes(page.body[:_LONGEST_PAGE_BYTES]))
    collector.close()
    return collector, lost


def parse_first_packet(packet: bytes) -> _StreamHeader | None:
    """Parse the first packet of a logical stream; None if it is not a known audio codec."""
    if packet.startswith(b"\x01vorbis") and len(packet) >= 16:
        channels, rate = struct.unpack("<BI", packet[11:16])
        return _StreamHeader(codec="vorbis", sample_rate_hz=rate, channels=channels, header_packets=3)
    if packet.startswith(b"OpusHead") and len(packet) >= 16:
        # Opus always plays at 48 kHz; the rate in the header is only what the encoder was fed with.
        return _StreamHeader(codec="opus", sample_rate_hz=48000, channels=packet[9], header_packets=2)
    if packet.startswith(b"\x7fFLAC") and packet[9:13] == b"fLaC":
        info = parse_streaminfo(packet[17:51])
        if info is None:
            raise FileError("corrupt", "has an Ogg FLAC header without a sample rate")
        return _StreamHeader(
            codec="flac",
            sample_rate_hz=info.sample_rate_hz,
            channels=info.channels,
            bits=info.bits,
            header_packets=0,
            setup=info.setup,
        )
    if packet.startswith(b"Speex   ") and len(packet) >= _SPEEX_HEADER_BYTES:
        rate, channels, extra = struct.unpack("<I8xI16xI", packet[36:72])
        return _StreamHeader(
            codec="speex", sample_rate_hz=rate, channels=channels, header_packets=2 + min(extra, _MOST_SPEEX_HEADERS)
        )
    return None


def _is_audio(link: _Link, segment: memoryview) -> bool:
    if link.header.codec == "flac":
        # Header packets begin with a metadata block's type, audio packets with a frame's sync code; the number of
        # headers is not always stated.
        return link.packet > 0 and len(segment) > 0 and segment[0] == 0xFF
    return link.packet >= link.header.header_packets


def _without_empty_packets(lacing: bytes, *, at_start: bool) -> bytes:
    """Return lacing values without empty packets: FFmpeg's encoder ends with one, and drops it in copies.

    at_start: whether a packet begins with the first value
    """
    before = (0 if at_start else 255, *lacing)
    return bytes(size for size, last in zip(lacing, before, strict=False) if size or last == 255)


def _pages(source: AudioSource, position: int) -> Iterator[_OggPage]:
    """Yield all pages in order; damage between them is skipped, and a cut-off last page is yielded as it is."""
    buffer, base = b"", position
    while True:
        at = position - base
        if len(buffer) - at < _LONGEST_PAGE_BYTES and base + len(buffer) < source.size:
            buffer, base, at = source.read(position, PIECE_BYTES + _LONGEST_PAGE_BYTES), position, 0
            if not buffer:
                return
        if not buffer.startswith(_CAPTURE, at):
            place = buffer.find(_CAPTURE, at)
            # The capture pattern itself may be cut by the buffer's end.
            position = base + (place if place >= 0 else max(at + 1, len(buffer) - len(_CAPTURE) + 1))
            if position >= source.size or (place < 0 and base + len(buffer) >= source.size):
                return
            continue
        if len(buffer) - at < _PAGE_HEADER_BYTES:
            return
        version, flags, granule, serial, sequence, checksum = _PAGE_HEADER.unpack_from(buffer, at)
        body = at + _PAGE_HEADER_BYTES + buffer[at + _PAGE_HEADER_BYTES - 1]
        if version != 0:
            position += len(_CAPTURE)
            continue
        lacing = buffer[at + _PAGE_HEADER_BYTES : body]
        end = body + sum(lacing)
        view = memoryview(buffer)
        yield _OggPage(
            at=position,
            flags=flags,
            granule=granule,
            serial=serial,
            sequence=sequence,
            lacing=lacing,
            body=view[body:end],
            is_intact=end <= len(buffer) and page_checksum(view[at:end]) == checksum,
        )
        position = base + end


def page_checksum(page: bytes | memoryview) -> int:
    """Return the correct checksum of an Ogg page (RFC 3533, appendix A), ignoring the stored one.

    It is zlib's CRC-32 with the bits of each byte, and of the result, reversed, and the initial value zero.
    """
    zeroed = b"".join((page[:_CHECKSUM_AT], bytes(4), page[_CHECKSUM_AT + 4 :]))
    turned = zlib.crc32(zeroed.translate(_TURNED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_TURNED), "big")

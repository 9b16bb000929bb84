"""ID3 in a chunk: WAV, AIFF and DSF."""

from __future__ import annotations

from dataclasses import dataclass

from map4.core.audio.chunks import CHUNK_HEADER_BYTES, FILE_HEADER_BYTES, ByteOrder, Chunk, byte_order, chunks
from map4.core.audio.source import AudioSource
from map4.core.audio.tags.changes import SlotValues, Splice, growth
from map4.core.audio.tags.writing.id3 import edit_id3, id3_entries, new_id3
from map4.core.audio.tags.writing.id3_frames import MOST_TAG_BYTES, id3_size
from map4.errors import FileError

_NAMES = {b"RIFF": (b"id3 ", b"ID3 "), b"FORM": (b"ID3 ", b"id3 ")}
_MOST_SIZE = 0xFFFFFFFF
_DSF_SIZE_AT, _DSF_HEADER_BYTES = 12, 28


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A file of chunks: its number format, its ID3 chunk, its end, and its last chunk if the file ends a byte early."""

    order: ByteOrder
    name: bytes
    tag: Chunk | None
    stop: int
    short: Chunk | None


def edit_chunks(source: AudioSource, start: int, values: SlotValues) -> list[Splice]:
    form = _form(source, start)
    if form.tag is None:
        body = new_id3(values)
        body += bytes(len(body) % 2)
        new = bytes(form.short is not None) + form.name + len(body).to_bytes(4, form.order) + body
        splices = [Splice(form.stop, form.stop, new)]
        if form.short is not None and not form.short.size % 2:  # the byte is of its content, which stays as it is
            at = form.short.start
            splices.insert(0, Splice(at - 4, at, (form.short.size - 1).to_bytes(4, form.order)))
    else:
        tag = source.read(form.tag.start, form.tag.size)
        splices = _edit_tag(tag, form.tag, form, values)
    delta = growth(splices)
    if delta:
        size = form.stop - start - CHUNK_HEADER_BYTES + delta
        if size > _MOST_SIZE:
            raise FileError("unsupported", "has no room left for tags")
        splices.insert(0, Splice(start + 4, start + 8, size.to_bytes(4, form.order)))
    return splices


def chunk_entries(source: AudioSource, start: int) -> list[tuple[str, bytes]]:
    form = _form(source, start)
    return [] if form.tag is None else id3_entries(_whole(source.read(form.tag.start, form.tag.size)))


def edit_dsf(source: AudioSource, start: int, values: SlotValues) -> list[Splice]:
    at = _dsf_tag(source, start)
    if at is None:
        new = new_id3(values)
        sizes = (source.size - start + len(new)).to_bytes(8, "little") + (source.size - start).to_bytes(8, "little")
        head = start + _DSF_SIZE_AT
        return [Splice(head, head + 16, sizes), Splice(source.size, source.size, new)]
    splices = edit_id3(_whole(source.read(at, MOST_TAG_BYTES)), values, base=at)
    delta = growth(splices)
    if delta:
        head = start + _DSF_SIZE_AT
        splices.insert(0, Splice(head, head + 8, (source.size - start + delta).to_bytes(8, "little")))
    return splices


def dsf_entries(source: AudioSource, start: int) -> list[tuple[str, bytes]]:
    at = _dsf_tag(source, start)
    return [] if at is None else id3_entries(_whole(source.read(at, MOST_TAG_BYTES)))


def _edit_tag(tag: bytes, chunk: Chunk, form: _Form, values: SlotValues) -> list[Splice]:
    whole = _whole(tag)
    splices = edit_id3(whole, values, base=chunk.start)
    delta = growth(splices)
    if delta:
        # A tag that grows has an even size. Data after it in the chunk moves along.
        old = chunk.start + len(whole)
        grown = len(whole) + delta
        rest = tag[len(whole) :] + bytes((grown + len(tag) - len(whole)) % 2)
        splices.append(Splice(old, min(chunk.stop, form.stop), rest))
        size = grown + len(rest)
        splices.insert(0, Splice(chunk.start - 4, chunk.start, size.to_bytes(4, form.order)))
    return splices


def _whole(data: bytes) -> bytes:
    size = id3_size(data[:10])
    if not 0 < size <= len(data):
        raise FileError("corrupt", "has a damaged ID3 tag")
    return data[:size]


def _form(source: AudioSource, start: int) -> _Form:
    head = source.read(start, FILE_HEADER_BYTES)
    if head[:4] not in _NAMES:
        raise FileError("unsupported", "is a WAV file of a kind whose tags map4 does not write (64-bit or big-endian)")
    order = byte_order(head)
    stated = start + CHUNK_HEADER_BYTES + int.from_bytes(head[4:8], order)
    tag, last, at = None, None, start + FILE_HEADER_BYTES
    for chunk in chunks(source.read, at, order):
        if at >= stated:
            break
        if chunk.name in _NAMES[head[:4]] and tag is None:
            tag = chunk
        last, at = chunk, chunk.stop
    # Some programs omit the padding byte after an odd chunk, and some state a size that includes the header.
    stop = min(stated, source.size)
    short = last if at == stop + 1 else None
    if at != stop and short is None:
        raise FileError("corrupt", "has chunks that don't end where its header says")
    return _Form(order=order, name=_NAMES[head[:4]][0], tag=tag, stop=stop, short=short)


def _dsf_tag(source: AudioSource, start: int) -> int | None:
    head = source.read(start, _DSF_HEADER_BYTES)
    size, pointer = int.from_bytes(head[12:20], "little"), int.from_bytes(head[20:28], "little")
    if len(head) < _DSF_HEADER_BYTES or start + size != source.size or pointer >= size:
        raise FileError("corrupt", "has a DSF header that does not fit the file")
    return start + pointer if pointer else None

"""FLAC: the block of comments, and the padding beside it."""

from __future__ import annotations

from dataclasses import dataclass

from map4.core.audio.identity.flac import is_frame_header
from map4.core.audio.source import AudioSource
from map4.core.audio.tags.changes import SlotValues, Splice, growth
from map4.core.audio.tags.pictures import picture_block
from map4.core.audio.tags.writing.comments import comment_entries, edited_comments, new_comments
from map4.errors import FileError

_STREAMINFO, _PADDING, _COMMENTS, _PICTURE = 0, 1, 4, 6
_IS_LAST = 0x80
_HEADER_BYTES = 4
_MOST_BLOCK_BYTES = (1 << 24) - 1
_MOST_BLOCKS = 4096
_NEW_PADDING_BYTES = 4096
_LONGEST_FRAME_HEADER_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    kind: int
    is_last: bool
    start: int
    stop: int


def edit_flac(source: AudioSource, start: int, values: SlotValues) -> list[Splice]:
    blocks, head = _blocks(source, start), _blocks(source, start)[0]
    texts: SlotValues = {slot: value for slot, value in values.items() if slot != "cover"}
    new, splices = list[tuple[int, bytes]](), list[Splice]()
    if texts:
        comments = next((block for block in blocks if block.kind == _COMMENTS), None)
        if comments is None:
            new.append((_COMMENTS, new_comments(texts)))
        elif (body := edited_comments(_body(source, comments), texts)) is not None:
            splices.append(Splice(comments.start, comments.stop, _block(_COMMENTS, body, is_last=comments.is_last)))
    if "cover" in values:
        body = picture_block(str(values["cover"]).encode("latin-1"))
        if not any(block.kind == _PICTURE and _body(source, block) == body for block in blocks):
            new.append((_PICTURE, body))
    if new:
        if head.is_last:  # its flag ends the chain of blocks
            splices.append(Splice(head.start, head.start + 1, bytes((head.kind,))))
        added = b"".join(_block(kind, body, is_last=head.is_last and (kind, body) == new[-1]) for kind, body in new)
        splices.append(Splice(head.stop, head.stop, added))
    if not splices:
        return []
    return sorted([*splices, *_padded(blocks, growth(splices))], key=lambda each: (each.start, each.stop))


def flac_entries(source: AudioSource, start: int) -> list[tuple[str, bytes]]:
    """Names and bytes of all comments, and the bytes of all other blocks but padding."""
    entries: list[tuple[str, bytes]] = []
    has_comments = False
    for block in _blocks(source, start):
        body = _body(source, block)
        if block.kind == _COMMENTS and not has_comments:
            entries += comment_entries(body)
            has_comments = True
        elif block.kind != _PADDING:
            entries.append((f"block {block.kind}", body))
    return entries


def _padded(blocks: list[_Block], grown: int) -> list[Splice]:
    """Take what the comments need from the padding, or give it what they leave; where it is too short, a new one."""
    padding = next((block for block in blocks if block.kind == _PADDING), None)
    if padding is None:
        return []
    left = padding.stop - padding.start - _HEADER_BYTES - grown
    if not 0 <= left <= _MOST_BLOCK_BYTES:
        left = _NEW_PADDING_BYTES
    return [Splice(padding.start, padding.stop, _block(_PADDING, bytes(left), is_last=padding.is_last))]


def _block(kind: int, body: bytes, *, is_last: bool = False) -> bytes:
    if len(body) > _MOST_BLOCK_BYTES:
        raise FileError("unsupported", "has no room left for tags")
    return bytes((kind | (_IS_LAST if is_last else 0),)) + len(body).to_bytes(3, "big") + body


def _body(source: AudioSource, block: _Block) -> bytes:
    return source.read(block.start + _HEADER_BYTES, block.stop - block.start - _HEADER_BYTES)


def _blocks(source: AudioSource, start: int) -> list[_Block]:
    blocks: list[_Block] = []
    at = start + 4
    while len(blocks) < _MOST_BLOCKS:
        head = source.read(at, _HEADER_BYTES)
        if len(head) < _HEADER_BYTES:
            break
        stop = at + _HEADER_BYTES + int.from_bytes(head[1:], "big")
        block = _Block(kind=head[0] & 0x7F, is_last=bool(head[0] & _IS_LAST), start=at, stop=stop)
        blocks.append(block)
        at = stop
        if block.is_last:
            if blocks[0].kind == _STREAMINFO and is_frame_header(source.read(at, _LONGEST_FRAME_HEADER_BYTES)):
                return blocks
            break
    raise FileError("corrupt", "has damaged blocks before its audio")

"""The LIST INFO chunk of WAV files, which mutagen does not read; its texts are in no stated encoding."""

from __future__ import annotations

from typing import BinaryIO

_MOST_CHUNKS = 1000
_LONGEST_INFO_BYTES = 1 << 20


def read_riff_info(file: BinaryIO) -> dict[str, list[str]]:
    """Texts of all INFO lists by their lower-case names; {} where there are none."""
    texts: dict[str, list[str]] = {}
    position = 12
    for _ in range(_MOST_CHUNKS):
        file.seek(position)
        head = file.read(12)
        if len(head) < 8:
            break
        size = int.from_bytes(head[4:8], "little")
        if head[:4] == b"LIST" and head[8:12] == b"INFO":
            body = file.read(min(max(0, size - 4), _LONGEST_INFO_BYTES))
            at = 0
            while at + 8 <= len(body):
                length = int.from_bytes(body[at + 4 : at + 8], "little")
                raw = body[at + 8 : at + 8 + length].split(b"\0")[0]
                texts.setdefault(body[at : at + 4].decode("latin-1").lower(), []).append(_guess_encoding(raw))
                at += 8 + length + (length & 1)
        position += 8 + size + (size & 1)
    return texts


def _guess_encoding(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")

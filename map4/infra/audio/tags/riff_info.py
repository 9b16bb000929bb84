"""The LIST INFO chunk of WAV files, which mutagen does not read; its texts are in no stated encoding."""

from __future__ import annotations

from map4.infra.audio.chunks import FILE_HEADER_BYTES, Read, chunks

_LONGEST_INFO_BYTES = 1 << 20


def read_riff_info(read: Read) -> dict[str, list[str]]:
    """Texts of all INFO lists by their lower-case names; {} where there are none."""
    texts: dict[str, list[str]] = {}
    for chunk in chunks(read, FILE_HEADER_BYTES, "little"):
        if chunk.name == b"LIST" and read(chunk.start, 4) == b"INFO":
            body = read(chunk.start + 4, min(max(0, chunk.size - 4), _LONGEST_INFO_BYTES))
            at = 0
            while at + 8 <= len(body):
                length = int.from_bytes(body[at + 4 : at + 8], "little")
                raw = body[at + 8 : at + 8 + length].split(b"\0")[0]
                texts.setdefault(body[at : at + 4].decode("latin-1").lower(), []).append(_guess_encoding(raw))
                at += 8 + length + (length & 1)
    return texts


def _guess_encoding(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")

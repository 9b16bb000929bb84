"""What an audio file is by its first bytes, whatever its name says."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Literal

_HEAD_BYTES = 1 << 16
"""How far music may begin after the tags; decoders give up there too."""

_MAX_ID3_TAGS = 8
"""ID3v2 tags in a row that are stepped over; broken taggers stack a few."""

_PCM_OR_FLAC = re.compile(rb"fLaC|(?:RIFF|RF64)....WAVE|FORM....AIF[FC]|riff\x2e\x91\xcf\x11", re.DOTALL)
_KNOWN_AUDIO = re.compile(
    rb"RIFF|RF64|FORM|riff|fLaC|OggS|\xff[\xe2-\xff]|....ftyp|MAC |wvPk|TTA1|MPCK|MP\+|DSD |FRM8|caff|tBaK|\x0b\x77|"
    rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11|\x1aE\xdf\xa3|\.snd",
    re.DOTALL,
)
_LAYER_3_SYNC = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][^\xf0-\xff]", re.DOTALL)
_XING_TAGS = (b"Xing", b"Info")
_RIFF_HEADER_BYTES, _CHUNK_HEADER_BYTES = 12, 8
_STREAMED_BYTES = 0x7FFF_0000
"""Sizes from here on (2 or 4 GiB) are placeholders of programs that could not go back to fill it in."""

_XING_HAS_FRAME_COUNT = 1
_MPEG_HEADER_BYTES = 4
_MPEG_1, _MPEG_2_5 = 3, 0
_MPEG_1_RATES_HZ = (44_100, 48_000, 32_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class XingFrame:
    """The first frame of an MP3 that carries a Xing or Info header.

    Parameters
    ----------
    at : its position in the file
    duration_s : what all frames hold, encoder delay and padding included; None without a frame count
    """

    at: int
    duration_s: float | None


def after_id3(file: io.RawIOBase) -> tuple[int, bytes]:
    """Return where the ID3v2 tags end, and the first bytes from there on (b"" where nothing follows)."""
    offset = 0
    for _ in range(_MAX_ID3_TAGS):
        file.seek(offset)
        head = file.read(_HEAD_BYTES) or b""
        if not head.startswith(b"ID3") or len(head) < 10:
            break
        size = 0
        for byte in head[6:10]:
            size = size << 7 | (byte & 0x7F)
        footer = 10 if head[5] & 0x10 else 0
        offset += 10 + size + footer
    return offset, head


def is_pcm_or_flac(head: bytes) -> bool:
    """Whether `head` begins a WAV, RF64, W64, AIFF or FLAC file."""
    return _PCM_OR_FLAC.match(head) is not None


def looks_like_audio(head: bytes) -> bool:
    """Whether `head` begins like a format that map4 reads, so that failing to read it means damage."""
    return _KNOWN_AUDIO.match(head) is not None


def pcm_share_missing(offset: int, head: bytes, *, file_bytes: int) -> float:
    """Share of the samples that a WAV or AIFF header promises and the file does not hold, 0-1.

    0 where the header makes no promise: a recorder that streams writes the largest size or none.
    """
    order: Literal["little", "big"] = "big" if head.startswith(b"FORM") else "little"
    if not head.startswith((b"RIFF", b"FORM")):
        return 0.0
    at = _RIFF_HEADER_BYTES
    while at + _CHUNK_HEADER_BYTES <= len(head):
        size = int.from_bytes(head[at + 4 : at + 8], order)
        if head[at : at + 4] in (b"data", b"SSND"):
            present = file_bytes - offset - at - _CHUNK_HEADER_BYTES
            promised = 0 < size < _STREAMED_BYTES
            return max(0.0, 1.0 - present / size) if promised else 0.0
        at += _CHUNK_HEADER_BYTES + size + size % 2
    return 0.0


def find_xing_frame(offset: int, head: bytes) -> XingFrame | None:
    """Find the frame with the Xing or Info header, the only place where an MP3 states its delay and length.

    Searched for behind padding and foreign tags too, but not inside other containers.

    Parameters
    ----------
    offset, head : as `after_id3` gives them
    """
    if looks_like_audio(head):
        # In its place or nowhere: the header of a second, joined file describes only that.
        first = _LAYER_3_SYNC.match(head)
        candidates = iter([first] if first else [])
    else:
        candidates = _LAYER_3_SYNC.finditer(head)
    for sync in candidates:
        start = sync.start()
        version, mono = head[start + 1] >> 3 & 3, head[start + 3 : start + 4] >= b"\xc0"
        side_info_bytes = (17 if mono else 32) if version == _MPEG_1 else (9 if mono else 17)
        tag = head[start + _MPEG_HEADER_BYTES + side_info_bytes :][:12]
        rate_index = head[start + 2] >> 2 & 3
        if tag[:4] not in _XING_TAGS or len(tag) < 12 or rate_index >= len(_MPEG_1_RATES_HZ):
            continue
        duration_s = None
        if tag[7] & _XING_HAS_FRAME_COUNT:
            rate_hz = _MPEG_1_RATES_HZ[rate_index] / {_MPEG_1: 1, _MPEG_2_5: 4}.get(version, 2)
            frame_samples = 1152 if version == _MPEG_1 else 576
            duration_s = int.from_bytes(tag[8:12], "big") * frame_samples / rate_hz
        return XingFrame(at=offset + start, duration_s=duration_s)
    return None

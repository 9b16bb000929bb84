"""What one file's audio is, whatever its name and tags: the audio id and the encoded format."""

from __future__ import annotations

from collections.abc import Callable

from map4.domain.audio import Identity
from map4.errors import FileError
from map4.infra.audio.identity.chunks import identify_aiff, identify_dsf, identify_wav
from map4.infra.audio.identity.flac import identify_flac
from map4.infra.audio.identity.lossless import identify_ape, identify_musepack, identify_tta, identify_wavpack
from map4.infra.audio.identity.mp4 import identify_mp4
from map4.infra.audio.identity.mpeg import identify_mpeg
from map4.infra.audio.identity.ogg import identify_ogg
from map4.infra.audio.identity.tagspan import skip_leading_tags, skip_zeros
from map4.infra.audio.source import Source

__all__ = ["identify"]

_MAGIC_BYTES = 16
_MPEG_SUFFIXES = frozenset({".mp3", ".mp2", ".mp1", ".mpga", ".aac", ".adts"})
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")
# Formats that FFmpeg reads, and whose first bytes must not be searched for MPEG frames: ASF, Matroska, AC-3, TAK, DFF,
# RealMedia, CAF, AU, AMR, DTS, W64.
_DEMUXED_MAGIC = (
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\x1a\x45\xdf\xa3", b"\x0b\x77", b"tBaK", b"FRM8",
    b".RMF", b"caff", b".snd", b"#!AMR", b"\x7f\xfe\x80\x01", b"riff\x2e\x91\xcf\x11",
)  # fmt: skip
_BY_MAGIC: tuple[tuple[bytes, Callable[[Source, int], Identity]], ...] = (
    (b"fLaC", identify_flac),
    (b"DSD ", identify_dsf),
    (b"MAC ", identify_ape),
    (b"wvpk", identify_wavpack),
    (b"TTA1", identify_tta),
    (b"MP+", identify_musepack),
    (b"MPCK", identify_musepack),
)
_RIFF_NAMES = (b"RIFF", b"RIFX", b"RF64", b"BW64")


def identify(path: str) -> Identity:
    """Identify the audio in a file by its content, first, and its name's suffix, second.

    The id is the same when the file is moved, renamed or retagged, and another one when the encoded audio, its rate,
    channels or bits differ; `.payload.PayloadHash` states what is hashed, each reader's docstring what counts
    as payload in its format. The file is read once, in pieces, and never written.

    Parameters
    ----------
    path : as `os.fsdecode` gives it; names that are no UTF-8 work

    Returns
    -------
    Identity; `whole_file` is True where no boundary between audio and tags is known

    Raises
    ------
    FileError
        vanished; unreadable; unsupported (no regular file, or nothing in it is recognised as audio); corrupt (empty, or
        audio of a known kind without a single byte of payload).
    """
    with Source(path) as source:
        if source.size == 0:
            raise FileError("corrupt", "The file is empty.")
        start = skip_leading_tags(source)
        identity = _identify_known(source, start)
        if identity is None and source.read(start, 1) == b"\0":  # padding that a tag left behind
            identity = _identify_known(source, skip_zeros(source, start))
        return identity or _identify_searching(source, start)


def _identify_known(source: Source, start: int) -> Identity | None:
    """By the first bytes; None where they say nothing, or where this is better left to FFmpeg."""
    head = source.read(start, _MAGIC_BYTES)
    for magic, reader in _BY_MAGIC:
        if head.startswith(magic):
            return reader(source, start)
    if head[:4] in _RIFF_NAMES and head[8:12] == b"WAVE":
        return identify_wav(source, start)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return identify_aiff(source, start)
    if head[:4] == b"OggS":
        return identify_ogg(source, start)
    if head[4:8] in _MP4_BOXES and start == 0:
        return identify_mp4(source)
    return None


def _identify_searching(source: Source, start: int) -> Identity:
    # PyAV and soundfile cost a tenth of a second to load, and most libraries hold no file that needs them here.
    from map4.infra.audio.identity.demux import identify_by_demuxer

    head = source.read(start, _MAGIC_BYTES)
    known = head.startswith(_DEMUXED_MAGIC) or head[:4] == b"OggS" or head[4:8] in _MP4_BOXES
    if not known:
        named = start > 0 or source.suffix in _MPEG_SUFFIXES
        identity = identify_mpeg(source, start, named=named)
        if identity is not None:
            return identity
    return identify_by_demuxer(source, known=known)

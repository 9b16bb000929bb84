"""The audio id and the encoded format of a file, independent of its name and tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from map4.core.audio.identity.flac import identify_flac
from map4.core.audio.identity.mp4 import identify_mp4
from map4.core.audio.identity.mpeg_audio import identify_mpeg
from map4.core.audio.identity.ogg import identify_ogg
from map4.core.audio.identity.rare_lossless import identify_ape, identify_musepack, identify_tta, identify_wavpack
from map4.core.audio.identity.riff import identify_aiff, identify_dsf, identify_wav
from map4.core.audio.magic import HEAD_BYTES, container_of
from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_leading_tags, skip_zeros
from map4.core.music.analysis.audio import Identity
from map4.errors import FileError

__all__ = ["READERS", "audio_start", "identify"]

_MPEG_SUFFIXES = frozenset({".mp3", ".mp2", ".mp1", ".mpga", ".aac", ".adts"})

READERS: Mapping[str, Callable[[AudioSource, int], Identity | None]] = {
    "flac": identify_flac, "wav": identify_wav, "aiff": identify_aiff, "ogg": identify_ogg, "mp4": identify_mp4,
    "ape": identify_ape, "wavpack": identify_wavpack, "tta": identify_tta, "musepack": identify_musepack,
    "dsf": identify_dsf,
}  # fmt: skip
"""map4's readers by container of `map4.core.audio.magic`; a reader that returns None leaves the file to FFmpeg."""


_LARGE_BYTES, _MOST_HOLLOW = 1 << 30, 20
"""Of files of this size, those with less than a twentieth on the disk are not read: it would take minutes."""


def identify(path: str) -> Identity:
    """Identify the audio in a file by its content first, and its suffix second.

    The id stays the same when the file is moved, renamed or retagged, and changes with the encoded audio, its rate,
    channels or bits; `.payload.PayloadHash` documents what is hashed, each reader's docstring what counts as payload in
    its format. The file is read once, in pieces, and never written.

    returns: Identity; `whole_file` is True if no boundary between audio and tags is known
    """
    with AudioSource(path) as source:
        if source.size == 0:
            raise FileError("corrupt", "is empty")
        if source.size >= _LARGE_BYTES and source.stored_bytes < source.size // _MOST_HOLLOW:
            raise FileError("corrupt", "consists almost only of holes; is the download complete?")
        start = skip_leading_tags(source)
        container = container_of(source.read(start, HEAD_BYTES))
        begin = audio_start(source, start)
        if begin != start:
            container = container_of(source.read(begin, HEAD_BYTES))
        if container is not None and container.name in READERS:
            identity = READERS[container.name](source, begin)
            if identity is not None:
                return identity
        is_known = container is not None and begin == start and container.identified_by in ("reader", "demuxer")
        return _identify_by_packets(source, start, is_known=is_known)


def audio_start(source: AudioSource, tags_end: int) -> int:
    """Return where the audio begins: behind zeros after the tags, if a format with an own reader follows them."""
    if source.read(tags_end, 1) != b"\0" or container_of(source.read(tags_end, HEAD_BYTES)) is not None:
        return tags_end
    begin = skip_zeros(source, tags_end)
    container = container_of(source.read(begin, HEAD_BYTES))
    return tags_end if container is None or container.name not in READERS else begin


def _identify_by_packets(source: AudioSource, start: int, *, is_known: bool) -> Identity:
    """Identify by frames of MPEG audio if the first bytes name no other container, else by FFmpeg."""
    if not is_known:
        identity = identify_mpeg(source, start, named=start > 0 or source.suffix in _MPEG_SUFFIXES)
        if identity is not None:
            return identity
    # PyAV and soundfile take a tenth of a second to load, and few libraries have files that need them here.
    from map4.core.audio.identity.demux import identify_by_demuxer

    return identify_by_demuxer(source, is_known=is_known)

"""Lyrics of a song: beside its file, or in its tags."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import mutagen

from map4.core.audio.jobs import lyrics_beside, lyrics_files
from map4.core.audio.source import AudioSource
from map4.core.audio.tags.families import BROKEN, DEMUXED, OPEN, container_behind_tags, utf16_texts
from map4.core.base.regular_files import OnDisk
from map4.core.music.track.lyrics import FileLyrics, LyricLine, Lyrics, language_code
from map4.errors import FileError

_MOST_BYTES = 1_000_000
_NAMES = ("syncedlyrics", "lyrics", "unsyncedlyrics", "unsynced lyrics", "\xa9lyr", "wm/lyrics", "uslt")
_FFMPEG = re.compile(r"lyrics-(\w{3})")  # FFmpeg's name of ID3's lyrics in a language, which it copies to other formats
_MILLISECONDS = 2  # the commonly used unit of times in ID3's SYLT (milliseconds); the other is MPEG frames


def lyrics_of(path: str) -> Lyrics | None:
    """Return the lyrics: synced ones first, then a `.lrc` or `.txt` file of the same name, then tags; None without."""
    lyrics = [*_read_beside(path), *_read_in_tags(path)]
    return next((entry for entry in lyrics if entry.is_synced), next(iter(lyrics), None))


def lyrics_to_store(path: str) -> FileLyrics:
    """Return the searchable words of the same lyrics."""
    return FileLyrics.of(lyrics_of(path), lyrics_beside(path))


def _read_beside(path: str) -> Iterator[Lyrics]:
    for suffix, _ in lyrics_files(path):
        try:
            data = OnDisk(os.path.splitext(path)[0] + suffix).read(most_bytes=_MOST_BYTES)
        except (OSError, ValueError):
            continue
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252", "replace")
        if "\0" not in text and (lyrics := Lyrics.of_text(text)) is not None:  # else no text
            yield lyrics


def _read_in_tags(path: str) -> list[Lyrics]:
    try:
        with AudioSource(path) as source, source.buffered() as file:
            container, _ = container_behind_tags(source)
            if container in DEMUXED:
                from map4.core.audio.identity.demux import stated_tags  # imports PyAV

                return [*_read_named({name.lower(): text for name, text in stated_tags(source)})]
            file.seek(0)
            # TTA has ID3 for mutagen, and APEv2 from FFmpeg.
            tags: Any = getattr(mutagen.File(file), "tags", None)
            if tags is None and container == "tta":
                file.seek(0)
                tags = OPEN["ape"](file)
            return [*_id3(tags)] if hasattr(tags, "getall") else [*_named(tags)]
    except (FileError, *BROKEN):
        return []


def _id3(tags: Any) -> Iterator[Lyrics]:
    for frame in tags.getall("SYLT"):
        if frame.format == _MILLISECONDS and frame.text:
            lines = (LyricLine(start_ms=max(0, int(at)), text=text.strip()) for text, at in frame.text)
            yield Lyrics(language=language_code(frame.lang), lines=tuple(lines))
    for frame in tags.getall("USLT"):
        if (lyrics := Lyrics.of_text(frame.text[:_MOST_BYTES], frame.lang)) is not None:
            yield lyrics
    yield from _read_named({frame.desc.lower(): frame.text for frame in tags.getall("TXXX")})


def _named(tags: Any) -> Iterator[Lyrics]:
    """Yield lyrics from named fields of comments, MP4, APE and WMA."""
    if tags is None:
        return
    yield from _read_named({str(name).lower(): values for name, values in (*tags.items(), *utf16_texts(tags))})


def _read_named(values_by_name: Mapping[str, Any]) -> Iterator[Lyrics]:
    in_language = {name: match[1] for name in values_by_name if (match := _FFMPEG.fullmatch(name))}
    for name in (*_NAMES, *in_language):
        for value in _texts(values_by_name.get(name)):
            if (lyrics := Lyrics.of_text(value[:_MOST_BYTES], in_language.get(name))) is not None:
                yield lyrics


def _texts(values: Any) -> list[str]:
    if values is None:
        return []
    return [values] if isinstance(values, str) else [str(value) for value in values]

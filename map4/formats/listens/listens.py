"""Plays in the exchange format of ListenBrainz: a line of JSON for each listen.

[1] listenbrainz.readthedocs.io, `users/json`: what a listen is.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from map4.core.base.regular_files import OnDisk
from map4.core.base.text import utc_text
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.plays import Play, PlayTime
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Format, FormatOptions, WriteNotes
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.listens.archives import OTHER_FILES, ZIP, archived_files, archived_names
from map4.formats.values import above_zero, number_of, one_line

_CLIENT = "map4"
_AUDIO_ID = "map4_audio_id"  # identifies the track of a listen written by map4; services ignore unknown fields [1]
_MS_PER_S = 1000
_MOST_BYTES = 1 << 30
_MOST_LINE = 1 << 20
NO_LISTENS = "feedback and pins, which are no listens"
_OF_OTHERS = frozenset({"score", "pinned_until", "blurb_content"})
_ARCHIVED = re.compile(r"(?:.*/)?listens(?:/.+)?\.jsonl?", re.IGNORECASE)


def _export(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    notes, nameless = WriteNotes(), 0
    for play in content.plays():
        if play.artist and play.title:
            listen = json.dumps(_listen(play, content.map4_version), ensure_ascii=False)
            out.write(listen.encode("utf-8", "replace") + b"\n")
            notes.tracks += 1
        else:
            nameless += 1
    notes.remarks.append("each line is a play: a track played twice has two lines")
    if nameless:
        notes.remarks.append(f"plays of tracks without artist or title are left out ({nameless:,})")
    return notes


def _listen(play: Play, version: str | None) -> dict[str, Any]:
    info = {
        "submission_client": _CLIENT,
        "submission_client_version": version,
        "media_player": _CLIENT if play.source in ("page", "python") else play.source,
        "duration_ms": None if play.length_s is None else round(play.length_s * _MS_PER_S),
        _AUDIO_ID: play.audio_id,
    }
    metadata = {
        "artist_name": play.artist,
        "track_name": play.title,
        "release_name": play.album,
        "additional_info": {name: value for name, value in info.items() if value is not None},
    }
    return {
        "listened_at": PlayTime.seconds(play.at),
        "track_metadata": {name: value for name, value in metadata.items() if value is not None},
    }


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Yield each track once, then the plays."""
    known, keys, times = set[str](), list[str](), list[str | None]()
    for listen in _listens(path, notes):
        at = number_of(listen.get("listened_at"))
        metadata = listen.get("track_metadata")
        entry = _entry(metadata if isinstance(metadata, dict) else {})
        moment = None if at is None else PlayTime.moment(at)
        if at is None and not _OF_OTHERS.isdisjoint(listen):
            notes.left_out[NO_LISTENS] += 1
            continue
        if entry is None or moment is None:
            notes.left_out["listens without a title, or without a time from 1990 until now"] += 1
            continue
        key = f"{entry.artist or ''} – {entry.title}"
        keys.append(key)
        times.append(utc_text(moment))
        if key not in known:
            known.add(key)
            yield DjTrack(key=key, entry=entry)
    yield DjPlaylist(name="listens", kind="plays", keys=tuple(keys), times=tuple(times))


def _listens(path: str, notes: ReadNotes) -> Iterator[Mapping[str, Any]]:
    """Yield the listens of a file, or of the files in an archive."""
    with OnDisk(path).open() as file:
        if not file.peek(len(ZIP)).startswith(ZIP):
            yield from _listens_of(file, notes)
            return
    for name, text in archived_files(path):
        if _ARCHIVED.fullmatch(name) or b'"track_metadata"' in text[:_MOST_LINE]:
            yield from _listens_of(io.BytesIO(text), notes)
        else:
            notes.left_out[OTHER_FILES] += 1


def _listens_of(file: BinaryIO, notes: ReadNotes) -> Iterator[Mapping[str, Any]]:
    """Yield listens, from lines as in exports or from documents as in submissions."""
    first = file.readline(_MOST_LINE)
    if _parsed(first) is None:
        document = _parsed(first + file.read(_MOST_BYTES))
        if document is None:
            raise ImportReadError("this is not valid JSON")
        yield from _listens_in(document)
        return
    while first:
        listed = _parsed(first)
        if listed is not None:
            yield from _listens_in(listed)
        elif first.strip():
            notes.left_out["lines that can't be read"] += 1
        first = file.readline(_MOST_LINE)


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _listens_in(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, dict):
        payload = document.get("payload", document)
        document = payload.get("listens", [payload]) if isinstance(payload, dict) else payload
    yield from (listen for listen in (document if isinstance(document, list) else []) if isinstance(listen, dict))


def _entry(metadata: Mapping[str, Any]) -> PlaylistEntry | None:
    title = _text(metadata, "track_name")
    if title is None:
        return None
    info = metadata.get("additional_info")
    more: Mapping[str, Any] = info if isinstance(info, dict) else {}
    milliseconds, seconds = above_zero(more.get("duration_ms")), above_zero(more.get("duration"))
    return PlaylistEntry(
        position=1,
        artist=_text(metadata, "artist_name"),
        title=title,
        album=_text(metadata, "release_name"),
        duration_s=milliseconds / _MS_PER_S if milliseconds else seconds,
        audio_id=_text(more, _AUDIO_ID),
    )


def _text(metadata: Mapping[str, Any], name: str) -> str | None:
    value = metadata.get(name)
    return (one_line(value) or None) if isinstance(value, str) else None


def _recognises(path: str, head: bytes) -> bool:
    if head.startswith(ZIP):
        return any(map(_ARCHIVED.fullmatch, archived_names(path)))
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and b'"track_metadata"' in head


LISTENBRAINZ = Format(
    name="listenbrainz",
    suffixes=(),
    summary="your plays, one line of JSON each, for ListenBrainz",
    exporter=_export,
    options=FormatOptions(named="", paths=False),
)
LISTENS = Importer(
    name="listenbrainz",
    title="ListenBrainz",
    suffixes=("jsonl", "json", "zip"),
    recognises=_recognises,
    read=_read,
    plays="again",
)

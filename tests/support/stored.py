"""Stores filled by what any store offers: files as a scan puts them, and what people and programs say of them."""

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from libraries import MEASURED, audio_id, made_analysis

from map4.core.audio.jobs import Identified, Stamp
from map4.core.base.text import utc_text
from map4.core.music.analysis.audio import AudioFormat, Identity
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.plays import Play, PlaySource
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.lyrics import FileLyrics
from map4.core.music.track.observations import Observation
from map4.core.music.track.tags import Tags
from map4.core.music.track.track_parts import Failure
from map4.core.music.track.user_values import ValueChange
from map4.core.store.database import Database
from map4.core.store.sql_store import Store
from map4.formats.importer import DjTrack
from map4.imports.records import MatchedFile, StagedEntry
from map4.imports.store.imports import SqlImports
from map4.labels.store.annotations import write_observations
from map4.plays.store.plays import SqlPlays
from map4.values.store.values import SqlValues

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
"""When is asked, and what people say was said."""
MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""When files were scanned, unless told otherwise."""
OpenStore = Callable[..., Store]
"""Opens the store of a folder, which is made there where there is none."""
_FORMAT = {"codec": "vorbis", "sample_rate_hz": 22_050, "channels": 1, "bits": None, "payload_bytes": 1}


def put_track(
    store: Store,
    number: int,
    *,
    path: str | None = None,
    audio: int | None = None,
    analysed: bool = True,
    failure: Failure | None = None,
    is_missing: bool = False,
    now: datetime = MADE,
    stamp: Stamp = Stamp(7, 1, 1),  # noqa: B008
    replaces: int | None = None,
    lyrics: FileLyrics | None = None,
    **values: Any,
) -> str:
    """A file with the audio of this number, or of `audio`; `values`: of its analysis, its format and its tags, where
    tempo and key are called `tag_bpm` and `tag_key`."""
    path = path or f"/music/{number}.mp3"
    measured = {name: values.pop(name) for name in MEASURED if name in values}
    form = AudioFormat(**{**_FORMAT, **{name: values.pop(name) for name in _FORMAT if name in values}})
    whole = Identity(audio_id=audio_id(number if audio is None else audio), format=form, whole_file=False)
    tags = Tags(**{name.removeprefix("tag_"): value for name, value in values.items()})
    store.tracks.put_file(
        path,
        stamp,
        Identified(stamp=stamp, identity=whole, tags=tags, lyrics=lyrics),
        now=now,
        analysis=made_analysis(**measured) if analysed else None,
        failure=failure,
        replaces=replaces,
    )
    if is_missing:
        store.tracks.mark_missing([path], now=now)
    return path


def put_own(store: Store, number: int, **values: Any) -> None:
    """What the user sets of a track; None unsets it."""
    [track] = (track for track in store.tracks.tracks() if track.audio_id == audio_id(number))
    changes = [
        ValueChange(track=track, name=name, old=None, new=value, was_own=False, is_own=value is not None)  # type: ignore[arg-type]
        for name, value in values.items()
    ]
    store.part(SqlValues).put(changes, now=NOW)


def put_play(store: Store, audio: str, *, at: datetime = NOW, source: PlaySource = "page") -> None:
    """A play of an audio id."""
    play = Play(audio_id=audio, at=utc_text(at), source=source, heard_s=None, length_s=None)
    store.part(SqlPlays).add(play)


def put_imported(store: Store, values: Mapping[int, Mapping[str, Any]], *, source: str = "a.deck") -> None:
    """What a file of another program says of audio by number, in the place of what it said before."""
    with store.database.reading() as connection:
        paths = {audio: os.fsdecode(path) for audio, path in connection.execute("SELECT audio_id, path FROM files")}
    rows = [
        StagedEntry(
            track=DjTrack(
                key=str(number),
                entry=PlaylistEntry(position=number, location=f"/music/{number}.mp3"),
                values=ImportedValues(**values),
            ),
            paths=(f"/music/{number}.mp3", os.fsdecode(b"/music/caf\xe9.mp3")),
            file=MatchedFile(
                audio_id=audio_id(number), path=paths.get(audio_id(number), f"/music/{number}.mp3"), method="path"
            ),
        )
        for number, values in values.items()
    ]
    imports = store.part(SqlImports)
    with imports.staging(iter(rows)):
        tried = imports.put("deck", source, version=None, now=NOW, dry_run=True)
        assert tried == imports.put("deck", source, version=None, now=NOW)


def numbers_found(store: Store, text: str, **context: Any) -> list[int]:
    """Numbers of the tracks that a query finds, in its order."""
    asked = QueryContext(**{"now": NOW, **context})
    tracks = store.tracks.tracks_by_id(store.search.file_ids(Query.parse(text), asked))
    return [int((track.audio_id or "")[3:], 16) for track in tracks]


def put_observations(database: Database, rows: Iterable[tuple[str, Observation]]) -> None:
    """Store observations of any providers, each with its audio id."""
    with database.transaction() as connection:
        write_observations(connection, rows)

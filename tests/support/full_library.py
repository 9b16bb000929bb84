"""A library file with something in most of its tables, and all rows of one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from query_cases import fill
from stored import NOW, put_imported, put_observations, put_own

from map4.accounts.records import NewCredential
from map4.accounts.store.accounts import SqlAccounts
from map4.core.audio.content import Content
from map4.core.audio.jobs import Stamp, TagsRead
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.plays import Play
from map4.core.music.track.lyrics import FileLyrics
from map4.core.music.track.observations import Observation
from map4.core.store.sqlite_store import SqliteStore
from map4.core.store.written_files import SqlWrittenFiles
from map4.lists.store.playlists import SqlPlaylists
from map4.plays.store.plays import SqlPlays
from map4.plays.store.steps import SqlPlaySteps
from map4.scan.store import SqlIgnoredFiles

DIGEST = b"2" * 32
WORDS = FileLyrics(words="one more line", language="en", beside=".lrc 1 2")
_MADE_ANEW = ("files_fts", "lyrics_fts", "mirror")


@contextmanager
def full_library(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(str(path))) as store:
        fill(store)  # type: ignore[arg-type]
        put_imported(store, {1: {"bpm": 121.25, "play_count": 3, "year": 1999}, 2: {"rating": 4.5}})  # type: ignore[arg-type]
        for rating in (3, 4):
            put_own(store, 2, rating=rating)  # type: ignore[arg-type]
        ann = store.part(SqlAccounts).add("Ann", "user", "hashed", NOW)
        accounts = store.part(SqlAccounts)
        token = NewCredential(
            kind="login", account=ann.number, name="phone", scopes=frozenset({"read"}), digest=b"1" * 32
        )
        accounts.renew(accounts.issue(token, NOW).id, DIGEST, expires_at=None, now=NOW)
        accounts.add_signing_key(b"a" * 32, old_until=NOW, now=NOW)
        tracks = [track for track in store.tracks.tracks() if track.state == "ok"]
        picks = [ListedPick(energy_target=0.5, transition=None, reasons=("x",))] * len(tracks)
        for day in (1, 2):
            content = Tracklist(tracks=tracks[day:], picks=picks[day:], header=ListHeader(seeds=("/a\udce9",)))
            store.part(SqlPlaylists).put("Friday", content, now=NOW)
            play = Play(
                audio_id=tracks[0].audio_id,
                at=f"2026-01-0{day}T00:00:00Z",
                source="page",
                is_skip=False,
                heard_s=1.5,
                length_s=None,
            )
            step = store.part(SqlPlaySteps).begin("set", "/set.mp3", NOW, list_id="l-1") if day == 1 else 0
            store.part(SqlPlays).add(play, apart_s=60.0, step=step)
        observation = Observation(provider="musicbrainz", field="label", value="Warp", provider_id="r", score=0.95,
                           fetched_at="2026-11-21T18:00:00Z")  # fmt: skip
        put_observations(store.database, [(tracks[0].audio_id or "", observation)])
        store.part(SqlWrittenFiles).note(
            "/a.m3u8", Content(size_bytes=1, digest="d"), format_name="m3u8", tracks=1, seconds=0.5, now=NOW
        )
        read = TagsRead(stamp=Stamp(7, 1, 1), tags=tracks[0].tags, lyrics=WORDS)
        store.tracks.put_tags(tracks[0].path, read, now=NOW)
        store.part(SqlIgnoredFiles).forget(["/music/c/8.mp3"], ignore=True, now=NOW)
        yield store


def rows_of(path: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of a library file."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        tables = [name for name, _ in found if not name.startswith(_MADE_ANEW)]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}

"""Random damages of a library against every call of `Library`, and against every command as a process.

    python tests/torture/damage.py [--damages N] [--mirrors N] [--processes N] [--seed K] [--first I] [--keep FOLDER]

Bits, pages, ends, the schema, and single values; also of the file of its jobs, and of the mirror beside it. A finding
is an exception that is none of map4's, a traceback, damage that a call speaks of in a library that `library verify`
calls sound, a damaged mirror that it does not see, a repaired or restored library that is not sound, or one that lacks
rows that SQLite itself reads in the damaged one or, unless it was damaged with SQL, rows whose pages are whole.
Damage I of seed K is always the same; --keep writes the libraries that found something. Prints counts and findings as
JSON, how many of the tracks a repair brings back among them, and ends with 3 where there are findings.
"""

import argparse
import inspect
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from extra_cases import of_extras  # noqa: E402
from libraries import audio_id, execute, file_id, make_library, number_files, put_imported, put_track  # noqa: E402

from map4 import Library  # noqa: E402
from map4.care.store.leaf_pages import LeafPages  # noqa: E402
from map4.core.base.account import digest_of  # noqa: E402
from map4.core.base.records import Record  # noqa: E402
from map4.core.music.lists.tracklist import Tracklist  # noqa: E402
from map4.core.music.query.context import Preferences  # noqa: E402
from map4.core.music.query.parser import Query  # noqa: E402
from map4.core.store.file.database import SqliteDatabase  # noqa: E402
from map4.core.store.sound.sound_index import SqliteSounds  # noqa: E402
from map4.core.store.stored_tables import StoredTable  # noqa: E402
from map4.errors import LibraryDamagedError, Map4Error  # noqa: E402
from map4.imports.options import ImportOptions  # noqa: E402
from map4.jobs.requests import JobRequest  # noqa: E402
from map4.scan.workers.lanes import inline_lanes  # noqa: E402
from map4.search.matching.matcher import read_wanted  # noqa: E402
from map4.values import ValueEdit  # noqa: E402

TRACKS = 9
MANY_TRACKS, ENDS = 200, 200
Rows: TypeAlias = set[tuple[str, str]]
Places: TypeAlias = dict[tuple[str, str], frozenset[int]]
HEADS = {
    "magic": (0, 16), "page size": (16, 24), "header": (0, 100), "freelist": (32, 40), "schema format": (44, 48),
    "encoding": (56, 60), "sector": (0, 512), "schema": (100, 1000), "page 1": (0, 4096), "beginning": (0, 65536),
}  # fmt: skip
"""What is damaged at the beginning of a library: from which byte to which."""
ROOTS = ("files", "analyses", "playlist_tracks", "value_changes", "user_values", "ratings", "imported_tracks", "audit")
"""Tables whose root pages are damaged."""
COMMAND_LIMIT_S = 60.0
COMMANDS = (
    "search --jsonl", "search --paths bpm:100..", "search --list wanted.txt", "stats --json", "doctor --json",
    "similar --json /music/5.mp3", "similar --by mix /music/5.mp3", "similar --by hamms /music/5.mp3",
    "compare /music/5.mp3 /music/6.mp3", "playlist -n 3", "playlist list",
    "playlist show set", "playlist check set", "playlist order set", "playlist fill x --refresh",
    "playlist fill set -n 7",
    "playlist delete x", "export -o out.csv", "export -o out.xml --to rekordbox", "export -o out.html",
    "import x.m3u8", "import waiting", "duplicates --json",
    "set bpm=100 /music/5.mp3", "tags show /music/5.mp3", "library info", "library verify", "library backup saved.map4",
    "library prune", "library forget --list", "library forget /music/5.mp3", "jobs list", "jobs cancel job-1",
    "jobs retry job-3", "accounts tokens", "accounts rotate",
    *(typed for commands in of_extras("COMMANDS", module="damaged") for typed in commands),
    "cache clear --yes", "library repair",
)  # fmt: skip
"""Each works where nothing is damaged."""


KINDS, SQL_KINDS = 6, 4
"""How many kinds of damage there are, and the first of those by SQL."""
SIDE_SUFFIXES = ("-wal", "-shm", "-journal")
PAGE_BYTES = 4096
MIRROR_HEADER_BYTES = 8192
VALUES = (
    None, "", "x", "1e400", -1, 0, 2**63 - 1, -(2**63), 1e308, float("inf"), b"", b"\xff\x00", "{}", "[1]", "null",
    "2026-11-28T05:10:15z", "2026-02-30T00:00:00Z",
)  # fmt: skip
USUAL = frozenset({
    "tracks.all", "search", "tracks.columns", "stats", "doctor.findings", "playlist", "imports.history", "lists",
    "care.info", "export", "report", "rekordbox", "care.backup", "scan", "set", "imports.read", "care.clear",
    "credentials.all", "credentials.signing_keys",
})  # fmt: skip
"""Calls that between them read and write every table."""
NOT_CALLED = frozenset({
    "acting_as", "actor", "part",
    "IN_MEMORY", "close", "path", "play", "watch", "care.verify", "care.repair", "care.restore", "care.check_backup",
    "care.copy", "beside", "tracks.second_opinion", "undo", "undo_events", "files.conversion",
    "files.converted",
    "jobs.runner", "jobs.require_no_server", "jobs.room_for_sets", "jobs.submit_set",
    "files.strip", "tags.write_serato", *(f"plans.{name}" for name in (
        "begin", "carry_out", "get", "make",
    )),
    "imports.preview",
    "jobs.file", "tracks.sound_steps", "care.open_arguments", "care.on_mirror", "care.take_turns", "stop", "at_once",
}).union(*of_extras("NOT_CALLED", module="damaged"))  # fmt: skip
"""Public names of `Library` that `calls` leaves out: they never end, or need music, a service, sounds or jobs; or are
steps to such, as plans are, whose questions are tried for themselves."""


BCRYPT = f"$2b$04${'a' * 53}"
JOB_CALLS: dict[str, Callable[[Library], object]] = {
    "jobs.page": lambda library: [job.to_record() for job in library.jobs.page().jobs],
    "jobs.figures": lambda library: library.jobs.figures(),
    "jobs.get": lambda library: library.jobs.get("job-1").to_record(),
    "events.since": lambda library: [event.to_record() for event in library.events.since().events],
    "jobs.submit": lambda library: library.jobs.submit(JobRequest(kind="duplicates")),
    "jobs.cancel": lambda library: library.jobs.cancel("job-1"),
    "jobs.retry": lambda library: library.jobs.retry("job-3"),
    "jobs.has_server": lambda library: library.jobs.has_server(),
}
"""They read a file of their own, and no row of the library."""
CREDENTIAL_CALLS: dict[str, Callable[[Library], object]] = {
    "credentials.add": lambda library: library.credentials.add("cron", account="Ann"),
    "credentials.remove": lambda library: [
        library.credentials.remove(credential.id) for credential in library.credentials.all()
    ],
    "credentials.rotate": lambda library: [
        library.credentials.rotate(credential.id)
        for credential in library.credentials.all()
        if credential.kind == "token"
    ],
    "credentials.known": lambda library: library.credentials.known(digest_of("map4_none")),
    "credentials.known_id": lambda library: [
        library.credentials.known_id(credential.id) for credential in library.credentials.all()
    ],
    "credentials.devices": lambda library: library.credentials.devices("Ann"),
    "credentials.begin_session": lambda library: library.credentials.begin_session("Ann"),
    "credentials.begin_login": lambda library: library.credentials.begin_login("Ann"),
    "credentials.renew": lambda library: library.credentials.renew(library.credentials.begin_login("Ann").secret),
    "credentials.touch": lambda library: library.credentials.touch(
        {credential.id: datetime(2026, 1, 1, tzinfo=UTC) for credential in library.credentials.all()}
    ),
}
ACCOUNT_CALLS: dict[str, Callable[[Library], object]] = {
    "accounts.find": lambda library: library.accounts.find("ann"),
    "accounts.without_own": lambda library: sorted(library.accounts.without_own()),
    "accounts.was_removed": lambda library: library.accounts.was_removed(7),
    "accounts.get": lambda library: library.accounts.get("ann").to_record(),
    "accounts.add": lambda library: library.accounts.add("Bob", hashed=BCRYPT),
    "accounts.take_local": lambda library: library.accounts.take_local("Ann"),
    "accounts.change": lambda library: library.accounts.change("Ann", name="Anne"),
    "accounts.hashed": lambda library: library.accounts.hashed("long enough"),
    "accounts.put_password": lambda library: library.accounts.put_password("Ann", BCRYPT),
    "accounts.set_password": lambda library: library.accounts.set_password("Ann", "long enough"),
    "accounts.password_hash": lambda library: library.accounts.password_hash(library.accounts.get("Ann").number),
    "accounts.set_password_hash": lambda library: library.accounts.set_password_hash(
        library.accounts.get("Ann").number, BCRYPT
    ),
    "accounts.export": lambda library: list(library.accounts.export("Ann").pieces()),
    "accounts.export_to": lambda library: library.accounts.export_to("Ann", BytesIO()),
    "accounts.note": lambda library: library.accounts.note("logged-in", account=0),
    "accounts.remove": lambda library: library.accounts.remove("Ann"),
}
MIRROR_CALLS = (
    "similar", "similar by mix", "similar by hamms", "mix", "playlist", "playlist_events", "stats", "check", "order",
    "fill", "refresh", "report", *(name for calls in of_extras("MIRROR_CALLS", module="damaged") for name in calls),
)  # fmt: skip


def whole_library(folder: Path) -> Path:
    """A library in which each of the usual tables has rows."""
    (folder / "there").mkdir()
    path = make_library(folder / "there" / "library.map4", files=5)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        put_imported(connection, audio_id(0), rating=4.0, comment="x")
        for number in range(5, 9):
            put_track(
                connection, number, bpm=118.0 + number, key="8A", energy=0.5, artist="An Artist",
                title=f"Title {number}",
                genre="House", year=2000 + number, metre=4, phrases=2, cues=("drop",),
            )  # fmt: skip
    number_files(path)
    (folder / "x.m3u8").write_text("/music/0.wav\n/music/1.wav\n/nowhere.mp3\n")
    with Library.open(path, lanes=inline_lanes) as library:
        library.scan([path.parent])
        library.imports.read(folder / "x.m3u8")
        library.lists.save("set", Tracklist(tracks=list(library.search("bpm:100.."))))
        library.accounts.add("Ann", hashed=BCRYPT)
        for begin in (library.credentials.begin_session, library.credentials.begin_login):
            begin("Ann")
        library.credentials.signing_keys()
        library.credentials.add("cron", account="Ann")
        for kind in ("scan", "export", "duplicates"):
            library.jobs.submit(JobRequest(kind=kind))
        library.jobs.cancel("job-3")
    execute(
        f"{path}.jobs", "UPDATE jobs SET status = 'completed', finished_at = created_at, result = '{}' WHERE id = 2"
    )
    for file in (path, f"{path}.jobs"):
        execute(file, "PRAGMA journal_mode = DELETE")
    return path


def calls_without_arguments() -> dict[str, Callable[[Library], object]]:
    """Every public call that needs no argument, by `part.name`."""
    parts = [(f"{name}.", part) for name, part in inspect.getmembers(Library, inspect.isclass) if name[0] != "_"]
    return {
        f"{part}{name}": partial(_read, f"{part}{name}")
        for part, cls in (("", Library), *parts)
        for name, function in inspect.getmembers(cls, inspect.isfunction)
        if name[0] != "_" and f"{part}{name}" not in NOT_CALLED and not _needs_arguments(function)
    }


def _needs_arguments(function: Callable[..., object]) -> bool:
    _, *parameters = inspect.signature(function).parameters.values()
    return any(
        parameter.default is parameter.empty and not parameter.kind.name.startswith("VAR_") for parameter in parameters
    )


def _read(name: str, library: Library) -> None:
    """Call it, and read all of its result."""
    results = [attrgetter(name)(library)()]
    for result in results:
        if isinstance(result, Record):
            json.dumps(result.to_record(), allow_nan=False)
        elif isinstance(result, list | tuple | Iterator):
            results += result


def calls(path: Path, tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    """What reads and writes a library; records are made to JSON, which has no infinity."""

    def as_json(record: object) -> str:
        return json.dumps(record, allow_nan=False)

    def word_of_changes(library: Library) -> str:
        with closing(library.care.changes()) as changes:  # else whoever opens the library next waits for it
            return changes.word()

    def marked(library: Library) -> Library:
        library.set(first, mark=["peak"])
        return library

    def played_set(library: Library) -> Library:
        for minute, track in enumerate(islice(library.tracks.all(), 2)):
            library.plays.add(track, at=datetime(2026, 1, 2, 20, minute, tzinfo=UTC), source="unmix")
        return library

    first, second = "/music/5.mp3", "/music/6.mp3"
    return {
        **calls_without_arguments(),
        "open": lambda library: library.path,
        "tracks.all": lambda library: [
            as_json(track.to_record()) for track in library.tracks.all(beats=True, sound=True)
        ],
        "track": lambda library: library.track(first, beats=True, sound=True),
        "tracks.by_id": lambda library: list(library.tracks.by_id([1, 6, 7], beats=True)),
        "tracks.at": lambda library: list(library.tracks.at([first, second])),
        "tracks.ids_at": lambda library: library.tracks.ids_at([first, second]),
        "tracks.named": lambda library: (library.tracks.named(first), library.tracks.named("an artist title 5")),
        "tracks.near": lambda library: library.tracks.near("genre:hose"),
        "tracks.near_query": lambda library: library.tracks.near_query("genre:hose"),
        "search": lambda library: list(library.search("bpm:30..300 sort:bpm")),
        "words": lambda library: list(library.search("music")),
        "tracks.paths": lambda library: list(library.tracks.paths("is:any sort:bpm")),
        "count": lambda library: library.count("genre:house or year:1990..2010 has:drop"),
        "tracks.wanted": lambda library: list(library.tracks.wanted(read_wanted("An Artist - Title 5"))),
        "duplicates.recordings": lambda library: library.duplicates.recordings([audio_id(5), audio_id(6)]),
        "tracks.columns": lambda library: library.tracks.columns("", hamms=True),
        "tracks.with_album_levels": lambda library: [*library.tracks.with_album_levels(library.search("is:any"))],
        "stats": lambda library: as_json(library.stats("").to_record()),
        "compare": lambda library: library.compare([first, second]),
        "compare_truth": lambda library: library.compare_truth("file,bpm\n5.mp3,100\n"),
        "similar": lambda library: library.similar(first),
        "similar by mix": lambda library: library.similar(first, by="mix"),
        "similar by hamms": lambda library: library.similar(first, by="hamms"),
        "mix": lambda library: library.mix(first, second),
        "playlist": lambda library: library.playlist(n=3),
        "playlist_events": lambda library: list(library.playlist_events([first], n=3, to=second)),
        "duplicates.find": lambda library: library.duplicates.find(
            kinds=["same_audio", "same_recording", "likely", "versions"]
        ),
        "care.changes": word_of_changes,
        "files.cover": lambda library: [library.files.cover(track.path) for track in library.tracks.all()],
        **JOB_CALLS,
        **CREDENTIAL_CALLS,
        **ACCOUNT_CALLS,
        "lists": lambda library: (library.lists.stored(history=None), library.lists.read("x")),
        "list_file": lambda library: library.list_file("set"),
        "check": lambda library: library.lists.check(library.lists.read("set")),
        "order": lambda library: library.lists.order(library.lists.read("set")),
        "refresh": lambda library: library.lists.refresh(library.lists.read("x")),
        "fill": lambda library: library.lists.fill(library.lists.read("set"), n=7),
        "save": lambda library: library.lists.save("new", Tracklist(tracks=list(library.search("bpm:100..")))),
        "delete": lambda library: library.lists.delete("x"),
        "export": lambda library: library.export(tmp_path / "x.csv", force=True),
        "rekordbox": lambda library: library.export(tmp_path / "x.xml", to="rekordbox", force=True),
        "report": lambda library: library.export(tmp_path / "x.html", force=True),
        "care.backup": lambda library: library.care.backup(tmp_path / "x.bak", force=True),
        "scan": lambda library: library.scan([path.parent], dry_run=True),
        "scan_events": lambda library: list(library.scan_events([path.parent])),
        "analyze": lambda library: library.analyze([path.parent]),
        "analyze_events": lambda library: list(library.analyze_events([path.parent])),
        "tracks.addressed": lambda library: library.tracks.addressed(file_id(6)),
        "tracks.ids_of": lambda library: [
            library.tracks.ids_of(track.audio_id or "x") for track in library.tracks.all()
        ],
        "tracks.made_by_id": lambda library: [
            as_json(track.to_record())
            for _, track in library.tracks.made_by_id(library.tracks.page().files, lambda row: row.read())
        ],
        "tracks.address_of": lambda library: [library.tracks.address_of(track) for track in library.tracks.all()],
        "tracks.rows": lambda library: library.tracks.rows(list(library.tracks.all())),
        "tracks.table_rows": lambda library: as_json(
            library.tracks.table_rows([1, 6, 7], ("title", "bpm", "key", "energy", "strip", "is", "added", "genre"))
        ),
        "tracks.order": lambda library: library.tracks.ids_in_order(
            Query.parse("bpm:30..300 sort:bpm"), library.tracks.order(Query.parse("sort:artist,bpm-"))
        ),
        "tracks.ids_in_order": lambda library: library.tracks.ids_in_order(Query.parse("house"), range(1, 9)),
        "tracks.place_of_text": lambda library: library.tracks.place_of_text(
            [1, 6, 7], Query.parse("sort:artist"), "m"
        ),
        "tracks.rows_of": lambda library: library.tracks.rows_of([audio_id(5), file_id(6)]),
        "tracks.facets": lambda library: as_json(
            library.tracks.facets("", ("genre", "artist", "key", "folder", "is")).to_record()
        ),
        "tracks.completions": lambda library: as_json(library.tracks.completions("genre:h", 7, cache={}).to_record()),
        "tracks.grid_marks": lambda library: [library.tracks.grid_marks(track) for track in library.tracks.all()],
        "files.folders_in": lambda library: library.files.folders_in(tmp_path, [tmp_path]),
        "files.lyrics": lambda library: library.files.lyrics(first),
        "files.forget": lambda library: library.files.forget(list(library.tracks.all()), ignore=True),
        "files.unignore": lambda library: library.files.unignore([]),
        "set": lambda library: library.set(list(library.tracks.all()), bpm=100.0),
        "player_notes.all": lambda library: library.player_notes.all("star"),
        "player_notes.put": lambda library: library.player_notes.put("star", "al-1"),
        "player_notes.remove": lambda library: library.player_notes.remove("star", "al-1"),
        "preferences": lambda library: library.preferences,
        "set_preferences": lambda library: library.set_preferences(Preferences(mono="dual")),
        "genres.set": lambda library: library.genres.set(parents={"Deep House": "House"}),
        "genres.undo": lambda library: (library.genres.set(parents={"Dub": "Reggae"}), library.genres.undo()),
        "tempo_ranges.set": lambda library: library.tempo_ranges.set("80..159"),
        "tempo_ranges.undo": lambda library: (library.tempo_ranges.set("90..179"), library.tempo_ranges.undo()),
        "marks.rename": lambda library: marked(library).marks.rename("peak", "late"),
        "marks.show_as": lambda library: marked(library).marks.show_as("peak", key=2),
        "marks.delete": lambda library: marked(library).marks.delete("peak"),
        "plays.mixes": lambda library: as_json(played_set(library).plays.mixes().to_record()),
        "plays.add": lambda library: library.plays.add(next(library.tracks.all())),
        "set_each": lambda library: library.set_each([([first], ValueEdit(bpm=102.0))]),
        "values.undo": lambda library: (library.set([first], bpm=101.0), library.values.undo()),
        "tags.read": lambda library: list(library.tags.read([first])),
        "tags.write": lambda library: library.tags.write(list(library.tracks.all()), fields=["bpm"], dry_run=True),
        "tags.write_events": lambda library: list(library.tags.write_events(list(library.tracks.all()), dry_run=True)),
        "tags.prefer": lambda library: library.tags.prefer("artist", "imported"),
        "tags.source_change": lambda library: as_json(library.tags.source_change("artist", "imported").to_record()),
        **{name: call for more in of_extras("calls", module="damaged") for name, call in more(tmp_path).items()},
        "imports.read": lambda library: library.imports.read(tmp_path / "x.m3u8"),
        "imports.read_each": lambda library: list(library.imports.read_each([tmp_path / "x.m3u8"], ImportOptions())),
        "imports.plays_of": lambda library: library.imports.plays_of(tmp_path / "x.m3u8"),
        "imports.forget": lambda library: library.imports.forget(tmp_path / "x.m3u8"),
        "files.forget_folder": lambda library: library.files.forget_folder(path.parent),
    }


def outcomes(
    path: Path, tmp_path: Path, names: Collection[str] | None = None, *, file: Path | None = None
) -> Iterator[tuple[str, str, str]]:
    """Each call against the library as it is now: name, how it ended, what it said.

    The library, or the `file` beside it that is damaged, is put back after each.
    """
    content = (file or path).read_bytes()
    for name, call in calls(path, tmp_path).items():
        if names is not None and name not in names:
            continue
        _put(file or path, content)
        # Only words of an error are kept: its frames would keep the library open.
        end, message = "done", ""
        try:
            with Library.open(path, lanes=inline_lanes) as library:
                call(library)
        except Map4Error as error:
            end, message = "damaged" if isinstance(error, LibraryDamagedError) else "error", str(error)
        except Exception:
            end, message = "foreign", traceback.format_exc(limit=-3)
        yield name, end, message
    _put(file or path, content)


def _put(path: Path, content: bytes) -> None:
    for suffix in SIDE_SUFFIXES:
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    path.write_bytes(content)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A library with some bits, a page, its end, its schema or some values other than they were."""
    kind = chance.randrange(KINDS)
    return _altered(content, chance, schema=kind == 4) if kind >= SQL_KINDS else damaged_bytes(content, chance, kind)


def damaged_bytes(content: bytes, chance: random.Random, kind: int | None = None) -> bytes:
    """Any file with some bits, a page, its end, or a bit of its beginning other than they were."""
    data = bytearray(content)
    kind = chance.randrange(4) if kind is None else kind
    if kind == 0:
        for _ in range(chance.choice([1, 5, 50])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif kind == 1:
        page = chance.randrange(max(1, len(content) // PAGE_BYTES)) * PAGE_BYTES
        data[page : page + PAGE_BYTES] = chance.choice([bytes(PAGE_BYTES), chance.randbytes(PAGE_BYTES)])
    elif kind == 2:
        del data[chance.randrange(len(data)) :]
    else:  # where the schema stands
        data[chance.randrange(min(4 * PAGE_BYTES, len(data)))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _altered(content: bytes, chance: random.Random, *, schema: bool) -> bytes:
    """A library that another program wrote to, past all of map4's rules."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(content)
        for pragma in ("ignore_check_constraints", "writable_schema"):
            connection.execute(f"PRAGMA {pragma} = ON")
        made = "SELECT type, name FROM sqlite_master WHERE sql NOT NULL AND name NOT LIKE 'sqlite%'"
        kind, name = chance.choice(sorted(connection.execute(made)))
        plain = f"{made} AND type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        _, table = chance.choice(sorted(connection.execute(plain)))
        column = chance.choice([row[1] for row in connection.execute(f"PRAGMA table_xinfo({table})")])
        where = chance.choice(["", f"WHERE rowid = (SELECT max(rowid) FROM {table})"])
        try:
            if not schema:
                connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ? {where}", (chance.choice(VALUES),))
            elif chance.random() < 0.5:
                connection.execute(f"DROP {kind} {name}")
            else:
                connection.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO other")
        except sqlite3.Error:
            connection.execute("DELETE FROM sqlite_master WHERE name = ?", (name,))
        return connection.serialize()


def errors_of(path: Path, tmp_path: Path, names: Collection[str] | None = None) -> dict[str, str]:
    """What each call that fails says of the library as it is now."""
    found = {name: (end, message) for name, end, message in outcomes(path, tmp_path, names) if end != "done"}
    assert not any(end == "foreign" for end, _ in found.values()), found
    return {name: message for name, (_, message) in found.items()}


class Findings:
    """What happened."""

    def __init__(self, keep: str | None) -> None:
        self.counts: Counter[str] = Counter()
        self.found: list[dict[str, Any]] = []
        self._keep = keep

    def note(self, number: int, call: str, problem: str, content: bytes) -> None:
        self.found.append({"damage": number, "call": call, "problem": problem})
        if self._keep is not None:
            (Path(self._keep) / f"{number}.map4").write_bytes(content)


def damage_calls(findings: Findings, *, seed: int, numbers: range, names: Collection[str] | None = None) -> None:
    """Every call, `verify`, `repair` and `restore` of libraries damaged in so many ways."""
    with _folder() as (folder, path):
        whole, rows, places = path.read_bytes(), _rows(path), _places(path)
        for number in numbers:
            path.write_bytes(content := damaged(whole, random.Random(f"{seed}:{number}")))
            by_sql = random.Random(f"{seed}:{number}").randrange(KINDS) >= SQL_KINDS
            on_whole_pages = set() if by_sql else _on_whole_pages(places, whole, content)
            errors = {}
            # Of most, every call would say the same: that it can't be opened.
            refused = list(outcomes(path, folder, ["open"]))
            results = refused if refused[0][1] == "damaged" else outcomes(path, folder, names)
            for name, end, message in results:
                findings.counts[f"opening: {end}" if results is refused else f"calls: {end}"] += 1
                if end == "foreign":
                    findings.note(number, name, message, content)
                elif end == "damaged":
                    errors[name] = message
            sound = is_sound(path)
            findings.counts["libraries: sound" if sound else "libraries: not sound"] += 1
            if sound and errors:
                findings.note(number, "verify", f"called sound, yet {errors}", content)
            _mend(findings, number, path, folder / "restored.map4", content, rows, on_whole_pages, was_sound=sound)
            for left in (*path.parent.iterdir(), *folder.glob("restored.map4*")):
                if left.suffix != ".jobs":
                    left.unlink()


def damage_jobs(findings: Findings, *, seed: int, numbers: range) -> None:
    """Every call about jobs, their file damaged."""
    with _folder() as (folder, path):
        file = Path(f"{path}.jobs")
        whole = file.read_bytes()
        for number in numbers:
            file.write_bytes(content := damaged(whole, random.Random(f"{seed}:{number}:jobs")))
            for name, end, message in outcomes(path, folder, JOB_CALLS.keys(), file=file):
                findings.counts[f"jobs: {end}"] += 1
                if end == "foreign":
                    findings.note(number, f"{name} of damaged jobs", message, content)


def damage_mirror(findings: Findings, *, seed: int, numbers: range) -> None:
    """Every call that reads the mirror, which is damaged; the library is sound, and one of its tracks changed since."""
    with _folder() as (folder, path):
        with closing(SqliteDatabase(str(path))) as database:
            assert SqliteSounds(database, mirrored_from=1).build_mirror()
        with Library.open(path) as library:
            library.set(list(library.search("path:7")), bpm=99.0)
        execute(path, "PRAGMA journal_mode = DELETE")
        mirror = Path(f"{path}.mirror")
        whole = mirror.read_bytes()
        for number in numbers:
            chance = random.Random(f"{seed}:{number}:mirror")
            head = chance.choice((0, *[MIRROR_HEADER_BYTES] * 4))  # without it nobody reads the rest
            mirror.write_bytes(content := whole[:head] + damaged_bytes(whole[head:], chance))
            for name, end, message in outcomes(path, folder, MIRROR_CALLS, file=mirror):
                findings.counts[f"mirror: {end}"] += 1
                if end != "done":
                    findings.note(number, f"{name} by a damaged mirror", message, content)
            with closing(SqliteDatabase(str(path))) as database:
                is_read = SqliteSounds(database).at_hand() is not None
            findings.counts["mirrors: read" if is_read else "mirrors: as good as none"] += 1
            if is_read and is_sound(path) != (content == whole):
                findings.note(number, "verify", "does not say what the mirror is", content)
            with Library.open(path, lanes=inline_lanes) as library:
                library._store.sounds.warm_mirror()
            if not is_sound(path):
                findings.note(number, "warm", "leaves a damaged mirror", content)


def damage_end(findings: Findings, *, shares: Collection[float]) -> None:
    """`repair` of libraries that lack their last pages."""
    _damage_bytes(findings, [(f"end at {share:.1%}", lambda d, s=share: d[: int(len(d) * s)]) for share in shares])


def damage_heads(findings: Findings, *, seed: int, tables: Collection[str], heads: Collection[str]) -> None:
    """`repair` of libraries whose header, schema or root pages are overwritten."""
    kinds = []
    for filling in (bytes, random.Random(seed).randbytes):

        def overwritten(data: bytes, begin: int, end: int, fill: Callable[[int], bytes] = filling) -> bytes:
            return data[:begin] + fill(end - begin) + data[end:]

        def without_root(data: bytes, table: str, write: Callable[..., bytes] = overwritten) -> bytes:
            with closing(sqlite3.connect(":memory:")) as connection:
                connection.deserialize(data)
                [(root,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,))
            return write(data, (root - 1) * PAGE_BYTES, root * PAGE_BYTES)

        kinds += [(head, lambda d, h=head, w=overwritten: w(d, *HEADS[h])) for head in heads]
        kinds += [(f"root of {table}", lambda d, t=table, w=without_root: w(d, t)) for table in tables]
    _damage_bytes(findings, kinds)


def _damage_bytes(findings: Findings, kinds: Collection[tuple[str, Callable[[bytes], bytes]]]) -> None:
    with _folder() as (folder, path):
        with closing(sqlite3.connect(path)) as connection, connection:
            for number in range(TRACKS, MANY_TRACKS):  # more than one page of each table
                put_track(connection, number, bpm=120.0, artist="An Artist", title=f"Title {number}")
        whole, rows, places = path.read_bytes(), _rows(path), _places(path)
        for number, (kind, damage) in enumerate(kinds):
            path.write_bytes(content := damage(whole))
            on_whole_pages = _on_whole_pages(places, whole, content)
            _mend(findings, number, path, folder / "restored.map4", content, rows, on_whole_pages, was_sound=False)
            findings.counts[f"kinds: {kind}"] += 1
            findings.counts["rows"] += len(places)
            findings.counts["rows: on whole pages"] += len(on_whole_pages)


def _places(path: Path) -> Places:
    """The pages of each row of a sound library, which its tree pages lead to."""
    places: Places = {}
    with closing(LeafPages(str(path))) as leaves, closing(sqlite3.connect(path)) as library:
        pages, read = leaves._pages, []
        node, read_page = pages._node, pages._read

        def noted_node(number: int) -> Any:
            read.clear()
            return node(number)

        def noted_page(number: int) -> bytes:
            read.append(number)
            return read_page(number)

        pages._node, pages._read = noted_node, noted_page  # type: ignore[method-assign]
        for table in StoredTable.all():
            if table.salvage != "no" and leaves.is_whole(table.name):
                columns = dict.fromkeys((*table.key, *table.columns))
                for row in leaves.rows(library, table):
                    assert row is not None
                    places[table.name, repr(tuple(row.get(column) for column in columns))] = frozenset(read)
                    del read[1:]  # the first is the page of the next row too
    assert _rows(path) <= places.keys()
    return {row: places[row] for row in _rows(path)}


def _on_whole_pages(places: Places, whole: bytes, content: bytes) -> Rows:
    """The rows whose pages are the same in a damaged library."""

    def is_same(page: int) -> bool:
        place = slice((page - 1) * PAGE_BYTES, page * PAGE_BYTES)
        return whole[place] == content[place]

    same = {page for page in frozenset().union(*places.values()) if is_same(page)}
    return {row for row, pages in places.items() if pages <= same}


def _mend(
    findings: Findings,
    number: int,
    path: Path,
    other: Path,
    content: bytes,
    rows: Rows,
    on_whole_pages: Rows,
    *,
    was_sound: bool,
) -> None:
    _put(path, content)
    intact = rows & (_rows(path) | on_whole_pages)
    for name, file in (("repair", path), ("restore", other)):
        try:
            Library.care.repair(path) if name == "repair" else Library.care.restore(path, other)
            if not Library.care.verify(file).is_sound:
                findings.note(number, name, "gives a library that is not sound", content)
            elif name == "repair" and not was_sound:
                with Library.open(file) as library:
                    findings.counts["repaired"] += 1
                    findings.counts["repaired: tracks"] += library.count("")
                if lost := intact - _rows(file):
                    findings.note(number, name, f"loses {len(lost)} rows that are whole: {min(lost)}", content)
        except Map4Error as error:
            findings.counts[f"{name}: refused"] += 1
            if name == "repair" and intact:
                findings.note(number, name, f"refused with {len(intact)} rows that are whole: {error}", content)
        except Exception:
            findings.note(number, name, traceback.format_exc(limit=-3), content)


def _rows(path: Path) -> Rows:
    """The rows that SQLite itself reads in a library, of tables that are neither derived nor useless without others.

    Of rows with one key, which only damage gives them, none counts.
    """
    rows: dict[tuple[str, tuple[Any, ...]], list[str]] = {}
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        with suppress(sqlite3.DatabaseError):
            connection.execute("PRAGMA writable_schema = ON")
        for table in StoredTable.all():
            if table.salvage != "no" and not table.orphans and not table.derived_from:
                keys, columns = len(table.key), ", ".join(dict.fromkeys((*table.key, *table.columns)))
                with suppress(sqlite3.DatabaseError, UnicodeDecodeError):
                    for row in connection.execute(f"SELECT {columns} FROM {table.name}"):
                        rows.setdefault((table.name, row[:keys]), []).append(repr(row))
    return {(table, texts[0]) for (table, _), texts in rows.items() if len(texts) == 1}


def damage_commands(findings: Findings, *, seed: int, numbers: range) -> None:
    """Every command, each on the damaged library as it was."""
    with _folder() as (folder, path):
        (folder / "wanted.txt").write_text("An Artist - Title 5\n")
        whole = path.read_bytes()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder), "NO_COLOR": "1"}
        for number in numbers:
            content = damaged(whole, random.Random(f"{seed}:{number}"))
            for command in COMMANDS:
                for suffix in SIDE_SUFFIXES:
                    Path(f"{path}{suffix}").unlink(missing_ok=True)
                path.write_bytes(content)
                arguments = [sys.executable, "-m", "map4", "--library", str(path), *command.split()]
                findings.counts["processes"] += 1
                try:
                    done = subprocess.run(
                        arguments, cwd=folder, env=environment, capture_output=True, stdin=subprocess.DEVNULL,
                        timeout=COMMAND_LIMIT_S, check=False,
                    )  # fmt: skip
                except subprocess.TimeoutExpired:
                    findings.note(number, command, f"took longer than {COMMAND_LIMIT_S:g} s", content)
                    continue
                findings.counts[f"processes: exit {done.returncode}"] += 1
                if b"Traceback" in done.stderr or done.returncode not in (0, 1, 2, 3, 4):
                    errors = done.stderr.decode(errors="replace")
                    findings.note(number, command, f"{done.returncode}: {errors}", content)


def is_sound(path: Path) -> bool:
    try:
        return Library.care.verify(path).is_sound
    except Map4Error:
        return False


@contextmanager
def _folder() -> Iterator[tuple[Path, Path]]:
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # a disk would take half of the time
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name), whole_library(Path(name))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--damages", type=int, default=5_000)
    parser.add_argument("--mirrors", type=int, default=500)
    parser.add_argument("--processes", type=int, default=200, help="damages that every command is tried on")
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", metavar="FOLDER")
    options = parser.parse_args()
    findings = Findings(options.keep)
    damage_calls(findings, seed=options.seed, numbers=range(options.first, options.first + options.damages))
    damage_end(findings, shares=[share / ENDS for share in range(1, ENDS)])
    damage_heads(findings, seed=options.seed, tables=ROOTS, heads=HEADS)
    damage_jobs(findings, seed=options.seed, numbers=range(options.first, options.first + options.damages))
    damage_mirror(findings, seed=options.seed, numbers=range(options.first, options.first + options.mirrors))
    damage_commands(findings, seed=options.seed, numbers=range(options.first, options.first + options.processes))
    counts = dict(sorted(findings.counts.items()))
    whole = counts.get("repaired", 0) * TRACKS
    sys.stdout.write(
        json.dumps({"counts": counts, "repaired: of tracks": whole, "findings": findings.found}, indent=2) + "\n"
    )
    return 3 if findings.found else 0


if __name__ == "__main__":
    raise SystemExit(main())

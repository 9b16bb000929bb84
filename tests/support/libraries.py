"""Libraries made by hand, without audio, whatever else their tables hold."""

import inspect
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from copied import copied

from map4.core.music.analysis.analysis import (
    Analysis,
    Hamms,
    KeyEstimate,
    Loudness,
    Spectrum,
    Tempo,
    TempoCandidate,
    write_core,
)
from map4.core.music.analysis.inside import Bars, DetectedCue, DetectedCueKind, Metre, Phrase, Structure
from map4.core.music.analysis.key import Key
from map4.core.music.track.fields import OF_FILE
from map4.core.music.track.imported import ImportedValues
from map4.core.store.file.database import SqliteDatabase

WHEN = "2026-01-01T00:00:00Z"
CORE = json.dumps(Analysis(duration_s=10.0, tempo=Tempo(bpm=120.0, confidence=0.9)).to_core())
OF_TYPE = {"INTEGER": 1, "TEXT": "x", "REAL": 1.0, "BLOB": b"x"}


@copied
def make_library(path: Path, files: int = 3) -> None:
    """A library of so many analysed files, each with beats and a tempo that the user set."""
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        for number in range(files):
            put_file(connection, f"/music/{number}.wav", audio_id=audio_id(number))
            row = (number + 1, audio_id(number), 1, WHEN, CORE)
            connection.execute(
                "INSERT INTO analyses (id, audio_id, version, analysed_at, core) VALUES (?, ?, ?, ?, ?)", row
            )
            connection.execute(
                "INSERT INTO details (id, beats_version, beats) VALUES (?, 1, ?)", (number + 1, bytes(400))
            )
            put_user_value(connection, audio_id(number), "bpm", str(60 + number))


def audio_id(number: int) -> str:
    return f"a1-{number:032x}"


def number_files(path: Path | str) -> None:
    """Give files ids that tests can know: `file_id(1)` to the first."""
    execute(path, "UPDATE files SET uid = printf('f-%016d', id)")


def file_id(number: int) -> str:
    return f"f-{number:016}"


def put_file(connection: sqlite3.Connection, path: str, **values: object) -> None:
    """A row of files; what it must have and is not given is filled in."""
    info = connection.execute("PRAGMA table_info(files)").fetchall()
    needed = {name: OF_TYPE[kind] for _, name, kind, must, default, key in info if must and default is None and not key}
    row = {**needed, "path": path.encode(), "display": path, "added_at": WHEN, "updated_at": WHEN, **values}
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO files ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def put_user_value(connection: sqlite3.Connection, audio: str, name: str, value: str) -> None:
    """A value that the user set, of each file where it belongs to files; a rating is of who sits at this machine."""
    sql = "INSERT INTO user_values (audio_id, name, value, set_at) VALUES (?, ?, ?, ?)"
    if name in OF_FILE:
        columns, source = "audio_id, name, value, set_at", "SELECT uid, ?2, ?3, ?4 FROM files WHERE audio_id = ?1"
        sql = f"INSERT INTO user_values ({columns}) {source}"
    if name == "rating":
        sql = "INSERT INTO ratings (audio_id, owner, rating, set_at) SELECT ?1, 0, ?3, ?4 WHERE ?2 = 'rating'"
    connection.execute(sql, (audio, name, value, WHEN))


def put_imported(connection: sqlite3.Connection, audio: str, **values: Any) -> None:
    """What another program says of an audio payload; as the library has it once lists of one are imported."""
    recording, of_file = ImportedValues.split(ImportedValues(**values).to_data())
    uids = connection.execute("SELECT uid FROM files WHERE audio_id = ?", (audio,)).fetchall()
    connection.executemany(
        "INSERT OR REPLACE INTO imported (audio_id, data, comment) VALUES (?, ?, ?)",
        [(audio, json.dumps(recording), None),
         *((uid, json.dumps(of_file), values.get("comment")) for (uid,) in uids if of_file)],
    )  # fmt: skip


def counts(path: Path) -> dict[str, int]:
    """Rows by table."""
    tables = ("files", "analyses", "details", "user_values")
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


def execute(path: Path | str, sql: str, values: Sequence[object] = ()) -> None:
    """Change a database, which may be open meanwhile, by a connection of its own."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql, values)


def journal_left_by(path: Path, sql: str) -> bytes:
    """The -wal file that a process killed after `sql` would leave; the library itself ends up unchanged."""
    before = path.read_bytes()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(sql)
        journal = Path(f"{path}-wal").read_bytes()
    path.write_bytes(before)
    return journal


def make_foreign(path: Path, application_id: int = 0) -> Path:
    """A database of another program, which may have said so or not."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA application_id = {application_id}")
        connection.execute("CREATE TABLE notes (text)")
        connection.execute("INSERT INTO notes VALUES ('years of work')")
    return path


def smash(path: Path, *names: str) -> None:
    """Overwrite the root pages of these tables or indexes."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        pages = dict(connection.execute("SELECT name, rootpage FROM sqlite_master"))
    with path.open("r+b") as file:
        for name in names:
            file.seek((pages[name] - 1) * size)
            file.write(b"\xa5" * size)


def beside(path: Path) -> list[str]:
    """Names of what lies beside the library, without the lock."""
    return sorted(other.name for other in path.parent.iterdir() if other != path and other.suffix != ".lock")


def made_analysis(
    *,
    bpm: float | None = None,
    tempo_confidence: float = 0.9,
    half_confidence: float | None = None,
    key: str | None = None,
    key_confidence: float = 0.9,
    energy: float | None = None,
    duration_s: float = 200.0,
    lufs: float | None = -9.0,
    peak: float | None = -0.5,
    range_lu: float | None = None,
    flags: tuple[str, ...] = (),
    metre: int | None = None,
    phrases: int = 0,
    cues: Sequence[DetectedCueKind] = (),
    spectrum: Spectrum | None = None,
) -> Analysis:
    """What might have been measured. half_confidence: of half the tempo; None without other tempi"""
    others = (
        () if bpm is None or half_confidence is None else (TempoCandidate(bpm=bpm / 2, confidence=half_confidence),)
    )
    return Analysis(
        duration_s=duration_s,
        tempo=None if bpm is None else Tempo(bpm=bpm, confidence=tempo_confidence, alternatives=others),
        key=None if key is None else KeyEstimate(key=Key.parse(key), confidence=key_confidence),
        energy=energy,
        spectrum=spectrum,
        loudness=Loudness(
            integrated_lufs=lufs, range_lu=range_lu, true_peak_dbtp=peak, clipped_per_minute=90.0 if peak > 0 else 0.0
        ),
        hamms=Hamms(vector=tuple(i / 20 for i in range(12)), confidence=0.8),
        bars=None
        if metre is None
        else Bars(downbeats_s=(), confidence=0.9, metre=Metre(beats_per_bar=metre, confidence=0.9)),
        structure=Structure(
            phrases=tuple(
                Phrase(start_s=start, end_s=start + 1, bars=8, group="A", role=None, energy=0.5, confidence=0.9)
                for start in range(phrases)
            ),
            confidence=0.9,
        )
        if phrases
        else None,
        detected_cues=tuple(
            DetectedCue(kind=kind, position_s=float(place), reason="", confidence=0.9)
            for place, kind in enumerate(cues)
        ),
        flags=flags,
    )


MEASURED = tuple(inspect.signature(made_analysis).parameters)


def put_track(connection: sqlite3.Connection, number: int, *, analysed: bool = True, **values: Any) -> None:
    """An analysed file: what `made_analysis` takes, and columns of its row of files."""
    of_analysis = {name: values.pop(name) for name in MEASURED if name in values}
    path = str(values.pop("path", f"/music/{number}.mp3"))
    put_file(connection, path, **{"display": path, "audio_id": audio_id(number), "codec": None, **values})
    if not analysed:
        return
    analysis = made_analysis(**of_analysis)
    core = analysis.to_core()
    row = (audio_id(number), analysis.version, WHEN, write_core(core))
    connection.execute("INSERT INTO analyses (audio_id, version, analysed_at, core) VALUES (?, ?, ?, ?)", row)

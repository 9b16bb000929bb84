"""Music in a library for tests of renaming: short files with made-up tags."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quarantines import write_sound

from map4.core.audio.identity import identify
from map4.core.audio.jobs import Identified, Stamp
from map4.core.music.analysis.analysis import Analysis, Tempo
from map4.core.music.track.tags import Tags
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANALYSIS = Analysis(duration_s=80.0, tempo=Tempo(bpm=120.0, confidence=0.9))


def make_music(library: Path, folder: Path, files: dict[str, dict[str, Any]]) -> None:
    """Write a file for each name below a scanned folder, and put it into the library with these tags."""
    with closing(SqliteDatabase(str(library))) as database:
        tracks = SqlTracks(database)
        tracks.put_roots({str(folder): True}, NOW)
        for seed, (name, tags) in enumerate(files.items()):
            path = write_sound(folder / name, seed=seed)
            stamp = Stamp.of(path.stat())
            identified = Identified(stamp=stamp, identity=identify(str(path)), tags=Tags(**tags))
            tracks.put_file(str(path), stamp, identified, now=NOW, analysis=ANALYSIS)


def names(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())

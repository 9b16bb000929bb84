"""Music with copies, in a library: real files of sound, with analyses made up so that they cost nothing."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import soundfile

from map4 import Library
from map4.core.audio.identity import identify
from map4.core.audio.jobs import Identified, Stamp
from map4.core.music.analysis.analysis import Analysis, Tempo
from map4.core.music.track.tags import Tags
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks
from map4.duplicates import DuplicateGroup, GroupKind
from map4.duplicates.records import Member
from map4.scan.workers.lanes import inline_lanes

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_WORDS = np.random.default_rng(1).integers(1, 1 << 16, 400).astype("<u2")
_BEATS_S = 1.0 + 0.5 * np.arange(100)
WORD_S = 0.2
"""Of a fingerprint, so long is a word."""


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A folder of a file system in memory, where there is one: each line of a journal is flushed."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else otherwise) as folder:
        yield Path(folder)


def write_sound(path: Path, *, seed: int = 1, seconds: float = 0.2) -> Path:
    """A short file of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    y = 0.1 * np.random.default_rng(seed).standard_normal(round(8000 * seconds))
    soundfile.write(path, y.astype(np.float32), 8000, subtype="PCM_16")
    return path


def scanned(
    library: Library | Path, *paths: Path, lag_words: int = 0, with_sound: bool = True, with_beats: bool = True
) -> None:
    """Put files into a library as a scan does, all of them the same recording, which begins so much later."""
    words = np.concatenate([np.zeros(lag_words, "<u2"), _WORDS])
    analysis = Analysis(
        duration_s=80.0 + WORD_S * lag_words,
        tempo=Tempo(bpm=120.0, confidence=0.9),
        beats_s=tuple((_BEATS_S + WORD_S * lag_words).tolist()) if with_beats else (),
        fingerprint=words.tobytes() if with_sound else None,
    ).as_stored()
    with closing(SqliteDatabase(str(library if isinstance(library, Path) else library.path))) as database:
        store = SqlTracks(database)
        for path in paths:
            stamp = Stamp.of(path.stat())
            identity = identify(str(path))
            tags = Tags(artist="A", title=path.stem.encode("utf-8", "replace").decode())
            identified = Identified(stamp=stamp, identity=identity, tags=tags)
            store.put_file(str(path), stamp, identified, now=NOW, analysis=analysis)


def put_roots(library: Library | Path, *folders: Path) -> None:
    """Note folders as scanned."""
    with closing(SqliteDatabase(str(library if isinstance(library, Path) else library.path))) as database:
        SqlTracks(database).put_roots({str(folder): True for folder in folders}, NOW)


def mark_missing(library: Library | Path, *files: Path) -> None:
    """Note files as missing, as a scan does."""
    with closing(SqliteDatabase(str(library if isinstance(library, Path) else library.path))) as database:
        SqlTracks(database).mark_missing([str(file) for file in files], now=NOW)


def opened(path: Path, decoder: str = "map4.core.audio.decode:open_audio") -> Library:
    return Library.open(path, lanes=inline_lanes, decoder=decoder)


def group_of(library: Library, *paths: Path, kind: GroupKind = "same_audio", certainty: float = 1.0) -> DuplicateGroup:
    """A group made by hand, the first file to be kept."""
    tracks = [library.track(path) for path in paths]
    members = tuple(
        Member(track=track, quality=90 - place, certainty=certainty if place else 1.0)
        for place, track in enumerate(tracks)
        if track is not None
    )
    return DuplicateGroup(kind=kind, members=members, why="it is the first", certainty=certainty)


def copy_of(path: Path, target: Path) -> Path:
    """The same file under another name, with its times."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)
    return target


def tree(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Every file below a folder: its bytes, mode and time."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            status = path.stat()
            found[os.fsdecode(path.relative_to(folder))] = (path.read_bytes(), status.st_mode, status.st_mtime_ns)
    return found

"""A library of made-up analyses, in which it is known what is like what."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from map4.core.audio.jobs import Identified, Stamp
from map4.core.music.analysis.analysis import Analysis, Hamms, KeyEstimate, Tempo
from map4.core.music.analysis.audio import AudioFormat, Identity
from map4.core.music.analysis.inside import SoundVector
from map4.core.music.analysis.key import Key
from map4.core.music.track.labels import Labels
from map4.core.music.track.tags import Tags
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks
from map4.labels import SqlLabels
from map4.library import Library

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRACKS = 30
KINDS = 3
WORDS = np.random.default_rng(1).integers(1, 1 << 16, (TRACKS, 400)).astype("<u2")


def analysis_of(number: int) -> Analysis:
    """Track `number` of kind number % 3: sounds like its kind, 100 + number BPM, key 1A-12A in turn."""
    rng = np.random.default_rng(number)
    kind = np.random.default_rng(1000 + number % KINDS).standard_normal(SoundVector.SIZE)
    sound = kind + 0.3 * rng.standard_normal(SoundVector.SIZE)
    hamms = np.clip(0.2 + 0.2 * (number % KINDS) + 0.02 * rng.standard_normal(12), 0, 1)
    return Analysis(
        duration_s=200.0,
        tempo=Tempo(bpm=100.0 + number, confidence=0.9),
        key=KeyEstimate(key=Key.parse(f"{number % 12 + 1}A"), confidence=0.9),
        energy=0.5,
        hamms=Hamms(vector=tuple(hamms.tolist()), confidence=0.9),
        sound=tuple(sound.tolist()),
        fingerprint=WORDS[number].tobytes(),
    ).as_stored()


def path_of(number: int) -> str:
    return f"/music/{number:02}.mp3"


@contextmanager
def database_of(library: Library | Path) -> Iterator[SqliteDatabase]:
    """A library, which may be open meanwhile, by a connection of its own."""
    with closing(SqliteDatabase(str(library.path if isinstance(library, Library) else library))) as database:
        yield database


def mark_missing(library: Library | Path, *paths: str) -> None:
    """Note files as gone, as a scan does."""
    with database_of(library) as database:
        SqlTracks(database).mark_missing(paths, now=NOW)


def put_labels(library: Library | Path, labels: Mapping[str, Labels]) -> None:
    """Label audio, as `map4 classify` does."""
    with database_of(library) as database:
        SqlLabels(database).put(labels, now=NOW)


def put(
    library: Library | Path | SqlTracks,
    number: int,
    analysis: Analysis,
    *,
    name: str | None = None,
    tags: Tags | None = None,
    is_tag_broken: bool = False,
) -> None:
    """Store an analysed file, as a scan does."""
    if not isinstance(library, SqlTracks):
        with database_of(library) as database:
            put(SqlTracks(database), number, analysis, name=name, tags=tags, is_tag_broken=is_tag_broken)
        return
    identity = Identity(
        audio_id=f"a1-{number:032x}",
        format=AudioFormat(codec="mp3", sample_rate_hz=44100, channels=2, bits=None, payload_bytes=10**6),
        is_tag_broken=is_tag_broken,
    )
    library.put_file(
        name or path_of(number),
        Stamp(1, 1, 1),
        Identified(stamp=Stamp(1, 1, 1), identity=identity, tags=tags or Tags(title=f"Track {number}")),
        now=NOW,
        analysis=analysis,
    )


def put_tracks(library: Library | Path, numbers: Iterable[int]) -> None:
    """Store these tracks, by one connection."""
    with database_of(library) as database:
        for number in numbers:
            put(SqlTracks(database), number, analysis_of(number))

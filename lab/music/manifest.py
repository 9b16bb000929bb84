"""Music whose tempo, key and beats are known: a table of files, and which of them the analysis was fitted on."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from map4.compare.truth import TruthMatcher, read_truth
from map4.core.audio.tags import read_tags
from map4.core.music.analysis.key import Key
from map4.core.music.recording import KnownName
from map4.errors import FileError

TAUGHT_LICENCES = ("MIT", "BSD", "CC0")
"""What the programs under `training/` learn from: rendered files under these (`lab/training/tempo_examples.py`)."""
TAUGHT_FOLDER = "rendered/"
RUBATO = "asap-"
"""Sources of human piano performances, which are reported apart: they have a tempo only in the mean."""
GTZAN = "gtzan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """One file and what is true of it.

    name: its path in the manifest
    path: where it lies
    sha1: of the file
    source, genre: where it is from; genre may be empty
    bpm: true tempo or None
    is_level_certain: whether half or double the true tempo would be wrong; if not, the file counts for Accuracy 2 only
    key: true key or None
    beats_s: true beats, empty where they are not known
    is_taught: whether map4's weights were fitted on it
    """

    name: str
    path: Path
    sha1: str
    source: str
    genre: str
    bpm: float | None
    is_level_certain: bool
    key: Key | None
    beats_s: tuple[float, ...]
    is_taught: bool

    @property
    def is_rubato(self) -> bool:
        """Whether it is a human piano performance."""
        return self.source.startswith(RUBATO)


def read_manifest(path: Path, leave_out: Collection[str] = ()) -> list[Song]:
    """Read a tab-separated table with a header.

    path: the table; files are relative to its folder. Needed: `path`, `truth_bpm`, `truth_key`. Used where they are
        there: `beats`, `genre`, `source`, `licence`, `octave`, `sha1`
    leave_out: names of files that count as taught besides those the licence tells

    Raises
    ------
    FileNotFoundError
        If the table, or a file in it, is not there.
    """
    with open(path, encoding="utf-8", newline="") as lines:
        return [_song(path.parent, row, leave_out) for row in csv.DictReader(lines, delimiter="\t")]


LABEL_OFF = 1.0
"""Per cent between a published tempo and the nearest reading from which the label itself is in doubt."""


def read_catalogue(folder: Path, table: Path) -> list[Song]:
    """Pieces with the tempo that their composer publishes, whose level is in doubt if no reading fits it.

    table: tab-separated, with `blob`, `genre`, `bpm`, and in `label_nearest` a reading's ratio to the label and how far
        it is off
    """
    with open(table, encoding="utf-8", newline="") as lines:
        rows = {row["blob"]: row for row in csv.DictReader(lines, delimiter="\t")}
    songs = []
    for path in sorted(path for path in folder.iterdir() if path.stem in rows):
        row = rows[path.stem]
        is_certain = abs(float(row["label_nearest"].split()[1].rstrip("%"))) <= LABEL_OFF
        values = {"path": path.name, "truth_bpm": row["bpm"], "truth_key": "", "octave": str(int(is_certain))}
        songs.append(_song(folder, {**values, "source": "catalogue", "genre": row["genre"]}, ()))
    return songs


def match_titles(table: Path, music: Path) -> tuple[list[Song], list[str]]:
    """Songs of a table of titles, with their files below a folder, and titles without exactly one file.

    Tables and matches are those of `map4 compare --truth`.

    Raises
    ------
    UsageError
        If the table has no title, or neither tempo nor key.
    """
    rows, names = read_truth(table.read_text(encoding="utf-8-sig")), []
    for path in sorted(path for path in music.rglob("*") if path.is_file()):
        with suppress(FileError):
            tags = read_tags(str(path))
            names.append(KnownName(str(path), artist=tags.artist, title=tags.title))
    songs, unmatched, matcher = [], [], TruthMatcher(names)
    for row in rows:
        name, reason = matcher.match(row)
        if reason is not None:
            unmatched.append(row.text)
            continue
        values = {"path": Path(name).name, "truth_bpm": str(row.truth_bpm or ""), "genre": row.genre or ""}
        key = row.truth_key.camelot if row.truth_key else ""
        songs.append(_song(Path(name).parent, {**values, "truth_key": key, "source": table.stem}, ()))
    return songs, unmatched


def _song(folder: Path, row: dict[str, str], leave_out: Collection[str]) -> Song:
    name, file = row["path"], folder / row["path"]
    is_free = name.startswith(TAUGHT_FOLDER) and (row.get("licence") or "").startswith(TAUGHT_LICENCES)
    return Song(
        name=name,
        path=file,
        sha1=row.get("sha1") or hashlib.sha1(file.read_bytes(), usedforsecurity=False).hexdigest(),
        source=row.get("source") or "unknown",
        genre=row.get("genre") or "",
        bpm=float(row["truth_bpm"]) if row["truth_bpm"] else None,
        is_level_certain=row.get("octave", "1") != "0",
        key=Key.parse(row["truth_key"]) if row["truth_key"] else None,
        beats_s=_read_beats(folder / row["beats"]) if row.get("beats") else (),
        is_taught=is_free or name in leave_out or Path(name).name in leave_out,
    )


def _read_beats(path: Path) -> tuple[float, ...]:
    """Times in the first column of a text file."""
    return tuple(float(line.split()[0]) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())

"""Measured tempi and keys beside published ones: how many are right, by genre, and which are surely wrong."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from map4.core.base.paths import PathLike
from map4.core.base.records import Bpm, Count, Fraction3, Ordinal, Record
from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.analysis import Tempo
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import SURE_OF_TEMPO, plausible_bpm
from map4.core.music.lists.tracklist import ParsedPlaylist
from map4.core.music.recording import KnownName
from map4.core.music.track.observations import SAME_TEMPO
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import FileError, KeyParseError, NothingFoundError, UsageError
from map4.search import NAME_COLUMNS, NameMatcher, TrackMatcher, WantedTrack

TempoRelation = Literal["x1", "x1/2", "x2", "x1/3", "x3", "x2/3", "x3/2", "other", "none"]
KeyRelation = Literal["same", "fifth", "fourth", "relative", "parallel", "other", "none"]
LeftOut = Literal["no_track", "several_tracks", "not_analysed", "no_value"]
_Points = tuple[float, float, float]  # confidence; 1 if it is right; points if it is nearly right

MULTIPLES: dict[TempoRelation, float] = {
    "x1": 1.0, "x1/2": 1 / 2, "x2": 2.0, "x1/3": 1 / 3, "x3": 3.0, "x2/3": 2 / 3, "x3/2": 3 / 2,
}  # fmt: skip
OCTAVES: tuple[TempoRelation, ...] = ("x1", "x1/2", "x2", "x1/3", "x3")
"""The multiples that Accuracy 2 allows (Gouyon et al., IEEE Trans. Audio, Speech and Language Processing, 2006)."""
KEY_WEIGHTS: dict[KeyRelation, float] = {"same": 1.0, "fifth": 0.5, "relative": 0.3, "parallel": 0.2}
"""MIREX, "Audio Key Detection"; only a key a fifth above the true key counts, as in mir_eval."""
_TO_RELATIVE = {"major": 9, "minor": 3}
WORST = 20
_SUFFIXES = (".bpm", ".key", ".genre")
_TIMED = re.compile(r"^(?:tempo|key|genre)\s+[\d.]+\s+")  # GiantSteps also writes "tempo 0 171.419"
_OF_TRUTH = re.compile(r"[\W\d_]|expected|manual|reference|truth|true")  # "Expected BPM", "truth_bpm", "MANUAL KEY"
_COLUMNS = {
    "file": frozenset({"file", "filename", "path", "filepath", "location", "id", "trackid", "songid", "item"}),
    **NAME_COLUMNS,
    "bpm": frozenset({"bpm", "tempo", "tempobpm"}),
    "key": frozenset({"key", "keyname", "initialkey", "camelot", "tonality"}),
    "genre": frozenset({"genre", "genres", "genrename", "style"}),
    "label": frozenset({"label"}),  # the title in Mixxx' tables
}
_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:bpm)?", re.IGNORECASE)
_LINK = re.compile(r"\[(.*)\]\([^()]*\)")  # of Markdown
_BETWEEN_KEYS = re.compile(r"/|\s-\s")


def tempo_relation(truth_bpm: float, bpm: float | None) -> TempoRelation:
    """Which multiple of the true tempo a tempo is, within 4 %; "none" without a tempo."""
    if bpm is None or bpm <= 0:
        return "none"
    tempi = ((name, truth_bpm * factor) for name, factor in MULTIPLES.items())
    return next((name for name, tempo in tempi if abs(bpm - tempo) <= SAME_TEMPO * tempo), "other")


def key_relation(truth: Key, key: Key | None) -> KeyRelation:
    """How a key relates to the true key; a fourth is a fifth below."""
    if key is None:
        return "none"
    relations: dict[int, KeyRelation] = {0: "parallel", _TO_RELATIVE[truth.mode]: "relative"}
    if key.mode == truth.mode:
        relations = {0: "same", 7: "fifth", 5: "fourth"}
    return relations.get((key.tonic - truth.tonic) % 12, "other")


class TruthRow(
    Record,
    members="line text left_out genre path=track.path truth_bpm bpm=track.analysis.tempo.bpm"
    " bpm_confidence=track.analysis.tempo.confidence tempo truth_key=truth_key.camelot"
    " key=track.analysis.key.key.camelot key_confidence=track.analysis.key.confidence key_relation",
):
    """A row of a table, and its track with the measured values.

    line, text: its place from 1; artist and title, or the file
    left_out: why it is not compared; None if it is
    track: None before it is matched, and if it is left out
    """

    line: Ordinal
    text: str
    file: str
    artist: str | None
    title: str
    genre: str | None
    truth_bpm: Bpm | None
    truth_key: Key | None
    left_out: LeftOut | None = None
    track: Track | None = None

    @property
    def tempo(self) -> TempoRelation | None:
        """Which multiple of the published tempo was measured; None without a published tempo."""
        tempo = self.track and self.track.analysis and self.track.analysis.tempo
        return None if self.truth_bpm is None else tempo_relation(self.truth_bpm, tempo.bpm if tempo else None)

    @property
    def key_relation(self) -> KeyRelation | None:
        """How the measured key relates to the published key; None without a published key."""
        key = self.track and self.track.analysis and self.track.analysis.key
        return None if self.truth_key is None else key_relation(self.truth_key, key.key if key else None)

    def points(self) -> tuple[_Points | None, _Points | None]:
        """The points of tempo and key; None without a published value."""
        analysis, tempo, key = self.track and self.track.analysis, self.tempo, self.key_relation
        sure = [each.confidence if each else 0.0 for each in (analysis and analysis.tempo, analysis and analysis.key)]
        return (
            (sure[0], tempo == "x1", tempo in OCTAVES) if tempo else None,
            (sure[1], key == "same", KEY_WEIGHTS.get(key, 0.0)) if key else None,
        )

    def error(self) -> float:
        """The confidence of a wrong value; -1 if nothing is wrong."""
        return max((points[0] for points in self.points() if points and not points[1]), default=-1.0)


def read_truth(text: str) -> list[TruthRow]:
    """Read a table with commas, semicolons, tabs or the bars of Markdown between its columns.

    raises UsageError: if it has no column for tracks, or neither tempi nor keys
    """
    lines = ["" if line.startswith("#") else line for line in text.removeprefix("\ufeff").splitlines()]
    head = next(filter(str.strip, lines), "")
    reader = csv.reader(lines, delimiter=max(",\t;|", key=head.count))
    try:
        rows = [(reader.line_num, [_LINK.sub(r"\1", cell).strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise UsageError(f"line {reader.line_num} of the table is not valid CSV: {error}") from None
    rows = [(line, row) for line, row in rows if "".join(row).strip("-: ")]
    plain = [_OF_TRUTH.sub("", name.lower()) for name in (rows[0][1] if rows else ())]
    names = [next((column for column, known in _COLUMNS.items() if name in known), "") for name in plain]
    if {"bpm", "key"}.isdisjoint(names) and rows:  # without a head: the file, and its tempo, or numbers and its key
        kinds = (
            "key" if len(cell) > 1 and _key(cell) else "bpm" if (_bpm(cell) or 0) >= Tempo.MIN_BPM else ""
            for cell in rows[0][1][1:]
        )
        names = ["file", *kinds]
    else:
        del rows[:1]
    if not rows or {"bpm", "key"}.isdisjoint(names) or {"file", "title", "label"}.isdisjoint(names):
        wanted = "rows, and the columns 'file' or 'title', and 'bpm' or 'key'"
        raise UsageError(f"the table needs {wanted}; it begins '{head[:100]}'")
    # The first of several columns for one thing counts.
    return [_row(line, dict(reversed([*zip(names, row, strict=False)]))) for line, row in rows]


def _row(line: int, cells: dict[str, str]) -> TruthRow:
    artist, mix = cells.get("artist", ""), cells.get("mix", "")
    title = cells.get("title", "" if artist else cells.get("label", ""))
    title += f" ({mix})" if mix and mix.casefold() not in title.casefold() else ""
    return TruthRow(
        line=line,
        text=" - ".join(filter(None, (artist, title))) or cells.get("file", ""),
        file=cells.get("file", ""),
        artist=artist or None,
        title=title,
        genre=cells.get("genre") or None,
        truth_bpm=_bpm(cells.get("bpm", "")),
        truth_key=_key(cells.get("key", "")),
    )


def _bpm(text: str) -> float | None:
    match = _NUMBER.fullmatch(text)
    return match and plausible_bpm(float(match[1].replace(",", ".")))


def _key(text: str) -> Key | None:
    """The key; None for several, between which annotators did not decide."""
    with suppress(KeyParseError):
        keys = {*map(Key.parse, _BETWEEN_KEYS.split(text))}
        return keys.pop() if len(keys) == 1 else None
    return None


def _text_of(path: str) -> str:
    """The text of a table, or a table of a folder's annotations: `NAME.bpm`, `NAME.key`, `NAME.genre`.

    The last folder with an annotation of a name counts, such as `annotations_v2` of GiantSteps.
    """
    if not os.path.isdir(path):
        return OnDisk(path).read(most_bytes=ParsedPlaylist.MOST_BYTES).decode("utf-8-sig", "replace")
    values = defaultdict[str, dict[str, str]](dict)
    for file in sorted(each for each in Path(path).rglob("*") if each.suffix in _SUFFIXES):
        lines = [line.strip() for line in _text_of(str(file)).splitlines() if line.strip() and line[0] != "#"]
        values[file.stem][file.suffix] = _TIMED.sub("", lines[-1]) if lines else ""
    rows = ("\t".join([name, *(of_name.get(suffix, "") for suffix in _SUFFIXES)]) for name, of_name in values.items())
    return "\n".join(["file\tbpm\tkey\tgenre", *rows])


class TruthMatcher:
    """Finds the files of rows: by their names, also without suffix and folders, or by artist and title."""

    def __init__(self, names: Iterable[KnownName]) -> None:
        present = [name for name in names if not name.is_missing]
        self._matcher, self._files = TrackMatcher(present), defaultdict[str, list[KnownName]](list)
        for name in present:
            stem, base = _file_name(name.path)
            for known in {base, stem, stem.removesuffix(".lofi")}:  # as previews of Beatport end
                self._files[known].append(name)

    def match(self, row: TruthRow) -> tuple[str, LeftOut | None]:
        """A path, or why there is none."""
        stem, base = _file_name(row.file)
        same = self._files.get(base) or self._files.get(stem) or []
        end = os.path.splitext(f"/{row.file}".replace("\\", "/").casefold())[0]
        same = [each for each in same if os.path.splitext(each.path.casefold())[0].endswith(end)] or same
        if same:
            return same[0].path, "several_tracks" if len({each.audio_id or each.path for each in same}) > 1 else None
        match = self._matcher.match(WantedTrack(artist=row.artist, title=row.title), least_certainty=NameMatcher.SURE)
        if match is None or (match.certainty < NameMatcher.SURE and not match.rivals):
            return "", "no_track"
        return match.path, "several_tracks" if match.rivals else None


def _file_name(path: str) -> tuple[str, str]:
    """The name of a file without and with its suffix, to compare."""
    base = path.replace("\\", "/").rpartition("/")[2].casefold()
    return os.path.splitext(base)[0], base


class ValueScore(Record):
    """How many measured tempi or keys are right; shares are None without tracks.

    tracks: with a published value
    right: the share of tempi within 4 % (Accuracy 1), or of the same keys
    near: the share of tempi that may be half, a third, double or triple (Accuracy 2), or the mean MIREX score of keys
    sure, sure_right: values with a confidence of at least .9, and the right share
    """

    tracks: Count
    right: Fraction3 | None
    near: Fraction3 | None
    sure: Count
    sure_right: Fraction3 | None

    @classmethod
    def of(cls, points: Iterable[_Points | None]) -> ValueScore:
        known = [each for each in points if each]
        sure = [right for confidence, right, _ in known if confidence >= SURE_OF_TEMPO]
        right, near = _mean([right for _, right, _ in known]), _mean([near for _, _, near in known])
        return cls(tracks=len(known), right=right, near=near, sure=len(sure), sure_right=_mean(sure))


def _mean(points: Sequence[float]) -> float | None:
    return sum(points) / len(points) if points else None


class TruthScore(Record):
    """The scores of a genre; None is all tracks, or those without a genre."""

    genre: str | None
    tempo: ValueScore
    key: ValueScore

    @classmethod
    def of(cls, genre: str | None, rows: Sequence[TruthRow]) -> TruthScore:
        tempo, key = (ValueScore.of(row.points()[place] for row in rows) for place in (0, 1))
        return cls(genre=genre, tempo=tempo, key=key)


class TruthComparison(Record, kind="truth"):
    """Measured tempi and keys beside published ones ('map4 compare --truth TABLE --json').

    rows, compared: of the table; those with a track and a value
    genres: the most frequent first
    worst: at most twenty wrong tempi and keys, the most confident first
    left_out: rows without exactly one analysed track, or without a tempo or key
    """

    rows: Count
    compared: Count
    all: TruthScore
    genres: tuple[TruthScore, ...]
    worst: tuple[TruthRow, ...]
    left_out: tuple[TruthRow, ...]

    @staticmethod
    def of(store: Store, table: PathLike) -> TruthComparison:
        """Compare a table with the tracks of a library; see `map4.Library.compare_truth`."""
        try:
            rows = read_truth(table if isinstance(table, str) else _text_of(os.fsdecode(table)))
        except OSError as error:
            raise FileError("unreadable", f"{os.fsdecode(table)} can't be read: {error.strerror}") from None
        matcher, left_out = TruthMatcher(store.tracks.known_names()), list[TruthRow]()
        genres = defaultdict[str | None, list[TruthRow]](list)
        for row in rows:
            path, reason = matcher.match(row) if row.truth_bpm or row.truth_key else ("", "no_value")
            track = None if reason else store.tracks.track(path)
            if track is not None and track.measured() is not None:
                genre = row.genre or track.genre()
                genres[genre].append(replace(row, track=track, genre=genre))
            else:
                left_out.append(replace(row, left_out=reason or "not_analysed"))
        every = [row for of_genre in genres.values() for row in of_genre]
        if not every:
            counts = Counter((row.left_out or "").replace("_", " ") for row in left_out)
            why = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
            raise NothingFoundError(f"no row of the table can be compared with an analysed track: {why}")
        return TruthComparison(
            rows=len(rows),
            compared=len(every),
            all=TruthScore.of(None, every),
            genres=tuple(
                TruthScore.of(genre, genres[genre]) for genre in sorted(genres, key=lambda g: -len(genres[g]))
            ),
            worst=tuple(sorted((row for row in every if row.error() >= 0), key=TruthRow.error, reverse=True)[:WORST]),
            left_out=tuple(left_out),
        )

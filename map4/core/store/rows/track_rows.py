"""Read tracks from rows of files with their analyses, and create the columns to write."""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from map4.core.base.declaration import load
from map4.core.base.paths import display_path
from map4.core.base.text import folded, stored_moment
from map4.core.music.analysis import inside
from map4.core.music.analysis.analysis import ANALYSIS_VERSION, BEAT_DECIMALS, Analysis, read_core
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import MOST_STORED
from map4.core.music.plays import PlayCounts
from map4.core.music.query.context import Preferences
from map4.core.music.track.credits import Credit
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.labels import Labels
from map4.core.music.track.mark_words import OwnMark
from map4.core.music.track.observations import Provided
from map4.core.music.track.sources import Preferred
from map4.core.music.track.tags import TAGS_VERSION, Tags
from map4.core.music.track.track import NOTHING_SET, Failure, State, Track, UserValues
from map4.core.music.track.user_values import value_from_data
from map4.core.store.database import UNREADABLE, Connection
from map4.core.store.library_ref import damaged
from map4.core.store.query.facts import SORTED_TEXTS
from map4.core.store.query.field_sql import PART_VERSIONS, PARTS_OF, TAG_COLUMNS, part_place
from map4.core.store.query.forms import declared_blocks

if TYPE_CHECKING:
    from map4.core.audio.jobs import Identified


BEAT_TICKS_PER_S = 10**BEAT_DECIMALS
# A gap of this many ticks (6.6 s) or more is rare: this value then marks the gap, without a beat, before the remainder.
_FARTHER = 2**16 - 1
_IS_BIG_ENDIAN = array("H", [1]).tobytes() == b"\x00\x01"  # stored numbers are little-endian


def write_parts(connection: Connection, analysis_id: int, analysis: Analysis) -> None:
    if (beats_s := analysis.beats_s) is None:
        raise ValueError("an analysis without its beats can't be stored")
    data = {
        "beats": StoredBeats.pack(beats_s),
        "downbeats": StoredBeats.pack_downbeats(beats_s, (analysis.bars and analysis.bars.downbeats_s) or ()),
        "overview": b"" if analysis.overview is None else analysis.overview.packed(),
        "sound": inside.SoundVector.pack(analysis.sound),
        "fingerprint": analysis.fingerprint or b"",
    }
    for table, names in PARTS_OF.items():
        row: dict[str, int | bytes] = {"id": analysis_id}
        for name in names:
            _, column, version = part_place(name)
            row |= {version: PART_VERSIONS[name], column: data[name]}
        sets = ", ".join(f"{column} = excluded.{column}" for column in row)
        connection.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) "
            f"ON CONFLICT (id) DO UPDATE SET {sets}",
            tuple(row.values()),
        )


def decode_parts(data: Mapping[str, bytes | None]) -> dict[str, Any]:
    """The parts of an analysis, as the arguments of `Analysis.from_core`."""
    beats, downbeats = data.get("beats"), data.get("downbeats")
    beats_s = None if beats is None else StoredBeats.unpack(beats)
    has_bars = beats_s is not None and downbeats is not None
    downbeats_s = StoredBeats.unpack_downbeats(beats_s or (), downbeats or b"") if has_bars else None
    return {
        "beats_s": beats_s,
        "downbeats_s": downbeats_s,
        "overview": inside.Overview.unpacked(data.get("overview") or b""),
        "sound": inside.SoundVector.unpack(data.get("sound") or b""),
        "fingerprint": decode_fingerprint(data.get("fingerprint") or b""),
    }


class StoredBeats:
    """Beats of an analysis and those that begin bars, as bytes."""

    @staticmethod
    def pack(beats_s: Sequence[float]) -> bytes:
        """Beat times as little-endian 16-bit tick differences, the first from time zero; see `_FARTHER`."""
        steps, last = array("H"), 0
        for ticks in sorted(max(0, round(t * BEAT_TICKS_PER_S)) for t in beats_s):
            farther, step = divmod(ticks - last, _FARTHER)
            steps.extend([_FARTHER] * farther)
            steps.append(step)
            last = ticks
        if _IS_BIG_ENDIAN:
            steps.byteswap()
        return steps.tobytes()

    @staticmethod
    def unpack(data: bytes) -> tuple[float, ...]:
        """Read the output of `pack`."""
        steps = _steps(data)
        ticks = zip(steps, accumulate(steps), strict=True)
        return tuple(tick / BEAT_TICKS_PER_S for step, tick in ticks if step != _FARTHER)

    @staticmethod
    def pack_downbeats(beats_s: Sequence[float], downbeats_s: Sequence[float]) -> bytes:
        """A bit per beat, the lowest of a byte first: 1 if it begins a bar; empty without bars."""
        number = {round(beat_s * BEAT_TICKS_PER_S): index for index, beat_s in enumerate(beats_s)}
        bits = bytearray(-(-len(beats_s) // 8) if downbeats_s else 0)
        for downbeat_s in downbeats_s:
            index = number.get(round(downbeat_s * BEAT_TICKS_PER_S))
            if index is None:
                raise ValueError(f"the downbeat at {downbeat_s} s is not one of the beats")
            bits[index // 8] |= 1 << index % 8
        return bytes(bits)

    @staticmethod
    def unpack_downbeats(beats_s: Sequence[float], data: bytes) -> tuple[float, ...]:
        """The beats that `pack_downbeats` marked; empty if the data do not fit the number of beats."""
        if len(data) != -(-len(beats_s) // 8):
            return ()
        return tuple(beat_s for index, beat_s in enumerate(beats_s) if data[index // 8] >> index % 8 & 1)


def _steps(data: bytes) -> array[int]:
    steps = array("H")
    steps.frombytes(data)
    if _IS_BIG_ENDIAN:
        steps.byteswap()
    return steps


def decode_fingerprint(data: bytes) -> bytes | None:
    """The words of a fingerprint; no data give None."""
    fingerprint = data or None
    inside.require_fingerprint(fingerprint)
    return fingerprint


COLUMN_READERS: Mapping[str, Callable[[bytes], object]] = {
    "beats": _steps,
    "overview": inside.Overview.unpacked,
    "fingerprint": decode_fingerprint,
    "data": inside.SoundVector.unpack,
}
"""Readers of the columns of parts, which raise ValueError if unreadable; any data of downbeats can be decoded."""


_FORMAT_COLUMNS = ("codec", "sample_rate_hz", "channels", "bits", "payload_bytes")

SELECT_TRACKS = """
    SELECT f.*, {core} AS core, a.version AS analysis_version, a.duration_s AS lasts_s,
           (SELECT json_group_object(u.name, u.value) FROM user_values AS u
            WHERE u.audio_id IN (f.audio_id, f.uid)) AS user,
           {own_rating} AS own_rating,
           {heard} AS heard,
           {own_marks} AS own_marks,
           {beats} AS beats, {downbeats} AS downbeats, {overview} AS overview,
           {sound} AS sound, {fingerprint} AS fingerprint,
           {labels} AS labels,
           (SELECT l.language FROM lyrics AS l WHERE l.id = f.id) AS lyrics_language,
           (SELECT data FROM imported AS i WHERE i.audio_id = f.audio_id) AS imported,
           (SELECT data FROM imported AS i WHERE i.audio_id = f.uid) AS imported_file,
           (SELECT data FROM provided AS p WHERE p.audio_id = f.audio_id) AS provided
           {blocks}
    FROM files AS f LEFT JOIN analyses AS a USING (audio_id)
"""


def plays_sql(owner: int) -> str:
    """A person's plays of the file `f`, as a text that `read_plays` reads; null without any."""
    return f"""
        (SELECT CAST(sum(h.plays + h.elsewhere) AS TEXT) || ' ' || CAST(sum(h.in_programs) AS TEXT) || ' ' ||
                CAST(sum(h.skips) AS TEXT) || ' ' || coalesce(CAST(max(h.last_at) AS TEXT), '')
         FROM played_tracks AS t CROSS JOIN play_counts AS h ON h.track = t.id
         WHERE t.audio_id = f.audio_id AND h.owner = {owner:d})"""


def marks_of_file_sql(owner: int) -> str:
    """A person's marks of the file `f`, as a JSON object by key."""
    of_file = f"FROM marks AS m WHERE m.audio_id = f.audio_id AND m.owner = {owner:d}"
    return f"(SELECT json_group_object(m.mark_key, m.mark) {of_file})"


def read_analysis(path: str, audio_id: str, core: str, version: int, parts: Mapping[str, bytes | None]) -> Analysis:
    try:
        return Analysis.from_core(read_core(core), version=version, **decode_parts(parts))
    except UNREADABLE as error:
        what = f"the analysis of {audio_id} can't be read: {error}"
        raise damaged(path, what) from error


@dataclass(frozen=True, slots=True)
class TrackRow:
    """A row of `SELECT_TRACKS`, unread; `library` is its path, the rest is as in `read_track`."""

    library: str
    names: Sequence[str]
    values: tuple[Any, ...]
    preferences: Preferences
    preferred: Preferred

    def digest(self) -> bytes:
        """A digest of the row and the preferences."""
        # In version 2 equal values give equal bytes; later versions use references to objects.
        given = (self.values, self.preferred, astuple(self.preferences))
        return hashlib.blake2b(marshal.dumps(given, 2), digest_size=16).digest()

    def read(self) -> Track:
        return self._read()

    def read_without_analysis(self) -> Track:
        return self._read(core=None)

    def _read(self, **instead: None) -> Track:
        # A sqlite3.Row would search each name among forty columns.
        row = dict(zip(self.names, self.values, strict=True), **instead)
        return read_track(self.library, row, self.preferences, self.preferred)


def read_track(path: str, row: Mapping[str, Any], preferences: Preferences, preferred: Preferred = ()) -> Track:
    """The track of a row of `SELECT_TRACKS`.

    preferred: the first source of fields other than tempo and key
    """
    analysis = None
    if row["core"] is not None:
        parts = {name: row[name] for name in PART_VERSIONS}
        analysis = read_analysis(path, row["audio_id"], row["core"], row["analysis_version"], parts)
        analysis = preferences.of_analysis(analysis, row["channels"])
    try:
        stored_moment(row["added_at"])
        its_path, encoded_as = read_file(row)
        own = (row["user"], row["own_rating"], row["own_marks"])
        # Most tracks have none: saves parsing.
        user = NOTHING_SET if own == ("{}", None, "{}") else _read_user_values(*own)
        labels = None if row["labels"] is None else Labels.of_data(json.loads(row["labels"]))
        imported = _read_imported(row["imported"], row["imported_file"])
        provided = None if row["provided"] is None else Provided.from_data(json.loads(row["provided"]))
        blocks = _read_blocks(row)
    except UNREADABLE as error:
        raise damaged(path, f"the row of {row['display']} can't be read: {error}") from error
    is_analysed = row["analysis_version"] is not None  # the analysis itself may not be loaded
    state: State = "ok" if is_analysed else "failed" if row["error_kind"] else "pending"
    flags = ["whole_file_id"] if row["is_whole_file_id"] == 1 else []
    if is_analysed and row["error_kind"]:
        flags.append("reanalysis_failed")
    return Track(
        path=its_path,
        state="missing" if row["missing_since"] else state,
        audio_id=row["audio_id"],
        uid=row["uid"],
        cached=True,
        format=encoded_as,
        size_bytes=row["size_bytes"],
        tags=Tags(**{name: row[column] for name, column in TAG_COLUMNS.items()}),
        analysis=analysis,
        failure=Failure(kind=row["error_kind"], message=row["error_message"]) if state == "failed" else None,
        user=user,
        own_plays=None if row["heard"] is None else read_plays(row["heard"]),
        labels=labels,
        imported=imported,
        provided=provided,
        flags=tuple(flags),
        prefer=preferences.sources,
        preferred=preferred,
        whole_names=preferences.whole_names,
        genre_names=preferences.genres,
        mono=preferences.mono,
        pitch_percent=preferences.pitch_percent,
        has_key_lock=preferences.has_key_lock,
        lyrics_language=row["lyrics_language"],
        added_at=row["added_at"],
        lasts_s=row["lasts_s"] if analysis is None else None,
        blocks=blocks,
    )


def read_file(row: Mapping[str, Any]) -> tuple[str, AudioFormat | None]:
    """Path and format of a row of files."""
    if not row["path"]:
        raise ValueError("the path is empty")
    return file_path(row["path"]), None if row["codec"] is None else _read_format(row)


def file_path(path: bytes) -> str:
    if b"\0" in path:
        raise ValueError("a path with a NUL")
    return os.fsdecode(path)


def _read_format(row: Mapping[str, Any]) -> AudioFormat:
    values = {name: row[name] for name in _FORMAT_COLUMNS}
    if lacking := [name for name, value in values.items() if value is None and name != "bits"]:
        raise ValueError(f"it has a codec and no {lacking[0]}")
    return AudioFormat(**values)


def blocks_sql(owner: int, has_tables: Callable[[str], bool]) -> str:
    """Columns of the declared blocks of the file `f`."""
    there = (block for block in declared_blocks().values() if has_tables(block.extra))
    return "".join(f", {load(block.forms).data(owner)} AS block_{block.name}" for block in there)


def _read_blocks(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    data = {name: row.get(f"block_{name}") for name in declared_blocks()}
    read = {name: load(declared_blocks()[name].forms).read(text) for name, text in data.items() if text is not None}
    return read or None


def read_plays(text: str) -> PlayCounts:
    plays, in_programs, skips, last_at = text.split(" ")
    return PlayCounts(
        plays=int(plays), in_programs=int(in_programs), skips=int(skips), last_at=int(last_at) if last_at else None
    )


def _read_imported(of_recording: str | None, of_file: str | None) -> ImportedValues | None:
    if of_recording is None and of_file is None:
        return None
    return ImportedValues.from_data(
        ImportedValues.joined(json.loads(of_recording or "{}"), json.loads(of_file or "{}"))
    )


def _read_user_values(text: str, rating: float | None, words: str) -> UserValues:
    """User values from a JSON object of stored texts, and from the user's own rating and marks."""
    stored: dict[str, str] = json.loads(text)
    values = {name: json.loads(value) for name, value in stored.items()}
    if rating is not None:
        values["rating"] = rating
    return UserValues(**{name: value_from_data(name, value) for name, value in values.items()}, marks=read_marks(words))


def read_marks(words: str) -> tuple[str, ...] | None:
    """Marks from a JSON object by key; None without any."""
    return OwnMark.in_order([value_from_data("mark", mark) for mark in json.loads(words).values()]) or None


def place_values(path: str) -> dict[str, Any]:
    """Columns for a file's path and its sort key."""
    shown = {"display": display_path(path)}
    return {"path": os.fsencode(path), **shown, **sorted_values(shown)}


def tag_values(tags: Tags, has_picture: bool | None = None) -> dict[str, Any]:
    """Columns for tags, with the key in comparable form, and for values read with the tags."""
    key = Key.readable(tags.key)
    values = {column: getattr(tags, name) for name, column in TAG_COLUMNS.items()}
    values |= sorted_values(values)
    values |= {"credits_sorted": Credit.more_words(tags.artist, Credit.of_tags(tags))}
    values |= {"has_picture": None if has_picture is None else int(has_picture), "tags_version": TAGS_VERSION}
    return {**values, "tag_camelot": None if key is None else key.camelot}


def identity_values(identified: Identified) -> dict[str, Any]:
    identity = identified.identity
    if identity is None:
        return dict.fromkeys(("audio_id", *_FORMAT_COLUMNS))
    return {
        "audio_id": identity.audio_id,
        "is_whole_file_id": 2 if identity.is_tag_broken else int(identity.whole_file),
        # Numbers from a header are limited to what the library can store.
        **{
            name: min(value, MOST_STORED) if isinstance(value := getattr(identity.format, name), int) else value
            for name in _FORMAT_COLUMNS
        },
    }


def failure_values(failure: Failure | None) -> dict[str, Any]:
    return {
        "error_kind": failure.kind if failure else None,
        "error_message": failure.message if failure else None,
        "failed_version": ANALYSIS_VERSION if failure else None,
    }


_NOT_PLAIN = re.compile("[^ -~]")


def sorted_values(values: Mapping[str, Any]) -> dict[str, str | None]:
    """The sort-key columns of `files` for these texts; null if SQL can fold the text itself."""
    return {f"{column}_sorted": _sorted_text(values[column]) for column in SORTED_TEXTS if column in values}


def _sorted_text(text: str | None) -> str | None:
    return folded(text) if text is not None and _NOT_PLAIN.search(text) else None

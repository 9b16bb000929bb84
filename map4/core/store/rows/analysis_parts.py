"""The stored parts of an analysis besides its core: encoding, decoding, and outdated versions."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from map4.core.music.analysis.analysis import ANALYSIS_VERSION, BEAT_DECIMALS, Analysis
from map4.core.music.analysis.inside import unpack_overview
from map4.core.music.analysis.sound import (
    FINGERPRINT_VERSION,
    SOUND_VERSION,
    pack_sound,
    require_fingerprint,
    unpack_sound,
)
from map4.core.store.database import Connection, scalar

BEATS_PART_VERSION = 2
DOWNBEATS_PART_VERSION = 1
OVERVIEW_PART_VERSION = 1
PART_VERSIONS = {
    "beats": BEATS_PART_VERSION,
    "downbeats": DOWNBEATS_PART_VERSION,
    "overview": OVERVIEW_PART_VERSION,
    "sound": SOUND_VERSION,
    "fingerprint": FINGERPRINT_VERSION,
}
"""Each analysis has all parts; a part without data records that it has no result."""

# The column order of the index of versions; fingerprints are queried by theirs, so it comes first.
PARTS_OF = {"details": ("fingerprint", "beats", "downbeats", "overview"), "sounds": ("sound",)}
"""Parts in the table `details`; sound vectors have their own table, since all are read at once."""

BEAT_TICKS_PER_S = 10**BEAT_DECIMALS
# A gap of this many ticks (6.6 s) or more is rare: this value then marks the gap, without a beat, before the remainder.
_FARTHER = 2**16 - 1
_IS_BIG_ENDIAN = array("H", [1]).tobytes() == b"\x00\x01"  # stored numbers are little-endian


def write_parts(connection: Connection, analysis_id: int, analysis: Analysis) -> None:
    if (beats_s := analysis.beats_s) is None:
        raise ValueError("an analysis without its beats can't be stored")
    data = {
        "beats": encode_beats(beats_s),
        "downbeats": encode_downbeats(beats_s, (analysis.bars and analysis.bars.downbeats_s) or ()),
        "overview": b"" if analysis.overview is None else analysis.overview.packed(),
        "sound": pack_sound(analysis.sound),
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


def part_place(name: str) -> tuple[str, str, str]:
    """The table of a part, its column, and the column of its version."""
    return ("sounds", "data", "version") if name == "sound" else ("details", name, f"{name}_version")


def part_columns(wanted: Iterable[str]) -> dict[str, str]:
    """SQL for the data of each part of the analysis `a`; NULL where not wanted, absent, or of another version."""
    columns = dict.fromkeys(PART_VERSIONS, "NULL")
    for name in wanted:
        table, data, version = part_place(name)
        columns[name] = f"(SELECT {data} FROM {table} AS p WHERE p.id = a.id AND p.{version} = {PART_VERSIONS[name]})"
    return columns


def decode_parts(data: Mapping[str, bytes | None]) -> dict[str, Any]:
    """The parts of an analysis, as the arguments of `analysis_from_core`."""
    beats, downbeats = data.get("beats"), data.get("downbeats")
    beats_s = None if beats is None else decode_beats(beats)
    return {
        "beats_s": beats_s,
        "downbeats_s": None if beats_s is None or downbeats is None else decode_downbeats(beats_s, downbeats),
        "overview": unpack_overview(data.get("overview") or b""),
        "sound": unpack_sound(data.get("sound") or b""),
        "fingerprint": decode_fingerprint(data.get("fingerprint") or b""),
    }


def outdated_audio(connection: Connection) -> set[str]:
    """Audio ids whose analysis lacks a part, or has another version of it; read only from indexes."""
    if _are_all_current(connection):
        return set()
    rows = connection.execute(f"SELECT audio_id FROM analyses WHERE id NOT IN ({' INTERSECT '.join(_with_current())})")
    return {audio_id for (audio_id,) in rows}


def stale_analyses(connection: Connection) -> int:
    """The number of analyses of another version, or without a current part."""
    current = ["SELECT id FROM analyses WHERE version = ?"]
    if not _are_all_current(connection):
        current += _with_current()
    whole = scalar(connection, f"SELECT count(*) FROM ({' INTERSECT '.join(current)}) AS c", (ANALYSIS_VERSION,))
    return int(scalar(connection, "SELECT count(*) FROM analyses")) - int(whole)


def _are_all_current(connection: Connection) -> bool:
    # Each part belongs to an analysis, so equal counts mean that all are current; ids are compared only otherwise.
    analyses = scalar(connection, "SELECT count(*) FROM analyses")
    return all(scalar(connection, f"SELECT count(*) FROM ({sql}) AS c") == analyses for sql in _with_current())


def has_current_parts(connection: Connection, audio_id: str) -> bool:
    """True if every part of an analysis exists in the current version."""
    tables = " ".join(f"JOIN {table} USING (id)" for table in PARTS_OF)
    sql = f"SELECT 1 FROM analyses {tables} WHERE audio_id = ? AND {' AND '.join(map(_current, PARTS_OF))}"
    return connection.execute(sql, (audio_id,)).fetchone() is not None


def _current(table: str) -> str:
    return " AND ".join(f"{table}.{part_place(name)[2]} = {PART_VERSIONS[name]}" for name in PARTS_OF[table])


def _with_current() -> list[str]:
    return [f"SELECT id FROM {table} WHERE {_current(table)}" for table in PARTS_OF]


def part_sizes(connection: Connection) -> dict[tuple[str, int], tuple[int, int]]:
    """The number and total bytes of each part, by name and version."""
    totals: dict[tuple[str, int], tuple[int, int]] = {}
    for table, names in PARTS_OF.items():
        versions = ", ".join(part_place(name)[2] for name in names)
        sums = ", ".join(f"sum(length({part_place(name)[1]}))" for name in names)
        # Reads the index of versions, in which rows of the same versions are in table order.
        for row in connection.execute(f"SELECT {versions}, count(*), {sums} FROM {table} GROUP BY {versions}"):
            count, sizes = row[len(names)], row[len(names) + 1 :]
            for name, version, size in zip(names, row, sizes, strict=False):
                if version is not None:
                    counted, summed = totals.get((name, version), (0, 0))
                    totals[name, version] = (counted + count, summed + (size or 0))
    return totals


def encode_beats(beats_s: Sequence[float]) -> bytes:
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


def decode_beats(data: bytes) -> tuple[float, ...]:
    """Read the output of `encode_beats`."""
    steps = _steps(data)
    ticks = zip(steps, accumulate(steps), strict=True)
    return tuple(tick / BEAT_TICKS_PER_S for step, tick in ticks if step != _FARTHER)


def _steps(data: bytes) -> array[int]:
    steps = array("H")
    steps.frombytes(data)
    if _IS_BIG_ENDIAN:
        steps.byteswap()
    return steps


def encode_downbeats(beats_s: Sequence[float], downbeats_s: Sequence[float]) -> bytes:
    """A bit per beat, the lowest of a byte first: 1 if it begins a bar; empty without bars."""
    number = {round(beat_s * BEAT_TICKS_PER_S): index for index, beat_s in enumerate(beats_s)}
    bits = bytearray(-(-len(beats_s) // 8) if downbeats_s else 0)
    for downbeat_s in downbeats_s:
        index = number.get(round(downbeat_s * BEAT_TICKS_PER_S))
        if index is None:
            raise ValueError(f"the downbeat at {downbeat_s} s is not one of the beats")
        bits[index // 8] |= 1 << index % 8
    return bytes(bits)


def decode_downbeats(beats_s: Sequence[float], data: bytes) -> tuple[float, ...]:
    """The beats that `encode_downbeats` marked; empty if the data do not fit the number of beats."""
    if len(data) != -(-len(beats_s) // 8):
        return ()
    return tuple(beat_s for index, beat_s in enumerate(beats_s) if data[index // 8] >> index % 8 & 1)


def decode_fingerprint(data: bytes) -> bytes | None:
    """The words of a fingerprint; no data give None."""
    fingerprint = data or None
    require_fingerprint(fingerprint)
    return fingerprint


COLUMN_READERS: Mapping[str, Callable[[bytes], object]] = {
    "beats": _steps,
    "overview": unpack_overview,
    "fingerprint": decode_fingerprint,
    "data": unpack_sound,
}
"""Readers of the columns of parts, which raise ValueError if unreadable; any data of downbeats can be decoded."""

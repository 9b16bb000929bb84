"""A library of many tracks without a file behind any: the same for all benchmarks, from a seed.

How the values are spread (all drawn independently of each other unless said otherwise):

- artists: a tenth of the number of tracks, their share falling as 1/rank^0.8; titles of one to four words, drawn as
  1/rank from a vocabulary of 4,000 made-up words
- genres: 24, each with a share, a typical tempo (normal, 4 % wide) and a typical energy (normal, .15 wide)
- tempo: 2 % of tracks have none; confidence Beta(6, 1.5); 70 % have a tempo in their tags, right to 1 BPM except for
  6 % at half or double
- key: uniform over the 24, minor twice as likely; 3 % have none; confidence Beta(5, 2); 60 % have one in their tags, of
  which a fifth is another key
- energy 0-1; loudness normal around -9 + 4 (energy - 0.6) LUFS, 2 wide; true peak normal around 0 dBTP, .8 wide
- length: log-normal around 245 s, a quarter wide; years 1960-2025, triangular with its peak at 2016
- sound vectors: in 60 clusters, as wide as they are apart
- HAMMS: the first three follow from tempo, key and energy; the rest uniform
- codecs: mp3 70 %, flac 18 %, aac 8 %, pcm 4 %
- states: 1 % failed, 2 % missing, 1 % pending; 1 % have a tempo of the user's own
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from map4.core.music.analysis.analysis import ANALYSIS_VERSION, Hamms
from map4.core.music.analysis.inside import SoundVector
from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.query.field_sql import PART_VERSIONS, PARTS_OF, part_place
from map4.core.store.rows.track_rows import sorted_values

TRACKS = 100_000
SEED = 20260101
WORDS = 4_000
SOUND_CLUSTERS = 60
# Name, share, BPM, energy.
GENRES: tuple[tuple[str, float, float, float], ...] = (
    ("House", 9, 124, 0.66), ("Deep House", 7, 121, 0.55), ("Tech House", 7, 126, 0.72), ("Techno", 8, 132, 0.78),
    ("Trance", 4, 138, 0.75), ("Drum & Bass", 6, 174, 0.82), ("Dubstep", 3, 140, 0.74), ("Disco", 5, 116, 0.6),
    ("Funk", 4, 105, 0.55), ("Soul", 4, 95, 0.42), ("R&B", 4, 90, 0.42), ("Hip-Hop", 7, 92, 0.55),
    ("Pop", 7, 115, 0.58), ("Indie Rock", 4, 125, 0.6), ("Rock", 5, 122, 0.68), ("Metal", 2, 140, 0.85),
    ("New Wave", 2, 130, 0.58), ("Jazz", 3, 120, 0.32), ("Ambient", 2, 80, 0.15), ("Reggae", 2, 78, 0.42),
    ("Dub", 2, 74, 0.4), ("Latin", 2, 98, 0.58), ("Afro House", 2, 120, 0.6), ("Breakbeat", 2, 132, 0.7),
)  # fmt: skip
CODECS = (("mp3", 0.7, 320_000), ("flac", 0.18, 950_000), ("aac", 0.08, 256_000), ("pcm", 0.04, 1_411_000))
_START = datetime(2024, 1, 1, tzinfo=UTC)


def make_library(path: Path, tracks: int = TRACKS, seed: int = SEED) -> Path:
    """Write a library of so many tracks; an older one of the same name is replaced."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        connection.execute("INSERT INTO roots VALUES (?, '/music', 1, ?)", (b"/music", _text(_START)))
        sounds = sound_vectors(seed)
        for place, (file, analysis, own) in enumerate(rows(tracks, seed), start=1):
            if analysis is not None:
                number = _insert(connection, "analyses", analysis)
                # The others would only make the file larger: no question reads them of all tracks.
                data = {**dict.fromkeys(PART_VERSIONS, b""), "sound": SoundVector.pack(next(sounds))}
                for table, names in PARTS_OF.items():
                    places = {name: part_place(name)[1:] for name in names}
                    row = {column: data[name] for name, (column, _) in places.items()}
                    row |= {version: PART_VERSIONS[name] for name, (_, version) in places.items()}
                    _insert(connection, table, {"id": number, **row})
            if own is not None:
                _insert(connection, "user_values", own)
            file["uid"] = f"f-{place:016x}"
            _insert(connection, "files", file | sorted_values(file))
    with closing(SqliteDatabase(str(path))) as database:
        database.connection.execute("ANALYZE")
        database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def sound_vectors(seed: int) -> Iterator[list[float]]:
    """Sound vectors without end, each near one of `SOUND_CLUSTERS` centres."""
    rng = np.random.default_rng([seed, 1])  # of its own, so that everything else stays as it is
    centres = rng.standard_normal((SOUND_CLUSTERS, SoundVector.SIZE))
    while True:
        yield (centres[rng.integers(SOUND_CLUSTERS)] + rng.standard_normal(SoundVector.SIZE)).tolist()


def rows(tracks: int, seed: int) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any] | None]]:
    """Each track's row of `files`, of `analyses` (None where it has none) and of `user_values` (None for most)."""
    rng = np.random.default_rng(seed)
    words = _vocabulary(rng)
    artists = [
        f"{words[rng.integers(WORDS)]} {words[rng.integers(WORDS)]}".title() for _ in range(max(1, tracks // 10))
    ]
    artist_share = _falling(len(artists), 0.8)
    word_share = _falling(WORDS, 1.0)
    genre_share = np.array([share for _, share, _, _ in GENRES]) / sum(share for _, share, _, _ in GENRES)
    codec_share = [share for _, share, _ in CODECS]
    chosen_artists = rng.choice(len(artists), tracks, p=artist_share)
    chosen_genres = rng.choice(len(GENRES), tracks, p=genre_share)
    chosen_words = rng.choice(WORDS, (tracks, 4), p=word_share)
    chosen_codecs = rng.choice(len(CODECS), tracks, p=codec_share)
    for number in range(tracks):
        genre, _, bpm, energy = GENRES[chosen_genres[number]]
        artist = artists[chosen_artists[number]]
        title = " ".join(words[i] for i in chosen_words[number][: 1 + rng.integers(4)]).title()
        state = rng.choice(["ok", "failed", "missing", "pending"], p=[0.96, 0.01, 0.02, 0.01])
        values = _values(rng, bpm, energy)
        file = _file(rng, number, artist, title, genre, values, CODECS[chosen_codecs[number]])
        if state == "missing":
            file["missing_since"] = _text(_START)
        if state == "failed":
            file |= {"error_kind": "corrupt", "error_message": "Made up.", "failed_version": ANALYSIS_VERSION}
        has_analysis = state in ("ok", "missing")
        analysis = {
            "audio_id": file["audio_id"],
            "version": ANALYSIS_VERSION,
            "analysed_at": _text(_START),
            "core": json.dumps(_core(rng, values), separators=(",", ":")),
        }
        own = None
        if rng.random() < 0.01:
            own = {
                "audio_id": file["audio_id"],
                "name": "bpm",
                "value": f"{bpm * 2 % 200 + 40}",
                "set_at": _text(_START),
            }
        yield file, analysis if has_analysis else None, own


def _values(rng: np.random.Generator, bpm: float, energy: float) -> dict[str, Any]:
    key = ALL_KEYS[int(rng.choice(12)) * 2 + int(rng.random() < 1 / 3)]
    level = float(np.clip(rng.normal(energy, 0.15), 0, 1))
    return {
        "bpm": None if rng.random() < 0.02 else round(float(np.clip(rng.normal(bpm, bpm * 0.04), 40, 220)), 3),
        "tempo_confidence": round(float(rng.beta(6, 1.5)), 3),
        "key": None if rng.random() < 0.03 else key,
        "key_confidence": round(float(rng.beta(5, 2)), 3),
        "energy": round(level, 4),
        "lufs": round(float(rng.normal(-9 + 4 * (level - 0.6), 2)), 2),
        "peak": round(float(rng.normal(0, 0.8)), 2),
        "duration_s": round(float(245 * np.exp(rng.normal(0, 0.25))), 3),
    }


def _file(
    rng: np.random.Generator,
    number: int,
    artist: str,
    title: str,
    genre: str,
    values: dict[str, Any],
    codec: tuple[str, float, int],
) -> dict[str, Any]:
    album = f"{artist.split()[0]} {1 + number % 7}"
    path = f"/music/{genre}/{artist}/{album}/{number % 12 + 1:02d} {title} {number}.{codec[0]}"
    tag_bpm, tag_key = values["bpm"], values["key"]
    if tag_bpm is not None:
        tag_bpm = round(tag_bpm * (rng.choice([0.5, 2.0]) if rng.random() < 0.06 else 1.0))
    if tag_key is not None and rng.random() < 0.2:
        tag_key = ALL_KEYS[int(rng.integers(24))]
    has_tag_key = isinstance(tag_key, Key) and rng.random() < 0.6
    added = _START + timedelta(minutes=int(rng.integers(900_000)))
    return {
        "id": number + 1,
        "path": path.encode(),
        "display": path,
        "size_bytes": 9_000_000,
        "mtime_ns": int(added.timestamp()) * 10**9,
        "ctime_ns": int(added.timestamp()) * 10**9,
        "inode": number + 1000,
        "audio_id": f"a1-{number:032x}",
        "codec": codec[0],
        "sample_rate_hz": 44100,
        "channels": 2,
        "bits": 16 if codec[0] in ("flac", "pcm") else None,
        "payload_bytes": round(codec[2] * values["duration_s"] / 8),
        "artist": artist,
        "title": title,
        "album": album,
        "genre": genre,
        "year": round(float(rng.triangular(1960, 2016, 2025))),
        "track": number % 12 + 1,
        "tag_bpm": tag_bpm if rng.random() < 0.7 else None,
        "tag_key": tag_key.musical if has_tag_key else None,  # type: ignore[union-attr]
        "tag_camelot": tag_key.camelot if has_tag_key else None,  # type: ignore[union-attr]
        "added_at": _text(added),
        "updated_at": _text(added),
    }


def _core(rng: np.random.Generator, values: dict[str, Any]) -> dict[str, Any]:
    bpm, key, energy = values["bpm"], values["key"], values["energy"]
    rest = [round(float(value), 4) for value in rng.random(9)]
    known_bpm = None if bpm is None else round(float(np.clip((bpm - 60) / 140, 0, 1)), 4)
    known_key = None
    if key is not None:
        known_key = round((key.camelot_number - 1) / 24 + (0.5 if key.mode == "major" else 0.0), 4)
    other = ALL_KEYS[(ALL_KEYS.index(key) + 2) % 24] if key is not None else None
    return {
        "duration_s": values["duration_s"],
        "tempo": None
        if bpm is None
        else {
            "bpm": bpm,
            "confidence": values["tempo_confidence"],
            "alternatives": [{"bpm": round(bpm * fold, 3), "confidence": 0.05} for fold in (0.5, 2.0)],
            "stability": 0.99,
        },
        "grid": None if bpm is None else {"first_beat_s": 0.25, "bpm": bpm, "metre": None, "downbeat": None},
        "key": None
        if key is None or other is None
        else {
            "camelot": key.camelot,
            "confidence": values["key_confidence"],
            "runner_up": {"camelot": other.camelot, "confidence": 0.1},
            "tuning_cents": 1.5,
        },
        "energy": energy,
        "loudness": {"integrated_lufs": values["lufs"], "range_lu": 5.0, "true_peak_dbtp": values["peak"]},
        "spectrum": {"centroid_hz": 1500.0, "bandwidth_hz": 1200.0, "rolloff_hz": 3000.0, "flatness": 0.01, "flux": 0.1,
                     "onset_rate_hz": 3.0},
        "hamms": {"version": Hamms.VERSION, "vector": [known_bpm, known_key, energy, *rest], "confidence": 0.9},
        "cue_in_s": 0.1,
        "cue_out_s": values["duration_s"] - 0.1,
        "flags": [],
        "decoder": "synthetic",
    }  # fmt: skip


def _vocabulary(rng: np.random.Generator) -> list[str]:
    consonants, vowels = list("bcdfghjklmnprstvwz"), [*"aeiou", "é", "ö"]
    words: dict[str, None] = {}
    while len(words) < WORDS:
        pairs = rng.integers(1, 4)
        words[
            "".join(str(rng.choice(consonants)) + str(rng.choice(vowels)) for _ in range(pairs))
            + str(rng.choice(["", "n", "s"]))
        ] = None
    return list(words)


def _falling(count: int, power: float) -> np.ndarray:
    share = 1.0 / np.arange(1, count + 1) ** power
    return share / share.sum()


def _insert(connection: Any, table: str, row: dict[str, Any]) -> Any:
    marks = ", ".join("?" * len(row))
    sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
    return connection.execute(sql, tuple(row.values())).lastrowid


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--tracks", type=int, default=TRACKS)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    print(make_library(arguments.library, arguments.tracks, arguments.seed))

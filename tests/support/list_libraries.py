"""Libraries of analysed tracks made without audio, for lists."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copied import copied

from map4.core.audio.jobs import Identified, Stamp
from map4.core.music.analysis.analysis import Analysis, KeyEstimate, Tempo
from map4.core.music.analysis.audio import AudioFormat, Identity
from map4.core.music.analysis.key import Key
from map4.core.music.track.tags import Tags
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks

WHEN = datetime(2026, 1, 2, tzinfo=UTC)
FORMAT = AudioFormat(codec="mp3", sample_rate_hz=44100, channels=2, bits=None, payload_bytes=4_000_000)


def audio_id_of(number: int) -> str:
    """An id of audio; what decides between equals stands at its head."""
    return f"a1-{number:015x}{0:017x}"


def song(
    path: str, artist: str, title: str, bpm: float | None, key: str | None, energy: float, **more: Any
) -> dict[str, Any]:
    """A row for `put_songs`."""
    return {"path": path, "artist": artist, "title": title, "bpm": bpm, "key": key, "energy": energy, **more}


@copied
def put_songs(library: Path, songs: Sequence[dict[str, Any]]) -> None:
    """Put songs into a library, made where it does not exist."""
    with closing(SqliteDatabase(str(library))) as database:
        store = SqlTracks(database)
        for number, row in enumerate(songs):
            analysis = Analysis(
                duration_s=row.get("duration_s", 240.0),
                tempo=None if row["bpm"] is None else Tempo(bpm=row["bpm"], confidence=0.9),
                key=None if row["key"] is None else KeyEstimate(key=Key.parse(row["key"]), confidence=0.9),
                energy=row["energy"],
                **row.get("analysis", {}),
            )
            audio_id = row.get("audio_id", audio_id_of(number))
            identity = Identity(audio_id=audio_id, format=FORMAT)
            stamp = Stamp(row.get("size_bytes", 5_000_000 + number), 1, 1)
            tags = Tags(artist=row["artist"], title=row["title"], genre=row.get("genre"), **row.get("tags", {}))
            store.put_file(
                row["path"], stamp, Identified(stamp=stamp, identity=identity, tags=tags), now=WHEN, analysis=analysis
            )
        store.mark_missing([row["path"] for row in songs if row.get("is_missing")], now=WHEN)


HOUSE = [
    song("/music/Ann/Sky.mp3", "Ann", "Sky", 122.0, "8A", 0.50, genre="House"),
    song("/music/Bob/Fire.mp3", "Bob", "Fire", 123.0, "8A", 0.55, genre="House"),
    song("/music/Cat/Rain.mp3", "Cat", "Rain", 124.0, "9A", 0.60, genre="House"),
    song("/music/Dan/Wind.mp3", "Dan", "Wind", 125.0, "9A", 0.65, genre="House"),
    song("/music/Eve/Snow.mp3", "Eve", "Snow", 126.0, "10A", 0.70, genre="House"),
    song("/music/Fay/Polka.mp3", "Fay", "Polka", 95.0, "2B", 0.10, genre="Folk"),
    song("/music/Gus/Fog.mp3", "Gus", "Fog", 123.5, "8A", 0.57, genre="House"),
    song("/music/Hal/Gone.mp3", "Hal", "Gone", 123.5, "8A", 0.57, genre="House", is_missing=True),
]
"""Five that mix well in this order, one that mixes with nothing, one to replace it by, one whose file is gone."""

FRIDAY = (
    "#EXTM3U\n#PLAYLIST:Friday\nD:\\Music\\Ann\\Sky.mp3\n/music/Fay/Polka.mp3\n/music/Cat/Rain.mp3\n"
    "/music/Dan/Wind.mp3\nhttp://radio.example/x\n#EXTINF:100,Bob - Fire\n/old/x.mp3\n/music/Hal/Gone.mp3\n"
    "#EXTINF:9,No\x1b[2J - Body\n/y.mp3\n"
)
"""A list of `HOUSE` that has every fault; its first folder has another name here."""
FRIDAY_MAP = ("--path-map", "D:/Music=/music")
GOOD = ["Ann/Sky", "Bob/Fire", "Cat/Rain", "Dan/Wind", "Eve/Snow"]
"""Names of `HOUSE` that mix well in this order."""

"""Music files with the tags that DJs have: what Serato keeps, pictures, cue points, frames nobody knows."""

import os
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mutagen
from audio_files import make, noise
from mutagen import id3
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2, APEValue
from mutagen.asf import ASF, ASFByteArrayAttribute
from mutagen.dsf import DSF
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.wave import WAVE

from map4.core.audio.identity import identify
from map4.core.audio.jobs import Identified, Stamp
from map4.core.audio.tags import read_tags
from map4.core.music.analysis.analysis import Analysis, KeyEstimate, Loudness, Tempo
from map4.core.music.analysis.inside import DetectedCue, SoundVector
from map4.core.music.analysis.key import Key
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SERATO = b"\1\1SERATO\xff\0\xff\xe0" + bytes(range(256)) * 3
MIXED_IN_KEY = "eyJhbGdvcml0aG0iOjk0fQ=="
UNKNOWN_FRAME = b"ZZZZ\0\0\0\5\0\0known"
PICTURE = b"\x89PNG" + bytes(range(256)) * 5


def stuffed(path: Path, *, version: int = 3) -> Path:
    """A file with all that is to survive, in a tag of its own kind; `version` is ID3's."""
    make(path, None if path.suffix in (".ape", ".mpc", ".dsf") else noise(0.2))
    {
        ".flac": _flac, ".ogg": _comments, ".oga": _comments, ".opus": _comments, ".m4a": _mp4, ".m4b": _mp4,
        ".mp4": _mp4, ".wma": _asf, ".wv": _ape, ".ape": _ape, ".mpc": _ape,
    }.get(path.suffix, lambda name: _id3(name, version))(path)  # fmt: skip
    return path


def id3_frames(version: int = 3) -> list[id3.Frame]:
    """Frames of every sort; texts in UTF-8 only where the version has it."""
    encoding = 3 if version == 4 else 1
    frames = [
        id3.TIT2(encoding=encoding, text=["Die Schöne"]),
        id3.TALB(encoding=0, text=["An album"]),
        id3.TBPM(encoding=0, text=["100"]),
        id3.TXXX(encoding=encoding, desc="Wörter", text=["of mine"]),
        id3.COMM(encoding=0, lang="deu", desc="", text=["a remark"]),
        id3.COMM(encoding=0, lang="eng", desc="iTunNORM", text=[" 00000A1B 00000B2C"]),
        id3.POPM(email="Windows Media Player 9 Series", rating=1, count=77),
        id3.GEOB(encoding=0, mime="application/octet-stream", filename="", desc="Serato Markers2", data=SERATO),
        id3.PRIV(owner="TRAKTOR4", data=SERATO[::-1]),
        id3.APIC(encoding=0, mime="image/png", type=3, desc="", data=PICTURE),
        id3.UFID(owner="http://musicbrainz.org", data=b"0123456789"),
        id3.CHAP(element_id="one", start_time=0, end_time=90, start_offset=0, end_offset=0,
                 sub_frames=[id3.TIT2(encoding=0, text=["Intro"])]),
    ]  # fmt: skip
    return [*frames, id3.TSST(encoding=3, text=["2.4 only"])] if version == 4 else frames


def _id3(path: Path, version: int) -> None:
    file = {".wav": WAVE, ".dsf": DSF, ".aif": AIFF, ".aiff": AIFF, ".aifc": AIFF}.get(path.suffix)
    if file is None:
        tags: Any = id3.ID3()
    else:
        opened = file(path)
        if opened.tags is None:
            opened.add_tags()
        tags = opened.tags
    for frame in id3_frames(version):
        tags.add(frame)
    if file is not None:
        opened.save(v2_version=version)
        return
    tags.save(path, v2_version=version, padding=lambda info: 300)
    data = path.read_bytes()
    end = 10 + sum(map(len, raw_frames(data)))
    path.write_bytes(data[:end] + UNKNOWN_FRAME + data[end + len(UNKNOWN_FRAME) :])


def raw_frames(tag: bytes) -> list[bytes]:
    """Frames of a tag of version 2.3 or 2.4, read without any of map4's code."""
    stop = 10 + (tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9])
    frames, at = [], 10
    while at < stop and tag[at]:
        field = tag[at + 4 : at + 8]
        length = int.from_bytes(field, "big")
        if tag[3] == 4:
            length = field[0] << 21 | field[1] << 14 | field[2] << 7 | field[3]
        frames.append(tag[at : at + 10 + length])
        at += 10 + length
    return frames


def _flac(path: Path) -> None:
    file = FLAC(path)
    file.update({"TITLE": "Die Schöne", "ALBUM": "An album", "BPM": "100", "SERATO_MARKERS_V2": "AQFDT0xPUg==",
                 "KEY": MIXED_IN_KEY, "artist": ["one", "two"]})  # fmt: skip
    picture = Picture()
    picture.data, picture.type, picture.mime = PICTURE, 3, "image/png"
    file.add_picture(picture)
    file.save(padding=lambda info: 200)


def _comments(path: Path) -> None:
    file = mutagen.File(path)
    file.update({"TITLE": "Die Schöne", "ALBUM": "An album", "BPM": "100", "SERATO_MARKERS_V2": "AQFDT0xPUg==",
                 "METADATA_BLOCK_PICTURE": "A" * 70_000})  # fmt: skip
    file.save()


def _mp4(path: Path) -> None:
    file = MP4(path)
    file.update(
        {
            "\xa9nam": ["Die Schöne"], "\xa9alb": ["An album"], "tmpo": [100], "covr": [MP4Cover(PICTURE)],
            "----:com.serato.dj:markersv2": [MP4FreeForm(SERATO)],
            "----:com.mixedinkey.mixedinkey:key": [MP4FreeForm(MIXED_IN_KEY.encode())], "trkn": [(2, 10)],
        }
    )  # fmt: skip
    file.save(padding=lambda info: 40)


def _asf(path: Path) -> None:
    file = ASF(path)
    file.update({"Title": ["Die Schöne"], "WM/AlbumTitle": ["An album"], "WM/BeatsPerMinute": ["100"],
                 "Author": ["one", "two"], "WM/Picture": [ASFByteArrayAttribute(PICTURE)]})  # fmt: skip
    file.save()


def _ape(path: Path) -> None:
    tags = APEv2()
    tags.update({"Title": "Die Schöne", "Album": "An album", "Composer": "Kept", "BPM": "100"})
    tags["Cover Art (Front)"] = APEValue(b"c.png\0" + PICTURE, mutagen.apev2.BINARY)
    tags.save(path)


def independent(path: Path) -> dict[str, Any]:
    """All that mutagen reads in a file, by its names; frames of ID3 with all their fields."""
    read: Callable[..., Any] = {".mp3": id3.ID3, ".aac": id3.ID3, ".tta": id3.ID3}.get(path.suffix, mutagen.File)
    if path.suffix in (".ape", ".mpc", ".wv"):
        read = APEv2
    file = read(path)
    tags = getattr(file, "tags", file) if not isinstance(file, (id3.ID3, APEv2)) else file
    found: dict[str, Any] = {}
    for name, value in tags.items() if hasattr(tags, "items") else []:
        values = value if isinstance(value, list) else [value]
        found[str(name).lower()] = [
            repr(value) if not isinstance(value, id3.TextFrame) else list(value.text) for value in values
        ]
    for picture in getattr(file, "pictures", ()):
        found["picture"] = [picture.data]
    return found


def known(
    library: Path,
    *paths: Path,
    bpm: float = 127.25,
    key: str = "11A",
    confidence: float = 0.9,
    detected_cues: tuple[DetectedCue, ...] = (),
) -> Path:
    """A library that knows these files as if it had scanned them; gives its path."""
    with closing(SqliteDatabase(str(library))) as database:
        store = SqlTracks(database)
        for path in paths:
            identity, stamp = identify(str(path)), Stamp.of(os.stat(path))
            analysis = Analysis(
                duration_s=200.0,
                tempo=Tempo(bpm=bpm, confidence=confidence),
                key=KeyEstimate(key=Key.parse(key), confidence=confidence),
                energy=0.7,
                loudness=Loudness(integrated_lufs=-9.98, true_peak_dbtp=-0.1),
                beats_s=(0.0, 0.5),
                sound=(0.5,) * SoundVector.SIZE,
                fingerprint=bytes(400),
                detected_cues=detected_cues,
            )
            read = Identified(stamp=stamp, identity=identity, tags=read_tags(str(path)))
            store.put_file(str(path), stamp, read, now=NOW, analysis=analysis.as_stored())
    return library

"""Random contents of sticks, and whole sticks in a folder."""

import random
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np

from map4.core.music.palette import Colour
from map4.core.music.track.cues import CuePoint, GridMark
from map4.extras.stick.anlz import analysis_files, analysis_path
from map4.extras.stick.new_stick import SETTING_FILES
from map4.extras.stick.reading import LIBRARY, PLUS
from map4.extras.stick.records import StickContents, StickList, StickPhrase, StickTrack
from map4.extras.stick.writing import export_pdb, write_device_library
from map4.formats import DeviceFile

DATE = "2026-11-28"
WORDS = (
    "House", "Émile", "日本の歌", "it’s", "🎧 mix", "x" * 126, "y" * 127, "z" * 250, "ü" * 130, "a", "Ωmega", "A  B",
)  # fmt: skip


def random_track(rng: random.Random, number: int) -> StickTrack:
    def word(chance: float = 0.8) -> str | None:
        return f"{rng.choice(WORDS)}{rng.choice(('', ' 2', 'é'))}"[:255] if rng.random() < chance else None

    path = f"/Contents/{rng.choice(('Ann', 'Zoë'))}/Album/{number:04} {rng.choice(('song', 'Lied é', '曲'))}.mp3"
    return StickTrack(
        number=number, path=path, analysis_path=analysis_path(path), title=word(1.0) or "", artist=word(), album=word(),
        album_artist=word(0.3), genre=word(), label=word(), composer=word(0.2), remixer=word(0.2), mix=word(0.3),
        comment=word(), key=rng.choice(("Fm", "8A", "Bbm", None)), color=rng.randrange(9), rating=rng.randrange(6),
        plays=rng.randrange(200), year=rng.choice((0, 1999, 2026)), track_number=rng.randrange(30),
        disc_number=rng.randrange(3), date_added=rng.choice(("", "2020-02-29")),
        bpm=rng.choice((None, 87.5, 128.0, 174.03)), duration_s=float(rng.randrange(1, 4000)),
        size_bytes=rng.randrange(1 << 32), sample_rate_hz=rng.choice((44_100, 48_000)), kbps=rng.choice((0, 128, 320)),
        artwork=rng.choice((None, "/PIONEER/Artwork/00001/a1.jpg", "/PIONEER/Artwork/00001/a2.jpg")),
    )  # fmt: skip


def random_contents(seed: int) -> StickContents:
    rng = random.Random(seed)
    count = rng.choice((0, 1, 15, 16, 17, 33, rng.randrange(40, 90)))
    tracks = [random_track(rng, number) for number in range(1, count + 1)]
    lists = [
        StickList(number=1, name="Sets", is_folder=True),
        StickList(number=2, name="Ordner é", parent=1, is_folder=True),
    ]
    for number in range(3, 3 + rng.randrange(12)):
        its = tuple(rng.randrange(1, count + 1) for _ in range(rng.randrange(40))) if count else ()
        lists.append(StickList(number=number, name=rng.choice(WORDS), parent=rng.randrange(3), tracks=its))
    return StickContents(tracks=tuple(tracks), lists=tuple(lists), date=DATE)


def marked_track(**changes: object) -> StickTrack:
    """A track of 200 s with two tempi, cues of every kind, five phrases and kicks in its strip."""
    times_s = np.arange(40_000) / 200
    kicks = 1 - np.round((times_s - 0.2) * 2, 6) % 1
    strip = np.stack([255 * kicks, np.full(40_000, 90), np.full(40_000, 60)]).astype(np.uint8)
    edges, energies = (0.2, 16.2, 32.2, 64.2, 96.2, 190.0), (0.2, 0.5, 0.9, 0.3, 0.1)
    values: dict[str, object] = {
        "number": 1, "path": "/Contents/Ann/Album/01 Lied é.mp3", "title": "Lied é", "artist": "Ann",
        "duration_s": 200.0, "bpm": 120.0, "offset_s": 0.025, "strip": strip.tobytes(), "size_bytes": 4,
        "grid": (
            GridMark(position_s=0.2, bpm=120.0, metre=4, beat=3),
            GridMark(position_s=100.2, bpm=125.5, metre=4, beat=3),
        ),
        "cues": (
            CuePoint(position_s=16.2, number=0, name="Drop é", color=Colour.EIGHT["red"]),
            CuePoint(position_s=0.2, number=7), CuePoint(position_s=32.2, number=3, kind="loop", length_s=2.0),
            CuePoint(position_s=64.2, name="in", color=Colour.EIGHT["green"]),
            CuePoint(position_s=70.0, kind="fade_in"), CuePoint(position_s=96.2, kind="loop", length_s=0.25),
        ),
        "phrases": tuple(
            map(StickPhrase, edges, edges[1:], "ABCDA", ("intro", "build", "drop", "break", "outro"), energies)
        ),
    }  # fmt: skip
    path = str(changes.get("path", values["path"]))
    return StickTrack(**{**values, "analysis_path": analysis_path(path), **changes})  # type: ignore[arg-type]


def unpacked(data: bytes) -> dict[int, list[bytes]]:
    """The rows of an export.pdb without faults, by table."""
    library = DeviceFile(BytesIO(data), Counter())
    tables = {table: list(library.rows(table)) for table in library.tables}
    library.check_free_pages()
    assert library.faults == []
    return tables


def write_stick(root: Path, contents: StickContents, *, is_plus: bool = False) -> Path:
    """A whole stick, whose music is silence of four bytes."""
    files = {LIBRARY: export_pdb(contents)} | {f"/PIONEER/{name}": data for name, data in SETTING_FILES.items()}
    for track in contents.tracks:
        files[track.path] = bytes(4)
        files |= {track.analysis_path[:-4] + suffix: data for suffix, data in analysis_files(track).items()}
    for name, data in files.items():
        place = root / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    if is_plus:
        write_device_library(contents, str(root / PLUS.lstrip("/")))
    return root

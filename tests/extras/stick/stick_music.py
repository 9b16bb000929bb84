"""Music with a library and lists, and a folder in the place of a stick."""

from collections.abc import Mapping
from contextlib import closing
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from quarantines import NOW, opened

from map4.core.audio.identity import identify
from map4.core.audio.jobs import Identified, Stamp
from map4.core.music.analysis.analysis import Analysis, Grid, Tempo
from map4.core.music.analysis.inside import DetectedCue, Phrase, Structure
from map4.core.music.track.tags import Tags
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks
from map4.extras.stick.changing import StickChange, StickDisk
from map4.extras.stick.part import Sticks
from map4.extras.stick.place import StickPlace
from map4.extras.stick.plan import StickPlan
from map4.extras.stick.reading import read_contents
from map4.extras.stick.records import StickContents, StickWrite

SECONDS = 2.0
PDB = "PIONEER/rekordbox/export.pdb"


def write_music(path: Path, *, seed: int = 1) -> Path:
    """A short sound in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_music(path.suffix[1:], seed))
    return path


@cache
def _music(form: str, seed: int) -> bytes:
    sound = 0.1 * np.random.default_rng(seed).standard_normal((round(44_100 * SECONDS), 2))
    soundfile.write(file := BytesIO(), sound.astype(np.float32), 44_100, format=form)
    return file.getvalue()


def put_music(library: Path, tags_by_path: Mapping[Path, Tags], **more: Any) -> None:
    """Put files into a library as a scan does, with a grid and phrases.

    more: of their analysis
    """
    phrase = Phrase(start_s=0.0, end_s=SECONDS, bars=1, group="A", role="intro", energy=0.5, confidence=0.9)
    analysis = Analysis(
        duration_s=SECONDS,
        tempo=Tempo(bpm=120.0, confidence=0.9),
        grid=Grid(first_beat_s=0.1, bpm=120.0),
        structure=Structure(phrases=(phrase,), confidence=0.9),
        detected_cues=(DetectedCue(kind="drop", position_s=1.1, reason="bass", confidence=0.9),),
        **more,
    ).as_stored()
    with closing(SqliteDatabase(str(library))) as database:
        store = SqlTracks(database)
        store.put_roots({str(path.parent): True for path in tags_by_path}, NOW)
        for path, tags in tags_by_path.items():
            stamp = Stamp.of(path.stat())
            identified = Identified(stamp=stamp, identity=identify(str(path)), tags=tags)
            store.put_file(str(path), stamp, identified, now=NOW, analysis=analysis)


class StickWorld:
    """A WAV, a FLAC and an MP3 with their library; two lists, and a folder for a stick."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.stick, self.library = folder, folder / "stick", folder / "library.map4"
        self.stick.mkdir()
        names = ("one.wav", "two.flac", "three.mp3")
        self.music = [write_music(folder / "music" / name, seed=seed) for seed, name in enumerate(names)]
        put_music(self.library, {path: Tags(artist="Ann", title=path.stem, album="First") for path in self.music})
        self.list("Friday", 0, 1)
        self.list("Late", 1, 2)

    def list(self, name: str, *numbers: int) -> Path:
        path = self.folder / f"{name}.m3u8"
        path.write_text("".join(f"{self.music[number]}\n" for number in numbers))
        return path

    def plan(self, *names: str, **options: Any) -> StickPlan:
        with opened(self.library) as library:
            lists = [str(self.folder / f"{name}.m3u8") for name in names]
            return library.part(Sticks).plan(lists, self.stick, folder=True, **options)

    def write(self, *names: str, disk: StickDisk | None = None, **options: Any) -> StickWrite:
        with opened(self.library) as library:
            sticks = library.part(Sticks)
            sticks.settle(self.stick, folder=True, import_first=options.get("import_first", False))
            return sticks.write(self.plan(*names, **options), disk=disk or StickDisk())

    def settle(self, disk: StickDisk) -> str | None:
        return StickChange(StickPlace(root=str(self.stick)), disk).settle()

    def contents(self) -> StickContents:
        return read_contents(str(self.stick)) or StickContents()

    def tree(self) -> dict[str, bytes]:
        """Content of all files on the stick, by path."""
        files = (path for path in self.stick.rglob("*") if path.is_file())
        return {str(path.relative_to(self.stick)): path.read_bytes() for path in files}

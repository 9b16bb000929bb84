"""What reads texts of others, each by a name with files that it reads; `fuzz.py` gives them mutants of these."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import engine_libraries as engine
import serato_files as serato
from audio_files import EXTENSIONS, make, noise
from dj_tracks import exported
from extra_cases import of_extras
from injections import TEXTS, content_of, nasty_tracks
from listed import list_of, written
from mixxx_libraries import make_library, put_track
from other_programs import ALBUM_SHEET, APPLE_LIBRARY, MIX_SHEET, REKORDBOX_TEXT, TRAKTOR_HISTORY, VIRTUALDJ_HISTORY
from PIL import Image
from playlist_library import make_playlist_library
from rekordbox_sticks import damageable_analyses, damageable_library
from tagged_files import stuffed

from map4 import Library
from map4.audio.identity import identify
from map4.audio.jobs import WalkOptions
from map4.audio.source import AudioSource
from map4.audio.tags.changes import SlotValues, reversed_splices, spliced
from map4.audio.tags.pictures import cover_of, picture_of, thumbnail_of
from map4.audio.tags.program_fields import read_program_fields
from map4.audio.tags.writing.files import TaggedSource, require_carried_out
from map4.base.files.journal import JournalError
from map4.base.path_maps import PathMap, PathMaps
from map4.errors import ConfigError, FileError, NothingFoundError, UsageError
from map4.formats.export import ExportOptions
from map4.formats.format import PlaylistReadError
from map4.formats.importer import ImportReadError, ReadNotes, importers
from map4.formats.registry import formats, read_list
from map4.formats.rekordbox.analysis_files import rekordbox_analysis
from map4.formats.serato.sessions import read_session
from map4.formats.serato.tags import values_of_tags
from map4.lists.playlist.energy_curve import parse_curve
from map4.music.lists.line_template import LineTemplate
from map4.music.query.parser import parse_query
from map4.music.track.imported import sound_values
from map4.scan.walk import IGNORE_FILE, DiskFiles
from map4.scan.workers.lanes import inline_lanes
from map4.search.matching.wanted_lines import read_wanted
from map4.settings.config import Config
from map4.tags.journals import TagJournals

MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
"""A disk in memory: most of a mutant's time would go into writing it."""
LONGEST_SEED_BYTES = 300_000
LONGEST_SEED_LETTERS = 100
"""Of a name; longer ones would cost the time of ten mutants."""
QUERIES = (
    "bpm:120..128 key:~8A energy:6..", 'artist:"Ann Lee" ^genre:house | is:missing', "year:1995..2005 sort:-bpm",
    "has:drop metre:3 played:2026-01..", "rating:4.. added:30d", 'title:"a\\"b" path:/music', "is:new label:x , isrc:y",
)  # fmt: skip
WORDS: Mapping[str, tuple[str, ...]] = {
    "curve": ("0:.5,50:.9,100:.4", "peak_time", "warm_up"),
    "map": ("/music=D:/Music", "D:\\Music=/home/me", "/music=file:///a%20b"),
    "template": ("{artist} - {title:>20}\\t{bpm:.1f} {{x}}", "{path}\\n{key}{rating:5.2f}"),
    "wanted": ("1. An Artist - Title 5 [Label]\n# x\nB – C (03:20)\n", "artist,title,mix\nAnn,One,Dub\n"),
    "ignore": ("*.wav\n!keep.wav\n/x/**/y\n[a-z]?\\#\n", "*\n!*/\n"),
    "config": (
        ('library = "a.map4"\n[analysis]\nprefer = ["tag", "measured", "imported"]\n[scan]\njobs = 2\ntimeout = 600\n'
        'exclude = ["Podcasts/", "!keep.wav"]\n[output]\nkey_notation = "openkey"\ncolor = "never"\n'
        '[classify.models.a]\nprovider = "openai"\nmodel = "x"\nurl = "http://127.0.0.1:9/v1"\n[providers.deezer]\n'
        'enabled = true\ninterval_s = 0.5\n[playlist.presets.warm]\ncurve = "0:.3,100:.6"\nminutes = 60\n'),
    ),
}  # fmt: skip
JOURNAL = (
    '{"schema": "map4/tags-journal/1", "written_at": "2026-01-01T00:00:00+00:00"}\n{"path": "/m/a.mp3", '
    '"before": {"size_bytes": 9, "digest": "aa", "mtime_ns": 1}, "after": {"size_bytes": 9, "digest": "bb"}, "back": '
    '[[0, 3, "eJwDAAAAAAE="]], "fields": {"bpm": [null, "120"]}}\n{"undone_at": "2026-01-01T00:00:00+00:00"}\n'
)
TAG_VALUES: SlotValues = {"bpm": 127.25, "key": "F#m", "comment": "8A - 7 - x", "rating": 4.0, "gain": -8.02}


def text_seeds(shared: Path) -> dict[str, list[bytes]]:
    """Files by the reader that is given them: what map4 writes, and other programs' where they are here."""
    tracks = [track for track in nasty_tracks() if len(track.tags.title or "") < LONGEST_SEED_LETTERS]
    kinds = {"rekordbox": "rekordbox", "traktor": "traktor", "virtualdj": "virtualdj-database"}
    seeds = {f"import/{kind}": [exported(name, tracks)[0]] for kind, name in kinds.items()}
    for file in sorted((shared / "interchange").glob("*.*")):
        kind = {".nml": "traktor", ".crate": "serato", ".db": "rekordbox-db"}.get(file.suffix, "rekordbox")
        if file.suffix != ".md" and file.stat().st_size < 4 * LONGEST_SEED_BYTES:
            seeds.setdefault(f"import/{kind}", []).append(file.read_bytes())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library = make_library(folder / "mixxxdb.sqlite")
        put_track(library)
        seeds["import/mixxx"] = [library.read_bytes()]
        seeds["import/engine"] = [engine_seed(folder)]
        seeds["tags/serato"] = [file.read_bytes() for file in serato_seeds(folder)]
        seeds["tags/write"] = [stuffed(folder / f"stuffed.{kind}").read_bytes() for kind in EXTENSIONS]
    seeds["session/serato"] = [serato.session(*(serato.played(row, f"/{row}.mp3", 10**9) for row in range(3)))]
    seeds["import/rekordbox-usb"] = [damageable_library()]
    seeds["analysis"] = damageable_analyses()
    seeds["base"] = seeds["import/rekordbox"]
    seeds["list/jsonl"] = [b'{"path": "/m/a.mp3"}\n' * 9]  # of longer lines few mutants are JSON
    seeds["import/apple-music"] = [APPLE_LIBRARY]
    seeds["import/cue"] = [MIX_SHEET, ALBUM_SHEET]
    seeds["import/traktor"].append(f"<NML>{TRAKTOR_HISTORY % ''}</NML>".encode())
    seeds["list/m3u"] = [VIRTUALDJ_HISTORY.encode()]
    seeds["list/txt"] = [REKORDBOX_TEXT.encode("utf-16")]
    for name, each in formats().items():
        if each.list_reader is not None and each.list_writer is not None:
            data = written(name, list_of(*tracks, name="A list"))[0]
            seeds.setdefault(f"list/{each.suffixes[0]}", []).append(data)
    seeds["query"] = [text.encode() for text in QUERIES] + [text.encode("utf-8", "replace") for text in TEXTS]
    seeds |= {f"words/{kind}": [text.encode() for text in texts] for kind, texts in WORDS.items()}
    seeds["picture"] = [picture_seed(kind) for kind in ("JPEG", "PNG", "GIF", "WEBP")]
    seeds["journal"] = [JOURNAL.encode()]
    for seeds_of_extra in of_extras("seeds", module="mutants"):
        seeds |= seeds_of_extra()
    return seeds


def picture_seed(kind: str) -> bytes:
    """A small picture with something in it."""
    Image.linear_gradient("L").resize((64, 48)).save(out := BytesIO(), kind)
    return out.getvalue()


def engine_seed(folder: Path) -> bytes:
    """Engine's database with a track, its blocks and a list."""
    library = engine.make_library(folder)
    blocks = {
        "trackData": engine.track_data(),
        "beatData": engine.beats(engine.straight(128.0, 0.3)),
        "quickCues": engine.cues(("Drop", 30.0, 0xEAC532), moved=True),
        "loops": engine.loops(("Out", 90.0, 94.0, 1)),
    }
    engine.put_list(library, "A list", [engine.put_track(library, "../One.mp3", blocks=blocks, title="One", key=3)])
    return library.read_bytes()


def serato_seeds(folder: Path) -> Iterator[Path]:
    """A file with Serato's tags of each kind; they are told apart by their first bytes."""
    blocks = {
        "Serato Markers2": serato.markers2(serato.entries([(0, 9, 0xCC0000, "Drop")], [(0, 9, 99, "Loop")])),
        "Serato BeatGrid": serato.grid((0.5, 4), last=(2.5, 120.0)),
        "Serato Autotags": serato.autotags("120.00"),
    }
    for kind in ("mp3", "flac", "m4a", "ogg", "aiff", "wav"):
        yield serato.put(make(folder / f"a.{kind}", noise(0.1)), blocks)


# ---- readers -------------------------------------------------------------------------------------


class RefusedError(Exception):
    """Not read, and nothing is wrong with that."""


REFUSALS = (
    RefusedError, UsageError, NothingFoundError, PlaylistReadError, ImportReadError, FileError, JournalError,
    ConfigError, click.UsageError,
)  # fmt: skip
"""What readers say of what they can't read."""


class Doors:
    """What reads mutants, made where one asks for it; for some mutants in a row."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY)))

    def close(self) -> None:
        self._stack.close()

    def put(self, name: str, data: bytes) -> str:
        """The path of a file with this content."""
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    @cached_property
    def library(self) -> Path:
        return make_playlist_library(self.folder / "library.map4", tracks=12)

    @cached_property
    def opened(self) -> Library:
        return self._stack.enter_context(Library.open(self.library, lanes=inline_lanes))

    # -- files

    def list(self, name: str, data: bytes) -> None:
        read_list(data, f"a.{name}")

    def base(self, name: str, data: bytes) -> None:
        """Replace values in a collection; what is written has to be sound again."""
        out, options = (
            BytesIO(),
            ExportOptions(into=self.put("base.xml", data), with_cues="all", with_grid=True, replace=("key", "comment")),
        )
        formats()["rekordbox"].export(content_of(nasty_tracks()), out, options)
        ElementTree.fromstring(out.getvalue())

    def analysis(self, name: str, data: bytes) -> None:
        self.put("a.DAT", data)
        rekordbox_analysis(str(self.folder), "a.DAT", Counter())

    def session(self, name: str, data: bytes) -> None:
        read_session(self.put("a.session", data), ReadNotes())

    def imported(self, name: str, data: bytes) -> None:
        names = {"serato": "a.crate", "mixxx": "mixxxdb.sqlite", "engine": "m.db", "cue": "a.cue"}
        path = self.put((names | {"rekordbox-usb": "export.pdb"}).get(name, "a.xml"), data)
        for _ in importers()[name].read(path, ReadNotes()):
            pass

    def tags(self, name: str, data: bytes) -> None:
        """Read a program's fields and the cover, or write tags as `tags write` does, and undo it."""
        path = self.put("a.mp3", data)
        if name == "serato":
            cover_of(path)
            sound_values(values_of_tags("a.mp3", read_program_fields(path, name), Counter()))
            return
        with AudioSource(path) as source:
            before = TaggedSource.read(source)
            splices = before.edit(TAG_VALUES)
            after = spliced(data, splices)
            back = reversed_splices(splices, [data[each.start : each.stop] for each in splices])
            assert spliced(after, back) == data, "undo leads elsewhere"
            identify(target := self.put("b.mp3", after))
            with AudioSource(target) as again:
                require_carried_out(before, TaggedSource.read(again), TAG_VALUES)

    def picture(self, name: str, data: bytes) -> None:
        if (found := picture_of(data)) is None or thumbnail_of(found, 32) is None:
            raise RefusedError

    def journal(self, name: str, data: bytes) -> None:
        path = self.put("tags.jsonl", data)
        journals = TagJournals(str(self.folder / "journals"))
        list(journals.files_of(journals.find(path)))

    # -- texts

    def query(self, name: str, data: bytes) -> None:
        parse_query(data.decode("utf-8", "replace"))

    def words(self, name: str, data: bytes) -> None:
        """What people write elsewhere: options and settings."""
        text = data.decode("utf-8", "surrogateescape")
        if name == "curve":
            parse_curve(text).at(0.5)
        elif name == "map":
            maps = PathMaps(maps=(PathMap.parse(text),), relative_to="/music")
            for path in maps.inward(text, "/music"):
                maps.outward(path)
        elif name == "template":
            LineTemplate.read(text).fill(next(iter(self.opened.tracks.all())), "camelot")
        elif name == "wanted":
            list(self.opened.tracks.wanted(read_wanted(text)))
        elif name == "ignore":
            self.put(IGNORE_FILE, data)
            list(DiskFiles().walk([str(self.folder)], WalkOptions()))
        else:
            assert name == "config"
            Config({}, {}, self.put("map4.toml", data)).values()


def read_json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise RefusedError from None


def read_text(target: str, data: bytes, doors: Doors) -> str:
    """Give a mutant to its reader; the outcome in a word, where it is one that the reader may have."""
    kind, _, name = target.partition("/")
    readers = {kind: reader for readers in of_extras("READERS", module="mutants") for kind, reader in readers.items()}
    try:
        if kind in readers:
            readers[kind](doors, name, data)
        else:
            getattr(doors, "imported" if kind == "import" else kind)(name, data)
    except REFUSALS:
        return "refused"
    return "read"

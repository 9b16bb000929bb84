"""Write and remove the demo folder: tagged tracks, the odd files of a real collection, and the true values of both."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from map4.core.base.regular_files import OnDisk
from map4.errors import Map4Error
from map4.extras.demo.music import SPECS, TrackSpec, render_track, write_audio
from map4.library import Library

TRUTH_NAME = ".map4-demo-truth.json"
"""Marks a folder as written by the demo, and lists its files with their digests and true values."""
DEMO_VERSION = 1  # raised when the synthesiser or a style changes; the fingerprint covers changed tracks
LIBRARY_NAME = "demo.map4"
_BESIDE_LIBRARY = (".lock", "-wal", "-shm", ".mirror.lock", ".watch.lock", ".serve.lock")
COPY_NAME = "Incoming/track_01_final(2).mp3"
BROKEN_NAME = "Incoming/Broken Download.mp3"
EMPTY_NAME = "Incoming/empty.flac"
TEMPORARY_NAME = ".map4-demo-part"


class DemoError(Map4Error):
    """The demo folder can't be written, read or removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFile:
    """A file of the demo: its path, its true values, and the function that writes it."""

    path: str
    truth: dict[str, Any] | None
    make: Callable[[str], None]


class DemoFolder:
    """A folder that the demo wrote, or will write.

    DemoError
        If `folder` exists and is no folder of the demo, unless it is empty.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.library = os.path.join(folder, LIBRARY_NAME)
        self._saved = self._read()

    @property
    def truth(self) -> list[dict[str, Any]]:
        """The true values of each audio file."""
        return [entry for entry in self._saved.get("files", ()) if entry["expect"]]

    def write(self, *, specs: Sequence[TrackSpec] = SPECS, on_file: Callable[[int, int], object] | None = None) -> int:
        """Write the missing files; replace unchanged files of another version of the demo.

        specs: the tracks
        on_file: called with the number of files done and of all files

        returns: The number of files written; 0 if the folder was complete.
        """
        fingerprint = hashlib.sha256(f"{DEMO_VERSION} {tuple(specs)!r}".encode("utf-8", "surrogateescape")).hexdigest()
        if self._saved.get("fingerprint") not in (None, fingerprint):
            self.remove()
        digests = {entry["path"]: entry.get("sha256") for entry in self._saved.get("files", ())}
        files = list(_plan(self.folder, specs))
        entries = {file.path: {"path": file.path, **(file.truth or {"expect": None})} for file in files}
        for path, entry in entries.items():
            entry["sha256"] = digests.get(path)
        self._saved = {**self._saved, "schema": "map4-demo/2", "fingerprint": fingerprint, "files": [*entries.values()]}
        os.makedirs(self.folder, exist_ok=True)
        self._save()
        written = 0
        for done, file in enumerate(files, start=1):
            target = os.path.join(self.folder, file.path)
            if not os.path.lexists(target):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                # Under its own name a file is always complete, and its digest known.
                part = os.path.join(self.folder, TEMPORARY_NAME + os.path.splitext(file.path)[1])
                file.make(part)
                entries[file.path]["sha256"] = _digest(part)
                self._save()
                os.replace(part, target)
                written += 1
            if on_file:
                on_file(done, len(files))
        self._remove_parts()
        return written

    @contextmanager
    def using_library(self) -> Iterator[None]:
        """Note the last change of the library after the demo's own scan, unless others had changed it before."""
        is_changed = self._is_library_changed()
        yield
        if not is_changed and os.path.exists(self.library):
            self._saved["library"] = _last_change(self.library)
            self._save()

    def remove(self) -> list[str]:
        """Delete the files that the demo wrote and that are unchanged, and folders that are then empty.

        returns: Paths of its files that were changed since, and are kept.
        """
        root, kept = os.path.realpath(self.folder), []
        for entry in self._saved.get("files", ()):
            path = os.path.join(root, entry["path"])
            inside = os.path.realpath(os.path.dirname(path)) + os.sep
            if not inside.startswith(root + os.sep) or not os.path.isfile(path) or os.path.islink(path):
                continue
            if _digest(path) != entry.get("sha256"):
                kept.append(os.path.join(self.folder, entry["path"]))
                continue
            os.remove(path)
        if os.path.exists(self.library):
            if self._is_library_changed():
                kept.append(self.library)
            else:
                for suffix in ("", *_BESIDE_LIBRARY):
                    with suppress(FileNotFoundError):
                        os.remove(self.library + suffix)
        self._remove_parts()
        folders = {parent for entry in self._saved.get("files", ()) for parent in Path(entry["path"]).parents}
        for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True)[:-1]:
            with suppress(OSError):  # not empty, or gone
                os.rmdir(os.path.join(root, folder))
        if not kept:
            with suppress(FileNotFoundError):
                os.remove(os.path.join(self.folder, TRUTH_NAME))
            with suppress(OSError):
                os.rmdir(self.folder)
        return kept

    def _is_library_changed(self) -> bool:
        """True if something was stored after the demo's scan. Without a note, that scan was interrupted."""
        noted = self._saved.get("library")
        return noted is not None and os.path.exists(self.library) and _last_change(self.library) != noted

    def _read(self) -> dict[str, Any]:
        path = os.path.join(self.folder, TRUTH_NAME)
        try:
            with OnDisk(path).open() as file:
                saved = json.load(file)
            if str(saved["schema"]).startswith("map4-demo/"):
                return {
                    **saved,
                    "files": [{"expect": None, **entry, "path": str(entry["path"])} for entry in saved["files"]],
                }
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DemoError(f"{path} can't be read ({error}); delete the folder, then run the demo again") from None
        if os.path.lexists(self.folder) and not os.path.isdir(self.folder):
            raise DemoError(f"{self.folder} is not a folder; name a new one")
        if os.path.isdir(self.folder) and os.listdir(self.folder):
            raise DemoError(f"{self.folder} was not written by the demo (no {TRUTH_NAME}); name a new or empty folder")
        return {}

    def _save(self) -> None:
        path = os.path.join(self.folder, TRUTH_NAME)
        # ASCII, because a name that is not UTF-8 is a lone surrogate here.
        with open(path + ".part", "w", encoding="utf-8") as file:
            file.write(json.dumps(self._saved, indent=1) + "\n")
        os.replace(path + ".part", path)

    def _remove_parts(self) -> None:
        """Delete what an interrupted run left."""
        for path in Path(self.folder).glob(f"{TEMPORARY_NAME}*"):
            path.unlink()


def _last_change(library: str) -> str:
    with Library.open(library, create=False) as opened:
        return opened.events.since(None).through


def _digest(path: str) -> str:
    with OnDisk(path).open() as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plan(folder: str, specs: Sequence[TrackSpec]) -> Iterator[DemoFile]:
    tracks = [spec for spec in specs if sys.platform == "linux" or not _is_bytes_name(spec)]
    for spec in tracks:
        yield DemoFile(path=track_path(spec), truth=_truth(spec), make=partial(_make_track, spec))
    original = next((spec for spec in tracks if spec.suffix == "mp3" and spec.tag_key), None)
    if original:
        note = f"copy of {original.title}"
        make = partial(_make_copy, os.path.join(folder, track_path(original)))
        yield DemoFile(path=COPY_NAME, truth=_truth(original) | {"note": note}, make=make)
    failed = {"bpm": None, "key": None, "first_beat_s": None, "metre": None, "expect": "failed"}
    page = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>No such file.</body></html>\n" * 200
    yield DemoFile(path=BROKEN_NAME, truth=failed | {"note": "a web page"}, make=partial(_make_bytes, page.encode()))
    yield DemoFile(path=EMPTY_NAME, truth=failed | {"note": "zero bytes"}, make=partial(_make_bytes, b""))
    picture = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 16 + b"\xff\xd9"
    for name in dict.fromkeys(os.path.dirname(track_path(spec)) for spec in tracks[:3]):
        yield DemoFile(path=f"{name}/cover.jpg", truth=None, make=partial(_make_bytes, picture))
    yield DemoFile(path="Incoming/.DS_Store", truth=None, make=partial(_make_bytes, b"\x00\x00\x00\x01Bud1"))
    lines = [f"../{track_path(spec)}" for spec in tracks if not _is_bytes_name(spec)][:8]
    m3u = "\n".join(["#EXTM3U", *lines, "../Somewhere/Gone.mp3", ""]).encode()
    yield DemoFile(path="Incoming/friday.m3u", truth=None, make=partial(_make_bytes, m3u))


def _is_bytes_name(spec: TrackSpec) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in spec.file_name)


def track_path(spec: TrackSpec) -> str:
    """The path of a track below the demo folder."""
    if spec.file_name:
        return f"{spec.folder}/{spec.file_name}"
    return f"{spec.folder}/{spec.artist}/{spec.album}/{spec.track_number:02d} {spec.title}.{spec.suffix}"


def _truth(spec: TrackSpec) -> dict[str, Any]:
    beat = spec.bpm is not None
    return {
        "bpm": spec.bpm,
        "key": spec.key,
        "first_beat_s": spec.start_s if beat else None,
        "metre": spec.metre if beat else None,
        "tuning_hz": spec.tuning_hz,
        "lufs": spec.lufs,
        "expect": "ok",
        "note": spec.note,
    }


def _make_bytes(content: bytes, path: str) -> None:
    with open(path, "wb") as file:
        file.write(content)


def _make_track(spec: TrackSpec, path: str) -> None:
    samples = render_track(spec, spec.sr)
    # The suffix of the name may lie about what is inside.
    honest = f"{os.path.splitext(path)[0]}.{spec.suffix}"
    write_audio(honest, samples[:, : spec.channels], spec.sr, bits=spec.bits)
    if spec.suffix in ("mp3", "wav", "aiff"):
        _write_id3(honest, spec)
    elif spec.suffix == "m4a":
        _write_mp4(honest, spec)
    else:
        file = import_module("mutagen").File(honest)
        file.update({name: [text] for name, text in _texts(spec).items() if text})
        file.save()
    os.replace(honest, path)


def _make_copy(original: str, path: str) -> None:
    with OnDisk(original).open() as source, open(path, "wb") as file:
        file.write(source.read())
    id3 = _mutagen("id3")
    tags = id3.ID3()
    tags.add(id3.TIT2(encoding=3, text="track 01 final"))
    tags.save(path)


def _mutagen(name: str) -> Any:
    """A module of mutagen as Any: its functions carry no types."""
    return import_module(f"mutagen.{name}")


def _texts(spec: TrackSpec) -> dict[str, str | None]:
    bpm = None if spec.tag_bpm is None else f"{spec.tag_bpm:g}"
    return {"artist": spec.artist, "title": spec.title, "album": spec.album, "genre": spec.genre, "bpm": bpm,
            "date": str(spec.year), "initialkey": spec.tag_key, "isrc": spec.isrc, "label": spec.label,
            "tracknumber": str(spec.track_number)}  # fmt: skip


def _write_id3(path: str, spec: TrackSpec) -> None:
    id3 = _mutagen("id3")
    frames = {"artist": id3.TPE1, "title": id3.TIT2, "album": id3.TALB, "genre": id3.TCON, "bpm": id3.TBPM,
              "date": id3.TDRC, "initialkey": id3.TKEY, "isrc": id3.TSRC, "label": id3.TPUB,
              "tracknumber": id3.TRCK}  # fmt: skip
    file = import_module("mutagen").File(path)
    if file.tags is None:
        file.add_tags()
    for name, text in _texts(spec).items():
        if text:
            file.tags.add(frames[name](encoding=1, text=text))
    version = 3 if spec.year % 2 == 0 else 4
    if version == 3:
        file.tags.update_to_v23()
    file.save(v2_version=version)


def _write_mp4(path: str, spec: TrackSpec) -> None:
    mp4 = _mutagen("mp4")
    file = mp4.MP4(path)
    file["\xa9ART"], file["\xa9nam"], file["\xa9alb"] = [spec.artist], [spec.title], [spec.album]
    file["\xa9gen"], file["\xa9day"], file["trkn"] = [spec.genre], [str(spec.year)], [(spec.track_number, 0)]
    if spec.tag_bpm is not None:
        file["tmpo"] = [round(spec.tag_bpm)]
    for name, text in (("initialkey", spec.tag_key), ("ISRC", spec.isrc), ("LABEL", spec.label)):
        if text:
            file[f"----:com.apple.iTunes:{name}"] = [mp4.MP4FreeForm(text.encode())]
    file.save()

"""Write the demo folder: the tracks with their tags, the odd files of a real collection, and the truth about both."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from demo_music import SPECS, TrackSpec, render_track, write_audio

TRUTH_NAME = ".map4-demo-truth.json"
"""Hidden, so that a scan passes it by. It is also the mark of a folder that this program may write to."""
DEMO_VERSION = 1
"""Raised when the synthesiser or a style changes; the specs are in the fingerprint anyway."""
COPY_NAME = "Incoming/track_01_final(2).mp3"
BROKEN_NAME = "Incoming/Broken Download.mp3"
EMPTY_NAME = "Incoming/empty.flac"
TEMPORARY_NAME = ".map4-demo-part"


class DemoError(Exception):
    """The folder can't be written or read; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFile:
    """One file of the demo: where it goes, what is true of it, and how it is made."""

    path: str
    truth: dict[str, Any] | None
    make: Callable[[str], None]


def write_demo(folder: str, *, specs: Sequence[TrackSpec] = SPECS, say: Callable[[str], None] = print) -> int:
    """Write the demo folder, or what is missing of it.

    Parameters
    ----------
    folder : new, empty, or written by this function before
    specs : the tracks
    say : receives lines of progress

    Returns
    -------
    Number of files written; 0 where the folder was complete.

    Raises
    ------
    DemoError
        If the folder holds anything else.
    """
    old = _claim(folder)
    fingerprint = hashlib.sha256(f"{DEMO_VERSION} {tuple(specs)!r}".encode("utf-8", "surrogateescape")).hexdigest()
    files = list(_plan(folder, specs))
    if old.get("fingerprint") not in (None, fingerprint):
        _remove(folder, old)
    elif old.get("complete") and all(os.path.lexists(os.path.join(folder, file.path)) for file in files):
        say(f"{_shown(folder)}: complete, nothing to do")
        return 0
    _save(folder, fingerprint, files, complete=False)
    written = 0
    for index, file in enumerate(files, start=1):
        target = os.path.join(folder, file.path)
        if os.path.lexists(target):
            continue
        if file.truth:
            say(f"{index:3d}/{len(files)}  {_shown(file.path)}")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        # Made under another name first: a file under its own name is whole, whenever the program is stopped.
        part = os.path.join(folder, TEMPORARY_NAME + os.path.splitext(file.path)[1])
        file.make(part)
        os.replace(part, target)
        written += 1
    for name in os.listdir(folder):
        if name.startswith(TEMPORARY_NAME):  # of a run that was stopped
            os.remove(os.path.join(folder, name))
    _save(folder, fingerprint, files, complete=True)
    say(f"{_shown(folder)}: {written} files written")
    return written


def read_truth(folder: str) -> list[dict[str, Any]] | None:
    """What is true of each file of a demo folder; None for any other folder."""
    try:
        with open(os.path.join(folder, TRUTH_NAME), encoding="utf-8") as file:
            files = json.load(file)["files"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DemoError(
            f"{folder}: {TRUTH_NAME} can't be read ({error}); delete the folder and write it again"
        ) from None
    return [entry for entry in files if entry["expect"]]


def _claim(folder: str) -> dict[str, Any]:
    """Make sure the folder is ours to write to; return its old truth file, empty for a new folder."""
    path = os.path.join(folder, TRUTH_NAME)
    if os.path.exists(path):
        try:
            with open(path, encoding="utf-8") as file:
                old = json.load(file)
        except (OSError, ValueError) as error:
            raise DemoError(f"{folder}: {TRUTH_NAME} can't be read ({error}); delete the folder first") from None
        if isinstance(old, dict) and str(old.get("schema")).startswith("map4-demo/"):
            return old
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise DemoError(f"{folder} is not a folder; name a new one")
    if os.path.isdir(folder) and os.listdir(folder):
        raise DemoError(f"{folder} holds files that are not the demo's; name a new or empty folder")
    os.makedirs(folder, exist_ok=True)
    return {}


def _remove(folder: str, old: dict[str, Any]) -> None:
    """Delete what another version of the demo wrote, and nothing that somebody has put beside it."""
    root = os.path.realpath(folder)
    for entry in old.get("files", []):
        path = os.path.join(root, entry["path"])
        inside = os.path.realpath(os.path.dirname(path)) + os.sep
        if inside.startswith(root + os.sep) and os.path.isfile(path):
            os.remove(path)


def _save(folder: str, fingerprint: str, files: Sequence[DemoFile], *, complete: bool) -> None:
    entries = [{"path": file.path, **(file.truth or {"expect": None})} for file in files]
    document = {"schema": "map4-demo/1", "fingerprint": fingerprint, "complete": complete, "files": entries}
    path = os.path.join(folder, TRUTH_NAME)
    # ASCII, because a name that is not UTF-8 is a lone surrogate here.
    text = json.dumps(document, indent=1, ensure_ascii=True) + "\n"
    with open(path + ".part", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".part", path)


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _plan(folder: str, specs: Sequence[TrackSpec]) -> Iterator[DemoFile]:
    tracks = [spec for spec in specs if sys.platform == "linux" or not _is_bytes_name(spec)]
    for spec in tracks:
        yield DemoFile(path=track_path(spec), truth=_truth(spec), make=_track_maker(spec))
    original = next((spec for spec in tracks if spec.suffix == "mp3" and spec.tag_key), None)
    if original:
        note = f"copy of {original.title}"
        yield DemoFile(path=COPY_NAME, truth=_truth(original) | {"note": note}, make=_copy_maker(folder, original))
    failed = {"bpm": None, "key": None, "first_beat_s": None, "metre": None, "expect": "failed"}
    page = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>No such file.</body></html>\n" * 200
    yield DemoFile(path=BROKEN_NAME, truth=failed | {"note": "a web page"}, make=_bytes_maker(page.encode()))
    yield DemoFile(path=EMPTY_NAME, truth=failed | {"note": "zero bytes"}, make=_bytes_maker(b""))
    picture = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 16 + b"\xff\xd9"
    for name in dict.fromkeys(os.path.dirname(track_path(spec)) for spec in tracks[:3]):
        yield DemoFile(path=f"{name}/cover.jpg", truth=None, make=_bytes_maker(picture))
    yield DemoFile(path="Incoming/.DS_Store", truth=None, make=_bytes_maker(b"\x00\x00\x00\x01Bud1"))
    lines = [f"../{track_path(spec)}" for spec in tracks if not _is_bytes_name(spec)][:8]
    m3u = "\n".join(["#EXTM3U", *lines, "../Somewhere/Gone.mp3", ""]).encode()
    yield DemoFile(path="Incoming/friday.m3u", truth=None, make=_bytes_maker(m3u))


def _is_bytes_name(spec: TrackSpec) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in spec.file_name)


def track_path(spec: TrackSpec) -> str:
    """Where a track lies below the demo folder."""
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


def _bytes_maker(content: bytes) -> Callable[[str], None]:
    def make(path: str) -> None:
        with open(path, "wb") as file:
            file.write(content)

    return make


def _track_maker(spec: TrackSpec) -> Callable[[str], None]:
    def make(path: str) -> None:
        samples = render_track(spec, spec.sr)
        # The suffix of the name may lie about what is inside.
        honest = f"{os.path.splitext(path)[0]}.{spec.suffix}"
        write_audio(honest, samples[:, : spec.channels], spec.sr, bits=spec.bits)
        write_tags(honest, spec)
        os.replace(honest, path)

    return make


def _copy_maker(folder: str, spec: TrackSpec) -> Callable[[str], None]:
    def make(path: str) -> None:
        id3 = _mutagen("id3")
        with open(os.path.join(folder, track_path(spec)), "rb") as source, open(path, "wb") as file:
            file.write(source.read())
        tags = id3.ID3()
        tags.add(id3.TIT2(encoding=3, text="track 01 final"))
        tags.save(path)

    return make


def write_tags(path: str, spec: TrackSpec) -> None:
    """Tag a file in the way of its format; ID3 for MP3, WAV and AIFF (v2.3 in even years, as in old collections)."""
    if spec.suffix in ("mp3", "wav", "aiff"):
        _write_id3(path, spec)
    elif spec.suffix == "m4a":
        _write_mp4(path, spec)
    else:
        _write_comments(path, spec)


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


def _write_comments(path: str, spec: TrackSpec) -> None:
    file = import_module("mutagen").File(path)
    for name, text in _texts(spec).items():
        if text:
            file[name] = [text]
    file.save()


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

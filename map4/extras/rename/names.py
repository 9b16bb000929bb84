"""Names that Windows, exFAT and every other system allow."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from map4.core.base.path_maps import Location
from map4.core.music.lists.line_template import LineTemplate
from map4.core.music.placeholders import Placeholder
from map4.core.music.track.track import Track
from map4.errors import UsageError

MOST_BYTES = 255
"""Maximum length of a name on Linux' file systems; exFAT, NTFS and APFS count fewer units for the same name."""
_SIDE_SUFFIX_BYTES = 4
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED_NAME = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(?=\.|$)", re.IGNORECASE)
_PATH_FIELDS = frozenset({"path", "path_bytes", "folder"})
_UNSEEN = "\ufffd"  # columns have it instead of invisible characters
COUNTER = "\ue000"  # in a path for `{n}`; as long as three digits
_EMPTY_BRACKETS = re.compile(r"\s*(?:\(\s*\)|\[\s*\])")
_JOINERS = frozenset("\u200d\ufe0f\ufe0e")


class NameTemplate:
    """A template of paths relative to a folder, without suffix.

    has_folders: whether it says in which folder a file is
    """

    def __init__(self, text: str) -> None:
        self._template = LineTemplate.read(text.replace("{n}", COUNTER), what="TEMPLATE")
        for literal, names, _ in self._template.pieces:
            if bad := _RESERVED.search(literal.replace("/", "")):
                raise UsageError(f"TEMPLATE: names of files can't have {bad[0]!r} on every system; '/' is for folders")
            if wrong := _PATH_FIELDS.intersection(names):
                raise UsageError(
                    f"TEMPLATE: {{{min(wrong)}}} is no part of a name; without '/', files keep their folder"
                )
        if not any(names for _, names, _ in self._template.pieces):
            raise UsageError("TEMPLATE has no field, so that all files would get one name; write '{artist} - {title}'")
        if re.match(r"/|~/", text) or re.search(r"(^|/)\.{1,2}(/|$)", text):
            raise UsageError("TEMPLATE: a name can't begin with '/' or '~', nor have '..'; --into DIR names a folder")
        self.text = text
        self.has_folders = any("/" in literal for literal, _, _ in self._template.pieces)

    def path(self, track: Track) -> str:
        """Return the relative path of a track, with its suffix."""
        track = _without_placeholders(track)
        names = self._names(track, lambda text: True, "is not known")
        if any(name.strip() and not legal_name(name) for name in names):  # such as an album ".."
            names = self._names(track, _is_name_or_empty, "leaves an empty name")
        suffix = os.path.splitext(track.path)[1]
        *folders, stem = names
        stem = stem.removesuffix(suffix)
        name = legal_name(stem, room=MOST_BYTES - max(len(os.fsencode(suffix)), _SIDE_SUFFIX_BYTES))
        if not name:
            raise LookupError("nothing is left of its name")
        return Location.as_file_name(os.path.join(*filter(None, map(legal_name, folders)), name + suffix))

    def _names(self, track: Track, accepts: Callable[[str], object], why: str) -> list[str]:
        """Return the names of the folders and of the file, as filled in."""
        parts = []
        for (literal, text), (_, names, _) in zip(
            self._template.texts(track, accepts), self._template.pieces, strict=True
        ):
            if text is None:
                raise LookupError(f"{' or '.join(f'{{{name}}}' for name in names)} {why}")
            parts += [literal, _substituted(text)]
        return "".join(parts).split("/")


def numbered(path: str, number: int) -> str:
    """Return a path with the number for `{n}`, and without it for the first of equal names."""

    def fill(match: re.Match[str]) -> str:
        name = re.sub(rf"(?<=\w){COUNTER}", f" {COUNTER}", match[0]).replace(
            COUNTER, "" if number == 1 else str(number)
        )
        return legal_name(_EMPTY_BRACKETS.sub("", name) if number == 1 else name)

    stem, suffix = os.path.splitext(path)
    return re.sub(rf"[^/\\]*{COUNTER}[^/\\]*", fill, stem) + suffix


def _is_name_or_empty(text: str) -> bool:
    return not text or bool(legal_name(_substituted(text)))


def _substituted(text: str) -> str:
    return _RESERVED.sub(_substitute, text.replace(_UNSEEN, ""))


def _without_placeholders(track: Track) -> Track:
    """The track without tags such as "Unknown Artist", which are no names; "Track 10" by a named artist stays."""
    texts = {name: getattr(track.tags, name) for name in ("artist", "title", "album", "album_artist")}
    absent = {name: None for name, text in texts.items() if text and Placeholder.is_one(text, name)}
    if texts["artist"] and texts["title"] and not {"artist", "title"} <= absent.keys():
        absent = {
            name: None
            for name in absent
            if name not in ("artist", "title") or not Placeholder.may_be_a_name(texts[name])
        }
    return replace(track, tags=replace(track.tags, **absent)) if absent else track


def _substitute(bad: re.Match[str]) -> str:
    return "'" if bad[0] == '"' else "_" if bad[0] >= " " else " "


def legal_name(text: str, *, room: int = MOST_BYTES) -> str:
    """Return a name without reserved characters, composed (NFC), in at most `room` bytes; empty if nothing is left.

    Dots and spaces at the end are dropped, as Windows drops them; a dot at the beginning would hide the file.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split()).rstrip(". ")
    if name.startswith("."):
        name = f"_{name[1:]}"
    name = _RESERVED_NAME.sub(r"\g<0>_", name, count=1) if _RESERVED_NAME.match(name) else name
    return _cut(name, room).rstrip(". ")


def _cut(name: str, room: int) -> str:
    """Cut a name at a character of its UTF-8; marks stay with their letter."""
    data = name.encode("utf-8", "surrogateescape")
    if len(data) <= room:
        return name
    end = len(data[:room].decode("utf-8", "ignore"))
    while end and (unicodedata.combining(name[end]) or name[end] in _JOINERS or name[end - 1] in _JOINERS):
        end -= 1
    return name[:end]


def name_key(path: str) -> str:
    """Return a path in a form that is equal for names that some disk takes for one."""
    return unicodedata.normalize("NFC", path).casefold()

"""Paths in playlists: of this and other machines, relative paths, file URLs, and mappings between folders."""

from __future__ import annotations

import ntpath
import os
import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, unquote_to_bytes, urlsplit

from map4.core.base.paths import display_path
from map4.core.base.records import Record, ShownPath
from map4.errors import UsageError

_WINDOWS = re.compile(r"[A-Za-z]:(?=[\\/]|$)|\\\\[^\\]")
# An absolute path without characters that need further checks.
_PLAIN_URL = re.compile(r"file://(?:localhost)?(/[!-\"$->@-\[\]-~]*)")
_WINDOWS_IN_URL = re.compile(r"/[A-Za-z]:(?=/)")
# A single letter before the colon is a drive.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
# macOS decomposes names, other systems keep them as typed.
_FORMS: tuple[Literal["NFC"], Literal["NFD"]] = ("NFC", "NFD")
# RFC 3986 allows these in a path unencoded.
_SAFE_IN_URL = "/:@!$&'()*+,;=~"


class Location:
    """Paths and URLs of files, as lists and programs write them."""

    @staticmethod
    def is_windows_path(path: str) -> bool:
        r"""Whether a path is a Windows path: `D:\…`, `D:/…` or `\\server\…`."""
        return _WINDOWS.match(path) is not None

    @staticmethod
    def is_url(location: str) -> bool:
        """Whether a location is not a file: a stream, or a page."""
        match = _SCHEME.match(location)
        return match is not None and match[1].lower() != "file"

    @staticmethod
    def file_url(path: str) -> str:
        """An absolute path as a `file:` URL, its bytes percent-encoded, so that every name is ASCII."""
        if Location.is_windows_path(path):
            path = path.replace("\\", "/")
            return "file:" + quote(path, safe=_SAFE_IN_URL) if path.startswith("//") else f"file:///{_quoted(path)}"
        # A folder called C: is not a drive here.
        return "file://" + (_quoted(path).replace(":", "%3A", 1) if _WINDOWS_IN_URL.match(path) else _quoted(path))

    @staticmethod
    def relative_url(path: str) -> str:
        """A relative path as a URL reference: percent-encoded, and not mistaken for a scheme."""
        quoted = _quoted(path)
        return f"./{quoted}" if ":" in quoted.split("/")[0] else quoted

    @staticmethod
    def path_of_url(url: str) -> str | None:
        """The path that a `file:` URL names, or None for other text."""
        if url[:5].lower() != "file:":
            return None
        plain = _PLAIN_URL.fullmatch(url)  # the usual form; splitting a URL is ten times slower
        if plain is not None:
            path = Location.unquoted(plain[1])
            return path[1:] if _WINDOWS_IN_URL.match(plain[1]) else path
        try:
            parts = urlsplit(url.replace("\\", "/"))
        except ValueError:  # such as a broken IPv6 host
            return None
        # Programs that don't encode "?" and "#" mean them as part of the name.
        rest = (
            parts.path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
        )
        path = Location.unquoted(rest)
        if parts.netloc.lower() in ("", "localhost"):
            return path[1:] if _WINDOWS_IN_URL.match(rest) else path
        if Location.is_windows_path(parts.netloc):
            return parts.netloc + path
        return f"\\\\{parts.netloc}{path}".replace("/", "\\")

    @staticmethod
    def unquoted(text: str) -> str:
        """Text with percent-encoded bytes decoded."""
        return os.fsdecode(unquote_to_bytes(text.encode("utf-8", "surrogateescape")))

    @staticmethod
    def comparable(path: str) -> str:
        """A path in the form that programs on any system compare: composed; Windows paths in any case and with any
        slashes."""
        return unicodedata.normalize("NFC", _comparable(path) if Location.is_windows_path(path) else path)

    @staticmethod
    def as_file_name(path: str) -> str:
        """A path decoded like this system's names; characters it can't represent are kept by their UTF-8 bytes."""
        try:
            os.fsencode(path)
        except UnicodeEncodeError:
            return os.fsdecode(path.encode("utf-8", "surrogateescape"))
        return path


def _quoted(path: str) -> str:
    return quote(os.fsencode(path), safe=_SAFE_IN_URL)


class PathMap(Record, members="from=shown_source to=target"):
    """A folder, and its path on another machine or drive."""

    source: str
    target: ShownPath

    @property
    def shown_source(self) -> str:
        """The folder, as text."""
        return display_path(self.source or "/")

    @classmethod
    def parse(cls, text: str) -> PathMap:
        """Read `FROM=TO`.

        raises UsageError: if either side is missing or not an absolute path
        """
        source, equals, target = text.partition("=")
        for side in (source, target):
            if not equals or not (side.startswith("/") or Location.is_windows_path(side)):
                raise UsageError(
                    f"'{text}' does not map folders; write absolute paths, as /music=D:/Music or D:/Music=/music"
                )
        return cls(source=_without_end(source), target=target)

    def __str__(self) -> str:
        return f"{self.source or '/'}={self.target}"

    def turned(self) -> PathMap:
        """The reverse map."""
        return PathMap(source=_without_end(self.target), target=self.source or "/")

    def apply(self, path: str) -> str | None:
        """The path on the other side, or None if it is not in the folder."""
        rest = self._rest(path)
        if rest is None:
            return None
        is_backslashed = "\\" in self.target
        return (_without_end(self.target) + (rest.replace("/", "\\") if is_backslashed else rest)) or "/"

    def _rest(self, path: str) -> str | None:
        """The path relative to the folder, or None if it is not inside; names match in NFC and NFD."""
        for source in dict.fromkeys((self.source, *(unicodedata.normalize(form, self.source) for form in _FORMS))):
            head, rest = path[: len(source)], path[len(source) :]
            if rest and rest[0] not in "/\\" and source:
                continue
            if Location.is_windows_path(source):
                if _comparable(head) == _comparable(source):
                    return rest.replace("\\", "/")
            elif head == source and not rest.startswith("\\"):
                return rest
        return None

    @staticmethod
    def between(there: str, here: str) -> PathMap | None:
        """The folders that differ between two absolute paths of one file: both without their common end; None if the
        file names differ."""
        other = (there.replace("\\", "/") if Location.is_windows_path(there) else there).split("/")
        own, shared = here.split("/"), 0
        while shared < min(len(other), len(own)) - 1 and _same_name(other[-1 - shared], own[-1 - shared]):
            shared += 1
        if not shared or other[:-shared] == own[:-shared]:
            return None
        return PathMap(source="/".join(other[:-shared]), target="/".join(own[:-shared]) or "/")


def _same_name(first: str, other: str) -> bool:
    return first == other or unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", other)


def _without_end(folder: str) -> str:
    return folder.rstrip("/\\")


def _comparable(path: str) -> str:
    return path.replace("\\", "/").lower()


@dataclass(frozen=True, slots=True)
class RenamedPaths:
    """Files that were renamed on this machine, and that other programs know by their old paths.

    new: new path, by old path as from `comparable_path`
    old: old path, by new path
    """

    new: Mapping[str, str]
    old: Mapping[str, str]

    @classmethod
    def of(cls, moves: Iterable[tuple[str, str]]) -> RenamedPaths:
        """Read moves in their order; a file may have moved several times."""
        old: dict[str, str] = {}
        for source, target in moves:
            old[target] = old.pop(source, source)
        return cls({Location.comparable(source): target for target, source in old.items()}, old)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMaps:
    """How to write and read the paths of a list.

    maps: folders with other names elsewhere; the first match counts
    relative_to: absolute folder that written paths are relative to; None writes absolute paths
    known: paths known to exist elsewhere, as from `comparable_path`: a map that leads to one has priority
    renamed: files with other names elsewhere, before `maps` apply
    """

    maps: tuple[PathMap, ...] = ()
    relative_to: str | None = None
    known: frozenset[str] = frozenset()
    renamed: RenamedPaths | None = field(default=None, hash=False)

    def outward(self, path: str) -> str:
        """The path to write in a list for a path of the library."""
        mapped = self.mapped(path)
        if self.relative_to is None:
            return mapped
        base = self.mapped(self.relative_to)
        if Location.is_windows_path(mapped) != Location.is_windows_path(base):
            return mapped
        if not Location.is_windows_path(mapped):
            return _plainly_relative(posixpath.relpath(mapped, base))
        try:
            relative = ntpath.relpath(mapped, base)
        except ValueError:  # another drive
            return mapped
        return _plainly_relative(relative if "\\" in mapped else relative.replace("\\", "/"))

    def inward(self, location: str, folder: str) -> Iterator[str]:
        """Absolute paths that a location in a list may mean, likeliest first.

        location: as in the list: absolute, relative or a `file:` URL
        """
        for spelling in _spellings(location):
            is_elsewhere = Location.is_windows_path(spelling)
            absolute = spelling if is_elsewhere else posixpath.normpath(posixpath.join(folder, spelling))
            for mapping in self.maps:
                mapped = mapping.apply(absolute)
                if mapped is not None:
                    yield from self._now(mapped if Location.is_windows_path(mapped) else posixpath.normpath(mapped))
            yield from self._now(absolute)

    def _now(self, path: str) -> Iterator[str]:
        if self.renamed is not None and (new := self.renamed.new.get(Location.comparable(path))) is not None:
            yield new
        yield path

    def mapped(self, path: str) -> str:
        """A path of the library as on the other machine."""
        path = path if self.renamed is None else self.renamed.old.get(path, path)
        fitting = [mapped for mapping in self.maps if (mapped := mapping.apply(path)) is not None]
        known = (location for location in fitting if self.known and Location.comparable(location) in self.known)
        return next(known, fitting[0] if fitting else path)


def _plainly_relative(path: str) -> str:
    """A relative path that can't be mistaken for a comment, a drive, a URL or padding."""
    if (
        path[0].isspace()
        or path[0] == "#"
        or path[:5].lower() == "file:"
        or Location.is_url(path)
        or Location.is_windows_path(path)
    ):
        return f"./{path}"
    return path


def _spellings(location: str) -> Iterator[str]:
    path = Location.path_of_url(location)
    if path is not None:
        if _WINDOWS_IN_URL.match(path):  # of D%3A/, which may also be a folder called D: here
            yield path[1:]
        yield path
        return
    yield location
    if location != location.strip():
        yield location.strip()
    if "\\" in location and not Location.is_windows_path(location):
        yield location.replace("\\", "/")
    if "%" in location:  # some programs percent-encode plain paths
        yield Location.unquoted(location)

"""The formats by name, by the suffix of a file, or by the beginning of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from map4.core.base.declaration import FileFormat, load
from map4.core.base.declarations import built_in, declared_in
from map4.core.music.lists.tracklist import ParsedPlaylist
from map4.errors import UsageError
from map4.formats.format import Format, PlaylistReadError, listed_names, require_few
from map4.formats.values import suffix_of

# Each takes hundreds of bytes when read.
_LINES_OF_A_TRACK, _BRACKETS_OF_A_TRACK = 5, 10

_PATH = re.compile(rb"[^\r\n]*([/\\]|\.\w{2,5}[ \t]*(\r|\n|$))")


@cache
def _declared() -> tuple[FileFormat, ...]:
    """Return every declared format by its place."""
    declared = (each_format for each in (*built_in(), *declared_in("map4.formats")) for each_format in each.formats)
    return tuple(sorted(declared, key=lambda each_format: each_format.order))


class ListFormats:
    """The formats of lists, by name."""

    @staticmethod
    @cache
    def all() -> dict[str, Format]:
        """Return every format of map4's own, by name."""
        return {each_format.name: each_format for each_format in _one_by_one()}

    @staticmethod
    def of_one_file() -> dict[str, Format]:
        """Return the formats whose export is a single file."""
        return {
            name: each_format
            for name, each_format in ListFormats.all().items()
            if each_format.can_export and each_format.suffixes
        }

    @staticmethod
    def writable() -> list[str]:
        return [each_format.name for each_format in ListFormats.all().values() if each_format.list_writer]

    @staticmethod
    def for_writing(path: str, name: str | None = None, *, others: Sequence[str] = ()) -> Format:
        """Return the format to write a file in.

        path: of the file; "-" is stdout
        name: of the format; None takes it from the suffix
        others: further suffixes that the caller writes itself, such as ".cue"; it has no option --as
        """
        suffix = suffix_of(path)
        for each_format in _one_by_one():
            if each_format.name == name if name is not None else suffix in each_format.suffixes:
                if each_format.list_writer is not None:
                    return each_format
                if each_format.exporter is not None:
                    raise UsageError(
                        f"{each_format.name} is written by 'map4 export'; --save NAME stores the list here, and then: "
                        f"map4 export --playlist NAME --to {each_format.name} -o {path}"
                    )
        if name is not None:
            raise UsageError(
                f"there is no format '{name}' to write; {UsageError.did_you_mean(name, ListFormats.writable())}"
            )
        what = f"the suffix of {path} names no format" if suffix else f"{path} has no suffix that names the format"
        own = (f".{each_format.suffixes[0]}" for each_format in ListFormats.all().values() if each_format.list_writer)
        endings = listed_names(dict.fromkeys((*others, *own)))
        raise UsageError(f"{what}; end it in {endings}{'' if others else ', or name one with --as'}")

    @staticmethod
    def read(data: bytes, path: str) -> ParsedPlaylist:
        """Read a list; the suffix of its path ("-" is stdin) or else its beginning decides the format."""
        suffix = suffix_of(path)
        require_few(sum(map(data.count, (b"\n", b"\r"))) // _LINES_OF_A_TRACK)
        require_few(sum(map(data.count, (b"<", b"[", b"{"))) // _BRACKETS_OF_A_TRACK)
        by_suffix = (
            each_format for each_format in _one_by_one() if each_format.list_reader and suffix in each_format.suffixes
        )
        chosen = next(by_suffix, None) or ListFormats.sniffed(data)
        if chosen is None or chosen.list_reader is None:
            known = listed_names(
                each_format.name for each_format in ListFormats.all().values() if each_format.list_reader
            )
            raise PlaylistReadError(f"this is not a list that map4 can read; it reads {known}")
        if chosen.entry_mark:
            require_few(data.lower().count(chosen.entry_mark))
        playlist = chosen.list_reader(data)
        require_few(len(playlist.entries))
        return playlist

    @staticmethod
    def suffixes() -> frozenset[str]:
        return frozenset(
            suffix
            for each_format in ListFormats.all().values()
            if each_format.list_reader
            for suffix in each_format.suffixes
        )

    @staticmethod
    def sniffed(data: bytes) -> Format | None:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            data = data.decode("utf-16", "replace").encode()
        head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
        for declared in _declared():
            if declared.contains and declared.contains.encode() in head:
                return _loaded(declared)
        signs = {sign.lower().encode(): declared for declared in _declared() for sign in declared.begins}
        for sign in sorted(signs, key=len, reverse=True):
            if head[: len(sign)].lower() == sign:
                return _loaded(signs[sign])
        if load("map4.formats.lists.jspf:OPENING").match(head):
            return ListFormats.all()["jspf"]
        if head.startswith(b"{"):
            return ListFormats.all()["jsonl" if b"\n{" in data else "json"]
        # For example the output of 'find': one path per line.
        is_text = b"\0" not in data and (_PATH.match(head) or load("map4.formats.lists.csv:is_table")(head))
        return ListFormats.all()["txt"] if is_text else None


def _one_by_one() -> Iterator[Format]:
    """The same, loaded lazily: loading all of them takes longer than reading most lists."""
    return map(_loaded, _declared())


def _loaded(declared: FileFormat) -> Format:
    loaded: Format = load(declared.target)
    return loaded

"""A format of lists or exports: its writers, readers and options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, Literal

from map4.core.base.call_options import declared_options
from map4.core.base.path_maps import PathMaps
from map4.core.base.text import counted
from map4.core.music.lists.line_template import LineTemplate
from map4.core.music.lists.tracklist import ParsedPlaylist, Tracklist
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import TrackColumn
from map4.errors import Map4Error, UsageError
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.values import suffix_of, without_illegal_xml

MOST_ENTRIES = 200_000


class PlaylistReadError(Map4Error):
    """A list can't be read; the message becomes part of a message that names the file."""


def require_few(tracks: int) -> None:
    """Reject a list with too many tracks; called before its entries are made, which takes longest."""
    if tracks > MOST_ENTRIES:
        raise PlaylistReadError(f"this is not a list: it has more than {MOST_ENTRIES:,} tracks")


def several_lists(lists: Sequence[ParsedPlaylist]) -> ParsedPlaylist:
    """Join the lists of a file to a list that keeps them in `lists`."""
    require_few(sum(len(each.entries) for each in lists))
    entries = (entry for each in lists for entry in each.entries)
    return ParsedPlaylist(
        format=lists[0].format,
        entries=tuple(replace(entry, position=number) for number, entry in enumerate(entries, start=1)),
        description=f"{len(lists)} lists: {', '.join(filter(None, (each.name for each in lists)))}",
        picks=tuple(pick for each in lists for pick in each.picks),
        lists=tuple(lists),
    )


@dataclass(slots=True, kw_only=True)
class WriteNotes:
    """Counts of what a format cannot express, shown after the file is written."""

    tracks: int = 0
    replaced_characters: int = 0
    shortened_texts: int = 0
    lost_comments: int = 0
    remarks: list[str] = field(default_factory=list)

    def xml_text(self, text: str) -> str:
        """Return a text without characters that XML can't contain, which are counted."""
        if text.isprintable():  # characters that XML can't contain are not printable; this check is faster
            return text
        clean, dropped = without_illegal_xml(text)
        self.replaced_characters += dropped
        return clean

    def xml_attributes(self, **values: object) -> dict[str, str]:
        known = ((name, self.xml_text(str(value))) for name, value in values.items() if value not in (None, ""))
        return {name: text for name, text in known if text}

    def sentences(self) -> list[str]:
        """Return messages about it for a person."""
        sentences = list(self.remarks)
        if self.replaced_characters:
            characters = counted(self.replaced_characters, "character", "characters")
            verb = "was" if self.replaced_characters == 1 else "were"
            sentences.append(f"{characters} of names that the format can't contain {verb} replaced or left out")
        if self.shortened_texts:
            sentences.append(f"{self.shortened_texts} texts were cut to the format's maximum length")
        if self.lost_comments:
            lost = counted(self.lost_comments, "comment was", "comments were")
            sentences.append(f"{lost} replaced; {{comment}} in --comment keeps what the library has")
        return sentences


@dataclass(slots=True, kw_only=True)
class Unplayable:
    """Counts the tracks that a program can't play; they are still written.

    codecs: playable ones, as in `AudioFormat.codec`
    suffixes: playable ones, for tracks with an unknown codec; lower case without the dot
    """

    program: str
    codecs: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()
    count: int = 0
    kinds: set[str] = field(default_factory=set)

    def see(self, track: Track) -> None:
        kind = track.format.codec if track.format else suffix_of(track.path)
        if kind and kind not in (self.codecs if track.format else self.suffixes):
            self.add(kind)

    def add(self, kind: str) -> None:
        """Count a track of a kind that the program can't play, if that depends on more than its codec."""
        self.count += 1
        self.kinds.add(kind)

    def remarks(self) -> list[str]:
        if not self.count:
            return []
        tracks = counted(self.count, "track is", "tracks are")
        return [f"{tracks} {listed_names(sorted(self.kinds))}, which {self.program} can't play"]


ListWriter = Callable[[Tracklist, BinaryIO, PathMaps], WriteNotes]
"""Writes a list to a binary stream, track by track; writes no other file."""

Exporter = Callable[[ExportContent, BinaryIO, ExportOptions], WriteNotes]
"""Writes the selection to a binary stream that can't be read or sought, and no other file. Keeps no more tracks in
memory than needed, and counts them. Raises `UsageError` for unsupported options before the first byte."""

ListReader = Callable[[bytes], ParsedPlaylist]  # parses a list from its bytes; raises only `PlaylistReadError`


# `FormatOptions` for export options of another name; "" is checked separately.
_NEEDED = {
    "measured_grid": "with_grid", "cue_kind": "with_cues", "into": "replaces", "replace": "replaces",
    "name": "named", "path_maps": "", "notation": "", "template": "", "more": "",
}  # fmt: skip
_NOT_GIVEN: tuple[Any, ...] = (None, False, (), [])


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatOptions:
    """The options of an export that a format has.

    named: whether it has a title: of any tracks, of a "list" only, or none
    paths: whether it has paths of the music
    columns, raw, comment: whether it supports these of `ExportOptions`
    list_columns: whether `columns` of a list may also be those of its places
    with_grid, with_cues: the same, including `measured_grid` and `cue_kind`
    no_cues: why it has no cues, if users may expect them; a sentence without its full stop
    replaces: words for `--replace`, if `--into` can replace values in a file of the format
    key_notation: whether it shows keys in the notation of the content
    templates: names for `--template`, the default first
    more: further options, `--option NAME=VALUE`: name and a short description
    usual: values that a form starts with, where the defaults would lose something
    """

    named: Literal["tracks", "list", ""] = "tracks"
    paths: bool = True
    columns: bool = False
    list_columns: bool = False
    raw: bool = False
    comment: bool = False
    with_grid: bool = False
    with_cues: bool = False
    no_cues: str = ""
    replaces: tuple[str, ...] = ()
    key_notation: bool = False
    templates: tuple[str, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)
    usual: Mapping[str, Any] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Return whether the format has an option of `ExportOptions`."""
        return bool(
            getattr(self, {**_NEEDED, "template": "templates", "notation": "key_notation"}.get(name) or name, True)
        )

    def writes_name(self, given: ExportOptions) -> bool:
        """Return whether a file of the format has the name of an export: its title, or that of a list."""
        is_list = getattr(given, "playlist", None) is not None
        return bool(self.named) and (self.named != "list" or (is_list and given.into is None))

    def check(self, format_name: str, given: ExportOptions) -> None:
        """Reject options that are not among these, and unknown columns; see `Format.check`."""
        places, is_list = given.path_maps, getattr(given, "playlist", None) is not None
        name, maps = getattr(given, "name", None), not is_list and (places.maps or places.renamed)
        if name and self.named == "list" and not self.writes_name(given):
            raise UsageError(f"--name is the name of a new list in {format_name}; add --playlist, or leave it out")
        tried = ("--name", name, self.named), ("--relative-to", places.relative_to, self.paths)
        for flag, is_given, has in (*tried, ("--path-map", maps, self.paths)):
            if is_given and not has:
                raise UsageError(f"{flag} has no effect on {format_name}; leave it out")
        for name, option in declared_options(ExportOptions).items():
            needed = _NEEDED.get(name, name)
            if needed and getattr(given, name) not in _NOT_GIVEN and not getattr(self, needed):
                why = f"{option.flags} has no effect on {format_name}; leave it out"
                raise UsageError(
                    f"{self.no_cues}; leave {option.flags} out" if "cue" in needed and self.no_cues else why
                )
        for word in given.replace or ():
            if word not in self.replaces:
                raise UsageError(f"--replace can't name '{word}'; {UsageError.did_you_mean(word, self.replaces)}")
        if given.replace is not None and given.into is None:
            raise UsageError("--replace needs --into, the file in which values are replaced")
        of_list = LineTemplate.LIST_COLUMNS if is_list and self.list_columns else ()
        for name in given.columns:
            if name not in of_list:
                TrackColumn.named(name)
        if given.template is not None and given.template not in self.templates:
            if not self.templates:
                raise UsageError(f"{format_name} has no templates; leave --template out")
            near = UsageError.did_you_mean(given.template, self.templates)
            raise UsageError(f"{format_name} has no template '{given.template}'; {near}")
        for name in given.more:
            if name not in self.more:
                known = UsageError.did_you_mean(name, self.more) if self.more else "it has none"
                raise UsageError(f"{format_name} has no option '{name}'; {known}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of files: of exports, of lists, or of both.

    name: for `--to` and `--as`
    suffixes: lower case without the dot, the default first
    summary: a few words for a person
    exporter: writes any selection of tracks; None if the list writer does so, or if it can't be written
    list_writer, list_reader: None if map4 does not write, or read, lists in this format
    options: the options of `map4 export` that it has
    is_binary: whether it would garble a terminal
    holds_live: whether it contains the query of a live list
    names_only: whether it only contains names and lengths of tracks
    entry_mark: bytes that only entries of a list have, in lower case; too many are refused before the list is read
    """

    name: str
    suffixes: tuple[str, ...]
    summary: str
    exporter: Exporter | None = None
    list_writer: ListWriter | None = None
    list_reader: ListReader | None = None
    options: FormatOptions = field(default_factory=FormatOptions)
    is_binary: bool = False
    holds_live: bool = False
    names_only: bool = False
    entry_mark: bytes = b""

    @property
    def can_export(self) -> bool:
        return self.exporter is not None or self.list_writer is not None

    def export(self, content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
        """Write any selection of tracks to a binary stream."""
        if self.exporter is not None:
            return self.exporter(content, out, options)
        return self.write_list(content.as_list(), out, options.path_maps)

    def write_list(self, content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
        if self.list_writer is None:
            raise UsageError(f"map4 writes no lists as {self.name}")
        return self.list_writer(content, out, path_maps)

    def check(self, options: ExportOptions) -> None:
        """Reject options that the format does not have, and unknown columns."""
        self.options.check(self.name, options)


def listed_names(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last

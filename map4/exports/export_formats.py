"""The formats of exports and their options, for programs with a user interface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from map4.base.call_options import declared_options
from map4.base.records import Record
from map4.exports.options import ExportRequest
from map4.formats import Format, formats_of_one_file, importers
from map4.lists import FormOption, label_of

_ELSEWHERE = ("to", "files", "query", "playlist", "name", "made", "more")
_PATH_MAP = FormOption(
    name="path_map",
    label="Other folders there",
    heading="The file",
    about="Where the music is on the other computer, a folder on each line: /home/me/Music=D:/Music",
    flags="--path-map",
    kind="texts",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat(Record):
    """A format of exports with a single file.

    live: whether it contains queries of live lists, and no other list
    options: of an export in the format, without the selection of tracks
    """

    name: str
    suffix: str
    about: str
    live: bool
    options: tuple[FormOption, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormats(Record, kind="export-formats"):
    """All formats of exports with a single file."""

    formats: tuple[ExportFormat, ...]


def export_formats() -> ExportFormats:
    """The formats of exports with a single file, and their options."""
    return ExportFormats(
        formats=tuple(
            ExportFormat(
                name=each_format.name,
                suffix=each_format.suffixes[0],
                about=each_format.summary,
                live=each_format.holds_live,
                options=tuple(_options_of(each_format)),
            )
            for each_format in formats_of_one_file().values()
        )
    )


def _options_of(each_format: Format) -> Iterator[FormOption]:
    has = each_format.options
    for name, option in declared_options(ExportRequest).items():
        is_offered = each_format.name in importers() if name == "imported_paths" else has.has(name)
        if option.is_remote and name not in _ELSEWHERE and is_offered:
            choices = has.templates if name == "template" else ()
            yield FormOption.of(option, choices, value=has.usual.get(name, option.default or None))
    yield _PATH_MAP
    for name, about in has.more.items():
        yield FormOption(
            name=f"more.{name}", label=label_of(name), heading="", about=about, flags=f"--option {name}=", kind="text"
        )

"""Routes of exports: request, list and download them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from msgspec import Meta
from starlette.responses import Response

from map4.core.base.call_options import declared_options
from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.base.records import Record
from map4.exports.job import without_file_name
from map4.exports.options import ExportRequest
from map4.formats import Exporters, Format, Importer, ListFormats
from map4.jobs import JobRequest
from map4.jobs.routes.requests import asking, job_of
from map4.library import Library
from map4.lists import FormOption, label_of
from map4.server.answers import FileAnswer
from map4.server.route import RequestInput, Route

_ELSEWHERE = ("to", "files", "query", "playlist", "name", "made", "more")
_PATH_MAP = FormOption(
    name="path_map",
    label="Other folders there",
    heading="The file",
    about="Where the music is on the other computer, a folder on each line: /home/me/Music=D:/Music",
    flags="--path-map",
    kind="texts",
)


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
            for each_format in ListFormats.of_one_file().values()
        )
    )


def _options_of(each_format: Format) -> Iterator[FormOption]:
    has = each_format.options
    for name, option in declared_options(ExportRequest).items():
        is_offered = each_format.name in Importer.all() if name == "imported_paths" else has.has(name)
        if option.is_remote and name not in _ELSEWHERE and is_offered:
            choices = has.templates if name == "template" else ()
            yield FormOption.of(option, choices, value=has.usual.get(name, option.default or None))
    if has.paths:
        yield _PATH_MAP
    for name, about in has.more.items():
        yield FormOption(
            name=f"more.{name}", label=label_of(name), heading="", about=about, flags=f"--option {name}=", kind="text"
        )


def _checked(library: Library, inputs: RequestInput) -> JobRequest:
    request: JobRequest = inputs.body
    options = request.options
    assert isinstance(options, ExportRequest)
    to = Exporters.of("-", options.to)
    to.check(without_file_name(to, options))
    if isinstance(options.playlist, str):
        # Only stored lists, by their id: list files may be anywhere.
        name = options.name or library.lists.find(options.playlist)
        options = replace(options, playlist=library.lists.id_of(options.playlist), name=name)
    return replace(request, options=options)


def _file(library: Library, request: RequestInput) -> Response:
    path = library.jobs.file(job_of("export", library, request).id)
    return FileAnswer(path, filename=os.path.basename(path), media_type="application/octet-stream")


def _take_path_map(options: dict[str, Any]) -> dict[str, Any]:
    options["path_maps"] = PathMaps(maps=tuple(map(PathMap.parse, options.pop("path_map", ()))))
    return {}


_FORMAT = (
    Annotated[
        str,
        Meta(
            description="Format of the file, as `map4 export --to`: csv, json, xlsx …", examples=list(Exporters.all())
        ),
    ],
    ...,
)

ROUTES = (
    asking("export", "/exports", "Write an export, as `map4 export`. A job.", "ExportJob", _checked,
           take=_take_path_map, members={"to": _FORMAT, "path_map": (list[str], [])},
           example={"to": "csv", "columns": ["title", "bpm"]}),
    Route("GET", "/exports/formats", "read", "The formats of exports with a single file, and their options.",
          lambda library, request: export_formats().document(), answer="export-formats"),
    Route("GET", "/exports/{job}", "read", "An export.",
          lambda library, request: job_of("export", library, request).to_record(), answer="job"),
    Route("GET", "/exports/{job}/file", "read", "The file of an export.", _file, media_type="application/octet-stream"),
)  # fmt: skip

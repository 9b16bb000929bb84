"""The documentation as a site, which `make docs` builds from the pages of the repository."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from manual import contexts

from map4.cli.help import Help, without_program
from map4.cli.main import cli
from map4.cli.session import HELP_SETTINGS
from map4.core.base.stability import BETA_KINDS, NOTE, is_beta_command
from map4.core.music.query.fields import FIELDS, IS_WORDS
from map4.core.music.track.track_columns import CSV_COLUMNS
from map4.core.schemas import kinds, schema_text
from map4.library import Library
from map4.server.declared_routes import ROUTES
from map4.server.openapi import openapi
from map4.settings.config import SETTINGS
from map4.version import __version__

project = "map4"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
suppress_warnings = ["misc.highlighting_failure"]
root_doc = "README"
source_suffix = {".md": "markdown"}
include_patterns = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**.md", "lab/*.md"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "map4"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {"top_of_page_buttons": []}
highlight_language = "none"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# Types of map4's inside stand in signatures as they are; their pages are the source.
nitpick_ignore_regex = [("py:(class|obj|data)", ".*")]

SECTIONS = {
    "Begin": "index first-hour page troubleshooting",
    "Find and tidy": "search doctor tags metadata analysis",
    "Lists and sets": "playlists mixes export",
    "DJ programs": "dj-programs dj-by-program",
    "Server": "serve music-servers server-reference monitoring large-libraries configuration",
    "Build on it": "scripting developers/plugins developers/library-file "
    "site/commands site/reference site/api site/routes",
    "Developers": "developers/architecture developers/compatibility developers/reliability developers/benchmarks",
}  # fmt: skip
_SIDE = {title: [f"docs/{name}" for name in names.split()] for title, names in SECTIONS.items()}
_SIDE["Beside"] = ["CHANGELOG", "CONTRIBUTING", "SECURITY", "lab/README", "lab/tried"]
MOVED = {
    "accounts household operate security watch": "serve",
    "jobs": "monitoring",
    "team scale": "large-libraries",
    "interchange move": "dj-programs",
    "rename": "tags",
    "duplicates": "doctor",
    "dj-apple-cue dj-databases dj-others dj-rekordbox dj-serato-virtualdj dj-traktor stick": "dj-by-program",
    "audio-id": "analysis",
    "list-mixes mixing unmix": "mixes",
    "connect": "music-servers",
    "lists": "playlists",
    "reports": "export",
    "classify lookup providers": "metadata",
    "assistants python": "scripting",
    "recipes": "first-hour",
    "ask comparing listening similar": "search",
    "scope": "index",
    "traps": "developers/architecture",
    "architecture benchmarks compatibility library-file plugins reliability": "developers/",
}
"""Former pages -> the page that has their contents; one that ends with a slash keeps their names."""
_METHODS = ("get", "post", "put", "patch", "delete")
_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)(?=(\w?))")
_NAMED = re.compile(r"^(returns|raises [\w, ]+|[a-z_]+): ")


def _page(app: Any, name: str, source: list[str]) -> None:
    if name == root_doc:
        source[0] += "".join(
            f"\n```{{toctree}}\n:hidden:\n:glob:\n:caption: {title}\n\n" + "\n".join(names) + "\n```\n"
            for title, names in _SIDE.items()
        )
    elif name == "docs/site/routes":
        source[0] += _routes()
    elif name == "docs/site/reference":
        source[0] += _reference()
    elif name == "docs/site/commands":
        source[0] += _commands()
    elif name == "docs/site/api":
        source[0] = source[0].replace("PARTS", ", ".join(Library.__annotations__)) + _parts()


def _routes() -> str:
    document = openapi(ROUTES)
    found: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method in (one for one in _METHODS if one in operations):
            told = operations[method]
            needs = {scope for one in told.get("security", []) for scopes in one.values() for scope in scopes}
            about = _cell(told["summary"]) + " (beta)" * told.get("x-beta", False)
            row = (f"`{method.upper()} {path}`", about, _takes(document, told), " ".join(needs))
            found.setdefault(told["tags"][0], []).append(f"| {' | '.join(row)} |")
    head = ["| route | what it does | takes | needs |", "|---|---|---|---|"]
    return "".join(
        "\n".join(["", f"## {tag['name'].capitalize()}", "", tag["description"], "", *head, *found[tag["name"]], ""])
        for tag in document["tags"]
    )


def _commands() -> str:
    text = ""
    for ctx in contexts(click.Context(cli, None, "map4", help_option_names=HELP_SETTINGS["help_option_names"])):
        command = ctx.command
        assert isinstance(command, Help)
        usage = f"{ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}"
        note = f" {NOTE}" if is_beta_command(without_program(ctx)) else ""
        text += f"\n## {ctx.command_path}\n\n{command.get_short_help_str(limit=200)}{note}\n\n```\n{usage}\n```\n"
        for heading, rows in command.sections(ctx).items():
            lines = "".join(f"| `{_cell(term)}` | {_cell(about)} |\n" for term, about in rows)
            text += f"\n| {heading} | |\n|---|---|\n{lines}"
        text += f"\n{command.exit_codes(ctx)}\n"
    return text


def _takes(document: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Names in the address, and of members of the body."""
    names = [one["name"] for one in told.get("parameters", []) if one["in"] == "query"]
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    while "$ref" in body:
        body = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    return " ".join(f"`{name}`" for name in (*names, *body.get("properties", ())))


def _reference() -> str:
    tables: dict[str, list[tuple[str, ...]]] = {
        "Settings|setting|variable|meaning": [
            (f"`{one.name}`", f"`{one.variable}`", one.help) for one in SETTINGS.values()
        ],
        "Query fields|field|example": [(f"`{name}`", f"`{field.example}`") for name, field in FIELDS.items()],
        "Words of is:|word|meaning": [(f"`{word}`", meaning) for word, meaning in IS_WORDS.items()],
        "CSV columns|column": [(f"`{column}`",) for column in CSV_COLUMNS],
        "Records|schema|contents": [
            (f"`map4/{kind}/1`", json.loads(schema_text(kind)).get("title", "") + " (beta)" * (kind in BETA_KINDS))
            for kind in kinds()
        ],
    }
    text = ""
    for head, rows in tables.items():
        title, *columns = head.split("|")
        lines = [columns, ["---"] * len(columns), *([_cell(cell) for cell in row] for row in rows)]
        text += f"\n## {title}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return text


def _parts() -> str:
    """The parts of a library: what stands in it with a class of its own."""
    parts = {name: getattr(Library, name) for name in Library.__annotations__}
    return "".join(f"\n## `library.{name}`\n\n```{{eval-rst}}\n.. autoclass:: {part.__module__}.{part.__name__}\n"
                   "   :members:\n   :inherited-members:\n```\n" for name, part in parts.items())  # fmt: skip


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _docstring(app: Any, what: str, name: str, thing: object, options: object, given: list[str]) -> None:
    """Lines "name: text" of a docstring, as it has them for arguments and answers, are a list; `words` are code."""
    lines = _CODE.sub(lambda found: f"``{found[1]}``" + "\\" * bool(found[2]), "\n".join(given)).splitlines()
    made: list[str] = []
    is_listed = False
    for line in lines:
        named = _NAMED.sub(r"- **\1**: ", line)
        if named != line and not is_listed:
            made.append("")
        is_listed = named != line or (is_listed and bool(line))
        made.append(f"  {line}" if is_listed and named == line else named)
    given[:] = [*made, ""]


def _written(app: Any, error: Exception | None) -> None:
    if error is None:
        shutil.copy(Path(app.outdir) / "README.html", Path(app.outdir) / "index.html")
        for names, target in MOVED.items():
            for name in names.split():
                page = f"{target}{name}.html" if target.endswith("/") else f"{target}.html"
                assert (Path(app.outdir) / "docs" / page).is_file(), page
                (Path(app.outdir) / "docs" / f"{name}.html").write_text(
                    f'<!doctype html><meta http-equiv="refresh" content="0; url={page}"><a href="{page}">moved</a>\n'
                )
        (Path(app.outdir) / "openapi.json").write_text(json.dumps(openapi(ROUTES), indent=1), encoding="utf-8")


def setup(app: Any) -> None:
    app.connect("source-read", _page)
    app.connect("autodoc-process-docstring", _docstring)
    app.connect("build-finished", _written)

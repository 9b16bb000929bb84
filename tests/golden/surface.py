"""The public surface of map4 by name, each with its type: `make surface` stores it for the next release."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import click

from map4 import errors, plugins
from map4.cli.main import cli
from map4.core.base.declaration import load
from map4.core.base.declarations import declarations
from map4.core.base.records import Record
from map4.core.base.stability import CALLS, STABLE_KINDS, STABLE_ROUTES, is_beta_command
from map4.core.music.query.fields import FIELDS, IS_WORDS
from map4.core.music.track.track_columns import TrackColumn
from map4.core.schemas import kinds, schema_text
from map4.core.store.file.schema import FIRST_VERSION, migrate
from map4.formats.importer import Importer
from map4.library import Library
from map4.server.declared_routes import ROUTES
from map4.server.openapi import openapi
from map4.settings.config import SETTINGS

STORED = Path(__file__).with_name("surface.json")
REPOSITORY = STORED.parents[2]
Entry = tuple[str, str]
ENTRY_POINT = r"map4\.\w+\.v\d"
VARIABLE = r"MAP4_[A-Z_]+|ACOUSTID_KEY|[A-Z]+_(?:API_KEY|TOKEN|CLIENT_ID|CLIENT_SECRET)"
TABLES = {
    "CSV": "map4.core.music.track.track_columns:CSV_COLUMNS",
    "CSV of map4 export": "map4.core.music.track.track_columns:USUAL_COLUMNS",
    "CSV of a list": "map4.formats.lists.csv:COLUMNS",
    "CSV of map4 playlist list": "map4.lists.commands.lists:_STORED_COLUMNS",
    "CSV of map4 duplicates": "map4.duplicates.commands.duplicates:CSV_COLUMNS",
    "CSV of map4 search --list": "map4.search.commands.search:WANTED_COLUMNS",
    "CSV of map4 import waiting": "map4.imports.commands:_COLUMNS",
}
_GLOBAL = {name for option in cli.params for name in option.opts} | {"--help", "--help-all"}


def surface() -> dict[str, str]:
    parts = (_commands(), _documents(), _routes(), _python(), _words(), _tools())
    return dict(sorted(entry for part in parts for entry in part))


def _commands() -> Iterator[Entry]:
    rows = {row.name: row for declaration in declarations() for row in declaration.commands}
    for declared in rows.values():
        command = load(declared.target)
        group, _, sub = declared.name.partition(" ")
        for name in (group, *rows[group].aliases):
            yield from _command(f"map4 {name} {sub}".rstrip(), command)
    for option in cli.params:
        yield from _parameter("map4", option)
    for name, error in inspect.getmembers(errors, inspect.isclass):
        if issubclass(error, errors.Map4Error):
            yield f"exit code of {name}", str(error.exit_code)


def _command(name: str, command: click.Command) -> Iterator[Entry]:
    yield name, "command"
    for parameter in command.params:
        if not _GLOBAL.intersection(parameter.opts):
            yield from _parameter(name, parameter)


def _parameter(command: str, parameter: click.Parameter) -> Iterator[Entry]:
    is_switch = isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count)
    kind = "switch" if is_switch else parameter.type.name
    form = " ".join(
        [kind, *["many"] * (parameter.multiple or parameter.nargs == -1), *["required"] * parameter.required]
    )
    for name in (*parameter.opts, *parameter.secondary_opts):
        shown = name if name.startswith("-") else name.upper()
        yield f"{command} {shown}", form
        if isinstance(parameter.type, click.Choice):
            yield from ((f"{command} {shown} {choice}", "choice") for choice in parameter.type.choices)


def _documents() -> Iterator[Entry]:
    for kind in kinds():
        document = json.loads(schema_text(kind))
        yield f"map4/{kind}/1", "document"
        yield from _members(f"map4/{kind}/1", document, document.get("$defs", {}), (kind,))


def _members(name: str, schema: Mapping[str, Any], defs: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Entry]:
    """The members of an object, also in its parts; a document in it has its own entries."""
    for part in (schema, *schema.get("anyOf", ())):
        referred = str(part.get("$ref", "")).rpartition("/")[2]
        if referred and referred not in above and referred not in kinds():
            yield from _members(name, defs[referred], defs, (*above, referred))
        if isinstance(part.get("items"), dict):
            yield from _members(f"{name}[]", part["items"], defs, above)
        if isinstance(part.get("additionalProperties"), dict):
            yield from _members(f"{name}.*", part["additionalProperties"], defs, above)
        for member, inner in part.get("properties", {}).items():
            yield f"{name} {member}", _type(inner) + " optional" * (member not in part.get("required", ()))
            yield from ((f"{name} {member}={value}", "value") for value in inner.get("enum", ()))
            yield from _members(f"{name} {member}", inner, defs, above)


def _type(schema: Mapping[str, Any]) -> str:
    """The JSON type; a part of a document is an object, and a document in it is named."""
    referred = str(schema.get("$ref", "")).rpartition("/")[2]
    if referred or "const" in schema:
        return f"map4/{referred}/1" if referred in kinds() else str(schema.get("const", "object"))
    if "anyOf" in schema:
        return "|".join(sorted({_type(part) for part in schema["anyOf"]}))
    types = schema.get("type", "any" if "enum" not in schema else "string")
    return "|".join(sorted(types)) if isinstance(types, list) else str(types)


def _routes() -> Iterator[Entry]:
    api = openapi(ROUTES)
    bodies = api["components"]["schemas"]
    for path, methods in api["paths"].items():
        for method, operation in methods.items() if path.startswith("/api/v1/") else ():
            name = f"{method.upper()} {path}"
            answer = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            contents = answer.get("content", {})
            answers = [re.sub("-with-.*", "", _of(content["schema"])) or kind for kind, content in contents.items()]
            needed = [parameter["name"] for parameter in operation["parameters"] if parameter["required"]]
            for parameter in operation["parameters"]:
                yield f"{name} {parameter['name']}", f"{parameter['in']} {_type(parameter['schema'])}"
            for parameter in operation.get("requestBody", {}).get("content", {}).values():
                body = bodies.get(_of(parameter["schema"]), parameter["schema"])
                needed += body.get("required", [])
                for member, schema in body["properties"].items():
                    yield f"{name} {member}", f"body {_type(schema)}"
            yield name, f"{', '.join(needed)} -> {' or '.join(answers)}"


def _of(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _python() -> Iterator[Entry]:
    for name, member in inspect.getmembers(Library):
        if inspect.isclass(member) and not name.startswith("_"):
            yield f"Library.{name}", "part"
            yield from _class(f"Library.{name}", member)
    yield from _class("Library", Library)
    for name in plugins.__all__:
        member = getattr(plugins, name)
        yield from _class(f"plugins.{name}", member) if inspect.isclass(member) else _call(f"plugins.{name}", member)


def _class(name: str, cls: type) -> Iterator[Entry]:
    if not name.startswith("Library"):
        yield name, "class"
        yield from _call(name, cls)
    of_record = getattr(cls, "__dataclass_fields__", {})
    for attribute, member in sorted((dict.fromkeys(of_record) | dict(inspect.getmembers(cls))).items()):
        if attribute.startswith("_") or attribute in vars(Record):
            continue
        if attribute in of_record:
            yield f"{name}.{attribute}", "attribute"
        elif inspect.isfunction(member) or inspect.ismethod(member):
            yield from _call(f"{name}.{attribute}", member)
        elif isinstance(member, property) or inspect.isdatadescriptor(member):
            yield f"{name}.{attribute}", "attribute"


def _call(name: str, call: Any) -> Iterator[Entry]:
    try:
        parameters = inspect.signature(call).parameters
    except (TypeError, ValueError):  # a type alias
        yield name, "type"
        return
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [
        parameter.name
        for parameter in parameters.values()
        if parameter.default is parameter.empty and parameter.kind not in optional
    ]
    yield name, f"call with {', '.join(needed) or 'nothing'}"
    for number, parameter in enumerate(parameters.values()):
        place = "by name" if parameter.kind is parameter.KEYWORD_ONLY else f"place {number}"
        if parameter.name != "self":
            yield (
                f"{name}({parameter.name})",
                f"{place} {parameter.annotation if isinstance(parameter.annotation, str) else ''}".strip(),
            )


def strings_like(pattern: str) -> set[str]:
    """The whole strings in the code that match, such as groups of entry points and environment variables."""
    sources = (path.read_text(encoding="utf-8") for path in (REPOSITORY / "map4").rglob("*.py"))
    return {name for source in sources for name in re.findall(f'"({pattern})"', source)}


def _words() -> Iterator[Entry]:
    yield "library files", f"from schema {FIRST_VERSION}"
    yield from ((f"entry point {group}", "group") for group in strings_like(ENTRY_POINT))
    tables = {table: load(target) for table, target in TABLES.items()}
    tables["CSV of map4 playlist check"] = next(load("map4.lists.commands.check:_transition_rows")([]))
    for table, columns in tables.items():
        yield from ((f"{table} {name}", f"column {number}") for number, name in enumerate(columns, 1))
    with closing(connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        yield from ((f"tracks.{row[1]} in SQL", "column") for row in connection.execute("PRAGMA table_info(tracks)"))
    yield from ((f"is:{word}", "word") for word in IS_WORDS)
    yield from ((f"map4 import --from {name}", "importer") for name in Importer.all())
    yield from ((f"map4 export --columns {name}", "column") for name in TrackColumn.exported())
    for name, setting in SETTINGS.items():
        yield f"setting {name}", setting.reader
        yield f"variable {setting.variable}", name
        if setting.reader == "choice":
            yield from ((f"setting {name} {choice}", "choice") for choice in setting.arguments)
    for name in strings_like(VARIABLE) - {setting.variable for setting in SETTINGS.values()}:
        yield f"variable {name}", "environment"
    for name, field in FIELDS.items():
        yield from ((f"{shown}: in queries", field.kind) for shown in (name, *field.aliases))


def _tools() -> Iterator[Entry]:
    from map4.extras.mcp.tools import TOOLS, input_schema

    for tool in TOOLS:
        yield f"tool {tool.name}", f"map4/{tool.kind}/1"
        for name, schema in input_schema(tool)["properties"].items():
            yield f"tool {tool.name} {name}", _type(schema)


def unexplained(old: Mapping[str, str], new: Mapping[str, str], changelog: str) -> list[str]:
    """What has gone or has another type, unless the newest section of the changelog has a line for it.

    The line begins with `- Removed:` or `- Changed:`, and names it, or what it belongs to, in backquotes.
    """
    newest = changelog.split("\n## ")[1]
    lines = re.findall(r"^- (?:Removed|Changed):(.*(?:\n  .*)*)", newest, re.MULTILINE)
    named = [name for line in lines for name in re.findall(r"`([^`]+)`", line)]
    parts = tuple(name + mark for name in named for mark in " .([=")
    return [
        name for name, form in old.items() if new.get(name) != form and name not in named and not name.startswith(parts)
    ]


ANNOUNCED = re.compile(r"map4 .*--[\w-]+(?: \S+)?|.+: in queries|is:.+|CSV .+|setting \S+")
"""What a person finds by its name: options, their values, fields and words of queries, columns, settings."""


def unannounced(old: Mapping[str, str], new: Mapping[str, str], changelog: str) -> list[str]:
    """What is new, unless the newest section of the changelog has the last word of its name."""
    newest = changelog.split("\n## ")[1]
    added = (name for name in new if name not in old and ANNOUNCED.fullmatch(name))
    words = ((name, name.removesuffix(" in queries").split()[-1]) for name in added)
    return [name for name, word in words if word not in newest and word.replace("_", "-") not in newest]


def is_stable(name: str) -> bool:
    """Whether the command, document, route or call that a name belongs to is stable; settings and columns are."""
    first, *words = re.split(r"[ (]", name)
    if first == "map4":
        return not is_beta_command(" ".join(words))
    if kind := re.match(r"map4/([\w-]+)/1", first):
        return kind[1] in STABLE_KINDS
    if first.isupper() and words[0].startswith("/api/v1"):
        return words[0].removeprefix("/api/v1") in STABLE_ROUTES
    call = first.removeprefix("Library.")
    return first not in ("tool", "variable") and (
        call == first or any(f"{each}.".startswith(f"{call}.") for each in CALLS)
    )


if __name__ == "__main__":
    STORED.write_text(json.dumps(surface(), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")

"""The documentation is complete and true: its queries, tables, names and links."""

import contextlib
import inspect
import os
import re
import signal
import sqlite3
import subprocess
import sys
from functools import cache
from pathlib import Path
from pkgutil import resolve_name

import pytest
from conftest import REPOSITORY
from golden.surface import ENTRY_POINT, strings_like
from pages import DOCS, MEASUREMENTS, PAGES, blocks, code_spans, first_cells, page, prose, section
from stage import sample

from map4 import errors
from map4.cli.exits import EXIT_SIGNAL, Exit
from map4.core.base.declaration import Declaration, Declared
from map4.core.music.analysis.analysis import ANALYSIS_VERSION, Hamms
from map4.core.music.query.fields import FIELDS as QUERY_FIELDS
from map4.core.music.query.parser import Query
from map4.core.music.track.track_columns import TrackColumn
from map4.core.store.file.schema import newest_version
from map4.core.store.stored_tables import StoredTable
from map4.errors import ERROR_KINDS, Map4Error
from map4.settings.config import Config

__all__ = ["sample"]


# ---- the library file ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql", blocks(page("docs/developers/library-file.md"), "sql"), ids=lambda sql: sql.splitlines()[0][3:30]
)
def test_queries_of_the_library_page_return_rows(sample: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(f"file:{sample}?mode=ro", uri=True)) as connection:
        rows = connection.execute(sql).fetchall()
    assert rows
    assert all(value is not None for value in rows[0])


def test_documented_tables_views_and_columns_match_the_schema(sample: Path) -> None:
    text = page("docs/developers/library-file.md")
    with contextlib.closing(sqlite3.connect(sample)) as connection:
        names = connection.execute(
            "SELECT name FROM pragma_table_list WHERE type != 'shadow' AND name NOT LIKE 'sqlite%'"
        )
        columns = {name: [row[1] for row in connection.execute(f"PRAGMA table_xinfo({name})")] for (name,) in names}
    columns |= {table.name: [*table.columns] for tables in StoredTable.of_extras().values() for table in tables}
    assert columns.pop("facts_source") == columns["facts"]
    described = {
        table: section(text, "## The view" if table == "tracks" else f"**`{table}`**", r"^\*\*`|^## |^```|^`files_fts`")
        for table in columns.keys() - {"files_fts", "files_text", "lyrics_fts"}
    }
    for table in ("files", "analyses", "facts", "tracks"):
        assert sorted(name for cell in first_cells(described[table]) for name in cell) == sorted(columns[table])
    for table, description in described.items():
        assert set(columns[table]) <= set(code_spans(description)), table
    assert {"files_fts", "files_text", "lyrics_fts", "facts_source"} <= set(code_spans(text))


# ---- tables that must be complete ----------------------------------------------------------------


def test_configuration_examples_are_valid(tmp_path: Path) -> None:
    found = blocks(page("docs/configuration.md"), "toml")
    assert found
    for number, text in enumerate(found):
        file = tmp_path / f"{number}.toml"
        file.write_text(text, encoding="utf-8")
        values = Config({}, {}, str(file)).values()
        assert sum(value.origin == str(file) for value in values.values()) >= 2


def test_exit_codes_versions_and_kinds_of_failure_are_documented() -> None:
    codes = {kind.exit_code for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Map4Error)}
    ended_by = {EXIT_SIGNAL + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    table = section(page("docs/scripting.md"), "## Exit codes", r"^## ")
    documented = ", ".join(re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE)).split(",")
    assert set(map(int, documented)) == {0, *codes, *ended_by, Exit.PIPE_CLOSED[0]}
    assert f'"analysis_version": {ANALYSIS_VERSION}' in page("docs/scripting.md")
    assert f"nalysis version {ANALYSIS_VERSION}" in page("CHANGELOG.md")
    assert f"`hamms.version` is {Hamms.VERSION};" in page("docs/analysis.md")
    for name in ("CONTRIBUTING.md", "docs/developers/library-file.md"):
        assert f"The schema has version {newest_version()}" in page(name)
    rows = first_cells(section(page("docs/troubleshooting.md"), "## A file can't be analysed", r"^## "))
    assert {name for cell in rows for name in cell} == set(ERROR_KINDS)


def test_fields_entry_points_and_declarations_are_documented() -> None:
    table = section(page("docs/search.md"), "## Fields", r"^`is:`")
    examples = re.findall(r"\| `([^`|]+)` \|$", table, re.MULTILINE)
    assert len(examples) > 15
    for query in examples:
        Query.parse(query)
    assert [name for name in QUERY_FIELDS if name != "is" and f"`{name}`" not in table] == []
    assert [place for field in QUERY_FIELDS.values() if (place := field.measured) not in page("docs/analysis.md")] == []
    names = {
        *code_spans(page("docs/export.md") + page("docs/scripting.md")),
        *(n.replace("-", "_") for n in QUERY_FIELDS),
    }
    assert [name for name in TrackColumn.exported() if name not in names] == []
    text = page("docs/developers/plugins.md")
    assert set(re.findall(r"^\| “(map4\.\w+\.v\d)” \|", text, re.MULTILINE)) == strings_like(ENTRY_POINT)
    members = [name for cell in first_cells(section(text, "## Extras", r"^### ")) for name in cell]
    assert sorted(members) == sorted(Declaration.__annotations__)
    kinds = {kind.__name__ for kind in Declared.__subclasses__()} - {"Declaration"}
    assert len(kinds) > 10
    assert kinds <= set(code_spans(re.sub(r"`:", "` ", text)))


def test_docs_index_links_every_page_and_all_links_resolve() -> None:
    linked = set(re.findall(r"\]\(([^)#\s]+)", page("docs/index.md")))
    docs = REPOSITORY / "docs"
    assert linked >= {path.relative_to(docs).as_posix() for path in DOCS} - {"index.md"}
    words = {path: len(path.read_text(encoding="utf-8").split()) for path in DOCS}
    assert len(words) <= 30
    assert sum(words.values()) <= 45_000
    for path in [*PAGES, *MEASUREMENTS]:
        for name, anchor in re.findall(r"\]\((?!https://)([^)#\s]*)#?([^)\s]*)\)", prose(path.read_text("utf-8"))):
            file = (path.parent / name).resolve() if name else path
            assert file.is_file(), (path, name)
            assert not anchor or anchor in anchors(file), (path, name, anchor)


# ---- names and links -----------------------------------------------------------------------------


@cache
def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_mentioned_modules_and_files_exist() -> None:
    spans = {span for path in PAGES for span in code_spans(path.read_text(encoding="utf-8"))}
    modules = [span for span in spans if re.fullmatch(r"map4(\.\w+)+(:\w+)?", span) and span != "map4.toml"]
    assert len(modules) > 8
    for name in modules:
        resolve_name(name)
    files = [span for span in spans if re.fullmatch(r"[\w./]+\.(py|sh)", span) and "/" in span]
    assert len(files) > 12
    for name in files:
        assert (REPOSITORY / name).exists() or (REPOSITORY / "map4" / name).exists(), name


@pytest.mark.contract
def test_the_schemas_are_current() -> None:
    # In a process of its own: it imports what modules import for type checkers alone.
    code = (
        "import shapes, sys; sys.exit(shapes.FILE.read_text(encoding='utf-8') != shapes.text()"
        " or shapes.ROUTES.read_text(encoding='utf-8') != shapes.routes_text())"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "tools")}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0, "stale: make schemas"

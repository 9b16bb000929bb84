"""The Postgres schema, derived from that of the library file: the same tables and triggers.

Parts that only serve full-text search are left out.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache

from psycopg import Connection

from map4.core.base.text import folded
from map4.core.store.file.schema import expected_schema, newest_version
from map4.core.store.query.facts import HAMMS_COLUMNS, typed
from map4.core.store.query.field_sql import OF_FILES, TAG_COLUMNS, in_force_sql
from map4.extras.postgres.dialect import translated_text, without_texts
from map4.extras.postgres.functions import (
    FILL_LETTERS,
    FUNCTIONS,
    KNOWN,
    LONE_SURROGATES,
    QUERY_FUNCTIONS,
    SCHEMA,
    WORDS_INDEX,
    statements_of,
)
from map4.jobs import JOB_TABLES

FUNCTIONS_VERSION = 4  # of the functions, views and indexes that only Postgres has
LEFT_OUT = re.compile("files_(fts|text)|lyrics_fts|tracks$|sqlite_")
_GENERATED = re.compile(r"(\w+) (REAL|TEXT|INTEGER) AS \(")
# A walk through paths in order reads file ids from this index only.
_UNIQUE_PATHS = "path BLOB NOT NULL UNIQUE"
_BY_PATH = f"CREATE UNIQUE INDEX files_by_path ON {SCHEMA}.files (path) INCLUDE (id)"
# Only the presence of rows matters here; their texts may be too long for an index.
_OF_TEXTS = re.compile(r"(?<=_names ON )facts \([\w, ]+\)|(?<=_comments ON )imported \(comment\)")
_BY_KEY = {"f": "facts (file_id)", "i": "imported (audio_id)"}
_TRIGGER = re.compile(r"CREATE TRIGGER (\w+) (AFTER .*? ON \w+)(?: WHEN (.*?))? BEGIN\s(.*)END\s*", re.DOTALL)
_NUMBERED = re.compile(r"CREATE TABLE (\w+) (.*?)\bINTEGER PRIMARY KEY AUTOINCREMENT\b", re.DOTALL)
_ONE_SERVER = ' CHECK ("only" = 1)'
_ROWS = (
    "INSERT INTO library_identity VALUES (1, lower(hex(randomblob(8))))",
    "INSERT INTO change_log VALUES (1, '')",
    "CREATE TABLE library_state AS SELECT 0::bigint AS revision",
    "CREATE TABLE jobs_state AS SELECT 0::bigint AS revision",
    "CREATE TABLE mirrors (token text PRIMARY KEY, revision bigint NOT NULL)",
)
# Ranges of letters and signs that are examined; code points between them behave alike.
_LOOKED_AT = (range(0x80, 0xD800), range(0xE000, 0x32000), range(0xE0000, 0xE0200))
_ALIKE = (0xD800, 0x32000, 0xE0200, 0xF0000, 0x100000)
_AT_ONCE = 4_000
_TOKENS = "CREATE VIRTUAL TABLE said USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2')"
_TERMS = "CREATE VIRTUAL TABLE terms USING fts5vocab (said, instance)"
Row = tuple[int, str | None, str | None, str | None]
"""First code point; folded form, form as part of a word, form in the word index; None if unchanged."""


def make(connection: Connection[object]) -> None:
    """Create the schema of an empty library, within a transaction."""
    connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
    for statement in statements():
        connection.execute(statement.encode())
    connection.execute(FILL_LETTERS.encode(), [list(column) for column in zip(*letters(), strict=True)])
    for name in ("changes", "events"):  # random starts, so that another library's numbers are not mistaken for these
        connection.execute(b"INSERT INTO last_numbers VALUES ($1, $2)", (name, secrets.randbelow(10**12)))


def version() -> list[int]:
    """The schema version of the library file, from which the schema is derived, and FUNCTIONS_VERSION."""
    return [newest_version(), FUNCTIONS_VERSION]


def statements() -> tuple[str, ...]:
    """The statements of `make`, without the initial rows."""
    return _statements_of(*version())


@cache
def _statements_of(version: int, functions: int) -> tuple[str, ...]:
    return (
        *FUNCTIONS,
        *QUERY_FUNCTIONS,
        *_translated(),
        _BY_PATH,
        *WORDS_INDEX,
        *KNOWN,
        *VIEWS,
        *_ROWS,
        f"CREATE TABLE library_schema AS SELECT {version}::bigint AS version, {functions}::bigint AS functions",
    )


def _translated() -> Iterator[str]:
    for statement in JOB_TABLES.replace(_ONE_SERVER, "").split(";\n"):
        yield without_texts(_NUMBERED.sub(_with_numbers, statement.strip()), _table)
    for (kind, name), sql in expected_schema().items():
        if sql and not LEFT_OUT.match(name):
            yield from _part(kind, sql)


def _part(kind: str, sql: str) -> Iterator[str]:
    if kind == "table":
        yield without_texts(_NUMBERED.sub(_with_numbers, sql), _table)
    elif kind == "trigger":
        yield from _trigger(sql)
    else:
        sql = _OF_TEXTS.sub(lambda match: _BY_KEY[match[0][0]], typed(sql))
        yield without_texts(sql, translated_text)


def of_extra(statements: Iterable[str]) -> Iterator[str]:
    """Statements for an extra's tables, from those for a library file."""
    for statement in statements:
        yield from _part(statement.split()[1].lower(), statement)


def _with_numbers(match: re.Match[str]) -> str:
    return f"CREATE TABLE {match[1]} {match[2]}BIGINT PRIMARY KEY DEFAULT next_number('{match[1]}')"


def _table(sql: str) -> str:
    sql = sql.replace(_UNIQUE_PATHS, _UNIQUE_PATHS.removesuffix(" UNIQUE"))
    sql = re.sub(r"\bid INTEGER PRIMARY KEY,", "id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,", sql)
    return translated_text(_drawn(sql))


def _drawn(sql: str) -> str:
    """Cast generated columns from the text that JSON functions return."""
    while match := _GENERATED.search(sql):
        end = _closing(sql, match.end())
        expression = sql[match.end() : end]
        if match[2] == "INTEGER":
            expression = f"CAST({expression} AS NUMERIC)"
        drawn = f"{match[1]} {match[2]} GENERATED ALWAYS AS (CAST({expression} AS {match[2]}))"
        sql = f"{sql[: match.start()]}{drawn}{sql[end + 1 :]}"
    return sql


def _closing(sql: str, start: int) -> int:
    """Position of the bracket that closes the bracket before `start`."""
    depth = 1
    for place in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if depth == 0:
            return place
    raise ValueError(f"a bracket is not closed in {sql}")


def _trigger(sql: str) -> Iterator[str]:
    match = _TRIGGER.fullmatch(sql)
    if match is None:
        raise ValueError(f"not a trigger: {sql}")
    name, event, when, body = match.groups()
    body = without_texts(body.replace(_ANY_CONFLICT, _ITS_CONFLICT), _statements)
    condition = "" if when is None else f"WHEN ({without_texts(when, translated_text)}) "
    yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
    yield f"CREATE TRIGGER {name} {event} FOR EACH ROW {condition}EXECUTE FUNCTION {name}()"


def _statements(body: str) -> str:
    return " ".join(f"{translated_text(statement)};" for statement in body.split(";") if statement.strip())


# The columns of its key, which Postgres requires.
_ANY_CONFLICT = "ON CONFLICT DO UPDATE SET became"
_ITS_CONFLICT = "ON CONFLICT (step, audio_id, name, owner) DO UPDATE SET became"


def _object(members: dict[str, str]) -> str:
    return f"jsonb_build_object({', '.join(f'{name!r}, {column}' for name, column in members.items())})"


VIEWS_SCHEMA = f"{SCHEMA}_views"
VIEWS = statements_of(
    "views.sql",
    views=VIEWS_SCHEMA,
    tags=_object({name: f"f.{column}" for name, column in TAG_COLUMNS.items()}),
    hamms=_object({name.removeprefix("hamms_"): f"x.{name}" for name in HAMMS_COLUMNS}),
    of_files=OF_FILES,
    lone_surrogates=LONE_SURROGATES,
    # The effective values without settings: the user's, then the other sources in default order.
    bpm=in_force_sql("bpm"),
    key=in_force_sql("key"),
)


@cache
def letters() -> tuple[Row, ...]:
    """Folding rules of Python and of SQLite's word index, each of a single letter, valid up to the next row's."""
    rows: list[Row] = []
    for number, forms in sorted(_each()):
        plain, word, token = (None if form == chr(number) else form for form in forms)
        row = (number, plain, word, token)
        if not rows or rows[-1][1:] != row[1:]:
            rows.append(row)
    return tuple(rows)


def _each() -> Iterator[tuple[int, tuple[str, str, str]]]:
    numbers = [*_ALIKE[1:], *(number for part in _LOOKED_AT for number in part)]
    for number, token in zip(numbers, _tokens(numbers), strict=True):
        plain = folded(chr(number))
        yield number, (plain, "".join(letter if letter.isalnum() else " " for letter in folded(plain)), token)
    yield _ALIKE[0], ("", " ", " ")  # not letters


def _tokens(numbers: Sequence[int]) -> Iterator[str]:
    """SQLite's word-index form of each letter: other letters, a blank if it separates words, or nothing."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(_TOKENS)
        connection.execute(_TERMS)
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            connection.execute("DELETE FROM said")
            connection.execute("INSERT INTO said VALUES (?)", (" | ".join(f"0{chr(code)}1" for code in some),))
            terms = iter([term for (term,) in connection.execute("SELECT term FROM terms ORDER BY offset")])
            for term in terms:
                yield " " if term == "0" and next(terms) else term[1:-1]

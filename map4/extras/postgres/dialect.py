"""Translates map4's SQL to Postgres.

Differences in form are rewritten here, once per text. Features that a database lacks are written differently in place,
or defined as a function (`functions`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

_QUOTED = re.compile(r"[xX]?'(?:[^']|'')*'")
_QUOTE_MARK = re.compile("\x00(\\d+)\x00")
_PLACE = re.compile(r"(?:\?(\d*)|(?<![:\w]):([a-z_]\w*))( IS NULL\b)?")
_IF_CHANGED = r"(?!NULL\b|NOT\b|TRUE\b|FALSE\b|DISTINCT\b)"
TYPES = {"INTEGER": "bigint", "REAL": "double precision", "BLOB": "bytea", "TEXT": "text"}
_INDEXED = 300  # characters of a text (up to 4,000) in an index
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (rf"\bIS NOT (?={_IF_CHANGED}\S)", "IS DISTINCT FROM "),
        (rf"\bIS (?={_IF_CHANGED}\S)", "IS NOT DISTINCT FROM "),
        (r"([\w.]+) COLLATE NOCASE", r"lower(\1)"),
        # Postgres' planner chooses index and join order itself.
        (r" INDEXED BY \w+", ""),
        (r"\bCROSS JOIN (\w+(?: AS \w+)?) ON\b", r"JOIN \1 ON"),
        # The planner can estimate a list without duplicates.
        (r"\bUNION ALL (?=SELECT (?:rowid|g\.id) FROM files_fts\b)", "UNION "),
        (r"\+f\.path\b", "f.path || ''::bytea"),
        # Without the sign, statistics estimate the number of rows.
        (r"(?<=[(\s])\+(?=coalesce\(|x\.)", ""),
        (r"\bLIMIT -1\b", "LIMIT ALL"),
        (r"\btemp\.(?=\w)", "pg_temp."),
        (r"\bsqlite_sequence\b", "last_numbers"),
        (r"\bfiles_fts MATCH (\?|\S+)", r"words @@ words_query(\1)"),
        (r"\browid FROM lyrics_fts WHERE lyrics_fts MATCH (\?)", r"id FROM lyrics WHERE tokens @@ words_query(\1)"),
        # Texts of any length can be sorted, but not indexed whole.
        (
            r"CASE WHEN (\w+) ~ (\S+) THEN \1_sorted ELSE lower\(\1\) END",
            rf"left(CASE WHEN \1 ~ \2 THEN \1_sorted ELSE lower(\1) END, {_INDEXED})",
        ),
        (r"\) (?:STRICT|WITHOUT ROWID)(?:, WITHOUT ROWID)?(?=\s*$)", ")"),
    )
)
_GLOB = re.compile(r"\bGLOB '\*([^']*)\*'")
_TYPE = re.compile(rf"(?<=[\w)] )({'|'.join(TYPES)})\b")
Wanted = tuple[int | str, bool]  # place or name of a value, and whether only its being NULL matters
# A walk through paths in order stops early: each path is tested on the way, without a word list.
_WALK = re.compile(
    r"FROM files AS f CROSS JOIN facts AS x ON x\.file_id = \+f\.id "
    r"WHERE f\.path > \? AND f\.path <= \? AND (?P<wanted>.*) ORDER BY f\.path",
    re.DOTALL,
)
_LISTED = re.compile(
    r"x\.file_id IN \((?:(?P<others>(?:(?!x\.file_id IN \().)*?) UNION ALL )?"
    r"SELECT rowid FROM files_fts WHERE files_fts MATCH \?\)",
    re.DOTALL,
)
# The index also contains whole values, so no comparison is needed.
_WHOLE = re.compile(
    r"SELECT g\.id FROM files_fts CROSS JOIN files AS g ON g\.id = files_fts\.rowid WHERE files_fts MATCH \? AND "
    r"instr\(\x00\d+\x00 \|\| map4_folded\(trim\((?:coalesce\(g\.credits_sorted, )?g\.(artist|title|album|genre)\)+ "
    r"\|\| \x00\d+\x00, \?\) > 0"
)


def _walking(match: re.Match[str]) -> str:
    # OFFSET 0 keeps the planner from reordering.
    return (
        "FROM (SELECT * FROM files WHERE path > ? AND path <= ?) AS f CROSS JOIN LATERAL (SELECT x.file_id "
        f"FROM facts AS x WHERE x.file_id = f.id AND {_LISTED.sub(_looked_at, match['wanted'])} OFFSET 0) AS x "
        "ORDER BY f.path"
    )


def _looked_at(match: re.Match[str]) -> str:
    others = f"x.file_id IN ({match['others']}) OR " if match["others"] else ""
    return f"({others}EXISTS (SELECT 1 FROM files_fts WHERE rowid = x.file_id AND files_fts MATCH ?))"


_TABLE = re.compile(r"\s*CREATE (?:TEMP )?TABLE ")
_TEXT_COLUMN = re.compile(r"\b(?!AS )(\w+) text\b")


def without_texts(sql: str, change: Callable[[str], str]) -> str:
    """Apply a change to SQL outside quoted texts, which are replaced by numbers between NULs."""
    texts: list[str] = []

    def keep(match: re.Match[str]) -> str:
        text = match[0]
        texts.append(text if text[0] == "'" else f"'\\x{text[2:-1]}'::bytea")
        return f"\x00{len(texts) - 1}\x00"

    # A pattern of GLOB matches the whole text, a regular expression any part.
    sql = _GLOB.sub(lambda match: f"~ '{match[1].replace('*', '.*')}'", sql)
    return _QUOTE_MARK.sub(lambda match: texts[int(match[1])], change(_QUOTED.sub(keep, sql)))


@lru_cache(maxsize=2_000)
def in_postgres(sql: str) -> tuple[str, tuple[Wanted, ...]]:
    """A statement with `$1`, `$2`, …, and the value of each placeholder."""
    wanted: dict[Wanted, int] = {}

    def numbered(match: re.Match[str]) -> str:
        which: int | str = match[2] or (int(match[1]) - 1 if match[1] else _next_place(wanted))
        # Postgres does not know the type of a value that is only compared with NULL.
        return f"${wanted.setdefault((which, match[3] is not None), len(wanted) + 1)}"

    changed = without_texts(sql, lambda text: _PLACE.sub(numbered, translated_text(text)))
    return changed, tuple(wanted)


def _next_place(wanted: Iterable[Wanted]) -> int:
    """The next place as SQLite counts: one more than the largest so far."""
    return max((which for which, _ in wanted if isinstance(which, int)), default=-1) + 1


def translated_text(sql: str) -> str:
    """Translate a statement whose quoted texts are removed."""
    sql = _WHOLE.sub(r"SELECT rowid FROM files_fts WHERE files_fts MATCH ? AND words @@ whole_query('\1', ?)", sql)
    sql = _WALK.sub(_walking, sql)
    for pattern, new in _RULES:
        sql = pattern.sub(new, sql)
    sql = _TYPE.sub(lambda match: TYPES[match[1]], sql)
    if _TABLE.match(sql):  # compare bytewise like SQLite, whatever the database's collation
        sql = _TEXT_COLUMN.sub(r'\1 text COLLATE "C"', sql)
    if sql.lstrip().startswith("INSERT OR IGNORE "):
        return f"{sql.replace('INSERT OR IGNORE ', 'INSERT ', 1)} ON CONFLICT DO NOTHING"
    return sql


def chosen(wanted: Iterable[Wanted], values: Sequence[Any] | Mapping[str, Any]) -> list[Any]:
    """Values of a statement in the order of its placeholders."""
    given: Mapping[Any, Any] = values if isinstance(values, Mapping) else dict(enumerate(values))
    return [given[which] is None if is_null_test else given[which] for which, is_null_test in wanted]

"""Indexes that have tracks in the order of a field, so that the first of them are found without sorting all."""

from __future__ import annotations

import re

from map4.domain.text import folded
from map4.infra.sqlite.query.facts import HAS_OWN_NAMES_SQL
from map4.infra.sqlite.query.field_sql import in_force_sql, own_ratings_sql

_NOT_PLAIN = re.compile("[^ -~]")

TEXTS = ("artist", "title")
"""Fields whose tags are indexed; of one that is not plain ASCII, how it is sorted stands in a column beside it."""

NUMBERS = {
    **{name: in_force_sql(name).replace("x.", "") for name in ("bpm", "year", "rating", "energy")},
    "added": "coalesce(date_added, added_at)",
}
"""Fields that facts have an index of, and of what."""


def _sorted_sql(name: str) -> str:
    """A tag as it is sorted; null where that is not known."""
    return f"CASE WHEN {name} GLOB '*[^ -~]*' THEN {name}_sorted ELSE lower({name}) END"


SORT_INDEXES = (
    *(f"CREATE INDEX files_by_{name} ON files ({_sorted_sql(name)})" for name in TEXTS),
    *(f"CREATE INDEX facts_by_{name} ON facts ({sql})" for name, sql in NUMBERS.items() if name != "rating"),
)
"""That of ratings, which few tracks have, stands in `map4.infra.sqlite.query.facts`."""


def sorted_text(text: str | None) -> str | None:
    """What stands beside a tag that SQL can't fold: it as it is sorted."""
    return folded(text) if text is not None and _NOT_PLAIN.search(text) else None


def bound_sql(field: str, descending: bool, owner: int) -> str:
    """The value of an indexed field `:at` tracks from the beginning of its order.

    Nothing where there are not so many, or too many that the index can't tell the place of. `owner`: whose ratings
    count.
    """
    table, _, value = _indexed(field)
    direction = " DESC" if descending else ""
    if field == "rating":
        said = "SELECT rating FROM facts WHERE rating IS NOT NULL"
        own = f"SELECT rating FROM ratings WHERE owner = {owner:d}"
        return f"{said} UNION ALL {own} ORDER BY rating{direction} LIMIT 1 OFFSET :at"
    known = f"{value} IS NOT NULL"
    if field in TEXTS:
        known += f" AND (SELECT count(*) FROM (SELECT 1 FROM files WHERE {value} IS NULL LIMIT 8 * :at)) < 8 * :at"
    return f"SELECT {value} FROM {table} WHERE {known} ORDER BY {value}{direction} LIMIT 1 OFFSET :at"


def up_to_sql(field: str, descending: bool, owner: int) -> str:
    """The ids of all files that may stand before a value, or at it; values before it (`?`) are those of no others."""
    table, number, value = _indexed(field)
    found = f"SELECT {number} FROM {table} WHERE {value} {'>=' if descending else '<='} ?"
    if field in TEXTS:
        found += f" UNION ALL SELECT id FROM files WHERE {value} IS NULL"
        found += f" UNION ALL SELECT file_id FROM facts INDEXED BY own_names WHERE {HAS_OWN_NAMES_SQL}"
    if field == "rating":
        found += f" UNION ALL {own_ratings_sql(owner, 'o.id')}"
    return found


def _indexed(field: str) -> tuple[str, str, str]:
    return ("files", "id", _sorted_sql(field)) if field in TEXTS else ("facts", "file_id", NUMBERS[field])

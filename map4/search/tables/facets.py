"""Count the tracks of a query by value, with the term that selects them, and find the values nearest to a wrong one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TypeGuard

from map4.core.base.declaration import QueryField
from map4.core.base.paths import absolute_path, display_path
from map4.core.base.records import Absent, Ordinal, Record
from map4.core.base.text import folded, visible, words_of
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.analysis.plausible import Energy
from map4.core.music.query.context import QueryContext
from map4.core.music.query.fields import FIELDS, IS_WORDS, TRACK_STATES
from map4.core.music.query.parser import Query
from map4.core.music.query.slips import field_of
from map4.core.music.query.terms import Token, quoted
from map4.core.music.track.genre import GenreNames
from map4.core.music.track.track_parts import MARKS
from map4.core.store.sql_store import Store
from map4.errors import QueryError, UsageError
from map4.search.completion import whole_term
from map4.search.store import SqlTableRows
from map4.values import SqlValues

TEXTS = tuple(name for name, field in FIELDS.items() if field.kind == "text" and name not in ("comment", "title"))
_NUMBERS: Mapping[str, Callable[[Any], int | float]] = {"year": int, "rating": float, "energy": Energy.level}
FACETS = (*TEXTS, "codec", "key", *_NUMBERS, "is", "folder")
"""The countable fields: texts, fields with few values, the words of `is:`, and folders."""
MOST_VALUES = 2000
_SPLIT = "; "
_KEYS = tuple(key.camelot for key in ALL_KEYS)
_WORDS = [word for word in IS_WORDS if word in (*MARKS, "doubtful")]
_DOUBTFUL = 0b11  # the first two marks


class Facet(Record):
    """A value and its count.

    value: null is unknown
    query: the term that selects the tracks with this value
    count: the number of matching tracks with this value
    under: for a folder, its path, to request its subfolders
    """

    value: str | None
    query: str
    count: Ordinal
    under: str | Absent = ...


class Facets(Record, kind="facets"):
    """Values with their counts, by field: the most frequent first; numbers and keys in their own order."""

    facets: Mapping[str, tuple[Facet, ...]]


def facets(
    store: Store, context: QueryContext, query: str, names: Iterable[str], *, limit: int, under: str | None = None
) -> Facets:
    """Count the tracks of a query by value.

    names: from `FACETS`
    limit: the maximum number of values per field
    under: the folder whose subfolders are counted; None counts the top music folders
    raises UsageError: if there is no such field
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in FACETS:
            raise UsageError.no_such("field", name, FACETS)
    if not 1 <= limit <= MOST_VALUES:
        raise UsageError(f"limit is 1 to {MOST_VALUES:,} values of a field, not {limit}")
    answer: dict[str, tuple[Facet, ...]] = {}
    plain = [name for name in wanted if name not in ("is", "folder")]
    rows = list(store.part(SqlTableRows).matching(Query.parse(query), plain, context)) if plain else []
    for place, name in enumerate(plain):
        answer[name] = tuple(islice(_facets_of(name, Counter(row[place] for row in rows), context), limit))
    if "is" in wanted:
        answer["is"] = tuple(_marks(store, context, query))
    if "folder" in wanted:
        answer["folder"] = tuple(_folders(store, context, query, under))[:limit]
    return Facets(facets={name: answer[name] for name in wanted})


def _facets_of(name: str, counter: Counter[Any], context: QueryContext) -> Iterator[Facet]:
    unknown = counter.pop(None, 0)
    if name in TEXTS:
        yield from _texts(name, counter, context.preferences.genres if name == "genre" else None)
    elif name == "key":
        yield from (Facet(value=key, query=f"key:{key}", count=counter[key]) for key in _KEYS if counter[key])
    elif name == "codec":
        yield from (Facet(value=codec, query=f"codec:{codec}", count=count) for codec, count in counter.most_common())
    else:
        numbers = Counter[float]()
        for value, count in counter.items():
            numbers[_NUMBERS[name](value)] += count
        for number, count in sorted(numbers.items(), reverse=True):
            yield Facet(value=f"{number:g}", query=f"{name}:{number:g}", count=count)
    if unknown:
        yield Facet(value=None, query=f"missing:{name}", count=unknown)


def _texts(name: str, counter: Counter[str], names: GenreNames | None) -> Iterator[Facet]:
    """Count each of several values separately, ignoring case; shown in the most frequent spelling.

    names: the library's table if these are genres, which also count for their parents
    """
    counts, spelled = Counter[str](), dict[str, Counter[str]]()
    for text, count in counter.items():
        parts = map(str.strip, text.split(_SPLIT)) if names is None else names.genres_of(text)
        for key, part in {folded(part): part for part in parts}.items():
            if key:
                counts[key] += count
                spelled.setdefault(key, Counter())[part] += count
    for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        [(text, _)] = spelled[key].most_common(1)
        yield Facet(value=visible(text), query=whole_term(name, text), count=count)


def _marks(store: Store, context: QueryContext, query: str) -> Iterator[Facet]:
    counter = Counter(marks for (marks,) in store.part(SqlTableRows).matching(Query.parse(query), ["marks"], context))
    for word in _WORDS:
        bits = _DOUBTFUL if word == "doubtful" else 1 << MARKS.index(word)
        if count := sum(number for marks, number in counter.items() if marks & bits):
            yield Facet(value=word, query=f"is:{word}", count=count)
    for word in TRACK_STATES:
        if word != "any" and (count := store.search.count(Query.narrowed(query, f"is:{word}"), context)):
            yield Facet(value=word, query=f"is:{word}", count=count)


def _folders(store: Store, context: QueryContext, query: str, under: str | None) -> Iterator[Facet]:
    if under is None:
        tops: Sequence[str] = [os.fspath(root) for root in store.tracks.roots()] or ["/"]
        for top in sorted(tops):
            if count := store.search.count(Query.parse(Query.narrowed(query, _inside(top))), context):
                yield Facet(value=display_path(top), query=_inside(top), count=count, under=display_path(top))
        return
    folder = absolute_path(under)
    start = os.fsencode(os.path.join(folder, ""))
    counter = Counter[bytes]()
    for (path,) in store.part(SqlTableRows).matching(
        Query.parse(Query.narrowed(query, _inside(folder))), ["path_bytes"], context
    ):
        inside, _, rest = path[len(start) :].partition(b"/")
        if rest and path.startswith(start):
            counter[inside] += 1
    for name, count in sorted(counter.items()):
        path = os.path.join(folder, os.fsdecode(name))
        yield Facet(value=display_path(os.fsdecode(name)), query=_inside(path), count=count, under=display_path(path))


def _inside(folder: str) -> str:
    return f"path:{quoted(display_path(folder))}"


def known_values(store: Store, context: QueryContext, name: str) -> list[tuple[str, int]]:
    """The values of a field in all tracks, each with its count, the most frequent first."""
    if name in ("mark", "list-mark"):
        counts = {mark.name: mark.tracks if name == "mark" else mark.lists for mark in store.part(SqlValues).marks()}
        return sorted(((mark, count) for mark, count in counts.items() if count), key=lambda item: -item[1])
    counter = Counter(text for (text,) in store.part(SqlTableRows).matching(Query.parse(""), [name], context) if text)
    return [(facet.value, facet.count) for facet in _facets_of(name, counter, context) if facet.value]


_LEAST_ALIKE = 70.0
"""RapidFuzz similarity, 0-100: one wrong letter in four scores 75."""
_MOST_TERMS = 10


def near_terms(store: Store, context: QueryContext, query: str | Query) -> str | None:
    """`did you mean genre:house?` with the nearest query, or the first field that no track has; None without any."""
    if (nearest := near_query(store, context, query)) is not None:
        return f"did you mean {nearest}?"
    terms = Token.all(Query.parse(query).text)[:_MOST_TERMS]
    return next((text for token in terms if (text := _unknown(store, context, token))), None)


def near_query(store: Store, context: QueryContext, query: str | Query) -> str | None:
    """Replace terms without matches by the nearest values; None if no value is near."""
    text = written = Query.parse(query).text
    for token in reversed(Token.all(text)[:_MOST_TERMS]):
        if nearest := _nearest(store, context, token):
            text = f"{text[: token.start]}{nearest}{text[token.end :]}"
    return None if text == written else text


def _unknown(store: Store, context: QueryContext, token: Token) -> str | None:
    field = field_of(token)
    if token.negated or not _has_values(field) or any(known_values(store, context, field.name)):
        return None
    hint = "" if field.help == field.name else f" ({field.help})"
    return f"no track has {field.name}{hint}"


def _has_values(field: QueryField | None) -> TypeGuard[QueryField]:
    return field is not None and field.name in FACETS and field.name not in ("key", "is", "folder")


def _nearest(store: Store, context: QueryContext, token: Token) -> str | None:
    field = field_of(token)
    if token.negated or not token.value or (field is None) != (token.field is None):
        return None
    try:
        if store.search.count(token.written, context):
            return None
    except QueryError:
        return None
    if field is None:
        names = (text for _, *texts in store.search.names("", context) for text in texts if text)
        texts = dict.fromkeys(chain((genre for genre, _ in known_values(store, context, "genre")), names))
        return _alike(token.value, words_of("\n".join(texts)).split())  # folding each would take 3 times as long
    if not _has_values(field):
        return None
    values = [value for value, _ in known_values(store, context, field.name)]
    value = _alike(token.value, chain(values, (word for value in values for word in words_of(value).split())))
    return value and f"{field.name}:{quoted(value) if ' ' in value else value}"


def _alike(wanted: str, values: Iterable[str]) -> str | None:
    from rapidfuzz import fuzz, process

    match = process.extractOne(
        wanted, list(dict.fromkeys(values)), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=_LEAST_ALIKE
    )
    return None if match is None else str(match[0])

"""Check the query of a live list when it is made, so that it can be answered in any folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from map4.base.declaration import QueryField
from map4.base.given_paths import absolute_path
from map4.errors import UsageError
from map4.lists.playlist.energy_curve import parse_curve
from map4.music.lists.live import MADE_LENGTH, MOST_LIVE, LiveList, sort_term
from map4.music.query.fields import field_named
from map4.music.query.parser import SortField, parse_query
from map4.music.query.shuffle import RANDOM
from map4.music.query.terms import Token, Under, quoted, tokens
from map4.music.query.values import read_condition

if TYPE_CHECKING:
    from map4.lists.options import LiveOptions


def checked_live(query: str, options: LiveOptions, seeds: tuple[str, ...] = ()) -> LiveList:
    """The checked live list; order and number are moved from the query to their own members."""
    parsed, terms = parse_query(query), list[str]()
    named: dict[str, Token] = {}
    for token in tokens(query):
        field = None if token.field is None else field_named(token.field)
        if field is not None and field.kind == "control":
            named[field.name] = token
        else:
            terms.append(_placed(token, field))
    if "offset" in named:
        raise named["offset"].error("a live list starts at the first match; remove 'offset:'", at_value=False)
    if "sort" in named and options.sort is not None:
        raise UsageError(f"'sort:' in the query and the order {options.sort} can't be used together; choose one")
    if "limit" in named and (options.n or options.minutes):
        raise UsageError("'limit:' in the query and n or minutes can't be used together; choose one")
    n = options.n if parsed.limit is None else parsed.limit
    if n is not None and options.minutes is not None:
        raise UsageError("a live list has a number of tracks or of minutes (n, minutes); choose one")
    if n is not None and n > MOST_LIVE:
        raise UsageError(f"a live list has at most {MOST_LIVE:,} tracks, not {n:,}")
    curve = parse_curve(options.curve) if isinstance(options.curve, str) else options.curve
    if "shuffle" in named and options.shuffle is not None:
        raise UsageError("'shuffle:' in the query and shuffle can't be used together; choose one")
    shuffle = parsed.shuffle if "shuffle" in named else options.shuffle
    orders = parsed.sort or parse_query(sort_term(options.sort)).sort
    if options.shuffle is not None and all(order.field != RANDOM for order in orders):
        orders += (SortField(field=RANDOM),)
    if shuffle is not None and (options.curve is not None or seeds):
        raise UsageError("a live list that mixes has no random order; leave out shuffle, or the curve and seeds")
    live = LiveList(
        query=" ".join(terms),
        sort=",".join(f"{order.field}{'-' * order.descending}" for order in orders) or None,
        shuffle=shuffle,
        minutes=options.minutes,
        per_artist=options.per_artist,
        per_album=options.per_album,
        seeds=seeds,
        curve=None if curve is None else curve.text,
    )
    usual = MADE_LENGTH if live.is_made else MOST_LIVE
    live = replace(live, n=n or (usual if options.minutes is None else None))
    live.asked()
    return live


def _placed(token: Token, field: QueryField | None) -> str:
    """A term with an absolute path, so that it means the same in any folder."""
    if field is not None and field.kind == "path":
        condition = read_condition(token, field)
        if isinstance(condition, Under) and (path := absolute_path(condition.path)) != condition.path:
            return f"{'^' * token.negated}path:{quoted(path)}"
    return token.query[token.start : token.end]

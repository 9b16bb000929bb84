"""Doubts about stored lists whose query an older map4 may have written otherwise than it was meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from map4.core.music.query.parser import Query
from map4.core.store.sql_store import Store
from map4.doctor import Doubts, GroupDoubt, Offer
from map4.errors import QueryError
from map4.library import hookspecs
from map4.lists.store.names import SEEN

# The options that `map4 playlist` had, in the order in which it wrote their conditions behind the query.
_NAMES = ("bpm", "energy", "key", "genre", "mood", "year")
_SHORT = re.compile("".join(rf'(?:(?<!\S){name}:(?:"[^"]*"|[^\s"]+)(?:\s|$))?' for name in _NAMES) + "$")
_QUERIES = f"""
    SELECT p.name, json_extract(p.header, '$.options.query'), count(t.position), min(f.id) FROM playlists AS p
    JOIN playlist_tracks AS t ON t.playlist_id = p.id JOIN files AS f ON f.audio_id = t.audio_id
    WHERE {SEEN} AND lower(json_extract(p.header, '$.options.query')) LIKE '% or %'
    GROUP BY p.id, p.name ORDER BY p.name
"""


@hookspecs.doubts.implementation
def list_doubts(store: Store, checks: Collection[str]) -> Iterator[GroupDoubt]:
    """Yield doubts about the lists that the actor sees. checks: names of the doctor's checks to make"""
    if Doubts.LIST_QUERIES.name not in checks:
        return
    rows = store.database.rows(_QUERIES, {"me": store.actor.id})
    for name, text, count, file_id in rows:
        if (meant := meant_by(text)) is not None:
            detail = f"it says '{text}'; if --bpm or such made it, it was made by '{meant}'"
            offers = (Offer(label="look at it", words=("playlist", "show", name)),)
            yield GroupDoubt(
                check=Doubts.LIST_QUERIES, about=name, detail=detail, count=count, file_ids=[file_id], offers=offers
            )


def meant_by(text: str) -> str | None:
    """The query that the short options meant, if they may have written this text; else None.

    They narrowed each alternative of a query, and wrote their conditions behind the last one.
    """
    match = next((match for match in _SHORT.finditer(text) if match.group()), None)
    if match is None:
        return None
    whole = text[: match.start()].strip()
    try:
        has_alternatives = len(Query.parse(whole).groups) > 1
    except QueryError:
        return None
    return Query.narrowed(whole, match.group().strip()) if has_alternatives else None

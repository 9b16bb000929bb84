"""The catalogue of a library; a large library caches it beside the file, for the next start of a server."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from map4.core.store.sql_store import Store
from map4.search.catalogue import Catalogue, CatalogueRow

_ALTERED_BY = "kind IN ('tracks', 'values') AND what NOT IN ('rated', 'marked')"


def new_catalogue(store: Store) -> Catalogue:
    """The catalogue of all available, analysed tracks."""
    search, context, preferences = store.search, store.context(), store.preferences
    with _without_collections():
        credited = search.credits(context)
        rows = (CatalogueRow._make((*row, credited.get(row[0]))) for row in search.in_albums("", context))
        return Catalogue.of_rows(rows, preferences.articles, preferences.whole_names, preferences.genres)


def cached_catalogue(store: Store) -> Catalogue:
    """As `new_catalogue`, from the cache of a large library; written there if it is not current."""
    if not store.row_cache.is_large():
        return new_catalogue(store)
    preferences, made = store.preferences, list[Catalogue]()

    def record() -> dict[str, Any]:
        made.append(new_catalogue(store))
        return made[0].to_record()

    version = json.dumps((preferences.articles, preferences.whole_names, store.context().preferred))
    with _without_collections():
        known = store.row_cache.answer("albums", version, record, altered_by=_ALTERED_BY)
        return made[0] if made else Catalogue.of_record(known, preferences.articles)


@contextmanager
def _without_collections() -> Iterator[None]:
    # They would take a third of the time, and nothing of a catalogue is garbage.
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()

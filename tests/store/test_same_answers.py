"""A file and a database that hold the same give the same answers: the same tracks in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from random import Random
from typing import Any

import pytest
from drawn_libraries import context, fill_drawn, query, text
from postgres_server import needs_postgres
from stored import NOW, OpenStore

from map4.domain.query.context import QueryContext
from map4.domain.query.fields import SORT_FIELDS
from map4.domain.query.parser import parse_query
from map4.infra.sql.database import scalar
from map4.infra.sql.query.functions import FUNCTIONS
from map4.infra.sql.search import SqlSearch
from map4.infra.sqlite.store import SqliteStore

pytestmark = needs_postgres
SEED = 20260615
WINDOW = 16
"""So few that queries of a small library go through several."""


@pytest.fixture(scope="module")
def both(open_in_postgres: OpenStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    folder = tmp_path_factory.mktemp("same")
    with ExitStack() as stack:
        stores = SqliteStore(str(folder / "library.map4")), open_in_postgres(folder)
        for store in stores:
            stack.enter_context(closing(store))
            fill_drawn(store, Random(SEED), 70)
        yield stores


def _answers(store: Any, seed: int, count: int) -> Iterator[tuple[str, list[int], int]]:
    draw = Random(seed)
    search = SqlSearch(store.database, store.tracks, lambda: store.copies, window=WINDOW)
    for _ in range(count):
        asked, how = query(draw), context(draw)
        yield f"{asked} {how.preferred} {how.prefer}", search.file_ids(asked, how), search.count(asked, how)


@pytest.mark.parametrize("count", [250, pytest.param(5000, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
def test_queries_find_the_same_in_the_same_order(both: tuple[Any, Any], count: int) -> None:
    found = 0
    for of_file, of_database in zip(*(_answers(store, SEED, count) for store in both), strict=True):
        assert of_database == of_file
        found += bool(of_file[1])
    assert found > count // 4

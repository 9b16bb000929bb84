"""What is asked of marks and lists is found once, and not anew for each page of a walk through all paths."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from map4.music.query.context import QueryContext
from map4.music.query.parser import parse_query
from map4.store.query.query_sql import QueryPlan

HERE = QueryContext(now=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("text", ["has:mark", "missing:mark", "has:list", "^has:list year:2000..", "mark:a", "list:a"])
def test_no_path_is_walked_for_it(text: str) -> None:
    assert QueryPlan(parse_query("year:2000.."), HERE).walk() is not None
    assert QueryPlan(parse_query(text), HERE).walk() is None

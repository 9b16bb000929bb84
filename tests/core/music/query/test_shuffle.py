"""Random orders: which, from when to when, and artists kept apart."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.query.in_words import normal_form
from map4.core.music.query.parser import SortField, parse_query
from map4.core.music.query.shuffle import apart, seed_of, shuffle_key
from map4.errors import QueryError

NOON = datetime(2026, 11, 26, 12).astimezone()  # a Thursday


def test_queries_name_a_random_order_that_lasts_a_day_a_week_or_for_ever() -> None:
    midnight = NOON + timedelta(hours=12)
    assert seed_of("daily", NOON) == seed_of("daily", NOON.replace(hour=0)) != seed_of("daily", midnight)
    assert seed_of("weekly", NOON - timedelta(days=3)) == seed_of("weekly", NOON) == seed_of("weekly", midnight)
    assert seed_of("weekly", NOON) != seed_of("weekly", NOON + timedelta(days=4))
    assert seed_of("7", NOON) == seed_of("7", midnight) != seed_of("8", NOON)
    assert shuffle_key("7", "a") != shuffle_key("8", "a")
    assert parse_query("house sort:random").shuffle == "daily"
    assert parse_query("shuffle:Weekly").sort == (SortField(field="random"),)
    assert [order.field for order in parse_query("shuffle:7 sort:rating-").sort] == ["rating", "random"]
    assert not parse_query("sort:rating-,random").is_random
    assert normal_form("House SHUFFLE:Weekly") == normal_form("house shuffle:weekly") != normal_form("house shuffle:7")
    with pytest.raises(QueryError, match="daily, weekly or a number"):
        parse_query("shuffle:monthly")


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30))
def test_artist_follows_itself_only_with_more_than_half_of_the_tracks(artists: list[str | None]) -> None:
    rows = [*enumerate(artists)]
    spread = apart((number, name and (name, f"{name.upper()} feat. d")[number % 2]) for number, name in rows)
    assert sorted(spread) == [number for number, _ in rows]
    repeated = sum(artists[track] is not None and artists[track] == artists[next_] for track, next_ in pairwise(spread))
    most = max(Counter(filter(None, artists)).values(), default=0)
    assert repeated == max(0, 2 * most - len(artists) - 1)

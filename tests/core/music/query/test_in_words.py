"""Queries in words and as rules, and random orders."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from query_cases import CASES

from map4.core.base.text import folded
from map4.core.music.query.fields import FIELDS, IS_WORDS
from map4.core.music.query.in_words import normal_form, query_in_words
from map4.core.music.query.parser import Query, SortField
from map4.core.music.query.shuffle import apart, seed_of, shuffle_key
from map4.errors import QueryError
from map4.search.completion import QueryRules

VALUES = {"date": "2026-01", "duration": "3:30", "key": "8A", "is": "doubtful", "path": "/music", "codec": "mp3"} | {
    "season": "12-24", "daypart": "6..10", "weekday": "mon"
}  # fmt: skip
OTHERS = {"date": "2026-02", "duration": "6:00"}


def test_every_relation_of_every_field_is_one_term() -> None:
    rules = QueryRules.all().fields
    assert {rule.name for rule in rules} == {
        "", *(name for name, field in FIELDS.items() if field.kind not in ("control", "has"))
    }  # fmt: skip
    for rule in rules:
        kind = FIELDS[rule.name].kind if rule.name else "text"
        for relation in rule.relations:
            usual = next(iter(rule.values), "1")
            value = "2w" if ":-{" in relation.term else VALUES.get(kind) or VALUES.get(rule.name, usual)
            if kind == "number":
                value = str(max(1, round(FIELDS[rule.name].least)))
            if "year" in rule.name:
                value = "1999"
            term = relation.term.replace("{value}", value).replace("{other}", OTHERS.get(kind, value))
            query = Query.parse(term)
            assert [len(group) for group in query.groups] == [1], term
            assert query.sort == ()
    assert next(rule for rule in rules if rule.name == "is").values == IS_WORDS
    explicit = next(rule for rule in rules if rule.name == "explicit")
    assert [*explicit.values] == ["yes", "no", "unknown"]
    assert [relation.term for relation in explicit.relations] == ["explicit:{value}", "^explicit:{value}"]


NOON = datetime(2026, 11, 26, 12).astimezone()  # a Thursday


def test_queries_name_a_random_order_that_lasts_a_day_a_week_or_for_ever() -> None:
    midnight = NOON + timedelta(hours=12)
    assert seed_of("daily", NOON) == seed_of("daily", NOON.replace(hour=0)) != seed_of("daily", midnight)
    assert seed_of("weekly", NOON - timedelta(days=3)) == seed_of("weekly", NOON) == seed_of("weekly", midnight)
    assert seed_of("weekly", NOON) != seed_of("weekly", NOON + timedelta(days=4))
    assert seed_of("7", NOON) == seed_of("7", midnight) != seed_of("8", NOON)
    assert shuffle_key("7", "a") != shuffle_key("8", "a")
    assert Query.parse("house sort:random").shuffle == "daily"
    assert Query.parse("shuffle:Weekly").sort == (SortField(field="random"),)
    assert [order.field for order in Query.parse("shuffle:7 sort:rating-").sort] == ["rating", "random"]
    assert not Query.parse("sort:rating-,random").is_random
    assert normal_form("House SHUFFLE:Weekly") == normal_form("house shuffle:weekly") != normal_form("house shuffle:7")
    with pytest.raises(QueryError, match="daily, weekly or a number"):
        Query.parse("shuffle:monthly")


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30))
def test_artist_follows_itself_only_with_more_than_half_of_the_tracks(artists: list[str | None]) -> None:
    rows = [*enumerate(artists)]
    spread = apart((number, name and (name, f"{name.upper()} feat. d")[number % 2]) for number, name in rows)
    assert sorted(spread) == [number for number, _ in rows]
    repeated = sum(artists[track] is not None and artists[track] == artists[next_] for track, next_ in pairwise(spread))
    most = max(Counter(filter(None, artists)).values(), default=0)
    assert repeated == max(0, 2 * most - len(artists) - 1)


def test_queries_have_words_and_a_normal_form() -> None:
    cases = [
        ("", "All tracks"),
        ("is:any sort:bpm limit:5", "All tracks"),
        ("genre:house energy:7..", "House, energy 7 and more"),
        ("bpm:120..128 key:~8A ^genre:rock", "Tempo 120 to 128 BPM, in a key that mixes with 8A, not rock"),
        ("bpm:~174", "Tempo 174 BPM, half or double"),
        ("daft punk or artist:mute", "“daft”, “punk” or mute"),
        ("added:-2w", "Added in the last 2 weeks"),
        ("played:..-6m plays:5..", "Last played until 6 months ago, plays 5 and more"),
        ("added:2026-01.. year:..1999", "Added since 2026-01, year up to 1999"),
        ("missing:bpm has:mix-in", "Without tempo, with mix-in"),
        ("is:doubtful key:8A,9A", "Unsure tempo or key, or a second tempo, in 8A or 9A"),
        ("label:lantern", "Label lantern"),
        ("season:12-20..01-06 weekday:sat,sun", "From 12-20 to 01-06, on sat, sun"),
    ]
    assert [(query, query_in_words(query)) for query, _ in cases] == cases
    assert all(query_in_words(query) for query, _ in CASES)
    always, never = "Season:01-01..12-31", "^daypart:0..24"
    assert normal_form(f"{always} {never}") == "season:01-01..12-31 ^daypart:0..24 True True"
    for text, normal in SAME:
        assert normal_form(text) == normal
    for query, other in OTHER:
        assert normal_form(query) != normal_form(other)


SAME = [
    ("Björk", "bjork"), ("  daft   PUNK ", "daft punk"), ("BJO\u0308RK", "bjork"),
    ('Genre:"Deep House"', 'genre:"deep house"'),
    ("genre:=HOUSE", "genre:=house"), ("Tempo:120..128\tKEY:~am", "bpm:120..128 key:~8A"), ("is:OK", "is:ok"),
    ("house or Techno", "house or techno"), ("house OR techno", "house or techno"), ("ΜΟΥΣΙΚΗ", "μουσικη"),
    ("^title:Remix sort:BPM- limit:20", "^title:remix sort:bpm- limit:20"), ("  ", ""), ("format:MP3", "codec:mp3"),
    ("й", "и"), ("Straße", "strasse"), ("ﬁn", "fin"), ("artist:MØ", "artist:mo"),
]  # fmt: skip
OTHER = [
    ("house", '"house"'), ("genre:house", "genre:=house"), ("a b", "b a"), ("path:/Music", "path:/music"),
    ("é:x", "e x"),
    ("bpm:120", "bpm:120.0"), ("Or", '"or"'), ('"a  b"', '"a b"'),
    ("limit:20", "limit:21"), ("Bpm>120", "bpm>120"), ("\u0301", ""),
]  # fmt: skip


TERMS = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from([text for pair in SAME + OTHER for text in pair]),
        st.builds(
            "{}:{}".format, st.sampled_from(["artist", "path", "has", "key", "GENRE", "sort"]), st.text(max_size=8)
        ),
    ),
    max_size=4,
).map(" ".join)


@given(TERMS)
@example("or x")
@example("AND")
@example('x"')
def test_normal_form_parses_to_the_same_query(text: str) -> None:
    normal = normal_form(text)
    assert normal_form(normal) == normal
    try:
        asked = Query.parse(text)
    except QueryError:
        assert normal == text
    else:
        found = Query.parse(normal)
        assert (found.sort, found.limit) == (asked.sort, asked.limit)
        assert (found.offset, found.doubt) == (asked.offset, asked.doubt)
        assert folded(str(found.groups)) == folded(str(asked.groups))

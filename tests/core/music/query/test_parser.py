"""The grammar of queries: what each term means, where a mistake is, and that nothing else ever comes of a text."""

import pickle
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.query.fields import ALIASES, FIELDS, IS_WORDS
from map4.core.music.query.parser import MAX_LENGTH, MAX_TERMS, Query, SortField, Term
from map4.core.music.query.terms import Between, During, InKeys, Is, IsKnown, NearKeys, Now, OneOf, Token, Under, Words
from map4.errors import QueryError


def term(text: str) -> Term:
    [[found]] = Query.parse(text).groups
    return found


def test_terms_parse_to_their_conditions() -> None:
    cases = [
        ("björk", Words(field=None, text="björk", how="start")),
        ("AC/DC", Words(field=None, text="AC/DC", how="start")),
        ('"daft punk"', Words(field=None, text="daft punk", how="phrase")),
        ('"say \\"hi\\""', Words(field=None, text='say "hi"', how="phrase")),
        ('"bpm:120"', Words(field=None, text="bpm:120", how="phrase")),
        ("12:34", Words(field=None, text="12:34", how="start")),
        ('7"', Words(field=None, text='7"', how="start")),
        ("genre:house", Words(field="genre", text="house", how="start")),
        ('genre:"deep house"', Words(field="genre", text="deep house", how="phrase")),
        ("genre:=House", Words(field="genre", text="House", how="whole")),
        ('genre:="Deep House"', Words(field="genre", text="Deep House", how="whole")),
        ("bpm:120..128", Between(field="bpm", ranges=((119.95, 128.05),))),
        ("BPM:120..", Between(field="bpm", ranges=((119.95, None),))),
        ("tempo:..90", Between(field="bpm", ranges=((None, 90.05),))),
        ("bpm:128", Between(field="bpm", ranges=((127.5, 128.5),))),
        ("bpm:127.9", Between(field="bpm", ranges=((127.85, 127.95),))),
        ("bpm:~174", Between(field="bpm", ranges=((86.75, 87.25), (173.5, 174.5), (347.0, 349.0)))),
        ("energy:6..", Between(field="energy", ranges=((6.0, None),))),
        ("energy:7", Between(field="energy", ranges=((7.0, 7.0),))),
        ("year:1995..2005", Between(field="year", ranges=((1995.0, 2005.0),))),
        ("loudness:-12..-8", Between(field="loudness", ranges=((-12.05, -7.95),))),
        ("duration:..6m", Between(field="duration", ranges=((None, 360.5),))),
        ("duration:3:30", Between(field="duration", ranges=((209.5, 210.5),))),
        ("length:1:02:03..", Between(field="duration", ranges=((3722.5, None),))),
        ("duration:1h30m..2h", Between(field="duration", ranges=((5399.5, 7200.5),))),
        ("duration:90s", Between(field="duration", ranges=((89.5, 90.5),))),
        ("duration:6m", Between(field="duration", ranges=((330.0, 390.0),))),
        ("tempo-confidence:..0.5", Between(field="tempo-confidence", ranges=((None, 0.5),))),
        ("tempo_confidence:.5..", Between(field="tempo-confidence", ranges=((0.5, None),))),
        ("samplerate:44.1k", Between(field="samplerate", ranges=((44100.0, 44100.0),))),
        ("samplerate:44.1..48k", Between(field="samplerate", ranges=((44100.0, 48000.0),))),
        ("size:20MB..", Between(field="size", ranges=((19.95, None),))),
        ("size:1..2gb", Between(field="size", ranges=((999.95, 2000.05),))),
        ("bits:24", Between(field="bits", ranges=((24.0, 24.0),))),
        ("key:8A", InKeys(keys=(Key.parse("8A"),))),
        ('key:"A minor"', InKeys(keys=(Key.parse("8A"),))),
        ("key:8A,9A,Am", InKeys(keys=(Key.parse("8A"), Key.parse("9A")))),
        ("key:5A..7A", InKeys(keys=tuple(map(Key.parse, ("5A", "6A", "7A"))))),
        ("key:11B..1B", InKeys(keys=tuple(map(Key.parse, ("11B", "12B", "1B"))))),
        ("year:80s", Between(field="year", ranges=((1980.0, 1989.0),))),
        ("year:2010s", Between(field="year", ranges=((2010.0, 2019.0),))),
        ("year:10S", Between(field="year", ranges=((2010.0, 2019.0),))),
        ("key:major", InKeys(keys=tuple(key for key in ALL_KEYS if key.mode == "major"))),
        ("key:~8A", NearKeys(keys=(Key.parse("8A"),))),
        ("added:-2w", During(field="added", low=timedelta(weeks=2), high=None)),
        ("added:-1y..-2w", During(field="added", low=timedelta(days=365), high=timedelta(weeks=2))),
        ("added:2026", During(field="added", low=date(2026, 1, 1), high=date(2027, 1, 1))),
        ("added:2025-12", During(field="added", low=date(2025, 12, 1), high=date(2026, 1, 1))),
        ("added:2026-01-31", During(field="added", low=date(2026, 1, 31), high=date(2026, 2, 1))),
        ("modified:2026-02..", During(field="modified", low=date(2026, 2, 1), high=None)),
        ("modified:..2026-02", During(field="modified", low=None, high=date(2026, 3, 1))),
        ("has:key", IsKnown(field="key")),
        ("is:doubtful", Is(word="doubtful")),
        ("codec:MP3,aac", OneOf(field="codec", values=("mp3", "aac"))),
        ("season:12-20..01-06", Now(unit="season", spans=((1220, 106),))),
        ("season:06..08,12-24", Now(unit="season", spans=((601, 831), (1224, 1224)))),
        ("daypart:22:00..2", Now(unit="daypart", spans=((1320, 119),))),
        ("hours:13:30,20..24", Now(unit="daypart", spans=((810, 869), (1200, 1439)))),
        ("weekday:FRI..monday,wed", Now(unit="weekday", spans=((4, 0), (2, 2)))),
        ("path:/music/new", Under(path="/music/new")),
        ("path:./new", Under(path="./new")),
        ("path:C:\\new", Under(path="C:\\new")),
        ("path:~/new", Under(path="~/new")),
        ('path:"~/new ones"', Under(path="~/new ones")),
        ("path:promos", Words(field="path", text="promos", how="start")),
    ]  # fmt: skip
    for text, condition in cases:
        assert term(text) == Term(condition=condition)
        assert term(f"^{text}") == Term(condition=condition, negated=True)


def test_terms_of_the_clock_wrap_around_and_examples_are_valid() -> None:
    new_year, noon = datetime(2027, 1, 1, 0, 30).astimezone(), datetime(2026, 6, 15, 12, 0).astimezone()  # Fri, Mon
    for text, moments in (
        ("season:12-20..01-01", [new_year]), ("season:01-02..12-31", [noon]), ("season:02-29", []),
        ("season:06", [noon]), ("daypart:23:30..00:31", [new_year]), ("daypart:23:30..00:30", []),
        ("daypart:12", [noon]), ("daypart:11..12", []), ("weekday:sun..mon", [noon]), ("weekday:tue..fri", [new_year]),
        ("weekday:sat,wed", []),
    ):  # fmt: skip
        condition = term(text).condition
        assert [moment for moment in (new_year, noon) if condition.includes(moment)] == moments, text
    assert term("missing:bpm") == term("^has:bpm") == Term(condition=IsKnown(field="bpm"), negated=True)
    assert term("^missing:bpm") == term("has:bpm")
    for field in FIELDS.values():
        found = Query.parse(field.example)
        assert found.groups or found.sort or found.limit or found.offset, field.example
    assert set(ALIASES.values()) <= set(FIELDS)
    for word in IS_WORDS:
        assert term(f"is:{word}").condition == Is(word=word)


def test_query_has_groups_of_terms_sort_limit_offset_and_fields() -> None:
    query = Query.parse(" daft  punk or  bpm:120 sort:bpm-,artist limit:20 offset:5 OR key:8A sort:title+ ")
    assert [len(group) for group in query.groups] == [2, 1, 1]
    assert query.sort == (SortField(field="bpm", descending=True), SortField(field="artist"), SortField(field="title"))
    assert (query.limit, query.offset) == (20, 5)
    assert Query.parse("  ") == Query(text="  ")
    assert Query.parse("sort:bpm").groups == ()
    assert [word.condition for word in Query.parse('a "or" b').groups[0]][1] == Words(
        field=None, text="or", how="phrase"
    )
    query = Query.parse("daft rating:4.. ^played:-2w or has:cues bpm:120 is:set key:8A path:/a sort:plays-,title")
    assert query.fields == {"rating", "played", "cues", "bpm", "plays", "title"}
    assert Query.parse("daft punk").fields == frozenset()


def test_query_error_points_at_its_place() -> None:
    cases = [
        ("x gnre:house", "gnre:house", "did you mean genre:"),
        ("zzz:house", "zzz:house", "search --help"),
        ("-genre:house", "-genre:house", r"\^genre:house"),
        ("genre:", "genre:", "missing:genre"),
        ("x bpm:", "bpm:", "such as bpm:120..128"),
        ("a bpm:fast", "fast", "not a number"),
        ("bpm:120..abc", "120..abc", "'abc' is not a number"),
        ("samplerate:44.1kHz", "44.1kHz", "'44.1kHz' is not a number; write samplerate:44.1k"),
        ("bpm:..", "..", "one end"),
        ("bpm:128..120", "128..120", r"write bpm:120\.\.128"),
        ("bpm:-5", "-5", "from 0 to"),
        ("bpm:1e999", "1e999", "not a number"),
        ("bpm:٣", "٣", "not a number"),
        ("energy:0.7", "0.7", "1 to 10"),
        ("energy:11", "11", "1 to 10"),
        ("duration:soon", "soon", "3:30"),
        ("duration:1:99", "1:99", "3:30"),
        ("added:yesterday", "yesterday", r"write -2d\.\.-1d"),
        ("added:today", "today", "write -1d for the last 24 hours"),
        ("played:1..", "1..", r"write plays:1\.\., which counts plays"),
        ("played:never", "never", "write plays:0"),
        ("plays:never", "never", "write plays:0"),
        ("added:2w", "2w", "write -2w"),
        ("added:last-week", "last-week", "write -1w"),
        ("bpm:128±2.5", "128±2.5", r"write bpm:125\.5\.\.130\.5"),
        ("bitrate:320k", "320k", "write bitrate:320"),
        ("is:lossy", "lossy", r"write \^is:lossless"),
        ("not:house", "not:house", r"write \^house"),
        ("no:genre", "no:genre", "write missing:genre"),
        ("sort:rating,desc", "rating,desc", "sort:added-"),
        ("is:new", "new", "write added:-2w"),
        ("is:Duplicate", "Duplicate", "write is:copy"),
        ("key:5A..7B", "5A..7B", "different modes"),
        ("year:85s", "85s", "not a number"),
        ("added:2026-13", "2026-13", "-2w"),
        ("added:2026-02-30", "2026-02-30", "-2w"),
        ("added:9999", "9999", "-2w"),
        ("added:..", "..", "one end"),
        ("^added:2021..2020-03", "2021..2020-03", r"write \^added:2020-03\.\.2021"),
        ("played:-1w..-2w", "-1w..-2w", r"write played:-2w\.\.-1w"),
        ("key:H", "H", "is not a key"),
        ("key:8A,X", "8A,X", "is not a key"),
        ("genre:~house", "~house", "bpm: and key:"),
        ("is:=nothing", "=nothing", "matches a whole text"),
        ("is:doubtfull", "doubtfull", "did you mean doubtful"),
        ("is:xyzzy", "xyzzy", "clipped"),
        ("has:bmp", "bmp", "did you mean bpm"),
        ("missing:zzz", "zzz", "such as bpm"),
        ("has:build", "build", "year, or first-beat, mix-in, drop, break, mix-out, outro"),
        ("sort:bmp", "bmp", "did you mean bpm"),
        ("explicit:maybe", "maybe", "'explicit:' takes yes, no, unknown, not 'maybe'"),
        ("sort:limit", "limit", "can't sort"),
        ("sort:bpm,", "bpm,", "can't sort"),
        ("^sort:bpm", "^sort:bpm", "negated"),
        ("limit:0", "0", "from 1"),
        ("limit:-1", "-1", "from 1"),
        ("offset:x", "x", "from 0"),
        ("limit:99999999999", "99999999999", "whole number"),
        ("or x", "or", "before 'or'"),
        ("x or", "or", "after 'or'"),
        ("x or or y", "or", "before 'or'"),
        ("x or sort:bpm", "or", "after 'or'"),
    ]
    for text, place, complaint in cases:
        with pytest.raises(QueryError, match=complaint) as caught:
            Query.parse(text)
        error = caught.value
        assert error.query[error.start : error.end] == place
        _, shown, mark = str(error).splitlines()
        assert shown == f"  {text}"
        assert mark[mark.index("^") :] == "^" * len(place)
        assert shown[mark.index("^") : len(mark)] == place
        assert error.exit_code == 2


def test_query_length_is_limited_and_errors_are_marked() -> None:
    with pytest.raises(QueryError, match="can't contain NUL") as caught:
        Query.parse("path:/a\0b")
    assert "\0" not in str(caught.value)
    error = QueryError("wrong", "a b", 2, 3)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.query, again.start, again.end) == (str(error), "a b", 2, 3)
    assert len(Query.parse("x " * MAX_TERMS).groups[0]) == MAX_TERMS
    for text in ("x " * (MAX_TERMS + 1), "x" * (MAX_LENGTH + 1)):
        with pytest.raises(QueryError, match="at most"):
            Query.parse(text)
    with pytest.raises(QueryError) as caught:
        Query.parse("日本 é bppm:1")
    assert str(caught.value).splitlines()[2] == " " * (2 + 5 + 2) + "^" * 6
    with pytest.raises(QueryError) as caught:
        Query.parse("x " * 60 + "bppm:1\n\x1b[2J" + " y" * 60)
    _, shown, mark = str(caught.value).splitlines()
    assert (shown[2], shown[-1], max(len(shown), len(mark)) <= 80) == ("…", "…", True)
    assert shown[mark.index("^") :].startswith("bppm:1")
    assert "\x1b" not in shown


NAMES = [f"{name}:" for name in FIELDS]
MARKS = ["^", "~", "=", '"', "..", " ", ",", "-", ":", "\\", "\0", "\ud800", "\u0663"]
VALUES = ["or", "8A", "120", "-2w", "6m", "2026-01", "Björk", "doubtful", "bpm", "9" * 30]
PIECES = st.sampled_from([*NAMES, *MARKS, *VALUES])


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join)))
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    try:
        found: Query | QueryError = Query.parse(text)
    except QueryError as error:
        found = error
    assert isinstance(found, Query) or 0 <= found.start <= len(text)


@given(st.text(max_size=60))
def test_tokenizing_loses_only_spaces(text: str) -> None:
    found = Token.all(text)
    ends = [0, *(end for token in found for end in (token.start, token.end)), len(text)]
    assert ends == sorted(ends)
    gaps = [text[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)]
    assert not "".join(gaps).strip()


@given(st.text(min_size=1, max_size=40))
def test_anything_in_quotes_is_text(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert term(f'"{escaped}"').condition == Words(field=None, text=text, how="phrase")

"""Smart lists of DJ programs: as live lists where a query can say every rule, else told by the rule that none can."""

from __future__ import annotations

import json
import struct
from io import BytesIO
from xml.etree import ElementTree

import pytest

from map4.base.path_maps import PathMaps
from map4.errors import UsageError
from map4.formats.apple import smart_lists as apple
from map4.formats.engine import smart_lists as engine
from map4.formats.live_rules import UnsayableError
from map4.formats.rekordbox import smart_lists as rekordbox
from map4.formats.virtualdj import filters as virtualdj
from map4.music.lists.listed import ListHeader
from map4.music.lists.live import LiveList
from map4.music.lists.tracklist import Tracklist

# ---- rekordbox -----------------------------------------------------------------------------------


def conditions(how: int, *rules: tuple[str, int, str, str, str]) -> str:
    root = ElementTree.Element("NODE", Id="-1", LogicalOperator=str(how), AutomaticUpdate="0")
    for name, operator, unit, left, right in rules:
        given = {"PropertyName": name, "Operator": str(operator), "ValueUnit": unit}
        ElementTree.SubElement(root, "CONDITION", {**given, "ValueLeft": left, "ValueRight": right})
    return ElementTree.tostring(root, encoding="unicode")


def test_smart_playlists_of_rekordbox() -> None:
    cases = [
        (1, [("genre", 8, "", "House", ""), ("bpm", 5, "", "12000", "12600")], "genre:House bpm:120..126"),
        (2, [("artist", 1, "", "A B", ""), ("key", 1, "", "8A", "")], 'artist:="A B" or key:8A'),
        (1, [("rating", 3, "", "3", ""), ("counter", 1, "", "0", "")], "rating:4.. plays:0"),
        (1, [("stockDate", 6, "day", "30", ""), ("stockDate", 7, "month", "1", "")], "added:-30d ^added:-30d"),
        (1, [("stockDate", 3, "", "2026-01-31", ""), ("comments", 9, "", "promo", "")],
         "added:2026-02-01.. ^comment:promo"),
        (1, [("bpm", 4, "", "12000", ""), ("year", 4, "", "2000", "")], "bpm:..120 ^bpm:120..120 year:..1999"),
        (1, [("duration", 3, "", "300", "")], "duration:300s.. ^duration:300s"),
        (1, [("genre", 1, "", "", "")], "missing:genre"),
        (1, [("albumArtist", 1, "", "Ann", "")], 'album-artist:="Ann"'),
    ]  # fmt: skip
    for how, rules, query in cases:
        assert rekordbox.live_of(conditions(how, *rules)) == LiveList(query=query, n=10_000)


def test_rules_of_rekordbox_that_no_query_says() -> None:
    cases = [
        (("myTag", 8, "", "3", ""), "myTag contains 3"), (("name", 10, "", "A", ""), "name begins with A"),
        (("grouping", 1, "", "1", ""), "grouping is 1"), (("bpm", 1, "", "fast", ""), "bpm is fast"),
        (("stockDate", 6, "year", "1", ""), "stockDate in the last 1"),
    ]  # fmt: skip
    for rule, told in cases:
        with pytest.raises(UnsayableError, match=told):
            rekordbox.live_of(conditions(1, ("genre", 8, "", "House", ""), rule))


def test_rules_of_rekordbox_that_are_none() -> None:
    for text in ("", "<NODE>", "<NODE/>", '<!DOCTYPE x [<!ENTITY a "b">]><NODE>&a;</NODE>'):
        with pytest.raises(UnsayableError):
            rekordbox.live_of(text)


# ---- Engine --------------------------------------------------------------------------------------


def rules_of(match: str, *rules: tuple[str, str, str]) -> str:
    names = ("col", "con", "param")
    said = [{**dict(zip(names, rule, strict=True)), "v": "2.20.0"} for rule in rules]
    return json.dumps({"match": match, "rules": said, "rv": 2})


def test_smart_lists_of_engine() -> None:
    for text, query in (
        (rules_of("all", ("genre", "LIKE", "'%#rock%'"), ("bpm", ">=", "120")), 'genre:"#rock" bpm:120..'),
        (rules_of("one", ("title", "=", "'It''s'"), ("rating", ">=", "80")), 'title:="It\'s" or rating:4..'),
        (rules_of("all", ("comment", "NOT LIKE", "'%promo%'"), ("year", "<", "2000")), "^comment:promo year:..1999"),
    ):
        assert engine.live_of(text) == LiveList(query=query, n=10_000)


def test_rules_of_engine_that_no_query_says() -> None:
    cases = [
        (rules_of("all", ("genre", "LIKE", "'house%'")), "genre LIKE 'house%'"),
        (rules_of("all", ("dateAdded", ">", "1")), "dateAdded > 1"), (rules_of("all"), "no rules"),
        ("{", "can't be read"), ('{"match": "all", "rules": [3]}', "can't be read"),
    ]  # fmt: skip
    for text, told in cases:
        with pytest.raises(UnsayableError, match=told):
            engine.live_of(text)


# ---- VirtualDJ -----------------------------------------------------------------------------------


def test_filter_folders_of_virtualdj() -> None:
    cases = [
        ('genre is "Deep House" and bpm >= 120 and bpm <= 126', 'genre:="Deep House" bpm:120.. bpm:..126'),
        ("artist contains nadia or rating >= 4", "artist:nadia or rating:4.."),
        ("genre doesn't contain 'rock' && year=1999 || nbplay > 3", "^genre:rock year:1999 or plays:4.."),
        ("days since firstseen <= 30 and days since lastplay > 180", "added:-30d ^played:-180d"),
        ("key is Am", "key:8A"),
    ]
    for line, query in cases:
        assert virtualdj.live_of(line) == LiveList(query=query, n=10_000)


def test_the_top_of_virtualdj() -> None:
    assert virtualdj.live_of("top 100 nbplay") == LiveList(query="", sort="plays-", n=100)
    assert virtualdj.live_of("top 50 first seen") == LiveList(query="", sort="added-", n=50)
    assert virtualdj.live_of("filepath contains dub") == LiveList(query="path:dub", n=10_000)


def test_filters_that_no_query_says() -> None:
    cases = ["", "bpmdiff < 4", "genre starts with A", "(genre is House)", "bpm > fast", "User 1 has tag x", "bpm >"]
    for line in cases:
        with pytest.raises(UnsayableError):
            virtualdj.live_of(line)


def test_a_filter_folder_is_written_and_asks_the_same_when_it_is_read() -> None:
    cases = [
        'genre:="Deep House"', "genre:house bpm:120..126", "rating:4.. or plays:0", "^genre:rock year:1990..",
        "added:-30d", "^added:-30d", "played:..-6m", "artist:nadia ^title:remix",
    ]  # fmt: skip
    for query in cases:

        def written(live: LiveList) -> str:
            out = BytesIO()
            header = ListHeader(live=live)
            virtualdj.VIRTUALDJ_FILTER.write_list(Tracklist(tracks=(), name="L", header=header), out, PathMaps())
            root = ElementTree.fromstring(out.getvalue())
            assert root.tag == "FilterFolder"
            return root.attrib["filter"]

        line = written(LiveList(query=query, n=10_000))
        assert written(virtualdj.live_of(line)) == line
        with pytest.raises(UsageError, match="an order or a limit"):
            written(LiveList(query=query, n=50))


def test_a_number_of_all_is_the_top() -> None:
    out = BytesIO()
    header = ListHeader(live=LiveList(query="", sort="plays-", n=100))
    virtualdj.VIRTUALDJ_FILTER.write_list(Tracklist(tracks=(), name="L", header=header), out, PathMaps())
    assert b'filter="top 100 nbplay"' in out.getvalue()


# ---- iTunes --------------------------------------------------------------------------------------

IS, CONTAINS, ABOVE, RANGE, LAST = 1, 2, 16, 256, 512
TEXT, NOT = 0x01000000, 0x02000000


def block(how: int, *rules: bytes) -> bytes:
    return b"SLst" + struct.pack(">III", 0x00010001, len(rules), how) + bytes(120) + b"".join(rules)


def rule(field: int, action: int, data: bytes) -> bytes:
    return struct.pack(">II", field, action) + bytes(44) + struct.pack(">I", len(data)) + data


def text_rule(field: int, action: int, text: str) -> bytes:
    return rule(field, TEXT | action, text.encode("utf-16-be"))


def number_rule(field: int, action: int, low: int, past: int = 0, unit: int = 1, high: int = 0) -> bytes:
    return rule(field, action, struct.pack(">qqqqqq", low, past, unit, high, 0, 1) + bytes(20))


def info(*, matches: bool = True, method: int = 0, order: int = 2, count: int = 25, opposite: bool = False) -> bytes:
    return bytes((1, matches, method > 0, method, 0, 0, 0, order)) + struct.pack(">I", count) + bytes((0, opposite))


GENRE, ARTIST, RATING, ADDED, YEAR, LENGTH, KIND, ALBUM_ARTIST = 8, 4, 25, 16, 7, 13, 60, 71
MUSIC = block(1, number_rule(KIND, IS, 1), number_rule(KIND, IS, 0x20))


def test_smart_playlists_of_itunes() -> None:
    cases = [
        (info(), block(0, text_rule(GENRE, CONTAINS, "House"), number_rule(RATING, RANGE, 80, high=100)),
         LiveList(query="genre:House rating:4..5", n=10_000)),
        (info(), block(0, rule(0, 1, MUSIC), rule(0, 1, block(1, text_rule(ARTIST, IS, "A B"),
                                                             text_rule(GENRE, NOT | IS, "Pop")))),
         LiveList(query='artist:="A B" or ^genre:="Pop"', n=10_000)),
        (info(method=3, order=21), block(0, number_rule(ADDED, LAST, 0x2DAE2DAE, past=-2, unit=604_800)),
         LiveList(query="added:-14d", sort="added-", n=25)),
        (info(method=4, order=25, count=2, opposite=True), block(0, number_rule(YEAR, ABOVE, 1999)),
         LiveList(query="year:2000..", sort="plays", minutes=120.0)),
        (info(), block(0, text_rule(ALBUM_ARTIST, IS, "Various")),
         LiveList(query='album-artist:="Various"', n=10_000)),
        (info(), block(0, number_rule(LENGTH, ABOVE, 300_000)),
         LiveList(query="duration:300s.. ^duration:300s", n=10_000)),
        (info(matches=False, method=3, opposite=True), b"", LiveList(query="", sort="random", n=25)),
        (info(matches=False, method=3, order=28), b"", LiveList(query="", sort="rating-", n=25)),
    ]  # fmt: skip
    assert [(about, rules, apple.live_of(about, rules)) for about, rules, _ in cases] == cases


def test_rules_of_itunes_that_no_query_says() -> None:
    cases = [
        (info(), block(0, text_rule(ARTIST, 4, "X")), "artist begins with 'X'"),
        (info(), block(0, number_rule(KIND, IS, 0x20)), "entries that are not music"),
        (info(method=2, order=21), block(0, number_rule(YEAR, IS, 1999)), "a limit in bytes"),
        (info(), block(0, number_rule(40, IS, 7)), "a playlist"),
        (info(), block(0)[:100], "no rules"),
        (info(), block(0, rule(GENRE, IS, b"x" * 70)[:-20]), "can't be read"),
        (b"", b"", "can't be read"),
    ]
    for about, rules, told in cases:
        with pytest.raises(UnsayableError, match=told):
            apple.live_of(about, rules)


def test_garbled_rules_break_nothing() -> None:
    for read in (rekordbox.live_of, engine.live_of, virtualdj.live_of):
        for text in (
            "\0",
            "\ud800",
            "[" * 5000,
            "or",
            "=",
            "<a",
            '"' * 99,
            "{}",
            "[]",
            "null",
            "genre is " + "x" * 20_000,
        ):
            with pytest.raises(UnsayableError):
                read(text)

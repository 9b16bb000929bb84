"""Smart playlists of iTunes: rules as queries."""

import struct

import pytest

from map4.core.music.lists.live import LiveList
from map4.formats.apple import reader as apple
from map4.formats.live_rules import UnsupportedRuleError

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


GENRE, ARTIST, RATING, ADDED, YEAR, LENGTH, KIND, ALBUM_ARTIST, PODCAST, PLAYS = 8, 4, 25, 16, 7, 13, 60, 71, 57, 22
MUSIC = block(1, number_rule(KIND, IS, 1), number_rule(KIND, IS, 0x20))


def test_smart_playlists_of_itunes_become_queries() -> None:
    cases = [
        (info(), block(0, text_rule(GENRE, CONTAINS, "House"), number_rule(RATING, RANGE, 80, high=100)),
         LiveList(query="genre:House rating:4..5", n=10_000)),
        (info(), block(0, rule(0, 1, MUSIC), rule(0, 1, block(1, text_rule(ARTIST, IS, "A B"),
                                                             text_rule(GENRE, NOT | IS, "Pop")))),
         LiveList(query='artist:="A B" or ^genre:="Pop"', n=10_000)),
        (info(method=3, order=21), block(0, number_rule(ADDED, LAST, 0x2DAE2DAE, past=-2, unit=604_800)),
         LiveList(query="added:-14d", sort="added-", n=25)),
        (info(), block(0, number_rule(ADDED, LAST, 0x2DAE2DAE, past=-4, unit=2_628_000)),
         LiveList(query="added:-2920h", n=10_000)),
        (info(method=3, order=25), block(0, number_rule(PODCAST, NOT | IS, 1), number_rule(PLAYS, ABOVE, 0)),
         LiveList(query="plays:1..", sort="plays-", n=25)),
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


def test_unsupported_rules_of_itunes_are_refused() -> None:
    cases = [
        (info(), block(0, text_rule(ARTIST, 4, "X")), "artist begins with 'X'"),
        (info(), block(0, number_rule(KIND, IS, 0x20)), "entries that are not music"),
        (info(), block(0, number_rule(PODCAST, IS, 1)), "entries that are not music"),
        (info(method=2, order=21), block(0, number_rule(YEAR, IS, 1999)), "a limit in bytes"),
        (info(), block(0, number_rule(40, IS, 7)), "a playlist"),
        (info(), block(0)[:100], "no rules"),
        (info(), block(0, rule(GENRE, IS, b"x" * 70)[:-20]), "can't be read"),
        (b"", b"", "can't be read"),
    ]
    for about, rules, query in cases:
        with pytest.raises(UnsupportedRuleError, match=query):
            apple.live_of(about, rules)

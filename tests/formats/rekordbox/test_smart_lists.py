"""Smart playlists of rekordbox: rules as queries."""

from xml.etree import ElementTree

import pytest
from live_cases import GARBLED_RULES

from map4.core.music.lists.live import LiveList
from map4.formats.live_rules import UnsupportedRuleError
from map4.formats.rekordbox import database_rows as rekordbox


def conditions(how: int, *rules: tuple[str, int, str, str, str]) -> str:
    root = ElementTree.Element("NODE", Id="-1", LogicalOperator=str(how), AutomaticUpdate="0")
    for name, operator, unit, left, right in rules:
        given = {"PropertyName": name, "Operator": str(operator), "ValueUnit": unit}
        ElementTree.SubElement(root, "CONDITION", {**given, "ValueLeft": left, "ValueRight": right})
    return ElementTree.tostring(root, encoding="unicode")


def test_smart_playlists_of_rekordbox_are_read_or_refused() -> None:
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
    cases = [
        (("myTag", 8, "", "3", ""), "myTag contains 3"), (("name", 10, "", "A", ""), "name begins with A"),
        (("grouping", 1, "", "1", ""), "grouping is 1"), (("bpm", 1, "", "fast", ""), "bpm is fast"),
        (("stockDate", 6, "year", "1", ""), "stockDate in the last 1"),
    ]  # fmt: skip
    for rule, query in cases:
        with pytest.raises(UnsupportedRuleError, match=query):
            rekordbox.live_of(conditions(1, ("genre", 8, "", "House", ""), rule))
    for text in ("", "<NODE>", "<NODE/>", '<!DOCTYPE x [<!ENTITY a "b">]><NODE>&a;</NODE>'):
        with pytest.raises(UnsupportedRuleError):
            rekordbox.live_of(text)
    for text in GARBLED_RULES:
        with pytest.raises(UnsupportedRuleError):
            rekordbox.live_of(text)

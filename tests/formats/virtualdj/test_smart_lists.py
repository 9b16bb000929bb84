"""Filter folders of VirtualDJ: rules as queries."""

import pytest
from live_cases import GARBLED_RULES

from map4.core.music.lists.live import LiveList
from map4.formats.live_rules import UnsupportedRuleError
from map4.formats.virtualdj import reader as virtualdj


def test_filter_folders_of_virtualdj_are_read_or_refused() -> None:
    cases = [
        ('genre is "Deep House" and bpm >= 120 and bpm <= 126', 'genre:="Deep House" bpm:120.. bpm:..126'),
        ("artist contains nadia or rating >= 4", "artist:nadia or rating:4.."),
        ("genre doesn't contain 'rock' && year=1999 || nbplay > 3", "^genre:rock year:1999 or plays:4.."),
        ("days since firstseen <= 30 and days since lastplay > 180", "added:-30d ^played:-180d"),
        ("key is Am", "key:8A"),
    ]
    for line, query in cases:
        assert virtualdj.live_of(line) == LiveList(query=query, n=10_000)
    assert virtualdj.live_of("top 100 nbplay") == LiveList(query="", sort="plays-", n=100)
    assert virtualdj.live_of("top 50 first seen") == LiveList(query="", sort="added-", n=50)
    assert virtualdj.live_of("filepath contains dub") == LiveList(query="path:dub", n=10_000)
    for line in ("", "diff < 4", "genre starts with A", "(genre is A)", "bpm > x", "User has x", "bpm >", "title > 5"):
        with pytest.raises(UnsupportedRuleError):
            virtualdj.live_of(line)
    for text in GARBLED_RULES:
        with pytest.raises(UnsupportedRuleError):
            virtualdj.live_of(text)

"""Filter folders of VirtualDJ: rules as queries."""

from io import BytesIO
from xml.etree import ElementTree

import pytest
from live_cases import GARBLED_RULES

from map4.base.path_maps import PathMaps
from map4.errors import UsageError
from map4.formats.live_rules import UnsupportedRuleError
from map4.formats.virtualdj import filters as virtualdj
from map4.music.lists.listed import ListHeader
from map4.music.lists.live import LiveList
from map4.music.lists.tracklist import Tracklist


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


def test_top_filters_of_virtualdj_are_read() -> None:
    assert virtualdj.live_of("top 100 nbplay") == LiveList(query="", sort="plays-", n=100)
    assert virtualdj.live_of("top 50 first seen") == LiveList(query="", sort="added-", n=50)
    assert virtualdj.live_of("filepath contains dub") == LiveList(query="path:dub", n=10_000)


def test_unsupported_filters_are_refused() -> None:
    for line in ("", "diff < 4", "genre starts with A", "(genre is A)", "bpm > x", "User has x", "bpm >", "title > 5"):
        with pytest.raises(UnsupportedRuleError):
            virtualdj.live_of(line)


def test_filter_folder_is_read_back_as_the_same_query() -> None:
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


def test_different_match_of_unknown_values_is_reported() -> None:
    cases = {
        "^year:..2000": True, "year:..2000": True, "rating:..3": True, "plays:0": True, "^played:-30d": True,
        "played:..-30d": True, "^year:1990..": False, "year:1990..2000": False, "played:-30d": False,
        "^added:-30d": False,
    }  # fmt: skip
    for query, is_named in cases.items():
        content = Tracklist(tracks=(), name="L", header=ListHeader(live=LiveList(query=query, n=10_000)))
        notes = virtualdj.VIRTUALDJ_FILTER.write_list(content, BytesIO(), PathMaps())
        assert any("unknown numbers as 0" in remark for remark in notes.remarks) is is_named


def test_list_of_the_first_tracks_is_written_as_top() -> None:
    out = BytesIO()
    header = ListHeader(live=LiveList(query="", sort="plays-", n=100))
    virtualdj.VIRTUALDJ_FILTER.write_list(Tracklist(tracks=(), name="L", header=header), out, PathMaps())
    assert b'filter="top 100 nbplay"' in out.getvalue()


def test_garbled_rules_break_nothing() -> None:
    for text in GARBLED_RULES:
        with pytest.raises(UnsupportedRuleError):
            virtualdj.live_of(text)

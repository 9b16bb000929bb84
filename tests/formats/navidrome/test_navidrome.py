"""Smart playlists of Navidrome, also as live lists of a library."""

import json
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from made_library import analysis_of, path_of, put
from query_cases import fill
from stored import numbers_found

from map4.core.base.path_maps import PathMaps
from map4.core.music.lists.listed import ListHeader
from map4.core.music.lists.live import LiveList
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.tags import Tags
from map4.core.store.sql_store import Store
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import UsageError
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.navidrome.smart_lists import NAVIDROME, live_of
from map4.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Twenty-five tracks, each a BPM faster than the one before."""
    with Library.open(tmp_path / "library.map4") as library:
        for number in range(25):
            put(library, number, analysis_of(number), tags=Tags(genre="House"))
        yield library


def paths_of(library: Library, name: str) -> list[str]:
    return [entry.track.path for entry in library.lists.read(name).found if entry.track]


def test_imported_smart_list_is_live_and_keeps_changes_of_the_user(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "Quick.nsp"
    path.write_text('{"all": [{"gt": {"bpm": 120}}], "sort": "-bpm", "limit": 2}')
    assert library.imports.read(path).changed_lists == 1
    assert paths_of(library, "Quick") == [path_of(24), path_of(23)]
    assert library.imports.read(path).changed_lists == 0
    path.write_text('{"all": [{"gt": {"bpm": 120}}], "sort": "-bpm", "limit": 3}')
    assert library.imports.read(path).changed_lists == 1
    assert len(paths_of(library, "Quick")) == 3
    library.lists.make_live("Quick", "genre:house", n=5, force=True)
    library.imports.read(path)
    assert len(paths_of(library, "Quick")) == 5


def test_live_list_is_exported_as_a_query(library: Library, tmp_path: Path) -> None:
    library.lists.make_live("Quick", "genre:techno", sort="bpm-", n=3)
    notes = library.lists.write(library.lists.content("Quick"), str(tmp_path / "Quick.nsp"))
    assert not any("won't change" in sentence for sentence in notes.sentences())
    assert library.export(tmp_path / "Again.nsp", playlist="Quick").tracks == 0
    assert (tmp_path / "Again.nsp").read_bytes() == (tmp_path / "Quick.nsp").read_bytes()
    with pytest.raises(UsageError, match="stores queries of live lists"):
        library.export(tmp_path / "All.nsp")


# Smart playlists of Navidrome: written by its documented fields and operators, and read back.
# Of its documentation ("Smart Playlists"), and tags and roles of its mappings.
FIELDS = {
    "title", "album", "hascoverart", "tracknumber", "discnumber", "year", "date", "originalyear", "originaldate",
    "releaseyear", "releasedate", "size", "compilation", "missing", "dateadded", "datemodified", "comment",
    "lyrics", "catalognumber", "filepath", "filetype", "codec", "duration", "bitrate", "bitdepth", "samplerate",
    "bpm", "channels", "loved", "dateloved", "lastplayed", "daterated", "playcount", "rating", "artist", "genre",
    "composer", "remixer", "grouping", "isrc", "recordlabel", "albumartist",
}  # fmt: skip
NUMBER, TEXT, DAY, SWITCH = (int, float), str, str, bool
OPERATORS = {
    "is": (str, int, float, bool), "isNot": (str, int, float, bool), "gt": NUMBER, "lt": NUMBER, "contains": TEXT,
    "notContains": TEXT, "startsWith": TEXT, "endsWith": TEXT, "inTheRange": list, "before": DAY, "after": DAY,
    "inTheLast": int, "notInTheLast": int, "isMissing": SWITCH, "isPresent": SWITCH,
}  # fmt: skip


def require_valid(rules: list[dict[str, Any]]) -> None:
    """By the documented form: groups of rules, each an operator with one field and a value of its kind."""
    assert rules
    for rule in rules:
        [(operator, operand)] = rule.items()
        if operator in ("all", "any"):
            require_valid(operand)
            continue
        [(field, value)] = operand.items()
        assert field in FIELDS
        assert isinstance(value, OPERATORS[operator])


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(SqliteStore(str(tmp_path_factory.mktemp("asked") / "library.map4"))) as store:
        fill(store)
        yield store


def written(live: LiveList, name: str = "L") -> dict[str, Any]:
    out = BytesIO()
    content = Tracklist(tracks=(), name=name, description="what is new", header=ListHeader(live=live))
    NAVIDROME.write_list(content, out, PathMaps())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def read(path: Path) -> tuple[LiveList | None, ReadNotes]:
    notes = ReadNotes()
    items = list(Importer.of(str(path)).read(str(path), notes))
    assert len(items) <= 1
    return (items[0].live if items else None), notes  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "query",
    [
        "", "genre:=House", "genre:house bpm:120..126", "bpm:~174", "year:1995.. ^title:remix", "rating:4.. plays:0",
        "added:-30d", "added:2026-01", "added:..2026-01-31", "added:-6m..-1m", "duration:..6m",
        "duration:3:30", "missing:genre", "has:bpm", "codec:mp3,flac", '"deep house" or artist:=Burial rating:5',
        "bitrate:..192", "^bpm:120..126", "^added:-30d", "hou artist:the", "comment:promo", "track:1..3",
        "is:starred", "^is:starred rating:4..", "^year:..2000", "^rating:..3", "rating:..3", "^year:1990..2000",
        "year:..2000", "year:0..2000", "missing:rating", "^track:..3",
    ],
)  # fmt: skip
def test_written_rules_are_valid_and_read_back_as_the_same_query(query: str, tmp_path: Path, filled: Store) -> None:
    live = LiveList(query=query, sort="bpm-,title", n=50)
    rules = written(live)
    require_valid([{name: rules[name]} for name in ("all", "any") if name in rules])
    assert (rules["name"], rules["comment"], rules["sort"], rules["limit"]) == ("L", "what is new", "-bpm,title", 50)
    path = tmp_path / "l.nsp"
    path.write_text(json.dumps(rules))
    back, notes = read(path)
    assert (notes.sentences(), back.sort, back.n) == ([], live.sort, 50)
    found = [sorted(numbers_found(filled, playlist.query)) for playlist in (live, back)]
    assert found[0] == found[1]


def test_dates_and_counts_are_written_and_other_queries_refused() -> None:
    never = {"is": {"playcount": 0}}
    cases: list[tuple[str, dict[str, Any], bool]] = [
        ("^played:2026-01-01..", {"any": [{"before": {"lastplayed": "2026-01-01"}}, never]}, False),
        ("played:..2025-12-31", {"any": [{"before": {"lastplayed": "2026-01-01"}}, never]}, True),
        ("^played:-30d", {"notInTheLast": {"lastplayed": 30}}, False),
        ("^played:..2025-12-31", {"after": {"lastplayed": "2026-01-01"}}, True),
        ("^plays:..5", {"gt": {"playcount": 5}}, True),
        ("^plays:3..", {"lt": {"playcount": 3}}, False),
        ("plays:..5", {"inTheRange": {"playcount": [0, 5]}}, True),
        ("^added:2026-01-01..", {"before": {"dateadded": "2026-01-01"}}, False),
    ]
    for query, rule, is_remarked in cases:
        out = BytesIO()
        content = Tracklist(tracks=(), name="L", header=ListHeader(live=LiveList(query=query, n=50)))
        notes = NAVIDROME.write_list(content, out, PathMaps())
        assert json.loads(out.getvalue())["all"] == [rule]
        assert any("never played" in remark for remark in notes.remarks) is is_remarked
    cases = [
        (LiveList(query="key:~8A"), "nearkeys"),
        (LiveList(query="energy:6.."), "energy"),
        (LiveList(query="mood:dark"), "mood"),
        (LiveList(query="path:/music"), "under"),
        (LiveList(query="is:doubtful"), "doubtful"),
        (LiveList(query="season:12-01..12-26"), "season"),
        (LiveList(query="", sort="energy"), "the order by energy"),
        (LiveList(query="", per_artist=2), "a limit per artist"),
        (LiveList(query="", minutes=60.0), "a length in minutes"),
        (LiveList(query="", curve="wave"), "an energy curve"),
    ]
    for live, what in cases:
        with pytest.raises(UsageError, match=f"Navidrome has no equivalent of .*{what}.*write its tracks as a list"):
            written(live)


def test_random_order_has_a_remark_and_other_lists_are_refused(tmp_path: Path) -> None:
    content = Tracklist(tracks=(), header=ListHeader(live=LiveList(query="hou", sort="rating-,random", shuffle="7")))
    notes = NAVIDROME.write_list(content, BytesIO(), PathMaps())
    assert notes.remarks[-1] == "Navidrome makes a new random order whenever it updates the list"
    assert written(LiveList(query="hou", sort="rating-,random", shuffle="7"))["sort"] == "-rating,random"
    with pytest.raises(UsageError, match="'Friday' has none"):
        NAVIDROME.write_list(Tracklist(tracks=(), name="Friday"), BytesIO(), PathMaps())
    for text in ("{", "[1]", "[" * 100_000):
        (tmp_path / "bad.nsp").write_text(text)
        with pytest.raises(ImportReadError, match="not a smart playlist"):
            read(tmp_path / "bad.nsp")


@pytest.mark.parametrize(
    ("text", "query", "sort", "n"),
    [
        (  # the first example of the documentation
            ('{"name": "Recently Played", "all": [{"inTheLast": {"lastPlayed": 30}}], "sort": "lastPlayed", '
             '"order": "desc", "limit": 100}'), "played:-30d", "played-", 100,
        ),
        (
            ('{"all": [{"any": [{"gt": {"rating": 3}}, {"contains": {"genre": "deep house"}}]}, '
             '{"inTheRange": {"year": [1981, 1990]}}], "sort": "-year,+title", // the best\n "limit": 25}'),
            'rating:4.. year:1981..1990 or genre:"deep house" year:1981..1990', "year-,title", 25,
        ),
        ('{"any": [{"isNot": {"artist": "X"}}, {"lt": {"bpm": 100}}]}',
         '^artist:="X" or bpm:..100 ^bpm:100..100', None, 10_000),
        ('{"all": [{"after": {"dateadded": "2026-01-01"}}, {"isMissing": {"genre": true}}]}',
         "added:2026-01-01.. missing:genre", None, 10_000),
        # Navidrome itself reads operators in any case.
        ('{"all": [{"GT": {"rating": 3}}, {"notcontains": {"genre": "pop"}}], "sort": "-random", "limit": 9}',
         "rating:4.. ^genre:pop", "random", 9),
    ],
)  # fmt: skip
def test_smart_playlists_become_live_lists(text: str, query: str, sort: str | None, n: int, tmp_path: Path) -> None:
    path = tmp_path / "theirs.nsp"
    path.write_text(text)
    live, notes = read(path)
    assert live == LiveList(query=query, sort=sort, n=n)
    assert notes.sentences() == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"all": [{"is": {"loved": "much"}}]}', "loved is much"),
        ('{"all": [{"startsWith": {"title": "A"}}]}', "title startsWith A"),
        ('{"all": [{"inPlaylist": {"id": "x"}}]}', "id inPlaylist x"),
        ('{"all": [{"gt": {"rating": 3}}], "sort": "dateloved", "limit": 9}', "sort by dateloved"),
        ('{"all": [{"gt": {"rating": 3}}], "limitPercent": 10}', "limitPercent 10"),
        ('{"all": [{"gt": {"rating": "many"}}]}', "rating"),
        ('{"all": [{"gt": {"rating": 3}}], "Limit": "9"}', "limit 9"),
        ('{"all": [{"gt": {"rating": 3}}], "limit": -9}', "limit -9"),
        ('{"all": [{"gt": {"rating": 3}}], "none": [{"is": {"year": 1999}}]}', "rules under none"),
        ('{"all": "x"}', "no rules"),
        ('{"all": [3]}', "3"),
    ],
)
def test_unsupported_rules_are_reported(text: str, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "Mine.nsp"
    path.write_text(text)
    live, notes = read(path)
    assert live is None
    sentence, counted = notes.sentences()
    assert sentence.startswith("no query can express the rules of 'Mine': ")
    assert rule in sentence
    assert counted == "left out: smart lists with rules that no query can express (1)"


@pytest.mark.parametrize(
    ("rules", "query"),
    [
        ({"all": [{"is": {"genre": "House"}}], "any": [{"gt": {"rating": 3}}, {"is": {"year": 1999}}]},
         {"all": [{"is": {"genre": "House"}}, {"any": [{"gt": {"rating": 3}}, {"is": {"year": 1999}}]}]}),
        ({"any": [{"is": {"year": 1999}}], "all": [{"gt": {"bpm": 120}}, {"lt": {"bpm": 130}}]},
         {"all": [{"gt": {"bpm": 120}}, {"lt": {"bpm": 130}}, {"is": {"year": 1999}}]}),
        ({"any": [{"all": [{"is": {"year": 1999}}], "any": [{"gt": {"rating": 3}}]}]},
         {"all": [{"is": {"year": 1999}}, {"gt": {"rating": 3}}]}),
    ],
)  # fmt: skip
def test_rules_under_all_and_any_are_combined(rules: dict[str, Any], query: dict[str, Any]) -> None:
    assert live_of(rules) == live_of(query)

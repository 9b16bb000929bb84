"""Live lists: made, answered anew, refused, and made to stand."""

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest
from copied import copied
from live_cases import drawn
from made_library import analysis_of, path_of, put
from query_cases import fill

from map4.core.music.lists.live import LiveList
from map4.core.music.query.parser import Query
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import UsageError
from map4.library import Library
from map4.lists.live import LiveListError, checked_live
from map4.lists.options import LiveOptions


def tags_of(number: int) -> Tags:
    return Tags(artist=f"Artist {number % 3}", title=f"T {number}", album=f"Album {number % 4}", genre="House")


@copied
def make_library(path: Path) -> None:
    with Library.open(path) as library:
        for number in range(25):
            put(library, number, analysis_of(number), tags=tags_of(number))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Twenty-five tracks of three artists and four albums, each a BPM faster than the one before."""
    with Library.open(make_library(tmp_path / "library.map4")) as library:
        yield library


def paths_of(library: Library, name: str) -> list[str]:
    return [entry.track.path for entry in library.lists.read(name).found if entry.track]


def test_shuffled_live_list_changes_with_its_period(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library.lists.make_live("Mixed", "genre:house", shuffle="weekly", n=5, per_artist=2).text == (
        "genre:house sort:random shuffle:weekly limit:5"
    )
    library.lists.make_live("Today", "sort:random limit:20")
    before = {name: paths_of(library, name) for name in ("Mixed", "Today")}
    assert len(set(before["Mixed"])) == 5
    assert before == {name: paths_of(library, name) for name in before}

    class Sunday(datetime):
        """The last day of this week, or of the next if that is today."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            today = datetime.now(tz)
            return cls.fromtimestamp((today + timedelta(days=6 - today.weekday() or 7)).timestamp(), tz)

    monkeypatch.setattr("map4.core.music.query.context.datetime", Sunday)
    assert (paths_of(library, "Mixed") == before["Mixed"]) == (datetime.now(UTC).astimezone().weekday() < 6)
    assert paths_of(library, "Today") != before["Today"]
    for options in ({"shuffle": "often"}, {"shuffle": "daily", "curve": "wave"}):
        with pytest.raises(UsageError):
            library.lists.make_live("Refused", "", **options)
    with pytest.raises(UsageError, match="can't be used together"):
        library.lists.make_live("Refused", "shuffle:7", shuffle="8")


def test_artist_limit_applies_to_known_main_artists(library: Library) -> None:
    for number, artist in ((25, None), (26, None), (27, "Ann"), (28, "ANN feat. Bo"), (29, "Bo")):
        put(library, number, analysis_of(number), tags=Tags(artist=artist, title=f"T {number}"))
    library.lists.make_live("L", "", per_artist=1)
    assert paths_of(library, "L") == [path_of(number) for number in (0, 1, 2, 25, 26, 27, 29)]


def test_live_list_has_the_current_results_of_its_query(library: Library) -> None:
    answer = library.lists.make_live("Fast", "genre:house", sort="bpm-", n=3)
    assert (answer.tracks, answer.text) == (3, "genre:house sort:bpm- limit:3")
    assert paths_of(library, "fast") == [track.path for track in library.search(answer.text)]
    before = paths_of(library, "Fast")
    put(library, 28, analysis_of(28), tags=tags_of(28))
    assert paths_of(library, "Fast") == [path_of(28), *before[:2]]
    [stored] = library.lists.stored()
    assert (stored.tracks, stored.present, stored.problem) == (3, 3, None)
    assert stored.duration_s == sum(
        track.analysis.duration_s for track in library.search(answer.text) if track.analysis
    )


def test_live_list_along_a_curve_equals_a_generated_playlist(library: Library) -> None:
    options = {"n": 5, "curve": "ascending"}
    made = library.playlist([path_of(4)], query="bpm:100..120", **options)
    library.lists.make_live("Rise", "bpm:100..120", seeds=[path_of(4)], **options)
    assert paths_of(library, "Rise") == [pick.track.path for pick in made.picks]
    shown = library.lists.content("Rise")
    assert shown.header.live.seeds == (f"a1-{4:032x}",)
    library.lists.make_live("Few", "", seeds=[path_of(4)], n=20, per_artist=2)
    artists = [entry.track.artist() for entry in library.lists.read("Few").found if entry.track]
    assert max(map(artists.count, artists)) <= 3  # the seed stands beside its share
    assert library.lists.live_answer("genre:techno", curve="wave").tracks == 0


def test_live_list_along_a_tempo_curve_equals_a_generated_playlist(library: Library) -> None:
    made = library.playlist(query="bpm:100..120", tempo_curve="0:104,20:114")
    answer = library.lists.make_live("Rise", "bpm:100..120", tempo_curve="0:104,20:114")
    assert (answer.live.n, answer.live.caption()) == (None, "bpm:100..120, tempo 0:104,20:114")
    assert paths_of(library, "Rise") == [pick.track.path for pick in made.picks]
    shown = library.lists.content("Rise")
    assert (shown.header.tempo_misses, answer.tracks) == ((), len(made.picks))
    assert library.lists.make_live("Few", "", tempo_curve="0:104,20:114", n=3).tracks == 3


@pytest.mark.parametrize(
    ("query", "options", "message"),
    [
        ("genre:house bmp:120", {}, "no field 'bmp'"),
        ("a or", {}, "nothing after 'or'"),
        ("", {"sort": "colour-of-sky"}, "sort"),
        ("", {"curve": "zigzag"}, "energy curve"),
        ("", {"tempo_curve": "fast"}, "tempo curve"),
        ("", {"tempo_curve": "0:100", "shuffle": "daily"}, "no random order"),
        ("", {"n": 5, "minutes": 4.5}, "not by 5 tracks and 4.5 minutes"),
        ("limit:5", {"minutes": 30.0}, "limit:5 in the query and 30 minutes can't"),
        ("limit:50000", {}, "at most 10,000"),
        ("sort:bpm", {"sort": "key"}, "the order key"),
        ("offset:3", {}, "remove 'offset:'"),
        ("", {"per_artist": 0}, "1 or more"),
    ],
)
def test_unanswerable_list_is_refused(library: Library, query: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        library.lists.make_live("L", query, **options)
    assert library.lists.stored() == []


def test_relative_folder_is_absolute(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    library.lists.make_live("Here", f"path:.{Path(path_of(0)).parent} ^title:5")
    monkeypatch.chdir(tmp_path)
    assert len(paths_of(library, "Here")) == 24


def test_tracks_of_a_live_list_cannot_be_edited(library: Library) -> None:
    library.lists.make_live("Fast", "genre:house", sort="bpm-", n=3)
    lists, [track] = library.lists, [*library.search("limit:1")]
    content = lists.in_order("Fast", [track])
    for change in (
        lambda: lists.change("Fast", content),
        lambda: lists.inserted("Fast", [track]),
        lambda: lists.removed("Fast", [1]),
        lambda: lists.slots("Fast", after=1),
    ):
        with pytest.raises(UsageError, match=r"is a live list.*map4 playlist show Fast --save Fast --force"):
            change()
    held = paths_of(library, "Fast")
    lists.apply(lists.made_normal("Fast"))
    put(library, 28, analysis_of(28), tags=tags_of(28))
    assert paths_of(library, "Fast") == held
    lists.apply(lists.removed("Fast", [1]))
    with pytest.raises(UsageError, match="not a live list"):
        lists.made_normal("Fast")
    lists.apply(lists.brought_back("Fast", 1))  # what it asked
    assert paths_of(library, "Fast")[0] == path_of(28)


def test_only_a_copy_of_a_live_list_is_live(library: Library) -> None:
    library.lists.make_live("Fast", "genre:house", sort="bpm-", n=3)
    library.lists.save("Ordered", library.lists.order("Fast").content)
    library.lists.save("Shown", library.lists.content("Fast"))
    library.lists.copy("Fast", "Live copy")
    assert [library.lists.live(name) is None for name in ("Ordered", "Shown", "Live copy")] == [True, True, False]
    put(library, 28, analysis_of(28), tags=tags_of(28))
    kept = [path_of(28) in paths_of(library, name) for name in ("Ordered", "Shown", "Live copy")]
    assert kept == [False, False, True]


def test_live_list_replaces_another_list_only_with_force(library: Library) -> None:
    library.lists.make_live("Fast", "genre:house", n=3)
    with pytest.raises(UsageError, match=r"the stored list 'Fast' already exists \(live\)"):
        library.lists.make_live("fast", "genre:techno")
    library.lists.describe("Fast", "what is new")
    library.lists.make_live("fast", "bpm:..105", force=True)
    [stored] = library.lists.stored()
    assert (stored.name, stored.description, stored.live and stored.live.query) == ("Fast", "what is new", "bpm:..105")
    library.lists.apply(library.lists.brought_back("Fast", 1))
    assert len(paths_of(library, "Fast")) == 3


def test_live_list_uses_the_ratings_of_its_reader(library: Library) -> None:
    library.accounts.add("Ann")
    library.lists.make_live("Good", "rating:4..")
    anns = library.acting_as(library.accounts.get("Ann").actor())
    anns.set([path_of(3)], rating=5)
    assert paths_of(anns, "Good") == [path_of(3)]
    assert paths_of(library, "Good") == []


def test_unreadable_live_list_reports_its_problem(library: Library, tmp_path: Path) -> None:
    library.lists.make_live("Fast", "genre:house", n=3)
    library.lists.make_live("Odd", "genre:house", n=3)
    with sqlite3.connect(tmp_path / "library.map4") as database:
        for name, live in (("Fast", {"query": "shade:dark", "n": 3}), ("Odd", {"query": "genre:house", "n": "three"})):
            header = json.dumps({"live": live})
            database.execute("UPDATE playlists SET header = ? WHERE name = ?", (header, name))
    states = {playlist.name: (playlist.tracks, playlist.problem) for playlist in library.lists.stored()}
    assert states["Fast"][0] == 0
    assert "there is no field 'shade'" in str(states["Fast"][1])
    assert "damaged" in str(states["Odd"][1])
    for name in states:
        with pytest.raises(LiveListError, match=f"the live list '{name}' can't be answered"):
            library.lists.read(name)


def test_export_reports_live_lists_written_as_normal_lists(library: Library, tmp_path: Path) -> None:
    library.lists.make_live("Fast", "genre:house", sort="bpm-", n=3)
    done = library.export(tmp_path / "all.xml")
    assert [remark for remark in done.remarks if "live" in remark] == [
        "1 live list is written with the current tracks, which won't update there: 'Fast'"
    ]
    assert 'Name="Fast"' in (tmp_path / "all.xml").read_text()
    notes = library.lists.write(library.lists.content("Fast"), str(tmp_path / "fast.m3u8"))
    assert "won't update there" in notes.sentences()[0]


def _answers_as_search_does(library: Library, query: str, options: LiveOptions) -> None:
    answer = library.lists.make_live("Drawn", query, options, force=True)
    assert LiveList.of_record(json.loads(json.dumps(answer.live.to_record()))) == answer.live
    assert checked_live(answer.text, LiveOptions(), ()).text == answer.text  # what is printed can be asked
    kept: list[Track] = []
    counts: list[Counter[str | None]] = [Counter(), Counter()]
    left_s = math.inf if options.minutes is None else options.minutes * 60.0
    for track in library.search(Query.parse(answer.text)):
        names = [track.artist(), track.album()]
        shares = (options.per_artist, options.per_album)
        taken = zip(names, counts, shares, strict=True)
        if any(name and share is not None and count[name] >= share for name, count, share in taken):
            continue
        lasts_s = track.analysis.duration_s if track.analysis else 0.0
        if lasts_s / 2 > left_s or left_s <= 0:
            break
        kept.append(track)
        left_s -= lasts_s
        for name, count in zip(names, counts, strict=True):
            count[name] += 1
    limited = options.n is not None and (options.per_artist or options.per_album)
    if limited:  # the number counts what is left
        whole = library.lists.live_answer(query, replace(options, n=None))
        assert answer.tracks == min(options.n or 0, whole.tracks)
    else:
        entries = library.lists.read("Drawn").entries  # those too whose file is gone, where it asks for them
        assert [track.path for track in kept] == [entry.entry.location for entry in entries]
        assert answer.tracks == len(kept)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    path = tmp_path_factory.mktemp("drawn") / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        fill(store)
    with Library.open(path) as library:
        yield library


@pytest.mark.parametrize(("count", "seed"), [(60, 7), pytest.param(1000, 11, marks=pytest.mark.world)])
def test_live_lists_of_random_rules_equal_their_search(filled: Library, count: int, seed: int) -> None:
    for query, options in drawn(count, seed=seed):
        _answers_as_search_does(filled, query, options)


def test_search_in_a_live_list_is_refused_with_a_hint(library: Library) -> None:
    library.lists.make_live("Fast", "genre:house", sort="bpm-", n=3)
    with pytest.raises(UsageError, match=r"'Fast' is a live list, .* use its query instead"):
        library.count("list:fast")
    library.lists.save(
        "Fast ones", library.lists.in_order("Fast ones", [*library.search("genre:house sort:bpm- limit:3")])
    )
    assert library.count("list:fast") == 3
    assert library.count("has:list") == 3


def test_live_list_of_a_live_list_reports_its_problem(library: Library) -> None:
    library.lists.save("Friday", library.lists.in_order("Friday", [*library.search("limit:2")]))
    library.lists.make_live("Of Friday", "list:friday")
    library.lists.make_live("Friday", "genre:house", n=3, force=True)
    states = {playlist.name: (playlist.tracks, playlist.problem) for playlist in library.lists.stored()}
    assert states.keys() == {"Friday", "Of Friday"}
    assert states["Friday"] == (3, None)
    assert "'Friday' is a live list" in str(states["Of Friday"][1])
    with pytest.raises(LiveListError, match="the live list 'Of Friday' can't be answered: 'Friday' is a live list"):
        library.lists.read("Of Friday")

"""What the user sets, models label and programs say: it counts in this order, in tracks, queries and names alike."""

import os
import time
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from libraries import audio_id
from stored import NOW, OpenStore, numbers_found, put_imported, put_own, put_track

from map4.core.base.text import clean
from map4.core.music.analysis.key import Key
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.labels import Labels
from map4.core.music.track.track import UserValues
from map4.core.music.track.user_values import VALUE_NAMES
from map4.core.store.addresses import SqlAddresses
from map4.core.store.sql_store import Store
from map4.imports.store.imports import SqlImports
from map4.labels import SqlLabels
from map4.search.matching.matcher import TrackMatcher, WantedTrack
from map4.values.use import ValueEdit, with_other_files

HERE, EVERYTHING = QueryContext(now=NOW), Query.parse("")


def best_match(store: Store, artist: str, title: str) -> str | None:
    match = TrackMatcher(store.tracks.known_names()).match(WantedTrack(artist=artist, title=title))
    return match and match.path


# ---- set by the user -----------------------------------------------------------------------------

OWN = {
    "bpm": 87.5, "key": "8A", "artist": "Zoë Own", "title": "My Name", "genre": "Dub Techno", "year": 1999,
    "energy": 9, "rating": 3.5, "album": "My Album", "label": "Own Label", "comment": "for the end",
    "album_artist": "My Album Artist", "track": 7, "disc_number": 2,
    "cues": [{"position_s": 12.5, "kind": "loop", "number": 0, "name": "Drop", "length_s": 7.5, "color": "#ff0000"}],
    "grid": [{"position_s": 0.25, "bpm": 87.5, "metre": 4, "beat": 1}], "mark": "Peak Time",
}  # fmt: skip


@pytest.fixture(scope="module")
def own(open_store: OpenStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One track whose every value the user set, and one as it came."""
    with closing(open_store(tmp_path_factory.mktemp("own"))) as store:
        for number in (1, 2):
            put_track(store, number, artist="Tagged", title="Song", genre="Deep House", year=1980, rating=2.0,
                      energy=0.6, bpm=120.0, album="Tagged Album", label="Theirs", comment="promo")  # fmt: skip
        put_imported(store, {1: {"rating": 1.0}})
        put_own(store, 1, **OWN)
        yield store


def test_tracks_queries_columns_and_matches_use_values_of_the_user(own: Store) -> None:
    first, second = own.tracks.tracks()
    key = Key.parse("8A")
    cue = CuePoint(position_s=12.5, kind="loop", number=0, name="Drop", length_s=7.5, color="#ff0000")
    grid = (GridMark(position_s=0.25, bpm=87.5, metre=4, beat=1),)
    values = {name: value for name, value in OWN.items() if name != "mark"} | {"marks": ("Peak Time",)}
    assert first.user == UserValues(**{**values, "key": key, "cues": (cue,), "grid": grid})  # type: ignore[arg-type]
    assert (first.set_cues(), first.set_grid(), second.set_cues()) == ((cue,), grid, ())
    assert second.user == UserValues()
    assert (first.artist(), first.title(), first.genre(), first.year()) == ("Zoë Own", "My Name", "Dub Techno", 1999)
    assert (first.energy(), first.energy_level(), first.rating(), first.bpm(), first.key()) == (0.9, 9, 3.5, 87.5, key)
    assert (first.album(), first.label(), first.comment()) == ("My Album", "Own Label", "for the end")
    assert first.tags == second.tags
    assert first.genre_family(GenreTable.shipped()) == GenreTable.shipped().family("Dub Techno")
    assert {*OWN} == {*VALUE_NAMES}
    cases = [
        ("artist:zoe", [1]), ("artist:=\"zoë own\"", [1]), ("artist:tagged", [2]), ("^artist:tagged", [1]),
        ("title:\"my name\"", [1]), ("title:\"my na\"", []), ("title:my-na", [1]), ("title:song", [2]),
        ("genre:techno", [1]), ("genre:=\"dub techno\"", [1]), ("genre:house", [2]), ("zoe name dub", [1]),
        ("song", [1, 2]), ("\"own my\"", []), ("year:1999", [1]), ("year:1980", [2]), ("rating:3.5", [1]),
        ("album:my", [1]), ("album:tagged", [2]), ("^album:tagged", [1]), ("sort:album", [1, 2]), ("label:own", [1]),
        ("label:theirs", [2]), ("comment:end", [1]), ("comment:=\"for the end\"", [1]), ("sort:comment", [1, 2]),
        ("rating:..2", [2]), ("energy:9", [1]), ("energy:6", [2]), ("is:set", [1]), ("^is:set", [2]),
        ("sort:artist", [2, 1]), ("sort:title", [1, 2]), ("sort:genre-", [1, 2]), ("sort:energy-", [1, 2]),
        ("sort:year-", [1, 2]), ("sort:rating-", [1, 2]), ("has:artist", [1, 2]), ("artist:!!!", []),
    ]  # fmt: skip
    assert [(text, numbers_found(own, text)) for text, _ in cases] == cases
    columns = own.search.columns(EVERYTHING, HERE)
    assert [list(getattr(columns, name)) for name in ("artist", "title", "genre")] == [
        ["Zoë Own", "Tagged"], ["My Name", "Song"], ["Dub Techno", "Deep House"],
    ]  # fmt: skip
    assert columns.energy.tolist() == pytest.approx([0.9, 0.6])
    assert (columns.year.tolist(), columns.rating.tolist()) == ([1999, 1980], [3.5, 2.0])
    assert [name[1:] for name in own.search.names(EVERYTHING, HERE)] == [("Zoë Own", "My Name"), ("Tagged", "Song")]
    assert own.search.tallies(EVERYTHING, HERE).genres == {"Deep House": 1, "Dub Techno": 1}
    assert sorted(own.search.ratings().values()) == [2.0, 3.5]
    assert best_match(own, "Zoë Own", "My Name") == best_match(own, "Tagged", "Song") == "/music/1.mp3"


def test_changed_values_are_searchable_but_no_private_letters(store: Store) -> None:
    put_track(store, 1, artist="Tagged")
    for value, found in (("Zoë", [[1], [], []]), ("Max", [[], [1], []]), (None, [[], [], [1]])):
        put_own(store, 1, artist=value)
        assert [numbers_found(store, f"artist:{name}") for name in ("zoe", "max", "tagged")] == found
    put_track(store, 1, title="Song")
    put_own(store, 1, artist="\ue000", title="My Name")
    assert numbers_found(store, "\ue000") == []
    assert numbers_found(store, "name") == [1]


@settings(max_examples=examples(50), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text().map(clean).filter(bool))
def test_any_text_of_tags_is_stored_unchanged(own: Store, text: str) -> None:
    put_own(own, 2, title=text)
    try:
        assert [track.user.title for track in own.tracks.tracks()][1] == text
    finally:
        put_own(own, 2, title=None)


# ---- labelled by a model -------------------------------------------------------------------------

OF_CLAUDE = Labels(
    genre="Electronic", family="Electronic", subgenre="Deep House", mood="dark", era="1990s",
    tags=("vocal", "peak time"), confidence=0.9, source="claude", model="m", notes="a dub",
)  # fmt: skip
OF_TAG = Labels(genre="Jazz", family="Jazz", subgenre="Trad", confidence=0.7, source="tag")


@pytest.fixture(scope="module")
def labelled(open_store: OpenStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Tracks 0-3: labelled by Claude, labelled by a tag, of genre unknown, not labelled; the tags say "Soul"."""
    with closing(open_store(tmp_path_factory.mktemp("labelled"))) as store:
        for number in range(4):
            put_track(store, number, genre="Soul")
        store.part(SqlLabels).put({}, now=NOW)
        store.part(SqlLabels).put({audio_id(0): OF_TAG, audio_id(1): OF_TAG, audio_id(2): Labels(era="1980s")}, now=NOW)
        store.part(SqlLabels).put({audio_id(0): OF_CLAUDE}, now=NOW)
        yield store


def test_labels_are_read_with_tracks_and_found_by_queries(labelled: Store) -> None:
    assert [track.labels for track in labelled.tracks.tracks()] == [OF_CLAUDE, OF_TAG, Labels(era="1980s"), None]
    cases = [
        ("mood:dark", [0]), ("^mood:dark", [1, 2, 3]), ("mood:DAR", [0]), ("mood:ark", []), ("era:90s", [0]),
        ("era:1980", [2]), ("era:19", [0, 2]), ("era:=1990s", [0]), ("era:=90s", []), ("subgenre:house", [0]),
        ('subgenre:"deep house"', [0]), ("subgenre:=house", []), ('tag:"peak time"', [0]), ("tag:vocal", [0]),
        ("tag:=vocal", [0]), ("tag:=peak", []), ("genre:electronic", [0]), ("genre:house", [0]), ("genre:rad", []),
        ("genre:trad", [1]), ("genre:=jazz", [1]), ("genre:soul", [0, 1, 2, 3]), ("genre:unknown", []),
        ("has:mood", [0]), ("missing:era", [1, 3]), ("has:tag", [0]), ("mood:!", []),
        ("genre:jazz or mood:dark", [0, 1]), ("sort:era-", [0, 2, 1, 3]),
    ]  # fmt: skip
    assert [(query, numbers_found(labelled, query)) for query, _ in cases] == cases


def test_own_genre_overrides_the_labelled_family(store: Store) -> None:
    put_track(store, 1, genre="Deep House")
    store.part(SqlLabels).put({audio_id(1): Labels(genre="Electronic", family="Electronic")}, now=NOW)
    [before] = store.search.columns(EVERYTHING, HERE).label_family
    put_own(store, 1, genre="Bebop")
    [after] = store.search.columns(EVERYTHING, HERE).label_family
    assert (before, after) == ("Electronic", None)
    assert numbers_found(store, "genre:electronic") == []


# ---- said by other programs: names ---------------------------------------------------------------

SAID = {
    "title": "Velvet Undertöw ", "artist": "Nadia & Vellum", "album": "Basement", "genre": "Deep House",
    "label": "Lantern", "composer": "Bea", "remixer": "Cid", "mix": "Dub Mix", "grouping": "opener", "year": 1998,
    "track_number": 3, "disc_number": 2, "date_added": "2019-08-23", "color": "#fa4b35",
}  # fmt: skip


@pytest.fixture(scope="module")
def named(open_store: OpenStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """1: no tags; 2: tags that say otherwise; 3: no tags, and names that the user set; 4: nothing at all."""
    with closing(open_store(tmp_path_factory.mktemp("named"))) as store:
        put_track(store, 1, bpm=120.0)
        put_track(store, 2, artist="Tagged", title="Song", album="LP", genre="Techno", label="Own", year=2020, track=9)
        put_track(store, 3)
        put_track(store, 4, now=datetime(2021, 5, 5, 12, tzinfo=UTC))
        put_imported(store, dict.fromkeys((1, 2, 3), SAID))
        put_own(store, 3, artist="Mine", genre="Dub")
        yield store


def test_imported_names_are_searchable_and_the_same_in_columns(named: Store) -> None:
    cases = [
        # a tag counts before what was imported, and what the user set before both
        ("nadia", [1, 3]), ("vellum velvet", [1, 3]), ("artist:nadia", [1]), ("artist:=\"nadia & vellum\"", [1]),
        ("artist:tagged", [2]), ("artist:mine", [3]), ("title:undertow", [1, 3]), ("title:velv", [1, 3]),
        ("\"velv\"", []), ("\"nadia vellum\"", [1, 3]), ("album:basement", [1, 3]), ("album:lp", [2]),
        ("genre:house", [1]), ("genre:=\"deep house\"", [1]), ("genre:dub", [3]), ("genre:techno", [2]),
        ("label:lantern", [1, 3]), ("label:own", [2]), ("year:1998", [1, 3]), ("year:2020", [2]),
        ("track:3", [1, 3]), ("track:9", [2]), ("artist:&", [1]), ("title:=\"velvet undertöw\"", [1, 3]),
        # what no tag is read for
        ("composer:bea", [1, 2, 3]), ("remixer:=cid", [1, 2, 3]), ("mix:dub", [1, 2, 3]), ("missing:mix", [4]),
        ("grouping:opener", [1, 2, 3]), ("disc:2", [1, 2, 3]), ("color:red", [1, 2, 3]), ("colour:=red", [1, 2, 3]),
        ("color:blue", []), ("has:color", [1, 2, 3]), ("missing:artist", [4]), ("has:title", [1, 2, 3]),
        ("sort:artist", [3, 1, 2, 4]), ("sort:album-", [2, 1, 3, 4]),
        # when a program took it in, else when map4 first saw it
        ("added:2019", [1, 2, 3]), ("added:2021", [4]), ("added:2019-08-23", [1, 2, 3]), ("added:2019-08-24..", [4]),
        ("added:..2019-08-22", []), ("date-added:..2020", [1, 2, 3]), ("sort:added- limit:1", [4]),
    ]  # fmt: skip
    assert [(text, numbers_found(named, text)) for text, _ in cases] == cases
    columns = named.search.columns(EVERYTHING, HERE)
    for row, track in enumerate(named.tracks.tracks_by_id(columns.file_id.tolist())):
        for name in ("artist", "title", "album", "genre"):
            assert getattr(columns, name)[row] == getattr(track, name)()
    assert [names[1:] for names in named.search.names(EVERYTHING, HERE)][:2] == [
        ("Nadia & Vellum", "Velvet Undertöw "), ("Tagged", "Song"),
    ]  # fmt: skip
    assert columns.year[0] == 1998
    assert named.search.tallies(EVERYTHING, HERE).genres == {"Deep House": 1, "Techno": 1, "Dub": 1}
    assert best_match(named, "Nadia & Vellum", "Velvet Undertöw") == "/music/1.mp3"


# ---- said by other programs: ratings, plays, cue points, comments --------------------------------

CUES = tuple(CuePoint(position_s=10.0 * n, name="comment") for n in range(4))
PLAYED: dict[int, dict[str, Any]] = {
    1: {"rating": 5.0, "play_count": 12, "last_played": "2026-06-14", "cues": CUES, "comment": "Höhepunkt; late"},
    2: {"rating": 3.0, "play_count": 1, "last_played": "2026-06-01T12:00:00Z"},
    3: {"play_count": 0},  # known never to have been played
    4: {"last_played": "2025-12-16T23:59:59Z", "comment": "opener"},
    5: {"play_count": 7},  # nobody knows when
    6: {"cues": CUES[:1], "key": Key.parse("8A"), "bpm": 122.0},
    7: {"grid": (GridMark(position_s=0.1, bpm=120.0),)},
    # 8 was never imported
}


@pytest.fixture(scope="module")
def played(open_store: OpenStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(open_store(tmp_path_factory.mktemp("played"))) as store:
        # Tags say something else of some, and all there is of the last.
        tags = {1: {"rating": 1.0, "comment": "from the shop"}, 8: {"rating": 4.0, "comment": "late"}}
        for number in range(1, 9):
            put_track(store, number, **tags.get(number, {}))
        put_imported(store, PLAYED)
        yield store


def test_imported_values_and_play_dates_are_searchable(played: Store) -> None:
    cases = [
        # the current rating: imported, else the tag's
        ("rating:4..", [1, 8]), ("rating:1", []), ("stars:3", [2]), ("missing:rating", [3, 4, 5, 6, 7]),
        ("plays:5..", [1, 5]), ("plays:0", [3]), ("has:plays", [1, 2, 3, 5]), ("play_count:1", [2]),
        ("cues:4..", [1]), ("cues:1..3", [6]), ("has:cues", [1, 6]), ("missing:cues", [2, 3, 4, 5, 7, 8]),
        # days and times
        ("played:-2w", [1, 2]), ("played:-13d", [1]), ("played:-2w..", [1, 2]), ("played:-14d..-2d", [2]),
        ("played:2026-06-14", [1]), ("played:2026-06-01", [2]), ("played:2026-06", [1, 2]), ("played:2025-12", [4]),
        ("played:2026-06-02..2026-06-14", [1]), ("played:2025-12-16..2025-12-16", [4]), ("played:2026", [1, 2]),
        ("played:0001..9998", [1, 2, 4]),
        # an open beginning: also those never played, not those of which nobody knows
        ("played:..-6m", [3, 4]), ("played:..2025-12-15", [3]), ("played:..2025-12-16", [3, 4]),
        ("played:..-14d", [3, 4]), ("^played:..-6m", [1, 2, 5, 6, 7, 8]), ("^played:-2w", [3, 4, 5, 6, 7, 8]),
        ("has:played", [1, 2, 4]), ("missing:played", [3, 5, 6, 7, 8]), ("last-played:2026-06-14", [1]),
        # whatever was imported counts
        ("is:imported", [1, 2, 3, 4, 5, 6, 7]), ("^is:imported", [8]),
        # a comment of either; that cue points are called so does not count
        ("comment:late", [1, 8]), ("comment:HOHE", [1]), ("comment:=late", [1, 8]), ("comment:shop", [1]),
        ("comment:;", [1]), ("comment:comment", []), ("^comment:late", [2, 3, 4, 5, 6, 7]),
        ("has:comment", [1, 4, 8]), ("missing:comment", [2, 3, 5, 6, 7]),
        ("bpm:122 key:8A", [6]),
        # order
        ("sort:played", [3, 4, 2, 1, 5, 6, 7, 8]), ("sort:played-", [1, 2, 4, 3, 5, 6, 7, 8]),
        ("sort:plays", [3, 2, 5, 1, 4, 6, 7, 8]), ("sort:cues- limit:2", [1, 6]), ("sort:rating- limit:3", [1, 8, 2]),
        ("sort:comment limit:3", [1, 8, 4]),
    ]  # fmt: skip
    assert [(text, numbers_found(played, text)) for text, _ in cases] == cases
    # A day of a program is a day here; a moment is the same everywhere.
    old = os.environ.get("TZ")
    try:
        for zone in ("Pacific/Auckland", "America/Los_Angeles"):
            os.environ["TZ"] = zone
            time.tzset()
            assert numbers_found(played, "played:2026-06-14") == [1]
            midnight = datetime(2026, 6, 14, 0, 0).astimezone()
            assert numbers_found(played, "played:-0d", now=midnight) == [1]
            assert numbers_found(played, "played:-1h", now=datetime(2026, 6, 1, 12, 30, tzinfo=UTC)) == [1, 2]
            assert numbers_found(played, "played:-1h", now=datetime(2026, 6, 1, 13, 30, tzinfo=UTC)) == [1]
    finally:
        os.environ.pop("TZ") if old is None else os.environ.__setitem__("TZ", old)
        time.tzset()

    def found(text: str, *at: int) -> list[int]:
        return numbers_found(played, text, now=datetime(2026, 6, *at).astimezone())  # type: ignore[arg-type]

    assert 2 in found("played:-3h", 1, 15, 0)
    assert 2 not in found("played:-3h", 1, 15, 0, 1)
    assert 2 in found("played:-3d", 4, 23, 59)
    assert 2 not in found("played:-3d", 5, 0, 0)
    # The two halves of time hold each track that has a date once.
    for ago in ("-1h", "-14d", "-6m", "-1y"):
        assert sorted(numbers_found(played, f"played:{ago} or played:..{ago}")) == [1, 2, 3, 4]
        assert not set(numbers_found(played, f"played:{ago}")) & set(numbers_found(played, f"played:..{ago}"))


def test_imported_values_are_replaced_and_forgotten(store: Store) -> None:
    put_track(store, 1, rating=2.0)
    assert numbers_found(store, "rating:2") == [1]
    put_imported(store, {1: {"rating": 4.0, "play_count": 3}})
    assert numbers_found(store, "rating:4 plays:3") == [1]
    put_imported(store, {1: {"play_count": 4}})
    assert numbers_found(store, "rating:2 plays:4") == [1]
    assert [(track.path, track.format, track.tracks, track.matched) for track in store.part(SqlImports).history()] == [
        ("a.deck", "deck", 1, 1)
    ]
    assert store.part(SqlImports).forget("a.deck")
    assert numbers_found(store, "has:plays or is:imported") == []
    assert (store.part(SqlImports).forget("a.deck"), store.part(SqlImports).is_used()) == (False, False)


# ---- the other files that a value reaches --------------------------------------------------------


class CountedAddresses:
    """The addresses of a store, counting the queries."""

    def __init__(self, store: Store) -> None:
        self._store, self.queries = store, 0

    def files_of(self, audio_ids: Collection[str]) -> Any:
        self.queries += 1
        return self._store.addresses.files_of(audio_ids)


def test_change_lists_other_files_of_the_audio_by_one_query(store: Store) -> None:
    for number, audio, is_missing in ((1, 1, False), (2, 1, False), (3, 1, True), (4, 4, False), (5, 5, False),
                                      (6, 5, False)):  # fmt: skip
        put_track(store, number, audio=audio, is_missing=is_missing)
    tracks = {track.path: track for track in store.tracks.tracks()}
    addresses = CountedAddresses(store)

    def also(edit: ValueEdit, *numbers: int) -> list[tuple[str, ...]]:
        planned = list(edit.changes_of([tracks[f"/music/{number}.mp3"] for number in numbers]))
        changes = with_other_files(planned, cast(SqlAddresses, addresses))
        assert [replace(change, also=()) for change in changes] == planned
        return [change.also for change in changes]

    beside_1 = ("/music/2.mp3", "/music/3.mp3")  # one that is missing has the value when it is back
    assert also(ValueEdit(bpm=60, key="8A"), 1, 4, 5) == [beside_1, beside_1, (), (), *[("/music/6.mp3",)] * 2]
    assert addresses.queries == 1
    assert also(ValueEdit(bpm=60), 1, 2, 4) == [("/music/3.mp3",), ("/music/3.mp3",), ()]
    assert also(ValueEdit(mark=("peak",), rating=4), 5) == [("/music/6.mp3",)] * 2
    assert also(ValueEdit(title="Hit", unset=("bpm",)), 1) == [(), ()]  # of this file, and what changes nothing
    assert also(ValueEdit(factor=2.0), 5) == [()]  # nor does what is refused


def test_setting_values_again_notes_no_change(open_store: OpenStore, tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        put_track(store, 1)
        for values, is_new in ((OWN, True), (OWN, False), ({"rating": 2.0}, True), ({"rating": 2.0}, False)):
            before = store.database.last_number("changes")
            put_own(store, 1, **values)
            assert (store.database.last_number("changes") > before) is is_new

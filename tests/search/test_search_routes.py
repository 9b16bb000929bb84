"""Questions over HTTP: pages, parts, and answers that are kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_library import analysis_of, database_of, path_of, put
from servers import client_of
from starlette.testclient import TestClient

from map4.core.music.query.parser import Query
from map4.core.store.tracks import SqlTracks
from map4.library import Library

API = "/api/v1"


def _paths(page: dict[str, Any]) -> list[str]:
    return [track["path"] for track in page["tracks"]]


@pytest.fixture(scope="module")
def reader(made_once: Path) -> Iterator[TestClient]:
    """A client that only reads."""
    with client_of(made_once) as found:
        yield found


@pytest.mark.parametrize(
    ("query", "total"), [("bpm:105..125 sort:key,bpm", True), ("limit:11", False), ("offset:3", False)]
)
def test_pages_join_to_the_whole_answer(reader: TestClient, made: Path, query: str, total: bool) -> None:
    with Library.open(made) as library:
        wanted = [track.path for track in library.search(query)]
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = reader.get(f"{API}/search", params={"q": query, "limit": 4, "after": after, "total": total}).json()
        assert page.get("total") == (len(wanted) if total else None)
        found += _paths(page)
        after = page["next"]
    assert found == wanted


@pytest.mark.parametrize(("forgotten", "next_page"), [((0, 2), range(5, 10)), ((4,), range(6, 11))])
def test_removed_tracks_do_not_shift_the_next_page(
    client: TestClient, made: Path, forgotten: tuple[int, ...], next_page: range
) -> None:
    first = client.get(f"{API}/search", params={"q": "sort:bpm", "limit": 5}).json()
    with Library.open(made) as library:
        library.files.forget([library.track(path_of(number)) for number in forgotten])
    second = client.get(f"{API}/search", params={"q": "sort:bpm", "limit": 5, "after": first["next"]}).json()
    assert _paths(second) == [path_of(number) for number in next_page]


FILTERS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"filters": {"bpm": {"operator": "range", "min": 105, "max": 110.5}}}, "bpm:105..110.5"),
    ({"filters": {"bpm": {"operator": "range", "min": 120}}}, "bpm:120.."),
    ({"filters": {"bpm": {"operator": "range", "min": 1e-05, "max": 1e2}}}, "bpm:0.00001..100"),
    ({"filters": {"duration": {"operator": "range", "min": 1e-10, "max": 250.123456789}}},
     "duration:0.0000000001..250.123456789"),
    ({"filters": {"title": {"operator": "eq", "value": "Track 7"}}}, 'title:="Track 7"'),
    ({"filters": {"title": {"operator": "ne", "value": "Track 7"}}}, '^title:="Track 7"'),
    ({"filters": {"title": {"operator": "contains", "value": "rack 1"}}}, 'title:"rack 1"'),
    ({"filters": {"title": {"operator": "eq", "value": 'a "b" \\ c'}}}, 'title:="a \\"b\\" \\\\ c"'),
    ({"filters": {"key": {"operator": "eq", "value": "8A"}}}, "key:8A"),
    ({"filters": {"genre": {"operator": "unknown"}, "tempo": {"operator": "known"}}}, "missing:genre has:bpm"),
    ({"query": "track or other", "filters": {"bpm": {"operator": "eq", "value": 107}}},
     "track bpm:107 or other bpm:107"),
    ({"query": "track", "sort": ["bpm-", "title"]}, "track sort:bpm-,title"),
    ({"sort": "bpm"}, "sort:bpm"),
)  # fmt: skip


@pytest.mark.parametrize(("body", "query"), FILTERS, ids=[query for _, query in FILTERS])
def test_structured_filters_become_a_query(reader: TestClient, made: Path, body: dict[str, Any], query: str) -> None:
    answer = reader.post(f"{API}/search/advanced", json=body).json()
    assert answer["query"] == query
    with Library.open(made) as library:
        assert _paths(answer) == [track.path for track in library.search(query)]


@pytest.mark.parametrize(
    ("filters", "problem"),
    [
        ({"bmp": {"operator": "known"}}, "did you mean bpm?"),
        ({"bpm": {"operator": "range"}}, "'range' takes max or min"),
        ({"bpm": {"operator": "eq", "min": 1}}, "'eq' takes value"),
        ({"bpm": {"operator": "known", "value": 1}}, "'known' takes no value"),
        ({"bpm": {"operator": "contains", "value": 1}}, "'contains' takes a text field"),
        ({"bpm": {"operator": "rnge"}}, "did you mean range?"),
        ({"bpm": {"operator": "range", "max": 1e308}}, "bpm is from 0 to "),
        ({"year": {"operator": "eq", "value": -1e15}}, "year is from "),
    ],
)
def test_invalid_filters_are_refused_with_a_reason(reader: TestClient, filters: dict[str, Any], problem: str) -> None:
    answer = reader.post(f"{API}/search/advanced", json={"filters": filters})
    assert answer.status_code == 400
    assert problem in answer.json()["detail"]


def test_query_error_is_shown_with_its_position(client: TestClient) -> None:
    problem = client.get(f"{API}/search", params={"q": "track bmp:120"}).json()
    assert (problem["start"], problem["end"], problem["query"]) == (6, 13, "track bmp:120")
    assert (problem["status"], problem["code"], problem["type"]) == (400, 2, "urn:map4:problem:query")


def test_equal_queries_share_a_cached_answer(client: TestClient, made: Path) -> None:
    first = client.get(f"{API}/search", params={"q": "TRACK  bpm:105.."}).headers["etag"]
    assert client.get(f"{API}/search", params={"q": "track bpm:105.."}).headers["etag"] == first
    assert client.get(f"{API}/search", params={"q": "track bpm:106.."}).headers["etag"] != first
    with Library.open(made) as library:  # by another, as the command line would
        track = library.track(path_of(5))
        assert track is not None
        library.set([track], bpm=90)
    changed = client.get(f"{API}/search", params={"q": "track bpm:105.."})
    assert changed.headers["etag"] != first
    assert path_of(5) not in _paths(changed.json())


def test_record_is_current_after_any_change(client: TestClient, made: Path) -> None:
    def record() -> dict[str, Any]:
        [found] = [
            track for track in client.get(f"{API}/search?q=track").json()["tracks"] if track["path"] == path_of(5)
        ]
        return found

    seen = [record(), record()]
    assert seen[0] == seen[1]
    with Library.open(made) as library, database_of(made) as database:
        for change in (
            lambda: library.set(library.tracks.at([path_of(5)])[0], genre="Dub"),
            lambda: database.connection.execute(
                "UPDATE files SET comment = 'x' WHERE path = ?", (path_of(5).encode(),)
            ),
            lambda: put(SqlTracks(database), 5, analysis_of(8)),
        ):
            change()
            wanted = library.track(path_of(5))
            assert record() == wanted.to_record()
            assert record() not in seen
            seen.append(record())


def test_rating_and_play_keep_results_of_unrelated_queries(client: TestClient, made: Path) -> None:
    changes = client.app.state.context.libraries.changes  # type: ignore[attr-defined]
    names = ("track bpm:100..120", "stars:4..", "track sort:rating-", "is:set", "track played:-1d")
    queries = {name: Query.parse(name) for name in names}

    def words() -> dict[str, str]:
        return {name: changes.word_for(query) for name, query in queries.items()}

    def search(query: str) -> dict[str, Any]:
        return client.get(f"{API}/search", params={"q": query}).json()

    before, found = words(), search("track sort:rating-")
    track_id = found["ids"][7]
    plain = search("track bpm:..300")
    assert client.put(f"{API}/tracks/{track_id}", json={"rating": 5}).status_code == 200
    after = words()
    assert [name for name in names if after[name] == before[name]] == ["track bpm:100..120", "track played:-1d"]
    assert search("track sort:rating-")["ids"] == [track_id, *(other for other in found["ids"] if other != track_id)]
    again = search("track bpm:..300")
    assert again["ids"] == plain["ids"]
    assert [track["user"] and track["user"]["rating"] for track in again["tracks"]].count(5) == 1
    for number, report in enumerate((
        lambda: client.post(f"{API}/plays", json={"track": track_id, "heard_s": 300}),
        lambda: client.get("/rest/scrobble", params={"u": "me", "c": "t", "f": "json", "id": track_id}),
    )):  # fmt: skip
        after = words()
        assert (number, report().status_code) == (number, 200)
        assert [name for name in names if words()[name] != after[name]] == ["is:set", "track played:-1d"]
    assert track_id in search("track played:-1d")["ids"]
    after = words()
    # What a text or a tempo is, more depends on; and of what others write nothing is known.
    client.put(f"{API}/tracks/{track_id}", json={"bpm": 90})
    assert not words().items() & after.items()
    after = words()
    with Library.open(made) as library:
        library.set([library.tracks.addressed(track_id).track], rating=1)
    assert not words().items() & after.items()


def test_foreign_write_during_a_change_invalidates_results(client: TestClient, made: Path) -> None:
    changes = client.app.state.context.libraries.changes  # type: ignore[attr-defined]
    query = Query.parse("track")
    with Library.open(made) as here, Library.open(made) as other:
        track = here.track(path_of(5))
        assert track is not None
        before = changes.word_for(query)
        with changes.setting(here) as note:
            other.set([track], bpm=90)
            here.set([track], rating=3)
            note(["rating"])
        assert changes.word_for(query) != before
        before = changes.word_for(query)
        with changes.setting(here) as note:
            here.set([track], rating=4)
            note(["rating"])
            assert changes.word_for(query) != before  # nobody knows yet whose work that is
        assert changes.word_for(query) == before


def test_replaced_library_is_reopened(client: TestClient, made: Path, tmp_path: Path) -> None:
    assert client.get("/api/v1/library").json()["files"]["ok"] == 30
    with Library.open(tmp_path / "empty.map4"):
        pass
    (tmp_path / "empty.map4").replace(made)
    assert client.get("/api/v1/library").json()["files"]["ok"] == 0

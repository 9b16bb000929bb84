"""The library's own table of genres in searches, statistics, facets, lists and written tags, and its undo."""

from pathlib import Path
from typing import Any

import pytest
import stored
from conftest import Run
from starlette.testclient import TestClient
from stored import put_own, put_track

from map4.core.music.query.parser import Query
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError, UsageError
from map4.search.tables.facets import facets
from map4.server.settings import API
from map4.stats.use import collect_statistics
from map4.tags.options import TagOptions
from map4.tags.plan import plan_file
from map4.values.genres import Genres, undo_steps

SPELLINGS = {"Prog": "Progressive"}
PARENTS = {"Progressive": "House", "House": "Electronic"}


def numbers_found(store: Store, text: str, **context: Any) -> list[int]:
    return sorted(stored.numbers_found(store, text, preferences=store.preferences, **context))


@pytest.fixture
def genres(store: Store) -> Genres:
    for number, genre in enumerate(["Prog; Dub", "progressive", "House", "Deep House", None], 1):
        put_track(store, number, genre=genre)
    put_own(store, 5, genre="Prog")
    return Genres(store)


def test_search_finds_spellings_and_genres_below(store: Store, genres: Genres) -> None:
    assert numbers_found(store, "genre:house") == [3, 4]
    genres.set(SPELLINGS, PARENTS)
    assert numbers_found(store, "genre:house") == [1, 2, 3, 4, 5]
    assert numbers_found(store, "genre:=house") == numbers_found(store, "genre:electronic") == [1, 2, 3, 5]
    assert numbers_found(store, "genre:progr") == numbers_found(store, "genre:=prog") == [1, 2, 5]
    assert numbers_found(store, "^genre:electronic") == [4]
    assert numbers_found(store, "genre:house genre:dub") == [1]
    assert numbers_found(store, "genre:hous", preferred=(("genre", "imported"),)) == [1, 2, 3, 4, 5]
    genres.set()
    assert numbers_found(store, "genre:house") == [3, 4]


def test_parents_of_genres_count_in_statistics_families_and_spellings(store: Store, genres: Genres) -> None:
    genres.set(SPELLINGS, PARENTS)
    context = store.context()
    expected = {"Electronic": 4, "House": 4, "Progressive": 3, "Deep House": 1, "Dub": 1}
    assert collect_statistics(store, Query.parse(""), context).genres == expected
    listed = facets(store, context, "", ["genre"], limit=10).facets["genre"]
    assert {facet.value: facet.count for facet in listed} == expected
    for facet in listed:
        assert len(numbers_found(store, facet.query)) == facet.count
    genres.set({"Prog": "Zouglou"}, {"Zouglou": "House"})
    [track, *_] = store.tracks.tracks()
    assert track.genre_family(store.preferences.genres.families) == "Electronic"
    plan = plan_file(track, {"genre": "Prog; Dub"}, TagOptions(fields=("genre",)))
    assert [(field.state, field.new) for field in plan.fields] == [("write", "Zouglou; Dub")]
    assert plan.slots == {"genre": "Zouglou; Dub"}


def test_first_table_is_an_event_and_the_last_change_undone_once(store: Store, genres: Genres) -> None:
    genres.set(parents=PARENTS)
    genres.set(SPELLINGS)
    assert (genres.table().spellings, genres.table().parents) == (SPELLINGS, {})
    assert [step.command for step in undo_steps(store)] == [("config", "genres", "--undo")]
    assert genres.undo().parents == PARENTS
    assert genres.table().parents == PARENTS
    with pytest.raises(NothingFoundError, match="no change of the table of genres"):
        genres.undo()
    with pytest.raises(UsageError, match="genres go in a circle: A → A"):
        genres.set(parents={"A": "A"})
    before = store.change_log.since(None).through
    genres.set(SPELLINGS)
    assert [(each.type, each.what) for each in store.change_log.since(before).changes] == [("values", "many")]
    before = store.change_log.since(None).through
    genres.set(SPELLINGS)
    assert store.change_log.since(None).through == before


def test_table_is_set_listed_and_undone_over_http(client: TestClient) -> None:
    path = f"{API}/genre-table"
    table = client.put(path, json={"parents": {"Deep House": "House"}}).json()
    assert (table["spellings"], table["parents"]) == ({}, {"Deep House": "House"})
    assert client.get(path).json() == table
    refused = client.put(path, json={"parents": {"A": "A"}})
    assert (refused.status_code, "circle" in refused.text) == (400, True)
    assert client.post(f"{path}/undo", json={}).json()["parents"] == {}
    assert client.post(f"{path}/undo", json={}).status_code == 404


def test_command_reads_prints_and_undoes_a_table(inside: Run, own_scanned: Path, tmp_path: Path) -> None:
    file = tmp_path / "genres.toml"
    file.write_text('[spellings]\n"Prog" = "Progressive"\n\n[parents]\n"Progressive" = "House"\n')
    assert inside("config", "genres", "--from", file).stderr == "the library has 1 spelling and 1 parent of genres\n"
    assert inside("config", "genres").stdout == file.read_text()
    file.write_text("[parent]")
    refused = inside("config", "genres", "--from", file)
    assert (refused.returncode, refused.stderr) == (
        2, f"map4: {file}: there is no table 'parent'; did you mean parents?\n"
    )  # fmt: skip
    assert inside("config", "genres", "--undo").stderr == "the library has 0 spellings and 0 parents of genres\n"
    assert inside("config", "genres", "--undo", "--yes").returncode == 4
    assert inside("config", "genres", "--from", file, "--undo").returncode == 2
    assert "No such file" in inside("config", "genres", "--from", tmp_path / "none.toml").stderr

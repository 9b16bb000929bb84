"""What is cached of a large library between runs: it never differs from what would be computed again."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from stored import OpenStore, put_imported, put_own, put_track

from map4.core.music.query.context import Preferences
from map4.core.store import sql_store
from map4.core.store.sql_store import RowCache, Store
from map4.doctor.store import doubts
from map4.doctor.use import Doctor
from map4.search import library_catalogue

TRACKS = 40


@pytest.fixture(autouse=True)
def whole_answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Rows are kept of any library; which questions were answered whole."""
    whole: list[str] = []
    monkeypatch.setattr(sql_store, "MINIMUM_FILES", 1)
    monkeypatch.setattr(doubts, "_MOST_INSIDE", 0)
    for name, (kind, method, _, _) in KEPT.items():
        computed = getattr(kind, method)

        def counted(*given: Any, name: str = name, computed: Any = computed, **more: Any) -> Any:
            whole.append(name)
            return computed(*given, **more)

        monkeypatch.setattr(kind, method, counted)
    return whole


@pytest.fixture
def filled(store: Store) -> Store:
    draw = Random(7)
    for number in range(1, TRACKS + 1):
        put_drawn(store, draw, number)
    return store


def put_drawn(store: Store, draw: Random, number: int, **more: Any) -> None:
    values: dict[str, Any] = {
        "path": f"/m/{draw.randrange(8)}/{draw.choice('abc')}{number}.mp3", "album": draw.choice("XXXY"),
        "artist": draw.choice(["A", "A", "B", None]), "title": draw.choice(["T", None]), "track": draw.randrange(1, 9),
        "year": draw.choice([1999, 1999, 2001, None]), "tag_bpm": draw.choice([None, 100.0, 128.0]),
    }  # fmt: skip
    put_track(store, number, **(values | more))


def findings(store: Store) -> list[object]:
    examination = Doctor(store).examine()
    found = [finding.to_record() for finding in examination.findings]
    return [*found, examination.tracks, *sorted(examination.counts.items())]


def catalogue(store: Store) -> list[object]:
    read = library_catalogue.cached_catalogue(store)
    return [read.articles, *read.albums.items(), *read.artists.items(), *sorted(read.genres.items())]


KEPT: dict[str, tuple[Any, str, Callable[[Store], object], int]] = {
    "doctor": (Doctor, "_computed", findings, 1),
    "albums": (library_catalogue, "new_catalogue", catalogue, 1),
}
"""Caches by name: what computes them, what reads them, and how often a new value has them computed as a whole."""


def answers(store: Store) -> list[object]:
    return [read(store) for _, _, read, _ in KEPT.values()]


def require_same_as_uncached(store: Any) -> None:
    anew = store.acting_as(store.actor)
    anew.row_cache = RowCache(store.database, lambda name: None)
    assert answers(store) == answers(anew)


def sql(store: Any, statement: str, *values: Any) -> None:
    with store.database.transaction() as connection:
        connection.execute(statement, values)


CHANGES: dict[str, Callable[[Any, Random], None]] = {
    "a value set": lambda store, draw: put_own(store, draw.randint(1, TRACKS), artist=draw.choice("AZ"), bpm=99.0),
    "a file more": lambda store, draw: put_drawn(store, draw, draw.randint(100, 10_000)),
    "other tags": lambda store, draw: put_drawn(store, draw, 3, path="/m/0/same.mp3"),
    "a file gone": lambda store, draw: sql(
        store, "UPDATE files SET missing_since = 'x' WHERE id = ?", draw.randint(1, TRACKS)
    ),
    "a file forgotten": lambda store, draw: sql(store, "DELETE FROM files WHERE id = ?", draw.randint(1, TRACKS)),
    "a file moved": lambda store, draw: sql(
        store, "UPDATE files SET path = ? WHERE id = ?", f"/m/{draw.randrange(9)}/m{draw.random()}.mp3".encode(),
        draw.randint(1, TRACKS)
    ),
    "an import": lambda store, draw: put_imported(store, {draw.randint(1, 40): {"bpm": 77.0, "artist": "Q"}}),
    "an analysis": lambda store, draw: sql(store, "DELETE FROM analyses WHERE id = ?", draw.randint(1, TRACKS)),
    "another preference": lambda store, draw: sql(
        store, "INSERT INTO preferred_sources VALUES ('artist', ?) ON CONFLICT (field) DO UPDATE SET source = 'tag'",
        draw.choice(["provider", "imported"])
    ),
    "a rating": lambda store, draw: put_own(store, draw.randint(1, TRACKS), rating=draw.randint(1, 5)),
    "nothing": lambda store, draw: None,
}  # fmt: skip


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.world) for seed in range(1, 5))])
def test_cached_rows_equal_uncached_rows_after_any_change(filled: Store, seed: int) -> None:
    draw = Random(seed)
    require_same_as_uncached(filled)
    for _ in range(12):
        for _ in range(draw.randint(1, 3)):
            CHANGES[draw.choice([*CHANGES])](filled, draw)
        require_same_as_uncached(filled)


def test_unchanged_rows_are_cached(
    filled: Store, whole_answers: list[str], open_store: OpenStore, tmp_path: Path
) -> None:
    assert all(answers(filled))
    with closing(open_store(tmp_path)) as again:  # another process
        assert answers(again) == answers(filled)
    assert sorted(whole_answers) == sorted(KEPT)
    put_own(filled, 5, year=1950)
    require_same_as_uncached(filled)
    assert Counter(whole_answers) == {
        name: 2 + more for name, (*_, more) in KEPT.items()
    }  # the second one keeps nothing


def test_albums_stay_cached_after_ratings_sorted_by_articles(
    filled: Store, whole_answers: list[str], open_store: OpenStore, tmp_path: Path
) -> None:
    before = catalogue(filled)
    put_own(filled, 5, rating=4)
    with closing(open_store(tmp_path)) as again:
        assert catalogue(again) == before
        assert whole_answers == ["albums"]
        put_own(again, 5, album="Other", rating=3)
        require_same_as_uncached(again)
    assert whole_answers.count("albums") == 3
    with closing(open_store(tmp_path, preferences=Preferences(articles=("A",)))) as other:
        put_own(other, 5, artist="A Zed", album="A Zed")  # with which the library keeps the articles
        assert (before[0], catalogue(other)[0], catalogue(filled)[0]) == (Preferences().articles, ("A",), ("A",))
        require_same_as_uncached(other)
    require_same_as_uncached(filled)


@pytest.mark.file_alone
@pytest.mark.parametrize("harm", [b"", b"[]\n", b"\x00\x01", None])
def test_damaged_cache_is_ignored(harm: bytes | None, filled: Any) -> None:
    before = answers(filled)
    for name in KEPT:
        path = Path(filled.database.cache_file(name))
        data = path.read_bytes()
        path.write_bytes(data[:-9] + b"other" + data[-4:] if harm is None else harm)
    assert answers(filled) == before


@pytest.mark.file_alone
def test_cache_of_another_library_is_ignored(filled: Any, open_store: OpenStore, tmp_path: Path) -> None:
    answers(filled)
    other = tmp_path / "other"
    other.mkdir()
    with closing(open_store(other)) as library:
        put_track(library, 1)
        for name in KEPT:
            Path(library.database.cache_file(name)).write_bytes(Path(filled.database.cache_file(name)).read_bytes())  # type: ignore[arg-type]
        require_same_as_uncached(library)


@pytest.mark.file_alone
def test_cache_is_ignored_after_an_older_copy_was_restored(filled: Any, open_store: OpenStore, tmp_path: Path) -> None:
    library = tmp_path / "library.map4"
    for number in (500, 501):
        put_track(filled, number)  # without artist and title, which is told
    filled.close()
    former = library.read_bytes()
    for number in (500, 501):  # of which as much becomes known, but of another one
        library.write_bytes(former)
        with closing(open_store(tmp_path)) as store:
            put_own(store, number, artist="One", title="Two", bpm=99.0)
            require_same_as_uncached(store)

"""The songs of files follow the names that count, in every store."""

from contextlib import closing
from pathlib import Path

from stored import OpenStore, numbers_found, put_imported, put_own, put_track

from map4.core.store.sql_store import SqlPreferredSources, Store
from map4.search import SqlSongs


def test_versions_are_found_by_the_names_that_count(open_store: OpenStore, tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        titles = ("Sky", "Sky (Live)", "Sky Acoustic", "Fog", "Rain", "Rain (Reprise)")
        for number, title in enumerate(titles, start=1):
            put_track(store, number, artist="Ann", title=title)
        put_track(store, 7)
        imported = {1: {"title": "Mist"}, 7: {"artist": "Ann", "title": "Fog (Demo)"}}
        put_imported(store, imported)
        songs, sources = store.part(SqlSongs), store.part(SqlPreferredSources)
        assert numbers_found(store, "is:version") == [1, 2, 3, 4, 7]
        songs.store_new()
        assert _lacking(store) == set()
        put_own(store, 3, title="Hail")
        put_own(store, 6, title="Rain (Edit)")
        put_imported(store, {**imported, 2: {"artist": "Bo", "rating": 4}})
        assert _lacking(store) == {3, 6}
        assert numbers_found(store, "is:version") == [1, 2, 4, 5, 6, 7]
        songs.store_new()
        put_track(store, 5, artist="Ann", title="Hail (Live)", analysed=False)
        assert _lacking(store) == {5}
        assert numbers_found(store, "is:version") == [1, 2, 3, 4, 5, 7]
        put_track(store, 5, artist="Ann", title="Rain", analysed=False)
        songs.store_new()
        assert numbers_found(store, "^is:version") == [3]
        sources.put("title", "imported")
        assert _lacking(store) == {*range(1, 8)}
        preferred = store.preferred()
        for _ in range(2):
            assert numbers_found(store, "is:version", preferred=preferred) == [4, 5, 6, 7]
            assert len({song.key for song in songs.of_files(range(100)).values()}) == 5
            songs.store_new()
        put_imported(store, {**imported, 1: {"title": "Fog (Live)"}})
        assert numbers_found(store, "is:version", preferred=preferred) == [1, 4, 5, 6, 7]


def test_versions_of_a_work_are_found_by_its_movement(open_store: OpenStore, tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        for number, (title, work, movement) in enumerate((
            ("Urlicht", "Symphony 2", 4), ("4. Primeval Light", "Symphony 2", 4), ("Allegro", "Symphony 2", 1),
            ("Allegro", "Symphony 1", 1), ("Allegro", None, None), ("Urlicht", "Wunderhorn", None),
        ), start=1):  # fmt: skip
            put_track(store, number, artist="Mahler", title=title, work=work, movement_number=movement)
        songs = store.part(SqlSongs)
        for _ in range(2):
            assert numbers_found(store, "is:version") == [1, 2]
            songs.store_new()
        put_track(store, 7, artist="Mahler", title="Urlicht (Live)")
        put_track(store, 4, artist="Mahler", title="Fog", work="Symphony 2", movement="Allegro", movement_number=1)
        assert _lacking(store) == {4, 7}
        assert numbers_found(store, "is:version") == [1, 2, 3, 4, 6, 7]


def _lacking(store: Store) -> set[int]:
    """The files whose song no scan has stored."""
    with store.database.reading() as connection:
        return {
            row[0] for row in connection.execute("SELECT id FROM files WHERE id NOT IN (SELECT file_id FROM songs)")
        }

"""The songs of files follow the names that count, in every store."""

from contextlib import closing
from pathlib import Path

from stored import OpenStore, numbers_found, put_imported, put_own, put_track

from map4.search import SqlSongs


def test_versions_are_found_by_the_names_that_count(open_store: OpenStore, tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        titles = ("Sky", "Sky (Live)", "Sky Acoustic", "Fog", "Rain", "Rain (Reprise)")
        for number, title in enumerate(titles, start=1):
            put_track(store, number, artist="Ann", title=title)
        put_track(store, 7)
        put_imported(store, {1: {"title": "Mist"}, 7: {"artist": "Ann", "title": "Fog (Demo)"}})
        assert numbers_found(store, "is:version") == [1, 2, 3, 4, 7]
        put_own(store, 3, title="Hail")
        put_own(store, 6, title="Rain (Edit)")
        assert numbers_found(store, "is:version") == [1, 2, 4, 5, 6, 7]
        assert numbers_found(store, "^is:version") == [3]
        assert numbers_found(store, "is:version", preferred=(("title", "imported"),)) == [4, 5, 6, 7]
        songs = store.part(SqlSongs).of_files(range(100))
        assert len({song.key for song in songs.values()}) == 4

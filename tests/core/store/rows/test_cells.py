"""Cells of track tables: those that SQL reads are those of the tracks."""

from random import Random

import pytest
from drawn_libraries import fill_drawn
from query_cases import NOW

from map4.cli.views.columns import table_columns
from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.query.context import Preferences, QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.track.fields import FIELDS, can_go_first
from map4.core.music.track.track_columns import TEXT_COLUMNS, USUAL_COLUMNS, TrackCells, TrackColumn
from map4.core.store.rows.cells import cell_reader
from map4.core.store.sql_store import Store

ELSEWHERE = PathMaps(maps=(PathMap(source="/music", target="D:/Music"),))


@pytest.mark.parametrize("is_usual", [True, False])
def test_cells_by_sql_equal_cells_of_the_tracks(store: Store, is_usual: bool) -> None:
    fill_drawn(store, Random(3), 60)
    with store.database.transaction() as connection:
        connection.execute("UPDATE files SET path = ? WHERE id = 3", (b"/music/\xff.mp3",))
        connection.execute("UPDATE files SET channels = 1 WHERE id < 30")
        connection.execute("UPDATE files SET artist = '', title = '=A\u202eb' WHERE id = 4")
    if not is_usual:
        preferences = Preferences(sources=("tag", "imported", "measured", "provider"), mono="dual")
        store.tracks.preferences = lambda: preferences
        first = {name: can_go_first(name)[-1] for name in FIELDS if can_go_first(name)}
        store.tracks.preferred = lambda: tuple(first.items())
    ids = store.search.file_ids(Query.parse("is:any"), QueryContext(now=NOW))
    tracks = [TrackCells(track, ELSEWHERE) for track in store.tracks.tracks_by_id(ids)]
    columns = tuple(dict.fromkeys((*TrackColumn.exported(), *TEXT_COLUMNS, "mark_list")))
    for name in columns:
        by_sql = [value for [value] in store.tracks.cells_by_id(ids, [name], ELSEWHERE)]
        assert list(map(repr, by_sql)) == [repr(cells[name]) for cells in tracks], name
    together = list(map(list, store.tracks.cells_by_id(ids, columns, ELSEWHERE)))
    assert together == [[cells[name] for name in columns] for cells in tracks]


def test_usual_columns_are_read_without_tracks() -> None:
    for names in (USUAL_COLUMNS, table_columns(["played", "mark"]), ["path", "marks"]):
        assert cell_reader(names, QueryContext(now=NOW), PathMaps()) is not None
    assert cell_reader(["path", "lyrics_language"], QueryContext(now=NOW), PathMaps()) is None

"""Names and labels of files, read without their tracks."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from libraries import audio_id, execute, make_library
from store.test_damage import raw
from store.test_query_plans import plans_of
from stored import NOW, put_track

from map4.errors import LibraryDamagedError
from map4.extras.classify.store import names_to_label
from map4.labels import SqlLabels
from map4.music.track.labels import Labels
from map4.store.sql_store import Store
from map4.store.sqlite_store import SqliteStore


def test_names_are_read_with_the_labels_of_their_audio(store: Store) -> None:
    for number in range(1, 5):
        put_track(store, number, audio=min(number, 3), genre="Soul")
    store.part(SqlLabels).put({audio_id(1): Labels(source="claude", model="m"), audio_id(2): Labels()}, now=NOW)
    of_third = (audio_id(3), "Soul", None, None)
    assert {row[0]: (row[2], *row[6:10:2], row[9]) for _, row in names_to_label(store, None)} == {
        1: (audio_id(1), "Soul", "claude", "m"), 2: (audio_id(2), "Soul", "keywords", None), 3: of_third, 4: of_third,
    }  # fmt: skip
    assert [(place, row[0]) for place, row in names_to_label(store, [4, 3, 2], only="copies")] == [(0, 4), (1, 3)]
    assert sorted(row[0] for _, row in names_to_label(store, None, only="labelled")) == [1, 2]


def test_names_are_read_in_the_order_of_the_file(tmp_path: Path) -> None:
    make_library(path := tmp_path / "library.map4")
    execute(path, f"UPDATE files SET id = {1 << 61} WHERE id = 2")  # an id that no file gets costs no memory
    named = list[tuple[int, tuple[Any, ...]]]()
    with closing(SqliteStore(str(path))) as store:
        steps = plans_of(store.database, lambda: named.extend(names_to_label(store, None)))
    assert [row[1] for _, row in sorted(named)] == [b"/music/0.wav", b"/music/1.wav", b"/music/2.wav"]
    assert any(step.startswith("SCAN files USING COVERING INDEX") for step in steps), steps
    assert ("SCAN f" in steps, any("ORDER BY" in step for step in steps)) == (True, False), steps


def test_index_with_ids_of_missing_files_is_reported(tmp_path: Path) -> None:
    make_library(path := tmp_path / "library.map4")
    raw(
        path,
        "CREATE TABLE other (id INTEGER PRIMARY KEY, path BLOB UNIQUE)",
        "INSERT INTO other SELECT id + 900, path FROM files",
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE tbl_name = 'other' AND "
        "type = 'index') WHERE name = (SELECT l.name FROM pragma_index_list('files') AS l, pragma_index_info(l.name) "
        "AS i WHERE l.origin = 'u' AND i.name = 'path')",
    )
    with closing(SqliteStore(str(path))) as store, pytest.raises(LibraryDamagedError, match="files that don't"):
        list(names_to_label(store, None))

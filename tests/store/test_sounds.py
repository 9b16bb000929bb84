"""What is compared of a whole library: the same table of each store, also by a mirror, on as many machines as ask."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from extras.postgres.postgres_server import needs_postgres
from query_cases import fill
from stored import OpenStore, put_own, put_track

from map4.music.sound.similarity_tables import LibraryTable
from map4.store.sound.sound_index import SqlSounds
from map4.store.sql_store import Store
from map4.store.sqlite_store import SqliteStore

NAMES = ("file_id", "audio_id", "flags", "energy", "bpm", "key", "hamms")


def sounds_of(store: Store) -> SqlSounds:
    """That of a store, which makes a mirror of a small library too."""
    sounds = store.sounds
    assert isinstance(sounds, SqlSounds)
    sounds.mirrored_from = 5
    sounds.most_changed = 0.9
    return sounds


def require_same(table: LibraryTable, other: LibraryTable) -> None:
    for name in NAMES:
        one, two = table.column(name), other.column(name)
        assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f"), name


def test_a_mirror_is_made_and_what_changes_is_followed(store: Store, other: Store) -> None:
    fill(store)
    sounds, others = sounds_of(store), sounds_of(other)
    assert sounds.at_hand() is None
    assert sounds.warm_mirror()
    assert sounds.mirror_path is not None
    assert Path(sounds.mirror_path).is_file()
    table = others.at_hand()
    assert table is not None  # read from what the first one made
    put_own(other, 1, bpm=140.0)
    put_track(other, 20, bpm=99.0)
    changed = sounds.at_hand()
    assert changed is not None
    assert changed.n == table.n + 1
    require_same(changed, SqlSounds._read(others))
    assert sounds_of(store).hamms_sample(3).shape == (3, 12)


def test_a_mirror_that_was_altered_is_made_anew(store: Store) -> None:
    fill(store)
    sounds = sounds_of(store)
    assert sounds.warm_mirror()
    assert sounds.mirror_path is not None
    mirror = Path(sounds.mirror_path)
    made = mirror.read_bytes()
    mirror.unlink()  # one that is read is not altered under who reads it
    mirror.write_bytes(made[:-1] + bytes([made[-1] ^ 1]))
    assert sounds.has_altered_mirror()
    assert sounds.warm_mirror()
    assert not sounds.has_altered_mirror()


@needs_postgres
def test_the_table_is_the_same_in_both(open_in_postgres: OpenStore, tmp_path: Path) -> None:
    with ExitStack() as stack:
        stores = SqliteStore(str(tmp_path / "library.map4")), open_in_postgres(tmp_path)
        for store in stores:
            stack.callback(store.close)
            fill(store)  # type: ignore[arg-type]
        require_same(stores[0].sounds.table(), stores[1].sounds.table())


@needs_postgres
def test_each_machine_has_a_mirror_and_none_undoes_that_of_another(
    open_in_postgres: OpenStore, tmp_path: Path, new_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    with ExitStack() as stack:
        for _ in range(2):
            monkeypatch.setenv("XDG_CACHE_HOME", str(new_home()))
            store = stack.enter_context(closing(open_in_postgres(tmp_path)))
            if not made:
                fill(store)
            sounds = sounds_of(store)
            assert sounds.warm_mirror()
            made.append(sounds)
            put_own(store, 1, bpm=140.0 + len(made))
        assert made[0].mirror_path != made[1].mirror_path
        tables = [sounds.at_hand() for sounds in made]
        assert None not in tables
        require_same(*tables)
        assert 142.0 in tables[0].column("bpm")
        before = [Path(sounds.mirror_path).stat().st_mtime_ns for sounds in made]
        assert made[0].build_mirror()
        assert made[1].at_hand() is not None
        assert Path(made[1].mirror_path).stat().st_mtime_ns == before[1]

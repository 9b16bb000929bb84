"""What is compared of a whole library: the same table of each store."""

from pathlib import Path
from unittest.mock import Mock

import numpy as np
from query_cases import fill
from stored import put_own, put_track

from map4.core.music.sound.similarity_tables import LibraryTable
from map4.core.store.sound.sound_index import SqlSounds
from map4.core.store.sql_store import Store

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
        column, two = table.column(name), other.column(name)
        assert np.array_equal(column, two, equal_nan=column.dtype.kind == "f"), name


def test_mirror_is_built_and_follows_changes(store: Store, other: Store) -> None:
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
    assert changed.n == table.n + 1
    require_same(changed, SqlSounds._read(others))
    assert sounds_of(store).hamms_sample(3).shape == (3, 12)


def test_altered_mirror_is_rebuilt(store: Store) -> None:
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


def test_reader_waits_for_no_writer_to_build_a_mirror(store: Store, other: Store) -> None:
    fill(store)
    store.take_turns(Mock(side_effect=AssertionError("the writer of a server may be waiting, too")))
    sounds = sounds_of(store)
    assert sounds.mirror_path is not None
    with other.at_once():  # which ends after the answer
        require_same(sounds.table(), SqlSounds._read(sounds_of(other)))
        assert not Path(sounds.mirror_path).exists()
    assert sounds.warm_mirror()

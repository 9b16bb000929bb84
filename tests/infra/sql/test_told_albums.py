"""Which folders the doctor reads: told of all files at once, as each album by itself would tell."""

from __future__ import annotations

import random
from typing import Any

import pytest

from map4.infra.sql.albums import _by_album, _by_folder, _is_doubtful
from map4.infra.sql.told_albums import ToldAlbums


class Rows:
    """A cursor over rows that are there."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def fetchmany(self, size: int) -> list[Any]:
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken


def drawn(seed: int, folders: int) -> list[tuple[Any, ...]]:
    chance = random.Random(seed)
    rows = []
    for folder in range(folders):
        names = chance.choice((["A"], ["A"], ["A", "a"], ["A", "B"], ["A", None], [None], ["", "A"]))
        whose = chance.choice(([None], ["X"], ["X"], ["X", None], ["X", "Y"]))
        artists, years = (
            chance.choice((["X"], ["X", "Z"])),
            chance.choice(([None], [1999], [1999, 2001, None], [1, 2, 3, 4])),
        )
        numbers = chance.choice(([None], range(1, 9), range(1, 40), [3, 3, 4, 5, 6, 99_999, 0]))
        discs, pictures = (
            chance.choice(([None], [1], [1, 2, None])),
            chance.choice(([None], [1, None], [1], [1, 1, 1, 0])),
        )
        for number in range(chance.randint(1, 9)):
            row = (names, artists, whose, years, [number + 1] if chance.random() < 0.4 else numbers, discs, pictures)
            rows.append((f"/m/{folder}/{number}.mp3".encode(), *map(chance.choice, row)))
    chance.shuffle(rows)
    return [(file_id, *row) for file_id, row in enumerate(rows, 1)]


@pytest.mark.parametrize("seed", range(5))
def test_all_at_once_tell_what_each_album_does(seed: int) -> None:
    rows = drawn(seed, 400)
    wanted = {
        row[0] for _, in_folder in _by_folder(rows) if any(map(_is_doubtful, _by_album(in_folder))) for row in in_folder
    }
    batches = list(ToldAlbums(Rows(list(rows))).in_doubt(7))  # type: ignore[arg-type]
    told = [file_id for batch in batches for file_id in batch]
    assert wanted
    assert len(wanted) < len(rows)
    assert sorted(told) == sorted(wanted)
    folder_of = {row[0]: row[1].rpartition(b"/")[0] for row in rows}
    of_batches = [{folder_of[file_id] for file_id in batch} for batch in batches]
    assert max(map(len, of_batches)) == 7
    assert sum(map(len, of_batches)) == len(set.union(*of_batches))  # no folder is parted


def test_nothing_is_told_of_no_files() -> None:
    assert [file_id for batch in ToldAlbums(Rows([])).in_doubt(5) for file_id in batch] == []  # type: ignore[arg-type]

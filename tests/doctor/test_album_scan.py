"""Which folders the doctor reads: all in which a check of albums says something, and few others."""

from __future__ import annotations

import random
from typing import Any

import pytest
from lanes import sampled

from map4.doctor.checks.albums import AlbumFolder, album_doubts
from map4.doctor.checks.groups import ALBUM_CHECKS
from map4.doctor.store.album_scan import AlbumScan
from map4.doctor.store.albums import _by_album, _by_folder, _track
from map4.music.track.tags import TAGS_VERSION


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


@pytest.mark.parametrize("seed", sampled(range(5), every=2))
def test_no_album_is_left_out_of_which_a_check_says_something(seed: int) -> None:
    rows = drawn(seed, 400)
    of_all = [(*row, f"T{row[6]}", TAGS_VERSION, None) for row in rows]
    wanted = {
        row[0]
        for path, in_folder in _by_folder(of_all)
        if any(map(is_doubted, _by_album(in_folder)))
        for row in in_folder
    }
    told = AlbumScan(Rows(list(rows))).in_doubt()  # type: ignore[arg-type]
    assert wanted
    assert wanted <= {*told["file_id"].tolist()}
    assert len(told) < len(rows)
    folder_of = {row[0]: row[1].rpartition(b"/")[0] for row in rows}
    first: dict[bytes, int] = {}
    for file_id, folder in folder_of.items():
        first.setdefault(folder, file_id)
    # All of a folder, or nothing.
    whole = [(first[folder], one) for one, folder in folder_of.items() if first[folder] in told["first"]]
    assert told[["first", "file_id"]].tolist() == sorted(whole)


def is_doubted(album: list[Any]) -> bool:
    tracks = [_track((*row, None), {}) for row in album]
    folders = [AlbumFolder("/m", is_one_album=is_one) for is_one in (True, False)]
    return any([*album_doubts(folder, tracks, ALBUM_CHECKS)] for folder in folders)


def test_nothing_is_told_of_no_files() -> None:
    assert len(AlbumScan(Rows([])).in_doubt()) == 0  # type: ignore[arg-type]

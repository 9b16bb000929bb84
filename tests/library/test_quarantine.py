"""Copies move into a quarantine and come back, and nothing is lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from quarantines import copy_of, group_of, opened, put_roots, scanned, tree, write_sound

from map4 import Library


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A recording, the same file once more in a folder below, and another encoding of it, .4 s later."""
    folder = tmp_path / "music"
    keep = write_sound(folder / "keep.wav", seed=1)
    scanned(tmp_path / "library.map4", keep, copy_of(keep, folder / "sub" / "copy.wav"))
    scanned(tmp_path / "library.map4", write_sound(folder / "sub" / "other.wav", seed=2), lag_words=2)
    put_roots(tmp_path / "library.map4", folder)
    return folder


@pytest.fixture
def library(tmp_path: Path, music: Path) -> Library:
    with opened(tmp_path / "library.map4") as found:
        yield found


def test_moves_a_copy_and_puts_it_back(library: Library, music: Path, tmp_path: Path) -> None:
    before = tree(music)
    groups = [group_of(library, music / "keep.wav", music / "sub" / "copy.wav")]

    done = library.quarantine(groups, tmp_path / "away")

    assert (done.done, done.left) == (1, 0)
    assert set(tree(music)) == {"keep.wav", "sub/other.wav"}
    assert tree(tmp_path / "away")["music/sub/copy.wav"] == before["sub/copy.wav"]
    assert library.track(music / "sub" / "copy.wav") is None
    assert library.undo_quarantine(done.journal).done == 1
    assert tree(music) == before
    assert library.track(music / "sub" / "copy.wav").state == "ok"
    assert library.undo_quarantine(done.journal).done == 0
    assert library.scan(music).unchanged == 3

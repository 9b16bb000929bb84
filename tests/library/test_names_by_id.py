"""Tracks read by their names alone say of them what whole tracks say."""

from __future__ import annotations

from pathlib import Path

from doubtful_library import make_doubtful_library

from map4 import Library


def test_names_are_those_in_force(tmp_path: Path) -> None:
    with Library.open(make_doubtful_library(tmp_path / "library.map4")) as library:
        library.set(list(library.search("title:sound")), artist="Own", genre="Techno", year=2001)
        library.classify(list(library.search("title:doubtful")), provider="keywords")
        ids = library.columns("sort:title-").file_id.tolist()
        whole, named = list(library.tracks_by_id(ids)), list(library.tracks_by_id([*ids, 999], names=True))
    assert len(named) == 3
    for one, other in zip(whole, named, strict=True):
        assert (other.path, other.audio_id, other.labels) == (one.path, one.audio_id, one.labels)
        for name in ("artist", "title", "album", "named_genre", "year"):
            assert getattr(other, name)() == getattr(one, name)()
    assert {track.artist() for track in named} == {"Own", "B", None}

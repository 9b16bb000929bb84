"""Smart playlists of Navidrome as live lists of a library."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_library import analysis_of, path_of, put

from map4.core.music.track.tags import Tags
from map4.errors import UsageError
from map4.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Twenty-five tracks, each a BPM faster than the one before."""
    with Library.open(tmp_path / "library.map4") as library:
        for number in range(25):
            put(library, number, analysis_of(number), tags=Tags(genre="House"))
        yield library


def paths_of(library: Library, name: str) -> list[str]:
    return [entry.track.path for entry in library.lists.read(name).found if entry.track]


def test_imported_smart_list_is_live_and_keeps_changes_of_the_user(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "Quick.nsp"
    path.write_text('{"all": [{"gt": {"bpm": 120}}], "sort": "-bpm", "limit": 2}')
    assert library.imports.read(path).changed_lists == 1
    assert paths_of(library, "Quick") == [path_of(24), path_of(23)]
    assert library.imports.read(path).changed_lists == 0
    path.write_text('{"all": [{"gt": {"bpm": 120}}], "sort": "-bpm", "limit": 3}')
    assert library.imports.read(path).changed_lists == 1
    assert len(paths_of(library, "Quick")) == 3
    library.lists.make_live("Quick", "genre:house", n=5, force=True)
    library.imports.read(path)
    assert len(paths_of(library, "Quick")) == 5


def test_live_list_is_exported_as_a_query(library: Library, tmp_path: Path) -> None:
    library.lists.make_live("Quick", "genre:techno", sort="bpm-", n=3)
    notes = library.lists.write(library.lists.content("Quick"), str(tmp_path / "Quick.nsp"))
    assert not any("won't change" in sentence for sentence in notes.sentences())
    assert library.export(tmp_path / "Again.nsp", playlist="Quick").tracks == 0
    assert (tmp_path / "Again.nsp").read_bytes() == (tmp_path / "Quick.nsp").read_bytes()
    with pytest.raises(UsageError, match="stores queries of live lists"):
        library.export(tmp_path / "All.nsp")

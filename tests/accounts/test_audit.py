"""What is done to a library for everybody is noted once, with who did it; what is only looked at is not."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import write_clicks

from map4 import Library
from map4.plugins import inline_lanes


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Three files, one of them twice, in the hands of Ann, who is an admin."""
    music = tmp_path / "music"
    music.mkdir()
    for name, bpm in (("one.wav", 120), ("two.wav", 100)):
        write_clicks(music / name, bpm, 8.0)
    shutil.copy(music / "one.wav", music / "again.wav")
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as opened:
        opened.scan([music])
        yield opened.acting_as(opened.accounts.add("Ann", "admin").actor())


def noted(library: Library) -> list[tuple[str, dict[str, object]]]:
    entries = reversed(library.accounts.audit().entries)
    ann = library.accounts.get("Ann").number
    return [(entry.action, dict(entry.detail)) for entry in entries if entry.account == ann]


def test_changes_of_a_library_are_in_the_audit_log(library: Library, tmp_path: Path) -> None:
    music = tmp_path / "music"
    library.care.prune(dry_run=True)
    library.care.prune()  # nothing is gone
    library.tags.write(music / "two.wav", fields=["bpm"], dry_run=True)
    library.care.backup(tmp_path / "copy.map4")
    assert noted(library) == []
    library.tags.write(music / "two.wav", fields=["bpm"])
    library.undo("tags")
    library.tags.prefer("genre", "provider")
    library.files.forget(music / "two.wav", ignore=True)
    library.files.unignore(music / "two.wav")
    library.files.forget_folder(music)
    (music / "one.wav").unlink()
    library.scan([music])
    library.care.prune()
    library.care.clear()
    assert noted(library) == [
        ("tags-written", {"files": 1}),
        ("tags-restored", {"files": 1}),
        ("source-preferred", {"field": "genre", "source": "provider"}),
        ("files-forgotten", {"files": 1}),
        ("files-heeded", {"files": 1}),
        ("folder-forgotten", {"folder": str(music)}),
        ("files-pruned", {"files": 1, "analyses": 0}),
        ("analyses-cleared", {"analyses": 2}),
    ]


def test_interrupted_writing_is_in_the_audit_log(library: Library, tmp_path: Path) -> None:
    events = library.tags.write_events(tmp_path / "music", fields=["bpm"])
    next(iter(events))
    events.close()  # type: ignore[attr-defined]
    assert noted(library) == [("tags-written", {"files": 1})]

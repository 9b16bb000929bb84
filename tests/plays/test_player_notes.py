"""What music players keep for a person: of each by themselves, and no more than is right."""

import pytest

from map4 import Library
from map4.errors import UsageError
from map4.plays import player_notes


def bookmarks(library: Library) -> dict[str, object]:
    return {note.subject: dict(note.value) for note in library.player_notes.all("bookmark")}


def test_newest_note_wins_and_too_many_or_long_ones_are_refused(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bob = (library.acting_as(library.accounts.add(name, "admin").actor()) for name in ("Anna", "Bob"))
    anna.player_notes.put("bookmark", "a", {"position_ms": 1})
    anna.player_notes.put("bookmark", "a", {"position_ms": 2})
    anna.player_notes.put("star", "a")
    bob.player_notes.put("bookmark", "b", {})
    assert (bookmarks(anna), bookmarks(bob), bookmarks(library)) == ({"a": {"position_ms": 2}}, {"b": {}}, {})
    assert [bob.player_notes.remove("bookmark", address) for address in ("a", "b", "b")] == [False, True, False]
    assert (bookmarks(anna), bookmarks(bob)) == ({"a": {"position_ms": 2}}, {})
    monkeypatch.setattr(player_notes, "MOST_NOTES", 2)
    for subject in ("a", "b"):
        library.player_notes.put("bookmark", subject)
    with pytest.raises(UsageError, match="remove some first"):
        library.player_notes.put("bookmark", "c")
    library.player_notes.put("bookmark", "a", {"position_ms": 3})
    library.player_notes.put("star", "c")
    with pytest.raises(UsageError, match="leave some out"):
        library.player_notes.put("bookmark", "b", {"comment": "x" * 1_000_000})
    with pytest.raises(UsageError, match="none of bookmark, queue, star"):
        library.player_notes.all("other")  # type: ignore[arg-type]
    assert bookmarks(library) == {"a": {"position_ms": 3}, "b": {}}

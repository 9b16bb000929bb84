"""Who set what, and when; and how it is undone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from libraries import execute
from made_library import path_of, put_tracks

from map4 import Library
from map4.accounts.store.accounts import SqlAccounts
from map4.core.base.account import Account
from map4.core.base.actor import SCOPES_OF, Actor, Role
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.plugins import inline_lanes
from map4.values.history_records import UndoneStep
from map4.values.store import values

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as found:
        put_tracks(found, range(6))
        yield found


def _account(library: Library, name: str, role: Role = "user") -> tuple[Account, Library]:
    account = library._store.part(SqlAccounts).add(name, role, None, NOW)
    return account, library.acting_as(account.actor())


def _own(library: Library, name: str = "bpm") -> list[Any]:
    """What is set of each track."""
    return [getattr(track.user, name) for track in library.search("sort:path")]


def _tracks(library: Library, *numbers: int) -> list[Any]:
    return [library.track(path_of(number)) for number in numbers]


def _problems(undone: UndoneStep) -> list[str | None]:
    return [change.problem for change in undone.changes]


def test_step_names_its_author_and_is_undone_as_a_whole(library: Library) -> None:
    account, ann = _account(library, "Ann")
    ann.set(_tracks(ann, 0, 1), bpm=87, genre="Dub")
    library.set(_tracks(library, 0), key="8A")
    theirs = ann.values.history().steps[1]
    assert (theirs.by, theirs.name, theirs.kind, theirs.count) == (account.number, "Ann", "set", 4)
    assert [
        (change.name, change.was, change.became, change.track and change.track.path) for change in theirs.changes
    ] == [
        (name, None, value, path_of(number)) for number in (0, 1) for name, value in (("bpm", 87.0), ("genre", "Dub"))
    ]
    dry = ann.values.undo(dry_run=True)
    assert (dry.undid, dry.step, [change.new for change in dry.changes]) == (
        theirs.number,
        None,
        [100.0, None, 101.0, None],
    )
    assert _own(library)[:2] == [87.0, 87.0]
    done = ann.values.undo()
    assert (done.undid, _own(library), _own(library, "genre")) == (theirs.number, [None] * 6, [None] * 6)
    assert _own(library, "key")[0].camelot == "8A"
    steps = library.values.history().steps
    assert [(step.kind, step.undoes, step.undone_by) for step in steps] == [
        ("undo", theirs.number, None), ("set", None, None), ("set", None, done.step)
    ]  # fmt: skip
    with pytest.raises(UsageError, match=f"already undone, by step {done.step}"):
        ann.values.undo(theirs.number)
    with pytest.raises(NothingFoundError, match="you have no step to undo"):
        ann.values.undo()
    assert done.step is not None
    ann.values.undo(done.step)
    assert _own(library)[:3] == [87.0, 87.0, None]
    assert library.values.history().steps[-1].undone_by is None


def test_steps_name_their_values_and_are_undone_one_by_one(library: Library) -> None:
    for bpm in (90, 91, 92):
        library.set(_tracks(library, 0), bpm=bpm)
    library.set(_tracks(library, 0), bpm=92)  # which changes nothing
    found = []
    for _ in range(3):
        library.values.undo()
        found.append(_own(library)[0])
    assert found == [91.0, 90.0, None]
    assert library.values.history().steps[0].number == 6
    library.set(_tracks(library, 0, 1), album="A", artist="B", bpm=90, energy=3, genre="C", title="D", year=1999)
    [step] = library.undo_steps("set").steps
    assert (step.what, step.count) == ("14 values: album, artist, bpm, energy, genre, title, year", 14)


def test_undo_skips_values_changed_since(library: Library) -> None:
    (_, ann), (_, bob) = _account(library, "Ann"), _account(library, "Bob")
    ann.set(_tracks(ann, 0, 1, 2, 3), year=1999)
    bob.set(_tracks(bob, 1), year=2001)
    bob.set(_tracks(bob, 2), year=2001)
    bob.set(_tracks(bob, 2), year=1999)  # as Ann had it, but by Bob
    bob.set(_tracks(bob, 3), year=2001)
    bob.values.undo()
    undone = ann.values.undo()
    assert _problems(undone) == [
        None, "its year was changed since by Bob, in step 2", "its year was changed since by Bob, in step 4", None
    ]  # fmt: skip
    assert _own(library, "year") == [None, 2001, 1999, None, None, None]
    bob.values.undo(2)
    assert _own(library, "year")[1] == 1999
    assert next((change.track.path, change.problem) for change in ann.values.undo(1).changes) == (path_of(1), None)
    assert _own(library, "year") == [None, None, 1999, None, None, None]
    # Where all of it was set again, nothing is undone.
    ann.set(_tracks(ann, 5), year=1990)
    bob.set(_tracks(bob, 5), year=1991)
    refused = ann.values.undo()
    assert (refused.step, len(_problems(refused)), _own(library, "year")[5]) == (None, 1, 1991)


def test_foreign_steps_are_undone_only_by_admins(library: Library) -> None:
    (number, ann), (_, bob), (_, eve) = (
        (account.number, theirs)
        for account, theirs in (_account(library, "Ann"), _account(library, "Bob"), _account(library, "Eve", "admin"))
    )
    ann.set(_tracks(ann, 0), year=1999, rating=4)
    ann.set(_tracks(ann, 1), rating=5)
    with pytest.raises(NotAllowedError, match="step 1 was made by Ann; only an admin can undo it"):
        bob.values.undo(1)
    for other in (bob, eve):
        assert [(step.number, [change.name for change in step.changes]) for step in other.values.history().steps] == [
            (1, ["year"])
        ]
        with pytest.raises(NothingFoundError, match="there is no step 2"):
            other.values.undo(2)
    assert [change.name for change in eve.values.undo(1).changes] == ["year"]
    assert (_own(ann, "rating")[:2], _own(ann, "year")[0]) == ([4, 5], None)
    assert [change.name for change in ann.values.undo().changes] == ["rating"]
    viewer = library.acting_as(Actor(id=number, name="Ann", scopes=SCOPES_OF["viewer"]))
    assert viewer.values.history(by=number).steps
    with pytest.raises(NotAllowedError, match="'own'"):
        viewer.values.undo(1)
    ann.set(_tracks(ann, 2), year=1999)
    raters = library.acting_as(Actor(id=number, name="Ann", scopes=frozenset({"read", "own"})))
    with pytest.raises(NotAllowedError, match="'correct'"):
        raters.values.undo()


def test_history_is_paged_and_filtered_by_tracks(library: Library) -> None:
    for energy, number in enumerate((0, 1, 0, 2), start=1):
        library.set(_tracks(library, number, 5), energy=energy)
    page = library.values.history(limit=2)
    assert ([step.number for step in page.steps], page.next) == ([4, 3], 3)
    rest = library.values.history(limit=2, after=page.next)
    assert ([step.number for step in rest.steps], rest.next) == ([2, 1], None)
    found = library.values.history(_tracks(library, 0)).steps
    assert [(step.number, step.count, len(step.changes)) for step in found] == [(3, 1, 1), (1, 1, 1)]


def test_every_kind_of_value_change_is_in_the_history(library: Library, tmp_path: Path) -> None:
    [track] = _tracks(library, 0)
    path = tmp_path / "library.map4"
    execute(path, "INSERT INTO user_values (audio_id, name, value, set_at) VALUES (?, 'energy', '3', '')",
            [track.audio_id])  # fmt: skip
    execute(path, "UPDATE user_values SET value = '4'")
    execute(path, "INSERT INTO ratings VALUES (?, 0, 3.5, '')", [track.audio_id])
    [step] = library.values.history().steps
    assert (step.kind, [(change.name, change.was, change.became) for change in step.changes]) == (
        "moved", [("energy", None, 4), ("rating", None, 3.5)]
    )  # fmt: skip
    with pytest.raises(UsageError, match="moved values with audio"):
        library.values.undo(step.number)
    execute(path, "DELETE FROM user_values")
    library.set(_tracks(library, 1), year=2001)  # a step of its own
    assert [(step.kind, step.count) for step in library.values.history().steps] == [("set", 1), ("moved", 2)]


def test_history_drops_old_steps_and_keeps_the_last_whole(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MOST_CHANGES", 4)
    monkeypatch.setattr(values, "_MANY", 1)
    for genre in ("A", "B", "C"):
        library.set(_tracks(library, 0, 1), genre=genre)
    assert [step.number for step in library.values.history().steps] == [3, 2, 1]
    library.set(_tracks(library, 0), genre="D")
    assert [step.number for step in library.values.history().steps] == [4, 3, 2]
    library.set(list(library.search()), genre="E")
    assert [step.number for step in library.values.history().steps] == [5, 4, 3]
    library.values.undo()
    assert _own(library, "genre") == ["D", "C", None, None, None, None]


def test_removed_account_loses_ratings_but_not_corrections(library: Library) -> None:
    account, ann = _account(library, "Ann")
    ann.set(_tracks(ann, 0), year=1999, rating=4)
    library._store.part(SqlAccounts).remove(account.number)
    assert _own(ann, "rating") == [None] * 6
    [step] = ann.values.history().steps
    assert (step.by, step.name, [change.name for change in step.changes]) == (account.number, None, ["year"])
    library.set(_tracks(library, 0), year=2000)
    assert library.values.undo(1).changes[0].problem == "its year was changed since by you, in step 3"


def test_history_survives_repair(library: Library, tmp_path: Path) -> None:
    library.set(_tracks(library, 0), year=1999)
    library.set(_tracks(library, 0), year=2000)
    library.close()
    path = tmp_path / "library.map4"
    execute(path, "DROP TABLE facts")
    assert Library.care.repair(path) is not None
    with Library.open(path) as again:
        steps = again.values.history().steps
        assert [(step.number, step.kind, step.changes[0].became) for step in steps] == [
            (2, "set", 2000),
            (1, "set", 1999),
        ]
        again.values.undo()
        assert _own(again, "year")[0] == 1999

"""Marks: words of everybody's own, which queries find, steps undo, and files that move keep; and lists as a term."""

from datetime import timedelta
from typing import Any

import pytest
from libraries import audio_id
from stored import NOW, numbers_found, put_track

from map4.core.base.actor import SCOPES_OF, Actor
from map4.core.music.lists.listed import ListHeader
from map4.core.music.lists.live import LiveList
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.mark_words import OwnMark
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.lists.store.playlists import SqlPlaylists
from map4.values.store.values import SqlValues
from map4.values.use import ValueEdit, as_marked, plan_mark

ANN = Actor(id=7, name="Ann", scopes=SCOPES_OF["user"])


def track_of(store: Store, number: int) -> Track:
    [found] = [track for track in store.tracks.tracks() if track.audio_id == audio_id(number)]
    return found


def mark(store: Store, number: int, *words: str, off: tuple[str, ...] = (), after_s: int = 0) -> int | None:
    changes = ValueEdit(mark=words, unmark=off).changes_of([track_of(store, number)])
    return store.part(SqlValues).put(changes, now=NOW + timedelta(seconds=after_s))


def marks_of(store: Store, number: int) -> tuple[str, ...]:
    return track_of(store, number).user.marks or ()


@pytest.fixture
def marked(store: Store) -> Store:
    for number in range(1, 5):
        put_track(store, number, artist="Tagged", title=f"Song {number}")
    mark(store, 1, "Floorfiller", "Peak Time")
    mark(store, 2, "floorfiller")
    return store


def test_marks_are_set_and_taken_off_one_by_one(marked: Store) -> None:
    assert [marks_of(marked, number) for number in (1, 2, 3)] == [("Floorfiller", "Peak Time"), ("Floorfiller",), ()]
    assert mark(marked, 1, "FLOORFILLER") is None  # it has it, whatever its case
    mark(marked, 1, "warm-up", off=("floorfiller",))
    assert marks_of(marked, 1) == ("Peak Time", "warm-up")
    assert [(mark.name, mark.tracks) for mark in marked.part(SqlValues).marks()] == [
        ("Floorfiller", 1), ("Peak Time", 1), ("warm-up", 1)
    ]  # fmt: skip


def test_marks_are_separate_per_account(marked: Store) -> None:
    others = marked.acting_as(ANN)
    assert (marks_of(others, 1), list(others.part(SqlValues).marks())) == ((), [])
    mark(others, 1, "floorfiller")
    assert (marks_of(others, 1), marks_of(marked, 1)) == (("floorfiller",), ("Floorfiller", "Peak Time"))
    assert [step.count for step in others.part(SqlValues).steps(limit=9)] == [1]


def test_first_nine_marks_get_a_key_and_a_color(marked: Store) -> None:
    mark(marked, 3, *(f"m{number}" for number in range(9)))
    marks = {mark.name: mark for mark in marked.part(SqlValues).marks()}
    assert [marks[name].key for name in ("Floorfiller", "Peak Time", "m0", "m6", "m7")] == [1, 2, 3, 9, None]
    assert [marks[name].color for name in ("Floorfiller", "m0")] == [OwnMark.COLORS[0], OwnMark.COLORS[2]]
    marked.part(SqlValues).look_of_mark("m7", color="#000000", key=1, now=NOW + timedelta(seconds=1))
    marks = {mark.name: mark for mark in marked.part(SqlValues).marks()}
    assert (marks["m7"].key, marks["m7"].color, marks["Floorfiller"].key) == (1, "#000000", None)


def test_steps_contain_marks_undo_them_and_let_them_return(marked: Store) -> None:
    step = mark(marked, 1, "late", off=("peak time",), after_s=1)
    assert step is not None
    changes = {(change.name, change.was, change.became) for change in marked.part(SqlValues).changes_of(step, limit=9)}
    assert changes == {("mark", None, "late"), ("mark", "Peak Time", None)}
    found = {(value.was, value.now, value.is_as_left, value.last_step) for value in marked.part(SqlValues).undone(step)}
    assert found == {(None, "late", True, step), ("Peak Time", None, True, step)}
    done = marked.part(SqlValues).add_marks({audio_id(3): ["late"]}, now=NOW + timedelta(seconds=1))
    assert done.step is not None
    [value] = marked.part(SqlValues).undone(done.step)
    change = plan_mark(track_of(marked, 3), "late", is_on=value.was is not None)
    marked.part(SqlValues).put([change], now=NOW + timedelta(seconds=2), undoes=done.step)
    assert marks_of(marked, 3) == ()
    assert marked.part(SqlValues).add_marks({audio_id(3): ["late"]}, now=NOW + timedelta(seconds=3)).added == 1


def test_mark_is_renamed_on_all_tracks_in_one_step(marked: Store) -> None:
    mark(marked.acting_as(ANN), 1, "floorfiller")
    step = marked.part(SqlValues).rename_mark("floorfiller", "peak time", now=NOW)  # which there is already
    assert (marks_of(marked, 1), marks_of(marked, 2)) == (("peak time",), ("peak time",))
    assert marks_of(marked.acting_as(ANN), 1) == ("floorfiller",)
    assert marked.part(SqlValues).rename_mark("peak time", None, now=NOW) == step + 1
    assert [marks_of(marked, number) for number in (1, 2)] == [(), ()]


def test_queries_find_marks_and_lists(marked: Store) -> None:
    wanted: list[tuple[str, list[int]]] = [
        ("mark:floor", [1, 2]), ("mark:FLOORFILLER", [1, 2]), ("mark:=floorfiller", [1, 2]), ("mark:=floor", []),
        ("mark:time", [1]), ('mark:"peak time"', [1]), ('mark:"peak ti"', []), ("has:mark", [1, 2]),
        ("missing:mark", [3, 4]), ("^mark:peak", [2, 3, 4]), ("mark:floor mark:peak", [1]), ("sort:mark", [2, 1, 3, 4]),
        ("floorfiller", []), ("list:friday", [1, 3]), ('list:="friday night"', [1, 3]), ("list:=friday", []),
        ("has:list", [1, 2, 3]), ("missing:list", [4]), ("^list:friday", [2, 4]), ("sort:list-", [2, 1, 3, 4]),
        ("list:night", [1, 2, 3]), ("list:hers", []),
    ]  # fmt: skip

    def listed(store: Store, name: str, *numbers: int, **how: Any) -> None:
        store.part(SqlPlaylists).put(
            name, Tracklist(tracks=[track_of(store, number) for number in numbers]), now=NOW, **how
        )

    listed(marked, "Friday Night", 3, 1)
    listed(marked, "Night two", 2)
    listed(marked, "Gone", 4)
    marked.part(SqlPlaylists).delete("Gone", now=NOW)
    listed(marked.acting_as(ANN), "Hers", 4)
    assert [(text, numbers_found(marked, text)) for text, _ in wanted] == wanted
    hers = marked.acting_as(ANN)
    assert (numbers_found(hers, "has:mark"), numbers_found(hers, "list:hers")) == ([], [4])


def test_added_marks_of_a_program_leave_removed_marks_removed(marked: Store) -> None:
    mark(marked, 2, off=("floorfiller",), after_s=1)
    wanted = {audio_id(1): ["FLOORFILLER", "New"], audio_id(2): ["Floorfiller", "new"], "unknown": ["late"]}
    planned = marked.part(SqlValues).add_marks(wanted, now=NOW + timedelta(seconds=2), dry_run=True)
    assert (planned.added, planned.taken_off, planned.step) == (3, 1, None)
    done = marked.part(SqlValues).add_marks(wanted, now=NOW + timedelta(seconds=2))
    assert (done.added, done.taken_off, done.too_many) == (3, 1, 0)
    assert [marks_of(marked, number) for number in (1, 2)] == [("Floorfiller", "New", "Peak Time"), ("New",)]
    assert marked.part(SqlValues).add_marks(wanted, now=NOW + timedelta(seconds=3)).step is None
    last = next(iter(marked.part(SqlValues).undoable(1)), None)
    assert (last is not None and last.number) == done.step
    assert marked.acting_as(ANN).part(SqlValues).add_marks(wanted, now=NOW, dry_run=True).added == 5


def listed(store: Store, name: str) -> tuple[str, ...]:
    [found] = store.part(SqlPlaylists).all(name)
    return found.marks


def mark_list(store: Store, name: str, *words: str, off: tuple[str, ...] = ()) -> int | None:
    [found] = store.part(SqlPlaylists).all(name)
    return store.part(SqlValues).put(
        ValueEdit(mark=words, unmark=off).changes_of([as_marked(found.id, found.name, found.marks)]), now=NOW
    )


def test_marks_of_lists_are_separate_per_account(marked: Store) -> None:
    for name in ("Friday", "Sunday"):
        marked.part(SqlPlaylists).put(name, Tracklist(tracks=[track_of(marked, 1)]), now=NOW)
    since = marked.change_log.since(None).through
    assert mark_list(marked, "Friday", "Peak time", "club") is not None
    assert mark_list(marked, "Friday", "CLUB") is None
    mark_list(marked, "Sunday", "club")
    mark_list(marked.acting_as(ANN), "Friday", "hers")
    assert [listed(marked, name) for name in ("Friday", "Sunday")] == [("club", "Peak Time"), ("club",)]
    assert listed(marked.acting_as(ANN), "Friday") == ("hers",)
    assert [(mark.name, mark.tracks, mark.lists) for mark in marked.part(SqlValues).marks()] == [
        ("club", 0, 2), ("Floorfiller", 2, 0), ("Peak Time", 1, 1)
    ]  # fmt: skip
    ids = {marked.part(SqlPlaylists).id_of(name) for name in ("Friday", "Sunday")}
    changes = marked.change_log.since(since).changes  # what others mark is theirs alone
    assert {(list_id.type, list_id.what, list_id.subject) for list_id in changes} == {
        ("lists", "changed", change) for change in ids
    }
    step = marked.part(SqlValues).rename_mark("club", "late", now=NOW)
    assert step is not None
    assert listed(marked, "Sunday") == ("late",)
    assert {value.audio_id for value in marked.part(SqlValues).undone(step)} == ids
    marked.part(SqlPlaylists).delete("Sunday", now=NOW)
    assert [(mark.name, mark.lists) for mark in marked.part(SqlValues).marks()][1:] == [("late", 1), ("Peak Time", 1)]
    marked.part(SqlPlaylists).restore("Sunday", now=NOW)
    assert listed(marked, "Sunday") == ("late",)
    marked.part(SqlPlaylists).delete("Sunday", now=NOW)
    marked.part(SqlPlaylists).delete("Friday", now=NOW + timedelta(days=31))  # the other one is gone for good
    marked.part(SqlPlaylists).restore("Friday", now=NOW + timedelta(days=31))
    assert [(mark.name, mark.lists) for mark in marked.part(SqlValues).marks()][1:] == [("late", 1), ("Peak Time", 1)]
    assert {value.audio_id for value in marked.part(SqlValues).undone(step)} == {
        marked.part(SqlPlaylists).id_of("Friday")
    }


def test_queries_find_marks_of_lists(marked: Store) -> None:
    wanted: list[tuple[str, list[int]]] = [
        ("list-mark:club", [1, 2, 3]), ("list-mark:=club", [1, 2, 3]), ("list-mark:=clu", []), ("list-mark:late", [2]),
        ("has:list-mark", [1, 2, 3]), ("missing:list-mark", [4]), ("^list-mark:late", [1, 3, 4]),
        ("list-mark:club list:night", [2]), ("sort:list-mark-", [2, 1, 3, 4]), ("list-mark:floorfiller", []),
        ("list-mark:hers", []), ("mark:club", []),
    ]  # fmt: skip
    for name, tracks in (("Friday", (3, 1)), ("Night", (2,)), ("Gone", (4,)), ("Bare", (4,))):
        marked.part(SqlPlaylists).put(name, Tracklist(tracks=[track_of(marked, track) for track in tracks]), now=NOW)
    for name, words in (("Friday", ("Club",)), ("Night", ("club", "late")), ("Gone", ("club",))):
        mark_list(marked, name, *words)
    marked.part(SqlPlaylists).delete("Gone", now=NOW)
    mark_list(marked.acting_as(ANN), "Bare", "hers")
    assert [(text, numbers_found(marked, text)) for text, _ in wanted] == wanted
    assert numbers_found(marked.acting_as(ANN), "has:list-mark") == [4]
    stored = marked.part(SqlPlaylists).get("Night")
    assert stored.marks == ("Club", "late")


def test_query_by_a_mark_of_only_live_lists_is_refused(marked: Store) -> None:
    live = ListHeader(live=LiveList(query="artist:tagged"))
    marked.part(SqlPlaylists).put("Fresh", Tracklist(tracks=(), header=live), now=NOW)
    mark_list(marked, "Fresh", "club")
    with pytest.raises(UsageError, match="'Fresh' is a live list, which list-mark: can't search"):
        numbers_found(marked, "list-mark:club")
    marked.part(SqlPlaylists).put("Friday", Tracklist(tracks=[track_of(marked, 1)]), now=NOW)
    mark_list(marked, "Friday", "club")
    assert numbers_found(marked, "list-mark:club") == [1]

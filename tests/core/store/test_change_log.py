"""What changed is told with the change itself: to everybody, or to whom it belongs, and in its order."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from libraries import audio_id, made_analysis
from stored import NOW, OpenStore, put_imported, put_observations, put_own, put_track

from map4.care import SqlCare
from map4.core.audio.jobs import Stamp, TagsRead
from map4.core.base.actor import SCOPES, Actor
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.labels import Labels
from map4.core.music.track.observations import Observation
from map4.core.music.track.tags import Tags
from map4.core.music.track.track_parts import Failure
from map4.core.store.sql_store import Store
from map4.labels import SqlLabels
from map4.lists.store.playlists import SqlPlaylists
from map4.lists.stored import ListVersion
from map4.scan.store import SqlIgnoredFiles

ANN, BOB = (Actor(id=number, name=name, scopes=frozenset(SCOPES)) for number, name in ((1, "Ann"), (2, "Bob")))
STAMP = Stamp(7, 2, 2)
FAILURE = Failure(kind="corrupt", message="it is cut off")
SONG = Tracklist(tracks=[])


class Follower:
    """Somebody who follows a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._through = store.change_log.since(None).through

    def changes(self) -> list[tuple[str, str, str]]:
        found = self._store.change_log.since(self._through)
        assert found.is_whole
        numbers = [self._through, *(change.number for change in found.changes)]
        assert numbers == sorted(set(numbers))
        assert found.through >= numbers[-1]
        self._through = found.through
        return [(change.type, change.what, change.subject) for change in found.changes]


@pytest.fixture
def filled(store: Store) -> Store:
    """Two tracks, and a list."""
    put_track(store, 1)
    put_track(store, 2)
    store.part(SqlPlaylists).put("Old", SONG, now=NOW)
    return store


def _id(store: Store, name: str) -> str:
    [found] = (playlist.id for playlist in store.part(SqlPlaylists).all() if playlist.name == name)
    return found


def _observe(store: Store) -> None:
    observation = Observation(
        provider="musicbrainz", provider_id="r", field="label", value="Lantern", score=1.0, fetched_at="2026-01-01"
    )
    put_observations(store.database, [(audio_id(1), observation)])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda store: put_track(store, 3), [("tracks", "added", 3)]),
        (lambda store: put_track(store, 3, path="/music/1.mp3"),
         [("tracks", "forgotten", 1), ("tracks", "changed", 3)]),
        (lambda store: put_track(store, 1, path="/elsewhere/1.mp3", analysed=False,
                                 replaces=store.tracks.files_with_audio(audio_id(1))[0][0]), [("tracks", "moved", 1)]),
        (lambda store: store.tracks.put_analysis(audio_id(1), made_analysis(bpm=99.0), now=NOW),
         [("tracks", "analysed", 1)]),
        (lambda store: store.tracks.put_analysis(audio_id(9), made_analysis(bpm=99.0), now=NOW), []),
        (lambda store: store.tracks.put_tags("/music/1.mp3", TagsRead(stamp=STAMP, tags=Tags(title="New")), now=NOW),
         [("tracks", "changed", 1)]),
        (lambda store: store.tracks.put_failure("/music/1.mp3", STAMP, FAILURE, now=NOW),
         [("tracks", "changed", 1)]),
        (lambda store: store.tracks.mark_missing(["/music/1.mp3", "/music/2.mp3"], now=NOW),
         [("tracks", "missing", 1), ("tracks", "missing", 2)]),
        (lambda store: (store.tracks.mark_missing(["/music/1.mp3"], now=NOW),
                        store.tracks.mark_present(["/music/1.mp3"])),
         [("tracks", "missing", 1), ("tracks", "found", 1)]),
        (lambda store: store.part(SqlIgnoredFiles).forget(["/music/1.mp3"], ignore=False, now=NOW),
         [("tracks", "forgotten", 1)]),
        (lambda store: store.part(SqlCare).clear(), [("tracks", "changed", 1), ("tracks", "changed", 2)]),
        (lambda store: put_own(store, 1, title="Own"), [("values", "set", 1)]),
        (lambda store: (put_own(store, 1, title="Own"), put_own(store, 1, title=None)), [("values", "set", 1)]),
        (lambda store: put_own(store, 1, rating=4.0), [("values", "rated", 1)]),
        (lambda store: store.part(SqlLabels).put({audio_id(2): Labels()}, now=NOW), [("values", "labelled", 2)]),
        (lambda store: put_imported(store, {1: {"rating": 4.0}}), [("values", "imported", 1)]),
        (_observe, [("values", "looked-up", 1)]),
        (lambda store: store.part(SqlPlaylists).put("New", SONG, now=NOW), [("lists", "made", "New")]),
        (lambda store: store.part(SqlPlaylists).put("old", SONG, now=NOW), [("lists", "changed", "Old")]),
        (lambda store: store.part(SqlPlaylists).describe("Old", "D", now=NOW), [("lists", "changed", "Old")]),
        (lambda store: store.part(SqlPlaylists).rename("Old", "Newer", now=NOW), [("lists", "renamed", "Newer")]),
    ],
)  # fmt: skip
def test_changes_are_logged_once(filled: Store, change: Callable[[Store], Any], expected: list[Any]) -> None:
    follower = Follower(filled)
    change(filled)
    subjects = [audio_id(subject) if isinstance(subject, int) else _id(filled, subject) for _, _, subject in expected]
    changes = [(kind, what, subject) for (kind, what, _), subject in zip(expected, subjects, strict=True)]
    assert sorted(follower.changes()) == sorted(changes)
    assert follower.changes() == []


def test_deleted_list_is_logged_by_its_id(filled: Store) -> None:
    follower, its_id = Follower(filled), _id(filled, "Old")
    filled.part(SqlPlaylists).delete("Old", now=NOW)
    assert follower.changes() == [("lists", "deleted", its_id)]
    put_track(filled, 3)
    filled.part(SqlPlaylists).restore("Old", now=NOW)
    assert follower.changes()[-1] == ("lists", "restored", its_id)
    filled.part(SqlPlaylists).put("Old", Tracklist(tracks=list(filled.tracks.tracks())), now=NOW)
    filled.part(SqlPlaylists).put(
        "Old", SONG, now=NOW, keep=True
    )  # what it held is kept as another one, which nobody sees
    filled.part(SqlPlaylists).delete("Old", now=NOW)
    later = NOW + 2 * ListVersion.DELETED_FOR
    filled.part(SqlPlaylists).put("Old", SONG, now=later)
    filled.part(SqlPlaylists).delete("Old", now=later)  # and drops those that were kept long enough
    new = next(playlist.id for playlist in filled.part(SqlPlaylists).deleted(now=later))
    assert follower.changes() == [
        ("lists", "changed", its_id), ("lists", "deleted", its_id), ("lists", "made", new), ("lists", "deleted", new),
    ]  # fmt: skip


def test_repeated_changes_are_reported_once_and_only_by_their_log(
    filled: Store, open_store: OpenStore, tmp_path: Path
) -> None:
    follower = Follower(filled)
    for number in (1, 2, 1, 2, 1):
        filled.tracks.put_analysis(audio_id(number), made_analysis(bpm=99.0), now=NOW)
    assert follower.changes() == [("tracks", "analysed", audio_id(2)), ("tracks", "analysed", audio_id(1))]
    (tmp_path / "other").mkdir()
    with closing(open_store(tmp_path / "other")) as other:
        assert not other.change_log.since(filled.change_log.since(None).through).is_whole
        assert other.change_log.since(0).is_whole


def test_personal_changes_are_reported_only_to_their_owner(filled: Store) -> None:
    everybody = [filled.acting_as(actor) for actor in (Actor.LOCAL, ANN, BOB)]
    followers = [Follower(person) for person in everybody]
    [anns] = everybody[1:2]
    put_own(anns, 1, rating=5.0)
    assert [follower.changes() for follower in followers] == [[], [("values", "rated", audio_id(1))], []]
    put_own(filled, 1, rating=2.0)
    assert [follower.changes() for follower in followers] == [[("values", "rated", audio_id(1))], [], []]
    put_own(anns, 1, title="For all")
    assert [follower.changes() for follower in followers] == [[("values", "set", audio_id(1))]] * 3
    anns.part(SqlPlaylists).put("Mine", SONG, now=NOW)
    mine = _id(anns, "Mine")
    assert [follower.changes() for follower in followers] == [[], [("lists", "made", mine)], []]
    anns.part(SqlPlaylists).rename("Mine", "Still mine", now=NOW)
    anns.part(SqlPlaylists).delete("Still mine", now=NOW)
    assert [follower.changes() for follower in followers] == [
        [],
        [("lists", "renamed", mine), ("lists", "deleted", mine)],
        [],
    ]
    filled.part(SqlPlaylists).describe("Old", "everybody's", now=NOW)
    assert [follower.changes() for follower in followers] == [[("lists", "changed", _id(filled, "Old"))]] * 3


def test_change_log_names_the_writer(open_store: OpenStore, tmp_path: Path) -> None:
    with closing(open_store(tmp_path, writer="server")) as server, closing(open_store(tmp_path)) as program:
        put_track(server, 1)
        put_track(program, 2)
        put_track(server, 3)
        changes = server.change_log.since(0).changes
    assert [change.writer for change in changes] == ["server", "python", "server"]
    assert all(change.at.endswith("Z") for change in changes)


def test_change_log_is_marked_incomplete_after_a_long_absence(filled: Store) -> None:
    start = filled.change_log.since(None).through
    assert filled.change_log.since(start).is_whole
    for _ in range(4):  # the same again takes no room, and yet the first of them is long ago
        filled.part(SqlLabels).put({audio_id(number): Labels(mood="dark") for number in range(3000)}, now=NOW)
    found = filled.change_log.since(start)
    assert (found.is_whole, len(found.changes)) == (False, 3000)
    assert filled.change_log.since(found.through - 5000).is_whole
    assert not filled.change_log.since(found.through + 1).is_whole

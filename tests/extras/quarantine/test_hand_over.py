"""What the library knows of a copy goes to the copy that is kept, and comes back, in every store."""

from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

from libraries import audio_id
from made_library import path_of, put_tracks
from stored import NOW, put_imported, put_own, put_play, put_track

from map4 import Library
from map4.core.audio.jobs import Stamp
from map4.core.base.actor import SCOPES, Actor
from map4.core.base.records import read
from map4.core.music.lists.joint import ListJoint
from map4.core.music.lists.listed import ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.store.sql_store import Store
from map4.duplicates.finding.groups import CopyChoice
from map4.duplicates.store.copies import SqlCopies
from map4.extras.quarantine.options import QuarantineOptions
from map4.extras.quarantine.store import HandOver, SqlHandOvers
from map4.lists.store.playlists import SqlPlaylists

ANN = Actor(id=7, name="Ann", scopes=frozenset(SCOPES))


def test_data_of_a_copy_is_transferred_and_undone(store: Store) -> None:
    put_track(store, 1)
    put_own(store, 1, rating=4)
    put_track(store, 2)
    anns = store.acting_as(ANN)
    for number in (1, 2):
        put_own(anns, number, rating=number)
    put_imported(store, {1: {"bpm": 120.5}})
    put_play(store, audio_id(1))
    put_play(store, audio_id(2), at=NOW + timedelta(hours=1))
    before = list(store.tracks.tracks())
    store.part(SqlPlaylists).put("Old", Tracklist(tracks=before[:1]), now=NOW)
    [listed], through = store.part(SqlPlaylists).all(), store.change_log.since(None).through
    hand_overs = store.part(SqlHandOvers)
    plan = hand_overs.plan("/music/1.mp3", "/music/2.mp3")
    assert read(HandOver, asdict(plan)) == plan
    hand_overs.carry_out(plan)
    changes = [(change.type, change.what, change.subject) for change in store.change_log.since(through).changes]
    assert ("lists", "changed", listed.id) in changes
    [kept] = store.tracks.tracks()
    assert (kept.audio_id, kept.user.rating, kept.play_count()) == (audio_id(2), 4.0, 2)
    assert (kept.imported is not None, [track.user.rating for track in anns.tracks.tracks()]) == (True, [2.0])
    for _ in range(2):  # as often as one likes
        hand_overs.take_back(plan, Stamp(7, 1, 1))
        assert sorted(store.tracks.tracks(), key=lambda track: track.path) == before
    assert hand_overs.plan("/music/9.mp3", "/music/2.mp3") is None


def test_values_of_a_replaced_file_are_shifted_and_undone(store: Store) -> None:
    put_track(store, 1, genre="Dub", year=1999)
    put_track(store, 2, year=2005)
    put_own(store, 1, bpm=120, cues=[{"position_s": 10.0}], title="Old", rating=4)
    put_own(store, 2, bpm=121, title="New", rating=2)
    before = sorted(store.tracks.tracks(), key=lambda track: track.path)
    joint = ListJoint(of=audio_id(1), to=audio_id(3), leave_s=60.0)
    lists, hand_overs = store.part(SqlPlaylists), store.part(SqlHandOvers)
    lists.put("A", Tracklist(tracks=before, header=ListHeader(joints=(joint,))), now=NOW)
    for tags, taken in (("fill", ["genre", "title"]), ("new", ["title"]), ("old", ["genre", "title", "year"])):
        options = QuarantineOptions(replaces=True, tags=tags)
        plan = hand_overs.plan("/music/1.mp3", "/music/2.mp3", options)
        assert [name for name, *_ in plan.file_values] == taken
    assert (plan.conflicts, plan.has_times) == (["bpm", "ratings", "title"], True)
    hand_overs.carry_out(plan := read(HandOver, asdict(hand_overs.later(plan, -1.5))))
    [kept] = store.tracks.tracks()
    assert (kept.user.bpm, kept.user.rating, kept.title(), kept.genre(), kept.year()) == (120, 4, "Old", "Dub", 1999)
    assert [cue.position_s for cue in kept.user.cues or ()] == [8.5]
    assert lists.get("A").header.joints == (replace(joint, of=audio_id(2), leave_s=58.5),)
    hand_overs.take_back(plan, Stamp(7, 1, 1))
    assert sorted(store.tracks.tracks(), key=lambda track: track.path) == before
    assert lists.get("A").header.joints == (joint,)


def test_values_of_a_moved_copy_are_transferred_in_one_step(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        put_tracks(library, range(2))
        library.set([library.track(path_of(0))], genre="Dub")
        hand_overs = library.acting_as(library.accounts.add("Eve", "admin").actor())._store.part(SqlHandOvers)
        hand_overs.carry_out(hand_overs.plan(path_of(0), path_of(1)))
        [moved, _] = library.values.history().steps
        assert (moved.name, moved.kind, [(change.name, change.became) for change in moved.changes]) == (
            "Eve", "moved", [("genre", "Dub")]
        )  # fmt: skip
        # Of what no file is left the value is taken back all the same.
        assert [change.track.state for change in library.values.undo().changes] == ["missing"]


def test_gone_file_hands_over_with_list_versions_and_is_restored(store: Store) -> None:
    put_track(store, 1, is_missing=True)
    put_track(store, 2, audio=1, path="/music/other.mp3")
    put_track(store, 3)
    put_own(store, 3, rating=4, bpm=99)
    store.tracks.mark_missing(["/music/3.mp3"], now=NOW)
    before = list(store.tracks.tracks())
    store.part(SqlPlaylists).put("A", Tracklist(tracks=before), now=NOW)
    copies = store.part(SqlCopies)
    assert copies.present_copies({audio_id(1), audio_id(3)}) == {audio_id(1): "/music/other.mp3"}
    [group] = copies.groups(CopyChoice(keep=frozenset({2})), with_gone=True)[0]
    assert ([file.is_gone for file in group.files], copies.groups(CopyChoice())[0]) == ([False, True], [])
    lists, hand_overs = store.part(SqlPlaylists), store.part(SqlHandOvers)
    plans = [hand_overs.plan(path, "/music/other.mp3") for path in ("/music/1.mp3", "/music/3.mp3")]
    for plan in plans:
        hand_overs.carry_out(plan)
    [kept] = store.tracks.tracks()
    assert (kept.path, kept.user.bpm, kept.user.rating) == ("/music/other.mp3", 99, 4.0)
    whats = [version.what for version in lists.versions("A")]
    assert whats == ["handed over to other files", "as it was stored"]
    assert list(lists.changes(9)) == []
    for plan in reversed(plans):
        for _ in range(2):
            hand_overs.take_back(plan, None, is_gone=True)
    assert sorted(store.tracks.tracks(), key=lambda track: track.path) == sorted(before, key=lambda track: track.path)
    assert [version.what for version in lists.versions("A")][:1] == ["handed back to files before"]

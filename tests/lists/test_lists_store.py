"""Lists by name: stored, found again, and followed wherever their tracks go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from report_tracks import transition_of
from stored import put_track

from map4.accounts.store.accounts import SqlAccounts
from map4.care import SqlCare
from map4.core.base.account import Account
from map4.core.base.actor import Actor, Role
from map4.core.music.lists.joint import ListJoint
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListedPick, ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import NotAllowedError, StoredListExistsError, UsageError
from map4.lists.store.playlists import SqlPlaylists
from map4.lists.stored import ListVersion, PlayedEntry
from map4.scan.store import SqlIgnoredFiles
from map4.values.store.values import SqlValues

EARLY, LATE = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)


@pytest.fixture
def lists(store: Store) -> SqlPlaylists:
    for number in range(3):
        put_track(store, number, duration_s=10.0)
    return store.part(SqlPlaylists)


HEADER = ListHeader(seeds=("/a",), joints=(ListJoint(of="a2-1", to="a2-2", leave_s=90.5, bars=8, kind="fade"),))


def tracks(store: Store) -> list[Track]:
    return list(store.tracks.tracks())


def pick_of(compatibility: float | None) -> ListedPick:
    step = None if compatibility is None else transition_of(compatibility)
    return ListedPick(energy_target=0.5, transition=step, reasons=("x",))


def three(store: Store) -> Tracklist:
    picks = [pick_of(None), pick_of(1.0), pick_of(0.5)]
    return Tracklist(tracks=tracks(store), picks=picks, description="D", header=HEADER)


def test_list_is_read_back_as_stored(lists: SqlPlaylists, store: Store) -> None:
    content = three(store)
    lists.put(" Friday ", content, now=EARLY)
    found = lists.get("friday")
    assert (found.name, found.description, found.header) == ("Friday", "D", HEADER)
    assert (list(found.tracks), list(found.picks)) == (list(content.tracks), list(content.picks))
    assert lists.get("Saturday") is None
    assert lists.noted("Friday", "energy_target") == {track.audio_id: 0.5 for track in content.tracks}


def test_storing_an_existing_name_replaces_the_list(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", three(store), now=EARLY)
    lists.put("FRIDAY", Tracklist(tracks=tracks(store)[:1]), now=LATE)
    [found] = lists.all()
    assert found.to_record() == {
        "id": found.id, "name": "Friday", "description": None, "tracks": 1, "present": 1, "duration_s": 10.0,
        "compatibility": None, "ratings": {"excellent": 0, "good": 0, "fair": 0, "poor": 0},
        "created_at": "2026-01-02T00:00:00Z", "updated_at": "2026-01-03T00:00:00Z",
        "history": False, "played_at": None, "folder": None, "deleted_at": None, "kept_until": None,
        "owner": {"id": 0, "name": "local"}, "sharing": "edit", "may_edit": True, "marks": [],
        "live": None, "problem": None,
    }  # fmt: skip


def test_stored_list_counts_its_transitions_by_rating(lists: SqlPlaylists, store: Store) -> None:
    content = three(store)
    lists.put("Friday", content, now=EARLY)
    [found] = lists.all()
    ratings = [pick.rating for pick in content.picks]
    assert found.ratings.to_record() == {name: ratings.count(name) for name in ("excellent", "good", "fair", "poor")}
    assert ratings[0] is None is not ratings[1]


def test_upper_and_lower_case_are_one_name_in_every_script(lists: SqlPlaylists, store: Store) -> None:
    lists.put("ärger", three(store), now=EARLY)
    with pytest.raises(StoredListExistsError, match="ärger"):
        lists.require_free("ÄRGER")
    with pytest.raises(StoredListExistsError, match="ärger"):
        lists.put("Ärger", three(store), now=EARLY, replace=False)
    lists.put("Ärger", Tracklist(tracks=tracks(store)[:1]), now=LATE)
    [found] = lists.all()
    assert (found.name, found.tracks) == ("ärger", 1)
    assert lists.delete("ÄRGER", now=LATE)


def test_a_list_is_renamed_and_described(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", three(store), now=EARLY)
    lists.put("Sunday", Tracklist(tracks=[]), now=EARLY)
    assert lists.rename("Friday", "FRIDAY ", now=LATE) == "FRIDAY"
    with pytest.raises(StoredListExistsError, match="Sunday"):
        lists.rename("FRIDAY", "sunday", now=LATE)
    lists.describe("FRIDAY", "loud", now=LATE)
    assert [(playlist.name, playlist.description, playlist.updated_at) for playlist in lists.all()] == [
        ("FRIDAY", "loud", "2026-01-03T00:00:00Z"), ("Sunday", None, "2026-01-02T00:00:00Z"),
    ]  # fmt: skip
    assert (lists.names(), lists.name_of("friday")) == (["FRIDAY", "Sunday"], "FRIDAY")


def test_list_names_ignore_unicode_composition(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Fu\u0308r dich", three(store), now=EARLY)
    with pytest.raises(StoredListExistsError):
        lists.require_free("F\u00dcR DICH")
    assert lists.name_of("f\u00fcr dich") == "F\u00fcr dich"
    [stored] = lists.all()
    with pytest.raises(UsageError, match="looks like a list id"):
        lists.rename("F\u00fcr dich", f"l-{16 * '0'}", now=LATE)
    with pytest.raises(UsageError):  # what is new has a name, not an id
        lists.put(stored.id, three(store), now=LATE, replace=False)
    lists.put(stored.id, Tracklist(tracks=tracks(store)[:1]), now=LATE)
    assert [(playlist.name, playlist.tracks) for playlist in lists.all()] == [("F\u00fcr dich", 1)]


def test_imported_list_can_be_named_with_its_folders(lists: SqlPlaylists, store: Store) -> None:
    for name, folders, its_name in (
        ("Warmup", ("2023",), "Warmup"), ("Warmup (2024)", ("2024", "House/Club"), "Warmup"), ("Plain", (), "Plain"),
        ("Own", (), "Own"), ("Set", ("A",), "Set"), ("Set (Traktor)", ("A",), "Set"),
    ):  # fmt: skip
        place = ImportedPlace(folders=folders, name=its_name)
        header = ListHeader(imported=ImportedList(format="rekordbox", place=place))
        lists.put(name, Tracklist(tracks=tracks(store)[:1], header=header), now=EARLY)
    assert {playlist.name: playlist.folder for playlist in lists.all() if playlist.folder} == {
        "Warmup": "2023", "Warmup (2024)": "2024/House/Club", "Set": "A", "Set (Traktor)": "A",
    }  # fmt: skip
    names = ("2023/warmup", "2024/House/Club/Warmup", "2024/House/Club/Warmup (2024)", "A/Set (Traktor)")
    assert [lists.name_of(name) for name in names] == ["Warmup", "Warmup (2024)", "Warmup (2024)", "Set (Traktor)"]
    assert [lists.name_of(name) for name in ("2024/Warmup", "/Plain", "2023/")] == [None, None, None]
    with pytest.raises(UsageError, match=r"2 .* lists are named 'A/Set' .* names here are 'Set', 'Set \(Traktor\)'"):
        lists.get("A/Set")
    lists.rename("2023/Warmup", "Intro", now=LATE)
    assert (lists.name_of("2023/Intro"), lists.delete("2023/Warmup", now=LATE)) == ("Intro", True)
    # What is gone leaves its name to no other.
    assert (lists.name_of("2023/Warmup"), lists.name_of("Warmup")) == (None, None)
    assert [lists.restore(name, now=LATE) for name in ("2024/Warmup", "2023/Warmup")] == [None, "Intro"]
    with pytest.raises(UsageError, match="slashes"):
        lists.put("A/Set (Traktor)", Tracklist(tracks=[]), now=LATE)


def test_version_changes_only_with_name_description_and_entries(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", three(store), now=EARLY)
    number = lists.id_of("FRIDAY")
    assert number is not None
    seen = [lists.version("friday")]
    store.part(SqlValues).put([], now=LATE)
    put_track(store, 0, duration_s=11.0)
    assert lists.version(number) == seen[0]
    lists.describe(number, "late", now=LATE)
    seen.append(lists.version(number))
    lists.rename(number, "Monday", now=LATE)
    seen.append(lists.version(number))
    lists.put(number, Tracklist(tracks=tracks(store)[:2], description="late"), now=LATE)
    seen.append(lists.version(number))
    assert len(set(seen)) == 4
    assert (lists.id_of("Friday"), lists.version("Friday"), lists.id_of("monday")) == (None, None, number)


def test_several_changes_are_made_at_once_or_not_at_all(lists: SqlPlaylists, store: Store) -> None:
    with store.at_once():
        lists.put("Friday", three(store), now=EARLY)
        lists.describe("Friday", "late", now=LATE)
    before = lists.version("Friday")
    with pytest.raises(KeyError), store.at_once():  # noqa: PT012 - what was changed before the error counts
        lists.rename("Friday", "Monday", now=LATE)
        lists.delete("Monday", now=LATE)
        raise KeyError
    assert (lists.names(), lists.version("Friday")) == (["Friday"], before)


ANN, BOB = (Actor(id=number, name=name, scopes=frozenset({"read", "own"})) for number, name in ((1, "Ann"), (2, "Bob")))


def test_accounts_have_separate_lists(lists: SqlPlaylists, store: Store) -> None:
    ann, bob = (store.acting_as(actor).part(SqlPlaylists) for actor in (ANN, BOB))
    lists.put("Open", three(store), now=EARLY)
    ann.put("Friday", three(store), now=EARLY)
    bob.put("FRIDAY", Tracklist(tracks=tracks(store)[:1]), now=EARLY)
    assert [[(playlist.name, playlist.tracks) for playlist in person.all()] for person in (lists, ann, bob)] == [
        [("Open", 3)], [("Friday", 3), ("Open", 3)], [("FRIDAY", 1), ("Open", 3)],
    ]  # fmt: skip
    assert lists.get("Friday") is None
    assert bob.get(ann.all()[0].id) is None
    ann.put("Open", Tracklist(tracks=[]), now=LATE)  # what belongs to nobody is everybody's
    assert [(playlist.name, playlist.tracks) for playlist in lists.all()] == [("Open", 0)]


def test_lists_are_sorted_by_name_with_their_totals(lists: SqlPlaylists, store: Store) -> None:
    lists.put("b", three(store), now=EARLY)
    lists.put("A", Tracklist(tracks=[]), now=EARLY)
    empty, full = lists.all()
    assert (empty.name, empty.tracks, empty.present, empty.duration_s, empty.compatibility) == ("A", 0, 0, 0.0, None)
    assert (full.tracks, full.present, full.duration_s, full.compatibility) == (3, 3, 30.0, 0.75)
    assert [lists.delete(name, now=LATE) for name in ("B", "B", "n\udce9")] == [True, False, False]
    assert lists.get("n\udce9") is None
    assert [found.name for found in lists.all()] == ["A"]


def test_list_follows_moved_tracks_and_reports_missing_tracks(lists: SqlPlaylists, store: Store) -> None:
    content = three(store)
    gone = Track(path="/gone.mp3", state="ok", tags=Tags(artist="Ann\ud800", title="Song"))
    lists.put("Friday", Tracklist(tracks=[*content.tracks, gone]), now=EARLY)
    put_track(store, 1, path="/new/1.mp3", replaces=store.tracks.known_files()["/music/1.mp3"].file_id)
    store.tracks.mark_missing(["/music/0.mp3"], now=LATE)
    found = lists.get("Friday")
    assert [(track.path, track.state) for track in found.tracks] == [
        ("/music/0.mp3", "missing"), ("/new/1.mp3", "ok"), ("/music/2.mp3", "ok"), ("/gone.mp3", "missing"),
    ]  # fmt: skip
    assert found.tracks[3].tags == Tags(artist="Ann?", title="Song")
    [playlist] = lists.all()
    assert (playlist.tracks, playlist.present, playlist.duration_s) == (4, 2, 210.0)


def test_present_copies_replace_forgotten_and_missing_files(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", Tracklist(tracks=tracks(store)[:2]), now=EARLY)
    store.part(SqlIgnoredFiles).forget(["/music/0.mp3"], ignore=False, now=LATE)
    put_track(store, 0, path="/old.mp3", is_missing=True)
    put_track(store, 0, path="/copy of 0.mp3")
    put_track(store, 1, path="/copy of 1.mp3")
    store.tracks.mark_missing(["/music/1.mp3"], now=LATE)
    found = lists.get("Friday")
    assert [(track.path, track.state) for track in found.tracks] == [("/copy of 0.mp3", "ok"), ("/copy of 1.mp3", "ok")]
    assert lists.all()[0].present == 2


def test_other_audio_at_the_same_path_is_another_track(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", three(store), now=EARLY)
    put_track(store, 0, path="/copy.mp3")
    put_track(store, 8, path="/music/0.mp3")
    put_track(store, 9, path="/music/1.mp3")
    found = lists.get("Friday")
    # Where the audio is nowhere else, the file that now has the name stands for it.
    assert [track.path for track in found.tracks] == ["/copy.mp3", "/music/1.mp3", "/music/2.mp3"]


def test_invalid_list_names_are_refused(lists: SqlPlaylists) -> None:
    for name in ("", "  ", "a/b", "a\\b", "-", "x" * 201, "a\nb", "n\udce9", ".", ".."):
        with pytest.raises(UsageError, match=r"a list's name|read as a file|special meaning on a command line"):
            lists.put(name, Tracklist(tracks=[]), now=EARLY)


def test_clear_and_prune_keep_lists(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", three(store), now=EARLY)
    store.tracks.mark_missing([f"/music/{number}.mp3" for number in range(3)], now=LATE)
    store.part(SqlCare).clear()
    store.part(SqlCare).prune(dry_run=False)
    found = lists.get("Friday")
    assert [(track.path, track.state) for track in found.tracks] == [(f"/music/{n}.mp3", "missing") for n in range(3)]


def test_deleted_list_can_be_restored_for_thirty_days(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", three(store), now=EARLY)
    [before] = lists.all()
    lists.delete("friday", now=EARLY)
    assert (lists.all(), lists.names(), lists.get("Friday"), lists.get(before.id)) == ([], [], None, None)
    [deleted] = lists.deleted(now=LATE)
    assert (deleted.id, deleted.name, deleted.tracks, deleted.deleted_at, deleted.kept_until) == (
        before.id, "Friday", 3, "2026-01-02T00:00:00Z", "2026-02-01T00:00:00Z",
    )  # fmt: skip
    assert lists.restore("FRIDAY", now=LATE) == "Friday"
    # It was changed last when it came back: where libraries are merged, that is later than its deletion.
    assert (lists.all(), lists.deleted(now=LATE)) == ([replace(before, updated_at="2026-01-03T00:00:00Z")], [])
    lists.delete("Friday", now=EARLY)
    after = EARLY + ListVersion.DELETED_FOR + timedelta(seconds=1)
    assert (lists.deleted(now=after), lists.restore("Friday", now=after)) == ([], None)
    lists.put("Other", three(store), now=EARLY)
    lists.delete("Other", now=after)  # what has been kept long enough goes
    assert [playlist.name for playlist in lists.deleted(now=EARLY)] == ["Other"]


def test_restored_list_gets_another_name_if_its_own_is_taken(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", three(store), now=EARLY)
    lists.delete("Friday", now=EARLY)
    lists.put("friday", Tracklist(tracks=tracks(store)[:1]), now=EARLY)
    with pytest.raises(StoredListExistsError, match="friday"):
        lists.restore("Friday", now=LATE)
    assert lists.restore("Friday", now=LATE, new_name="Friday 2") == "Friday 2"
    assert [(playlist.name, playlist.tracks) for playlist in lists.all()] == [("friday", 1), ("Friday 2", 3)]


def test_replaced_list_is_kept_among_the_deleted_lists(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", three(store), now=EARLY)
    [before] = lists.all()
    lists.put("Friday", three(store), now=LATE, keep=True)  # the same tracks
    lists.put("Friday", Tracklist(tracks=tracks(store)[:1]), now=LATE, keep=True)
    lists.put("Friday", Tracklist(tracks=tracks(store)[1:2]), now=LATE)
    assert [(playlist.id, playlist.tracks) for playlist in lists.all()] == [(before.id, 1)]
    [kept] = lists.deleted(now=LATE)
    assert (kept.name, kept.tracks, kept.compatibility, kept.id != before.id) == ("Friday", 3, 0.75, True)
    assert lists.restore(kept.id, now=LATE, new_name="Then") == "Then"
    lists.put("Then", Tracklist(tracks=tracks(store)[:2]), now=LATE)
    lists.put("Then", Tracklist(tracks=[]), now=LATE)  # an edit, or an import, that leaves fewer than half
    assert [playlist.tracks for playlist in lists.deleted(now=LATE)] == [2]
    for count in range(12):
        lists.put("Friday", Tracklist(tracks=tracks(store)[: 1 + count % 2]), now=LATE, keep=True)
    assert sum(playlist.name == "Friday" for playlist in lists.deleted(now=LATE)) == 10


def test_deleted_list_is_restored_only_by_its_editors(lists: SqlPlaylists, store: Store) -> None:
    ann, bob = (store.acting_as(actor).part(SqlPlaylists) for actor in (ANN, BOB))
    ann.put("Friday", three(store), now=EARLY)
    ann.delete("Friday", now=EARLY)
    assert (bob.deleted(now=LATE), lists.restore("Friday", now=LATE)) == ([], None)
    bob.put("Friday", Tracklist(tracks=[]), now=EARLY)  # another's name
    assert ann.restore("Friday", now=LATE) == "Friday"


# ---- shared with others --------------------------------------------------------------------------


def test_only_the_owner_can_share_a_list(lists: SqlPlaylists, store: Store) -> None:
    def lists_of(name: str, role: Role) -> tuple[Account, SqlPlaylists]:
        account = store.part(SqlAccounts).add(name, role, None, EARLY)
        return account, store.acting_as(account.actor()).part(SqlPlaylists)

    (ann, anns), (_, bobs), (_, eves) = lists_of("Ann", "user"), lists_of("Bob", "user"), lists_of("Eve", "admin")
    anns.put("Friday", three(store), now=EARLY)
    assert (bobs.all(), eves.all(), lists.all()) == ([], [], [])
    for sharing, may_edit in (("read", False), ("edit", True)):
        anns.share("friday", sharing, now=LATE)
        [seen] = bobs.all("Friday")
        assert (seen.owner.id, seen.owner.name, seen.sharing, seen.may_edit) == (ann.number, "Ann", sharing, may_edit)
        with pytest.raises(NotAllowedError, match="'Friday' belongs to another account; only its owner can share it"):
            bobs.share("Friday", "private", now=LATE)
    assert anns.all()[0].may_edit
    eves.share("Friday", "private", now=LATE)
    assert (bobs.all(), bobs.all("Friday"), [playlist.sharing for playlist in anns.all()]) == ([], [], ["private"])
    lists.put("Ours", three(store), now=EARLY)
    assert [(playlist.owner.name, playlist.may_edit) for playlist in bobs.all()] == [("local", True)]
    for person in (bobs, eves, lists):
        with pytest.raises(UsageError, match="'Ours' belongs to everybody"):
            person.share("Ours", "read", now=LATE)


def test_shared_list_can_be_read_or_changed_by_others(lists: SqlPlaylists, store: Store) -> None:
    ann, bob = (store.acting_as(actor).part(SqlPlaylists) for actor in (ANN, BOB))
    ann.put("Friday", three(store), now=EARLY)
    ann.share("Friday", "read", now=EARLY)
    for change in (lambda: bob.describe("Friday", "x", now=LATE), lambda: bob.rename("Friday", "Mine", now=LATE)):
        with pytest.raises(NotAllowedError):
            change()
    ann.share("Friday", "edit", now=EARLY)
    bob.describe("friday", "x", now=LATE)
    bob.put("Friday", Tracklist(tracks=[]), now=LATE)
    assert [(playlist.name, playlist.tracks) for playlist in ann.all()] == [("Friday", 0)]
    ann.share("Friday", "read", now=LATE)
    bob.put("Friday", three(store), now=LATE)  # one of his own
    assert [(playlist.name, playlist.tracks) for playlist in ann.all()] == [("Friday", 0)]
    found = bob.get("Friday")
    assert (found and found.description) == "D"


# ---- versions ------------------------------------------------------------------------------------


def test_versions_of_a_list_have_author_and_description(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", three(store), now=EARLY)
    [first] = lists.versions("Friday")
    assert (first.version, first.at, first.by, first.what, first.count) == (
        1, "2026-01-02T00:00:00Z", None, "as it was stored", 3)  # fmt: skip
    locked = Tracklist(tracks=tracks(store)[:1], picks=[ListedPick(locked=True)], header=ListHeader(made_with={"n": 5}))
    lists.put("Friday", locked, now=LATE, keep=None, what="cut")
    assert lists.deleted(now=LATE) == []
    versions = [
        (version.version, version.what, version.count, version.by and version.by.name)
        for version in lists.versions("Friday")
    ]
    assert versions == [(2, "cut", 1, "local"), (1, "as it was stored", 3, "local")]
    old, new = lists.at_version("Friday", 1), lists.at_version("Friday", 2)
    assert old is not None and new is not None  # noqa: PT018
    assert (list(old.tracks), old.header) == (tracks(store), HEADER)
    assert old.picks == three(store).picks
    assert (new.picks[0].locked, new.header.made_with) == (True, {"n": 5})
    assert lists.at_version("Friday", 3) is None


def test_changes_by_imports_are_versions_of_a_list(lists: SqlPlaylists, store: Store) -> None:
    lists.put("Friday", three(store), now=EARLY)
    lists.put("Friday", Tracklist(tracks=tracks(store)[:2]), now=LATE, what="cut")
    lists.put("Friday", Tracklist(tracks=tracks(store)[1:2]), now=LATE)  # an import says nothing of it
    assert [(version.version, version.count) for version in lists.versions("Friday")] == [(3, 1), (2, 2), (1, 3)]
    now = lists.at_version("Friday", 3)
    assert len(now.tracks) == 1
    lists.put("Friday", Tracklist(tracks=()), now=LATE, what="emptied")
    assert [(version.version, version.what) for version in lists.versions("Friday")][:2] == [
        (4, "emptied"),
        (3, "changed elsewhere"),
    ]


def test_last_hundred_versions_of_a_list_are_kept(lists: SqlPlaylists, store: Store) -> None:
    every = tracks(store)
    for number in range(110):
        lists.put("Friday", Tracklist(tracks=every[number % 3 :][:1]), now=LATE, keep=None, what=str(number))
    kept = lists.versions("Friday")
    assert (len(kept), kept[0].version, kept[0].what) == (100, 110, "109")


def test_changes_at_the_same_time_are_sorted_from_the_newest_list(lists: SqlPlaylists, store: Store) -> None:
    for name in ("Friday", "Saturday", "Sunday"):
        lists.put(name, three(store), now=EARLY)
        lists.put(name, Tracklist(tracks=tracks(store)[:2]), now=LATE, keep=None, what="cut")
    assert [name for _, name, *_ in lists.changes(2)] == ["Sunday", "Saturday"]


def test_long_list_keeps_no_versions(lists: SqlPlaylists, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.lists.store.versions.MOST_ENTRIES", 2)
    lists.put("Long", three(store), now=EARLY)
    lists.put("Long", Tracklist(tracks=tracks(store)[:2]), now=LATE, keep=None, what="cut")
    assert [(version.version, version.count) for version in lists.versions("Long")] == [(1, 2)]


def test_histories_are_returned_in_order(lists: SqlPlaylists, store: Store) -> None:
    first, second, *_ = tracks(store)
    gone = Track(path="/gone.mp3", state="missing", tags=Tags(title="Gone"))
    times = ["2026-01-02T22:00:00", "2026-01-02T22:04:00", None]
    imported = ImportedList(format="deck", place=ImportedPlace(folders=(), name="Night"), is_history=True)
    picks = [ListedPick(played_at=at) for at in times]
    played = Tracklist(tracks=[second, gone, first], picks=picks, header=ListHeader(imported=imported))
    lists.put("Night", played, now=EARLY)
    lists.put("Friday", three(store), now=EARLY)
    assert list(lists.histories()) == [
        [
            PlayedEntry(audio_id=second.audio_id, played_at=times[0]),
            PlayedEntry(audio_id=None, played_at=times[1]),
            PlayedEntry(audio_id=first.audio_id),
        ]
    ]
    lists.delete("Night", now=LATE)
    assert list(lists.histories()) == []

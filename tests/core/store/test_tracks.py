"""Files as a scan puts them, and the tracks that are read."""

from dataclasses import replace
from datetime import timedelta

from libraries import audio_id, made_analysis
from stored import NOW, put_own, put_track

from map4.care import SqlCare
from map4.core.audio.jobs import Stamp, TagsRead
from map4.core.music.album import Segue
from map4.core.music.analysis.analysis import ANALYSIS_VERSION
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Failure, Track
from map4.core.store.sql_store import Store
from map4.scan.store import SqlIgnoredFiles

CORRUPT = Failure(kind="corrupt", message="Cut off.")
LATER = NOW + timedelta(days=1)


def states(store: Store) -> dict[str, str]:
    return {track.path: track.state for track in store.tracks.tracks()}


def test_file_is_read_back_as_stored_and_tags_without_the_rest(store: Store) -> None:
    put_track(store, 1, bpm=120.0, key="8A", codec="flac", artist="Ann", title="Song", stamp=Stamp(9, 2, 3, 4))
    track = store.tracks.track("/music/1.mp3")
    assert (track.audio_id, track.state, track.size_bytes, track.bpm()) == (audio_id(1), "ok", 9, 120.0)
    assert (track.format and track.format.codec, track.tags) == ("flac", Tags(artist="Ann", title="Song"))
    whole = store.tracks.track("/music/1.mp3", beats=True, sound=True)
    assert whole is not None
    assert store.tracks.analysis(audio_id(1)) == whole.analysis
    assert [store.tracks.has_analysis(audio_id(1), ANALYSIS_VERSION + ahead) for ahead in (0, 1)] == [True, False]
    assert (store.tracks.track("/music/2.mp3"), store.tracks.analysis(audio_id(2))) == (None, None)
    assert list(store.tracks.tracks()) == [track]
    path = put_track(store, 1, bpm=120.0, title="Old")
    store.tracks.put_tags(path, TagsRead(stamp=Stamp(8, 8, 8), tags=Tags(title="New", artist="Ann")), now=LATER)
    track = store.tracks.track(path)
    assert (track.tags, track.bpm(), track.size_bytes) == (Tags(title="New", artist="Ann"), 120.0, 8)


def test_known_files_have_what_a_scan_needs(store: Store) -> None:
    put_track(store, 1, stamp=Stamp(9, 2, 3, 4))
    put_track(store, 2, analysed=False, failure=CORRUPT)
    put_track(store, 3, path="/other/3.mp3", is_missing=True)
    known = store.tracks.known_files()
    assert known == store.tracks.known_finder()([*known, "/nothing"])
    first, second, third = known["/music/1.mp3"], known["/music/2.mp3"], known["/other/3.mp3"]
    assert (first.stamp, first.audio_id, first.analysis_version) == (Stamp(9, 2, 3, 4), audio_id(1), ANALYSIS_VERSION)
    assert (second.failed_version, second.analysis_version, second.is_missing) == (ANALYSIS_VERSION, None, False)
    assert third.is_missing
    assert store.tracks.present_inside("/music", without=[second.file_id]) == ["/music/1.mp3"]
    assert store.tracks.files_with_audio(audio_id(1)) == [(first.file_id, "/music/1.mp3")]
    assert store.tracks.files_with_audio_id_from(audio_id(3)) == [third.file_id]


def test_file_can_fail_disappear_return_and_move(store: Store) -> None:
    path = put_track(store, 1, bpm=120.0)
    store.tracks.put_failure(path, Stamp(8, 1, 1), CORRUPT, now=LATER)
    track = store.tracks.track(path)
    assert (track.state, track.flags, track.bpm()) == ("ok", ("reanalysis_failed",), 120.0)
    store.tracks.put_analysis(audio_id(1), made_analysis(bpm=99.0), now=LATER)
    store.tracks.mark_missing([path], now=LATER)
    assert states(store) == {path: "missing"}
    store.tracks.mark_present([path])
    assert states(store) == {path: "ok"}
    put_track(store, 1, path="/new/1.mp3", analysed=False, replaces=store.tracks.known_files()[path].file_id)
    assert states(store) == {"/new/1.mp3": "ok"}
    moved = store.tracks.track("/new/1.mp3")
    assert (moved.bpm(), moved.flags) == (99.0, ())


def test_copies_share_an_analysis_and_tracks_by_id_keep_their_order(store: Store) -> None:
    put_track(store, 1, bpm=120.0)
    put_track(store, 1, path="/copy.mp3", analysed=False)
    assert [track.bpm() for track in store.tracks.tracks()] == [120.0, 120.0]
    assert [path for _, path in store.tracks.files_with_audio(audio_id(1))] == ["/music/1.mp3", "/copy.mp3"]
    rows = store.addresses.files_of([audio_id(1), audio_id(2)])
    assert [path for _, path in rows[audio_id(1)]] == ["/music/1.mp3", "/copy.mp3"]
    paths = [put_track(store, number) for number in range(9)]
    ids = [file.file_id for path in reversed(paths) for file in (store.tracks.known_files()[path],)]
    many = ids * 60  # more than are read at once
    assert [track.path for track in store.tracks.tracks_by_id(many)] == paths[::-1] * 60
    assert list(store.tracks.paths_by_id(many)) == paths[::-1] * 60
    assert [file for file, _ in store.tracks.numbered(many)] == many
    assert [track.path for track in store.tracks.tracks_by_id([999, ids[0], -1])] == [paths[-1]]


def test_digest_of_a_track_changes_with_its_values(store: Store) -> None:
    put_track(store, 1, title="Song")
    ids = [file.file_id for file in store.tracks.known_files().values()]

    def digest() -> bytes:
        [(_, found)] = store.tracks.made_by_id(ids, lambda unread: unread.digest())
        return found

    before = digest()
    assert digest() == before
    assert [found.title() for _, found in store.tracks.made_by_id(ids, lambda unread: unread.read())] == ["Song"]
    put_own(store, 1, rating=4)
    assert digest() != before


def test_beats_and_sound_are_read_only_on_request(store: Store) -> None:
    whole = replace(made_analysis(bpm=120.0), beats_s=(0.5, 1.0), sound=(0.25,) * 128, fingerprint=b"ab" * 4)
    path = put_track(store, 1)
    store.tracks.put_analysis(audio_id(1), whole, now=NOW)
    little, beats, sound = (store.tracks.track(path, **wanted) for wanted in ({}, {"beats": True}, {"sound": True}))
    assert little is not None
    assert beats is not None
    assert sound is not None
    assert [track.analysis and track.analysis.beats_s for track in (little, beats, sound)] == [None, (0.5, 1.0), None]
    assert little.to_record(beats=True)["beats_s"] is None
    assert [bool(track.analysis and track.analysis.sound) for track in (little, beats, sound)] == [False, False, True]
    assert [bool(track.analysis and track.analysis.fingerprint) for track in (little, sound)] == [False, True]
    assert store.tracks.detailed(little).analysis.beats_s == (0.5, 1.0)  # type: ignore[union-attr]
    others = [store.tracks.track(put_track(store, number)) for number in (2, 3)]
    store.tracks.put_analysis(audio_id(2), replace(whole, beats_s=(0.25,)), now=NOW)
    given = [track for track in (*others, little, little) if track is not None]
    read = store.tracks.all_detailed(given)
    assert [track.path for track in read] == [track.path for track in given]
    assert [track.analysis and track.analysis.beats_s for track in read] == [(0.25,), (), (0.5, 1.0), (0.5, 1.0)]
    unread = replace(given[0], analysis=None)
    assert (store.tracks.all_detailed([]), store.tracks.all_detailed([unread])) == ([], [unread])


def test_names_of_files_are_read_and_folders_remembered_until_removed(store: Store) -> None:
    put_track(store, 1, duration_s=10.0)
    put_track(store, 2, path="/x.mp3", analysed=False, artist="Ann", title="Song", is_missing=True)
    first, last = store.tracks.known_names()
    assert (first.path, first.audio_id) == ("/music/1.mp3", audio_id(1))
    assert (first.duration_s, first.is_missing) == (10.0, False)
    assert (last.path, last.artist, last.title, last.size_bytes, last.duration_s) == ("/x.mp3", "Ann", "Song", 7, None)
    assert last.is_missing
    store.tracks.put_roots({"/music": True, "/b\udce9": False}, NOW)
    store.tracks.put_roots({"/music": False}, NOW)
    assert store.tracks.roots() == {"/b\udce9": False, "/music": False}
    store.tracks.remove_root("/music")
    assert store.tracks.roots() == {"/b\udce9": False}


def test_files_can_be_forgotten_ignored_and_unignored(store: Store) -> None:
    ignored = store.part(SqlIgnoredFiles)
    for number in range(3):
        put_track(store, number)
    assert ignored.forget(["/music/0.mp3", "/nothing"], ignore=False, now=NOW) == 1
    assert ignored.forget(["/music/1.mp3"], ignore=True, now=NOW) == 1
    assert states(store) == {"/music/2.mp3": "ok"}
    assert [(file.path, file.ignored_at) for file in ignored.all()] == [("/music/1.mp3", "2026-06-15T12:00:00Z")]
    assert ignored.unignore(["/music/1.mp3", "/music/0.mp3"]) == ["/music/1.mp3"]
    assert ignored.all() == []
    assert store.tracks.analysis(audio_id(1)) is not None  # until `prune`
    assert store.part(SqlCare).prune(dry_run=False).orphaned_analyses == 2


def test_compared_neighbours_are_stored_by_pair(store: Store) -> None:
    first, second, third = (f"a2-{number:032x}" for number in (1, 2, 3))
    store.tracks.put_segues([(first, second, None)])
    store.tracks.put_segues([(first, second, Segue(leave_s=9.37, enter_s=0.0)), (first, third, None)])
    tracks = [Track(path=f"/{audio_id}", state="ok", audio_id=audio_id) for audio_id in (first, second)]
    kept = [dict(track.segues) for track in store.tracks.with_segues(tracks)]
    assert kept == [{second: Segue(leave_s=9.37, enter_s=0.0), third: None}, {}]

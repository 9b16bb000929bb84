"""The level of an album: the files of a folder, and of its folders of discs, with one album name."""

import math

import pytest
from libraries import audio_id
from stored import put_own, put_track

from map4.core.music.album import AlbumLevel
from map4.core.music.query.context import Preferences
from map4.core.music.query.parser import Query
from map4.core.store.sql_store import Store
from map4.doctor.checks.album_parts import part_doubts
from map4.doctor.store.doubts import SqlDoubts
from map4.search.catalogue import Album
from map4.tags.store import AlbumLevels


def levels(store: Store) -> dict[str, AlbumLevel | None]:
    on = store.part(AlbumLevels).current().on
    return {track.path: on(track).album_level for track in store.tracks.tracks()}


def test_album_loudness_equals_that_of_its_tracks_in_sequence(store: Store) -> None:
    put_track(store, 1, album="One", lufs=-8.0, peak=-0.2, duration_s=100.0)
    put_track(store, 2, album="ONE", lufs=-12.0, peak=-3.0, duration_s=300.0)
    put_track(store, 3, album="One", lufs=-40.0, peak=-20.0, duration_s=900.0)  # too quiet to count
    put_track(store, 4, album="Two", lufs=-15.0, peak=-6.0)
    put_track(store, 5, path="/music/more/5.mp3", album="One", lufs=-20.0, peak=-6.0)
    put_track(store, 6, lufs=-5.0)
    put_track(store, 7, album="Silence", lufs=None)
    put_track(store, 8, path="/8.mp3", album="One", lufs=-20.0, peak=-6.0)
    mean = 10 * math.log10((10**-0.8 + 3 * 10**-1.2) / 4)
    found = levels(store)
    first = found["/music/1.mp3"]
    assert (first.gain_db, first.peak_dbtp) == (pytest.approx(-18 - mean, abs=0.006), -0.2)
    assert found["/music/2.mp3"] == found["/music/3.mp3"] == first
    assert found["/music/4.mp3"] == AlbumLevel(gain_db=-3.0, peak_dbtp=-6.0)
    assert found["/music/more/5.mp3"] == found["/8.mp3"] == AlbumLevel(gain_db=2.0, peak_dbtp=-6.0)
    assert found["/music/6.mp3"] is found["/music/7.mp3"] is None


def test_setting_makes_mono_files_as_loud_as_on_two_speakers(store: Store) -> None:
    store.keep(Preferences(mono="dual"), ["mono"])
    put_track(store, 1, album="Mono", lufs=-20.0, channels=1)
    put_track(store, 2, album="Stereo", lufs=-16.99, channels=2)
    put_track(store, 3, album="Silence", lufs=None, channels=1)
    context = store.context()
    measured = [track.analysis and track.analysis.loudness.integrated_lufs for track in store.tracks.tracks()]
    assert measured == [pytest.approx(-16.99), -16.99, None]
    assert [level and level.gain_db for level in levels(store).values()] == [-1.01, -1.01, None]
    assert [track.sources("gain").get("measured") for track in store.tracks.tracks()] == [-1.01, -1.01, None]
    found = store.search.select(Query.parse("loudness:-17..-16.9 sort:path"), context)
    assert [track.path for track in found] == ["/music/1.mp3", "/music/2.mp3"]
    columns = store.search.columns(Query.parse("has:loudness"), context)
    assert columns.loudness_lufs.tolist() == pytest.approx([-16.99, -16.99])
    stored = store.tracks.analysis(audio_id(1))
    assert stored.loudness.integrated_lufs == pytest.approx(-16.99)


def test_album_in_force_is_used_for_levels(store: Store) -> None:
    put_track(store, 1, album="One", lufs=-8.0)
    put_track(store, 2, album="Wrong", lufs=-14.0)
    assert [level and level.gain_db for level in levels(store).values()] == [-10.0, -4.0]
    put_own(store, 2, album="One")
    [first, second] = levels(store).values()
    assert first == second


def test_two_discs_are_one_album_for_levels_players_and_the_doctor(store: Store) -> None:
    for n, place in enumerate(("a/CD 1/1", "a/CD 1/2", "a/disc2/3", "a/disc2/4", "b/1", "b/2", "b/3", "b/4")):
        put_track(store, n, path=f"/m/{place}.mp3", album=place[0], artist="A", title=place[-1], lufs=n % 4 - 9.0,
                  track=n % 4 + 1, disc_number=n // 2 - 1 if n > 3 else None)  # fmt: skip
    assert len({Album.id_of(track.path, track.album()) for track in store.tracks.tracks()}) == 2
    assert {level and level.gain_db for level in levels(store).values()} == {-10.64}
    apart = SqlDoubts(store).albums_apart(Query.parse("is:any"), store.context())
    assert [doubt for tracks in apart for doubt in part_doubts(tracks, {"album_split"})] == []

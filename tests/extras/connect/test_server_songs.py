"""Which track a song of a music server is, and that another version never is."""

from dataclasses import replace

import pytest
from extras.connect.server_songs import LAYOUTS, planted_songs

from map4.core.music.recording import KnownName
from map4.extras.connect import mapping as reasons
from map4.extras.connect.connected import RemoteSong
from map4.extras.connect.mapping import SongMatcher, may_be_same

SKY = KnownName("/m/Ann/Blue/01 Sky.flac", "a2-sky", 1, "Ann", "Sky", 200.6, album="Blue")
LIVE = KnownName("/m/Ann/Live in Rome/01 Sky.flac", "a2-live", 1, "Ann", "Sky", 201.0, album="Live in Rome")
BARE = KnownName("/m/untagged/Heartbeats.mp3", "a2-bare", 1, None, None, 233.0)
NEW = KnownName("/m/Ann/Blue/02 New.flac", None, 1, "Ann", "New", None, album="Blue")
SONG = RemoteSong(id="1", title="Sky", artist="Ann", album="Blue", path="Ann/Blue/01 Sky.flac", duration_s=200.0)


@pytest.mark.world
@pytest.mark.parametrize("layout", LAYOUTS)
def test_nearly_all_songs_are_matched_and_none_to_another_version(layout: str) -> None:
    made = planted_songs(3000, LAYOUTS[layout])
    matcher = SongMatcher(made.names)
    found = {song.id: matcher.place(song).audio_id for song in made.songs}
    wrong = {song for song, audio_id in found.items() if audio_id is not None and audio_id != made.truth[song]}
    there = [song for song, audio_id in made.truth.items() if audio_id is not None]
    assert wrong == set()
    assert sum(found[song] is not None for song in there) >= 0.99 * len(there)
    assert len(made.planted) > 100


def test_song_is_matched_by_path_or_else_by_tags_and_length() -> None:
    cases = [
        ({}, "a2-sky", "path"),
        ({"path": None}, "a2-sky", "tags"),
        ({"path": r"E:\Music\Ann\Blue\01 SKY.flac"}, "a2-sky", "path"),
        ({"path": "01 Sky.flac"}, "a2-sky", "tags"),
        ({"title": None, "artist": None}, "a2-sky", "path"),
        ({"album": "Live in Rome", "path": None, "duration_s": 200.0}, "a2-live", "tags"),
        ({"artist": "ANN", "title": "sky", "path": None, "duration_s": 202.0}, "a2-sky", "tags"),
        ({"path": None, "duration_s": None}, "a2-sky", "tags"),
        ({"title": "Heartbeats", "artist": None, "path": "Heartbeats.mp3", "duration_s": 233.0}, "a2-bare", "path"),
        ({"title": "Heartbeats", "artist": None, "path": "Heartbeats.mp3", "duration_s": 190.0}, None, None),
        ({"title": "Heartbeats", "artist": None, "path": "untagged/Heartbeats.mp3", "duration_s": 233.0}, "a2-bare",
         "path"),
    ]  # fmt: skip
    for change, audio_id, match in cases:
        place = SongMatcher([SKY, LIVE, BARE, NEW]).place(replace(SONG, **change))  # type: ignore[arg-type]
        assert (place.audio_id, place.match) == (audio_id, match)
        assert bool(place.why) == (audio_id is None)


def test_unmatched_songs_have_a_reason() -> None:
    cases = [
        ({"duration_s": 170.0}, reasons.OTHER_LENGTH),
        ({"duration_s": 170.0, "path": None}, reasons.OTHER_LENGTH),
        ({"title": "Sky (Radio Edit)"}, reasons.OTHER_VERSION),
        ({"title": "Sky (Foo Remix)", "path": None}, reasons.OTHER_VERSION),
        ({"title": "Sky - 2011 Remaster", "path": None}, reasons.OTHER_VERSION),
        ({"album": "Blue (Remastered)", "path": None}, reasons.OTHER_VERSION),
        ({"title": "Earth", "path": None}, reasons.NOT_HERE),
        ({"title": None, "path": None}, reasons.NO_NAME),
        ({"title": "New", "path": "Ann/Blue/02 New.flac"}, reasons.NOT_ANALYSED),
        ({"path": None, "duration_s": None, "album": "Other"}, reasons.NO_LENGTH),
    ]
    for change, why in cases:
        place = SongMatcher([SKY, NEW]).place(replace(SONG, **change))  # type: ignore[arg-type]
        assert (place.audio_id, place.why) == (None, why)


def test_ambiguous_songs_and_other_numbers_are_not_matched() -> None:
    for mine, theirs, is_matched in (
        ("Sonata No. 5", "Sonata No. 6", False),
        ("Intro", "Intro Pt. 2", False),
        ("Intro (Part Two)", "Intro Pt. II", True),
        ("Sonata No. 5", "Sonata Nr. 5", True),
    ):
        track = replace(SKY, title=mine, path="/m/Ann/Blue/01.flac")
        for path in (None, "Blue/01.flac", "/m/Ann/Blue/01.flac"):
            place = SongMatcher([track]).place(replace(SONG, title=theirs, path=path))
            assert (place.audio_id == "a2-sky") == is_matched
        assert may_be_same(mine, theirs) == is_matched
    other = replace(SKY, path="/m/Ann/Best of/07 Sky.flac", audio_id="a2-other", album="Best of")
    song = replace(SONG, path=None, album="Hits")
    assert SongMatcher([SKY, other]).place(song).why == reasons.SEVERAL
    assert SongMatcher([SKY, other]).place(replace(song, album="Best of")).audio_id == "a2-other"
    assert SongMatcher([SKY, replace(other, audio_id="a2-sky")]).place(song).audio_id == "a2-sky"
    song = replace(SONG, title="Sky (Live)", path=None, duration_s=350.0)
    found = SongMatcher([SKY, LIVE, BARE]).near(song)
    assert {name.audio_id for name in found} >= {"a2-sky", "a2-live"}

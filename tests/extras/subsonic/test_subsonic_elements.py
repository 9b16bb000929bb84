"""What a music player is told of a song."""

from collections.abc import Callable
from dataclasses import replace

from map4.core.music.plays import PlayCounts, PlayTime
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.observations import Provided, ProvidedValue
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.extras.subsonic.routes.elements import song


def test_song_has_isrc_advisory_and_its_last_play_in_utc(zone: Callable[[str], None]) -> None:
    isrc = ProvidedValue(value="USAAA0000001", by_provider={"p": "USAAA0000001"})
    track = Track(path="/music/a.mp3", state="ok", provided=Provided(values={"isrc": isrc}))
    assert song(track, "1", "al-1", {}, ())["isrc"] == ["USAAA0000001"]
    assert song(Track(path="/music/a.mp3", state="ok"), "1", "al-1", {}, ())["isrc"] == []
    for advisory, status in (("explicit", "explicit"), ("clean", "clean"), ("none", ""), (None, "")):
        track = Track(path="/music/a.mp3", state="ok", tags=Tags(advisory=advisory))
        assert song(track, "1", "al-1", {}, ())["explicitStatus"] == status
    zone("Asia/Tokyo")
    own_plays = PlayCounts(plays=1, in_programs=0, skips=0, last_at=PlayTime.seconds("2026-01-02T05:00:00Z"))
    track = Track(path="/music/a.mp3", state="ok", own_plays=own_plays)
    of_day = replace(track, own_plays=None, imported=ImportedValues(last_played="2026-01-03"))
    played = [song(known_track, "1", "al-1", {}, ())["played"] for known_track in (track, of_day)]
    assert played == ["2026-01-02T05:00:00Z", "2026-01-02T15:00:00Z"]

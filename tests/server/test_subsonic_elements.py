"""What a music player is told of a song."""

from __future__ import annotations

from map4.domain.track.observations import Provided, ProvidedValue
from map4.domain.track.track import Track
from map4.server.subsonic.elements import song


def test_the_isrc_in_force_is_told() -> None:
    isrc = ProvidedValue(value="USAAA0000001", said={"p": "USAAA0000001"})
    track = Track(path="/music/a.mp3", state="ok", provided=Provided(values={"isrc": isrc}))
    assert song(track, "1", {}, ())["isrc"] == ["USAAA0000001"]
    assert song(Track(path="/music/a.mp3", state="ok"), "1", {}, ())["isrc"] == []

"""What is looked up: albums together, copies once, names from tags or from the file."""

from typing import Any

from map4.core.music.analysis.analysis import Analysis
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.extras.lookup.queries import albums_of, query_of, sent_of


def track(name: str, *, audio: str | None = "", length_s: float = 200.0, **tags: Any) -> Track:
    return Track(
        path=f"/m/{name}", state="ok", audio_id=name if audio == "" else audio, tags=Tags(**tags),
        analysis=Analysis(duration_s=length_s),
    )  # fmt: skip


def test_tracks_are_grouped_by_album_or_queried_singly() -> None:
    tracks = [
        track("a/1.mp3", title="One", album="Album"),
        track("a/1.flac", title="One", album="ALBUM!", length_s=201.0),
        track("a/1 copy.mp3", audio="a/1.mp3", title="Other words", album="Album"),
        track("a/2.mp3", title="One", album="Album", length_s=300.0),
        track("b/1.mp3", title="One", album="Album"),
        track("a/3.mp3", title="Single"),
        track("a/4.mp3", audio=None, title="Nobody knows"),
    ]
    albums, skipped = albums_of(tracks)
    assert skipped == 1
    paths = [[[path for path, _ in item.files] for item in items] for items in albums]
    assert paths == [
        [["/m/a/1.mp3", "/m/a/1.flac", "/m/a/1 copy.mp3"], ["/m/a/2.mp3"]], [["/m/b/1.mp3"]], [["/m/a/3.mp3"]]
    ]  # fmt: skip
    tracks = [track(f"a/{number}.mp3", title=f"Title {number}", album="Unknown Album") for number in range(3000)]
    albums, _ = albums_of(tracks)
    assert [len(items) for items in albums] == [1] * 3000
    query = query_of(track("a/03_Aurora_-_Night_Drive.mp3"))
    assert (query.artist, query.title) == ("Aurora", "Night Drive")
    assert sent_of(query, ("artist", "title", "album", "folder")) == {
        "artist": "Aurora", "title": "Night Drive", "folder": "/m/a"
    }  # fmt: skip

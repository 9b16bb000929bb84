"""What is looked up of which tracks, and answers of wrong types."""

from pathlib import Path
from typing import Any

import pytest
from audio_files import make
from mutagen import id3
from mutagen.flac import FLAC
from mutagen.mp4 import MP4

from map4.core.audio.tags import read_file_tags
from map4.core.music.analysis.analysis import Analysis
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.extras.lookup.lookup import Appearance, Candidate
from map4.extras.lookup.queries import albums_of, query_of, sent_of


def test_candidate_with_values_of_wrong_types_is_refused() -> None:
    cases = [
        (Candidate, {"id": 5}),
        (Candidate, {"id": "a", "title": ["One"]}),
        (Candidate, {"id": "a", "isrcs": (5,)}),
        (Candidate, {"id": "a", "duration_s": "long"}),
        (Candidate, {"id": "a", "duration_s": float("inf")}),
        (Appearance, {"release_id": None, "title": {}}),
        (Appearance, {"release_id": "b", "position": "2"}),
    ]
    for what, values in cases:
        with pytest.raises(TypeError, match=r"is not a (text|number)"):
            what(**values)


# What is looked up: albums together, copies once, names from tags or from the file.
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


MBID = "b9ad642e-b012-41c7-b72a-42cf4911f9ff"
ACOUSTID = "9ff43b6a-4f16-427c-93c2-92307ca505e0"


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        (id3.UFID(owner="http://musicbrainz.org", data=MBID.upper().encode()), MBID),
        (id3.TXXX(encoding=3, desc="MusicBrainz Track Id", text=[MBID]), MBID),
        (id3.TXXX(encoding=3, desc="MusicBrainz Release Track Id", text=[MBID]), None),
        (id3.UFID(owner="http://www.id3.org/dummy", data=MBID.encode()), None),
        (id3.UFID(owner="http://musicbrainz.org", data=b"\xff" * 300), None),
    ],
)
def test_recording_id_is_read_from_id3(tmp_path: Path, frame: Any, found: str | None) -> None:
    path = make(tmp_path / "a.mp3")
    tags = id3.ID3()
    tags.add(frame)
    tags.save(path)
    assert read_file_tags(str(path)).recording_id == found


def test_ids_are_read_from_vorbis_comments_mp4_and_id3(tmp_path: Path) -> None:
    flac = FLAC(make(tmp_path / "a.flac"))
    flac["MUSICBRAINZ_TRACKID"] = MBID
    flac["ACOUSTID_ID"] = ACOUSTID
    flac.save()
    mp4 = MP4(make(tmp_path / "a.m4a"))
    mp4["----:com.apple.iTunes:MusicBrainz Track Id"] = [MBID.encode()]
    mp4["----:com.apple.iTunes:Acoustid Id"] = [ACOUSTID.encode()]
    mp4.save()
    both = [read_file_tags(str(tmp_path / name)) for name in ("a.flac", "a.m4a")]
    assert [(lookup.recording_id, lookup.acoustid) for lookup in both] == [(MBID, ACOUSTID)] * 2
    path = make(tmp_path / "a.mp3")
    tags = id3.ID3()
    tags.add(id3.TXXX(encoding=3, desc="Acoustid Id", text=[ACOUSTID]))
    tags.add(id3.TXXX(encoding=3, desc="Acoustid Fingerprint", text=["AQAA"]))
    tags.save(path)
    assert read_file_tags(str(path)).acoustid == ACOUSTID

"""The id of MusicBrainz that a tagger wrote: in the places that Picard uses, in each format."""

from pathlib import Path
from typing import Any

import pytest
from audio_files import make
from mutagen import id3
from mutagen.flac import FLAC
from mutagen.mp4 import MP4

from map4.core.audio.tags import read_file_tags

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

"""What a list may hold: texts as long as any tag's, paths as long as any system's, and no more entries than tracks."""

import json

import pytest

from map4.core.base.text import MOST_LETTERS
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.track.imported import MOST_STORED, ImportedValues
from map4.formats.format import PlaylistReadError
from map4.formats.importer import DjPlaylist, DjTrack
from map4.formats.lists import m3u
from map4.formats.registry import ListFormats

LONG = "x" * 100_000
XSPF_TRACK = f"<track><location>file:///{LONG}</location><title>{LONG}</title></track>"


def test_long_texts_are_cut_and_impossible_numbers_unknown() -> None:
    cases = [
        ("a.m3u8", f"#EXTM3U\n#PLAYLIST:{LONG}\n#EXTALB:{LONG}\n#EXTINF:1,{LONG} - {LONG}\n/m/{LONG}.mp3\n"),
        ("a.pls", f"[playlist]\nX-GNOME-Title={LONG}\nFile1=/m/{LONG}.mp3\nTitle1={LONG} - {LONG}\n"),
        ("a.csv", f"path,artist,title,album,audio_id\n/m/{LONG},{LONG},{LONG},{LONG},{LONG}\n"),
        ("a.json", json.dumps({"name": LONG, "tracks": [{"path": LONG, "title": LONG, "audio_id": LONG}]})),
        ("a.xspf", f"<playlist><title>{LONG}</title><trackList>{XSPF_TRACK}</trackList></playlist>"),
    ]
    for name, data in cases:
        found = ListFormats.read(data.encode(), name)
        (entry,) = found.entries
        assert len(entry.location or "") == PlaylistEntry.MOST_LOCATION_LETTERS
        assert all(len(text or "") <= MOST_LETTERS for text in (found.name, entry.artist, entry.title, entry.album))
        assert len(entry.title or "") == MOST_LETTERS
        assert len(entry.audio_id or "") <= 200
    found = ListFormats.read(b'[{"path": "a", "size_bytes": 1e30, "duration": 1e300}]', "a.json").entries[0]
    assert (found.size_bytes, found.duration_s) == (None, None)
    assert PlaylistEntry(position=1, size_bytes=MOST_STORED).size_bytes == MOST_STORED
    entry = PlaylistEntry(position=1, other_locations=(LONG,) * 100)
    assert [len(text) for text in entry.other_locations] == [PlaylistEntry.MOST_LOCATION_LETTERS] * 8
    track, playlist = DjTrack(key=LONG, entry=entry), DjPlaylist(name=LONG, folders=(LONG,) * 9999, keys=(LONG,))
    assert playlist.keys == (track.key,)
    assert len(track.key) == PlaylistEntry.MOST_LOCATION_LETTERS
    assert (len(playlist.name), len(playlist.folders), len(playlist.folders[0])) == (MOST_LETTERS, 100, MOST_LETTERS)
    values, lost = ImportedValues(comment=LONG).plausible()
    assert (len(values.comment or ""), lost) == (MOST_LETTERS, 0)


def test_list_of_too_many_files_is_refused_before_entries_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.formats.format.MOST_ENTRIES", 20)  # of 200,000, to save time
    monkeypatch.setattr(m3u._M3uReader, "location", None)
    for name in ("csv", "json", "jspf", "pls", "xspf"):
        monkeypatch.setattr(f"map4.formats.lists.{name}._entry", None)
    for name, data in (
        ("a.m3u", "/a\n" * 21), ("a.csv", "path\n" + "/a\n" * 21), ("a.json", "[" + '"/a",' * 20 + '"/a"]'),
        ("a.jsonl", '{"path": "/a"}\n' * 21), ("a.jspf", '{"playlist": {"track": [' + "{}," * 20 + "{}]}}"),
        ("a.pls", "[playlist]" + "\nFile1=a" * 21), ("a.xspf", "<playlist>" + "<track></track>" * 21),
        ("a.txt", "#\n" * 106), ("a.json", '{"a": [' + "[]," * 220 + "[]]}"),
    ):  # fmt: skip
        with pytest.raises(PlaylistReadError, match="this is not a list: it has more than 20 tracks"):
            ListFormats.read(data.encode(), name)

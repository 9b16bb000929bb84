"""Lists of any player, read as a playlist with its tracks."""

from pathlib import Path

import pytest
from listed import list_of, track, written

from map4.formats.importer import DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.list_importer import read_playlists
from map4.formats.values import utc_moment

FORMATS = ("m3u8", "m3u", "pls", "xspf", "jspf", "json", "jsonl", "csv")


def read(path: Path) -> tuple[list[DjTrack], DjPlaylist]:
    *tracks, found = Importer.all()["lists"].read(str(path), ReadNotes())
    assert isinstance(found, DjPlaylist)
    return [track for track in tracks if isinstance(track, DjTrack)], found


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_its_tracks_and_order(kind: str, tmp_path: Path) -> None:
    content = list_of(track("/m/a.mp3", "Ann", "One"), track("/m/b.mp3", "Bob", "Two"), track("/m/a.mp3", "Ann", "One"))
    path = tmp_path / f"Friday night.{kind}"
    path.write_bytes(written(kind, content)[0])
    tracks, found = read(path)
    assert found == DjPlaylist(name="Friday night", keys=("/m/a.mp3", "/m/b.mp3", "/m/a.mp3"))
    assert [(track.key, track.entry.artist, track.entry.title) for track in tracks] == [
        ("/m/a.mp3", "Ann", "One"), ("/m/b.mp3", "Bob", "Two"),
    ]  # fmt: skip
    assert [track.entry.position for track in tracks] == [1, 2]
    assert Importer.of(str(path)).name == "lists"


def test_lists_have_their_own_name_or_several(tmp_path: Path) -> None:
    (tmp_path / "x.m3u8").write_text("#EXTM3U\n#PLAYLIST:Warm-up\na.mp3\n")
    assert read(tmp_path / "x.m3u8")[1].name == "Warm-up"
    (tmp_path / "My playlists.csv").write_text(
        "title,artist,playlist\nOne,Ann,Day\nTwo,Bo,Night\nOne,Ann,Night\nX,Y,\n"
    )
    notes = ReadNotes()
    items = [*Importer.all()["lists"].read(str(tmp_path / "My playlists.csv"), notes)]
    titles = {item.key: item.entry.title for item in items if isinstance(item, DjTrack)}
    lists = [(each.name, [titles[key] for key in each.keys]) for each in items if isinstance(each, DjPlaylist)]
    assert lists == [("Day", ["One"]), ("Night", ["Two", "One"]), ("My playlists", ["X"])]


def test_paths_are_absolute_with_all_possible_readings(tmp_path: Path) -> None:
    (tmp_path / "x.m3u").write_bytes(
        b"#EXTM3U\n../a.mp3\nSub\\b.mp3\nD:\\c.mp3\nfile:///m/d%20e.mp3\nhttp://radio.example/s\n\xe9.mp3\n"
    )
    tracks, found = read(tmp_path / "x.m3u")
    above = tmp_path.parent
    assert [track.entry.locations for track in tracks] == [
        (f"{above}/a.mp3",),
        (f"{tmp_path}/Sub\\b.mp3", f"{tmp_path}/Sub/b.mp3"),
        ("D:\\c.mp3",),
        ("/m/d e.mp3",),
        (),
        (f"{tmp_path}/é.mp3", f"{tmp_path}/\udce9.mp3"),
    ]
    assert found.keys[4] == tracks[4].key == "http://radio.example/s"
    assert tracks[4].entry.is_url


def test_list_with_play_times_is_a_history_and_nested_lists_are_limited(tmp_path: Path) -> None:
    (tmp_path / "2023-01-28.m3u").write_text(
        "#EXTVDJ:<lastplaytime>1674884385</lastplaytime><title>One</title>\na.mp3\n"
    )
    _, found = read(tmp_path / "2023-01-28.m3u")
    moment = utc_moment(1674884385)
    assert (found.kind, found.times) == ("history", ("2023-01-28T05:39:45Z",))
    assert found.name == f"{moment[:10]} {moment[11:13]}.{moment[14:16]}"
    for number in range(300):
        (tmp_path / f"{number}.m3u").write_text(f"{number + 1}.m3u\n")
    with pytest.raises(ImportReadError, match="names more than 200 lists"):
        read(tmp_path / "0.m3u")


def test_entries_without_a_path_have_keys_and_linked_lists_their_folder(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("artist,title,bpm\nAnn,One,124\nAnn,One,124\n")
    tracks, found = read(tmp_path / "x.csv")
    assert found.keys == ("#1", "#2")
    assert [track.entry.label() for track in tracks] == ["Ann - One", "Ann - One"]
    assert all(track.values.is_empty for track in tracks)
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "x.m3u8").write_text("a.mp3\n")
    (tmp_path / "link.m3u8").symlink_to(tmp_path / "music" / "x.m3u8")
    assert read(tmp_path / "link.m3u8")[0][0].key == f"{tmp_path}/music/a.mp3"


@pytest.mark.parametrize(
    ("name", "data", "known"),
    [
        ("list", b"#EXTM3U\na.mp3\n", True),
        ("list", b"/m/a.mp3\n/m/b.mp3\n", True),
        ("list.xml", b"<?xml version='1.0'?><playlist><trackList/></playlist>", True),
        ("feed.xml", b"<?xml version='1.0'?><rss/>", False),
        ("list", b"\0\1", False),
    ],
)
def test_list_is_recognised_by_its_beginning(name: str, data: bytes, known: bool, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    assert Importer.all()["lists"].recognises(str(tmp_path / name), data) is known


def test_list_importer_is_last_and_refuses_folders_and_invalid_lists(tmp_path: Path) -> None:
    assert list(Importer.all())[-1] == "lists"
    assert not Importer.all()["lists"].recognises(str(tmp_path), b"")
    (tmp_path / "x.json").write_bytes(b"{")
    with pytest.raises(ImportReadError, match="not valid JSON"):
        read(tmp_path / "x.json")
    with pytest.raises(OSError, match="longer than 0 bytes"):
        read_playlists(str(tmp_path / "x.json"), most_bytes=0)


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "warm.m3u").write_text("w1.mp3\n../peak.m3u8\n../all.m3u8\n")
    (tmp_path / "peak.m3u8").write_text("#EXTM3U\n#EXTINF:60,Ann - Peak\np1.mp3\n")
    outer = tmp_path / "all.m3u8"
    outer.write_text("#EXTM3U\na.mp3\nsets/warm.m3u\npeak.m3u8\nall.m3u8\nhttp://radio.example/live.m3u8\nb.mp3\n")
    return outer


def test_m3u_has_the_tracks_of_its_lists_unless_sent_or_missing(nested: Path) -> None:
    tracks, found = read(nested)
    names = [f"{nested.parent}/{name}" for name in ("a.mp3", "sets/w1.mp3", "p1.mp3")]
    assert found.keys == (*names, "http://radio.example/live.m3u8", f"{nested.parent}/b.mp3")
    assert [(track.entry.position, track.entry.title) for track in tracks[:3]] == [(1, None), (2, None), (3, "Peak")]
    *tracks, _ = Importer.all()["lists"].read(str(nested), ReadNotes(is_sent=True))
    assert [track.key for track in tracks if isinstance(track, DjTrack)][1] == f"{nested.parent}/sets/warm.m3u"
    (nested.parent / "peak.m3u8").unlink()
    with pytest.raises(ImportReadError, match=r"names the list .*/peak\.m3u8, which can't be read: No such file"):
        read(nested)


def test_lists_of_other_formats_and_in_other_case_are_followed(nested: Path) -> None:
    outer = nested.parent / "x.pls"
    outer.write_text("[playlist]\nFile1=Peak.M3U8\nFile2=more.xspf\n")
    (nested.parent / "more.xspf").write_text(
        "<playlist><trackList><track><location>sets/warm.m3u</location></track></trackList></playlist>"
    )
    _, found = read(outer)
    assert found.keys[:3] == tuple(f"{nested.parent}/{name}" for name in ("p1.mp3", "sets/w1.mp3", "a.mp3"))

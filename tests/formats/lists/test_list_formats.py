"""Every list format: what is written is read back by an independent reader, and by map4 itself."""

import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

import independent_readers as independent
import jsonschema
import pytest
from examples_tried import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st
from listed import PATHS, TITLES, list_of, track, written
from mixable_tracks import PLAN
from other_programs import REKORDBOX_TEXT, VIRTUALDJ_HISTORY

from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.lists.limits import ListLimits, Relaxation
from map4.core.music.lists.listed import ListedPick, ListHeader, Missing
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import MixTraits
from map4.errors import UsageError
from map4.formats.format import PlaylistReadError
from map4.formats.registry import ListFormats

WRITABLE = ("m3u8", "m3u", "pls", "xspf", "jspf", "json", "jsonl", "csv")
few = settings(max_examples=examples(60))


def paths_by_others(kind: str, data: bytes, folder: bytes) -> list[bytes]:
    readers = {
        "m3u8": lambda: independent.read_m3u(data, "utf-8", folder),
        "m3u": lambda: independent.read_m3u(data, "latin-1", folder),
        "pls": lambda: independent.read_pls(data, folder),
        "xspf": lambda: independent.read_xspf(data, folder),
        "jspf": lambda: independent.read_jspf(data, folder),
        "csv": lambda: independent.read_csv(data),
        "json": lambda: independent.read_json(data),
    }
    return [row[0] for row in readers[kind]()]


def paths_by_map4(kind: str, data: bytes, folder: str) -> list[bytes]:
    found = ListFormats.read(data, f"x.{kind}")
    return [os.fsencode(next(iter(PathMaps().inward(entry.location or "", folder)))) for entry in found.entries]


# ---- round trips ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["m3u8", "pls", "xspf", "jspf", "json", "csv"])
@example(paths=["/C:"], title=None, artist=None, is_relative=False)
@given(paths=st.lists(PATHS, min_size=1, max_size=4), title=TITLES, artist=TITLES, is_relative=st.booleans())
@few
def test_any_path_and_title_survives(
    kind: str, paths: list[str], title: str | None, artist: str | None, is_relative: bool
) -> None:
    content = Tracklist(tracks=[track(path, artist, title) for path in paths], name=title)
    folder = os.path.dirname(paths[0])
    places = PathMaps(relative_to=folder) if is_relative and kind in ("m3u8", "pls", "xspf", "jspf") else PathMaps()
    data, notes = written(kind, content, places)
    expected = [os.fsencode(path) for path in paths]
    assert notes.tracks == len(paths)
    assert paths_by_others(kind, data, os.fsencode(folder)) == expected
    assert paths_by_map4(kind, data, folder) == expected


@given(paths=st.lists(PATHS, min_size=1, max_size=4), title=TITLES)
@few
def test_any_latin_1_path_survives(paths: list[str], title: str | None) -> None:
    data, _ = written("m3u", Tracklist(tracks=[track(path, None, title) for path in paths]))
    found = independent.read_m3u(data, "latin-1", b"/")
    assert [path for path, _ in found] == [os.fsencode(path) for path in paths]


@given(data=st.binary(max_size=200), suffix=st.sampled_from([*WRITABLE, "txt", "tsv", "nothing"]))
@settings(max_examples=examples(300))
def test_any_bytes_are_a_list_or_a_refusal(data: bytes, suffix: str) -> None:
    try:
        found = ListFormats.read(data, f"x.{suffix}")
    except PlaylistReadError:
        return
    assert [entry.position for entry in found.entries] == list(range(1, len(found.entries) + 1))


def test_names_titles_durations_and_empty_lists_survive() -> None:
    for kind in WRITABLE:
        content = list_of(track("/m/a.mp3", "Ånn", "Söng"), track("/m/b.mp3", None, "Only", None), name="Friday")
        data, _ = written(kind, content)
        found = ListFormats.read(data, f"x.{kind}")
        assert [(entry.artist, entry.title) for entry in found.entries] == [("Ånn", "Söng"), (None, "Only")]
        assert found.entries[0].duration_s == pytest.approx(245.3, abs=0.5)
        assert found.entries[1].duration_s is None
        has_name = {"m3u8", "m3u", "pls", "xspf", "jspf", "json"}
        assert found.name == ("Friday" if kind in has_name else None)
        has_audio_id = {"xspf", "jspf", "json", "jsonl", "csv"}
        assert {entry.audio_id for entry in found.entries} == ({"a1-" + "0" * 32} if kind in has_audio_id else {None})
    for kind in WRITABLE:
        data, notes = written(kind, list_of())
        assert (notes.tracks, notes.sentences()) == (0, [])
        assert ListFormats.read(data, f"x.{kind}").entries == ()


def test_text_without_paths_and_entities_of_xml_are_refused() -> None:
    all_text = [
        "Ann - Song\nBob - Other\n",
        "root:x:0:0:root:/root:/bin/bash\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\n",
        "Dear Ann,\nI play on Friday.\nSee example.com\nYours, Bob\n",
        "# only a remark\n",
        "",
    ]
    for text in all_text:
        for suffix in ["txt", "m3u", "m3u8"]:
            with pytest.raises(PlaylistReadError, match=r"this text is not a list of files: (no|few)"):
                ListFormats.read(text.encode(), f"x.{suffix}")
    bomb = b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(PlaylistReadError, match="defines entities"):
        ListFormats.read(bomb + b"<playlist><title>&b;</title></playlist>", "x.xspf")


def test_a_text_of_paths_is_a_list_and_formulas_are_quoted() -> None:
    cases = [
        ("Ann/Vol. 3\nAnn/Vol. 3/a.mp3\nAnn/No. 4\n", 3),
        ("song\nb.flac\n", 2),
        ("D:\\Music\\song\n", 1),
        ("https://radio.example/stream\n", 1),
        ("#EXTM3U\nsong\n", 1),
        ("#EXTM3U\n", 0),
    ]
    assert [(text, len(ListFormats.read(text.encode(), "x.txt").entries)) for text, _ in cases] == cases
    for start in ["=1+1", "+1", "-1", "@x", "\tx", "'=1", "''@"]:
        data, _ = written("csv", list_of(track("/m/a.mp3", start, f"{start}HYPERLINK()")))
        [(_, artist, title)] = independent.read_csv(data)
        assert artist == f"'{start}"
        assert title[0] == "'"
        [entry] = ListFormats.read(data, "x.csv").entries
        assert entry.title == f"{start}HYPERLINK()".strip()


# ---- what a name can't do ------------------------------------------------------------------------


def test_odd_names_are_escaped_in_m3u() -> None:
    content = Tracklist(
        tracks=[
            track("/m/lists/#1 hit.mp3", "#EXTINF:1,Evil\n/etc/passwd", "x\r\nhttp://evil"),
            track("/m/lists/ leading.mp3", None, None),
            track("/m/lists/03 Cid - Dusk.mp3", None, None),
            track("/m/lists/line\nbreak.mp3"),
            track("/m/lists/trailing "),
            track("/m/lists/http:/x.mp3"),
            track("/m/lists/C:\\x.mp3"),
        ],
        name="a\n/etc/passwd",
    )
    data, _ = written("m3u8", content, PathMaps(relative_to="/m/lists"))
    assert data.decode() == (
        "#EXTM3U\n#PLAYLIST:a /etc/passwd\n"
        "#EXTINF:245,#EXTINF:1,Evil /etc/passwd - x http://evil\n./#1 hit.mp3\n"
        "#EXTINF:245,leading\n./ leading.mp3\n"
        "#EXTINF:245,Cid - Dusk\n03 Cid - Dusk.mp3\n"
        "#EXTINF:245,Ann - Song\nfile:///m/lists/line%0Abreak.mp3\n"
        "#EXTINF:245,Ann - Song\nfile:///m/lists/trailing%20\n"
        "#EXTINF:245,Ann - Song\nhttp:/x.mp3\n"
        "#EXTINF:245,Ann - Song\n./C:\\x.mp3\n"
    )


def test_characters_outside_latin_1_or_xml_are_replaced_and_counted() -> None:
    content = list_of(track("/m/Été.mp3", "Ünder", "日本"), track("/m/日本.mp3"), track("/m/Ã©.mp3"))
    data, notes = written("m3u", content)
    assert data.decode("latin-1").splitlines()[1:] == [
        "#EXTINF:245,Ünder - ??", "/m/Été.mp3",
        "#EXTINF:245,Ann - Song", "file:///m/%E6%97%A5%E6%9C%AC.mp3",
        "#EXTINF:245,Ann - Song", "file:///m/%C3%83%C2%A9.mp3",  # as it stands it would be read as UTF-8
    ]  # fmt: skip
    assert notes.sentences() == ["2 characters of names that the format can't contain were replaced or left out"]
    data, notes = written("xspf", list_of(track("/m/a&b <1>.mp3", "a\x00\x1b[2J\ud800", "</title>\r]]>\uffff")))
    [(path, artist, title)] = independent.read_xspf(data, b"/")
    assert (path, artist, title) == (b"/m/a&b <1>.mp3", "a[2J", "</title>\r]]>")
    assert notes.replaced_characters == 4


# ---- reading what others wrote -------------------------------------------------------------------


def test_lists_in_every_encoding_are_read() -> None:
    cases = [
        ("C:\\Müsic\\a.mp3\r\n".encode("cp1252"), "C:\\Müsic\\a.mp3"),
        ("\ufeff#EXTM3U\r\nÄ.mp3".encode(), "Ä.mp3"),
        ("#EXTM3U\nÄ.mp3".encode("utf-16"), "Ä.mp3"),
        ("#EXTM3U\n#EXTENC: cp1251\nПесня.mp3".encode("cp1251"), "Песня.mp3"),
        (b"a.mp3\rb.mp3", "a.mp3"),
        (b"#EXTM3U\n\n   \n# a comment\na.mp3", "a.mp3"),
        (b"http://radio.example/stream", "http://radio.example/stream"),
    ]
    assert [(data, ListFormats.read(data, "x.m3u").entries[0].location) for data, _ in cases] == cases
    all_name = [
        ("x.txt", "/m/été.mp3\n"), ("-", "/m/été.mp3\n"), ("x.m3u", "#EXTM3U\n/m/été.mp3\n"),
        ("-", "#EXTM3U\n/m/été.mp3\n"), ("x.csv", "path\n/m/été.mp3\n"), ("x.pls", "[playlist]\nFile1=/m/été.mp3\n"),
        ("x.txt", "/m/été.mp3\t\n"),
    ]  # fmt: skip
    for name, text in all_name:
        for encoding in ["utf-16-le", "utf-16-be"]:
            [entry] = ListFormats.read(f"\ufeff{text}".encode(encoding), name).entries
            assert (entry.location or "").strip() == "/m/été.mp3"


def test_text_in_the_wrong_encoding_keeps_its_bytes_and_two_possible_paths() -> None:
    garbled = "Ágætis".encode().decode("latin-1")
    for text, suffix in ((f"#EXTINF:1,Ann - {garbled}\na.mp3", "m3u8"), (f"artist,title\nAnn,{garbled}\n", "csv")):
        [entry] = ListFormats.read(text.encode(), f"x.{suffix}").entries
        assert (entry.artist, entry.title) == ("Ann", "Ã␁gÃ¦tis")
    [entry] = ListFormats.read(b"#EXTM3U\n/m/\xe9t\xe9.mp3", "x.m3u").entries
    assert entry.locations == ("/m/été.mp3", "/m/\udce9t\udce9.mp3")


def test_extinf_pls_and_xspf_are_read_in_any_form() -> None:
    text = '#EXTM3U\n#EXTINF:123.5 tvg-id="a,b" group="x",Ann - A Song - Live\n#EXTALB:Best\n/a.mp3\n#EXTINF:x\n/b.mp3'
    first, second = ListFormats.read(text.encode(), "x.m3u8").entries
    assert (first.duration_s, first.artist, first.title, first.album) == (123.5, "Ann", "A Song - Live", "Best")
    assert (second.artist, second.title, second.duration_s, second.label()) == (None, None, None, "/b.mp3")
    text = "[Playlist]\r\nfile10=/b.mp3\r\nFile2=/a.mp3\r\nLength2=-1\r\nTitle9=lost\r\nLength10=1e999\r\n"
    found = ListFormats.read(text.encode(), "x.pls")
    assert [(e.position, e.location, e.duration_s) for e in found.entries] == [(1, "/a.mp3", None), (2, "/b.mp3", None)]
    text = (
        "<playlist><title>T</title><trackList><track><location>sub/a%20b.mp3</location><location>/c.mp3</location>"
        "<duration>1500</duration></track><track><location>https://x.example/a</location></track>"
        "<track><title>Untold</title></track></trackList></playlist>"
    )
    first, second, third = ListFormats.read(text.encode(), "x.xspf").entries
    assert (first.locations, first.duration_s) == (("sub/a b.mp3", "/c.mp3"), 1.5)
    assert (second.is_url, second.locations) == (True, ())
    assert (third.location, third.label()) == (None, "Untold")


def test_jspf_of_services_is_read() -> None:
    text = """{"playlist": {"title": "Weekly", "extension": {"https://example.org/doc/jspf#playlist": {}}, "track": [
        {"title": "One", "creator": "Ann", "duration": 245000, "identifier": "https://example.org/recording/1"},
        {"title": "Two", "identifier": ["map4:a1-2", "x:y"], "location": ["https://example.org/2.mp3", "b%20c.mp3"]},
        "nonsense"]}}"""
    for suffix in ("jspf", "nothing"):
        found = ListFormats.read(text.encode(), f"x.{suffix}")
        first, second, third = found.entries
        assert (found.format, found.name) == ("jspf", "Weekly")
        assert (first.artist, first.title, first.duration_s, first.location) == ("Ann", "One", 245.0, None)
        assert (second.audio_id, second.location, second.other_locations) == (
            "a1-2",
            "https://example.org/2.mp3",
            ("b c.mp3",),
        )
        assert (third.title, third.location) == (None, None)


def test_csv_and_json_of_streaming_services() -> None:
    cases = [
        '"Track URI","Track Name","Album Name","Artist Name(s)","Duration (ms)"\nspotify:track:1,One,x,Ann,245000\n',
        "Track name,Artist name,Album,Playlist name,Type,ISRC\nOne,Ann,x,P,Playlist,\n",
        "Song URL,Song Title,Album Title,Artist Name 1\nhttps://music.youtube.com/watch?v=1,One,x,Ann\n",
        'Shazam Library\nIndex,TagTime,Title,Artist,URL,TrackKey\n1,2024-01-01,"One","Ann",https://shazam.com/1,1\n',
        "Title;Artist Names;Album Title;Duration ms\nOne;Ann;x;245000\n",
        "Name\tTrack Artist\tTime\nOne\tAnn\t4:05\n",
        "track_name,artist_name,duration_ms,url\nOne,Ann,245000,https://open.spotify.com/track/1\n",
        "item_type,item_title,band_name,album_title\ntrack,One,Ann,x\n",
        "sep=;\n\nTitre;Artiste;Durée\nOne;Ann;245000\n",
        "título,artista,álbum\nOne,Ann,x\n",
        "title,permalink_url,artist,duration\nOne,https://soundcloud.com/x,Ann,245000\n",
        'name,artist,start time,playtime\n"11/3/2024 ","","11/3/2024, 1:30:00 AM",""\nOne,Ann,1:30:00 AM,00:04:05\n',
    ]
    for text in cases:
        [entry] = ListFormats.read(text.encode(), "x.csv").entries
        assert (entry.artist, entry.title, entry.location) == ("Ann", "One", None)
        assert entry.duration_s in (None, 245.0)
    rows = [
        {"trackName": "One", "artistName": "Ann", "albumName": "x", "trackUri": "spotify:track:1"},
        {"master_metadata_track_name": "One", "master_metadata_album_artist_name": "Ann", "ms_played": 9},
    ]
    for row in [*rows, {"track": rows[0], "episode": None}]:
        [entry] = ListFormats.read(json.dumps({"items": [row]}).encode(), "x.json").entries
        assert (entry.artist, entry.title, entry.location) == ("Ann", "One", None)
    with pytest.raises(PlaylistReadError, match="name no file and no title"):
        ListFormats.read(b'[{"ms_played": 9, "episode_name": null}]', "x.json")


def test_csv_of_exportify_is_read_in_its_languages() -> None:
    # As src/i18n/locales of Exportify has them: title, artists, artists of the album, album, milliseconds.
    for heads in (
        "Nombre de la canción,Nombre(s) del artista,Artistas del álbum,Nombre del álbum,Duración de la canción (ms)",
        "Track-Name,Künstlername(n),Album-Künstlername(n),Album-Name,Track-Dauer (ms)",
        "Nom du titre,Nom(s) de l'artiste,Nom(s) de l'artiste de l'album,Nom de l'album,Durée du titre (ms)",
        "Nome della traccia,Nome dell'artista,Nome dell'artista dell'album,Nome dell'album,Durata della traccia (ms)",
        "Nome da faixa,Nome(s) do artista,Nome(s) do artista do álbum,Nome do álbum,Duração da faixa (ms)",
        "Nummernaam,Naam van artiest,Naam van albumartiest,Naam van album,Nummerduur (ms)",
        "Låtens namn,Artistens namn,Albumartistens namn,Albumets namn,Låtlängd (ms)",
        "Parça Adı,Sanatçı Adı,Albüm Sanatçısının Adı,Albüm Adı,Parça Süresi (ms)",
        "Όνομα κομματιού,Όνομα/τα καλλιτέχνη,Όνομα/τα καλλιτέχνη άλμπουμ,Όνομα άλμπουμ,Διάρκεια κομματιού (ms)",
        "トラック名,アーティスト名,アルバムアーティスト名,アルバム名,トラックの長さ（ミリ秒）",
        "曲目名称,艺人名称,专辑艺人名称,专辑名称,曲目时长（毫秒）",
        "曲目名稱,藝人名稱,專輯藝人名稱,專輯名稱,曲目長度（毫秒）",
        "歌名,Artist 名,專輯 Artist 名,專輯名,曲目時長（毫秒）",
        "اسم الأغنية,أسماء الفنانين,أسماء فناني الألبوم,اسم الألبوم,مدة الأغنية (بالمللي ثانية)",
        "NOMBRE DE LA CANCION,Nombres del artista,x,Nombre del album,duracion de la cancion ms",
        "Название трека,Исполнитель,x,Альбом,Длительность (мс)",
    ):
        [*names, album, length] = heads.split(",")
        text = ",".join((length, album, *names)) + "\n245000,x,One,Ann,Various\n"
        for spelt in (text, normalize("NFD", text)):
            [entry] = ListFormats.read(spelt.encode(), "x.csv").entries
            assert (entry.title, entry.artist, entry.album, entry.duration_s) == ("One", "Ann", "x", 245.0)


def test_csv_and_json_with_several_lists_keep_them_apart() -> None:
    for text in (
        "Track name,Artist name,Playlist name,Type\nOne,Ann,Day,Playlist\nTwo,Bo,Night,Playlist\nOne,Ann,Night,\n",
        "title;artist;playlist\nOne;Ann;Day\nTwo;Bo;Night\nOne;Ann;Night\n",
        "Wiedergabeliste\tTitel\nDay\tOne\nNight\tTwo\nNight\tOne\n",
    ):
        found = ListFormats.read(text.encode(), "x.csv")
        lists = [(each.name, [entry.title for entry in each.entries]) for each in found.lists]
        assert lists == [("Day", ["One"]), ("Night", ["Two", "One"])]
        assert [(entry.position, entry.title) for entry in found.entries] == [(1, "One"), (2, "Two"), (3, "One")]
    one = ListFormats.read(b"title,playlist\nOne,Day\nTwo,Day\n", "x.csv")
    assert (one.name, one.lists, len(one.entries)) == ("Day", (), 2)
    one = {"trackName": "One", "artistName": "Ann"}
    for document in (
        {"playlists": [{"name": "Day", "items": [{"track": one}]}, {"name": "Night", "items": [one, one]}]},
        {"lists": [{"name": "Day", "tracks": [one]}, {"name": "Night", "tracks": {"items": [one, one]}}]},
        [{"name": "Day", "entries": [one]}, {"name": "Night", "entries": [one, one]}],
        {"playlists": {"Day": [one], "Night": [one, one]}},
    ):
        found = ListFormats.read(json.dumps(document).encode(), "x.json")
        assert [(each.name, len(each.entries)) for each in found.lists] == [("Day", 1), ("Night", 2)]
        assert [(entry.position, entry.label()) for entry in found.entries] == [(n, "Ann - One") for n in (1, 2, 3)]


def test_csv_of_spreadsheets_and_tables_with_tabs_are_read() -> None:
    text = "Artist;Track Title;Time;Location\r\nAnn;Song;4:05;C:\\a.mp3\r\n;;;\r\nBob;Tune;245,5;\r\n"
    first, second = ListFormats.read(text.encode("utf-16"), "x.csv").entries
    assert (first.artist, first.title, first.duration_s, first.location) == ("Ann", "Song", 245.0, "C:\\a.mp3")
    assert (second.duration_s, second.location, second.position) == (245.5, None, 2)
    for text in ("One; Two", "One\ttwo", "One"):
        [entry] = ListFormats.read(f"title\n{text}\n".encode(), "x.csv").entries
        assert entry.title == text.replace("\t", " ")
    [entry] = ListFormats.read(b"path,title,artist\n/m/a.mp3,2020-05-01,\n", "x.csv").entries
    assert (entry.location, entry.title) == ("/m/a.mp3", "2020-05-01")
    for text in ("Abc;Def;12 Nov 2019, 10:00\nTitle;Track;x\n", "Abc,Def\nTitle,Artist\n"):
        with pytest.raises(PlaylistReadError, match=r"'path' or 'title' .* but 'Abc', 'Def'"):
            ListFormats.read(text.encode(), "x.csv")
    for name in ["x.txt", "x.tsv", "-"]:
        for encoding in ["utf-16", "utf-8-sig", "utf-8"]:
            [entry] = ListFormats.read(REKORDBOX_TEXT.encode(encoding), name).entries
            assert (entry.location, entry.artist, entry.title, entry.album) == (None, "Régine", "Reine", "Nuit")
            assert entry.duration_s == 245.0
    with pytest.raises(PlaylistReadError, match="names no column 'path' or 'title'"):
        ListFormats.read("#\tx\ty\tz\n1\t\tReine\tRégine\n".encode("utf-16"), "x.txt")


def test_json_lists_and_times_of_every_shape_are_read() -> None:
    for text in (
        '["/a.mp3"]',
        '{"tracks": [{"path": "/a.mp3"}]}',
        '{"schema": "map4/tracks/1", "tracks": [{"path": "/a.mp3", "tags": {}, "file": null}]}',
        '{"items": [{"location": "/a.mp3", "duration": "long"}]}',
    ):
        [entry] = ListFormats.read(text.encode(), "x.json").entries
        assert (entry.location, entry.duration_s) == ("/a.mp3", None)
    found = ListFormats.read(rb'{"name": "\udc80", "tracks": [{"path": "\ud800", "audio_id": "\ud800"}]}', "x.json")
    assert (found.name, found.entries[0].location, found.entries[0].audio_id) == ("\ufffd",) * 3
    for times, expected in ((("0:00", "3:12", "1:02:00"), None), (("3:12", "4:00", "5:00"), 240.0)):
        text = "Time,Artist,Title\n" + "".join(f"{time},Ann,One\n" for time in times)
        assert ListFormats.read(text.encode(), "x.csv").entries[1].duration_s == expected
    # Space to a text, but not to a number.
    for end in ["\x1c", "\x1d", "\x1f", "\x85", "\u2003"]:
        [entry] = ListFormats.read(f"title,time\nSong,4:05{end}\n".encode(), "x.csv").entries
        assert entry.duration_s == 245.0


def test_json_round_trip_keeps_all_values_and_the_wanted_energy() -> None:
    relaxed = (Relaxation(rule="artist_gap", asked=4, given="60m"),)
    pick = ListedPick(
        energy_target=0.5, transition=MixTraits(bpm=120.0, energy=0.5).compared(MixTraits(bpm=123.0, energy=0.75)),
        hamms_similarity=0.5, seed_similarity=-0.25, plan=PLAN, relaxed=relaxed, reasons=("x",),
    )  # fmt: skip
    header = ListHeader(seeds=("/a.mp3",), options={"n": 1}, missing=Missing(unused=3, blockers={"genre": 2}))
    content = Tracklist(tracks=[track("/a.mp3")], picks=[pick], header=header, description="D")
    data, _ = written("json", content)
    found = ListFormats.read(data, "x.json")
    assert json.loads(data)["picks"][0]["relaxed"][0]["words"] == "artist repeats"
    assert (found.picks, found.description) == ((pick,), "D")
    assert found.header == header
    for kind in ("m3u8", "pls", "xspf", "jspf"):
        picks = [ListedPick(energy_target=0.25), ListedPick()]
        data, _ = written(kind, Tracklist(tracks=[track("/a.mp3"), track("/b.mp3")], picks=picks))
        assert [pick.energy_target for pick in ListFormats.read(data, f"x.{kind}").picks] == [0.25, None]
        spoilt = ListFormats.read(data.replace(b"0.25", b"9.25"), f"x.{kind}")
        assert not any(pick.energy_target for pick in spoilt.picks)


def test_malformed_values_in_json_and_summaries_in_jsonl_are_dropped() -> None:
    all_name = ["energy_target", "transition", "relaxed", "reasons", "seed_similarity", "played_at"]
    all_value = [None, 9, True, "x", [], [None, 5], {}, {"plan": 5, "no_plan": []}, [{"rule": []}], [{"rule": "x"}]]
    for name in all_name:
        for value in all_value:
            picks = [{"track": {"path": "/a.mp3"}, name: value}]
            document = {"schema": "map4/playlist/1", "options": value, "seeds": value, "missing": value, "picks": picks}
            found = ListFormats.read(json.dumps(document).encode(), "x.json")
            played_at = value if name == "played_at" and isinstance(value, str) else None
            assert found.picks == (ListedPick(played_at=played_at),)
            assert found.header.limits == ListLimits()
            assert (found.header.seeds, found.header.missing) == ((), None)
    text = json.dumps({"path": "/one\u2028two\x85\v.mp3"}, ensure_ascii=False)
    assert [entry.location for entry in ListFormats.read(f"{text}\r\n{text}".encode(), "x.jsonl").entries] == [
        "/one\u2028two\x85\v.mp3"
    ] * 2
    text = '{"schema": "map4/track/1", "path": "/a.mp3"}\n\n{"schema": "map4/scan-summary/1", "found": 1}\n'
    assert [entry.location for entry in ListFormats.read(text.encode(), "-").entries] == ["/a.mp3"]


def test_invalid_lists_are_refused_with_a_reason() -> None:
    cases = [
        (b"\x00\x01", "x.bin", "not a list that map4 can read"),
        (b"<a", "x.xspf", "not valid XML"),
        (b'{"playlist": 1}', "x.jspf", "no playlist with tracks"),
        (b"<html></html>", "x.xspf", "begins with <html>"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "x.xspf", "not valid XML|can't be read"),
        (b"{", "x.json", "not valid JSON"),
        (b"{}", "x.json", "contains no list"),
        (b'{"streams": [], "user": 1}', "x.json", "but 'streams', 'user'"),
        (b"[1]", "x.json", "entry 1 is neither"),
        (b"[" * 100_000, "x.json", "not valid JSON"),
        (b"{}\n{", "x.jsonl", "line 2"),
        (b"a,b\n1,2", "x.csv", "no column 'path'"),
        (b"", "x.csv", "no column 'path'"),
        (b"nothing", "x.pls", "not a PLS list"),
    ]
    for data, path, message in cases:
        with pytest.raises(PlaylistReadError, match=message):
            ListFormats.read(data, path)


def test_formats_are_found_and_write_mapped_paths() -> None:
    cases = [(b"#EXTM3U\n", "m3u"), (b"[playlist]\n", "pls"), (b"\xef\xbb\xbf<?xml version='1.0'?><playlist/>", "xspf"),
    (b"/m/a.mp3\n/m/b.mp3", "txt"), (b"a.mp3", "txt"), (b"[]", "json"),
    (b"vrsn\0\0\0\0", "serato"), (b"<?xml version='1.0'?>\n<VirtualFolder/>", "virtualdj"),
    (b'{"picks": []}', "json"), (b'{"path": "/a"}\n{"path": "/b"}', "jsonl")]  # fmt: skip
    assert [(head, ListFormats.read(head, "-").format) for head, _ in cases] == cases
    assert ListFormats.for_writing("A.M3U8").name == "m3u8"
    assert ListFormats.for_writing("-", "pls").name == "pls"
    assert {"m3u", "m3u8", "pls", "xspf", "jspf", "json", "csv", "txt"} <= ListFormats.suffixes()
    places = PathMaps(maps=(PathMap.parse("/m=D:\\Music"),))
    content = list_of(track("/m/a/b c.mp3"))
    texts = {kind: written(kind, content, places)[0].decode() for kind in WRITABLE}
    for kind in ("m3u8", "m3u", "pls", "csv"):
        assert "D:\\Music\\a\\b c.mp3" in texts[kind]
    assert "file:///D:/Music/a/b%20c.mp3" in texts["xspf"]
    assert json.loads(texts["json"])["picks"][0]["location"] == "D:\\Music\\a\\b c.mp3"
    assert json.loads(texts["jsonl"])["location"] == "D:\\Music\\a\\b c.mp3"
    relative = written("xspf", content, PathMaps(maps=places.maps, relative_to="/m"))[0].decode()
    assert "<location>a/b%20c.mp3</location>" in relative
    jsonschema.Draft202012Validator({"required": ["track"]}).validate(json.loads(texts["jsonl"]))


# ---- the registry --------------------------------------------------------------------------------


def test_unknown_formats_are_refused_with_a_hint() -> None:
    cases = [
        ("set.m4u", None, "suffix of set.m4u names no format; end it in .m3u8"),
        ("set.m4u", None, ", or name one with --as"),
        (
            "set.nml",
            None,
            "--save NAME stores the list here, and then: map4 export --playlist NAME --to traktor -o set.nml",
        ),
        ("-", "rekordbox", "rekordbox is written by 'map4 export'"),
        ("-", None, "no suffix"),
        ("x.txt", None, "names no format"),
        ("-", "xpsf", "did you mean xspf?"),
        ("-", "?", "there are m3u8, m3u"),
    ]
    for path, name, message in cases:
        with pytest.raises(UsageError, match=re.escape(message)):
            ListFormats.for_writing(path, name)


@pytest.mark.parametrize("kind", WRITABLE)
def test_every_list_format_has_suffix_summary_and_stable_output(kind: str, tmp_path: Path) -> None:
    found = ListFormats.all()[kind]
    content = list_of(*(track(f"/m/{n}.mp3") for n in range(3)), name="x")
    assert found.suffixes[0] == kind
    assert found.summary
    assert len(found.summary) < 45
    first, second = io.BytesIO(), io.BytesIO()
    found.write_list(content, first, PathMaps())
    found.write_list(content, second, PathMaps())
    assert first.getvalue() == second.getvalue()


# ---- VirtualDJ's and rekordbox's lists -------------------------------------------------------------


def test_virtualdj_notes_give_artist_and_title_and_may_be_no_history(zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    found = ListFormats.read(VIRTUALDJ_HISTORY.encode(), "2023-01-28.m3u")
    first, second = found.entries
    assert (first.location, first.artist, first.title) == (None, "Ann & Bob", "One (Dub)")
    assert (second.location, second.artist, second.title) == ("D:\\Music\\two.mp3", "Cat & Dan", "Two")
    assert (second.duration_s, second.size_bytes) == (212.4, 4000)
    assert found.is_history
    assert [pick.played_at for pick in found.picks] == ["2023-01-28T05:39:45Z", "2023-01-28T05:41:50Z"]
    for old, new in (
        ("1674884510", "1674884300"),  # before the one above: when each was last played
        ("1674884510", "1774884510"),  # years later
        ("1674884510", "99999999999999"),
        ("<lastplaytime>1674884510</lastplaytime>", ""),
    ):
        found = ListFormats.read(VIRTUALDJ_HISTORY.replace(old, new).encode(), "x.m3u")
        assert (found.is_history, len(found.entries)) == (False, 2)


def test_malformed_virtualdj_notes_are_read() -> None:
    cases = [
        ("<artist>A <3 B</artist><title>x</title>", "A <3 B", "x"),
        ("<artist>A</b><title>x</title>", "A", "x"),
        ("<title>Blue</title><remix>Club Mix</remix>", None, "Blue (Club Mix)"),
        ("<title>Blue (Club Mix)</title><remix>(Club mix)</remix>", None, "Blue (Club Mix)"),
        ("<title>Red</title><remix>(Club Mix)</remix>", None, "Red (Club Mix)"),
        ("<title>x", None, None),
        ("<title></title>", None, None),
        ("x</title></title><title>y</title>", None, "y"),
        ("<a>" * 600_000, None, None),
        ("</" * 600_000, None, None),
    ]
    for notes, artist, title in cases:
        [entry] = ListFormats.read(f"#EXTVDJ:{notes}\n/m/a.mp3\n".encode(), "x.m3u").entries
        assert (entry.location, entry.artist, entry.title) == ("/m/a.mp3", artist, title)


@pytest.mark.parametrize(
    ("lines", "artist"),
    [
        ("#EXTART:Olga\n#EXTINF:6,Tide", "Olga"),
        ("#EXTINF:6,Tide\n#EXTART:Olga", "Olga"),
        ("#EXTART:Various\n#EXTINF:6,Olga - Tide", "Olga"),
        ("#EXTVDJ:<artist>Olga</artist><title>Tide</title>\n#EXTINF:6,Tide", "Olga"),
    ],
)
def test_m3u_artist_counts_before_and_after_the_caption(lines: str, artist: str) -> None:
    entries = ListFormats.read(f"#EXTM3U\n{lines}\n/m/a.mp3\n#EXTINF:6,Dusk\n/m/b.mp3\n".encode(), "x.m3u8").entries
    assert [(entry.artist, entry.title) for entry in entries] == [(artist, "Tide"), (None, "Dusk")]

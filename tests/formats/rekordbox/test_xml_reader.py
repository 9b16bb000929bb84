"""Reading rekordbox's XML: what rekordbox wrote, and what other programs made of it."""

import os
import tracemalloc
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from dj_tracks import adopted, dj_track, exported, read, stored

from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.formats.export import ExportOptions
from map4.formats.fields import unreadable
from map4.formats.importer import DjPlaylist, DjTrack, Importer, ReadNotes
from map4.formats.rekordbox.xml_reader import NO_TRACK, OTHER_LISTS, SAME_ID, UNREADABLE_CUES, UNREADABLE_GRID

MP3_DELAY_S = 1105 / 44_100
GRIDS = ExportOptions(with_grid=True)


def collection(*tracks: str, lists: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<DJ_PLAYLISTS Version="1.0.0">'
        '<PRODUCT Name="rekordbox" Version="7.0.9" Company="AlphaTheta"/>'
        f'<COLLECTION Entries="{len(tracks)}">{"".join(tracks)}</COLLECTION>'
        f'<PLAYLISTS><NODE Type="0" Name="ROOT" Count="1">{lists}</NODE></PLAYLISTS></DJ_PLAYLISTS>'
    ).encode()


def read_track(path: Path, attributes: str = "", inside: str = "", name: str = "a.flac") -> tuple[DjTrack, ReadNotes]:
    location = f'Location="file://localhost/m/{name}"'
    data = collection(f'<TRACK TrackID="1" {location} {attributes}>{inside}</TRACK>')
    [track], _, notes = read("rekordbox", path / "r.xml", data)
    return track, notes


# ---- what rekordbox itself wrote -----------------------------------------------------------------


@pytest.mark.parametrize("number", [5, 6])
def test_all_values_of_xml_files_of_rekordbox_are_read(shared: Path, tmp_path: Path, number: int) -> None:
    data = (shared / "interchange" / f"rekordbox{number}.xml").read_bytes()
    tracks, lists, notes = read("rekordbox", tmp_path / "r.xml", data)
    own = ElementTree.fromstring(data)
    elements = own.findall("COLLECTION/TRACK")
    assert len(elements) == 6
    assert notes.left_out == {}
    assert [track.key for track in tracks] == [element.get("TrackID") for element in elements]
    for track, element in zip(tracks, elements, strict=True):
        entry, values = track.entry, track.values
        assert (entry.title, entry.artist or "", entry.album or "") == tuple(
            element.get(name) for name in ("Name", "Artist", "Album")
        )
        assert (str(entry.size_bytes), entry.location) == (element.get("Size"), element.get("Location"))
        assert f"{entry.duration_s:g}" == element.get("TotalTime")
        assert f"{values.bpm or 0:.2f}" == element.get("AverageBpm")
        assert values.key == (Key.parse("Fm") if element.get("Tonality") == "Fm" else None)
        assert (values.comment or "", values.rating, values.play_count) == (element.get("Comments"), None, 0)
        delay_s = MP3_DELAY_S if (entry.location or "").endswith(".mp3") else 0.0
        starts = [float(mark.get("Start", "")) for mark in element.iterfind("POSITION_MARK")]
        assert [cue.position_s + delay_s for cue in values.cues] == pytest.approx(starts, abs=1e-6)
        assert {(cue.kind, cue.number, cue.name) for cue in values.cues} <= {("cue", None, None)}
        grid = [(float(m.get("Inizio", "")), float(m.get("Bpm", "")), m.get("Metro"), m.get("Battito"))
                for m in element.iterfind("TEMPO")]  # fmt: skip
        found = [
            (round(mark.position_s + delay_s, 3), mark.bpm, f"{mark.metre}/4", str(mark.beat)) for mark in values.grid
        ]
        assert found == grid
    assert sum(len(track.values.cues) for track in tracks) == len(own.findall(".//POSITION_MARK"))
    assert sum(len(track.values.grid) for track in tracks) == len(own.findall(".//TEMPO")) > 10
    assert lists == LISTS[number]
    assert notes.version == {5: "5.8.6", 6: "6.6.2"}[number]


LISTS = {
    5: [
        DjPlaylist(name="Sub Playlist", folders=("Folder",), keys=("5", "6")),
        DjPlaylist(name="Playlist1", keys=("5", "6")),
    ],
    6: [DjPlaylist(name="Trial playlist - Cloud Library Sync")],
}


def test_the_demo_tracks_begin_on_the_beat(shared: Path, tmp_path: Path) -> None:
    """What the offset of MP3 in rekordbox rests on: both were made from zero on, and rekordbox says 0.025 s."""
    data = (shared / "interchange" / "rekordbox5.xml").read_bytes()
    firsts = [
        track.values.grid[0].position_s for track in read("rekordbox", tmp_path / "r.xml", data)[0] if track.values.grid
    ]
    assert firsts == pytest.approx([0.0, 0.0], abs=0.0005)


@pytest.mark.parametrize("number", [5, 6])
def test_exporting_what_was_imported_gives_the_same_marks_and_lists(shared: Path, tmp_path: Path, number: int) -> None:
    data = (shared / "interchange" / f"rekordbox{number}.xml").read_bytes()
    found, lists, _ = read("rekordbox", tmp_path / "r.xml", data)
    tracks = {item.key: adopted(item, codec="mp3" if "mp3" in (item.entry.location or "") else "pcm") for item in found}
    kept = [stored(item.name, [tracks[key] for key in item.keys], folders=item.folders) for item in lists]
    tracks = {key: replace(track, prefer=("imported",)) for key, track in tracks.items()}
    again, _ = exported("rekordbox", list(tracks.values()), GRIDS, playlists=lambda: kept)
    own, made = ElementTree.fromstring(data), ElementTree.fromstring(again)
    for before, after in zip(own.findall("COLLECTION/TRACK"), made.findall("COLLECTION/TRACK"), strict=True):
        assert [(mark.tag, mark.attrib) for mark in before] == [(mark.tag, mark.attrib) for mark in after]
        same = ("Name", "Artist", "Size", "AverageBpm", "Comments", "PlayCount", "Rating", "Location", "Tonality")
        assert [before.get(name) for name in same] == [after.get(name) for name in same]
    shape = [(n.get("Name"), n.get("Type"), n.get("Count"), n.get("Entries"), len(n)) for n in own.iter("NODE")]
    assert [
        (n.get("Name"), n.get("Type"), n.get("Count"), n.get("Entries"), len(n)) for n in made.iter("NODE")
    ] == shape


# ---- there and back ------------------------------------------------------------------------------


def test_export_and_import_give_the_same_values(tmp_path: Path) -> None:
    cues = (
        CuePoint(position_s=0.0, name="Intro"),
        CuePoint(position_s=15.25, number=3, color="#3ceb50"),
        CuePoint(position_s=30.5, kind="loop", length_s=4.0, number=4),
        CuePoint(position_s=40.0, kind="fade_in"), CuePoint(position_s=50.0, kind="fade_out"),
        CuePoint(position_s=60.0, kind="load"),
    )  # fmt: skip
    grid = (GridMark(position_s=0.1, bpm=128.0, metre=4, beat=1), GridMark(position_s=60.0, bpm=127.5, metre=3, beat=2))
    values = ImportedValues(
        bpm=128.0, key=Key.parse("4A"), rating=4.0, play_count=12, last_played="2026-01-31", comment="peak",
        color="#ff007f", cues=cues, grid=grid, title="Song  ", artist="Ann", album="LP", genre="House", label="Lantern",
        composer="Bea", remixer="Cid", mix="Dub Mix", grouping="opener", year=1998, track_number=3, disc_number=2,
        date_added="2015-03-01",
    )  # fmt: skip
    track = dj_track("x/Söng #1.flac", codec="flac", imported=values, artist="Ann", title="Song", album="LP")
    lists = [stored("Warm / up", [track, track], folders=("Sets", "2026"))]
    data, _ = exported("rekordbox", [replace(track, prefer=("imported",))], GRIDS, playlists=lambda: lists)
    [found], [listed], notes = read("rekordbox", tmp_path / "r.xml", data)
    assert found.values == values
    assert (found.entry.artist, found.entry.title, found.entry.album) == ("Ann", "Song", "LP")
    assert (found.entry.duration_s, found.entry.size_bytes) == (184.0, 7_400_000)
    assert next(PathMaps().inward(found.entry.location or "", "/")) == track.path
    assert listed == DjPlaylist(name="Warm / up", folders=("Sets", "2026"), keys=(found.key, found.key))
    assert notes.left_out == {}


@pytest.mark.parametrize("kind", ["fade_in", "fade_out", "load"])
@pytest.mark.parametrize("number", [None, 2])
@pytest.mark.parametrize("color", [None, "#102030"])
def test_fades_and_loads_keep_names(tmp_path: Path, kind: CueKind, number: int | None, color: str | None) -> None:
    cue = CuePoint(position_s=1.0, kind=kind, number=number, color=color)
    data, _ = exported("rekordbox", [dj_track("a.flac", codec="flac", imported=ImportedValues(cues=(cue,)))])
    assert b'Type="0"' in data
    [found], _, _ = read("rekordbox", tmp_path / "r.xml", data)
    assert found.values.cues == (cue,)


def test_cues_are_read_in_order_with_kinds_and_colours(tmp_path: Path) -> None:
    inside = "".join(
        f'<POSITION_MARK Name="{name}" Type="{kind}" Start="1.0" End="2.0" Num="-1"/>'
        for name, kind in (("Fade", "0"), ("Load", "4"), ("Load", "0"), ("Intro", "1"))
    )
    cues = read_track(tmp_path, inside=inside)[0].values.cues
    assert [(cue.kind, cue.name) for cue in cues] == [
        ("cue", "Fade"), ("loop", "Load"), ("load", None), ("fade_in", "Intro"),
    ]  # fmt: skip
    inside = (
        '<POSITION_MARK Name="B" Type="4" Start="9.0" End="13.5" Num="1" Red="255" Green="160" Blue="0"/>'
        '<POSITION_MARK Name="" Type="0" Start="1.0" Num="0" Red="255" Green="300" Blue="0"/>'
        '<POSITION_MARK Name="" Type="4" Start="20.0" Num="-1"/>'
    )
    assert read_track(tmp_path, inside=inside)[0].values.cues == (
        CuePoint(position_s=1.0, number=0),
        CuePoint(position_s=9.0, kind="loop", number=1, name="B", length_s=4.5, color="#ffa000"),
        CuePoint(position_s=20.0),
    )


@pytest.mark.parametrize("position", ["22050", "44100", "48000"])
@pytest.mark.parametrize("name", ["a.m4a", "a.mp3"])
def test_cue_positions_survive_a_round_trip(tmp_path: Path, name: str, position: str) -> None:
    """Also where rekordbox names another sample rate than the decoder: of HE-AAC the half."""
    inside = '<POSITION_MARK Name="" Type="0" Start="10.000" Num="-1"/>'
    found, _ = read_track(tmp_path, f'SampleRate="{position}"', inside, name)
    codec = "aac" if name.endswith("m4a") else "mp3"
    data, _ = exported("rekordbox", [adopted(found, codec=codec, rate_hz=44_100)])
    assert b'Start="10.000"' in data


# ---- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "of", "cases"),
    [
        ("Tonality", "values.key.camelot", [("Db", "3B"), ("F#m", "11A"), ("8A", "8A"), ("1m", "8A"), (" Fm ", "4A")]),
        ("TotalTime", "entry.duration_s", [("172", 172.0), ("172.6", 172.6), ("-5", None), ("1e999", None),
                                           ("x", None)]),
        ("AverageBpm", "values.bpm", [("87.5", 87.5), ("0.5", None), ("1e-320", None), ("1e9", None), ("nan", None)]),
        ("Rating", "values.rating", [("0", None), ("51", 1.0), ("102", 2.0), ("153", 3.0), ("204", 4.0), ("255", 5.0),
                                     ("999", 5.0), ("x", None), ("-1", None), ("230", 4.5), ("3", None)]),
    ],
)  # fmt: skip
def test_xml_attributes_become_values(tmp_path: Path, name: str, of: str, cases: list[tuple[str, object]]) -> None:
    found = [(text, attrgetter(of)(read_track(tmp_path, f'{name}="{text}"')[0])) for text, _ in cases]
    assert found == cases


def test_unreadable_values_are_counted_and_empty_ones_are_none(tmp_path: Path) -> None:
    inside = (
        '<TEMPO Inizio="x" Bpm="120.00"/><TEMPO Inizio="1.0" Bpm="0.00"/><TEMPO Inizio="nan" Bpm="1"/>'
        '<TEMPO Inizio="2.0" Bpm="120.00" Metro="?" Battito="0"/>'
        '<POSITION_MARK Type="9" Start="1.0"/><POSITION_MARK Type="0" Start="1e9"/><POSITION_MARK Type="0"/>'
        '<POSITION_MARK Type="0" Start="3.0" Num="-1"/>'
    )
    track, notes = read_track(
        tmp_path, 'Tonality="H?" AverageBpm="inf" PlayCount="-3" LastPlayed="soon" Colour="red"', inside
    )
    assert track.values == ImportedValues(cues=(CuePoint(position_s=3.0),), grid=(GridMark(position_s=2.0, bpm=120.0),))
    assert notes.left_out == {
        UNREADABLE_GRID: 3, UNREADABLE_CUES: 3,
        **{unreadable(name): 1 for name in ("key", "bpm", "play_count", "last_played", "color", "grid.metre")},
    }  # fmt: skip
    assert all(sentence.startswith("left out: ") for sentence in notes.sentences())
    track, notes = read_track(
        tmp_path, 'Name="" Artist=" " Size="0" TotalTime="0" AverageBpm="0.00" Rating="0" Tonality=""'
    )
    assert track.values.is_empty
    entry = track.entry
    assert (entry.title, entry.artist, entry.album, entry.size_bytes, entry.duration_s) == (None,) * 5
    assert notes.left_out == {}


@pytest.mark.parametrize(
    ("name", "attributes", "delay_s"),
    [
        ("a.mp3", "", 1105 / 44_100), ("a.MP3", 'SampleRate="48000"', 1105 / 44_100),
        ("a.m4a", 'Kind="M4A File" BitRate="256"', 2112 / 44_100), ("a.m4a", 'Kind="ALAC File"', 0.0),
        ("a.m4a", 'Kind="M4A File" BitRate="984"', 0.0), ("a.flac", "", 0.0), ("a", "", 0.0),
    ],
)  # fmt: skip
def test_xml_positions_exclude_the_encoder_delay(tmp_path: Path, name: str, attributes: str, delay_s: float) -> None:
    track, _ = read_track(tmp_path, attributes, '<POSITION_MARK Type="0" Start="10.000"/>', name)
    assert track.values.cues[0].position_s == pytest.approx(10.0 - delay_s, abs=1e-6)


# ---- places --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("file://localhost/C:/Music/a%20b.mp3", "C:/Music/a b.mp3"),
        ("file://localhost/Users/ann/caf%c3%a9.mp3", "/Users/ann/café.mp3"),
        ("file://localhost/Users/a%20#1,%20(x)+y!%3f.mp3", "/Users/a #1, (x)+y!?.mp3"),
        ("file://localhost//nas/share/a.mp3", "\\\\nas\\share\\a.mp3"),
        ("file://localhost/caf%E9.mp3", "/caf\udce9.mp3"),
    ],
)
def test_xml_locations_become_paths(tmp_path: Path, location: str, path: str) -> None:
    data = collection(f'<TRACK TrackID="1" Location="{location}"/>')
    [track], _, _ = read("rekordbox", tmp_path / "r.xml", data)
    places = [place for found in track.entry.locations for place in PathMaps().inward(found, "/somewhere")]
    assert path in places


def test_places_of_another_machine_and_of_entries_are_found(tmp_path: Path) -> None:
    data = collection('<TRACK TrackID="1" Location="file://localhost/D:/Music/x/a%20b.mp3"/>')
    [track], _, _ = read("rekordbox", tmp_path / "r.xml", data)
    places = PathMaps(maps=(PathMap.parse("D:/Music=/music"),))
    assert next(places.inward(track.entry.location or "", "/")) == "/music/x/a b.mp3"
    keys = '<TRACK Key="file://localhost/m/c.mp3"/><TRACK Key="file://localhost/m/a b.mp3"/><TRACK Key="file://localhost/x"/>'
    found, notes = listed(tmp_path, f'<NODE Name="L" Type="1" KeyType="1" Entries="3">{keys}</NODE>')
    assert found == [DjPlaylist(name="L", keys=("9", "7"))]
    assert notes.left_out == {NO_TRACK: 1}


# ---- lists ---------------------------------------------------------------------------------------

TWO = (
    '<TRACK TrackID="7" Location="file://localhost/m/a%20b.mp3"/>',
    '<TRACK TrackID="9" Location="file://localhost/m/c.mp3"/>',
)


def listed(path: Path, lists: str) -> tuple[list[DjPlaylist], ReadNotes]:
    _, found, notes = read("rekordbox", path / "r.xml", collection(*TWO, lists=lists))
    return found, notes


def test_lists_are_read_from_folders_and_before_their_tracks(tmp_path: Path) -> None:
    keys = '<TRACK Key="9"/><TRACK Key="7"/><TRACK Key="9"/><TRACK Key="8"/><TRACK/>'
    lists = (
        '<NODE Name="F" Type="0" Count="2"><NODE Name="G" Type="0" Count="1">'
        f'<NODE Name="L" Type="1" KeyType="0" Entries="4">{keys}</NODE></NODE>'
        '<NODE Name="" Type="1" KeyType="0" Entries="0"/></NODE><NODE Name="smart" Type="5"/>'
    )
    found, notes = listed(tmp_path, lists)
    assert found == [
        DjPlaylist(name="L", folders=("F", "G"), keys=("9", "7", "9")),
        DjPlaylist(name="rekordbox", folders=("F",)),
    ]
    assert notes.left_out == {NO_TRACK: 2, OTHER_LISTS: 1}
    data = (
        b'<DJ_PLAYLISTS><PLAYLISTS><NODE Type="0" Name="ROOT"><NODE Name="L" Type="1" KeyType="0"><TRACK Key="1"/>'
        b'</NODE></NODE></PLAYLISTS><COLLECTION><TRACK TrackID="1" Name="A"/></COLLECTION></DJ_PLAYLISTS>'
    )
    tracks, lists, notes = read("rekordbox", tmp_path / "r.xml", data)
    assert [track.entry.title for track in tracks] == ["A"]
    assert lists == [DjPlaylist(name="L", keys=("1",))]
    assert notes.version is None


def test_collection_is_recognised_and_duplicate_keys_counted(tmp_path: Path) -> None:
    data = collection(
        '<TRACK TrackID="1" Name="A"/>',
        '<TRACK TrackID="1" Name="B"/>',
        "<TRACK/>",
        '<TRACK Location="file://localhost/a"/>',
    )
    tracks, _, notes = read("rekordbox", tmp_path / "r.xml", data)
    assert [track.key for track in tracks] == ["1", "file://localhost/a"]
    assert notes.left_out == {SAME_ID: 2}
    path = tmp_path / "whatever"
    path.write_bytes(collection())
    assert Importer.of(str(path)).name == "rekordbox"
    path.write_bytes(b"<playlist/>")
    assert Importer.of(str(path)).name != "rekordbox"


@pytest.mark.world
def test_large_xml_file_is_read_with_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "r.xml"
    track = (
        '<TRACK TrackID="{n}" Name="Song" Location="file://localhost/m/{n}.mp3"><TEMPO Inizio="0.1" Bpm="1"/></TRACK>\n'
    )

    def peak(count: int) -> int:
        path.write_bytes(collection(*(track.format(n=n) for n in range(count))))
        tracemalloc.start()
        assert sum(1 for _ in Importer.all()["rekordbox"].read(os.fspath(path), ReadNotes())) == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    # A number and a digest of each track are kept for the lists; the elements are some kilobytes each.
    assert (peak(4000) - peak(1000)) / 3000 < 500

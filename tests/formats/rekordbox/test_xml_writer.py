"""rekordbox's XML: its forms are those that rekordbox writes, and pyrekordbox reads what was meant."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from dj_tracks import dj_track, exported, stored
from hypothesis import given
from hypothesis import strategies as st
from injections import content_of
from listed import PATHS, TITLES
from made_tracks import made_track

from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.analysis.analysis import Grid
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track, UserValues
from map4.errors import UsageError
from map4.formats.export import ExportOptions
from map4.formats.rekordbox.track_element import location_of
from map4.formats.rekordbox.xml_writer import REKORDBOX, TrackIds

# AlphaTheta's list of the format, in its order.
PUBLISHED = (
    "TrackID", "Name", "Artist", "Composer", "Album", "Grouping", "Genre", "Kind", "Size", "TotalTime", "DiscNumber",
    "TrackNumber", "Year", "AverageBpm", "DateModified", "DateAdded", "BitRate", "SampleRate", "Comments", "PlayCount",
    "LastPlayed", "Rating", "Location", "Remixer", "Tonality", "Label", "Mix", "Colour",
)  # fmt: skip
# What rekordbox calls the 24 keys.
TONALITIES = {
    "1A": "Abm", "2A": "Ebm", "3A": "Bbm", "4A": "Fm", "5A": "Cm", "6A": "Gm",
    "7A": "Dm", "8A": "Am", "9A": "Em", "10A": "Bm", "11A": "F#m", "12A": "Dbm",
    "1B": "B", "2B": "F#", "3B": "Db", "4B": "Ab", "5B": "Eb", "6B": "Bb",
    "7B": "F", "8B": "C", "9B": "G", "10B": "D", "11B": "A", "12B": "E",
}  # fmt: skip
GRIDS = ExportOptions(with_grid=True)


def document(*tracks: Track, options: ExportOptions | None = None, **more: object) -> Element:
    return ElementTree.fromstring(exported("rekordbox", tracks, options, **more)[0])


def write_track(track: Track, options: ExportOptions | None = None) -> Element:
    [found] = document(track, options=options).iterfind("COLLECTION/TRACK")
    return found


def cued(*cues: CuePoint, codec: str = "mp3", rate_hz: int = 44_100) -> list[dict[str, str]]:
    element = write_track(dj_track(codec=codec, rate_hz=rate_hz, imported=ImportedValues(cues=cues)))
    return [mark.attrib for mark in element.iterfind("POSITION_MARK")]


# ---- the forms of rekordbox's own files ----------------------------------------------------------


@pytest.mark.parametrize("name", ["rekordbox5.xml", "rekordbox6.xml"])
def test_written_xml_has_the_structure_of_rekordbox_files(shared: Path, name: str) -> None:
    own = ElementTree.parse(shared / "interchange" / name).getroot()
    imported = ImportedValues(
        play_count=0, cues=(CuePoint(position_s=1.0),), grid=(GridMark(position_s=0.0, bpm=128.0, metre=4, beat=1),)
    )
    track = dj_track(imported=imported)
    lists = [stored("Inside", [track], folders=("Folder",)), stored("Playlist1", [track])]
    made = document(track, options=GRIDS, playlists=lambda: lists)
    known = shapes(made)
    for element, attributes in shapes(own).items():
        missing = set(attributes) - set(known.get(element, ()))
        assert missing <= {"DateAdded"}, element
        shared_names = [attribute for attribute in attributes if attribute in known[element]]
        assert [attribute for attribute in known[element] if attribute in attributes] == shared_names, element


def shapes(root: Element) -> dict[str, list[str]]:
    """The attributes of each kind of element, in order; kinds of NODE and of TRACK stand by themselves."""
    found: dict[str, list[str]] = {}
    for element in root.iter():
        kind = f"{element.tag}{element.get('Type', '') if element.tag == 'NODE' else ''}"
        if element.get("Name") == "ROOT":
            kind = "ROOT"
        found.setdefault(kind if "Key" not in element.attrib else "TRACK of a list", list(element.attrib))
    return found


def test_values_have_the_form_of_files_written_by_rekordbox(shared: Path) -> None:
    forms = {
        "AverageBpm": r"\d+\.\d\d", "Rating": r"0|51|102|153|204|255", "Size": r"\d+", "TotalTime": r"\d+",
        "Location": r"file://localhost/\S+", "Start": r"\d+\.\d{3}", "Num": r"-1|\d", "Inizio": r"\d+\.\d{3}",
        "Bpm": r"\d+\.\d\d", "Metro": r"\d/4", "Battito": r"\d", "Tonality": r"([A-G][b#]?m?)?", "Year": r"\d+",
        "BitRate": r"\d+", "SampleRate": r"\d+", "PlayCount": r"\d+",
    }  # fmt: skip
    imported = ImportedValues(play_count=2, rating=3.0, cues=(CuePoint(position_s=1.0),))
    ours = document(dj_track(grid=Grid(first_beat_s=0.1, bpm=128.0), imported=imported), options=GRIDS)
    for root in (ours, *(ElementTree.parse(shared / "interchange" / f"rekordbox{n}.xml").getroot() for n in (5, 6))):
        values = [(name, value) for element in root.iter() for name, value in element.items() if name in forms]
        assert {name for name, _ in values} >= {"AverageBpm", "Inizio", "Location"}
        assert [(name, value) for name, value in values if not re.fullmatch(forms[name], value)] == []


def test_xml_has_the_published_order_and_ids_of_paths() -> None:
    imported = ImportedValues(play_count=3, last_played="2026-01-31T22:15:00", color="#ff007f")
    names = list(write_track(dj_track(imported=imported)).attrib)
    assert names == [name for name in PUBLISHED if name not in ("DateModified", "DateAdded")]
    data, notes = exported("rekordbox", [dj_track()], map4_version="1.2.3")
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n\n<DJ_PLAYLISTS Version="1.0.0">\n')
    assert b'<PRODUCT Name="map4" Version="1.2.3" Company="map4"/>' in data
    assert b'<COLLECTION Entries="1">' in data
    assert notes.tracks == 1
    assert notes.sentences() == []
    numbers = [write_track(track).get("TrackID") for track in (dj_track("a.mp3"), dj_track("a.mp3", title="Other"))]
    assert numbers[0] == numbers[1]
    elsewhere = ExportOptions(path_maps=PathMaps(maps=(PathMap.parse("/music=D:/Music"),)))
    assert write_track(dj_track("a.mp3"), elsewhere).get("TrackID") == numbers[0]
    assert write_track(dj_track("b.mp3")).get("TrackID") != numbers[0]
    ids = TrackIds(most=3)
    assert sorted(ids.add(path) or 0 for path in ("/a", "/b", "/c")) == [1, 2, 3]
    assert ids.add("/a") is None
    assert ids.of("/a") in (1, 2, 3)
    assert ids.of("/d") is None


# ---- what is known of a track --------------------------------------------------------------------


def test_known_values_are_written_and_unsupported_options_refused() -> None:
    imported = ImportedValues(
        rating=4.0, play_count=12, last_played="2026-01-31T22:15:00", comment="peak", color="#ff007f"
    )
    tags = {"artist": "Ann", "title": "Song & <b>", "album": "LP", "genre": "House", "year": 1998, "track": 7}
    found = write_track(dj_track("x/Song 1.mp3", imported=imported, label="Label", **tags)).attrib
    assert int(found.pop("TrackID")) > 0
    assert found == {
        "Name": "Song & <b>", "Artist": "Ann", "Composer": "", "Album": "LP", "Grouping": "", "Genre": "House",
        "Kind": "MP3 File", "Size": "7400000", "TotalTime": "184", "DiscNumber": "0", "TrackNumber": "7",
        "Year": "1998", "AverageBpm": "128.00", "BitRate": "320", "SampleRate": "44100", "Comments": "peak",
        "PlayCount": "12", "LastPlayed": "2026-01-31", "Rating": "204",
        "Location": "file://localhost/music/x/Song%201.mp3", "Remixer": "", "Tonality": "Fm", "Label": "Label",
        "Mix": "", "Colour": "0xFF007F",
    }  # fmt: skip
    with pytest.raises(UsageError, match="--raw"):
        REKORDBOX.check(ExportOptions(raw=True))
    REKORDBOX.check(GRIDS)
    assert content_of([]).origin == "library"


def test_unknown_values_are_empty_and_known_values_as_rekordbox_writes_them() -> None:
    found = write_track(Track(path="/music/Some Song.mp3", state="pending")).attrib
    assert {name for name, value in found.items() if value == ""} == {
        "Artist", "Composer", "Album", "Grouping", "Genre", "Comments", "Remixer", "Tonality", "Label", "Mix",
    }  # fmt: skip
    assert (found["Name"], found["AverageBpm"], found["Year"], found["Rating"]) == ("Some Song", "0.00", "0", "0")
    unknown = {"Size", "TotalTime", "BitRate", "SampleRate", "PlayCount", "LastPlayed", "Colour", "DateAdded"}
    assert unknown & set(found) == set()
    assert write_track(dj_track(imported=ImportedValues(play_count=0))).get("PlayCount") == "0"
    cases = [(None, "0"), (1, "51"), (2, "102"), (3.0, "153"), (4, "204"), (4.5, "255"), (5, "255")]
    found = [
        (rating, write_track(dj_track(imported=ImportedValues(rating=rating))).get("Rating")) for rating, _ in cases
    ]
    assert found == cases
    for key in ALL_KEYS:
        assert write_track(replace(dj_track(), user=UserValues(key=key))).get("Tonality") == TONALITIES[key.camelot]
    track = replace(dj_track(imported=ImportedValues(bpm=127.5)), prefer=("imported", "measured"))
    [found] = document(track).iterfind("COLLECTION/TRACK")
    assert found.get("AverageBpm") == "127.50"
    assert write_track(replace(track, user=UserValues(bpm=64.004))).get("AverageBpm") == "64.00"
    cases = [
        ("a.mp3", "mp3", "MP3 File"), ("a.m4a", "aac", "M4A File"), ("a.m4a", "alac", "ALAC File"),
        ("a.mp4", "aac", "MP4 File"), ("a.mp4", "alac", "ALAC File"),
        ("a.flac", "flac", "FLAC File"), ("a.wav", "pcm", "WAV File"), ("a.AIFF", "pcm", "AIFF File"),
        ("a.aif", "pcm", "AIFF File"), ("a.ogg", "vorbis", "OGG File"), ("a.opus", "opus", "OPUS File"),
    ]  # fmt: skip
    assert [(name, codec, write_track(dj_track(name, codec=codec)).get("Kind")) for name, codec, _ in cases] == cases


def test_unplayable_and_unanalysed_tracks_are_written_and_reported() -> None:
    tracks = [
        dj_track("a.mp3"), dj_track("b.wav", codec="pcm"), dj_track("c.m4a", codec="alac"),
        dj_track("d.m4a", codec="aac"), dj_track("e.flac", codec="flac"), dj_track("f.aiff", codec="pcm"),
        dj_track("g.ogg", codec="vorbis"), dj_track("h.opus", codec="opus"), dj_track("i.ogg", codec="vorbis"),
        dj_track("j.mp3", codec="ac3"),
    ]  # fmt: skip
    data, notes = exported("rekordbox", tracks)
    assert len(ElementTree.fromstring(data).findall("COLLECTION/TRACK")) == notes.tracks == 10
    assert notes.sentences() == ["4 tracks are ac3, ogg or opus, which rekordbox can't play"]
    assert exported("rekordbox", tracks[-1:])[1].sentences() == ["1 track is ac3, which rekordbox can't play"]
    tracks = [Track(path=f"/music/a.{suffix}", state="pending") for suffix in ("MP3", "m4a", "wav", "aiff", "flac")]
    assert exported("rekordbox", tracks)[1].sentences() == []
    strange = [Track(path="/music/a.wma", state="pending"), Track(path="/music/a", state="pending")]
    message = "2 tracks are of no known kind or wma, which rekordbox can't play"
    assert exported("rekordbox", strange)[1].sentences() == [message]


# ---- cue points and grids ------------------------------------------------------------------------


def test_cue_kinds_have_rekordbox_types_names_and_colours() -> None:
    """rekordbox shows memory cues and loops alone."""
    cases = [
        ("cue", "0", "", None), ("loop", "4", "", None), ("fade_in", "0", "Fade in", ("255", "105", "180")),
        ("fade_out", "0", "Fade out", ("255", "105", "180")), ("load", "0", "Load", ("255", "255", "0")),
    ]  # fmt: skip
    for kind, kind_number, name, color in cases:
        cue = CuePoint(position_s=1.0, kind=kind, length_s=2.0 if kind == "loop" else None)
        named = replace(cue, name="x", color="#010203")
        on_button = replace(cue, number=3)
        mark, own, button = cued(cue, named, on_button, codec="flac")
        colors = [
            tuple(found.get(channel, "") for channel in ("Red", "Green", "Blue")) for found in (mark, own, button)
        ]
        assert (mark["Type"], mark["Name"], mark["Num"]) == (kind_number, name, "-1")
        assert (own["Type"], own["Name"], button["Name"], button["Num"]) == (kind_number, "x", name, "3")
        assert colors == [color or ("", "", ""), ("1", "2", "3"), ("", "", "")]


def test_cue_points_have_the_form_of_rekordbox_with_or_without_a_button() -> None:
    marks = cued(
        CuePoint(position_s=0.0),
        CuePoint(position_s=15.0, number=2, name="Drop", color="#3ceb50"),
        CuePoint(position_s=30.0, kind="loop", length_s=4.0, name="é"),
    )
    assert marks == [
        {"Name": "", "Type": "0", "Start": "0.025", "Num": "-1"},
        {"Name": "Drop", "Type": "0", "Start": "15.025", "Num": "2", "Red": "60", "Green": "235", "Blue": "80"},
        {"Name": "é", "Type": "4", "Start": "30.025", "End": "34.025", "Num": "-1"},
    ]
    assert [list(mark) for mark in marks[1:]] == [
        ["Name", "Type", "Start", "Num", "Red", "Green", "Blue"],
        ["Name", "Type", "Start", "End", "Num"],
    ]
    cues = tuple(CuePoint(position_s=float(number), number=number) for number in range(18))
    data, notes = exported("rekordbox", [dj_track(imported=ImportedValues(cues=cues))])
    numbers = [mark.get("Num") for mark in ElementTree.fromstring(data).iter("POSITION_MARK")]
    assert numbers == [*map(str, range(16)), "-1", "-1"]
    assert notes.sentences() == ["2 hot cues beyond rekordbox's sixteen became memory cues"]


def test_positions_include_the_encoder_delay_and_none_is_before_the_start() -> None:
    for codec, rate_hz, start in (
        ("flac", 44_100, "10.000"),
        ("mp3", 48_000, "10.025"),
        ("aac", 44_100, "10.048"),
        ("alac", 44_100, "10.000"),
    ):
        [mark] = cued(CuePoint(position_s=10.0), codec=codec, rate_hz=rate_hz)
        assert mark["Start"] == start
    assert [mark["Start"] for mark in cued(CuePoint(position_s=-3.0))] == ["0.000"]
    # A loop is moved as a whole, and keeps its length; one that reaches into the music keeps its end.
    gone = CuePoint(position_s=-9.0, kind="loop", length_s=1.0)
    crossing = CuePoint(position_s=-1.0, kind="loop", length_s=4.0)
    marks = cued(gone, crossing)
    assert [(mark["Start"], mark["End"]) for mark in marks] == [("0.000", "1.000"), ("0.000", "3.025")]


def test_grids_are_written_on_demand_also_without_bars_and_imported_unchanged() -> None:
    track = dj_track(grid=Grid(first_beat_s=0.2, bpm=128.0, metre=3, downbeat=2))
    assert write_track(track).findall("TEMPO") == []
    marks = [mark.attrib for mark in write_track(track, GRIDS).iterfind("TEMPO")]
    assert marks == [{"Inizio": "0.225", "Bpm": "128.00", "Metro": "3/4", "Battito": "2"}]
    [mark] = write_track(dj_track(codec="flac", grid=Grid(first_beat_s=0.2, bpm=128.0)), GRIDS).iterfind("TEMPO")
    assert mark.attrib == {"Inizio": "0.200", "Bpm": "128.00", "Metro": "4/4", "Battito": "1"}
    grid = (GridMark(position_s=-70.0, bpm=100.0), GridMark(position_s=-60 / 128, bpm=128.0, metre=4, beat=1),
            GridMark(position_s=60.0, bpm=130.0, metre=4, beat=3))  # fmt: skip
    marks = write_track(dj_track(codec="flac", imported=ImportedValues(grid=grid)), GRIDS).findall("TEMPO")
    assert [(mark.get("Inizio"), mark.get("Bpm"), mark.get("Battito")) for mark in marks] == [
        ("0.000", "128.00", "2"),
        ("60.000", "130.00", "3"),
    ]


def test_grid_is_extended_back_to_the_start_and_does_not_drift() -> None:
    """rekordbox has no beats before the first TEMPO: a loop set there hangs on a player."""
    cases = [
        # Traktor's marker is the One of a bar of four: 73.8 beats lie before it.
        (GridMark(position_s=34.065, bpm=130.0), ("0.373", "4/4", "4")),
        (GridMark(position_s=57.21, bpm=136.0, metre=3, beat=2), ("0.298", "3/4", "2")),
        (GridMark(position_s=0.4, bpm=120.0, metre=4, beat=3), ("0.400", "4/4", "3")),
        (GridMark(position_s=0.5, bpm=120.0, metre=4, beat=1), ("0.000", "4/4", "4")),
        (GridMark(position_s=-0.3, bpm=120.0), ("0.200", "4/4", "2")),
    ]
    for mark, first in cases:
        track = dj_track("a.flac", codec="flac", imported=ImportedValues(grid=(mark,)))
        [found] = write_track(track, GRIDS).iterfind("TEMPO")
        assert (found.get("Inizio"), found.get("Metro"), found.get("Battito")) == first
    grid = (GridMark(position_s=30.0, bpm=120.0, metre=4, beat=1), GridMark(position_s=60.0, bpm=100.0))
    track = dj_track("a.flac", codec="flac", imported=ImportedValues(grid=grid))
    marks = [
        (mark.get("Inizio"), mark.get("Bpm"), mark.get("Battito")) for mark in write_track(track, GRIDS).iter("TEMPO")
    ]
    assert marks == [("0.000", "120.00", "1"), ("60.000", "100.00", "1")]
    marks = write_track(dj_track(codec="flac", grid=Grid(first_beat_s=0.0, bpm=127.996)), GRIDS).findall("TEMPO")
    assert {mark.get("Bpm") for mark in marks} == {"128.00"}
    assert len(marks) == 2
    last_s = float(marks[-1].get("Inizio", ""))
    assert last_s * 127.996 / 60 == pytest.approx(round(last_s * 127.996 / 60), abs=0.002)


@given(st.floats(-30.0, 300.0), st.floats(40.0, 250.0), st.integers(1, 4))
def test_grid_begins_within_the_first_beat_of_the_track(position_s: float, bpm: float, beat: int) -> None:
    mark = GridMark(position_s=position_s, bpm=bpm, metre=4, beat=beat)
    first = next(write_track(dj_track(imported=ImportedValues(grid=(mark,))), GRIDS).iter("TEMPO"))
    start_s = float(first.get("Inizio", "")) - 1105 / 44_100
    beats = (start_s - position_s) * bpm / 60.0
    assert 0.0 <= float(first.get("Inizio", "")) <= 60.0 / bpm + 0.0005
    assert beats == pytest.approx(round(beats), abs=0.003)  # half a millisecond is the format's
    assert first.get("Battito") == str((beat - 1 + round(beats)) % 4 + 1)


# ---- places --------------------------------------------------------------------------------------


def test_locations_are_file_urls_that_follow_the_path_map() -> None:
    cases = [
        ("/Users/ann/a b.mp3", "file://localhost/Users/ann/a%20b.mp3"),
        ("C:/Music/é.mp3", "file://localhost/C:/Music/%C3%A9.mp3"),
        ("D:\\Music\\a.mp3", "file://localhost/D:/Music/a.mp3"),
        ("\\\\nas\\share\\a.mp3", "file://localhost//nas/share/a.mp3"),
        ("/a #1 100% (mix), b+c!.mp3", "file://localhost/a%20%231%20100%25%20(mix),%20b+c!.mp3"),
        ("/x&y=[z];'?.mp3", "file://localhost/x%26y%3D%5Bz%5D%3B%27%3F.mp3"),
        ("//twice/a.mp3", "file://localhost/twice/a.mp3"),
        ("/C:/folder.mp3", "file://localhost/C%3A/folder.mp3"),
        ("/caf\udce9.mp3", "file://localhost/caf%E9.mp3"),
    ]
    assert [(path, location_of(path)) for path, _ in cases] == cases
    options = ExportOptions(path_maps=PathMaps(maps=(PathMap.parse("/music=D:/Music"),)))
    assert write_track(dj_track("a b.mp3"), options).get("Location") == "file://localhost/D:/Music/a%20b.mp3"
    options = ExportOptions(path_maps=PathMaps(relative_to="/music"))
    with pytest.raises(UsageError, match="--relative-to"):
        exported("rekordbox", [dj_track()], options)


# ---- lists ---------------------------------------------------------------------------------------


def nodes(element: Element) -> list[object]:
    """The tree of lists; what each says of its size must be so."""
    found: list[object] = []
    for node in element.iterfind("NODE"):
        if node.get("Type") == "0":
            assert node.get("Count") == str(len(node.findall("NODE")))
            found.append((node.get("Name"), nodes(node)))
        else:
            keys = [track.get("Key") for track in node.iterfind("TRACK")]
            assert (node.get("KeyType"), node.get("Entries")) == ("0", str(len(keys)))
            found.append((node.get("Name"), keys))
    return found


def tree(root: Element) -> list[object]:
    [top] = root.iterfind("PLAYLISTS/NODE")
    assert (top.get("Type"), top.get("Name"), top.get("Count")) == ("0", "ROOT", str(len(top)))
    return nodes(top)


def test_lists_are_in_their_folders_and_order_and_tracks_once() -> None:
    a, b = dj_track("a.mp3"), dj_track("b.mp3")
    lists = [
        stored("Warm up", [b, a, b], folders=("Sets", "2026")),
        stored("Sets - Peak", [a], folders=("Sets",), original="Peak / Time"),
        Tracklist(tracks=[], name="Empty"),
    ]
    root = document(a, b, playlists=lambda: lists)
    one_id, other_id = (track.get("TrackID") for track in root.iterfind("COLLECTION/TRACK"))
    assert tree(root) == [
        ("Sets", [("2026", [("Warm up", [other_id, one_id, other_id])]), ("Peak / Time", [one_id])]),
        ("Empty", []),
    ]
    data, notes = exported("rekordbox", [a], playlists=lambda: [stored("L", [b, a, b])])
    assert [len(keys) for _, keys in tree(ElementTree.fromstring(data))] == [1]  # type: ignore[misc]
    assert notes.sentences() == ["2 entries of lists are not among the tracks, and left out"]
    _, notes = exported("rekordbox", [a], playlists=lambda: [stored("L", [a, b])])
    assert notes.sentences() == ["1 entry of a list is not among the tracks, and left out"]
    playlist = Tracklist(tracks=[b, a, b], name="Friday")
    data, notes = exported("rekordbox", playlist.tracks, origin="playlist", playlist=playlist)
    root = ElementTree.fromstring(data)
    collection = root.find("COLLECTION")
    assert collection.get("Entries") == str(len(collection)) == "2"
    other_id, one_id = (track.get("TrackID") for track in collection)
    assert tree(root) == [("Friday", [other_id, one_id, other_id])]
    assert notes.tracks == 2


def test_lists_of_one_name_are_numbered_and_may_be_nested_deeply() -> None:
    playlist = Tracklist(tracks=[dj_track()])
    assert [name for name, _ in tree(document(dj_track(), playlist=playlist, origin="playlist"))] == ["map4"]  # type: ignore[misc]
    a = dj_track()
    data, _ = exported("rekordbox", [a], playlists=lambda: [stored("L", [a], folders=("x",) * 3000)])
    assert data.count(b'<NODE Name="x" Type="0" Count="1">') == 3000
    assert data.count(b"</NODE>") == 3002
    a = dj_track("a.mp3")
    lists = [stored(f"L{n}", [a], folders=("F",), original="Same") for n in range(3)]
    [(_, found)] = tree(document(a, playlists=lambda: lists))  # type: ignore[misc]
    assert [name for name, _ in found] == ["Same", "Same (2)", "Same (3)"]
    a = dj_track("a.mp3")
    lists = [
        stored("1", [a], original="Sets"),
        stored("2", [a], folders=("sets ",)),
        stored("3", [], folders=("sets ",)),
    ]
    assert [name for name, _ in tree(document(a, playlists=lambda: lists))] == ["Sets", "sets  (2)"]  # type: ignore[misc]


# ---- another program's reader --------------------------------------------------------------------


def test_pyrekordbox_reads_every_attribute(tmp_path: Path) -> None:
    from pyrekordbox.rbxml import RekordboxXml

    cues = (CuePoint(position_s=1.0, number=0, name="A"), CuePoint(position_s=2.0, kind="loop", length_s=4.0))
    imported = ImportedValues(rating=4.0, play_count=12, last_played="2026-01-31", comment="peak", cues=cues)
    tags = {"artist": "Ann", "title": 'Song "&" <b>', "album": "LP", "genre": "House", "year": 1998, "track": 7}
    first = dj_track("x/Söng #1.mp3", grid=Grid(first_beat_s=0.2, bpm=128.0), imported=imported, label="L", **tags)
    second = dj_track("b.flac", codec="flac", rate_hz=48_000)
    lists = [stored("Warm up", [second, first], folders=("Sets",))]
    options = ExportOptions(with_grid=True, path_maps=PathMaps(maps=(PathMap.parse("/music=D:/Music"),)))
    path = tmp_path / "rekordbox.xml"
    path.write_bytes(exported("rekordbox", [first, second], options, playlists=lambda: lists)[0])
    found = RekordboxXml(path)
    assert (found.num_tracks, found.product_name) == (2, "map4")
    track, other = found.get_tracks()
    assert {name: track[name] for name in PUBLISHED if track[name] is not None} == {
        "TrackID": TrackIds().add(first.path), "Name": 'Song "&" <b>', "Artist": "Ann", "Composer": "", "Album": "LP",
        "Grouping": "", "Genre": "House", "Kind": "MP3 File", "Size": 7_400_000, "TotalTime": 184, "DiscNumber": 0,
        "TrackNumber": 7, "Year": 1998, "AverageBpm": 128.0, "BitRate": 320, "SampleRate": 44_100.0,
        "Comments": "peak", "PlayCount": 12,
        "LastPlayed": "2026-01-31", "Rating": 4, "Location": "D:/Music/x/Söng #1.mp3", "Remixer": "", "Tonality": "Fm",
        "Label": "L", "Mix": "",
    }  # fmt: skip
    assert [(tempo.Inizio, tempo.Bpm, tempo.Metro, tempo.Battito) for tempo in track.tempos] == [
        (0.225, 128.0, "4/4", 1)
    ]
    assert [(mark.Name, mark.Type, mark.Start, mark.End, mark.Num) for mark in track.marks] == [
        ("A", "cue", 1.025, None, 0),
        ("", "loop", 2.025, 6.025, -1),
    ]
    assert (other.Kind, other.SampleRate, other.Location) == ("FLAC File", 48_000.0, "D:/Music/b.flac")
    assert found.get_playlist("Sets", "Warm up").get_tracks() == [other.TrackID, track.TrackID]


@given(PATHS, TITLES, TITLES)
def test_names_survive_writing_except_illegal_characters(path: str, title: str | None, list_name: str | None) -> None:
    track = replace(made_track("a"), path=path, tags=Tags(title=title))
    data, notes = exported("rekordbox", [track], playlists=lambda: [Tracklist(tracks=[track], name=list_name)])
    root = ElementTree.fromstring(data)
    [found] = root.iterfind("COLLECTION/TRACK")
    location = found.get("Location", "")
    assert location.isascii()
    assert location.startswith("file://localhost/")
    assert unquote(location.removeprefix("file://localhost"), errors="surrogateescape") == "/" + path.lstrip("/")
    legal = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", title or "")
    assert found.get("Name") == legal or not title
    assert (notes.replaced_characters > 0) >= (legal != (title or ""))
    [(_, keys)] = tree(root)  # type: ignore[misc]
    assert keys == [found.get("TrackID")]

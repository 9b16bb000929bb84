"""Collections for Traktor: their form beside one that Traktor wrote, and what comes back from them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args
from unittest.mock import Mock
from xml.etree import ElementTree

import pytest
from dj_tracks import exported, read
from examples_tried import examples
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from listed import PATHS, TITLES
from made_tracks import made_track

from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.analysis.analysis import Analysis, Grid
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.observations import Provided, ProvidedValue
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.formats.export import ExportOptions
from map4.formats.importer import DjPlaylist, DjTrack
from map4.formats.traktor import writer as traktor_entry
from map4.formats.traktor.nml import color_of_number
from map4.formats.values import NEVER, one_line, without_illegal_xml

WITH_GRID = ExportOptions(with_grid=True)


def imported_from(name: str, folders: tuple[str, ...]) -> ListHeader:
    """What a list says that was imported from this place."""
    return ListHeader(imported=ImportedList(format="traktor", place=ImportedPlace(folders=folders, name=name)))


@pytest.fixture(autouse=True)
def same_time_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions here are as Traktor has them; what lies between its time zero and map4's has tests of its own."""
    monkeypatch.setattr(traktor_entry, "program_offset_s", lambda *of: 0.0)
    monkeypatch.setattr("map4.formats.traktor.reader.program_offset_s", lambda *of: 0.0)


def tree_of(tracks: Sequence[Track], options: ExportOptions | None = None, **more: object) -> ElementTree.Element:
    return ElementTree.fromstring(exported("traktor", tracks, options, **more)[0])


def entry_of(track: Track, options: ExportOptions | None = None) -> ElementTree.Element:
    return tree_of([track], options).find("COLLECTION/ENTRY")


def attributes(entry: ElementTree.Element, tag: str) -> dict[str, str]:
    found = entry.find(tag)
    assert found is not None, tag
    return found.attrib


def cues_of(entry: ElementTree.Element) -> list[tuple[str, ...]]:
    return [
        tuple(cue.attrib[name] for name in ("NAME", "TYPE", "START", "LEN", "HOTCUE")) for cue in entry.iter("CUE_V2")
    ]


# ---- the form ------------------------------------------------------------------------------------


def as_in(real: ElementTree.Element, foreign: DjTrack) -> Track:
    """What map4 would know of the track of a real collection, were its file there."""
    info, album = attributes(real, "INFO"), real.find("ALBUM")
    duration_s = float(info["PLAYTIME_FLOAT"])
    return Track(
        path=foreign.entry.locations[0],
        state="ok",
        format=AudioFormat(
            codec="mp3", sample_rate_hz=44100, channels=2, bits=None,
            payload_bytes=round(int(info["BITRATE"]) * duration_s / 8),
        ),
        tags=Tags(
            artist=real.get("ARTIST"), title=real.get("TITLE"), genre=info["GENRE"],
            album=None if album is None else album.get("TITLE"), year=int(info["RELEASE_DATE"].split("/")[0]),
        ),
        analysis=Analysis(duration_s=duration_s),
        imported=foreign.values,
    )  # fmt: skip


# What only Traktor knows of a track.
ITS_OWN = {
    "ENTRY": {"MODIFIED_DATE", "MODIFIED_TIME", "LOCK", "LOCK_MODIFICATION_TIME", "AUDIO_ID"},
    "INFO": {"COVERARTID", "FLAGS"},
}


def test_entry_equals_an_entry_written_by_traktor(shared: Path, tmp_path: Path) -> None:
    """Elements, attributes, their order and their values, but for what only Traktor knows."""
    path = shared / "interchange" / "traktor-collection.nml"
    real = ElementTree.parse(path).getroot()
    real_entry = real.find("COLLECTION/ENTRY")
    [foreign], _, _ = read("traktor", path, path.read_bytes())
    options = ExportOptions(with_grid=True, more={"volume": "osx"})
    data, notes = exported("traktor", [as_in(real_entry, foreign)], options)
    ours = ElementTree.fromstring(data)
    assert notes.sentences() == []
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n<NML VERSION="19">')
    assert [(child.tag, child.attrib) for child in ours][:3] == [(child.tag, child.attrib) for child in real][:3]
    our_entry = ours.find("COLLECTION/ENTRY")
    kept = [child for child in real_entry if child.tag not in ("LOUDNESS", "CUE_V2")]
    assert [child.tag for child in our_entry if child.tag != "CUE_V2"] == [child.tag for child in kept]
    for mine, theirs in [(our_entry, real_entry), *zip(our_entry, kept, strict=False)]:
        own = {name: value for name, value in theirs.attrib.items() if name not in ITS_OWN.get(theirs.tag, ())}
        own.update({"FILESIZE": mine.attrib["FILESIZE"]} if "FILESIZE" in own else {})  # of the made-up payload
        assert list(mine.attrib.items()) == list(own.items()), mine.tag
    marker, *cues = [list(cue.attrib.items()) for cue in our_entry.iter("CUE_V2")]
    real_marker, real_7, real_6 = [list(cue.attrib.items()) for cue in real_entry.iter("CUE_V2")]
    assert (marker, cues) == (real_marker, [real_6, real_7])
    assert real_marker[-1] == ("HOTCUE", "0")  # the button that Traktor gave it


def test_playlists_equal_playlists_written_by_traktor(shared: Path, tmp_path: Path) -> None:
    path = shared / "interchange" / "traktor-playlist.nml"
    real = ElementTree.parse(path).getroot().find("PLAYLISTS")
    [foreign], lists, _ = read("traktor", path, path.read_bytes())
    track = made_track("x.mp3")
    track = replace(track, path=foreign.entry.locations[0])
    stored = [
        Tracklist(tracks=[track], name="whatever", header=imported_from(found.name, found.folders)) for found in lists
    ]
    options = ExportOptions(more={"volume": "osx"})
    data, _ = exported("traktor", [track], options, playlists=lambda: iter(stored))
    ours = ElementTree.fromstring(data).find("PLAYLISTS")
    assert [form(element) for element in ours.iter()] == [form(element) for element in real.iter()]
    assert read("traktor", tmp_path / "back.nml", data)[1] == lists


def form(element: ElementTree.Element) -> tuple[str, list[tuple[str, str]]]:
    """Tag and attributes; of an id and a count only what they look like: the file was shortened by hand."""

    def digits(text: str) -> str:
        return str(text.isdigit())

    looks = {"UUID": lambda text: f"{len(text)} {int(text, 16) > 0}", "ENTRIES": digits, "COUNT": digits}
    return element.tag, [(name, looks.get(name, str)(value)) for name, value in element.attrib.items()]


def test_every_element_and_attribute_is_in_the_vocabulary(shared: Path) -> None:
    schema = ElementTree.parse(shared / "interchange" / "traktor-collection.xsd")
    names = {element.get("name") for element in schema.iter() if element.get("name")}
    track = full_track()
    data, _ = exported("traktor", [track], WITH_GRID, playlist=Tracklist(tracks=[track], name="x"), origin="playlist")
    elements = list(ElementTree.fromstring(data).iter())
    used = {element.tag for element in elements} | {name for element in elements for name in element.attrib}
    # A GRID stands only where one tempo is not enough, as from Traktor Pro 4 on.
    assert used - {"GRID"} <= names
    assert {"LABEL", "CATALOG_NO", "COLOR", "RANKING", "PLAYCOUNT", "LAST_PLAYED", "OF_TRACKS"} - used == {"OF_TRACKS"}


# ---- one track -----------------------------------------------------------------------------------


def full_track() -> Track:
    return replace(
        made_track(
            "a.mp3", 128.0, "8A", artist="Ann", title="Song", album="Album", track=3, genre="House", year=1998,
            label="Label", catalog_number="CAT 1", comment="of the file",
        ),
        imported=ImportedValues(
            rating=4.0, play_count=7, last_played="2019-08-23T22:15:00", comment="peak", color="#ff0000",
            cues=(
                CuePoint(position_s=1.5, number=0, name="in", color="#ff8000"),
                CuePoint(position_s=2.0, kind="loop", number=7, length_s=4.0),
                CuePoint(position_s=3.0, kind="load", number=8),
                CuePoint(position_s=0.5, kind="fade_in"),
                CuePoint(position_s=180.0, kind="fade_out", number=2),
            ),
            grid=(
                GridMark(position_s=0.5, bpm=128.0, metre=4, beat=1), GridMark(position_s=60.0, bpm=130.0),
            ),
        ),
    )  # fmt: skip


def test_known_values_and_cues_are_written_in_order_without_a_grid() -> None:
    entry = entry_of(full_track())
    assert entry.attrib == {"TITLE": "Song", "ARTIST": "Ann"}
    assert attributes(entry, "ALBUM") == {"TRACK": "3", "TITLE": "Album"}
    assert attributes(entry, "INFO") == {
        "GENRE": "House", "LABEL": "Label", "COMMENT": "peak", "CATALOG_NO": "CAT 1", "KEY": "1m", "PLAYCOUNT": "7",
        "PLAYTIME": "184", "PLAYTIME_FLOAT": "184.000000", "RANKING": "204", "LAST_PLAYED": "2019/8/23",
        "RELEASE_DATE": "1998/1/1", "COLOR": "1",
    }  # fmt: skip
    assert attributes(entry, "TEMPO") == {"BPM": "128.000000", "BPM_QUALITY": "100.000000"}
    assert attributes(entry, "MUSICAL_KEY") == {"VALUE": "21"}
    assert cues_of(entry) == [
        ("n.n.", "1", "500.000000", "0.000000", "-1"),
        ("in", "0", "1500.000000", "0.000000", "0"),
        ("n.n.", "5", "2000.000000", "4000.000000", "7"),
        ("n.n.", "3", "3000.000000", "0.000000", "-1"),
        ("n.n.", "2", "180000.000000", "0.000000", "2"),
    ]
    assert [cue.get("COLOR") for cue in entry.iter("CUE_V2")] == [None, "#FF8000", None, None, None]


def test_grid_is_written_as_markers_and_gives_the_tempo() -> None:
    entry = entry_of(full_track(), WITH_GRID)
    markers = [cue for cue in entry.iter("CUE_V2") if cue.get("TYPE") == "4"]
    assert [cue.get("START") for cue in markers] == ["500.000000", "60000.000000"]
    assert [[grid.attrib for grid in cue] for cue in markers] == [[], [{"BPM": "130.000000"}]]
    assert cues_of(entry)[0] == ("AutoGrid", "4", "500.000000", "0.000000", "-1")
    track = made_track("a.mp3", 128.0)
    track = replace(
        track, analysis=replace(track.analysis, grid=Grid(first_beat_s=0.25, bpm=128.0004, metre=4, downbeat=2))
    )
    entry = entry_of(track, WITH_GRID)
    assert attributes(entry, "TEMPO")["BPM"] == "128.000400"
    assert cues_of(entry) == [("AutoGrid", "4", "1656.245605", "0.000000", "-1")]
    assert entry.find("CUE_V2/GRID") is None
    assert list(entry_of(track).iter("CUE_V2")) == []
    track = replace(made_track("a.mp3"), imported=ImportedValues(grid=(GridMark(position_s=1.0, bpm=90.0),)))
    assert attributes(entry_of(track, WITH_GRID), "TEMPO")["BPM"] == "90.000000"
    assert entry_of(track).find("TEMPO") is None


def test_grid_marker_is_on_the_first_beat_with_its_button_and_name() -> None:
    for marks, starts in (
        ([GridMark(position_s=1.0, bpm=120.0, metre=4, beat=3)], ["2000.000000"]),
        ([GridMark(position_s=1.0, bpm=120.0, metre=3, beat=3)], ["1500.000000"]),
        ([GridMark(position_s=1.0, bpm=120.0, metre=None, beat=3)], ["1000.000000"]),
        (
            [GridMark(position_s=1.0, bpm=120.0, metre=4, beat=3), GridMark(position_s=2.0, bpm=60.0, metre=4, beat=1)],
            ["1000.000000", "2000.000000"],
        ),
    ):
        track = replace(made_track("a.mp3"), imported=ImportedValues(grid=tuple(marks)))
        assert [cue.get("START") for cue in entry_of(track, WITH_GRID).iter("CUE_V2")] == starts
    marked = replace(made_track("a.mp3"), imported=ImportedValues(grid=(GridMark(position_s=1.0, bpm=90.0, number=0),)))
    assert [cue[4] for cue in cues_of(entry_of(marked, WITH_GRID))] == ["0"]
    assert cues_of(entry_of(marked)) == []
    assert marked.imported is not None
    mine = CuePoint(position_s=2.0, number=0)
    taken = replace(marked, imported=replace(marked.imported, cues=(mine,)))
    assert [cue[4] for cue in cues_of(entry_of(taken, WITH_GRID))] == ["-1", "0"]
    mark = GridMark(position_s=1.0, bpm=90.0, number=0, name="(C) First Beat")
    cue = CuePoint(position_s=1.0, number=0, name="(C) First Beat")
    track = replace(made_track("a.mp3"), imported=ImportedValues(grid=(mark,), cues=(cue,)))
    assert cues_of(entry_of(track, WITH_GRID)) == [("(C) First Beat", "4", "1000.000000", "0.000000", "0")]
    assert cues_of(entry_of(track)) == [("(C) First Beat", "0", "1000.000000", "0.000000", "0")]
    moved = replace(track, imported=ImportedValues(grid=(mark,), cues=(replace(cue, position_s=2.0),)))
    assert cues_of(entry_of(moved, WITH_GRID)) == [
        ("AutoGrid", "4", "1000.000000", "0.000000", "-1"), ("(C) First Beat", "0", "2000.000000", "0.000000", "0"),
    ]  # fmt: skip


def test_time_offset_of_traktor_is_added_on_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    offset_s = Mock(return_value=0.026)
    monkeypatch.setattr(traktor_entry, "program_offset_s", offset_s)
    entry = entry_of(full_track(), WITH_GRID)
    offset_s.assert_called_once_with("traktor", "mp3")
    assert [cue[2] for cue in cues_of(entry)][:3] == ["526.000000", "526.000000", "1526.000000"]


def test_unknown_values_are_left_out_and_looked_up_values_written() -> None:
    entry = entry_of(Track(path="/music/a.mp3", state="failed", imported=ImportedValues(last_played="soon")))
    assert [child.tag for child in entry] == ["LOCATION", "MODIFICATION_INFO", "INFO"]
    assert entry.attrib == {}
    assert attributes(entry, "INFO") == {}
    unrated = entry_of(made_track("a.mp3", rating=0.0, title=""))
    assert "RANKING" not in attributes(unrated, "INFO")
    assert unrated.attrib == {}
    assert attributes(entry_of(made_track("a.mp3", rating=2.0)), "INFO")["RANKING"] == "102"
    values = {name: ProvidedValue(value=name, by_provider={"p": name}) for name in ("remixer", "catalog_number")}
    track = replace(full_track(), tags=Tags(), imported=None, provided=Provided(values=values))
    data = exported("traktor", [track], WITH_GRID)[0]
    assert b'REMIXER="remixer"' in data
    assert b'CATALOG_NO="catalog_number"' in data


def test_locations_follow_the_path_map_and_volumes() -> None:
    places = PathMaps(maps=(PathMap.parse("/music=D:\\Music"), PathMap.parse("/usb=/Volumes/USB")))
    tracks = [
        made_track("House/a.mp3"),
        replace(made_track("x"), path="/usb/b.mp3"),
        replace(made_track("x"), path="/c.mp3"),
    ]
    root = tree_of(tracks, ExportOptions(path_maps=places, more={"volume": "SSD\0"}))
    assert [tuple(location.attrib.values()) for location in root.iter("LOCATION")] == [
        ("/:Music/:House/:", "a.mp3", "D:", "D:"),
        ("/:", "b.mp3", "USB", "USB"),
        ("/:", "c.mp3", "SSD", "SSD"),
    ]
    with pytest.raises(UsageError, match="full paths"):
        exported("traktor", tracks, ExportOptions(path_maps=PathMaps(relative_to="/music")))


# ---- remarks -------------------------------------------------------------------------------------


def test_losses_of_traktor_are_counted() -> None:
    opus = AudioFormat(codec="opus", sample_rate_hz=48000, channels=2, bits=None, payload_bytes=1)
    tracks = [replace(made_track("a.ogg"), format=opus), made_track("b.ape"), made_track("c.flac"), made_track("d")]
    data, notes = exported("traktor", tracks)
    assert data.count(b"<LOCATION ") == 4
    assert notes.sentences() == ["2 tracks are ape or opus, which Traktor can't play"]
    assert exported("traktor", tracks[:1])[1].sentences() == ["1 track is opus, which Traktor can't play"]
    _, notes = exported("traktor", [full_track()])
    assert notes.sentences() == ["1 hot cue has a number beyond Traktor's 8, and kept only their position"]
    tracks = [made_track("a\x01\udce9.mp3", title="\x02x"), made_track("b.mp3")]
    data, notes = exported("traktor", tracks)
    assert 'FILE="a\ufffd\ufffd.mp3"'.encode() in data
    assert notes.sentences() == [
        "Traktor won't find 1 track: XML can't contain the name",
        "3 characters of names that the format can't contain were replaced or left out",
    ]


# ---- lists ---------------------------------------------------------------------------------------


def test_exported_list_is_a_playlist_and_each_track_is_written_once() -> None:
    a, b = made_track("a.mp3", title="A"), made_track("b.mp3", title="B")
    playlist = Tracklist(tracks=[a, b, a], name="Fri/day")
    data, notes = exported("traktor", playlist.tracks, origin="playlist", playlist=playlist)
    root = ElementTree.fromstring(data)
    [collection], [playlist] = root.iter("COLLECTION"), root.iter("PLAYLIST")
    assert notes.tracks == 3
    assert (collection.get("ENTRIES"), len(collection)) == ("2", 2)
    assert [entry.get("TITLE") for entry in collection] == ["A", "B"]
    keys = [primary.get("KEY") for primary in playlist.iter("PRIMARYKEY")]
    assert keys == [f"Macintosh HD/:music/:{name}.mp3" for name in "aba"]
    assert playlist.get("ENTRIES") == "3"
    assert [node.get("NAME") for node in root.iter("NODE")] == ["$ROOT", "Fri/day"]


def test_lists_are_written_in_folders_of_any_depth() -> None:
    a, gone = made_track("a.mp3"), made_track("gone.mp3")
    places = [("x", ("F", "G")), ("y", ("F",)), ("x", ("F", "G")), ("F", ())]
    lists = [
        Tracklist(tracks=[a, gone], name=f"{name} 2", header=imported_from(name, folders)) for name, folders in places
    ]
    data, notes = exported("traktor", [a], playlists=lambda: iter([*lists, Tracklist(tracks=[])]), name="Mine")
    root = ElementTree.fromstring(data)
    top = root.find("PLAYLISTS/NODE/SUBNODES")
    assert [(node.get("TYPE"), node.get("NAME")) for node in top] == [
        ("FOLDER", "F"), ("PLAYLIST", "F"), ("PLAYLIST", "Mine"),
    ]  # fmt: skip
    assert [nodes.get("COUNT") for nodes in root.iter("SUBNODES")] == ["3", "2", "2"]
    identities = [found.get("UUID") for found in root.iter("PLAYLIST")]
    assert len(set(identities)) == len(identities) == 5
    assert notes.sentences() == ["4 entries of lists are not among the exported tracks, and left out"]
    [again] = tree_of([a], playlists=lambda: iter(lists[1:2])).iter("PLAYLIST")
    assert again.get("UUID") == identities[2]
    deep = Tracklist(tracks=[], header=imported_from("x", ("f",) * 3000))
    data, _ = exported("traktor", [], playlists=lambda: iter([deep]))
    assert data.count(b"</SUBNODES>") == 3001


# ---- what comes back -----------------------------------------------------------------------------


def position(part: CuePoint | GridMark) -> float:
    return part.position_s


def place_of_cue(cue: CuePoint) -> tuple[float, int]:
    return cue.position_s, -1 if cue.number is None else cue.number


SECONDS = st.integers(-1_000_000, 10**10).map(lambda micro: micro / 1e6)
BPM = st.integers(30_000_000, 300_000_000).map(lambda micro: micro / 1e6)
COLORS = st.none() | st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
NAMES = TITLES.map(lambda name: without_illegal_xml(name or "")[0] or None).filter(
    lambda name: name != "n.n." and not (name or "x").isspace()
)
CUES = st.builds(
    lambda kind, length, **more: CuePoint(kind=kind, length_s=length if kind == "loop" else None, **more),
    kind=st.sampled_from(get_args(CueKind)), length=st.integers(1, 10**8).map(lambda micro: micro / 1e6),
    position_s=SECONDS, number=st.none() | st.integers(0, 7), name=NAMES, color=COLORS,
)  # fmt: skip
DAYS = st.dates().map(str).filter(lambda day: NEVER.match(day) is None)
VALUES = st.builds(
    ImportedValues,
    bpm=st.none() | BPM.map(lambda bpm: round(bpm, 3)),
    key=st.none() | st.sampled_from(ALL_KEYS),
    rating=st.none() | st.sampled_from([0.5, 1.0, 3.5, 5.0]),
    play_count=st.none() | st.integers(0, 10**6),
    last_played=st.none() | DAYS,
    comment=NAMES,
    title=NAMES,
    artist=NAMES,
    album=NAMES,
    genre=NAMES,
    label=NAMES,
    composer=NAMES,
    remixer=NAMES,
    mix=NAMES,
    year=st.none() | st.integers(1000, 9999),
    track_number=st.none() | st.integers(1, 999),
    date_added=st.none() | DAYS,
    color=st.none() | st.integers(1, 7).map(color_of_number),
    cues=st.lists(CUES, max_size=4).map(lambda cues: tuple(sorted(cues, key=place_of_cue))),
    grid=st.lists(st.builds(GridMark, position_s=SECONDS, bpm=BPM), max_size=3).map(
        lambda grid: tuple(sorted(grid, key=position))
    ),
)


@example(path="/a.mp3", title=None, artist=None, album="\x85", values=ImportedValues(), list_name="\x1f")
@given(path=PATHS, title=TITLES, artist=TITLES, album=TITLES, values=VALUES, list_name=TITLES)
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_written_track_is_read_and_written_unchanged(
    tmp_path: Path, path: str, title: str | None, artist: str | None, album: str | None,
    values: ImportedValues, list_name: str | None,
) -> None:  # fmt: skip
    track = Track(path=path, state="ok", tags=Tags(title=title, artist=artist, album=album), imported=values)
    playlist = Tracklist(tracks=[track, track], name=list_name)

    def written(track: Track) -> bytes:
        twice = replace(playlist, tracks=[track, track])
        return exported("traktor", [track], WITH_GRID, playlist=twice, origin="playlist")[0]

    data = written(track)
    [found], [found_list], _ = read("traktor", tmp_path / "back.nml", data)

    def held(text: str | None) -> str | None:
        return without_illegal_xml(text or "")[0] or None

    assert without_illegal_xml(path, "\ufffd")[0] in found.entry.locations
    names = {name: held(getattr(track, name)()) for name in ("title", "artist", "album")}
    names = {name: None if (text or "x").isspace() else text for name, text in names.items()}
    assert (found.entry.title, found.entry.artist, found.entry.album) == tuple(map(one_line, names.values()))
    assert found_list == DjPlaylist(name=held(list_name) or "map4", keys=(found.key, found.key))
    tempi = sorted(mark.bpm for mark in values.grid)
    assert bool(tempi) or found.values.bpm == values.bpm
    assert not tempi or tempi[0] - 1e-6 <= (found.values.bpm or 0.0) <= tempi[-1] + 1e-6
    assert replace(found.values, bpm=values.bpm) == replace(values, **names)  # type: ignore[arg-type]
    assert written(replace(track, imported=found.values)) == data


def test_written_collection_is_read_by_traktor_nml_utils(tmp_path: Path) -> None:
    """traktor-nml-utils, which only the tests use: it is under the GPL, and nothing of it is part of map4."""
    utils = pytest.importorskip("traktor_nml_utils", reason="needs traktor-nml-utils beside map4")
    path = tmp_path / "collection.nml"
    track = full_track()
    playlist = Tracklist(tracks=[track], name="Friday")
    path.write_bytes(exported("traktor", [track], WITH_GRID, playlist=playlist, origin="playlist")[0])
    nml = utils.TraktorCollection(path=path).nml
    [entry] = nml.collection.entry
    assert (nml.version, nml.collection.entries, entry.title, entry.artist) == (19, 1, "Song", "Ann")
    assert (entry.location.dir, entry.location.file, entry.location.volume) == ("/:music/:", "a.mp3", "Macintosh HD")
    assert (entry.tempo.bpm, entry.musical_key.value_attribute, entry.info.ranking) == (128.0, 21, 204)
    assert [(cue.type, cue.start, cue.hotcue) for cue in entry.cue_v2][:3] == [
        (4, 500.0, -1),
        (1, 500.0, -1),
        (0, 1500.0, 0),
    ]
    [node] = nml.playlists.node.subnodes.node
    assert (node.name, node.playlist.entry[0].primarykey.key) == ("Friday", "Macintosh HD/:music/:a.mp3")

"""Traktor's collections, playlists and histories, as Traktor wrote them and as they are when broken."""

import gc
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
from dj_tracks import read_path
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from other_programs import TRAKTOR_HISTORY

from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.formats.fields import unreadable
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.traktor import reader as traktor_entry

READ = Importer.all()["traktor"].read


@pytest.fixture(autouse=True)
def same_time_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions here are as Traktor has them; what lies between its time zero and map4's has tests of its own."""
    monkeypatch.setattr(traktor_entry, "program_offset_s", lambda *of: 0.0)


# A collection of Traktor Pro 4 on Windows.
NML_20 = """<?xml version="1.0" encoding="UTF-8" standalone="no" ?>
<NML VERSION="20"><HEAD COMPANY="www.native-instruments.com" PROGRAM="Traktor Pro 4"></HEAD>
<COLLECTION ENTRIES="3">
<ENTRY MODIFIED_DATE="2025/1/5" MODIFIED_TIME="1" AUDIO_ID="AAA=" TITLE="One &amp; only" ARTIST="Ann">
<LOCATION DIR="/:Music/:Jungle/:" FILE="one.flac" VOLUME="F:" VOLUMEID="6580a7aa"></LOCATION>
<ALBUM TRACK="6" TITLE="Vol. 5"></ALBUM>
<INFO BITRATE="1075000" COMMENT="peak" KEY="8m" PLAYCOUNT="7" PLAYTIME="247" RANKING="180" LAST_PLAYED="2025/1/9" COLOR="5" GENRE="Jungle" LABEL="Lantern" REMIXER="Cid" PRODUCER="Bea" MIX="Dub" IMPORT_DATE="2019/8/23" RELEASE_DATE="1998/5/1"></INFO>
<TEMPO BPM="175.000031" BPM_QUALITY="100.000000"></TEMPO>
<MUSICAL_KEY VALUE="22"></MUSICAL_KEY>
<CUE_V2 NAME="AutoGrid" DISPL_ORDER="0" TYPE="4" START="2.342987" LEN="0.000000" REPEATS="-1" HOTCUE="-1"><GRID BPM="175.000031"></GRID>
</CUE_V2>
<CUE_V2 NAME="Beat Marker" DISPL_ORDER="0" TYPE="4" START="90002.342987" LEN="0.000000" REPEATS="-1" HOTCUE="-1"><GRID BPM="172.500000"></GRID>
</CUE_V2>
<CUE_V2 NAME="AutoGrid" DISPL_ORDER="0" TYPE="0" START="2.342987" LEN="0.000000" REPEATS="-1" HOTCUE="0" COLOR="#FFFFFF"></CUE_V2>
<CUE_V2 NAME="drop" DISPL_ORDER="0" TYPE="5" START="60000.5" LEN="5485.713314" REPEATS="-1" HOTCUE="3"></CUE_V2>
<CUE_V2 NAME="n.n." DISPL_ORDER="0" TYPE="1" START="1000.0" LEN="0.000000" REPEATS="-1" HOTCUE="1"></CUE_V2>
<CUE_V2 NAME="n.n." DISPL_ORDER="0" TYPE="2" START="200000.0" LEN="0.000000" REPEATS="-1" HOTCUE="2"></CUE_V2>
<CUE_V2 NAME="n.n." DISPL_ORDER="0" TYPE="3" START="-5.0" LEN="0.000000" REPEATS="-1" HOTCUE="-1"></CUE_V2>
</ENTRY>
<ENTRY TITLE="Two"><LOCATION DIR="/:Music/:" FILE="two.mp3" VOLUME="F:"></LOCATION><INFO KEY="Am" RANKING="0"></INFO></ENTRY>
<ENTRY TITLE="Nowhere" ARTIST="Bob"></ENTRY>
<ENTRY TITLE="Two again"><LOCATION DIR="/:Music/:" FILE="two.mp3" VOLUME="F:"></LOCATION></ENTRY>
</COLLECTION>
<SETS ENTRIES="1"><SET TITLE="remix"><LOCATION DIR="/:x/:" FILE="x.trak" VOLUME="F:"></LOCATION></SET></SETS>
<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES COUNT="4">
<NODE TYPE="PLAYLIST" NAME="House/Techno"><PLAYLIST ENTRIES="3" TYPE="LIST" UUID="1">
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="F:/:Music/:two.mp3"></PRIMARYKEY></ENTRY>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="F:/:Music/:gone.mp3"></PRIMARYKEY></ENTRY>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="F:/:Music/:two.mp3"></PRIMARYKEY></ENTRY>
<ENTRY></ENTRY>
</PLAYLIST></NODE>
<NODE TYPE="SMARTLIST" NAME="Top"><SMARTLIST UUID="2"><SEARCH_EXPRESSION VERSION="1" QUERY="$RATING == 5"></SEARCH_EXPRESSION></SMARTLIST></NODE>
<NODE TYPE="PLAYLIST" NAME="Old and smart"><PLAYLIST ENTRIES="0" TYPE="SEARCH" UUID="3"></PLAYLIST></NODE>
<NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES COUNT="1"><NODE TYPE="PLAYLIST" NAME=""><PLAYLIST ENTRIES="0" TYPE="LIST" UUID="4"></PLAYLIST></NODE></SUBNODES></NODE>
</SUBNODES></NODE></PLAYLISTS>
<INDEXING><SORTING_INFO PATH="$COLLECTION"></SORTING_INFO></INDEXING></NML>
"""  # noqa: E501


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str | bytes], tuple[list[DjItem], ReadNotes]]:
    def reading(data: str | bytes) -> tuple[list[DjItem], ReadNotes]:
        path = tmp_path / "collection.nml"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        notes = ReadNotes()
        return list(READ(str(path), notes)), notes

    return reading


Read = Callable[[str | bytes], tuple[list[DjItem], ReadNotes]]


def collection(*entries: str) -> str:
    return f'<NML VERSION="19"><COLLECTION ENTRIES="{len(entries)}">{"".join(entries)}</COLLECTION></NML>'


def entry(inside: str, file: str = "a.mp3") -> str:
    return f'<ENTRY TITLE="A"><LOCATION DIR="/:Music/:" FILE="{file}" VOLUME="C:"/>{inside}</ENTRY>'


# ---- what Traktor wrote --------------------------------------------------------------------------


def read_shared(shared: Path, name: str) -> tuple[list[DjItem], ReadNotes]:
    path = str(shared / "interchange" / f"traktor-{name}.nml")
    notes = ReadNotes()
    assert Importer.of(path).name == "traktor"
    return list(Importer.of(path).read(path, notes)), notes


def test_collection_cues_and_playlists_written_by_traktor_are_read(shared: Path) -> None:
    items, notes = read_shared(shared, "collection")
    [track] = items
    folder = "/Library/Application Support/Native Instruments/Traktor 2/Factory Sounds"
    assert track.entry.locations == tuple(
        f"{disk}{folder}/Loopmasters_Dubstep1.mp3" for disk in ("", "/Volumes/osx")
    )  # fmt: skip
    assert (track.entry.artist, track.entry.title, track.entry.duration_s) == ("Loopmasters", "Dubstep 1", 192.078369)
    assert track.values == ImportedValues(
        title="Dubstep 1",
        artist="Loopmasters",
        genre="Dubstep",
        year=2010,
        date_added="2010-08-16",
        bpm=139.999924,
        key=Key.parse("Cm"),
        comment="Tracks by www.loopmasters.com",
        cues=tuple(CuePoint(position_s=0.052315876, number=number) for number in (6, 7)),
        grid=(GridMark(position_s=0.052315876, bpm=139.999924, number=0),),
    )
    assert (notes.version, notes.sentences()) == ("NML 19", [])
    items, notes = read_shared(shared, "cuepoints")
    [track] = items
    assert (track.entry.artist, len(track.values.cues), len(track.values.grid)) == ("Foobarartist", 2, 1)
    assert notes.sentences() == []
    # It has no collection: its tracks are their places alone.
    items, notes = read_shared(shared, "playlist")
    *lists, track = items
    key = "osx/:Users/:johndoe/:Music/:pechundschwefel/:549043_The_Sky_Was_Pink_Icelandic_Version.mp3"
    assert lists == [
        DjPlaylist(name="Preparation", folders=(), keys=(key,)),
        DjPlaylist(name="Preparation2", folders=("Foo",), keys=(key,)),
        DjPlaylist(name="Preparation3", folders=("Foo", "Bar"), keys=(key,)),
    ]
    assert (track.key, track.values.is_empty) == (key, True)
    assert track.entry.location == (
        "/Users/johndoe/Music/pechundschwefel/549043_The_Sky_Was_Pink_Icelandic_Version.mp3"
    )
    assert notes.sentences() == []


# ---- what it writes by other collections ---------------------------------------------------------


def test_collection_of_traktor_pro_4_is_read(read: Read) -> None:
    items, notes = read(NML_20)
    track, two, first, inner, gone = items
    assert (track.key, track.entry.location) == ("F:/:Music/:Jungle/:one.flac", "F:/Music/Jungle/one.flac")
    assert (track.entry.title, track.entry.album, track.entry.duration_s) == ("One & only", "Vol. 5", 247.0)
    assert track.values == ImportedValues(
        title="One & only",
        artist="Ann",
        album="Vol. 5",
        genre="Jungle",
        label="Lantern",
        remixer="Cid",
        composer="Bea",
        mix="Dub",
        year=1998,
        track_number=6,
        date_added="2019-08-23",
        bpm=175.000031,
        key=Key.parse("Bbm"),
        rating=3.5,
        play_count=7,
        last_played="2025-01-09",
        comment="peak",
        color="#0187ff",
        cues=(
            CuePoint(position_s=-0.005, kind="load"),
            CuePoint(position_s=0.002342987, number=0, name="AutoGrid", color="#ffffff"),
            CuePoint(position_s=1.0, kind="fade_in", number=1),
            CuePoint(position_s=60.0005, kind="loop", number=3, name="drop", length_s=5.485713314),
            CuePoint(position_s=200.0, kind="fade_out", number=2),
        ),
        grid=(
            GridMark(position_s=0.002342987, bpm=175.000031),
            GridMark(position_s=90.002342987, bpm=172.5, name="Beat Marker"),
        ),
    )
    assert (two.entry.position, two.values) == (2, ImportedValues(title="Two", key=Key.parse("Am")))
    keys = tuple(f"F:/:Music/:{name}.mp3" for name in ("two", "gone", "two"))
    assert first == DjPlaylist(name="House/Techno", keys=keys)
    assert inner == DjPlaylist(name="", folders=("$ROOT",))
    assert (gone.key, gone.entry.position, gone.entry.location) == (keys[1], 3, "F:/Music/gone.mp3")
    assert notes.version == "NML 20"
    assert set(notes.sentences()) == {
        "left out: smart lists (2)",
        "left out: entries that name no file (2)",
        "left out: further entries of the same file (1)",
    }


def test_history_has_its_tracks_and_times(read: Read) -> None:
    rated = entry('<INFO RANKING="255" COMMENT="old"/>')
    mine = '<NODE TYPE="PLAYLIST" NAME="mine"><PLAYLIST TYPE="LIST"></PLAYLIST></NODE>'
    (track, played, own, gone), notes = read(f"<NML><COLLECTION>{rated}</COLLECTION>{TRAKTOR_HISTORY % mine}</NML>")
    assert isinstance(gone, DjTrack)
    assert track.values.comment == "old"
    assert played == DjPlaylist(
        name="2019-10-18 22.47",
        identity="2019-10-18T22:47:32",
        kind="history",
        keys=(track.key, gone.key, gone.key, gone.key),
        times=("2019-10-18T22:47:32", "2019-10-19T00:04:36", None, None),
    )
    assert own == DjPlaylist(name="mine")
    assert notes.sentences() == [
        "left out: entries of histories that were not played to the public (1)",
        "left out: times of plays that can't be read (1)",
    ]

    # A file of nothing but an evening is as old as that: what the collection says of tracks counts.
    (track, again, _), _ = read(f"<NML><COLLECTION>{rated}</COLLECTION>{TRAKTOR_HISTORY % ''}</NML>")
    assert track.values == ImportedValues()
    assert again == played


def test_histories_without_times_and_lists_before_tracks_are_read(read: Read) -> None:
    node = '<NODE TYPE="PLAYLIST" NAME="HISTORY"><PLAYLIST TYPE="PROTOCOL"></PLAYLIST></NODE>'
    items, _ = read(f'<NML><PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT">{node}</NODE></PLAYLISTS></NML>')
    assert items == [DjPlaylist(name="collection", kind="history")]
    node = (
        '<NODE TYPE="PLAYLIST" NAME="x"><PLAYLIST><ENTRY><PRIMARYKEY KEY="C:/:Music/:a.mp3"/></ENTRY></PLAYLIST></NODE>'
    )
    lists = f'<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES>{node}</SUBNODES></NODE></PLAYLISTS>'
    items, _ = read(f"<NML>{lists}<COLLECTION>{entry('')}</COLLECTION></NML>")
    assert [type(item) for item in items] == [DjPlaylist, DjTrack]


@pytest.mark.parametrize(
    ("names", "numbers", "cues"),
    [
        (["AutoGrid"], [0], []), (["Beat Marker"], [2], []), (["n.n."], [0], []),  # which Traktor did by itself
        (["AutoGrid", "AutoGrid"], [0, 1], []),
        (["Drop"], [0], [0]),  # named by a DJ: both
        (["n.n.", "n.n."], [0, 1], [0, 1]),  # set by a DJ: Traktor gives one marker a button
    ],
)  # fmt: skip
def test_button_of_marker_is_no_cue(read: Read, names: list[str], numbers: list[int | None], cues: list[int]) -> None:
    button = 2 if names == ["Beat Marker"] else 0
    markers = "".join(
        f'<CUE_V2 NAME="{name}" TYPE="4" START="{1000.0 * place}" HOTCUE="{button + place}"/>'
        for place, name in enumerate(names)
    )
    [track], _ = read(collection(entry(f'<TEMPO BPM="120.0"/>{markers}')))
    assert [mark.number for mark in track.values.grid] == numbers
    assert [cue.number for cue in track.values.cues] == cues


def test_unreadable_values_are_counted_and_impossible_numbers_unknown(read: Read) -> None:
    cues = "".join(
        f"<CUE_V2 {attributes}/>"
        for attributes in (
            'TYPE="9" START="1.0"',
            'TYPE="0" START="soon"',
            'TYPE="0" START="inf"',
            'TYPE="4" START="1.0"',
            'TYPE="5" START="1.0" LEN="0.0" COLOR="red" NAME=""',
        )
    )
    inside = (
        '<INFO KEY="loud" LAST_PLAYED="soon" RANKING="-1" PLAYCOUNT="many" COLOR="99" PLAYTIME="0" '
        'IMPORT_DATE="0000/0/0" RELEASE_DATE="99999999/1/1"/>'
        f'<TEMPO BPM="0.0"/><MUSICAL_KEY VALUE="99"/>{cues}'
    )
    items, notes = read(collection(entry(inside)))
    [track] = items
    assert track.values == ImportedValues(title="A", cues=(CuePoint(position_s=0.001),))
    assert track.entry.duration_s is None
    assert notes.left_out == {
        **{unreadable(name): 1 for name in ("key", "last_played", "play_count", "color", "year", "cues.color")},
        unreadable("cues"): 3,
        traktor_entry.MARKERS: 1,
    }
    impossible = (
        '<ENTRY TITLE="A"><LOCATION DIR="/:m/:" FILE="a.flac" VOLUME=""/><TEMPO BPM="5e-324"/>'
        '<INFO LAST_PLAYED="99999999999999999999/1/1"/><CUE_V2 TYPE="0" START="-1e300"/>'
        '<CUE_V2 TYPE="5" START="1" LEN="1e300"/></ENTRY>'
    )
    [track], notes = read(f'<NML VERSION="19"><COLLECTION>{impossible}</COLLECTION></NML>')
    assert track.values == ImportedValues(title="A", cues=(CuePoint(position_s=0.001),))
    assert dict(notes.left_out) == {unreadable(name): 1 for name in ("bpm", "last_played", "cues", "cues.length_s")}


def test_time_offset_of_traktor_is_subtracted_on_reading(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    offset_s = Mock(return_value=0.026)
    monkeypatch.setattr(traktor_entry, "program_offset_s", offset_s)
    cues = '<TEMPO BPM="120.0"/><CUE_V2 TYPE="0" START="1026.0"/><CUE_V2 TYPE="4" START="526.0"/>'
    [track], _ = read(collection(entry(cues, file="a.MP3")))
    offset_s.assert_called_once_with("traktor", "mp3")
    assert [cue.position_s for cue in track.values.cues] == [1.0]
    assert [mark.position_s for mark in track.values.grid] == [0.5]


# ---- what is none of it --------------------------------------------------------------------------

PIECES = [
    "<NML>", "</NML>", "<COLLECTION>", "</COLLECTION>", "<ENTRY>", "</ENTRY>", "<PLAYLISTS>", "</PLAYLISTS>",
    '<NODE TYPE="FOLDER" NAME="x">', '<NODE TYPE="PLAYLIST">', '<NODE TYPE="SMARTLIST">', "</NODE>", "<PLAYLIST>",
    '<PLAYLIST TYPE="SEARCH">', "</PLAYLIST>", '<LOCATION FILE="x"/>', '<LOCATION FILE="/:" DIR="//:"/>',
    '<PRIMARYKEY KEY="/:"/>', '<TEMPO BPM="nan"/>', '<CUE_V2 TYPE="4" HOTCUE="7" START="1e400"/>', "<CUE_V2/>",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.booleans())
@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_xml_is_read_or_refused(tmp_path: Path, pieces: list[str], is_whole: bool) -> None:
    path = tmp_path / "x.nml"
    path.write_text(f"<NML>{''.join(pieces)}</NML>" if is_whole else "".join(pieces))
    try:
        items = list(READ(str(path), ReadNotes()))
    except ImportReadError:
        return
    keys = [item.key for item in items if isinstance(item, DjTrack)]
    assert len(keys) == len(set(keys))


def test_only_nml_files_are_recognised(tmp_path: Path) -> None:
    recognises = Importer.all()["traktor"].recognises
    assert recognises("x.xml", b'\xef\xbb\xbf<?xml version="1.0"?>\n<NML VERSION="19">')
    assert not recognises("x.nml", b'<?xml version="1.0"?><DJ_PLAYLISTS Version="1.0.0">')
    assert not recognises("x.nml", b"<NMLX>")
    assert not recognises("folder.nml", b"")


def test_large_collection_is_read_with_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.nml"
    path.write_text(collection(*(entry('<INFO KEY="1m"/>', file=f"{number}.mp3") for number in range(3000))))
    reading = READ(str(path), ReadNotes())
    for _ in range(2900):
        next(reading)
    gc.collect()
    assert 0 < sum(type(held).__name__ == "Element" for held in gc.get_objects()) < 1000


# ---- folders -------------------------------------------------------------------------------------


def history(day: int, *files: str) -> str:
    """A file of the folder History: its tracks, and when they were played."""
    date = 2026 << 16 | 1 << 8 | day
    rows = "".join(
        f'<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="C:/:Music/:{file}"/>'
        f'<EXTENDEDDATA STARTDATE="{date}" STARTTIME="{3600 * 22}" PLAYEDPUBLIC="1"/></ENTRY>'
        for file in files
    )
    node = f'<NODE TYPE="PLAYLIST" NAME="HISTORY"><PLAYLIST TYPE="PROTOCOL">{rows}</PLAYLIST></NODE>'
    lists = f'<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES>{node}</SUBNODES></NODE></PLAYLISTS>'
    return collection(*(entry("", file) for file in files)).replace("</NML>", f"{lists}</NML>")


def test_a_folder_gives_the_collection_and_all_histories(tmp_path: Path) -> None:
    (tmp_path / "History").mkdir()
    for name, data in {
        "collection.nml": collection(entry('<INFO GENRE="House"/>')),
        "backup.nml": collection(entry("", "old.mp3")),
        "History/1.nml": history(1, "a.mp3", "b.mp3"),
        "History/2.nml": history(2, "b.mp3"),
        "History/3.nml": "<NML",
        "History/._1.nml": "",
    }.items():
        (tmp_path / name).write_text(data)
    assert Importer.of(str(tmp_path)).name == Importer.of(str(tmp_path / "History")).name == "traktor"
    tracks, lists, notes = read_path(tmp_path)
    assert [(track.entry.location, track.values.genre) for track in tracks] == [
        ("C:/Music/a.mp3", "House"), ("C:/Music/b.mp3", None),
    ]  # fmt: skip
    assert [(playlist.kind, playlist.name, len(playlist.keys)) for playlist in lists] == [
        ("history", "2026-01-01 22.00", 2), ("history", "2026-01-02 22.00", 1),
    ]  # fmt: skip
    assert notes.left_out == {"files that can't be read": 1}
    assert len(read_path(tmp_path / "History")[1]) == 2


def test_folder_with_an_unreadable_collection_is_refused(tmp_path: Path) -> None:
    (tmp_path / "History").mkdir()
    (tmp_path / "collection.nml").write_text("<NML")
    (tmp_path / "History" / "1.nml").write_text(history(1, "a.mp3"))
    with pytest.raises(ImportReadError):
        read_path(tmp_path, "traktor")
    with pytest.raises(ImportReadError, match=r"neither a collection\.nml nor a history"):
        read_path(tmp_path.parent, "traktor")

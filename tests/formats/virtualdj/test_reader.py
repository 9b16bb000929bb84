"""VirtualDJ's database and lists; the fixtures are built from its wiki, and from a track as the Mixxx wiki shows it."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listed import list_of, track, written

from map4.core.music.analysis.key import Key
from map4.core.music.lists.live import LiveList
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.virtualdj import reader as virtualdj

FULL = """
 <Song FilePath="D:\\Music\\file 1.mp3" FileSize="9812345" Flag="1">
  <Tags Author="Ann &amp; Bob" Title="Söng" Remix="Extended Mix" Album="Best" Genre="House" Bpm="0.461538" Key="Cm"
        Stars="4" Flag="1" />
  <Infos SongLength="240.500000" FirstSeen="1518996996" LastPlay="1767225600" PlayCount="3" UserColor="4294901760" />
  <Comment>#loud
#late</Comment>
  <Scan Version="801" Bpm="0.468750" AltBpm="0.3" Volume="1.25" Key="A#m" Phase="0.100000" />
  <Poi Pos="0.435374" Type="beatgrid" />
  <Poi Pos="120.5" Type="beatgrid" Bpm="126.000000" />
  <Poi Pos="200" Type="beatgrid" Bpm="0.5" />
  <Poi Name="Drop" Pos="60.5" Num="2" Color="4278255360" Type="cue" />
  <Poi Name="Intro" Pos="15.25" Num="1" Type="cue" />
  <Poi Pos="30" Num="-1" />
  <Poi Name="Outro" Pos="150.0" Type="loop" Num="8" Size="16" Slot="8" />
  <Poi Pos="100" Type="loop" Size="8.0" Num="-1" Slot="2" />
  <Poi Name="Break 1" Pos="90.000000" Type="remix" />
  <Poi Pos="12" Type="load" />
 </Song>"""

OLD = """
 <Song FilePath="C:\\Users\\x\\beatmatch1.wav" FileSize="25724840">
  <Tags Author="NTMusic" Flag="1" />
  <Infos SongLength="72.915782" FirstSeen="1518996996" Bitrate="2822" Cover="34" />
  <Scan Version="801" Bpm="0.507959" AltBpm="0.380975" Volume="0.246516" Key="A#" Flag="32768" />
  <Poi Pos="3.721451" Type="beatgrid" />
  <Poi Pos="3.723900" Type="automix" Point="realStart" />
  <Poi Pos="72.872925" Type="automix" Point="realEnd" />
  <Poi Pos="3.723900" Type="automix" Point="fadeStart" />
  <Poi Pos="72.300000" Type="automix" Point="fadeEnd" />
  <Poi Pos="5.194014" Type="automix" Point="cutStart" />
  <Poi Pos="70.210612" Type="automix" Point="cutEnd" />
  <Poi Type="automix" Point="tempoStart" />
  <Poi Name="Cue 1" Pos="15.912449" Num="1" />
  <Poi Name="Cue 2" Pos="17.436327" Num="2" />
 </Song>"""


def database_of(*songs: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\r\n<VirtualDJ_Database Version="2024">\r\n'
        + "\r\n".join(songs)
        + ("\r\n</VirtualDJ_Database>\r\n")
    )


def song_of(inner: str, path: str = "/m/a.mp3") -> str:
    return f'<Song FilePath="{path}">{inner}</Song>'


def items(path: Path, notes: ReadNotes | None = None) -> list[DjItem]:
    return list(Importer.all()["virtualdj"].read(str(path), notes or ReadNotes()))


def tracks_of(folder: Path, *songs: str, notes: ReadNotes | None = None) -> list[DjTrack]:
    (folder / "database.xml").write_text(database_of(*songs), encoding="utf-8")
    return [item for item in items(folder / "database.xml", notes) if isinstance(item, DjTrack)]


def values_of(folder: Path, inner: str, notes: ReadNotes | None = None) -> ImportedValues:
    [found] = tracks_of(folder, song_of(inner), notes=notes)
    return found.values


# ---- the database --------------------------------------------------------------------------------


def test_all_values_of_a_song_are_read_also_of_virtualdj_8(tmp_path: Path) -> None:
    notes = ReadNotes()
    [found] = tracks_of(tmp_path, FULL, notes=notes)
    entry, values = found.entry, found.values
    assert (entry.location, entry.size_bytes, entry.duration_s) == ("D:\\Music\\file 1.mp3", 9812345, 240.5)
    assert (entry.artist, entry.title, entry.album) == ("Ann & Bob", "Söng (Extended Mix)", "Best")
    assert (values.bpm, values.key, values.rating, values.play_count) == (128.0, Key.parse("B♭m"), 4.0, 3)
    assert (values.last_played, values.comment, values.color) == ("2026-01-01T00:00:00Z", "#loud\n#late", "#ff0000")
    assert values.grid == (
        GridMark(position_s=0.435374, bpm=128.0), GridMark(position_s=120.5, bpm=126.0),
        GridMark(position_s=200.0, bpm=120.0),
    )  # fmt: skip
    assert values.cues == (
        CuePoint(position_s=12.0, kind="load"),
        CuePoint(position_s=15.25, number=0, name="Intro"),
        CuePoint(position_s=30.0),
        CuePoint(position_s=60.5, number=1, name="Drop", color="#00ff00"),
        CuePoint(position_s=90.0, name="Break 1"),
        CuePoint(position_s=100.0, kind="loop", length_s=3.75),
        CuePoint(position_s=150.0, kind="loop", number=7, name="Outro", length_s=7.619048),
    )
    assert (notes.version, notes.sentences()) == ("2024", [])
    notes = ReadNotes()
    [found] = tracks_of(tmp_path, OLD, notes=notes)
    assert (found.values.bpm, found.values.key) == (118.12, Key.parse("A#"))
    assert found.values.grid == (GridMark(position_s=3.721451, bpm=118.12),)
    # The points of automix are set by VirtualDJ, and no cues.
    assert found.values.cues == (
        CuePoint(position_s=15.912449, number=0, name="Cue 1"),
        CuePoint(position_s=17.436327, number=1, name="Cue 2"),
    )
    assert notes.sentences() == []


@pytest.mark.parametrize(
    ("text", "bpm"),
    [("0.500000", 120.0), ("128", 128.0), ("0.461538", 130.0), ("0", None), ("-1", None), ("5", None), ("0.0001", None),
     ("99999", None), ("nan", None), ("x", None), ("", None)],
)  # fmt: skip
def test_tempo_is_the_seconds_of_a_beat_or_beats_a_minute(text: str, bpm: float | None, tmp_path: Path) -> None:
    assert values_of(tmp_path, f'<Scan Bpm="{text}"/>').bpm == bpm


def test_scanned_tempo_precedes_the_tag_and_its_phase_replaces_a_missing_beat(tmp_path: Path) -> None:
    assert values_of(tmp_path, '<Tags Bpm="0.5" Key="Am"/>') == ImportedValues(bpm=120.0, key=Key.parse("Am"))
    found = values_of(tmp_path, '<Tags Bpm="0.4" Key="Am"/><Scan Bpm="0.5" Key="C" Phase="6.933515"/>')
    assert (found.bpm, found.key) == (120.0, Key.parse("C"))
    assert found.grid == (GridMark(position_s=6.933515, bpm=120.0),)
    assert values_of(tmp_path, '<Scan Phase="6.9"/>') == ImportedValues()


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ('<Tags Stars="0"/><Infos PlayCount="0" LastPlay="0" UserColor="0"/>', ImportedValues(play_count=0)),
        ('<Tags Stars="9"/><Infos PlayCount="-1" LastPlay="999999999999999"/>', ImportedValues()),
        ('<Infos UserColor="#FF00aa"/><Comment/>', ImportedValues(color="#ff00aa")),
        ('<Infos Color="16711935"/><Comment> </Comment>', ImportedValues(color="#ff00ff")),
        (
            '<Scan Bpm="120"/><Poi Type="beatgrid" Pos="1e9"/><Poi Pos="-1e9"/><Poi Type="loop" Pos="1" Size="1e308"/>',
            ImportedValues(bpm=120.0),
        ),
        ('<Tags Stars="3.5"/><LockedCues>1</LockedCues>', ImportedValues(rating=3.5)),
    ],
)
def test_zeros_and_invalid_values_are_read_as_unknown(inner: str, expected: ImportedValues, tmp_path: Path) -> None:
    assert values_of(tmp_path, inner) == expected


def test_unreadable_values_and_songs_left_out_are_counted(tmp_path: Path) -> None:
    notes = ReadNotes()
    inner = (
        '<Tags Key="H?"/><Poi Type="loop" Pos="1" Size="4"/><Poi Type="loop" Pos="1" Size="x"/><Poi Pos="x" Num="1"/>'
        '<Poi Type="action" Pos="1"/><Poi Type="beatgrid" Pos="1"/><Poi Type="automix" Point="fadeStart" Pos="inf"/>'
    )
    assert values_of(tmp_path, inner, notes) == ImportedValues()
    assert dict(notes.left_out) == {
        "keys that can't be read": 1, "loops of unknown length": 2, "points without a place": 1,
        "points of the kind 'action'": 1, "beats of a grid without position or tempo": 1,
    }  # fmt: skip
    notes = ReadNotes()
    songs = ('<Song FilePath="D:\\A.mp3"/>', '<Song FilePath="d:/a.MP3"/>', "<Song/>", "<Other/>",
             '<Song FilePath="netsearch://td1"><Tags Title="T" Author="A"/></Song>')  # fmt: skip
    found = tracks_of(tmp_path, *songs, notes=notes)
    assert [track.entry.location for track in found] == ["D:\\A.mp3", "netsearch://td1"]
    assert found[1].entry.is_url
    assert notes.sentences() == ["left out: entries without a path (1)"]


def test_times_are_shifted_to_the_time_zero_of_map4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offset_s = Mock(return_value=0.026)
    monkeypatch.setattr(virtualdj, "program_offset_s", offset_s)
    inner = '<Scan Bpm="0.5"/><Poi Pos="1.5" Num="1"/><Poi Pos="0.026" Type="beatgrid"/>'
    found = values_of(tmp_path, inner)
    assert (found.cues[0].position_s, found.grid[0].position_s) == (1.474, 0.0)
    offset_s.assert_called_once_with("virtualdj", "mp3")


# ---- lists ---------------------------------------------------------------------------------------


def test_single_list_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "Top 40.vdjfolder"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><VirtualFolder noDuplicates="no" ordered="yes">'
        '<song path="/m/b.mp3" size="10" songlength="61.5" bpm="112.000" key="B" artist="Ann" title="T" idx="1"/>'
        '<song path="/m/a.mp3" idx="0"/><song path="/m/a.mp3" idx="2"/><song idx="3"/></VirtualFolder>'
    )
    notes = ReadNotes()
    first, second, found = items(path, notes)
    assert isinstance(first, DjTrack)
    assert found == DjPlaylist(name="Top 40", keys=("/m/a.mp3", "/m/b.mp3", "/m/a.mp3"))
    assert (second.entry.artist, second.entry.duration_s, second.entry.size_bytes) == ("Ann", 61.5, 10)
    assert second.values == ImportedValues(bpm=112.0, key=Key.parse("B"))
    assert (first.values.is_empty, notes.sentences()) == (True, ["left out: entries without a path (1)"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """VirtualDJ's folder with a database of two songs and lists of all kinds."""
    folder = tmp_path / "VirtualDJ"
    (folder / "MyLists" / "Clubs.subfolders" / "May").mkdir(parents=True)
    (folder / "Folders" / "Filters").mkdir(parents=True)
    (folder / "Playlists").mkdir()
    songs = (song_of("", "D:\\Music\\a.mp3"), song_of("", "D:\\Music\\b.mp3"))
    (folder / "database.xml").write_text(database_of(*songs))
    lists = {
        "MyLists/Clubs.vdjfolder": "<VirtualFolder/>",
        "MyLists/Clubs.subfolders/Cellar.vdjfolder": '<VirtualFolder><song path="d:/music/B.mp3"/></VirtualFolder>',
        "MyLists/Clubs.subfolders/May/First.xml": '<VirtualFolder><song path="D:\\Music\\new.mp3"/></VirtualFolder>',
        "MyLists/Clubs.subfolders/order": "Cellar\n",
        "MyLists/._Clubs.vdjfolder": "x",
        "MyLists/Broken.vdjfolder": "<VirtualFolder>",
        "MyLists/Other.xml": "<settings/>",
        "Folders/Filters/Fast.vdjfolder": '<FilterFolder filter="bpm&gt;140" scope="database"/>',
    }
    for name, text in lists.items():
        (folder / name).write_text(text)
    (folder / "Playlists" / "Old.m3u").write_bytes(
        written("m3u", list_of(track("D:\\Music\\a.mp3"), track("D:\\Music\\a.mp3")))[0]
    )
    return folder


@pytest.mark.parametrize("inner", [".", "VirtualDJ"])
def test_folder_gives_every_track_and_list(home: Path, inner: str) -> None:
    notes = ReadNotes()
    found = items(home.parent / inner, notes)
    keys = [item.key for item in found if isinstance(item, DjTrack)]
    assert keys == ["d:\\music\\a.mp3", "d:\\music\\b.mp3", "d:\\music\\new.mp3"]
    lists = [item for item in found if isinstance(item, DjPlaylist)]
    assert lists == [
        DjPlaylist(name="Clubs"),
        DjPlaylist(name="Cellar", folders=("Clubs",), keys=("d:\\music\\b.mp3",)),
        DjPlaylist(name="First", folders=("Clubs", "May"), keys=("d:\\music\\new.mp3",)),
        DjPlaylist(name="Fast", folders=("Filters",), live=LiveList(query="bpm:140.. ^bpm:140..140", n=10_000)),
        DjPlaylist(name="Old", keys=("d:\\music\\a.mp3", "d:\\music\\a.mp3")),
    ]
    assert dict(notes.left_out) == {"lists that can't be read": 2}


def test_history_has_its_tracks_and_times(home: Path) -> None:
    def song_line(name: str, second: int) -> str:
        return f"#EXTVDJ:<lastplaytime>{1674884385 + second}</lastplaytime><artist>A</artist><title>{name}</title>\n"

    streamed = song_line("Stream", 90) + "netsearch://dz1\n"
    night = song_line("One", 0) + "D:\\Music\\a.mp3\n" + streamed + song_line("One", 400) + "D:\\Music\\a.mp3\n"
    for name, text in (("2023/01-28.m3u", night), ("2023/01-29.m3u", streamed), ("old.m3u", "D:\\Music\\b.mp3\n")):
        path = home / "History" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = items(home, ReadNotes())
    a, b, stream = "d:\\music\\a.mp3", "d:\\music\\b.mp3", "A - Stream"
    assert [item.key for item in found if isinstance(item, DjTrack)].count(stream) == 1
    assert [item for item in found if isinstance(item, DjPlaylist)][-3:] == [
        DjPlaylist(name="old", folders=("History",), keys=(b,)),
        DjPlaylist(
            name="2023-01-28 05.39",
            identity="2023-01-28T05:39:45Z",
            folders=("History", "2023"),
            kind="history",
            keys=(a, stream, a),
            times=("2023-01-28T05:39:45Z", "2023-01-28T05:41:15Z", "2023-01-28T05:46:25Z"),
        ),
        DjPlaylist(
            name="2023-01-28 05.41",
            identity="2023-01-28T05:41:15Z",
            folders=("History", "2023"),
            kind="history",
            keys=(stream,),
            times=("2023-01-28T05:41:15Z",),
        ),
    ]


# ---- recognised and refused ----------------------------------------------------------------------


def test_virtualdj_library_is_recognised(home: Path) -> None:
    for path in (home, home.parent, home / "database.xml", home / "MyLists" / "Clubs.vdjfolder"):
        assert Importer.of(str(path)).name == "virtualdj"
    (home / "MyLists" / "Clubs.vdjfolder").unlink()
    assert Importer.of(str(home / "Playlists" / "Old.m3u")).name == "lists"
    assert Importer.of(str(home / "Folders" / "Filters" / "Fast.vdjfolder")).name == "virtualdj"


def test_folder_without_a_database_is_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ImportReadError, match=r"neither a database\.xml"):
        items(tmp_path)
    with pytest.raises(OSError, match="none"):
        items(tmp_path / "none.xml")


WORDS = st.text(st.characters(blacklist_characters='<&"\0', blacklist_categories=("Cs", "Cc")), max_size=6)
VALUES = WORDS | st.floats().map(str) | st.integers().map(str)


@given(values=st.lists(VALUES, min_size=12, max_size=12))
@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reader_accepts_any_value(values: list[str], tmp_path: Path) -> None:
    song = (
        '<Song FilePath="/a.mp3" FileSize="{}"><Tags Title="{}" Bpm="{}" Key="{}" Stars="{}"/><Infos SongLength="{}"'
        ' LastPlay="{}" PlayCount="{}" UserColor="{}"/><Poi Type="loop" Pos="{}" Num="{}" Size="{}"/>'
        '<Poi Type="beatgrid" Pos="1" Bpm="120"/></Song>'
    )
    [found] = tracks_of(tmp_path, song.format(*values))
    assert ImportedValues.from_data(json.loads(json.dumps(found.values.to_data(), allow_nan=False))) == found.values

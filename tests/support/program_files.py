"""A small file of each program with all that it can say, built from what is published of its format.

`PROGRAM_FILES` has one for each row of the table in `docs/dj-programs.md`. To add a program: a function that makes its
file in a folder and gives the path to import, a `ProgramFile` with the name of its row here, and the row there. Then
`tests/docs/test_interchange_table.py` compares each cell with what the file gives. A format that holds tracks with all
that is known of them goes there and back in `tests/formats/test_round_trips.py` (`WHOLE`, `SOURCES`).
"""

import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import engine_libraries as engine
import mixxx_libraries as mixxx
import rekordbox_libraries as rekordbox
import rekordbox_sticks as sticks
import serato_files as serato
from audio_files import make, noise
from dj_tracks import read_path
from engine_libraries import RATE
from libraries import execute
from other_programs import APPLE_LIBRARY, VIRTUALDJ_HISTORY

from map4.core.base.path_maps import PathMaps
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListHeader
from map4.core.music.lists.tracklist import PlaylistEntry, Tracklist
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track
from map4.formats.importer import DjPlaylist, DjTrack, Importer
from map4.formats.values import suffix_of

CODECS = {"mp3": "mp3", "m4a": "aac", "wav": "pcm", "flac": "flac"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramFile:
    """A program's file.

    Parameters
    ----------
    row : the first cell of its row in `docs/dj-programs.md`
    importer : who reads it
    make : makes it in an empty folder, and gives the path to import
    exporter : the format in which map4 writes it; None where it does not
    name : of the file that is written
    makes_from_shared : `make` gets the folder of shared files first
    """

    row: str
    importer: str
    make: Callable[..., Path]
    exporter: str | None = None
    name: str = ""
    makes_from_shared: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """What an importer reads: its tracks, and its lists."""

    tracks: list[DjTrack]
    lists: list[DjPlaylist]

    def named(self) -> list[tuple[tuple[str, ...], str, list[str]]]:
        """Folders, name and paths of each list, histories aside."""
        paths = {track.key: path_of(track) for track in self.tracks}
        return [
            (playlist.folders, playlist.name, [paths[key] for key in playlist.keys])
            for playlist in self.lists
            if playlist.kind == "list"
        ]


def header_of(found: DjPlaylist) -> ListHeader:
    """What a stored list says of where it comes from."""
    place = ImportedPlace(folders=found.folders, name=found.name)
    return ListHeader(imported=ImportedList(format="deck", place=place))


def path_of(track: DjTrack) -> str:
    return next(PathMaps().inward(track.entry.location or "", "/"))


def read_file(program: ProgramFile, path: Path) -> Read:
    importer = Importer.all()[program.importer]
    tracks, lists, _ = read_path(path, program.importer)
    if importer.is_music and importer.tags is not None:
        values = importer.tags(str(path), Counter()) or ImportedValues()
        tracks.append(DjTrack(key="1", entry=PlaylistEntry(position=1, location=str(path)), values=values))
    return Read(tracks, lists)


def adopted(found: Read) -> tuple[list[Track], list[Tracklist]]:
    """Tracks and lists of a library that knows nothing but what was read: the files have no tags."""
    tracks = {
        track.key: Track(
            path=path_of(track),
            state="ok",
            format=AudioFormat(
                codec=CODECS[suffix_of(path_of(track))], sample_rate_hz=44_100, channels=2, bits=None, payload_bytes=1
            ),
            size_bytes=track.entry.size_bytes,
            imported=track.values,
            prefer=("imported",),
        )
        for track in found.tracks
    }
    lists = [
        Tracklist(tracks=[tracks[key] for key in playlist.keys], name=playlist.name, header=header_of(playlist))
        for playlist in found.lists
        if playlist.kind == "list"
    ]
    return list(tracks.values()), lists


# ---- rekordbox -----------------------------------------------------------------------------------

# HE-AAC, which rekordbox calls 22,050 Hz; a grid that changes its tempo; cue points with all that they can have.
_REKORDBOX = """<?xml version="1.0" encoding="UTF-8"?>
<DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="7.2.8" Company="AlphaTheta"/>
<COLLECTION Entries="3">
<TRACK TrackID="1" Name="One" Artist="Ann" Composer="Cat" Album="LP" Grouping="Set" Genre="House" Kind="MP3 File"
 Size="5000000" TotalTime="200" DiscNumber="1"
 TrackNumber="2" Year="2001" AverageBpm="127.98" DateAdded="2024-05-06" BitRate="320" SampleRate="48000"
 Comments="peak" PlayCount="7" LastPlayed="2026-01-31" Rating="204" Location="file://localhost/music/One.mp3"
 Remixer="Dan" Tonality="Am" Label="L" Mix="Dub" Colour="0xFF007F">
<TEMPO Inizio="0.325" Bpm="127.98" Metro="4/4" Battito="3"/>
<POSITION_MARK Name="Drop" Type="0" Start="60.325" Num="0" Red="40" Green="226" Blue="20"/>
<POSITION_MARK Name="" Type="0" Start="60.325" Num="-1"/>
<POSITION_MARK Name="Vocal" Type="4" Start="90.250" End="97.750" Num="1" Red="255" Green="140" Blue="0"/>
<POSITION_MARK Name="" Type="4" Start="120.000" End="123.750" Num="-1"/></TRACK>
<TRACK TrackID="2" Name="Two" Artist="Bob" Kind="M4A File" TotalTime="300" AverageBpm="121.55" BitRate="64"
 SampleRate="22050" PlayCount="0" Rating="0" Location="file://localhost/music/Two.m4a" Tonality="">
<TEMPO Inizio="0.048" Bpm="120.00" Metro="4/4" Battito="1"/>
<TEMPO Inizio="60.048" Bpm="123.10" Metro="3/4" Battito="2"/>
<POSITION_MARK Name="" Type="0" Start="10.000" Num="3"/></TRACK>
<TRACK TrackID="3" Name="Three" Kind="WAV File" TotalTime="100" AverageBpm="0.00"
 Location="file://localhost/music/Three.wav"/>
</COLLECTION>
<PLAYLISTS><NODE Type="0" Name="ROOT" Count="2"><NODE Name="Sets" Type="0" Count="1">
<NODE Name="Friday" Type="1" KeyType="0" Entries="3"><TRACK Key="2"/><TRACK Key="1"/><TRACK Key="2"/></NODE></NODE>
<NODE Name="All" Type="1" KeyType="0" Entries="1"><TRACK Key="3"/></NODE></NODE></PLAYLISTS></DJ_PLAYLISTS>
"""


def _rekordbox_xml(folder: Path) -> Path:
    return _file(folder / "rekordbox.xml", _REKORDBOX)


def _rekordbox_database(folder: Path, shared: Path) -> Path:
    path, demo, list_id = rekordbox.library_copy(shared, folder), "178162577", "9001"
    content = "UPDATE djmdContent SET Rating = 4, DJPlayCount = '7', ColorID = '2', BPM = 12800 WHERE ID = ?"
    execute(path, content, (demo,))
    rekordbox.put(path, "djmdCue", ID="1", ContentID=demo, InMsec=1000, OutMsec=-1, Kind=1)
    rekordbox.put(path, "djmdCue", ID="2", ContentID=demo, InMsec=60000, OutMsec=61875, Kind=2)
    rekordbox.put(path, "djmdHistory", ID="1", Seq=1, Name="x", Attribute=0, ParentID="root", DateCreated="2025-06-01")
    rekordbox.put(path, "djmdSongHistory", ID="1", HistoryID="1", ContentID=demo, TrackNo=1)
    rekordbox.put(path, "djmdPlaylist", ID=list_id, Seq=1, Name="Friday", Attribute=0, ParentID="root")
    rekordbox.put(path, "djmdSongPlaylist", ID="1", PlaylistID=list_id, ContentID=demo, TrackNo=1)
    beats = [((i % 4) + 1, 12800, 40 + round(i * 60000 / 128)) for i in range(300)]
    phrases = sticks.analysis(sticks.phrases_tag(1, 257, [(1, 1), (65, 2), (129, 5)]))
    rekordbox.put_analysis(path, demo, rekordbox.analysis_file(beats), phrases)
    return path


def _rekordbox_stick(folder: Path) -> Path:
    place = "/PIONEER/USBANLZ/P016/0000875E/ANLZ0000.DAT"
    track = sticks.track_row(
        1, title="One", tempo=12800, rating=4, play_count=7, color=1, date_added="2024-05-06",
        file_path="/Contents/One.mp3", analyze_path=place,
    )  # fmt: skip
    tables = {sticks.TRACKS: [track], sticks.TREE: [sticks.tree_row(1, "Friday")]}
    sticks.write_stick(folder, tables | {sticks.ENTRIES: [sticks.entry_row(1, 1, 1)]})
    cues = sticks.old_cues_tag([(1, 1000, -1), (2, 60000, 61875)], is_hot=True)
    phrases = sticks.analysis(sticks.phrases_tag(1, 257, [(1, 1), (65, 2)], is_masked=True))
    dat = sticks.analysis(sticks.beats_tag(sticks.steady_beats(128, 300)), cues)
    sticks.write_analysis(folder, place, dat, phrases)
    return folder


# ---- Traktor -------------------------------------------------------------------------------------

# One: a marker far inside the track, on which Traktor keeps a button ("Store Beatmarker as Hotcue"), fades and a load
# point. Two: two tempi, as Traktor Pro 4 has them.
_TRAKTOR = """<?xml version="1.0" encoding="UTF-8" standalone="no" ?>
<NML VERSION="20"><HEAD COMPANY="www.native-instruments.com" PROGRAM="Traktor Pro 4"></HEAD>
<COLLECTION ENTRIES="2">
<ENTRY TITLE="One" ARTIST="Ann"><LOCATION DIR="/:music/:" FILE="One.mp3" VOLUME="Macintosh HD"></LOCATION>
<ALBUM TITLE="LP" TRACK="2"></ALBUM>
<INFO BITRATE="320000" GENRE="House" LABEL="L" COMMENT="peak" REMIXER="Dan" PRODUCER="Cat" MIX="Dub" PLAYCOUNT="7" PLAYTIME="200" PLAYTIME_FLOAT="199.500000"
 RANKING="179" IMPORT_DATE="2024/5/6" LAST_PLAYED="2026/1/31" RELEASE_DATE="2001/1/1" COLOR="3"></INFO>
<TEMPO BPM="130.000000" BPM_QUALITY="100.000000"></TEMPO><MUSICAL_KEY VALUE="21"></MUSICAL_KEY>
<CUE_V2 NAME="AutoGrid" TYPE="4" START="34065.000000" LEN="0.000000" REPEATS="-1" HOTCUE="0"></CUE_V2>
<CUE_V2 NAME="n.n." TYPE="1" START="1000.000000" LEN="0.000000" REPEATS="-1" HOTCUE="-1"></CUE_V2>
<CUE_V2 NAME="n.n." TYPE="2" START="180000.000000" LEN="0.000000" REPEATS="-1" HOTCUE="2"></CUE_V2>
<CUE_V2 NAME="n.n." TYPE="3" START="2000.000000" LEN="0.000000" REPEATS="-1" HOTCUE="-1"></CUE_V2>
<CUE_V2 NAME="Drop" TYPE="0" START="60500.250000" LEN="0.000000" REPEATS="-1" HOTCUE="1" COLOR="#FF8000"></CUE_V2>
<CUE_V2 NAME="n.n." TYPE="5" START="90000.000000" LEN="7384.615385" REPEATS="-1" HOTCUE="4"></CUE_V2></ENTRY>
<ENTRY TITLE="Two"><LOCATION DIR="/:music/:" FILE="Two.m4a" VOLUME="Macintosh HD"></LOCATION>
<INFO PLAYTIME_FLOAT="300.000000"></INFO><TEMPO BPM="121.000000" BPM_QUALITY="100.000000"></TEMPO>
<CUE_V2 NAME="AutoGrid" TYPE="4" START="250.000000" LEN="0.000000" REPEATS="-1" HOTCUE="-1"><GRID BPM="120.000015"></GRID></CUE_V2>
<CUE_V2 NAME="AutoGrid" TYPE="4" START="60250.000000" LEN="0.000000" REPEATS="-1" HOTCUE="-1"><GRID BPM="122.000000"></GRID></CUE_V2>
</ENTRY></COLLECTION>
<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES COUNT="1"><NODE TYPE="FOLDER" NAME="Sets"><SUBNODES COUNT="1">
<NODE TYPE="PLAYLIST" NAME="Friday"><PLAYLIST ENTRIES="2" TYPE="LIST" UUID="1">
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="Macintosh HD/:music/:Two.m4a"></PRIMARYKEY></ENTRY>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="Macintosh HD/:music/:One.mp3"></PRIMARYKEY></ENTRY>
</PLAYLIST></NODE></SUBNODES></NODE></SUBNODES></NODE></PLAYLISTS></NML>
"""  # noqa: E501


def _traktor(folder: Path) -> Path:
    return _file(folder / "collection.nml", _TRAKTOR)


# ---- VirtualDJ -----------------------------------------------------------------------------------

_VIRTUALDJ = """<?xml version="1.0" encoding="UTF-8"?>
<VirtualDJ_Database Version="2024">
<Song FilePath="/music/One.mp3" FileSize="5000000">
<Tags Author="Ann" Title="One" Remix="Dub" Album="LP" Genre="House" Composer="Cat" Label="L" Remixer="Dan"
 Grouping="Set" TrackNumber="2" Year="2001" Bpm="0.461538" Key="Am" Stars="4" Flag="1"/>
<Infos SongLength="200.500000" FirstSeen="1714953600" LastPlay="1769897700" PlayCount="7" UserColor="4278255360"/>
<Comment>peak</Comment>
<Scan Version="801" Bpm="0.461538" Phase="34.065000" Key="Am"/>
<Poi Pos="57.210000" Type="beatgrid" Bpm="0.461538"/>
<Poi Name="Drop" Pos="60.500000" Num="1" Color="4294901760"/>
<Poi Name="Cue 9" Pos="61.500000" Num="9"/>
<Poi Name="Vocal" Pos="90.000000" Type="loop" Size="16.000" Num="2"/>
<Poi Pos="100.000000" Type="loop" Size="8.000" Num="-1"/>
<Poi Pos="0.500000" Type="automix" Point="realStart"/>
</Song>
<Song FilePath="/music/Two.m4a"><Tags Title="Two"/><Infos SongLength="300.000000"/></Song>
</VirtualDJ_Database>
"""


def _virtualdj(folder: Path) -> Path:
    return _file(folder / "database.xml", _VIRTUALDJ)


def _vdjfolder(folder: Path) -> Path:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<VirtualFolder noDuplicates="no">\n'
        '<song path="/music/Two.m4a" songlength="300.0" artist="Bob" title="Two" idx="0"/>\n'
        '<song path="/music/One.mp3" songlength="200.5" bpm="130.0" key="Am" artist="Ann" title="One" idx="1"/>\n'
        "</VirtualFolder>\n"
    )
    return _file(folder / "Friday.vdjfolder", text)


def _vdj_history(folder: Path) -> Path:
    return _file(folder / "2023-01-28.m3u", VIRTUALDJ_HISTORY)


# ---- Serato --------------------------------------------------------------------------------------


def tlv(tag: str, body: bytes | str | int) -> bytes:
    if isinstance(body, int):
        body = struct.pack(">I", body)
    data = body.encode("utf-16-be") if isinstance(body, str) else body
    return tag.encode() + struct.pack(">I", len(data)) + data


def _serato(folder: Path) -> Path:
    crates = folder / "_Serato_" / "Subcrates"
    crates.mkdir(parents=True)
    row = {"pfil": "music/One.mp3", "tsng": "One", "tart": "Ann", "tbpm": "130.00", "tkey": "Am", "tcom": "peak"}
    texts = {"talb": "LP", "tgen": "House", "tlbl": "L", "tcmp": "Cat", "trmx": "Dan", "tgrp": "Set", "ttyr": "2001"}
    more = {"utpc": 7, "uadd": 1_714_953_600, "utkn": 2, "udsc": 1}
    track = tlv("otrk", b"".join(tlv(tag, value) for tag, value in {**row, **texts, **more}.items()))
    (folder / "_Serato_" / "database V2").write_bytes(tlv("vrsn", "2.0/Serato Scratch LIVE Database") + track)
    crate = tlv("vrsn", "1.0/Serato ScratchLive Crate") + tlv("otrk", tlv("ptrk", "music/One.mp3"))
    (crates / "Sets%%Friday.crate").write_bytes(crate)
    sessions = folder / "_Serato_" / "History" / "Sessions"
    sessions.mkdir(parents=True)
    (sessions / "1.session").write_bytes(serato.session(serato.played(1, "/music/One.mp3", 1_769_897_700)))
    return folder / "_Serato_"


def _serato_tags(folder: Path) -> Path:
    cues, loops = [(0, 500, 0xCC0000, "Drop"), (5, 30_000, 0xCC00CC, "")], [(0, 90_000, 97_500, "Vocal")]
    blocks = {
        "Serato Markers2": serato.markers2(serato.entries(cues, loops, 0xFF9999)),
        "Serato BeatGrid": serato.grid((0.5, 8), last=(4.5, 128.0)),
        "Serato Autotags": serato.autotags("127.50"),
    }
    return serato.put(make(folder / "One.mp3", noise(0.2)), blocks)


# ---- Mixxx ---------------------------------------------------------------------------------------


def _mixxx(folder: Path) -> Path:
    path, second = mixxx.make_library(folder / "mixxxdb.sqlite"), 2 * 44_100
    grid = bytes.fromhex("0a0b090000000000e05f401002120508b9601001")  # BeatGrid-2.0: 127.5 BPM from frame 12345
    track = mixxx.put_track(
        path, "/music/One.mp3", artist="Ann", title="One", bpm=127.5, key_id=22, rating=4, timesplayed=7,
        last_played_at="2026-01-31T22:15:00.123Z", comment="peak", color=0x32BE44, beats=grid,
        beats_version="BeatGrid-2.0", album="LP", album_artist="Ann", genre="House", composer="Cat", grouping="Set",
        year="2001", tracknumber="2", datetime_added="2024-05-06",
    )  # fmt: skip
    for kind, begin_s, length_s, button in ((1, 60.5, 0, 0), (4, 90, 7.5, 1), (6, 4, 8, -1), (7, 180, 12, -1)):
        mixxx.put(
            path, "cues", track_id=track, type=kind, position=begin_s * second, length=length_s * second,
            hotcue=button, color=0xC50A08,
        )  # fmt: skip
    listed = mixxx.put(path, "Playlists", name="Friday", hidden=0)
    mixxx.put(path, "PlaylistTracks", playlist_id=listed, track_id=track, position=1)
    played = mixxx.put(path, "Playlists", name="2026-01-31", hidden=2)
    mixxx.put(path, "PlaylistTracks", playlist_id=played, track_id=track, position=1, pl_datetime_added="2026-01-31")
    return path


# ---- Engine --------------------------------------------------------------------------------------


def _engine(folder: Path) -> Path:
    path = engine.make_library(folder / "music")
    blocks = {
        "trackData": engine.track_data(),
        "beatData": engine.beats([(-RATE, -4), (7.0 * RATE, 12), (97.0 * RATE, 200)]),
        "quickCues": engine.cues(("Drop", 60.5, 0xEAC532), None, ("", 5.5, 0x86C64B), main=1.25, moved=True),
        "loops": engine.loops(("Vocal", 90.0, 97.5, 0x20C67C)),
    }
    track = engine.put_track(
        path, "../One.mp3", blocks=blocks, title="One", artist="Ann", album="LP", bpmAnalyzed=127.98, key=1, rating=80,
        timeLastPlayed=1_769_897_700, dateAdded=1_714_953_600, comment="peak",
    )  # fmt: skip
    two = engine.put_track(path, "../Two.m4a", title="Two")
    engine.put_list(path, "Friday", [two, track], parent=engine.put_list(path, "Sets"))
    engine.put_history(path, 1_769_897_700, [(track, 1_769_897_700)])
    return path


# ---- Apple Music ---------------------------------------------------------------------------------


def _apple(folder: Path) -> Path:
    path = folder / "Library.xml"
    path.write_bytes(APPLE_LIBRARY)
    return path


# ---- lists ---------------------------------------------------------------------------------------


def _m3u8(folder: Path) -> Path:
    return _file(folder / "Friday.m3u8", "#EXTM3U\n#EXTINF:200,Ann - One\n/music/One.mp3\n")


def _cue_sheet(folder: Path) -> Path:
    """A file with two tracks of a mix, and a file of its own for the third."""
    tracks = [
        f'  TRACK {n:02} AUDIO\n    TITLE "{n}"\n    INDEX 01 {place}:00:00\n' for n, place in enumerate((0, 6, 0), 1)
    ]
    sheet = f'TITLE "Friday"\nFILE "mix.mp3" MP3\n{tracks[0]}{tracks[1]}FILE "Three.wav" WAVE\n{tracks[2]}'
    return _file(folder / "Friday.cue", sheet)


def _file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


PROGRAM_FILES: Sequence[ProgramFile] = (
    ProgramFile(
        row="rekordbox, XML", importer="rekordbox", make=_rekordbox_xml, exporter="rekordbox", name="rekordbox.xml"
    ),
    ProgramFile(
        row="rekordbox 6, 7, `master.db`", importer="rekordbox-db", make=_rekordbox_database, makes_from_shared=True
    ),
    ProgramFile(row="rekordbox, USB stick (`export.pdb`)", importer="rekordbox-usb", make=_rekordbox_stick),
    ProgramFile(row="Traktor, `.nml`", importer="traktor", make=_traktor, exporter="traktor", name="a.nml"),
    ProgramFile(
        row="VirtualDJ, `database.xml`",
        importer="virtualdj",
        make=_virtualdj,
        exporter="virtualdj-database",
        name="database.xml",
    ),
    ProgramFile(
        row="VirtualDJ, `.vdjfolder`", importer="virtualdj", make=_vdjfolder, exporter="virtualdj", name="a.vdjfolder"
    ),
    ProgramFile(row="VirtualDJ, history (`.m3u`)", importer="lists", make=_vdj_history),
    ProgramFile(
        row="Serato, `_Serato_` and crates", importer="serato", make=_serato, exporter="serato", name="Friday.crate"
    ),
    ProgramFile(row="Serato, tags of the music", importer="serato-tags", make=_serato_tags),
    ProgramFile(row="Mixxx, `mixxxdb.sqlite`", importer="mixxx", make=_mixxx),
    ProgramFile(row="Engine DJ, `m.db`", importer="engine", make=_engine),
    ProgramFile(row="Apple Music, iTunes, `Library.xml`", importer="apple-music", make=_apple),
    ProgramFile(row="CUE sheets, `.cue`", importer="cue", make=_cue_sheet),
    ProgramFile(row="any player, `.m3u8` and the like", importer="lists", make=_m3u8, exporter="m3u8", name="a.m3u8"),
)


def library_of(importer: str, folder: Path) -> Path:
    """Make the file of a program in a folder."""
    return next(program for program in PROGRAM_FILES if program.importer == importer).make(folder)

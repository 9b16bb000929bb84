"""Tags of every format come out as the same clean fields, and broken ones never raise."""

import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest
from audio_files import BORROWED, EXTENSIONS, TORTURE, box, make, noise, torture
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen import id3
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.asf import ASF, ASFByteArrayAttribute
from mutagen.dsf import DSF
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.wave import WAVE

from map4.core.audio.tags import read_file_tags, read_tags
from map4.core.audio.tags.lyrics import lyrics_of
from map4.core.audio.tags.pictures import EmbeddedPicture
from map4.core.audio.tags.program_fields import read_program_fields
from map4.core.audio.tags.values import as_bpm, as_genre, as_isrc, as_rating, as_text, as_track, as_year
from map4.core.base.text import MOST_LETTERS
from map4.core.music.track.tags import FileTags, Tags

FULL = Tags(
    artist="Björk; 坂本龍一",
    title="Jóga",
    album="Homogenic",
    genre="Electronic",
    year=1997,
    track=2,
    bpm=128.5,
    key="F#m",
    isrc="GBAAA9700123",
    label="One Little Independent",
    catalog_number="TPLP71",
    rating=4.0,
    comment="first press",
    album_artist="Various",
    disc_number=1,
    artist_sort="Guðmundsdóttir, Björk",
    album_sort="Homo",
    album_artist_sort="V/A",
    artists="Björk; Ryuichi",
    artist_ids="87c5dedd-371d-4a53-9f7f-80522fb7f3cb; 0c3f5a2c-9b1f-4a46-9f9c-62c6a4a5d5b1",
    remixer="Mika V.",
    composer="Björk; Sjón",
    producer="Mark Bell",
    advisory="explicit",
    work="Isobel",
    movement="Jóga",
    movement_number=2,
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("tags")

    def get(extension: str) -> Path:
        path = folder / f"made.{extension}"
        return path if path.exists() else make(path, None if extension in BORROWED else noise(0.3))

    return get


def copy(made: Callable[[str], Path], folder: Path, extension: str) -> Path:
    path = folder / f"copy.{extension}"
    shutil.copyfile(made(extension), path)
    return path


IDS = ["87C5DEDD-371d-4a53-9f7f-80522fb7f3cb", "0c3f5a2c-9b1f-4a46-9f9c-62c6a4a5d5b1"]


def id3_frames() -> list[id3.Frame]:
    return [
        id3.TPE1(encoding=3, text=["Björk", "坂本龍一"]),
        id3.TIT2(encoding=3, text=["Jóga"]),
        id3.TALB(encoding=3, text=["Homogenic"]),
        id3.TCON(encoding=3, text=["(52)"]),
        id3.TDRC(encoding=3, text=["1997-09-22"]),
        id3.TRCK(encoding=3, text=["2/10"]),
        id3.TPE2(encoding=3, text=["Various"]),
        id3.TPOS(encoding=3, text=["1/2"]),
        id3.TSOP(encoding=3, text=["Guðmundsdóttir, Björk"]),
        id3.TSOA(encoding=3, text=["Homo"]),
        id3.TSO2(encoding=3, text=["V/A"]),
        id3.TBPM(encoding=3, text=["128.50"]),
        id3.TKEY(encoding=3, text=["F#m"]),
        id3.TSRC(encoding=3, text=["gb-aaa-97-00123"]),
        id3.TIT1(encoding=3, text=["Warm-up", "vocal"]),
        id3.TPUB(encoding=3, text=["One Little Independent"]),
        id3.TXXX(encoding=3, desc="CatalogNumber", text=["TPLP71"]),
        id3.TXXX(encoding=3, desc="EnergyLevel", text=["7"]),
        id3.TXXX(encoding=3, desc="replaygain_track_gain", text=["-8.50 dB"]),
        id3.TXXX(encoding=3, desc="replaygain_album_gain", text=["-7.25 dB"]),
        id3.POPM(email="Windows Media Player 9 Series", rating=196, count=1),
        id3.COMM(encoding=3, lang="eng", desc="", text=["first press"]),
        id3.COMM(encoding=3, lang="eng", desc="iTunNORM", text=[" 00000A1B 00000B2C"]),
        id3.APIC(encoding=0, mime="image/png", type=3, desc="", data=bytes(5000)),
        id3.TXXX(encoding=3, desc="ARTISTS", text=["Björk", "Ryuichi"]),
        id3.TXXX(encoding=3, desc="MusicBrainz Artist Id", text=IDS),
        id3.TPE4(encoding=3, text=["Mika V."]),
        id3.TCOM(encoding=3, text=["Björk", "Sjón"]),
        id3.TIPL(encoding=3, people=[["mix", "Spike"], ["producer", "Mark Bell"]]),
        id3.TXXX(encoding=3, desc="ITUNESADVISORY", text=["1"]),
        id3.TXXX(encoding=3, desc="WORK", text=["Isobel"]),
        id3.MVNM(encoding=3, text=["Jóga"]),
        id3.MVIN(encoding=3, text=["2/3"]),
    ]


def write_id3(path: Path) -> None:
    tags = id3.ID3()
    for frame in id3_frames():
        tags.add(frame)
    tags.save(path)


def write_chunk(path: Path) -> None:
    file = {".wav": WAVE, ".dsf": DSF}.get(path.suffix, AIFF)(path)
    if file.tags is None:
        file.add_tags()
    for frame in id3_frames():
        file.tags.add(frame)
    file.save()


COMMENTS = {
    "artist": ["Björk", "坂本龍一"], "title": "Jóga", "album": "Homogenic", "genre": "Electronic", "bpm": "128,5",
    "initialkey": "F#m", "isrc": "GBAAA9700123", "label": "One Little Independent", "catalognumber": "TPLP71",
    "comment": "first press", "rating": "80", "energylevel": "7", "replaygain_track_gain": "-8.50 dB",
    "replaygain_album_gain": "-7.25 dB", "grouping": ["Warm-up", "vocal"],
    "albumartist": "Various", "artistsort": "Guðmundsdóttir, Björk", "albumsort": "Homo", "albumartistsort": "V/A",
    "artists": ["Björk", "Ryuichi"], "musicbrainz_artistid": IDS, "remixer": "Mika V.", "composer": ["Björk", "Sjón"],
    "producer": "Mark Bell", "itunesadvisory": "1", "work": "Isobel", "movementname": "Jóga", "movement": "2",
}  # fmt: skip


def write_comments(path: Path) -> None:
    file = mutagen.File(path)
    file.update({**COMMENTS, "date": "1997-09-22", "tracknumber": "02/10", "discnumber": "1"})
    if path.suffix == ".flac":
        picture = mutagen.flac.Picture()
        picture.data = bytes(5000)
        file.add_picture(picture)
    else:
        file["metadata_block_picture"] = "AAAA"
    if path.suffix == ".opus":
        file["r128_track_gain"] = str(round((-8.5 - 5) * 256))
        file["r128_album_gain"] = str(round((-7.25 - 5) * 256))
        file["replaygain_track_gain"] = "0 dB"  # which players of Opus leave alone
    file.save()


def write_ape(path: Path) -> None:
    tags = APEv2()
    tags.update({**COMMENTS, "Year": "1997", "Track": "2/10", "Disc": "1/2"})
    tags["Cover Art (Front)"] = mutagen.apev2.APEValue(b"c.png\0" + bytes(5000), mutagen.apev2.BINARY)
    tags.save(path)


def write_mp4(path: Path) -> None:
    file = MP4(path)
    file.update(
        {
            "\xa9ART": ["Björk", "坂本龍一"], "\xa9nam": ["Jóga"], "\xa9alb": ["Homogenic"], "\xa9gen": ["Electronic"],
            "\xa9day": ["1997-09-22T07:00:00Z"],
            "trkn": [(2, 10)], "disk": [(1, 2)], "aART": ["Various"], "tmpo": [128],
            "soar": ["Guðmundsdóttir, Björk"], "soal": ["Homo"], "soaa": ["V/A"],
            "\xa9wrt": ["Björk", "Sjón"],
            "----:com.apple.iTunes:ARTISTS": [MP4FreeForm("Björk".encode()), MP4FreeForm(b"Ryuichi")],
            "----:com.apple.iTunes:MusicBrainz Artist Id": [MP4FreeForm(frame_id.encode()) for frame_id in IDS],
            "----:com.apple.iTunes:REMIXER": [MP4FreeForm(b"Mika V.")],
            "----:com.apple.iTunes:PRODUCER": [MP4FreeForm(b"Mark Bell")],
            "\xa9cmt": ["first press"], "\xa9grp": ["Warm-up", "vocal"],
            "----:com.apple.iTunes:BPM": [MP4FreeForm(b"128.5")],
            "----:com.apple.iTunes:initialkey": [MP4FreeForm(b"F#m")],
            "----:com.apple.iTunes:ISRC": [MP4FreeForm(b"GBAAA9700123")],
            "----:com.apple.iTunes:LABEL": [MP4FreeForm(b"One Little Independent")],
            "----:com.mixedinkey:CATALOGNUMBER": [MP4FreeForm(b"TPLP71")],
            "----:com.apple.iTunes:RATING": [MP4FreeForm(b"80")],
            "----:com.mixedinkey:ENERGYLEVEL": [MP4FreeForm(b"7")],
            "----:com.apple.iTunes:replaygain_track_gain": [MP4FreeForm(b"-8.50 dB")],
            "----:com.apple.iTunes:replaygain_album_gain": [MP4FreeForm(b"-7.25 dB")],
            "----:com.apple.iTunes:iTunNORM": [MP4FreeForm(b" 00000A1B")], "covr": [MP4Cover(bytes(5000))],
            "rtng": [4], "\xa9wrk": ["Isobel"], "\xa9mvn": ["Jóga"], "\xa9mvi": [2],
        }
    )  # fmt: skip
    file.save()


def write_asf(path: Path) -> None:
    file = ASF(path)
    file.update(
        {
            "Author": ["Björk", "坂本龍一"], "Title": ["Jóga"], "WM/AlbumTitle": ["Homogenic"], "WM/Genre": ["(52)"],
            "WM/Year": ["1997"], "WM/TrackNumber": [2], "WM/BeatsPerMinute": ["128.5"], "WM/InitialKey": ["F#m"],
            "WM/ISRC": ["GBAAA9700123"], "WM/Publisher": ["One Little Independent"], "WM/CatalogNo": ["TPLP71"],
            "WM/SharedUserRating": [75], "Description": ["first press"],
            "WM/ContentGroupDescription": ["Warm-up", "vocal"],
            "EnergyLevel": ["7"], "replaygain_track_gain": ["-8.50 dB"],
            "replaygain_album_gain": ["-7.25 dB"], "WM/AlbumArtist": ["Various"],
            "WM/PartOfSet": ["1/2"], "WM/ArtistSortOrder": ["Guðmundsdóttir, Björk"], "WM/AlbumSortOrder": ["Homo"],
            "WM/AlbumArtistSortOrder": ["V/A"], "WM/ARTISTS": ["Björk", "Ryuichi"], "MusicBrainz/Artist Id": IDS,
            "WM/ModifiedBy": ["Mika V."], "WM/Composer": ["Björk", "Sjón"], "WM/Producer": ["Mark Bell"],
            "ITUNESADVISORY": [1], "WM/Work": ["Isobel"], "MOVEMENTNAME": ["Jóga"], "MOVEMENT": ["2"],
            "WM/Picture": [ASFByteArrayAttribute(bytes(500))],
        }
    )  # fmt: skip
    file.save()


WRITERS = {
    "mp3": write_id3, "aac": write_id3, "wav": write_chunk, "aif": write_chunk, "aiff": write_chunk,
    "aifc": write_chunk, "dsf": write_chunk, "flac": write_comments, "ogg": write_comments, "oga": write_comments,
    "opus": write_comments, "m4a": write_mp4, "m4b": write_mp4, "mp4": write_mp4, "wma": write_asf, "wv": write_ape,
    "ape": write_ape, "tta": write_ape, "mpc": write_ape,
}  # fmt: skip


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_every_field_is_read_from_every_format(made: Callable[[str], Path], tmp_path: Path, extension: str) -> None:
    path = copy(made, tmp_path, extension)
    assert (read_tags(str(path)), read_file_tags(str(path)).has_picture) == (Tags(), False)
    WRITERS[extension](path)
    before = path.read_bytes()
    assert read_tags(str(path)) == FULL
    assert read_file_tags(str(path)) == FileTags(
        **{name: getattr(FULL, name) for name in Tags.__dataclass_fields__},
        energy=7,
        gain_db=-8.5,
        album_gain_db=-7.25,
        grouping="Warm-up; vocal",
        has_picture=True,
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize("extension", ["mp3", "ape", "wv", "tta", "mpc", "flac"])
def test_tags_of_a_file_complement_each_other(made: Callable[[str], Path], tmp_path: Path, extension: str) -> None:
    path = copy(made, tmp_path, extension)
    own = APEv2()
    own["Artist"] = "From APE"
    own["Label"] = "APE's label"
    if extension == "flac":
        write_comments(path)
    else:
        own.save(path)
    tags = id3.ID3()
    tags.add(id3.TPE1(encoding=3, text=["From ID3"]))
    tags.add(id3.TSRC(encoding=3, text=["USAAA0000001"]))
    tags.save(path)
    found = read_tags(str(path))
    expected = {"mp3": ("From ID3", "APE's label", "USAAA0000001"), "flac": (FULL.artist, FULL.label, FULL.isrc)}
    assert (found.artist, found.label, found.isrc) == expected.get(
        extension, ("From APE", "APE's label", "USAAA0000001")
    )


def with_frames(path: Path, *frames: id3.Frame) -> Tags:
    tags = id3.ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path, v1=0)
    return read_tags(str(path))


def test_older_id3_versions_are_read_and_advisory_before_the_title(made: Callable[[str], Path], tmp_path: Path) -> None:
    path = copy(made, tmp_path, "mp3")
    tags = id3.ID3()
    for frame in (id3.TIT2(encoding=1, text=["Jóga"]), id3.TYER(encoding=1, text=["1997"]), id3.TCON(text=["(17)"])):
        tags.add(frame)
    tags.save(path, v2_version=3, v1=0)
    found = read_tags(str(path))
    assert (found.title, found.year, found.genre) == ("Jóga", 1997, "Rock")
    path.write_bytes(
        made("mp3").read_bytes() + b"TAG" + b"Only v1".ljust(60, b"\0") + bytes(30) + b"1983" + bytes(30) + b"\x11"
    )
    found = read_tags(str(path))
    assert (found.title, found.year, found.genre) == ("Only v1", 1983, "Rock")
    path = copy(made, tmp_path, "mp3")
    for title, number, advisory in (
        ("Song", "1", "explicit"), ("Song", "4", "explicit"), ("Song", "2", "clean"), ("Song", "0", "none"),
        ("Song", "7", None), ("Song", "", None), ("Song (Explicit)", "2", "clean"), ("Song [Clean]", "1", "explicit"),
        ("Song (Explicit)", "0", "explicit"), ("Song [clean version]", "", "clean"),
        ("Song (Explicit Album Version)", "", "explicit"), ("Song (Clean Bandit Remix)", "", None),
        ("Explicit", "", None), ("Clean (Live)", "0", "none"),
    ):  # fmt: skip
        frames = [id3.TIT2(encoding=3, text=[title]), id3.TXXX(encoding=3, desc="ITUNESADVISORY", text=[number])]
        assert with_frames(path, *frames).advisory == advisory, (title, number)


def test_content_group_of_id3_is_the_work_beside_frames_of_itunes(made: Callable[[str], Path], tmp_path: Path) -> None:
    path, group = copy(made, tmp_path, "mp3"), id3.TIT1(encoding=3, text=["Requiem"])
    for frames, work, grouping in (
        ((), None, "Requiem"),
        ((id3.GRP1(encoding=3, text=["Mass"]),), "Requiem", "Mass"),
        ((id3.MVNM(encoding=3, text=["Kyrie"]),), "Requiem", "Requiem"),
        ((id3.MVIN(encoding=3, text=["1"]), id3.TXXX(encoding=3, desc="Work", text=["K. 626"])), "K. 626", "Requiem"),
    ):
        assert (with_frames(path, group, *frames).work, read_file_tags(str(path)).grouping) == (work, grouping)


def test_technical_comments_of_programs_are_ignored(made: Callable[[str], Path], tmp_path: Path) -> None:
    path = copy(made, tmp_path, "mp3")

    def comment(desc: str, text: str = "text") -> id3.Frame:
        return id3.COMM(encoding=3, lang="eng", desc=desc, text=[text])

    technical = [
        comment(desc) for desc in ("iTunNORM", "iTunSMPB", "iTunes_CDDB_1", "Songs-DB_Custom1", "MusicMatch_Mood")
    ]
    assert with_frames(path, *technical).comment is None
    assert with_frames(path, *technical, comment("notes", "own")).comment == "own"
    assert with_frames(path, *technical, comment("notes", "own"), comment("", "plain")).comment == "plain"
    assert with_frames(path, comment("ID3v1 Comment", "old")).comment == "old"


def test_popm_values_become_stars(made: Callable[[str], Path], tmp_path: Path) -> None:
    cases = [
        ("Windows Media Player 9 Series", 1, 1),
        ("", 64, 2),
        ("", 128, 3),
        ("", 196, 4),
        ("", 255, 5),
        ("", 0, None),
        ("", 31, 1),
        ("", 32, 2),
        ("", 95, 2),
        ("", 96, 3),
        ("", 160, 4),
        ("", 223, 4),
        ("", 224, 5),
        *(("traktor@native-instruments.de", 51 * stars, stars) for stars in range(1, 6)),
        *(("no@email", number, stars) for number, stars in ((13, 0.5), (242, 4.5), (53, 2.0), (196, 4.0))),
        ("MusicBee", 54, 1.5),
        ("", 118, 2.5),
        ("Windows Media Player 9 Series", 186, 3.5),
        *(("quodlibet@lists.sacredchao.net", 255 * number // 5, number) for number in (1, 2)),
        ("quodlibet@lists.sacredchao.net", 127, 2.5),
        ("quodlibet@lists.sacredchao.net", 191, 3.75),
    ]
    for email, rating, stars in cases:
        path = copy(made, tmp_path, "mp3")
        assert with_frames(path, id3.POPM(email=email, rating=rating, count=0)).rating == stars


def test_ratings_in_vorbis_comments_and_other_tags_become_stars(made: Callable[[str], Path], tmp_path: Path) -> None:
    cases = [
        ("fmps_rating", "0.7", 3.5),
        ("rating", "5", 5),
        ("rating", "60", 3),
        ("rating", "0", 0),
        ("rating", "101", None),
        ("rating:me@example.org", "0.8", 4),
        ("fmps_rating", "-1", None),
        ("rating", "good", None),
        ("rating", "3,5", 3.5),
    ]
    for name, value, stars in cases:
        path = copy(made, tmp_path, "flac")
        file = mutagen.File(path)
        file[name] = value
        file.save()
        assert read_tags(str(path)).rating == stars
    mp3 = copy(made, tmp_path, "mp3")
    assert with_frames(mp3, id3.TXXX(encoding=3, desc="FMPS_Rating", text=["0.5"])).rating == 2.5
    assert with_frames(mp3, id3.TXXX(encoding=3, desc="RATING", text=["4"])).rating == 4
    both = with_frames(mp3, id3.POPM(email="", rating=0, count=0), id3.TXXX(encoding=3, desc="RATING", text=["4"]))
    assert both.rating == 4  # 0 is "not rated", not an opinion
    wma = copy(made, tmp_path, "wma")
    for value, stars in ((1, 1), (25, 2), (50, 3), (75, 4), (99, 5), (0, None)):
        file = ASF(wma)
        file["WM/SharedUserRating"] = [value]
        file.save()
        assert read_tags(str(wma)).rating == stars


def test_riff_info_tags_are_read(tmp_path: Path) -> None:
    def item(name: bytes, text: bytes) -> bytes:
        return name + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)

    body = b"INFO" + item(b"IART", b"Bj\xf6rk\0") + item(b"INAM", "Jóga".encode()) + item(b"ICRD", b"1997-09-22")
    body += item(b"IGNR", b"Electronic\0\0") + item(b"IPRT", b"2")
    path = make(tmp_path / "a.wav", noise(0.1))
    path.write_bytes(path.read_bytes() + b"LIST" + struct.pack("<I", len(body)) + body)
    found = read_tags(str(path))
    assert (found.artist, found.title, found.year) == ("Björk", "Jóga", 1997)
    assert (found.genre, found.track) == ("Electronic", 2)


GARBLED, READ = "Ágætis Voilà".encode().decode("latin-1"), "Ã␁gÃ¦tis VoilÃ␠"


def test_text_in_the_wrong_encoding_keeps_its_bytes(made: Callable[[str], Path], tmp_path: Path) -> None:
    for extension, name in (("flac", "title"), ("ogg", "title"), ("m4a", "\xa9nam"), ("wma", "Title")):
        file = mutagen.File(path := copy(made, tmp_path, extension))
        file[name] = [GARBLED]
        file.save()
        assert read_tags(str(path)).title == READ
    path = copy(made, tmp_path, "mp3")
    for encoding in range(4):
        id3.ID3().save(path)
        tags = id3.ID3()
        tags.add(id3.TIT2(encoding=encoding, text=[GARBLED]))
        tags.save(path, v1=0)
        assert read_tags(str(path)).title == READ
    tags.delete(path)
    ape = APEv2()
    ape.update({"Title": GARBLED, "Genre": GARBLED})
    ape.save(path)
    found = read_tags(str(path))
    assert (found.title, found.genre) == (READ, READ)
    ape.delete(path)
    path.write_bytes(path.read_bytes() + (b"TAG" + GARBLED.encode("latin-1")).ljust(128, b"\0"))
    assert read_tags(str(path)).title == READ
    wav = make(tmp_path / "b.wav", noise(0.1))
    for raw, title in ((GARBLED.encode(), READ), ("ラー".encode("cp932"), "ƒ‰␁[")):
        item = b"INFOINAM" + struct.pack("<I", len(raw)) + raw + b"\0" * (len(raw) % 2)
        riff = make(wav, noise(0.1)).read_bytes() + b"LIST" + struct.pack("<I", len(item)) + item
        wav.write_bytes(riff)
        assert read_tags(str(wav)).title == title


def test_control_characters_surrogates_empty_and_long_texts_are_cleaned(
    made: Callable[[str], Path], tmp_path: Path
) -> None:
    path = copy(made, tmp_path, "flac")
    file = mutagen.File(path)
    file["title"] = "\ufeff  \u202eevil\x1b[31m\x00 two\r\nlines\t \x85end\x9b  "
    file["artist"] = ["", "  ", "a", "a", "\x01"]
    file["album"] = "\x00\x07 "
    file["comment"] = "x" * 10_000_000
    file.save()
    found = read_tags(str(path))
    assert found.title == "evil[31m; two lines  …end›"
    assert (found.artist, found.album) == ("a", None)
    assert found.comment == "x" * MOST_LETTERS
    assert as_text(["a\ud800b\udcffc"]) == "a\ufffdb\ufffdc"
    assert as_text(["\x00", " ", ""]) is None
    assert as_text(["one\0two", "one"]) == "one; two"


# Byte order marks, and what turns the order of text around.
MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


@given(st.lists(st.text(st.characters(codec=None), max_size=40), max_size=5))
def test_cleaned_text_has_no_control_characters(values: list[str]) -> None:
    found = as_text(values)
    text = "" if found is None else found
    text.encode("utf-8")
    assert not [c for c in text if ord(c) < 32 or 127 <= ord(c) < 160 or c in MARKS]
    assert found != ""
    assert text == text.strip()


TEXTS: dict[str, list[tuple[str, object]]] = {
    "genre": [
        ("(17)", "Rock"),
        ("17", "Rock"),
        ("(4)Eurodisco", "Eurodisco"),
        ("(31)(39)", "Trance; Noise"),
        ("(RX)", "Remix"),
        ("(CR)(17)", "Cover; Rock"),
        ("(255)", None),
        ("999", None),
        ("2000", "2000"),
        ("((odd)", "(odd)"),
        ("", None),
        ("House", "House"),
        ("House\0(17)", "House; Rock"),
        ("²", "²"),
    ],
    "year": [
        ("1998", 1998),
        ("1998-05-04T10:00", 1998),
        ("19980504", 1998),
        ("04.05.1998", 1998),
        ("0000", None),
        ("98", None),
        ("", None),
        ("(c) 1973 X", 1973),
        ("12345", None),
        ("٢٠٠١", None),
    ],
    "bpm": [
        ("128", 128),
        ("128.00", 128),
        ("127,5", 127.5),
        ("128 BPM", 128),
        ("174.00 (exact)", 174),
        ("~ 99.5 bpm [half]", 99.5),
        ("120-125", None),
        ("0", None),
        ("12800", None),
        ("19.9", None),
        ("20", 20),
        ("400", 400),
        ("400.1", None),
        ("-120", None),
        ("1e2", None),
        ("nan", None),
        ("fast", None),
        ("", None),
    ],
    "track": [
        ("3/12", 3),
        ("0", None),
        ("A1", None),
        ("123456", None),
        ("7 of 9", 7),
        ("1-03", 3),
        ("3.", 3),
        ("2.11", 11),
        ("CD1", 1),
        ("Disc 2", 2),
        ("disk2/3", 2),
        ("Track 4", 4),
        ("05-12-2021", None),
    ],
    "isrc": [
        ("us-rc1-76-07839", "USRC17607839"),
        ("ISRC: USRC17607839", "USRC17607839"),
        ("USRC1760783", None),
        ("", None),
        ("none; USRC17607839", "USRC17607839"),
        ("USRC1760783X", None),
    ],
    "rating": [
        (text, None)
        for text in ("popm:256", "popm:-1", "linear:0", "wm:101", "unit:1.2", "plain:-1", "plain:x", "", "5")
    ],
}
READERS: dict[str, Callable[[str], object]] = {
    "genre": lambda text: as_genre([text]), "year": as_year, "bpm": as_bpm, "track": as_track, "isrc": as_isrc,
    "rating": as_rating,
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_read_as_values_or_ignored(name: str) -> None:
    assert [(text, READERS[name](text)) for text, _ in TEXTS[name]] == TEXTS[name]


@pytest.mark.parametrize("extension", ["flac", "wv", "ape", "tta", "mpc"])
def test_content_decides_which_tags_come_first(made: Callable[[str], Path], tmp_path: Path, extension: str) -> None:
    path = copy(made, tmp_path, extension)
    own = mutagen.File(path) if extension == "flac" else APEv2()
    own["Title"] = ["Its own"]
    own.save(path)
    front = tmp_path / "renamed.mp3"
    tags = id3.ID3()
    tags.add(id3.TIT2(encoding=3, text=["In front"]))
    tags.add(id3.TPE1(encoding=3, text=["Artist"]))
    tags.save(front)
    front.write_bytes(front.read_bytes() + path.read_bytes())
    found = read_tags(str(front))
    assert (found.title, found.artist) == ("Its own", "Artist")


def test_empty_files_and_stated_terabytes_give_no_tags_and_cost_no_memory(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").write_bytes(b"")
    assert read_tags(str(tmp_path / "empty.mp3")) == Tags()
    title = b"\0\0\0\1\xa9nam" + (1 << 46).to_bytes(8, "big") + box(b"data", b"\0\0\0\1\0\0\0\0A title")
    tags = box(b"udta", box(b"meta", bytes(4) + box(b"ilst", title)))
    path = tmp_path / "a.m4a"
    path.write_bytes(box(b"ftyp", b"M4A " + bytes(4)) + box(b"moov", tags))
    assert (read_tags(str(path)), read_program_fields(str(path), "serato")) == (Tags(), {})
    assert EmbeddedPicture.cover_of(str(path)) is None


def test_tags_of_a_file_with_a_name_outside_utf8_are_read(made: Callable[[str], Path], tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/B\xf6hse.m4a")
    shutil.copyfile(made("m4a"), path)
    file = MP4(path)
    file["\xa9nam"] = ["Title"]
    file.save()
    assert read_tags(path).title == "Title"


def test_texts_of_mp4_in_utf16_are_read(made: Callable[[str], Path], tmp_path: Path) -> None:
    path = copy(made, tmp_path, "m4a")
    texts = {"\xa9nam": "Žižk", "\xa9lyr": "La Ø", "----:com.apple.iTunes:LABEL": "Løst"}
    file = MP4(path)
    for place, name in enumerate(texts):
        own = bytes([0x61 + place]) * 8
        file[name] = [MP4FreeForm(own)] if name.startswith("----") else [own.decode()]
    file.save()
    data = path.read_bytes()
    for place, text in enumerate(texts.values()):
        own, before = text.encode("utf-16-be"), bytes([0x61 + place]) * 8
        data = data.replace(b"data\0\0\0\1\0\0\0\0" + before, b"data\0\0\0\2\0\0\0\0" + own)
    path.write_bytes(data)
    tags = read_tags(str(path))
    assert (tags.title, tags.label) == ("Žižk", "Løst")
    lyrics = lyrics_of(str(path))
    assert [line.text for line in lyrics.lines] == ["La Ø"]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_file_cut_anywhere_gives_tags(made: Callable[[str], Path], tmp_path: Path, extension: str) -> None:
    path = copy(made, tmp_path, extension)
    WRITERS[extension](path)
    data = path.read_bytes()
    for length in range(0, min(len(data), 8000), 131):
        path.write_bytes(data[:length])
        assert isinstance(read_tags(str(path)), Tags)


def test_torture_files_have_the_expected_tags() -> None:
    torture("README.md")
    found = {path.name: read_tags(str(path)) for path in sorted(TORTURE.iterdir())}
    assert found["bad-POPM-frame.mp3"].title == "Emit and exude"
    assert found["bad-TYER-frame.mp3"].artist == "From 1.01 To 1.02"
    assert found["id3v22-test.mp3"].year == 2004
    assert found["52-too-short-block-size.flac"].title == "Mother's Daughter"
    assert found["truncated-64bit.mp4"].artist == "Foobarella"
    assert found["with-id3.dsf"].title == "DSF title"
    assert found["nero-chapters.m4b"].year == 2018
    assert found["README.md"] == found["image.jpg"] == found["emptyfile.mp3"] == Tags()


@settings(max_examples=examples(150), derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    extension=st.sampled_from([extension for extension in EXTENSIONS if extension not in BORROWED]),
    places=st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=6)), min_size=1, max_size=5),
    end=st.integers(0, 40_000),
)
def test_broken_tags_raise_no_error(
    made: Callable[[str], Path], tmp_path: Path, extension: str, places: list[tuple[int, bytes]], end: int
) -> None:
    path = copy(made, tmp_path, extension)
    WRITERS[extension](path)
    data = bytearray(path.read_bytes())
    for at, value in places:
        data[at : at + len(value)] = value
    path.write_bytes(data[: len(data) - end] if end % 2 else data)
    assert isinstance(read_tags(str(path)), Tags)


@pytest.mark.parametrize(
    ("text", "key"),
    [("eyJhbGdvcml0aG0iOjk0LCJrZXkiOiIxQSJ9", "1A"), ("eyJhbGdvcml0aG0iOjk0fQ==", None), ("eyJ!", None), ("Am", "Am")],
)
def test_key_of_mixed_in_key_in_flac_files_is_read(tmp_path: Path, text: str, key: str | None) -> None:
    path = make(tmp_path / "a.flac", noise(0.1))
    file = mutagen.File(path)
    file["KEY"] = text
    file.save()
    assert read_tags(str(path)).key == key

"""Tags as other programs write them."""

import struct
import subprocess
from pathlib import Path
from typing import Any

import mutagen
import pytest
from audio_files import NEEDS_FFMPEG, make, noise
from lanes import sampled
from mutagen import id3
from mutagen.apev2 import APEv2

from map4.core.audio.decode import open_audio
from map4.core.audio.identity import identify
from map4.core.audio.tags import read_file_tags, read_tags
from map4.core.audio.tags.lyrics import lyrics_of
from map4.core.audio.tags.writing.id3 import new_id3


def chunk(name: bytes, body: bytes, *, order: str = "<", size: int | None = None, pad: bytes | None = None) -> bytes:
    padding = b"\0" * (len(body) % 2) if pad is None else pad
    return name + struct.pack(f"{order}I", len(body) if size is None else size) + body + padding


def frame(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">I", len(body)) + b"\0\0" + body


def tag(*frames: bytes, version: int = 3, footer: bool = False) -> bytes:
    body = b"".join(frames)
    head = bytes((version, 0, 0x10 if footer else 0)) + bytes(len(body) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3" + head + body + (b"3DI" + head if footer else b"")


TITLE = tag(frame(b"TIT2", b"\0Title "))
assert len(TITLE) % 2 == 1
TITLE = tag(frame(b"TIT2", b"\0Title"))
SAMPLES = noise(0.2)[:, 0].clip(-1, 1)
SOUND = b"".join(int(y * 8_000_000).to_bytes(3, "little", signed=True) for y in SAMPLES[:1001])
FORMAT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 44100, 44100 * 3, 3, 24))
INFO = b"INFO" + chunk(b"INAM", b"Title")


def riff(*parts: bytes, name: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(parts)
    return name + struct.pack("<I", 0xFFFFFFFF if name != b"RIFF" else len(body)) + body


DS64 = chunk(b"ds64", struct.pack("<QQQI", 0, len(SOUND), 1001, 0))


@pytest.mark.parametrize(
    "data",
    [
        riff(FORMAT, chunk(b"data", SOUND), chunk(b"id3 ", TITLE)),
        riff(FORMAT, chunk(b"data", SOUND, pad=b""), chunk(b"id3 ", TITLE)),
        riff(FORMAT, chunk(b"data", SOUND, pad=b""), chunk(b"LIST", INFO)),
        riff(FORMAT, chunk(b"LIST", INFO, size=len(INFO) - 1, pad=b""), chunk(b"data", SOUND)),
        riff(FORMAT, chunk(b"data", SOUND + b"\0", size=len(SOUND), pad=b"\0"), chunk(b"id3 ", TITLE)),
        riff(FORMAT, chunk(b"data", SOUND[:-3]), b"\0", chunk(b"id3 ", TITLE)),
        riff(FORMAT, chunk(b"data", SOUND[:-3] + b"\0"), b"", chunk(b"id3 ", TITLE)),
        riff(FORMAT, chunk(b"junk", b"abc", pad=b""), chunk(b"data", SOUND), chunk(b"id3 ", TITLE)),
        riff(DS64, FORMAT, chunk(b"data", SOUND, size=0xFFFFFFFF), chunk(b"id3 ", TITLE), name=b"RF64"),
        riff(DS64, FORMAT, chunk(b"data", SOUND, size=0xFFFFFFFF), chunk(b"LIST", INFO), name=b"BW64"),
        riff(DS64, FORMAT, chunk(b"data", SOUND, size=0xFFFFFFFF, pad=b""), chunk(b"id3 ", TITLE), name=b"RF64"),
    ],
)
def test_wav_chunks_with_any_padding_are_read(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    assert read_tags(str(path)).title == "Title"
    assert identify(str(path)).format.payload_bytes >= len(SOUND) - 3
    with open_audio(str(path)) as stream:
        assert (sum(map(len, stream.blocks())) >= 1000, stream.flags) == (True, [])


def test_tags_of_an_aiff_without_padding_after_the_sound_are_read(tmp_path: Path) -> None:
    common = chunk(b"COMM", struct.pack(">hIh", 1, 1001, 24) + bytes.fromhex("400eac44000000000000"), order=">")
    sound = chunk(b"SSND", bytes(8) + SOUND, order=">", pad=b"")
    body = b"AIFF" + common + sound + chunk(b"ID3 ", TITLE, order=">")
    path = tmp_path / "a.aiff"
    path.write_bytes(b"FORM" + struct.pack(">I", len(body)) + body)
    assert read_tags(str(path)).title == "Title"


@pytest.mark.parametrize("names", [(b"NAME",), (b"AUTH", b"ANNO"), (b"APPL", b"NAME")])
def test_aiff_without_padding_after_texts_is_decoded_in_full(tmp_path: Path, names: tuple[bytes, ...]) -> None:
    common = chunk(b"COMM", struct.pack(">hIh", 1, 1001, 24) + bytes.fromhex("400eac44000000000000"), order=">")
    texts = b"".join(chunk(name, b"odd", order=">", pad=b"") for name in names)
    body = b"AIFF" + common + texts + chunk(b"SSND", bytes(8) + SOUND, order=">")
    path = tmp_path / "a.aiff"
    path.write_bytes(b"FORM" + struct.pack(">I", len(body)) + body)
    with open_audio(str(path), from_s=0.01) as stream:
        assert (stream.begins_at + sum(map(len, stream.blocks())), stream.flags) == (1001, [])


@pytest.mark.parametrize("mark", ["utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("version", [2, 3, 4])
def test_single_byte_order_mark_applies_to_all_texts_of_a_frame(tmp_path: Path, mark: str, version: int) -> None:
    path = make(tmp_path / "a.mp3", noise(0.3))
    sound = path.read_bytes()
    bom = "\ufeff".encode(mark)

    def made(name: str, *texts: str, language: bytes = b"") -> bytes:
        body = b"\1" + language + bom + b"\0\0".join(text.encode(mark) for text in texts)
        if version == 2:
            return name.encode() + len(body).to_bytes(3, "big") + body
        return frame(name.encode(), body)

    names = ("COM", "TXX", "TP1", "TT2") if version == 2 else ("COMM", "TXXX", "TPE1", "TIT2")
    frames = [
        made(names[0], "", "Promo", language=b"eng"),
        made(names[1], "EnergyLevel", "7"),
        made(names[2], "Ann", "Bob"),
        made(names[3], "Títle"),
    ]
    path.write_bytes(tag(*frames, version=version) + sound)
    found = read_file_tags(str(path))
    assert (found.comment, found.energy, found.title) == ("Promo", 7, "Títle")
    assert found.artist == "Ann; Bob"


def test_texts_without_a_mark_in_an_undeclared_encoding_or_cut_are_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp3", noise(0.3))
    sound = path.read_bytes()
    for body in (b"\1" + "Títle".encode("utf-16-be"), b"\1" + "Títle".encode("utf-16-le"), b"\3T\xedtle"):
        path.write_bytes(tag(frame(b"TIT2", body), frame(b"TXXX", body + b"\0"), frame(b"TPE1", b"\3Ann")) + sound)
        assert (read_tags(str(path)).title, read_tags(str(path)).artist) == ("Títle", "Ann")
    path = make(tmp_path / "a.mp3", noise(0.3))
    path.write_bytes(tag(frame(b"TIT2", b"\3" + "Títle é".encode()[:-1])) + path.read_bytes())
    assert (read_tags(str(path)).title or "").startswith("Títle ")


def test_ape_precedes_id3v1_and_id3_at_the_end_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp3", noise(0.3))
    old = b"TAG" + b"A title that is longer than th" + bytes(30) + b"V1 album".ljust(30, b"\0") + b"1999" + bytes(31)
    ape = APEv2()
    ape["Title"], ape["Year"] = "A title that is longer than thirty letters", "2001"
    ape.save(path)
    path.write_bytes(path.read_bytes() + old)
    found = read_tags(str(path))
    assert (found.title, found.year, found.album) == ("A title that is longer than thirty letters", 2001, "V1 album")
    path = make(tmp_path / "a.mp3", noise(0.3))
    with path.open("ab") as file:
        file.write(tag(frame(b"TIT2", b"\3At the end"), version=4, footer=True))
    assert read_tags(str(path)).title == "At the end"


SOUND_CHECK = id3.COMM(lang="eng", desc="iTunNORM", text=[" 00000A1B 000007D0 00003F0E 00004C33 00000000"])


@pytest.mark.parametrize(
    ("frames", "gains"),
    [
        ([id3.RVA2(desc="track", channel=1, gain=-3.5, peak=1)], (-3.5, None)),
        ([id3.RVA2(desc="album", channel=1, gain=-1, peak=1), id3.RVA2(desc="", channel=1, gain=2, peak=1)], (2, -1)),
        ([id3.RVA2(desc="mix", channel=1, gain=9, peak=1), id3.RVA2(desc="track", channel=1, gain=4, peak=1)],
         (4, None)),
        ([id3.RVA2(desc="track", channel=2, gain=4, peak=1)], (None, None)),
        ([id3.RVA2(desc="track", channel=1, gain=4, peak=1),
          id3.TXXX(desc="REPLAYGAIN_TRACK_GAIN", text=["-7.00 dB"])], (-7, None)),
        ([SOUND_CHECK], (pytest.approx(-4.13, abs=0.01), None)),
        ([SOUND_CHECK, id3.TXXX(desc="REPLAYGAIN_TRACK_GAIN", text=["-7.00 dB"])], (-7, None)),
        ([id3.COMM(lang="eng", desc="iTunNORM", text=[" 00000000 00000000"])], (None, None)),
    ],
)  # fmt: skip
def test_rva2_and_sound_check_gains_are_read(tmp_path: Path, frames: list[id3.Frame], gains: tuple[Any, Any]) -> None:
    path = make(tmp_path / "a.mp3", noise(0.3))
    tags = id3.ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path)
    found = read_file_tags(str(path))
    assert (found.gain_db, found.album_gain_db) == gains


def test_comment_of_ffmpeg_and_values_without_meaning_hide_no_other(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp3", noise(0.3))
    tags = id3.ID3()
    tags.add(id3.TXXX(encoding=3, desc="comment", text=["from ffmpeg"]))
    tags.save(path, v1=0)
    assert read_tags(str(path)).comment == "from ffmpeg"
    tags.add(id3.COMM(encoding=3, lang="eng", desc="", text=["a comment"]))
    tags.save(path, v1=0)
    assert read_tags(str(path)).comment == "a comment"
    path = make(tmp_path / "a.mp3", noise(0.3))
    ape = APEv2()
    ape["BPM"], ape["Year"] = "128", "2001"
    ape.save(path)
    tags = id3.ID3()
    for frame in (id3.TBPM(text=["0"]), id3.TDRC(text=["0000"]), id3.TXXX(desc="originalyear", text=["2003"])):
        tags.add(frame)
    tags.save(path, v1=0)
    assert (read_tags(str(path)).bpm, read_tags(str(path)).year) == (128.0, 2003)


@pytest.mark.parametrize("name", ["TYER", "TORY", "TDRC", "TDRL", "TDOR"])
@pytest.mark.parametrize("date", ["05.12.2023", "2023/05/06", "May 6, 2023", "ca. 2023", "(P) 2023", "2023-05-06"])
def test_dates_in_any_form_are_read_from_id3(tmp_path: Path, name: str, date: str) -> None:
    path = make(tmp_path / "a.mp3", noise(0.2))
    sound = path.read_bytes()
    for version in (3, 4):
        path.write_bytes(tag(frame(name.encode(), b"\0" + date.encode()), version=version) + sound)
        assert read_tags(str(path)).year == 2023, version


def test_year_that_mutagen_cuts_from_a_day_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp3", noise(0.2))
    tags = id3.ID3()
    tags.add(id3.TDRC(text=["12-05-2021"]))
    tags.update_to_v23()
    tags.save(path, v1=0, v2_version=3)
    assert read_tags(str(path)).year == 2021


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.m4a", "a.wma"])
def test_names_to_sort_by_count_where_there_are_no_others(tmp_path: Path, name: str) -> None:
    path = make(tmp_path / name, noise(0.3))
    file = mutagen.File(path)
    sorts = {
        ".mp3": ("TSOP", "TSOT"), ".flac": ("ARTISTSORT", "TITLESORT"), ".m4a": ("soar", "sonm"),
        ".wma": ("WM/ArtistSortOrder", "WM/TitleSortOrder"),
    }[path.suffix]  # fmt: skip
    if file.tags is None:
        file.add_tags()
    for key, text in zip(sorts, ("Beatles, The", "Help!"), strict=True):
        file.tags[key] = getattr(id3, key)(text=[text]) if path.suffix == ".mp3" else [text]
    file.save()
    tags = read_tags(str(path))
    assert (tags.artist, tags.artist_sort, tags.title) == ("Beatles, The", "Beatles, The", "Help!")


@pytest.mark.parametrize(
    ("comments", "field", "value"),
    [
        ({"DATE": "0000", "ORIGINALDATE": "1977-05-01"}, "year", 1977),
        ({"BPM": "0", "TEMPO": "127.5"}, "bpm", 127.5),
        ({"INITIALKEY": "unknown", "KEY": "4A"}, "key", "4A"),
        ({"INITIALKEY": "unknown"}, "key", "unknown"),
        ({"TRACKNUMBER": "0", "TRACK": "7"}, "track", 7),
        ({"ISRC": "none", "TSRC": "GBAAA9700123"}, "isrc", "GBAAA9700123"),
        ({"DISCNUMBER": "-", "DISC": "2"}, "disc_number", 2),
        ({"TRACKNUMBER": "2-05"}, "disc_number", 2),
        ({"TRACKNUMBER": "2-05", "DISCNUMBER": "CD1"}, "disc_number", 1),
        ({"BPM": "120", "TEMPO": "127.5"}, "bpm", 120.0),
    ],
)
def test_empty_value_hides_no_other_name(tmp_path: Path, comments: dict[str, str], field: str, value: object) -> None:
    path = make(tmp_path / "a.flac", noise(0.3))
    file = mutagen.File(path)
    for name, text in comments.items():
        file[name] = text
    file.save()
    assert getattr(read_tags(str(path)), field) == value


@pytest.mark.parametrize("stars", sampled([number / 2 for number in range(1, 11)], every=2))
@pytest.mark.parametrize("email", ["", "no@email", "traktor@native-instruments.de", "quodlibet@lists.sacredchao.net"])
def test_half_stars_are_read_as_they_were_written(tmp_path: Path, stars: float, email: str) -> None:
    path = make(tmp_path / "a.mp3", noise(0.3))
    sound = path.read_bytes()
    path.write_bytes(new_id3({"rating": stars}) + sound)
    assert read_tags(str(path)).rating == stars


@pytest.mark.contract
@NEEDS_FFMPEG
@pytest.mark.parametrize("name", ["a.mp3", "a.aiff", "a.flac", "a.wv", "a.tta", "a.wma", "a.mka", "a.ogg", "a.m4a"])
@pytest.mark.parametrize("source", ["id3", "vorbis", "asf", "ffmpeg"])
def test_names_that_ffmpeg_copies_from_other_formats_are_read(tmp_path: Path, name: str, source: str) -> None:
    names = {
        "id3": ("TPE4", "TSO2", "TKEY", "TSRC", "TIT1", "date"),
        "vorbis": ("REMIXER", "ALBUMARTISTSORT", "INITIALKEY", "ISRC", "GROUPING", "date"),
        "asf": ("WM/ModifiedBy", "WM/AlbumArtistSortOrder", "WM/InitialKey", "WM/ISRC", "WM/ContentGroupDescription",
                "WM/Year"),
        "ffmpeg": ("remixer", "sort_album_artist", "initialkey", "isrc", "grouping", "date"),
    }[source]  # fmt: skip
    texts = dict(zip(names, ("Re", "Ann, Bo", "Am", "USRC17607839", "Gr", "2013"), strict=True))
    texts |= {"title": "Ti", "artist": "Ar", "album_artist": "Bo Ann"}
    options = [word for key, text in texts.items() for word in ("-metadata", f"{key}={text}")]
    wav, path = make(tmp_path / "a.wav", noise(0.5)), tmp_path / name
    kind = {"a.mp3": ("-id3v2_version", "3"), "a.aiff": ("-write_id3v2", "1"),
            "a.m4a": ("-movflags", "use_metadata_tags")}.get(name, ())  # fmt: skip
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(wav), *options, *kind, str(path)], check=True)
    found = read_file_tags(str(path))
    assert (found.title, found.artist, found.album_artist, found.year) == ("Ti", "Ar", "Bo Ann", 2013)
    assert (found.remixer, found.album_artist_sort, found.key) == ("Re", "Ann, Bo", "Am")
    assert (found.isrc, found.grouping) == ("USRC17607839", "Gr")


@pytest.mark.contract
@NEEDS_FFMPEG
@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.wv", "a.tta", "a.wma", "a.mka", "a.ogg", "a.m4a", "a.caf"])
def test_lyrics_that_ffmpeg_writes_are_read(tmp_path: Path, name: str) -> None:
    wav, path = make(tmp_path / "a.wav", noise(0.5)), tmp_path / name
    texts = ["-metadata", "lyrics=words", "-metadata", "title=Ti"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(wav), *texts, str(path)], check=True)
    assert (lyrics := lyrics_of(str(path))) is not None
    assert [line.text for line in lyrics.lines] == ["words"]


@pytest.mark.contract
@NEEDS_FFMPEG
def test_quicktime_and_aiff_texts_of_ffmpeg_are_read(tmp_path: Path) -> None:
    wav = make(tmp_path / "a.wav", noise(0.5))
    for name in ("a.mov", "a.aiff"):
        texts = ["-metadata", "title=Ti", "-metadata", "artist=Ar", "-metadata", "author=Ar", "-metadata", "comment=Co"]
        subprocess.run(["ffmpeg", "-v", "error", "-i", str(wav), *texts, str(tmp_path / name)], check=True)
        found = read_tags(str(tmp_path / name))
        assert (found.title, found.artist, found.comment) == ("Ti", "Ar", "Co"), name


def test_lyrics_under_names_of_ffmpeg_are_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp3", noise(0.2))
    tags = id3.ID3()
    tags.add(id3.TXXX(encoding=3, desc="USLT", text=["words"]))
    tags.save(path, v1=0)
    assert (lyrics := lyrics_of(str(path))) is not None
    assert [line.text for line in lyrics.lines] == ["words"]
    flac = make(tmp_path / "b.flac", noise(0.2))
    tagged = mutagen.File(flac)
    tagged["LYRICS-ENG"] = ["words"]
    tagged.save()
    assert (lyrics := lyrics_of(str(flac))) is not None
    assert lyrics.language == "eng"


@pytest.mark.contract
@NEEDS_FFMPEG
@pytest.mark.parametrize("name", ["a.mka", "a.webm"])
def test_matroska_tags_are_read(tmp_path: Path, name: str) -> None:
    wav, path = make(tmp_path / "a.wav", noise(0.5)), tmp_path / name
    texts = {"title": "Title", "artist": "Ann", "ALBUM/TITLE": "Album", "date_released": "1999", "BPM": "128",
             "part_number": "3"}  # fmt: skip
    options = [word for key, text in texts.items() for word in ("-metadata", f"{key}={text}")]
    command = ["ffmpeg", "-v", "error", "-i", str(wav), "-c:a", "libopus", *options, str(path)]
    subprocess.run(command, check=True)
    found = read_tags(str(path))
    assert (found.title, found.artist, found.album, found.year) == ("Title", "Ann", "Album", 1999)
    assert (found.bpm, found.track) == (128.0, 3)


def long_chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">Q", len(body)) + body + b"\0" * (len(body) % 2)


@pytest.mark.parametrize(
    "tags",
    [
        long_chunk(b"ID3 ", TITLE),
        long_chunk(b"DIIN", long_chunk(b"DITI", struct.pack(">I", 5) + b"Title")),
        long_chunk(b"ID3 ", TITLE) + long_chunk(b"DIIN", long_chunk(b"DITI", struct.pack(">I", 5) + b"Other")),
        long_chunk(b"ID3 ", TITLE)[:-4] + bytes(4),
    ],
)
def test_dsdiff_tags_are_read(tmp_path: Path, tags: bytes) -> None:
    path = tmp_path / "a.dff"
    path.write_bytes(
        long_chunk(b"FRM8", b"DSD " + long_chunk(b"FVER", bytes(4)) + long_chunk(b"DSD ", bytes(99)) + tags)
    )
    assert read_tags(str(path)).title in ("Title", "T")

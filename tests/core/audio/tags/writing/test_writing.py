"""Tags are written into every format, other programs read them, nothing else changes, and all of it can be undone."""

import os
import re
import zlib
from pathlib import Path
from typing import Any

import av
import mutagen
import numpy as np
import pytest
from audio_files import BORROWED, EXTENSIONS, SHARED, make, noise
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lanes import sampled
from mutagen import id3
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.mp4 import MP4
from mutagen.wave import WAVE
from tagged_files import MIXED_IN_KEY, PICTURE, SERATO, UNKNOWN_FRAME, independent, raw_frames, stuffed

from map4.core.audio.decode import open_audio
from map4.core.audio.identity import identify
from map4.core.audio.identity.ogg import page_checksum
from map4.core.audio.source import AudioSource
from map4.core.audio.tags import read_file_tags, read_tags
from map4.core.audio.tags.changes import SlotValues, Splice, spliced
from map4.core.audio.tags.writing.files import TaggedSource
from map4.errors import FileError

VALUES: SlotValues = {
    "bpm": 127.25, "key": "F#m", "energy": 7, "gain": -8.02, "peak": 0.988553,
    "album_gain": -7.25, "album_peak": 0.99, "genre": "Drum & Bäss", "year": 1999,
    "artist": "坂本", "title": "Tïtle", "album": "Älbum", "rating": 4.0, "comment": "8A - 7 - x",
    "grouping": "Peak; böse", "label": "Wärp", "catalog_number": "WAP 55", "isrc": "GBBPW9700001",
    "album_artist": "Vårious", "track": 3, "disc_number": 2, "advisory": "explicit",
}  # fmt: skip
# What mutagen calls the tags of the fields above, in every format.
ASKED = {
    "tbpm", "tkey", "txxx:energylevel", "txxx:replaygain_track_gain", "txxx:replaygain_track_peak",
    "txxx:replaygain_album_gain", "txxx:replaygain_album_peak", "replaygain_album_gain", "replaygain_album_peak",
    "r128_album_gain", "tcon", "tdrc",
    "tyer", "tpe1", "tit2", "popm:windows media player 9 series", "comm::deu", "comm::eng", "tmpo", "©nam", "©art",
    "talb", "©alb", "©gen", "©day", "©cmt", "bpm", "initialkey", "energylevel", "replaygain_track_gain",
    "replaygain_track_peak", "genre", "date", "year", "artist", "title", "rating", "comment", "r128_track_gain",
    "tit1", "©grp", "grouping", "wm/contentgroupdescription",
    "author", "description", "tpub", "tsrc", "txxx:catalognumber", "label", "catalognumber", "isrc", "wm/publisher",
    "wm/catalogno", "wm/isrc", "wm/albumtitle", "album", "wm/genre", "wm/year", "wm/beatsperminute",
    "wm/initialkey", "wm/shareduserrating", "tpe2", "trck", "tpos", "aart", "trkn", "disk", "discnumber", "disc",
    "wm/partofset", "albumartist", "album artist",
    "tracknumber", "track", "wm/albumartist", "wm/tracknumber", "txxx:itunesadvisory", "itunesadvisory", "rtng",
    *(f"----:com.apple.itunes:{name}" for name in (
        "bpm", "initialkey", "energylevel", "replaygain_track_gain", "replaygain_track_peak", "rating",
        "replaygain_album_gain", "replaygain_album_peak", "label", "catalognumber", "isrc")),
}  # fmt: skip


def splices_of(path: Path, values: SlotValues) -> list[Splice]:
    with AudioSource(str(path)) as source:
        return TaggedSource.read(source).edit(values)


def write(path: Path, values: SlotValues = VALUES, *, to: Path | None = None) -> tuple[bytes, bytes]:
    """Write into a file (or a copy of it), and check all that map4 checks; gives what it was, and what undo makes."""
    old = path.read_bytes()
    splices = splices_of(path, values)
    target = to or path.with_name(f"written{path.suffix}")
    target.write_bytes(new := spliced(old, splices))
    with AudioSource(str(path)) as before, AudioSource(str(target)) as after:
        TaggedSource.read(before).require_carried_out(TaggedSource.read(after), values)
    assert identify(str(target)).audio_id == identify(str(path)).audio_id
    back = Splice.reversed(splices, [old[splice.start : splice.stop] for splice in splices])
    os.replace(target, path)
    return old, spliced(new, back)


def others(path: Path) -> dict[str, Any]:
    return {name: value for name, value in independent(path).items() if name not in ASKED}


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_every_field_is_written_and_undone_in_every_format(tmp_path: Path, extension: str) -> None:
    path = stuffed(tmp_path / f"a.{extension}")
    kept = others(path)
    old, undone = write(path)
    assert undone == old
    assert len(kept) >= 2
    assert others(path) == kept
    tags = read_tags(str(path))
    assert (tags.bpm, tags.key, tags.genre, tags.year) == (127.25, "F#m", "Drum & Bäss", 1999)
    assert (tags.artist, tags.title, tags.album, tags.rating, tags.comment) == (
        "坂本", "Tïtle", "Älbum", 4.0, "8A - 7 - x",
    )  # fmt: skip
    assert (tags.album_artist, tags.track, tags.disc_number) == ("Vårious", 3, 2)
    assert splices_of(path, VALUES) == []


@pytest.mark.parametrize("extension", ["mp3", "flac", "ogg", "m4a", "wma", "wv"])
def test_track_total_and_album_artist_are_kept(tmp_path: Path, extension: str) -> None:
    path = make(tmp_path / f"a.{extension}", noise(0.2))
    if extension == "m4a":
        values: dict[str, Any] = {"trkn": [(2, 300)], "disk": [(2, 7)], "aART": ["Theirs"]}
    elif extension == "mp3":
        values = {"TRCK": id3.TRCK(text=["2/300"]), "TPOS": id3.TPOS(text=["2/7"]), "TPE2": id3.TPE2(text=["Theirs"])}
    else:
        number, disc, whose = {
            "wma": ("WM/TrackNumber", "WM/PartOfSet", "WM/AlbumArtist"), "wv": ("Track", "Disc", "Album Artist"),
        }.get(extension, ("tracknumber", "discnumber", "albumartist"))  # fmt: skip
        values = {number: ["2/300"], disc: ["2/7"], whose: ["Theirs"]}
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file.tags.update(values)
    file.save()
    assert (read_tags(str(path)).artist, read_tags(str(path)).album_artist) == ("Theirs", "Theirs")
    write(path, {"track": 200, "disc_number": 3, "artist": "Ours"})
    tags, written = read_tags(str(path)), str(mutagen.File(path).tags)
    assert (tags.track, tags.disc_number, tags.artist, tags.album_artist) == (200, 3, "Ours", "Theirs")
    assert "200/300" in written or "(200, 300)" in written
    assert "3/7" in written or "(3, 7)" in written


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_file_without_tags_gets_tags(tmp_path: Path, extension: str) -> None:
    path = make(tmp_path / f"a.{extension}", None if extension in BORROWED else noise(0.2))
    old, undone = write(path)
    assert undone == old
    with av.open(str(path), metadata_errors="replace") as opened:
        assert opened.streams.audio[0].codec_context.sample_rate > 0
        found = {name.lower(): text for name, text in {**opened.streams.audio[0].metadata, **opened.metadata}.items()}
    assert found["title"] == "Tïtle"
    assert found["artist"] == "坂本"


@pytest.mark.parametrize("extension", sampled(EXTENSIONS, every=3))
def test_taglib_reads_the_written_tags(tmp_path: Path, extension: str) -> None:
    taglib = pytest.importorskip("taglib", reason="needs pytaglib")
    if extension in ("aac", "aifc", "dsf"):
        pytest.skip("TagLib opens no such file")
    path = stuffed(tmp_path / f"a.{extension}")
    write(path)
    with taglib.File(path) as file:
        found = {name.upper(): [str(value) for value in values] for name, values in file.tags.items()}
    assert found["TITLE"] == ["Tïtle"]
    assert found["ARTIST"] == ["坂本"]
    assert found["GENRE"] == ["Drum & Bäss"]
    assert found["DATE"] == ["1999"]
    assert found["BPM"][0] in ("127.25", "127")  # the atom of MP4 has whole numbers only
    assert found["INITIALKEY"] == ["F#m"]
    assert next(found[name] for name in ("GROUPING", "WORK") if name in found) == ["Peak; böse"]  # TIT1 is WORK to it
    if extension == "wma":  # of ASF it tells the attributes it knows alone
        return
    assert found["ENERGYLEVEL"] == ["7"]
    gain = {"REPLAYGAIN_TRACK_GAIN": ["-8.02 dB"], "REPLAYGAIN_TRACK_PEAK": ["0.988553"]}
    gain = {"R128_TRACK_GAIN": [str(round((-8.02 - 5) * 256))]} if extension == "opus" else gain
    assert {name: found[name] for name in gain} == gain


@pytest.mark.parametrize("version", [2, 3, 4])
def test_grouping_of_itunes_is_changed_in_its_own_frame(tmp_path: Path, version: int) -> None:
    path = make(tmp_path / "a.mp3", noise(0.2))
    tags = id3.ID3()
    tags.add(id3.TIT1(encoding=0, text=["A work"]))
    tags.add(id3.GRP1(encoding=0, text=["Warm-up"]))
    tags.save(path, v2_version=max(version, 3))
    if version == 2:
        path.write_bytes(_short(path.read_bytes()))
    assert read_file_tags(str(path)).grouping == "Warm-up"
    old, undone = write(path, {"grouping": "Warm-up; peak"})
    assert undone == old
    found = id3.ID3(path)
    assert (found["GRP1"].text, found["TIT1"].text) == (["Warm-up; peak"], ["A work"])
    assert read_file_tags(str(path)).grouping == "Warm-up; peak"


def _short(data: bytes) -> bytes:
    """A file whose tag of version 2.3 is of version 2.2."""
    frames = [b"TT1\0\0\x07\0A work", b"GP1\0\0\x08\0Warm-up"]
    size = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
    body = b"".join(frames) + bytes(200)
    return b"ID3\2\0\0" + bytes((0, 0, len(body) >> 7, len(body) & 127)) + body + data[size:]


@pytest.mark.parametrize("version", [3, 4])
def test_id3_keeps_its_version_and_every_other_frame(tmp_path: Path, version: int) -> None:
    path = stuffed(tmp_path / "a.mp3", version=version)
    frames = raw_frames(path.read_bytes())
    write(path)
    data = path.read_bytes()
    assert data[:4] == b"ID3" + bytes((version,))
    gone = [frame for frame in frames if frame not in raw_frames(data)]
    assert sorted(frame[:4] for frame in gone) == sorted([b"TIT2", b"TALB", b"TBPM", b"COMM", b"POPM"])
    assert UNKNOWN_FRAME in data
    assert SERATO in data
    assert PICTURE in data
    popm = id3.ID3(path).getall("POPM")[0]
    assert (popm.rating, popm.count) == (196, 77)  # how often it was played is not asked for
    assert [frame.lang for frame in id3.ID3(path).getall("COMM") if frame.desc == ""] == ["deu"]


def test_id3_2_2_and_unsynchronised_tags_are_written_and_keep_their_version(tmp_path: Path) -> None:
    audio = make(tmp_path / "plain.mp3", noise(0.2)).read_bytes()
    short = b"TT2\0\0\4\0Old" + b"PIC\0\0\x20" + bytes(32)
    path = tmp_path / "a.mp3"
    path.write_bytes(b"ID3\2\0\0" + bytes((0, 0, 0, len(short) + 20)) + short + bytes(20) + audio)
    old, undone = write(path)
    assert undone == old
    assert path.read_bytes()[:4] == b"ID3\2"
    assert read_tags(str(path)).key == "F#m"
    frame = b"GEOB\0\0\0\x0a\0\0\0a\0\0\xff\0\xe0\xff\0\0".replace(b"\xff\0", b"\xff\0\0").replace(
        b"\xff\xe0", b"\xff\0\xe0"
    )
    path.write_bytes(b"ID3\3\0\x80" + bytes((0, 0, 0, len(frame) + 9)) + frame + bytes(9) + audio)
    old, undone = write(path, {"key": "Am", "rating": 5.0})
    assert undone == old
    assert read_tags(str(path)).key == "Am"
    assert (b"\xff\0\xe0") in path.read_bytes()
    path = tmp_path / "a.mp3"
    path.write_bytes(b"ID3\4\0\x80\0\0\0\x14" + bytes(20) + audio)
    write(path, {"rating": 5.0, "title": "ÿÿ"})
    assert id3.ID3(path).getall("POPM")[0].rating == 255
    assert read_tags(str(path)).title == "ÿÿ"


@pytest.mark.parametrize("extension", ["mp3", "flac", "ape"])
def test_second_tag_gets_the_new_value_of_fields_it_has(tmp_path: Path, extension: str) -> None:
    path = stuffed(tmp_path / f"a.{extension}")
    if extension == "ape":
        glued = id3.ID3()
        glued.add(id3.TKEY(encoding=0, text=["Em"]))
        glued.save(path)
    else:
        own = APEv2()
        own.update({"INITIALKEY": "Em", "Album": "Kept"})
        own.save(path)
    write(path, {"key": "Am", "energy": 3})
    second = id3.ID3(path) if extension == "ape" else APEv2(path)
    assert str(second["TKEY" if extension == "ape" else "INITIALKEY"]) == "Am"
    assert not any("energy" in name.lower() for name in second)


def test_tta_file_with_only_an_ape_tag_gets_no_id3_tag(tmp_path: Path) -> None:
    path = make(tmp_path / "a.tta", None)
    own = APEv2()
    own.update({"Album": "Kept"})
    own.save(path)
    write(path, {"key": "Am"})
    assert dict(APEv2(path).items()) == {"Album": "Kept", "INITIALKEY": "Am"}
    with pytest.raises(id3.ID3NoHeaderError):
        id3.ID3(path)


def test_all_names_of_a_field_get_the_written_value(tmp_path: Path) -> None:
    path = stuffed(tmp_path / "a.m4a")
    file = MP4(path)
    file["----:com.apple.iTunes:BPM"] = [b"100.4"]
    file["©wrt"] = ["xx"]
    file.save()
    path.write_bytes(
        path.read_bytes().replace(b"\xa9wrt", b"gnre")
    )  # a number of ID3v1's list, which mutagen can't write
    write(path, {"bpm": 128.0, "genre": "House"})
    file = MP4(path)
    assert (file["tmpo"], file["----:com.apple.iTunes:BPM"], file["©gen"]) == ([128], [b"128"], ["House"])
    assert b"gnre" not in path.read_bytes()
    flac = stuffed(tmp_path / "a.flac")
    write(flac, {"key": "Am", "artist": "three"})
    # What Mixed In Key keeps under KEY is no key, and no business of map4's.
    written = FLAC(flac)
    assert (written["key"], written["initialkey"], written["artist"]) == ([MIXED_IN_KEY], ["Am"], ["three"])


def test_writing_changes_the_first_comment_and_replaces_all_artists(tmp_path: Path) -> None:
    flac = stuffed(tmp_path / "a.flac")
    file = FLAC(flac)
    file["comment"] = ["one", "two"]
    file.save()
    write(flac, {"comment": "8A - one", "artist": "three"})
    assert (FLAC(flac)["comment"], FLAC(flac)["artist"]) == (["8A - one", "two"], ["three"])
    mp3 = stuffed(tmp_path / "a.mp3")
    tags = id3.ID3(mp3)
    tags.add(id3.COMM(encoding=0, lang="eng", desc="", text=["another"]))
    tags.save(v2_version=3)
    first = id3.ID3(mp3).getall("COMM")[0].text[0]
    write(mp3, {"comment": f"8A - {first}"})
    assert {f"8A - {first}", "another", "a remark"} - {first} <= {
        frame.text[0] for frame in id3.ID3(mp3).getall("COMM")
    }


@pytest.mark.parametrize("extension", ["mp3", "wav", "aiff", "dsf", "flac", "ogg", "m4a", "wma", "wv"])
def test_tag_larger_than_its_padding_moves_the_audio_intact(tmp_path: Path, extension: str) -> None:
    path = stuffed(tmp_path / f"a.{extension}")
    before = path.stat().st_size
    old, undone = write(path, {"comment": "long " * 4000})
    assert undone == old
    assert path.stat().st_size > before + 19_000
    assert len(read_tags(str(path)).comment or "") > 100
    grown = path.stat().st_size
    write(path, {"comment": "short again"})  # the room that is left is kept for later
    assert path.stat().st_size <= grown
    with av.open(str(path), metadata_errors="replace") as opened:
        assert sum(len(packet.decode()) for packet in opened.demux(audio=0)) > 0


@pytest.mark.parametrize("extension", ["ogg", "opus", "oga"])
def test_ogg_pages_are_renumbered_when_tags_need_more_pages(tmp_path: Path, extension: str) -> None:
    path = make(tmp_path / f"a.{extension}", noise(0.5))
    before = path.read_bytes().count(b"OggS")
    old, undone = write(path, {"comment": "long " * 40_000})
    assert undone == old
    with av.open(str(path), metadata_errors="replace") as opened:
        assert sum(len(packet.decode()) for packet in opened.demux(audio=0)) > 0
    sequence = [int.from_bytes(page[14:18], "little") for page in path.read_bytes().split(b"OggS")[1:] if page[0] == 0]
    assert sequence == list(range(len(sequence)))
    assert len(sequence) >= before + 2
    write(path, {"comment": "short again"})
    with av.open(str(path), metadata_errors="replace") as opened:
        assert sum(len(packet.decode()) for packet in opened.demux(audio=0)) > 0


def test_empty_packet_instead_of_ogg_flac_tags_is_refused_as_damage(tmp_path: Path) -> None:
    path = make(tmp_path / "a.oga", noise(0.1))
    first, second = (b"OggS" + page for page in path.read_bytes().split(b"OggS")[1:3])
    path.write_bytes(first + second[:26] + b"\x01\x00")  # one packet of no bytes
    assert b"FLAC" in first
    with AudioSource(str(path)) as source, pytest.raises(FileError, match="has no list of tags"):
        TaggedSource.read(source).edit({"key": "Am"})


@pytest.mark.parametrize("flags", ["faststart", "frag_keyframe+empty_moov+skip_trailer", "dash+skip_trailer"])
def test_positions_of_samples_in_mp4_move_with_them(tmp_path: Path, flags: str) -> None:
    fragments = {} if flags == "faststart" else {"frag_duration": "250000"}
    path = make(tmp_path / "a.m4a", noise(1.0), options={"movflags": flags, **fragments})
    with av.open(str(path)) as opened:
        expected = [bytes(packet) for packet in opened.demux(audio=0)]
    old, undone = write(path)
    assert undone == old
    with av.open(str(path)) as opened:
        assert [bytes(packet) for packet in opened.demux(audio=0)] == expected


def test_flac_blocks_with_or_without_padding_are_written_and_undone(tmp_path: Path) -> None:
    path = make(tmp_path / "a.flac", noise(0.1))
    file = FLAC(path)
    file.delete()
    file.save(padding=lambda info: 0)
    data = path.read_bytes()
    info, audio = data[4:42], data[data.index(b"\xff\xf8", 42) :]
    heads = {
        "one block": b"\x80" + info[1:],
        "padding last": info + b"\x81\0\0\0",
        "comments last": info + b"\x84\0\0\x0c\4\0\0\0here\0\0\0\0",
        "padding before": info + b"\x01\0\0\1\0" + b"\x84\0\0\x0c\4\0\0\0here\0\0\0\0",
    }
    for name, head in heads.items():
        path.write_bytes(b"fLaC" + head + audio)
        old, undone = write(path)
        assert undone == old, name
        assert FLAC(path)["initialkey"] == ["F#m"], name


def wav(data: bytes, behind: bytes = b"", *, size: int = 0) -> bytes:
    """16 bits, mono; `size` is added to what the header states."""
    body = b"WAVEfmt \x10\0\0\0\1\0\1\0\x44\xac\0\0\x88\x58\1\0\2\0\x10\0data"
    body += len(data).to_bytes(4, "little") + data + behind
    return b"RIFF" + (len(body) + size).to_bytes(4, "little") + body


INFO = b"LIST\x0e\0\0\0INFOINAM\1\0\0\0x\0"
ODD_TAG = b"id3 \x19\0\0\0ID3\3\0\0\0\0\0\x0f" + bytes(15)


@pytest.mark.parametrize(
    "content",
    [
        wav(b"ab" * 501),
        wav(b"a" * 1001 + b"\0"),
        wav(b"a" * 1001),  # the zero behind an odd chunk is missing
        wav(b"ab" * 500)[:-1],
        wav(b"ab" * 500, INFO),
        wav(b"ab" * 500, ODD_TAG + b"\0" + INFO),
        wav(b"ab" * 500, ODD_TAG),
        wav(b"ab" * 500, size=8),  # the whole file's size, as some recorders state it
        wav(b"ab" * 500) + b"behind the end",
    ],
)
def test_wav_files_with_odd_chunks_are_written_and_undone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    old, undone = write(path)
    assert undone == old
    assert WAVE(path).tags["TKEY"].text == ["F#m"]
    assert (INFO in path.read_bytes()) == (INFO in content)


@pytest.mark.parametrize(
    "content",
    [wav(b"ab" * 500, b"junk"), wav(b"ab" * 500)[:-100], wav(b"ab" * 500, b"id3 \4\0\0\0none")],
    ids=["no chunk at the end", "cut off", "a tag that is none"],
)
def test_damaged_wav_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(FileError) as error:
        splices_of(path, VALUES)
    assert error.value.kind == "corrupt"


@pytest.mark.parametrize("extension", ["ogg", "opus", "oga"])
def test_writing_tags_does_not_hide_damaged_ogg_pages(tmp_path: Path, extension: str) -> None:
    whole = make(tmp_path / f"a.{extension}", noise(2.0)).read_bytes()
    starts = [found.start() for found in re.finditer(b"OggS", whole)]

    def flipped(place: int) -> Path:
        data = bytearray(whole)
        data[place] ^= 1
        path = tmp_path / f"b.{extension}"
        path.write_bytes(data)
        return path

    # So many tags that the pages behind them are numbered anew.
    many = VALUES | {"comment": "x" * 200_000}
    with pytest.raises(FileError, match="damaged: its page of tags does not match its checksum") as error:
        splices_of(flipped(starts[2] - 1), many)
    assert error.value.kind == "corrupt"
    path = flipped(starts[-1] - 1)
    damaged = [page_checksum(page) != int.from_bytes(page[22:26], "little") for page in pages_of(path.read_bytes())]
    write(path, many)
    after = [page_checksum(page) != int.from_bytes(page[22:26], "little") for page in pages_of(path.read_bytes())]
    assert len(after) > len(damaged)
    assert (sum(damaged), sum(after), damaged[-2], after[-2]) == (1, 1, True, True)


def pages_of(data: bytes) -> list[bytes]:
    return [b"OggS" + page for page in data.split(b"OggS")[1:]]


def test_written_opus_gain_is_relative_to_the_gain_of_its_header(tmp_path: Path) -> None:
    path = make(tmp_path / "a.opus", noise(0.5))

    def level_db() -> float:
        with open_audio(str(path)) as stream:
            return float(10 * np.log10(np.mean([np.mean(block**2) for block in stream.blocks()])))

    before = level_db()
    data = bytearray(path.read_bytes())
    head = data.index(b"OpusHead")
    data[head + 16 : head + 18] = (-6 * 256).to_bytes(2, "little", signed=True)
    data[22:26] = page_checksum(bytes(data[: head + 19])).to_bytes(4, "little")
    path.write_bytes(data)
    # What map4 measures is what is heard behind it, so that nothing is to be taken off again.
    assert level_db() - before == pytest.approx(-6.0, abs=0.05)
    write(path, {"gain": -8.02, "peak": 0.9})
    assert mutagen.File(path)["r128_track_gain"] == [str(round((-8.02 - 5) * 256))]


def test_compressed_or_grouped_id3_frames_are_replaced_and_encrypted_frames_kept(tmp_path: Path) -> None:
    """What names them is read where it can be; they stay as they are, or are written anew in plain."""
    audio = make(tmp_path / "plain.mp3", noise(0.2)).read_bytes()
    packed = zlib.compress(b"\0INITIALKEY\0Em")
    body = 4 + len(packed)
    frames = (
        b"TXXX" + body.to_bytes(4, "big") + b"\0\x80" + (15).to_bytes(4, "big") + packed,
        b"TXXX\0\0\0\x05\0\x40secret"[:15],
        b"TXXX\0\0\0\x10\0\x20\7\0INITIALKEY\0Dm\0",
        b"TXXX\0\0\0\x04\0\x80none",
    )
    path = tmp_path / "a.mp3"
    path.write_bytes(b"ID3\3\0\0\0\0\1\x48" + b"".join(frames) + bytes(200 - sum(map(len, frames))) + audio)
    old, undone = write(path, {"key": "Am", "rating": 3.0})
    assert undone == old
    assert frames[1] in path.read_bytes()
    assert frames[3] in path.read_bytes()
    assert read_tags(str(path)).key == "Am"
    assert b"Dm" not in path.read_bytes()


def test_containers_without_writable_tags_or_room_are_refused_by_name(tmp_path: Path) -> None:
    make(tmp_path / "a.caf", noise(0.2))
    with pytest.raises(FileError, match=r"is of a kind \(caf\) whose tags map4 does not write"):
        splices_of(tmp_path / "a.caf", VALUES)
    wav = make(tmp_path / "a.wav", noise(0.2))
    wav.write_bytes(b"RF64" + wav.read_bytes()[4:])
    with pytest.raises(FileError, match="64-bit"):
        splices_of(wav, VALUES)
    path = make(tmp_path / "a.m4a", noise(1.0), options={"movflags": "frag_keyframe+empty_moov"})
    with pytest.raises(FileError, match="in fragments without room for tags"):
        splices_of(path, VALUES)


def test_damaged_files_are_written_reversibly_or_refused(tmp_path: Path) -> None:
    if not (SHARED / "torture").is_dir():
        pytest.skip("needs ../shared/torture, which is not part of the package")
    written, refused = [], []
    for number, original in enumerate(sorted((SHARED / "torture").iterdir())):
        path = tmp_path / f"{number}{original.suffix}"
        path.write_bytes(original.read_bytes())
        try:
            identify(str(path))
            old, undone = write(path)
        except FileError:
            refused.append(original.name)
            continue
        assert undone == old, original.name
        written.append(original.name)
    assert len(written) >= 62
    assert {"52-overwritten-metadata.flac", "106-short-picture-block-size.flac", "brokentag.apev2"} <= set(refused)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), min_size=1, max_size=40
)
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "bpm": st.floats(20, 400).map(lambda bpm: round(bpm, 2)),
        "key": st.sampled_from(["Am", "F#m", "8A", "12d"]),
        "energy": st.integers(1, 10),
        "gain": st.floats(-60, 30).map(lambda gain: round(gain, 2)),
        "peak": st.floats(0, 8).map(lambda peak: round(peak, 6)),
        "year": st.integers(1000, 9999),
        "artist": TEXTS.filter(lambda text: text.strip()),
        "title": TEXTS.filter(lambda text: text.strip()),
        "rating": st.integers(1, 10).map(lambda half: half / 2),
        "comment": TEXTS.filter(lambda text: text.strip()),
    },
)


@pytest.fixture(scope="module", params=["mp3", "flac", "m4a", "ogg", "opus", "wav", "wma", "wv"])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stuffed(tmp_path_factory.mktemp("sample") / f"a.{request.param}")


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=CHOICES, second=CHOICES)
def test_consecutive_writes_are_undone_exactly(sample: Path, first: Any, second: Any) -> None:
    original = sample.read_bytes()
    kept = others(sample)
    try:
        old, undone = write(sample, first)
        assert undone == old == original
        after, undone = write(sample, second)
        assert undone == after
        assert others(sample) == kept
    finally:
        sample.write_bytes(original)

"""Serato crates, byte for byte: against Serato's own and against one built by hand from the published layout."""

from pathlib import Path

import independent_readers as independent
import pytest
from examples_tried import examples
from hypothesis import given, settings
from listed import PATHS, list_of, track, written
from made_tracks import made_track

from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.track import Track
from map4.formats.format import PlaylistReadError
from map4.formats.registry import ListFormats


def utf16(text: str) -> str:
    """Big endian, in hexadecimal."""
    return "".join(f"{ord(letter):04x}" for letter in text)


def tlv(tag: str, body: str) -> str:
    return tag.encode().hex() + f"{len(body) // 2:08x}" + body


def by_hand(*paths: str) -> bytes:
    """A crate as its layout is published; shares no line with map4."""
    columns = [("song", "450"), *((name, "0") for name in ("artist", "bpm", "key", "album", "length", "comment"))]
    parts = [
        tlv("vrsn", utf16("1.0/Serato ScratchLive Crate")),
        tlv("osrt", tlv("tvcn", utf16("#")) + tlv("brev", "00")),
        *(tlv("ovct", tlv("tvcn", utf16(name)) + tlv("tvcw", utf16(width))) for name, width in columns),
        *(tlv("otrk", tlv("ptrk", utf16(path))) for path in paths),
    ]
    return bytes.fromhex("".join(parts))


def paths_by_hand(data: bytes) -> list[str]:
    return [path.decode() for path in independent.read_crate(data)]


def crate(*paths: str, path_maps: PathMaps | None = None) -> tuple[bytes, list[str]]:
    data, notes = written("serato", list_of(*(track(path) for path in paths)), path_maps)
    assert notes.tracks == len(paths)
    return data, notes.sentences()


def test_crates_equal_crates_built_by_hand_and_are_found_by_suffix() -> None:
    data, notes = crate("/Users/ann/Music/a.mp3", "/Users/ann/Music/Sub/é ☃.flac")
    assert data == by_hand("Users/ann/Music/a.mp3", "Users/ann/Music/Sub/é ☃.flac")
    assert notes == []
    data, _ = crate("/a/\U0001f3b5.mp3")
    assert data.endswith(bytes.fromhex("0061002fd83cdfb5002e006d00700033"))
    found = ListFormats.all()["serato"]
    assert (found.is_binary, found.suffixes, len(found.summary) < 45) == (True, ("crate",), True)


def test_crates_of_serato_are_rewritten_byte_for_byte(shared: Path) -> None:
    own = (shared / "interchange" / "serato-80s Mashup.crate").read_bytes()
    assert crate(*(f"/{path}" for path in paths_by_hand(own)))[0] == own
    own = (shared / "interchange" / "serato-French House.crate").read_bytes()
    data, _ = crate(*(f"/{path}" for path in paths_by_hand(own)))
    assert data[data.index(b"otrk") :] == own[own.index(b"otrk") :]
    # Head and columns are among its own, where one of the artwork stands besides.
    head, own_head = (part[: part.index(b"otrk")].split(b"ovct") for part in (data, own))
    assert (set(head) - set(own_head), len(own_head) - len(head)) == (set(), 1)


def test_paths_begin_at_the_root_of_the_volume_or_the_crate() -> None:
    for target, expected in (
        ("C:\\Users\\ann\\Music", "Users/ann/Music/a b.mp3"),
        ("D:/Music", "Music/a b.mp3"),
        ("\\\\nas\\music", "a b.mp3"),
        ("/Volumes/My USB/House", "House/a b.mp3"),
        ("/Users/ann/Music", "Users/ann/Music/a b.mp3"),
    ):
        data, notes = crate("/music/a b.mp3", path_maps=PathMaps(maps=(PathMap.parse(f"/music={target}"),)))
        assert (paths_by_hand(data), notes) == ([expected], [])
    path_maps = PathMaps(relative_to="/mnt/usb")
    data, notes = crate("/mnt/usb/House/a.mp3", "/mnt/usb/#1.mp3", "/mnt/b.mp3", path_maps=path_maps)
    assert paths_by_hand(data) == ["House/a.mp3", "#1.mp3", "../b.mp3"]
    assert notes == ["1 track has a path outside of the folder of --relative-to; Serato won't find it"]
    path_maps = PathMaps(maps=(PathMap.parse("/mnt/usb=E:\\"),), relative_to="/mnt/usb")
    assert paths_by_hand(crate("/mnt/usb/House/a.mp3", path_maps=path_maps)[0]) == ["House/a.mp3"]
    folder = "/mnt/usb/_Serato_/Subcrates"
    found = ListFormats.read(by_hand("House/a.mp3", "C:/b.mp3"), "x.crate")
    first, second = found.entries
    inward = [next(iter(PathMaps().inward(location, folder))) for location in first.locations]
    assert inward == ["/mnt/usb/House/a.mp3", "/House/a.mp3", f"{folder}/House/a.mp3"]
    assert (second.locations, found.format) == (("C:/b.mp3",), "serato")


def test_other_volumes_odd_names_and_unplayable_tracks_are_reported() -> None:
    maps = (PathMap.parse("/music=D:/Music"), PathMap.parse("/usb=/Volumes/USB"))
    _, notes = crate("/music/a.mp3", "/usb/b.mp3", "/home/c.mp3", path_maps=PathMaps(maps=maps))
    assert notes == [
        "the tracks are on 3 volumes (/Volumes/USB, D:, the system's); a crate only finds those of its own volume"
    ]
    data, notes = crate("/music/\udce9t\udce9.mp3")
    assert paths_by_hand(data) == ["music/\ufffdt\ufffd.mp3"]
    assert notes == [
        "1 track has a name that is not UTF-8; Serato won't find it",
        "2 characters of names that the format can't contain were replaced or left out",
    ]
    tracks = [codec_of("a.mp3", "mp3"), codec_of("b.ogg", "opus"), codec_of("c.ogg", "vorbis"), codec_of("d", "ape"),
              made_track("e.opus"), made_track("f.mp3")]  # fmt: skip
    data, notes = written("serato", Tracklist(tracks=tracks))
    assert len(paths_by_hand(data)) == 6
    assert notes.sentences() == ["3 tracks are ape or opus, which Serato can't play"]
    _, notes = written("serato", Tracklist(tracks=tracks[:2]))
    assert notes.sentences() == ["1 track is opus, which Serato can't play"]


def codec_of(name: str, codec: str) -> Track:
    sound = AudioFormat(codec=codec, sample_rate_hz=44100, channels=2, bits=None, payload_bytes=1)
    return Track(path=f"/music/{name}", state="ok", format=sound)


@given(path=PATHS)
@settings(max_examples=examples(150))
def test_any_path_comes_back(path: str) -> None:
    data, _ = crate(path)
    [entry] = ListFormats.read(data, "x.crate").entries
    sayable = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in path.lstrip("/"))
    [file_path] = paths_by_hand(data)
    assert entry.locations[-1] == file_path
    assert file_path in (sayable, sayable.partition("/")[2].partition("/")[2])  # without /Volumes/NAME


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "does not begin with a version"), (b"otrk", "does not begin"), (by_hand("a")[:-1], "ends within a track"),
     (by_hand("a")[:-13], "ends within"), (by_hand() + b"otrk\xff\xff\xff\xff", "ends within")],
)  # fmt: skip
def test_invalid_crates_are_refused_with_a_reason(data: bytes, message: str) -> None:
    with pytest.raises(PlaylistReadError, match=message):
        ListFormats.read(data, "x.crate")

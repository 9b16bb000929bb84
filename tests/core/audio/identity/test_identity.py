"""The audio id: the same for the same audio, another one for other audio, in every format."""

import hashlib
import itertools
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import mutagen
import numpy as np
import pytest
from audio_files import BORROWED, ENCODED, EXTENSIONS, TORTURE, make, torture
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.dsf import DSF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TIT2, TPE1
from mutagen.mp4 import MP4, MP4Cover
from mutagen.wave import WAVE

from map4.core.audio.identity import identify
from map4.errors import FileError

# Larger than an Ogg page (64 KB) and than every padding a tagger leaves.
PICTURE = b"\xff\xd8\xff\xe0" + np.random.default_rng(1).bytes(150_000)
ID3V1 = b"TAG" + b"Title".ljust(30, b"\0") + bytes(95)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """One second of noise in each format, encoded once."""
    folder = tmp_path_factory.mktemp("made")

    def get(extension: str) -> Path:
        path = folder / f"made.{extension}"
        return path if path.exists() else make(path)

    return get


def tag_id3(path: Path, value: str) -> None:
    tags = ID3()
    tags.add(TIT2(encoding=3, text=[value]))
    tags.add(TPE1(encoding=3, text=["An artist"]))
    tags.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=PICTURE[: 100 * len(value)]))
    tags.save(path, v1=2)


def tag_ape(path: Path, value: str) -> None:
    tags = APEv2()
    tags["Title"] = value
    tags["Cover Art (Front)"] = mutagen.apev2.APEValue(b"c.jpg\0" + PICTURE[: 100 * len(value)], mutagen.apev2.BINARY)
    tags.save(path)


def tag_chunk(path: Path, value: str) -> None:
    kind = {".wav": WAVE, ".dsf": DSF}.get(path.suffix, AIFF)
    file = kind(path)
    if file.tags is None:
        file.add_tags()
    file.tags.add(TIT2(encoding=3, text=[value]))
    file.tags.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=PICTURE[: 100 * len(value)]))
    file.save()


def tag_comments(path: Path, value: str) -> None:
    file = mutagen.File(path)
    file["title"] = [value, value[::-1]]
    if isinstance(file, FLAC):
        file.clear_pictures()
        picture = Picture()
        picture.data, picture.mime = PICTURE[: 100 * len(value)], "image/jpeg"
        file.add_picture(picture)
        file.save(padding=lambda info: len(value))
    else:
        file.save()


def tag_mp4(path: Path, value: str) -> None:
    file = MP4(path)
    file["\xa9nam"] = [value]
    file["covr"] = [MP4Cover(PICTURE[: 100 * len(value)])]
    file.save(padding=lambda info: 3 * len(value))


def tag_asf(path: Path, value: str) -> None:
    file = ASF(path)
    file["Title"] = [value]
    file["WM/Mood"] = [value]
    file.save()


REMOVERS: dict[Callable[[Path, str], None], tuple[Callable[[Path], None], ...]] = {
    tag_id3: (lambda path: ID3(path).delete(),),
    tag_ape: (lambda path: APEv2(path).delete(),),
}
TAGGERS: dict[str, tuple[Callable[[Path, str], None], ...]] = {
    "mp3": (tag_id3, tag_ape), "aac": (tag_id3, tag_ape),
    "flac": (tag_comments, tag_id3, tag_ape), "ogg": (tag_comments,), "oga": (tag_comments,), "opus": (tag_comments,),
    "m4a": (tag_mp4,), "m4b": (tag_mp4,), "mp4": (tag_mp4,), "wma": (tag_asf,),
    "wav": (tag_chunk,), "aif": (tag_chunk,), "aiff": (tag_chunk,), "aifc": (tag_chunk,), "dsf": (tag_chunk,),
    "wv": (tag_ape, tag_id3), "ape": (tag_ape, tag_id3), "tta": (tag_ape, tag_id3), "mpc": (tag_ape, tag_id3),
}  # fmt: skip
CODECS = {
    "mp3": "mp3", "flac": "flac", "ogg": "vorbis", "oga": "flac", "opus": "opus", "m4a": "aac", "m4b": "alac",
    "mp4": "aac", "aac": "aac", "wav": "pcm", "aif": "pcm", "aiff": "pcm", "aifc": "pcm", "wma": "wma",
    "wv": "wavpack", "ape": "ape", "tta": "tta", "mpc": "musepack", "dsf": "dsd",
}  # fmt: skip
BITS = {"flac": 16, "oga": 16, "m4b": 16, "wav": 16, "aif": 16, "aiff": 24, "aifc": 32, "wv": 16, "tta": 16}
BITS |= {"ape": 16, "dsf": 1}
FIRST_RULE = {"aac", "wav", "aif", "aiff", "aifc", "wv", "ape", "tta", "mpc"}


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_identity_contains_codec_rate_channels_and_bits(made: Callable[[str], Path], extension: str) -> None:
    path = made(extension)
    found = identify(str(path))
    expected_rate = {"opus": 48000, "dsf": 5644800}.get(extension, 44100)
    assert found.format.codec == CODECS[extension]
    assert (found.format.sample_rate_hz, found.format.channels) == (expected_rate, 2)
    assert found.format.bits == BITS.get(extension)
    assert 0 < found.format.payload_bytes <= path.stat().st_size
    assert not found.whole_file
    assert len(found.audio_id) == 35
    assert found.audio_id.startswith("a1-" if extension in FIRST_RULE else "a2-")


@pytest.mark.parametrize(
    ("extension", "tagger"), [(extension, tagger) for extension in EXTENSIONS for tagger in TAGGERS[extension]]
)
def test_retagging_keeps_the_id(
    made: Callable[[str], Path], tmp_path: Path, extension: str, tagger: Callable[[Path, str], None]
) -> None:
    path = tmp_path / f"moved and renamed.{extension}"
    shutil.copyfile(made(extension), path)
    before = identify(str(path))
    size = path.stat().st_size
    for value in ("short", "long " * 60_000, "middle " * 100):  # added, enlarged beyond a page, shrunk
        tagger(path, value)
        assert identify(str(path)) == before
    assert path.stat().st_size > size  # something really was written
    for remove in REMOVERS.get(tagger, (lambda path: mutagen.File(path).delete(),)):
        remove(path)
    assert identify(str(path)) == before


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_one_byte_of_payload_changes_the_id(made: Callable[[str], Path], tmp_path: Path, extension: str) -> None:
    data = bytearray(made(extension).read_bytes())
    before = identify(str(made(extension))).audio_id
    for part in (0.4, 0.5, 0.6):
        changed = bytearray(data)
        changed[int(len(data) * part)] ^= 0x10
        path = tmp_path / f"changed.{extension}"
        path.write_bytes(changed)
        assert identify(str(path)).audio_id != before


@pytest.mark.parametrize("extension", ENCODED)
def test_silence_of_another_length_has_another_id(tmp_path: Path, extension: str) -> None:
    # 1.000 s and 1.005 s: the same number of packets in most codecs, told apart by how much of the last one is heard.
    silences = [np.zeros((44100 + extra, 2), np.float32) for extra in (0, 220, 44100)]
    ids = [identify(str(make(tmp_path / f"{n}.{extension}", y))).audio_id for n, y in enumerate(silences)]
    assert ids[0] != ids[2]
    assert (ids[0] != ids[1]) == (extension not in SAME_PACKETS)


# These formats keep the length in whole packets only (aac), or pad the last block inside of it (wma).
SAME_PACKETS = {"aac", "wma"}


@pytest.mark.parametrize("extension", [e for e in ENCODED if e not in ("opus",)])
def test_same_samples_at_another_rate_have_another_id(tmp_path: Path, extension: str) -> None:
    y = np.zeros((48000, 2), np.float32)
    ids = {identify(str(make(tmp_path / f"{sr}.{extension}", y, sr=sr))).audio_id for sr in (44100, 48000)}
    assert len(ids) == 2


def test_id_of_a_wav_is_the_documented_hash(tmp_path: Path) -> None:
    samples = bytes(range(200))
    path = tmp_path / "a.wav"
    path.write_bytes(
        b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16)
        + b"data" + struct.pack("<I", len(samples)) + samples
    )  # fmt: skip
    fields = (b"map4-audio-1", b"pcm", b"44100", b"2", b"16", b"wave 1 4 little")
    header = b"".join(b"%d:%s," % (len(field), field) for field in fields)
    framing = hashlib.blake2b(b"", digest_size=16).digest()
    expected = "a1-" + hashlib.blake2b(header + samples + framing, digest_size=16).hexdigest()
    # Pinned too, so that a change of the rule can't hide in the test: stored ids must never change their meaning.
    assert identify(str(path)).audio_id == expected == "a1-ef7d635fa5f46756c09dca1f7233cc07"


def test_tags_at_the_end_in_any_order_keep_the_id(made: Callable[[str], Path], tmp_path: Path) -> None:
    audio = made("mp3").read_bytes()
    expected = identify(str(made("mp3")))
    lyrics = b"LYRICSBEGININD0000200ETT00005Title"
    items = struct.pack("<II", 5, 0) + b"Title\0" + b"Hello"
    ape_head = struct.pack("<8sIIII8x", b"APETAGEX", 2000, len(items) + 32, 1, 0xA0000000)
    ape_foot = struct.pack("<8sIIII8x", b"APETAGEX", 2000, len(items) + 32, 1, 0x80000000)
    tags = {
        "id3v1": ID3V1,
        "enhanced": b"TAG+" + bytes(223) + ID3V1,
        "ape2": ape_head + items + ape_foot,
        "ape1": items + struct.pack("<8sIIII8x", b"APETAGEX", 1000, len(items) + 32, 1, 0),
        "lyrics1": b"LYRICSBEGIN" + b"la la" * 50 + b"LYRICSEND",
        "lyrics2": lyrics + b"%06d" % len(lyrics) + b"LYRICS200",
        "appended": b"ID3\x04\0\x10\0\0\0\x0a" + bytes(10) + b"3DI\x04\0\x10\0\0\0\x0a",
    }
    path = tmp_path / "stacked.mp3"
    orders = [*itertools.permutations(tags, 2), tuple(tags), tuple(reversed(tags))]
    for order in orders:
        path.write_bytes(audio + b"".join(tags[name] for name in order))
        assert identify(str(path)) == expected, order


def test_whole_and_broken_tags_and_padding_before_the_audio_keep_the_id(
    made: Callable[[str], Path], tmp_path: Path
) -> None:
    path, sound = tmp_path / "a.mp3", identify(str(made("mp3")))
    junk = np.random.default_rng(3).bytes(3000).replace(b"\xff", b"\0")
    for broken in (junk, b"ID3\x03\0\0\0\0\0\x02TIT2", b"ID3\x03\0\0\0\0\0\x80"):
        path.write_bytes(broken + made("mp3").read_bytes())
        identity = identify(str(path))
        assert (identity, identity.is_tag_broken, sound.is_tag_broken) == (sound, True, False)
    id3, id3v22 = b"ID3\x03\0\0\0\0\0\x14" + bytes(20), b"ID3\x02\0\0\0\0\0\x0cTT2\0\0\x06\0Title"
    ape = struct.pack("<8sIIII8x", b"APETAGEX", 2000, 32, 0, 0xA0000000)
    ape += struct.pack("<8sIIII8x", b"APETAGEX", 2000, 32, 0, 0x80000000)
    path = tmp_path / "a.mp3"
    for extension in ("mp3", "flac", "ogg", "tta", "aac", "wav"):
        audio = made(extension).read_bytes()
        expected = identify(str(made(extension)))
        for before in (id3, id3v22, id3 + id3, id3 + bytes(700) + id3 + bytes(3000), ape + id3, bytes(4096)):
            path.write_bytes(before + audio)
            assert identify(str(path)) == expected


def test_file_name_of_any_extension_does_not_change_the_id(made: Callable[[str], Path], tmp_path: Path) -> None:
    for extension in EXTENSIONS:
        path = tmp_path / "no suffix"
        shutil.copyfile(made(extension), path)
        assert identify(str(path)) == identify(str(made(extension)))
    assert set(TAGGERS) == set(CODECS) == set(EXTENSIONS) == set(ENCODED) | set(BORROWED)


@pytest.mark.parametrize("extension", ["mp3", "m4a", "wma"])  # own readers, and PyAV
def test_names_outside_utf8_change_no_id(made: Callable[[str], Path], tmp_path: Path, extension: str) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/B\xf6hse \xff." + extension.encode())
    shutil.copyfile(made(extension), path)
    assert identify(path) == identify(str(made(extension)))


def test_real_files_have_the_expected_codec_and_payload_size() -> None:
    for name, codec, payload_bytes in (
        ("apev2-lyricsv2.mp3", "mp3", 47020),  # ID3v2 | audio | APEv2 | Lyrics3v2 | ID3v1
        ("audacious-trailing-id32-apev2.mp3", "mp3", 2268),  # without its Xing frame
        ("audacious-trailing-id32-id31.mp3", "mp3", 14942),
        ("silence-44-s-v1.mp3", "mp3", 14942),
        ("silence-44-s.mp3", "mp3", 14942),
        ("silence-44-s.flac", "flac", 46718),
        ("52-too-short-block-size.flac", "flac", 49779),
        ("dsd.wv", "wavpack", 6404),
        ("empty.spx", "speex", 23715),
        ("multiplexed.spx", "speex", 23715),
        ("silence-44-s.ac3", "ac3", 88606),
        ("5644800-2ch-s01-silence.dff", "dsd", 14112),
    ):
        found = identify(str(torture(name))).format
        assert (found.codec, found.payload_bytes) == (codec, payload_bytes)


def test_real_files_of_the_same_audio_have_the_same_id() -> None:
    for names in (
        ("silence-44-s.mp3", "silence-44-s-v1.mp3", "audacious-trailing-id32-id31.mp3"),
        ("empty.spx", "multiplexed.spx"),
        ("empty.ogg", "multipagecomment.ogg"),
        ("has-tags.m4a", "no-tags.m4a", "covr-with-name.m4a"),
        ("silence-2s-PCM-16000-08-ID3v23.wav", "silence-2s-PCM-16000-08-notags.wav"),
    ):
        assert len({identify(str(torture(name))) for name in names}) == 1


# mutagen cannot write tags into these.
UNTAGGABLE = {
    "106-invalid-streaminfo.flac", "empty.aac", "sample_length.oggtheora", "silence-44-s.ac3", "silence-44-s.eac3",
    "too-short.mp3", "5644800-2ch-s01-silence-dst.dff",
}  # fmt: skip
# Their chain of metadata blocks is broken, which a write repairs: another id is right.
REPAIRED = {"106-short-picture-block-size.flac", "52-too-short-block-size.flac"}


def test_retagging_torture_files_keeps_their_ids(tmp_path: Path) -> None:
    torture("README.md")
    checked = []
    for original in sorted(TORTURE.iterdir()):
        if original.name in UNTAGGABLE | REPAIRED or not is_audio(original):
            continue
        path = tmp_path / original.name
        shutil.copyfile(original, path)
        file = mutagen.File(path)
        if file.tags is None:
            file.add_tags()
        if isinstance(file.tags, ID3):
            file.tags.add(TIT2(encoding=3, text=["x" * 70_000]))
        else:
            file["\xa9nam" if isinstance(file, MP4) else "Title"] = ["x" * 30_000]
        file.save()
        assert identify(str(path)) == identify(str(original)), original.name
        mutagen.File(path).delete()
        assert identify(str(path)) == identify(str(original)), original.name
        checked.append(original.name)
    assert len(checked) > 60


def is_audio(path: Path) -> bool:
    try:
        return identify(str(path)).format.payload_bytes > 0
    except FileError:
        return False

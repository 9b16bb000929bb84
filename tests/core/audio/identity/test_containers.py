"""Container by container: what counts as payload, against PyAV's demuxers and hand-made files."""

import re
import struct
from collections import deque
from pathlib import Path

import av
import numpy as np
import pytest
from audio_files import box, make, mp4_file, mp4a_entry, noise, torture
from mutagen.oggvorbis import OggVorbis

from map4.core.audio.decode import open_audio
from map4.core.audio.identity import identify
from map4.core.audio.identity.flac import is_frame_header
from map4.core.audio.identity.ogg import page_checksum
from map4.core.music.analysis.audio import Identity
from map4.errors import FileError

SAMPLES = np.random.default_rng(2).bytes(4000)
DS64 = b"ds64" + struct.pack("<IQQQI", 28, 0, len(SAMPLES), 1000, 0)
SUBTYPE_TAIL = b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"


def identity_of(tmp_path: Path, data: bytes, name: str = "a") -> Identity:
    path = tmp_path / name
    path.write_bytes(data)
    return identify(str(path))


def refusal_of(tmp_path: Path, data: bytes, name: str = "a") -> str:
    with pytest.raises(FileError) as caught:
        identity_of(tmp_path, data, name)
    return caught.value.kind


def demuxed_bytes(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return b"".join(bytes(packet) for packet in container.demux(audio=0) if packet.size)


# --- WAV ---


def wav(
    samples: bytes = SAMPLES,
    *,
    tag: int = 1,
    mark: str = "<",
    name: bytes = b"RIFF",
    size: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
    tail: bytes = b"",
    bits: int = 16,
) -> bytes:
    block = struct.pack(f"{mark}HHIIHH", tag, 2, 44100, 176400, 4, bits) + tail
    chunk = struct.pack(f"{mark}I", len(block)) + block
    length = struct.pack(f"{mark}I", len(samples) if size is None else size)
    return name + bytes(4) + b"WAVE" + before + b"fmt " + chunk + b"data" + length + samples + after


@pytest.mark.parametrize(
    "data",
    [
        wav(size=0),
        wav(size=0xFFFFFFFF),
        wav(size=len(SAMPLES) + 5000),
        wav(before=b"JUNK" + struct.pack("<I", 3) + b"abc\0"),
        wav(after=b"LIST" + struct.pack("<I", 4) + b"INFO"),
        wav(tag=0xFFFE, tail=struct.pack("<HHIH", 22, 16, 3, 1) + SUBTYPE_TAIL),
        wav(name=b"RF64", size=0xFFFFFFFF, before=DS64, after=b"x" * 9),
        wav(name=b"BW64", size=0xFFFFFFFF, before=DS64),
    ],
    ids=["size0", "size-1", "beyond", "junk", "list", "extensible", "rf64", "bw64"],
)  # fmt: skip
def test_equivalent_wav_headers_give_the_same_id(tmp_path: Path, data: bytes) -> None:
    assert identity_of(tmp_path, data) == identity_of(tmp_path, wav())


def test_headers_give_different_ids_that_do_not_change(tmp_path: Path) -> None:
    variants = [wav(), wav(tag=3), wav(mark=">", name=b"RIFX"), wav(bits=12), wav(tag=2), wav(tag=2, tail=b"\1\0xx")]
    assert len({identity_of(tmp_path, data).audio_id for data in variants}) == len(variants)
    assert identity_of(tmp_path, wav(tag=0x55)).format.codec == "mp3"
    assert identity_of(tmp_path, wav(tag=0x1234)).format.codec == "wave_1234"
    # A library finds its tracks again by these: another id takes away what was set of every file of the format.
    ids = [identity_of(tmp_path, data).audio_id for data in (wav(), aiff(), aiff(b"alaw"), dsf())]
    assert ids == [
        "a1-533e7b2a2c0e6c66763a0b0edc458d8d", "a1-afad102a434a22244b5c14f0c694d457",
        "a1-2b606a894ccd5849a5a20f5ce2f50535", "a2-ad2f9eb7d76e63747c1968fe3db78d52",
    ]  # fmt: skip
    assert {name: identify(str(torture(name))).audio_id for name in KEPT} == KEPT
    old_ape = b"MAC " + struct.pack("<HHHHI", 3970, 2000, 8, 1, 48000) + bytes(40)
    found = identity_of(tmp_path, old_ape).format
    assert (found.codec, found.sample_rate_hz, found.channels, found.bits) == ("ape", 48000, 1, 24)
    for broken in (b"MAC ", b"MAC " + bytes(12), b"MAC \x8c\x0f", old_ape[:32], b"TTA1", b"MP+\7", b"MPCK", b"wvpk"):
        assert refusal_of(tmp_path, broken) == "corrupt"
    assert refusal_of(tmp_path, b"MAC " + struct.pack("<HHI", 3990, 0, 0xFFFFFFF0) + bytes(200)) == "corrupt"
    assert refusal_of(tmp_path, b"TTA1" + struct.pack("<HHHII", 1, 2, 16, 44100, 99) + bytes(4)) == "corrupt"


# --- AIFF and DSF ---


def aiff(
    kind: bytes | None = None, *, rate: bytes = b"\x40\x0e\xac\x44", offset: int = 0, size: int | None = None
) -> bytes:
    common = struct.pack(">hIh", 2, 1000, 16) + rate.ljust(10, b"\0") + (kind + b"\0\0" if kind else b"")
    sound = struct.pack(">II", offset, 0) + bytes(offset) + SAMPLES
    length = len(sound) if size is None else size
    # The format chunk may come behind the sound.
    chunks = b"SSND" + struct.pack(">I", length) + sound if size is None else b""
    chunks += b"COMM" + struct.pack(">I", len(common)) + common
    chunks += b"" if size is None else b"SSND" + struct.pack(">I", length) + sound
    return b"FORM" + bytes(4) + (b"AIFC" if kind else b"AIFF") + chunks


def test_aiff_and_dsf_ids_depend_on_encoding_samples_and_bits(tmp_path: Path) -> None:
    plain = identity_of(tmp_path, aiff())
    assert (plain.format.sample_rate_hz, plain.format.bits, plain.format.payload_bytes) == (44100, 16, len(SAMPLES))
    for same in (aiff(offset=16), aiff(b"NONE"), aiff(b"twos"), aiff(size=0xFFFFFFFF), aiff(size=10**6)):
        assert identity_of(tmp_path, same) == plain
    others = [aiff(b"sowt"), aiff(b"fl32"), aiff(b"alaw"), aiff(b"ima4"), aiff(b"QDM2")]
    found = [identity_of(tmp_path, data) for data in others]
    assert len({plain.audio_id, *(identity.audio_id for identity in found)}) == 6
    assert [identity.format.codec for identity in found] == ["pcm", "pcm", "alaw", "adpcm_ima", "aifc_51444d32"]
    found = identity_of(tmp_path, dsf())
    assert (found.format.sample_rate_hz, found.format.bits, found.format.payload_bytes) == (2822400, 1, len(SAMPLES))
    others = [dsf(bits=8), dsf(n_samples=16001), dsf(SAMPLES[:-1])]
    assert len({found.audio_id, *(identity_of(tmp_path, data).audio_id for data in others)}) == 4
    for broken in (dsf(n_samples=0), dsf()[:50], dsf().replace(b"data", b"XXXX"), dsf()[:92]):
        assert refusal_of(tmp_path, broken) == "corrupt"


@pytest.mark.parametrize(
    "data",
    [
        wav(b""),
        wav(b"", after=b"LIST" + struct.pack("<I", 4) + b"INFO"),
        wav()[:20],
        wav().replace(b"fmt ", b"junk"),
        wav().replace(b"data", b"junk"),
        wav().replace(struct.pack("<I", 44100), bytes(4), 1),
        b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 4) + bytes(4),
        *(
            aiff()[:40],
            aiff().replace(b"COMM", b"XXXX"),
            aiff().replace(b"SSND", b"XXXX"),
            aiff(rate=b"\xc0\x0e\xac\x44"),
        ),
    ],
)
def test_wav_or_aiff_without_audio_is_corrupt(tmp_path: Path, data: bytes) -> None:
    assert refusal_of(tmp_path, data) == "corrupt"


def dsf(samples: bytes = SAMPLES, *, n_samples: int = 16000, bits: int = 1) -> bytes:
    block = struct.pack("<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 2, 2, 2822400, bits, n_samples, 4096, 0)
    return b"DSD " + struct.pack("<QQQ", 28, 0, 0) + block + b"data" + struct.pack("<Q", 12 + len(samples)) + samples


KEPT = {
    "lame397v9short.mp3": "a2-fa50b7194a1fd1c1dac13b41fa276f60",
    "52-overwritten-metadata.flac": "a2-1cf61acdbe12af6838812d26f86f0cc7",
    "empty.ogg": "a2-873d128578ea20b8d911dfc18da43cec",
    "example.opus": "a2-d41bb143fa95a7dcd3d5b9973882b695",
    "no-tags.m4a": "a2-46a3ce00984383beac77535bd91c3a17",
    "empty.aac": "a1-8da501353b6c98dd04569330969cf5f4",
    "silence-2.wma": "a2-b3d65496eee52a225b5341ff7425e2a5",
    "no_length.wv": "a1-53d7b5fc566a1ba73bbf7bd1134d6374",
    "mac-396.ape": "a1-0a296c60927be2c62b0515b4cdc9842d",
    "empty.tta": "a1-fd47781a2823ba4f9ace16f566c57f6e",
}


# --- FLAC ---


def test_flac_audio_is_found_despite_wrong_metadata_by_checked_headers(tmp_path: Path) -> None:
    data = make(tmp_path / "a.flac").read_bytes()
    expected = identify(str(tmp_path / "a.flac"))
    info, ids = data[8:42], set[str]()
    frames = data[len(data) - expected.format.payload_bytes :]
    head = b"fLaC\0\0\0\x22" + info
    for metadata in (
        b"\x84\xff\xff\xff" + b"comment",  # longer than the file
        b"\x04\0\0\x02" + bytes(9000),  # shorter than it is
        b"\x7f\0\0\0",  # the forbidden type
        b"\x81\0\0\0" + bytes(1 << 20),  # padding behind the last block, across pieces
        b"",
    ):
        damaged = identity_of(tmp_path, head + metadata + frames)
        assert damaged.format == expected.format
        ids.add(damaged.audio_id)
    assert len(ids) == 1
    assert expected.audio_id not in ids  # decoders may refuse it, or begin at another frame
    assert refusal_of(tmp_path, head + b"\x81\0\0\x10" + bytes(5000)) == "corrupt"
    assert refusal_of(tmp_path, b"fLaC" + b"\x81\0\0\x10" + bytes(16) + frames) == "corrupt"
    assert refusal_of(tmp_path, b"fLaC\x80\0\0\x22" + bytes(34) + frames) == "corrupt"
    # The MD5 is a claim: a copy with another one holds the same audio.
    assert identity_of(tmp_path, data.replace(info, info[:18] + bytes(16))) == expected
    start = len(data) - identify(str(tmp_path / "a.flac")).format.payload_bytes
    head = data[start : start + 16]
    assert is_frame_header(head)
    damaged = [head[:n] + bytes((head[n] ^ 0x11,)) + head[n + 1 :] for n in range(5)]
    assert not any(map(is_frame_header, [*damaged, head[:5], b"\xff\xf8\x9f\x00" + head[4:], b""]))


# --- Ogg ---


@pytest.mark.parametrize("extension", ["ogg", "opus", "oga", "m4a", "m4b"])
def test_payload_size_agrees_with_pyav(tmp_path: Path, extension: str) -> None:
    path = make(tmp_path / f"a.{extension}", noise(3.0))
    assert identify(str(path)).format.payload_bytes == len(demuxed_bytes(path))


def test_chained_ogg_is_identified_by_all_its_links(tmp_path: Path) -> None:
    links = [make(tmp_path / f"{seed}.ogg", noise(seed=seed)).read_bytes() for seed in range(2)]
    ids = [identity_of(tmp_path, data) for data in (*links, links[0] + links[1], links[1] + links[0], links[0] * 2)]
    assert len({identity.audio_id for identity in ids}) == 5
    assert ids[2].format.payload_bytes == ids[0].format.payload_bytes + ids[1].format.payload_bytes
    first, second = (make(tmp_path / f"{seed}.ogg", noise(seed=seed)).read_bytes() for seed in range(2))
    cut = first[: first.rfind(b"OggS")]  # without the page that ends the stream
    found = identity_of(tmp_path, cut + second)
    assert found.format.payload_bytes > identity_of(tmp_path, second).format.payload_bytes


def test_ogg_paging_does_not_change_the_id_but_the_last_granule(tmp_path: Path) -> None:
    path = make(tmp_path / "a.ogg", noise(3.0))
    expected = identify(str(path))
    assert identity_of(tmp_path, repaged(path.read_bytes())) == expected
    data = make(tmp_path / "a.ogg").read_bytes()
    at = data.rfind(b"OggS") + 6
    shorter = data[:at] + struct.pack("<q", struct.unpack("<q", data[at : at + 8])[0] - 100) + data[at + 8 :]
    assert identity_of(tmp_path, shorter) != identity_of(tmp_path, data)


def test_ogg_flac_with_empty_packets_or_without_a_rate(tmp_path: Path) -> None:
    data = make(tmp_path / "a.oga", noise(3.0)).read_bytes()
    expected = identify(str(tmp_path / "a.oga"))
    last = data.rindex(b"OggS")
    page = bytearray(data[last:])
    count = page[26]
    page[26:27] = bytes((count + 1,))
    page[27 + count : 27 + count] = b"\0"  # as FFmpeg's encoder ends, and its copies do not
    page[22:26] = struct.pack("<I", page_checksum(bytes(page)))
    ended = data[:last] + bytes(page)
    assert identity_of(tmp_path, ended) == identity_of(tmp_path, repaged(ended)) == expected
    data = bytearray(make(tmp_path / "a.oga").read_bytes())
    at = data.index(b"fLaC") + 8
    data[at + 10 : at + 18] = bytes(8)
    assert refusal_of(tmp_path, bytes(data)) == "corrupt"


def repaged(data: bytes) -> bytes:
    """Every page cut into pages of one lacing value each, which also splits packets."""
    out, at, sequence = b"", 0, 0
    while at < len(data):
        flags, granule, serial, n = data[at + 5], data[at + 6 : at + 14], data[at + 14 : at + 18], data[at + 26]
        lacing, body = data[at + 27 : at + 27 + n], at + 27 + n
        for index, size in enumerate(lacing):
            last = index == n - 1
            own = (flags & 2 if index == 0 else 0) | (flags & 4 if last else 0)
            page = b"OggS\0" + bytes((own,)) + (granule if last else b"\xff" * 8) + serial
            page += struct.pack("<II", sequence, 0) + bytes((1, size)) + data[body : body + size]
            out += page[:22] + struct.pack("<I", page_checksum(page)) + page[26:]
            body, sequence = body + size, sequence + 1
        at = body
    return out


def test_junk_in_an_ogg_keeps_its_id_and_a_cut_changes_its_size(tmp_path: Path) -> None:
    data = make(tmp_path / "a.ogg", noise(3.0)).read_bytes()
    expected = identity_of(tmp_path, data)
    page = data.rfind(b"OggS")
    assert identity_of(tmp_path, data[:page] + b"Ogg junk OggS\7" + bytes(20) + data[page:]) == expected
    assert identity_of(tmp_path, data + bytes(3 << 20)) == expected
    cut = identity_of(tmp_path, data[: page + 40])
    assert 0 < cut.format.payload_bytes < expected.format.payload_bytes
    assert refusal_of(tmp_path, data[:58]) == "corrupt"  # the identification page alone
    assert refusal_of(tmp_path, data[:10] + b"\1" + data[11:]) == "corrupt"  # its checksum is wrong
    assert refusal_of(tmp_path, data[: page // page * 20]) == "unsupported"


@pytest.mark.parametrize("extension", ["ogg", "opus", "oga"])
def test_a_damaged_ogg_file_has_another_id_than_a_sound_one(tmp_path: Path, extension: str) -> None:
    data = make(tmp_path / f"a.{extension}", noise(3.0)).read_bytes()
    begins = [match.start() for match in re.finditer(b"OggS\0", data)]
    last, middle = begins[-1], begins[len(begins) // 2]
    flipped = bytearray(data)
    flipped[begins[1] + 40] ^= 1
    damaged = {
        "the last page again, with another sound": data + data[last : last + 26] + bytes(200),
        "all pages but the first again": data + data[begins[1] :],
        "the last page again": data + data[last:],
        "a page in the middle again, and cut short": data[:middle] + data[middle : middle + 300] + data[middle:],
        "the first page again": data[: begins[1]] + data,
        "the comment again": data[: begins[2]] + data[begins[1] :],
        "a wrong bit in the comment": bytes(flipped),
    }
    expected = identity_of(tmp_path, data).audio_id
    assert [what for what, data in damaged.items() if identity_of(tmp_path, data).audio_id == expected] == []


def test_ogg_with_video_is_identified_by_its_audio(tmp_path: Path) -> None:
    assert identify(str(torture("sample_length.oggtheora"))).format.codec == "vorbis"
    with pytest.raises(FileError):
        identify(str(torture("sample.oggtheora")))
    assert OggVorbis(make(tmp_path / "a.ogg")).info.sample_rate == 44100


# --- MP4 ---

CHUNKS = [[SAMPLES[:100], SAMPLES[100:250]], [SAMPLES[250:300]], [SAMPLES[300:333], SAMPLES[333:400], SAMPLES[400:401]]]


def test_mp4_id_follows_sizes_and_order_of_samples_in_the_track(tmp_path: Path) -> None:
    expected = identity_of(tmp_path, mp4_file(CHUNKS))
    assert expected.format.payload_bytes == 401
    assert (expected.format.codec, expected.format.sample_rate_hz, expected.format.channels) == ("aac", 44100, 2)
    joined = [[sample for chunk in CHUNKS for sample in chunk]]
    for same in (mp4_file(CHUNKS, physical_order=[2, 0, 1]), mp4_file(CHUNKS, wide=True), mp4_file(joined)):
        assert identity_of(tmp_path, same) == expected
    assert identity_of(tmp_path, mp4_file(CHUNKS[::-1])) != expected
    packets, other = [[b"ab", b"c"]], [[b"a", b"bc"]]
    assert identity_of(tmp_path, mp4_file(packets)) != identity_of(tmp_path, mp4_file(other))
    even = [[b"ab", b"cd"], [b"ef"]]
    assert identity_of(tmp_path, mp4_file(even, uniform=True)) == identity_of(tmp_path, mp4_file(even))


@pytest.mark.parametrize("extension", ["m4a", "m4b"])
def test_mp4_keeps_its_id_when_reordered_or_fragmented(tmp_path: Path, extension: str) -> None:
    y = noise(3.0)
    plain = identify(str(make(tmp_path / f"a.{extension}", y)))
    moved = identify(str(make(tmp_path / f"b.{extension}", y, options={"movflags": "faststart"})))
    path = make(
        tmp_path / f"c.{extension}", y, options={"movflags": "frag_keyframe+empty_moov", "frag_duration": "500000"}
    )
    fragments = identify(str(path))
    assert moved == plain
    assert (fragments.audio_id, fragments.format) == (plain.audio_id, plain.format)


def test_mp4_descriptions_give_codec_rate_and_channels(tmp_path: Path) -> None:
    def described(**changes: object) -> tuple[str, int, int]:
        found = identity_of(tmp_path, mp4_file(CHUNKS, entry=mp4a_entry(**changes))).format  # type: ignore[arg-type]
        return found.codec, found.sample_rate_hz, found.channels

    assert described(config=b"\x12\x08") == ("aac", 44100, 1)  # the configuration knows better than the entry
    assert described(config=b"\x11\x90", rate=0) == ("aac", 48000, 2)
    assert described(config=b"\x12\x38") == ("aac", 44100, 8)
    assert described(config=b"", channels=6) == ("aac", 44100, 6)
    assert described(object_type=0x6B) == ("mp3", 44100, 2)
    assert described(object_type=0xA5) == ("ac3", 44100, 2)
    entry = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHII", 2, 16, 0, 48000 << 16)
    found = identity_of(tmp_path, mp4_file(CHUNKS, entry=box(b"ac-3", entry, box(b"dac3", b"abc"))))
    assert found.format.codec == "ac3"
    quicktime = entry[:8] + b"\0\1" + entry[10:] + bytes(16)
    esds = mp4a_entry()[36:]
    found = identity_of(
        tmp_path, mp4_file(CHUNKS, entry=box(b"mp4a", quicktime, box(b"wave", box(b"frma", b"mp4a"), esds)))
    )
    assert (found.format.codec, found.format.sample_rate_hz) == ("aac", 48000)


def test_wrong_mp4_tables_are_refused_or_bounded(tmp_path: Path) -> None:
    data = mp4_file(CHUNKS)
    for name in (b"stsd", b"stsz", b"stsc", b"stco", b"stbl", b"mdia", b"trak"):
        kind = refusal_of(tmp_path, data.replace(name, b"XXXX"))
        assert kind in ("corrupt", "unsupported")
    assert refusal_of(tmp_path, mp4_file(CHUNKS, handler=b"vide")) in ("corrupt", "unsupported")
    rows = data.index(b"stts") + 8
    absurd = data[:rows] + struct.pack(">III", 1, 0xFFFFFFFF, 0xFFFFFFFF) + data[rows + 12 :]
    assert identity_of(tmp_path, absurd).audio_id != identity_of(tmp_path, data).audio_id
    # A million chunks on the same bytes: never more than the file is long.
    huge = mp4_file([[SAMPLES[:2000]]] * 3)
    table = huge.index(b"stco") + 12
    offset = huge[table : table + 4]
    huge = huge[:table] + offset * 3 + huge[table + 12 :]
    assert identity_of(tmp_path, huge).format.payload_bytes <= len(huge)
    sizes = data.index(b"stsz") + 8
    lying = data[:sizes] + struct.pack(">II", 0, 0xFFFFFFFF) + data[sizes + 8 :]
    assert identity_of(tmp_path, lying).format.payload_bytes > 0


def test_mp4_with_an_impossible_number_of_samples_is_refused(tmp_path: Path) -> None:
    rows = (1 << 24) + 1
    size = 20 + 4 * rows
    head = struct.pack(">I4s4xII", size, b"stsz", 0, rows)
    parents = ((b"stbl", box(b"stsd", struct.pack(">II", 0, 1), mp4a_entry())), (b"minf", b""))
    parents += ((b"mdia", box(b"hdlr", bytes(8), b"soun", bytes(12))), (b"trak", b""), (b"moov", b""))
    for name, before in parents:
        size += 8 + len(before)
        head = struct.pack(">I4s", size, name) + before + head
    head = box(b"ftyp", b"M4A \0\0\0\0") + head
    with (tmp_path / "a").open("wb") as file:
        file.write(head)
        file.truncate(len(head) + 4 * rows)  # sparse: no disk is filled
    with pytest.raises(FileError, match="sample table") as caught:
        identify(str(tmp_path / "a"))
    assert caught.value.kind == "corrupt"


# --- Headers of single codecs ---


def test_wavpack_headers_give_rate_channels_and_bits(tmp_path: Path) -> None:
    def block(flags: int, items: bytes = b"") -> bytes:
        body = items + bytes(50)
        return b"wvpk" + struct.pack("<IHBBIIIII", 24 + len(body), 0x410, 0, 0, 99, 0, 99, flags, 0) + body

    rate_44100, rate_other = 9 << 23, 15 << 23
    surround = block(rate_44100 | 1 | 1 << 11) + block(rate_44100 | 1 | 4) + block(rate_44100 | 1 | 1 << 12)
    found = identity_of(tmp_path, surround).format
    assert (found.sample_rate_hz, found.channels, found.bits) == (44100, 5, 16)
    odd = identity_of(tmp_path, block(rate_other | 3 << 11, b"\x67\x02" + (37000).to_bytes(3, "little") + b"\0")).format
    assert odd.sample_rate_hz == 37000
    assert refusal_of(tmp_path, block(rate_other | 3 << 11)) == "corrupt"


# --- By PyAV and soundfile ---


def test_formats_read_only_by_pyav_are_identified_by_payload(tmp_path: Path) -> None:
    w64 = identify(str(make(tmp_path / "a.w64")))
    caf = identify(str(make(tmp_path / "a.caf")))
    assert (w64.format.codec, w64.format.bits, w64.format.payload_bytes) == ("pcm", 16, 44100 * 4)
    assert (caf.format.codec, caf.format.bits, caf.format.payload_bytes) == ("pcm", 24, 44100 * 6)
    matroska = identify(str(make(tmp_path / "a.mka")))
    assert matroska.format.codec == "flac"
    assert not matroska.whole_file
    assert matroska.audio_id.startswith("a1-")


def test_formats_that_only_soundfile_reads_are_hashed_whole(tmp_path: Path) -> None:
    path = make(tmp_path / "a.paf")
    found = identify(str(path))
    assert found.whole_file
    assert found.audio_id.startswith("a1-")
    assert (found.format.codec, found.format.payload_bytes) == ("pcm", path.stat().st_size)
    assert refusal_of(tmp_path, b" paf" + bytes(9)) == "unsupported"
    make(tmp_path / "empty.paf", np.zeros((0, 2), np.float32))
    with pytest.raises(FileError, match="no audio"):
        identify(str(tmp_path / "empty.paf"))


def test_file_with_a_broken_frame_is_flagged_as_damaged(tmp_path: Path) -> None:
    def flags(path: Path) -> list[str]:
        with open_audio(str(path)) as stream:
            deque(stream.blocks(), maxlen=0)
            return stream.flags

    flac, ogg = (make(tmp_path / f"a.{extension}", noise(3.0)) for extension in ("flac", "ogg"))
    assert (flags(flac), flags(ogg)) == ([], [])
    data = flac.read_bytes()
    frames = data[len(data) - identify(str(flac)).format.payload_bytes :]
    flac.write_bytes(b"fLaC\0\0\0\x22" + data[8:42] + b"\x81\0\x10\0" + bytes(4101) + frames)
    assert flags(flac) == ["damaged"]
    data = ogg.read_bytes()
    *_, third, second, last = (match.start() for match in re.finditer(b"OggS\0", data))
    wrong = {
        "repeated": data + data[last:],
        "missing": data[:second] + data[last:],
        "cut": data[:-3],
        "swapped": data[:third] + data[second:last] + data[third:second] + data[last:],
    }
    for name, page in wrong.items():
        ogg.write_bytes(page)
        assert (name, flags(ogg)) == (name, ["damaged"])

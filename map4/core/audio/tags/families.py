"""Read the tag formats through mutagen, with common field names."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from mutagen import MutagenError
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.flac import FLAC
from mutagen.id3 import ID3, ID3Tags
from mutagen.id3._id3v1 import find_id3v1
from mutagen.mp4 import MP4Tags
from mutagen.mp4._atom import AtomError, Atoms
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggtheora import OggTheora
from mutagen.oggvorbis import OggVorbis

from map4.core.audio.chunks import FILE_HEADER_BYTES, ReadAt, chunks, inner_id3
from map4.core.audio.magic import HEAD_BYTES, container_of
from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_leading_tags, trailing_tags
from map4.core.audio.tags.long_id3 import FRAMES, shortened_id3
from map4.core.audio.tags.names import ASF_NAMES, COMMENT_NAMES, ID3_NAMES, INFO_NAMES, MP4_NAMES, short_name
from map4.core.audio.tags.values import is_linear_popm

PICTURE = "picture"
Fields = dict[str, list[str]]
"""Raw texts by the names of `map4.core.music.track.tags.Tags`; ratings as "scale:number", and if there is a picture."""

# mutagen documents MutagenError, but its parsers also raise these for damaged files.
BROKEN = (
    MutagenError, AtomError, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError,
    AssertionError, NotImplementedError, RecursionError, struct.error, zlib.error,
)  # fmt: skip

# Readers by kind of tag; mutagen is only partly typed, hence the table of plain callables.
OPEN: Mapping[str, Callable[..., Any]] = {
    "id3": ID3, "flac": FLAC, "ape": APEv2, "asf": ASF,
    "mp4": MP4Tags, "atoms": Atoms,
}  # fmt: skip
# Sound before picture if an Ogg file contains both.
_OGG_KINDS: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x01vorbis", OggVorbis),
    (b"OpusHead", OggOpus),
    (b"\x7fFLAC", OggFLAC),
    (b"Speex   ", OggSpeex),
    (b"\x80theora", OggTheora),
)

_LONGEST_ID3_BYTES = 64 << 20  # some tags contain pictures of tens of megabytes; larger sizes are wrong
_LONGEST_INFO_BYTES = 1 << 20
_MP4_DATA_BYTES = 16
_MP4_UTF16 = bytes((0, 0, 0, 2))  # the type of MP4 data that is text in UTF-16; the usual type 1 is UTF-8
_DSDIFF_HEADER_BYTES, _LONG_CHUNK_HEADER_BYTES = 16, 12

ONE_VALUE = frozenset({
    "year", "track", "disc_number", "bpm", "key", "isrc", "recording_id", "acoustid", "energy", "gain", "peak",
    "album_gain", "album_peak", "opus_gain", "opus_album_gain", "sound_check", "rating", "advisory",
    "movement_number",
})  # fmt: skip
"""Fields that take the first meaningful text: `BPM=0` does not hide `TEMPO=127.5`."""

# Comments that programs write for their own use: iTunes' levels and gapless data, fields of MediaMonkey and MusicMatch.
_MASTER = 1  # the channel of all channels, in RVA2
_TECHNICAL_COMMENTS = ("itun", "songs-db_", "musicmatch_", "id3v1", "replaygain", "xmp", "serato", "engine")


def read_fields(source: AudioSource) -> Fields:
    """Read every tag of an open file."""
    readers = _readers(source)
    fields: Fields = {}
    with source.buffered() as file:
        for read in readers:
            try:
                file.seek(0)
                values_by_name = read(file)
            except BROKEN:
                continue
            for name, values in values_by_name.items():
                if name in ONE_VALUE:
                    fields.setdefault(name, []).extend(values)
                elif any(value.strip() for value in values):
                    fields.setdefault(name, values)
    return fields


def container_behind_tags(source: AudioSource) -> tuple[str, int]:
    """Return the container's name, empty if unknown, and its start after leading tags."""
    start = skip_leading_tags(source)
    container = container_of(source.read(start, HEAD_BYTES))
    return "" if container is None else container.name, start


def _readers(source: AudioSource) -> tuple[Callable[[BinaryIO], Fields], ...]:
    name, start = container_behind_tags(source)
    if name in DEMUXED:
        return (lambda _: _read_demuxed(source),)
    if name == "mp4":
        return (lambda file: _read_mp4(file, source),)
    first, *others = (_READERS_BEHIND_A_TAG if start > 0 else _READERS).get(name, (_read_id3, _read_ape, _read_id3v1))
    spans = trailing_tags(source, start) if _read_ape in others else ()
    tails = [source.read(at, min(stop - at, _LONGEST_ID3_BYTES)) for at, stop in spans if source.read(at, 3) == b"ID3"]
    # Tags of version 2.4 may be appended, with a footer.
    return (first, *(lambda _, tail=tail: _read_id3(io.BytesIO(tail)) for tail in tails), *others)


def _read_id3(file: BinaryIO) -> Fields:
    tags = OPEN["id3"](shortened_id3(file), known_frames=FRAMES, load_v1=False, translate=False)
    # mutagen then drops years in other forms than four digits.
    dates = {
        name: [str(text) for frame in tags.getall(name.upper()) for text in frame.text] for name in ("tyer", "tory")
    }
    # mutagen writes the day 12-05-2021 to version 2.3 as the year 0012 and the date 202105.
    days = (str(text) for frame in tags.getall("TDAT") for text in frame.text)
    dates["tyer"] += [day[:4] for day in days if len(day) == len("202105")]
    tags.update_to_v24()
    return _from_id3(tags, dates)


def _read_id3v1(file: BinaryIO) -> Fields:
    frames, _ = find_id3v1(file)  # type: ignore[no-untyped-call]
    tags = ID3Tags()  # type: ignore[no-untyped-call]
    for frame in (frames or {}).values():
        tags.add(frame)  # type: ignore[no-untyped-call]
    return _from_id3(tags)


def _read_inner_id3(file: BinaryIO) -> Fields:
    return _read_id3(inner_tag(file))


def inner_tag(file: BinaryIO) -> BinaryIO:
    """Return the ID3 tag inside a WAV, AIFF or DSF file; empty if there is none."""
    read = _reader(file)
    tag = inner_id3(read, 0)
    return io.BytesIO(b"" if tag is None else read(tag.start, min(max(0, tag.size), _LONGEST_ID3_BYTES)))


def _reader(file: BinaryIO) -> ReadAt:
    def read(position: int, count: int) -> bytes:
        file.seek(position)
        return file.read(count)

    return read


def _from_id3(tags: Any, dates: Mapping[str, list[str]] | None = None) -> Fields:
    texts: Fields = {**(dates or {})}
    comments: Fields = {}
    ratings: list[str] = []
    gains: list[str] = []
    album_gains: list[str] = []
    for frame in () if tags is None else tags.values():
        # A damaged frame may lack any of its parts.
        values = [str(text) for text in getattr(frame, "text", None) or ()]
        name = str(getattr(frame, "desc", "")).strip("\0 ").lower()
        if frame.FrameID == "POPM":
            scale = "linear" if is_linear_popm(str(getattr(frame, "email", ""))) else "popm"
            ratings.append(f"{scale}:{getattr(frame, 'rating', 0)}")
        elif frame.FrameID == "RVA2" and getattr(frame, "channel", 0) == _MASTER:
            into = album_gains if name == "album" else gains
            into.insert(0 if name == "track" else len(into), str(getattr(frame, "gain", "")))
        elif frame.FrameID == "COMM":
            comments.setdefault(name, []).extend(values)
        elif frame.FrameID == "TXXX":
            texts.setdefault(f"txxx:{name}", []).extend(values)
        elif frame.FrameID == "UFID":
            owner = str(getattr(frame, "owner", "")).strip("\0 ").lower()
            texts[f"ufid:{owner}"] = [bytes(getattr(frame, "data", b""))[:100].decode("ascii", "replace").strip("\0 ")]
        elif frame.FrameID == "TIPL":
            for person in getattr(frame, "people", ()):
                texts.setdefault(f"tipl:{str(person[0]).strip().lower()}", []).append(str(person[-1]))
        elif frame.FrameID.startswith(("T", "GRP1", "MVNM", "MVIN")):
            texts.setdefault(frame.FrameID.lower(), []).extend(values)
    if "tit1" in texts and not texts.keys().isdisjoint(("grp1", "mvnm", "mvin")):  # as iTunes writes it
        texts.setdefault("txxx:work", texts["tit1"])
    fields = _pick(ID3_NAMES, texts)
    others = texts.get("txxx:comment", []) or comments.get("id3v1 comment", [])  # the first is FFmpeg's
    own = [text for name, values in comments.items() if not name.startswith(_TECHNICAL_COMMENTS) for text in values]
    fields["comment"] = comments.get("") or own or others
    fields["rating"] = ratings + _ratings(texts, "txxx:")
    fields["gain"] = fields.get("gain") or gains
    fields["album_gain"] = fields.get("album_gain") or album_gains
    fields["sound_check"] = comments.get("itunnorm", [])
    return fields | _picture(tags is not None and bool(tags.getall("APIC")))


def _picture(is_there: bool) -> Fields:
    return {PICTURE: ["1"]} if is_there else {}


def _read_flac(file: BinaryIO) -> Fields:
    flac = OPEN["flac"](file)
    return _from_comments(flac.tags) | _picture(bool(flac.pictures))


def open_ogg(file: BinaryIO) -> Any:
    """Open an Ogg file with mutagen's class for its codec."""
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    return next((read for magic, read in _OGG_KINDS if magic in head), _OGG_KINDS[0][1])(file)


def _from_comments(tags: Iterable[tuple[str, str]] | None) -> Fields:
    """Read Vorbis comments: pairs of name and value; names may repeat."""
    texts: Fields = {}
    for name, value in tags or ():
        texts.setdefault(name.lower(), []).append(value)
    fields = _pick(COMMENT_NAMES, texts)
    fields["rating"] = _ratings(texts)
    # Quod Libet and Banshee name the listener: RATING:me@example.org=0.8
    fields["rating"] += [text for name in texts if name.startswith("rating:") for text in _scaled("unit", texts[name])]
    return fields | _picture(any(name in texts for name in ("metadata_block_picture", "coverart")))


def _read_ape(file: BinaryIO) -> Fields:
    tags = OPEN["ape"](file)
    texts = {name.lower(): list(value) for name, value in tags.items() if value.kind == 0}  # 0: text
    is_shown = any(name.lower().startswith("cover art") for name in tags)
    return _pick(COMMENT_NAMES, texts) | {"rating": _ratings(texts)} | _picture(is_shown)


def _read_mp4(file: BinaryIO, source: AudioSource) -> Fields:
    # Without mutagen's MP4, which refuses the tags of a file whose audio it doesn't understand.
    atoms = OPEN["atoms"](file)
    has_keys = b"moov.udta.meta.keys" in atoms
    fields = _from_ilst(OPEN["mp4"](atoms, file)) if b"moov.udta.meta.ilst" in atoms and not has_keys else {}
    around = [atom.name for atom in atoms[b"moov.udta"].children or ()] if b"moov.udta" in atoms else []
    if has_keys or b"moov.meta" in atoms or any(name.startswith(b"\xa9") for name in around):
        # QuickTime's tags, and those with a table of names.
        fields = _read_demuxed(source) | {name: texts for name, texts in fields.items() if texts}
    return fields


def _from_ilst(tags: Any) -> Fields:
    texts: Fields = {}
    for name, values in (*tags.items(), *utf16_texts(tags)):
        if isinstance(values, list):
            texts.setdefault(short_name(name), []).extend(filter(None, map(_mp4_text, values)))
    ratings = _ratings(texts, "----:") + _scaled("plain", texts.get("rate", ()))
    return _pick(MP4_NAMES, texts) | {"rating": ratings} | _picture(bool(tags.get("covr")))


def utf16_texts(tags: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the names and texts of MP4 atoms in UTF-16, which mutagen only keeps as bytes."""
    for name, atoms in getattr(tags, "_failed_atoms", {}).items():
        yield name, [text for atom in atoms for text in _utf16_data(atom)]


def _utf16_data(atom: bytes) -> Iterator[str]:
    at = 0
    while len(head := atom[at : at + _MP4_DATA_BYTES]) == _MP4_DATA_BYTES:
        size = max(int.from_bytes(head[:4], "big"), _MP4_DATA_BYTES)
        if head[4:12] == b"data" + _MP4_UTF16:
            yield atom[at + _MP4_DATA_BYTES : at + size].decode("utf-16-be", "replace").lstrip("\ufeff")
        at += size


def _mp4_text(value: object) -> str:
    if isinstance(value, tuple):  # track or disc number, and the total
        return str(value[0]) if value else ""
    if isinstance(value, bytes):
        codec = "utf-16-be" if getattr(value, "dataformat", None) == _MP4_UTF16[-1] else "utf-8"
        return bytes(value[: 1 << 16]).decode(codec, "replace")
    return str(value)


def _read_asf(file: BinaryIO) -> Fields:
    texts: Fields = {}
    for name, attribute in OPEN["asf"](file).tags or ():
        value = getattr(attribute, "value", attribute)
        if name.lower() == "wm/picture":
            texts[PICTURE] = ["1"]
        elif isinstance(value, (str, int)):
            texts.setdefault(name.lower(), []).append(str(value))
    ratings = _scaled("wm", texts.get("wm/shareduserrating", ())) + _scaled("unit", texts.get("fmps/rating", ()))
    return _pick(ASF_NAMES, texts) | {"rating": ratings} | _picture(PICTURE in texts)


def _read_info(file: BinaryIO) -> Fields:
    """Read the LIST INFO chunks of WAV files, which mutagen does not support; their encoding is not stated."""
    read, texts = _reader(file), Fields()
    for chunk in chunks(read, FILE_HEADER_BYTES, "little"):
        if chunk.name == b"LIST" and read(chunk.start, 4) == b"INFO":
            body = read(chunk.start + 4, min(max(0, chunk.size - 4), _LONGEST_INFO_BYTES))
            for part in chunks(lambda at, count, body=body: body[at : at + count], 0, "little"):  # type: ignore[misc]
                text = body[part.start : part.start + part.size].split(b"\0")[0]
                texts.setdefault(part.name.decode("latin-1").lower(), []).append(_guess_encoding(text))
    return _pick(INFO_NAMES, texts)


def _read_aiff_texts(file: BinaryIO) -> Fields:
    """Read the text chunks of AIFF (1.3, section "Text Chunks")."""
    read, texts = _reader(file), Fields()
    for chunk in chunks(read, FILE_HEADER_BYTES, "big"):
        if chunk.name in (b"NAME", b"AUTH", b"ANNO"):
            text = read(chunk.start, min(max(0, chunk.size), _LONGEST_INFO_BYTES)).split(b"\0")[0]
            texts.setdefault(chunk.name.decode().lower(), []).append(_guess_encoding(text))
    return _pick({"title": ("name",), "artist": ("auth",), "comment": ("anno",)}, texts)


def _read_dsdiff(file: BinaryIO) -> Fields:
    """Read the ID3 tag of a DSDIFF file; else title and artist of its edited master (DSDIFF 1.5, section 3.3)."""
    read, texts, tag = _reader(file), Fields(), b""
    for name, start, size in _long_chunks(read, _DSDIFF_HEADER_BYTES):
        if name == b"ID3 ":
            tag = read(start, min(size, _LONGEST_ID3_BYTES))
        elif name == b"DIIN":
            body = read(start, min(size, _LONGEST_INFO_BYTES))
            for inner, at, length in _long_chunks(lambda at, count: body[at : at + count], 0):  # noqa: B023
                texts[inner.decode("latin-1").lower()] = [_guess_encoding(body[at + 4 : at + length])]
    fields = _read_id3(io.BytesIO(tag)) if tag else {}
    return _pick({"title": ("diti",), "artist": ("diar",)}, texts) | {
        name: text for name, text in fields.items() if text
    }


def _long_chunks(read: ReadAt, position: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and size of chunks with sizes of eight bytes."""
    while len(head := read(position, _LONG_CHUNK_HEADER_BYTES)) == _LONG_CHUNK_HEADER_BYTES:
        start, size = position + _LONG_CHUNK_HEADER_BYTES, int.from_bytes(head[4:], "big")
        yield head[:4], start, size
        position = start + size + (size & 1)


def _read_demuxed(source: AudioSource) -> Fields:
    """Read tags that only FFmpeg supports: Matroska, WebM, CAF and others."""
    from map4.core.audio.identity.demux import stated_tags  # imports PyAV

    named = ((name.lower().removeprefix("com.apple.quicktime."), value) for name, value in stated_tags(source))
    return _from_comments((_DEMUXED_NAMES.get(name, name), value) for name, value in named)


def _guess_encoding(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")  # cleaning reads it as Windows-1252


def _pick(names: Mapping[str, tuple[str, ...]], texts: Mapping[str, list[str]]) -> Fields:
    """Return for each field the texts of the first name that has any; for `ONE_VALUE`, those of all names, in order."""
    fields: Fields = {}
    for field, candidates in names.items():
        matches = [texts[name] for name in candidates if any(text.strip() for text in texts.get(name, ()))]
        fields[field] = [text for texts in (matches if field in ONE_VALUE else matches[:1]) for text in texts]
    return fields


def _ratings(texts: Fields, before: str = "") -> list[str]:
    return _scaled("unit", texts.get(f"{before}fmps_rating", ())) + _scaled("plain", texts.get(f"{before}rating", ()))


def _scaled(scale: str, texts: Iterable[str]) -> list[str]:
    return [f"{scale}:{text.strip()}" for text in texts]


DEMUXED = frozenset({"matroska", "caf", "au", "realmedia", "w64"})
"""Containers whose tags only FFmpeg supports."""
# Names of Matroska and CAF by comment names. FFmpeg prefixes Matroska's names with the target.
_DEMUXED_NAMES = {
    "album/title": "album", "album/artist": "albumartist", "album_artist": "albumartist", "date_released": "date",
    "album/date_released": "date", "date_recorded": "date", "part_number": "tracknumber", "author": "artist",
    "track number": "tracknumber", "key signature": "key", "comments": "comment", "album/label": "label",
    "album/catalog_number": "catalognumber", "record label": "label",
}  # fmt: skip
# By the names of `map4.core.audio.magic`; all other containers may have ID3 and APEv2.
_READERS_BEHIND_A_TAG: Mapping[str, tuple[Callable[[BinaryIO], Fields], ...]] = {
    "flac": (_read_flac, _read_id3, _read_ape, _read_id3v1),
    **dict.fromkeys(("ape", "wavpack", "tta", "musepack", "tak"), (_read_ape, _read_id3, _read_id3v1)),
}
_READERS = {
    **_READERS_BEHIND_A_TAG,
    "flac": (_read_flac, _read_ape),
    "ogg": (lambda file: _from_comments(open_ogg(file).tags),),
    "wav": (_read_inner_id3, _read_info),
    "aiff": (_read_inner_id3, _read_aiff_texts),
    "dsf": (_read_inner_id3,),
    "dff": (_read_dsdiff,),
    "asf": (_read_asf,),
}

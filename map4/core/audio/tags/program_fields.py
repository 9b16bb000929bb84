"""Private data of DJ programs in a file's tags: bytes by name, not parsed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from mutagen.id3 import GEO, GEOB

from map4.core.audio.source import AudioSource
from map4.core.audio.tags.families import BROKEN, OPEN, container_behind_tags, inner_tag, open_ogg
from map4.core.audio.tags.long_id3 import shortened_id3
from map4.errors import FileError

_Fields = Iterator[tuple[str, bytes]]


def read_program_fields(path: str, word: str) -> dict[str, bytes]:
    """Return the fields of a file's tags with a program's word in their name, in any kind of tag.

    word: lower case, such as "serato"
    returns: By name in lower case: objects of ID3 by their description ("serato markers2"), comments of FLAC and Ogg
        and atoms of MP4 by their own names. Empty for an unreadable file; scanning the same file reports why.
    """
    try:
        with AudioSource(path) as source:
            name, _ = container_behind_tags(source)
            with source.buffered() as file:
                return {name: data for name, data in _READERS.get(name, _id3)(file) if word in name}
    except (FileError, *BROKEN):
        return {}


def _id3(file: BinaryIO) -> _Fields:
    # Frames of other kinds are not parsed, which halves the time.
    for frame in OPEN["id3"](shortened_id3(file), known_frames={"GEOB": GEOB, "GEO": GEO}).getall("GEOB"):
        yield str(getattr(frame, "desc", "")).strip("\0 ").lower(), bytes(getattr(frame, "data", b""))


def _comments(tags: Any) -> _Fields:
    for name, value in tags or ():
        yield name.lower(), value.encode("utf-8", "surrogateescape")


def _atoms(file: BinaryIO) -> _Fields:
    for name, values in OPEN["mp4"](OPEN["atoms"](file), file).items():
        if name.startswith("----:") and values:
            yield name.lower(), bytes(values[0])


# By the names of `map4.core.audio.magic`; all other containers may have ID3.
_READERS: Mapping[str, Callable[[BinaryIO], _Fields]] = {
    "flac": lambda file: _comments(OPEN["flac"](file).tags),
    "ogg": lambda file: _comments(open_ogg(file).tags),
    "mp4": _atoms,
    **dict.fromkeys(("wav", "aiff", "dsf"), lambda file: _id3(inner_tag(file))),
}

"""What a file is called where it is shown, printable anywhere, and in a command for a shell."""

from __future__ import annotations

import base64
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

MOST_NAMED = 3
"""So many paths are named in one message."""
_MOST_LETTERS = 80


def display_path(path: str) -> str:
    """A path as text that can be printed anywhere: what is not UTF-8 is replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def display_paths(paths: Sequence[str]) -> str:
    """The first of some paths as such text, and a sign where there are more."""
    return ", ".join(map(display_path, paths[:MOST_NAMED])) + (" …" if paths[MOST_NAMED:] else "")


def file_stem(text: str, otherwise: str) -> str:
    """What a file may be called after some text, on any system; `otherwise` where nothing of it is left."""
    kept = (one if one.isalnum() or one in " -_" else "_" for one in text)
    return "".join(kept)[:_MOST_LETTERS].strip() or otherwise


def path_fields(path: str) -> dict[str, str]:
    """`path` as text, and `path_bytes` (base64) only where text can't say it."""
    text = display_path(path)
    if os.fsencode(path) == text.encode("utf-8"):
        return {"path": text}
    return {"path": text, "path_bytes": base64.b64encode(os.fsencode(path)).decode("ascii")}


def path_of_fields(record: Mapping[str, Any]) -> str:
    """The path that `path_fields` wrote."""
    if (said := record.get("path_bytes")) is not None:
        return os.fsdecode(base64.b64decode(said))
    path: str = record["path"]
    return path


def caption(artist: str | None, title: str | None, path: str) -> str:
    """Artist and title, or the name of the file where the tags have none."""
    if not title:
        return os.path.basename(path)
    return f"{artist} – {title}" if artist else title


_DISC_FOLDER = re.compile(r"(?:cd|dis[ck])[ _-]*\d{1,2}", re.IGNORECASE)


def is_disc_folder(name: str) -> bool:
    """Whether a folder is named as one disc of an album is: `CD 1`, `Disc 02`."""
    return _DISC_FOLDER.fullmatch(name) is not None


def quoted(word: str) -> str:
    """A word for a shell, on one line, with nothing in it that a terminal would obey.

    A name that is no UTF-8 or has other signs than visible ones takes the form $'...', which bash, zsh and ksh read
    byte by byte.
    """
    raw = os.fsencode(word)
    if raw == display_path(word).encode() and word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(chr(c) if 32 <= c < 127 and chr(c) not in "'\\" else f"\\x{c:02x}" for c in raw) + "'"

"""File names for display, printable anywhere, and quoted for a shell."""

from __future__ import annotations

import base64
import os
import re
import shlex
import unicodedata
from collections.abc import Sequence

MOST_NAMED = 3
"""Maximum number of paths named in a message."""
_MOST_LETTERS = 80
_RESERVED = re.compile(r"^(con|prn|aux|nul|(com|lpt)[0-9¹²³])$", re.IGNORECASE)  # by Windows


def display_path(path: str) -> str:
    """A path as printable text: bytes that are not UTF-8 are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def display_paths(paths: Sequence[str]) -> str:
    """The first few paths as printable text, with a sign if there are more."""
    return ", ".join(map(display_path, paths[:MOST_NAMED])) + (" …" if paths[MOST_NAMED:] else "")


def file_stem(text: str, otherwise: str) -> str:
    """A file name from a text that is valid on any system; `otherwise` if nothing is left of it."""
    whole = unicodedata.normalize("NFC", text)
    # Marks are vowels in Thai and Hindi.
    letters = (letter if letter in " -_" or unicodedata.category(letter)[0] in "LMN" else "_" for letter in whole)
    return _RESERVED.sub(r"\g<0>_", "".join(letters)[:_MOST_LETTERS].strip() or otherwise)


def path_fields(path: str) -> dict[str, str]:
    """`path` as text, and `path_bytes` (base64) only if text can't represent it."""
    data, text = os.fsencode(path), display_path(path)
    if data == text.encode("utf-8"):
        return {"path": text}
    return {"path": text, "path_bytes": base64.b64encode(data).decode("ascii")}


def caption(artist: str | None, title: str | None, path: str) -> str:
    """Artist and title, or the file name if the tags have no title."""
    if not title:
        return os.path.basename(path)
    return f"{artist} – {title}" if artist else title


def command_line(*words: str) -> str:
    """A command for a shell, from its words."""
    return " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """A word quoted for a shell, on one line, without terminal control characters.

    A name that is not UTF-8 or has invisible characters takes the form $'...', which bash, zsh and ksh read byte by
    byte.
    """
    raw = os.fsencode(word)
    if raw == display_path(word).encode() and word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(chr(c) if 32 <= c < 127 and chr(c) not in "'\\" else f"\\x{c:02x}" for c in raw) + "'"

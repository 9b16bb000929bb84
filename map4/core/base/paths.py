"""Paths: given ones, addresses of libraries, names for display, quoted for a shell, and places of a user's files."""

from __future__ import annotations

import base64
import os
import re
import shlex
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from map4.errors import UsageError

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


PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]
"""Names a file, a folder or a track; a `Track` works as well."""
Paths = PathLike | Iterable[PathLike]
"""One path, or several."""
_REPLACED = "\N{REPLACEMENT CHARACTER}"


def path_text(path: PathLike) -> str:
    """A path as text; bytes are decoded like `os.fsdecode`."""
    if not isinstance(path, str | bytes | os.PathLike):
        raise UsageError(f"{path!r:.60} is no path; give a text, bytes or a Path")
    text = os.fsdecode(path)
    if not text:
        raise UsageError("an empty path names no file or folder; is a variable empty? The current folder is '.'")
    if "\0" in text:
        raise UsageError(f"{text!r} is not a path: it contains a NUL character")
    return text


def absolute_path(path: PathLike) -> str:
    """A path as the library stores it: absolute, `~` expanded, links kept, bytes decoded like `os.fsdecode`."""
    try:
        return os.path.abspath(os.path.expanduser(path_text(path)))
    except FileNotFoundError:
        raise UsageError("the current folder is gone; change to another folder") from None


def whole_path(path: str) -> str:
    """A path from an HTTP request, which must be absolute: the current and home folder of the server don't count."""
    if not os.path.isabs(path):
        raise UsageError(f"'{display_path(path)}' is not an absolute path; write it like /music/track.mp3")
    return absolute_path(path)


def as_paths(paths: PathLike | Iterable[PathLike]) -> list[PathLike]:
    """One path or several as a list; a single text is one path."""
    return [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)


def is_inside(path: str, folder: str) -> bool:
    """Whether a path is a folder or inside it, by name."""
    return path == folder or path.startswith(os.path.join(folder, ""))


def is_one_name(first: str, second: str) -> bool:
    """Whether two names that differ only in case or Unicode composition are the same file: the folder lists only one.

    File numbers don't help, as some disks return a new number each time.
    """
    if first == second or _folded(first) != _folded(second):
        return first == second
    while os.path.basename(first) == os.path.basename(second):
        first, second = os.path.dirname(first), os.path.dirname(second)
    try:
        listed = {entry for folder in {os.path.dirname(first), os.path.dirname(second)} for entry in os.listdir(folder)}
    except OSError:
        return True
    return not {os.path.basename(first), os.path.basename(second)} <= listed


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def known_names(paths: Iterable[PathLike], roots: Collection[str]) -> list[str]:
    """Distinct paths, with the folder names they were scanned under, if they are reached in another way.

    That is through a link, or in different case on a case-insensitive disk, where paths not scanned before get the name
    that the disk lists.
    """
    listed = ListedNames()
    return list(dict.fromkeys(known_name(listed.name(absolute_path(path)), roots) for path in paths))


def known_name(absolute: str, roots: Collection[str]) -> str:
    """The name of a path inside a scanned folder, if it is reached through a link or in different case."""
    if any(is_inside(absolute, root) for root in roots):
        return absolute
    real = os.path.realpath(absolute)
    for root in roots:
        real_root = os.path.realpath(root)
        if is_inside(real, real_root):
            return os.path.normpath(os.path.join(root, os.path.relpath(real, real_root)))
    for root in roots:
        folder = os.sep.join(absolute.split(os.sep)[: len(root.split(os.sep))])
        if is_one_name(folder, root) and os.path.exists(folder):
            return root + absolute[len(folder) :]
    return absolute


class ListedNames:
    """Paths as listed by the disk; each folder is listed once."""

    def __init__(self) -> None:
        self._entries: dict[str, frozenset[str]] = {}

    def name(self, path: str) -> str:
        """An absolute path with its parts as listed by their folders; missing parts are unchanged."""
        folder, parts = _parts_of(path)
        for given in parts:
            folder = os.path.join(folder, self._entry(folder, given))
        return folder

    def _entry(self, folder: str, given: str) -> str:
        if folder not in self._entries:
            try:
                self._entries[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._entries[folder] = frozenset()
        entries = self._entries[folder]
        if given in entries or not os.path.lexists(os.path.join(folder, given)):
            return given
        return min((entry for entry in entries if _folded(entry) == _folded(given)), default=given)


def _parts_of(path: str) -> tuple[str, Sequence[str]]:
    """The root of an absolute path, and its parts below."""
    from pathlib import PurePath  # `map4 --help` needs none

    named = PurePath(path)
    return named.anchor, named.relative_to(named.anchor).parts


def named_on_disk(path: str) -> str:
    """Return the path on disk of a shown path, where a name on disk is not UTF-8; the first if several match."""
    if _REPLACED not in path or os.path.lexists(path):
        return path
    folder, parts = _parts_of(path)
    for part in parts:
        folder = os.path.join(folder, _entry(folder, part) if _REPLACED in part else part)
    return folder


def _entry(folder: str, shown: str) -> str:
    try:
        return min((entry for entry in os.listdir(folder) if display_path(entry) == shown), default=shown)
    except OSError:
        return shown


_SCHEMES = ("postgresql://", "postgres://")
_HIDDEN = "***"
_OPTION = "--library="
# A well-formed address; in anything else it is unclear where a password begins.
_ADDRESS = re.compile(
    r"postgres(?:ql)?://(?:([\w.~%+-]*)(:[^@/?#]*)?@)?((?:[\w.-]+|\[[0-9A-Fa-f:.]+\])?(?::\d+)?)(/[^@?#:]*)?(\?[^@]*)?"
)


def is_database(library: object) -> bool:
    """Whether a library is a database address and not a file."""
    return isinstance(library, str) and library.startswith(_SCHEMES)


def shown_address(address: str) -> str:
    """A database address for display: without its password, or anything that may contain it."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return f"postgresql://{_HIDDEN}"
    user, _, place, name, _ = match.groups("")
    return f"postgresql://{f'{user}@' if user else ''}{place}{name}"


def shown_argument(argument: str) -> str:
    """A command-line argument for display and copying: unchanged unless it contains a password.

    argument: may be an address after `--library=`
    """
    address = argument.removeprefix(_OPTION)
    if not is_database(address):
        return argument
    match = _ADDRESS.fullmatch(address)
    has_none = match is not None and not match[2] and "password" not in (match[5] or "").lower()
    return argument if has_none else argument[: -len(address)] + shown_address(address)


def user_file(kind: Literal["cache", "config", "data"], *names: str) -> str:
    """A file in map4's own folder of a kind, or in folders below it."""
    import platformdirs

    return str(getattr(platformdirs, f"user_{kind}_path")("map4", appauthor=False).joinpath(*names))

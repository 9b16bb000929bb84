"""The audio files that a name on the command line stands for: a file, a folder, a playlist."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from map4.app.ports import WalkOptions
from map4.errors import UsageError
from map4.infra.files import AUDIO_EXTENSIONS, DiskFiles

PLAYLIST_EXTENSIONS = frozenset({"m3u", "m3u8"})

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Longer is no list of names but something else with a wrong suffix.
MOST_PLAYLIST_BYTES = 10_000_000


def named_files(path: str) -> list[str]:
    """Open folders and playlists.

    Parameters
    ----------
    path : absolute; a file (whatever its suffix), a folder (its audio files, sub-folders included, by path), or an
        .m3u or .m3u8 playlist (its entries in order, whether they are there or not)

    Raises
    ------
    UsageError
        If a playlist can't be read.
    """
    if os.path.isdir(path):
        walk = DiskFiles().walk([path], WalkOptions(extensions=frozenset(AUDIO_EXTENSIONS)))
        return sorted(found.path for found in walk)
    if os.path.splitext(path)[1].lower().lstrip(".") in PLAYLIST_EXTENSIONS:
        return list(_entries(path))
    return [path]


def _entries(playlist: str) -> Iterator[str]:
    try:
        with open(playlist, "rb") as file:
            content = file.read(MOST_PLAYLIST_BYTES)
    except OSError as error:
        raise UsageError(f"the playlist {playlist} can't be read: {error.strerror}") from None
    folder = os.path.dirname(playlist)
    for line in content.removeprefix(_BYTE_ORDER_MARK).splitlines():
        name = line.strip()
        if name and not name.startswith(b"#") and b"\0" not in name:
            yield _located(name, folder)


def _located(name: bytes, folder: str) -> str:
    """The file an entry means; where none of its readings is there, the plainest."""
    text = os.fsdecode(name)
    readings = [text]
    if text.lower().startswith("file:"):
        readings = [unquote(urlsplit(text).path, errors="surrogateescape")]
    else:
        # Older players wrote .m3u in the Windows code page; and Windows separates folders its own way.
        readings += [name.decode("cp1252", "replace"), text.replace("\\", "/")]
    paths = [os.path.abspath(os.path.join(folder, reading)) for reading in readings]
    return next((path for path in paths if os.path.exists(path)), paths[0])

"""What a file is called where it is shown, printable anywhere."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence

MOST_NAMED = 3
"""So many paths are named in one message."""


def display_path(path: str) -> str:
    """A path as text that can be printed anywhere: what is not UTF-8 is replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def display_paths(paths: Sequence[str]) -> str:
    """The first of some paths as such text, and a sign where there are more."""
    return ", ".join(map(display_path, paths[:MOST_NAMED])) + (" …" if paths[MOST_NAMED:] else "")


def path_fields(path: str) -> dict[str, str]:
    """`path` as text, and `path_bytes` (base64) only where text can't say it."""
    text = display_path(path)
    if os.fsencode(path) == text.encode("utf-8"):
        return {"path": text}
    return {"path": text, "path_bytes": base64.b64encode(os.fsencode(path)).decode("ascii")}


def caption(artist: str | None, title: str | None, path: str) -> str:
    """Artist and title, or the name of the file where the tags have none."""
    if not title:
        return os.path.basename(path)
    return f"{artist} – {title}" if artist else title

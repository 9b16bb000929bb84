"""The analysis files of a track: `ANLZ0000.DAT`, `.EXT` and `.2EX`."""

from __future__ import annotations

from collections.abc import Container

from map4.extras.stick.records import StickTrack


def analysis_path(path: str, taken: Container[str] = ()) -> str:
    """The path of the .DAT on the stick, "/PIONEER/USBANLZ/P016/0000875E/ANLZ0000.DAT", which players derive too.

    path: of the audio file, from the root of the stick
    taken: paths of other tracks' .DAT, as two files may have the same hash
    """
    raise NotImplementedError


def analysis_files(track: StickTrack) -> dict[str, bytes]:
    """The files by suffix: ".DAT", ".EXT" and ".2EX"."""
    raise NotImplementedError

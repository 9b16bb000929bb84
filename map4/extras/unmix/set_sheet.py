"""CUE sheets of recorded sets, for players that read them next to the recording."""

from __future__ import annotations

import os
from typing import BinaryIO

from map4.base.paths import display_path
from map4.extras.unmix.records import Unmixed
from map4.extras.unmix.set_marks import set_marks
from map4.formats import one_line

_FRAMES_PER_S = 75
_TYPES = {"mp3": "MP3", "aif": "AIFF", "aiff": "AIFF"}
"""File types of a sheet; all formats that players must decode are WAVE."""


def write_sheet(made: Unmixed, out: BinaryIO, *, folder: str) -> int:
    """Write the CUE sheet of a set in UTF-8 and return its number of tracks.

    folder: directory of the sheet; a recording in the same directory is named without a path
    """
    inside = os.path.dirname(made.path) == folder
    shown = display_path(os.path.basename(made.path) if inside else made.path)
    suffix = os.path.splitext(made.path)[1].lower().lstrip(".")
    marks = set_marks(made)
    lines = ['REM COMMENT "map4 unmix"', f'FILE "{_quoted(shown)}" {_TYPES.get(suffix, "WAVE")}']
    for number, mark in enumerate(marks, start=1):
        lines += [f"  TRACK {number:02} AUDIO", f'    TITLE "{_quoted(mark.title)}"']
        if mark.artist is not None:
            lines.append(f'    PERFORMER "{_quoted(mark.artist)}"')
        lines.append(f"    INDEX 01 {_sheet_time(mark.at_s)}")
    out.write("".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace"))
    return len(marks)


def _quoted(text: str) -> str:
    """CUE sheets can't escape quotation marks."""
    return (one_line(text) or "").replace('"', "'")


def _sheet_time(at_s: float) -> str:
    """Minutes (unlimited), seconds and 75ths of a second."""
    seconds, frame = divmod(round(at_s * _FRAMES_PER_S), _FRAMES_PER_S)
    minute, second = divmod(seconds, 60)
    return f"{minute:02}:{second:02}:{frame:02}"

"""CUE sheets of recorded sets, for players that read them next to the recording."""

from __future__ import annotations

import os
from typing import BinaryIO

from map4.core.base.paths import display_path
from map4.extras.unmix.records import Unmixed
from map4.extras.unmix.set_marks import set_marks
from map4.formats import SheetTrack, write_cue


def write_sheet(unmixed: Unmixed, out: BinaryIO, *, folder: str) -> int:
    """Write the CUE sheet of a set in UTF-8 and return its number of tracks.

    folder: directory of the sheet; a recording in the same directory is named without a path
    """
    inside = os.path.dirname(unmixed.path) == folder
    shown = display_path(os.path.basename(unmixed.path) if inside else unmixed.path)
    marks = [SheetTrack(at_s=mark.at_s, title=mark.title, artist=mark.artist) for mark in set_marks(unmixed)]
    return write_cue(out, shown, marks, remark="map4 unmix")

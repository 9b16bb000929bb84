"""Read an existing stick, to merge new tracks and lists into it."""

from __future__ import annotations

from map4.extras.stick.records import StickContents


def read_contents(folder: str) -> StickContents | None:
    """What a stick contains, with its rows; None if it has no library.

    Its tracks have their row, path, analysis path, title, artist, album, duration and size; neither grid nor cues, as
    their analysis files stay.

    raises ImportReadError: for damage, unknown tables with rows, and newer versions
    """
    raise NotImplementedError

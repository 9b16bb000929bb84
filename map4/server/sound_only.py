"""Likeness of sound, and never another kind in its place."""

from __future__ import annotations

from map4.app.similar import By, Neighbours
from map4.errors import NothingFoundError
from map4.selection.neighbours import LEAST_TRACKS


def require_sound(found: Neighbours, *, asked: By = "sound") -> None:
    """Refuse an answer by HAMMS to a question about sound, as the command gives with a note.

    Raises
    ------
    NothingFoundError
        If the library has too few sounds to compare.
    """
    if asked == "sound" and found.too_few_sounds is not None:
        raise NothingFoundError(
            f"the library has {found.too_few_sounds} tracks with a sound to compare, and {LEAST_TRACKS} are needed; "
            "'map4 scan FOLDER' adds tracks"
        )

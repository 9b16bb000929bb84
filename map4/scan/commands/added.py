"""What an extra adds to the tracks of `map4 analyze`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import RenderableType

    from map4.core.music.track.track import Track
    from map4.library import Library
    from map4.scan.options import AnalyzeOptions


class AddedToTracks(Protocol):
    """Data of analysed tracks, which an option adds.

    flag: the option
    """

    flag: str

    def complete(self, library: Library, tracks: Sequence[Track], options: AnalyzeOptions) -> tuple[list[Track], int]:
        """The tracks with the data, which is stored, and the number of failed files."""

    def view(self, track: Track) -> RenderableType:
        """The data of a track."""

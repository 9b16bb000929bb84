"""The files of a library and the tracks that they are: what a scan must know and writes, and what all others read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from map4.domain.addresses import UnreadTrack
    from map4.domain.analysis.analysis import Analysis
    from map4.domain.track.track import Failure, Track
    from map4.ports.scanning import Identified, KnownFile, Stamp, TagsRead
    from map4.selection.matching.matcher import KnownName

OnlyFiles = Literal["copies", "labelled"]
T = TypeVar("T")

FileRef = int
"""A number that a store gives a file while the library is open. It says nothing to anybody else, and is never stored,
shown or taken from outside: there a file goes by its audio id or its path."""


class TrackStore(Protocol):
    """Reads and writes the files of one library, and the tracks that they are."""

    def known_files(self) -> dict[str, KnownFile]:
        """All files of the library by path."""

    def known_finder(self) -> Callable[[Sequence[str]], dict[str, KnownFile]]:
        """Gives a function from paths to those files that the library has; it finds once which parts are old."""

    def present_inside(self, folder: str, *, besides: Collection[FileRef]) -> list[str]:
        """The files in a folder and below that are not missing, besides some ids."""

    def roots(self) -> dict[str, bool]:
        """Folders scanned before, each with whether its sub-folders count."""

    def scanned_at(self) -> dict[str, str | None]:
        """The same folders, each with when a scan of it ended last, in UTC; None where none has yet."""

    def counts_inside(self, folders: Sequence[str]) -> list[int]:
        """How many files of the library lie in each of these folders and below, missing ones too."""

    def remove_root(self, path: str) -> None:
        """Scan a folder no more unless it is named."""

    def put_roots(self, roots: dict[str, bool], now: datetime | None) -> None:
        """Remember folders that were scanned, each with whether its sub-folders count.

        now: None where the scan has only begun
        """

    def has_analysis(self, audio_id: str, version: int) -> bool:
        """Whether this audio was analysed by this version, and has all its parts."""

    def files_with_audio(self, audio_id: str) -> list[tuple[FileRef, str]]:
        """Files known to hold this audio: id and path, oldest first."""

    def files_with_audio_id_from(self, beginning: str) -> list[FileRef]:
        """Ids of the files whose audio id begins so; oldest first."""

    def unread_tags(self) -> int:
        """How many files that are there have tags of which an older map4 read fewer."""

    def put_file(
        self,
        path: str,
        stamp: Stamp,
        identified: Identified | None,
        *,
        now: datetime,
        analysis: Analysis | None = None,
        failure: Failure | None = None,
        replaces: FileRef | None = None,
    ) -> None:
        """Write what is now known of one file, in one transaction.

        path, stamp: the file, and its state when it was read
        identified: None where even that failed
        analysis: of its audio, where one was made now
        failure: why there is none
        replaces: the file that moved here
        """

    def put_tags(self, path: str, read: TagsRead, *, now: datetime) -> None:
        """Write the tags and times of a file whose audio is the same."""

    def put_analysis(self, audio_id: str, analysis: Analysis, *, now: datetime) -> None:
        """Replace the analysis of an audio payload; its files have no failure any more."""

    def put_failure(self, path: str, stamp: Stamp, failure: Failure, *, now: datetime) -> None:
        """Note that a known file could not be analysed again in this state; an older analysis stays."""

    def mark_missing(self, paths: Sequence[str], *, now: datetime) -> None:
        """Keep these files as missing."""

    def mark_present(self, paths: Sequence[str]) -> None:
        """These files are back, unchanged."""

    def analysis(self, audio_id: str) -> Analysis | None:
        """The analysis of an audio payload, with its beats, sound vector and fingerprint, or None."""

    def track(self, path: str, *, beats: bool = False, sound: bool = False) -> Track | None:
        """The track of a path, or None; see `tracks`."""

    def detailed(self, track: Track) -> Track:
        """The same track with its beats, bars and overview, where the library has them."""

    def tracks(self, *, beats: bool = False, sound: bool = False) -> Iterator[Track]:
        """Every track, in the order in which the library came to know them.

        beats, sound: load beat times, downbeats and overview; sound vector and fingerprint
        """

    def tracks_by_id(
        self,
        file_ids: Sequence[FileRef],
        *,
        beats: bool = False,
        sound: bool = False,
        pictures: bool = False,
        analysis: bool = True,
    ) -> Iterator[Track]:
        """The tracks of these files in this order; one that has gone meanwhile is left out.

        They are read some hundreds at a time, so that a slow reader keeps no snapshot of the library open. `pictures`:
        with sound vector and overview, which is what pictures of many need; `analysis`: whether with that, which takes
        the larger part of the time.
        """

    def paths_by_id(self, file_ids: Sequence[FileRef]) -> Iterator[str]:
        """The paths of these files alone, as `tracks_by_id` gives the tracks."""

    def names_to_label(
        self, file_ids: Sequence[FileRef] | None, *, only: OnlyFiles | None = None
    ) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Of these files the place in order, and: file, path (bytes), audio id, artist, title, album, genre, year, and
        of the labels source, model and version of the prompt.

        file_ids: None takes all that are analysed and there, whose order is that of their paths; they come in
            any order, since to read them by path takes three times as long
        only: files of audio that others have too, or that has labels
        """

    def numbered(self, file_ids: Sequence[FileRef], **wanted: bool) -> Iterator[tuple[FileRef, Track]]:
        """The same, each with its id; `wanted` are the options of `tracks_by_id`."""

    def made_by_id(
        self, file_ids: Sequence[FileRef], make: Callable[[UnreadTrack], T], **wanted: bool
    ) -> Iterator[tuple[FileRef, T]]:
        """What `make` makes of the tracks, each with its id; see `map4.Library.tracks.made_by_id`."""

    def known_names(self) -> list[KnownName]:
        """What every file of the library is called, cheaply: no analysis is read in full."""

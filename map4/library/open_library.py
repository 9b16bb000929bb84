"""A library file that is open: what all that can be done with it stands on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from map4.app.scan.scan import Scan
from map4.domain.track import Track
from map4.errors import NothingFoundError
from map4.infra.audio.decoder import DEFAULT_DECODER, load_decoder
from map4.infra.config import default_library_path
from map4.infra.files.walk import DiskFiles
from map4.infra.sqlite.database import IN_MEMORY, Database
from map4.infra.sqlite.search import Search
from map4.infra.sqlite.tracks import Store
from map4.infra.workers.lanes import process_lanes
from map4.library.arguments import PathLike, absolute_path
from map4.ports.scanning import LaneFactory

if TYPE_CHECKING:
    pass


class OpenLibrary:
    """A library file that is open: what all that can be done with it stands on."""

    IN_MEMORY = IN_MEMORY

    """Name of a library without a file, which is gone when it is closed."""

    def __init__(self, database: Database, *, lanes: LaneFactory, decoder: str) -> None:
        self._database = database
        self._store = Store(database)
        self._search = Search(database, self._store)
        self._lanes = lanes
        self._decoder = decoder

    @classmethod
    def open(
        cls,
        path: PathLike | None = None,
        *,
        create: bool = True,
        lanes: LaneFactory = process_lanes,
        decoder: str = DEFAULT_DECODER,
    ) -> Self:
        """Open a library.

        Parameters
        ----------
        path : the library file; None means the user's own, as the command line has it without options
        create : make it where it does not exist
        lanes : makes the lanes that jobs run in: `map4.infra.workers.lanes.process_lanes` (a process each), or
            `inline_lanes` (in this thread)
        decoder : what decodes audio, as `module:callable`

        Raises
        ------
        NothingFoundError
            If it does not exist, and `create` is off.
        LibraryDamagedError, LibraryVersionError, LibraryWriteError, ConfigError
            If it can't be used.
        """
        library = IN_MEMORY if path == IN_MEMORY else absolute_path(path or default_library_path())
        if not create and not os.path.exists(library):
            raise NothingFoundError(f"there is no library {library} yet; 'map4 scan FOLDER' makes it")
        if decoder != DEFAULT_DECODER:  # tell a wrong setting before the first file fails on it
            load_decoder(decoder)
        return cls(Database(library), lanes=lanes, decoder=decoder)

    @property
    def path(self) -> str:
        """The library file."""
        return self._database.path

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _with_beats(self, track: Track) -> Track:
        if track.analysis is None or track.analysis.beats_s or not track.cached:
            return track
        stored = self._store.track(track.path, beats=True)
        if stored is None or stored.analysis is None:
            return track
        return replace(track, analysis=replace(track.analysis, beats_s=stored.analysis.beats_s))

    def _scan(self) -> Scan:
        return Scan(self._store, DiskFiles(), self._lanes, clock=lambda: datetime.now(UTC), monotonic=time.monotonic)

    def tracks(self, *, beats: bool = False, sound: bool = False) -> Iterator[Track]:
        """Every track the library knows, whatever its state.

        Parameters
        ----------
        beats : load the beat times too
        sound : load the sound vector and the fingerprint too
        """
        return self._store.tracks(beats=beats, sound=sound)

    def track(self, path: PathLike, *, beats: bool = False, sound: bool = False) -> Track | None:
        """The track of a file, or None where the library does not know it; see `tracks`."""
        return self._store.track(absolute_path(path), beats=beats, sound=sound)

    def tracks_by_id(self, file_ids: Iterable[int], *, beats: bool = False) -> Iterator[Track]:
        """The tracks of these files (`Columns.file_id`), in this order; one that has gone meanwhile is left out."""
        return self._store.tracks_by_id([int(file_id) for file_id in file_ids], beats=beats)

    def _analysed(self, path: str) -> Track | None:
        track = self._store.track(path)
        return track if track is not None and track.analysis is not None else None

    def _with_sound(self, track: Track) -> Track:
        if track.audio_id is None or track.analysis is None or not track.cached:
            return track
        stored = self._store.analysis(track.audio_id)
        return track if stored is None else replace(track, analysis=stored)

"""The hooks: what the core calls in subjects and extras, each with its signature.

A subject or extra declares an implementation in its `declaration.py`, as `hooks={hookspecs.cover: "module:name"}`, and
marks a function with `@hookspecs.cover.implementation`. The core has its own hooks beside their callers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from map4.core.base.declarations import ClassHook, FunctionHook
from map4.core.music.track.hooks import cues as cues
from map4.core.store.query.hooks import copied_files as copied_files
from map4.core.store.query.hooks import genre_words as genre_words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from map4.care import SqlCare
    from map4.cli.added import AddedToCommand
    from map4.cli.session import Session
    from map4.core.audio.tags.pictures import EmbeddedPicture
    from map4.core.base.path_maps import PathMap
    from map4.core.base.paths import Paths
    from map4.core.music.track.imported import ImportedValues
    from map4.core.music.track.track import Track
    from map4.core.store.database import Connection
    from map4.core.store.sql_store import Store
    from map4.doctor import GroupDoubt
    from map4.duplicates import SqlCopies
    from map4.formats import Importer
    from map4.jobs import SqlJobs
    from map4.library import Library
    from map4.scan import ScanOptions
    from map4.search import WantedTrack

Options = Callable[[Any], Any]
"""A decorator that adds Click options to a command."""
Band = tuple[str, list[tuple[float, float, tuple[str, ...], float]]]
"""A band below a waveform: its name, and the start, end, labels and strength (0-1) of its parts."""

# ---- tracks ----


@FunctionHook
def cover(path: str, store: Store) -> EmbeddedPicture | None:
    """A cover for a file that has none in its tags or folder."""


@FunctionHook
def has_covers() -> bool:
    """Whether such covers exist."""


@FunctionHook
def track_bands(track: Track) -> Iterator[Band]:
    """Bands below the waveform of a track, and rows of its panel."""


@FunctionHook
def two_voices(a: Track, b: Track) -> Callable[[float, float, float, float], float] | None:
    """Seconds in which two voices sound at once, by leave_s, until_s, enter_s, until_s; None if unknown."""


@FunctionHook
def place_sounds(vectors: npt.NDArray[np.float32]) -> tuple[Any, float] | None:
    """The map of a report: the places of sound vectors, and the share of neighbours that it keeps."""


@FunctionHook
def doubts(store: Store, checks: Collection[str]) -> Iterator[GroupDoubt]:
    """Doubts about stored data that the actor sees. checks: names of the doctor's checks to make"""


# ---- queries ----


@FunctionHook
def page_columns() -> tuple[str, ...]:
    """The columns of the page's first rows."""


# ---- imports ----


@FunctionHook
def own_libraries(
    importer: Importer, path: str, store: Store, earlier: Callable[[], Mapping[str, ImportedValues]] | None
) -> Importer:
    """The importer for a library that map4 wrote: it reads what others changed there."""


@FunctionHook
def chosen_files(store: Store) -> Callable[[WantedTrack], str | None]:
    """A function that returns the audio id chosen by hand for what an import looks for, or None."""


@FunctionHook
def histories_changed(connection: Connection, audio_ids: Iterable[str] | None = None, path: str = "") -> None:
    """Derive again what counts plays in histories."""


# ---- commands ----


@FunctionHook
def added_to() -> AddedToCommand:
    """What an extra adds to `map4 NAME`, by NAME: options and their help, and of `mix` also its words.

    The command gets what was given as `added`: `map4 analyze` an `AddedToTracks` or None, `map4 library prune` for each
    option a function of (session, yes) or None.
    """


@FunctionHook
def ask_option(*, lists: bool) -> Options:
    """`--ask` of `map4 search`, or with `lists` of `map4 playlist`."""


@FunctionHook
def set_value(library: Library, tracks: Paths, text: str, *, dry_run: bool) -> str:
    """`map4 set FILE NAME=TEXT`, by NAME; returns what it did."""


@FunctionHook
def after_scan(
    session: Session, library: Library, files: Sequence[str], options: ScanOptions, *, as_lines: bool
) -> bool:
    """Follows `map4 scan`; returns whether a file failed."""


@FunctionHook
def unfinished(report: Callable[[str], object]) -> None:
    """Complete what a killed command left half done, and report it."""


@FunctionHook
def unused_files() -> dict[str, int]:
    """The size in bytes of each file of older versions that nothing reads: `map4 library prune` deletes them."""


# ---- the store and the server ----


@FunctionHook
def warm(store: Store) -> None:
    """Compute what a large library caches, after a large scan."""


@FunctionHook
def executor(scheduler: str | None, maps: Sequence[PathMap], most: int) -> Sequence[Any]:
    """The lanes of `--executor NAME`, by NAME (`map4.scan.workers.executors.MakeLanes`)."""


@FunctionHook
def is_media(path: str) -> bool:
    """Whether a page of another host may show or play this address without an Origin header."""


copies: ClassHook[SqlCopies] = ClassHook("copies", "The copies of a library.")
listener: ClassHook[Any] = ClassHook(
    "listener", "Made with the store, by a setting that is on: adds a listener to the decoder of scans."
)
successors: ClassHook[Any] = ClassHook("successors", "Made with the store by scans: follows audio that changes.")
store_class: ClassHook[Store] = ClassHook("store_class", "The store behind an address such as postgresql://…")
care_class: ClassHook[SqlCare] = ClassHook("care_class", "Its care, which copies libraries from and to files.")
jobs_class: ClassHook[SqlJobs] = ClassHook("jobs_class", "Its jobs.")

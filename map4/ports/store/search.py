"""Which tracks match a query, one after the other or as columns, and which ones paths mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from map4.domain.accuracy.judged import JudgedTrack
    from map4.domain.checks.albums import AlbumFolder
    from map4.domain.checks.groups import AlbumTrack
    from map4.domain.columns import Columns
    from map4.domain.query.context import QueryContext
    from map4.domain.query.parser import Query
    from map4.domain.track.sources import Source
    from map4.domain.track.track import Track
    from map4.ports.store.tracks import FileRef

TEXTS = ("audio_id", "artist", "title", "album", "genre", "codec", "label_family")
"""Columns of texts."""
NUMBERS = (
    "energy", "loudness_lufs", "true_peak_dbtp", "duration_s", "year", "rating", "bit_rate_bps", "sample_rate_hz",
)  # fmt: skip
"""Columns of numbers that are no question of whose counts."""
STATES = ("ok", "failed", "missing", "pending")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What paths mean: the files of the library among and under them, in this order, and the paths it does not know."""

    file_ids: tuple[FileRef, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """Files by state, failed ones by kind of error, how many have an analysis of another version, in which month
    (`YYYY-MM`) the library met those that are ok, and how many tracks have each text of genres."""

    states: dict[str, int]
    failures: dict[str, int]
    stale: int
    added: dict[str, int]
    genres: dict[str, int]


class Search(Protocol):
    """Questions to one library."""

    @property
    def unsure(self) -> Collection[str]:
        """Checks of which `suspects` gives too many: what is stored of a track tells them only when it is read."""

    def recordings_of(self, tracks: Iterable[Track]) -> set[FileRef]:
        """Ids of the analysed files that are there and the same recording as one of these."""

    def file_ids(self, query: Query, context: QueryContext) -> list[FileRef]:
        """Ids of the files that match, in the query's order and within its limits."""

    def select(self, query: Query, context: QueryContext, *, beats: bool = False) -> Iterator[Track]:
        """The tracks that match, read as they are taken; see `TrackStore.tracks_by_id`."""

    def paths(self, query: Query, context: QueryContext) -> Iterator[str]:
        """Their paths alone."""

    def count(self, query: Query, context: QueryContext) -> int:
        """How many tracks match; limits are left out."""

    def suspects(self, query: Query, context: QueryContext, checks: Sequence[str]) -> list[tuple[FileRef, int]]:
        """Ids of the files that match and of which a check may say something, in the query's order.

        Each with a bit for each of the checks, the first the lowest; of those in `unsure` a suspect may have nothing.
        """

    def questions(
        self, file_ids: Sequence[FileRef] | None, ask: Callable[[tuple[Any, ...]], tuple[int, int]], by: str
    ) -> NDArray[Any]:
        """What a model would be asked about files, a row for each in the order of `TrackStore.names_to_label`.

        With the fields `file_id`, and `question` and `letters` as `ask` tells them of such a row. Of large libraries
        they are kept between runs.

        by: another one where `ask` tells another thing of the same file
        """

    def albums_in_doubt(self, query: Query, context: QueryContext) -> Iterator[tuple[AlbumFolder, list[AlbumTrack]]]:
        """Each folder with the tracks in it that name one album, where one of them matches; read as they are taken.

        By path; of many files the folders alone in which a check of albums says something, in the order in which they
        lie in the library. Missing files are left out.
        """

    def genre_texts(self, query: Query, context: QueryContext) -> dict[str, tuple[int, FileRef]]:
        """Each text of genres that counts of tracks, labels aside: how many have it, and one of them.

        Of all tracks that are there; where the query narrows them down, only texts of genres that one of its tracks
        has in some spelling.
        """

    def album_artists(self, context: QueryContext) -> dict[FileRef, str]:
        """The artist of its album, of each file where one is known, by id."""

    def tallies(
        self, query: Query, context: QueryContext, *, among: Sequence[FileRef] | None = None, besides_ok: bool = False
    ) -> Tallies:
        """Files by state and by kind of failure; of all of them, in any state, where the query asks nothing.

        among: only these files (ids)
        besides_ok: of everything, only what is not ok, which is known at once; genres left out
        """

    def judged(self, query: Query, context: QueryContext, own: Sequence[Source]) -> list[JudgedTrack]:
        """What was measured of each recording that matches and of which a tempo or a key of the user's is known.

        own: whose values are the user's, the first before the others: "user", "imported"
        """

    def with_grids(self, query: Query, context: QueryContext, own: Sequence[Source]) -> list[FileRef]:
        """Ids of the recordings that match, are analysed by this version and have a beat grid of the user's.

        own: as for `judged`
        """

    def matching(self, query: Query, context: QueryContext) -> list[FileRef]:
        """Ids of the files that match, within the query's limits; in no order."""

    def ratings(self) -> dict[FileRef, float]:
        """The rating of each file that is rated, by id."""

    def columns(
        self,
        query: Query,
        context: QueryContext,
        *,
        hamms: bool = False,
        texts: Collection[str] = TEXTS,
        numbers: Collection[str] = NUMBERS,
        among: Sequence[FileRef] | None = None,
    ) -> Columns:
        """The tracks that match as columns; in the order of their ids unless the query sorts or limits.

        hamms: read the HAMMS vectors too
        texts: names of the columns of texts to read; the others hold None
        numbers: the same of those in `NUMBERS`; the others hold NaN
        among: only these files (ids); a query that sorts or limits does so before
        """

    def names(self, query: Query, context: QueryContext) -> list[tuple[FileRef, str | None, str]]:
        """Id, artist and title of each file that matches; where there is no title, the file's name instead."""

    def at_paths(self, paths: Iterable[str]) -> Found:
        """The files of the library that these absolute paths name, and those in the folders they name.

        A name matches in either form of Unicode, and through links to folders that were scanned under another name.
        """

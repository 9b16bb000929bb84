"""The library's own table of genres."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from map4.core.base.actor import Actor, needs, served
from map4.core.base.files.undo import UndoStep
from map4.core.music.track.genre import GenreNames
from map4.core.store.sql_store import SqlPreferredSources, Store
from map4.errors import NothingFoundError, UsageError
from map4.values.tempo_ranges import choose_tempi


@needs("read")
class Genres:
    """Spellings and parents of genres, for all accounts; `map4.Library.genres`."""

    def __init__(self, store: Store) -> None:
        self.actor: Actor = store.actor
        self._store, self._stored = store, store.part(SqlPreferredSources)

    @served("GET", "/genre-table", "Spellings and parents of genres, as `map4 config genres`.", queue="quick")
    def table(self) -> GenreNames:
        """Return the table; empty if none was set."""
        return self._store.preferences.genres

    @needs("correct")
    @served("PUT", "/genre-table", "Replace the table of genres, as `map4 config genres --from`.",
            {"spellings": (dict[str, str], {}), "parents": (dict[str, str], {})}, "NewGenreTable", queue="write",
            example={"parents": {"Deep House": "House"}})  # fmt: skip
    def set(self, spellings: Mapping[str, str] | None = None, parents: Mapping[str, str] | None = None) -> GenreNames:
        """Replace the table: searches, statistics, lists, checks and written tags use it. Values of tracks stay.

        spellings: the genre that each spelling means, such as {"Prog House": "Progressive House"}
        parents: the wider genre of each genre, such as {"Progressive House": "House"}
        raises UsageError: if genres go in a circle, or a name has two lines or is not a single genre
        """
        try:
            genres = GenreNames(spellings=spellings or {}, parents=parents or {})
        except ValueError as error:
            raise UsageError(str(error)) from None
        return genres if genres == self.table() else self._put(genres, datetime.now(UTC))

    @needs("correct")
    @served("POST", "/genre-table/undo", "Undo the last change of the table, as `map4 config genres --undo`.",
            queue="write")  # fmt: skip
    def undo(self) -> GenreNames:
        """Restore the table before the last change, and return it.

        raises NothingFoundError: if there is no change to undo
        """
        before = self._stored.genres_before()
        if before is None:
            raise NothingFoundError("there is no change of the table of genres to undo")
        return self._put(before[1], None)

    def _put(self, genres: GenreNames, now: datetime | None) -> GenreNames:
        self._stored.put_genres(genres, now)
        choose_tempi(self._store, field="genre")
        return genres


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The last change of the table of genres."""
    if (before := store.part(SqlPreferredSources).genres_before()) is not None:
        yield UndoStep(kind="genres", at=before[0], what="table of genres", command=("config", "genres", "--undo"))

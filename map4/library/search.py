"""Ask what a library holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from map4.domain.columns import Columns
from map4.domain.diagnosis import Finding, diagnose
from map4.domain.harmony import HarmonicRule
from map4.domain.query.parser import Query
from map4.domain.track import DEFAULT_PREFERENCE, Source, Track
from map4.library.arguments import PathLike, absolute_path, as_paths, as_query, search_context
from map4.library.scan import Scanning
from map4.selection.matching.wanted_lines import Match, Matcher, Wanted

if TYPE_CHECKING:
    from map4.app.playlists.playlists import Lists
    from map4.app.playlists.resolve import ResolvedList
    from map4.domain.second_opinion import SecondOpinion
    from map4.domain.statistics import Statistics
    from map4.infra.sqlite.sound_index import SoundIndex


class Asking(Scanning):
    """Ask what a library holds."""

    def search(
        self,
        query: str | Query = "",
        *,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
        beats: bool = False,
    ) -> Iterator[Track]:
        """Tracks that match a query (see `docs/search.md`), read as they are taken.

        Parameters
        ----------
        query : its text, or what `map4.domain.query.parser.parse_query` made of it; empty is every ok track
        prefer : which source of tempo and key counts where the user set nothing
        harmonic : which keys `key:~8A` takes: "strict", "flexible", "creative" or "off"
        beats : load beat times too

        Raises
        ------
        QueryError
            At once, if the query can't be read; it says where.
        """
        return self._search.select(as_query(query), search_context(prefer, harmonic), beats=beats)

    def wanted(
        self,
        lines: Iterable[Wanted],
        *,
        query: str | Query = "",
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
    ) -> Iterator[tuple[Match, Track | None]]:
        """Say of each wanted track whether the library has it, and which track it is.

        Parameters
        ----------
        lines : from `map4.selection.matching.wanted_lines.read_wanted`
        query : only among these tracks

        Yields
        ------
        Each line's match with its track; None where it is missing.
        """
        names = self._search.names(as_query(query), search_context(prefer, harmonic))
        matcher = Matcher((artist, title) for _, artist, title in names)
        for match in matcher.matches(list(lines)):
            row = match.row
            yield match, None if row is None else next(self._store.tracks_by_id([names[row][0]]), None)

    def count(
        self,
        query: str | Query = "",
        *,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
    ) -> int:
        """How many tracks match a query; its `limit:` and `offset:` are left out."""
        return self._search.count(as_query(query), search_context(prefer, harmonic))

    def columns(
        self,
        query: str | Query = "",
        *,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
        hamms: bool = False,
    ) -> Columns:
        """Tracks that match a query as columns of numbers and texts; with `hamms` also their HAMMS vectors.

        In the order of their ids, unless the query sorts.
        """
        return self._search.columns(as_query(query), search_context(prefer, harmonic), hamms=hamms)

    def stats(
        self,
        query: str | Query = "",
        *,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
    ) -> Statistics:
        """Counts, hours and histograms of the tracks that match a query.

        Without a term or limit in it, files that failed, are missing or wait are counted too, by state. The genre of a
        track is that of its tag, or else of its labels.
        """
        from map4.domain.statistics import statistics

        asked, context = as_query(query), search_context(prefer, harmonic)
        tallies = self._search.tallies(asked, context)
        return statistics(
            self._search.columns(asked, context, texts=("codec",)),
            states=tallies.states,
            failures=tallies.failures,
            stale=tallies.stale,
            added=tallies.added,
            genres=tallies.genres,
        )

    def doctor(
        self,
        query: str | Query = "is:any",
        *,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
    ) -> Iterator[Finding]:
        """What looks wrong with the tracks that match a query; of all files, whatever their state, unless one is given.

        Tracks come in the query's order, the findings of each with the most serious first.
        """
        for track in self.search(query, prefer=prefer, harmonic=harmonic):
            yield from diagnose(track, prefer)

    def second_opinion(self, track: Track) -> SecondOpinion:
        """Tempo and key of a track by librosa, which takes some seconds a track and more the first time.

        Raises
        ------
        FileError
            If its file can't be decoded.
        """
        from map4.infra.audio.librosa_reference import second_opinion

        return second_opinion(track.path, decoder=self._decoder)

    def tracks_at(
        self,
        paths: PathLike | Iterable[PathLike],
        *,
        query: str | Query | None = None,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
    ) -> tuple[list[Track], list[str]]:
        """What paths mean: the tracks of files and of all files in folders, and the paths the library knows nothing of.

        Each track comes once, in the order of the paths; those of a folder in the order of theirs. Without a query,
        whatever their state; with one, those that match it.
        """
        found = self._search.at_paths([absolute_path(path) for path in as_paths(paths)])
        chosen = found.file_ids
        if query is not None:
            matching = frozenset(self._search.file_ids(as_query(query), search_context(prefer, harmonic)))
            chosen = tuple(file_id for file_id in chosen if file_id in matching)
        return list(self._store.tracks_by_id(chosen)), list(found.unknown)

    @cached_property
    def lists(self) -> Lists:
        """Playlists: those stored in the library, and those in files."""
        from map4.app.playlists.playlists import Lists

        return Lists(self._database, self._store, self._search, self._sound_index)

    def _read_list(self, path: str) -> ResolvedList:
        return self.lists.read(path)

    @cached_property
    def _sound_index(self) -> SoundIndex:
        from map4.infra.sqlite.sound_index import SoundIndex

        return SoundIndex(self._database)

"""Search a library, count, look up tracks, and find what looks wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from map4.app.paths import PathLike, absolute_path
from map4.app.query_context import as_query
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.doctor import Doctor, Examination
    from map4.app.name_resolver import TrackReference
    from map4.domain.checks.finding import Finding
    from map4.domain.checks.second_opinion import SecondOpinion
    from map4.domain.columns import Columns
    from map4.domain.query.parser import Query
    from map4.domain.statistics import Statistics
    from map4.domain.track.track import Track
    from map4.selection.matching.resolved_playlist import ResolvedLine
    from map4.selection.matching.wanted_lines import WantedLine


class SearchMethods(OpenLibrary):
    """Search a library, count, look up tracks, and find what looks wrong."""

    def tracks(self, *, beats: bool = False, sound: bool = False) -> Iterator[Track]:
        """Every track the library knows, in any state.

        beats: load the beat times too
        sound: load the sound vector and the fingerprint too
        """
        return self._store.tracks.tracks(beats=beats, sound=sound)

    def track(self, path: PathLike, *, beats: bool = False, sound: bool = False) -> Track | None:
        """The track of a file, or None where the library does not know it; see `tracks`."""
        return self._store.tracks.track(absolute_path(path), beats=beats, sound=sound)

    def tracks_by_id(self, file_ids: Iterable[int], *, beats: bool = False) -> Iterator[Track]:
        """The tracks of these files (`Columns.file_id`), in this order; one that has gone meanwhile is left out.

        beats: with those, and what pictures need
        """
        return self._store.tracks.tracks_by_id([int(file_id) for file_id in file_ids], beats=beats)

    def named(self, names: PathLike | Iterable[PathLike]) -> list[TrackReference]:
        """What names of tracks mean, as wherever a track is asked for.

        names: a path; an audio id, or 8 characters of its beginning and more; or words of artist and title. A path
            that exists always wins. What has a separator or the suffix of audio or a list is a path, and so are bytes
            and `Path`s.
        raises AmbiguousNameError: if words, or the beginning of an id, mean several recordings
        raises NothingFoundError: if they mean none
        """
        return self._names.resolve(names)

    def search(self, query: str | Query = "", *, beats: bool = False) -> Iterator[Track]:
        """Tracks that match a query (see `docs/search.md`), read as they are taken.

        query: its text, or what `map4.domain.query.parser.parse_query` made of it; empty is every ok track
        beats: load beat times too
        raises QueryError: at once, if the query can't be read; it says where
        """
        return self._store.search.select(as_query(query), self._context(), beats=beats)

    def paths(self, query: str | Query = "") -> Iterator[str]:
        """The paths of the tracks that `search` gives, several times as fast."""
        return self._store.search.paths(as_query(query), self._context())

    def wanted(self, lines: Iterable[WantedLine], *, query: str | Query = "") -> Iterator[ResolvedLine]:
        """Say of each wanted track whether the library has it, by its name alone, and which track it is.

        lines: from `map4.selection.matching.wanted_lines.read_wanted`
        query: only among these tracks
        """
        from map4.selection.matching.names import NameMatcher
        from map4.selection.matching.resolved_playlist import ResolvedLine, status_of

        names = self._store.search.names(as_query(query), self._context())
        matcher = NameMatcher((artist, title) for _, artist, title in names)
        for line in lines:
            found = matcher.best(line.artist, line.title)
            status = "unknown" if found is None else status_of(found[1])
            file_ids = [] if found is None or status == "unknown" else [names[found[0]][0]]
            yield ResolvedLine(
                line=line,
                status=status,
                certainty=None if found is None else round(found[1], 3),
                track=next(self._store.tracks.tracks_by_id(file_ids), None),
            )

    def count(self, query: str | Query = "") -> int:
        """How many tracks match a query; its `limit:` and `offset:` are left out."""
        return self._store.search.count(as_query(query), self._context())

    def columns(self, query: str | Query = "", *, hamms: bool = False) -> Columns:
        """Tracks that match a query as columns of numbers and texts; with `hamms` also their HAMMS vectors.

        In the order of their ids, unless the query sorts.
        """
        return self._store.search.columns(as_query(query), self._context(), hamms=hamms)

    def stats(self, query: str | Query = "") -> Statistics:
        """Counts, hours and histograms of the tracks that match a query.

        Without a term or limit in it, files that failed, are missing or wait are counted too, by state. The genre of a
        track is that of its tag, or else of its labels.
        """
        from map4.app.statistics import collect_statistics

        return collect_statistics(self._store, as_query(query), self._context())

    def doctor(
        self,
        query: str | Query = "is:any",
        *,
        only: Collection[str] = (),
        program: Sequence[str] = ("map4",),
        progress: Callable[[int, int], object] | None = None,
    ) -> Iterator[Finding]:
        """What looks wrong with the tracks that match a query; of all files, in any state, unless one is given.

        Tracks come in the query's order, the findings of each with the most serious first. A finding with a `command`
        has one right answer; where it has `choices`, a person has to decide.

        only: checks by name, or subjects of checks ("tempo"); all where there is none
        program: what the commands begin with; to name this library, ("map4", "--library", library.path)
        progress: called with how many steps of comparing new sounds are done, and of how many
        """
        return self._doctor(program).findings(as_query(query), only, progress=progress)

    def examine(
        self,
        query: str | Query = "is:any",
        *,
        only: Collection[str] = (),
        program: Sequence[str] = ("map4",),
        most: int | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> Examination:
        """How much looks wrong, counted by check, and the first findings of each; see `doctor`.

        most: findings of a check that are given; the others are only counted, which is many times as fast
        """
        return self._doctor(program).examine(as_query(query), only, most=most, progress=progress)

    def _doctor(self, program: Sequence[str]) -> Doctor:
        from map4.app.doctor import Doctor

        return Doctor(store=self._store, context=self._context(), program=program)

    def recordings(self, audio_ids: Collection[str]) -> dict[str, str]:
        """Of each audio that is a copy of a recording, in another encoding too, the audio id that stands for it.

        Audio that is among no copies is left out; see `duplicates`. In a library of more than 5,000 recordings, only
        what `duplicates` or `is:copy` have compared counts, so that nothing waits for this.
        """
        return self._store.copies.recordings(audio_ids)

    def second_opinion(self, track: Track) -> SecondOpinion:
        """Tempo and key of a track by librosa, which takes some seconds a track and more the first time.

        raises FileError: if its file can't be decoded
        """
        from map4.infra.audio.librosa_reference import second_opinion

        return second_opinion(track.path, decoder=self._decoder)

    def tracks_at(
        self, paths: PathLike | Iterable[PathLike], *, query: str | Query | None = None
    ) -> tuple[list[Track], list[str]]:
        """What paths mean: the tracks of files and of all files in folders, and the paths the library knows nothing of.

        A track may be named by its audio id or by words too; see `named`.

        Each track comes once, in the order of the paths; those of a folder in the order of theirs. Without a query,
        in any state; with one, those that match it.
        """
        chosen, unknown = self.ids_at(paths, query=query)
        return list(self._store.tracks.tracks_by_id(chosen)), unknown

    def ids_at(
        self, paths: PathLike | Iterable[PathLike] | None, *, query: str | Query | None = None
    ) -> tuple[Sequence[int], list[str]]:
        """The same as ids, for `tracks_by_id`, which reads tracks as they are taken; without paths, what matches."""
        if paths is None:
            return self._store.search.file_ids(as_query(query or ""), self._context()), []
        found = self._store.search.at_paths(self._names.paths(paths))
        chosen = found.file_ids
        if query is not None:
            matching = frozenset(self._store.search.file_ids(as_query(query), self._context()))
            chosen = tuple(file_id for file_id in chosen if file_id in matching)
        return chosen, list(found.unknown)

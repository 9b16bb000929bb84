"""What looks wrong with tracks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from map4.app.query_context import as_query
from map4.domain.actor import needing
from map4.library.open_library import Part

if TYPE_CHECKING:
    from map4.app.doctor import Doctor, Examination
    from map4.domain.checks.finding import Finding
    from map4.domain.checks.second_opinion import SecondOpinion
    from map4.domain.query.parser import Query
    from map4.domain.track.track import Track


@needing({"read": "findings examine second_opinion"})
class DoctorPart(Part):
    """What looks wrong with tracks: each finding, how many of which kind, and what librosa says of a track."""

    def findings(
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
        """How much looks wrong, counted by check, and the first findings of each; see `findings`.

        most: findings of a check that are given; the others are only counted, which is many times as fast
        """
        return self._doctor(program).examine(as_query(query), only, most=most, progress=progress)

    def _doctor(self, program: Sequence[str]) -> Doctor:
        from map4.app.doctor import Doctor

        return Doctor(store=self._store, context=self._opened.context(), program=program)

    def second_opinion(self, track: Track) -> SecondOpinion:
        """Tempo and key of a track by librosa, which takes some seconds a track and more the first time.

        raises FileError: if its file can't be decoded
        """
        from map4.infra.audio.librosa_reference import second_opinion

        return second_opinion(track.path, decoder=self._opened.decoder)

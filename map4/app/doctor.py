"""What looks wrong with the tracks of a library: which tracks are read for it, and how much there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from map4.domain.checks.diagnosis import CHECKS, diagnose
from map4.domain.checks.finding import Finding
from map4.domain.query.context import QueryContext
from map4.domain.query.parser import Query
from map4.ports.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found: how many findings of each check, in how many tracks, and the findings that were asked for."""

    counts: Mapping[str, int]
    tracks: int
    findings: Iterator[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """Looks for what is wrong with the tracks of one library.

    program: what the commands of findings begin with
    """

    store: Store
    context: QueryContext
    program: Sequence[str] = ("map4",)

    def findings(
        self, query: Query, only: Collection[str] = (), *, progress: Callable[[int, int], object] | None = None
    ) -> Iterator[Finding]:
        """All findings, as they are found; see `map4.Library.doctor.findings`."""
        checks, kept, suspected = self._suspects(query, only, progress)
        return self._findings(checks, kept, suspected)

    def examine(
        self,
        query: Query,
        only: Collection[str] = (),
        *,
        most: int | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> Examination:
        """The same, counted first; only so many tracks are read as it takes to show `most` findings of each check."""
        checks, kept, suspected = self._suspects(query, only, progress)
        unsure = sum(1 << place for place, check in enumerate(checks) if check in self.store.search.unsure)
        doubted = [(file_id, found & unsure) for file_id, found in suspected if found & unsure]
        confirmed: dict[int, int] = {}  # of all others the facts are enough
        for file_id, finding in self._numbered(checks, {}, doubted):
            confirmed[file_id] = confirmed.get(file_id, 0) | 1 << checks.index(finding.check.name)
        known = [(file_id, found & ~unsure | confirmed.get(file_id, 0)) for file_id, found in suspected]
        counts, shown, tracks = Counter[str](), list[tuple[int, int]](), 0
        for file_id, found in known:
            names = [check for place, check in enumerate(checks) if found >> place & 1]
            tracks += bool(names)
            room = sum(1 << checks.index(name) for name in names if most is None or counts[name] < most)
            counts.update(names)
            if room:
                shown.append((file_id, room))
        return Examination(counts=counts, tracks=tracks, findings=self._findings(checks, kept, shown))

    def _suspects(
        self, query: Query, only: Collection[str], progress: Callable[[int, int], object] | None
    ) -> tuple[list[str], Mapping[str, str], list[tuple[int, int]]]:
        checks = [check.name for check in CHECKS if not only or check.name in only or check.subject in only]
        # Before anything is given, so that whoever shows the progress knows when that has ended.
        kept = self.store.copies.kept(progress=progress) if "copies" in checks else {}
        return checks, kept, self.store.search.suspects(query, self.context, checks)

    def _findings(
        self, checks: Sequence[str], kept: Mapping[str, str], suspected: Sequence[tuple[int, int]]
    ) -> Iterator[Finding]:
        return (finding for _, finding in self._numbered(checks, kept, suspected))

    def _numbered(
        self, checks: Sequence[str], kept: Mapping[str, str], suspected: Sequence[tuple[int, int]]
    ) -> Iterator[tuple[int, Finding]]:
        bits = dict(suspected)
        for file_id, track in self.store.tracks.numbered(list(bits)):
            asked = {check for place, check in enumerate(checks) if bits[file_id] >> place & 1}
            for finding in diagnose(track, program=self.program, kept=kept.get(track.path), checks=asked):
                yield file_id, finding

"""What looks wrong with the tracks of a library: which tracks are read for it, and how much there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from map4.app.query_context import as_query, query_context
from map4.domain.actor import needing
from map4.domain.checks.albums import album_doubts
from map4.domain.checks.diagnosis import CHECKS, diagnose
from map4.domain.checks.finding import Check, Finding
from map4.domain.checks.genre_spellings import spelling_doubts
from map4.domain.checks.groups import ALBUM_CHECKS, GENRE_SPELLINGS, GroupDoubt, group_finding
from map4.domain.query.parser import Query
from map4.ports.store.sounds import Progress
from map4.ports.store.store import Store

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found: how many findings of each check, in how many tracks, and the findings that were asked for."""

    counts: Mapping[str, int]
    tracks: int
    findings: Iterator[Finding]


@needing({"read": "findings examine unread"})
class Doctor:
    """What looks wrong with the tracks of a library: each finding, or how many of which kind; `map4.Library.doctor`."""

    def __init__(self, store: Store) -> None:
        self.actor, self._store = store.actor, store

    def findings(
        self,
        query: str | Query = "is:any",
        *,
        only: Collection[str] = (),
        program: Sequence[str] = ("map4",),
        progress: Progress | None = None,
    ) -> Iterator[Finding]:
        """What looks wrong with the tracks that match a query; of all files, in any state, unless one is given.

        Tracks come in the query's order, the findings of each with the most serious first; albums and genres, of
        which a track matches, behind them. A finding with a `command` has one right answer; where it has `choices`,
        a person has to decide.

        only: checks by name, or subjects of checks ("tempo"); all where there is none
        program: what the commands begin with; to name this library, ("map4", "--library", library.path)
        progress: called with how many steps of comparing new sounds are done, and of how many
        """
        checks, kept, suspected = self._suspects(query, only, progress)
        doubts = self._group_doubts(query, only)
        return chain(self._findings(checks, kept, suspected, program), self._group_findings(doubts, program))

    def unread(self) -> int:
        """How many files have tags of which fewer were read than now: the next scan reads them again."""
        return self._store.tracks.unread_tags()

    def examine(
        self,
        query: str | Query = "is:any",
        *,
        only: Collection[str] = (),
        program: Sequence[str] = ("map4",),
        most: int | None = None,
        progress: Progress | None = None,
    ) -> Examination:
        """How much looks wrong, counted by check, and the first findings of each; see `findings`.

        most: findings of a check that are given; the others are only counted, which is many times as fast
        """
        checks, kept, suspected = self._suspects(query, only, progress)
        unsure = sum(1 << place for place, check in enumerate(checks) if check in self._store.search.unsure)
        doubted = [(file_id, found & unsure) for file_id, found in suspected if found & unsure]
        confirmed: dict[int, int] = {}  # of all others the facts are enough
        for file_id, finding in self._numbered(checks, {}, doubted, program):
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
        doubts = self._group_doubts(query, only)
        told: list[GroupDoubt] = []
        held = {file_id for file_id, found in known if found}
        for doubt in doubts:
            if most is None or counts[doubt.check.name] < most:
                told.append(doubt)
            counts[doubt.check.name] += 1
            tracks += len({*doubt.file_ids} - held)  # of a genre one: the others are many
            held.update(doubt.file_ids)
        findings = chain(self._findings(checks, kept, shown, program), self._group_findings(told, program))
        return Examination(counts=counts, tracks=tracks, findings=findings)

    def _group_doubts(self, query: str | Query, only: Collection[str]) -> list[GroupDoubt]:
        """What looks wrong with albums and genres."""

        def asked(checks: Sequence[Check]) -> list[Check]:
            return [check for check in checks if not only or check.name in only or check.subject in only]

        wanted, context, doubts = as_query(query), query_context(self._store), list[GroupDoubt]()
        if checks := asked(ALBUM_CHECKS):
            from map4.infra.audio.tags.pictures import has_folder_picture

            by_check: dict[str, list[GroupDoubt]] = {check.name: [] for check in checks}
            for folder, tracks in self._store.search.albums_in_doubt(wanted, context):
                for doubt in album_doubts(folder, tracks, checks):
                    if doubt.check.name != "cover_missing" or has_folder_picture(folder.path) is False:
                        by_check[doubt.check.name].append(doubt)
            doubts += [doubt for found in by_check.values() for doubt in found]
        if asked([GENRE_SPELLINGS]):
            texts = self._store.search.genre_texts(wanted, context)
            counts = {text: count for text, (count, _) in texts.items()}
            doubts += spelling_doubts(counts, lambda text: texts[text][1])
        return doubts

    def _group_findings(self, doubts: Sequence[GroupDoubt], program: Sequence[str]) -> Iterator[Finding]:
        for start in range(0, len(doubts), _AT_ONCE):
            some = doubts[start : start + _AT_ONCE]
            tracks = dict(self._store.tracks.numbered([doubt.file_ids[0] for doubt in some]))
            for doubt in some:
                if (track := tracks.get(doubt.file_ids[0])) is not None:
                    yield group_finding(doubt, track, program)

    def _suspects(
        self, query: str | Query, only: Collection[str], progress: Progress | None
    ) -> tuple[list[str], Mapping[str, str], list[tuple[int, int]]]:
        asked, context = as_query(query), query_context(self._store)
        checks = [check.name for check in CHECKS if not only or check.name in only or check.subject in only]
        # Before anything is given, so that whoever shows the progress knows when that has ended.
        kept = self._store.copies.kept(progress=progress) if "copies" in checks else {}
        return (
            checks,
            kept,
            self._store.search.suspects(asked, context, checks),
        )

    def _findings(
        self,
        checks: Sequence[str],
        kept: Mapping[str, str],
        suspected: Sequence[tuple[int, int]],
        program: Sequence[str],
    ) -> Iterator[Finding]:
        return (finding for _, finding in self._numbered(checks, kept, suspected, program))

    def _numbered(
        self,
        checks: Sequence[str],
        kept: Mapping[str, str],
        suspected: Sequence[tuple[int, int]],
        program: Sequence[str],
    ) -> Iterator[tuple[int, Finding]]:
        bits = dict(suspected)
        for file_id, track in self._store.tracks.numbered(list(bits)):
            asked = {check for place, check in enumerate(checks) if bits[file_id] >> place & 1}
            for finding in diagnose(track, program=program, kept=kept.get(track.path), checks=asked):
                yield file_id, finding

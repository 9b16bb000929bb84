"""What looks wrong with the tracks of a library: which tracks are read for it, and how much there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from map4.base.actor import needing
from map4.doctor.checks.albums import album_doubts
from map4.doctor.checks.diagnosis import CHECKS, diagnose
from map4.doctor.checks.finding import Check, Finding
from map4.doctor.checks.genre_spellings import spelling_doubts
from map4.doctor.checks.groups import ALBUM_CHECKS, GENRE_SPELLINGS, GROUP_CHECKS, GroupDoubt, group_finding
from map4.doctor.store.doubts import SqlDoubts
from map4.doctor.store.suspects import UNSURE
from map4.music.query.parser import Query
from map4.store.copies import Copies
from map4.store.place import Progress
from map4.store.query_context import as_query, query_context
from map4.store.sql_store import Store

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found: how many findings of each check, in how many tracks, and the findings that were asked for."""

    counts: Mapping[str, int]
    tracks: int
    findings: Iterator[Finding]


def prepare_doubts(store: Store) -> None:
    """Check all albums now: of a large library, the store keeps which of them have a finding."""
    next(SqlDoubts(store).albums(as_query("is:any"), query_context(store)), None)


@needing({"read": "findings examine unread"})
class Doctor:
    """What looks wrong with the tracks of a library: each finding, or how many of which kind; `map4.Library.doctor`."""

    def __init__(self, store: Store) -> None:
        self.actor, self._store, self._doubts = store.actor, store, SqlDoubts(store)

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
        doubts = sorted(self._group_doubts(query, only), key=_place)
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
        told, counted, in_groups = self._told_groups(query, only, most)
        checks, kept, suspected = self._suspects(query, only, progress)
        unsure = sum(1 << place for place, check in enumerate(checks) if check in UNSURE)
        doubted = [(file_id, found & unsure) for file_id, found in suspected if found & unsure]
        confirmed: dict[int, int] = {}  # of all others the facts are enough
        for file_id, finding in self._numbered(checks, {}, doubted, program):
            confirmed[file_id] = confirmed.get(file_id, 0) | 1 << checks.index(finding.check.name)
        places_of = cache(lambda found: [place for place in range(len(checks)) if found >> place & 1])
        numbers, shown, tracks = [0] * len(checks), list[tuple[int, int]](), 0
        for file_id, suspicion in suspected:
            places, room = places_of(suspicion & ~unsure | confirmed.get(file_id, 0)), 0
            for place in places:
                room |= (most is None or numbers[place] < most) << place
                numbers[place] += 1
            if places:
                tracks += 1
                in_groups.discard(file_id)
            if room:
                shown.append((file_id, room))
        counts = +Counter(dict(zip(checks, numbers, strict=True)))
        counts += counted
        tracks += len(in_groups)
        findings = chain(self._findings(checks, kept, shown, program), self._group_findings(told, program))
        return Examination(counts=counts, tracks=tracks, findings=findings)

    def _told_groups(
        self, query: str | Query, only: Collection[str], most: int | None
    ) -> tuple[list[GroupDoubt], Counter[str], set[int]]:
        """The first doubts about albums and genres; how many there are, by check, and in which files.

        Asked for before all else: what it takes for a moment has room again then.
        """
        told, counts, files = list[GroupDoubt](), Counter[str](), set[int]()
        for doubt in self._group_doubts(query, only):
            if most is None or counts[doubt.check.name] < most:
                told.append(doubt)
            counts[doubt.check.name] += 1
            files.update(doubt.file_ids)  # of a genre one: the others are many
        return sorted(told, key=_place), counts, files

    def _group_doubts(self, query: str | Query, only: Collection[str]) -> Iterator[GroupDoubt]:
        """What looks wrong with albums, by folder, and with genres."""

        def asked(checks: Sequence[Check]) -> list[Check]:
            return [check for check in checks if not only or check.name in only or check.subject in only]

        wanted, context = as_query(query), query_context(self._store)
        if checks := asked(ALBUM_CHECKS):
            from map4.audio.tags.pictures import has_folder_picture

            for folder, tracks in self._doubts.albums(wanted, context):
                for doubt in album_doubts(folder, tracks, checks):
                    if doubt.check.name != "cover_missing" or has_folder_picture(folder.path) is False:
                        yield doubt
        if asked([GENRE_SPELLINGS]):
            texts = self._doubts.genre_texts(wanted, context)
            counts = {text: count for text, (count, _) in texts.items()}
            yield from spelling_doubts(counts, lambda text: texts[text][1])

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
        kept = self._store.part(Copies).kept(progress=progress) if "copies" in checks else {}
        return checks, kept, self._doubts.suspects(asked, context, checks)

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


def _place(doubt: GroupDoubt) -> int:
    """Of its check, in the order of checks."""
    return GROUP_CHECKS.index(doubt.check)

"""The doctor of a library: reads the suspect tracks and yields or counts findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from map4.base.actor import needs
from map4.doctor.checks.album_parts import part_doubts, waiting_doubts
from map4.doctor.checks.albums import album_doubts
from map4.doctor.checks.artist_spellings import artist_doubts
from map4.doctor.checks.diagnosis import CHECKS, diagnose
from map4.doctor.checks.finding import Check, Finding
from map4.doctor.checks.genre_spellings import spelling_doubts
from map4.doctor.checks.groups import (
    ALBUM_CHECKS,
    ALBUM_SPELLINGS,
    ALBUM_SPLIT,
    ARTIST_SPELLINGS,
    GENRE_SPELLINGS,
    GROUP_CHECKS,
    VALUES_WAIT,
    GroupDoubt,
    group_finding,
)
from map4.doctor.store.doubts import SqlDoubts
from map4.doctor.store.suspects import UNSURE
from map4.music.query.parser import Query
from map4.music.track.track import Track
from map4.store.copies import Copies
from map4.store.place import Progress
from map4.store.query_context import as_query, query_context
from map4.store.sql_store import Store

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The result: number of findings by check, number of tracks with findings, and the requested findings."""

    counts: Mapping[str, int]
    tracks: int
    findings: Iterator[Finding]


def prepare_doubts(store: Store) -> None:
    """Check all albums now; for a large library, the store caches which of them have a finding."""
    next(SqlDoubts(store).albums(as_query("is:any"), query_context(store)), None)


@needs("read")
class Doctor:
    """Findings about the tracks of a library: each finding, or their number by check; `map4.Library.doctor`."""

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
        """Yield the findings about tracks that match a query; by default about all files, in any state.

        Tracks come in the query's order, the findings of each with the most serious first; albums and genres with a
        matching track follow. A finding with a `command` has one right answer; if it has `choices`, a person has to
        decide.

        only: checks by name, or subjects of checks ("tempo"); empty means all
        program: beginning of the commands; to name this library, ("map4", "--library", library.path)
        progress: called with the number of completed steps of comparing new sounds, and their total
        """
        checks, kept_paths, suspected = self._suspects(query, only, progress)
        doubts = sorted(self._group_doubts(query, only), key=_place)
        return chain(self._findings(checks, kept_paths, suspected, program), self._group_findings(doubts, program))

    def unread(self) -> int:
        """Return how many files had fewer tags read than this version reads; the next scan reads them again."""
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
        """Count findings by check, and return the first findings of each; see `findings`.

        most: maximum findings per check; the others are only counted, which is many times as fast
        """
        shown_doubts, counted, in_groups = self._first_group_doubts(query, only, most)
        checks, kept_paths, suspected = self._suspects(query, only, progress)
        unsure = sum(1 << place for place, check in enumerate(checks) if check in UNSURE)
        doubted = [(file_id, bits & unsure) for file_id, bits in suspected if bits & unsure]
        confirmed: dict[int, int] = {}  # facts suffice for all other checks
        for file_id, finding in self._numbered(checks, {}, doubted, program):
            confirmed[file_id] = confirmed.get(file_id, 0) | 1 << checks.index(finding.check.name)
        places_of = cache(lambda bits: [place for place in range(len(checks)) if bits >> place & 1])
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
        findings = chain(
            self._findings(checks, kept_paths, shown, program), self._group_findings(shown_doubts, program)
        )
        return Examination(counts=counts, tracks=tracks, findings=findings)

    def _first_group_doubts(
        self, query: str | Query, only: Collection[str], most: int | None
    ) -> tuple[list[GroupDoubt], Counter[str], set[int]]:
        """Return the first doubts about albums and genres, their number by check, and their files.

        Runs before everything else, so that its temporary memory is free again afterwards.
        """
        doubts, counts, files = list[GroupDoubt](), Counter[str](), set[int]()
        for doubt in self._group_doubts(query, only):
            if most is None or counts[doubt.check.name] < most:
                doubts.append(doubt)
            counts[doubt.check.name] += 1
            files.update(doubt.file_ids)  # only one for a genre, which may have many
        return sorted(doubts, key=_place), counts, files

    def _group_doubts(self, query: str | Query, only: Collection[str]) -> Iterator[GroupDoubt]:
        """Yield doubts about albums, by folder, and about genres."""

        def asked(checks: Sequence[Check]) -> list[Check]:
            return [check for check in checks if not only or check.name in only or check.subject in only]

        wanted, context = as_query(query), query_context(self._store)
        if checks := asked(ALBUM_CHECKS):
            from map4.audio.tags.pictures import has_folder_picture

            for folder, tracks in self._doubts.albums(wanted, context):
                for doubt in album_doubts(folder, tracks, checks):
                    if doubt.check.name != "cover_missing" or has_folder_picture(folder.path) is False:
                        yield doubt
        if parts := {check.name for check in asked([ALBUM_SPLIT, ALBUM_SPELLINGS])}:
            for tracks in self._doubts.albums_apart(wanted, context):
                yield from part_doubts(tracks, parts)
        if asked([VALUES_WAIT]):
            for waiting in self._doubts.waiting_values(wanted, context):
                yield from waiting_doubts(*waiting)
        if asked([GENRE_SPELLINGS]):
            texts = self._doubts.genre_texts(wanted, context)
            counts = {text: count for text, (count, _) in texts.items()}
            yield from spelling_doubts(counts, lambda text: texts[text][1])
        if asked([ARTIST_SPELLINGS]):
            yield from artist_doubts(*self._doubts.credits(wanted, context))

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
        parsed_query, context = as_query(query), query_context(self._store)
        checks = [check.name for check in CHECKS if not only or check.name in only or check.subject in only]
        # Before any finding is yielded, so that a progress display knows when this has ended.
        kept_paths = self._store.part(Copies).kept(progress=progress) if "copies" in checks else {}
        return checks, kept_paths, self._doubts.suspects(parsed_query, context, checks)

    def _findings(
        self,
        checks: Sequence[str],
        kept_paths: Mapping[str, str],
        suspected: Sequence[tuple[int, int]],
        program: Sequence[str],
    ) -> Iterator[Finding]:
        return (finding for _, finding in self._numbered(checks, kept_paths, suspected, program))

    def _numbered(
        self,
        checks: Sequence[str],
        kept_paths: Mapping[str, str],
        suspected: Sequence[tuple[int, int]],
        program: Sequence[str],
    ) -> Iterator[tuple[int, Finding]]:
        bits = dict(suspected)
        for file_id, track in self._store.tracks.numbered(list(bits)):
            to_check = {check for place, check in enumerate(checks) if bits[file_id] >> place & 1}
            copy_of = kept_paths.get(track.path)
            if "missing" in to_check and (there := self._store.tracks.present(track.path)) is not None:
                copy_of = there.path if there.state != "missing" else None
            twins = self._twins(track) if "missing_tags" in to_check else ()
            for finding in diagnose(track, program=program, copy_of=copy_of, twins=twins, checks=to_check):
                yield file_id, finding

    def _twins(self, track: Track) -> list[Track]:
        """Return the other files with the same audio."""
        files = self._store.addresses.files_of({track.audio_id}) if track.audio_id else {}
        ids = [file_id for of_audio in files.values() for file_id, path in of_audio if path != track.path]
        return [twin for _, twin in self._store.tracks.numbered(ids)] if ids else []


def _place(doubt: GroupDoubt) -> int:
    """Return the position of its check in the order of checks."""
    return GROUP_CHECKS.index(doubt.check)

"""The doctor of a library: reads the suspect tracks and yields or counts findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

from map4.core.base.actor import needs
from map4.core.base.text import words_of
from map4.core.music.analysis.analysis import ANALYSIS_VERSION
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.track.tags import TAGS_VERSION
from map4.core.music.track.track import Track
from map4.core.store.library_ref import Progress
from map4.core.store.sql_store import Store
from map4.core.store.substitutes import PresentTracks
from map4.doctor.checks.album_parts import name_doubts, part_doubts, waiting_doubts
from map4.doctor.checks.albums import album_doubts
from map4.doctor.checks.diagnosis import CHECKS, diagnose
from map4.doctor.checks.finding import Check, CheckCount, Finding
from map4.doctor.checks.groups import (
    ALBUM_CHECKS,
    ALBUM_SPELLINGS,
    ALBUM_SPLIT,
    ALL_CHECKS,
    ARTIST_SPELLINGS,
    GENRE_SINGLES,
    GENRE_SPELLINGS,
    GROUP_CHECKS,
    SECOND_NAMES,
    VALUES_WAIT,
    GroupDoubt,
    group_finding,
)
from map4.doctor.checks.spellings import artist_doubts, single_doubts, spelling_doubts
from map4.doctor.store.doubts import SqlDoubts, matches_everything
from map4.doctor.store.suspects import UNSURE
from map4.errors import UsageError
from map4.library import hookspecs

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The result: number of findings by check, number of tracks with findings, and the requested findings."""

    counts: Mapping[str, int]
    tracks: int
    findings: Iterator[Finding]

    @property
    def checks(self) -> tuple[CheckCount, ...]:
        return tuple(
            CheckCount(check=check, count=self.counts[check.name])
            for check in ALL_CHECKS
            if self.counts.get(check.name)
        )


@dataclass(frozen=True, slots=True)
class LibraryDoubts:
    """Candidates for findings: files, and groups of files in the order of checks.

    checks: names of the checks of tracks
    suspects: ids of files, each with a bit for each check that it may fail
    kept_paths: the path of each copy, with the path of the file to keep
    """

    checks: Sequence[str]
    suspects: Sequence[tuple[int, int]]
    kept_paths: Mapping[str, str]
    groups: Sequence[GroupDoubt]

    def to_data(self) -> list[Any]:
        """Return it as JSON values."""
        return [self.checks, self.suspects, self.kept_paths, [doubt.to_data() for doubt in self.groups]]

    @classmethod
    def of_data(cls, data: list[Any], only: Collection[str]) -> LibraryDoubts:
        checks, suspects, kept_paths, groups = data
        wanted = {check.name for check in _selected(ALL_CHECKS, only)}
        bits = sum(1 << place for place, check in enumerate(checks) if check in wanted)
        return cls(
            checks,
            [(file_id, failed & bits) for file_id, failed in suspects if failed & bits],
            kept_paths,
            [GroupDoubt.of_data(doubt) for doubt in groups if doubt["check"] in wanted],
        )


@hookspecs.warm.implementation
def prepare_doubts(store: Store) -> None:
    """Check the library now, with comparing new sounds; the findings of a large library are cached."""
    Doctor(store).examine(most=0)


@needs("read")
class Doctor:
    """Findings about the tracks of a library: each finding, or their number by check; `map4.Library.doctor`."""

    def __init__(self, store: Store) -> None:
        self.actor, self._store, self._sql = store.actor, store, SqlDoubts(store)

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
        doubts = self._doubts(query, only, progress)
        of_tracks = (finding for _, finding in self._numbered(doubts, doubts.suspects, program))
        return chain(of_tracks, self._group_findings(doubts.groups, program))

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
        if most is not None and most < 0:
            raise UsageError(f"limit is 0 or more findings of a check, not {most}")
        doubts = self._doubts(query, only, progress, confirm=True)
        places_of = cache(lambda bits: [place for place in range(len(doubts.checks)) if bits >> place & 1])
        numbers, shown, files = [0] * len(doubts.checks), list[tuple[int, int]](), set[int]()
        for file_id, bits in doubts.suspects:
            shown_bits = 0  # the checks of the file whose findings are still shown
            for place in places_of(bits):
                if most is None or numbers[place] < most:
                    shown_bits |= 1 << place
                numbers[place] += 1
            files.add(file_id)
            if shown_bits:
                shown.append((file_id, shown_bits))
        counts = Counter({check: number for check, number in zip(doubts.checks, numbers, strict=True) if number})
        groups = list[GroupDoubt]()
        for doubt in doubts.groups:
            if most is None or counts[doubt.check.name] < most:
                groups.append(doubt)
            counts[doubt.check.name] += 1
            files.update(doubt.file_ids)  # only one for a genre, which may have many
        of_tracks = (finding for _, finding in self._numbered(doubts, shown, program))
        findings = chain(of_tracks, self._group_findings(groups, program))
        return Examination(counts=counts, tracks=len(files), findings=findings)

    def _doubts(
        self, query: str | Query, only: Collection[str], progress: Progress | None, *, confirm: bool = False
    ) -> LibraryDoubts:
        """Return candidates for findings; with `confirm`, only suspects with a finding."""
        parsed_query, store, data = Query.parse(query), self._store, None
        if matches_everything(parsed_query) and store.row_cache.is_large():
            version = repr((store.preferences, store.preferred(), ANALYSIS_VERSION, TAGS_VERSION))
            every = None if only else lambda: self._computed(parsed_query, (), progress, confirm=True).to_data()
            data = store.row_cache.answer("doctor", version, every)
        if data is not None:
            doubts = LibraryDoubts.of_data(data, only)
        else:
            doubts = self._computed(parsed_query, only, progress, confirm=confirm)
        groups = [*(doubt for doubt in doubts.groups if not _has_cover(doubt)), *self._declared(parsed_query, only)]
        return replace(doubts, groups=sorted(groups, key=lambda doubt: GROUP_CHECKS.index(doubt.check)))

    def _declared(self, query: Query, only: Collection[str]) -> Iterator[GroupDoubt]:
        """Yield the doubts of other subjects; never cached, as lists belong to accounts."""
        checks = {check.name for check in _selected(GROUP_CHECKS, only)}
        among: set[int] | None = None
        for doubt in chain.from_iterable(hookspecs.doubts(self._store, checks)):
            if among is None and not matches_everything(query):
                among = {*self._store.search.matching(query, self._store.context())}
            if among is None or not among.isdisjoint(doubt.file_ids):
                yield doubt

    def _computed(
        self, query: Query, only: Collection[str], progress: Progress | None, *, confirm: bool
    ) -> LibraryDoubts:
        context, checks = self._store.context(), [check.name for check in _selected(CHECKS, only)]
        groups = sorted(self._group_doubts(query, context, only), key=lambda doubt: GROUP_CHECKS.index(doubt.check))
        # Before any finding is yielded, so that a progress display knows when this has ended.
        kept_paths = self._store.part(hookspecs.copies.required()).kept(progress=progress) if "copies" in checks else {}
        doubts = LibraryDoubts(checks, self._sql.suspects(query, context, checks), kept_paths, groups)
        return replace(doubts, suspects=self._confirmed(doubts)) if confirm else doubts

    def _confirmed(self, doubts: LibraryDoubts) -> list[tuple[int, int]]:
        """Return the suspects that have a finding; facts suffice for most checks, others read the tracks."""
        unsure = sum(1 << place for place, check in enumerate(doubts.checks) if check in UNSURE)
        doubted = [(file_id, bits & unsure) for file_id, bits in doubts.suspects if bits & unsure]
        confirmed: dict[int, int] = {}
        for file_id, finding in self._numbered(doubts, doubted, ()):
            confirmed[file_id] = confirmed.get(file_id, 0) | 1 << doubts.checks.index(finding.check.name)
        settled = ((file_id, bits & ~unsure | confirmed.get(file_id, 0)) for file_id, bits in doubts.suspects)
        return [(file_id, bits) for file_id, bits in settled if bits]

    def _group_doubts(self, query: Query, context: QueryContext, only: Collection[str]) -> Iterator[GroupDoubt]:
        """Yield doubts about albums, by folder, and about genres."""
        if checks := _selected(ALBUM_CHECKS, only):
            for folder, tracks in self._sql.albums(query, context):
                yield from album_doubts(folder, tracks, checks)
        if parts := {check.name for check in _selected([ALBUM_SPLIT, ALBUM_SPELLINGS], only)}:
            for tracks in self._sql.albums_apart(query, context):
                yield from part_doubts(tracks, parts)
        if _selected([VALUES_WAIT], only):
            for waiting in self._sql.waiting_values(query, context):
                yield from waiting_doubts(*waiting)
        if _selected([SECOND_NAMES], only):
            for named in self._sql.second_names(query, context):
                yield from name_doubts(named)
        if parts := {check.name for check in _selected([GENRE_SPELLINGS, GENRE_SINGLES], only)}:
            genres = self._sql.genre_texts(query, context)
            yield from spelling_doubts(genres) if GENRE_SPELLINGS.name in parts else ()
            yield from single_doubts(genres) if GENRE_SINGLES.name in parts else ()
        if _selected([ARTIST_SPELLINGS], only):
            yield from artist_doubts(*self._sql.credits(query, context))

    def _group_findings(self, doubts: Sequence[GroupDoubt], program: Sequence[str]) -> Iterator[Finding]:
        for start in range(0, len(doubts), _AT_ONCE):
            some = doubts[start : start + _AT_ONCE]
            tracks = dict(self._store.tracks.numbered([doubt.file_ids[0] for doubt in some]))
            of_offers = (file_id for doubt in some for offer in doubt.offers for file_id in offer.file_ids)
            files = self._sql.files({*of_offers, *(file_id for doubt in some for file_id in doubt.file_ids)})
            for doubt in some:
                if (track := tracks.get(doubt.file_ids[0])) is not None:
                    yield group_finding(doubt, track, files, program)

    def _numbered(
        self, doubts: LibraryDoubts, suspects: Sequence[tuple[int, int]], program: Sequence[str]
    ) -> Iterator[tuple[int, Finding]]:
        bits, artists, known = dict(suspects), cache(self._sql.artists), cache(self._sql.known_names)
        is_artist, present_copies = cache(self._sql.is_real_artist), self._present_copies(doubts, suspects)
        for file_id, track in self._store.tracks.numbered(list(bits)):
            to_check = {check for place, check in enumerate(doubts.checks) if bits[file_id] >> place & 1}
            copy_of = doubts.kept_paths.get(track.path)
            if "missing" in to_check and (there := PresentTracks(self._store.tracks).track(track.path)) is not None:
                copy_of = there.path if there.state != "missing" and there.audio_id == track.audio_id else None
            twins = self._twins(track) if "missing_tags" in to_check else ()
            for finding in diagnose(
                track,
                program=program,
                copy_of=copy_of,
                present_copy=present_copies.get(track.audio_id or ""),
                twins=twins,
                spelling=lambda artist: artists().get(words_of(artist), artist),
                is_artist=is_artist,
                known=known() if "garbled" in to_check else (),
                checks=to_check,
            ):
                yield file_id, finding

    def _present_copies(self, doubts: LibraryDoubts, suspects: Sequence[tuple[int, int]]) -> dict[str, str]:
        """Return the path of a present copy for each recording of a missing file that has one."""
        place = doubts.checks.index("missing") if "missing" in doubts.checks else None
        gone = [file_id for file_id, bits in suspects if place is not None and bits >> place & 1]
        tracks = self._store.tracks.tracks_by_id(gone, analysis=False)
        audio_ids = {track.audio_id for track in tracks if track.audio_id is not None}
        return self._store.part(hookspecs.copies.required()).present_copies(audio_ids) if audio_ids else {}

    def _twins(self, track: Track) -> list[Track]:
        """Return the other files with the same audio."""
        files = self._store.addresses.files_of({track.audio_id}) if track.audio_id else {}
        ids = [file_id for of_audio in files.values() for file_id, path in of_audio if path != track.path]
        return [twin for _, twin in self._store.tracks.numbered(ids)] if ids else []


def _selected(checks: Sequence[Check], only: Collection[str]) -> list[Check]:
    return [check for check in checks if not only or check.name in only or check.subject in only]


def _has_cover(doubt: GroupDoubt) -> bool:
    """Return whether an album without a picture in its tags may have one in its folder; scans ignore it."""
    if doubt.folder is None:
        return False
    from map4.core.audio.tags.pictures import has_folder_picture

    return has_folder_picture(doubt.folder) is not False

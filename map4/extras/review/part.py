"""Imported entries without a sure match, each with the files that it may be: `library.review`."""

from __future__ import annotations

import re

from map4.core.base.actor import needs, served
from map4.core.base.records import Count, Fraction3, Record, Seconds, ShownPath
from map4.core.base.text import clock, folded
from map4.core.music.file_name import FileName
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.recording import KnownName
from map4.errors import NothingFoundError, UsageError
from map4.extras.review.store import SqlChoices, id_of
from map4.imports import SqlImports
from map4.library.part import LibraryPart
from map4.search import NameMatcher

MOST_CANDIDATES = 3
_LEAST_CERTAINTY = 0.5
_SAME_LENGTH_S = 3.0
_OTHER_LENGTH, _OTHER_TITLE, _OTHER_NUMBER = 0.85, 0.9, 0.85
"""Factors of the certainty for another length, a title without its remarks, and if the remark was a number."""
_REMARK = re.compile(r"(?<=\S)(?: [-–—] | ?[(\[]).*")


class EntryCandidate(Record):
    """A file that an entry may be.

    certainty: 0-1, by names and length
    differs: differences from the entry: "0:53 longer", "title: …", "album: …"
    """

    audio_id: str
    path: ShownPath
    name: str
    duration_s: Seconds | None
    certainty: Fraction3
    differs: tuple[str, ...]


class WaitingEntry(
    Record, members="id artist=entry.artist title=entry.title album=entry.album duration_s=entry.duration_s candidates"
):
    """An entry of imported lists.

    id: of its names; a choice counts for all entries with the same artist, title and album
    """

    id: str
    entry: PlaylistEntry
    candidates: tuple[EntryCandidate, ...]


class WaitingEntries(Record, kind="import-review"):
    """Imported entries to decide, the likeliest first.

    count: of all
    """

    count: Count
    entries: tuple[WaitingEntry, ...]


class Review(LibraryPart, scope="read"):
    """Chooses the files of imported entries by hand; `library.review`."""

    @served("GET", "/imports/review", "Imported entries to decide, as `map4 import waiting --review`.",
            {"limit": (int, 200)}, queue="long")  # fmt: skip
    def waiting(self, limit: int | None = None) -> WaitingEntries:
        """Return undecided entries, at most `limit`, each with its best candidates; UsageError if it is negative."""
        if limit is not None and limit < 0:
            raise UsageError(f"limit is 0 or more, not {limit}")
        decided, pending = {None, "", *self._store.part(SqlChoices).all()}, self._store.part(SqlImports).pending()
        waiting = {entry_id: each.entry for each in pending if (entry_id := id_of(each.entry)) not in decided}
        entries = self._with_candidates(waiting) if limit != 0 else []
        entries.sort(key=lambda entry: -max((each.certainty for each in entry.candidates), default=0.0))
        return WaitingEntries(count=len(waiting), entries=tuple(entries[:limit]))

    @needs("scan")
    @served("PUT", "/imports/review/{entry}", "Choose the audio of an entry; null: the library does not have it.",
            {"audio_id": (str | None, ...)}, "EntryChoice", queue="write", example={"audio_id": None})  # fmt: skip
    def choose(self, entry_id: str, audio_id: str | None) -> WaitingEntries:
        """Choose the audio of an entry, also for later imports; None: the library does not have it.

        returns: the number of entries left
        raises NothingFoundError: if no such entry waits, or the library lacks the audio
        """
        imports, files = self._store.part(SqlImports), self._store.tracks.files_with_audio(audio_id or "")
        entry = next((each.entry for each in imports.pending() if id_of(each.entry) == entry_id), None)
        if entry is None or (audio_id and not files):
            raise NothingFoundError(f"there is no waiting entry {entry_id}, or no audio {audio_id}")
        file = (audio_id, files[0][1]) if audio_id else None
        self._store.part(SqlChoices).put(entry, file, imports)
        return self.waiting(0)

    @needs("scan")
    @served("DELETE", "/imports/review/{entry}", "Undo a choice: the entry waits again.", queue="write")
    def undo(self, entry_id: str | None = None) -> WaitingEntries:
        """Undo the choice for an entry, or the last; returns the number of entries left.

        raises NothingFoundError: if there is none
        """
        choices = self._store.part(SqlChoices)
        if not choices.take_back(entry_id or next(iter(choices.all()), "")):
            raise NothingFoundError("there is no such choice to undo")
        return self.waiting(0)

    def _with_candidates(self, waiting: dict[str, PlaylistEntry]) -> list[WaitingEntry]:
        files = [name for name in self._store.tracks.known_names() if name.audio_id and not name.is_missing]
        captions = [FileName(name.path).names(name.artist, name.title) for name in files]
        matcher, entries = NameMatcher(captions), list[WaitingEntry]()
        for entry_id, entry in waiting.items():
            title, rows = entry.title or "", dict[int, float]()
            for text, factor in {_REMARK.sub("", title): _OTHER_TITLE, title: 1.0}.items():
                for row, certainty in matcher.candidates(entry.artist, text, thorough=False):
                    if text != title and NameMatcher.is_other_number(title, captions[row][1]):
                        certainty *= _OTHER_NUMBER
                    rows[row] = max(factor * certainty, rows.get(row, 0.0))
            candidates = [_candidate(entry, files[row], captions[row], certainty) for row, certainty in rows.items()]
            candidates.sort(key=lambda each: (-each.certainty, len(each.differs), each.path))
            by_audio = {each.audio_id: each for each in reversed(candidates) if each.certainty >= _LEAST_CERTAINTY}
            best = tuple(each for each in candidates if by_audio.get(each.audio_id) is each)[:MOST_CANDIDATES]
            entries.append(WaitingEntry(id=entry_id, entry=entry, candidates=best))
        return entries


def _candidate(
    entry: PlaylistEntry, name: KnownName, caption: tuple[str | None, str], certainty: float
) -> EntryCandidate:
    own_names = (entry.artist, entry.title, entry.album)
    pairs = zip(("artist", "title", "album"), own_names, (*caption, name.album), strict=True)
    differs = [f"{what}: {its}" for what, own, its in pairs if own and its and folded(own) != folded(its)]
    longer_s = name.duration_s - entry.duration_s if name.duration_s and entry.duration_s else 0.0
    if abs(longer_s) > _SAME_LENGTH_S:
        differs.append(f"{clock(abs(longer_s))} {'longer' if longer_s > 0 else 'shorter'}")
        certainty *= _OTHER_LENGTH
    return EntryCandidate(
        audio_id=name.audio_id or "", path=name.path, name=" - ".join(filter(None, caption)),
        duration_s=name.duration_s, certainty=certainty, differs=tuple(differs),
    )  # fmt: skip

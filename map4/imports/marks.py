"""Marks from data of other programs: My Tags, groupings, crates and lists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from map4.core.base.text import clean, counted, name_key
from map4.core.music.track.mark_words import as_mark
from map4.core.music.track.written_words import words_in_comment, words_in_grouping
from map4.values import AddedMarks, SqlValues

if TYPE_CHECKING:
    from map4.core.store.sql_store import Store
    from map4.formats import DjPlaylist, DjTrack
    from map4.imports.options import MarkSource

_MOST_SHOWN = 4


class ImportedMarks:
    """Collects the marks of an import from the requested sources."""

    def __init__(self, sources: Collection[MarkSource]) -> None:
        self._sources = frozenset(sources)
        self._of_audio: dict[str, dict[str, str]] = {}
        self._waiting: set[str] = set()
        self._otherwise: dict[tuple[str, str], None] = {}
        self._mark = cache(as_mark)

    def note_track(self, track: DjTrack, audio_id: str | None) -> None:
        """Collect the marks of a track; without audio, its file is missing so far."""
        words: list[str] = []
        if "my-tag" in self._sources:
            words += (*track.my_tags, *words_in_comment(track.values.comment or ""))
        if "grouping" in self._sources:
            words += words_in_grouping(track.values.grouping or "")
        if words and audio_id is None:
            self._waiting.add(track.key)
        elif audio_id is not None:
            self._note(audio_id, words)

    def note_lists(
        self, lists: Iterable[DjPlaylist], staged: Callable[[DjPlaylist], Iterable[tuple[str, str | None]]]
    ) -> None:
        """Collect lists as marks; skips histories and smart lists.

        staged: returns the keys of a list's tracks, each with its matched audio or None
        """
        for playlist in lists if "lists" in self._sources else ():
            for key, audio_id in staged(playlist) if playlist.kind == "list" and playlist.live is None else ():
                if audio_id is None:
                    self._waiting.add(key)
                else:
                    self._note(audio_id, [playlist.name])

    def _note(self, audio_id: str, words: Iterable[str]) -> None:
        for word in words:
            mark = self._mark(word)
            if mark is not None:  # else there is no letter in it
                self._of_audio.setdefault(audio_id, {}).setdefault(name_key(mark), mark)
                if mark != " ".join(clean(word).split()):
                    self._otherwise[word, mark] = None

    def put(self, store: Store, *, now: datetime, dry_run: bool) -> tuple[AddedMarks, list[str]]:
        """Add the marks; returns the result and the messages."""
        wanted: Mapping[str, Iterable[str]] = {audio_id: of_one.values() for audio_id, of_one in self._of_audio.items()}
        added = store.part(SqlValues).add_marks(wanted, now=now, dry_run=dry_run) if wanted else AddedMarks()
        lines = []
        if self._otherwise:
            renamed = [f"'{clean(word)[:80]}' is '{mark}'" for word, mark in self._otherwise]
            more = f", and {len(renamed) - _MOST_SHOWN:,} more" if len(renamed) > _MOST_SHOWN else ""
            lines.append(f"written otherwise as marks: {', '.join(renamed[:_MOST_SHOWN])}{more}")
        if self._waiting:
            lines.append(
                f"{counted(len(self._waiting), 'track')} with marks without a file here yet; when the files are here, "
                "import with --marks again"
            )
        if added.taken_off:
            lines.append(
                f"marks that you removed or renamed stay so ({added.taken_off:,}); 'map4 set --mark' sets them"
            )
        if added.too_many:
            lines.append(f"left out: marks of tracks that already have the maximum ({added.too_many:,})")
        return added, lines

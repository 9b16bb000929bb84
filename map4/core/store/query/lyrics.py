"""Lyrics in queries: their words, and their language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from map4.core.base.text import has_words
from map4.core.music.query.context import QueryContext
from map4.core.music.query.terms import Words
from map4.core.music.track.lyrics import searchable
from map4.core.store.query.forms import Clause, FileIds, Predicate, TextForms, WordForms

if TYPE_CHECKING:
    from map4.core.music.track.track import Track

WITH_LYRICS = FileIds("SELECT l.id FROM lyrics AS l WHERE l.language IS NOT NULL")


class _LyricsForms(TextForms):
    """What both fields share."""

    def with_value(self, context: QueryContext) -> FileIds:
        return WITH_LYRICS

    def may_have(self, context: QueryContext) -> FileIds:
        return WITH_LYRICS


class _WordsForms(_LyricsForms):
    def value(self, context: QueryContext) -> str:
        return "(SELECT l.words FROM lyrics AS l WHERE l.id = f.id AND l.language IS NOT NULL)"

    def matches(self, words: Words, context: QueryContext) -> Clause:
        """The files with these words in a row. Whole lyrics are as good as a phrase."""
        if not has_words(words.text):
            return Predicate("FALSE")
        text = searchable(words.text.encode("utf-8", "replace").decode().replace("\0", " ")).replace('"', '""')
        match = f'"{text}"{" *" if words.how == "start" else ""}'
        return FileIds("SELECT rowid FROM lyrics_fts WHERE lyrics_fts MATCH ?", (f"{{words}} : {match}",))


class _LanguageForms(_LyricsForms):
    def value(self, context: QueryContext) -> str:
        return "(SELECT l.language FROM lyrics AS l WHERE l.id = f.id)"

    def of(self, track: Track) -> str | None:
        return track.lyrics_language

    def matches(self, words: Words, context: QueryContext) -> FileIds:
        condition = Predicate.contains_words(["l.language"], words)
        return FileIds(f"{WITH_LYRICS.sql} AND ({condition.sql})", condition.values)


class _HasLyrics(WordForms):
    def clause(self, context: QueryContext) -> FileIds:
        return WITH_LYRICS

    def of(self, track: Track) -> bool:
        return track.lyrics_language is not None


LYRICS, LANGUAGE, HAS_LYRICS = _WordsForms(), _LanguageForms(), _HasLyrics()

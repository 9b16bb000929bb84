"""Labels in queries: genre, mood, subgenre, era and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from map4.core.base.text import folded, has_words
from map4.core.music.query.context import QueryContext
from map4.core.music.query.terms import Words
from map4.core.music.track.labels import Labels
from map4.core.store.query.forms import FileIds, Predicate, TextForms
from map4.library import hookspecs

if TYPE_CHECKING:
    from map4.core.music.track.track import Track

LABELLED = FileIds("SELECT lf.id FROM labels AS l CROSS JOIN files AS lf ON lf.audio_id = l.audio_id")
"""The files with labels. Selected from labels, not files: each is read once, and there may be none."""
# A family, a genre and its style: "Electronic; Deep House".
_GENRE = f"CASE WHEN l.genre <> '{Labels.UNKNOWN}' THEN l.genre || coalesce('; ' || l.subgenre, '') END"


class LabelForms(TextForms):
    """The forms of a label.

    column: its SQL on the labels `l`
    """

    def __init__(self, name: str, column: str) -> None:
        self._name, self._column = name, column

    def value(self, context: QueryContext) -> str:
        return f"(SELECT {self._column} FROM labels AS l WHERE l.audio_id = f.audio_id)"

    def of(self, track: Track) -> str | None:
        return getattr(track.labels, self._name, None)

    def with_value(self, context: QueryContext) -> FileIds:
        return _labelled(Predicate(f"{self._column} IS NOT NULL"))

    def may_have(self, context: QueryContext) -> FileIds:
        return LABELLED

    def matches(self, words: Words, context: QueryContext) -> FileIds:
        return _with_text(self._column, words)


class EraForms(LabelForms):
    def matches(self, words: Words, context: QueryContext) -> FileIds:
        if words.how == "whole" or not has_words(words.text):
            return super().matches(words, context)
        return _labelled(Predicate.holds(self._column, folded(words.text)))  # "90s" is the 1990s


class TagForms(LabelForms):
    def of(self, track: Track) -> str | None:
        return "; ".join(track.labels.tags) or None if track.labels else None


@hookspecs.genre_words.implementation
def genre_labelled(words: Words) -> FileIds:
    """The files whose labels have these words in a genre, its family or its style."""
    return _with_text(_GENRE, words)


def _labelled(condition: Predicate) -> FileIds:
    return FileIds(f"{LABELLED.sql} WHERE {condition.sql}", condition.values)


def _with_text(column: str, words: Words) -> FileIds:
    """Files with the text at the start of a word; or, if it has only punctuation, anywhere."""
    if words.how == "whole":
        return _labelled(Predicate.whole_value(column, words.text))
    if not has_words(words.text):
        return _labelled(Predicate.holds(column, words.text))
    return _labelled(Predicate.holds(f"' ' || map4_folded({column})", f" {folded(words.text)}"))


MOOD, SUBGENRE, ERA = LabelForms("mood", "l.mood"), LabelForms("subgenre", "l.subgenre"), EraForms("era", "l.era")
TAG = TagForms("tags", "(SELECT group_concat(t.value, '; ') FROM json_each(l.data, '$.tags') AS t)")

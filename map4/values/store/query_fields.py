"""Query conditions for marks, and for values set by a user."""

from __future__ import annotations

from dataclasses import replace

from map4.core.base.text import folded
from map4.core.music.query.context import QueryContext
from map4.core.music.query.terms import Words
from map4.core.music.track.track import Track, UserValues
from map4.core.store.query.field_sql import own_ratings_sql
from map4.core.store.query.forms import FileIds, Predicate, TextForms, WordForms


class OwnWordForms(TextForms):
    """SQL forms of names that few tracks have: marks and lists.

    column: the name's column in `names`
    """

    column = "mark"

    def names(self, context: QueryContext) -> str:
        """SELECT of the names of the file `f`, in order."""
        raise NotImplementedError

    def files(self, context: QueryContext, words: Words | None = None) -> FileIds:
        """The files with any name, or with a name that has these words."""
        raise NotImplementedError

    def value(self, context: QueryContext) -> str:
        return self._joined(f"group_concat(n.{self.column}, '; ')", context)

    def order_keys(self, context: QueryContext) -> list[str]:
        return [self._joined(f"map4_folded(group_concat(n.{self.column}, '; '))", context)]

    def _joined(self, names: str, context: QueryContext) -> str:
        # Few files have any: list them once, and look up the names only for them.
        has_any = self.files(context).as_predicate().sql
        return f"CASE WHEN {has_any} THEN (SELECT {names} FROM ({self.names(context)}) AS n) END"

    def with_value(self, context: QueryContext) -> FileIds:
        return self.files(context)

    def may_have(self, context: QueryContext) -> FileIds:
        return self.files(context)

    def matches(self, words: Words, context: QueryContext) -> FileIds:
        return self.files(context, words)


def mark_names(owner: int, audio_ids: str) -> str:
    """SQL of a person's marks and their keys; `audio_ids` is the comparison: "= f.audio_id", or "IN (…)"."""
    of_owner = f"m.owner = {owner:d} AND m.audio_id {audio_ids}"
    return f"SELECT DISTINCT m.mark, m.mark_key FROM marks AS m WHERE {of_owner} ORDER BY m.mark_key"


class MarkForms(OwnWordForms):
    def names(self, context: QueryContext) -> str:
        return mark_names(context.owner, "= f.audio_id")

    def files(self, context: QueryContext, words: Words | None = None) -> FileIds:
        marked, values = marked_sql(context.owner, words)
        return FileIds(f"SELECT o.id FROM files AS o WHERE o.audio_id IN ({marked})", values)

    def of(self, track: Track) -> str | None:
        return "; ".join(track.user.marks) if track.user.marks else None


class SetForms(WordForms):
    def clause(self, context: QueryContext) -> FileIds:
        own = FileIds.union(
            *(
                FileIds(f"SELECT o.id FROM user_values AS u JOIN files AS o ON o.{column} = u.audio_id")
                for column in ("audio_id", "uid")
            )
        )
        return FileIds.union(own, FileIds(own_ratings_sql(context.owner, "o.id")))

    def of(self, track: Track) -> bool:
        return replace(track.user, marks=None) != UserValues()


def marked_sql(owner: int, words: Words | None) -> Predicate:
    """SELECT of audio ids with a mark. Words are compared once per mark, not once per track."""
    marked = f"SELECT m.audio_id FROM marks AS m WHERE m.owner = {owner:d}"
    if words is None:
        return Predicate(marked)
    condition, values = name_matches("k.mark_key", words)
    keys = f"SELECT k.mark_key FROM (SELECT DISTINCT mark_key FROM marks WHERE owner = {owner:d} LIMIT -1) AS k"
    return Predicate(f"{marked} AND m.mark_key IN ({keys} WHERE {condition})", values)


def name_matches(column: str, words: Words) -> Predicate:
    if words.how == "whole":
        return Predicate(f"map4_folded(trim({column})) = ?", (folded(words.text.strip()),))
    return Predicate.contains_words([column], words)


MARK, SET = MarkForms(), SetForms()

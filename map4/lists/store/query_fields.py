"""Stored lists in queries: the lists that a track is in, and marks of these lists."""

from __future__ import annotations

from map4.core.base.actor import Actor
from map4.core.music.lists.listed import ListName
from map4.core.music.query.context import QueryContext
from map4.core.music.query.terms import Words
from map4.core.store.query.forms import FileIds, Predicate, WordForms
from map4.core.store.stored_tables import seen
from map4.errors import UsageError
from map4.values import OwnWordForms, mark_names, marked_sql, name_matches

_FOLDERS = "(SELECT group_concat(g.value, '/') FROM json_each(p.header, '$.imported.folders') AS g)"
_NAME = f"coalesce({_FOLDERS} || '/', '') || p.name"


class ListForms(OwnWordForms):
    column = "name"

    def names(self, context: QueryContext) -> str:
        return f"SELECT DISTINCT p.name {_lists_of_file(context.owner)} ORDER BY p.name"

    def files(self, context: QueryContext, words: Words | None = None) -> FileIds:
        condition, values = self.lists(context.owner, words)
        lists = f"SELECT p.id FROM playlists AS p WHERE {condition}"
        # Lists contain recordings, in any file; a track without an audio id is matched by its path.
        of_audio = f"SELECT t.audio_id FROM playlist_tracks AS t WHERE t.playlist_id IN ({lists})"
        of_copy = f"SELECT s.copy_audio_id FROM substitutes AS s WHERE s.audio_id IN ({of_audio})"
        by_path = f"SELECT t.path FROM playlist_tracks AS t WHERE t.audio_id IS NULL AND t.playlist_id IN ({lists})"
        return FileIds.union(
            FileIds(f"SELECT o.id FROM files AS o WHERE o.audio_id IN ({of_audio})", values),
            FileIds(f"SELECT o.id FROM files AS o WHERE o.audio_id IN ({of_copy})", values),
            FileIds(f"SELECT o.id FROM files AS o WHERE o.path IN ({by_path})", values),
        )

    def matches(self, words: Words, context: QueryContext) -> FileIds:
        condition, values = self.lists(context.owner, words)
        is_live = "json_type(p.header, '$.live') = 'object' AS is_live"
        lists = context.rows(f"SELECT p.name, {is_live} FROM playlists AS p WHERE {condition} ORDER BY p.name", values)
        if lists and all(is_live for _, is_live in lists):
            raise UsageError(
                f"'{lists[0][0]}' is a live list, which {words.field}: can't search; use its query instead, "
                "which 'map4 playlist show' prints"
            )
        return self.files(context, words)

    def lists(self, owner: int, words: Words | None) -> Predicate:
        """Which lists `p` a person sees: all, or those that the words name, also by parts of their folders."""
        if words is None:
            return Predicate(seen("p.", owner))
        named = name_matches("p.name" if words.how == "whole" else _NAME, words)
        return Predicate.all_of([Predicate(seen("p.", owner)), named])


class ListMarkForms(ListForms):
    column = "mark"

    def names(self, context: QueryContext) -> str:
        return mark_names(context.owner, f"IN (SELECT p.uid {_lists_of_file(context.owner)})")

    def lists(self, owner: int, words: Words | None) -> Predicate:
        """Which lists `p` that a person sees have a mark."""
        marked, values = marked_sql(owner, words)
        return Predicate.all_of([Predicate(seen("p.", owner)), Predicate(f"p.uid IN ({marked})", values)])


class StarredForms(WordForms):
    """The tracks that a person starred, in players or connected servers."""

    def clause(self, context: QueryContext) -> FileIds:
        return _STARS.files(context)


class _StarForms(ListForms):
    def lists(self, owner: int, words: Words | None) -> Predicate:
        account = f"(SELECT name FROM accounts WHERE id = {owner:d})"
        prefix, suffix = ListName.starred("\0").split("\0")
        name = f"'{ListName.starred()}'" if owner == Actor.LOCAL.id else f"'{prefix}' || {account} || '{suffix}'"
        return Predicate(f"p.deleted_at IS NULL AND p.owner = {owner:d} AND p.name = {name}")


def _lists_of_file(owner: int) -> str:
    return (
        "FROM playlist_tracks AS t JOIN playlists AS p ON p.id = t.playlist_id "
        f"WHERE t.audio_id = f.audio_id AND {seen('p.', owner)}"
    )


LIST, LIST_MARK, STARRED, _STARS = ListForms(), ListMarkForms(), StarredForms(), _StarForms()

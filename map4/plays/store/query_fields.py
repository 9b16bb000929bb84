"""Query fields for play counts and last plays: from DJ programs, and by the querying account."""

from __future__ import annotations

from datetime import date, timedelta

from map4.core.music.query.context import QueryContext
from map4.core.music.query.terms import During
from map4.core.music.track.track import Track
from map4.core.store.query import forms


class PlayForms(forms.FieldForms):
    """The forms of a play count.

    column: of the facts, with the count of DJ programs
    """

    column = ""

    def may_have(self, context: QueryContext) -> forms.FileIds:
        counted = _files_sql(context.owner, "TRUE")
        in_programs = f"SELECT file_id FROM facts WHERE {self.column} IS NOT NULL"
        return forms.FileIds(f"{counted} UNION ALL {in_programs}" if self.column else counted)

    def with_value(self, context: QueryContext) -> forms.Clause:
        return forms.Predicate(f"{self.may_have(context).as_predicate().sql} AND {self.value(context)} IS NOT NULL")


class PlayCountForms(PlayForms):
    column = "play_count"

    def value(self, context: QueryContext) -> str:
        every = _own(context.owner, "map4_plays(x.play_count, sum(h.plays + h.elsewhere), sum(h.in_programs))")
        counted = f"x.file_id IN ({_files_sql(context.owner, 'h.plays + h.elsewhere > 0')})"
        return f"CASE WHEN {counted} THEN {every} ELSE x.play_count END"

    def of(self, track: Track) -> int | None:
        return track.play_count()


class LastPlayedForms(PlayForms):
    column = "last_played"

    def value(self, context: QueryContext) -> str:
        return last_played_sql(context.owner)

    def of(self, track: Track) -> str | None:
        return track.last_played()

    def order_keys(self, context: QueryContext) -> list[str]:
        # Tracks known never to have been played come before all others.
        return [f"coalesce({last_played_sql(context.owner)}, CASE WHEN x.play_count = 0 THEN '' END)"]

    def during(self, condition: During, context: QueryContext) -> forms.Clause:
        """An open beginning includes tracks known never to have been played, but not those without any count."""
        known = f"x.last_played IS NOT NULL OR x.play_count = 0 OR x.file_id IN ({played_sql(context.owner)})"
        begun = forms.Predicate(known) if condition.low is None else self._predicate_since(condition.low, context)
        return (
            begun
            if condition.high is None
            else forms.Predicate.all_of(
                [begun, forms.Predicate.none_of(self._predicate_since(condition.high, context))]
            )
        )

    def _predicate_since(self, end: date | timedelta, context: QueryContext) -> forms.Predicate:
        now = context.now
        played = played_sql(context.owner, " AND h.last_at >= ?")
        since = forms.FileIds(played, (int(forms.moment_of(forms.by_the_clock(end, now), now).timestamp()),))
        return forms.Predicate.any_of([forms.Predicate.written("x.last_played", end, None, now), since])


class SkipForms(PlayForms):
    def value(self, context: QueryContext) -> str:
        skips = _own(context.owner, "sum(h.skips)")  # null if the account never heard it
        return f"CASE WHEN x.file_id IN ({_files_sql(context.owner, 'TRUE')}) THEN {skips} END"

    def of(self, track: Track) -> int | None:
        return track.skip_count()


def played_sql(owner: int, also: str = "") -> str:
    """Return SQL for the files that an account heard; `also`: a further condition on the counts `h`."""
    return _files_sql(owner, f"h.plays > 0{also}")


def last_played_sql(owner: int) -> str:
    """Return SQL for the last play, a day or a UTC moment; null if unknown."""
    later = _own(owner, "map4_last_played(x.last_played, max(h.last_at))")
    # These files are computed once, and plays are looked up only for them.
    return f"CASE WHEN x.file_id IN ({played_sql(owner)}) THEN {later} ELSE x.last_played END"


def _files_sql(owner: int, which: str) -> str:
    # CROSS JOIN keeps the order, from few rows to many.
    tables = "play_counts AS h CROSS JOIN played_tracks AS t ON t.id = h.track CROSS JOIN files AS o"
    return f"SELECT o.id FROM {tables} ON o.audio_id = t.audio_id WHERE h.owner = {owner:d} AND {which}"


def _own(owner: int, what: str) -> str:
    of_audio = f"h.owner = {owner:d} AND t.audio_id = f.audio_id"
    # For a single maximum SQLite would start at the counts of all plays.
    return f"(SELECT {what} FROM played_tracks AS t CROSS JOIN play_counts AS h ON h.track = t.id WHERE {of_audio})"


PLAYS, PLAYED, SKIPPED = PlayCountForms(), LastPlayedForms(), SkipForms()

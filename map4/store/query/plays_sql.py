"""How often and when last a track was played, in SQL: what DJ programs say, and what who asks heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def heard_sql(owner: int, also: str = "") -> str:
    """The files that somebody heard; `also`: what else holds for what is counted of them, `h`."""
    return _files_sql(owner, f"h.plays > 0{also}")


def may_be_heard_sql(field: str, owner: int) -> str:
    """The files that have one of `PLAY_FIELDS`, and perhaps others; of "skipped" few."""
    counted = _files_sql(owner, "TRUE")
    if field == "skipped":
        return counted
    column = "play_count" if field == "plays" else "last_played"
    return f"{counted} UNION ALL SELECT file_id FROM facts WHERE {column} IS NOT NULL"


def play_count_sql(owner: int) -> str:
    """How often a track was played: in DJ programs, and heard by somebody, on servers too; null where nobody knows."""
    every = _own(owner, "map4_plays(x.play_count, sum(h.plays + h.elsewhere), sum(h.in_programs))")
    counted = f"x.file_id IN ({_files_sql(owner, 'h.plays + h.elsewhere > 0')})"
    return f"CASE WHEN {counted} THEN {every} ELSE x.play_count END"


def last_played_sql(owner: int) -> str:
    """When a track was last played, by the clock of this machine, as DJ programs write it; null where not known."""
    later = _own(owner, "map4_last_played(x.last_played, max(h.last_at))")
    # These are found once, and only of them the plays are looked up.
    return f"CASE WHEN x.file_id IN ({heard_sql(owner)}) THEN {later} ELSE x.last_played END"


def skip_count_sql(owner: int) -> str:
    """How often somebody skipped a track; null of what they never heard at all."""
    return f"CASE WHEN x.file_id IN ({_files_sql(owner, 'TRUE')}) THEN {_own(owner, 'sum(h.skips)')} END"


def played_order_sql(owner: int) -> str:
    """By when tracks were last played: what is known never to have been stands before all that was."""
    return f"coalesce({last_played_sql(owner)}, CASE WHEN x.play_count = 0 THEN '' END)"


PLAY_FIELDS: Mapping[str, Callable[[int], str]] = {
    "plays": play_count_sql, "played": last_played_sql, "skipped": skip_count_sql
}  # fmt: skip
"""The value of each field that tells what somebody heard."""


def _files_sql(owner: int, which: str) -> str:
    # CROSS JOIN keeps the order: of few rows to many.
    tables = "play_counts AS h CROSS JOIN played_tracks AS t ON t.id = h.track CROSS JOIN files AS o"
    return f"SELECT o.id FROM {tables} ON o.audio_id = t.audio_id WHERE h.owner = {owner:d} AND {which}"


def _own(owner: int, what: str) -> str:
    of_audio = f"h.owner = {owner:d} AND t.audio_id = f.audio_id"
    # Of one greatest value SQLite would begin at the counts of everything.
    return f"(SELECT {what} FROM played_tracks AS t CROSS JOIN play_counts AS h ON h.track = t.id WHERE {of_audio})"

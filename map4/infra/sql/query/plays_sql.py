"""How often and when last a track was played, in SQL: what DJ programs say, and what who asks heard."""

from __future__ import annotations


def heard_sql(owner: int, also: str = "") -> str:
    """The files that somebody heard; `also`: what else holds for the play `h`."""
    # Each audio once: of files joined with plays there would be as many rows as plays.
    heard = f"SELECT h.audio_id FROM plays AS h WHERE h.owner = {owner:d}{also}"
    return f"SELECT o.id FROM files AS o WHERE o.audio_id IN ({heard})"


def play_count_sql(owner: int) -> str:
    """How often a track was played: in DJ programs, and heard by somebody; null where neither is known."""
    every = f"coalesce(x.play_count, 0) + {_own(owner, 'count(*)')}"
    return f"CASE WHEN {_is_heard(owner)} THEN {every} ELSE x.play_count END"


def last_played_sql(owner: int) -> str:
    """When a track was last played, by the clock of this machine, as DJ programs write it; null where not known."""
    last = f"map4_local_time({_own(owner, 'max(h.at)')})"
    later = f"CASE WHEN x.last_played > {last} THEN x.last_played ELSE {last} END"
    return f"CASE WHEN {_is_heard(owner)} THEN {later} ELSE x.last_played END"


def played_order_sql(owner: int) -> str:
    """By when tracks were last played: what is known never to have been stands before all that was."""
    return f"coalesce({last_played_sql(owner)}, CASE WHEN x.play_count = 0 THEN '' END)"


def _is_heard(owner: int) -> str:
    # These are found once, and only of them the plays are looked up.
    return f"x.file_id IN ({heard_sql(owner)})"


def _own(owner: int, what: str) -> str:
    return f"(SELECT {what} FROM plays AS h WHERE h.audio_id = f.audio_id AND h.owner = {owner:d})"

"""Tables of plays: every play in a few bytes, counts by track; and notes of music players."""

from map4.core.music.plays import FIRST_PROGRAM
from map4.core.store.stored_tables import ExportMember, Newest, PersonPlace, StoredTable

SQL = StoredTable.sql_beside(__file__)

_PROGRAMS = f"CASE WHEN {{row}}.source >= {FIRST_PROGRAM} THEN 1 - {{row}}.skipped ELSE 0 END"

PLAYS = SQL["plays"]
COUNT_PLAYS = (
    f"""CREATE TRIGGER play_counts_insert AFTER INSERT ON plays BEGIN
        INSERT INTO play_counts (owner, track, plays, in_programs, skips, last_at)
        VALUES (new.owner, new.track, 1 - new.skipped, {_PROGRAMS.format(row="new")}, new.skipped,
                CASE WHEN new.skipped = 0 THEN new.at END)
        ON CONFLICT (owner, track) DO UPDATE SET
            plays = play_counts.plays + excluded.plays,
            in_programs = play_counts.in_programs + excluded.in_programs,
            skips = play_counts.skips + excluded.skips,
            last_at = CASE WHEN excluded.last_at <= play_counts.last_at THEN play_counts.last_at
                           ELSE coalesce(excluded.last_at, play_counts.last_at) END;
    END""",
    # A row changes only if a skip becomes a play, or its source changes: the last play stays or becomes later.
    f"""CREATE TRIGGER play_counts_update AFTER UPDATE ON plays BEGIN
        UPDATE play_counts SET
            plays = plays + old.skipped - new.skipped,
            in_programs = in_programs - {_PROGRAMS.format(row="old")} + {_PROGRAMS.format(row="new")},
            skips = skips - old.skipped + new.skipped,
            last_at = CASE WHEN new.skipped = 0 AND (last_at IS NULL OR last_at < new.at) THEN new.at ELSE last_at END
        WHERE owner = new.owner AND track = new.track;
    END""",
)
_STEP_LOST = (
    "INSERT INTO play_steps (id, owner, kind, path, done_at) SELECT DISTINCT step, owner, 'import', "
    "CAST('/recovered import ' || step AS BLOB), :now FROM play_reports "
    "WHERE step <> 0 AND step NOT IN (SELECT id FROM play_steps)"
)

TABLES = (
    StoredTable("played_tracks", SQL["played_tracks"], on_hand_over="moved"),
    StoredTable(
        "plays",
        (*PLAYS, *COUNT_PLAYS),
        people=(PersonPlace("owner", "row erased", "plays"),),
        export=ExportMember("plays", "map4.plays.store.plays:exported_plays"),
        erase="map4.plays.store.plays:erase_plays",
        take="map4.plays.store.plays:take_plays",
        alters_answers=True,
        orphans="track NOT IN (SELECT id FROM played_tracks)",
        recompute="map4.plays.store.plays:recount_plays",
    ),
    StoredTable("play_counts", SQL["play_counts"], salvage="no", people=(PersonPlace("owner", "row erased", "plays"),)),
    StoredTable(
        "play_steps",
        SQL["play_steps"],
        since=110,
        people=(PersonPlace("owner", "row erased", "plays"),),
        lost_parents=_STEP_LOST,
    ),
    StoredTable(
        "play_reports",
        SQL["play_reports"],
        since=110,
        people=(PersonPlace("owner", "row erased", "plays"),),
        orphans="(owner, at, track) NOT IN (SELECT owner, at, track FROM plays)",
    ),
    StoredTable(
        "player_notes",
        SQL["player_notes"],
        people=(PersonPlace("owner", "row erased", "player_notes"),),
        export=ExportMember("player_notes", "map4.plays.store.player_notes:exported_notes"),
        merge=Newest("at", "player_notes"),
    ),
)

"""Tables of plays: every play in a few bytes, counts by track; and notes of music players."""

from map4.core.music.plays import FIRST_PROGRAM
from map4.core.store.stored_tables import ExportMember, Newest, PersonPlace, StoredTable

_PROGRAMS = f"CASE WHEN {{row}}.source >= {FIRST_PROGRAM} THEN 1 - {{row}}.skipped ELSE 0 END"

PLAYED_TRACKS = (
    # A heard track by number: its audio, which outlives its file, or its names if the audio is unknown. `names` is a
    # digest of the names, empty if the audio was known from the start; the audio is added when the library has it.
    """CREATE TABLE played_tracks (
        id INTEGER PRIMARY KEY,
        audio_id TEXT,
        names TEXT NOT NULL DEFAULT '',
        artist TEXT,
        title TEXT,
        album TEXT,
        CHECK (audio_id IS NOT NULL OR names != '')
    ) STRICT""",
    "CREATE INDEX played_tracks_by_audio ON played_tracks (audio_id, names)",
    "CREATE UNIQUE INDEX played_tracks_by_names ON played_tracks (names) WHERE names != ''",
)
PLAYS = (
    # Two reports of the same second are the same play. Whole seconds since 1970: with millions of rows each byte is a
    # megabyte. The key serves the common query: an account's plays by time.
    """CREATE TABLE plays (
        owner INTEGER NOT NULL,
        at INTEGER NOT NULL CHECK (at BETWEEN -62135596800 AND 253402300799),
        track INTEGER NOT NULL,
        source INTEGER NOT NULL,
        skipped INTEGER NOT NULL CHECK (skipped IN (0, 1)),
        heard_s INTEGER,
        length_s INTEGER,
        PRIMARY KEY (owner, at, track)
    ) STRICT, WITHOUT ROWID""",
)
PLAY_COUNTS = (
    # Derived from the plays, so that queries on all tracks need not read them. `elsewhere` counts plays that
    # connected servers report, in addition to the stored plays.
    """CREATE TABLE play_counts (
        owner INTEGER NOT NULL,
        track INTEGER NOT NULL,
        plays INTEGER NOT NULL,
        in_programs INTEGER NOT NULL,
        skips INTEGER NOT NULL,
        last_at INTEGER,
        elsewhere INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (owner, track)
    ) STRICT, WITHOUT ROWID""",
)
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
# Imports, and recorded sets with the list made of them (its uid), so that their plays can be taken back.
PLAY_STEPS = """CREATE TABLE play_steps (
        id INTEGER PRIMARY KEY,
        owner INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('import', 'set')),
        path BLOB NOT NULL,
        began_at TEXT,
        done_at TEXT NOT NULL,
        list TEXT
    ) STRICT"""
# The steps that reported a play that a step added; step 0: a player reported it, too. A play without rows was added by
# a player, or before schema 110.
PLAY_REPORTS = """CREATE TABLE play_reports (
        owner INTEGER NOT NULL,
        at INTEGER NOT NULL,
        track INTEGER NOT NULL,
        step INTEGER NOT NULL,
        PRIMARY KEY (owner, at, track, step)
    ) STRICT, WITHOUT ROWID"""
_STEP_LOST = (
    "INSERT INTO play_steps (id, owner, kind, path, done_at) SELECT DISTINCT step, owner, 'import', "
    "CAST('/recovered import ' || step AS BLOB), :now FROM play_reports "
    "WHERE step <> 0 AND step NOT IN (SELECT id FROM play_steps)"
)
# Notes of music players by account: positions in tracks, the queue, stars of albums and artists.
PLAYER_NOTES = """CREATE TABLE player_notes (
        owner INTEGER NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        at TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value) AND json_type(value) = 'object'),
        PRIMARY KEY (owner, kind, subject)
    ) STRICT, WITHOUT ROWID"""

TABLES = (
    StoredTable("played_tracks", PLAYED_TRACKS, on_hand_over="moved"),
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
    StoredTable(
        "play_counts",
        PLAY_COUNTS,
        salvage="no",
        people=(PersonPlace("owner", "row erased", "plays"),),
    ),
    StoredTable(
        "play_steps",
        (PLAY_STEPS,),
        since=110,
        people=(PersonPlace("owner", "row erased", "plays"),),
        lost_parents=_STEP_LOST,
    ),
    StoredTable(
        "play_reports",
        (PLAY_REPORTS,),
        since=110,
        people=(PersonPlace("owner", "row erased", "plays"),),
        orphans="(owner, at, track) NOT IN (SELECT owner, at, track FROM plays)",
    ),
    StoredTable(
        "player_notes",
        (PLAYER_NOTES,),
        people=(PersonPlace("owner", "row erased", "player_notes"),),
        export=ExportMember("player_notes", "map4.plays.store.player_notes:exported_notes"),
        merge=Newest("at", "player_notes"),
    ),
)

"""The tables of the library file that hold data, by subject, with their indexes and the full-text index.

What is drawn from them stands in `facts` and `derived_tables`. `docs/library-file.md` describes all of
them for people who query them; keep both true.
"""

from __future__ import annotations

from map4.infra.sql.query.field_sql import TAG_TYPES

FILES = (
    """CREATE TABLE roots (
        path BLOB PRIMARY KEY,
        display TEXT NOT NULL,
        is_recursive INTEGER NOT NULL,
        scanned_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # The number is this file's alone; by `uid` others name it where it has no audio id.
    f"""CREATE TABLE files (
        id INTEGER PRIMARY KEY,
        uid TEXT NOT NULL UNIQUE DEFAULT ('f-' || lower(hex(randomblob(8)))),
        path BLOB NOT NULL UNIQUE,
        display TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL,
        inode INTEGER NOT NULL,
        audio_id TEXT,
        is_whole_file_id INTEGER NOT NULL DEFAULT 0,
        codec TEXT,
        sample_rate_hz INTEGER,
        channels INTEGER,
        bits INTEGER,
        payload_bytes INTEGER,
        {TAG_TYPES},
        tag_camelot TEXT,
        error_kind TEXT,
        error_message TEXT,
        failed_version INTEGER,
        missing_since TEXT,
        added_at TEXT NOT NULL,
        added_by INTEGER NOT NULL DEFAULT 0,
        updated_at TEXT NOT NULL,
        artist_sorted TEXT,
        title_sorted TEXT,
        album_sorted TEXT,
        genre_sorted TEXT,
        display_sorted TEXT,
        has_picture INTEGER,
        tags_version INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE INDEX files_by_audio ON files (audio_id)",
    # `tags_version` tells which tags were read (`TAGS_VERSION`): files that must be read again are counted at once.
    "CREATE INDEX files_by_tags ON files (tags_version)",
    # Files that scans leave out because the user asked so.
    """CREATE TABLE ignored_files (
        path BLOB NOT NULL PRIMARY KEY,
        display TEXT NOT NULL,
        ignored_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE VIEW files_text AS SELECT id, artist, title, album, genre, display AS path FROM files",
    """CREATE VIRTUAL TABLE files_fts USING fts5 (
        artist, title, album, genre, path,
        content = 'files_text', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    )""",
    """CREATE TRIGGER files_fts_insert AFTER INSERT ON files BEGIN
        INSERT INTO files_fts (rowid, artist, title, album, genre, path)
        VALUES (new.id, new.artist, new.title, new.album, new.genre, new.display);
    END""",
    """CREATE TRIGGER files_fts_delete AFTER DELETE ON files BEGIN
        INSERT INTO files_fts (files_fts, rowid, artist, title, album, genre, path)
        VALUES ('delete', old.id, old.artist, old.title, old.album, old.genre, old.display);
    END""",
    """CREATE TRIGGER files_fts_update AFTER UPDATE OF artist, title, album, genre, display ON files BEGIN
        INSERT INTO files_fts (files_fts, rowid, artist, title, album, genre, path)
        VALUES ('delete', old.id, old.artist, old.title, old.album, old.genre, old.display);
        INSERT INTO files_fts (rowid, artist, title, album, genre, path)
        VALUES (new.id, new.artist, new.title, new.album, new.genre, new.display);
    END""",
)

_PARTS = ("beats", "downbeats", "overview", "fingerprint")
_OF_ANALYSIS = "id INTEGER PRIMARY KEY REFERENCES analyses (id) ON DELETE CASCADE"
ANALYSES = (
    # The core is the one truth; the columns beside it are drawn from it, so that they can't disagree.
    """CREATE TABLE analyses (
        id INTEGER PRIMARY KEY,
        audio_id TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        analysed_at TEXT NOT NULL,
        core TEXT NOT NULL CHECK (json_valid(core)),
        duration_s REAL AS (json_extract(core, '$.duration_s')) STORED,
        bpm REAL AS (json_extract(core, '$.tempo.bpm')) STORED,
        tempo_confidence REAL AS (json_extract(core, '$.tempo.confidence')) STORED,
        key TEXT AS (json_extract(core, '$.key.camelot')) STORED,
        key_confidence REAL AS (json_extract(core, '$.key.confidence')) STORED,
        energy REAL AS (json_extract(core, '$.energy')) STORED,
        loudness_lufs REAL AS (json_extract(core, '$.loudness.integrated_lufs')) STORED
    ) STRICT""",
    # Bulky parts by the number of their analysis. In a table with a row for each part and audio id, a part of more than
    # a kilobyte took a page of its own: of 20 KB a track more than half was empty.
    f"""CREATE TABLE details ({_OF_ANALYSIS},
        {", ".join(f"{name}_version INTEGER" for name in _PARTS)},
        {", ".join(f"{name} BLOB" for name in _PARTS)}
    ) STRICT""",
    f"CREATE TABLE sounds ({_OF_ANALYSIS}, version INTEGER NOT NULL, data BLOB NOT NULL) STRICT",
    # Which parts are old is asked at each scan, without reading what they hold; of fingerprints by the first alone.
    """CREATE INDEX details_by_version
        ON details (fingerprint_version, beats_version, downbeats_version, overview_version)""",
    "CREATE INDEX sounds_by_version ON sounds (version)",
)

# By audio id, so that they survive moves, new tags and another analysis.
ANNOTATIONS = (
    """CREATE TABLE user_values (
        audio_id TEXT NOT NULL,
        name TEXT NOT NULL CHECK (name IN (
            'bpm', 'key', 'artist', 'title', 'album', 'genre', 'year', 'energy', 'comment', 'label', 'cues', 'grid',
            'album_artist', 'track', 'disc_number'
        )),
        value TEXT NOT NULL CHECK (json_valid(value)),
        set_at TEXT NOT NULL,
        set_by INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (audio_id, name)
    ) STRICT, WITHOUT ROWID""",
    # Everybody has ratings of their own; what counts for all is what tags and other programs say.
    """CREATE TABLE ratings (
        audio_id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        rating REAL NOT NULL CHECK (rating BETWEEN 0 AND 5),
        set_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, owner)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX ratings_by_owner ON ratings (owner, rating)",
    # The data is the one truth; the columns beside it are drawn from it, as those of analyses are.
    """CREATE TABLE labels (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data)),
        labelled_at TEXT NOT NULL,
        labelled_by INTEGER NOT NULL DEFAULT 0,
        genre TEXT AS (json_extract(data, '$.genre')) STORED,
        family TEXT AS (json_extract(data, '$.family')) STORED,
        subgenre TEXT AS (json_extract(data, '$.subgenre')) STORED,
        mood TEXT AS (json_extract(data, '$.mood')) STORED,
        era TEXT AS (json_extract(data, '$.era')) STORED,
        confidence REAL AS (json_extract(data, '$.confidence')) STORED,
        source TEXT AS (json_extract(data, '$.source')) STORED,
        model TEXT AS (json_extract(data, '$.model')) STORED
    ) STRICT, WITHOUT ROWID""",
)

LISTS = (
    # By `uid` others name it, whatever becomes of the name; `name_key` is what names are compared by. 0 is everybody.
    # One that was deleted, or replaced, has a `deleted_at` and a `name_key` that no list can have: its name is free.
    """CREATE TABLE playlists (
        id INTEGER PRIMARY KEY,
        uid TEXT NOT NULL UNIQUE DEFAULT ('l-' || lower(hex(randomblob(8)))),
        owner INTEGER NOT NULL DEFAULT 0,
        sharing TEXT NOT NULL DEFAULT 'edit' CHECK (sharing IN ('private', 'read', 'edit')),
        name TEXT NOT NULL CHECK (length(name) > 0),
        name_key TEXT NOT NULL,
        description TEXT,
        header TEXT NOT NULL CHECK (json_valid(header) AND json_type(header) = 'object'),
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        deleted_at TEXT,
        UNIQUE (owner, name_key)
    ) STRICT""",
    # Path and tags as they were when the list was stored, so that a track that left the library still has a name.
    """CREATE TABLE playlist_tracks (
        playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
        position INTEGER NOT NULL CHECK (position > 0),
        path BLOB NOT NULL,
        display TEXT NOT NULL,
        audio_id TEXT,
        artist TEXT,
        title TEXT,
        detail TEXT NOT NULL CHECK (json_valid(detail) AND json_type(detail) = 'object'),
        compatibility REAL AS (json_extract(detail, '$.transition.compatibility')) STORED,
        PRIMARY KEY (playlist_id, position)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX playlist_tracks_by_audio ON playlist_tracks (audio_id)",
    # Lists follow a copy that is moved away to the file that is kept.
    "CREATE INDEX playlist_tracks_by_path ON playlist_tracks (path)",
    """CREATE TABLE written_files (
        id INTEGER PRIMARY KEY,
        path BLOB NOT NULL,
        display TEXT NOT NULL,
        format TEXT NOT NULL,
        tracks INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        digest TEXT NOT NULL,
        written_at TEXT NOT NULL,
        seconds REAL NOT NULL,
        asked_by INTEGER NOT NULL,
        asker TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX written_files_by_path ON written_files (path)",
)

IMPORTS = (
    # One row a file that was imported; importing it again replaces what it said. The path maps, folders that have
    # another name here as pairs of both, are kept so that the next import of the file needs no --path-map.
    """CREATE TABLE imports (
        id INTEGER PRIMARY KEY,
        format TEXT NOT NULL,
        path BLOB NOT NULL,
        display TEXT NOT NULL,
        version TEXT,
        imported_at TEXT NOT NULL,
        imported_by INTEGER NOT NULL DEFAULT 0,
        path_maps TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(path_maps)),
        UNIQUE (format, path)
    ) STRICT""",
    # Entries without an audio id wait for their file. The key is the other program's; `offset_s` is what its times are
    # moved by where the file was replaced by another copy of the recording.
    """CREATE TABLE imported_tracks (
        import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        entry TEXT NOT NULL CHECK (json_valid(entry) AND json_type(entry) = 'object'),
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object'),
        audio_id TEXT,
        path BLOB,
        method TEXT,
        offset_s REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (import_id, key)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX imported_tracks_by_audio ON imported_tracks (audio_id)",
    # The data is the one truth; the columns beside it are drawn from it, as those of analyses are. The comment is drawn
    # when it is written: an index on a generated column is never enough for SQLite, it reads the row with its grid too.
    """CREATE TABLE imported (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object'),
        bpm REAL AS (json_extract(data, '$.bpm')) STORED,
        key TEXT AS (json_extract(data, '$.key')) STORED,
        rating REAL AS (json_extract(data, '$.rating')) STORED,
        play_count INTEGER AS (json_extract(data, '$.play_count')) STORED,
        last_played TEXT AS (json_extract(data, '$.last_played')) STORED,
        cues INTEGER AS (nullif(json_array_length(data, '$.cues'), 0)) STORED,
        comment TEXT
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX imported_comments ON imported (comment) WHERE comment IS NOT NULL",
)

LOOKUPS = (
    # Kept as they came; nothing here is overwritten but by a newer answer of the same provider on the same recording.
    """CREATE TABLE observations (
        audio_id TEXT NOT NULL,
        provider TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        field TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value)),
        score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
        fetched_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, provider, provider_id, field)
    ) STRICT, WITHOUT ROWID""",
    # What became of each look-up, with up to five candidates.
    """CREATE TABLE lookups (
        audio_id TEXT NOT NULL,
        provider TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('accepted', 'review', 'none', 'rejected')),
        candidates TEXT NOT NULL CHECK (json_valid(candidates)),
        looked_up_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, provider)
    ) STRICT, WITHOUT ROWID""",
    # Derived from the observations: what counts of them.
    """CREATE TABLE provided (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object')
    ) STRICT, WITHOUT ROWID""",
)

TABLES = (*FILES, *ANALYSES, *ANNOTATIONS, *LISTS, *IMPORTS, *LOOKUPS)

# What music players keep for a person: places in tracks, the queue, stars of albums and artists.
PLAYER_NOTES = """CREATE TABLE player_notes (
        owner INTEGER NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        at TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value) AND json_type(value) = 'object'),
        PRIMARY KEY (owner, kind, subject)
    ) STRICT, WITHOUT ROWID"""

# What a list held. `content` is packed JSON: its header, and its entries with paths and names as they were then.
LIST_VERSIONS = """CREATE TABLE list_versions (
        playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
        version INTEGER NOT NULL CHECK (version > 0),
        made_at TEXT NOT NULL,
        made_by INTEGER,
        what TEXT NOT NULL,
        tracks INTEGER NOT NULL,
        digest TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (playlist_id, version)
    ) STRICT, WITHOUT ROWID"""

# Which source of a field goes first, for everybody; as of settings, it is not kept who said so.
PREFERRED_SOURCES = """CREATE TABLE preferred_sources (
        field TEXT PRIMARY KEY,
        source TEXT NOT NULL CHECK (source IN ('tag', 'provider', 'imported'))
    ) STRICT, WITHOUT ROWID"""

# A music server that the library is connected to; its secret is encrypted with a key that is not in the library.
CONNECTIONS = (
    """CREATE TABLE connections (
        id INTEGER PRIMARY KEY,
        owner INTEGER NOT NULL,
        name TEXT NOT NULL UNIQUE,
        url TEXT NOT NULL,
        login TEXT NOT NULL,
        sign_in TEXT NOT NULL CHECK (sign_in IN ('token', 'api-key', 'password')),
        sealed BLOB NOT NULL,
        server TEXT NOT NULL CHECK (json_valid(server)),
        open_to TEXT NOT NULL CHECK (json_valid(open_to)),
        added_at TEXT NOT NULL,
        read_at TEXT,
        pulled_at TEXT
    ) STRICT""",
    # What the server says of a song, which track it is or why it is none, and what both sides said of it last.
    """CREATE TABLE connected_songs (
        connection INTEGER NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
        song TEXT NOT NULL,
        audio_id TEXT,
        match TEXT,
        certainty REAL,
        why TEXT NOT NULL,
        artist_key TEXT NOT NULL,
        artist_id TEXT,
        data TEXT NOT NULL CHECK (json_valid(data)),
        settled TEXT NOT NULL CHECK (json_valid(settled)),
        PRIMARY KEY (connection, song)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX connected_songs_by_audio ON connected_songs (audio_id)",
    "CREATE INDEX connected_songs_by_artist ON connected_songs (artist_id)",
    "CREATE INDEX connected_songs_by_name ON connected_songs (artist_key)",
    # Written before the server is asked, so that after an interruption nothing is made twice.
    """CREATE TABLE connected_lists (
        connection INTEGER NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
        list TEXT NOT NULL,
        remote TEXT,
        name TEXT NOT NULL,
        songs TEXT NOT NULL CHECK (json_valid(songs)),
        before TEXT NOT NULL CHECK (json_valid(before)),
        done_at TEXT,
        PRIMARY KEY (connection, list)
    ) STRICT, WITHOUT ROWID""",
)

SALVAGED_TABLES = (
    "roots", "analyses", "files", "details", "sounds", "user_values", "ratings", "labels", "playlists",
    "playlist_tracks", "written_files", "imports", "imported_tracks", "imported", "ignored_files", "observations",
    "lookups", "accounts", "credentials", "renewed_secrets", "signing_keys", "audit",
    "value_steps", "value_changes", "played_tracks", "plays", "list_versions", "player_notes", "preferred_sources",
    "connections", "connected_songs", "connected_lists", "marks", "mark_looks",
)  # fmt: skip
"""Tables that hold data, those with audio ids of their own first; all others are made from them."""

USERS_TABLES = frozenset(
    {"user_values", "ratings", "labels", "playlists", "playlist_tracks", "imports", "imported_tracks", "imported",
     "ignored_files", "lookups", "observations", "played_tracks", "plays", "list_versions", "player_notes",
     "preferred_sources", "connections", "connected_songs", "connected_lists", "marks",
     "mark_looks"}
)  # fmt: skip
"""Those whose rows can't be computed again, and are shown where they can't be read: of accounts none is."""

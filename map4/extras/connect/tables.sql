CREATE TABLE connections (
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
) STRICT;

-- The server's data of a song, the matching track or the reason, and the last settled values.
CREATE TABLE connected_songs (
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
) STRICT, WITHOUT ROWID;

CREATE INDEX connected_songs_by_audio ON connected_songs (audio_id);

CREATE INDEX connected_songs_by_artist ON connected_songs (artist_id);

CREATE INDEX connected_songs_by_name ON connected_songs (artist_key);

-- Written before the server is contacted, so that an interruption creates no duplicates.
CREATE TABLE connected_lists (
    connection INTEGER NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    remote TEXT,
    name TEXT NOT NULL,
    songs TEXT NOT NULL CHECK (json_valid(songs)),
    before TEXT NOT NULL CHECK (json_valid(before)),
    done_at TEXT,
    PRIMARY KEY (connection, list)
) STRICT, WITHOUT ROWID;

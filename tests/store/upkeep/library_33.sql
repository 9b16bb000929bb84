-- A library of schema 33 with something in every table that people fill, as the map4 of that schema made it.
PRAGMA application_id = 1296126004;
PRAGMA user_version = 33;
BEGIN;
CREATE TABLE roots (
        path BLOB PRIMARY KEY,
        display TEXT NOT NULL,
        is_recursive INTEGER NOT NULL,
        scanned_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE files (
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
        artist TEXT,
        title TEXT,
        album TEXT,
        genre TEXT,
        year INTEGER,
        track INTEGER,
        tag_bpm REAL,
        tag_key TEXT,
        isrc TEXT,
        label TEXT,
        catalog_number TEXT,
        rating REAL,
        comment TEXT,
        tag_camelot TEXT,
        error_kind TEXT,
        error_message TEXT,
        failed_version INTEGER,
        missing_since TEXT,
        added_at TEXT NOT NULL,
        added_by INTEGER NOT NULL DEFAULT 0,
        updated_at TEXT NOT NULL,
        artist_sorted TEXT,
        title_sorted TEXT
    , album_artist TEXT, disc_number INTEGER, has_picture INTEGER, tags_version INTEGER NOT NULL DEFAULT 0, album_sorted TEXT, genre_sorted TEXT, display_sorted TEXT) STRICT;
CREATE TABLE ignored_files (
        path BLOB NOT NULL PRIMARY KEY,
        display TEXT NOT NULL,
        ignored_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE files_fts USING fts5 (
        artist, title, album, genre, path,
        content = 'files_text', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    );
CREATE TABLE analyses (
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
    ) STRICT;
CREATE TABLE details (id INTEGER PRIMARY KEY REFERENCES analyses (id) ON DELETE CASCADE,
        beats_version INTEGER, downbeats_version INTEGER, overview_version INTEGER, fingerprint_version INTEGER,
        beats BLOB, downbeats BLOB, overview BLOB, fingerprint BLOB
    ) STRICT;
CREATE TABLE sounds (id INTEGER PRIMARY KEY REFERENCES analyses (id) ON DELETE CASCADE, version INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
CREATE TABLE ratings (
        audio_id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        rating REAL NOT NULL CHECK (rating BETWEEN 0 AND 5),
        set_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, owner)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE labels (
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
    ) STRICT, WITHOUT ROWID;
CREATE TABLE playlists (
        id INTEGER PRIMARY KEY,
        uid TEXT NOT NULL UNIQUE DEFAULT ('l-' || lower(hex(randomblob(8)))),
        owner INTEGER NOT NULL DEFAULT 0,
        sharing TEXT NOT NULL DEFAULT 'edit' CHECK (sharing IN ('private', 'read', 'edit')),
        name TEXT NOT NULL CHECK (length(name) > 0),
        name_key TEXT NOT NULL,
        description TEXT,
        header TEXT NOT NULL CHECK (json_valid(header) AND json_type(header) = 'object'),
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL, deleted_at TEXT,
        UNIQUE (owner, name_key)
    ) STRICT;
CREATE TABLE playlist_tracks (
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
    ) STRICT, WITHOUT ROWID;
CREATE TABLE written_files (
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
    ) STRICT;
CREATE TABLE imports (
        id INTEGER PRIMARY KEY,
        format TEXT NOT NULL,
        path BLOB NOT NULL,
        display TEXT NOT NULL,
        version TEXT,
        imported_at TEXT NOT NULL,
        imported_by INTEGER NOT NULL DEFAULT 0,
        path_maps TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(path_maps)),
        UNIQUE (format, path)
    ) STRICT;
CREATE TABLE imported_tracks (
        import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        entry TEXT NOT NULL CHECK (json_valid(entry) AND json_type(entry) = 'object'),
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object'),
        audio_id TEXT,
        path BLOB,
        method TEXT,
        offset_s REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (import_id, key)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE imported (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object'),
        bpm REAL AS (json_extract(data, '$.bpm')) STORED,
        key TEXT AS (json_extract(data, '$.key')) STORED,
        rating REAL AS (json_extract(data, '$.rating')) STORED,
        play_count INTEGER AS (json_extract(data, '$.play_count')) STORED,
        last_played TEXT AS (json_extract(data, '$.last_played')) STORED,
        cues INTEGER AS (nullif(json_array_length(data, '$.cues'), 0)) STORED,
        comment TEXT
    ) STRICT, WITHOUT ROWID;
CREATE TABLE observations (
        audio_id TEXT NOT NULL,
        provider TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        field TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value)),
        score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
        fetched_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, provider, provider_id, field)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE lookups (
        audio_id TEXT NOT NULL,
        provider TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('accepted', 'review', 'none', 'rejected')),
        candidates TEXT NOT NULL CHECK (json_valid(candidates)),
        looked_up_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, provider)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE provided (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object')
    ) STRICT, WITHOUT ROWID;
CREATE TABLE sound_keys (
        audio_id TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        keys BLOB NOT NULL
    ) STRICT;
CREATE TABLE sound_pairs (
        audio_id TEXT NOT NULL,
        other_id TEXT NOT NULL,
        error_rate REAL NOT NULL,
        alone_s REAL NOT NULL,
        PRIMARY KEY (audio_id, other_id)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE mirror (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        token TEXT,
        begun TEXT NOT NULL,
        revision INTEGER NOT NULL
    ) STRICT;
CREATE TABLE mirror_changes (file_id INTEGER PRIMARY KEY, revision INTEGER NOT NULL) STRICT;
CREATE TABLE changes (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        what TEXT NOT NULL,
        subject TEXT NOT NULL,
        whose INTEGER,
        writer TEXT,
        at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
    ) STRICT;
CREATE TABLE change_log (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        writer TEXT NOT NULL
    , actor INTEGER NOT NULL DEFAULT 0, step INTEGER) STRICT;
CREATE TABLE library_identity (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        uid TEXT NOT NULL
    ) STRICT;
CREATE TABLE accounts (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL CHECK (role IN ('viewer', 'user', 'admin')),
        password TEXT,
        created_at TEXT NOT NULL
    ) STRICT;
CREATE TABLE credentials (
        id TEXT PRIMARY KEY DEFAULT ('t-' || lower(hex(randomblob(8)))),
        account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('token', 'device', 'session', 'login')),
        name TEXT NOT NULL,
        scopes TEXT NOT NULL CHECK (json_valid(scopes) AND json_type(scopes) = 'array'),
        digest BLOB UNIQUE,
        sealed BLOB,
        created_at TEXT NOT NULL,
        expires_at TEXT,
        last_used_at TEXT
    ) STRICT, WITHOUT ROWID;
CREATE TABLE renewed_secrets (
        digest BLOB PRIMARY KEY,
        credential TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
        renewed_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE signing_keys (
        id TEXT PRIMARY KEY,
        secret BLOB NOT NULL,
        created_at TEXT NOT NULL,
        until TEXT
    ) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        account INTEGER,
        action TEXT NOT NULL,
        subject TEXT,
        detail TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(detail) AND json_type(detail) = 'object')
    ) STRICT;
CREATE TABLE value_steps (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
        by INTEGER NOT NULL,
        kind TEXT NOT NULL DEFAULT 'moved' CHECK (kind IN ('set', 'undo', 'moved')),
        undoes INTEGER,
        undone_by INTEGER
    ) STRICT;
CREATE TABLE value_changes (
        step INTEGER NOT NULL,
        audio_id TEXT NOT NULL,
        name TEXT NOT NULL,
        owner INTEGER NOT NULL,
        was TEXT CHECK (was IS NULL OR json_valid(was)),
        became TEXT CHECK (became IS NULL OR json_valid(became)),
        PRIMARY KEY (step, audio_id, name, owner)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE list_versions (
        playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
        version INTEGER NOT NULL CHECK (version > 0),
        made_at TEXT NOT NULL,
        made_by INTEGER,
        what TEXT NOT NULL,
        tracks INTEGER NOT NULL,
        digest TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (playlist_id, version)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE player_notes (
        owner INTEGER NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        at TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value) AND json_type(value) = 'object'),
        PRIMARY KEY (owner, kind, subject)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE preferred_sources (
        field TEXT PRIMARY KEY,
        source TEXT NOT NULL CHECK (source IN ('tag', 'provider', 'imported'))
    ) STRICT, WITHOUT ROWID;
CREATE TABLE played_tracks (
        id INTEGER PRIMARY KEY,
        audio_id TEXT,
        names TEXT NOT NULL DEFAULT '',
        artist TEXT,
        title TEXT,
        album TEXT,
        CHECK (audio_id IS NOT NULL OR names != '')
    ) STRICT;
CREATE TABLE plays (
        owner INTEGER NOT NULL,
        at INTEGER NOT NULL CHECK (at BETWEEN -62135596800 AND 253402300799),
        track INTEGER NOT NULL,
        source INTEGER NOT NULL,
        skipped INTEGER NOT NULL CHECK (skipped IN (0, 1)),
        heard_s INTEGER,
        length_s INTEGER,
        PRIMARY KEY (owner, at, track)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE play_counts (
        owner INTEGER NOT NULL,
        track INTEGER NOT NULL,
        plays INTEGER NOT NULL,
        in_programs INTEGER NOT NULL,
        skips INTEGER NOT NULL,
        last_at INTEGER, elsewhere INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (owner, track)
    ) STRICT, WITHOUT ROWID;
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
CREATE TABLE marks (
        audio_id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        mark_key TEXT NOT NULL,
        mark TEXT NOT NULL CHECK (length(mark) > 0),
        set_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, owner, mark_key)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE mark_looks (
        owner INTEGER NOT NULL,
        mark_key TEXT NOT NULL,
        color TEXT NOT NULL,
        key INTEGER CHECK (key BETWEEN 1 AND 9),
        set_at TEXT NOT NULL,
        PRIMARY KEY (owner, mark_key)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE facts (file_id INTEGER PRIMARY KEY, state TEXT NOT NULL, user_bpm REAL, measured_bpm REAL, imported_bpm REAL, tag_bpm REAL, provider_bpm REAL, user_key TEXT, measured_key TEXT, imported_key TEXT, tag_key TEXT, provider_key TEXT, energy REAL, duration_s REAL, year INTEGER, tempo_confidence REAL, key_confidence REAL, loudness_lufs REAL, true_peak_dbtp REAL, clipped_per_minute REAL, rating REAL, added_at TEXT NOT NULL, modified_ns INTEGER NOT NULL, codec TEXT, bit_rate_bps REAL, sample_rate_hz INTEGER, bits INTEGER, channels INTEGER, analysis_version INTEGER, flags TEXT, hamms_bpm REAL, hamms_key REAL, hamms_energy REAL, hamms_danceability REAL, hamms_valence REAL, hamms_acousticness REAL, hamms_instrumentalness REAL, hamms_rhythmic_pattern REAL, hamms_spectral_centroid REAL, hamms_tempo_stability REAL, hamms_harmonic_complexity REAL, hamms_dynamic_range REAL, play_count INTEGER, last_played TEXT, cues INTEGER, metre INTEGER, phrases INTEGER, detected_cues TEXT, cutoff_hz REAL, cutoff_drop_db REAL, user_artist TEXT, imported_artist TEXT, user_title TEXT, imported_title TEXT, user_album TEXT, imported_album TEXT, album_artist TEXT, label TEXT, catalog_number TEXT, isrc TEXT, release_date TEXT, original_year INTEGER, user_genre TEXT, imported_genre TEXT, remixer TEXT, track INTEGER, disc_number INTEGER, composer TEXT, mix TEXT, grouping TEXT, date_added TEXT, color TEXT, other_tempo_confidence REAL, other_key_confidence REAL, cue_in_s REAL, cue_out_s REAL, error_kind TEXT);
CREATE TABLE user_values (
        audio_id TEXT NOT NULL,
        name TEXT NOT NULL CHECK (name IN ('bpm', 'key', 'artist', 'title', 'album', 'genre', 'year', 'energy', 'comment', 'label', 'cues', 'grid', 'album_artist', 'track', 'disc_number')),
        value TEXT NOT NULL CHECK (json_valid(value)),
        set_at TEXT NOT NULL,
        set_by INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (audio_id, name)
    ) STRICT, WITHOUT ROWID;
INSERT INTO roots (path, display, is_recursive, scanned_at) VALUES (X'2F6D75736963', '/music', 1, '2026-11-25T16:54:11Z');
INSERT INTO files (id, uid, path, display, size_bytes, mtime_ns, ctime_ns, inode, audio_id, is_whole_file_id, codec, sample_rate_hz, channels, bits, payload_bytes, artist, title, album, genre, year, track, tag_bpm, tag_key, isrc, label, catalog_number, rating, comment, tag_camelot, error_kind, error_message, failed_version, missing_since, added_at, added_by, updated_at, artist_sorted, title_sorted, album_artist, disc_number, has_picture, tags_version, album_sorted, genre_sorted, display_sorted) VALUES (1, 'f-958578955f9d1b49', X'2F6D757369632F6F6E652E776176', '/music/one.wav', 192044, 1795625650265621225, 1795625650265621225, 15515657, 'a1-9828cb51cf8e92ec0fbabc527ff07eac', 0, 'pcm', 8000, 1, 16, 192000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-25T16:54:11Z', 0, '2026-11-25T16:54:11Z', NULL, NULL, NULL, NULL, 0, 1, NULL, NULL, NULL);
INSERT INTO files (id, uid, path, display, size_bytes, mtime_ns, ctime_ns, inode, audio_id, is_whole_file_id, codec, sample_rate_hz, channels, bits, payload_bytes, artist, title, album, genre, year, track, tag_bpm, tag_key, isrc, label, catalog_number, rating, comment, tag_camelot, error_kind, error_message, failed_version, missing_since, added_at, added_by, updated_at, artist_sorted, title_sorted, album_artist, disc_number, has_picture, tags_version, album_sorted, genre_sorted, display_sorted) VALUES (2, 'f-ee97cf16a034044a', X'2F6D757369632F74776F2E776176', '/music/two.wav', 192044, 1795625650269022890, 1795625650269022890, 15515658, 'a1-89c88378f7177c50d303efe5f6ccea57', 0, 'pcm', 8000, 1, 16, 192000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-25T16:54:11Z', 0, '2026-11-25T16:54:11Z', NULL, NULL, NULL, NULL, 0, 1, NULL, NULL, NULL);
INSERT INTO ignored_files (path, display, ignored_at) VALUES (X'2F6D757369632F74687265652E776176', '/music/three.wav', '2026-06-15T12:00:00Z');
INSERT INTO analyses (id, audio_id, version, analysed_at, core) VALUES (1, 'a1-9828cb51cf8e92ec0fbabc527ff07eac', 17, '2026-11-25T16:54:11Z', '{"duration_s":12.0,"tempo":{"bpm":120.006,"confidence":0.999,"alternatives":[{"bpm":240.011,"confidence":0.001},{"bpm":60.003,"confidence":0.0}],"stability":0.9972},"grid":{"first_beat_s":0.4935,"bpm":120.0056,"metre":null,"downbeat":null},"key":null,"energy":0.5799,"loudness":{"integrated_lufs":-21.7,"range_lu":0.0,"true_peak_dbtp":-8.79,"clipped_per_minute":0.0},"spectrum":{"centroid_hz":219.6581,"bandwidth_hz":15.5999,"rolloff_hz":237.6522,"flatness":0.0,"flux":0.046,"onset_rate_hz":2.0,"cutoff_hz":null,"cutoff_drop_db":null},"hamms":{"version":4,"vector":[0.4286,null,0.5799,0.8305,0.473,0.5,0.6,1.0,0.0276,0.9972,null,0.1303],"confidence":0.7},"cue_in_s":0.0,"cue_out_s":12.0,"tempo_map":null,"key_map":null,"metre":{"beats_per_bar":4,"confidence":0.9},"downbeat_confidence":0.783,"grid_beat":1,"structure":null,"cues":[["first_beat",0.0,[0],0.899]],"drums":{"kick":"f000f000f000f000","swing":null},"flags":[],"decoder":"soundfile 0.14.0 libsndfile-1.2.2"}');
INSERT INTO analyses (id, audio_id, version, analysed_at, core) VALUES (2, 'a1-89c88378f7177c50d303efe5f6ccea57', 17, '2026-11-25T16:54:11Z', '{"duration_s":12.0,"tempo":{"bpm":120.006,"confidence":0.999,"alternatives":[{"bpm":240.013,"confidence":0.0},{"bpm":60.003,"confidence":0.0}],"stability":0.9972},"grid":{"first_beat_s":0.4933,"bpm":120.0063,"metre":null,"downbeat":null},"key":null,"energy":0.4745,"loudness":{"integrated_lufs":-21.55,"range_lu":0.0,"true_peak_dbtp":-8.77,"clipped_per_minute":0.0},"spectrum":{"centroid_hz":329.5723,"bandwidth_hz":16.5886,"rolloff_hz":345.5328,"flatness":0.0,"flux":0.0547,"onset_rate_hz":2.0,"cutoff_hz":null,"cutoff_drop_db":null},"hamms":{"version":4,"vector":[0.4286,null,0.4745,0.8326,0.4921,0.604,0.6,1.0,0.1469,0.9972,null,0.1287],"confidence":0.7},"cue_in_s":0.0,"cue_out_s":12.0,"tempo_map":null,"key_map":null,"metre":{"beats_per_bar":4,"confidence":0.901},"downbeat_confidence":0.785,"grid_beat":1,"structure":null,"cues":[["first_beat",0.0,[0],0.899]],"drums":{"kick":"f000f000f000f000","swing":null},"flags":[],"decoder":"soundfile 0.14.0 libsndfile-1.2.2"}');
INSERT INTO analyses (id, audio_id, version, analysed_at, core) VALUES (3, 'a1-7ba89489965530c8ac73d9f9213076ec', 17, '2026-11-25T16:54:11Z', '{"duration_s":12.0,"tempo":{"bpm":120.006,"confidence":0.999,"alternatives":[{"bpm":60.003,"confidence":0.0},{"bpm":240.013,"confidence":0.0}],"stability":0.9972},"grid":{"first_beat_s":0.4933,"bpm":120.0063,"metre":null,"downbeat":null},"key":null,"energy":0.1129,"loudness":{"integrated_lufs":-21.48,"range_lu":0.0,"true_peak_dbtp":-8.75,"clipped_per_minute":0.0},"spectrum":{"centroid_hz":439.5424,"bandwidth_hz":17.4091,"rolloff_hz":453.485,"flatness":0.0,"flux":0.0605,"onset_rate_hz":2.0,"cutoff_hz":null,"cutoff_drop_db":null},"hamms":{"version":4,"vector":[0.4286,null,0.1129,0.7155,0.5056,0.9706,0.6,1.0,0.2315,0.9972,null,0.1269],"confidence":0.7},"cue_in_s":0.0,"cue_out_s":12.0,"tempo_map":null,"key_map":null,"metre":{"beats_per_bar":4,"confidence":0.901},"downbeat_confidence":0.799,"grid_beat":1,"structure":null,"cues":[["first_beat",0.0,[0],0.899]],"drums":{"kick":"f000f000f000f000","swing":null},"flags":[],"decoder":"soundfile 0.14.0 libsndfile-1.2.2"}');
INSERT INTO details (id, beats_version, downbeats_version, overview_version, fingerprint_version, beats, downbeats, overview, fingerprint) VALUES (1, 2, 1, 1, 1, X'000046138413851387138A138D1390138913841384138413851387138A138E1390138713841384138413861387138B13', X'222222', X'FCF6EBE0D5CABFB4A99E93887D72675CDBFDF3E8DDD2C7BCB1A69B9085796E6358EFFBF0E5DACFC4B9ADA2978C81766B6092FAF8ECE1D6CBC0B5AA9F94897E73685DCEFDF4E9DED3C8BDB2A79C91867B70655AE9FCF1E6DBD0C5BAAFA4998E83776C616CF6F9EEE3D8CDC2B7ABA0958A7F74695EBCFDF6EADFD4C9BEB3A89D92877C71665BEDFAEFE4D9CDC2B7ACA1968B80756A5FADFCF6EBE0D5CABFB4A99E93887D72675CDAFDF3E8DDD2C7BCB1A69B90857A6F6358EFFBF0E5DACFC4B9AEA3978C81766B608FF9F8EDE2D6CBC0B5AA9F94897E73685DCDFDF4E9DED3C8BDB2A79C91867B70655AE9FCF1E6DBD0C5BAAFA4998E83786D616AF6F9EEE3D8CDC2B7ACA1958A7F74695EDDFDF2E7DCD1C6BBB0A59A8F83786D625AF4FAEFE4D9CEC3B7ACA1968B80756A5FABFBF6EBE0D5CABFB4A99E93887D72675CD9FDF3E8DDD2C7BCB1A69B90857A6F6459EFFBF0E5DACFC4B9AEA3988D81766B608DF9F8EDE2D7CCC0B5AA9F94897E73685DCBFDF4E9DED3C8BDB2A79C91867B70655AE8FCF1E6DBD0C5BAAFA4998E83786D6254FCF9EDE2D7CCC1B6ABA0958A7F74695ED8FFF5EADFD4C9BEB3A89D92877C71665BEFFDF2E7DCD1C6BBB0A59A8F84786D628DFAFAEFE4D9CEC3B7ACA1968B80756A5FCAFFF7EBE0D5CABFB4A99E93887D72675CE8FEF3E8DDD2C7BCB1A69B90857A6F6469F7FBF0E5DACFC4B9AEA3988D81766B60B8FEF8EDE2D7CCC1B5AA9F94897E73685DEDFCF1E6DBD0C5BAAFA3988D82776C61A8FCF9EEE3D7CCC1B6ABA0958A7F74695ED7FFF5EADFD4C9BEB3A89D92877C71665BEEFDF2E7DCD1C6BBB0A59A8F84796D628AFAFAEFE4D9CEC3B8ADA1968B80756A5FC9FFF7ECE1D5CABFB4A99E93887D72675CE7FEF3E8DDD2C7BCB1A69B90857A6F6467F6FBF0E5DACFC4B9AEA3988D82776B60DBFFF4E9DED3C8BDB2A79C91867B70655BF3FCF1E6DBD0C5BAAFA4998D82776C61A7FCF9EEE3D8CCC1B6ABA0958A7F74695ED7FFF5EADFD4C9BEB3A89D92877C71665BEEFDF2E7DCD1C6BBB0A59A8F84796E6388FAFAEFE4D9CEC3B8ADA2978B80756A5FC8FFF7ECE1D6CABFB4A99E93887D72675CE7FEF3E8DDD2C7BCB1A69B90857A6F64560A0000000000000000000000000000000C000000000000000000000000000000001300000000000000000000000000000000110000000000000000000000000000000402000000000000000000000000000000120000000000000000000000000000000013000000000000000000000000000000000A0000000000000000000000000000000C000000000000000000000000000000000E0000000000000000000000000000000B000000000000000000000000000000001300000000000000000000000000000000110000000000000000000000000000000402000000000000000000000000000000120000000000000000000000000000000013000000000000000000000000000000090000000000000000000000000000000013000000000000000000000000000000000E0000000000000000000000000000000B00000000000000000000000000000000130000000000000000000000000000000011000000000000000000000000000000030300000000000000000000000000000011000000000000000000000000000000009595959595959595959595959595959595959595959595959595959595959595959594949494949494949494949494949494939393939393939393939393939393939393939393939393939393939393939393939393939393939393939393939393939394949494949494949494949494949494949494949494949494949494949494949494959595959595959595959595959595959595959595959595959595959595959595939393939393939393939393939393939392929292929292929292929292929292', X'53D55AD5BB5AB24AB22AB72A44294D554D55CC558D57B5B335B335BB74AB4D29492DC8C59BD592D5925CB34AB2CAA3DA6A924A114B11C832B922A5EAECEA4DC96DCD2C953594B426F52ED52B8C398B398A5B324A334AF24ED366DA247A6C73AC528D5699179B2C1B2D1B294AC8A6');
INSERT INTO details (id, beats_version, downbeats_version, overview_version, fingerprint_version, beats, downbeats, overview, fingerprint) VALUES (2, 2, 1, 1, 1, X'0000461383138513871389138D1390138A13841384138313861387138A138D1390138813841384138413851388138A13', X'222222', X'94000000000000000000000000000000917A000000000000000000000000000000982E00000000000000000000000000005F960000000000000000000000000000008A87000000000000000000000000000000975700000000000000000000000000003C980000000000000000000000000000007E90000000000000000000000000000000920000000000000000000000000000007493000000000000000000000000000000917B000000000000000000000000000000983100000000000000000000000000005D9700000000000000000000000000000089880000000000000000000000000000009759000000000000000000000000000039980000000000000000000000000000008E6B00000000000000000000000000000C980000000000000000000000000000007294000000000000000000000000000000907C000000000000000000000000000000983500000000000000000000000000005B970000000000000000000000000000008888000000000000000000000000000000975B000000000000000000000000000000FDF8EDE2D7CCC1B6ABA0958A7F74695EDAFFF5EADFD4C9BEB3A89D92877C70655AF0FDF2E7DCD1C6BBAFA4998E83786D628EFAFAEFE3D8CDC2B7ACA1968B80756A5FCCFFF6EBE0D5CABFB4A99E93887D72675CE9FEF3E8DDD2C7BCB1A69B9085796E636AF7FBF0E5DACFC4B9ADA2978C81766B60BAFEF8EDE1D6CBC0B5AA9F94897E73685DEEFCF1E6DACFC4B9AEA3988D82776C61AAFDF8EDE2D7CCC1B6ABA0958A7F74695ED9FFF5EADFD4C9BEB3A89D92877C71655AEFFDF2E7DCD1C6BBB0A5998E83786D628CFAFAEFE4D8CDC2B7ACA1968B80756A5FCBFFF6EBE0D5CABFB4A99E93887D72675CE8FEF3E8DDD2C7BCB1A69B90857A6F6368F7FBF0E5DACFC4B9AEA3978C81766B60DCFFF4E9DED3C8BDB2A79C91857A6F645BF4FCF1E6DBD0C5B9AEA3988D82776C61A9FDF8EDE2D7CCC1B6ABA0958A7F74695ED8FFF5EADFD4C9BEB3A89D92877C71665BEFFDF2E7DCD1C6BBB0A59A8F83786D628AFAFAEFE4D9CEC2B7ACA1968B80756A5FCAFFF6EBE0D5CABFB4A99E93887D72675CE8FEF3E8DDD2C7BCB1A69B90857A6F64560E00000000000000000000000000000010000000000000000000000000000000001700000000000000000000000000000000150000000000000000000000000000000806000000000000000000000000000000160000000000000000000000000000000017000000000000000000000000000000000E0000000000000000000000000000001000000000000000000000000000000000120000000000000000000000000000000F0000000000000000000000000000000017000000000000000000000000000000001500000000000000000000000000000008060000000000000000000000000000001600000000000000000000000000000000170000000000000000000000000000000D000000000000000000000000000000001700000000000000000000000000000000120000000000000000000000000000000F00000000000000000000000000000000170000000000000000000000000000000015000000000000000000000000000000070700000000000000000000000000000015000000000000000000000000000000007A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A79797979797979797979797979797979787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787879797979797979797979797979797979797A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7979797979797979797979797979797979787878787878787878787878787878787878787878787878787878787878787878', X'D6F1D3BBAE3AA192A196349471AC56A95E29CB69AE73A392A592B496D1D6D446D464496D6E2D69A9E9AABC8B39973ED71BD55B6C4E68534936519613D10ADE2ECAACEBA56ED561D554555479516916AB9BAAABA6AEB6A196A495B49D31390E394B7A4B5ACE5A8B688E6D9A2D5391');
INSERT INTO details (id, beats_version, downbeats_version, overview_version, fingerprint_version, beats, downbeats, overview, fingerprint) VALUES (3, 2, 1, 1, 1, X'000045138413851386138A138C1391138913841384138413851387138A138E1390138813841383138413861388138A13', X'222222', X'800000000000000000000000000000007D66000000000000000000000000000000841A00000000000000000000000000004B8200000000000000000000000000000076730000000000000000000000000000008343000000000000000000000000000027840000000000000000000000000000006A7B0000000000000000000000000000007E000000000000000000000000000000607F0000000000000000000000000000007D67000000000000000000000000000000841E0000000000000000000000000000498200000000000000000000000000000075740000000000000000000000000000008345000000000000000000000000000024840000000000000000000000000000007A56000000000000000000000000000000840000000000000000000000000000005E7F0000000000000000000000000000007C6800000000000000000000000000000084210000000000000000000000000000478300000000000000000000000000000074740000000000000000000000000000008347000000000000000000000000000000FDF8EDE2D7CCC1B6ABA0958A7F74695EDAFFF5EADFD4C9BEB3A89D92867B70655AF0FDF2E7DCD1C6BAAFA4998E83786D6290FBFAEEE3D8CDC2B7ACA1968B80756A5FCDFFF6EBE0D5CABFB4A99E93887D72675CE9FEF3E8DDD2C7BCB1A69B9084796E636CF7FBF0E5DACFC4B8ADA2978C81766B60BBFEF8ECE1D6CBC0B5AA9F94897E73685DEEFCF1E6DACFC4B9AEA3988D82776C61ACFDF8EDE2D7CCC1B6ABA0958A7F74695ED9FFF5EADFD4C9BEB3A89D92877C70655AEFFDF2E7DCD1C6BBB0A4998E83786D628EFAFAEFE4D8CDC2B7ACA1968B80756A5FCCFFF6EBE0D5CABFB4A99E93887D72675CE9FEF3E8DDD2C7BCB1A69B90857A6E636AF7FBF0E5DACFC4B9AEA2978C81766B60DDFFF4E9DED3C8BDB2A79C90857A6F645CF4FCF1E6DBD0C4B9AEA3988D82776C61AAFDF8EDE2D7CCC1B6ABA0958A7F74695ED9FFF5EADFD4C9BEB3A89D92877C71665AEFFDF2E7DCD1C6BBB0A5998E83786D628CFAFAEFE4D9CDC2B7ACA1968B80756A5FCBFFF6EBE0D5CABFB4A99E93887D72675CE8FEF3E8DDD2C7BCB1A69B90857A6F64561C0000000000000000000000000000001E0700000000000000000000000000000025000000000000000000000000000000002300000000000000000000000000000016130000000000000000000000000000002300000000000000000000000000000000240000000000000000000000000000000B1C0000000000000000000000000000001E00000000000000000000000000000000200000000000000000000000000000001D0800000000000000000000000000000025000000000000000000000000000000002300000000000000000000000000000015140000000000000000000000000000002300000000000000000000000000000000240000000000000000000000000000001B000000000000000000000000000000002500000000000000000000000000000000200000000000000000000000000000001D09000000000000000000000000000000250000000000000000000000000000000023000000000000000000000000000000151500000000000000000000000000000023000000000000000000000000000000001D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1D1C1C1C1C1C1C1C1C1C1C1C1C1C1C1C1C', X'3994279D39492349264ADC4AD64AD8BDD8BC42EC78C4A2D2A352B9B2A7A23DA569AF632E595A475AE555BD15A795B995A3C5A2C5784D42695A295829462BD8AA92569756B956275668D468D86788F9A8A508A349B957E7B775A775AA67AA2CEA2659225B1852C2D6D8A6DAA65659');
INSERT INTO sounds (id, version, data) VALUES (1, 1, X'4553FF500650094D7448F4B104C9DACBFACC89CD47CDF1CC1DCCBE43B542E8400F3F423FA43D663CE439DC3E543F9D45564437BFFC334DB994B64F365542264099309C9027B623AA1B42703F7D3DA639DEBA1E406C40703AE826F738883B1A3219A9A331C4B49D4D7F53D54CD84A784AEF444F495F44D5408540E349924FA1507150F54F8A49614E08503A50BD4F10CCA0C8D1C5DFC4B3C53EB0F938AB3B83B163B1243A0A3ADFAE92B186B17DB175B16EB168B14238B436C335FD34A4347534AC3F0040673AB72F803058249D33A1275C17460909000E00100012001E00D401BE034101122E6A1805353A1C51216E2DD24E7ECFA6CC4247E64CB644AEC95AC9');
INSERT INTO sounds (id, version, data) VALUES (2, 1, X'70532150754CFFC0A5CCEECE2FD096CFEFCD6BCBDDC3A4430B49F243C24231417D3DDB34393DB940F93F8E40F53FF745124440BF8D38B8B45834033CC642F63F4033B22E8AB6C4332B427E3A33A09DB95EC0E43B282B98BDBCBD47B8BA17B42D20342A3E733E3A48785271503A4B6A4AC940F248B74699419340AE49BB4FB5507B50F14F174AC24E38506350FE4F79CB05C8A7C486C3C9C436B00339AB3B93B173B1253A0D3AB3AEA3B197B18EB185B17FB179B16A3850375D36C035643542356D3FBB3F9C3AE82DDE2E98227B31B124971483061700090019002B00BD053A0027071D02412F8A224A2719363E20692D4F496FD037454D4DBEC40ACCA5463949');
INSERT INTO sounds (id, version, data) VALUES (3, 1, X'E652294DB7B803CE89D05DD0B8CEF4C8A745144C734D954CC7490E44DB422241FB3E8F3E41402641AD3EE53D06363146E3434FBE153BF9177C38C83B0F43173ED9AE3CB3A2B9D033C9402EBAD5BB68BAA2BE1E23B2B31FB75E36AA33873F723F943E7941103F90466C505F543F4C7A4A7443D747404A814438406B4AC64FBC50A1502150444AEF4E4F5072500A501DCB4BC7D9C323C239C432B00539AB3B94B174B1203A0A3AA1AEA5B199B18FB187B180B17BB19538A837DB364236FB35DA35363F813FBA3AE22CAB2D5F2165305C22E412EB04100016003F00B900420040031109810C652E7022D721A7351A1E5F2D443B03D0224C074BB9CB90C6264BA03C');
INSERT INTO ratings (audio_id, owner, rating, set_at) VALUES ('a1-89c88378f7177c50d303efe5f6ccea57', 0, 2.0, '2026-11-25T16:54:11Z');
INSERT INTO ratings (audio_id, owner, rating, set_at) VALUES ('a1-9828cb51cf8e92ec0fbabc527ff07eac', 0, 4.0, '2026-11-25T16:54:11Z');
INSERT INTO labels (audio_id, data, labelled_at, labelled_by) VALUES ('a1-89c88378f7177c50d303efe5f6ccea57', '{"genre":"Electronic","family":"Electronic","subgenre":"Dub","mood":null,"era":null,"tags":[],"confidence":0.9,"source":"claude","model":"m","prompt_version":1,"notes":null}', '2026-06-15T12:00:00Z', 0);
INSERT INTO playlists (id, uid, owner, sharing, name, name_key, description, header, created_at, updated_at, deleted_at) VALUES (1, 'l-5da12fad0d2af848', 0, 'edit', 'Friday', 'friday', NULL, '{}', '2026-11-25T16:54:11Z', '2026-11-25T16:54:11Z', NULL);
INSERT INTO playlists (id, uid, owner, sharing, name, name_key, description, header, created_at, updated_at, deleted_at) VALUES (2, 'l-d3600a62341b7fc9', 0, 'edit', 'Gone', '/94c9f7652c7bb78d', NULL, '{}', '2026-11-25T16:54:11Z', '2026-11-25T16:54:11Z', '2026-11-25T16:54:11Z');
INSERT INTO playlists (id, uid, owner, sharing, name, name_key, description, header, created_at, updated_at, deleted_at) VALUES (3, 'l-918d86e23adb5df6', 0, 'edit', 'Warm up', 'warm up', NULL, '{"imported": {"format": "rekordbox", "folders": [], "name": "Warm up", "file": "/tmp/schema33/rekordbox.xml"}}', '2026-11-25T16:54:11Z', '2026-11-25T16:54:11Z', NULL);
INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, artist, title, detail) VALUES (1, 1, X'2F6D757369632F74776F2E776176', '/music/two.wav', 'a1-89c88378f7177c50d303efe5f6ccea57', NULL, NULL, '{"energy_target": null, "transition": null, "relaxed": [], "reasons": [], "seed_similarity": null}');
INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, artist, title, detail) VALUES (1, 2, X'2F6D757369632F6F6E652E776176', '/music/one.wav', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', NULL, NULL, '{"energy_target": null, "transition": null, "relaxed": [], "reasons": [], "seed_similarity": null}');
INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, artist, title, detail) VALUES (1, 3, X'2F6D757369632F74687265652E776176', '/music/three.wav', 'a1-7ba89489965530c8ac73d9f9213076ec', NULL, NULL, '{"energy_target": null, "transition": null, "relaxed": [], "reasons": [], "seed_similarity": null}');
INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, artist, title, detail) VALUES (2, 1, X'2F6D757369632F6F6E652E776176', '/music/one.wav', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', NULL, NULL, '{"energy_target": null, "transition": null, "relaxed": [], "reasons": [], "seed_similarity": null}');
INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, artist, title, detail) VALUES (3, 1, X'2F6D757369632F6F6E652E776176', '/music/one.wav', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', 'Ann', 'One', '{"energy_target": null, "transition": null, "relaxed": [], "reasons": [], "seed_similarity": null}');
INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, artist, title, detail) VALUES (3, 2, X'2F676F6E652F656C736577686572652E776176', '/gone/elsewhere.wav', NULL, NULL, 'Else', '{"energy_target": null, "transition": null, "relaxed": [], "reasons": [], "seed_similarity": null}');
INSERT INTO written_files (id, path, display, format, tracks, size_bytes, digest, written_at, seconds, asked_by, asker) VALUES (1, X'2F612E6D337538', '/a.m3u8', 'm3u8', 1, 1, 'd', '2026-06-15T12:00:00Z', 0.5, 0, 'local');
INSERT INTO imports (id, format, path, display, version, imported_at, imported_by, path_maps) VALUES (1, 'rekordbox', X'2F746D702F736368656D6133332F72656B6F7264626F782E786D6C', '/tmp/schema33/rekordbox.xml', '7.0.0', '2026-11-25T16:54:11Z', 0, '[]');
INSERT INTO imported_tracks (import_id, key, entry, data, audio_id, path, method, offset_s) VALUES (1, '1', '{"location":"file://localhost/music/one.wav","artist":"Ann","title":"One","duration_s":12.0,"paths":["/music/one.wav"]}', '{"title":"One","artist":"Ann","bpm":120.0,"rating":3.0,"play_count":3,"comment":"from rekordbox","cues":[{"position_s":2.0,"kind":"cue","number":0,"name":"Drop","color":"#28e214"}],"grid":[{"position_s":0.0,"bpm":120.0,"metre":4,"beat":1}]}', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', X'2F6D757369632F6F6E652E776176', 'path', 0.0);
INSERT INTO imported_tracks (import_id, key, entry, data, audio_id, path, method, offset_s) VALUES (1, '2', '{"location":"file://localhost/gone/elsewhere.wav","title":"Else","duration_s":60.0,"paths":["/gone/elsewhere.wav"]}', '{"title":"Else","bpm":99.0}', NULL, NULL, NULL, 0.0);
INSERT INTO imported (audio_id, data, comment) VALUES ('a1-9828cb51cf8e92ec0fbabc527ff07eac', '{"title":"One","artist":"Ann","bpm":120.0,"rating":3.0,"play_count":3,"comment":"from rekordbox","cues":[{"position_s":2.0,"kind":"cue","number":0,"name":"Drop","color":"#28e214"}],"grid":[{"position_s":0.0,"bpm":120.0,"metre":4,"beat":1}]}', 'from rekordbox');
INSERT INTO observations (audio_id, provider, provider_id, field, value, score, fetched_at) VALUES ('a1-9828cb51cf8e92ec0fbabc527ff07eac', 'musicbrainz', 'r', 'label', '"Warp"', 0.95, '2026-11-21T18:00:00Z');
INSERT INTO lookups (audio_id, provider, status, candidates, looked_up_at) VALUES ('a1-9828cb51cf8e92ec0fbabc527ff07eac', 'musicbrainz', 'accepted', '[]', '2026-11-21T18:00:00Z');
INSERT INTO provided (audio_id, data) VALUES ('a1-9828cb51cf8e92ec0fbabc527ff07eac', '{"in_force":{"label":"Warp"},"said":{"label":[{"musicbrainz":"Warp"},null]},"matches":[["musicbrainz","r",0.95,"2026-11-21T18:00:00Z"]]}');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221413, 'tracks', 'added', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221414, 'tracks', 'added', 'a1-89c88378f7177c50d303efe5f6ccea57', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221415, 'tracks', 'added', 'a1-7ba89489965530c8ac73d9f9213076ec', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221416, 'values', 'set', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221417, 'values', 'set', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221418, 'values', 'rated', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', 0, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221419, 'values', 'set', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221420, 'values', 'set', 'a1-89c88378f7177c50d303efe5f6ccea57', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221421, 'values', 'rated', 'a1-89c88378f7177c50d303efe5f6ccea57', 0, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221422, 'values', 'set', 'a1-89c88378f7177c50d303efe5f6ccea57', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221423, 'values', 'labelled', 'a1-89c88378f7177c50d303efe5f6ccea57', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221424, 'lists', 'made', 'l-5da12fad0d2af848', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221425, 'lists', 'changed', 'l-5da12fad0d2af848', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221426, 'lists', 'made', 'l-d3600a62341b7fc9', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221427, 'lists', 'deleted', 'l-d3600a62341b7fc9', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221428, 'lists', 'changed', 'l-5da12fad0d2af848', 0, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221429, 'values', 'marked', 'a1-89c88378f7177c50d303efe5f6ccea57', 0, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221430, 'lists', 'made', 'l-918d86e23adb5df6', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221431, 'values', 'imported', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221432, 'values', 'looked-up', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221433, 'values', 'many', '', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO changes (number, kind, what, subject, whose, writer, at) VALUES (536785221434, 'tracks', 'forgotten', 'a1-7ba89489965530c8ac73d9f9213076ec', NULL, 'python', '2026-11-25T16:54:11Z');
INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', 536785221434);
INSERT INTO sqlite_sequence (name, seq) VALUES ('value_steps', 5);
INSERT INTO sqlite_sequence (name, seq) VALUES ('audit', 1);
INSERT INTO change_log (id, writer, actor, step) VALUES (1, 'python', 0, NULL);
INSERT INTO library_identity (id, uid) VALUES (1, '7e2cfcbab035532b');
INSERT INTO accounts (id, name, name_key, role, password, created_at) VALUES (331906551, 'Ann', 'ann', 'admin', 'hashed', '2026-06-15T12:00:00Z');
INSERT INTO credentials (id, account, kind, name, scopes, digest, sealed, created_at, expires_at, last_used_at) VALUES ('t-5e29c4ebe3cf8198', 331906551, 'token', 'phone', '["read"]', X'3131313131313131313131313131313131313131313131313131313131313131', NULL, '2026-06-15T12:00:00Z', NULL, NULL);
INSERT INTO credentials (id, account, kind, name, scopes, digest, sealed, created_at, expires_at, last_used_at) VALUES ('t-6acaac49066d3783', 331906551, 'device', 'player', '["read"]', X'3333333333333333333333333333333333333333333333333333333333333333', NULL, '2026-06-15T12:00:00Z', NULL, NULL);
INSERT INTO credentials (id, account, kind, name, scopes, digest, sealed, created_at, expires_at, last_used_at) VALUES ('t-8687188eddab9173', 331906551, 'login', 'laptop', '["read"]', X'3232323232323232323232323232323232323232323232323232323232323232', NULL, '2026-06-15T12:00:00Z', NULL, NULL);
INSERT INTO renewed_secrets (digest, credential, renewed_at) VALUES (X'3434343434343434343434343434343434343434343434343434343434343434', 't-8687188eddab9173', '2026-06-15T12:00:00Z');
INSERT INTO signing_keys (id, secret, created_at, until) VALUES ('c7634fb24f92ba8d', X'6161616161616161616161616161616161616161616161616161616161616161', '2026-06-15T12:00:00Z', NULL);
INSERT INTO audit (number, at, account, action, subject, detail) VALUES (1, '2026-06-15T12:00:00Z', 331906551, 'analyses-cleared', NULL, '{"analyses": 1}');
INSERT INTO value_steps (number, at, by, kind, undoes, undone_by) VALUES (1, '2026-11-25T16:54:11Z', 0, 'set', NULL, NULL);
INSERT INTO value_steps (number, at, by, kind, undoes, undone_by) VALUES (2, '2026-11-25T16:54:11Z', 0, 'set', NULL, NULL);
INSERT INTO value_steps (number, at, by, kind, undoes, undone_by) VALUES (3, '2026-11-25T16:54:11Z', 0, 'set', NULL, NULL);
INSERT INTO value_steps (number, at, by, kind, undoes, undone_by) VALUES (4, '2026-06-15T12:00:00Z', 0, 'set', NULL, NULL);
INSERT INTO value_steps (number, at, by, kind, undoes, undone_by) VALUES (5, '2026-06-15T12:00:00Z', 0, 'set', NULL, NULL);
INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (1, 'a1-9828cb51cf8e92ec0fbabc527ff07eac', 'bpm', -1, NULL, '87.0');
INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (1, 'a1-9828cb51cf8e92ec0fbabc527ff07eac', 'rating', 0, NULL, '4.0');
INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (1, 'a1-9828cb51cf8e92ec0fbabc527ff07eac', 'title', -1, NULL, '"Uno"');
INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (2, 'a1-9828cb51cf8e92ec0fbabc527ff07eac', 'bpm', -1, '87.0', '88.0');
INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (3, 'a1-89c88378f7177c50d303efe5f6ccea57', 'genre', -1, NULL, '"Dub"');
INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (3, 'a1-89c88378f7177c50d303efe5f6ccea57', 'rating', 0, NULL, '2.0');
INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (4, 'a1-89c88378f7177c50d303efe5f6ccea57', 'cues', -1, NULL, '[{"position_s": 1.0, "kind": "cue"}]');
INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (5, 'a1-89c88378f7177c50d303efe5f6ccea57', 'mark:late', 0, NULL, '"Late"');
INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (5, 'l-5da12fad0d2af848', 'mark:party', 0, NULL, '"Party"');
INSERT INTO list_versions (playlist_id, version, made_at, made_by, what, tracks, digest, content) VALUES (1, 1, '2026-11-25T16:54:11Z', 0, 'as it was stored', 2, '686aaedde03ee6cc', X'789CBD8E590EC2300C44AF82F2CDD24521295741A872DD09442AA99484A5AA7A77C2CE09F8B1F466ECF18CE2006AE1C566364EF399808BDE2224DC6EC5EA780A9657F1D22F2F7416C9A67CA12BD6BA54DAA85C2996595B66250CA4593383A44A6BEED475EF39A648F8FD5047F27BC414FCD445F4E4828DB6775FCDA3A32BDAFBF7DD0329F42EBC31006D1DECD176E46D1C5E6753B23E557B879FAA952E34373267A35115E0CC34D4B02C94319902F1FFABEEA61B085C77D2');
INSERT INTO list_versions (playlist_id, version, made_at, made_by, what, tracks, digest, content) VALUES (1, 2, '2026-11-25T16:54:11Z', 0, 'tracks changed', 3, '899328679229e183', X'789CC58E616EC2300C85AF82F27B1B69B3D4CEAE8210725D072295544AC218AA7A77C236366EC01F4BEF3DFBF99BD5416890A43E56F3F2B252124B0A92ABDC6CD4FA78CA81D7E53CBD9DE953D5989A57748C68003D34006CF560B4112FD677CC4216EA5A3C8DE37DCEB552D2FEB22B94F6526AF18FAF4AA298430953FCF7928CF425C3EDFBF65B529E62BECB2C32EC72388691522897DFB3A5467FA853940754872D726F1BF628AE15D6BEA79E6D0BDE6B10E2A7A29643924758E809DD3B3AD7596B34233198C179D7364643274F80DD2E57C985AEE3');
INSERT INTO player_notes (owner, kind, subject, at, value) VALUES (0, 'bookmark', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', '2026-01-01T00:00:00Z', '{"position_ms": 1}');
INSERT INTO preferred_sources (field, source) VALUES ('genre', 'provider');
INSERT INTO played_tracks (id, audio_id, names, artist, title, album) VALUES (1, 'a1-9828cb51cf8e92ec0fbabc527ff07eac', '', NULL, NULL, NULL);
INSERT INTO played_tracks (id, audio_id, names, artist, title, album) VALUES (2, 'a1-89c88378f7177c50d303efe5f6ccea57', '', NULL, NULL, NULL);
INSERT INTO plays (owner, at, track, source, skipped, heard_s, length_s) VALUES (0, 1767225600, 1, 1, 0, 2, NULL);
INSERT INTO plays (owner, at, track, source, skipped, heard_s, length_s) VALUES (0, 1767312000, 2, 1, 0, 2, NULL);
INSERT INTO plays (owner, at, track, source, skipped, heard_s, length_s) VALUES (0, 1767398400, 1, 1, 1, 2, NULL);
INSERT INTO play_counts (owner, track, plays, in_programs, skips, last_at, elsewhere) VALUES (0, 1, 1, 0, 1, 1767225600, 5);
INSERT INTO play_counts (owner, track, plays, in_programs, skips, last_at, elsewhere) VALUES (0, 2, 1, 0, 0, 1767312000, 0);
INSERT INTO connections (id, owner, name, url, login, sign_in, sealed, server, open_to, added_at, read_at, pulled_at) VALUES (1, 0, 'home', 'http://127.0.0.1:1', 'ann', 'token', X'7365616C6564', '{"type": "navidrome", "version": "1", "by_form": true}', '[]', '2026-01-01T00:00:00Z', NULL, NULL);
INSERT INTO connected_songs (connection, song, audio_id, match, certainty, why, artist_key, artist_id, data, settled) VALUES (1, 's1', 'a1-9828cb51cf8e92ec0fbabc527ff07eac', 'path', 1.0, '', 'ann', NULL, '{"id": "s1", "title": "One", "artist": "Ann", "opinion": {"starred": false, "rating": null}, "plays": 5, "played_at": "2026-02-01T00:00:00Z"}', '{"starred": false, "rating": null, "beside": [], "heard_at": null}');
INSERT INTO connected_songs (connection, song, audio_id, match, certainty, why, artist_key, artist_id, data, settled) VALUES (1, 's2', NULL, NULL, NULL, 'no such file', '', NULL, '{"id": "s2", "title": "Else", "opinion": {"starred": false, "rating": null}}', '{"starred": false, "rating": null, "beside": [], "heard_at": null}');
INSERT INTO connected_lists (connection, list, remote, name, songs, before, done_at) VALUES (1, 'l-5da12fad0d2af848', 'r1', 'Friday', '["s1"]', '[]', '2026-01-01T00:00:00Z');
INSERT INTO marks (audio_id, owner, mark_key, mark, set_at) VALUES ('a1-89c88378f7177c50d303efe5f6ccea57', 0, 'late', 'Late', '2026-06-15T12:00:00Z');
INSERT INTO marks (audio_id, owner, mark_key, mark, set_at) VALUES ('l-5da12fad0d2af848', 0, 'party', 'Party', '2026-06-15T12:00:00Z');
INSERT INTO mark_looks (owner, mark_key, color, key, set_at) VALUES (0, 'late', '#112233', 3, '2026-06-15T12:00:00Z');
INSERT INTO mark_looks (owner, mark_key, color, key, set_at) VALUES (0, 'party', '#e6194b', 1, '2026-06-15T12:00:00Z');
INSERT INTO facts (file_id, state, user_bpm, measured_bpm, imported_bpm, tag_bpm, provider_bpm, user_key, measured_key, imported_key, tag_key, provider_key, energy, duration_s, year, tempo_confidence, key_confidence, loudness_lufs, true_peak_dbtp, clipped_per_minute, rating, added_at, modified_ns, codec, bit_rate_bps, sample_rate_hz, bits, channels, analysis_version, flags, hamms_bpm, hamms_key, hamms_energy, hamms_danceability, hamms_valence, hamms_acousticness, hamms_instrumentalness, hamms_rhythmic_pattern, hamms_spectral_centroid, hamms_tempo_stability, hamms_harmonic_complexity, hamms_dynamic_range, play_count, last_played, cues, metre, phrases, detected_cues, cutoff_hz, cutoff_drop_db, user_artist, imported_artist, user_title, imported_title, user_album, imported_album, album_artist, label, catalog_number, isrc, release_date, original_year, user_genre, imported_genre, remixer, track, disc_number, composer, mix, grouping, date_added, color, other_tempo_confidence, other_key_confidence, cue_in_s, cue_out_s, error_kind) VALUES (1, 'ok', 88.0, 120.006, 120.0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0.5799, 12.0, NULL, 0.999, NULL, -21.7, -8.79, 0.0, 3.0, '2026-11-25T16:54:11Z', 1795625650265621225, 'pcm', 128000.0, 8000, 16, 1, 17, NULL, 0.4286, NULL, 0.5799, 0.8305, 0.473, 0.5, 0.6, 1.0, 0.0276, 0.9972, NULL, 0.1303, 3, NULL, 1, 4, NULL, 'first_beat', NULL, NULL, NULL, 'Ann', 'Uno', 'One', NULL, NULL, NULL, 'Warp', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0.001, NULL, 0.0, 12.0, NULL);
INSERT INTO facts (file_id, state, user_bpm, measured_bpm, imported_bpm, tag_bpm, provider_bpm, user_key, measured_key, imported_key, tag_key, provider_key, energy, duration_s, year, tempo_confidence, key_confidence, loudness_lufs, true_peak_dbtp, clipped_per_minute, rating, added_at, modified_ns, codec, bit_rate_bps, sample_rate_hz, bits, channels, analysis_version, flags, hamms_bpm, hamms_key, hamms_energy, hamms_danceability, hamms_valence, hamms_acousticness, hamms_instrumentalness, hamms_rhythmic_pattern, hamms_spectral_centroid, hamms_tempo_stability, hamms_harmonic_complexity, hamms_dynamic_range, play_count, last_played, cues, metre, phrases, detected_cues, cutoff_hz, cutoff_drop_db, user_artist, imported_artist, user_title, imported_title, user_album, imported_album, album_artist, label, catalog_number, isrc, release_date, original_year, user_genre, imported_genre, remixer, track, disc_number, composer, mix, grouping, date_added, color, other_tempo_confidence, other_key_confidence, cue_in_s, cue_out_s, error_kind) VALUES (2, 'ok', NULL, 120.006, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0.4745, 12.0, NULL, 0.999, NULL, -21.55, -8.77, 0.0, NULL, '2026-11-25T16:54:11Z', 1795625650269022890, 'pcm', 128000.0, 8000, 16, 1, 17, NULL, 0.4286, NULL, 0.4745, 0.8326, 0.4921, 0.604, 0.6, 1.0, 0.1469, 0.9972, NULL, 0.1287, NULL, NULL, NULL, 4, NULL, 'first_beat', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'Dub', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0.0, NULL, 0.0, 12.0, NULL);
INSERT INTO user_values (audio_id, name, value, set_at, set_by) VALUES ('a1-89c88378f7177c50d303efe5f6ccea57', 'cues', '[{"position_s": 1.0, "kind": "cue"}]', '2026-06-15T12:00:00Z', 0);
INSERT INTO user_values (audio_id, name, value, set_at, set_by) VALUES ('a1-89c88378f7177c50d303efe5f6ccea57', 'genre', '"Dub"', '2026-11-25T16:54:11Z', 0);
INSERT INTO user_values (audio_id, name, value, set_at, set_by) VALUES ('a1-9828cb51cf8e92ec0fbabc527ff07eac', 'bpm', '88.0', '2026-11-25T16:54:11Z', 0);
INSERT INTO user_values (audio_id, name, value, set_at, set_by) VALUES ('a1-9828cb51cf8e92ec0fbabc527ff07eac', 'title', '"Uno"', '2026-11-25T16:54:11Z', 0);
CREATE VIEW files_text AS SELECT id, artist, title, album, genre, display AS path FROM files;
CREATE VIEW tracks AS
        SELECT f.display AS path, f.artist, f.title, f.album, f.genre, f.year, a.duration_s, a.bpm, a.tempo_confidence,
               a.key, a.key_confidence, a.energy, a.loudness_lufs, f.tag_bpm, f.tag_key, f.tag_camelot,
               (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'artist') AS user_artist, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'title') AS user_title, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'album') AS user_album, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'album_artist') AS user_album_artist, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'label') AS user_label, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'genre') AS user_genre, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'track') AS user_track, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'bpm') AS user_bpm, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'key') AS user_key, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'year') AS user_year, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'energy') AS user_energy, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'comment') AS user_comment, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'disc_number') AS user_disc_number, (SELECT r.rating FROM ratings AS r WHERE r.audio_id = f.audio_id AND r.owner = 0) AS user_rating, (SELECT i.bpm FROM imported AS i WHERE i.audio_id = f.audio_id) AS imported_bpm, (SELECT i.key FROM imported AS i WHERE i.audio_id = f.audio_id) AS imported_key, (SELECT i.rating FROM imported AS i WHERE i.audio_id = f.audio_id) AS imported_rating, (SELECT i.play_count FROM imported AS i WHERE i.audio_id = f.audio_id) AS imported_play_count, (SELECT i.last_played FROM imported AS i WHERE i.audio_id = f.audio_id) AS imported_last_played, (SELECT i.cues FROM imported AS i WHERE i.audio_id = f.audio_id) AS imported_cues, (SELECT i.comment FROM imported AS i WHERE i.audio_id = f.audio_id) AS imported_comment, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.artist' AS imported_artist, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.title' AS imported_title, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.album' AS imported_album, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.album_artist' AS imported_album_artist, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.label' AS imported_label, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.genre' AS imported_genre, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.remixer' AS imported_remixer, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.track_number' AS imported_track, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.year' AS imported_year, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.disc_number' AS imported_disc_number, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.composer' AS imported_composer, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.mix' AS imported_mix, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.grouping' AS imported_grouping, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.date_added' AS imported_date_added, (SELECT i.data FROM imported AS i WHERE i.audio_id = f.audio_id) ->> '$.color' AS imported_color,
               CASE WHEN f.missing_since IS NOT NULL THEN 'missing' WHEN a.id IS NOT NULL THEN 'ok' WHEN f.error_kind IS NOT NULL THEN 'failed' ELSE 'pending' END AS state, f.error_kind, f.added_at, f.audio_id, f.id AS file_id
        FROM files AS f LEFT JOIN analyses AS a USING (audio_id);
CREATE VIEW facts_source (file_id, state, user_bpm, measured_bpm, imported_bpm, tag_bpm, provider_bpm, user_key, measured_key, imported_key, tag_key, provider_key, energy, duration_s, year, tempo_confidence, key_confidence, loudness_lufs, true_peak_dbtp, clipped_per_minute, rating, added_at, modified_ns, codec, bit_rate_bps, sample_rate_hz, bits, channels, analysis_version, flags, hamms_bpm, hamms_key, hamms_energy, hamms_danceability, hamms_valence, hamms_acousticness, hamms_instrumentalness, hamms_rhythmic_pattern, hamms_spectral_centroid, hamms_tempo_stability, hamms_harmonic_complexity, hamms_dynamic_range, play_count, last_played, cues, metre, phrases, detected_cues, cutoff_hz, cutoff_drop_db, user_artist, imported_artist, user_title, imported_title, user_album, imported_album, album_artist, label, catalog_number, isrc, release_date, original_year, user_genre, imported_genre, remixer, track, disc_number, composer, mix, grouping, date_added, color, other_tempo_confidence, other_key_confidence, cue_in_s, cue_out_s, error_kind) AS SELECT f.id, CASE WHEN f.missing_since IS NOT NULL THEN 'missing' WHEN a.id IS NOT NULL THEN 'ok' WHEN f.error_kind IS NOT NULL THEN 'failed' ELSE 'pending' END, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'bpm'), a.bpm, i.bpm, f.tag_bpm, json_extract(p.data, '$.in_force.bpm'), (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'key'), a.key, i.key, f.tag_camelot, json_extract(p.data, '$.in_force.key'), coalesce((SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'energy') / 10.0, a.energy), a.duration_s, coalesce((SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'year'), f.year, json_extract(p.data, '$.in_force.year'), json_extract(i.data, '$.year')), a.tempo_confidence, a.key_confidence, a.loudness_lufs, json_extract(a.core, '$.loudness.true_peak_dbtp'), json_extract(a.core, '$.loudness.clipped_per_minute'), coalesce(i.rating, f.rating), f.added_at, f.mtime_ns, f.codec, f.payload_bytes * 8 / a.duration_s, f.sample_rate_hz, f.bits, f.channels, a.version, nullif(json_extract(a.core, '$.flags'), '[]'), json_extract(a.core, '$.hamms.vector[0]'), json_extract(a.core, '$.hamms.vector[1]'), json_extract(a.core, '$.hamms.vector[2]'), json_extract(a.core, '$.hamms.vector[3]'), json_extract(a.core, '$.hamms.vector[4]'), json_extract(a.core, '$.hamms.vector[5]'), json_extract(a.core, '$.hamms.vector[6]'), json_extract(a.core, '$.hamms.vector[7]'), json_extract(a.core, '$.hamms.vector[8]'), json_extract(a.core, '$.hamms.vector[9]'), json_extract(a.core, '$.hamms.vector[10]'), json_extract(a.core, '$.hamms.vector[11]'), i.play_count, i.last_played, i.cues, json_extract(a.core, '$.metre.beats_per_bar'), json_array_length(a.core, '$.structure.phrases'), (SELECT group_concat(json_extract(c.value, '$[0]'), ' ') FROM json_each(a.core, '$.cues') AS c), json_extract(a.core, '$.spectrum.cutoff_hz'), json_extract(a.core, '$.spectrum.cutoff_drop_db'), (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'artist'), CASE WHEN f.artist IS NULL THEN coalesce(json_extract(p.data, '$.in_force.artist'), json_extract(i.data, '$.artist')) END, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'title'), CASE WHEN f.title IS NULL THEN coalesce(json_extract(p.data, '$.in_force.title'), json_extract(i.data, '$.title')) END, (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'album'), CASE WHEN f.album IS NULL THEN coalesce(json_extract(p.data, '$.in_force.album'), json_extract(i.data, '$.album')) END, coalesce((SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'album_artist'), f.album_artist, json_extract(p.data, '$.in_force.album_artist'), json_extract(i.data, '$.album_artist')), coalesce((SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'label'), f.label, json_extract(p.data, '$.in_force.label'), json_extract(i.data, '$.label')), coalesce(f.catalog_number, json_extract(p.data, '$.in_force.catalog_number')), coalesce(f.isrc, json_extract(p.data, '$.in_force.isrc')), json_extract(p.data, '$.in_force.release_date'), json_extract(p.data, '$.in_force.original_year'), (SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'genre'), CASE WHEN f.genre IS NULL THEN coalesce(json_extract(p.data, '$.in_force.genre'), json_extract(i.data, '$.genre')) END, coalesce(json_extract(p.data, '$.in_force.remixer'), json_extract(i.data, '$.remixer')), coalesce((SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'track'), f.track, json_extract(p.data, '$.in_force.track'), json_extract(i.data, '$.track_number')), coalesce((SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'disc_number'), f.disc_number, json_extract(i.data, '$.disc_number')), json_extract(i.data, '$.composer'), json_extract(i.data, '$.mix'), json_extract(i.data, '$.grouping'), json_extract(i.data, '$.date_added'), json_extract(i.data, '$.color'), json_extract(a.core, '$.tempo.alternatives[0].confidence'), json_extract(a.core, '$.key.runner_up.confidence'), json_extract(a.core, '$.cue_in_s'), json_extract(a.core, '$.cue_out_s'), f.error_kind FROM files AS f LEFT JOIN analyses AS a USING (audio_id) LEFT JOIN imported AS i ON i.audio_id = f.audio_id LEFT JOIN provided AS p ON p.audio_id = f.audio_id;
CREATE INDEX files_by_audio ON files (audio_id);
CREATE INDEX details_by_version
        ON details (fingerprint_version, beats_version, downbeats_version, overview_version);
CREATE INDEX sounds_by_version ON sounds (version);
CREATE INDEX ratings_by_owner ON ratings (owner, rating);
CREATE INDEX playlist_tracks_by_audio ON playlist_tracks (audio_id);
CREATE INDEX playlist_tracks_by_path ON playlist_tracks (path);
CREATE INDEX written_files_by_path ON written_files (path);
CREATE INDEX imported_tracks_by_audio ON imported_tracks (audio_id);
CREATE INDEX imported_comments ON imported (comment) WHERE comment IS NOT NULL;
CREATE INDEX files_by_artist ON files (CASE WHEN artist GLOB '*[^ -~]*' THEN artist_sorted ELSE lower(artist) END);
CREATE INDEX files_by_title ON files (CASE WHEN title GLOB '*[^ -~]*' THEN title_sorted ELSE lower(title) END);
CREATE INDEX sound_keys_by_version ON sound_keys (version);
CREATE INDEX sound_pairs_by_other ON sound_pairs (other_id);
CREATE INDEX credentials_by_account ON credentials (account);
CREATE INDEX renewed_secrets_by_credential ON renewed_secrets (credential);
CREATE INDEX audit_by_account ON audit (account);
CREATE INDEX audit_by_subject ON audit (subject);
CREATE INDEX value_changes_by_audio ON value_changes (audio_id, name, owner);
CREATE INDEX played_tracks_by_audio ON played_tracks (audio_id, names);
CREATE UNIQUE INDEX played_tracks_by_names ON played_tracks (names) WHERE names != '';
CREATE INDEX connected_songs_by_audio ON connected_songs (audio_id);
CREATE INDEX connected_songs_by_artist ON connected_songs (artist_id);
CREATE INDEX connected_songs_by_name ON connected_songs (artist_key);
CREATE INDEX marks_by_owner ON marks (owner, mark_key);
CREATE INDEX files_by_tags ON files (tags_version);
CREATE INDEX own_names ON facts (user_artist, user_title, user_album, user_genre) WHERE coalesce(user_artist, user_title, user_album, user_genre) IS NOT NULL;
CREATE INDEX imported_names ON facts (imported_artist, imported_title, imported_album, imported_genre) WHERE coalesce(imported_artist, imported_title, imported_album, imported_genre) IS NOT NULL;
CREATE INDEX facts_not_ok ON facts (state) WHERE state <> 'ok';
CREATE INDEX facts_rated ON facts (rating) WHERE rating IS NOT NULL;
CREATE INDEX facts_by_bpm ON facts (coalesce(user_bpm, measured_bpm, imported_bpm, tag_bpm, provider_bpm));
CREATE INDEX facts_by_year ON facts (year);
CREATE INDEX facts_by_energy ON facts (energy);
CREATE INDEX facts_by_added ON facts (coalesce(date_added, added_at));
CREATE INDEX files_by_album ON files (CASE WHEN album GLOB '*[^ -~]*' THEN album_sorted ELSE lower(album) END);
CREATE INDEX files_by_genre ON files (CASE WHEN genre GLOB '*[^ -~]*' THEN genre_sorted ELSE lower(genre) END);
CREATE INDEX files_by_display ON files (CASE WHEN display GLOB '*[^ -~]*' THEN display_sorted ELSE lower(display) END);
CREATE TRIGGER sound_keys_of_new_print AFTER INSERT ON details BEGIN DELETE FROM sound_keys WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = new.id); DELETE FROM sound_pairs WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = new.id) OR other_id = (SELECT audio_id FROM analyses WHERE id = new.id); END;
CREATE TRIGGER sound_keys_of_changed_print AFTER UPDATE ON details BEGIN DELETE FROM sound_keys WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = new.id); DELETE FROM sound_pairs WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = new.id) OR other_id = (SELECT audio_id FROM analyses WHERE id = new.id); END;
CREATE TRIGGER sound_keys_of_gone_print AFTER DELETE ON details BEGIN DELETE FROM sound_keys WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = old.id); DELETE FROM sound_pairs WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = old.id) OR other_id = (SELECT audio_id FROM analyses WHERE id = old.id); END;
CREATE TRIGGER sound_keys_of_changed_audio AFTER UPDATE OF audio_id ON analyses BEGIN DELETE FROM sound_keys WHERE audio_id = old.audio_id; DELETE FROM sound_pairs WHERE audio_id = old.audio_id OR other_id = old.audio_id; DELETE FROM sound_keys WHERE audio_id = new.audio_id; DELETE FROM sound_pairs WHERE audio_id = new.audio_id OR other_id = new.audio_id; END;
CREATE TRIGGER sound_keys_of_gone_audio AFTER DELETE ON analyses BEGIN DELETE FROM sound_keys WHERE audio_id = old.audio_id; DELETE FROM sound_pairs WHERE audio_id = old.audio_id OR other_id = old.audio_id; END;
CREATE TRIGGER mirror_of_new_sound AFTER INSERT ON sounds BEGIN DELETE FROM mirror_changes WHERE file_id IN (SELECT f.id FROM (SELECT id FROM files WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = new.id)) AS f); INSERT INTO mirror_changes SELECT f.id, m.revision FROM mirror AS m CROSS JOIN (SELECT id FROM files WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = new.id)) AS f; END;
CREATE TRIGGER mirror_of_changed_sound AFTER UPDATE ON sounds BEGIN DELETE FROM mirror_changes WHERE file_id IN (SELECT f.id FROM (SELECT id FROM files WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = new.id)) AS f); INSERT INTO mirror_changes SELECT f.id, m.revision FROM mirror AS m CROSS JOIN (SELECT id FROM files WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = new.id)) AS f; END;
CREATE TRIGGER mirror_of_gone_sound AFTER DELETE ON sounds BEGIN DELETE FROM mirror_changes WHERE file_id IN (SELECT f.id FROM (SELECT id FROM files WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = old.id)) AS f); INSERT INTO mirror_changes SELECT f.id, m.revision FROM mirror AS m CROSS JOIN (SELECT id FROM files WHERE audio_id = (SELECT audio_id FROM analyses WHERE id = old.id)) AS f; END;
CREATE TRIGGER mirror_of_new_labels AFTER INSERT ON labels BEGIN DELETE FROM mirror_changes WHERE file_id IN (SELECT f.id FROM (SELECT id FROM files WHERE audio_id = new.audio_id) AS f); INSERT INTO mirror_changes SELECT f.id, m.revision FROM mirror AS m CROSS JOIN (SELECT id FROM files WHERE audio_id = new.audio_id) AS f; END;
CREATE TRIGGER mirror_of_changed_labels AFTER UPDATE ON labels BEGIN DELETE FROM mirror_changes WHERE file_id IN (SELECT f.id FROM (SELECT id FROM files WHERE audio_id = new.audio_id) AS f); INSERT INTO mirror_changes SELECT f.id, m.revision FROM mirror AS m CROSS JOIN (SELECT id FROM files WHERE audio_id = new.audio_id) AS f; END;
CREATE TRIGGER mirror_of_gone_labels AFTER DELETE ON labels BEGIN DELETE FROM mirror_changes WHERE file_id IN (SELECT f.id FROM (SELECT id FROM files WHERE audio_id = old.audio_id) AS f); INSERT INTO mirror_changes SELECT f.id, m.revision FROM mirror AS m CROSS JOIN (SELECT id FROM files WHERE audio_id = old.audio_id) AS f; END;
CREATE TRIGGER changes_trimmed AFTER INSERT ON changes WHEN new.number % 500 = 0 BEGIN
        DELETE FROM changes WHERE number <= new.number - 10000;
    END;
CREATE TRIGGER changes_insert_analyses AFTER INSERT ON analyses BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'tracks', 'analysed', new.audio_id, NULL, (SELECT writer FROM change_log) WHERE EXISTS (SELECT 1 FROM files WHERE audio_id = new.audio_id); END;
CREATE TRIGGER changes_update_analyses AFTER UPDATE ON analyses BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'tracks', 'analysed', new.audio_id, NULL, (SELECT writer FROM change_log) WHERE EXISTS (SELECT 1 FROM files WHERE audio_id = new.audio_id); END;
CREATE TRIGGER changes_delete_analyses AFTER DELETE ON analyses BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'tracks', 'changed', old.audio_id, NULL, (SELECT writer FROM change_log) WHERE EXISTS (SELECT 1 FROM files WHERE audio_id = old.audio_id); END;
CREATE TRIGGER changes_insert_labels AFTER INSERT ON labels BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'labelled', new.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_update_labels AFTER UPDATE ON labels BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'labelled', new.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_delete_labels AFTER DELETE ON labels BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'labelled', old.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_insert_imported AFTER INSERT ON imported BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'imported', new.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_update_imported AFTER UPDATE ON imported BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'imported', new.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_delete_imported AFTER DELETE ON imported BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'imported', old.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_insert_provided AFTER INSERT ON provided BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'looked-up', new.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_update_provided AFTER UPDATE ON provided BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'looked-up', new.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_delete_provided AFTER DELETE ON provided BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'looked-up', old.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_insert_ratings AFTER INSERT ON ratings BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'rated', new.audio_id, new.owner, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_update_ratings AFTER UPDATE ON ratings BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'rated', new.audio_id, new.owner, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_delete_ratings AFTER DELETE ON ratings BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'rated', old.audio_id, old.owner, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_insert_playlists AFTER INSERT ON playlists WHEN new.deleted_at IS NULL BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'lists', 'made', new.uid, CASE WHEN new.owner = 0 OR new.sharing <> 'private' THEN NULL ELSE new.owner END, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_delete_playlists AFTER DELETE ON playlists WHEN old.deleted_at IS NULL BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'lists', 'deleted', old.uid, CASE WHEN old.owner = 0 OR old.sharing <> 'private' THEN NULL ELSE old.owner END, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_update_playlists AFTER UPDATE ON playlists WHEN old.deleted_at IS NULL OR new.deleted_at IS NULL BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'lists', 'deleted', new.uid, NULL, (SELECT writer FROM change_log) WHERE (old.owner = 0 OR old.sharing <> 'private') AND NOT (new.owner = 0 OR new.sharing <> 'private'); INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'lists', CASE WHEN new.deleted_at IS NOT NULL THEN 'deleted' WHEN old.deleted_at IS NOT NULL THEN 'restored' WHEN old.name <> new.name THEN 'renamed' ELSE 'changed' END, new.uid, CASE WHEN new.owner = 0 OR new.sharing <> 'private' THEN NULL ELSE new.owner END, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_update_playlist_tracks AFTER UPDATE ON playlist_tracks BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'lists', 'changed', (SELECT p.uid FROM playlists AS p WHERE p.id = new.playlist_id), (SELECT CASE WHEN p.owner = 0 OR p.sharing <> 'private' THEN NULL ELSE p.owner END FROM playlists AS p WHERE p.id = new.playlist_id), (SELECT writer FROM change_log) WHERE (SELECT p.deleted_at IS NULL FROM playlists AS p WHERE p.id = new.playlist_id); END;
CREATE TRIGGER audit_trimmed AFTER INSERT ON audit WHEN new.number % 100 = 0 BEGIN
        DELETE FROM audit WHERE number <= new.number - 100000;
    END;
CREATE TRIGGER value_changes_insert_ratings AFTER INSERT ON ratings WHEN TRUE BEGIN INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; INSERT INTO value_changes (step, audio_id, name, owner, was, became) SELECT step, new.audio_id, 'rating', new.owner, NULL, json_quote(new.rating) FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END;
CREATE TRIGGER value_changes_update_ratings AFTER UPDATE ON ratings WHEN old.rating IS NOT new.rating BEGIN INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; INSERT INTO value_changes (step, audio_id, name, owner, was, became) SELECT step, new.audio_id, 'rating', new.owner, json_quote(old.rating), json_quote(new.rating) FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END;
CREATE TRIGGER value_changes_delete_ratings AFTER DELETE ON ratings WHEN TRUE BEGIN INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; INSERT INTO value_changes (step, audio_id, name, owner, was, became) SELECT step, old.audio_id, 'rating', old.owner, json_quote(old.rating), NULL FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END;
CREATE TRIGGER value_changes_delete_accounts AFTER DELETE ON accounts BEGIN
        DELETE FROM ratings WHERE owner = old.id;
        DELETE FROM value_changes WHERE owner = old.id;
    END;
CREATE TRIGGER changes_insert_preferred AFTER INSERT ON preferred_sources BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'many', '', NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_update_preferred AFTER UPDATE ON preferred_sources BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'many', '', NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_delete_preferred AFTER DELETE ON preferred_sources BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'many', '', NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER play_counts_insert AFTER INSERT ON plays BEGIN
        INSERT INTO play_counts (owner, track, plays, in_programs, skips, last_at)
        VALUES (new.owner, new.track, 1 - new.skipped, CASE WHEN new.source >= 16 THEN 1 - new.skipped ELSE 0 END, new.skipped,
                CASE WHEN new.skipped = 0 THEN new.at END)
        ON CONFLICT (owner, track) DO UPDATE SET
            plays = play_counts.plays + excluded.plays,
            in_programs = play_counts.in_programs + excluded.in_programs,
            skips = play_counts.skips + excluded.skips,
            last_at = CASE WHEN excluded.last_at <= play_counts.last_at THEN play_counts.last_at
                           ELSE coalesce(excluded.last_at, play_counts.last_at) END;
    END;
CREATE TRIGGER play_counts_update AFTER UPDATE ON plays BEGIN
        UPDATE play_counts SET
            plays = plays + old.skipped - new.skipped,
            in_programs = in_programs - CASE WHEN old.source >= 16 THEN 1 - old.skipped ELSE 0 END + CASE WHEN new.source >= 16 THEN 1 - new.skipped ELSE 0 END,
            skips = skips - old.skipped + new.skipped,
            last_at = CASE WHEN new.skipped = 0 AND (last_at IS NULL OR last_at < new.at) THEN new.at ELSE last_at END
        WHERE owner = new.owner AND track = new.track;
    END;
CREATE TRIGGER value_changes_insert_marks AFTER INSERT ON marks WHEN TRUE BEGIN INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; INSERT INTO value_changes (step, audio_id, name, owner, was, became) SELECT step, new.audio_id, 'mark:' || new.mark_key, new.owner, NULL, json_quote(new.mark) FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END;
CREATE TRIGGER value_changes_update_marks AFTER UPDATE ON marks WHEN old.mark IS NOT new.mark BEGIN INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; INSERT INTO value_changes (step, audio_id, name, owner, was, became) SELECT step, new.audio_id, 'mark:' || new.mark_key, new.owner, json_quote(old.mark), json_quote(new.mark) FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END;
CREATE TRIGGER value_changes_delete_marks AFTER DELETE ON marks WHEN TRUE BEGIN INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; INSERT INTO value_changes (step, audio_id, name, owner, was, became) SELECT step, old.audio_id, 'mark:' || old.mark_key, old.owner, json_quote(old.mark), NULL FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END;
CREATE TRIGGER marks_delete_accounts AFTER DELETE ON accounts BEGIN
        DELETE FROM marks WHERE owner = old.id;
        DELETE FROM mark_looks WHERE owner = old.id;
        DELETE FROM value_changes WHERE owner = old.id;
    END;
CREATE TRIGGER changes_insert_marks AFTER INSERT ON marks BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'marked', new.audio_id, new.owner, (SELECT writer FROM change_log) WHERE NOT substr(new.audio_id, 1, 2) = 'l-'; INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'lists', 'changed', new.audio_id, new.owner, (SELECT writer FROM change_log) WHERE substr(new.audio_id, 1, 2) = 'l-'; END;
CREATE TRIGGER changes_update_marks AFTER UPDATE ON marks BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'marked', new.audio_id, new.owner, (SELECT writer FROM change_log) WHERE NOT substr(new.audio_id, 1, 2) = 'l-'; INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'lists', 'changed', new.audio_id, new.owner, (SELECT writer FROM change_log) WHERE substr(new.audio_id, 1, 2) = 'l-'; END;
CREATE TRIGGER changes_delete_marks AFTER DELETE ON marks BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'marked', old.audio_id, old.owner, (SELECT writer FROM change_log) WHERE NOT substr(old.audio_id, 1, 2) = 'l-'; INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'lists', 'changed', old.audio_id, old.owner, (SELECT writer FROM change_log) WHERE substr(old.audio_id, 1, 2) = 'l-'; END;
CREATE TRIGGER marks_delete_playlists AFTER DELETE ON playlists BEGIN
        DELETE FROM marks WHERE audio_id = old.uid;
        DELETE FROM value_changes WHERE audio_id = old.uid;
    END;
CREATE TRIGGER mirror_of_new_facts AFTER INSERT ON facts BEGIN DELETE FROM mirror_changes WHERE file_id IN (SELECT f.id FROM (SELECT new.file_id AS id) AS f); INSERT INTO mirror_changes SELECT f.id, m.revision FROM mirror AS m CROSS JOIN (SELECT new.file_id AS id) AS f; END;
CREATE TRIGGER mirror_of_changed_facts AFTER UPDATE ON facts BEGIN DELETE FROM mirror_changes WHERE file_id IN (SELECT f.id FROM (SELECT new.file_id AS id) AS f); INSERT INTO mirror_changes SELECT f.id, m.revision FROM mirror AS m CROSS JOIN (SELECT new.file_id AS id) AS f; END;
CREATE TRIGGER mirror_of_gone_facts AFTER DELETE ON facts BEGIN DELETE FROM mirror_changes WHERE file_id IN (SELECT f.id FROM (SELECT old.file_id AS id) AS f); INSERT INTO mirror_changes SELECT f.id, m.revision FROM mirror AS m CROSS JOIN (SELECT old.file_id AS id) AS f; END;
CREATE TRIGGER files_fts_insert AFTER INSERT ON files BEGIN
        INSERT INTO files_fts (rowid, artist, title, album, genre, path)
        VALUES (new.id, new.artist, new.title, new.album, new.genre, new.display);
    END;
CREATE TRIGGER files_fts_delete AFTER DELETE ON files BEGIN
        INSERT INTO files_fts (files_fts, rowid, artist, title, album, genre, path)
        VALUES ('delete', old.id, old.artist, old.title, old.album, old.genre, old.display);
    END;
CREATE TRIGGER files_fts_update AFTER UPDATE OF artist, title, album, genre, display ON files BEGIN
        INSERT INTO files_fts (files_fts, rowid, artist, title, album, genre, path)
        VALUES ('delete', old.id, old.artist, old.title, old.album, old.genre, old.display);
        INSERT INTO files_fts (rowid, artist, title, album, genre, path)
        VALUES (new.id, new.artist, new.title, new.album, new.genre, new.display);
    END;
CREATE TRIGGER changes_insert_files AFTER INSERT ON files BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'tracks', 'added', coalesce(new.audio_id, new.uid), NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_update_files AFTER UPDATE ON files BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'tracks', CASE WHEN old.missing_since IS NULL AND new.missing_since IS NOT NULL THEN 'missing' WHEN old.path <> new.path THEN 'moved' WHEN old.missing_since IS NOT NULL AND new.missing_since IS NULL THEN 'found' ELSE 'changed' END, coalesce(new.audio_id, new.uid), NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_update_audio AFTER UPDATE OF audio_id ON files WHEN coalesce(old.audio_id, old.uid) <> coalesce(new.audio_id, new.uid) BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'tracks', 'forgotten', coalesce(old.audio_id, old.uid), NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_delete_files AFTER DELETE ON files BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'tracks', 'forgotten', coalesce(old.audio_id, old.uid), NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_insert_user_values AFTER INSERT ON user_values BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'set', new.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_update_user_values AFTER UPDATE ON user_values BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'set', new.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER changes_delete_user_values AFTER DELETE ON user_values BEGIN INSERT INTO changes (kind, what, subject, whose, writer) SELECT 'values', 'set', old.audio_id, NULL, (SELECT writer FROM change_log) WHERE TRUE; END;
CREATE TRIGGER value_changes_insert_user_values AFTER INSERT ON user_values WHEN TRUE BEGIN INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; INSERT INTO value_changes (step, audio_id, name, owner, was, became) SELECT step, new.audio_id, new.name, -1, NULL, new.value FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END;
CREATE TRIGGER value_changes_update_user_values AFTER UPDATE ON user_values WHEN old.value IS NOT new.value BEGIN INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; INSERT INTO value_changes (step, audio_id, name, owner, was, became) SELECT step, new.audio_id, new.name, -1, old.value, new.value FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END;
CREATE TRIGGER value_changes_delete_user_values AFTER DELETE ON user_values WHEN TRUE BEGIN INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; INSERT INTO value_changes (step, audio_id, name, owner, was, became) SELECT step, old.audio_id, old.name, -1, old.value, NULL FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END;
CREATE TRIGGER facts_of_new_file AFTER INSERT ON files BEGIN DELETE FROM facts WHERE file_id = new.id; INSERT INTO facts SELECT * FROM facts_source WHERE file_id = new.id; END;
CREATE TRIGGER facts_of_changed_file AFTER UPDATE ON files BEGIN DELETE FROM facts WHERE file_id = new.id; INSERT INTO facts SELECT * FROM facts_source WHERE file_id = new.id; END;
CREATE TRIGGER facts_of_gone_file AFTER DELETE ON files BEGIN DELETE FROM facts WHERE file_id = old.id; END;
CREATE TRIGGER facts_of_new_analysis AFTER INSERT ON analyses BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); END;
CREATE TRIGGER facts_of_changed_analysis AFTER UPDATE ON analyses BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); END;
CREATE TRIGGER facts_of_gone_analysis AFTER DELETE ON analyses BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = old.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = old.audio_id); END;
CREATE TRIGGER facts_of_new_value AFTER INSERT ON user_values BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); END;
CREATE TRIGGER facts_of_changed_value AFTER UPDATE ON user_values BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); END;
CREATE TRIGGER facts_of_gone_value AFTER DELETE ON user_values BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = old.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = old.audio_id); END;
CREATE TRIGGER facts_of_new_import AFTER INSERT ON imported BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); END;
CREATE TRIGGER facts_of_changed_import AFTER UPDATE ON imported BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); END;
CREATE TRIGGER facts_of_gone_import AFTER DELETE ON imported BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = old.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = old.audio_id); END;
CREATE TRIGGER facts_of_new_lookup AFTER INSERT ON provided BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); END;
CREATE TRIGGER facts_of_changed_lookup AFTER UPDATE ON provided BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = new.audio_id); END;
CREATE TRIGGER facts_of_gone_lookup AFTER DELETE ON provided BEGIN DELETE FROM facts WHERE file_id IN (SELECT id FROM files WHERE audio_id = old.audio_id); INSERT INTO facts SELECT * FROM facts_source WHERE file_id IN (SELECT id FROM files WHERE audio_id = old.audio_id); END;
INSERT INTO files_fts (files_fts) VALUES ('rebuild');
COMMIT;

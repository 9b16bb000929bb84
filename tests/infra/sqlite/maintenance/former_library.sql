-- A library of schema 13, made by the map4 of then from three tones of 1 s (220, 330 and 440 Hz, 8 kHz); tables with
-- what can be computed again, views, triggers and indexes are left out.
PRAGMA application_id = 1296126004;
PRAGMA user_version = 13;
CREATE TABLE user_values (
        audio_id TEXT NOT NULL,
        name TEXT NOT NULL CHECK (name IN ('bpm', 'key', 'artist', 'title', 'genre', 'year', 'energy', 'rating')),
        value TEXT NOT NULL CHECK (json_valid(value)),
        set_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, name)
    ) STRICT, WITHOUT ROWID;
INSERT INTO user_values (audio_id, name, value, set_at) VALUES ('a1-67dac421174119880b58e15baa32af90', 'genre', '"Dub"', '2026-11-22T12:54:24Z');
INSERT INTO user_values (audio_id, name, value, set_at) VALUES ('a1-67dac421174119880b58e15baa32af90', 'rating', '2.0', '2026-11-22T12:54:24Z');
INSERT INTO user_values (audio_id, name, value, set_at) VALUES ('a1-8099891392a3979a386eee2dbcc57bfc', 'bpm', '87.0', '2026-11-22T12:54:23Z');
INSERT INTO user_values (audio_id, name, value, set_at) VALUES ('a1-8099891392a3979a386eee2dbcc57bfc', 'rating', '4.0', '2026-11-22T12:54:23Z');
INSERT INTO user_values (audio_id, name, value, set_at) VALUES ('a1-8099891392a3979a386eee2dbcc57bfc', 'title', '"Uno"', '2026-11-22T12:54:23Z');
CREATE TABLE labels (
    audio_id TEXT PRIMARY KEY,
    data TEXT NOT NULL CHECK (json_valid(data)),
    labelled_at TEXT NOT NULL,
    genre TEXT AS (json_extract(data, '$.genre')) STORED,
    family TEXT AS (json_extract(data, '$.family')) STORED,
    subgenre TEXT AS (json_extract(data, '$.subgenre')) STORED,
    mood TEXT AS (json_extract(data, '$.mood')) STORED,
    era TEXT AS (json_extract(data, '$.era')) STORED,
    confidence REAL AS (json_extract(data, '$.confidence')) STORED,
    source TEXT AS (json_extract(data, '$.source')) STORED,
    model TEXT AS (json_extract(data, '$.model')) STORED
) STRICT, WITHOUT ROWID;
INSERT INTO labels (audio_id, data, labelled_at) VALUES ('a1-67dac421174119880b58e15baa32af90', '{"genre":"Reggae","family":"Reggae","subgenre":"Dub","mood":null,"era":null,"tags":[],"confidence":0.7,"source":"tag","model":null,"prompt_version":1,"notes":null}', '2026-11-22T12:54:27Z');
INSERT INTO labels (audio_id, data, labelled_at) VALUES ('a1-8098f823311dea0f8dbf755927c3c07f', '{"genre":"Unknown","family":null,"subgenre":null,"mood":null,"era":null,"tags":[],"confidence":0.0,"source":"keywords","model":null,"prompt_version":1,"notes":null}', '2026-11-22T12:54:27Z');
INSERT INTO labels (audio_id, data, labelled_at) VALUES ('a1-8099891392a3979a386eee2dbcc57bfc', '{"genre":"Unknown","family":null,"subgenre":null,"mood":null,"era":null,"tags":[],"confidence":0.0,"source":"keywords","model":null,"prompt_version":1,"notes":null}', '2026-11-22T12:54:27Z');
CREATE TABLE playlists (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) > 0),
    description TEXT,
    header TEXT NOT NULL CHECK (json_valid(header) AND json_type(header) = 'object'),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
INSERT INTO playlists (id, name, description, header, created_at, updated_at) VALUES (1, 'Warm up', NULL, '{"imported": {"format": "rekordbox", "folders": [], "name": "Warm up", "file": "/dj/rb.xml"}}', '2026-11-22T12:54:25Z', '2026-11-22T12:54:25Z');
INSERT INTO playlists (id, name, description, header, created_at, updated_at) VALUES (2, 'Friday', NULL, '{"seeds": [], "options": {}, "relaxed": [], "duration_s": 2.0, "quality": {"overall": 7.7, "tempo": 0.0, "harmony": null, "transitions": 0.0, "genre": null, "energy": 50.0, "limits": 0.0, "data": 50.0, "curve": null, "passes": false, "failed": ["tempo", "transitions", "energy", "limits"], "faults": {"tempo_policy": [2], "poor_mix": [2]}}}', '2026-11-22T12:54:26Z', '2026-11-22T12:54:26Z');
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
INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, artist, title, detail) VALUES (1, 1, CAST('/music/one.wav' AS BLOB), '/music/one.wav', 'a1-8099891392a3979a386eee2dbcc57bfc', 'Ann', 'One', '{"energy_target": null, "transition": null, "relaxed": [], "reasons": []}');
INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, artist, title, detail) VALUES (1, 2, CAST('/gone/elsewhere.wav' AS BLOB), '/gone/elsewhere.wav', NULL, 'Bob', 'Elsewhere', '{"energy_target": null, "transition": null, "relaxed": [], "reasons": []}');
INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, artist, title, detail) VALUES (2, 1, CAST('/music/two.wav' AS BLOB), '/music/two.wav', 'a1-67dac421174119880b58e15baa32af90', NULL, NULL, '{"energy_target": null, "transition": null, "relaxed": [], "reasons": []}');
INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, artist, title, detail) VALUES (2, 2, CAST('/music/one.wav' AS BLOB), '/music/one.wav', 'a1-8099891392a3979a386eee2dbcc57bfc', 'Ann', 'Uno', '{"energy_target": null, "transition": {"compatibility": 0.5, "rating": "poor", "type": "creative", "similarity": 0.8935, "tempo": {"change_percent": null, "score": 0.5, "points": 0.2, "folded": null, "real_mixes_within": null}, "key": {"relation": "unknown", "score": 0.5, "points": 0.2}, "energy": {"change": 0.2205, "score": 0.5, "points": 0.1}}, "relaxed": [], "reasons": []}');
CREATE TABLE written_files (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL,
    display TEXT NOT NULL,
    format TEXT NOT NULL,
    tracks INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    written_at TEXT NOT NULL
) STRICT;
INSERT INTO written_files (id, path, display, format, tracks, size_bytes, digest, written_at) VALUES (1, CAST('/dj/out.m3u8' AS BLOB), '/dj/out.m3u8', 'm3u8', 2, 105, 'cbba19dfcd1cf4f1c8cddfdecf0e9742', '2026-11-22T12:54:27Z');
CREATE TABLE imports (
    id INTEGER PRIMARY KEY,
    format TEXT NOT NULL,
    path BLOB NOT NULL,
    display TEXT NOT NULL,
    version TEXT,
    imported_at TEXT NOT NULL, path_maps TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(path_maps)),
    UNIQUE (format, path)
) STRICT;
INSERT INTO imports (id, format, path, display, version, imported_at, path_maps) VALUES (1, 'rekordbox', CAST('/dj/rb.xml' AS BLOB), '/dj/rb.xml', '6.8.5', '2026-11-22T12:54:25Z', '[]');
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
INSERT INTO imported_tracks (import_id, key, entry, data, audio_id, path, method, offset_s) VALUES (1, '1', '{"location":"file://localhost/music/one.wav","artist":"Ann","title":"One","paths":["/music/one.wav"]}', '{"title":"One","artist":"Ann","bpm":123.0,"rating":4.0,"play_count":3}', 'a1-8099891392a3979a386eee2dbcc57bfc', CAST('/music/one.wav' AS BLOB), 'path', 0.0);
INSERT INTO imported_tracks (import_id, key, entry, data, audio_id, path, method, offset_s) VALUES (1, '2', '{"location":"file://localhost/gone/elsewhere.wav","artist":"Bob","title":"Elsewhere","paths":["/gone/elsewhere.wav"]}', '{"title":"Elsewhere","artist":"Bob","bpm":99.0}', NULL, NULL, NULL, 0.0);
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
INSERT INTO imported (audio_id, data, comment) VALUES ('a1-8099891392a3979a386eee2dbcc57bfc', '{"title":"One","artist":"Ann","bpm":123.0,"rating":4.0,"play_count":3}', NULL);
CREATE TABLE ignored_files (
path BLOB NOT NULL PRIMARY KEY, display TEXT NOT NULL, ignored_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO ignored_files (path, display, ignored_at) VALUES (CAST('/music/three.wav' AS BLOB), '/music/three.wav', '2026-11-22T12:54:28Z');
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
INSERT INTO observations (audio_id, provider, provider_id, field, value, score, fetched_at) VALUES ('a1-8099891392a3979a386eee2dbcc57bfc', 'musicbrainz', 'm-1', 'label', '"Warp"', 0.95, '2026-11-22T12:55:00Z');
CREATE TABLE lookups (
    audio_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('accepted', 'review', 'none', 'rejected')),
    candidates TEXT NOT NULL CHECK (json_valid(candidates)),
    looked_up_at TEXT NOT NULL,
    PRIMARY KEY (audio_id, provider)
) STRICT, WITHOUT ROWID;
INSERT INTO lookups (audio_id, provider, status, candidates, looked_up_at) VALUES ('a1-8099891392a3979a386eee2dbcc57bfc', 'musicbrainz', 'accepted', '[]', '2026-11-22T12:55:00Z');
CREATE TABLE provided (
    audio_id TEXT PRIMARY KEY,
    data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object')
) STRICT, WITHOUT ROWID;
INSERT INTO provided (audio_id, data) VALUES ('a1-8099891392a3979a386eee2dbcc57bfc', '{"in_force":{"label":"Warp"},"said":{"label":[{"musicbrainz":"Warp"},null]},"matches":[["musicbrainz","m-1",0.95,"2026-11-22T12:55:00Z"]]}');
CREATE TABLE audio_aliases (
    former_id TEXT NOT NULL,
    audio_id TEXT NOT NULL,
    is_carried INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (former_id, audio_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE roots (
    path BLOB PRIMARY KEY,
    display TEXT NOT NULL,
    is_recursive INTEGER NOT NULL,
    scanned_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO roots (path, display, is_recursive, scanned_at) VALUES (CAST('/music' AS BLOB), '/music', 1, '2026-11-22T12:54:22Z');

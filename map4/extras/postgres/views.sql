-- Views for other programs (docs/large-libraries.md), in their own schema because map4's tables use some of their names.
-- They call no map4 functions, so readers need no rights on the tables.

CREATE SCHEMA IF NOT EXISTS {views};

CREATE OR REPLACE VIEW {views}.tracks AS
    SELECT f.uid AS id, f.display AS path, f.audio_id AS hash, f.size_bytes, x.state,
           f.artist, f.title, f.album, f.genre, f.year, jsonb_strip_nulls({tags}) AS tags,
           a.duration_s, {bpm} AS bpm, {key} AS key, x.energy,
           CASE WHEN a.id IS NOT NULL THEN {hamms} END AS hamms,
           (a.core::jsonb #>> '{hamms,confidence}')::double precision AS hamms_confidence,
           l.data::jsonb AS labels, l.source AS labels_provider, l.labelled_at::timestamptz AS labelled_at,
           d.fingerprint, f.added_at::timestamptz AS created_at, f.updated_at::timestamptz AS updated_at,
           a.analysed_at::timestamptz AS analysed_at
    FROM files AS f JOIN facts AS x ON x.file_id = f.id LEFT JOIN analyses AS a ON a.audio_id = f.audio_id
    LEFT JOIN details AS d ON d.id = a.id {of_files};

CREATE OR REPLACE VIEW {views}.playlists AS
    SELECT p.uid AS id, p.name, p.description, o.name AS account, p.sharing,
           (SELECT count(*) FROM playlist_tracks AS t WHERE t.playlist_id = p.id) AS tracks,
           p.created_at::timestamptz AS created_at, p.updated_at::timestamptz AS updated_at
    FROM playlists AS p LEFT JOIN accounts AS o ON o.id = p.owner
    WHERE p.deleted_at IS NULL AND p.sharing <> 'private';

CREATE OR REPLACE VIEW {views}.playlist_tracks AS
    SELECT p.uid AS playlist, t.position, t.display AS path, t.audio_id AS hash, t.artist, t.title,
           t.compatibility AS transition_quality
    FROM playlist_tracks AS t JOIN playlists AS p ON p.id = t.playlist_id
    WHERE p.deleted_at IS NULL AND p.sharing <> 'private';

CREATE OR REPLACE VIEW {views}.analysis_queue AS
    SELECT 'job-' || id AS id, kind, priority,
           CASE WHEN lease_until < extract(epoch FROM now()) THEN 'pending' ELSE status END AS status, attempts,
           progress, regexp_replace(error, '{lone_surrogates}', '\1' || chr(65533), 'g')::jsonb ->> 'message' AS error,
           created_at::timestamptz AS created_at,
           started_at::timestamptz AS started_at, finished_at::timestamptz AS finished_at
    FROM jobs WHERE kind IN ('scan', 'analyze');

CREATE OR REPLACE VIEW {views}.export_history AS
    SELECT id, format, tracks, size_bytes, round((seconds * 1000)::numeric)::bigint AS duration_ms, asker AS account,
           written_at::timestamptz AS exported_at
    FROM written_files;

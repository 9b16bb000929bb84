"""Views of a library for other programs: see docs/large-libraries.md.

They have their own schema because map4's tables use some of these names. They call no map4 functions, so readers need
no rights on the tables.
"""

from __future__ import annotations

from map4.core.music.track.sources import DEFAULT_PREFERENCE
from map4.core.store.query.facts import HAMMS_COLUMNS
from map4.core.store.query.field_sql import OF_FILES, TAG_COLUMNS
from map4.extras.postgres.functions import SCHEMA

VIEWS_SCHEMA = f"{SCHEMA}_views"

_ANALYSES = "('scan', 'analyze')"


def _first(what: str) -> str:
    """The effective value without settings: the user's, then the other sources in default order."""
    return f"coalesce({', '.join(f'x.{source}_{what}' for source in ('user', *DEFAULT_PREFERENCE))})"


def _object(members: dict[str, str]) -> str:
    return f"jsonb_build_object({', '.join(f'{name!r}, {column}' for name, column in members.items())})"


_TAGS = _object({name: f"f.{column}" for name, column in TAG_COLUMNS.items()})
_HAMMS = _object({name.removeprefix("hamms_"): f"x.{name}" for name in HAMMS_COLUMNS})

VIEWS: tuple[str, ...] = (
    f"CREATE SCHEMA IF NOT EXISTS {VIEWS_SCHEMA}",
    f"""CREATE OR REPLACE VIEW {VIEWS_SCHEMA}.tracks AS
    SELECT f.uid AS id, f.display AS path, f.audio_id AS hash, f.size_bytes, x.state,
           f.artist, f.title, f.album, f.genre, f.year, jsonb_strip_nulls({_TAGS}) AS tags,
           a.duration_s, {_first("bpm")} AS bpm, {_first("key")} AS key, x.energy,
           CASE WHEN a.id IS NOT NULL THEN {_HAMMS} END AS hamms,
           (a.core::jsonb #>> '{{hamms,confidence}}')::double precision AS hamms_confidence,
           l.data::jsonb AS labels, l.source AS labels_provider, l.labelled_at::timestamptz AS labelled_at,
           d.fingerprint, f.added_at::timestamptz AS created_at, f.updated_at::timestamptz AS updated_at,
           a.analysed_at::timestamptz AS analysed_at
    FROM files AS f JOIN facts AS x ON x.file_id = f.id LEFT JOIN analyses AS a ON a.audio_id = f.audio_id
    LEFT JOIN details AS d ON d.id = a.id {OF_FILES}""",
    f"""CREATE OR REPLACE VIEW {VIEWS_SCHEMA}.playlists AS
    SELECT p.uid AS id, p.name, p.description, o.name AS account, p.sharing,
           (SELECT count(*) FROM playlist_tracks AS t WHERE t.playlist_id = p.id) AS tracks,
           p.created_at::timestamptz AS created_at, p.updated_at::timestamptz AS updated_at
    FROM playlists AS p LEFT JOIN accounts AS o ON o.id = p.owner
    WHERE p.deleted_at IS NULL AND p.sharing <> 'private'""",
    f"""CREATE OR REPLACE VIEW {VIEWS_SCHEMA}.playlist_tracks AS
    SELECT p.uid AS playlist, t.position, t.display AS path, t.audio_id AS hash, t.artist, t.title,
           t.compatibility AS transition_quality
    FROM playlist_tracks AS t JOIN playlists AS p ON p.id = t.playlist_id
    WHERE p.deleted_at IS NULL AND p.sharing <> 'private'""",
    f"""CREATE OR REPLACE VIEW {VIEWS_SCHEMA}.analysis_queue AS
    SELECT 'job-' || id AS id, kind, priority,
           CASE WHEN lease_until < extract(epoch FROM now()) THEN 'pending' ELSE status END AS status, attempts,
           progress, error::jsonb ->> 'message' AS error, created_at::timestamptz AS created_at,
           started_at::timestamptz AS started_at, finished_at::timestamptz AS finished_at
    FROM jobs WHERE kind IN {_ANALYSES}""",
    f"""CREATE OR REPLACE VIEW {VIEWS_SCHEMA}.export_history AS
    SELECT id, format, tracks, size_bytes, round((seconds * 1000)::numeric)::bigint AS duration_ms, asker AS account,
           written_at::timestamptz AS exported_at
    FROM written_files""",
)

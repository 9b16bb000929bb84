"""A fair sample of the library's HAMMS vectors."""

from __future__ import annotations

import json

from map4.domain.analysis import ANALYSIS_VERSION, HAMMS_VERSION
from map4.infra.database import Database

# Audio ids are hashes: the lowest so many of them are a fair sample, the same each time, and read from their index
# without looking at the rest. Recordings whose files are all gone are left out.
_SAMPLE = """
    SELECT json_extract(core, '$.hamms.vector') FROM analyses AS a
    WHERE version = ? AND json_extract(core, '$.hamms.version') = ?
      AND EXISTS (SELECT 1 FROM files AS f WHERE f.audio_id = a.audio_id AND f.missing_since IS NULL)
    ORDER BY audio_id LIMIT ?
"""


def hamms_sample(database: Database, most: int) -> list[list[float | None]]:
    """HAMMS vectors of up to `most` recordings, in the order of their audio ids."""
    with database.reading() as connection:
        rows = connection.execute(_SAMPLE, (ANALYSIS_VERSION, HAMMS_VERSION, most))
        return [json.loads(vector) for (vector,) in rows]

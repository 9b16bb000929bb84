"""Track records as exports give them, and JSON that every program can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from map4.domain.path_maps import PathMaps
from map4.domain.track import Track, path_fields
from map4.domain.track_columns import PATH_BYTES


def record_with_mapped_path(track: Track, path_maps: PathMaps) -> dict[str, Any]:
    """The `map4/track/1` record with `path` and `path_bytes` as the maps have them, for tables."""
    record = track.to_record()
    mapped = path_maps.outward(track.path)
    if mapped != track.path:
        record.pop(PATH_BYTES, None)
        record |= path_fields(mapped)
    return record


def record_with_location(track: Track, path_maps: PathMaps) -> dict[str, Any]:
    """The `map4/track/1` record; a path that the maps change stands in `location` beside its own."""
    record = track.to_record()
    mapped = path_maps.outward(track.path)
    if mapped != track.path:
        record["location"] = path_fields(mapped)["path"]
    return record


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """A record as JSON on one line, in UTF-8; a NaN is an error.

    A lone surrogate, which JSON could escape but other programs can't read, is replaced.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")

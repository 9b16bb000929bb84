"""Track records as exports give them, and JSON that every program can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from map4.domain.track import Track, path_fields
from map4.domain.track_columns import PATH_BYTES
from map4.ports.export import ExportContent, ExportOptions


def placed_record(track: Track, content: ExportContent, options: ExportOptions) -> dict[str, Any]:
    """The `map4/track/1` record with `path` and `path_bytes` as `options.places` has them, for tables."""
    record = track.to_record()
    place = options.places.outward(track.path)
    if place != track.path:
        record.pop(PATH_BYTES, None)
        record |= path_fields(place)
    return record


def located_record(track: Track, content: ExportContent, options: ExportOptions) -> dict[str, Any]:
    """The `map4/track/1` record; where `options.places` has another path, that stands in `location` beside its own."""
    record = track.to_record()
    place = options.places.outward(track.path)
    if place != track.path:
        record["location"] = path_fields(place)["path"]
    return record


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """A record as JSON on one line, in UTF-8; a NaN is an error.

    A lone surrogate, which JSON could escape but other programs can't read, is replaced.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")

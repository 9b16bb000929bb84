"""The record of a track as an export gives it: with its path as it is called where the export is used."""

from __future__ import annotations

from typing import Any

from map4.app.export import ExportContent, ExportOptions
from map4.domain.track import Track, path_fields
from map4.domain.track_columns import PATH_BYTES


def placed_record(track: Track, content: ExportContent, options: ExportOptions) -> dict[str, Any]:
    """The `map4/track/1` record with `path` and `path_bytes` as `options.places` has them, for tables."""
    record = track.to_record(prefer=content.prefer)
    place = options.places.outward(track.path)
    if place != track.path:
        record.pop(PATH_BYTES, None)
        record |= path_fields(place)
    return record


def located_record(track: Track, content: ExportContent, options: ExportOptions) -> dict[str, Any]:
    """The `map4/track/1` record; where `options.places` has another path, that stands in `location` beside its own."""
    record = track.to_record(prefer=content.prefer)
    place = options.places.outward(track.path)
    if place != track.path:
        record["location"] = path_fields(place)["path"]
    return record

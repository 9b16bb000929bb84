"""Who says something of a track, and the orders in which they count unless a setting says otherwise."""

from __future__ import annotations

from typing import Literal, get_args

Source = Literal["user", "measured", "imported", "tag", "provider"]
DEFAULT_PREFERENCE: tuple[Source, ...] = ("measured", "imported", "tag", "provider")
MetadataSource = Literal["tag", "provider", "imported"]
METADATA_SOURCES: tuple[MetadataSource, ...] = get_args(MetadataSource)
Preferred = tuple[tuple[str, MetadataSource], ...]
"""Which source counts first of a field, by its name, as the library has it set; of others the usual order counts."""
FieldSource = Literal["tag", "measured", "imported", "provider", "user", "labels"]
FIELD_SOURCES: tuple[FieldSource, ...] = get_args(FieldSource)
"""Everybody, in the order in which they are shown."""

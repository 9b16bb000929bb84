"""The sources of track values, and their default orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

Source = Literal["user", "measured", "imported", "tag", "provider"]
DEFAULT_PREFERENCE: tuple[Source, ...] = ("measured", "imported", "tag", "provider")
MetadataSource = Literal["tag", "provider", "imported"]
METADATA_SOURCES: tuple[MetadataSource, ...] = get_args(MetadataSource)
Preferred = tuple[tuple[str, MetadataSource], ...]
"""The first source of fields, by name, as set in the library; other fields use the default order."""
FieldSource = Literal["tag", "measured", "imported", "provider", "user", "labels"]
FIELD_SOURCES: tuple[FieldSource, ...] = get_args(FieldSource)  # all sources, in display order


def complete_order(sources: Sequence[str]) -> tuple[str, ...]:
    """Validate the order of sources for tempo and key from a setting."""
    if "provider" not in sources:  # from before providers existed
        sources = (*sources, "provider")
    if sorted(sources) != sorted(DEFAULT_PREFERENCE):
        raise ValueError("must order measured, imported, tag and provider, such as imported,measured,tag,provider")
    return tuple(sources)

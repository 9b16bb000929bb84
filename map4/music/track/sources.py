"""Who says something of a track, and the orders in which they count unless a setting says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
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


def complete_order(sources: Sequence[str]) -> tuple[str, ...]:
    """The order of sources of tempo and key, as the setting has it.

    raises ValueError: if one is missing, or there is no such source
    """
    if "provider" not in sources:  # as it was written before there were any
        sources = (*sources, "provider")
    if sorted(sources) != sorted(DEFAULT_PREFERENCE):
        raise ValueError("must order measured, imported, tag and provider, such as imported,measured,tag,provider")
    return tuple(sources)

"""Whose tempo and key counts, and whose other values."""

from __future__ import annotations

from typing import Literal

Source = Literal["user", "measured", "imported", "tag", "provider"]
DEFAULT_PREFERENCE: tuple[Source, ...] = ("measured", "imported", "tag", "provider")
MetadataSource = Literal["tag", "provider", "imported"]
DEFAULT_METADATA_PREFERENCE: tuple[MetadataSource, ...] = ("tag", "provider", "imported")

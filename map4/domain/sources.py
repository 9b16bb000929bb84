"""Whose tempo and key counts."""

from __future__ import annotations

from typing import Literal

Source = Literal["user", "measured", "imported", "tag"]
DEFAULT_PREFERENCE: tuple[Source, ...] = ("measured", "imported", "tag")

"""Moments as the library has them."""

from __future__ import annotations

from datetime import datetime


def utc_text(moment: datetime) -> str:
    """ISO 8601 to the second, of a moment that is in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

"""Names of the formats that a library reads and writes; needs no open library."""

from __future__ import annotations

from map4.formats import exporting_formats, format_for_export, format_for_writing, importers, writable_formats

__all__ = ["export_names", "format_for_export", "format_for_writing", "importer_names", "writable_formats"]


def export_names() -> list[str]:
    """Return the formats that `Library.export` writes without another package."""
    return list(exporting_formats())


def importer_names() -> list[str]:
    """Return the formats that `Library.imports.read` accepts."""
    return list(importers())

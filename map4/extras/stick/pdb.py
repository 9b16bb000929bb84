"""The file `PIONEER/rekordbox/export.pdb`."""

from __future__ import annotations

from map4.extras.stick.records import StickContents


def export_pdb(contents: StickContents) -> bytes:
    """The whole file."""
    raise NotImplementedError

"""Comments and groupings in the tags of music, of which marks are made."""

from __future__ import annotations

from map4.formats.importer import Importer

TAGS = Importer(
    name="tags",
    title="the tags of music",
    program=None,
    suffixes=(),
    recognises=lambda path, head: False,  # music is only read so where it is asked for
    read=lambda path, notes: iter(()),
    is_music=True,
    is_of_marks=True,
)

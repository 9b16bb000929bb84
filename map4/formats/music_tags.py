"""Comments and groupings in the tags of music, as a source of marks."""

from __future__ import annotations

from map4.formats.importer import Importer

TAGS = Importer(
    name="tags",
    title="the tags of music",
    program=None,
    suffixes=(),
    recognises=lambda path, head: False,  # music is only read like this on request
    read=lambda path, notes: iter(()),
    is_music=True,
    is_of_marks=True,
)

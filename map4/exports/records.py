"""Records of the files that map4 wrote."""

from __future__ import annotations

from map4.core.base.records import Record
from map4.core.store.written_files import WrittenFile


class ExportHistory(Record, kind="export-history"):
    """The files that map4 wrote, the last one first ('map4 export history --json')."""

    exports: tuple[WrittenFile, ...]

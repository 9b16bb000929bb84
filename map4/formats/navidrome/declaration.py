"""What this folder registers."""

from map4.core.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    FileFormat("map4.formats.navidrome.smart_lists:NAVIDROME", 210),
    LibraryReader("map4.formats.navidrome.smart_lists:NAVIDROME_LISTS", 120),
)

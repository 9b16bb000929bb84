"""What this folder registers."""

from map4.core.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    FileFormat("map4.formats.traktor.writer:TRAKTOR", 150), LibraryReader("map4.formats.traktor.reader:TRAKTOR", 40)
)

"""What this folder registers."""

from map4.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    formats=(FileFormat(target="map4.formats.traktor.writer:TRAKTOR", order=150),),
    importers=(LibraryReader(target="map4.formats.traktor.reader:TRAKTOR", order=40),),
)

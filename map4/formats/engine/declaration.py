"""What this folder registers."""

from map4.base.declaration import Declaration, LibraryReader

DECLARATION = Declaration(
    importers=(LibraryReader(target="map4.formats.engine.reader:ENGINE", order=100),),
)

"""What this folder registers."""

from map4.base.declaration import Declaration, LibraryReader

DECLARATION = Declaration(
    importers=(LibraryReader(target="map4.formats.mixxx.reader:MIXXX", order=90),),
)

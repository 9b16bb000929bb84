"""What this folder registers."""

from map4.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    formats=(FileFormat(target="map4.formats.listens.listens:LISTENBRAINZ", order=190),),
    importers=(LibraryReader(target="map4.formats.listens.listens:LISTENS", order=140),),
)

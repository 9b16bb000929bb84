"""What this folder registers."""

from map4.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    formats=(FileFormat(target="map4.formats.navidrome.smart_lists:NAVIDROME", order=210),),
    importers=(LibraryReader(target="map4.formats.navidrome.smart_lists:NAVIDROME_LISTS", order=120),),
)

"""What this folder registers."""

from map4.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    formats=(
        FileFormat(target="map4.formats.virtualdj.writer:VIRTUALDJ", order=170, contains="<VirtualFolder"),
        FileFormat(target="map4.formats.virtualdj.database_writer:VIRTUALDJ_DATABASE", order=180),
        FileFormat(target="map4.formats.virtualdj.filters:VIRTUALDJ_FILTER", order=200),
    ),
    importers=(LibraryReader(target="map4.formats.virtualdj.reader:VIRTUALDJ", order=80),),
)

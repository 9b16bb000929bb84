"""What this folder registers."""

from map4.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    formats=(FileFormat(target="map4.formats.serato.writer:SERATO", order=160, begins=("vrsn\0",)),),
    importers=(
        LibraryReader(target="map4.formats.serato.reader:SERATO", order=50),
        LibraryReader(
            target="map4.formats.serato.tags:SERATO_TAGS",
            order=60,
            hint="for Serato's tags in music, name the format serato-tags",
        ),
    ),
)

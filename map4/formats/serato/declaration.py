"""What this folder registers."""

from map4.core.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    FileFormat("map4.formats.serato.writer:SERATO", 160, begins=("vrsn\x00",)),
    LibraryReader("map4.formats.serato.reader:SERATO", 50),
    LibraryReader(
        "map4.formats.serato.tags:SERATO_TAGS", hint="for Serato's tags in music, name the format serato-tags"
    ),
)

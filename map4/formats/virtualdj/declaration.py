"""What this folder registers."""

from map4.core.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    FileFormat("map4.formats.virtualdj.writer:VIRTUALDJ", 170, contains="<VirtualFolder"),
    FileFormat("map4.formats.virtualdj.database_writer:VIRTUALDJ_DATABASE"),
    LibraryReader("map4.formats.virtualdj.reader:VIRTUALDJ", 80),
)

"""What this folder registers."""

from map4.core.base.declaration import Declaration, LibraryReader

DECLARATION = Declaration(LibraryReader("map4.formats.apple.reader:APPLE", 110))

"""What this folder registers."""

from map4.core.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    FileFormat("map4.formats.listens.listens:LISTENBRAINZ", 190),
    LibraryReader("map4.formats.listens.listens:LISTENS", 140),
    LibraryReader(
        "map4.formats.listens.history:HISTORY",
        145,
        instead={".html": "a web page; if it is Google's history, choose JSON for it in Takeout, and import that"},
    ),
)

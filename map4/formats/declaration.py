"""What this folder registers."""

from map4.core.base.declaration import Declaration, LibraryReader

DECLARATION = Declaration(
    LibraryReader("map4.formats.importer:TAGS", 70),
    LibraryReader("map4.formats.cue_sheet:CUE", 130),
    LibraryReader(
        "map4.formats.list_importer:LISTS",
        150,
        instead={
            ".wpl": "Windows Media Player's list; save it there as M3U (File > Save Now Playing List As), and "
            "import that",
            ".asx": "a list of Windows Media streams; save it in your player as M3U, and import that",
        },
    ),
)

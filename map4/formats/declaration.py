"""What this folder registers."""

from map4.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    formats=(
        FileFormat(target="map4.formats.listens:LISTENBRAINZ", order=190),
        FileFormat(target="map4.formats.navidrome:NAVIDROME", order=210),
    ),
    importers=(
        LibraryReader(target="map4.formats.music_tags:TAGS", order=70),
        LibraryReader(target="map4.formats.navidrome:NAVIDROME_LISTS", order=120),
        LibraryReader(target="map4.formats.cue_sheet:CUE", order=130),
        LibraryReader(target="map4.formats.listens:LISTENS", order=140),
        LibraryReader(
            target="map4.formats.list_importer:LISTS",
            order=150,
            instead={
                ".wpl": "Windows Media Player's list; save it there as M3U (File > Save Now Playing List As), and "
                "import that",
                ".asx": "a list of Windows Media streams; save it in your player as M3U, and import that",
            },
        ),
    ),
)

"""Files of other programs that map4 reads and does not write, after what these programs write."""

import plistlib
from datetime import datetime
from typing import Any

APPLE_TRACK: dict[str, Any] = {
    "Track ID": 101, "Persistent ID": "A1", "Name": "Rock & Roll", "Artist": "Björk", "Album Artist": "Various",
    "Composer": "Bach", "Album": "Debut", "Grouping": "Peak", "Genre": "House", "Kind": "MPEG audio file",
    "Size": 5945086, "Total Time": 198713, "Disc Number": 2, "Track Number": 13, "Year": 2004, "BPM": 128,
    "Date Added": datetime.fromisoformat("2019-01-02T03:04:05"), "Play Count": 42, "Play Date": 3280848382,
    "Play Date UTC": datetime.fromisoformat("2024-05-01T22:30:00"), "Rating": 80, "Comments": "for\nlate",
    "Track Type": "File", "Location": "file:///Users/ann/Music/Bj%C3%B6rk/01%20Rock%20&%20Roll.mp3", "Loved": True,
}  # fmt: skip


def apple_items(*track_ids: int) -> list[dict[str, int]]:
    """What a list of Apple's holds."""
    return [{"Track ID": number} for number in track_ids]


def apple_library(*tracks: dict[str, Any], lists: list[dict[str, Any]] | None = None) -> bytes:
    """A library of the Music app, written by Python's plistlib."""
    tree = {
        "Major Version": 1,
        "Application Version": "1.4.5.65",
        "Date": datetime.fromisoformat("2025-01-01"),
        "Music Folder": "file:///Users/ann/Music/",
        "Library Persistent ID": "FFFF",
        "Tracks": {str(track.get("Track ID", n)): track for n, track in enumerate(tracks)},
        "Playlists": lists or [],
    }
    return plistlib.dumps(tree, sort_keys=False)


APPLE_LIBRARY = apple_library(APPLE_TRACK, lists=[{"Name": "x", "Playlist Items": apple_items(101)}])

# A disc with a file a track, as Exact Audio Copy writes it with gaps left in the file before.
ALBUM_SHEET = b"""REM GENRE "Deep House"
REM DATE 2004-05-01
REM DISCID 8A0B9C0D
REM DISCNUMBER 2
CATALOG 0000000000000
PERFORMER "Ann"
TITLE "First"
FILE "01 - One.wav" WAVE
  TRACK 01 AUDIO
    TITLE "One "Live""
    ISRC GBAYE0400001
    FLAGS DCP
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Two"
    PERFORMER "Bob"
    SONGWRITER "Cat"
    INDEX 00 04:01:40
FILE "02 - Two.wav" WAVE
    INDEX 01 00:00:00
"""
# A mix as one file.
MIX_SHEET = """\ufeffPERFORMER Ann
TITLE "Late night"
REM DATE 1999
FILE "mix.mp3" MP3
  TRACK 01 AUDIO
    PERFORMER "Bob"
    TITLE "One"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    PERFORMER "Cat & Dan"
    TITLE "Two"
    PREGAP 00:02:00
    INDEX 00 05:59:00
    INDEX 01 06:01:37
    INDEX 02 07:00:00
    POSTGAP 00:02:00
  track 03 audio
    title Three
    INDEX 01 121:00:00
  TRACK 04 AUDIO
    INDEX 01 130:00:74
  TRACK 05 AUDIO
    TITLE "No start"
    INDEX 01 130:99:00
  TRACK 06 MODE1/2352
    TITLE "Pictures"
    INDEX 01 140:00:00
""".encode()

# As VirtualDJ 8 and later write their history: a day a file.
VIRTUALDJ_HISTORY = """#EXTM3U
#EXTVDJ:<time>21:39</time><lastplaytime>1674884385</lastplaytime><artist>Ann &amp; Bob</artist><title>One</title><remix>Dub</remix>
netsearch://dz715352532
#EXTVDJ:<time>21:41</time><lastplaytime>1674884510</lastplaytime><filesize>4000</filesize><artist>Cat & Dan</artist><title>Two</title><songlength>212.4</songlength>
D:\\Music\\two.mp3
"""  # noqa: E501

# As rekordbox writes a list with "Export a playlist to a file (.txt)".
REKORDBOX_TEXT = "#\tArtwork\tTrack Title\tArtist\tAlbum\tBPM\tTime\r\n1\t\tReine\tRégine\tNuit\t120.00\t04:05\r\n"

# As Traktor writes a file of its folder History: an evening, over midnight.
TRAKTOR_HISTORY = """<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES COUNT="1">
<NODE TYPE="PLAYLIST" NAME="HISTORY"><PLAYLIST ENTRIES="5" TYPE="PROTOCOL" UUID="1">
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="C:/:Music/:a.mp3"></PRIMARYKEY><EXTENDEDDATA DECK="0" DURATION="448.933075" EXTENDEDTYPE="HistoryData" PLAYEDPUBLIC="1" STARTDATE="132319762" STARTTIME="82052"></EXTENDEDDATA></ENTRY>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="C:/:Music/:heard.mp3"></PRIMARYKEY><EXTENDEDDATA DECK="1" DURATION="9.5" EXTENDEDTYPE="HistoryData" PLAYEDPUBLIC="0" STARTDATE="132319762" STARTTIME="82400"></EXTENDEDDATA></ENTRY>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="D:/:gone.mp3"></PRIMARYKEY><EXTENDEDDATA DECK="1" PLAYEDPUBLIC="1" STARTDATE="132319763" STARTTIME="276"></EXTENDEDDATA></ENTRY>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="D:/:gone.mp3"></PRIMARYKEY><EXTENDEDDATA STARTDATE="12" STARTTIME="99999999999999999999"></EXTENDEDDATA></ENTRY>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="D:/:gone.mp3"></PRIMARYKEY></ENTRY>
</PLAYLIST></NODE>%s</SUBNODES></NODE></PLAYLISTS>"""  # noqa: E501

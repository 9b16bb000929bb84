"""Names of the fields of `map4.music.track.tags` and of written fields in each tag format."""

from __future__ import annotations

from collections.abc import Mapping

# Names within a family, ignoring case, the best first. "txxx:" and "----:" are the user-defined ones of ID3 and MP4. A
# field is written under its first name, as spelled here, and under every other name that a file has, except those of
# `READ_ONLY`, which mean something else and are only fallbacks for reading.
_ID3 = {
    "artist": ("TPE1", "tpe2"),
    "title": ("TIT2",),
    "album": ("TALB",),
    "album_artist": ("TPE2", "txxx:album artist", "txxx:albumartist", "txxx:album_artist"),
    "artists": ("txxx:artists",),
    "artist_ids": ("txxx:musicbrainz artist id",),
    "remixer": ("TPE4", "txxx:remixer"),
    "composer": ("TCOM", "txxx:composer"),
    "producer": ("tipl:producer", "txxx:producer"),
    "artist_sort": ("TSOP", "xsop", "txxx:artistsort"),
    "album_sort": ("TSOA", "txxx:albumsort"),
    "album_artist_sort": ("TSO2", "txxx:albumartistsort"),
    "genre": ("TCON",),
    "year": ("TDRC", "tdrl", "tyer", "tdor", "tory", "txxx:year", "txxx:originalyear"),  # before 2.4, TYER is written
    "track": ("TRCK",),
    "disc_number": ("TPOS",),
    "bpm": ("TBPM", "txxx:bpm"),
    "key": ("TKEY", "txxx:initialkey", "txxx:initial key", "txxx:initial_key", "txxx:key"),
    "isrc": ("TSRC", "txxx:isrc"),
    "grouping": ("GRP1", "tit1"),  # of iTunes since 2016, where TIT1 is the work; of all others
    "label": ("TPUB", "txxx:label", "txxx:publisher", "txxx:organization"),
    "catalog_number": (
        "TXXX:CATALOGNUMBER", "txxx:catalog number", "txxx:catalog_number", "txxx:catalog", "txxx:catalogid",
    ),
    "recording_id": ("ufid:http://musicbrainz.org", "txxx:musicbrainz recording id", "txxx:musicbrainz track id"),
    "acoustid": ("txxx:acoustid id",),
    "encoded_by": ("tenc", "txxx:encoded_by"),
    "energy": ("TXXX:EnergyLevel",),
    "gain": ("TXXX:REPLAYGAIN_TRACK_GAIN",),
    "peak": ("TXXX:REPLAYGAIN_TRACK_PEAK",),
    "album_gain": ("TXXX:REPLAYGAIN_ALBUM_GAIN",),
    "album_peak": ("TXXX:REPLAYGAIN_ALBUM_PEAK",),
    "serato_markers2": ("GEOB:Serato Markers2",),
    "serato_markers": ("GEOB:Serato Markers_",),
}  # fmt: skip
# Vorbis comments and APEv2 share most names, and taggers mix up the rest. Mixed In Key stores JSON in KEY and
# ENERGY of the former, and under its own names in MP4: these are never written.
_COMMENTS = {
    "artist": ("ARTIST", "album artist", "albumartist"),
    "title": ("TITLE",),
    "album": ("ALBUM",),
    "album_artist": ("ALBUMARTIST", "album artist", "album_artist"),
    "artists": ("artists",),
    "artist_ids": ("musicbrainz_artistid", "musicbrainz artist id"),
    "remixer": ("REMIXER", "mixartist"),
    "composer": ("COMPOSER",),
    "producer": ("PRODUCER",),
    "artist_sort": ("ARTISTSORT", "artist sort", "artist-sort", "sort_artist"),
    "album_sort": ("ALBUMSORT", "album sort", "album-sort", "sort_album"),
    "album_artist_sort": ("ALBUMARTISTSORT", "album artist sort", "sort_album_artist"),
    "genre": ("GENRE",),
    "year": ("DATE", "year", "releasedate", "originaldate", "originalyear"),
    "track": ("TRACKNUMBER", "track"),
    "disc_number": ("DISCNUMBER", "disc"),
    "bpm": ("BPM", "tempo", "tbpm"),
    "key": ("INITIALKEY", "initial key", "initial_key", "key", "tkey"),
    "isrc": ("ISRC", "tsrc"),
    "grouping": ("GROUPING",),
    "label": ("LABEL", "organization", "publisher", "tpub"),
    "catalog_number": ("CATALOGNUMBER", "catalog number", "catalog_number", "catalog", "labelno"),
    "comment": ("COMMENT", "description"),
    "recording_id": ("musicbrainz_trackid",),
    "acoustid": ("acoustid_id",),
    "encoded_by": ("encoded_by", "encodedby", "encoded-by"),
    "energy": ("ENERGYLEVEL",),
    "gain": ("REPLAYGAIN_TRACK_GAIN",),
    "peak": ("REPLAYGAIN_TRACK_PEAK",),
    "album_gain": ("REPLAYGAIN_ALBUM_GAIN",),
    "album_peak": ("REPLAYGAIN_ALBUM_PEAK",),
    "opus_gain": ("R128_TRACK_GAIN",),
    "opus_album_gain": ("R128_ALBUM_GAIN",),
    "rating": ("RATING",),
    "serato_markers2": ("SERATO_MARKERS_V2",),
    "serato_ogg": ("SERATO_MARKERS2",),
}
_MP4 = {
    "artist": ("©ART", "aart"),
    "title": ("©nam",),
    "album": ("©alb",),
    "album_artist": ("aART", "----:albumartist", "----:album artist"),
    "artists": ("----:artists",),
    "artist_ids": ("----:musicbrainz artist id",),
    "remixer": ("----:remixer",),
    "composer": ("©wrt", "----:composer"),
    "producer": ("----:producer",),
    "artist_sort": ("soar", "----:artistsort"),
    "album_sort": ("soal", "----:albumsort"),
    "album_artist_sort": ("soaa", "----:albumartistsort"),
    "genre": ("©gen", "----:genre"),
    "year": ("©day", "----:year", "----:originaldate", "----:originalyear"),
    "track": ("trkn",),
    "disc_number": ("disk",),
    # The atom only holds whole numbers; if both exist, the text is more precise.
    "bpm": ("----:com.apple.iTunes:BPM", "tmpo", "----:tempo"),  # written beside tmpo for fractional values
    "key": ("----:com.apple.iTunes:initialkey", "----:initial key", "----:key"),
    "isrc": ("----:com.apple.iTunes:ISRC",),
    "grouping": ("©grp",),
    "label": ("----:com.apple.iTunes:LABEL", "----:publisher", "----:organization", "©pub"),
    "catalog_number": ("----:com.apple.iTunes:CATALOGNUMBER", "----:catalog number", "----:catalog"),
    "comment": ("©cmt", "desc"),
    "recording_id": ("----:musicbrainz track id",),
    "acoustid": ("----:acoustid id",),
    "energy": ("----:com.apple.iTunes:ENERGYLEVEL",),
    "gain": ("----:com.apple.iTunes:replaygain_track_gain",),
    "peak": ("----:com.apple.iTunes:replaygain_track_peak",),
    "album_gain": ("----:com.apple.iTunes:replaygain_album_gain",),
    "album_peak": ("----:com.apple.iTunes:replaygain_album_peak",),
    "sound_check": ("----:itunnorm",),
    "rating": ("----:com.apple.iTunes:RATING",),
    "serato_markers2": ("----:com.serato.dj:markersv2",),
    "serato_markers": ("----:com.serato.dj:markers",),
}
_ASF = {
    "artist": ("Author", "wm/albumartist"),
    "title": ("Title",),
    "album": ("WM/AlbumTitle",),
    "album_artist": ("WM/AlbumArtist", "album artist", "albumartist", "album_artist"),
    "artists": ("wm/artists",),
    "artist_ids": ("musicbrainz/artist id",),
    "remixer": ("WM/ModifiedBy",),
    "composer": ("WM/Composer",),
    "producer": ("WM/Producer",),
    "artist_sort": ("WM/ArtistSortOrder",),
    "album_sort": ("WM/AlbumSortOrder",),
    "album_artist_sort": ("WM/AlbumArtistSortOrder",),
    "genre": ("WM/Genre", "wm/genreid"),
    "year": ("WM/Year", "date", "year", "wm/originalreleaseyear"),
    "track": ("WM/TrackNumber", "wm/track"),
    "disc_number": ("WM/PartOfSet",),
    "bpm": ("WM/BeatsPerMinute",),
    "key": ("WM/InitialKey",),
    "isrc": ("WM/ISRC",),
    "grouping": ("WM/ContentGroupDescription",),
    "label": ("WM/Publisher", "label"),
    "catalog_number": ("WM/CatalogNo", "wm/catalognumber", "catalognumber"),
    "comment": ("Description", "wm/text"),
    "recording_id": ("musicbrainz/track id",),
    "acoustid": ("acoustid/id",),
    "energy": ("EnergyLevel",),
    "gain": ("replaygain_track_gain",),
    "peak": ("replaygain_track_peak",),
    "album_gain": ("replaygain_album_gain",),
    "album_peak": ("replaygain_album_peak",),
    "rating": ("WM/SharedUserRating",),
}
INFO_NAMES = {
    "artist": ("iart",),
    "title": ("inam",),
    "album": ("iprd",),
    "genre": ("ignr",),
    "year": ("icrd",),
    "track": ("itrk", "iprt", "trck"),
    "bpm": ("ibpm",),
    "key": ("ikey",),
    "isrc": ("isrc",),
    "label": ("ipub",),
    "comment": ("icmt",),
}

READ_ONLY: dict[str, dict[str, tuple[str, ...]]] = {
    "id3": {"artist": ("tpe2",), "year": ("tdrl", "tdor", "tory", "txxx:originalyear")},
    "comments": {
        "artist": ("album artist", "albumartist"),
        "year": ("releasedate", "originaldate", "originalyear"),
        "comment": ("description",),
    },
    "mp4": {"artist": ("aart",), "year": ("----:originaldate", "----:originalyear"), "comment": ("desc",)},
    "asf": {
        "artist": ("wm/albumartist",),
        "year": ("wm/originalreleaseyear",),
        "genre": ("wm/genreid",),
        "track": ("wm/track",),  # which counts from 0
        "comment": ("wm/text",),
    },
}
"""By the family, and the field."""


def short_name(name: str) -> str:
    """Return a name in lower case; for MP4 without its namespace, which differs between programs."""
    return f"----:{name.rpartition(':')[2]}".lower() if name.startswith("----:") else name.lower()


_TABLES = {
    family: {field: tuple(map(short_name, names)) for field, names in table.items()}
    for family, table in (("id3", _ID3), ("comments", _COMMENTS), ("mp4", _MP4), ("asf", _ASF))
}
# FFmpeg converts few names between formats. It copies a tag of these fields under its name in the format it came from:
# TPE4 of ID3 to FLAC, WM/Year to ID3 as a user-defined text.
_COPIED_FIELDS = (
    "artists", "artist_ids", "remixer", "producer", "artist_sort", "album_sort", "album_artist_sort", "year", "bpm",
    "key", "isrc", "grouping", "label", "catalog_number", "recording_id", "acoustid",
)  # fmt: skip
_USER_DEFINED = {"id3": "txxx:", "comments": "", "asf": ""}


def _add_copied_names() -> None:
    """Add the names of all families to each, the read-only ones last."""
    for field in _COPIED_FIELDS:
        plain, read_only = dict[str, None](), set[str]()
        for family, table in _TABLES.items():
            for name in table.get(field, ()):
                bare = name.removeprefix("txxx:").removeprefix("----:")
                if ":" not in bare and bare.isascii():
                    # Matroska has no blanks.
                    plain |= dict.fromkeys((bare, bare.replace(" ", "_")))
                    read_only |= {bare} if name in READ_ONLY[family].get(field, ()) else set()
        for family, prefix in _USER_DEFINED.items():
            own = _TABLES[family].get(field, ())
            added = [prefix + name for name in sorted(plain, key=read_only.__contains__) if prefix + name not in own]
            _TABLES[family][field] = (*own, *added)
            lasting = (name for name in added if name.removeprefix(prefix) in read_only)
            if more := tuple(lasting):
                READ_ONLY[family][field] = (*READ_ONLY[family].get(field, ()), *more)


_add_copied_names()
ID3_NAMES, COMMENT_NAMES, MP4_NAMES, ASF_NAMES = _TABLES.values()
ID3_WRITTEN, COMMENT_WRITTEN, MP4_WRITTEN, ASF_WRITTEN = (
    {field: names[0] for field, names in table.items()} for table in (_ID3, _COMMENTS, _MP4, _ASF)
)
APE_WRITTEN = {
    **COMMENT_WRITTEN,
    "artist": "Artist",
    "title": "Title",
    "album": "Album",
    "album_artist": "Album Artist",
    "track": "Track",
    "disc_number": "Disc",
    "genre": "Genre",
    "year": "Year",
    "grouping": "Grouping",
    "label": "Label",
    "catalog_number": "CatalogNumber",
    "comment": "Comment",
}


def names_of(slot: str, names: Mapping[str, tuple[str, ...]], family: str, *, usual: str) -> tuple[str, ...]:
    """Return the names under which a file may have a field to be written, the usual one first."""
    own = (name for name in names.get(slot, ()) if name not in READ_ONLY[family].get(slot, ()))
    return tuple(dict.fromkeys((usual.lower(), *own)))

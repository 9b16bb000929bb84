"""What each tag format calls the fields of `map4.domain.track.tags` and those that are written: one table for both."""

from __future__ import annotations

from collections.abc import Mapping

# Names within a family, in lower case, the best first. "txxx:" and "----:" are the user-defined ones of ID3 and MP4.
# What is written stands below (`*_WRITTEN`): its name, and every other name here under which a file has the field,
# except those of `READ_ONLY`, which mean something else and only help where there is nothing better.
ID3_NAMES = {
    "artist": ("tpe1", "tpe2"),
    "title": ("tit2",),
    "album": ("talb",),
    "genre": ("tcon",),
    "year": ("tdrc", "tdrl", "tyer", "tdor", "tory", "txxx:year"),
    "track": ("trck",),
    "bpm": ("tbpm", "txxx:bpm"),
    "key": ("tkey", "txxx:initialkey", "txxx:initial key", "txxx:initial_key", "txxx:key"),
    "isrc": ("tsrc", "txxx:isrc"),
    "label": ("tpub", "txxx:label", "txxx:publisher", "txxx:organization"),
    "catalog_number": (
        "txxx:catalognumber", "txxx:catalog number", "txxx:catalog_number", "txxx:catalog", "txxx:catalogid",
    ),
    "recording_id": ("ufid:http://musicbrainz.org", "txxx:musicbrainz recording id", "txxx:musicbrainz track id"),
    "acoustid": ("txxx:acoustid id",),
    "encoded_by": ("tenc", "txxx:encoded_by"),
    "energy": ("txxx:energylevel",),
    "gain": ("txxx:replaygain_track_gain",),
    "peak": ("txxx:replaygain_track_peak",),
}  # fmt: skip
# Vorbis comments and APEv2 share most of their names, and taggers mix up the rest.
COMMENT_NAMES = {
    "artist": ("artist", "album artist", "albumartist"),
    "title": ("title",),
    "album": ("album",),
    "genre": ("genre",),
    "year": ("date", "year", "releasedate", "originaldate", "originalyear"),
    "track": ("tracknumber", "track"),
    "bpm": ("bpm", "tempo", "tbpm"),
    "key": ("initialkey", "initial key", "initial_key", "key", "tkey"),
    "isrc": ("isrc", "tsrc"),
    "label": ("label", "organization", "publisher", "tpub"),
    "catalog_number": ("catalognumber", "catalog number", "catalog_number", "catalog", "labelno"),
    "comment": ("comment", "description"),
    "recording_id": ("musicbrainz_trackid",),
    "acoustid": ("acoustid_id",),
    "encoded_by": ("encoded_by", "encodedby", "encoded-by"),
    "energy": ("energylevel",),
    "gain": ("replaygain_track_gain",),
    "peak": ("replaygain_track_peak",),
    "opus_gain": ("r128_track_gain",),
}
MP4_NAMES = {
    "artist": ("©art", "aart"),
    "title": ("©nam",),
    "album": ("©alb",),
    "genre": ("©gen", "----:genre"),
    "year": ("©day", "----:year", "----:originaldate"),
    "track": ("trkn",),
    # The atom holds whole numbers only; where both are there the text is the better one.
    "bpm": ("----:bpm", "tmpo", "----:tempo"),
    "key": ("----:initialkey", "----:initial key", "----:key"),
    "isrc": ("----:isrc",),
    "label": ("----:label", "----:publisher", "----:organization", "©pub"),
    "catalog_number": ("----:catalognumber", "----:catalog number", "----:catalog"),
    "comment": ("©cmt", "desc"),
    "recording_id": ("----:musicbrainz track id",),
    "acoustid": ("----:acoustid id",),
    "energy": ("----:energylevel",),
    "gain": ("----:replaygain_track_gain",),
    "peak": ("----:replaygain_track_peak",),
}
ASF_NAMES = {
    "artist": ("author", "wm/albumartist"),
    "title": ("title",),
    "album": ("wm/albumtitle",),
    "genre": ("wm/genre", "wm/genreid"),
    "year": ("wm/year", "wm/originalreleaseyear"),
    "track": ("wm/tracknumber", "wm/track"),
    "bpm": ("wm/beatsperminute",),
    "key": ("wm/initialkey",),
    "isrc": ("wm/isrc",),
    "label": ("wm/publisher", "label"),
    "catalog_number": ("wm/catalogno", "wm/catalognumber", "catalognumber"),
    "comment": ("description", "wm/text"),
    "recording_id": ("musicbrainz/track id",),
    "acoustid": ("acoustid/id",),
    "energy": ("energylevel",),
    "gain": ("replaygain_track_gain",),
    "peak": ("replaygain_track_peak",),
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

READ_ONLY = {
    "id3": frozenset({"tpe2", "tdrl", "tdor", "tory"}),
    "comments": frozenset(
        {"album artist", "albumartist", "releasedate", "originaldate", "originalyear", "description"}
    ),
    "mp4": frozenset({"aart", "----:originaldate", "desc"}),
    "asf": frozenset({"wm/albumartist", "wm/originalreleaseyear", "wm/genreid", "wm/text"}),
}
# As each name is written. Mixed In Key keeps JSON in KEY and ENERGY of Vorbis comments, and under its own names in MP4:
# these are left to it.
ID3_WRITTEN = {
    "artist": "TPE1",
    "title": "TIT2",
    "genre": "TCON",
    "year": "TDRC",  # before version 2.4: TYER
    "label": "TPUB",
    "catalog_number": "TXXX:CATALOGNUMBER",
    "isrc": "TSRC",
    "bpm": "TBPM",
    "key": "TKEY",
    "energy": "TXXX:EnergyLevel",
    "gain": "TXXX:REPLAYGAIN_TRACK_GAIN",
    "peak": "TXXX:REPLAYGAIN_TRACK_PEAK",
    "serato_markers2": "GEOB:Serato Markers2",
    "serato_markers": "GEOB:Serato Markers_",
}
COMMENT_WRITTEN = {
    "artist": "ARTIST",
    "title": "TITLE",
    "genre": "GENRE",
    "year": "DATE",
    "label": "LABEL",
    "catalog_number": "CATALOGNUMBER",
    "isrc": "ISRC",
    "bpm": "BPM",
    "key": "INITIALKEY",
    "energy": "ENERGYLEVEL",
    "gain": "REPLAYGAIN_TRACK_GAIN",
    "peak": "REPLAYGAIN_TRACK_PEAK",
    "opus_gain": "R128_TRACK_GAIN",
    "comment": "COMMENT",
    "rating": "RATING",
    "serato_markers2": "SERATO_MARKERS_V2",
    "serato_ogg": "SERATO_MARKERS2",
}
APE_WRITTEN = {
    **COMMENT_WRITTEN,
    "artist": "Artist",
    "title": "Title",
    "genre": "Genre",
    "year": "Year",
    "label": "Label",
    "catalog_number": "CatalogNumber",
    "comment": "Comment",
}
_ITUNES = "----:com.apple.iTunes:"
MP4_WRITTEN = {
    "artist": "©ART",
    "title": "©nam",
    "genre": "©gen",
    "year": "©day",
    "label": f"{_ITUNES}LABEL",
    "catalog_number": f"{_ITUNES}CATALOGNUMBER",
    "isrc": f"{_ITUNES}ISRC",
    "bpm": f"{_ITUNES}BPM",  # beside tmpo, where the tempo is no whole number
    "key": f"{_ITUNES}initialkey",
    "energy": f"{_ITUNES}ENERGYLEVEL",
    "gain": f"{_ITUNES}replaygain_track_gain",
    "peak": f"{_ITUNES}replaygain_track_peak",
    "comment": "©cmt",
    "rating": f"{_ITUNES}RATING",
    "serato_markers2": "----:com.serato.dj:markersv2",
    "serato_markers": "----:com.serato.dj:markers",
}
ASF_WRITTEN = {
    "artist": "Author",
    "title": "Title",
    "genre": "WM/Genre",
    "year": "WM/Year",
    "label": "WM/Publisher",
    "catalog_number": "WM/CatalogNo",
    "isrc": "WM/ISRC",
    "bpm": "WM/BeatsPerMinute",
    "key": "WM/InitialKey",
    "energy": "EnergyLevel",
    "gain": "replaygain_track_gain",
    "peak": "replaygain_track_peak",
    "comment": "Description",
    "rating": "WM/SharedUserRating",
}


def names_of(slot: str, names: Mapping[str, tuple[str, ...]], family: str, *, usual: str) -> tuple[str, ...]:
    """The names under which a file may have a field that is to be written, the usual one first."""
    own = (name for name in names.get(slot, ()) if name not in READ_ONLY[family])
    return tuple(dict.fromkeys((usual.lower(), *own)))

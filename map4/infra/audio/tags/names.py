"""What each tag format calls the fields of `map4.domain.tags.Tags`."""

from __future__ import annotations

# Names within a family, in lower case, the best first. "txxx:" and "----:" are the user-defined ones of ID3 and MP4.
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

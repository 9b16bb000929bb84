"""The fields of a track that several sources may provide, one row each.

This table defines which source counts (`Track.value`, and its SQL in `store`), the output of `tags show`, the columns
of tables and exports with the names for `-f`, the query fields, the values taken from providers and DJ programs,
and the columns of a page. A new field is a row here; a field that files have in their tags also needs a slot of `Tags`
and its names in `core/audio/tags/names.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from map4.core.music.track.sources import METADATA_SOURCES, FieldSource, MetadataSource, Preferred, Source

FieldKind = Literal["text", "whole", "tempo", "key", "level", "stars", "decibels", "day", "moment", "color", "isrc"]
"""Kinds of values: `day` is YYYY, YYYY-MM or YYYY-MM-DD; `moment` a day, or a day and a time; `stars` are 0-5."""

NUMBERS: frozenset[FieldKind] = frozenset(("whole", "tempo", "level", "stars", "decibels"))

ANALYSIS, METADATA = "setting analysis.prefer", "map4 tags prefer"
_NAMED: tuple[FieldSource, ...] = ("tag", "provider", "imported")
_OWN: tuple[FieldSource, ...] = ("user", *_NAMED)
_SOUND: tuple[FieldSource, ...] = ("user", "measured", "imported", "tag", "provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a track.

    name: in records, columns, `-f` and `Track.value`
    kind: kind of its values
    sources: sources that may provide it, in order of preference
    setting: the setting that changes this order; None if it is fixed
    words: display name
    query: an example query term, if searchable; the name before the colon may differ
    help: description in queries
    least, most: range of numbers
    tag, imported: its name in `Tags` and in `ImportedValues`
    has_column: whether tables have it unchanged
    on_page: head of its column in the table of a page; None without a column
    width: of the column, in pixels
    of_file: whether it belongs to a file, not to the recording, so that a user sets it for each file
    """

    name: str
    kind: FieldKind = "text"
    sources: tuple[FieldSource, ...] = _NAMED
    setting: str | None = METADATA
    words: str = ""
    query: str = ""
    help: str = ""
    least: float = 0.0
    most: float = 1e9
    tag: str = ""
    imported: str = ""
    has_column: bool = True
    on_page: str | None = None
    width: int = 110
    of_file: bool = False

    def __post_init__(self) -> None:
        for name, usual in (("words", self.name.replace("_", " ")), ("tag", self.name), ("imported", self.name)):
            object.__setattr__(self, name, getattr(self, name) or usual)
        object.__setattr__(self, "help", self.help or self.words)

    @property
    def query_name(self) -> str:
        """Its name in queries; empty if not searchable."""
        return self.query.partition(":")[0]


_ROWS = (
    Field(
        name="artist", sources=_OWN, query='artist:"Nadia Vellum"', help="artist, guest, remixer, composer or producer",
        on_page="Artist", width=136, of_file=True,
    ),
    Field(name="title", sources=_OWN, query="title:remix", on_page="Title", width=196, of_file=True),
    Field(name="album", sources=_OWN, query="album:basement", on_page="Album", width=130, of_file=True),
    Field(
        name="album_artist", sources=_OWN, query="album-artist:various", help="artist of the whole album",
        on_page="Album artist", of_file=True,
    ),
    Field(name="label", sources=_OWN, query="label:lantern", help="record label", on_page="Label", of_file=True),
    Field(
        name="catalog_number", sources=("tag", "provider"), words="catalogue number", query="catalog:LC012",
        help="the label's number",
    ),
    Field(name="isrc", kind="isrc", sources=("tag", "provider"), query="isrc:GBAYE0601498", help="ISRC"),
    Field(
        name="release_date", kind="day", sources=("provider",), query="released:1999-05",
        help="date of the release, as looked up",
    ),
    Field(
        name="original_year", kind="whole", sources=("provider",), least=1000, most=9999, query="original-year:1999",
        help="first release of the recording, as looked up",
    ),
    Field(name="genre", sources=(*_OWN, "labels"), query="genre:house", on_page="Genre", of_file=True),
    Field(
        name="remixer", sources=_NAMED, query="remixer:moss",
    ),
    Field(
        name="track", kind="whole", sources=_OWN, least=1, most=99_999, imported="track_number", query="track:1",
        help="position on the album", of_file=True,
    ),
    Field(
        name="bpm", kind="tempo", sources=_SOUND, setting=ANALYSIS, has_column=False, most=2000.0, query="bpm:120..128",
        help="current tempo, beats per minute; ~ also matches half and double time", on_page="BPM", width=68,
    ),
    Field(
        name="key", kind="key", sources=_SOUND, setting=ANALYSIS, has_column=False, query="key:8A",
        help="current key, in any notation; ~ also matches compatible keys", on_page="Key", width=68,
    ),
    Field(
        name="year", kind="whole", sources=_OWN, least=1000, most=9999, query="year:1995..2005",
        help="year of release", on_page="Year", width=58, of_file=True,
    ),
    Field(
        name="energy", kind="level", sources=("user", "measured", "tag"), setting=None, has_column=False, least=1,
        most=10, query="energy:6..", help="energy level 1-10", on_page="Energy", width=72,
    ),
    Field(name="gain", kind="decibels", sources=("measured", "tag"), setting=None, tag="gain_db", has_column=False),
    Field(
        name="album_gain", kind="decibels", sources=("measured", "tag"), words="album gain", setting=None,
        tag="album_gain_db", has_column=False,
    ),
    Field(
        name="rating", kind="stars", sources=("user", "imported", "tag"), setting=None, most=5.0, query="rating:4..",
        help="stars, 0-5: yours, else imported, else the tag's", on_page="Rating", width=98,
    ),
    Field(name="comment", sources=("user", "imported", "tag"), setting=None, query="comment:promo", of_file=True),
    Field(
        name="disc_number", kind="whole", sources=("user", "tag", "imported"), words="disc", least=1, most=9999,
        query="disc:2", help="disc of the album", of_file=True,
    ),
    Field(name="composer", sources=("tag", "imported"), setting=None, query="composer:vellum"),
    Field(name="producer", sources=("tag",), setting=None, query="producer:moss"),
    Field(name="mix", sources=("imported",), query="mix:dub", help="version of the piece, as imported"),
    Field(name="grouping", sources=("imported",), query="grouping:warmup", help="grouping, as imported"),
    Field(name="date_added", kind="moment", sources=("imported",)),
    Field(name="artists", sources=("tag", "provider"), words="artists, as a list", setting=None, has_column=False),
    Field(
        name="artist_ids", sources=("tag", "provider"), words="MusicBrainz ids of the artists", setting=None,
        has_column=False,
    ),
    Field(name="artist_sort", sources=("tag",), words="artist, sorted as", setting=None, query="artist-sort:vellum"),
    Field(name="album_sort", sources=("tag",), words="album, sorted as", setting=None, query="album-sort:wall"),
    Field(
        name="album_artist_sort", sources=("tag",), words="album artist, sorted as", setting=None,
        query="album-artist-sort:vellum",
    ),
    Field(name="advisory", sources=("tag",), words="explicit or clean", setting=None, has_column=False),
    Field(name="work", sources=("tag",), setting=None, query="work:requiem", help="the piece that a movement is of"),
    Field(name="movement", sources=("tag",), setting=None, query="movement:allegro", help="name of the movement"),
    Field(
        name="movement_number", kind="whole", sources=("tag",), words="movement number", setting=None, least=1,
        most=99_999, query="movement-number:2", help="position in the work",
    ),
    Field(
        name="color", kind="color", sources=("imported",), words="colour", query="color:red",
        help="colour in a DJ program: red, orange, …",
    ),
)  # fmt: skip

FIELDS: dict[str, Field] = {row.name: row for row in _ROWS}  # all fields by name
QUERIED: dict[str, Field] = {row.query_name: row for row in _ROWS if row.query}  # the searchable fields, by query name


def fields_of(source: FieldSource, *kinds: FieldKind) -> tuple[Field, ...]:
    return tuple(field for field in _ROWS if source in field.sources and (not kinds or field.kind in kinds))


def in_order(first: Sequence[str], fields: Iterable[Field] = _ROWS) -> tuple[str, ...]:
    """The names of fields: `first` (which may contain other names) in its order, then all others."""
    return (*first, *(field.name for field in fields if field.name not in first))


@cache
def counting(name: str, prefer: Sequence[Source], preferred: Preferred = ()) -> tuple[FieldSource, ...]:
    """The sources of a field, in order of preference.

    prefer: the order for tempo and key
    preferred: the first source of other fields
    """
    field = FIELDS[name]
    order: Sequence[FieldSource] = ()
    if field.setting == ANALYSIS:
        order = prefer
    elif first := first_of(name, preferred):
        order = (first, *(source for source in _NAMED if source != first))
    # Sources without a configured order keep their place; the others share out their places in the new order.
    places = [place for place, source in enumerate(field.sources) if source in order]
    sources = list(field.sources)
    for place, source in zip(places, (source for source in order if source in field.sources), strict=True):
        sources[place] = source
    return tuple(sources)


def first_of(name: str, preferred: Preferred) -> MetadataSource | None:
    """The configured first source of a field; None without any."""
    return next((source for field, source in preferred if field == name), None)


def can_go_first(name: str) -> tuple[MetadataSource, ...]:
    """The sources that can be configured as the first of a field; empty if there is no choice."""
    field = FIELDS.get(name)
    sources = () if field is None else tuple(source for source in METADATA_SOURCES if source in field.sources)
    return sources if field is not None and field.setting == METADATA and len(sources) > 1 else ()


OF_FILE = frozenset(row.name for row in _ROWS if row.of_file)  # the fields that belong to a file, not to the recording
NAMES_BY_FILE = ("artist", "genre", "label", "title")
"""Fields of a file that libraries before schema 105 store by audio id."""
OF_FILE_BEFORE_105 = OF_FILE.difference(NAMES_BY_FILE)
CHOSEN_FIELDS = tuple(row.name for row in _ROWS if can_go_first(row.name))
"""The fields whose first source can be configured."""


def is_usual(preferred: Preferred, *names: str) -> bool:
    """True if the given fields, or all, have their sources in the default order."""
    return all(counting(name, (), preferred) == FIELDS[name].sources for name in names or CHOSEN_FIELDS)

"""The registrations of this subject."""

from map4.core.base.declaration import Command, Declaration, IsWord, Routes, Tools, Topic, View
from map4.library import hookspecs

_CATALOGUE = "map4.search.routes.catalogues:prepare"

DECLARATION = Declaration(
    Topic(
        "search",
        "map4.search.commands.search:search",
        "The query language: fields, ranges, is:, sort:.",
        order=10,
        commands=("search", "similar", "playlist live"),
    ),
    IsWord(
        "version", "another track is the same song: live, remix, edit, copy", "map4.search.store:VERSION", after="copy"
    ),
    Command("search", "map4.search.commands.search:command", "Find", 1, is_paged=True),
    Routes("tracks", "map4.search.routes.tracks:ROUTES", 10, "List tracks, and read or change a track."),
    Routes("search", "map4.search.routes.search:ROUTES", 40, "Search with the query language."),
    Routes(
        "tables",
        "map4.search.routes.columns:ROUTES",
        about="Tables of tracks: matches of a query by column, counts by value, and completions for queries.",
    ),
    Routes("albums", "map4.search.routes.albums:ROUTES", about="Albums and artists of the library."),
    Routes("library", "map4.scan.part:FilesPart.ignored", 120, "Library statistics and ignored files."),
    Routes("library", "map4.scan.part:FilesPart.unignore"),
    Tools("map4.search.tools", 10),
    View("browse", "Browse", "", "map4.search:page/browse.js", 10, key="b"),
    View("albums", "Albums", "albums", "map4.search:page/albums.js", key="a", ahead=(_CATALOGUE,)),
    View("track", "Track", "tracks", "map4.search:page/track.js", 50, in_menu=False),
    hooks={
        hookspecs.page_columns: "map4.search.tables.table_rows:page_columns",
        hookspecs.warm: "map4.search.library_catalogue:cached_catalogue",
    },
)

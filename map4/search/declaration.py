"""The registrations of this subject."""

from map4.base.declaration import Command, Declaration, Routes, Tools, Topic, View

DECLARATION = Declaration(
    hooks={
        "query-of-keywords": "map4.music.query.spellings:query_of_keywords",
        "page-columns": "map4.search.tables.table_rows:page_columns",
    },
    topics=(
        Topic(
            name="search",
            target="map4.search.commands.topic:search",
            summary="The query language: fields, ranges, is:, sort:.",
            order=10,
            commands=("search", "similar", "playlist live"),
        ),
    ),
    commands=(
        Command(
            name="search",
            target="map4.search.commands.search:command",
            summary="Find tracks by text, tempo, key, energy, genre, year and more.",
            group="Find",
            order=1,
            is_paged=True,
        ),
    ),
    routes=(
        Routes(
            tag="tracks",
            about="List tracks, and read or change a track.",
            target="map4.search.routes.tracks:ROUTES",
            order=10,
        ),
        Routes(
            tag="search", about="Search with the query language.", target="map4.search.routes.search:ROUTES", order=40
        ),
        Routes(
            tag="tables",
            about="Tables of tracks: matches of a query by column, counts by value, and completions for queries.",
            target="map4.search.routes.columns:ROUTES",
            order=50,
        ),
        Routes(
            tag="albums",
            about="Albums and artists of the library.",
            target="map4.search.routes.albums:ROUTES",
            order=55,
        ),
        Routes(
            tag="library",
            about="Library statistics and ignored files.",
            target="map4.search.routes.library:ROUTES",
            order=120,
        ),
    ),
    tools=(Tools(target="map4.search.tools:TOOLS", order=10),),
    views=(
        View(
            name="browse",
            title="Browse",
            path="",
            module="map4.search:page/browse.js",
            order=10,
            styles=("map4.search:page/browse.css",),
            key="b",
        ),
        View(
            name="albums",
            title="Albums",
            path="albums",
            module="map4.search:page/albums.js",
            order=15,
            styles=("map4.search:page/albums.css",),
            key="a",
        ),
        View(
            name="track",
            title="Track",
            path="tracks",
            module="map4.search:page/track.js",
            order=50,
            styles=("map4.search:page/track.css",),
            in_menu=False,
        ),
    ),
)

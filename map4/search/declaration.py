"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes, Tools, Topic, View

DECLARATION = Declaration(
    hooks={"query-of-keywords": "map4.music.query.spellings:query_of_keywords"},
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
        ),
    ),
    routes=(
        Routes(
            tag="tracks", about="Tracks: all of them, and one.", target="map4.search.routes.tracks:ROUTES", order=10
        ),
        Routes(
            tag="search", about="Questions in the query language.", target="map4.search.routes.search:ROUTES", order=40
        ),
        Routes(
            tag="tables",
            about="Tables of tracks: what a query finds, column by column, counted by value, and what may be typed to "
            "find it.",
            target="map4.search.routes.columns:ROUTES",
            order=50,
        ),
        Routes(
            tag="library",
            about="What the library holds, and which files it leaves out.",
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
